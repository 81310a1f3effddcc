/* SPDX-License-Identifier: MIT
 * The PNG codec: pixels. PngSuite and its published pixels, a round trip matrix judged by plain libpng, small
 * files worked out by hand. Metadata and hostile files are in the files beside this one. */
#include "test_png.h"

#include <CUnit/CUnit.h>
#include <jansson.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static const struct yk_codec *png(void)
{
    return yk_codec_at(0);
}

/* Sample `channel` of red, green, blue, alpha as an RGBA reader would see it. */
static unsigned rgba_sample(const struct yk_image *image, uint32_t x, uint32_t y, unsigned channel)
{
    struct yk_format format = image->format;
    unsigned full = format.depth == 16 ? 65535 : 255, channels = yk_format_channels(format);
    if (channel == 3 && !format.alpha)
        return full;
    unsigned index = channel == 3 ? channels - 1 : format.colours == 3 ? channel : 0;
    const uint8_t *at = yk_image_row(image, y) + ((size_t)x * channels + index) * format.depth / 8;
    uint16_t wide;
    memcpy(&wide, at, sizeof wide); /* rows are padded to 64 bytes or followed by slack */
    return format.depth == 16 ? wide : *at;
}

/* Number of samples that differ from the published ones by more than `tolerance` after `shift`. */
static size_t suite_differences(const struct yk_image *image, const char *path, unsigned shift, int tolerance)
{
    json_t *list = json_load_file(path, 0, NULL);
    size_t wrong = 0, index = 0;
    if (!list || json_array_size(list) != (size_t)image->width * image->height * 4) {
        json_decref(list);
        return SIZE_MAX;
    }
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++)
            for (unsigned c = 0; c < 4; c++) {
                int want = (int)json_integer_value(json_array_get(list, index++));
                int got = (int)(rgba_sample(image, x, y, c) >> shift);
                wrong += abs(got - want) > tolerance;
            }
    json_decref(list);
    return wrong;
}

/* folder/name + tail in malloc'ed memory. */
static char *path_of(const char *folder, const char *name, const char *tail)
{
    char *path = NULL;
    CU_ASSERT_FATAL(asprintf(&path, "%s/%s%s", folder, name, tail) >= 0);
    return path;
}

static uint8_t *load(const char *folder, const char *name, const char *tail, size_t *size)
{
    char *path = path_of(folder, name, tail);
    uint8_t *data = yk_file_read(path, size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    free(path);
    return data;
}

static void check_published(const struct yk_image *image, const char *folder, const char *name,
                            const char *tail, unsigned shift, int tolerance)
{
    char *expected = path_of(folder, "expected", ""), *path = path_of(expected, name, tail);
    size_t wrong = suite_differences(image, path, shift, tolerance);
    if (wrong)
        printf("\n    %s: %zu samples differ\n", path, wrong);
    CU_ASSERT_EQUAL(wrong, 0);
    free(path);
    free(expected);
}

/* Values reduced to 8 bits are published for all 16-bit files but {basi,basn}{4,6}a16. */
static bool has_reduced(const char *name, const struct yk_image *image)
{
    return image->format.depth == 16 && (strncmp(name, "bas", 3) != 0 || strcmp(name + 5, "a16") != 0);
}

static void check_suite_file(const char *folder, const char *name)
{
    size_t size = 0;
    struct yk_image *image = NULL;
    struct yk_image_info info;
    struct yk_error error = {0};
    uint8_t *data = load(folder, name, ".png", &size);
    CU_ASSERT_PTR_EQUAL(yk_codec_probe(data, size), png());
    CU_ASSERT_EQUAL_FATAL(png()->decode(data, size, NULL, &image, &error), YK_OK);
    CU_ASSERT_EQUAL(png()->info(data, size, NULL, &info, &error), YK_OK);
    CU_ASSERT(info.width == image->width && info.height == image->height);
    CU_ASSERT_EQUAL(memcmp(&info.format, &image->format, sizeof info.format), 0);

    check_published(image, folder, name, ".json", 0, 0);
    if (has_reduced(name, image))
        check_published(image, folder, name, "_to8.json", 8, 1);
    yk_image_free(image);
    free(data);
}

static int is_png(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".png") == 0;
}

