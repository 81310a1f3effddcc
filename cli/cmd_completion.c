/* SPDX-License-Identifier: MIT
 * `yoke completion`: the completion script for bash, from the tables. cli/completion.bash is a copy of its
 * output. */
#include "commands.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "exit.h"

enum { OPTIONS_ON_LINE = 6 };

static const struct cli_option options[] = {
    {NULL, 0, CLI_FLAG, 0, NULL, NULL, 0, 0, NULL},
};

/* "bench sim" is two words to the shell. */
static void put_name(const struct cli_command *command)
{
    const char *quote = strchr(command->name, ' ') ? "'" : "";
    printf("%s%s%s", quote, command->name, quote);
}

/* What can stand behind an option: its choices, names of files, or nothing known. */
static void put_values(const struct cli_command *command)
{
    for (const struct cli_command *const *part = command->parts; part && *part; part++)
        put_values(*part);
    for (const struct cli_option *option = command->options; option->name; option++) {
        if (option->kind == CLI_FLAG)
            continue;
        fputs("    ", stdout);
        put_name(command);
        printf(":--%s", option->name);
        if (option->letter) {
            fputs(" | ", stdout);
            put_name(command);
            printf(":-%c", option->letter);
        }
        fputs(")\n", stdout);
        if (option->kind == CLI_PATH) {
            puts("        _yoke_files");
        } else if (option->kind == CLI_CHOICE) {
            fputs("        _yoke_words \"", stdout);
            for (size_t i = 0; option->choices[i]; i++)
                printf("%s%s", i ? " " : "", option->choices[i]);
            puts("\"");
        } else if (strcmp(option->name, "devices") == 0) {
            puts("        _yoke_words \"auto cpu gpu cl all\"");
        }
        puts("        return ;;");
    }
}

static void put_command(const struct cli_command *command)
{
    size_t on_line = 0;
    fputs("    ", stdout);
    put_name(command);
    printf(")\n        arguments='%s'\n        options=\"--help",
           *command->complete ? command->complete : "none");
    for (const struct cli_option *option = command->options; option->name; option++)
        printf("%s--%s", ++on_line % OPTIONS_ON_LINE ? " " : "\n            ", option->name);
    puts("\" ;;");
    for (const struct cli_command *const *part = command->parts; part && *part; part++)
        put_command(*part);
}

/* Where a command has parts, the second word chooses among them. */
static void put_parts(const struct cli_command *command)
{
    printf("    %s)\n"
           "        if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
           "            _yoke_words \"--help",
           command->name);
    for (const struct cli_command *const *part = command->parts; *part; part++)
        printf(" %s", cli_part_word(*part));
    puts("\"\n"
         "            return\n"
         "        fi\n"
         "        command+=\" ${COMP_WORDS[2]}\" ;;");
}

static void put_script(void)
{
    const struct cli_command *command;
    fputs("# SPDX-License-Identifier: MIT\n"
          "# Completion of yoke for bash. Made by `yoke completion`: do not edit.\n"
          "\n"
          "_yoke_words() {\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$word\")\n"
          "}\n"
          "\n"
          "_yoke_files() {\n"
          "    compopt -o filenames 2>/dev/null\n"
          "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
          "}\n"
          "\n"
          "_yoke() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    local command=${COMP_WORDS[1]} options='' arguments=''\n"
          "    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        _yoke_words \"help --help --version",
          stdout);
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++)
        printf(" %s", command->name);
    fputs("\"\n"
          "        return\n"
          "    fi\n"
          "    # bash takes --option=value apart at the sign\n"
          "    [ \"$word\" != = ] || word=''\n"
          "    [ \"$before\" != = ] || before=${COMP_WORDS[COMP_CWORD - 2]}\n"
          "    case $command in\n",
          stdout);
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++)
        if (command->parts)
            put_parts(command);
    fputs("    esac\n"
          "    case $command:$before in\n",
          stdout);
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++)
        put_values(command);
    fputs("    esac\n"
          "    case $command in\n",
          stdout);
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++)
        put_command(command);
    fputs("    help) arguments='command' ;;\n"
          "    esac\n"
          "    case $word:$arguments in\n"
          "    -*) _yoke_words \"$options\" ;;\n"
          "    *:op) _yoke_words \"$(\"$1\" ops 2>/dev/null | cut -d ' ' -f 1)\" ;;\n"
          "    *:command) _yoke_words \"",
          stdout);
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++)
        printf("%s%s", i ? " " : "", command->name);
    fputs("\" ;;\n"
          "    *:file) _yoke_files ;;\n"
          "    esac\n"
          "}\n"
          "\n"
          "complete -F _yoke yoke\n",
          stdout);
}

static int run(const struct cli_command *command, int count, char **argv)
{
    struct cli_words words;
    int code = cli_parse(command, count, argv, NULL, &words);
    if (code != CLI_GO_ON)
        return code;
    if (words.count > 0) {
        code = cli_usage_error(command, "'%s': no arguments are wanted", words.words[0]);
    } else {
        put_script();
        code = cli_close_output(EXIT_DONE);
    }
    free(words.words);
    return code;
}

const struct cli_command cli_command_completion = {
    .name = "completion",
    .arguments = "",
    .doc = "Print the completion script for bash",
    .details = "  source <(yoke completion)\n",
    .options = options,
    .complete = "",
    .run = run,
};
