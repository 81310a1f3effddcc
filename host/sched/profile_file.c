/* SPDX-License-Identifier: MIT
 * The profile's file (contract in profile.h and yoke/profile.h). */
#include "profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"

enum {
    TRIES = 50,      /* for the lock, */
    TRY_NS = 4000000 /* so far apart: another writer needs some milliseconds, and 0.2 s is the most that
                        a run may wait at its end */
};

char *yk_profile_path(void)
{
    static const char *const tails[] = {"/yoke/rates", "/.cache/yoke/rates"};
    const char *base = getenv("XDG_CACHE_HOME"), *tail = tails[0];
    if (!base ||
        base[0] != '/') { /* the XDG base directory specification: a relative path is to be ignored */
        base = getenv("HOME");
        tail = tails[1];
    }
    if (!base || base[0] != '/')
        return NULL;
    size_t size = strlen(base) + strlen(tail) + 1;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s%s", base, tail);
    return path;
}

/* The whole of a regular file of no more than YK_PROFILE_BYTES: malloc'ed, NULL where it is none. */
static char *read_file(const char *path, size_t *size)
{
    struct stat about;
    char *text = NULL;
    /* Not blocking: what lies there might be a pipe. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return NULL;
    if (fstat(file, &about) == 0 && S_ISREG(about.st_mode) && about.st_size <= YK_PROFILE_BYTES)
        text = malloc(YK_PROFILE_BYTES);
    *size = 0;
    for (ssize_t part = 1; text && part != 0 && *size < YK_PROFILE_BYTES;) {
        part = read(file, text + *size, YK_PROFILE_BYTES - *size);
        if (part < 0 && errno != EINTR) {
            free(text);
            text = NULL;
        } else if (part > 0)
            *size += (size_t)part;
        else if (part < 0)
            part = 1;
    }
    close(file);
    return text;
}

void yk_profile_load(struct yk_profile *profile, const char *path)
{
    size_t size = 0;
    char *text = read_file(path, &size);
    *profile = (struct yk_profile){0};
    if (text && !yk_profile_parse(profile, text, size))
        *profile = (struct yk_profile){0};
    free(text);
}

static bool write_all(int file, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t part = write(file, data, size);
        if (part <= 0 && !(part < 0 && errno == EINTR))
            return false;
        data += part > 0 ? part : 0;
        size -= part > 0 ? (size_t)part : 0;
    }
    return true;
}

/* Opens and locks the folder of `path` (modified meanwhile), so that no lock file lies about. A file system
 * without locks is used without. -1: it cannot be opened, or another writer keeps it. */
static int lock_folder(char *path, bool make)
{
    struct timespec pause = {.tv_nsec = TRY_NS};
    char *slash = strrchr(path, '/');
    for (char *at = path; make && (at = strchr(at + 1, '/')) != NULL;) {
        *at = '\0';
        mkdir(path, 0700); /* a failure shows when the folder is opened */
        *at = '/';
    }
    if (slash && slash != path)
        *slash = '\0';
    int folder = open(!slash ? "." : slash == path ? "/" : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (slash)
        *slash = '/';
    for (unsigned k = 0; folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) != 0; k++) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return folder;
        if (k == TRIES) {
            close(folder);
            errno = EWOULDBLOCK;
            return -1;
        }
        nanosleep(&pause, NULL);
    }
    return folder;
}

/* Puts `learnt` into `profile`. */
static bool add_learnt(struct yk_profile *profile, const struct yk_profile_entry *learnt, size_t count,
                       uint64_t now)
{
    for (size_t k = 0; k < count; k++) {
        if (learnt[k].rate.samples == 0)
            continue;
        struct yk_profile_entry *entry = yk_profile_find(profile, &learnt[k].key);
        if (!entry) {
            void *array = profile->entries;
            if (!yk_mem_grow(&array, &profile->capacity, profile->count + 1, sizeof *entry))
                return false;
            profile->entries = array;
            entry = &profile->entries[profile->count++];
            *entry = (struct yk_profile_entry){.key = learnt[k].key};
        }
        yk_profile_merge(&entry->rate, &learnt[k].rate);
        entry->learnt = now;
    }
    return true;
}

static enum yk_status refused(const char *path, struct yk_error *error)
{
    return yk_error_set(error, YK_ERR_IO, "the profile '%s' cannot be written: %s", path, strerror(errno));
}

static enum yk_status replace(const char *path, const char *text, size_t size, struct yk_error *error)
{
    static const char tail[] = ".new-XXXXXX";
    struct stat about;
    if (lstat(path, &about) == 0 && !S_ISREG(about.st_mode))
        return yk_error_set(error, YK_ERR_IO, "the profile '%s' cannot be written: it is not a regular file",
                            path);
    size_t length = strlen(path) + sizeof tail;
    char *temporary = malloc(length);
    if (!temporary)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    snprintf(temporary, length, "%s%s", path, tail);
    enum yk_status status = YK_OK;
    int file = mkostemp(temporary, O_CLOEXEC);
    if (file < 0)
        status = refused(path, error);
    else {
        bool good = write_all(file, text, size);
        good = close(file) == 0 && good;
        if (!good || rename(temporary, path) != 0) {
            status = refused(path, error);
            unlink(temporary);
        }
    }
    free(temporary);
    return status;
}

enum yk_status yk_profile_save(const char *path, const struct yk_profile_entry *learnt, size_t count,
                               uint64_t now, bool make_folder, struct yk_error *error)
{
    struct yk_profile profile = {0};
    size_t size = 0;
    char *text = NULL, *scratch = yk_mem_strdup(path);
    if (!scratch)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    int folder = lock_folder(scratch, make_folder);
    free(scratch);
    if (folder < 0)
        return refused(path, error);
    yk_profile_load(&profile, path);
    if (add_learnt(&profile, learnt, count, now))
        text = yk_profile_print(&profile, now, &size);
    enum yk_status status =
        text ? replace(path, text, size, error) : yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    free(text);
    yk_profile_free(&profile);
    close(folder);
    return status;
}
