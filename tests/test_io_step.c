/* SPDX-License-Identifier: MIT
 * The life of one request, operation by operation, without a thread: each operation of a read and of a write
 * fails once with each error, is cancelled once, and comes back short. What an engine does is done here by
 * hand. */
#include "test_io.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"
#include "support.h"

enum { SIZE = 2500000 }; /* three chunks */

/* What happens at operation number `at` (from 1; 0: at none). */
struct script {
    unsigned at;
    int number;     /* errno of the operation; 0: it works */
    bool cancel;    /* the job is cancelled while it runs */
    off_t truncate; /* >= 0: `path` gets this size before it runs */
    const char *path;
    uint64_t at_most; /* bytes that each read or write moves; 0: all */
};

/* Runs a request to its end; returns the number of operations. */
static unsigned drive_with(const struct yk_io_memory *memory, struct yk_io_request *request,
                           const struct script *script)
{
    struct yk_io io = {.wake = -1, .memory = *memory};
    unsigned count = 0;
    int reused = -1; /* takes the number that a close made free: a second close would hit it */
    atomic_init(&io.cancelled, false);
    request->fd = -1;
    yk_io_begin(&io, request);
    while (request->op.kind != YK_IO_OP_NONE && count < 10000) {
        struct yk_io_op op = request->op;
        bool now = ++count == script->at;
        if (script->at_most && (op.kind == YK_IO_OP_READ || op.kind == YK_IO_OP_WRITE) &&
            op.length > script->at_most)
            op.length = script->at_most;
        if (now && script->path && script->truncate >= 0)
            CU_ASSERT_EQUAL(truncate(script->path, script->truncate), 0);
        if (now && script->cancel)
            atomic_store(&io.cancelled, true);
        int result = 0;
        if (!now || script->number == 0 || op.kind == YK_IO_OP_CLOSE) /* a close that fails has closed */
            result = yk_io_op_run(&io, &op);
        if (op.kind == YK_IO_OP_CLOSE && reused < 0)
            reused = dup(0);
        yk_io_advance(&io, request, now && script->number ? -script->number : result);
    }
    CU_ASSERT(count < 10000);
    if (reused >= 0)
        CU_ASSERT_EQUAL(close(reused), 0);
    return count;
}

static unsigned drive(struct yk_io_request *request, const struct script *script)
{
    return drive_with(&yk_io_plain_memory, request, script);
}

static struct yk_io_request write_request(char *path, const uint8_t *data, enum yk_overwrite overwrite)
{
    return (struct yk_io_request){
        .path = path, .write = true, .overwrite = overwrite, .source = data, .size = SIZE};
}

/* Operations of a write: 1 open, 2 allocate, 3 to 5 write, 6 close, 7 rename. */
enum { OPEN = 1, ALLOCATE = 2, CLOSE = 6, RENAME = 7 };

static bool write_survives(unsigned at, int number, enum yk_overwrite overwrite)
{
    if (number == EINTR || number == EAGAIN)
        return at != CLOSE; /* done once more, but a descriptor is never closed twice */
    if (number == EOPNOTSUPP || number == EINVAL)
        return at == ALLOCATE || (at == RENAME && overwrite == YK_OVERWRITE_NEVER);
    return false;
}

static void test_write_faults(void)
{
    static const int numbers[] = {EIO, ENOSPC, EDQUOT, EFBIG, EINTR, EAGAIN, EOPNOTSUPP, EINVAL};
    char *folder = yk_temp_make(), *path = yk_path_join(folder, "out");
    uint8_t *data = io_pattern(SIZE, 1);
    int descriptors = io_entries("/proc/self/fd");
    for (unsigned i = 0; i < 2 * RENAME * 8; i++) {
        enum yk_overwrite overwrite = i % 2 ? YK_OVERWRITE_ALWAYS : YK_OVERWRITE_NEVER;
        struct script script = {.at = i / 2 % RENAME + 1, .number = numbers[i / 2 / RENAME], .truncate = -1};
        bool survives = write_survives(script.at, script.number, overwrite);
        bool old = overwrite == YK_OVERWRITE_ALWAYS;
        if (old)
            CU_ASSERT_TRUE(yk_file_write(path, "old", 3));
        struct yk_io_request request = write_request(path, data, overwrite);
        drive(&request, &script);
        CU_ASSERT_EQUAL(request.result.error.status, survives ? YK_OK : YK_ERR_IO);
        CU_ASSERT_EQUAL(request.result.size, survives ? SIZE : 0);
        CU_ASSERT_EQUAL(io_entries(folder), survives || old ? 1 : 0);
        if (survives || old)
            CU_ASSERT_TRUE(survives ? io_holds(path, data, SIZE) : io_holds(path, "old", 3));
        if (!survives) {
            CU_ASSERT_PTR_NOT_NULL(strstr(request.result.error.text, strerror(script.number)));
            CU_ASSERT_PTR_NOT_NULL(strstr(request.result.error.text, path));
        }
        unlink(path);
    }
    CU_ASSERT_EQUAL(io_entries("/proc/self/fd"), descriptors);
    free(data);
    free(path);
    yk_temp_remove(folder);
}

