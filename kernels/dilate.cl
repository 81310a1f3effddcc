/* SPDX-License-Identifier: MIT */
#define OP_NAME  dilate
#define OP_STR   "dilate"
#define OP_DOC   "Maximum of a square window, per channel."
#define OP_SHAPE YK_STENCIL
#define OP_ALPHA YK_ALPHA_STRAIGHT
#define OP_SIZES(S) S(1) S(2) S(3)
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(CHOICE, n, 0, 0, 2, "3|5|7", "the window is n x n pixels")
#define OP_VECTORS(V) \
    V("3", gray8, 5, 1, D(9, 5, 7, 8, 6), gray8, 5, 1, D(9, 9, 8, 8, 8))
#include "op_begin.h"

YK_FN float dilate_px(yk_window w, const int radius, const struct dilate_params *p, YK_GLOBAL const float *coef)
{
    (void)p, (void)coef;
    float v = yk_at(w, 0, 0);
    YK_UNROLL
    for (int dy = -radius; dy <= radius; dy++) {
        YK_UNROLL
        for (int dx = -radius; dx <= radius; dx++)
            v = yk_max(v, yk_at(w, dx, dy));
    }
    return v;
}

#ifdef YK_DIALECT_HOST
static int dilate_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct dilate_params *p = params;
    (void)in;
    plan->reach = p->n + 1;
    return 0;
}
#endif

#include "op_end.h"
