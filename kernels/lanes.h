/* SPDX-License-Identifier: MIT
 *
 * Vectors of samples for the separable row functions: as many lanes as a register of the level holds, blocks of
 * 2 * YK_LANES samples, and weighted sums over rows that lie behind each other. Only C; a device computes each sample
 * on its own with the same order of sums. Loads and stores need no alignment. Every lane is a sum of its own, so the
 * width changes no bit. All functions are pure; rows may not overlap what is written. */
#ifndef YK_LANES_H
#define YK_LANES_H

#include "descriptor.h"
#include "prelude.h"

/* Wider vectors than a register: GCC takes them apart into single samples, on the stack, which is 20 times slower. */
#if defined(__AVX512F__)
enum { YK_LANES = 16 };
#elif defined(__AVX__)
enum { YK_LANES = 8 };
#else
enum { YK_LANES = 4 };
#endif
typedef float yk_vector __attribute__((vector_size(YK_LANES * 4), aligned(4), may_alias));
typedef int yk_mask __attribute__((vector_size(YK_LANES * 4)));

enum {
    YK_BLOCK = 2 * YK_LANES, /* side of the square blocks that are turned; a row of a packed tile */
    YK_PACK_REACH = 8, /* from here on packing pays: 8 samples take 12 ns, without 10, at reach 6; 17 and 22 at 12 */
    YK_TILE = 64             /* columns that the resampler sums at a time: 4 vectors of the widest level */
};

/* For a loop that would share registers with its caller and spill: inlined, two profiles had the packed sums at 39
 * cycles instead of 29. */
#define YK_APART static __attribute__((noinline, unused))

YK_FN int yk_round_up(int v, int to)
{
    return (v + to - 1) / to * to;
}

YK_FN yk_vector yk_load_vector(const float *p)
{
    return *(const yk_vector *)(const void *)p;
}
YK_FN void yk_store_vector(float *p, yk_vector v)
{
    *(yk_vector *)(void *)p = v;
}

/* yk_clamp01 of every lane. Masks, because GCC makes compare and blend of the plain loop. */
YK_FN yk_vector yk_clamp_vector(yk_vector v)
{
    const yk_vector zero = {0}, one = zero + 1.0f;
    v = (yk_vector)((yk_mask)v & (v > zero));
    yk_mask below = v < one;
    return (yk_vector)(((yk_mask)v & below) | ((yk_mask)one & ~below));
}

/* Two vectors woven together, in units of one and of two samples, within every four lanes (the low or the high half of
 * both), and the even or odd fours of two vectors: what single instructions do at every level. */
#if defined(__AVX512F__)
#define YK_WEAVE_1_LOW(a, b)                                                                                           \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define YK_WEAVE_1_HIGH(a, b)                                                                                          \
    __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define YK_WEAVE_2_LOW(a, b)                                                                                           \
    __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define YK_WEAVE_2_HIGH(a, b)                                                                                          \
    __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#define YK_FOURS_EVEN(a, b)                                                                                            \
    __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define YK_FOURS_ODD(a, b)                                                                                             \
    __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)
#elif defined(__AVX__)
#define YK_WEAVE_1_LOW(a, b)  __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define YK_WEAVE_1_HIGH(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define YK_WEAVE_2_LOW(a, b)  __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define YK_WEAVE_2_HIGH(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define YK_FOURS_EVEN(a, b)   __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define YK_FOURS_ODD(a, b)    __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#else
#define YK_WEAVE_1_LOW(a, b)  __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define YK_WEAVE_1_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define YK_WEAVE_2_LOW(a, b)  __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define YK_WEAVE_2_HIGH(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)
#define YK_FOURS_EVEN(a, b)   (a) /* a vector is one four: this step is not reached */
#define YK_FOURS_ODD(a, b)    (b)
#endif

/* to[c][r] = from[r][c] for YK_LANES rows and columns; steps in samples from row to row. Rows are woven into columns
 * of four, then the fours are sorted: log2(YK_LANES) steps in registers, 0.15 ns a sample (GCC's code for two plain
 * loops: 1 ns). */
