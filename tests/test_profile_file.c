/* SPDX-License-Identifier: MIT
 * The profile's file: writers side by side, and what must not be touched. */
#include "test_profile.h"

#include <CUnit/CUnit.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

enum { WRITERS = 3, ROUNDS = 25 };

struct writer {
    const char *path;
    unsigned number, saved;
};

/* Each has an entry of its own, and all share one. */
static void *write_rounds(void *argument)
{
    struct writer *writer = argument;
    char device[16];
    snprintf(device, sizeof device, "own %u", writer->number);
    for (unsigned k = 0; k < ROUNDS; k++) {
        struct yk_profile_entry learnt[] = {profile_entry(device, k, 1000 + k, 12, 5),
                                            profile_entry("shared", 1, 1000, 1, 5)};
        bool saved = false; /* a writer gives up while others keep the lock, as they do here */
        for (unsigned again = 0; again < 100 && !saved; again++)
            saved = yk_profile_save(writer->path, learnt, 2, 5, false, NULL) == YK_OK;
        writer->saved += saved;
    }
    return NULL;
}

static unsigned files_in(const char *folder)
{
    char command[512], line[16] = "";
    snprintf(command, sizeof command, "find '%s' -type f | wc -l", folder);
    FILE *pipe = popen(command, "r");
    if (pipe && !fgets(line, sizeof line, pipe))
        line[0] = '\0';
    if (pipe)
        pclose(pipe);
    return (unsigned)strtoul(line, NULL, 10);
}

void test_profile_writers(void)
{
    char *folder = yk_temp_make(), *path = yk_path_join(folder, "rates");
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    struct yk_profile profile;
    unsigned saved = 0;
    for (unsigned k = 0; k < WRITERS; k++) {
        writers[k] = (struct writer){path, k, 0};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[k], NULL, write_rounds, &writers[k]), 0);
    }
    for (unsigned k = 0; k < 50; k++) { /* no reader meets half a file */
        yk_profile_load(&profile, path);
        CU_ASSERT_EQUAL(profile.ignored, 0);
        yk_profile_free(&profile);
    }
    for (unsigned k = 0; k < WRITERS; k++) {
        pthread_join(threads[k], NULL);
        saved += writers[k].saved;
    }
    yk_profile_load(&profile, path);
    CU_ASSERT_EQUAL(saved, WRITERS * ROUNDS);
    CU_ASSERT_EQUAL(profile.count, WRITERS * ROUNDS + 1);
    struct yk_profile_key key = profile_entry("shared", 1, 1, 1, 1).key;
    const struct yk_profile_entry *shared = yk_profile_find(&profile, &key);
    CU_ASSERT_PTR_NOT_NULL_FATAL(shared);
    CU_ASSERT_EQUAL(shared->rate.samples, WRITERS * ROUNDS);
    CU_ASSERT_EQUAL(files_in(folder), 1);
    yk_profile_free(&profile);
    free(path);
    yk_temp_remove(folder);
}

void test_profile_refused(void)
{
    char *folder = yk_temp_make(), *path = yk_path_join(folder, "deep/er/rates");
    struct yk_profile_entry learnt = profile_entry("d", 1, 1000, 12, 5);
    struct yk_profile profile;
    struct yk_error error;
    struct stat about;
    CU_ASSERT_EQUAL(yk_profile_save(path, &learnt, 1, 5, false, &error), YK_ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "cannot be written: No such file"));
    CU_ASSERT_EQUAL(yk_profile_save(path, &learnt, 1, 5, true, &error), YK_OK);
    yk_profile_load(&profile, path);
    CU_ASSERT_EQUAL(profile.count, 1);
    yk_profile_free(&profile);
    /* What is damaged or too large is empty, and is replaced. */
    char *large = malloc(YK_PROFILE_BYTES + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(large);
    memset(large, '\n', YK_PROFILE_BYTES + 1);
    memcpy(large, "yoke rates 1\n9 12 0 0 5 16 0000000000001234 w|d\n", 48);
    for (size_t size = YK_PROFILE_BYTES; size <= YK_PROFILE_BYTES + 1; size++) {
        CU_ASSERT_TRUE(yk_file_write(path, large, size));
        yk_profile_load(&profile, path);
        CU_ASSERT_EQUAL(profile.count, size == YK_PROFILE_BYTES);
        yk_profile_free(&profile);
    }
    free(large);
    CU_ASSERT_EQUAL(yk_profile_save(path, &learnt, 1, 5, false, &error), YK_OK);
    yk_profile_load(&profile, path);
    CU_ASSERT(profile.count == 1 && profile.ignored == 0);
    yk_profile_free(&profile);
    /* Not regular files: never opened for long, never replaced. */
    char *pipe = yk_path_join(folder, "pipe"), *link = yk_path_join(folder, "link");
    CU_ASSERT_EQUAL_FATAL(mkfifo(pipe, 0600), 0);
    CU_ASSERT_EQUAL_FATAL(symlink(path, link), 0);
    const char *const others[] = {pipe, link, folder, "/dev/null"};
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        struct stat before;
        CU_ASSERT_EQUAL_FATAL(lstat(others[k], &before), 0);
        yk_profile_load(&profile, others[k]);
        CU_ASSERT_EQUAL(profile.count, k == 1); /* a link is read */
        yk_profile_free(&profile);
        CU_ASSERT_EQUAL(yk_profile_save(others[k], &learnt, 1, 5, false, &error), YK_ERR_IO);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "not a regular file"));
        CU_ASSERT_EQUAL_FATAL(lstat(others[k], &about), 0);
        CU_ASSERT(about.st_ino == before.st_ino && about.st_mode == before.st_mode);
    }
    /* Nothing learnt: nothing kept of it. */
    learnt = profile_entry("e", 1, 0, 0, 5);
    CU_ASSERT_EQUAL(yk_profile_save(path, &learnt, 1, 5, false, &error), YK_OK);
    yk_profile_load(&profile, path);
    CU_ASSERT(profile.count == 1 && profile.ignored == 0);
    yk_profile_free(&profile);
    free(pipe);
    free(link);
    free(path);
    yk_temp_remove(folder);
}

static void expect_path(const char *cache, const char *home, const char *expected)
{
    cache ? setenv("XDG_CACHE_HOME", cache, 1) : unsetenv("XDG_CACHE_HOME");
    home ? setenv("HOME", home, 1) : unsetenv("HOME");
    char *path = yk_profile_path();
    CU_ASSERT_EQUAL(path != NULL, expected != NULL);
    CU_ASSERT(!path || !expected || strcmp(path, expected) == 0);
    free(path);
}

void test_profile_path(void)
{
    char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    cache = cache ? strdup(cache) : NULL;
    home = home ? strdup(home) : NULL;
    expect_path("/c", "/h", "/c/yoke/rates");
    expect_path("relative", "/h", "/h/.cache/yoke/rates");
    expect_path(NULL, "/h", "/h/.cache/yoke/rates");
    expect_path(NULL, "h", NULL);
    expect_path(NULL, NULL, NULL);
    cache ? setenv("XDG_CACHE_HOME", cache, 1) : unsetenv("XDG_CACHE_HOME");
    home ? setenv("HOME", home, 1) : unsetenv("HOME");
    free(cache);
    free(home);
}
