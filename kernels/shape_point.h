/* SPDX-License-Identifier: MIT
 *
 * POINT: every output pixel from the same input pixel. The operation file has
 *   YK_FN yk_px OP_NAME_px(yk_px v, const OP_PARAMS_TYPE *p, YK_GLOBAL const float *coef)
 * Results are clamped to 0 .. 1 here. Source and destination may be the same memory. */
#if defined(YK_DIALECT_CL)

__kernel void OP_FN(kernel)(__global const float *src, __global float *dst, struct yk_pass pass, OP_PARAMS_TYPE p,
                            __global const float *coef, __global const int *index, __global const float *aux)
{
    int x = (int)get_global_id(0), y = (int)get_global_id(1);
    if (x >= pass.dst_w || y >= pass.dst_h)
        return;
    __global const float *s = src + (pass.dst_y0 + y - pass.src_y0) * pass.src_stride + pass.dst_x0 + x - pass.src_x0;
    __global float *d = dst + y * pass.dst_stride + x;
    int green = pass.colours_in == 3 ? pass.src_plane : 0;
    yk_px v;
    v.r = s[0];
    v.g = s[green];
    v.b = s[2 * green];
    v.a = pass.alpha_in ? s[pass.colours_in * pass.src_plane] : 1.0f;
    yk_px w = OP_FN(px)(v, &p, coef);
    d[0] = yk_clamp01(w.r);
    if (pass.colours_out == 3) {
        d[pass.dst_plane] = yk_clamp01(w.g);
        d[2 * pass.dst_plane] = yk_clamp01(w.b);
    }
    if (pass.alpha_out)
        d[pass.colours_out * pass.dst_plane] = OP_ALPHA == YK_ALPHA_PIXEL ? yk_clamp01(w.a) : v.a;
}

#else

YK_FN void OP_FN(point)(const struct yk_pass *pass, const float *src, float *dst, const OP_PARAMS_TYPE *p,
                        const float *coef, const int colours_in, const int colours_out, const int alpha)
{
    for (int y = 0; y < pass->dst_h; y++) {
        const float *r =
            src + (ptrdiff_t)(pass->dst_y0 + y - pass->src_y0) * pass->src_stride + pass->dst_x0 - pass->src_x0;
        const float *g = colours_in == 3 ? r + pass->src_plane : r;
        const float *b = colours_in == 3 ? g + pass->src_plane : r;
        const float *a = alpha ? r + (ptrdiff_t)colours_in * pass->src_plane : r;
        float *dr = dst + (ptrdiff_t)y * pass->dst_stride;
        float *dg = colours_out == 3 ? dr + pass->dst_plane : dr;
        float *db = colours_out == 3 ? dg + pass->dst_plane : dr;
        float *da = alpha ? dr + (ptrdiff_t)colours_out * pass->dst_plane : dr;
        YK_SIMD
        for (int x = 0; x < pass->dst_w; x++) {
            yk_px v = {r[x], g[x], b[x], alpha ? a[x] : 1.0f};
            yk_px w = OP_FN(px)(v, p, coef);
            dr[x] = yk_clamp01(w.r);
            if (colours_out == 3) {
                dg[x] = yk_clamp01(w.g);
                db[x] = yk_clamp01(w.b);
            }
            if (alpha)
                da[x] = OP_ALPHA == YK_ALPHA_PIXEL ? yk_clamp01(w.a) : v.a;
        }
    }
}

static void OP_FN(rows)(const struct yk_pass *pass, const float *src, float *dst, const void *params,
                        const float *coef, const int *index, float *scratch)
{
    OP_PARAMS_TYPE p = *(const OP_PARAMS_TYPE *)params;
    (void)index, (void)scratch;
    int kind = (pass->colours_in == 3) * 4 + (pass->colours_out == 3) * 2 + pass->alpha_out;
    switch (kind) {
    case 0:
        OP_FN(point)(pass, src, dst, &p, coef, 1, 1, 0);
        break;
    case 1:
        OP_FN(point)(pass, src, dst, &p, coef, 1, 1, 1);
        break;
    case 2:
        OP_FN(point)(pass, src, dst, &p, coef, 1, 3, 0);
        break;
    case 3:
        OP_FN(point)(pass, src, dst, &p, coef, 1, 3, 1);
        break;
    case 4:
        OP_FN(point)(pass, src, dst, &p, coef, 3, 1, 0);
        break;
    case 5:
        OP_FN(point)(pass, src, dst, &p, coef, 3, 1, 1);
        break;
    case 6:
        OP_FN(point)(pass, src, dst, &p, coef, 3, 3, 0);
        break;
    default:
        OP_FN(point)(pass, src, dst, &p, coef, 3, 3, 1);
        break;
    }
}

#endif
