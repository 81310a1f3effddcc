/* SPDX-License-Identifier: MIT
 * From unfiltered PNG rows to the samples of struct yk_image: small depths, palettes, colour keys, byte
 * order. The values are those of libpng's png_set_expand and png_set_swap. */
#include "png_decode.h"

#include <string.h>

/* Samples of 1, 2 or 4 bits to bytes, each times `scale`. */
static void unpack(const uint8_t *from, uint8_t *to, uint32_t width, unsigned depth, unsigned scale)
{
    unsigned each = 8 / depth, mask = (1U << depth) - 1;
    for (uint32_t x = 0; x < width; x += each) {
        unsigned byte = *from++, count = width - x < each ? width - x : each;
        for (unsigned k = 0; k < count; k++)
            *to++ = (uint8_t)((byte >> (8 - depth - k * depth) & mask) * scale);
    }
}

static void look_up_rgb(const uint8_t colours[][4], const uint8_t *from, uint8_t *to, uint32_t width)
{
    for (uint32_t x = 0; x + 1 < width; x++)
        memcpy(to + (size_t)3 * x, colours[from[x]], 4);
    memcpy(to + (size_t)3 * (width - 1), colours[from[width - 1]], 3);
}

static void look_up_rgba(const uint8_t colours[][4], const uint8_t *from, uint8_t *to, uint32_t width)
{
    for (uint32_t x = 0; x < width; x++)
        memcpy(to + (size_t)4 * x, colours[from[x]], 4);
}

static void key_grey(const uint8_t *from, uint8_t *to, uint32_t width, unsigned key)
{
    for (uint32_t x = 0; x < width; x++) {
        to[2 * (size_t)x] = from[x];
        to[2 * (size_t)x + 1] = from[x] == key ? 0 : 255;
    }
}

static void key_rgb(const uint8_t *from, uint8_t *to, uint32_t width, const uint16_t *key)
{
    for (uint32_t x = 0; x < width; x++, from += 3, to += 4) {
        memcpy(to, from, 3);
        to[3] = from[0] == key[0] && from[1] == key[1] && from[2] == key[2] ? 0 : 255;
    }
}

static void swap(const uint8_t *from, uint8_t *to, size_t samples)
{
    for (size_t i = 0; i < samples; i++) {
        uint16_t sample = (uint16_t)(from[2 * i] << 8 | from[2 * i + 1]);
        memcpy(to + 2 * i, &sample, sizeof sample);
    }
}

static void key_wide(const uint8_t *from, uint8_t *to, uint32_t width, unsigned channels, const uint16_t *key)
{
    for (uint32_t x = 0; x < width; x++) {
        uint16_t pixel[4] = {0};
        bool match = true;
        for (unsigned c = 0; c < channels; c++, from += 2) {
            pixel[c] = (uint16_t)(from[0] << 8 | from[1]);
            match &= pixel[c] == key[c];
        }
        pixel[channels] = match ? 0 : 65535;
        memcpy(to, pixel, 2 * ((size_t)channels + 1));
        to += 2 * (channels + 1);
    }
}

/* Depths below 8, in parts: unpacked to bytes, then looked up or compared where that is needed. */
static void convert_small(const struct yk_png_pixels *pixels, const uint8_t *from, uint8_t *to,
                          uint32_t width)
{
    enum { PART = 1024 };
    uint8_t bytes[PART];
    unsigned scale = pixels->palette ? 1 : 255 / ((1U << pixels->depth) - 1);
    unsigned size = !pixels->palette ? pixels->keyed ? 2 : 1 : pixels->keyed ? 4 : 3;
    for (uint32_t x = 0; x < width; x += PART) {
        uint32_t count = width - x < PART ? width - x : PART;
        uint8_t *out = to + (size_t)size * x;
        const uint8_t *in = from + (size_t)x * pixels->depth / 8;
        if (size == 1) {
            unpack(in, out, count, pixels->depth, scale);
            continue;
        }
        unpack(in, bytes, count, pixels->depth, scale);
        if (size == 2)
            key_grey(bytes, out, count, pixels->key[0] * scale);
        else if (size == 3)
            look_up_rgb(pixels->colours, bytes, out, count);
        else
            look_up_rgba(pixels->colours, bytes, out, count);
    }
}

void yk_png_convert_row(const struct yk_png_pixels *pixels, const uint8_t *from, uint8_t *to, uint32_t width)
{
    if (pixels->depth < 8)
        convert_small(pixels, from, to, width);
    else if (pixels->palette && pixels->keyed)
        look_up_rgba(pixels->colours, from, to, width);
    else if (pixels->palette)
        look_up_rgb(pixels->colours, from, to, width);
    else if (pixels->depth == 8 && pixels->keyed && pixels->channels == 1)
        key_grey(from, to, width, pixels->key[0]);
    else if (pixels->depth == 8 && pixels->keyed)
        key_rgb(from, to, width, pixels->key);
    else if (pixels->depth == 8)
        memmove(to, from, (size_t)width * pixels->channels);
    else if (pixels->keyed)
        key_wide(from, to, width, pixels->channels, pixels->key);
    else
        swap(from, to, (size_t)width * pixels->channels);
}
