/* SPDX-License-Identifier: MIT */
#define OP_NAME  bilateral
#define OP_STR   "bilateral"
#define OP_DOC   "Edge-keeping blur: Gaussian in space (radius ceil(3 sigma_space)) and in value."
#define OP_SHAPE YK_STENCIL
#define OP_ALPHA YK_ALPHA_PREMULTIPLIED
#define OP_HAS_PLAN 1
#define OP_BLOCKS 1
#define OP_PARAMS(P) \
    P(FLOAT, sigma_space, 0, 0.1, 10, 0, "standard deviation in pixels") \
    P(FLOAT, sigma_range, 0, 0.001, 10, 0, "standard deviation of the value difference, 1 is full scale")
#define OP_VECTORS(V) \
    V("1 0.01", gray8, 4, 1, D(0, 0, 255, 255), gray8, 4, 1, D(0, 0, 255, 255))
#include "op_begin.h"

/* coef: log2 of the spatial weights, row by row, then the factor of the squared difference. */
YK_FN float bilateral_weight(float v, float centre, float place, float factor)
{
    float d = v - centre;
    return yk_exp2(place + d * d * factor);
}

YK_FN float bilateral_px(yk_window w, const int radius, const struct bilateral_params *p, YK_GLOBAL const float *coef)
{
    (void)p;
    const int size = 2 * radius + 1;
    const float centre = yk_at(w, 0, 0), factor = coef[size * size];
    float sum = 0.0f, weights = 0.0f;
    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++) {
            float v = yk_at(w, dx, dy);
            float weight = bilateral_weight(v, centre, coef[(dy + radius) * size + dx + radius], factor);
            sum = sum + weight * v;
            weights = weights + weight;
        }
    return sum * yk_recip(weights);
}

#ifdef YK_DIALECT_C
/* The same, tap by tap for many pixels: vector code, 3.6 times as fast with AVX2. */
YK_FN void bilateral_block(yk_window w, const int count, const int radius, const struct bilateral_params *p,
                           const float *coef, float *out)
{
    (void)p;
    const int size = 2 * radius + 1;
    const float *centre = w.rows[0] + w.x, factor = coef[size * size];
    float sum[YK_STENCIL_BLOCK] = {0}, weights[YK_STENCIL_BLOCK] = {0};
    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++) {
            const float *v = w.rows[dy] + w.x + dx, place = coef[(dy + radius) * size + dx + radius];
            YK_SIMD
            for (int x = 0; x < count; x++) {
                float weight = bilateral_weight(v[x], centre[x], place, factor);
                sum[x] = sum[x] + weight * v[x];
                weights[x] = weights[x] + weight;
            }
        }
    YK_SIMD
    for (int x = 0; x < count; x++)
        out[x] = sum[x] * yk_recip(weights[x]);
}
#endif

#ifdef YK_DIALECT_HOST
static int bilateral_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct bilateral_params *p = params;
    (void)in;
    int radius = (int)ceil(3.0 * (double)p->sigma_space), size = 2 * radius + 1;
    float *coef = yk_plan_coef(plan, (size_t)(size * size) + 1);
    if (!coef)
        return yk_plan_fail(plan, "out of memory");
    const double log2e = 1.4426950408889634;
    double space = -0.5 * log2e / ((double)p->sigma_space * (double)p->sigma_space);
    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++)
            coef[(dy + radius) * size + dx + radius] = (float)(space * (dx * dx + dy * dy));
    coef[size * size] = (float)(-0.5 * log2e / ((double)p->sigma_range * (double)p->sigma_range));
    plan->reach = radius;
    return 0;
}
#endif

#include "op_end.h"
