/* SPDX-License-Identifier: MIT
 *
 * Huffman codes for Deflate (RFC 1951): code lengths from counts, codes from lengths, and the header of a
 * block with codes of its own. Integer arithmetic alone, so the bits are the same on every machine. Any
 * thread.
 */
#ifndef YOKE_IO_PNG_HUFFMAN_H
#define YOKE_IO_PNG_HUFFMAN_H

#include <stddef.h>
#include <stdint.h>

enum {
    YK_LITLEN_SYMBOLS = 286, /* 256 literals, end of block, 29 lengths */
    YK_DISTANCE_SYMBOLS = 30,
    YK_END_OF_BLOCK = 256,
    /* The format allows 15 of both. 12 for the first make photographs 0.4 % larger; of the second so many
     * that a match with all its extra bits fits 64 bits beside those that wait. */
    YK_CODE_BITS = 15,
    YK_DISTANCE_BITS = 10,
    YK_HEADER_BYTES = 320 /* no block header is longer: 14 + 19 * 3 + 316 * 7 bits */
};

/* Fills lengths[0 .. symbols) with the lengths (0: the symbol does not occur, else 1 .. `most`) of an optimal
 * code, near-optimal where `most` limits it. At least two symbols get a code. symbols <= 286, most <= 15,
 * counts < 2^23. */
void yk_huffman_lengths(const uint32_t *counts, size_t symbols, unsigned most, uint8_t *lengths);

/* The canonical code of every symbol, its bits reversed as the stream wants them; 0 for length 0. */
void yk_huffman_codes(const uint8_t *lengths, size_t symbols, uint16_t *codes);

struct yk_huffman_header {
    uint8_t bytes[YK_HEADER_BYTES + 8]; /* least significant bit first, the block's three bits not included */
    size_t bits;
};

/* The part of a dynamic block between its three first bits and its first symbol. */
void yk_huffman_header(const uint8_t litlen[YK_LITLEN_SYMBOLS], const uint8_t distance[YK_DISTANCE_SYMBOLS],
                       struct yk_huffman_header *header);

#endif
