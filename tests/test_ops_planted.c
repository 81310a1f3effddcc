/* SPDX-License-Identifier: MIT
 * The check of the checks: operation files with planted errors, compiled through the same template as the
 * real ones and judged by the same comparison as the matrix, which must report each; and their correct twins,
 * which must pass. Plain C level only; nothing of this is in the library. */
#include <CUnit/CUnit.h>

#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "test_ops.h"

/* The template marks loops for the vectoriser; this file is compiled without. */
#pragma GCC diagnostic ignored "-Wunknown-pragmas"

#define YK_DIALECT_C
#include "../kernels/descriptor.h"

#include "../kernels/convert.cl"

/* invert, correct. */
#define OP_NAME  good_invert
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_PARAMS(P)
#include "../kernels/op_begin.h"
YK_FN yk_px good_invert_px(yk_px v, const struct good_invert_params *p, YK_GLOBAL const float *coef)
{
    (void)p, (void)coef;
    v.r = 1.0f - v.r;
    v.g = 1.0f - v.g;
    v.b = 1.0f - v.b;
    return v;
}
#include "../kernels/op_end.h"

/* invert, wrong by one 8-bit step for one value of one colour. */
#define OP_NAME  bad_value
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_PARAMS(P)
#include "../kernels/op_begin.h"
YK_FN yk_px bad_value_px(yk_px v, const struct bad_value_params *p, YK_GLOBAL const float *coef)
{
    (void)p, (void)coef;
    v.r = 1.0f - v.r;
    v.g = 1.0f - v.g;
    v.b = 1.0f - v.b + (v.b > 0.297f && v.b < 0.299f ? 0.0039f : 0.0f); /* 76 / 255 is 0.298 */
    return v;
}
#include "../kernels/op_end.h"

/* invert, alpha too. */
#define OP_NAME  bad_alpha
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_PIXEL
#define OP_PARAMS(P)
#include "../kernels/op_begin.h"
YK_FN yk_px bad_alpha_px(yk_px v, const struct bad_alpha_params *p, YK_GLOBAL const float *coef)
{
    (void)p, (void)coef;
    v.r = 1.0f - v.r;
    v.g = 1.0f - v.g;
    v.b = 1.0f - v.b;
    v.a = 1.0f - v.a;
    return v;
}
#include "../kernels/op_end.h"

/* flop, correct. */
#define OP_NAME  good_flop
#define OP_SHAPE YK_GEOMETRIC
#define OP_ALPHA YK_ALPHA_MOVE
#define OP_PARAMS(P)
#include "../kernels/op_begin.h"
YK_FN float good_flop_px(yk_view s, int x, int y, int channel, const struct good_flop_params *p,
                         YK_GLOBAL const float *coef, YK_GLOBAL const int *index)
{
    (void)channel, (void)p, (void)coef, (void)index;
    return yk_pixel(s, s.width - 1 - x, y);
}
#include "../kernels/op_end.h"

/* flop, off by one in the last column. */
#define OP_NAME  bad_column
#define OP_SHAPE YK_GEOMETRIC
#define OP_ALPHA YK_ALPHA_MOVE
#define OP_PARAMS(P)
#include "../kernels/op_begin.h"
YK_FN float bad_column_px(yk_view s, int x, int y, int channel, const struct bad_column_params *p,
                          YK_GLOBAL const float *coef, YK_GLOBAL const int *index)
{
    (void)channel, (void)p, (void)coef, (void)index;
    return yk_pixel(s, yk_clampi(s.width - 1 - x, 1, s.width - 1), y);
}
#include "../kernels/op_end.h"

/* dilate 3, correct. */
#define OP_NAME  good_dilate
#define OP_SHAPE YK_STENCIL
#define OP_ALPHA YK_ALPHA_STRAIGHT
#define OP_PARAMS(P)
#include "../kernels/op_begin.h"
YK_FN float good_dilate_px(yk_window w, const int radius, const struct good_dilate_params *p,
                           YK_GLOBAL const float *coef)
{
    (void)p, (void)coef;
    float v = yk_at(w, 0, 0);
    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++)
            v = yk_max(v, yk_at(w, dx, dy));
    return v;
}
#include "../kernels/op_end.h"

/* dilate 3 without one corner of the window. */
#define OP_NAME  bad_window
#define OP_SHAPE YK_STENCIL
#define OP_ALPHA YK_ALPHA_STRAIGHT
#define OP_PARAMS(P)
#include "../kernels/op_begin.h"
YK_FN float bad_window_px(yk_window w, const int radius, const struct bad_window_params *p,
                          YK_GLOBAL const float *coef)
{
    (void)p, (void)coef;
    float v = yk_at(w, 0, 0);
    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++)
            if (dx < radius || dy < radius)
                v = yk_max(v, yk_at(w, dx, dy));
    return v;
}
#include "../kernels/op_end.h"

enum {
    MARGIN = 16, /* columns on each side, for the replicated edge and whole vectors */
    WIDTH = 33,
    HEIGHT = 17
};

