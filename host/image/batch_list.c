/* SPDX-License-Identifier: MIT
 * Which files go into a batch (contract in batch_plan.h): names given, names from a list, sorted walks of
 * folders. Reads names and inodes, no file's content but the list's. */
#include "batch_plan.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <yoke/codec.h>

#include "mem.h"

/* What the walk of one folder needs. Folders wait on a stack of our own, so depth costs no call stack. */
struct walk {
    struct yk_inputs *list;
    size_t root;     /* where relative parts of paths start */
    bool has_output; /* the output is a folder: */
    dev_t output_device;
    ino_t output_inode;
    char **names; /* the stack; owned, each owned. The top is next */
    size_t count, capacity;
};

static enum yk_status no_memory(struct yk_error *error)
{
    return yk_error_set(error, YK_ERR_NOMEM, "no memory for the list of files");
}

void yk_inputs_free(struct yk_inputs *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->inputs[i].path);
        free(list->inputs[i].reason);
    }
    free(list->inputs);
    *list = (struct yk_inputs){0};
}

/* Appends an input that owns `path`; frees it on failure. */
static struct yk_input *add(struct yk_inputs *list, char *path)
{
    void *array = list->inputs;
    if (!path || !yk_mem_grow(&array, &list->capacity, list->count + 1, sizeof list->inputs[0])) {
        free(path);
        return NULL;
    }
    list->inputs = array;
    list->inputs[list->count] = (struct yk_input){.path = path};
    return &list->inputs[list->count++];
}

static bool fail(struct yk_input *input, const char *reason)
{
    if (asprintf(&input->reason, "cannot read '%s': %s", input->path, reason) >= 0)
        return true;
    input->reason = NULL;
    return false;
}

static void keep_stat(struct yk_input *input, const struct stat *info)
{
    input->found = true;
    input->device = info->st_dev;
    input->inode = info->st_ino;
    input->bytes = (uint64_t)info->st_size;
    input->modified = info->st_mtim;
}

static char *join(const char *folder, const char *name)
{
    size_t length = strlen(folder), room = length + strlen(name) + 2;
    char *path = malloc(room);
    if (path)
        snprintf(path, room, "%s%s%s", folder, length > 0 && folder[length - 1] == '/' ? "" : "/", name);
    return path;
}

/* ---- folders ---- */

static bool push(struct walk *walk, char *name)
{
    void *array = walk->names;
    if (!name || !yk_mem_grow(&array, &walk->capacity, walk->count + 1, sizeof walk->names[0])) {
        free(name);
        return false;
    }
    walk->names = array;
    walk->names[walk->count++] = name;
    return true;
}

static int compare_down(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp(*right, *left);
}

/* Whether the entry can be anything to us, as far as its name and type tell. */
static bool is_candidate(const struct dirent *entry)
{
    if (entry->d_name[0] == '.')
        return false;
    if (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN)
        return true;
    return (entry->d_type == DT_REG || entry->d_type == DT_LNK) && yk_codec_for_name(entry->d_name);
}

/* Puts a folder's entries on the stack, the first by name on top. A folder that cannot be read is 0 or its
 * errno; ENOMEM is our own failure. */
static int push_entries(struct walk *walk, const char *folder)
{
    DIR *stream = opendir(folder);
    if (!stream)
        return errno;
    size_t first = walk->count;
    const struct dirent *entry;
    int result = 0;
    errno = 0;
    while (result == 0 && (entry = readdir(stream)) != NULL) {
        if (is_candidate(entry) && !push(walk, join(folder, entry->d_name)))
            result = ENOMEM;
        errno = 0;
    }
    if (result == 0)
        result = errno;
    (void)closedir(stream); /* only read from */
    if (walk->count > first)
        qsort(walk->names + first, walk->count - first, sizeof walk->names[0], compare_down);
    return result;
}

/* Adds what stands under `path`, which it owns: a file to the list, a folder's entries to the stack. */
static bool visit(struct walk *walk, char *path)
{
    struct stat info;
    bool exists = lstat(path, &info) == 0;
    bool is_link = exists && S_ISLNK(info.st_mode);
    if (is_link)
        exists = stat(path, &info) == 0;
    bool is_folder = exists && S_ISDIR(info.st_mode);
    int number = 0;
    if (is_folder && !is_link) {
        bool is_output =
            walk->has_output && info.st_dev == walk->output_device && info.st_ino == walk->output_inode;
        number = is_output ? 0 : push_entries(walk, path);
        if (number == 0 || number == ENOMEM) {
            free(path);
            return number == 0;
        }
    } else if (is_folder || !yk_codec_for_name(path) || (exists && !S_ISREG(info.st_mode))) {
        free(path);
        return true;
    }
    struct yk_input *input = add(walk->list, path);
    if (!input)
        return false;
    input->root = walk->root;
    input->mirrored = true;
    if (number != 0)
        return fail(input, strerror(number));
    if (!exists)
        return fail(input, is_link ? "the link leads nowhere" : strerror(ENOENT));
    keep_stat(input, &info);
    return true;
}

