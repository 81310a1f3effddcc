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
    STRIPE = 512, /* columns of them converted at a time, so that they are added from the first-level cache */
    COLUMNS = 64, /* that vector code may take at a time */
    LINE = 16,    /* samples of a cache line */
    CHUNK_STRIDE = STRIPE + LINE,
    PLANES = 4
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

enum yk_status yk_cpu_resample_begin(struct yk_cpu_resample *r, const struct yk_band *band,
                                     struct yk_error *error)
{
    const struct yk_program *program = band->program;
    struct yk_rect need = {0, band->y0, program->out_width, band->y1};
    for (size_t k = program->count; k-- > 1;)
        need = yk_step_need(&program->steps[k], need);
    r->end = need.y1;
    r->first = r->begun = INT_MAX; /* where no strip begins */
    if (!r->chunk)
        r->chunk = yk_mem_alloc((uint64_t)CHUNK * PLANES * CHUNK_STRIDE * sizeof *r->chunk);
    if (!r->chunk)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory for rows");
    return make_tables(r, program, error);
}

void yk_cpu_resample_clear(struct yk_cpu_resample *r)
{
    free(r->coef);
    free(r->index);
    yk_mem_free(r->chunk);
    yk_mem_free(r->sums);
    *r = (struct yk_cpu_resample){0};
}

static size_t row_floats(const struct yk_cpu_resample *r)
{
    return (size_t)r->planes * (size_t)r->stride;
}

/* The sums of row y of the result. */
static float *sums_of(const struct yk_cpu_resample *r, int y)
{
    return r->sums + (size_t)(y - r->first) * row_floats(r);
}

/* Room for the sums of rows first .. end - 1; those that are begun stay. */
static enum yk_status make_room(struct yk_cpu_resample *r, int end, struct yk_error *error)
{
    uint64_t floats;
    if (end - r->first <= r->capacity)
        return YK_OK;
    int rows = end - r->first + SHARES; /* the next strips' are fewer or a few more */
    if (!yk_size_mul(row_floats(r), (uint64_t)rows, &floats) || floats > SIZE_MAX / sizeof(float) / 2)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory for column sums");
    if (floats > r->floats) {
        float *grown = yk_mem_alloc(floats * sizeof *grown);
        if (!grown)
            return yk_error_set(error, YK_ERR_NOMEM, "out of memory for column sums");
        if (r->begun > r->first)
            memcpy(grown, r->sums, (size_t)(r->begun - r->first) * row_floats(r) * sizeof *grown);
        yk_mem_free(r->sums);
        r->sums = grown;
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

/* The sums up to row `end` - 1 to which `count` rows from r->next on add, as they are in column 0 of plane 0.
 * Returns how many. */
static int share_out(const struct yk_cpu_resample *r, const struct vertical *v, int count, int end,
                     struct yk_share *shares)
{
    int used = 0;
    for (int y = r->first; y < end && used < SHARES; y++) {
        int from = v->start[y] > r->next ? v->start[y] - r->next : 0;
        int to = v->start[y] + v->taps - r->next;
        to = to < count ? to : count;
        if (to > from)
            shares[used++] = (struct yk_share){
                .sum = sums_of(r, y),
                .weights = v->weights + (ptrdiff_t)y * v->taps + (r->next + from - v->start[y]),
                .first = from,
                .count = to - from,
            };
    }
    return used;
}

/* Adds `count` rows from r->next on, whose bytes are given, stripe by stripe. */
static void add_chunk(struct yk_cpu_resample *r, const struct yk_level *level, struct yk_format format,
                      const uint8_t *bytes, size_t stride, int count, const struct yk_share *shares, int used)
{
    int width = r->source.x1 - r->source.x0;
    for (int x = 0; x < width; x += STRIPE) {
        int columns = width - x < STRIPE ? width - x : STRIPE;
        level->load(bytes + (size_t)(r->source.x0 + x) * yk_format_bytes(format), stride,
                    (int)yk_format_channels(format), format.depth == 16, r->chunk, columns, count,
                    r->planes * CHUNK_STRIDE, CHUNK_STRIDE);
        for (int plane = 0; plane < r->planes; plane++) {
            struct yk_share here[SHARES];
            for (int k = 0; k < used; k++) {
                here[k] = shares[k];
                here[k].sum += (ptrdiff_t)plane * r->stride + x;
            }
            level->add(here, used, r->chunk + plane * CHUNK_STRIDE, (ptrdiff_t)r->planes * CHUNK_STRIDE,
                       columns);
        }
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
        while (begun < r->end && v.start[begun] < r->next + count)
            begun++;
        enum yk_status status = make_room(r, begun, error);
        if (status)
            return status;
        memset(sums_of(r, r->begun), 0, (size_t)(begun - r->begun) * row_floats(r) * sizeof *r->sums);
        r->begun = begun;
        const uint8_t *bytes;
        size_t stride;
        status = yk_band_rows(band, r->next, r->next + count, &bytes, &stride, error);
        if (status)
            return status;
        struct yk_share shares[SHARES];
        int used = share_out(r, &v, count, begun, shares);
        add_chunk(r, level, format, bytes, stride, count, shares, used);
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
                (size_t)(r->begun - end) * row_floats(r) * sizeof *r->sums);
    else
        r->begun = end;
    r->first = end;
    return YK_OK;
}
