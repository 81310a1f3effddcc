/* SPDX-License-Identifier: MIT
 * The fast PNG decoder against libpng: files by others, and everything a file that is not interlaced can be.
 */
#include "test_png_fast.h"

#include <CUnit/CUnit.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yoke/metadata.h>
#include <zlib.h>

#include "codec_png.h"
#include "cpu.h"
#include "support.h"

const struct kind kinds[KINDS] = {{0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {3, 1},
                                  {3, 2}, {3, 4}, {3, 8}, {4, 8}, {4, 16}, {6, 8}, {6, 16}};

unsigned kind_bits(struct kind kind)
{
    static const unsigned channels[] = {1, 0, 3, 1, 2, 0, 4};
    return channels[kind.type] * (unsigned)kind.depth;
}

size_t kind_row_bytes(struct kind kind, uint32_t width)
{
    return ((size_t)width * kind_bits(kind) + 7) / 8;
}

static void put_transparency(struct bytes *file, struct kind kind)
{
    static const uint8_t alpha[] = {0, 128, 7}, grey[] = {0, 1}, rgb[] = {0, 0, 0, 1, 0, 0};
    if (kind.type == 3)
        bytes_chunk(file, "tRNS", alpha, kind.depth == 1 ? 1 : 3);
    else if (kind.type == 0)
        bytes_chunk(file, "tRNS", grey, sizeof grey);
    else if (kind.type == 2)
        bytes_chunk(file, "tRNS", rgb, sizeof rgb);
}

struct bytes stored_file(struct kind kind, uint32_t width, uint32_t height, const uint8_t *rows,
                         bool transparent, int level, size_t piece)
{
    struct bytes file = {0};
    bytes_header(&file, width, height, kind.depth, kind.type, 0);
    if (kind.type == 3) {
        uint8_t palette[3 * 200];
        unsigned entries = kind.depth == 8 ? 200 : 1U << kind.depth; /* of depth 8 some are missing */
        for (unsigned i = 0; i < 3 * entries; i++)
            palette[i] = (uint8_t)(i * 37 + 11);
        bytes_chunk(&file, "PLTE", palette, 3 * entries);
    }
    if (transparent)
        put_transparency(&file, kind);
    size_t size = (kind_row_bytes(kind, width) + 1) * height;
    uLongf packed = compressBound((uLong)size);
    uint8_t *data = malloc(packed);
    if (!data || compress2(data, &packed, rows, (uLong)size, level) != Z_OK)
        abort();
    for (size_t at = 0; at < packed; at += piece)
        bytes_chunk(&file, "IDAT", data + at, packed - at < piece ? packed - at : piece);
    bytes_chunk(&file, "tEXt", "Comment\0after", 13);
    bytes_chunk(&file, "IEND", NULL, 0);
    free(data);
    return file;
}

static bool same_texts(const struct yk_metadata *a, const struct yk_metadata *b)
{
    if (a->text_count != b->text_count)
        return false;
    for (size_t i = 0; i < a->text_count; i++)
        if (strcmp(a->texts[i].keyword, b->texts[i].keyword) != 0 ||
            strcmp(a->texts[i].text, b->texts[i].text) != 0 ||
            strcmp(a->texts[i].language, b->texts[i].language) != 0 ||
            strcmp(a->texts[i].translated, b->texts[i].translated) != 0 ||
            a->texts[i].international != b->texts[i].international ||
            a->texts[i].compressed != b->texts[i].compressed)
            return false;
    return true;
}

static bool same_metadata(const struct yk_metadata *a, const struct yk_metadata *b)
{
    if (!a || !b)
        return a == b;
    return a->icc_size == b->icc_size && (!a->icc || memcmp(a->icc, b->icc, a->icc_size) == 0) &&
           strcmp(a->icc_name, b->icc_name) == 0 && a->has_srgb == b->has_srgb &&
           a->srgb_intent == b->srgb_intent && a->has_gamma == b->has_gamma && a->gamma == b->gamma &&
           a->has_chromaticity == b->has_chromaticity &&
           memcmp(a->chromaticity, b->chromaticity, sizeof a->chromaticity) == 0 &&
           a->exif_size == b->exif_size && (!a->exif || memcmp(a->exif, b->exif, a->exif_size) == 0) &&
           a->has_density == b->has_density && a->density_x == b->density_x && a->density_y == b->density_y &&
           a->density_metres == b->density_metres && same_texts(a, b);
}

bool same_both_ways(const uint8_t *data, size_t size, const char *label)
{
    struct yk_image *fast = NULL, *slow = NULL;
    struct yk_error fast_error = {0}, slow_error = {0};
    enum yk_status a = yk_png_decode(data, size, NULL, &fast, &fast_error);
    enum yk_status b = yk_png_decode_slow(data, size, NULL, &slow, &slow_error);
    bool good = a == b && strcmp(fast_error.text, slow_error.text) == 0 && (a == YK_OK) == (fast != NULL);
    if (!good)
        printf("\n    %s: fast %d %s, slow %d %s\n", label, a, fast_error.text, b, slow_error.text);
    if (good && a == YK_OK) {
        good = yk_image_equal(fast, slow, 0, label) && same_metadata(fast->metadata, slow->metadata);
        if (!good)
            printf("\n    %s: other pixels or metadata\n", label);
    }
    yk_image_free(fast);
    yk_image_free(slow);
    return good && same_as_plain(data, size, label) && same_in_rows(data, size, label);
}

bool goes_fast(const uint8_t *data, size_t size)
{
    struct yk_image *image = NULL;
    bool again = true;
    enum yk_status status = yk_png_decode_fast(data, size, NULL, &image, &again, NULL);
    yk_image_free(image);
    return status == YK_OK && !again;
}

void for_each_level(void (*test)(void))
{
    const char *before = getenv("YOKE_CPU");
    char *kept = before ? strdup(before) : NULL;
    static const enum yk_cpu levels[] = {YK_CPU_SCALAR, YK_CPU_V3}; /* there is no code for others */
    for (size_t i = 0; i < sizeof levels / sizeof levels[0] && levels[i] <= yk_cpu_detect(); i++) {
        setenv("YOKE_CPU", yk_cpu_name(levels[i]), 1);
        test();
    }
    if (kept)
        setenv("YOKE_CPU", kept, 1);
    else
        unsetenv("YOKE_CPU");
    free(kept);
}

static int is_png(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".png") == 0;
}

