/* SPDX-License-Identifier: MIT
 * host/device/decorate*.c: the texts, and what each decoration does to the CPU's code. */
#include "test_device.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <string.h>

#include <yoke/pipeline.h>

#include "clock.h"
#include "decorate.h"
#include "job.h"
#include "support.h"

void test_decorate_texts(void)
{
    struct yk_decoration d;
    CU_ASSERT_EQUAL_FATAL(yk_decoration_parse(&d, "", NULL), YK_OK);
    CU_ASSERT_EQUAL(d.throttle, 1.0);
    CU_ASSERT_EQUAL(d.fail_at, YK_DECORATE_NEVER);
    CU_ASSERT_EQUAL(d.build_fails, YK_DECORATE_NEVER);
    CU_ASSERT_FALSE(d.open_fails);
    CU_ASSERT_EQUAL_FATAL(
        yk_decoration_parse(&d,
                            "throttle=2.5,jitter=0.25,warmup=7,latency=30:2000,slow-at=4:3,rows=9,"
                            "alloc-fail=2:8,build-fail,submit-fail=5,fail-at=6,hang-at=7:3,wrong-at=8,"
                            "open-fail",
                            NULL),
        YK_OK);
    CU_ASSERT_EQUAL(d.throttle, 2.5);
    CU_ASSERT_EQUAL(d.jitter, 0.25);
    CU_ASSERT_EQUAL(d.warmup_ns, 7000000);
    CU_ASSERT_EQUAL(d.latency_ns, 30000);
    CU_ASSERT_EQUAL(d.bytes_per_ns, 2.0);
    CU_ASSERT_EQUAL(d.slow_at, 4);
    CU_ASSERT_EQUAL(d.slow_factor, 3.0);
    CU_ASSERT_EQUAL(d.rows, 9);
    CU_ASSERT_EQUAL(d.alloc_fails, 2);
    CU_ASSERT_EQUAL(d.alloc_rows, 8);
    CU_ASSERT_EQUAL(d.build_fails, 0);
    CU_ASSERT_EQUAL(d.submit_fails, 5);
    CU_ASSERT_EQUAL(d.fail_at, 6);
    CU_ASSERT_EQUAL(d.hang_at, 7);
    CU_ASSERT_EQUAL(d.hang_ns, 3000001);
    CU_ASSERT_EQUAL(d.wrong_at, 8);
    CU_ASSERT_TRUE(d.open_fails);
    CU_ASSERT_EQUAL_FATAL(yk_decoration_parse(&d, "slow-after=20:2,alloc-fail=3,build-fail=4", NULL), YK_OK);
    CU_ASSERT_EQUAL(d.slow_ns, 20000001);
    CU_ASSERT_EQUAL(d.alloc_rows, 1);
    CU_ASSERT_EQUAL(d.build_fails, 4);

    static const struct {
        const char *text, *message;
        enum yk_status status;
    } bad[] = {
        {"thrttle=2", "no decoration is called 'thrttle'", YK_ERR_UNKNOWN},
        {"fail-at=1,", "no decoration is called ''", YK_ERR_UNKNOWN},
        {"throttle", "the decoration 'throttle' is not of the form throttle=FACTOR", YK_ERR_PARSE},
        {"throttle=", "the decoration 'throttle=' is not of the form throttle=FACTOR", YK_ERR_PARSE},
        {"throttle=x", "the decoration 'throttle=x' is not of the form throttle=FACTOR", YK_ERR_PARSE},
        {"throttle=-2", "the decoration 'throttle=-2' is not of the form throttle=FACTOR", YK_ERR_PARSE},
        {"throttle=1e999", "the decoration 'throttle=1e999' is not of the form throttle=FACTOR",
         YK_ERR_PARSE},
        {"throttle=2:3", "the decoration 'throttle=2:3' is not of the form throttle=FACTOR", YK_ERR_PARSE},
        {"slow-at=2", "the decoration 'slow-at=2' is not of the form slow-at=PACKAGE:FACTOR", YK_ERR_PARSE},
        {"throttle=0.5", "the decoration 'throttle=0.5': 0.5 is out of bounds: 1 to 1e+06", YK_ERR_RANGE},
        {"rows=0", "the decoration 'rows=0': 0 is out of bounds: 1 to 1e+09", YK_ERR_RANGE},
        {"fail-at=1,fail-at=2", "the decoration 'fail-at' is there twice", YK_ERR_PARSE},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct yk_error error = {YK_OK, ""};
        CU_ASSERT_EQUAL(yk_decoration_parse(&d, bad[k].text, &error), bad[k].status);
        CU_ASSERT_STRING_EQUAL(error.text, bad[k].message);
    }
    char longest[300];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    CU_ASSERT_EQUAL(yk_decoration_parse(&d, longest, NULL), YK_ERR_PARSE);
    CU_ASSERT_EQUAL(d.build_fails, 4); /* set on success only */
}

