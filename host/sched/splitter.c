/* SPDX-License-Identifier: MIT
 * Ranges given, returned and done (contract in splitter.h). */
#include "splitter.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

void yk_splitter_begin(struct yk_splitter *splitter, const struct yk_policy *policy,
                       const struct yk_policy_arguments *arguments, const struct yk_policy_job *job)
{
    memset(splitter, 0, sizeof *splitter);
    splitter->policy = policy;
    splitter->state.arguments = *arguments;
    splitter->job = (struct yk_policy_job){
        .rows = job->rows,
        .left = job->rows,
        .granule = job->granule ? job->granule : 1,
        .waiting = job->waiting,
        .device_count = job->device_count,
        .devices = job->devices,
        .rates = job->rates,
        .busy = job->busy,
        .row_work = job->row_work,
        .halo = job->halo,
        .now_ns = job->now_ns,
    };
    policy->start(&splitter->state, &splitter->job);
}

void yk_splitter_start(struct yk_splitter *splitter, const struct yk_policy *policy,
                       const struct yk_policy_arguments *arguments, uint64_t rows, uint64_t granule,
                       const struct yk_policy_device *devices, unsigned device_count, unsigned waiting)
{
    struct yk_policy_job job = {
        .rows = rows,
        .granule = granule,
        .waiting = waiting,
        .device_count = device_count,
        .devices = devices,
    };
    yk_splitter_begin(splitter, policy, arguments, &job);
}

void yk_splitter_time(struct yk_splitter *splitter, uint64_t now_ns)
{
    splitter->job.now_ns = now_ns;
}

void yk_splitter_waiting(struct yk_splitter *splitter, unsigned waiting)
{
    splitter->job.waiting = waiting;
}

void yk_splitter_clear(struct yk_splitter *splitter)
{
    free(splitter->returned);
    free(splitter->done);
    memset(splitter, 0, sizeof *splitter);
}

static uint64_t length(struct yk_range range)
{
    return range.end - range.begin;
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

static bool push_returned(struct yk_splitter *splitter, struct yk_range range)
{
    splitter->job.returned += length(range);
    return push(&splitter->returned, &splitter->returned_count, &splitter->returned_capacity, range);
}

/* Rows of a new package that one lane takes: all of it while other images keep the other lanes busy, else an
 * equal part where the package is meant for all lanes, and no more than a quarter of the lane's fair share of
 * the job. */
static uint64_t piece_rows(const struct yk_splitter *splitter, unsigned device, struct yk_range package)
{
    const struct yk_policy_job *job = &splitter->job;
    uint64_t lanes = job->devices[device].lanes, granule = job->granule, all = length(package);
    bool shared = splitter->policy->shared, last = job->left + job->returned == 0;
    if (lanes < 2 || (job->waiting + 1 >= lanes && (!shared || last)))
        return all;
    uint64_t rows = (job->rows + 4 * lanes - 1) / (4 * lanes), part = (all + lanes - 1) / lanes;
    if (shared && part < rows)
        rows = (part + granule - 1) / granule * granule;
    return rows < granule ? granule : rows;
}

/* Gives the device a new package: rows that came back before all others. false: nothing for it now. */
static bool next_package(struct yk_splitter *splitter, unsigned device)
{
    struct yk_policy_job *job = &splitter->job;
    struct yk_range *package = &splitter->package[device];
    if (splitter->returned_count) {
        struct yk_range *last = &splitter->returned[splitter->returned_count - 1];
        uint64_t all = length(*last);
        uint64_t rows =
            splitter->policy->again ? splitter->policy->again(&splitter->state, device, job, all) : all;
        if (rows == 0)
            return false;
        *package = (struct yk_range){last->begin, last->begin + rows};
        last->begin += rows;
        job->returned -= rows;
        if (last->begin == last->end)
            splitter->returned_count--;
    } else {
        uint64_t rows = job->left ? splitter->policy->next(&splitter->state, device, job) : 0;
        if (rows == 0)
            return false;
        *package = (struct yk_range){splitter->cursor, splitter->cursor + rows};
        splitter->cursor += rows;
        job->left -= rows;
    }
    job->held[device] += length(*package);
    splitter->piece[device] = piece_rows(splitter, device, *package);
    return true;
}

bool yk_splitter_claim(struct yk_splitter *splitter, unsigned device, uint64_t most, struct yk_range *range)
{
    struct yk_range *package = &splitter->package[device];
    if (splitter->job.devices[device].retired)
        return false;
    if (length(*package) == 0 && !next_package(splitter, device))
        return false;
    uint64_t rows = splitter->piece[device];
    rows = rows > most ? most : rows;
    rows = rows > length(*package) ? length(*package) : rows;
    *range = (struct yk_range){package->begin, package->begin + rows};
    package->begin += rows;
    splitter->in_flight += rows;
    struct yk_policy_job *job = &splitter->job;
    if (job->oldest[device] == 0)
        job->since_ns[device] = job->now_ns;
    if (job->oldest[device] == 0 || job->devices[device].lanes > 1)
        job->oldest[device] += rows;
    return true;
}

/* A range is back, well or not. Returns the time that the device spent on it alone: with two bands in flight
 * the second waits for the first, and that wait is not its own. */
static uint64_t take_back(struct yk_splitter *splitter, unsigned device, struct yk_range range,
                          uint64_t nanoseconds)
{
    struct yk_policy_job *job = &splitter->job;
    uint64_t alone = job->now_ns - job->since_ns[device];
    splitter->in_flight -= length(range);
    job->held[device] -= length(range);
    /* What is left is worked on now: all that is in flight, without what no lane has claimed yet. */
    job->oldest[device] = job->held[device] - length(splitter->package[device]);
    job->since_ns[device] = job->now_ns;
    return job->devices[device].lanes == 1 && alone > 0 && alone < nanoseconds ? alone : nanoseconds;
}

bool yk_splitter_commit(struct yk_splitter *splitter, unsigned device, struct yk_range range,
                        uint64_t nanoseconds)
{
    splitter->spent_ns = take_back(splitter, device, range, nanoseconds);
    splitter->policy->done(&splitter->state, device, length(range), splitter->spent_ns, true);
    /* Joins the neighbours, so that the list is no longer than the ranges in flight. */
    for (size_t k = 0; k < splitter->done_count;) {
        struct yk_range other = splitter->done[k];
        if (other.end != range.begin && other.begin != range.end) {
            k++;
            continue;
        }
        range.begin = other.end == range.begin ? other.begin : range.begin;
        range.end = other.begin == range.end ? other.end : range.end;
        splitter->done[k] = splitter->done[--splitter->done_count];
    }
    if (range.begin == splitter->frontier) {
        splitter->frontier = range.end;
        return true;
    }
    return push(&splitter->done, &splitter->done_count, &splitter->done_capacity, range);
}

bool yk_splitter_return(struct yk_splitter *splitter, unsigned device, struct yk_range range)
{
    take_back(splitter, device, range, 0);
    splitter->policy->done(&splitter->state, device, length(range), 0, false);
    return push_returned(splitter, range);
}

bool yk_splitter_retire(struct yk_splitter *splitter, unsigned device)
{
    struct yk_range *package = &splitter->package[device];
    if (length(*package) == 0)
        return true;
    splitter->job.held[device] -= length(*package);
    if (!push_returned(splitter, *package))
        return false;
    package->begin = package->end;
    return true;
}

bool yk_splitter_finished(const struct yk_splitter *splitter)
{
    return splitter->frontier == splitter->job.rows;
}
