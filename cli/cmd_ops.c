/* SPDX-License-Identifier: MIT
 * `yoke ops`: the operations, for a person, as a page, or as JSON. */
#include "commands.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <yoke/op.h>

#include "escape.h"
#include "exit.h"
#include "json_text.h"

struct values {
    bool markdown, json;
};

static const struct cli_option options[] = {
    {"markdown", 0, CLI_FLAG, offsetof(struct values, markdown), NULL, NULL, 0, 0,
     "the reference of all operations as a Markdown page"},
    {"json", 0, CLI_FLAG, offsetof(struct values, json), NULL, NULL, 0, 0, "as JSON"},
    {NULL, 0, CLI_FLAG, 0, NULL, NULL, 0, 0, NULL},
};

static json_t *bound(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *op_json(const struct yk_op *op)
{
    struct yk_param_info info;
    json_t *params = json_array();
    for (size_t i = 0; params && yk_op_param(op, i, &info); i++) {
        json_t *param = json_pack("{s:s, s:s, s:s?, s:o, s:o, s:s}", "name", info.name, "type", info.type,
                                  "default", info.fallback, "least", bound(info.least), "greatest",
                                  bound(info.greatest), "doc", info.doc);
        if (json_array_append_new(params, param) != 0) {
            json_decref(params);
            params = NULL;
        }
    }
    return json_pack("{s:s, s:s, s:s, s:o}", "name", yk_op_name(op), "shape", yk_op_shape(op), "doc",
                     yk_op_doc(op), "parameters", params);
}

static json_t *all_json(void)
{
    const struct yk_op *op;
    json_t *array = json_array();
    for (size_t i = 0; array && (op = yk_op_at(i)) != NULL; i++)
        if (json_array_append_new(array, op_json(op)) != 0) {
            json_decref(array);
            array = NULL;
        }
    return array;
}

static int list(void)
{
    const struct yk_op *op;
    for (size_t i = 0; (op = yk_op_at(i)) != NULL; i++)
        printf("%-12s %s\n", yk_op_name(op), yk_op_doc(op));
    return cli_close_output(EXIT_DONE);
}

static int unknown(const char *name)
{
    const char *nearest = yk_op_nearest(name);
    if (nearest)
        cli_error("ops", "unknown operation '%s'; did you mean '%s'?", name, nearest);
    else
        cli_error("ops", "unknown operation '%s'\n(yoke ops lists them)", name);
    return EXIT_USAGE;
}

static int run(const struct cli_command *command, int count, char **argv)
{
    struct values values = {false, false};
    struct cli_words words;
    int code = cli_parse(command, count, argv, &values, &words);
    if (code != CLI_GO_ON)
        return code;
    const char *name = words.count ? words.words[0] : NULL;
    const struct yk_op *op = name ? yk_op_find(name) : NULL;
    if (words.count > 1) {
        code = cli_usage_error(command, "one operation at a time, or none for the list");
    } else if (values.markdown && (name || values.json)) {
        code = cli_usage_error(command,
                               "--markdown writes the page of all operations and goes with nothing else");
    } else if (name && !op) {
        code = unknown(name);
    } else if (values.json) {
        code = cli_json_print("ops", op ? op_json(op) : all_json(), EXIT_DONE);
    } else if (values.markdown) {
        yk_ops_write_markdown(stdout);
        code = cli_close_output(EXIT_DONE);
    } else if (op) {
        yk_op_write_text(op, stdout);
        code = cli_close_output(EXIT_DONE);
    } else {
        code = list();
    }
    free(words.words);
    return code;
}

const struct cli_command cli_command_ops = {
    .name = "ops",
    .arguments = "[NAME] [OPTION]...",
    .doc = "List the operations, or describe one",
    .options = options,
    .complete = "op",
    .run = run,
};
