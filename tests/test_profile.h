/* SPDX-License-Identifier: MIT
 * What the files of the suite profile share. */
#ifndef YOKE_TESTS_TEST_PROFILE_H
#define YOKE_TESTS_TEST_PROFILE_H

#include "profile.h"

/* An entry with the given numbers, of work "blur*2^4 rgb8" on a device called `device`. */
struct yk_profile_entry profile_entry(const char *device, unsigned size, uint64_t rate, unsigned samples,
                                      uint64_t learnt);

void test_profile_writers(void);
void test_profile_refused(void);
void test_profile_path(void);
void test_profile_kinds(void);
void test_profile_learning(void);
void test_profile_recall(void);
void test_profile_busy(void);
void test_profile_tail(void);
void test_profile_runs(void);
void test_profile_one_device(void);
void test_profile_calibrated(void);
void test_profile_slow_device(void);

#endif
