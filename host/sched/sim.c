/* SPDX-License-Identifier: MIT
 * The simulator: events in the order of a virtual clock, around the real splitter (contract in yoke/sim.h).
 * Like the engine, it offers rows to every device with room after each event, and takes everything back from
 * a device whose package failed. */
#include "sim_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "splitter.h"

_Static_assert((int)YK_SIM_DEVICES == (int)YK_POLICY_DEVICES, "the policies' bound is the simulator's");

enum { MOST_SLOTS = 2 };

static const uint64_t CENTURY_NS = UINT64_C(3155760000000000000);

/* A package in flight. */
struct flight {
    struct yk_range range;
    uint64_t submitted, start, end, order;
    enum yk_sim_outcome outcome; /* that it will have */
    unsigned lane;
    bool used;
};

struct lane {
    uint64_t free_ns; /* when it has done all that it holds */
    uint64_t last_ns; /* when it was last done with a package */
    unsigned holds;
    bool warm;
};

struct runner {
    const struct yk_sim_setup *setup;
    struct yk_sim_result *result;
    struct yk_splitter splitter;
    struct yk_policy_device devices[YK_SIM_DEVICES];
    struct yk_policy_rate *rates;   /* borrowed: what is known, and learned from every package */
    double work[YK_SIM_DEVICES];    /* done, in rows of mean cost */
    unsigned taken[YK_SIM_DEVICES]; /* packages given to it */
    struct lane *lanes;             /* owned: those of all devices */
    struct flight *flights;         /* owned: MOST_SLOTS for each lane */
    size_t first_lane[YK_SIM_DEVICES];
    uint64_t now, order, sched_ns;
    uint16_t tracks[YK_SIM_DEVICES]; /* of the trace */
};

/* ---- one package ---- */

static double package_work(const struct yk_sim_setup *setup, struct yk_range range)
{
    uint64_t above = setup->halo / 2, below = setup->halo - above;
    uint64_t begin = range.begin > above ? range.begin - above : 0;
    uint64_t end = below < setup->rows - range.end ? range.end + below : setup->rows;
    return yk_sim_work(setup, begin, end);
}

/* A time on the clock: at least 1 ns after `from`, so that a package is never free. A run of a century stops
 * the clock. */
static uint64_t after(uint64_t from, double nanoseconds)
{
    if (from >= CENTURY_NS || !(nanoseconds < (double)(CENTURY_NS - from)))
        return CENTURY_NS;
    return from + (nanoseconds > 1.0 ? (uint64_t)(nanoseconds + 0.5) : 1);
}

static void submit(struct runner *runner, unsigned device, unsigned lane_number, struct yk_range range)
{
    const struct yk_sim_device *it = &runner->setup->devices[device];
    struct lane *lane = &runner->lanes[runner->first_lane[device] + lane_number];
    struct flight *flight = &runner->flights[(runner->first_lane[device] + lane_number) * MOST_SLOTS];
    while (flight->used)
        flight++;
    unsigned package = ++runner->taken[device];
    uint64_t ready = runner->now + (uint64_t)(it->latency_ns + 0.5);
    uint64_t start = ready > lane->free_ns ? ready : lane->free_ns;
    start = start < CENTURY_NS ? start : CENTURY_NS;
    double fixed = it->overhead_ns + (lane->warm ? 0.0 : it->cold_ns);
    double noise = yk_sim_noise(runner->setup, device, package);
    double work = package_work(runner->setup, range) * noise;
    *flight = (struct flight){
        .range = range,
        .submitted = runner->now,
        .start = start,
        .end = after(start, fixed * noise + yk_sim_work_ns(it, work, (double)start + fixed)),
        .order = runner->order++,
        .outcome = package == it->fail_at ? YK_SIM_FAILED : YK_SIM_DONE,
        .lane = lane_number,
        .used = true,
    };
    if (package == it->hang_at) {
        flight->outcome = YK_SIM_HUNG;
        flight->end = after(runner->now > start ? runner->now : start, it->deadline_ns);
    }
    lane->free_ns = flight->end;
    lane->warm = true;
    lane->holds++;
}

