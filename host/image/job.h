/* SPDX-License-Identifier: MIT
 *
 * One image on its way through a pipeline: a row of phases, each of which any set of devices works off in
 * ranges of rows. A phase either makes an image (YK_PHASE_ROWS) or gathers a statistic (YK_PHASE_STAT). The
 * job knows no devices and no threads: its owner hands out the ranges, and calls yk_job_advance when all of a
 * phase are done. All functions but yk_job_band want the owner's lock or a single thread.
 */
#ifndef YOKE_IMAGE_JOB_H
#define YOKE_IMAGE_JOB_H

#include "backend.h"
#include "planner.h"
#include "shelf.h"

enum yk_phase {
    YK_PHASE_ROWS, /* bands of job->program from job->source to job->target */
    YK_PHASE_STAT, /* bands of the statistic of operation number job->at over job->source */
    YK_PHASE_DONE  /* job->source is the result */
};

struct yk_job {
    const struct yk_pipeline *pipeline; /* borrowed */
    struct yk_limits limits;
    struct yk_shelf *shelf; /* borrowed, may be NULL: for the pixels of all images */
    size_t at;              /* the next operation that is not planned yet */
    unsigned depth;         /* of the result: as the first source */
    enum yk_phase phase;
    struct yk_image *source, *target; /* owned */
    struct yk_program *program;       /* owned; of the present phase */
    int *stat;                        /* owned; of the present or the last statistic */
    size_t stat_count, stat_sums;
};

/* Starts with the first phase; `depth` is the result's, 0: as the source's. The job owns `source` from here
 * on, also on failure (then it is freed). That may still be without pixels (yk_image_outline) as long as no
 * band is made. `shelf` is borrowed, may be NULL. Errors: those of yk_plan_stage, YK_ERR_NOMEM. */
enum yk_status yk_job_start(struct yk_job *job, const struct yk_pipeline *pipeline, struct yk_image *source,
                            unsigned depth, const struct yk_limits *limits, struct yk_shelf *shelf,
                            struct yk_error *error);

/* Rows to be worked off in the present phase; 0 when done. */
uint32_t yk_job_rows(const struct yk_job *job);

/* The band of rows [y0, y1). In a YK_PHASE_STAT it needs a statistic of its own, job->stat_count entries, all
 * 0, which the owner gives and joins afterwards with yk_job_join. */
struct yk_band yk_job_band(const struct yk_job *job, int y0, int y1, int *stat);

/* Joins a band's statistic into the job's. */
void yk_job_join(struct yk_job *job, const int *stat);

/* All rows of the phase are done: goes on to the next. Errors as yk_job_start. */
enum yk_status yk_job_advance(struct yk_job *job, struct yk_error *error);

/* After YK_PHASE_DONE: the result, from here on the caller's. */
struct yk_image *yk_job_take(struct yk_job *job);

/* As yk_job_clear, but gives up, and never frees, what a device that hangs may still use: the images, the
 * program. */
void yk_job_abandon(struct yk_job *job);

/* Frees all that the job owns and clears it. */
void yk_job_clear(struct yk_job *job);

#endif
