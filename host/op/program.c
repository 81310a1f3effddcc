/* SPDX-License-Identifier: MIT
 * Planned steps and what they read (contract in program.h). Pure arithmetic over descriptors. */
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "registry.h"

enum { HALO_ROWS = 16 }; /* of the band that stands for all in yk_program_halo: the least that devices get */

enum yk_status yk_step_make(struct yk_step *step, const struct yk_op *op, const void *params,
                            const struct yk_plan_input *in, struct yk_error *error)
{
    struct yk_step made = {.op = op, .in = *in};
    made.in.stat = NULL;
    made.plan.width = in->width;
    made.plan.height = in->height;
    made.plan.colours = op->colours == YK_COLOURS_KEEP ? in->colours : op->colours;
    made.plan.alpha = in->alpha;
    made.plan.alpha_mode = op->alpha_mode;
    if (yk_op_lookup(op->name, strlen(op->name), &made.op_index) != op)
        return yk_error_set(error, YK_ERR_INTERNAL, "operation %s is not in the table", op->name);
    made.params = malloc(op->params_size);
    if (!made.params)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    memcpy(made.params, params, op->params_size);
    if (op->plan && op->plan(params, in, &made.plan)) {
        bool memory = made.plan.overflow != 0;
        yk_error_set(error, memory ? YK_ERR_NOMEM : YK_ERR_RANGE, "%s: %s", op->name,
                     memory ? "out of memory" : made.plan.message);
        yk_step_clear(&made);
        return memory ? YK_ERR_NOMEM : YK_ERR_RANGE;
    }
    /* Rows and columns are indexed by int, a plane of a band by int too: see yk_pass. */
    uint64_t samples = (uint64_t)made.plan.width * (uint64_t)made.plan.height * 4;
    int most = op->shape == YK_STENCIL ? YK_STENCIL_REACH : YK_SEPARABLE_REACH;
    if (made.plan.width < 1 || made.plan.height < 1 || samples > INT32_MAX || made.plan.reach > most) {
        yk_error_set(error, YK_ERR_LIMIT,
                     "%s: the result of %dx%d pixels is over the limit of 536870911 pixels", op->name,
                     made.plan.width, made.plan.height);
        yk_step_clear(&made);
        return YK_ERR_LIMIT;
    }
    *step = made;
    return YK_OK;
}

void yk_step_clear(struct yk_step *step)
{
    free(step->params);
    free(step->plan.coef);
    free(step->plan.index);
    step->params = NULL;
    step->plan.coef = NULL;
    step->plan.index = NULL;
}

void yk_program_free(struct yk_program *program)
{
    if (!program)
        return;
    for (size_t k = 0; k < program->count; k++)
        yk_step_clear(&program->steps[k]);
    free(program->steps);
    free(program);
}

static struct yk_rect clip(struct yk_rect r, int width, int height)
{
    r.x0 = yk_clampi(r.x0, 0, width - 1);
    r.y0 = yk_clampi(r.y0, 0, height - 1);
    r.x1 = yk_clampi(r.x1, r.x0 + 1, width);
    r.y1 = yk_clampi(r.y1, r.y0 + 1, height);
    return r;
}

/* The input positions that a resampling axis reads for outputs a .. b - 1. Starts never decrease. */
static void resample_axis(const int *start, int taps, int a, int b, int *low, int *high)
{
    *low = start[a];
    *high = start[b - 1] + taps;
}

struct yk_rect yk_step_need(const struct yk_step *step, struct yk_rect out)
{
    const struct yk_op *op = step->op;
    struct yk_rect need = out;
    if (op->apply == YK_GEOMETRIC)
        need = op->need(step->params, &step->in, &step->plan, out);
    else if (op->resample) {
        const int *index = step->plan.index;
        resample_axis(index + 2, index[0], out.x0, out.x1, &need.x0, &need.x1);
        resample_axis(index + 2 + step->plan.width, index[1], out.y0, out.y1, &need.y0, &need.y1);
    } else if (op->apply == YK_STENCIL || op->apply == YK_SEPARABLE) {
        int reach = step->plan.reach;
        need = (struct yk_rect){out.x0 - reach, out.y0 - reach, out.x1 + reach, out.y1 + reach};
    }
    return clip(need, step->in.width, step->in.height);
}

void yk_program_needs(const struct yk_program *program, struct yk_rect out, struct yk_rect *rects)
{
    rects[program->count] = out;
    for (size_t k = program->count; k-- > 0;)
        rects[k] = yk_step_need(&program->steps[k], rects[k + 1]);
}

static bool goes_down(struct yk_rect before, struct yk_rect now)
{
    return now.x0 == before.x0 && now.x1 == before.x1 && now.y0 >= before.y0 && now.y1 >= before.y1;
}

