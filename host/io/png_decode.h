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

/* Decodes the pixel data at scan->idat_at into `image`, whose size and format fit the header. *done tells
 * whether that went without any fault, CRCs and Adler-32 included; where not, the image's content is
 * undefined and libpng must decide. Errors: YK_ERR_NOMEM. Any thread. */
enum yk_status yk_png_decode_pixels(const uint8_t *data, const struct yk_png_scan *scan,
                                    const struct yk_png_pixels *pixels, struct yk_image *image, bool *done,
                                    struct yk_error *error);

/* Rows of a file's samples to rows of an image, `width` pixels (contract of the converters in png_convert.c).
 */
void yk_png_convert_row(const struct yk_png_pixels *pixels, const uint8_t *from, uint8_t *to, uint32_t width);

#endif
