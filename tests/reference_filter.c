/* SPDX-License-Identifier: MIT
 * The oracle's window operations. The border replicates the edge. Averages work on premultiplied colours and
 * treat alpha like a colour; order statistics work on straight samples; edges and emboss leave alpha alone.
 */
#include "reference.h"

#include <math.h>
#include <stdlib.h>

/* Weighs rows and columns with 2 * radius + 1 weights: the same as their outer product over the square. */
static struct ref_image *separable(const struct ref_image *in, const double *weight, int radius)
{
    struct ref_image *half = ref_copy(in), *out = ref_copy(in);
    for (int pass = 0; pass < 2; pass++)
        for (int y = 0; y < in->height; y++)
            for (int x = 0; x < in->width; x++)
                for (int c = 0; c < ref_channels(in); c++) {
                    double sum = 0.0;
                    for (int k = -radius; k <= radius; k++)
                        sum += weight[k + radius] *
                               (pass == 0 ? ref_at(in, x + k, y, c) : ref_at(half, x, y + k, c));
                    *ref_put(pass == 0 ? half : out, x, y, c) = sum;
                }
    ref_free(half);
    return out;
}

static double *new_weights(int radius)
{
    double *weight = calloc((size_t)(2 * radius + 1), sizeof *weight);
    if (!weight)
        exit(70);
    return weight;
}

/* Gaussian of radius ceil(3 sigma), weights normalised, of premultiplied `in`. */
static struct ref_image *gaussian(const struct ref_image *in, double sigma)
{
    int radius = (int)ceil(3.0 * sigma);
    double *weight = new_weights(radius), sum = 0.0;
    for (int k = -radius; k <= radius; k++)
        sum += weight[k + radius] = exp(-(double)k * k / (2.0 * sigma * sigma));
    for (int k = -radius; k <= radius; k++)
        weight[k + radius] /= sum;
    struct ref_image *out = separable(in, weight, radius);
    free(weight);
    return out;
}

static struct ref_image *blur(const struct ref_image *in, const struct ref_args *args)
{
    double sigma = ref_number(args, 0, "sigma", NULL);
    if (sigma == 0.0)
        return ref_copy(in);
    struct ref_image *source = ref_premultiply(in), *out = gaussian(source, sigma);
    ref_free(source);
    ref_unpremultiply(out);
    return out;
}

static struct ref_image *sharpen(const struct ref_image *in, const struct ref_args *args)
{
    double sigma = ref_number(args, 0, "sigma", NULL), amount = ref_number(args, 1, "amount", "1");
    if (sigma == 0.0 || amount == 0.0)
        return ref_copy(in);
    struct ref_image *source = ref_premultiply(in), *out = gaussian(source, sigma);
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++)
            for (int c = 0; c < ref_channels(in); c++) {
                double v = ref_at(source, x, y, c);
                *ref_put(out, x, y, c) = v + amount * (v - ref_at(out, x, y, c));
            }
    ref_free(source);
    ref_unpremultiply(out);
    return out;
}

static struct ref_image *box(const struct ref_image *in, const struct ref_args *args)
{
    int radius = (int)ref_number(args, 0, "radius", NULL);
    if (radius == 0)
        return ref_copy(in);
    double *weight = new_weights(radius);
    for (int k = 0; k < 2 * radius + 1; k++)
        weight[k] = 1.0 / (2 * radius + 1);
    struct ref_image *source = ref_premultiply(in), *out = separable(source, weight, radius);
    free(weight);
    ref_free(source);
    ref_unpremultiply(out);
    return out;
}

/* The matrix laid over the window, not turned: a correlation. */
static double weigh(const struct ref_image *in, int x, int y, int c, const double *matrix, int radius)
{
    double sum = 0.0;
    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++)
            sum += matrix[(dy + radius) * (2 * radius + 1) + dx + radius] * ref_at(in, x + dx, y + dy, c);
    return sum;
}

