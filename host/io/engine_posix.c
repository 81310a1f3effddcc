/* SPDX-License-Identifier: MIT
 * The engine that is always there: one request at a time by plain calls. Also the plain form of one
 * operation. */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* Waits for the descriptor, but not longer than until the job is cancelled. */
static int wait_for(struct yk_io *io, int fd, unsigned events)
{
    for (;;) {
        struct pollfd set[2] = {{.fd = fd, .events = (short)events}, {.fd = io->wake, .events = POLLIN}};
        if (atomic_load(&io->cancelled))
            return -ECANCELED;
        if (poll(set, 2, -1) < 0)
            return -errno;
        if (set[1].revents)
            yk_io_drain(io);
        if (set[0].revents)
            return set[0].revents;
    }
}

int yk_io_op_run(struct yk_io *io, const struct yk_io_op *op)
{
    size_t length = (size_t)op->length; /* at most YK_IO_CHUNK for data */
    off_t offset = (off_t)op->offset;
    ssize_t result = -1;
    switch (op->kind) {
    case YK_IO_OP_NONE:
        return 0;
    case YK_IO_OP_OPEN:
        result = open(op->path, (int)op->flags, op->mode);
        break;
    case YK_IO_OP_READ:
        result =
            op->offset == YK_IO_HERE ? read(op->fd, op->in, length) : pread(op->fd, op->in, length, offset);
        break;
    case YK_IO_OP_WRITE:
        result = op->offset == YK_IO_HERE ? write(op->fd, op->out, length)
                                          : pwrite(op->fd, op->out, length, offset);
        break;
    case YK_IO_OP_ALLOCATE:
        result = fallocate(op->fd, 0, offset, (off_t)op->length);
        break;
    case YK_IO_OP_CLOSE:
        result = close(op->fd);
        break;
    case YK_IO_OP_RENAME:
        result =
            op->flags ? renameat2(AT_FDCWD, op->path, AT_FDCWD, op->to, op->flags) : rename(op->path, op->to);
        break;
    case YK_IO_OP_POLL:
        return wait_for(io, op->fd, op->flags);
    }
    return result < 0 ? -errno : (int)result;
}

static enum yk_status posix_open(struct yk_io *io, struct yk_error *error)
{
    (void)io;
    (void)error;
    return YK_OK;
}

static void posix_run(struct yk_io *io)
{
    for (;;) {
        bool over;
        struct yk_io_request *request = yk_io_take(io, &over);
        if (over)
            return;
        if (!request) {
            struct pollfd set = {.fd = io->wake, .events = POLLIN};
            if (poll(&set, 1, -1) > 0)
                yk_io_drain(io);
            continue;
        }
        yk_io_begin(io, request);
        while (request->op.kind != YK_IO_OP_NONE)
            yk_io_advance(io, request, yk_io_op_run(io, &request->op));
        yk_io_finish(io, request);
    }
}

static void posix_close(struct yk_io *io)
{
    (void)io;
}

const struct yk_io_engine_ops yk_io_engine_posix = {
    .name = "posix", .open = posix_open, .run = posix_run, .close = posix_close};
