/* SPDX-License-Identifier: MIT
 * `yoke devices`: every processor that could be used, and why one is not. */
#include "commands.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <yoke/device.h>

#include "escape.h"
#include "exit.h"
#include "json_text.h"
#include "rates.h"

struct values {
    bool json, rates;
    const char *profile;
};

static const struct cli_option options[] = {
    {"json", 0, CLI_FLAG, offsetof(struct values, json), NULL, NULL, 0, 0, "as JSON"},
    {"rates", 0, CLI_FLAG, offsetof(struct values, rates), NULL, NULL, 0, 0,
     "show what earlier runs have learnt of their speed"},
    {"profile", 0, CLI_PATH, offsetof(struct values, profile), "FILE", NULL, 0, 0,
     "the file for --rates (default: in the user's cache)"},
    {NULL, 0, CLI_FLAG, 0, NULL, NULL, 0, 0, NULL},
};

static const char *type_word(enum yk_device_type type)
{
    switch (type) {
    case YK_DEVICE_CPU:
        return "cpu";
    case YK_DEVICE_GPU:
        return "gpu";
    case YK_DEVICE_ACCELERATOR:
        break;
    }
    return "accelerator";
}

static const char *unit_word(const struct yk_device_info *device)
{
    bool cpu = strcmp(device->backend, "cpu") == 0;
    if (device->units == 1)
        return cpu ? "thread" : "compute unit";
    return cpu ? "threads" : "compute units";
}

static json_t *list_json(const struct yk_device_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < list->count; i++) {
        const struct yk_device_info *device = &list->devices[i];
        json_t *entry = json_pack(
            "{s:o, s:s, s:o, s:o, s:o, s:I, s:s, s:I, s:b, s:I, s:b, s:b, s:o}", "id",
            cli_json_text(device->id), "backend", device->backend, "name", cli_json_text(device->name),
            "platform", cli_json_text(device->platform), "driver", cli_json_text(device->driver), "ordinal",
            (json_int_t)device->ordinal, "type", type_word(device->type), "memory_bytes",
            (json_int_t)device->memory, "unified_memory", device->unified_memory, "units",
            (json_int_t)device->units, "host_cpu", device->host_cpu, "usable", device->usable, "reason",
            *device->reason ? cli_json_text(device->reason) : json_null());
        if (json_array_append_new(array, entry) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return json_pack("{s:o, s:o}", "devices", array, "notice",
                     *list->notice ? cli_json_text(list->notice) : json_null());
}

static void put_line(const char *label, const char *text)
{
    if (!*text)
        return;
    printf("  %-10s", label);
    cli_put(stdout, text, false);
    putchar('\n');
}

static void print_list(const struct yk_device_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct yk_device_info *device = &list->devices[i];
        printf("%-8s ", device->id);
        cli_put(stdout, device->name, false);
        putchar('\n');
        printf("  %-10s%s, %" PRIu32 " %s, %.1f GiB%s\n", "type", type_word(device->type), device->units,
               unit_word(device), (double)device->memory / 1073741824.0,
               device->unified_memory && strcmp(device->backend, "cpu") != 0 ? " of the host's memory" : "");
        put_line("platform", device->platform);
        put_line(strcmp(device->backend, "cpu") == 0 ? "compiler" : "driver", device->driver);
        put_line(device->usable ? "not auto" : "unusable", device->reason);
    }
    if (*list->notice) {
        fflush(stdout);
        fputs("yoke devices: ", stderr);
        cli_put(stderr, list->notice, false);
        fputc('\n', stderr);
    }
}

static int run(const struct cli_command *command, int count, char **argv)
{
    struct values values = {0};
    struct cli_words words;
    int code = cli_parse(command, count, argv, &values, &words);
    if (code != CLI_GO_ON)
        return code;
    struct yk_device_list list = {0};
    struct yk_error error;
    if (words.count > 0) {
        code = cli_usage_error(command, "'%s': no arguments are wanted", words.words[0]);
    } else if (values.profile && !values.rates) {
        code = cli_usage_error(command, "--profile is for --rates");
    } else if (yk_device_list_make(&list, false, &error) != YK_OK) {
        cli_error("devices", "%s", error.text);
        code = cli_exit_for(error.status);
    } else if (values.rates) {
        code = cli_rates_print(values.profile, &list, values.json);
    } else if (values.json) {
        code = cli_json_print("devices", list_json(&list), EXIT_DONE);
    } else {
        print_list(&list);
        code = cli_close_output(EXIT_DONE);
    }
    yk_device_list_free(&list);
    free(words.words);
    return code;
}

const struct cli_command cli_command_devices = {
    .name = "devices",
    .arguments = "[OPTION]...",
    .doc = "List the processors of this machine, also those that are not used",
    .options = options,
    .complete = "",
    .run = run,
};
