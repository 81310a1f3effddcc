/* SPDX-License-Identifier: MIT
 *
 * Progress of a batch on standard error: a bar on a terminal once the run takes over half a second, plain
 * lines where they were asked for. Called by one thread at a time, as the callbacks of a batch are.
 */
#ifndef YOKE_CLI_PROGRESS_H
#define YOKE_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <yoke/batch.h>

enum cli_progress_mode { CLI_PROGRESS_AUTO, CLI_PROGRESS_ALWAYS, CLI_PROGRESS_NEVER };

struct cli_progress {
    bool bar, lines;                        /* what to show; at most one */
    bool quiet;                             /* no notices either */
    bool visible;                           /* a bar stands on the last line */
    bool any;                               /* a line or a bar was shown */
    uint64_t last;                          /* elapsed when the last line was printed */
    uint64_t finished_bytes, planned_bytes; /* of the inputs, so that reading ahead does not count as done */
};

/* `plan` is the batch before its run; it is not kept. */
void cli_progress_start(struct cli_progress *progress, enum cli_progress_mode mode, bool quiet,
                        const struct yk_batch_plan *plan);

/* For yk_batch_observer; `context` is the struct cli_progress. */
void cli_progress_update(void *context, const struct yk_batch_progress *state);
void cli_progress_item(void *context, const struct yk_batch_item *item);
void cli_progress_notice(void *context, const char *text);

/* Takes the bar away. */
void cli_progress_end(struct cli_progress *progress);

#endif
