/* SPDX-License-Identifier: MIT
 *
 * GEOMETRIC: every output sample pulled from anywhere in the input. The operation file has
 *   YK_FN float OP_NAME_px(yk_view s, int x, int y, int channel, const OP_PARAMS_TYPE *p,
 *                          YK_GLOBAL const float *coef, YK_GLOBAL const int *index)
 * channel: 0 .. 2 colour, 3 alpha. yk_pixel(s, x, y) reads a position inside the image; the buffer holds what
 * the operation's need() asked for. Where the input has no alpha plane but the output does, it reads 1. */
YK_FN yk_view OP_FN(view)(const struct yk_pass *pass, YK_GLOBAL const float *src, int plane)
{
    yk_view s;
    s.plane = src + (yk_long)plane * pass->src_plane;
    s.x0 = pass->src_x0;
    s.y0 = pass->src_y0;
    s.stride = pass->src_stride;
    s.width = pass->src_width;
    s.height = pass->src_height;
    s.out_width = pass->dst_width;
    s.out_height = pass->dst_height;
    s.opaque = plane == pass->colours_in && !pass->alpha_in;
    return s;
}

#if defined(YK_DIALECT_CL)

__kernel void OP_FN(kernel)(__global const float *src, __global float *dst, struct yk_pass pass, OP_PARAMS_TYPE p,
                            __global const float *coef, __global const int *index, __global const float *aux)
{
    int x = (int)get_global_id(0), y = (int)get_global_id(1), plane = (int)get_global_id(2);
    if (x >= pass.dst_w || y >= pass.dst_h)
        return;
    yk_view s = OP_FN(view)(&pass, src, plane);
    float v = OP_FN(px)(s, pass.dst_x0 + x, pass.dst_y0 + y, plane == pass.colours_in ? 3 : plane, &p, coef, index);
    dst[plane * pass.dst_plane + y * pass.dst_stride + x] = v;
}

#else

static void OP_FN(rows)(const struct yk_pass *pass, const float *src, float *dst, const void *params,
                        const float *coef, const int *index, float *scratch)
{
    OP_PARAMS_TYPE p = *(const OP_PARAMS_TYPE *)params;
    (void)scratch;
    for (int plane = 0; plane < pass->colours_in + pass->alpha_out; plane++) {
        yk_view s = OP_FN(view)(pass, src, plane);
        int channel = plane == pass->colours_in ? 3 : plane;
        for (int y = 0; y < pass->dst_h; y++) {
            float *restrict d = dst + (ptrdiff_t)plane * pass->dst_plane + (ptrdiff_t)y * pass->dst_stride;
            YK_SIMD
            for (int x = 0; x < pass->dst_w; x++)
                d[x] = OP_FN(px)(s, pass->dst_x0 + x, pass->dst_y0 + y, channel, &p, coef, index);
        }
    }
}

#endif
