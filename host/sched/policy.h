/* SPDX-License-Identifier: MIT
 *
 * Scheduling policies: who computes how many rows next. A policy is three pure functions of plain state (no
 * locks, no clock, no pointer to data), so that one and the same policy runs on real devices, in tests and in
 * a simulator. One file each, one line in policy.c. The caller serialises calls on one state.
 */
#ifndef YOKE_SCHED_POLICY_H
#define YOKE_SCHED_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/status.h>

enum { YK_POLICY_DEVICES = 32 };

/* What a policy may know of a device. */
struct yk_policy_device {
    unsigned lanes; /* bands it works on side by side: threads of the CPU, 1 for others */
    bool retired;   /* failed; gets nothing more */
};

/* What is known of a device's speed for the work at hand, from a profile or from earlier jobs of this run;
 * all zero: nothing. The owner keeps one per device and kind of work, and feeds it with yk_policy_learn. */
struct yk_policy_rate {
    double rate; /* work per ms of all lanes together, in the unit of yk_policy_job.row_work; 0: unknown */
    double overhead_ns; /* what a package costs besides its rows; 0: unknown or none */
    double setup_ns;    /* what the first package costs on top (compiling, first touch); 0: unknown or already
                           paid */
    unsigned samples;   /* packages learned from */
    /* Sums over packages of work x and time t (ms), each weighed by 1 / t^2 and the older ones less: for the
     * line t = overhead + x / rate through them. */
    double sum, sum_x, sum_t, sum_xx, sum_xt;
};

/* What a policy may know of the job. The splitter keeps `left` to `since_ns`; the owner fills in the rest. */
struct yk_policy_job {
    uint64_t rows;    /* all of them */
    uint64_t left;    /* never given to anyone */
    uint64_t granule; /* least rows worth a package; packages are multiples of it, but for the last */
    unsigned waiting; /* other images that could start on a free lane now */
    unsigned device_count;
    const struct yk_policy_device *devices;
    const struct yk_policy_rate *rates; /* one per device, may change meanwhile; NULL: nothing is known */
    const double *busy; /* one per device: the part, from 0 to below 1, of its lanes' time that goes to other
                           work (decoding, encoding), by which its rate for rows is lower; may change
                           meanwhile; NULL: none */
    double row_work;    /* work of one row in the unit of the rates (pixels, say); 0: 1 */
    uint64_t halo;      /* rows that a package needs above and below its own, together */
    uint64_t now_ns;    /* the time of the call; always 0 where the owner has no clock */
    uint64_t returned;  /* rows that came back from devices that failed and wait to be given out again */
    uint64_t held[YK_POLICY_DEVICES];   /* rows given to the device and not yet back */
    uint64_t oldest[YK_POLICY_DEVICES]; /* those of them that it works on; the others wait in a second slot */
    uint64_t since_ns[YK_POLICY_DEVICES]; /* since when */
};

/* The numbers after the colon: "static:3,1", "dynamic:16", "single:1". */
struct yk_policy_arguments {
    unsigned count;
    double number[YK_POLICY_DEVICES];
};

/* What a policy has measured of a device in this job. */
struct yk_policy_estimate {
    double rate;  /* rows per ms of all lanes together, those of the halo counted; 0: none yet */
    bool told;    /* known when the job began */
    bool trusted; /* from a profile or from a package that was not a lane's first: else only a lower bound */
    uint64_t largest; /* rows of its largest package so far, in all lanes */
    unsigned samples; /* packages that came back */
    unsigned lanes;
    double before, last_rows, last_ms; /* the rate before the last package, and what that was; 0: none yet */
    double small_rows, small_ms; /* the first package that was neither a lane's first nor of a device that is
                                    trusted: what a package costs besides its rows; 0: none */
};

struct yk_policy_state {
    struct yk_policy_arguments arguments;
    uint64_t
        share[YK_POLICY_DEVICES]; /* rows a device is still to get, for policies that divide beforehand */
    uint64_t package;             /* rows of one package, for those that do not */
    struct yk_policy_estimate estimate[YK_POLICY_DEVICES]; /* for those that measure */
    uint64_t halo;                                         /* of the job, for them too */
};

struct yk_policy {
    const char *name;
    const char *usage; /* "dynamic:ROWS" */
    const char *doc;
    unsigned most_arguments;
    double least, greatest; /* bounds of each argument */
    bool shared;            /* a package is meant for all lanes of a device together, not for one */
    /* Sets the state up for a job; state->arguments is already filled in. */
    void (*start)(struct yk_policy_state *state, const struct yk_policy_job *job);
    /* Rows that `device` takes next, at most job->left; 0: none now. While rows are left and nobody works,
     * some device that is not retired gets more than 0. */
    uint64_t (*next)(struct yk_policy_state *state, unsigned device, const struct yk_policy_job *job);
    /* How many of `rows` rows that came back from another device this one takes, as `next`. NULL: all of
     * them. */
    uint64_t (*again)(struct yk_policy_state *state, unsigned device, const struct yk_policy_job *job,
                      uint64_t rows);
    /* A package of `rows` rows came back after `nanoseconds` of work on it alone (0: unknown); !ok: the
     * device failed and the rows go elsewhere. */
    void (*done)(struct yk_policy_state *state, unsigned device, uint64_t rows, uint64_t nanoseconds,
                 bool ok);
};

/* Policy number `index`, NULL past the end. */
const struct yk_policy *yk_policy_at(size_t index);

/* Finds the policy in a text such as "dynamic:16" and reads its numbers. Errors: YK_ERR_UNKNOWN (with what
 * exists), YK_ERR_PARSE, YK_ERR_RANGE. */
enum yk_status yk_policy_parse(const char *text, const struct yk_policy **policy,
                               struct yk_policy_arguments *arguments, struct yk_error *error);

/* The granule of a job of so many rows on these devices: the least part that it is divided into. */
uint64_t yk_policy_granule(uint64_t rows, const struct yk_policy_device *devices, unsigned count);

/* Takes one package into what is known of a device: `work` ((rows + halo) x row_work) done by one of its
 * `lanes` in `nanoseconds`. Each lane's first package is not believed (compiling, first touch); through the
 * others goes a line, whose slope is the rate and whose start the overhead. */
void yk_policy_learn(struct yk_policy_rate *rate, double work, unsigned lanes, uint64_t nanoseconds);

extern const struct yk_policy yk_policy_auto;
extern const struct yk_policy yk_policy_guided;
extern const struct yk_policy yk_policy_single;
extern const struct yk_policy yk_policy_static;
extern const struct yk_policy yk_policy_dynamic;

#endif
