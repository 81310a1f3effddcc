/* SPDX-License-Identifier: MIT
 * Rows of the files of a batch on devices: phases, claims, commits, and devices that fail (contract in
 * batch_engine.h). */
#include "batch_engine.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "mem.h"

/* Part of their time that decoding and encoding can take from rows, at most: rates must stay above 0. */
static const double MOST_BUSY = 0.95;

/* Files that want a lane now or soon: being computed, read and waiting, or not even begun. */
static unsigned wanting_files(const struct engine *engine)
{
    size_t count = engine->stopping ? 0 : engine->plan->count - engine->next_item;
    for (const struct work *work = engine->first; work; work = work->next)
        count += work->stage == WORK_READING || work->stage == WORK_READ || work->stage == WORK_BUSY ||
                 work->stage == WORK_COMPUTING;
    return count > 1000 ? 1000 : (unsigned)count;
}

void yk_engine_start_phase(struct work *work)
{
    struct engine *engine = work->engine;
    yk_splitter_clear(&work->splitter);
    memset(work->most, 0, sizeof work->most);
    yk_engine_recharge(work);
    if (work->job.phase == YK_PHASE_DONE)
        work->stage = WORK_COMPUTED;
    else {
        work->stage = WORK_COMPUTING;
        struct yk_work_shape shape = yk_work_shape_of(&work->job);
        work->kind = yk_rates_kind(&engine->rates, &shape);
        struct yk_policy_job job = {
            .rows = yk_job_rows(&work->job),
            .granule =
                yk_policy_granule(yk_job_rows(&work->job), engine->device_states, engine->device_count),
            .waiting = wanting_files(engine) - 1,
            .device_count = engine->device_count,
            .devices = engine->device_states,
            .rates = work->kind ? work->kind->rates : NULL,
            .busy = engine->busy,
            .row_work = shape.row_work,
            .halo = shape.halo,
            .now_ns = yk_clock_ns(),
        };
        yk_splitter_begin(&work->splitter, engine->policy, &engine->policy_arguments, &job);
    }
    pthread_cond_broadcast(&engine->wake);
}

/* The CPU's threads have rows only for what is left of their time: decoding and encoding of further files
 * take as much as they took so far; once no file waits, none. */
static void weigh_cpu(struct engine *engine, unsigned wanting, uint64_t now)
{
    double all = (double)(now - engine->started) * engine->threads;
    double part = wanting > 1 && all > 0.0 ? (double)engine->codec_time / all : 0.0;
    engine->busy[engine->cpu] = part < MOST_BUSY ? part : MOST_BUSY;
}

/* The most rows of the present phase that fit the device: asked for once, since a device with memory of its
 * own tries sizes to find out (10 to 35 us on PoCL with cold caches, more than all the rest of a claim). */
static uint64_t most_rows(const struct engine *engine, unsigned device, struct work *work)
{
    struct yk_device *open = engine->devices[device].device;
    uint64_t limit = (uint64_t)engine->devices[device].faults.row_limit, *most = &work->most[device];
    if (*most == 0)
        *most = work->job.phase == YK_PHASE_ROWS
                    ? (uint64_t)yk_device_backend(open)->max_rows(open, work->job.program)
                    : UINT64_MAX;
    return limit && limit < *most ? limit : *most;
}

struct work *yk_engine_claim(struct engine *engine, unsigned device, struct yk_band *band)
{
    uint64_t now = yk_clock_ns();
    unsigned wanting = wanting_files(engine);
    weigh_cpu(engine, wanting, now);
    for (struct work *work = engine->first; work; work = work->next) {
        struct yk_range range;
        int *stat = NULL;
        if (work->stage != WORK_COMPUTING || work->error.status || engine->cancelled)
            continue;
        yk_splitter_time(&work->splitter, now);
        yk_splitter_waiting(&work->splitter, wanting - 1);
        if (!yk_splitter_claim(&work->splitter, device, most_rows(engine, device, work), &range))
            continue;
        work->bands++;
        yk_usage_add(&engine->usage, YK_USAGE_BANDS, 1, now);
        if (work->job.phase == YK_PHASE_STAT)
            stat = yk_mem_zalloc(work->job.stat_count * sizeof *stat);
        *band = yk_job_band(&work->job, (int)range.begin, (int)range.end, stat);
        if (work->job.phase == YK_PHASE_STAT && !stat) {
            struct yk_error error;
            yk_error_set(&error, YK_ERR_NOMEM, "out of memory for a statistic");
            yk_engine_finish_band(work, engine->cpu, band, 0, YK_ERR_NOMEM, NULL, &error);
            return NULL;
        }
        return work;
    }
    return NULL;
}

/* All rows of the phase are done and nobody else has the file: plan the next, without the lock. */
static void advance(struct work *work)
{
    struct engine *engine = work->engine;
    struct yk_error error = {YK_OK, ""};
    work->stage = WORK_BUSY;
    work->planning = true;
    pthread_mutex_unlock(&engine->lock);
    enum yk_status status = yk_job_advance(&work->job, &error);
    pthread_mutex_lock(&engine->lock);
    work->planning = false;
    if (work->redo) { /* meanwhile a device was found to have computed wrong rows of it */
        yk_engine_restart(work);
    } else if (status) {
        work->error = error;
        yk_engine_end(work);
    } else
        yk_engine_start_phase(work);
}

