/* SPDX-License-Identifier: MIT
 *
 * Finished strips to a file in memory: header, metadata, IDAT chunks, end.
 */
#ifndef YOKE_IO_PNG_WRITE_H
#define YOKE_IO_PNG_WRITE_H

#include <yoke/codec.h>

#include "png_strip.h"

/* Writes the file. Success: *bytes is owned by the caller. Errors: YK_ERR_NOMEM, YK_ERR_INTERNAL (libpng
 * refuses the header). */
enum yk_status yk_png_write_file(const struct yk_image *image, const struct yk_png_strip *strips,
                                 size_t count, struct yk_bytes *bytes, struct yk_error *error);

#endif
