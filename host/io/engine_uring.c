/* SPDX-License-Identifier: MIT
 * The engine on Linux io_uring: up to `depth` requests in flight, one ring, used by the I/O thread alone. */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Who a completion is for, where it is not for a request (those carry their address, which is larger). */
enum { TAG_WAKE = 1, TAG_CANCEL = 2 };

struct uring {
    struct io_uring ring;
    unsigned in_flight; /* requests taken and not finished; each waits for exactly one operation */
    bool armed;         /* a poll of the wake-up descriptor is in the ring */
    bool cancel_sent;
};

static bool has_operations(struct io_uring *ring)
{
    static const int needed[] = {IORING_OP_OPENAT,   IORING_OP_READ,        IORING_OP_WRITE,
                                 IORING_OP_CLOSE,    IORING_OP_FALLOCATE,   IORING_OP_RENAMEAT,
                                 IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL};
    struct io_uring_probe *probe = io_uring_get_probe_ring(ring);
    bool all = probe != NULL;
    for (size_t i = 0; all && i < sizeof needed / sizeof needed[0]; i++)
        all = io_uring_opcode_supported(probe, needed[i]) != 0;
    if (probe)
        io_uring_free_probe(probe);
    /* No completion may get lost, and standard input is read at its own position. */
    return all && (ring->features & IORING_FEAT_NODROP) && (ring->features & IORING_FEAT_RW_CUR_POS);
}

static enum yk_status uring_open(struct yk_io *io, struct yk_error *error)
{
    struct uring *u = calloc(1, sizeof *u);
    if (!u)
        return yk_error_set(error, YK_ERR_NOMEM, "no memory for io_uring");
    /* Room for all that can wait to be submitted: one operation per request, the wake-up, two cancellations.
     */
    int result = io_uring_queue_init(io->depth + 3, &u->ring, 0);
    if (result < 0) {
        free(u);
        return yk_error_set(error, YK_ERR_MISSING, "io_uring is not to be had here: %s", strerror(-result));
    }
    if (!has_operations(&u->ring)) {
        io_uring_queue_exit(&u->ring);
        free(u);
        return yk_error_set(error, YK_ERR_MISSING,
                            "this kernel's io_uring lacks operations that are needed (5.11)");
    }
    io->engine = u;
    return YK_OK;
}

static void prepare(struct io_uring_sqe *sqe, const struct yk_io_op *op)
{
    unsigned length = (unsigned)op->length; /* at most YK_IO_CHUNK for data */
    switch (op->kind) {
    case YK_IO_OP_NONE:
        io_uring_prep_nop(sqe);
        break;
    case YK_IO_OP_OPEN:
        io_uring_prep_openat(sqe, AT_FDCWD, op->path, (int)op->flags, op->mode);
        break;
    case YK_IO_OP_READ:
        io_uring_prep_read(sqe, op->fd, op->in, length, op->offset);
        break;
    case YK_IO_OP_WRITE:
        io_uring_prep_write(sqe, op->fd, op->out, length, op->offset);
        break;
    case YK_IO_OP_ALLOCATE:
        io_uring_prep_fallocate(sqe, op->fd, 0, (off_t)op->offset, (off_t)op->length);
        break;
    case YK_IO_OP_CLOSE:
        io_uring_prep_close(sqe, op->fd);
        break;
    case YK_IO_OP_RENAME:
        io_uring_prep_renameat(sqe, AT_FDCWD, op->path, AT_FDCWD, op->to, op->flags);
        break;
    case YK_IO_OP_POLL:
        io_uring_prep_poll_add(sqe, op->fd, op->flags);
        break;
    }
}

/* Puts the request's operation into the ring, or finishes the request. */
static void proceed(struct yk_io *io, struct yk_io_request *request)
{
    struct uring *u = io->engine;
    while (request->op.kind != YK_IO_OP_NONE) {
        struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);
        if (sqe) {
            prepare(sqe, &request->op);
            io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)request);
            return;
        }
        /* The ring has room for all (see uring_open); were it not so, this would still be right. */
        yk_io_advance(io, request, yk_io_op_run(io, &request->op));
    }
    u->in_flight--;
    yk_io_finish(io, request);
}

/* Keeps one poll of the wake-up descriptor in the ring, and after a cancel frees the operations that may wait
 * for ever: those on standard input and output. */
static void watch(struct yk_io *io)
{
    struct uring *u = io->engine;
    struct io_uring_sqe *sqe = u->armed ? NULL : io_uring_get_sqe(&u->ring);
    if (sqe) {
        io_uring_prep_poll_add(sqe, io->wake, POLLIN);
        io_uring_sqe_set_data64(sqe, TAG_WAKE);
        u->armed = true;
    }
    if (u->cancel_sent || !atomic_load(&io->cancelled))
        return;
    u->cancel_sent = true; /* no operation is started after `cancelled` was seen, so once is enough */
    for (size_t i = 0; i < 2; i++) {
        sqe = io->stream[i] ? io_uring_get_sqe(&u->ring) : NULL;
        if (sqe) {
            io_uring_prep_cancel64(sqe, (uint64_t)(uintptr_t)io->stream[i], 0);
            io_uring_sqe_set_data64(sqe, TAG_CANCEL);
        }
    }
}

/* Hands every completion that is there to its request. */
static void reap(struct yk_io *io)
{
    struct uring *u = io->engine;
    struct io_uring_cqe *cqe;
    while (io_uring_peek_cqe(&u->ring, &cqe) == 0) {
        uint64_t tag = io_uring_cqe_get_data64(cqe);
        int result = cqe->res;
        io_uring_cqe_seen(&u->ring, cqe);
        if (tag == TAG_WAKE) {
            u->armed = false;
            yk_io_drain(io);
        } else if (tag != TAG_CANCEL) {
            struct yk_io_request *request = (struct yk_io_request *)(uintptr_t)tag;
            yk_io_advance(io, request, result);
            proceed(io, request);
        }
    }
}

static void uring_run(struct yk_io *io)
{
    struct uring *u = io->engine;
    for (;;) {
        bool over = false;
        while (u->in_flight < io->depth) {
            struct yk_io_request *request = yk_io_take(io, &over);
            if (!request)
                break;
            u->in_flight++;
            yk_io_begin(io, request);
            proceed(io, request);
        }
        if (over && u->in_flight == 0)
            return;
        watch(io);
        int result = io_uring_submit_and_wait(&u->ring, 1);
        /* What could not be submitted stays in the ring for the next round. EBUSY wants completions to be
         * taken, which follows; EAGAIN and ENOMEM want a moment. */
        if (result < 0 && result != -EINTR && result != -EBUSY)
            (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        reap(io);
    }
}

static void uring_close(struct yk_io *io)
{
    struct uring *u = io->engine;
    io_uring_queue_exit(&u->ring);
    free(u);
    io->engine = NULL;
}

const struct yk_io_engine_ops yk_io_engine_uring = {
    .name = "uring", .open = uring_open, .run = uring_run, .close = uring_close};