/* Applies row functions to an image with the same size and format before and after. */
static struct yk_image *apply(const struct yk_op_rows *op, const struct yk_image *in)
{
    const int channels = (int)yk_format_channels(in->format), stride = WIDTH + 2 * MARGIN,
              plane = stride * HEIGHT;
    struct yk_image *out = ops_constant(in->format, WIDTH, HEIGHT, 0);
    float *planes = calloc((size_t)(2 * channels * plane), sizeof *planes);
    if (!planes)
        exit(70);
    float *src = planes + MARGIN, *dst = src + channels * plane;
    yk_load(in->pixels, in->stride, channels, in->format.depth == 16, src, WIDTH, HEIGHT, stride, plane);
    for (int row = 0; row < channels * HEIGHT; row++)
        for (int k = 1; k <= MARGIN; k++) {
            src[row * stride - k] = src[row * stride];
            src[row * stride + WIDTH - 1 + k] = src[row * stride + WIDTH - 1];
        }
    struct yk_pass pass = {.src_w = WIDTH,
                           .src_h = HEIGHT,
                           .src_width = WIDTH,
                           .src_height = HEIGHT,
                           .src_stride = stride,
                           .src_plane = plane,
                           .dst_w = WIDTH,
                           .dst_h = HEIGHT,
                           .dst_width = WIDTH,
                           .dst_height = HEIGHT,
                           .dst_stride = stride,
                           .dst_plane = plane,
                           .colours_in = in->format.colours,
                           .colours_out = in->format.colours,
                           .alpha_in = in->format.alpha,
                           .alpha_out = in->format.alpha,
                           .reach = 1};
    int params[4] = {0};
    op->rows(&pass, src, dst, params, NULL, NULL, NULL);
    yk_store(dst, stride, plane, out->pixels, out->stride, channels, in->format.depth == 16, WIDTH, HEIGHT);
    free(planes);
    return out;
}

/* Whether the comparison accepts the row functions as the operation, as the matrix would. */
static bool accepted(const struct yk_op_rows *op, const char *operation, struct yk_format format,
                     const char *label)
{
    struct yk_image *in = ops_image(format, WIDTH, HEIGHT, OPS_NOISE, 77);
    struct yk_image *out = apply(op, in);
    struct ref_image *source = ref_from_image(in), *expected = ref_run(operation, source);
    bool good = ops_matches(out, expected, 0, label, NULL);
    ref_free(source);
    ref_free(expected);
    yk_image_free(out);
    yk_image_free(in);
    return good;
}

void test_ops_planted(void)
{
    static const struct {
        const struct yk_op_rows *good, *bad;
        const char *operation;
    } plants[] = {
        {&good_invert_entry, &bad_value_entry, "invert"},
        {&good_invert_entry, &bad_alpha_entry, "invert"},
        {&good_flop_entry, &bad_column_entry, "flop"},
        {&good_dilate_entry, &bad_window_entry, "dilate 3"},
    };
    const struct yk_format rgba = {3, 1, 8}, rgb16 = {3, 0, 16};
    for (size_t k = 0; k < sizeof plants / sizeof plants[0]; k++) {
        CU_ASSERT_TRUE(accepted(plants[k].good, plants[k].operation, rgba, "the correct twin"));
        CU_ASSERT_TRUE(accepted(plants[k].good, plants[k].operation, rgb16, "the correct twin"));
        CU_ASSERT_FALSE(accepted(plants[k].bad, plants[k].operation, rgba, NULL));
    }
    /* The comparison itself: wrong samples, wrong size, wrong format, each beside a right one. */
    struct yk_image *in = ops_image(rgba, 9, 7, OPS_SMOOTH, 5), *same = ops_image(rgba, 9, 7, OPS_SMOOTH, 5);
    struct yk_image *narrow = ops_image(rgba, 8, 7, OPS_SMOOTH, 5);
    struct yk_image *opaque = ops_image((struct yk_format){3, 0, 8}, 9, 7, OPS_SMOOTH, 5);
    struct ref_image *expected = ref_from_image(in);
    CU_ASSERT_TRUE(ops_matches(same, expected, 0, "itself", NULL) && ops_identical(same, in, "itself"));
    CU_ASSERT_FALSE(ops_matches(narrow, expected, 255, NULL, NULL) || ops_identical(narrow, in, NULL));
    CU_ASSERT_FALSE(ops_matches(opaque, expected, 255, NULL, NULL) || ops_identical(opaque, in, NULL));
    unsigned last = ops_sample(in, 8, 6, 3);
    ops_set(same, 8, 6, 3, last > 127 ? last - 2 : last + 2);
    CU_ASSERT_FALSE(ops_matches(same, expected, 1, NULL, NULL) || ops_identical(same, in, NULL));
    ops_set(same, 8, 6, 3, last > 127 ? last - 1 : last + 1);
    CU_ASSERT_TRUE(ops_matches(same, expected, 1, "one step", NULL));
    CU_ASSERT_FALSE(ops_matches(same, expected, 0, NULL, NULL) || ops_identical(same, in, NULL));
    ref_free(expected);
    yk_image_free(in);
    yk_image_free(same);
    yk_image_free(narrow);
    yk_image_free(opaque);
}
