/* SPDX-License-Identifier: MIT
 * --calibrate: each device works on a few bands of the first file before the run (contract in
 * batch_engine.h). The results are thrown away; the rates are kept. */
#include "batch_engine.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "pool.h"

enum {
    SAMPLES = YK_PROFILE_TRUSTED + 2, /* of a lane: the first warms up, the next is not believed either */
    ROWS = 16,                        /* of the first band */
    BAND_NS = 8000000,    /* bands are doubled until they take so long: launches then weigh little */
    BUDGET_NS = 150000000 /* of a device, its first band not counted: that may compile */
};

/* As in batch_faults.c while nothing is known of a device's speed. */
static const uint64_t PATIENCE_NS = UINT64_C(60000000000);

/* One lane at work. */
struct probe {
    struct yk_device *device;
    unsigned slot;
    uint64_t begin, end; /* the rows of the picture that it may write */
    double rate[SAMPLES];
    size_t count;
    enum yk_status status;
    struct yk_error error;
};

struct calibration {
    const struct yk_job *job;
    struct yk_work_shape shape;
    uint64_t patience;    /* ns for one band */
    struct probe *probes; /* one per lane */
};

static enum yk_status run_once(const struct calibration *calibration, struct probe *probe, uint64_t y,
                               uint64_t rows)
{
    const struct yk_job *job = calibration->job;
    const struct yk_backend *backend = yk_device_backend(probe->device);
    struct yk_band_timing timing;
    int *stat = NULL;
    if (job->phase == YK_PHASE_STAT && !(stat = yk_mem_zalloc(job->stat_count * sizeof *stat)))
        return YK_ERR_NOMEM;
    struct yk_band band = yk_job_band(job, (int)y, (int)(y + rows), stat);
    enum yk_status status = backend->submit(probe->device, probe->slot, &band, &probe->error);
    if (!status)
        status = backend->wait(probe->device, probe->slot, yk_clock_ns() + calibration->patience, &timing,
                               &probe->error);
    if (status != YK_ERR_TIMEOUT)
        yk_mem_free(stat);
    return status;
}

/* Band after band, growing, until there are enough or the time is up. */
static void run_probe(const struct calibration *calibration, struct probe *probe)
{
    const struct yk_job *job = calibration->job;
    uint64_t all = probe->end - probe->begin, rows = ROWS, most = all, y = probe->begin, began = 0;
    if (all == 0)
        return;
    if (job->phase == YK_PHASE_ROWS) {
        uint64_t fits = (uint64_t)yk_device_backend(probe->device)->max_rows(probe->device, job->program);
        most = fits < all ? fits : all;
    }
    for (bool first = true; probe->count < SAMPLES; first = false) {
        uint64_t start = yk_clock_ns();
        rows = rows < most ? rows : most;
        y = y + rows > probe->end ? probe->begin : y;
        probe->status = run_once(calibration, probe, y, rows);
        uint64_t end = yk_clock_ns();
        if (probe->status)
            return;
        y += rows;
        if (first) {
            began = end;
            continue;
        }
        double work = (double)(rows + calibration->shape.halo) * calibration->shape.row_work;
        probe->rate[probe->count++] = work / (double)(end - start + 1) * 1e9;
        if (end - began > BUDGET_NS)
            return;
        if (end - start < BAND_NS && rows < most) {
            rows *= 2;
            probe->count = 0; /* what the overhead of small bands spoils is not kept */
        }
    }
}

static void cpu_lane(void *context, unsigned thread)
{
    struct calibration *calibration = context;
    run_probe(calibration, &calibration->probes[thread]);
}

/* All threads at once, each on a part of the picture, because they share caches and clocks. */
static void calibrate_cpu(struct engine *engine, struct calibration *calibration, struct yk_rate_kind *kind)
{
    uint64_t rows = yk_job_rows(calibration->job);
    unsigned threads = engine->threads, worked = 0;
    struct probe *probes = calloc(threads, sizeof *probes);
    double rates[SAMPLES] = {0};
    size_t least = SAMPLES;
    if (!probes)
        return;
    for (unsigned k = 0; k < threads; k++) {
        probes[k].device = engine->devices[engine->cpu].device;
        probes[k].slot = k;
        probes[k].begin = rows * k / threads;
        probes[k].end = rows * (k + 1) / threads;
    }
    calibration->probes = probes;
    yk_pool_run(threads, cpu_lane, calibration);
    for (unsigned k = 0; k < threads; k++)
        if (probes[k].count) {
            least = probes[k].count < least ? probes[k].count : least;
            worked++;
        }
    /* The lanes' n-th samples together; where the picture has no rows for all of them, the others are
     * thought equal. */
    for (unsigned k = 0; k < threads; k++)
        for (size_t n = 0; n < least && probes[k].count; n++)
            rates[n] += probes[k].rate[n] * threads / worked;
    yk_rates_probed(kind, engine->cpu, threads, rates, worked ? least : 0);
    free(probes);
}

