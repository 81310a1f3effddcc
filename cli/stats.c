/* SPDX-License-Identifier: MIT
 * The table of --stats (contract in stats.h). Units: seconds, MB of 10^6 bytes, Mpx of 10^6 pixels; the
 * memory of
 * --mem in MiB. */
#include "stats.h"

#include <inttypes.h>
#include <string.h>

#include "escape.h"

static double per_second(uint64_t amount, uint64_t elapsed)
{
    return elapsed ? (double)amount / 1e6 / ((double)elapsed / 1e9) : 0;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void put_stages(FILE *to, const struct yk_batch_summary *summary)
{
    const struct yk_stage_times *times = &summary->times;
    const struct {
        const char *name;
        uint64_t time;
    } stages[] = {{"read", times->read},
                  {"decode", times->decode},
                  {"compute", times->compute},
                  {"encode", times->encode},
                  {"write", times->write}};
    uint64_t sum = times->read + times->decode + times->compute + times->encode + times->write;
    fprintf(to, "%-12s %10s %8s\n", "stage", "seconds", "share");
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        fprintf(to, "%-12s %10.3f %6.1f %%%s\n", stages[i].name, (double)stages[i].time / 1e9,
                percent(stages[i].time, sum),
                strcmp(stages[i].name, summary->bound) == 0 ? "  <- bounds the run" : "");
}

static void put_devices(FILE *to, const struct yk_batch_summary *summary)
{
    if (summary->device_count == 0)
        return;
    fprintf(to, "\n%-12s %10s %10s %8s %8s  %s\n", "device", "rows", "bands", "busy s", "busy", "name");
    for (size_t i = 0; i < summary->device_count; i++) {
        const struct yk_batch_device *device = &summary->devices[i];
        uint64_t lanes = device->lanes ? device->lanes : 1;
        fprintf(to, "%-12s %10" PRIu64 " %10" PRIu64 " %8.3f %6.1f %%  ", device->id, device->rows,
                device->bands, (double)device->busy / 1e9, percent(device->busy, summary->elapsed * lanes));
        cli_put(to, device->name, false);
        fputs(device->retired ? " (retired)\n" : "\n", to);
    }
}

void cli_stats_print(FILE *to, const struct yk_batch_summary *summary)
{
    put_stages(to, summary);
    put_devices(to, summary);
    fprintf(to, "\n%zu done, %zu failed, %zu skipped", summary->done, summary->failed, summary->skipped);
    if (summary->cancelled > 0)
        fprintf(to, ", %zu not finished", summary->cancelled);
    fprintf(to, " in %.3f s: %.1f MB/s in, %.1f MB/s out, %.1f Mpx/s\n", (double)summary->elapsed / 1e9,
            per_second(summary->input_bytes, summary->elapsed),
            per_second(summary->output_bytes, summary->elapsed),
            per_second(summary->input_pixels, summary->elapsed));
    fprintf(to, "%u threads, CPU level %s, I/O %s, memory peak %.1f MiB\n", summary->threads,
            summary->cpu_level ? summary->cpu_level : "-", summary->io_engine ? summary->io_engine : "-",
            (double)summary->memory_peak / 1048576.0);
}
