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

/* One block of results: `block` holds columns as its rows, YK_BLOCK rows of the image each; turned back, clamped (and
 * joined with the source) they go to `height` rows and `width` columns, and up to 15 further samples, of dst. */
YK_FN void OP_FN(put)(float *restrict dst, ptrdiff_t dst_stride, const float *source, ptrdiff_t source_stride,
                      float *restrict block, int width, int height, const OP_PARAMS_TYPE *p)
{
    float *restrict turned = block + YK_BLOCK * YK_BLOCK;
    yk_turn_block(turned, YK_BLOCK, block, YK_BLOCK);
    (void)p, (void)source, (void)source_stride;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x += YK_LANES) {
            float *restrict d = dst + y * dst_stride + x;
            const float *sums = turned + y * YK_BLOCK + x;
#if OP_COMBINE
            const float *s = source + y * source_stride + x;
            YK_SIMD
            for (int l = 0; l < YK_LANES; l++)
                d[l] = yk_clamp01(OP_FN(combine)(s[l], sums[l], p));
#else
            yk_store_vector(d, yk_clamp_vector(yk_load_vector(sums)));
#endif
        }
}

#if OP_RESAMPLE

/* Column sums of YK_TILE columns, all rows of the strip, turned into blocks of columns; as soon as a block of results
 * has the columns that it needs, its row sums follow, while those are in the cache. scratch as yk_rows_scratch. */
static void OP_FN(rows)(const struct yk_pass *pass, const float *src, float *dst, const void *params,
                        const float *coef, const int *index, float *scratch)
{
    OP_PARAMS_TYPE p = *(const OP_PARAMS_TYPE *)params;
    const int taps_x = index[0], taps_y = index[1];
    const int *start_x = index + 2 + pass->dst_x0, *start_y = index + 2 + pass->dst_width + pass->dst_y0;
    const float *weights_x = coef + (ptrdiff_t)pass->dst_x0 * taps_x;
    const float *weights_y = coef + (ptrdiff_t)pass->dst_width * taps_x + (ptrdiff_t)pass->dst_y0 * taps_y;
    const int height = yk_round_up(pass->dst_h, YK_BLOCK);
    const ptrdiff_t group = (ptrdiff_t)yk_round_up(pass->src_w, YK_TILE) * YK_BLOCK; /* of one block of rows */
    float *block = scratch, *sums = block + 2 * YK_BLOCK * YK_BLOCK, *turned = sums + (ptrdiff_t)height * YK_TILE;
    memset(sums, 0, (size_t)height * YK_TILE * sizeof *sums);
    for (int plane = 0; plane < pass->colours_in + pass->alpha_in; plane++) {
        const float *s = src + (ptrdiff_t)plane * pass->src_plane;
        int done = 0; /* columns of the result */
        for (int column = 0; column < pass->src_w; column += YK_TILE) {
            int held = column + YK_TILE < pass->src_w ? column + YK_TILE : pass->src_w;
            for (int x = column; x < held; x += 4 * YK_LANES)
                for (int y = 0; y < pass->dst_h; y += 2) {
                    int z = y + 1 < pass->dst_h ? y + 1 : y;
                    struct yk_taps a = {sums + y * YK_TILE + x - column, weights_y + (ptrdiff_t)y * taps_y,
                                        start_y[y] - pass->src_y0};
                    struct yk_taps b = {a.out + (z - y) * YK_TILE, weights_y + (ptrdiff_t)z * taps_y,
                                        start_y[z] - pass->src_y0};
                    yk_sums_pair(a, b, taps_y, s + x, pass->src_stride, 4);
                }
            for (int y = 0; y < height; y += YK_BLOCK)
                for (int x = 0; x < YK_TILE; x += YK_BLOCK)
                    yk_turn_block(turned + y / YK_BLOCK * group + (column + x) * YK_BLOCK, YK_BLOCK,
                                  sums + y * YK_TILE + x, YK_TILE);
            for (; done < pass->dst_w; done += YK_BLOCK) {
                int width = pass->dst_w - done < YK_BLOCK ? pass->dst_w - done : YK_BLOCK;
                if (start_x[done + width - 1] - pass->src_x0 + taps_x > held)
                    break;
                for (int y = 0; y < pass->dst_h; y += YK_BLOCK) {
                    for (int x = 0; x < width; x += 2) {
                        int z = x + 1 < width ? x + 1 : x;
                        struct yk_taps a = {block + x * YK_BLOCK, weights_x + (ptrdiff_t)(done + x) * taps_x,
                                            start_x[done + x] - pass->src_x0};
                        struct yk_taps b = {block + z * YK_BLOCK, weights_x + (ptrdiff_t)(done + z) * taps_x,
                                            start_x[done + z] - pass->src_x0};
                        yk_sums_pair(a, b, taps_x, turned + y / YK_BLOCK * group, YK_BLOCK, 2);
                    }
                    int rows = pass->dst_h - y < YK_BLOCK ? pass->dst_h - y : YK_BLOCK;
                    OP_FN(put)(dst + plane * (ptrdiff_t)pass->dst_plane + y * (ptrdiff_t)pass->dst_stride + done,
                               pass->dst_stride, NULL, 0, block, width, rows, &p);
                }
            }
        }
    }
}

