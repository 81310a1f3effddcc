/* SPDX-License-Identifier: MIT
 * host/sched: the policy texts, the sizes of the packages by hand, and rules that hold for any schedule, whatever
 * device fails whenever. */
#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "splitter.h"
#include "support.h"

/* ---- texts ---- */

static void expect_text(const char *text, const char *name, unsigned count, const double *numbers)
{
    const struct yk_policy *policy = NULL;
    struct yk_policy_arguments arguments;
    CU_ASSERT_EQUAL_FATAL(yk_policy_parse(text, &policy, &arguments, NULL), YK_OK);
    CU_ASSERT_STRING_EQUAL(policy->name, name);
    CU_ASSERT_EQUAL(arguments.count, count);
    for (unsigned k = 0; k < count && k < arguments.count; k++)
        CU_ASSERT_DOUBLE_EQUAL(arguments.number[k], numbers[k], 0.0);
}

static void test_texts(void)
{
    const double sixteen[] = {16}, three[] = {3}, weights[] = {3, 1, 0.5}, million[] = {1000000};
    expect_text("dynamic", "dynamic", 0, NULL);
    expect_text("dynamic:16", "dynamic", 1, sixteen);
    expect_text("dynamic:1000000", "dynamic", 1, million);
    expect_text("single", "single", 0, NULL);
    expect_text("single:3", "single", 1, three);
    expect_text("static", "static", 0, NULL);
    expect_text("static:3,1,0.5", "static", 3, weights);
    for (size_t k = 0; yk_policy_at(k); k++) {
        const struct yk_policy *policy = NULL;
        struct yk_policy_arguments arguments;
        CU_ASSERT_EQUAL(yk_policy_parse(yk_policy_at(k)->name, &policy, &arguments, NULL), YK_OK);
        CU_ASSERT_PTR_EQUAL(policy, yk_policy_at(k));
    }
}

static void test_text_errors(void)
{
    static const struct {
        const char *text;
        enum yk_status status;
        const char *message;
    } cases[] = {
        {"dynamic:", YK_ERR_PARSE, "schedule 'dynamic:' is not of the form dynamic[:ROWS]"},
        {"dynamic:x", YK_ERR_PARSE, "schedule 'dynamic:x' is not of the form dynamic[:ROWS]"},
        {"dynamic:1x", YK_ERR_PARSE, "schedule 'dynamic:1x' is not of the form dynamic[:ROWS]"},
        {"dynamic:1:2", YK_ERR_PARSE, "schedule 'dynamic:1:2' is not of the form dynamic[:ROWS]"},
        {"dynamic:nan", YK_ERR_PARSE, "schedule 'dynamic:nan' is not of the form dynamic[:ROWS]"},
        {"dynamic:1e999", YK_ERR_PARSE, "schedule 'dynamic:1e999' is not of the form dynamic[:ROWS]"},
        {"static:1,", YK_ERR_PARSE, "schedule 'static:1,' is not of the form static[:W,W,...]"},
        {"static:1,,2", YK_ERR_PARSE, "schedule 'static:1,,2' is not of the form static[:W,W,...]"},
        {"dynamic:1,2", YK_ERR_PARSE, "schedule 'dynamic:1,2' has too many numbers; its form is dynamic[:ROWS]"},
        {"dynamic:0", YK_ERR_RANGE, "schedule 'dynamic:0': 0 is out of bounds; accepted is 1 to 1e+06"},
        {"single:32", YK_ERR_RANGE, "schedule 'single:32': 32 is out of bounds; accepted is 0 to 31"},
        {"static:1,-1", YK_ERR_RANGE, "schedule 'static:1,-1': -1 is out of bounds; accepted is 0 to 1e+06"},
    };
    const struct yk_policy *policy = NULL;
    struct yk_policy_arguments arguments = {.count = 77};
    struct yk_error error;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        CU_ASSERT_EQUAL(yk_policy_parse(cases[k].text, &policy, &arguments, &error), cases[k].status);
        CU_ASSERT_EQUAL(error.status, cases[k].status);
        CU_ASSERT_STRING_EQUAL(error.text, cases[k].message);
        CU_ASSERT_EQUAL(yk_policy_parse(cases[k].text, &policy, &arguments, NULL), cases[k].status);
    }
    static const char *const unknown[] = {"banana", "", "dyn:1", "Single", " single"};
    for (size_t k = 0; k < sizeof unknown / sizeof *unknown; k++) {
        char start[64];
        snprintf(start, sizeof start, "unknown schedule '%.*s'; accepted: ", (int)strcspn(unknown[k], ":"),
                 unknown[k]);
        CU_ASSERT_EQUAL(yk_policy_parse(unknown[k], &policy, &arguments, &error), YK_ERR_UNKNOWN);
        CU_ASSERT_EQUAL(strncmp(error.text, start, strlen(start)), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "dynamic[:ROWS]"));
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "single[:N]"));
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "static[:W,W,...]"));
    }
    /* 33 weights for at most 32 devices, and a text far longer than a message. */
    char many[128] = "static:1", *huge = malloc(100001);
    for (unsigned k = 0; k < 32; k++)
        strcat(many, ",1");
    CU_ASSERT_EQUAL(yk_policy_parse(many, &policy, &arguments, &error), YK_ERR_PARSE);
    many[strlen(many) - 2] = '\0';
    CU_ASSERT_PTR_NULL(policy);
    CU_ASSERT_EQUAL(arguments.count, 77); /* nothing is written on failure */
    CU_ASSERT_EQUAL(yk_policy_parse(many, &policy, &arguments, &error), YK_OK);
    CU_ASSERT_EQUAL(arguments.count, 32);
    CU_ASSERT_PTR_NOT_NULL_FATAL(huge);
    memset(huge, 'y', 100000);
    huge[100000] = '\0';
    CU_ASSERT_EQUAL(yk_policy_parse(huge, &policy, &arguments, &error), YK_ERR_UNKNOWN);
    CU_ASSERT_EQUAL(strlen(error.text), YK_ERROR_TEXT - 1);
    free(huge);
}

