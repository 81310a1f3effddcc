/* SPDX-License-Identifier: MIT
 * The life of one request: which operation comes next, and what a result means (contract in engine.h). Runs
 * on the I/O thread; the few calls made here directly (stat, mkdir, fchmod, unlink) touch names and inodes
 * only. */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"

enum {
    NAME_ATTEMPTS = 100,     /* temporary names that a killed run may have left before we give up */
    STREAM_FIRST = 64 * 1024 /* first buffer for standard input: what a Linux pipe holds */
};

/* Ends the request: gives back descriptor, temporary file and, where it failed, the data. */
static void end(struct yk_io_request *r, bool success)
{
    if (r->fd >= 0 && !r->stream)
        (void)close(r->fd); /* only read from, or to be removed: there is nothing to lose */
    r->fd = -1;
    yk_commit_free(&r->commit);
    if (!success) {
        r->memory.give(r->memory.context, r->result.data);
        r->result.data = NULL;
    }
    r->result.size = success ? (size_t)r->position : 0;
    r->op.kind = YK_IO_OP_NONE;
}

static void end_cancelled(struct yk_io_request *r)
{
    yk_error_set(&r->result.error, YK_ERR_CANCELLED, "%s '%s' was cancelled",
                 r->write ? "writing" : "reading", r->path);
    end(r, false);
}

static void end_errno(struct yk_io_request *r, int number)
{
    if (number == ECANCELED) {
        end_cancelled(r);
        return;
    }
    const char *reason = strerror(number);
    enum yk_status status = number == ENOMEM ? YK_ERR_NOMEM : YK_ERR_IO;
    if (r->stream)
        yk_error_set(&r->result.error, status, "cannot %s: %s",
                     r->write ? "write to standard output" : "read from standard input", reason);
    else
        yk_error_set(&r->result.error, status, "cannot %s '%s': %s", r->write ? "write" : "read", r->path,
                     reason);
    end(r, false);
}

static void end_no_memory(struct yk_io_request *r, uint64_t bytes)
{
    yk_error_set(&r->result.error, YK_ERR_NOMEM, "cannot read '%s': no memory for %llu bytes", r->path,
                 (unsigned long long)bytes);
    end(r, false);
}

static void end_irregular(struct yk_io_request *r, mode_t mode)
{
    yk_error_set(&r->result.error, YK_ERR_IO, "'%s' is %s, not a regular file", r->path,
                 yk_commit_kind(mode));
    end(r, false);
}

static uint64_t chunk(uint64_t left, uint64_t most)
{
    return left < most ? left : most;
}

/* ---- reading a file ---- */

static void read_next(struct yk_io_request *r)
{
    if (r->position == r->size) {
        memset(r->result.data + r->size, 0, YK_MEM_SLACK);
        end(r, true);
        return;
    }
    r->op = (struct yk_io_op){.kind = YK_IO_OP_READ,
                              .fd = r->fd,
                              .in = r->result.data + r->position,
                              .offset = r->position,
                              .length = chunk(r->size - r->position, YK_IO_CHUNK)};
}

static void read_opened(struct yk_io_request *r)
{
    struct stat info;
    if (fstat(r->fd, &info) != 0) {
        end_errno(r, errno);
        return;
    }
    if (!S_ISREG(info.st_mode)) {
        end_irregular(r, info.st_mode);
        return;
    }
    uint64_t size = (uint64_t)info.st_size;
    if (size > r->max_bytes) {
        yk_error_set(&r->result.error, YK_ERR_LIMIT, "'%s' has %llu bytes, over the limit of %llu", r->path,
                     (unsigned long long)size, (unsigned long long)r->max_bytes);
        end(r, false);
        return;
    }
    /* Opened without blocking for the sake of FIFOs; read with it, so that nobody answers EAGAIN. */
    if (fcntl(r->fd, F_SETFL, 0) != 0) {
        end_errno(r, errno);
        return;
    }
    r->result.data = r->memory.take(r->memory.context, size);
    if (!r->result.data) {
        end_no_memory(r, size);
        return;
    }
    r->size = size; /* a file that grows from here on is read up to this size */
    read_next(r);
}

static void read_step(struct yk_io_request *r, int result)
{
    struct stat info;
    if (r->op.kind == YK_IO_OP_OPEN && result == -ENXIO && stat(r->path, &info) == 0 &&
        !S_ISREG(info.st_mode)) {
        end_irregular(r, info.st_mode); /* a socket cannot even be opened; say so */
    } else if (result < 0) {
        end_errno(r, -result);
    } else if (r->op.kind == YK_IO_OP_OPEN) {
        r->fd = result;
        read_opened(r);
    } else if (result == 0) { /* the file shrank: what came is what it holds */
        memset(r->result.data + r->position, 0, YK_MEM_SLACK);
        end(r, true);
    } else {
        r->position += (uint64_t)result;
        read_next(r);
    }
}

