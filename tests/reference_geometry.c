/* SPDX-License-Identifier: MIT
 * The oracle's operations that change size or place: resize, crop, pad, rotate, flip, flop, trim. Filter
 * definitions: D. Mitchell and A. Netravali, "Reconstruction Filters in Computer Graphics" (1988), for cubic
 * (B=0, C=1/2) and mitchell (B=C=1/3); the windowed sinc of C. Lanczos as in K. Turkowski, "Filters for
 * Common Resampling Tasks" (1990). */
#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.141592653589793238462643

static double sinc(double x)
{
    return x == 0.0 ? 1.0 : sin(PI * x) / (PI * x);
}

static double mitchell_netravali(double x, double b, double c)
{
    if (x < 1.0)
        return ((12.0 - 9.0 * b - 6.0 * c) * pow(x, 3) + (-18.0 + 12.0 * b + 6.0 * c) * pow(x, 2) + 6.0 -
                2.0 * b) /
               6.0;
    if (x < 2.0)
        return ((-b - 6.0 * c) * pow(x, 3) + (6.0 * b + 30.0 * c) * pow(x, 2) + (-12.0 * b - 48.0 * c) * x +
                8.0 * b + 24.0 * c) /
               6.0;
    return 0.0;
}

static double filter_weight(const char *filter, double x)
{
    if (strcmp(filter, "linear") == 0)
        return x < 1.0 ? 1.0 - x : 0.0;
    if (strcmp(filter, "cubic") == 0)
        return mitchell_netravali(x, 0.0, 0.5);
    if (strcmp(filter, "mitchell") == 0)
        return mitchell_netravali(x, 1.0 / 3.0, 1.0 / 3.0);
    double lobes = strcmp(filter, "lanczos2") == 0 ? 2.0 : 3.0;
    return x < lobes ? sinc(x) * sinc(x / lobes) : 0.0;
}

/* Weight of source sample j (which may lie outside 0 .. in - 1) in result sample i, before normalising. The
 * sample centre is (i + 0.5) * in / out - 0.5, so that 2 * out times the distance is a whole number: box and
 * nearest, whose weights jump, are decided exactly. */
static double tap(const char *filter, long long i, long long j, long long in, long long out)
{
    long long distance = 2 * j * out + out - (2 * i + 1) * in, unit = 2 * (in > out ? in : out);
    if (strcmp(filter, "nearest") == 0)
        return j == (2 * i + 1) * in / (2 * out) ? 1.0 : 0.0;
    if (strcmp(filter, "box") == 0)
        return -unit < 2 * distance && 2 * distance <= unit ? 1.0 : 0.0;
    return filter_weight(filter, fabs((double)distance / (double)unit));
}

/* One row (or column, by the strides) of `out_count` samples from `in_count`. */
static void resample_line(const char *filter, const double *from, int in_count, size_t in_stride, double *to,
                          int out_count, size_t out_stride)
{
    int reach = (int)ceil(3.0 * (in_count > out_count ? (double)in_count / out_count : 1.0)) + 1;
    for (int i = 0; i < out_count; i++) {
        int middle = (int)floor((i + 0.5) * in_count / out_count - 0.5);
        double sum = 0.0, weights = 0.0;
        for (int j = middle - reach; j <= middle + reach; j++) {
            int k = j < 0 ? 0 : j >= in_count ? in_count - 1 : j;
            double weight = tap(filter, i, j, in_count, out_count);
            sum += weight * from[(size_t)k * in_stride];
            weights += weight;
        }
        to[(size_t)i * out_stride] = sum / weights;
    }
}

static struct ref_image *resample(const struct ref_image *in, const char *filter, int width, int height)
{
    size_t n = (size_t)ref_channels(in);
    struct ref_image *half = ref_create(width, in->height, in->colours, in->alpha, in->depth);
    struct ref_image *out = ref_create(width, height, in->colours, in->alpha, in->depth);
    for (size_t c = 0; c < n; c++) {
        for (int y = 0; y < in->height; y++)
            resample_line(filter, in->v + (size_t)y * (size_t)in->width * n + c, in->width, n,
                          half->v + (size_t)y * (size_t)width * n + c, width, n);
        for (int x = 0; x < width; x++)
            resample_line(filter, half->v + (size_t)x * n + c, in->height, (size_t)width * n,
                          out->v + (size_t)x * n + c, height, (size_t)width * n);
    }
    ref_free(half);
    return out;
}