/* ---- sizes by hand ---- */

enum { MOST_DEVICES = 8 };

struct rig {
    struct yk_policy_device devices[MOST_DEVICES];
    unsigned count;
    struct yk_splitter splitter;
};

static void rig_start(struct rig *rig, const char *sched, uint64_t rows, uint64_t granule, unsigned waiting)
{
    const struct yk_policy *policy = NULL;
    struct yk_policy_arguments arguments;
    CU_ASSERT_EQUAL_FATAL(yk_policy_parse(sched, &policy, &arguments, NULL), YK_OK);
    yk_splitter_start(&rig->splitter, policy, &arguments, rows, granule, rig->devices, rig->count, waiting);
}

/* The next range of a device is [begin, end); both 0: there is none. */
static void expect_claim(struct rig *rig, unsigned device, uint64_t most, uint64_t begin, uint64_t end)
{
    struct yk_range range = {0, 0};
    bool got = yk_splitter_claim(&rig->splitter, device, most, &range);
    CU_ASSERT_EQUAL(got, end > 0);
    CU_ASSERT_EQUAL(range.begin, begin);
    CU_ASSERT_EQUAL(range.end, end);
}

static void commit(struct rig *rig, unsigned device, uint64_t begin, uint64_t end, uint64_t frontier)
{
    CU_ASSERT_TRUE(yk_splitter_commit(&rig->splitter, device, (struct yk_range){begin, end}, 1000));
    CU_ASSERT_EQUAL(rig->splitter.frontier, frontier);
}

/* Asks every device once, in order, and wants these many rows. */
static void expect_shares(struct rig *rig, const char *sched, uint64_t rows, const uint64_t *shares)
{
    uint64_t at = 0;
    rig_start(rig, sched, rows, 1, 1000);
    for (unsigned k = 0; k < rig->count; k++) {
        expect_claim(rig, k, UINT64_MAX, shares[k] ? at : 0, shares[k] ? at + shares[k] : 0);
        at += shares[k];
    }
    CU_ASSERT_EQUAL(at, rows);
    yk_splitter_clear(&rig->splitter);
}