static void test_write_cancelled(void)
{
    char *folder = yk_temp_make(), *path = yk_path_join(folder, "out");
    uint8_t *data = io_pattern(SIZE, 2);
    int descriptors = io_entries("/proc/self/fd");
    for (unsigned at = OPEN; at <= RENAME; at++) {
        CU_ASSERT_TRUE(yk_file_write(path, "old", 3));
        struct yk_io_request request = write_request(path, data, YK_OVERWRITE_ALWAYS);
        unsigned count = drive(&request, &(struct script){.at = at, .cancel = true, .truncate = -1});
        CU_ASSERT_EQUAL(count, at); /* nothing is started after it */
        CU_ASSERT_EQUAL(request.result.error.status, at == RENAME ? YK_OK : YK_ERR_CANCELLED);
        CU_ASSERT_TRUE(at == RENAME ? io_holds(path, data, SIZE) : io_holds(path, "old", 3));
        CU_ASSERT_EQUAL(io_entries(folder), 1);
    }
    CU_ASSERT_EQUAL(io_entries("/proc/self/fd"), descriptors);
    free(data);
    free(path);
    yk_temp_remove(folder);
}

/* The name is taken between the first look and the rename. */
static void test_write_overtaken(void)
{
    char *folder = yk_temp_make(), *path = yk_path_join(folder, "out");
    uint8_t *data = io_pattern(SIZE, 3);
    CU_ASSERT_TRUE(yk_file_write(path, "came first", 10));
    char *aside = yk_path_join(folder, "aside");
    for (int number = 0; number <= EINVAL;
         number += EINVAL) { /* with and without the rename that never replaces */
        CU_ASSERT_EQUAL(rename(path, aside), 0);
        struct yk_io io = {.wake = -1, .memory = yk_io_plain_memory};
        struct yk_io_request request = write_request(path, data, YK_OVERWRITE_NEVER);
        atomic_init(&io.cancelled, false);
        request.fd = -1;
        yk_io_begin(&io, &request);
        while (request.op.kind != YK_IO_OP_RENAME && request.op.kind != YK_IO_OP_NONE)
            yk_io_advance(&io, &request, yk_io_op_run(&io, &request.op));
        CU_ASSERT_EQUAL_FATAL(request.op.kind, YK_IO_OP_RENAME);
        CU_ASSERT_EQUAL(rename(aside, path), 0);
        yk_io_advance(&io, &request, number ? -number : yk_io_op_run(&io, &request.op));
        CU_ASSERT_EQUAL(request.op.kind, YK_IO_OP_NONE);
        CU_ASSERT_EQUAL(request.result.error.status, YK_ERR_EXISTS);
        CU_ASSERT_TRUE(io_holds(path, "came first", 10));
        CU_ASSERT_EQUAL(io_entries(folder), 1);
    }
    free(aside);
    free(data);
    free(path);
    yk_temp_remove(folder);
}

static void test_short_transfers(void)
{
    char *folder = yk_temp_make(), *path = yk_path_join(folder, "out");
    uint8_t *data = io_pattern(SIZE, 4);
    struct script script = {.at_most = 77777, .truncate = -1};
    struct yk_io_request request = write_request(path, data, YK_OVERWRITE_NEVER);
    drive(&request, &script);
    CU_ASSERT_EQUAL(request.result.error.status, YK_OK);
    CU_ASSERT_TRUE(io_holds(path, data, SIZE));
    request = (struct yk_io_request){.path = path, .max_bytes = SIZE};
    drive(&request, &script);
    CU_ASSERT_EQUAL(request.result.error.status, YK_OK);
    CU_ASSERT_EQUAL_FATAL(request.result.size, SIZE);
    CU_ASSERT_EQUAL(memcmp(request.result.data, data, SIZE), 0);
    yk_io_release(request.result.data);
    free(data);
    free(path);
    yk_temp_remove(folder);
}

