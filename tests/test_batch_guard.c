/* SPDX-License-Identifier: MIT
 * The self-test before a device is used (host/image/guard.c): what it finds, what it remembers, and that
 * nothing that lies in the cache folder is believed that should not be. */
#include "test_batch.h"

#include <CUnit/CUnit.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <yoke/pipeline.h>

#include "decorate.h"
#include "guard.h"
#include "support.h"

/* Runs the guard on the CPU's code behind a decoration. Returns the packages that this took. */
static int64_t guard(const char *pipeline, const char *spec, const char *driver, const char *folder,
                     enum yk_status expected, struct yk_error *error)
{
    struct yk_device_list list;
    struct yk_decoration decoration;
    struct yk_pipeline *parsed = NULL;
    struct yk_device *device = NULL;
    const struct yk_device_options options = {.slots = 1};
    CU_ASSERT_EQUAL_FATAL(yk_device_list_make(&list, true, NULL), YK_OK);
    struct yk_device_info info = list.devices[0];
    yk_device_list_free(&list);
    snprintf(info.driver, sizeof info.driver, "%s", driver);
    CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&parsed, pipeline, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_decoration_parse(&decoration, spec, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_device_open(&device, &info, &options, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_device_decorate(&device, &decoration, 1, true, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_guard_check(device, parsed, folder, error), expected);
    int64_t packages = yk_decorated_counts(device).packages;
    CU_ASSERT_EQUAL(yk_decorated_counts(device).after_hang, 0);
    yk_device_close(device, expected == YK_ERR_TIMEOUT);
    yk_pipeline_free(parsed);
    return packages;
}

/* The only entry of the folder; the caller frees its path. */
static char *entry_of(const char *folder)
{
    char *path = NULL;
    DIR *entries = opendir(folder);
    CU_ASSERT_PTR_NOT_NULL_FATAL(entries);
    for (struct dirent *entry; (entry = readdir(entries));)
        if (entry->d_name[0] != '.') {
            CU_ASSERT_PTR_NULL(path);
            path = yk_path_join(folder, entry->d_name);
        }
    closedir(entries);
    CU_ASSERT_PTR_NOT_NULL_FATAL(path);
    return path;
}

void test_batch_guard(void)
{
    struct yk_error error = {YK_OK, ""};
    char *folder = yk_temp_make();
    const int64_t invert = guard("invert", "", "1", folder, YK_OK, NULL);
    CU_ASSERT(invert > 0);
    CU_ASSERT_EQUAL(guard("invert", "", "1", folder, YK_OK, NULL), 0);  /* remembered */
    CU_ASSERT_EQUAL(guard("invert", "", "1", "", YK_OK, NULL), invert); /* nothing is remembered there */
    const int64_t both = guard("invert | blur 1 | invert", "", "1", "", YK_OK, NULL);
    CU_ASSERT(both > invert);
    CU_ASSERT_EQUAL(guard("invert | blur 1", "", "1", folder, YK_OK, NULL), both - invert);
    CU_ASSERT_EQUAL(guard("blur 2 | invert", "", "1", folder, YK_OK, NULL), 0);
    CU_ASSERT_EQUAL(guard("invert", "", "2", folder, YK_OK, NULL), invert); /* another driver */
    CU_ASSERT_EQUAL(guard("invert", "", "1", folder, YK_OK, NULL),
                    invert); /* whose entry replaced this one's */
    CU_ASSERT_EQUAL(guard("flip", "wrong-at=0", "1", folder, YK_ERR_DEVICE, &error),
                    guard("flip", "", "1", "", YK_OK, NULL));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "it fails the self-test: flip"));
    CU_ASSERT(guard("flip", "", "1", folder, YK_OK, NULL) > 0); /* a failure is not remembered as a pass */
    guard("edges", "build-fail", "1", folder, YK_ERR_DEVICE, &error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "cannot build the code"));
    guard("edges", "fail-at=0", "1", folder, YK_ERR_DEVICE, &error);
    guard("", "fail-at=0", "1", folder, YK_OK, NULL); /* no operation, no test */
    yk_temp_remove(folder);
}

