/* SPDX-License-Identifier: MIT
 * host/image/batch*.c, from a plan to files: good and bad ones, what is kept, what is refused. Threads,
 * budgets and devices are in test_batch_same.c, stopping and failing disks in test_batch_stop.c. */
#include "test_batch.h"

#include <CUnit/CUnit.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yoke/codec.h>
#include <yoke/metadata.h>

#include "support.h"

static const struct yk_format rgb8 = {3, 0, 8};

static void expect_failed(const struct batch_run *run, const char *name, const char *reason)
{
    const struct yk_batch_item *item = batch_item(run, name);
    CU_ASSERT_EQUAL(item->state, YK_ITEM_FAILED);
    CU_ASSERT_EQUAL(access(item->output, F_OK), -1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(item->reason);
    CU_ASSERT_PTR_NOT_NULL(strstr(item->reason, reason));
    if (!strstr(item->reason, reason))
        printf("\n    %s: %s\n", name, item->reason);
}

/* Bad files among good ones fail alone, each with its reason; the others are done. */
static void test_mixed(void)
{
    struct batch_place place;
    struct batch_run run = {0};
    batch_open(&place);
    batch_images(&place, 40, 60);
    batch_bytes(&place, "b_empty.png", "", 0);
    batch_bytes(&place, "b_text.png", "no picture at all", 17);
    batch_image(&place, "b_cut.png", 50, 50, rgb8, 1);
    batch_image(&place, "b_large.png", 200, 199, rgb8, 1);
    batch_image(&place, "b_wide.png", 201, 3, rgb8, 1);
    batch_image(&place, "b_heavy.png", 99, 99, rgb8, 1);
    char *cut = yk_path_join(place.in, "b_cut.png"), *heavy = yk_path_join(place.in, "b_heavy.png");
    char *gone = yk_path_join(place.in, "b_gone.png"), *dangling = yk_path_join(place.in, "b_dangling.png");
    CU_ASSERT_EQUAL(truncate(cut, 3000), 0);
    CU_ASSERT_EQUAL(truncate(heavy, 3000000), 0);
    batch_image(&place, "b_gone.png", 5, 5, rgb8, 1);
    CU_ASSERT_EQUAL(symlink("nowhere.png", dangling), 0);
    batch_plan(&run, &place, YK_OVERWRITE_NEVER);
    CU_ASSERT_EQUAL(unlink(gone), 0); /* after it was planned */
    struct yk_batch_options options = {.devices = "cpu", .threads = 3, .encode = {.level = 1}};
    options.limits = (struct yk_limits){.max_pixels = 30000, .max_side = 200, .max_file_bytes = 1000000};
    CU_ASSERT_EQUAL(batch_go(&run, &place, "invert", &options), YK_OK);
    CU_ASSERT_EQUAL(run.summary.done, 40);
    CU_ASSERT_EQUAL(run.summary.failed, 8);
    for (size_t k = 0; k < run.plan.count; k++)
        if (run.plan.items[k].state == YK_ITEM_DONE)
            CU_ASSERT_TRUE(batch_is_inverted(run.plan.items[k].input, run.plan.items[k].output));
    expect_failed(&run, "b_empty.png", "not an image in a known format (png)");
    expect_failed(&run, "b_text.png", "not an image in a known format (png)");
    expect_failed(&run, "b_cut.png", "");
    expect_failed(&run, "b_large.png", "over the limit of 30000");
    expect_failed(&run, "b_wide.png", "200");
    expect_failed(&run, "b_heavy.png", "1000000");
    expect_failed(&run, "b_gone.png", "No such file");
    expect_failed(&run, "b_dangling.png", "the link leads nowhere");
    CU_ASSERT_EQUAL(run.items, 47); /* all but the link, which had failed when it was planned */
    batch_end(&run);
    /* What the pipeline refuses for some images: those of fewer than 31 rows or columns. */
    CU_ASSERT_EQUAL(batch_all(&run, &place, "crop 5x5+30+30", NULL), YK_OK);
    CU_ASSERT(run.summary.done > 10 && run.summary.failed > 10);
    for (size_t k = 0; k < run.plan.count; k++) {
        const struct yk_batch_item *item = &run.plan.items[k];
        if (item->in_width == 0 || strstr(item->input, "b_"))
            continue;
        bool fits = item->in_width > 30 && item->in_height > 30;
        CU_ASSERT_EQUAL(item->state, fits ? YK_ITEM_DONE : YK_ITEM_FAILED);
        if (!fits)
            expect_failed(&run, strrchr(item->input, '/'), "crop: the rectangle 5x5+30+30 lies outside");
        else {
            CU_ASSERT_EQUAL(item->out_width, item->in_width < 35 ? item->in_width - 30 : 5);
        }
    }
    batch_end(&run);
    free(cut);
    free(heavy);
    free(gone);
    free(dangling);
    batch_close(&place);
}

static bool holds(const char *path, const char *text)
{
    size_t size = 0;
    uint8_t *data = yk_file_read(path, &size);
    bool same = data && size == strlen(text) && memcmp(data, text, size) == 0;
    free(data);
    return same;
}

static void put(const struct batch_place *place, const char *name, long age)
{
    char *path = yk_path_join(place->out, name);
    struct stat info;
    CU_ASSERT_TRUE_FATAL(yk_file_write(path, "old", 3));
    char *input = yk_path_join(place->in, name);
    CU_ASSERT_EQUAL_FATAL(stat(input, &info), 0);
    struct timespec times[2] = {info.st_mtim, info.st_mtim};
    times[0].tv_sec -= age;
    times[1].tv_sec -= age;
    CU_ASSERT_EQUAL(utimensat(AT_FDCWD, path, times, 0), 0);
    free(input);
    free(path);
}

static void test_overwrite(void)
{
    struct batch_place place;
    batch_open(&place);
    batch_images(&place, 6, 20);
    for (int policy = YK_OVERWRITE_NEVER; policy <= YK_OVERWRITE_NEWER; policy++) {
        struct batch_run run = {0};
        struct yk_batch_options options = {
            .devices = "cpu", .threads = 2, .overwrite = (enum yk_overwrite)policy};
        batch_new_out(&place);
        put(&place, "a001.png", 3600);  /* older than its input */
        put(&place, "a002.png", -3600); /* newer */
        batch_plan(&run, &place, (enum yk_overwrite)policy);
        put(&place, "a004.png", 0); /* appears after the plan */
        CU_ASSERT_EQUAL(batch_go(&run, &place, "invert", &options), YK_OK);
        static const char kept[3][3] = {{1, 1, 1}, {0, 0, 0}, {0, 1, 0}};
        static const char *const names[] = {"a001.png", "a002.png", "a004.png"};
        unsigned skipped = 0;
        for (size_t k = 0; k < 3; k++) {
            const struct yk_batch_item *item = batch_item(&run, names[k]);
            skipped += (unsigned)kept[policy][k];
            CU_ASSERT_EQUAL(holds(item->output, "old"), kept[policy][k]);
            CU_ASSERT_EQUAL(item->state, kept[policy][k] ? YK_ITEM_SKIPPED : YK_ITEM_DONE);
            if (kept[policy][k] && item->reason)
                CU_ASSERT_PTR_NOT_NULL(strstr(item->reason, policy == YK_OVERWRITE_NEWER
                                                                ? "is newer than its input"
                                                                : "exists already"));
        }
        CU_ASSERT_EQUAL(run.summary.skipped, skipped);
        CU_ASSERT_EQUAL(run.summary.done, 6 - skipped);
        CU_ASSERT_EQUAL(run.items, policy == YK_OVERWRITE_NEVER ? 4 : policy == YK_OVERWRITE_NEWER ? 5 : 6);
        batch_end(&run);
    }
    /* In place: the result replaces the input. */
    struct batch_run run = {0};
    const char *paths[] = {place.in};
    const struct yk_batch_sources sources = {.paths = paths,
                                             .path_count = 1,
                                             .recursive = true,
                                             .in_place = true,
                                             .overwrite = YK_OVERWRITE_ALWAYS};
    const struct yk_batch_options options = {
        .devices = "cpu", .threads = 2, .overwrite = YK_OVERWRITE_ALWAYS};
    for (unsigned round = 0; round < 2; round++) {
        CU_ASSERT_EQUAL_FATAL(yk_batch_plan_make(&run.plan, &sources, NULL), YK_OK);
        CU_ASSERT_EQUAL(batch_go(&run, &place, round ? "invert" : "pad 1 white", &options), YK_OK);
        CU_ASSERT_EQUAL(run.summary.done, 6);
        const struct yk_batch_item *item = batch_item(&run, "a003.png");
        struct yk_image *image = batch_load(item->output);
        CU_ASSERT_PTR_NOT_NULL_FATAL(image);
        CU_ASSERT_EQUAL(image->width, item->in_width + (round ? 0 : 2));
        CU_ASSERT_EQUAL(image->pixels[0], round ? 0 : 255);
        yk_image_free(image);
        batch_end(&run);
    }
    batch_close(&place);
}

/* Nothing to do is no failure. */
static void test_nothing(void)
{
    struct batch_place place;
    struct batch_run run = {0};
    batch_open(&place);
    CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", NULL), YK_OK);
    CU_ASSERT_EQUAL(run.plan.count, 0);
    CU_ASSERT_EQUAL(run.shows, 1);
    batch_end(&run);
    batch_images(&place, 3, 9);
    CU_ASSERT_EQUAL(batch_all(&run, &place, "", NULL), YK_OK); /* and the empty pipeline is a copy */
    for (size_t k = 0; k < 3; k++) {
        const struct yk_batch_item *item = &run.plan.items[k];
        struct yk_image *in = batch_load(item->input), *out = batch_load(item->output);
        CU_ASSERT_TRUE_FATAL(in && out);
        CU_ASSERT_TRUE(yk_image_equal(out, in, 0, item->input));
        CU_ASSERT_EQUAL(item->times.compute, 0);
        CU_ASSERT_EQUAL(item->devices, 0);
        yk_image_free(in);
        yk_image_free(out);
    }
    batch_end(&run);
    batch_plan(&run, &place, YK_OVERWRITE_NEVER);
    CU_ASSERT_EQUAL(batch_go(&run, &place, "invert", NULL), YK_OK);
    CU_ASSERT_EQUAL(run.summary.skipped, 3);
    CU_ASSERT_EQUAL(run.items, 0);
    CU_ASSERT_EQUAL(run.last.skipped, 3);
    CU_ASSERT_EQUAL(run.last.total_input_bytes, 0);
    batch_end(&run);
    batch_close(&place);
}

/* One input twice, and observers that leave everything out. */
static void test_twice(void)
{
    struct batch_place place;
    struct batch_run run = {0};
    batch_open(&place);
    batch_image(&place, "x.png", 70, 50, rgb8, 3);
    char *input = yk_path_join(place.in, "x.png"), *output = yk_path_join(place.out, "{name}-{index}.{ext}");
    const char *paths[] = {input, input, input};
    const struct yk_batch_sources sources = {.paths = paths, .path_count = 3, .output = output};
    CU_ASSERT_EQUAL_FATAL(yk_batch_plan_make(&run.plan, &sources, NULL), YK_OK);
    CU_ASSERT_EQUAL(batch_go(&run, &place, "invert", NULL), YK_OK);
    CU_ASSERT_EQUAL(run.summary.done, 3);
    for (size_t k = 0; k < 3; k++)
        CU_ASSERT_TRUE(batch_is_inverted(input, run.plan.items[k].output));
    batch_end(&run);
    struct yk_pipeline *pipeline = NULL;
    struct yk_batch_plan plan;
    struct yk_batch_summary summary;
    const struct yk_batch_options options = {.overwrite = YK_OVERWRITE_ALWAYS};
    const struct yk_batch_sources again = {
        .paths = paths, .path_count = 3, .output = output, .overwrite = YK_OVERWRITE_ALWAYS};
    CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&pipeline, "", NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_batch_plan_make(&plan, &again, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_batch_run(&plan, pipeline, &options, NULL, &summary, NULL), YK_OK);
    CU_ASSERT_EQUAL(summary.done, 3);
    for (size_t k = 0; k < 3; k++) {
        struct yk_image *in = batch_load(input), *out = batch_load(plan.items[k].output);
        CU_ASSERT_TRUE_FATAL(in && out);
        CU_ASSERT_TRUE(yk_image_equal(out, in, 0, "a copy"));
        yk_image_free(in);
        yk_image_free(out);
    }
    yk_pipeline_free(pipeline);
    yk_batch_plan_free(&plan);
    free(input);
    free(output);
    batch_close(&place);
}

/* ---- what is refused as a whole ---- */

static void expect_refused(struct batch_place *place, const struct yk_batch_options *options,
                           enum yk_status status, enum yk_status checked, const char *message)
{
    struct batch_run run = {0};
    struct yk_error error = {YK_OK, ""};
    CU_ASSERT_EQUAL(yk_batch_check(options, &error), checked);
    CU_ASSERT_EQUAL(yk_batch_check(options, NULL), checked);
    if (checked)
        CU_ASSERT_EQUAL(strncmp(error.text, message, strlen(message)), 0);
    CU_ASSERT_EQUAL(batch_all(&run, place, "invert", options), status);
    CU_ASSERT_EQUAL(strncmp(run.error.text, message, strlen(message)), 0);
    if (strncmp(run.error.text, message, strlen(message)) != 0)
        printf("\n    %s\n", run.error.text);
    CU_ASSERT_EQUAL(run.summary.done, 0);
    CU_ASSERT_EQUAL(run.items, 0);
    for (size_t k = 0; k < run.plan.count; k++)
        CU_ASSERT_EQUAL(access(run.plan.items[k].output, F_OK), -1);
    batch_end(&run);
}

static void test_refusals(void)
{
    struct batch_place place;
    struct batch_run run = {0};
    batch_open(&place);
    batch_images(&place, 2, 9);
    struct yk_batch_options words = {.devices = "cpu,quux"}, sched = {.devices = "cpu", .sched = "sometimes"};
    struct yk_batch_options number = {.devices = "cl:77.0"}, both = {.devices = "cl:77.0,quux"};
    struct yk_batch_options bounds = {.devices = "cpu", .sched = "dynamic:0"};
    expect_refused(&place, &words, YK_ERR_PARSE, YK_ERR_PARSE,
                   "unknown device 'quux'; accepted: auto, cpu, ");
    expect_refused(&place, &sched, YK_ERR_UNKNOWN, YK_ERR_UNKNOWN,
                   "unknown schedule 'sometimes'; accepted: ");
    expect_refused(&place, &bounds, YK_ERR_RANGE, YK_ERR_RANGE, "schedule 'dynamic:0': 0 is out of bounds");
    expect_refused(&place, &number, YK_ERR_MISSING, YK_OK, "there is no device cl:77.0 here");
    expect_refused(&place, &both, YK_ERR_PARSE, YK_ERR_PARSE, "unknown device 'quux'; accepted: ");
    struct yk_batch_options fine = {.devices = "auto,cl:0.0,gpu", .sched = "static:1,2"};
    CU_ASSERT_EQUAL(yk_batch_check(&fine, NULL), YK_OK);
    /* A class that nothing belongs to: an error where it was demanded, else a line and the CPU. */
    struct yk_batch_options gpu = {.devices = "gpu", .threads = 2};
    CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", &gpu), YK_OK);
    CU_ASSERT_EQUAL(run.summary.done, 2);
    bool has_gpu = run.notices == 0;
    if (!has_gpu) {
        CU_ASSERT_EQUAL(strncmp(run.notice, "no OpenCL device for --devices gpu", 34), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(run.notice, "; the CPU does it all"));
    }
    batch_end(&run);
    if (has_gpu) {
        yk_skip("a GPU is here: what happens without one");
    } else {
        struct yk_batch_options strict = {.devices = "gpu", .strict_devices = true};
        struct yk_batch_options mixed = {.devices = "cpu,gpu", .strict_devices = true};
        expect_refused(&place, &strict, YK_ERR_MISSING, YK_OK, "no OpenCL device for --devices gpu");
        expect_refused(&place, &mixed, YK_ERR_MISSING, YK_OK, "no OpenCL device for --devices gpu");
    }
    /* These demand nothing that could be missing. */
    static const char *const always[] = {"cpu", "auto", "cpu,auto", "cpu,cpu"};
    for (size_t k = 0; k < sizeof always / sizeof *always; k++) {
        struct yk_batch_options options = {.devices = always[k], .strict_devices = true};
        CU_ASSERT_EQUAL(batch_all(&run, &place, "", &options), YK_OK);
        CU_ASSERT_EQUAL(run.notices, 0);
        batch_end(&run);
    }
    batch_close(&place);
}

/* ---- metadata ---- */

static void test_metadata(void)
{
    static const char text[] = "Zu dem Bilde: es ist rot";
    struct batch_place place;
    struct batch_run run = {0};
    struct yk_image *image = NULL;
    batch_open(&place);
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&image, 40, 30, rgb8, NULL, NULL), YK_OK);
    memset(image->pixels, 99, image->stride * 30);
    struct yk_metadata *metadata = calloc(1, sizeof *metadata);
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    image->metadata = metadata;
    metadata->has_gamma = metadata->has_density = metadata->density_metres = true;
    metadata->gamma = 45455;
    metadata->density_x = 2835;
    metadata->density_y = 5670;
    metadata->texts = calloc(1, sizeof *metadata->texts);
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata->texts);
    metadata->text_count = 1;
    metadata->texts[0] = (struct yk_text){
        .keyword = strdup("Comment"), .text = strdup(text), .language = strdup(""), .translated = strdup("")};
    struct yk_bytes bytes = {NULL, 0};
    const struct yk_encode_options best = {-1};
    CU_ASSERT_EQUAL_FATAL(yk_codec_at(0)->encode(image, &best, &bytes, NULL), YK_OK);
    batch_bytes(&place, "m.png", bytes.data, bytes.size);
    yk_bytes_free(&bytes);
    yk_image_free(image);
    static const char *const pipelines[] = {"", "invert", "resize 50% | equalize | pad 3 transparent",
                                            "equalize"};
    for (size_t k = 0; k < sizeof pipelines / sizeof *pipelines; k++) {
        CU_ASSERT_EQUAL(batch_all(&run, &place, pipelines[k], NULL), YK_OK);
        struct yk_image *out = batch_load(run.plan.items[0].output);
        CU_ASSERT_PTR_NOT_NULL_FATAL(out);
        const struct yk_metadata *got = out->metadata;
        CU_ASSERT_PTR_NOT_NULL_FATAL(got);
        CU_ASSERT_TRUE(got->has_gamma && got->gamma == 45455);
        CU_ASSERT_TRUE(got->has_density && got->density_x == 2835 && got->density_y == 5670);
        CU_ASSERT_EQUAL_FATAL(got->text_count, 1);
        CU_ASSERT_STRING_EQUAL(got->texts[0].keyword, "Comment");
        CU_ASSERT_STRING_EQUAL(got->texts[0].text, text);
        yk_image_free(out);
        batch_end(&run);
    }
    batch_close(&place);
}

