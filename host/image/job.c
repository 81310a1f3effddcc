/* SPDX-License-Identifier: MIT
 * The phases of one image (contract in job.h). */
#include "job.h"

#include <stdlib.h>
#include <string.h>

#include "image_memory.h"
#include "mem.h"

/* The operation whose statistic is gathered or was gathered last. */
static const struct yk_pipeline_op *stat_op(const struct yk_job *job)
{
    return &job->pipeline->ops[job->at];
}

static enum yk_status start_stat(struct yk_job *job, struct yk_error *error)
{
    const struct yk_image *source = job->source;
    struct yk_plan_input in = yk_plan_input_of(source->width, source->height, source->format);
    job->stat_count = stat_op(job)->op->stat_count(&in, &job->stat_sums);
    job->stat = yk_mem_zalloc(job->stat_count * sizeof *job->stat);
    if (!job->stat)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory for a statistic");
    job->phase = YK_PHASE_STAT;
    return YK_OK;
}

static bool same_format(struct yk_format a, struct yk_format b)
{
    return a.colours == b.colours && a.alpha == b.alpha && a.depth == b.depth;
}

/* Plans from job->at on, with the statistic if there is one. Where there is nothing to compute it goes
 * straight to the next statistic, which then reads the image as it is, or to the end. */
static enum yk_status start_rows(struct yk_job *job, struct yk_error *error)
{
    const struct yk_image *source = job->source;
    enum yk_status status =
        yk_plan_stage(job->pipeline, &job->at, source->width, source->height, source->format, job->depth,
                      job->stat, &job->limits, &job->program, error);
    yk_mem_free(job->stat);
    job->stat = NULL;
    if (status)
        return status;
    bool last = job->at == job->pipeline->count;
    if (job->program->count == 0 && (!last || same_format(job->program->out_format, source->format))) {
        yk_program_free(job->program);
        job->program = NULL;
        if (!last)
            return start_stat(job, error);
        job->phase = YK_PHASE_DONE;
        return YK_OK;
    }
    job->phase = YK_PHASE_ROWS;
    status =
        yk_image_outline(&job->target, (uint32_t)job->program->out_width, (uint32_t)job->program->out_height,
                         job->program->out_format, &job->limits, error);
    return status ? status : yk_image_allocate(job->target, job->shelf, error);
}

enum yk_status yk_job_start(struct yk_job *job, const struct yk_pipeline *pipeline, struct yk_image *source,
                            unsigned depth, const struct yk_limits *limits, struct yk_shelf *shelf,
                            struct yk_error *error)
{
    *job = (struct yk_job){
        .pipeline = pipeline,
        .limits = yk_limits_resolve(limits),
        .shelf = shelf,
        .source = source,
        .depth = depth ? depth : source->format.depth,
    };
    enum yk_status status = yk_plan_needs_stat(pipeline, 0) ? start_stat(job, error) : start_rows(job, error);
    if (status)
        yk_job_clear(job);
    return status;
}

uint32_t yk_job_rows(const struct yk_job *job)
{
    switch (job->phase) {
    case YK_PHASE_ROWS:
        return job->target->height;
    case YK_PHASE_STAT:
        return job->source->height;
    case YK_PHASE_DONE:
        break;
    }
    return 0;
}

struct yk_band yk_job_band(const struct yk_job *job, int y0, int y1, int *stat)
{
    struct yk_band band = {.source = job->source, .y0 = y0, .y1 = y1};
    if (job->phase == YK_PHASE_ROWS) {
        band.program = job->program;
        band.target = job->target;
        return band;
    }
    band.reduce = stat_op(job)->op;
    band.reduce_index = stat_op(job)->op_index;
    band.reduce_params = stat_op(job)->params;
    band.stat = stat;
    band.stat_count = job->stat_count;
    band.stat_sums = job->stat_sums;
    return band;
}

void yk_job_join(struct yk_job *job, const int *stat)
{
    for (size_t k = 0; k < job->stat_count; k++)
        if (k < job->stat_sums)
            job->stat[k] += stat[k];
        else if (stat[k] > job->stat[k])
            job->stat[k] = stat[k];
}

enum yk_status yk_job_advance(struct yk_job *job, struct yk_error *error)
{
    if (job->phase == YK_PHASE_STAT)
        return start_rows(job, error);
    job->target->metadata = job->source->metadata;
    job->source->metadata = NULL;
    yk_image_recycle(job->source, job->shelf);
    job->source = job->target;
    job->target = NULL;
    yk_program_free(job->program);
    job->program = NULL;
    if (job->at < job->pipeline->count)
        return start_stat(job, error);
    job->phase = YK_PHASE_DONE;
    return YK_OK;
}

struct yk_image *yk_job_take(struct yk_job *job)
{
    struct yk_image *result = job->source;
    job->source = NULL;
    return result;
}

void yk_job_clear(struct yk_job *job)
{
    yk_image_recycle(job->source, job->shelf);
    yk_image_recycle(job->target, job->shelf);
    yk_program_free(job->program);
    yk_mem_free(job->stat);
    *job = (struct yk_job){0};
}

void yk_job_abandon(struct yk_job *job)
{
    yk_mem_give_up(job->source);
    yk_mem_give_up(job->target);
    yk_mem_give_up(job->program);
    yk_mem_free(job->stat);
    *job = (struct yk_job){0};
}
