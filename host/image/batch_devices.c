/* SPDX-License-Identifier: MIT
 * Which devices a batch run uses: the selection text against what there is (contract in batch_engine.h). */
#include "batch_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

static void add_device(struct engine *engine, const struct yk_device_info *info, unsigned lanes, bool retired)
{
    unsigned k = engine->device_count++;
    struct engine_device *device = &engine->devices[k];
    device->info = *info;
    device->statistics.lanes = lanes;
    memcpy(device->statistics.id, info->id, sizeof device->statistics.id);
    memcpy(device->statistics.name, info->name, sizeof device->statistics.name);
    engine->device_states[k] = (struct yk_policy_device){.lanes = lanes, .retired = retired};
    if (strcmp(info->backend, "cpu") == 0)
        engine->cpu = k;
}

/* Whether the run is large enough for "auto" to look for OpenCL devices. */
static bool worth_a_search(const struct yk_batch_plan *plan)
{
    uint64_t bytes = 0;
    for (size_t k = 0; k < plan->count && bytes < YK_ENGINE_SEARCH_BYTES; k++)
        bytes += plan->items[k].state == YK_ITEM_PLANNED ? plan->items[k].input_bytes : 0;
    return bytes >= YK_ENGINE_SEARCH_BYTES;
}

bool yk_engine_cpu_only(const struct engine *engine)
{
    const char *selection = engine->options->devices ? engine->options->devices : "auto";
    return yk_device_selection_is_cpu(selection) ||
           (strcmp(selection, "auto") == 0 && !worth_a_search(engine->plan));
}

/* Looks for a class of OpenCL devices in the selection that no device here belongs to ("gpu", "cl"; "auto"
 * and "all" take what there is). `chosen` is scratch for list->count devices. */
static bool find_unserved(const struct yk_device_list *list, const char *selection, bool *chosen,
                          char word[8])
{
    for (const char *at = selection;; at += strcspn(at, ",") + 1) {
        size_t length = strcspn(at, ",");
        bool any = false;
        snprintf(word, 8, "%.*s", length < 8 ? (int)length : 7, at);
        if (strcmp(word, "gpu") == 0 || strcmp(word, "cl") == 0) {
            bool known = yk_device_select(list, word, chosen, NULL) == YK_OK;
            for (size_t k = 1; k < list->count; k++)
                any = any || (known && chosen[k]);
            if (!any)
                return true;
        }
        if (!at[length])
            return false;
    }
}

/* A class of devices that nobody belongs to: an error if they were demanded, else one line for the person. */
static enum yk_status report_unserved(const struct engine *engine, const struct yk_device_list *list,
                                      const char *word, bool cpu_only, struct yk_error *error)
{
    char text[512];
    snprintf(text, sizeof text, "no OpenCL device for --devices %s%s%s", word, list->notice[0] ? ": " : "",
             list->notice);
    if (engine->options->strict_devices)
        return yk_error_set(error, YK_ERR_MISSING, "%s", text);
    if (cpu_only)
        strncat(text, "; the CPU does it all", sizeof text - strlen(text) - 1);
    if (engine->trace)
        yk_trace_instant(engine->trace, yk_clock_ns(), engine->track_reads, "notice", text);
    if (engine->observer->notice)
        engine->observer->notice(engine->observer->context, text);
    return YK_OK;
}

enum yk_status yk_engine_choose_devices(struct engine *engine, struct yk_error *error)
{
    const char *selection = engine->options->devices ? engine->options->devices : "auto";
    struct yk_device_list list;
    enum yk_status status = yk_device_list_make(&list, yk_engine_cpu_only(engine), error);
    if (status)
        return status;
    bool *chosen = calloc(2 * (list.count + 1), sizeof *chosen);
    status = chosen ? yk_device_select(&list, selection, chosen, error)
                    : yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    size_t others = 0;
    char word[8];
    for (size_t k = 1; k < list.count && !status; k++)
        others += chosen[k];
    if (!status && find_unserved(&list, selection, chosen + list.count, word))
        status = report_unserved(engine, &list, word, others == 0, error);
    if (!status) {
        bool use_cpu = chosen[0] || others == 0;
        if (use_cpu)
            add_device(engine, &list.devices[0], engine->threads, false);
        for (size_t k = 1; k < list.count && engine->device_count + 1 < YK_POLICY_DEVICES; k++)
            if (chosen[k])
                add_device(engine, &list.devices[k], 1, false);
        if (!use_cpu)
            add_device(engine, &list.devices[0], engine->threads, true);
    }
    free(chosen);
    yk_device_list_free(&list);
    return status;
}

/* ---- the texts alone ---- */

enum yk_status yk_batch_check(const struct yk_batch_options *options, struct yk_error *error)
{
    const struct yk_policy *policy;
    struct yk_policy_arguments arguments;
    struct yk_device_list list;
    bool chosen[2];
    enum yk_status status =
        yk_policy_parse(options->sched ? options->sched : "auto", &policy, &arguments, error);
    if (status)
        return status;
    status = yk_device_list_make(&list, true, error);
    if (status)
        return status;
    /* Only the words are checked: a device given by number is looked for when the run starts. */
    status = yk_device_select(&list, options->devices ? options->devices : "auto", chosen, error);
    yk_device_list_free(&list);
    return status == YK_ERR_MISSING ? YK_OK : status;
}
