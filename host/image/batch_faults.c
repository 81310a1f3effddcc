/* SPDX-License-Identifier: MIT
 * What a batch run does about devices that are short of memory, slow beyond all patience, or wrong (contract
 * in batch_engine.h). Devices that are lost or refuse are retired in batch_bands.c. */
#include "batch_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"

enum {
    HALVINGS = 2,        /* of a band that does not fit (coexec.md 2.6: "halve package twice"), ... */
    STRIKES_OF_FILE = 3, /* ... and bands that did not fit then either, before the device is retired ... */
    STRIKES = 5          /* ... ("3 strikes per job or 5 per session") */
};

/* The patience with a band: at least PATIENCE_LEAST, and PATIENCE_TIMES what it should take (coexec.md 2.6).
 * While nothing is known of the device's speed, far above any real band and below a person's patience. */
static const uint64_t PATIENCE_LEAST = UINT64_C(5000000000), PATIENCE_UNKNOWN = UINT64_C(60000000000);
static const double PATIENCE_TIMES = 20.0;

uint64_t yk_engine_patience(const struct engine *engine, unsigned device, const struct work *work,
                            const struct yk_band *band)
{
    const struct yk_policy_job *job = &work->splitter.job;
    const struct yk_policy_rate *rate = job->rates ? &job->rates[device] : NULL;
    if (engine->options->device_timeout_ms)
        return engine->options->device_timeout_ms * UINT64_C(1000000);
    if (!rate || rate->rate <= 0.0)
        return PATIENCE_UNKNOWN;
    double work_of_band = ((double)(band->y1 - band->y0) + (double)job->halo) * job->row_work;
    double expected = work_of_band / rate->rate * 1e6 + rate->overhead_ns + rate->setup_ns;
    double patience = PATIENCE_TIMES * expected;
    if (patience > 1e18) /* over thirty years: no rate is that low, and it must fit 64 bits */
        return PATIENCE_UNKNOWN;
    return patience > (double)PATIENCE_LEAST ? (uint64_t)patience : PATIENCE_LEAST;
}

/* ---- too little memory ---- */

/* Whether a failure leaves the device as it was: there was no memory for this band, others may fit. */
static bool is_shortage(enum yk_status status)
{
    return status == YK_ERR_NOMEM || status == YK_ERR_LIMIT || status == YK_ERR_DEVICE;
}

static enum yk_status run_here(struct yk_device *device, unsigned slot, const struct yk_band *band,
                               uint64_t patience, struct yk_error *error)
{
    struct yk_band_timing timing = {0};
    enum yk_status status = yk_device_backend(device)->submit(device, slot, band, error);
    uint64_t deadline = patience == UINT64_MAX ? UINT64_MAX : yk_clock_ns() + patience;
    return status ? status : yk_device_backend(device)->wait(device, slot, deadline, &timing, error);
}

/* The CPU's slot of the driver of device `device`, behind those of the workers. */
static enum yk_status run_on_cpu(struct engine *engine, unsigned device, const struct yk_band *band,
                                 struct yk_error *error)
{
    return run_here(engine->devices[engine->cpu].device, engine->threads + device, band, UINT64_MAX, error);
}

static void limit_rows(struct engine *engine, unsigned device, int rows)
{
    int *limit = &engine->devices[device].faults.row_limit;
    pthread_mutex_lock(&engine->lock);
    *limit = *limit && *limit < rows ? *limit : rows;
    pthread_mutex_unlock(&engine->lock);
}

/* A band that did not fit: in pieces of half its rows, of a quarter, and what does not fit then on the CPU.
 */
static enum yk_status run_smaller(struct engine *engine, unsigned device, unsigned slot,
                                  const struct yk_band *band, uint64_t patience, struct band_result *result,
                                  struct yk_error *error)
{
    struct yk_device *open = engine->devices[device].device;
    struct yk_band piece = *band;
    int rows = (band->y1 - band->y0 + 1) / 2;
    unsigned halvings = 1;
    for (piece.y0 = band->y0; piece.y0 < band->y1;) {
        piece.y1 = band->y1 - piece.y0 > rows ? piece.y0 + rows : band->y1;
        enum yk_status status = run_here(open, slot, &piece, patience, error);
        if (!status) {
            piece.y0 = piece.y1;
            continue;
        }
        if (!is_shortage(status))
            return status;
        if (halvings == HALVINGS || rows == 1)
            break;
        halvings++;
        rows = (rows + 1) / 2;
    }
    limit_rows(engine, device, rows);
    if (piece.y0 == band->y1)
        return YK_OK;
    result->too_large = true;
    result->shortage = *error;
    result->by = engine->cpu;
    piece.y1 = band->y1;
    return run_on_cpu(engine, device, &piece, error);
}

/* ---- wrong results ---- */

/* Whether --verify takes this band: by file and row, so that the same run takes the same ones. */
static bool is_sampled(const struct engine *engine, const struct work *work, const struct yk_band *band)
{
    uint64_t z = (uint64_t)(work->item - engine->plan->items) << 32 | (uint32_t)band->y0;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9); /* the finaliser of splitmix64 */
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % 100 < engine->options->verify;
}