static void test_static(void)
{
    struct rig pair = {.devices = {{1, false}, {1, false}}, .count = 2};
    struct rig three = {.devices = {{4, false}, {1, false}, {1, false}}, .count = 3};
    struct rig gap = {.devices = {{1, false}, {1, true}, {1, false}}, .count = 3};
    /* 10 * 3/4 = 7.5, rounded up to 8. */
    expect_shares(&pair, "static:3,1", 10, (const uint64_t[]){8, 2});
    expect_shares(&pair, "static:0,1", 5, (const uint64_t[]){0, 5});
    expect_shares(&pair, "static:0.25,0.75", 1000, (const uint64_t[]){250, 750});
    expect_shares(&pair, "static", 7, (const uint64_t[]){4, 3});
    /* Ends at 10/3 = 3.33 -> 3, 6.67 -> 7, 10. */
    expect_shares(&three, "static:1,1,1", 10, (const uint64_t[]){3, 4, 3});
    /* By lanes: 4 of 6, 1 of 6, 1 of 6 of 600. */
    expect_shares(&three, "static", 600, (const uint64_t[]){400, 100, 100});
    /* Fewer weights than devices: the others have none. More: the rest is not looked at. */
    expect_shares(&three, "static:1,1", 10, (const uint64_t[]){5, 5, 0});
    expect_shares(&pair, "static:1,1,98", 10, (const uint64_t[]){5, 5});
    /* A device that is retired at the start has no share; all weights 0: whoever asks first. */
    expect_shares(&gap, "static:1,8,1", 10, (const uint64_t[]){5, 0, 5});
    expect_shares(&pair, "static:0,0", 10, (const uint64_t[]){10, 0});
    expect_shares(&pair, "static:1000000,1", 4294967295, (const uint64_t[]){4294963000, 4295});
}

static void test_static_failure(void)
{
    struct rig rig = {.devices = {{1, false}, {1, false}, {1, false}}, .count = 3};
    rig_start(&rig, "static:2,1,1", 40, 1, 1000);
    expect_claim(&rig, 0, 5, 0, 5);
    expect_claim(&rig, 1, UINT64_MAX, 20, 30);
    expect_claim(&rig, 1, UINT64_MAX, 0, 0);
    /* Device 0 fails with [0, 5): that goes first, then the rest of its package; the package of device 2, which
     * never asked, follows when that one is retired too. */
    CU_ASSERT_TRUE(yk_splitter_return(&rig.splitter, 0, (struct yk_range){0, 5}));
    rig.devices[0].retired = true;
    CU_ASSERT_TRUE(yk_splitter_retire(&rig.splitter, 0));
    CU_ASSERT_TRUE(yk_splitter_retire(&rig.splitter, 0)); /* twice is once */
    expect_claim(&rig, 0, UINT64_MAX, 0, 0);
    commit(&rig, 1, 20, 30, 0);
    expect_claim(&rig, 1, UINT64_MAX, 5, 20);
    expect_claim(&rig, 1, UINT64_MAX, 0, 5);
    expect_claim(&rig, 1, UINT64_MAX, 0, 0);
    rig.devices[2].retired = true;
    CU_ASSERT_TRUE(yk_splitter_retire(&rig.splitter, 2));
    expect_claim(&rig, 1, UINT64_MAX, 30, 40);
    commit(&rig, 1, 30, 40, 0);
    commit(&rig, 1, 0, 5, 5);
    CU_ASSERT_FALSE(yk_splitter_finished(&rig.splitter));
    commit(&rig, 1, 5, 20, 40);
    CU_ASSERT_TRUE(yk_splitter_finished(&rig.splitter));
    yk_splitter_clear(&rig.splitter);
}

