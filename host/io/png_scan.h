/* SPDX-License-Identifier: MIT
 *
 * A PNG file in memory as a row of chunks, without libpng: what is there, where the pixel data lies, and that
 * data piece by piece with its checksums. Nothing in the file is trusted. Depends on libdeflate (CRC) only.
 */
#ifndef YOKE_IO_PNG_SCAN_H
#define YOKE_IO_PNG_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    YK_PNG_SIGNATURE = 8,    /* bytes before the first chunk */
    YK_PNG_CHUNK_FRAME = 12, /* length, type, CRC of a chunk */
    YK_PNG_IHDR_SIZE = 13,
    YK_PNG_INTERLACE_AT = YK_PNG_SIGNATURE + 8 + 12 /* the last byte of an IHDR that comes first */
};

/* What a walk over the chunks up to the end of the pixel data says. */
struct yk_png_scan {
    uint64_t idat_bytes;      /* upper bound of the compressed pixel data libpng can see */
    bool gamma, chromaticity; /* a gAMA, a cHRM chunk is there: libpng also derives both from sRGB */
    bool animation, parts;    /* an acTL, an iDOT chunk is there: neither is true of a file written anew */
    bool ihdr_first;
    /* The file is cut into chunks without fault up to and including its first run of consecutive IDATs, which
     * lies at idat_at .. idat_end (chunk frames included), and no chunk but a first one is an IHDR.
     * idat_bytes is exact. */
    bool regular;
    size_t idat_at, idat_end;
    uint32_t idat_longest; /* bytes in the largest of these chunks */
};

/* Walks over the chunks. `data` starts with a PNG signature or is shorter than one. Any thread. */
struct yk_png_scan yk_png_scan_chunks(const uint8_t *data, size_t size);

/* A big-endian number of a PNG file. */
static inline uint32_t yk_png_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The bytes inside a run of IDAT chunks, one after the other. */
struct yk_png_idats {
    const uint8_t *data; /* borrowed: the file */
    size_t at, end;      /* next byte to read; end of the run */
    size_t left;         /* bytes to come in the open chunk, whose CRC follows */
    uint32_t crc;        /* of what was read of it */
    bool open;
    bool damaged; /* a CRC was wrong; nothing more comes */
};

/* Starts at the first chunk of a regular file's run. */
struct yk_png_idats yk_png_idats_begin(const uint8_t *data, const struct yk_png_scan *scan);

/* Copies the next bytes, up to `room`; fewer only at the end of the run or after damage. `idats` is a struct
 * yk_png_idats *: the signature is struct yk_inflate's `take`. */
size_t yk_png_idats_take(void *idats, uint8_t *out, size_t room);

#endif
