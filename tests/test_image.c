/* SPDX-License-Identifier: MIT
 * host/base/image: formats, limits, image memory. */
#include <CUnit/CUnit.h>

#include <stdlib.h>
#include <string.h>

#include <yoke/image.h>
#include <yoke/metadata.h>

#include "image_limits.h"
#include "support.h"

static void test_formats(void)
{
    static const struct {
        struct yk_format format;
        unsigned channels, bytes;
        const char *name;
    } rows[] = {
        {{1, 0, 8}, 1, 1, "gray8"},  {{1, 1, 8}, 2, 2, "graya8"},  {{3, 0, 8}, 3, 3, "rgb8"},
        {{3, 1, 8}, 4, 4, "rgba8"},  {{1, 0, 16}, 1, 2, "gray16"}, {{1, 1, 16}, 2, 4, "graya16"},
        {{3, 0, 16}, 3, 6, "rgb16"}, {{3, 1, 16}, 4, 8, "rgba16"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(yk_format_channels(rows[i].format), rows[i].channels);
        CU_ASSERT_EQUAL(yk_format_bytes(rows[i].format), rows[i].bytes);
        CU_ASSERT_STRING_EQUAL(yk_format_name(rows[i].format), rows[i].name);
    }
    static const struct yk_format bad[] = {{0, 0, 8}, {2, 0, 8}, {4, 0, 8}, {3, 2, 8}, {3, 0, 4}, {3, 0, 32}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct yk_image *image = NULL;
        struct yk_error error = {0};
        CU_ASSERT_STRING_EQUAL(yk_format_name(bad[i]), "invalid");
        CU_ASSERT_EQUAL(yk_image_create(&image, 1, 1, bad[i], NULL, &error), YK_ERR_INVALID);
        CU_ASSERT_EQUAL(error.status, YK_ERR_INVALID);
        CU_ASSERT_PTR_NULL(image);
    }
}

static void test_limits(void)
{
    struct yk_limits all = yk_limits_resolve(NULL);
    CU_ASSERT_EQUAL(all.max_pixels, 268402689);
    CU_ASSERT_EQUAL(all.max_side, 1000000);
    CU_ASSERT_EQUAL(all.max_chunk_bytes, 8000000);
    CU_ASSERT_EQUAL(all.max_chunks, 1000);
    CU_ASSERT_EQUAL(all.max_file_bytes, UINT64_C(4294967296));
    struct yk_limits some = {.max_side = 5, .max_chunks = 7};
    all = yk_limits_resolve(&some);
    CU_ASSERT_EQUAL(all.max_side, 5);
    CU_ASSERT_EQUAL(all.max_chunks, 7);
    CU_ASSERT_EQUAL(all.max_pixels, 268402689);

    CU_ASSERT_EQUAL(yk_limits_check(NULL, 16383, 16383, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_limits_check(NULL, 16384, 16383, NULL), YK_ERR_LIMIT);
    CU_ASSERT_EQUAL(yk_limits_check(NULL, 1000000, 268, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_limits_check(NULL, 1000001, 1, NULL), YK_ERR_LIMIT);
    CU_ASSERT_EQUAL(yk_limits_check(NULL, 1, 1000001, NULL), YK_ERR_LIMIT);
    CU_ASSERT_EQUAL(yk_limits_check(NULL, UINT32_MAX, UINT32_MAX, NULL), YK_ERR_LIMIT);
    CU_ASSERT_EQUAL(yk_limits_check(&some, 5, 5, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_limits_check(&some, 6, 1, NULL), YK_ERR_LIMIT);
    CU_ASSERT_EQUAL(yk_limits_check(NULL, 0, 1, NULL), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(yk_limits_check(NULL, 1, 0, NULL), YK_ERR_INVALID);
}

static void test_memory(void)
{
    static const struct {
        uint32_t width, height;
        struct yk_format format;
        size_t stride;
    } rows[] = {
        {1, 1, {1, 0, 8}, 64},   {64, 3, {1, 0, 8}, 64}, {65, 3, {1, 0, 8}, 128}, {21, 2, {3, 0, 8}, 64},
        {22, 2, {3, 0, 8}, 128}, {8, 5, {3, 1, 16}, 64}, {9, 5, {3, 1, 16}, 128}, {1000, 7, {3, 0, 16}, 6016},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yk_image *image = NULL;
        CU_ASSERT_EQUAL_FATAL(
            yk_image_create(&image, rows[i].width, rows[i].height, rows[i].format, NULL, NULL), YK_OK);
        CU_ASSERT_EQUAL(image->width, rows[i].width);
        CU_ASSERT_EQUAL(image->height, rows[i].height);
        CU_ASSERT_EQUAL(image->stride, rows[i].stride);
        CU_ASSERT_EQUAL((uintptr_t)image->pixels % 64, 0);
        CU_ASSERT_PTR_NULL(image->metadata);
        CU_ASSERT_PTR_EQUAL(yk_image_row(image, rows[i].height - 1),
                            image->pixels + (rows[i].height - 1) * rows[i].stride);
        memset(image->pixels, 1,
               image->stride * image->height + 64); /* with the slack: a sanitizer watches */
        yk_image_free(image);
    }
    yk_image_free(NULL);
}

static void test_refusals(void)
{
    struct yk_format rgba16 = {3, 1, 16};
    struct yk_limits none = {.max_side = UINT32_MAX, .max_pixels = UINT64_MAX};
    struct yk_image *image = NULL;
    struct yk_error error = {0};
    CU_ASSERT_EQUAL(yk_image_create(&image, 0, 5, rgba16, NULL, &error), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(yk_image_create(&image, 20000, 20000, rgba16, NULL, &error), YK_ERR_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "20000x20000"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "268402689"));
    /* 2^32 * 2^32 * 8 bytes: the size does not fit 64 bits, although the limits would allow it */
    CU_ASSERT_EQUAL(yk_image_create(&image, UINT32_MAX, UINT32_MAX, rgba16, &none, &error), YK_ERR_NOMEM);
    CU_ASSERT_EQUAL(error.status, YK_ERR_NOMEM);
    CU_ASSERT_PTR_NULL(image);
}

static void test_metadata_free(void)
{
    yk_metadata_free(NULL);
    struct yk_image *image = NULL;
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&image, 1, 1, (struct yk_format){1, 0, 8}, NULL, NULL), YK_OK);
    struct yk_metadata *metadata = calloc(1, sizeof *metadata);
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    metadata->icc = malloc(10);
    metadata->exif = malloc(10);
    metadata->texts = calloc(2, sizeof *metadata->texts);
    metadata->text_count = 1; /* the leak checker sees whether everything goes */
    metadata->texts[0].keyword = malloc(4);
    metadata->texts[0].text = malloc(4);
    metadata->texts[0].language = malloc(4);
    metadata->texts[0].translated = malloc(4);
    image->metadata = metadata;
    yk_image_free(image);
}

void yk_suite_image(void)
{
    CU_pSuite suite = CU_add_suite("image", NULL, NULL);
    CU_add_test(suite, "formats", test_formats);
    CU_add_test(suite, "limits", test_limits);
    CU_add_test(suite, "memory and stride", test_memory);
    CU_add_test(suite, "sizes that are refused", test_refusals);
    CU_add_test(suite, "metadata goes with the image", test_metadata_free);
}