static enum yk_status walk_folder(struct yk_inputs *list, const char *folder, const char *output,
                                  struct yk_error *error)
{
    struct stat info;
    struct walk walk = {.list = list, .root = strlen(folder)};
    walk.root += folder[walk.root - 1] != '/';
    if (output && !strchr(output, '{') && stat(output, &info) == 0 && S_ISDIR(info.st_mode)) {
        walk.has_output = true;
        walk.output_device = info.st_dev;
        walk.output_inode = info.st_ino;
    }
    int number = push_entries(&walk, folder);
    bool complete = number == 0;
    while (complete && walk.count > 0)
        complete = visit(&walk, walk.names[--walk.count]);
    while (walk.count > 0)
        free(walk.names[--walk.count]);
    free(walk.names);
    if (number != 0 && number != ENOMEM)
        return yk_error_set(error, YK_ERR_IO, "cannot read the folder '%s': %s", folder, strerror(number));
    return complete ? YK_OK : no_memory(error);
}

/* ---- single names ---- */

static enum yk_status add_named(struct yk_inputs *list, const char *path,
                                const struct yk_batch_sources *sources, struct yk_error *error)
{
    struct stat info;
    int number = 0;
    if (!*path)
        return yk_error_set(error, YK_ERR_INVALID, "an input with an empty name");
    if (stat(path, &info) != 0)
        number = errno;
    else if (S_ISDIR(info.st_mode) && !sources->recursive)
        return yk_error_set(error, YK_ERR_INVALID, "'%s' is a folder; -r goes into folders", path);
    else if (S_ISDIR(info.st_mode))
        return walk_folder(list, path, sources->output, error);
    struct yk_input *input = add(list, yk_mem_strdup(path));
    if (!input)
        return no_memory(error);
    if (number == 0 && S_ISREG(info.st_mode))
        keep_stat(input, &info);
    else if (!fail(input, number ? strerror(number) : "it is not a regular file"))
        return no_memory(error);
    return YK_OK;
}

static enum yk_status add_stream(struct yk_inputs *list, const struct yk_batch_sources *sources,
                                 struct yk_error *error)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->inputs[i].path, "-") == 0)
            return yk_error_set(error, YK_ERR_INVALID, "standard input can be read once only");
    if (sources->files_from && strcmp(sources->files_from, "-") == 0)
        return yk_error_set(error, YK_ERR_INVALID,
                            "standard input can hold an image or the list of files, not both");
    return add(list, yk_mem_strdup("-")) ? YK_OK : no_memory(error);
}

/* ---- lists of names ---- */

/* Reads all of `from` into owned memory with a terminator. */
static enum yk_status read_all(FILE *from, const char *name, char **data, size_t *size,
                               struct yk_error *error)
{
    void *buffer = NULL;
    size_t capacity = 0, used = 0, got;
    do {
        if (!yk_mem_grow(&buffer, &capacity, used + 4097, 1)) {
            free(buffer);
            return no_memory(error);
        }
        got = fread((char *)buffer + used, 1, capacity - used - 1, from);
        used += got;
    } while (got > 0);
    if (ferror(from)) {
        free(buffer);
        return yk_error_set(error, YK_ERR_IO, "cannot read the list of files '%s': %s", name,
                            strerror(errno));
    }
    *data = buffer;
    (*data)[used] = '\0';
    *size = used;
    return YK_OK;
}

static enum yk_status add_list(struct yk_inputs *list, const struct yk_batch_sources *sources,
                               struct yk_error *error)
{
    const char *name = sources->files_from;
    bool is_stream = strcmp(name, "-") == 0;
    FILE *from = is_stream ? stdin : fopen(name, "re");
    if (!from)
        return yk_error_set(error, YK_ERR_IO, "cannot read the list of files '%s': %s", name,
                            strerror(errno));
    char *data = NULL;
    size_t size = 0;
    enum yk_status status = read_all(from, name, &data, &size, error);
    if (!is_stream)
        (void)fclose(from); /* only read from */
    if (status == YK_OK && !sources->nul_separated && memchr(data, '\0', size))
        status =
            yk_error_set(error, YK_ERR_PARSE,
                         "the list of files '%s' holds NUL bytes; -0 reads names that end with them", name);
    char end = sources->nul_separated ? '\0' : '\n';
    for (size_t at = 0; status == YK_OK && at < size;) {
        const char *stop = memchr(data + at, end, size - at);
        size_t length = stop ? (size_t)(stop - data) - at : size - at;
        data[at + length] = '\0'; /* read_all left room behind the last */
        if (strcmp(data + at, "-") == 0)
            status = add_named(list, "./-", sources, error); /* in a list, a name is a name */
        else if (length > 0)
            status = add_named(list, data + at, sources, error);
        at += length + 1;
    }
    free(data);
    return status;
}

enum yk_status yk_inputs_find(struct yk_inputs *list, const struct yk_batch_sources *sources,
                              struct yk_error *error)
{
    for (size_t i = 0; i < sources->path_count; i++) {
        const char *path = sources->paths[i];
        enum yk_status status =
            strcmp(path, "-") == 0 ? add_stream(list, sources, error) : add_named(list, path, sources, error);
        if (status != YK_OK)
            return status;
    }
    return sources->files_from ? add_list(list, sources, error) : YK_OK;
}
