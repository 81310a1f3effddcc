/* SPDX-License-Identifier: MIT
 * Shrinking as the first step (contract in cpu_resample.h). */
#include "cpu_resample.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

enum {
    CHUNK = 8,    /* source rows added at a time: as many as a PNG decoder makes at once */
    SHARES = 48,  /* sums that a chunk may add to: at the same size Lanczos 3 has 6 + 8 */
    COLUMNS = 64, /* that vector code may take at a time */
    LINE = 16     /* samples of a cache line */
};

/* The vertical tables of a resampling step (shape_separable.h). */
struct vertical {
    int taps;
    const int *start;
    const float *weights;
};

static struct vertical vertical_of(const struct yk_step *step)
{
    const int *index = step->plan.index;
    return (struct vertical){
        .taps = index[1],
        .start = index + 2 + step->plan.width,
        .weights = step->plan.coef + (ptrdiff_t)step->plan.width * index[0],
    };
}

bool yk_cpu_resample_takes(const struct yk_program *program)
{
    const struct yk_step *step = program->steps;
    if (program->count == 0 || !step->op->resample || step->in.height < step->plan.height)
        return false;
    /* No source row may be in too many sums: those of a border that repeats the edge are all the same. */
    struct vertical v = vertical_of(step);
    int last = 0;
    for (int y = 0; y < step->plan.height; y++) {
        while (last < step->plan.height && v.start[last] < v.start[y] + v.taps + CHUNK)
            last++;
        if (last - y > SHARES)
            return false;
    }
    return true;
}

/* Tables with which the resampler's row function does the row sums alone: one row for each, with weight 1. */
static enum yk_status make_tables(struct yk_cpu_resample *r, const struct yk_program *program,
                                  struct yk_error *error)
{
    const struct yk_step *step = program->steps;
    size_t width = (size_t)step->plan.width, height = (size_t)step->plan.height;
    size_t weights = width * (size_t)step->plan.index[0];
    if (r->serial == program->serial)
        return YK_OK;
    r->serial = 0;
    float *coef = realloc(r->coef, (weights + height) * sizeof *coef);
    r->coef = coef ? coef : r->coef;
    int *index = realloc(r->index, (2 + width + height) * sizeof *index);
    r->index = index ? index : r->index;
    if (!coef || !index)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory for weights");
    memcpy(coef, step->plan.coef, weights * sizeof *coef);
    memcpy(index, step->plan.index, (2 + width) * sizeof *index);
    index[1] = 1;
    for (size_t y = 0; y < height; y++) {
        coef[weights + y] = 1.0f;
        index[2 + width + y] = (int)y;
    }
    r->serial = program->serial;
    return YK_OK;
}

enum yk_status yk_cpu_resample_begin(struct yk_cpu_resample *r, const struct yk_program *program,
                                     struct yk_error *error)
{
    r->first = r->begun = INT_MAX; /* where no strip begins */
    return make_tables(r, program, error);
}

void yk_cpu_resample_clear(struct yk_cpu_resample *r)
{
    free(r->coef);
    free(r->index);
    yk_mem_free(r->rows);
    *r = (struct yk_cpu_resample){0};
}

enum yk_status yk_cpu_source_rows(const struct yk_band *band, int y, int end, const uint8_t **bytes,
                                  size_t *stride, struct yk_error *error)
{
    if (band->feed)
        return band->feed->rows(band->feed->context, y, end, bytes, stride, error);
    *bytes = yk_image_row(band->source, (uint32_t)y);
    *stride = band->source->stride;
    return YK_OK;
}

static size_t row_floats(const struct yk_cpu_resample *r)
{
    return (size_t)r->planes * (size_t)r->stride;
}

/* The sums of row y of the result. */
static float *sums_of(const struct yk_cpu_resample *r, int y)
{
    return r->rows + (size_t)(CHUNK + y - r->first) * row_floats(r);
}

/* Room for the sums of rows first .. end - 1; those that are begun stay. */
static enum yk_status make_room(struct yk_cpu_resample *r, int end, struct yk_error *error)
{
    uint64_t floats, most = (uint64_t)row_floats(r);
    if (end - r->first <= r->capacity)
        return YK_OK;
    int rows = end - r->first + SHARES; /* the next strips' are fewer or a few more */
    if (!yk_size_mul(most, (uint64_t)CHUNK + (uint64_t)rows, &floats) ||
        floats > SIZE_MAX / sizeof(float) / 2)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory for column sums");
    if (floats > r->floats) {
        float *grown = yk_mem_alloc(floats * sizeof *grown);
        if (!grown)
            return yk_error_set(error, YK_ERR_NOMEM, "out of memory for column sums");
        if (r->begun > r->first)
            memcpy(grown + CHUNK * row_floats(r), sums_of(r, r->first),
                   (size_t)(r->begun - r->first) * row_floats(r) * sizeof *grown);
        yk_mem_free(r->rows);
        r->rows = grown;
        r->floats = (size_t)floats;
    }
    r->capacity = rows;
    return YK_OK;
}

