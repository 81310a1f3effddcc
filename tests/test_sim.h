/* SPDX-License-Identifier: MIT
 * What the files of the suite sim share, and the tests that do not stand in test_sim.c. */
#ifndef YOKE_TESTS_TEST_SIM_H
#define YOKE_TESTS_TEST_SIM_H

#include <yoke/sim.h>

/* A CPU of speed 1 and a device of speed `ratio` (yk_sim_machine). */
void sim_pair(struct yk_sim_setup *setup, double ratio, double ms);

/* A device without overheads and noise; a setup with one (b without lanes) or two devices; a run that must be
 * well. */
struct yk_sim_device sim_plain(double rate, unsigned slots);
struct yk_sim_setup sim_setup(const char *policy, uint64_t rows, struct yk_sim_device a,
                              struct yk_sim_device b);
struct yk_sim_result sim_run(const struct yk_sim_setup *setup);

void test_sim_errors(void);
void test_sim_trace(void);
void test_sim_gates(void);
void test_sim_no_profile(void);
void test_sim_stays(void);
void test_sim_halo(void);
void test_sim_overhead(void);
void test_sim_planted(void);

#endif
