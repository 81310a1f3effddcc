/* SPDX-License-Identifier: MIT
 * Inflate's lookup tables (contract in png_inflate_tables.h). */
#include "png_inflate_tables.h"

#include <string.h>

#include "png_inflate_codes.h"

enum {
    SYMBOLS = 288,
    LITERALS = 256,
    CODE_MAX = 15,
    BITS = YK_INFLATE_LITLEN_BITS,
    /* No pair of codewords is the start of another, so that no more than this are shorter than BITS. */
    PAIRS = 1 << (BITS - 1)
};

struct code {
    unsigned count[CODE_MAX + 1]; /* of symbols by length ... */
    unsigned literals[CODE_MAX + 1];
    unsigned start[CODE_MAX + 2]; /* ... and where they begin in `sorted` */
    unsigned longest;
    uint16_t sorted[SYMBOLS]; /* symbols by length, then by number */
};

/* One symbol or several: their bits in the order of the stream, and the entry that stands for them. */
struct word {
    uint32_t bits, entry;
};

/* Counts and sorts; false where zlib would call the set of lengths wrong: too many codewords, or too few
 * unless `single` allows one of one bit (or none at all). */
static bool code_make(struct code *code, const uint8_t *lengths, unsigned symbols, bool single)
{
    unsigned literals = symbols < LITERALS ? symbols : LITERALS, next[CODE_MAX + 1];
    memset(code->count, 0, sizeof code->count);
    for (unsigned s = 0; s < literals; s++)
        code->count[lengths[s]]++;
    memcpy(code->literals, code->count, sizeof code->literals);
    for (unsigned s = literals; s < symbols; s++)
        code->count[lengths[s]]++;
    int left = 1;
    code->longest = 0;
    code->start[0] = next[0] = 0;
    code->start[1] = code->count[0];
    for (unsigned n = 1; n <= CODE_MAX; n++) {
        next[n] = code->start[n];
        code->start[n + 1] = code->start[n] + code->count[n];
        left = 2 * left - (int)code->count[n];
        if (left < 0)
            return false;
        if (code->count[n])
            code->longest = n;
    }
    if (left > 0 && !(single && code->longest <= 1))
        return false;
    for (unsigned s = 0; s < symbols; s++)
        code->sorted[next[lengths[s]]++] = (uint16_t)s;
    return true;
}

/* The lowest `count` bits, the last first. */
static uint32_t reversed(uint32_t bits, unsigned count)
{
    bits = (bits & 0x5555) << 1 | (bits >> 1 & 0x5555);
    bits = (bits & 0x3333) << 2 | (bits >> 2 & 0x3333);
    bits = (bits & 0x0f0f) << 4 | (bits >> 4 & 0x0f0f);
    bits = (bits & 0x00ff) << 8 | bits >> 8;
    return bits >> (16 - count);
}

static uint32_t entry_of(uint32_t value, unsigned length)
{
    return value + length * (value & YK_INFLATE_LITERALS ? 1 : 0x101);
}

/* The codewords of `length` bits, to words[0] and on. *codeword: what the shorter ones leave as the next of
 * this length. */
static void words_make(struct word *words, const struct code *code, const uint32_t *values, unsigned length,
                       unsigned *codeword)
{
    const uint16_t *symbols = code->sorted + code->start[length];
    for (unsigned k = 0; k < code->count[length]; k++) {
        words[k].bits = reversed(*codeword + k, length);
        words[k].entry = entry_of(values[symbols[k]], length);
    }
    *codeword = (*codeword + code->count[length]) << 1;
}

static void put(uint32_t *table, const struct word *words, unsigned count)
{
    for (unsigned k = 0; k < count; k++)
        table[words[k].bits] = words[k].entry;
}

/* A table for one bit less, twice in a row, is right for all shorter codewords. */
static void doubled(uint32_t *table, unsigned length)
{
    memcpy(table + (1U << (length - 1)), table, sizeof *table << (length - 1));
}

/* Index bits that a second-level table needs for the codewords from `length` on, when `left` of these and all
 * longer ones are to come: the depth of the subtree that the next ones fill. */
