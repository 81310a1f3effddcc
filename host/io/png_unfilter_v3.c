/* SPDX-License-Identifier: MIT
 * Unfiltering for processors of the x86-64-v3 level (AVX2).
 *
 * Average and Paeth make every pixel wait for the one on its left. Eight rows are therefore undone together,
 * each one block of four pixels behind the row above it, so that one instruction works on a pixel of each: a
 * wave front. The filter of a row is a mask over its part of the register, so that rows of any filters go
 * together. */
#include "png_unfilter.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), apply_to = function)
#else
#pragma GCC target("avx2,bmi,bmi2")
#endif

#define INLINE static inline __attribute__((always_inline))

enum { ROWS = YK_UNFILTER_ROWS, BLOCK = 4, BYTES = 16, RUN = 32, PERIOD = 8 };

/* Row k is in bytes 4k to 4k + 3. */
struct wave {
    __m256i out[BLOCK];              /* the last block: pixel s of each row */
    __m256i corner;                  /* above and left of the next pixel */
    __m256i sub, up, average, paeth; /* all ones in the parts of such rows */
    bool relative;                   /* every row has one of these filters */
};

INLINE __m256i rows_with(const uint8_t *in, size_t step, unsigned filter)
{
    int32_t mask[ROWS];
    for (unsigned k = 0; k < ROWS; k++)
        mask[k] = in[k * step] == filter ? -1 : 0;
    return _mm256_loadu_si256((const void *)mask);
}

INLINE void wave_begin(struct wave *w, const uint8_t *in, size_t step)
{
    for (int s = 0; s < BLOCK; s++)
        w->out[s] = _mm256_setzero_si256();
    w->corner = _mm256_setzero_si256();
    w->sub = rows_with(in, step, YK_UNFILTER_SUB);
    w->up = rows_with(in, step, YK_UNFILTER_UP);
    w->average = rows_with(in, step, YK_UNFILTER_AVERAGE);
    w->paeth = rows_with(in, step, YK_UNFILTER_PAETH);
    w->relative = true;
    for (unsigned k = 0; k < ROWS; k++)
        w->relative &= in[k * step] != YK_UNFILTER_NONE;
}

/* Paeth's predictor minus c. Between low = min(a, b) and high = max(a, b), c is u above the one and v below
 * the other; the predictor is low where u >= 2v, high where v >= 2u, else c. Saturation does the rest:
 * outside of the two one of u and v is zero. Where both hold all are equal, and the difference is zero. 2v
 * cannot saturate where it matters, since u + v is at most 255. */
INLINE __m256i paeth(__m256i a, __m256i b, __m256i c, __m256i mask)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i low = _mm256_min_epu8(a, b), high = _mm256_max_epu8(a, b);
    __m256i u = _mm256_subs_epu8(c, low), v = _mm256_subs_epu8(high, c);
    __m256i is_low = _mm256_cmpeq_epi8(_mm256_subs_epu8(_mm256_adds_epu8(v, v), u), zero);
    __m256i is_high = _mm256_cmpeq_epi8(_mm256_subs_epu8(_mm256_adds_epu8(u, u), v), zero);
    low = _mm256_and_si256(_mm256_sub_epi8(low, c), mask);
    high = _mm256_and_si256(_mm256_sub_epi8(high, c), mask);
    return _mm256_or_si256(_mm256_and_si256(low, is_low), _mm256_and_si256(high, is_high));
}

/* One pixel of each row. a: left, b: above, c: above left. */
INLINE __m256i pixel(const struct wave *w, __m256i x, __m256i a, __m256i b, __m256i c, bool average,
                     bool nearest)
{
    __m256i sum = _mm256_add_epi8(x, _mm256_and_si256(b, w->up));
    if (nearest)
        sum = _mm256_add_epi8(sum, _mm256_and_si256(c, w->paeth));
    sum = _mm256_add_epi8(sum, _mm256_and_si256(a, w->sub));
    if (average) { /* the instruction rounds up */
        __m256i odd = _mm256_and_si256(_mm256_xor_si256(a, b), _mm256_set1_epi8(1));
        __m256i half = _mm256_sub_epi8(_mm256_avg_epu8(a, b), odd);
        sum = _mm256_add_epi8(sum, _mm256_and_si256(half, w->average));
    }
    return nearest ? _mm256_add_epi8(sum, paeth(a, b, c, w->paeth)) : sum;
}

INLINE __m256i two(const uint8_t *low, const uint8_t *high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const void *)low)),
                                   _mm_loadu_si128((const void *)high), 1);
}

INLINE void put_two(uint8_t *low, uint8_t *high, __m256i value)
{
    _mm_storeu_si128((void *)low, _mm256_castsi256_si128(value));
    _mm_storeu_si128((void *)high, _mm256_extracti128_si256(value, 1));
}

