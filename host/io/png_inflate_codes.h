/* SPDX-License-Identifier: MIT
 *
 * The inner loop of inflate, for the files that compile it at one level of the processor. Table entries:
 *
 *   bits 0-5   bits to drop: the codewords, and extra bits behind them
 *   bits 6-7   literals in the entry, 0 to 3: bytes from bit 8 on
 *   and where there are none:
 *   bits 8-13  bits of the codewords alone, or the index bits of a second-level table
 *   bits 14-15 what it is: a value, YK_INFLATE_AHEAD, or YK_INFLATE_OTHER with what follows there
 *   bits 16-31 the smallest distance, or the place of the second-level table; for lengths:
 *   bits 16-23 with YK_INFLATE_AHEAD: the literal ahead of the match
 *   bits 24-31 the smallest length, less YK_INFLATE_SHORTEST
 */
#ifndef YOKE_IO_PNG_INFLATE_CODES_H
#define YOKE_IO_PNG_INFLATE_CODES_H

#include <string.h>

#include "png_inflate.h"

enum {
    YK_INFLATE_LITERAL = 1 << 6,
    YK_INFLATE_LITERALS = 3 << 6,
    YK_INFLATE_AHEAD = 1 << 14,
    YK_INFLATE_OTHER = 1 << 15,
    YK_INFLATE_SUB = YK_INFLATE_OTHER, /* see the second-level table */
    YK_INFLATE_INVALID = YK_INFLATE_OTHER | 1 << 14,
    YK_INFLATE_EOB = YK_INFLATE_INVALID | 1 << 16, /* end of block */
    YK_INFLATE_SHORTEST = 3                        /* match */
};

/* Moves what is left of the slice to its front and takes more input. false: there is none. */
bool yk_inflate_fill(struct yk_inflate *inflate);

/* The loops: plain C, and the x86-64 v3 level. */
enum yk_inflate_result yk_inflate_codes_plain(struct yk_inflate *inflate, const uint8_t *base, uint8_t **next,
                                              const uint8_t *stop);
enum yk_inflate_result yk_inflate_codes_v3(struct yk_inflate *inflate, const uint8_t *base, uint8_t **next,
                                           const uint8_t *stop);

struct yk_inflate_bits {
    uint64_t bits;
    const uint8_t *in;
    unsigned count;
};

static inline uint64_t yk_inflate_load(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

/* At least 56 valid bits. */
static inline void yk_inflate_refill(struct yk_inflate_bits *b)
{
    b->bits |= yk_inflate_load(b->in) << (b->count & 63);
    b->in += (~b->count & 63) >> 3;
    b->count |= 56;
}

static inline void yk_inflate_drop(struct yk_inflate_bits *b, uint32_t entry)
{
    b->bits >>= entry & 63;
    b->count -= entry; /* modulo 64 */
}

static inline uint32_t yk_inflate_mask(uint64_t bits, unsigned count)
{
    return (uint32_t)bits & ((1U << count) - 1);
}

/* Writes an entry's literals: always four bytes, of which those after the literals are overwritten later. */
static inline uint8_t *yk_inflate_put(uint8_t *out, uint32_t entry)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    uint32_t bytes = __builtin_bswap32(entry >> 8);
#else
    uint32_t bytes = entry >> 8;
#endif
    memcpy(out, &bytes, sizeof bytes);
    return out + (entry >> 6 & 3);
}

/* The loop keeps its bits two places up, behind two that mean nothing: an index is then the place of its
 * entry in bytes, and the processor need not multiply it. That is one cycle of the seven from one lookup to
 * the next. */
enum { YK_INFLATE_UP = 2, YK_INFLATE_ONES = (1 << YK_INFLATE_UP) - 1 };

static inline uint32_t yk_inflate_lookup(const uint32_t *table, uint64_t bits, unsigned index_bits)
{
    uint32_t entry;
    uint64_t place = bits & ((UINT64_C(4) << index_bits) - 4);
    memcpy(&entry, (const char *)table + place, sizeof entry);
    return entry;
}

/* The extra bits of a length or distance; `bits` start with its codeword. */
static inline uint32_t yk_inflate_extra(uint32_t entry, uint64_t bits)
{
    bits &= ~(~(uint64_t)YK_INFLATE_ONES << (entry & 63));
    return (uint32_t)(bits >> (((entry >> 8) + YK_INFLATE_UP) & 63));
}

/* Has both values ready at this point of the program. The compiler would look them up behind the branch that
 * tells which of the two is needed; before it, they are there when that branch was predicted wrongly: a
 * quarter of the time for photographs. */
static inline void yk_inflate_early(uint32_t *a, uint32_t *b)
{
    __asm__ volatile("" : "+r"(*a), "+r"(*b));
}

