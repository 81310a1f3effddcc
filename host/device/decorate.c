/* SPDX-License-Identifier: MIT
 * A device behind another face (contract in decorate.h). Time is added by sleeping, which takes no processor:
 * several throttled devices run side by side on few of them. */
#include "decorate.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"

struct decorated_slot {
    struct yk_band band;
    int64_t package;
    uint64_t started, computed; /* computed: the time that submit took, where the device computes in it */
    uint64_t real_end, end;     /* of the last package on this clock: without and with what was added */
};

struct decorated {
    struct yk_device_base base;
    struct yk_device *inner; /* owned */
    struct yk_decoration what;
    uint64_t opened;
    bool side_by_side;
    atomic_llong packages, refused, after_hang;
    atomic_bool failed, lost, hung;
    unsigned slots;
    struct decorated_slot slot[];
};

static struct decorated *of(struct yk_device *device)
{
    return (struct decorated *)(void *)device;
}

static const struct yk_backend *inside(const struct decorated *self)
{
    return yk_device_backend(self->inner);
}

/* Whether the device may still be called: not after it has hung. */
static bool alive(struct decorated *self, struct yk_error *error)
{
    if (!atomic_load(&self->hung))
        return true;
    atomic_fetch_add(&self->after_hang, 1);
    yk_error_set(error, YK_ERR_TIMEOUT, "%s hangs (decoration)", self->base.info.id);
    return false;
}

static enum yk_status lose(struct decorated *self, int64_t package, struct yk_error *error)
{
    atomic_store(&self->failed, true);
    atomic_store(&self->lost, true);
    return yk_error_set(error, YK_ERR_LOST, "%s was lost at package %lld (decoration)", self->base.info.id,
                        (long long)package);
}

static enum yk_status decorated_prepare(struct yk_device *device, const struct yk_program *program,
                                        const struct yk_op *reduce, struct yk_error *error)
{
    struct decorated *self = of(device);
    if (!alive(self, error))
        return YK_ERR_TIMEOUT;
    int64_t at = self->what.build_fails;
    if (at != YK_DECORATE_NEVER && atomic_load(&self->packages) >= at) {
        atomic_store(&self->failed, true);
        return yk_error_set(error, YK_ERR_UNSUPPORTED, "%s cannot build the code (decoration)",
                            self->base.info.id);
    }
    return inside(self)->prepare(self->inner, program, reduce, error);
}

static int decorated_max_rows(struct yk_device *device, const struct yk_program *program)
{
    struct decorated *self = of(device);
    int rows = atomic_load(&self->hung) ? 1 : inside(self)->max_rows(self->inner, program);
    return self->what.rows && self->what.rows < rows ? self->what.rows : rows;
}

/* What is left in the rows of a package that fails is rubbish, as it may be with a real device. */
static void spoil(const struct yk_band *band)
{
    if (band->reduce) {
        for (size_t k = 0; k < band->stat_count; k++)
            band->stat[k] = 77;
        return;
    }
    for (int y = band->y0; y < band->y1; y++)
        memset(yk_image_row(band->target, (uint32_t)y), 0xEE,
               (size_t)band->target->width * yk_format_bytes(band->target->format));
}

static enum yk_status decorated_submit(struct yk_device *device, unsigned number, const struct yk_band *band,
                                       struct yk_error *error)
{
    struct decorated *self = of(device);
    if (!alive(self, error))
        return YK_ERR_TIMEOUT;
    if (number >= self->slots)
        return yk_error_set(error, YK_ERR_INVALID, "slot %u of %u", number, self->slots);
    if (band->y1 - band->y0 > self->what.alloc_rows &&
        atomic_fetch_add(&self->refused, 1) < self->what.alloc_fails)
        return yk_error_set(error, YK_ERR_NOMEM, "%s: no memory for a band of %d rows (decoration)",
                            self->base.info.id, band->y1 - band->y0);
    struct decorated_slot *slot = &self->slot[number];
    slot->band = *band;
    slot->package = atomic_fetch_add(&self->packages, 1);
    if (atomic_load(&self->lost) || slot->package == self->what.submit_fails)
        return lose(self, slot->package, error);
    slot->started = yk_clock_ns();
    slot->computed = 0;
    if (slot->package == self->what.fail_at || slot->package == self->what.hang_at) {
        spoil(band);
        return YK_OK;
    }
    enum yk_status status = inside(self)->submit(self->inner, number, band, error);
    slot->computed = yk_clock_ns() - slot->started;
    return status;
}

/* Sleeps until the monotonic time `end`, but not beyond the deadline. false: the deadline came first. */
static bool sleep_until(uint64_t end, uint64_t deadline)
{
    uint64_t until = end < deadline ? end : deadline;
    struct timespec time = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
    while (yk_clock_ns() < until && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
        continue;
    return end <= deadline;
}

/* A number from 0 to below 1 that depends on the package alone. The multipliers are those of splitmix64. */
static double noise(int64_t package)
{
    uint64_t z = (uint64_t)package + UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)(z >> 40) / 16777216.0;
}

static uint64_t row_bytes(const struct yk_image *image)
{
    return image ? (uint64_t)image->width * yk_format_bytes(image->format) : 0;
}

/* What a package that took `real` ns takes with all that is added. */
static uint64_t decorated_time(const struct decorated *self, const struct decorated_slot *slot, uint64_t real)
{
    const struct yk_decoration *what = &self->what;
    const struct yk_band *band = &slot->band;
    double time = (double)real * what->throttle * (1.0 + what->jitter * noise(slot->package));
    bool slow = (what->slow_at != YK_DECORATE_NEVER && slot->package >= what->slow_at) ||
                (what->slow_ns && slot->started - self->opened >= what->slow_ns);
    if (slow)
        time *= what->slow_factor;
    time += (double)what->latency_ns + (slot->package == 0 ? (double)what->warmup_ns : 0.0);
    uint64_t bytes = (row_bytes(band->source) + row_bytes(band->target)) * (uint64_t)(band->y1 - band->y0);
    if (what->bytes_per_ns > 0.0)
        time += (double)bytes / what->bytes_per_ns;
    return (uint64_t)time;
}

