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

/* Rows of the result from `top` on, in an image or in the decoder's own memory. */
struct lines {
    uint8_t *first;
    size_t stride;
    uint32_t top, capacity; /* rows */
};

struct yk_png_decoder {
    const struct yk_png_pixels *pixels;
    uint32_t width, height;
    struct yk_png_idats idats;
    struct yk_unfilter unfilter;
    size_t row_bytes;
    unsigned group;      /* rows to collect before they are unfiltered */
    bool direct;         /* the file's bytes are the image's, but for the order of the two of a sample */
    bool swapped;        /* ... and for 16 bits that is to be changed */
    uint8_t *zeros;      /* a row of them */
    uint8_t *rows[RING]; /* where `lines` cannot hold unfiltered rows */
    struct lines lines;
    uint8_t *own; /* the memory of `lines`, unless that is an image's */
    uint32_t y;   /* rows unfiltered */
    bool begun;   /* the zlib header is read */
    enum yk_inflate_result result;
    uint8_t *window, *window_end;
    const uint8_t *at; /* filtered rows from here ... */
    uint8_t *next;     /* ... to here */
    uint64_t left;     /* filtered bytes to come */
    uint32_t adler;
    struct yk_inflate inflate;
};

bool yk_png_decode_takes(const struct yk_png_scan *scan, uint64_t filtered, uint64_t chunk_max)
{
    /* png_check_chunk_length of libpng 1.6 lets an IDAT have the size of the filtered pixels and zlib's
     * overhead, and more where the limit for other chunks is higher. */
    return scan->regular && (scan->idat_longest <= filtered + 6 || scan->idat_longest <= chunk_max);
}

static uint8_t *line(const struct yk_png_decoder *d, uint32_t y)
{
    return d->lines.first + (size_t)(y - d->lines.top) * d->lines.stride;
}

static uint8_t *unfiltered(const struct yk_png_decoder *d, uint32_t y)
{
    return d->direct ? line(d, y) : d->rows[y % RING];
}

static void convert(const struct yk_png_decoder *d, uint32_t y)
{
    if (!d->direct || d->swapped)
        yk_png_convert_row(d->pixels, unfiltered(d, y), line(d, y), d->width);
}

/* Rows that are done. In its place a row can only be swapped once the next one no longer needs it. */
static uint32_t done_rows(const struct yk_png_decoder *d)
{
    return d->direct && d->swapped && d->y > 0 && d->y < d->height ? d->y - 1 : d->y;
}

/* Unfilters `count` rows, for which `lines` has room. */
static bool finish_rows(struct yk_png_decoder *d, unsigned count)
{
    uint8_t *out[YK_UNFILTER_ROWS];
    for (unsigned k = 0; k < count; k++)
        out[k] = unfiltered(d, d->y + k);
    const uint8_t *above = d->y ? unfiltered(d, d->y - 1) : d->zeros;
    if (!yk_unfilter_rows(&d->unfilter, d->at, above, out, count))
        return false;
    uint32_t first = done_rows(d);
    d->y += count;
    d->at += count * (d->row_bytes + 1);
    for (uint32_t y = first; y < done_rows(d); y++)
        convert(d, y);
    return true;
}

/* Inflates the next piece behind what the rows to come, and the matches, still need. */
static bool inflate_more(struct yk_png_decoder *d)
{
    if (!d->begun && !yk_inflate_begin(&d->inflate, yk_png_idats_take, &d->idats, d->left))
        return false;
    d->begun = true;
    size_t filled = (size_t)(d->next - d->window), unread = (size_t)(d->next - d->at);
    size_t keep = unread > YK_INFLATE_HISTORY ? unread : YK_INFLATE_HISTORY;
    if (keep < filled) {
        memmove(d->window, d->next - keep, keep);
        d->next -= filled - keep;
        d->at -= filled - keep;
    }
    /* One byte more than there may be shows where a stream does not end in time. */
    size_t room = (size_t)(d->window_end - d->next), want = d->left < room ? (size_t)d->left + 1 : room;
    uint8_t *from = d->next;
    d->result = yk_inflate_run(&d->inflate, d->window, &d->next, from + want);
    size_t got = (size_t)(d->next - from);
    if (d->result == YK_INFLATE_BAD || got > d->left)
        return false;
    d->left -= got;
    d->adler = libdeflate_adler32(d->adler, from, got);
    return true;
}

/* Room in the decoder's own lines for rows up to `end`, on the way to y1; those from y0 on, and the one above
 * the next, stay. */
static bool make_room(struct yk_png_decoder *d, uint32_t y0, uint32_t y1, uint32_t end)
{
    struct lines *lines = &d->lines;
    uint32_t above = d->y > 0 ? d->y - 1 : 0, keep = above < y0 ? above : y0;
    if (end - lines->top <= lines->capacity)
        return true;
    size_t kept = (size_t)(d->y - keep) * lines->stride;
    if (end - keep <= lines->capacity) {
        memmove(lines->first, line(d, keep), kept);
        lines->top = keep;
        return true;
    }
    /* All that is asked for, and some more: callers ask for about the same number of rows each time. */
    uint64_t capacity = end - keep > y1 - y0 ? end - keep : y1 - y0, bytes;
    capacity += 2 * YK_UNFILTER_ROWS;
    uint8_t *grown = yk_size_mul(capacity, lines->stride, &bytes) ? yk_mem_alloc(bytes) : NULL;
    if (!grown)
        return false;
    if (kept > 0)
        memcpy(grown, line(d, keep), kept);
    yk_mem_free(d->own);
    d->own = lines->first = grown;
    lines->top = keep;
    lines->capacity = capacity < UINT32_MAX ? (uint32_t)capacity : UINT32_MAX;
    return true;
}

