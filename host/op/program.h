/* SPDX-License-Identifier: MIT
 *
 * A program: the steps that turn one image into another, planned for that image's size. Devices run programs
 * band by band; which rows of the source a band needs follows from the steps alone. Built once, then
 * immutable and shared by all threads; freed by its owner after the last band.
 */
#ifndef YOKE_OP_PROGRAM_H
#define YOKE_OP_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/image.h>
#include <yoke/op.h>
#include <yoke/status.h>

#include "descriptor.h"

struct yk_step {
    const struct yk_op *op;
    size_t op_index;         /* in yk_op_table and in every yk_level's ops */
    void *params;            /* op->params_size bytes, owned */
    struct yk_plan_input in; /* in.stat is NULL: the statistic is not kept */
    struct yk_plan plan;     /* tables owned */
};

struct yk_program {
    struct yk_step *steps;
    size_t count; /* may be 0: convert and copy */
    int in_width, in_height, out_width, out_height;
    struct yk_format in_format, out_format;
    uint64_t
        serial; /* different for every program of the process: a device may keep a program's tables by it */
};

/* Makes the step for `op` with parsed `params` (copied) on an image `in`. For REDUCE operations in->stat is
 * the finished statistic. Success: *step is owned, free with yk_step_clear. plan.identity tells that it can
 * be dropped. Errors: YK_ERR_RANGE with the operation's message, YK_ERR_NOMEM, YK_ERR_LIMIT (result over 2^31
 * samples). */
enum yk_status yk_step_make(struct yk_step *step, const struct yk_op *op, const void *params,
                            const struct yk_plan_input *in, struct yk_error *error);
void yk_step_clear(struct yk_step *step);

/* Frees the program and its steps; NULL is allowed. */
void yk_program_free(struct yk_program *program);

/* The part of the step's input that its output rectangle `out` reads, clipped to the input image, never
 * empty. */
struct yk_rect yk_step_need(const struct yk_step *step, struct yk_rect out);

/* rects[i] = what step i reads for the program's output rectangle `out`; rects[count] = out. rects[0] is the
 * part of the source image. `rects` has room for count + 1. */
void yk_program_needs(const struct yk_program *program, struct yk_rect out, struct yk_rect *rects);

/* Whether a source that is made from the top down will do: going down the result, every step reads rows that
 * begin and end no higher than before, and always the same columns. false also where memory for the question
 * is missing. */
bool yk_program_streams(const struct yk_program *program);

/* Samples that must lie, as replicated edge, to the left and right of the input rows of a step on the CPU. */
int yk_step_reach(const struct yk_step *step);

/* The pass structure of step `index` for buffers that hold src (src_stride, src_plane floats) and dst. */
struct yk_pass yk_step_pass(const struct yk_step *step, struct yk_rect src, int src_stride, int src_plane,
                            struct yk_rect dst, int dst_stride, int dst_plane);

/* The pass structure of a REDUCE operation over rows [y0, y1) of an image. */
struct yk_reduce_pass yk_reduce_pass_make(const struct yk_image *image, int y0, int y1);

/* Arithmetic per output pixel, roughly (multiply-adds over all steps): for estimates only. */
double yk_program_cost(const struct yk_program *program);

/* What a band in the middle of the picture computes or reads besides its share, because its neighbours do so
 * too: as rows of output that cost as much, rounded up. For estimates only. */
uint64_t yk_program_halo(const struct yk_program *program);

#endif
