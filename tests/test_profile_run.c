/* SPDX-License-Identifier: MIT
 * Rates in a batch run: kinds of work, learning, what the next file and the next run begin with, the CPU's
 * other work, and the last file. */
#include "test_profile.h"

#include <CUnit/CUnit.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch_rates.h"
#include "support.h"
#include "test_batch.h"

/* The shape of a pipeline's first phase on an image of the size. */
static struct yk_work_shape shape_of(const char *words, uint32_t width, uint32_t height)
{
    struct yk_work_shape shape = {.size = 0};
    struct yk_pipeline *pipeline = NULL;
    struct yk_image *image = NULL;
    struct yk_job job;
    CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&pipeline, words, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&image, width, height, (struct yk_format){3, 0, 8}, NULL, NULL),
                          YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_job_start(&job, pipeline, image, 0, NULL, NULL, NULL), YK_OK);
    shape = yk_work_shape_of(&job);
    yk_job_clear(&job);
    yk_pipeline_free(pipeline);
    return shape;
}

void test_profile_kinds(void)
{
    struct yk_rates rates = {0};
    struct yk_work_shape small = shape_of("invert", 100, 100), large = shape_of("invert", 400, 100);
    /* 4 steps to read a pixel and 8 for a point operation: 12 = 2^3.58. */
    CU_ASSERT_STRING_EQUAL(small.text, "invert*2^3 rgb8");
    CU_ASSERT_EQUAL(small.size, 13); /* 2^13 = 8192, 2^14 = 16384 */
    CU_ASSERT_EQUAL(large.size, 15);
    CU_ASSERT_DOUBLE_EQUAL(small.row_work, 1200.0, 0.0);
    CU_ASSERT_EQUAL(small.halo, 0);
    struct yk_work_shape stat = shape_of("equalize", 64, 64);
    CU_ASSERT_STRING_EQUAL(stat.text, "equalize:count*2^2 rgb8");
    CU_ASSERT_DOUBLE_EQUAL(stat.row_work, 256.0, 0.0);
    /* A blur of reach 3 costs 2 x 7 steps a pixel, one of reach 24 2 x 49. A band reads 3 rows more above and
     * below: 6 x 4 / (4 + 14) of its rows; 48 x 4 / (4 + 98). One after the other, the first makes what the
     * second reads: (48 x 14 + 54 x 4) / 116 and (6 x 98 + 54 x 4) / 116. */
    struct yk_work_shape near = shape_of("blur 1", 200, 200), far = shape_of("blur 8", 200, 200);
    CU_ASSERT_EQUAL(near.halo, 2);
    CU_ASSERT_EQUAL(far.halo, 2);
    CU_ASSERT(strcmp(near.text, far.text) != 0);
    CU_ASSERT_EQUAL(shape_of("blur 1 | blur 8", 200, 200).halo, 8);
    CU_ASSERT_EQUAL(shape_of("blur 8 | blur 1", 200, 200).halo, 7);
    /* Turned, each band reads its share of columns: no halo. */
    CU_ASSERT_EQUAL(shape_of("rotate 90", 200, 100).halo, 0);
    /* Sixty operations do not fit the text; their number still tells. */
    char words[1024] = "invert", longer[1100];
    for (unsigned k = 0; k < 60; k++)
        strcat(words, " | invert");
    snprintf(longer, sizeof longer, "%s | gamma 2", words);
    struct yk_work_shape many = shape_of(words, 10, 10), more = shape_of(longer, 10, 10);
    CU_ASSERT(strlen(many.text) < YK_KIND_TEXT && strcmp(many.text, more.text) != 0);

    struct yk_rate_kind *first = yk_rates_kind(&rates, &small);
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    CU_ASSERT_PTR_EQUAL(yk_rates_kind(&rates, &small), first);
    CU_ASSERT_DOUBLE_EQUAL(first->rates[0].rate, 0.0, 0.0);
    first->rates[0] = (struct yk_policy_rate){.rate = 77.0, .samples = 3};
    struct yk_rate_kind *second = yk_rates_kind(&rates, &large); /* begins with the nearest size's */
    CU_ASSERT_PTR_NOT_NULL_FATAL(second);
    CU_ASSERT(second != first && second->rates[0].rate == 77.0 && second->rates[0].samples == 3);
    CU_ASSERT_DOUBLE_EQUAL(yk_rates_kind(&rates, &near)->rates[0].rate, 0.0, 0.0);
    for (unsigned k = 0; k < 300; k++) { /* bounded */
        struct yk_work_shape other = small;
        snprintf(other.text, sizeof other.text, "%u", k);
        yk_rates_kind(&rates, &other);
    }
    CU_ASSERT_EQUAL(rates.count, 256);
    CU_ASSERT_PTR_EQUAL(yk_rates_kind(&rates, &small), first);
    yk_rates_free(&rates);
}