/* Operations of a read: 1 open, 2 to 4 read. */
static void test_read_faults(void)
{
    static const int numbers[] = {EIO, EACCES, EINTR, EAGAIN};
    char *folder = yk_temp_make(), *path = yk_path_join(folder, "in");
    uint8_t *data = io_pattern(SIZE, 5);
    CU_ASSERT_TRUE_FATAL(yk_file_write(path, data, SIZE));
    int descriptors = io_entries("/proc/self/fd");
    for (unsigned i = 0; i < 4 * 5; i++) { /* the fifth: cancelled */
        struct script script = {.at = i % 4 + 1, .truncate = -1, .cancel = i / 4 == 4};
        script.number = script.cancel ? 0 : numbers[i / 4];
        bool survives = i / 4 == 2 || i / 4 == 3 || (script.cancel && script.at == 4);
        struct yk_io_request request = {.path = path, .max_bytes = SIZE};
        drive(&request, &script);
        CU_ASSERT_EQUAL(request.result.error.status, survives        ? YK_OK
                                                     : script.cancel ? YK_ERR_CANCELLED
                                                                     : YK_ERR_IO);
        CU_ASSERT_EQUAL_FATAL(request.result.data != NULL, survives);
        if (survives)
            CU_ASSERT_EQUAL(memcmp(request.result.data, data, SIZE), 0);
        yk_io_release(request.result.data);
    }
    CU_ASSERT_EQUAL(io_entries("/proc/self/fd"), descriptors);
    free(data);
    free(path);
    yk_temp_remove(folder);
}

/* Memory that was used before, and who has it. */
struct lent {
    uint8_t *memory; /* SIZE bytes and 64 */
    int out;
};

static void *take_lent(void *context, uint64_t size)
{
    struct lent *lent = context;
    CU_ASSERT_EQUAL(size, SIZE);
    lent->out++;
    return memset(lent->memory, 0xee, SIZE + 64);
}

static void give_lent(void *context, void *memory)
{
    struct lent *lent = context;
    lent->out -= memory == lent->memory;
}

/* Memory of the caller's: it holds the file and 64 zeros, and is given back after a failure only. */
static void test_read_memory(void)
{
    char *folder = yk_temp_make(), *path = yk_path_join(folder, "in");
    uint8_t *data = io_pattern(SIZE, 7);
    struct lent lent = {malloc(SIZE + 64), 0};
    const struct yk_io_memory memory = {take_lent, give_lent, &lent};
    CU_ASSERT_FATAL(yk_file_write(path, data, SIZE) && lent.memory != NULL);
    for (unsigned at = 0; at <= 4; at++) {
        struct yk_io_request request = {.path = path, .max_bytes = SIZE};
        drive_with(&memory, &request, &(struct script){.at = at, .number = EIO, .truncate = -1});
        CU_ASSERT_EQUAL(lent.out, at == 0);
        CU_ASSERT_PTR_EQUAL(request.result.data, at == 0 ? lent.memory : NULL);
        if (at > 0)
            continue;
        CU_ASSERT_EQUAL(memcmp(lent.memory, data, SIZE), 0);
        for (size_t k = 0; k < 64; k++)
            CU_ASSERT_EQUAL(lent.memory[SIZE + k], 0);
        lent.out = 0;
    }
    free(lent.memory);
    free(data);
    free(path);
    yk_temp_remove(folder);
}

/* A file that changes its size while it is read: up to its size at the open, or what is left. */
static void test_read_moving(void)
{
    static const struct {
        off_t size;
        size_t expected;
    } cases[] = {{SIZE + 5000, SIZE}, {2000000, 2000000}, {1048576, 1048576}, {10, 1048576}};
    char *folder = yk_temp_make(), *path = yk_path_join(folder, "in");
    uint8_t *data = io_pattern(SIZE, 6);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CU_ASSERT_TRUE_FATAL(yk_file_write(path, data, SIZE));
        struct yk_io_request request = {.path = path, .max_bytes = SIZE};
        drive(&request, &(struct script){.at = 3, .path = path, .truncate = cases[i].size});
        CU_ASSERT_EQUAL(request.result.error.status, YK_OK);
        CU_ASSERT_EQUAL_FATAL(request.result.size, cases[i].expected);
        CU_ASSERT_EQUAL(memcmp(request.result.data, data, cases[i].expected), 0);
        for (size_t k = 0; k < 64; k++)
            CU_ASSERT_EQUAL(request.result.data[cases[i].expected + k], 0);
        yk_io_release(request.result.data);
    }
    free(data);
    free(path);
    yk_temp_remove(folder);
}