/* A copy of the rectangle at (left, top), which may reach beyond the image: 0 there. */
static struct ref_image *cut(const struct ref_image *in, int left, int top, int width, int height)
{
    struct ref_image *out = ref_create(width, height, in->colours, in->alpha, in->depth);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < ref_channels(in); c++)
                if (x + left >= 0 && x + left < in->width && y + top >= 0 && y + top < in->height)
                    *ref_put(out, x, y, c) = ref_at(in, x + left, y + top, c);
    return out;
}

/* A scale as a fraction, so that a size that lies halfway between two whole numbers is seen to do so. */
struct scale {
    double above, below;
};

static bool less(struct scale a, struct scale b)
{
    return a.above * b.below < b.above * a.below;
}

static int scaled_size(int side, struct scale scale)
{
    double v = floor(side * scale.above / scale.below + 0.5);
    return v < 1.0 ? 1 : (int)v;
}

struct sizes {
    int picture[2], result[2]; /* width and height: of the resampled picture, of the result */
};

/* "800x600", "800x" or "x600" under a fit and the leave to enlarge. */
static struct sizes sizes_in_pixels(const struct ref_image *in, const char *text, const char *fit,
                                    bool enlarge)
{
    const char *cross = strchr(text, 'x');
    int wish[2] = {cross > text ? atoi(text) : 0, atoi(cross + 1)};
    bool both = wish[0] > 0 && wish[1] > 0;
    struct scale scale[2] = {{wish[0], in->width}, {wish[1], in->height}};
    struct sizes sizes;
    bool larger = strcmp(fit, "outside") == 0 || strcmp(fit, "cover") == 0;
    if (!both)
        scale[0] = scale[1] = scale[wish[0] > 0 ? 0 : 1];
    else if (strcmp(fit, "exact") != 0)
        scale[0] = scale[1] = less(scale[0], scale[1]) == larger ? scale[1] : scale[0];
    for (int k = 0; k < 2; k++) {
        if (!enlarge && scale[k].above > scale[k].below)
            scale[k] = (struct scale){1, 1};
        sizes.picture[k] = sizes.result[k] = scaled_size(k == 0 ? in->width : in->height, scale[k]);
        if (both && strcmp(fit, "pad") == 0)
            sizes.result[k] = wish[k];
        else if (both && strcmp(fit, "cover") == 0 && sizes.picture[k] > wish[k])
            sizes.result[k] = wish[k];
    }
    return sizes;
}

static struct sizes resize_sizes(const struct ref_image *in, const struct ref_args *args)
{
    const char *text = ref_text(args, 0, "size", NULL);
    bool enlarge = ref_number(args, 3, "enlarge", "0") != 0.0;
    if (strchr(text, 'x'))
        return sizes_in_pixels(in, text, ref_text(args, 2, "fit", "inside"), enlarge);
    struct scale scale = {strtod(text, NULL), strchr(text, '%') ? 100.0 : 1.0};
    int width = scaled_size(in->width, scale), height = scaled_size(in->height, scale);
    return (struct sizes){{width, height}, {width, height}};
}

static void convert_colours(struct ref_image *image, double (*convert)(double))
{
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            for (int c = 0; c < image->colours; c++)
                *ref_put(image, x, y, c) = convert(ref_at(image, x, y, c));
}

static int half_down(int v)
{
    return (int)floor(v / 2.0);
}

static struct ref_image *resize(const struct ref_image *in, const struct ref_args *args)
{
    struct sizes sizes = resize_sizes(in, args);
    bool linear = ref_number(args, 4, "linear", "0") != 0.0;
    if (sizes.picture[0] == in->width && sizes.picture[1] == in->height && sizes.result[0] == in->width &&
        sizes.result[1] == in->height)
        return ref_copy(in); /* nothing to resample */
    struct ref_image *straight = ref_copy(in);
    if (linear)
        convert_colours(straight, ref_decode_srgb);
    struct ref_image *source = ref_premultiply(straight);
    struct ref_image *picture =
        resample(source, ref_text(args, 1, "filter", "lanczos3"), sizes.picture[0], sizes.picture[1]);
    int left = sizes.picture[0] >= sizes.result[0] ? half_down(sizes.picture[0] - sizes.result[0])
                                                   : -half_down(sizes.result[0] - sizes.picture[0]);
    int top = sizes.picture[1] >= sizes.result[1] ? half_down(sizes.picture[1] - sizes.result[1])
                                                  : -half_down(sizes.result[1] - sizes.picture[1]);
    struct ref_image *out = cut(picture, left, top, sizes.result[0], sizes.result[1]);
    ref_free(straight);
    ref_free(source);
    ref_free(picture);
    ref_unpremultiply(out);
    if (linear)
        convert_colours(out, ref_encode_srgb);
    return out;
}