static struct ref_image *convolve(const struct ref_image *in, const struct ref_args *args)
{
    double matrix[49], sum = 0.0, scale = ref_number(args, 1, "scale", "1");
    double offset = ref_number(args, 2, "offset", "0");
    int count = ref_list(ref_text(args, 0, "matrix", NULL), matrix, 49);
    int radius = count == 9 ? 1 : count == 25 ? 2 : 3;
    for (int k = 0; k < count; k++)
        sum += matrix[k];
    if (scale == 0.0)
        scale = sum;
    bool keeps_mean = fabs(sum / scale - 1.0) < 1e-3 && offset == 0.0;
    struct ref_image *source = keeps_mean ? ref_premultiply(in) : ref_copy(in), *out = ref_copy(in);
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++)
            for (int c = 0; c < (keeps_mean ? ref_channels(in) : in->colours); c++)
                *ref_put(out, x, y, c) = weigh(source, x, y, c, matrix, radius) / scale + offset;
    ref_free(source);
    if (keeps_mean)
        ref_unpremultiply(out);
    return out;
}

static struct ref_image *edges(const struct ref_image *in, const struct ref_args *args)
{
    static const double across[] = {-1, 0, 1, -2, 0, 2, -1, 0, 1}, down[] = {-1, -2, -1, 0, 0, 0, 1, 2, 1};
    struct ref_image *out = ref_copy(in);
    (void)args;
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++)
            for (int c = 0; c < in->colours; c++)
                *ref_put(out, x, y, c) = hypot(weigh(in, x, y, c, across, 1), weigh(in, x, y, c, down, 1));
    return out;
}

static struct ref_image *emboss(const struct ref_image *in, const struct ref_args *args)
{
    static const double matrix[] = {-2, -1, 0, -1, 1, 1, 0, 1, 2};
    struct ref_image *out = ref_copy(in);
    (void)args;
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++)
            for (int c = 0; c < in->colours; c++)
                *ref_put(out, x, y, c) = weigh(in, x, y, c, matrix, 1);
    return out;
}

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The window's sample number `rank` of n * n in rising order. */
static struct ref_image *ranked(const struct ref_image *in, int n, int rank)
{
    struct ref_image *out = ref_copy(in);
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++)
            for (int c = 0; c < ref_channels(in); c++) {
                double window[49];
                for (int k = 0; k < n * n; k++)
                    window[k] = ref_at(in, x + k % n - n / 2, y + k / n - n / 2, c);
                qsort(window, (size_t)(n * n), sizeof window[0], order);
                *ref_put(out, x, y, c) = window[rank];
            }
    return out;
}

static struct ref_image *median(const struct ref_image *in, const struct ref_args *args)
{
    int n = (int)ref_number(args, 0, "n", NULL);
    return ranked(in, n, n * n / 2);
}

static struct ref_image *erode(const struct ref_image *in, const struct ref_args *args)
{
    return ranked(in, (int)ref_number(args, 0, "n", NULL), 0);
}

static struct ref_image *dilate(const struct ref_image *in, const struct ref_args *args)
{
    int n = (int)ref_number(args, 0, "n", NULL);
    return ranked(in, n, n * n - 1);
}

static double bilateral_at(const struct ref_image *in, int x, int y, int c, double space, double range)
{
    int radius = (int)ceil(3.0 * space);
    double centre = ref_at(in, x, y, c), sum = 0.0, weights = 0.0;
    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++) {
            double v = ref_at(in, x + dx, y + dy, c), d = v - centre;
            double weight = exp(-(dx * dx + dy * dy) / (2.0 * space * space) - d * d / (2.0 * range * range));
            sum += weight * v;
            weights += weight;
        }
    return sum / weights;
}

static struct ref_image *bilateral(const struct ref_image *in, const struct ref_args *args)
{
    double space = ref_number(args, 0, "sigma_space", NULL), range = ref_number(args, 1, "sigma_range", NULL);
    struct ref_image *source = ref_premultiply(in), *out = ref_copy(in);
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++)
            for (int c = 0; c < ref_channels(in); c++)
                *ref_put(out, x, y, c) = bilateral_at(source, x, y, c, space, range);
    ref_free(source);
    ref_unpremultiply(out);
    return out;
}

const struct ref_entry ref_filter_operations[] = {
    {"blur", blur, false},           {"sharpen", sharpen, false}, {"box", box, false},
    {"convolve", convolve, false},   {"edges", edges, false},     {"emboss", emboss, false},
    {"median", median, false},       {"erode", erode, false},     {"dilate", dilate, false},
    {"bilateral", bilateral, false}, {NULL, NULL, false},
};
