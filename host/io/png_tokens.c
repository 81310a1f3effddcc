/* SPDX-License-Identifier: MIT
 * The choice of parsers and the tables for matches (contract in png_tokens.h). */
#include "png_tokens.h"

#include <string.h>

enum { HASH_BITS_MIN = 8 };

const struct yk_parsers *yk_parsers_at(enum yk_cpu level)
{
#if defined(__x86_64__)
    if (level >= YK_CPU_V3)
        return &yk_parsers_v3;
#endif
    (void)level;
    return &yk_parsers_v1;
}

void yk_grid_begin(struct yk_grid *grid, size_t row, size_t bpp)
{
    *grid = (struct yk_grid){row, bpp, (((uint64_t)1 << 35) + bpp - 1) / bpp};
}

void yk_matcher_begin(struct yk_matcher *matcher, size_t size, size_t row, size_t bpp)
{
    matcher->bits = HASH_BITS_MIN;
    while (matcher->bits < YK_HASH_BITS_MAX && (size_t)1 << matcher->bits < size / bpp)
        matcher->bits++;
    memset(matcher->heads, 0, sizeof matcher->heads[0] << matcher->bits);
    yk_grid_begin(&matcher->grid, row, bpp);
}

void yk_pixel_matcher_begin(struct yk_pixel_matcher *matcher, size_t row, size_t bpp)
{
    memset(matcher->pairs, 0, sizeof matcher->pairs);
    yk_grid_begin(&matcher->grid, row, bpp);
}

void yk_priced_matcher_begin(struct yk_priced_matcher *matcher, size_t bpp)
{
    for (size_t k = 0; k < YK_PRICED_CHAINS; k++)
        memset(matcher->chains[k].heads, 0, sizeof matcher->chains[k].heads);
    yk_prices_begin(&matcher->prices);
    matcher->bpp = bpp;
}
