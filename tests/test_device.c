/* SPDX-License-Identifier: MIT
 * host/device without OpenCL: selection texts, instruction-set levels, the thread pool, the CPU as a backend.
 * Bands on the CPU are in test_device_bands.c; OpenCL has a suite of its own. */
#include <CUnit/CUnit.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yoke/device.h>

#include "backend.h"
#include "cpu_level.h"
#include "pool.h"
#include "support.h"
#include "test_device.h"

/* ---- selection ---- */

/* A machine that does not exist: its CPU, a GPU, the CPU again through OpenCL, a broken accelerator. */
static struct yk_device_info machine[] = {
    {.id = "cpu", .backend = "cpu", .type = YK_DEVICE_CPU, .usable = true},
    {.id = "cl:0.0", .backend = "cl", .type = YK_DEVICE_GPU, .usable = true},
    {.id = "cl:1.0", .backend = "cl", .type = YK_DEVICE_CPU, .usable = true, .host_cpu = true},
    {.id = "cl:1.1",
     .backend = "cl",
     .type = YK_DEVICE_ACCELERATOR,
     .usable = false,
     .reason = "it is too old"},
};
enum { MACHINE = sizeof machine / sizeof *machine };

/* `marks` has one character per device, 'x' where it is chosen. */
static void expect_selection(size_t count, const char *selection, const char *marks)
{
    struct yk_device_list list = {.devices = machine, .count = count};
    bool chosen[MACHINE + 1];
    char got[MACHINE + 1] = "";
    memset(chosen, true, sizeof chosen);
    CU_ASSERT_EQUAL(yk_device_select(&list, selection, chosen, NULL), YK_OK);
    for (size_t k = 0; k < count; k++)
        got[k] = chosen[k] ? 'x' : '.';
    CU_ASSERT_STRING_EQUAL(got, marks);
    CU_ASSERT_TRUE(chosen[count]); /* not touched */
}

static void expect_refusal(const char *selection, const char *notice, enum yk_status status,
                           const char *message)
{
    struct yk_device_list list = {.devices = machine, .count = MACHINE};
    bool chosen[MACHINE];
    struct yk_error error = {YK_OK, ""};
    snprintf(list.notice, sizeof list.notice, "%s", notice);
    CU_ASSERT_EQUAL(yk_device_select(&list, selection, chosen, &error), status);
    CU_ASSERT_EQUAL(error.status, status);
    CU_ASSERT_STRING_EQUAL(error.text, message);
    CU_ASSERT_EQUAL(yk_device_select(&list, selection, chosen, NULL), status);
}

