/* SPDX-License-Identifier: MIT
 * host/sched: the policy texts, and the sizes of the packages by hand. What holds for any schedule is in
 * test_sched_rules.c. */
#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "test_sched.h"

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
        {"dynamic:1,2", YK_ERR_PARSE,
         "schedule 'dynamic:1,2' has too many numbers; its form is dynamic[:ROWS]"},
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

void sched_start(struct sched_rig *rig, const char *sched, uint64_t rows, uint64_t granule, unsigned waiting)
{
    const struct yk_policy *policy = NULL;
    struct yk_policy_arguments arguments;
    CU_ASSERT_EQUAL_FATAL(yk_policy_parse(sched, &policy, &arguments, NULL), YK_OK);
    yk_splitter_start(&rig->splitter, policy, &arguments, rows, granule, rig->devices, rig->count, waiting);
}

/* The next range of a device is [begin, end); both 0: there is none. */
static void expect_claim(struct sched_rig *rig, unsigned device, uint64_t most, uint64_t begin, uint64_t end)
{
    struct yk_range range = {0, 0};
    bool got = yk_splitter_claim(&rig->splitter, device, most, &range);
    CU_ASSERT_EQUAL(got, end > 0);
    CU_ASSERT_EQUAL(range.begin, begin);
    CU_ASSERT_EQUAL(range.end, end);
}

static void commit(struct sched_rig *rig, unsigned device, uint64_t begin, uint64_t end, uint64_t frontier)
{
    CU_ASSERT_TRUE(yk_splitter_commit(&rig->splitter, device, (struct yk_range){begin, end}, 1000));
    CU_ASSERT_EQUAL(rig->splitter.frontier, frontier);
}

/* Asks every device once, in order, and wants these many rows. */
static void expect_shares(struct sched_rig *rig, const char *sched, uint64_t rows, const uint64_t *shares)
{
    uint64_t at = 0;
    sched_start(rig, sched, rows, 1, 1000);
    for (unsigned k = 0; k < rig->count; k++) {
        expect_claim(rig, k, UINT64_MAX, shares[k] ? at : 0, shares[k] ? at + shares[k] : 0);
        at += shares[k];
    }
    CU_ASSERT_EQUAL(at, rows);
    yk_splitter_clear(&rig->splitter);
}

static void test_static(void)
{
    struct sched_rig pair = {.devices = {{1, false}, {1, false}}, .count = 2};
    struct sched_rig three = {.devices = {{4, false}, {1, false}, {1, false}}, .count = 3};
    struct sched_rig gap = {.devices = {{1, false}, {1, true}, {1, false}}, .count = 3};
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
    struct sched_rig rig = {.devices = {{1, false}, {1, false}, {1, false}}, .count = 3};
    sched_start(&rig, "static:2,1,1", 40, 1, 1000);
    expect_claim(&rig, 0, 5, 0, 5);
    expect_claim(&rig, 1, UINT64_MAX, 20, 30);
    expect_claim(&rig, 1, UINT64_MAX, 0, 0);
    /* Device 0 fails with [0, 5): that goes first, then the rest of its package; the package of device 2,
     * which never asked, follows when that one is retired too. */
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
    struct sched_rig rig = {.devices = {{4, false}, {1, false}}, .count = 2};
    sched_start(&rig, "dynamic:7", 20, 1, 1000);
    expect_claim(&rig, 1, UINT64_MAX, 0, 7);
    expect_claim(&rig, 1, 3, 7, 10); /* the device's limit; the rest of the package is still its own */
    expect_claim(&rig, 0, UINT64_MAX, 14, 20);
    expect_claim(&rig, 0, UINT64_MAX, 0, 0);
    expect_claim(&rig, 1, 3, 10, 13);
    expect_claim(&rig, 1, 3, 13, 14);
    expect_claim(&rig, 1, UINT64_MAX, 0, 0);
    yk_splitter_clear(&rig.splitter);
    /* Nobody waits, 5 lanes: 20 packages. */
    sched_start(&rig, "dynamic", 1000, 16, 0);
    expect_claim(&rig, 1, UINT64_MAX, 0, 50);
    yk_splitter_clear(&rig.splitter);
    /* 100 / 20 is below the granule. */
    sched_start(&rig, "dynamic", 100, 16, 0);
    expect_claim(&rig, 1, UINT64_MAX, 0, 16);
    yk_splitter_clear(&rig.splitter);
    /* Four other images for the four other lanes: this one goes to one lane. One fewer: it is divided. */
    sched_start(&rig, "dynamic", 1000, 16, 4);
    expect_claim(&rig, 1, UINT64_MAX, 0, 1000);
    yk_splitter_clear(&rig.splitter);
    sched_start(&rig, "dynamic", 1000, 16, 3);
    expect_claim(&rig, 1, UINT64_MAX, 0, 50);
    yk_splitter_clear(&rig.splitter);
    /* A retired device's lanes do not count: 1 lane, 1 package. */
    rig.devices[0].retired = true;
    sched_start(&rig, "dynamic", 1000, 16, 0);
    expect_claim(&rig, 0, UINT64_MAX, 0, 0);
    expect_claim(&rig, 1, UINT64_MAX, 0, 1000);
    yk_splitter_clear(&rig.splitter);
}

