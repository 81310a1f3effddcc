/* SPDX-License-Identifier: MIT */
#define OP_NAME  edges
#define OP_STR   "edges"
#define OP_DOC   "Sobel gradient magnitude of every colour."
#define OP_SHAPE YK_STENCIL
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_HAS_PLAN 1
#define OP_PARAMS(P)
#define OP_VECTORS(V) \
    V("", gray8, 4, 1, D(0, 0, 30, 30), gray8, 4, 1, D(0, 120, 120, 0))
#include "op_begin.h"

YK_FN float edges_px(yk_window w, const int radius, const struct edges_params *p, YK_GLOBAL const float *coef)
{
    (void)radius, (void)p, (void)coef;
    float gx = (yk_at(w, 1, -1) - yk_at(w, -1, -1)) + 2.0f * (yk_at(w, 1, 0) - yk_at(w, -1, 0)) +
               (yk_at(w, 1, 1) - yk_at(w, -1, 1));
    float gy = (yk_at(w, -1, 1) - yk_at(w, -1, -1)) + 2.0f * (yk_at(w, 0, 1) - yk_at(w, 0, -1)) +
               (yk_at(w, 1, 1) - yk_at(w, 1, -1));
    return yk_sqrt(gx * gx + gy * gy);
}

#ifdef YK_DIALECT_HOST
static int edges_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct edges_params *p = params;
    (void)in;
    (void)p;
    plan->reach = 1;
    return 0;
}
#endif

#include "op_end.h"
