/* SPDX-License-Identifier: MIT
 *
 * How fast the devices of a run are at each kind of work, learnt while they work, so that the next file of
 * the kind begins with known rates; and what earlier runs have learnt, from a profile. A kind of work is: the
 * operations, the order of magnitude of their cost, the format, the order of magnitude of the number of
 * pixels. Within it, work is counted in steps of arithmetic (yk_program_cost), so that images of different
 * sizes and parameters compare. The owner serialises all calls (the engine's lock).
 */
#ifndef YOKE_IMAGE_BATCH_RATES_H
#define YOKE_IMAGE_BATCH_RATES_H

#include <stddef.h>
#include <stdint.h>

#include <yoke/profile.h>

#include "job.h"
#include "splitter.h"

enum { YK_KIND_TEXT = YK_PROFILE_WORK };

/* The work of one phase of a job. */
struct yk_work_shape {
    char text[YK_KIND_TEXT]; /* "resize+blur*2^5 rgb8": operations, log2 of their cost per pixel, format */
    unsigned size;           /* log2 of the pixels made or read, rounded down */
    double row_work;         /* steps of arithmetic for one row, roughly */
    uint64_t halo;           /* rows of work that a band has besides its own */
};

/* Of the job's present phase, which is not YK_PHASE_DONE. */
struct yk_work_shape yk_work_shape_of(const struct yk_job *job);

struct yk_rate_kind {
    struct yk_rate_kind *next;
    char text[YK_KIND_TEXT];
    unsigned size;
    /* By the run's device numbers. */
    struct yk_policy_rate rates[YK_POLICY_DEVICES];
    struct yk_profile_rate learnt[YK_POLICY_DEVICES];                  /* in this run, for the profile */
    double first_work[YK_POLICY_DEVICES], first_ns[YK_POLICY_DEVICES]; /* of a first package; devices with
                                                                          one lane only */
};

/* All zero: empty, and no profile. */
struct yk_rates {
    struct yk_rate_kind *kinds; /* owned */
    unsigned count;
    struct yk_profile profile;          /* owned; as it was when the run began */
    char (*devices)[YK_PROFILE_DEVICE]; /* owned; by device numbers; NULL: no profile is kept */
    unsigned device_count;
    uint64_t kernels, now; /* for keys; in seconds since 1970 */
};

/* Starts with the profile in the file `path` for `count` devices, whose identities (yk_profile_device) the
 * caller gives away with `devices` (malloc'ed). `kernels`: hash of the kernels' source. */
void yk_rates_open(struct yk_rates *rates, const char *path, char (*devices)[YK_PROFILE_DEVICE],
                   unsigned count, uint64_t kernels, uint64_t now);

/* What this run has learnt, as entries of a profile: *entries malloc'ed, NULL where there is nothing or no
 * memory; returns their number. */
size_t yk_rates_learnt(const struct yk_rates *rates, struct yk_profile_entry **entries);

/* The kind of a shape, made where it is new: then it begins with what the profile says, else with the rates
 * of the same operations and format at the nearest size. It stays where it is until yk_rates_free. NULL: no
 * memory, or too many kinds; the run goes on without. */
struct yk_rate_kind *yk_rates_kind(struct yk_rates *rates, const struct yk_work_shape *shape);

/* Takes in what `splitter` was last told: `device` is back with `rows` rows. */
void yk_rates_learn(struct yk_rate_kind *kind, unsigned device, const struct yk_splitter *splitter,
                    uint64_t rows);

/* Takes in rates that were measured outside the run's own packages, in steps per second of all `lanes` lanes
 * together, after warming up. */
void yk_rates_probed(struct yk_rate_kind *kind, unsigned device, unsigned lanes, const double *rates,
                     size_t count);

/* Frees and clears it. */
void yk_rates_free(struct yk_rates *rates);

#endif
