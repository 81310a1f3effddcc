/* SPDX-License-Identifier: MIT
 * The table of rates (contract in rates.h). */
#include "rates.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <yoke/profile.h>

#include "escape.h"
#include "exit.h"
#include "json_text.h"

/* What is shown beside an entry. */
struct about {
    const char *id;    /* of the device, in the list; NULL: it is not there */
    const char *state; /* whether the entry is used, or why not */
};

/* The CPU is the same with any number of threads, which follows from the job. */
static const char *find_id(const struct yk_profile_entry *entry, const struct yk_device_list *list)
{
    for (size_t k = 0; k < list->count; k++) {
        char text[YK_PROFILE_DEVICE];
        bool cpu = strcmp(list->devices[k].backend, "cpu") == 0;
        yk_profile_device(text, &list->devices[k], list->devices[k].units);
        size_t length = cpu ? (size_t)(strrchr(text, '|') - text) + 1 : sizeof text;
        if (strncmp(text, entry->key.device, length) == 0)
            return list->devices[k].id;
    }
    return NULL;
}

static struct about about_of(const struct yk_profile_entry *entry, const struct yk_device_list *list,
                             uint64_t kernels, uint64_t now)
{
    struct about about = {.id = find_id(entry, list), .state = "used"};
    if (!about.id)
        about.state = "other device or driver";
    else if (entry->key.kernels != kernels)
        about.state = "other version of yoke";
    else if (entry->rate.samples < YK_PROFILE_TRUSTED)
        about.state = "too few samples";
    else if (entry->learnt > now || now - entry->learnt > YK_PROFILE_SECONDS)
        about.state = "too old";
    return about;
}

static json_t *entry_json(const struct yk_profile_entry *entry, struct about about)
{
    return json_pack("{s:o, s:o, s:o, s:i, s:I, s:i, s:i, s:f, s:I, s:s}", "device",
                     about.id ? cli_json_text(about.id) : json_null(), "identity",
                     cli_json_text(entry->key.device), "work", cli_json_text(entry->key.work), "log2_pixels",
                     (int)entry->key.size, "steps_per_second", (json_int_t)entry->rate.rate, "samples",
                     (int)entry->rate.samples, "rejects", (int)entry->rate.rejects, "setup_ms",
                     (double)entry->rate.setup_ns / 1e6, "learnt", (json_int_t)entry->learnt, "state",
                     about.state);
}

static int print_json(const struct yk_profile *profile, const char *path, const struct yk_device_list *list,
                      uint64_t now)
{
    json_t *root = json_object(), *rates = json_array();
    uint64_t kernels = yk_profile_kernels();
    char hash[20];
    snprintf(hash, sizeof hash, "%016" PRIx64, kernels);
    bool good = root && rates && (!path || cli_json_path(root, "file", path) == 0);
    for (size_t k = 0; good && k < profile->count; k++) {
        struct about about = about_of(&profile->entries[k], list, kernels, now);
        good = json_array_append_new(rates, entry_json(&profile->entries[k], about)) == 0;
    }
    good = good &&
           json_object_set_new(root, "ignored_lines", json_integer((json_int_t)profile->ignored)) == 0 &&
           json_object_set_new(root, "kernels", json_string(hash)) == 0 &&
           json_object_set(root, "rates", rates) == 0;
    json_decref(rates);
    if (!good) {
        json_decref(root);
        root = NULL;
    }
    return cli_json_print("devices", root, EXIT_DONE);
}

static void print_table(const struct yk_profile *profile, const struct yk_device_list *list, uint64_t now)
{
    uint64_t kernels = yk_profile_kernels();
    if (profile->count == 0)
        return;
    printf("%-10s %9s %8s %8s %10s  %-6s  %-22s  %s\n", "device", "G/s", "samples", "rejects", "set-up ms",
           "pixels", "state", "work");
    for (size_t k = 0; k < profile->count; k++) {
        const struct yk_profile_entry *entry = &profile->entries[k];
        struct about about = about_of(entry, list, kernels, now);
        printf("%-10s %9.3f %8u %8u %10.1f  2^%-4u  %-22s  ", about.id ? about.id : "-",
               (double)entry->rate.rate / 1e9, entry->rate.samples, entry->rate.rejects,
               (double)entry->rate.setup_ns / 1e6, entry->key.size, about.state);
        cli_put(stdout, entry->key.work, false);
        if (!about.id) {
            fputs(" on ", stdout);
            cli_put(stdout, entry->key.device, false);
        }
        putchar('\n');
    }
    puts("\nG/s: 10^9 steps of arithmetic per second, transfers included.");
}

/* What the table does not say, on standard error. */
static void print_notice(const struct yk_profile *profile, const char *path)
{
    if (profile->count > 0 && profile->ignored == 0)
        return;
    fflush(stdout);
    fputs("yoke devices: ", stderr);
    if (profile->count == 0)
        fputs("no rates were learnt yet; ", stderr);
    if (!path)
        fputs("there is no cache folder", stderr);
    else if (profile->ignored)
        fprintf(stderr, "%zu damaged %s left out of ", profile->ignored,
                profile->ignored == 1 ? "line was" : "lines were");
    else
        fputs("the file is ", stderr);
    cli_put(stderr, path ? path : "", false);
    fputc('\n', stderr);
}

int cli_rates_print(const char *path, const struct yk_device_list *list, bool json)
{
    struct yk_profile profile = {0};
    char *own = path ? NULL : yk_profile_path();
    time_t clock = time(NULL);
    uint64_t now = clock > 0 ? (uint64_t)clock : 0;
    int code;
    path = path ? path : own;
    if (path)
        yk_profile_load(&profile, path);
    if (json)
        code = print_json(&profile, path, list, now);
    else {
        print_table(&profile, list, now);
        print_notice(&profile, path);
        code = cli_close_output(EXIT_DONE);
    }
    yk_profile_free(&profile);
    free(own);
    return code;
}
