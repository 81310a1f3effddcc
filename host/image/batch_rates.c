/* SPDX-License-Identifier: MIT
 * Kinds of work and the rates learnt for them (contract in batch_rates.h). */
#include "batch_rates.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_KINDS = 256 }; /* a run of so many different pipelines does not exist; images of all sizes do */

static const double STAT_COST = 4.0; /* steps per pixel of a statistic: reading it, as in yk_program_cost */

/* log2, rounded down; 0 for what is below 2. */
static unsigned order(double value)
{
    return value >= 2.0 ? (unsigned)log2(value) : 0;
}

/* The operations with + between them. Where they do not fit, a hash of all stands for those left out. */
static void put_operations(char *text, size_t size, const struct yk_program *program)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    size_t used = 0;
    bool cut = false;
    text[0] = '\0';
    for (size_t k = 0; k < program->count; k++) {
        const char *name = program->steps[k].op->name;
        size_t length = strlen(name) + 1;
        for (const char *at = name; *at; at++)
            hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
        hash = (hash ^ '+') * UINT64_C(0x100000001b3);
        cut = cut || used + length + 20 > size;
        if (!cut)
            used += (size_t)snprintf(text + used, size - used, "%s%s", k ? "+" : "", name);
    }
    if (cut)
        snprintf(text + used, size - used, "+%016" PRIx64, hash);
    if (program->count == 0)
        snprintf(text, size, "copy");
}

struct yk_work_shape yk_work_shape_of(const struct yk_job *job)
{
    struct yk_work_shape shape = {.size = 0};
    char operations[YK_KIND_TEXT - 32];
    const struct yk_image *source = job->source;
    double cost = STAT_COST, width = source->width, height = source->height;
    if (job->phase == YK_PHASE_ROWS) {
        put_operations(operations, sizeof operations, job->program);
        width = job->program->out_width;
        height = job->program->out_height;
        cost = yk_program_cost(job->program);
        shape.halo = yk_program_halo(job->program);
    } else
        snprintf(operations, sizeof operations, "%.*s:count", (int)sizeof operations - 8,
                 job->pipeline->ops[job->at].op->name);
    snprintf(shape.text, sizeof shape.text, "%s*2^%u %s", operations, order(cost),
             yk_format_name(source->format));
    shape.size = order(width * height);
    shape.row_work = cost * width;
    return shape;
}

static unsigned distance(unsigned a, unsigned b)
{
    return a > b ? a - b : b - a;
}

struct yk_rate_kind *yk_rates_kind(struct yk_rates *rates, const struct yk_work_shape *shape)
{
    const struct yk_rate_kind *nearest = NULL;
    for (struct yk_rate_kind *kind = rates->kinds; kind; kind = kind->next) {
        if (strcmp(kind->text, shape->text) != 0)
            continue;
        if (kind->size == shape->size)
            return kind;
        if (!nearest || distance(kind->size, shape->size) < distance(nearest->size, shape->size))
            nearest = kind;
    }
    struct yk_rate_kind *made = rates->count < MOST_KINDS ? calloc(1, sizeof *made) : NULL;
    if (!made)
        return NULL;
    memcpy(made->text, shape->text, sizeof made->text);
    made->size = shape->size;
    for (unsigned k = 0; k < YK_POLICY_DEVICES && nearest; k++)
        made->rates[k] = nearest->rates[k];
    made->next = rates->kinds;
    rates->kinds = made;
    rates->count++;
    return made;
}

void yk_rates_learn(struct yk_rate_kind *kind, unsigned device, const struct yk_splitter *splitter,
                    uint64_t rows)
{
    const struct yk_policy_job *job = &splitter->job;
    yk_policy_learn(&kind->rates[device], (double)(rows + job->halo) * job->row_work,
                    job->devices[device].lanes, splitter->spent_ns);
}

void yk_rates_free(struct yk_rates *rates)
{
    while (rates->kinds) {
        struct yk_rate_kind *next = rates->kinds->next;
        free(rates->kinds);
        rates->kinds = next;
    }
    rates->count = 0;
}
