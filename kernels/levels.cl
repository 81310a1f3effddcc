/* SPDX-License-Identifier: MIT */
#define OP_NAME  levels
#define OP_STR   "levels"
#define OP_DOC   "Map black to 0 and white to 1, then apply a gamma."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(FLOAT, black, 0, 0, 1, 0, "value that becomes 0") \
    P(FLOAT, white, 0, 0, 1, 0, "value that becomes 1; above black") \
    P(FLOAT, gamma, "1", 0.01, 100, 0, "as in the operation gamma, applied last")
#define OP_VECTORS(V) \
    V("0.2 0.6", gray8, 5, 1, D(0, 51, 103, 153, 255), gray8, 5, 1, D(0, 0, 130, 255, 255)) \
    V("0 1 gamma=2", gray8, 2, 1, D(64, 128), gray8, 2, 1, D(128, 181))
#include "op_begin.h"

YK_FN float levels_value(float v, YK_GLOBAL const float *coef)
{
    float stretched = yk_clamp01((v - coef[0]) * coef[1]);
    return yk_select(coef[3] > 0.0f, yk_pow(stretched, coef[2]), stretched);
}

YK_FN yk_px levels_px(yk_px v, const struct levels_params *p, YK_GLOBAL const float *coef)
{
    (void)p;
    v.r = levels_value(v.r, coef);
    v.g = levels_value(v.g, coef);
    v.b = levels_value(v.b, coef);
    return v;
}

#ifdef YK_DIALECT_HOST
static int levels_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct levels_params *p = params;
    (void)in;
    if (!(p->black < p->white))
        return yk_plan_fail(plan, "black (%g) must be below white (%g)", (double)p->black, (double)p->white);
    float *coef = yk_plan_coef(plan, 4);
    if (!coef)
        return yk_plan_fail(plan, "out of memory");
    coef[0] = p->black;
    coef[1] = (float)(1.0 / ((double)p->white - (double)p->black));
    coef[2] = (float)(1.0 / (double)p->gamma);
    coef[3] = p->gamma < 1.0f || p->gamma > 1.0f ? 1.0f : 0.0f;
    return 0;
}
#endif

#include "op_end.h"