/* ---- writing a file ---- */

static void write_open(struct yk_io *io, struct yk_io_request *r)
{
    if (yk_commit_name(&r->commit, ++io->sequence, &r->result.error) != YK_OK) {
        end(r, false);
        return;
    }
    /* The mode of a replaced file is given here already, so that the data of a private file never lies open.
     */
    r->op = (struct yk_io_op){.kind = YK_IO_OP_OPEN,
                              .path = r->commit.temporary,
                              .flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                              .mode = r->commit.mode};
}

static void write_next(struct yk_io_request *r)
{
    if (r->position == r->size)
        r->op = (struct yk_io_op){.kind = YK_IO_OP_CLOSE, .fd = r->fd};
    else
        r->op = (struct yk_io_op){.kind = YK_IO_OP_WRITE,
                                  .fd = r->fd,
                                  .out = r->source + r->position,
                                  .offset = r->position,
                                  .length = chunk(r->size - r->position, YK_IO_CHUNK)};
}

static void write_opened(struct yk_io *io, struct yk_io_request *r, int result)
{
    if (result == -EEXIST && ++r->commit.attempts < NAME_ATTEMPTS) {
        write_open(io, r);
        return;
    }
    if (result == -ENOENT && !r->commit.parents_made) {
        if (yk_commit_parents(&r->commit, r->path, &r->result.error) != YK_OK)
            end(r, false);
        return; /* the same operation again */
    }
    if (result < 0) {
        end_errno(r, -result);
        return;
    }
    r->fd = result;
    r->commit.created = true;
    /* Adds what the umask took away. A file system without modes refuses; the file is then no more open. */
    if (r->commit.replaces)
        (void)fchmod(r->fd, r->commit.mode);
    /* One chunk learns of a full disk from its one write as early as it would from here. */
    if (r->size > YK_IO_CHUNK)
        r->op = (struct yk_io_op){.kind = YK_IO_OP_ALLOCATE, .fd = r->fd, .length = r->size};
    else
        write_next(r);
}

static void write_renamed(struct yk_io_request *r, int result)
{
    bool keep = r->overwrite == YK_OVERWRITE_NEVER;
    bool linked = keep && (result == -EINVAL || result == -ENOSYS || result == -EOPNOTSUPP);
    if (linked)
        result = -yk_commit_link(&r->commit);
    if (result == 0) {
        r->commit.created = false;
        end(r, true);
    } else if (keep && result == -EEXIST) {
        yk_error_set(&r->result.error, YK_ERR_EXISTS, "'%s' exists already and is kept", r->path);
        end(r, false);
    } else if (linked) {
        yk_error_set(
            &r->result.error, YK_ERR_IO,
            "cannot write '%s': this file system cannot name a file without the risk of replacing one: %s",
            r->path, strerror(-result));
        end(r, false);
    } else {
        end_errno(r, -result);
    }
}

static void write_step(struct yk_io *io, struct yk_io_request *r, int result)
{
    switch (r->op.kind) {
    case YK_IO_OP_OPEN:
        write_opened(io, r, result);
        break;
    case YK_IO_OP_ALLOCATE: /* a wish: only what says that the bytes will not fit counts */
        if (result == -ENOSPC || result == -EDQUOT || result == -EFBIG || result == -EIO)
            end_errno(r, -result);
        else
            write_next(r);
        break;
    case YK_IO_OP_WRITE:
        if (result <= 0) {
            end_errno(r, result < 0 ? -result : EIO);
        } else {
            r->position += (uint64_t)result;
            write_next(r);
        }
        break;
    case YK_IO_OP_CLOSE:
        r->fd = -1; /* gone, whatever the result says */
        r->op =
            (struct yk_io_op){.kind = YK_IO_OP_RENAME, .path = r->commit.temporary, .to = r->commit.target};
        if (r->overwrite == YK_OVERWRITE_NEVER)
            r->op.flags = RENAME_NOREPLACE;
        if (result < 0)
            end_errno(r, -result);
        break;
    default:
        write_renamed(r, result);
        break;
    }
}

/* ---- standard input and output ---- */

static void stream_poll(struct yk_io_request *r)
{
    r->op = (struct yk_io_op){.kind = YK_IO_OP_POLL, .fd = r->fd, .flags = r->write ? POLLOUT : POLLIN};
}

