/* SPDX-License-Identifier: MIT
 *
 * The splitter: hands the rows of one job to devices as their policy says, takes failed ranges back, and
 * keeps the frontier up to which all rows are done. Every row is given out exactly once unless it comes back.
 * Plain state; the owner serialises all calls.
 */
#ifndef YOKE_SCHED_SPLITTER_H
#define YOKE_SCHED_SPLITTER_H

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"

struct yk_range {
    uint64_t begin, end; /* half open */
};

struct yk_splitter {
    const struct yk_policy *policy;
    struct yk_policy_state state;
    struct yk_policy_job job;
    uint64_t cursor;                            /* first row that nobody was given */
    uint64_t in_flight;                         /* rows given and not yet back */
    uint64_t frontier;                          /* all rows below are done */
    uint64_t spent_ns;                          /* the device's time for the last range that came back */
    struct yk_range package[YK_POLICY_DEVICES]; /* the part of a device's package that is not yet claimed */
    uint64_t piece[YK_POLICY_DEVICES];          /* rows of it that one lane takes */
    struct yk_range *returned, *done;           /* owned; done: ranges above the frontier, no two adjoining */
    size_t returned_count, returned_capacity, done_count, done_capacity;
};

/* Starts a job: all that the policy may know of it in `job` (its rows, granule, waiting, devices, rates,
 * busy, row_work, halo, now_ns; the rest is set here). Devices, rates and busy are borrowed and may change
 * meanwhile. */
void yk_splitter_begin(struct yk_splitter *splitter, const struct yk_policy *policy,
                       const struct yk_policy_arguments *arguments, const struct yk_policy_job *job);

/* As yk_splitter_begin, where no more is known. */
void yk_splitter_start(struct yk_splitter *splitter, const struct yk_policy *policy,
                       const struct yk_policy_arguments *arguments, uint64_t rows, uint64_t granule,
                       const struct yk_policy_device *devices, unsigned device_count, unsigned waiting);

/* Sets the time, monotonic and in nanoseconds, at which the following calls happen. A job whose owner never
 * calls it runs without a clock: policies then go by the measured times alone. */
void yk_splitter_time(struct yk_splitter *splitter, uint64_t now_ns);

/* Sets how many other images could start on a free lane now; that falls while a job waits for its turn. */
void yk_splitter_waiting(struct yk_splitter *splitter, unsigned waiting);

/* Frees what the splitter owns and clears it. */
void yk_splitter_clear(struct yk_splitter *splitter);

/* The next range for a device, at most `most` rows; false: nothing for it now. A package of a device with
 * several lanes is divided so that all of them get a part while no other image waits. */
bool yk_splitter_claim(struct yk_splitter *splitter, unsigned device, uint64_t most, struct yk_range *range);

/* A claimed range is done, `nanoseconds` after it was submitted (0: unknown). false: out of memory (the job
 * cannot go on). */
bool yk_splitter_commit(struct yk_splitter *splitter, unsigned device, struct yk_range range,
                        uint64_t nanoseconds);

/* A claimed range failed: it goes to another device, before all other rows. false: out of memory. */
bool yk_splitter_return(struct yk_splitter *splitter, unsigned device, struct yk_range range);

/* The device was marked as retired: the part of its package that it did not claim goes to others. false: out
 * of memory. */
bool yk_splitter_retire(struct yk_splitter *splitter, unsigned device);

/* Whether every row is done. */
bool yk_splitter_finished(const struct yk_splitter *splitter);

#endif
