/* SPDX-License-Identifier: MIT
 * What a batch run will do with the machine's devices, and why (contract in yoke/batch.h). It makes the same
 * choice as the run, with the same functions, and opens nothing. */
#include "batch_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "planner.h"

/* ---- what is known of the devices' speed ---- */

static void keep_result(void *context, struct yk_io_result *result)
{
    *(struct yk_io_result *)context = *result;
}

/* The first file to be worked on that can be read twice; NULL: there is none. */
static const char *first_file(const struct yk_batch_plan *plan)
{
    struct stat info;
    for (size_t k = 0; k < plan->count; k++)
        if (plan->items[k].state == YK_ITEM_PLANNED && strcmp(plan->items[k].input, "-") != 0)
            return stat(plan->items[k].input, &info) == 0 && S_ISREG(info.st_mode) ? plan->items[k].input
                                                                                   : NULL;
    return NULL;
}

/* Size and format of a file's image. false: it cannot be had, and the run will tell why. */
static bool read_header(const struct engine *engine, const char *path, struct yk_image_info *info)
{
    struct yk_io *io = NULL;
    struct yk_io_result result = {.error = {.status = YK_ERR_CANCELLED}};
    if (yk_io_open(&io, YK_IO_POSIX, 1, NULL))
        return false;
    enum yk_status status = yk_io_read(io, path, engine->limits.max_file_bytes, keep_result, &result, NULL);
    yk_io_close(io); /* waits for the callback */
    if (status || result.error.status)
        return false;
    const struct yk_codec *codec = yk_codec_probe(result.data, result.size);
    bool good = codec && !codec->info(result.data, result.size, &engine->limits, info, NULL);
    yk_io_release(result.data);
    return good;
}

/* What the run will know of the first file's work before it begins. */
struct known {
    const struct yk_rate_kind *kind; /* NULL: nothing, or one device alone has no use for it */
    struct yk_work_shape shape;
    uint64_t rows;
    uint32_t width;
};

/* The work of the first phase of the first file, planned without its pixels. */
static bool first_work(const struct engine *engine, struct known *known)
{
    const char *path = first_file(engine->plan);
    struct yk_image_info info;
    size_t at = 0;
    if (!path || !read_header(engine, path, &info))
        return false;
    struct yk_image source = {.width = info.width, .height = info.height, .format = info.format};
    struct yk_job job = {.pipeline = engine->pipeline, .source = &source, .phase = YK_PHASE_STAT};
    if (!yk_plan_needs_stat(engine->pipeline, 0)) {
        unsigned depth = engine->options->depth ? engine->options->depth : info.format.depth;
        job.phase = YK_PHASE_ROWS;
        if (yk_plan_stage(engine->pipeline, &at, info.width, info.height, info.format, depth, NULL,
                          &engine->limits, &job.program, NULL))
            return false;
    }
    known->shape = yk_work_shape_of(&job);
    known->rows = job.program ? (uint64_t)job.program->out_height : info.height;
    known->width = job.program ? (uint32_t)job.program->out_width : info.width;
    yk_program_free(job.program);
    return true;
}

/* The same as the run finds when it begins with that file. */
static struct known look_up(struct engine *engine)
{
    struct known known = {0};
    yk_engine_load_profile(engine);
    if (engine->rates.devices && first_work(engine, &known))
        known.kind = yk_rates_kind(&engine->rates, &known.shape);
    return known;
}

/* Adds what is known of a device to its line. */
static void add_rate(const struct known *known, unsigned number, struct yk_batch_outlook_device *device)
{
    size_t used = strlen(device->why), room = sizeof device->why - used;
    double rate = known->kind && device->used ? known->kind->rates[number].rate : 0.0;
    device->pixels_per_second = rate > 0.0 ? rate * 1e3 * known->width / known->shape.row_work : 0.0;
    if (rate > 0.0)
        snprintf(device->why + used, room, "; known: %.1f Mpx/s", device->pixels_per_second / 1e6);
    else if (known->kind && device->used)
        snprintf(device->why + used, room, "; not measured yet");
}

/* ---- the lines ---- */

/* The engine's number of a device, or its count. */
static unsigned number_of(const struct engine *engine, const char *id)
{
    unsigned k = 0;
    while (k < engine->device_count && strcmp(engine->devices[k].info.id, id) != 0)
        k++;
    return k;
}

static void say_why(const struct engine *engine, const struct known *known_rates,
                    const struct yk_device_info *info, const char *selection, bool named,
                    struct yk_batch_outlook_device *device)
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
    if (known)
        add_rate(known_rates, number, device);
}

/* Fills in one entry for each device that is listed. */
static enum yk_status describe(const struct engine *engine, const struct known *known,
                               const struct yk_device_list *list, struct yk_batch_outlook *outlook,
                               struct yk_error *error)
{
    const char *selection = engine->options->devices ? engine->options->devices : "auto";
    bool *named = calloc(list->count + 1, sizeof *named);
    enum yk_status status = named ? yk_device_select(list, selection, named, error)
                                  : yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    for (size_t k = 0; k < list->count && k < YK_BATCH_DEVICES && !status; k++) {
        struct yk_batch_outlook_device *device = &outlook->devices[outlook->device_count++];
        memcpy(device->id, list->devices[k].id, sizeof device->id);
        memcpy(device->name, list->devices[k].name, sizeof device->name);
        say_why(engine, known, &list->devices[k], selection, named[k], device);
    }
    free(named);
    return status;
}

