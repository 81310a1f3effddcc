/* SPDX-License-Identifier: MIT
 * Symbols to bits (contract in png_emit.h). */
#include "png_emit.h"

#include <stdbool.h>
#include <string.h>

/* What fits beside the up to 7 bits that wait, with a table entry's low bits below it that are its number. */
enum { BITS_FREE = 64 - 7 - 6, EIGHT_MEAN = 5 };
_Static_assert(YK_CODE_BITS + 5 + YK_DISTANCE_BITS + 13 <= BITS_FREE, "a run of pixels fits");

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

void yk_bits_put(struct yk_bits *bits, uint64_t value, unsigned count)
{
    bits->held |= value << bits->count;
    bits->count += count;
    store64(bits->at, bits->held);
    bits->at += bits->count >> 3;
    bits->held >>= bits->count & ~7u;
    bits->count &= 7;
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

/* `bits` and how many, as an entry of the tables. */
static uint64_t entry_of(uint64_t bits, unsigned count)
{
    return count ? bits << (64 - count) | count : 0;
}

/* Two entries as one, of up to 58 bits. */
static uint64_t joined(uint64_t first, uint64_t second)
{
    uint64_t count = (first & 0x3f) + (second & 0x3f);
    return ((first & ~UINT64_C(0x3f)) >> (second & 0x3f) | (second & ~UINT64_C(0x3f))) | count;
}

/* The code and the extra bits of a distance. */
static uint64_t distance_entry(const struct yk_emit_tables *tables, unsigned distance)
{
    unsigned symbol = yk_distance_symbol(distance), extra = yk_distance_extra(symbol);
    return joined(tables->symbols[YK_FAR + symbol], entry_of((distance - 1) & ((1u << extra) - 1), extra));
}

/* Lengths, alone and with the distance of either run. */
static void length_entries(struct yk_emit_tables *tables, const uint8_t litlen[YK_LITLEN_SYMBOLS],
                           const uint16_t codes[YK_LITLEN_SYMBOLS], size_t bpp)
{
    const uint64_t near = distance_entry(tables, 1), pixel = distance_entry(tables, (unsigned)bpp);
    unsigned n = YK_MATCH_MIN;
    for (unsigned symbol = 257; symbol < YK_LITLEN_SYMBOLS; symbol++) {
        unsigned extra = yk_length_extra(symbol);
        uint64_t code = entry_of(codes[symbol], litlen[symbol]);
        /* symbol 284 has room for 32 lengths, but the last, 258, is a symbol of its own */
        for (unsigned value = 0; value < 1u << extra && n <= YK_MATCH_MAX - (symbol == 284); value++, n++) {
            uint64_t length = joined(code, entry_of(value, extra));
            tables->symbols[YK_COPY + n - YK_MATCH_MIN] = length;
            tables->symbols[YK_RUN_NEAR + n - YK_MATCH_MIN] = joined(length, near);
            tables->symbols[YK_RUN_PIXEL + n - YK_MATCH_MIN] = joined(length, pixel);
        }
    }
}

void yk_emit_tables_make(struct yk_emit_tables *tables, const uint8_t litlen[YK_LITLEN_SYMBOLS],
                         const uint8_t distance[YK_DISTANCE_SYMBOLS], size_t bpp, bool copies)
{
    uint16_t codes[YK_LITLEN_SYMBOLS], distance_codes[YK_DISTANCE_SYMBOLS];
    yk_huffman_codes(litlen, YK_LITLEN_SYMBOLS, codes);
    yk_huffman_codes(distance, YK_DISTANCE_SYMBOLS, distance_codes);
    for (unsigned s = 0; s < 256; s++)
        tables->symbols[s] = entry_of(codes[s], litlen[s]);
    for (unsigned s = 0; s < YK_DISTANCE_SYMBOLS; s++)
        tables->symbols[YK_FAR + s] = entry_of(distance_codes[s], distance[s]);
    for (unsigned n = 0; copies && n <= YK_RAW_BITS; n++)
        for (unsigned value = 0; value < 1u << n; value++)
            tables->symbols[YK_RAW + (1u << n) - 1 + value] = entry_of(value, n);
    tables->end = entry_of(codes[YK_END_OF_BLOCK], litlen[YK_END_OF_BLOCK]);
    length_entries(tables, litlen, codes, bpp);
}

/* Bits that wait, the newest one on top: appending moves the older ones down, and nothing moves when whole
 * bytes are taken from them. Below the oldest is rubbish. */
struct queue {
    uint8_t *at;
    uint64_t held;
    unsigned count;
};

/* Several entries in one: the bits as in an entry, how many there are in the low byte of `count`. */
struct group {
    uint64_t bits, count;
};

static inline struct group group_of(uint64_t entry)
{
    return (struct group){entry, entry};
}

/* A shift by a 64-bit register looks at its low 6 bits alone, where the number is. What that leaves of the
 * first one's number is below what counts. */
static inline struct group follow(struct group first, struct group second)
{
    return (struct group){first.bits >> (second.count & 63) | second.bits, first.count + second.count};
}

static inline void append(struct queue *queue, struct group group)
{
    queue->held = queue->held >> (group.count & 63) | group.bits;
    queue->count += (unsigned)(group.count & 0xff);
}

/* Writes whole bytes; fewer than 8 bits stay. At least one bit waits. */
static inline void flush(struct queue *queue)
{
    store64(queue->at, queue->held >> ((64 - queue->count) & 63));
    queue->at += queue->count >> 3;
    queue->count &= 7;
}

static inline __attribute__((always_inline)) struct group group_at(const struct yk_emit_tables *tables,
                                                                   const uint16_t *p)
{
    return follow(follow(group_of(tables->symbols[p[0]]), group_of(tables->symbols[p[1]])),
                  follow(group_of(tables->symbols[p[2]]), group_of(tables->symbols[p[3]])));
}

static inline void emit_each(struct queue *queue, const struct yk_emit_tables *tables, const uint16_t *p,
                             size_t count)
{
    for (size_t k = 0; k < count; k++) {
        append(queue, group_of(tables->symbols[p[k]]));
        flush(queue);
    }
}

/* Four symbols, of which `group` was made. */
static inline void emit_four(struct queue *queue, const struct yk_emit_tables *tables, const uint16_t *p,
                             struct group group)
{
    if (__builtin_expect((group.count & 0xff) > BITS_FREE, 0)) { /* long runs */
        emit_each(queue, tables, p, 4);
        return;
    }
    append(queue, group);
    flush(queue);
}

/* `eight`: so many mostly fit at once. */
static inline __attribute__((always_inline)) void emit_symbols(struct queue *queue,
                                                               const struct yk_emit_tables *tables,
                                                               const uint16_t *p, size_t count, bool eight)
{
    for (; eight && count >= 8; count -= 8, p += 8) {
        struct group first = group_at(tables, p), second = group_at(tables, p + 4);
        struct group all = follow(first, second);
        if (__builtin_expect((all.count & 0xff) > BITS_FREE, 0)) {
            emit_four(queue, tables, p, first);
            emit_four(queue, tables, p + 4, second);
            continue;
        }
        append(queue, all);
        flush(queue);
    }
    for (; count >= 4; count -= 4, p += 4)
        emit_four(queue, tables, p, group_at(tables, p));
    emit_each(queue, tables, p, count);
}

static inline __attribute__((always_inline)) void
emit(struct yk_bits *bits, const struct yk_emit_tables *tables, const struct yk_parsed *parsed, bool eight)
{
    struct queue queue = {bits->at, bits->count ? bits->held << (64 - bits->count) : 0, bits->count};
    emit_symbols(&queue, tables, parsed->symbols, parsed->symbol_count, eight);
    append(&queue, group_of(tables->end));
    flush(&queue);
    *bits = (struct yk_bits){queue.at, queue.count ? queue.held >> (64 - queue.count) : 0, queue.count};
}

#if defined(__x86_64__)
/* BMI2's shifts take their count from any register and leave the flags alone: the same code is a third
 * faster. */
__attribute__((target("bmi,bmi2,lzcnt"))) static void emit_bmi2(struct yk_bits *bits,
                                                                const struct yk_emit_tables *tables,
                                                                const struct yk_parsed *parsed, bool eight)
{
    if (eight)
        emit(bits, tables, parsed, true);
    else
        emit(bits, tables, parsed, false);
}
#endif

void yk_emit_block(struct yk_bits *bits, const struct yk_emit_tables *tables, const struct yk_parsed *parsed,
                   uint64_t expected, enum yk_cpu level)
{
    /* one standard deviation of eight symbols' bits fits beside their mean */
    bool eight = expected < (uint64_t)parsed->symbol_count * EIGHT_MEAN;
#if defined(__x86_64__)
    if (level >= YK_CPU_V3) {
        emit_bmi2(bits, tables, parsed, eight);
        return;
    }
#endif
    (void)level;
    emit(bits, tables, parsed, eight);
}
