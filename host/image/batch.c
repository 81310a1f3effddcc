/* SPDX-License-Identifier: MIT
 * A batch run from start to end: devices, threads, the worker loop, the summary (contract in yoke/batch.h).
 */
#include "batch_engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "pool.h"

enum {
    TICK_NS = 100000000, /* how often a stop is noticed and progress shown */
    READ_AHEAD = 4,      /* files in flight beyond two per lane */
    BYTES_PER_THREAD = 256 << 10
};

bool yk_engine_finished(const struct engine *engine)
{
    return !engine->first && (engine->next_item >= engine->plan->count || engine->stopping);
}

/* The next thing to do for a worker, in the order that empties the pipeline from its end. */
enum task { TASK_NONE, TASK_REPORT, TASK_CANCEL, TASK_PART, TASK_ENCODE, TASK_BAND, TASK_DECODE };

/* What a trace calls the tasks that decode and encode. */
static const char *const codec_names[] = {[TASK_PART] = "encode part",
                                          [TASK_ENCODE] = "encode begin",
                                          [TASK_BAND] = NULL,
                                          [TASK_DECODE] = "decode"};

static enum task next_task(struct engine *engine, struct work **found, struct yk_band *band)
{
    struct work *decode = NULL, *encode = NULL, *part = NULL;
    for (struct work *work = engine->first; work; work = work->next) {
        *found = work;
        if (work->stage == WORK_ENDED && !engine->reporting)
            return TASK_REPORT;
        bool idle = work->stage == WORK_READ || work->stage == WORK_COMPUTED ||
                    (work->stage == WORK_ENCODING && work->parts_done == work->next_part) ||
                    (work->stage == WORK_COMPUTING && work->bands == 0);
        if (idle && (engine->cancelled || (work->stage == WORK_COMPUTING && work->error.status)))
            return TASK_CANCEL;
        if (!part && work->stage == WORK_ENCODING && work->next_part < work->parts)
            part = work;
        if (!encode && work->stage == WORK_COMPUTED)
            encode = work;
        if (!decode && work->stage == WORK_READ && yk_engine_may_decode(engine, work))
            decode = work;
    }
    if ((*found = part))
        return TASK_PART;
    if ((*found = encode))
        return TASK_ENCODE;
    if ((*found = yk_engine_claim(engine, engine->cpu, band)))
        return TASK_BAND;
    if ((*found = decode))
        return TASK_DECODE;
    return TASK_NONE;
}

/* Asks the observer to stop and shows progress, ten times a second. With the lock held, released meanwhile.
 */
static void tick(struct engine *engine, bool last)
{
    const struct yk_batch_observer *observer = engine->observer;
    uint64_t now = yk_clock_ns();
    if (engine->reporting || (!last && now - engine->last_progress < TICK_NS))
        return;
    engine->last_progress = now;
    engine->progress.elapsed = now - engine->started;
    struct yk_batch_progress progress = engine->progress;
    engine->reporting = true;
    pthread_mutex_unlock(&engine->lock);
    bool stop = !last && observer->stop && observer->stop(observer->context);
    if (observer->progress)
        observer->progress(observer->context, &progress);
    pthread_mutex_lock(&engine->lock);
    engine->reporting = false;
    if (stop)
        yk_engine_stop(engine);
    pthread_cond_broadcast(&engine->wake);
}

bool yk_engine_stop_band(void *context)
{
    struct engine *engine = context;
    pthread_mutex_lock(&engine->lock);
    tick(engine, false);
    bool stop = engine->cancelled;
    pthread_mutex_unlock(&engine->lock);
    return stop;
}

static void run_band(struct engine *engine, struct work *work, unsigned thread, struct yk_band *band)
{
    struct yk_device *device = engine->devices[engine->cpu].device;
    struct yk_band_timing timing = {0};
    struct yk_error error = {YK_OK, ""};
    band->stop = yk_engine_stop_band;
    band->stop_context = engine;
    pthread_mutex_unlock(&engine->lock);
    uint64_t start = engine->trace ? yk_clock_ns() : 0;
    enum yk_status status = yk_device_backend(device)->submit(device, thread, band, &error);
    if (!status)
        status = yk_device_backend(device)->wait(device, thread, UINT64_MAX, &timing, &error);
    if (engine->trace)
        yk_engine_trace_band(engine, engine->cpu, thread, work->item, band, &timing, start, yk_clock_ns(),
                             status != YK_OK);
    pthread_mutex_lock(&engine->lock);
    yk_engine_finish_band(work, engine->cpu, band, timing.total, status, NULL, &error);
}

