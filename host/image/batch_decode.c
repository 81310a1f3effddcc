/* SPDX-License-Identifier: MIT
 * From a file in memory to its job (contract in batch_engine.h): a picture decoded as a whole, whose rows any
 * device may then have, or one that is computed on while it is decoded. */
#include "batch_engine.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "image_memory.h"

enum { BLOCK_BYTES = 1 << 19 }; /* decoded at a time: the decoder then finds its tables in the cache again */

/* A file on its way through yk_engine_decode. */
struct intake {
    struct engine *engine;
    struct work *work;
    unsigned thread;
    void *rows;           /* of the codec, for decoding from the top down */
    int top, bottom;      /* the rows of the block that was decoded last, ... */
    const uint8_t *block; /* ... where they are, ... */
    size_t stride;        /* ... and their distance */
    bool alone;           /* nobody else is short of work: this worker may do the whole file */
    bool together;        /* the rows were computed while they were decoded: all those of `band`, each costing
                             `row_work` */
    struct yk_band band;
    double row_work;
    uint64_t decoded, computed; /* ns */
    struct yk_error error;
};

/* What of this file is not kept, said once in a run: there may be thousands alike. With the lock held. */
static void tell_lost(struct engine *engine, const struct work *work)
{
    char text[512];
    if (work->animated && !engine->told_animation) {
        engine->told_animation = true;
        snprintf(text, sizeof text, "%s is animated: only its first picture is used (said once)",
                 work->item->input);
        yk_engine_notice(engine, text);
    }
    if (work->parallel && !engine->told_parallel) {
        engine->told_parallel = true;
        snprintf(text, sizeof text,
                 "%s has an index of its compressed data (iDOT): it is left out (said once)",
                 work->item->input);
        yk_engine_notice(engine, text);
    }
}

/* Whether this worker may have the file for itself up to its encoding: the CPU is alone, its bands are
 * nobody's business but the automatic policy's, and for every other worker another file waits. With the lock
 * held. */
static bool may_be_alone(const struct engine *engine, const struct work *work)
{
    size_t waiting = engine->stopping ? 0 : engine->plan->count - engine->next_item;
    for (const struct work *other = engine->first; other; other = other->next)
        waiting += other != work && (other->stage == WORK_READING || other->stage == WORK_READ);
    return engine->device_count == 1 && !engine->devices[engine->cpu].decorated &&
           strcmp(engine->policy->name, "auto") == 0 && waiting + 1 >= engine->threads;
}

/* The feed of a band: out of a block of rows, which is decoded when the one before is used up. */
static enum yk_status feed_rows(void *context, int y0, int y1, const uint8_t **rows, size_t *stride,
                                struct yk_error *error)
{
    struct intake *intake = context;
    const struct yk_image *source = intake->work->job.source;
    if (y0 < intake->top) /* yk_program_streams says that this cannot be */
        return yk_error_set(error, YK_ERR_UNSUPPORTED, "row %d is asked for after row %d", y0, intake->top);
    if (y1 > intake->bottom) {
        uint64_t start = yk_clock_ns();
        uint64_t end = (uint64_t)y0 + BLOCK_BYTES / source->stride;
        end = end > (uint64_t)y1 ? end : (uint64_t)y1;
        end = end < source->height ? end : source->height;
        enum yk_status status = intake->work->codec->rows_get(intake->rows, (uint32_t)y0, (uint32_t)end,
                                                              &intake->block, &intake->stride, error);
        intake->decoded += yk_clock_ns() - start;
        if (status)
            return status;
        intake->top = y0;
        intake->bottom = (int)end;
    }
    *rows = intake->block + (size_t)(y0 - intake->top) * intake->stride;
    *stride = intake->stride;
    return YK_OK;
}

static void count_computing(struct engine *engine, int change, uint64_t now)
{
    pthread_mutex_lock(&engine->lock);
    yk_usage_add(&engine->usage, YK_USAGE_BANDS, change, now);
    pthread_mutex_unlock(&engine->lock);
}

