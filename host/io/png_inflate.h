/* SPDX-License-Identifier: MIT
 *
 * Inflate (RFC 1950, 1951) of a zlib stream in pieces, into a sliding window that stays in the cache. It is
 * written out here, and not taken from libdeflate or ISA-L, for three reasons. Both accept streams that zlib
 * refuses (unused codewords, incomplete codes, too many symbols), and a decoder beside libpng must never
 * accept more than libpng. libdeflate wants the whole result in memory, whose first touch costs as much time
 * as half the decoding, and ISA-L is slow where matches are long. And it is not behind the better of the two:
 *
 *   MB/s of filtered bytes      own   libdeflate 1.14   ISA-L 2.30
 *   photographs                 695       537               597
 *   photographs, Kodak          433       344               364
 *   screenshot                 6147      4421              2323
 *   illustration with alpha    2114      1427              1295
 *   noise                       515       321               366
 *   ordered dither             1155      1153              1106
 *   16-bit                      402       312               272
 *   64 x 64 pixels              661       561               444
 *
 * `./dev bench png_decode`, one thread of an AMD EPYC 7003 (AVX2), processor time, median of 5; Adler-32
 * included; libdeflate's output memory was there already. One thread for each struct; nothing shared.
 */
#ifndef YOKE_IO_PNG_INFLATE_H
#define YOKE_IO_PNG_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    YK_INFLATE_HISTORY = 32 << 10, /* bytes before the next one that a match may reach */
    YK_INFLATE_SLACK = 512,        /* bytes at and after `stop` that a run may write */
    YK_INFLATE_LITLEN_BITS = 12,   /* first-level lookups; the longest code has 15 bits */
    YK_INFLATE_DIST_BITS = 8,
    /* A second-level table of 2^b entries replaces a complete subtree of depth b, which has b + 1 symbols or
       more. */
    YK_INFLATE_LITLEN_SIZE = 4096 + 288 / 4 * 8,
    YK_INFLATE_DIST_SIZE = 256 + 32 / 8 * 128,
    YK_INFLATE_SLICE = 32 << 10,
    YK_INFLATE_BEHIND = 8, /* bytes before the input that stay, because they may still be in the bit buffer */
    YK_INFLATE_PAD =
        64 /* bytes after the input that may be looked at, and are zero where the input has ended */
};

enum yk_inflate_result {
    YK_INFLATE_MORE, /* `stop` is reached */
    YK_INFLATE_DONE, /* the last block has ended */
    YK_INFLATE_BAD   /* the data is damaged, or ends too early */
};

struct yk_inflate {
    size_t (*take)(void *context, uint8_t *out,
                   size_t room); /* copies input; less than `room` at its end only */
    void *context;
    const uint8_t *in, *in_end; /* in the slice; `in` is past the whole bytes in `bits` */
    const uint8_t *in_limit;    /* from here on it must be filled before another symbol is read */
    uint64_t bits;              /* the next bits, lowest first; those above `count` may be set */
    unsigned count;             /* of valid bits, modulo 64 */
    bool drained;               /* the input's end is in the slice */
    bool coded, last, ended;    /* inside a block of codes; in the last block; after it */
    uint32_t stored;            /* bytes to come of a stored block */
    enum yk_inflate_result (*codes)(struct yk_inflate *inflate, const uint8_t *base, uint8_t **next,
                                    const uint8_t *stop);
    uint32_t litlen[YK_INFLATE_LITLEN_SIZE], dist[YK_INFLATE_DIST_SIZE];
    uint8_t slice[YK_INFLATE_BEHIND + YK_INFLATE_SLICE + YK_INFLATE_PAD];
};

/* Reads the zlib header of a stream that stands for `expected` bytes. `context` is borrowed until the end.
 * false: it is not one that zlib would accept for that many bytes (method, window, preset dictionary, check
 * bits). */
bool yk_inflate_begin(struct yk_inflate *inflate, size_t (*take)(void *context, uint8_t *out, size_t room),
                      void *context, uint64_t expected);

/* Writes from *next on until that is at `stop` or after it (by less than YK_INFLATE_SLACK; that much memory
 * must be there), or the stream ends. `base`: where the bytes before *next begin; YK_INFLATE_HISTORY of them,
 * or all. */
enum yk_inflate_result yk_inflate_run(struct yk_inflate *inflate, const uint8_t *base, uint8_t **next,
                                      const uint8_t *stop);

/* After YK_INFLATE_DONE: whether the stream ends with this Adler-32 and the input right behind it. */
bool yk_inflate_finish(struct yk_inflate *inflate, uint32_t adler);

#endif
