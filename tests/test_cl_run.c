/* SPDX-License-Identifier: MIT
 * Bands on OpenCL devices: the conversions on literal values, every operation's known answers in bands of
 * every height, memory limits, and what happens when the driver fails. */
#include "support.h"

#ifdef YOKE_OPENCL
#include <stdlib.h>
#include <string.h>

#include "test_cl.h"

/* ---- Conversions ---- */

/* yk_load of one row of two pixels with two channels; the planes are read back as they are. */
static void load_planes(struct yk_cl_device *device, const void *bytes, size_t size, int wide, float *planes)
{
    cl_command_queue queue = device->slots[0].queue;
    struct yk_cl_buffer from = {0}, to = {0};
    int width = 2, rows = 1, channels = 2, stride = 64, plane_stride = 16, plane_size = 16;
    CU_ASSERT_EQUAL_FATAL(yk_cl_reserve(device, &from, 64, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_cl_reserve(device, &to, 32 * sizeof(float), NULL), YK_OK);
    const struct yk_cl_arg args[] = {
        {sizeof from.handle, &from.handle},
        {sizeof to.handle, &to.handle},
        {sizeof width, &width},
        {sizeof rows, &rows},
        {sizeof channels, &channels},
        {sizeof wide, &wide},
        {sizeof stride, &stride},
        {sizeof plane_stride, &plane_stride},
        {sizeof plane_size, &plane_size},
    };
    cl_event done = NULL;
    CU_ASSERT_EQUAL_FATAL(yk_cl_upload(device, queue, from.handle, 64, bytes, 64, size, 1, NULL, NULL),
                          YK_OK);
    CU_ASSERT_EQUAL_FATAL(
        yk_cl_launch(device, queue, &device->convert.kernels[YK_CL_LOAD], args, 9, 2, 1, 2, NULL, NULL),
        YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_cl_download(device, queue, to.handle, 128, planes, 128, 128, 1, &done, NULL),
                          YK_OK);
    CU_ASSERT_EQUAL_FATAL(device->cl.Flush(queue), CL_SUCCESS);
    CU_ASSERT_EQUAL_FATAL(yk_cl_await(device, done, clt_soon(60), NULL), YK_OK);
    device->cl.ReleaseEvent(done);
    device->cl.ReleaseMemObject(from.handle);
    device->cl.ReleaseMemObject(to.handle);
}

/* yk_store of planes into one row of two pixels with two channels. */
static void store_planes(struct yk_cl_device *device, const float *planes, int wide, void *bytes, size_t size)
{
    cl_command_queue queue = device->slots[0].queue;
    struct yk_cl_buffer from = {0}, to = {0};
    int width = 2, rows = 1, channels = 2, stride = 64, plane_stride = 16, plane_size = 16;
    CU_ASSERT_EQUAL_FATAL(yk_cl_reserve(device, &from, 32 * sizeof(float), NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_cl_reserve(device, &to, 64, NULL), YK_OK);
    const struct yk_cl_arg args[] = {
        {sizeof from.handle, &from.handle},
        {sizeof to.handle, &to.handle},
        {sizeof width, &width},
        {sizeof rows, &rows},
        {sizeof channels, &channels},
        {sizeof wide, &wide},
        {sizeof stride, &stride},
        {sizeof plane_stride, &plane_stride},
        {sizeof plane_size, &plane_size},
    };
    cl_event done = NULL;
    CU_ASSERT_EQUAL_FATAL(yk_cl_upload(device, queue, from.handle, 128, planes, 128, 128, 1, NULL, NULL),
                          YK_OK);
    CU_ASSERT_EQUAL_FATAL(
        yk_cl_launch(device, queue, &device->convert.kernels[YK_CL_STORE], args, 9, 2, 1, 2, NULL, NULL),
        YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_cl_download(device, queue, to.handle, 64, bytes, 64, size, 1, &done, NULL),
                          YK_OK);
    CU_ASSERT_EQUAL_FATAL(device->cl.Flush(queue), CL_SUCCESS);
    CU_ASSERT_EQUAL_FATAL(yk_cl_await(device, done, clt_soon(60), NULL), YK_OK);
    device->cl.ReleaseEvent(done);
    device->cl.ReleaseMemObject(from.handle);
    device->cl.ReleaseMemObject(to.handle);
}

static void each_conversion(const struct yk_device_info *info)
{
    static const uint8_t narrow[4] = {0, 255, 51, 128};
    static const uint16_t wide[4] = {0, 65535, 13107, 32768};
    struct yk_cl_device *device = clt_open(info, 1, NULL);
    float planes[32] = {0};
    CU_ASSERT_EQUAL_FATAL(yk_backend_cl.prepare(clt_base(device), NULL, NULL, NULL), YK_OK);
    /* 51 / 255 = 13107 / 65535 = 0.2; 1 unit in the last place of binary32 below 1 is 6e-8. */
    load_planes(device, narrow, sizeof narrow, 0, planes);
    CU_ASSERT(planes[0] == 0.0f && planes[16] == 1.0f);
    CU_ASSERT_DOUBLE_EQUAL((double)planes[1], 0.2, 6e-8);
    CU_ASSERT_DOUBLE_EQUAL((double)planes[17], 128.0 / 255.0, 6e-8);
    load_planes(device, wide, sizeof wide, 1, planes);
    CU_ASSERT(planes[0] == 0.0f && planes[16] == 1.0f);
    CU_ASSERT_DOUBLE_EQUAL((double)planes[1], 0.2, 6e-8);
    CU_ASSERT_DOUBLE_EQUAL((double)planes[17], 32768.0 / 65535.0, 6e-8);

    /* Rounding to nearest: 0.5 of 255 is 127.5, which goes up; beyond 0 .. 1 is clamped. */
    uint8_t narrow_out[4] = {9, 9, 9, 9};
    uint16_t wide_out[4] = {9, 9, 9, 9};
    planes[0] = -3.0f, planes[16] = 7.0f, planes[1] = 0.5f, planes[17] = 0.2f;
    store_planes(device, planes, 0, narrow_out, sizeof narrow_out);
    CU_ASSERT(narrow_out[0] == 0 && narrow_out[1] == 255 && narrow_out[2] == 128 && narrow_out[3] == 51);
    store_planes(device, planes, 1, wide_out, sizeof wide_out);
    CU_ASSERT(wide_out[0] == 0 && wide_out[1] == 65535 && wide_out[2] == 32768 && wide_out[3] == 13107);
    clt_close(device);
}

static void test_conversions(void)
{
    clt_each_device_both_ways(each_conversion);
}

/* ---- Known answers ---- */

static void run_vector(struct yk_cl_device *device, const struct yk_op *op, const struct yk_vector *vector)
{
    struct yk_image *source = clt_image(vector->in_format, vector->in_width, vector->in_height, vector->in);
    struct yk_image *expected =
        clt_image(vector->out_format, vector->out_width, vector->out_height, vector->out);
    struct yk_program *program = clt_program(device, op->name, vector->arguments, source);
    program->out_format.depth = expected->format.depth;
    for (int rows = program->out_height; rows > 0; rows = rows > 1 ? rows / 2 : 0) {
        struct yk_image *got = clt_run(device, program, source, rows);
        char label[160];
        snprintf(label, sizeof label, "%s %s %s in bands of %d", op->name, vector->arguments,
                 vector->in_format, rows);
        CU_ASSERT(yk_image_equal(got, expected, 0, label));
        yk_image_free(got);
    }
    yk_program_free(program);
    yk_image_free(expected);
    yk_image_free(source);
}

static void each_vectors(const struct yk_device_info *info)
{
    struct yk_cl_device *device = clt_open(info, 3, NULL);
    size_t count = 0;
    for (size_t k = 0; k < yk_op_count; k++)
        for (size_t j = 0; j < yk_op_table[k]->vector_count; j++, count++)
            run_vector(device, yk_op_table[k], &yk_op_table[k]->vectors[j]);
    yk_note("%s: %zu known answers of %zu operations, in bands of every halved height", info->id, count,
            yk_op_count);
    CU_ASSERT(count >= yk_op_count / 2);
    clt_close(device);
}

static void test_vectors(void)
{
    clt_each_device_both_ways(each_vectors);
}

/* A larger image in bands: with strides that are not the tightest, with parts of rows, with halos. flip and
 * crop have answers that need no arithmetic; blur of a constant is that constant. */
static void each_split(const struct yk_device_info *info)
{
    enum { WIDTH = 83, HEIGHT = 57 };
    struct yk_cl_device *device = clt_open(info, 2, NULL);
    struct yk_random random = {11};
    struct yk_image *wide = NULL, view;
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&wide, 200, HEIGHT, (struct yk_format){3, 1, 16}, NULL, NULL),
                          YK_OK);
    yk_random_fill(&random, wide->pixels, wide->stride * HEIGHT);
    view = *wide; /* a stride of 1600 for rows of 664 bytes */
    view.width = WIDTH;
    for (int rows = 1; rows <= HEIGHT; rows += rows < 4 ? 1 : 53) {
        struct yk_program *program = clt_program(device, "flip", "", &view);
        struct yk_image *got = clt_run(device, program, &view, rows);
        size_t wrong = 0;
        for (uint32_t y = 0; y < HEIGHT; y++)
            wrong += memcmp(yk_image_row(got, y), yk_image_row(&view, HEIGHT - 1 - y), WIDTH * 8) != 0;
        CU_ASSERT_EQUAL(wrong, 0);
        yk_image_free(got);
        yk_program_free(program);
        program = clt_program(device, "crop", "31x17+23+40", &view);
        got = clt_run(device, program, &view, rows);
        CU_ASSERT_EQUAL_FATAL(got->width, 31);
        for (uint32_t y = 0; y < 17; y++)
            wrong += memcmp(yk_image_row(got, y), yk_image_row(&view, 40 + y) + 23 * 8, 31 * 8) != 0;
        CU_ASSERT_EQUAL(wrong, 0);
        yk_image_free(got);
        yk_program_free(program);
    }
    /* A target with a stride of its own: nothing beside its rows may change. */
    struct yk_image *room = NULL, target;
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&room, 200, HEIGHT, view.format, NULL, NULL), YK_OK);
    memset(room->pixels, 0xEE, room->stride * HEIGHT);
    target = *room;
    target.width = WIDTH;
    struct yk_program *program = clt_program(device, "flip", "", &view);
    struct yk_band band = {.program = program, .source = &view, .target = &target, .y0 = 3, .y1 = 9};
    CU_ASSERT_EQUAL_FATAL(yk_backend_cl.submit(clt_base(device), 0, &band, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_backend_cl.wait(clt_base(device), 0, clt_soon(60), NULL, NULL), YK_OK);
    size_t wrong = 0;
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (size_t k = 0; k < room->stride; k++) {
            bool inside = y >= 3 && y < 9 && k < WIDTH * 8;
            wrong += yk_image_row(&target, y)[k] != (inside ? yk_image_row(&view, HEIGHT - 1 - y)[k] : 0xEE);
        }
    CU_ASSERT_EQUAL(wrong, 0);
    yk_program_free(program);
    yk_image_free(room);

    for (uint32_t y = 0; y < HEIGHT; y++)
        memset(yk_image_row(&view, y), 0x77, WIDTH * 8);
    program = clt_program(device, "blur", "3", &view);
    struct yk_image *got = clt_run(device, program, &view, 5);
    CU_ASSERT(yk_image_equal(got, &view, 1, "blur of a constant"));
    yk_image_free(got);
    yk_program_free(program);
    yk_image_free(wide);

    /* The known answer of sharpen stood on end: here the source and its vertical sums differ. */
    static const unsigned short soft[3] = {100, 150, 100}, sharp[3] = {88, 180, 88};
    struct yk_image *column = clt_image("gray8", 1, 3, soft), *expected = clt_image("gray8", 1, 3, sharp);
    program = clt_program(device, "sharpen", "1", column);
    got = clt_run(device, program, column, 2);
    CU_ASSERT(yk_image_equal(got, expected, 0, "sharpen of a column"));
    yk_image_free(got);
    yk_image_free(column);
    yk_image_free(expected);
    yk_program_free(program);
    clt_close(device);
}

