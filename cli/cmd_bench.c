/* SPDX-License-Identifier: MIT
 * `yoke bench`: the table of benchmarks, and which one runs. A new one is a line in the table. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "escape.h"
#include "exit.h"

static const struct cli_option options[] = {
    {NULL, 0, CLI_FLAG, 0, NULL, NULL, 0, 0, NULL},
};

static const struct cli_command bench_list;

static const struct cli_command *const parts[] = {
    &bench_list,
    &cli_bench_sim,
    NULL,
};

static int run_list(const struct cli_command *command, int count, char **argv)
{
    struct cli_words words;
    int code = cli_parse(command, count, argv, NULL, &words);
    if (code != CLI_GO_ON)
        return code;
    if (words.count > 0)
        code = cli_usage_error(command, "'%s': no arguments are wanted", words.words[0]);
    else {
        for (const struct cli_command *const *part = parts; *part; part++)
            if (*part != command)
                printf("%-12s %s\n", cli_part_word(*part), (*part)->doc);
        code = cli_close_output(EXIT_DONE);
    }
    free(words.words);
    return code;
}

static const struct cli_command bench_list = {
    .name = "bench list",
    .arguments = "",
    .doc = "List the benchmarks",
    .options = options,
    .complete = "",
    .run = run_list,
};

static int unknown(const struct cli_command *command, const char *word)
{
    struct cli_nearest nearest = {.word = word};
    for (const struct cli_command *const *part = command->parts; *part; part++)
        cli_nearest_try(&nearest, cli_part_word(*part));
    if (nearest.name)
        return cli_usage_error(command, "unknown benchmark '%s'; did you mean '%s'?", word, nearest.name);
    return cli_usage_error(command, "unknown benchmark '%s'", word);
}

static int run(const struct cli_command *command, int count, char **argv)
{
    const struct cli_command *part = count > 0 ? cli_part(command, argv[0]) : NULL;
    struct cli_words words;
    if (part)
        return part->run(part, count - 1, argv + 1);
    int code = cli_parse(command, count, argv, NULL, &words);
    if (code != CLI_GO_ON)
        return code;
    code = words.count > 0 ? unknown(command, words.words[0])
                           : cli_usage_error(command, "which benchmark?\n(yoke bench list shows them)");
    free(words.words);
    return code;
}

const struct cli_command cli_command_bench = {
    .name = "bench",
    .arguments = "BENCHMARK [OPTION]...",
    .doc = "Run a benchmark; yoke bench list shows them",
    .options = options,
    .complete = "",
    .parts = parts,
    .run = run,
};