static unsigned subtable_bits(const struct code *code, unsigned length, unsigned left, unsigned from)
{
    unsigned bits = length - from;
    unsigned room = 1U << bits;
    while (left < room && length < CODE_MAX) {
        room = (room - left) << 1;
        left = code->count[++length];
        bits++;
    }
    return bits;
}

/* The codewords of more than `bits` bits, behind a table of so many. `codeword`: the first of them. */
static void subtables_make(uint32_t *table, unsigned bits, const struct code *code, const uint32_t *values,
                           unsigned codeword)
{
    unsigned end = 1U << bits, mask = end - 1, prefix = UINT32_MAX, index_bits = 0, start = 0;
    for (unsigned length = bits + 1; length <= code->longest; length++, codeword <<= 1)
        for (unsigned k = 0; k < code->count[length]; k++, codeword++) {
            unsigned word = reversed(codeword, length);
            if ((word & mask) != prefix) {
                prefix = word & mask;
                index_bits = subtable_bits(code, length, code->count[length] - k, bits);
                start = end;
                end += 1U << index_bits;
                table[prefix] = YK_INFLATE_SUB | bits | index_bits << 8 | start << 16;
            }
            uint32_t entry = entry_of(values[code->sorted[code->start[length] + k]], length - bits);
            for (unsigned i = word >> bits; i < 1U << index_bits; i += 1U << (length - bits))
                table[start + i] = entry;
        }
}

/* Fills a table of 2^bits entries and its second-level tables. values[symbol]: the entry without codeword
 * bits. */
static void table_make(uint32_t *table, unsigned bits, const struct code *code, const uint32_t *values)
{
    struct word words[SYMBOLS];
    unsigned codeword = 0;
    table[0] = YK_INFLATE_INVALID;
    for (unsigned length = 1; length <= bits; length++) {
        doubled(table, length);
        words_make(words, code, values, length, &codeword);
        put(table, words, code->count[length]);
    }
    subtables_make(table, bits, code, values, codeword);
}

/* ---- Several symbols in one entry ---- */

/* Each of a[] with each of b[] behind it. The longer of the two is the inner loop: its end is what the
 * processor does not foresee. */
static void put_joined(uint32_t *table, const struct word *a, unsigned a_count, const struct word *b,
                       unsigned b_count)
{
    const struct word *outer = a_count < b_count ? a : b, *inner = a_count < b_count ? b : a;
    unsigned outer_count = a_count < b_count ? a_count : b_count, count = a_count + b_count - outer_count;
    for (unsigned i = 0; i < outer_count; i++) {
        struct word word = outer[i];
        for (unsigned k = 0; k < count; k++)
            table[word.bits + inner[k].bits] = word.entry + inner[k].entry;
    }
}

/* The same, as words. Returns how many. */
static unsigned join(struct word *words, const struct word *a, unsigned a_count, const struct word *b,
                     unsigned b_count)
{
    for (unsigned i = 0; i < a_count; i++)
        for (unsigned k = 0; k < b_count; k++)
            *words++ = (struct word){a[i].bits + b[k].bits, a[i].entry + b[k].entry};
    return a_count * b_count;
}

/* Words that others may follow, by their bits: those of group n are from start[n] up to start[n + 1]. */
struct litlen {
    const struct code *code;
    unsigned shortest;           /* codeword of a literal */
    struct word single[SYMBOLS]; /* as in code->sorted */
    struct word ahead[SYMBOLS];  /* the same literals, where a length follows */
    struct word pairs[PAIRS];    /* two literals, where a third may fit */
    unsigned pairs_start[BITS + 2];
};

