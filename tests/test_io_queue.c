/* SPDX-License-Identifier: MIT
 * The I/O thread: many requests, their order, cancelling, callbacks that ask for more, choice of the engine.
 */
#include "test_io.h"

#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { MANY = 500 };

/* 500 files at once: each comes once and has its own bytes. */
static void read_many(enum yk_io_engine engine, const char *folder)
{
    static struct io_outcome outcomes[MANY];
    memset(outcomes, 0, sizeof outcomes);
    char name[32];
    struct yk_io *io = io_start(engine, 64);
    for (unsigned i = 0; i < MANY; i++) {
        int length = snprintf(name, sizeof name, "file %u", i);
        CU_ASSERT_TRUE_FATAL(yk_file_write(io_path(folder, name), name, (size_t)length));
        CU_ASSERT_EQUAL(yk_io_read(io, io_path(folder, name), 32, io_record, &outcomes[i], NULL), YK_OK);
    }
    yk_io_close(io);
    unsigned right = 0;
    for (unsigned i = 0; i < MANY; i++) {
        int length = snprintf(name, sizeof name, "file %u", i);
        right += outcomes[i].calls == 1 && outcomes[i].status == YK_OK &&
                 outcomes[i].size == (size_t)length && memcmp(outcomes[i].data, name, (size_t)length) == 0;
        io_forget(&outcomes[i]);
    }
    CU_ASSERT_EQUAL(right, MANY);
}

/* One at a time: the callbacks come in the order of the calls, reads and writes mixed. */
static void keeps_order(enum yk_io_engine engine, const char *folder)
{
    static struct io_outcome outcomes[60];
    memset(outcomes, 0, sizeof outcomes);
    char name[32];
    CU_ASSERT_TRUE_FATAL(yk_file_write(io_path(folder, "in"), "x", 1));
    struct yk_io *io = io_start(engine, 1);
    for (unsigned i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "out%u", i);
        enum yk_status status = i % 3 == 2 ? yk_io_write(io, io_path(folder, name), "y", 1,
                                                         YK_OVERWRITE_NEVER, io_record, &outcomes[i], NULL)
                                           : yk_io_read(io, io_path(folder, i % 3 ? "in" : "none"), 9,
                                                        io_record, &outcomes[i], NULL);
        CU_ASSERT_EQUAL(status, YK_OK);
    }
    yk_io_close(io);
    unsigned in_place = 0;
    for (unsigned i = 0; i < 60; i++) {
        in_place += outcomes[i].order == i && outcomes[i].calls == 1;
        io_forget(&outcomes[i]);
    }
    CU_ASSERT_EQUAL(in_place, 60);
}

/* The first callback cancels 300 requests: every callback comes exactly once, nothing half done is left. */
static void cancel_many(enum yk_io_engine engine, const char *folder)
{
    static struct io_outcome outcomes[302];
    memset(outcomes, 0, sizeof outcomes);
    uint8_t *data = io_pattern(3000000, 7);
    char name[32];
    struct yk_io *io = io_start(engine, 8);
    outcomes[0].cancels = io;
    CU_ASSERT_EQUAL(yk_io_read(io, io_path(folder, "none"), 9, io_record, &outcomes[0], NULL), YK_OK);
    for (unsigned i = 1; i < 301; i++) {
        snprintf(name, sizeof name, "out%u", i);
        CU_ASSERT_EQUAL(yk_io_write(io, io_path(folder, name), data, 3000000, YK_OVERWRITE_NEVER, io_record,
                                    &outcomes[i], NULL),
                        YK_OK);
    }
    yk_io_cancel(io);
    CU_ASSERT_EQUAL(yk_io_read(io, folder, 9, io_record, &outcomes[301], NULL), YK_OK);
    yk_io_close(io);
    int written = 0;
    for (unsigned i = 0; i < 302; i++)
        CU_ASSERT_EQUAL(outcomes[i].calls, 1);
    for (unsigned i = 1; i < 301; i++) {
        snprintf(name, sizeof name, "out%u", i);
        if (outcomes[i].status == YK_OK) {
            written++;
            CU_ASSERT_TRUE(io_holds(io_path(folder, name), data, 3000000));
        } else {
            CU_ASSERT_EQUAL(outcomes[i].status, YK_ERR_CANCELLED);
        }
    }
    CU_ASSERT_EQUAL(io_entries(folder), written);
    CU_ASSERT(written < 300);
    CU_ASSERT_EQUAL(outcomes[300].status, YK_ERR_CANCELLED);
    CU_ASSERT_EQUAL(outcomes[301].status, YK_ERR_CANCELLED); /* also what comes later */
    free(data);
}

/* A copy machine: each read's callback queues a write, that one's callback the next read. */
struct chain {
    struct yk_io *io;
    const char *folder;
    uint8_t *data;
    unsigned step, failures;
};

static void chain_next(void *context, struct yk_io_result *result)
{
    struct chain *chain = context;
    unsigned step = chain->step++; /* before the next callback can run */
    char from[32], to[32];
    chain->failures += result && result->error.status != YK_OK;
    snprintf(from, sizeof from, "%u", step / 2);
    snprintf(to, sizeof to, "%u", step / 2 + 1);
    enum yk_status status = YK_OK;
    if (step % 2 == 0 && step < 40) {
        yk_io_release(chain->data);
        chain->data = NULL;
        status = yk_io_read(chain->io, io_path(chain->folder, from), 100, chain_next, chain, NULL);
    } else if (step < 40 && result) {
        chain->data = result->data;
        status = yk_io_write(chain->io, io_path(chain->folder, to), result->data, result->size,
                             YK_OVERWRITE_NEVER, chain_next, chain, NULL);
    }
    if (status != YK_OK)
        chain->failures++;
}

