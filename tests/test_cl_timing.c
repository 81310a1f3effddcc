/* SPDX-License-Identifier: MIT
 * When the parts of a band ran, as drivers tell it; drivers that do not tell, and ones that lie. */
#include "support.h"

#ifdef YOKE_OPENCL
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "test_cl.h"

enum { WIDTH = 300, HEIGHT = 200, ROWS = 64 };

/* What the planted function calls; set by the test before. */
static struct {
    __typeof__(clGetEventProfilingInfo) *real;
    cl_ulong late; /* what it adds to the end of every command */
} planted;

static cl_int not_available(cl_event event, cl_profiling_info what, size_t size, void *value, size_t *used)
{
    (void)event, (void)what, (void)size, (void)value, (void)used;
    return CL_PROFILING_INFO_NOT_AVAILABLE;
}

static cl_int ends_late(cl_event event, cl_profiling_info what, size_t size, void *value, size_t *used)
{
    cl_int code = planted.real(event, what, size, value, used);
    if (what == CL_PROFILING_COMMAND_END)
        *(cl_ulong *)value += planted.late;
    return code;
}

static cl_int all_zero(cl_event event, cl_profiling_info what, size_t size, void *value, size_t *used)
{
    (void)event, (void)what, (void)used;
    memset(value, 0, size);
    return CL_SUCCESS;
}

static uint64_t end_of(const struct yk_band_span *span)
{
    return span->start + span->time;
}

/* Runs one band that is copied there and back. */
static struct yk_band_timing run(struct yk_cl_device *device, const struct yk_program *program,
                                 const struct yk_image *source, struct yk_image *target)
{
    struct yk_band_timing timing = {.total = 0};
    struct yk_band band = {.program = program, .source = source, .target = target, .y0 = 8, .y1 = 8 + ROWS};
    uint64_t before = yk_clock_ns();
    CU_ASSERT_EQUAL_FATAL(yk_backend_cl.submit(clt_base(device), 0, &band, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_backend_cl.wait(clt_base(device), 0, clt_soon(60), &timing, NULL), YK_OK);
    CU_ASSERT(timing.total > 0 && timing.total <= yk_clock_ns() - before);
    CU_ASSERT_EQUAL(timing.bytes_up, WIDTH * (ROWS + 2)); /* with a row above and below */
    CU_ASSERT_EQUAL(timing.bytes_down, WIDTH * ROWS);
    if (timing.compute.start) {
        CU_ASSERT(timing.upload.start >= before);
        CU_ASSERT(end_of(&timing.download) <= yk_clock_ns());
    }
    return timing;
}

static void expect_nothing(const struct yk_band_timing *timing)
{
    static const struct yk_band_span none = {0, 0};
    CU_ASSERT(memcmp(&timing->upload, &none, sizeof none) == 0);
    CU_ASSERT(memcmp(&timing->compute, &none, sizeof none) == 0);
    CU_ASSERT(memcmp(&timing->download, &none, sizeof none) == 0);
}

static void each_timing(const struct yk_device_info *info)
{
    unsigned short *samples = calloc(WIDTH * HEIGHT, sizeof *samples);
    CU_ASSERT_PTR_NOT_NULL_FATAL(samples);
    struct yk_cl_device *device = clt_open(info, 1, NULL);
    struct yk_image *source = clt_image("gray8", WIDTH, HEIGHT, samples);
    struct yk_program *program = clt_program(device, "median", "3", source);
    struct yk_image *target = clt_run(device, program, source, HEIGHT);
    device->unified = false;

    struct yk_band_timing timing = run(device, program, source, target);
    if (timing.compute.start) {
        CU_ASSERT(timing.upload.start > 0 && timing.download.start > 0 && timing.compute.time > 0);
        CU_ASSERT(end_of(&timing.upload) <= timing.compute.start);
        CU_ASSERT(end_of(&timing.compute) <= timing.download.start);
    } else
        yk_skip("an OpenCL driver that tells when commands ran");

    planted.real = device->cl.GetEventProfilingInfo;
    device->cl.GetEventProfilingInfo = not_available;
    timing = run(device, program, source, target);
    expect_nothing(&timing);
    device->cl.GetEventProfilingInfo = all_zero;
    timing = run(device, program, source, target);
    expect_nothing(&timing);
    device->cl.GetEventProfilingInfo = ends_late;
    planted.late = UINT64_C(10000000000); /* after the host has seen the end */
    timing = run(device, program, source, target);
    expect_nothing(&timing);
    device->cl.GetEventProfilingInfo = planted.real;

    yk_image_free(target);
    yk_image_free(source);
    yk_program_free(program);
    clt_close(device);
    free(samples);
}

static void test_timing(void)
{
    clt_each_device(each_timing);
}

void clt_add_timing_tests(CU_pSuite suite)
{
    CU_add_test(suite, "when the parts of a band ran", test_timing);
}

#endif
