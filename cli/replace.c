/* SPDX-License-Identifier: MIT
 * Writing a file as a whole (contract in replace.h). */
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yoke/codec.h>

#include "escape.h"

static bool say(const char *what, const char *path, const char *reason)
{
    cli_error("image", "cannot write the %s '%s': %s", what, path, reason);
    return false;
}

bool cli_replace_check(const char *what, const char *path)
{
    struct stat info;
    if (yk_codec_for_name(path))
        return say(what, path, "its name is that of an image");
    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode))
            return say(what, path, "it is a folder");
        return access(path, W_OK) == 0 || say(what, path, strerror(errno));
    }
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    if (!folder)
        return say(what, path, "out of memory");
    bool possible = access(folder, W_OK | X_OK) == 0 || say(what, path, strerror(errno));
    free(folder);
    return possible;
}

/* Writes to an open descriptor and closes that. 0, or an errno. */
static int fill(int fd, int (*write)(FILE *to, void *context), void *context)
{
    FILE *to = fdopen(fd, "w");
    if (!to) {
        int number = errno;
        (void)close(fd); /* nothing was written */
        return number;
    }
    int number = write(to, context);
    errno = 0;
    if (number == 0 && (fflush(to) != 0 || ferror(to)))
        number = errno ? errno : EIO;
    if (fclose(to) != 0 && number == 0)
        number = errno;
    return number;
}

static int replace(const char *path, int (*write)(FILE *to, void *context), void *context)
{
    struct stat info;
    bool exists = stat(path, &info) == 0;
    if (exists && !S_ISREG(info.st_mode)) {
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        return fd < 0 ? errno : fill(fd, write, context);
    }
    char *target = exists ? realpath(path, NULL) : strdup(path), *temporary = NULL;
    if (!target || asprintf(&temporary, "%s.yoke-%ld.part", target, (long)getpid()) < 0) {
        free(target);
        return ENOMEM;
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, exists ? info.st_mode & 0777 : 0666);
    int number = fd < 0 ? errno : fill(fd, write, context);
    if (number == 0 && rename(temporary, target) != 0)
        number = errno;
    if (number != 0 && fd >= 0)
        (void)unlink(temporary); /* nothing more can be done about it */
    free(temporary);
    free(target);
    return number;
}

bool cli_replace_file(const char *what, const char *path, int (*write)(FILE *to, void *context),
                      void *context)
{
    int number = replace(path, write, context);
    return number == 0 || say(what, path, strerror(number));
}
