/* SPDX-License-Identifier: MIT */
#define OP_NAME  confine
#define OP_STR   "confine"
#define OP_DOC   "Limit premultiplied colours to alpha: the clamp to 0 .. 1 of the straight colours."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_PIXEL
#define OP_INTERNAL 1
#define OP_PARAMS(P)
#define OP_VECTORS(V) \
    V("", rgba8, 2, 1, D(51, 20, 200, 51, 9, 8, 7, 0), rgba8, 2, 1, D(51, 20, 51, 51, 0, 0, 0, 0))
#include "op_begin.h"

/* Between two steps that both work on premultiplied colours, instead of dividing by alpha and multiplying again. */
YK_FN yk_px confine_px(yk_px v, const struct confine_params *p, YK_GLOBAL const float *coef)
{
    (void)p, (void)coef;
    v.r = yk_min(v.r, v.a);
    v.g = yk_min(v.g, v.a);
    v.b = yk_min(v.b, v.a);
    return v;
}

#include "op_end.h"
