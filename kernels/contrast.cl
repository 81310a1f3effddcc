/* SPDX-License-Identifier: MIT */
#define OP_NAME  contrast
#define OP_STR   "contrast"
#define OP_DOC   "Stretch colours away from mid grey (k above 1) or towards it (below)."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_PARAMS(P) \
    P(FLOAT, k, 0, 0, 100, 0, "factor around 0.5; 1 changes nothing")
#define OP_VECTORS(V) \
    V("3", gray8, 4, 1, D(85, 102, 170, 200), gray8, 4, 1, D(0, 51, 255, 255))
#include "op_begin.h"

YK_FN yk_px contrast_px(yk_px v, const struct contrast_params *p, YK_GLOBAL const float *coef)
{
    (void)coef;
    v.r = (v.r - 0.5f) * p->k + 0.5f;
    v.g = (v.g - 0.5f) * p->k + 0.5f;
    v.b = (v.b - 0.5f) * p->k + 0.5f;
    return v;
}

#include "op_end.h"
