/* SPDX-License-Identifier: MIT
 * Inflate: headers, tables, stored blocks (contract in png_inflate.h). What it refuses is what zlib refuses.
 */
#include "png_inflate.h"

#include <string.h>

#include "cpu.h"
#include "png_inflate_codes.h"

enum {
    LITLEN_MAX = 286, /* more are refused, as zlib does, though the format could say 288 and 32 */
    DIST_MAX = 30,
    CODE_MAX = 15,
    PRECODES = 19,
    PRECODE_BITS = 7,
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

void yk_inflate_pair_plain(uint32_t *table, const uint32_t *single)
{
    for (uint32_t i = 0; i < 1U << YK_INFLATE_LITLEN_BITS; i++) {
        uint32_t first = single[i], second = single[i >> (first & 63)];
        if ((first & YK_INFLATE_LITERALS) && (second & YK_INFLATE_LITERALS) &&
            (first & 63) + (second & 63) <= YK_INFLATE_LITLEN_BITS)
            table[i] = first + (second & 0xff) + (second >> 8 << 16);
    }
}

/* The next codeword of a canonical code, its bits in the order of the stream: counting with the bits
 * reversed. */
static unsigned next_codeword(unsigned codeword, unsigned length)
{
    unsigned bit = 1U << (length - 1);
    while (codeword & bit)
        bit >>= 1;
    return bit ? (codeword & (bit - 1)) | bit : 0;
}

static uint32_t entry_of(uint32_t value, unsigned length)
{
    return value + length * (value & YK_INFLATE_LITERALS ? 1 : 0x101);
}

/* Index bits that a second-level table needs for the codewords from `length` on, when `count[]` of each
 * length are left: the depth of the subtree that the next ones fill. */
static unsigned subtable_bits(const unsigned *count, unsigned length, unsigned from)
{
    unsigned bits = length - from;
    unsigned room = 1U << bits;
    while (count[length] < room && length < CODE_MAX) {
        room = (room - count[length]) << 1;
        length++;
        bits++;
    }
    return bits;
}

struct code {
    unsigned count[CODE_MAX + 1];
    uint16_t sorted[LITLEN_MAX + 2]; /* symbols by length, then by number */
    unsigned longest;
};

/* Counts and sorts; false where zlib would call the set of lengths wrong: too many codewords, or too few
 * unless `single` allows one of one bit (or none at all). */
static bool code_make(struct code *code, const uint8_t *lengths, unsigned symbols, bool single)
{
    memset(code->count, 0, sizeof code->count);
    for (unsigned s = 0; s < symbols; s++)
        code->count[lengths[s]]++;
    unsigned offset[CODE_MAX + 2] = {0};
    int left = 1;
    code->longest = 0;
    for (unsigned n = 1; n <= CODE_MAX; n++) {
        offset[n + 1] = offset[n] + code->count[n];
        left = 2 * left - (int)code->count[n];
        if (left < 0)
            return false;
        if (code->count[n])
            code->longest = n;
    }
    if (left > 0 && !(single && code->longest <= 1))
        return false;
    for (unsigned s = 0; s < symbols; s++)
        if (lengths[s])
            code->sorted[offset[lengths[s]]++] = (uint16_t)s;
    return true;
}

/* Fills a table of 2^bits entries and its second-level tables. values[symbol]: the entry without codeword
 * bits. */
static void table_make(uint32_t *table, unsigned bits, struct code *code, const uint32_t *values)
{
    const uint16_t *symbol = code->sorted;
    unsigned codeword = 0, length = 1;
    table[0] = YK_INFLATE_INVALID;
    /* A table for one bit less, twice in a row, is right for all shorter codewords. */
    for (; length <= bits; length++) {
        memcpy(table + (1U << (length - 1)), table, sizeof *table << (length - 1));
        for (unsigned k = code->count[length]; k > 0; k--) {
            table[codeword] = entry_of(values[*symbol++], length);
            codeword = next_codeword(codeword, length);
        }
    }
    unsigned end = 1U << bits, mask = end - 1, prefix = UINT32_MAX, index_bits = 0, start = 0;
    for (; length <= code->longest; length++)
        for (; code->count[length] > 0; code->count[length]--) {
            if ((codeword & mask) != prefix) {
                prefix = codeword & mask;
                index_bits = subtable_bits(code->count, length, bits);
                start = end;
                end += 1U << index_bits;
                table[prefix] = YK_INFLATE_SUB | bits | index_bits << 8 | start << 16;
            }
            uint32_t entry = entry_of(values[*symbol++], length - bits);
            for (unsigned i = codeword >> bits; i < 1U << index_bits; i += 1U << (length - bits))
                table[start + i] = entry;
            codeword = next_codeword(codeword, length);
        }
}

/* RFC 1951, section 3.2.5. Symbols 286, 287 and 30, 31 exist in the fixed code and stand for nothing. */
static void values_make(uint32_t *litlen, uint32_t *dist)
{
    static const uint8_t length_extra[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                           2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    for (uint32_t s = 0; s < 256; s++)
        litlen[s] = YK_INFLATE_LITERAL | s << 8;
    litlen[256] = YK_INFLATE_EOB;
    uint32_t base = 3;
    for (uint32_t s = 0; s < 29; s++) {
        litlen[257 + s] = (s == 28 ? 258 : base) << 16 | length_extra[s];
        base += 1U << length_extra[s];
    }
    litlen[286] = litlen[287] = YK_INFLATE_INVALID;
    base = 1;
    for (uint32_t s = 0; s < 30; s++) {
        uint32_t extra = s < 2 ? 0 : s / 2 - 1;
        dist[s] = base << 16 | extra;
        base += 1U << extra;
    }
    dist[30] = dist[31] = YK_INFLATE_INVALID;
}

/* Whether enough pairs of literals fit one lookup to pay for looking for them. In photographs they nearly
 * always do; the limit, one in 16, is for the blocks of small files and for long codes. */
static bool pairs_pay(const uint8_t *lengths)
{
    uint32_t literals[CODE_MAX + 1] = {0};
    for (unsigned s = 0; s < 256; s++)
        literals[lengths[s]]++;
    uint64_t share = 0; /* in 2^-12 */
    for (unsigned a = 1; a < YK_INFLATE_LITLEN_BITS; a++)
        for (unsigned b = 1; a + b <= YK_INFLATE_LITLEN_BITS; b++)
            share += (uint64_t)literals[a] * literals[b] << (YK_INFLATE_LITLEN_BITS - a - b);
    return share >= 1 << (YK_INFLATE_LITLEN_BITS - 4);
}

static bool tables_make(struct yk_inflate *inflate, const uint8_t *lengths, unsigned litlens, unsigned dists)
{
    uint32_t litlen[288], dist[32];
    struct code code;
    values_make(litlen, dist);
    if (!code_make(&code, lengths, litlens, true))
        return false;
    table_make(inflate->litlen, YK_INFLATE_LITLEN_BITS, &code, litlen);
    if (pairs_pay(lengths)) {
        memcpy(inflate->single, inflate->litlen, sizeof inflate->single);
        inflate->pair(inflate->litlen, inflate->single);
    }
    if (!code_make(&code, lengths + litlens, dists, true))
        return false;
    table_make(inflate->dist, YK_INFLATE_DIST_BITS, &code, dist);
    return true;
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
static bool read_lengths(const struct yk_inflate *inflate, struct yk_inflate_bits *b, struct code *precode,
                         uint8_t *lengths, unsigned total)
{
    static const uint8_t extra[] = {2, 3, 7}, least[] = {3, 3, 11};
    uint32_t values[PRECODES], table[1 << PRECODE_BITS];
    for (uint32_t s = 0; s < PRECODES; s++)
        values[s] = s << 16;
    table_make(table, PRECODE_BITS, precode, values);
    for (unsigned have = 0; have < total;) {
        if (b->in >= inflate->in_limit)
            return false;
        yk_inflate_refill(b);
        uint32_t entry = table[yk_inflate_mask(b->bits, PRECODE_BITS)], symbol = entry >> 16;
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
    static const uint8_t order[PRECODES] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    uint8_t precode[PRECODES] = {0}, lengths[LITLEN_MAX + DIST_MAX];
    unsigned litlens = take_bits(b, 5) + 257, dists = take_bits(b, 5) + 1, precodes = take_bits(b, 4) + 4;
    struct code code;
    if (litlens > LITLEN_MAX || dists > DIST_MAX)
        return false;
    for (unsigned i = 0; i < precodes; i++)
        precode[order[i]] = (uint8_t)take_bits(b, 3);
    return code_make(&code, precode, PRECODES, false) &&
           read_lengths(inflate, b, &code, lengths, litlens + dists) && lengths[256] != 0 &&
           tables_make(inflate, lengths, litlens, dists);
}

static bool begin_fixed(struct yk_inflate *inflate)
{
    uint8_t lengths[288 + 32];
    memset(lengths, 8, 144);
    memset(lengths + 144, 9, 112);
    memset(lengths + 256, 7, 24);
    memset(lengths + 280, 8, 8);
    memset(lengths + 288, 5, 32);
    return tables_make(inflate, lengths, 288, 32);
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
    inflate->pair = yk_inflate_pair_plain;
#if defined(__x86_64__)
    if (yk_cpu_allowed() >= YK_CPU_V3) {
        inflate->codes = yk_inflate_codes_v3;
        inflate->pair = yk_inflate_pair_v3;
    }
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
