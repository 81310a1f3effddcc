/* SPDX-License-Identifier: MIT
 * libFuzzer target: the input is an image and a way to write it. The first bytes choose size, format, filter,
 * coder, strips and level of the processor; the rest is the pixels. Besides what the sanitizers see: libpng
 * must decode the file to these pixels, and another level of the processor and the parts in reverse order
 * must give the same bytes. */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include <yoke/codec.h>

#include "codec_png.h"
#include "png_encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

struct source {
    const uint8_t *data;
    size_t size, at;
};

static void on_read(png_structp png, png_bytep out, size_t length)
{
    struct source *source = png_get_io_ptr(png);
    if (length > source->size - source->at)
        png_error(png, "end of data");
    memcpy(out, source->data + source->at, length);
    source->at += length;
}

static void on_trouble(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
    abort(); /* libpng finds fault with a file that we wrote */
}

static void check_file(const struct yk_bytes *bytes, const struct yk_image *image)
{
    struct source source = {bytes->data, bytes->size, 0};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, on_trouble, on_trouble);
    png_infop info = png_create_info_struct(png);
    png_set_read_fn(png, &source, on_read);
    png_read_info(png, info);
    size_t row = (size_t)image->width * yk_format_bytes(image->format);
    require(png_get_image_width(png, info) == image->width &&
            png_get_image_height(png, info) == image->height);
    require(png_get_rowbytes(png, info) == row);
    if (image->format.depth == 16 && yk_png_swaps())
        png_set_swap(png);
    uint8_t *got = malloc(row);
    require(got != NULL);
    for (uint32_t y = 0; y < image->height; y++) {
        png_read_row(png, got, NULL);
        require(memcmp(got, yk_image_row(image, y), row) == 0);
    }
    png_read_end(png, info);
    require(source.at == source.size);
    free(got);
    png_destroy_read_struct(&png, &info, NULL);
}

static struct yk_bytes encode(const struct yk_image *image, const struct yk_png_plan *plan,
                              uint32_t strip_rows, bool backwards)
{
    void *state = NULL;
    size_t parts = 0;
    struct yk_bytes bytes = {NULL, 0};
    require(yk_png_encode_begin_as(&state, image, plan, strip_rows, &parts, NULL) == YK_OK);
    for (size_t k = 0; k < parts; k++)
        require(yk_png_encode_part(state, backwards ? parts - 1 - k : k, NULL) == YK_OK);
    require(yk_png_encode_finish(state, &bytes, NULL) == YK_OK);
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { HEAD = 5 };
    static const char *const levels[] = {"scalar", "x86-64", "v3", "v4"};
    if (size < HEAD + 1)
        return 0;
    struct yk_format format = {data[0] & 1 ? 3 : 1, data[0] >> 1 & 1, data[0] & 4 ? 16 : 8};
    const struct yk_png_plan plan = {(uint8_t)(data[1] % (YK_PNG_LEAST + 1)),
                                     (uint8_t)(data[2] % YK_PNG_CODERS),
                                     (uint8_t)(1 + data[2] / YK_PNG_CODERS % 12), data[1] >> 7};
    uint32_t strip_rows = 1 + data[3] / 4u;
    size_t pixel = yk_format_bytes(format), pixels = (size - HEAD + pixel - 1) / pixel;
    uint32_t width = 1 + data[4], height = (uint32_t)((pixels + width - 1) / width);
    const struct yk_limits limits = {.max_pixels = 1 << 20};
    struct yk_image *image = NULL;
    if (yk_image_create(&image, width, height, format, &limits, NULL) != YK_OK)
        return 0;
    size_t row = width * pixel;
    for (uint32_t y = 0; y < height; y++) {
        size_t from = HEAD + y * row, count = from < size ? size - from : 0;
        memset(yk_image_row(image, y), 0, row);
        memcpy(yk_image_row(image, y), data + (count ? from : 0), count < row ? count : row);
    }
    setenv("YOKE_CPU", levels[data[3] & 3], 1);
    struct yk_bytes bytes = encode(image, &plan, strip_rows, true);
    check_file(&bytes, image);
    unsetenv("YOKE_CPU");
    struct yk_bytes again = encode(image, &plan, strip_rows, false);
    require(again.size == bytes.size && memcmp(again.data, bytes.data, bytes.size) == 0);
    yk_bytes_free(&again);
    yk_bytes_free(&bytes);

    const struct yk_encode_options options = {data[4] % 3 ? -1 : YK_EFFORT_FAST};
    require(yk_codec_at(0)->encode(image, &options, &bytes, NULL) == YK_OK);
    check_file(&bytes, image);
    yk_bytes_free(&bytes);
    yk_image_free(image);
    return 0;
}