/* Returns how many files of the folder went fast. */
static unsigned check_folder(const char *name, int least)
{
    struct dirent **names;
    char *folder = yk_path_join(yk_shared_data(), name);
    int count = scandir(folder, &names, is_png, alphasort);
    unsigned fast = 0;
    CU_ASSERT(count >= least);
    for (int i = 0; i < count; i++) {
        char *path = yk_path_join(folder, names[i]->d_name);
        size_t size = 0;
        uint8_t *data = yk_file_read(path, &size);
        CU_ASSERT_PTR_NOT_NULL_FATAL(data);
        CU_ASSERT(same_both_ways(data, size, names[i]->d_name));
        fast += goes_fast(data, size);
        free(data);
        free(path);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    free(folder);
    return fast;
}

static void test_files(void)
{
    if (!yk_shared_data()) {
        yk_skip("no shared data: PNG files by others");
        return;
    }
    /* of 161 valid files 35 are interlaced, which are libpng's */
    CU_ASSERT_EQUAL(check_folder("pngsuite", 175), 161 - 35);
    unsigned damaged = check_folder("badpng", 27);
    CU_ASSERT(damaged > 0 && damaged < 27); /* some have faults in other chunks only */
    CU_ASSERT_EQUAL(check_folder("kodak", 12), 12);
    yk_note("PNG fast decoder: PngSuite, damaged files and photographs as libpng has them");
}

/* Stored rows: bytes that any filter makes something of. `sparse`: mostly zeros, in stretches, which are
 * where the decoder takes short cuts. filter 5: another one in each row. */
static void fill_rows(uint8_t *rows, size_t row_bytes, uint32_t height, int filter, bool sparse,
                      struct yk_random *random)
{
    for (uint32_t y = 0; y < height; y++, rows += row_bytes + 1) {
        rows[0] = (uint8_t)(filter < 5 ? (uint64_t)filter : yk_random_below(random, 5));
        yk_random_fill(random, rows + 1, row_bytes);
        for (size_t i = 0; sparse && i < row_bytes; i++)
            if (yk_random_below(random, 3) == 0) {
                size_t zeros = (size_t)yk_random_below(random, 120);
                zeros = zeros < row_bytes - i ? zeros : row_bytes - i;
                memset(rows + 1 + i, 0, zeros);
                i += zeros;
            }
    }
}

static unsigned matrix_cells;

static void check_cell(struct kind kind, uint32_t width, uint32_t height, int filter)
{
    for (int variant = 0; variant < 4; variant++, matrix_cells++) {
        bool transparent = variant & 1, sparse = variant & 2;
        struct yk_random random = {matrix_cells};
        size_t row_bytes = kind_row_bytes(kind, width);
        uint8_t *rows = malloc((row_bytes + 1) * height);
        char label[100];
        CU_ASSERT_PTR_NOT_NULL_FATAL(rows);
        fill_rows(rows, row_bytes, height, filter, sparse, &random);
        size_t piece = 1 + matrix_cells % 300 + row_bytes * height / 20;
        struct bytes file = stored_file(kind, width, height, rows, transparent, 1, piece);
        snprintf(label, sizeof label, "type %d depth %d, %u x %u, filter %d, variant %d", kind.type,
                 kind.depth, width, height, filter, variant);
        CU_ASSERT(same_as_plain(file.data, file.size, label));
        CU_ASSERT(same_in_rows(file.data, file.size, label));
        if (!goes_fast(file.data, file.size))
            CU_FAIL(label);
        free(file.data);
        free(rows);
    }
}

static void matrix(void)
{
    static const uint32_t heights[] = {1, 2, 7, 8, 17};
    for (size_t k = 0; k < KINDS; k++)
        for (uint32_t width = 1; width <= 20; width++)
            for (int filter = 0; filter <= 5; filter++)
                check_cell(kinds[k], width, heights[(width + (uint32_t)filter) % 5], filter);
}

static void wide_matrix(void)
{
    static const uint32_t widths[] = {31, 32, 33, 63, 64, 65, 100, 257, 1000};
    for (size_t k = 0; k < KINDS; k++)
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++)
            for (int filter = 0; filter <= 5; filter++)
                check_cell(kinds[k], widths[w], 17, filter);
}

