/* SPDX-License-Identifier: MIT
 * Prices of symbols (contract in png_prices.h). */
#include "png_prices.h"

#include <string.h>

#include "png_emit.h"

/* Turns code lengths into prices. */
static void add_extra(struct yk_prices *prices, const uint8_t litlen[YK_LITLEN_SYMBOLS],
                      const uint8_t distance[YK_DISTANCE_SYMBOLS])
{
    memcpy(prices->literals, litlen, sizeof prices->literals);
    for (unsigned n = YK_MATCH_MIN; n <= YK_MATCH_MAX; n++)
        prices->lengths[n] = (uint8_t)(litlen[yk_length_symbol(n)] + yk_length_extra(yk_length_symbol(n)));
    for (unsigned s = 0; s < YK_DISTANCE_SYMBOLS; s++)
        prices->distances[s] = (uint8_t)(distance[s] + yk_distance_extra(s));
}

/* Gives the symbols without a code a bit more than the longest. */
static void fill_unseen(uint8_t *lengths, size_t symbols)
{
    uint8_t most = 0;
    for (size_t s = 0; s < symbols; s++)
        most = lengths[s] > most ? lengths[s] : most;
    for (size_t s = 0; s < symbols; s++)
        lengths[s] = lengths[s] ? lengths[s] : (uint8_t)(most + 1);
}

void yk_prices_begin(struct yk_prices *prices)
{
    /* About what images of few symbols have: zeros and runs of the byte before are most of them. */
    enum { ZERO = 4, LITERAL = 7, LENGTH = 6, DISTANCE = 5, NEAR = 2 };
    uint8_t litlen[YK_LITLEN_SYMBOLS], distance[YK_DISTANCE_SYMBOLS];
    memset(litlen, LITERAL, sizeof litlen);
    memset(litlen + YK_END_OF_BLOCK, LENGTH, sizeof litlen - YK_END_OF_BLOCK);
    memset(distance, DISTANCE, sizeof distance);
    litlen[0] = ZERO;
    distance[yk_distance_symbol(1)] = NEAR;
    add_extra(prices, litlen, distance);
}

void yk_prices_make(struct yk_prices *prices, const uint32_t litlen[YK_LITLEN_SYMBOLS],
                    const uint32_t distance[YK_DISTANCE_SYMBOLS])
{
    uint8_t litlen_lengths[YK_LITLEN_SYMBOLS], distance_lengths[YK_DISTANCE_SYMBOLS];
    yk_huffman_lengths(litlen, YK_LITLEN_SYMBOLS, YK_CODE_BITS, litlen_lengths);
    yk_huffman_lengths(distance, YK_DISTANCE_SYMBOLS, YK_DISTANCE_BITS, distance_lengths);
    fill_unseen(litlen_lengths, YK_LITLEN_SYMBOLS);
    fill_unseen(distance_lengths, YK_DISTANCE_SYMBOLS);
    add_extra(prices, litlen_lengths, distance_lengths);
}