/* ---- figures ---- */

/* The rows that the summary says were computed are the rows there were. */
static void test_figures(void)
{
    struct batch_place place;
    struct batch_run run = {0};
    batch_open(&place);
    batch_images(&place, 12, 150);
    struct yk_batch_options options = {
        .devices = "cpu", .sched = "dynamic:3", .threads = 3, .io = YK_IO_POSIX};
    /* rotate 90 makes as many rows as there were columns; equalize looks at all of those and makes them
     * again. */
    CU_ASSERT_EQUAL(batch_all(&run, &place, "rotate 90 | equalize", &options), YK_OK);
    uint64_t rows = 0, bands = 0, pixels = 0, input = 0;
    for (size_t k = 0; k < run.plan.count; k++) {
        const struct yk_batch_item *item = &run.plan.items[k];
        rows += 3 * item->in_width;
        bands += 3 * ((item->in_width + 2) / 3);
        pixels += (uint64_t)item->in_width * item->in_height;
        input += item->input_bytes;
        CU_ASSERT_EQUAL(item->out_width, item->in_height);
        CU_ASSERT_EQUAL(item->out_height, item->in_width);
        CU_ASSERT_EQUAL(item->devices, 1);
    }
    CU_ASSERT_EQUAL(run.summary.done, 12);
    CU_ASSERT_EQUAL(run.summary.device_count, 1);
    CU_ASSERT_STRING_EQUAL(run.summary.devices[0].id, "cpu");
    CU_ASSERT_EQUAL(run.summary.devices[0].lanes, 3);
    CU_ASSERT_FALSE(run.summary.devices[0].retired);
    CU_ASSERT_EQUAL(run.summary.devices[0].rows, rows);
    CU_ASSERT_EQUAL(run.summary.devices[0].bands, bands);
    CU_ASSERT_EQUAL(run.summary.input_pixels, pixels);
    CU_ASSERT_EQUAL(run.summary.input_bytes, input);
    CU_ASSERT_EQUAL(run.summary.threads, 3);
    CU_ASSERT_STRING_EQUAL(run.summary.io_engine, "posix");
    CU_ASSERT_EQUAL(run.last.total_input_bytes, input);
    CU_ASSERT_EQUAL(run.last.total, 12);
    batch_end(&run);
    batch_close(&place);
}

