/* SPDX-License-Identifier: MIT
 * Devices divided by YOKE_CL_SPLIT: its texts, the listing, and each part at work. */
#include "support.h"

#ifdef YOKE_OPENCL
#include <stdlib.h>
#include <string.h>

#include "test_cl.h"

/* Sets the variable, NULL: to what it was before the tests. */
static void set_split(const char *text, const char *before)
{
    const char *value = text ? text : before;
    if (value)
        setenv("YOKE_CL_SPLIT", value, 1);
    else
        unsetenv("YOKE_CL_SPLIT");
}

static char *keep_split(void)
{
    const char *text = getenv("YOKE_CL_SPLIT");
    return text ? strdup(text) : NULL;
}

static void test_texts(void)
{
    static const char *const wrong[] = {"0",
                                        "1,",
                                        ",1",
                                        "1,,1",
                                        "1 ,1",
                                        "x",
                                        "=",
                                        "=0",
                                        "=1,1",
                                        "1,=1",
                                        "-1",
                                        "100001",
                                        "=100001",
                                        "99999999999999999999",
                                        "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"};
    char *before = keep_split();
    struct yk_cl_split split;
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        struct yk_error error = {.text = ""};
        struct yk_device_list list = {0};
        set_split(wrong[k], before);
        CU_ASSERT_EQUAL(yk_cl_split_read(&split, &error), YK_ERR_PARSE);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, wrong[k]));
        CU_ASSERT_EQUAL(yk_backend_cl.list(&list, &error), YK_ERR_PARSE);
        CU_ASSERT_EQUAL(list.count, 0);
    }
    set_split("", before);
    CU_ASSERT_EQUAL(yk_cl_split_read(&split, NULL), YK_OK);
    CU_ASSERT(split.count == 0 && split.each == 0);
    set_split("1,20,3", before);
    CU_ASSERT_EQUAL(yk_cl_split_read(&split, NULL), YK_OK);
    CU_ASSERT(split.count == 3 && split.each == 0);
    CU_ASSERT(split.units[0] == 1 && split.units[1] == 20 && split.units[2] == 3);
    set_split("=4", before);
    CU_ASSERT_EQUAL(yk_cl_split_read(&split, NULL), YK_OK);
    CU_ASSERT(split.count == 0 && split.each == 4);
    set_split(NULL, before);
    free(before);
}

/* Inverts a row of samples on the device. */
static void expect_works(const struct yk_device_info *info)
{
    static const unsigned short in[5] = {0, 1, 100, 254, 255}, out[5] = {255, 254, 155, 1, 0};
    struct yk_cl_device *device = clt_open(info, 2, NULL);
    struct yk_image *source = clt_image("gray8", 5, 1, in), *expected = clt_image("gray8", 5, 1, out);
    struct yk_program *program = clt_program(device, "invert", "", source);
    struct yk_image *got = clt_run(device, program, source, 1);
    CU_ASSERT(yk_image_equal(got, expected, 0, info->id));
    CU_ASSERT_STRING_EQUAL(device->base.info.id, info->id);
    CU_ASSERT_EQUAL(device->base.info.units, info->units);
    CU_ASSERT_EQUAL(device->base.info.ordinal, info->ordinal);
    yk_image_free(got);
    yk_image_free(expected);
    yk_image_free(source);
    yk_program_free(program);
    clt_close(device);
}

/* The listing with every device divided into parts of one unit, beside the listing without. */
static void expect_parts(const struct yk_device_list *whole, const struct yk_device_list *list)
{
    size_t divided = 0;
    for (size_t k = 1; k < list->count; k++) {
        const struct yk_device_info *info = &list->devices[k], *parent = NULL;
        unsigned platform, device, part;
        if (sscanf(info->id, "cl:%u.%u.%u", &platform, &device, &part) != 3)
            continue;
        for (size_t j = 0; j < whole->count; j++)
            if (strncmp(info->id, whole->devices[j].id, strlen(whole->devices[j].id)) == 0)
                parent = &whole->devices[j];
        CU_ASSERT_PTR_NOT_NULL(parent);
        if (!parent)
            continue;
        CU_ASSERT_STRING_EQUAL(info->name, parent->name);
        CU_ASSERT_EQUAL(info->host_cpu, parent->host_cpu);
        CU_ASSERT_EQUAL(info->units, 1);
        CU_ASSERT(info->usable && part < parent->units);
        size_t twins = 0;
        for (const struct yk_device_info *other = list->devices; other < info; other++)
            twins += strncmp(other->name, info->name, sizeof info->name) == 0;
        CU_ASSERT_EQUAL(info->ordinal, twins);
        divided++;
        if (part < 2)
            expect_works(info);
    }
    if (divided == 0)
        yk_skip("no OpenCL device that can be divided");
}

static void test_parts(void)
{
    struct yk_device_list whole = {0}, list = {0};
    char *before = keep_split();
    set_split("", before);
    CU_ASSERT_EQUAL_FATAL(yk_device_list_make(&whole, false, NULL), YK_OK);
    set_split("=1", before);
    CU_ASSERT_EQUAL_FATAL(yk_device_list_make(&list, false, NULL), YK_OK);
    expect_parts(&whole, &list);
    for (size_t k = 1; k < list.count; k++)
        if (!list.devices[k].usable)
            CU_ASSERT(list.devices[k].reason[0] != '\0');
    /* A part that the variable no longer makes is not there. */
    if (list.count > whole.count) {
        const struct yk_device_info *last = &list.devices[list.count - 1];
        struct yk_device_options options = {.slots = 1, .cache_folder = ""};
        struct yk_device *device = NULL;
        set_split("", before);
        CU_ASSERT_EQUAL(yk_backend_cl.open(&device, last, &options, NULL), YK_ERR_MISSING);
        CU_ASSERT_PTR_NULL(device);
    }
    yk_device_list_free(&list);
    /* More units than any device has: everything is listed whole, usable, and says why it is not divided. */
    set_split("100000,100000", before);
    CU_ASSERT_EQUAL_FATAL(yk_device_list_make(&list, false, NULL), YK_OK);
    CU_ASSERT_EQUAL(list.count, whole.count);
    for (size_t k = 1; k < list.count; k++)
        if (whole.devices[k].usable) {
            CU_ASSERT_TRUE(list.devices[k].usable);
            CU_ASSERT_PTR_NOT_NULL(strstr(list.devices[k].reason, "YOKE_CL_SPLIT cannot divide it"));
        }
    yk_device_list_free(&list);
    yk_device_list_free(&whole);
    set_split(NULL, before);
    free(before);
}

void clt_add_split_tests(CU_pSuite suite)
{
    CU_add_test(suite, "divided: texts of YOKE_CL_SPLIT", test_texts);
    CU_add_test(suite, "divided: parts are listed and work", test_parts);
}

#endif
