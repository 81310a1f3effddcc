/* SPDX-License-Identifier: MIT
 * Inflate's inner loop for processors of the x86-64-v3 level (BMI2 shifts, AVX2). */
#include "png_inflate_codes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), apply_to = function)
#else
#pragma GCC target("avx2,bmi,bmi2")
#endif

/* 16 bytes that repeat the first 1 to 15: the pattern, and how far one store brings it. */
static const uint8_t repeat[16][16] = {
    {0},
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    {0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1},
    {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0},
    {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3},
    {0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0},
    {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3},
    {0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1},
    {0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2, 3, 4},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 1, 2},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 1},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0},
};
static const uint8_t repeat_step[16] = {0, 16, 16, 15, 16, 15, 12, 14, 16, 9, 10, 11, 12, 13, 14, 15};

static inline __m128i load16(const void *at)
{
    return _mm_loadu_si128(at);
}

static inline __attribute__((always_inline)) void copy(uint8_t *out, size_t distance, size_t length)
{
    const uint8_t *from = out - distance, *end = out + length;
    if (distance >= 32) {
        do {
            _mm256_storeu_si256((void *)out, _mm256_loadu_si256((const void *)from));
            out += 32;
            from += 32;
        } while (out < end);
    } else if (distance >= 16) {
        do {
            _mm_storeu_si128((void *)out, load16(from));
            out += 16;
            from += 16;
        } while (out < end);
    } else {
        __m128i pattern = _mm_shuffle_epi8(load16(from), load16(repeat[distance]));
        size_t step = repeat_step[distance];
        _mm_storeu_si128((void *)out, pattern);
        out += step;
        while (out < end) { /* two at a time: long runs are common in screenshots */
            _mm_storeu_si128((void *)out, pattern);
            _mm_storeu_si128((void *)(out + step), pattern);
            out += 2 * step;
        }
    }
}

enum yk_inflate_result yk_inflate_codes_v3(struct yk_inflate *inflate, const uint8_t *base, uint8_t **next,
                                           const uint8_t *stop)
{
    return yk_inflate_codes(inflate, base, next, stop, copy);
}

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
