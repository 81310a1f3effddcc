/* SPDX-License-Identifier: MIT */
#define OP_NAME  equalize
#define OP_STR   "equalize"
#define OP_DOC   "Spread the values of every channel evenly (histogram equalisation)."
#define OP_SHAPE YK_REDUCE
#define OP_APPLY YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_HAS_PLAN 1
#define OP_PARAMS(P)
#define OP_VECTORS(V) \
    V("", gray8, 4, 1, D(10, 10, 20, 30), gray8, 4, 1, D(0, 0, 128, 255)) \
    V("", gray8, 2, 1, D(77, 77), gray8, 2, 1, D(77, 77))
#include "op_begin.h"

YK_FN void equalize_count(yk_stat stat, const int *v, int x, int y, const struct yk_reduce_pass *pass,
                          const struct equalize_params *p)
{
    (void)x, (void)y, (void)p;
    yk_histogram_count(stat, v, pass);
}

/* coef: the greatest sample value, then one table of that many + 1 results per channel (grey: one for all). */
YK_FN yk_px equalize_px(yk_px v, const struct equalize_params *p, YK_GLOBAL const float *coef)
{
    (void)p;
    int top = (int)coef[0], green = (int)coef[1];
    YK_GLOBAL const float *table = coef + 2;
    v.r = table[(int)(v.r * coef[0] + 0.5f)];
    v.g = table[green * (top + 1) + (int)(v.g * coef[0] + 0.5f)];
    v.b = table[2 * green * (top + 1) + (int)(v.b * coef[0] + 0.5f)];
    return v;
}

#ifdef YK_DIALECT_HOST
static size_t equalize_stat_count(const struct yk_plan_input *in, size_t *sums)
{
    *sums = (size_t)in->colours << in->depth;
    return *sums;
}

/* The usual table, as OpenCV's equalizeHist: (cdf(v) - cdf(first)) / (samples - cdf(first)). */
static int equalize_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    (void)params;
    int bins = 1 << in->depth;
    float *coef = yk_plan_coef(plan, 2 + (size_t)in->colours * (size_t)bins);
    if (!coef)
        return yk_plan_fail(plan, "out of memory");
    coef[0] = (float)(bins - 1);
    coef[1] = in->colours == 3 ? 1.0f : 0.0f;
    for (int c = 0; c < in->colours; c++) {
        const int *histogram = in->stat + (ptrdiff_t)c * bins;
        float *table = coef + 2 + (ptrdiff_t)c * bins;
        int64_t total = 0, sum = 0, first = 0;
        for (int v = 0; v < bins; v++) {
            total += histogram[v];
            if (first == 0)
                first = histogram[v];
        }
        for (int v = 0; v < bins; v++) {
            sum += histogram[v];
            table[v] = total > first ? (float)((double)(sum > first ? sum - first : 0) / (double)(total - first))
                                     : (float)(v / (bins - 1.0));
        }
    }
    return 0;
}
#endif

#include "op_end.h"
