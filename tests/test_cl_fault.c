/* SPDX-License-Identifier: MIT
 * Drivers that fail: each fault is planted in the open device's function table, at the call where it would
 * happen. */
#include "support.h"

#ifdef YOKE_OPENCL
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "test_cl.h"

/* What the planted functions answer; set by the test before. */
static struct {
    cl_int code;
    int calls;
    cl_int (*flush)(cl_command_queue queue); /* the real one */
} planted;

static cl_int event_ends(cl_event event, cl_event_info what, size_t size, void *value, size_t *needed)
{
    (void)event, (void)what, (void)needed;
    planted.calls++;
    CU_ASSERT_EQUAL(size, sizeof planted.code);
    memcpy(value, &planted.code, sizeof planted.code);
    return CL_SUCCESS;
}

static cl_int event_fails(cl_event event, cl_event_info what, size_t size, void *value, size_t *needed)
{
    (void)event, (void)what, (void)size, (void)value, (void)needed;
    return CL_INVALID_EVENT;
}

static cl_int launch_fails(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset,
                           const size_t *global, const size_t *local, cl_uint waits, const cl_event *list,
                           cl_event *event)
{
    (void)queue, (void)kernel, (void)dimensions, (void)global, (void)local, (void)waits, (void)list,
        (void)event;
    CU_ASSERT_PTR_NULL(offset);
    planted.calls++;
    return planted.code;
}

static cl_mem buffer_fails(cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *code)
{
    (void)context, (void)flags, (void)size, (void)host;
    *code = planted.code;
    return NULL;
}

static cl_int flush_fails(cl_command_queue queue)
{
    planted.flush(queue);
    return planted.code;
}

static cl_int marker_fails(cl_command_queue queue, cl_uint waits, const cl_event *list, cl_event *event)
{
    (void)queue, (void)waits, (void)list, (void)event;
    return CL_OUT_OF_RESOURCES;
}

/* An open device with a program that inverts one gray pixel of 200 to 55. */
struct scene {
    struct yk_cl_device *device;
    struct yk_image *source, *target;
    struct yk_program *program;
    struct yk_band band;
    struct yk_error error;
};

static struct scene begin(const struct yk_device_info *info)
{
    static const unsigned short sample[1] = {200};
    struct scene scene = {.device = clt_open(info, 2, NULL), .error = {.text = ""}};
    scene.source = clt_image("gray8", 1, 1, sample);
    scene.target = clt_image("gray8", 1, 1, sample);
    scene.program = clt_program(scene.device, "invert", "", scene.source);
    scene.band = (struct yk_band){
        .program = scene.program, .source = scene.source, .target = scene.target, .y0 = 0, .y1 = 1};
    CU_ASSERT_EQUAL_FATAL(yk_backend_cl.prepare(clt_base(scene.device), scene.program, NULL, NULL), YK_OK);
    return scene;
}

static void end(struct scene *scene)
{
    yk_program_free(scene->program);
    yk_image_free(scene->source);
    yk_image_free(scene->target);
    clt_close(scene->device);
}

static enum yk_status submit(struct scene *scene, unsigned slot)
{
    return yk_backend_cl.submit(clt_base(scene->device), slot, &scene->band, &scene->error);
}

static enum yk_status wait_for(struct scene *scene, unsigned slot, uint64_t deadline)
{
    return yk_backend_cl.wait(clt_base(scene->device), slot, deadline, NULL, &scene->error);
}

static void expect_lost(struct scene *scene)
{
    CU_ASSERT_EQUAL(submit(scene, 1), YK_ERR_LOST);
    CU_ASSERT_EQUAL(yk_backend_cl.prepare(clt_base(scene->device), scene->program, NULL, NULL), YK_ERR_LOST);
}

static void expect_works(struct scene *scene)
{
    scene->target->pixels[0] = 0;
    CU_ASSERT_EQUAL(submit(scene, 0), YK_OK);
    CU_ASSERT_EQUAL(wait_for(scene, 0, clt_soon(60)), YK_OK);
    CU_ASSERT_EQUAL(scene->target->pixels[0], 55);
}