/* The words of n bits that are made of one of `first` bits and a symbol. */
static void join_lengths(uint32_t *table, struct litlen *all, unsigned first, unsigned n)
{
    const struct code *code = all->code;
    unsigned behind = n - first, start = code->start[behind], literals = code->literals[behind];
    unsigned firsts = code->literals[first], pairs = all->pairs_start[first + 1] - all->pairs_start[first];
    const struct word *ones = all->single + code->start[first];
    struct word second[SYMBOLS], third[SYMBOLS];
    for (unsigned k = 0; k < literals; k++) {
        uint32_t bits = all->single[start + k].bits << first, symbol = code->sorted[start + k];
        second[k] = (struct word){bits, symbol << 16 | YK_INFLATE_LITERAL | behind};
        third[k] = (struct word){bits, symbol << 24 | YK_INFLATE_LITERAL | behind};
    }
    put_joined(table, all->pairs + all->pairs_start[first], pairs, third, literals);
    if (n + all->shortest <= BITS) {
        struct word *made = all->pairs + all->pairs_start[n + 1];
        unsigned count = join(made, ones, firsts, second, literals);
        put(table, made, count);
        all->pairs_start[n + 1] += count;
    } else {
        put_joined(table, ones, firsts, second, literals);
    }
    unsigned from = start + literals, count = 0;
    if (from < code->start[behind + 1] && code->sorted[from] == LITERALS) /* the end of the block */
        from++;
    for (unsigned k = from; k < code->start[behind + 1]; k++)
        second[count++] = (struct word){all->single[k].bits << first,
                                        all->single[k].entry + first * 0x101 + YK_INFLATE_AHEAD};
    put_joined(table, all->ahead + code->start[first], firsts, second, count);
}

/* As table_make, and where more than one symbol fits the index, the entry stands for two or three literals,
 * or for a literal and a length. */
static void litlen_make(uint32_t *table, const struct code *code, const uint32_t *values)
{
    struct litlen all;
    unsigned codeword = 0;
    all.code = code;
    all.shortest = 1;
    while (all.shortest < CODE_MAX && code->literals[all.shortest] == 0)
        all.shortest++;
    all.pairs_start[0] = all.pairs_start[1] = 0;
    table[0] = YK_INFLATE_INVALID;
    for (unsigned n = 1; n <= BITS; n++) {
        unsigned start = code->start[n];
        doubled(table, n);
        words_make(all.single + start, code, values, n, &codeword);
        put(table, all.single + start, code->count[n]);
        for (unsigned k = start; k < start + code->literals[n]; k++)
            all.ahead[k] = (struct word){all.single[k].bits, (uint32_t)code->sorted[k] << 16};
        all.pairs_start[n + 1] = all.pairs_start[n];
        for (unsigned first = all.shortest; first < n; first++)
            join_lengths(table, &all, first, n);
    }
    subtables_make(table, BITS, code, values, codeword);
}

/* ---- Values ---- */

/* RFC 1951, section 3.2.5. Symbols 286, 287 and 30, 31 exist in the fixed code and stand for nothing. */
static void values_make(uint32_t *litlen, uint32_t *dist)
{
    static const uint8_t length_extra[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                           2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    for (uint32_t s = 0; s < LITERALS; s++)
        litlen[s] = YK_INFLATE_LITERAL | s << 8;
    litlen[LITERALS] = YK_INFLATE_EOB;
    uint32_t base = 0;
    for (uint32_t s = 0; s < 29; s++) {
        litlen[257 + s] = (s == 28 ? 258 - YK_INFLATE_SHORTEST : base) << 24 | length_extra[s];
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

bool yk_inflate_tables(struct yk_inflate *inflate, const uint8_t *lengths, unsigned litlens, unsigned dists)
{
    uint32_t litlen[SYMBOLS], dist[32];
    struct code code;
    values_make(litlen, dist);
    if (!code_make(&code, lengths, litlens, true))
        return false;
    litlen_make(inflate->litlen, &code, litlen);
    if (!code_make(&code, lengths + litlens, dists, true))
        return false;
    table_make(inflate->dist, YK_INFLATE_DIST_BITS, &code, dist);
    return true;
}

bool yk_inflate_precode(uint32_t *table, const uint8_t *lengths)
{
    uint32_t values[YK_INFLATE_PRECODES];
    struct code code;
    if (!code_make(&code, lengths, YK_INFLATE_PRECODES, false))
        return false;
    for (uint32_t s = 0; s < YK_INFLATE_PRECODES; s++)
        values[s] = s << 16;
    table_make(table, YK_INFLATE_PRECODE_BITS, &code, values);
    return true;
}
