/* SPDX-License-Identifier: MIT
 * The I/O thread: reading files. Expected values are literals. Also the helpers of test_io.h. */
#include "test_io.h"

#include <CUnit/CUnit.h>
#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support.h"

#define NO_LIMIT UINT64_MAX

static atomic_uint order_next;

void io_record(void *context, struct yk_io_result *result)
{
    struct io_outcome *outcome = context;
    outcome->status = result->error.status;
    snprintf(outcome->text, sizeof outcome->text, "%s", result->error.text);
    outcome->data = result->data;
    outcome->size = result->size;
    outcome->nanoseconds = result->nanoseconds;
    outcome->calls++;
    outcome->order = atomic_fetch_add(&order_next, 1);
    if (outcome->cancels)
        yk_io_cancel(outcome->cancels);
}

void io_forget(struct io_outcome *outcome)
{
    yk_io_release(outcome->data);
    memset(outcome, 0, sizeof *outcome);
}

struct yk_io *io_start(enum yk_io_engine engine, unsigned depth)
{
    struct yk_io *io = NULL;
    struct yk_error error;
    CU_ASSERT_EQUAL_FATAL(yk_io_open(&io, engine, depth, &error), YK_OK);
    CU_ASSERT_STRING_EQUAL(yk_io_engine_name(io), engine == YK_IO_URING ? "uring" : "posix");
    atomic_store(&order_next, 0);
    return io;
}

void io_read_one(enum yk_io_engine engine, const char *path, uint64_t max_bytes, struct io_outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    struct yk_io *io = io_start(engine, 0);
    CU_ASSERT_EQUAL(yk_io_read(io, path, max_bytes, io_record, outcome, NULL), YK_OK);
    yk_io_close(io);
    CU_ASSERT_EQUAL(outcome->calls, 1);
}

void io_write_one(enum yk_io_engine engine, const char *path, const void *data, size_t size,
                  enum yk_overwrite overwrite, struct io_outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    struct yk_io *io = io_start(engine, 0);
    CU_ASSERT_EQUAL(yk_io_write(io, path, data, size, overwrite, io_record, outcome, NULL), YK_OK);
    yk_io_close(io);
    CU_ASSERT_EQUAL(outcome->calls, 1);
    CU_ASSERT_PTR_NULL(outcome->data);
}

void io_each_engine(void (*body)(enum yk_io_engine engine, const char *folder))
{
    static const enum yk_io_engine engines[] = {YK_IO_POSIX, YK_IO_URING};
    for (size_t i = 0; i < 2; i++) {
        struct yk_io *io = NULL;
        enum yk_status status = yk_io_open(&io, engines[i], 0, NULL);
        yk_io_close(io);
        if (status == YK_ERR_MISSING && engines[i] == YK_IO_URING) {
            yk_skip("no io_uring");
            continue;
        }
        char *folder = yk_temp_make();
        body(engines[i], folder);
        yk_temp_remove(folder);
    }
}

int io_entries(const char *folder)
{
    DIR *list = opendir(folder);
    if (!list)
        return -1;
    int count = -2;
    while (readdir(list))
        count++;
    closedir(list);
    return count;
}

bool io_holds(const char *path, const void *data, size_t size)
{
    size_t got = 0;
    uint8_t *content = yk_file_read(path, &got);
    bool same = content && got == size && (size == 0 || memcmp(content, data, size) == 0);
    free(content);
    return same;
}

