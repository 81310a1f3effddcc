/* SPDX-License-Identifier: MIT
 * What --explain-devices prints. */
#ifndef YOKE_CLI_EXPLAIN_H
#define YOKE_CLI_EXPLAIN_H

#include <yoke/batch.h>

#include "image_options.h"

/* Prints to standard error which devices the run will use and why: a line for each, a line of conclusion.
 * Returns CLI_GO_ON, or the exit code where the devices cannot be chosen; then it has said why. */
int cli_explain_devices(const struct cli_image *image, struct yk_batch_plan *plan,
                        const struct yk_pipeline *pipeline, const struct yk_batch_options *options);

#endif
