/* SPDX-License-Identifier: MIT
 *
 * Undoing PNG's row filters (specification, section 9), at the level of this processor. Plain C is the
 * reference that the tests hold the other levels against.
 */
#ifndef YOKE_IO_PNG_UNFILTER_H
#define YOKE_IO_PNG_UNFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    YK_UNFILTER_ROWS = 8,  /* most rows of one call, and the best number */
    YK_UNFILTER_SLACK = 32 /* readable bytes that must follow every row that is read */
};

/* The filter bytes. */
enum { YK_UNFILTER_NONE, YK_UNFILTER_SUB, YK_UNFILTER_UP, YK_UNFILTER_AVERAGE, YK_UNFILTER_PAETH };

struct yk_unfilter {
    unsigned bpp; /* bytes from one pixel to the next, at least 1 */
    size_t row_bytes;
    /* One row; YK_UNFILTER_ROWS rows, or NULL. The filter bytes are in front of the rows, and valid. */
    void (*row)(const struct yk_unfilter *how, const uint8_t *in, const uint8_t *above, uint8_t *out);
    void (*wave)(const struct yk_unfilter *how, const uint8_t *in, const uint8_t *above, uint8_t *const *out);
};

/* bpp: 1, 2, 3, 4, 6 or 8. */
struct yk_unfilter yk_unfilter_choose(unsigned bpp, size_t row_bytes);

/* Unfilters `rows` rows that follow each other, each row_bytes + 1 long with its filter byte in front, below
 * the row `above` (zeros above the first row of an image). Exactly row_bytes are written to each out[]; no
 * buffer overlaps another. false, and nothing written: a filter byte is over 4. Any thread. */
bool yk_unfilter_rows(const struct yk_unfilter *how, const uint8_t *in, const uint8_t *above,
                      uint8_t *const *out, unsigned rows);

/* The plain row, and x86-64 v3. The wave is for 1 to 4 bytes a pixel. */
void yk_unfilter_row_plain(const struct yk_unfilter *how, const uint8_t *in, const uint8_t *above,
                           uint8_t *out);
void yk_unfilter_row_v3(const struct yk_unfilter *how, const uint8_t *in, const uint8_t *above, uint8_t *out);
void yk_unfilter_wave_v3(const struct yk_unfilter *how, const uint8_t *in, const uint8_t *above,
                         uint8_t *const *out);

#endif
