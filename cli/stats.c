/* SPDX-License-Identifier: MIT
 * The table of --stats (contract in stats.h). Units: seconds, MB of 10^6 bytes, Mpx of 10^6 pixels; the
 * memory of
 * --mem in MiB. */
#include "stats.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "escape.h"

enum { NAME_COLUMNS = 48 }; /* leaves room for what went wrong, within 80 columns */

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

/* Copied bytes; the CPU copies none. */
static void put_copied(FILE *to, uint64_t bytes, bool copies)
{
    if (copies)
        fprintf(to, " %9.1f", (double)bytes / 1e6);
    else
        fprintf(to, " %9s", "-");
}

/* The name, as far as it fits the line, and what went wrong. */
static void put_name(FILE *to, const struct yk_batch_device *device)
{
    char name[sizeof device->name];
    size_t length = 0, columns = 0, step;
    while ((step = cli_character(device->name + length)) > 0 && columns < NAME_COLUMNS &&
           device->name[length]) {
        length += step;
        columns++;
    }
    snprintf(name, sizeof name, "%.*s", (int)length, device->name);
    fprintf(to, "  %s", name);
    if (device->returned > 0)
        fprintf(to, ", %" PRIu64 " %s redone elsewhere", device->returned,
                device->returned == 1 ? "band" : "bands");
    fputs(device->retired ? ", retired\n" : "\n", to);
}

static void put_devices(FILE *to, const struct yk_batch_summary *summary)
{
    if (summary->device_count == 0)
        return;
    fprintf(to, "\n%-9s %10s %8s %9s %8s %9s %9s %9s\n", "device", "rows", "bands", "busy s", "busy",
            "idle s", "MB up", "MB down");
    for (size_t i = 0; i < summary->device_count; i++) {
        const struct yk_batch_device *device = &summary->devices[i];
        bool copies = device->bytes_up > 0 || device->bytes_down > 0;
        uint64_t lanes = device->lanes ? device->lanes : 1;
        fprintf(to, "%-9s %10" PRIu64 " %8" PRIu64 " %9.3f %6.1f %% %9.3f", device->id, device->rows,
                device->bands, (double)device->busy / 1e9, percent(device->busy, summary->elapsed * lanes),
                (double)device->idle / 1e9);
        put_copied(to, device->bytes_up, copies);
        put_copied(to, device->bytes_down, copies);
        fputc('\n', to);
        put_name(to, device);
    }
}

static void put_together(FILE *to, const struct yk_batch_summary *summary)
{
    const struct yk_batch_together *together = &summary->together;
    if (together->devices < 2)
        return;
    fprintf(to, "\ncomputing took %.3f s; %s alone would have taken %.3f s (predicted)\n",
            (double)summary->computing / 1e9, summary->devices[together->best].id,
            (double)together->alone / 1e9);
    fprintf(to, "speed-up %.2f (predicted), efficiency %.2f, balance %.2f\n", together->speedup,
            together->efficiency, together->balance);
}

void cli_stats_print(FILE *to, const struct yk_batch_summary *summary)
{
    put_stages(to, summary);
    put_devices(to, summary);
    put_together(to, summary);
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
