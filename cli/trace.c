/* SPDX-License-Identifier: MIT
 * The file of --trace (contract in trace.h). */
#include "trace.h"

#include <errno.h>
#include <inttypes.h>

#include "escape.h"
#include "replace.h"

static int write_trace(FILE *to, void *context)
{
    errno = 0;
    enum yk_status status = yk_trace_write(context, to, NULL);
    if (status == YK_ERR_NOMEM)
        return ENOMEM;
    return status == YK_OK ? 0 : errno ? errno : EIO;
}

bool cli_trace_write(const char *path, struct yk_trace *trace)
{
    uint64_t dropped = yk_trace_dropped(trace);
    if (dropped > 0)
        cli_error("image", "the trace lacks its last %" PRIu64 " events: it holds %d", dropped,
                  YK_TRACE_EVENTS);
    return cli_replace_file("trace", path, write_trace, trace);
}
