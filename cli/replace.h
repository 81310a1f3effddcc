/* SPDX-License-Identifier: MIT
 * Files that a command writes beside its results (--report, --trace): whether one can, before the run, and
 * writing it as a whole after it. */
#ifndef YOKE_CLI_REPLACE_H
#define YOKE_CLI_REPLACE_H

#include <stdbool.h>
#include <stdio.h>

/* Whether a file can be put at `path`, as far as one can tell without touching anything. `what` is its name
 * in messages ("report"). On failure says why. */
bool cli_replace_check(const char *what, const char *path);

/* Writes a file: to a temporary name beside it, then renamed, so that `path` holds the old file or all of the
 * new one; a device or a pipe is written to as it is. `write` puts the content and returns 0 or an errno;
 * what the stream itself could not take is found here. Returns false, after saying why, where it failed. */
bool cli_replace_file(const char *what, const char *path, int (*write)(FILE *to, void *context),
                      void *context);

#endif
