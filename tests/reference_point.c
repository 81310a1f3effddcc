/* SPDX-License-Identifier: MIT
 * The oracle's point operations and whole-image statistics. Colours only: alpha is copied. */
#include "reference.h"

#include <math.h>
#include <stdlib.h>

/* Colours of one pixel in place, always three of them; a grey pixel has three equal ones. */
typedef void pixel_fn(double *colour, const struct ref_args *args);

/* A new image with `colours` colours, every pixel passed through `apply`. */
static struct ref_image *each_pixel(const struct ref_image *in, int colours, pixel_fn *apply,
                                    const struct ref_args *args)
{
    struct ref_image *out = ref_create(in->width, in->height, colours, in->alpha, in->depth);
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++) {
            double colour[3];
            for (int c = 0; c < 3; c++)
                colour[c] = ref_at(in, x, y, in->colours == 3 ? c : 0);
            apply(colour, args);
            for (int c = 0; c < colours; c++)
                *ref_put(out, x, y, c) = colour[c];
            if (in->alpha)
                *ref_put(out, x, y, colours) = ref_at(in, x, y, in->colours);
        }
    return out;
}

static void invert_pixel(double *v, const struct ref_args *args)
{
    (void)args;
    for (int c = 0; c < 3; c++)
        v[c] = 1.0 - v[c];
}

static void brightness_pixel(double *v, const struct ref_args *args)
{
    for (int c = 0; c < 3; c++)
        v[c] += ref_number(args, 0, "d", NULL);
}

static void contrast_pixel(double *v, const struct ref_args *args)
{
    for (int c = 0; c < 3; c++)
        v[c] = (v[c] - 0.5) * ref_number(args, 0, "k", NULL) + 0.5;
}

static void gamma_pixel(double *v, const struct ref_args *args)
{
    for (int c = 0; c < 3; c++)
        v[c] = pow(v[c], 1.0 / ref_number(args, 0, "g", NULL));
}

static void levels_pixel(double *v, const struct ref_args *args)
{
    double black = ref_number(args, 0, "black", NULL), white = ref_number(args, 1, "white", NULL);
    for (int c = 0; c < 3; c++)
        v[c] = pow(ref_clamp((v[c] - black) / (white - black)), 1.0 / ref_number(args, 2, "gamma", "1"));
}

static void saturation_pixel(double *v, const struct ref_args *args)
{
    double y = ref_luma(v[0], v[1], v[2]);
    for (int c = 0; c < 3; c++)
        v[c] = y + (v[c] - y) * ref_number(args, 0, "s", NULL);
}

static void threshold_pixel(double *v, const struct ref_args *args)
{
    double t = ref_number(args, 0, "t", NULL), y = ref_luma(v[0], v[1], v[2]);
    bool by_channel = ref_is(args, 1, "by", "luma", "channel");
    if (v[0] == v[1] && v[1] == v[2])
        y = v[0]; /* the weights sum to 1; doubles would miss it by their last bit */
    for (int c = 0; c < 3; c++)
        v[c] = (by_channel ? v[c] : y) >= t ? 1.0 : 0.0;
}

static void posterize_pixel(double *v, const struct ref_args *args)
{
    double top = ref_number(args, 0, "n", NULL) - 1.0;
    for (int c = 0; c < 3; c++)
        v[c] = floor(v[c] * top + 0.5) / top;
}

static void mix_pixel(double *v, const struct ref_args *args)
{
    double m[12], w[3] = {v[0], v[1], v[2]};
    int columns = ref_list(ref_text(args, 0, "matrix", NULL), m, 12) / 3;
    for (int row = 0; row < 3; row++) {
        v[row] = columns == 4 ? m[row * columns + 3] : 0.0;
        for (int c = 0; c < 3; c++)
            v[row] += m[row * columns + c] * w[c];
    }
}

static void grayscale_pixel(double *v, const struct ref_args *args)
{
    if (ref_number(args, 0, "linear", "0") != 0.0)
        v[0] = ref_encode_srgb(
            ref_clamp(ref_luma(ref_decode_srgb(v[0]), ref_decode_srgb(v[1]), ref_decode_srgb(v[2]))));
    else
        v[0] = ref_luma(v[0], v[1], v[2]);
}

static struct ref_image *invert(const struct ref_image *in, const struct ref_args *args)
{
    return each_pixel(in, in->colours, invert_pixel, args);
}

static struct ref_image *brightness(const struct ref_image *in, const struct ref_args *args)
{
    return each_pixel(in, in->colours, brightness_pixel, args);
}

