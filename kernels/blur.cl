/* SPDX-License-Identifier: MIT */
#define OP_NAME  blur
#define OP_STR   "blur"
#define OP_DOC   "Gaussian blur; radius ceil(3 sigma), weights normalised."
#define OP_SHAPE YK_SEPARABLE
#define OP_ALPHA YK_ALPHA_PREMULTIPLIED
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(FLOAT, sigma, 0, 0, 300, 0, "standard deviation in pixels")
#define OP_VECTORS(V) \
    V("1", gray8, 3, 1, D(0, 255, 0), gray8, 3, 1, D(62, 102, 62))
#include "op_begin.h"

/* The weights are the whole operation: see yk_plan_gaussian. */

#ifdef YK_DIALECT_HOST
static int blur_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct blur_params *p = params;
    (void)in;
    plan->identity = !(p->sigma > 0.0f);
    return plan->identity ? 0 : yk_plan_gaussian(plan, (double)p->sigma);
}
#endif

#include "op_end.h"