static void test_matrix(void)
{
    matrix_cells = 0;
    for_each_level(matrix);
    for_each_level(wide_matrix);
    yk_note("PNG fast decode matrix: %u cells", matrix_cells);
}

/* More rows than a strip, rows longer than one, all levels of compression: the window moves in all ways. */
static void check_large(struct kind kind, uint32_t width, uint32_t height, int level)
{
    struct yk_random random = {width};
    size_t row_bytes = kind_row_bytes(kind, width);
    uint8_t *rows = malloc((row_bytes + 1) * height);
    char label[100];
    CU_ASSERT_PTR_NOT_NULL_FATAL(rows);
    fill_rows(rows, row_bytes, height, 5, level != 0, &random);
    struct bytes file = stored_file(kind, width, height, rows, false, level, 8192);
    snprintf(label, sizeof label, "type %d depth %d, %u x %u, level %d", kind.type, kind.depth, width, height,
             level);
    CU_ASSERT(same_both_ways(file.data, file.size, label));
    if (!goes_fast(file.data, file.size))
        CU_FAIL(label);
    free(file.data);
    free(rows);
}

static void large(void)
{
    static const int levels[] = {0, 1, 6};
    for (size_t l = 0; l < 3; l++) {
        check_large((struct kind){2, 8}, 1001, 307, levels[l]);
        check_large((struct kind){6, 16}, 300, 200, levels[l]);
        check_large((struct kind){0, 8}, 100000, 9, levels[l]); /* a row is half a strip */
        check_large((struct kind){6, 8}, 200003, 3, levels[l]); /* a row is four strips */
        check_large((struct kind){0, 1}, 1, 100000, levels[l]); /* two bytes a row */
        check_large((struct kind){3, 4}, 999, 500, levels[l]);
    }
}

static void test_large(void)
{
    for_each_level(large);
}

/* What the fast way must leave to libpng, whether libpng takes it or not. */
static void check_left(const struct bytes *file, bool valid, const char *label)
{
    struct plain plain;
    CU_ASSERT_EQUAL(plain_decode(file->data, file->size, &plain), valid);
    plain_free(&plain);
    CU_ASSERT(same_both_ways(file->data, file->size, label));
    if (goes_fast(file->data, file->size))
        CU_FAIL(label);
}

static void put_idat(struct bytes *file, const void *data, size_t size)
{
    bytes_chunk(file, "IDAT", data, size);
}

/* A 3x2 grey image; `change` edits its zlib stream of 8 bytes. */
static struct bytes small_file(void (*change)(struct bytes *stream), bool idat_between)
{
    struct bytes file = {0}, stream = {0};
    uint8_t packed[64];
    uLongf size = sizeof packed;
    if (compress2(packed, &size, (const Bytef *)"\0\1\2\3\2\4\5\6", 8, 0) != Z_OK)
        abort();
    bytes_put(&stream, packed, size);
    if (change)
        change(&stream);
    bytes_header(&file, 3, 2, 8, PNG_COLOR_TYPE_GRAY, 0);
    if (idat_between) {
        put_idat(&file, stream.data, 5);
        bytes_chunk(&file, "tEXt", "Key\0text", 8);
        put_idat(&file, stream.data + 5, stream.size - 5);
    } else {
        put_idat(&file, stream.data, stream.size);
    }
    bytes_chunk(&file, "IEND", NULL, 0);
    free(stream.data);
    return file;
}

