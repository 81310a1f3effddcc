/* SPDX-License-Identifier: MIT */
#define OP_NAME  flip
#define OP_STR   "flip"
#define OP_DOC   "Mirror top to bottom."
#define OP_SHAPE YK_GEOMETRIC
#define OP_ALPHA YK_ALPHA_MOVE
#define OP_PARAMS(P)
#define OP_VECTORS(V) \
    V("", rgb8, 1, 3, D(1, 2, 3, 4, 5, 6, 7, 8, 9), rgb8, 1, 3, D(7, 8, 9, 4, 5, 6, 1, 2, 3))
#include "op_begin.h"

YK_FN float flip_px(yk_view s, int x, int y, int channel, const struct flip_params *p, YK_GLOBAL const float *coef,
                    YK_GLOBAL const int *index)
{
    (void)channel, (void)p, (void)coef, (void)index;
    return yk_pixel(s, x, s.height - 1 - y);
}

#ifdef YK_DIALECT_HOST
static struct yk_rect flip_need(const void *params, const struct yk_plan_input *in, const struct yk_plan *plan,
                                struct yk_rect out)
{
    (void)params, (void)plan;
    return (struct yk_rect){out.x0, in->height - out.y1, out.x1, in->height - out.y0};
}
#endif

#include "op_end.h"
