/* SPDX-License-Identifier: MIT
 * Running one band: source bytes up, samples to planes, one kernel or two for each step, planes to bytes,
 * bytes down. Everything is queued at once; nothing here waits but after an error. */
#include <stdlib.h>
#include <string.h>

#include "cl_device.h"
#include "clock.h"
#include "mem.h"

static struct yk_cl_device *of(struct yk_device *device)
{
    return (struct yk_cl_device *)(void *)device;
}

/* Everything of a program's band that can fail for want of memory, so that nothing is in flight yet when it
 * does. */
static enum yk_status reserve_band(struct yk_cl_device *device, struct yk_cl_slot *slot,
                                   const struct yk_band *band, struct yk_cl_layout *layout,
                                   struct yk_error *error)
{
    const struct yk_program *program = band->program;
    void *rects = slot->rects;
    bool grown = yk_mem_grow(&rects, &slot->rect_room, program->count + 1, sizeof *slot->rects);
    slot->rects = rects;
    if (!grown)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    if (!yk_cl_layout_make(program, band->y0, band->y1, slot->rects, layout) ||
        !yk_cl_layout_fits(layout, &device->limits))
        return yk_error_set(error, YK_ERR_LIMIT, "%s: a band of %d rows is too large", device->label,
                            band->y1 - band->y0);
    /* Of the source, parts of rows are copied: they are fewer bytes than the rows. */
    struct yk_rect in = slot->rects[0];
    bool whole = in.x0 == 0 && in.x1 == program->in_width;
    if (whole && yk_cl_wrap(device, &slot->source, band->source, in.y0, in.y1, false))
        layout->sizes[YK_CL_SOURCE] = 0;
    if (yk_cl_wrap(device, &slot->target, band->target, band->y0, band->y1, true))
        layout->sizes[YK_CL_TARGET] = 0;
    yk_cl_drop_surplus(device, slot, layout);
    enum yk_status status = yk_cl_keep_tables(device, &slot->tables, program, error);
    for (int k = 0; k < YK_CL_PLACES && status == YK_OK; k++)
        status = yk_cl_reserve(device, &slot->places[k], layout->sizes[k], error);
    return status;
}

/* Queues yk_load (bytes to planes) or yk_store (planes to bytes), which have the same arguments but for the
 * order of the first two. */
static enum yk_status convert(struct yk_cl_device *device, const struct yk_cl_slot *slot, int kernel,
                              cl_mem from, cl_mem to, const struct yk_cl_planes *planes,
                              struct yk_format format, uint64_t byte_stride, cl_event *done,
                              struct yk_error *error)
{
    int width = planes->rect.x1 - planes->rect.x0, rows = planes->rect.y1 - planes->rect.y0;
    int channels = (int)yk_format_channels(format), wide = format.depth == 16, stride = (int)byte_stride;
    const struct yk_cl_arg args[] = {
        {sizeof from, &from},
        {sizeof to, &to},
        {sizeof width, &width},
        {sizeof rows, &rows},
        {sizeof channels, &channels},
        {sizeof wide, &wide},
        {sizeof stride, &stride},
        {sizeof planes->stride, &planes->stride},
        {sizeof planes->plane, &planes->plane},
    };
    return yk_cl_launch(device, slot->queue, &device->convert.kernels[kernel], args,
                        sizeof args / sizeof *args, width, rows, channels, done, error);
}

/* Queues one kernel of a step. `source` and `planes` are what the step reads; for the second pass of a
 * separable step, `from` holds the vertical sums instead. */
static enum yk_status pass_kernel(struct yk_cl_device *device, struct yk_cl_slot *slot, size_t index,
                                  int kernel, cl_mem from, const struct yk_cl_planes *from_planes, cl_mem to,
                                  const struct yk_cl_planes *to_planes, cl_mem source,
                                  const struct yk_cl_planes *planes, struct yk_error *error)
{
    const struct yk_step *step = &slot->band.program->steps[index];
    struct yk_pass pass = yk_step_pass(step, from_planes->rect, from_planes->stride, from_planes->plane,
                                       to_planes->rect, to_planes->stride, to_planes->plane);
    pass.aux_x0 = planes->rect.x0;
    pass.aux_y0 = planes->rect.y0;
    pass.aux_stride = planes->stride;
    pass.aux_plane = planes->plane;
    cl_mem coef = slot->tables.steps[index].coef, table = slot->tables.steps[index].index;
    coef = coef ? coef : device->nothing;
    table = table ? table : device->nothing;
    const struct yk_cl_arg args[] = {
        {sizeof from, &from},     {sizeof to, &to},
        {sizeof pass, &pass},     {step->op->params_size, step->params},
        {sizeof coef, &coef},     {sizeof table, &table},
        {sizeof source, &source},
    };
    int count = 1; /* a point kernel makes all planes of a pixel */
    if (step->op->apply == YK_GEOMETRIC)
        count = step->plan.colours + step->plan.alpha;
    else if (step->op->apply != YK_POINT)
        count = step->in.colours + step->in.alpha;
    return yk_cl_launch(device, slot->queue, &device->ops[step->op_index].program.kernels[kernel], args,
                        sizeof args / sizeof *args, pass.dst_w, pass.dst_h, count, NULL, error);
}