static void test_split(void)
{
    clt_each_device_both_ways(each_split);
}

/* Statistics of 16-bit samples, added up over bands: a border of 300 around a different rectangle. */
static void each_wide_stat(const struct yk_device_info *info)
{
    struct yk_cl_device *device = clt_open(info, 1, NULL);
    unsigned short samples[9 * 8];
    for (int k = 0; k < 72; k++)
        samples[k] = k / 9 >= 2 && k / 9 < 5 && k % 9 >= 3 && k % 9 < 7 ? 40000 : 300;
    struct yk_image *source = clt_image("gray16", 9, 8, samples);
    struct yk_program *program = clt_program(device, "trim", "0", source);
    CU_ASSERT_EQUAL(program->out_width, 4);
    CU_ASSERT_EQUAL(program->out_height, 3);
    yk_program_free(program);
    /* From 300 and 40000 to 0 and 65535. */
    program = clt_program(device, "autolevel", "", source);
    struct yk_image *got = clt_run(device, program, source, 3);
    uint16_t low, high;
    memcpy(&low, got->pixels, 2);
    memcpy(&high, yk_image_row(got, 4) + 2 * 6, 2);
    CU_ASSERT(low == 0 && high == 65535);
    yk_image_free(got);
    yk_program_free(program);
    yk_image_free(source);
    clt_close(device);
}

