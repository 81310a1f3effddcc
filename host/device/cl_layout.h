/* SPDX-License-Identifier: MIT
 *
 * How a band lies in device memory: sizes only, no OpenCL. Five buffers: the band's source bytes, two sets of
 * planes that the steps write in turn, the columns between the two passes of a separable step, the finished
 * bytes.
 */
#ifndef YOKE_DEVICE_CL_LAYOUT_H
#define YOKE_DEVICE_CL_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "program.h"

enum yk_cl_place {
    YK_CL_SOURCE,  /* interleaved bytes of the part of the source that the band reads */
    YK_CL_EVEN,    /* planes: what steps 0, 2, ... read */
    YK_CL_ODD,     /* planes: what steps 1, 3, ... read */
    YK_CL_COLUMNS, /* planes: vertical sums of a separable step */
    YK_CL_TARGET,  /* interleaved bytes of the finished band */
    YK_CL_PLACES
};

/* Planes of binary32 that hold one rectangle. */
struct yk_cl_planes {
    struct yk_rect rect;
    int stride, plane; /* floats from row to row, from plane to plane; all planes: below 2^31 (int indices) */
};

struct yk_cl_layout {
    uint64_t sizes[YK_CL_PLACES];          /* bytes; 0: not used */
    uint64_t source_stride, target_stride; /* bytes from row to row, below 2^31 */
};

/* What a slot may take. */
struct yk_cl_limits {
    uint64_t buffer, all; /* bytes of one buffer, of all five */
};

/* The planes for `channels` channels of `rect`; false where they are too large for int. */
bool yk_cl_planes_make(struct yk_rect rect, int channels, struct yk_cl_planes *planes);

/* Bytes from row to row of `width` pixels in a device buffer: the stride that images of that width have. */
uint64_t yk_cl_row_bytes(uint64_t width, struct yk_format format);

/* The rectangle that the vertical pass of separable step `index` makes: source columns, output rows. */
struct yk_rect yk_cl_columns(const struct yk_rect *rects, size_t index);

/* Fills rects (count + 1 of them, see yk_program_needs) and the layout for output rows [y0, y1). false where
 * the band is too large to be indexed. Any thread. */
bool yk_cl_layout_make(const struct yk_program *program, int y0, int y1, struct yk_rect *rects,
                       struct yk_cl_layout *layout);

bool yk_cl_layout_fits(const struct yk_cl_layout *layout, const struct yk_cl_limits *limits);

/* The most rows for which every band of the program fits, wherever it begins; 0 where one row does not fit.
 * `rects` is room for count + 1. */
int yk_cl_layout_rows(const struct yk_program *program, const struct yk_cl_limits *limits,
                      struct yk_rect *rects);

#endif
