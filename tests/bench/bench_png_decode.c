/* SPDX-License-Identifier: MIT
 * Times PNG decoding alone, one thread, in memory, by kind of image, in turns: the codec; libpng as it is by
 * default and at its fastest (no checksums, a large buffer) to the same pixels; and inflation alone, by the
 * codec's own inflate, libdeflate and ISA-L. The files are those that libpng writes at its defaults; files
 * given by name are taken as they are. Ratios within a round, then least, median, greatest of the rounds.
 *
 * usage: bench_png_decode [-n ROUNDS] [FILE...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <isa-l/igzip_lib.h>
#include <libdeflate.h>

#include "codec_png.h"
#include "kit.h"
#include "png_inflate.h"

enum way { YOKE, LIBPNG, LIBPNG_QUICK, OWN, LIBDEFLATE, ISAL, WAYS };

/* Times are at least this long, so that a small image is decoded several times. */
static const double least_seconds = 0.004;
enum { WINDOW = 256 << 10 }; /* as much as the codec inflates at a time, with the history */

struct file {
    const uint8_t *data;
    size_t size;
    struct yk_png_scan scan;
    uint8_t *zlib, *filtered, *pixels; /* the pixel data, what it inflates to, what that decodes to */
    size_t zlib_size, filtered_size, stride;
    struct yk_inflate *inflate;
    struct libdeflate_decompressor *libdeflate;
};

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench_png_decode: %s\n", what);
    exit(1);
}

/* ---- Inflation alone ---- */

/* As the codec does it: into a window that stays in the cache, with the Adler-32. */
static bool inflate_own(struct file *file)
{
    struct yk_inflate *inflate = file->inflate;
    struct yk_png_idats idats = yk_png_idats_begin(file->data, &file->scan);
    uint8_t *window = file->filtered, *next = window, *end = window + WINDOW;
    uint32_t adler = 1;
    if (!yk_inflate_begin(inflate, yk_png_idats_take, &idats, file->filtered_size))
        return false;
    for (;;) {
        uint8_t *from = next;
        enum yk_inflate_result result = yk_inflate_run(inflate, window, &next, end);
        adler = libdeflate_adler32(adler, from, (size_t)(next - from));
        if (result != YK_INFLATE_MORE)
            return result == YK_INFLATE_DONE && yk_inflate_finish(inflate, adler);
        memmove(window, next - YK_INFLATE_HISTORY, YK_INFLATE_HISTORY);
        next = window + YK_INFLATE_HISTORY;
    }
}

static bool inflate_isal(struct file *file)
{
    struct inflate_state *state = malloc(sizeof *state);
    if (!state)
        return false;
    isal_inflate_init(state);
    state->crc_flag = ISAL_ZLIB;
    state->next_in = file->zlib;
    state->avail_in = (uint32_t)file->zlib_size;
    do { /* it keeps its own history */
        state->next_out = file->filtered;
        state->avail_out = WINDOW;
    } while (isal_inflate(state) == ISAL_DECOMP_OK && state->block_state != ISAL_BLOCK_FINISH);
    bool good = state->block_state == ISAL_BLOCK_FINISH;
    free(state);
    return good;
}

static bool run(struct file *file, enum way way)
{
    struct yk_image *image = NULL;
    switch (way) {
    case YOKE:
        if (yk_png_decode(file->data, file->size, NULL, &image, NULL) != YK_OK)
            return false;
        yk_image_free(image);
        return true;
    case OWN:
        return inflate_own(file);
    case LIBDEFLATE: /* all at once, into memory that it finds ready */
        return libdeflate_zlib_decompress(file->libdeflate, file->zlib, file->zlib_size, file->filtered,
                                          file->filtered_size, NULL) == LIBDEFLATE_SUCCESS;
    case ISAL:
        return inflate_isal(file);
    default:
        bench_libpng_decode(file->data, file->size, way == LIBPNG_QUICK, file->pixels, file->stride);
        return true;
    }
}

/* ---- Files ---- */

static bool is_plain(const struct file *file)
{
    return file->scan.regular && file->data[28] == 0; /* not interlaced */
}

static void measure(struct bench_table *table, const uint8_t *data, size_t size)
{
    struct file file = {.data = data, .size = size, .scan = yk_png_scan_chunks(data, size)};
    struct yk_image *image = NULL;
    must(yk_png_decode(data, size, NULL, &image, NULL) == YK_OK, "a file is not decoded");
    table->bytes += (double)image->width * image->height * yk_format_bytes(image->format);
    table->images++;
    file.pixels = image->pixels;
    file.stride = image->stride;
    bool plain = is_plain(&file);
    struct yk_png_idats idats = yk_png_idats_begin(data, &file.scan);
    unsigned channels = (unsigned[]){1, 0, 3, 1, 2, 0, 4}[data[25]];
    file.filtered_size = (((size_t)image->width * channels * data[24] + 7) / 8 + 1) * image->height;
    size_t room = file.filtered_size > WINDOW ? file.filtered_size : WINDOW;
    file.zlib = malloc(file.scan.idat_bytes + 8);
    file.filtered = calloc(1, room + YK_INFLATE_SLACK);
    file.inflate = malloc(sizeof *file.inflate);
    file.libdeflate = libdeflate_alloc_decompressor();
    must(file.zlib && file.filtered && file.inflate && file.libdeflate, "out of memory");
    file.zlib_size = plain ? yk_png_idats_take(&idats, file.zlib, file.scan.idat_bytes) : 0;
    for (unsigned round = 0; round < table->rounds; round++)
        for (int way = 0; way < (plain ? WAYS : OWN); way++) {
            unsigned repeats = 0;
            double start = bench_seconds(), seconds;
            do {
                must(run(&file, (enum way)way), "a way fails");
                repeats++;
                seconds = bench_seconds() - start;
            } while (seconds < least_seconds);
            table->seconds[way][round] += seconds / repeats;
        }
    libdeflate_free_decompressor(file.libdeflate);
    free(file.inflate);
    free(file.filtered);
    free(file.zlib);
    yk_image_free(image);
}

