/* SPDX-License-Identifier: MIT
 * Unfiltering at every level against plain C (which test_png_fast.c holds against libpng): all pixel sizes,
 * row lengths around the vector lengths, all filters alone and mixed, output rows that end at a guard page.
 */
#include "test_png_fast.h"

#include <CUnit/CUnit.h>

#include <stdlib.h>
#include <string.h>

#include "png_unfilter.h"
#include "support.h"

static void check_rows(unsigned bpp, size_t row_bytes, int filter, bool sparse, uint64_t seed)
{
    enum { ROWS = YK_UNFILTER_ROWS };
    struct yk_random random = {seed};
    size_t step = row_bytes + 1;
    uint8_t *in = malloc(ROWS * step + YK_UNFILTER_SLACK), *above = malloc(row_bytes + YK_UNFILTER_SLACK);
    uint8_t *plain[ROWS], *out[ROWS];
    struct yk_guard guards[ROWS];
    CU_ASSERT_FATAL(in && above);
    yk_random_fill(&random, in, ROWS * step + YK_UNFILTER_SLACK);
    yk_random_fill(&random, above, row_bytes + YK_UNFILTER_SLACK);
    if (sparse) {
        memset(above, 7, row_bytes);
        for (size_t i = 0; i < ROWS * step; i++)
            in[i] = yk_random_below(&random, 50) == 0 ? in[i] : 0;
    }
    for (size_t k = 0; k < ROWS; k++) {
        in[k * step] = (uint8_t)(filter < 5 ? (uint64_t)filter : yk_random_below(&random, 5));
        plain[k] = malloc(row_bytes + YK_UNFILTER_SLACK);
        CU_ASSERT_PTR_NOT_NULL_FATAL(plain[k]);
        guards[k] = yk_guard_alloc(row_bytes + YK_UNFILTER_SLACK, YK_GUARD_END);
        out[k] = guards[k].data;
    }
    struct yk_unfilter how = yk_unfilter_choose(bpp, row_bytes);
    struct yk_unfilter reference = {.bpp = bpp, .row_bytes = row_bytes, .row = yk_unfilter_row_plain};
    CU_ASSERT(yk_unfilter_rows(&how, in, above, out, ROWS));
    CU_ASSERT(yk_unfilter_rows(&reference, in, above, plain, ROWS));
    for (size_t k = 0; k < ROWS; k++) {
        CU_ASSERT_EQUAL(memcmp(out[k], plain[k], row_bytes), 0);
        for (size_t i = 0; i < YK_UNFILTER_SLACK; i++)
            if (out[k][row_bytes + i] != 0xA5)
                CU_FAIL("bytes after the row were written");
        free(plain[k]);
        CU_ASSERT(yk_guard_free(&guards[k]));
    }
    in[step * (seed % ROWS)] = 5;
    CU_ASSERT_FALSE(yk_unfilter_rows(&how, in, above, plain, ROWS));
    free(above);
    free(in);
}

static void levels(void)
{
    static const unsigned sizes[] = {1, 2, 3, 4, 6, 8};
    uint64_t seed = 0;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (size_t pixels = 1; pixels <= 90; pixels += pixels < 12 ? 1 : 3)
            for (int filter = 0; filter <= 5; filter++)
                for (int sparse = 0; sparse < 2; sparse++)
                    check_rows(sizes[s], pixels * sizes[s], filter, sparse, seed++);
}

/* Seven rows of one colour by Paeth, to which nothing is added, and below them one without filter that has
 * the colour for half its length, and then zeros: what looks flat is not. */
static void half_flat(void)
{
    enum { ROWS = YK_UNFILTER_ROWS, PIXELS = 128, COLOUR = 77 };
    for (unsigned bpp = 1; bpp <= 4; bpp++) {
        size_t bytes = (size_t)PIXELS * bpp, step = bytes + 1;
        uint8_t *in = calloc(ROWS, step + YK_UNFILTER_SLACK), *above = malloc(bytes + YK_UNFILTER_SLACK);
        uint8_t *out[ROWS], *rows = malloc(ROWS * (bytes + YK_UNFILTER_SLACK));
        CU_ASSERT_FATAL(in && above && rows);
        memset(above, COLOUR, bytes + YK_UNFILTER_SLACK);
        for (size_t k = 0; k < ROWS; k++) {
            in[k * step] = k < ROWS - 1 ? YK_UNFILTER_PAETH : YK_UNFILTER_NONE;
            out[k] = rows + k * (bytes + YK_UNFILTER_SLACK);
        }
        memset(in + (ROWS - 1) * step + 1, COLOUR, bytes / 2);
        struct yk_unfilter how = yk_unfilter_choose(bpp, bytes);
        CU_ASSERT(yk_unfilter_rows(&how, in, above, out, ROWS));
        for (size_t i = 0; i < ROWS * bytes; i++)
            if (out[i / bytes][i % bytes] != (i / bytes < ROWS - 1 || i % bytes < bytes / 2 ? COLOUR : 0)) {
                CU_FAIL("a flat stretch is not");
                break;
            }
        free(rows);
        free(above);
        free(in);
    }
}

void test_fast_unfilter(void)
{
    for_each_level(levels);
    for_each_level(half_flat);

    /* One row of each filter by hand, 2 bytes a pixel. Above: 10 20 30 40 250 1. */
    static const uint8_t above[6 + YK_UNFILTER_SLACK] = {10, 20, 30, 40, 250, 1};
    static const uint8_t in[5][7 + YK_UNFILTER_SLACK] = {{0, 1, 2, 3, 4, 5, 6},
                                                         {1, 1, 2, 3, 4, 255, 6},
                                                         {2, 1, 2, 3, 4, 6, 6},
                                                         {3, 1, 2, 3, 4, 5, 6},
                                                         {4, 1, 2, 3, 4, 5, 6}};
    static const uint8_t want[5][6] = {
        {1, 2, 3, 4, 5, 6},
        {1, 2, 4, 6, 3, 12},
        {11, 22, 33, 44, 0, 7},
        {6, 12, 21, 30, 140, 21},  /* 1+5, 2+10, 3+(6+30)/2, 4+(12+40)/2, 5+(21+250)/2, 6+(30+1)/2 */
        {11, 22, 33, 44, 255, 7}}; /* Paeth, all from above: p = 10, 20, 31, 42, 253, 5 */
    for (size_t f = 0; f < 5; f++) {
        uint8_t row[6 + YK_UNFILTER_SLACK], *out[] = {row};
        struct yk_unfilter how = yk_unfilter_choose(2, 6);
        CU_ASSERT(yk_unfilter_rows(&how, in[f], above, out, 1));
        CU_ASSERT_EQUAL(memcmp(row, want[f], 6), 0);
    }
}
