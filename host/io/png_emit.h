/* SPDX-License-Identifier: MIT
 *
 * The second pass of the own Deflate coder: tokens become bits. Any thread.
 */
#ifndef YOKE_IO_PNG_EMIT_H
#define YOKE_IO_PNG_EMIT_H

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"
#include "png_huffman.h"
#include "png_tokens.h"

/* Bits that wait to become bytes, least significant first. Between calls fewer than 8 wait. */
struct yk_bits {
    uint8_t *at; /* the next byte; up to 8 bytes from here on are overwritten */
    uint64_t held;
    unsigned count;
};

/* Appends up to 48 bits; what `value` holds above them must be 0. */
void yk_bits_put(struct yk_bits *bits, uint64_t value, unsigned count);
/* Appends `count` bits of bytes. */
void yk_bits_append(struct yk_bits *bits, const uint8_t *bytes, size_t count);
/* Fills the last byte with zeros. */
void yk_bits_align(struct yk_bits *bits);

/* Codes with their extra bits in one number: bits << 8 | how many. */
struct yk_emit_tables {
    uint32_t literals[256];
    uint32_t lengths[YK_MATCH_MAX + 1];
    uint32_t distances[YK_DISTANCE_SYMBOLS]; /* the code alone */
    uint32_t end;
};

void yk_emit_tables_make(struct yk_emit_tables *tables, const uint8_t litlen[YK_LITLEN_SYMBOLS],
                         const uint8_t distance[YK_DISTANCE_SYMBOLS]);

/* Writes a block's tokens, whose first byte is data[0], and the end of the block. Every symbol that occurs has a code
 * of at most YK_CODE_BITS bits. */
void yk_emit_tokens(struct yk_bits *bits, const struct yk_emit_tables *tables, const uint8_t *data,
                    const struct yk_token *tokens, size_t count, enum yk_cpu level);

/* The symbol of a length 3 .. 258 (257 .. 285) and of a distance 1 .. 32768 (0 .. 29), and how many extra bits it has
 * (RFC 1951, 3.2.5). */
static inline unsigned yk_length_symbol(unsigned length)
{
    if (length < 11)
        return 254 + length;
    if (length == YK_MATCH_MAX)
        return 285;
    unsigned top = 31 - (unsigned)__builtin_clz(length - 3);
    return 257 + 4 * (top - 1) + ((length - 3) >> (top - 2) & 3);
}

static inline unsigned yk_length_extra(unsigned symbol)
{
    return symbol < 265 || symbol == 285 ? 0 : (symbol - 261) / 4;
}

static inline unsigned yk_distance_symbol(unsigned distance)
{
    if (distance < 5)
        return distance - 1;
    unsigned top = 31 - (unsigned)__builtin_clz(distance - 1);
    return 2 * top + ((distance - 1) >> (top - 1) & 1);
}

static inline unsigned yk_distance_extra(unsigned symbol)
{
    return symbol < 4 ? 0 : symbol / 2 - 1;
}

#endif