/* What stands in where a file system cannot rename without replacing. */
static void test_link(void)
{
    char *folder = yk_temp_make();
    struct yk_commit commit;
    CU_ASSERT_EQUAL(yk_commit_begin(&commit, io_path(folder, "out"), YK_OVERWRITE_NEVER, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_commit_name(&commit, 12, NULL), YK_OK);
    char name[64];
    snprintf(name, sizeof name, ".out.yoke-%ld-12.part", (long)getpid());
    CU_ASSERT_STRING_EQUAL(commit.temporary, io_path(folder, name));
    CU_ASSERT_TRUE_FATAL(yk_file_write(commit.temporary, "new", 3));
    commit.created = true;
    CU_ASSERT_TRUE_FATAL(yk_file_write(commit.target, "came first", 10));
    CU_ASSERT_EQUAL(yk_commit_link(&commit), EEXIST);
    CU_ASSERT_TRUE(io_holds(commit.target, "came first", 10));
    CU_ASSERT_TRUE(commit.created);
    CU_ASSERT_EQUAL(unlink(commit.target), 0);
    CU_ASSERT_EQUAL(yk_commit_link(&commit), 0);
    CU_ASSERT_TRUE(io_holds(commit.target, "new", 3));
    CU_ASSERT_EQUAL(io_entries(folder), 1);
    yk_commit_free(&commit);
    CU_ASSERT_EQUAL(io_entries(folder), 1);
    yk_temp_remove(folder);
}

/* A name of two-byte characters is cut between them: 'x' and 50 pairs are 101 bytes, of which 99 stay. */
static void test_name_cut(void)
{
    char target[120] = "x", expected[120] = ".x";
    for (int i = 0; i < 50; i++)
        strcat(target, "\xC3\xA4");
    for (int i = 0; i < 49; i++)
        strcat(expected, "\xC3\xA4");
    strcat(expected, ".yoke-");
    struct yk_commit commit;
    CU_ASSERT_EQUAL(yk_commit_begin(&commit, target, YK_OVERWRITE_NEVER, NULL), YK_OK);
    CU_ASSERT_EQUAL_FATAL(yk_commit_name(&commit, 1, NULL), YK_OK);
    CU_ASSERT_EQUAL(strncmp(commit.temporary, expected, strlen(expected)), 0);
    yk_commit_free(&commit);
}

/* A hundred names that others left: the write gives up, and touches none of them. */
static void test_names_taken(void)
{
    char *folder = yk_temp_make(), *path = yk_path_join(folder, "out");
    uint8_t *data = io_pattern(SIZE, 7);
    char name[64];
    for (int i = 1; i <= 100; i++) {
        snprintf(name, sizeof name, ".out.yoke-%ld-%d.part", (long)getpid(), i);
        CU_ASSERT_TRUE_FATAL(yk_file_write(io_path(folder, name), "not ours", 8));
    }
    struct yk_io_request request = write_request(path, data, YK_OVERWRITE_NEVER);
    CU_ASSERT_EQUAL(drive(&request, &(struct script){.truncate = -1}), 100);
    CU_ASSERT_EQUAL(request.result.error.status, YK_ERR_IO);
    CU_ASSERT_EQUAL(io_entries(folder), 100);
    free(data);
    free(path);
    yk_temp_remove(folder);
}

void io_add_step_tests(CU_pSuite suite)
{
    CU_add_test(suite, "steps: each operation of a write fails", test_write_faults);
    CU_add_test(suite, "steps: a write is cancelled anywhere", test_write_cancelled);
    CU_add_test(suite, "steps: a write is overtaken", test_write_overtaken);
    CU_add_test(suite, "steps: short transfers", test_short_transfers);
    CU_add_test(suite, "steps: each operation of a read fails", test_read_faults);
    CU_add_test(suite, "steps: memory of the caller's", test_read_memory);
    CU_add_test(suite, "steps: a file changes its size", test_read_moving);
    CU_add_test(suite, "commit: linking", test_link);
    CU_add_test(suite, "commit: cutting a name", test_name_cut);
    CU_add_test(suite, "commit: all names taken", test_names_taken);
}
