/* SPDX-License-Identifier: MIT
 *
 * Recording into a trace (yoke/trace.h has its life and its file). A trace has tracks (what a viewer shows as
 * processes: "files", one per device), a track has lanes (its threads). Spans on one lane must not overlap;
 * where it is not known who works side by side, as with requests in flight, YK_TRACE_ANY_LANE leaves it to
 * the writer to spread the spans over as few lanes as it takes.
 *
 * Every function may be called by any thread, and does nothing where `trace` is NULL. Times are absolute, in
 * nanoseconds of one clock: yk_clock_ns, or a virtual one that starts at yk_trace_start.
 */
#ifndef YOKE_BASE_TRACE_H
#define YOKE_BASE_TRACE_H

#include <yoke/trace.h>

enum {
    YK_TRACE_TRACKS = 64,
    YK_TRACE_LANES = 10000,         /* of one track; a lane past that counts as the last one */
    YK_TRACE_ANY_LANE = UINT16_MAX, /* see above */
    YK_TRACE_MESSAGE = 255          /* longest message of an instant, in bytes; the rest is cut off */
};

/* One event. Zero and NULL stand for what it does not have. */
struct yk_trace_event {
    uint64_t start, end; /* ns; an instant: equal */
    const char *name;    /* borrowed, for ever: a string of the program, such as "decode" */
    const char *file;    /* borrowed until the trace has been written */
    uint64_t bytes;
    uint32_t row0, row1; /* rows [row0, row1); none where they are equal */
    uint16_t track, lane;
};

/* The time that the file shows as zero. For a virtual clock; NULL: 0. */
uint64_t yk_trace_start(const struct yk_trace *trace);

/* Adds a track, shown in this order, and returns its number. Both texts are copied, and cut where they are
 * long; lanes are called "LANES 0", "LANES 1". Past YK_TRACE_TRACKS: the last track. */
uint16_t yk_trace_track(struct yk_trace *trace, const char *name, const char *lanes);

/* Records a span; one that ends before it starts, as differently rounded clocks make them, has no length. */
void yk_trace_span(struct yk_trace *trace, const struct yk_trace_event *event);

/* Records a moment on a track, with a message that is copied (NULL: none): "device retired", a notice. */
void yk_trace_instant(struct yk_trace *trace, uint64_t time, uint16_t track, const char *name,
                      const char *message);

#endif
