/* SPDX-License-Identifier: MIT */
#define OP_NAME  brightness
#define OP_STR   "brightness"
#define OP_DOC   "Add a constant to every colour."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_PARAMS(P) \
    P(FLOAT, d, 0, -1, 1, 0, "amount added, 1 is full scale")
#define OP_VECTORS(V) \
    V("0.2", gray8, 3, 1, D(0, 100, 230), gray8, 3, 1, D(51, 151, 255)) \
    V("-0.2", gray8, 3, 1, D(0, 100, 255), gray8, 3, 1, D(0, 49, 204))
#include "op_begin.h"

YK_FN yk_px brightness_px(yk_px v, const struct brightness_params *p, YK_GLOBAL const float *coef)
{
    (void)coef;
    v.r = v.r + p->d;
    v.g = v.g + p->d;
    v.b = v.b + p->d;
    return v;
}

#include "op_end.h"
