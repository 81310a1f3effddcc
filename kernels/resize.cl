/* SPDX-License-Identifier: MIT */
#define OP_NAME  resize
#define OP_STR   "resize"
#define OP_DOC   "Change the size with a choice of filters, widened by the scale when shrinking."
#define OP_SHAPE YK_SEPARABLE
#define OP_ALPHA YK_ALPHA_PREMULTIPLIED
#define OP_RESAMPLE 1
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(SIZE, size, 0, 0, 1000000, 0, "WxH, Wx, xH (pixels), 50% or 0.5 (factor)") \
    P(CHOICE, filter, "lanczos3", 0, 6, "nearest|box|linear|cubic|mitchell|lanczos2|lanczos3", \
      "cubic is Catmull-Rom") \
    P(CHOICE, fit, "inside", 0, 4, "inside|outside|cover|exact|pad", \
      "keep the aspect within WxH, around it, around it and cut to it, ignore it, or within it and padded to it") \
    P(BOOL, enlarge, "0", 0, 1, 0, "1: WxH may enlarge; a factor above 1 always does") \
    P(BOOL, linear, "0", 0, 1, 0, "1: resample in linear light")
#define OP_VECTORS(V) \
    V("50% filter=box", gray8, 4, 2, D(10, 20, 30, 50, 30, 40, 50, 70), gray8, 2, 1, D(25, 50)) \
    V("2x1 filter=nearest", gray8, 4, 2, D(1, 2, 3, 4, 5, 6, 7, 8), gray8, 2, 1, D(6, 8)) \
    V("200% filter=linear", gray8, 2, 1, D(0, 100), gray8, 4, 2, D(0, 25, 75, 100, 0, 25, 75, 100)) \
    V("2x2 fit=cover", gray8, 4, 2, D(1, 2, 3, 4, 5, 6, 7, 8), gray8, 2, 2, D(2, 3, 6, 7)) \
    V("1x1 filter=box", rgba8, 2, 1, D(200, 100, 0, 255, 0, 0, 0, 0), rgba8, 1, 1, D(200, 100, 0, 128)) \
    V("4x4 fit=pad", graya8, 4, 2, D(1, 255, 2, 255, 3, 255, 4, 255, 5, 255, 6, 255, 7, 255, 8, 255), graya8, 4, 4, \
      D(0, 0, 0, 0, 0, 0, 0, 0, 1, 255, 2, 255, 3, 255, 4, 255, 5, 255, 6, 255, 7, 255, 8, 255, 0, 0, 0, 0, 0, 0, 0, 0))
#include "op_begin.h"

#ifdef YK_DIALECT_HOST
enum { RESIZE_INSIDE, RESIZE_OUTSIDE, RESIZE_COVER, RESIZE_EXACT, RESIZE_PAD };

/* Half width of each filter, in samples at scale 1, in the order of the choices. */
static const double resize_support[] = {0.0, 0.5, 1.0, 2.0, 2.0, 2.0, 3.0};

/* The two-parameter family of Mitchell and Netravali, "Reconstruction Filters in Computer Graphics" (1988). */
static double resize_cubic(double x, double b, double c)
{
    if (x < 1.0)
        return ((12 - 9 * b - 6 * c) * x * x * x + (-18 + 12 * b + 6 * c) * x * x + (6 - 2 * b)) / 6;
    return ((-b - 6 * c) * x * x * x + (6 * b + 30 * c) * x * x + (-12 * b - 48 * c) * x + (8 * b + 24 * c)) / 6;
}

/* lobes sin(a) sin(a / lobes) / a^2, a = pi x, for 2 or 3 lobes. sin(a) comes from sin(a / lobes) by the double and
 * triple angle formulas: the sine is most of the time that a table takes. */
static double resize_lanczos(double x, int lobes)
{
    double a = 3.14159265358979323846 * x, part = sin(a / lobes);
    double whole = lobes == 2 ? 2.0 * part * cos(a / lobes) : part * (3.0 - 4.0 * part * part);
    return x > 0.0 ? lobes * whole * part / (a * a) : 1.0;
}

/* Weight at distance x (in filter units) from the centre; 0 outside the support. Box: resize_box decides. */
static double resize_weight(int filter, double x)
{
    if (filter == 1)
        return 1.0;
    if (x >= resize_support[filter])
        return 0.0;
    switch (filter) {
    case 2:
        return 1.0 - x;
    case 3:
        return resize_cubic(x, 0.0, 0.5);
    case 4:
        return resize_cubic(x, 1.0 / 3.0, 1.0 / 3.0);
    case 5:
        return resize_lanczos(x, 2);
    default:
        return resize_lanczos(x, 3);
    }
}

