/* SPDX-License-Identifier: MIT
 * The row filters on 64 bytes at a time, for processors of level x86-64-v4. */
#include "png_filter.h"

#if defined(__x86_64__)
#include <string.h>

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw")))
#define V      __m512i
#define LANES  ((size_t)64)
#define NAME   yk_png_filters_avx512

#define LOAD(p)             _mm512_loadu_si512(p)
#define STORE(p, v)         _mm512_storeu_si512(p, v)
#define SUB8                _mm512_sub_epi8
#define SUBS8               _mm512_subs_epu8
#define AVG8                _mm512_avg_epu8
#define MIN8                _mm512_min_epu8
#define MAX8                _mm512_max_epu8
#define EQ8                 _mm512_cmpeq_epi8_mask
#define AND                 _mm512_and_si512
#define OR                  _mm512_or_si512
#define XOR                 _mm512_xor_si512
#define EITHER              _kor_mask64
#define FILL(v, mask)       _mm512_mask_mov_epi8(v, mask, _mm512_set1_epi8(-1))
#define PICK(mask, yes, no) _mm512_mask_blend_epi8(mask, no, yes)
#define ZERO                _mm512_setzero_si512()
#define EVERY8              _mm512_set1_epi8
#define SUM8(v)             _mm512_sad_epu8(v, _mm512_setzero_si512())
#define ADD64               _mm512_add_epi64
#define TOTAL(v)            (uint64_t) _mm512_reduce_add_epi64(v)

#include "png_filter_lanes.h"
#else
typedef int yk_png_filter_avx512_is_for_x86;
#endif
