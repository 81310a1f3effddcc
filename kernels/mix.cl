/* SPDX-License-Identifier: MIT */
#define OP_NAME  mix
#define OP_STR   "mix"
#define OP_DOC   "Multiply the colours by a 3x3 matrix, or by a 3x4 one whose last column is added."
#define OP_SHAPE YK_POINT
#define OP_ALPHA YK_ALPHA_KEEP
#define OP_COLOURS YK_COLOURS_THREE
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(LIST, matrix, 0, -100, 100, 0, "9 or 12 numbers, row by row: red, green, blue")
#define OP_VECTORS(V) \
    V("0,0,1,0,1,0,1,0,0", rgb8, 1, 1, D(10, 20, 30), rgb8, 1, 1, D(30, 20, 10)) \
    V("1,0,0,0.2,0,1,0,0,0,0,0.5,0", rgb8, 1, 1, D(10, 20, 30), rgb8, 1, 1, D(61, 20, 15)) \
    V("1,0,0,0,0.5,0,0,0,0", graya8, 1, 1, D(100, 9), rgba8, 1, 1, D(100, 50, 0, 9))
#include "op_begin.h"

YK_FN yk_px mix_px(yk_px v, const struct mix_params *p, YK_GLOBAL const float *coef)
{
    (void)p;
    yk_px w = v;
    w.r = coef[0] * v.r + coef[1] * v.g + coef[2] * v.b + coef[3];
    w.g = coef[4] * v.r + coef[5] * v.g + coef[6] * v.b + coef[7];
    w.b = coef[8] * v.r + coef[9] * v.g + coef[10] * v.b + coef[11];
    return w;
}

#ifdef YK_DIALECT_HOST
static int mix_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct mix_params *p = params;
    (void)in;
    if (p->matrix.count != 9 && p->matrix.count != 12)
        return yk_plan_fail(plan, "matrix has %d numbers; 9 (3x3) or 12 (3x4) are accepted", p->matrix.count);
    float *coef = yk_plan_coef(plan, 12);
    if (!coef)
        return yk_plan_fail(plan, "out of memory");
    int columns = p->matrix.count / 3;
    for (int row = 0; row < 3; row++)
        for (int column = 0; column < columns; column++)
            coef[row * 4 + column] = p->matrix.v[row * columns + column];
    return 0;
}
#endif

#include "op_end.h"