static enum yk_status queue_step(struct yk_cl_device *device, struct yk_cl_slot *slot, size_t index,
                                 const struct yk_cl_planes *in, const struct yk_cl_planes *out,
                                 struct yk_error *error)
{
    const struct yk_step *step = &slot->band.program->steps[index];
    cl_mem from = slot->places[index % 2 ? YK_CL_ODD : YK_CL_EVEN].handle;
    cl_mem to = slot->places[index % 2 ? YK_CL_EVEN : YK_CL_ODD].handle;
    if (step->op->apply != YK_SEPARABLE)
        return pass_kernel(device, slot, index, YK_CL_MAIN, from, in, to, out, from, in, error);
    struct yk_cl_planes sums;
    cl_mem columns = slot->places[YK_CL_COLUMNS].handle;
    if (!yk_cl_planes_make(yk_cl_columns(slot->rects, index), step->in.colours + step->in.alpha, &sums))
        return yk_error_set(error, YK_ERR_INTERNAL, "a band that was measured does not fit");
    enum yk_status status =
        pass_kernel(device, slot, index, YK_CL_VERTICAL, from, in, columns, &sums, from, in, error);
    if (status == YK_OK)
        status = pass_kernel(device, slot, index, YK_CL_MAIN, columns, &sums, to, out, from, in, error);
    return status;
}

/* Queues the upload of the band's source bytes; where the device reads the image itself there is nothing to
 * do. *bytes and *stride say where they are. */
static enum yk_status queue_source(struct yk_cl_device *device, struct yk_cl_slot *slot,
                                   const struct yk_cl_layout *layout, cl_mem *bytes, uint64_t *stride,
                                   struct yk_error *error)
{
    const struct yk_band *band = &slot->band;
    struct yk_rect in = slot->rects[0];
    uint64_t pixel = yk_format_bytes(band->program->in_format);
    const uint8_t *first = yk_image_row(band->source, (uint32_t)in.y0) + (uint64_t)in.x0 * pixel;
    *bytes = slot->source.handle;
    *stride = band->source->stride;
    if (slot->source.handle)
        return YK_OK;
    *bytes = slot->places[YK_CL_SOURCE].handle;
    *stride = layout->source_stride;
    return yk_cl_upload(device, slot->queue, *bytes, *stride, first, band->source->stride,
                        (uint64_t)(in.x1 - in.x0) * pixel, (uint64_t)(in.y1 - in.y0), &slot->marks.upload,
                        error);
}

/* Queues planes to bytes and the way of the bytes to the host, whose end is slot->done. */
static enum yk_status queue_target(struct yk_cl_device *device, struct yk_cl_slot *slot,
                                   const struct yk_cl_layout *layout, const struct yk_cl_planes *planes,
                                   struct yk_error *error)
{
    const struct yk_band *band = &slot->band;
    const struct yk_program *program = band->program;
    bool copied = slot->target.handle == NULL;
    cl_mem finished = slot->places[program->count % 2 ? YK_CL_ODD : YK_CL_EVEN].handle;
    cl_mem bytes = copied ? slot->places[YK_CL_TARGET].handle : slot->target.handle;
    enum yk_status status =
        convert(device, slot, YK_CL_STORE, finished, bytes, planes, program->out_format,
                copied ? layout->target_stride : band->target->stride, &slot->marks.last, error);
    if (status != YK_OK)
        return status;
    if (!copied)
        return yk_cl_map(device, slot->queue, &slot->target, &slot->done, error);
    return yk_cl_download(device, slot->queue, bytes, layout->target_stride,
                          yk_image_row(band->target, (uint32_t)band->y0), band->target->stride,
                          (uint64_t)program->out_width * yk_format_bytes(program->out_format),
                          (uint64_t)(band->y1 - band->y0), &slot->done, error);
}

