/* SPDX-License-Identifier: MIT
 * Tokens to bits (contract in png_emit.h). */
#include "png_emit.h"

#include <string.h>

/* What fits beside the up to 7 bits that wait: 64 bits would read as none in a 6-bit count. */
enum { BITS_FREE = 63 - 7 };
_Static_assert(2 * (YK_CODE_BITS + 5 + YK_DISTANCE_BITS + 1) <= BITS_FREE, "two runs fit");
_Static_assert(YK_CODE_BITS + 5 + YK_DISTANCE_BITS + 13 <= BITS_FREE, "a match fits");

const uint8_t yk_length_symbols[YK_MATCH_MAX + 1] = {
    0,  0,  0,  0,  1,  2,  3,  4,  5,  6,  7,  8,  8,  9,  9,  10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 13,
    13, 14, 14, 14, 14, 15, 15, 15, 15, 16, 16, 16, 16, 16, 16, 16, 16, 17, 17, 17, 17, 17, 17, 17, 17, 18,
    18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20,
    20, 20, 20, 20, 20, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 22, 22, 22, 22, 22,
    22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23,
    23, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24,
    24, 24, 24, 24, 24, 24, 24, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25,
    25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26,
    26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 27, 27, 27, 27, 27, 27, 27,
    27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 28,
};

/* The next 8 bytes of the stream. */
static inline void store64(uint8_t *at, uint64_t v)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    memcpy(at, &v, sizeof v);
}

/* Writes whole bytes; fewer than 8 bits stay. `count` may hold more above its low 6 bits, which are the
 * number. */
static inline void flush(struct yk_bits *bits)
{
    store64(bits->at, bits->held);
    unsigned count = bits->count & 63;
    bits->at += count >> 3;
    bits->held >>= count & 56;
    bits->count = count & 7;
}

/* Appends a table entry without flushing. Its number of bits is its low byte, which is all that a shift by a
 * 64-bit register looks at. */
static inline void add(struct yk_bits *bits, uint64_t entry)
{
    bits->held |= (entry >> 8) << (bits->count & 63);
    bits->count += (unsigned)entry;
}

void yk_bits_put(struct yk_bits *bits, uint64_t value, unsigned count)
{
    bits->held |= value << bits->count;
    bits->count += count;
    flush(bits);
}

void yk_bits_append(struct yk_bits *bits, const uint8_t *bytes, size_t count)
{
    for (; count >= 8; count -= 8)
        yk_bits_put(bits, *bytes++, 8);
    if (count > 0)
        yk_bits_put(bits, *bytes & ((1u << count) - 1), (unsigned)count);
}

void yk_bits_align(struct yk_bits *bits)
{
    if (bits->count > 0)
        yk_bits_put(bits, 0, 8 - bits->count);
}

static uint64_t joined(uint64_t first, uint64_t second)
{
    uint64_t bits = first & 0xff;
    return (first >> 8 | (second >> 8) << bits) << 8 | (bits + (second & 0xff));
}

/* The code and the extra bits of a distance. */
static uint64_t distance_entry(const struct yk_emit_tables *tables, unsigned distance)
{
    unsigned symbol = yk_distance_symbol(distance), extra = yk_distance_extra(symbol);
    return joined(tables->distances[symbol], (uint64_t)((distance - 1) & ((1u << extra) - 1)) << 8 | extra);
}

