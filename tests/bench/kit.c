/* SPDX-License-Identifier: MIT
 * Common code of the codec benchmarks (contract in kit.h). */
#include "kit.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <png.h>

double bench_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

uint8_t *bench_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long length = -1;
    if (file && fseek(file, 0, SEEK_END) == 0)
        length = ftell(file);
    if (length > 0 && fseek(file, 0, SEEK_SET) == 0)
        data = malloc((size_t)length);
    if (data && fread(data, 1, (size_t)length, file) != (size_t)length) {
        free(data);
        data = NULL;
    }
    if (file)
        fclose(file);
    *size = length > 0 ? (size_t)length : 0;
    return data;
}

/* Files of a pattern below the source folder, evenly taken. */
static unsigned find(const char *pattern, const char *paths[BENCH_FILES], unsigned most)
{
    static glob_t found; /* the paths point into it until the program ends */
    const char *source = getenv("YOKE_SOURCE");
    char all[1024];
    unsigned count = 0;
    snprintf(all, sizeof all, "%s/%s", source ? source : ".", pattern);
    size_t before = found.gl_pathc;
    if (glob(all, before ? GLOB_APPEND : 0, NULL, &found) != 0)
        return 0;
    size_t there = found.gl_pathc - before;
    most = most < BENCH_FILES ? most : BENCH_FILES;
    for (size_t k = 0; k < most && k < there; k++)
        paths[count++] = found.gl_pathv[before + (there <= most ? k : k * there / most)];
    return count;
}

unsigned bench_photographs(const char *paths[BENCH_FILES], unsigned most)
{
    unsigned count = find("build/bench/corpus/*.png", paths, most);
    return count ? count : find("data/*.png", paths, most);
}

unsigned bench_kodak(const char *paths[BENCH_FILES], unsigned most)
{
    return find("../shared/data/kodak/*.png", paths, most);
}

/* ---- libpng ---- */

static void on_write(png_structp png, png_bytep data, size_t length)
{
    struct yk_bytes *bytes = png_get_io_ptr(png);
    uint8_t *grown = realloc(bytes->data, bytes->size + length);
    if (!grown)
        abort();
    memcpy(grown + bytes->size, data, length);
    bytes->data = grown;
    bytes->size += length;
}

static void on_flush(png_structp png)
{
    (void)png;
}

void bench_libpng_encode(const struct yk_image *image, int level, int filters, struct yk_bytes *bytes)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png)))
        abort();
    png_set_write_fn(png, bytes, on_write, on_flush);
    if (level != 6)
        png_set_compression_level(png, level);
    if (filters >= 0)
        png_set_filter(png, PNG_FILTER_TYPE_BASE, filters);
    png_set_IHDR(png, info, image->width, image->height, image->format.depth,
                 (image->format.colours == 3 ? PNG_COLOR_MASK_COLOR : 0) |
                     (image->format.alpha ? PNG_COLOR_MASK_ALPHA : 0),
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    png_write_info(png, info);
    if (image->format.depth == 16)
        png_set_swap(png); /* measured on little-endian machines */
    for (uint32_t y = 0; y < image->height; y++)
        png_write_row(png, yk_image_row(image, y));
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
}

struct input {
    const uint8_t *data;
    size_t left;
};

static void on_read(png_structp png, png_bytep out, size_t length)
{
    struct input *input = png_get_io_ptr(png);
    if (length > input->left)
        png_error(png, "the file ends");
    memcpy(out, input->data, length);
    input->data += length;
    input->left -= length;
}

void bench_libpng_decode(const uint8_t *data, size_t size, bool quick, uint8_t *pixels, size_t stride)
{
    struct input input = {data, size};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png)))
        abort();
    png_set_read_fn(png, &input, on_read);
    if (quick) {
        png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
        png_set_option(png, PNG_IGNORE_ADLER32, PNG_OPTION_ON);
        png_set_compression_buffer_size(png, 1 << 18);
    }
    png_read_info(png, info);
    png_set_expand(png);
    if (png_get_bit_depth(png, info) == 16)
        png_set_swap(png); /* measured on little-endian machines */
    int passes = png_set_interlace_handling(png);
    uint32_t height = png_get_image_height(png, info);
    png_read_update_info(png, info);
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < height; y++)
            png_read_row(png, pixels + y * stride, NULL);
    png_read_end(png, info);
    png_destroy_read_struct(&png, &info, NULL);
}

/* ---- Figures ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct bench_spread bench_median(const double *values, unsigned count)
{
    double sorted[BENCH_ROUNDS];
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    return (struct bench_spread){sorted[0], sorted[count / 2], sorted[count - 1]};
}

struct bench_spread bench_ratio(const struct bench_table *table, int way, int than)
{
    double ratios[BENCH_ROUNDS];
    for (unsigned round = 0; round < table->rounds; round++)
        ratios[round] = table->seconds[than][round] / table->seconds[way][round];
    return bench_median(ratios, table->rounds);
}

const char *bench_gate(bool holds, unsigned *misses)
{
    *misses += !holds;
    return holds ? "pass" : "MISS";
}

int bench_options(int count, char **words, unsigned *rounds)
{
    int at = 1;
    if (count > 2 && strcmp(words[1], "-n") == 0) {
        *rounds = (unsigned)strtoul(words[2], NULL, 10);
        at = 3;
    }
    *rounds = *rounds < 1 ? 1 : *rounds > BENCH_ROUNDS ? BENCH_ROUNDS : *rounds;
    return at;
}
