/* SPDX-License-Identifier: MIT
 * Decoding in pieces (rows_open and so on of struct yk_codec) against decoding as a whole: the same rows and
 * the same verdict, whatever rows are asked for, and whatever is left out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "codec_png.h"
#include "support.h"
#include "test_png_fast.h"

/* How far y0 and y1 go on from one call to the next, in turn; 0: not at all. */
struct steps {
    uint32_t y0[3], y1[3];
};

static const struct steps patterns[] = {
    {{1, 1, 1}, {1, 1, 1}},    /* row by row */
    {{5, 8, 3}, {5, 8, 3}},    /* across the groups of eight */
    {{0, 4, 9}, {13, 0, 0}},   /* overlapping, as a stencil does that has forgotten its rows */
    {{40, 1, 0}, {41, 1, 30}}, /* leaving rows out */
    {{1000000, 0, 0}, {1000000, 0, 0}},
};

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Asks for rows as the steps say; false: some row differs from the whole image's. */
static bool rows_agree(void *state, const struct yk_image *whole, const struct steps *steps,
                       enum yk_status *status)
{
    size_t bytes = (size_t)whole->width * yk_format_bytes(whole->format), stride;
    const uint8_t *rows;
    uint32_t y0 = 0, y1 = 0;
    for (unsigned k = 0; y0 < whole->height; k++) {
        y1 = least(y1 + steps->y1[k % 3], whole->height);
        *status = y1 > y0 ? yk_png_rows_get(state, y0, y1, &rows, &stride, NULL) : YK_OK;
        if (*status)
            return true;
        for (uint32_t y = y0; y < y1; y++)
            if (memcmp(rows + (size_t)(y - y0) * stride, yk_image_row(whole, y), bytes) != 0)
                return false;
        if (y1 == whole->height)
            return true;
        y0 = least(y0 + steps->y0[k % 3], y1);
    }
    return true;
}

enum { PATTERNS = sizeof patterns / sizeof *patterns };

/* With the patterns from number `first` to `end` - 1. */
static bool same_by(const uint8_t *data, size_t size, const char *label, size_t first, size_t end)
{
    struct yk_image *whole = NULL;
    bool again = false, good = true;
    enum yk_status expected = yk_png_decode_fast(data, size, NULL, &whole, &again, NULL);
    expected = again ? YK_ERR_UNSUPPORTED : expected;
    for (size_t k = first; k < end && good; k++) {
        void *state = NULL;
        struct yk_image_info info;
        struct yk_metadata *metadata = NULL;
        enum yk_status status = yk_png_rows_open(&state, data, size, NULL, &info, NULL);
        if (!status && whole)
            good = info.width == whole->width && info.height == whole->height &&
                   rows_agree(state, whole, &patterns[k], &status);
        if (!status)
            status = yk_png_rows_end(state, &metadata, NULL);
        yk_png_rows_close(state);
        yk_metadata_free(metadata);
        if (!good || status != expected) {
            printf("\n    %s: rows by pattern %zu: %s, status %d instead of %d\n", label, k,
                   good ? "equal" : "different", status, expected);
            good = false;
        }
    }
    yk_image_free(whole);
    return good;
}

bool same_in_rows(const uint8_t *data, size_t size, const char *label)
{
    size_t k = size % PATTERNS;
    return same_by(data, size, label, k, k + 1);
}

void test_fast_rows(void)
{
    /* Higher than the first memory for rows, with every filter, and each way from file to image. */
    static const struct kind some[] = {{0, 1}, {0, 16}, {2, 8}, {3, 4}, {4, 8}, {6, 16}};
    enum { WIDTH = 33, HEIGHT = 301 };
    for (size_t k = 0; k < sizeof some / sizeof *some; k++)
        for (int transparent = 0; transparent < 2; transparent++) {
            size_t step = kind_row_bytes(some[k], WIDTH) + 1;
            uint8_t *rows = malloc(step * HEIGHT);
            CU_ASSERT_PTR_NOT_NULL_FATAL(rows);
            uint32_t random = 12345;
            for (size_t i = 0; i < step * HEIGHT; i++) {
                random = random * 1664525 + 1013904223;
                rows[i] = i % step ? (uint8_t)(random >> 24) : (uint8_t)((random >> 24) % 5);
            }
            char label[64];
            snprintf(label, sizeof label, "type %d depth %d, transparency %d", some[k].type, some[k].depth,
                     transparent);
            struct bytes file =
                stored_file(some[k], WIDTH, HEIGHT, rows, transparent && some[k].type < 4, 6, 1000);
            CU_ASSERT(goes_fast(file.data, file.size));
            CU_ASSERT(same_by(file.data, file.size, label, 0, PATTERNS));
            free(file.data);
            free(rows);
        }
}
