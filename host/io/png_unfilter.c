/* SPDX-License-Identifier: MIT
 * Unfiltering in plain C, and the choice of level (contract in png_unfilter.h). */
#include "png_unfilter.h"

#include <string.h>

#include "cpu.h"

enum {
    WAVE_BYTES = 128, /* shortest row that the wave takes */
    WAVE_ROWS = 3     /* so many slow rows are as slow as all rows in a wave */
};

/* The specification's predictor, with the comparisons turned round so that no branch is needed: with `third`
 * = 3c - a - b, the nearest to a + b - c is min(a, b) where third >= max(a, b), max(a, b) where third <=
 * min(a, b), and c between them. */
static int paeth(int a, int b, int c)
{
    int low = a < b ? a : b, high = a < b ? b : a, third = 3 * c - (a + b);
    int inner = high <= third ? low : c;
    return third <= low ? high : inner;
}

static void add_up(const uint8_t *in, const uint8_t *above, uint8_t *out, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(in[i] + above[i]);
}

void yk_unfilter_row_plain(const struct yk_unfilter *how, const uint8_t *in, const uint8_t *above,
                           uint8_t *out)
{
    unsigned filter = *in++, bpp = how->bpp;
    size_t bytes = how->row_bytes, first = bytes < bpp ? bytes : bpp;
    switch (filter) {
    case YK_UNFILTER_NONE:
        memcpy(out, in, bytes);
        break;
    case YK_UNFILTER_SUB:
        memcpy(out, in, first);
        for (size_t i = bpp; i < bytes; i++)
            out[i] = (uint8_t)(in[i] + out[i - bpp]);
        break;
    case YK_UNFILTER_UP:
        add_up(in, above, out, bytes);
        break;
    case YK_UNFILTER_AVERAGE:
        for (size_t i = 0; i < first; i++)
            out[i] = (uint8_t)(in[i] + above[i] / 2);
        for (size_t i = bpp; i < bytes; i++)
            out[i] = (uint8_t)(in[i] + (out[i - bpp] + above[i]) / 2);
        break;
    default:
        add_up(in, above, out, first);
        for (size_t i = bpp; i < bytes; i++)
            out[i] = (uint8_t)(in[i] + paeth(out[i - bpp], above[i], above[i - bpp]));
        break;
    }
}

struct yk_unfilter yk_unfilter_choose(unsigned bpp, size_t row_bytes)
{
    struct yk_unfilter how = {.bpp = bpp, .row_bytes = row_bytes, .row = yk_unfilter_row_plain};
#if defined(__x86_64__)
    if (yk_cpu_allowed() >= YK_CPU_V3) {
        how.row = yk_unfilter_row_v3;
        if (bpp <= 4 && row_bytes >= WAVE_BYTES)
            how.wave = yk_unfilter_wave_v3;
    }
#endif
    return how;
}

bool yk_unfilter_rows(const struct yk_unfilter *how, const uint8_t *in, const uint8_t *above,
                      uint8_t *const *out, unsigned rows)
{
    size_t step = how->row_bytes + 1;
    unsigned slow = 0; /* rows of which one alone takes long */
    for (unsigned k = 0; k < rows; k++) {
        uint8_t filter = in[k * step];
        if (filter > YK_UNFILTER_PAETH)
            return false;
        slow += filter >= YK_UNFILTER_AVERAGE;
    }
    if (rows == YK_UNFILTER_ROWS && how->wave && slow >= WAVE_ROWS) {
        how->wave(how, in, above, out);
        return true;
    }
    for (unsigned k = 0; k < rows; k++)
        how->row(how, in + k * step, k == 0 ? above : out[k - 1], out[k]);
    return true;
}
