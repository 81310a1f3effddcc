/* SPDX-License-Identifier: MIT
 * The batch planner (contract in yoke/batch.h): inputs, outputs, and the checks of the whole before anything
 * is touched. Looks at names and inodes, writes nothing. */
#include <yoke/batch.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "batch_plan.h"
#include "mem.h"

/* Where an output will stand: its deepest folder that exists, and the name below that. Equal places are one
 * file, however the paths are written. */
struct place {
    dev_t device;
    ino_t inode;
    char *path; /* owned; the output with a final link resolved */
    const char *rest;
    size_t index;
};

/* An existing file, for finding the input that an output would replace. */
struct identity {
    dev_t device;
    ino_t inode;
    size_t index;
};

static int compare_identity(const void *a, const void *b)
{
    const struct identity *left = a, *right = b;
    if (left->device != right->device)
        return left->device < right->device ? -1 : 1;
    if (left->inode != right->inode)
        return left->inode < right->inode ? -1 : 1;
    return 0;
}

static int compare_place(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    if (left->device != right->device)
        return left->device < right->device ? -1 : 1;
    if (left->inode != right->inode)
        return left->inode < right->inode ? -1 : 1;
    int order = strcmp(left->rest, right->rest);
    return order ? order : (left->index > right->index) - (left->index < right->index);
}

static enum yk_status no_memory(struct yk_error *error)
{
    return yk_error_set(error, YK_ERR_NOMEM, "no memory for the plan");
}

/* ---- state of one item ---- */

__attribute__((format(printf, 3, 4))) static enum yk_status
settle(struct yk_batch_item *item, enum yk_item_state state, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vasprintf(&item->reason, format, list);
    va_end(list);
    if (length < 0) {
        item->reason = NULL;
        return YK_ERR_NOMEM;
    }
    item->state = state;
    return YK_OK;
}