static int64_t resize_floor(int64_t a, int64_t b) /* a / b rounded down, b > 0 */
{
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

/* The samples of a box: those at most half a box above the centre and less than half a box below it. Whole numbers
 * (4 * out times the distance), because samples do lie on these limits, and doubles would put them on either side. */
static void resize_box(int at, int in, int out, int *first, int *last)
{
    int64_t centre = 2 * (2 * (int64_t)at + 1) * in - 2 * (int64_t)out, half = 2 * (int64_t)(in > out ? in : out);
    *first = (int)resize_floor(centre - half, 4 * (int64_t)out) + 1;
    *last = (int)resize_floor(centre + half, 4 * (int64_t)out);
}

/* The taps of one axis: `out` positions of which `shift` onwards show a picture of `virtual_out` positions made
 * from `in` samples; positions outside that picture get weights of 0. Border samples take the weights of what
 * lies beyond them. Returns the number of taps, 0 when memory ran out; starts go to `start`. */
static int resize_axis(struct yk_plan *plan, int filter, int in, int virtual_out, int shift, int out, int *start)
{
    double scale = (double)in / virtual_out, widen = scale > 1.0 ? scale : 1.0;
    double support = resize_support[filter] * widen;
    int taps = filter == 0 ? 1 : 2 * (int)ceil(support) + 1;
    taps = taps > in ? in : taps;
    float *coef = yk_plan_coef(plan, (size_t)out * (size_t)taps);
    double *weights = calloc((size_t)taps, sizeof *weights);
    if (!coef || !weights) {
        free(weights);
        return 0;
    }
    for (int i = 0; i < out; i++) {
        int at = i - shift;
        if (at < 0 || at >= virtual_out) {
            start[i] = at < 0 ? 0 : in - taps;
            continue;
        }
        double centre = (at + 0.5) * scale - 0.5, sum = 0.0;
        if (filter == 0) {
            start[i] = (int)((2 * (int64_t)at + 1) * in / (2 * (int64_t)virtual_out));
            coef[(size_t)i * (size_t)taps] = 1.0f;
            continue;
        }
        int first = (int)ceil(centre - support), last = (int)floor(centre + support);
        if (filter == 1)
            resize_box(at, in, virtual_out, &first, &last);
        start[i] = yk_clampi(first, 0, in - taps);
        memset(weights, 0, (size_t)taps * sizeof *weights);
        for (int x = first; x <= last; x++) {
            double weight = resize_weight(filter, fabs(x - centre) / widen);
            weights[yk_clampi(x, 0, in - 1) - start[i]] += weight;
            sum += weight;
        }
        for (int k = 0; k < taps; k++)
            coef[(size_t)i * (size_t)taps + (size_t)k] = (float)(weights[k] / sum);
    }
    free(weights);
    return taps;
}

/* To the nearest whole number, halves up, at least 1. A factor such as 70% arrives in binary32, up to 6e-8 of itself
 * too small, and then 15 pixels would give 10.4999998 instead of 10.5: the term makes up for that. */
static int resize_round(double v)
{
    v *= 1.0 + 6e-8;
    return v < 1.5 ? 1 : v > 2e9 ? 2000000000 : (int)floor(v + 0.5);
}

/* The size of the resampled picture (*w, *h) and of the result (plan->width, plan->height). */
static int resize_sizes(const struct resize_params *p, const struct yk_plan_input *in, struct yk_plan *plan, int *w,
                        int *h)
{
    double sx, sy, wish_w = (double)p->size.width, wish_h = (double)p->size.height;
    int both = wish_w > 0.0 && wish_h > 0.0;
    if (p->size.relative) {
        sx = sy = wish_w;
        *w = plan->width = resize_round(in->width * sx);
        *h = plan->height = resize_round(in->height * sy);
    } else {
        sx = wish_w / in->width, sy = wish_h / in->height;
        if (!both)
            sx = sy = sx > sy ? sx : sy;
        else if (p->fit == RESIZE_INSIDE || p->fit == RESIZE_PAD)
            sx = sy = sx < sy ? sx : sy;
        else if (p->fit != RESIZE_EXACT)
            sx = sy = sx > sy ? sx : sy;
        if (!p->enlarge) {
            sx = sx < 1.0 ? sx : 1.0;
            sy = sy < 1.0 ? sy : 1.0;
        }
        *w = plan->width = resize_round(in->width * sx);
        *h = plan->height = resize_round(in->height * sy);
        if (both && p->fit == RESIZE_COVER) {
            plan->width = *w < (int)wish_w ? *w : (int)wish_w;
            plan->height = *h < (int)wish_h ? *h : (int)wish_h;
        } else if (both && p->fit == RESIZE_PAD) {
            plan->width = (int)wish_w;
            plan->height = (int)wish_h;
        }
    }
    if (*w > 1000000 || *h > 1000000)
        return yk_plan_fail(plan, "the result of %dx%d pixels is over the limit of 1000000 on a side", *w, *h);
    return 0;
}

static int resize_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct resize_params *p = params;
    int w, h;
    if (resize_sizes(p, in, plan, &w, &h))
        return 1;
    plan->identity = w == in->width && h == in->height && plan->width == w && plan->height == h;
    if (plan->identity)
        return 0;
    int *index = yk_plan_index(plan, 2 + (size_t)plan->width + (size_t)plan->height);
    if (!index)
        return yk_plan_fail(plan, "out of memory");
    int shift_x = plan->width >= w ? (plan->width - w) / 2 : -((w - plan->width) / 2);
    int shift_y = plan->height >= h ? (plan->height - h) / 2 : -((h - plan->height) / 2);
    index[0] = resize_axis(plan, p->filter, in->width, w, shift_x, plan->width, index + 2);
    index[1] = resize_axis(plan, p->filter, in->height, h, shift_y, plan->height, index + 2 + plan->width);
    if (index[0] == 0 || index[1] == 0)
        return yk_plan_fail(plan, "out of memory");
    plan->linear = p->linear;
    return 0;
}
#endif

#include "op_end.h"
