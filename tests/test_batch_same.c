/* SPDX-License-Identifier: MIT
 * Batches: the same bytes whatever threads, devices, schedule, budget and I/O do the work, and a budget that
 * holds. */
#include "test_batch.h"

#include <CUnit/CUnit.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yoke/device.h>

#include "support.h"

/* Every shape of operation, two statistics, a stage of 16 bits, another size. */
static const char chain[] = "resize 60% | equalize | blur 2 | rotate 7 white | autolevel | median 3 | flip";

static const struct yk_format rgba8 = {3, 1, 8};

/* The engine that the options ask for, or a counted skip. */
static bool engine_is_here(enum yk_io_engine engine)
{
    struct yk_io *io = NULL;
    enum yk_status status = yk_io_open(&io, engine, 1, NULL);
    if (status == YK_ERR_MISSING)
        yk_skip("no io_uring here");
    yk_io_close(io);
    return status == YK_OK;
}

/* Whether every output is what the pipeline makes of that image alone, in memory, on one thread. */
static void check_results(const struct batch_run *run, const char *text)
{
    struct yk_pipeline *pipeline = NULL;
    CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&pipeline, text, NULL), YK_OK);
    for (size_t k = 0; k < run->plan.count; k++) {
        struct yk_image *in = batch_load(run->plan.items[k].input),
                        *out = batch_load(run->plan.items[k].output);
        struct yk_image *expected = NULL;
        CU_ASSERT_TRUE_FATAL(in && out);
        CU_ASSERT_EQUAL_FATAL(yk_pipeline_process(pipeline, NULL, in, &expected, NULL), YK_OK);
        CU_ASSERT_TRUE(yk_image_equal(out, expected, 0, run->plan.items[k].input));
        yk_image_free(in);
        yk_image_free(out);
        yk_image_free(expected);
    }
    yk_pipeline_free(pipeline);
}

void test_batch_threads(void)
{
    static const char *const schedules[] = {NULL,     "dynamic:1", "dynamic:17", "single",
                                            "static", "static:1",  "auto",       "guided"};
    struct batch_place place;
    struct batch_run run = {0};
    batch_open(&place);
    batch_images(&place, 10, 90);
    batch_image(&place, "large.png", 300, 200, rgba8, 5);
    struct yk_batch_options options = {
        .devices = "cpu", .threads = 1, .encode = {.level = 1}, .io = YK_IO_POSIX};
    CU_ASSERT_EQUAL(batch_all(&run, &place, chain, &options), YK_OK);
    CU_ASSERT_EQUAL(run.summary.done, 11);
    check_results(&run, chain);
    uint64_t expected = batch_hash(&run);
    batch_end(&run);
    for (unsigned threads = 1; threads <= 8; threads++)
        for (int io = YK_IO_URING; io <= YK_IO_POSIX; io++) {
            options.threads = threads;
            options.io = (enum yk_io_engine)io;
            options.sched = schedules[(threads + 3 * (unsigned)io) % 8];
            options.memory = threads % 3 == 0 ? 100000 : 0;
            if (io == YK_IO_URING && !engine_is_here(YK_IO_URING))
                continue;
            CU_ASSERT_EQUAL(batch_all(&run, &place, chain, &options), YK_OK);
            CU_ASSERT_EQUAL(run.summary.done, 11);
            CU_ASSERT_EQUAL(batch_hash(&run), expected);
            CU_ASSERT_STRING_EQUAL(run.summary.io_engine, io == YK_IO_URING ? "uring" : "posix");
            batch_end(&run);
        }
    /* A change must show: another level of compression gives other bytes. */
    options.encode.level = 0;
    CU_ASSERT_EQUAL(batch_all(&run, &place, chain, &options), YK_OK);
    CU_ASSERT_NOT_EQUAL(batch_hash(&run), expected);
    batch_end(&run);
    batch_close(&place);
}

/* Images with four channels: a file at work takes its input (smaller than the picture), its picture and its
 * result. */
static void check_memory(uint32_t side)
{
    enum { FILES = 14 };
    const uint64_t picture = (uint64_t)side * side * 4;
    struct batch_place place;
    struct batch_run run = {0};
    uint64_t largest = 0;
    batch_open(&place);
    for (unsigned k = 0; k < FILES; k++) {
        char name[16];
        snprintf(name, sizeof name, "i%02u.png", k);
        batch_image(&place, name, side, side, rgba8, k);
    }
    struct yk_batch_options options = {.devices = "cpu", .threads = 8, .encode = {.level = 1}};
    CU_ASSERT_EQUAL(batch_all(&run, &place, "blur 1", &options), YK_OK);
    uint64_t expected = batch_hash(&run);
    CU_ASSERT(run.summary.memory_peak >= 2 * picture);
    for (size_t k = 0; k < run.plan.count; k++)
        largest = run.plan.items[k].input_bytes > largest ? run.plan.items[k].input_bytes : largest;
    CU_ASSERT(largest > 0 && largest < picture);
    batch_end(&run);
    const uint64_t one = largest + 2 * picture; /* what one file takes */
    const uint64_t budgets[] = {1, 1000, one, 4 * one / 3, 2 * one, 3 * one, 5 * one, 100 * one};
    for (size_t k = 0; k < sizeof budgets / sizeof *budgets; k++) {
        options.memory = budgets[k];
        options.threads = 1 + (unsigned)k % 8;
        CU_ASSERT_EQUAL(batch_all(&run, &place, "blur 1", &options), YK_OK);
        CU_ASSERT_EQUAL(run.summary.done, FILES);
        CU_ASSERT_EQUAL(batch_hash(&run), expected);
        CU_ASSERT(run.summary.memory_peak >= 2 * picture);
        /* Below what one file takes they go one after another, one more read ahead. A third more than that is
         * enough to keep to: a quarter is for files that wait. */
        uint64_t most = budgets[k] < 4 * one / 3 ? one + largest : budgets[k];
        CU_ASSERT(run.summary.memory_peak <= most);
        batch_end(&run);
    }
    batch_close(&place);
}

