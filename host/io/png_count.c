/* SPDX-License-Identifier: MIT
 * Counting the symbols of a block (contract in png_count.h). */
#include "png_count.h"

#include <string.h>

#include "png_emit.h"

/* Four tables, because an equal symbol nearby would wait for the store. */
enum { TABLES = 4 };

static inline void count_stretch(uint32_t tables[TABLES][YK_SYMBOLS], const uint16_t *p, size_t count)
{
    for (; count >= TABLES; count -= TABLES, p += TABLES)
        for (size_t k = 0; k < TABLES; k++)
            tables[k][p[k]]++;
    while (count-- > 0)
        tables[0][*p++]++;
}

/* Clears the first `span` counts of each. */
static void clear(uint32_t tables[TABLES][YK_SYMBOLS], size_t span)
{
    for (size_t k = 0; k < TABLES; k++)
        memset(tables[k], 0, span * sizeof tables[k][0]);
}

/* Adds `weight` times the tables to the totals. */
static void collect(uint32_t tables[TABLES][YK_SYMBOLS], size_t span, uint32_t weight,
                    uint32_t totals[YK_SYMBOLS])
{
    for (size_t s = 0; s < span; s++)
        totals[s] += (tables[0][s] + tables[1][s] + tables[2][s] + tables[3][s]) * weight;
}

/* `span`: no symbol is greater or equal. */
static void count_symbols(const uint16_t *p, size_t count, size_t span, bool part,
                          uint32_t totals[YK_SYMBOLS])
{
    enum { WINDOW = YK_COUNT_STRETCH * YK_COUNT_PART };
    uint32_t tables[TABLES][YK_SYMBOLS];
    clear(tables, span);
    memset(totals, 0, sizeof totals[0] * YK_SYMBOLS);
    if (part) {
        for (uint32_t k = 0; count >= WINDOW; k++, p += WINDOW, count -= WINDOW)
            count_stretch(tables, p + yk_count_offset(k), YK_COUNT_STRETCH);
        collect(tables, span, YK_COUNT_PART, totals);
        clear(tables, span);
    }
    count_stretch(tables, p, count);
    collect(tables, span, 1, totals);
}

/* What was not seen may still occur: it gets the longest codes. */
static void allow_unseen(struct yk_counts *counts, size_t bpp)
{
    for (unsigned s = 0; s < YK_LITLEN_SYMBOLS; s++)
        counts->litlen[s] += counts->litlen[s] == 0;
    counts->distance[yk_distance_symbol(1)]++;
    counts->distance[yk_distance_symbol((unsigned)bpp)]++;
}

void yk_count_block(struct yk_counts *counts, const struct yk_parsed *parsed, size_t bpp, bool exact)
{
    uint32_t totals[YK_SYMBOLS], near = 0, pixel = 0;
    bool part = !exact && !parsed->copies && parsed->symbol_count >= YK_COUNT_ALL;
    count_symbols(parsed->symbols, parsed->symbol_count, parsed->copies ? YK_SYMBOLS : YK_COPY, part, totals);
    memset(counts, 0, sizeof *counts);
    memcpy(counts->litlen, totals, 256 * sizeof totals[0]);
    for (unsigned k = 0; k < 256; k++)
        counts->literals += totals[k] > 0;
    counts->litlen[YK_END_OF_BLOCK] = 1;
    for (unsigned n = YK_MATCH_MIN; n <= YK_MATCH_MAX; n++) {
        uint32_t ones = totals[YK_RUN_NEAR + n - YK_MATCH_MIN],
                 pixels = totals[YK_RUN_PIXEL + n - YK_MATCH_MIN],
                 copies = totals[YK_COPY + n - YK_MATCH_MIN];
        near += ones;
        pixel += pixels;
        if (copies + ones + pixels > 0)
            counts->litlen[yk_length_symbol(n)] += copies + ones + pixels;
    }
    for (unsigned s = 0; s < YK_DISTANCE_SYMBOLS; s++)
        counts->distance[s] = totals[YK_FAR + s];
    counts->distance[yk_distance_symbol(1)] += near;
    counts->distance[yk_distance_symbol((unsigned)bpp)] += pixel;
    for (unsigned s = 257; s < YK_LITLEN_SYMBOLS; s++)
        counts->extra_bits += (uint64_t)counts->litlen[s] * yk_length_extra(s);
    for (unsigned s = 0; s < YK_DISTANCE_SYMBOLS; s++)
        counts->extra_bits += (uint64_t)counts->distance[s] * yk_distance_extra(s);
    if (part)
        allow_unseen(counts, bpp);
}
