/* SPDX-License-Identifier: MIT
 *
 * SEPARABLE: weighted sums down the columns, then along the rows. Two kinds of weights:
 *   uniform (blur, box, sharpen): symmetric, coef = centre and `reach` further weights, the same for x and y;
 *     sum = w[0]*v[0], then + w[k]*(v[-k] + v[k]) for k = 1 .. reach; the border replicates the edge
 *   OP_RESAMPLE (resize): index = {taps_x, taps_y, start_x[dst_width], start_y[dst_height]},
 *     coef = {w_x[dst_width][taps_x], w_y[dst_height][taps_y]}; the planner folded the border into the weights,
 *     so that every tap lies inside the image; sum = w[0]*v[0], then + w[k]*v[k]
 * With OP_COMBINE the operation file has
 *   YK_FN float OP_NAME_combine(float source, float filtered, const OP_PARAMS_TYPE *p)
 * The order of the sums is the contract between the dialects: change it in all places or in none. */
#if defined(YK_DIALECT_CL)

__kernel void OP_FN(vertical)(__global const float *src, __global float *dst, struct yk_pass pass, OP_PARAMS_TYPE p,
                              __global const float *coef, __global const int *index, __global const float *aux)
{
    int x = (int)get_global_id(0), y = (int)get_global_id(1), plane = (int)get_global_id(2);
    if (x >= pass.dst_w || y >= pass.dst_h)
        return;
    __global const float *s = src + plane * pass.src_plane + pass.dst_x0 + x - pass.src_x0;
    float sum;
#if OP_RESAMPLE
    int taps = index[1];
    int start = index[2 + pass.dst_width + pass.dst_y0 + y] - pass.src_y0;
    __global const float *w = coef + pass.dst_width * index[0] + (pass.dst_y0 + y) * taps;
    sum = w[0] * s[start * pass.src_stride];
    for (int k = 1; k < taps; k++)
        sum = sum + w[k] * s[(start + k) * pass.src_stride];
#else
    int row = pass.dst_y0 + y, last = pass.src_height - 1;
    sum = coef[0] * s[(row - pass.src_y0) * pass.src_stride];
    for (int k = 1; k <= pass.reach; k++) {
        float above = s[(yk_clampi(row - k, 0, last) - pass.src_y0) * pass.src_stride];
        float below = s[(yk_clampi(row + k, 0, last) - pass.src_y0) * pass.src_stride];
        sum = sum + coef[k] * (above + below);
    }
#endif
    dst[plane * pass.dst_plane + y * pass.dst_stride + x] = sum;
}

__kernel void OP_FN(kernel)(__global const float *src, __global float *dst, struct yk_pass pass, OP_PARAMS_TYPE p,
                            __global const float *coef, __global const int *index, __global const float *aux)
{
    int x = (int)get_global_id(0), y = (int)get_global_id(1), plane = (int)get_global_id(2);
    if (x >= pass.dst_w || y >= pass.dst_h)
        return;
    __global const float *s = src + plane * pass.src_plane + (pass.dst_y0 + y - pass.src_y0) * pass.src_stride;
    float sum;
#if OP_RESAMPLE
    int taps = index[0];
    int start = index[2 + pass.dst_x0 + x] - pass.src_x0;
    __global const float *w = coef + (pass.dst_x0 + x) * taps;
    sum = w[0] * s[start];
    for (int k = 1; k < taps; k++)
        sum = sum + w[k] * s[start + k];
#else
    int column = pass.dst_x0 + x, last = pass.src_width - 1;
    sum = coef[0] * s[column - pass.src_x0];
    for (int k = 1; k <= pass.reach; k++) {
        float left = s[yk_clampi(column - k, 0, last) - pass.src_x0];
        float right = s[yk_clampi(column + k, 0, last) - pass.src_x0];
        sum = sum + coef[k] * (left + right);
    }
#endif
#if OP_COMBINE
    float source = aux[plane * pass.aux_plane + (pass.dst_y0 + y - pass.aux_y0) * pass.aux_stride + pass.dst_x0 + x -
                       pass.aux_x0];
    sum = OP_FN(combine)(source, sum, &p);
#endif
    dst[plane * pass.dst_plane + y * pass.dst_stride + x] = yk_clamp01(sum);
}

#else

#ifndef YK_TAPS
#define YK_TAPS
/* As many samples at once as a register of the level holds: GCC takes wider vectors apart into single samples, on the
 * stack, which is 20 times slower. Loads and stores need no alignment and may run up to 15 samples past the end, for
 * which all buffers have room. Every sample's sum is its own, so the width changes no bit. */
#if defined(__AVX512F__)
enum { YK_LANES = 16 };
#elif defined(__AVX__)
enum { YK_LANES = 8 };
#else
enum { YK_LANES = 4 };
#endif
typedef float yk_vector __attribute__((vector_size(YK_LANES * 4), aligned(4), may_alias));
enum { YK_VECTORS = 4 }; /* sums under way at once: an addition takes as many cycles */

