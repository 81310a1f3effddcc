/* SPDX-License-Identifier: MIT
 *
 * STENCIL: every output sample from a square window of the same channel. The operation file has
 *   YK_FN float OP_NAME_px(yk_window w, const int radius, const OP_PARAMS_TYPE *p, YK_GLOBAL const float *coef)
 * and reads w with yk_at(w, dx, dy), |dx|, |dy| <= radius. The border replicates the edge of the image: on the
 * CPU rows are picked by clamped pointers and columns are padded, on a device both indices are clamped.
 * With OP_BLOCKS the CPU calls, with the same result,
 *   YK_FN void OP_NAME_block(yk_window w, const int count, const int radius, const OP_PARAMS_TYPE *p,
 *                            const float *coef, float *out)
 * for `count` pixels from w on, YK_STENCIL_BLOCK at the most: for windows that are too large to unroll. */
#if defined(YK_DIALECT_CL)

__kernel void OP_FN(kernel)(__global const float *src, __global float *dst, struct yk_pass pass, OP_PARAMS_TYPE p,
                            __global const float *coef, __global const int *index, __global const float *aux)
{
    int x = (int)get_global_id(0), y = (int)get_global_id(1), plane = (int)get_global_id(2);
    if (x >= pass.dst_w || y >= pass.dst_h)
        return;
    yk_window w;
    w.plane = src + plane * pass.src_plane;
    w.x = pass.dst_x0 + x;
    w.y = pass.dst_y0 + y;
    w.x0 = pass.src_x0;
    w.y0 = pass.src_y0;
    w.right = pass.src_width - 1;
    w.bottom = pass.src_height - 1;
    w.stride = pass.src_stride;
    float v;
    if (pass.keep_alpha && plane == pass.colours_in)
        v = yk_at(w, 0, 0);
    else
        switch (pass.reach) {
#define YK_CASE(size)                        \
    case size:                               \
        v = OP_FN(px)(w, size, &p, coef);    \
        break;
            OP_SIZES(YK_CASE)
#undef YK_CASE
        default:
            v = OP_FN(px)(w, pass.reach, &p, coef);
        }
    dst[plane * pass.dst_plane + y * pass.dst_stride + x] = yk_clamp01(v);
}

#else

YK_FN void OP_FN(stencil)(const struct yk_pass *pass, const float *src, float *dst, const OP_PARAMS_TYPE *p,
                          const float *coef, const int radius)
{
    const float *rows[2 * YK_STENCIL_REACH + 1];
    for (int plane = 0; plane < pass->colours_in + pass->alpha_in; plane++) {
        const float *s = src + (ptrdiff_t)plane * pass->src_plane + pass->dst_x0 - pass->src_x0;
        for (int y = 0; y < pass->dst_h; y++) {
            float *restrict d = dst + (ptrdiff_t)plane * pass->dst_plane + (ptrdiff_t)y * pass->dst_stride;
            for (int k = -radius; k <= radius; k++) {
                int row = yk_clampi(pass->dst_y0 + y + k, 0, pass->src_height - 1) - pass->src_y0;
                rows[radius + k] = s + (ptrdiff_t)row * pass->src_stride;
            }
            if (pass->keep_alpha && plane == pass->colours_in) {
                memcpy(d, rows[radius], (size_t)pass->dst_w * sizeof *d);
                continue;
            }
#if OP_BLOCKS
            for (int x = 0; x < pass->dst_w; x += YK_STENCIL_BLOCK) {
                yk_window w = {rows + radius, x};
                OP_FN(block)(w, yk_clampi(pass->dst_w - x, 0, YK_STENCIL_BLOCK), radius, p, coef, d + x);
            }
            YK_SIMD
            for (int x = 0; x < pass->dst_w; x++)
                d[x] = yk_clamp01(d[x]);
#else
            YK_SIMD
            for (int x = 0; x < pass->dst_w; x++) {
                yk_window w = {rows + radius, x};
                d[x] = yk_clamp01(OP_FN(px)(w, radius, p, coef));
            }
#endif
        }
    }
}

static void OP_FN(rows)(const struct yk_pass *pass, const float *src, float *dst, const void *params,
                        const float *coef, const int *index, float *scratch)
{
    OP_PARAMS_TYPE p = *(const OP_PARAMS_TYPE *)params;
    (void)index, (void)scratch;
    switch (pass->reach) {
#define YK_CASE(size)                                     \
    case size:                                            \
        OP_FN(stencil)(pass, src, dst, &p, coef, size);   \
        break;
        OP_SIZES(YK_CASE)
#undef YK_CASE
    default:
        OP_FN(stencil)(pass, src, dst, &p, coef, pass->reach);
    }
}

#endif
