/* SPDX-License-Identifier: MIT
 * The parsers for processors of level x86-64-v3 and up. */
#include "png_emit.h"
#include "png_tokens.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt"))), apply_to = function)
#else
#pragma GCC target("avx2,bmi,bmi2,lzcnt")
#endif

static inline uint64_t equal_mask(const uint8_t *p, size_t distance)
{
    __m256i low = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)p),
                                    _mm256_loadu_si256((const __m256i *)(const void *)(p - distance)));
    __m256i high = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)(p + 32)),
                                     _mm256_loadu_si256((const __m256i *)(const void *)(p + 32 - distance)));
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high)
                                                               << 32;
}

static inline void widen(uint16_t *out, const uint8_t *p)
{
    for (unsigned k = 0; k < 4; k++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * k));
        _mm256_storeu_si256((__m256i *)(void *)(out + 16 * k), _mm256_cvtepu8_epi16(v));
    }
}

static inline size_t agreeing_far(const uint8_t *p, const uint8_t *q, size_t most)
{
    for (size_t n = 0; n < most; n += 32) {
        __m256i same = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)(p + n)),
                                         _mm256_loadu_si256((const __m256i *)(const void *)(q + n)));
        unsigned different = ~(unsigned)_mm256_movemask_epi8(same);
        if (different) {
            n += (unsigned)__builtin_ctz(different);
            return n < most ? n : most;
        }
    }
    return most;
}

#include "png_parse_body.h"
#include "png_parse_pixels.h"
#include "png_parse_priced.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif

const struct yk_parsers yk_parsers_v3 = {
    .runs = parse_runs, .matches = parse_matches, .pixels = parse_pixels, .priced = parse_priced};
#else
typedef int yk_png_parse_v3_is_for_x86;
#endif