YK_FN yk_vector yk_load_vector(const float *p)
{
    return *(const yk_vector *)(const void *)p;
}
YK_FN void yk_store_vector(float *p, yk_vector v)
{
    *(yk_vector *)(void *)p = v;
}

/* out[x] = w[0]*centre[x] + sum of w[k]*(centre[x - k*step] + centre[x + k*step]) for n samples. With rows given
 * (one pointer for each of -reach .. reach) the neighbours are rows, else samples of the centre row itself. */
YK_FN void yk_taps_symmetric(float *restrict out, int n, const float *w, int reach, const float *const *rows,
                             const float *centre)
{
    int x = 0;
    for (; x + (YK_VECTORS - 1) * YK_LANES < n; x += YK_VECTORS * YK_LANES) {
        yk_vector sum[YK_VECTORS];
        YK_UNROLL
        for (int v = 0; v < YK_VECTORS; v++)
            sum[v] = w[0] * yk_load_vector(centre + x + v * YK_LANES);
        for (int k = 1; k <= reach; k++) {
            const float *low = rows ? rows[-k] + x : centre + x - k;
            const float *high = rows ? rows[k] + x : centre + x + k;
            YK_UNROLL
            for (int v = 0; v < YK_VECTORS; v++)
                sum[v] = sum[v] + w[k] * (yk_load_vector(low + v * YK_LANES) + yk_load_vector(high + v * YK_LANES));
        }
        YK_UNROLL
        for (int v = 0; v < YK_VECTORS; v++)
            yk_store_vector(out + x + v * YK_LANES, sum[v]);
    }
    for (; x < n; x += YK_LANES) {
        yk_vector sum = w[0] * yk_load_vector(centre + x);
        for (int k = 1; k <= reach; k++) {
            const float *low = rows ? rows[-k] + x : centre + x - k;
            const float *high = rows ? rows[k] + x : centre + x + k;
            sum = sum + w[k] * (yk_load_vector(low) + yk_load_vector(high));
        }
        yk_store_vector(out + x, sum);
    }
}

/* out[x] = sum of w[k] * row_k[x] for n samples, rows `stride` floats apart. */
YK_FN void yk_taps_rows(float *restrict out, int n, const float *w, int taps, const float *first, ptrdiff_t stride)
{
    int x = 0;
    for (; x + YK_VECTORS * YK_LANES <= n; x += YK_VECTORS * YK_LANES) {
        const float *s = first + x;
        yk_vector sum[YK_VECTORS];
        YK_UNROLL
        for (int v = 0; v < YK_VECTORS; v++)
            sum[v] = w[0] * yk_load_vector(s + v * YK_LANES);
        for (int k = 1; k < taps; k++) {
            s += stride;
            YK_UNROLL
            for (int v = 0; v < YK_VECTORS; v++)
                sum[v] = sum[v] + w[k] * yk_load_vector(s + v * YK_LANES);
        }
        YK_UNROLL
        for (int v = 0; v < YK_VECTORS; v++)
            yk_store_vector(out + x + v * YK_LANES, sum[v]);
    }
    for (; x < n; x += YK_LANES) {
        yk_vector sum = w[0] * yk_load_vector(first + x);
        for (int k = 1; k < taps; k++)
            sum = sum + w[k] * yk_load_vector(first + x + k * stride);
        yk_store_vector(out + x, sum);
    }
}

/* Two neighbouring outputs at once, where they share most of their rows: each row is loaded once for both. The weights
 * of either are zero for the rows that only the other one has, which adds exact zeros and changes no bit. */
enum { YK_PAIR_ROWS = 256 };

YK_FN void yk_taps_pair(float *restrict out0, float *restrict out1, int n, const float *w0, const float *w1, int taps,
                        const float *first, ptrdiff_t stride)
{
    for (int x = 0; x < n; x += YK_VECTORS * YK_LANES) {
        const float *s = first + x;
        yk_vector a[YK_VECTORS], b[YK_VECTORS];
        YK_UNROLL
        for (int v = 0; v < YK_VECTORS; v++) {
            a[v] = w0[0] * yk_load_vector(s + v * YK_LANES);
            b[v] = w1[0] * yk_load_vector(s + v * YK_LANES);
        }
        for (int k = 1; k < taps; k++) {
            s += stride;
            YK_UNROLL
            for (int v = 0; v < YK_VECTORS; v++) {
                yk_vector sample = yk_load_vector(s + v * YK_LANES);
                a[v] = a[v] + w0[k] * sample;
                b[v] = b[v] + w1[k] * sample;
            }
        }
        YK_UNROLL
        for (int v = 0; v < YK_VECTORS; v++) {
            yk_store_vector(out0 + x + v * YK_LANES, a[v]);
            yk_store_vector(out1 + x + v * YK_LANES, b[v]);
        }
    }
}

/* to[c][YK_LANES] from as many rows of `from`, n columns. */
YK_FN void yk_transpose_in(float *restrict to, const float *restrict from, int n, ptrdiff_t stride)
{
    for (int c = 0; c < n; c++)
        for (int l = 0; l < YK_LANES; l++)
            to[(ptrdiff_t)c * YK_LANES + l] = from[l * stride + c];
}
#endif

