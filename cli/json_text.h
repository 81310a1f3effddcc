/* SPDX-License-Identifier: MIT
 * What every command with --json shares: strings of any bytes, and printing. */
#ifndef YOKE_CLI_JSON_TEXT_H
#define YOKE_CLI_JSON_TEXT_H

#include <jansson.h>

/* `text` as a JSON string. JSON holds Unicode only: invalid bytes become \xNN. A new reference, NULL without
 * memory. */
json_t *cli_json_text(const char *text);

/* Sets object[key] to the file name `path` and, where that is not UTF-8, object[key + "_hex"] to its exact
 * bytes. Returns 0, or -1 without memory. */
int cli_json_path(json_t *object, const char *key, const char *path);

/* Prints `root` (taken over; NULL: memory was lacking) to standard output. Returns `code` or what went wrong.
 */
int cli_json_print(const char *command, json_t *root, int code);

#endif
