/* SPDX-License-Identifier: MIT
 * What the files of the suite sched share: a splitter over devices that do not exist. */
#ifndef YOKE_TESTS_TEST_SCHED_H
#define YOKE_TESTS_TEST_SCHED_H

#include "policy.h"
#include "splitter.h"

enum { MOST_DEVICES = 8 };

struct sched_rig {
    struct yk_policy_device devices[MOST_DEVICES];
    unsigned count;
    struct yk_splitter splitter;
};

/* Starts a job on rig->devices. */
void sched_start(struct sched_rig *rig, const char *sched, uint64_t rows, uint64_t granule, unsigned waiting);

void test_sched_rules(void);
void test_sched_failures(void);
void test_sched_granule(void);
void test_sched_pure(void);

#endif
