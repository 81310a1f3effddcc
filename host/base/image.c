/* SPDX-License-Identifier: MIT
 * Image memory, sample formats, size limits (contract in yoke/image.h). Depends on mem, shelf and metadata
 * only. */
#include <yoke/image.h>
#include <yoke/metadata.h>

#include <inttypes.h>
#include <stdlib.h>

#include "image_limits.h"
#include "image_memory.h"
#include "mem.h"

struct yk_limits yk_limits_resolve(const struct yk_limits *limits)
{
    struct yk_limits all = limits ? *limits : (struct yk_limits){0};
    if (all.max_pixels == 0)
        all.max_pixels = UINT64_C(16383) * 16383;
    if (all.max_side == 0)
        all.max_side = 1000000;
    if (all.max_chunk_bytes == 0)
        all.max_chunk_bytes = 8000000;
    if (all.max_chunks == 0)
        all.max_chunks = 1000;
    if (all.max_file_bytes == 0)
        all.max_file_bytes = UINT64_C(1) << 32;
    return all;
}

enum yk_status yk_limits_check(const struct yk_limits *limits, uint32_t width, uint32_t height,
                               struct yk_error *error)
{
    struct yk_limits all = yk_limits_resolve(limits);
    if (width == 0 || height == 0)
        return yk_error_set(error, YK_ERR_INVALID, "an image of %" PRIu32 "x%" PRIu32 " has no pixels", width,
                            height);
    if (width > all.max_side || height > all.max_side)
        return yk_error_set(error, YK_ERR_LIMIT,
                            "the image of %" PRIu32 "x%" PRIu32 " is over the limit of %" PRIu32
                            " pixels for one side",
                            width, height, all.max_side);
    uint64_t pixels = (uint64_t)width * height; /* two 32-bit factors cannot overflow */
    if (pixels > all.max_pixels)
        return yk_error_set(error, YK_ERR_LIMIT,
                            "the image of %" PRIu32 "x%" PRIu32 " has %" PRIu64
                            " pixels, over the limit of %" PRIu64,
                            width, height, pixels, all.max_pixels);
    return YK_OK;
}

static bool format_is_valid(struct yk_format format)
{
    return (format.colours == 1 || format.colours == 3) && format.alpha <= 1 &&
           (format.depth == 8 || format.depth == 16);
}

unsigned yk_format_channels(struct yk_format format)
{
    return (unsigned)format.colours + format.alpha;
}

unsigned yk_format_bytes(struct yk_format format)
{
    return yk_format_channels(format) * format.depth / 8u;
}

const char *yk_format_name(struct yk_format format)
{
    static const char *const names[2][2][2] = {
        {{"gray8", "gray16"}, {"graya8", "graya16"}},
        {{"rgb8", "rgb16"}, {"rgba8", "rgba16"}},
    };
    if (!format_is_valid(format))
        return "invalid";
    return names[format.colours == 3][format.alpha][format.depth == 16];
}

static enum yk_status no_memory(uint32_t width, uint32_t height, struct yk_format format,
                                struct yk_error *error)
{
    return yk_error_set(error, YK_ERR_NOMEM, "no memory for an image of %" PRIu32 "x%" PRIu32 " pixels, %s",
                        width, height, yk_format_name(format));
}

enum yk_status yk_image_outline(struct yk_image **image, uint32_t width, uint32_t height,
                                struct yk_format format, const struct yk_limits *limits,
                                struct yk_error *error)
{
    if (!format_is_valid(format))
        return yk_error_set(error, YK_ERR_INVALID,
                            "there is no image format of %u colours, %u alpha, %u bits", format.colours,
                            format.alpha, format.depth);
    enum yk_status status = yk_limits_check(limits, width, height, error);
    if (status != YK_OK)
        return status;

    uint64_t stride, total;
    if (!yk_size_mul(width, yk_format_bytes(format), &stride) ||
        !yk_size_add(stride, YK_MEM_ALIGN - 1, &stride))
        return no_memory(width, height, format, error);
    stride -= stride % YK_MEM_ALIGN;
    if (!yk_size_mul(stride, height, &total) || total > SIZE_MAX)
        return no_memory(width, height, format, error);
    struct yk_image *made = calloc(1, sizeof *made);
    if (!made)
        return no_memory(width, height, format, error);
    made->width = width;
    made->height = height;
    made->format = format;
    made->stride = (size_t)stride;
    *image = made;
    return YK_OK;
}

enum yk_status yk_image_allocate(struct yk_image *image, struct yk_shelf *shelf, struct yk_error *error)
{
    image->pixels = yk_shelf_take(shelf, (uint64_t)image->stride * image->height);
    return image->pixels ? YK_OK : no_memory(image->width, image->height, image->format, error);
}

enum yk_status yk_image_create(struct yk_image **image, uint32_t width, uint32_t height,
                               struct yk_format format, const struct yk_limits *limits,
                               struct yk_error *error)
{
    struct yk_image *made = NULL;
    enum yk_status status = yk_image_outline(&made, width, height, format, limits, error);
    if (!status)
        status = yk_image_allocate(made, NULL, error);
    if (!status)
        *image = made;
    else
        yk_image_free(made);
    return status;
}

void yk_image_recycle(struct yk_image *image, struct yk_shelf *shelf)
{
    if (!image)
        return;
    yk_metadata_free(image->metadata);
    yk_shelf_give(shelf, image->pixels);
    free(image);
}

void yk_image_free(struct yk_image *image)
{
    yk_image_recycle(image, NULL);
}
