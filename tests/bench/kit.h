/* SPDX-License-Identifier: MIT
 *
 * What the codec benchmarks share: processor time, files, libpng as others use it, ratios with their spread,
 * gates. One thread. An error that a benchmark cannot measure past ends the program.
 */
#ifndef YOKE_BENCH_KIT_H
#define YOKE_BENCH_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/codec.h>
#include <yoke/image.h>

#include "images.h"

enum { BENCH_ROUNDS = 25, BENCH_WAYS = 10, BENCH_FILES = 64 };

/* Seconds of processor time of this thread: other jobs on the machine count less. */
double bench_seconds(void);

/* The file's content, NULL where it cannot be read; free() it. */
uint8_t *bench_read(const char *path, size_t *size);

/* Photographs to measure with, at the most `most`, evenly taken: the corpus of ./dev bench peers, or the
 * project's own pictures. Returns how many. The paths stay valid. */
unsigned bench_photographs(const char *paths[BENCH_FILES], unsigned most);
/* The Kodak set where it lies beside the source folder; else none. */
unsigned bench_kodak(const char *paths[BENCH_FILES], unsigned most);

/* A PNG file of libpng's: level 0 .. 9; filters: libpng's flags, or -1 for what it does by itself. */
void bench_libpng_encode(const struct yk_image *image, int level, int filters, struct yk_bytes *bytes);

/* Decodes with libpng into rows of `stride` bytes; quick: without checksums, and with a larger buffer. */
void bench_libpng_decode(const uint8_t *data, size_t size, bool quick, uint8_t *pixels, size_t stride);

/* Times of every way in every round, summed over the images of one kind. */
struct bench_table {
    char name[32];
    unsigned images, rounds;
    double bytes; /* of pixels */
    double seconds[BENCH_WAYS][BENCH_ROUNDS], size[BENCH_WAYS];
};

struct bench_spread {
    double least, median, greatest;
};

struct bench_spread bench_median(const double *values, unsigned count);
/* How many times faster `way` is than `than`, by round. */
struct bench_spread bench_ratio(const struct bench_table *table, int way, int than);

/* "pass" or "MISS", and counts the misses. */
const char *bench_gate(bool holds, unsigned *misses);

/* Reads [-n ROUNDS] and returns the index of the first other word. */
int bench_options(int count, char **words, unsigned *rounds);

#endif
