/* SPDX-License-Identifier: MIT
 * The PNG encoder's search for the cheapest way: what it finds, by hand and against zlib. That its symbols
 * inflate to the data, with the same bytes at every level, is tested with the other methods. */
#include "test_png_encode.h"

#include <CUnit/CUnit.h>
#include <zlib.h>

#include <stdlib.h>
#include <string.h>

#include "png_deflate.h"
#include "png_emit.h"
#include "png_prices.h"
#include "png_tokens.h"
#include "support.h"

/* By hand from RFC 1951, 3.2.5. Counts that are powers of two have codes of known lengths: of the literals
 * 'a', the length symbols 265 (11 and 12 bytes, an extra bit) and 285 (258 bytes, none), and the end of the
 * block, 8 : 4 : 2 : 2; of the distances 1, and 24577 to 32768 (13 extra bits), 3 : 1. */
void test_encode_prices(void)
{
    struct yk_prices prices;
    uint32_t litlen[YK_LITLEN_SYMBOLS] = {['a'] = 8, [265] = 4, [285] = 2, [YK_END_OF_BLOCK] = 2};
    uint32_t distance[YK_DISTANCE_SYMBOLS] = {[0] = 3, [29] = 1};
    yk_prices_make(&prices, litlen, distance);
    CU_ASSERT(prices.literals['a'] == 1 && prices.lengths[11] == 2 + 1 && prices.lengths[12] == 2 + 1);
    CU_ASSERT(prices.lengths[258] == 3 && prices.distances[0] == 1 && prices.distances[29] == 1 + 13);
    /* a bit more than the dearest: 4 and 2; 257 bytes are symbol 284 with 5 bits, 5 is distance symbol 4 */
    CU_ASSERT(prices.literals['b'] == 4 && prices.lengths[257] == 4 + 5 && prices.distances[4] == 2 + 1);
}

struct copies {
    unsigned count; /* of the length that was looked for */
    unsigned other; /* of others that are no runs */
    size_t distance;
};

/* Looks through the symbols for copies of `length` bytes. */
static struct copies find_copies(const struct yk_parsed *parsed, size_t length)
{
    struct copies found = {0, 0, 0};
    for (size_t i = 0; i < parsed->symbol_count; i++) {
        unsigned symbol = parsed->symbols[i];
        if (symbol < YK_COPY || symbol >= YK_FAR)
            continue;
        if (symbol != YK_COPY + length - YK_MATCH_MIN) {
            found.other++;
            continue;
        }
        /* base of the distance's symbol (RFC 1951, 3.2.5), then its extra bits, low ones first */
        unsigned far = parsed->symbols[i + 1] - YK_FAR, extra = yk_distance_extra(far);
        unsigned low_bits = extra < YK_RAW_BITS ? extra : YK_RAW_BITS;
        unsigned low = parsed->symbols[i + 2] - YK_RAW + 1 - (1u << low_bits);
        unsigned high = parsed->symbols[i + 3] - YK_RAW + 1 - (1u << (extra - low_bits));
        size_t base = far < 4 ? far + 1 : ((size_t)(2 + far % 2) << extra) + 1;
        found.distance = base + low + ((size_t)high << low_bits);
        found.count++;
    }
    return found;
}

/* A run of zeros, then 20 bytes, among noise; later a shorter run, of which nothing but its last bytes is in
 * the table, and the same 20 bytes. At the first prices three zeros (4 bits each) and a copy of the other 60
 * and the 20 (6 bits, 4 extra ones; for 283 bytes back 5 and 7) take 34 bits; a zero, a run of 62 (6 and 3,
 * 2) and a copy of the 20 (6 and 2, 5 and 7) take 35. */
void test_encode_priced_run(void)
{
    enum { NOISE = 200, LONG = 102, SHORT = 60, BEHIND = 20, BPP = 3 };
    enum { FIRST = NOISE + BPP + LONG, SECOND = FIRST + BEHIND + NOISE + BPP + SHORT };
    enum { SIZE = SECOND + BEHIND + NOISE };
    struct yk_random random = {5};
    uint8_t *data = calloc(1, SIZE + YK_READ_PAST);
    struct yk_parsed *parsed = malloc(sizeof *parsed);
    struct yk_priced_matcher *matcher = malloc(sizeof *matcher);
    CU_ASSERT_FATAL(data && parsed && matcher);
    for (int level = YK_CPU_SCALAR; level <= (int)yk_cpu_detect(); level++) {
        yk_random_fill(&random, data, SIZE);
        memset(data + NOISE, 0, LONG + BPP);
        memset(data + SECOND - SHORT - BPP, 0, SHORT + BPP);
        memcpy(data + SECOND, data + FIRST, BEHIND);
        data[NOISE - 1] = 1; /* different ones, and no zero more */
        data[SECOND - SHORT - BPP - 1] = 2;
        data[FIRST] = 11; /* neither continues its run */
        data[SECOND] = 11;
        data[SECOND + BEHIND] = (uint8_t)(data[FIRST + BEHIND] + 1);
        yk_priced_matcher_begin(matcher, BPP);
        size_t end = yk_parsers_at((enum yk_cpu)level)->priced(parsed, matcher, data, 0, SIZE, 1 << 15);
        CU_ASSERT_EQUAL(end, SIZE);
        struct copies found = find_copies(parsed, SHORT + BEHIND);
        CU_ASSERT_EQUAL(found.count, 1);
        CU_ASSERT_EQUAL(found.distance, (size_t)(SECOND - FIRST));
        CU_ASSERT_EQUAL(found.other, 0);
    }
    free(matcher);
    free(parsed);
    free(data);
}