bool yk_program_streams(const struct yk_program *program)
{
    size_t count = program->count + 1;
    struct yk_rect *rects = calloc(2 * count, sizeof *rects), *before = rects, *now = rects + count;
    bool streams = rects != NULL;
    for (int y = 0; y < program->out_height && streams; y++) {
        yk_program_needs(program, (struct yk_rect){0, y, program->out_width, y + 1}, now);
        for (size_t k = 0; k < count && y > 0; k++)
            streams = streams && goes_down(before[k], now[k]);
        struct yk_rect *swap = before;
        before = now;
        now = swap;
    }
    free(rects);
    return streams;
}

int yk_step_reach(const struct yk_step *step)
{
    bool window = step->op->apply == YK_STENCIL || (step->op->apply == YK_SEPARABLE && !step->op->resample);
    return window ? step->plan.reach : 0;
}

struct yk_pass yk_step_pass(const struct yk_step *step, struct yk_rect src, int src_stride, int src_plane,
                            struct yk_rect dst, int dst_stride, int dst_plane)
{
    return (struct yk_pass){
        .src_x0 = src.x0,
        .src_y0 = src.y0,
        .src_w = src.x1 - src.x0,
        .src_h = src.y1 - src.y0,
        .src_width = step->in.width,
        .src_height = step->in.height,
        .src_stride = src_stride,
        .src_plane = src_plane,
        .dst_x0 = dst.x0,
        .dst_y0 = dst.y0,
        .dst_w = dst.x1 - dst.x0,
        .dst_h = dst.y1 - dst.y0,
        .dst_width = step->plan.width,
        .dst_height = step->plan.height,
        .dst_stride = dst_stride,
        .dst_plane = dst_plane,
        .colours_in = step->in.colours,
        .colours_out = step->plan.colours,
        .alpha_in = step->in.alpha,
        .alpha_out = step->plan.alpha,
        .reach = step->plan.reach,
        .keep_alpha = step->plan.alpha_mode == YK_ALPHA_KEEP,
    };
}

struct yk_reduce_pass yk_reduce_pass_make(const struct yk_image *image, int y0, int y1)
{
    struct yk_reduce_pass pass = {
        .width = (int)image->width,
        .height = (int)image->height,
        .y0 = y0,
        .rows = y1 - y0,
        .stride = (int)image->stride,
        .channels = (int)yk_format_channels(image->format),
        .colours = image->format.colours,
        .wide = image->format.depth == 16,
    };
    for (int c = 0; c < pass.channels; c++) {
        uint16_t wide;
        memcpy(&wide, image->pixels + (pass.wide ? 2 * c : 0), sizeof wide);
        pass.corner[c] = pass.wide ? wide : image->pixels[c];
    }
    return pass;
}

/* Arithmetic per pixel of a step's output. */
static double step_cost(const struct yk_step *step)
{
    double side = 2.0 * step->plan.reach + 1.0;
    if (step->op->apply == YK_STENCIL)
        return side * side;
    if (step->op->resample)
        return step->plan.index[0] + (double)step->plan.index[1] * step->in.width / step->plan.width;
    return step->op->apply == YK_SEPARABLE ? side * 2.0 : 8.0;
}

static const double READ_COST = 4.0; /* unpacking one pixel of the source */

double yk_program_cost(const struct yk_program *program)
{
    double out = (double)program->out_width * program->out_height,
           cost = READ_COST * program->in_width * program->in_height;
    for (size_t k = 0; k < program->count; k++)
        cost += step_cost(&program->steps[k]) * program->steps[k].plan.width * program->steps[k].plan.height;
    return cost / out;
}

/* Pixels of `rect` beyond the part `share` of a whole of width x height. */
static double extra_pixels(struct yk_rect rect, int width, int height, double share)
{
    double extra = (double)(rect.x1 - rect.x0) * (rect.y1 - rect.y0) - share * width * height;
    return extra > 0.0 ? extra : 0.0;
}

uint64_t yk_program_halo(const struct yk_program *program)
{
    int height = program->out_height, rows = height < HALO_ROWS ? height : HALO_ROWS;
    int y0 = (height - rows) / 2;
    struct yk_rect rect = {0, y0, program->out_width, y0 + rows};
    double share = (double)rows / height, extra = 0.0;
    for (size_t k = program->count; k-- > 0;) {
        const struct yk_step *step = &program->steps[k];
        extra += step_cost(step) * extra_pixels(rect, step->plan.width, step->plan.height, share);
        rect = yk_step_need(step, rect);
    }
    extra += READ_COST * extra_pixels(rect, program->in_width, program->in_height, share);
    return (uint64_t)ceil(extra / (yk_program_cost(program) * program->out_width));
}
