/* SPDX-License-Identifier: MIT */
#define OP_NAME  gamma
#define OP_STR   "gamma"
#define OP_DOC   "Raise colours to the power 1/g: g above 1 brightens."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(FLOAT, g, 0, 0.01, 100, 0, "gamma; 1 changes nothing")
#define OP_VECTORS(V) \
    V("2", gray8, 4, 1, D(0, 64, 128, 255), gray8, 4, 1, D(0, 128, 181, 255)) \
    V("0.5", gray8, 3, 1, D(128, 51, 255), gray8, 3, 1, D(64, 10, 255))
#include "op_begin.h"

YK_FN yk_px gamma_px(yk_px v, const struct gamma_params *p, YK_GLOBAL const float *coef)
{
    (void)p;
    v.r = yk_pow(v.r, coef[0]);
    v.g = yk_pow(v.g, coef[0]);
    v.b = yk_pow(v.b, coef[0]);
    return v;
}

#ifdef YK_DIALECT_HOST
static int gamma_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct gamma_params *p = params;
    (void)in;
    float *coef = yk_plan_coef(plan, 1);
    if (!coef)
        return yk_plan_fail(plan, "out of memory");
    coef[0] = (float)(1.0 / (double)p->g);
    plan->identity = coef[0] >= 1.0f && coef[0] <= 1.0f;
    return 0;
}
#endif

#include "op_end.h"
