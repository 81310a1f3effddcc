/* SPDX-License-Identifier: MIT
 *
 * PNG row filters for writing (PNG 3rd edition, clause 9), and the sums by which libpng and others choose
 * one. One plain C version, which the others must equal byte for byte, and one for each vector width.
 */
#ifndef YOKE_IO_PNG_FILTER_H
#define YOKE_IO_PNG_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"

enum yk_png_filter {
    YK_PNG_NONE,
    YK_PNG_SUB,
    YK_PNG_UP,
    YK_PNG_AVERAGE,
    YK_PNG_PAETH,
    YK_PNG_FILTERS /* how many */
};

/* Both functions: `row` and `above` are rows of `bytes` >= 1 bytes in file order, pixels of `bpp` (1, 2, 3,
 * 4, 6, 8) bytes; above is a row of zeros for the image's first. Nothing outside the rows is read or written.
 * Any thread. */
struct yk_png_filters {
    /* out[0 .. bytes) = the filtered row, without the filter byte. `out` overlaps neither row. */
    void (*apply)(enum yk_png_filter filter, const uint8_t *row, const uint8_t *above, size_t bytes,
                  size_t bpp, uint8_t *out);
    /* sums[filter] = sum over the filtered row of min(v, 256 - v): how far the bytes are from zero. */
    void (*sums)(const uint8_t *row, const uint8_t *above, size_t bytes, size_t bpp,
                 uint64_t sums[YK_PNG_FILTERS]);
};

/* The functions for an instruction-set level; static storage. */
const struct yk_png_filters *yk_png_filters_at(enum yk_cpu level);

/* The filter with the least sum, the first of equals: the heuristic of the PNG specification (12.7). */
enum yk_png_filter yk_png_filter_least(const uint64_t sums[YK_PNG_FILTERS]);

extern const struct yk_png_filters yk_png_filters_plain;
#if defined(__x86_64__)
extern const struct yk_png_filters yk_png_filters_sse2;
extern const struct yk_png_filters yk_png_filters_avx2;
extern const struct yk_png_filters yk_png_filters_avx512;
#endif

#endif
