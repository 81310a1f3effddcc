/* SPDX-License-Identifier: MIT
 * The fast way through a PNG file (contract in codec_png.h, and in yoke/codec.h as rows_open and so on): the
 * pixels of plain files without libpng (png_decode.h), in order, as many at a time as the caller wants.
 * libpng reads all other chunks, around an IDAT that stands for no pixels. It never accepts more than libpng:
 * whatever looks wrong ends in YK_ERR_UNSUPPORTED, and the file is then judged by libpng alone. */
#include "codec_png.h"

#include <stdlib.h>

#include "png_decode.h"

struct rows {
    struct yk_png_reader *reader;
    struct yk_png_pixels pixels;
    struct yk_png_decoder *decoder;
};

static bool read_colours(struct yk_png_reader *reader, struct yk_png_pixels *pixels)
{
    png_structp png = reader->session.png;
    png_infop info = reader->session.info;
    png_colorp palette = NULL;
    png_bytep alpha = NULL;
    png_color_16p key = NULL;
    int count = 0;
    if (setjmp(png_jmpbuf(png)))
        return false;
    pixels->channels = reader->file_channels;
    pixels->depth = reader->header.file_depth;
    pixels->palette = png_get_color_type(png, info) == PNG_COLOR_TYPE_PALETTE;
    pixels->keyed = reader->header.transparency;
    for (int i = 0; i < 256; i++)
        pixels->colours[i][3] = 255;
    if (pixels->palette && png_get_PLTE(png, info, &palette, &count))
        for (int i = 0; i < count; i++) {
            pixels->colours[i][0] = palette[i].red;
            pixels->colours[i][1] = palette[i].green;
            pixels->colours[i][2] = palette[i].blue;
        }
    if (!pixels->keyed || !png_get_tRNS(png, info, &alpha, &count, &key))
        return true;
    if (pixels->palette) {
        for (int i = 0; i < count; i++)
            pixels->colours[i][3] = alpha[i];
    } else {
        unsigned mask = (1U << pixels->depth) - 1;
        bool grey = pixels->channels == 1;
        pixels->key[0] = (uint16_t)((grey ? key->gray : key->red) & mask);
        pixels->key[1] = (uint16_t)(key->green & mask);
        pixels->key[2] = (uint16_t)(key->blue & mask);
    }
    return true;
}

/* Reads the chunks after the pixels; libpng gets no pixels to read. */
static bool read_rest(struct yk_png_reader *reader)
{
    if (setjmp(png_jmpbuf(reader->session.png)))
        return false;
    png_read_update_info(reader->session.png, reader->session.info); /* else it would not read an IDAT */
    png_read_end(reader->session.png, reader->session.info);
    return true;
}

static enum yk_status doubtful(struct yk_error *error)
{
    return yk_error_set(error, YK_ERR_UNSUPPORTED, "PNG: not a plain file, or a damaged one");
}

static enum yk_status no_memory(struct yk_error *error)
{
    return yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");
}

static enum yk_status status_of(enum yk_png_decoded decoded, struct yk_error *error)
{
    return decoded == YK_PNG_DECODED    ? YK_OK
           : decoded == YK_PNG_DOUBTFUL ? doubtful(error)
                                        : no_memory(error);
}

static enum yk_status start(struct rows *rows, struct yk_error *error)
{
    struct yk_png_reader *reader = rows->reader;
    uint64_t filtered;
    if (!reader->stand_in || !yk_png_filtered_size(reader, &filtered) ||
        !yk_png_decode_takes(&reader->scan, filtered, reader->limits.max_chunk_bytes))
        return doubtful(error);
    enum yk_status status = yk_png_check_complete(reader, error);
    if (status)
        return status;
    if (!read_colours(reader, &rows->pixels))
        return doubtful(error);
    const struct yk_image_info *header = &reader->header;
    rows->decoder = yk_png_decoder_create(reader->data, &reader->scan, &rows->pixels, header->width,
                                          header->height, header->format);
    return rows->decoder ? YK_OK : no_memory(error);
}

enum yk_status yk_png_rows_open(void **state, const uint8_t *data, size_t size,
                                const struct yk_limits *limits, struct yk_image_info *info,
                                struct yk_error *error)
{
    if (size > YK_PNG_INTERLACE_AT && data[YK_PNG_INTERLACE_AT] != PNG_INTERLACE_NONE)
        return doubtful(error);
    struct rows *rows = calloc(1, sizeof *rows);
    if (!rows)
        return no_memory(error);
    enum yk_status status = yk_png_reader_open(&rows->reader, data, size, true, limits, error);
    if (!status)
        status = start(rows, error);
    if (status) {
        yk_png_rows_close(rows);
        return status;
    }
    *info = rows->reader->header;
    *state = rows;
    return YK_OK;
}

enum yk_status yk_png_rows_image(void *state, struct yk_image *image, struct yk_error *error)
{
    struct rows *rows = state;
    return status_of(yk_png_decoder_image(rows->decoder, image), error);
}

enum yk_status yk_png_rows_get(void *state, uint32_t y0, uint32_t y1, const uint8_t **out, size_t *stride,
                               struct yk_error *error)
{
    struct rows *rows = state;
    return status_of(yk_png_decoder_rows(rows->decoder, y0, y1, out, stride), error);
}

enum yk_status yk_png_rows_end(void *state, struct yk_metadata **metadata, struct yk_error *error)
{
    struct rows *rows = state;
    struct yk_png_reader *reader = rows->reader;
    enum yk_status status = status_of(yk_png_decoder_end(rows->decoder), error);
    if (status)
        return status;
    bool read = read_rest(reader);
    if (reader->session.no_memory || (!read && reader->session.over_limit))
        return yk_png_session_fail(&reader->session, YK_ERR_FORMAT, error);
    if (!read)
        return doubtful(error);
    status = yk_png_meta_read(reader, error);
    if (status)
        return status;
    *metadata = reader->metadata;
    reader->metadata = NULL;
    return YK_OK;
}

void yk_png_rows_close(void *state)
{
    struct rows *rows = state;
    if (!rows)
        return;
    yk_png_decoder_free(rows->decoder);
    yk_png_reader_close(rows->reader);
    free(rows);
}

enum yk_status yk_png_decode_fast(const uint8_t *data, size_t size, const struct yk_limits *limits,
                                  struct yk_image **image, bool *again, struct yk_error *error)
{
    void *rows = NULL;
    struct yk_image_info info;
    struct yk_image *made = NULL;
    struct yk_error reason = {YK_OK, ""};
    enum yk_status status = yk_png_rows_open(&rows, data, size, limits, &info, &reason);
    if (!status)
        status = yk_image_create(&made, info.width, info.height, info.format, limits, &reason);
    if (!status)
        status = yk_png_rows_image(rows, made, &reason);
    if (!status)
        status = yk_png_rows_end(rows, &made->metadata, &reason);
    yk_png_rows_close(rows);
    *again = status == YK_ERR_UNSUPPORTED;
    if (!status) {
        *image = made;
        return YK_OK;
    }
    yk_image_free(made);
    if (*again)
        return YK_OK;
    if (error)
        *error = reason;
    return status;
}
