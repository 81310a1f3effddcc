/* SPDX-License-Identifier: MIT
 * What the files of the suite for the fast PNG decoder share. The judge is libpng: through test_png.h's own
 * reader, and through the codec's slow way. */
#ifndef YOKE_TESTS_TEST_PNG_FAST_H
#define YOKE_TESTS_TEST_PNG_FAST_H

#include "test_png.h"

/* The kinds of PNG: colour type and depth. */
struct kind {
    int type, depth;
};
enum { KINDS = 15 };
extern const struct kind kinds[KINDS];

/* Bits of a pixel; bytes of a row without its filter byte. */
unsigned kind_bits(struct kind kind);
size_t kind_row_bytes(struct kind kind, uint32_t width);

/* A file of these stored rows (filter bytes included), not interlaced, compressed by zlib at `level`, its
 * data cut into IDATs of `piece` bytes; with a palette where the type needs one, and with transparency if
 * wanted. */
struct bytes stored_file(struct kind kind, uint32_t width, uint32_t height, const uint8_t *rows,
                         bool transparent, int level, size_t piece);

/* Decodes both ways: same verdict, pixels and metadata, and test_png.h's reader agrees too? Prints `label` if
 * not. */
bool same_both_ways(const uint8_t *data, size_t size, const char *label);

/* Decodes with the fast way as a whole and in pieces, of one of several kinds by the file's size: same rows,
 * same verdict? Prints `label` if not. same_both_ways asks this too. */
bool same_in_rows(const uint8_t *data, size_t size, const char *label);

/* Whether the fast way decodes the file without help. */
bool goes_fast(const uint8_t *data, size_t size);

/* Calls `test` once for each level of the processor up to this machine's, with YOKE_CPU set to it. */
void for_each_level(void (*test)(void));

/* Makes the checksums of all chunks right, and the Adler-32 of the pixel data too where zlib can inflate it:
 * puts it behind the end of the deflate data, where the file's own was. */
void repair_file(uint8_t *data, size_t size);

void test_fast_inflate_literal(void);
void test_fast_inflate_mutants(void);
void test_fast_inflate_streams(void);
void test_fast_unfilter(void);
void test_fast_rows(void);
void test_fast_truncated(void);
void test_fast_mutants(void);
void test_fast_bombs(void);

#endif
