/* SPDX-License-Identifier: MIT
 * The file of --report: what was asked, what became of every file, where the time went. README.md describes
 * it. */
#ifndef YOKE_CLI_REPORT_H
#define YOKE_CLI_REPORT_H

#include <stdbool.h>

#include <yoke/batch.h>

#include "image_options.h"

/* Writes the report of a run to image->report, as cli_replace_file. `outcome` is one word ("done", "failed",
 * "stopped"), `reason` a sentence or NULL. Returns false, after saying why, where it failed. */
bool cli_report_write(const struct cli_image *image, const struct yk_batch_plan *plan,
                      const struct yk_batch_summary *summary, const char *outcome, const char *reason,
                      int exit_code);

#endif
