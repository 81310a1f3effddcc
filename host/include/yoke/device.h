/* SPDX-License-Identifier: MIT
 *
 * The processors of this machine: listing and selection. "cpu" is the OpenMP thread pool; "cl:P.D" is device
 * D of OpenCL platform P in the loader's order. The OpenCL loader is opened at run time, and only when a
 * selection can need it.
 */
#ifndef YOKE_DEVICE_H
#define YOKE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum yk_device_type { YK_DEVICE_CPU, YK_DEVICE_GPU, YK_DEVICE_ACCELERATOR };

struct yk_device_info {
    char id[32];      /* "cpu", "cl:0.1"; "cl:0.1.0" for a part of a divided device */
    char backend[16]; /* "cpu", "cl" */
    char name[128];
    char platform[128]; /* OpenCL platform; instruction-set level for the CPU */
    char driver[128];   /* driver version; compiler for the CPU */
    enum yk_device_type type;
    uint64_t memory;  /* bytes */
    uint32_t units;   /* compute units; threads for the CPU */
    uint32_t ordinal; /* number among the listed devices of the same backend, platform and name: tells twins
                         apart */
    bool unified_memory; /* works on the host's memory: nothing need be copied to it */
    bool host_cpu;       /* an OpenCL device that is this machine's own CPU */
    bool usable;
    char reason[256]; /* why it is not used, or why not by default; empty otherwise */
};

struct yk_device_list {
    struct yk_device_info *devices; /* owned; free with yk_device_list_free */
    size_t count;
    char notice[256]; /* why there is no OpenCL at all ("no OpenCL loader (libOpenCL.so.1)"); else empty */
};

/* What happened to a device with a decoration (host/device/decorate.h), a facility for tests. */
struct yk_decorated_counts {
    int64_t packages;   /* submitted, and not refused for want of memory */
    int64_t after_hang; /* calls that came after it had hung, but for closing it: there should be none */
    bool failed;        /* a failure that was asked for has happened; running out of memory is none of them */
};

/* Lists the CPU first, then, unless `cpu_only`, every OpenCL device. A missing loader or platform is no
 * error: the list is shorter and `notice` says why. Errors: YK_ERR_NOMEM; YK_ERR_PARSE (a developer
 * variable). One thread at a time. */
enum yk_status yk_device_list_make(struct yk_device_list *list, bool cpu_only, struct yk_error *error);
void yk_device_list_free(struct yk_device_list *list);

/* Whether a selection text can be answered without looking for OpenCL devices ("cpu"). */
bool yk_device_selection_is_cpu(const char *selection);

/* Marks in chosen[list->count] which devices a selection names: "auto" (the CPU, and every OpenCL device that
 * is not this machine's CPU), "cpu", "gpu", "cl" (every OpenCL device), "cl:P.D", "all", or several of them
 * with commas ("cl:P.D.K": part K of a device that the developer variable YOKE_CL_SPLIT divides). A class
 * that matches nothing is no error here. Errors: YK_ERR_PARSE (unknown word, with what is accepted),
 * YK_ERR_MISSING (a device named by number does not exist or cannot be used; the text says why). */
enum yk_status yk_device_select(const struct yk_device_list *list, const char *selection, bool *chosen,
                                struct yk_error *error);

#ifdef __cplusplus
}
#endif

#endif
