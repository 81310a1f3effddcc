/* SPDX-License-Identifier: MIT
 *
 * Scheduling policies: who computes how many rows next. A policy is three pure functions of plain state (no locks, no
 * clock, no pointer to data), so that one and the same policy runs on real devices, in tests and in a simulator. One
 * file each, one line in policy.c. The caller serialises calls on one state.
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

/* What a policy may know of the job. */
struct yk_policy_job {
    uint64_t rows; /* all of them */
    uint64_t left; /* not yet given to anyone */
    uint64_t granule; /* least rows worth a package */
    unsigned waiting; /* other images that could start on a free lane now */
    unsigned device_count;
    const struct yk_policy_device *devices;
};

/* The numbers after the colon: "static:3,1", "dynamic:16", "single:1". */
struct yk_policy_arguments {
    unsigned count;
    double number[YK_POLICY_DEVICES];
};

struct yk_policy_state {
    struct yk_policy_arguments arguments;
    uint64_t share[YK_POLICY_DEVICES]; /* rows a device is still to get, for policies that divide beforehand */
    uint64_t package;                  /* rows of one package, for those that do not */
};

struct yk_policy {
    const char *name;
    const char *usage; /* "dynamic:ROWS" */
    const char *doc;
    unsigned most_arguments;
    double least, greatest; /* bounds of each argument */
    /* Sets the state up for a job; state->arguments is already filled in. */
    void (*start)(struct yk_policy_state *state, const struct yk_policy_job *job);
    /* Rows that `device` takes next, at most job->left; 0: none now. While rows are left and nobody works, some device
     * that is not retired gets more than 0. */
    uint64_t (*next)(struct yk_policy_state *state, unsigned device, const struct yk_policy_job *job);
    /* A package of `rows` rows came back after `nanoseconds`; !ok: the device failed and the rows go elsewhere. */
    void (*done)(struct yk_policy_state *state, unsigned device, uint64_t rows, uint64_t nanoseconds, bool ok);
};

/* Policy number `index`, NULL past the end. */
const struct yk_policy *yk_policy_at(size_t index);

/* Finds the policy in a text such as "dynamic:16" and reads its numbers. Errors: YK_ERR_UNKNOWN (with what exists),
 * YK_ERR_PARSE, YK_ERR_RANGE. */
enum yk_status yk_policy_parse(const char *text, const struct yk_policy **policy,
                               struct yk_policy_arguments *arguments, struct yk_error *error);

extern const struct yk_policy yk_policy_single;
extern const struct yk_policy yk_policy_static;
extern const struct yk_policy yk_policy_dynamic;

#endif
