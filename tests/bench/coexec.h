/* SPDX-License-Identifier: MIT
 *
 * Rows of one image on one or two devices at once, as the batch engine drives them: one thread for each
 * device, two bands in flight on OpenCL, one on the CPU, which is one thread here. For bench_coexec.c, which
 * includes it once. Failures are printed.
 */
#ifndef YOKE_TESTS_BENCH_COEXEC_H
#define YOKE_TESTS_BENCH_COEXEC_H

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <yoke/pipeline.h>

#include "backend.h"
#include "batch_rates.h"
#include "clock.h"
#include "decorate.h"
#include "job.h"
#include "splitter.h"

enum { COEXEC_DEVICES = 2, COEXEC_SLOTS = 2, COEXEC_DEADLINE_S = 300 };

struct coexec {
    struct yk_device *devices[COEXEC_DEVICES];
    unsigned count, slots; /* slots: of OpenCL devices */
    uint32_t width;
    struct yk_pipeline *pipeline;
    struct yk_job job; /* in its only phase */
    struct yk_rates rates;
    struct yk_rate_kind *kind; /* what is known of the devices for this job */
    uint64_t expected;         /* a hash of the right result, 0: not known yet */
};

struct coexec_outcome {
    uint64_t region_ns,
        first_end_ns;      /* from the start to the last commit of all devices, and of the first to end */
    uint64_t scheduler_ns; /* of all devices: claiming and committing, without waiting for work */
    uint64_t vain_ns;      /* and waking those that wait (10 to 35 us where the other processor of a virtual
                              machine      sleeps), and asking for rows that were not given */
    uint64_t cpu_ns; /* processor time of the whole process in the region; less than the region where devices
                        wait */
    unsigned packages;
};

/* A run: what the devices' threads share. */
struct coexec_race {
    struct coexec *bench;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_barrier_t start;
    struct yk_splitter splitter;
    struct yk_policy_device states[COEXEC_DEVICES];
    struct yk_rate_kind learnt;
    bool failed;
    uint64_t begun, scheduler_ns, vain_ns;
    unsigned packages;
};

struct coexec_driver {
    struct coexec_race *race;
    struct yk_device *device;
    unsigned number, core, slots;
    uint64_t most; /* rows that fit the device */
    uint64_t last_commit;
};

struct coexec_pending {
    struct yk_range range;
    uint64_t started;
};

static bool coexec_failed(const char *what, const struct yk_error *error)
{
    fprintf(stderr, "bench_coexec: %s: %s\n", what, error->text);
    return false;
}

static void coexec_pin(unsigned core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set); /* without it the run is only less steady */
}

/* The next rows for a device; waits for them where `wait` is set. false: none now, or the run is over. What
 * an ask in vain takes is counted apart: a device that waits asks anew whenever another one is done. */
static bool coexec_claim(struct coexec_driver *self, struct coexec_pending *pending, bool wait)
{
    struct coexec_race *race = self->race;
    uint64_t from = yk_clock_ns();
    bool got = false;
    pthread_mutex_lock(&race->lock);
    for (;;) {
        yk_splitter_time(&race->splitter, yk_clock_ns());
        got = !race->failed && yk_splitter_claim(&race->splitter, self->number, self->most, &pending->range);
        if (got || !wait || race->failed || yk_splitter_finished(&race->splitter))
            break;
        race->vain_ns += yk_clock_ns() - from;
        pthread_cond_wait(&race->wake, &race->lock);
        from = yk_clock_ns();
    }
    pending->started = yk_clock_ns();
    *(got ? &race->scheduler_ns : &race->vain_ns) += pending->started - from;
    race->packages += got;
    pthread_mutex_unlock(&race->lock);
    return got;
}

