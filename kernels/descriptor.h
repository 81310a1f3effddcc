/* SPDX-License-Identifier: MIT
 *
 * What the operation template gives to the host: descriptors (one per operation) and row functions (one set per
 * instruction-set level). The only header of this folder that host code includes besides prelude.h's structures,
 * which come with it. Everything here is constant data and pure functions; any thread may use it. */
#ifndef YK_DESCRIPTOR_H
#define YK_DESCRIPTOR_H

#ifndef YK_DIALECT_C
#ifndef YK_DIALECT_HOST
#define YK_DIALECT_HOST
#endif
#endif
#include <stddef.h>
#include <stdint.h>

#include "prelude.h"
#include "shapes.h"

enum yk_param_type {
    YK_PARAM_FLOAT,
    YK_PARAM_INT,
    YK_PARAM_BOOL,
    YK_PARAM_CHOICE,
    YK_PARAM_LIST,
    YK_PARAM_SIZE,
    YK_PARAM_AREA,
    YK_PARAM_COLOUR
};

struct yk_param {
    const char *name;
    enum yk_param_type type;
    const char *fallback;      /* default as text, parsed like an argument; NULL: required */
    double least, greatest;    /* bounds of every number in it */
    const char *choices;       /* "a|b|c" for CHOICE; the value is the position */
    const char *doc;
    size_t offset;             /* in the operation's params structure */
};

/* A known answer: samples are literal, 8 or 16-bit by the format. */
struct yk_vector {
    const char *arguments;
    const char *in_format;
    int in_width, in_height;
    const unsigned short *in;
    const char *out_format;
    int out_width, out_height;
    const unsigned short *out;
};

/* The image an operation will be applied to. */
struct yk_plan_input {
    int width, height;
    int colours, alpha; /* 1 or 3; 0 or 1 */
    int depth;          /* 8 or 16: bins of statistics */
    const int *stat;    /* REDUCE: the finished statistic, else NULL */
};

/* What an operation will do to it. The caller presets the fields to "same as the input"; the planning function
 * changes what differs. coef and index are malloc'ed by yk_plan_coef / yk_plan_index and owned by the caller,
 * also after a failure. */
struct yk_plan {
    int width, height, colours, alpha; /* of the output */
    int reach;                         /* stencil and uniform separable: samples on each side */
    int alpha_mode;                    /* YK_ALPHA_...; preset from the descriptor */
    int linear;                        /* 1: wants linear light; the planner converts around it */
    int identity;                      /* 1: nothing to do, the step is dropped */
    int overflow;                      /* set by yk_plan_coef / yk_plan_index when memory ran out */
    float *coef;
    size_t coef_count;
    int *index;
    size_t index_count;
    char message[256]; /* why the plan is not possible, after a non-zero return */
};

struct yk_rect {
    int x0, y0, x1, y1; /* half open */
};

struct yk_op {
    const char *name, *doc;
    int shape, apply; /* YK_POINT ...; the step after the statistic for YK_REDUCE */
    int alpha_mode, colours;
    int internal, resample, combine;
    const struct yk_param *params;
    size_t param_count, params_size;
    const struct yk_vector *vectors;
    size_t vector_count;
    /* Sizes, reach and tables for an input. 0, or non-zero with plan->message set. May be NULL. */
    int (*plan)(const void *params, const struct yk_plan_input *in, struct yk_plan *plan);
    /* GEOMETRIC: the input rectangle (not yet clipped) that output rectangle `out` reads. Else NULL. */
    struct yk_rect (*need)(const void *params, const struct yk_plan_input *in, const struct yk_plan *plan,
                           struct yk_rect out);
    /* REDUCE: number of statistic entries, and how many of them, from the first, are sums (the rest: maxima). */
    size_t (*stat_count)(const struct yk_plan_input *in, size_t *sums);
};

typedef void yk_rows_fn(const struct yk_pass *pass, const float *src, float *dst, const void *params,
                        const float *coef, const int *index, float *scratch);
