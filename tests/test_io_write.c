/* SPDX-License-Identifier: MIT
 * The I/O thread's outputs: names, policies, and that no failure and no kill leaves a partial file. */
#include "test_io.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

static void expect_written(enum yk_io_engine engine, const char *path, const void *data, size_t size,
                           enum yk_overwrite overwrite)
{
    struct io_outcome outcome;
    io_write_one(engine, path, data, size, overwrite, &outcome);
    CU_ASSERT_EQUAL(outcome.status, YK_OK);
    CU_ASSERT_EQUAL(outcome.size, size);
    CU_ASSERT_TRUE(io_holds(path, data, size));
}

static void expect_failure(enum yk_io_engine engine, const char *path, const void *data, size_t size,
                           enum yk_overwrite overwrite, enum yk_status status, const char *reason)
{
    struct io_outcome outcome;
    io_write_one(engine, path, data, size, overwrite, &outcome);
    CU_ASSERT_EQUAL(outcome.status, status);
    CU_ASSERT_EQUAL(outcome.size, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(outcome.text, path));
    CU_ASSERT_PTR_NOT_NULL(strstr(outcome.text, reason));
}

static mode_t mode_of(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 ? info.st_mode : 0;
}

static void write_new(enum yk_io_engine engine, const char *folder)
{
    static const size_t sizes[] = {0, 1, 4096, 1048576, 1048577, 10000003};
    char name[16];
    mode_t mask = umask(027);
    for (size_t i = 0; i < 6; i++) {
        uint8_t *data = io_pattern(sizes[i], (unsigned)i);
        snprintf(name, sizeof name, "out%zu", i);
        expect_written(engine, io_path(folder, name), data, sizes[i], (enum yk_overwrite)(i % 3));
        CU_ASSERT_EQUAL(mode_of(io_path(folder, name)), S_IFREG | 0640);
        free(data);
    }
    umask(mask);
    CU_ASSERT_EQUAL(io_entries(folder), 6);
}

static void write_policies(enum yk_io_engine engine, const char *folder)
{
    const char *path = io_path(folder, "out"), *link_path = io_path(folder, "link");
    CU_ASSERT_TRUE_FATAL(yk_file_write(path, "old content", 11));
    expect_failure(engine, path, "new", 3, YK_OVERWRITE_NEVER, YK_ERR_EXISTS, "exists already");
    CU_ASSERT_TRUE(io_holds(path, "old content", 11));
    /* The permission bits of the old file stay, whatever the umask; set-id bits go, as with any write. */
    mode_t mask = umask(077);
    CU_ASSERT_EQUAL(chmod(path, 04664), 0);
    expect_written(engine, path, "new", 3, YK_OVERWRITE_ALWAYS);
    CU_ASSERT_EQUAL(mode_of(path), S_IFREG | 0664);
    umask(mask);
    CU_ASSERT_EQUAL(chmod(path, 0400), 0);
    expect_written(engine, path, "newer", 5, YK_OVERWRITE_NEWER);
    CU_ASSERT_EQUAL(mode_of(path), S_IFREG | 0400);
    /* A link stays a link, and the file behind it changes. */
    CU_ASSERT_EQUAL(symlink("out", link_path), 0);
    expect_failure(engine, link_path, "x", 1, YK_OVERWRITE_NEVER, YK_ERR_EXISTS, "exists already");
    expect_written(engine, link_path, "through", 7, YK_OVERWRITE_ALWAYS);
    CU_ASSERT_TRUE(S_ISLNK(mode_of(link_path)));
    CU_ASSERT_TRUE(io_holds(path, "through", 7));
    CU_ASSERT_EQUAL(unlink(path), 0);
    expect_failure(engine, link_path, "x", 1, YK_OVERWRITE_NEVER, YK_ERR_EXISTS, "exists already");
    expect_failure(engine, link_path, "x", 1, YK_OVERWRITE_ALWAYS, YK_ERR_IO, "the link leads nowhere");
    CU_ASSERT_EQUAL(io_entries(folder), 1);
}

