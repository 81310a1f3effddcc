/* SPDX-License-Identifier: MIT
 * The PNG encoder: type x depth x content x filter x coder x strip x size, judged by libpng; the same bytes
 * from any level, thread and order; files that other programs accept. */
#include "test_png_encode.h"

#include <CUnit/CUnit.h>
#include <yoke/codec.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef YOKE_TEST_SPNG
#include <spng.h>
#endif

#include "png_encode.h"
#include "support.h"
#include "test_png.h"

static const struct yk_codec *png(void)
{
    return yk_codec_at(0);
}

struct yk_format format_at(unsigned index)
{
    return (struct yk_format){index & 1 ? 3 : 1, index >> 1 & 1, index & 4 ? 16 : 8};
}

static unsigned sample_of(enum content content, uint32_t x, uint32_t y, unsigned channel,
                          struct yk_random *random)
{
    switch (content) {
    case CONTENT_NOISE:
        return (unsigned)yk_random_u64(random) & 0xffff;
    case CONTENT_FLAT:
        return 0x1234 * (channel + 1);
    case CONTENT_SMOOTH:
        return x * 97 + y * 61 * (channel + 1) + ((unsigned)yk_random_u64(random) & 0x3ff);
    case CONTENT_DRAWN:
        return ((x / 23) ^ (y / 17) ^ (x == y)) % 3 * 0x7fff;
    default:
        return x * y % 7 * 0x2000 + (x % 5 == channel) * 0x800;
    }
}

struct yk_image *content_image(uint32_t width, uint32_t height, struct yk_format format, enum content content,
                               uint64_t seed)
{
    struct yk_image *image = NULL;
    struct yk_random random = {seed};
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&image, width, height, format, NULL, NULL), YK_OK);
    unsigned channels = yk_format_channels(format);
    yk_random_fill(&random, image->pixels,
                   image->stride * height); /* what lies between rows must not matter */
    for (uint32_t y = 0; y < height; y++)
        for (size_t i = 0; i < (size_t)width * channels; i++) {
            uint32_t x = (uint32_t)(i / channels);
            uint16_t sample = (uint16_t)sample_of(content, x, y, (unsigned)(i % channels), &random);
            if (format.depth == 16)
                memcpy(yk_image_row(image, y) + 2 * i, &sample, 2);
            else
                yk_image_row(image, y)[i] = (uint8_t)(sample >> 8);
        }
    return image;
}

static bool libpng_agrees(const struct yk_bytes *bytes, const struct yk_image *image)
{
    struct plain plain;
    bool good = plain_decode(bytes->data, bytes->size, &plain) && plain_matches(&plain, image);
    plain_free(&plain);
    return good;
}

/* Whether libspng, which shares no code with libpng, reads the whole file and finds these pixels; true where
 * it is missing. */
static bool spng_agrees(const struct yk_bytes *bytes, const struct yk_image *image)
{
#ifdef YOKE_TEST_SPNG
    size_t row = (size_t)image->width * yk_format_bytes(image->format), size = 0;
    spng_ctx *png = spng_ctx_new(0);
    uint8_t *out = NULL;
    bool good = png && spng_set_png_buffer(png, bytes->data, bytes->size) == 0 &&
                spng_decoded_image_size(png, SPNG_FMT_PNG, &size) == 0 && size == row * image->height;
    good = good && (out = malloc(size)) && spng_decode_image(png, out, size, SPNG_FMT_PNG, 0) == 0 &&
           spng_decode_chunks(png) == 0;
    for (uint32_t y = 0; good && y < image->height; y++)
        good = memcmp(out + y * row, yk_image_row(image, y), row) == 0;
    free(out);
    spng_ctx_free(png);
    return good;
#else
    (void)bytes, (void)image;
    return true;
#endif
}

/* ---- Every way to write an image ---- */

