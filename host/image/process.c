/* SPDX-License-Identifier: MIT
 * A pipeline on one image in memory, on the calling thread (contract in yoke/pipeline.h): the plain use of a
 * job, a splitter and devices, without threads. The batch engine does the same with many of each. No rates:
 * the devices work one after the other here, so that knowing which is faster would gain nothing. */
#include <yoke/pipeline.h>

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "guard.h"
#include "job.h"
#include "mem.h"
#include "splitter.h"

enum { DEADLINE_SECONDS = 60 }; /* for one band: far above any real one; later the device is taken for hung */

struct opened {
    struct yk_device *device[YK_POLICY_DEVICES];
    struct yk_policy_device state[YK_POLICY_DEVICES];
    bool hung[YK_POLICY_DEVICES]; /* it must not be touched again */
    unsigned count;
};

static void close_devices(struct opened *opened)
{
    for (unsigned k = 0; k < opened->count; k++)
        yk_device_close(opened->device[k], opened->hung[k]);
    opened->count = 0;
}

/* Opens one more device and, but for the CPU, lets it show that its answers are right. */
static enum yk_status open_device(struct opened *opened, const struct yk_device_info *info,
                                  const struct yk_pipeline *pipeline, const struct yk_device_options *options,
                                  struct yk_error *error)
{
    unsigned number = opened->count;
    enum yk_status status = yk_device_open(&opened->device[number], info, options, error);
    if (status)
        return status;
    opened->state[opened->count++] = (struct yk_policy_device){.lanes = 1};
    if (strcmp(info->backend, "cpu") != 0)
        status = yk_guard_check(opened->device[number], pipeline, NULL, error);
    opened->hung[number] = status == YK_ERR_TIMEOUT;
    return status;
}

static enum yk_status open_devices(struct opened *opened, const struct yk_pipeline *pipeline,
                                   const struct yk_process_options *options, struct yk_error *error)
{
    const char *selection = options->devices ? options->devices : "cpu";
    struct yk_device_options device_options = {.slots = 1, .cpu_level = options->cpu_level};
    struct yk_device_list list;
    enum yk_status status = yk_device_list_make(&list, yk_device_selection_is_cpu(selection), error);
    if (status)
        return status;
    bool *chosen = calloc(list.count + 1, sizeof *chosen);
    status = chosen ? yk_device_select(&list, selection, chosen, error)
                    : yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    for (size_t k = 0; k < list.count && !status; k++) {
        if (!chosen[k] || opened->count == YK_POLICY_DEVICES)
            continue;
        status = open_device(opened, &list.devices[k], pipeline, &device_options, error);
    }
    if (!status && opened->count == 0)
        status = yk_error_set(error, YK_ERR_MISSING, "no device matches '%s'%s%s", selection,
                              list.notice[0] ? ": " : "", list.notice);
    free(chosen);
    yk_device_list_free(&list);
    if (status)
        close_devices(opened);
    return status;
}

/* One range on one device, start to end. YK_ERR_TIMEOUT: the device hangs, and may still use all of the job.
 */
static enum yk_status run_range(struct yk_job *job, struct yk_device *device, struct yk_range range,
                                struct yk_error *error)
{
    int *stat = NULL;
    if (job->phase == YK_PHASE_STAT && !(stat = yk_mem_zalloc(job->stat_count * sizeof *stat)))
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory for a statistic");
    struct yk_band band = yk_job_band(job, (int)range.begin, (int)range.end, stat);
    struct yk_band_timing timing;
    const struct yk_backend *backend = yk_device_backend(device);
    enum yk_status status = backend->submit(device, 0, &band, error);
    if (!status)
        status =
            backend->wait(device, 0, yk_clock_ns() + DEADLINE_SECONDS * UINT64_C(1000000000), &timing, error);
    if (status == YK_ERR_TIMEOUT)
        return status; /* the statistic is given up with the rest */
    if (!status && stat)
        yk_job_join(job, stat);
    yk_mem_free(stat);
    return status;
}

static enum yk_status run_phase(struct yk_job *job, struct opened *opened, const struct yk_policy *policy,
                                const struct yk_policy_arguments *arguments, struct yk_error *error)
{
    struct yk_splitter splitter;
    enum yk_status status = YK_OK;
    for (unsigned k = 0; k < opened->count && !status; k++)
        status = yk_device_backend(opened->device[k])
                     ->prepare(opened->device[k], job->program,
                               job->phase == YK_PHASE_STAT ? job->pipeline->ops[job->at].op : NULL, error);
    yk_splitter_start(&splitter, policy, arguments, yk_job_rows(job), 1, opened->state, opened->count, 0);
    while (!status && !yk_splitter_finished(&splitter)) {
        bool any = false;
        for (unsigned k = 0; k < opened->count && !status; k++) {
            struct yk_range range;
            uint64_t most = job->phase == YK_PHASE_ROWS ? (uint64_t)yk_device_backend(opened->device[k])
                                                              ->max_rows(opened->device[k], job->program)
                                                        : UINT64_MAX;
            if (!yk_splitter_claim(&splitter, k, most, &range))
                continue;
            any = true;
            status = run_range(job, opened->device[k], range, error);
            opened->hung[k] = status == YK_ERR_TIMEOUT;
            if (!status && !yk_splitter_commit(&splitter, k, range, 0))
                status = yk_error_set(error, YK_ERR_NOMEM, "out of memory");
        }
        if (!any && !status)
            status =
                yk_error_set(error, YK_ERR_INTERNAL, "the schedule '%s' leaves rows undone", policy->name);
    }
    yk_splitter_clear(&splitter);
    return status;
}

/* A copy of the pixels, which the job then owns. */
static enum yk_status copy_image(struct yk_image **copy, const struct yk_image *image,
                                 const struct yk_limits *limits, struct yk_error *error)
{
    enum yk_status status = yk_image_create(copy, image->width, image->height, image->format, limits, error);
    size_t bytes = (size_t)image->width * yk_format_bytes(image->format);
    for (uint32_t y = 0; y < image->height && !status; y++)
        memcpy(yk_image_row(*copy, y), yk_image_row(image, y), bytes);
    return status;
}

enum yk_status yk_pipeline_process(const struct yk_pipeline *pipeline,
                                   const struct yk_process_options *options, const struct yk_image *in,
                                   struct yk_image **out, struct yk_error *error)
{
    struct yk_process_options none = {0};
    struct opened opened = {0};
    const struct yk_policy *policy;
    struct yk_policy_arguments arguments;
    struct yk_image *source;
    struct yk_job job;
    options = options ? options : &none;
    enum yk_status status =
        yk_policy_parse(options->sched ? options->sched : "dynamic", &policy, &arguments, error);
    if (!status)
        status = open_devices(&opened, pipeline, options, error);
    if (status)
        return status;
    status = copy_image(&source, in, options->limits, error);
    if (!status)
        status = yk_job_start(&job, pipeline, source, 0, options->limits, NULL, error);
    if (!status) {
        while (!status && job.phase != YK_PHASE_DONE) {
            status = run_phase(&job, &opened, policy, &arguments, error);
            if (!status)
                status = yk_job_advance(&job, error);
        }
        if (!status)
            *out = yk_job_take(&job);
        if (status == YK_ERR_TIMEOUT)
            yk_job_abandon(&job);
        else
            yk_job_clear(&job);
    }
    close_devices(&opened);
    return status;
}
