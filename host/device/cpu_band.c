/* SPDX-License-Identifier: MIT
 *
 * A band on one CPU thread (contract in cpu_band.h).
 *
 * Between every two steps lies a buffer of planar rows. The band is made in strips of output rows; for a
 * strip, each step, from the last to the first, asks its input buffer for the rows it needs. A buffer keeps
 * the rows it has in common with the strip before (the halo), so no row is computed twice within a band, and
 * the strip height is chosen so that all buffers together stay in the second-level cache. Columns beyond the
 * image hold the edge sample. */
#include "cpu_band.h"

#include <stdlib.h>
#include <string.h>

#include "cpu_resample.h"
#include "mem.h"

enum {
    STRIP_FLOATS = 256 * 1024, /* 1 MiB over all buffers: half of a usual second-level cache */
    LEAST_STRIP = 16,          /* the resampler turns blocks of 16 rows */
    TALL_STRIP = 48,           /* with neighbours further away than that; more rows are not faster */
    MOST_STRIP = 256,
    FEED_ROWS = 16, /* asked of a feed at a time, so that they are converted while they are in the cache */
    ROW_SLACK = 16, /* vector stores may run up to 15 samples past a row */
    END_SLACK = 64  /* vector loads up to 63 past the last one */
};

/* The rows between two steps. `held` is the part of the image that it holds. */
struct rows {
    float *memory;
    size_t floats;    /* allocated */
    int capacity;     /* rows per plane */
    int top;          /* the first of them is this row of the image */
    int left, stride; /* samples in front of column held.x0; from row to row */
    int planes;
    struct yk_rect held;  /* empty (y0 == y1): nothing */
    struct yk_rect fresh; /* what the current strip has to add */
};

struct yk_cpu_scratch {
    struct rows *rows;
    size_t count;
    float *taps; /* scratch of the row functions */
    size_t taps_floats;
    struct yk_cpu_resample resample;
    size_t bottom; /* the first buffer that is used: 1 where cpu_resample.h makes its rows from the source,
                      else 0 */
};

struct yk_cpu_scratch *yk_cpu_scratch_create(void)
{
    return calloc(1, sizeof(struct yk_cpu_scratch));
}

void yk_cpu_scratch_free(struct yk_cpu_scratch *scratch)
{
    if (!scratch)
        return;
    for (size_t k = 0; k < scratch->count; k++)
        yk_mem_free(scratch->rows[k].memory);
    free(scratch->rows);
    yk_mem_free(scratch->taps);
    yk_cpu_resample_clear(&scratch->resample);
    free(scratch);
}

static int round_up(int v, int to)
{
    return (v + to - 1) / to * to;
}

/* First sample of row y, column held.x0, of a plane. */
static float *rows_at(const struct rows *rows, int plane, int y)
{
    ptrdiff_t row = (ptrdiff_t)plane * rows->capacity + (y - rows->top);
    return rows->memory + row * rows->stride + rows->left;
}

/* Makes room for columns [x0, x1) and `height` rows per plane, and forgets the content. */
static enum yk_status rows_reset(struct rows *rows, int planes, int reach, struct yk_rect need,
                                 struct yk_error *error)
{
    int height = need.y1 - need.y0;
    uint64_t floats;
    rows->left = round_up(reach, ROW_SLACK);
    rows->stride = round_up(rows->left + (need.x1 - need.x0) + reach + ROW_SLACK, ROW_SLACK);
    rows->planes = planes;
    rows->held = (struct yk_rect){need.x0, need.y0, need.x1, need.y0};
    rows->top = need.y0;
    if (!yk_size_mul((uint64_t)rows->stride, (uint64_t)height, &floats) || floats > INT32_MAX)
        return yk_error_set(error, YK_ERR_LIMIT,
                            "%d rows of %d pixels between two steps are over the limit of 2^31", height,
                            need.x1 - need.x0);
    floats = floats * (uint64_t)planes + END_SLACK;
    if (floats > rows->floats) {
        yk_mem_free(rows->memory);
        rows->floats = 0;
        rows->memory = yk_mem_alloc(floats * sizeof(float));
        if (!rows->memory)
            return yk_error_set(error, YK_ERR_NOMEM, "out of memory for %llu bytes of rows",
                                (unsigned long long)(floats * sizeof(float)));
        rows->floats = (size_t)floats;
    }
    /* All of the memory, which may be from a larger image: what is large enough need not grow. */
    uint64_t capacity = (rows->floats - END_SLACK) / ((uint64_t)rows->stride * (uint64_t)planes);
    uint64_t most = INT32_MAX / (uint64_t)rows->stride;
    rows->capacity = (int)(capacity < most ? capacity : most);
    return YK_OK;
}

