/* SPDX-License-Identifier: MIT
 * The tests of the suite pipeline that stand in test_pipeline_run.c. */
#ifndef YOKE_TESTS_TEST_PIPELINE_H
#define YOKE_TESTS_TEST_PIPELINE_H

void test_pipeline_hostile(void);
void test_pipeline_fuzz(void);
void test_pipeline_process(void);
void test_pipeline_process_errors(void);
void test_pipeline_stages(void);

#endif
