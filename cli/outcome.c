/* SPDX-License-Identifier: MIT
 * Files that failed, files that may be wrong (contract in outcome.h). */
#include "outcome.h"

#include <stdio.h>

#include "escape.h"

static const char *files(size_t count)
{
    return count == 1 ? "file" : "files";
}

void cli_outcome_failures(const struct yk_batch_plan *plan)
{
    size_t failed = 0;
    for (size_t i = 0; i < plan->count; i++)
        failed += plan->items[i].state == YK_ITEM_FAILED;
    if (failed == 0)
        return;
    fprintf(stderr, "yoke image: %zu of %zu %s failed:\n", failed, plan->count, files(plan->count));
    for (size_t i = 0; i < plan->count; i++) {
        const struct yk_batch_item *item = &plan->items[i];
        if (item->state != YK_ITEM_FAILED)
            continue;
        fputs("  ", stderr);
        cli_put(stderr, item->input, false);
        fputs(": ", stderr);
        cli_put(stderr, item->reason ? item->reason : "no reason was given", false);
        fputc('\n', stderr);
    }
}

void cli_outcome_suspects(const struct yk_batch_plan *plan)
{
    size_t suspects = 0;
    for (size_t i = 0; i < plan->count; i++)
        suspects += plan->items[i].suspect;
    if (suspects == 0)
        return;
    fprintf(
        stderr,
        "yoke image: %zu of %zu %s may be wrong: a device that computes wrong results made rows of %s that "
        "were not checked (--verify 100 checks all):\n",
        suspects, plan->count, files(plan->count), suspects == 1 ? "it" : "them");
    for (size_t i = 0; i < plan->count; i++)
        if (plan->items[i].suspect) {
            fputs("  ", stderr);
            cli_put(stderr, plan->items[i].output, false);
            fputc('\n', stderr);
        }
}
