/* SPDX-License-Identifier: MIT
 * host/sched: the simulator against figures worked out by hand, what every run keeps, and whatever device
 * fails at whatever package. The rest is in test_sim_gates.c and test_sim_errors.c. */
#include "test_sim.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <string.h>

#include "support.h"

enum { MS = 1000000, MOST_ROWS = 4096 };

struct yk_sim_device sim_plain(double rate, unsigned slots)
{
    return (struct yk_sim_device){.rate = rate, .lanes = 1, .slots = slots};
}

struct yk_sim_setup sim_setup(const char *policy, uint64_t rows, struct yk_sim_device a,
                              struct yk_sim_device b)
{
    return (struct yk_sim_setup){
        .policy = policy, .devices = {a, b}, .device_count = b.lanes ? 2 : 1, .rows = rows, .granule = 1};
}

struct yk_sim_result sim_run(const struct yk_sim_setup *setup)
{
    struct yk_sim_result result = {0};
    struct yk_error error = {YK_OK, ""};
    CU_ASSERT_EQUAL(yk_sim_run(setup, &result, &error), YK_OK);
    CU_ASSERT_STRING_EQUAL(error.text, "");
    return result;
}

void sim_pair(struct yk_sim_setup *setup, double ratio, double ms)
{
    const double speeds[] = {1, ratio};
    CU_ASSERT_EQUAL_FATAL(yk_sim_machine(setup, speeds, 2, ms, NULL), YK_OK);
}

/* ---- by hand ---- */

