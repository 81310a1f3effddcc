/* SPDX-License-Identifier: MIT */
#define OP_NAME  saturation
#define OP_STR   "saturation"
#define OP_DOC   "Move colours away from their luma (s above 1) or towards it (below)."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(FLOAT, s, 0, 0, 10, 0, "factor; 0 is grey, 1 changes nothing")
#define OP_VECTORS(V) \
    V("0", rgb8, 1, 1, D(255, 0, 0), rgb8, 1, 1, D(54, 54, 54)) \
    V("2", rgb8, 1, 1, D(100, 100, 200), rgb8, 1, 1, D(93, 93, 255))
#include "op_begin.h"

YK_FN yk_px saturation_px(yk_px v, const struct saturation_params *p, YK_GLOBAL const float *coef)
{
    (void)coef;
    float y = yk_luma(v.r, v.g, v.b);
    v.r = y + (v.r - y) * p->s;
    v.g = y + (v.g - y) * p->s;
    v.b = y + (v.b - y) * p->s;
    return v;
}

#ifdef YK_DIALECT_HOST
static int saturation_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct saturation_params *p = params;
    (void)p;
    plan->identity = in->colours == 1;
    return 0;
}
#endif

#include "op_end.h"
