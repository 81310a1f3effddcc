/* SPDX-License-Identifier: MIT
 *
 * The inner loop of inflate, for the files that compile it at one level of the processor. Table entries:
 *
 *   bits 0-5   bits to drop: the codeword, and extra bits behind it
 *   bits 6-7   literals in the entry, 0 to 3: bytes from bit 8 on
 *   and where there are none:
 *   bits 8-13  bits of the codeword alone, or the index bits of a second-level table
 *   bits 14-15 what it is: a value, YK_INFLATE_SUB, YK_INFLATE_EOB, YK_INFLATE_INVALID
 *   bits 16-31 the smallest length or distance, or the place of the second-level table
 */
#ifndef YOKE_IO_PNG_INFLATE_CODES_H
#define YOKE_IO_PNG_INFLATE_CODES_H

#include <string.h>

#include "png_inflate.h"

enum {
    YK_INFLATE_LITERAL = 1 << 6,
    YK_INFLATE_LITERALS = 3 << 6,
    YK_INFLATE_SUB = 1 << 14,
    YK_INFLATE_EOB = 2 << 14,
    YK_INFLATE_INVALID = 3 << 14
};

/* Moves what is left of the slice to its front and takes more input. false: there is none. */
bool yk_inflate_fill(struct yk_inflate *inflate);

/* The loops: plain C, and the x86-64 v3 level. */
enum yk_inflate_result yk_inflate_codes_plain(struct yk_inflate *inflate, const uint8_t *base, uint8_t **next,
                                              const uint8_t *stop);
enum yk_inflate_result yk_inflate_codes_v3(struct yk_inflate *inflate, const uint8_t *base, uint8_t **next,
                                           const uint8_t *stop);

/* Gives entries for one literal a second one where both codewords fit the index. `single`: the table without.
 */
void yk_inflate_pair_plain(uint32_t *table, const uint32_t *single);
void yk_inflate_pair_v3(uint32_t *table, const uint32_t *single);

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

/* Base and extra bits of a length or distance that `entry` stands for; `bits` start with its codeword. */
static inline uint32_t yk_inflate_value(uint32_t entry, uint64_t bits)
{
    return (entry >> 16) + (uint32_t)((bits & ((UINT64_C(1) << (entry & 63)) - 1)) >> (entry >> 8 & 63));
}

/* Has both values ready at this point of the program. The compiler would look them up behind the branch that
 * tells which of the two is needed; before it, they are there when that branch was predicted wrongly: a
 * quarter of the time for photographs. */
static inline void yk_inflate_early(uint32_t *a, uint32_t *b)
{
    __asm__ volatile("" : "+r"(*a), "+r"(*b));
}

/* yk_inflate_codes_*: `copy` writes `length` bytes that repeat what is `distance` before `out`, and up to 64
 * more. */
static inline __attribute__((always_inline)) enum yk_inflate_result
yk_inflate_codes(struct yk_inflate *inflate, const uint8_t *base, uint8_t **next, const uint8_t *stop,
                 void (*copy)(uint8_t *out, size_t distance, size_t length))
{
    const unsigned lit_bits = YK_INFLATE_LITLEN_BITS, dist_bits = YK_INFLATE_DIST_BITS;
    struct yk_inflate_bits b = {inflate->bits, inflate->in, inflate->count};
    uint8_t *out = *next;
    enum yk_inflate_result result = YK_INFLATE_BAD;
    yk_inflate_refill(&b);
    uint32_t entry = inflate->litlen[yk_inflate_mask(b.bits, lit_bits)];

    /* Here `entry` is that of the next bits, and at least 20 + 12 bits are valid: the longest entry without a
     * second-level table, and a lookup behind it. */
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
        uint64_t bits = b.bits;
        yk_inflate_drop(&b, entry);
        uint32_t after = inflate->litlen[yk_inflate_mask(b.bits, lit_bits)];
        uint32_t dist = inflate->dist[yk_inflate_mask(b.bits, dist_bits)];
        yk_inflate_early(&after, &dist);
        yk_inflate_refill(&b);
        if (entry & YK_INFLATE_LITERALS) {
            out = yk_inflate_put(out, entry);
            entry = after;
            continue;
        }
        if (entry & YK_INFLATE_INVALID) {
            if ((entry & YK_INFLATE_INVALID) == YK_INFLATE_SUB) {
                entry = inflate->litlen[(entry >> 16) + yk_inflate_mask(b.bits, entry >> 8 & 63)];
                bits = b.bits;
                yk_inflate_drop(&b, entry);
                dist = inflate->dist[yk_inflate_mask(b.bits, dist_bits)];
            }
            if (entry & YK_INFLATE_LITERALS) {
                out = yk_inflate_put(out, entry);
                entry = inflate->litlen[yk_inflate_mask(b.bits, lit_bits)];
                continue;
            }
            if (entry & YK_INFLATE_INVALID) {
                if ((entry & YK_INFLATE_INVALID) == YK_INFLATE_EOB)
                    result = YK_INFLATE_DONE;
                break;
            }
        }
        uint32_t length = yk_inflate_value(entry, bits);
        if (dist & YK_INFLATE_INVALID) {
            if ((dist & YK_INFLATE_INVALID) == YK_INFLATE_SUB) {
                yk_inflate_drop(&b, dist_bits);
                dist = inflate->dist[(dist >> 16) + yk_inflate_mask(b.bits, dist >> 8 & 63)];
            }
            if (dist & YK_INFLATE_INVALID)
                break;
        }
        /* Of at least 56 bits, 8 may have gone for the second-level table, 28 go for the distance. */
        size_t distance = yk_inflate_value(dist, b.bits);
        yk_inflate_drop(&b, dist);
        entry = inflate->litlen[yk_inflate_mask(b.bits, lit_bits)];
        yk_inflate_refill(&b);
        if (distance > (size_t)(out - base))
            break;
        copy(out, distance, length);
        out += length;
    }
    inflate->bits = b.bits;
    inflate->in = b.in;
    inflate->count = b.count & 63;
    *next = out;
    return result;
}

#endif