static void test_dynamic(void)
{
    struct rig rig = {.devices = {{4, false}, {1, false}}, .count = 2};
    rig_start(&rig, "dynamic:7", 20, 1, 1000);
    expect_claim(&rig, 1, UINT64_MAX, 0, 7);
    expect_claim(&rig, 1, 3, 7, 10); /* the device's limit; the rest of the package is still its own */
    expect_claim(&rig, 0, UINT64_MAX, 14, 20);
    expect_claim(&rig, 0, UINT64_MAX, 0, 0);
    expect_claim(&rig, 1, 3, 10, 13);
    expect_claim(&rig, 1, 3, 13, 14);
    expect_claim(&rig, 1, UINT64_MAX, 0, 0);
    yk_splitter_clear(&rig.splitter);
    /* Nobody waits, 5 lanes: 20 packages. */
    rig_start(&rig, "dynamic", 1000, 16, 0);
    expect_claim(&rig, 1, UINT64_MAX, 0, 50);
    yk_splitter_clear(&rig.splitter);
    /* 100 / 20 is below the granule. */
    rig_start(&rig, "dynamic", 100, 16, 0);
    expect_claim(&rig, 1, UINT64_MAX, 0, 16);
    yk_splitter_clear(&rig.splitter);
    /* Four other images for the four other lanes: this one goes to one lane. One fewer: it is divided. */
    rig_start(&rig, "dynamic", 1000, 16, 4);
    expect_claim(&rig, 1, UINT64_MAX, 0, 1000);
    yk_splitter_clear(&rig.splitter);
    rig_start(&rig, "dynamic", 1000, 16, 3);
    expect_claim(&rig, 1, UINT64_MAX, 0, 50);
    yk_splitter_clear(&rig.splitter);
    /* A retired device's lanes do not count: 1 lane, 1 package. */
    rig.devices[0].retired = true;
    rig_start(&rig, "dynamic", 1000, 16, 0);
    expect_claim(&rig, 0, UINT64_MAX, 0, 0);
    expect_claim(&rig, 1, UINT64_MAX, 0, 1000);
    yk_splitter_clear(&rig.splitter);
}

static void test_single(void)
{
    struct rig rig = {.devices = {{1, false}, {1, false}, {1, false}}, .count = 3};
    rig_start(&rig, "single", 100, 16, 0);
    expect_claim(&rig, 1, UINT64_MAX, 0, 0);
    expect_claim(&rig, 2, UINT64_MAX, 0, 0);
    expect_claim(&rig, 0, UINT64_MAX, 0, 100);
    yk_splitter_clear(&rig.splitter);
    /* 2 fails in the middle: the next one that is left is 0; then 1. */
    rig_start(&rig, "single:2", 100, 16, 0);
    expect_claim(&rig, 0, UINT64_MAX, 0, 0);
    expect_claim(&rig, 2, 30, 0, 30);
    expect_claim(&rig, 2, 30, 30, 60);
    commit(&rig, 2, 0, 30, 30);
    CU_ASSERT_TRUE(yk_splitter_return(&rig.splitter, 2, (struct yk_range){30, 60}));
    rig.devices[2].retired = true;
    CU_ASSERT_TRUE(yk_splitter_retire(&rig.splitter, 2));
    expect_claim(&rig, 0, UINT64_MAX, 60, 100);
    CU_ASSERT_TRUE(yk_splitter_return(&rig.splitter, 0, (struct yk_range){60, 100}));
    rig.devices[0].retired = true;
    CU_ASSERT_TRUE(yk_splitter_retire(&rig.splitter, 0));
    expect_claim(&rig, 1, UINT64_MAX, 60, 100);
    expect_claim(&rig, 1, UINT64_MAX, 30, 60);
    commit(&rig, 1, 60, 100, 30);
    commit(&rig, 1, 30, 60, 100);
    CU_ASSERT_TRUE(yk_splitter_finished(&rig.splitter));
    yk_splitter_clear(&rig.splitter);
    /* More than there are: counted round. */
    rig = (struct rig){.devices = {{1, false}, {1, false}}, .count = 2};
    rig_start(&rig, "single:5", 10, 1, 0);
    expect_claim(&rig, 0, UINT64_MAX, 0, 0);
    expect_claim(&rig, 1, UINT64_MAX, 0, 10);
    yk_splitter_clear(&rig.splitter);
}

/* A package for a device with lanes feeds all of them, unless other images do. */
static void test_lanes(void)
{
    struct rig rig = {.devices = {{4, false}}, .count = 1};
    rig_start(&rig, "single", 1000, 16, 0);
    for (uint64_t at = 0; at < 1000; at += 63) /* a sixteenth, 62.5, rounded up */
        expect_claim(&rig, 0, UINT64_MAX, at, at + 63 < 1000 ? at + 63 : 1000);
    expect_claim(&rig, 0, UINT64_MAX, 0, 0);
    yk_splitter_clear(&rig.splitter);
    rig_start(&rig, "single", 100, 16, 0);
    expect_claim(&rig, 0, UINT64_MAX, 0, 16);
    expect_claim(&rig, 0, 10, 16, 26);
    yk_splitter_clear(&rig.splitter);
    rig_start(&rig, "single", 1000, 16, 2);
    expect_claim(&rig, 0, UINT64_MAX, 0, 63);
    yk_splitter_clear(&rig.splitter);
    rig_start(&rig, "single", 1000, 16, 3);
    expect_claim(&rig, 0, UINT64_MAX, 0, 1000);
    yk_splitter_clear(&rig.splitter);
}

