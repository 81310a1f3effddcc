/* SPDX-License-Identifier: MIT
 * Huffman codes for Deflate (contract in png_huffman.h). */
#include "png_huffman.h"

#include <string.h>

enum { SYMBOL_BITS = 9, PRECODE_SYMBOLS = 19, PRECODE_BITS = 7 };

/* Sorts by count, then symbol: both in one key. Radix, least digit first, digits that do not differ left out.
 */
static void sort_keys(uint32_t *keys, size_t count)
{
    uint32_t other[YK_LITLEN_SYMBOLS], *from = keys, *to = other, all_or = 0, all_and = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        all_or |= keys[i];
        all_and &= keys[i];
    }
    for (unsigned shift = SYMBOL_BITS; shift < 32; shift += 8) { /* the symbols are in order already */
        if (((all_or ^ all_and) >> shift & 0xff) == 0)
            continue;
        uint16_t starts[257] = {0};
        for (size_t i = 0; i < count; i++)
            starts[(from[i] >> shift & 0xff) + 1]++;
        for (unsigned d = 0; d < 256; d++)
            starts[d + 1] = (uint16_t)(starts[d + 1] + starts[d]);
        for (size_t i = 0; i < count; i++)
            to[starts[from[i] >> shift & 0xff]++] = from[i];
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys)
        memcpy(keys, from, count * sizeof *keys);
}

/* Moffat and Katajainen, "In-place calculation of minimum-redundancy codes" (1995): a[] holds the sorted
 * counts and gets the code lengths, the longest first. count >= 2. */
static void lengths_in_place(uint32_t *a, size_t count)
{
    size_t leaf = 0, root = 0;
    for (size_t next = 0; next + 1 < count; next++) {
        uint32_t sum = 0;
        for (int child = 0; child < 2; child++) {
            if (leaf >= count || (root < next && a[root] < a[leaf])) {
                sum += a[root];
                a[root++] = (uint32_t)next; /* its parent */
            } else {
                sum += a[leaf++];
            }
        }
        a[next] = sum;
    }
    a[count - 2] = 0;
    for (size_t i = count - 2; i-- > 0;)
        a[i] = a[a[i]] + 1;
    size_t available = 1, out = count, inner = count - 1;
    for (uint32_t depth = 0; available > 0; depth++) {
        size_t used = 0;
        for (; inner > 0 && a[inner - 1] == depth; inner--)
            used++;
        for (; available > used; available--)
            a[--out] = depth;
        available = 2 * used;
    }
}

/* per_length[n]: how many codes have n bits. Makes none longer than `most`: what was longer gets `most` bits,
 * then a shorter code is made longer until the code can be told apart again (Kraft's sum is at most one). */
static void limit(uint32_t per_length[33], unsigned most)
{
    for (unsigned n = 32; n > most; n--) {
        per_length[most] += per_length[n];
        per_length[n] = 0;
    }
    uint64_t total = 0;
    for (unsigned n = 1; n <= most; n++)
        total += (uint64_t)per_length[n] << (most - n);
    for (; total > (uint64_t)1 << most; total--) {
        unsigned n = most - 1;
        while (per_length[n] == 0)
            n--;
        per_length[most]--;
        per_length[n]--;
        per_length[n + 1] += 2;
    }
}

void yk_huffman_lengths(const uint32_t *counts, size_t symbols, unsigned most, uint8_t *lengths)
{
    uint32_t keys[YK_LITLEN_SYMBOLS], work[YK_LITLEN_SYMBOLS], per_length[33] = {0};
    size_t used = 0;
    for (size_t s = 0; s < symbols; s++)
        if (counts[s] > 0)
            keys[used++] = counts[s] << SYMBOL_BITS | (uint32_t)s;
    memset(lengths, 0, symbols);
    if (used < 2) { /* a code of one symbol would be incomplete: the first other one joins it */
        size_t only = used ? keys[0] & ((1 << SYMBOL_BITS) - 1) : 0;
        lengths[only] = 1;
        lengths[only == 0] = 1;
        return;
    }
    sort_keys(keys, used);
    for (size_t i = 0; i < used; i++)
        work[i] = keys[i] >> SYMBOL_BITS;
    lengths_in_place(work, used);
    for (size_t i = 0; i < used; i++)
        per_length[work[i] < 32 ? work[i] : 32]++;
    limit(per_length, most);
    size_t at = used;
    for (unsigned n = 1; n <= most; n++)
        for (uint32_t k = 0; k < per_length[n]; k++)
            lengths[keys[--at] & ((1 << SYMBOL_BITS) - 1)] = (uint8_t)n;
}

