/* SPDX-License-Identifier: MIT
 *
 * The two halves of the batch planner: which files go in (batch_list.c), and what each output is called
 * (batch_template.c). They read names and inodes only; batch_plan.c puts them together. One thread at a time
 * per structure.
 */
#ifndef YOKE_IMAGE_BATCH_PLAN_H
#define YOKE_IMAGE_BATCH_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include <yoke/batch.h>

/* One input. What stat says is kept, because every later check of the plan needs some of it. */
struct yk_input {
    char *path; /* owned; "-" is standard input */
    size_t
        root; /* path + root is relative to the folder that was given; 0 for a file that was named itself */
    bool mirrored; /* found in a folder: its output keeps the sub-folder */
    bool found;    /* the fields below are set; false for standard input and for what cannot be used */
    dev_t device;
    ino_t inode;
    uint64_t bytes;
    struct timespec modified;
    char *reason; /* owned; why it cannot be used, else NULL */
};

struct yk_inputs {
    struct yk_input *inputs; /* owned */
    size_t count, capacity;
};

/* Finds the inputs of `sources` in their order, folders as a sorted walk. Symbolic links to files are
 * followed, those to folders below a given one are not; the output folder, where it lies inside a given one,
 * is left out. `list` must be zeroed; the caller frees it with yk_inputs_free, also after a failure. Errors:
 * YK_ERR_INVALID, YK_ERR_IO, YK_ERR_NOMEM. */
enum yk_status yk_inputs_find(struct yk_inputs *list, const struct yk_batch_sources *sources,
                              struct yk_error *error);
void yk_inputs_free(struct yk_inputs *list);

enum yk_output_kind {
    YK_OUTPUT_FOLDER,   /* base names below it */
    YK_OUTPUT_TEMPLATE, /* holds braces */
    YK_OUTPUT_FILE,     /* exactly this */
    YK_OUTPUT_STREAM,   /* "-" */
    YK_OUTPUT_SAME      /* none given and in place: each input itself */
};

/* Decides what the text `output` (NULL: none) means for `count` inputs, and checks a template's syntax.
 * Errors: YK_ERR_INVALID (many inputs to one file, no output), YK_ERR_PARSE (template, with a caret),
 * YK_ERR_UNKNOWN (an extension that no codec writes). */
enum yk_status yk_output_decide(enum yk_output_kind *kind, const char *output, size_t count, bool in_place,
                                struct yk_error *error);

/* The output's path for input number `index` (from 0) of `count`: owned by the caller, NULL without memory.
 * `output` was accepted by yk_output_decide. */
char *yk_output_name(enum yk_output_kind kind, const char *output, const struct yk_input *input, size_t index,
                     size_t count);

/* The name behind the last slash of a path. */
const char *yk_base_name(const char *path);

#endif
