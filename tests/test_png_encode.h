/* SPDX-License-Identifier: MIT
 * What the files of the suite for the PNG encoder share. The judges are libpng (through test_png.h's own
 * reader), zlib, libdeflate and ISA-L, and where they are installed pngcheck and libspng. */
#ifndef YOKE_TESTS_TEST_PNG_ENCODE_H
#define YOKE_TESTS_TEST_PNG_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/image.h>

/* How the samples of a test image are made: together they lead to every filter and coder. */
enum content {
    CONTENT_NOISE,    /* incompressible */
    CONTENT_FLAT,     /* one colour */
    CONTENT_SMOOTH,   /* a gradient with a little noise, like a photograph */
    CONTENT_DRAWN,    /* rectangles of few colours */
    CONTENT_PERIODIC, /* a pattern that repeats */
    CONTENTS
};

/* An image of `content`, owned by the caller. Equal arguments give equal images. */
struct yk_image *content_image(uint32_t width, uint32_t height, struct yk_format format, enum content content,
                               uint64_t seed);

/* Format number 0 .. 7. */
struct yk_format format_at(unsigned index);

void test_encode_filters(void);
void test_encode_filters_literal(void);
void test_encode_huffman(void);
void test_encode_deflate(void);
void test_encode_deflate_runs(void);
void test_encode_deflate_uncounted(void);
void test_encode_deflate_pairs(void);
void test_encode_count(void);
void test_encode_prices(void);
void test_encode_priced_run(void);
void test_encode_priced_end(void);
void test_encode_priced_text(void);
void test_encode_streams(void);
void test_encode_adler(void);

#endif
