/* SPDX-License-Identifier: MIT
 *
 * An open OpenCL device, shared by the files of this backend. One driver thread submits and waits; prepare
 * may run beside it on another thread, for programs that are not submitted yet. One in-order queue for each
 * slot.
 */
#ifndef YOKE_DEVICE_CL_DEVICE_H
#define YOKE_DEVICE_CL_DEVICE_H

#include <stdatomic.h>

#include "backend.h"
#include "cl_layout.h"
#include "cl_program.h"

/* Places of an operation's kernels in yk_cl_program.kernels, and of the two of convert.cl. */
enum { YK_CL_MAIN, YK_CL_VERTICAL, YK_CL_REDUCE };
enum { YK_CL_LOAD, YK_CL_STORE };

struct yk_cl_op {
    struct yk_cl_program program; /* handle NULL: not built yet */
    char *refused;                /* owned: why it does not compile here; it is not tried again */
};

struct yk_cl_buffer {
    cl_mem handle;
    uint64_t size;
};

/* Rows of an image as a buffer over the image's own memory. */
struct yk_cl_view {
    cl_mem handle; /* NULL: none; the rows are copied */
    size_t size;   /* bytes */
    void *mapped;  /* while the host may look at what the device wrote */
};

struct yk_cl_table {
    cl_mem coef, index; /* NULL: the step has no such table */
};

/* The tables of a program's steps in device memory, kept until the slot gets a band of another program. */
struct yk_cl_tables {
    uint64_t serial;
    size_t count;
    struct yk_cl_table *steps; /* `count` of them */
};

/* Commands of a band in flight whose times tell where the band's time went. */
struct yk_cl_marks {
    cl_event upload;      /* NULL: nothing is copied */
    cl_event first, last; /* kernels; the same one, with two references, where there is only one */
    uint64_t asked;       /* when the first of them was asked for, by the host's clock */
};

struct yk_cl_slot {
    cl_command_queue queue;
    struct yk_cl_buffer places[YK_CL_PLACES];
    struct yk_cl_buffer stat;
    struct yk_cl_view source, target; /* of the band, on a device that works on the host's memory */
    struct yk_cl_tables tables;
    struct yk_rect *rects; /* owned by malloc */
    size_t rect_room;
    int *counted; /* what the device found for a statistic; owned by malloc */
    size_t counted_room;
    struct yk_band band; /* while `done` is set */
    struct yk_cl_marks marks;
    cl_event done; /* NULL: the slot is free, unless stuck */
    bool stuck;    /* a failed submit left work that never ended: the slot stays taken */
    uint64_t started;
};

struct yk_cl_device {
    struct yk_device_base base;
    struct yk_cl cl;
    cl_platform_id platform;
    cl_device_id id;
    cl_device_id part; /* a part of a divided device: `id`, with a reference to give back; else NULL */
    cl_context context;
    char label[192]; /* "cl:0.1 (name)", for messages */
    char model[400], version[300];
    char *cache_folder; /* NULL: none */
    struct yk_cl_builder builder;
    struct yk_cl_program convert;
    struct yk_cl_op *ops; /* parallel to yk_op_table */
    struct yk_cl_limits limits;
    cl_mem nothing; /* stands in for tables that a step does not have */
    bool unified;   /* works on the host's memory where a band's rows allow it */
    atomic_bool lost;
    atomic_bool *fault; /* set by the driver's callback; apart, because a leaked context may still call */
    struct yk_cl_slot *slots;
    unsigned slot_count;
};

/* ---- cl_list.c ---- */

/* Describes a device under the name `id`, as number 0 of its model. Where something cannot be found out or is
 * not good enough, info->usable is false and the reason says why. */
void yk_cl_describe(const struct yk_cl *cl, cl_platform_id platform, cl_device_id device, const char *id,
                    struct yk_device_info *info);

/* A text of a device as one clean line, "" where it cannot be had. */
void yk_cl_device_text(const struct yk_cl *cl, cl_device_id device, cl_device_info what, char *to,
                       size_t size);

/* All platforms, or all devices of one: malloc'ed handles, owned by the caller; *count 0 and NULL where there
 * are none. Returns OpenCL's code, CL_OUT_OF_HOST_MEMORY where malloc fails. */
cl_int yk_cl_platforms(const struct yk_cl *cl, cl_platform_id **platforms, cl_uint *count);
cl_int yk_cl_devices(const struct yk_cl *cl, cl_platform_id platform, cl_device_id **devices, cl_uint *count);

enum yk_status yk_cl_list(struct yk_device_list *list, struct yk_error *error);

/* As yk_cl_list, with the loader's file name. For tests. */
enum yk_status yk_cl_list_from(const char *library, struct yk_device_list *list, struct yk_error *error);

/* ---- cl_split.c ---- */

enum {
    YK_CL_PARTS = 16,    /* of one device, at most */
    YK_CL_UNITS = 100000 /* of one part, at most: no device comes near */
};

/* How the developer variable YOKE_CL_SPLIT divides devices: `count` parts of units[k] compute units, or,
 * where `each` is not 0, as many parts of `each` units as there are; all zeros: not at all. */
struct yk_cl_split {
    unsigned count, each;
    unsigned units[YK_CL_PARTS];
};

/* Reads the variable. Errors: YK_ERR_PARSE. */
enum yk_status yk_cl_split_read(struct yk_cl_split *split, struct yk_error *error);

/* Makes the parts of a device: *parts is owned by the caller, with a reference to each part, end it with
 * yk_cl_split_release; NULL and *count 0 where there are none. The driver divides equally each time, so that
 * number k is always the same part. Returns OpenCL's code: a driver that does not divide, fails. */
