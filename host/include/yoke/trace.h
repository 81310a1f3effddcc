/* SPDX-License-Identifier: MIT
 *
 * A recording of what happened when, and its file: Chrome's trace format (a JSON array of events), which
 * Perfetto (ui.perfetto.dev) and chrome://tracing open. A job records into the trace that it is given;
 * without one it records nothing and pays nothing.
 *
 * The recording is bounded: YK_TRACE_EVENTS events of 56 bytes, and YK_TRACE_TEXT bytes of messages. What
 * comes after that is not kept but counted; the file says how many events it lacks.
 */
#ifndef YOKE_TRACE_H
#define YOKE_TRACE_H

#include <stdint.h>
#include <stdio.h>

#include <yoke/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    YK_TRACE_EVENTS = 1 << 20, /* 56 MiB; a run of 100 000 files makes about so many */
    YK_TRACE_TEXT = 1 << 20
};

struct yk_trace; /* opaque; any number of threads may record at once */

/* An empty recording whose time zero is now. Owned by the caller, free with yk_trace_free; NULL where memory
 * or a lock is lacking. */
struct yk_trace *yk_trace_make(void);

/* NULL is allowed. Nothing may record any more. */
void yk_trace_free(struct yk_trace *trace);

/* Events that were not kept, because the recording or the memory was full. */
uint64_t yk_trace_dropped(struct yk_trace *trace);

/* Writes the recording. The names of files in it are borrowed from the plan of the job, which must still be
 * there. Bytes of a name that are no UTF-8 appear as \xNN. Nothing may record meanwhile. Errors: YK_ERR_IO
 * (`to` did not take it), YK_ERR_NOMEM. Flushing and closing are the caller's. */
enum yk_status yk_trace_write(struct yk_trace *trace, FILE *to, struct yk_error *error);

#ifdef __cplusplus
}
#endif

#endif
