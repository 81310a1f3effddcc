/* SPDX-License-Identifier: MIT
 * Which devices a batch run uses: the selection text against what there is (contract in batch_engine.h). */
#include "batch_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "guard.h"

static void add_device(struct engine *engine, const struct yk_device_info *info, unsigned lanes, bool retired)
{
    unsigned k = engine->device_count++;
    struct engine_device *device = &engine->devices[k];
    device->info = *info;
    device->statistics.lanes = lanes;
    memcpy(device->statistics.id, info->id, sizeof device->statistics.id);
    memcpy(device->statistics.name, info->name, sizeof device->statistics.name);
    engine->device_states[k] = (struct yk_policy_device){.lanes = lanes, .retired = retired};
    if (strcmp(info->id, "cpu") == 0)
        engine->cpu = k;
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

/* ---- decorations ---- */

static bool is_further_cpu(const char *id)
{
    unsigned number;
    char rest;
    return sscanf(id, "cpu:%u%c", &number, &rest) == 1 && number > 0;
}

/* Lists the further devices made of the CPU's code that the decorations name. */
static enum yk_status list_further_cpus(const struct engine *engine, struct yk_device_list *list,
                                        struct yk_error *error)
{
    const struct yk_batch_options *options = engine->options;
    const struct yk_device_info cpu = list->devices[0];
    for (size_t k = 0; k < options->decoration_count; k++) {
        const char *id = options->decorations[k].device;
        if (!is_further_cpu(id) || strlen(id) >= sizeof cpu.id)
            continue;
        struct yk_device_info *info = yk_device_list_add(list);
        if (!info)
            return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
        *info = cpu;
        snprintf(info->id, sizeof info->id, "%s", id);
        info->host_cpu = true;
    }
    return YK_OK;
}

/* Reads the decorations into the chosen devices. One of a device that the run does not have is a notice. */
static enum yk_status read_decorations(struct engine *engine, struct yk_error *error)
{
    const struct yk_batch_options *options = engine->options;
    for (size_t k = 0; k < options->decoration_count; k++) {
        const struct yk_batch_decoration *decoration = &options->decorations[k];
        bool found = false;
        for (unsigned d = 0; d < engine->device_count; d++) {
            struct engine_device *device = &engine->devices[d];
            if (strcmp(device->info.id, decoration->device) != 0)
                continue;
            enum yk_status status = yk_decoration_parse(&device->decoration, decoration->spec, error);
            if (status)
                return status;
            device->counts = decoration->counts;
            device->decorated = decoration->spec[0] != '\0';
            found = true;
        }
        if (!found && engine->observer->notice) {
            char text[256];
            snprintf(text, sizeof text, "'%.64s' applies to %.64s, which is not used in this run",
                     decoration->spec, decoration->device);
            engine->observer->notice(engine->observer->context, text);
        }
    }
    return YK_OK;
}

/* Known answers before a device but the CPU is used. */
static enum yk_status test_device(struct engine *engine, unsigned number, struct yk_device *device,
                                  const char *folder, struct yk_error *error)
{
    if (number == engine->cpu)
        return YK_OK;
    uint64_t start = yk_clock_ns();
    enum yk_status status = yk_guard_check(device, engine->pipeline, folder, error);
    yk_engine_trace_stage(engine, number, 0, "self-test", NULL, start, yk_clock_ns());
    return status;
}

enum yk_status yk_engine_open_device(struct engine *engine, unsigned device, unsigned slots,
                                     struct yk_device **opened, struct yk_error *error)
{
    const struct engine_device *self = &engine->devices[device];
    const struct yk_device_options options = {.slots = slots};
    const enum yk_self_test test = engine->options->self_test;
    struct yk_device *made = NULL;
    uint64_t start = yk_clock_ns();
    enum yk_status status = yk_device_open(&made, &self->info, &options, error);
    if (device != engine->cpu)
        yk_engine_trace_stage(engine, device, 0, "open", NULL, start, yk_clock_ns());
    /* What is remembered is about the device itself; what its decoration does to it is not. */
    if (!status && test == YK_SELF_TEST_ONCE)
        status = test_device(engine, device, made, NULL, error);
    if (!status && self->decorated)
        status = yk_device_decorate(&made, &self->decoration, slots, device == engine->cpu, error);
    if (!status && test == YK_SELF_TEST_ALWAYS)
        status = test_device(engine, device, made, "", error);
    if (status)
        yk_device_close(made, status == YK_ERR_TIMEOUT);
    else
        *opened = made;
    return status;
}

void yk_engine_close_device(struct engine *engine, unsigned device, struct yk_device *opened)
{
    const struct engine_device *self = &engine->devices[device];
    if (opened && self->decorated && self->counts)
        *self->counts = yk_decorated_counts(opened);
    yk_device_close(opened, self->hung);
}

/* ---- the choice ---- */

enum yk_status yk_engine_choose_devices(struct engine *engine, struct yk_error *error)
{
    const char *selection = engine->options->devices ? engine->options->devices : "auto";
    struct yk_device_list list;
    enum yk_status status = yk_device_list_make(&list, yk_engine_cpu_only(engine), error);
    if (status)
        return status;
    status = list_further_cpus(engine, &list, error);
    bool *chosen = status ? NULL : calloc(2 * (list.count + 1), sizeof *chosen);
    if (!status)
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
    if (!status)
        status = read_decorations(engine, error);
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
    for (size_t k = 0; k < options->decoration_count && !status; k++) {
        struct yk_decoration decoration;
        status = yk_decoration_parse(&decoration, options->decorations[k].spec, error);
    }
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
