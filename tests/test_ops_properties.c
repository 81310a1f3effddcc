/* SPDX-License-Identifier: MIT
 * Properties that need no second implementation: one colour stays, inverses undo, means and sizes are kept,
 * values on a limit fall on the defined side. */
#include <CUnit/CUnit.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <yoke/verify.h>

#include "support.h"
#include "test_ops.h"

void test_ops_constant(void)
{
    static const char *const pipelines[] = {
        "blur 0.4",
        "blur 2",
        "blur 30",
        "box 1",
        "box 7",
        "sharpen 1",
        "sharpen 2 amount=5",
        "convolve 1,2,1,2,4,2,1,2,1 scale=16",
        "convolve 1,1,1,1,1,1,1,1,1 scale=0",
        "median 3",
        "median 7",
        "erode 5",
        "dilate 5",
        "bilateral 2 0.1",
        "resize 50%",
        "resize 37% filter=box",
        "resize 230% filter=linear",
        "resize 64% filter=cubic",
        "resize 13x90 mitchell exact 1",
        "resize 90x13 lanczos2 exact 1",
        "resize 301% filter=lanczos3",
        "resize 20x20 fit=cover linear=1",
        "resize 29% filter=nearest",
        "rotate 90",
        "crop 9x9",
        "flip",
        "flop",
        "trim",
        "equalize",
        "autolevel",
        "pad 3 extend=mirror",
        "pad 3 extend=copy",
        "blur 2 | resize 50% | sharpen 1",
    };
    static const unsigned values[] = {0, 1, 2, 127, 254, 255};
    static const struct yk_format formats[] = {{1, 0, 8}, {3, 0, 8}, {3, 1, 8}, {3, 0, 16}};
    for (size_t k = 0; k < sizeof pipelines / sizeof pipelines[0]; k++)
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
            for (size_t f = 0; f < sizeof formats / sizeof formats[0]; f++) {
                if (formats[f].alpha && values[v] == 0)
                    continue; /* no colour without alpha: covered by the oracle */
                unsigned value = formats[f].depth == 8 ? values[v] : values[v] * 257;
                struct yk_image *in = ops_constant(formats[f], 41, 29, value);
                if (formats[f].alpha)
                    for (uint32_t i = 0; i < 41 * 29; i++)
                        ops_set(in, i % 41, i / 41, 3, 255);
                struct yk_image *out = ops_run_cpu(pipelines[k], in);
                size_t wrong = 0;
                for (uint32_t y = 0; out && y < out->height; y++)
                    for (uint32_t x = 0; x < out->width; x++)
                        for (unsigned c = 0; c < yk_format_channels(out->format); c++)
                            wrong += ops_sample(out, x, y, c) != (c == 3 ? 255 : value);
                CU_ASSERT_EQUAL(wrong, 0);
                if (wrong)
                    printf("\n    %s changed %zu samples of a %s image of %u\n", pipelines[k], wrong,
                           yk_format_name(formats[f]), value);
                yk_image_free(out);
                yk_image_free(in);
            }
}

void test_ops_inverses(void)
{
    static const char *const pipelines[] = {
        "rotate 90 | rotate 90 | rotate 90 | rotate 90",
        "rotate 180 | rotate 180",
        "rotate 90 | rotate 270",
        "rotate 450 | rotate -90",
        "flip | flip",
        "flop | flop",
        "flip | flop | rotate 180",
        "invert | invert",
        "pad 3,4,5,6 | crop 53x31+3+4",
        "resize 300% filter=nearest | resize 53x31 filter=nearest fit=exact",
        "mix 0,1,0,0,0,1,1,0,0 | mix 0,0,1,1,0,0,0,1,0",
        "brightness 0 | contrast 1 | gamma 1 | levels 0 1 | saturation 1 | posterize 256 | blur 0 | box 0",
    };
    for (size_t k = 0; k < sizeof pipelines / sizeof pipelines[0]; k++)
        for (size_t f = 0; f < OPS_FORMATS; f++) {
            if (k >= 10 && (ops_formats[f].colours == 1 || (k == 11 && ops_formats[f].depth == 16)))
                continue; /* mix makes grey images coloured; posterize 256 makes 8 bits of 16 */
            if (k == 9 && ops_formats[f].alpha)
                continue; /* resize drops the colours of fully transparent pixels */
            struct yk_image *in = ops_image(ops_formats[f], 53, 31, OPS_NOISE, 300 + k);
            struct yk_image *out = ops_run_cpu(pipelines[k], in);
            if (out)
                CU_ASSERT_TRUE(ops_identical(out, in, pipelines[k]));
            yk_image_free(out);
            yk_image_free(in);
        }
}

static double mean(const struct yk_image *image, unsigned channel)
{
    double sum = 0.0;
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++)
            sum += ops_sample(image, x, y, channel);
    return sum / image->width / image->height;
}

/* The replicated border changes a mean, so the content lies in a frame of one value that is wider than the
 * reach. */
