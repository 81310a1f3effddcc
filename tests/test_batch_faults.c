/* SPDX-License-Identifier: MIT
 * Batches on devices that fail: not at the start, at any band, in any way, one or all of them; and encoding
 * that fails or is stopped in the middle. The linker puts the functions below in front of the library's own
 * (--wrap in CMakeLists.txt), so that the engine finds devices made here: the CPU's code behind a face that
 * fails as it is told. */
#include "test_batch.h"

#include <CUnit/CUnit.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "support.h"

enum { FAKES = 3, SLOTS = 2 };
enum fault { FAULT_NONE, FAULT_OPEN, FAULT_PREPARE, FAULT_SUBMIT, FAULT_WAIT, FAULT_HANG, FAULTS };

/* What the devices of the next run do; set before it starts. */
static struct {
    unsigned count;
    struct {
        enum fault fault;
        int at;           /* band number, from 0 */
        atomic_int bands; /* submitted */
        atomic_bool over; /* it has failed */
        atomic_int after; /* calls since then that should not be */
        atomic_bool leaked, closed;
    } device[FAKES];
    int part_fails; /* the part with that number, from 1 on, ends in YK_ERR_NOMEM; 0: none */
    int part_stops; /* once that part is begun the run is told to stop, and the part ends after that */
    atomic_int parts;
    atomic_bool told;
} play;

struct fake {
    struct yk_device_base base;
    struct yk_device *inner;
    unsigned number;
    struct yk_band band[SLOTS];
    bool fails[SLOTS], busy[SLOTS];
};

static struct fake *fake_of(struct yk_device *device)
{
    return (struct fake *)(void *)device;
}

static void touch(const struct fake *fake)
{
    play.device[fake->number].after +=
        play.device[fake->number].over && play.device[fake->number].fault == FAULT_HANG;
}

static enum yk_status fail(unsigned number, enum yk_status status, struct yk_error *error)
{
    play.device[number].over = true;
    return yk_error_set(error, status, "planted fault %d", (int)play.device[number].fault);
}

static enum yk_status fake_prepare(struct yk_device *device, const struct yk_program *program,
                                   const struct yk_op *reduce, struct yk_error *error)
{
    struct fake *fake = fake_of(device);
    touch(fake);
    if (play.device[fake->number].fault == FAULT_PREPARE &&
        play.device[fake->number].bands >= play.device[fake->number].at)
        return fail(fake->number, YK_ERR_UNSUPPORTED, error);
    return yk_backend_cpu.prepare(fake->inner, program, reduce, error);
}

static int fake_max_rows(struct yk_device *device, const struct yk_program *program)
{
    (void)device, (void)program;
    return 40;
}

static enum yk_status fake_submit(struct yk_device *device, unsigned slot, const struct yk_band *band,
                                  struct yk_error *error)
{
    struct fake *fake = fake_of(device);
    enum fault fault = play.device[fake->number].fault;
    touch(fake);
    fake->band[slot] = *band;
    bool now = play.device[fake->number].bands++ == play.device[fake->number].at;
    if (now && fault == FAULT_SUBMIT)
        return fail(fake->number, YK_ERR_DEVICE, error);
    fake->busy[slot] = true;
    fake->fails[slot] = now && (fault == FAULT_WAIT || fault == FAULT_HANG);
    if (!fake->fails[slot])
        return yk_backend_cpu.submit(fake->inner, slot, band, error);
    /* What it leaves is rubbish. */
    for (int y = band->y0; y < band->y1 && !band->reduce; y++)
        memset(yk_image_row(band->target, (uint32_t)y), 0xEE,
               band->target->width * yk_format_bytes(band->target->format));
    for (size_t k = 0; k < band->stat_count && band->reduce; k++)
        band->stat[k] = 77;
    return YK_OK;
}

/* What a device that hangs may still use is never freed: that is no leak. The other slot's band counts as
 * well. */
void __lsan_ignore_object(const void *memory) __attribute__((weak));

static void give_up(const struct yk_band *band)
{
    const void *const objects[] = {band->source, band->target, band->program, band->stat};
    for (size_t k = 0; k < 4 && __lsan_ignore_object; k++)
        if (objects[k])
            __lsan_ignore_object(objects[k]);
}

