/* SPDX-License-Identifier: MIT
 * single: one device does everything; if it fails, the next one that is left. */
#include "policy.h"

static void single_start(struct yk_policy_state *state, const struct yk_policy_job *job)
{
    (void)job;
    state->package = state->arguments.count ? (uint64_t)state->arguments.number[0] : 0;
}

static uint64_t single_next(struct yk_policy_state *state, unsigned device, const struct yk_policy_job *job)
{
    unsigned wanted = (unsigned)(state->package % job->device_count);
    for (unsigned k = 0; k < job->device_count && job->devices[wanted].retired; k++)
        wanted = (wanted + 1) % job->device_count;
    return device == wanted && !job->devices[device].retired ? job->left : 0;
}

static void single_done(struct yk_policy_state *state, unsigned device, uint64_t rows, uint64_t nanoseconds,
                        bool ok)
{
    (void)state, (void)device, (void)rows, (void)nanoseconds, (void)ok;
}

const struct yk_policy yk_policy_single = {
    .name = "single",
    .usage = "single[:N]",
    .doc = "the chosen device number N (from 0) does everything",
    .most_arguments = 1,
    .least = 0,
    .greatest = YK_POLICY_DEVICES - 1,
    .start = single_start,
    .next = single_next,
    .done = single_done,
};