/* The job's only phase, its rows computed as they are decoded. */
static enum yk_status compute(struct intake *intake)
{
    struct engine *engine = intake->engine;
    struct work *work = intake->work;
    struct yk_device *device = engine->devices[engine->cpu].device;
    struct yk_feed feed = {feed_rows, intake};
    struct yk_band band = yk_job_band(&work->job, 0, (int)yk_job_rows(&work->job), NULL);
    struct yk_band_timing timing = {0};
    band.feed = &feed;
    band.stop = yk_engine_stop_band;
    band.stop_context = engine;
    intake->band = band;
    intake->row_work = yk_work_shape_of(&work->job).row_work;
    uint64_t start = yk_clock_ns(), decoded = intake->decoded;
    count_computing(engine, 1, start);
    intake->top = intake->bottom = 0;
    enum yk_status status = yk_device_backend(device)->submit(device, intake->thread, &band, &intake->error);
    if (!status)
        status = yk_device_backend(device)->wait(device, intake->thread, UINT64_MAX, &timing, &intake->error);
    uint64_t end = yk_clock_ns();
    count_computing(engine, -1, end);
    intake->computed = end - start - (intake->decoded - decoded);
    if (engine->trace)
        yk_engine_trace_band(engine, engine->cpu, intake->thread, work->item, &band, &timing, start, end,
                             status != YK_OK);
    return status;
}

/* Decodes from the top down. YK_ERR_UNSUPPORTED: it must be done as a whole, and nothing of the job is left.
 * Without the lock. */
static enum yk_status by_rows(struct intake *intake)
{
    struct engine *engine = intake->engine;
    struct work *work = intake->work;
    const struct yk_codec *codec = work->codec;
    struct yk_job *job = &work->job;
    struct yk_image_info info;
    struct yk_image *source = NULL;
    struct yk_error *error = &intake->error;
    if (!codec->rows_open)
        return YK_ERR_UNSUPPORTED;
    uint64_t start = yk_clock_ns();
    enum yk_status status =
        codec->rows_open(&intake->rows, work->data, work->size, &engine->limits, &info, error);
    if (!status)
        status = yk_image_outline(&source, info.width, info.height, info.format, &engine->limits, error);
    if (!status) {
        status = yk_job_start(job, engine->pipeline, source, engine->options->depth, &engine->limits,
                              engine->shelf, error);
        work->has_job = !status;
    }
    if (status)
        goto end;
    bool only = job->phase == YK_PHASE_ROWS && job->at == engine->pipeline->count;
    bool together = intake->alone && only && yk_program_streams(job->program);
    intake->together = together;
    intake->decoded = yk_clock_ns() - start;
    if (together)
        status = compute(intake);
    start = yk_clock_ns();
    if (!status && !together)
        status = yk_image_allocate(job->source, engine->shelf, error);
    if (!status && !together)
        status = codec->rows_image(intake->rows, job->source, error);
    if (!status)
        status = codec->rows_end(intake->rows, &job->source->metadata, error);
    intake->decoded += yk_clock_ns() - start;
    if (!status && together)
        status = yk_job_advance(job, error);

end:
    codec->rows_close(intake->rows);
    intake->rows = NULL;
    if (status && work->has_job) {
        yk_job_clear(job);
        work->has_job = false;
    }
    return status;
}

/* The picture first, then the job. */
static enum yk_status as_whole(struct intake *intake)
{
    struct engine *engine = intake->engine;
    struct work *work = intake->work;
    struct yk_image *image = NULL;
    intake->together = false;
    uint64_t start = yk_clock_ns();
    enum yk_status status =
        work->codec->decode(work->data, work->size, &engine->limits, &image, &intake->error);
    intake->decoded += yk_clock_ns() - start;
    if (!status) {
        status = yk_job_start(&work->job, engine->pipeline, image, engine->options->depth, &engine->limits,
                              engine->shelf, &intake->error);
        work->has_job = !status;
    }
    return status;
}

void yk_engine_decode(struct engine *engine, struct work *work, unsigned thread)
{
    struct intake intake = {.engine = engine, .work = work, .thread = thread};
    work->stage = WORK_BUSY;
    tell_lost(engine, work);
    intake.alone = may_be_alone(engine, work);
    yk_engine_charge(work, work->charge + work->decode_charge);
    pthread_mutex_unlock(&engine->lock);

    enum yk_status status = by_rows(&intake);
    if (status == YK_ERR_UNSUPPORTED)
        status = as_whole(&intake);
    yk_shelf_give(engine->inputs, work->data);
    work->data = NULL;

    pthread_mutex_lock(&engine->lock);
    work->item->times.decode += intake.decoded;
    engine->codec_time += intake.decoded;
    if (status) {
        work->error = intake.error;
        work->cancelled = status == YK_ERR_CANCELLED;
        yk_engine_end(work);
        return;
    }
    engine->summary->input_pixels += (uint64_t)work->item->in_width * work->item->in_height;
    if (intake.together) {
        engine->summary->streamed++;
        work->item->times.compute += intake.computed;
        work->item->devices |= 1u << engine->cpu;
        yk_engine_count_band(work, engine->cpu, &intake.band, intake.row_work, intake.computed, YK_OK);
    }
    yk_engine_start_phase(work);
}
