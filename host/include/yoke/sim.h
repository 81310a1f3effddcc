/* SPDX-License-Identifier: MIT
 *
 * The scheduler on a virtual clock: the same splitter and policies that serve real devices, on devices that
 * are only rates, overheads, noise and faults. A run of seconds takes microseconds, and equal setups (the
 * seed is part of it) give equal runs on every machine.
 *
 * Times are nanoseconds since the start of the run. Nothing here keeps state: any thread.
 */
#ifndef YOKE_SIM_H
#define YOKE_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/status.h>
#include <yoke/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { YK_SIM_DEVICES = 32, YK_SIM_LANES = 1024 /* most lanes of one device */ };

/* What a row costs, by its place in the image; the mean is 1 for each. */
enum yk_sim_shape {
    YK_SIM_FLAT,
    YK_SIM_RAMP, /* grows down the image; the last row costs 4 times the first */
    YK_SIM_BURST /* 4 times the cost in one quarter of the rows, which the seed places */
};

/* What the policy is told of the devices beforehand. */
enum yk_sim_profile {
    YK_SIM_EXACT,  /* rate, overhead and cold cost as they are */
    YK_SIM_NEAR,   /* each wrong by up to 20 %, evenly */
    YK_SIM_OFF,    /* each wrong by a factor of 1.6 to 2.5, up or down */
    YK_SIM_NONE,   /* nothing */
    YK_SIM_LEARNED /* what two jobs before this one taught, which began with nothing; devices are warm */
};

struct yk_sim_device {
    double rate;        /* rows of mean cost per ms, all lanes together; > 0 */
    unsigned lanes;     /* packages it works on side by side: threads of a CPU; 1 to YK_SIM_LANES */
    unsigned slots;     /* packages that a lane holds, the one it works on included: 1 or 2 */
    double overhead_ns; /* that every package costs */
    double cold_ns;     /* that a lane's first package costs on top: compiling, first touch */
    double latency_ns;  /* from submission until work can begin: hidden while another package is worked on */
    double noise;       /* standard deviation of the logarithm of a package's time; its mean is kept */
    double slow_at_ns;  /* from then on ... */
    double slow_factor; /* ... rows take so many times as long; 0 or 1: never */
    unsigned fail_at;   /* its package number so much, from 1, fails when it should be done; 0: never */
    unsigned hang_at;   /* the same, but never ends; 0: never */
    double deadline_ns; /* after submission; when that a package hangs is noticed */
};

enum yk_sim_outcome { YK_SIM_DONE, YK_SIM_FAILED, YK_SIM_HUNG, YK_SIM_DROPPED /* its device is gone */ };

/* One package, told when it is over. */
struct yk_sim_event {
    unsigned device, lane;
    uint64_t begin, end; /* rows, half open */
    uint64_t submitted_ns, start_ns, end_ns;
    enum yk_sim_outcome outcome;
};

struct yk_sim_setup {
    const char *policy; /* as --sched: "auto", "dynamic:16" */
    struct yk_sim_device devices[YK_SIM_DEVICES];
    unsigned device_count;
    uint64_t rows;    /* 1 to 2^32 */
    uint64_t granule; /* rows that packages are multiples of; 0: as in a real run, by the rows */
    uint64_t halo;    /* rows that a package needs above and below its own, together: computed twice */
    enum yk_sim_shape shape;
    enum yk_sim_profile profile;
    uint64_t seed;
    void (*observe)(void *context, const struct yk_sim_event *event); /* NULL: nobody watches */
    void *context;
    struct yk_trace *trace; /* borrowed; records every package on the virtual clock. NULL: none */
};

struct yk_sim_device_result {
    uint64_t rows; /* done by it */
    unsigned packages;
    uint64_t busy_ns, finish_ns; /* its last package was done */
    double alone_ns;             /* the job on it alone, cold, without noise and faults */
    bool retired;                /* failed or hung */
};

