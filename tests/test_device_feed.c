/* SPDX-License-Identifier: MIT
 * Bands whose source is made while it is read: which programs can do that, that they ask for rows from the
 * top down, and that the result is the one of a source that is there as a whole. */
#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yoke/pipeline.h>

#include "cpu_band.h"
#include "cpu_level.h"
#include "job.h"
#include "mem.h"
#include "support.h"
#include "test_device.h"

static const struct {
    const char *text;
    bool streams;
} pipelines[] = {
    {"invert", true},
    {"blur 2", true},
    {"resize 50% | blur 2 | sharpen 1", true},
    {"resize 9x9 fit=exact", true},
    {"resize 300% filter=linear", true},
    {"resize 40x30 fit=cover", true},
    {"resize 20x60 fit=pad", true}, /* of a wide picture: hundreds of rows that begin with the same one */
    {"resize 20x400 fit=pad | invert", true},
    {"median 7 | crop 20x30+3+11 | box 3", true},
    {"crop 5x6+40+60", true},
    {"pad 3,4,5,6 #10203040", true},
    {"pad 9 extend=copy | edges", true},
    {"flop", true},
    {"pad 9 extend=mirror", false}, /* its first rows are the picture's tenth, ninth, ... */
    {"flip", false},
    {"rotate 90", false},
    {"rotate 180", false},
    {"rotate 30 | crop 10x10", false},
    {"blur 1 | flip | blur 1", false},
};

/* Gives rows of an image out of memory that holds no others. */
struct giver {
    const struct yk_image *image;
    uint8_t *memory;
    int y0, y1; /* of the last call */
    unsigned calls, faults;
};

static enum yk_status give(void *context, int y0, int y1, const uint8_t **rows, size_t *stride,
                           struct yk_error *error)
{
    struct giver *giver = context;
    size_t bytes = (size_t)giver->image->width * yk_format_bytes(giver->image->format);
    giver->faults += y0 < giver->y0 || y1 < giver->y1 || y0 >= y1 || y1 > (int)giver->image->height;
    giver->calls++;
    giver->y0 = y0;
    giver->y1 = y1;
    yk_mem_free(giver->memory);
    giver->memory = giver->faults ? NULL : yk_mem_alloc(bytes * (size_t)(y1 - y0));
    if (!giver->memory)
        return yk_error_set(error, YK_ERR_INTERNAL, "rows %d to %d", y0, y1);
    for (int y = y0; y < y1; y++)
        memcpy(giver->memory + (size_t)(y - y0) * bytes, yk_image_row(giver->image, (uint32_t)y), bytes);
    *rows = giver->memory;
    *stride = bytes;
    return YK_OK;
}

static void check_feed(const char *text, bool streams, const struct yk_image *source,
                       struct yk_cpu_scratch *scratch)
{
    struct yk_pipeline *pipeline = NULL;
    struct yk_job job;
    struct yk_image *copy = NULL, *fed = NULL;
    struct giver giver = {.image = source};
    struct yk_feed feed = {give, &giver};
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&copy, source->width, source->height, source->format, NULL, NULL),
                          YK_OK);
    memcpy(copy->pixels, source->pixels, source->stride * source->height);
    CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&pipeline, text, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_job_start(&job, pipeline, copy, 0, NULL, NULL, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_program_streams(job.program), streams);
    if (streams) {
        int rows = (int)yk_job_rows(&job);
        struct yk_band band = yk_job_band(&job, 0, rows, NULL);
        CU_ASSERT_EQUAL(yk_cpu_band_run(yk_cpu_level_at(0), scratch, &band, NULL), YK_OK);
        CU_ASSERT_EQUAL_FATAL(
            yk_image_create(&fed, job.target->width, job.target->height, job.target->format, NULL, NULL),
            YK_OK);
        struct yk_image outline = *copy;
        outline.pixels = NULL;
        band.source = &outline;
        band.target = fed;
        band.feed = &feed;
        CU_ASSERT_EQUAL(yk_cpu_band_run(yk_cpu_level_at(0), scratch, &band, NULL), YK_OK);
        CU_ASSERT(giver.calls > 0);
        CU_ASSERT_EQUAL(giver.faults, 0);
        CU_ASSERT_TRUE(yk_image_equal(fed, job.target, 0, text));
        /* Many strips of one band, against bands so small that each is one strip and begins anew. */
        memset(fed->pixels, 0, fed->stride * fed->height);
        band.source = copy;
        band.feed = NULL;
        for (int y = 0; y < rows; y += 7) {
            band.y0 = y;
            band.y1 = y + 7 < rows ? y + 7 : rows;
            CU_ASSERT_EQUAL(yk_cpu_band_run(yk_cpu_level_at(0), scratch, &band, NULL), YK_OK);
        }
        CU_ASSERT_TRUE(yk_image_equal(fed, job.target, 0, text));
    }
    yk_mem_free(giver.memory);
    yk_image_free(fed);
    yk_job_clear(&job);
    yk_pipeline_free(pipeline);
}

void test_device_feed(void)
{
    static const struct yk_format formats[] = {{3, 0, 8}, {1, 0, 16}, {3, 1, 8}, {3, 0, 8}};
    static const uint32_t sizes[][2] = {{64, 96}, {61, 700}, {70, 67}, {3000, 150}};
    struct yk_cpu_scratch *scratch = yk_cpu_scratch_create();
    struct yk_random random = {5};
    CU_ASSERT_PTR_NOT_NULL_FATAL(scratch);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct yk_image *source = NULL;
        CU_ASSERT_EQUAL_FATAL(yk_image_create(&source, sizes[s][0], sizes[s][1], formats[s], NULL, NULL),
                              YK_OK);
        yk_random_fill(&random, source->pixels, source->stride * source->height);
        for (size_t k = 0; k < sizeof pipelines / sizeof *pipelines; k++)
            check_feed(pipelines[k].text, pipelines[k].streams, source, scratch);
        yk_image_free(source);
    }
    yk_cpu_scratch_free(scratch);
}

static enum yk_status fail(void *context, int y0, int y1, const uint8_t **rows, size_t *stride,
                           struct yk_error *error)
{
    (void)context, (void)rows, (void)stride;
    return yk_error_set(error, YK_ERR_UNSUPPORTED, "rows %d to %d", y0, y1);
}

void test_device_feed_fails(void)
{
    struct yk_pipeline *pipeline = NULL;
    struct yk_job job;
    struct yk_image *image = NULL;
    struct yk_error error = {YK_OK, ""};
    const struct yk_feed feed = {fail, NULL};
    struct yk_cpu_scratch *scratch = yk_cpu_scratch_create();
    CU_ASSERT_PTR_NOT_NULL_FATAL(scratch);
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&image, 30, 30, (struct yk_format){1, 0, 8}, NULL, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&pipeline, "blur 2", NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_job_start(&job, pipeline, image, 0, NULL, NULL, NULL), YK_OK);
    struct yk_band band = yk_job_band(&job, 0, 30, NULL);
    band.feed = &feed;
    CU_ASSERT_EQUAL(yk_cpu_band_run(yk_cpu_level_at(0), scratch, &band, &error), YK_ERR_UNSUPPORTED);
    CU_ASSERT_STRING_EQUAL(error.text, "rows 0 to 16");
    yk_job_clear(&job);
    yk_pipeline_free(pipeline);
    yk_cpu_scratch_free(scratch);
}
