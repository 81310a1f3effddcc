/* SPDX-License-Identifier: MIT
 * The lists at the end of `yoke image`, on standard error. */
#ifndef YOKE_CLI_OUTCOME_H
#define YOKE_CLI_OUTCOME_H

#include <yoke/batch.h>

/* Every failed file with its reason, one line each; nothing where none failed. */
void cli_outcome_failures(const struct yk_batch_plan *plan);

/* Files that are done but hold rows of a device that was found wrong later, one line each. */
void cli_outcome_suspects(const struct yk_batch_plan *plan);

#endif