static void test_suite(void)
{
    struct dirent **names;
    if (!yk_shared_data()) {
        yk_skip("no shared data: PngSuite");
        return;
    }
    char *folder = path_of(yk_shared_data(), "pngsuite", "");
    int count = scandir(folder, &names, is_png, alphasort), good = 0, bad = 0;
    for (int i = 0; i < count; i++) {
        char *name = names[i]->d_name;
        if (name[0] == 'x') {
            size_t size = 0;
            uint8_t *data = load(folder, name, "", &size);
            struct yk_image *image = NULL;
            struct yk_error error = {0};
            CU_ASSERT_EQUAL(png()->decode(data, size, NULL, &image, &error), YK_ERR_FORMAT);
            CU_ASSERT_PTR_NULL(image);
            CU_ASSERT_EQUAL(error.status, YK_ERR_FORMAT);
            CU_ASSERT(strncmp(error.text, "PNG: ", 5) == 0 || strcmp(error.text, "not a PNG file") == 0);
            bad++;
            free(data);
        } else {
            name[strlen(name) - 4] = '\0';
            check_suite_file(folder, name);
            good++;
        }
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    free(folder);
    CU_ASSERT_EQUAL(good, 161);
    CU_ASSERT_EQUAL(bad, 14);
    yk_note("PngSuite: %d files decoded to the published pixels, %d refused", good, bad);
}

static void test_bad_files(void)
{
    struct dirent **names;
    if (!yk_shared_data()) {
        yk_skip("no shared data: damaged PNG files");
        return;
    }
    char *folder = path_of(yk_shared_data(), "badpng", "");
    int count = scandir(folder, &names, is_png, alphasort);
    CU_ASSERT_EQUAL(count, 27);
    for (int i = 0; i < count; i++) {
        size_t size = 0;
        uint8_t *data = load(folder, names[i]->d_name, "", &size);
        CU_ASSERT(same_as_plain(data, size, names[i]->d_name));
        free(data);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    free(folder);
}

static const struct {
    uint32_t width, height;
} sizes[] = {{1, 1}, {1, 7}, {7, 1}, {3, 5}, {33, 17}};

static void round_trip(uint32_t width, uint32_t height, struct yk_format format, int level)
{
    struct yk_image *image = NULL, *again = NULL;
    struct yk_bytes bytes = {0};
    struct yk_random random = {width * 1000 + height * 10 + format.depth + format.colours};
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&image, width, height, format, NULL, NULL), YK_OK);
    yk_random_fill(&random, image->pixels, image->stride * height);
    CU_ASSERT_EQUAL_FATAL(png()->encode(image, &(struct yk_encode_options){level}, &bytes, NULL), YK_OK);

    unsigned slack = 0;
    for (int i = 0; i < 64; i++)
        slack |= bytes.data[bytes.size + (size_t)i];
    CU_ASSERT_EQUAL(slack, 0);
    static const int types[2][2] = {{PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA},
                                    {PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA}};
    struct plain plain;
    CU_ASSERT_FATAL(plain_decode(bytes.data, bytes.size, &plain));
    CU_ASSERT_EQUAL(plain.colour_type, types[format.colours == 3][format.alpha]);
    CU_ASSERT_EQUAL(plain.depth, format.depth);
    CU_ASSERT(plain_matches(&plain, image));
    plain_free(&plain);
    CU_ASSERT_EQUAL_FATAL(png()->decode(bytes.data, bytes.size, NULL, &again, NULL), YK_OK);
    CU_ASSERT(yk_image_equal(again, image, 0, "decoded again"));
    CU_ASSERT_PTR_NULL(again->metadata);

    struct yk_bytes twice = {0};
    CU_ASSERT_EQUAL(png()->encode(again, &(struct yk_encode_options){level}, &twice, NULL), YK_OK);
    CU_ASSERT(twice.size == bytes.size && memcmp(twice.data, bytes.data, bytes.size) == 0);
    yk_bytes_free(&twice);
    yk_bytes_free(&bytes);
    CU_ASSERT(bytes.data == NULL && bytes.size == 0);
    yk_image_free(again);
    yk_image_free(image);
}

static void test_round_trip(void)
{
    static const int levels[] = {-1, 0, 1, 9};
    unsigned cells = 0;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (unsigned f = 0; f < 8; f++)
            for (size_t l = 0; l < sizeof levels / sizeof levels[0]; l++, cells++)
                round_trip(sizes[s].width, sizes[s].height,
                           (struct yk_format){f & 1 ? 3 : 1, f >> 1 & 1, f & 4 ? 16 : 8}, levels[l]);
    yk_note("PNG round trip matrix: %u cells", cells);
}

