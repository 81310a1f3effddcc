/* SPDX-License-Identifier: MIT
 * Which OpenCL devices there are and which of them can run Yoke's kernels. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cl_device.h"

cl_int yk_cl_platforms(const struct yk_cl *cl, cl_platform_id **platforms, cl_uint *count)
{
    *platforms = NULL;
    *count = 0;
    cl_uint found = 0;
    cl_int code = cl->GetPlatformIDs(0, NULL, &found);
    if (code == -1001) /* CL_PLATFORM_NOT_FOUND_KHR: the loader's way to say "none" */
        return CL_SUCCESS;
    if (code != CL_SUCCESS || found == 0)
        return code;
    cl_platform_id *list = calloc(found, sizeof *list);
    if (!list)
        return CL_OUT_OF_HOST_MEMORY;
    code = cl->GetPlatformIDs(found, list, NULL);
    if (code != CL_SUCCESS) {
        free(list);
        return code;
    }
    *platforms = list;
    *count = found;
    return CL_SUCCESS;
}

cl_int yk_cl_devices(const struct yk_cl *cl, cl_platform_id platform, cl_device_id **devices, cl_uint *count)
{
    *devices = NULL;
    *count = 0;
    cl_uint found = 0;
    cl_int code = cl->GetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &found);
    if (code == CL_DEVICE_NOT_FOUND)
        return CL_SUCCESS;
    if (code != CL_SUCCESS || found == 0)
        return code;
    cl_device_id *list = calloc(found, sizeof *list);
    if (!list)
        return CL_OUT_OF_HOST_MEMORY;
    code = cl->GetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, found, list, NULL);
    if (code != CL_SUCCESS) {
        free(list);
        return code;
    }
    *devices = list;
    *count = found;
    return CL_SUCCESS;
}

/* Copies a driver's text without blanks at its ends and with anything unprintable as '?': it goes to
 * terminals. */
static void clean(const char *from, char *to, size_t size)
{
    size_t length = 0;
    while (*from == ' ')
        from++;
    for (; *from && length + 1 < size; from++)
        to[length++] = (unsigned char)*from < 0x20 || *from == 0x7f ? '?' : *from;
    while (length > 0 && to[length - 1] == ' ')
        length--;
    to[length] = '\0';
}

void yk_cl_device_text(const struct yk_cl *cl, cl_device_id device, cl_device_info what, char *to,
                       size_t size)
{
    size_t need = 0;
    to[0] = '\0';
    if (cl->GetDeviceInfo(device, what, 0, NULL, &need) != CL_SUCCESS || need == 0)
        return;
    char *text = calloc(need + 1, 1);
    if (text && cl->GetDeviceInfo(device, what, need, text, NULL) == CL_SUCCESS)
        clean(text, to, size);
    free(text);
}

static void platform_text(const struct yk_cl *cl, cl_platform_id platform, char *to, size_t size)
{
    size_t need = 0;
    to[0] = '\0';
    if (cl->GetPlatformInfo(platform, CL_PLATFORM_NAME, 0, NULL, &need) != CL_SUCCESS || need == 0)
        return;
    char *text = calloc(need + 1, 1);
    if (text && cl->GetPlatformInfo(platform, CL_PLATFORM_NAME, need, text, NULL) == CL_SUCCESS)
        clean(text, to, size);
    free(text);
}

/* Why the device cannot run the kernels, in `reason`; "" if it can. Facts that cannot be had count against
 * it. */
