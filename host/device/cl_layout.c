/* SPDX-License-Identifier: MIT
 * Sizes of a band's device memory (contract in cl_layout.h). */
#include "cl_layout.h"

#include "mem.h"

/* Rows of planes begin on a 64-byte line, as those of images do. */
enum { FLOATS_PER_LINE = 16, LINE_BYTES = 64 };

bool yk_cl_planes_make(struct yk_rect rect, int channels, struct yk_cl_planes *planes)
{
    int64_t width = (int64_t)rect.x1 - rect.x0, height = (int64_t)rect.y1 - rect.y0;
    int64_t stride = (width + FLOATS_PER_LINE - 1) / FLOATS_PER_LINE * FLOATS_PER_LINE;
    if (width < 1 || height < 1 || stride > INT32_MAX || stride * height > INT32_MAX / channels)
        return false;
    *planes = (struct yk_cl_planes){rect, (int)stride, (int)(stride * height)};
    return true;
}

uint64_t yk_cl_row_bytes(uint64_t width, struct yk_format format)
{
    uint64_t bytes = width * yk_format_bytes(format);
    return (bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
}

struct yk_rect yk_cl_columns(const struct yk_rect *rects, size_t index)
{
    return (struct yk_rect){rects[index].x0, rects[index + 1].y0, rects[index].x1, rects[index + 1].y1};
}

static void take(uint64_t *size, const struct yk_cl_planes *planes, int channels)
{
    uint64_t bytes = (uint64_t)planes->plane * (uint64_t)channels * sizeof(float);
    *size = bytes > *size ? bytes : *size;
}

static bool byte_size(uint64_t stride, int rows, uint64_t *size)
{
    return stride <= INT32_MAX && yk_size_mul(stride, (uint64_t)rows, size);
}

bool yk_cl_layout_make(const struct yk_program *program, int y0, int y1, struct yk_rect *rects,
                       struct yk_cl_layout *layout)
{
    struct yk_cl_layout made = {{0}, 0, 0};
    struct yk_cl_planes planes;
    struct yk_rect in, out = {0, y0, program->out_width, y1};
    yk_program_needs(program, out, rects);
    in = rects[0];
    int channels = (int)yk_format_channels(program->in_format);
    if (!yk_cl_planes_make(in, channels, &planes))
        return false;
    take(&made.sizes[YK_CL_EVEN], &planes, channels);
    for (size_t k = 0; k < program->count; k++) {
        const struct yk_step *step = &program->steps[k];
        if (step->op->apply == YK_SEPARABLE) {
            if (!yk_cl_planes_make(yk_cl_columns(rects, k), channels, &planes))
                return false;
            take(&made.sizes[YK_CL_COLUMNS], &planes, channels);
        }
        channels = step->plan.colours + step->plan.alpha;
        if (!yk_cl_planes_make(rects[k + 1], channels, &planes))
            return false;
        take(&made.sizes[k % 2 ? YK_CL_EVEN : YK_CL_ODD], &planes, channels);
    }
    made.source_stride = yk_cl_row_bytes((uint64_t)(in.x1 - in.x0), program->in_format);
    made.target_stride = yk_cl_row_bytes((uint64_t)program->out_width, program->out_format);
    if (!byte_size(made.source_stride, in.y1 - in.y0, &made.sizes[YK_CL_SOURCE]) ||
        !byte_size(made.target_stride, y1 - y0, &made.sizes[YK_CL_TARGET]))
        return false;
    *layout = made;
    return true;
}

bool yk_cl_layout_fits(const struct yk_cl_layout *layout, const struct yk_cl_limits *limits)
{
    uint64_t all = 0;
    for (int k = 0; k < YK_CL_PLACES; k++)
        if (layout->sizes[k] > limits->buffer || !yk_size_add(all, layout->sizes[k], &all))
            return false;
    return all <= limits->all;
}

/* Whether every band of `rows` rows fits. What a band reads grows with the band, so it is enough to try
 * windows that are a quarter longer and begin every quarter: each band lies in one of them. */
static bool every_band_fits(const struct yk_program *program, int rows, const struct yk_cl_limits *limits,
                            struct yk_rect *rects)
{
    int quarter = rows > 4 ? (rows + 3) / 4 : 1, height = program->out_height;
    for (int64_t y = 0; y < height; y += quarter) {
        int64_t end = y + rows + quarter - 1;
        struct yk_cl_layout layout;
        if (!yk_cl_layout_make(program, (int)y, (int)(end < height ? end : height), rects, &layout) ||
            !yk_cl_layout_fits(&layout, limits))
            return false;
        if (end >= height)
            break;
    }
    return true;
}

int yk_cl_layout_rows(const struct yk_program *program, const struct yk_cl_limits *limits,
                      struct yk_rect *rects)
{
    int low = 0, high = program->out_height; /* low fits or is 0; high does not fit */
    if (every_band_fits(program, high, limits, rects))
        return high;
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (every_band_fits(program, middle, limits, rects))
            low = middle;
        else
            high = middle;
    }
    return low;
}
