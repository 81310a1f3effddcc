/* SPDX-License-Identifier: MIT
 * Names of outputs (contract in commit.h). Talks to the file system by path only and keeps no state. */
#include "commit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"

enum {
    /* Bytes of the target's name that the temporary name repeats. With at most 41 bytes of our own this stays
     * below the 255 of common file systems and the 143 of eCryptfs. */
    KEPT_NAME = 100,
    OWN_NAME = 64 /* room for what is around it: dots, "yoke", process, number, "part", terminator */
};

const char *yk_commit_kind(mode_t mode)
{
    if (S_ISDIR(mode))
        return "a folder";
    if (S_ISFIFO(mode))
        return "a named pipe";
    if (S_ISSOCK(mode))
        return "a socket";
    if (S_ISCHR(mode) || S_ISBLK(mode))
        return "a device";
    return "a special file";
}

static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

enum yk_status yk_commit_begin(struct yk_commit *commit, const char *path, enum yk_overwrite overwrite,
                               struct yk_error *error)
{
    *commit = (struct yk_commit){.mode = 0666};
    const char *name = name_in(path);
    if (*path && (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0))
        return yk_error_set(error, YK_ERR_IO, "cannot write '%s': the name is that of a folder", path);
    struct stat info;
    bool taken = *path && lstat(path, &info) == 0;
    if (!taken && (*path == '\0' || errno != ENOENT))
        return yk_error_set(error, YK_ERR_IO, "cannot write '%s': %s", path,
                            strerror(*path ? errno : ENOENT));
    if (taken && overwrite == YK_OVERWRITE_NEVER)
        return yk_error_set(error, YK_ERR_EXISTS, "'%s' exists already and is kept", path);
    if (taken && S_ISLNK(info.st_mode)) {
        commit->target = realpath(path, NULL);
        if (!commit->target || stat(commit->target, &info) != 0)
            return yk_error_set(error, YK_ERR_IO, "cannot write '%s': the link leads nowhere: %s", path,
                                strerror(errno));
    }
    if (taken && !S_ISREG(info.st_mode))
        return yk_error_set(error, YK_ERR_IO, "cannot write '%s': it is %s, not a regular file", path,
                            yk_commit_kind(info.st_mode));
    if (taken) {
        /* Without the set-id bits: writing into the file would have cleared those as well. */
        commit->mode = info.st_mode & 0777;
        commit->replaces = true;
    }
    if (!commit->target)
        commit->target = yk_mem_strdup(path);
    if (!commit->target)
        return yk_error_set(error, YK_ERR_NOMEM, "cannot write '%s': no memory for its name", path);
    return YK_OK;
}

enum yk_status yk_commit_name(struct yk_commit *commit, uint64_t sequence, struct yk_error *error)
{
    const char *name = name_in(commit->target);
    size_t folder = (size_t)(name - commit->target);
    size_t kept = strlen(name);
    if (kept > KEPT_NAME) {
        kept = KEPT_NAME;
        while (kept > 0 && ((unsigned char)name[kept] & 0xC0) == 0x80) /* not inside a UTF-8 character */
            kept--;
    }
    size_t room = folder + kept + OWN_NAME; /* both below PATH_MAX: the system has accepted the path */
    char *temporary = malloc(room);
    if (!temporary)
        return yk_error_set(error, YK_ERR_NOMEM, "cannot write '%s': no memory for its name", commit->target);
    snprintf(temporary, room, "%.*s.%.*s.yoke-%ld-%llu.part", (int)folder, commit->target, (int)kept, name,
             (long)getpid(), (unsigned long long)sequence);
    free(commit->temporary);
    commit->temporary = temporary;
    return YK_OK;
}

enum yk_status yk_commit_parents(struct yk_commit *commit, const char *path, struct yk_error *error)
{
    commit->parents_made = true;
    char *folder = yk_mem_strdup(commit->target);
    if (!folder)
        return yk_error_set(error, YK_ERR_NOMEM, "cannot write '%s': no memory for its name", path);
    enum yk_status status = YK_OK;
    for (char *slash = strchr(folder + 1, '/'); slash && status == YK_OK; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            status = yk_error_set(error, YK_ERR_IO, "cannot write '%s': cannot make folder '%s': %s", path,
                                  folder, strerror(errno));
        *slash = '/';
    }
    free(folder);
    return status;
}

int yk_commit_link(struct yk_commit *commit)
{
    if (link(commit->temporary, commit->target) != 0)
        return errno;
    /* The target is complete under its name: a second name that stays behind does not undo that. */
    (void)unlink(commit->temporary);
    commit->created = false;
    return 0;
}

void yk_commit_free(struct yk_commit *commit)
{
    /* Nothing is left to try where this fails; the write's own error stands. */
    if (commit->created)
        (void)unlink(commit->temporary);
    free(commit->temporary);
    free(commit->target);
    *commit = (struct yk_commit){0};
}