static void test_frontier(void)
{
    struct rig rig = {.devices = {{8, false}}, .count = 1};
    rig_start(&rig, "dynamic:2", 10, 1, 1000);
    for (uint64_t at = 0; at < 10; at += 2)
        expect_claim(&rig, 0, UINT64_MAX, at, at + 2);
    CU_ASSERT_EQUAL(rig.splitter.in_flight, 10);
    commit(&rig, 0, 4, 6, 0);
    commit(&rig, 0, 8, 10, 0);
    commit(&rig, 0, 0, 2, 2);
    commit(&rig, 0, 2, 4, 6);
    CU_ASSERT_FALSE(yk_splitter_finished(&rig.splitter));
    commit(&rig, 0, 6, 8, 10);
    CU_ASSERT_TRUE(yk_splitter_finished(&rig.splitter));
    CU_ASSERT_EQUAL(rig.splitter.in_flight, 0);
    yk_splitter_clear(&rig.splitter);
}

/* ---- rules ---- */

enum { MOST_ROWS = 3000, MOST_FLIGHTS = 64 };
enum row_state { ROW_FREE, ROW_GIVEN, ROW_BACK, ROW_DONE };

struct flight {
    unsigned device;
    struct yk_range range;
};

/* What must be true, kept beside the splitter row by row. */
struct model {
    struct rig rig;
    uint64_t rows, given, back, frontier;
    unsigned char state[MOST_ROWS];
    struct flight flights[MOST_FLIGHTS];
    size_t flight_count;
    bool good;
};

static void must(struct model *model, bool holds, const char *what)
{
    if (!holds && model->good)
        printf("\n    broken: %s", what);
    model->good = model->good && holds;
}

static void mark(struct model *model, struct yk_range range, enum row_state from, enum row_state other,
                 enum row_state to)
{
    must(model, range.begin < range.end && range.end <= model->rows, "a range is not empty and within the job");
    for (uint64_t y = range.begin; y < range.end && model->good; y++) {
        must(model, model->state[y] == from || model->state[y] == other, "a row is given out once");
        model->back -= model->state[y] == ROW_BACK;
        model->back += to == ROW_BACK;
        model->state[y] = (unsigned char)to;
    }
}

static bool claim(struct model *model, unsigned device, uint64_t most)
{
    struct yk_splitter *splitter = &model->rig.splitter;
    struct yk_range range, own = splitter->package[device];
    bool owns = own.begin < own.end, returned = splitter->returned_count > 0;
    if (model->flight_count == MOST_FLIGHTS || !yk_splitter_claim(splitter, device, most, &range))
        return false;
    must(model, !model->rig.devices[device].retired, "a retired device gets nothing");
    must(model, range.end - range.begin <= most, "a range respects the device's limit");
    if (owns)
        must(model, range.begin == own.begin && range.end <= own.end, "a device's own package goes first");
    else if (returned) {
        /* The rows of retired devices: given and failed, or handed over unclaimed. */
        bool fresh = false;
        for (uint64_t y = range.begin; y < range.end && y < model->rows; y++)
            fresh = fresh || (model->state[y] != ROW_BACK);
        must(model, !fresh, "returned rows go before all others");
    }
    mark(model, range, ROW_FREE, ROW_BACK, ROW_GIVEN);
    model->given += range.end - range.begin;
    model->flights[model->flight_count++] = (struct flight){device, range};
    return true;
}

/* Marks a device as failed. The unclaimed part of its package counts as handed back. */
static void retire(struct model *model, unsigned device)
{
    struct yk_range package = model->rig.splitter.package[device];
    if (package.begin < package.end)
        mark(model, package, ROW_FREE, ROW_BACK, ROW_BACK);
    model->rig.devices[device].retired = true;
    must(model, yk_splitter_retire(&model->rig.splitter, device), "memory");
}

