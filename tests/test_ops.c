/* SPDX-License-Identifier: MIT
 * The operations suite: every operation against the oracle of reference.h, and the same bytes from every
 * device, instruction-set level and schedule. This file holds what the others share. */
#include <CUnit/CUnit.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yoke/device.h>
#include <yoke/pipeline.h>

#include "support.h"
#include "test_ops.h"

const struct yk_format ops_formats[OPS_FORMATS] = {{1, 0, 8},  {1, 1, 8},  {3, 0, 8},  {3, 1, 8},
                                                   {1, 0, 16}, {1, 1, 16}, {3, 0, 16}, {3, 1, 16}};
const uint32_t ops_sizes[OPS_SIZES][2] = {{1, 1}, {1, 9},   {9, 1},  {2, 2},
                                          {7, 5}, {33, 17}, {64, 3}, {131, 70}};

unsigned ops_sample(const struct yk_image *image, uint32_t x, uint32_t y, unsigned channel)
{
    const uint8_t *row = yk_image_row(image, y);
    size_t at = (size_t)x * yk_format_channels(image->format) + channel;
    uint16_t wide;
    if (image->format.depth == 8)
        return row[at];
    memcpy(&wide, row + 2 * at, sizeof wide);
    return wide;
}

void ops_set(struct yk_image *image, uint32_t x, uint32_t y, unsigned channel, unsigned value)
{
    uint8_t *row = yk_image_row(image, y);
    size_t at = (size_t)x * yk_format_channels(image->format) + channel;
    uint16_t wide = (uint16_t)value;
    if (image->format.depth == 8)
        row[at] = (uint8_t)value;
    else
        memcpy(row + 2 * at, &wide, sizeof wide);
}

static struct yk_image *new_image(struct yk_format format, uint32_t width, uint32_t height)
{
    struct yk_image *image = NULL;
    if (yk_image_create(&image, width, height, format, NULL, NULL) != YK_OK) {
        fprintf(stderr, "tests: out of memory\n");
        exit(70);
    }
    return image;
}

/* One sample of waves that differ by channel; 0 .. 1. */
static double wave(uint32_t x, uint32_t y, unsigned channel, double phase)
{
    double across = sin(0.11 * x + 0.07 * y * (channel + 1) + phase),
           down = cos(0.05 * y - 0.03 * x + channel);
    return 0.5 + 0.3 * across + 0.2 * down;
}

struct yk_image *ops_image(struct yk_format format, uint32_t width, uint32_t height, enum ops_content content,
                           uint64_t seed)
{
    struct yk_random random = {seed * 1000003 + width * 1009 + height * 31 + format.colours * 4 +
                               format.alpha * 2};
    struct yk_image *image = new_image(format, width, height);
    unsigned top = format.depth == 8 ? 255 : 65535, channels = yk_format_channels(format);
    double phase = yk_random_unit(&random) * 6.0;
    uint32_t frame_x = (uint32_t)yk_random_below(&random, width / 3 + 1);
    uint32_t frame_y = (uint32_t)yk_random_below(&random, height / 3 + 1);
    bool smooth = content == OPS_SMOOTH || (content == OPS_MIXED && seed % 2 == 1);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            for (unsigned c = 0; c < channels; c++) {
                unsigned value = (unsigned)yk_random_below(&random, top + 1);
                uint64_t kind = yk_random_below(&random, 4);
                if (smooth)
                    value = (unsigned)(wave(x, y, c, phase) * top + 0.5);
                else if (c == format.colours && kind < 2)
                    value = kind == 0 ? 0 : top;
                if (content == OPS_FRAMED &&
                    (x < frame_x || y < frame_y || x >= width - frame_x || y >= height - frame_y))
                    value = c == format.colours ? top : top / 5 * (c + 1);
                ops_set(image, x, y, c, value);
            }
    return image;
}

struct yk_image *ops_constant(struct yk_format format, uint32_t width, uint32_t height, unsigned value)
{
    struct yk_image *image = new_image(format, width, height);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            for (unsigned c = 0; c < yk_format_channels(format); c++)
                ops_set(image, x, y, c, value);
    return image;
}

