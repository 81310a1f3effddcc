/* SPDX-License-Identifier: MIT
 *
 * Strips of whole rows: filtered and compressed each on its own, so that any thread can take any strip. What
 * a strip becomes depends on the pixels and the plan alone.
 */
#ifndef YOKE_IO_PNG_STRIP_H
#define YOKE_IO_PNG_STRIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/image.h>
#include <yoke/status.h>

#include "png_deflate.h"
#include "png_filter.h"

enum {
    YK_PNG_LEAST = YK_PNG_FILTERS /* as a filter: each row the one with the least sum */
};

enum yk_png_coder {
    YK_PNG_STORED,
    YK_PNG_RUNS, /* the own coder's ways: png_deflate.h */
    YK_PNG_MATCHES,
    YK_PNG_DEEP,
    YK_PNG_PIXELS,
    YK_PNG_PRICED,     /* or runs for a strip that they make smaller */
    YK_PNG_LIBDEFLATE, /* its levels 1 .. 12, or the own coder for a strip that it makes smaller */
    YK_PNG_CODERS      /* how many */
};

/* The levels of libdeflate instead of which the own search for the cheapest way may be taken: it takes the
 * time of the first; those above gain a few percent more at many times the time. */
enum { YK_PNG_PRICED_FROM = 7, YK_PNG_PRICED_TO = 10 };

/* How an image is written. */
struct yk_png_plan {
    uint8_t filter; /* an yk_png_filter or YK_PNG_LEAST */
    uint8_t coder;  /* an yk_png_coder */
    uint8_t level;  /* for YK_PNG_LIBDEFLATE */
    bool thorough;  /* smaller blocks, all of whose symbols are counted */
};

/* Whether its coder searches far and codes a strip more than once: longer strips then pay, and there is room
 * for a second result. */
static inline bool yk_png_plan_searches(const struct yk_png_plan *plan)
{
    return plan->coder == YK_PNG_PRICED || plan->coder == YK_PNG_LIBDEFLATE;
}

/* The pixels as rows in file order. Borrows the image. */
struct yk_png_rows {
    const struct yk_image *image;
    size_t row_bytes, bpp; /* of pixels, without the filter byte; of one pixel */
    bool swap;             /* 16-bit samples are in the other byte order */
    const struct yk_png_filters *filters;
    enum yk_cpu level;
};

/* Errors: none; the row size was checked by the caller. */
void yk_png_rows_begin(struct yk_png_rows *rows, const struct yk_image *image, enum yk_cpu level);

/* Memory for one thread at a time. */
struct yk_png_work;

/* For strips of up to `rows` rows. NULL: out of memory. The caller owns it: yk_png_work_free (NULL is
 * allowed). */
struct yk_png_work *yk_png_work_create(const struct yk_png_rows *source, uint32_t rows,
                                       const struct yk_png_plan *plan);
void yk_png_work_free(struct yk_png_work *work);

/* Filters rows [y, y + count): count * (1 + row_bytes) bytes, each row behind its filter byte, to `out`. */
void yk_png_filter_rows(struct yk_png_work *work, const struct yk_png_rows *source, unsigned filter,
                        uint32_t y, uint32_t count, uint8_t *out);

/* One finished strip: Deflate blocks that end at a byte; in front of the image's first strip zlib's header.
 * The content of an IDAT chunk, but for the checksum that the last one ends with. */
struct yk_png_strip {
    uint8_t *data; /* malloc'ed, owned; free() it */
    size_t size;
    uint32_t crc;   /* CRC-32 of "IDAT" and data */
    uint32_t adler; /* Adler-32 of the `raw` bytes that it inflates to */
    uint64_t raw;
};

/* Codes rows [y, y + count) into *strip. `last`: they end the image. Errors: YK_ERR_NOMEM. */
enum yk_status yk_png_strip_code(struct yk_png_work *work, const struct yk_png_rows *source,
                                 const struct yk_png_plan *plan, uint32_t y, uint32_t count, bool last,
                                 struct yk_png_strip *strip, struct yk_error *error);

/* The own coder of a work memory, for estimates. */
struct yk_deflate *yk_png_work_deflate(struct yk_png_work *work);

#endif
