/* SPDX-License-Identifier: MIT
 * Kinds of work and the rates learnt for them (contract in batch_rates.h). */
#include "batch_rates.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"

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

static struct yk_profile_key key_of(const struct yk_rates *rates, const struct yk_rate_kind *kind,
                                    unsigned device)
{
    struct yk_profile_key key = {.kernels = rates->kernels, .size = kind->size};
    memcpy(key.work, kind->text, sizeof key.work);
    memcpy(key.device, rates->devices[device], sizeof key.device);
    return key;
}

/* Sets what the profile says of a device and a new kind. A rate for another size gives way to one of this
 * run. */
static void recall(const struct yk_rates *rates, struct yk_rate_kind *kind, unsigned device)
{
    struct yk_profile_key key = key_of(rates, kind, device);
    const struct yk_profile_entry *entry = yk_profile_use(&rates->profile, &key, rates->now);
    struct yk_policy_rate *rate = &kind->rates[device];
    if (!entry || (rate->rate > 0.0 && entry->key.size != key.size))
        return;
    rate->rate = (double)entry->rate.rate / 1e3;
    rate->setup_ns = rate->samples ? 0.0 : (double)entry->rate.setup_ns;
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
    for (unsigned k = 0; k < YK_POLICY_DEVICES; k++) {
        if (nearest)
            made->rates[k] = nearest->rates[k];
        if (k < rates->device_count)
            recall(rates, made, k);
    }
    made->next = rates->kinds;
    rates->kinds = made;
    rates->count++;
    return made;
}

void yk_rates_learn(struct yk_rate_kind *kind, unsigned device, const struct yk_splitter *splitter,
                    uint64_t rows)
{
    const struct yk_policy_job *job = &splitter->job;
    struct yk_policy_rate *rate = &kind->rates[device];
    unsigned lanes = job->devices[device].lanes;
    double work = (double)(rows + job->halo) * job->row_work, ns = (double)splitter->spent_ns;
    if (ns > 0.0 && rate->samples == 0 && lanes == 1) { /* the first packages of several lanes overlap */
        kind->first_work[device] = work;
        kind->first_ns[device] = ns;
    }
    yk_policy_learn(rate, work, lanes, splitter->spent_ns);
    /* What all packages say so far, not this one alone: of two bands in flight that end together one seems to
     * have taken all the time and the other none, and a short one is mostly overhead. */
    if (ns > 0.0 && rate->samples > lanes)
        yk_profile_sample(&kind->learnt[device], rate->rate * 1e3);
}

void yk_rates_probed(struct yk_rate_kind *kind, unsigned device, unsigned lanes, const double *rates,
                     size_t count)
{
    struct yk_policy_rate *rate = &kind->rates[device];
    for (size_t k = 0; k < count; k++) {
        rate->rate = k ? 0.5 * (rate->rate + rates[k] / 1e3) : rates[k] / 1e3;
        yk_profile_sample(&kind->learnt[device], rates[k]);
    }
    if (count == 0)
        return;
    rate->samples = lanes; /* their first packages are behind them */
    rate->setup_ns = 0.0;
}

/* ---- the profile ---- */

void yk_rates_open(struct yk_rates *rates, const char *path, char (*devices)[YK_PROFILE_DEVICE],
                   unsigned count, uint64_t kernels, uint64_t now)
{
    yk_profile_load(&rates->profile, path);
    rates->devices = devices;
    rates->device_count = count;
    rates->kernels = kernels;
    rates->now = now;
}

/* What the first package cost besides its work. */
static uint64_t setup_of(const struct yk_rate_kind *kind, unsigned device)
{
    double rest = kind->first_ns[device] - kind->first_work[device] * 1e9 / (double)kind->learnt[device].rate;
    return rest > 0.0 ? (uint64_t)rest : 0;
}

size_t yk_rates_learnt(const struct yk_rates *rates, struct yk_profile_entry **entries)
{
    size_t count = 0;
    *entries = NULL;
    for (const struct yk_rate_kind *kind = rates->kinds; kind; kind = kind->next)
        for (unsigned k = 0; k < rates->device_count; k++)
            count += kind->learnt[k].samples > 0;
    struct yk_profile_entry *made = count ? calloc(count, sizeof *made) : NULL;
    if (!made)
        return 0;
    count = 0;
    for (const struct yk_rate_kind *kind = rates->kinds; kind; kind = kind->next)
        for (unsigned k = 0; k < rates->device_count; k++) {
            if (kind->learnt[k].samples == 0)
                continue;
            struct yk_profile_entry *entry = &made[count++];
            entry->key = key_of(rates, kind, k);
            entry->rate = kind->learnt[k];
            entry->rate.setup_ns = setup_of(kind, k);
            entry->learnt = rates->now;
        }
    *entries = made;
    return count;
}

void yk_rates_free(struct yk_rates *rates)
{
    while (rates->kinds) {
        struct yk_rate_kind *next = rates->kinds->next;
        free(rates->kinds);
        rates->kinds = next;
    }
    yk_profile_free(&rates->profile);
    free(rates->devices);
    *rates = (struct yk_rates){0};
}
