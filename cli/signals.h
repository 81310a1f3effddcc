/* SPDX-License-Identifier: MIT
 * SIGINT, SIGTERM and SIGHUP as a question that a running batch asks. */
#ifndef YOKE_CLI_SIGNALS_H
#define YOKE_CLI_SIGNALS_H

#include <stdbool.h>

/* From here on the first of these signals is only noted, and the second one ends the process at once. Signals
 * that were ignored (nohup, background jobs) stay ignored. */
void cli_signals_start(void);

/* The signal that came, or 0. */
int cli_signals_caught(void);

/* For yk_batch_observer.stop. */
bool cli_signals_stop(void *context);

#endif
