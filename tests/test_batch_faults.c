/* SPDX-License-Identifier: MIT
 * Batches on devices that fail: each fault at the first, a middle and the last package, on one device and on
 * two, with the CPU and without, under every policy. The devices are the CPU's code behind decorations
 * (host/device/decorate.h). Whether a device gets a package at all depends on time where several work: then
 * the decoration tells whether the fault happened, and what must hold follows from that. */
#include "test_batch.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

static const char chain[] = "invert | equalize | blur 1";

enum { FURTHER = 3, MOST = FURTHER + 1 };

/* The devices of a run: the CPU, where it is decorated, then cpu:1, cpu:2 ... */
struct cast {
    char spec[MOST][64];
    struct yk_decorated_counts counts[MOST];
    struct yk_batch_decoration decorations[MOST];
    size_t count;
};

static void add(struct cast *cast, const char *device, const char *spec)
{
    size_t k = cast->count++;
    snprintf(cast->spec[k], sizeof cast->spec[k], "%s", spec);
    cast->counts[k] = (struct yk_decorated_counts){0};
    cast->decorations[k] = (struct yk_batch_decoration){device, cast->spec[k], &cast->counts[k]};
}

static struct yk_batch_options options_for(const struct cast *cast, const char *devices, const char *sched)
{
    return (struct yk_batch_options){.devices = devices,
                                     .sched = sched,
                                     .threads = 2,
                                     .encode = {.level = 0},
                                     .io = YK_IO_POSIX,
                                     .self_test = YK_SELF_TEST_NEVER,
                                     .decorations = cast->decorations,
                                     .decoration_count = cast->count};
}

static const struct yk_batch_device *device_of(const struct batch_run *run, const char *id)
{
    for (size_t k = 0; k < run->summary.device_count; k++)
        if (strcmp(run->summary.devices[k].id, id) == 0)
            return &run->summary.devices[k];
    return NULL;
}

/* What must hold whatever failed: all files done, with the right bytes, every row counted once (more where a
 * file was begun anew), the failed devices retired, one notice for each. */
static void expect_survived(struct batch_run *run, const struct cast *cast, bool begun_anew,
                            uint64_t expected)
{
    unsigned failed = 0;
    bool opened = true;
    uint64_t rows = 0, wanted = 0;
    CU_ASSERT_EQUAL(run->status, YK_OK);
    CU_ASSERT_EQUAL(run->summary.done, run->plan.count);
    CU_ASSERT_EQUAL(run->summary.suspects, 0);
    CU_ASSERT_FALSE(run->summary.device_failed);
    CU_ASSERT_EQUAL(batch_hash(run), expected);
    for (size_t k = 0; k < run->plan.count; k++)
        wanted += 3 * run->plan.items[k].in_height; /* inverted, counted, equalised and blurred */
    for (size_t k = 0; k < run->summary.device_count; k++)
        rows += run->summary.devices[k].rows;
    for (size_t k = 0; k < cast->count; k++) {
        const struct yk_batch_device *device = device_of(run, cast->decorations[k].device);
        if (!device)
            continue;
        bool open_failed = strstr(cast->spec[k], "open-fail") != NULL;
        bool over = cast->counts[k].failed || open_failed;
        failed += over;
        if (strcmp(device->id, "cpu") != 0)
            CU_ASSERT_EQUAL(device->retired, over);
        CU_ASSERT_EQUAL(cast->counts[k].after_hang, 0);
        if (over)
            CU_ASSERT_PTR_NOT_NULL(strstr(run->notice, " is not used any more ("));
        opened = opened && !open_failed;
    }
    if (failed && opened)
        CU_ASSERT_PTR_NOT_NULL(strstr(run->notice, " are done again; "));
    CU_ASSERT_TRUE(begun_anew ? rows >= wanted : rows == wanted);
    CU_ASSERT_EQUAL(run->notices, failed);
}

static uint64_t expected_hash(struct batch_place *place)
{
    struct batch_run run = {0};
    struct yk_batch_options options = {.devices = "cpu", .threads = 2, .encode = {.level = 0}};
    CU_ASSERT_EQUAL(batch_all(&run, place, chain, &options), YK_OK);
    uint64_t hash = batch_hash(&run);
    batch_end(&run);
    return hash;
}

