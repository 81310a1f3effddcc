/* SPDX-License-Identifier: MIT
 * `yoke version`: what this build is. Looks at nothing else, so that it costs no start-up. */
#include "commands.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "escape.h"
#include "exit.h"
#include "json_text.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

struct values {
    bool json;
};

static const struct cli_option options[] = {
    {"json", 0, CLI_FLAG, offsetof(struct values, json), NULL, NULL, 0, 0, "as JSON"},
    {NULL, 0, CLI_FLAG, 0, NULL, NULL, 0, 0, NULL},
};

static int run(const struct cli_command *command, int count, char **argv)
{
    struct values values = {false};
    struct cli_words words;
    int code = cli_parse(command, count, argv, &values, &words);
    if (code != CLI_GO_ON)
        return code;
    if (words.count > 0) {
        code = cli_usage_error(command, "'%s': no arguments are wanted", words.words[0]);
    } else if (values.json) {
        code = cli_json_print(
            "version",
            json_pack("{s:s, s:s, s:s}", "yoke", YOKE_VERSION, "compiler", COMPILER, "licence", "MIT"),
            EXIT_DONE);
    } else {
        printf("yoke %s\ncompiler: %s\nlicence: MIT\n", YOKE_VERSION, COMPILER);
        code = cli_close_output(EXIT_DONE);
    }
    free(words.words);
    return code;
}

const struct cli_command cli_command_version = {
    .name = "version",
    .arguments = "[OPTION]...",
    .doc = "Tell the version, the compiler and the licence",
    .options = options,
    .complete = "",
    .run = run,
};
