/* SPDX-License-Identifier: MIT
 *
 * What the files of the PNG suite share: an independent reader (libpng without any transform, samples,
 * palette and transparency interpreted here), a writer of raw chunks, and small files to damage.
 */
#ifndef YOKE_TESTS_TEST_PNG_H
#define YOKE_TESTS_TEST_PNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <png.h>

#include <yoke/codec.h>
#include <yoke/image.h>

/* A decoded file as it is stored: one sample per byte for depths up to 8, two bytes (big-endian) for 16. */
struct plain {
    uint32_t width, height;
    int colour_type, depth, channels;
    png_color palette[256]; /* zero past the entries of the file */
    uint8_t palette_alpha[256];
    bool keyed;
    png_color_16 key;
    uint8_t *samples; /* owned */
    size_t row_bytes;
};

/* Decodes with libpng's defaults. false: libpng refuses the file. Free with plain_free in either case. */
bool plain_decode(const uint8_t *data, size_t size, struct plain *plain);
void plain_free(struct plain *plain);

/* The sample as it is in the file. */
unsigned plain_sample(const struct plain *plain, uint32_t x, uint32_t y, int channel);

/* Whether the decoded image has exactly the layout and pixels that the file's samples stand for. */
bool plain_matches(const struct plain *plain, const struct yk_image *image);

/* A growing file. */
struct bytes {
    uint8_t *data; /* malloc'ed; free() it */
    size_t size;
};
void bytes_put(struct bytes *bytes, const void *data, size_t size);
/* Appends a chunk with a correct CRC. */
void bytes_chunk(struct bytes *bytes, const char *type, const void *data, size_t size);
/* Appends signature and IHDR. */
void bytes_header(struct bytes *bytes, uint32_t width, uint32_t height, int depth, int colour_type,
                  int interlace);
/* Appends IDAT (zlib, level 9, of `size` bytes with their filter bytes) and IEND. */
void bytes_pixels(struct bytes *bytes, const void *filtered, size_t size);
/* Appends a compressed text chunk whose text is `size` times 'a'. */
void bytes_ztxt(struct bytes *bytes, const char *keyword, size_t size);

/* Offset of the first chunk of this type behind `from` (its length field), or SIZE_MAX. */
size_t png_find(const uint8_t *data, size_t size, size_t from, const char *type);

/* A file written by plain libpng: seeded samples of any type and depth, with or without interlace, palette
 * transparency or colour key where the type has one, and some text before and after the pixels. */
struct bytes sample_file(uint32_t width, uint32_t height, int colour_type, int depth, bool interlaced,
                         bool transparent, uint64_t seed);

/* Decodes with the codec under test and with plain libpng: same verdict, same pixels? Prints `label` if not.
 */
bool same_as_plain(const uint8_t *data, size_t size, const char *label);

void test_png_metadata_round_trip(void);
void test_png_metadata_exclusive(void);
void test_png_metadata_unusable(void);
void test_png_metadata_read(void);
void test_png_truncated(void);
void test_png_damaged(void);
void test_png_limits(void);
void test_png_early_chunk(void);
void test_png_incomplete(void);
void test_png_text_bombs(void);

#endif
