/* SPDX-License-Identifier: MIT */
#define OP_NAME  grayscale
#define OP_STR   "grayscale"
#define OP_DOC   "Grey image with Rec. 709 weights, on encoded values or in linear light."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_COLOURS YK_COLOURS_ONE
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(BOOL, linear, "0", 0, 1, 0, "1: weigh in linear light")
#define OP_VECTORS(V) \
    V("", rgb8, 4, 1, D(255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30), gray8, 4, 1, D(54, 182, 18, 19))
#include "op_begin.h"

YK_FN yk_px grayscale_px(yk_px v, const struct grayscale_params *p, YK_GLOBAL const float *coef)
{
    (void)p, (void)coef;
    v.r = yk_luma(v.r, v.g, v.b);
    return v;
}

#ifdef YK_DIALECT_HOST
static int grayscale_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct grayscale_params *p = params;
    plan->linear = p->linear && in->colours == 3;
    plan->identity = in->colours == 1;
    return 0;
}
#endif

#include "op_end.h"