YK_FN void yk_turn(float *restrict to, ptrdiff_t to_step, const float *restrict from, ptrdiff_t from_step)
{
    yk_vector a[YK_LANES], b[YK_LANES];
    YK_UNROLL
    for (int r = 0; r < YK_LANES; r++)
        a[r] = yk_load_vector(from + r * from_step);
    YK_UNROLL
    for (int r = 0; r < YK_LANES; r += 2) {
        b[r] = YK_WEAVE_1_LOW(a[r], a[r + 1]);
        b[r + 1] = YK_WEAVE_1_HIGH(a[r], a[r + 1]);
    }
    YK_UNROLL
    for (int r = 0; r < YK_LANES; r += 4) {
        a[r] = YK_WEAVE_2_LOW(b[r], b[r + 2]);
        a[r + 1] = YK_WEAVE_2_HIGH(b[r], b[r + 2]);
        a[r + 2] = YK_WEAVE_2_LOW(b[r + 1], b[r + 3]);
        a[r + 3] = YK_WEAVE_2_HIGH(b[r + 1], b[r + 3]);
    }
    /* a[r + c] now holds columns c, c + 4, ... of rows r .. r + 3, r a multiple of 4. */
    YK_UNROLL
    for (int half = YK_LANES / 2; half >= 4; half /= 2) {
        YK_UNROLL
        for (int r = 0; r < YK_LANES; r++)
            b[r] = a[r];
        YK_UNROLL
        for (int r = 0; r < YK_LANES / 2; r++) {
            int pair = r / 4 * 8 + r % 4;
            a[r] = YK_FOURS_EVEN(b[pair], b[pair + 4]);
            a[r + YK_LANES / 2] = YK_FOURS_ODD(b[pair], b[pair + 4]);
        }
    }
    YK_UNROLL
    for (int c = 0; c < YK_LANES; c++)
        yk_store_vector(to + c * to_step, a[c]);
}

/* The same for YK_BLOCK rows and columns. */
YK_FN void yk_turn_block(float *restrict to, ptrdiff_t to_step, const float *restrict from, ptrdiff_t from_step)
{
    for (int r = 0; r < YK_BLOCK; r += YK_LANES)
        for (int c = 0; c < YK_BLOCK; c += YK_LANES)
            yk_turn(to + c * to_step + r, to_step, from + r * from_step + c, from_step);
}

/* out[i] = w[0] * centre[i] + sum over k of w[k] * (centre[i - k] + centre[i + k]) for i below n rounded up to even;
 * a row is YK_BLOCK samples. Two rows of two vectors at once: what is the upper neighbour of one row at distance k is
 * that of the other at k + 1 and stays in its register, so that half the samples are loaded. Packed rows make every
 * load aligned within its cache line and keep 2 * reach + 1 of them in the first-level cache: with reach 24, 8.3 ns
 * for 8 samples, with every sample loaded for every row 10.1, rows apart 37, unaligned samples 17. Half the additions
 * as fused multiply-adds with 1, which other units do, gained nothing that a second run showed again (Zen 3). */
YK_APART void yk_sums_symmetric(float *restrict out, int n, const float *w, int reach, const float *restrict centre)
{
    for (int i = 0; i < n; i += 2, out += 2 * YK_BLOCK, centre += 2 * YK_BLOCK) {
        const float *low = centre, *high = centre + YK_BLOCK;
        yk_vector first[2], second[2], above[2], below[2];
        YK_UNROLL
        for (int v = 0; v < 2; v++) {
            above[v] = yk_load_vector(low + v * YK_LANES);
            below[v] = yk_load_vector(high + v * YK_LANES);
            first[v] = w[0] * above[v];
            second[v] = w[0] * below[v];
        }
        int k = 1;
        for (; k < reach; k += 2) {
            low -= 2 * YK_BLOCK;
            high += 2 * YK_BLOCK;
            YK_UNROLL
            for (int v = 0; v < 2; v++) {
                yk_vector above_1 = yk_load_vector(low + YK_BLOCK + v * YK_LANES);
                yk_vector below_1 = yk_load_vector(high - YK_BLOCK + v * YK_LANES);
                first[v] = first[v] + w[k] * (above_1 + below[v]);
                second[v] = second[v] + w[k] * (above[v] + below_1);
                above[v] = yk_load_vector(low + v * YK_LANES);
                below[v] = yk_load_vector(high + v * YK_LANES);
                first[v] = first[v] + w[k + 1] * (above[v] + below_1);
                second[v] = second[v] + w[k + 1] * (above_1 + below[v]);
            }
        }
        YK_UNROLL
        for (int v = 0; v < 2; v++) {
            if (k == reach) {
                first[v] = first[v] + w[k] * (yk_load_vector(low - YK_BLOCK + v * YK_LANES) + below[v]);
                second[v] = second[v] + w[k] * (above[v] + yk_load_vector(high + YK_BLOCK + v * YK_LANES));
            }
            yk_store_vector(out + v * YK_LANES, first[v]);
            yk_store_vector(out + YK_BLOCK + v * YK_LANES, second[v]);
        }
    }
}

/* For a short reach nothing is packed or turned; it is a constant here, since a loop of a few rounds costs as much in
 * wrong guesses of its end as in sums. */
