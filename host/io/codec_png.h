/* SPDX-License-Identifier: MIT
 *
 * What the files of the PNG codec share. The codec goes through libpng's classic row API alone: neither the
 * simplified API nor quantisation is used, which is where most of libpng's published faults were.
 *
 * libpng reports an error by longjmp. Everything that must outlive one is in a structure on the heap, and
 * every function that calls libpng between setjmp and return holds no resource in a local variable.
 */
#ifndef YOKE_IO_CODEC_PNG_H
#define YOKE_IO_CODEC_PNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <png.h>

#include <yoke/codec.h>
#include <yoke/metadata.h>

#include "png_scan.h"

enum {
    /* Bytes of text and profiles that one file may bring, after inflation: more than libpng's limit for one
     * chunk, and so little that no small file costs 32 MB of memory or a tenth of a second. */
    YK_PNG_METADATA_MAX = 8 << 20
};

extern const struct yk_codec yk_codec_png;

/* One use of libpng, for reading or writing: its structures, its memory account, its last message. */
struct yk_png_session {
    png_structp png;
    png_infop info;
    uint64_t memory;     /* bytes libpng holds now */
    uint64_t memory_max; /* bytes it may hold; more is an error */
    bool no_memory;      /* an allocation failed */
    bool over_limit;     /* memory_max or the limit on wasted inflation was reached */
    char message[256];   /* libpng's text of the error */
};

/* Starts libpng for reading or writing. `session` is zeroed by the caller, has memory_max set, and stays at
 * its place until yk_png_session_end, which must follow in any case. false: see yk_png_session_fail. */
bool yk_png_session_begin(struct yk_png_session *session, bool reading, png_error_ptr warn);
void yk_png_session_end(struct yk_png_session *session, bool reading);

/* Fills `error` from what libpng said and returns its status: YK_ERR_NOMEM, YK_ERR_LIMIT, or `otherwise`. */
enum yk_status yk_png_session_fail(const struct yk_png_session *session, enum yk_status otherwise,
                                   struct yk_error *error);

/* Whether 16-bit samples must be swapped between memory and file. */
bool yk_png_swaps(void);

struct yk_png_reader {
    struct yk_png_session session;
    struct yk_limits limits;
    struct yk_png_scan scan;
    const uint8_t *data; /* borrowed: the file */
    size_t size, at;
    bool stand_in; /* libpng gets an IDAT without pixels in place of the file's, which are decoded without it
                    */
    size_t stand_in_at; /* bytes it has read of that */
    uint64_t wasted;    /* bytes that may have been inflated for chunks that were then dropped */
    size_t wasted_at;   /* file position up to which they are counted */
    /* From the header: */
    struct yk_image_info header;
    uint8_t file_channels; /* samples per pixel in the file; 1 for a palette */
    /* Under way: */
    struct yk_image *image;
    struct yk_metadata *metadata;
};

/* Opens the file in memory and reads everything before the pixels. The header is checked against the limits.
 * `fast`: with an IDAT that stands in, if the file may be decoded that way; see reader->stand_in.
 * Success: *reader is owned by the caller, free with yk_png_reader_close. `data` is borrowed until then.
 * Errors: YK_ERR_FORMAT, YK_ERR_LIMIT, YK_ERR_NOMEM. */
enum yk_status yk_png_reader_open(struct yk_png_reader **reader, const uint8_t *data, size_t size, bool fast,
                                  const struct yk_limits *limits, struct yk_error *error);
/* Frees the reader with its unfinished image and metadata; NULL is allowed. */
void yk_png_reader_close(struct yk_png_reader *reader);

/* Bytes that inflating the pixel data must give: every row of every pass with its filter byte. false where
 * that does not fit 64 bits. */
bool yk_png_filtered_size(const struct yk_png_reader *reader, uint64_t *size);

/* Whether the file's pixel data can fill its image at all: pixel memory is taken only for such data, a header
 * of some bytes must not cost gigabytes. Also allows libpng what it needs for rows. Errors: YK_ERR_FORMAT,
 * YK_ERR_NOMEM. */
enum yk_status yk_png_check_complete(struct yk_png_reader *reader, struct yk_error *error);

/* Copies what libpng knows beside the pixels into reader->metadata (NULL where there is nothing), once
 * the file is read to its end.
 * Errors: YK_ERR_LIMIT (over YK_PNG_METADATA_MAX), YK_ERR_NOMEM. */
enum yk_status yk_png_meta_read(struct yk_png_reader *reader, struct yk_error *error);

/* Gives metadata to libpng (it copies all) before png_write_info. What the file cannot hold is left out: a
 * profile of another colour space, a text without a usable keyword. Needs an armed setjmp. */
void yk_png_meta_write(png_structp png, png_infop info, const struct yk_metadata *metadata, bool grey);

enum yk_status yk_png_info(const uint8_t *data, size_t size, const struct yk_limits *limits,
                           struct yk_image_info *info, struct yk_error *error);
enum yk_status yk_png_decode(const uint8_t *data, size_t size, const struct yk_limits *limits,
                             struct yk_image **image, struct yk_error *error);
/* The two ways of yk_png_decode, which takes the second after *again. fast: pixels without libpng; *again:
 * that found a fault, or does not take such a file, and says nothing about it; `image` is untouched. slow: by
 * libpng alone, the judge of the fast way. */
enum yk_status yk_png_decode_fast(const uint8_t *data, size_t size, const struct yk_limits *limits,
                                  struct yk_image **image, bool *again, struct yk_error *error);
enum yk_status yk_png_decode_slow(const uint8_t *data, size_t size, const struct yk_limits *limits,
                                  struct yk_image **image, struct yk_error *error);

/* The fast way in pieces: rows_begin and so on of struct yk_codec. */
enum yk_status yk_png_rows_open(void **state, const uint8_t *data, size_t size,
                                const struct yk_limits *limits, struct yk_image_info *info,
                                struct yk_error *error);
enum yk_status yk_png_rows_image(void *state, struct yk_image *image, struct yk_error *error);
enum yk_status yk_png_rows_get(void *state, uint32_t y0, uint32_t y1, const uint8_t **rows, size_t *stride,
                               struct yk_error *error);
enum yk_status yk_png_rows_end(void *state, struct yk_metadata **metadata, struct yk_error *error);
void yk_png_rows_close(void *state);
enum yk_status yk_png_encode(const struct yk_image *image, const struct yk_encode_options *options,
                             struct yk_bytes *bytes, struct yk_error *error);

#endif
