/* SPDX-License-Identifier: MIT
 * The PNG suite's independent reader and its makers of files. Nothing here calls the codec under test, except
 * same_as_plain. */
#include "test_png.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "support.h"

struct source {
    const uint8_t *data;
    size_t size, at;
};

static void quiet(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void fail(png_structp png, png_const_charp message)
{
    (void)message;
    png_longjmp(png, 1);
}

static void take(png_structp png, png_bytep out, size_t length)
{
    struct source *source = png_get_io_ptr(png);
    if (length > source->size - source->at)
        png_error(png, "end");
    memcpy(out, source->data + source->at, length);
    source->at += length;
}

static void read_plain(png_structp png, png_infop info, struct plain *plain)
{
    png_colorp colours;
    png_bytep alpha = NULL;
    png_color_16p key = NULL;
    int count = 0;
    png_read_info(png, info);
    plain->width = png_get_image_width(png, info);
    plain->height = png_get_image_height(png, info);
    plain->colour_type = png_get_color_type(png, info);
    plain->depth = png_get_bit_depth(png, info);
    plain->channels = png_get_channels(png, info);
    if (png_get_PLTE(png, info, &colours, &count))
        memcpy(plain->palette, colours, (size_t)count * sizeof *colours);
    memset(plain->palette_alpha, 255, sizeof plain->palette_alpha);
    if (png_get_tRNS(png, info, &alpha, &count, &key)) {
        plain->keyed = true;
        plain->key = *key;
        if (plain->colour_type == PNG_COLOR_TYPE_PALETTE)
            memcpy(plain->palette_alpha, alpha, (size_t)count);
    }
    png_set_packing(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    plain->row_bytes = png_get_rowbytes(png, info);
    if ((uint64_t)plain->row_bytes * plain->height > (64u << 20))
        png_error(png, "no test file is that large");
    plain->samples = calloc(plain->height, plain->row_bytes);
    if (!plain->samples)
        png_error(png, "memory");
    while (passes-- > 0)
        for (uint32_t y = 0; y < plain->height; y++)
            png_read_row(png, plain->samples + y * plain->row_bytes, NULL);
    png_read_end(png, info);
}

/* For a chunk that claims gigabytes libpng takes them before it misses the data: a machine with less memory
 * comes to the same verdict in less time. */
static png_voidp modest_alloc(png_structp png, png_alloc_size_t size)
{
    (void)png;
    return size > (64u << 20) ? NULL : malloc(size);
}

static void modest_free(png_structp png, png_voidp memory)
{
    (void)png;
    free(memory);
}

bool plain_decode(const uint8_t *data, size_t size, struct plain *plain)
{
    memset(plain, 0, sizeof *plain);
    struct source source = {data, size, 0};
    png_structp png =
        png_create_read_struct_2(PNG_LIBPNG_VER_STRING, NULL, fail, quiet, NULL, modest_alloc, modest_free);
    png_infop info = png_create_info_struct(png);
    volatile bool good = false;
    if (!setjmp(png_jmpbuf(png))) {
        png_set_read_fn(png, &source, take);
        read_plain(png, info, plain);
        good = true;
    }
    png_destroy_read_struct(&png, &info, NULL);
    return good;
}

void plain_free(struct plain *plain)
{
    free(plain->samples);
    plain->samples = NULL;
}

unsigned plain_sample(const struct plain *plain, uint32_t x, uint32_t y, int channel)
{
    size_t index = (size_t)x * (size_t)plain->channels + (size_t)channel;
    const uint8_t *row = plain->samples + y * plain->row_bytes;
    return plain->depth == 16 ? row[2 * index] * 256u + row[2 * index + 1] : row[index];
}

/* The samples that decoding must give for one pixel; their number is returned. */
static int expected_pixel(const struct plain *plain, uint32_t x, uint32_t y, unsigned out[4])
{
    unsigned s[4] = {0};
    for (int c = 0; c < plain->channels; c++)
        s[c] = plain_sample(plain, x, y, c);
    unsigned full = plain->depth == 16 ? 65535 : 255, steps = (1u << plain->depth) - 1;
    if (plain->colour_type == PNG_COLOR_TYPE_PALETTE) {
        out[0] = plain->palette[s[0]].red;
        out[1] = plain->palette[s[0]].green;
        out[2] = plain->palette[s[0]].blue;
        out[3] = plain->palette_alpha[s[0]];
        return plain->keyed ? 4 : 3;
    }
    bool match = plain->colour_type == PNG_COLOR_TYPE_GRAY
                     ? s[0] == (plain->key.gray & steps)
                     : plain->channels >= 3 && s[0] == (plain->key.red & steps) &&
                           s[1] == (plain->key.green & steps) && s[2] == (plain->key.blue & steps);
    for (int c = 0; c < plain->channels; c++)
        out[c] = s[c] * (full / steps); /* 255 / (2^d - 1) is whole for d = 1, 2, 4, 8 */
    if (!plain->keyed)
        return plain->channels;
    out[plain->channels] = match ? 0 : full;
    return plain->channels + 1;
}

bool plain_matches(const struct plain *plain, const struct yk_image *image)
{
    unsigned depth = plain->depth == 16 ? 16 : 8;
    if (image->width != plain->width || image->height != plain->height || image->format.depth != depth)
        return false;
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++) {
            unsigned want[4];
            int channels = expected_pixel(plain, x, y, want);
            if (channels != image->format.colours + image->format.alpha)
                return false;
            const uint8_t *at = yk_image_row(image, y) + (size_t)x * (unsigned)channels * depth / 8;
            for (int c = 0; c < channels; c++) {
                uint16_t wide;
                memcpy(&wide, at + (depth == 16 ? 2 * c : 0), sizeof wide);
                if ((depth == 16 ? wide : at[c]) != want[c])
                    return false;
            }
        }
    return true;
}

void bytes_put(struct bytes *bytes, const void *data, size_t size)
{
    uint8_t *grown = realloc(bytes->data, bytes->size + size + 1);
    if (!grown)
        abort();
    bytes->data = grown;
    if (size)
        memcpy(grown + bytes->size, data, size);
    bytes->size += size;
}

static void put_u32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (24 - 8 * i));
}

