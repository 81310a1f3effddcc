/* SPDX-License-Identifier: MIT
 * Batches that are stopped, that fail fast, whose disk is full: no partial file, no temporary file, sums that
 * agree. */
#include "test_batch.h"

#include <CUnit/CUnit.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

static const struct yk_format rgb8 = {3, 0, 8};

/* Every output is complete or absent; where `old` is set, or the old file. */
static void check_outputs(const struct batch_run *run, const char *old)
{
    for (size_t k = 0; k < run->plan.count; k++) {
        const struct yk_batch_item *item = &run->plan.items[k];
        size_t size = 0;
        uint8_t *data = yk_file_read(item->output, &size);
        bool is_old = data && old && size == strlen(old) && memcmp(data, old, size) == 0;
        free(data);
        bool kept = old ? is_old : access(item->output, F_OK) != 0;
        CU_ASSERT_TRUE(item->state == YK_ITEM_DONE ? batch_is_inverted(item->input, item->output) : kept);
    }
}

/* Questions are asked before every file, so one that is answered with yes among the first 25 stops the run
 * with a file or more not begun. A run that is stopped after so many items that even all files in flight
 * after them (two per thread and device, and four) leave a further one has done some and not others. */
void test_batch_stop(void)
{
    enum { FILES = 25 };
    struct batch_place place;
    struct yk_random random = {31};
    batch_open(&place);
    batch_images(&place, FILES, 120);
    for (unsigned round = 0; round < 40; round++) {
        const unsigned threads = 1 + round % 5, in_flight = 2 * (threads + 1) + 4;
        struct batch_run run = {.stop_at =
                                    round < 2 ? 1 + round : 1 + (unsigned)yk_random_below(&random, 35)};
        struct yk_batch_options options = {.devices = "cpu",
                                           .threads = threads,
                                           .encode = {.level = 1},
                                           .io = round % 2 ? YK_IO_POSIX : YK_IO_AUTO,
                                           .memory = round % 3 ? 0 : 60000};
        if (round % 4 == 3) {
            run.stop_at = 0;
            run.stop_after_items = 1 + (unsigned)yk_random_below(&random, FILES - in_flight - 1);
        }
        const unsigned after = run.stop_after_items;
        const bool must = run.stop_at ? run.stop_at <= FILES : true;
        enum yk_status status = batch_all(&run, &place, "invert", &options);
        CU_ASSERT_TRUE(status == YK_ERR_CANCELLED || (!must && status == YK_OK && run.summary.done == FILES));
        CU_ASSERT_EQUAL(run.summary.failed + run.summary.skipped, 0);
        if (status == YK_OK)
            CU_ASSERT_EQUAL(run.summary.cancelled, 0);
        if (must)
            CU_ASSERT(run.summary.cancelled > 0);
        if (after)
            CU_ASSERT(run.summary.done >= after);
        if (round == 0)
            CU_ASSERT_EQUAL(run.summary.cancelled,
                            FILES); /* stopped at the first question: before the first file */
        if (status == YK_ERR_CANCELLED) {
            char text[64];
            snprintf(text, sizeof text, "stopped with %zu of 25 files done", run.summary.done);
            CU_ASSERT_STRING_EQUAL(run.error.text, text);
        }
        check_outputs(&run, NULL);
        batch_end(&run);
    }
    /* A wish to stop that comes when all is done changes nothing. */
    struct batch_run late = {.stop_after_items = FILES};
    CU_ASSERT_EQUAL(batch_all(&late, &place, "invert", NULL), YK_OK);
    CU_ASSERT_EQUAL(late.summary.done, FILES);
    batch_end(&late);
    batch_close(&place);
}

/* A stopped run that replaces files: each name holds the old file or the complete new one. */
void test_batch_stop_keeps_old(void)
{
    struct batch_place place;
    struct yk_random random = {77};
    batch_open(&place);
    batch_images(&place, 20, 100);
    for (unsigned round = 0; round < 10; round++) {
        struct batch_run run = {.stop_at = 3 + (unsigned)yk_random_below(&random, 20)};
        struct yk_batch_options options = {.devices = "cpu",
                                           .threads = 3,
                                           .encode = {.level = 1},
                                           .overwrite = YK_OVERWRITE_ALWAYS,
                                           .io = round % 2 ? YK_IO_POSIX : YK_IO_AUTO};
        batch_new_out(&place);
        for (unsigned k = 0; k < 20; k++) {
            char name[16];
            snprintf(name, sizeof name, "a%03u.png", k);
            char *path = yk_path_join(place.out, name);
            CU_ASSERT_TRUE_FATAL(yk_file_write(path, "the old one", 11));
            free(path);
        }
        batch_plan(&run, &place, YK_OVERWRITE_ALWAYS);
        batch_go(&run, &place, "invert", &options);
        check_outputs(&run, "the old one");
        batch_end(&run);
    }
    batch_close(&place);
}