/* Moves the rows from y0 on, which are held, to the front of larger memory with room for `need`. */
static enum yk_status rows_grow(struct rows *rows, int reach, struct yk_rect need, struct yk_error *error)
{
    struct rows old = *rows;
    rows->memory = NULL;
    rows->floats = 0;
    enum yk_status status = rows_reset(rows, old.planes, reach, need, error);
    if (!status) {
        size_t keep = (size_t)(old.held.y1 - need.y0) * (size_t)old.stride * sizeof *old.memory;
        rows->held.y1 = old.held.y1;
        for (int plane = 0; plane < old.planes; plane++)
            memcpy(rows_at(rows, plane, need.y0) - rows->left, rows_at(&old, plane, need.y0) - old.left,
                   keep);
    }
    yk_mem_free(old.memory);
    return status;
}

/* Makes the buffer ready to take need: keeps the rows that are already there where the strip only moved down,
 * and notes in `fresh` what is missing. A row that was kept is never asked for again. The rows move down
 * through the memory, and go to its front when they reach the end: with room for as many more as are kept,
 * and a strip's, that is once in several strips. */
static enum yk_status rows_want(struct rows *rows, int planes, int reach, struct yk_rect need,
                                struct yk_error *error)
{
    struct yk_rect *held = &rows->held;
    bool moved_down = held->y1 > held->y0 && held->x0 == need.x0 && held->x1 == need.x1 &&
                      need.y0 >= held->y0 && need.y0 <= held->y1 && need.y1 >= held->y1;
    int keep = moved_down ? held->y1 - need.y0 : 0;
    rows->fresh = need;
    if (!moved_down || need.y1 - need.y0 > rows->capacity) {
        struct yk_rect roomy = need;
        int more = keep > 0 ? keep : 2 * reach;
        roomy.y1 += LEAST_STRIP + (more < MOST_STRIP ? more : MOST_STRIP);
        enum yk_status status =
            keep > 0 ? rows_grow(rows, reach, roomy, error) : rows_reset(rows, planes, reach, roomy, error);
        rows->fresh.y0 += keep;
        return status;
    }
    if (need.y1 - rows->top > rows->capacity) {
        for (int plane = 0; plane < rows->planes && keep > 0; plane++) {
            float *to = rows->memory + (ptrdiff_t)plane * rows->capacity * rows->stride;
            memmove(to, to + (ptrdiff_t)(need.y0 - rows->top) * rows->stride,
                    (size_t)keep * (size_t)rows->stride * sizeof *to);
        }
        rows->top = need.y0;
    }
    rows->fresh.y0 = held->y1;
    held->y0 = need.y0;
    return YK_OK;
}

/* Repeats the edge samples of the fresh rows `reach` times to the left and right of the image. */
static void rows_pad(const struct rows *rows, int reach, int width)
{
    int w = rows->held.x1 - rows->held.x0;
    for (int plane = 0; plane < rows->planes; plane++)
        for (int y = rows->fresh.y0; y < rows->fresh.y1; y++) {
            float *row = rows_at(rows, plane, y);
            if (rows->held.x0 == 0)
                for (int x = 1; x <= reach; x++)
                    row[-x] = row[0];
            if (rows->held.x1 == width)
                for (int x = 0; x < reach; x++)
                    row[w + x] = row[w - 1];
        }
}

