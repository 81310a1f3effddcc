/* SPDX-License-Identifier: MIT
 * The PNG codec: files that are cut off, damaged, too large, or made to cost memory and time. */
#include "test_png.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <yoke/metadata.h>
#include <zlib.h>

#include "codec_png.h"
#include "support.h"

static const struct yk_codec *png(void)
{
    return yk_codec_at(0);
}

void test_png_truncated(void)
{
    struct bytes files[] = {sample_file(7, 5, PNG_COLOR_TYPE_RGB_ALPHA, 8, false, false, 1),
                            sample_file(9, 6, PNG_COLOR_TYPE_PALETTE, 4, true, true, 2)};
    for (size_t f = 0; f < 2; f++) {
        CU_ASSERT(same_as_plain(files[f].data, files[f].size, "whole file"));
        for (size_t size = 0; size < files[f].size; size++) {
            /* a copy of its own, so that a sanitizer sees a read past the end */
            uint8_t *part = malloc(size ? size : 1);
            struct yk_image *image = NULL;
            char label[80];
            CU_ASSERT_PTR_NOT_NULL_FATAL(part);
            memcpy(part, files[f].data, size);
            snprintf(label, sizeof label, "file %zu, first %zu bytes", f, size);
            CU_ASSERT(same_as_plain(part, size, label));
            /* libpng wants all of the file, its last CRC included */
            CU_ASSERT_EQUAL(png()->decode(part, size, NULL, &image, NULL), YK_ERR_FORMAT);
            CU_ASSERT_PTR_NULL(image);
            free(part);
        }
        free(files[f].data);
    }
}

/* Makes the CRC of the chunk that covers `offset` right again. */
static void repair(uint8_t *data, size_t size, size_t offset)
{
    for (size_t at = 8; at + 12 <= size;) {
        size_t length =
            (size_t)data[at] << 24 | (size_t)data[at + 1] << 16 | (size_t)data[at + 2] << 8 | data[at + 3];
        if (length > size - at - 12)
            return;
        if (offset < at + 12 + length) {
            uint32_t crc = (uint32_t)crc32(0, data + at + 4, (uInt)length + 4);
            for (int i = 0; i < 4; i++)
                data[at + 8 + length + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
            return;
        }
        at += 12 + length;
    }
}

void test_png_damaged(void)
{
    enum { ROUNDS = 2000 };
    struct bytes files[] = {sample_file(33, 17, PNG_COLOR_TYPE_RGB, 8, false, true, 3),
                            sample_file(21, 9, PNG_COLOR_TYPE_PALETTE, 2, true, true, 4),
                            sample_file(13, 6, PNG_COLOR_TYPE_GRAY_ALPHA, 16, true, false, 5),
                            sample_file(30, 4, PNG_COLOR_TYPE_GRAY, 1, false, true, 6)};
    struct yk_random random = {7};
    unsigned accepted = 0, refused = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const struct bytes *file = &files[round % 4];
        uint8_t *data = malloc(file->size);
        struct yk_image *image = NULL;
        char label[80];
        CU_ASSERT_PTR_NOT_NULL_FATAL(data);
        memcpy(data, file->data, file->size);
        for (uint64_t flips = 1 + yk_random_below(&random, 3); flips > 0; flips--) {
            size_t at = (size_t)yk_random_below(&random, file->size);
            data[at] ^= (uint8_t)(1u << yk_random_below(&random, 8));
            if (yk_random_below(&random, 4) != 0)
                repair(data, file->size, at); /* so that the damage gets behind the checksum */
        }
        snprintf(label, sizeof label, "round %u", round);
        CU_ASSERT(same_as_plain(data, file->size, label));
        if (png()->decode(data, file->size, NULL, &image, NULL) == YK_OK)
            accepted++;
        else
            refused++;
        yk_image_free(image);
        free(data);
    }
    CU_ASSERT(accepted > 100 && refused > 100); /* both sides of the verdict were met */
    yk_note("PNG seeded damage: %u files accepted, %u refused, as libpng does", accepted, refused);
    for (size_t f = 0; f < 4; f++)
        free(files[f].data);
}

static enum yk_status verdict(uint32_t width, uint32_t height, const struct yk_limits *limits,
                              struct yk_error *error)
{
    struct bytes file = {0};
    struct yk_image *image = NULL;
    struct yk_image_info info;
    bytes_header(&file, width, height, 16, PNG_COLOR_TYPE_RGB_ALPHA, 0);
    bytes_pixels(&file, "\0\0\0\0\0\0\0\0\0", 9); /* one pixel */
    clock_t start = clock();                      /* processor time: other jobs do not count */
    enum yk_status status = png()->decode(file.data, file.size, limits, &image, error);
    CU_ASSERT((clock() - start) < CLOCKS_PER_SEC / 10);
    CU_ASSERT_EQUAL(image != NULL, status == YK_OK);
    /* the header alone decides, except about missing pixels and missing memory */
    enum yk_status info_status = png()->info(file.data, file.size, limits, &info, NULL);
    CU_ASSERT(info_status ==
              (status == YK_ERR_LIMIT || height == 0 || width - 1 >= 0x7fffffff ? status : YK_OK));
    yk_image_free(image);
    free(file.data);
    return status;
}

