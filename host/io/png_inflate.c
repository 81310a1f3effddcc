/* SPDX-License-Identifier: MIT
 * Inflate: headers, tables, stored blocks (contract in png_inflate.h). What it refuses is what zlib refuses.
 */
#include "png_inflate.h"

#include <string.h>

#include "cpu.h"
#include "png_inflate_codes.h"
#include "png_inflate_tables.h"

enum {
    BEHIND = YK_INFLATE_BEHIND,
    /* bytes that hold any block header: 17 + 19 * 3 bits, and 316 lengths of 7 + 7 bits */
    HEADER_BYTES = 600
};

bool yk_inflate_fill(struct yk_inflate *inflate)
{
    if (inflate->drained)
        return false;
    size_t left = (size_t)(inflate->in_end - inflate->in), room = YK_INFLATE_SLICE - left;
    memmove(inflate->slice, inflate->in - BEHIND, BEHIND + left);
    inflate->in = inflate->slice + BEHIND;
    uint8_t *end = inflate->slice + BEHIND + left;
    size_t got = inflate->take(inflate->context, end, room);
    inflate->drained = got < room;
    end += got;
    inflate->in_end = end;
    /* Between two looks at this limit there are three loads of 8 bytes, each at most 7 after the one before.
     */
    inflate->in_limit = inflate->in_end - YK_INFLATE_PAD / 2;
    if (inflate->drained) {
        memset(end, 0, YK_INFLATE_PAD);
        inflate->in_limit = inflate->in_end + YK_INFLATE_PAD / 2;
    }
    return true;
}

static void copy_plain(uint8_t *out, size_t distance, size_t length)
{
    const uint8_t *from = out - distance, *end = out + length;
    if (distance >= 8) {
        do {
            memcpy(out, from, 8);
            out += 8;
            from += 8;
        } while (out < end);
    } else if (distance == 1) {
        memset(out, *from, length);
    } else {
        while (out < end)
            *out++ = *from++;
    }
}

enum yk_inflate_result yk_inflate_codes_plain(struct yk_inflate *inflate, const uint8_t *base, uint8_t **next,
                                              const uint8_t *stop)
{
    return yk_inflate_codes(inflate, base, next, stop, copy_plain);
}

/* Takes bits, at most 31 at a time; past the input's end they are zero, and the loops end at in_limit. */
static uint32_t take_bits(struct yk_inflate_bits *b, unsigned count)
{
    yk_inflate_refill(b);
    uint32_t value = yk_inflate_mask(b->bits, count);
    yk_inflate_drop(b, count);
    return value;
}

/* The code lengths of a dynamic block. */
static bool read_lengths(const struct yk_inflate *inflate, struct yk_inflate_bits *b, const uint32_t *table,
                         uint8_t *lengths, unsigned total)
{
    static const uint8_t extra[] = {2, 3, 7}, least[] = {3, 3, 11};
    for (unsigned have = 0; have < total;) {
        if (b->in >= inflate->in_limit)
            return false;
        yk_inflate_refill(b);
        uint32_t entry = table[yk_inflate_mask(b->bits, YK_INFLATE_PRECODE_BITS)], symbol = entry >> 16;
        yk_inflate_drop(b, entry);
        if (symbol < 16) {
            lengths[have++] = (uint8_t)symbol;
            continue;
        }
        unsigned repeats = least[symbol - 16] + take_bits(b, extra[symbol - 16]);
        if ((symbol == 16 && have == 0) || repeats > total - have)
            return false;
        memset(lengths + have, symbol == 16 ? lengths[have - 1] : 0, repeats);
        have += repeats;
    }
    return true;
}

static bool begin_dynamic(struct yk_inflate *inflate, struct yk_inflate_bits *b)
{
    static const uint8_t order[YK_INFLATE_PRECODES] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                       11, 4,  12, 3, 13, 2, 14, 1, 15};
    uint8_t precode[YK_INFLATE_PRECODES] = {0}, lengths[YK_INFLATE_LITLENS + YK_INFLATE_DISTS];
    uint32_t table[1 << YK_INFLATE_PRECODE_BITS];
    unsigned litlens = take_bits(b, 5) + 257, dists = take_bits(b, 5) + 1, precodes = take_bits(b, 4) + 4;
    if (litlens > YK_INFLATE_LITLENS || dists > YK_INFLATE_DISTS)
        return false;
    for (unsigned i = 0; i < precodes; i++)
        precode[order[i]] = (uint8_t)take_bits(b, 3);
    return yk_inflate_precode(table, precode) && read_lengths(inflate, b, table, lengths, litlens + dists) &&
           lengths[256] != 0 && yk_inflate_tables(inflate, lengths, litlens, dists);
}