static const struct {
    const char *word, *reason; /* of the notice */
} faults[] = {{"build-fail", "cannot build the code"},
              {"submit-fail", "was lost at package"},
              {"fail-at", "was lost at package"},
              {"hang-at", "is not finished at its deadline"},
              {"wrong-at", "it computes wrong results"}};
enum { FAULTS = sizeof faults / sizeof *faults };

static const char *const schedules[] = {"dynamic:5", "static", "single", "guided", "auto"};
static const struct {
    const char *devices;
    bool cpu, two;
} sets[] = {{"cpu:1", false, false},
            {"cpu,cpu:1", true, false},
            {"cpu:1,cpu:2", false, true},
            {"cpu,cpu:1,cpu:2", true, true}};

/* One cell of the matrix. Packages are of 7 rows at most, and take a third of a millisecond on the healthy
 * devices, so that the one to fail gets some beside them. Returns how many it got. */
static int64_t run_cell(struct batch_place *place, size_t set, const char *sched, const char *fault,
                        const char *reason, uint64_t expected)
{
    struct cast cast = {.count = 0};
    struct batch_run run = {0};
    char spec[64];
    bool hang = strncmp(fault, "hang", 4) == 0;
    snprintf(spec, sizeof spec, "rows=7%s%s", fault[0] ? "," : "", fault);
    add(&cast, "cpu:1", spec);
    if (sets[set].two)
        add(&cast, "cpu:2", "rows=7,latency=300");
    if (sets[set].cpu)
        add(&cast, "cpu", "latency=300");
    struct yk_batch_options options = options_for(&cast, sets[set].devices, sched);
    options.verify = strncmp(fault, "wrong", 5) == 0 ? 100 : 0;
    batch_all(&run, place, chain, &options);
    bool failed = cast.counts[0].failed;
    expect_survived(&run, &cast, failed && hang, expected);
    CU_ASSERT_EQUAL(run.summary.wrong_bands, failed && options.verify ? 1 : 0);
    if (failed) {
        CU_ASSERT_PTR_NOT_NULL(strstr(run.notice, reason));
        CU_ASSERT_PTR_NOT_NULL(strstr(run.notice, "cpu:1 "));
        bool alone = set == 0;
        CU_ASSERT_PTR_NOT_NULL(strstr(run.notice, alone ? "; the CPU goes on" : "; the other devices go on"));
    }
    if (!sets[set].cpu && !sets[set].two && fault[0])
        CU_ASSERT_TRUE(failed);
    batch_end(&run);
    return cast.counts[0].packages;
}

void test_batch_fault_matrix(void)
{
    struct batch_place place;
    batch_open(&place);
    batch_images(&place, 2, 60);
    uint64_t expected = expected_hash(&place);
    for (size_t set = 0; set < 4; set++)
        for (size_t s = 0; s < 5; s++) {
            /* Alone it gets at least as many packages as without a fault: the last one is known. */
            int64_t all = run_cell(&place, set, schedules[s], "", "", expected);
            const int64_t places[] = {0, all / 2, all > 0 ? all - 1 : 0};
            CU_ASSERT(set > 0 || all > 6);
            for (size_t fault = 0; fault < FAULTS; fault++)
                for (size_t k = 0; k < 3; k++) {
                    char text[32];
                    snprintf(text, sizeof text, "%s=%d%s", faults[fault].word, (int)places[k],
                             strcmp(faults[fault].word, "hang-at") == 0 ? ":1" : "");
                    run_cell(&place, set, schedules[s], text, faults[fault].reason, expected);
                }
        }
    batch_close(&place);
}

