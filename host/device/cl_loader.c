/* SPDX-License-Identifier: MIT
 * Opening libOpenCL and reporting its error codes (contract in cl_loader.h). */
#include "cl_loader.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* dlsym gives an object pointer; C has no cast from it to a function pointer, POSIX promises equal bits. */
static bool find(void *library, const char *name, void *slot)
{
    void *symbol = dlsym(library, name);
    memcpy(slot, &symbol, sizeof symbol);
    return symbol != NULL;
}

bool yk_cl_load(struct yk_cl *cl, const char *library, char *notice, size_t notice_size)
{
    struct yk_cl made = {.library = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)};
    const char *missing = NULL;
    if (!made.library) {
        snprintf(notice, notice_size, "no OpenCL loader (%s)", library);
        return false;
    }
#define YK_CL_FN(name)                                                                                       \
    if (!find(made.library, "cl" #name, &made.name))                                                         \
        missing = "cl" #name;
#include "cl_functions.inc"
#undef YK_CL_FN
    if (missing) {
        snprintf(notice, notice_size, "the OpenCL loader %s is older than OpenCL 1.2 (no %s)", library,
                 missing);
        yk_cl_unload(&made);
        return false;
    }
    *cl = made;
    return true;
}

void yk_cl_unload(struct yk_cl *cl)
{
    if (cl->library)
        dlclose(cl->library);
    cl->library = NULL;
}

const char *yk_cl_code_name(cl_int code)
{
    /* In the order of the numbers in CL/cl.h, 0 downwards. */
    static const char *const runtime[] = {"CL_SUCCESS",
                                          "CL_DEVICE_NOT_FOUND",
                                          "CL_DEVICE_NOT_AVAILABLE",
                                          "CL_COMPILER_NOT_AVAILABLE",
                                          "CL_MEM_OBJECT_ALLOCATION_FAILURE",
                                          "CL_OUT_OF_RESOURCES",
                                          "CL_OUT_OF_HOST_MEMORY",
                                          "CL_PROFILING_INFO_NOT_AVAILABLE",
                                          "CL_MEM_COPY_OVERLAP",
                                          "CL_IMAGE_FORMAT_MISMATCH",
                                          "CL_IMAGE_FORMAT_NOT_SUPPORTED",
                                          "CL_BUILD_PROGRAM_FAILURE",
                                          "CL_MAP_FAILURE",
                                          "CL_MISALIGNED_SUB_BUFFER_OFFSET",
                                          "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
                                          "CL_COMPILE_PROGRAM_FAILURE",
                                          "CL_LINKER_NOT_AVAILABLE",
                                          "CL_LINK_PROGRAM_FAILURE",
                                          "CL_DEVICE_PARTITION_FAILED",
                                          "CL_KERNEL_ARG_INFO_NOT_AVAILABLE"};
    /* -30 downwards. */
    static const char *const invalid[] = {"CL_INVALID_VALUE",
                                          "CL_INVALID_DEVICE_TYPE",
                                          "CL_INVALID_PLATFORM",
                                          "CL_INVALID_DEVICE",
                                          "CL_INVALID_CONTEXT",
                                          "CL_INVALID_QUEUE_PROPERTIES",
                                          "CL_INVALID_COMMAND_QUEUE",
                                          "CL_INVALID_HOST_PTR",
                                          "CL_INVALID_MEM_OBJECT",
                                          "CL_INVALID_IMAGE_FORMAT_DESCRIPTOR",
                                          "CL_INVALID_IMAGE_SIZE",
                                          "CL_INVALID_SAMPLER",
                                          "CL_INVALID_BINARY",
                                          "CL_INVALID_BUILD_OPTIONS",
                                          "CL_INVALID_PROGRAM",
                                          "CL_INVALID_PROGRAM_EXECUTABLE",
                                          "CL_INVALID_KERNEL_NAME",
                                          "CL_INVALID_KERNEL_DEFINITION",
                                          "CL_INVALID_KERNEL",
                                          "CL_INVALID_ARG_INDEX",
                                          "CL_INVALID_ARG_VALUE",
                                          "CL_INVALID_ARG_SIZE",
                                          "CL_INVALID_KERNEL_ARGS",
                                          "CL_INVALID_WORK_DIMENSION",
                                          "CL_INVALID_WORK_GROUP_SIZE",
                                          "CL_INVALID_WORK_ITEM_SIZE",
                                          "CL_INVALID_GLOBAL_OFFSET",
                                          "CL_INVALID_EVENT_WAIT_LIST",
                                          "CL_INVALID_EVENT",
                                          "CL_INVALID_OPERATION",
                                          "CL_INVALID_GL_OBJECT",
                                          "CL_INVALID_BUFFER_SIZE",
                                          "CL_INVALID_MIP_LEVEL",
                                          "CL_INVALID_GLOBAL_WORK_SIZE",
                                          "CL_INVALID_PROPERTY",
                                          "CL_INVALID_IMAGE_DESCRIPTOR",
                                          "CL_INVALID_COMPILER_OPTIONS",
                                          "CL_INVALID_LINKER_OPTIONS",
                                          "CL_INVALID_DEVICE_PARTITION_COUNT"};
    long at = -(long)code;
    if (at >= 0 && at < (long)(sizeof runtime / sizeof *runtime))
        return runtime[at];
    if (at >= 30 && at - 30 < (long)(sizeof invalid / sizeof *invalid))
        return invalid[at - 30];
    if (at == 1001) /* CL_PLATFORM_NOT_FOUND_KHR of cl_khr_icd */
        return "CL_PLATFORM_NOT_FOUND_KHR";
    return "an unknown code";
}

enum yk_status yk_cl_fail(const char *label, const char *call, cl_int code, bool finished,
                          struct yk_error *error)
{
    enum yk_status status = YK_ERR_DEVICE;
    switch (code) {
    case CL_OUT_OF_HOST_MEMORY:
        status = YK_ERR_NOMEM;
        break;
    case CL_OUT_OF_RESOURCES:
        /* From a call it may only mean "no memory left"; as the end of a kernel it is a watchdog or a crash.
         */
        status = finished ? YK_ERR_LOST : YK_ERR_DEVICE;
        break;
    case CL_DEVICE_NOT_AVAILABLE:
    case CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST:
    case CL_INVALID_CONTEXT:
    case CL_INVALID_COMMAND_QUEUE:
    case -9999: /* NVIDIA: illegal read or write by a kernel; the context is gone */
        status = YK_ERR_LOST;
        break;
    }
    return yk_error_set(error, status, finished ? "%s: %s ended with %s (%d)" : "%s: %s returned %s (%d)",
                        label, call, yk_cl_code_name(code), code);
}