static void coexec_commit(struct coexec_driver *self, const struct coexec_pending *pending,
                          enum yk_status status, const struct yk_error *error)
{
    struct coexec_race *race = self->race;
    uint64_t now = yk_clock_ns(), from = now;
    pthread_mutex_lock(&race->lock);
    yk_splitter_time(&race->splitter, now);
    if (status ||
        !yk_splitter_commit(&race->splitter, self->number, pending->range, now - pending->started)) {
        race->failed = true;
        coexec_failed("a band", error);
    } else
        yk_rates_learn(&race->learnt, self->number, &race->splitter,
                       pending->range.end - pending->range.begin);
    self->last_commit = now;
    uint64_t woken = yk_clock_ns();
    pthread_cond_broadcast(&race->wake);
    race->scheduler_ns += woken - from;
    race->vain_ns += yk_clock_ns() - woken;
    pthread_mutex_unlock(&race->lock);
}

static void *coexec_drive(void *argument)
{
    struct coexec_driver *self = argument;
    const struct yk_backend *backend = yk_device_backend(self->device);
    struct coexec_pending pending[COEXEC_SLOTS];
    unsigned oldest = 0, flying = 0;
    coexec_pin(self->core);
    pthread_barrier_wait(&self->race->start);
    for (;;) {
        unsigned slot = (oldest + flying) % self->slots;
        struct yk_error error = {YK_OK, ""};
        if (flying < self->slots && coexec_claim(self, &pending[slot], flying == 0)) {
            struct yk_band band = yk_job_band(&self->race->bench->job, (int)pending[slot].range.begin,
                                              (int)pending[slot].range.end, NULL);
            enum yk_status status = backend->submit(self->device, slot, &band, &error);
            if (status)
                coexec_commit(self, &pending[slot], status, &error);
            else if (++flying < self->slots)
                continue; /* a second one may go along */
        }
        if (flying == 0)
            return NULL;
        struct yk_band_timing timing;
        uint64_t deadline = yk_clock_ns() + COEXEC_DEADLINE_S * UINT64_C(1000000000);
        enum yk_status status = backend->wait(self->device, oldest, deadline, &timing, &error);
        coexec_commit(self, &pending[oldest], status, &error);
        oldest = (oldest + 1) % self->slots;
        flying--;
    }
}

static uint64_t coexec_cpu_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* FNV-1a over the samples, eight at a time: rows are padded to 64 bytes, and the padding is the same in all
 * runs. */
static uint64_t coexec_hash(const struct yk_image *image)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t k = 0; k < image->stride * image->height; k += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, image->pixels + k, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* Runs the job, or its first `rows` rows where that is not 0, on the first device (alone 1), the second (2)
 * or both (0), with rates known or not. The result of the whole job must always have the same bytes. */
