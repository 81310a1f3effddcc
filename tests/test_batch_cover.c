/* SPDX-License-Identifier: MIT
 * The promise in one place: the same bytes for every policy, set of devices, height of bands, reach of the
 * operations and height of the image. In memory and on one thread, which plays all devices in a random order,
 * so that thousands of combinations take seconds; the devices are the CPU's code behind decorations. */
#include "test_batch.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yoke/pipeline.h>

#include "decorate.h"
#include "job.h"
#include "mem.h"
#include "splitter.h"
#include "support.h"

enum { SLOTS = 3, MOST_DEVICES = 3, MOST_HEIGHT = 70, WIDTH = 5 };

static const char *const schedules[] = {"auto", "guided", "dynamic", "static:3,1,2", "single:1"};
static const char *const pipelines[] = {"invert", "blur 0.6", "blur 3 | median 3", "equalize | box 1"};
static const struct {
    unsigned lanes[MOST_DEVICES], count; /* lanes: bands that it has at a time, as the CPU's threads */
} sets[] = {{{1}, 1}, {{SLOTS}, 1}, {{SLOTS, 1}, 2}, {{1, 1, 1}, 3}};
static const char *const heights[] = {"rows=1", "rows=2", "rows=7", ""};

/* The bands that a device has, oldest first. */
struct lane {
    struct yk_device *device;
    struct {
        struct yk_band band;
        unsigned slot;
    } queue[SLOTS];
    unsigned count, slots;
};

static void open_lanes(struct lane *lanes, size_t set, const char *spec)
{
    struct yk_device_list list;
    struct yk_decoration decoration;
    const struct yk_device_options options = {.slots = SLOTS};
    CU_ASSERT_EQUAL_FATAL(yk_device_list_make(&list, true, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_decoration_parse(&decoration, spec, NULL), YK_OK);
    for (unsigned k = 0; k < sets[set].count; k++) {
        lanes[k] = (struct lane){.slots = sets[set].lanes[k] == 1 ? 2 : sets[set].lanes[k]};
        CU_ASSERT_EQUAL_FATAL(yk_device_open(&lanes[k].device, &list.devices[0], &options, NULL), YK_OK);
        CU_ASSERT_EQUAL_FATAL(yk_device_decorate(&lanes[k].device, &decoration, SLOTS, true, NULL), YK_OK);
    }
    yk_device_list_free(&list);
}

static unsigned free_slot(const struct lane *lane)
{
    unsigned taken = 0, slot = 0;
    for (unsigned k = 0; k < lane->count; k++)
        taken |= 1u << lane->queue[k].slot;
    while (taken >> slot & 1)
        slot++;
    return slot;
}

/* Gives a device one more band, if it may have one and gets one. */
static bool give(struct lane *lane, unsigned number, struct yk_job *job, struct yk_splitter *splitter)
{
    const struct yk_backend *backend = yk_device_backend(lane->device);
    struct yk_range range;
    uint64_t most = UINT64_MAX;
    if (job->phase == YK_PHASE_ROWS)
        most = (uint64_t)backend->max_rows(lane->device, job->program);
    if (lane->count == lane->slots || !yk_splitter_claim(splitter, number, most, &range))
        return false;
    int *stat = job->phase == YK_PHASE_STAT ? yk_mem_zalloc(job->stat_count * sizeof *stat) : NULL;
    unsigned slot = free_slot(lane);
    struct yk_band band = yk_job_band(job, (int)range.begin, (int)range.end, stat);
    CU_ASSERT_EQUAL_FATAL(backend->submit(lane->device, slot, &band, NULL), YK_OK);
    lane->queue[lane->count].band = band;
    lane->queue[lane->count++].slot = slot;
    return true;
}

/* Takes the oldest band back. */
static void take(struct lane *lane, unsigned number, struct yk_job *job, struct yk_splitter *splitter)
{
    const struct yk_band band = lane->queue[0].band;
    CU_ASSERT_EQUAL(
        yk_device_backend(lane->device)->wait(lane->device, lane->queue[0].slot, UINT64_MAX, NULL, NULL),
        YK_OK);
    memmove(lane->queue, lane->queue + 1, (SLOTS - 1) * sizeof lane->queue[0]);
    lane->count--;
    if (band.stat)
        yk_job_join(job, band.stat);
    yk_mem_free(band.stat);
    CU_ASSERT_TRUE(yk_splitter_commit(splitter, number,
                                      (struct yk_range){(uint64_t)band.y0, (uint64_t)band.y1},
                                      1000 * (uint64_t)(band.y1 - band.y0)));
}

static void run_phase(struct yk_job *job, struct lane *lanes, size_t set, const char *sched,
                      struct yk_random *random)
{
    struct yk_splitter splitter;
    struct yk_policy_device states[MOST_DEVICES];
    const struct yk_policy *policy = NULL;
    struct yk_policy_arguments arguments;
    const unsigned count = sets[set].count;
    for (unsigned k = 0; k < count; k++)
        states[k] = (struct yk_policy_device){.lanes = sets[set].lanes[k]};
    CU_ASSERT_EQUAL_FATAL(yk_policy_parse(sched, &policy, &arguments, NULL), YK_OK);
    yk_splitter_start(&splitter, policy, &arguments, yk_job_rows(job), 1 + yk_random_below(random, 9), states,
                      count, (unsigned)yk_random_below(random, 3));
    for (unsigned idle = 0; !yk_splitter_finished(&splitter) && idle < 1000; idle++) {
        unsigned k = (unsigned)yk_random_below(random, count);
        if (give(&lanes[k], k, job, &splitter))
            idle = 0;
        k = (unsigned)yk_random_below(random, count);
        if (lanes[k].count > 0 && yk_random_below(random, 2)) {
            take(&lanes[k], k, job, &splitter);
            idle = 0;
        }
    }
    CU_ASSERT_TRUE_FATAL(yk_splitter_finished(&splitter));
    yk_splitter_clear(&splitter);
}

/* The image that a pipeline makes of one of `height` rows with random bytes. */
static struct yk_image *make(const struct yk_pipeline *pipeline, uint32_t height, struct lane *lanes,
                             size_t set, const char *sched, struct yk_random *random)
{
    struct yk_image *image = NULL;
    struct yk_job job;
    const struct yk_format format = {height % 2 ? 3 : 1, height / 2 % 2, height % 3 ? 8 : 16};
    struct yk_random pixels = {height};
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&image, WIDTH, height, format, NULL, NULL), YK_OK);
    for (uint32_t y = 0; y < height; y++)
        yk_random_fill(&pixels, yk_image_row(image, y), WIDTH * yk_format_bytes(format));
    CU_ASSERT_EQUAL_FATAL(yk_job_start(&job, pipeline, image, 0, NULL, NULL, NULL), YK_OK);
    while (job.phase != YK_PHASE_DONE) {
        run_phase(&job, lanes, set, sched, random);
        CU_ASSERT_EQUAL_FATAL(yk_job_advance(&job, NULL), YK_OK);
    }
    image = yk_job_take(&job);
    yk_job_clear(&job);
    return image;
}