#else

/* A reach below YK_PACK_REACH: two rows of the result at a time; scratch: as many rows of column sums, each of
 * dst_w + 2 * reach + 64. */
YK_APART void OP_FN(direct)(const struct yk_pass *pass, const float *src, float *dst, const OP_PARAMS_TYPE *p,
                            const float *coef, float *scratch)
{
    const int reach = pass->reach, last = pass->src_y0 + pass->src_h - 1;
    const ptrdiff_t step = yk_round_up(pass->dst_w + 2 * reach, 64);
    (void)p;
    for (int plane = 0; plane < pass->colours_in + pass->alpha_in; plane++) {
        const float *s = src + (ptrdiff_t)plane * pass->src_plane + pass->dst_x0 - pass->src_x0;
        float *restrict d = dst + (ptrdiff_t)plane * pass->dst_plane;
        const float *rows[2 * YK_PACK_REACH];
        for (int y = 0; y < pass->dst_h; y++, d += pass->dst_stride) {
            for (int k = -reach; k <= reach + 1 && y % 2 == 0; k++) {
                int row = yk_clampi(pass->dst_y0 + y + k, 0, pass->src_height - 1);
                row = row < last ? row : last; /* below an odd last row: not used */
                rows[reach + k] = s + (ptrdiff_t)(row - pass->src_y0) * pass->src_stride - reach;
            }
            if (y % 2 == 0)
                yk_sums_down(scratch, step, pass->dst_w + 2 * reach, coef, reach, rows + reach);
            yk_sums_beside(d, pass->dst_w, coef, reach, scratch + y % 2 * step + reach);
#if OP_COMBINE
            const float *source = rows[reach + y % 2] + reach;
            YK_SIMD
            for (int x = 0; x < pass->dst_w; x++)
                d[x] = yk_clamp01(OP_FN(combine)(source[x], d[x], p));
#else
            YK_SIMD
            for (int x = 0; x < pass->dst_w; x++)
                d[x] = yk_clamp01(d[x]);
#endif
        }
    }
}

/* For YK_TILE columns at a time, all rows of the strip: packed one behind the other (with those beyond the image),
 * summed, and turned into blocks of columns. As soon as a block of results has its neighbours, its row sums follow,
 * while those are in the cache: only as many columns as a few blocks need are kept turned. scratch as
 * yk_rows_scratch. */