static void test_one_device(void)
{
    const struct yk_sim_device none = {0};
    struct yk_sim_device device = {
        .rate = 10, .lanes = 1, .slots = 1, .overhead_ns = MS / 2, .cold_ns = 2 * MS, .latency_ns = 1 * MS};
    /* 1 latency + 2 cold + 0.5 overhead + 1000 rows of 0.1 ms. */
    struct yk_sim_setup setup = sim_setup("single", 1000, device, none);
    struct yk_sim_result result = sim_run(&setup);
    CU_ASSERT_EQUAL(result.makespan_ns, 103500000);
    CU_ASSERT_EQUAL(result.packages, 1);
    CU_ASSERT_EQUAL(result.used, 1);
    CU_ASSERT_DOUBLE_EQUAL(result.devices[0].alone_ns, 103.5e6, 0.5);
    CU_ASSERT_DOUBLE_EQUAL(result.efficiency, 1.0, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(result.regret, 0.0, 1e-9);
    CU_ASSERT_EQUAL(result.devices[0].busy_ns, 102500000); /* all but the latency */
    CU_ASSERT_EQUAL(result.longest_ns, 102500000);
    /* Four packages of 25 ms: each waits for its latency; 28.5 + 3 x 26.5. */
    setup.policy = "dynamic:250";
    result = sim_run(&setup);
    CU_ASSERT_EQUAL(result.makespan_ns, 108000000);
    CU_ASSERT_EQUAL(result.packages, 4);
    /* A second slot hides the latency of all but the first: 28.5 + 3 x 25.5. */
    setup.devices[0].slots = 2;
    result = sim_run(&setup);
    CU_ASSERT_EQUAL(result.makespan_ns, 105000000);
    /* Three times as slow from 40 ms on: 40 + 60 x 3. */
    setup = sim_setup("single", 1000, sim_plain(10, 1), none);
    setup.devices[0].slow_at_ns = 40 * MS;
    setup.devices[0].slow_factor = 3;
    result = sim_run(&setup);
    CU_ASSERT_EQUAL(result.makespan_ns, 220000000);
    CU_ASSERT_DOUBLE_EQUAL(result.efficiency, 1.0, 1e-9);
    /* Two packages of 50 rows, 5 rows of the other's computed again by each. */
    setup = sim_setup("dynamic:50", 100, sim_plain(1, 1), none);
    setup.halo = 10;
    result = sim_run(&setup);
    CU_ASSERT_EQUAL(result.makespan_ns, 110000000);
    /* Four lanes of 1 row a ms and pieces of 63 rows (a sixteenth): four rounds. */
    setup = sim_setup("single", 1000, sim_plain(4, 1), none);
    setup.devices[0].lanes = 4;
    result = sim_run(&setup);
    CU_ASSERT_EQUAL(result.makespan_ns, 252000000);
    CU_ASSERT_EQUAL(result.packages, 16);
    CU_ASSERT_DOUBLE_EQUAL(result.devices[0].alone_ns, 250e6, 0.5);
}

static void test_two_devices(void)
{
    struct yk_sim_setup setup = sim_setup("static:1,1", 1000, sim_plain(10, 1), sim_plain(10, 2));
    struct yk_sim_result result = sim_run(&setup);
    CU_ASSERT_EQUAL(result.makespan_ns, 50000000);
    CU_ASSERT_EQUAL(result.devices[0].rows, 500);
    CU_ASSERT_EQUAL(result.devices[1].rows, 500);
    CU_ASSERT_DOUBLE_EQUAL(result.ideal_ns, 50e6, 0.5);
    CU_ASSERT_DOUBLE_EQUAL(result.efficiency, 1.0, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(result.balance, 1.0, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(result.regret, -0.5, 1e-9);
    /* 100 rows take 5 and 10 ms. At 10 ms both are done; the one that was submitted first takes the last. */
    setup = sim_setup("dynamic:100", 400, sim_plain(20, 1), sim_plain(10, 1));
    result = sim_run(&setup);
    CU_ASSERT_EQUAL(result.makespan_ns, 20000000);
    CU_ASSERT_EQUAL(result.devices[0].rows, 200);
    CU_ASSERT_EQUAL(result.devices[0].finish_ns, 10000000);
    CU_ASSERT_EQUAL(result.devices[1].busy_ns, 20000000);
    CU_ASSERT_DOUBLE_EQUAL(result.ideal_ns, 400.0 / 30.0 * 1e6, 0.5);
    CU_ASSERT_DOUBLE_EQUAL(result.efficiency, 2.0 / 3.0, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(result.balance, 0.5, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(result.regret, 0.0, 1e-9);
    /* The upper half of a ramp from 0.4 to 1.6 is 0.35 of its work. */
    setup = sim_setup("static:1,1", 100, sim_plain(1, 1), sim_plain(1, 1));
    setup.shape = YK_SIM_RAMP;
    result = sim_run(&setup);
    CU_ASSERT_EQUAL(result.devices[0].finish_ns, 35000000);
    CU_ASSERT_EQUAL(result.devices[1].finish_ns, 65000000);
    CU_ASSERT_DOUBLE_EQUAL(result.balance, 35.0 / 65.0, 1e-9);
    /* A burst anywhere: all of the work, and four times as dear for a quarter. */
    setup = sim_setup("dynamic:1", 1000, sim_plain(1, 1), (struct yk_sim_device){0});
    setup.shape = YK_SIM_BURST;
    result = sim_run(&setup);
    CU_ASSERT_DOUBLE_EQUAL((double)result.makespan_ns, 1000e6, 1000.0); /* each package rounded to 1 ns */
    CU_ASSERT_DOUBLE_EQUAL((double)result.longest_ns, 4.0 / 1.75 * 1e6, 1.0);
}

static void test_faults_by_hand(void)
{
    struct yk_sim_setup setup = sim_setup("static:1,1", 1000, sim_plain(10, 1), sim_plain(10, 2));
    setup.devices[1].fail_at = 1; /* noticed at 50 ms; the other does its half again */
    struct yk_sim_result result = sim_run(&setup);
    CU_ASSERT_EQUAL(result.makespan_ns, 100000000);
    CU_ASSERT_EQUAL(result.devices[0].rows, 1000);
    CU_ASSERT_TRUE(result.devices[1].retired);
    CU_ASSERT_DOUBLE_EQUAL(result.recover_ns, 100e6, 0.5);
    CU_ASSERT_DOUBLE_EQUAL(result.ideal_ns, 100e6, 0.5); /* it did nothing: the other one alone */
    CU_ASSERT_DOUBLE_EQUAL(result.efficiency, 1.0, 1e-9);
    setup.devices[1].fail_at = 0;
    setup.devices[1].hang_at = 1;
    setup.devices[1].deadline_ns = 70 * MS;
    result = sim_run(&setup);
    CU_ASSERT_EQUAL(result.makespan_ns, 120000000);
    CU_ASSERT_TRUE(result.devices[1].retired);
    /* Two slots: the second package is dropped when the first fails at 10 ms. What was done by the other, 100
     * rows, and 900 more. */
    setup = sim_setup("dynamic:100", 1000, sim_plain(10, 1), sim_plain(10, 2));
    setup.devices[1].fail_at = 1;
    result = sim_run(&setup);
    CU_ASSERT_EQUAL(result.makespan_ns, 100000000);
    CU_ASSERT_EQUAL(result.devices[0].rows, 1000);
    CU_ASSERT_EQUAL(result.packages, 12); /* 10, and the two that were lost */
}

/* ---- what every run keeps ---- */

/* Rows that are done, and a fingerprint of all events (FNV-1a). */
struct watch {
    unsigned char done[MOST_ROWS];
    uint64_t fingerprint, last_end, events;
    bool good;
};

static void take_in(struct watch *watch, uint64_t value)
{
    watch->fingerprint = (watch->fingerprint ^ value) * UINT64_C(0x100000001b3);
}

static void watch_event(void *context, const struct yk_sim_event *event)
{
    struct watch *watch = context;
    watch->events++;
    watch->good = watch->good && event->begin < event->end && event->end <= MOST_ROWS &&
                  event->submitted_ns <= event->end_ns && event->start_ns <= event->end_ns &&
                  event->end_ns >= watch->last_end; /* told in the order of time */
    watch->last_end = event->end_ns;
    if (event->outcome == YK_SIM_DONE)
        for (uint64_t y = event->begin; y < event->end && watch->good; y++)
            watch->good = watch->done[y]++ == 0;
    const uint64_t fields[] = {
        event->device,           event->lane, event->begin, event->end, event->start_ns, event->end_ns,
        (uint64_t)event->outcome};
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
        take_in(watch, fields[k]);
}

/* Runs it and checks that every row is done once, by the devices that say so. */
static struct yk_sim_result run_watched(struct yk_sim_setup setup, uint64_t *fingerprint)
{
    struct watch watch = {.good = true};
    setup.observe = watch_event;
    setup.context = &watch;
    struct yk_sim_result result = sim_run(&setup);
    uint64_t rows = 0, done = 0;
    for (unsigned k = 0; k < setup.device_count; k++)
        rows += result.devices[k].rows;
    for (uint64_t y = 0; y < MOST_ROWS; y++)
        done += watch.done[y] == (y < setup.rows);
    CU_ASSERT_TRUE(watch.good);
    CU_ASSERT_EQUAL(rows, setup.rows);
    CU_ASSERT_EQUAL(done, MOST_ROWS);
    CU_ASSERT_EQUAL(watch.events, result.packages);
    *fingerprint = watch.fingerprint;
    return result;
}

static const char *const every_policy[] = {"auto",        "guided",   "guided:3", "dynamic",   "dynamic:7",
                                           "dynamic:256", "single:1", "static",   "static:1,9"};
enum { POLICIES = sizeof every_policy / sizeof *every_policy };

static void test_deterministic(void)
{
    for (unsigned k = 0; k < POLICIES; k++) {
        struct yk_sim_setup setup;
        uint64_t first, again, other;
        sim_pair(&setup, 5, 200);
        setup.policy = every_policy[k];
        setup.shape = YK_SIM_BURST;
        setup.profile = YK_SIM_NEAR;
        setup.seed = 11;
        struct yk_sim_result a = run_watched(setup, &first), b = run_watched(setup, &again);
        a.sched_ns = b.sched_ns; /* measured in real time */
        CU_ASSERT_EQUAL(first, again);
        CU_ASSERT_EQUAL(memcmp(&a, &b, sizeof a), 0);
        setup.seed = 12;
        run_watched(setup, &other);
        CU_ASSERT_NOT_EQUAL(first, other);
    }
}

static void test_random_setups(void)
{
    struct yk_random random = {20260101};
    for (unsigned round = 0; round < 600; round++) {
        struct yk_sim_setup setup = {.policy = every_policy[round % POLICIES],
                                     .device_count = 1 + (unsigned)yk_random_below(&random, 5),
                                     .rows = 1 + yk_random_below(&random, round % 2 ? 40 : MOST_ROWS),
                                     .shape = (enum yk_sim_shape)yk_random_below(&random, 3),
                                     .profile = (enum yk_sim_profile)yk_random_below(&random, 4),
                                     .seed = yk_random_u64(&random)};
        setup.granule = 1 + yk_random_below(&random, setup.rows < 30 ? setup.rows : 30);
        setup.halo = yk_random_below(&random, 3) * yk_random_below(&random, 40);
        for (unsigned k = 0; k < setup.device_count; k++)
            setup.devices[k] = (struct yk_sim_device){.rate = 0.1 + 100.0 * yk_random_unit(&random),
                                                      .lanes = 1 + (unsigned)yk_random_below(&random, 6),
                                                      .slots = 1 + (unsigned)yk_random_below(&random, 2),
                                                      .overhead_ns = (double)yk_random_below(&random, MS),
                                                      .cold_ns = (double)yk_random_below(&random, 9 * MS),
                                                      .latency_ns = (double)yk_random_below(&random, MS),
                                                      .noise = 0.3 * yk_random_unit(&random),
                                                      .slow_at_ns = (double)yk_random_below(&random, 50 * MS),
                                                      .slow_factor = 5.0 * yk_random_unit(&random)};
        uint64_t fingerprint;
        run_watched(setup, &fingerprint);
    }
}

/* The device fails, or hangs, at its package number `package`, if it gets so far: every row is still done
 * once. */
static struct yk_sim_result run_fault(struct yk_sim_setup setup, unsigned device, bool hang, unsigned package)
{
    uint64_t fingerprint;
    setup.seed = package;
    setup.devices[device].deadline_ns = 100 * MS;
    *(hang ? &setup.devices[device].hang_at : &setup.devices[device].fail_at) = package;
    return run_watched(setup, &fingerprint);
}

static void test_every_failure(void)
{
    unsigned faults = 0;
    for (unsigned policy = 0; policy < POLICIES; policy++)
        for (unsigned way = 0; way < 4; way++)
            for (unsigned package = 1, more = 1; more; package++) {
                struct yk_sim_setup setup;
                sim_pair(&setup, 3, 200);
                setup.rows = 300;
                setup.devices[0].rate = 1;
                setup.devices[1].rate = 3;
                setup.policy = every_policy[policy];
                setup.profile = YK_SIM_NEAR;
                struct yk_sim_result result = run_fault(setup, way / 2, way % 2, package);
                more = result.devices[way / 2].retired;
                faults += more;
            }
    CU_ASSERT(faults > 200); /* the rule was put to the test */
    yk_note("sim: %u failures and hangs at every package of two devices", faults);
}

/* What auto takes longer for a device that is lost, at any of its packages: what it had in hand, done again
 * at the speed of the device that is left, and one package of that (which may have to start cold). */
static void test_extra_time(void)
{
    static const double ratios[] = {1, 5, 20, 100};
    unsigned faults = 0, late = 0;
    for (size_t ratio = 0; ratio < sizeof ratios / sizeof *ratios; ratio++)
        for (unsigned way = 0; way < 24; way++) { /* device x kind of fault x shape x profile */
            unsigned device = way % 2;
            for (unsigned package = 1, more = 1; more; package++) {
                struct yk_sim_setup setup;
                sim_pair(&setup, ratios[ratio], 200);
                setup.policy = "auto";
                setup.shape = (enum yk_sim_shape)(way / 4 % 3);
                setup.profile = way < 12 ? YK_SIM_NEAR : YK_SIM_NONE;
                struct yk_sim_result result = run_fault(setup, device, way / 2 % 2, package);
                double most = result.recover_ns + (double)result.longest_ns + setup.devices[!device].cold_ns;
                more = result.devices[device].retired;
                faults += more;
                late += more && (double)result.makespan_ns > most;
                if (more && (double)result.makespan_ns > most)
                    printf("\n    1:%g way %u package %u: %.1f ms, at most %.1f", ratios[ratio], way, package,
                           (double)result.makespan_ns / 1e6, most / 1e6);
            }
        }
    CU_ASSERT_EQUAL(late, 0);
    CU_ASSERT(faults > 500);
}

void yk_suite_sim(void)
{
    CU_pSuite suite = CU_add_suite("sim", NULL, NULL);
    CU_ADD_TEST(suite, test_one_device);
    CU_ADD_TEST(suite, test_two_devices);
    CU_ADD_TEST(suite, test_faults_by_hand);
    CU_ADD_TEST(suite, test_deterministic);
    CU_ADD_TEST(suite, test_random_setups);
    CU_ADD_TEST(suite, test_every_failure);
    CU_ADD_TEST(suite, test_extra_time);
    CU_ADD_TEST(suite, test_sim_errors);
    CU_ADD_TEST(suite, test_sim_trace);
    CU_ADD_TEST(suite, test_sim_gates);
    CU_ADD_TEST(suite, test_sim_no_profile);
    CU_ADD_TEST(suite, test_sim_stays);
    CU_ADD_TEST(suite, test_sim_halo);
    CU_ADD_TEST(suite, test_sim_overhead);
    CU_ADD_TEST(suite, test_sim_planted);
}
