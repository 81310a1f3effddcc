/* SPDX-License-Identifier: MIT
 * Help texts from the tables (contract in option.h), at most 80 columns. */
#include "option.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 80, DOC_COLUMN = 28 };

void cli_option_synopsis(const struct cli_option *option, char *text, size_t size)
{
    char value[80] = "";
    if (option->kind == CLI_CHOICE)
        for (size_t i = 0; option->choices[i]; i++) {
            size_t used = strlen(value);
            snprintf(value + used, sizeof value - used, "%s%s", i ? "|" : "", option->choices[i]);
        }
    else if (option->value)
        snprintf(value, sizeof value, "%s", option->value);
    char letter[8] = "    ";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(text, size, "%s--%s%s%s", letter, option->name, *value ? " " : "", value);
}

/* Writes `text` from column `column` on, broken at spaces, later lines indented to `indent`. */
static void put_wrapped(FILE *to, const char *text, int column, int indent)
{
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column > indent && column + 1 + length > COLUMNS) {
            fprintf(to, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', to);
            column++;
        }
        fprintf(to, "%.*s", length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', to);
}

static void put_option(FILE *to, const char *synopsis, const char *doc)
{
    int used = fprintf(to, "  %s", synopsis);
    if (used > DOC_COLUMN - 2)
        fprintf(to, "\n%*s", DOC_COLUMN, "");
    else
        fprintf(to, "%*s", DOC_COLUMN - used, "");
    put_wrapped(to, doc, DOC_COLUMN, DOC_COLUMN);
}

void cli_help_command(FILE *to, const struct cli_command *command)
{
    fprintf(to, "usage: yoke %s%s%s\n\n", command->name, *command->arguments ? " " : "", command->arguments);
    put_wrapped(to, command->doc, 0, 0);
    if (command->details)
        fprintf(to, "\n%s", command->details);
    if (command->parts)
        fprintf(to, "\nCommands\n");
    for (const struct cli_command *const *part = command->parts; part && *part; part++)
        put_option(to, (*part)->name, (*part)->doc);
    fprintf(to, "\nOptions\n");
    for (const struct cli_option *option = command->options; option->name; option++) {
        char synopsis[128];
        cli_option_synopsis(option, synopsis, sizeof synopsis);
        put_option(to, synopsis, option->doc);
    }
    put_option(to, "-h, --help", "this text");
}

void cli_help_program(FILE *to)
{
    fprintf(to, "usage: yoke COMMAND [ARGUMENT]...\n\n"
                "Image batches on all processors of this machine: CPU threads and OpenCL devices.\n"
                "\nCommands\n");
    const struct cli_command *command;
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++)
        fprintf(to, "  %-12s%s\n", command->name, command->doc);
    fprintf(to, "\nyoke COMMAND --help tells about one of them.\n"
                "\nExit codes\n"
                "  0  done                       4       wrong results found\n"
                "  1  some files failed          5       a demanded device is missing or failed\n"
                "  2  usage or plan error,       70      internal error, or no memory\n"
                "     nothing was processed      128+N   stopped by signal N (130: Ctrl-C)\n"
                "  3  incomplete: a device failed (--on-device-error fail)\n");
}
