/* SPDX-License-Identifier: MIT
 * The parsers for every processor: SSE2, which all x86-64 have, or plain C. */
#include "png_emit.h"
#include "png_tokens.h"

#if defined(__SSE2__)
#include <emmintrin.h>

static inline uint64_t equal_mask(const uint8_t *p, size_t distance)
{
    uint64_t mask = 0;
    for (unsigned k = 0; k < 4; k++) {
        __m128i here = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * k));
        __m128i back = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * k - distance));
        mask |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(here, back)) << 16 * k;
    }
    return mask;
}

static inline void widen(uint16_t *out, const uint8_t *p)
{
    for (unsigned k = 0; k < 4; k++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * k));
        _mm_storeu_si128((__m128i *)(void *)(out + 16 * k), _mm_unpacklo_epi8(v, _mm_setzero_si128()));
        _mm_storeu_si128((__m128i *)(void *)(out + 16 * k + 8), _mm_unpackhi_epi8(v, _mm_setzero_si128()));
    }
}

static inline size_t agreeing_far(const uint8_t *p, const uint8_t *q, size_t most)
{
    for (size_t n = 0; n < most; n += 16) {
        unsigned same = (unsigned)_mm_movemask_epi8(
            _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + n)),
                           _mm_loadu_si128((const __m128i *)(const void *)(q + n))));
        if (same != 0xffff) {
            n += (unsigned)__builtin_ctz(~same);
            return n < most ? n : most;
        }
    }
    return most;
}
#else
static inline uint64_t equal_mask(const uint8_t *p, size_t distance)
{
    uint64_t mask = 0;
    for (unsigned k = 0; k < 64; k++)
        mask |= (uint64_t)(p[k] == p[(ptrdiff_t)k - (ptrdiff_t)distance]) << k;
    return mask;
}

static inline void widen(uint16_t *out, const uint8_t *p)
{
    for (unsigned k = 0; k < 64; k++)
        out[k] = p[k];
}

static inline size_t agreeing_far(const uint8_t *p, const uint8_t *q, size_t most)
{
    size_t n = 0;
    while (n < most && p[n] == q[n])
        n++;
    return n;
}
#endif

#include "png_parse_body.h"
#include "png_parse_pixels.h"
#include "png_parse_priced.h"

const struct yk_parsers yk_parsers_v1 = {
    .runs = parse_runs, .matches = parse_matches, .pixels = parse_pixels, .priced = parse_priced};
