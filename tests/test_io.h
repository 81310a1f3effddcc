/* SPDX-License-Identifier: MIT
 * What the I/O suites share: a place for one outcome, a scratch folder, a run of one body on every engine. */
#ifndef YOKE_TESTS_TEST_IO_H
#define YOKE_TESTS_TEST_IO_H

#include <stdbool.h>
#include <stdint.h>

#include <yoke/io.h>

/* What one request came to. Written by the I/O thread, read after yk_io_close. */
struct io_outcome {
    enum yk_status status;
    char text[YK_ERROR_TEXT];
    uint8_t *data; /* owned */
    size_t size;
    uint64_t nanoseconds;
    unsigned calls;        /* of the callback */
    unsigned order;        /* its place among the callbacks of `io_order`, from 0 */
    struct yk_io *cancels; /* not NULL: the callback cancels this */
};

/* The callback for a struct io_outcome. */
void io_record(void *context, struct yk_io_result *result);

/* Clears an outcome and frees its data. */
void io_forget(struct io_outcome *outcome);

/* Opens an engine, asserts that it is the one asked for. */
struct yk_io *io_start(enum yk_io_engine engine, unsigned depth);

/* One request on its own I/O thread, from open to close. */
void io_read_one(enum yk_io_engine engine, const char *path, uint64_t max_bytes, struct io_outcome *outcome);
void io_write_one(enum yk_io_engine engine, const char *path, const void *data, size_t size,
                  enum yk_overwrite overwrite, struct io_outcome *outcome);

/* Runs `body` on both engines in a fresh scratch folder each; counts a skip where io_uring is not to be had.
 */
void io_each_engine(void (*body)(enum yk_io_engine engine, const char *folder));

/* Entries of a folder without "." and "..": to see that nothing was left behind. -1 where it cannot be read.
 */
int io_entries(const char *folder);

/* Whether the file holds exactly these bytes. */
bool io_holds(const char *path, const void *data, size_t size);

/* `size` bytes that differ between any two places near each other; malloc'ed, the caller frees them. */
uint8_t *io_pattern(size_t size, unsigned seed);

/* "folder/name" in one of a few static buffers, good for the next seven calls. */
const char *io_path(const char *folder, const char *name);

/* Adds the tests of the other files to the suite. */
struct CU_Suite;
void io_add_queue_tests(struct CU_Suite *suite);
void io_add_step_tests(struct CU_Suite *suite);
void io_add_write_tests(struct CU_Suite *suite);
void io_add_stream_tests(struct CU_Suite *suite);

#endif
