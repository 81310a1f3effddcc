/* SPDX-License-Identifier: MIT */
#define OP_NAME  autolevel
#define OP_STR   "autolevel"
#define OP_DOC   "Stretch the colours so that the darkest becomes 0 and the brightest 1."
#define OP_SHAPE YK_REDUCE
#define OP_APPLY YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(FLOAT, clip, "0", 0, 0.49, 0, "share of the samples that may be lost at each end") \
    P(CHOICE, by, "image", 0, 1, "image|channel", "one stretch for all channels, which keeps hues, or one for each")
#define OP_VECTORS(V) \
    V("", gray8, 3, 1, D(50, 90, 152), gray8, 3, 1, D(0, 100, 255)) \
    V("", rgb8, 2, 1, D(10, 20, 30, 61, 20, 30), rgb8, 2, 1, D(0, 50, 100, 255, 50, 100)) \
    V("by=channel", rgb8, 2, 1, D(10, 20, 30, 61, 20, 40), rgb8, 2, 1, D(0, 20, 0, 255, 20, 255)) \
    V("0.25", gray8, 4, 1, D(0, 100, 200, 255), gray8, 4, 1, D(0, 0, 255, 255))
#include "op_begin.h"

/* stat: one histogram per colour, 256 or 65536 bins. Fully transparent pixels do not count. */
YK_FN void autolevel_count(yk_stat stat, const int *v, int x, int y, const struct yk_reduce_pass *pass,
                           const struct autolevel_params *p)
{
    (void)x, (void)y, (void)p;
    yk_histogram_count(stat, v, pass);
}

/* coef: low and scale of each colour. */
YK_FN yk_px autolevel_px(yk_px v, const struct autolevel_params *p, YK_GLOBAL const float *coef)
{
    (void)p;
    v.r = (v.r - coef[0]) * coef[1];
    v.g = (v.g - coef[2]) * coef[3];
    v.b = (v.b - coef[4]) * coef[5];
    return v;
}

#ifdef YK_DIALECT_HOST
static size_t autolevel_stat_count(const struct yk_plan_input *in, size_t *sums)
{
    *sums = (size_t)in->colours << in->depth;
    return *sums;
}

/* First and last bin that is left when `clip` of the samples may be cut at each end, over `count` histograms. */
static void autolevel_range(const int *stat, int bins, int count, double clip, int *low, int *high)
{
    int64_t total = 0, below = 0, above = 0, at;
    for (int k = 0; k < count * bins; k++)
        total += stat[k];
    int64_t allowed = (int64_t)floor((double)total * clip);
    *low = 0;
    *high = bins - 1;
    for (; *low < bins - 1; ++*low, below += at) {
        at = 0;
        for (int c = 0; c < count; c++)
            at += stat[c * bins + *low];
        if (below + at > allowed)
            break;
    }
    for (; *high > 0; --*high, above += at) {
        at = 0;
        for (int c = 0; c < count; c++)
            at += stat[c * bins + *high];
        if (above + at > allowed)
            break;
    }
}

static int autolevel_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct autolevel_params *p = params;
    int bins = 1 << in->depth, low = 0, high = 0;
    float *coef = yk_plan_coef(plan, 6);
    if (!coef)
        return yk_plan_fail(plan, "out of memory");
    for (int c = 0; c < 3; c++) {
        if (c < in->colours && (p->by || c == 0))
            autolevel_range(in->stat + (p->by ? c * bins : 0), bins, p->by ? 1 : in->colours, (double)p->clip, &low,
                            &high);
        int flat = high <= low; /* one value only: leave it */
        coef[2 * c] = flat ? 0.0f : (float)(low / (bins - 1.0));
        coef[2 * c + 1] = flat ? 1.0f : (float)((bins - 1.0) / (high - low));
    }
    return 0;
}
#endif

#include "op_end.h"
