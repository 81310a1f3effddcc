/* SPDX-License-Identifier: MIT */
#define OP_NAME  threshold
#define OP_STR   "threshold"
#define OP_DOC   "Black below the threshold, white from it on."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_PARAMS(P) \
    P(FLOAT, t, 0, 0, 1, 0, "threshold") \
    P(CHOICE, by, "luma", 0, 1, "luma|channel", "compare the Rec. 709 luma, or each channel alone")
#define OP_VECTORS(V) \
    V("0.5", gray8, 4, 1, D(0, 127, 128, 255), gray8, 4, 1, D(0, 0, 255, 255)) \
    V("0.5", rgb8, 2, 1, D(255, 0, 0, 0, 255, 0), rgb8, 2, 1, D(0, 0, 0, 255, 255, 255)) \
    V("0.5 by=channel", rgb8, 1, 1, D(200, 100, 128), rgb8, 1, 1, D(255, 0, 255))
#include "op_begin.h"

YK_FN yk_px threshold_px(yk_px v, const struct threshold_params *p, YK_GLOBAL const float *coef)
{
    (void)coef;
    float y = yk_luma(v.r, v.g, v.b);
    v.r = (p->by ? v.r : y) >= p->t ? 1.0f : 0.0f;
    v.g = (p->by ? v.g : y) >= p->t ? 1.0f : 0.0f;
    v.b = (p->by ? v.b : y) >= p->t ? 1.0f : 0.0f;
    return v;
}

#include "op_end.h"