/* Goes on until rows y0 .. y1 - 1 are done. */
static enum yk_png_decoded advance(struct yk_png_decoder *d, uint32_t y0, uint32_t y1)
{
    while (done_rows(d) < y1) {
        uint32_t left = d->height - d->y;
        unsigned count = left < d->group ? left : d->group;
        if ((size_t)(d->next - d->at) < count * (d->row_bytes + 1)) {
            if (d->result != YK_INFLATE_MORE || !inflate_more(d))
                return YK_PNG_DOUBTFUL;
            continue;
        }
        if (!make_room(d, y0, y1, d->y + count))
            return YK_PNG_NO_MEMORY;
        if (!finish_rows(d, count))
            return YK_PNG_DOUBTFUL;
    }
    return YK_PNG_DECODED;
}

/* After the last row: the end of the last block, the checksum, the last CRC. */
static enum yk_png_decoded finish(struct yk_png_decoder *d)
{
    while (d->result == YK_INFLATE_MORE)
        if (!inflate_more(d))
            return YK_PNG_DOUBTFUL;
    bool well = d->left == 0 && d->result == YK_INFLATE_DONE && yk_inflate_finish(&d->inflate, d->adler) &&
                !d->idats.damaged;
    return well ? YK_PNG_DECODED : YK_PNG_DOUBTFUL;
}

enum yk_png_decoded yk_png_decoder_image(struct yk_png_decoder *d, struct yk_image *image)
{
    d->lines = (struct lines){image->pixels, image->stride, 0, image->height};
    return advance(d, 0, d->height);
}

enum yk_png_decoded yk_png_decoder_rows(struct yk_png_decoder *d, uint32_t y0, uint32_t y1,
                                        const uint8_t **rows, size_t *stride)
{
    enum yk_png_decoded result = advance(d, y0, y1);
    *rows = result == YK_PNG_DECODED ? line(d, y0) : NULL;
    *stride = d->lines.stride;
    return result;
}

enum yk_png_decoded yk_png_decoder_end(struct yk_png_decoder *d)
{
    enum yk_png_decoded result = advance(d, d->height, d->height);
    return result == YK_PNG_DECODED ? finish(d) : result;
}

/* Buffers for one image: enough for a small one as a whole, else of a size that does not depend on its
 * height. */
static bool allocate(struct yk_png_decoder *d)
{
    uint64_t row = d->row_bytes, group, size;
    bool grouped = yk_size_mul(row + 1, YK_UNFILTER_ROWS, &group) && group <= GROUP_MAX;
    d->group = grouped ? YK_UNFILTER_ROWS : 1;
    if (!grouped)
        group = row + 1;
    if (!yk_size_add(group, YK_INFLATE_HISTORY + STRIP, &size))
        return false;
    size = d->left < size ? d->left + 1 : size;
    d->window = yk_mem_alloc(size + YK_INFLATE_SLACK);
    d->zeros = yk_mem_zalloc(row);
    if (!d->window || !d->zeros)
        return false;
    d->window_end = d->window + size;
    d->at = d->next = d->window;
    for (int k = 0; k < RING && !d->direct; k++)
        if (!(d->rows[k] = yk_mem_alloc(row)))
            return false;
    return true;
}

struct yk_png_decoder *yk_png_decoder_create(const uint8_t *data, const struct yk_png_scan *scan,
                                             const struct yk_png_pixels *pixels, uint32_t width,
                                             uint32_t height, struct yk_format format)
{
    unsigned bits = (unsigned)pixels->channels * pixels->depth;
    struct yk_png_decoder *d = malloc(sizeof *d);
    if (!d)
        return NULL;
    memset(d, 0, offsetof(struct yk_png_decoder, inflate));
    d->pixels = pixels;
    d->width = width;
    d->height = height;
    d->idats = yk_png_idats_begin(data, scan);
    d->row_bytes = (size_t)(((uint64_t)width * bits + 7) / 8);
    d->direct = pixels->depth >= 8 && !pixels->palette && !pixels->keyed;
    const uint16_t one = 1;
    d->swapped = pixels->depth == 16 && *(const uint8_t *)&one == 1;
    d->unfilter = yk_unfilter_choose(bits < 8 ? 1 : bits / 8, d->row_bytes);
    d->lines.stride =
        ((size_t)width * yk_format_bytes(format) + YK_MEM_ALIGN - 1) & ~(size_t)(YK_MEM_ALIGN - 1);
    d->result = YK_INFLATE_MORE;
    d->left = ((uint64_t)d->row_bytes + 1) * height; /* known to fit: see yk_png_filtered_size */
    d->adler = 1;
    if (allocate(d))
        return d;
    yk_png_decoder_free(d);
    return NULL;
}

void yk_png_decoder_free(struct yk_png_decoder *d)
{
    if (!d)
        return;
    for (int k = 0; k < RING; k++)
        yk_mem_free(d->rows[k]);
    yk_mem_free(d->own);
    yk_mem_free(d->zeros);
    yk_mem_free(d->window);
    free(d);
}
