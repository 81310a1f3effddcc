/* SPDX-License-Identifier: MIT
 * Joining Deflate streams (contract in png_stream.h). zlib finds the blocks. */
#include "png_stream.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

enum {
    STORED_MAX = 65535,
    OUTPUT = 64 << 10,
    ADLER_BASE = 65521,
    /* zlib's data_type after inflate(Z_BLOCK): how many bits of the last byte are not used yet; at a block's
       end. */
    UNUSED = 7,
    AT_END = 128
};

size_t yk_stream_store(const uint8_t *data, size_t size, bool last, uint8_t *out)
{
    uint8_t *at = out;
    do {
        size_t part = size < STORED_MAX ? size : STORED_MAX;
        at[0] = last && part == size; /* type 0, and the rest of the byte is padding */
        at[1] = (uint8_t)part;
        at[2] = (uint8_t)(part >> 8);
        at[3] = (uint8_t)~at[1];
        at[4] = (uint8_t)~at[2];
        if (part)
            memcpy(at + 5, data, part);
        at += 5 + part;
        data += part;
        size -= part;
    } while (size > 0);
    return (size_t)(at - out);
}

/* Clears the bit that marks the block at `bit` as the last; *was: whether it was set. zlib may hold it
 * already, with the rest of its byte: then zlib gets that rest again. */
static bool unmark_block(z_stream *z, uint8_t *stream, uint64_t bit, bool *was)
{
    uint8_t *byte = &stream[bit / 8];
    unsigned shift = (unsigned)(bit % 8);
    *was = *byte >> shift & 1;
    *byte &= (uint8_t) ~(1u << shift);
    if (!*was || shift == 0)
        return true;
    return inflatePrime(z, -1, 0) == Z_OK && inflatePrime(z, (int)(8 - shift), *byte >> shift) == Z_OK;
}

/* Walks over the blocks, unmarks the last and finds the bit behind it. */
static bool unmark_last(z_stream *z, uint8_t *stream, size_t size, uint8_t *scrap, uint64_t *end)
{
    bool last;
    if (size == 0 || !unmark_block(z, stream, 0, &last))
        return false;
    for (size_t given = 0;;) {
        if (z->avail_in == 0) {
            size_t part = size - given < INT_MAX ? size - given : INT_MAX;
            z->next_in = stream + given;
            z->avail_in = (uInt)part;
            given += part;
        }
        z->next_out = scrap;
        z->avail_out = OUTPUT;
        if (inflate(z, Z_BLOCK) != Z_OK)
            return false;
        if (!(z->data_type & AT_END))
            continue;
        *end = ((uint64_t)given - z->avail_in) * 8 - (unsigned)(z->data_type & UNUSED);
        if (last)
            return true;
        if (*end >= (uint64_t)size * 8 || !unmark_block(z, stream, *end, &last))
            return false;
    }
}

size_t yk_stream_continue(uint8_t *stream, size_t size, size_t room)
{
    z_stream z = {0};
    uint64_t end = 0;
    uint8_t *scrap = malloc(OUTPUT);
    bool found = scrap && inflateInit2(&z, -MAX_WBITS) == Z_OK;
    if (found) {
        found = unmark_last(&z, stream, size, scrap, &end);
        (void)inflateEnd(&z);
    }
    free(scrap);
    /* Three bits 0 (not the last, stored), zeros up to a byte, then the length 0 and its complement. */
    uint64_t at = (end + 3 + 7) / 8;
    if (!found || at + 4 > room)
        return 0;
    for (uint64_t bit = end; bit < at * 8; bit++)
        stream[bit / 8] &= (uint8_t) ~(1u << bit % 8);
    memcpy(stream + at, "\x00\x00\xff\xff", 4);
    return (size_t)at + 4;
}

uint32_t yk_stream_adler(uint32_t first, uint32_t second, uint64_t second_size)
{
    /* a = 1 + sum of bytes, b = sum of all a on the way, both modulo 65521 */
    uint64_t a1 = first & 0xffff, b1 = first >> 16, a2 = second & 0xffff, b2 = second >> 16;
    uint64_t a = (a1 + a2 + ADLER_BASE - 1) % ADLER_BASE;
    uint64_t b = (b1 + b2 + second_size % ADLER_BASE * (a1 + ADLER_BASE - 1)) % ADLER_BASE;
    return (uint32_t)(b << 16 | a);
}