static void callbacks_queue(enum yk_io_engine engine, const char *folder)
{
    CU_ASSERT_TRUE_FATAL(yk_file_write(io_path(folder, "0"), "handed on", 9));
    struct chain chain = {.io = io_start(engine, 2), .folder = folder};
    chain_next(&chain, NULL);
    yk_io_close(chain.io); /* waits for what callbacks queue, too */
    yk_io_release(chain.data);
    CU_ASSERT_EQUAL(chain.failures, 0);
    CU_ASSERT_EQUAL(chain.step, 41);
    CU_ASSERT_TRUE(io_holds(io_path(folder, "20"), "handed on", 9));
    CU_ASSERT_EQUAL(io_entries(folder), 21);
}

struct caller {
    pthread_t thread;
    struct yk_io *io;
    const char *path;
    struct io_outcome outcomes[50];
};

static void *call_from_thread(void *argument)
{
    struct caller *caller = argument;
    for (unsigned i = 0; i < 50; i++)
        if (yk_io_read(caller->io, caller->path, 9, io_record, &caller->outcomes[i], NULL) != YK_OK)
            break;
    return NULL;
}

static void many_callers(enum yk_io_engine engine, const char *folder)
{
    static struct caller callers[4];
    memset(callers, 0, sizeof callers);
    CU_ASSERT_TRUE_FATAL(yk_file_write(io_path(folder, "in"), "abc", 3));
    const char *path = io_path(folder, "in");
    struct yk_io *io = io_start(engine, 4);
    for (unsigned i = 0; i < 4; i++) {
        callers[i].io = io;
        callers[i].path = path;
        CU_ASSERT_EQUAL_FATAL(pthread_create(&callers[i].thread, NULL, call_from_thread, &callers[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++)
        pthread_join(callers[i].thread, NULL);
    yk_io_close(io);
    unsigned right = 0;
    for (unsigned i = 0; i < 200; i++) {
        struct io_outcome *outcome = &callers[i / 50].outcomes[i % 50];
        right += outcome->calls == 1 && outcome->size == 3 && memcmp(outcome->data, "abc", 3) == 0;
        io_forget(outcome);
    }
    CU_ASSERT_EQUAL(right, 200);
}

static void test_read_many(void)
{
    io_each_engine(read_many);
}
static void test_order(void)
{
    io_each_engine(keeps_order);
}
static void test_cancel(void)
{
    io_each_engine(cancel_many);
}
static void test_callbacks_queue(void)
{
    io_each_engine(callbacks_queue);
}
static void test_many_callers(void)
{
    io_each_engine(many_callers);
}

static void expect_engine(const char *value, enum yk_status status, const char *name)
{
    struct yk_io *io = NULL;
    struct yk_error error = {.status = YK_OK};
    CU_ASSERT_EQUAL(setenv("YOKE_IO", value, 1), 0);
    CU_ASSERT_EQUAL(yk_io_open(&io, YK_IO_AUTO, 0, &error), status);
    CU_ASSERT_EQUAL(error.status, status);
    CU_ASSERT_EQUAL(io != NULL, status == YK_OK);
    if (io)
        CU_ASSERT_STRING_EQUAL(yk_io_engine_name(io), name);
    yk_io_close(io);
}

static void test_engine_choice(void)
{
    char *before = getenv("YOKE_IO") ? strdup(getenv("YOKE_IO")) : NULL;
    struct yk_io *io = NULL;
    bool uring = yk_io_open(&io, YK_IO_URING, 0, NULL) == YK_OK;
    yk_io_close(io);
    expect_engine("posix", YK_OK, "posix");
    expect_engine("", YK_OK, uring ? "uring" : "posix");
    expect_engine("uring", uring ? YK_OK : YK_ERR_MISSING, "uring");
    expect_engine("threads", YK_ERR_UNKNOWN, "");
    io = io_start(YK_IO_POSIX, 0); /* an engine asked for by name does not look at the environment */
    yk_io_close(io);
    unsetenv("YOKE_IO");
    if (before)
        setenv("YOKE_IO", before, 1);
    free(before);
}

static void test_contract(void)
{
    struct yk_error error = {.status = YK_OK};
    struct io_outcome outcome = {.calls = 0};
    struct yk_io *io = io_start(YK_IO_POSIX, 0);
    CU_ASSERT_EQUAL(yk_io_open(NULL, YK_IO_POSIX, 0, &error), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(yk_io_read(NULL, "x", 9, io_record, &outcome, &error), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(yk_io_read(io, NULL, 9, io_record, &outcome, &error), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(yk_io_read(io, "x", 9, NULL, &outcome, &error), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(yk_io_write(io, "x", NULL, 1, YK_OVERWRITE_NEVER, io_record, &outcome, &error),
                    YK_ERR_INVALID);
    CU_ASSERT_EQUAL(yk_io_write(io, "x", "y", 1, (enum yk_overwrite)9, io_record, &outcome, &error),
                    YK_ERR_INVALID);
    CU_ASSERT_EQUAL(error.status, YK_ERR_INVALID);
    yk_io_close(io);
    CU_ASSERT_EQUAL(outcome.calls, 0);
    yk_io_close(NULL);
    yk_io_cancel(NULL);
    yk_io_release(NULL);
}

void io_add_queue_tests(CU_pSuite suite)
{
    CU_add_test(suite, "read: 500 at once", test_read_many);
    CU_add_test(suite, "order of calls", test_order);
    CU_add_test(suite, "cancel", test_cancel);
    CU_add_test(suite, "callbacks queue requests", test_callbacks_queue);
    CU_add_test(suite, "many calling threads", test_many_callers);
    CU_add_test(suite, "choice of the engine", test_engine_choice);
    CU_add_test(suite, "broken calls", test_contract);
}
