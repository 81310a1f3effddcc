/* SPDX-License-Identifier: MIT
 * PNG reading through libpng, whose verdict on a file is final. This file adds what libpng does not have:
 * size limits with their own words, a check against pixel data that cannot be complete before memory is taken
 * for it, and a bound on the work that damaged compressed chunks can cause.
 *
 * The pixels of plain files do not go through libpng (codec_png_rows.c). Where that way finds any fault,
 * libpng starts again here with the file as it is. */
#include "codec_png.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image_limits.h"
#include "mem.h"

/* Deflate cannot expand more: a match of 258 bytes takes at least two bits. */
static const uint64_t deflate_ratio_max = 1032;

/* Bytes inflated and then thrown away, from compressed chunks that turn out damaged or too large: two of the
 * default limit for a chunk (libpng inflates each of them twice). No honest file comes near. */
static const uint64_t wasted_max = UINT64_C(16) << 20;

/* A chunk with a zlib stream of no bytes. */
static const uint8_t empty_idat[] = {0,    0, 0, 8, 'I', 'D', 'A',  'T',  0x78, 0x01,
                                     0x03, 0, 0, 0, 0,   1,   0xc6, 0x19, 0x9e, 0x2e};

static void on_read(png_structp png, png_bytep out, size_t length)
{
    struct yk_png_reader *reader = png_get_io_ptr(png);
    while (length > 0) {
        bool replaced = reader->stand_in && reader->at == reader->scan.idat_at;
        const uint8_t *from = reader->data + reader->at;
        size_t left = reader->size - reader->at;
        if (replaced) {
            from = empty_idat + reader->stand_in_at;
            left = sizeof empty_idat - reader->stand_in_at;
        } else if (reader->stand_in && reader->at < reader->scan.idat_at) {
            left = reader->scan.idat_at - reader->at;
        }
        if (left == 0)
            png_error(png, "the file ends too early");
        size_t part = length < left ? length : left;
        memcpy(out, from, part);
        out += part;
        length -= part;
        if (!replaced) {
            reader->at += part;
        } else {
            reader->stand_in_at += part;
            if (reader->stand_in_at == sizeof empty_idat)
                reader->at = reader->scan.idat_end;
        }
    }
}

/* libpng warns about each chunk it drops, with the chunk's type in front. A compressed one may have been
 * inflated in vain, up to the limit for one chunk; a file of nothing else must not keep a thread busy for
 * minutes. */
static void on_warning(png_structp png, png_const_charp message)
{
    struct yk_png_reader *reader = png_get_io_ptr(png);
    if (!reader || (strncmp(message, "zTXt", 4) != 0 && strncmp(message, "iTXt", 4) != 0 &&
                    strncmp(message, "iCCP", 4) != 0))
        return;
    uint64_t most = (uint64_t)(reader->at - reader->wasted_at);
    if (!yk_size_mul(most, deflate_ratio_max, &most) || most > reader->limits.max_chunk_bytes)
        most = reader->limits.max_chunk_bytes;
    reader->wasted_at = reader->at;
    if (!yk_size_add(reader->wasted, most, &reader->wasted) || reader->wasted > wasted_max) {
        reader->session.over_limit = true;
        png_error(png, "too many damaged or oversized chunks");
    }
}

static void describe(struct yk_png_reader *reader)
{
    png_structp png = reader->session.png;
    png_infop info = reader->session.info;
    struct yk_image_info *header = &reader->header;
    int colour = png_get_color_type(png, info);

    header->codec = yk_codec_png.name;
    header->width = png_get_image_width(png, info);
    header->height = png_get_image_height(png, info);
    reader->file_channels = png_get_channels(png, info);
    header->file_depth = png_get_bit_depth(png, info);
    header->interlaced = png_get_interlace_type(png, info) != PNG_INTERLACE_NONE;
    header->animated = reader->scan.animation;
    header->parallel = reader->scan.parts;
    header->transparency = png_get_valid(png, info, PNG_INFO_tRNS) != 0;
    switch (colour) {
    case PNG_COLOR_TYPE_GRAY:
        header->file_type = "gray";
        break;
    case PNG_COLOR_TYPE_GRAY_ALPHA:
        header->file_type = "gray+alpha";
        break;
    case PNG_COLOR_TYPE_PALETTE:
        header->file_type = "palette";
        break;
    case PNG_COLOR_TYPE_RGB:
        header->file_type = "rgb";
        break;
    default:
        header->file_type = "rgba";
        break;
    }
    header->format.colours = colour & PNG_COLOR_MASK_COLOR ? 3 : 1;
    header->format.alpha = (colour & PNG_COLOR_MASK_ALPHA) != 0 || header->transparency;
    header->format.depth = header->file_depth == 16 ? 16 : 8;
}