static struct yk_bytes encode_as(const struct yk_image *image, const struct yk_png_plan *plan,
                                 uint32_t strip_rows, size_t *parts)
{
    void *state = NULL;
    struct yk_bytes bytes = {0};
    CU_ASSERT_EQUAL_FATAL(yk_png_encode_begin_as(&state, image, plan, strip_rows, parts, NULL), YK_OK);
    for (size_t part = 0; part < *parts; part++)
        CU_ASSERT_EQUAL_FATAL(yk_png_encode_part(state, part, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_png_encode_finish(state, &bytes, NULL), YK_OK);
    return bytes;
}

static void test_matrix(void)
{
    static const uint32_t sides[][2] = {{1, 1}, {1, 9}, {19, 1}, {5, 3}, {16, 16}, {37, 29}, {200, 70}};
    static const uint32_t strips[] = {1, 2, 7, 1000};
    unsigned cells = 0, wrong = 0;
    for (unsigned f = 0; f < 8; f++)
        for (size_t s = 0; s < sizeof sides / sizeof sides[0]; s++)
            for (unsigned content = 0; content < CONTENTS; content++) {
                struct yk_image *image =
                    content_image(sides[s][0], sides[s][1], format_at(f), (enum content)content, cells);
                for (unsigned filter = 0; filter <= YK_PNG_LEAST; filter++)
                    for (unsigned coder = 0; coder < YK_PNG_CODERS; coder++, cells++) {
                        const struct yk_png_plan plan = {
                            (uint8_t)filter, (uint8_t)coder,
                            (uint8_t)(coder == YK_PNG_LIBDEFLATE ? 1 + cells % 12 : 0), cells % 2};
                        uint32_t rows = strips[cells / 7 % 4];
                        size_t parts;
                        struct yk_bytes bytes = encode_as(image, &plan, rows, &parts);
                        CU_ASSERT(parts >= 1 && parts <= sides[s][1]);
                        CU_ASSERT(rows != 1 || parts == sides[s][1]);
                        if (!libpng_agrees(&bytes, image) || !spng_agrees(&bytes, image)) {
                            printf("\n    %ux%u format %u content %u filter %u coder %u strips of %u rows\n",
                                   sides[s][0], sides[s][1], f, content, filter, coder, rows);
                            wrong++;
                        }
                        yk_bytes_free(&bytes);
                    }
                yk_image_free(image);
            }
    CU_ASSERT_EQUAL(wrong, 0);
    yk_note("PNG encode matrix: %u cells", cells);
}

/* ---- Efforts ---- */

static const int efforts[] = {
    YK_EFFORT_BALANCED, YK_EFFORT_FAST, YK_EFFORT_SMALL, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
enum { EFFORTS = sizeof efforts / sizeof efforts[0] };

static struct yk_bytes encode_at(const struct yk_image *image, int level)
{
    struct yk_bytes bytes = {0};
    CU_ASSERT_EQUAL_FATAL(png()->encode(image, &(struct yk_encode_options){.level = level}, &bytes, NULL),
                          YK_OK);
    return bytes;
}

static size_t size_at(const struct yk_image *image, int level)
{
    struct yk_bytes bytes = encode_at(image, level);
    size_t size = bytes.size;
    yk_bytes_free(&bytes);
    return size;
}

static void test_efforts(void)
{
    for (unsigned content = 0; content < CONTENTS; content++)
        for (unsigned f = 0; f < 8; f++) {
            struct yk_image *image = content_image(300, 260, format_at(f), (enum content)content, content);
            size_t raw = (size_t)300 * 260 * yk_format_bytes(image->format), stored = raw + raw / 50 + 600;
            for (int e = 0; e < EFFORTS; e++) {
                struct yk_bytes bytes = encode_at(image, efforts[e]);
                CU_ASSERT(libpng_agrees(&bytes, image));
                CU_ASSERT(bytes.size <= stored);
                yk_bytes_free(&bytes);
            }
            if (content == CONTENT_FLAT || content == CONTENT_DRAWN || content == CONTENT_PERIODIC)
                CU_ASSERT(size_at(image, YK_EFFORT_BALANCED) < raw / 15);
            CU_ASSERT(size_at(image, 0) > raw);
            size_t small = size_at(image, YK_EFFORT_SMALL), balanced = size_at(image, YK_EFFORT_BALANCED);
            if (small > balanced + balanced / 100 + 16)
                printf("\n    content %u format %u: %zu bytes small, %zu balanced\n", content, f, small,
                       balanced);
            CU_ASSERT(small <= balanced + balanced / 100 + 16); /* both rank the filters on a sample */
            yk_image_free(image);
        }
    struct yk_image *image = content_image(3, 3, format_at(1), CONTENT_FLAT, 0);
    static const int unknown[] = {-2, -10, -13, 10, 100};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        struct yk_bytes bytes = {0};
        struct yk_error error = {0};
        struct yk_encoder *encoder = NULL;
        size_t parts;
        const struct yk_encode_options options = {.level = unknown[i]};
        CU_ASSERT_EQUAL(png()->encode(image, &options, &bytes, &error), YK_ERR_INVALID);
        CU_ASSERT_EQUAL(error.status, YK_ERR_INVALID);
        CU_ASSERT_EQUAL(yk_encoder_begin(&encoder, png(), image, &options, &parts, &error), YK_ERR_INVALID);
        CU_ASSERT_PTR_NULL(encoder);
        CU_ASSERT_PTR_NULL(bytes.data);
    }
    yk_image_free(image);
}

/* ---- The same bytes ---- */

static bool same_bytes(const struct yk_bytes *a, const struct yk_bytes *b)
{
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* Sizes that make several strips, or one strip and a part of it left over. */
static struct yk_image *large_image(unsigned index)
{
    static const uint32_t sides[][2] = {{700, 800}, {1000, 650}, {400, 900}};
    return content_image(sides[index % 3][0], sides[index % 3][1], format_at(index),
                         (enum content)(index % CONTENTS), index);
}

static void test_levels_of_the_processor(void)
{
    const char *before = getenv("YOKE_CPU");
    char *kept = before ? strdup(before) : NULL;
    for (unsigned i = 0; i < 15; i++) {
        struct yk_image *image = large_image(i);
        int level = efforts[i % 3];
        struct yk_bytes first = {0};
        for (int cpu = YK_CPU_SCALAR; cpu <= (int)yk_cpu_detect(); cpu++) {
            setenv("YOKE_CPU", yk_cpu_name((enum yk_cpu)cpu), 1);
            struct yk_bytes bytes = encode_at(image, level);
            if (cpu == YK_CPU_SCALAR) {
                first = bytes;
                continue;
            }
            CU_ASSERT(same_bytes(&first, &bytes));
            yk_bytes_free(&bytes);
        }
        yk_bytes_free(&first);
        yk_image_free(image);
    }
    if (kept)
        setenv("YOKE_CPU", kept, 1);
    else
        unsetenv("YOKE_CPU");
    free(kept);
}

struct crew {
    struct yk_encoder *encoder;
    size_t *order, parts, next;
    pthread_mutex_t lock;
    bool failed;
};

static void *crew_member(void *argument)
{
    struct crew *crew = argument;
    for (;;) {
        pthread_mutex_lock(&crew->lock);
        size_t at = crew->next++;
        pthread_mutex_unlock(&crew->lock);
        if (at >= crew->parts)
            return NULL;
        if (yk_encoder_part(crew->encoder, crew->order[at], NULL) == YK_OK)
            continue;
        pthread_mutex_lock(&crew->lock);
        crew->failed = true;
        pthread_mutex_unlock(&crew->lock);
    }
}

/* Parts in a random order on four threads against the one call. */
static void test_threads(void)
{
    enum { THREADS = 4 };
    struct yk_random random = {77};
    size_t most = 0;
    for (unsigned i = 0; i < 12; i++) {
        struct yk_image *image = large_image(i);
        const struct yk_encode_options options = {.level = i % 4 == 3 ? 3 : efforts[i % 4]};
        struct yk_bytes serial = encode_at(image, options.level), bytes = {0};
        struct crew crew = {.lock = PTHREAD_MUTEX_INITIALIZER};
        CU_ASSERT_EQUAL_FATAL(yk_encoder_begin(&crew.encoder, png(), image, &options, &crew.parts, NULL),
                              YK_OK);
        crew.order = malloc(crew.parts * sizeof *crew.order);
        CU_ASSERT_PTR_NOT_NULL_FATAL(crew.order);
        for (size_t k = 0; k < crew.parts; k++) {
            size_t swap = yk_random_below(&random, k + 1);
            crew.order[k] = crew.order[swap];
            crew.order[swap] = k;
        }
        pthread_t threads[THREADS];
        for (int t = 0; t < THREADS; t++)
            CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[t], NULL, crew_member, &crew), 0);
        for (int t = 0; t < THREADS; t++)
            pthread_join(threads[t], NULL);
        CU_ASSERT_FALSE(crew.failed);
        CU_ASSERT_EQUAL(yk_encoder_finish(crew.encoder, &bytes, NULL), YK_OK);
        CU_ASSERT(same_bytes(&serial, &bytes));
        most = crew.parts > most ? crew.parts : most;
        free(crew.order);
        yk_bytes_free(&bytes);
        yk_bytes_free(&serial);
        yk_image_free(image);
    }
    CU_ASSERT(most >= 4);

    struct yk_image *image = large_image(1); /* given up after none and after some of the parts */
    for (size_t done = 0; done < 2; done++) {
        struct yk_encoder *encoder = NULL;
        size_t parts;
        CU_ASSERT_EQUAL_FATAL(yk_encoder_begin(&encoder, png(), image, NULL, &parts, NULL), YK_OK);
        for (size_t part = 0; part < done; part++)
            CU_ASSERT_EQUAL(yk_encoder_part(encoder, part, NULL), YK_OK);
        yk_encoder_abort(encoder);
    }
    yk_encoder_abort(NULL);
    yk_image_free(image);
}