/* ---- giving out ---- */

/* The lane with room that is free soonest; the device's number of lanes: none. */
static unsigned lane_with_room(const struct runner *runner, unsigned device)
{
    const struct yk_sim_device *it = &runner->setup->devices[device];
    const struct lane *lanes = &runner->lanes[runner->first_lane[device]];
    unsigned best = it->lanes;
    for (unsigned k = 0; k < it->lanes; k++)
        if (lanes[k].holds < it->slots && (best == it->lanes || lanes[k].free_ns < lanes[best].free_ns))
            best = k;
    return best;
}

static bool offer_to(struct runner *runner, unsigned device)
{
    struct yk_range range;
    if (runner->devices[device].retired)
        return false;
    unsigned lane = lane_with_room(runner, device);
    if (lane == runner->setup->devices[device].lanes)
        return false;
    uint64_t begun = yk_clock_ns();
    bool got = yk_splitter_claim(&runner->splitter, device, UINT64_MAX, &range);
    runner->sched_ns += yk_clock_ns() - begun;
    if (got) {
        submit(runner, device, lane, range);
        runner->result->packages++;
    }
    return got;
}

/* One package each in turn, from the device that woke the others on, until nobody takes one. */
static void offer(struct runner *runner, unsigned first)
{
    unsigned count = runner->setup->device_count;
    for (bool any = true; any;) {
        any = false;
        for (unsigned k = 0; k < count; k++)
            any = offer_to(runner, (first + k) % count) || any;
    }
}

/* ---- taking back ---- */

/* The flight that ends first; of equals, the one submitted first. NULL: none. */
static struct flight *next_flight(struct runner *runner, unsigned *device)
{
    struct flight *best = NULL;
    for (unsigned k = 0; k < runner->setup->device_count; k++) {
        struct flight *flights = &runner->flights[runner->first_lane[k] * MOST_SLOTS];
        for (size_t i = 0; i < (size_t)runner->setup->devices[k].lanes * MOST_SLOTS; i++)
            if (flights[i].used && (!best || flights[i].end < best->end ||
                                    (flights[i].end == best->end && flights[i].order < best->order))) {
                best = &flights[i];
                *device = k;
            }
    }
    return best;
}

/* Takes a flight out and tells who watches. */
static void close_flight(struct runner *runner, unsigned device, struct flight *flight,
                         enum yk_sim_outcome outcome)
{
    struct yk_sim_device_result *mine = &runner->result->devices[device];
    uint64_t start = flight->start < runner->now ? flight->start : runner->now;
    flight->used = false;
    runner->lanes[runner->first_lane[device] + flight->lane].holds--;
    mine->busy_ns += runner->now - start;
    struct yk_sim_event event = {
        .device = device,
        .lane = flight->lane,
        .begin = flight->range.begin,
        .end = flight->range.end,
        .submitted_ns = flight->submitted,
        .start_ns = start,
        .end_ns = runner->now,
        .outcome = outcome,
    };
    if (runner->setup->observe)
        runner->setup->observe(runner->setup->context, &event);
    yk_sim_trace_package(runner->setup, runner->tracks, &event);
}

/* What the rows that are not done take at the speed of those left. */
static double rest_ns(const struct runner *runner)
{
    double rest = (double)runner->setup->rows, rate = 0.0;
    for (unsigned k = 0; k < runner->setup->device_count; k++) {
        const struct yk_sim_device *it = &runner->setup->devices[k];
        bool slow = it->slow_factor > 0.0 && (double)runner->now >= it->slow_at_ns;
        rest -= runner->work[k];
        rate += runner->devices[k].retired ? 0.0 : it->rate / (slow ? it->slow_factor : 1.0);
    }
    return rate > 0.0 ? rest / rate * 1e6 : 0.0;
}

