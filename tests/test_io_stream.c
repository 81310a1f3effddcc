/* SPDX-License-Identifier: MIT
 * The I/O thread on standard input and output. Descriptors 0 and 1 of the test program are put aside for it.
 */
#include "test_io.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

/* Puts `fd` in place of descriptor `place` (0 or 1), closes it, returns the old one for stream_back. */
static int stream_swap(int place, int fd)
{
    fflush(stdout);
    int aside = dup(place);
    CU_ASSERT_FATAL(aside >= 0 && fd >= 0 && dup2(fd, place) == place);
    close(fd);
    return aside;
}

static void stream_back(int place, int aside)
{
    CU_ASSERT_EQUAL(dup2(aside, place), place);
    close(aside);
}

/* The other end of a pipe, on a thread of its own. */
struct peer {
    pthread_t thread;
    int fd;
    uint8_t *data;
    size_t size; /* feed: bytes to write; drain: bytes read */
};

static void *feed(void *argument)
{
    struct peer *peer = argument;
    for (size_t done = 0; done < peer->size;) {
        size_t step = peer->size - done < 7777 ? peer->size - done : 7777;
        ssize_t written = write(peer->fd, peer->data + done, step);
        if (written <= 0)
            break;
        done += (size_t)written;
    }
    close(peer->fd);
    return NULL;
}

static void *drain(void *argument)
{
    struct peer *peer = argument;
    uint8_t buffer[5000];
    for (;;) {
        ssize_t got = read(peer->fd, buffer, sizeof buffer);
        if (got <= 0)
            break;
        uint8_t *grown = realloc(peer->data, peer->size + (size_t)got);
        if (!grown)
            break;
        peer->data = grown;
        memcpy(peer->data + peer->size, buffer, (size_t)got);
        peer->size += (size_t)got;
    }
    close(peer->fd);
    return NULL;
}

static void stdin_pipe(enum yk_io_engine engine, const char *folder)
{
    (void)folder;
    static const size_t sizes[] = {0, 1, 65536, 65537, 1500001};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int ends[2];
        CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
        int aside = stream_swap(0, ends[0]);
        struct peer peer = {.fd = ends[1], .data = io_pattern(sizes[i], 3), .size = sizes[i]};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&peer.thread, NULL, feed, &peer), 0);
        struct io_outcome outcome;
        io_read_one(engine, "-", sizes[i], &outcome); /* exactly as many as the limit allows */
        pthread_join(peer.thread, NULL);
        stream_back(0, aside);
        CU_ASSERT_EQUAL(outcome.status, YK_OK);
        CU_ASSERT_EQUAL_FATAL(outcome.size, sizes[i]);
        CU_ASSERT_EQUAL(memcmp(outcome.data, peer.data, sizes[i]), 0);
        for (size_t k = 0; k < 64; k++)
            CU_ASSERT_EQUAL(outcome.data[sizes[i] + k], 0);
        io_forget(&outcome);
        free(peer.data);
    }
}

