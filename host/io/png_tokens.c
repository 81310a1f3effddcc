/* SPDX-License-Identifier: MIT
 * Runs and matches (contract in png_tokens.h). */
#include "png_tokens.h"

#include <stdbool.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum {
    RUN_MIN = 5,    /* see the note at runs_start */
    MATCH_MIN = 4,  /* the hash is of 4 bytes */
    HASH_BITS_MIN = 8,
    SKIP_SHIFT = 5, /* after 2^5 misses in a row every second position is tried, and so on */
    TAIL = 16       /* the last bytes are literals: no need to check each read */
};

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* How many of the first 8 bytes are equal, where `difference` (not 0) is the exclusive or of two loads. */
static inline size_t equal_bytes(uint64_t difference)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return (size_t)__builtin_clzll(difference) >> 3;
#else
    return (size_t)__builtin_ctzll(difference) >> 3;
#endif
}

/* Length of the match of data[at ..) with `distance` back, up to `most`. Reads up to 7 bytes past at + most. */
static inline size_t match_length(const uint8_t *data, size_t at, size_t distance, size_t most)
{
    const uint8_t *p = data + at, *q = p - distance;
    for (size_t n = 0; n < most; n += 8) {
        uint64_t difference = load64(p + n) ^ load64(q + n);
        if (difference) {
            n += equal_bytes(difference);
            return n < most ? n : most;
        }
    }
    return most;
}

/* Bit i: whether p[i] equals p[i - distance], for 64 positions. */
static inline uint64_t equal_mask(const uint8_t *p, size_t distance)
{
    uint64_t mask = 0;
#if defined(__SSE2__)
    for (unsigned k = 0; k < 4; k++) {
        __m128i here = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * k));
        __m128i back = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * k - distance));
        mask |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(here, back)) << 16 * k;
    }
#else
    for (unsigned k = 0; k < 64; k++)
        mask |= (uint64_t)(p[k] == p[(ptrdiff_t)k - (ptrdiff_t)distance]) << k;
#endif
    return mask;
}

/* Bit i: whether RUN_MIN positions from i on are set (64 - RUN_MIN + 1 bits of the result mean something).
 * Five is where a run starts to pay on average: a length and a distance cost 8 to 9 bits, a byte that repeats 1.5
 * to 3. */
static inline uint64_t runs_start(uint64_t mask)
{
    uint64_t two = mask & mask >> 1;
    return two & two >> 2 & mask >> 4;
}

static size_t put_run(struct yk_token *tokens, size_t count, size_t literals, size_t length, size_t distance)
{
    while (length > 0) {
        size_t part = length < YK_MATCH_MAX ? length : YK_MATCH_MAX;
        if (length > YK_MATCH_MAX && length < YK_MATCH_MAX + 3)
            part = length - 3; /* no remainder shorter than a match may be */
        tokens[count++] = (struct yk_token){(uint32_t)literals, (uint16_t)part, (uint16_t)distance};
        literals = 0;
        length -= part;
    }
    return count;
}

size_t yk_tokens_of_runs(const uint8_t *data, size_t from, size_t to, size_t bpp, struct yk_token *tokens, size_t room,
                         size_t *reached)
{
    const size_t window = 64 - RUN_MIN + 1, longest = (size_t)YK_MATCH_MAX * 4;
    size_t count = 0, literal = from, at = from < bpp ? bpp : from;
    while (at < to && count + 6 < room) {
        uint64_t near = runs_start(equal_mask(data + at, 1));
        uint64_t pixel = bpp > 1 ? runs_start(equal_mask(data + at, bpp)) : 0;
        uint64_t starts = (near | pixel) & (((uint64_t)1 << window) - 1);
        if (!starts) {
            at += window;
            continue;
        }
        unsigned first = (unsigned)__builtin_ctzll(starts);
        at += first;
        if (at + RUN_MIN > to)
            break;
        size_t most = to - at < longest ? to - at : longest, distance = 1;
        size_t length = near >> first & 1 ? match_length(data, at, 1, most) : 0;
        if (pixel >> first & 1) {
            size_t other = match_length(data, at, bpp, most);
            if (other > length) {
                length = other;
                distance = bpp;
            }
        }
        count = put_run(tokens, count, at - literal, length, distance);
        at += length;
        literal = at;
    }
    size_t end = at < to && count + 6 >= room ? at : to;
    if (end > literal)
        tokens[count++] = (struct yk_token){(uint32_t)(end - literal), 0, 0};
    *reached = end;
    return count;
}

