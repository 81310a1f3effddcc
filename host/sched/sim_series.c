/* SPDX-License-Identifier: MIT
 * Series of simulated runs, and the gates that schedules must keep (contract in yoke/sim.h). */
#include "sim_model.h"

#include <stdlib.h>

#include "mem.h"

/* ---- one run ---- */

enum { EARLIER_JOBS = 2 };

/* Runs jobs of the same kind before the one that counts, from nothing, without faults; the last of them and
 * that one have warm devices. */
static enum yk_status learn(struct yk_sim_setup *setup, const struct yk_policy *policy,
                            const struct yk_policy_arguments *arguments, struct yk_policy_rate *rates,
                            struct yk_error *error)
{
    struct yk_sim_setup earlier = *setup;
    struct yk_sim_result result;
    enum yk_status status = YK_OK;
    earlier.observe = NULL;
    earlier.trace = NULL;
    for (unsigned job = 0; job < EARLIER_JOBS && !status; job++) {
        earlier.seed = setup->seed + ((uint64_t)(job + 1) << 32); /* not that of another run of a series */
        for (unsigned k = 0; k < setup->device_count && k < YK_SIM_DEVICES; k++) {
            earlier.devices[k].fail_at = earlier.devices[k].hang_at = 0;
            setup->devices[k].cold_ns = 0.0;
        }
        status = yk_sim_run_rates(&earlier, policy, arguments, rates, &result, error);
        for (unsigned k = 0; k < setup->device_count && k < YK_SIM_DEVICES; k++)
            earlier.devices[k].cold_ns = 0.0;
    }
    return status;
}

enum yk_status yk_sim_run_policy(const struct yk_sim_setup *setup, const struct yk_policy *policy,
                                 const struct yk_policy_arguments *arguments, struct yk_sim_result *result,
                                 struct yk_error *error)
{
    struct yk_policy_rate rates[YK_SIM_DEVICES] = {{0}};
    struct yk_sim_setup last = *setup;
    enum yk_status status = YK_OK;
    if (setup->profile == YK_SIM_LEARNED)
        status = learn(&last, policy, arguments, rates, error);
    else
        for (unsigned k = 0; k < setup->device_count && k < YK_SIM_DEVICES; k++)
            rates[k] = yk_sim_told(setup, k);
    return status ? status : yk_sim_run_rates(&last, policy, arguments, rates, result, error);
}

enum yk_status yk_sim_run(const struct yk_sim_setup *setup, struct yk_sim_result *result,
                          struct yk_error *error)
{
    const struct yk_policy *policy;
    struct yk_policy_arguments arguments;
    enum yk_status status = yk_policy_parse(setup->policy, &policy, &arguments, error);
    return status ? status : yk_sim_run_policy(setup, policy, &arguments, result, error);
}

/* ---- series ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Adds one run; `efficiency` and `cost` are its places in the lists of all runs. */
static void add(struct yk_sim_summary *summary, const struct yk_sim_result *result, double *efficiency,
                double *cost, bool first)
{
    *efficiency = result->efficiency;
    *cost = result->sched_ns;
    summary->efficiency += result->efficiency;
    summary->regret += result->regret;
    if (first || result->regret > summary->regret_worst)
        summary->regret_worst = result->regret;
    summary->packages += result->packages;
    summary->makespan_ns += (double)result->makespan_ns;
    if (result->used > 1) {
        summary->several++;
        summary->balance += result->balance;
    }
}

/* Makes means of the sums. */
static void conclude(struct yk_sim_summary *summary, double *efficiency, double *cost, size_t count)
{
    qsort(efficiency, count, sizeof *efficiency, compare);
    qsort(cost, count, sizeof *cost, compare);
    summary->efficiency /= (double)count;
    summary->efficiency_worst = efficiency[0];
    summary->efficiency_p95 = efficiency[count / 20]; /* a twentieth is worse */
    summary->regret /= (double)count;
    summary->packages /= (double)count;
    summary->makespan_ns /= (double)count;
    summary->balance = summary->several ? summary->balance / summary->several : 1.0;
    summary->sched_ns = cost[count / 2];
}

enum yk_status yk_sim_series_run_policy(const struct yk_sim_series *series, const struct yk_policy *policy,
                                        const struct yk_policy_arguments *arguments,
                                        struct yk_sim_summary *summary, struct yk_error *error)
{
    struct yk_sim_setup setup = series->setup;
    struct yk_sim_summary made = {0};
    struct yk_sim_result result;
    size_t count = series->seeds;
    enum yk_status status = YK_OK;
    if (count == 0)
        return yk_error_set(error, YK_ERR_INVALID, "a series of simulations needs a seed");
    double *efficiency = calloc(count, sizeof *efficiency), *cost = calloc(count, sizeof *cost);
    if (!efficiency || !cost)
        status = yk_error_set(error, YK_ERR_NOMEM, "out of memory for %zu simulations", count);
    for (size_t k = 0; k < count && !status; k++) {
        setup.seed = series->setup.seed + k;
        status = yk_sim_run_policy(&setup, policy, arguments, &result, error);
        if (!status)
            add(&made, &result, &efficiency[k], &cost[k], k == 0);
    }
    if (!status) {
        conclude(&made, efficiency, cost, count);
        *summary = made;
    }
    free(efficiency);
    free(cost);
    return status;
}

