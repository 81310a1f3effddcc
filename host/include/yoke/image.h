/* SPDX-License-Identifier: MIT
 *
 * Images in memory: what codecs make and take, and what pipelines read and write.
 *
 * Samples are interleaved, 8 or 16 bits, 16-bit ones in the machine's byte order. Colour comes first (one
 * grey sample or red, green, blue), alpha last where there is one, straight (not premultiplied). Values are
 * encoded (sRGB-like), 0 .. 255 or 0 .. 65535. Rows start `stride` bytes apart; the memory has slack at its
 * end.
 */
#ifndef YOKE_IMAGE_H
#define YOKE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct yk_metadata; /* what travels beside the pixels; see yoke/metadata.h */

/* The sample layout of an image. colours: 1 or 3; alpha: 0 or 1; depth: 8 or 16 (bits per sample). */
struct yk_format {
    uint8_t colours;
    uint8_t alpha;
    uint8_t depth;
};

struct yk_image {
    uint32_t width, height; /* pixels, both at least 1 */
    struct yk_format format;
    size_t stride;                /* bytes from one row to the next, a multiple of 64 */
    uint8_t *pixels;              /* height * stride bytes, owned by the image */
    struct yk_metadata *metadata; /* owned by the image, may be NULL */
};

/* What an image may cost; checked before anything is allocated. 0 in a field means its default. */
struct yk_limits {
    uint64_t max_pixels;      /* width * height; default 268402689 (16383 squared, as sharp and libvips) */
    uint32_t max_side;        /* width or height; default 1000000 (libpng's own limit) */
    uint64_t max_chunk_bytes; /* one ancillary chunk after inflation; default 8000000 (libpng's own limit) */
    uint32_t max_chunks;      /* ancillary chunks kept; default 1000 (libpng's own limit) */
    uint64_t max_file_bytes;  /* encoded file; default 4 GiB */
};

/* `limits` (NULL: all defaults) with every 0 replaced by its default. */
struct yk_limits yk_limits_resolve(const struct yk_limits *limits);

/* Samples per pixel (1 .. 4) and bytes per pixel (1 .. 8) of a format. */
unsigned yk_format_channels(struct yk_format format);
unsigned yk_format_bytes(struct yk_format format);

/* The format's name: "gray8", "graya8", "rgb8", "rgba8", "gray16", ... Static storage. */
const char *yk_format_name(struct yk_format format);

/* Makes an image with uninitialised pixels and no metadata. The size is checked against `limits` (NULL:
 * defaults) and for overflow before it is allocated.
 * Success: *image is owned by the caller, free with yk_image_free. Failure: *image untouched.
 * Errors: YK_ERR_INVALID (zero side, bad format), YK_ERR_LIMIT, YK_ERR_NOMEM. Any thread. */
enum yk_status yk_image_create(struct yk_image **image, uint32_t width, uint32_t height,
                               struct yk_format format, const struct yk_limits *limits,
                               struct yk_error *error);

/* Frees image, pixels and metadata; NULL is allowed. */
void yk_image_free(struct yk_image *image);

/* First byte of row y (0 <= y < height). */
static inline uint8_t *yk_image_row(const struct yk_image *image, uint32_t y)
{
    return image->pixels + (size_t)y * image->stride;
}

#ifdef __cplusplus
}
#endif

#endif
