/* SPDX-License-Identifier: MIT
 *
 * The asynchronous I/O thread: whole files in, whole files out, many in flight, one thread.
 *
 * Two engines stand behind one contract: `uring` (Linux io_uring) and `posix` (plain calls on the same
 * thread). YK_IO_AUTO takes io_uring where the kernel offers it and falls back silently; the choice can be
 * read back. The environment variable YOKE_IO=uring|posix overrides YK_IO_AUTO.
 *
 * The promise for outputs: at any instant, also of a kill, the target name holds the old file, nothing, or
 * the complete new file. Data is written to a temporary name in the target's folder, every write and the
 * close are checked, and only then is it renamed. A failed or cancelled write removes its temporary file.
 *
 * Thread rule: yk_io_read, yk_io_write and yk_io_cancel may be called from any thread, also from a callback.
 * Callbacks run on the I/O thread, one at a time, each exactly once per accepted request; keep them short.
 */
#ifndef YOKE_IO_H
#define YOKE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum yk_io_engine { YK_IO_AUTO, YK_IO_URING, YK_IO_POSIX };

/* What to do with an output name that is taken. */
enum yk_overwrite {
    YK_OVERWRITE_NEVER, /* keep the old file; the write ends with YK_ERR_EXISTS (also if it appears meanwhile)
                         */
    YK_OVERWRITE_ALWAYS, /* replace it atomically */
    YK_OVERWRITE_NEWER   /* decided when a batch is planned; to the I/O thread the same as ALWAYS */
};

struct yk_io; /* opaque */

/* The outcome of one request, valid during the callback only, except `data`. */
struct yk_io_result {
    struct yk_error error; /* error.status is YK_OK on success; its text names the file and the reason */
    uint8_t *data;         /* read: the content plus 64 zero bytes, owned by the receiver (yk_io_release);
                              NULL on failure and for writes */
    size_t size;           /* bytes read or written */
    uint64_t nanoseconds;  /* from the moment the thread took the request up to its end */
};

typedef void yk_io_done(void *context, struct yk_io_result *result);

/* Starts the I/O thread. `depth` is the number of requests worked on at a time (0: 16).
 * Success: *io is owned by the caller, end it with yk_io_close. Errors: YK_ERR_NOMEM, YK_ERR_MISSING
 * (YK_IO_URING was asked for by name and the kernel refuses), YK_ERR_IO (no thread). */
enum yk_status yk_io_open(struct yk_io **io, enum yk_io_engine engine, unsigned depth,
                          struct yk_error *error);

/* "uring" or "posix": the engine in use. */
const char *yk_io_engine_name(const struct yk_io *io);

/* Where the memory for what is read comes from. Called on the I/O thread. */
struct yk_io_memory {
    /* Memory for `size` bytes and 64 more; NULL: there is none. */
    void *(*take)(void *context, uint64_t size);
    /* Memory that is not handed over, after a failure; NULL is allowed. */
    void (*give)(void *context, void *memory);
    void *context;
};

/* From now on what is read goes into memory from there, and what a read hands over is given back there
 * instead of with yk_io_release. `memory` is copied; its context must stay until yk_io_close. Before the
 * first request. */
void yk_io_use_memory(struct yk_io *io, const struct yk_io_memory *memory);

/* Queues reading the whole of the regular file `path` ("-": standard input until its end, which also accepts
 * pipes). Requests start in the order of the calls. A file over `max_bytes` ends with YK_ERR_LIMIT before it
 * is read; a folder, FIFO, socket or device with YK_ERR_IO. `path` is copied. A non-OK return means that the
 * callback will not come. */
enum yk_status yk_io_read(struct yk_io *io, const char *path, uint64_t max_bytes, yk_io_done *done,
                          void *context, struct yk_error *error);

/* Queues writing `size` bytes at `data` (borrowed until the callback) to `path` ("-": standard output).
 * Missing parent folders are made. `path` is copied. */
enum yk_status yk_io_write(struct yk_io *io, const char *path, const void *data, size_t size,
                           enum yk_overwrite overwrite, yk_io_done *done, void *context,
                           struct yk_error *error);

/* Requests that have not started end with YK_ERR_CANCELLED; so do later ones. Those under way end as they
 * can: a write that is not yet renamed is cancelled and its temporary file removed. Does not wait. */
void yk_io_cancel(struct yk_io *io);

/* Waits for every accepted request's callback, ends the thread, frees everything. NULL is allowed. */
void yk_io_close(struct yk_io *io);

/* Frees data that a read handed over; NULL is allowed. */
void yk_io_release(uint8_t *data);

#ifdef __cplusplus
}
#endif

#endif