void yk_engine_retire(struct engine *engine, unsigned device, const struct yk_batch_item *item, int y0,
                      int y1, const struct yk_error *error)
{
    if (engine->device_states[device].retired)
        return;
    char text[2 * YK_ERROR_TEXT + 128], rows[YK_ERROR_TEXT] = "";
    bool others = false;
    engine->device_states[device].retired = true;
    engine->devices[device].statistics.retired = true;
    if (engine->trace)
        yk_trace_instant(engine->trace, yk_clock_ns(), engine->devices[device].track, "retired", error->text);
    for (struct work *work = engine->first; work; work = work->next)
        if (work->stage == WORK_COMPUTING && !yk_splitter_retire(&work->splitter, device))
            yk_error_set(&work->error, YK_ERR_NOMEM, "out of memory");
    for (unsigned k = 0; k < engine->device_count; k++)
        others = others || !engine->device_states[k].retired;
    if (!others)
        engine->device_states[engine->cpu].retired = false;
    bool stop = engine->options->strict_devices || engine->options->stop_on_device_error;
    if (stop && !engine->fatal.status) {
        engine->fatal = *error;
        engine->summary->device_failed = true;
        yk_engine_stop(engine);
    }
    pthread_cond_broadcast(&engine->wake);
    if (item)
        snprintf(rows, sizeof rows, "rows %d to %d of %s are done again; ", y0, y1 - 1, item->input);
    snprintf(text, sizeof text, "%s is not used any more (%s); %s%s", engine->devices[device].info.id,
             error->text, stop ? "" : rows,
             stop     ? "the run ends"
             : others ? "the other devices go on"
                      : "the CPU goes on");
    yk_engine_notice(engine, text);
}

void yk_engine_count_band(const struct work *work, unsigned device, const struct yk_band *band,
                          double row_work, uint64_t nanoseconds, enum yk_status status)
{
    struct engine *engine = work->engine;
    struct yk_batch_device *statistics = &engine->devices[device].statistics;
    uint64_t rows = (uint64_t)(band->y1 - band->y0);
    if (status) {
        statistics->returned += device != engine->cpu;
        return;
    }
    statistics->rows += rows;
    statistics->bands++;
    statistics->busy += nanoseconds;
    statistics->work += (uint64_t)((double)rows * row_work);
    statistics->finished = engine->usage.last;
}

void yk_engine_finish_band(struct work *work, unsigned device, const struct yk_band *band,
                           uint64_t nanoseconds, enum yk_status status, const struct band_result *result,
                           const struct yk_error *error)
{
    struct engine *engine = work->engine;
    struct yk_batch_item *item = work->item;
    const unsigned by = result ? result->by : device;
    struct yk_range range = {(uint64_t)band->y0, (uint64_t)band->y1};
    bool memory = true;
    work->bands--;
    uint64_t now = yk_clock_ns();
    yk_splitter_time(&work->splitter, now);
    yk_usage_add(&engine->usage, YK_USAGE_BANDS, -1, now);
    yk_engine_count_band(work, status ? device : by, band, work->splitter.job.row_work, nanoseconds, status);
    engine->devices[device].statistics.returned += !status && by != device;
    if (status && by == engine->cpu) { /* the last resort: the file has failed, or the run was stopped */
        work->error = *error;
        work->cancelled = status == YK_ERR_CANCELLED;
    } else if (status == YK_ERR_TIMEOUT) {
        work->error = *error;
        work->abandoned = true;
    } else if (status)
        memory = yk_splitter_return(&work->splitter, device, range);
    else {
        item->times.compute += nanoseconds;
        item->devices |= 1u << by;
        if (engine->options->verify && by != engine->cpu && !result->checked)
            item->unverified |= 1u << by;
        if (band->stat)
            yk_job_join(&work->job, band->stat);
        /* What the CPU did for it, or beside it, says nothing about the device's speed. */
        memory = yk_splitter_commit(&work->splitter, device, range, by == device ? nanoseconds : 0);
        if (work->kind && by == device && !(result && result->checked))
            yk_rates_learn(work->kind, device, &work->splitter, range.end - range.begin);
    }
    if (status == YK_ERR_TIMEOUT) /* the device may still write to it */
        yk_mem_give_up(band->stat);
    else
        yk_mem_free(band->stat);
    if (!memory)
        yk_error_set(&work->error, YK_ERR_NOMEM, "out of memory");
    if (work->bands == 0 && work->error.status) {
        if (work->error.status == YK_ERR_TIMEOUT || work->redo)
            yk_engine_restart(work);
        else
            yk_engine_end(work);
    } else if (work->bands == 0 && yk_splitter_finished(&work->splitter))
        advance(work);
    pthread_cond_broadcast(&engine->wake);
    /* Last, because it releases the lock: the work may be gone afterwards. */
    if (status && by != engine->cpu)
        yk_engine_retire(engine, device, item, band->y0, band->y1, error);
}