static void land(struct model *model, size_t flight, bool ok)
{
    struct flight it = model->flights[flight];
    struct yk_splitter *splitter = &model->rig.splitter;
    model->flights[flight] = model->flights[--model->flight_count];
    model->given -= it.range.end - it.range.begin;
    if (ok) {
        mark(model, it.range, ROW_GIVEN, ROW_GIVEN, ROW_DONE);
        must(model, yk_splitter_commit(splitter, it.device, it.range, 5), "memory");
        while (model->frontier < model->rows && model->state[model->frontier] == ROW_DONE)
            model->frontier++;
    } else {
        mark(model, it.range, ROW_GIVEN, ROW_GIVEN, ROW_BACK);
        must(model, yk_splitter_return(splitter, it.device, it.range), "memory");
        retire(model, it.device);
    }
    must(model, splitter->frontier == model->frontier, "the frontier is where the done rows end");
    must(model, splitter->in_flight == model->given, "rows in flight are counted");
    must(model, splitter->job.left + splitter->cursor == model->rows, "rows left are counted");
    must(model, yk_splitter_finished(splitter) == (model->frontier == model->rows), "the end is known");
}

/* Device 0 is the last resort: never fails, and comes back when all others have failed, as the engine's CPU. */
static void revive(struct model *model)
{
    bool any = false;
    for (unsigned k = 0; k < model->rig.count; k++)
        any = any || !model->rig.devices[k].retired;
    if (!any)
        model->rig.devices[0].retired = false;
}

static void random_job(struct model *model, struct yk_random *random)
{
    static const char *const texts[] = {"dynamic", "dynamic:1", "dynamic:37", "dynamic:1000000", "single",
                                        "single:2", "static", "static:3,1", "static:0,0,5", "static:0",
                                        "static:0.001,1000"};
    memset(model, 0, sizeof *model);
    model->good = true;
    model->rows = 1 + yk_random_below(random, yk_random_below(random, 2) ? MOST_ROWS : 40);
    model->rig.count = 1 + (unsigned)yk_random_below(random, 6);
    bool spare = model->rig.count > 1 && yk_random_below(random, 4) == 0; /* the CPU was not chosen */
    for (unsigned k = 0; k < model->rig.count; k++) {
        unsigned lanes = k == 0 ? 1 + (unsigned)yk_random_below(random, 16) : 1;
        model->rig.devices[k] = (struct yk_policy_device){lanes, k == 0 && spare};
    }
    rig_start(&model->rig, texts[yk_random_below(random, sizeof texts / sizeof *texts)], model->rows,
              1 + yk_random_below(random, 20), (unsigned)yk_random_below(random, 20));
}

static void test_rules(void)
{
    struct yk_random random = {20240817};
    struct model *model = malloc(sizeof *model);
    size_t jobs = 0, finished = 0, failures = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(model);
    for (; jobs < 4000; jobs++) {
        random_job(model, &random);
        unsigned trouble = (unsigned)yk_random_below(&random, 3) * 20; /* per cent of the ranges that fail */
        uint64_t steps = 0, limit = 50 * model->rows + 1000;
        while (!yk_splitter_finished(&model->rig.splitter) && model->good && steps++ < limit) {
            unsigned device = (unsigned)yk_random_below(&random, model->rig.count);
            if (yk_random_below(&random, 2)) {
                claim(model, device, 1 + yk_random_below(&random, yk_random_below(&random, 2) ? 20 : 5000));
            } else if (model->flight_count > 0) {
                size_t flight = yk_random_below(&random, model->flight_count);
                bool ok = model->flights[flight].device == 0 || yk_random_below(&random, 100) >= trouble;
                failures += !ok;
                land(model, flight, ok);
                revive(model);
            } else {
                bool any = false;
                for (unsigned k = 0; k < model->rig.count; k++)
                    any = claim(model, k, UINT64_MAX) || any;
                must(model, any, "while rows are left and nobody works, somebody gets some");
            }
        }
        finished += yk_splitter_finished(&model->rig.splitter);
        CU_ASSERT_TRUE(model->good);
        CU_ASSERT_EQUAL(model->back, 0);
        yk_splitter_clear(&model->rig.splitter);
    }
    CU_ASSERT_EQUAL(finished, jobs);
    CU_ASSERT(failures > 1000); /* the rules were put to the test */
    free(model);
}