YK_FN void yk_down(float *restrict out, ptrdiff_t step, int n, const float *w, const int reach,
                   const float *const *rows)
{
    for (int x = 0; x < n; x += YK_LANES) {
        yk_vector above = yk_load_vector(rows[0] + x), below = yk_load_vector(rows[1] + x);
        yk_vector first = w[0] * above, second = w[0] * below;
        YK_UNROLL
        for (int k = 1; k <= reach; k++) {
            yk_vector up = yk_load_vector(rows[-k] + x), down = yk_load_vector(rows[k + 1] + x);
            first = first + w[k] * (up + below);
            second = second + w[k] * (above + down);
            above = up;
            below = down;
        }
        yk_store_vector(out + x, first);
        yk_store_vector(out + step + x, second);
    }
}

YK_FN void yk_beside(float *restrict out, int n, const float *w, const int reach, const float *restrict centre)
{
    for (int x = 0; x < n; x += YK_LANES) {
        yk_vector sum = w[0] * yk_load_vector(centre + x);
        YK_UNROLL
        for (int k = 1; k <= reach; k++)
            sum = sum + w[k] * (yk_load_vector(centre + x - k) + yk_load_vector(centre + x + k));
        yk_store_vector(out + x, sum);
    }
}

/* Column sums of two neighbouring rows, `step` samples apart in `out`: out[x] = w[0] * rows[0][x] + sum over k of
 * w[k] * (rows[-k][x] + rows[k][x]), and the same one row further. rows: -reach .. reach + 1; reach below
 * YK_PACK_REACH. */
YK_APART void yk_sums_down(float *restrict out, ptrdiff_t step, int n, const float *w, int reach,
                           const float *const *rows)
{
    switch (reach) {
    case 1: yk_down(out, step, n, w, 1, rows); break;
    case 2: yk_down(out, step, n, w, 2, rows); break;
    case 3: yk_down(out, step, n, w, 3, rows); break;
    case 4: yk_down(out, step, n, w, 4, rows); break;
    case 5: yk_down(out, step, n, w, 5, rows); break;
    case 6: yk_down(out, step, n, w, 6, rows); break;
    case 7: yk_down(out, step, n, w, 7, rows); break;
    default: yk_down(out, step, n, w, reach, rows); break;
    }
}

/* Row sums: out[x] = w[0] * centre[x] + sum over k of w[k] * (centre[x - k] + centre[x + k]). */
YK_APART void yk_sums_beside(float *restrict out, int n, const float *w, int reach, const float *restrict centre)
{
    switch (reach) {
    case 1: yk_beside(out, n, w, 1, centre); break;
    case 2: yk_beside(out, n, w, 2, centre); break;
    case 3: yk_beside(out, n, w, 3, centre); break;
    case 4: yk_beside(out, n, w, 4, centre); break;
    case 5: yk_beside(out, n, w, 5, centre); break;
    case 6: yk_beside(out, n, w, 6, centre); break;
    case 7: yk_beside(out, n, w, 7, centre); break;
    default: yk_beside(out, n, w, reach, centre); break;
    }
}

/* One of two neighbouring outputs of a resampler: where it goes, its weights, its first row. */
struct yk_taps {
    float *out;
    const float *weights;
    int start;
};

/* out = sum over k of weights[k] * row[start + k], for both outputs (b starts where a does or later) and `vectors`
 * vectors; rows are `step` samples apart. The rows that both have are loaded once. Sums begin with an exact zero. */
YK_FN void yk_sums_pair(struct yk_taps a, struct yk_taps b, int taps, const float *rows, ptrdiff_t step,
                        const int vectors)
{
    const int apart = b.start - a.start, alone = apart < taps ? apart : taps;
    const float *row = rows + a.start * step;
    yk_vector sum_a[4], sum_b[4];
    YK_UNROLL
    for (int v = 0; v < vectors; v++)
        sum_a[v] = sum_b[v] = (yk_vector){0};
    for (int k = 0; k < alone; k++, row += step) {
        YK_UNROLL
        for (int v = 0; v < vectors; v++)
            sum_a[v] = sum_a[v] + a.weights[k] * yk_load_vector(row + v * YK_LANES);
    }
    const float *weights = a.weights + alone;
    for (int k = 0; k < taps - alone; k++, row += step) {
        YK_UNROLL
        for (int v = 0; v < vectors; v++) {
            yk_vector sample = yk_load_vector(row + v * YK_LANES);
            sum_a[v] = sum_a[v] + weights[k] * sample;
            sum_b[v] = sum_b[v] + b.weights[k] * sample;
        }
    }
    row = rows + (b.start + taps - alone) * step;
    for (int k = taps - alone; k < taps; k++, row += step) {
        YK_UNROLL
        for (int v = 0; v < vectors; v++)
            sum_b[v] = sum_b[v] + b.weights[k] * yk_load_vector(row + v * YK_LANES);
    }
    YK_UNROLL
    for (int v = 0; v < vectors; v++) {
        yk_store_vector(a.out + v * YK_LANES, sum_a[v]);
        yk_store_vector(b.out + v * YK_LANES, sum_b[v]);
    }
}

#endif
