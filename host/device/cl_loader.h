/* SPDX-License-Identifier: MIT
 *
 * OpenCL opened at run time: a table of function pointers, so that the program runs on machines without it.
 * Also the names of OpenCL's error codes. The only header of this layer that includes OpenCL's own.
 */
#ifndef YOKE_DEVICE_CL_LOADER_H
#define YOKE_DEVICE_CL_LOADER_H

#include <stdbool.h>
#include <stddef.h>

#define CL_TARGET_OPENCL_VERSION 120 /* the oldest version that we accept; kernels are OpenCL C 1.2 */
#include <CL/cl.h>

#include <yoke/status.h>

#define YK_CL_LIBRARY "libOpenCL.so.1"

/* One user's handle of the loader: a listing or an open device has its own. The dynamic linker counts them,
 * and the library stays mapped after the last one, because drivers leave threads and exit handlers behind. */
struct yk_cl {
    void *library;
#define YK_CL_FN(name) __typeof__(cl##name) *name;
#include "cl_functions.inc"
#undef YK_CL_FN
};

/* Opens `library` (YK_CL_LIBRARY but in tests) and fills the table. Success: *cl is owned, end it with
 * yk_cl_unload. false: *cl is untouched and `notice` says in a few words why there is no OpenCL. Any thread.
 */
bool yk_cl_load(struct yk_cl *cl, const char *library, char *notice, size_t notice_size);

/* Gives the handle back; all zeros is allowed. */
void yk_cl_unload(struct yk_cl *cl);

/* "CL_OUT_OF_RESOURCES" for -5 and so on; "an unknown code" otherwise. Static storage. */
const char *yk_cl_code_name(cl_int code);

/* Sets "LABEL: CALL returned CODE_NAME (code)" and returns the status that belongs to the code: YK_ERR_NOMEM
 * (the host's memory), YK_ERR_LOST (the device or its context is unusable from here on), else YK_ERR_DEVICE.
 * `finished`: the code is how a finished command ended; then CL_OUT_OF_RESOURCES, too, means a reset or a
 * crashed kernel. */
enum yk_status yk_cl_fail(const char *label, const char *call, cl_int code, bool finished,
                          struct yk_error *error);

#endif
