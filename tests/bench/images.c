/* SPDX-License-Identifier: MIT
 * Images made from nothing (contract in images.h). */
#include "images.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15); /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* About normal, with deviation 1: a sum of uniform numbers. */
static double normal(uint64_t *state)
{
    double sum = -6;
    for (int k = 0; k < 12; k++)
        sum += (double)(next_random(state) >> 11) / 9007199254740992.0;
    return sum;
}

static struct yk_image *image_of(uint32_t width, uint32_t height, uint8_t colours, uint8_t alpha,
                                 uint8_t depth)
{
    struct yk_image *image = NULL;
    if (yk_image_create(&image, width, height, (struct yk_format){colours, alpha, depth}, NULL, NULL) !=
        YK_OK)
        abort();
    return image;
}

static void put(struct yk_image *image, uint32_t x, uint32_t y, const double *rgba)
{
    unsigned channels = yk_format_channels(image->format);
    double most = image->format.depth == 16 ? 65535 : 255;
    for (unsigned c = 0; c < channels; c++) {
        double v = rgba[c == channels - 1 && image->format.alpha ? 3 : c] * most;
        uint16_t sample = (uint16_t)(v < 0 ? 0 : v > most ? most : v + 0.5);
        if (image->format.depth == 16)
            memcpy(yk_image_row(image, y) + ((size_t)x * channels + c) * 2, &sample, 2);
        else
            yk_image_row(image, y)[(size_t)x * channels + c] = (uint8_t)sample;
    }
}

/* Coverage of a pixel by made-up letters of 8 x 14 pixels with soft edges, words and line ends. */
static double letter(uint32_t x, uint32_t y, uint32_t columns)
{
    uint64_t state = (y / 18 * 977 + x / 9) * 31 + 5, line = y / 18, word = x / 9;
    uint64_t ends = line * 7919 + 3, glyph = next_random(&state) % 60 * 2654435761u;
    unsigned px = x % 9, py = y % 18;
    if (px > 7 || py < 2 || py > 13 || word >= columns - next_random(&ends) % 20 ||
        next_random(&glyph) % 6 == 0)
        return 0;
    uint64_t bars = next_random(&glyph);
    bool stroke = (px == 1 && (bars & 1)) || (px == 6 && (bars & 2)) || (py == 4 && (bars & 4)) ||
                  (py == 9 && (bars & 8)) || (py == 13 && (bars & 16)) || (px + py / 2 == 7 && (bars & 32));
    bool edge = (px == 2 && (bars & 1)) || (px == 5 && (bars & 2)) || (px + py / 2 == 8 && (bars & 32));
    return stroke ? 0.85 : edge ? 0.4 : 0;
}

static struct yk_image *screenshot(uint32_t width, uint32_t height)
{
    struct yk_image *image = image_of(width, height, 3, 0, 8);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            bool bar = y < 48, side = x < 240;
            uint32_t cx = (x - 240) % 420, cy = (y - 48) % 260;
            bool card = !bar && !side && cx > 14 && cx < 406 && cy > 14 && cy < 246;
            double shade = bar ? 0.15 : side ? 0.97 : card ? 1 : 0.93, ink = bar ? 1 : 0.1, blue = 0;
            double cover = bar ? letter(x, y, width / 18) : side ? letter(x, y, 20) : 0;
            if (card && cy < 50)
                blue = 0.3 + 0.4 * cx / 420; /* a title with a gradient */
            else if (card)
                cover = letter(cx - 15, cy - 50, 40);
            if (card && (cx == 15 || cx == 405 || cy == 15 || cy == 245))
                shade = 0.8;
            double grey = shade + (ink - shade) * cover;
            put(image, x, y, (double[]){grey - blue, grey - blue * 0.6, grey, 1});
        }
    return image;
}

static struct yk_image *illustration(uint32_t width, uint32_t height)
{
    struct yk_image *image = image_of(width, height, 3, 1, 8);
    uint64_t state = 4;
    struct disc {
        double x, y, radius, colour[3];
        bool rough;
    } discs[40];
    for (int k = 0; k < 40; k++) {
        discs[k].x = (double)(next_random(&state) % width);
        discs[k].y = (double)(next_random(&state) % height);
        discs[k].radius = width / 40.0 + (double)(next_random(&state) % (width / 6 + 1));
        for (int c = 0; c < 3; c++)
            discs[k].colour[c] = (double)(next_random(&state) % 256) / 255;
        discs[k].rough = k % 4 == 0;
    }
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            double rgba[4] = {0, 0, 0, 0};
            for (int k = 0; k < 40; k++) {
                double distance = hypot(x - discs[k].x, y - discs[k].y), cover = discs[k].radius - distance;
                cover = cover < 0 ? 0 : cover > 1 ? 1 : cover;
                double light = 0.7 + 0.3 * (y - discs[k].y) / discs[k].radius;
                light += discs[k].rough && cover > 0 ? 0.01 * normal(&state) : 0;
                for (int c = 0; c < 3; c++)
                    rgba[c] += (discs[k].colour[c] * light - rgba[c]) * cover;
                rgba[3] += (1 - rgba[3]) * cover;
            }
            put(image, x, y, rgba);
        }
    return image;
}

static double wave(uint32_t x, uint32_t y, int c)
{
    return 0.5 + 0.2 * sin(x / 90.0 + c) + 0.2 * cos(y / 70.0 - c) + 0.1 * sin((x + y) / 33.0);
}

/* A smooth picture with noise of the given deviation. */
static struct yk_image *noisy(uint32_t width, uint32_t height, uint8_t colours, uint8_t depth,
                              double deviation)
{
    struct yk_image *image = image_of(width, height, colours, 0, depth);
    uint64_t state = 9;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            double rgba[4] = {0, 0, 0, 1};
            for (int c = 0; c < 3; c++)
                rgba[c] = wave(x, y, c) + deviation * normal(&state);
            put(image, x, y, rgba);
        }
    return image;
}

/* Six levels a channel, Bayer's 8 x 8 thresholds. */
static struct yk_image *dithered(uint32_t width, uint32_t height)
{
    struct yk_image *image = image_of(width, height, 3, 0, 8);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            unsigned threshold = 0;
            for (unsigned bit = 0; bit < 3; bit++)
                threshold = threshold << 2 | ((x ^ y) >> bit & 1) << 1 | (y >> bit & 1);
            double rgba[4] = {0, 0, 0, 1};
            for (int c = 0; c < 3; c++)
                rgba[c] = floor(wave(x, y, c) * 5 + (threshold + 0.5) / 64) / 5;
            put(image, x, y, rgba);
        }
    return image;
}

/* ---- By kind ---- */

struct yk_image *bench_image(enum bench_kind kind, unsigned index)
{
    switch (kind) {
    case BENCH_SCREENSHOT:
        return index == 0 ? screenshot(1920, 1080) : NULL;
    case BENCH_ILLUSTRATION:
        return index == 0 ? illustration(1536, 1024) : NULL;
    case BENCH_NOISE:
        return index == 0 ? noisy(1200, 800, 3, 8, 0.025) : NULL;
    case BENCH_DITHER:
        return index == 0 ? dithered(1024, 768) : NULL;
    case BENCH_DEEP:
        return index == 0   ? noisy(1200, 800, 3, 16, 0.004)
               : index == 1 ? noisy(1200, 800, 1, 16, 0.0005)
                            : NULL;
    case BENCH_TINY:
        return index == 0   ? screenshot(64, 64)
               : index == 1 ? illustration(64, 64)
               : index == 2 ? noisy(64, 64, 3, 8, 0.025)
                            : NULL;
    default:
        return NULL;
    }
}