static void test_wide_stat(void)
{
    clt_each_device_both_ways(each_wide_stat);
}

/* ---- Memory limits: arithmetic only ---- */

static void test_layout(void)
{
    struct yk_cl_planes planes;
    CU_ASSERT(yk_cl_planes_make((struct yk_rect){5, 7, 105, 10}, 4, &planes));
    CU_ASSERT(planes.stride == 112 && planes.plane == 336);
    /* 2^31 / 4 floats for each of four planes is one too many. */
    CU_ASSERT(yk_cl_planes_make((struct yk_rect){0, 0, 16, 33554431}, 4, &planes));
    CU_ASSERT_FALSE(yk_cl_planes_make((struct yk_rect){0, 0, 16, 33554432}, 4, &planes));
    CU_ASSERT_FALSE(yk_cl_planes_make((struct yk_rect){0, 0, INT32_MAX, 1}, 1, &planes));
    CU_ASSERT_FALSE(yk_cl_planes_make((struct yk_rect){3, 0, 3, 1}, 1, &planes));

    /* invert on 100x1000 gray8: a row takes 128 bytes in each byte buffer and 448 in each set of planes. */
    struct yk_image *source = NULL;
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&source, 100, 1000, (struct yk_format){1, 0, 8}, NULL, NULL),
                          YK_OK);
    struct yk_program *program = clt_program(NULL, "invert", "", source);
    struct yk_rect rects[2];
    struct yk_cl_layout layout;
    CU_ASSERT(yk_cl_layout_make(program, 10, 20, rects, &layout));
    CU_ASSERT(layout.sizes[YK_CL_SOURCE] == 1280 && layout.sizes[YK_CL_EVEN] == 4480);
    CU_ASSERT(layout.sizes[YK_CL_ODD] == 4480 && layout.sizes[YK_CL_TARGET] == 1280);
    CU_ASSERT_EQUAL(layout.sizes[YK_CL_COLUMNS], 0);
    struct yk_cl_limits limits = {UINT64_MAX, 1152 * 1000};
    CU_ASSERT_EQUAL(yk_cl_layout_rows(program, &limits, rects), 1000);
    limits.all = 1152 * 100; /* windows of rows + ceil(rows / 4) - 1 must be 100 at most: 80 */
    CU_ASSERT_EQUAL(yk_cl_layout_rows(program, &limits, rects), 80);
    limits = (struct yk_cl_limits){448 * 100, UINT64_MAX};
    CU_ASSERT_EQUAL(yk_cl_layout_rows(program, &limits, rects), 80);
    limits.all = 1152;
    CU_ASSERT_EQUAL(yk_cl_layout_rows(program, &limits, rects), 1);
    limits.all = 1151;
    CU_ASSERT_EQUAL(yk_cl_layout_rows(program, &limits, rects), 0);
    yk_program_free(program);

    program = clt_program(NULL, "rotate", "30", source);
    limits = (struct yk_cl_limits){200000, 500000};
    int rows = yk_cl_layout_rows(program, &limits, rects), over = 0;
    CU_ASSERT(rows > 1 && rows < program->out_height);
    for (int y = 0; y + rows <= program->out_height; y++)
        over +=
            !yk_cl_layout_make(program, y, y + rows, rects, &layout) || !yk_cl_layout_fits(&layout, &limits);
    CU_ASSERT_EQUAL(over, 0);
    yk_program_free(program);
    yk_image_free(source);
}