void test_ops_mean(void)
{
    static const char *const pipelines[] = {
        "blur 1",
        "blur 3",
        "box 2",
        "box 8",
        "resize 50% filter=box",
        "resize 50% filter=linear",
        "resize 50%",
        "resize 200% filter=linear",
        "resize 300% filter=cubic",
        "resize 200% filter=lanczos2",
        "convolve 1,2,1,2,4,2,1,2,1 scale=16",
    };
    for (size_t k = 0; k < sizeof pipelines / sizeof pipelines[0]; k++) {
        struct yk_image *in = ops_constant(ops_formats[2], 96, 80, 100);
        struct yk_random random = {k};
        for (uint32_t y = 20; y < 60; y++)
            for (uint32_t x = 20; x < 76; x++)
                for (unsigned c = 0; c < 3; c++)
                    ops_set(in, x, y, c, 60 + (unsigned)yk_random_below(&random, 130));
        struct yk_image *out = ops_run_cpu(pipelines[k], in);
        for (unsigned c = 0; out && c < 3; c++)
            CU_ASSERT_DOUBLE_EQUAL(mean(out, c), mean(in, c), 0.1);
        yk_image_free(out);
        yk_image_free(in);
    }
}

void test_ops_sizes(void)
{
    static const char *const filters[] = {"nearest",  "box",      "linear",  "cubic",
                                          "mitchell", "lanczos2", "lanczos3"};
    struct yk_image *in = ops_image(ops_formats[0], 41, 37, OPS_NOISE, 9);
    struct ref_image *source = ref_from_image(in);
    for (unsigned side = 1; side <= 64; side++)
        for (size_t k = 0; k < 7; k++) {
            char text[80];
            unsigned other = 65 - side;
            snprintf(text, sizeof text, "resize %ux%u filter=%s fit=exact enlarge=1", side, other,
                     filters[k]);
            struct yk_image *out = ops_run_cpu(text, in);
            if (!out)
                continue;
            CU_ASSERT_EQUAL(out->width, side);
            CU_ASSERT_EQUAL(out->height, other);
            struct ref_image *expected = ref_run(text, source);
            CU_ASSERT_TRUE(ops_matches(out, expected, k == 0 ? 0 : 1, text, NULL));
            ref_free(expected);
            yk_image_free(out);
        }
    ref_free(source);
    yk_image_free(in);
}

static void expect_width(unsigned width, const char *text, unsigned expected)
{
    struct yk_image *in = ops_constant(ops_formats[0], width, 4, 90), *out = ops_run_cpu(text, in);
    if (out)
        CU_ASSERT_EQUAL(out->width, expected);
    if (out && out->width != expected)
        printf("\n    %s of %u columns has %u, expected %u\n", text, width, out->width, expected);
    yk_image_free(out);
    yk_image_free(in);
}

/* Sizes that lie halfway are rounded up; a value equal to a threshold is white. Neither may depend on how a
 * decimal fraction happens to be stored in binary. */
void test_ops_ties(void)
{
    expect_width(15, "resize 70%", 11); /* 10.5 */
    expect_width(15, "resize 0.7", 11);
    expect_width(5, "resize 30%", 2);    /* 1.5 */
    expect_width(5, "resize 70%", 4);    /* 3.5 */
    expect_width(45, "resize 90%", 41);  /* 40.5 */
    expect_width(35, "resize 110%", 39); /* 38.5 */
    expect_width(1, "resize 10%", 1);
    expect_width(14, "resize 10%", 1); /* 1.4 */
    expect_width(15, "resize 10%", 2);
    for (unsigned k = 0; k <= 255; k += 51) { /* k / 255 is a multiple of 0.2 */
        char text[40];
        struct yk_image *in = ops_constant(ops_formats[k % 2 ? 0 : 2], 3, 1, k);
        if (k > 0)
            for (unsigned c = 0; c < yk_format_channels(in->format); c++)
                ops_set(in, 0, 0, c, k - 1);
        for (int by_channel = 0; by_channel < 2; by_channel++) {
            snprintf(text, sizeof text, "threshold %.1f%s", k / 255.0, by_channel ? " by=channel" : "");
            struct yk_image *out = ops_run_cpu(text, in);
            CU_ASSERT_TRUE(out && ops_sample(out, 1, 0, 0) == 255);
            if (out && ops_sample(out, 1, 0, 0) != 255)
                printf("\n    %s makes %u black\n", text, k);
            CU_ASSERT_TRUE(k == 0 || (out && ops_sample(out, 0, 0, 0) == 0));
            yk_image_free(out);
        }
        yk_image_free(in);
    }
}

/* Every 16-bit value through the operations with curves, at every level: the arithmetic of the prelude. */
void test_ops_sixteen_bits(void)
{
    static const char *const pipelines[] = {
        "",
        "gamma 2.2",
        "gamma 0.3",
        "gamma 100",
        "gamma 0.01",
        "levels 0.1 0.8 2.4",
        "contrast 1.7",
        "brightness 0.123",
        "posterize 256",
        "posterize 7",
        "invert",
    };
    struct yk_image *in = ops_constant(ops_formats[4], 65536, 1, 0);
    for (uint32_t x = 0; x < 65536; x++)
        ops_set(in, x, 0, 0, x);
    struct ref_image *source = ref_from_image(in);
    double largest = 0.0;
    for (size_t k = 0; k < sizeof pipelines / sizeof pipelines[0]; k++) {
        struct ref_image *expected = ref_run(pipelines[k], source);
        const char *level;
        for (size_t l = 0; (level = yk_verify_level(l)) != NULL; l++) {
            struct yk_image *out = ops_run(pipelines[k], NULL, NULL, level, in);
            struct ref_difference difference = {0};
            CU_ASSERT_TRUE(out && ops_matches(out, expected, 1, pipelines[k], &difference));
            if (difference.largest > largest)
                largest = difference.largest;
            yk_image_free(out);
        }
        ref_free(expected);
    }
    yk_note("all 16-bit values through curves: largest distance from the oracle %.3f steps", largest);
    ref_free(source);
    yk_image_free(in);
}
