/* SPDX-License-Identifier: MIT
 * What `yoke bench sim` shows: its cases as a table of at most 80 columns, or as JSON. */
#ifndef YOKE_CLI_BENCH_SIM_H
#define YOKE_CLI_BENCH_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <yoke/sim.h>

/* The options. */
struct sim_values {
    const char *policy, *ratio, *slow, *fail, *hang, *trace;
    unsigned shape; /* 0: all; else the shape and 1 */
    unsigned profile;
    uint64_t ms; /* 0: the gates' lengths */
    uint64_t seeds, lanes, halo, rows;
    uint64_t overhead, latency, cold; /* us of the devices that are no CPU; 0: the gates' */
    bool json;
};

struct sim_case {
    double speeds[YK_SIM_DEVICES], ms;
    unsigned count; /* of them */
    enum yk_sim_shape shape;
    struct yk_sim_series series;
    struct yk_sim_summary summary;
    unsigned misses; /* yk_sim_gate_misses */
};

/* What was shown so far. */
struct sim_report {
    json_t *cases, *means; /* owned; NULL: a table */
    const struct sim_values *values;
    const char *profile;
    bool no_memory, missed, sound; /* sound: the gates of efficiency are asked for */
    unsigned count, in_length;     /* cases in all; since the last mean */
    double efficiency;             /* sum of these */
};

void sim_report_begin(struct sim_report *report, const struct sim_values *values, const char *profile);

/* Whether no case was shown yet. */
bool sim_report_empty(const struct sim_report *report);

void sim_report_case(struct sim_report *report, const struct sim_case *it);

/* The mean of the cases since the last one; `whole`: they are all cases of the gates. */
void sim_report_mean(struct sim_report *report, double ms, bool whole);

/* Ends it. Returns `code`; where that is CLI_GO_ON, whether all gates were kept. */
int sim_report_end(struct sim_report *report, int code);

#endif