/* An image of 4 x 40 gray pixels of 200, to be inverted to 55. */
struct scene {
    struct yk_device *device;
    struct yk_pipeline *pipeline;
    struct yk_job job;
    struct yk_error error;
};

static struct scene begin(const char *spec)
{
    struct scene scene = {.error = {YK_OK, ""}};
    struct yk_device_list list;
    struct yk_decoration decoration;
    struct yk_image *image = NULL;
    const struct yk_device_options options = {.slots = 2};
    CU_ASSERT_EQUAL_FATAL(yk_device_list_make(&list, true, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_device_open(&scene.device, &list.devices[0], &options, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_decoration_parse(&decoration, spec, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_device_decorate(&scene.device, &decoration, 2, false, NULL), YK_OK);
    CU_ASSERT_STRING_EQUAL(yk_device_describe(scene.device)->name, list.devices[0].name);
    yk_device_list_free(&list);
    CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&scene.pipeline, "invert", NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&image, 4, 40, (struct yk_format){1, 0, 8}, NULL, NULL), YK_OK);
    for (uint32_t y = 0; y < 40; y++)
        memset(yk_image_row(image, y), 200, 4);
    CU_ASSERT_EQUAL_FATAL(yk_job_start(&scene.job, scene.pipeline, image, 0, NULL, NULL, NULL), YK_OK);
    return scene;
}

static void end(struct scene *scene, bool leak)
{
    yk_device_close(scene->device, leak);
    yk_job_clear(&scene->job);
    yk_pipeline_free(scene->pipeline);
}

static enum yk_status submit(struct scene *scene, unsigned slot, int y0, int y1)
{
    const struct yk_band band = yk_job_band(&scene->job, y0, y1, NULL);
    return yk_device_backend(scene->device)->submit(scene->device, slot, &band, &scene->error);
}

static enum yk_status wait_for(struct scene *scene, unsigned slot, uint64_t deadline)
{
    return yk_device_backend(scene->device)->wait(scene->device, slot, deadline, NULL, &scene->error);
}

/* Rows [y0, y1) as one package. */
static enum yk_status run(struct scene *scene, int y0, int y1)
{
    enum yk_status status = submit(scene, 0, y0, y1);
    return status ? status : wait_for(scene, 0, UINT64_MAX);
}

static bool right(const struct scene *scene, int y0, int y1)
{
    bool good = true;
    for (int y = y0; y < y1; y++)
        for (int x = 0; x < 4; x++)
            good = good && yk_image_row(scene->job.target, (uint32_t)y)[x] == 55;
    return good;
}

void test_decorate_faults(void)
{
    struct scene scene = begin("alloc-fail=2:5,wrong-at=1,fail-at=3,rows=11");
    CU_ASSERT_EQUAL(yk_device_backend(scene.device)->max_rows(scene.device, scene.job.program), 11);
    CU_ASSERT_EQUAL(run(&scene, 0, 10), YK_ERR_NOMEM);
    CU_ASSERT_EQUAL(run(&scene, 0, 5), YK_OK); /* package 0 is small enough */
    CU_ASSERT_EQUAL(run(&scene, 0, 6), YK_ERR_NOMEM);
    CU_ASSERT_FALSE(yk_decorated_counts(scene.device).failed);
    CU_ASSERT_TRUE(right(&scene, 0, 5));
    CU_ASSERT_EQUAL(run(&scene, 5, 15), YK_OK); /* 1 is wrong, in one sample */
    CU_ASSERT_EQUAL(yk_image_row(scene.job.target, 5)[0], 54);
    yk_image_row(scene.job.target, 5)[0] = 55;
    CU_ASSERT_TRUE(right(&scene, 0, 15));
    CU_ASSERT_TRUE(yk_decorated_counts(scene.device).failed);
    CU_ASSERT_EQUAL(run(&scene, 15, 20), YK_OK);
    CU_ASSERT_EQUAL(submit(&scene, 0, 20, 25), YK_OK);
    CU_ASSERT_FALSE(right(&scene, 20, 25)); /* rubbish */
    CU_ASSERT_EQUAL(wait_for(&scene, 0, UINT64_MAX), YK_ERR_LOST);
    CU_ASSERT_EQUAL(run(&scene, 25, 30), YK_ERR_LOST);
    CU_ASSERT_EQUAL(submit(&scene, 2, 25, 30), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(yk_decorated_counts(scene.device).packages, 5);
    end(&scene, false);

    scene = begin("build-fail=1,submit-fail=1");
    const struct yk_backend *backend = yk_device_backend(scene.device);
    CU_ASSERT_EQUAL(backend->prepare(scene.device, scene.job.program, NULL, NULL), YK_OK);
    CU_ASSERT_EQUAL(run(&scene, 0, 40), YK_OK);
    CU_ASSERT_EQUAL(backend->prepare(scene.device, scene.job.program, NULL, NULL), YK_ERR_UNSUPPORTED);
    CU_ASSERT_EQUAL(run(&scene, 0, 40), YK_ERR_LOST);
    end(&scene, false);

    struct yk_decoration decoration;
    scene = begin("");
    struct yk_device *before = scene.device;
    CU_ASSERT_EQUAL_FATAL(yk_decoration_parse(&decoration, "open-fail", NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_device_decorate(&scene.device, &decoration, 2, false, &scene.error), YK_ERR_DEVICE);
    CU_ASSERT_PTR_EQUAL(scene.device, before);
    CU_ASSERT_STRING_EQUAL(scene.error.text, "cpu cannot be opened (decoration)");
    end(&scene, false);
}

void test_decorate_hang(void)
{
    struct scene scene = begin("hang-at=0");
    uint64_t deadline = yk_clock_ns() + 20000000;
    CU_ASSERT_EQUAL(submit(&scene, 0, 0, 20), YK_OK);
    CU_ASSERT_EQUAL(submit(&scene, 1, 20, 40), YK_OK);
    CU_ASSERT_EQUAL(wait_for(&scene, 0, deadline), YK_ERR_TIMEOUT);
    CU_ASSERT(yk_clock_ns() >= deadline);
    CU_ASSERT_EQUAL(yk_decorated_counts(scene.device).after_hang, 0);
    CU_ASSERT_EQUAL(wait_for(&scene, 1, UINT64_MAX), YK_ERR_TIMEOUT); /* whoever calls it again is counted */
    CU_ASSERT_EQUAL(submit(&scene, 1, 20, 40), YK_ERR_TIMEOUT);
    CU_ASSERT_EQUAL(yk_decorated_counts(scene.device).after_hang, 2);
    end(&scene, true);
}

/* How long `packages` packages take, two in flight. */
static uint64_t time_of(const char *spec, unsigned packages)
{
    struct scene scene = begin(spec);
    uint64_t start = yk_clock_ns();
    for (unsigned k = 0; k < packages; k++) {
        if (k == 0)
            CU_ASSERT_EQUAL(submit(&scene, 0, 0, 20), YK_OK);
        if (k + 1 < packages)
            CU_ASSERT_EQUAL(submit(&scene, (k + 1) % 2, 20, 40), YK_OK);
        CU_ASSERT_EQUAL(wait_for(&scene, k % 2, UINT64_MAX), YK_OK);
    }
    uint64_t took = yk_clock_ns() - start;
    CU_ASSERT_TRUE(packages < 2 || right(&scene, 0, 40));
    end(&scene, false);
    return took;
}

/* Lower bounds only: this machine may be busy, but a sleep is never short. */
void test_decorate_time(void)
{
    CU_ASSERT(time_of("latency=3000", 4) >= 12000000); /* one after another, though two are in flight */
    CU_ASSERT(time_of("warmup=10", 1) >= 10000000);
    CU_ASSERT(time_of("latency=0:0.001", 1) >=
              160000000); /* 20 rows of 4 bytes, there and back, at 1 byte a us */
    CU_ASSERT(time_of("latency=1000,slow-at=1:4", 2) >= 2000000);
    struct scene scene = begin("latency=50000");
    CU_ASSERT_EQUAL(submit(&scene, 0, 0, 20), YK_OK);
    CU_ASSERT_EQUAL(wait_for(&scene, 0, yk_clock_ns() + 1000000),
                    YK_ERR_TIMEOUT); /* slower than its deadline */
    CU_ASSERT_EQUAL(wait_for(&scene, 0, UINT64_MAX), YK_ERR_TIMEOUT);
    end(&scene, true);
}
