/* SPDX-License-Identifier: MIT
 *
 * The PNG encoder in parts (the begin, part, finish and abort of struct yk_codec): strips are coded on any
 * threads, then joined into a file.
 */
#ifndef YOKE_IO_PNG_ENCODE_H
#define YOKE_IO_PNG_ENCODE_H

#include <yoke/codec.h>

#include "png_strip.h"

/* A strip holds about this many bytes: large enough that starting afresh costs under 0.1 %, small enough for
 * a core's cache and for sharing an image between threads. The better searches gain from longer ones. */
enum { YK_PNG_STRIP_BYTES = 512 << 10, YK_PNG_STRIP_BYTES_SEARCHED = 2 << 20 };

enum yk_status yk_png_encode_begin(void **state, const struct yk_image *image,
                                   const struct yk_encode_options *options, size_t *parts,
                                   struct yk_error *error);
enum yk_status yk_png_encode_part(void *state, size_t part, struct yk_error *error);
enum yk_status yk_png_encode_finish(void *state, struct yk_bytes *bytes, struct yk_error *error);
void yk_png_encode_abort(void *state);

/* As begin, with a given plan and strips of `strip_rows` rows instead of chosen ones: for tests. */
enum yk_status yk_png_encode_begin_as(void **state, const struct yk_image *image,
                                      const struct yk_png_plan *plan, uint32_t strip_rows, size_t *parts,
                                      struct yk_error *error);

#endif