/* Every device but the last resort fails at its package number 0, 1, 2 or never: all ways. */
static void test_failures(void)
{
    static const char *const texts[] = {"dynamic", "dynamic:7", "single:1", "static", "static:1,2,3,4"};
    enum { DEVICES = 4, WAYS = 4 * 4 * 4 };
    struct model *model = malloc(sizeof *model);
    CU_ASSERT_PTR_NOT_NULL_FATAL(model);
    for (size_t text = 0; text < sizeof texts / sizeof *texts; text++)
        for (unsigned way = 0; way < 2 * WAYS; way++) {
            unsigned at[DEVICES] = {99, way % 4, way / 4 % 4, way / 16 % 4}, taken[DEVICES] = {0};
            memset(model, 0, sizeof *model);
            model->good = true;
            model->rows = 100;
            model->rig.count = DEVICES;
            for (unsigned k = 0; k < DEVICES; k++)
                model->rig.devices[k] = (struct yk_policy_device){1, k == 0 && way >= WAYS};
            rig_start(&model->rig, texts[text], 100, 1, 0);
            for (unsigned round = 0; round < 200 && !yk_splitter_finished(&model->rig.splitter); round++)
                for (unsigned k = 0; k < DEVICES; k++)
                    if (claim(model, k, 9)) {
                        land(model, 0, taken[k]++ != at[k] || at[k] == 3);
                        revive(model);
                    }
            CU_ASSERT_TRUE(model->good);
            CU_ASSERT_TRUE(yk_splitter_finished(&model->rig.splitter));
            yk_splitter_clear(&model->rig.splitter);
        }
    free(model);
}

/* Equal states give equal answers: no clock, no hidden state. */
static void test_pure(void)
{
    struct yk_random random = {7};
    for (unsigned round = 0; round < 2000; round++) {
        struct yk_policy_device devices[MOST_DEVICES];
        struct yk_policy_state a, b;
        const struct yk_policy *const policies[] = {&yk_policy_dynamic, &yk_policy_single, &yk_policy_static};
        const struct yk_policy *policy = policies[round % 3];
        struct yk_policy_job job = {.rows = 1 + yk_random_below(&random, 100000),
                                    .granule = 1 + yk_random_below(&random, 64),
                                    .waiting = (unsigned)yk_random_below(&random, 9),
                                    .device_count = 1 + (unsigned)yk_random_below(&random, MOST_DEVICES),
                                    .devices = devices};
        job.left = job.rows;
        memset(&a, 0, sizeof a);
        for (unsigned k = 0; k < job.device_count; k++)
            devices[k] = (struct yk_policy_device){1 + (unsigned)yk_random_below(&random, 8),
                                                   yk_random_below(&random, 4) == 0};
        memcpy(&b, &a, sizeof a);
        policy->start(&a, &job);
        policy->start(&b, &job);
        uint64_t any = 0;
        bool alive = false, same = true, sane = true;
        for (unsigned k = 0; k < job.device_count; k++) {
            uint64_t rows = policy->next(&a, k, &job);
            same = same && rows == policy->next(&b, k, &job);
            sane = sane && rows <= job.left && !(devices[k].retired && rows);
            any += rows;
            alive = alive || !devices[k].retired;
            job.left -= rows <= job.left ? rows : 0;
            policy->done(&a, k, rows, 1, true);
            policy->done(&b, k, rows, 1000000, true);
        }
        CU_ASSERT_TRUE(same);
        CU_ASSERT_TRUE(sane);
        CU_ASSERT_EQUAL(any > 0, alive);
        CU_ASSERT_EQUAL(memcmp(&a, &b, sizeof a), 0);
    }
}

void yk_suite_sched(void)
{
    CU_pSuite suite = CU_add_suite("sched", NULL, NULL);
    CU_ADD_TEST(suite, test_texts);
    CU_ADD_TEST(suite, test_text_errors);
    CU_ADD_TEST(suite, test_static);
    CU_ADD_TEST(suite, test_static_failure);
    CU_ADD_TEST(suite, test_dynamic);
    CU_ADD_TEST(suite, test_single);
    CU_ADD_TEST(suite, test_lanes);
    CU_ADD_TEST(suite, test_frontier);
    CU_ADD_TEST(suite, test_rules);
    CU_ADD_TEST(suite, test_failures);
    CU_ADD_TEST(suite, test_pure);
}