static enum yk_status fake_wait(struct yk_device *device, unsigned slot, uint64_t deadline,
                                struct yk_band_timing *timing, struct yk_error *error)
{
    struct fake *fake = fake_of(device);
    touch(fake);
    if (fake->fails[slot] && play.device[fake->number].fault == FAULT_HANG) {
        for (unsigned k = 0; k < SLOTS; k++)
            if (fake->busy[k])
                give_up(&fake->band[k]);
        return fail(fake->number, YK_ERR_TIMEOUT, error);
    }
    if (fake->fails[slot])
        return fail(fake->number, YK_ERR_LOST, error);
    fake->busy[slot] = false;
    return yk_backend_cpu.wait(fake->inner, slot, deadline, timing, error);
}

static void fake_close(struct yk_device *device, bool leak)
{
    struct fake *fake = fake_of(device);
    play.device[fake->number].leaked = leak;
    play.device[fake->number].closed = true;
    yk_device_close(fake->inner, false);
    free(fake);
}

static const struct yk_backend fake_backend = {.name = "cl",
                                               .prepare = fake_prepare,
                                               .max_rows = fake_max_rows,
                                               .submit = fake_submit,
                                               .wait = fake_wait,
                                               .close = fake_close};

enum yk_status __real_yk_device_list_make(struct yk_device_list *list, bool cpu_only, struct yk_error *error);
enum yk_status __wrap_yk_device_list_make(struct yk_device_list *list, bool cpu_only, struct yk_error *error);
enum yk_status __real_yk_device_open(struct yk_device **device, const struct yk_device_info *info,
                                     const struct yk_device_options *options, struct yk_error *error);
enum yk_status __wrap_yk_device_open(struct yk_device **device, const struct yk_device_info *info,
                                     const struct yk_device_options *options, struct yk_error *error);

enum yk_status __wrap_yk_device_list_make(struct yk_device_list *list, bool cpu_only, struct yk_error *error)
{
    enum yk_status status = __real_yk_device_list_make(list, cpu_only || play.count, error);
    for (unsigned k = 0; k < play.count && !status && !cpu_only; k++) {
        struct yk_device_info *info = yk_device_list_add(list);
        if (!info)
            return YK_ERR_NOMEM;
        snprintf(info->id, sizeof info->id, "cl:8.%u", k);
        snprintf(info->backend, sizeof info->backend, "cl");
        info->type = YK_DEVICE_GPU;
        info->usable = true;
    }
    return status;
}

enum yk_status __wrap_yk_device_open(struct yk_device **device, const struct yk_device_info *info,
                                     const struct yk_device_options *options, struct yk_error *error)
{
    unsigned number;
    if (sscanf(info->id, "cl:8.%u", &number) != 1 || number >= play.count)
        return __real_yk_device_open(device, info, options, error);
    if (play.device[number].fault == FAULT_OPEN)
        return fail(number, YK_ERR_DEVICE, error);
    struct yk_device_info cpu = *info;
    struct fake *fake = calloc(1, sizeof *fake);
    snprintf(cpu.backend, sizeof cpu.backend, "cpu");
    if (!fake || __real_yk_device_open(&fake->inner, &cpu, options, error) != YK_OK) {
        free(fake);
        return YK_ERR_NOMEM;
    }
    fake->base = (struct yk_device_base){&fake_backend, *info};
    fake->number = number;
    *device = (struct yk_device *)(void *)fake;
    return YK_OK;
}

enum yk_status __real_yk_encoder_part(struct yk_encoder *encoder, size_t part, struct yk_error *error);
enum yk_status __wrap_yk_encoder_part(struct yk_encoder *encoder, size_t part, struct yk_error *error);

