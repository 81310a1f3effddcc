/* SPDX-License-Identifier: MIT
 * Tokens to bits (contract in png_emit.h). */
#include "png_emit.h"

#include <string.h>

/* The next 8 bytes of the stream. */
static inline void store64(uint8_t *at, uint64_t v)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    memcpy(at, &v, sizeof v);
}

/* Writes whole bytes; fewer than 8 bits stay. `count` may hold more above its low 6 bits, which are the number. */
static inline void flush(struct yk_bits *bits)
{
    store64(bits->at, bits->held);
    unsigned count = bits->count & 63;
    bits->at += count >> 3;
    bits->held >>= count & 56;
    bits->count = count & 7;
}

/* Appends a table entry without flushing. Its number of bits is its low byte, which is all that a shift by a 64-bit
 * register looks at. */
static inline void add(struct yk_bits *bits, uint32_t entry)
{
    bits->held |= (uint64_t)(entry >> 8) << (bits->count & 63);
    bits->count += entry;
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

void yk_emit_tables_make(struct yk_emit_tables *tables, const uint8_t litlen[YK_LITLEN_SYMBOLS],
                         const uint8_t distance[YK_DISTANCE_SYMBOLS])
{
    uint16_t codes[YK_LITLEN_SYMBOLS], distance_codes[YK_DISTANCE_SYMBOLS];
    yk_huffman_codes(litlen, YK_LITLEN_SYMBOLS, codes);
    yk_huffman_codes(distance, YK_DISTANCE_SYMBOLS, distance_codes);
    for (unsigned s = 0; s < 256; s++)
        tables->literals[s] = (uint32_t)codes[s] << 8 | litlen[s];
    tables->end = (uint32_t)codes[YK_END_OF_BLOCK] << 8 | litlen[YK_END_OF_BLOCK];
    for (unsigned n = 3; n <= YK_MATCH_MAX; n++) {
        unsigned symbol = yk_length_symbol(n), extra = yk_length_extra(symbol);
        uint32_t value = (n - 3) & ((1u << extra) - 1);
        tables->lengths[n] = (codes[symbol] | value << litlen[symbol]) << 8 | (litlen[symbol] + extra);
    }
    for (unsigned s = 0; s < YK_DISTANCE_SYMBOLS; s++)
        tables->distances[s] = (uint32_t)distance_codes[s] << 8 | distance[s];
}

static inline __attribute__((always_inline)) void emit(struct yk_bits *shared, const struct yk_emit_tables *tables,
                                                       const uint8_t *p, const struct yk_token *tokens, size_t count)
{
    struct yk_bits bits = *shared;
    for (const struct yk_token *token = tokens; token < tokens + count; token++) {
        size_t literals = token->literals;
        for (; literals >= 4; literals -= 4) {
            for (int k = 0; k < 4; k++)
                add(&bits, tables->literals[p[k]]);
            flush(&bits);
            p += 4;
        }
        for (; literals > 0; literals--)
            add(&bits, tables->literals[*p++]);
        flush(&bits);
        if (token->length == 0)
            continue;
        unsigned symbol = yk_distance_symbol(token->distance), extra = yk_distance_extra(symbol);
        add(&bits, tables->lengths[token->length]);
        add(&bits, tables->distances[symbol]);
        bits.held |= (uint64_t)((token->distance - 1u) & ((1u << extra) - 1)) << (bits.count & 63);
        bits.count += extra;
        flush(&bits);
        p += token->length;
    }
    add(&bits, tables->end);
    flush(&bits);
    *shared = bits;
}

static void emit_plain(struct yk_bits *bits, const struct yk_emit_tables *tables, const uint8_t *data,
                       const struct yk_token *tokens, size_t count)
{
    emit(bits, tables, data, tokens, count);
}

#if defined(__x86_64__)
/* BMI2's shifts take their count from any register and leave the flags alone: the same code is a third faster. */
__attribute__((target("bmi,bmi2,lzcnt"))) static void emit_bmi2(struct yk_bits *bits, const struct yk_emit_tables *tables,
                                                      const uint8_t *data, const struct yk_token *tokens, size_t count)
{
    emit(bits, tables, data, tokens, count);
}
#endif

void yk_emit_tokens(struct yk_bits *bits, const struct yk_emit_tables *tables, const uint8_t *data,
                    const struct yk_token *tokens, size_t count, enum yk_cpu level)
{
#if defined(__x86_64__)
    if (level >= YK_CPU_V3) {
        emit_bmi2(bits, tables, data, tokens, count);
        return;
    }
#endif
    (void)level;
    emit_plain(bits, tables, data, tokens, count);
}
