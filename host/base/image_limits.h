/* SPDX-License-Identifier: MIT
 * The check of an image's size against struct yk_limits, shared by yk_image_create and the codecs, so that a
 * header and an allocation are judged by the same rule and the same words. */
#ifndef YOKE_BASE_IMAGE_LIMITS_H
#define YOKE_BASE_IMAGE_LIMITS_H

#include <stdint.h>

#include <yoke/image.h>
#include <yoke/status.h>

/* Whether an image of width x height pixels is within `limits` (NULL: defaults). Allocates nothing.
 * Errors: YK_ERR_INVALID (a side is zero), YK_ERR_LIMIT. Any thread. */
enum yk_status yk_limits_check(const struct yk_limits *limits, uint32_t width, uint32_t height,
                               struct yk_error *error);

#endif