static void wait_for_change(struct engine *engine)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += TICK_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&engine->wake, &engine->lock, &until);
}

static void worker(void *context, unsigned thread)
{
    struct engine *engine = context;
    pthread_mutex_lock(&engine->lock);
    while (!yk_engine_finished(engine)) {
        struct work *work = NULL;
        struct yk_band band;
        tick(engine, false);
        yk_engine_admit(engine);
        enum task task = next_task(engine, &work, &band);
        const struct yk_batch_item *item = work ? work->item : NULL; /* the work may be gone afterwards */
        uint64_t start = codec_names[task] ? yk_clock_ns() : 0;
        if (codec_names[task])
            yk_usage_add(&engine->usage, YK_USAGE_CODEC, 1, start);
        switch (task) {
        case TASK_REPORT:
            yk_engine_report(engine, work);
            break;
        case TASK_CANCEL:
            work->cancelled = !work->error.status;
            yk_engine_end(work);
            break;
        case TASK_PART:
            yk_engine_encode_part(engine, work);
            break;
        case TASK_ENCODE:
            yk_engine_encode(engine, work);
            break;
        case TASK_BAND:
            run_band(engine, work, thread, &band);
            break;
        case TASK_DECODE:
            yk_engine_decode(engine, work, thread);
            break;
        case TASK_NONE:
            if (!yk_engine_finished(engine))
                wait_for_change(engine);
            break;
        }
        if (codec_names[task]) {
            uint64_t end = yk_clock_ns();
            yk_usage_add(&engine->usage, YK_USAGE_CODEC, -1, end);
            yk_engine_trace_stage(engine, engine->cpu, thread, codec_names[task], item, start, end);
        }
    }
    pthread_cond_broadcast(&engine->wake);
    pthread_mutex_unlock(&engine->lock);
}

/* ---- set-up ---- */

/* Threads that can find something to do: one for each file, and one more for each BYTES_PER_THREAD of input,
 * which is where dividing one image begins to pay. Starting a thread costs more than a small file. */
static unsigned useful_threads(const struct yk_batch_plan *plan, unsigned threads)
{
    uint64_t most = 0;
    for (size_t k = 0; k < plan->count && most < threads; k++)
        if (plan->items[k].state == YK_ITEM_PLANNED)
            most += 1 + plan->items[k].input_bytes / BYTES_PER_THREAD;
    return most < threads ? (unsigned)(most ? most : 1) : threads;
}

enum yk_status yk_engine_make(struct engine **made, struct yk_batch_plan *plan,
                              const struct yk_pipeline *pipeline, const struct yk_batch_options *options,
                              const struct yk_batch_observer *observer, struct yk_error *error)
{
    static const struct yk_batch_observer silent = {0};
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    engine->plan = plan;
    engine->pipeline = pipeline;
    engine->options = options;
    engine->limits = yk_limits_resolve(&options->limits);
    engine->observer = observer ? observer : &silent;
    engine->threads = options->threads ? options->threads : useful_threads(plan, yk_pool_processors());
    enum yk_status status = yk_policy_parse(options->sched ? options->sched : "auto", &engine->policy,
                                            &engine->policy_arguments, error);
    if (status)
        free(engine);
    else
        *made = engine;
    return status;
}

static uint64_t default_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page / 4 : UINT64_C(1) << 30;
}

static void *take_input(void *shelf, uint64_t size)
{
    return yk_shelf_take(shelf, size);
}

static void give_input(void *shelf, void *memory)
{
    yk_shelf_give(shelf, memory);
}