static void junk_after(struct bytes *stream)
{
    bytes_put(stream, "junk", 4);
}

static void no_adler(struct bytes *stream)
{
    stream->size -= 4;
}

static void bad_adler(struct bytes *stream)
{
    stream->data[stream->size - 1] ^= 1;
}

static void bad_filter(struct bytes *stream)
{
    stream->data[2 + 5] = 5; /* behind zlib's header and that of the stored block */
    uint32_t adler = (uint32_t)adler32(1, stream->data + 7, 8);
    for (int i = 0; i < 4; i++)
        stream->data[stream->size - 4 + (size_t)i] = (uint8_t)(adler >> (24 - 8 * i));
}

/* 256 bytes are enough for 8: that is no fault, and goes fast. */
static void small_window(struct bytes *stream)
{
    stream->data[0] = 0x08;
    stream->data[1] = 0x1d;
}

static void bad_window(struct bytes *stream)
{
    stream->data[0] = 0x88;
    stream->data[1] = 0x1c;
}

static void more_rows(struct bytes *stream)
{
    uint8_t packed[64];
    uLongf size = sizeof packed;
    if (compress2(packed, &size, (const Bytef *)"\0\1\2\3\2\4\5\6\0\0\0\0", 12, 0) != Z_OK)
        abort();
    stream->size = 0;
    bytes_put(stream, packed, size);
}

static void fewer_bytes(struct bytes *stream)
{
    uint8_t packed[64];
    uLongf size = sizeof packed;
    if (compress2(packed, &size, (const Bytef *)"\0\1\2\3\2\4\5", 7, 0) != Z_OK)
        abort();
    stream->size = 0;
    bytes_put(stream, packed, size);
}

static void test_left_to_libpng(void)
{
    static const struct {
        void (*change)(struct bytes *stream);
        bool between, fast, valid;
        const char *label;
    } cases[] = {
        {NULL, false, true, true, "nothing wrong"},
        {small_window, false, true, true, "small window"},
        {junk_after, false, false, true, "junk after the stream"},
        {no_adler, false, false, false, "no Adler-32"},
        {bad_adler, false, false, false, "wrong Adler-32"},
        {bad_filter, false, false, false, "filter 5"},
        {bad_window, false, false, false, "window of 64 KiB"},
        {more_rows, false, false, true, "more rows"},
        {fewer_bytes, false, false, false, "fewer bytes"},
        {NULL, true, false, false, "a chunk between IDATs"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes file = small_file(cases[i].change, cases[i].between);
        if (cases[i].fast) {
            CU_ASSERT(same_both_ways(file.data, file.size, cases[i].label));
            CU_ASSERT(goes_fast(file.data, file.size));
        } else {
            check_left(&file, cases[i].valid, cases[i].label);
        }
        free(file.data);
    }
    /* a wrong CRC in the pixel data: libpng refuses it too */
    struct bytes file = small_file(NULL, false);
    file.data[png_find(file.data, file.size, 8, "IDAT") + 9] ^= 1;
    check_left(&file, false, "wrong CRC");
    free(file.data);
}

void yk_suite_png_fast(void)
{
    CU_pSuite suite = CU_add_suite("png_fast", NULL, NULL);
    CU_add_test(suite, "inflate: streams worked out by hand", test_fast_inflate_literal);
    CU_add_test(suite, "inflate: damaged streams, verdict of zlib", test_fast_inflate_mutants);
    CU_add_test(suite, "inflate: streams of all makers, in pieces", test_fast_inflate_streams);
    CU_add_test(suite, "unfilter: every level against plain C", test_fast_unfilter);
    CU_add_test(suite, "decoding in pieces gives the rows of the whole", test_fast_rows);
    CU_add_test(suite, "files by others", test_files);
    CU_add_test(suite, "type x depth x filter x size x transparency", test_matrix);
    CU_add_test(suite, "windows, strips, compression levels", test_large);
    CU_add_test(suite, "what is left to libpng", test_left_to_libpng);
    CU_add_test(suite, "all truncations of ten files", test_fast_truncated);
    CU_add_test(suite, "mutants with repaired checksums", test_fast_mutants);
    CU_add_test(suite, "bombs", test_fast_bombs);
}