void test_png_limits(void)
{
    struct yk_error error = {0};
    CU_ASSERT_EQUAL(verdict(1, 1, NULL, &error), YK_OK);
    CU_ASSERT_EQUAL(verdict(0x7fffffff, 0x7fffffff, NULL, &error), YK_ERR_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "2147483647x2147483647"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "1000000"));
    CU_ASSERT_EQUAL(verdict(1, 0x7fffffff, NULL, &error), YK_ERR_LIMIT);
    CU_ASSERT_EQUAL(verdict(1000001, 1, NULL, &error), YK_ERR_LIMIT);
    CU_ASSERT_EQUAL(verdict(1000000, 1000000, NULL, &error), YK_ERR_LIMIT);
    CU_ASSERT_EQUAL(verdict(16384, 16383, NULL, &error), YK_ERR_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "268402689"));
    CU_ASSERT_EQUAL(verdict(0, 1, NULL, &error), YK_ERR_FORMAT); /* no valid PNG at all */
    CU_ASSERT_EQUAL(verdict(1, 0, NULL, &error), YK_ERR_FORMAT);
    CU_ASSERT_EQUAL(verdict(0x80000000, 1, NULL, &error), YK_ERR_FORMAT);
    CU_ASSERT_EQUAL(verdict(UINT32_MAX, UINT32_MAX, NULL, &error), YK_ERR_FORMAT);
    CU_ASSERT_EQUAL(verdict(3, 4, &(struct yk_limits){.max_pixels = 11}, &error), YK_ERR_LIMIT);
    CU_ASSERT_EQUAL(verdict(3, 4, &(struct yk_limits){.max_side = 3}, &error), YK_ERR_LIMIT);
    CU_ASSERT_EQUAL(verdict(3, 4, &(struct yk_limits){.max_side = 4, .max_pixels = 12}, &error),
                    YK_ERR_FORMAT);
    CU_ASSERT_EQUAL(verdict(1, 1, &(struct yk_limits){.max_file_bytes = 50}, &error), YK_ERR_LIMIT);
    /* with every limit lifted it is the missing data that counts */
    struct yk_limits none = {UINT64_MAX, UINT32_MAX, UINT64_MAX, UINT32_MAX, UINT64_MAX};
    CU_ASSERT_EQUAL(verdict(1, 1, &none, &error), YK_OK);
    enum yk_status huge = verdict(0x7fffffff, 0x7fffffff, &none, &error);
    CU_ASSERT(huge == YK_ERR_FORMAT || huge == YK_ERR_NOMEM);
}

static uint64_t filtered(uint32_t width, uint32_t height, uint8_t channels, uint8_t depth, bool interlaced)
{
    struct yk_png_reader reader = {0};
    uint64_t size = 0;
    reader.header.width = width;
    reader.header.height = height;
    reader.header.file_depth = depth;
    reader.header.interlaced = interlaced;
    reader.file_channels = channels;
    return yk_png_filtered_size(&reader, &size) ? size : 0;
}

