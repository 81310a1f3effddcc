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

void yk_engine_trace_band(struct engine *engine, unsigned device, unsigned lane,
                          const struct yk_batch_item *item, const struct yk_band *band,
                          const struct yk_band_timing *timing, uint64_t start, uint64_t end, bool failed)
{
    struct yk_trace_event event = {.start = start,
                                   .end = end,
                                   .name = failed         ? "failed"
                                           : band->reduce ? "statistic"
                                                          : "compute",
                                   .file = item->input,
                                   .row0 = (uint32_t)band->y0,
                                   .row1 = (uint32_t)band->y1,
                                   .track = engine->devices[device].track,
                                   .lane = lane < YK_TRACE_LANES ? (uint16_t)lane : YK_TRACE_LANES};
    uint64_t copies = timing->upload + timing->download;
    if (!engine->trace)
        return;
    if (failed || copies == 0 || copies + timing->compute > end - start) {
        event.bytes = timing->bytes_up + timing->bytes_down;
        yk_trace_span(engine->trace, &event);
        return;
    }
    /* The backend says how long each took; what is left is waiting for the other slot, before the kernels. */
    struct yk_trace_event upload = event, download = event;
    upload.name = "upload";
    upload.bytes = timing->bytes_up;
    upload.end = start + timing->upload;
    download.name = "download";
    download.bytes = timing->bytes_down;
    download.start = end - timing->download;
    event.end = download.start;
    event.start = event.end - timing->compute;
    yk_trace_span(engine->trace, &upload);
    yk_trace_span(engine->trace, &event);
    yk_trace_span(engine->trace, &download);
}
