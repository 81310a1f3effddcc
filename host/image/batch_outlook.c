/* SPDX-License-Identifier: MIT
 * What a batch run will do with the machine's devices, and why (contract in yoke/batch.h). It makes the same
 * choice as the run, with the same functions, and opens nothing. */
#include "batch_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Gain over the best device below which "auto" does without the others (policy_auto.c), in per cent. */
enum { LEAST_GAIN = 5 };

/* The engine's number of a device, or its count. */
static unsigned number_of(const struct engine *engine, const char *id)
{
    unsigned k = 0;
    while (k < engine->device_count && strcmp(engine->devices[k].info.id, id) != 0)
        k++;
    return k;
}

static void say_why(const struct engine *engine, const struct yk_device_info *info, const char *selection,
                    bool named, struct yk_batch_outlook_device *device)
{
    unsigned number = number_of(engine, info->id), threads = engine->threads;
    size_t size = sizeof device->why;
    bool known = number < engine->device_count;
    bool cpu = known && number == engine->cpu;
    device->used = known && !engine->device_states[number].retired;
    if (cpu && device->used)
        snprintf(device->why, size, "%s%u %s", named ? "" : "for want of others: ", threads,
                 threads == 1 ? "thread, which also decodes and encodes"
                              : "threads, which also decode and encode");
    else if (cpu)
        snprintf(device->why, size, "decodes, encodes, and is the last resort");
    else if (device->used)
        snprintf(device->why, size, "%s", info->name);
    else if (*info->reason && (!info->usable || strcmp(selection, "auto") == 0))
        snprintf(device->why, size, "%s", info->reason);
    else
        snprintf(device->why, size, "'%.64s' does not name it", selection);
}

/* Fills in one entry for each device that is listed. */
static enum yk_status describe(const struct engine *engine, const struct yk_device_list *list,
                               struct yk_batch_outlook *outlook, struct yk_error *error)
{
    const char *selection = engine->options->devices ? engine->options->devices : "auto";
    bool *named = calloc(list->count + 1, sizeof *named);
    enum yk_status status = named ? yk_device_select(list, selection, named, error)
                                  : yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    for (size_t k = 0; k < list->count && k < YK_BATCH_DEVICES && !status; k++) {
        struct yk_batch_outlook_device *device = &outlook->devices[outlook->device_count++];
        memcpy(device->id, list->devices[k].id, sizeof device->id);
        memcpy(device->name, list->devices[k].name, sizeof device->name);
        say_why(engine, &list->devices[k], selection, named[k], device);
    }
    free(named);
    return status;
}

static enum yk_status list_devices(const struct engine *engine, struct yk_batch_outlook *outlook,
                                   struct yk_error *error)
{
    bool cpu_only = yk_engine_cpu_only(engine);
    bool demanded = engine->options->devices && yk_device_selection_is_cpu(engine->options->devices);
    struct yk_device_list list;
    enum yk_status status = yk_device_list_make(&list, cpu_only, error);
    if (status)
        return status;
    status = describe(engine, &list, outlook, error);
    if (cpu_only && !demanded)
        snprintf(outlook->search, sizeof outlook->search,
                 "not looked for: 'auto' does so from %d MiB of input on, 'all' always",
                 YK_ENGINE_SEARCH_BYTES >> 20);
    else if (cpu_only)
        snprintf(outlook->search, sizeof outlook->search, "not looked for");
    else if (list.count < 2)
        snprintf(outlook->search, sizeof outlook->search, "%s",
                 *list.notice ? list.notice : "no device was found");
    yk_device_list_free(&list);
    return status;
}

static void conclude(const struct engine *engine, struct yk_batch_outlook *outlook)
{
    char *text = outlook->conclusion;
    size_t size = sizeof outlook->conclusion;
    const char *only = NULL, *policy = engine->policy->name;
    unsigned used = 0;
    for (unsigned k = 0; k < engine->device_count; k++)
        if (!engine->device_states[k].retired) {
            only = engine->devices[k].info.id;
            used++;
        }
    if (used == 1)
        snprintf(text, size, "%s computes everything", only);
    else if (engine->policy != &yk_policy_auto)
        snprintf(text, size, "%u devices share the rows as '%s' says: %s", used, policy, engine->policy->doc);
    else
        snprintf(text, size,
                 "%u devices; the first bands measure them, and where all together gain less than %d %% over "
                 "the best one, that one does it alone",
                 used, LEAST_GAIN);
}

enum yk_status yk_batch_outlook_make(struct yk_batch_outlook *outlook, struct yk_batch_plan *plan,
                                     const struct yk_pipeline *pipeline,
                                     const struct yk_batch_options *options, struct yk_error *error)
{
    static const struct yk_batch_observer silent = {0};
    struct yk_batch_outlook made = {0};
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    engine->plan = plan;
    engine->pipeline = pipeline;
    engine->options = options;
    engine->observer = &silent;
    engine->limits = yk_limits_resolve(&options->limits);
    engine->threads = yk_engine_threads(plan, options);
    enum yk_status status = yk_policy_parse(options->sched ? options->sched : "auto", &engine->policy,
                                            &engine->policy_arguments, error);
    if (!status)
        status = yk_engine_choose_devices(engine, error);
    if (!status)
        status = list_devices(engine, &made, error);
    if (!status) {
        conclude(engine, &made);
        *outlook = made;
    }
    free(engine);
    return status;
}