static enum yk_status want_taps(struct yk_cpu_scratch *scratch, const struct yk_pass *pass, bool resample,
                                struct yk_error *error)
{
    size_t need = yk_rows_scratch(pass, resample);
    if (need <= scratch->taps_floats)
        return YK_OK;
    yk_mem_free(scratch->taps);
    scratch->taps_floats = 0;
    scratch->taps = yk_mem_alloc(need * sizeof(float));
    if (!scratch->taps)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory for row sums");
    scratch->taps_floats = need;
    return YK_OK;
}

/* Output rows per strip such that all buffers fit STRIP_FLOATS, by each buffer's rows per output row. A step
 * that reads far up and down packs all those rows again for every strip: then it has about as many rows of
 * its own. */
static int strip_height(const struct yk_program *program, size_t bottom)
{
    double floats = 0.0;
    int least = LEAST_STRIP;
    if (bottom) /* a column sum for each row of the result */
        floats += (double)program->steps->in.width * (program->steps->in.colours + program->steps->in.alpha) *
                  program->steps->plan.height / program->out_height;
    for (size_t k = bottom; k <= program->count; k++) {
        const struct yk_step *step = k < program->count ? &program->steps[k] : NULL;
        double width = step ? step->in.width : program->out_width;
        double height = step ? step->in.height : program->out_height;
        int planes = step ? step->in.colours + step->in.alpha
                          : program->out_format.colours + program->out_format.alpha;
        floats += width * planes * height / program->out_height;
        int around = step ? round_up(2 * yk_step_reach(step), LEAST_STRIP) : 0;
        around = around < TALL_STRIP ? around : TALL_STRIP;
        least = around > least ? around : least;
    }
    double rows = STRIP_FLOATS / floats;
    return rows < least ? least : rows > MOST_STRIP ? MOST_STRIP : (int)rows / LEAST_STRIP * LEAST_STRIP;
}

static enum yk_status load_rows(const struct yk_level *level, const struct rows *rows,
                                const struct yk_band *band, struct yk_error *error)
{
    const struct yk_image *source = band->source;
    const struct yk_rect *fresh = &rows->fresh;
    int y = fresh->y0;
    while (y < fresh->y1) {
        int end = fresh->y1;
        const uint8_t *bytes;
        size_t stride;
        if (band->feed)
            end = end - y > FEED_ROWS ? y + FEED_ROWS : end;
        enum yk_status status = yk_band_rows(band, y, end, &bytes, &stride, error);
        if (status)
            return status;
        level->load(bytes + (size_t)fresh->x0 * yk_format_bytes(source->format), stride,
                    (int)yk_format_channels(source->format), source->format.depth == 16, rows_at(rows, 0, y),
                    fresh->x1 - fresh->x0, end - y, rows->stride, rows->capacity * rows->stride);
        y = end;
    }
    return YK_OK;
}

static enum yk_status run_step(const struct yk_level *level, struct yk_cpu_scratch *scratch,
                               const struct yk_step *step, const struct rows *from, const struct rows *to,
                               struct yk_error *error)
{
    struct yk_pass pass = yk_step_pass(step, from->held, from->stride, from->capacity * from->stride,
                                       to->fresh, to->stride, to->capacity * to->stride);
    if (step->op->apply == YK_SEPARABLE) {
        enum yk_status status = want_taps(scratch, &pass, step->op->resample != 0, error);
        if (status)
            return status;
    }
    level->ops[step->op_index]->rows(&pass, rows_at(from, 0, from->held.y0), rows_at(to, 0, to->fresh.y0),
                                     step->params, step->plan.coef, step->plan.index, scratch->taps);
    return YK_OK;
}

/* The rows of buffer 1 straight from the source. */
static enum yk_status run_resample(const struct yk_level *level, struct yk_cpu_scratch *scratch,
                                   const struct yk_band *band, const struct rows *to, struct yk_error *error)
{
    return yk_cpu_resample_rows(&scratch->resample, level, band, to->fresh, rows_at(to, 0, to->fresh.y0),
                                to->stride, to->capacity * to->stride, error);
}