/* The device is gone: everything it holds goes back. false: no memory. */
static bool lose(struct runner *runner, unsigned device, struct flight *failed)
{
    struct flight *flights = &runner->flights[runner->first_lane[device] * MOST_SLOTS];
    size_t count = (size_t)runner->setup->devices[device].lanes * MOST_SLOTS;
    runner->devices[device].retired = true;
    runner->result->devices[device].retired = true;
    runner->result->recover_ns = (double)runner->now + rest_ns(runner);
    bool memory = true;
    close_flight(runner, device, failed, failed->outcome);
    memory = yk_splitter_return(&runner->splitter, device, failed->range);
    for (size_t i = 0; i < count; i++)
        if (flights[i].used) {
            close_flight(runner, device, &flights[i], YK_SIM_DROPPED);
            memory = yk_splitter_return(&runner->splitter, device, flights[i].range) && memory;
        }
    return yk_splitter_retire(&runner->splitter, device) && memory;
}

static bool land(struct runner *runner, unsigned device, struct flight *flight)
{
    struct yk_sim_device_result *mine = &runner->result->devices[device];
    if (flight->outcome != YK_SIM_DONE)
        return lose(runner, device, flight);
    struct lane *lane = &runner->lanes[runner->first_lane[device] + flight->lane];
    /* As the engine measures it: from its submission, or the end of the package before it in the lane. */
    uint64_t spent = runner->now - (flight->submitted > lane->last_ns ? flight->submitted : lane->last_ns);
    lane->last_ns = runner->now;
    mine->rows += flight->range.end - flight->range.begin;
    mine->packages++;
    mine->finish_ns = runner->now;
    runner->work[device] += yk_sim_work(runner->setup, flight->range.begin, flight->range.end);
    if (flight->end - flight->start > runner->result->longest_ns)
        runner->result->longest_ns = flight->end - flight->start;
    close_flight(runner, device, flight, YK_SIM_DONE);
    uint64_t begun = yk_clock_ns();
    bool memory = yk_splitter_commit(&runner->splitter, device, flight->range, spent);
    runner->sched_ns += yk_clock_ns() - begun;
    double work = (double)(flight->range.end - flight->range.begin + runner->setup->halo);
    yk_policy_learn(&runner->rates[device], work, runner->setup->devices[device].lanes,
                    runner->splitter.spent_ns);
    return memory;
}

/* ---- a run ---- */

static bool positive(double value)
{
    return value >= 0.0 && value <= 1e18; /* about 30 years in ns */
}

static enum yk_status check(const struct yk_sim_setup *setup, struct yk_error *error)
{
    if (setup->device_count == 0 || setup->device_count > YK_SIM_DEVICES || setup->rows == 0 ||
        setup->rows > UINT64_C(1) << 32 || setup->granule > setup->rows || setup->halo > UINT64_C(1) << 32)
        return yk_error_set(error, YK_ERR_INVALID,
                            "a simulation needs 1 to %d devices, 1 to 2^32 rows and a "
                            "granule of at most all rows",
                            YK_SIM_DEVICES);
    for (unsigned k = 0; k < setup->device_count; k++) {
        const struct yk_sim_device *it = &setup->devices[k];
        if (!(it->rate >= 1e-15 && it->rate <= 1e9) || it->lanes == 0 || it->lanes > YK_SIM_LANES ||
            it->slots == 0 || it->slots > MOST_SLOTS || !positive(it->overhead_ns) ||
            !positive(it->cold_ns) || !positive(it->latency_ns) || !(it->noise >= 0.0 && it->noise <= 10.0) ||
            !positive(it->slow_at_ns) || !(it->slow_factor >= 0.0 && it->slow_factor <= 1e6) ||
            !positive(it->deadline_ns))
            return yk_error_set(error, YK_ERR_INVALID, "simulated device %u: a figure is out of bounds", k);
    }
    return YK_OK;
}

static bool allocate(struct runner *runner)
{
    size_t lanes = 0;
    for (unsigned k = 0; k < runner->setup->device_count; k++) {
        runner->first_lane[k] = lanes;
        lanes += runner->setup->devices[k].lanes; /* at most YK_SIM_DEVICES x YK_SIM_LANES: no overflow */
    }
    runner->lanes = calloc(lanes, sizeof *runner->lanes);
    runner->flights = calloc(lanes * MOST_SLOTS, sizeof *runner->flights);
    return runner->lanes && runner->flights;
}

