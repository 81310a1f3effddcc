/* SPDX-License-Identifier: MIT
 * A simulated run in a trace (contract in sim_model.h): a device is a track, and its virtual clock starts
 * where the trace does. */
#include "sim_model.h"

#include <stdio.h>

#include "trace.h"

void yk_sim_trace_devices(const struct yk_sim_setup *setup, uint16_t *tracks)
{
    char name[64];
    for (unsigned k = 0; k < setup->device_count; k++) {
        snprintf(name, sizeof name, "device %u: %g rows/ms", k, setup->devices[k].rate);
        tracks[k] = yk_trace_track(setup->trace, name, "lane");
    }
}

void yk_sim_trace_package(const struct yk_sim_setup *setup, const uint16_t *tracks,
                          const struct yk_sim_event *event)
{
    static const char *const names[] = {"package", "failed", "hung", "dropped"}; /* by outcome */
    uint64_t zero = yk_trace_start(setup->trace);
    /* Rows are below 2^32 but for the end of the largest job, which is shown one too low. */
    struct yk_trace_event span = {
        .start = zero + event->start_ns,
        .end = zero + event->end_ns,
        .name = names[event->outcome],
        .row0 = (uint32_t)event->begin,
        .row1 = event->end > UINT32_MAX ? UINT32_MAX : (uint32_t)event->end,
        .track = tracks[event->device],
        .lane = (uint16_t)event->lane, /* at most YK_SIM_LANES */
    };
    yk_trace_span(setup->trace, &span);
    if (event->outcome == YK_SIM_FAILED || event->outcome == YK_SIM_HUNG)
        yk_trace_instant(setup->trace, span.end, span.track, "device retired", NULL);
}
