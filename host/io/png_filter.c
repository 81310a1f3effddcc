/* SPDX-License-Identifier: MIT
 * The plain C row filters, which define the result, and the choice of version (contract in png_filter.h). */
#include "png_filter.h"

#include <stdlib.h>
#include <string.h>

static uint8_t paeth(int a, int b, int c)
{
    int pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);
    if (pa <= pb && pa <= pc)
        return (uint8_t)a;
    return (uint8_t)(pb <= pc ? b : c);
}

static uint8_t filtered(enum yk_png_filter filter, const uint8_t *row, const uint8_t *above, size_t i,
                        size_t bpp)
{
    int a = i < bpp ? 0 : row[i - bpp], b = above[i], c = i < bpp ? 0 : above[i - bpp];
    switch (filter) {
    case YK_PNG_SUB:
        return (uint8_t)(row[i] - a);
    case YK_PNG_UP:
        return (uint8_t)(row[i] - b);
    case YK_PNG_AVERAGE:
        return (uint8_t)(row[i] - (a + b) / 2);
    case YK_PNG_PAETH:
        return (uint8_t)(row[i] - paeth(a, b, c));
    default:
        return row[i];
    }
}

static void apply(enum yk_png_filter filter, const uint8_t *row, const uint8_t *above, size_t bytes,
                  size_t bpp, uint8_t *out)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = filtered(filter, row, above, i, bpp);
}

static void sums_of(const uint8_t *row, const uint8_t *above, size_t bytes, size_t bpp,
                    uint64_t sums[YK_PNG_FILTERS])
{
    for (int f = 0; f < YK_PNG_FILTERS; f++) {
        sums[f] = 0;
        for (size_t i = 0; i < bytes; i++) {
            unsigned v = filtered((enum yk_png_filter)f, row, above, i, bpp);
            sums[f] += v < 128 ? v : 256 - v;
        }
    }
}

const struct yk_png_filters yk_png_filters_plain = {.apply = apply, .sums = sums_of};

const struct yk_png_filters *yk_png_filters_at(enum yk_cpu level)
{
#if defined(__x86_64__)
    if (level >= YK_CPU_V4)
        return &yk_png_filters_avx512;
    if (level >= YK_CPU_V3)
        return &yk_png_filters_avx2;
    if (level >= YK_CPU_V1)
        return &yk_png_filters_sse2;
#endif
    (void)level;
    return &yk_png_filters_plain;
}

enum yk_png_filter yk_png_filter_least(const uint64_t sums[YK_PNG_FILTERS])
{
    int best = 0;
    for (int f = 1; f < YK_PNG_FILTERS; f++)
        if (sums[f] < sums[best])
            best = f;
    return (enum yk_png_filter)best;
}