static enum yk_status start_engine(struct engine *engine, struct yk_error *error)
{
    const struct yk_batch_options *options = engine->options;
    pthread_condattr_t attributes;
    enum yk_status status = yk_engine_choose_devices(engine, error);
    if (!status)
        /* A slot for each worker, and one for each driver, which may have to do a band of its device itself.
         */
        status = yk_engine_open_device(engine, engine->cpu, engine->threads + engine->device_count,
                                       &engine->devices[engine->cpu].device, error);
    if (!status)
        status = yk_io_open(&engine->io, options->io, 0, error);
    if (status)
        return status;
    yk_engine_trace_devices(engine);
    pthread_mutex_init(&engine->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&engine->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    engine->memory_budget = options->memory ? options->memory : default_memory();
    engine->shelf = yk_shelf_create(engine->memory_budget / 4); /* without one (NULL) all goes on, slower */
    engine->inputs = yk_shelf_create(engine->memory_budget / 16);
    yk_io_use_memory(engine->io, &(struct yk_io_memory){take_input, give_input, engine->inputs});
    engine->most_in_flight = 2 * (engine->threads + engine->device_count) + READ_AHEAD;
    engine->started = yk_clock_ns();
    return YK_OK;
}

/* ---- the run ---- */

enum yk_status yk_batch_run(struct yk_batch_plan *plan, const struct yk_pipeline *pipeline,
                            const struct yk_batch_options *options, const struct yk_batch_observer *observer,
                            struct yk_batch_summary *summary, struct yk_error *error)
{
    struct engine *engine;
    *summary = (struct yk_batch_summary){.io_engine = "", .cpu_level = ""};
    enum yk_status status = yk_engine_make(&engine, plan, pipeline, options, observer, error);
    if (status)
        return status;
    engine->summary = summary;
    summary->threads = engine->threads;
    engine->progress.total = plan->count;
    for (size_t k = 0; k < plan->count; k++) {
        engine->progress.total_input_bytes +=
            plan->items[k].state == YK_ITEM_PLANNED ? plan->items[k].input_bytes : 0;
        engine->progress.skipped += plan->items[k].state == YK_ITEM_SKIPPED;
        engine->progress.failed += plan->items[k].state == YK_ITEM_FAILED;
    }
    engine->stopping = options->fail_fast && engine->progress.failed > 0;
    yk_engine_trace_begin(engine);
    status = start_engine(engine, error);
    if (status) {
        yk_engine_close_device(engine, engine->cpu, engine->devices[engine->cpu].device);
        free(engine);
        return status;
    }
    yk_engine_load_profile(engine);
    yk_engine_calibrate(engine);
    for (unsigned k = 0; k < engine->device_count; k++) {
        struct yk_error reason;
        bool spare = k == engine->cpu || engine->device_states[k].retired;
        if (spare || yk_engine_start_driver(engine, k))
            continue;
        yk_error_set(&reason, YK_ERR_DEVICE, "no thread for it");
        pthread_mutex_lock(&engine->lock);
        yk_engine_retire(engine, k, NULL, 0, 0, &reason);
        pthread_mutex_unlock(&engine->lock);
    }
    yk_pool_run(engine->threads, worker, engine);
    for (unsigned k = 0; k < engine->device_count; k++)
        if (engine->devices[k].has_driver)
            pthread_join(engine->devices[k].driver, NULL);
    pthread_mutex_lock(&engine->lock);
    tick(engine, true);
    yk_engine_save_profile(engine);
    pthread_mutex_unlock(&engine->lock);
    yk_engine_summarise(engine);
    yk_io_close(engine->io);
    yk_shelf_free(engine->inputs);
    yk_shelf_free(engine->shelf);
    yk_rates_free(&engine->rates);
    yk_engine_close_device(engine, engine->cpu, engine->devices[engine->cpu].device);
    pthread_cond_destroy(&engine->wake);
    pthread_mutex_destroy(&engine->lock);
    if (engine->fatal.status) {
        status = engine->fatal.status;
        if (error)
            *error = engine->fatal;
    } else if (engine->cancelled)
        status = yk_error_set(error, YK_ERR_CANCELLED, "stopped with %zu of %zu files done", summary->done,
                              plan->count);
    free(engine);
    return status;
}
