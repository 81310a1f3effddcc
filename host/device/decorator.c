/* SPDX-License-Identifier: MIT
 * The decorated device (contract in decorator.h). */
#include "decorator.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"

struct decorated_slot {
    struct yk_band band;
    uint64_t started;
    unsigned number;
};

struct decorated {
    struct yk_device_base base;
    struct yk_device *inner;
    struct yk_decoration how;
    bool side_by_side; /* slots are threads that compute at the same time: the CPU. Else one after the other.
                        */
    atomic_uint submitted;
    atomic_bool lost;
    pthread_mutex_t lock;   /* guards the two below */
    uint64_t inner_end;     /* when the last band was really done */
    uint64_t pretended_end; /* when it was done as far as anyone may see */
    unsigned slot_count;
    struct decorated_slot slots[];
};

static struct decorated *of(struct yk_device *device)
{
    return (struct decorated *)(void *)device;
}

/* ---- time ---- */

static void sleep_until(uint64_t time)
{
    struct timespec until = {.tv_sec = (time_t)(time / 1000000000u), .tv_nsec = (long)(time % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
}

/* Uniform in [0, 1), by seed and number (splitmix64): the same whichever thread comes first. */
static double uniform(uint64_t seed, unsigned number)
{
    uint64_t z = seed + (number + 1u) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* Bytes that a device with its own memory would be sent and send back: its part of the source and its target
 * rows. */
static double band_bytes(const struct yk_band *band)
{
    double rows = band->y1 - band->y0;
    double source = (double)band->source->width * (double)yk_format_bytes(band->source->format);
    if (band->reduce)
        return rows * source;
    double part = (double)band->source->height / (double)band->target->height;
    return rows *
           (part * source + (double)band->target->width * (double)yk_format_bytes(band->target->format));
}

static uint64_t stretched(const struct decorated *device, const struct decorated_slot *slot,
                          uint64_t nanoseconds)
{
    const struct yk_decoration *how = &device->how;
    double time = (double)nanoseconds * (how->throttle > 0.0 ? how->throttle : 1.0);
    if (how->slow_at && slot->number >= how->slow_at && how->slow_factor > 0.0)
        time *= how->slow_factor;
    time *= 1.0 + how->jitter * uniform(how->seed, slot->number);
    time += (double)how->latency_ns;
    if (how->bytes_per_us > 0.0)
        time += band_bytes(&slot->band) / how->bytes_per_us * 1e3;
    return (uint64_t)time;
}

/* When the band that has just ended is to be seen as ended. */
static uint64_t pretended_end(struct decorated *device, const struct decorated_slot *slot, uint64_t inner_ns)
{
    uint64_t now = yk_clock_ns();
    if (device->side_by_side)
        return slot->started + stretched(device, slot, inner_ns ? inner_ns : now - slot->started);
    pthread_mutex_lock(&device->lock);
    uint64_t really = slot->started > device->inner_end ? slot->started : device->inner_end;
    uint64_t begin = slot->started > device->pretended_end ? slot->started : device->pretended_end;
    uint64_t end = begin + stretched(device, slot, now - really);
    device->inner_end = now;
    device->pretended_end = end;
    pthread_mutex_unlock(&device->lock);
    return end;
}

/* ---- faults ---- */

/* What a device that failed may leave behind. */
static void leave_rubbish(const struct yk_band *band)
{
    if (band->reduce)
        return; /* the owner throws the statistic away */
    size_t bytes = (size_t)band->target->width * yk_format_bytes(band->target->format);
    for (int y = band->y0; y < band->y1; y++)
        memset(yk_image_row(band->target, (uint32_t)y), 0xa5, bytes);
}

static void change_a_bit(const struct yk_band *band)
{
    if (band->reduce) {
        band->stat[0]++;
        return;
    }
    unsigned char *row = yk_image_row(band->target, (uint32_t)band->y0);
    row[0] ^= 1;
}

/* ---- the backend ---- */

static enum yk_status decorated_prepare(struct yk_device *base, const struct yk_program *program,
                                        const struct yk_op *reduce, struct yk_error *error)
{
    struct decorated *device = of(base);
    if (device->how.build_fails)
        return yk_error_set(error, YK_ERR_UNSUPPORTED, "%s: made to fail to build", device->base.info.id);
    return yk_device_backend(device->inner)->prepare(device->inner, program, reduce, error);
}

static int decorated_max_rows(struct yk_device *base, const struct yk_program *program)
{
    struct yk_device *inner = of(base)->inner;
    return yk_device_backend(inner)->max_rows(inner, program);
}

static enum yk_status decorated_submit(struct yk_device *base, unsigned slot, const struct yk_band *band,
                                       struct yk_error *error)
{
    struct decorated *device = of(base);
    const char *id = device->base.info.id;
    if (slot >= device->slot_count)
        return yk_error_set(error, YK_ERR_INVALID, "%s: slot %u of %u", id, slot, device->slot_count);
    if (atomic_load(&device->lost))
        return yk_error_set(error, YK_ERR_LOST, "%s: lost before", id);
    unsigned number = atomic_fetch_add(&device->submitted, 1) + 1, rows = (unsigned)(band->y1 - band->y0);
    if (number == device->how.alloc_fail_at || (device->how.alloc_rows && rows > device->how.alloc_rows))
        return yk_error_set(error, YK_ERR_NOMEM, "%s: made to run out of memory at band %u of %u rows", id,
                            number, rows);
    device->slots[slot] = (struct decorated_slot){.band = *band, .started = yk_clock_ns(), .number = number};
    return yk_device_backend(device->inner)->submit(device->inner, slot, band, error);
}

static enum yk_status lose(struct decorated *device, const struct decorated_slot *slot, enum yk_status status,
                           const char *how, struct yk_error *error)
{
    atomic_store(&device->lost, true);
    leave_rubbish(&slot->band);
    return yk_error_set(error, status, "%s: %s at band %u", device->base.info.id, how, slot->number);
}

static enum yk_status decorated_wait(struct yk_device *base, unsigned number, uint64_t deadline,
                                     struct yk_band_timing *timing, struct yk_error *error)
{
    struct decorated *device = of(base);
    if (number >= device->slot_count)
        return yk_error_set(error, YK_ERR_INVALID, "%s: slot %u of %u", device->base.info.id, number,
                            device->slot_count);
    const struct decorated_slot *slot = &device->slots[number];
    const struct yk_decoration *how = &device->how;
    struct yk_band_timing inner = {0};
    /* The inner band is always waited for, so that no one writes into images that their owner has taken back.
     */
    enum yk_status status =
        yk_device_backend(device->inner)->wait(device->inner, number, deadline, &inner, error);
    if (status) {
        if (status == YK_ERR_TIMEOUT || status == YK_ERR_LOST)
            atomic_store(&device->lost, true);
        return status;
    }
    if (slot->number == how->hang_at) {
        if (deadline != UINT64_MAX)
            sleep_until(deadline);
        return lose(device, slot, YK_ERR_TIMEOUT, "made to hang", error);
    }
    uint64_t end = pretended_end(device, slot, inner.total);
    if (end > deadline) {
        sleep_until(deadline);
        return lose(device, slot, YK_ERR_TIMEOUT, "too slow for its deadline", error);
    }
    sleep_until(end);
    if (slot->number == how->fail_at)
        return lose(device, slot, how->fail_status ? how->fail_status : YK_ERR_LOST, "made to fail", error);
    if (atomic_load(&device->lost))
        return lose(device, slot, YK_ERR_LOST, "lost with another band", error);
    if (slot->number == how->wrong_at)
        change_a_bit(&slot->band);
    if (timing) {
        uint64_t now = yk_clock_ns();
        *timing = inner;
        timing->total = now > slot->started ? now - slot->started : inner.total;
    }
    return YK_OK;
}

static void decorated_close(struct yk_device *base, bool leak)
{
    struct decorated *device = of(base);
    if (!device)
        return;
    yk_device_close(device->inner, leak);
    pthread_mutex_destroy(&device->lock);
    free(device);
}

/* Not in the table of backends: its devices are made by yk_device_decorate alone. */
static const struct yk_backend decorator = {
    .name = "decorator",
    .prepare = decorated_prepare,
    .max_rows = decorated_max_rows,
    .submit = decorated_submit,
    .wait = decorated_wait,
    .close = decorated_close,
};

enum yk_status yk_device_decorate(struct yk_device **device, const struct yk_decoration *decoration,
                                  unsigned slots, struct yk_error *error)
{
    if (slots == 0)
        return yk_error_set(error, YK_ERR_INVALID, "a device of no slots cannot be decorated");
    struct decorated *made = calloc(1, sizeof *made + slots * sizeof made->slots[0]);
    if (!made || pthread_mutex_init(&made->lock, NULL)) {
        free(made);
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    }
    made->base.backend = &decorator;
    made->base.info = *yk_device_describe(*device);
    made->inner = *device;
    made->how = *decoration;
    made->side_by_side = strcmp(made->base.info.backend, "cpu") == 0;
    made->slot_count = slots;
    atomic_init(&made->submitted, 0);
    atomic_init(&made->lost, false);
    *device = (struct yk_device *)(void *)made;
    return YK_OK;
}

/* ---- texts ---- */

enum kind { KIND_FACTOR, KIND_NUMBER, KIND_SEED, KIND_MICROSECONDS, KIND_FLAG };

static const struct {
    const char *name;
    enum kind kind;
    size_t offset;
    double least, greatest;
} members[] = {
    {"throttle", KIND_FACTOR, offsetof(struct yk_decoration, throttle), 1, 1e6},
    {"latency-us", KIND_MICROSECONDS, offsetof(struct yk_decoration, latency_ns), 0, 1e9},
    {"bytes-per-us", KIND_FACTOR, offsetof(struct yk_decoration, bytes_per_us), 0.001, 1e9},
    {"jitter", KIND_FACTOR, offsetof(struct yk_decoration, jitter), 0, 1000},
    {"seed", KIND_SEED, offsetof(struct yk_decoration, seed), 0, 9e15},
    {"slow-at", KIND_NUMBER, offsetof(struct yk_decoration, slow_at), 1, 4e9},
    {"slow-factor", KIND_FACTOR, offsetof(struct yk_decoration, slow_factor), 1, 1e6},
    {"fail-at", KIND_NUMBER, offsetof(struct yk_decoration, fail_at), 1, 4e9},
    {"hang-at", KIND_NUMBER, offsetof(struct yk_decoration, hang_at), 1, 4e9},
    {"wrong-at", KIND_NUMBER, offsetof(struct yk_decoration, wrong_at), 1, 4e9},
    {"alloc-fail-at", KIND_NUMBER, offsetof(struct yk_decoration, alloc_fail_at), 1, 4e9},
    {"alloc-rows", KIND_NUMBER, offsetof(struct yk_decoration, alloc_rows), 1, 4e9},
    {"build-fails", KIND_FLAG, offsetof(struct yk_decoration, build_fails), 0, 1},
};

enum { MEMBERS = sizeof members / sizeof *members };

static void set_member(struct yk_decoration *decoration, size_t member, double number)
{
    void *at = (char *)decoration + members[member].offset;
    switch (members[member].kind) {
    case KIND_FACTOR:
        *(double *)at = number;
        break;
    case KIND_NUMBER:
        *(unsigned *)at = (unsigned)number;
        break;
    case KIND_SEED:
        *(uint64_t *)at = (uint64_t)number;
        break;
    case KIND_MICROSECONDS:
        *(uint64_t *)at = (uint64_t)(number * 1000.0);
        break;
    case KIND_FLAG:
        *(bool *)at = number > 0.0;
        break;
    }
}

static enum yk_status unknown(const char *name, size_t length, struct yk_error *error)
{
    char list[256] = "";
    for (size_t k = 0; k < MEMBERS; k++) {
        strncat(list, k ? ", " : "", sizeof list - strlen(list) - 1);
        strncat(list, members[k].name, sizeof list - strlen(list) - 1);
    }
    return yk_error_set(error, YK_ERR_UNKNOWN, "unknown decoration '%.*s'; accepted: %s", (int)length, name,
                        list);
}

enum yk_status yk_decoration_parse(const char *text, struct yk_decoration *decoration, struct yk_error *error)
{
    struct yk_decoration read = {0};
    const char *at = text;
    for (;;) {
        size_t length = strcspn(at, "=,"), member = 0;
        while (member < MEMBERS &&
               (strlen(members[member].name) != length || memcmp(members[member].name, at, length) != 0))
            member++;
        if (member == MEMBERS)
            return unknown(at, length, error);
        char *end;
        double number = at[length] == '=' ? strtod(at + length + 1, &end) : 0.0;
        if (at[length] != '=' || end == at + length + 1 || !isfinite(number) || (*end && *end != ','))
            return yk_error_set(error, YK_ERR_PARSE, "decoration '%s' is not of the form NAME=NUMBER,...",
                                text);
        if (!(number >= members[member].least && number <= members[member].greatest))
            return yk_error_set(
                error, YK_ERR_RANGE, "decoration %s: %g is out of bounds; accepted is %g to %g",
                members[member].name, number, members[member].least, members[member].greatest);
        set_member(&read, member, number);
        if (!*end)
            break;
        at = end + 1;
    }
    *decoration = read;
    return YK_OK;
}
