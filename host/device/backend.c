/* SPDX-License-Identifier: MIT
 * The backend table, and what is the same for all backends: listing, selection by text, opening by name. */
#include "backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct yk_backend *yk_backend_at(size_t index)
{
    static const struct yk_backend *const backends[] = {&yk_backend_cpu, &yk_backend_cl};
    return index < sizeof backends / sizeof *backends ? backends[index] : NULL;
}

struct yk_device_info *yk_device_list_add(struct yk_device_list *list)
{
    struct yk_device_info *grown = realloc(list->devices, (list->count + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    list->devices = grown;
    memset(&grown[list->count], 0, sizeof *grown);
    return &grown[list->count++];
}

static bool same_model(const struct yk_device_info *a, const struct yk_device_info *b)
{
    return strcmp(a->backend, b->backend) == 0 && strcmp(a->platform, b->platform) == 0 &&
           strcmp(a->name, b->name) == 0;
}

static void number_twins(struct yk_device_list *list)
{
    for (size_t k = 0; k < list->count; k++)
        for (size_t j = 0; j < k; j++)
            list->devices[k].ordinal += same_model(&list->devices[j], &list->devices[k]);
}

enum yk_status yk_device_list_make(struct yk_device_list *list, bool cpu_only, struct yk_error *error)
{
    struct yk_device_list made = {0};
    for (size_t k = 0; yk_backend_at(k); k++) {
        if (cpu_only && yk_backend_at(k) != &yk_backend_cpu)
            continue;
        enum yk_status status = yk_backend_at(k)->list(&made, error);
        if (status) {
            yk_device_list_free(&made);
            return status;
        }
    }
    number_twins(&made);
    *list = made;
    return YK_OK;
}

void yk_device_list_free(struct yk_device_list *list)
{
    free(list->devices);
    *list = (struct yk_device_list){0};
}

bool yk_device_selection_is_cpu(const char *selection)
{
    return strcmp(selection, "cpu") == 0;
}

/* Whether one word of a selection names a device. -1: the word is unknown. */
static int word_matches(const char *word, const struct yk_device_info *info)
{
    bool cpu = strcmp(info->id, "cpu") == 0, further_cpu = !cpu && strcmp(info->backend, "cpu") == 0;
    if (strcmp(word, "all") == 0)
        return info->usable;
    if (strcmp(word, "auto") == 0)
        return info->usable && (cpu || !info->host_cpu);
    if (strcmp(word, "cpu") == 0)
        return cpu;
    if (strcmp(word, "gpu") == 0)
        return info->usable && info->type == YK_DEVICE_GPU;
    if (strcmp(word, "cl") == 0)
        return info->usable && !cpu && !further_cpu;
    unsigned platform, device, part;
    char rest;
    if (further_cpu && strcmp(word, info->id) == 0)
        return true;
    if (sscanf(word, "cpu:%u%c", &device, &rest) == 1)
        return false;
    if (sscanf(word, "cl:%u.%u%c", &platform, &device, &rest) == 2 ||
        sscanf(word, "cl:%u.%u.%u%c", &platform, &device, &part, &rest) == 3)
        return strcmp(word, info->id) == 0;
    return -1;
}

enum yk_status yk_device_select(const struct yk_device_list *list, const char *selection, bool *chosen,
                                struct yk_error *error)
{
    enum yk_status missing = YK_OK; /* reported last: every word is understood first */
    memset(chosen, 0, list->count * sizeof *chosen);
    for (const char *at = selection;;) {
        char word[64];
        size_t length = strcspn(at, ",");
        size_t kept = length < sizeof word ? length : sizeof word - 1;
        memcpy(word, at, kept);
        word[kept] = '\0';
        bool found = false;
        for (size_t k = 0; k < list->count; k++) {
            int match = word_matches(word, &list->devices[k]);
            if (match < 0)
                return yk_error_set(
                    error, YK_ERR_PARSE,
                    "unknown device '%s'; accepted: auto, cpu, gpu, cl, cl:P.D, all, or a list of them "
                    "with commas",
                    word);
            if (match && !list->devices[k].usable && !missing)
                missing = yk_error_set(error, YK_ERR_MISSING, "the device %s cannot be used: %s", word,
                                       list->devices[k].reason);
            chosen[k] = chosen[k] || match;
            found = found || match;
        }
        if (!found && strchr(word, ':') && !missing)
            missing = yk_error_set(error, YK_ERR_MISSING, "there is no device %s here%s%s", word,
                                   list->notice[0] ? ": " : "", list->notice);
        if (!at[length])
            return missing;
        at += length + 1;
    }
}

enum yk_status yk_device_open(struct yk_device **device, const struct yk_device_info *info,
                              const struct yk_device_options *options, struct yk_error *error)
{
    for (size_t k = 0; yk_backend_at(k); k++)
        if (strcmp(yk_backend_at(k)->name, info->backend) == 0)
            return yk_backend_at(k)->open(device, info, options, error);
    return yk_error_set(error, YK_ERR_INTERNAL, "no backend called '%s'", info->backend);
}

void yk_device_close(struct yk_device *device, bool leak)
{
    if (device)
        yk_device_backend(device)->close(device, leak);
}
