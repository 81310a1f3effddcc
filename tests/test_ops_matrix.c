/* SPDX-License-Identifier: MIT
 * The operation matrix: every operation with arguments that reach every parameter and choice, in every format
 * and size, against the oracle; and bit for bit between instruction-set levels, schedules and devices. */
#include <CUnit/CUnit.h>

#include <stdio.h>
#include <string.h>

#include <yoke/op.h>
#include <yoke/verify.h>

#include "support.h"
#include "test_ops.h"

/* Tolerances in steps of 8 and 16-bit results. The 16-bit ones are the least that hold: binary32 carries 24
 * bits, so a result is off by more than rounding only where an operation enlarges that error. */
struct row {
    const char *pipeline;
    enum ops_content content;
    unsigned narrow, wide;
    bool dear; /* slow in the oracle: the large size in two formats only */
};

static const struct row rows[] = {
    {"invert", OPS_NOISE, 0, 0, false},
    {"grayscale", OPS_MIXED, 1, 1, false},
    {"grayscale linear=1", OPS_MIXED, 1, 1, false},
    {"brightness 0.2", OPS_MIXED, 1, 1, false},
    {"brightness -0.35", OPS_MIXED, 1, 1, false},
    {"contrast 3", OPS_MIXED, 1, 1, false},
    {"contrast 0", OPS_MIXED, 1, 1, false},
    {"contrast 0.4", OPS_MIXED, 1, 1, false},
    {"gamma 2.2", OPS_MIXED, 1, 1, false},
    {"gamma 0.4", OPS_MIXED, 1, 1, false},
    {"gamma 0.05", OPS_MIXED, 1, 1, false},
    {"gamma 50", OPS_MIXED, 1, 1, false},
    {"levels 0.2 0.7", OPS_MIXED, 1, 1, false},
    {"levels 0 0.99 gamma=1.8", OPS_MIXED, 1, 1, false},
    {"levels 0.5 0.51 0.3", OPS_MIXED, 1, 1, false},
    {"threshold 0.4567", OPS_MIXED, 0, 0, false},
    {"threshold 0.4567 by=channel", OPS_MIXED, 0, 0, false},
    {"saturation 0", OPS_MIXED, 1, 1, false},
    {"saturation 1.7", OPS_MIXED, 1, 1, false},
    {"mix 0,0,1,0,1,0,1,0,0", OPS_MIXED, 0, 0, false},
    {"mix 0.393,0.769,0.189,0.349,0.686,0.168,0.272,0.534,0.131", OPS_MIXED, 1, 1, false},
    {"mix 1,-0.5,0,0.1,0,1.5,0,-0.2,0.2,0.2,0.2,0.3", OPS_MIXED, 1, 1, false},
    {"posterize 2", OPS_MIXED, 0, 0, false},
    {"posterize 5", OPS_MIXED, 1, 1, false},
    {"blur 0", OPS_NOISE, 0, 0, false},
    {"blur 0.3", OPS_MIXED, 1, 1, false},
    {"blur 1.5", OPS_MIXED, 1, 1, false},
    {"blur 6", OPS_MIXED, 1, 1, true},
    {"blur 25", OPS_MIXED, 1, 1, true},
    {"box 0", OPS_NOISE, 0, 0, false},
    {"box 1", OPS_MIXED, 1, 1, false},
    {"box 4", OPS_MIXED, 1, 1, false},
    {"box 80", OPS_MIXED, 1, 1, true},
    {"sharpen 1", OPS_MIXED, 1, 1, false},
    {"sharpen 2.5 amount=0.6", OPS_MIXED, 1, 1, false},
    {"sharpen 1 8", OPS_MIXED, 1, 1, false},
    {"convolve 0,0,0,0,0,1,0,0,0", OPS_MIXED, 1, 1, false},
    {"convolve 1,2,1,2,4,2,1,2,1 scale=16", OPS_MIXED, 1, 1, false},
    {"convolve -1,-2,-1,0,0,0,1,2,1 scale=2 offset=0.5", OPS_MIXED, 1, 1, false},
    {"convolve 1,2,3,4,5,2,3,4,5,6,3,4,5,6,7,-1,0,1,2,3,-2,1,0,0,-3 scale=0", OPS_MIXED, 1, 1, false},
    {"convolve "
     "1,0,0,2,0,0,1,0,3,0,-1,0,2,0,0,0,5,0,0,0,1,2,0,0,9,1,0,-2,0,0,0,4,0,0,1,0,1,0,0,0,6,0,-3,0,0,1,0,"
     "0,2 scale=0",
     OPS_MIXED, 1, 1, false},
    {"convolve "
     "0,0,0,0,0,0,0,0,0,0,0,1,0,0,0,0,1,0,0,0,0,0,0,0,0,0,1,0,0,0,0,0,0,-2,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
     "1 3 -0.1",
     OPS_MIXED, 1, 1, false},
    {"edges", OPS_MIXED, 1, 1, false},
    {"emboss", OPS_MIXED, 1, 1, false},
    {"median 3", OPS_NOISE, 0, 0, false},
    {"median 5", OPS_NOISE, 0, 0, true},
    {"median 7", OPS_NOISE, 0, 0, true},
    {"erode 3", OPS_NOISE, 0, 0, false},
    {"erode 5", OPS_NOISE, 0, 0, true},
    {"erode 7", OPS_NOISE, 0, 0, true},
    {"dilate 3", OPS_NOISE, 0, 0, false},
    {"dilate 5", OPS_NOISE, 0, 0, true},
    {"dilate 7", OPS_NOISE, 0, 0, true},
    {"bilateral 0.5 0.3", OPS_MIXED, 1, 1, false},
    {"bilateral 1.5 0.1", OPS_MIXED, 1, 1, true},
    {"bilateral 3 sigma_range=2", OPS_MIXED, 1, 1, true},
    {"resize 50%", OPS_MIXED, 1, 1, false},
    {"resize 70%", OPS_MIXED, 1, 1, false},
    {"resize 0.3 filter=cubic", OPS_MIXED, 1, 1, false},
    {"resize 150% filter=lanczos2", OPS_MIXED, 1, 1, false},
    {"resize 40x30", OPS_MIXED, 1, 1, false},
    {"resize 40x30 nearest", OPS_NOISE, 0, 0, false},
    {"resize 40x30 box enlarge=1", OPS_MIXED, 1, 1, false},
    {"resize 40x30 linear fit=outside", OPS_MIXED, 1, 1, false},
    {"resize 40x30 cubic fit=outside enlarge=1", OPS_MIXED, 1, 1, false},
    {"resize 40x30 mitchell cover", OPS_MIXED, 1, 1, false},
    {"resize 40x30 mitchell cover enlarge=1", OPS_MIXED, 1, 1, false},
    {"resize 40x30 lanczos2 fit=exact", OPS_MIXED, 1, 1, false},
    {"resize 40x30 lanczos3 exact 1", OPS_MIXED, 1, 1, false},
    {"resize 5x3 lanczos3 exact 1", OPS_MIXED, 1, 1, false},
    {"resize 21x12 fit=pad", OPS_MIXED, 1, 1, false},
    {"resize 40x31 nearest fit=pad enlarge=1", OPS_NOISE, 0, 0, false},
    {"resize 20x", OPS_MIXED, 1, 1, false},
    {"resize x20 filter=linear enlarge=1", OPS_MIXED, 1, 1, false},
    {"resize 50% linear=1", OPS_MIXED, 1, 1, false},
    {"resize 45x31 filter=cubic fit=pad enlarge=1 linear=1", OPS_MIXED, 1, 1, false},
    {"resize 300% nearest", OPS_NOISE, 0, 0, false},
    {"resize 17x nearest", OPS_NOISE, 0, 0, false},
    {"resize 41x box exact", OPS_NOISE, 1, 1, false},
    {"resize 100x50 box fit=exact", OPS_NOISE, 1, 1, false},
    {"crop 5x4", OPS_NOISE, 0, 0, false},
    {"crop 2x1+0+0", OPS_NOISE, 0, 0, false},
    {"crop 40x20 gravity=southeast", OPS_NOISE, 0, 0, false},
    {"crop 1x1+0+0 gravity=center", OPS_NOISE, 0, 0, false},
    {"crop 9x9 gravity=northwest", OPS_NOISE, 0, 0, false},
    {"crop 9x9 gravity=north", OPS_NOISE, 0, 0, false},
    {"crop 9x9 gravity=northeast", OPS_NOISE, 0, 0, false},
    {"crop 9x9 gravity=west", OPS_NOISE, 0, 0, false},
    {"crop 9x9 gravity=east", OPS_NOISE, 0, 0, false},
    {"crop 9x9 gravity=southwest", OPS_NOISE, 0, 0, false},
    {"crop 9x9 gravity=south", OPS_NOISE, 0, 0, false},
    {"pad 3", OPS_NOISE, 0, 0, false},
    {"pad 2,1 background=#4080c0", OPS_NOISE, 0, 0, false},
    {"pad 1,2,3,4 background=#4080c020", OPS_NOISE, 0, 0, false},
    {"pad 0,5,1,0 transparent", OPS_NOISE, 0, 0, false},
    {"pad 20 extend=copy", OPS_NOISE, 0, 0, false},
    {"pad 9,4,25,7 extend=mirror", OPS_NOISE, 0, 0, false},
    {"rotate 0", OPS_NOISE, 0, 0, false},
    {"rotate 90", OPS_NOISE, 0, 0, false},
    {"rotate 180", OPS_NOISE, 0, 0, false},
    {"rotate 270", OPS_NOISE, 0, 0, false},
    {"rotate -90", OPS_NOISE, 0, 0, false},
    {"rotate 720", OPS_NOISE, 0, 0, false},
    {"rotate 33", OPS_MIXED, 1, 1, false},
    {"rotate -7.5 background=white", OPS_MIXED, 1, 1, false},
    {"rotate 135 background=#ff800080", OPS_MIXED, 1, 1, false},
    {"rotate 200 background=transparent", OPS_MIXED, 1, 1, false},
    {"flip", OPS_NOISE, 0, 0, false},
    {"flop", OPS_NOISE, 0, 0, false},
    {"trim", OPS_FRAMED, 0, 0, false},
    {"trim 0", OPS_FRAMED, 0, 0, false},
    {"trim 0.4", OPS_FRAMED, 0, 0, false},
    {"autolevel", OPS_SMOOTH, 1, 1, false},
    {"autolevel clip=0.1", OPS_MIXED, 1, 1, false},
    {"autolevel by=channel", OPS_SMOOTH, 1, 1, false},
    {"autolevel 0.3 by=channel", OPS_MIXED, 1, 1, false},
    {"equalize", OPS_MIXED, 1, 1, false},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static const char *const schedules[] = {"single", "static:1,3", "dynamic:1", "dynamic:3", "dynamic:16"};
enum { SCHEDULES = sizeof schedules / sizeof schedules[0] };

/* The large size costs most: every other format of it, the others in the next row; two formats of dear rows.
 */
static bool runs_here(size_t row, size_t format, size_t size)
{
    if (size + 1 < OPS_SIZES)
        return true;
    return rows[row].dear ? format == 3 || format == 4 : (row + format) % 2 == 0;
}

struct tally {
    size_t cells, levels, scheduled, failed;
    struct ref_difference worst[2]; /* 8 and 16 bits */
    const char *worst_pipeline[2];
};

static struct yk_image *cell_input(size_t row, size_t format, size_t size)
{
    return ops_image(ops_formats[format], ops_sizes[size][0], ops_sizes[size][1], rows[row].content,
                     row * 64 + format * 8 + size + row);
}

/* One cell on the CPU: the default against the oracle, the levels and one schedule against the default. */
static void check_cell(size_t row, size_t format, size_t size, struct tally *tally)
{
    char label[200];
    struct yk_image *in = cell_input(row, format, size);
    struct yk_image *first = ops_run(rows[row].pipeline, NULL, NULL, NULL, in);
    bool narrow = ops_formats[format].depth == 8;
    snprintf(label, sizeof label, "%s on %s %ux%u", rows[row].pipeline, yk_format_name(in->format), in->width,
             in->height);
    tally->cells++;
    if (!first) {
        tally->failed++;
        yk_image_free(in);
        return;
    }
    struct ref_image *source = ref_from_image(in), *expected = ref_run(rows[row].pipeline, source);
    struct ref_difference difference;
    tally->failed +=
        !ops_matches(first, expected, narrow ? rows[row].narrow : rows[row].wide, label, &difference);
    if (difference.largest > tally->worst[!narrow].largest) {
        tally->worst[!narrow] = difference;
        tally->worst_pipeline[!narrow] = rows[row].pipeline;
    }
    ref_free(source);
    ref_free(expected);
    const char *level;
    for (size_t k = 0; (level = yk_verify_level(k)) != NULL; k++) {
        struct yk_image *other = ops_run(rows[row].pipeline, NULL, NULL, level, in);
        tally->failed += !other || !ops_identical(other, first, label);
        tally->levels++;
        yk_image_free(other);
    }
    const char *schedule = schedules[(row + format + size) % SCHEDULES];
    struct yk_image *other = ops_run(rows[row].pipeline, NULL, schedule, NULL, in);
    tally->failed += !other || !ops_identical(other, first, label);
    tally->scheduled++;
    yk_image_free(other);
    yk_image_free(first);
    yk_image_free(in);
}

/* Whether some row of the matrix begins with the operation's name. */
static bool is_covered(const char *name)
{
    size_t length = strlen(name);
    for (size_t row = 0; row < ROWS; row++)
        if (strncmp(rows[row].pipeline, name, length) == 0 && strchr(" ", rows[row].pipeline[length]))
            return true;
    return false;
}

void test_ops_matrix(void)
{
    struct tally tally = {0};
    size_t left_out = 0, operations = 0;
    for (const struct yk_op *op; (op = yk_op_at(operations)) != NULL; operations++) {
        CU_ASSERT_TRUE(is_covered(yk_op_name(op)));
        if (!is_covered(yk_op_name(op)))
            printf("\n    no row for %s\n", yk_op_name(op));
    }
    CU_ASSERT_TRUE(operations > 0);
    for (size_t row = 0; row < ROWS; row++)
        for (size_t format = 0; format < OPS_FORMATS; format++)
            for (size_t size = 0; size < OPS_SIZES; size++)
                if (runs_here(row, format, size))
                    check_cell(row, format, size, &tally);
                else
                    left_out++;
    CU_ASSERT_EQUAL(tally.failed, 0);
    yk_note(
        "operation matrix, CPU: %zu operations, %d argument sets, %zu cells against the oracle, %zu runs at "
        "other levels, %zu with other schedules; %zu cells left out (%ux%u: every other format, for time)",
        operations, (int)ROWS, tally.cells, tally.levels, tally.scheduled, left_out,
        ops_sizes[OPS_SIZES - 1][0], ops_sizes[OPS_SIZES - 1][1]);
    for (int k = 0; k < 2; k++)
        yk_note("  largest distance from the oracle in %d bits: %.3f steps (%s)", k == 0 ? 8 : 16,
                tally.worst[k].largest, tally.worst_pipeline[k] ? tally.worst_pipeline[k] : "none");
}

/* Every row on every OpenCL device: a few cells each, the device alone and together with the CPU. */
void test_ops_matrix_cl(void)
{
    static const size_t cells[][2] = {{3, 5}, {6, 4}, {4, 2}, {1, 1}}; /* format, size */
    const char *device;
    size_t runs = 0, failed = 0;
    if (!ops_cl_device(0)) {
        yk_skip("no OpenCL device: operation matrix");
        return;
    }
    for (size_t d = 0; (device = ops_cl_device(d)) != NULL; d++)
        for (size_t row = 0; row < ROWS; row++)
            for (size_t k = 0; k < 4; k++) {
                const size_t *cell = cells[(row + k) % 4];
                char label[250], both[48];
                struct yk_image *in = cell_input(row, cell[0], cell[1]);
                struct yk_image *first = ops_run_cpu(rows[row].pipeline, in);
                snprintf(both, sizeof both, k % 2 == 0 ? "%s" : "cpu,%s", device);
                snprintf(label, sizeof label, "%s on %s, %s %ux%u", rows[row].pipeline, both,
                         yk_format_name(in->format), in->width, in->height);
                struct yk_image *other =
                    ops_run(rows[row].pipeline, both, schedules[(row + k) % SCHEDULES], NULL, in);
                failed += !first || !other || !ops_identical(other, first, label);
                runs++;
                yk_image_free(other);
                yk_image_free(first);
                yk_image_free(in);
            }
    CU_ASSERT_EQUAL(failed, 0);
    yk_note("operation matrix, OpenCL: %zu runs (device alone, and with the CPU) against the CPU byte for "
            "byte; four of %d cells for each row, to save time",
            runs, (int)(OPS_FORMATS * OPS_SIZES));
}
