/* SPDX-License-Identifier: MIT
 *
 * Shrinking as the first step of a program: rows of the source are added to the column sums of the result as
 * they come, a few at a time, and interleaved as they are. The rows that a strip of the result needs, ten
 * times as many as the strip has and more, then never exist as binary32 together: they would be several times
 * a second-level cache. The sums are the same ones in the same order as those of the resampler's row
 * function.
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
    float *chunk;          /* a few source rows, some samples of each */
    float *window;         /* columns that are turned for the row sums, ... */
    int window_samples;    /* ... each YK_ROWS_MOST samples */
    float *sums;           /* rows of the result, `stride` samples each, interleaved as in the source */
    size_t floats;         /* allocated for them */
    int channels, stride;  /* samples of a pixel; from row to row */
    int capacity;          /* rows of sums */
    struct yk_rect source; /* its columns are those of the rows */
    int first, begun;      /* rows of the result: the first that has sums, the first that has none yet */
    int end;               /* rows of the result from here on the band does not need */
    int next;              /* the next source row */
};

/* Whether the program begins with a step for which this is meant. */
bool yk_cpu_resample_takes(const struct yk_program *program);

/* Forgets all sums: `band` begins. Errors: YK_ERR_NOMEM. */
enum yk_status yk_cpu_resample_begin(struct yk_cpu_resample *r, const struct yk_band *band,
                                     struct yk_error *error);

/* Makes the result's rows out.y0 .. out.y1 - 1 of the first step, columns out.x0 .. out.x1 - 1, at `to`,
 * planar (strides in samples); up to 15 samples beyond a row are written. Reading goes on where the strip
 * before ended, if this one follows it. Errors: YK_ERR_NOMEM, and those of band->feed. */
enum yk_status yk_cpu_resample_rows(struct yk_cpu_resample *r, const struct yk_level *level,
                                    const struct yk_band *band, struct yk_rect out, float *to, int to_stride,
                                    int to_plane, struct yk_error *error);

/* Frees what the struct holds. */
void yk_cpu_resample_clear(struct yk_cpu_resample *r);

#endif
