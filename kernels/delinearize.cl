/* SPDX-License-Identifier: MIT */
#define OP_NAME  delinearize
#define OP_STR   "delinearize"
#define OP_DOC   "From linear light to sRGB-encoded values."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_INTERNAL 1
#define OP_PARAMS(P)
#define OP_VECTORS(V) \
    V("", gray8, 4, 1, D(0, 55, 128, 255), gray8, 4, 1, D(0, 128, 188, 255))
#include "op_begin.h"

YK_FN yk_px delinearize_px(yk_px v, const struct delinearize_params *p, YK_GLOBAL const float *coef)
{
    (void)p, (void)coef;
    v.r = yk_linear_to_srgb(v.r);
    v.g = yk_linear_to_srgb(v.g);
    v.b = yk_linear_to_srgb(v.b);
    return v;
}

#include "op_end.h"
