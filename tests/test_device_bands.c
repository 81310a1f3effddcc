/* SPDX-License-Identifier: MIT
 * host/device/cpu_band.c: a band is the same rows of the whole, however an image is split, on every level,
 * whatever the thread did before; and no code touches memory that is not its own. */
#include "test_device.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yoke/pipeline.h>

#include "backend.h"
#include "cpu_band.h"
#include "cpu_level.h"
#include "job.h"
#include "mem.h"
#include "support.h"

/* Pieces of pipelines: every shape of operation, reach from none to more than an image has. */
static const char *const pieces[] = {"invert",
                                     "gamma 0.5",
                                     "grayscale",
                                     "saturation 1.5",
                                     "blur 0.6",
                                     "blur 3",
                                     "blur 40",
                                     "box 2",
                                     "box 60",
                                     "sharpen 1.2 0.8",
                                     "edges",
                                     "emboss",
                                     "median 3",
                                     "median 7",
                                     "dilate 5",
                                     "erode 3",
                                     "bilateral 1.5 0.2",
                                     "convolve 0,1,0,2,4,2,0,1,0 scale=10",
                                     "resize 37%",
                                     "resize 50% filter=box",
                                     "resize 230% filter=cubic",
                                     "resize 31x47 fit=exact enlarge=1",
                                     "resize 1x1 fit=exact",
                                     "resize 3x200 fit=exact enlarge=1 filter=nearest",
                                     "resize 60% linear=1",
                                     "crop 4000x9",
                                     "crop 7x4000+1+0",
                                     "pad 3,5,7,9 extend=mirror",
                                     "pad 2 extend=copy",
                                     "pad 11,0 background=transparent",
                                     "rotate 33",
                                     "rotate 90",
                                     "rotate 180 background=#ff000080",
                                     "flip",
                                     "flop"};
static const uint32_t sizes[][2] = {{1, 1},    {2, 3},    {64, 33}, {37, 150},
                                    {128, 20}, {201, 97}, {5, 400}, {16, 17}};
static const struct yk_format formats[] = {{1, 0, 8},  {1, 1, 8},  {3, 0, 8},  {3, 1, 8},
                                           {1, 0, 16}, {1, 1, 16}, {3, 0, 16}, {3, 1, 16}};

enum { PIECES = sizeof pieces / sizeof *pieces, SIZES = sizeof sizes / sizeof *sizes };

/* An image whose memory, slack included, ends (begins) at a page that nobody may touch. */
struct guarded {
    struct yk_image image;
    struct yk_guard guard;
};

static struct guarded guarded_make(uint32_t width, uint32_t height, struct yk_format format,
                                   enum yk_guard_side side)
{
    struct guarded made = {.image = {.width = width, .height = height, .format = format}};
    made.image.stride = ((size_t)width * yk_format_bytes(format) + 63) / 64 * 64;
    made.guard = yk_guard_alloc(made.image.stride * height + YK_MEM_SLACK, side);
    made.image.pixels = made.guard.data;
    return made;
}

/* Whether all bytes of the rows are as guarded_make left them. */
static bool untouched(const struct yk_image *image, uint32_t y0, uint32_t y1)
{
    bool good = true;
    for (size_t k = y0 * image->stride; k < y1 * image->stride; k++)
        good = good && image->pixels[k] == 0xA5;
    return good;
}

static bool rows_equal(const struct yk_image *a, const struct yk_image *b)
{
    bool good = true;
    for (uint32_t y = 0; y < a->height; y++)
        good = good &&
               memcmp(yk_image_row(a, y), yk_image_row(b, y), a->width * yk_format_bytes(a->format)) == 0;
    return good;
}

/* The program of a pipeline without statistics; NULL where the planner refuses it for this image. */
static struct yk_program *plan(const char *text, uint32_t width, uint32_t height, struct yk_format format)
{
    struct yk_pipeline *pipeline = NULL;
    struct yk_program *program = NULL;
    const struct yk_limits limits = {.max_pixels = 1 << 20};
    const struct yk_limits all = yk_limits_resolve(&limits);
    size_t at = 0;
    CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&pipeline, text, NULL), YK_OK);
    if (yk_plan_stage(pipeline, &at, width, height, format, format.depth, NULL, &all, &program, NULL) !=
        YK_OK)
        program = NULL;
    yk_pipeline_free(pipeline);
    return program;
}

static void run(const struct yk_level *level, struct yk_cpu_scratch *scratch,
                const struct yk_program *program, const struct yk_image *source, struct yk_image *target,
                int y0, int y1)
{
    struct yk_band band = {.program = program, .source = source, .target = target, .y0 = y0, .y1 = y1};
    CU_ASSERT_EQUAL(yk_cpu_band_run(level, scratch, &band, NULL), YK_OK);
}

/* The image in bands between random cuts, in random order, all by one thread's scratch; each writes its own
 * rows. */
