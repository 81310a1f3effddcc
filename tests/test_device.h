/* SPDX-License-Identifier: MIT
 * The tests of the suite device that stand in test_device_bands.c. */
#ifndef YOKE_TESTS_TEST_DEVICE_H
#define YOKE_TESTS_TEST_DEVICE_H

void test_device_splits(void);
void test_device_guards(void);
void test_device_statistics(void);

#endif
