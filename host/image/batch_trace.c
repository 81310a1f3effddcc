/* SPDX-License-Identifier: MIT
 * What a batch run records into its trace (contract in batch_engine.h; the format is yoke/trace.h's). Without
 * a trace every function returns at once. */
#include "batch_engine.h"

#include <stdio.h>

void yk_engine_trace_begin(struct engine *engine)
{
    engine->trace = engine->options->trace;
    engine->track_reads = yk_trace_track(engine->trace, "reads", "request");
}

void yk_engine_trace_devices(struct engine *engine)
{
    char name[sizeof engine->devices[0].info.id + sizeof engine->devices[0].info.name + 2];
    for (unsigned k = 0; k < engine->device_count && engine->trace; k++) {
        const struct yk_device_info *info = &engine->devices[k].info;
        snprintf(name, sizeof name, "%s %s", info->id, info->name);
        engine->devices[k].track = yk_trace_track(engine->trace, name, k == engine->cpu ? "thread" : "slot");
    }
    engine->track_writes = yk_trace_track(engine->trace, "writes", "request");
}

void yk_engine_trace_io(struct engine *engine, const struct yk_batch_item *item, bool write,
                        const struct yk_io_result *result, uint64_t now)
{
    struct yk_trace_event event = {.start = now - result->nanoseconds,
                                   .end = now,
                                   .name = write ? "write" : "read",
                                   .file = write ? item->output : item->input,
                                   .bytes = result->size,
                                   .track = write ? engine->track_writes : engine->track_reads,
                                   .lane = YK_TRACE_ANY_LANE};
    yk_trace_span(engine->trace, &event);
}

void yk_engine_trace_stage(struct engine *engine, unsigned device, unsigned lane, const char *name,
                           const struct yk_batch_item *item, uint64_t start, uint64_t end)
{
    struct yk_trace_event event = {.start = start,
                                   .end = end,
                                   .name = name,
                                   .file = item ? item->input : NULL,
                                   .track = engine->devices[device].track,
                                   .lane = lane < YK_TRACE_LANES ? (uint16_t)lane : YK_TRACE_LANES};
    yk_trace_span(engine->trace, &event);
}

/* One part of a band, where it is known when it ran. */
static void trace_part(struct engine *engine, const struct yk_trace_event *band, const char *name,
                       const struct yk_band_span *span, uint64_t bytes)
{
    struct yk_trace_event event = *band;
    if (span->start == 0)
        return;
    event.name = name;
    event.bytes = bytes;
    event.start = span->start;
    event.end = span->start + span->time;
    yk_trace_span(engine->trace, &event);
}

void yk_engine_trace_band(struct engine *engine, unsigned device, unsigned lane,
                          const struct yk_batch_item *item, const struct yk_band *band,
                          const struct yk_band_timing *timing, uint64_t start, uint64_t end, bool failed)
{
    const char *name = band->reduce ? "statistic" : "compute";
    struct yk_trace_event event = {.start = start,
                                   .end = end,
                                   .name = failed ? "failed" : name,
                                   .file = item->input,
                                   .row0 = (uint32_t)band->y0,
                                   .row1 = (uint32_t)band->y1,
                                   .track = engine->devices[device].track,
                                   .lane = lane < YK_TRACE_LANES ? (uint16_t)lane : YK_TRACE_LANES};
    if (!engine->trace)
        return;
    if (failed || timing->compute.start < start || timing->compute.start + timing->compute.time > end) {
        event.bytes = timing->bytes_up + timing->bytes_down;
        yk_trace_span(engine->trace, &event);
        return;
    }
    /* Gaps between the parts are waiting: for the queue, and for the host to notice the end. */
    trace_part(engine, &event, "upload", &timing->upload, timing->bytes_up);
    trace_part(engine, &event, name, &timing->compute, 0);
    trace_part(engine, &event, "download", &timing->download, timing->bytes_down);
}
