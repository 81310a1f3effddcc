/* SPDX-License-Identifier: MIT
 * The progress bar (contract in progress.h). */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "escape.h"

/* Nanoseconds: shorter runs show no bar, and plain lines come this far apart. */
static const uint64_t bar_after = 500000000, line_every = 1000000000;

enum { WIDEST_BAR = 40, NARROWEST_BAR = 8 };

static unsigned terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void cli_progress_start(struct cli_progress *progress, enum cli_progress_mode mode, bool quiet,
                        const struct yk_batch_plan *plan)
{
    const char *kind = getenv("TERM");
    bool can_bar = isatty(STDERR_FILENO) && kind && *kind && strcmp(kind, "dumb") != 0;
    *progress = (struct cli_progress){.quiet = quiet};
    for (size_t i = 0; i < plan->count; i++)
        if (plan->items[i].state == YK_ITEM_PLANNED)
            progress->planned_bytes += plan->items[i].input_bytes;
    if (quiet || mode == CLI_PROGRESS_NEVER)
        return;
    progress->bar = can_bar;
    progress->lines = !can_bar && mode == CLI_PROGRESS_ALWAYS;
}

void cli_progress_item(void *context, const struct yk_batch_item *item)
{
    struct cli_progress *progress = context;
    if (item->state == YK_ITEM_DONE || item->state == YK_ITEM_FAILED)
        progress->finished_bytes += item->input_bytes;
}

/* Share of the work that is done, 0 .. 1: by bytes, which predict time better than files do. */
static double share_done(const struct cli_progress *progress, const struct yk_batch_progress *state)
{
    double part = 0;
    if (progress->planned_bytes > 0)
        part = (double)progress->finished_bytes / (double)progress->planned_bytes;
    else if (state->total > 0)
        part = (double)(state->done + state->failed + state->skipped) / (double)state->total;
    return part > 1 ? 1 : part;
}

/* The text of one moment: "123/400 files, 2 failed, 45.3 MB/s, 0:12 left". */
static void describe(const struct cli_progress *progress, const struct yk_batch_progress *state, char *text,
                     size_t size)
{
    double seconds = (double)state->elapsed / 1e9, part = share_done(progress, state);
    char failed[40] = "", left[48] = "";
    if (state->failed > 0)
        snprintf(failed, sizeof failed, ", %zu failed", state->failed);
    if (part > 0 && part < 1) {
        double rest = seconds * (1 - part) / part;
        unsigned long whole = rest < 3.6e8 ? (unsigned long)(rest + 0.5) : 360000000UL;
        if (whole >= 3600)
            snprintf(left, sizeof left, ", %lu:%02lu:%02lu left", whole / 3600, whole / 60 % 60, whole % 60);
        else
            snprintf(left, sizeof left, ", %lu:%02lu left", whole / 60, whole % 60);
    }
    snprintf(text, size, "%zu/%zu files%s, %.1f MB/s%s", state->done + state->failed + state->skipped,
             state->total, failed, seconds > 0 ? (double)progress->finished_bytes / 1e6 / seconds : 0.0,
             left);
}

static void draw_bar(struct cli_progress *progress, const struct yk_batch_progress *state)
{
    char text[160], bar[WIDEST_BAR + 1];
    describe(progress, state, text, sizeof text);
    unsigned columns = terminal_columns(), used = (unsigned)strlen(text);
    unsigned width = columns > used + 4 ? columns - used - 4 : 0;
    width = width > WIDEST_BAR ? WIDEST_BAR : width;
    fputs("\r\033[K", stderr); /* to the start of the line, and clear it */
    if (width >= NARROWEST_BAR) {
        unsigned full = (unsigned)(share_done(progress, state) * width);
        memset(bar, '#', full);
        memset(bar + full, '.', width - full);
        bar[width] = '\0';
        fprintf(stderr, "[%s] %s", bar, text);
    } else {
        fprintf(stderr, "%.*s", (int)(columns > 1 ? columns - 1 : 1), text);
    }
    fflush(stderr);
    progress->visible = true;
}

void cli_progress_update(void *context, const struct yk_batch_progress *state)
{
    struct cli_progress *progress = context;
    bool ended = state->done + state->failed + state->skipped >= state->total;
    if (progress->bar && state->elapsed >= bar_after) {
        draw_bar(progress, state);
        progress->any = true;
    } else if (progress->lines &&
               (ended || !progress->any || state->elapsed - progress->last >= line_every)) {
        char text[160];
        describe(progress, state, text, sizeof text);
        fprintf(stderr, "yoke: %s\n", text);
        progress->last = state->elapsed;
        progress->any = true;
    }
}

void cli_progress_notice(void *context, const char *text)
{
    struct cli_progress *progress = context;
    if (progress->quiet)
        return;
    cli_progress_end(progress);
    fputs("yoke: ", stderr);
    cli_put(stderr, text, false);
    fputc('\n', stderr);
}

void cli_progress_end(struct cli_progress *progress)
{
    if (!progress->visible)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->visible = false;
}
