/* SPDX-License-Identifier: MIT
 * The table of --stats. */
#ifndef YOKE_CLI_STATS_H
#define YOKE_CLI_STATS_H

#include <stdio.h>

#include <yoke/batch.h>

/* Writes stage totals, which of them bounds the run, the devices, and the figures of the whole run. */
void cli_stats_print(FILE *to, const struct yk_batch_summary *summary);

#endif
