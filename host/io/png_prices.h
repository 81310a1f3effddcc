/* SPDX-License-Identifier: MIT
 *
 * What symbols of the own Deflate coder will cost, in bits, extra bits included: the code lengths that the
 * symbols before gave. Integers alone, so a choice by price is the same on every machine. Any thread.
 */
#ifndef YOKE_IO_PNG_PRICES_H
#define YOKE_IO_PNG_PRICES_H

#include <stdint.h>

#include "png_huffman.h"

struct yk_prices {
    uint8_t literals[256];
    uint8_t lengths[259];                   /* of a copy of 3 .. 258 bytes */
    uint8_t distances[YK_DISTANCE_SYMBOLS]; /* by distance symbol */
};

/* For data of which nothing is known but that much of it repeats. */
void yk_prices_begin(struct yk_prices *prices);

/* By how often symbols occurred; one that did not costs a bit more than the dearest that did. */
void yk_prices_make(struct yk_prices *prices, const uint32_t litlen[YK_LITLEN_SYMBOLS],
                    const uint32_t distance[YK_DISTANCE_SYMBOLS]);

#endif