static unsigned reversed(unsigned code, unsigned bits)
{
    code = (code & 0x5555) << 1 | (code >> 1 & 0x5555);
    code = (code & 0x3333) << 2 | (code >> 2 & 0x3333);
    code = (code & 0x0f0f) << 4 | (code >> 4 & 0x0f0f);
    code = (code & 0x00ff) << 8 | (code >> 8 & 0x00ff);
    return code >> (16 - bits);
}

void yk_huffman_codes(const uint8_t *lengths, size_t symbols, uint16_t *codes)
{
    unsigned per_length[16] = {0}, next[16] = {0};
    for (size_t s = 0; s < symbols; s++)
        per_length[lengths[s]]++;
    for (unsigned n = 2; n < 16; n++)
        next[n] = (next[n - 1] + per_length[n - 1]) << 1;
    for (size_t s = 0; s < symbols; s++)
        codes[s] = lengths[s] ? (uint16_t)reversed(next[lengths[s]]++, lengths[s]) : 0;
}

/* Appends up to 7 bits. */
static inline void put(struct yk_huffman_header *header, unsigned value, unsigned bits)
{
    uint8_t *at = header->bytes + (header->bits >> 3);
    unsigned part = value << (header->bits & 7);
    at[0] |= (uint8_t)part;
    at[1] |= (uint8_t)(part >> 8);
    header->bits += bits;
}

/* Code lengths as symbols of the third code: runs of zeros are 17 (3 .. 10) and 18 (11 .. 138), repeats of
 * the last length 16 (3 .. 6). items: symbol, then extra value << 8. */
static size_t pack_lengths(const uint8_t *lengths, size_t count, uint16_t *items)
{
    size_t packed = 0;
    for (size_t i = 0; i < count;) {
        uint8_t value = lengths[i];
        size_t run = 1;
        while (i + run < count && lengths[i + run] == value)
            run++;
        i += run;
        if (value) {
            items[packed++] = value;
            run--;
        }
        while (run >= 3) {
            size_t most = value ? 6 : 138, take = run < most ? run : most;
            if (value)
                items[packed++] = (uint16_t)(16 | (take - 3) << 8);
            else
                items[packed++] = (uint16_t)(take < 11 ? 17 | (take - 3) << 8 : 18 | (take - 11) << 8);
            run -= take;
        }
        for (; run > 0; run--)
            items[packed++] = value;
    }
    return packed;
}

static size_t trimmed(const uint8_t *lengths, size_t count, size_t least)
{
    while (count > least && lengths[count - 1] == 0)
        count--;
    return count;
}

void yk_huffman_header(const uint8_t litlen[YK_LITLEN_SYMBOLS], const uint8_t distance[YK_DISTANCE_SYMBOLS],
                       struct yk_huffman_header *header)
{
    static const uint8_t order[PRECODE_SYMBOLS] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                   11, 4,  12, 3, 13, 2, 14, 1, 15};
    static const uint8_t extra[PRECODE_SYMBOLS] = {[16] = 2, [17] = 3, [18] = 7};
    uint8_t joined[YK_LITLEN_SYMBOLS + YK_DISTANCE_SYMBOLS], lengths[PRECODE_SYMBOLS];
    uint16_t items[YK_LITLEN_SYMBOLS + YK_DISTANCE_SYMBOLS], codes[PRECODE_SYMBOLS];
    size_t literals = trimmed(litlen, YK_LITLEN_SYMBOLS, 257);
    size_t distances = trimmed(distance, YK_DISTANCE_SYMBOLS, 1);
    memcpy(joined, litlen, literals);
    memcpy(joined + literals, distance, distances);
    size_t packed = pack_lengths(joined, literals + distances, items);

    uint32_t counts[PRECODE_SYMBOLS] = {0};
    for (size_t i = 0; i < packed; i++)
        counts[items[i] & 0xff]++;
    yk_huffman_lengths(counts, PRECODE_SYMBOLS, PRECODE_BITS, lengths);
    yk_huffman_codes(lengths, PRECODE_SYMBOLS, codes);
    size_t shown = PRECODE_SYMBOLS;
    while (shown > 4 && lengths[order[shown - 1]] == 0)
        shown--;

    memset(header, 0, sizeof *header);
    put(header, (unsigned)(literals - 257), 5);
    put(header, (unsigned)(distances - 1), 5);
    put(header, (unsigned)(shown - 4), 4);
    for (size_t i = 0; i < shown; i++)
        put(header, lengths[order[i]], 3);
    for (size_t i = 0; i < packed; i++) {
        unsigned symbol = items[i] & 0xff;
        put(header, codes[symbol], lengths[symbol]);
        put(header, items[i] >> 8, extra[symbol]);
    }
}