static void test_single(void)
{
    struct sched_rig rig = {.devices = {{1, false}, {1, false}, {1, false}}, .count = 3};
    sched_start(&rig, "single", 100, 16, 0);
    expect_claim(&rig, 1, UINT64_MAX, 0, 0);
    expect_claim(&rig, 2, UINT64_MAX, 0, 0);
    expect_claim(&rig, 0, UINT64_MAX, 0, 100);
    yk_splitter_clear(&rig.splitter);
    /* 2 fails in the middle: the next one that is left is 0; then 1. */
    sched_start(&rig, "single:2", 100, 16, 0);
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
    rig = (struct sched_rig){.devices = {{1, false}, {1, false}}, .count = 2};
    sched_start(&rig, "single:5", 10, 1, 0);
    expect_claim(&rig, 0, UINT64_MAX, 0, 0);
    expect_claim(&rig, 1, UINT64_MAX, 0, 10);
    yk_splitter_clear(&rig.splitter);
}

/* A package for a device with lanes feeds all of them, unless other images do. */
static void test_lanes(void)
{
    struct sched_rig rig = {.devices = {{4, false}}, .count = 1};
    sched_start(&rig, "single", 1000, 16, 0);
    for (uint64_t at = 0; at < 1000; at += 63) /* a sixteenth, 62.5, rounded up */
        expect_claim(&rig, 0, UINT64_MAX, at, at + 63 < 1000 ? at + 63 : 1000);
    expect_claim(&rig, 0, UINT64_MAX, 0, 0);
    yk_splitter_clear(&rig.splitter);
    sched_start(&rig, "single", 100, 16, 0);
    expect_claim(&rig, 0, UINT64_MAX, 0, 16);
    expect_claim(&rig, 0, 10, 16, 26);
    yk_splitter_clear(&rig.splitter);
    sched_start(&rig, "single", 1000, 16, 2);
    expect_claim(&rig, 0, UINT64_MAX, 0, 63);
    yk_splitter_clear(&rig.splitter);
    sched_start(&rig, "single", 1000, 16, 3);
    expect_claim(&rig, 0, UINT64_MAX, 0, 1000);
    yk_splitter_clear(&rig.splitter);
}

