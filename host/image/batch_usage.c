/* SPDX-License-Identifier: MIT
 * What bounds a run, and how well its devices worked together (contract in batch_usage.h). */
#include "batch_usage.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

void yk_usage_add(struct yk_usage *usage, enum yk_usage_kind kind, int change, uint64_t now)
{
    uint64_t since = now > usage->last ? now - usage->last : 0;
    for (int k = 0; k < YK_USAGE_KINDS; k++)
        if (usage->active[k])
            usage->wall[k] += since;
    if (usage->active[YK_USAGE_BANDS])
        usage->beside += since * usage->active[YK_USAGE_CODEC];
    usage->last += since;
    if (kind == YK_USAGE_BANDS && change > 0 && !usage->first_band)
        usage->first_band = now;
    usage->active[kind] += (unsigned)change;
}

/* Work per ns of all lanes of a device while they compute; 0: not measured. */
static double rate(const struct yk_batch_device *device)
{
    return device->busy ? (double)device->work * device->lanes / (double)device->busy : 0.0;
}

static bool is_cpu(const struct yk_batch_device *device)
{
    return strcmp(device->id, "cpu") == 0;
}

const char *yk_usage_bound(const struct yk_usage *usage, const struct yk_batch_summary *summary)
{
    double threads = summary->threads ? summary->threads : 1, work = 0.0, rates = 0.0;
    for (size_t k = 0; k < summary->device_count; k++) {
        const struct yk_batch_device *device = &summary->devices[k];
        work += (double)device->work;
        rates += device->retired ? 0.0 : rate(device);
    }
    const struct {
        const char *name;
        double load;
    } stages[] = {{"compute", rates > 0.0 ? work / rates : 0.0},
                  {"encode", (double)summary->times.encode / threads},
                  {"decode", (double)summary->times.decode / threads},
                  {"write", (double)usage->wall[YK_USAGE_WRITE]},
                  {"read", (double)usage->wall[YK_USAGE_READ]}};
    size_t most = 0;
    for (size_t k = 1; k < sizeof stages / sizeof *stages; k++)
        most = stages[k].load > stages[most].load ? k : most;
    return stages[most].name;
}

struct yk_batch_together yk_usage_together(const struct yk_usage *usage,
                                           const struct yk_batch_summary *summary)
{
    struct yk_batch_together result = {0}, none = {0};
    double work = 0.0, rates = 0.0, codec = (double)usage->beside, ideal_work, ideal, best = 0.0;
    double least = 0.0; /* time that the CPU's threads need for what they do besides computing */
    uint64_t first = UINT64_MAX, last = 0;
    for (size_t k = 0; k < summary->device_count; k++)
        work += (double)summary->devices[k].work;
    ideal_work = work;
    for (size_t k = 0; k < summary->device_count; k++) {
        const struct yk_batch_device *device = &summary->devices[k];
        double own = rate(device), beside = is_cpu(device) ? codec / device->lanes : 0.0;
        if (!(own > 0.0))
            continue;
        /* The CPU's threads decode and encode meanwhile, whoever computes. */
        double alone = work / own + beside;
        if (result.devices == 0 || alone < best) {
            best = alone;
            result.best = (unsigned)k;
        }
        result.devices++;
        rates += own;
        ideal_work += own * beside;
        least = beside > 0.0 ? beside : least;
        if (!device->retired) {
            first = device->finished < first ? device->finished : first;
            last = device->finished > last ? device->finished : last;
        }
    }
    if (result.devices < 2 || usage->wall[YK_USAGE_BANDS] == 0)
        return none;
    double computing = (double)usage->wall[YK_USAGE_BANDS];
    ideal = ideal_work / rates > least ? ideal_work / rates : least;
    result.alone = (uint64_t)best;
    result.speedup = best / computing;
    result.efficiency = ideal / computing;
    result.balance = last > 0 ? (double)first / (double)last : 0.0;
    return result;
}
