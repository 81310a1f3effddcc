/* SPDX-License-Identifier: MIT
 * The file of --trace: what a run did when, for Perfetto or chrome://tracing. README.md describes it. */
#ifndef YOKE_CLI_TRACE_H
#define YOKE_CLI_TRACE_H

#include <stdbool.h>

#include <yoke/trace.h>

/* Writes the recording to `path`, as cli_replace_file, and says so where it is not complete. Returns false,
 * after saying why, where it failed. */
bool cli_trace_write(const char *path, struct yk_trace *trace);

#endif