/* When the device was done with a band that has been waited for: by its own clock where it tells, because a
 * second band in flight may have ended while the first one's added time was slept away. With the time of the
 * wait instead, as was here before, that sleep was slowed down as well: rates 2.6 times too low at 1:5. */
static uint64_t end_of(const struct yk_band_timing *timing, uint64_t now)
{
    const struct yk_band_span *last = timing->download.start ? &timing->download : &timing->compute;
    uint64_t end = last->start + last->time;
    return last->start && end < now ? end : now;
}

static bool adds_time(const struct yk_decoration *what)
{
    return what->throttle > 1.0 || what->jitter > 0.0 || what->warmup_ns || what->latency_ns ||
           what->bytes_per_ns > 0.0 || what->slow_factor > 1.0;
}

static void flip(const struct yk_band *band)
{
    if (band->reduce)
        band->stat[0] ^= 1;
    else
        yk_image_row(band->target, (uint32_t)band->y0)[0] ^= 1;
}

static enum yk_status hang(struct decorated *self, uint64_t deadline, struct yk_error *error)
{
    /* Nobody waits for ever for this one: without a deadline it ends at once. */
    const uint64_t end = self->what.hang_ns ? yk_clock_ns() + self->what.hang_ns : UINT64_MAX;
    if (deadline != UINT64_MAX)
        sleep_until(end, deadline);
    atomic_store(&self->failed, true);
    atomic_store(&self->hung, true);
    return yk_error_set(error, YK_ERR_TIMEOUT, "%s: a band is not finished at its deadline (decoration)",
                        self->base.info.id);
}

static enum yk_status decorated_wait(struct yk_device *device, unsigned number, uint64_t deadline,
                                     struct yk_band_timing *timing, struct yk_error *error)
{
    struct decorated *self = of(device);
    struct yk_band_timing measured = {0};
    if (!alive(self, error))
        return YK_ERR_TIMEOUT;
    struct decorated_slot *slot = &self->slot[number];
    if (slot->package == self->what.hang_at)
        return hang(self, deadline, error);
    if (slot->package == self->what.fail_at)
        return lose(self, slot->package, error);
    enum yk_status status = inside(self)->wait(self->inner, number, deadline, &measured, error);
    if (status)
        return status;
    if (slot->package == self->what.wrong_at) {
        flip(&slot->band);
        atomic_store(&self->failed, true);
    }
    if (adds_time(&self->what)) {
        /* Bands of a device that works on one at a time follow one another, in truth and as decorated. */
        struct decorated_slot *clock = self->side_by_side ? slot : &self->slot[0];
        uint64_t from = slot->started > clock->real_end ? slot->started : clock->real_end;
        bool in_submit = strcmp(self->base.info.backend, "cpu") == 0;
        uint64_t end = in_submit ? slot->started + slot->computed : end_of(&measured, yk_clock_ns());
        uint64_t real = in_submit ? slot->computed : end > from ? end - from : 0;
        uint64_t begin = slot->started > clock->end ? slot->started : clock->end;
        clock->real_end = end > clock->real_end ? end : clock->real_end;
        clock->end = begin + decorated_time(self, slot, real);
        measured = (struct yk_band_timing){
            .total = clock->end - begin, .bytes_up = measured.bytes_up, .bytes_down = measured.bytes_down};
        if (!sleep_until(clock->end, deadline)) {
            atomic_store(&self->hung, true);
            return yk_error_set(error, YK_ERR_TIMEOUT, "%s: a band is not finished at its deadline",
                                self->base.info.id);
        }
    }
    if (timing)
        *timing = measured;
    return YK_OK;
}

static void decorated_close(struct yk_device *device, bool leak)
{
    struct decorated *self = of(device);
    if (!self)
        return;
    /* The device inside does not hang in truth: it is closed for good. */
    yk_device_close(self->inner, leak && !atomic_load(&self->hung));
    free(self);
}

static const struct yk_backend decorated_backend = {
    .name = "decorated",
    .prepare = decorated_prepare,
    .max_rows = decorated_max_rows,
    .submit = decorated_submit,
    .wait = decorated_wait,
    .close = decorated_close,
};

enum yk_status yk_device_decorate(struct yk_device **device, const struct yk_decoration *decoration,
                                  unsigned slots, bool side_by_side, struct yk_error *error)
{
    if (decoration->open_fails)
        return yk_error_set(error, YK_ERR_DEVICE, "%s cannot be opened (decoration)",
                            yk_device_describe(*device)->id);
    struct decorated *self = calloc(1, sizeof *self + slots * sizeof self->slot[0]);
    if (!self)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    self->base = (struct yk_device_base){&decorated_backend, *yk_device_describe(*device)};
    self->inner = *device;
    self->what = *decoration;
    self->opened = yk_clock_ns();
    self->side_by_side = side_by_side;
    self->slots = slots;
    *device = (struct yk_device *)(void *)self;
    return YK_OK;
}

struct yk_decorated_counts yk_decorated_counts(struct yk_device *device)
{
    const struct decorated *self = of(device);
    return (struct yk_decorated_counts){.packages = atomic_load(&self->packages),
                                        .after_hang = atomic_load(&self->after_hang),
                                        .failed = atomic_load(&self->failed)};
}