static inline struct yk_inflate_bits yk_inflate_bits_up(const struct yk_inflate *inflate)
{
    unsigned count = inflate->count & 7;
    struct yk_inflate_bits b = {(uint64_t)yk_inflate_mask(inflate->bits, count) << YK_INFLATE_UP,
                                inflate->in - ((inflate->count & 63) >> 3), count + YK_INFLATE_UP};
    yk_inflate_refill(&b);
    return b;
}

static inline void yk_inflate_bits_down(struct yk_inflate *inflate, const struct yk_inflate_bits *b)
{
    inflate->bits = b->bits >> YK_INFLATE_UP;
    inflate->in = b->in;
    inflate->count = (b->count & 63) - YK_INFLATE_UP;
}

/* yk_inflate_codes_*: `copy` writes `length` bytes that repeat what is `distance` before `out`, and up to 64
 * more. */
static inline __attribute__((always_inline)) enum yk_inflate_result
yk_inflate_codes(struct yk_inflate *inflate, const uint8_t *base, uint8_t **next, const uint8_t *stop,
                 void (*copy)(uint8_t *out, size_t distance, size_t length))
{
    enum { LIT = YK_INFLATE_LITLEN_BITS, DIST = YK_INFLATE_DIST_BITS, STEPS = 4 };
    struct yk_inflate_bits b = yk_inflate_bits_up(inflate);
    uint8_t *out = *next;
    enum yk_inflate_result result = YK_INFLATE_BAD;
    uint32_t entry = yk_inflate_lookup(inflate->litlen, b.bits, LIT), after, dist;

    /* Here `entry` is that of the next bits, and a refill has just left at least 54 valid ones. They last for
     * three entries of literals with 12 each and one of a length with 12 + 5. Behind the valid ones are more
     * of the stream's bits, 62 in all, for the lookups: 8 more after those entries, 12 after four of
     * literals. */
    for (;;) {
        if (b.in >= inflate->in_limit) {
            inflate->in = b.in;
            if (!yk_inflate_fill(inflate))
                break;
            b.in = inflate->in;
        }
        if (out >= stop) {
            result = YK_INFLATE_MORE;
            break;
        }
        uint64_t bits;
        int step = 0;
#pragma GCC unroll 4
        for (; step < STEPS; step++) {
            bits = b.bits;
            yk_inflate_drop(&b, entry);
            after = yk_inflate_lookup(inflate->litlen, b.bits, LIT);
            dist = yk_inflate_lookup(inflate->dist, b.bits, DIST);
            yk_inflate_early(&after, &dist);
            if (!(entry & YK_INFLATE_LITERALS))
                break;
            out = yk_inflate_put(out, entry);
            entry = after;
        }
        yk_inflate_refill(&b);
        if (step == STEPS)
            continue;
        if (entry & YK_INFLATE_OTHER) {
            if ((entry & YK_INFLATE_INVALID) == YK_INFLATE_SUB) {
                entry = yk_inflate_lookup(inflate->litlen + (entry >> 16), b.bits, entry >> 8 & 63);
                bits = b.bits;
                yk_inflate_drop(&b, entry);
                dist = yk_inflate_lookup(inflate->dist, b.bits, DIST);
            }
            if (entry & YK_INFLATE_LITERALS) {
                out = yk_inflate_put(out, entry);
                entry = yk_inflate_lookup(inflate->litlen, b.bits, LIT);
                yk_inflate_refill(&b);
                continue;
            }
            if (entry & YK_INFLATE_OTHER) {
                if (entry >> 16)
                    result = YK_INFLATE_DONE;
                break;
            }
        }
        /* The literal ahead, or one that is overwritten later: not where the copy reads, which would wait. */
        out[~entry >> 7 & 128] = (uint8_t)(entry >> 16);
        out += (entry & YK_INFLATE_AHEAD) != 0;
        size_t length = (entry >> 24) + YK_INFLATE_SHORTEST + yk_inflate_extra(entry, bits);
        if (dist & YK_INFLATE_OTHER) {
            if ((dist & YK_INFLATE_INVALID) == YK_INFLATE_SUB) {
                yk_inflate_drop(&b, DIST);
                dist = yk_inflate_lookup(inflate->dist + (dist >> 16), b.bits, dist >> 8 & 63);
            }
            if (dist & YK_INFLATE_OTHER)
                break;
        }
        /* Of at least 54 bits, 8 may have gone for the second-level table, 28 go for the distance, and 12 are
         * looked at. */
        size_t distance = (dist >> 16) + yk_inflate_extra(dist, b.bits);
        yk_inflate_drop(&b, dist);
        entry = yk_inflate_lookup(inflate->litlen, b.bits, LIT);
        yk_inflate_refill(&b);
        if (distance > (size_t)(out - base))
            break;
        copy(out, distance, length);
        out += length;
    }
    yk_inflate_bits_down(inflate, &b);
    *next = out;
    return result;
}

#endif
