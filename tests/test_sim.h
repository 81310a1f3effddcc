/* SPDX-License-Identifier: MIT
 * The tests of the simulator that stand in test_sim_gates.c. */
#ifndef YOKE_TESTS_TEST_SIM_H
#define YOKE_TESTS_TEST_SIM_H

#include <yoke/sim.h>

/* A CPU of speed 1 and a device of speed `ratio` (yk_sim_machine). */
void sim_pair(struct yk_sim_setup *setup, double ratio, double ms);

void test_sim_gates(void);
void test_sim_no_profile(void);
void test_sim_planted(void);

#endif