enum yk_status __wrap_yk_encoder_part(struct yk_encoder *encoder, size_t part, struct yk_error *error)
{
    int number = ++play.parts;
    if (number == play.part_fails)
        return yk_error_set(error, YK_ERR_NOMEM, "planted: no memory for a part");
    /* Longer than the tenth of a second between two questions, so that the other threads begin two each. */
    if (play.part_stops && number > play.part_stops && !play.told)
        nanosleep(&(struct timespec){0, 120000000}, NULL);
    for (int k = 0; number == play.part_stops && !play.told && k < 10000; k++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    return __real_yk_encoder_part(encoder, part, error);
}

/* ---- runs ---- */

static const char chain[] = "invert | equalize | blur 1";

static void set_fault(unsigned number, enum fault fault, int at)
{
    play.device[number].fault = fault;
    play.device[number].at = at;
    play.device[number].bands = play.device[number].after = 0;
    play.device[number].over = play.device[number].leaked = play.device[number].closed = false;
}

/* What must hold whatever failed: all files done, with the right bytes, every row counted once, everybody
 * told. */
static void expect_survived(struct batch_run *run, uint64_t expected)
{
    unsigned failed = 0;
    bool hung = false;
    uint64_t rows = 0, wanted = 0;
    CU_ASSERT_EQUAL(run->status, YK_OK);
    CU_ASSERT_EQUAL(run->summary.done, run->plan.count);
    CU_ASSERT_EQUAL(batch_hash(run), expected);
    for (size_t k = 0; k < run->plan.count; k++)
        wanted += 3 * run->plan.items[k].in_height; /* inverted, counted, equalised and blurred */
    for (size_t k = 0; k < run->summary.device_count; k++) {
        const struct yk_batch_device *device = &run->summary.devices[k];
        unsigned number;
        rows += device->rows;
        if (sscanf(device->id, "cl:8.%u", &number) != 1)
            continue;
        bool over = play.device[number].over;
        failed += over;
        hung = hung || (over && play.device[number].fault == FAULT_HANG);
        CU_ASSERT_EQUAL(device->retired, over);
        CU_ASSERT_EQUAL(play.device[number].after, 0);
        CU_ASSERT_EQUAL(play.device[number].closed, play.device[number].fault != FAULT_OPEN);
        CU_ASSERT_EQUAL(play.device[number].leaked, over && play.device[number].fault == FAULT_HANG);
    }
    /* A file that a device hangs with is begun anew, since that device may still write to its memory. */
    CU_ASSERT_TRUE(hung ? rows >= wanted : rows == wanted);
    CU_ASSERT_EQUAL(run->notices, failed);
    if (failed) {
        CU_ASSERT_PTR_NOT_NULL(strstr(run->notice, "is not used any more (planted fault"));
    }
}

void test_batch_faults(void)
{
    static const char *const selections[] = {"cl:8.0", "cpu,cl:8.0", "cl:8.0,cl:8.1", "cpu,cl"};
    static const char *const schedules[] = {"dynamic:5", "static", "single:1", "auto"};
    static const int places[] = {0, 1, 2, 7};
    struct batch_place place;
    struct batch_run run = {0};
    batch_open(&place);
    batch_images(&place, 4, 90);
    struct yk_batch_options options = {.devices = "cpu", .threads = 2, .encode = {.level = 0}};
    CU_ASSERT_EQUAL(batch_all(&run, &place, chain, &options), YK_OK);
    uint64_t expected = batch_hash(&run);
    batch_end(&run);
    play.count = 2;
    for (int fault = FAULT_NONE; fault < FAULTS; fault++)
        for (size_t k = 0; k < 16; k++) {
            set_fault(0, (enum fault)fault, places[k % 4]);
            set_fault(1, FAULT_NONE, 0);
            options.devices = selections[k / 4];
            options.sched = schedules[(k + (size_t)fault) % 4];
            batch_all(&run, &place, chain, &options);
            expect_survived(&run, expected);
            /* Alone it gets at least one band of each phase of four files; beside others perhaps none. */
            if (k < 4 || fault == FAULT_OPEN)
                CU_ASSERT_EQUAL(play.device[0].over, fault != FAULT_NONE);
            if (play.device[0].over && k < 4)
                CU_ASSERT_PTR_NOT_NULL(strstr(run.notice, "); the CPU goes on"));
            if (play.device[0].over && k / 4 == 1)
                CU_ASSERT_PTR_NOT_NULL(strstr(run.notice, "); the other devices go on"));
            batch_end(&run);
        }
    /* All of them, at random. */
    struct yk_random random = {3};
    play.count = FAKES;
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned k = 0; k < FAKES; k++)
            set_fault(k, (enum fault)yk_random_below(&random, FAULTS), (int)yk_random_below(&random, 6));
        options.devices = round % 2 ? "cl" : "all";
        options.sched = schedules[round / 2 % 4];
        options.threads = 1 + round % 3;
        batch_all(&run, &place, chain, &options);
        expect_survived(&run, expected);
        batch_end(&run);
    }
    play.count = 0;
    batch_close(&place);
}

/* Where the devices were demanded, one that fails stops the run with its reason; what is there is complete.
 */