static enum yk_status list_devices(const struct engine *engine, const struct known *known,
                                   struct yk_batch_outlook *outlook, struct yk_error *error)
{
    bool cpu_only = yk_engine_cpu_only(engine);
    bool demanded = engine->options->devices && yk_device_selection_is_cpu(engine->options->devices);
    struct yk_device_list list;
    enum yk_status status = yk_device_list_make(&list, cpu_only, error);
    if (status)
        return status;
    status = describe(engine, known, &list, outlook, error);
    if (cpu_only && !demanded)
        snprintf(outlook->search, sizeof outlook->search,
                 "not looked for: less than %.2f s of computing; 'all' looks always",
                 YK_ENGINE_SEARCH_MS / 1e3);
    else if (cpu_only)
        snprintf(outlook->search, sizeof outlook->search, "not looked for");
    else if (list.count < 2)
        snprintf(outlook->search, sizeof outlook->search, "%s",
                 *list.notice ? list.notice : "no device was found");
    yk_device_list_free(&list);
    return status;
}

/* Whether the policy would give the device rows of the first file, had nobody any yet. */
static bool gets_rows(const struct engine *engine, const struct known *known, unsigned device)
{
    size_t waiting = 0;
    for (size_t k = 0; k < engine->plan->count; k++)
        waiting += engine->plan->items[k].state == YK_ITEM_PLANNED;
    struct yk_policy_job job = {
        .rows = known->rows,
        .left = known->rows,
        .granule = yk_policy_granule(known->rows, engine->device_states, engine->device_count),
        .waiting = waiting > 1000 ? 1000 : (unsigned)waiting - 1,
        .device_count = engine->device_count,
        .devices = engine->device_states,
        .rates = known->kind->rates,
        .row_work = known->shape.row_work,
        .halo = known->shape.halo};
    struct yk_policy_state state = {.arguments = engine->policy_arguments};
    engine->policy->start(&state, &job);
    return engine->policy->next(&state, device, &job) > 0;
}

/* Several devices, and "auto", which goes by their rates. */
static void conclude_auto(const struct engine *engine, const struct known *known, unsigned used, char *text,
                          size_t size)
{
    unsigned takers = 0, best = engine->cpu;
    double most = 0.0, sum = 0.0;
    bool all = known->kind != NULL;
    for (unsigned k = 0; k < engine->device_count && all; k++) {
        double rate = known->kind->rates[k].rate;
        if (engine->device_states[k].retired)
            continue;
        all = rate > 0.0;
        best = rate > most ? k : best;
        most = rate > most ? rate : most;
        sum += rate;
        takers += gets_rows(engine, known, k);
    }
    if (!all)
        snprintf(text, size,
                 "%u devices; the first bands measure them, and where more than the best one do not pay "
                 "(5 %%), it works alone",
                 used);
    else if (takers < 2)
        snprintf(text, size, "%s alone: all together would gain %.0f %% at most, which does not pay",
                 engine->devices[best].info.id, 100.0 * (sum / most - 1.0));
    else
        snprintf(text, size, "%u devices share the rows: predicted gain over %s alone %.0f %% at most",
                 takers, engine->devices[best].info.id, 100.0 * (sum / most - 1.0));
}

static void conclude(const struct engine *engine, const struct known *known, struct yk_batch_outlook *outlook)
{
    char *text = outlook->conclusion;
    size_t size = sizeof outlook->conclusion;
    const char *only = NULL;
    unsigned used = 0;
    for (unsigned k = 0; k < engine->device_count; k++)
        if (!engine->device_states[k].retired) {
            only = engine->devices[k].info.id;
            used++;
        }
    if (used == 1)
        snprintf(text, size, "%s computes everything", only);
    else if (engine->policy == &yk_policy_auto)
        conclude_auto(engine, known, used, text, size);
    else
        snprintf(text, size, "%u devices share the rows as '%s' says: %s", used, engine->policy->name,
                 engine->policy->doc);
}

enum yk_status yk_batch_outlook_make(struct yk_batch_outlook *outlook, struct yk_batch_plan *plan,
                                     const struct yk_pipeline *pipeline,
                                     const struct yk_batch_options *options, struct yk_error *error)
{
    struct yk_batch_outlook made = {0};
    struct engine *engine;
    enum yk_status status = yk_engine_make(&engine, plan, pipeline, options, NULL, error);
    if (status)
        return status;
    status = yk_engine_choose_devices(engine, error);
    struct known known = {0};
    if (!status) {
        known = look_up(engine);
        status = list_devices(engine, &known, &made, error);
    }
    if (!status) {
        conclude(engine, &known, &made);
        *outlook = made;
    }
    yk_rates_free(&engine->rates);
    free(engine);
    return status;
}