void test_batch_fail_fast(void)
{
    struct batch_place place;
    struct batch_run run = {0};
    batch_open(&place);
    batch_images(&place, 60, 40);
    batch_bytes(&place, "a010x.png", "bad", 3);
    struct yk_batch_options options = {
        .devices = "cpu", .threads = 1, .encode = {.level = 1}, .io = YK_IO_POSIX, .fail_fast = true};
    /* Read one after another, the bad one is met after the 11 before it. With one thread at most 2 (1 + 1) +
     * 4 files, it among them, are under way then: those are finished. */
    CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", &options), YK_OK);
    CU_ASSERT_EQUAL(run.summary.failed, 1);
    CU_ASSERT(run.summary.done >= 11 && run.summary.done <= 11 + 7);
    CU_ASSERT_EQUAL(run.summary.cancelled, 60 - run.summary.done);
    check_outputs(&run, NULL);
    batch_end(&run);
    /* Without it the others are done. */
    options.fail_fast = false;
    CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", &options), YK_OK);
    CU_ASSERT_EQUAL(run.summary.failed, 1);
    CU_ASSERT_EQUAL(run.summary.done, 60);
    batch_end(&run);
    /* A file that had failed when it was planned: nothing is begun. */
    char *link = yk_path_join(place.in, "z.png");
    CU_ASSERT_EQUAL(symlink("nowhere", link), 0);
    options.fail_fast = true;
    CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", &options), YK_OK);
    CU_ASSERT_EQUAL(run.summary.failed, 1);
    CU_ASSERT_EQUAL(run.summary.cancelled, 61);
    CU_ASSERT_EQUAL(run.items, 0);
    batch_end(&run);
    free(link);
    batch_close(&place);
}

/* Slow questions make a run of over half a second: progress is shown, not more than ten times a second. */
void test_batch_progress(void)
{
    struct batch_place place;
    struct batch_run run = {.ask_ms = 25};
    batch_open(&place);
    batch_images(&place, 25, 30);
    struct yk_batch_options options = {.devices = "cpu", .threads = 3, .encode = {.level = 1}};
    CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", &options), YK_OK);
    CU_ASSERT(run.asks >= 25); /* before every file */
    CU_ASSERT(run.summary.elapsed >= 500000000);
    CU_ASSERT(run.shows >= 3);
    CU_ASSERT(run.shows <= run.summary.elapsed / 100000000 + 2);
    CU_ASSERT_EQUAL(run.last.done, 25);
    CU_ASSERT_EQUAL(run.last.input_bytes, run.last.total_input_bytes);
    batch_end(&run);
    batch_close(&place);
}

/* Any combination: what batch_go asserts must hold. */
void test_batch_any(void)
{
    static const char *const schedules[] = {NULL, "single", "static", "dynamic:2"};
    static const char *const pipelines[] = {"", "invert", "equalize | blur 1",
                                            "crop 9x9+40+0 | trim | autolevel"};
    struct batch_place place;
    struct yk_random random = {13};
    batch_open(&place);
    batch_images(&place, 16, 70);
    batch_bytes(&place, "a003x.png", "bad", 3);
    batch_bytes(&place, "a009x.png", "", 0);
    for (unsigned round = 0; round < 40; round++) {
        struct batch_run run = {0};
        struct yk_batch_options options = {.devices = round % 2 ? "cpu" : NULL,
                                           .encode = {.level = (int)yk_random_below(&random, 3)}};
        options.sched = schedules[yk_random_below(&random, 4)];
        options.threads = (unsigned)yk_random_below(&random, 7);
        options.memory = yk_random_below(&random, 2) ? 0 : 1 + yk_random_below(&random, 200000);
        options.fail_fast = yk_random_below(&random, 4) == 0;
        options.io = (enum yk_io_engine)(yk_random_below(&random, 2) * YK_IO_POSIX);
        run.stop_at = yk_random_below(&random, 3) ? 0 : 1 + (unsigned)yk_random_below(&random, 20);
        options.limits.max_pixels = yk_random_below(&random, 4) ? 0 : 2000;
        enum yk_status status = batch_all(&run, &place, pipelines[yk_random_below(&random, 4)], &options);
        CU_ASSERT_TRUE(status == YK_OK || (run.stop_at && status == YK_ERR_CANCELLED));
        if (status == YK_OK && !options.fail_fast)
            CU_ASSERT_EQUAL(run.summary.cancelled, 0);
        batch_end(&run);
    }
    batch_close(&place);
}

