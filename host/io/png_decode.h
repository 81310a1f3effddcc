/* SPDX-License-Identifier: MIT
 *
 * The fast way from a PNG file's compressed pixels to an image: inflate, unfilter and convert strip by strip
 * in the cache. Only for files that are plain in every respect; libpng judges all others, and the chunks of
 * these.
 */
#ifndef YOKE_IO_PNG_DECODE_H
#define YOKE_IO_PNG_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/image.h>
#include <yoke/status.h>

#include "png_scan.h"

/* How the samples of a file become those of an image, from its header, palette and transparency. */
struct yk_png_pixels {
    uint8_t channels, depth; /* in the file; one channel for a palette */
    bool palette, keyed;     /* keyed: pixels equal to `key` become transparent */
    uint16_t key[3];         /* at the file's depth; grey in key[0] */
    uint8_t colours[256][4]; /* palette: red, green, blue, alpha; unused entries black and opaque */
};

/* Whether the fast way takes such a file at all: regular, its chunks not longer than libpng allows.
 * `filtered`: bytes that its pixel data must inflate to. `chunk_max`: the limit for other chunks. */
bool yk_png_decode_takes(const struct yk_png_scan *scan, uint64_t filtered, uint64_t chunk_max);

/* One image on its way, from the top down. One thread at a time. */
struct yk_png_decoder;

/* Prepares for the pixel data at scan->idat_at of a file of width x height pixels, which become samples of
 * `format`. data, scan and pixels are borrowed until the end. NULL: out of memory. The caller owns it:
 * yk_png_decoder_free (NULL is allowed). */
struct yk_png_decoder *yk_png_decoder_create(const uint8_t *data, const struct yk_png_scan *scan,
                                             const struct yk_png_pixels *pixels, uint32_t width,
                                             uint32_t height, struct yk_format format);
void yk_png_decoder_free(struct yk_png_decoder *decoder);

enum yk_png_decoded {
    YK_PNG_DECODED,
    YK_PNG_DOUBTFUL, /* a fault, CRCs and Adler-32 included: what was decoded says nothing, libpng must decide
                      */
    YK_PNG_NO_MEMORY
};

/* All rows into `image`, whose size and format are those given to create. Once, and instead of
 * yk_png_decoder_rows. Anything but YK_PNG_DECODED: the image's content is undefined. */
enum yk_png_decoded yk_png_decoder_image(struct yk_png_decoder *decoder, struct yk_image *image);

/* Rows y0 .. y1 - 1 in the decoder's own memory, *stride bytes apart, until the next call. Neither y0 nor y1
 * may decrease from call to call: what lies above y0 is not kept. */
enum yk_png_decoded yk_png_decoder_rows(struct yk_png_decoder *decoder, uint32_t y0, uint32_t y1,
                                        const uint8_t **rows, size_t *stride);

/* The rows that nobody asked for, and the stream's end: only after this is what was decoded known to be well.
 * Last, and once. */
enum yk_png_decoded yk_png_decoder_end(struct yk_png_decoder *decoder);

/* Rows of a file's samples to rows of an image, `width` pixels (contract of the converters in png_convert.c).
 */
void yk_png_convert_row(const struct yk_png_pixels *pixels, const uint8_t *from, uint8_t *to, uint32_t width);

#endif
