/* SPDX-License-Identifier: MIT
 * When the parts of a band ran, by the device's clock (contract in cl_device.h). */
#include "cl_device.h"

#include "clock.h"

void yk_cl_drop_marks(const struct yk_cl *cl, struct yk_cl_slot *slot)
{
    const cl_event events[] = {slot->marks.upload, slot->marks.first, slot->marks.last};
    for (size_t k = 0; k < sizeof events / sizeof *events; k++)
        if (events[k])
            cl->ReleaseEvent(events[k]);
    slot->marks = (struct yk_cl_marks){0};
}

/* One time of a finished command; false where the driver does not tell. */
static bool tell(const struct yk_cl_device *device, cl_event event, cl_profiling_info what, uint64_t *time)
{
    cl_ulong value = 0;
    bool told =
        event && device->cl.GetEventProfilingInfo(event, what, sizeof value, &value, NULL) == CL_SUCCESS;
    *time = value;
    return told && value > 0;
}

/* The time from the start of one command to the end of another, as a span of the host's clock, which shows
 * `zero` where the device's shows 0. */
static bool span(const struct yk_cl_device *device, cl_event from, cl_event to, uint64_t zero,
                 struct yk_band_span *made)
{
    uint64_t start, end;
    if (!tell(device, from, CL_PROFILING_COMMAND_START, &start) ||
        !tell(device, to, CL_PROFILING_COMMAND_END, &end) || end < start)
        return false;
    *made = (struct yk_band_span){zero + start, end - start};
    return true;
}

static bool within(const struct yk_band_span *span, uint64_t from, uint64_t until)
{
    return span->start >= from && span->start <= until && span->time <= until - span->start;
}

void yk_cl_tell_times(const struct yk_cl_device *device, const struct yk_cl_slot *slot,
                      struct yk_band_timing *timing)
{
    const struct yk_cl_marks *marks = &slot->marks;
    struct yk_band_span upload = {0}, compute = {0}, download = {0};
    uint64_t queued, now = yk_clock_ns();
    if (!tell(device, marks->upload ? marks->upload : marks->first, CL_PROFILING_COMMAND_QUEUED, &queued))
        return;
    uint64_t zero = marks->asked - queued; /* wraps where the device's clock is ahead; so does the sum */
    bool told = span(device, marks->first, marks->last, zero, &compute);
    if (marks->upload)
        told = told && span(device, marks->upload, marks->upload, zero, &upload) &&
               within(&upload, slot->started, now);
    if (timing->bytes_down > 0)
        told = told && span(device, slot->done, slot->done, zero, &download) &&
               within(&download, slot->started, now);
    /* A clock of another speed or times that a driver makes up: better none. */
    if (!told || !within(&compute, slot->started, now))
        return;
    timing->upload = upload;
    timing->compute = compute;
    timing->download = download;
}