/* WxH or WxH+X+Y; X and Y count inwards from the side that gravity names, from the centre to the right and
 * down. */
static struct ref_image *crop(const struct ref_image *in, const struct ref_args *args)
{
    const char *gravity = ref_text(args, 1, "gravity", "auto");
    int width, height, x = 0, y = 0;
    int read = sscanf(ref_text(args, 0, "area", NULL), "%dx%d%d%d", &width, &height, &x, &y);
    if (strcmp(gravity, "auto") == 0)
        gravity = read == 4 ? "northwest" : "center";
    int left = strstr(gravity, "west")   ? x
               : strstr(gravity, "east") ? in->width - width - x
                                         : half_down(in->width - width) + x;
    int top = strstr(gravity, "north")   ? y
              : strstr(gravity, "south") ? in->height - height - y
                                         : half_down(in->height - height) + y;
    int right = left + width < in->width ? left + width : in->width;
    int bottom = top + height < in->height ? top + height : in->height;
    left = left > 0 ? left : 0;
    top = top > 0 ? top : 0;
    return cut(in, left, top, right - left, bottom - top);
}

/* A background as it lies in an image of these colours: its luma in a grey one; alpha behind. */
static void background_samples(const char *text, int colours, double sample[4])
{
    double colour[4];
    ref_colour(text, colour);
    sample[0] = colours == 1 ? ref_luma(colour[0], colour[1], colour[2]) : colour[0];
    sample[1] = colours == 1 ? colour[3] : colour[1];
    sample[2] = colour[2];
    sample[3] = colour[3];
}

static struct ref_image *with_alpha(const struct ref_image *in)
{
    struct ref_image *out = ref_create(in->width, in->height, in->colours, 1, in->depth);
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++)
            for (int c = 0; c <= in->colours; c++)
                *ref_put(out, x, y, c) = c < ref_channels(in) ? ref_at(in, x, y, c) : 1.0;
    return out;
}

/* ... 2 1 0 0 1 2 ... : the edge sample is repeated once. */
static int mirrored(int i, int size)
{
    while (i < 0 || i >= size)
        i = i < 0 ? -1 - i : 2 * size - 1 - i;
    return i;
}

static struct ref_image *pad(const struct ref_image *in, const struct ref_args *args)
{
    double sides[4], background[4];
    int count = ref_list(ref_text(args, 0, "sides", NULL), sides, 4);
    const char *extend = ref_text(args, 2, "extend", "background");
    bool fill = strcmp(extend, "background") == 0, mirror = strcmp(extend, "mirror") == 0;
    int left = (int)sides[0], top = (int)(count == 1 ? sides[0] : sides[1]);
    int right = count == 4 ? (int)sides[2] : left, bottom = count == 4 ? (int)sides[3] : top;
    background_samples(ref_text(args, 1, "background", "black"), in->colours, background);
    bool add = fill && !in->alpha && background[in->colours] < 1.0;
    struct ref_image *source = add ? with_alpha(in) : ref_copy(in);
    struct ref_image *out = ref_create(in->width + left + right, in->height + top + bottom, in->colours,
                                       source->alpha, in->depth);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++)
            for (int c = 0; c < ref_channels(out); c++) {
                int sx = x - left, sy = y - top;
                bool outside = sx < 0 || sy < 0 || sx >= in->width || sy >= in->height;
                *ref_put(out, x, y, c) =
                    fill && outside ? background[c]
                    : mirror        ? ref_at(source, mirrored(sx, in->width), mirrored(sy, in->height), c)
                                    : ref_at(source, sx, sy, c);
            }
    ref_free(source);
    return out;
}

static struct ref_image *quarter_turn(const struct ref_image *in)
{
    struct ref_image *out = ref_create(in->height, in->width, in->colours, in->alpha, in->depth);
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++)
            for (int c = 0; c < ref_channels(in); c++)
                *ref_put(out, in->height - 1 - y, x, c) = ref_at(in, x, y, c);
    return out;
}