/* Begins at row y of the result, with these columns of the source. */
static void restart(struct yk_cpu_resample *r, const struct yk_step *step, struct yk_rect need, int y)
{
    int width = need.x1 - need.x0;
    r->source = need;
    r->planes = step->in.colours + step->in.alpha;
    /* An odd number of cache lines, so that rows do not meet in the same sets of the cache. */
    r->stride = (width + COLUMNS - 1) / COLUMNS * COLUMNS + LINE;
    r->first = r->begun = y;
    r->capacity = 0;
    r->next = vertical_of(step).start[y];
}

/* Adds the chunk's rows next .. next + count - 1 to the sums of rows up to end - 1. */
static void add_chunk(struct yk_cpu_resample *r, const struct yk_level *level, const struct vertical *v,
                      int count, int end)
{
    int width = r->source.x1 - r->source.x0;
    for (int plane = 0; plane < r->planes; plane++) {
        struct yk_share shares[SHARES];
        int used = 0;
        for (int y = r->first; y < end; y++) {
            int from = v->start[y] > r->next ? v->start[y] - r->next : 0;
            int to = v->start[y] + v->taps - r->next;
            to = to < count ? to : count;
            if (to <= from)
                continue;
            shares[used++] = (struct yk_share){
                .sum = sums_of(r, y) + (ptrdiff_t)plane * r->stride,
                .weights = v->weights + (ptrdiff_t)y * v->taps + (r->next + from - v->start[y]),
                .first = from,
                .count = to - from,
            };
            if (used == SHARES) {
                level->add(shares, used, r->rows + (ptrdiff_t)plane * r->stride, (ptrdiff_t)row_floats(r),
                           width);
                used = 0;
            }
        }
        level->add(shares, used, r->rows + (ptrdiff_t)plane * r->stride, (ptrdiff_t)row_floats(r), width);
    }
    r->next += count;
}

/* Takes source rows until the sums of the rows before `end` are complete. */
static enum yk_status take_rows(struct yk_cpu_resample *r, const struct yk_level *level,
                                const struct yk_band *band, int end, struct yk_error *error)
{
    const struct yk_step *step = band->program->steps;
    const struct vertical v = vertical_of(step);
    const struct yk_format format = band->source->format;
    int last = v.start[end - 1] + v.taps;
    while (r->next < last) {
        int count = last - r->next < CHUNK ? last - r->next : CHUNK, begun = r->begun;
        while (begun < step->plan.height && v.start[begun] < r->next + count)
            begun++;
        enum yk_status status = make_room(r, begun, error);
        if (status)
            return status;
        memset(sums_of(r, r->begun), 0, (size_t)(begun - r->begun) * row_floats(r) * sizeof *r->rows);
        r->begun = begun;
        const uint8_t *bytes;
        size_t stride;
        status = yk_cpu_source_rows(band, r->next, r->next + count, &bytes, &stride, error);
        if (status)
            return status;
        level->load(bytes + (size_t)r->source.x0 * yk_format_bytes(format), stride,
                    (int)yk_format_channels(format), format.depth == 16, r->rows, r->source.x1 - r->source.x0,
                    count, (int)row_floats(r), r->stride);
        add_chunk(r, level, &v, count, begun);
    }
    return YK_OK;
}

struct yk_pass yk_cpu_resample_pass(const struct yk_step *step, struct yk_rect out, int to_stride,
                                    int to_plane)
{
    struct yk_rect sums = yk_step_need(step, out);
    sums.y0 = out.y0;
    sums.y1 = out.y1;
    return yk_step_pass(step, sums, 0, 0, out, to_stride, to_plane);
}

enum yk_status yk_cpu_resample_rows(struct yk_cpu_resample *r, const struct yk_level *level,
                                    const struct yk_band *band, struct yk_pass *pass, float *to, float *taps,
                                    struct yk_error *error)
{
    const struct yk_step *step = band->program->steps;
    struct yk_rect need = {pass->src_x0, pass->src_y0, pass->src_x0 + pass->src_w,
                           pass->src_y0 + pass->src_h};
    int end = pass->dst_y0 + pass->dst_h;
    if (pass->dst_y0 != r->first || need.x0 != r->source.x0 || need.x1 != r->source.x1)
        restart(r, step, need, pass->dst_y0);
    enum yk_status status = take_rows(r, level, band, end, error);
    if (status)
        return status;
    pass->src_stride = (int)row_floats(r);
    pass->src_plane = r->stride;
    level->ops[step->op_index]->rows(pass, sums_of(r, r->first), to, step->params, r->coef, r->index, taps);
    /* What the next strip's rows already have moves to the front. */
    if (r->begun > end)
        memmove(sums_of(r, r->first), sums_of(r, end),
                (size_t)(r->begun - end) * row_floats(r) * sizeof *r->rows);
    else
        r->begun = end;
    r->first = end;
    return YK_OK;
}
