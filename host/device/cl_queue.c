/* SPDX-License-Identifier: MIT
 * What a band is made of: the slot's buffers and tables, copies, kernel launches, waiting (contract in
 * cl_device.h).
 */
#include "cl_device.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "mem.h"

enum yk_status yk_cl_device_fail(struct yk_cl_device *device, const char *call, cl_int code, bool finished,
                                 struct yk_error *error)
{
    enum yk_status status = yk_cl_fail(device->label, call, code, finished, error);
    if (status == YK_ERR_LOST)
        atomic_store(&device->lost, true);
    return status;
}

enum yk_status yk_cl_reserve(struct yk_cl_device *device, struct yk_cl_buffer *buffer, uint64_t size,
                             struct yk_error *error)
{
    if (size <= buffer->size)
        return YK_OK;
    if (buffer->handle)
        device->cl.ReleaseMemObject(buffer->handle);
    *buffer = (struct yk_cl_buffer){NULL, 0};
    cl_int code = CL_SUCCESS;
    cl_mem handle = device->cl.CreateBuffer(device->context, CL_MEM_READ_WRITE, (size_t)size, NULL, &code);
    if (!handle || code != CL_SUCCESS)
        return yk_cl_device_fail(device, "clCreateBuffer", code, false, error);
    *buffer = (struct yk_cl_buffer){handle, size};
    return YK_OK;
}

static void clear_tables(const struct yk_cl *cl, struct yk_cl_tables *tables)
{
    for (size_t k = 0; k < tables->count; k++) {
        if (tables->steps[k].coef)
            cl->ReleaseMemObject(tables->steps[k].coef);
        if (tables->steps[k].index)
            cl->ReleaseMemObject(tables->steps[k].index);
    }
    free(tables->steps);
    *tables = (struct yk_cl_tables){0};
}

void yk_cl_slot_clear(const struct yk_cl *cl, struct yk_cl_slot *slot)
{
    if (slot->done)
        cl->ReleaseEvent(slot->done);
    for (int k = 0; k < YK_CL_PLACES; k++)
        if (slot->places[k].handle)
            cl->ReleaseMemObject(slot->places[k].handle);
    yk_cl_end_views(cl, slot);
    yk_cl_drop_marks(cl, slot);
    if (slot->stat.handle)
        cl->ReleaseMemObject(slot->stat.handle);
    clear_tables(cl, &slot->tables);
    if (slot->queue)
        cl->ReleaseCommandQueue(slot->queue);
    free(slot->rects);
    free(slot->counted);
    *slot = (struct yk_cl_slot){0};
}

/* A table in device memory; NULL stays NULL. The driver copies it within the call. */
static enum yk_status make_table(struct yk_cl_device *device, const void *data, size_t count, cl_mem *table,
                                 struct yk_error *error)
{
    cl_int code = CL_SUCCESS;
    uint64_t size;
    if (count == 0)
        return YK_OK;
    if (!yk_size_mul(count, sizeof(float), &size))
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    void *host = malloc((size_t)size); /* the API takes no const pointer */
    if (!host)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    memcpy(host, data, (size_t)size);
    *table = device->cl.CreateBuffer(device->context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, (size_t)size,
                                     host, &code);
    free(host);
    return *table && code == CL_SUCCESS ? YK_OK
                                        : yk_cl_device_fail(device, "clCreateBuffer", code, false, error);
}

enum yk_status yk_cl_keep_tables(struct yk_cl_device *device, struct yk_cl_tables *tables,
                                 const struct yk_program *program, struct yk_error *error)
{
    if (tables->steps && tables->serial == program->serial)
        return YK_OK;
    clear_tables(&device->cl, tables);
    if (program->count == 0)
        return YK_OK;
    struct yk_cl_tables made = {.serial = program->serial, .count = program->count};
    made.steps = calloc(program->count, sizeof *made.steps);
    if (!made.steps)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    enum yk_status status = YK_OK;
    for (size_t k = 0; k < program->count && status == YK_OK; k++) {
        const struct yk_plan *plan = &program->steps[k].plan;
        status = make_table(device, plan->coef, plan->coef_count, &made.steps[k].coef, error);
        if (status == YK_OK)
            status = make_table(device, plan->index, plan->index_count, &made.steps[k].index, error);
    }
    if (status != YK_OK) {
        clear_tables(&device->cl, &made);
        return status;
    }
    *tables = made;
    return YK_OK;
}

void yk_cl_drop_surplus(struct yk_cl_device *device, struct yk_cl_slot *slot,
                        const struct yk_cl_layout *layout)
{
    struct yk_cl_layout together = *layout;
    for (int k = 0; k < YK_CL_PLACES; k++)
        if (slot->places[k].size > together.sizes[k])
            together.sizes[k] = slot->places[k].size;
    if (yk_cl_layout_fits(&together, &device->limits))
        return;
    for (int k = 0; k < YK_CL_PLACES; k++) {
        if (slot->places[k].handle)
            device->cl.ReleaseMemObject(slot->places[k].handle);
        slot->places[k] = (struct yk_cl_buffer){NULL, 0};
    }
}

