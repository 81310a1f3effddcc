/* SPDX-License-Identifier: MIT
 *
 * File formats behind one table: probe, info, decode, encode. Memory to memory; no codec touches a file.
 * A codec is one file in host/io and one line in host/io/codec.c.
 *
 * Input is not trusted: every size is checked against `limits` before it is allocated, a failure leaves
 * nothing behind, and no content may crash, hang or leak. Any thread may call; a call keeps no state.
 */
#ifndef YOKE_CODEC_H
#define YOKE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/image.h>
#include <yoke/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the header says, before any pixel is decoded. */
struct yk_image_info {
    const char *codec; /* name of the codec, static */
    uint32_t width, height;
    struct yk_format format; /* the layout that decoding will give */
    uint8_t file_depth;      /* bits per sample in the file: 1, 2, 4, 8, 16 */
    const char *file_type;   /* "gray", "gray+alpha", "palette", "rgb", "rgba"; static */
    bool interlaced;
    bool transparency; /* a colour key or palette alpha (PNG tRNS) becomes the alpha channel */
    bool animated;     /* it holds more pictures than the one that decoding gives (PNG acTL) */
    bool parallel;     /* it has an index into its compressed data (PNG iDOT), true for this file alone */
};

/* Efforts beside the numbers. For PNG, size and speed against libpng at its default: about 1.0 times at 40
 * times the speed (photographs; 15 and more for others); at the most 1.3 times, never slower than balanced;
 * smaller than its level 9. */
enum yk_effort {
    YK_EFFORT_BALANCED = -1, /* the default */
    YK_EFFORT_FAST = -11,
    YK_EFFORT_SMALL = -12
};

struct yk_encode_options {
    int level; /* compression effort: 0 .. 9, or an enum yk_effort */
};

struct yk_bytes {
    uint8_t *data; /* owned; free with yk_bytes_free */
    size_t size;
};

struct yk_codec {
    const char *name;              /* "png" */
    const char *const *extensions; /* without the dot, lower case, NULL at the end */
    /* Whether the first bytes are this format's signature. */
    bool (*probe)(const uint8_t *data, size_t size);
    /* Reads the header and checks it against the limits. */
    enum yk_status (*info)(const uint8_t *data, size_t size, const struct yk_limits *limits,
                           struct yk_image_info *info, struct yk_error *error);
    /* Decodes to a new image owned by the caller, metadata included. Errors: YK_ERR_FORMAT, _LIMIT, _NOMEM.
     */
    enum yk_status (*decode)(const uint8_t *data, size_t size, const struct yk_limits *limits,
                             struct yk_image **image, struct yk_error *error);
    /* Decodes from the top down, a few rows at a time, so that the image need not exist as a whole; or all
     * NULL. rows_open, then either rows_image (all rows into an image of info's size and format) or any
     * number of rows_get (rows y0 .. y1 - 1 in the state's memory until the next call; neither y0 nor y1 may
     * decrease), then rows_end (checks what is left of the file; *metadata is the caller's, NULL: none), then
     * rows_close (after a failure too; NULL is allowed). `data` is borrowed until then. One thread at a time.
     * YK_ERR_UNSUPPORTED, from any of them: this way found something that it does not take, which says
     * nothing about the file, and what it gave is void: decode() is to be asked. Other errors: as decode's.
     */
    enum yk_status (*rows_open)(void **state, const uint8_t *data, size_t size,
                                const struct yk_limits *limits, struct yk_image_info *info,
                                struct yk_error *error);
    enum yk_status (*rows_image)(void *state, struct yk_image *image, struct yk_error *error);
    enum yk_status (*rows_get)(void *state, uint32_t y0, uint32_t y1, const uint8_t **rows, size_t *stride,
                               struct yk_error *error);
    enum yk_status (*rows_end)(void *state, struct yk_metadata **metadata, struct yk_error *error);
    void (*rows_close)(void *state);
    /* Encodes to a new buffer owned by the caller. The bytes depend on image, metadata and options only. */
    enum yk_status (*encode)(const struct yk_image *image, const struct yk_encode_options *options,
                             struct yk_bytes *bytes, struct yk_error *error);
    /* The same in parts, as yk_encoder_begin and so on below, or all NULL. finish and abort end the state. */
    enum yk_status (*begin)(void **state, const struct yk_image *image,
                            const struct yk_encode_options *options, size_t *parts, struct yk_error *error);
    enum yk_status (*part)(void *state, size_t part, struct yk_error *error);
    enum yk_status (*finish)(void *state, struct yk_bytes *bytes, struct yk_error *error);
    void (*abort)(void *state);
};

/* ---- Encoding one image on several threads ----
 * begin, then every part once, in any order and on any threads, then finish. The parts depend on the image
 * and the options only, never on the number of threads, so the bytes do not either. `encode` is the same in
 * one call. */

struct yk_encoder; /* opaque */

/* Prepares: chooses how to encode from the image's content and says how many parts there are (at least 1).
 * `image` is borrowed until the end. Success: *encoder is owned by the caller, end it with yk_encoder_finish
 * or _abort. */
enum yk_status yk_encoder_begin(struct yk_encoder **encoder, const struct yk_codec *codec,
                                const struct yk_image *image, const struct yk_encode_options *options,
                                size_t *parts, struct yk_error *error);

/* Encodes part number `part`. After a failure only yk_encoder_abort may follow. */
enum yk_status yk_encoder_part(struct yk_encoder *encoder, size_t part, struct yk_error *error);

/* Joins the parts: *bytes is owned by the caller. Ends the encoder, also on failure. */
enum yk_status yk_encoder_finish(struct yk_encoder *encoder, struct yk_bytes *bytes, struct yk_error *error);

/* Ends an encoder without a result; NULL is allowed. No part may be running. */
void yk_encoder_abort(struct yk_encoder *encoder);

/* The codec whose signature `data` starts with, or NULL. */
const struct yk_codec *yk_codec_probe(const uint8_t *data, size_t size);

/* The codec for a file name's extension (any case), or NULL. */
const struct yk_codec *yk_codec_for_name(const char *path);

/* Codec number `index`, NULL past the end: for listings. */
const struct yk_codec *yk_codec_at(size_t index);

/* Frees the data and clears the structure; an empty one is allowed. */
void yk_bytes_free(struct yk_bytes *bytes);

#ifdef __cplusplus
}
#endif

#endif
