/* SPDX-License-Identifier: MIT
 * Kernels that are wrong on purpose. They run only in a child process that a checker of kernels watches
 * (tests/cli/oclgrind.sh): a checker that finds nothing in them would be worse than none. */
#include "support.h"

#ifdef YOKE_OPENCL
#include <string.h>

#include "test_cl.h"

enum { ITEMS = 128 };

/* Runs `text` over ITEMS work-items and a buffer of one int fewer. */
static void run_planted(const char *text)
{
    static const char *const names[YK_CL_KERNELS] = {"planted"};
    struct yk_device_list list = {0};
    struct yk_cl_program program = {0};
    struct yk_cl_buffer buffer = {0};
    static const cl_int zeros[ITEMS] = {0};
    cl_event done = NULL;
    int received[ITEMS];
    CU_ASSERT_EQUAL_FATAL(yk_backend_cl.list(&list, NULL), YK_OK);
    CU_ASSERT_FATAL(list.count > 0);
    struct yk_cl_device *device = clt_open(&list.devices[0], 1, "");
    cl_command_queue queue = device->slots[0].queue;
    size_t size = (ITEMS - 1) * sizeof zeros[0];
    CU_ASSERT_EQUAL_FATAL(
        yk_cl_program_build(&device->builder, "planted", text, strlen(text), names, &program, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_cl_reserve(device, &buffer, size, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_cl_upload(device, queue, buffer.handle, size, zeros, size, size, 1, NULL, NULL),
                    YK_OK);
    const struct yk_cl_arg args[] = {{sizeof buffer.handle, &buffer.handle}};
    CU_ASSERT_EQUAL(yk_cl_launch(device, queue, &program.kernels[0], args, 1, ITEMS, 1, 1, NULL, NULL),
                    YK_OK);
    CU_ASSERT_EQUAL_FATAL(
        yk_cl_download(device, queue, buffer.handle, size, received, size, size, 1, &done, NULL), YK_OK);
    CU_ASSERT_EQUAL(device->cl.Flush(queue), CL_SUCCESS);
    CU_ASSERT_EQUAL(yk_cl_await(device, done, clt_soon(60), NULL), YK_OK);
    device->cl.ReleaseEvent(done);
    device->cl.ReleaseMemObject(buffer.handle);
    yk_cl_program_release(&device->cl, &program);
    clt_close(device);
    yk_device_list_free(&list);
}

static void write_past_the_end(void)
{
    run_planted("__kernel void planted(__global int *a) { a[get_global_id(0)] = 1; }\n");
}

static void read_past_the_end(void)
{
    run_planted(
        "__kernel void planted(__global int *a) { int k = get_global_id(0); if (k == 0) a[0] = a[127]; }\n");
}

static void race(void)
{
    run_planted("__kernel void planted(__global int *a) { a[0] = a[0] + (int)get_global_id(0); }\n");
}

bool clt_add_planted(CU_pSuite suite, const char *name)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } all[] = {
        {"write-past-the-end", write_past_the_end}, {"read-past-the-end", read_past_the_end}, {"race", race}};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (strcmp(name, all[k].name) == 0)
            return CU_add_test(suite, name, all[k].run) != NULL;
    return false;
}

#endif
