/* SPDX-License-Identifier: MIT
 * Times PNG encoding alone, one thread, in memory, by kind of image, in turns: the three efforts of the codec
 * against libpng as it is by default (level 6), at its fastest sensible setting (level 1, one filter), at
 * level 1 and at level 9 with all filters. Speed ratios within a round, then least, median, greatest of the
 * rounds; level 9 and the effort `small`, which are slow, run once. Files given by name are a kind of their
 * own.
 *
 * usage: bench_png_encode [-n ROUNDS] [FILE...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include <yoke/codec.h>

#include "kit.h"

enum way { BALANCED, FAST, SMALL, LIBPNG, LIBPNG_QUICK, LIBPNG_1, LIBPNG_9, WAYS };

static const struct {
    int level, filters; /* filters: libpng's, -1 for its own choice */
    bool slow;
} ways[WAYS] = {[BALANCED] = {YK_EFFORT_BALANCED, 0, false}, [FAST] = {YK_EFFORT_FAST, 0, false},
                [SMALL] = {YK_EFFORT_SMALL, 0, true},        [LIBPNG] = {6, -1, false},
                [LIBPNG_QUICK] = {1, PNG_FILTER_UP, false},  [LIBPNG_1] = {1, PNG_ALL_FILTERS, false},
                [LIBPNG_9] = {9, PNG_ALL_FILTERS, true}};

/* Measurements are at least this long, so that a small image is encoded several times. */
static const double least_seconds = 0.003;

static double run(const struct yk_image *image, enum way way, double *size)
{
    unsigned repeats = 0;
    double start = bench_seconds(), seconds;
    do {
        struct yk_bytes bytes = {NULL, 0};
        const struct yk_encode_options options = {.level = ways[way].level};
        if (way >= LIBPNG)
            bench_libpng_encode(image, ways[way].level, ways[way].filters, &bytes);
        else if (yk_codec_at(0)->encode(image, &options, &bytes, NULL) != YK_OK)
            abort();
        *size = (double)bytes.size;
        yk_bytes_free(&bytes);
        repeats++;
        seconds = bench_seconds() - start;
    } while (seconds < least_seconds);
    return seconds / repeats;
}

static void measure(struct bench_table *table, const struct yk_image *image)
{
    double size = 0;
    table->bytes += (double)image->width * image->height * yk_format_bytes(image->format);
    table->images++;
    for (unsigned round = 0; round < table->rounds; round++)
        for (int way = 0; way < WAYS; way++) {
            if (round == 0 || !ways[way].slow)
                table->seconds[way][round] += run(image, (enum way)way, &size);
            else
                table->seconds[way][round] = table->seconds[way][0];
            table->size[way] += round == 0 ? size : 0;
        }
}

static void measure_path(struct bench_table *table, const char *path)
{
    size_t size;
    uint8_t *data = bench_read(path, &size);
    struct yk_image *image = NULL;
    if (!data || yk_codec_at(0)->decode(data, size, NULL, &image, NULL) != YK_OK) {
        fprintf(stderr, "%s: not a PNG file that can be read\n", path);
        exit(1);
    }
    measure(table, image);
    yk_image_free(image);
    free(data);
}

/* What an effort must reach: times the speed of a way of libpng, and at the most so much of the size. */
struct gate {
    double speed, size;
};

static void print_effort(const struct bench_table *table, int way, int than, struct gate gate,
                         unsigned *misses)
{
    static const char *const names[WAYS] = {[BALANCED] = "balanced", [FAST] = "fast", [SMALL] = "small"};
    struct bench_spread ratio = bench_ratio(table, way, than);
    double speed = table->bytes / bench_median(table->seconds[way], table->rounds).median / 1e6;
    double size = table->size[way] / table->size[than];
    bool holds = size <= gate.size && ratio.median >= gate.speed;
    if (way == FAST) /* never slower than balanced: 3 % are within what rounds of the same work differ by */
        holds = holds && bench_ratio(table, FAST, BALANCED).median >= 0.97;
    printf("%-26s %-9s %7.1f %7.1f %7.1f %7.1f %6.3f   %5.1f %5.2f %s\n", way == BALANCED ? table->name : "",
           names[way], speed, ratio.least, ratio.median, ratio.greatest, size, gate.speed, gate.size,
           bench_gate(holds, misses));
}

static void print_kind(const struct bench_table *table, struct gate balanced, unsigned *misses)
{
    static const struct gate fast = {0, 1.3}, small = {2, 1};
    if (table->images == 0)
        return;
    print_effort(table, BALANCED, LIBPNG, balanced, misses);
    print_effort(table, FAST, LIBPNG, fast, misses);
    print_effort(table, SMALL, LIBPNG_9, small, misses);
    printf("  %u images, %.1f MB; libpng: %.1f MB/s, size %.3f; level 1, up: %.1f times, size %.3f; level 1: "
           "%.1f, %.3f; balanced / level 1, up: %.1f\n",
           table->images, table->bytes / 1e6,
           table->bytes / bench_median(table->seconds[LIBPNG], table->rounds).median / 1e6,
           table->size[LIBPNG] / table->bytes, bench_ratio(table, LIBPNG_QUICK, LIBPNG).median,
           table->size[LIBPNG_QUICK] / table->size[LIBPNG], bench_ratio(table, LIBPNG_1, LIBPNG).median,
           table->size[LIBPNG_1] / table->size[LIBPNG], bench_ratio(table, BALANCED, LIBPNG_QUICK).median);
    fflush(stdout);
}

int main(int count, char **words)
{
    static const char *const kinds[BENCH_KINDS] = {
        "screenshot", "illustration with alpha", "noise", "ordered dither", "16-bit", "tiny"};
    static const struct gate photographs = {40, 1.02}, others = {15, 1.15};
    unsigned rounds = 3, misses = 0;
    int at = bench_options(count, words, &rounds);
    const char *paths[BENCH_FILES];
    printf("%-26s %-9s %7s %23s %6s   %s\n", "", "", "MB/s", "times libpng's speed", "size",
           "gate: speed, size");
    printf("%-26s %-9s %7s %7s %7s %7s   (small: by libpng's level 9)\n", "", "", "", "least", "median",
           "most");
    struct bench_table table = {.name = "files", .rounds = rounds};
    for (; at < count; at++)
        measure_path(&table, words[at]);
    if (table.images > 0) {
        print_kind(&table, photographs, &misses);
        return 0;
    }
    table = (struct bench_table){.name = "photographs", .rounds = rounds};
    unsigned files = bench_photographs(paths, 8);
    for (unsigned k = 0; k < files; k++)
        measure_path(&table, paths[k]);
    print_kind(&table, photographs, &misses);
    table = (struct bench_table){.name = "photographs (Kodak)", .rounds = rounds};
    files = bench_kodak(paths, 12);
    for (unsigned k = 0; k < files; k++)
        measure_path(&table, paths[k]);
    print_kind(&table, photographs, &misses);
    for (unsigned kind = 0; kind < BENCH_KINDS; kind++) {
        table = (struct bench_table){.rounds = rounds};
        snprintf(table.name, sizeof table.name, "%s", kinds[kind]);
        struct yk_image *image;
        for (unsigned k = 0; (image = bench_image((enum bench_kind)kind, k)); k++) {
            measure(&table, image);
            yk_image_free(image);
        }
        print_kind(&table, others, &misses);
    }
    printf("gates missed: %u\n", misses);
    return 0;
}