static bool split_equals(const struct yk_level *level, struct yk_cpu_scratch *scratch,
                         const struct yk_program *program, const struct yk_image *source,
                         const struct yk_image *whole, struct yk_random *random)
{
    int cuts[10], count = 1 + (int)yk_random_below(random, 8), height = program->out_height;
    struct guarded target = guarded_make(whole->width, whole->height, whole->format, YK_GUARD_START);
    bool good = true;
    cuts[0] = 0;
    for (int k = 1; k < count; k++) {
        cuts[k] = (int)yk_random_below(random, (uint64_t)height + 1);
        for (int j = k; j > 1 && cuts[j] < cuts[j - 1]; j--) {
            int other = cuts[j];
            cuts[j] = cuts[j - 1];
            cuts[j - 1] = other;
        }
    }
    cuts[count] = height;
    int step = 1 + (int)yk_random_below(random, 2) * (count > 1 ? count - 2 : 0); /* forwards or backwards */
    for (int k = 0, at = 0; k < count; k++, at = (at + step) % count) {
        /* With a step of count - 1 the order is 0, count - 1, count - 2, ... */
        bool before =
            cuts[at] == cuts[at + 1] || untouched(&target.image, (uint32_t)cuts[at], (uint32_t)cuts[at + 1]);
        good = good && before;
        if (cuts[at] < cuts[at + 1])
            run(level, scratch, program, source, &target.image, cuts[at], cuts[at + 1]);
    }
    good = good && rows_equal(&target.image, whole);
    return yk_guard_free(&target.guard) && good;
}

static void random_text(struct yk_random *random, char text[256])
{
    size_t count = yk_random_below(random, 4);
    text[0] = '\0';
    for (size_t k = 0; k <= count; k++) {
        strcat(text, k ? " | " : "");
        strcat(text, pieces[yk_random_below(random, PIECES)]);
    }
}

/* One pipeline on one image: the whole on the lowest level is what every level and split must give. */
static size_t check(const char *text, uint32_t width, uint32_t height, struct yk_format format,
                    struct yk_cpu_scratch *used, struct yk_random *random)
{
    struct yk_program *program = plan(text, width, height, format);
    if (!program)
        return 0;
    struct guarded source = guarded_make(width, height, format, YK_GUARD_END);
    yk_random_fill(random, source.image.pixels, source.image.stride * height);
    struct guarded whole = guarded_make((uint32_t)program->out_width, (uint32_t)program->out_height,
                                        program->out_format, YK_GUARD_END);
    struct yk_cpu_scratch *fresh = yk_cpu_scratch_create();
    CU_ASSERT_PTR_NOT_NULL_FATAL(fresh);
    run(yk_cpu_level_at(0), fresh, program, &source.image, &whole.image, 0, program->out_height);
    yk_cpu_scratch_free(fresh);
    size_t checks = 0;
    for (size_t k = 0; yk_cpu_level_at(k); k++, checks++) {
        bool good = split_equals(yk_cpu_level_at(k), used, program, &source.image, &whole.image, random);
        CU_ASSERT_TRUE(good);
        if (!good)
            printf("\n    %s on %ux%u %s, level %s", text, width, height, yk_format_name(format),
                   yk_cpu_level_at(k)->name);
    }
    CU_ASSERT_TRUE(yk_guard_free(&source.guard));
    CU_ASSERT_TRUE(yk_guard_free(&whole.guard));
    yk_program_free(program);
    return checks;
}

void test_device_splits(void)
{
    struct yk_random random = {4242};
    struct yk_cpu_scratch *scratch = yk_cpu_scratch_create();
    size_t checks = 0;
    char text[256];
    CU_ASSERT_PTR_NOT_NULL_FATAL(scratch);
    checks += check("", 64, 33, formats[2], scratch, &random);
    for (size_t k = 0; k < PIECES; k++)
        for (size_t size = k % 2; size < SIZES; size += 2)
            checks += check(pieces[k], sizes[size][0], sizes[size][1], formats[(k + size / 2) % 8], scratch,
                            &random);
    for (unsigned round = 0; round < 150; round++) {
        const uint32_t *size = sizes[yk_random_below(&random, SIZES)];
        random_text(&random, text);
        checks += check(text, size[0], size[1], formats[yk_random_below(&random, 8)], scratch, &random);
    }
    CU_ASSERT(checks > 200);
    yk_note("device: %zu pipelines, images and levels split at random", checks);
    yk_cpu_scratch_free(scratch);
}

/* A band in the middle: all other rows of the target stay as they were, rows that end exactly at the next one
 * included (a stride without a gap: 64, 32, 16 or 8 pixels), since other threads write those. The source is
 * only read where it has memory, on both sides. */