/* All of them, at random, on three devices. */
void test_batch_faults_random(void)
{
    static const char *const words[] = {"",        "open-fail", "build-fail", "submit-fail",
                                        "fail-at", "hang-at",   "alloc-fail"};
    struct batch_place place;
    struct yk_random random = {3};
    batch_open(&place);
    batch_images(&place, 4, 90);
    uint64_t expected = expected_hash(&place);
    for (unsigned round = 0; round < 40; round++) {
        static const char *const names[] = {"cpu:1", "cpu:2", "cpu:3"};
        struct cast cast = {.count = 0};
        struct batch_run run = {0};
        bool hang = false;
        for (unsigned k = 0; k < FURTHER; k++) {
            char spec[64];
            size_t word = yk_random_below(&random, sizeof words / sizeof *words);
            int number = (int)yk_random_below(&random, word == 6 ? 3 : 6);
            if (word < 2) /* those without a number */
                snprintf(spec, sizeof spec, "%s", words[word]);
            else
                snprintf(spec, sizeof spec, "%s=%d%s", words[word], number, word == 5 ? ":1" : "");
            hang = hang || word == 5;
            add(&cast, names[k], spec);
        }
        struct yk_batch_options options =
            options_for(&cast, round % 2 ? "cpu:1,cpu:2,cpu:3" : "all", schedules[round / 2 % 5]);
        options.threads = 1 + round % 3;
        batch_all(&run, &place, chain, &options);
        expect_survived(&run, &cast, hang, expected);
        batch_end(&run);
    }
    batch_close(&place);
}

/* Memory that is short: once, twice, too often for one band, for good. */
void test_batch_shortage(void)
{
    struct batch_place place;
    struct batch_run run = {0};
    batch_open(&place);
    batch_image(&place, "tall.png", 8, 90, (struct yk_format){3, 0, 8}, 4);
    uint64_t expected = expected_hash(&place);
    static const struct {
        const char *spec;
        unsigned notices;
        bool retired;
    } cases[] = {
        {"alloc-fail=1", 0, false},          /* in two halves */
        {"alloc-fail=2", 0, false},          /* in quarters */
        {"alloc-fail=1000000:16", 1, false}, /* quarters of 90 rows are too much; those of 23 rows are not */
        {"alloc-fail=1000000:0", 2, true},   /* nothing fits, so that after one warning it is retired */
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int strict = 0; strict < 2; strict++) {
            struct cast cast = {.count = 0};
            add(&cast, "cpu:1", cases[k].spec);
            struct yk_batch_options options = options_for(&cast, "cpu:1", "single");
            options.stop_on_device_error = strict;
            batch_all(&run, &place, chain, &options);
            bool stopped = strict && cases[k].notices;
            CU_ASSERT_EQUAL(run.status, stopped ? YK_ERR_NOMEM : YK_OK);
            CU_ASSERT_EQUAL(run.summary.device_failed, stopped);
            CU_ASSERT_EQUAL(run.notices, stopped ? 1 : cases[k].notices);
            CU_ASSERT_EQUAL(device_of(&run, "cpu:1")->retired, cases[k].retired || stopped);
            if (!stopped) {
                CU_ASSERT_EQUAL(run.summary.done, 1);
                CU_ASSERT_EQUAL(batch_hash(&run), expected);
                CU_ASSERT_EQUAL(device_of(&run, "cpu")->rows > 0, cases[k].notices > 0);
            } else
                CU_ASSERT_PTR_NOT_NULL(strstr(run.notice, "the run ends"));
            if (cases[k].notices == 1 && !stopped)
                CU_ASSERT_PTR_NOT_NULL(
                    strstr(run.notice, "cpu:1 has too little memory (cpu:1: no memory for a"));
            batch_end(&run);
        }
    batch_close(&place);
}

/* A device that computes wrong rows, found by a sample: what it did unseen is done anew while it can be, and
 * named where it cannot. */
void test_batch_verify(void)
{
    struct batch_place place;
    batch_open(&place);
    batch_images(&place, 12, 70);
    uint64_t expected = expected_hash(&place);
    for (unsigned percent = 0; percent <= 100; percent += 25)
        for (int wrong = 0; wrong < 30; wrong += 6) {
            struct cast cast = {.count = 0};
            struct batch_run run = {0};
            char spec[32];
            snprintf(spec, sizeof spec, "rows=9,wrong-at=%d", wrong);
            add(&cast, "cpu:1", spec);
            struct yk_batch_options options = options_for(&cast, "cpu:1", "dynamic:9");
            options.verify = percent;
            CU_ASSERT_EQUAL(batch_all(&run, &place, chain, &options), YK_OK);
            bool seen = run.summary.wrong_bands > 0;
            size_t suspects = 0;
            CU_ASSERT_EQUAL(run.summary.done, 12);
            CU_ASSERT_EQUAL(device_of(&run, "cpu:1")->retired, seen);
            CU_ASSERT_EQUAL(run.notices, seen);
            CU_ASSERT_TRUE(percent > 0 || !seen);
            CU_ASSERT_TRUE(percent < 100 || seen);
            for (size_t k = 0; k < run.plan.count; k++)
                suspects += run.plan.items[k].suspect;
            CU_ASSERT_EQUAL(suspects, run.summary.suspects);
            CU_ASSERT_TRUE(suspects == 0 || (seen && percent < 100));
            if (seen) /* it was the only wrong one, and what was found is right, suspect or not */
                CU_ASSERT_EQUAL(batch_hash(&run), expected);
            batch_end(&run);
        }
    batch_close(&place);
}

