/* SPDX-License-Identifier: MIT
 *
 * The second pass of the own Deflate coder: symbols become bits. Any thread.
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

/* What each symbol of a stream becomes, extra bits included: the bits on top, how many there are in the low 6
 * bits, up to 28. */
struct yk_emit_tables {
    uint64_t symbols[YK_SYMBOLS];
    uint64_t end;
};

/* `bpp`: the distance that YK_RUN_PIXEL stands for. The lengths are at most YK_CODE_BITS, those of distances
 * at most YK_DISTANCE_BITS. `copies`: the block may have symbols from YK_COPY on. */
void yk_emit_tables_make(struct yk_emit_tables *tables, const uint8_t litlen[YK_LITLEN_SYMBOLS],
                         const uint8_t distance[YK_DISTANCE_SYMBOLS], size_t bpp, bool copies);

/* Writes a block's symbols and the end of the block. `expected`: how many bits that takes, about; it decides
 * how many symbols are joined before they are written, not what is written. */
void yk_emit_block(struct yk_bits *bits, const struct yk_emit_tables *tables, const struct yk_parsed *parsed,
                   uint64_t expected, enum yk_cpu level);

/* The symbol of a length 3 .. 258, less 257, and how many extra bits it has; of a distance 1 .. 32768 and its
 * extra bits (RFC 1951, 3.2.5). */
extern const uint8_t yk_length_symbols[YK_MATCH_MAX + 1];

static inline unsigned yk_length_symbol(unsigned length)
{
    return 257u + yk_length_symbols[length];
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
