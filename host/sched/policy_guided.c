/* SPDX-License-Identifier: MIT
 * guided: each package is a fixed part of what is left, by the device's share of all rates: known beforehand,
 * else measured, else by lanes. Large packages first, small ones at the end; no subset of devices, no care
 * for the tail. */
#include "policy.h"

static const double PART = 2.0; /* packages per remaining share; more than 2 gains little (coexec 4.6) */

static double rate_of(const struct yk_policy_state *state, const struct yk_policy_job *job, unsigned device)
{
    double told = job->rates ? job->rates[device].rate / (job->row_work > 0.0 ? job->row_work : 1.0) : 0.0;
    return state->estimate[device].rate > 0.0 ? state->estimate[device].rate : told;
}

static uint64_t guided_rows(struct yk_policy_state *state, unsigned device, const struct yk_policy_job *job,
                            uint64_t most)
{
    double rate[YK_POLICY_DEVICES], sum = 0.0;
    bool all = true;
    if (job->devices[device].retired)
        return 0;
    for (unsigned k = 0; k < job->device_count; k++)
        if (!job->devices[k].retired)
            all = all && rate_of(state, job, k) > 0.0;
    for (unsigned k = 0; k < job->device_count; k++) {
        rate[k] = all ? rate_of(state, job, k) : job->devices[k].lanes;
        sum += job->devices[k].retired ? 0.0 : rate[k];
    }
    double part = state->arguments.count ? state->arguments.number[0] : PART;
    uint64_t rows = (uint64_t)((double)(job->left + job->returned) * rate[device] / (part * sum));
    rows = (rows + job->granule - 1) / job->granule * job->granule;
    rows = rows ? rows : job->granule;
    return rows < most ? rows : most;
}

static void guided_start(struct yk_policy_state *state, const struct yk_policy_job *job)
{
    state->halo = job->halo;
    for (unsigned k = 0; k < job->device_count; k++)
        state->estimate[k] = (struct yk_policy_estimate){.lanes = job->devices[k].lanes};
}

static uint64_t guided_next(struct yk_policy_state *state, unsigned device, const struct yk_policy_job *job)
{
    return guided_rows(state, device, job, job->left);
}

static void guided_done(struct yk_policy_state *state, unsigned device, uint64_t rows, uint64_t nanoseconds,
                        bool ok)
{
    struct yk_policy_estimate *estimate = &state->estimate[device];
    if (!ok || nanoseconds == 0 || estimate->samples++ < estimate->lanes)
        return; /* each lane's first package pays for compiling and first touch */
    double rate = (double)(rows + state->halo) * estimate->lanes / ((double)nanoseconds / 1e6);
    estimate->rate = estimate->rate > 0.0 ? 0.5 * (estimate->rate + rate) : rate;
}

const struct yk_policy yk_policy_guided = {
    .name = "guided",
    .usage = "guided[:K]",
    .doc = "packages of 1/K of what is left, by the devices' rates (default: 2)",
    .most_arguments = 1,
    .least = 1,
    .greatest = 1000,
    .shared = true,
    .start = guided_start,
    .next = guided_next,
    .again = guided_rows,
    .done = guided_done,
};