enum yk_status yk_sim_series_run(const struct yk_sim_series *series, struct yk_sim_summary *summary,
                                 struct yk_error *error)
{
    const struct yk_policy *policy;
    struct yk_policy_arguments arguments;
    enum yk_status status = yk_policy_parse(series->setup.policy, &policy, &arguments, error);
    return status ? status : yk_sim_series_run_policy(series, policy, &arguments, summary, error);
}

/* ---- gates ---- */

enum yk_status yk_sim_machine(struct yk_sim_setup *setup, const double *speeds, unsigned count, double ms,
                              struct yk_error *error)
{
    /* Overheads, cold costs and noise of coexec 4.6. */
    static const struct yk_sim_device cpu = {.lanes = 1,
                                             .slots = 1,
                                             .overhead_ns = 0.05e6,
                                             .cold_ns = 2e6,
                                             .noise = 0.05,
                                             .deadline_ns = 5e9},
                                      other = {.lanes = 1,
                                               .slots = 2,
                                               .overhead_ns = 0.3e6,
                                               .cold_ns = 5e6,
                                               .noise = 0.05,
                                               .deadline_ns = 5e9};
    double fastest = 0.0;
    bool good = count >= 1 && count <= YK_SIM_DEVICES && ms >= 1.0 && ms <= 1e9;
    for (unsigned k = 0; good && k < count; k++) {
        good = speeds[k] >= 1e-3 && speeds[k] <= 1e6;
        fastest = speeds[k] > fastest ? speeds[k] : fastest;
    }
    if (!good)
        return yk_error_set(
            error, YK_ERR_INVALID,
            "a simulated machine has 1 to %d devices of speeds 0.001 to 1000000 and a job of 1 to "
            "1e9 ms",
            YK_SIM_DEVICES);
    *setup = (struct yk_sim_setup){.device_count = count, .rows = 4096};
    for (unsigned k = 0; k < count; k++) {
        setup->devices[k] = k == 0 ? cpu : other;
        setup->devices[k].rate = (double)setup->rows / ms * speeds[k] / fastest;
    }
    return YK_OK;
}

bool yk_sim_gate_ratio(size_t index, double *ratio)
{
    static const double ratios[] = {1, 2, 5, 20, 100};
    if (index >= sizeof ratios / sizeof *ratios)
        return false;
    *ratio = ratios[index];
    return true;
}

bool yk_sim_gate_ms(size_t index, double *ms)
{
    static const double lengths[] = {200, 2000};
    if (index >= sizeof lengths / sizeof *lengths)
        return false;
    *ms = lengths[index];
    return true;
}

struct yk_sim_gate yk_sim_gate_for(double ms)
{
    /* Longest first; shorter jobs have no bound but the regret. */
    static const struct yk_sim_gate gates[] = {{2000, 0.97, 0.93}, {200, 0.95, 0.90}, {0, 0, 0}};
    const struct yk_sim_gate *gate = gates;
    while (ms < gate->ms)
        gate++;
    return *gate;
}

bool yk_sim_gate_sound(const struct yk_sim_setup *setup)
{
    bool sound = setup->profile != YK_SIM_OFF && setup->profile != YK_SIM_NONE;
    for (unsigned k = 0; k < setup->device_count; k++)
        sound = sound && !setup->devices[k].fail_at && !setup->devices[k].hang_at &&
                !(setup->devices[k].slow_factor > 1.0);
    return sound;
}

unsigned yk_sim_gate_misses(const struct yk_sim_setup *setup, double ms, const struct yk_sim_summary *summary)
{
    unsigned misses = 0;
    bool sound = yk_sim_gate_sound(setup);
    if (sound && summary->efficiency < yk_sim_gate_for(ms).efficiency_case)
        misses |= YK_SIM_MISS_EFFICIENCY;
    if (sound && summary->balance < YK_SIM_LEAST_BALANCE)
        misses |= YK_SIM_MISS_BALANCE;
    if (summary->regret > YK_SIM_MOST_REGRET)
        misses |= YK_SIM_MISS_REGRET;
    if (summary->sched_ns > YK_SIM_MOST_SCHED_NS)
        misses |= YK_SIM_MISS_COST;
    return misses;
}