static double or_background(const struct ref_image *in, int x, int y, int c, const double *background)
{
    bool inside = x >= 0 && y >= 0 && x < in->width && y < in->height;
    return inside ? ref_at(in, x, y, c) : background[c];
}

static struct ref_image *turn(const struct ref_image *in, double degrees, const char *background_text)
{
    double background[4], a = degrees * PI / 180.0;
    background_samples(background_text, in->colours, background);
    struct ref_image *straight = !in->alpha && background[in->colours] < 1.0 ? with_alpha(in) : ref_copy(in);
    struct ref_image *source = ref_premultiply(straight);
    for (int c = 0; c < in->colours; c++)
        background[c] *= background[in->colours];
    struct ref_image *out = ref_create((int)ceil(in->width * fabs(cos(a)) + in->height * fabs(sin(a)) - 1e-6),
                                       (int)ceil(in->width * fabs(sin(a)) + in->height * fabs(cos(a)) - 1e-6),
                                       in->colours, source->alpha, in->depth);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            double dx = x - (out->width - 1) / 2.0, dy = y - (out->height - 1) / 2.0;
            double sx = dx * cos(a) + dy * sin(a) + (in->width - 1) / 2.0;
            double sy = -dx * sin(a) + dy * cos(a) + (in->height - 1) / 2.0;
            int ix = (int)floor(sx), iy = (int)floor(sy);
            double fx = sx - ix, fy = sy - iy;
            for (int c = 0; c < ref_channels(out); c++)
                *ref_put(out, x, y, c) =
                    (1.0 - fy) * ((1.0 - fx) * or_background(source, ix, iy, c, background) +
                                  fx * or_background(source, ix + 1, iy, c, background)) +
                    fy * ((1.0 - fx) * or_background(source, ix, iy + 1, c, background) +
                          fx * or_background(source, ix + 1, iy + 1, c, background));
        }
    ref_free(straight);
    ref_free(source);
    ref_unpremultiply(out);
    return out;
}

static struct ref_image *rotate(const struct ref_image *in, const struct ref_args *args)
{
    double degrees = fmod(ref_number(args, 0, "angle", NULL), 360.0);
    degrees += degrees < 0.0 ? 360.0 : 0.0;
    if (fmod(degrees, 90.0) != 0.0)
        return turn(in, degrees, ref_text(args, 1, "background", "black"));
    struct ref_image *out = ref_copy(in);
    for (; degrees > 0.0; degrees -= 90.0) {
        struct ref_image *next = quarter_turn(out);
        ref_free(out);
        out = next;
    }
    return out;
}

static struct ref_image *flip(const struct ref_image *in, const struct ref_args *args)
{
    struct ref_image *out = ref_copy(in);
    (void)args;
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++)
            for (int c = 0; c < ref_channels(in); c++)
                *ref_put(out, x, in->height - 1 - y, c) = ref_at(in, x, y, c);
    return out;
}

static struct ref_image *flop(const struct ref_image *in, const struct ref_args *args)
{
    struct ref_image *out = ref_copy(in);
    (void)args;
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++)
            for (int c = 0; c < ref_channels(in); c++)
                *ref_put(out, in->width - 1 - x, y, c) = ref_at(in, x, y, c);
    return out;
}

static struct ref_image *trim(const struct ref_image *in, const struct ref_args *args)
{
    double top = in->depth == 8 ? 255.0 : 65535.0;
    double allowed = floor(ref_number(args, 0, "tolerance", "0.04") * top + 0.5) + 0.25; /* steps are whole */
    int x0 = in->width, y0 = in->height, x1 = -1, y1 = -1;
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++)
            for (int c = 0; c < ref_channels(in); c++)
                if (fabs(ref_at(in, x, y, c) - ref_at(in, 0, 0, c)) * top > allowed) {
                    x0 = x < x0 ? x : x0;
                    x1 = x > x1 ? x : x1;
                    y0 = y < y0 ? y : y0;
                    y1 = y > y1 ? y : y1;
                }
    return x1 < 0 ? ref_copy(in) : cut(in, x0, y0, x1 - x0 + 1, y1 - y0 + 1);
}

const struct ref_entry ref_geometry_operations[] = {
    {"resize", resize, false}, {"crop", crop, false}, {"pad", pad, false},  {"rotate", rotate, false},
    {"flip", flip, false},     {"flop", flop, false}, {"trim", trim, true}, {NULL, NULL, false},
};