static bool same(const struct yk_image *a, const struct yk_image *b)
{
    bool equal = a->width == b->width && a->height == b->height;
    for (uint32_t y = 0; equal && y < a->height; y++)
        equal = memcmp(yk_image_row(a, y), yk_image_row(b, y), a->width * yk_format_bytes(a->format)) == 0;
    return equal;
}

void test_batch_cover(void)
{
    struct yk_random random = {6};
    size_t images = 0, different = 0;
    if (YK_UNDER_TSAN) {
        yk_skip("one thread has no races: combinations of schedules, devices and heights");
        return;
    }
    for (size_t p = 0; p < sizeof pipelines / sizeof *pipelines; p++) {
        struct yk_pipeline *pipeline = NULL;
        struct yk_image *wanted[MOST_HEIGHT + 1];
        struct lane lanes[MOST_DEVICES];
        CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&pipeline, pipelines[p], NULL), YK_OK);
        open_lanes(lanes, 0, "");
        for (uint32_t height = 1; height <= MOST_HEIGHT; height++)
            wanted[height] = make(pipeline, height, lanes, 0, "single", &random);
        yk_device_close(lanes[0].device, false);
        for (size_t set = 0; set < sizeof sets / sizeof *sets; set++)
            for (size_t h = 0; h < sizeof heights / sizeof *heights; h++) {
                open_lanes(lanes, set, heights[h]);
                for (size_t s = 0; s < sizeof schedules / sizeof *schedules; s++)
                    for (uint32_t height = 1; height <= MOST_HEIGHT; height++) {
                        struct yk_image *got = make(pipeline, height, lanes, set, schedules[s], &random);
                        different += !same(got, wanted[height]);
                        images++;
                        yk_image_free(got);
                    }
                for (unsigned k = 0; k < sets[set].count; k++)
                    yk_device_close(lanes[k].device, false);
            }
        for (uint32_t height = 1; height <= MOST_HEIGHT; height++)
            yk_image_free(wanted[height]);
        yk_pipeline_free(pipeline);
    }
    CU_ASSERT_EQUAL(different, 0);
    CU_ASSERT_EQUAL(images, 4 * 4 * 4 * 5 * MOST_HEIGHT);
}