void bytes_chunk(struct bytes *bytes, const char *type, const void *data, size_t size)
{
    uint8_t number[4];
    put_u32(number, (uint32_t)size);
    bytes_put(bytes, number, 4);
    size_t from = bytes->size;
    bytes_put(bytes, type, 4);
    bytes_put(bytes, data, size);
    put_u32(number, (uint32_t)crc32(0, bytes->data + from, (uInt)(bytes->size - from)));
    bytes_put(bytes, number, 4);
}

void bytes_header(struct bytes *bytes, uint32_t width, uint32_t height, int depth, int colour_type,
                  int interlace)
{
    uint8_t header[13] = {0};
    put_u32(header, width);
    put_u32(header + 4, height);
    header[8] = (uint8_t)depth;
    header[9] = (uint8_t)colour_type;
    header[12] = (uint8_t)interlace;
    bytes_put(bytes, "\x89PNG\r\n\x1a\n", 8);
    bytes_chunk(bytes, "IHDR", header, sizeof header);
}

static void put_compressed(struct bytes *chunk, const void *data, size_t size)
{
    uLongf packed = compressBound((uLong)size);
    uint8_t *buffer = malloc(packed);
    if (!buffer || compress2(buffer, &packed, data, (uLong)size, 9) != Z_OK)
        abort();
    bytes_put(chunk, buffer, packed);
    free(buffer);
}

void bytes_pixels(struct bytes *bytes, const void *filtered, size_t size)
{
    struct bytes chunk = {0};
    put_compressed(&chunk, filtered, size);
    bytes_chunk(bytes, "IDAT", chunk.data, chunk.size);
    bytes_chunk(bytes, "IEND", NULL, 0);
    free(chunk.data);
}

void bytes_ztxt(struct bytes *bytes, const char *keyword, size_t size)
{
    struct bytes chunk = {0};
    uint8_t *text = malloc(size);
    if (!text)
        abort();
    memset(text, 'a', size);
    bytes_put(&chunk, keyword, strlen(keyword) + 1);
    bytes_put(&chunk, "", 1); /* method: deflate */
    put_compressed(&chunk, text, size);
    bytes_chunk(bytes, "zTXt", chunk.data, chunk.size);
    free(text);
    free(chunk.data);
}

