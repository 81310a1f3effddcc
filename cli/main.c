/* SPDX-License-Identifier: MIT
 * The command `yoke`: the table of commands, and which one runs. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "exit.h"
#include "option.h"

static const struct cli_command *const commands[] = {
    &cli_command_image,  &cli_command_ops,   &cli_command_devices, &cli_command_info,
    &cli_command_verify, &cli_command_bench, &cli_command_version, &cli_command_completion,
};

const struct cli_command *cli_command_at(size_t index)
{
    return index < sizeof commands / sizeof commands[0] ? commands[index] : NULL;
}

static const struct cli_command *find(const char *name)
{
    const struct cli_command *command;
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++)
        if (strcmp(command->name, name) == 0)
            return command;
    struct cli_nearest nearest = {.word = name};
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++)
        cli_nearest_try(&nearest, command->name);
    if (nearest.name)
        cli_error(NULL, "unknown command '%s'; did you mean '%s'?\n(yoke --help lists the commands)", name,
                  nearest.name);
    else
        cli_error(NULL, "unknown command '%s'\n(yoke --help lists the commands)", name);
    return NULL;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (argc < 2) {
        cli_help_program(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0)
        name = "version";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || (strcmp(name, "help") == 0 && argc == 2)) {
        cli_help_program(stdout);
        return cli_close_output(EXIT_DONE);
    }
    if (strcmp(name, "help") == 0) {
        const struct cli_command *topic = find(argv[2]);
        if (!topic)
            return EXIT_USAGE;
        const struct cli_command *part = argc > 3 ? cli_part(topic, argv[3]) : NULL;
        cli_help_command(stdout, part ? part : topic);
        return cli_close_output(EXIT_DONE);
    }
    const struct cli_command *command = find(name);
    return command ? command->run(command, argc - 2, argv + 2) : EXIT_USAGE;
}
