/* SPDX-License-Identifier: MIT
 * The public side of the I/O thread: queue, thread, choice of the engine (contract in yoke/io.h). */
#include "engine.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"

enum {
    DEFAULT_DEPTH = 16,
    MAX_DEPTH = 512 /* each request holds a descriptor, of which a process commonly has 1024 */
};

static void wake(struct yk_io *io)
{
    uint64_t one = 1;
    /* Fails only where the counter is full: then the thread is being woken already. */
    ssize_t written = write(io->wake, &one, sizeof one);
    (void)written;
}

void yk_io_drain(struct yk_io *io)
{
    uint64_t count;
    ssize_t got = read(io->wake, &count, sizeof count); /* EAGAIN where it is quiet already */
    (void)got;
}

struct yk_io_request *yk_io_take(struct yk_io *io, bool *over)
{
    pthread_mutex_lock(&io->lock);
    struct yk_io_request *request = io->first;
    *over = !request && io->closing;
    if (request && request->stream && io->stream[request->write])
        request = NULL;
    if (request) {
        io->first = request->next;
        if (!io->first)
            io->last = &io->first;
        if (request->stream)
            io->stream[request->write] = request;
    }
    pthread_mutex_unlock(&io->lock);
    return request;
}

void yk_io_finish(struct yk_io *io, struct yk_io_request *request)
{
    if (request->stream)
        io->stream[request->write] = NULL;
    request->result.nanoseconds = yk_clock_ns() - request->started;
    request->done(request->context, &request->result);
    free(request->path);
    free(request);
}

static void *thread_main(void *argument)
{
    struct yk_io *io = argument;
    io->ops->run(io);
    return NULL;
}

/* Signals are for the program's other threads. Blocked from the first instruction on, SIGPIPE and SIGXFSZ
 * become what they stand for: EPIPE and EFBIG. */
static int start_thread(struct yk_io *io)
{
    sigset_t all, before;
    sigfillset(&all);
    int number = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (number)
        return number;
    number = pthread_create(&io->thread, NULL, thread_main, io);
    int restored = pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!number)
        (void)pthread_setname_np(io->thread, "yoke-io"); /* for a person with a debugger only */
    return number ? number : restored;
}

static enum yk_status engine_from_environment(enum yk_io_engine *engine, struct yk_error *error)
{
    const char *name = getenv("YOKE_IO");
    if (!name || !*name)
        return YK_OK;
    if (strcmp(name, "uring") == 0)
        *engine = YK_IO_URING;
    else if (strcmp(name, "posix") == 0)
        *engine = YK_IO_POSIX;
    else
        return yk_error_set(error, YK_ERR_UNKNOWN, "YOKE_IO is '%s'; it can be uring or posix", name);
    return YK_OK;
}

static enum yk_status open_engine(struct yk_io *io, enum yk_io_engine engine, struct yk_error *error)
{
    if (engine != YK_IO_POSIX) {
#ifdef YK_HAVE_URING
        io->ops = &yk_io_engine_uring;
        enum yk_status status = io->ops->open(io, engine == YK_IO_URING ? error : NULL);
#else
        enum yk_status status = engine == YK_IO_URING
                                    ? yk_error_set(error, YK_ERR_MISSING, "this build has no io_uring")
                                    : YK_ERR_MISSING;
#endif
        if (status == YK_OK || engine == YK_IO_URING)
            return status;
    }
    io->ops = &yk_io_engine_posix;
    return io->ops->open(io, error);
}

static void *take_plain(void *context, uint64_t size)
{
    (void)context;
    return yk_mem_alloc(size);
}

static void give_plain(void *context, void *memory)
{
    (void)context;
    yk_mem_free(memory);
}

const struct yk_io_memory yk_io_plain_memory = {take_plain, give_plain, NULL};