static void OP_FN(rows)(const struct yk_pass *pass, const float *src, float *dst, const void *params,
                        const float *coef, const int *index, float *scratch)
{
    OP_PARAMS_TYPE p = *(const OP_PARAMS_TYPE *)params;
    if (pass->reach < YK_PACK_REACH) {
        OP_FN(direct)(pass, src, dst, &p, coef, scratch);
        return;
    }
    const int reach = pass->reach, columns = pass->dst_w + 2 * reach, height = yk_round_up(pass->dst_h, YK_BLOCK);
    const int even = pass->dst_h + pass->dst_h % 2; /* rows to sum */
    const int room = yk_round_up(2 * reach + YK_BLOCK, YK_TILE) + 2 * YK_TILE;   /* turned columns that are kept */
    const ptrdiff_t group = (ptrdiff_t)room * YK_BLOCK;                          /* of one block of rows */
    const ptrdiff_t tall = (ptrdiff_t)(even + 2 * reach) * YK_BLOCK;             /* of one block of packed columns */
    float *block = scratch, *sums = block + 2 * YK_BLOCK * YK_BLOCK, *packed = sums + (ptrdiff_t)height * YK_BLOCK;
    float *turned = packed + tall * (YK_TILE / YK_BLOCK);
    (void)index;
    memset(sums, 0, (size_t)height * YK_BLOCK * sizeof *sums);
    for (int plane = 0; plane < pass->colours_in + pass->alpha_in; plane++) {
        const float *s = src + (ptrdiff_t)plane * pass->src_plane + pass->dst_x0 - pass->src_x0;
        int done = 0, base = 0; /* columns of the result; the first column that is kept */
        for (int column = 0; column < columns; column += YK_TILE) {
            if (column + YK_TILE - base > room) {
                float *to = turned;
                for (int y = 0; y < height; y += YK_BLOCK, to += group)
                    memmove(to, to + (ptrdiff_t)(done - base) * YK_BLOCK,
                            (size_t)(column - done) * YK_BLOCK * sizeof *to);
                base = done;
            }
            for (int y = 0; y < even + 2 * reach; y++) {
                int row = yk_clampi(pass->dst_y0 + y - reach, 0, pass->src_height - 1) - pass->src_y0;
                row = row < pass->src_h ? row : pass->src_h - 1; /* the row that makes their number even */
                const float *from = s + (ptrdiff_t)row * pass->src_stride + column - reach;
                float *to = packed + (ptrdiff_t)y * YK_BLOCK;
                for (int x = 0; x < YK_TILE && column + x < columns; x += YK_BLOCK, to += tall) {
                    __builtin_prefetch(from + x + YK_TILE);
                    yk_store_vector(to, yk_load_vector(from + x));
                    yk_store_vector(to + YK_LANES, yk_load_vector(from + x + YK_LANES));
                }
            }
            int held = column + YK_TILE < columns ? column + YK_TILE : columns;
            for (int x = column; x < held; x += YK_BLOCK) {
                const float *tile = packed + (x - column) / YK_BLOCK * tall;
                yk_sums_symmetric(sums, even, coef, reach, tile + (ptrdiff_t)reach * YK_BLOCK);
                for (int y = 0; y < height; y += YK_BLOCK)
                    yk_turn_block(turned + y / YK_BLOCK * group + (ptrdiff_t)(x - base) * YK_BLOCK, YK_BLOCK,
                                  sums + y * YK_BLOCK, YK_BLOCK);
            }
            for (; done < pass->dst_w; done += YK_BLOCK) {
                int width = pass->dst_w - done < YK_BLOCK ? pass->dst_w - done : YK_BLOCK;
                if (done + width + 2 * reach > held)
                    break;
                for (int y = 0; y < pass->dst_h; y += YK_BLOCK) {
                    int rows = pass->dst_h - y < YK_BLOCK ? pass->dst_h - y : YK_BLOCK;
                    const float *centre = turned + y / YK_BLOCK * group + (ptrdiff_t)(done + reach - base) * YK_BLOCK;
                    yk_sums_symmetric(block, width, coef, reach, centre);
                    const float *source = s + (ptrdiff_t)(pass->dst_y0 + y - pass->src_y0) * pass->src_stride + done;
                    OP_FN(put)(dst + plane * (ptrdiff_t)pass->dst_plane + y * (ptrdiff_t)pass->dst_stride + done,
                               pass->dst_stride, source, pass->src_stride, block, width, rows, &p);
                }
            }
        }
    }
}

#endif
#endif
