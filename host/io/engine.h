/* SPDX-License-Identifier: MIT
 *
 * Inside of the I/O thread: requests, the one operation each of them waits for, and the table of an engine.
 *
 * A request is a small state machine (request.c) that never waits itself: it names its next operation in
 * `op`. An engine carries out that operation in its own way (a plain call, an io_uring entry) and hands the
 * result back. So every rule about files lives in one place, and an engine knows nothing but operations.
 */
#ifndef YOKE_IO_ENGINE_H
#define YOKE_IO_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <yoke/io.h>

#include "commit.h"

/* Bytes of one read or write: large enough that the call costs nothing beside the copy, small enough that a
 * cancelled job ends at once and that requests of very different sizes share the thread. */
#define YK_IO_CHUNK ((uint64_t)1 << 20)

/* op.offset: at the file's own position, for standard input and output. */
#define YK_IO_HERE UINT64_MAX

enum yk_io_op_kind {
    YK_IO_OP_NONE, /* the request has ended, its result is filled in */
    YK_IO_OP_OPEN,
    YK_IO_OP_READ,
    YK_IO_OP_WRITE,
    YK_IO_OP_ALLOCATE, /* fallocate of `length` bytes from `offset` */
    YK_IO_OP_CLOSE,
    YK_IO_OP_RENAME,
    YK_IO_OP_POLL /* until `flags` (poll events) happen on fd, or the job is cancelled */
};

/* One system call. The result is that of the call, or a negative errno. */
struct yk_io_op {
    enum yk_io_op_kind kind;
    int fd;
    unsigned flags; /* OPEN: open flags; RENAME: renameat2 flags; POLL: events */
    mode_t mode;    /* OPEN */
    const char *path;
    const char *to;  /* RENAME */
    void *in;        /* READ */
    const void *out; /* WRITE */
    uint64_t offset;
    uint64_t length;
};

/* One accepted call of yk_io_read or yk_io_write. Queue fields are under the queue's lock, the rest belongs
 * to the I/O thread once the request was taken. */
struct yk_io_request {
    struct yk_io_request *next;
    char *path; /* owned; as the caller wrote it */
    bool write;
    bool stream; /* "-": standard input or output */
    enum yk_overwrite overwrite;
    uint64_t max_bytes;         /* read */
    struct yk_io_memory memory; /* the engine's, once the thread took it */
    const uint8_t *source;      /* write; borrowed from the caller until the callback */
    uint64_t size;     /* write: bytes of source; read: size at open, for a stream the buffer's capacity */
    uint64_t position; /* bytes done */
    yk_io_done *done;
    void *context;
    int fd;
    uint64_t started;        /* yk_clock_ns when the thread took it */
    struct yk_commit commit; /* write to a file */
    struct yk_io_op op;      /* what the request waits for */
    struct yk_io_result result;
};

struct yk_io;

/* An engine. open: makes its state in io->engine, or fails with nothing left behind. run: the body of the
 * I/O thread, returns when yk_io_take says that all is over. close: frees the state, after the thread's end.
 */
struct yk_io_engine_ops {
    const char *name;
    enum yk_status (*open)(struct yk_io *io, struct yk_error *error);
    void (*run)(struct yk_io *io);
    void (*close)(struct yk_io *io);
};

struct yk_io {
    const struct yk_io_engine_ops *ops;
    void *engine;
    struct yk_io_memory memory; /* for what files are read into */
    unsigned depth;
    int wake; /* eventfd, readable after a new request, a cancel or a close */
    atomic_bool cancelled;
    pthread_t thread;
    pthread_mutex_t lock; /* for the queue: first, last, closing; no other lock is taken under it */
    struct yk_io_request *first, **last;
    bool closing;
    struct yk_io_request
        *stream[2];    /* I/O thread only: who reads standard input, who writes standard output */
    uint64_t sequence; /* I/O thread only: number in the last temporary name */
};

/* From the allocator: what an engine has unless it is told otherwise. */
extern const struct yk_io_memory yk_io_plain_memory;

extern const struct yk_io_engine_ops yk_io_engine_posix;
#ifdef YK_HAVE_URING
extern const struct yk_io_engine_ops yk_io_engine_uring;
#endif

/* engine.c. Takes the next request that may start, NULL where there is none now; *over tells that none will
 * come any more. A second request for standard input (or output) waits for the first, and so do those behind.
 */
struct yk_io_request *yk_io_take(struct yk_io *io, bool *over);

/* engine.c. Runs the callback of a request that has ended (op NONE), frees the request. */
void yk_io_finish(struct yk_io *io, struct yk_io_request *request);

/* engine.c. Makes the wake-up descriptor quiet again; whoever does so looks at queue and `cancelled` next. */
void yk_io_drain(struct yk_io *io);

/* request.c. Starts a taken request: sets its first operation, or ends it. */
void yk_io_begin(struct yk_io *io, struct yk_io_request *request);

/* request.c. Hands over the result of request->op; sets the next operation, or ends the request. */
void yk_io_advance(struct yk_io *io, struct yk_io_request *request, int result);

/* engine_posix.c. Carries out one operation by plain calls and returns its result. */
int yk_io_op_run(struct yk_io *io, const struct yk_io_op *op);

#endif
