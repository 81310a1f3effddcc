/* SPDX-License-Identifier: MIT
 * What the files of the OpenCL suite share (see test_cl.h): devices, literal images, programs, running them.
 */
#include "support.h"

#ifdef YOKE_OPENCL
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "params.h"
#include "registry.h"
#include "test_cl.h"

uint64_t clt_soon(unsigned seconds)
{
    return yk_clock_ns() + UINT64_C(1000000000) * seconds;
}

static bool copying; /* what clt_open makes of devices that would work on the host's memory */

void clt_each_device(void (*test)(const struct yk_device_info *info))
{
    struct yk_device_list list = {0};
    size_t usable = 0;
    CU_ASSERT_EQUAL_FATAL(yk_backend_cl.list(&list, NULL), YK_OK);
    for (size_t k = 0; k < list.count; k++)
        if (list.devices[k].usable) {
            test(&list.devices[k]);
            usable++;
        }
    if (usable == 0)
        yk_skip("no OpenCL device");
    yk_device_list_free(&list);
}

void clt_each_device_both_ways(void (*test)(const struct yk_device_info *info))
{
    clt_each_device(test);
    copying = true;
    clt_each_device(test);
    copying = false;
}

struct yk_cl_device *clt_open(const struct yk_device_info *info, unsigned slots, const char *cache_folder)
{
    struct yk_device_options options = {.slots = slots, .cache_folder = cache_folder};
    struct yk_device *device = NULL;
    struct yk_error error = {.text = ""};
    if (yk_backend_cl.open(&device, info, &options, &error) != YK_OK)
        printf("%s\n", error.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(device);
    struct yk_cl_device *opened = (struct yk_cl_device *)(void *)device;
    CU_ASSERT_EQUAL(opened->unified, opened->base.info.unified_memory);
    opened->unified = opened->unified && !copying;
    return opened;
}

void clt_close(struct yk_cl_device *device)
{
    yk_backend_cl.close(clt_base(device), false);
}

static struct yk_format format_of(const char *name)
{
    for (unsigned k = 0; k < 8; k++) {
        struct yk_format format = {k & 1 ? 3 : 1, k >> 1 & 1, k & 4 ? 16 : 8};
        if (strcmp(yk_format_name(format), name) == 0)
            return format;
    }
    CU_FAIL_FATAL("unknown format");
    return (struct yk_format){0};
}

struct yk_image *clt_image(const char *format, int width, int height, const unsigned short *samples)
{
    struct yk_image *image = NULL;
    CU_ASSERT_EQUAL_FATAL(
        yk_image_create(&image, (uint32_t)width, (uint32_t)height, format_of(format), NULL, NULL), YK_OK);
    size_t row = (size_t)width * yk_format_channels(image->format);
    for (size_t y = 0; y < (size_t)height; y++)
        for (size_t k = 0; k < row; k++)
            if (image->format.depth == 16)
                memcpy(yk_image_row(image, (uint32_t)y) + 2 * k, &samples[y * row + k], 2);
            else
                yk_image_row(image, (uint32_t)y)[k] = (uint8_t)samples[y * row + k];
    return image;
}

/* Counts the statistic of `op` over `source` in two bands. The caller frees it. */
static int *count_stat(struct yk_cl_device *device, const struct yk_op *op, size_t index, const void *params,
                       const struct yk_plan_input *in, const struct yk_image *source)
{
    struct yk_band band = {.source = source, .reduce = op, .reduce_index = index, .reduce_params = params};
    band.stat_count = op->stat_count(in, &band.stat_sums);
    band.stat = calloc(band.stat_count, sizeof *band.stat);
    CU_ASSERT_PTR_NOT_NULL_FATAL(band.stat);
    CU_ASSERT_EQUAL_FATAL(yk_backend_cl.prepare(clt_base(device), NULL, op, NULL), YK_OK);
    int height = (int)source->height, middle = (height + 1) / 2;
    for (int y = 0; y < height; y += middle) {
        band.y0 = y;
        band.y1 = y + middle < height ? y + middle : height;
        CU_ASSERT_EQUAL_FATAL(yk_backend_cl.submit(clt_base(device), 0, &band, NULL), YK_OK);
        CU_ASSERT_EQUAL_FATAL(yk_backend_cl.wait(clt_base(device), 0, clt_soon(60), NULL, NULL), YK_OK);
    }
    return band.stat;
}

static void add_step(struct yk_program *program, const char *name, const void *params,
                     struct yk_plan_input *in)
{
    static const char nothing[sizeof(int)] = {0}; /* the parameters of an operation that has none */
    const struct yk_op *op = yk_op_lookup(name, strlen(name), NULL);
    struct yk_step *step = &program->steps[program->count];
    CU_ASSERT_PTR_NOT_NULL_FATAL(op);
    CU_ASSERT_EQUAL_FATAL(yk_step_make(step, op, params ? params : nothing, in, NULL), YK_OK);
    program->count++;
    *in = (struct yk_plan_input){step->plan.width, step->plan.height, step->plan.colours,
                                 step->plan.alpha, in->depth,         NULL};
}

struct yk_program *clt_program(struct yk_cl_device *device, const char *name, const char *arguments,
                               const struct yk_image *source)
{
    static uint64_t serial; /* of this suite's programs */
    char text[256], *rest = text, *word;
    const char *words[16];
    size_t count = 0, index = 0, bad = 0;
    struct yk_error error = {.text = ""};
    const struct yk_op *op = yk_op_lookup(name, strlen(name), &index);
    CU_ASSERT_PTR_NOT_NULL_FATAL(op);
    snprintf(text, sizeof text, "%s", arguments);
    while ((word = strtok_r(NULL, " ", &rest)) != NULL && count < 16)
        words[count++] = word;
    void *params = calloc(1, op->params_size);
    struct yk_program *program = calloc(1, sizeof *program);
    CU_ASSERT_FATAL(params && program);
    program->steps = calloc(3, sizeof *program->steps);
    CU_ASSERT_PTR_NOT_NULL_FATAL(program->steps);
    if (yk_params_parse(op, words, count, params, &bad, &error) != YK_OK)
        CU_FAIL_FATAL("the arguments of a vector");
    struct yk_plan_input in = {(int)source->width,   (int)source->height,  source->format.colours,
                               source->format.alpha, source->format.depth, NULL};
    *program = (struct yk_program){.steps = program->steps,
                                   .in_width = in.width,
                                   .in_height = in.height,
                                   .in_format = source->format,
                                   .serial = ++serial};
    int *stat = op->shape == YK_REDUCE ? count_stat(device, op, index, params, &in, source) : NULL;
    bool around = op->alpha_mode == YK_ALPHA_PREMULTIPLIED && in.alpha;
    if (around)
        add_step(program, "premultiply", NULL, &in);
    in.stat = stat;
    add_step(program, name, params, &in);
    if (around)
        add_step(program, "unpremultiply", NULL, &in);
    program->out_width = in.width;
    program->out_height = in.height;
    program->out_format = (struct yk_format){(uint8_t)in.colours, (uint8_t)in.alpha, source->format.depth};
    free(stat);
    free(params);
    return program;
}

struct yk_image *clt_run(struct yk_cl_device *device, const struct yk_program *program,
                         const struct yk_image *source, int rows)
{
    struct yk_image *target = NULL;
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&target, (uint32_t)program->out_width,
                                          (uint32_t)program->out_height, program->out_format, NULL, NULL),
                          YK_OK);
    memset(target->pixels, 0xEE, target->stride * target->height);
    CU_ASSERT_EQUAL_FATAL(yk_backend_cl.prepare(clt_base(device), program, NULL, NULL), YK_OK);
    unsigned slot = 0;
    for (int y = 0; y < program->out_height; y += rows, slot++) {
        int end = y + rows < program->out_height ? y + rows : program->out_height;
        struct yk_band band = {.program = program, .source = source, .target = target, .y0 = y, .y1 = end};
        struct yk_band_timing timing = {0};
        struct yk_error error = {.text = ""};
        unsigned at = slot % device->slot_count;
        if (slot >= device->slot_count)
            CU_ASSERT_EQUAL_FATAL(yk_backend_cl.wait(clt_base(device), at, clt_soon(60), &timing, NULL),
                                  YK_OK);
        CU_ASSERT(slot < device->slot_count || timing.total > 0);
        enum yk_status status = yk_backend_cl.submit(clt_base(device), at, &band, &error);
        if (status != YK_OK)
            printf("%s\n", error.text);
        CU_ASSERT_EQUAL_FATAL(status, YK_OK);
    }
    for (unsigned k = 0; k < device->slot_count && k < slot; k++)
        CU_ASSERT_EQUAL_FATAL(yk_backend_cl.wait(clt_base(device), k, clt_soon(60), NULL, NULL), YK_OK);
    return target;
}

#endif
