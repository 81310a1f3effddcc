/* SPDX-License-Identifier: MIT
 * The helpers of the other suites: each must be able to report the fault it is for. */
#include <CUnit/CUnit.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

/* First outputs of splitmix64 for seed 1234567, as published on Rosetta Code ("Pseudo-random
 * numbers/Splitmix64"). */
static void test_random(void)
{
    struct yk_random random = {1234567};
    CU_ASSERT_EQUAL(yk_random_u64(&random), UINT64_C(6457827717110365317));
    CU_ASSERT_EQUAL(yk_random_u64(&random), UINT64_C(3203168211198807973));
    CU_ASSERT_EQUAL(yk_random_u64(&random), UINT64_C(9817491932198370423));
    unsigned seen[3] = {0};
    for (int i = 0; i < 300; i++)
        seen[yk_random_below(&random, 3)]++;
    CU_ASSERT(seen[0] > 50 && seen[1] > 50 && seen[2] > 50);
    double unit = yk_random_unit(&random);
    CU_ASSERT(unit >= 0.0 && unit < 1.0);
    uint8_t bytes[12] = {0}, zeros[12] = {0};
    yk_random_fill(&random, bytes, 11);
    CU_ASSERT(memcmp(bytes, zeros, 11) != 0);
    CU_ASSERT_EQUAL(bytes[11], 0);
}

/* Whether writing to `address` kills a child process. */
static bool write_crashes(volatile uint8_t *address)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        fclose(stderr); /* a sanitizer's report of this wanted crash would look like a failure */
        *address = 1;
        _exit(0);
    }
    int status = 0;
    CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
    return !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_guard(void)
{
    for (size_t size = 0; size < 9000; size += 4095) {
        struct yk_guard end = yk_guard_alloc(size, YK_GUARD_END);
        memset(end.data, 0, size);
        CU_ASSERT(write_crashes(end.data + size));
        CU_ASSERT(yk_guard_free(&end));
        struct yk_guard start = yk_guard_alloc(size, YK_GUARD_START);
        memset(start.data, 0, size);
        CU_ASSERT(write_crashes(start.data - 1));
        start.data[size] = 0; /* the page's rest: no crash, but seen at the end */
        CU_ASSERT_FALSE(yk_guard_free(&start));
    }
}

static void test_files(void)
{
    char *folder = yk_temp_make();
    char *path = yk_path_join(folder, "a");
    CU_ASSERT(yk_file_write(path, "one\0two", 7));
    size_t size = 0;
    uint8_t *data = yk_file_read(path, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    CU_ASSERT_EQUAL(size, 7);
    CU_ASSERT_EQUAL(memcmp(data, "one\0two", 8), 0);
    free(data);

    size_t large = 200001; /* more than one growth of the reading buffer */
    uint8_t *out = malloc(large);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    struct yk_random random = {7};
    yk_random_fill(&random, out, large);
    CU_ASSERT(yk_file_write(path, out, large));
    data = yk_file_read(path, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    CU_ASSERT_EQUAL(size, large);
    CU_ASSERT_EQUAL(memcmp(data, out, large), 0);
    free(out);
    free(data);

    char *missing = yk_path_join(folder, "missing/file");
    CU_ASSERT_PTR_NULL(yk_file_read(missing, &size));
    CU_ASSERT_FALSE(yk_file_write(missing, "x", 1));
    char *kept = strdup(folder);
    yk_temp_remove(folder);
    CU_ASSERT_NOT_EQUAL(access(kept, F_OK), 0);
    free(kept);
    free(missing);
    free(path);
}

/* Runs the comparison with its report sent away: these differences are wanted. */
static bool quiet_equal(const struct yk_image *a, const struct yk_image *b, unsigned tolerance)
{
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    CU_ASSERT_PTR_NOT_NULL_FATAL(freopen("/dev/null", "w", stdout));
    bool equal = yk_image_equal(a, b, tolerance, "planted");
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    return equal;
}

static void test_image_equal(void)
{
    uint8_t pixels_a[2 * 64] = {0}, pixels_b[2 * 64] = {0};
    struct yk_image a = {.width = 5, .height = 2, .format = {3, 1, 16}, .stride = 64, .pixels = pixels_a};
    struct yk_image b = a;
    b.pixels = pixels_b;
    CU_ASSERT(quiet_equal(&a, &b, 0));
    pixels_b[64 + 40] = 9; /* right of the last sample: padding, not compared */
    CU_ASSERT(quiet_equal(&a, &b, 0));
    uint16_t value = 300;
    memcpy(pixels_b + 64 + 38, &value, sizeof value); /* x=4 y=1 channel 3: the very last sample */
    CU_ASSERT_FALSE(quiet_equal(&a, &b, 299));
    CU_ASSERT(quiet_equal(&a, &b, 300));
    b.width = 4;
    CU_ASSERT_FALSE(quiet_equal(&a, &b, 65535));
    b.width = 5;
    b.format.depth = 8;
    CU_ASSERT_FALSE(quiet_equal(&a, &b, 65535));
}

void yk_suite_support(void)
{
    CU_pSuite suite = CU_add_suite("support", NULL, NULL);
    CU_add_test(suite, "splitmix64 gives the published numbers", test_random);
    CU_add_test(suite, "guard pages catch one byte on either side", test_guard);
    CU_add_test(suite, "scratch folders and whole files", test_files);
    CU_add_test(suite, "image comparison finds the last sample", test_image_equal);
}
