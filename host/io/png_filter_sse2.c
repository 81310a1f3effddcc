/* SPDX-License-Identifier: MIT
 * The row filters on 16 bytes at a time: every x86-64 processor has SSE2. */
#include "png_filter.h"

#if defined(__x86_64__)
#include <string.h>

#include <emmintrin.h>

#define TARGET
#define V     __m128i
#define LANES ((size_t)16)
#define NAME  yk_png_filters_sse2

#define LOAD(p)             _mm_loadu_si128((const __m128i *)(const void *)(p))
#define STORE(p, v)         _mm_storeu_si128((__m128i *)(void *)(p), v)
#define SUB8                _mm_sub_epi8
#define SUBS8               _mm_subs_epu8
#define AVG8                _mm_avg_epu8
#define MIN8                _mm_min_epu8
#define MAX8                _mm_max_epu8
#define EQ8                 _mm_cmpeq_epi8
#define AND                 _mm_and_si128
#define OR                  _mm_or_si128
#define XOR                 _mm_xor_si128
#define EITHER              _mm_or_si128
#define FILL                _mm_or_si128
#define PICK(mask, yes, no) _mm_or_si128(_mm_and_si128(mask, yes), _mm_andnot_si128(mask, no))
#define ZERO                _mm_setzero_si128()
#define EVERY8              _mm_set1_epi8
#define SUM8(v)             _mm_sad_epu8(v, _mm_setzero_si128())
#define ADD64               _mm_add_epi64

static inline uint64_t total(__m128i v)
{
    uint64_t lanes[2];
    memcpy(lanes, &v, sizeof lanes);
    return lanes[0] + lanes[1];
}
#define TOTAL total

#include "png_filter_lanes.h"
#else
typedef int yk_png_filter_sse2_is_for_x86;
#endif