static void test_frontier(void)
{
    struct sched_rig rig = {.devices = {{8, false}}, .count = 1};
    sched_start(&rig, "dynamic:2", 10, 1, 1000);
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

/* Packages on the line t = 3 ms + work / 10: the slope is the rate, the start the overhead. */
/* Two bands in flight that a device works on by turns: the first comes back after the time of both. */
static void test_auto_together(void)
{
    const struct yk_policy_device devices[] = {{1, false}};
    const struct yk_policy_rate told = {.rate = 0.7, .samples = 20};
    const struct yk_policy_job job = {
        .rows = 3000, .left = 3000, .granule = 1, .device_count = 1, .devices = devices, .rates = &told};
    struct yk_policy_state state = {.package = 0};
    yk_policy_auto.start(&state, &job);
    yk_policy_auto.done(&state, 0, 42, 60000000, true);
    for (unsigned k = 0; k < 9; k++) {
        yk_policy_auto.done(&state, 0, 150, 300000000, true);
        yk_policy_auto.done(&state, 0, 60, 200000, true);
        CU_ASSERT(state.estimate[0].rate > 0.65 && state.estimate[0].rate < 0.75);
    }
}

/* Many packages of one row at the end of a job, without an overhead, do not make the device look faster. */
static void test_learn_tail(void)
{
    struct yk_policy_rate rate = {0};
    for (unsigned k = 0; k < 8; k++)
        yk_policy_learn(&rate, 100, 1, 40000000); /* 2.5 a ms */
    for (unsigned k = 0; k < 90; k++)
        yk_policy_learn(&rate, 2, 1, 450000); /* one of them is halo; 4.4 a ms */
    CU_ASSERT(rate.rate > 2.0 && rate.rate < 4.4);
}

static void test_learn(void)
{
    static const double work[] = {10, 1000, 200, 40, 500};
    struct yk_policy_rate rate = {.setup_ns = 7e6};
    yk_policy_learn(&rate, 10, 1, 500000000); /* the first one is not believed */
    CU_ASSERT_EQUAL(rate.samples, 1);
    CU_ASSERT_DOUBLE_EQUAL(rate.rate, 0.0, 0.0);
    CU_ASSERT_DOUBLE_EQUAL(rate.setup_ns, 0.0, 0.0);
    yk_policy_learn(&rate, 10, 1, 0); /* no clock */
    CU_ASSERT_EQUAL(rate.samples, 1);
    for (size_t k = 0; k < sizeof work / sizeof *work; k++)
        yk_policy_learn(&rate, work[k], 1, (uint64_t)((3.0 + work[k] / 10.0) * 1e6));
    CU_ASSERT_DOUBLE_EQUAL(rate.rate, 10.0, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(rate.overhead_ns, 3e6, 1.0);
    CU_ASSERT_EQUAL(rate.samples, 6);
    /* Four lanes at a quarter of the speed each; the first package of each lane is not believed. */
    rate = (struct yk_policy_rate){0};
    for (size_t k = 0; k < 4 + sizeof work / sizeof *work; k++)
        yk_policy_learn(&rate, work[k % 5], 4, (uint64_t)((3.0 + work[k % 5] * 4.0 / 10.0) * 1e6));
    CU_ASSERT_DOUBLE_EQUAL(rate.rate, 10.0, 1e-6);
    /* Sizes that are all alike tell no overhead: 0.3 ms are assumed, 8 of 10 parts at most. */
    rate = (struct yk_policy_rate){0};
    for (unsigned k = 0; k < 5; k++)
        yk_policy_learn(&rate, 100, 1, 10300000);
    CU_ASSERT_DOUBLE_EQUAL(rate.rate, 10.0, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(rate.overhead_ns, 0.3e6, 1.0);
    rate = (struct yk_policy_rate){0};
    for (unsigned k = 0; k < 5; k++)
        yk_policy_learn(&rate, 1, 1, 100000);
    CU_ASSERT_DOUBLE_EQUAL(rate.rate, 50.0, 1e-6);
    /* Known from elsewhere: weighs as much as one package. 100 rows, 10 ms told and 5 ms measured. */
    rate = (struct yk_policy_rate){.rate = 10.0, .samples = 9};
    yk_policy_learn(&rate, 100, 1, 5000000);
    CU_ASSERT(rate.rate > 10.0 && rate.rate < 100.0 / 4.7);
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
    CU_ADD_TEST(suite, test_learn);
    CU_ADD_TEST(suite, test_learn_tail);
    CU_ADD_TEST(suite, test_auto_together);
    CU_ADD_TEST(suite, test_sched_rules);
    CU_ADD_TEST(suite, test_sched_failures);
    CU_ADD_TEST(suite, test_sched_granule);
    CU_ADD_TEST(suite, test_sched_pure);
}