static void begin(struct runner *runner, const struct yk_policy *policy,
                  const struct yk_policy_arguments *arguments)
{
    const struct yk_sim_setup *setup = runner->setup;
    for (unsigned k = 0; k < setup->device_count; k++) {
        runner->devices[k].lanes = setup->devices[k].lanes;
        runner->result->devices[k].alone_ns = yk_sim_alone_ns(setup, k);
    }
    struct yk_policy_job job = {
        .rows = setup->rows,
        .granule = setup->granule ? setup->granule
                                  : yk_policy_granule(setup->rows, runner->devices, setup->device_count),
        .device_count = setup->device_count,
        .devices = runner->devices,
        .rates = runner->rates,
        .row_work = 1.0,
        .halo = setup->halo,
    };
    yk_sim_trace_devices(setup, runner->tracks);
    yk_splitter_begin(&runner->splitter, policy, arguments, &job);
}

static enum yk_status run(struct runner *runner, struct yk_error *error)
{
    unsigned device = 0;
    offer(runner, 0);
    while (!yk_splitter_finished(&runner->splitter)) {
        struct flight *flight = next_flight(runner, &device);
        if (!flight) {
            bool any = false;
            for (unsigned k = 0; k < runner->setup->device_count; k++)
                any = any || !runner->devices[k].retired;
            return any ? yk_error_set(error, YK_ERR_INTERNAL, "the schedule left rows that no device takes")
                       : yk_error_set(error, YK_ERR_DEVICE, "every simulated device failed");
        }
        runner->now = flight->end;
        yk_splitter_time(&runner->splitter, runner->now);
        if (!land(runner, device, flight))
            return yk_error_set(error, YK_ERR_NOMEM, "out of memory in the simulator");
        offer(runner, device);
    }
    return YK_OK;
}

/* The figures that follow from the whole run. */
static void conclude(struct runner *runner)
{
    struct yk_sim_result *result = runner->result;
    double best = HUGE_VAL, first = HUGE_VAL, last = 0.0;
    for (unsigned k = 0; k < runner->setup->device_count; k++) {
        const struct yk_sim_device_result *it = &result->devices[k];
        bool whole = !it->retired && it->rows > 0;
        if (!it->retired && it->alone_ns < best)
            best = it->alone_ns;
        if (whole && (double)it->finish_ns < first)
            first = (double)it->finish_ns;
        if (whole && (double)it->finish_ns > last)
            last = (double)it->finish_ns;
        result->used += it->rows > 0;
    }
    result->makespan_ns = runner->now;
    double makespan = (double)result->makespan_ns;
    result->ideal_ns = yk_sim_ideal_ns(runner->setup, result, runner->work);
    result->efficiency = result->ideal_ns / makespan;
    result->balance = last > 0.0 ? first / last : 1.0;
    result->regret = makespan / best - 1.0;
    result->sched_ns = (double)runner->sched_ns / result->packages;
}

enum yk_status yk_sim_run_rates(const struct yk_sim_setup *setup, const struct yk_policy *policy,
                                const struct yk_policy_arguments *arguments, struct yk_policy_rate *rates,
                                struct yk_sim_result *result, struct yk_error *error)
{
    struct yk_sim_result made = {0};
    struct runner runner = {.setup = setup, .result = &made, .rates = rates};
    enum yk_status status = check(setup, error);
    if (status)
        return status;
    if (allocate(&runner)) {
        begin(&runner, policy, arguments);
        status = run(&runner, error);
        yk_splitter_clear(&runner.splitter);
    } else
        status = yk_error_set(error, YK_ERR_NOMEM, "out of memory in the simulator");
    if (!status) {
        conclude(&runner);
        *result = made;
    }
    free(runner.lanes);
    free(runner.flights);
    return status;
}