static void judge(const struct yk_cl *cl, cl_device_id device, char *reason, size_t size)
{
    cl_bool available = CL_FALSE, compiler = CL_FALSE, little = CL_FALSE;
    char version[128], profile[64];
    unsigned major = 0, minor = 0;
    cl_int code = cl->GetDeviceInfo(device, CL_DEVICE_AVAILABLE, sizeof available, &available, NULL);
    if (code == CL_SUCCESS)
        code = cl->GetDeviceInfo(device, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler, NULL);
    if (code == CL_SUCCESS)
        code = cl->GetDeviceInfo(device, CL_DEVICE_ENDIAN_LITTLE, sizeof little, &little, NULL);
    yk_cl_device_text(cl, device, CL_DEVICE_VERSION, version, sizeof version);
    yk_cl_device_text(cl, device, CL_DEVICE_PROFILE, profile, sizeof profile);
    reason[0] = '\0';
    if (code != CL_SUCCESS)
        snprintf(reason, size, "clGetDeviceInfo returned %s (%d)", yk_cl_code_name(code), code);
    else if (sscanf(version, "OpenCL %u.%u", &major, &minor) != 2 || major < 1 || (major == 1 && minor < 2))
        snprintf(reason, size, "needs OpenCL 1.2 or later, has '%.100s'", version);
    else if (strcmp(profile, "FULL_PROFILE") != 0)
        snprintf(reason, size, "needs the full profile of OpenCL, has '%s'", profile);
    else if (!available)
        snprintf(reason, size, "the driver says that the device is not available");
    else if (!compiler)
        snprintf(reason, size, "the driver has no compiler");
    else if (!little)
        snprintf(reason, size, "the device is big-endian");
}

void yk_cl_describe(const struct yk_cl *cl, cl_platform_id platform, cl_device_id device, const char *id,
                    struct yk_device_info *info)
{
    struct yk_device_info made = {.type = YK_DEVICE_ACCELERATOR};
    cl_device_type type = 0;
    cl_ulong memory = 0;
    cl_uint units = 0;
    cl_bool unified = CL_FALSE;
    snprintf(made.id, sizeof made.id, "%s", id);
    snprintf(made.backend, sizeof made.backend, "cl");
    platform_text(cl, platform, made.platform, sizeof made.platform);
    yk_cl_device_text(cl, device, CL_DEVICE_NAME, made.name, sizeof made.name);
    yk_cl_device_text(cl, device, CL_DRIVER_VERSION, made.driver, sizeof made.driver);
    judge(cl, device, made.reason, sizeof made.reason);
    cl_int code = cl->GetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    if (code == CL_SUCCESS)
        code = cl->GetDeviceInfo(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof memory, &memory, NULL);
    if (code == CL_SUCCESS)
        code = cl->GetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
    if (code == CL_SUCCESS)
        code = cl->GetDeviceInfo(device, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof unified, &unified, NULL);
    if (code != CL_SUCCESS && !made.reason[0])
        snprintf(made.reason, sizeof made.reason, "clGetDeviceInfo returned %s (%d)", yk_cl_code_name(code),
                 code);
    if (type & CL_DEVICE_TYPE_CPU)
        made.type = YK_DEVICE_CPU;
    else if (type & CL_DEVICE_TYPE_GPU)
        made.type = YK_DEVICE_GPU;
    made.memory = memory;
    made.units = units;
    made.unified_memory = unified != CL_FALSE;
    made.host_cpu = made.type == YK_DEVICE_CPU;
    made.usable = made.reason[0] == '\0';
    if (made.usable && made.host_cpu)
        snprintf(made.reason, sizeof made.reason,
                 "this machine's CPU, which the thread pool already uses; name it to use it");
    *info = made;
}

/* Appends the parts that YOKE_CL_SPLIT makes of the device that was listed last. They stand for it: it cannot
 * be used beside them. */