struct yk_sim_result {
    uint64_t makespan_ns;
    double ideal_ns; /* all devices at full speed, cold costs in proportion: 1 / sum of 1 / alone_ns. A device
                        that failed counts for what it did, one that slowed down for what it could */
    double efficiency; /* ideal / makespan */
    double balance;    /* first finish / last finish of the devices that did rows and lived; 1: one device */
    double regret;     /* makespan / time of the best device alone - 1 */
    double recover_ns; /* at the last failure: until then, and what was not done at the speed of those left;
                          0: no failure */
    uint64_t longest_ns; /* the longest package */
    unsigned used;       /* devices that did rows */
    unsigned packages;
    double sched_ns; /* real time in the scheduler per package: the only figure that varies */
    struct yk_sim_device_result devices[YK_SIM_DEVICES];
};

/* Runs one job. Errors: YK_ERR_INVALID (a field out of bounds), those of a policy's text, YK_ERR_NOMEM,
 * YK_ERR_DEVICE (every device failed), YK_ERR_INTERNAL (the policy left rows that nobody takes: a defect). */
enum yk_status yk_sim_run(const struct yk_sim_setup *setup, struct yk_sim_result *result,
                          struct yk_error *error);

/* ---- series: one setup, many seeds ---- */

struct yk_sim_series {
    struct yk_sim_setup setup; /* runs with seed, seed + 1, ... */
    unsigned seeds;            /* at least 1 */
};

struct yk_sim_summary {
    double efficiency, efficiency_worst, efficiency_p95; /* mean; worst; reached by 95 % of the seeds */
    double balance;               /* mean over runs that used several devices, else 1 */
    double regret, regret_worst;  /* mean; worst */
    double packages, makespan_ns; /* means */
    double sched_ns;              /* median of the runs' means */
    unsigned several;             /* runs that used several devices */
};

/* Runs a series. Errors: as yk_sim_run, of the first run that fails. */
enum yk_status yk_sim_series_run(const struct yk_sim_series *series, struct yk_sim_summary *summary,
                                 struct yk_error *error);

/* A job of 4096 rows, and devices of these relative speeds, of which the fastest needs `ms` for it alone. The
 * first is a CPU (one lane, cheap packages), the others are devices with two slots; overheads, cold costs and
 * noise are those of the study that the gates come from. policy, shape, profile, seed are left 0. Errors:
 * YK_ERR_INVALID (count not in 1 .. YK_SIM_DEVICES; a speed not in 1e-3 .. 1e6, or ms not in 1 .. 1e9). */
enum yk_status yk_sim_machine(struct yk_sim_setup *setup, const double *speeds, unsigned count, double ms,
                              struct yk_error *error);

/* ---- gates ---- */

/* Bounds that a schedule must keep in every case, and in the mean over all cases of one length. */
struct yk_sim_gate {
    double ms; /* jobs at least so long */
    double efficiency_mean, efficiency_case;
};

/* What all gates share: means of a case. */
#define YK_SIM_LEAST_BALANCE 0.95
#define YK_SIM_MOST_REGRET   0.03
#define YK_SIM_MOST_SCHED_NS 2000.0

/* The ratios and lengths of the gates' cases; false past the end. Every ratio goes with every shape and
 * length. */
bool yk_sim_gate_ratio(size_t index, double *ratio);
bool yk_sim_gate_ms(size_t index, double *ms);

/* The bounds of efficiency for a job of `ms`. */
struct yk_sim_gate yk_sim_gate_for(double ms);

/* Whether efficiency and balance are asked for: the profile is exact, near or learned, and no
 * device is faulty. */
bool yk_sim_gate_sound(const struct yk_sim_setup *setup);

/* What of the summary misses its gate: bits. Regret and cost are asked for always. */
enum { YK_SIM_MISS_EFFICIENCY = 1, YK_SIM_MISS_BALANCE = 2, YK_SIM_MISS_REGRET = 4, YK_SIM_MISS_COST = 8 };
unsigned yk_sim_gate_misses(const struct yk_sim_setup *setup, double ms,
                            const struct yk_sim_summary *summary);

#ifdef __cplusplus
}
#endif

#endif