static struct ref_image *contrast(const struct ref_image *in, const struct ref_args *args)
{
    return each_pixel(in, in->colours, contrast_pixel, args);
}

static struct ref_image *apply_gamma(const struct ref_image *in, const struct ref_args *args)
{
    return each_pixel(in, in->colours, gamma_pixel, args);
}

static struct ref_image *levels(const struct ref_image *in, const struct ref_args *args)
{
    return each_pixel(in, in->colours, levels_pixel, args);
}

static struct ref_image *saturation(const struct ref_image *in, const struct ref_args *args)
{
    return each_pixel(in, in->colours, saturation_pixel, args);
}

static struct ref_image *threshold(const struct ref_image *in, const struct ref_args *args)
{
    return each_pixel(in, in->colours, threshold_pixel, args);
}

static struct ref_image *posterize(const struct ref_image *in, const struct ref_args *args)
{
    return each_pixel(in, in->colours, posterize_pixel, args);
}

static struct ref_image *mix(const struct ref_image *in, const struct ref_args *args)
{
    return each_pixel(in, 3, mix_pixel, args);
}

static struct ref_image *grayscale(const struct ref_image *in, const struct ref_args *args)
{
    return in->colours == 1 ? ref_copy(in) : each_pixel(in, 1, grayscale_pixel, args);
}

static int bin_of(const struct ref_image *image, double v)
{
    return (int)floor(v * (image->depth == 8 ? 255.0 : 65535.0) + 0.5);
}

/* How often each value occurs in the colours first .. last, fully transparent pixels left out. */
static double *histogram(const struct ref_image *image, int first, int last)
{
    double *count = calloc((size_t)1 << image->depth, sizeof *count);
    if (!count)
        exit(70);
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            for (int c = first; c <= last; c++)
                if (!image->alpha || ref_at(image, x, y, image->colours) > 0.0)
                    count[bin_of(image, ref_at(image, x, y, c))]++;
    return count;
}

/* (v - low) / (high - low) for the colours first .. last, the range taken over all of them. */
static void stretch(struct ref_image *image, int first, int last, double clip)
{
    double *count = histogram(image, first, last), total = 0.0, sum = 0.0;
    int bins = 1 << image->depth, low = 0, high = bins - 1;
    for (int k = 0; k < bins; k++)
        total += count[k];
    double allowed = floor(total * clip);
    while (low < bins && (sum += count[low]) <= allowed)
        low++;
    sum = 0.0;
    while (high >= 0 && (sum += count[high]) <= allowed)
        high--;
    free(count);
    if (high <= low)
        return;
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            for (int c = first; c <= last; c++) {
                double *v = ref_put(image, x, y, c);
                *v = (*v * (bins - 1.0) - low) / (high - low);
            }
}

static struct ref_image *autolevel(const struct ref_image *in, const struct ref_args *args)
{
    struct ref_image *out = ref_copy(in);
    double clip = ref_number(args, 0, "clip", "0");
    if (ref_is(args, 1, "by", "image", "image"))
        stretch(out, 0, in->colours - 1, clip);
    else
        for (int c = 0; c < in->colours; c++)
            stretch(out, c, c, clip);
    return out;
}

static struct ref_image *equalize(const struct ref_image *in, const struct ref_args *args)
{
    struct ref_image *out = ref_copy(in);
    int bins = 1 << in->depth;
    (void)args;
    for (int c = 0; c < in->colours; c++) {
        double *cdf = histogram(in, c, c), first = 0.0;
        for (int k = 0; k < bins; k++) {
            cdf[k] += k > 0 ? cdf[k - 1] : 0.0;
            if (first == 0.0)
                first = cdf[k];
        }
        double total = cdf[bins - 1];
        for (int y = 0; total > first && y < in->height; y++)
            for (int x = 0; x < in->width; x++)
                *ref_put(out, x, y, c) = (cdf[bin_of(in, ref_at(in, x, y, c))] - first) / (total - first);
        free(cdf);
    }
    return out;
}

const struct ref_entry ref_point_operations[] = {
    {"invert", invert, false},
    {"brightness", brightness, false},
    {"contrast", contrast, false},
    {"gamma", apply_gamma, false},
    {"levels", levels, false},
    {"saturation", saturation, false},
    {"threshold", threshold, false},
    {"posterize", posterize, false},
    {"mix", mix, false},
    {"grayscale", grayscale, false},
    {"autolevel", autolevel, true},
    {"equalize", equalize, true},
    {NULL, NULL, false},
};