static enum yk_status queue_program(struct yk_cl_device *device, struct yk_cl_slot *slot,
                                    const struct yk_cl_layout *layout, struct yk_error *error)
{
    const struct yk_program *program = slot->band.program;
    int channels = (int)yk_format_channels(program->in_format);
    struct yk_cl_planes planes, next;
    cl_mem bytes;
    uint64_t stride;
    if (!yk_cl_planes_make(slot->rects[0], channels, &planes))
        return yk_error_set(error, YK_ERR_INTERNAL, "a band that was measured does not fit");
    enum yk_status status = queue_source(device, slot, layout, &bytes, &stride, error);
    if (status == YK_OK)
        status = convert(device, slot, YK_CL_LOAD, bytes, slot->places[YK_CL_EVEN].handle, &planes,
                         program->in_format, stride, &slot->marks.first, error);
    for (size_t k = 0; k < program->count && status == YK_OK; k++) {
        channels = program->steps[k].plan.colours + program->steps[k].plan.alpha;
        if (!yk_cl_planes_make(slot->rects[k + 1], channels, &next))
            return yk_error_set(error, YK_ERR_INTERNAL, "a band that was measured does not fit");
        status = queue_step(device, slot, k, &planes, &next, error);
        planes = next;
    }
    return status == YK_OK ? queue_target(device, slot, layout, &planes, error) : status;
}

/* Memory for a statistic: bytes of the rows, the device's counters, where they are read to. */
static enum yk_status reserve_reduce(struct yk_cl_device *device, struct yk_cl_slot *slot,
                                     const struct yk_band *band, uint64_t stride, struct yk_error *error)
{
    uint64_t bytes;
    void *counted = slot->counted;
    bool grown = yk_mem_grow(&counted, &slot->counted_room, band->stat_count, sizeof *slot->counted);
    slot->counted = counted;
    if (!grown || !yk_size_mul(stride, (uint64_t)(band->y1 - band->y0), &bytes))
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    if (bytes > device->limits.buffer || stride > INT32_MAX)
        return yk_error_set(error, YK_ERR_LIMIT, "%s: a band of %d rows is too large", device->label,
                            band->y1 - band->y0);
    enum yk_status status = YK_OK;
    if (!yk_cl_wrap(device, &slot->source, band->source, band->y0, band->y1, false))
        status = yk_cl_reserve(device, &slot->places[YK_CL_SOURCE], bytes, error);
    if (status == YK_OK)
        status = yk_cl_reserve(device, &slot->stat, band->stat_count * sizeof(int), error);
    return status;
}

/* The samples of the image's first pixel, which some statistics compare with. */
static void read_corner(const struct yk_image *image, int *corner)
{
    for (unsigned c = 0; c < yk_format_channels(image->format); c++) {
        uint16_t wide;
        memcpy(&wide, image->pixels + (image->format.depth == 16 ? 2 * c : 0), sizeof wide);
        corner[c] = image->format.depth == 16 ? wide : image->pixels[c];
    }
}

static enum yk_status queue_reduce(struct yk_cl_device *device, struct yk_cl_slot *slot, uint64_t stride,
                                   struct yk_error *error)
{
    const struct yk_band *band = &slot->band;
    const struct yk_image *source = band->source;
    struct yk_reduce_pass pass = {
        .width = (int)source->width,
        .height = (int)source->height,
        .y0 = band->y0,
        .rows = band->y1 - band->y0,
        .stride = (int)(slot->source.handle ? source->stride : stride),
        .channels = (int)yk_format_channels(source->format),
        .colours = source->format.colours,
        .wide = source->format.depth == 16,
    };
    read_corner(source, pass.corner);
    static const cl_int zero = 0;
    size_t size = band->stat_count * sizeof(int);
    cl_mem pixels = slot->source.handle ? slot->source.handle : slot->places[YK_CL_SOURCE].handle;
    cl_mem stat = slot->stat.handle;
    const struct yk_cl_arg args[] = {
        {sizeof pixels, &pixels},
        {sizeof stat, &stat},
        {sizeof pass, &pass},
        {band->reduce->params_size, band->reduce_params},
    };
    enum yk_status status = YK_OK;
    if (!slot->source.handle)
        status = yk_cl_upload(device, slot->queue, pixels, stride, yk_image_row(source, (uint32_t)band->y0),
                              source->stride, (uint64_t)source->width * yk_format_bytes(source->format),
                              (uint64_t)pass.rows, &slot->marks.upload, error);
    if (status != YK_OK)
        return status;
    cl_int code = device->cl.EnqueueFillBuffer(slot->queue, stat, &zero, sizeof zero, 0, size, 0, NULL, NULL);
    if (code != CL_SUCCESS)
        return yk_cl_device_fail(device, "clEnqueueFillBuffer", code, false, error);
    const struct yk_cl_kernel *kernel = &device->ops[band->reduce_index].program.kernels[YK_CL_REDUCE];
    status = yk_cl_launch(device, slot->queue, kernel, args, sizeof args / sizeof *args, pass.width,
                          pass.rows, 1, &slot->marks.first, error);
    if (status == YK_OK) {
        slot->marks.last = slot->marks.first;
        device->cl.RetainEvent(slot->marks.last);
        status =
            yk_cl_download(device, slot->queue, stat, size, slot->counted, size, size, 1, &slot->done, error);
    }
    return status;
}