void yk_emit_tables_make(struct yk_emit_tables *tables, const uint8_t litlen[YK_LITLEN_SYMBOLS],
                         const uint8_t distance[YK_DISTANCE_SYMBOLS], size_t bpp)
{
    uint16_t codes[YK_LITLEN_SYMBOLS], distance_codes[YK_DISTANCE_SYMBOLS];
    yk_huffman_codes(litlen, YK_LITLEN_SYMBOLS, codes);
    yk_huffman_codes(distance, YK_DISTANCE_SYMBOLS, distance_codes);
    for (unsigned s = 0; s < YK_DISTANCE_SYMBOLS; s++)
        tables->distances[s] = (uint32_t)distance_codes[s] << 8 | distance[s];
    tables->end = (uint32_t)codes[YK_END_OF_BLOCK] << 8 | litlen[YK_END_OF_BLOCK];
    tables->widest = 0;
    for (unsigned s = 0; s < 256; s++)
        tables->symbols[s] = (uint32_t)codes[s] << 8 | litlen[s];
    const uint64_t near = distance_entry(tables, 1), pixel = distance_entry(tables, (unsigned)bpp);
    const uint64_t farther = (near & 0xff) > (pixel & 0xff) ? near & 0xff : pixel & 0xff;
    unsigned n = YK_MATCH_MIN;
    for (unsigned symbol = 257; symbol < YK_LITLEN_SYMBOLS; symbol++) {
        unsigned extra = yk_length_extra(symbol);
        uint64_t code = (uint64_t)codes[symbol] << 8 | litlen[symbol];
        /* symbol 284 has room for 32 lengths, but the last, 258, is a symbol of its own */
        for (unsigned value = 0; value < 1u << extra && n <= YK_MATCH_MAX - (symbol == 284); value++, n++) {
            uint64_t length = joined(code, (uint64_t)value << 8 | extra);
            tables->lengths[n] = (uint32_t)length; /* up to 17 bits */
            tables->symbols[YK_RUN_NEAR + n - YK_MATCH_MIN] = joined(length, near);
            tables->symbols[YK_RUN_PIXEL + n - YK_MATCH_MIN] = joined(length, pixel);
        }
        if (litlen[symbol] && litlen[symbol] + extra + farther > tables->widest)
            tables->widest = (unsigned)(litlen[symbol] + extra + farther);
    }
}

static inline __attribute__((always_inline)) const uint16_t *emit_symbols(struct yk_bits *bits,
                                                                          const struct yk_emit_tables *tables,
                                                                          const uint16_t *p, size_t count,
                                                                          size_t each)
{
    for (; count >= each; count -= each) {
        for (size_t k = 0; k < each; k++)
            add(bits, tables->symbols[p[k]]);
        flush(bits);
        p += each;
    }
    for (; count > 0; count--) {
        add(bits, tables->symbols[*p++]);
        flush(bits);
    }
    return p;
}

static inline __attribute__((always_inline)) void
emit(struct yk_bits *shared, const struct yk_emit_tables *tables, const struct yk_parsed *parsed)
{
    struct yk_bits bits = *shared;
    const uint16_t *p = parsed->symbols;
    for (const struct yk_token *token = parsed->tokens; token < parsed->tokens + parsed->token_count;
         token++) {
        if (tables->widest <= BITS_FREE / 4)
            p = emit_symbols(&bits, tables, p, token->symbols, 4);
        else if (tables->widest <= BITS_FREE / 3)
            p = emit_symbols(&bits, tables, p, token->symbols, 3);
        else
            p = emit_symbols(&bits, tables, p, token->symbols, 2);
        if (token->length == 0)
            continue;
        unsigned symbol = yk_distance_symbol(token->distance), extra = yk_distance_extra(symbol);
        add(&bits, tables->lengths[token->length]);
        add(&bits, tables->distances[symbol]);
        bits.held |= (uint64_t)((token->distance - 1u) & ((1u << extra) - 1)) << (bits.count & 63);
        bits.count += extra;
        flush(&bits);
    }
    add(&bits, tables->end);
    flush(&bits);
    *shared = bits;
}

#if defined(__x86_64__)
/* BMI2's shifts take their count from any register and leave the flags alone: the same code is a third
 * faster. */
__attribute__((target("bmi,bmi2,lzcnt"))) static void
emit_bmi2(struct yk_bits *bits, const struct yk_emit_tables *tables, const struct yk_parsed *parsed)
{
    emit(bits, tables, parsed);
}
#endif

void yk_emit_block(struct yk_bits *bits, const struct yk_emit_tables *tables, const struct yk_parsed *parsed,
                   enum yk_cpu level)
{
#if defined(__x86_64__)
    if (level >= YK_CPU_V3) {
        emit_bmi2(bits, tables, parsed);
        return;
    }
#endif
    (void)level;
    emit(bits, tables, parsed);
}