enum yk_status yk_io_open(struct yk_io **out, enum yk_io_engine engine, unsigned depth,
                          struct yk_error *error)
{
    enum yk_status status = YK_OK;
    if (!out || engine < YK_IO_AUTO || engine > YK_IO_POSIX)
        return yk_error_set(error, YK_ERR_INVALID, "yk_io_open: no place for the result, or no such engine");
    if (engine == YK_IO_AUTO)
        status = engine_from_environment(&engine, error);
    if (status != YK_OK)
        return status;
    struct yk_io *io = calloc(1, sizeof *io);
    if (!io)
        return yk_error_set(error, YK_ERR_NOMEM, "no memory for the I/O thread");
    io->depth = depth == 0 ? DEFAULT_DEPTH : depth < MAX_DEPTH ? depth : MAX_DEPTH;
    io->last = &io->first;
    io->memory = yk_io_plain_memory;
    atomic_init(&io->cancelled, false);
    bool locked = false, opened = false;
    int number = 0;
    io->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (io->wake < 0) {
        status = yk_error_set(error, YK_ERR_IO, "cannot start the I/O thread: %s", strerror(errno));
        goto fail;
    }
    number = pthread_mutex_init(&io->lock, NULL);
    locked = number == 0;
    if (number == 0) {
        status = open_engine(io, engine, error);
        opened = status == YK_OK;
        if (!opened)
            goto fail;
        number = start_thread(io);
    }
    if (number) {
        status = yk_error_set(error, YK_ERR_IO, "cannot start the I/O thread: %s", strerror(number));
        goto fail;
    }
    *out = io;
    return YK_OK;

fail:
    if (opened)
        io->ops->close(io);
    if (locked)
        pthread_mutex_destroy(&io->lock);
    if (io->wake >= 0)
        (void)close(io->wake);
    free(io);
    return status;
}

const char *yk_io_engine_name(const struct yk_io *io)
{
    return io->ops->name;
}

static enum yk_status enqueue(struct yk_io *io, const char *path, const struct yk_io_request *values,
                              struct yk_error *error)
{
    struct yk_io_request *request = malloc(sizeof *request);
    char *copy = request ? yk_mem_strdup(path) : NULL;
    if (!copy) {
        free(request);
        return yk_error_set(error, YK_ERR_NOMEM, "no memory to queue '%s'", path);
    }
    *request = *values;
    request->path = copy;
    request->stream = strcmp(path, "-") == 0;
    request->fd = -1;
    pthread_mutex_lock(&io->lock);
    *io->last = request;
    io->last = &request->next;
    pthread_mutex_unlock(&io->lock);
    wake(io);
    return YK_OK;
}

enum yk_status yk_io_read(struct yk_io *io, const char *path, uint64_t max_bytes, yk_io_done *done,
                          void *context, struct yk_error *error)
{
    if (!io || !path || !done)
        return yk_error_set(error, YK_ERR_INVALID, "yk_io_read: I/O thread, path and callback are needed");
    return enqueue(io, path,
                   &(struct yk_io_request){.max_bytes = max_bytes, .done = done, .context = context}, error);
}

enum yk_status yk_io_write(struct yk_io *io, const char *path, const void *data, size_t size,
                           enum yk_overwrite overwrite, yk_io_done *done, void *context,
                           struct yk_error *error)
{
    if (!io || !path || !done || (!data && size != 0) || overwrite > YK_OVERWRITE_NEWER)
        return yk_error_set(
            error, YK_ERR_INVALID,
            "yk_io_write: I/O thread, path, data, callback and a known overwrite policy are needed");
    return enqueue(io, path,
                   &(struct yk_io_request){.write = true,
                                           .overwrite = overwrite,
                                           .source = data,
                                           .size = size,
                                           .done = done,
                                           .context = context},
                   error);
}

void yk_io_cancel(struct yk_io *io)
{
    if (!io)
        return;
    atomic_store(&io->cancelled, true);
    wake(io);
}

void yk_io_close(struct yk_io *io)
{
    if (!io)
        return;
    pthread_mutex_lock(&io->lock);
    io->closing = true;
    pthread_mutex_unlock(&io->lock);
    wake(io);
    pthread_join(io->thread, NULL);
    io->ops->close(io);
    pthread_mutex_destroy(&io->lock);
    (void)close(io->wake);
    free(io);
}

void yk_io_use_memory(struct yk_io *io, const struct yk_io_memory *memory)
{
    io->memory = *memory;
}

void yk_io_release(uint8_t *data)
{
    yk_mem_free(data);
}