static void measure_image(struct bench_table *table, const struct yk_image *image)
{
    struct yk_bytes bytes = {NULL, 0};
    bench_libpng_encode(image, 6, -1, &bytes);
    measure(table, bytes.data, bytes.size);
    yk_bytes_free(&bytes);
}

static void measure_path(struct bench_table *table, const char *path, bool as_it_is)
{
    size_t size;
    uint8_t *data = bench_read(path, &size);
    struct yk_image *image = NULL;
    must(data && yk_png_decode(data, size, NULL, &image, NULL) == YK_OK, path);
    if (as_it_is)
        measure(table, data, size);
    else
        measure_image(table, image);
    yk_image_free(image);
    free(data);
}

/* ---- Lines ---- */

static double speed(const struct bench_table *table, int way)
{
    return table->bytes / bench_median(table->seconds[way], table->rounds).median / 1e6;
}

/* gate: how many times as fast as libpng's default it must be; 0: there is none. */
static void print_line(const struct bench_table *table, double gate, unsigned *misses)
{
    if (table->images == 0)
        return;
    struct bench_spread ratio = bench_ratio(table, YOKE, LIBPNG),
                        quick = bench_ratio(table, YOKE, LIBPNG_QUICK);
    printf("%-26s %3u %6.1f %6.0f %6.0f %6.2f %6.2f %6.2f  %6.2f  ", table->name, table->images,
           table->bytes / 1e6, speed(table, LIBPNG), speed(table, YOKE), ratio.least, ratio.median,
           ratio.greatest, quick.median);
    if (gate > 0)
        printf("%5.1f %s", gate, bench_gate(ratio.median >= gate, misses));
    else
        printf("    -     ");
    printf("  %6.0f %6.0f %6.0f\n", speed(table, OWN), speed(table, LIBDEFLATE), speed(table, ISAL));
    fflush(stdout);
}

int main(int count, char **words)
{
    static const struct {
        const char *name;
        double gate;
    } kinds[BENCH_KINDS] = {{"screenshot", 5}, {"illustration with alpha", 0},
                            {"noise", 0},      {"ordered dither", 0},
                            {"16-bit", 0},     {"tiny", 0}};
    unsigned rounds = 7, misses = 0;
    int at = bench_options(count, words, &rounds);
    const char *paths[BENCH_FILES];
    printf("%-26s %3s %6s %6s %6s %20s  %6s  %10s  %20s\n", "", "", "MB of", "libpng", "yoke",
           "yoke / libpng", "by its", "gate", "inflation alone, MB/s");
    printf("%-26s %3s %6s %6s %6s %6s %6s %6s  %6s  %10s  %6s %6s %6s\n", "", "", "pixels", "MB/s", "MB/s",
           "least", "median", "most", "fastest", "", "own", "libdef", "ISA-L");
    struct bench_table table = {.name = "files as they are", .rounds = rounds};
    for (; at < count; at++)
        measure_path(&table, words[at], true);
    if (table.images > 0) {
        print_line(&table, 0, &misses);
        return 0;
    }
    table = (struct bench_table){.name = "photographs", .rounds = rounds};
    unsigned files = bench_photographs(paths, 8);
    for (unsigned k = 0; k < files; k++)
        measure_path(&table, paths[k], false);
    print_line(&table, 3.5, &misses);
    table = (struct bench_table){.name = "photographs (Kodak)", .rounds = rounds};
    files = bench_kodak(paths, 12);
    for (unsigned k = 0; k < files; k++)
        measure_path(&table, paths[k], false);
    print_line(&table, 3.5, &misses);
    for (unsigned kind = 0; kind < BENCH_KINDS; kind++) {
        table = (struct bench_table){.rounds = rounds};
        snprintf(table.name, sizeof table.name, "%s", kinds[kind].name);
        struct yk_image *image;
        for (unsigned k = 0; (image = bench_image((enum bench_kind)kind, k)); k++) {
            measure_image(&table, image);
            yk_image_free(image);
        }
        print_line(&table, kinds[kind].gate, &misses);
    }
    printf("gates missed: %u\n", misses);
    return 0;
}
