/* SPDX-License-Identifier: MIT
 * Batches whose files are computed on while they are decoded: the same bytes and verdicts as otherwise, and
 * only where it is meant to be. */
#include "test_batch.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "test_png.h"

static const struct yk_format rgb8 = {3, 0, 8};

enum { GOOD = 9 };

/* GOOD plain files, an interlaced one, and one whose pixel data's last CRC is wrong. */
static void fill(struct batch_place *place)
{
    batch_open(place);
    batch_images(place, GOOD - 1, 90);
    batch_image(place, "tall.png", 50, 900, rgb8, 5);
    struct bytes woven = sample_file(70, 60, 2, 8, true, false, 3);
    batch_bytes(place, "woven.png", woven.data, woven.size);
    free(woven.data);
    struct bytes damaged = sample_file(70, 60, 2, 8, false, false, 4);
    size_t at = png_find(damaged.data, damaged.size, 8, "IDAT");
    CU_ASSERT_FATAL(at < damaged.size);
    uint32_t length = (uint32_t)damaged.data[at + 2] << 8 | damaged.data[at + 3]; /* the image is small */
    damaged.data[at + 8 + length] ^= 1;
    batch_bytes(place, "zdamaged.png", damaged.data, damaged.size);
    free(damaged.data);
}

void test_batch_stream(void)
{
    static const struct {
        const char *pipeline;
        size_t streamed;
    } cases[] = {
        {"resize 50% | blur 2 | sharpen 1", GOOD},
        {"median 3", GOOD},
        {"pad 3 | grayscale", GOOD},
        {"", 0},              /* nothing is computed */
        {"equalize", 0},      /* wants a statistic of all rows first */
        {"blur 1 | trim", 0}, /* likewise */
    };
    struct batch_place place;
    struct batch_run run = {0};
    fill(&place);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct yk_batch_options options = {.devices = "cpu", .threads = 1, .sched = "dynamic:1000"};
        CU_ASSERT_EQUAL(batch_all(&run, &place, cases[k].pipeline, &options), YK_OK);
        CU_ASSERT_EQUAL(run.summary.streamed, 0); /* the user has said how rows are to be divided */
        CU_ASSERT_EQUAL(run.summary.done, GOOD + 1);
        CU_ASSERT_EQUAL(run.summary.failed, 1);
        CU_ASSERT_EQUAL(batch_item(&run, "zdamaged.png")->state, YK_ITEM_FAILED);
        uint64_t expected = batch_hash(&run), rows = run.summary.devices[0].rows;
        char reason[256];
        const char *why = batch_item(&run, "zdamaged.png")->reason;
        snprintf(reason, sizeof reason, "%s", why ? why : "none");
        batch_end(&run);

        options.sched = NULL;
        CU_ASSERT_EQUAL(batch_all(&run, &place, cases[k].pipeline, &options), YK_OK);
        CU_ASSERT_EQUAL(run.summary.streamed, cases[k].streamed);
        CU_ASSERT_EQUAL(run.summary.done, GOOD + 1);
        why = batch_item(&run, "zdamaged.png")->reason;
        CU_ASSERT_STRING_EQUAL(why ? why : "none", reason);
        CU_ASSERT_EQUAL(batch_hash(&run), expected);
        CU_ASSERT_EQUAL(run.summary.devices[0].rows, rows);
        batch_end(&run);

        /* With five workers the last four files are shared out among them: seven go through one worker each,
         * of which one may be the woven and one the damaged one. */
        options.threads = 5;
        CU_ASSERT_EQUAL(batch_all(&run, &place, cases[k].pipeline, &options), YK_OK);
        CU_ASSERT(run.summary.streamed <= (cases[k].streamed ? 7 : 0));
        CU_ASSERT(run.summary.streamed >= (cases[k].streamed ? 5 : 0));
        CU_ASSERT_EQUAL(batch_hash(&run), expected);
        batch_end(&run);
    }
    batch_close(&place);
}
