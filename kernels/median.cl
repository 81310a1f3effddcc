/* SPDX-License-Identifier: MIT */
#define OP_NAME  median
#define OP_STR   "median"
#define OP_DOC   "Median of a square window, per channel, exact."
#define OP_SHAPE YK_STENCIL
#define OP_ALPHA YK_ALPHA_STRAIGHT
#define OP_SIZES(S) S(1) S(2) S(3)
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(CHOICE, n, 0, 0, 2, "3|5|7", "the window is n x n pixels")
#define OP_VECTORS(V) \
    V("3", gray8, 3, 3, D(1, 2, 3, 4, 50, 6, 7, 8, 9), gray8, 3, 3, D(2, 3, 3, 4, 6, 6, 7, 8, 9))
#include "op_begin.h"

/* Forgetful selection: of the first n*n/2 + 2 samples the least and the greatest cannot be the median, so both are
 * dropped and one more sample joins; the last one left is the median. Only exchanges at fixed places, so the
 * loops unroll to straight vector code. */
YK_FN float median_px(yk_window w, const int radius, const struct median_params *p, YK_GLOBAL const float *coef)
{
    (void)p, (void)coef;
    const int count = (2 * radius + 1) * (2 * radius + 1);
    float v[26]; /* 49 / 2 + 2 */
    int held = count / 2 + 2, next = 0;
    YK_UNROLL
    for (; next < held; next++)
        v[next] = yk_at(w, next % (2 * radius + 1) - radius, next / (2 * radius + 1) - radius);
    YK_UNROLL
    for (; held > 2; held--, next++) {
        YK_UNROLL
        for (int i = 0; i < held / 2; i++) { /* the lower half gets the smaller of each pair */
            float a = v[i], b = v[held - 1 - i];
            v[i] = yk_min(a, b);
            v[held - 1 - i] = yk_max(a, b);
        }
        YK_UNROLL
        for (int i = 1; i < held - held / 2; i++) { /* least to the front */
            float a = v[0], b = v[i];
            v[0] = yk_min(a, b);
            v[i] = yk_max(a, b);
        }
        YK_UNROLL
        for (int i = held / 2; i < held - 1; i++) { /* greatest to the back */
            float a = v[i], b = v[held - 1];
            v[i] = yk_min(a, b);
            v[held - 1] = yk_max(a, b);
        }
        v[0] = next < count ? yk_at(w, next % (2 * radius + 1) - radius, next / (2 * radius + 1) - radius)
                            : v[held - 2];
    }
    return v[0];
}

#ifdef YK_DIALECT_HOST
static int median_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct median_params *p = params;
    (void)in;
    plan->reach = p->n + 1;
    return 0;
}
#endif

#include "op_end.h"