/* The sample is chosen by file and row: the same run takes the same bands, about as many as were asked for.
 */
void test_batch_verify_repeats(void)
{
    enum { BANDS = 60 };
    struct batch_place place;
    size_t found = 0;
    batch_open(&place);
    batch_image(&place, "tall.png", 3, BANDS, (struct yk_format){3, 0, 8}, 4);
    for (int wrong = 0; wrong < BANDS; wrong++) {
        bool seen[2];
        for (int round = 0; round < 2; round++) {
            struct cast cast = {.count = 0};
            struct batch_run run = {0};
            char spec[32];
            snprintf(spec, sizeof spec, "rows=1,wrong-at=%d", wrong);
            add(&cast, "cpu:1", spec);
            struct yk_batch_options options = options_for(&cast, "cpu:1", "single");
            options.verify = 30;
            CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", &options), YK_OK);
            seen[round] = run.summary.wrong_bands > 0;
            CU_ASSERT_EQUAL(batch_is_inverted(run.plan.items[0].input, run.plan.items[0].output),
                            seen[round]);
            CU_ASSERT_EQUAL(run.summary.suspects, 0); /* it could be done anew */
            batch_end(&run);
        }
        CU_ASSERT_EQUAL(seen[0], seen[1]);
        found += seen[0];
    }
    CU_ASSERT(found > BANDS * 15 / 100 && found < BANDS * 45 / 100);
    batch_close(&place);
}

/* Where a failure is not to be survived, one stops the run with its reason; what is there is complete. */
void test_batch_faults_strict(void)
{
    static const struct {
        const char *spec;
        enum yk_status status;
    } cases[] = {{"open-fail", YK_ERR_DEVICE},   {"build-fail=6", YK_ERR_UNSUPPORTED},
                 {"submit-fail=6", YK_ERR_LOST}, {"fail-at=0", YK_ERR_LOST},
                 {"fail-at=12", YK_ERR_LOST},    {"hang-at=6:1", YK_ERR_TIMEOUT},
                 {"wrong-at=6", YK_ERR_DEVICE}};
    struct batch_place place;
    batch_open(&place);
    batch_images(&place, 20, 60);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int strict = 0; strict < 2; strict++) {
            struct batch_run run = {0};
            struct cast cast = {.count = 0};
            add(&cast, "cpu:1", cases[k].spec);
            struct yk_batch_options options = options_for(&cast, "cpu:1", "dynamic");
            options.strict_devices = strict;
            options.stop_on_device_error = !strict;
            options.verify = 100;
            CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", &options), cases[k].status);
            CU_ASSERT_TRUE(run.summary.device_failed);
            CU_ASSERT_EQUAL(run.notices, 1);
            CU_ASSERT_PTR_NOT_NULL(strstr(run.notice, run.error.text));
            CU_ASSERT_EQUAL(run.summary.failed, 0);
            CU_ASSERT(run.summary.cancelled > 0);
            CU_ASSERT_EQUAL(run.summary.done + run.summary.cancelled, 20);
            CU_ASSERT_EQUAL(cast.counts[0].after_hang, 0);
            for (size_t i = 0; i < run.plan.count; i++) {
                const struct yk_batch_item *item = &run.plan.items[i];
                CU_ASSERT_TRUE(item->state == YK_ITEM_DONE ? batch_is_inverted(item->input, item->output)
                                                           : access(item->output, F_OK) != 0);
            }
            batch_end(&run);
        }
    batch_close(&place);
}
