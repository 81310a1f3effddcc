/* SPDX-License-Identifier: MIT
 *
 * A shrinking resampler on interleaved samples, for the CPU: rows of the source are added to the column sums of the
 * results as they come, and complete column sums become row sums. The vertical pass does not care what a sample is;
 * the horizontal one turns blocks of samples, so that a channel's neighbours are `channels` rows apart, and its results
 * come out planar. Nothing is sorted by channel in between, and the channels of a pixel share their weights. Only C;
 * the sums and their order are those of shape_separable.h. */
#ifndef YK_INTERLEAVED_H
#define YK_INTERLEAVED_H

#include "convert.cl"
#include "lanes.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

/* YK_LANES bytes as numbers. With intrinsics where there is one instruction: GCC 12 makes of a plain loop two steps
 * with halves that change sides, which take twice as long in all. */
YK_FN yk_vector yk_load_bytes(const unsigned char *p)
{
#if defined(__AVX512F__)
    return (yk_vector)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)p)));
#elif defined(__AVX2__)
    return (yk_vector)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)p)));
#else
    yk_vector v;
    YK_UNROLL
    for (int l = 0; l < YK_LANES; l++)
        v[l] = (float)p[l];
    return v;
#endif
}

/* The level's yk_spread_fn. */
YK_APART void yk_spread(const unsigned char *bytes, size_t stride, int wide, float *to, ptrdiff_t step, int n, int rows)
{
    for (int y = 0; y < rows; y++, bytes += stride, to += step) {
        int x = 0;
        for (; !wide && x + YK_LANES <= n; x += YK_LANES)
            yk_store_vector(to + x, yk_load_bytes(bytes + x) * YK_NARROW_SCALE);
        if (wide)
            yk_load_row(bytes, to, n, 1, 1, 0);
        else if (x < n)
            yk_load_row(bytes + x, to + x, n - x, 1, 0, 0);
    }
}

/* The level's yk_add_fn. 64 columns at a time where there are registers for their sums, because an addition takes three
 * cycles or four and two can begin in each. One sum after the other: its weights then stay where they are. */
enum { YK_ADD = YK_LANES == 8 ? 8 : 4 };

YK_APART void yk_add_rows(const struct yk_share *shares, int count, const float *rows, ptrdiff_t step, int n)
{
    for (const struct yk_share *share = shares; share < shares + count; share++)
        for (int x = 0; x < n; x += YK_ADD * YK_LANES) {
            const float *row = rows + share->first * step + x;
            yk_vector sum[YK_ADD];
            YK_UNROLL
            for (int v = 0; v < YK_ADD; v++)
                sum[v] = share->begins ? (yk_vector){0} : yk_load_vector(share->sum + x + v * YK_LANES);
            for (int k = 0; k < share->count; k++, row += step) {
                YK_UNROLL
                for (int v = 0; v < YK_ADD; v++)
                    sum[v] = sum[v] + share->weights[k] * yk_load_vector(row + v * YK_LANES);
            }
            YK_UNROLL
            for (int v = 0; v < YK_ADD; v++)
                yk_store_vector(share->sum + x + v * YK_LANES, sum[v]);
        }
}

/* Turns samples [from, to) (and up to YK_LANES - 1 more) of YK_BLOCK rows; sample s becomes row s - base. */
YK_FN void yk_turn_samples(float *restrict turned, int base, int from, int to, const float *restrict rows,
                           ptrdiff_t stride)
{
    for (int s = from; s < to; s += YK_LANES)
        for (int r = 0; r < YK_BLOCK; r += YK_LANES)
            yk_turn(turned + (ptrdiff_t)(s - base) * YK_BLOCK + r, YK_BLOCK, rows + r * stride + s, stride);
}

/* n results of YK_BLOCK rows, clamped: block[(x * channels + c) * YK_BLOCK + y]. `turned`: the samples from column
 * `first` on. */
