/* SPDX-License-Identifier: MIT
 *
 * Pipelines: operations in a row, written as text: `resize 50% | blur 2 | sharpen 1 amount=0.8`. Arguments
 * are positional in the declared order, or named. An empty text is the empty pipeline. Values between
 * operations are binary32, each operation's result is within 0 .. 1; only a whole-image statistic (equalize,
 * autolevel, trim) makes an intermediate 16-bit image.
 */
#ifndef YOKE_PIPELINE_H
#define YOKE_PIPELINE_H

#include <stddef.h>

#include <yoke/image.h>
#include <yoke/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct yk_pipeline; /* opaque, immutable: any number of threads and images may share one */

/* Parses `text` completely: operations, parameters, types, bounds. Success: *pipeline is owned by the caller,
 * free with yk_pipeline_free. Errors: YK_ERR_UNKNOWN, _PARSE, _RANGE, _INVALID, _NOMEM; the text shows the
 * line with a caret under the word it is about. Any thread. */
enum yk_status yk_pipeline_parse(struct yk_pipeline **pipeline, const char *text, struct yk_error *error);
void yk_pipeline_free(struct yk_pipeline *pipeline);

/* Number of operations. */
size_t yk_pipeline_length(const struct yk_pipeline *pipeline);

/* Applies a pipeline to one image in memory, on the calling thread and the named devices.
 * `devices` is a selection as in yk_device_select ("cpu"), `sched` a policy ("single", "dynamic:16"),
 * `cpu_level` a level of the CPU code or NULL. The result is the same for all of them. Success: *out is a new
 * image owned by the caller, with a copy of no metadata. `in` is borrowed. The devices work in turns, not
 * side by side (yk_batch_run does that). Before its first use with a driver and this build, one other than
 * the CPU must give the known answers of the operations: YK_ERR_DEVICE where it does not. YK_ERR_TIMEOUT: a
 * device hangs. */
struct yk_process_options {
    const char *devices;   /* NULL: "cpu" */
    const char *sched;     /* NULL: "dynamic" */
    const char *cpu_level; /* NULL: the best; YOKE_CPU caps it */
    const struct yk_limits *limits;
};
enum yk_status yk_pipeline_process(const struct yk_pipeline *pipeline,
                                   const struct yk_process_options *options, const struct yk_image *in,
                                   struct yk_image **out, struct yk_error *error);

#ifdef __cplusplus
}
#endif

#endif
