/* SPDX-License-Identifier: MIT
 * Working on the host's memory without a copy, on devices that share it (contract in cl_device.h). */
#include <stdint.h>

#include "cl_device.h"
#include "mem.h"

bool yk_cl_wrap(struct yk_cl_device *device, struct yk_cl_view *view, const struct yk_image *image, int y0,
                int y1, bool write)
{
    uint64_t size;
    uint8_t *rows = yk_image_row(image, (uint32_t)y0);
    /* Whole cache lines: what Intel's driver needs to do without a copy of its own, and then no other band's
     * bytes are in what a driver may write back. The images that we make have such rows. */
    if (!device->unified || image->stride % YK_MEM_ALIGN || (uintptr_t)rows % YK_MEM_ALIGN ||
        image->stride > INT32_MAX || !yk_size_mul(image->stride, (uint64_t)(y1 - y0), &size) ||
        size > device->limits.buffer)
        return false;
    cl_int code = CL_SUCCESS;
    cl_mem_flags flags = CL_MEM_USE_HOST_PTR | (write ? CL_MEM_WRITE_ONLY : CL_MEM_READ_ONLY);
    bool before = atomic_load(device->fault);
    cl_mem handle = device->cl.CreateBuffer(device->context, flags, (size_t)size, rows, &code);
    if (!handle || code != CL_SUCCESS) {
        atomic_store(device->fault, before); /* a refusal only: the bytes are copied then */
        return false;
    }
    *view = (struct yk_cl_view){.handle = handle, .size = (size_t)size};
    return true;
}

enum yk_status yk_cl_map(struct yk_cl_device *device, cl_command_queue queue, struct yk_cl_view *view,
                         cl_event *done, struct yk_error *error)
{
    cl_int code = CL_SUCCESS;
    view->mapped = device->cl.EnqueueMapBuffer(queue, view->handle, CL_FALSE, CL_MAP_READ, 0, view->size, 0,
                                               NULL, done, &code);
    return view->mapped && code == CL_SUCCESS
               ? YK_OK
               : yk_cl_device_fail(device, "clEnqueueMapBuffer", code, false, error);
}

enum yk_status yk_cl_unmap(struct yk_cl_device *device, cl_command_queue queue, struct yk_cl_view *view,
                           uint64_t deadline, struct yk_error *error)
{
    cl_event over = NULL;
    if (!view->mapped)
        return YK_OK;
    cl_int code = device->cl.EnqueueUnmapMemObject(queue, view->handle, view->mapped, 0, NULL, &over);
    if (code == CL_SUCCESS)
        code = device->cl.Flush(queue);
    view->mapped = NULL;
    if (code != CL_SUCCESS) {
        if (over)
            device->cl.ReleaseEvent(over);
        return yk_cl_device_fail(device, "clEnqueueUnmapMemObject", code, false, error);
    }
    enum yk_status status = yk_cl_await(device, over, deadline, error);
    device->cl.ReleaseEvent(over);
    return status;
}

void yk_cl_unwrap(const struct yk_cl *cl, struct yk_cl_view *view)
{
    if (view->handle)
        cl->ReleaseMemObject(view->handle);
    *view = (struct yk_cl_view){0};
}

void yk_cl_end_views(const struct yk_cl *cl, struct yk_cl_slot *slot)
{
    yk_cl_unwrap(cl, &slot->source);
    yk_cl_unwrap(cl, &slot->target);
}