static bool fits_images(const struct yk_band *band)
{
    const struct yk_image *source = band->source, *target = band->target;
    if (band->y0 < 0 || band->y1 <= band->y0)
        return false;
    if (band->reduce)
        return (uint32_t)band->y1 <= source->height && band->stat_count > 0;
    const struct yk_program *program = band->program;
    return source->width == (uint32_t)program->in_width && source->height == (uint32_t)program->in_height &&
           target->width == (uint32_t)program->out_width && target->height == (uint32_t)program->out_height &&
           band->y1 <= program->out_height &&
           memcmp(&source->format, &program->in_format, sizeof source->format) == 0 &&
           memcmp(&target->format, &program->out_format, sizeof target->format) == 0;
}

static bool prepared(const struct yk_cl_device *device, const struct yk_band *band)
{
    if (band->reduce)
        return device->ops[band->reduce_index].program.kernels[YK_CL_REDUCE].handle != NULL;
    for (size_t k = 0; k < band->program->count; k++)
        if (!device->ops[band->program->steps[k].op_index].program.handle)
            return false;
    return device->convert.handle != NULL;
}

enum yk_status yk_cl_submit(struct yk_device *base, unsigned number, const struct yk_band *band,
                            struct yk_error *error)
{
    struct yk_cl_device *device = of(base);
    if (atomic_load(&device->lost))
        return yk_error_set(error, YK_ERR_LOST, "%s was lost and cannot be used again", device->label);
    if (number >= device->slot_count || yk_cl_slot_taken(&device->slots[number]) || !fits_images(band) ||
        !prepared(device, band))
        return yk_error_set(error, YK_ERR_INVALID,
                            "%s: rows %d to %d were submitted to slot %u of %u against the rules",
                            device->label, band->y0, band->y1, number, device->slot_count);
    struct yk_cl_slot *slot = &device->slots[number];
    struct yk_cl_layout layout;
    slot->band = *band;
    slot->started = yk_clock_ns();
    uint64_t stride = yk_cl_row_bytes(band->source->width, band->source->format);
    enum yk_status status = band->reduce ? reserve_reduce(device, slot, band, stride, error)
                                         : reserve_band(device, slot, band, &layout, error);
    if (status != YK_OK) {
        yk_cl_end_views(&device->cl, slot);
        atomic_store(device->fault, false); /* as below */
        return status;
    }
    slot->marks.asked = yk_clock_ns();
    status = band->reduce ? queue_reduce(device, slot, stride, error)
                          : queue_program(device, slot, &layout, error);
    if (status == YK_OK) {
        cl_int code = device->cl.Flush(slot->queue);
        if (code != CL_SUCCESS)
            status = yk_cl_device_fail(device, "clFlush", code, false, error);
    }
    if (status == YK_OK)
        return YK_OK;
    if (!yk_cl_drain(device, slot->queue)) {
        /* The images may still be in use: no failed submit, but a hang for the wait to report. */
        atomic_store(&device->lost, true);
        slot->stuck = true;
        return YK_OK;
    }
    if (slot->done)
        device->cl.ReleaseEvent(slot->done);
    slot->done = NULL;
    yk_cl_drop_marks(&device->cl, slot);
    yk_cl_end_views(&device->cl, slot);
    atomic_store(device->fault, false); /* the failed call has been reported */
    return status;
}
