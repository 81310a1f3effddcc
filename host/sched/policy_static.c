/* SPDX-License-Identifier: MIT
 * static: one package per device, sized by weights given beforehand (none: by lanes). The rows of a device
 * that fails go to whoever asks next. */
#include "policy.h"

static void static_start(struct yk_policy_state *state, const struct yk_policy_job *job)
{
    double weight[YK_POLICY_DEVICES], sum = 0.0;
    for (unsigned k = 0; k < job->device_count; k++) {
        weight[k] = state->arguments.count == 0  ? job->devices[k].lanes
                    : k < state->arguments.count ? state->arguments.number[k]
                                                 : 0.0;
        weight[k] = job->devices[k].retired ? 0.0 : weight[k];
        sum += weight[k];
    }
    /* Shares by rounding the running sum, so that they add up to all rows. */
    double running = 0.0;
    uint64_t given = 0;
    for (unsigned k = 0; k < job->device_count; k++) {
        running += weight[k];
        uint64_t end = sum > 0.0 ? (uint64_t)((double)job->rows * (running / sum) + 0.5) : 0;
        state->share[k] = end - given;
        given = end;
    }
}

static uint64_t static_next(struct yk_policy_state *state, unsigned device, const struct yk_policy_job *job)
{
    if (job->devices[device].retired)
        return 0;
    uint64_t rows = state->share[device], claimed = 0;
    state->share[device] = 0;
    for (unsigned k = 0; k < job->device_count && rows == 0; k++)
        if (job->devices[k].retired) {
            rows = state->share[k];
            state->share[k] = 0;
        }
    for (unsigned k = 0; k < job->device_count; k++)
        claimed += state->share[k];
    if (rows == 0 && claimed == 0) /* all weights were 0, or theirs are retired */
        rows = job->left;
    return rows < job->left ? rows : job->left;
}

static void static_done(struct yk_policy_state *state, unsigned device, uint64_t rows, uint64_t nanoseconds,
                        bool ok)
{
    (void)state, (void)device, (void)rows, (void)nanoseconds, (void)ok;
}

const struct yk_policy yk_policy_static = {
    .name = "static",
    .usage = "static[:W,W,...]",
    .doc = "one package per chosen device, sized by the weights W (default: by threads)",
    .most_arguments = YK_POLICY_DEVICES,
    .least = 0,
    .greatest = 1000000,
    .start = static_start,
    .next = static_next,
    .done = static_done,
};
