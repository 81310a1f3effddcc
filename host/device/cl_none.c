/* SPDX-License-Identifier: MIT
 * The OpenCL backend of a build without OpenCL (YOKE_OPENCL=OFF): it lists nothing and says why. */
#include <stdio.h>

#include "backend.h"

static enum yk_status list(struct yk_device_list *devices, struct yk_error *error)
{
    (void)error;
    snprintf(devices->notice, sizeof devices->notice, "built without OpenCL");
    return YK_OK;
}

static enum yk_status open_none(struct yk_device **device, const struct yk_device_info *info,
                                const struct yk_device_options *options, struct yk_error *error)
{
    (void)device, (void)options;
    return yk_error_set(error, YK_ERR_MISSING, "%s cannot be opened: built without OpenCL", info->id);
}

/* The other entries cannot be reached: there is never an open device to call them with. */
const struct yk_backend yk_backend_cl = {.name = "cl", .list = list, .open = open_none};
