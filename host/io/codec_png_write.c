/* SPDX-License-Identifier: MIT
 * PNG writing through libpng, into memory that grows: the reference encoder. The bytes depend on the image,
 * its metadata and the level only. */
#include "codec_png.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

enum {
    LEVEL_DEFAULT = 6,
    IDAT_BYTES = 64 << 10 /* fewer, larger chunks than libpng's 8 KiB: friendlier to readers */
};

struct writer {
    struct yk_png_session session;
    const struct yk_image *image; /* borrowed */
    int level;
    void *out; /* malloc'ed, owned */
    size_t size, capacity;
};

static void on_warning(png_structp png, png_const_charp message)
{
    /* Metadata that libpng leaves out, or corrects, while it writes: the pixels are not concerned. */
    (void)png;
    (void)message;
}

static void on_write(png_structp png, png_bytep data, size_t length)
{
    struct writer *writer = png_get_io_ptr(png);
    uint64_t need;
    if (!yk_size_add(writer->size, length, &need) || !yk_size_add(need, YK_MEM_SLACK, &need) ||
        need > SIZE_MAX || !yk_mem_grow(&writer->out, &writer->capacity, (size_t)need, 1)) {
        writer->session.no_memory = true;
        png_error(png, "out of memory");
    }
    memcpy((uint8_t *)writer->out + writer->size, data, length);
    writer->size += length;
}

static void on_flush(png_structp png)
{
    (void)png; /* memory needs none */
}

static bool write_file(struct writer *writer)
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
    png_set_compression_level(png, writer->level);
    png_set_compression_buffer_size(png, IDAT_BYTES);
    png_set_IHDR(png, info, image->width, image->height, image->format.depth,
                 (grey ? 0 : PNG_COLOR_MASK_COLOR) | (image->format.alpha ? PNG_COLOR_MASK_ALPHA : 0),
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    if (image->metadata)
        yk_png_meta_write(png, info, image->metadata, grey);
    png_write_info(png, info);
    if (image->format.depth == 16 && yk_png_swaps())
        png_set_swap(png);
    for (uint32_t y = 0; y < image->height; y++)
        png_write_row(png, yk_image_row(image, y));
    /* Not with `info`: libpng 1.6.39 would write eXIf a second time, which makes the file invalid. */
    png_write_end(png, NULL);
    return true;
}

/* Gives back what doubling took too much, and clears the slack. */
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

enum yk_status yk_png_encode(const struct yk_image *image, const struct yk_encode_options *options,
                             struct yk_bytes *bytes, struct yk_error *error)
{
    int level = options ? options->level : -1;
    if (level < -1 || level > 9)
        return yk_error_set(error, YK_ERR_INVALID,
                            "PNG: there is no compression level %d, only -1 and 0 to 9", level);
    if (image->width > PNG_UINT_31_MAX || image->height > PNG_UINT_31_MAX)
        return yk_error_set(error, YK_ERR_LIMIT,
                            "PNG: a side of the %" PRIu32 "x%" PRIu32
                            " image is over the format's 2147483647 pixels",
                            image->width, image->height);
    struct writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");
    writer->session.memory_max = UINT64_MAX;
    writer->image = image;
    writer->level = level < 0 ? LEVEL_DEFAULT : level;

    enum yk_status status = YK_OK;
    if (!yk_png_session_begin(&writer->session, false, on_warning) || !write_file(writer) ||
        writer->session.no_memory)
        status = yk_png_session_fail(&writer->session, YK_ERR_INTERNAL, error);
    else
        hand_over(writer, bytes);
    yk_png_session_end(&writer->session, false);
    free(writer->out);
    free(writer);
    return status;
}