/* Zeros compress as well as deflate can: the check must let this file pass. */
static void check_tightest(uint32_t width, uint32_t height, int interlace, size_t size)
{
    struct bytes file = {0};
    struct yk_image *image = NULL;
    uint8_t *zeros = calloc(1, size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(zeros);
    bytes_header(&file, width, height, 8, PNG_COLOR_TYPE_GRAY, interlace);
    bytes_pixels(&file, zeros, size);
    CU_ASSERT(size / file.size > 950);
    CU_ASSERT_EQUAL(png()->decode(file.data, file.size, NULL, &image, NULL), YK_OK);
    yk_image_free(image);
    free(zeros);
    free(file.data);
}

/* A chunk in front of IHDR: libpng takes some and refuses others, and the limits hold all the same. */
void test_png_early_chunk(void)
{
    static const char *const types[] = {"juNk", "tIME", "sBIT", "sPLT", "tEXt",
                                        "gAMA", "PLTE", "IDAT", "IEND"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct bytes file = {0}, plain = {0};
        bytes_header(&plain, 3, 4, 8, PNG_COLOR_TYPE_GRAY, 0);
        bytes_pixels(&plain, "\0\1\2\3\0\4\5\6\0\7\1\2\0\3\4\5", 16);
        bytes_put(&file, plain.data, 8);
        bytes_chunk(&file, types[i], "\7\xe8\1\1\0\0\0", 7);
        bytes_put(&file, plain.data + 8, plain.size - 8);
        CU_ASSERT(same_as_plain(file.data, file.size, types[i]));
        struct yk_limits few = {.max_pixels = 11};
        struct yk_image_info info;
        enum yk_status status = png()->info(file.data, file.size, &few, &info, NULL);
        CU_ASSERT_EQUAL(status, i == 0 ? YK_ERR_LIMIT : YK_ERR_FORMAT);
        free(file.data);
        free(plain.data);
    }
}

void test_png_incomplete(void)
{
    struct yk_error error = {0};
    CU_ASSERT_EQUAL(verdict(16383, 16383, NULL, &error), YK_ERR_FORMAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "cannot hold"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "16383x16383"));

    /* Adam7 of 8x8: passes of 1x1, 1x1, 2x1, 2x2, 4x2, 4x4, 8x4 pixels */
    CU_ASSERT_EQUAL(filtered(8, 8, 3, 8, false), 200);
    CU_ASSERT_EQUAL(filtered(8, 8, 3, 8, true), 4 + 4 + 7 + 2 * 7 + 2 * 13 + 4 * 13 + 4 * 25);
    CU_ASSERT_EQUAL(filtered(1, 1, 1, 1, true), 2);
    /* 5x3: 1x1, 1x1, none, 1x1, 3x1, 2x2, 5x1 */
    CU_ASSERT_EQUAL(filtered(5, 3, 1, 1, true), 2 + 2 + 2 + 2 + 2 * 2 + 2);
    CU_ASSERT_EQUAL(filtered(9, 2, 1, 1, false), 6);
    CU_ASSERT_EQUAL(filtered(0x7fffffff, 0x7fffffff, 4, 16, false), 0); /* does not fit */

    check_tightest(3000, 3000, 0, 3001 * 3000);
    check_tightest(1600, 1600, 1, (size_t)filtered(1600, 1600, 1, 8, true));
}

/* `reason`: part of the error's text, NULL where the file must be accepted. */
static struct yk_image *decode_texts(unsigned chunks, size_t size, bool after, const char *reason)
{
    enum yk_status expected = reason ? YK_ERR_LIMIT : YK_OK;
    struct bytes file = {0};
    struct yk_image *image = NULL;
    struct yk_error error = {0};
    bytes_header(&file, 1, 1, 8, PNG_COLOR_TYPE_GRAY, 0);
    if (after)
        bytes_pixels(&file, "\0\x55", 2);
    size_t end = file.size - (after ? 12 : 0); /* without IEND */
    file.size = end;
    bytes_ztxt(&file, "Key", size);
    size_t chunk = file.size - end;
    for (unsigned i = 1; i < chunks; i++) {
        uint8_t *one = malloc(chunk);
        CU_ASSERT_PTR_NOT_NULL_FATAL(one);
        memcpy(one, file.data + end, chunk);
        bytes_put(&file, one, chunk);
        free(one);
    }
    if (after)
        bytes_chunk(&file, "IEND", NULL, 0);
    else
        bytes_pixels(&file, "\0\x55", 2);
    CU_ASSERT_EQUAL(png()->decode(file.data, file.size, NULL, &image, &error), expected);
    CU_ASSERT_EQUAL(error.status, expected);
    if (reason && !strstr(error.text, reason))
        CU_FAIL(error.text);
    free(file.data);
    return image;
}

void test_png_text_bombs(void)
{
    struct yk_image *image = decode_texts(30, 100000, false, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    CU_ASSERT_PTR_NOT_NULL_FATAL(image->metadata);
    CU_ASSERT_EQUAL_FATAL(image->metadata->text_count, 30);
    CU_ASSERT_EQUAL(strlen(image->metadata->texts[29].text), 100000);
    yk_image_free(image);

    /* One text over the limit for a chunk is dropped, as libpng does, and the picture is kept. */
    image = decode_texts(1, 8100000, true, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    CU_ASSERT_PTR_NULL(image->metadata);
    yk_image_free(image);

    /* 9 times 1 MB is over 8 MiB, 12 times 7.9 MB is refused while libpng still collects; 900 times 8.1 MB
     * would be inflated in vain. */
    CU_ASSERT_PTR_NULL(decode_texts(9, 1000000, false, "over the limit of 8388608 bytes"));
    CU_ASSERT_PTR_NULL(decode_texts(12, 7900000, false, "too much memory"));
    CU_ASSERT_PTR_NULL(decode_texts(12, 7900000, true, "too much memory"));
    CU_ASSERT_PTR_NULL(decode_texts(900, 8100000, true, "too many damaged"));
}
