/* SPDX-License-Identifier: MIT
 * Pipelines of several operations: against the oracle, bit for bit between levels, schedules and devices, and
 * against their own parts run one after the other. */
#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yoke/verify.h>

#include "support.h"
#include "test_ops.h"

/* Tolerances in steps, as in the matrix. A statistic in the middle reads 16-bit samples; a sample that the
 * oracle rounds the other way moves the ends of the stretch by one step, which the stretch then enlarges. */
static const struct {
    const char *pipeline;
    enum ops_content content;
    unsigned narrow, wide;
} chains[] = {
    {"resize 50% | blur 2 | sharpen 1", OPS_MIXED, 1, 2},
    {"resize 50% | sharpen 1 amount=3 | blur 1", OPS_NOISE, 1, 2},
    {"rotate 33 | crop 40x30 | edges", OPS_MIXED, 1, 2},
    {"equalize | blur 1", OPS_MIXED, 1, 1},
    {"trim | resize 40x40 fit=cover | pad 3", OPS_FRAMED, 1, 1},
    {"autolevel | autolevel by=channel", OPS_SMOOTH, 1, 8},
    {"blur 2 | invert | blur 1 | flip", OPS_MIXED, 1, 1},
    {"resize 200% filter=cubic | median 3 | flop", OPS_MIXED, 1, 1},
    {"pad 4 background=#20406080 | blur 2 | rotate 90", OPS_MIXED, 1, 1},
    {"levels 0.1 0.9 gamma=1.2 | saturation 1.4 | contrast 1.1 | brightness 0.02", OPS_MIXED, 1, 1},
    {"resize 30x30 fit=pad | sharpen 0.8 0.5", OPS_MIXED, 1, 1},
    {"crop 20x20+0+0 | resize 300% | erode 3", OPS_MIXED, 1, 1},
    {"median 5 | edges | invert", OPS_NOISE, 1, 1},
    {"grayscale linear=1 | resize x20 linear=1 | gamma 1.1", OPS_MIXED, 1, 1},
    {"rotate 45 background=transparent | resize 50% linear=1 | pad 2", OPS_MIXED, 1, 1},
    {"bilateral 1 0.1 | sharpen 1", OPS_MIXED, 1, 1},
    {"dilate 5 | erode 5 | box 2", OPS_NOISE, 1, 1},
    {"blur 3 | autolevel | sharpen 1", OPS_SMOOTH, 1, 6},
    {"mix 0.5,0.3,0.2,0.1,0.8,0.1,0.2,0.2,0.6 | trim 0.1 | flip | rotate 180", OPS_FRAMED, 1, 1},
    {"flip | rotate 270 | flop | convolve 1,2,1,2,4,2,1,2,1 scale=16 | resize 33%", OPS_MIXED, 1, 1},
    {"flop | trim | equalize | pad 1,2,3,4", OPS_FRAMED, 1, 1},
    {"box 40 | invert | box 40", OPS_MIXED, 1, 1},
    {"resize 60% linear=1 | resize 60% linear=1 | invert", OPS_MIXED, 1, 2},
    {"emboss | grayscale | resize 20x fit=exact | rotate -10", OPS_MIXED, 1, 2},
};
enum { CHAINS = sizeof chains / sizeof chains[0], CHAIN_SIZES = 4 };
static const size_t chain_sizes[CHAIN_SIZES] = {0, 4, 5, 7};
static const char *const schedules[] = {"single", "static:1,3", "dynamic:1", "dynamic:3", "dynamic:16"};

static struct yk_image *chain_input(size_t chain, size_t format, size_t size)
{
    return ops_image(ops_formats[format], ops_sizes[chain_sizes[size]][0], ops_sizes[chain_sizes[size]][1],
                     chains[chain].content, 5000 + chain * 41 + format * 5 + size);
}