/* ---- writes that fail ---- */

/* Files over a size cannot be written: those fail, with a reason, and leave nothing; small ones are done. */
void test_batch_refused_writes(void)
{
    struct batch_place place;
    struct batch_run run = {0};
    struct rlimit before, limit;
    batch_open(&place);
    batch_images(&place, 8, 20);
    batch_image(&place, "b1.png", 200, 200, rgb8, 1);
    batch_image(&place, "b2.png", 300, 200, rgb8, 2);
    batch_new_out(&place);
    batch_plan(&run, &place, YK_OVERWRITE_NEVER);
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 8192;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
    sigaction(SIGXFSZ, &ignore, &old);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
    enum yk_status status = batch_go(&run, &place, "invert", NULL);
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
    sigaction(SIGXFSZ, &old, NULL);
    CU_ASSERT_EQUAL(status, YK_OK);
    CU_ASSERT_EQUAL(run.summary.done, 8);
    CU_ASSERT_EQUAL(run.summary.failed, 2);
    const struct yk_batch_item *large = batch_item(&run, "b2.png");
    CU_ASSERT_EQUAL(large->state, YK_ITEM_FAILED);
    CU_ASSERT_TRUE(large->reason && strstr(large->reason, "cannot write") &&
                   strstr(large->reason, "File too large"));
    check_outputs(&run, NULL);
    batch_end(&run);
    /* The folder for the outputs becomes a file after the plan. */
    batch_new_out(&place);
    batch_plan(&run, &place, YK_OVERWRITE_NEVER);
    CU_ASSERT_EQUAL_FATAL(rmdir(place.out), 0);
    CU_ASSERT_TRUE_FATAL(yk_file_write(place.out, "x", 1));
    CU_ASSERT_EQUAL(batch_go(&run, &place, "invert", NULL), YK_OK);
    CU_ASSERT_EQUAL(run.summary.failed, 10);
    batch_end(&run);
    /* A folder that may not be written to, where permissions count. */
    batch_new_out(&place);
    batch_plan(&run, &place, YK_OVERWRITE_NEVER);
    if (geteuid() == 0) {
        yk_skip("a folder without permission: the tests run as root");
    } else {
        CU_ASSERT_EQUAL(chmod(place.out, 0555), 0);
        CU_ASSERT_EQUAL(batch_go(&run, &place, "invert", NULL), YK_OK);
        CU_ASSERT_EQUAL(run.summary.failed, 10);
        CU_ASSERT_PTR_NOT_NULL(strstr(run.plan.items[0].reason, "Permission denied"));
        CU_ASSERT_EQUAL(chmod(place.out, 0755), 0);
    }
    batch_end(&run);
    batch_close(&place);
}

/* A file system of 256 KiB for images of 120,000 bytes: some fit, the others fail, and nothing partial stays.
 */
void test_batch_full_disk(void)
{
    struct batch_place place;
    batch_open(&place);
    if (geteuid() != 0 || mount("none", place.out, "tmpfs", 0, "size=256k") != 0) {
        yk_skip("a full disk: a file system cannot be mounted here");
        batch_close(&place);
        return;
    }
    for (unsigned k = 0; k < 6; k++) {
        char name[16];
        snprintf(name, sizeof name, "d%u.png", k);
        batch_image(&place, name, 200, 200, rgb8, k);
    }
    for (int io = YK_IO_AUTO; io <= YK_IO_POSIX; io += YK_IO_POSIX) {
        struct batch_run run = {0};
        struct yk_batch_options options = {.devices = "cpu",
                                           .threads = 2,
                                           .encode = {.level = 0},
                                           .io = (enum yk_io_engine)io,
                                           .overwrite = YK_OVERWRITE_ALWAYS};
        batch_plan(&run, &place, YK_OVERWRITE_ALWAYS);
        CU_ASSERT_EQUAL(batch_go(&run, &place, "invert", &options), YK_OK);
        CU_ASSERT(run.summary.done <= 2);
        CU_ASSERT_EQUAL(run.summary.failed, 6 - run.summary.done);
        for (size_t k = 0; k < run.plan.count; k++)
            if (run.plan.items[k].state == YK_ITEM_FAILED)
                CU_ASSERT_PTR_NOT_NULL(strstr(run.plan.items[k].reason, "No space left"));
        check_outputs(&run, NULL);
        for (size_t k = 0; k < run.plan.count; k++)
            (void)unlink(run.plan.items[k].output); /* some are not there */
        batch_end(&run);
    }
    /* Detached: io_uring may close the last files a little after the run. */
    CU_ASSERT_EQUAL(umount2(place.out, MNT_DETACH), 0);
    batch_close(&place);
}
