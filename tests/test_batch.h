/* SPDX-License-Identifier: MIT
 * What the files of the suite batch share: a scratch folder with images, one run with an observer that checks
 * its contract, comparison of outputs. */
#ifndef YOKE_TESTS_TEST_BATCH_H
#define YOKE_TESTS_TEST_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/batch.h>

/* A scratch folder with a folder for inputs and, made new when asked, folders for outputs. */
struct batch_place {
    char *root, *in, *out; /* owned */
    unsigned number;
};
void batch_open(struct batch_place *place);
void batch_close(struct batch_place *place);
/* place->out becomes a new, empty folder. */
void batch_new_out(struct batch_place *place);

/* Writes place->in/name: an image of noise and gradients made from the seed. */
void batch_image(const struct batch_place *place, const char *name, uint32_t width, uint32_t height,
                 struct yk_format format, uint64_t seed);
/* `count` images a000.png ... of mixed sizes up to `most` pixels a side and all formats. */
void batch_images(const struct batch_place *place, unsigned count, uint32_t most);
void batch_bytes(const struct batch_place *place, const char *name, const void *data, size_t size);

/* The image of a file; NULL where it is none. The caller frees it. */
struct yk_image *batch_load(const char *path);
/* Whether the second file holds the first one's image with every colour sample inverted. */
bool batch_is_inverted(const char *input, const char *output);

/* One run and what its observer saw. Zeroed fields are the defaults. */
struct batch_run {
    /* wanted by the test */
    unsigned stop_at; /* the question "stop?" number so much, from 1, is answered with yes; 0: never */
    unsigned stop_after_items; /* so are all after so many items; 0: never */
    bool (*stop_when)(void);   /* may be NULL; true: as if stop_at had been reached */
    unsigned ask_ms;           /* each question takes so long */
    bool (*each_item)(void);   /* called for every item; false: a failure of the test */
    /* outcome */
    struct yk_batch_plan plan;
    struct yk_batch_summary summary;
    struct yk_error error;
    enum yk_status status;
    unsigned asks, items, notices, shows;
    char notice[1024]; /* the last one */
    /* of the observer */
    bool *planned;     /* per item: it was PLANNED at the start */
    unsigned *reports; /* per item */
    unsigned inside;
    bool overlap, backwards, hasty, pending, wrong;
    struct yk_batch_progress last;
};

/* Plans all of place->in into place->out (a test may plan in another way: fill run->plan), runs, and asserts
 * all that must hold of any run: states, callbacks and sums agree, outputs are complete, nothing is left
 * over. */
void batch_plan(struct batch_run *run, const struct batch_place *place, enum yk_overwrite overwrite);
enum yk_status batch_go(struct batch_run *run, const struct batch_place *place, const char *pipeline,
                        const struct yk_batch_options *options);
void batch_end(struct batch_run *run);
/* batch_plan and batch_go into a new folder. */
enum yk_status batch_all(struct batch_run *run, struct batch_place *place, const char *pipeline,
                         const struct yk_batch_options *options);

/* The item whose input ends with `name`. */
const struct yk_batch_item *batch_item(const struct batch_run *run, const char *name);
/* A number that depends on the names and bytes of all outputs. */
uint64_t batch_hash(const struct batch_run *run);
/* Files below `folder` whose name starts with a dot: what an unfinished write leaves behind. */
unsigned batch_leftovers(const char *folder);

void test_batch_threads(void);
void test_batch_memory(void);
void test_batch_stream(void);
void test_batch_opencl(void);
void test_batch_huge(void);
void test_batch_stop(void);
void test_batch_parts(void);
void test_batch_stop_keeps_old(void);
void test_batch_fail_fast(void);
void test_batch_progress(void);
void test_batch_any(void);
void test_batch_refused_writes(void);
void test_batch_full_disk(void);
void test_batch_fault_matrix(void);
void test_batch_faults_random(void);
void test_batch_shortage(void);
void test_batch_verify(void);
void test_batch_guard(void);
void test_batch_guard_damage(void);
void test_batch_guard_run(void);
void test_batch_guard_process(void);
void test_batch_cover(void);
void test_batch_verify_repeats(void);
void test_batch_faults_strict(void);
void test_batch_stop_parts(void);
void test_batch_part_fails(void);
void test_batch_usage(void);
void test_batch_together(void);
void test_batch_bound(void);
void test_batch_sums(void);

#endif
