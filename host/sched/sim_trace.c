/* SPDX-License-Identifier: MIT
 * The trace of a simulated run, in Chrome's format (contract in yoke/sim.h): one complete event ("X", times
 * in microseconds) for each package; a device is a process, a lane a thread. */
#include <yoke/sim.h>

#include <inttypes.h>

static void put(struct yk_sim_trace *trace, const struct yk_sim_event *event)
{
    static const char *const outcomes[] = {"done", "failed", "hung", "dropped"};
    fprintf(trace->to,
            "%s\n{\"name\":\"%" PRIu64 "-%" PRIu64 "\",\"cat\":\"%s\",\"ph\":\"X\",\"pid\":%u,\"tid\":%u,"
            "\"ts\":%.3f,\"dur\":%.3f,\"args\":{\"rows\":%" PRIu64 ",\"submitted_us\":%.3f}}",
            trace->begun ? "," : "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[", event->begin, event->end,
            outcomes[event->outcome], event->device, event->lane, (double)event->start_ns / 1e3,
            (double)(event->end_ns - event->start_ns) / 1e3, event->end - event->begin,
            (double)event->submitted_ns / 1e3);
    trace->begun = true;
}

void yk_sim_trace_event(void *trace, const struct yk_sim_event *event)
{
    put(trace, event);
}

enum yk_status yk_sim_trace_end(struct yk_sim_trace *trace, struct yk_error *error)
{
    fputs(trace->begun ? "\n]}\n" : "{\"traceEvents\":[]}\n", trace->to);
    if (fflush(trace->to) != 0 || ferror(trace->to))
        return yk_error_set(error, YK_ERR_IO, "the trace could not be written");
    return YK_OK;
}
