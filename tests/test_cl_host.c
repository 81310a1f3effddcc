/* SPDX-License-Identifier: MIT
 * Devices that work on the host's memory: when they do, when the bytes are copied instead, and drivers that
 * refuse. That the bytes are right either way is in test_cl_run.c. */
#include "support.h"

#ifdef YOKE_OPENCL
#include <string.h>

#include "test_cl.h"

/* What the planted functions do; set by the test before. */
static struct {
    cl_mem (*create)(cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *code);
    atomic_bool *fault;
    unsigned refused;
} planted;

/* Refuses buffers over the host's memory, and tells the context's callback, as some drivers do. */
static cl_mem refuse_host(cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *code)
{
    if (!(flags & CL_MEM_USE_HOST_PTR))
        return planted.create(context, flags, size, host, code);
    planted.refused++;
    atomic_store(planted.fault, true);
    *code = CL_INVALID_HOST_PTR;
    return NULL;
}

static void *map_fails(cl_command_queue queue, cl_mem memory, cl_bool blocking, cl_map_flags flags,
                       size_t offset, size_t size, cl_uint waits, const cl_event *list, cl_event *event,
                       cl_int *code)
{
    (void)queue, (void)memory, (void)blocking, (void)flags, (void)offset, (void)size, (void)waits, (void)list,
        (void)event;
    *code = CL_MAP_FAILURE;
    return NULL;
}

static cl_int unmap_fails(cl_command_queue queue, cl_mem memory, void *mapped, cl_uint waits,
                          const cl_event *list, cl_event *event)
{
    (void)queue, (void)memory, (void)mapped, (void)waits, (void)list, (void)event;
    return CL_OUT_OF_RESOURCES;
}

enum { WIDTH = 70, HEIGHT = 9 };

struct scene {
    struct yk_cl_device *device;
    struct yk_image *source;
};

static struct scene begin(const struct yk_device_info *info)
{
    unsigned short samples[WIDTH * HEIGHT];
    for (int k = 0; k < WIDTH * HEIGHT; k++)
        samples[k] = (unsigned short)(k * 7 % 256);
    return (struct scene){clt_open(info, 1, NULL), clt_image("gray8", WIDTH, HEIGHT, samples)};
}

static void end(struct scene *scene)
{
    yk_image_free(scene->source);
    clt_close(scene->device);
}

/* Runs `op` in bands of 4 rows, compares with what the same device makes of copies, and says which of the
 * bands' bytes had memory of their own on the device. */
static void run(struct scene *scene, const char *op, const char *arguments, const struct yk_image *source,
                bool *source_copied, bool *target_copied)
{
    struct yk_cl_device *device = scene->device, *other = clt_open(&device->base.info, 1, NULL);
    struct yk_program *program = clt_program(device, op, arguments, source);
    other->unified = false;
    struct yk_image *got = clt_run(device, program, source, 4),
                    *expected = clt_run(other, program, source, 4);
    CU_ASSERT(yk_image_equal(got, expected, 0, op));
    *source_copied = device->slots[0].places[YK_CL_SOURCE].handle != NULL;
    *target_copied = device->slots[0].places[YK_CL_TARGET].handle != NULL;
    CU_ASSERT_PTR_NULL(device->slots[0].source.handle); /* views end with their band */
    CU_ASSERT_PTR_NULL(device->slots[0].target.handle);
    CU_ASSERT_PTR_NOT_NULL(other->slots[0].places[YK_CL_SOURCE].handle);
    CU_ASSERT_PTR_NOT_NULL(other->slots[0].places[YK_CL_TARGET].handle);
    yk_image_free(got);
    yk_image_free(expected);
    yk_program_free(program);
    clt_close(other);
}

static void each_use(const struct yk_device_info *info)
{
    if (!info->unified_memory) {
        yk_skip("an OpenCL device with memory of its own");
        return;
    }
    bool source, target;
    struct scene scene = begin(info);
    run(&scene, "flip", "", scene.source, &source, &target);
    CU_ASSERT(!source && !target);
    run(&scene, "blur", "1", scene.source, &source, &target); /* with rows of the neighbours */
    CU_ASSERT(!source && !target);
    run(&scene, "crop", "20x5+30+2", scene.source, &source, &target); /* parts of rows are copied */
    CU_ASSERT(source && !target);
    end(&scene);

    scene = begin(info);
    struct yk_image shifted = *scene.source; /* rows that do not begin on a cache line */
    shifted.pixels += 3;
    shifted.width -= 3;
    run(&scene, "flip", "", &shifted, &source, &target);
    CU_ASSERT(source && !target);
    end(&scene);
}

static void test_use(void)
{
    clt_each_device(each_use);
}

static void each_refusal(const struct yk_device_info *info)
{
    if (!info->unified_memory)
        return; /* counted by test_use */
    bool source, target;
    struct scene scene = begin(info);
    struct yk_cl *cl = &scene.device->cl, real = *cl;
    planted.create = real.CreateBuffer;
    planted.fault = scene.device->fault;
    planted.refused = 0;
    cl->CreateBuffer = refuse_host;
    run(&scene, "flip", "", scene.source, &source, &target);
    CU_ASSERT(source && target);
    CU_ASSERT_EQUAL(planted.refused, 6); /* two for each of three bands */
    *cl = real;

    struct yk_program *program = clt_program(scene.device, "flip", "", scene.source);
    struct yk_image *room = clt_run(scene.device, program, scene.source, 9);
    struct yk_band band = {.program = program, .source = scene.source, .target = room, .y0 = 0, .y1 = 4};
    struct yk_error error = {.text = ""};
    cl->EnqueueMapBuffer = map_fails;
    CU_ASSERT_EQUAL(yk_backend_cl.submit(clt_base(scene.device), 0, &band, &error), YK_ERR_DEVICE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "clEnqueueMapBuffer returned CL_MAP_FAILURE (-12)"));
    *cl = real;
    CU_ASSERT_EQUAL(yk_backend_cl.submit(clt_base(scene.device), 0, &band, &error), YK_OK);
    cl->EnqueueUnmapMemObject = unmap_fails;
    CU_ASSERT_EQUAL(yk_backend_cl.wait(clt_base(scene.device), 0, clt_soon(60), NULL, &error), YK_ERR_DEVICE);
    *cl = real;
    CU_ASSERT_EQUAL(yk_backend_cl.submit(clt_base(scene.device), 0, &band, &error), YK_OK);
    CU_ASSERT_EQUAL(yk_backend_cl.wait(clt_base(scene.device), 0, clt_soon(60), NULL, &error), YK_OK);
    yk_image_free(room);
    yk_program_free(program);
    end(&scene);
}

static void test_refusal(void)
{
    clt_each_device(each_refusal);
}

void clt_add_host_tests(CU_pSuite suite)
{
    CU_add_test(suite, "host's memory: used where the rows allow it", test_use);
    CU_add_test(suite, "host's memory: drivers that refuse", test_refusal);
}

#endif
