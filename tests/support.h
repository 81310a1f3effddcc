/* SPDX-License-Identifier: MIT
 *
 * What every suite may use: counted skips, the shared data folder, seeded random numbers, scratch folders,
 * whole files, buffers between guard pages, image comparison. Main thread only, except where a function says
 * so. A helper that cannot get memory or a folder ends the test program: there is nothing left to test.
 */
#ifndef YOKE_TESTS_SUPPORT_H
#define YOKE_TESTS_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#if defined(__has_feature) /* clang; GCC has the macros */
#define YK_TEST_FEATURE(name) __has_feature(name)
#else
#define YK_TEST_FEATURE(name) 0
#endif
#if defined(__SANITIZE_THREAD__) || YK_TEST_FEATURE(thread_sanitizer)
#define YK_UNDER_TSAN 1
#else
#define YK_UNDER_TSAN 0
#endif

#include <yoke/image.h>

/* void yk_suite_<name>(void) of every suite: adds one CUnit suite or more to the registry. */
#define YK_SUITE(name) void yk_suite_##name(void);
#include "suites.h"
#undef YK_SUITE

/* Counts one check that could not run, under a reason such as "no OpenCL device". The runner prints the total
 * and every distinct reason, so that "all green" cannot mean "nothing ran". */
void yk_skip(const char *reason);

/* Keeps one line (printf style, no line end) that the runner prints just before the run summary: for figures
 * such as how many cells of a matrix ran. */
__attribute__((format(printf, 1, 2))) void yk_note(const char *format, ...);

/* Number of skipped checks so far; prints notes and skips to `stream`. For the runner. */
size_t yk_skip_count(void);
void yk_support_report(FILE *stream);
/* Frees what skips and notes hold. For the runner, last. */
void yk_support_end(void);

/* Folder of the data by others ($YOKE_SHARED_DATA, else ../shared/data beside the source folder), NULL where
 * it is missing: then call yk_skip. Static storage. */
const char *yk_shared_data(void);

/* The project's own data folder (data/ of the source tree). Static storage. */
const char *yk_own_data(void);

/* splitmix64: a full-period generator with a 64-bit state; equal seeds give equal sequences everywhere.
 * Any thread, one state each. */
struct yk_random {
    uint64_t state;
};
uint64_t yk_random_u64(struct yk_random *random);
/* Uniform in 0 .. bound - 1 (bound >= 1), without modulo bias. */
uint64_t yk_random_below(struct yk_random *random, uint64_t bound);
/* Uniform in [0, 1) with 53 random bits. */
double yk_random_unit(struct yk_random *random);
void yk_random_fill(struct yk_random *random, void *data, size_t size);

/* Makes an empty scratch folder under $TMPDIR; the caller owns the name: yk_temp_remove deletes the folder
 * with all in it (links are not followed) and frees the name. */
char *yk_temp_make(void);
void yk_temp_remove(char *folder);

/* "folder/name" in malloc'ed memory; the caller frees it. */
char *yk_path_join(const char *folder, const char *name);

/* Whole files. Read: malloc'ed content plus a zero byte, owned by the caller, NULL where it cannot be read.
 * Write: creates or replaces; false where that fails. */
uint8_t *yk_file_read(const char *path, size_t *size);
bool yk_file_write(const char *path, const void *data, size_t size);

/* `size` bytes that end right before an inaccessible page (YK_GUARD_END: an overrun by one byte crashes; the
 * alignment of data is then that of size) or begin right after one (YK_GUARD_START: an underrun crashes).
 * The rest of the page on the other side holds a pattern that yk_guard_free checks. */
enum yk_guard_side { YK_GUARD_END, YK_GUARD_START };
struct yk_guard {
    uint8_t *data; /* initialised to 0xA5 */
    size_t size;
    void *map;
    size_t map_size;
};
struct yk_guard yk_guard_alloc(size_t size, enum yk_guard_side side);
/* Frees the buffer; false where bytes beside it were changed. */
bool yk_guard_free(struct yk_guard *guard);

/* Whether two images have the same size and format and no sample differs by more than `tolerance`. Where not,
 * prints `label`, the first difference, the number of differing samples and the largest difference. */
bool yk_image_equal(const struct yk_image *got, const struct yk_image *expected, unsigned tolerance,
                    const char *label);

#endif
