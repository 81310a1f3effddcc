/* SPDX-License-Identifier: MIT
 *
 * What a run was doing when, integrated over time: from that follow the verdict of what bounds it and how
 * well its devices worked together (yoke/batch.h). Plain arithmetic; the engine's lock guards it.
 */
#ifndef YOKE_IMAGE_BATCH_USAGE_H
#define YOKE_IMAGE_BATCH_USAGE_H

#include <stdint.h>

#include <yoke/batch.h>

enum yk_usage_kind {
    YK_USAGE_READ,  /* requests to read in flight */
    YK_USAGE_WRITE, /* and to write */
    YK_USAGE_CODEC, /* CPU threads that decode or encode */
    YK_USAGE_BANDS, /* bands in work, on any device */
    YK_USAGE_KINDS
};

struct yk_usage {
    unsigned active[YK_USAGE_KINDS];
    uint64_t wall[YK_USAGE_KINDS]; /* ns during which at least one was active */
    uint64_t beside;               /* ns of CPU threads in YK_USAGE_CODEC while bands were in work */
    uint64_t last;                 /* the time up to which all this is true */
    uint64_t first_band;           /* when the first band began; 0: none did */
};

/* From `now` (ns) on, `change` (1 or -1) more of `kind` are active. Times never go backwards: an earlier one
 * counts as the last. */
void yk_usage_add(struct yk_usage *usage, enum yk_usage_kind kind, int change, uint64_t now);

/* The stage that the run would have to wait for even if all others took no time: the longest of reading,
 * writing (wall time), decoding, encoding (over all CPU threads), computing (over all devices at the rates
 * measured). Static storage. */
const char *yk_usage_bound(const struct yk_usage *usage, const struct yk_batch_summary *summary);

/* Judges the devices together (yoke/batch.h, struct yk_batch_together); all zero where fewer than two
 * computed. Needs the summary's devices. */
struct yk_batch_together yk_usage_together(const struct yk_usage *usage,
                                           const struct yk_batch_summary *summary);

#endif