static enum yk_status list_parts(const struct yk_cl *cl, cl_platform_id platform, cl_device_id device,
                                 const struct yk_cl_split *split, struct yk_device_list *list)
{
    cl_device_id *parts = NULL;
    cl_uint count = 0;
    size_t whole = list->count - 1;
    char id[sizeof list->devices->id], part_id[sizeof id];
    if (!list->devices[whole].usable || (split->count == 0 && split->each == 0))
        return YK_OK;
    cl_int code = yk_cl_split_device(cl, device, split, &parts, &count);
    if (code == CL_OUT_OF_HOST_MEMORY)
        return YK_ERR_NOMEM;
    if (code != CL_SUCCESS) {
        char *reason = list->devices[whole].reason;
        size_t length = strlen(reason), size = sizeof list->devices->reason;
        snprintf(reason + length, size - length, "%sYOKE_CL_SPLIT cannot divide it: %s", length ? "; " : "",
                 yk_cl_code_name(code));
        return YK_OK;
    }
    memcpy(id, list->devices[whole].id, sizeof id);
    enum yk_status status = YK_OK;
    for (cl_uint k = 0; k < count && status == YK_OK; k++) {
        struct yk_device_info *info = yk_device_list_add(list);
        snprintf(part_id, sizeof part_id, "%.20s.%u", id, k);
        if (info)
            yk_cl_describe(cl, platform, parts[k], part_id, info);
        else
            status = YK_ERR_NOMEM;
    }
    if (status == YK_OK && count > 0) {
        struct yk_device_info *divided = &list->devices[whole];
        divided->usable = false;
        snprintf(divided->reason, sizeof divided->reason, "YOKE_CL_SPLIT divides it into %u part%s", count,
                 count == 1 ? "" : "s");
    }
    yk_cl_split_release(cl, parts, count);
    return status;
}

/* Appends the devices of platform number p. A platform that fails is left out, and the notice says so. */
static enum yk_status list_platform(const struct yk_cl *cl, cl_platform_id platform, unsigned p,
                                    const struct yk_cl_split *split, struct yk_device_list *list)
{
    cl_device_id *devices = NULL;
    cl_uint count = 0;
    cl_int code = yk_cl_devices(cl, platform, &devices, &count);
    if (code != CL_SUCCESS) {
        char name[100];
        platform_text(cl, platform, name, sizeof name);
        snprintf(list->notice, sizeof list->notice,
                 "OpenCL platform %u (%s): clGetDeviceIDs returned %s (%d)", p, name, yk_cl_code_name(code),
                 code);
        return YK_OK;
    }
    enum yk_status status = YK_OK;
    for (cl_uint d = 0; d < count && status == YK_OK; d++) {
        struct yk_device_info *info = yk_device_list_add(list);
        char id[sizeof info->id];
        if (!info) {
            status = YK_ERR_NOMEM;
            break;
        }
        snprintf(id, sizeof id, "cl:%u.%u", p, d);
        yk_cl_describe(cl, platform, devices[d], id, info);
        status = list_parts(cl, platform, devices[d], split, list);
    }
    free(devices);
    return status;
}

enum yk_status yk_cl_list_from(const char *library, struct yk_device_list *list, struct yk_error *error)
{
    struct yk_cl cl;
    struct yk_cl_split split;
    enum yk_status status = yk_cl_split_read(&split, error);
    if (status != YK_OK)
        return status;
    if (!yk_cl_load(&cl, library, list->notice, sizeof list->notice))
        return YK_OK;
    cl_platform_id *platforms = NULL;
    cl_uint count = 0;
    size_t before = list->count;
    cl_int code = yk_cl_platforms(&cl, &platforms, &count);
    for (cl_uint p = 0; p < count && status == YK_OK; p++)
        status = list_platform(&cl, platforms[p], p, &split, list);
    if (code != CL_SUCCESS)
        snprintf(list->notice, sizeof list->notice, "no OpenCL: clGetPlatformIDs returned %s (%d)",
                 yk_cl_code_name(code), code);
    else if (count == 0)
        snprintf(list->notice, sizeof list->notice, "no OpenCL platform: no driver is installed");
    else if (list->count == before && !list->notice[0])
        snprintf(list->notice, sizeof list->notice, "no OpenCL device: the %u platform%s none", count,
                 count == 1 ? " has" : "s have");
    free(platforms);
    yk_cl_unload(&cl);
    return status == YK_OK ? YK_OK : yk_error_set(error, status, "out of memory");
}

enum yk_status yk_cl_list(struct yk_device_list *list, struct yk_error *error)
{
    return yk_cl_list_from(YK_CL_LIBRARY, list, error);
}