static bool coexec_run(struct coexec *bench, const char *sched, unsigned alone, bool told, uint64_t rows,
                       struct coexec_outcome *outcome)
{
    struct coexec_race race = {.bench = bench, .learnt = *bench->kind};
    struct coexec_driver drivers[COEXEC_DEVICES];
    pthread_t threads[COEXEC_DEVICES];
    const struct yk_policy *policy;
    struct yk_policy_arguments arguments;
    struct yk_error error = {YK_OK, ""};
    unsigned first = alone ? alone - 1 : 0, count = alone ? 1 : bench->count, started = 0;
    if (yk_policy_parse(sched, &policy, &arguments, &error))
        return coexec_failed("the schedule", &error);
    for (unsigned k = 0; k < count; k++) {
        race.states[k] = (struct yk_policy_device){.lanes = 1};
        race.learnt.rates[k] = told ? bench->kind->rates[first + k] : (struct yk_policy_rate){0};
    }
    struct yk_work_shape shape = yk_work_shape_of(&bench->job);
    bool whole = rows == 0 || rows >= yk_job_rows(&bench->job);
    struct yk_policy_job job = {
        .rows = whole ? yk_job_rows(&bench->job) : rows,
        .granule = yk_policy_granule(whole ? yk_job_rows(&bench->job) : rows, race.states, count),
        .device_count = count,
        .devices = race.states,
        .rates = race.learnt.rates,
        .row_work = shape.row_work,
        .halo = shape.halo,
        .now_ns = yk_clock_ns()};
    memset(bench->job.target->pixels, 0, bench->job.target->stride * bench->job.target->height);
    pthread_mutex_init(&race.lock, NULL);
    pthread_cond_init(&race.wake, NULL);
    pthread_barrier_init(&race.start, NULL, count + 1);
    yk_splitter_begin(&race.splitter, policy, &arguments, &job);
    for (; started < count; started++) {
        struct yk_device *device = bench->devices[first + started];
        const struct yk_backend *backend = yk_device_backend(device);
        bool cpu = strcmp(yk_device_describe(device)->backend, "cpu") == 0;
        drivers[started] =
            (struct coexec_driver){.race = &race,
                                   .device = device,
                                   .number = started,
                                   .core = first + started,
                                   .slots = cpu ? 1 : bench->slots,
                                   .most = (uint64_t)backend->max_rows(device, bench->job.program)};
        if (pthread_create(&threads[started], NULL, coexec_drive, &drivers[started])) {
            fprintf(stderr, "bench_coexec: no thread\n");
            exit(70); /* those that did start wait at the barrier */
        }
    }
    uint64_t cpu = coexec_cpu_ns(), begun = yk_clock_ns(), last = 0, first_end = UINT64_MAX;
    pthread_barrier_wait(&race.start);
    for (unsigned k = 0; k < count; k++) {
        pthread_join(threads[k], NULL);
        uint64_t end = drivers[k].last_commit > begun ? drivers[k].last_commit - begun : 0;
        last = end > last ? end : last;
        first_end = end > 0 && end < first_end ? end : first_end; /* of those that got any rows */
    }
    *outcome = (struct coexec_outcome){
        last, first_end, race.scheduler_ns, race.vain_ns, coexec_cpu_ns() - cpu, race.packages};
    for (unsigned k = 0; k < count && told; k++)
        bench->kind->rates[first + k] = race.learnt.rates[k];
    bool good = !race.failed && yk_splitter_finished(&race.splitter);
    yk_splitter_clear(&race.splitter);
    pthread_barrier_destroy(&race.start);
    pthread_cond_destroy(&race.wake);
    pthread_mutex_destroy(&race.lock);
    if (!good || !whole)
        return good;
    uint64_t hash = coexec_hash(bench->job.target);
    if (bench->expected && hash != bench->expected) {
        fprintf(stderr, "bench_coexec: %s gives other bytes\n", sched);
        return false;
    }
    bench->expected = hash;
    return true;
}

/* Rows per ms of a device, as known so far; 0: unknown. */
static double coexec_rate(const struct coexec *bench, unsigned device)
{
    return bench->kind->rates[device].rate / yk_work_shape_of(&bench->job).row_work;
}

/* Measures each device alone, in one package after a first one that warms up: the rates are then known. Times
 * of short packages are not used, because of two in flight the second may be over before anyone looks. */
static bool coexec_measure(struct coexec *bench)
{
    enum { ROWS = 256 };
    struct coexec_outcome outcome;
    double row_work = yk_work_shape_of(&bench->job).row_work;
    for (unsigned round = 0; round < 2; round++)
        for (unsigned k = 0; k < bench->count; k++) {
            if (!coexec_run(bench, "single", k + 1, false, ROWS, &outcome))
                return false;
            bench->kind->rates[k] = (struct yk_policy_rate){
                .rate = row_work * ROWS / ((double)outcome.region_ns / 1e6), .samples = round + 1};
        }
    return true;
}

/* Slows one of two measured devices down, asleep, until the first one is `ratio` times as fast as the second,
 * and measures again. */
static bool coexec_throttle(struct coexec *bench, double ratio)
{
    double natural = coexec_rate(bench, 0) / coexec_rate(bench, 1);
    unsigned which = ratio < natural ? 0 : 1;
    struct yk_decoration slow;
    struct yk_error error = {YK_OK, ""};
    if (yk_decoration_parse(&slow, "", &error))
        return coexec_failed("a decoration", &error);
    slow.throttle = which == 0 ? natural / ratio : ratio / natural;
    printf("%s is slowed down %.2f times\n", yk_device_describe(bench->devices[which])->id, slow.throttle);
    if (yk_device_decorate(&bench->devices[which], &slow, COEXEC_SLOTS, false, &error))
        return coexec_failed("a decoration", &error);
    memset(bench->kind->rates, 0, sizeof bench->kind->rates);
    return coexec_measure(bench);
}

