/* SPDX-License-Identifier: MIT
 * The policy table and the parser of policy texts (contract in policy.h). */
#include "policy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double at_most(double a, double b)
{
    return a < b ? a : b;
}

const struct yk_policy *yk_policy_at(size_t index)
{
    static const struct yk_policy *const policies[] = {&yk_policy_dynamic, &yk_policy_single,
                                                       &yk_policy_static, &yk_policy_auto, &yk_policy_guided};
    return index < sizeof policies / sizeof *policies ? policies[index] : NULL;
}

enum yk_status yk_policy_parse(const char *text, const struct yk_policy **policy,
                               struct yk_policy_arguments *arguments, struct yk_error *error)
{
    const struct yk_policy *found = NULL;
    struct yk_policy_arguments read = {0};
    char list[256] = "";
    size_t length = strcspn(text, ":");
    for (size_t k = 0; yk_policy_at(k); k++) {
        const struct yk_policy *here = yk_policy_at(k);
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", k ? ", " : "", here->usage);
        if (strlen(here->name) == length && memcmp(here->name, text, length) == 0)
            found = here;
    }
    if (!found)
        return yk_error_set(error, YK_ERR_UNKNOWN, "unknown schedule '%.*s'; accepted: %s", (int)length, text,
                            list);
    for (const char *at = text + length; *at;) {
        char *end;
        double number = strtod(at + 1, &end);
        if (end == at + 1 || !isfinite(number) || (*end && *end != ','))
            return yk_error_set(error, YK_ERR_PARSE, "schedule '%s' is not of the form %s", text,
                                found->usage);
        if (!(number >= found->least && number <= found->greatest))
            return yk_error_set(error, YK_ERR_RANGE,
                                "schedule '%s': %g is out of bounds; accepted is %g to %g", text, number,
                                found->least, found->greatest);
        if (read.count == found->most_arguments)
            return yk_error_set(error, YK_ERR_PARSE, "schedule '%s' has too many numbers; its form is %s",
                                text, found->usage);
        read.number[read.count++] = number;
        at = end;
    }
    *policy = found;
    *arguments = read;
    return YK_OK;
}

uint64_t yk_policy_granule(uint64_t rows, const struct yk_policy_device *devices, unsigned count)
{
    /* The last package of the slowest device, one granule for each of its lanes, is what the others may have
     * to wait for. With 16 rows always, as was here before, it was 10 % of a job of 300 rows at 1:2; with a
     * 256th for each device the simulator's cases of 1:20 miss the balance. More than 16 rows gain nothing.
     */
    enum { PARTS = 1024, MOST = 16 };
    uint64_t lanes = 1;
    for (unsigned k = 0; k < count; k++)
        lanes = devices[k].lanes > lanes ? devices[k].lanes : lanes;
    uint64_t part = rows / PARTS / lanes;
    return part < 1 ? 1 : part < MOST ? part : MOST;
}

/* What remains of a package's weight with each later one that counts whole. */
static const double OLDER = 0.97;
/* How unlike the sizes must be for a line to be believed (0: all equal; near 1: far apart): rows of unlike
 * cost look like an overhead where sizes are alike. With 0.3 the regret at 500 rows was 10 % instead of 0.4
 * %. */
static const double LEAST_SPREAD = 0.6;
/* ms of a package that are thought to be overhead where no line is believed, and the most of a package that
 * may be: a device that looks better than it is gets tried; one that looks worse never again. */
static const double USUAL_START = 0.3, MOST_START = 0.8;
/* ms of a package that counts half: of a short one most may be overhead, and it says little of the slope.
 * Where all counted alike, the 90 packages of one row that end a job under "guided", 0.4 ms each, made of 2.5
 * rows a ms 13, and the other device was given up. */
static const double HALF_MS = 3.0;

static double part_of(double expected)
{
    return expected / (expected + HALF_MS);
}

/* `expected`: the time by what is known so far. The error of a time is a part of that; not of the time
 * itself, because of two bands in flight that end together the second seems to take no time at all, and would
 * count for everything. */
static void add(struct yk_policy_rate *rate, double x, double t, double expected)
{
    double weight = part_of(expected) / expected;
    weight *= weight;
    rate->sum += weight;
    rate->sum_x += weight * x;
    rate->sum_t += weight * t;
    rate->sum_xx += weight * x * x;
    rate->sum_xt += weight * x * t;
}

static void fade(struct yk_policy_rate *rate, double expected)
{
    double older = pow(OLDER, part_of(expected));
    rate->sum *= older;
    rate->sum_x *= older;
    rate->sum_t *= older;
    rate->sum_xx *= older;
    rate->sum_xt *= older;
}

/* Fits the line: least squares, or only the slope from a start that is assumed. */
static void fit(struct yk_policy_rate *rate)
{
    double mean = rate->sum_t / rate->sum, start = at_most(USUAL_START, MOST_START * mean);
    double slope = (rate->sum_xt - start * rate->sum_x) / rate->sum_xx;
    double spread = rate->sum * rate->sum_xx - rate->sum_x * rate->sum_x;
    if (spread > LEAST_SPREAD * rate->sum * rate->sum_xx) {
        double fitted = (rate->sum * rate->sum_xt - rate->sum_x * rate->sum_t) / spread;
        double from = (rate->sum_t - fitted * rate->sum_x) / rate->sum;
        if (fitted > 0.0 && from > 0.0) {
            slope = fitted;
            start = from;
        } else { /* small packages are no dearer: no overhead */
            slope = rate->sum_xt / rate->sum_xx;
            start = 0.0;
        }
    }
    if (!(slope > 0.0)) {
        slope = rate->sum_xt / rate->sum_xx;
        start = 0.0;
    }
    rate->rate = 1.0 / slope;
    rate->overhead_ns = start * 1e6;
}

void yk_policy_learn(struct yk_policy_rate *rate, double work, unsigned lanes, uint64_t nanoseconds)
{
    if (nanoseconds == 0 || !(work > 0.0))
        return;
    rate->setup_ns = 0.0;
    if (rate->samples++ < lanes)
        return;
    double x = work * lanes, t = (double)nanoseconds / 1e6, expected = t;
    if (rate->rate > 0.0) {
        double known = x / rate->rate, start = rate->overhead_ns / 1e6;
        /* MOST_START of a whole is so many times the rest. */
        start = start > 0.0 ? start : at_most(USUAL_START, known * MOST_START / (1.0 - MOST_START));
        expected = known + start;
        if (!(rate->sum > 0.0)) /* known from elsewhere: as a package of the same work */
            add(rate, x, expected, expected);
    }
    fade(rate, expected);
    add(rate, x, t, expected);
    fit(rate);
}