static void test_selection(void)
{
    static const char accepted[] =
        "; accepted: auto, cpu, gpu, cl, cl:P.D, all, or a list of them with commas";
    static const char *const unknown[] = {"",     "quux", "CPU",  " cpu",    "cpu,",
                                          ",cpu", "cl:",  "cl:0", "cl:0.0x", "cl:a.b"};
    static const char *const words[] = {"", "quux", "CPU",  " cpu",    "",
                                        "", "cl:",  "cl:0", "cl:0.0x", "cl:a.b"};
    expect_selection(MACHINE, "auto", "xx..");
    expect_selection(MACHINE, "cpu", "x...");
    expect_selection(MACHINE, "gpu", ".x..");
    expect_selection(MACHINE, "cl", ".xx.");
    expect_selection(MACHINE, "all", "xxx.");
    expect_selection(MACHINE, "cl:0.0", ".x..");
    expect_selection(MACHINE, "cl:1.0,cpu", "x.x.");
    expect_selection(MACHINE, "gpu,gpu,auto,cl:0.0", "xx..");
    expect_selection(1, "auto", "x");
    expect_selection(1, "gpu", ".");
    expect_selection(1, "cl,gpu", ".");
    for (size_t k = 0; k < sizeof unknown / sizeof *unknown; k++) {
        char message[256];
        snprintf(message, sizeof message, "unknown device '%s'%s", words[k], accepted);
        expect_refusal(unknown[k], "", YK_ERR_PARSE, message);
    }
    expect_refusal("cl:1.1", "", YK_ERR_MISSING, "the device cl:1.1 cannot be used: it is too old");
    expect_refusal("cl:2.0", "", YK_ERR_MISSING, "there is no device cl:2.0 here");
    expect_refusal("cpu,cl:0.1", "", YK_ERR_MISSING, "there is no device cl:0.1 here");
    expect_refusal("cl:00.0", "no loader", YK_ERR_MISSING, "there is no device cl:00.0 here: no loader");
    expect_refusal("cl:4294967296.0", "", YK_ERR_MISSING, "there is no device cl:4294967296.0 here");
    /* A word that nobody understands comes before a device that is not there; of two missing ones the first.
     */
    char message[256];
    snprintf(message, sizeof message, "unknown device 'quux'%s", accepted);
    expect_refusal("cl:7.7,quux", "", YK_ERR_PARSE, message);
    expect_refusal("cl:7.7,cl:1.1", "", YK_ERR_MISSING, "there is no device cl:7.7 here");
    char word[1000];
    memset(word, 'y', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    snprintf(message, sizeof message, "unknown device '%.63s'%s", word, accepted);
    expect_refusal(word, "", YK_ERR_PARSE, message);
    CU_ASSERT_TRUE(yk_device_selection_is_cpu("cpu"));
    CU_ASSERT_FALSE(yk_device_selection_is_cpu("auto"));
    CU_ASSERT_FALSE(yk_device_selection_is_cpu("cpu,cl"));
}

/* Part 1 of a divided device is a device of its own. */
static void test_parts(void)
{
    struct yk_device_info parts[] = {
        {.id = "cl:0.0", .backend = "cl", .reason = "divided"},
        {.id = "cl:0.0.0", .backend = "cl", .usable = true, .host_cpu = true},
        {.id = "cl:0.0.1", .backend = "cl", .usable = true, .host_cpu = true},
    };
    struct yk_device_list list = {.devices = parts, .count = 3};
    bool chosen[3];
    CU_ASSERT_EQUAL(yk_device_select(&list, "cl:0.0.1", chosen, NULL), YK_OK);
    CU_ASSERT(!chosen[0] && !chosen[1] && chosen[2]);
    CU_ASSERT_EQUAL(yk_device_select(&list, "cl", chosen, NULL), YK_OK);
    CU_ASSERT(!chosen[0] && chosen[1] && chosen[2]);
    CU_ASSERT_EQUAL(yk_device_select(&list, "cl:0.0", chosen, NULL), YK_ERR_MISSING);
    CU_ASSERT_EQUAL(yk_device_select(&list, "cl:0.0.2", chosen, NULL), YK_ERR_MISSING);
    CU_ASSERT_EQUAL(yk_device_select(&list, "cl:0.0.", chosen, NULL), YK_ERR_PARSE);
    CU_ASSERT_EQUAL(yk_device_select(&list, "cl:0.0.1.0", chosen, NULL), YK_ERR_PARSE);
}

static void test_list(void)
{
    struct yk_device_list list;
    CU_ASSERT_EQUAL_FATAL(yk_device_list_make(&list, true, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(list.count, 1);
    const struct yk_device_info *cpu = &list.devices[0];
    CU_ASSERT_STRING_EQUAL(cpu->id, "cpu");
    CU_ASSERT_STRING_EQUAL(cpu->backend, "cpu");
    CU_ASSERT_NOT_EQUAL(cpu->name[0], '\0');
    CU_ASSERT_EQUAL(strncmp(cpu->platform, "OpenMP, level ", 14), 0);
    CU_ASSERT_EQUAL(cpu->type, YK_DEVICE_CPU);
    CU_ASSERT_EQUAL(cpu->units, yk_pool_processors());
    CU_ASSERT(cpu->units >= 1);
    CU_ASSERT(cpu->memory > 1 << 20);
    CU_ASSERT_TRUE(cpu->usable);
    CU_ASSERT_FALSE(cpu->host_cpu); /* that is for the same processor by OpenCL */
    CU_ASSERT_STRING_EQUAL(cpu->reason, "");
    CU_ASSERT_STRING_EQUAL(list.notice, "");
    yk_device_list_free(&list);
    CU_ASSERT_EQUAL(list.count, 0);
    CU_ASSERT_PTR_NULL(list.devices);
    yk_device_list_free(&list);
}

/* ---- levels ---- */

static void expect_level(const char *variable, const char *name, const char *level)
{
    const struct yk_level *got = NULL;
    struct yk_error error = {YK_OK, ""};
    if (variable)
        setenv("YOKE_CPU", variable, 1);
    else
        unsetenv("YOKE_CPU");
    enum yk_status status = yk_cpu_level_choose(&got, name, &error);
    CU_ASSERT_EQUAL(status, level ? YK_OK : YK_ERR_MISSING);
    if (level) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(got);
        CU_ASSERT_STRING_EQUAL(got->name, level);
        return;
    }
    CU_ASSERT_PTR_NULL(got);
    char start[128];
    snprintf(start, sizeof start, "the CPU level '%s' cannot run here; there is: %s", name ? name : variable,
             yk_cpu_level_at(0)->name);
    CU_ASSERT_EQUAL(strncmp(error.text, start, strlen(start)), 0);
}

static void test_levels(void)
{
    const char *set = getenv("YOKE_CPU");
    char *before = set ? strdup(set) : NULL;
    size_t count = 0;
    while (yk_cpu_level_at(count))
        count++;
    CU_ASSERT_FATAL(count >= 1);
    const char *least = yk_cpu_level_at(0)->name, *best = yk_cpu_level_at(count - 1)->name;
    CU_ASSERT_TRUE(strcmp(least, "x86-64") == 0 || strcmp(least, "scalar") == 0);
    expect_level(NULL, NULL, best);
    expect_level("", NULL, best);
    expect_level("v99", NULL, NULL);
    expect_level("v99", least, least); /* a name wins over the variable */
    expect_level(NULL, "v99", NULL);
    for (size_t k = 0; k < count; k++) {
        expect_level(yk_cpu_level_at(k)->name, NULL, yk_cpu_level_at(k)->name);
        expect_level(NULL, yk_cpu_level_at(k)->name, yk_cpu_level_at(k)->name);
    }
    if (before)
        setenv("YOKE_CPU", before, 1);
    else
        unsetenv("YOKE_CPU");
    free(before);
}

/* ---- the pool ---- */

enum { MOST_THREADS = 16 };

struct crew {
    pthread_mutex_t lock;
    unsigned calls[MOST_THREADS], present, together;
    pthread_t thread[MOST_THREADS];
};

static void attend(void *context, unsigned thread)
{
    struct crew *crew = context;
    pthread_mutex_lock(&crew->lock);
    crew->calls[thread % MOST_THREADS]++;
    crew->thread[thread % MOST_THREADS] = pthread_self();
    crew->present++;
    crew->together = crew->present > crew->together ? crew->present : crew->together;
    pthread_mutex_unlock(&crew->lock);
    pthread_mutex_lock(&crew->lock);
    crew->present--;
    pthread_mutex_unlock(&crew->lock);
}

static void test_pool(void)
{
    CU_ASSERT(yk_pool_processors() >= 1);
    for (unsigned threads = 1; threads <= MOST_THREADS; threads++) {
        struct crew crew = {.present = 0};
        pthread_mutex_init(&crew.lock, NULL);
        yk_pool_run(threads, attend, &crew);
        unsigned all = 0, own = 0;
        for (unsigned k = 0; k < MOST_THREADS; k++) {
            CU_ASSERT(crew.calls[k] <= (k < threads));
            all += crew.calls[k];
            own += crew.calls[k] && pthread_equal(crew.thread[k], pthread_self());
        }
        CU_ASSERT_EQUAL(crew.calls[0], 1);
        CU_ASSERT_EQUAL(all, threads); /* the machine has that many to give */
        CU_ASSERT_EQUAL(own, 1);
        CU_ASSERT(crew.together <= threads);
        CU_ASSERT_EQUAL(crew.present, 0);
        pthread_mutex_destroy(&crew.lock);
    }
}

/* ---- the CPU as a backend ---- */

static void test_backend(void)
{
    struct yk_device_list list;
    struct yk_device *device = NULL;
    struct yk_error error = {YK_OK, ""};
    CU_ASSERT_EQUAL_FATAL(yk_device_list_make(&list, true, NULL), YK_OK);
    struct yk_device_options wrong = {.slots = 2, .cpu_level = "v99"}, options = {.slots = 3}, none = {0};
    CU_ASSERT_EQUAL(yk_device_open(&device, &list.devices[0], &wrong, &error), YK_ERR_MISSING);
    CU_ASSERT_PTR_NULL(device);
    struct yk_device_info stranger = {.id = "npu", .backend = "npu"};
    CU_ASSERT_EQUAL(yk_device_open(&device, &stranger, &options, &error), YK_ERR_INTERNAL);
    CU_ASSERT_STRING_EQUAL(error.text, "no backend called 'npu'");
    CU_ASSERT_PTR_NULL(device);
    yk_device_close(NULL, false);

    CU_ASSERT_EQUAL_FATAL(yk_device_open(&device, &list.devices[0], &options, &error), YK_OK);
    const struct yk_backend *backend = yk_device_backend(device);
    CU_ASSERT_PTR_EQUAL(backend, &yk_backend_cpu);
    CU_ASSERT_STRING_EQUAL(yk_device_describe(device)->id, "cpu");
    struct yk_image *image = NULL, *target = NULL;
    const struct yk_format format = {1, 0, 8};
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&image, 5, 3, format, NULL, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&target, 5, 3, format, NULL, NULL), YK_OK);
    for (uint32_t y = 0; y < 3; y++)
        for (uint32_t x = 0; x < 5; x++)
            yk_image_row(image, y)[x] = (uint8_t)(10 * y + x);
    memset(target->pixels, 0, 3 * target->stride);
    struct yk_program copy = {.in_width = 5,
                              .in_height = 3,
                              .out_width = 5,
                              .out_height = 3,
                              .in_format = format,
                              .out_format = format};
    struct yk_band band = {.program = &copy, .source = image, .target = target, .y0 = 1, .y1 = 3};
    struct yk_band_timing timing = {.total = 0};
    CU_ASSERT_EQUAL(backend->prepare(device, &copy, NULL, NULL), YK_OK);
    CU_ASSERT_EQUAL(backend->max_rows(device, &copy), 3);
    CU_ASSERT_EQUAL(backend->submit(device, 3, &band, &error), YK_ERR_INVALID);
    CU_ASSERT_STRING_EQUAL(error.text, "CPU slot 3 of 3");
    CU_ASSERT_EQUAL(backend->submit(device, 2, &band, NULL), YK_OK);
    CU_ASSERT_EQUAL(backend->wait(device, 2, 0, &timing, NULL), YK_OK);
    CU_ASSERT(timing.total > 0);
    CU_ASSERT_EQUAL(timing.compute.time, timing.total);
    for (uint32_t y = 0; y < 3; y++)
        for (uint32_t x = 0; x < 5; x++)
            CU_ASSERT_EQUAL(yk_image_row(target, y)[x], y ? 10 * y + x : 0);
    yk_device_close(device, false);
    CU_ASSERT_EQUAL_FATAL(yk_device_open(&device, &list.devices[0], &none, &error), YK_OK); /* one slot */
    CU_ASSERT_EQUAL(backend->submit(device, 0, &band, NULL), YK_OK);
    CU_ASSERT_EQUAL(backend->submit(device, 1, &band, NULL), YK_ERR_INVALID);
    yk_device_close(device, false);
    yk_image_free(image);
    yk_image_free(target);
    yk_device_list_free(&list);
}

void yk_suite_device(void)
{
    CU_pSuite suite = CU_add_suite("device", NULL, NULL);
    CU_ADD_TEST(suite, test_selection);
    CU_ADD_TEST(suite, test_parts);
    CU_ADD_TEST(suite, test_list);
    CU_ADD_TEST(suite, test_levels);
    CU_ADD_TEST(suite, test_pool);
    CU_ADD_TEST(suite, test_backend);
    CU_ADD_TEST(suite, test_device_splits);
    CU_ADD_TEST(suite, test_device_guards);
    CU_ADD_TEST(suite, test_device_statistics);
    CU_ADD_TEST(suite, test_device_feed);
    CU_ADD_TEST(suite, test_device_feed_fails);
    CU_ADD_TEST(suite, test_decorate_texts);
    CU_ADD_TEST(suite, test_decorate_faults);
    CU_ADD_TEST(suite, test_decorate_hang);
    CU_ADD_TEST(suite, test_decorate_time);
}