/* Swaps the four rows and four columns of 32 bits in each half. */
INLINE void transpose(__m256i m[BLOCK])
{
    __m256i a = _mm256_unpacklo_epi32(m[0], m[1]), b = _mm256_unpackhi_epi32(m[0], m[1]);
    __m256i c = _mm256_unpacklo_epi32(m[2], m[3]), d = _mm256_unpackhi_epi32(m[2], m[3]);
    m[0] = _mm256_unpacklo_epi64(a, c);
    m[1] = _mm256_unpackhi_epi64(a, c);
    m[2] = _mm256_unpacklo_epi64(b, d);
    m[3] = _mm256_unpackhi_epi64(b, d);
}

/* Shuffles of four pixels of 1 to 4 bytes from the row into four bytes each, and back. */
INLINE __m256i spread_of(unsigned bpp)
{
    const __m128i one = _mm_setr_epi8(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3, -1, -1, -1);
    const __m128i two = _mm_setr_epi8(0, 1, -1, -1, 2, 3, -1, -1, 4, 5, -1, -1, 6, 7, -1, -1);
    const __m128i three = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
    const __m128i four = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm256_broadcastsi128_si256(bpp == 1 ? one : bpp == 2 ? two : bpp == 3 ? three : four);
}

INLINE __m256i close_of(unsigned bpp)
{
    const __m128i one = _mm_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const __m128i two = _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1);
    const __m128i three = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    return bpp == 4 ? spread_of(4) : _mm256_broadcastsi128_si256(bpp == 1 ? one : bpp == 2 ? two : three);
}

/* Whether the block, to which nothing is added, is all around of one colour, and stays so under any filter
 * that is relative to its surroundings. Screenshots are full of these. */
INLINE bool is_flat(const struct wave *w, __m128i above)
{
    __m256i colour = _mm256_permutevar8x32_epi32(w->corner, _mm256_setzero_si256());
    __m128i other = _mm_xor_si128(above, _mm256_castsi256_si128(colour));
    __m256i busy = _mm256_xor_si256(w->corner, colour);
    for (int s = 0; s < BLOCK; s++)
        busy = _mm256_or_si256(busy, _mm256_xor_si256(w->out[s], colour));
    return _mm256_testz_si256(busy, busy) && _mm_testz_si128(other, other);
}

/* A block of each row: 16 bytes are read from in[] and written to out[], of which 4 * bpp count. `above`: of
 * row 0. */
INLINE void block(struct wave *w, const uint8_t *const *in, const uint8_t *above, uint8_t *const *out,
                  unsigned bpp, bool average, bool nearest)
{
    const __m256i down = _mm256_setr_epi32(0, 0, 1, 2, 3, 4, 5, 6);
    const __m256i spread = spread_of(bpp), close = close_of(bpp);
    __m256i x[BLOCK];
    for (int k = 0; k < BLOCK; k++) {
        x[k] = two(in[k], in[k + BLOCK]);
        x[k] = _mm256_shuffle_epi8(x[k], spread);
    }
    __m256i busy = _mm256_or_si256(_mm256_or_si256(x[0], x[1]), _mm256_or_si256(x[2], x[3]));
    __m128i tops = _mm_loadu_si128((const void *)above);
    tops = _mm_shuffle_epi8(tops, _mm256_castsi256_si128(spread));
    if (_mm256_testz_si256(busy, busy) && w->relative && is_flat(w, tops)) {
        __m256i row = _mm256_permutevar8x32_epi32(w->corner, _mm256_setzero_si256());
        row = _mm256_shuffle_epi8(row, close);
        for (int k = 0; k < BLOCK; k++)
            put_two(out[k], out[k + BLOCK], row);
        return;
    }
    transpose(x);
    __m256i a = w->out[BLOCK - 1], c = w->corner;
#pragma GCC unroll 4
    for (unsigned s = 0; s < BLOCK; s++) {
        /* Row k is where row k - 1 was one block ago. */
        __m256i b = _mm256_permutevar8x32_epi32(w->out[s], down);
        b = _mm256_blend_epi32(b, _mm256_castsi128_si256(tops), 1);
        tops = _mm_srli_si128(tops, 4);
        a = w->out[s] = pixel(w, x[s], a, b, c, average, nearest);
        c = b;
    }
    w->corner = c;
    for (int s = 0; s < BLOCK; s++)
        x[s] = w->out[s];
    transpose(x);
    for (int k = 0; k < BLOCK; k++)
        put_two(out[k], out[k + BLOCK], _mm256_shuffle_epi8(x[k], close));
}

/* The blocks near the rows' ends go through buffers, so that nothing outside the rows is touched: block j - k
 * of row k, where it exists. Before a row starts its pixels must be, and stay, zero. */