size_t png_find(const uint8_t *data, size_t size, size_t from, const char *type)
{
    for (size_t at = 8; at + 12 <= size;) {
        size_t length =
            (size_t)data[at] << 24 | (size_t)data[at + 1] << 16 | (size_t)data[at + 2] << 8 | data[at + 3];
        if (at > from && memcmp(data + at + 4, type, 4) == 0)
            return at;
        if (length > size - at - 12)
            break;
        at += length + 12;
    }
    return SIZE_MAX;
}

static void give(png_structp png, png_bytep data, size_t size)
{
    bytes_put(png_get_io_ptr(png), data, size);
}

static void flush(png_structp png)
{
    (void)png;
}

static void write_sample(png_structp png, png_infop info, bool transparent, struct yk_random *random)
{
    png_text before = {
        .compression = PNG_TEXT_COMPRESSION_zTXt, .key = (char[]){"Title"}, .text = (char[]){"one"}};
    png_text after = {
        .compression = PNG_TEXT_COMPRESSION_NONE, .key = (char[]){"Comment"}, .text = (char[]){"two"}};
    int type = png_get_color_type(png, info), depth = png_get_bit_depth(png, info);
    if (type == PNG_COLOR_TYPE_PALETTE) {
        png_color palette[256];
        png_byte alpha[256];
        yk_random_fill(random, palette, sizeof palette);
        yk_random_fill(random, alpha, sizeof alpha);
        png_set_PLTE(png, info, palette, 1 << depth);
        if (transparent)
            png_set_tRNS(png, info, alpha, (1 << depth) - 1, NULL);
    } else if (transparent && !(type & PNG_COLOR_MASK_ALPHA)) {
        png_color_16 key = {0};
        png_set_tRNS(png, info, NULL, 0, &key);
    }
    png_set_text(png, info, &before, 1);
    png_write_info(png, info);
    png_set_text(png, info, &after, 1);
    size_t row_bytes = png_get_rowbytes(png, info);
    uint32_t height = png_get_image_height(png, info);
    uint8_t row[4096];
    int passes = png_set_interlace_handling(png);
    uint64_t state = random->state;
    if (row_bytes > sizeof row)
        abort();
    for (int pass = 0; pass < passes; pass++) {
        random->state = state;
        for (uint32_t y = 0; y < height; y++) {
            yk_random_fill(random, row, row_bytes);
            for (size_t i = 0; i < row_bytes; i++)
                row[i] = row[i] % 5 ? row[i] : 0; /* so that the colour key occurs */
            png_write_row(png, row);
        }
    }
    png_write_end(png, info);
}

struct bytes sample_file(uint32_t width, uint32_t height, int colour_type, int depth, bool interlaced,
                         bool transparent, uint64_t seed)
{
    struct bytes file = {0};
    struct yk_random random = {seed};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, &file, give, flush);
    png_set_IHDR(png, info, width, height, depth, colour_type,
                 interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
                 PNG_FILTER_TYPE_BASE);
    write_sample(png, info, transparent, &random);
    png_destroy_write_struct(&png, &info);
    return file;
}

bool same_as_plain(const uint8_t *data, size_t size, const char *label)
{
    struct plain plain;
    struct yk_image *image = NULL;
    struct yk_error error = {0};
    bool accepted = plain_decode(data, size, &plain);
    enum yk_status status = yk_codec_at(0)->decode(data, size, NULL, &image, &error);
    bool good = accepted ? status == YK_OK && plain_matches(&plain, image)
                         : (status == YK_ERR_FORMAT || status == YK_ERR_LIMIT) && !image && error.text[0] &&
                               error.status == status;
    if (!good)
        printf("\n    %s: libpng %s it, we say %d: %s\n", label, accepted ? "takes" : "refuses", status,
               status == YK_OK ? "other pixels" : error.text);
    yk_image_free(image);
    plain_free(&plain);
    return good;
}
