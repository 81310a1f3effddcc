/* SPDX-License-Identifier: MIT */
#define OP_NAME  emboss
#define OP_STR   "emboss"
#define OP_DOC   "Relief lit from the top left: matrix -2 -1 0, -1 1 1, 0 1 2."
#define OP_SHAPE YK_STENCIL
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_HAS_PLAN 1
#define OP_PARAMS(P)
#define OP_VECTORS(V) \
    V("", gray8, 4, 1, D(100, 100, 130, 130), gray8, 4, 1, D(100, 190, 220, 130))
#include "op_begin.h"

YK_FN float emboss_px(yk_window w, const int radius, const struct emboss_params *p, YK_GLOBAL const float *coef)
{
    (void)radius, (void)p, (void)coef;
    return yk_at(w, 0, 0) + (yk_at(w, 1, 0) - yk_at(w, -1, 0)) + (yk_at(w, 0, 1) - yk_at(w, 0, -1)) +
           2.0f * (yk_at(w, 1, 1) - yk_at(w, -1, -1));
}

#ifdef YK_DIALECT_HOST
static int emboss_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct emboss_params *p = params;
    (void)in;
    (void)p;
    plan->reach = 1;
    return 0;
}
#endif

#include "op_end.h"
