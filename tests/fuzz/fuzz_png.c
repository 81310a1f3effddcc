/* SPDX-License-Identifier: MIT
 * libFuzzer target: a PNG file both ways, with the pixels decoded fast and by libpng alone. Same verdict,
 * same words, same pixels, same metadata. Checksums are made right first where the first byte of the input
 * says so, because no fuzzer finds those by itself. */
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include <yoke/metadata.h>

#include "codec_png.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void write_u32(uint8_t *at, uLong value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* The Adler-32 of a file with one IDAT, behind the deflate data. */
static void repair_adler(uint8_t *idat, size_t length)
{
    static uint8_t out[1 << 18];
    z_stream stream = {0};
    if (length < 6 || inflateInit2(&stream, -15) != Z_OK)
        return;
    stream.next_in = idat + 2;
    stream.avail_in = (uInt)length - 2;
    stream.next_out = out;
    stream.avail_out = sizeof out;
    if (inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in >= 4)
        write_u32(idat + length - stream.avail_in, adler32(1, out, (uInt)stream.total_out));
    (void)inflateEnd(&stream);
}

static void repair(uint8_t *data, size_t size)
{
    for (size_t at = 8; at < size && size - at >= 12;) {
        size_t length = yk_png_u32(data + at);
        if (length > size - at - 12)
            return;
        if (memcmp(data + at + 4, "IDAT", 4) == 0)
            repair_adler(data + at + 8, length);
        write_u32(data + at + 8 + length, crc32(0, data + at + 4, (uInt)length + 4));
        at += 12 + length;
    }
}

static void same_pixels(const struct yk_image *a, const struct yk_image *b)
{
    require(a->width == b->width && a->height == b->height &&
            memcmp(&a->format, &b->format, sizeof a->format) == 0);
    size_t row = (size_t)a->width * yk_format_bytes(a->format);
    for (uint32_t y = 0; y < a->height; y++)
        require(memcmp(yk_image_row(a, y), yk_image_row(b, y), row) == 0);
}

static void same_bytes(const void *a, size_t a_size, const void *b, size_t b_size)
{
    require(a_size == b_size && (a != NULL) == (b != NULL) && (!a || memcmp(a, b, a_size) == 0));
}

static void same_metadata(const struct yk_metadata *a, const struct yk_metadata *b)
{
    require((a != NULL) == (b != NULL));
    if (!a)
        return;
    same_bytes(a->icc, a->icc_size, b->icc, b->icc_size);
    same_bytes(a->exif, a->exif_size, b->exif, b->exif_size);
    same_bytes(a->icc_name, sizeof a->icc_name, b->icc_name, sizeof b->icc_name);
    same_bytes(a->chromaticity, sizeof a->chromaticity, b->chromaticity, sizeof b->chromaticity);
    require(a->has_srgb == b->has_srgb && a->srgb_intent == b->srgb_intent && a->has_gamma == b->has_gamma &&
            a->gamma == b->gamma && a->has_chromaticity == b->has_chromaticity &&
            a->has_density == b->has_density && a->density_x == b->density_x &&
            a->density_y == b->density_y && a->density_metres == b->density_metres &&
            a->text_count == b->text_count);
    for (size_t i = 0; i < a->text_count; i++) {
        const struct yk_text *s = &a->texts[i], *t = &b->texts[i];
        require(strcmp(s->keyword, t->keyword) == 0 && strcmp(s->text, t->text) == 0 &&
                strcmp(s->language, t->language) == 0 && strcmp(s->translated, t->translated) == 0 &&
                s->international == t->international && s->compressed == t->compressed);
    }
}

/* The fast way in pieces, of as many rows as the size says: the rows of the whole, and no other verdict than
 * the fast way's as a whole. */
static void same_in_rows(const uint8_t *file, size_t size, const struct yk_limits *limits)
{
    struct yk_image *whole = NULL;
    bool again = false;
    enum yk_status expected = yk_png_decode_fast(file, size, limits, &whole, &again, NULL);
    expected = again ? YK_ERR_UNSUPPORTED : expected;
    void *state = NULL;
    struct yk_image_info info;
    struct yk_metadata *metadata = NULL;
    enum yk_status status = yk_png_rows_open(&state, file, size, limits, &info, NULL);
    uint32_t step = (uint32_t)(size % 31) + 1;
    for (uint32_t y = 0; status == YK_OK && y < info.height; y += step) {
        const uint8_t *rows = NULL;
        size_t stride = 0;
        uint32_t end = y + step < info.height ? y + step : info.height;
        status = yk_png_rows_get(state, y, end, &rows, &stride, NULL);
        for (uint32_t k = y; status == YK_OK && whole && k < end; k++)
            require(memcmp(rows + (k - y) * stride, yk_image_row(whole, k),
                           (size_t)info.width * yk_format_bytes(info.format)) == 0);
    }
    if (status == YK_OK)
        status = yk_png_rows_end(state, &metadata, NULL);
    require(status == expected);
    yk_png_rows_close(state);
    yk_metadata_free(metadata);
    yk_image_free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Small limits keep one input within milliseconds. */
    const struct yk_limits limits = {.max_pixels = 1 << 16, .max_side = 1 << 12, .max_chunk_bytes = 1 << 16};
    if (size < 2)
        return 0;
    bool repaired = data[0] != 0x89; /* a file as it is starts with that */
    uint8_t *file = malloc(size);
    require(file != NULL);
    memcpy(file, data, size);
    if (repaired) {
        file[0] = 0x89;
        repair(file, size);
    }
    struct yk_error fast_error = {0}, slow_error = {0};
    struct yk_image *fast = NULL, *slow = NULL;
    enum yk_status a = yk_png_decode(file, size, &limits, &fast, &fast_error);
    enum yk_status b = yk_png_decode_slow(file, size, &limits, &slow, &slow_error);
    require(a == b && strcmp(fast_error.text, slow_error.text) == 0);
    require((a == YK_OK) == (fast != NULL));
    if (fast) {
        same_pixels(fast, slow);
        same_metadata(fast->metadata, slow->metadata);
    }
    same_in_rows(file, size, &limits);
    yk_image_free(fast);
    yk_image_free(slow);
    free(file);
    return 0;
}