static void each_rules(const struct yk_device_info *info)
{
    struct scene scene = begin(info);
    expect_works(&scene);
    CU_ASSERT_EQUAL(wait_for(&scene, 0, clt_soon(1)), YK_ERR_INVALID); /* nothing to wait for */
    CU_ASSERT_EQUAL(wait_for(&scene, 2, clt_soon(1)), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(submit(&scene, 2), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(submit(&scene, 1), YK_OK);
    CU_ASSERT_EQUAL(submit(&scene, 1), YK_ERR_INVALID); /* taken */
    CU_ASSERT_EQUAL(wait_for(&scene, 1, clt_soon(60)), YK_OK);
    scene.band.y1 = 2;
    CU_ASSERT_EQUAL(submit(&scene, 0), YK_ERR_INVALID); /* outside the image */
    scene.band.y1 = 1;
    scene.target->format.depth = 16;
    CU_ASSERT_EQUAL(submit(&scene, 0), YK_ERR_INVALID);
    scene.target->format.depth = 8;
    expect_works(&scene);

    struct yk_device_info gone = *info;
    struct yk_device_options options = {.slots = 1, .cache_folder = ""};
    struct yk_device *device = NULL;
    snprintf(gone.name, sizeof gone.name, "another device");
    CU_ASSERT_EQUAL(yk_backend_cl.open(&device, &gone, &options, &scene.error), YK_ERR_MISSING);
    gone = *info;
    snprintf(gone.id, sizeof gone.id, "cl:999.0");
    CU_ASSERT_EQUAL(yk_backend_cl.open(&device, &gone, &options, &scene.error), YK_ERR_MISSING);
    CU_ASSERT_PTR_NULL(device);
    end(&scene);
}

static void test_rules(void)
{
    clt_each_device(each_rules);
}

static void each_timeout(const struct yk_device_info *info)
{
    struct scene scene = begin(info);
    struct yk_cl *cl = &scene.device->cl;
    __typeof__(cl->GetEventInfo) real = cl->GetEventInfo;
    CU_ASSERT_EQUAL(submit(&scene, 0), YK_OK);
    planted.code = CL_RUNNING;
    planted.calls = 0;
    cl->GetEventInfo = event_ends;
    uint64_t started = yk_clock_ns();
    CU_ASSERT_EQUAL(wait_for(&scene, 0, started + 50000000), YK_ERR_TIMEOUT);
    uint64_t took = yk_clock_ns() - started;
    CU_ASSERT(took >= 50000000 && took < 5000000000);
    CU_ASSERT(planted.calls > 10 && planted.calls < 200); /* sleeps grow to 1 ms: no spinning */
    cl->GetEventInfo = real;
    expect_lost(&scene);
    CU_ASSERT_EQUAL(wait_for(&scene, 0, clt_soon(60)), YK_OK); /* for this test only: let it end */
    end(&scene);
}

static void test_timeout(void)
{
    clt_each_device(each_timeout);
}

static cl_int must_not_release(cl_mem memory)
{
    (void)memory;
    _exit(3);
}

/* In a child, whose leaks nobody counts: giving up a hung device makes no call of the driver. */
static void each_leak(const struct yk_device_info *info)
{
    struct scene scene = begin(info);
    CU_ASSERT_EQUAL(submit(&scene, 0), YK_OK);
    CU_ASSERT_EQUAL(wait_for(&scene, 0, clt_soon(60)), YK_OK);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct yk_cl *cl = &scene.device->cl;
        void *library = cl->library;
        memset(cl, 0, sizeof *cl); /* any call crashes */
        cl->library = library;
        cl->ReleaseMemObject = must_not_release;
        yk_backend_cl.close(clt_base(scene.device), true);
        yk_backend_cl.close(NULL, true);
        _exit(0);
    }
    int status = 0;
    CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    yk_backend_cl.close(NULL, false);
    end(&scene);
}

static void test_leak(void)
{
    clt_each_device(each_leak);
}

/* Submits to slot 0 and lets the band truly end before a planted end is reported: its images are freed after
 * that. */
static void submit_and_end(struct scene *scene)
{
    CU_ASSERT_EQUAL_FATAL(submit(scene, 0), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_cl_await(scene->device, scene->device->slots[0].done, clt_soon(60), NULL),
                          YK_OK);
}

/* How a band that ended with `code` is reported, and whether the device may go on. */
static void expect_end(const struct yk_device_info *info, cl_int code, enum yk_status status,
                       const char *name)
{
    struct scene scene = begin(info);
    struct yk_cl *cl = &scene.device->cl;
    __typeof__(cl->GetEventInfo) real = cl->GetEventInfo;
    submit_and_end(&scene);
    planted.code = code;
    cl->GetEventInfo = event_ends;
    CU_ASSERT_EQUAL(wait_for(&scene, 0, clt_soon(60)), status);
    CU_ASSERT_EQUAL(scene.error.status, status);
    CU_ASSERT_PTR_NOT_NULL(strstr(scene.error.text, info->id));
    CU_ASSERT_PTR_NOT_NULL(strstr(scene.error.text, name));
    cl->GetEventInfo = real;
    if (status == YK_ERR_LOST)
        expect_lost(&scene);
    else
        expect_works(&scene);
    end(&scene);
}

static void each_event(const struct yk_device_info *info)
{
    expect_end(info, CL_OUT_OF_RESOURCES, YK_ERR_LOST, "CL_OUT_OF_RESOURCES (-5)");
    expect_end(info, CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, YK_ERR_LOST, "CL_EXEC_STATUS_ERROR");
    expect_end(info, CL_INVALID_COMMAND_QUEUE, YK_ERR_LOST, "CL_INVALID_COMMAND_QUEUE (-36)");
    expect_end(info, CL_MEM_OBJECT_ALLOCATION_FAILURE, YK_ERR_DEVICE,
               "CL_MEM_OBJECT_ALLOCATION_FAILURE (-4)");

    struct scene scene = begin(info);
    __typeof__(scene.device->cl.GetEventInfo) real = scene.device->cl.GetEventInfo;
    submit_and_end(&scene);
    scene.device->cl.GetEventInfo = event_fails; /* nobody can tell any more whether it ended: as a hang */
    CU_ASSERT_EQUAL(wait_for(&scene, 0, clt_soon(60)), YK_ERR_TIMEOUT);
    CU_ASSERT_EQUAL(scene.error.status, YK_ERR_TIMEOUT);
    scene.device->cl.GetEventInfo = real;
    expect_lost(&scene);
    end(&scene);
}

static void test_event(void)
{
    clt_each_device(each_event);
}

static void each_submit(const struct yk_device_info *info)
{
    struct scene scene = begin(info);
    struct yk_cl *cl = &scene.device->cl, real = *cl;
    planted.code = CL_MEM_OBJECT_ALLOCATION_FAILURE;
    cl->CreateBuffer = buffer_fails;
    CU_ASSERT_EQUAL(submit(&scene, 0), YK_ERR_DEVICE);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(scene.error.text, "clCreateBuffer returned CL_MEM_OBJECT_ALLOCATION_FAILURE (-4)"));
    *cl = real;
    expect_works(&scene);
    planted.code = CL_OUT_OF_RESOURCES; /* from a call: no memory, not a reset */
    planted.calls = 0;
    cl->EnqueueNDRangeKernel = launch_fails;
    CU_ASSERT_EQUAL(submit(&scene, 0), YK_ERR_DEVICE);
    CU_ASSERT_EQUAL(planted.calls, 1);
    *cl = real;
    expect_works(&scene);
    planted.code = CL_OUT_OF_HOST_MEMORY;
    cl->EnqueueNDRangeKernel = launch_fails;
    CU_ASSERT_EQUAL(submit(&scene, 0), YK_ERR_NOMEM);
    *cl = real;
    expect_works(&scene);
    planted.code = CL_OUT_OF_RESOURCES;
    planted.flush = real.Flush;
    cl->Flush = flush_fails; /* everything is queued, and ends before the error is reported */
    scene.target->pixels[0] = 0;
    CU_ASSERT_EQUAL(submit(&scene, 0), YK_ERR_DEVICE);
    CU_ASSERT_EQUAL(scene.target->pixels[0], 55);
    cl->EnqueueMarkerWithWaitList = marker_fails; /* now nobody knows whether it ended: as a hang */
    CU_ASSERT_EQUAL(submit(&scene, 0), YK_OK);
    CU_ASSERT_EQUAL(wait_for(&scene, 0, clt_soon(60)), YK_ERR_TIMEOUT);
    *cl = real;
    expect_lost(&scene);
    CU_ASSERT_EQUAL(yk_cl_await(scene.device, scene.device->slots[0].done, clt_soon(60), NULL), YK_OK);
    end(&scene);

    scene = begin(info);
    planted.code = CL_INVALID_COMMAND_QUEUE;
    scene.device->cl.EnqueueNDRangeKernel = launch_fails;
    CU_ASSERT_EQUAL(submit(&scene, 0), YK_ERR_LOST);
    expect_lost(&scene);
    end(&scene);

    scene = begin(info);
    CU_ASSERT_EQUAL(submit(&scene, 0), YK_OK);
    atomic_store(scene.device->fault, true); /* what the driver's callback does */
    CU_ASSERT_EQUAL(wait_for(&scene, 0, clt_soon(60)), YK_ERR_LOST);
    expect_lost(&scene);
    end(&scene);
}

static void test_submit(void)
{
    clt_each_device(each_submit);
}

void clt_add_fault_tests(CU_pSuite suite)
{
    CU_add_test(suite, "faults: submit and wait keep to their rules", test_rules);
    CU_add_test(suite, "faults: a wait ends at its deadline", test_timeout);
    CU_add_test(suite, "faults: giving up a device calls no driver", test_leak);
    CU_add_test(suite, "faults: a band that ends with an error", test_event);
    CU_add_test(suite, "faults: calls that fail while submitting", test_submit);
}

#endif