enum yk_status yk_cl_launch(struct yk_cl_device *device, cl_command_queue queue,
                            const struct yk_cl_kernel *kernel, const struct yk_cl_arg *args,
                            cl_uint arg_count, int width, int height, int planes, cl_event *done,
                            struct yk_error *error)
{
    for (cl_uint k = 0; k < arg_count; k++) {
        cl_int code = device->cl.SetKernelArg(kernel->handle, k, args[k].size, args[k].value);
        if (code != CL_SUCCESS)
            return yk_cl_device_fail(device, "clSetKernelArg", code, false, error);
    }
    size_t local[3] = {kernel->local, 1, 1};
    size_t global[3] = {((size_t)width + local[0] - 1) / local[0] * local[0], (size_t)height, (size_t)planes};
    cl_int code =
        device->cl.EnqueueNDRangeKernel(queue, kernel->handle, 3, NULL, global, local, 0, NULL, done);
    return code == CL_SUCCESS ? YK_OK
                              : yk_cl_device_fail(device, "clEnqueueNDRangeKernel", code, false, error);
}

enum yk_status yk_cl_upload(struct yk_cl_device *device, cl_command_queue queue, cl_mem to,
                            uint64_t to_stride, const void *from, uint64_t from_stride, uint64_t row,
                            uint64_t rows, cl_event *done, struct yk_error *error)
{
    static const size_t origin[3] = {0, 0, 0};
    const size_t region[3] = {(size_t)row, (size_t)rows, 1};
    cl_int code;
    /* Equal strides: one plain copy, the widest road of every driver. It ends with the last row's last
     * sample. */
    if (to_stride == from_stride)
        code = device->cl.EnqueueWriteBuffer(queue, to, CL_FALSE, 0, (size_t)((rows - 1) * to_stride + row),
                                             from, 0, NULL, done);
    else
        code =
            device->cl.EnqueueWriteBufferRect(queue, to, CL_FALSE, origin, origin, region, (size_t)to_stride,
                                              0, (size_t)from_stride, 0, from, 0, NULL, done);
    return code == CL_SUCCESS ? YK_OK : yk_cl_device_fail(device, "writing a buffer", code, false, error);
}

enum yk_status yk_cl_download(struct yk_cl_device *device, cl_command_queue queue, cl_mem from,
                              uint64_t from_stride, void *to, uint64_t to_stride, uint64_t row, uint64_t rows,
                              cl_event *done, struct yk_error *error)
{
    static const size_t origin[3] = {0, 0, 0};
    const size_t region[3] = {(size_t)row, (size_t)rows, 1};
    cl_int code;
    if (to_stride == from_stride)
        code = device->cl.EnqueueReadBuffer(queue, from, CL_FALSE, 0, (size_t)((rows - 1) * to_stride + row),
                                            to, 0, NULL, done);
    else
        code =
            device->cl.EnqueueReadBufferRect(queue, from, CL_FALSE, origin, origin, region,
                                             (size_t)from_stride, 0, (size_t)to_stride, 0, to, 0, NULL, done);
    return code == CL_SUCCESS ? YK_OK : yk_cl_device_fail(device, "reading a buffer", code, false, error);
}

enum yk_status yk_cl_await(struct yk_cl_device *device, cl_event event, uint64_t deadline,
                           struct yk_error *error)
{
    /* Short sleeps first, for short bands; 1 ms at most, which is little against the time of a long one. */
    for (long pause = 20000;; pause = pause < 500000 ? pause * 2 : 1000000) {
        cl_int state = CL_QUEUED;
        cl_int code =
            device->cl.GetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
        if (code != CL_SUCCESS) { /* nothing will ever tell whether the command ended */
            yk_cl_device_fail(device, "clGetEventInfo", code, false, error);
            if (error)
                error->status = YK_ERR_TIMEOUT;
            return YK_ERR_TIMEOUT;
        }
        if (state == CL_COMPLETE)
            return YK_OK;
        if (state < 0)
            return yk_cl_device_fail(device, "a band", state, true, error);
        if (yk_clock_ns() >= deadline)
            return yk_error_set(error, YK_ERR_TIMEOUT, "%s: a band is not finished at its deadline",
                                device->label);
        nanosleep(&(struct timespec){0, pause}, NULL);
    }
}

bool yk_cl_drain(struct yk_cl_device *device, cl_command_queue queue)
{
    enum { PATIENCE_S = 10 }; /* twice the watchdog of the slowest drivers (coexec.md 2.6) */
    cl_event marker = NULL;
    if (device->cl.EnqueueMarkerWithWaitList(queue, 0, NULL, &marker) != CL_SUCCESS)
        return false;
    device->cl.Flush(queue); /* may be what failed before; the marker tells */
    uint64_t deadline = yk_clock_ns() + UINT64_C(1000000000) * PATIENCE_S;
    bool over =
        yk_cl_await(device, marker, deadline, NULL) != YK_ERR_TIMEOUT; /* also if it ended with an error */
    device->cl.ReleaseEvent(marker);
    return over;
}