YK_FN void yk_sums_along(float *restrict block, int n, const float *weights, const int *start, int taps,
                         const float *restrict turned, int first, const int channels)
{
    for (int x = 0; x < n; x++, weights += taps, block += channels * YK_BLOCK) {
        const float *row = turned + (ptrdiff_t)(start[x] - first) * channels * YK_BLOCK;
        yk_vector sum[8];
        YK_UNROLL
        for (int v = 0; v < 2 * channels; v++)
            sum[v] = (yk_vector){0};
        for (int k = 0; k < taps; k++, row += channels * YK_BLOCK) {
            YK_UNROLL
            for (int v = 0; v < 2 * channels; v++)
                sum[v] = sum[v] + weights[k] * yk_load_vector(row + v * YK_LANES);
        }
        YK_UNROLL
        for (int v = 0; v < 2 * channels; v++)
            yk_store_vector(block + v * YK_LANES, yk_clamp_vector(sum[v]));
    }
}

/* One plane of a block, back into rows: `height` rows of `width` samples, and up to YK_LANES - 1 more. */
YK_FN void yk_put_plane(float *restrict to, ptrdiff_t stride, const float *restrict block, const int channels,
                        int width, int height)
{
    float part[YK_LANES * YK_LANES];
    for (int y = 0; y < height; y += YK_LANES)
        for (int x = 0; x < width; x += YK_LANES) {
            const float *from = block + (ptrdiff_t)x * channels * YK_BLOCK + y;
            float *restrict d = to + y * stride + x;
            if (height - y >= YK_LANES) {
                yk_turn(d, stride, from, channels * YK_BLOCK);
                continue;
            }
            yk_turn(part, YK_LANES, from, channels * YK_BLOCK);
            for (int r = 0; r < height - y; r++)
                yk_store_vector(d + r * stride, yk_load_vector(part + r * YK_LANES));
        }
}

YK_FN void yk_along_channels(const struct yk_row_sums *r, const int channels)
{
    float block[YK_BLOCK * YK_BLOCK * 4];
    memset(block, 0, sizeof block); /* of the columns beyond the last result nothing is used, but they are turned */
    for (int y = 0; y < r->height; y += YK_BLOCK) {
        const float *rows = r->sums + y * r->stride;
        int height = r->height - y < YK_BLOCK ? r->height - y : YK_BLOCK;
        int base = r->start[0], held = 0; /* column of the window's first row; samples from column 0 on, turned */
        for (int x = 0; x < r->width; x += YK_BLOCK) {
            int width = r->width - x < YK_BLOCK ? r->width - x : YK_BLOCK;
            int first = r->start[x], need = (r->start[x + width - 1] + r->taps - r->first) * channels;
            if (x == 0 || need - (base - r->first) * channels > r->window_samples - YK_LANES) {
                int at = (first - r->first) * channels, keep = held - at;
                if (x > 0 && keep > 0)
                    memmove(r->window, r->window + (ptrdiff_t)(first - base) * channels * YK_BLOCK,
                            (size_t)keep * YK_BLOCK * sizeof *r->window);
                held = x > 0 && keep > 0 ? held : at;
                base = first;
            }
            if (need > held) {
                yk_turn_samples(r->window, (base - r->first) * channels, held, need, rows, r->stride);
                held += yk_round_up(need - held, YK_LANES);
            }
            yk_sums_along(block, width, r->weights + (ptrdiff_t)x * r->taps, r->start + x, r->taps, r->window, base,
                          channels);
            YK_UNROLL
            for (int c = 0; c < channels; c++)
                yk_put_plane(r->to + c * r->to_plane + y * r->to_stride + x, r->to_stride, block + c * YK_BLOCK,
                             channels, width, height);
        }
    }
}

/* The level's yk_along_fn. */
static void yk_along(const struct yk_row_sums *r)
{
    switch (r->channels) {
    case 1: yk_along_channels(r, 1); break;
    case 2: yk_along_channels(r, 2); break;
    case 3: yk_along_channels(r, 3); break;
    case 4: yk_along_channels(r, 4); break;
    }
}

#endif
