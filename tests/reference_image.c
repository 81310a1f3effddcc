/* SPDX-License-Identifier: MIT
 * The oracle's images, colour arithmetic and comparison. Definitions: sRGB from IEC 61966-2-1, luma from
 * ITU-R BT.709-6 item 3.2. */
#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ref_image *ref_create(int width, int height, int colours, int alpha, int depth)
{
    struct ref_image *image = malloc(sizeof *image);
    double *v = calloc((size_t)width * (size_t)height * (size_t)(colours + alpha), sizeof *v);
    if (!image || !v) {
        fprintf(stderr, "reference: out of memory\n");
        exit(70);
    }
    *image = (struct ref_image){width, height, colours, alpha, depth, v};
    return image;
}

struct ref_image *ref_copy(const struct ref_image *image)
{
    struct ref_image *copy =
        ref_create(image->width, image->height, image->colours, image->alpha, image->depth);
    memcpy(copy->v, image->v,
           (size_t)image->width * (size_t)image->height * (size_t)ref_channels(image) * sizeof *copy->v);
    return copy;
}

void ref_free(struct ref_image *image)
{
    if (!image)
        return;
    free(image->v);
    free(image);
}

int ref_channels(const struct ref_image *image)
{
    return image->colours + image->alpha;
}

static unsigned stored_sample(const struct yk_image *image, int x, int y, int channel)
{
    size_t at = (size_t)x * yk_format_channels(image->format) + (size_t)channel;
    const uint8_t *row = yk_image_row(image, (uint32_t)y);
    uint16_t wide;
    if (image->format.depth == 8)
        return row[at];
    memcpy(&wide, row + 2 * at, sizeof wide);
    return wide;
}

struct ref_image *ref_from_image(const struct yk_image *image)
{
    struct ref_image *result = ref_create((int)image->width, (int)image->height, image->format.colours,
                                          image->format.alpha, image->format.depth);
    for (int y = 0; y < result->height; y++)
        for (int x = 0; x < result->width; x++)
            for (int c = 0; c < ref_channels(result); c++)
                *ref_put(result, x, y, c) =
                    stored_sample(image, x, y, c) / (image->format.depth == 8 ? 255.0 : 65535.0);
    return result;
}

double *ref_put(struct ref_image *image, int x, int y, int channel)
{
    return image->v + ((size_t)y * (size_t)image->width + (size_t)x) * (size_t)ref_channels(image) + channel;
}

double ref_at(const struct ref_image *image, int x, int y, int channel)
{
    x = x < 0 ? 0 : x >= image->width ? image->width - 1 : x;
    y = y < 0 ? 0 : y >= image->height ? image->height - 1 : y;
    return image
        ->v[((size_t)y * (size_t)image->width + (size_t)x) * (size_t)ref_channels(image) + (size_t)channel];
}

double ref_clamp(double v)
{
    return v < 0.0 ? 0.0 : v > 1.0 ? 1.0 : v;
}

void ref_clamp_all(struct ref_image *image)
{
    size_t count = (size_t)image->width * (size_t)image->height * (size_t)ref_channels(image);
    for (size_t i = 0; i < count; i++)
        image->v[i] = ref_clamp(image->v[i]);
}

double ref_luma(double r, double g, double b)
{
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

double ref_decode_srgb(double v)
{
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

double ref_encode_srgb(double v)
{
    return v <= 0.0031308 ? v * 12.92 : 1.055 * pow(v, 1.0 / 2.4) - 0.055;
}

struct ref_image *ref_premultiply(const struct ref_image *image)
{
    struct ref_image *result = ref_copy(image);
    for (int y = 0; image->alpha && y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            for (int c = 0; c < image->colours; c++)
                *ref_put(result, x, y, c) *= ref_at(image, x, y, image->colours);
    return result;
}

void ref_unpremultiply(struct ref_image *image)
{
    ref_clamp_all(image);
    for (int y = 0; image->alpha && y < image->height; y++)
        for (int x = 0; x < image->width; x++) {
            double alpha = ref_at(image, x, y, image->colours);
            for (int c = 0; c < image->colours; c++) {
                double *v = ref_put(image, x, y, c);
                *v = alpha > 0.0 ? *v / alpha : 0.0;
            }
        }
    ref_clamp_all(image);
}

void ref_quantise(struct ref_image *image, int depth)
{
    size_t count = (size_t)image->width * (size_t)image->height * (size_t)ref_channels(image);
    double top = depth == 8 ? 255.0 : 65535.0;
    for (size_t i = 0; i < count; i++)
        image->v[i] = floor(image->v[i] * top + 0.5) / top;
    image->depth = depth;
}

/* The error that is allowed because of a division by `alpha`, in steps; negative: the colour says nothing. */
static double division_room(double alpha, double top)
{
    return alpha * top < 0.5 ? -1.0 : 4e-7 * top / alpha;
}

struct ref_difference ref_compare(const struct yk_image *got, const struct ref_image *expected,
                                  unsigned tolerance)
{
    struct ref_difference difference = {0};
    difference.same_shape = (int)got->width == expected->width && (int)got->height == expected->height &&
                            got->format.colours == expected->colours && got->format.alpha == expected->alpha;
    if (!difference.same_shape)
        return difference;
    double top = got->format.depth == 8 ? 255.0 : 65535.0;
    for (int y = 0; y < expected->height; y++)
        for (int x = 0; x < expected->width; x++)
            for (int c = 0; c < ref_channels(expected); c++) {
                double want = ref_at(expected, x, y, c) * top, room = 0.0;
                if (expected->alpha && c < expected->colours)
                    room = division_room(ref_at(expected, x, y, expected->colours), top);
                if (room < 0.0)
                    continue;
                unsigned value = stored_sample(got, x, y, c);
                double off = fabs(value - want), steps = fabs(value - floor(want + 0.5));
                if (steps > tolerance + floor(room)) {
                    if (difference.wrong++ == 0) {
                        difference.x = x;
                        difference.y = y;
                        difference.channel = c;
                        difference.expected = want;
                        difference.got = value;
                    }
                }
                if (room < 1.0 && off > difference.largest)
                    difference.largest = off;
                if (room < 1.0 && steps > difference.integer)
                    difference.integer = (unsigned)steps;
            }
    return difference;
}
