/* SPDX-License-Identifier: MIT
 * Helpers for the planning functions in the YK_DIALECT_HOST part of operation files: tables, messages, Gaussian
 * weights. Planning runs once per image and step; double precision and libm are allowed here, because every
 * device then gets the same table. */
#ifndef YK_PLAN_H
#define YK_PLAN_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "descriptor.h"

/* Room for `count` more coefficients (indices), zeroed; NULL when memory ran out, which the planner reports. */
static inline float *yk_plan_coef(struct yk_plan *plan, size_t count)
{
    float *grown = count <= SIZE_MAX / 8 - plan->coef_count
                       ? realloc(plan->coef, (plan->coef_count + count) * sizeof *grown)
                       : NULL;
    if (!grown) {
        plan->overflow = 1;
        return NULL;
    }
    plan->coef = grown;
    grown += plan->coef_count;
    plan->coef_count += count;
    memset(grown, 0, count * sizeof *grown);
    return grown;
}

static inline int *yk_plan_index(struct yk_plan *plan, size_t count)
{
    int *grown = count <= SIZE_MAX / 8 - plan->index_count
                     ? realloc(plan->index, (plan->index_count + count) * sizeof *grown)
                     : NULL;
    if (!grown) {
        plan->overflow = 1;
        return NULL;
    }
    plan->index = grown;
    grown += plan->index_count;
    plan->index_count += count;
    memset(grown, 0, count * sizeof *grown);
    return grown;
}

/* Sets the message and returns 1, so that a planning function can end with it. */
__attribute__((format(printf, 2, 3))) static inline int yk_plan_fail(struct yk_plan *plan, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(plan->message, sizeof plan->message, format, list);
    va_end(list);
    return 1;
}

/* Symmetric weights of a Gaussian: centre first, radius ceil(3 sigma), normalised in double. Sets plan->reach. */
static inline int yk_plan_gaussian(struct yk_plan *plan, double sigma)
{
    int radius = (int)ceil(3.0 * sigma);
    float *coef = yk_plan_coef(plan, (size_t)radius + 1);
    if (!coef)
        return yk_plan_fail(plan, "out of memory");
    double sum = 1.0;
    for (int k = 1; k <= radius; k++)
        sum += 2.0 * exp(-0.5 * k * k / (sigma * sigma));
    for (int k = 0; k <= radius; k++)
        coef[k] = (float)(exp(-0.5 * k * k / (sigma * sigma)) / sum);
    plan->reach = radius;
    return 0;
}

#endif
