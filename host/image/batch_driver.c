/* SPDX-License-Identifier: MIT
 * One thread per OpenCL device: opens and tests it, keeps two bands in flight so that transfers overlap with
 * computing, and gives up once it is retired (contract in batch_engine.h). */
#include "batch_engine.h"

#include "clock.h"
#include "pool.h"

enum {
    SLOTS = YK_DRIVER_SLOTS,
    PREPARE_NS = 100000 /* what takes less is no compiling, and not shown in a trace */
};

struct pending {
    struct work *work; /* NULL: the slot is free */
    struct yk_band band;
    uint64_t started, prepared;
};

/* A band is back from submit or wait with `status`: settles and commits it; on an error the device is retired
 * and the rows go back. The lock is not held; it is on return. */
static void conclude(struct engine *engine, unsigned number, struct pending *pending, unsigned slot,
                     uint64_t patience, enum yk_status status, struct yk_error *error)
{
    struct engine_device *self = &engine->devices[number];
    struct band_result result;
    struct work *work = pending->work;
    struct yk_batch_item *item = work->item;
    const struct yk_band band = pending->band;
    status = yk_engine_settle(engine, number, slot, work, &band, patience, status, &result, error);
    self->hung = self->hung || status == YK_ERR_TIMEOUT;
    uint64_t now = yk_clock_ns();
    pthread_mutex_lock(&engine->lock);
    pending->work = NULL;
    /* Two bands overlap in time: the device was busy with this one since it was submitted or the one before
     * ended. */
    uint64_t since = pending->started > self->last_end ? pending->started : self->last_end;
    self->last_end = now;
    if (result.wrong)
        yk_engine_distrust(engine, number);
    yk_engine_finish_band(work, number, &band, now - since, status, &result, error);
    if (!status)
        yk_engine_blame(engine, number, item, &band, &result);
}

/* Submits a claimed band. With the lock held, released meanwhile. false: it failed, and the slot is free. */
static bool start(struct engine *engine, unsigned number, struct pending *pending, unsigned slot)
{
    struct yk_device *device = engine->devices[number].device;
    const struct yk_backend *backend = yk_device_backend(device);
    const struct yk_band *band = &pending->band;
    uint64_t patience = yk_engine_patience(engine, number, pending->work, band);
    struct yk_error error = {YK_OK, ""};
    pthread_mutex_unlock(&engine->lock);
    pending->started = yk_clock_ns();
    enum yk_status status = backend->prepare(device, band->program, band->reduce, &error);
    pending->prepared = yk_clock_ns();
    if (status) {
        struct work *work = pending->work;
        pthread_mutex_lock(&engine->lock);
        pending->work = NULL;
        yk_engine_finish_band(work, number, band, 0, status, NULL, &error);
        return false;
    }
    status = backend->submit(device, slot, band, &error);
    if (status) {
        conclude(engine, number, pending, slot, patience, status, &error);
        return false;
    }
    pthread_mutex_lock(&engine->lock);
    return true;
}

/* Waits for a slot and commits its band. With the lock held, released meanwhile. */
static void finish(struct engine *engine, unsigned number, struct pending *pending, unsigned slot)
{
    struct engine_device *self = &engine->devices[number];
    struct yk_band_timing timing = {0};
    struct yk_error error = {YK_OK, ""};
    uint64_t patience = yk_engine_patience(engine, number, pending->work, &pending->band);
    pthread_mutex_unlock(&engine->lock);
    enum yk_status status;
    if (self->hung) /* it must not be touched again */
        status = yk_error_set(&error, YK_ERR_TIMEOUT, "the device hangs");
    else
        status = yk_device_backend(self->device)
                     ->wait(self->device, slot, yk_clock_ns() + patience, &timing, &error);
    uint64_t now = yk_clock_ns();
    const struct yk_batch_item *item = pending->work->item;
    if (pending->prepared - pending->started >= PREPARE_NS)
        yk_engine_trace_stage(engine, number, slot, "prepare", item, pending->started, pending->prepared);
    yk_engine_trace_band(engine, number, slot, item, &pending->band, &timing, pending->prepared, now,
                         status != YK_OK);
    self->statistics.bytes_up += timing.bytes_up; /* they are read when the driver has ended */
    self->statistics.bytes_down += timing.bytes_down;
    self->statistics.uploading += timing.upload.time;
    self->statistics.downloading += timing.download.time;
    conclude(engine, number, pending, slot, patience, status, &error);
}

static void drive(struct engine *engine, unsigned number)
{
    struct pending pending[SLOTS] = {{0}};
    unsigned oldest = 0;
    while (!yk_engine_finished(engine) && !engine->device_states[number].retired) {
        unsigned slot = pending[oldest].work ? (oldest + 1) % SLOTS : oldest;
        struct pending *next = &pending[slot];
        if (!next->work && (next->work = yk_engine_claim(engine, number, &next->band))) {
            if (!start(engine, number, next, slot))
                continue;
            if (!pending[(slot + 1) % SLOTS].work)
                continue; /* a second one may go along */
        }
        if (pending[oldest].work) {
            finish(engine, number, &pending[oldest], oldest);
            oldest = (oldest + 1) % SLOTS;
        } else
            pthread_cond_wait(&engine->wake, &engine->lock);
    }
    for (unsigned k = 0; k < SLOTS; k++, oldest = (oldest + 1) % SLOTS)
        if (pending[oldest].work)
            finish(engine, number, &pending[oldest], oldest);
}

static void *driver_main(void *argument)
{
    struct engine_device *self = argument;
    struct engine *engine = self->engine;
    struct yk_error error = {YK_OK, ""};
    struct yk_device *device = self->device; /* already open where it was calibrated */
    enum yk_status status = YK_OK;
    if (!device)
        status = yk_engine_open_device(engine, self->number, SLOTS, &device, &error);
    pthread_mutex_lock(&engine->lock);
    self->device = device;
    if (status)
        yk_engine_retire(engine, self->number, NULL, 0, 0, &error);
    else
        drive(engine, self->number);
    pthread_mutex_unlock(&engine->lock);
    yk_engine_close_device(engine, self->number, device);
    return NULL;
}

bool yk_engine_start_driver(struct engine *engine, unsigned device)
{
    struct engine_device *self = &engine->devices[device];
    self->engine = engine;
    self->number = device;
    self->has_driver = yk_pool_start_driver(&self->driver, driver_main, self);
    if (!self->has_driver) {
        yk_engine_close_device(engine, device, self->device); /* open where it was calibrated */
        self->device = NULL;
    }
    return self->has_driver;
}