static bool coexec_plan(struct coexec *bench, const char *text)
{
    struct yk_error error = {YK_OK, ""};
    yk_job_clear(&bench->job);
    yk_pipeline_free(bench->pipeline);
    bench->pipeline = NULL;
    return !yk_pipeline_parse(&bench->pipeline, text, &error) || coexec_failed(text, &error);
}

/* Makes the job one of `height` rows of noise and prepares the devices. */
static bool coexec_size(struct coexec *bench, uint32_t height)
{
    struct yk_error error = {YK_OK, ""};
    struct yk_image *source = NULL;
    const struct yk_format rgb8 = {3, 0, 8};
    uint64_t state = 1;
    yk_job_clear(&bench->job);
    bench->expected = 0;
    if (yk_image_create(&source, bench->width, height ? height : 1, rgb8, NULL, &error))
        return coexec_failed("the image", &error);
    for (size_t k = 0; k < source->stride * source->height; k++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u; /* Knuth's MMIX */
        source->pixels[k] = (uint8_t)(state >> 56);
    }
    if (yk_job_start(&bench->job, bench->pipeline, source, 0, NULL, NULL, &error))
        return coexec_failed("the job", &error);
    if (bench->job.phase != YK_PHASE_ROWS || bench->job.at != yk_pipeline_length(bench->pipeline)) {
        fprintf(stderr, "bench_coexec: the pipeline must be one phase without a statistic\n");
        return false;
    }
    struct yk_work_shape shape = yk_work_shape_of(&bench->job);
    bench->kind = yk_rates_kind(&bench->rates, &shape);
    for (unsigned k = 0; k < bench->count; k++)
        if (yk_device_backend(bench->devices[k])
                ->prepare(bench->devices[k], bench->job.program, NULL, &error))
            return coexec_failed("prepare", &error);
    return bench->kind != NULL;
}

/* Opens the devices by name; `throttle`: the last one takes so many times as long, asleep. Returns 0, or the
 * exit code: 77 where one is missing, 70. */
static int coexec_open(struct coexec *bench, const char *const *names, unsigned count, uint32_t width)
{
    struct yk_device_list list = {0};
    struct yk_error error = {YK_OK, ""};
    struct yk_device_options options = {.slots = COEXEC_SLOTS};
    *bench = (struct coexec){.slots = COEXEC_SLOTS, .width = width};
    if (yk_device_list_make(&list, false, &error))
        return coexec_failed("the devices", &error), 70;
    for (unsigned k = 0; k < count; k++) {
        const struct yk_device_info *info = NULL;
        for (size_t d = 0; d < list.count; d++)
            if (strcmp(list.devices[d].id, names[k]) == 0)
                info = &list.devices[d];
        if (!info || !info->usable) {
            fprintf(stderr, "bench_coexec: there is no device %s here%s%s\n", names[k],
                    list.notice[0] ? ": " : "", list.notice);
            yk_device_list_free(&list);
            return 77;
        }
        if (yk_device_open(&bench->devices[k], info, &options, &error)) {
            yk_device_list_free(&list);
            return coexec_failed(names[k], &error), 70;
        }
        bench->count++;
        printf("%s: %s, %s\n", info->id, info->name, info->platform);
    }
    yk_device_list_free(&list);
    return 0;
}

static void coexec_close(struct coexec *bench)
{
    yk_job_clear(&bench->job);
    yk_pipeline_free(bench->pipeline);
    yk_rates_free(&bench->rates);
    for (unsigned k = 0; k < bench->count; k++)
        yk_device_close(bench->devices[k], false);
}

#endif
