/* SPDX-License-Identifier: MIT
 *
 * The own Deflate coder (RFC 1951): each strip of an image is coded alone, so strips can be coded at the same
 * time and joined. Its bytes depend on the data and the arguments alone. A work memory belongs to one thread
 * at a time.
 */
#ifndef YOKE_IO_PNG_DEFLATE_H
#define YOKE_IO_PNG_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu.h"
#include "png_tokens.h"

enum yk_deflate_method {
    YK_DEFLATE_RUNS,    /* photographs, noise */
    YK_DEFLATE_MATCHES, /* drawn images, patterns */
    YK_DEFLATE_DEEP,    /* as matches, searched for longer */
    YK_DEFLATE_PIXELS,  /* photographs of which whole pixels repeat */
    YK_DEFLATE_PRICED,  /* as deep, the cheapest way: 15 % smaller, at a tenth of the speed */
    YK_DEFLATE_METHODS  /* how many */
};

struct yk_deflate_job {
    const uint8_t *data; /* YK_READ_PAST bytes behind it can be read */
    size_t size;         /* < 2^23 */
    enum yk_deflate_method method;
    size_t bpp;   /* bytes of a pixel, 1 .. 8 */
    size_t row;   /* bytes of a row, filter byte included */
    size_t block; /* symbols of a block, at the most YK_BLOCK_SYMBOLS: fewer adapt better and cost time; 0:
                     the usual */
    bool last;    /* ends the stream; else the result ends at a byte, behind an empty stored block */
    bool exact;   /* count every symbol: smaller by up to 0.3 %, slower */
    enum yk_cpu level;
};

struct yk_deflate; /* opaque: tables and symbols, two thirds of a MiB */

/* NULL: out of memory. The caller owns it: yk_deflate_free (NULL is allowed). */
struct yk_deflate *yk_deflate_create(void);
void yk_deflate_free(struct yk_deflate *work);

/* Bytes that coding `size` bytes needs at the most, with what the coder writes past the end. */
size_t yk_deflate_bound(size_t size);

/* Codes the job into out[0 .. yk_deflate_bound(size)); returns the bytes used. */
size_t yk_deflate_strip(struct yk_deflate *work, const struct yk_deflate_job *job, uint8_t *out);

/* What coding would give, without doing it: for comparing filters and methods on a sample. */
struct yk_deflate_estimate {
    uint64_t bits;
    unsigned literals; /* the most different literals in any block */
};
struct yk_deflate_estimate yk_deflate_estimate(struct yk_deflate *work, const struct yk_deflate_job *job);

#endif