/* A codec without parts of its own: one part, which is the whole. */
static enum yk_status four_bytes(const struct yk_image *image, const struct yk_encode_options *options,
                                 struct yk_bytes *bytes, struct yk_error *error)
{
    (void)image;
    if (options->level != -1)
        return yk_error_set(error, YK_ERR_INVALID, "not this level");
    *bytes = (struct yk_bytes){(uint8_t *)strdup("four"), 4};
    return bytes->data ? YK_OK : YK_ERR_NOMEM;
}

static void test_plain_codec(void)
{
    static const struct yk_codec codec = {.name = "four", .encode = four_bytes};
    struct yk_encoder *encoder = NULL;
    struct yk_bytes bytes = {0};
    size_t parts = 0;
    CU_ASSERT_EQUAL_FATAL(yk_encoder_begin(&encoder, &codec, NULL, NULL, &parts, NULL), YK_OK);
    CU_ASSERT_EQUAL(parts, 1);
    CU_ASSERT_EQUAL(yk_encoder_part(encoder, 0, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_encoder_finish(encoder, &bytes, NULL), YK_OK);
    CU_ASSERT(bytes.size == 4 && memcmp(bytes.data, "four", 4) == 0);
    yk_bytes_free(&bytes);
    const struct yk_encode_options other = {.level = 5};
    CU_ASSERT_EQUAL_FATAL(yk_encoder_begin(&encoder, &codec, NULL, &other, &parts, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_encoder_part(encoder, 0, NULL), YK_ERR_INVALID);
    yk_encoder_abort(encoder);
    CU_ASSERT_EQUAL_FATAL(yk_encoder_begin(&encoder, &codec, NULL, NULL, &parts, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_encoder_part(encoder, 0, NULL), YK_OK);
    yk_encoder_abort(encoder); /* with a result that nobody took */
}

/* ---- Other programs ---- */

static bool runs(const char *command)
{
    return system(command) == 0;
}

static void test_other_programs(void)
{
    bool check = runs("command -v pngcheck >/dev/null 2>&1");
    char *folder = yk_temp_make(), command[600];
    unsigned files = 0;
    if (!check)
        yk_skip("no pngcheck: written PNG files");
#ifndef YOKE_TEST_SPNG
    yk_skip("no libspng: written PNG files");
#endif
    for (unsigned content = 0; content < CONTENTS; content++)
        for (unsigned f = 0; f < 8; f++, files++) {
            struct yk_image *image = content_image(150 + f, 1200, format_at(f), (enum content)content, f);
            struct yk_bytes bytes = encode_at(image, efforts[files % EFFORTS]);
            char name[40];
            snprintf(name, sizeof name, "%02u.png", files);
            char *path = yk_path_join(folder, name);
            CU_ASSERT(yk_file_write(path, bytes.data, bytes.size));
            CU_ASSERT(spng_agrees(&bytes, image));
            free(path);
            yk_bytes_free(&bytes);
            yk_image_free(image);
        }
    snprintf(command, sizeof command, "pngcheck -q '%s'/*.png", folder);
    if (check)
        CU_ASSERT_EQUAL(system(command), 0);
    yk_temp_remove(folder);
    yk_note("PNG files for other programs: %u%s", files, check ? ", pngcheck" : "");
}

void yk_suite_png_encode(void)
{
    CU_pSuite suite = CU_add_suite("png_encode", NULL, NULL);
    CU_add_test(suite, "filters worked out by hand", test_encode_filters_literal);
    CU_add_test(suite, "filters: every level against plain C", test_encode_filters);
    CU_add_test(suite, "Huffman codes", test_encode_huffman);
    CU_add_test(suite, "own coder against three inflates", test_encode_deflate);
    CU_add_test(suite, "own coder: runs of every length", test_encode_deflate_runs);
    CU_add_test(suite, "own coder: blocks of which a part is counted", test_encode_deflate_uncounted);
    CU_add_test(suite, "pairs of pixels", test_encode_deflate_pairs);
    CU_add_test(suite, "counts of a block", test_encode_count);
    CU_add_test(suite, "prices of symbols", test_encode_prices);
    CU_add_test(suite, "the cheapest way: runs and what is behind them", test_encode_priced_run);
    CU_add_test(suite, "the cheapest way: what is behind the data", test_encode_priced_end);
    CU_add_test(suite, "the cheapest way: text", test_encode_priced_text);
    CU_add_test(suite, "joined streams", test_encode_streams);
    CU_add_test(suite, "joined checksums", test_encode_adler);
    CU_add_test(suite, "type x content x filter x coder x strip x size", test_matrix);
    CU_add_test(suite, "efforts", test_efforts);
    CU_add_test(suite, "same bytes at every level of the processor", test_levels_of_the_processor);
    CU_add_test(suite, "same bytes from threads in any order", test_threads);
    CU_add_test(suite, "a codec without parts", test_plain_codec);
    CU_add_test(suite, "other programs accept the files", test_other_programs);
}