INLINE void edge(struct wave *w, size_t j, const uint8_t *in, const uint8_t *above, uint8_t *const *out,
                 size_t bytes, unsigned bpp)
{
    uint8_t from[ROWS][BYTES], to[ROWS][BYTES], top[2 * BYTES] = {0};
    const uint8_t *sources[ROWS];
    uint8_t *targets[ROWS];
    size_t size[ROWS], at[ROWS], width = (size_t)BLOCK * bpp;
    memset(from, 0, sizeof from);
    for (size_t k = 0; k < ROWS; k++) {
        at[k] = (j - k) * width;
        size[k] = j < k || at[k] >= bytes ? 0 : bytes - at[k] < width ? bytes - at[k] : width;
        if (size[k])
            memcpy(from[k], in + k * (bytes + 1) + 1 + at[k], size[k]);
        sources[k] = from[k];
        targets[k] = to[k];
    }
    if (size[0])
        memcpy(top, above + at[0], size[0]);
    block(w, sources, top, targets, bpp, true, true);
    for (size_t k = 0; k < ROWS; k++)
        if (size[k])
            memcpy(out[k] + at[k], to[k], size[k]);
}

INLINE void wave(const struct yk_unfilter *how, const uint8_t *in, const uint8_t *above, uint8_t *const *out,
                 unsigned bpp, bool average, bool nearest)
{
    struct wave w;
    size_t bytes = how->row_bytes, step = bytes + 1, width = (size_t)BLOCK * bpp;
    size_t blocks = (bytes + width - 1) / width;
    size_t whole = (bytes - BYTES) / width + 1; /* so many may be stored with 16 bytes */
    size_t j = 0;
    wave_begin(&w, in, step);
    for (; j < ROWS - 1; j++)
        edge(&w, j, in, above, out, bytes, bpp);
    const uint8_t *sources[ROWS];
    uint8_t *targets[ROWS];
    for (size_t k = 0; k < ROWS; k++) {
        sources[k] = in + k * step + 1 + (j - k) * width;
        targets[k] = out[k] + (j - k) * width;
    }
    for (; j < whole; j++) {
        block(&w, sources, above + j * width, targets, bpp, average, nearest);
        for (size_t k = 0; k < ROWS; k++) {
            sources[k] += width;
            targets[k] += width;
        }
    }
    for (; j < blocks + ROWS - 1; j++)
        edge(&w, j, in, above, out, bytes, bpp);
}

INLINE void wave_of(const struct yk_unfilter *how, const uint8_t *in, const uint8_t *above,
                    uint8_t *const *out, unsigned bpp)
{
    bool average = false, nearest = false;
    for (size_t k = 0; k < ROWS; k++) {
        average |= in[k * (how->row_bytes + 1)] == YK_UNFILTER_AVERAGE;
        nearest |= in[k * (how->row_bytes + 1)] == YK_UNFILTER_PAETH;
    }
    if (average && nearest)
        wave(how, in, above, out, bpp, true, true);
    else if (nearest)
        wave(how, in, above, out, bpp, false, true);
    else
        wave(how, in, above, out, bpp, true, false);
}

void yk_unfilter_wave_v3(const struct yk_unfilter *how, const uint8_t *in, const uint8_t *above,
                         uint8_t *const *out)
{
    if (how->bpp == 1)
        wave_of(how, in, above, out, 1);
    else if (how->bpp == 2)
        wave_of(how, in, above, out, 2);
    else if (how->bpp == 3)
        wave_of(how, in, above, out, 3);
    else
        wave_of(how, in, above, out, 4);
}

/* ---- One row ---- */

/* A pixel of up to 8 bytes in 16-bit samples. Reads 8 bytes. */
INLINE __m128i load_pixel(const uint8_t *at)
{
    return _mm_cvtepu8_epi16(_mm_loadl_epi64((const void *)at));
}

INLINE void store_pixel(uint8_t *at, __m128i value, size_t bytes)
{
    uint64_t packed = (uint64_t)_mm_cvtsi128_si64(_mm_packus_epi16(value, value));
    memcpy(at, &packed, bytes);
}

/* png_unfilter.c's form of the predictor, minus c: five instructions from a to the result. */
INLINE __m128i paeth_wide(__m128i a, __m128i b, __m128i c)
{
    __m128i third = _mm_add_epi16(_mm_add_epi16(c, c), _mm_sub_epi16(c, b)), one = _mm_set1_epi16(1);
    __m128i low = _mm_min_epi16(a, b), high = _mm_max_epi16(a, b);
    __m128i is_low = _mm_cmpgt_epi16(_mm_sub_epi16(_mm_add_epi16(third, one), a), high);
    __m128i is_high = _mm_cmpgt_epi16(low, _mm_sub_epi16(_mm_sub_epi16(third, one), a));
    low = _mm_and_si128(_mm_sub_epi8(low, c), is_low);
    high = _mm_and_si128(_mm_sub_epi8(high, c), is_high);
    return _mm_or_si128(low, high);
}

