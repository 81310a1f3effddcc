/* SPDX-License-Identifier: MIT
 * The tests of the suite device that stand in test_device_*.c. */
#ifndef YOKE_TESTS_TEST_DEVICE_H
#define YOKE_TESTS_TEST_DEVICE_H

void test_device_splits(void);
void test_device_guards(void);
void test_device_statistics(void);
void test_device_feed(void);
void test_device_feed_fails(void);
void test_decorate_texts(void);
void test_decorate_faults(void);
void test_decorate_hang(void);
void test_decorate_time(void);

#endif
