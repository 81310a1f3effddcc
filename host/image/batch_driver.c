/* SPDX-License-Identifier: MIT
 * One thread per OpenCL device: opens it, keeps two bands in flight so that transfers overlap with computing,
 * and gives up after the first error (contract in batch_engine.h). */
#include "batch_engine.h"

#include "clock.h"
#include "pool.h"

enum {
    SLOTS = 2,
    PREPARE_NS = 100000, /* what takes less is no compiling, and not shown in a trace */
    /* A band that takes longer than this is a hung device: far above any real band, below a person's
       patience. */
    DEADLINE_SECONDS = 60
};

struct pending {
    struct work *work; /* NULL: the slot is free */
    struct yk_band band;
    uint64_t started, prepared;
};

/* Submits a claimed band. The lock is not held. */
static enum yk_status submit(struct yk_device *device, unsigned slot, struct pending *pending,
                             const struct yk_op *reduce, struct yk_error *error)
{
    const struct yk_backend *backend = yk_device_backend(device);
    enum yk_status status = backend->prepare(device, pending->band.program, reduce, error);
    pending->prepared = yk_clock_ns();
    return status ? status : backend->submit(device, slot, &pending->band, error);
}

/* Waits for a slot and commits its band; on an error the device is retired and every band it had goes back.
 * With the lock held. */
static void finish(struct engine *engine, unsigned number, struct pending *pending, unsigned slot, bool *hung)
{
    struct yk_device *device = engine->devices[number].device;
    struct yk_band_timing timing = {0};
    struct yk_error error = {YK_OK, ""};
    pthread_mutex_unlock(&engine->lock);
    uint64_t deadline = yk_clock_ns() + DEADLINE_SECONDS * UINT64_C(1000000000);
    enum yk_status status;
    if (*hung) /* it must not be touched again */
        status = yk_error_set(&error, YK_ERR_TIMEOUT, "the device hangs");
    else
        status = yk_device_backend(device)->wait(device, slot, deadline, &timing, &error);
    uint64_t now = yk_clock_ns();
    struct work *work = pending[slot].work;
    if (pending[slot].prepared - pending[slot].started >= PREPARE_NS)
        yk_engine_trace_stage(engine, number, slot, "prepare", work->item, pending[slot].started,
                              pending[slot].prepared);
    yk_engine_trace_band(engine, number, slot, work->item, &pending[slot].band, &timing,
                         pending[slot].prepared, now, status != YK_OK);
    pthread_mutex_lock(&engine->lock);
    pending[slot].work = NULL;
    *hung = *hung || status == YK_ERR_TIMEOUT;
    /* Two bands overlap in time: the device was busy with this one since it was submitted or the one before
     * ended. */
    struct engine_device *self = &engine->devices[number];
    uint64_t since = pending[slot].started > self->last_end ? pending[slot].started : self->last_end;
    self->last_end = now;
    self->statistics.bytes_up += timing.bytes_up;
    self->statistics.bytes_down += timing.bytes_down;
    yk_engine_finish_band(work, number, &pending[slot].band, now - since, status, &error);
}

static void drive(struct engine *engine, unsigned number, bool *hung)
{
    struct yk_device *device = engine->devices[number].device;
    struct pending pending[SLOTS] = {{0}};
    unsigned oldest = 0;
    while (!yk_engine_finished(engine) && !engine->device_states[number].retired) {
        unsigned slot = pending[oldest].work ? (oldest + 1) % SLOTS : oldest;
        struct pending *next = &pending[slot];
        if (!next->work && (next->work = yk_engine_claim(engine, number, &next->band))) {
            struct yk_error error = {YK_OK, ""};
            pthread_mutex_unlock(&engine->lock);
            next->started = yk_clock_ns();
            enum yk_status status = submit(device, slot, next, next->band.reduce, &error);
            pthread_mutex_lock(&engine->lock);
            if (status) {
                struct work *work = next->work;
                next->work = NULL;
                yk_engine_finish_band(work, number, &next->band, 0, status, &error);
                continue;
            }
            if (!pending[(slot + 1) % SLOTS].work)
                continue; /* a second one may go along */
        }
        if (pending[oldest].work) {
            finish(engine, number, pending, oldest, hung);
            oldest = (oldest + 1) % SLOTS;
        } else
            pthread_cond_wait(&engine->wake, &engine->lock);
    }
    for (unsigned k = 0; k < SLOTS; k++, oldest = (oldest + 1) % SLOTS)
        if (pending[oldest].work)
            finish(engine, number, pending, oldest, hung);
}

static void *driver_main(void *argument)
{
    struct engine_device *self = argument;
    struct engine *engine = self->engine;
    struct yk_device_options options = {.slots = SLOTS};
    struct yk_error error = {YK_OK, ""};
    struct yk_device *device = NULL;
    bool hung = false;
    uint64_t start = yk_clock_ns();
    enum yk_status status = yk_device_open(&device, &self->info, &options, &error);
    yk_engine_trace_stage(engine, self->number, 0, "open", NULL, start, yk_clock_ns());
    pthread_mutex_lock(&engine->lock);
    self->device = device;
    if (status)
        yk_engine_retire(engine, self->number, &error);
    else
        drive(engine, self->number, &hung);
    pthread_mutex_unlock(&engine->lock);
    yk_device_close(device, hung);
    return NULL;
}

bool yk_engine_start_driver(struct engine *engine, unsigned device)
{
    struct engine_device *self = &engine->devices[device];
    self->engine = engine;
    self->number = device;
    self->has_driver = yk_pool_start_driver(&self->driver, driver_main, self);
    return self->has_driver;
}