/* A damaged entry counts as none. */
void test_batch_guard_damage(void)
{
    char *folder = yk_temp_make();
    const int64_t all = guard("invert", "", "1", folder, YK_OK, NULL);
    char *path = entry_of(folder);
    size_t size = 0;
    uint8_t *good = yk_file_read(path, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(good);
    for (size_t at = 0; at < size; at++) {
        good[at] ^= 1;
        CU_ASSERT_TRUE(yk_file_write(path, good, size));
        good[at] ^= 1;
        CU_ASSERT_EQUAL(guard("invert", "", "1", folder, YK_OK, NULL), all);
    }
    for (size_t length = 0; length < size; length += 5) {
        CU_ASSERT_TRUE(yk_file_write(path, good, length));
        CU_ASSERT_EQUAL(guard("invert", "", "1", folder, YK_OK, NULL), all);
    }
    CU_ASSERT_TRUE(yk_file_write(path, good, size));
    CU_ASSERT_EQUAL(guard("invert", "", "1", folder, YK_OK, NULL), 0);
    /* A folder in its place: nothing can be remembered, and nothing fails. */
    CU_ASSERT_EQUAL(remove(path), 0);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    CU_ASSERT_EQUAL(guard("invert", "", "1", folder, YK_OK, NULL), all);
    CU_ASSERT_EQUAL(guard("invert", "", "1", folder, YK_OK, NULL), all);
    free(good);
    free(path);
    yk_temp_remove(folder);
}

/* In a run: a device that fails is not used, and one notice says so. */
void test_batch_guard_run(void)
{
    struct batch_place place;
    batch_open(&place);
    batch_images(&place, 4, 60);
    static const enum yk_self_test tests[] = {YK_SELF_TEST_ALWAYS, YK_SELF_TEST_ONCE, YK_SELF_TEST_ALWAYS,
                                              YK_SELF_TEST_NEVER};
    static const char *const specs[] = {"wrong-at=0", "", "rows=9", "hang-at=0:1"};
    for (size_t k = 0; k < sizeof specs / sizeof *specs; k++)
        for (int strict = 0; strict < 2; strict++) {
            struct batch_run run = {0};
            struct yk_decorated_counts counts = {0};
            const struct yk_batch_decoration decoration = {"cpu:1", specs[k], &counts};
            struct yk_batch_options options = {.devices = "cpu:1",
                                               .threads = 2,
                                               .encode = {.level = 0},
                                               .self_test = tests[k],
                                               .stop_on_device_error = strict,
                                               .decorations = &decoration,
                                               .decoration_count = 1};
            bool fails = k == 0 || k == 3;
            batch_all(&run, &place, "invert", &options);
            CU_ASSERT_EQUAL(run.status == YK_OK, !(fails && strict));
            CU_ASSERT_EQUAL(run.notices, fails);
            if (k == 0)
                CU_ASSERT_PTR_NOT_NULL(
                    strstr(run.notice, "cpu:1 is not used any more (it fails the self-test: invert"));
            if (k == 0 && !strict)
                CU_ASSERT_EQUAL(run.summary.devices[0].rows, 0);
            for (size_t i = 0; i < run.plan.count && run.status == YK_OK; i++)
                CU_ASSERT_TRUE(batch_is_inverted(run.plan.items[i].input, run.plan.items[i].output));
            batch_end(&run);
        }
    batch_close(&place);
}

/* One image in memory: the same test, remembered in the same place. */
void test_batch_guard_process(void)
{
    struct yk_device_list list;
    struct yk_pipeline *pipeline = NULL;
    struct yk_image *in = NULL, *out = NULL;
    const struct yk_device_info *device = NULL;
    const struct yk_format gray8 = {1, 0, 8};
    CU_ASSERT_EQUAL_FATAL(yk_device_list_make(&list, false, NULL), YK_OK);
    for (size_t k = 0; k < list.count && !device; k++)
        if (strcmp(list.devices[k].backend, "cpu") != 0 && list.devices[k].usable)
            device = &list.devices[k];
    if (!device) {
        yk_skip("an OpenCL device");
        yk_device_list_free(&list);
        return;
    }
    const char *before = getenv("XDG_CACHE_HOME");
    char *kept = before ? strdup(before) : NULL, *folder = yk_temp_make();
    setenv("XDG_CACHE_HOME", folder, 1);
    const struct yk_process_options options = {.devices = device->id};
    CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&pipeline, "invert", NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&in, 20, 10, gray8, NULL, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_pipeline_process(pipeline, &options, in, &out, NULL), YK_OK);
    struct yk_device *open = NULL;
    const struct yk_device_options one = {.slots = 1};
    struct yk_decoration nothing;
    CU_ASSERT_EQUAL(yk_decoration_parse(&nothing, "", NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_device_open(&open, device, &one, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_device_decorate(&open, &nothing, 1, false, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_guard_check(open, pipeline, NULL, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_decorated_counts(open).packages, 0); /* it has passed already */
    yk_device_close(open, false);
    if (kept)
        setenv("XDG_CACHE_HOME", kept, 1);
    else
        unsetenv("XDG_CACHE_HOME");
    yk_image_free(in);
    yk_image_free(out);
    yk_pipeline_free(pipeline);
    yk_device_list_free(&list);
    yk_temp_remove(folder);
    free(kept);
}
