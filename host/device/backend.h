/* SPDX-License-Identifier: MIT
 *
 * The backend table: one entry per kind of device, one file (or family of files) each, one line in backend.c.
 * Everything above this layer calls devices through it and knows none of them by name.
 *
 * A device works on bands: rows of a program's output. A band is submitted to a slot and waited for; a slot
 * holds one band at a time, slots of one device are independent. The CPU computes within submit, on the
 * calling thread, with the slot as that thread's scratch memory; OpenCL queues work and returns.
 */
#ifndef YOKE_DEVICE_BACKEND_H
#define YOKE_DEVICE_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include <yoke/device.h>
#include <yoke/image.h>
#include <yoke/status.h>

#include "program.h"

struct yk_device; /* opaque; each backend's own structure begins with struct yk_device_base */

/* Rows of an image that is made while it is read, from the top down. */
struct yk_feed {
    /* Rows y0 .. y1 - 1, *stride bytes apart, until the next call. Neither y0 nor y1 ever decreases. */
    enum yk_status (*rows)(void *context, int y0, int y1, const uint8_t **rows, size_t *stride,
                           struct yk_error *error);
    void *context;
};

/* Work for one slot. With `reduce` NULL: rows [y0, y1) of the program's output image, read from `source` and
 * written to the same rows of `target`. With `reduce` set: the statistic of that operation over rows [y0, y1)
 * of `source`, added into `stat` (sums first, then maxima, see yk_op.stat_count). All pointers are borrowed
 * until the band has been waited for. `source` is not written by anyone meanwhile; other bands write other
 * rows of `target`.
 * With `feed` set, `source` has no pixels: its rows come from there. Only the CPU can do that, only for a
 * program of which yk_program_streams is true, and all rows must be one band. */
struct yk_band {
    const struct yk_program *program;
    const struct yk_image *source;
    const struct yk_feed *feed; /* NULL: `source` has its pixels */
    struct yk_image *target;
    const struct yk_op *reduce;
    size_t reduce_index; /* of the operation, in yk_op_table */
    const void *reduce_params;
    int *stat;
    size_t stat_count, stat_sums;
    int y0, y1;
    bool (*stop)(void *context); /* may be NULL. Asked between the strips of a long band on the CPU; true: the
                                    band ends with YK_ERR_CANCELLED. Called on the thread that computes. */
    void *stop_context;
};

/* When something began, by yk_clock_ns, and how long it took, in nanoseconds. All zeros: not known. */
struct yk_band_span {
    uint64_t start, time;
};

/* Rows y .. end - 1 of a band's source, *stride bytes apart; errors: the feed's. */
static inline enum yk_status yk_band_rows(const struct yk_band *band, int y, int end, const uint8_t **rows,
                                          size_t *stride, struct yk_error *error)
{
    if (band->feed)
        return band->feed->rows(band->feed->context, y, end, rows, stride, error);
    *rows = yk_image_row(band->source, (uint32_t)y);
    *stride = band->source->stride;
    return YK_OK;
}

/* Where the time of a finished band went, and what was copied to and from the device; 0 where a backend
 * cannot tell or copies nothing. Computing goes from the first kernel's start to the last one's end: another
 * slot's kernels may have run between. */
struct yk_band_timing {
    uint64_t total; /* ns */
    struct yk_band_span upload, compute, download;
    uint64_t bytes_up, bytes_down;
};

struct yk_device_options {
    unsigned slots;           /* bands in flight; for the CPU: the number of worker threads */
    const char *cpu_level;    /* "scalar", "x86-64", "v3", "v4"; NULL: the best (YOKE_CPU caps it) */
    const char *cache_folder; /* compiled kernels; NULL: the user's cache folder; "": none */
};

struct yk_backend {
    const char *name;
    /* Appends its devices to the list. A backend with nothing to offer appends nothing, may set list->notice,
     * and returns YK_OK. */
    enum yk_status (*list)(struct yk_device_list *list, struct yk_error *error);
    /* Opens the device `info`. Success: *device owned by the caller, end it with close. */
    enum yk_status (*open)(struct yk_device **device, const struct yk_device_info *info,
                           const struct yk_device_options *options, struct yk_error *error);
    /* Makes the code for every step ready (slow on first use: compiles). YK_ERR_UNSUPPORTED: this device
     * cannot run the program, others may. Any thread, one at a time per device. */
    enum yk_status (*prepare)(struct yk_device *device, const struct yk_program *program,
                              const struct yk_op *reduce, struct yk_error *error);
    /* The most output rows one band may have, by the device's memory; at least 1. */
    int (*max_rows)(struct yk_device *device, const struct yk_program *program);
    /* Starts a band in a free slot. On failure the slot is free again and nothing is in flight. */
    enum yk_status (*submit)(struct yk_device *device, unsigned slot, const struct yk_band *band,
                             struct yk_error *error);
    /* Waits until the slot's band is finished or the monotonic time `deadline` (ns) has passed
     * (YK_ERR_TIMEOUT: the device must not be used again). The slot is free after any other return. */
    enum yk_status (*wait)(struct yk_device *device, unsigned slot, uint64_t deadline,
                           struct yk_band_timing *timing, struct yk_error *error);
    /* Releases the device; NULL is allowed. `leak`: it hangs, do not touch the driver, give up its handles.
     */
    void (*close)(struct yk_device *device, bool leak);
};

struct yk_device_base {
    const struct yk_backend *backend;
    struct yk_device_info info;
};

extern const struct yk_backend yk_backend_cpu;
extern const struct yk_backend yk_backend_cl; /* present in every build; without OpenCL it lists nothing */

/* Backend number `index`, NULL past the end. */
const struct yk_backend *yk_backend_at(size_t index);

/* The backend and the description behind an open device. */
static inline const struct yk_backend *yk_device_backend(const struct yk_device *device)
{
    return ((const struct yk_device_base *)(const void *)device)->backend;
}
static inline const struct yk_device_info *yk_device_describe(const struct yk_device *device)
{
    return &((const struct yk_device_base *)(const void *)device)->info;
}

/* Opens the device `info` through the backend it names. */
enum yk_status yk_device_open(struct yk_device **device, const struct yk_device_info *info,
                              const struct yk_device_options *options, struct yk_error *error);
void yk_device_close(struct yk_device *device, bool leak);

/* Appends a zeroed entry to a list and returns it, NULL when memory ran out. For backends. */
struct yk_device_info *yk_device_list_add(struct yk_device_list *list);

#endif