/* Pictures of 160,000 bytes; and of 409,600, whose memory is used again and lies unused in between. */
void test_batch_memory(void)
{
    check_memory(200);
    check_memory(320);
}

/* OpenCL devices alone and beside the CPU: the same bytes again. */
void test_batch_opencl(void)
{
    struct yk_device_list list;
    size_t usable = 0;
    CU_ASSERT_EQUAL_FATAL(yk_device_list_make(&list, false, NULL), YK_OK);
    for (size_t k = 1; k < list.count; k++)
        usable += list.devices[k].usable;
    yk_device_list_free(&list);
    if (usable == 0) {
        yk_skip("no OpenCL device for batches");
        return;
    }
    static const char *const selections[] = {"cl", "cpu,cl", "all"};
    static const char *const schedules[] = {"dynamic:5", "static", "single:1"};
    static const char text[] = "invert | equalize | blur 1 | crop 70x60";
    struct batch_place place;
    struct batch_run run = {0};
    batch_open(&place);
    batch_images(&place, 8, 100);
    struct yk_batch_options options = {.devices = "cpu", .threads = 2, .encode = {.level = 1}};
    CU_ASSERT_EQUAL(batch_all(&run, &place, text, &options), YK_OK);
    uint64_t expected = batch_hash(&run);
    batch_end(&run);
    options.strict_devices = true;
    for (size_t k = 0; k < 3; k++) {
        options.devices = selections[k];
        options.sched = schedules[k];
        CU_ASSERT_EQUAL(batch_all(&run, &place, text, &options), YK_OK);
        CU_ASSERT_EQUAL(run.summary.done, 8);
        CU_ASSERT_EQUAL(batch_hash(&run), expected);
        CU_ASSERT(run.summary.device_count >= 2); /* the CPU is always in the list */
        for (size_t d = 0; d < run.summary.device_count; d++) {
            const struct yk_batch_device *device = &run.summary.devices[d];
            CU_ASSERT_FALSE(device->retired);
            if (k == 0)
                CU_ASSERT_EQUAL(device->rows > 0 && strcmp(device->id, "cpu") == 0, false);
        }
        batch_end(&run);
    }
    batch_close(&place);
}

/* An image of 4 MB is encoded in parts, on as many threads as there are: the same bytes. */
void test_batch_parts(void)
{
    struct batch_place place;
    uint64_t expected = 0;
    batch_open(&place);
    batch_image(&place, "large.png", 1200, 1200, (struct yk_format){3, 0, 8}, 8);
    batch_image(&place, "wide.png", 40000, 30, (struct yk_format){3, 0, 8}, 9);
    for (unsigned threads = 1; threads <= 6; threads++) {
        struct batch_run run = {0};
        struct yk_batch_options options = {.devices = "cpu", .threads = threads, .encode = {.level = -1}};
        CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", &options), YK_OK);
        CU_ASSERT_EQUAL(run.summary.done, 2);
        if (threads == 1) {
            expected = batch_hash(&run);
            CU_ASSERT_TRUE(batch_is_inverted(run.plan.items[0].input, run.plan.items[0].output));
            CU_ASSERT_TRUE(batch_is_inverted(run.plan.items[1].input, run.plan.items[1].output));
        }
        CU_ASSERT_EQUAL(batch_hash(&run), expected);
        batch_end(&run);
    }
    batch_close(&place);
}

static bool few_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count < 100;
}

/* Two thousand files, of which only so many are in flight: neither memory nor descriptors grow with the
 * number. */
void test_batch_huge(void)
{
    struct batch_place place;
    struct batch_run run = {.each_item = few_descriptors};
    size_t size = 0;
    batch_open(&place);
    batch_image(&place, "n0000.png", 8, 8, rgba8, 1);
    char *first = yk_path_join(place.in, "n0000.png");
    uint8_t *data = yk_file_read(first, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    for (unsigned k = 1; k < 2000; k++) {
        char name[16];
        snprintf(name, sizeof name, "n%04u.png", k);
        batch_bytes(&place, name, data, size);
    }
    struct yk_batch_options options = {.devices = "cpu", .threads = 3, .encode = {.level = 1}};
    CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", &options), YK_OK);
    CU_ASSERT_EQUAL(run.summary.done, 2000);
    CU_ASSERT_EQUAL(run.items, 2000);
    /* 2 (3 threads + 1 device) + 4 files at most, each with its input (then its output) and two pictures of 8
     * rows of 64 bytes. */
    CU_ASSERT(run.summary.memory_peak <= 12 * (size + 2 * 8 * 64));
    CU_ASSERT_TRUE(batch_is_inverted(first, batch_item(&run, "n1999.png")->output));
    batch_end(&run);
    free(first);
    free(data);
    batch_close(&place);
}
