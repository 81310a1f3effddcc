/* SPDX-License-Identifier: MIT
 * Admission of the files of a batch, reading them, and their end (contract in batch_engine.h). */
#include "batch_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "image_memory.h"
#include "mem.h"

void yk_engine_charge(struct work *work, uint64_t bytes)
{
    struct engine *engine = work->engine;
    engine->memory_used += bytes - work->charge;
    work->charge = bytes;
    /* What lies on the shelves has room only beside what is used. */
    uint64_t budget = engine->memory_budget, used = engine->memory_used,
             rest = used < budget ? budget - used : 0;
    uint64_t idle = yk_shelf_limit(engine->inputs, rest < budget / 16 ? rest : budget / 16);
    rest = rest > idle ? rest - idle : 0;
    uint64_t taken = used + idle + yk_shelf_limit(engine->shelf, rest < budget / 4 ? rest : budget / 4);
    if (taken > engine->memory_peak)
        engine->memory_peak = taken;
}

static uint64_t image_bytes(const struct yk_image *image)
{
    return image && image->pixels ? (uint64_t)image->stride * image->height : 0;
}

/* The moment a read is over: learn the size of the picture, on the I/O thread, before anything is decoded. */
static void read_done(void *context, struct yk_io_result *result)
{
    struct work *work = context;
    struct engine *engine = work->engine;
    struct yk_image_info info;
    struct yk_error error = result->error;
    const struct yk_codec *codec = NULL;
    if (!error.status) {
        codec = yk_codec_probe(result->data, result->size);
        if (!codec)
            yk_error_set(&error, YK_ERR_FORMAT, "not an image in a known format (%s)", yk_codec_at(0)->name);
        else
            codec->info(result->data, result->size, &engine->limits, &info, &error);
    }
    pthread_mutex_lock(&engine->lock);
    uint64_t now = yk_clock_ns();
    yk_usage_add(&engine->usage, YK_USAGE_READ, -1, now);
    yk_engine_trace_io(engine, work->item, false, result, now);
    work->item->times.read = result->nanoseconds;
    work->item->input_bytes = result->size ? result->size : work->item->input_bytes;
    engine->progress.input_bytes += work->again ? 0 : result->size;
    work->error = error;
    work->cancelled = error.status == YK_ERR_CANCELLED;
    work->data = result->data;
    work->size = result->size;
    work->codec = codec;
    work->stage = WORK_READ;
    if (!error.status) {
        work->animated = info.animated;
        work->parallel = info.parallel;
        work->item->in_width = info.width;
        work->item->in_height = info.height;
        /* The picture and its result; a result of another size is corrected when the job is planned. */
        work->decode_charge = 2 * (uint64_t)info.width * info.height * yk_format_bytes(info.format);
    } else
        yk_engine_end(work);
    pthread_cond_broadcast(&engine->wake);
    pthread_mutex_unlock(&engine->lock);
}

static void start_reading(struct work *work)
{
    struct engine *engine = work->engine;
    if (yk_io_read(engine->io, work->item->input, engine->limits.max_file_bytes, read_done, work,
                   &work->error))
        yk_engine_end(work);
    else
        yk_usage_add(&engine->usage, YK_USAGE_READ, 1, yk_clock_ns());
}

void yk_engine_stop(struct engine *engine)
{
    if (!engine->cancelled) {
        yk_io_cancel(engine->io);
        if (engine->trace)
            yk_trace_instant(engine->trace, yk_clock_ns(), engine->track_reads, "stopped", NULL);
    }
    engine->cancelled = engine->stopping = true;
    pthread_cond_broadcast(&engine->wake);
}

/* Whether one more file may be read. Files that wait to be decoded take a quarter of the budget at most, so
 * that what the next of them decodes to still fits beside them; one may always wait. */
static bool has_room(const struct engine *engine, const struct yk_batch_item *item)
{
    uint64_t waiting = 0;
    if (engine->in_flight == 0)
        return true;
    if (engine->in_flight >= engine->most_in_flight ||
        engine->memory_used + item->input_bytes > engine->memory_budget)
        return false;
    for (const struct work *work = engine->first; work; work = work->next)
        waiting += work->stage == WORK_READING || work->stage == WORK_READ ? work->charge : 0;
    return waiting == 0 || waiting + item->input_bytes <= engine->memory_budget / 4;
}

/* Asks the observer before a file is begun, the lock released meanwhile. false: the run is stopping, or
 * another callback is running, whose end wakes the workers to come here again. */
static bool may_go_on(struct engine *engine)
{
    if (!engine->observer->stop)
        return true;
    if (engine->reporting)
        return false;
    engine->reporting = true;
    pthread_mutex_unlock(&engine->lock);
    bool stop = engine->observer->stop(engine->observer->context);
    pthread_mutex_lock(&engine->lock);
    engine->reporting = false;
    if (stop)
        yk_engine_stop(engine);
    pthread_cond_broadcast(&engine->wake);
    return !engine->stopping;
}