/* Two requests for one name in flight at once: one wins, the other one's error says so. */
static void write_race(enum yk_io_engine engine, const char *folder)
{
    uint8_t *data = io_pattern(4000000, 1);
    for (unsigned round = 0; round < 5; round++) {
        char name[16];
        snprintf(name, sizeof name, "out%u", round);
        struct io_outcome outcomes[2] = {{.calls = 0}, {.calls = 0}};
        struct yk_io *io = io_start(engine, 2);
        for (size_t i = 0; i < 2; i++)
            CU_ASSERT_EQUAL(yk_io_write(io, io_path(folder, name), data + i, 3999999, YK_OVERWRITE_NEVER,
                                        io_record, &outcomes[i], NULL),
                            YK_OK);
        yk_io_close(io);
        size_t winner = outcomes[0].status == YK_OK ? 0 : 1;
        CU_ASSERT_EQUAL(outcomes[winner].status, YK_OK);
        CU_ASSERT_EQUAL(outcomes[1 - winner].status, YK_ERR_EXISTS);
        CU_ASSERT_TRUE(io_holds(io_path(folder, name), data + winner, 3999999));
        CU_ASSERT_EQUAL(io_entries(folder), (int)round + 1);
    }
    free(data);
}

static void write_refused(enum yk_io_engine engine, const char *folder)
{
    const char *file = io_path(folder, "file"), *fifo = io_path(folder, "fifo");
    CU_ASSERT_TRUE_FATAL(yk_file_write(file, "1", 1));
    CU_ASSERT_EQUAL_FATAL(mkfifo(fifo, 0600), 0);
    expect_failure(engine, folder, "x", 1, YK_OVERWRITE_ALWAYS, YK_ERR_IO, "it is a folder");
    expect_failure(engine, folder, "x", 1, YK_OVERWRITE_NEVER, YK_ERR_EXISTS, "exists already");
    expect_failure(engine, fifo, "x", 1, YK_OVERWRITE_ALWAYS, YK_ERR_IO, "it is a named pipe");
    /* A device of our own: were this check to fail, the real one would be replaced for the whole machine. */
    const char *device = io_path(folder, "device");
    if (mknod(device, S_IFCHR | 0600, makedev(1, 3)) == 0) {
        expect_failure(engine, device, "x", 1, YK_OVERWRITE_ALWAYS, YK_ERR_IO, "it is a device");
        CU_ASSERT_TRUE(S_ISCHR(mode_of(device)));
        CU_ASSERT_EQUAL(unlink(device), 0);
    } else {
        yk_skip("no right to make a device");
    }
    expect_failure(engine, "", "x", 1, YK_OVERWRITE_ALWAYS, YK_ERR_IO,
                   "cannot write '': No such file or directory");
    expect_failure(engine, io_path(folder, "new/"), "x", 1, YK_OVERWRITE_ALWAYS, YK_ERR_IO,
                   "that of a folder");
    expect_failure(engine, io_path(folder, "new/.."), "x", 1, YK_OVERWRITE_NEVER, YK_ERR_IO,
                   "that of a folder");
    expect_failure(engine, io_path(folder, "file/out"), "x", 1, YK_OVERWRITE_NEVER, YK_ERR_IO,
                   "cannot write");
    expect_failure(engine, io_path(folder, "file/sub/out"), "x", 1, YK_OVERWRITE_ALWAYS, YK_ERR_IO,
                   ": Not a directory");
    char name[400];
    memset(name, 'n', sizeof name);
    name[256] = '\0';
    expect_failure(engine, io_path(folder, name), "x", 1, YK_OVERWRITE_NEVER, YK_ERR_IO,
                   ": File name too long");
    CU_ASSERT_EQUAL(io_entries(folder), 2);
    name[255] = '\0'; /* the longest name there is leaves no room for a suffix: the temporary one is cut */
    expect_written(engine, io_path(folder, name), "x", 1, YK_OVERWRITE_NEVER);
    CU_ASSERT_EQUAL(io_entries(folder), 3);
    expect_failure(engine, "/proc/yoke-none/out", "x", 1, YK_OVERWRITE_NEVER, YK_ERR_IO,
                   "cannot make folder '/proc/yoke-none': ");
}