#if OP_RESAMPLE

/* YK_LANES output rows at a time: columns are summed row by row, then the block is turned so that the row sums
 * run over that many rows in one vector. scratch: 16 * (src_w + 64) for the sums, the same turned. */
static void OP_FN(rows)(const struct yk_pass *pass, const float *src, float *dst, const void *params,
                        const float *coef, const int *index, float *scratch)
{
    const int taps_x = index[0], taps_y = index[1];
    const int *start_x = index + 2, *start_y = start_x + pass->dst_width;
    const float *weights_y = coef + (ptrdiff_t)pass->dst_width * taps_x;
    int columns = pass->src_w;
    ptrdiff_t stride = columns + YK_VECTORS * YK_LANES;
    float *sums = scratch, *turned = sums + YK_LANES * stride;
    (void)params;
    for (int plane = 0; plane < pass->colours_in + pass->alpha_in; plane++) {
        const float *s = src + (ptrdiff_t)plane * pass->src_plane;
        for (int y = 0; y < pass->dst_h; y += YK_LANES) {
            int lanes = pass->dst_h - y < YK_LANES ? pass->dst_h - y : YK_LANES;
            for (int l = 0; l < lanes; l++) {
                int row = pass->dst_y0 + y + l;
                const float *from = s + (ptrdiff_t)(start_y[row] - pass->src_y0) * pass->src_stride;
                const float *w = weights_y + (ptrdiff_t)row * taps_y;
                int apart = l + 1 < lanes ? start_y[row + 1] - start_y[row] : taps_y;
                if (2 * apart > taps_y || apart + taps_y > YK_PAIR_ROWS) {
                    yk_taps_rows(sums + l * stride, columns, w, taps_y, from, pass->src_stride);
                    continue;
                }
                float pair[2][YK_PAIR_ROWS];
                for (int k = 0; k < apart + taps_y; k++) {
                    pair[0][k] = k < taps_y ? w[k] : 0.0f;
                    pair[1][k] = k >= apart ? w[taps_y + k - apart] : 0.0f;
                }
                yk_taps_pair(sums + l * stride, sums + (l + 1) * stride, columns, pair[0], pair[1], apart + taps_y,
                             from, pass->src_stride);
                l++;
            }
            memset(sums + lanes * stride, 0, (size_t)((YK_LANES - lanes) * stride) * sizeof *sums);
            yk_transpose_in(turned, sums, columns, stride);
            float *d = dst + (ptrdiff_t)plane * pass->dst_plane + (ptrdiff_t)y * pass->dst_stride;
            for (int x = 0; x < pass->dst_w; x++) {
                const float *w = coef + (ptrdiff_t)(pass->dst_x0 + x) * taps_x;
                const float *t = turned + (ptrdiff_t)(start_x[pass->dst_x0 + x] - pass->src_x0) * YK_LANES;
                yk_vector a = w[0] * yk_load_vector(t);
                for (int k = 1; k < taps_x; k++)
                    a = a + w[k] * yk_load_vector(t + (ptrdiff_t)k * YK_LANES);
                float lane[YK_LANES];
                yk_store_vector(lane, a);
                for (int l = 0; l < lanes; l++)
                    d[(ptrdiff_t)l * pass->dst_stride + x] = yk_clamp01(lane[l]);
            }
        }
    }
}

#else

/* One output row at a time; scratch: dst_w + 2 * reach + 64 column sums. */
static void OP_FN(rows)(const struct yk_pass *pass, const float *src, float *dst, const void *params,
                        const float *coef, const int *index, float *scratch)
{
    OP_PARAMS_TYPE p = *(const OP_PARAMS_TYPE *)params;
    const int reach = pass->reach;
    const float *rows[2 * YK_SEPARABLE_REACH + 1];
    (void)index, (void)p;
    for (int plane = 0; plane < pass->colours_in + pass->alpha_in; plane++) {
        const float *s = src + (ptrdiff_t)plane * pass->src_plane + pass->dst_x0 - pass->src_x0;
        for (int y = 0; y < pass->dst_h; y++) {
            for (int k = -reach; k <= reach; k++) {
                int row = yk_clampi(pass->dst_y0 + y + k, 0, pass->src_height - 1) - pass->src_y0;
                rows[reach + k] = s + (ptrdiff_t)row * pass->src_stride - reach;
            }
            yk_taps_symmetric(scratch, pass->dst_w + 2 * reach, coef, reach, rows + reach, rows[reach]);
            float *restrict d = dst + (ptrdiff_t)plane * pass->dst_plane + (ptrdiff_t)y * pass->dst_stride;
            yk_taps_symmetric(d, pass->dst_w, coef, reach, NULL, scratch + reach);
#if OP_COMBINE
            const float *source = rows[reach] + reach;
            YK_SIMD
            for (int x = 0; x < pass->dst_w; x++)
                d[x] = yk_clamp01(OP_FN(combine)(source[x], d[x], &p));
#else
            YK_SIMD
            for (int x = 0; x < pass->dst_w; x++)
                d[x] = yk_clamp01(d[x]);
#endif
        }
    }
}

#endif
#endif
