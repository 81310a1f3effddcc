/* SPDX-License-Identifier: MIT
 * The row filters on 32 bytes at a time, for processors of level x86-64-v3 and up. */
#include "png_filter.h"

#if defined(__x86_64__)
#include <string.h>

#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define V      __m256i
#define LANES  ((size_t)32)
#define NAME   yk_png_filters_avx2

#define LOAD(p)             _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE(p, v)         _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define SUB8                _mm256_sub_epi8
#define SUBS8               _mm256_subs_epu8
#define AVG8                _mm256_avg_epu8
#define MIN8                _mm256_min_epu8
#define MAX8                _mm256_max_epu8
#define EQ8                 _mm256_cmpeq_epi8
#define AND                 _mm256_and_si256
#define OR                  _mm256_or_si256
#define XOR                 _mm256_xor_si256
#define EITHER              _mm256_or_si256
#define FILL                _mm256_or_si256
#define PICK(mask, yes, no) _mm256_blendv_epi8(no, yes, mask)
#define ZERO                _mm256_setzero_si256()
#define EVERY8              _mm256_set1_epi8
#define SUM8(v)             _mm256_sad_epu8(v, _mm256_setzero_si256())
#define ADD64               _mm256_add_epi64

TARGET static inline uint64_t total(__m256i v)
{
    uint64_t lanes[4];
    memcpy(lanes, &v, sizeof lanes);
    return lanes[0] + lanes[1] + lanes[2] + lanes[3];
}
#define TOTAL total

#include "png_filter_lanes.h"
#else
typedef int yk_png_filter_avx2_is_for_x86;
#endif
