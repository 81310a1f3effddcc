/* SPDX-License-Identifier: MIT
 * Whether a run looks for OpenCL devices at all (contract in batch_engine.h): the search takes longer than
 * many a run. Nothing is read but the plan. */
#include "batch_engine.h"

#include <math.h>
#include <string.h>

#include "pipeline.h"
#include "planner.h"

enum { MOST_SIDE = 16384 };

/* Multiply-adds that a CPU thread does in a millisecond, roughly: Zen 3 with AVX2 does 3 to 6 million in
 * `blur` and `resize`. Pixels in a byte of a file: photographs as PNG have 0.6 to 1, screenshots 10. And what
 * an operation costs for a pixel where it cannot be planned beforehand, because it depends on a statistic. */
static const double THREAD_RATE = 4e6, BYTE_PIXELS = 1.0, UNPLANNED_COST = 16.0;

/* Multiply-adds that the pipeline needs for an image with so many pixels, as far as can be told. */
static double expected_work(const struct engine *engine, double pixels)
{
    double side = sqrt(pixels), work = 0.0;
    const struct yk_format rgb8 = {3, 0, 8};
    struct yk_program *program;
    size_t at = 0, count = engine->pipeline->count;
    uint32_t width = side < 1.0 ? 1 : side > MOST_SIDE ? MOST_SIDE : (uint32_t)side;
    if (count && !yk_plan_needs_stat(engine->pipeline, 0) &&
        yk_plan_stage(engine->pipeline, &at, width, width, rgb8, rgb8.depth, NULL, &engine->limits, &program,
                      NULL) == YK_OK) {
        work = yk_program_cost(program) * program->out_width * program->out_height;
        work *= pixels / ((double)width * width);
        yk_program_free(program);
    } else
        at = 0;
    return work + (double)(count - at) * UNPLANNED_COST * pixels;
}

/* Whether computing would take the CPU so long that "auto" looks for OpenCL devices. */
static bool worth_a_search(const struct engine *engine)
{
    const struct yk_batch_plan *plan = engine->plan;
    double bytes = 0.0, files = 0.0;
    for (size_t k = 0; k < plan->count; k++)
        if (plan->items[k].state == YK_ITEM_PLANNED) {
            bytes += (double)plan->items[k].input_bytes;
            files += 1.0;
        }
    if (!(bytes > 0.0))
        return false;
    double work = files * expected_work(engine, bytes * BYTE_PIXELS / files);
    return work >= YK_ENGINE_SEARCH_MS * THREAD_RATE * engine->threads;
}

bool yk_engine_cpu_only(const struct engine *engine)
{
    const char *selection = engine->options->devices ? engine->options->devices : "auto";
    return yk_device_selection_is_cpu(selection) ||
           (strcmp(selection, "auto") == 0 && !worth_a_search(engine));
}