/* Everything a file can be, written by libpng: type x depth x interlace x transparency x size. */
static void test_decode_matrix(void)
{
    static const struct {
        int type, depth;
    } kinds[] = {{0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {3, 1},
                 {3, 2}, {3, 4}, {3, 8}, {4, 8}, {4, 16}, {6, 8}, {6, 16}};
    unsigned cells = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
            for (int variant = 0; variant < 4; variant++, cells++) {
                bool interlaced = variant & 1, transparent = variant & 2;
                struct bytes file = sample_file(sizes[s].width, sizes[s].height, kinds[k].type,
                                                kinds[k].depth, interlaced, transparent, cells);
                char label[80];
                snprintf(label, sizeof label, "type %d depth %d size %zu variant %d", kinds[k].type,
                         kinds[k].depth, s, variant);
                struct yk_image_info info;
                struct plain plain;
                CU_ASSERT(plain_decode(file.data, file.size, &plain));
                plain_free(&plain);
                CU_ASSERT(same_as_plain(file.data, file.size, label));
                CU_ASSERT_EQUAL_FATAL(png()->info(file.data, file.size, NULL, &info, NULL), YK_OK);
                CU_ASSERT_EQUAL(info.interlaced, interlaced);
                CU_ASSERT_EQUAL(info.transparency, transparent && !(kinds[k].type & PNG_COLOR_MASK_ALPHA));
                CU_ASSERT_EQUAL(info.file_depth, kinds[k].depth);
                static const char *const names[] = {"gray", "", "rgb", "palette", "gray+alpha", "", "rgba"};
                CU_ASSERT_STRING_EQUAL(info.file_type, names[kinds[k].type]);
                CU_ASSERT_STRING_EQUAL(info.codec, "png");
                free(file.data);
            }
    yk_note("PNG decode matrix: %u cells", cells);
}

/* Decodes a file of the given stored rows (each with its filter byte) and compares with literal samples. */
static void check_literal(const struct bytes *file, const void *want, size_t row_bytes, const char *format)
{
    struct yk_image *image = NULL;
    CU_ASSERT_EQUAL_FATAL(png()->decode(file->data, file->size, NULL, &image, NULL), YK_OK);
    CU_ASSERT_STRING_EQUAL(yk_format_name(image->format), format);
    for (uint32_t y = 0; y < image->height; y++)
        CU_ASSERT_EQUAL(memcmp(yk_image_row(image, y), (const uint8_t *)want + y * row_bytes, row_bytes), 0);
    yk_image_free(image);
}

static void test_literal_grey(void)
{
    struct bytes file = {0};
    bytes_header(&file, 5, 2, 1, PNG_COLOR_TYPE_GRAY, 0);
    bytes_pixels(&file, "\0\xa8\0\x58", 4); /* 10101, 01011 */
    check_literal(&file, (uint8_t[]){255, 0, 255, 0, 255, 0, 255, 0, 255, 255}, 5, "gray8");
    free(file.data);

    file = (struct bytes){0};
    bytes_header(&file, 5, 1, 2, PNG_COLOR_TYPE_GRAY, 0);
    bytes_pixels(&file, "\0\x1b\x80", 3); /* 0 1 2 3 2 */
    check_literal(&file, (uint8_t[]){0, 85, 170, 255, 170}, 5, "gray8");
    free(file.data);

    file = (struct bytes){0};
    bytes_header(&file, 3, 1, 4, PNG_COLOR_TYPE_GRAY, 0);
    bytes_chunk(&file, "tRNS", "\0\x07", 2); /* key: sample 7 of 15 */
    bytes_pixels(&file, "\0\x7f\x60", 3);    /* 7 15 6 */
    check_literal(&file, (uint8_t[]){119, 0, 255, 255, 102, 255}, 6, "graya8");
    free(file.data);

    file = (struct bytes){0};
    bytes_header(&file, 2, 1, 16, PNG_COLOR_TYPE_GRAY, 0);
    bytes_chunk(&file, "tRNS", "\x12\x34", 2); /* equal in both bytes, not in the high one alone */
    bytes_pixels(&file, "\0\x12\x34\x12\x35", 5);
    check_literal(&file, (uint16_t[]){0x1234, 0, 0x1235, 65535}, 8, "graya16");
    free(file.data);
}

static void test_literal_palette(void)
{
    struct bytes file = {0};
    bytes_header(&file, 4, 1, 2, PNG_COLOR_TYPE_PALETTE, 0);
    bytes_chunk(&file, "PLTE", "\x0a\x14\x1e\x28\x32\x3c\x46\x50\x5a", 9);
    bytes_chunk(&file, "tRNS", "\x00\x80", 2); /* the third entry stays opaque */
    bytes_pixels(&file, "\0\x1b", 2);          /* 0 1 2 3: the palette has no entry 3, which is black */
    check_literal(&file, (uint8_t[]){10, 20, 30, 0, 40, 50, 60, 128, 70, 80, 90, 255, 0, 0, 0, 255}, 16,
                  "rgba8");
    free(file.data);

    file = (struct bytes){0};
    bytes_header(&file, 2, 1, 8, PNG_COLOR_TYPE_PALETTE, 0);
    bytes_chunk(&file, "PLTE", "\x0a\x14\x1e", 3);
    bytes_pixels(&file, "\0\0\xff", 3);
    check_literal(&file, (uint8_t[]){10, 20, 30, 0, 0, 0}, 6, "rgb8");
    free(file.data);

    file = (struct bytes){0};
    bytes_header(&file, 2, 1, 8, PNG_COLOR_TYPE_RGB, 0);
    bytes_chunk(&file, "tRNS", "\0\1\0\2\0\3", 6);
    bytes_pixels(&file, "\0\1\2\3\1\2\4", 7);
    check_literal(&file, (uint8_t[]){1, 2, 3, 0, 1, 2, 4, 255}, 8, "rgba8");
    free(file.data);
}

static void test_table(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(png());
    CU_ASSERT_STRING_EQUAL(png()->name, "png");
    CU_ASSERT_PTR_NULL(yk_codec_at(1000));
    CU_ASSERT_PTR_EQUAL(yk_codec_for_name("a/b.c/x.PNG"), png());
    CU_ASSERT_PTR_EQUAL(yk_codec_for_name(".png"), png());
    CU_ASSERT_PTR_NULL(yk_codec_for_name("a.png/b"));
    CU_ASSERT_PTR_NULL(yk_codec_for_name("png"));
    CU_ASSERT_PTR_NULL(yk_codec_for_name("a.pn"));
    CU_ASSERT_PTR_NULL(yk_codec_for_name("a.pngx"));
    CU_ASSERT_PTR_NULL(yk_codec_for_name("a."));
    CU_ASSERT_PTR_NULL(yk_codec_probe((const uint8_t *)"\x89PNG\r\n\x1a", 7));
    CU_ASSERT_PTR_EQUAL(yk_codec_probe((const uint8_t *)"\x89PNG\r\n\x1a\n", 8), png());
    CU_ASSERT_PTR_NULL(yk_codec_probe((const uint8_t *)"\x89PNG\n\r\x1a\n", 8));
    CU_ASSERT_PTR_NULL(yk_codec_probe(NULL, 0));

    struct yk_error error = {0};
    struct yk_image *image = NULL;
    CU_ASSERT_EQUAL(png()->decode((const uint8_t *)"GIF89a..........", 16, NULL, &image, &error),
                    YK_ERR_FORMAT);
    CU_ASSERT_STRING_EQUAL(error.text, "not a PNG file");
    CU_ASSERT_EQUAL(png()->decode(NULL, 0, NULL, &image, NULL), YK_ERR_FORMAT);
    CU_ASSERT_PTR_NULL(image);

    struct yk_bytes bytes = {0};
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&image, 1, 1, (struct yk_format){1, 0, 8}, NULL, NULL), YK_OK);
    image->pixels[0] = 9;
    CU_ASSERT_EQUAL(png()->encode(image, &(struct yk_encode_options){10}, &bytes, &error), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(png()->encode(image, &(struct yk_encode_options){-2}, &bytes, &error), YK_ERR_INVALID);
    CU_ASSERT_PTR_NULL(bytes.data);
    yk_image_free(image);
}