static void write_parents(enum yk_io_engine engine, const char *folder)
{
    expect_written(engine, io_path(folder, "a/b//c/out"), "deep", 4, YK_OVERWRITE_NEVER);
    expect_written(engine, io_path(folder, "a/b/d/out"), "deep", 4, YK_OVERWRITE_ALWAYS);
    CU_ASSERT_EQUAL(io_entries(io_path(folder, "a/b")), 2);
    CU_ASSERT_EQUAL(io_entries(io_path(folder, "a/b/c")), 1);
}

/* A killed run with the same process number (a container has few) may have left the name that we would use.
 */
static void write_stale(enum yk_io_engine engine, const char *folder)
{
    char name[64];
    for (int i = 1; i <= 3; i++) {
        snprintf(name, sizeof name, ".out.yoke-%ld-%d.part", (long)getpid(), i);
        CU_ASSERT_TRUE_FATAL(yk_file_write(io_path(folder, name), "not ours", 8));
    }
    expect_written(engine, io_path(folder, "out"), "ours", 4, YK_OVERWRITE_NEVER);
    CU_ASSERT_EQUAL(io_entries(folder), 4);
    CU_ASSERT_TRUE(io_holds(io_path(folder, name), "not ours", 8));
}

/* SIGXFSZ must not kill the program, also where the file fits in part. */
static void write_size_limit(enum yk_io_engine engine, const char *folder)
{
    struct rlimit before, small;
    uint8_t *data = io_pattern(3000000, 2);
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100000;
    const char *path = io_path(folder, "out");
    CU_ASSERT_TRUE_FATAL(yk_file_write(path, "old", 3));
    fflush(stdout);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct io_outcome one, many;
    io_write_one(engine, path, data, 200000, YK_OVERWRITE_ALWAYS, &one);
    io_write_one(engine, path, data, 3000000, YK_OVERWRITE_ALWAYS, &many);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &before), 0);
    CU_ASSERT_EQUAL(one.status, YK_ERR_IO);
    CU_ASSERT_EQUAL(many.status, YK_ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(one.text, "out': File too large"));
    CU_ASSERT_PTR_NOT_NULL(strstr(many.text, "out': File too large"));
    CU_ASSERT_TRUE(io_holds(path, "old", 3));
    CU_ASSERT_EQUAL(io_entries(folder), 1);
    free(data);
}

struct full_disk {
    enum yk_io_engine engine;
    const char *folder;
    bool ran;
};

/* On a thread of its own with mounts of its own: they go with the thread, and nobody else sees them. */
static void *on_small_disk(void *argument)
{
    struct full_disk *test = argument;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", test->folder, "tmpfs", 0, "size=512k") != 0)
        return NULL;
    test->ran = true;
    const char *path = io_path(test->folder, "out");
    uint8_t *data = io_pattern(3000000, 9);
    CU_ASSERT_TRUE(yk_file_write(path, "old", 3));
    expect_failure(test->engine, path, data, 900000, YK_OVERWRITE_ALWAYS, YK_ERR_IO,
                   "out': No space left on device");
    expect_failure(test->engine, path, data, 3000000, YK_OVERWRITE_ALWAYS, YK_ERR_IO,
                   "out': No space left on device");
    CU_ASSERT_TRUE(io_holds(path, "old", 3));
    CU_ASSERT_EQUAL(io_entries(test->folder), 1);
    /* The space is free again: what fits can be written. */
    expect_written(test->engine, path, data, 300000, YK_OVERWRITE_ALWAYS);
    if (mount(NULL, test->folder, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0) {
        expect_failure(test->engine, path, data, 5, YK_OVERWRITE_ALWAYS, YK_ERR_IO,
                       "out': Read-only file system");
        expect_failure(test->engine, io_path(test->folder, "sub/out"), data, 5, YK_OVERWRITE_NEVER, YK_ERR_IO,
                       "cannot make folder");
        CU_ASSERT_TRUE(io_holds(path, data, 300000));
    }
    free(data);
    return NULL;
}

static void write_disk_full(enum yk_io_engine engine, const char *folder)
{
    struct full_disk test = {.engine = engine, .folder = folder};
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, on_small_disk, &test), 0);
    pthread_join(thread, NULL);
    if (!test.ran)
        yk_skip("no right to mount a small disk");
    CU_ASSERT_EQUAL(io_entries(folder), 0);
}

