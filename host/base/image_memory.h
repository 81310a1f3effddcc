/* SPDX-License-Identifier: MIT
 * The two halves of yk_image_create and yk_image_free: an image that is known before its pixels are needed,
 * and pixels from memory that is used again. */
#ifndef YOKE_BASE_IMAGE_MEMORY_H
#define YOKE_BASE_IMAGE_MEMORY_H

#include <yoke/image.h>
#include <yoke/status.h>

#include "shelf.h"

/* As yk_image_create, but without pixel memory: image->pixels is NULL, everything else as usual. */
enum yk_status yk_image_outline(struct yk_image **image, uint32_t width, uint32_t height,
                                struct yk_format format, const struct yk_limits *limits,
                                struct yk_error *error);

/* Gives such an image its pixel memory, from `shelf` or (NULL) from the allocator; uninitialised. Errors:
 * YK_ERR_NOMEM. */
enum yk_status yk_image_allocate(struct yk_image *image, struct yk_shelf *shelf, struct yk_error *error);

/* As yk_image_free, with the pixel memory back to the shelf (NULL is allowed) if it is from there. */
void yk_image_recycle(struct yk_image *image, struct yk_shelf *shelf);

#endif
