/* SPDX-License-Identifier: MIT
 * The file of --report: what was asked, what became of every file, where the time went. README.md describes
 * it. */
#ifndef YOKE_CLI_REPORT_H
#define YOKE_CLI_REPORT_H

#include <stdbool.h>

#include <yoke/batch.h>

#include "image_options.h"

/* Whether a report can be put at `path`, as far as one can tell without touching anything. On failure says
 * why. */
bool cli_report_check(const char *path);

/* Writes the report of a run to image->report: to a temporary name beside it, then renamed. `outcome` is one
 * word
 * ("done", "failed", "stopped"), `reason` a sentence or NULL. Returns false, after saying why, where it
 * failed. */
bool cli_report_write(const struct cli_image *image, const struct yk_batch_plan *plan,
                      const struct yk_batch_summary *summary, const char *outcome, const char *reason,
                      int exit_code);

#endif
