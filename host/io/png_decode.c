/* SPDX-License-Identifier: MIT
 * The fast PNG pixel decoder (contract in png_decode.h). */
#include "png_decode.h"

#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "mem.h"
#include "png_inflate.h"
#include "png_unfilter.h"

enum {
    STRIP = 192 << 10,   /* inflated at a time: with history and tables well inside a second-level cache */
    GROUP_MAX = 1 << 20, /* rows longer than a quarter of this are taken one by one */
    RING = YK_UNFILTER_ROWS + 1
};

struct decoder {
    const struct yk_png_pixels *pixels;
    struct yk_image *image;
    struct yk_png_idats idats;
    struct yk_unfilter unfilter;
    size_t row_bytes;
    unsigned group;      /* rows to collect before they are unfiltered */
    bool direct;         /* the file's bytes are the image's, but for the order of the two of a sample */
    bool swapped;        /* ... and for 16 bits that is to be changed */
    uint8_t *zeros;      /* a row of them */
    uint8_t *rows[RING]; /* where the image cannot hold unfiltered rows */
    uint8_t *window, *window_end;
    uint32_t y; /* rows unfiltered */
    struct yk_inflate inflate;
};

bool yk_png_decode_takes(const struct yk_png_scan *scan, uint64_t filtered, uint64_t chunk_max)
{
    /* png_check_chunk_length of libpng 1.6 lets an IDAT have the size of the filtered pixels and zlib's
     * overhead, and more where the limit for other chunks is higher. */
    return scan->regular && (scan->idat_longest <= filtered + 6 || scan->idat_longest <= chunk_max);
}

static uint8_t *unfiltered(const struct decoder *d, uint32_t y)
{
    return d->direct ? yk_image_row(d->image, y) : d->rows[y % RING];
}

static void convert(const struct decoder *d, uint32_t y)
{
    if (!d->direct || d->swapped)
        yk_png_convert_row(d->pixels, unfiltered(d, y), yk_image_row(d->image, y), d->image->width);
}

/* Unfilters `count` rows. In the image itself a row can only be swapped once the next one no longer needs it.
 */
static bool finish_rows(struct decoder *d, const uint8_t *filtered, unsigned count)
{
    uint8_t *out[YK_UNFILTER_ROWS];
    for (unsigned k = 0; k < count; k++)
        out[k] = unfiltered(d, d->y + k);
    const uint8_t *above = d->y ? unfiltered(d, d->y - 1) : d->zeros;
    if (!yk_unfilter_rows(&d->unfilter, filtered, above, out, count))
        return false;
    uint32_t first = d->y, end = d->y + count;
    if (d->direct) {
        first -= first > 0;
        end -= end < d->image->height;
    }
    for (uint32_t y = first; y < end; y++)
        convert(d, y);
    d->y += count;
    return true;
}

/* All rows that are complete, in groups; the last group of an image may be smaller. */
static bool finish_groups(struct decoder *d, const uint8_t **at, const uint8_t *end)
{
    size_t step = d->row_bytes + 1;
    for (;;) {
        uint32_t left = d->image->height - d->y;
        unsigned count = left < d->group ? left : d->group;
        if (count == 0 || (size_t)(end - *at) < count * step)
            return true;
        if (!finish_rows(d, *at, count))
            return false;
        *at += count * step;
    }
}

/* The pixel data from its zlib header to its Adler-32. */
static bool decode(struct decoder *d, uint64_t filtered)
{
    uint8_t *next = d->window;
    const uint8_t *at = d->window;
    uint32_t adler = 1;
    uint64_t left = filtered;
    if (!yk_inflate_begin(&d->inflate, yk_png_idats_take, &d->idats, filtered))
        return false;
    enum yk_inflate_result result;
    do {
        /* One byte more than there may be shows where a stream does not end in time. */
        size_t room = (size_t)(d->window_end - next), want = left < room ? (size_t)left + 1 : room;
        uint8_t *from = next;
        result = yk_inflate_run(&d->inflate, d->window, &next, next + want);
        size_t got = (size_t)(next - from);
        if (result == YK_INFLATE_BAD || got > left)
            return false;
        left -= got;
        adler = libdeflate_adler32(adler, from, got);
        if (!finish_groups(d, &at, next))
            return false;
        size_t keep = (size_t)(next - at) > YK_INFLATE_HISTORY ? (size_t)(next - at) : YK_INFLATE_HISTORY;
        if (keep < (size_t)(next - d->window)) {
            size_t shift = (size_t)(next - d->window) - keep;
            memmove(d->window, next - keep, keep);
            next -= shift;
            at -= shift;
        }
    } while (result == YK_INFLATE_MORE);
    return left == 0 && d->y == d->image->height && yk_inflate_finish(&d->inflate, adler) &&
           !d->idats.damaged;
}

/* Buffers for one image: enough for a small one as a whole, else of a size that does not depend on its
 * height. */
static bool allocate(struct decoder *d, uint64_t filtered)
{
    uint64_t row = d->row_bytes, group, size;
    bool grouped = yk_size_mul(row + 1, YK_UNFILTER_ROWS, &group) && group <= GROUP_MAX;
    d->group = grouped ? YK_UNFILTER_ROWS : 1;
    if (!grouped)
        group = row + 1;
    if (!yk_size_add(group, YK_INFLATE_HISTORY + STRIP, &size))
        return false;
    size = filtered < size ? filtered + 1 : size;
    d->window = yk_mem_alloc(size + YK_INFLATE_SLACK);
    d->zeros = yk_mem_zalloc(row);
    if (!d->window || !d->zeros)
        return false;
    d->window_end = d->window + size;
    for (int k = 0; k < RING && !d->direct; k++)
        if (!(d->rows[k] = yk_mem_alloc(row)))
            return false;
    return true;
}

static void release(struct decoder *d)
{
    for (int k = 0; k < RING; k++)
        yk_mem_free(d->rows[k]);
    yk_mem_free(d->zeros);
    yk_mem_free(d->window);
    free(d);
}

enum yk_status yk_png_decode_pixels(const uint8_t *data, const struct yk_png_scan *scan,
                                    const struct yk_png_pixels *pixels, struct yk_image *image, bool *done,
                                    struct yk_error *error)
{
    unsigned bits = (unsigned)pixels->channels * pixels->depth;
    struct decoder *d = malloc(sizeof *d);
    if (!d)
        return yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");
    memset(d, 0, offsetof(struct decoder, inflate));
    d->pixels = pixels;
    d->image = image;
    d->idats = yk_png_idats_begin(data, scan);
    d->row_bytes = (size_t)(((uint64_t)image->width * bits + 7) / 8);
    d->direct = pixels->depth >= 8 && !pixels->palette && !pixels->keyed;
    const uint16_t one = 1;
    d->swapped = pixels->depth == 16 && *(const uint8_t *)&one == 1;
    d->unfilter = yk_unfilter_choose(bits < 8 ? 1 : bits / 8, d->row_bytes);

    enum yk_status status = YK_OK;
    uint64_t filtered =
        ((uint64_t)d->row_bytes + 1) * image->height; /* known to fit: see yk_png_filtered_size */
    if (allocate(d, filtered))
        *done = decode(d, filtered);
    else
        status = yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");
    release(d);
    return status;
}
