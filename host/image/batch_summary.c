/* SPDX-License-Identifier: MIT
 * The end of a batch run: what became of it as a whole (contract in batch_engine.h). */
#include "batch_engine.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "cpu_level.h"

static void count_items(struct engine *engine)
{
    struct yk_batch_summary *summary = engine->summary;
    for (size_t k = 0; k < engine->plan->count; k++) {
        struct yk_batch_item *item = &engine->plan->items[k];
        if (item->state == YK_ITEM_PLANNED)
            item->state = YK_ITEM_CANCELLED;
        summary->done += item->state == YK_ITEM_DONE;
        summary->failed += item->state == YK_ITEM_FAILED;
        summary->skipped += item->state == YK_ITEM_SKIPPED;
        summary->cancelled += item->state == YK_ITEM_CANCELLED;
        item->suspect = item->state == YK_ITEM_DONE && (item->unverified & engine->wrong_devices) != 0;
        summary->suspects += item->suspect;
        summary->output_bytes += item->output_bytes;
        summary->times.read += item->times.read;
        summary->times.decode += item->times.decode;
        summary->times.compute += item->times.compute;
        summary->times.encode += item->times.encode;
        summary->times.write += item->times.write;
    }
}

/* What a device's lanes did not do: the CPU's also decode and encode. */
static uint64_t idle(const struct yk_batch_summary *summary, const struct yk_batch_device *device, bool cpu)
{
    uint64_t all = summary->elapsed * device->lanes;
    uint64_t used = device->busy + (cpu ? summary->times.decode + summary->times.encode : 0);
    return all > used ? all - used : 0;
}

void yk_engine_summarise(struct engine *engine)
{
    struct yk_batch_summary *summary = engine->summary;
    const struct yk_level *level;
    count_items(engine);
    summary->input_bytes = engine->progress.input_bytes;
    summary->elapsed = yk_clock_ns() - engine->started;
    summary->memory_peak = engine->memory_peak;
    /* Static storage: the name outlives the I/O thread. */
    summary->io_engine = strcmp(yk_io_engine_name(engine->io), "uring") == 0 ? "uring" : "posix";
    summary->cpu_level = yk_cpu_level_choose(&level, NULL, NULL) ? "" : level->name;
    summary->device_count = engine->device_count;
    for (unsigned k = 0; k < engine->device_count; k++) {
        struct yk_batch_device *device = &summary->devices[k];
        *device = engine->devices[k].statistics;
        device->idle = idle(summary, device, k == engine->cpu);
        device->finished =
            device->finished > engine->usage.first_band ? device->finished - engine->usage.first_band : 0;
    }
    summary->computing = engine->usage.wall[YK_USAGE_BANDS];
    summary->together = yk_usage_together(&engine->usage, summary);
    snprintf(summary->bound, sizeof summary->bound, "%s", yk_usage_bound(&engine->usage, summary));
}
