/* SPDX-License-Identifier: MIT
 *
 * The first pass of the own Deflate coder: what of the data is copied from where. Four ways: runs only, for
 * photographs, whose filtered bytes repeat little but zeros; matches found through a hash table, for drawn
 * images and patterns; pairs of pixels that have been there before, for photographs of which noise moves all
 * channels alike; and, for the smallest files, the cheapest of all the ways that are found.
 * The result depends on the data alone, never on the processor. Any thread.
 *
 * Literals, runs and copies become one stream of symbols, so that counting them and writing them have no
 * branch that depends on the data: a mispredicted one costs as much as ten symbols.
 */
#ifndef YOKE_IO_PNG_TOKENS_H
#define YOKE_IO_PNG_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu.h"
#include "png_prices.h"

enum {
    YK_MATCH_MIN = 3,
    YK_MATCH_MAX = 258,
    YK_WINDOW = 32768,
    /* Symbols: 0 .. 255 a literal, then runs of 3 .. 258 bytes: copies of the byte before, and of the pixel
       before. Other copies are four symbols: the length 3 .. 258, the distance's symbol, and its extra bits
       in two parts, of up to YK_RAW_BITS low ones and of the rest: n bits of value v are YK_RAW + 2^n - 1 +
       v. */
    YK_RUN_NEAR = 256,
    YK_RUN_PIXEL = 512,
    YK_COPY = 768,
    YK_FAR = 1024,
    YK_RAW = YK_FAR + 30,
    YK_RAW_BITS = 7,
    YK_SYMBOLS = YK_RAW + (2 << YK_RAW_BITS) - 1,
    YK_COPY_SYMBOLS = 4,
    YK_BLOCK_SYMBOLS = 1 << 16, /* the most of a block, but for what a parser may exceed `room` by: */
    YK_PARSED_SYMBOLS = YK_BLOCK_SYMBOLS + 512,
    YK_READ_PAST = 80 /* bytes past the data that must be readable; what they hold does not matter */
};

/* One block. */
struct yk_parsed {
    size_t symbol_count;
    bool copies;                               /* there may be other symbols than literals and runs */
    uint16_t symbols[YK_PARSED_SYMBOLS + 512]; /* what a parser may write past the last */
};

enum { YK_HASH_BITS_MAX = 15 };

/* Where pixels begin. */
struct yk_grid {
    size_t row, bpp;     /* bytes of a row with its filter byte, which begins it; of a pixel */
    uint64_t reciprocal; /* for dividing by bpp */
};

void yk_grid_begin(struct yk_grid *grid, size_t row, size_t bpp);

struct yk_matcher {
    uint32_t heads[1 << YK_HASH_BITS_MAX]; /* the last position with this hash; the first byte where there is
                                              none */
    uint32_t links[YK_WINDOW]; /* in a deep search: the one before with the same hash, by position modulo */
    unsigned bits;             /* of the hash */
    struct yk_grid grid;
};

/* Prepares for a strip of `size` < 2^31 bytes, rows of `row` < 2^31 bytes that begin with their filter byte,
 * pixels of `bpp` bytes. */
void yk_matcher_begin(struct yk_matcher *matcher, size_t size, size_t row, size_t bpp);

/* Kodak's photographs in thousandths of what libpng makes of them: 1015 with 15 bits, 1017 with 14, 1020 with
 * 13; without this search 1035. */
enum { YK_PAIR_BITS = 14 };

struct yk_pixel_matcher {
    /* By hash: 16 other bits of it, and the position modulo 2^16. A stale one does no harm: what is found is
     * compared. */
    uint32_t pairs[1 << YK_PAIR_BITS];
    struct yk_grid grid;
};

/* Prepares for a strip, as yk_matcher_begin. */
void yk_pixel_matcher_begin(struct yk_pixel_matcher *matcher, size_t row, size_t bpp);

enum { YK_PRICED_BITS = 14, YK_PRICED_STEP = 1 << 14 };
static const uint32_t YK_PRICED_NEVER = UINT32_MAX; /* as a cost: nothing leads there */

enum { YK_PRICED_CHAINS = 3 };

/* The positions whose first so many bytes have the same hash, the last one first. */
struct yk_chain {
    uint32_t heads[1 << YK_PRICED_BITS];
    uint16_t links[YK_WINDOW]; /* by position modulo: how far back the one before is; 0: none that near */
};

struct yk_priced_matcher {
    struct yk_chain chains[YK_PRICED_CHAINS];
    /* Of a step of YK_PRICED_STEP bytes and what its last match has more: bits to each position, and how it
     * is reached: by a copy, length << 16 | distance - 1, or by a literal, 0. */
    uint32_t costs[YK_PRICED_STEP + YK_MATCH_MAX + 1], ways[YK_PRICED_STEP + YK_MATCH_MAX + 1];
    struct yk_prices prices;
    uint32_t litlen[YK_LITLEN_SYMBOLS], distance[YK_DISTANCE_SYMBOLS]; /* counts of the block so far */
    size_t bpp;
};

/* Prepares for a strip, as yk_matcher_begin. */
void yk_priced_matcher_begin(struct yk_priced_matcher *matcher, size_t bpp);

/* All parse data[from .. at the most to) into a block and return where they stopped: at `to`, or after about
 * `room` <= YK_BLOCK_SYMBOLS symbols. Distances reach back to data[0]. YK_READ_PAST bytes past
 * `to` are read. */
struct yk_parsers {
    size_t (*runs)(struct yk_parsed *parsed, const uint8_t *data, size_t from, size_t to, size_t bpp,
                   size_t room);
    /* deep: looks at several earlier places for each, not the last one alone. */
    size_t (*matches)(struct yk_parsed *parsed, struct yk_matcher *matcher, const uint8_t *data, size_t from,
                      size_t to, size_t room, bool deep);
    size_t (*pixels)(struct yk_parsed *parsed, struct yk_pixel_matcher *matcher, const uint8_t *data,
                     size_t from, size_t to, size_t room);
    size_t (*priced)(struct yk_parsed *parsed, struct yk_priced_matcher *matcher, const uint8_t *data,
                     size_t from, size_t to, size_t room);
};

/* The functions for an instruction-set level, all with the same result; static storage. */
const struct yk_parsers *yk_parsers_at(enum yk_cpu level);

extern const struct yk_parsers yk_parsers_v1;
#if defined(__x86_64__)
extern const struct yk_parsers yk_parsers_v3;
#endif

#endif