/* Everything up to the first pixel data. */
static bool read_header(struct yk_png_reader *reader)
{
    /* Known to libpng, of no use to us: what is not parsed cannot go wrong. */
    static const uint8_t unused[] = "bKGD\0hIST\0oFFs\0pCAL\0sBIT\0sCAL\0sPLT\0tIME";
    png_structp png = reader->session.png;
    if (setjmp(png_jmpbuf(png)))
        return false;
    png_set_read_fn(png, reader, on_read);
    png_set_user_limits(png, reader->limits.max_side, reader->limits.max_side);
    png_set_chunk_cache_max(png, reader->limits.max_chunks);
    png_set_chunk_malloc_max(png, reader->limits.max_chunk_bytes);
    if (reader->scan.ihdr_first) /* else libpng refuses some of them in front of IHDR, and so do we */
        png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, unused, sizeof unused / 5);
    png_read_info(png, reader->session.info);
    describe(reader);
    return true;
}

enum yk_status yk_png_reader_open(struct yk_png_reader **reader, const uint8_t *data, size_t size, bool fast,
                                  const struct yk_limits *limits, struct yk_error *error)
{
    if (!yk_codec_png.probe(data, size))
        return yk_error_set(error, YK_ERR_FORMAT, "not a PNG file");
    struct yk_png_reader *made = calloc(1, sizeof *made);
    if (!made)
        return yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");

    enum yk_status status = YK_OK;
    made->limits = yk_limits_resolve(limits);
    made->data = data;
    made->size = size;
    made->scan = yk_png_scan_chunks(data, size);
    made->stand_in = fast && made->scan.regular && data[YK_PNG_INTERLACE_AT] == PNG_INTERLACE_NONE;
    if (size > made->limits.max_file_bytes) {
        status =
            yk_error_set(error, YK_ERR_LIMIT, "the file of %zu bytes is over the limit of %" PRIu64 " bytes",
                         size, made->limits.max_file_bytes);
        goto fail;
    }
    if (made->scan.ihdr_first && size >= YK_PNG_SIGNATURE + 8 + 8) {
        /* libpng would refuse sides over its limit as invalid; a side of 0 or over 2^31 - 1 is left to it. */
        uint32_t width = yk_png_u32(data + YK_PNG_SIGNATURE + 8);
        uint32_t height = yk_png_u32(data + YK_PNG_SIGNATURE + 12);
        if (width - 1 < PNG_UINT_31_MAX && height - 1 < PNG_UINT_31_MAX)
            status = yk_limits_check(&made->limits, width, height, error);
        if (status != YK_OK)
            goto fail;
    }

    /* The metadata, the last of it twice while it is inflated and stored, its compressed bytes, zlib and
     * libpng itself: a file of many texts is refused when it has passed the limit, not after all of them. */
    uint64_t packed = size < made->limits.max_chunk_bytes ? size : made->limits.max_chunk_bytes;
    if (!yk_size_add(made->limits.max_chunk_bytes, packed, &packed) ||
        !yk_size_add(packed, YK_PNG_METADATA_MAX + (1 << 20), &made->session.memory_max))
        made->session.memory_max = UINT64_MAX;
    if (!yk_png_session_begin(&made->session, true, on_warning) || !read_header(made)) {
        status = yk_png_session_fail(&made->session, YK_ERR_FORMAT, error);
        goto fail;
    }
    status = yk_limits_check(&made->limits, made->header.width, made->header.height, error);
    if (status != YK_OK)
        goto fail;
    *reader = made;
    return YK_OK;

fail:
    yk_png_reader_close(made);
    return status;
}

void yk_png_reader_close(struct yk_png_reader *reader)
{
    if (!reader)
        return;
    yk_png_session_end(&reader->session, true);
    yk_image_free(reader->image);
    yk_metadata_free(reader->metadata);
    free(reader);
}

/* Samples that a pass takes of a side: every `step`th from `start`. */
static uint64_t pass_side(uint32_t side, unsigned start, unsigned step)
{
    return side > start ? ((uint64_t)side - start + step - 1) / step : 0;
}