static bool is_newer(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/* What an output that exists means for its item. `is_own` is set where it is the item's own input. */
static enum yk_status look_at_output(struct yk_batch_item *item, const struct yk_input *input,
                                     const struct yk_batch_sources *sources, bool is_own,
                                     const struct stat *target)
{
    if (item->state != YK_ITEM_PLANNED || is_own)
        return YK_OK;
    if (target && !S_ISREG(target->st_mode))
        return settle(item, YK_ITEM_FAILED, "cannot write '%s': it is %s, not a regular file", item->output,
                      S_ISDIR(target->st_mode) ? "a folder" : "a special file");
    if (sources->overwrite == YK_OVERWRITE_NEVER)
        return settle(item, YK_ITEM_SKIPPED, "'%s' exists already and is kept", item->output);
    if (sources->overwrite == YK_OVERWRITE_NEWER && target && input->found &&
        is_newer(target->st_mtim, input->modified))
        return settle(item, YK_ITEM_SKIPPED, "'%s' is newer than its input and is kept", item->output);
    return YK_OK;
}

/* ---- checks of the whole ---- */

/* Finds the deepest existing folder above place->path. */
static enum yk_status find_place(struct place *place, const char *output, struct yk_error *error)
{
    struct stat info;
    char *path = place->path;
    size_t cut = strlen(path);
    int found;
    for (;;) {
        while (cut > 0 && path[cut - 1] != '/')
            cut--;
        if (cut <= 1) {
            found = stat(cut == 1 ? "/" : ".", &info);
        } else {
            path[cut - 1] = '\0';
            found = stat(path, &info);
            path[cut - 1] = '/';
        }
        if (found == 0 || cut <= 1)
            break;
        cut--;
        while (cut > 0 && path[cut - 1] == '/')
            cut--;
    }
    if (found != 0)
        return yk_error_set(error, YK_ERR_IO, "cannot find the folder of '%s': %s", output, strerror(errno));
    place->device = info.st_dev;
    place->inode = info.st_ino;
    place->rest = path + cut;
    for (const char *up = strstr(place->rest, ".."); up; up = strstr(up + 1, ".."))
        if ((up == place->rest || up[-1] == '/') && (up[2] == '/' || up[2] == '\0'))
            return yk_error_set(error, YK_ERR_INVALID,
                                "the output '%s' goes through '..' below a folder that does "
                                "not exist",
                                output);
    return YK_OK;
}

static enum yk_status check_distinct(struct place *places, size_t count, const struct yk_batch_plan *plan,
                                     struct yk_error *error)
{
    if (count > 1)
        qsort(places, count, sizeof places[0], compare_place);
    const struct place *first = NULL; /* of the pair whose second comes earliest in the plan */
    for (size_t i = 1; i < count; i++) {
        const struct place *a = &places[i - 1], *b = &places[i];
        if (a->device == b->device && a->inode == b->inode && strcmp(a->rest, b->rest) == 0 &&
            (!first || b->index < first[1].index))
            first = a;
    }
    if (!first)
        return YK_OK;
    return yk_error_set(
        error, YK_ERR_INVALID,
        "two inputs to one output: '%s' and '%s' both become '%s'; -r on a folder above them, or {dir} "
        "or {index} in a template, keeps them apart",
        plan->items[first[0].index].input, plan->items[first[1].index].input,
        plan->items[first[1].index].output);
}

static enum yk_status check_inputs_safe(const struct yk_batch_plan *plan, const struct yk_input *inputs,
                                        const struct identity *known, size_t known_count, size_t index,
                                        const struct stat *target, bool in_place, bool *is_own,
                                        struct yk_error *error)
{
    struct identity key = {.device = target->st_dev, .inode = target->st_ino};
    const struct identity *hit =
        known_count ? bsearch(&key, known, known_count, sizeof known[0], compare_identity) : NULL;
    const struct yk_input *own = &inputs[index];
    *is_own = own->found && own->device == target->st_dev && own->inode == target->st_ino;
    if (*is_own && !in_place)
        return yk_error_set(error, YK_ERR_INVALID,
                            "the output '%s' is its own input; --in-place replaces inputs by their results",
                            plan->items[index].output);
    if (hit && !*is_own)
        return yk_error_set(error, YK_ERR_INVALID, "the output '%s' of '%s' is itself an input",
                            plan->items[index].output, plan->items[index].input);
    return YK_OK;
}

struct checks {
    struct place *places;
    size_t place_count;
    struct identity *known;
    size_t known_count;
};

/* Everything about item number `index` that the file system tells. */
static enum yk_status check_item(struct checks *checks, struct yk_batch_plan *plan,
                                 const struct yk_input *inputs, size_t index,
                                 const struct yk_batch_sources *sources, struct yk_error *error)
{
    struct yk_batch_item *item = &plan->items[index];
    struct place *place = &checks->places[checks->place_count];
    struct stat link, target;
    bool exists = lstat(item->output, &link) == 0;
    bool has_target = exists && stat(item->output, &target) == 0;
    *place = (struct place){.index = index};
    if (has_target && S_ISLNK(link.st_mode))
        place->path = realpath(item->output, NULL);
    else
        place->path = yk_mem_strdup(item->output);
    if (!place->path)
        return no_memory(error);
    checks->place_count++;
    enum yk_status status = find_place(place, item->output, error);
    bool is_own = false;
    if (status == YK_OK && has_target)
        status = check_inputs_safe(plan, inputs, checks->known, checks->known_count, index, &target,
                                   sources->in_place, &is_own, error);
    if (status == YK_OK && exists &&
        look_at_output(item, &inputs[index], sources, is_own, has_target ? &target : NULL) != YK_OK)
        status = no_memory(error);
    return status;
}

static enum yk_status check_whole(struct yk_batch_plan *plan, const struct yk_inputs *list,
                                  const struct yk_batch_sources *sources, struct yk_error *error)
{
    struct checks checks = {0};
    enum yk_status status = YK_OK;
    checks.places = calloc(plan->count, sizeof checks.places[0]);
    checks.known = calloc(plan->count, sizeof checks.known[0]);
    if (!checks.places || !checks.known) {
        status = no_memory(error);
        goto done;
    }
    for (size_t i = 0; i < list->count; i++)
        if (list->inputs[i].found)
            checks.known[checks.known_count++] =
                (struct identity){list->inputs[i].device, list->inputs[i].inode, i};
    if (checks.known_count > 1)
        qsort(checks.known, checks.known_count, sizeof checks.known[0], compare_identity);
    for (size_t i = 0; i < plan->count && status == YK_OK; i++)
        status = check_item(&checks, plan, list->inputs, i, sources, error);
    if (status == YK_OK)
        status = check_distinct(checks.places, checks.place_count, plan, error);
done:
    for (size_t i = 0; i < checks.place_count; i++)
        free(checks.places[i].path);
    free(checks.places);
    free(checks.known);
    return status;
}

/* ---- the plan ---- */

static enum yk_status fill(struct yk_batch_plan *plan, struct yk_inputs *list, enum yk_output_kind kind,
                           const char *output, struct yk_error *error)
{
    plan->items = calloc(list->count, sizeof plan->items[0]);
    if (!plan->items)
        return no_memory(error);
    plan->count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        struct yk_input *input = &list->inputs[i];
        struct yk_batch_item *item = &plan->items[i];
        item->output = yk_output_name(kind, output, input, i, list->count);
        if (!item->output)
            return no_memory(error);
        item->input = input->path;
        item->reason = input->reason;
        item->input_bytes = input->bytes;
        item->state = input->reason ? YK_ITEM_FAILED : YK_ITEM_PLANNED;
        input->path = NULL;
        input->reason = NULL;
    }
    return YK_OK;
}

enum yk_status yk_batch_plan_make(struct yk_batch_plan *plan, const struct yk_batch_sources *sources,
                                  struct yk_error *error)
{
    struct yk_inputs list = {0};
    struct yk_batch_plan made = {0};
    enum yk_output_kind kind = YK_OUTPUT_FOLDER;
    enum yk_status status = yk_inputs_find(&list, sources, error);
    if (status == YK_OK)
        status = yk_output_decide(&kind, sources->output, list.count, sources->in_place, error);
    if (status == YK_OK && kind == YK_OUTPUT_SAME)
        for (size_t i = 0; i < list.count && status == YK_OK; i++)
            if (strcmp(list.inputs[i].path, "-") == 0)
                status = yk_error_set(error, YK_ERR_INVALID, "standard input cannot be replaced in place");
    if (status == YK_OK && list.count > 0)
        status = fill(&made, &list, kind, sources->output, error);
    if (status == YK_OK && made.count > 0 && kind != YK_OUTPUT_STREAM)
        status = check_whole(&made, &list, sources, error);
    yk_inputs_free(&list);
    if (status == YK_OK)
        *plan = made;
    else
        yk_batch_plan_free(&made);
    return status;
}

void yk_batch_plan_free(struct yk_batch_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        free(plan->items[i].input);
        free(plan->items[i].output);
        free(plan->items[i].reason);
    }
    free(plan->items);
    *plan = (struct yk_batch_plan){0};
}