/* One strip: what is missing is found from the last buffer to the first, then made from the first to the
 * last. */
static enum yk_status run_strip(const struct yk_level *level, struct yk_cpu_scratch *scratch,
                                const struct yk_band *band, int y0, int y1, struct yk_error *error)
{
    const struct yk_program *program = band->program;
    struct yk_rect need = {0, y0, program->out_width, y1};
    size_t first = program->count;
    enum yk_status status;
    for (;; first--) {
        struct rows *rows = &scratch->rows[first];
        const struct yk_step *reader = first < program->count ? &program->steps[first] : NULL;
        int planes =
            reader ? reader->in.colours + reader->in.alpha : (int)yk_format_channels(program->out_format);
        status = rows_want(rows, planes, reader ? yk_step_reach(reader) : 0, need, error);
        if (status)
            return status;
        if (first == scratch->bottom || rows->fresh.y1 <= rows->fresh.y0)
            break;
        need = yk_step_need(&program->steps[first - 1], rows->fresh);
    }
    for (size_t k = first; k <= program->count; k++) {
        struct rows *rows = &scratch->rows[k];
        if (rows->fresh.y1 <= rows->fresh.y0)
            continue;
        status = k == 0 ? load_rows(level, rows, band, error)
                 : k == scratch->bottom
                     ? run_resample(level, scratch, band, rows, error)
                     : run_step(level, scratch, &program->steps[k - 1], rows - 1, rows, error);
        if (status)
            return status;
        rows->held.y1 = rows->fresh.y1;
        if (k < program->count)
            rows_pad(rows, yk_step_reach(&program->steps[k]), program->steps[k].in.width);
    }
    const struct rows *last = &scratch->rows[program->count];
    level->store(rows_at(last, 0, y0), last->stride, last->capacity * last->stride,
                 yk_image_row(band->target, (uint32_t)y0), band->target->stride,
                 (int)yk_format_channels(program->out_format), program->out_format.depth == 16,
                 program->out_width, y1 - y0);
    return YK_OK;
}

static void run_reduce(const struct yk_level *level, const struct yk_band *band)
{
    const struct yk_image *source = band->source;
    struct yk_reduce_pass pass = yk_reduce_pass_make(source, band->y0, band->y1);
    level->ops[band->reduce_index]->reduce(&pass, yk_image_row(source, (uint32_t)band->y0),
                                           band->reduce_params, band->stat);
}

enum yk_status yk_cpu_band_run(const struct yk_level *level, struct yk_cpu_scratch *scratch,
                               const struct yk_band *band, struct yk_error *error)
{
    if (band->reduce) {
        run_reduce(level, band);
        return YK_OK;
    }
    const struct yk_program *program = band->program;
    if (program->count + 1 > scratch->count) {
        struct rows *grown = realloc(scratch->rows, (program->count + 1) * sizeof *grown);
        if (!grown)
            return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
        memset(grown + scratch->count, 0, (program->count + 1 - scratch->count) * sizeof *grown);
        scratch->rows = grown;
        scratch->count = program->count + 1;
    }
    for (size_t k = 0; k <= program->count; k++)
        scratch->rows[k].held = (struct yk_rect){0, 0, 0, 0};
    scratch->bottom = yk_cpu_resample_takes(program);
    if (scratch->bottom) {
        enum yk_status status = yk_cpu_resample_begin(&scratch->resample, band, error);
        if (status)
            return status;
    }
    int height = strip_height(program, scratch->bottom);
    for (int y = band->y0; y < band->y1; y += height) {
        int end = band->y1 - y > height ? y + height : band->y1;
        if (y > band->y0 && band->stop && band->stop(band->stop_context))
            return yk_error_set(error, YK_ERR_CANCELLED, "stopped");
        enum yk_status status = run_strip(level, scratch, band, y, end, error);
        if (status)
            return status;
    }
    return YK_OK;
}