struct yk_image *ops_run(const char *pipeline, const char *devices, const char *sched, const char *level,
                         const struct yk_image *in)
{
    struct yk_pipeline *parsed = NULL;
    struct yk_image *out = NULL;
    struct yk_error error = {0};
    struct yk_process_options options = {devices, sched, level, NULL};
    enum yk_status status = yk_pipeline_parse(&parsed, pipeline, &error);
    if (!status)
        status = yk_pipeline_process(parsed, &options, in, &out, &error);
    if (status)
        printf("\n    '%s' on %s, %s, %s, %ux%u %s: %s\n", pipeline, devices ? devices : "cpu",
               sched ? sched : "default", level ? level : "best", in->width, in->height,
               yk_format_name(in->format), error.text);
    yk_pipeline_free(parsed);
    return out;
}

struct yk_image *ops_run_cpu(const char *pipeline, const struct yk_image *in)
{
    struct yk_image *out = ops_run(pipeline, NULL, NULL, NULL, in);
    CU_ASSERT_PTR_NOT_NULL(out);
    return out;
}

bool ops_matches(const struct yk_image *got, const struct ref_image *expected, unsigned tolerance,
                 const char *label, struct ref_difference *difference)
{
    struct ref_difference found = ref_compare(got, expected, tolerance);
    if (difference)
        *difference = found;
    if (found.same_shape && found.wrong == 0)
        return true;
    if (!label)
        return false;
    if (!found.same_shape)
        printf("\n    %s: got %ux%u %s, expected %dx%d with %d colours and %d alpha\n", label, got->width,
               got->height, yk_format_name(got->format), expected->width, expected->height, expected->colours,
               expected->alpha);
    else
        printf(
            "\n    %s (result %ux%u %s): x=%d y=%d channel %d: got %u, expected %.3f; %zu samples differ by "
            "more than %u, at most by %u\n",
            label, got->width, got->height, yk_format_name(got->format), found.x, found.y, found.channel,
            found.got, found.expected, found.wrong, tolerance, found.integer);
    return false;
}

bool ops_identical(const struct yk_image *got, const struct yk_image *expected, const char *label)
{
    if (label)
        return yk_image_equal(got, expected, 0, label);
    if (got->width != expected->width || got->height != expected->height ||
        yk_format_bytes(got->format) != yk_format_bytes(expected->format) ||
        got->format.colours != expected->format.colours)
        return false;
    for (uint32_t y = 0; y < got->height; y++)
        if (memcmp(yk_image_row(got, y), yk_image_row(expected, y),
                   (size_t)got->width * yk_format_bytes(got->format)) != 0)
            return false;
    return true;
}

const char *ops_cl_device(size_t index)
{
    static char names[8][32];
    static size_t count;
    static bool listed;
    if (!listed) {
        struct yk_device_list list = {0};
        listed = true;
        if (yk_device_list_make(&list, false, NULL) == YK_OK) {
            for (size_t k = 0; k < list.count && count < 8; k++)
                if (strcmp(list.devices[k].backend, "cl") == 0 && list.devices[k].usable)
                    memcpy(names[count++], list.devices[k].id, sizeof names[0]);
            yk_device_list_free(&list);
        }
    }
    return index < count ? names[index] : NULL;
}

void yk_suite_ops(void)
{
    CU_pSuite suite = CU_add_suite("ops", NULL, NULL);
    if (!suite)
        return;
    CU_add_test(suite, "a planted wrong kernel is caught", test_ops_planted);
    CU_add_test(suite, "every operation, format and size against the oracle, on the CPU", test_ops_matrix);
    CU_add_test(suite, "pipelines against the oracle, on the CPU", test_ops_chains);
    CU_add_test(suite, "the same bytes from OpenCL: operations", test_ops_matrix_cl);
    CU_add_test(suite, "the same bytes from OpenCL: pipelines", test_ops_chains_cl);
    CU_add_test(suite, "a pipeline is its parts in a row", test_ops_metamorphic);
    CU_add_test(suite, "one colour stays one colour", test_ops_constant);
    CU_add_test(suite, "operations that undo each other", test_ops_inverses);
    CU_add_test(suite, "averages keep the mean", test_ops_mean);
    CU_add_test(suite, "resize makes every size", test_ops_sizes);
    CU_add_test(suite, "values exactly on a limit", test_ops_ties);
    CU_add_test(suite, "all 16-bit values through every curve", test_ops_sixteen_bits);
}