void yk_engine_admit(struct engine *engine)
{
    while (engine->next_item < engine->plan->count && !engine->stopping) {
        struct yk_batch_item *item = &engine->plan->items[engine->next_item];
        if (item->state != YK_ITEM_PLANNED) {
            engine->next_item++;
            continue;
        }
        if (!has_room(engine, item) || !may_go_on(engine) || !has_room(engine, item))
            return;
        struct work *work = calloc(1, sizeof *work);
        if (!work) {
            if (engine->in_flight == 0)
                yk_error_set(&engine->fatal, YK_ERR_NOMEM, "out of memory");
            engine->stopping = engine->stopping || engine->in_flight == 0;
            return;
        }
        engine->next_item++;
        work->engine = engine;
        work->item = item;
        work->stage = WORK_READING;
        if (engine->last)
            engine->last->next = work;
        else
            engine->first = work;
        engine->last = work;
        engine->in_flight++;
        yk_engine_charge(work, item->input_bytes);
        start_reading(work);
    }
}

bool yk_engine_may_decode(const struct engine *engine, const struct work *work)
{
    /* With the CPU alone: one file with pixels for each worker, and one that is begun while another ends.
     * More would gain nothing and cost memory. Further devices want to choose among more. */
    unsigned decoded = 0;
    for (const struct work *other = engine->first; other; other = other->next)
        decoded += other != work && other->stage != WORK_READING && other->stage != WORK_READ &&
                   other->stage != WORK_WRITING && other->stage != WORK_ENDED;
    if (engine->device_count == 1 && decoded > engine->threads)
        return false;
    if (engine->memory_used + work->decode_charge <= engine->memory_budget)
        return true;
    /* Over the budget by itself, or the budget is full: only when nothing else will free memory. */
    for (const struct work *other = engine->first; other; other = other->next)
        if (other != work && other->stage != WORK_READING && other->stage != WORK_READ &&
            other->stage != WORK_ENDED)
            return false;
    return true;
}

void yk_engine_recharge(struct work *work)
{
    yk_engine_charge(work, image_bytes(work->job.source) + image_bytes(work->job.target));
}

static void give_up_job(struct work *work)
{
    if (work->has_job && work->abandoned)
        yk_job_abandon(&work->job);
    else if (work->has_job)
        yk_job_clear(&work->job);
    work->has_job = false;
    yk_splitter_clear(&work->splitter);
}

void yk_engine_restart(struct work *work)
{
    struct engine *engine = work->engine;
    if (engine->cancelled || strcmp(work->item->input, "-") == 0) {
        work->cancelled = work->cancelled || engine->cancelled;
        yk_engine_end(work);
        return;
    }
    give_up_job(work);
    engine->summary->input_pixels -= (uint64_t)work->item->in_width * work->item->in_height;
    yk_engine_charge(work, work->item->input_bytes);
    work->error.status = YK_OK;
    work->abandoned = work->redo = false;
    work->item->unverified = 0;
    work->again = true;
    work->stage = WORK_READING;
    start_reading(work);
}

void yk_engine_end(struct work *work)
{
    struct engine *engine = work->engine;
    struct yk_batch_item *item = work->item;
    yk_shelf_give(engine->inputs, work->data);
    work->data = NULL;
    give_up_job(work);
    yk_encoder_abort(work->encoder);
    work->encoder = NULL;
    yk_image_recycle(work->result, engine->shelf);
    work->result = NULL;
    yk_bytes_free(&work->encoded);
    yk_engine_charge(work, 0);
    item->state = work->cancelled                       ? YK_ITEM_CANCELLED
                  : !work->error.status                 ? YK_ITEM_DONE
                  : work->error.status == YK_ERR_EXISTS ? YK_ITEM_SKIPPED
                                                        : YK_ITEM_FAILED;
    if (item->state == YK_ITEM_FAILED || item->state == YK_ITEM_SKIPPED)
        item->reason = yk_mem_strdup(work->error.text);
    engine->progress.done += item->state == YK_ITEM_DONE;
    engine->progress.failed += item->state == YK_ITEM_FAILED;
    engine->progress.skipped += item->state == YK_ITEM_SKIPPED;
    engine->stopping = engine->stopping || (item->state == YK_ITEM_FAILED && engine->options->fail_fast);
    work->stage = WORK_ENDED;
}

void yk_engine_report(struct engine *engine, struct work *work)
{
    struct work **link = &engine->first, *before = NULL;
    while (*link != work) {
        before = *link;
        link = &(*link)->next;
    }
    *link = work->next;
    if (engine->last == work)
        engine->last = before;
    if (engine->observer->item) {
        engine->reporting = true;
        pthread_mutex_unlock(&engine->lock);
        engine->observer->item(engine->observer->context, work->item);
        pthread_mutex_lock(&engine->lock);
        engine->reporting = false;
    }
    engine->in_flight--;
    free(work);
    pthread_cond_broadcast(&engine->wake);
}

void yk_engine_notice(struct engine *engine, const char *text)
{
    if (engine->trace)
        yk_trace_instant(engine->trace, yk_clock_ns(), engine->track_reads, "notice", text);
    if (!engine->observer->notice)
        return;
    while (engine->reporting)
        pthread_cond_wait(&engine->wake, &engine->lock);
    engine->reporting = true;
    pthread_mutex_unlock(&engine->lock);
    engine->observer->notice(engine->observer->context, text);
    pthread_mutex_lock(&engine->lock);
    engine->reporting = false;
    pthread_cond_broadcast(&engine->wake);
}
