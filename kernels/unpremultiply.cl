/* SPDX-License-Identifier: MIT */
#define OP_NAME  unpremultiply
#define OP_STR   "unpremultiply"
#define OP_DOC   "Divide the colours by alpha; no alpha gives no colour."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_PIXEL
#define OP_INTERNAL 1
#define OP_PARAMS(P)
#define OP_VECTORS(V) \
    V("", rgba8, 2, 1, D(51, 20, 200, 51, 9, 8, 7, 0), rgba8, 2, 1, D(255, 100, 255, 51, 0, 0, 0, 0))
#include "op_begin.h"

YK_FN yk_px unpremultiply_px(yk_px v, const struct unpremultiply_params *p, YK_GLOBAL const float *coef)
{
    (void)p, (void)coef;
    float k = v.a > 0.0f ? yk_recip(v.a) : 0.0f;
    v.r = v.r * k;
    v.g = v.g * k;
    v.b = v.b * k;
    return v;
}

#include "op_end.h"