uint8_t *io_pattern(size_t size, unsigned seed)
{
    uint8_t *data = malloc(size ? size : 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    struct yk_random random = {.state = seed};
    yk_random_fill(&random, data, size);
    return data;
}

const char *io_path(const char *folder, const char *name)
{
    static char buffers[8][4096];
    static unsigned next;
    char *buffer = buffers[next++ % 8];
    snprintf(buffer, sizeof buffers[0], "%s/%s", folder, name);
    return buffer;
}

static bool slack_is_zero(const struct io_outcome *outcome)
{
    for (size_t i = 0; i < 64; i++)
        if (outcome->data[outcome->size + i] != 0)
            return false;
    return true;
}

/* Sizes about the chunk of 1 MiB, an empty file, a large one: the same bytes, and zeros behind. */
static void read_exact(enum yk_io_engine engine, const char *folder)
{
    static const size_t sizes[] = {0, 1, 5, 4095, 4096, 1048575, 1048576, 1048577, 10000003};
    const char *path = io_path(folder, "in");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct io_outcome outcome;
        uint8_t *data = io_pattern(sizes[i], (unsigned)i);
        CU_ASSERT_TRUE_FATAL(yk_file_write(path, data, sizes[i]));
        io_read_one(engine, path, NO_LIMIT, &outcome);
        CU_ASSERT_EQUAL(outcome.status, YK_OK);
        CU_ASSERT_EQUAL(outcome.size, sizes[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(outcome.data);
        CU_ASSERT_EQUAL(memcmp(outcome.data, data, sizes[i]), 0);
        CU_ASSERT_TRUE(slack_is_zero(&outcome));
        CU_ASSERT(outcome.nanoseconds > 0);
        io_forget(&outcome);
        free(data);
    }
}

static void expect_refusal(enum yk_io_engine engine, const char *path, uint64_t max_bytes,
                           enum yk_status status, const char *format)
{
    struct io_outcome outcome;
    char text[4200];
    snprintf(text, sizeof text, "'%s'%s", path, format);
    io_read_one(engine, path, max_bytes, &outcome);
    CU_ASSERT_EQUAL(outcome.status, status);
    CU_ASSERT_PTR_NULL(outcome.data);
    CU_ASSERT_EQUAL(outcome.size, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(outcome.text, text));
    io_forget(&outcome);
}

/* Everything that is no regular file is refused at once; a FIFO without a writer must not hold up the thread.
 */
static void read_refused(enum yk_io_engine engine, const char *folder)
{
    expect_refusal(engine, io_path(folder, "none"), NO_LIMIT, YK_ERR_IO, ": No such file or directory");
    expect_refusal(engine, "", NO_LIMIT, YK_ERR_IO, ": No such file or directory");
    expect_refusal(engine, folder, NO_LIMIT, YK_ERR_IO, " is a folder, not a regular file");
    expect_refusal(engine, "/dev/zero", NO_LIMIT, YK_ERR_IO, " is a device, not a regular file");
    const char *fifo = io_path(folder, "fifo");
    CU_ASSERT_EQUAL_FATAL(mkfifo(fifo, 0600), 0);
    expect_refusal(engine, fifo, NO_LIMIT, YK_ERR_IO, " is a named pipe, not a regular file");

    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *name = io_path(folder, "socket");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CU_ASSERT_FATAL(fd >= 0 && strlen(name) < sizeof address.sun_path);
    strcpy(address.sun_path, name);
    CU_ASSERT_EQUAL(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    expect_refusal(engine, name, NO_LIMIT, YK_ERR_IO, " is a socket, not a regular file");
    close(fd);

    const char *loop = io_path(folder, "loop");
    CU_ASSERT_EQUAL_FATAL(symlink("loop", loop), 0);
    expect_refusal(engine, loop, NO_LIMIT, YK_ERR_IO, ": Too many levels of symbolic links");
}

static void read_limit(enum yk_io_engine engine, const char *folder)
{
    struct io_outcome outcome;
    const char *path = io_path(folder, "in");
    CU_ASSERT_TRUE_FATAL(yk_file_write(path, "0123456789", 10));
    expect_refusal(engine, path, 9, YK_ERR_LIMIT, " has 10 bytes, over the limit of 9");
    expect_refusal(engine, path, 0, YK_ERR_LIMIT, " has 10 bytes, over the limit of 0");
    io_read_one(engine, path, 10, &outcome);
    CU_ASSERT_EQUAL(outcome.status, YK_OK);
    CU_ASSERT_EQUAL(outcome.size, 10);
    io_forget(&outcome);
    /* 1 TiB without a byte on disk: refused before memory is asked for. */
    CU_ASSERT_EQUAL(truncate(path, (off_t)1 << 40), 0);
    expect_refusal(engine, path, (uint64_t)1 << 39, YK_ERR_LIMIT,
                   " has 1099511627776 bytes, over the limit of ");
}

/* Files of sysfs say 4096 bytes and hold fewer: to a reader that is a file that shrinks under its hands. */
static void read_shrinking(enum yk_io_engine engine, const char *folder)
{
    static const char path[] = "/sys/devices/system/cpu/possible";
    (void)folder;
    char line[4096] = {0};
    struct stat info;
    FILE *file = fopen(path, "r");
    if (!file || stat(path, &info) != 0 || info.st_size != 4096 || !fgets(line, sizeof line, file)) {
        yk_skip("no sysfs file with a size of 4096");
        if (file)
            fclose(file);
        return;
    }
    fclose(file);
    struct io_outcome outcome;
    io_read_one(engine, path, NO_LIMIT, &outcome);
    CU_ASSERT_EQUAL(outcome.status, YK_OK);
    CU_ASSERT_EQUAL_FATAL(outcome.size, strlen(line));
    CU_ASSERT_EQUAL(memcmp(outcome.data, line, outcome.size), 0);
    CU_ASSERT_TRUE(slack_is_zero(&outcome));
    io_forget(&outcome);
}

static void test_read_exact(void)
{
    io_each_engine(read_exact);
}
static void test_read_refused(void)
{
    io_each_engine(read_refused);
}
static void test_read_limit(void)
{
    io_each_engine(read_limit);
}
static void test_read_shrinking(void)
{
    io_each_engine(read_shrinking);
}
void yk_suite_io(void)
{
    CU_pSuite suite = CU_add_suite("io", NULL, NULL);
    CU_add_test(suite, "read: the same bytes", test_read_exact);
    CU_add_test(suite, "read: refusals", test_read_refused);
    CU_add_test(suite, "read: limit", test_read_limit);
    CU_add_test(suite, "read: a file that shrinks", test_read_shrinking);
    io_add_queue_tests(suite);
    io_add_step_tests(suite);
    io_add_write_tests(suite);
    io_add_stream_tests(suite);
}
