/* SPDX-License-Identifier: MIT
 * Ranges given, returned and done (contract in splitter.h). */
#include "splitter.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

void yk_splitter_start(struct yk_splitter *splitter, const struct yk_policy *policy,
                       const struct yk_policy_arguments *arguments, uint64_t rows, uint64_t granule,
                       const struct yk_policy_device *devices, unsigned device_count, unsigned waiting)
{
    memset(splitter, 0, sizeof *splitter);
    splitter->policy = policy;
    splitter->state.arguments = *arguments;
    splitter->job = (struct yk_policy_job){
        .rows = rows,
        .left = rows,
        .granule = granule ? granule : 1,
        .waiting = waiting,
        .device_count = device_count,
        .devices = devices,
    };
    policy->start(&splitter->state, &splitter->job);
}

void yk_splitter_clear(struct yk_splitter *splitter)
{
    free(splitter->returned);
    free(splitter->done);
    memset(splitter, 0, sizeof *splitter);
}

static bool push(struct yk_range **ranges, size_t *count, size_t *capacity, struct yk_range range)
{
    void *array = *ranges;
    if (!yk_mem_grow(&array, capacity, *count + 1, sizeof range))
        return false;
    *ranges = array;
    (*ranges)[(*count)++] = range;
    return true;
}

/* Rows of its package that one lane takes: all of it while other images keep the other lanes busy, or where it is no
 * more than a quarter of the lane's fair share of the job; so a package meant for all lanes feeds all of them. */
static uint64_t lane_rows(const struct yk_splitter *splitter, unsigned device, struct yk_range package)
{
    uint64_t lanes = splitter->job.devices[device].lanes, left = package.end - package.begin;
    if (lanes < 2 || splitter->job.waiting + 1 >= lanes)
        return left;
    uint64_t rows = (splitter->job.rows + 4 * lanes - 1) / (4 * lanes);
    return rows < splitter->job.granule ? splitter->job.granule : rows;
}

bool yk_splitter_claim(struct yk_splitter *splitter, unsigned device, uint64_t most, struct yk_range *range)
{
    struct yk_range *package = &splitter->package[device];
    if (splitter->job.devices[device].retired)
        return false;
    if (package->begin == package->end && splitter->returned_count)
        *package = splitter->returned[--splitter->returned_count];
    if (package->begin == package->end) {
        uint64_t rows = splitter->job.left ? splitter->policy->next(&splitter->state, device, &splitter->job) : 0;
        if (rows == 0)
            return false;
        *package = (struct yk_range){splitter->cursor, splitter->cursor + rows};
        splitter->cursor += rows;
        splitter->job.left -= rows;
    }
    uint64_t rows = lane_rows(splitter, device, *package);
    rows = rows > most ? most : rows;
    rows = rows > package->end - package->begin ? package->end - package->begin : rows;
    *range = (struct yk_range){package->begin, package->begin + rows};
    package->begin += rows;
    splitter->in_flight += rows;
    return true;
}

bool yk_splitter_commit(struct yk_splitter *splitter, unsigned device, struct yk_range range, uint64_t nanoseconds)
{
    splitter->in_flight -= range.end - range.begin;
    splitter->policy->done(&splitter->state, device, range.end - range.begin, nanoseconds, true);
    if (!push(&splitter->done, &splitter->done_count, &splitter->done_capacity, range))
        return false;
    for (size_t k = 0; k < splitter->done_count;) {
        if (splitter->done[k].begin != splitter->frontier) {
            k++;
            continue;
        }
        splitter->frontier = splitter->done[k].end;
        splitter->done[k] = splitter->done[--splitter->done_count];
        k = 0;
    }
    return true;
}

bool yk_splitter_return(struct yk_splitter *splitter, unsigned device, struct yk_range range)
{
    splitter->in_flight -= range.end - range.begin;
    splitter->policy->done(&splitter->state, device, range.end - range.begin, 0, false);
    return push(&splitter->returned, &splitter->returned_count, &splitter->returned_capacity, range);
}

bool yk_splitter_retire(struct yk_splitter *splitter, unsigned device)
{
    struct yk_range *package = &splitter->package[device];
    if (package->begin == package->end)
        return true;
    if (!push(&splitter->returned, &splitter->returned_count, &splitter->returned_capacity, *package))
        return false;
    package->begin = package->end;
    return true;
}

bool yk_splitter_finished(const struct yk_splitter *splitter)
{
    return splitter->frontier == splitter->job.rows;
}
