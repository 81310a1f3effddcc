/* SPDX-License-Identifier: MIT
 * The CUnit runner: registers the suites of suites.h, runs them, and ends with CUnit's run summary.
 * CUnit's basic interface prints its summary before it returns, so the handlers are set here: notes and
 * skipped checks come first, the summary is the last output. */
#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support.h"

static const struct {
    const char *name;
    void (*add)(void);
} suites[] = {
#define YK_SUITE(name) {#name, yk_suite_##name},
#include "suites.h"
#undef YK_SUITE
};

enum { SUITE_COUNT = sizeof suites / sizeof suites[0] };

/* What the handlers, which get no context, keep between calls. */
static struct {
    struct timespec started;
    size_t skips;
} current;

static void suite_start(const CU_pSuite suite)
{
    printf("\nSuite: %s\n", suite->pName);
}

static void test_start(const CU_pTest test, const CU_pSuite suite)
{
    (void)suite;
    printf("  Test: %s ...", test->pName);
    fflush(stdout); /* so that a crash shows which test it was */
    current.skips = yk_skip_count();
    clock_gettime(CLOCK_MONOTONIC, &current.started);
}

static void test_complete(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failures)
{
    (void)test;
    (void)suite;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds = (double)(now.tv_sec - current.started.tv_sec) +
                     1e-9 * (double)(now.tv_nsec - current.started.tv_nsec);
    printf("%s (%.3f s", failures ? "FAILED" : "passed", seconds);
    if (yk_skip_count() > current.skips)
        printf(", %zu checks skipped", yk_skip_count() - current.skips);
    printf(")\n");
    unsigned number = 1;
    for (CU_pFailureRecord record = failures; record; record = record->pNext)
        printf("    %u. %s:%u  - %s\n", number++, record->strFileName, record->uiLineNumber,
               record->strCondition);
    fflush(stdout);
}

static void suite_init_failed(const CU_pSuite suite)
{
    printf("FAILED: the set-up of suite %s\n", suite->pName);
}

static void suite_cleanup_failed(const CU_pSuite suite)
{
    printf("FAILED: the clean-up of suite %s\n", suite->pName);
}

static void all_complete(const CU_pFailureRecord failures)
{
    (void)failures;
    printf("\n");
    yk_support_report(stdout);
    CU_print_run_results(stdout);
    printf("\n");
    fflush(stdout);
}

static int usage(FILE *stream)
{
    fprintf(stream, "usage: yoke_tests [--suite NAME]... [--list] [--help]\n"
                    "  --suite NAME  run this suite only (may be repeated)\n"
                    "  --list        print the names of the suites\n"
                    "exit: 0 all passed, 1 something failed or nothing ran, 2 wrong usage\n");
    return stream == stdout ? 0 : 2;
}

/* Marks what the arguments choose. Returns -1 to go on, else the exit code. */
static int choose(int argc, char **argv, bool *chosen)
{
    bool any = false;
    int i = 0;
    while (++i < argc) {
        if (strcmp(argv[i], "--help") == 0)
            return usage(stdout);
        if (strcmp(argv[i], "--list") == 0) {
            for (size_t k = 0; k < SUITE_COUNT; k++)
                puts(suites[k].name);
            return 0;
        }
        if (strcmp(argv[i], "--suite") != 0 || i + 1 == argc)
            return usage(stderr);
        const char *name = argv[++i];
        size_t k = 0;
        while (k < SUITE_COUNT && strcmp(name, suites[k].name) != 0)
            k++;
        if (k == SUITE_COUNT) {
            fprintf(stderr, "yoke_tests: no suite '%s'; --list shows the names\n", name);
            return 2;
        }
        chosen[k] = any = true;
    }
    for (size_t k = 0; k < SUITE_COUNT && !any; k++)
        chosen[k] = true;
    return -1;
}

int main(int argc, char **argv)
{
    bool chosen[SUITE_COUNT] = {false};
    int code = choose(argc, argv, chosen);
    if (code >= 0)
        return code;
    /* Compiled kernels and program caches stay in the build folder, not in the person's home. */
    setenv("POCL_CACHE_DIR", YOKE_TEST_BUILD_DIR "/pocl_cache", 0);
    setenv("XDG_CACHE_HOME", YOKE_TEST_BUILD_DIR "/cache", 0);
    if (CU_initialize_registry() != CUE_SUCCESS) {
        fprintf(stderr, "yoke_tests: %s\n", CU_get_error_msg());
        return 70;
    }
    for (size_t k = 0; k < SUITE_COUNT; k++) {
        if (!chosen[k])
            continue;
        unsigned before = CU_get_registry()->uiNumberOfSuites;
        suites[k].add();
        if (CU_get_error() != CUE_SUCCESS || CU_get_registry()->uiNumberOfSuites == before) {
            fprintf(stderr, "yoke_tests: suite %s cannot be added: %s\n", suites[k].name, CU_get_error_msg());
            return 70;
        }
    }
    CU_set_suite_start_handler(suite_start);
    CU_set_test_start_handler(test_start);
    CU_set_test_complete_handler(test_complete);
    CU_set_all_test_complete_handler(all_complete);
    CU_set_suite_init_failure_handler(suite_init_failed);
    CU_set_suite_cleanup_failure_handler(suite_cleanup_failed);
    printf("     CUnit - A unit testing framework for C - Version %s\n", CU_VERSION);
    CU_ErrorCode status = CU_run_all_tests();
    bool good =
        status == CUE_SUCCESS && CU_get_number_of_tests_run() > 0 && CU_get_number_of_failure_records() == 0;
    CU_cleanup_registry();
    yk_support_end();
    return good ? 0 : 1;
}
