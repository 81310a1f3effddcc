/* SPDX-License-Identifier: MIT */
#define OP_NAME  linearize
#define OP_STR   "linearize"
#define OP_DOC   "From sRGB-encoded values to linear light."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_INTERNAL 1
#define OP_PARAMS(P)
#define OP_VECTORS(V) \
    V("", gray8, 5, 1, D(0, 10, 128, 188, 255), gray8, 5, 1, D(0, 1, 55, 128, 255))
#include "op_begin.h"

YK_FN yk_px linearize_px(yk_px v, const struct linearize_params *p, YK_GLOBAL const float *coef)
{
    (void)p, (void)coef;
    v.r = yk_srgb_to_linear(v.r);
    v.g = yk_srgb_to_linear(v.g);
    v.b = yk_srgb_to_linear(v.b);
    return v;
}

#include "op_end.h"