void yk_matcher_begin(struct yk_matcher *matcher, size_t size, size_t row)
{
    matcher->bits = HASH_BITS_MIN;
    while (matcher->bits < YK_HASH_BITS_MAX && (size_t)1 << matcher->bits < size / 4)
        matcher->bits++;
    memset(matcher->heads, 0, sizeof matcher->heads[0] << matcher->bits);
    matcher->row = row <= YK_WINDOW ? row : 0;
    matcher->last = 1;
}

struct match {
    size_t length, distance;
};

static inline void try_distance(const uint8_t *data, size_t at, size_t distance, size_t most, struct match *best)
{
    size_t length = match_length(data, at, distance, most);
    if (length > best->length)
        *best = (struct match){length, distance};
}

static inline uint32_t hash_of(const uint8_t *p, unsigned bits)
{
    return (load32(p) * 0x9E3779B1u) >> (32 - bits); /* Knuth, TAOCP 3, 6.4: the golden ratio */
}

static inline void insert(struct yk_matcher *matcher, const uint8_t *data, size_t at)
{
    uint32_t *head = matcher->heads[hash_of(data + at, matcher->bits)];
    head[1] = head[0];
    head[0] = (uint32_t)at + 1;
}

/* The longest match at `at`, and puts the position into the table. */
static inline struct match find(struct yk_matcher *matcher, const uint8_t *data, size_t at, size_t most)
{
    struct match best = {MATCH_MIN - 1, 0};
    uint32_t *head = matcher->heads[hash_of(data + at, matcher->bits)];
    uint32_t here = load32(data + at);
    if (at >= matcher->last && load32(data + at - matcher->last) == here)
        try_distance(data, at, matcher->last, most, &best);
    if (matcher->row && at >= matcher->row && load32(data + at - matcher->row) == here)
        try_distance(data, at, matcher->row, most, &best);
    for (int k = 0; k < 2; k++)
        if (head[k]) {
            size_t from = head[k] - 1;
            if (at - from <= YK_WINDOW && load32(data + from) == here)
                try_distance(data, at, at - from, most, &best);
        }
    head[1] = head[0];
    head[0] = (uint32_t)at + 1;
    return best;
}

size_t yk_tokens_of_matches(struct yk_matcher *matcher, const uint8_t *data, size_t from, size_t to,
                            struct yk_token *tokens, size_t room, size_t *reached)
{
    size_t count = 0, literal = from, at = from, misses = 0;
    size_t limit = to > TAIL ? to - TAIL : 0;
    while (at < limit && count + 1 < room) {
        size_t most = to - at < YK_MATCH_MAX ? to - at : YK_MATCH_MAX;
        struct match match = find(matcher, data, at, most);
        if (match.distance == 0) {
            at += 1 + (misses++ >> SKIP_SHIFT);
            continue;
        }
        misses = 0;
        tokens[count++] = (struct yk_token){(uint32_t)(at - literal), (uint16_t)match.length, (uint16_t)match.distance};
        matcher->last = match.distance;
        size_t end = at + match.length;
        if (match.length < 32) {
            while (++at < end && at < limit)
                insert(matcher, data, at);
        } else {
            for (at = end - 4; at < end && at < limit; at += 1)
                insert(matcher, data, at);
        }
        at = end;
        literal = end;
    }
    size_t end = at < limit ? at : to;
    if (end > literal)
        tokens[count++] = (struct yk_token){(uint32_t)(end - literal), 0, 0};
    *reached = end;
    return count;
}
