/* SPDX-License-Identifier: MIT
 * dynamic: packages of equal size, first come first served. Without a number the size follows from the job: a
 * whole image while enough others wait to keep every lane busy, else four packages for each lane. */
#include "policy.h"

enum { PACKAGES_PER_LANE = 4 };

static void dynamic_start(struct yk_policy_state *state, const struct yk_policy_job *job)
{
    uint64_t rows = state->arguments.count ? (uint64_t)state->arguments.number[0] : 0;
    if (rows == 0) {
        uint64_t lanes = 0;
        for (unsigned k = 0; k < job->device_count; k++)
            lanes += job->devices[k].retired ? 0 : job->devices[k].lanes;
        uint64_t packages = job->waiting + 1 >= lanes ? 1 : lanes * PACKAGES_PER_LANE;
        rows = (job->rows + packages - 1) / packages;
        rows = rows < job->granule ? job->granule : rows;
    }
    state->package = rows;
}

static uint64_t dynamic_next(struct yk_policy_state *state, unsigned device, const struct yk_policy_job *job)
{
    if (job->devices[device].retired)
        return 0;
    return job->left < state->package ? job->left : state->package;
}

static void dynamic_done(struct yk_policy_state *state, unsigned device, uint64_t rows, uint64_t nanoseconds,
                         bool ok)
{
    (void)state, (void)device, (void)rows, (void)nanoseconds, (void)ok;
}

const struct yk_policy yk_policy_dynamic = {
    .name = "dynamic",
    .usage = "dynamic[:ROWS]",
    .doc = "packages of ROWS rows, first come first served (default: by the job)",
    .most_arguments = 1,
    .least = 1,
    .greatest = 1000000,
    .start = dynamic_start,
    .next = dynamic_next,
    .done = dynamic_done,
};