/* ThreadSanitizer does not let the child of a threaded program start threads. */
enum { FORKS = YK_UNDER_TSAN ? 0 : 25 };
enum { KILLED_SIZE = 3000000 };

static void endless_writes(enum yk_io_engine engine, const char *path)
{
    uint8_t *data = malloc(KILLED_SIZE);
    for (int value = 1; data; value = value % 200 + 1) {
        struct yk_io *io = NULL;
        struct io_outcome outcome = {.calls = 0};
        memset(data, value, KILLED_SIZE);
        if (yk_io_open(&io, engine, 0, NULL) != YK_OK)
            break;
        yk_io_write(io, path, data, KILLED_SIZE, YK_OVERWRITE_ALWAYS, io_record, &outcome, NULL);
        yk_io_close(io);
        if (outcome.status != YK_OK)
            break;
    }
    _exit(1);
}

/* SIGKILL at some moment of a row of writes: the name holds one of the complete files. */
static void write_killed(enum yk_io_engine engine, const char *folder)
{
    const char *path = io_path(folder, "out");
    uint8_t *data = calloc(1, KILLED_SIZE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    CU_ASSERT_TRUE_FATAL(yk_file_write(path, data, KILLED_SIZE));
    free(data);
    fflush(stdout);
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        CU_ASSERT_FATAL(child >= 0);
        if (child == 0)
            endless_writes(engine, path);
        nanosleep(&(struct timespec){.tv_nsec = 2000000 + i * 1300000}, NULL);
        kill(child, SIGKILL);
        int state = 0;
        CU_ASSERT_EQUAL(waitpid(child, &state, 0), child);
        CU_ASSERT_TRUE(WIFSIGNALED(state)); /* not: the child failed */
        size_t size = 0, same = 0;
        uint8_t *content = yk_file_read(path, &size);
        CU_ASSERT_EQUAL_FATAL(size, KILLED_SIZE);
        while (same < size && content[same] == content[0])
            same++;
        CU_ASSERT_EQUAL(same, KILLED_SIZE);
        free(content);
    }
    if (FORKS == 0)
        yk_skip("no fork under ThreadSanitizer");
}

static void test_write_new(void)
{
    io_each_engine(write_new);
}
static void test_write_policies(void)
{
    io_each_engine(write_policies);
}
static void test_write_race(void)
{
    io_each_engine(write_race);
}
static void test_write_refused(void)
{
    io_each_engine(write_refused);
}
static void test_write_parents(void)
{
    io_each_engine(write_parents);
}
static void test_write_stale(void)
{
    io_each_engine(write_stale);
}
static void test_write_size_limit(void)
{
    io_each_engine(write_size_limit);
}
static void test_write_disk_full(void)
{
    io_each_engine(write_disk_full);
}
static void test_write_killed(void)
{
    io_each_engine(write_killed);
}

void io_add_write_tests(CU_pSuite suite)
{
    CU_add_test(suite, "write: new files", test_write_new);
    CU_add_test(suite, "write: overwrite policies", test_write_policies);
    CU_add_test(suite, "write: two for one name", test_write_race);
    CU_add_test(suite, "write: refusals", test_write_refused);
    CU_add_test(suite, "write: missing parents", test_write_parents);
    CU_add_test(suite, "write: temporary name taken", test_write_stale);
    CU_add_test(suite, "write: file size limit", test_write_size_limit);
    CU_add_test(suite, "write: disk full, read-only", test_write_disk_full);
    CU_add_test(suite, "write: killed at any time", test_write_killed);
}
