/* SPDX-License-Identifier: MIT
 *
 * Shrinking as the first step of a program: rows of the source are added to the column sums of the result as
 * they come, a few at a time. The rows that a strip of the result needs, ten times as many as the strip has
 * and more, then never exist as binary32 together: they would be several times a second-level cache. The sums
 * are the same ones in the same order as those of the resampler's row function, which does the row sums here
 * too.
 *
 * One thread for each struct.
 */
#ifndef YOKE_DEVICE_CPU_RESAMPLE_H
#define YOKE_DEVICE_CPU_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/status.h>

#include "backend.h"
#include "descriptor.h"

/* Memory of one thread, kept from band to band; zeroed in the beginning. */
struct yk_cpu_resample {
    uint64_t serial;              /* of the program that `coef` and `index` are for; 0: none */
    float *coef;                  /* malloc'ed: the weights of the rows, and ones for the columns, ... */
    int *index;                   /* ... and the positions */
    float *chunk;                 /* a few source rows, some columns of them */
    float *sums;                  /* rows of the result; each row: its planes, `stride` samples each */
    size_t floats;                /* allocated for them */
    int planes, stride, capacity; /* capacity: rows of sums */
    struct yk_rect source;        /* its columns are those of the rows */
    int first, begun; /* rows of the result: the first that has sums, the first that has none yet */
    int end;          /* rows of the result from here on the band does not need */
    int next;         /* the next source row */
};

/* Whether the program begins with a step for which this is meant. */
bool yk_cpu_resample_takes(const struct yk_program *program);

/* Forgets all sums: `band` begins. Errors: YK_ERR_NOMEM. */
enum yk_status yk_cpu_resample_begin(struct yk_cpu_resample *r, const struct yk_band *band,
                                     struct yk_error *error);

/* Makes the result's rows out.y0 .. out.y1 - 1 of the first step, columns out.x0 .. out.x1 - 1, at `to`.
 * `taps`: memory of yk_rows_scratch for *pass, which yk_cpu_resample_pass makes. Reading goes on where the
 * strip before ended, if this one follows it. Errors: YK_ERR_NOMEM, and those of band->feed. */
struct yk_pass yk_cpu_resample_pass(const struct yk_step *step, struct yk_rect out, int to_stride,
                                    int to_plane);
enum yk_status yk_cpu_resample_rows(struct yk_cpu_resample *r, const struct yk_level *level,
                                    const struct yk_band *band, struct yk_pass *pass, float *to, float *taps,
                                    struct yk_error *error);

/* Frees what the struct holds. */
void yk_cpu_resample_clear(struct yk_cpu_resample *r);

#endif
