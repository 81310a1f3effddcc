/* SPDX-License-Identifier: MIT
 * The PNG file around the strips (contract in png_write.h). libpng writes the header and the metadata. The
 * IDAT chunks are framed here: their checksums were made with the strips, on all threads and at four times
 * the speed of the zlib that libpng would use. */
#include "png_write.h"

#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "codec_png.h"
#include "mem.h"
#include "png_stream.h"

enum {
    CHUNK_FRAME = 12, /* length, type, CRC */
    ZLIB_TRAILER = 4,
    HEAD_GUESS = 1 << 10 /* signature, IHDR and a little metadata; more makes the buffer grow */
};

struct writer {
    struct yk_png_session session;
    const struct yk_image *image; /* borrowed */
    const struct yk_png_strip *strips;
    size_t count;
    void *out; /* malloc'ed, owned */
    size_t size, capacity;
};

static void on_warning(png_structp png, png_const_charp message)
{
    /* Metadata that libpng leaves out, or corrects, while it writes: the pixels are not concerned. */
    (void)png;
    (void)message;
}

/* false: out of memory. */
static bool append(struct writer *writer, const void *data, size_t length)
{
    uint64_t need;
    if (!yk_size_add(writer->size, length, &need) || !yk_size_add(need, YK_MEM_SLACK, &need) ||
        need > SIZE_MAX || !yk_mem_grow(&writer->out, &writer->capacity, (size_t)need, 1))
        return false;
    memcpy((uint8_t *)writer->out + writer->size, data, length);
    writer->size += length;
    return true;
}

static void on_write(png_structp png, png_bytep data, size_t length)
{
    struct writer *writer = png_get_io_ptr(png);
    if (append(writer, data, length))
        return;
    writer->session.no_memory = true;
    png_error(png, "out of memory");
}

static void on_flush(png_structp png)
{
    (void)png; /* memory needs none */
}

static bool append_u32(struct writer *writer, uint32_t value)
{
    uint8_t bytes[4];
    png_save_uint_32(bytes, value);
    return append(writer, bytes, sizeof bytes);
}

/* One IDAT chunk for each strip, the last with the checksum of the whole behind it, and IEND. */
static bool write_strips(struct writer *writer)
{
    static const uint8_t end[CHUNK_FRAME] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};
    uint32_t adler = 1;
    for (size_t i = 0; i < writer->count; i++) {
        const struct yk_png_strip *strip = &writer->strips[i];
        bool last = i + 1 == writer->count;
        adler = yk_stream_adler(adler, strip->adler, strip->raw);
        uint32_t crc = strip->crc;
        if (last) {
            uint8_t trailer[ZLIB_TRAILER];
            png_save_uint_32(trailer, adler);
            crc = libdeflate_crc32(crc, trailer, sizeof trailer);
        }
        if (!append_u32(writer, (uint32_t)(strip->size + (last ? ZLIB_TRAILER : 0))) ||
            !append(writer, "IDAT", 4) || !append(writer, strip->data, strip->size) ||
            (last && !append_u32(writer, adler)) || !append_u32(writer, crc))
            return false;
    }
    return append(writer, end, sizeof end);
}

/* Everything up to the pixels. */
static bool write_head(struct writer *writer)
{
    png_structp png = writer->session.png;
    png_infop info = writer->session.info;
    const struct yk_image *image = writer->image;
    bool grey = image->format.colours == 1;
    if (setjmp(png_jmpbuf(png)))
        return false;
    png_set_write_fn(png, writer, on_write, on_flush);
    png_set_benign_errors(png, 1); /* metadata that libpng finds wrong is left out, the image is written */
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(png, info, image->width, image->height, image->format.depth,
                 (grey ? 0 : PNG_COLOR_MASK_COLOR) | (image->format.alpha ? PNG_COLOR_MASK_ALPHA : 0),
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    if (image->metadata)
        yk_png_meta_write(png, info, image->metadata, grey);
    png_write_info(png, info); /* all of it: texts too, so that nothing is left for behind the pixels */
    return true;
}

/* Room for the whole file at once, so that nothing is copied twice. */
static bool reserve(struct writer *writer)
{
    uint64_t need = HEAD_GUESS + YK_MEM_SLACK;
    for (size_t i = 0; i < writer->count; i++)
        if (!yk_size_add(need, writer->strips[i].size + CHUNK_FRAME, &need))
            return false;
    return need <= SIZE_MAX && yk_mem_grow(&writer->out, &writer->capacity, (size_t)need, 1);
}

/* Gives back what is too much, and clears the slack. */
static void hand_over(struct writer *writer, struct yk_bytes *bytes)
{
    void *exact = realloc(writer->out, writer->size + YK_MEM_SLACK);
    if (exact)
        writer->out = exact;
    memset((uint8_t *)writer->out + writer->size, 0, YK_MEM_SLACK);
    bytes->data = writer->out;
    bytes->size = writer->size;
    writer->out = NULL;
}

enum yk_status yk_png_write_file(const struct yk_image *image, const struct yk_png_strip *strips,
                                 size_t count, struct yk_bytes *bytes, struct yk_error *error)
{
    struct writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");
    writer->session.memory_max = UINT64_MAX;
    writer->image = image;
    writer->strips = strips;
    writer->count = count;

    enum yk_status status = YK_OK;
    bool reserved = reserve(writer);
    if (reserved && (!yk_png_session_begin(&writer->session, false, on_warning) || !write_head(writer) ||
                     writer->session.no_memory))
        status = yk_png_session_fail(&writer->session, YK_ERR_INTERNAL, error);
    else if (!reserved || !write_strips(writer))
        status = yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");
    else
        hand_over(writer, bytes);
    yk_png_session_end(&writer->session, false);
    free(writer->out);
    free(writer);
    return status;
}
