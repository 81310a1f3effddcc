/* SPDX-License-Identifier: MIT */
#define OP_NAME  convolve
#define OP_STR   "convolve"
#define OP_DOC   "Weigh a 3x3, 5x5 or 7x7 window with a matrix (laid over the image, not turned)."
#define OP_SHAPE YK_STENCIL
#define OP_ALPHA YK_ALPHA_STRAIGHT
#define OP_SIZES(S) S(1) S(2) S(3)
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(LIST, matrix, 0, -1e6, 1e6, 0, "9, 25 or 49 numbers, row by row") \
    P(FLOAT, scale, "1", 0, 1e6, 0, "the sum is divided by it; 0: by the sum of the matrix") \
    P(FLOAT, offset, "0", -1, 1, 0, "added last, 1 is full scale")
#define OP_VECTORS(V) \
    V("0,0,0,0,0,1,0,0,0", gray8, 3, 1, D(10, 20, 30), gray8, 3, 1, D(20, 30, 30)) \
    V("1,1,1,1,1,1,1,1,1 scale=0", gray8, 3, 1, D(0, 90, 0), gray8, 3, 1, D(30, 30, 30))
#include "op_begin.h"

YK_FN float convolve_px(yk_window w, const int radius, const struct convolve_params *p, YK_GLOBAL const float *coef)
{
    const int size = 2 * radius + 1;
    float sum = coef[0] * yk_at(w, -radius, -radius);
    YK_UNROLL
    for (int k = 1; k < size * size; k++)
        sum = sum + coef[k] * yk_at(w, k % size - radius, k / size - radius);
    return sum + p->offset;
}

#ifdef YK_DIALECT_HOST
static int convolve_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct convolve_params *p = params;
    (void)in;
    int count = p->matrix.count, radius = count == 9 ? 1 : count == 25 ? 2 : count == 49 ? 3 : 0;
    if (radius == 0)
        return yk_plan_fail(plan, "matrix has %d numbers; 9 (3x3), 25 (5x5) or 49 (7x7) are accepted", count);
    double sum = 0.0, divisor = (double)p->scale;
    for (int k = 0; k < count; k++)
        sum += (double)p->matrix.v[k];
    if (!(divisor > 0.0))
        divisor = sum;
    if (fabs(divisor) < 1e-6)
        return yk_plan_fail(plan, "the sum of the matrix is 0; give a scale");
    float *coef = yk_plan_coef(plan, (size_t)count);
    if (!coef)
        return yk_plan_fail(plan, "out of memory");
    for (int k = 0; k < count; k++)
        coef[k] = (float)((double)p->matrix.v[k] / divisor);
    /* A matrix that keeps the mean is a blur or a sharpening: alpha takes part. Others find edges: it does not. */
    int keeps_mean = fabs(sum / divisor - 1.0) < 1e-3 && p->offset >= 0.0f && p->offset <= 0.0f;
    plan->alpha_mode = keeps_mean ? YK_ALPHA_PREMULTIPLIED : YK_ALPHA_KEEP;
    plan->reach = radius;
    return 0;
}
#endif

#include "op_end.h"