/* true: the device hangs, and what it was given must not be freed. */
static bool calibrate_device(struct engine *engine, unsigned number, struct calibration *calibration,
                             struct yk_rate_kind *kind)
{
    const struct yk_job *job = calibration->job;
    struct engine_device *self = &engine->devices[number];
    struct probe probe = {.end = yk_job_rows(job)};
    const struct yk_op *reduce = job->phase == YK_PHASE_STAT ? job->pipeline->ops[job->at].op : NULL;
    if (yk_engine_open_device(engine, number, YK_DRIVER_SLOTS, &self->device, &probe.error))
        return false;
    probe.device = self->device;
    probe.status = yk_device_backend(self->device)->prepare(self->device, job->program, reduce, &probe.error);
    if (!probe.status)
        run_probe(calibration, &probe);
    bool hangs = probe.status == YK_ERR_TIMEOUT;
    if (!probe.status)
        yk_rates_probed(kind, number, 1, probe.rate, probe.count);
    else { /* the driver opens it anew and tells what it meets */
        self->hung = hangs;
        yk_engine_close_device(engine, number, self->device);
        self->device = NULL;
    }
    if (hangs) {
        pthread_mutex_lock(&engine->lock);
        yk_engine_retire(engine, number, NULL, 0, 0, &probe.error);
        pthread_mutex_unlock(&engine->lock);
    }
    return hangs;
}

/* ---- the first file ---- */

struct reading {
    struct engine *engine;
    struct yk_io_result result;
    bool done;
};

static void read_done(void *context, struct yk_io_result *result)
{
    struct reading *reading = context;
    pthread_mutex_lock(&reading->engine->lock);
    reading->result = *result;
    reading->done = true;
    pthread_cond_broadcast(&reading->engine->wake);
    pthread_mutex_unlock(&reading->engine->lock);
}

/* Reads and decodes the first file that is one, and starts its job. false: that cannot be. */
static bool first_job(struct engine *engine, struct yk_job *job)
{
    struct reading reading = {.engine = engine};
    struct yk_error error;
    struct yk_image *image = NULL;
    size_t k = 0;
    while (k < engine->plan->count && (engine->plan->items[k].state != YK_ITEM_PLANNED ||
                                       strcmp(engine->plan->items[k].input, "-") == 0))
        k++;
    if (k == engine->plan->count || yk_io_read(engine->io, engine->plan->items[k].input,
                                               engine->limits.max_file_bytes, read_done, &reading, &error))
        return false;
    pthread_mutex_lock(&engine->lock);
    while (!reading.done)
        pthread_cond_wait(&engine->wake, &engine->lock);
    pthread_mutex_unlock(&engine->lock);
    const struct yk_io_result *result = &reading.result;
    const struct yk_codec *codec = result->error.status ? NULL : yk_codec_probe(result->data, result->size);
    bool good = codec && !codec->decode(result->data, result->size, &engine->limits, &image, &error);
    yk_shelf_give(engine->inputs, reading.result.data);
    return good &&
           !yk_job_start(job, engine->pipeline, image, engine->options->depth, &engine->limits, NULL, &error);
}

void yk_engine_calibrate(struct engine *engine)
{
    struct yk_job job = {0};
    const uint64_t limit = engine->options->device_timeout_ms * UINT64_C(1000000);
    struct calibration calibration = {.job = &job, .patience = limit ? limit : PATIENCE_NS};
    struct yk_rate_kind *kind = NULL;
    unsigned used = 0;
    bool hangs = false;
    for (unsigned k = 0; k < engine->device_count; k++)
        used += !engine->device_states[k].retired;
    if (!engine->options->calibrate || used < 2 || !first_job(engine, &job))
        return;
    if (job.phase != YK_PHASE_DONE) {
        calibration.shape = yk_work_shape_of(&job);
        kind = yk_rates_kind(&engine->rates, &calibration.shape);
    }
    for (unsigned k = 0; k < engine->device_count && kind && !hangs; k++)
        if (k == engine->cpu && !engine->device_states[k].retired)
            calibrate_cpu(engine, &calibration, kind);
        else if (!engine->device_states[k].retired)
            hangs = calibrate_device(engine, k, &calibration, kind);
    if (hangs)
        yk_job_abandon(&job);
    else
        yk_job_clear(&job);
}