/* One pixel of the filters that depend on the left. Sums of low bytes alone keep the high bytes zero. */
INLINE __m128i pixel_wide(__m128i x, __m128i a, __m128i b, __m128i c, unsigned filter)
{
    if (filter == YK_UNFILTER_SUB)
        return _mm_add_epi8(x, a);
    if (filter == YK_UNFILTER_AVERAGE)
        return _mm_add_epi8(x, _mm_srli_epi16(_mm_add_epi16(a, b), 1));
    return _mm_add_epi8(_mm_add_epi8(x, c), paeth_wide(a, b, c));
}

/* How many bytes from in[i] on, in steps of `RUN`, leave every pixel as the one on its left: nothing is
 * added, and the predictor is the left pixel, which Paeth's is where the row above is flat. Screenshots are
 * full of these. */
INLINE size_t run_length(const uint8_t *in, const uint8_t *above, size_t i, size_t bytes, unsigned bpp,
                         unsigned filter)
{
    size_t start = i;
    for (; i + RUN <= bytes; i += RUN) {
        __m256i busy = _mm256_loadu_si256((const void *)(in + i));
        if (filter == YK_UNFILTER_PAETH)
            busy =
                _mm256_or_si256(busy, _mm256_xor_si256(_mm256_loadu_si256((const void *)(above + i)),
                                                       _mm256_loadu_si256((const void *)(above + i - bpp))));
        if (!_mm256_testz_si256(busy, busy))
            break;
    }
    return i - start;
}

/* Repeats the pixel before out[0]. */
INLINE void run_fill(uint8_t *out, size_t bytes, unsigned bpp)
{
    uint8_t pattern[PERIOD + RUN];
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = i < bpp ? *(out - bpp + i) : pattern[i - bpp];
    for (size_t i = 0; i < bytes; i += RUN)
        memcpy(out + i, pattern + i % bpp, RUN);
}

INLINE void row_of(const uint8_t *in, const uint8_t *above, uint8_t *out, size_t bytes, unsigned bpp,
                   unsigned filter)
{
    __m128i a = _mm_setzero_si128(), c = a;
    size_t i = 0, next = bpp;          /* where to look for a run */
    for (; i + 8 <= bytes; i += bpp) { /* the bytes stored after the pixel are those of the next ones */
        if (filter != YK_UNFILTER_AVERAGE && i >= next) {
            size_t run = run_length(in, above, i, bytes, bpp, filter);
            run -= run % bpp;
            if (run) {
                run_fill(out + i, run, bpp);
                i += run;
                c = load_pixel(above + i - bpp);
            }
            next = i + RUN;
            if (i + 8 > bytes)
                break;
        }
        __m128i b = load_pixel(above + i);
        a = pixel_wide(load_pixel(in + i), a, b, c, filter);
        c = b;
        store_pixel(out + i, a, bpp == 3 ? 4 : bpp == 6 ? 8 : bpp);
    }
    for (; i < bytes; i += bpp) {
        __m128i b = load_pixel(above + i);
        a = pixel_wide(load_pixel(in + i), a, b, c, filter);
        c = b;
        store_pixel(out + i, a, bpp);
    }
}

INLINE void row_bpp(const struct yk_unfilter *how, const uint8_t *in, const uint8_t *above, uint8_t *out,
                    unsigned bpp)
{
    if (in[0] == YK_UNFILTER_SUB)
        row_of(in + 1, above, out, how->row_bytes, bpp, YK_UNFILTER_SUB);
    else if (in[0] == YK_UNFILTER_AVERAGE)
        row_of(in + 1, above, out, how->row_bytes, bpp, YK_UNFILTER_AVERAGE);
    else
        row_of(in + 1, above, out, how->row_bytes, bpp, YK_UNFILTER_PAETH);
}

void yk_unfilter_row_v3(const struct yk_unfilter *how, const uint8_t *in, const uint8_t *above, uint8_t *out)
{
    if (in[0] == YK_UNFILTER_NONE || in[0] == YK_UNFILTER_UP)
        yk_unfilter_row_plain(how, in, above, out);
    else if (how->bpp == 1)
        row_bpp(how, in, above, out, 1);
    else if (how->bpp == 2)
        row_bpp(how, in, above, out, 2);
    else if (how->bpp == 3)
        row_bpp(how, in, above, out, 3);
    else if (how->bpp == 4)
        row_bpp(how, in, above, out, 4);
    else if (how->bpp == 6)
        row_bpp(how, in, above, out, 6);
    else
        row_bpp(how, in, above, out, 8);
}

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
