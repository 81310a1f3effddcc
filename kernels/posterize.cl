/* SPDX-License-Identifier: MIT */
#define OP_NAME  posterize
#define OP_STR   "posterize"
#define OP_DOC   "Round colours to n evenly spaced values."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(INT, n, 0, 2, 256, 0, "number of values per channel")
#define OP_VECTORS(V) \
    V("2", gray8, 4, 1, D(0, 127, 128, 255), gray8, 4, 1, D(0, 0, 255, 255)) \
    V("4", gray8, 5, 1, D(42, 43, 127, 128, 220), gray8, 5, 1, D(0, 85, 85, 170, 255))
#include "op_begin.h"

YK_FN yk_px posterize_px(yk_px v, const struct posterize_params *p, YK_GLOBAL const float *coef)
{
    (void)p;
    v.r = (float)(int)(v.r * coef[0] + 0.5f) * coef[1];
    v.g = (float)(int)(v.g * coef[0] + 0.5f) * coef[1];
    v.b = (float)(int)(v.b * coef[0] + 0.5f) * coef[1];
    return v;
}

#ifdef YK_DIALECT_HOST
static int posterize_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct posterize_params *p = params;
    (void)in;
    float *coef = yk_plan_coef(plan, 2);
    if (!coef)
        return yk_plan_fail(plan, "out of memory");
    coef[0] = (float)(p->n - 1);
    coef[1] = (float)(1.0 / (p->n - 1));
    return 0;
}
#endif

#include "op_end.h"
