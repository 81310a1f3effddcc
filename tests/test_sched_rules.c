/* SPDX-License-Identifier: MIT
 * host/sched: rules that hold for any schedule, whatever device fails whenever, checked row by row. */
#include "test_sched.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { MOST_ROWS = 3000, MOST_FLIGHTS = 64 };
enum row_state { ROW_FREE, ROW_GIVEN, ROW_BACK, ROW_DONE };

struct flight {
    unsigned device;
    struct yk_range range;
};

/* What must be true, kept beside the splitter row by row. */
struct model {
    struct sched_rig rig;
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
    must(model, range.begin < range.end && range.end <= model->rows,
         "a range is not empty and within the job");
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
    bool owns = own.begin<own.end, returned = splitter->returned_count> 0;
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

/* Device 0 is the last resort: never fails, and comes back when all others have failed, as the engine's CPU.
 */
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
    static const char *const texts[] = {
        "dynamic",    "dynamic:1",    "dynamic:37", "dynamic:1000000",   "single", "single:2", "static",
        "static:3,1", "static:0,0,5", "static:0",   "static:0.001,1000", "auto",   "guided"};
    memset(model, 0, sizeof *model);
    model->good = true;
    model->rows = 1 + yk_random_below(random, yk_random_below(random, 2) ? MOST_ROWS : 40);
    model->rig.count = 1 + (unsigned)yk_random_below(random, 6);
    bool spare = model->rig.count > 1 && yk_random_below(random, 4) == 0; /* the CPU was not chosen */
    for (unsigned k = 0; k < model->rig.count; k++) {
        unsigned lanes = k == 0 ? 1 + (unsigned)yk_random_below(random, 16) : 1;
        model->rig.devices[k] = (struct yk_policy_device){lanes, k == 0 && spare};
    }
    sched_start(&model->rig, texts[yk_random_below(random, sizeof texts / sizeof *texts)], model->rows,
                1 + yk_random_below(random, 20), (unsigned)yk_random_below(random, 20));
}

void test_sched_rules(void)
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
void test_sched_failures(void)
{
    static const char *const texts[] = {"dynamic",        "dynamic:7", "single:1", "static",
                                        "static:1,2,3,4", "auto",      "guided"};
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
            sched_start(&model->rig, texts[text], 100, 1, 0);
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

void test_sched_granule(void)
{
    struct yk_policy_device devices[2] = {{1, false}, {1, false}};
    CU_ASSERT_EQUAL(yk_policy_granule(1, devices, 2), 1);
    CU_ASSERT_EQUAL(yk_policy_granule(2047, devices, 2), 1);
    CU_ASSERT_EQUAL(yk_policy_granule(2048, devices, 2), 2);
    CU_ASSERT_EQUAL(yk_policy_granule(1000000, devices, 2), 16);
    devices[1].lanes = 4; /* the last package has one granule for each lane */
    CU_ASSERT_EQUAL(yk_policy_granule(8192, devices, 2), 2);
    CU_ASSERT_EQUAL(yk_policy_granule(UINT64_MAX, devices, 2), 16);
    CU_ASSERT_EQUAL(yk_policy_granule(300, devices, 0), 1);
}

/* Equal states give equal answers: no clock, no hidden state. */
void test_sched_pure(void)
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
