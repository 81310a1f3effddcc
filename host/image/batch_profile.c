/* SPDX-License-Identifier: MIT
 * The profile of a batch run: read before it, written after it (contract in batch_engine.h). */
#include "batch_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mem.h"
#include "profile.h"

/* Over all kernel files: what one includes may have changed as well. */
uint64_t yk_profile_kernels(void)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (const struct yk_source *source = yk_sources; source->name; source++)
        for (size_t k = 0; k < source->size; k++)
            hash = (hash ^ source->text[k]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t seconds(void)
{
    time_t now = time(NULL);
    return now > 0 ? (uint64_t)now : 0;
}

/* The file, malloc'ed; NULL: no profile. */
static char *profile_path(const struct yk_batch_options *options)
{
    const char *wish = options->profile;
    if (!wish && options->decoration_count > 0) /* its rates are not those of the devices */
        return NULL;
    return !wish ? yk_profile_path() : *wish ? yk_mem_strdup(wish) : NULL;
}

/* A decorated device is another one. */
static void add_decoration(const struct engine *engine, unsigned device, char text[YK_PROFILE_DEVICE])
{
    const struct yk_batch_options *options = engine->options;
    for (size_t k = 0; k < options->decoration_count; k++) {
        size_t used = strlen(text);
        if (strcmp(options->decorations[k].device, engine->devices[device].info.id) == 0)
            snprintf(text + used, YK_PROFILE_DEVICE - used, "|%s", options->decorations[k].spec);
    }
}

void yk_engine_load_profile(struct engine *engine)
{
    unsigned used = 0;
    for (unsigned k = 0; k < engine->device_count; k++)
        used += !engine->device_states[k].retired;
    char *path = used > 1 ? profile_path(engine->options) : NULL;
    char(*devices)[YK_PROFILE_DEVICE] = path ? calloc(engine->device_count, sizeof *devices) : NULL;
    for (unsigned k = 0; devices && k < engine->device_count; k++) {
        yk_profile_device(devices[k], &engine->devices[k].info, engine->threads);
        add_decoration(engine, k, devices[k]);
    }
    if (devices)
        yk_rates_open(&engine->rates, path, devices, engine->device_count, yk_profile_kernels(), seconds());
    free(path);
}

void yk_engine_save_profile(struct engine *engine)
{
    struct yk_profile_entry *learnt = NULL;
    struct yk_error error;
    size_t count = engine->rates.devices ? yk_rates_learnt(&engine->rates, &learnt) : 0;
    char *path = count ? profile_path(engine->options) : NULL;
    if (path && yk_profile_save(path, learnt, count, seconds(), !engine->options->profile, &error) != YK_OK &&
        engine->options->profile)
        yk_engine_notice(engine, error.text);
    free(path);
    free(learnt);
}
