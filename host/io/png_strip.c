/* SPDX-License-Identifier: MIT
 * Filtering and compressing one strip (contract in png_strip.h). */
#include "png_strip.h"

#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "codec_png.h"
#include "mem.h"
#include "png_stream.h"

enum {
    ZLIB_HEADER = 2,
    THOROUGH_BLOCK = 1 << 15,
    /* Runs that leave less than this part show a drawn image, where the own searches are better: the cheapest
     * way is 14 % smaller than libdeflate's levels 7 to 9, in the time of its level 7. */
    SPARSE = 8,
    LIBDEFLATE_MOST = 12
};

/* 32 KiB window, no preset dictionary, "fastest": RFC 1950, 2.2. */
static const uint8_t zlib_header[ZLIB_HEADER] = {0x78, 0x01};

struct yk_png_work {
    struct yk_deflate *deflate;
    struct libdeflate_compressor *libdeflate; /* NULL unless the plan needs it */
    uint8_t *filtered;
    uint8_t *spare;   /* another result */
    uint8_t *zeros;   /* the row above the first */
    uint8_t *rows[2]; /* in file order, where that is not the image's own */
    uint64_t held[2]; /* which row, plus one */
};

void yk_png_rows_begin(struct yk_png_rows *rows, const struct yk_image *image, enum yk_cpu level)
{
    *rows = (struct yk_png_rows){
        .image = image,
        .bpp = yk_format_bytes(image->format),
        .swap = image->format.depth == 16 && yk_png_swaps(),
        .filters = yk_png_filters_at(level),
        .level = level,
    };
    rows->row_bytes = (size_t)image->width * rows->bpp;
}

struct yk_png_work *yk_png_work_create(const struct yk_png_rows *source, uint32_t rows,
                                       const struct yk_png_plan *plan)
{
    struct yk_png_work *work = calloc(1, sizeof *work);
    size_t raw = (size_t)rows * (source->row_bytes + 1); /* the caller chose `rows` so that this fits */
    if (!work)
        return NULL;
    work->filtered = yk_mem_alloc(raw + YK_READ_PAST);
    work->zeros = yk_mem_zalloc(source->row_bytes);
    work->deflate = yk_deflate_create();
    bool ok = work->filtered && work->zeros && work->deflate;
    for (int k = 0; k < 2 && source->swap; k++)
        ok = (work->rows[k] = yk_mem_alloc(source->row_bytes)) && ok;
    if (yk_png_plan_searches(plan))
        ok = (work->spare = yk_mem_alloc(yk_deflate_bound(raw))) && ok;
    if (plan->coder == YK_PNG_LIBDEFLATE)
        ok = (work->libdeflate = libdeflate_alloc_compressor(plan->level)) && ok;
    if (!ok) {
        yk_png_work_free(work);
        return NULL;
    }
    memset(work->filtered + raw, 0, YK_READ_PAST);
    return work;
}

void yk_png_work_free(struct yk_png_work *work)
{
    if (!work)
        return;
    yk_deflate_free(work->deflate);
    if (work->libdeflate)
        libdeflate_free_compressor(work->libdeflate);
    yk_mem_free(work->filtered);
    yk_mem_free(work->spare);
    yk_mem_free(work->zeros);
    yk_mem_free(work->rows[0]);
    yk_mem_free(work->rows[1]);
    free(work);
}

struct yk_deflate *yk_png_work_deflate(struct yk_png_work *work)
{
    return work->deflate;
}

/* Row y in file order. The two last ones asked for stay valid. */
static const uint8_t *file_row(struct yk_png_work *work, const struct yk_png_rows *source, uint32_t y)
{
    const uint8_t *pixels = yk_image_row(source->image, y);
    if (!source->swap)
        return pixels;
    uint8_t *out = work->rows[y & 1];
    if (work->held[y & 1] == (uint64_t)y + 1)
        return out;
    for (size_t i = 0; i + 1 < source->row_bytes; i += 2) {
        uint16_t sample;
        memcpy(&sample, pixels + i, 2);
        sample = (uint16_t)(sample << 8 | sample >> 8);
        memcpy(out + i, &sample, 2);
    }
    work->held[y & 1] = (uint64_t)y + 1;
    return out;
}

void yk_png_filter_rows(struct yk_png_work *work, const struct yk_png_rows *source, unsigned filter,
                        uint32_t y, uint32_t count, uint8_t *out)
{
    for (uint32_t end = y + count; y < end; y++, out += source->row_bytes + 1) {
        const uint8_t *above = y > 0 ? file_row(work, source, y - 1) : work->zeros;
        const uint8_t *row = file_row(work, source, y);
        unsigned chosen = filter;
        if (filter == YK_PNG_LEAST) {
            uint64_t sums[YK_PNG_FILTERS];
            source->filters->sums(row, above, source->row_bytes, source->bpp, sums);
            chosen = yk_png_filter_least(sums);
        }
        out[0] = (uint8_t)chosen;
        source->filters->apply((enum yk_png_filter)chosen, row, above, source->row_bytes, source->bpp,
                               out + 1);
    }
}