cl_int yk_cl_split_device(const struct yk_cl *cl, cl_device_id device, const struct yk_cl_split *split,
                          cl_device_id **parts, cl_uint *count);

/* Releases every part that is not NULL, and the list. */
void yk_cl_split_release(const struct yk_cl *cl, cl_device_id *parts, cl_uint count);

static inline bool yk_cl_slot_taken(const struct yk_cl_slot *slot)
{
    return slot->done || slot->stuck;
}

/* ---- cl_band.c, cl_wait.c ---- */

enum yk_status yk_cl_submit(struct yk_device *device, unsigned slot, const struct yk_band *band,
                            struct yk_error *error);
enum yk_status yk_cl_wait(struct yk_device *device, unsigned slot, uint64_t deadline,
                          struct yk_band_timing *timing, struct yk_error *error);

/* ---- cl_queue.c ---- */

/* One argument of a kernel. */
struct yk_cl_arg {
    size_t size;
    const void *value;
};

/* yk_cl_fail for a call on the device; remembers a loss. */
enum yk_status yk_cl_device_fail(struct yk_cl_device *device, const char *call, cl_int code, bool finished,
                                 struct yk_error *error);

/* A buffer of at least `size` bytes (0: left alone) in *buffer, which is kept where it is large enough. */
enum yk_status yk_cl_reserve(struct yk_cl_device *device, struct yk_cl_buffer *buffer, uint64_t size,
                             struct yk_error *error);

/* Releases a slot's objects and memory. */
void yk_cl_slot_clear(const struct yk_cl *cl, struct yk_cl_slot *slot);

/* Frees the slot's buffers where they and those of a new layout would be over the limit together; otherwise
 * they stay for later bands. */
void yk_cl_drop_surplus(struct yk_cl_device *device, struct yk_cl_slot *slot,
                        const struct yk_cl_layout *layout);

/* Makes the tables those of `program`, unless they are. */
enum yk_status yk_cl_keep_tables(struct yk_cl_device *device, struct yk_cl_tables *tables,
                                 const struct yk_program *program, struct yk_error *error);

/* Queues a kernel over width x height x planes work-items, rounded up to whole work-groups. *done, where it
 * is not NULL, is its event. */
enum yk_status yk_cl_launch(struct yk_cl_device *device, cl_command_queue queue,
                            const struct yk_cl_kernel *kernel, const struct yk_cl_arg *args,
                            cl_uint arg_count, int width, int height, int planes, cl_event *done,
                            struct yk_error *error);

/* Queues copying `rows` rows of `row` bytes from host memory into a buffer, or back; *done, where it is not
 * NULL, is the event of the copy. Host memory must stay until it has happened. */
enum yk_status yk_cl_upload(struct yk_cl_device *device, cl_command_queue queue, cl_mem to,
                            uint64_t to_stride, const void *from, uint64_t from_stride, uint64_t row,
                            uint64_t rows, cl_event *done, struct yk_error *error);
enum yk_status yk_cl_download(struct yk_cl_device *device, cl_command_queue queue, cl_mem from,
                              uint64_t from_stride, void *to, uint64_t to_stride, uint64_t row, uint64_t rows,
                              cl_event *done, struct yk_error *error);

/* ---- cl_host.c ---- */

/* Makes *view of rows [y0, y1) of an image, to be read or written by the device. false: the device does not
 * work on the host's memory, the rows do not begin on cache lines, or the driver refuses; then the rows must
 * be copied. The image must stay until yk_cl_unwrap. */
bool yk_cl_wrap(struct yk_cl_device *device, struct yk_cl_view *view, const struct yk_image *image, int y0,
                int y1, bool write);

/* Queues giving a written view to the host; *done is the event after which the image has its bytes. */
enum yk_status yk_cl_map(struct yk_cl_device *device, cl_command_queue queue, struct yk_cl_view *view,
                         cl_event *done, struct yk_error *error);

/* Gives it back, so that the driver has no hold on the image any more; waits for that until `deadline`.
 * Without effect on a view that is not mapped. Errors: as yk_cl_await. */
enum yk_status yk_cl_unmap(struct yk_cl_device *device, cl_command_queue queue, struct yk_cl_view *view,
                           uint64_t deadline, struct yk_error *error);

/* Ends a view, which must not be in use; all zeros is allowed. */
void yk_cl_unwrap(const struct yk_cl *cl, struct yk_cl_view *view);

/* The slot's band has ended or was never queued: its views end too. */
void yk_cl_end_views(const struct yk_cl *cl, struct yk_cl_slot *slot);

/* ---- cl_timing.c ---- */

/* Adds to the timing of a slot's finished band, whose copied bytes are counted, when its parts ran; nothing
 * where the driver does not tell or tells what cannot be. slot->done and the marks must still be there. */
void yk_cl_tell_times(const struct yk_cl_device *device, const struct yk_cl_slot *slot,
                      struct yk_band_timing *timing);

/* Ends the marks; all zeros is allowed. */
void yk_cl_drop_marks(const struct yk_cl *cl, struct yk_cl_slot *slot);

/* ---- cl_queue.c, waiting ---- */

/* Waits until the event is complete or the monotonic time `deadline` has passed, by looking now and then:
 * clWaitForEvents can hang for ever with a hung device. YK_ERR_TIMEOUT also where the driver cannot tell any
 * more: in both cases the command may still be running. */
enum yk_status yk_cl_await(struct yk_cl_device *device, cl_event event, uint64_t deadline,
                           struct yk_error *error);

/* After a failure: waits until nothing of the queue is in flight; false where that cannot be reached. */
bool yk_cl_drain(struct yk_cl_device *device, cl_command_queue queue);

#endif
