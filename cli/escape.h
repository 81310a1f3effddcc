/* SPDX-License-Identifier: MIT
 *
 * Printing text that may hold names of files: bytes that a terminal would act on (control characters, invalid
 * UTF-8) appear as \n, \t, \r or \xNN. A name can thus send no escape sequence and, in lists of files, forge
 * no line.
 */
#ifndef YOKE_CLI_ESCAPE_H
#define YOKE_CLI_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Number of bytes of the valid, printable UTF-8 character at the start of `text`; 0 where there is none
 * (control characters, C1 ones included, and invalid bytes). */
size_t cli_character(const char *text);

/* Whether `text` is valid UTF-8 as a whole; control characters are allowed. */
bool cli_is_utf8(const char *text);

/* Writes `text` escaped; line feeds stay where keep_lines. */
void cli_put(FILE *to, const char *text, bool keep_lines);

/* Writes "yoke COMMAND: message" and a line end to standard error. `command` NULL: "yoke: message". Line
 * feeds in the message stay, because errors about a text show its line with a caret. */
__attribute__((format(printf, 2, 3))) void cli_error(const char *command, const char *format, ...);

/* Flushes standard output; reports what could not be written. Returns `code`, or EXIT_SOME_FAILED. */
int cli_close_output(int code);

#endif
