/* SPDX-License-Identifier: MIT
 * Shrinking as the first step (contract in cpu_resample.h). */
#include "cpu_resample.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

enum {
    CHUNK = 16,   /* source rows added at a time */
    SHARES = 48,  /* sums that a chunk may add to: at the same size Lanczos 3 has 6 + 16 */
    STRIPE = 256, /* samples of each converted at a time, so that they are added from the first-level cache */
    SAMPLES = 64, /* that vector code may take at a time */
    LINE = 16,    /* samples of a cache line */
    CHUNK_STRIDE = STRIPE + LINE
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

/* Room to turn the columns that YK_ROWS_MOST neighbouring results need, and as many again. */
static enum yk_status make_window(struct yk_cpu_resample *r, const struct yk_step *step,
                                  struct yk_error *error)
{
    const int *start = step->plan.index + 2;
    int width = step->plan.width, taps = step->plan.index[0], span = 0;
    for (int x = 0; x < width; x++) {
        int last = x + YK_ROWS_MOST < width ? x + YK_ROWS_MOST - 1 : width - 1;
        int here = start[last] + taps - start[x];
        span = here > span ? here : span;
    }
    int samples = (span + YK_ROWS_MOST) * r->channels + YK_ROWS_MOST;
    if (samples <= r->window_samples)
        return YK_OK;
    yk_mem_free(r->window);
    r->window_samples = 0;
    r->window = yk_mem_alloc((uint64_t)samples * YK_ROWS_MOST * sizeof *r->window);
    if (!r->window)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory for columns");
    r->window_samples = samples;
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
    r->channels = (int)yk_format_channels(band->source->format);
    if (!r->chunk)
        r->chunk = yk_mem_alloc((uint64_t)CHUNK * CHUNK_STRIDE * sizeof *r->chunk);
    if (!r->chunk)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory for rows");
    return make_window(r, program->steps, error);
}

void yk_cpu_resample_clear(struct yk_cpu_resample *r)
{
    yk_mem_free(r->window);
    yk_mem_free(r->chunk);
    yk_mem_free(r->sums);
    *r = (struct yk_cpu_resample){0};
}

/* The sums of row y of the result. */
static float *sums_of(const struct yk_cpu_resample *r, int y)
{
    return r->sums + (size_t)(y - r->first) * (size_t)r->stride;
}

/* Room for the sums of rows first .. end - 1, and YK_ROWS_MOST more that vector code may read; those that are
 * begun stay. */
static enum yk_status make_room(struct yk_cpu_resample *r, int end, struct yk_error *error)
{
    uint64_t floats, stride = (uint64_t)r->stride;
    if (end - r->first <= r->capacity)
        return YK_OK;
    int rows = end - r->first + SHARES; /* the next strips' are fewer or a few more */
    if (!yk_size_mul(stride, (uint64_t)rows + YK_ROWS_MOST, &floats) || floats > SIZE_MAX / sizeof(float) / 2)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory for column sums");
    if (floats > r->floats) {
        float *grown = yk_mem_zalloc(floats * sizeof *grown);
        if (!grown)
            return yk_error_set(error, YK_ERR_NOMEM, "out of memory for column sums");
        if (r->begun > r->first)
            memcpy(grown, r->sums, (size_t)(r->begun - r->first) * (size_t)stride * sizeof *grown);
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
    int samples = (need.x1 - need.x0) * r->channels;
    r->source = need;
    /* An odd number of cache lines, so that rows do not meet in the same sets of the cache. */
    r->stride = (samples + SAMPLES - 1) / SAMPLES * SAMPLES + LINE;
    r->first = r->begun = y;
    r->capacity = 0;
    r->next = vertical_of(step).start[y];
}

/* The sums up to row `end` - 1 to which `count` rows from r->next on add, as they are in column 0.
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
                .begins = v->start[y] >= r->next,
            };
    }
    return used;
}

/* Adds `count` rows from r->next on, whose bytes are given, stripe by stripe. */
static void add_chunk(struct yk_cpu_resample *r, const struct yk_level *level, struct yk_format format,
                      const uint8_t *bytes, size_t stride, int count, const struct yk_share *shares, int used)
{
    int samples = (r->source.x1 - r->source.x0) * r->channels;
    bytes += (size_t)r->source.x0 * yk_format_bytes(format);
    for (int x = 0; x < samples; x += STRIPE) {
        struct yk_share here[SHARES];
        int columns = samples - x < STRIPE ? samples - x : STRIPE;
        for (int k = 0; k < used; k++) {
            here[k] = shares[k];
            here[k].sum += x;
        }
        level->spread(bytes + (size_t)x * (format.depth / 8), stride, format.depth == 16, r->chunk,
                      CHUNK_STRIDE, columns, count);
        level->add(here, used, r->chunk, CHUNK_STRIDE, columns);
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

enum yk_status yk_cpu_resample_rows(struct yk_cpu_resample *r, const struct yk_level *level,
                                    const struct yk_band *band, struct yk_rect out, float *to, int to_stride,
                                    int to_plane, struct yk_error *error)
{
    const struct yk_step *step = band->program->steps;
    const int *index = step->plan.index;
    struct yk_rect need = yk_step_need(step, out);
    if (out.y0 != r->first || need.x0 != r->source.x0 || need.x1 != r->source.x1)
        restart(r, step, need, out.y0);
    enum yk_status status = take_rows(r, level, band, out.y1, error);
    if (status)
        return status;
    struct yk_row_sums rows = {
        .sums = sums_of(r, out.y0),
        .stride = r->stride,
        .channels = r->channels,
        .first = need.x0,
        .height = out.y1 - out.y0,
        .taps = index[0],
        .weights = step->plan.coef + (ptrdiff_t)out.x0 * index[0],
        .start = index + 2 + out.x0,
        .window = r->window,
        .window_samples = r->window_samples,
        .to = to,
        .to_stride = to_stride,
        .to_plane = to_plane,
        .width = out.x1 - out.x0,
    };
    level->along(&rows);
    /* What the next strip's rows already have moves to the front. */
    if (r->begun > out.y1)
        memmove(sums_of(r, r->first), sums_of(r, out.y1),
                (size_t)(r->begun - out.y1) * (size_t)r->stride * sizeof *r->sums);
    else
        r->begun = out.y1;
    r->first = out.y1;
    return YK_OK;
}
