/* SPDX-License-Identifier: MIT
 * From a pipeline and an image's size to a program: operations become planned steps, with the conversions
 * they need (premultiplied alpha, linear light) put in between. */
#ifndef YOKE_IMAGE_PLANNER_H
#define YOKE_IMAGE_PLANNER_H

#include <yoke/image.h>

#include "pipeline.h"
#include "program.h"

/* Whether the operation `at` needs a statistic of the whole image first. */
bool yk_plan_needs_stat(const struct yk_pipeline *pipeline, size_t at);

/* The image that operation `at` will see as its input, for sizing its statistic. */
struct yk_plan_input yk_plan_input_of(uint32_t width, uint32_t height, struct yk_format format);

/* Plans from operation *at up to the end or the next statistic, for an image of the given size; *at moves
 * there. `stat` is the finished statistic when operation *at needs one, else NULL. A program that stops
 * before a statistic makes a 16-bit image, else one of `depth` bits. *program is owned by the caller; it may
 * have no steps. Errors: those of yk_step_make, YK_ERR_LIMIT (over max_pixels). */
enum yk_status yk_plan_stage(const struct yk_pipeline *pipeline, size_t *at, uint32_t width, uint32_t height,
                             struct yk_format format, unsigned depth, const int *stat,
                             const struct yk_limits *limits, struct yk_program **program,
                             struct yk_error *error);

#endif