void yk_suite_png(void)
{
    CU_pSuite suite = CU_add_suite("png", NULL, NULL);
    CU_add_test(suite, "table, probe, names", test_table);
    CU_add_test(suite, "PngSuite against its published pixels", test_suite);
    CU_add_test(suite, "damaged files get libpng's verdict", test_bad_files);
    CU_add_test(suite, "round trip matrix", test_round_trip);
    CU_add_test(suite, "decode matrix against plain libpng", test_decode_matrix);
    CU_add_test(suite, "literal grey", test_literal_grey);
    CU_add_test(suite, "literal palette and colour key", test_literal_palette);
    CU_add_test(suite, "metadata survives", test_png_metadata_round_trip);
    CU_add_test(suite, "profile or sRGB, colour or grey", test_png_metadata_exclusive);
    CU_add_test(suite, "metadata that a file cannot hold", test_png_metadata_unusable);
    CU_add_test(suite, "metadata of files by others", test_png_metadata_read);
    CU_add_test(suite, "every prefix", test_png_truncated);
    CU_add_test(suite, "seeded damage", test_png_damaged);
    CU_add_test(suite, "limits", test_png_limits);
    CU_add_test(suite, "chunks in front of the header", test_png_early_chunk);
    CU_add_test(suite, "pixel data that cannot be complete", test_png_incomplete);
    CU_add_test(suite, "text bombs", test_png_text_bombs);
}
