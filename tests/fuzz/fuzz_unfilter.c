/* SPDX-License-Identifier: MIT
 * libFuzzer target: eight rows unfiltered at this processor's level and in plain C give the same. A file's
 * pixels hardly ever become the long flat stretches that have ways of their own, since a change of one
 * compressed bit ends them; here the input describes them. */
#include <stdlib.h>
#include <string.h>

#include "png_unfilter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = YK_UNFILTER_ROWS, HEAD = 2 + ROWS, PIXELS_MAX = 256, BYTES_MAX = PIXELS_MAX * 8 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Pairs of bytes become runs: (n, value), n + 1 times; the last value goes on to the end. */
static void expand(const uint8_t *data, size_t size, uint8_t *out, size_t room)
{
    size_t at = 0;
    uint8_t value = 0;
    for (; size >= 2 && at < room; data += 2, size -= 2) {
        size_t run = (size_t)data[0] + 1;
        value = data[1];
        run = run < room - at ? run : room - at;
        memset(out + at, value, run);
        at += run;
    }
    memset(out + at, value, room - at);
}

/* The first byte chooses the pixel size, the second the pixels of a row, then comes a byte for each row's
 * filter, then runs: of the row above, of the rows. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned sizes[] = {1, 2, 3, 4, 6, 8};
    static uint8_t all[(ROWS + 1) * (BYTES_MAX + 1) + YK_UNFILTER_SLACK];
    static uint8_t above[BYTES_MAX + YK_UNFILTER_SLACK], made[2][ROWS][BYTES_MAX + YK_UNFILTER_SLACK];
    if (size < HEAD)
        return 0;
    unsigned bpp = sizes[data[0] % 6];
    size_t bytes = ((size_t)data[1] + 1) * bpp;
    expand(data + HEAD, size - HEAD, all, (ROWS + 1) * (bytes + 1));
    memcpy(above, all, bytes);
    uint8_t *in = all + bytes, *out[2][ROWS];
    for (size_t k = 0; k < ROWS; k++) {
        in[k * (bytes + 1)] = data[2 + k] % 5;
        out[0][k] = made[0][k];
        out[1][k] = made[1][k];
    }
    struct yk_unfilter how = yk_unfilter_choose(bpp, bytes);
    struct yk_unfilter plain = {.bpp = bpp, .row_bytes = bytes, .row = yk_unfilter_row_plain};
    require(yk_unfilter_rows(&how, in, above, out[0], ROWS));
    require(yk_unfilter_rows(&plain, in, above, out[1], ROWS));
    for (size_t k = 0; k < ROWS; k++)
        require(memcmp(out[0][k], out[1][k], bytes) == 0);
    return 0;
}
