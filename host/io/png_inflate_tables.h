/* SPDX-License-Identifier: MIT
 *
 * Lookup tables of inflate's Huffman codes (entries: png_inflate_codes.h). A set of lengths that zlib would
 * refuse is refused. Any thread.
 */
#ifndef YOKE_IO_PNG_INFLATE_TABLES_H
#define YOKE_IO_PNG_INFLATE_TABLES_H

#include "png_inflate.h"

enum {
    YK_INFLATE_LITLENS = 286, /* more are refused, as zlib does, though the format could say 288 and 32 */
    YK_INFLATE_DISTS = 30,
    YK_INFLATE_PRECODES = 19,
    YK_INFLATE_PRECODE_BITS = 7
};

/* The tables of a block: `litlens` codeword lengths of literals and lengths, then `dists` of distances, each
 * 0 to 15; at the most 288 and 32. false: zlib refuses them. */
bool yk_inflate_tables(struct yk_inflate *inflate, const uint8_t *lengths, unsigned litlens, unsigned dists);

/* The table of 2^YK_INFLATE_PRECODE_BITS entries of the code that block headers are written in: bits to drop,
 * and the symbol from bit 16 on. lengths: YK_INFLATE_PRECODES, each 0 to 7. false: zlib refuses them. */
bool yk_inflate_precode(uint32_t *table, const uint8_t *lengths);

#endif
