/* SPDX-License-Identifier: MIT
 * Steps in order, conversions between them (contract in planner.h). */
#include "planner.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "image_limits.h"
#include "mem.h"
#include "registry.h"

/* The state of the samples between two steps. */
struct planning {
    struct yk_program *program;
    size_t capacity;
    struct yk_plan_input image;
    bool premultiplied, linear;
    bool excessive; /* premultiplied colours may be above alpha */
};

bool yk_plan_needs_stat(const struct yk_pipeline *pipeline, size_t at)
{
    return at < pipeline->count && pipeline->ops[at].op->shape == YK_REDUCE;
}

struct yk_plan_input yk_plan_input_of(uint32_t width, uint32_t height, struct yk_format format)
{
    return (struct yk_plan_input){(int)width, (int)height, format.colours, format.alpha, format.depth, NULL};
}

/* Adds a planned step, which the program then owns, and moves the image on to its output. */
static enum yk_status add_step(struct planning *planning, struct yk_step *step, struct yk_error *error)
{
    void *array = planning->program->steps;
    if (!yk_mem_grow(&array, &planning->capacity, planning->program->count + 1, sizeof *step)) {
        yk_step_clear(step);
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    }
    planning->program->steps = array;
    planning->program->steps[planning->program->count++] = *step;
    planning->image.width = step->plan.width;
    planning->image.height = step->plan.height;
    planning->image.colours = step->plan.colours;
    planning->image.alpha = step->plan.alpha;
    return YK_OK;
}

static enum yk_status add_conversion(struct planning *planning, const char *name, struct yk_error *error)
{
    const struct yk_op *op = yk_op_find(name);
    struct yk_step step;
    unsigned char params[16] = {0}; /* conversions have no parameters */
    if (!op || op->params_size > sizeof params)
        return yk_error_set(error, YK_ERR_INTERNAL, "the conversion %s is missing", name);
    enum yk_status status = yk_step_make(&step, op, params, &planning->image, error);
    return status ? status : add_step(planning, &step, error);
}

/* Whether a step can make a premultiplied colour greater than alpha: not where it only averages. */
static bool can_exceed(const struct yk_step *step)
{
    bool exceeds = step->op->combine || step->op->apply == YK_STENCIL;
    for (size_t k = 0; k < step->plan.coef_count && step->op->apply == YK_SEPARABLE; k++)
        exceeds = exceeds || step->plan.coef[k] < 0.0f;
    return exceeds;
}

/* Brings the samples into the wanted state. Linear light is entered and left with straight colours. */
static enum yk_status convert(struct planning *planning, bool premultiplied, bool linear,
                              struct yk_error *error)
{
    enum yk_status status = YK_OK;
    bool alpha = planning->image.alpha != 0;
    premultiplied = premultiplied && alpha;
    if (planning->premultiplied && (!premultiplied || planning->linear != linear)) {
        status = add_conversion(planning, "unpremultiply", error);
        planning->premultiplied = false;
    } else if (planning->premultiplied && planning->excessive) {
        status = add_conversion(planning, "confine", error);
    }
    planning->excessive = false;
    if (!status && planning->linear != linear) {
        status = add_conversion(planning, linear ? "linearize" : "delinearize", error);
        planning->linear = linear;
    }
    if (!status && premultiplied && !planning->premultiplied) {
        status = add_conversion(planning, "premultiply", error);
        planning->premultiplied = true;
    }
    return status;
}

static enum yk_status add_operation(struct planning *planning, const struct yk_pipeline_op *op,
                                    const int *stat, const struct yk_limits *limits, struct yk_error *error)
{
    struct yk_step step;
    struct yk_plan_input in = planning->image;
    in.stat = stat;
    enum yk_status status = yk_step_make(&step, op->op, op->params, &in, error);
    if (status)
        return status;
    if (step.plan.identity) {
        yk_step_clear(&step);
        return YK_OK;
    }
    status = yk_limits_check(limits, (uint32_t)step.plan.width, (uint32_t)step.plan.height, error);
    if (status)
        yk_error_prefix(error, status, op->op->name);
    else if (step.plan.alpha_mode != YK_ALPHA_MOVE)
        status =
            convert(planning, step.plan.alpha_mode == YK_ALPHA_PREMULTIPLIED, step.plan.linear != 0, error);
    if (status) {
        yk_step_clear(&step);
        return status;
    }
    bool premultiplied = step.plan.alpha_mode == YK_ALPHA_MOVE
                             ? planning->premultiplied
                             : step.plan.alpha_mode == YK_ALPHA_PREMULTIPLIED;
    bool gains_alpha = step.plan.alpha && !step.in.alpha;
    planning->excessive = step.plan.alpha_mode == YK_ALPHA_MOVE ? planning->excessive : can_exceed(&step);
    status = add_step(planning, &step, error);
    if (gains_alpha)
        planning->premultiplied = premultiplied;
    return status;
}

enum yk_status yk_plan_stage(const struct yk_pipeline *pipeline, size_t *at, uint32_t width, uint32_t height,
                             struct yk_format format, unsigned depth, const int *stat,
                             const struct yk_limits *limits, struct yk_program **program,
                             struct yk_error *error)
{
    struct planning planning = {.image = yk_plan_input_of(width, height, format)};
    enum yk_status status = YK_OK;
    planning.program = calloc(1, sizeof *planning.program);
    if (!planning.program)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    size_t next = *at;
    for (; next < pipeline->count && !status; next++) {
        bool first = next == *at;
        if (yk_plan_needs_stat(pipeline, next) && !(first && stat))
            break;
        status = add_operation(&planning, &pipeline->ops[next], first ? stat : NULL, limits, error);
    }
    if (!status)
        status = convert(&planning, false, false, error);
    if (status) {
        yk_program_free(planning.program);
        return status;
    }
    struct yk_program *made = planning.program;
    made->in_width = (int)width;
    made->in_height = (int)height;
    made->in_format = format;
    made->out_width = planning.image.width;
    made->out_height = planning.image.height;
    made->out_format.colours = (uint8_t)planning.image.colours;
    made->out_format.alpha = (uint8_t)planning.image.alpha;
    made->out_format.depth = (uint8_t)(next < pipeline->count ? 16 : depth);
    /* Time and address: a later program at the same address differs in the time. The factor is 2^64 / phi. */
    made->serial = yk_clock_ns() * 0x9e3779b97f4a7c15U + (uintptr_t)made;
    *at = next;
    *program = made;
    return YK_OK;
}
