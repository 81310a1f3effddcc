/* SPDX-License-Identifier: MIT
 * Batches whose encoding fails or is stopped in the middle of an image. The linker puts the function below in
 * front of the library's own (--wrap in CMakeLists.txt). */
#include "test_batch.h"

#include <CUnit/CUnit.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

/* What the encoder of the next run does; set before it starts. */
static struct {
    int part_fails; /* the part with that number, from 1 on, ends in YK_ERR_NOMEM; 0: none */
    int part_stops; /* once that part is begun the run is told to stop, and the part ends after that */
    atomic_int parts;
    atomic_bool told;
} play;

enum yk_status __real_yk_encoder_part(struct yk_encoder *encoder, size_t part, struct yk_error *error);
enum yk_status __wrap_yk_encoder_part(struct yk_encoder *encoder, size_t part, struct yk_error *error);

enum yk_status __wrap_yk_encoder_part(struct yk_encoder *encoder, size_t part, struct yk_error *error)
{
    int number = ++play.parts;
    if (number == play.part_fails)
        return yk_error_set(error, YK_ERR_NOMEM, "planted: no memory for a part");
    /* Longer than the tenth of a second between two questions, so that the other threads begin two each. */
    if (play.part_stops && number > play.part_stops && !play.told)
        nanosleep(&(struct timespec){0, 120000000}, NULL);
    for (int k = 0; number == play.part_stops && !play.told && k < 10000; k++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    return __real_yk_encoder_part(encoder, part, error);
}

/* Images of 3 MB are encoded in six parts each. */
static void large_images(struct batch_place *place, unsigned count)
{
    batch_image(place, "b0.png", 1000, 1000, (struct yk_format){3, 0, 8}, 1);
    char *first = yk_path_join(place->in, "b0.png");
    for (unsigned k = 1; k < count; k++) {
        char name[16];
        snprintf(name, sizeof name, "b%u.png", k);
        char *path = yk_path_join(place->in, name);
        CU_ASSERT_EQUAL_FATAL(link(first, path), 0);
        free(path);
    }
    free(first);
}

static bool stop_at_part(void)
{
    play.told = play.told || play.parts >= play.part_stops;
    return play.told;
}

/* Stopped while parts of images are encoded on several threads. A thread may begin more parts between the
 * answer and the stop, so that the first file is tried until it was met with some of its six parts done. */
void test_batch_stop_parts(void)
{
    struct batch_place place;
    bool between = false;
    batch_open(&place);
    large_images(&place, 9);
    for (unsigned round = 0; round < 6 || (!between && round < 40); round++) {
        /* So much memory that the files do not all begin at once. */
        struct yk_batch_options options = {
            .devices = "cpu", .threads = 2 + round % 2, .encode = {.level = -1}, .memory = 20000000};
        struct batch_run run = {.stop_when = stop_at_part};
        const bool first_file = round < 2 || round >= 6;
        play.part_stops = first_file ? 1 : 1 + 5 * (int)round;
        play.parts = 0;
        play.told = false;
        CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", &options), YK_ERR_CANCELLED);
        CU_ASSERT_EQUAL(run.summary.failed, 0);
        CU_ASSERT(run.summary.cancelled > 0);
        between = between || (first_file && play.parts < 6);
        for (size_t k = 0; k < run.plan.count; k++)
            if (run.plan.items[k].state != YK_ITEM_DONE)
                CU_ASSERT_NOT_EQUAL(access(run.plan.items[k].output, F_OK), 0);
        batch_end(&run);
    }
    CU_ASSERT_TRUE(between);
    play.part_stops = 0;
    batch_close(&place);
}

/* One part of one image fails: that file fails, the others are done. */
void test_batch_part_fails(void)
{
    struct batch_place place;
    batch_open(&place);
    large_images(&place, 4);
    for (unsigned round = 0; round < 6; round++) {
        struct batch_run run = {0};
        struct yk_batch_options options = {
            .devices = "cpu", .threads = 1 + round % 4, .encode = {.level = -1}};
        unsigned reasons = 0;
        play.parts = 0;
        play.part_fails = 1 + 4 * (int)round;
        CU_ASSERT_EQUAL(batch_all(&run, &place, "invert", &options), YK_OK);
        CU_ASSERT_EQUAL(run.summary.failed, 1);
        CU_ASSERT_EQUAL(run.summary.done, 3);
        for (size_t k = 0; k < run.plan.count; k++) {
            const struct yk_batch_item *item = &run.plan.items[k];
            reasons += item->reason && strcmp(item->reason, "planted: no memory for a part") == 0;
            CU_ASSERT_EQUAL(access(item->output, F_OK) == 0, item->state == YK_ITEM_DONE);
        }
        CU_ASSERT_EQUAL(reasons, 1);
        batch_end(&run);
    }
    play.part_fails = 0;
    batch_close(&place);
}
