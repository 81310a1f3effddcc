/* SPDX-License-Identifier: MIT */
#define OP_NAME  flop
#define OP_STR   "flop"
#define OP_DOC   "Mirror left to right."
#define OP_SHAPE YK_GEOMETRIC
#define OP_ALPHA YK_ALPHA_MOVE
#define OP_PARAMS(P)
#define OP_VECTORS(V) \
    V("", rgb8, 3, 1, D(1, 2, 3, 4, 5, 6, 7, 8, 9), rgb8, 3, 1, D(7, 8, 9, 4, 5, 6, 1, 2, 3))
#include "op_begin.h"

YK_FN float flop_px(yk_view s, int x, int y, int channel, const struct flop_params *p, YK_GLOBAL const float *coef,
                    YK_GLOBAL const int *index)
{
    (void)channel, (void)p, (void)coef, (void)index;
    return yk_pixel(s, s.width - 1 - x, y);
}

#ifdef YK_DIALECT_HOST
static struct yk_rect flop_need(const void *params, const struct yk_plan_input *in, const struct yk_plan *plan,
                                struct yk_rect out)
{
    (void)params, (void)plan;
    return (struct yk_rect){in->width - out.x1, out.y0, in->width - out.x0, out.y1};
}
#endif

#include "op_end.h"
