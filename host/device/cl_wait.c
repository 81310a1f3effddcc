/* SPDX-License-Identifier: MIT
 * The end of a band: waiting with a deadline, what was copied for it, its statistic (contract in backend.h).
 */
#include "cl_device.h"
#include "clock.h"

static struct yk_cl_device *of(struct yk_device *device)
{
    return (struct yk_cl_device *)(void *)device;
}

static void join_stat(const struct yk_band *band, const int *counted)
{
    for (size_t k = 0; k < band->stat_count; k++)
        if (k < band->stat_sums)
            band->stat[k] += counted[k];
        else
            band->stat[k] = counted[k] > band->stat[k] ? counted[k] : band->stat[k];
}

/* What was copied for a band, without the small tables that stay on the device; before its views end. */
static void count_bytes(const struct yk_cl_slot *slot, struct yk_band_timing *timing)
{
    const struct yk_band *band = &slot->band;
    uint64_t rows = (uint64_t)(band->y1 - band->y0), pixel = yk_format_bytes(band->source->format);
    struct yk_rect in = {0, band->y0, (int)band->source->width, band->y1};
    *timing = (struct yk_band_timing){.total = 0};
    if (!band->reduce)
        in = slot->rects[0];
    if (!slot->source.handle)
        timing->bytes_up = (uint64_t)(in.x1 - in.x0) * (uint64_t)(in.y1 - in.y0) * pixel;
    if (band->reduce)
        timing->bytes_down = band->stat_count * sizeof *slot->counted;
    else if (!slot->target.handle)
        timing->bytes_down = rows * band->target->width * yk_format_bytes(band->target->format);
}

enum yk_status yk_cl_wait(struct yk_device *base, unsigned number, uint64_t deadline,
                          struct yk_band_timing *timing, struct yk_error *error)
{
    struct yk_cl_device *device = of(base);
    if (number >= device->slot_count || !yk_cl_slot_taken(&device->slots[number]))
        return yk_error_set(error, YK_ERR_INVALID, "%s: slot %u has no band", device->label, number);
    struct yk_cl_slot *slot = &device->slots[number];
    if (slot->stuck)
        return yk_error_set(error, YK_ERR_TIMEOUT, "%s: the queue cannot be emptied after a failure",
                            device->label);
    enum yk_status status = yk_cl_await(device, slot->done, deadline, error);
    if (status == YK_ERR_TIMEOUT) {
        atomic_store(&device->lost, true);
        return status; /* the slot stays taken: its memory may still be in use */
    }
    struct yk_band_timing times = {.total = 0};
    count_bytes(slot, &times);
    if (status == YK_OK)
        yk_cl_tell_times(device, slot, &times);
    yk_cl_drop_marks(&device->cl, slot);
    device->cl.ReleaseEvent(slot->done);
    slot->done = NULL;
    if (status == YK_OK)
        status = yk_cl_unmap(device, slot->queue, &slot->target, deadline, error);
    if (status == YK_ERR_TIMEOUT) {
        atomic_store(&device->lost, true);
        slot->stuck = true;
        return status;
    }
    times.total = yk_clock_ns() - slot->started;
    if (timing)
        *timing = times;
    yk_cl_end_views(&device->cl, slot);
    if (status == YK_OK && atomic_load(device->fault)) {
        atomic_store(&device->lost, true);
        status =
            yk_error_set(error, YK_ERR_LOST, "%s: the driver reported a fault in its context", device->label);
    }
    if (status != YK_OK)
        return status;
    if (slot->band.reduce)
        join_stat(&slot->band, slot->counted);
    return YK_OK;
}
