/* SPDX-License-Identifier: MIT
 *
 * How an output gets its name: which file a path stands for, the temporary name beside it, missing parents,
 * publishing without replacing, cleaning up. Calls of the file system only; called on the I/O thread.
 *
 * The order is: begin, name (again with another number where the name is taken), the caller creates and fills
 * `temporary` and sets `created`, publishes by renaming it to `target` and clears `created`, free.
 */
#ifndef YOKE_IO_COMMIT_H
#define YOKE_IO_COMMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <yoke/io.h>

struct yk_commit {
    char *target;      /* owned; the path, or the file that it links to */
    char *temporary;   /* owned; in the same folder as target, NULL before yk_commit_name */
    mode_t mode;       /* permission bits for the new file, before the umask where it replaces nothing */
    bool replaces;     /* target existed at the beginning: its permission bits are kept */
    bool created;      /* the temporary file exists and is ours to remove */
    bool parents_made; /* yk_commit_parents was called */
    unsigned attempts; /* temporary names tried */
};

/* Decides what writing to `path` means. A symbolic link is followed, so that it stays and its file changes.
 * Success: commit is filled in, free it with yk_commit_free (also after a failure).
 * Errors: YK_ERR_EXISTS (NEVER and the name is taken), YK_ERR_IO (the name is taken by something that is no
 * regular file, or cannot be reached), YK_ERR_NOMEM. */
enum yk_status yk_commit_begin(struct yk_commit *commit, const char *path, enum yk_overwrite overwrite,
                               struct yk_error *error);

/* Sets commit->temporary to ".NAME.yoke-PID-SEQUENCE.part" in the target's folder. Errors: YK_ERR_NOMEM. */
enum yk_status yk_commit_name(struct yk_commit *commit, uint64_t sequence, struct yk_error *error);

/* Makes the folders above the target that are missing. They stay, also if the write fails later.
 * `path` is for the error's text. Errors: YK_ERR_IO, YK_ERR_NOMEM. */
enum yk_status yk_commit_parents(struct yk_commit *commit, const char *path, struct yk_error *error);

/* Gives the temporary file its target name, where the file system cannot rename without replacing: by a hard
 * link, which fails where the name is taken. Returns 0, or the errno of the link. */
int yk_commit_link(struct yk_commit *commit);

/* Removes the temporary file, if there is one, and frees the names. */
void yk_commit_free(struct yk_commit *commit);

/* What a file that is not a regular one is, with its article ("a folder"). Static storage. */
const char *yk_commit_kind(mode_t mode);

#endif