/* A CPU with two threads and a device, and a splitter that says how long the last range took. */
static void learn(struct yk_rate_kind *kind, unsigned device, uint64_t rows, uint64_t nanoseconds)
{
    struct yk_policy_device devices[] = {{2, false}, {1, false}};
    struct yk_splitter splitter = {.spent_ns = nanoseconds,
                                   .job = {.devices = devices, .device_count = 2, .row_work = 10, .halo = 2}};
    yk_rates_learn(kind, device, &splitter, rows);
}

void test_profile_learning(void)
{
    struct yk_rate_kind kind = {.next = NULL};
    learn(&kind, 0, 8, 1000000); /* the first of each of two threads is not believed */
    learn(&kind, 0, 8, 9000000);
    CU_ASSERT_DOUBLE_EQUAL(kind.rates[0].rate, 0.0, 0.0);
    learn(&kind, 0, 8, 1000000); /* (8 + 2) x 10 in 1 ms by one of two threads, 0.3 ms of it overhead */
    CU_ASSERT_DOUBLE_EQUAL(kind.rates[0].rate, 200.0 / 0.7, 1e-9);
    /* Where 1 ms was expected: weighs 1 against 0.97 to the power of 1 ms / (1 ms + 3 ms). */
    double older = pow(0.97, 0.25);
    learn(&kind, 0, 8, 2000000);
    CU_ASSERT_DOUBLE_EQUAL(kind.rates[0].rate, 200.0 / ((older * 1.0 + 2.0) / (older + 1.0) - 0.3), 1e-9);
    /* For the profile the first of these two is dropped, and the unit is the second. */
    CU_ASSERT_EQUAL(kind.learnt[0].samples, 1);
    CU_ASSERT_DOUBLE_EQUAL((double)kind.learnt[0].rate, kind.rates[0].rate * 1e3, 1.0);
    learn(&kind, 0, 8, 0); /* not measured */
    CU_ASSERT_EQUAL(kind.rates[0].samples, 4);
    learn(&kind, 1, 18, 90000000);
    for (unsigned k = 0; k < 3; k++)
        learn(&kind, 1, 18, 2000000);
    CU_ASSERT_DOUBLE_EQUAL(kind.rates[1].rate, 200.0 / 1.7, 1e-9);
    CU_ASSERT(kind.learnt[1].samples == 2 && kind.learnt[1].rate == 117647);

    struct yk_rates rates = {.kinds = &kind, .device_count = 2, .now = 9, .kernels = 4};
    char devices[2][YK_PROFILE_DEVICE] = {"host", "card"};
    struct yk_profile_entry *entries;
    rates.devices = devices;
    strcpy(kind.text, "invert*2^3 rgb8");
    kind.size = 13;
    CU_ASSERT_EQUAL_FATAL(yk_rates_learnt(&rates, &entries), 2);
    CU_ASSERT_STRING_EQUAL(entries[1].key.device, "card");
    CU_ASSERT_STRING_EQUAL(entries[1].key.work, "invert*2^3 rgb8");
    CU_ASSERT(entries[1].key.kernels == 4 && entries[1].key.size == 13 && entries[1].learnt == 9);
    CU_ASSERT_DOUBLE_EQUAL((double)entries[1].rate.setup_ns, 88.3e6, 10.0); /* 90 ms, where 1.7 would do */
    CU_ASSERT_EQUAL(entries[0].rate.setup_ns, 0);
    free(entries);

    struct yk_rate_kind probed = {.next = NULL};
    const double measured[] = {1e6, 3e6};
    yk_rates_probed(&probed, 0, 2, measured, 2);
    CU_ASSERT_DOUBLE_EQUAL(probed.rates[0].rate, 2000.0, 1e-9);
    learn(&probed, 0, 8, 1000000); /* believed: the devices are warm */
    /* 0.4 ms from elsewhere, with the overhead, weigh nearly 1; the 1 ms in their place 1. */
    older = pow(0.97, 0.4 / 3.4);
    CU_ASSERT_DOUBLE_EQUAL(probed.rates[0].rate, 200.0 / ((older * 0.4 + 1.0) / (older + 1.0) - 0.3), 1e-6);
    yk_rates_probed(&probed, 1, 1, measured, 0);
    CU_ASSERT(probed.rates[1].rate == 0.0 && probed.rates[1].samples == 0);
    /* Two bands in flight that end together, again and again: 4 ms and next to nothing are 2 ms each. */
    struct yk_rate_kind pairs = {.next = NULL};
    learn(&pairs, 1, 18, 2000000);
    learn(&pairs, 1, 18, 2000000);
    for (unsigned k = 0; k < 100; k++)
        learn(&pairs, 1, 18, k % 2 ? 1000 : 4000000);
    CU_ASSERT(pairs.rates[1].rate > 0.8 * 200.0 / 1.7 && pairs.rates[1].rate < 1.25 * 200.0 / 1.7);
    const double kept = (double)pairs.learnt[1].rate / 1e3; /* one by one, each would reject the other */
    CU_ASSERT(kept > 0.8 * 200.0 / 1.7 && kept < 1.25 * 200.0 / 1.7);
    CU_ASSERT(pairs.learnt[1].samples >= YK_PROFILE_TRUSTED);
}

