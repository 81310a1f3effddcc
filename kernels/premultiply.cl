/* SPDX-License-Identifier: MIT */
#define OP_NAME  premultiply
#define OP_STR   "premultiply"
#define OP_DOC   "Multiply the colours by alpha."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_PIXEL
#define OP_INTERNAL 1
#define OP_PARAMS(P)
#define OP_VECTORS(V) \
    V("", rgba8, 2, 1, D(255, 100, 0, 51, 9, 8, 7, 0), rgba8, 2, 1, D(51, 20, 0, 51, 0, 0, 0, 0))
#include "op_begin.h"

YK_FN yk_px premultiply_px(yk_px v, const struct premultiply_params *p, YK_GLOBAL const float *coef)
{
    (void)p, (void)coef;
    v.r = v.r * v.a;
    v.g = v.g * v.a;
    v.b = v.b * v.a;
    return v;
}

#include "op_end.h"
