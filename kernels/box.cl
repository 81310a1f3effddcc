/* SPDX-License-Identifier: MIT */
#define OP_NAME  box
#define OP_STR   "box"
#define OP_DOC   "Mean of a square window."
#define OP_SHAPE YK_SEPARABLE
#define OP_ALPHA YK_ALPHA_PREMULTIPLIED
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(INT, radius, 0, 0, 1000, 0, "the window is 2 radius + 1 pixels wide")
#define OP_VECTORS(V) \
    V("1", gray8, 5, 1, D(0, 0, 90, 0, 255), gray8, 5, 1, D(0, 30, 30, 115, 170))
#include "op_begin.h"

/* Equal weights. */

#ifdef YK_DIALECT_HOST
static int box_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct box_params *p = params;
    (void)in;
    float *coef = yk_plan_coef(plan, (size_t)p->radius + 1);
    if (!coef)
        return yk_plan_fail(plan, "out of memory");
    for (int k = 0; k <= p->radius; k++)
        coef[k] = (float)(1.0 / (2 * p->radius + 1));
    plan->reach = p->radius;
    plan->identity = p->radius == 0;
    return 0;
}
#endif

#include "op_end.h"
