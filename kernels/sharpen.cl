/* SPDX-License-Identifier: MIT */
#define OP_NAME  sharpen
#define OP_STR   "sharpen"
#define OP_DOC   "Unsharp mask: add the difference from a Gaussian blur."
#define OP_SHAPE YK_SEPARABLE
#define OP_ALPHA YK_ALPHA_PREMULTIPLIED
#define OP_HAS_PLAN 1
#define OP_COMBINE  1
#define OP_PARAMS(P) \
    P(FLOAT, sigma, 0, 0, 300, 0, "standard deviation of the blur in pixels") \
    P(FLOAT, amount, "1", 0, 100, 0, "share of the difference that is added")
#define OP_VECTORS(V) \
    V("1", gray8, 3, 1, D(100, 150, 100), gray8, 3, 1, D(88, 180, 88))
#include "op_begin.h"

YK_FN float sharpen_combine(float source, float filtered, const struct sharpen_params *p)
{
    return source + p->amount * (source - filtered);
}

#ifdef YK_DIALECT_HOST
static int sharpen_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct sharpen_params *p = params;
    (void)in;
    plan->identity = !(p->sigma > 0.0f && p->amount > 0.0f);
    return plan->identity ? 0 : yk_plan_gaussian(plan, (double)p->sigma);
}
#endif

#include "op_end.h"