static bool begin_fixed(struct yk_inflate *inflate)
{
    uint8_t lengths[288 + 32];
    memset(lengths, 8, 144);
    memset(lengths + 144, 9, 112);
    memset(lengths + 256, 7, 24);
    memset(lengths + 280, 8, 8);
    memset(lengths + 288, 5, 32);
    return yk_inflate_tables(inflate, lengths, 288, 32);
}

/* From bits back to whole bytes: at most 7, which a fill keeps. */
static void align(struct yk_inflate *inflate)
{
    inflate->in -= (inflate->count & 63) >> 3;
    inflate->bits = 0;
    inflate->count = 0;
}

static bool begin_stored(struct yk_inflate *inflate)
{
    align(inflate);
    if (inflate->in_end - inflate->in < 4)
        return false;
    unsigned length = inflate->in[0] | (unsigned)inflate->in[1] << 8;
    unsigned check = inflate->in[2] | (unsigned)inflate->in[3] << 8;
    inflate->in += 4;
    inflate->stored = length;
    return length == (check ^ 0xffff);
}

static bool begin_block(struct yk_inflate *inflate)
{
    if (inflate->in_end - inflate->in < HEADER_BYTES)
        (void)yk_inflate_fill(inflate);
    if (inflate->in >= inflate->in_limit)
        return false;
    struct yk_inflate_bits b = {inflate->bits, inflate->in, inflate->count};
    inflate->last = take_bits(&b, 1);
    unsigned type = take_bits(&b, 2);
    bool good = type == 2 ? begin_dynamic(inflate, &b) : type == 1 ? begin_fixed(inflate) : type == 0;
    inflate->bits = b.bits;
    inflate->in = b.in;
    inflate->count = b.count & 63;
    inflate->coded = type != 0;
    return good && (type != 0 || begin_stored(inflate));
}

/* As much of a stored block as there is input and room for. */
static bool run_stored(struct yk_inflate *inflate, uint8_t **next, const uint8_t *stop)
{
    size_t have = (size_t)(inflate->in_end - inflate->in), room = (size_t)(stop - *next);
    size_t part = inflate->stored < have ? inflate->stored : have;
    part = part < room ? part : room;
    if (have == 0 && !yk_inflate_fill(inflate))
        return false;
    memcpy(*next, inflate->in, part);
    *next += part;
    inflate->in += part;
    inflate->stored -= (uint32_t)part;
    return true;
}

bool yk_inflate_begin(struct yk_inflate *inflate, size_t (*take)(void *context, uint8_t *out, size_t room),
                      void *context, uint64_t expected)
{
    inflate->take = take;
    inflate->context = context;
    memset(inflate->slice, 0, BEHIND);
    inflate->in = inflate->in_end = inflate->slice + BEHIND;
    inflate->bits = 0;
    inflate->count = 0;
    inflate->stored = 0;
    inflate->drained = inflate->coded = inflate->last = inflate->ended = false;
    inflate->codes = yk_inflate_codes_plain;
#if defined(__x86_64__)
    if (yk_cpu_allowed() >= YK_CPU_V3)
        inflate->codes = yk_inflate_codes_v3;
#endif
    (void)yk_inflate_fill(inflate);
    if (inflate->in_end - inflate->in < 2)
        return false;
    unsigned method = inflate->in[0], flags = inflate->in[1], window = (method >> 4) + 8;
    inflate->in += 2;
    return (method & 15) == 8 && window <= 15 && (flags & 0x20) == 0 && (method << 8 | flags) % 31 == 0 &&
           (window == 15 || expected <= UINT64_C(1) << window);
}

enum yk_inflate_result yk_inflate_run(struct yk_inflate *inflate, const uint8_t *base, uint8_t **next,
                                      const uint8_t *stop)
{
    while (*next < stop) {
        if (inflate->stored > 0) {
            if (!run_stored(inflate, next, stop))
                return YK_INFLATE_BAD;
        } else if (inflate->coded) {
            enum yk_inflate_result result = inflate->codes(inflate, base, next, stop);
            if (result == YK_INFLATE_BAD)
                return result;
            inflate->coded = result != YK_INFLATE_DONE;
        } else if (inflate->last) {
            inflate->ended = true;
            return YK_INFLATE_DONE;
        } else if (!begin_block(inflate)) {
            return YK_INFLATE_BAD;
        }
    }
    return YK_INFLATE_MORE;
}

bool yk_inflate_finish(struct yk_inflate *inflate, uint32_t adler)
{
    align(inflate);
    (void)yk_inflate_fill(inflate);
    const uint8_t *in = inflate->in;
    return inflate->drained && inflate->in_end - in == 4 &&
           ((uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3]) == adler;
}