void test_device_guards(void)
{
    static const uint32_t widths[] = {64, 32, 16, 8, 128, 63, 65, 1};
    struct yk_cpu_scratch *scratch = yk_cpu_scratch_create();
    struct yk_random random = {5};
    CU_ASSERT_PTR_NOT_NULL_FATAL(scratch);
    for (size_t level = 0; yk_cpu_level_at(level); level++)
        for (size_t f = 0; f < 8; f++)
            for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
                static const char *const texts[] = {"",         "invert", "blur 2",
                                                    "median 3", "flop",   "resize 100% filter=box"};
                for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
                    enum yk_guard_side side = (f + w + t) % 2 ? YK_GUARD_START : YK_GUARD_END;
                    struct guarded source = guarded_make(widths[w], 12, formats[f], side);
                    struct guarded target = guarded_make(widths[w], 12, formats[f], side);
                    struct yk_program *program = plan(texts[t], widths[w], 12, formats[f]);
                    CU_ASSERT_PTR_NOT_NULL_FATAL(program);
                    int y0 = (int)yk_random_below(&random, 12),
                        y1 = y0 + 1 + (int)yk_random_below(&random, 12 - (unsigned)y0);
                    run(yk_cpu_level_at(level), scratch, program, &source.image, &target.image, y0, y1);
                    CU_ASSERT_TRUE(untouched(&target.image, 0, (uint32_t)y0));
                    CU_ASSERT_TRUE(untouched(&target.image, (uint32_t)y1, 12));
                    yk_program_free(program);
                    CU_ASSERT_TRUE(yk_guard_free(&source.guard));
                    CU_ASSERT_TRUE(yk_guard_free(&target.guard));
                }
            }
    yk_cpu_scratch_free(scratch);
}

/* ---- statistics ---- */

/* The job's statistic over rows in bands between `step` rows, all joined. */
static int *gather(const struct yk_job *job, const struct yk_level *level, struct yk_cpu_scratch *scratch,
                   int step)
{
    struct yk_job sum = *job;
    sum.stat = yk_mem_zalloc(job->stat_count * sizeof *sum.stat);
    CU_ASSERT_PTR_NOT_NULL_FATAL(sum.stat);
    int height = (int)yk_job_rows(job);
    for (int y = (height - 1) / step * step; y >= 0; y -= step) {
        int *part = yk_mem_zalloc(job->stat_count * sizeof *part);
        CU_ASSERT_PTR_NOT_NULL_FATAL(part);
        struct yk_band band = yk_job_band(job, y, y + step < height ? y + step : height, part);
        CU_ASSERT_EQUAL(yk_cpu_band_run(level, scratch, &band, NULL), YK_OK);
        yk_job_join(&sum, part);
        yk_mem_free(part);
    }
    return sum.stat;
}

static uint64_t total(const int *counts, size_t count)
{
    uint64_t sum = 0;
    for (size_t k = 0; k < count; k++)
        sum += (uint64_t)counts[k];
    return sum;
}

/* Pixels that are not fully transparent: a histogram counts each of their samples once. */
static uint64_t visible(const struct yk_image *image)
{
    uint64_t count = 0;
    size_t bytes = yk_format_bytes(image->format), depth = image->format.depth / 8u;
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++) {
            const uint8_t *last = yk_image_row(image, y) + (x + 1) * bytes - depth;
            count += !image->format.alpha || last[0] != 0 || last[depth - 1] != 0;
        }
    return count;
}

void test_device_statistics(void)
{
    static const char *const texts[] = {"equalize", "autolevel 0.01 channel", "trim 0.1"};
    struct yk_cpu_scratch *scratch = yk_cpu_scratch_create();
    struct yk_random random = {11};
    size_t checks = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(scratch);
    for (size_t t = 0; t < 3; t++)
        for (size_t f = 0; f < 8; f++)
            for (size_t size = 0; size < SIZES; size++) {
                uint32_t width = sizes[size][0], height = sizes[size][1];
                struct guarded source =
                    guarded_make(width, height, formats[f], size % 2 ? YK_GUARD_END : YK_GUARD_START);
                struct yk_pipeline *pipeline = NULL;
                struct yk_job job;
                struct yk_image *image = NULL;
                CU_ASSERT_EQUAL_FATAL(yk_image_create(&image, width, height, formats[f], NULL, NULL), YK_OK);
                yk_random_fill(&random, source.image.pixels, source.image.stride * height);
                CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&pipeline, texts[t], NULL), YK_OK);
                CU_ASSERT_EQUAL_FATAL(yk_job_start(&job, pipeline, image, 0, NULL, NULL, NULL), YK_OK);
                job.source = &source.image;
                CU_ASSERT_EQUAL(job.phase, YK_PHASE_STAT);
                CU_ASSERT_EQUAL(yk_job_rows(&job), height);
                int *whole = gather(&job, yk_cpu_level_at(0), scratch, (int)height);
                for (size_t k = 0; yk_cpu_level_at(k); k++) {
                    int *split =
                        gather(&job, yk_cpu_level_at(k), scratch, 1 + (int)yk_random_below(&random, height));
                    CU_ASSERT_EQUAL(memcmp(split, whole, job.stat_count * sizeof *whole), 0);
                    yk_mem_free(split);
                    checks++;
                }
                if (t == 0)
                    CU_ASSERT_EQUAL(total(whole, job.stat_count),
                                    visible(&source.image) * formats[f].colours);
                yk_mem_free(whole);
                job.source = image;
                yk_job_clear(&job);
                yk_pipeline_free(pipeline);
                CU_ASSERT_TRUE(yk_guard_free(&source.guard));
            }
    CU_ASSERT(checks >= 192);
    yk_cpu_scratch_free(scratch);
}