void test_profile_recall(void)
{
    char *folder = yk_temp_make(), *path = yk_path_join(folder, "rates");
    struct yk_work_shape shape = {.text = "blur*2^4 rgb8", .size = 16, .row_work = 1};
    struct yk_profile_entry known[] = {profile_entry("card", 16, 5000000, 20, 50),
                                       profile_entry("host", 18, 7000000, 20, 50),
                                       profile_entry("other driver", 16, 9000000, 20, 50)};
    struct yk_rates rates = {0};
    CU_ASSERT_EQUAL(yk_profile_save(path, known, 3, 50, false, NULL), YK_OK);
    known[0].rate.setup_ns = 4000000;
    CU_ASSERT_EQUAL(yk_profile_save(path, known, 1, 50, false, NULL), YK_OK);
    char(*devices)[YK_PROFILE_DEVICE] = calloc(3, sizeof *devices);
    CU_ASSERT_PTR_NOT_NULL_FATAL(devices);
    strcpy(devices[0], "host");
    strcpy(devices[1], "card");
    strcpy(devices[2], "new driver");
    yk_rates_open(&rates, path, devices, 3, 0x1234, 60);
    struct yk_rate_kind *kind = yk_rates_kind(&rates, &shape);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kind);
    CU_ASSERT_DOUBLE_EQUAL(kind->rates[0].rate, 7000.0, 1e-9); /* of another size */
    CU_ASSERT_DOUBLE_EQUAL(kind->rates[1].rate, 5000.0, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(kind->rates[1].setup_ns, 4e6, 1e-3);
    CU_ASSERT_DOUBLE_EQUAL(kind->rates[2].rate, 0.0, 0.0);
    CU_ASSERT_EQUAL(kind->rates[1].samples, 0);
    /* What this run has learnt comes before what the profile knows of another size. */
    kind->rates[0].rate = 1.0;
    shape.size = 17;
    kind = yk_rates_kind(&rates, &shape);
    CU_ASSERT_DOUBLE_EQUAL(kind->rates[0].rate, 1.0, 0.0);
    shape.size = 18;
    kind = yk_rates_kind(&rates, &shape);
    CU_ASSERT_DOUBLE_EQUAL(kind->rates[0].rate, 7000.0, 1e-9); /* its own size */
    yk_rates_free(&rates);
    free(path);
    yk_temp_remove(folder);
}

/* ---- the policy with what the engine tells it ---- */

/* Rows that `device` would take first of a job, with rates per ms and files waiting. */
static uint64_t first_rows(uint64_t rows_in_all, double cpu, double card, double busy, unsigned waiting,
                           unsigned device)
{
    const struct yk_policy_device devices[] = {{2, false}, {1, false}};
    const struct yk_policy_rate rates[] = {{.rate = cpu, .samples = 9}, {.rate = card, .samples = 9}};
    const double part[] = {busy, 0.0};
    const struct yk_policy_arguments none = {0};
    struct yk_policy_job job = {.rows = rows_in_all,
                                .granule = 16,
                                .waiting = 1000,
                                .device_count = 2,
                                .devices = devices,
                                .rates = rates,
                                .busy = part,
                                .row_work = 1,
                                .now_ns = 1};
    struct yk_splitter splitter;
    struct yk_range range = {0, 0};
    yk_splitter_begin(&splitter, &yk_policy_auto, &none, &job);
    yk_splitter_waiting(&splitter, waiting);
    uint64_t rows = yk_splitter_claim(&splitter, device, UINT64_MAX, &range) ? range.end - range.begin : 0;
    yk_splitter_clear(&splitter);
    return rows;
}