bool yk_png_filtered_size(const struct yk_png_reader *reader, uint64_t *size)
{
    const struct yk_image_info *header = &reader->header;
    /* Adam7 (PNG specification, section 8.2), then the one pass of an image that is not interlaced. */
    static const uint8_t x_start[] = {0, 4, 0, 2, 0, 1, 0, 0}, x_step[] = {8, 8, 4, 4, 2, 2, 1, 1};
    static const uint8_t y_start[] = {0, 0, 4, 0, 2, 0, 1, 0}, y_step[] = {8, 8, 8, 4, 4, 2, 2, 1};
    uint64_t sum = 0;
    for (int pass = header->interlaced ? 0 : 7; pass < (header->interlaced ? 7 : 8); pass++) {
        uint64_t columns = pass_side(header->width, x_start[pass], x_step[pass]);
        uint64_t rows = pass_side(header->height, y_start[pass], y_step[pass]);
        uint64_t row =
            columns ? (columns * reader->file_channels * header->file_depth + 7) / 8 + 1 : 0; /* below 2^36 */
        uint64_t part;
        if (!yk_size_mul(row, rows, &part) || !yk_size_add(sum, part, &sum))
            return false;
    }
    *size = sum;
    return true;
}

enum yk_status yk_png_check_complete(struct yk_png_reader *reader, struct yk_error *error)
{
    uint64_t need, most;
    if (!yk_png_filtered_size(reader, &need))
        return yk_error_set(error, YK_ERR_NOMEM, "PNG: the image does not fit this machine's memory");
    if (yk_size_mul(reader->scan.idat_bytes, deflate_ratio_max, &most) && need > most)
        return yk_error_set(error, YK_ERR_FORMAT,
                            "PNG: %" PRIu64 " bytes of compressed data cannot hold an image of %" PRIu32
                            "x%" PRIu32 " pixels",
                            reader->scan.idat_bytes, reader->header.width, reader->header.height);
    /* libpng keeps three rows or so of the largest pixel, 8 bytes */
    uint64_t rows = ((uint64_t)reader->header.width + 64) * 8 * 4;
    if (!yk_size_add(reader->session.memory_max, rows, &reader->session.memory_max))
        reader->session.memory_max = UINT64_MAX;
    return YK_OK;
}

/* Fills reader->image and reads the file to its end. */
static bool read_pixels(struct yk_png_reader *reader)
{
    png_structp png = reader->session.png;
    png_infop info = reader->session.info;
    const struct yk_image *image = reader->image;
    if (setjmp(png_jmpbuf(png)))
        return false;
    png_set_expand(png); /* palette and small depths to 8 bits, tRNS to alpha, compared at file depth */
    if (image->format.depth == 16 && yk_png_swaps())
        png_set_swap(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    if (png_get_rowbytes(png, info) != (size_t)image->width * yk_format_bytes(image->format))
        png_error(png, "the row size is not the one the header promised");
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < image->height; y++)
            png_read_row(png, yk_image_row(image, y), NULL);
    png_read_end(png, info);
    return true;
}

enum yk_status yk_png_decode_slow(const uint8_t *data, size_t size, const struct yk_limits *limits,
                                  struct yk_image **image, struct yk_error *error)
{
    struct yk_png_reader *reader = NULL;
    enum yk_status status = yk_png_reader_open(&reader, data, size, false, limits, error);
    if (!status)
        status = yk_png_check_complete(reader, error);
    if (!status)
        status = yk_image_create(&reader->image, reader->header.width, reader->header.height,
                                 reader->header.format, &reader->limits, error);
    if (!status && (!read_pixels(reader) || reader->session.no_memory))
        status = yk_png_session_fail(&reader->session, YK_ERR_FORMAT, error);
    if (!status)
        status = yk_png_meta_read(reader, error);
    if (!status) {
        reader->image->metadata = reader->metadata;
        reader->metadata = NULL;
        *image = reader->image;
        reader->image = NULL;
    }
    yk_png_reader_close(reader);
    return status;
}

enum yk_status yk_png_decode(const uint8_t *data, size_t size, const struct yk_limits *limits,
                             struct yk_image **image, struct yk_error *error)
{
    bool again = false;
    enum yk_status status = yk_png_decode_fast(data, size, limits, image, &again, error);
    return again ? yk_png_decode_slow(data, size, limits, image, error) : status;
}
