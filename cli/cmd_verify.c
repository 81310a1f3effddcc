/* SPDX-License-Identifier: MIT
 * `yoke verify`: the known answers of every operation, on every device and every level of the CPU code. */
#include "commands.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <yoke/device.h>
#include <yoke/verify.h>

#include "escape.h"
#include "exit.h"
#include "json_text.h"

struct values {
    const char *devices;
    bool json;
};

static const struct cli_option options[] = {
    {"devices", 'd', CLI_TEXT, offsetof(struct values, devices), "LIST", NULL, 0, 0,
     "auto, cpu, gpu, cl, cl:P.D, all (the default), or several with commas"},
    {"json", 0, CLI_FLAG, offsetof(struct values, json), NULL, NULL, 0, 0, "as JSON"},
    {NULL, 0, CLI_FLAG, 0, NULL, NULL, 0, 0, NULL},
};

/* The outcome so far. */
struct tally {
    json_t *results; /* owned; NULL: plain lines on standard output */
    bool failed_memory;
    size_t passed, failed, broken; /* vectors, vectors, devices that could not be tested */
    enum yk_status worst;          /* status of the last such device */
};

static void put_failure(void *context, const char *line)
{
    (void)context;
    fputs("yoke verify: ", stderr);
    cli_put(stderr, line, false);
    fputc('\n', stderr);
}

static void note(struct tally *tally, const char *id, const char *level,
                 const struct yk_verify_result *result, const struct yk_error *error)
{
    bool broken = error->status != YK_OK;
    if (tally->results) {
        json_t *entry = json_pack("{s:o, s:s?, s:I, s:I, s:o}", "device", cli_json_text(id), "level", level,
                                  "passed", (json_int_t)result->passed, "failed", (json_int_t)result->failed,
                                  "error", broken ? cli_json_text(error->text) : json_null());
        if (json_array_append_new(tally->results, entry) != 0)
            tally->failed_memory = true;
    } else if (!broken) {
        printf("%s%s%s: %zu passed, %zu failed\n", id, level ? " " : "", level ? level : "", result->passed,
               result->failed);
        fflush(stdout); /* cli_close_output sees a failure */
    }
    if (broken)
        cli_error("verify", "%s%s%s could not be tested: %s", id, level ? " " : "", level ? level : "",
                  error->text);
}

static void verify(struct tally *tally, const char *id, const char *level)
{
    struct yk_verify_result result = {0, 0};
    struct yk_error error = {YK_OK, ""};
    if (yk_verify_device(id, level, &result, put_failure, NULL, &error) != YK_OK) {
        tally->broken++;
        tally->worst = error.status;
    }
    note(tally, id, level, &result, &error);
    tally->passed += result.passed;
    tally->failed += result.failed;
}

static int verify_chosen(struct tally *tally, const struct yk_device_list *list, const bool *chosen)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *level;
        if (chosen[i] && strcmp(list->devices[i].backend, "cpu") != 0)
            verify(tally, list->devices[i].id, NULL);
        else if (chosen[i])
            for (size_t k = 0; (level = yk_verify_level(k)) != NULL; k++)
                verify(tally, list->devices[i].id, level);
    }
    if (tally->failed > 0)
        return EXIT_WRONG;
    if (tally->broken > 0)
        return tally->worst == YK_ERR_NOMEM ? EXIT_INTERNAL : EXIT_MISSING;
    if (tally->passed == 0) {
        cli_error("verify", "no device was chosen: nothing was checked");
        return EXIT_MISSING;
    }
    return EXIT_DONE;
}

static int run_on(const char *selection, struct tally *tally)
{
    struct yk_device_list list = {0};
    struct yk_error error = {YK_OK, ""};
    bool *chosen = NULL;
    int code = EXIT_INTERNAL;
    if (yk_device_list_make(&list, yk_device_selection_is_cpu(selection), &error) == YK_OK) {
        chosen = calloc(list.count + 1, sizeof chosen[0]);
        if (!chosen)
            yk_error_set(&error, YK_ERR_NOMEM, "out of memory");
        else if (yk_device_select(&list, selection, chosen, &error) == YK_OK)
            code = verify_chosen(tally, &list, chosen);
    }
    if (error.status != YK_OK) {
        cli_error("verify", "%s", error.text);
        code = cli_exit_for(error.status);
    } else if (*list.notice && !yk_device_selection_is_cpu(selection)) {
        put_failure(NULL, list.notice);
    }
    free(chosen);
    yk_device_list_free(&list);
    return code;
}

static int run(const struct cli_command *command, int count, char **argv)
{
    struct values values = {"all", false};
    struct cli_words words;
    int code = cli_parse(command, count, argv, &values, &words);
    if (code != CLI_GO_ON)
        return code;
    struct tally tally = {.results = values.json ? json_array() : NULL};
    if (words.count > 0)
        code = cli_usage_error(command, "'%s': no arguments are wanted; --devices chooses", words.words[0]);
    else
        code = run_on(values.devices, &tally);
    bool answers = values.json && code != EXIT_USAGE;
    free(words.words);
    if (!answers) {
        json_decref(tally.results);
        return cli_close_output(code);
    }
    if (tally.failed_memory) {
        json_decref(tally.results);
        tally.results = NULL;
    }
    return cli_json_print("verify", tally.results, code);
}

const struct cli_command cli_command_verify = {
    .name = "verify",
    .arguments = "[OPTION]...",
    .doc = "Check the operations' known answers on the devices of this machine",
    .details = "The CPU is checked at every level of its code that this machine can run. Wrong\n"
               "results end with exit code 4, and each is a line on standard error.\n",
    .options = options,
    .complete = "",
    .run = run,
};
