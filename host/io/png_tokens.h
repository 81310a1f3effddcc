/* SPDX-License-Identifier: MIT
 *
 * The first pass of the own Deflate coder: what of the data is copied from where. Two ways: runs only, for
 * photographs, whose filtered bytes repeat nothing but zeros; and matches found through a hash table, for drawn
 * images. The result depends on the data alone, never on the processor. Any thread.
 */
#ifndef YOKE_IO_PNG_TOKENS_H
#define YOKE_IO_PNG_TOKENS_H

#include <stddef.h>
#include <stdint.h>

enum {
    YK_MATCH_MAX = 258,
    YK_WINDOW = 32768,
    YK_HASH_BITS_MAX = 15,
    YK_READ_PAST = 80 /* bytes past the end of the data that must be readable; what they hold does not matter */
};

/* `literals` bytes as they are, then `length` bytes copied from `distance` back (length 0: none). */
struct yk_token {
    uint32_t literals;
    uint16_t length, distance;
};

struct yk_matcher {
    uint32_t heads[1 << YK_HASH_BITS_MAX][2]; /* position + 1 of the last two with this hash, 0: none */
    unsigned bits;                            /* of the hash */
    size_t row;                               /* distance to the byte above, 0: not in the window */
    size_t last;                              /* distance of the last match */
};

/* Prepares for a strip of `size` bytes in rows of `row` bytes. */
void yk_matcher_begin(struct yk_matcher *matcher, size_t size, size_t row);

/* Tokens for data[from .. at the most to), stopping early at `room` tokens (at least 8). *reached: where it stopped.
 * Returns the number of tokens; the last one may have length 0. Distances reach back to data[0]. `bpp`: bytes of a
 * pixel. YK_READ_PAST bytes behind data[to) are read. */
size_t yk_tokens_of_runs(const uint8_t *data, size_t from, size_t to, size_t bpp, struct yk_token *tokens, size_t room,
                         size_t *reached);
size_t yk_tokens_of_matches(struct yk_matcher *matcher, const uint8_t *data, size_t from, size_t to,
                            struct yk_token *tokens, size_t room, size_t *reached);

#endif