/* What is behind the data does not matter: 30 bytes and 10 more, then places where the first 16 of them are,
 * more than are looked at, then at the end the 30, behind which the 10 are or are not. Only the hash of 40
 * bytes would tell. */
void test_encode_priced_end(void)
{
    enum { WHOLE = 40, SAME = 30, START = 16, PLACES = 30, SPACING = 50, END = 100 + PLACES * SPACING };
    struct yk_random random = {29};
    uint8_t data[END + SAME + YK_READ_PAST];
    struct yk_parsed *parsed = malloc(sizeof *parsed);
    struct yk_priced_matcher *matcher = malloc(sizeof *matcher);
    CU_ASSERT_FATAL(parsed && matcher);
    yk_random_fill(&random, data, sizeof data);
    for (int k = 0; k < PLACES; k++)
        memcpy(data + 100 + k * SPACING, data + 20, START);
    memcpy(data + END, data + 20, SAME);
    size_t counts[2];
    for (int same = 0; same < 2; same++) {
        if (same)
            memcpy(data + END + SAME, data + 20 + SAME, WHOLE - SAME);
        yk_priced_matcher_begin(matcher, 1);
        (void)yk_parsers_at(YK_CPU_SCALAR)->priced(parsed, matcher, data, 0, END + SAME, 1 << 15);
        counts[same] = parsed->symbol_count;
    }
    CU_ASSERT_EQUAL(counts[0], counts[1]);
    free(matcher);
    free(parsed);
}

/* Lines of letters of 8 x 8 pixels on cards of a plain colour, unfiltered. */
static void draw_text(uint8_t *data, size_t rows, size_t pixels, struct yk_random *random)
{
    enum { BPP = 3, CELL = 8, LETTERS = 30, LINE = 20 };
    const size_t row = 1 + pixels * BPP;
    uint8_t shapes[LETTERS][CELL];
    yk_random_fill(random, shapes[0], sizeof shapes);
    memset(data, 240, rows * row);
    for (size_t y = 0; y < rows; y++)
        data[y * row] = 0;
    for (size_t y = CELL; y + CELL < rows; y += LINE)
        for (size_t x = CELL; x + CELL < pixels; x += CELL + 1) {
            size_t letter = yk_random_below(random, LETTERS * 3 / 2);
            for (size_t k = 0; letter < LETTERS && k < CELL * CELL; k++)
                if (shapes[letter][k / CELL] >> k % CELL & 1)
                    memset(data + (y + k / CELL) * row + 1 + (x + k % CELL) * BPP, 20, BPP);
        }
}

static size_t zlib_size(const uint8_t *data, size_t size, uint8_t *out, size_t room)
{
    z_stream stream = {0};
    stream.next_in = (uint8_t *)(uintptr_t)data; /* zlib's field is not const */
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    CU_ASSERT_EQUAL_FATAL(deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    CU_ASSERT_EQUAL_FATAL(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t got = stream.total_out;
    CU_ASSERT_EQUAL(deflateEnd(&stream), Z_OK);
    return got;
}

/* Text is smaller than zlib's best, which searches whole chains, and than the deep search makes it. */
void test_encode_priced_text(void)
{
    enum { ROWS = 300, PIXELS = 600, ROW = 1 + PIXELS * 3, SIZE = ROWS * ROW };
    struct yk_random random = {23};
    uint8_t *data = calloc(1, SIZE + YK_READ_PAST), *out = malloc(yk_deflate_bound(SIZE));
    struct yk_deflate *work = yk_deflate_create();
    CU_ASSERT_FATAL(data && out && work);
    draw_text(data, ROWS, PIXELS, &random);
    size_t sizes[2];
    for (int k = 0; k < 2; k++) {
        const struct yk_deflate_job job = {.data = data,
                                           .size = SIZE,
                                           .bpp = 3,
                                           .row = ROW,
                                           .method = k ? YK_DEFLATE_PRICED : YK_DEFLATE_DEEP,
                                           .last = true,
                                           .exact = true};
        sizes[k] = yk_deflate_strip(work, &job, out);
    }
    size_t zlib = zlib_size(data, SIZE, out, yk_deflate_bound(SIZE));
    yk_note("PNG cheapest way: %zu bytes of text, zlib's level 9 %zu, the deep search %zu", sizes[1], zlib,
            sizes[0]);
    CU_ASSERT(sizes[1] <= zlib);
    CU_ASSERT(sizes[1] < sizes[0]);
    yk_deflate_free(work);
    free(out);
    free(data);
}