static void stdin_file(enum yk_io_engine engine, const char *folder)
{
    struct io_outcome outcomes[2] = {{.calls = 0}, {.calls = 0}};
    uint8_t *data = io_pattern(2500000, 4);
    CU_ASSERT_TRUE_FATAL(yk_file_write(io_path(folder, "in"), data, 2500000));
    int fd = open(io_path(folder, "in"), O_RDONLY);
    CU_ASSERT_EQUAL(lseek(fd, 100, SEEK_SET), 100); /* input goes on where the shell left it */
    int aside = stream_swap(0, fd);
    struct yk_io *io = io_start(engine, 4);
    for (size_t i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(yk_io_read(io, "-", 3000000, io_record, &outcomes[i], NULL), YK_OK);
    yk_io_close(io);
    stream_back(0, aside);
    CU_ASSERT_EQUAL(outcomes[0].status, YK_OK);
    CU_ASSERT_EQUAL_FATAL(outcomes[0].size, 2499900);
    CU_ASSERT_EQUAL(memcmp(outcomes[0].data, data + 100, 2499900), 0);
    CU_ASSERT_EQUAL(outcomes[1].status, YK_OK); /* the second came after the first, to an empty input */
    CU_ASSERT_EQUAL(outcomes[1].size, 0);
    io_forget(&outcomes[0]);
    io_forget(&outcomes[1]);
    free(data);
}

static void stdin_limit(enum yk_io_engine engine, const char *folder)
{
    (void)folder;
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    int aside = stream_swap(0, ends[0]);
    CU_ASSERT_EQUAL(write(ends[1], "123456", 6), 6); /* and no end: over the limit is known without it */
    struct io_outcome outcome;
    io_read_one(engine, "-", 5, &outcome);
    close(ends[1]);
    stream_back(0, aside);
    CU_ASSERT_EQUAL(outcome.status, YK_ERR_LIMIT);
    CU_ASSERT_STRING_EQUAL(outcome.text, "standard input has more bytes than the limit of 5");
    CU_ASSERT_PTR_NULL(outcome.data);
}

/* A cancel ends the wait for an input without end and for an output that nobody reads, and what is behind. */
static void stream_cancel(enum yk_io_engine engine, const char *folder)
{
    int in[2], out[2];
    struct io_outcome outcomes[3] = {{.calls = 0}, {.calls = 0}, {.calls = 0}};
    CU_ASSERT_FATAL(pipe(in) == 0 && pipe(out) == 0);
    int aside_in = stream_swap(0, in[0]);
    int aside_out = stream_swap(1, out[1]);
    uint8_t *data = io_pattern(1000000, 5); /* more than a pipe holds */
    struct yk_io *io = io_start(engine, 4);
    CU_ASSERT_EQUAL(yk_io_read(io, "-", 5000, io_record, &outcomes[0], NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_io_write(io, "-", data, 1000000, YK_OVERWRITE_NEVER, io_record, &outcomes[1], NULL),
                    YK_OK);
    CU_ASSERT_EQUAL(yk_io_read(io, "-", 5000, io_record, &outcomes[2], NULL), YK_OK);
    /* Most often both wait by now; were they not, the outcome is the same. */
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    yk_io_cancel(io);
    yk_io_close(io);
    stream_back(0, aside_in);
    stream_back(1, aside_out);
    close(in[1]);
    close(out[0]);
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(outcomes[i].calls, 1);
        CU_ASSERT_EQUAL(outcomes[i].status, YK_ERR_CANCELLED);
        CU_ASSERT_PTR_NULL(outcomes[i].data);
    }
    CU_ASSERT_EQUAL(io_entries(folder), 0);
    free(data);
}

/* io_uring only: an input that is slow to come must not hold up the files behind it. */
static void stdin_overlaps(enum yk_io_engine engine, const char *folder)
{
    if (engine != YK_IO_URING)
        return;
    int ends[2];
    struct io_outcome outcomes[2] = {{.calls = 0}, {.calls = 0}};
    CU_ASSERT_TRUE_FATAL(yk_file_write(io_path(folder, "in"), "file", 4));
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    int aside = stream_swap(0, ends[0]);
    struct yk_io *io = io_start(engine, 4);
    CU_ASSERT_EQUAL(yk_io_read(io, "-", 5000, io_record, &outcomes[0], NULL), YK_OK);
    outcomes[1].cancels = io; /* the test ends only if the file's callback comes while the input is open */
    CU_ASSERT_EQUAL(yk_io_read(io, io_path(folder, "in"), 5000, io_record, &outcomes[1], NULL), YK_OK);
    yk_io_close(io);
    close(ends[1]);
    stream_back(0, aside);
    CU_ASSERT_EQUAL(outcomes[0].status, YK_ERR_CANCELLED);
    CU_ASSERT_EQUAL(outcomes[1].status, YK_OK);
    io_forget(&outcomes[1]);
}

static void stdout_pipe(enum yk_io_engine engine, const char *folder)
{
    (void)folder;
    int ends[2];
    struct io_outcome outcomes[3] = {{.calls = 0}, {.calls = 0}, {.calls = 0}};
    uint8_t *data = io_pattern(700001, 6);
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    int aside = stream_swap(1, ends[1]);
    struct peer peer = {.fd = ends[0]};
    CU_ASSERT_EQUAL_FATAL(pthread_create(&peer.thread, NULL, drain, &peer), 0);
    struct yk_io *io = io_start(engine, 8);
    /* Three at once: in order and not mixed. */
    CU_ASSERT_EQUAL(yk_io_write(io, "-", data, 300000, YK_OVERWRITE_NEVER, io_record, &outcomes[0], NULL),
                    YK_OK);
    CU_ASSERT_EQUAL(yk_io_write(io, "-", data, 0, YK_OVERWRITE_NEVER, io_record, &outcomes[1], NULL), YK_OK);
    CU_ASSERT_EQUAL(
        yk_io_write(io, "-", data + 300000, 400001, YK_OVERWRITE_NEVER, io_record, &outcomes[2], NULL),
        YK_OK);
    yk_io_close(io);
    stream_back(1, aside);
    pthread_join(peer.thread, NULL);
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(outcomes[i].status, YK_OK);
    CU_ASSERT_EQUAL(outcomes[0].size, 300000);
    CU_ASSERT_EQUAL(outcomes[2].size, 400001);
    CU_ASSERT_EQUAL_FATAL(peer.size, 700001);
    CU_ASSERT_EQUAL(memcmp(peer.data, data, 700001), 0);
    free(peer.data);
    free(data);
}

static void stdout_file(enum yk_io_engine engine, const char *folder)
{
    struct io_outcome outcome;
    uint8_t *data = io_pattern(2500000, 8);
    int fd = open(io_path(folder, "out"), O_WRONLY | O_CREAT | O_EXCL, 0600);
    CU_ASSERT_EQUAL(write(fd, "head", 4), 4);
    int aside = stream_swap(1, fd);
    io_write_one(engine, "-", data, 2500000, YK_OVERWRITE_NEVER, &outcome);
    stream_back(1, aside);
    CU_ASSERT_EQUAL(outcome.status, YK_OK);
    size_t size = 0;
    uint8_t *content = yk_file_read(io_path(folder, "out"), &size);
    CU_ASSERT_EQUAL_FATAL(size, 2500004);
    CU_ASSERT_EQUAL(memcmp(content, "head", 4), 0);
    CU_ASSERT_EQUAL(memcmp(content + 4, data, 2500000), 0);
    free(content);
    free(data);
}

/* A reader that went away and a full device are errors, not signals and not silence. */
static void stdout_fails(enum yk_io_engine engine, const char *folder)
{
    (void)folder;
    int ends[2];
    struct io_outcome outcome;
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    close(ends[0]);
    int aside = stream_swap(1, ends[1]);
    io_write_one(engine, "-", "abc", 3, YK_OVERWRITE_NEVER, &outcome);
    stream_back(1, aside);
    CU_ASSERT_EQUAL(outcome.status, YK_ERR_IO);
    CU_ASSERT_STRING_EQUAL(outcome.text, "cannot write to standard output: Broken pipe");

    int full = open("/dev/full", O_WRONLY);
    if (full < 0) {
        yk_skip("no /dev/full");
        return;
    }
    aside = stream_swap(1, full);
    io_write_one(engine, "-", "abc", 3, YK_OVERWRITE_NEVER, &outcome);
    stream_back(1, aside);
    CU_ASSERT_EQUAL(outcome.status, YK_ERR_IO);
    CU_ASSERT_STRING_EQUAL(outcome.text, "cannot write to standard output: No space left on device");
}

static void test_stdin_pipe(void)
{
    io_each_engine(stdin_pipe);
}
static void test_stdin_file(void)
{
    io_each_engine(stdin_file);
}
static void test_stdin_limit(void)
{
    io_each_engine(stdin_limit);
}
static void test_stdin_overlaps(void)
{
    io_each_engine(stdin_overlaps);
}
static void test_stream_cancel(void)
{
    io_each_engine(stream_cancel);
}
static void test_stdout_pipe(void)
{
    io_each_engine(stdout_pipe);
}
static void test_stdout_file(void)
{
    io_each_engine(stdout_file);
}
static void test_stdout_fails(void)
{
    io_each_engine(stdout_fails);
}

void io_add_stream_tests(CU_pSuite suite)
{
    CU_add_test(suite, "standard input: pipe", test_stdin_pipe);
    CU_add_test(suite, "standard input: file", test_stdin_file);
    CU_add_test(suite, "standard input: limit", test_stdin_limit);
    CU_add_test(suite, "standard input: files go on", test_stdin_overlaps);
    CU_add_test(suite, "standard streams: cancel", test_stream_cancel);
    CU_add_test(suite, "standard output: pipe", test_stdout_pipe);
    CU_add_test(suite, "standard output: file", test_stdout_file);
    CU_add_test(suite, "standard output: failures", test_stdout_fails);
}