void test_batch_faults_strict(void)
{
    static const enum yk_status status[] = {YK_OK,         YK_ERR_DEVICE, YK_ERR_UNSUPPORTED,
                                            YK_ERR_DEVICE, YK_ERR_LOST,   YK_ERR_TIMEOUT};
    struct batch_place place;
    batch_open(&place);
    batch_images(&place, 20, 60);
    play.count = 1;
    for (int fault = FAULT_OPEN; fault < FAULTS; fault++)
        for (int at = 0; at < 20; at += 6) {
            struct batch_run run = {0};
            struct yk_batch_options options = {.devices = "cl:8.0", .threads = 2, .strict_devices = true};
            char text[64];
            set_fault(0, (enum fault)fault, fault == FAULT_OPEN ? 0 : at);
            CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", &options), status[fault]);
            snprintf(text, sizeof text, "planted fault %d", fault);
            CU_ASSERT_STRING_EQUAL(run.error.text, text);
            CU_ASSERT_EQUAL(run.summary.failed, 0);
            CU_ASSERT(run.summary.cancelled > 0);
            CU_ASSERT_EQUAL(run.summary.done + run.summary.cancelled, 20);
            CU_ASSERT_EQUAL(play.device[0].after, 0);
            for (size_t k = 0; k < run.plan.count; k++) {
                const struct yk_batch_item *item = &run.plan.items[k];
                CU_ASSERT_TRUE(item->state == YK_ITEM_DONE ? batch_is_inverted(item->input, item->output)
                                                           : access(item->output, F_OK) != 0);
            }
            batch_end(&run);
        }
    play.count = 0;
    batch_close(&place);
}

/* Images of 3 MB are encoded in six parts each. */
static void large_images(struct batch_place *place, unsigned count)
{
    batch_image(place, "b0.png", 1000, 1000, (struct yk_format){3, 0, 8}, 1);
    char *first = yk_path_join(place->in, "b0.png");
    for (unsigned k = 1; k < count; k++) {
        char name[16];
        snprintf(name, sizeof name, "b%u.png", k);
        char *path = yk_path_join(place->in, name);
        CU_ASSERT_EQUAL_FATAL(link(first, path), 0);
        free(path);
    }
    free(first);
}

static bool stop_at_part(void)
{
    play.told = play.told || play.parts >= play.part_stops;
    return play.told;
}

/* Stopped while parts of images are encoded on several threads. */
void test_batch_stop_parts(void)
{
    struct batch_place place;
    batch_open(&place);
    large_images(&place, 9);
    for (unsigned round = 0; round < 6; round++) {
        /* So much memory that the files do not all begin at once. */
        struct yk_batch_options options = {
            .devices = "cpu", .threads = 2 + round % 2, .encode = {.level = -1}, .memory = 20000000};
        struct batch_run run = {.stop_when = stop_at_part};
        play.part_stops = round < 2 ? 1 : 1 + 5 * (int)round;
        play.parts = 0;
        play.told = false;
        CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", &options), YK_ERR_CANCELLED);
        CU_ASSERT_EQUAL(run.summary.failed, 0);
        CU_ASSERT(run.summary.cancelled > 0);
        if (round < 2) /* the first file was stopped with some of its six parts done */
            CU_ASSERT(play.parts < 6);
        for (size_t k = 0; k < run.plan.count; k++)
            if (run.plan.items[k].state != YK_ITEM_DONE)
                CU_ASSERT_NOT_EQUAL(access(run.plan.items[k].output, F_OK), 0);
        batch_end(&run);
    }
    play.part_stops = 0;
    batch_close(&place);
}

/* One part of one image fails: that file fails, the others are done. */
void test_batch_part_fails(void)
{
    struct batch_place place;
    batch_open(&place);
    large_images(&place, 4);
    for (unsigned round = 0; round < 6; round++) {
        struct batch_run run = {0};
        struct yk_batch_options options = {
            .devices = "cpu", .threads = 1 + round % 4, .encode = {.level = -1}};
        unsigned reasons = 0;
        play.parts = 0;
        play.part_fails = 1 + 4 * (int)round;
        CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", &options), YK_OK);
        CU_ASSERT_EQUAL(run.summary.failed, 1);
        CU_ASSERT_EQUAL(run.summary.done, 3);
        for (size_t k = 0; k < run.plan.count; k++) {
            const struct yk_batch_item *item = &run.plan.items[k];
            reasons += item->reason && strcmp(item->reason, "planted: no memory for a part") == 0;
            CU_ASSERT_EQUAL(access(item->output, F_OK) == 0, item->state == YK_ITEM_DONE);
        }
        CU_ASSERT_EQUAL(reasons, 1);
        batch_end(&run);
    }
    play.part_fails = 0;
    batch_close(&place);
}