/* Makes room for more input: doubles the buffer, but never past one byte over the limit. */
static bool stream_grow(struct yk_io_request *r, uint64_t capacity)
{
    uint64_t most;
    if (!yk_size_add(r->max_bytes, 1, &most))
        most = UINT64_MAX;
    capacity = chunk(capacity, most);
    uint8_t *grown = r->memory.take(r->memory.context, capacity);
    if (!grown) {
        end_no_memory(r, capacity);
        return false;
    }
    if (r->position)
        memcpy(grown, r->result.data, (size_t)r->position);
    r->memory.give(r->memory.context, r->result.data);
    r->result.data = grown;
    r->size = capacity;
    return true;
}

static void stream_begin(struct yk_io_request *r)
{
    r->fd = r->write ? STDOUT_FILENO : STDIN_FILENO;
    if (r->write) {
        if (r->size == 0)
            end(r, true);
        else
            stream_poll(r);
        return;
    }
    struct stat info;
    uint64_t first = STREAM_FIRST;
    off_t here = lseek(r->fd, 0, SEEK_CUR);
    if (here >= 0 && fstat(r->fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > here)
        first = (uint64_t)(info.st_size - here) +
                1; /* a file behind "<": its size, and one byte to see its end */
    if (stream_grow(r, first))
        stream_poll(r);
}

/* Bytes that can be written after a poll without blocking: all to a file, one page to a pipe. */
static uint64_t stream_quantum(const struct yk_io_request *r)
{
    struct stat info;
    return fstat(r->fd, &info) == 0 && S_ISREG(info.st_mode) ? YK_IO_CHUNK : PIPE_BUF;
}

static void stream_ready(struct yk_io_request *r)
{
    r->op = (struct yk_io_op){.fd = r->fd, .offset = YK_IO_HERE};
    if (r->write) {
        r->op.kind = YK_IO_OP_WRITE;
        r->op.out = r->source + r->position;
        r->op.length = chunk(r->size - r->position, stream_quantum(r));
    } else {
        r->op.kind = YK_IO_OP_READ;
        r->op.in = r->result.data + r->position;
        r->op.length = chunk(r->size - r->position, YK_IO_CHUNK);
    }
}

static void stream_step(struct yk_io_request *r, int result)
{
    enum yk_io_op_kind kind = r->op.kind;
    if (result == -EAGAIN) {
        stream_poll(r);
    } else if (result < 0) {
        end_errno(r, -result);
    } else if (kind == YK_IO_OP_POLL) {
        stream_ready(r);
    } else if (result == 0 && r->write) {
        end_errno(r, EIO);
    } else if (result == 0) {
        memset(r->result.data + r->position, 0, YK_MEM_SLACK);
        end(r, true);
    } else {
        r->position += (uint64_t)result;
        if (!r->write && r->position > r->max_bytes) {
            yk_error_set(&r->result.error, YK_ERR_LIMIT,
                         "standard input has more bytes than the limit of %llu",
                         (unsigned long long)r->max_bytes);
            end(r, false);
        } else if (r->write && r->position == r->size) {
            end(r, true);
        } else if (r->write || r->position < r->size || stream_grow(r, chunk(r->size, UINT64_MAX / 2) * 2)) {
            stream_poll(r);
        }
    }
}

/* ---- the machine ---- */

void yk_io_begin(struct yk_io *io, struct yk_io_request *r)
{
    r->started = yk_clock_ns();
    r->memory = io->memory;
    if (atomic_load(&io->cancelled))
        end_cancelled(r);
    else if (r->stream)
        stream_begin(r);
    else if (!r->write)
        /* Without blocking: a FIFO that nobody writes to must not hold up the thread. */
        r->op = (struct yk_io_op){
            .kind = YK_IO_OP_OPEN, .path = r->path, .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY};
    else if (yk_commit_begin(&r->commit, r->path, r->overwrite, &r->result.error) != YK_OK)
        end(r, false);
    else
        write_open(io, r);
}

void yk_io_advance(struct yk_io *io, struct yk_io_request *r, int result)
{
    /* The same operation once more. Not for a close: its descriptor is gone also where it was interrupted. */
    bool again = (result == -EINTR || (result == -EAGAIN && !r->stream)) && r->op.kind != YK_IO_OP_CLOSE;
    if (!again) {
        if (r->stream)
            stream_step(r, result);
        else if (r->write)
            write_step(io, r, result);
        else
            read_step(r, result);
    }
    /* Before each further operation, so also before the rename: what has no name yet gets none. */
    if (r->op.kind != YK_IO_OP_NONE && atomic_load(&io->cancelled))
        end_cancelled(r);
}