/* A device with little memory says how many rows it takes, takes those, and refuses more. */
static void each_small(const struct yk_device_info *info)
{
    static const unsigned short zeros[100 * 90] = {0};
    struct yk_cl_device *device = clt_open(info, 1, NULL);
    struct yk_image *source = clt_image("gray8", 100, 90, zeros);
    struct yk_program *program = clt_program(device, "invert", "", source);
    struct yk_band band = {.program = program, .source = source, .target = source, .y0 = 0, .y1 = 41};
    struct yk_error error = {.text = ""};
    device->limits.all = 1152 * 40;
    int rows = yk_backend_cl.max_rows(clt_base(device), program);
    CU_ASSERT(rows >= 30 && rows <= 40);
    struct yk_image *got = clt_run(device, program, source, rows);
    CU_ASSERT_EQUAL(got->pixels[0], 255);
    CU_ASSERT_EQUAL(yk_backend_cl.submit(clt_base(device), 0, &band, &error), YK_ERR_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "41 rows"));
    yk_image_free(got);

    /* Another program needs other sizes: what the slot kept for the first one gives way to the limit. */
    struct yk_program *blur = clt_program(device, "blur", "1", source);
    got = clt_run(device, blur, source, yk_backend_cl.max_rows(clt_base(device), blur));
    uint64_t kept = 0;
    for (int k = 0; k < YK_CL_PLACES; k++)
        kept += device->slots[0].places[k].size;
    CU_ASSERT(kept > 0 && kept <= device->limits.all);
    yk_program_free(blur);
    device->limits.all = 1000;
    CU_ASSERT_EQUAL(yk_backend_cl.max_rows(clt_base(device), program), 1);
    CU_ASSERT_EQUAL(yk_backend_cl.prepare(clt_base(device), program, NULL, &error), YK_ERR_UNSUPPORTED);
    yk_image_free(got);
    yk_program_free(program);
    yk_image_free(source);
    clt_close(device);
}

static void test_small(void)
{
    clt_each_device(each_small);
}

void clt_add_vectors(CU_pSuite suite)
{
    CU_add_test(suite, "known answers of every operation in bands", test_vectors);
}

void clt_add_run_tests(CU_pSuite suite)
{
    CU_add_test(suite, "conversions of literal samples", test_conversions);
    clt_add_vectors(suite);
    CU_add_test(suite, "bands of any height, stride and part of a row", test_split);
    CU_add_test(suite, "statistics of 16-bit samples", test_wide_stat);
    CU_add_test(suite, "memory of bands", test_layout);
    CU_add_test(suite, "a device with little memory", test_small);
    clt_add_host_tests(suite);
    clt_add_timing_tests(suite);
    clt_add_fault_tests(suite);
}

#endif