void test_ops_chains(void)
{
    size_t cells = 0, runs = 0, failed = 0;
    double largest[2] = {0.0, 0.0};
    for (size_t chain = 0; chain < CHAINS; chain++)
        for (size_t format = chain % 2; format < OPS_FORMATS; format += 2)
            for (size_t size = 0; size < CHAIN_SIZES; size++) {
                char label[200];
                struct yk_image *in = chain_input(chain, format, size);
                struct yk_image *first = ops_run(chains[chain].pipeline, NULL, NULL, NULL, in);
                snprintf(label, sizeof label, "%s on %s %ux%u", chains[chain].pipeline,
                         yk_format_name(in->format), in->width, in->height);
                cells++;
                if (!first) {
                    failed++;
                    yk_image_free(in);
                    continue;
                }
                struct ref_image *source = ref_from_image(in),
                                 *expected = ref_run(chains[chain].pipeline, source);
                struct ref_difference difference;
                bool narrow = in->format.depth == 8;
                failed += !ops_matches(first, expected, narrow ? chains[chain].narrow : chains[chain].wide,
                                       label, &difference);
                if (difference.largest > largest[!narrow])
                    largest[!narrow] = difference.largest;
                ref_free(source);
                ref_free(expected);
                const char *level;
                for (size_t k = 0; (level = yk_verify_level(k)) != NULL; k++, runs++) {
                    struct yk_image *other = ops_run(chains[chain].pipeline, NULL, NULL, level, in);
                    failed += !other || !ops_identical(other, first, label);
                    yk_image_free(other);
                }
                for (size_t k = 0; k < sizeof schedules / sizeof schedules[0]; k++, runs++) {
                    struct yk_image *other = ops_run(chains[chain].pipeline, NULL, schedules[k], NULL, in);
                    failed += !other || !ops_identical(other, first, label);
                    yk_image_free(other);
                }
                yk_image_free(first);
                yk_image_free(in);
            }
    CU_ASSERT_EQUAL(failed, 0);
    yk_note("pipelines, CPU: %d pipelines, %zu cells against the oracle (largest distance %.3f steps in 8 "
            "bits, %.3f in "
            "16), %zu runs at other levels and schedules",
            (int)CHAINS, cells, largest[0], largest[1], runs);
}

void test_ops_chains_cl(void)
{
    const char *device;
    size_t runs = 0, failed = 0;
    if (!ops_cl_device(0)) {
        yk_skip("no OpenCL device: pipelines");
        return;
    }
    for (size_t d = 0; (device = ops_cl_device(d)) != NULL; d++)
        for (size_t chain = 0; chain < CHAINS; chain++)
            for (size_t k = 0; k < 2; k++) {
                char label[250], both[48];
                struct yk_image *in =
                    chain_input(chain, (chain * 3 + k * 4) % OPS_FORMATS, 2 + (chain + k) % 2);
                struct yk_image *first = ops_run_cpu(chains[chain].pipeline, in);
                snprintf(both, sizeof both, k == 0 ? "%s" : "cpu,%s", device);
                snprintf(label, sizeof label, "%s on %s", chains[chain].pipeline, both);
                struct yk_image *other =
                    ops_run(chains[chain].pipeline, both, schedules[(chain + k) % 5], NULL, in);
                failed += !first || !other || !ops_identical(other, first, label);
                runs++;
                yk_image_free(other);
                yk_image_free(first);
                yk_image_free(in);
            }
    CU_ASSERT_EQUAL(failed, 0);
    yk_note("pipelines, OpenCL: %zu runs against the CPU byte for byte", runs);
}

/* "a | b" against b of a's 16-bit result. Between the two, a's result is rounded: by half a step, which b
 * enlarges by at most its gain; each end rounds once more. */
void test_ops_metamorphic(void)
{
    static const struct {
        const char *first, *second;
        unsigned gain; /* of the second: the greatest sum of absolute weights, rounded up */
    } pairs[] = {
        {"blur 2", "invert", 1},
        {"blur 1", "blur 3", 1},
        {"resize 50%", "blur 1", 1},
        {"resize 150%", "sharpen 1", 3},
        {"resize 40x30 fit=exact", "resize 200% filter=cubic", 2},
        {"brightness 0.1", "contrast 2", 2},
        {"bilateral 1 0.2", "emboss", 8},
        {"rotate 20", "crop 20x10", 1},
        {"median 3", "box 3", 1},
        {"gamma 1.4", "mix 0.5,0.4,0.1,0,1,0,0.2,0.2,0.6", 1},
        {"sharpen 1", "rotate 33", 1},
        {"sharpen 1", "dilate 3", 1},
        {"pad 5", "edges", 12},
    };
    for (size_t k = 0; k < sizeof pairs / sizeof pairs[0]; k++)
        for (size_t format = 4; format < OPS_FORMATS; format += 2) { /* without alpha: no division */
            char text[160];
            struct yk_image *in = ops_image(ops_formats[format], 61, 43, OPS_MIXED, 7000 + k);
            snprintf(text, sizeof text, "%s | %s", pairs[k].first, pairs[k].second);
            struct yk_image *whole = ops_run_cpu(text, in), *half = ops_run_cpu(pairs[k].first, in);
            struct yk_image *parts = half ? ops_run_cpu(pairs[k].second, half) : NULL;
            if (whole && parts)
                CU_ASSERT_TRUE(yk_image_equal(whole, parts, 1 + (pairs[k].gain + 1) / 2, text));
            yk_image_free(parts);
            yk_image_free(half);
            yk_image_free(whole);
            yk_image_free(in);
        }
}