void yk_suite_batch(void)
{
    CU_pSuite suite = CU_add_suite("batch", NULL, NULL);
    CU_ADD_TEST(suite, test_mixed);
    CU_ADD_TEST(suite, test_overwrite);
    CU_ADD_TEST(suite, test_nothing);
    CU_ADD_TEST(suite, test_twice);
    CU_ADD_TEST(suite, test_refusals);
    CU_ADD_TEST(suite, test_metadata);
    CU_ADD_TEST(suite, test_figures);
    CU_ADD_TEST(suite, test_batch_threads);
    CU_ADD_TEST(suite, test_batch_memory);
    CU_ADD_TEST(suite, test_batch_stream);
    CU_ADD_TEST(suite, test_batch_opencl);
    CU_ADD_TEST(suite, test_batch_huge);
    CU_ADD_TEST(suite, test_batch_stop);
    CU_ADD_TEST(suite, test_batch_parts);
    CU_ADD_TEST(suite, test_batch_stop_keeps_old);
    CU_ADD_TEST(suite, test_batch_fail_fast);
    CU_ADD_TEST(suite, test_batch_progress);
    CU_ADD_TEST(suite, test_batch_any);
    CU_ADD_TEST(suite, test_batch_refused_writes);
    CU_ADD_TEST(suite, test_batch_full_disk);
    CU_ADD_TEST(suite, test_batch_fault_matrix);
    CU_ADD_TEST(suite, test_batch_faults_random);
    CU_ADD_TEST(suite, test_batch_shortage);
    CU_ADD_TEST(suite, test_batch_verify);
    CU_ADD_TEST(suite, test_batch_guard);
    CU_ADD_TEST(suite, test_batch_guard_damage);
    CU_ADD_TEST(suite, test_batch_guard_run);
    CU_ADD_TEST(suite, test_batch_guard_process);
    CU_ADD_TEST(suite, test_batch_cover);
    CU_ADD_TEST(suite, test_batch_verify_repeats);
    CU_ADD_TEST(suite, test_batch_faults_strict);
    CU_ADD_TEST(suite, test_batch_stop_parts);
    CU_ADD_TEST(suite, test_batch_part_fails);
    CU_ADD_TEST(suite, test_batch_usage);
    CU_ADD_TEST(suite, test_batch_together);
    CU_ADD_TEST(suite, test_batch_bound);
    CU_ADD_TEST(suite, test_batch_sums);
}