static size_t code_own(struct yk_png_work *work, const struct yk_png_rows *source,
                       const struct yk_png_plan *plan, enum yk_deflate_method method, size_t raw, bool last,
                       uint8_t *out)
{
    const struct yk_deflate_job job = {
        .data = work->filtered,
        .size = raw,
        .method = method,
        .bpp = source->bpp,
        .row = source->row_bytes + 1,
        .block = plan->thorough ? THOROUGH_BLOCK : 0,
        .last = last,
        .exact = plan->thorough,
        .level = source->level,
    };
    return yk_deflate_strip(work->deflate, &job, out);
}

/* The smaller one of the `size` bytes in `out` and another method's result; its size. */
static size_t code_smaller(struct yk_png_work *work, const struct yk_png_rows *source,
                           const struct yk_png_plan *plan, enum yk_deflate_method method, size_t size,
                           size_t raw, bool last, uint8_t *out)
{
    size_t other = code_own(work, source, plan, method, raw, last, work->spare);
    if (other < size)
        memcpy(out, work->spare, size = other);
    return size;
}

/* The smallest of libdeflate's result and those of the own coder that take no time beside it: runs, and where
 * these show that little is left, or time does not count, a search. 0 where memory ran out. */
static size_t code_libdeflate(struct yk_png_work *work, const struct yk_png_rows *source,
                              const struct yk_png_plan *plan, size_t raw, bool last, uint8_t *out,
                              size_t room)
{
    const bool priced = plan->level >= YK_PNG_PRICED_FROM;
    size_t size = code_own(work, source, plan, YK_DEFLATE_RUNS, raw, last, out);
    if (size < raw / SPARSE || plan->level == LIBDEFLATE_MOST) {
        size = code_smaller(work, source, plan, priced ? YK_DEFLATE_PRICED : YK_DEFLATE_DEEP, size, raw, last,
                            out);
        if (priced && plan->level <= YK_PNG_PRICED_TO)
            return size;
    }
    size_t other = libdeflate_deflate_compress(work->libdeflate, work->filtered, raw, work->spare, room);
    if (other == 0) /* not smaller than stored */
        return size;
    if (!last)
        other = yk_stream_continue(work->spare, other, room);
    if (other > 0 && other < size)
        memcpy(out, work->spare, size = other);
    return other > 0 ? size : 0;
}

/* Codes work->filtered into out[0 .. room); the size, 0 where memory ran out. */
static size_t code(struct yk_png_work *work, const struct yk_png_rows *source, const struct yk_png_plan *plan,
                   size_t raw, bool last, uint8_t *out, size_t room)
{
    switch (plan->coder) {
    case YK_PNG_STORED:
        return yk_stream_store(work->filtered, raw, last, out);
    case YK_PNG_LIBDEFLATE:
        return code_libdeflate(work, source, plan, raw, last, out, room);
    case YK_PNG_MATCHES:
        return code_own(work, source, plan, YK_DEFLATE_MATCHES, raw, last, out);
    case YK_PNG_DEEP:
        return code_own(work, source, plan, YK_DEFLATE_DEEP, raw, last, out);
    case YK_PNG_PRICED:
        return code_smaller(work, source, plan, YK_DEFLATE_PRICED,
                            code_own(work, source, plan, YK_DEFLATE_RUNS, raw, last, out), raw, last, out);
    case YK_PNG_PIXELS:
        return code_own(work, source, plan, YK_DEFLATE_PIXELS, raw, last, out);
    default:
        return code_own(work, source, plan, YK_DEFLATE_RUNS, raw, last, out);
    }
}

enum yk_status yk_png_strip_code(struct yk_png_work *work, const struct yk_png_rows *source,
                                 const struct yk_png_plan *plan, uint32_t y, uint32_t count, bool last,
                                 struct yk_png_strip *strip, struct yk_error *error)
{
    size_t raw = (size_t)count * (source->row_bytes + 1), room = yk_deflate_bound(raw),
           head = y == 0 ? ZLIB_HEADER : 0;
    uint8_t *data = malloc(head + room);
    if (!data)
        return yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");
    memcpy(data, zlib_header, head);
    yk_png_filter_rows(work, source, plan->filter, y, count, work->filtered);
    size_t size = code(work, source, plan, raw, last, data + head, room);
    if (size == 0) {
        free(data);
        return yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");
    }
    size += head;
    uint8_t *exact = realloc(data, size); /* gives back what was not needed, and was never touched */
    strip->data = exact ? exact : data;
    strip->size = size;
    strip->crc = libdeflate_crc32(libdeflate_crc32(0, "IDAT", 4), strip->data, size);
    strip->adler = libdeflate_adler32(1, work->filtered, raw);
    strip->raw = raw;
    return YK_OK;
}