/* A CPU whose threads decode and encode most of the time is a slow device. */
void test_profile_busy(void)
{
    CU_ASSERT(first_rows(20000, 100, 100, 0.0, 0, 0) > 0);
    CU_ASSERT(first_rows(20000, 100, 100, 0.5, 0, 0) > 0);
    CU_ASSERT_EQUAL(first_rows(20000, 100, 100, 0.98, 0, 0), 0); /* no gain of 3.5 % is left */
    CU_ASSERT(first_rows(20000, 100, 100, 0.98, 0, 1) > 0);
    CU_ASSERT_EQUAL(first_rows(20000, 12, 100, 0.9, 0, 0), 0);
    CU_ASSERT(first_rows(20000, 12, 100, 0.0, 0, 0) > 0);
}

/* Whole files while many wait, but no slow device holds the last one. */
void test_profile_tail(void)
{
    CU_ASSERT_EQUAL(first_rows(1000, 50, 50, 0.0, 20, 1), 1000);
    CU_ASSERT_EQUAL(first_rows(1000, 50, 10, 0.0, 20, 1), 1000); /* 100 ms, while the rest takes 350 */
    CU_ASSERT(first_rows(1000, 50, 10, 0.0, 2, 1) < 300);        /* 100 ms against 50: a part of it at most */
    CU_ASSERT(first_rows(1000, 50, 10, 0.0, 0, 1) < 300);
    CU_ASSERT_EQUAL(first_rows(1000, 50, 1, 0.0, 3, 1), 0); /* no part of it pays */
    CU_ASSERT_EQUAL(first_rows(1000, 50, 1, 0.0, 0, 1), 0);
    CU_ASSERT(first_rows(1000, 50, 1, 0.0, 0, 0) > 0);
    CU_ASSERT_EQUAL(first_rows(1000, 50, 1, 0.0, 100, 1),
                    240); /* 1 s, while the rest takes 2: in parts of 250 ms */
}

/* ---- runs ---- */

/* A second device of the CPU's code, which must not be confused with the first in a profile. */
static const struct yk_batch_decoration second = {"cpu:1", "rows=100", NULL};

static uint64_t run(struct batch_place *place, struct yk_batch_options options)
{
    struct batch_run batch = {0};
    options.threads = 2;
    options.decorations = &second;
    options.decoration_count = 1;
    CU_ASSERT_EQUAL(batch_all(&batch, place, "blur 2 | invert", &options), YK_OK);
    uint64_t hash = batch_hash(&batch);
    batch_end(&batch);
    return hash;
}

/* The bytes are the same whatever a profile says, and each run adds to it. */
void test_profile_runs(void)
{
    struct batch_place place;
    struct yk_profile profile;
    batch_open(&place);
    for (unsigned k = 0; k < 4; k++) {
        char name[16];
        snprintf(name, sizeof name, "%u.png", k);
        batch_image(&place, name, 300, 400, (struct yk_format){3, 0, 8}, k);
    }
    char *path = yk_path_join(place.root, "rates");
    uint64_t expected = run(&place, (struct yk_batch_options){.devices = "cpu"});
    CU_ASSERT_EQUAL(run(&place, (struct yk_batch_options){.devices = "cpu,cpu:1", .profile = ""}), expected);
    CU_ASSERT_EQUAL(access(path, F_OK), -1);
    unsigned samples = 0;
    for (unsigned round = 0; round < 3; round++) {
        struct yk_batch_options options = {.devices = "cpu,cpu:1", .sched = "dynamic:20", .profile = path};
        CU_ASSERT_EQUAL(run(&place, options), expected);
        yk_profile_load(&profile, path);
        CU_ASSERT(profile.count >= 1 && profile.ignored == 0);
        for (size_t k = 0; k < profile.count; k++) {
            CU_ASSERT_STRING_EQUAL(profile.entries[k].key.work, shape_of("blur 2 | invert", 300, 400).text);
            CU_ASSERT_EQUAL(profile.entries[k].key.size, 16);
            CU_ASSERT_EQUAL(profile.entries[k].key.kernels, yk_profile_kernels());
            samples += profile.entries[k].rate.samples;
        }
        yk_profile_free(&profile);
    }
    CU_ASSERT(samples > 10);
    /* A profile that is off by a thousand in either direction costs time, not bytes. */
    for (unsigned k = 0; k < 4; k++) {
        yk_profile_load(&profile, path);
        for (size_t e = 0; e < profile.count; e++) {
            bool cpu = strncmp(profile.entries[e].key.device, "cpu|", 4) == 0;
            profile.entries[e].rate.rate = cpu == k % 2 ? 1000000000000 : 1000;
            profile.entries[e].rate.samples = 100;
        }
        size_t size;
        char *text = yk_profile_print(&profile, UINT64_MAX, &size);
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        CU_ASSERT_TRUE(yk_file_write(path, text, size));
        struct yk_batch_options options = {
            .devices = "cpu,cpu:1", .sched = k < 2 ? "auto" : "guided", .profile = path};
        CU_ASSERT_EQUAL(run(&place, options), expected);
        free(text);
        yk_profile_free(&profile);
    }
    free(path);
    batch_close(&place);
}