/* Rows [y0, y1) of the target one after another, or the statistic. NULL: out of memory. */
static uint8_t *copy_result(const struct yk_band *band, size_t *row)
{
    *row = band->reduce ? band->stat_count * sizeof *band->stat
                        : (size_t)band->target->width * yk_format_bytes(band->target->format);
    const size_t rows = band->reduce ? 1 : (size_t)(band->y1 - band->y0);
    uint64_t bytes;
    uint8_t *copy = yk_size_mul(*row, rows, &bytes) ? yk_mem_alloc(bytes) : NULL;
    for (size_t k = 0; copy && k < rows; k++)
        memcpy(copy + k * *row,
               band->reduce ? (const uint8_t *)band->stat
                            : yk_image_row(band->target, (uint32_t)band->y0 + (uint32_t)k),
               *row);
    return copy;
}

static bool same_result(const struct yk_band *band, const uint8_t *copy, size_t row)
{
    if (band->reduce)
        return memcmp(copy, band->stat, row) == 0;
    for (int y = band->y0; y < band->y1; y++)
        if (memcmp(copy + (size_t)(y - band->y0) * row, yk_image_row(band->target, (uint32_t)y), row) != 0)
            return false;
    return true;
}

/* Computes the band once more on the CPU, in place. Without the memory to keep the device's result for
 * comparing, the CPU's stands unjudged. */
static enum yk_status check_band(struct engine *engine, unsigned device, const struct yk_band *band,
                                 struct band_result *result, struct yk_error *error)
{
    size_t row;
    uint8_t *copy = copy_result(band, &row);
    if (band->reduce)
        memset(band->stat, 0, band->stat_count * sizeof *band->stat);
    enum yk_status status = run_on_cpu(engine, device, band, error);
    result->checked = true;
    if (status || !copy)
        result->by = engine->cpu;
    else if (!same_result(band, copy, row)) {
        result->wrong = true;
        result->by = engine->cpu;
    }
    yk_mem_free(copy);
    return status;
}

enum yk_status yk_engine_settle(struct engine *engine, unsigned device, unsigned slot,
                                const struct work *work, const struct yk_band *band, uint64_t patience,
                                enum yk_status status, struct band_result *result, struct yk_error *error)
{
    *result = (struct band_result){.by = device};
    if (is_shortage(status)) {
        if (band->reduce) /* what a failed attempt left there counts for nothing */
            memset(band->stat, 0, band->stat_count * sizeof *band->stat);
        status = run_smaller(engine, device, slot, band, patience, result, error);
    }
    struct device_faults *faults = &engine->devices[device].faults;
    bool check = faults->wrong || (engine->options->verify && is_sampled(engine, work, band));
    if (!status && result->by == device && check)
        status = check_band(engine, device, band, result, error);
    faults->wrong = faults->wrong || result->wrong;
    return status;
}

void yk_engine_distrust(struct engine *engine, unsigned device)
{
    const uint32_t bit = UINT32_C(1) << device;
    engine->wrong_devices |= bit;
    for (struct work *work = engine->first; work; work = work->next) {
        bool in_time = work->stage == WORK_COMPUTING || (work->stage == WORK_BUSY && work->planning);
        if (!in_time || !(work->item->unverified & bit) || work->redo)
            continue;
        work->redo = true;
        yk_error_set(&work->error, YK_ERR_DEVICE, "%s computed wrong rows of it, and it cannot be read again",
                     engine->devices[device].info.id);
        if (work->stage == WORK_COMPUTING && work->bands == 0)
            yk_engine_restart(work);
    }
}

void yk_engine_blame(struct engine *engine, unsigned device, const struct yk_batch_item *item,
                     const struct yk_band *band, const struct band_result *result)
{
    struct engine_device *self = &engine->devices[device];
    struct device_faults *faults = &self->faults;
    struct yk_error error;
    if (result->wrong) {
        engine->summary->wrong_bands++;
        yk_error_set(&error, YK_ERR_DEVICE, "it computes wrong results");
        yk_engine_retire(engine, device, item, band->y0, band->y1, &error);
        return;
    }
    if (!result->too_large)
        return;
    faults->file_strikes = faults->struck == item ? faults->file_strikes + 1 : 1;
    faults->struck = item;
    faults->strikes++;
    if (engine->options->strict_devices || engine->options->stop_on_device_error ||
        faults->file_strikes >= STRIKES_OF_FILE || faults->strikes >= STRIKES) {
        yk_engine_retire(engine, device, item, band->y0, band->y1, &result->shortage);
    } else if (faults->strikes == 1) {
        char text[2 * YK_ERROR_TEXT + 128];
        snprintf(text, sizeof text, "%s has too little memory (%s); the CPU does rows %d to %d of %s",
                 self->info.id, result->shortage.text, band->y0, band->y1 - 1, item->input);
        yk_engine_notice(engine, text);
    }
}