typedef void yk_reduce_fn(const struct yk_reduce_pass *pass, const unsigned char *pixels, const void *params,
                          int *stat);
typedef void yk_load_fn(const unsigned char *bytes, size_t stride, int channels, int wide, float *planes, int width,
                        int rows, int plane_stride, int plane_size);
typedef void yk_store_fn(const float *planes, int plane_stride, int plane_size, unsigned char *bytes, size_t stride,
                         int channels, int wide, int width, int rows);

/* Samples of `rows` rows, 8 bits each or `wide`, to binary32 in the order that they have. */
typedef void yk_spread_fn(const unsigned char *bytes, size_t stride, int wide, float *to, ptrdiff_t step, int n,
                          int rows);

/* One column sum of a resampler, to which a few of its rows are added: sum[x] += weights[k] * row first + k, x, for
 * k below count. */
struct yk_share {
    float *sum;
    const float *weights;
    int first, count;
    int begins; /* 1: there is no sum yet, it begins with zero */
};
/* Adds to n samples of each sum, in the order of the rows; up to 63 further samples are touched. */
typedef void yk_add_fn(const struct yk_share *shares, int count, const float *rows, ptrdiff_t step, int n);

/* Complete column sums of a resampler, `height` rows of interleaved samples from source column `first` on, and what
 * their row sums need: result x of a row is the sum of weights[x * taps + k] * column start[x] + k. */
struct yk_row_sums {
    const float *sums; /* YK_ROWS_MOST rows more than `height` can be read, whatever is in them */
    ptrdiff_t stride;  /* from row to row */
    int channels, first, height, taps;
    const float *weights;
    const int *start;
    float *window;      /* scratch: window_samples * YK_ROWS_MOST */
    int window_samples; /* at least YK_ROWS_MOST more than YK_ROWS_MOST neighbouring results together need */
    float *to;          /* planar results; up to 15 samples beyond a row are written */
    ptrdiff_t to_stride, to_plane;
    int width; /* results in a row */
};
enum { YK_ROWS_MOST = 32 }; /* the most that any level takes at a time */
typedef void yk_along_fn(const struct yk_row_sums *r);

/* The CPU code of one level; `ops` is parallel to yk_op_table. */
struct yk_op_rows {
    yk_rows_fn *rows;
    yk_reduce_fn *reduce; /* REDUCE only */
};
struct yk_level {
    const char *name; /* "scalar", "x86-64", "v3", "v4" */
    yk_load_fn *load;
    yk_store_fn *store;
    yk_spread_fn *spread;
    yk_add_fn *add;
    yk_along_fn *along;
    const struct yk_op_rows *const *ops;
};

/* Source text of one file of this folder, for the OpenCL backend. */
struct yk_source {
    const char *name;
    const unsigned char *text;
    size_t size;
};

/* Samples of scratch that the row function of a separable operation needs, whatever the level: two blocks and the sums
 * of a tile (64 columns at most); then, for a resampler, the turned column sums of the whole strip; or, uniform, a
 * tile's rows with their neighbours, the turned columns that are kept, and for a short reach two rows of sums. */
static inline size_t yk_rows_scratch(const struct yk_pass *pass, int resample)
{
    size_t block = 32, rows = ((size_t)pass->dst_h + block - 1) / block * block, tile = 64;
    size_t around = 2 * (size_t)pass->reach, width = (size_t)pass->dst_w + around;
    size_t own = resample ? rows * ((size_t)pass->src_w + tile)
                          : (rows + around) * tile + rows * (around + 4 * tile) + 2 * (width + tile);
    return 2 * block * block + rows * tile + own;
}

extern const struct yk_op *const yk_op_table[]; /* NULL at the end */
extern const size_t yk_op_count;
extern const struct yk_source yk_sources[]; /* name NULL at the end */

extern const struct yk_level yk_level_scalar;
extern const struct yk_level yk_level_v1;
extern const struct yk_level yk_level_v3;
extern const struct yk_level yk_level_v4;

#endif
