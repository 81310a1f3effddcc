/* SPDX-License-Identifier: MIT */
#define OP_NAME  invert
#define OP_STR   "invert"
#define OP_DOC   "Negative: every colour becomes 1 minus itself."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_PARAMS(P)
#define OP_VECTORS(V) \
    V("", rgba8, 2, 1, D(0, 1, 100, 7, 255, 254, 128, 0), rgba8, 2, 1, D(255, 254, 155, 7, 0, 1, 127, 0)) \
    V("", gray16, 3, 1, D(0, 65535, 12345), gray16, 3, 1, D(65535, 0, 53190))
#include "op_begin.h"

YK_FN yk_px invert_px(yk_px v, const struct invert_params *p, YK_GLOBAL const float *coef)
{
    (void)p, (void)coef;
    v.r = 1.0f - v.r;
    v.g = 1.0f - v.g;
    v.b = 1.0f - v.b;
    return v;
}

#include "op_end.h"
