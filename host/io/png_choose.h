/* SPDX-License-Identifier: MIT
 *
 * How an image is to be written: filter and coder, from the effort asked for and a sample of its rows.
 * Depends on the pixels and the effort alone.
 */
#ifndef YOKE_IO_PNG_CHOOSE_H
#define YOKE_IO_PNG_CHOOSE_H

#include <yoke/codec.h>

#include "png_strip.h"

/* `level`: as in struct yk_encode_options. Errors: YK_ERR_NOMEM. */
enum yk_status yk_png_choose(const struct yk_png_rows *source, int level, struct yk_png_plan *plan,
                             struct yk_error *error);

#endif