/* With one device there is nothing to choose: no profile is read or written. */
void test_profile_one_device(void)
{
    struct batch_place place;
    batch_open(&place);
    batch_images(&place, 3, 100);
    char *path = yk_path_join(place.root, "rates");
    run(&place, (struct yk_batch_options){.devices = "cpu", .profile = path, .calibrate = true});
    CU_ASSERT_EQUAL(access(path, F_OK), -1);
    run(&place, (struct yk_batch_options){.devices = "cl", .profile = path, .calibrate = true});
    CU_ASSERT_EQUAL(access(path, F_OK), -1);
    free(path);
    batch_close(&place);
}

/* Measured beforehand: every device has a rate, the bytes are the same; a first file that is none, one too
 * small to measure, and a pipeline that begins with a statistic are no trouble. */
void test_profile_calibrated(void)
{
    static const char *const words[] = {"blur 2 | invert", "equalize | blur 1", "resize 100%"};
    static const uint32_t sizes[] = {1, 17, 600};
    for (unsigned k = 0; k < 9; k++) {
        struct batch_place place;
        struct batch_run plain = {0}, calibrated = {0};
        struct yk_profile profile;
        batch_open(&place);
        char *path = yk_path_join(place.root, "rates");
        batch_image(&place, "a.png", sizes[k % 3], sizes[k % 3], (struct yk_format){3, 1, 8}, 5);
        batch_image(&place, "b.png", 90, 70, (struct yk_format){1, 0, 16}, 6);
        struct yk_batch_options options = {.devices = "cpu", .threads = 2};
        CU_ASSERT_EQUAL(batch_all(&plain, &place, words[k / 3], &options), YK_OK);
        options = (struct yk_batch_options){.devices = "cpu,cpu:1",
                                            .threads = 2,
                                            .profile = path,
                                            .calibrate = true,
                                            .decorations = &second,
                                            .decoration_count = 1};
        /* On a machine where other work comes in between, all samples of a device may be rejected. */
        size_t wanted = k % 3 == 2 && k / 3 < 2 ? 2 : 0, known = 0;
        for (unsigned again = 0; again < 10 && (again == 0 || known < wanted); again++) {
            CU_ASSERT_EQUAL(batch_all(&calibrated, &place, words[k / 3], &options), YK_OK);
            CU_ASSERT_EQUAL(batch_hash(&plain), batch_hash(&calibrated));
            yk_profile_load(&profile, path);
            known = profile.count;
            yk_profile_free(&profile);
            batch_end(&calibrated);
            calibrated = (struct batch_run){0};
        }
        CU_ASSERT(known >= wanted);
        batch_end(&plain);
        free(path);
        batch_close(&place);
    }
}

/* Once it is known how slow a device is, it gets nothing, and holds up no file. */
void test_profile_slow_device(void)
{
    static const struct yk_batch_decoration slow = {"cpu:1", "throttle=1000", NULL};
    struct batch_place place;
    struct batch_run batch = {0};
    batch_open(&place);
    for (unsigned k = 0; k < 5; k++) {
        char name[16];
        snprintf(name, sizeof name, "%u.png", k);
        batch_image(&place, name, 200, 300, (struct yk_format){3, 0, 8}, k);
    }
    struct yk_batch_options options = {.devices = "cpu,cpu:1",
                                       .threads = 2,
                                       .profile = "",
                                       .calibrate = true,
                                       .decorations = &slow,
                                       .decoration_count = 1};
    CU_ASSERT_EQUAL(batch_all(&batch, &place, "blur 2 | invert", &options), YK_OK);
    CU_ASSERT_EQUAL_FATAL(batch.summary.device_count, 2);
    for (size_t d = 0; d < 2; d++) {
        bool cpu = strcmp(batch.summary.devices[d].id, "cpu") == 0;
        CU_ASSERT_EQUAL(batch.summary.devices[d].rows, cpu ? 5 * 300 : 0);
    }
    batch_end(&batch);
    batch_close(&place);
}
