/* SPDX-License-Identifier: MIT
 * The PNG encoder's parts: row filters, Huffman codes, the own Deflate coder, joined streams. */
#include "test_png_encode.h"

#include <CUnit/CUnit.h>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <zlib.h>

#include <stdlib.h>
#include <string.h>

#include "png_count.h"
#include "png_deflate.h"
#include "png_filter.h"
#include "png_huffman.h"
#include "png_stream.h"
#include "support.h"

/* ---- Filters ---- */

/* PNG (3rd edition) 9.2: worked out by hand for two rows of three 2-byte pixels. */
void test_encode_filters_literal(void)
{
    static const uint8_t above[6] = {10, 20, 30, 40, 50, 60}, row[6] = {12, 19, 200, 45, 50, 255};
    static const uint8_t expected[YK_PNG_FILTERS][6] = {
        {12, 19, 200, 45, 50, 255},
        /* less the pixel before: 12 19 200-12 45-19 50-200 255-45 */
        {12, 19, 188, 26, 106, 210},
        /* less the row above */
        {2, 255, 170, 5, 0, 195},
        /* less half the sum, rounded down: 12-5 19-10 200-21 45-29 50-125 255-52 */
        {7, 9, 179, 16, 181, 203},
        /* less a, b or c, whichever is nearest to a + b - c. First pixel: b (a = c = 0). Second: a=12 b=30
         * c=10, 32: b; a=19 b=40 c=20, 39: b. Third: a=200 b=50 c=30, 220: a; a=45 b=60 c=40, 65: b */
        {2, 255, 170, 5, 106, 195},
    };
    for (int f = 0; f < YK_PNG_FILTERS; f++) {
        uint8_t out[6];
        yk_png_filters_plain.apply((enum yk_png_filter)f, row, above, sizeof row, 2, out);
        CU_ASSERT_EQUAL(memcmp(out, expected[f], sizeof out), 0);
    }
    uint64_t sums[YK_PNG_FILTERS];
    yk_png_filters_plain.sums(row, above, sizeof row, 2, sums);
    CU_ASSERT_EQUAL(sums[YK_PNG_NONE], 12 + 19 + 56 + 45 + 50 + 1);
    CU_ASSERT_EQUAL(sums[YK_PNG_SUB], 12 + 19 + 68 + 26 + 106 + 46);
    CU_ASSERT_EQUAL(sums[YK_PNG_UP], 2 + 1 + 86 + 5 + 0 + 61);
    CU_ASSERT_EQUAL(sums[YK_PNG_AVERAGE], 7 + 9 + 77 + 16 + 75 + 53);
    CU_ASSERT_EQUAL(sums[YK_PNG_PAETH], 2 + 1 + 86 + 5 + 106 + 61);
    CU_ASSERT_EQUAL(yk_png_filter_least(sums), YK_PNG_UP);
    CU_ASSERT_EQUAL(yk_png_filter_least((const uint64_t[]){5, 4, 4, 9, 4}), YK_PNG_SUB);
}

/* Every level against plain C, in buffers that end at an inaccessible page. */
void test_encode_filters(void)
{
    static const size_t bpps[] = {1, 2, 3, 4, 6, 8};
    struct yk_random random = {11};
    unsigned cells = 0;
    for (int level = YK_CPU_SCALAR; level <= (int)yk_cpu_detect(); level++)
        for (size_t b = 0; b < sizeof bpps / sizeof bpps[0]; b++)
            for (size_t pixels = 1; pixels <= 90; pixels++) {
                const struct yk_png_filters *filters = yk_png_filters_at((enum yk_cpu)level);
                size_t bytes = pixels * bpps[b];
                struct yk_guard row = yk_guard_alloc(bytes, YK_GUARD_END),
                                above = yk_guard_alloc(bytes, YK_GUARD_END);
                struct yk_guard out = yk_guard_alloc(bytes, YK_GUARD_END);
                uint8_t *expected = malloc(bytes);
                CU_ASSERT_PTR_NOT_NULL_FATAL(expected);
                yk_random_fill(&random, row.data, bytes);
                yk_random_fill(&random, above.data, bytes);
                for (size_t i = 0; i < bytes && pixels % 2; i++) { /* near values: Paeth's ties */
                    row.data[i] = (uint8_t)(100 + row.data[i] % 4);
                    above.data[i] = (uint8_t)(100 + above.data[i] % 4);
                }
                uint64_t sums[YK_PNG_FILTERS], expected_sums[YK_PNG_FILTERS];
                filters->sums(row.data, above.data, bytes, bpps[b], sums);
                yk_png_filters_plain.sums(row.data, above.data, bytes, bpps[b], expected_sums);
                CU_ASSERT_EQUAL(memcmp(sums, expected_sums, sizeof sums), 0);
                for (int f = 0; f < YK_PNG_FILTERS; f++, cells++) {
                    filters->apply((enum yk_png_filter)f, row.data, above.data, bytes, bpps[b], out.data);
                    yk_png_filters_plain.apply((enum yk_png_filter)f, row.data, above.data, bytes, bpps[b],
                                               expected);
                    CU_ASSERT_EQUAL(memcmp(out.data, expected, bytes), 0);
                }
                free(expected);
                CU_ASSERT(yk_guard_free(&row) && yk_guard_free(&above) && yk_guard_free(&out));
            }
    yk_note("PNG filters: %u rows at up to level %s", cells, yk_cpu_name(yk_cpu_detect()));
}

/* ---- Huffman codes ---- */

static void check_lengths(const uint32_t *counts, size_t symbols, unsigned most)
{
    uint8_t lengths[YK_LITLEN_SYMBOLS];
    uint64_t kraft = 0;
    size_t used = 0;
    yk_huffman_lengths(counts, symbols, most, lengths);
    for (size_t s = 0; s < symbols; s++) {
        CU_ASSERT(lengths[s] <= most);
        CU_ASSERT(counts[s] == 0 || lengths[s] > 0);
        used += lengths[s] > 0;
        kraft += lengths[s] ? (uint64_t)1 << (most - lengths[s]) : 0;
    }
    CU_ASSERT(used >= 2);
    CU_ASSERT_EQUAL(kraft, (uint64_t)1 << most); /* complete: every bit string means something */
    for (size_t a = 0; a < symbols; a++)         /* a more frequent symbol is never longer */
        for (size_t b = 0; b < symbols; b++)
            if (counts[a] > counts[b] && counts[b] > 0)
                CU_ASSERT_FATAL(lengths[a] <= lengths[b]);
}

void test_encode_huffman(void)
{
    /* By hand: 5 and 9 join to 14, 12 and 13 to 25, 14 and 16 to 30, then 25 + 30 = 55, and 45. */
    static const uint32_t book[6] = {45, 13, 12, 16, 9, 5};
    static const uint8_t book_lengths[6] = {1, 3, 3, 3, 4, 4};
    uint8_t lengths[YK_LITLEN_SYMBOLS];
    yk_huffman_lengths(book, 6, 15, lengths);
    CU_ASSERT_EQUAL(memcmp(lengths, book_lengths, 6), 0);
    /* RFC 1951, 3.2.2: lengths 3 3 3 3 3 2 4 4 give 010 011 100 101 110 00 1110 1111; here with the bits
     * reversed. */
    static const uint8_t rfc[8] = {3, 3, 3, 3, 3, 2, 4, 4};
    static const uint16_t rfc_codes[8] = {2, 6, 1, 5, 3, 0, 7, 15};
    uint16_t codes[8];
    yk_huffman_codes(rfc, 8, codes);
    CU_ASSERT_EQUAL(memcmp(codes, rfc_codes, sizeof codes), 0);

    uint32_t counts[YK_LITLEN_SYMBOLS] = {0};
    check_lengths(counts, 30, 10); /* nothing occurs */
    counts[7] = 1;
    check_lengths(counts, 30, 10); /* one symbol */
    uint32_t a = 1, b = 1; /* Fibonacci's numbers make the longest codes: 30 of them would take 29 bits */
    for (size_t s = 0; s < 30; s++) {
        counts[s] = a;
        uint32_t next = a + b;
        a = b;
        b = next;
    }
    check_lengths(counts, 30, 10);
    check_lengths(counts, 30, 15);
    struct yk_random random = {5};
    for (int round = 0; round < 50; round++) {
        for (size_t s = 0; s < YK_LITLEN_SYMBOLS; s++)
            counts[s] = yk_random_below(&random, 3) ? (uint32_t)(1 << yk_random_below(&random, 20)) : 0;
        check_lengths(counts, YK_LITLEN_SYMBOLS, 12);
        check_lengths(counts, 19, 7);
    }
}

/* ---- The own coder ---- */

/* Inflates raw Deflate data with three libraries; true where all give `size` bytes equal to `data`. `ends`:
 * the stream is complete; else it stops at a byte after an empty block, which only zlib and ISA-L can say. */
static bool inflates_to(const uint8_t *stream, size_t stream_size, const uint8_t *data, size_t size,
                        bool ends)
{
    uint8_t *out = malloc(size + 1);
    bool good = out != NULL;
    z_stream z = {.next_in = (Bytef *)(uintptr_t)stream,
                  .avail_in = (uInt)stream_size,
                  .next_out = out,
                  .avail_out = (uInt)size + 1};
    good = good && inflateInit2(&z, -15) == Z_OK;
    int result = inflate(&z, Z_SYNC_FLUSH);
    good = good && result == (ends ? Z_STREAM_END : Z_OK) && z.avail_in == 0 && z.total_out == size;
    good = good && memcmp(out, data, size) == 0;
    inflateEnd(&z);

    struct inflate_state *isal = malloc(sizeof *isal);
    memset(out, 0, size + 1);
    isal_inflate_init(isal);
    isal->crc_flag = ISAL_DEFLATE;
    isal->next_in = (uint8_t *)(uintptr_t)stream;
    isal->avail_in = (uint32_t)stream_size;
    isal->next_out = out;
    isal->avail_out = (uint32_t)size + 1;
    good = good && isal_inflate(isal) == ISAL_DECOMP_OK && isal->total_out == size &&
           memcmp(out, data, size) == 0;
    good = good && (isal->block_state == ISAL_BLOCK_FINISH) == ends;
    free(isal);

    if (ends) {
        size_t in = 0, made = 0;
        struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
        memset(out, 0, size + 1);
        good = good && libdeflate_deflate_decompress_ex(decompressor, stream, stream_size, out, size + 1, &in,
                                                        &made) == LIBDEFLATE_SUCCESS;
        good = good && in == stream_size && made == size && memcmp(out, data, size) == 0;
        libdeflate_free_decompressor(decompressor);
    }
    free(out);
    return good;
}

static struct yk_deflate *work;

/* All methods, both ends, every level: the same bytes, and they inflate to the data, which ends at a guard
 * page as far as the contract allows. Returns the smallest size. */
static size_t check_coder(const uint8_t *data, size_t size, size_t bpp, size_t row, size_t block,
                          const char *label)
{
    struct yk_guard in = yk_guard_alloc(size + YK_READ_PAST, YK_GUARD_END);
    memcpy(in.data, data, size);
    size_t room = yk_deflate_bound(size), best = SIZE_MAX;
    struct yk_guard out = yk_guard_alloc(room, YK_GUARD_END);
    uint8_t *first = malloc(room);
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    bool good = true;
    for (int method = 0; method < YK_DEFLATE_METHODS; method++)
        for (int last = 0; last < 2; last++) {
            size_t first_size = 0;
            for (int level = YK_CPU_SCALAR; level <= (int)yk_cpu_detect(); level++) {
                const struct yk_deflate_job job = {.data = in.data,
                                                   .size = size,
                                                   .bpp = bpp,
                                                   .row = row,
                                                   .block = block,
                                                   .method = (enum yk_deflate_method)method,
                                                   .last = last,
                                                   .level = (enum yk_cpu)level};
                memset(out.data, 0x5a, room);
                size_t got = yk_deflate_strip(work, &job, out.data);
                if (level == YK_CPU_SCALAR) {
                    good &= inflates_to(out.data, got, data, size, last);
                    memcpy(first, out.data, got);
                    first_size = got;
                    best = got < best ? got : best;
                }
                good &= got == first_size && memcmp(first, out.data, got) == 0;
            }
        }
    if (!good)
        printf("\n    %s: %zu bytes, pixels of %zu, rows of %zu\n", label, size, bpp, row);
    CU_ASSERT(good);
    free(first);
    CU_ASSERT(yk_guard_free(&in));
    CU_ASSERT(yk_guard_free(&out));
    return best;
}

enum { DATA_MAX = 300000 };

static void fill(uint8_t *data, size_t size, unsigned kind, struct yk_random *random)
{
    switch (kind) {
    case 0:
        yk_random_fill(random, data, size);
        break;
    case 1:
        memset(data, 7, size);
        break;
    case 2: /* few values near zero, as a filtered photograph */
        for (size_t i = 0; i < size; i++)
            data[i] = (uint8_t)(__builtin_ctzll(yk_random_u64(random) | 1 << 7) * (i % 2 ? -1 : 1));
        break;
    case 3: /* runs of random length */
        for (size_t i = 0; i < size;) {
            size_t run = 1 + yk_random_below(random, 600);
            uint8_t value = (uint8_t)yk_random_u64(random);
            for (; run > 0 && i < size; run--)
                data[i++] = value;
        }
        break;
    default: /* copies from anywhere before, up to and past the window, of random length */
        for (size_t i = 0; i < size;) {
            size_t length = 1 + yk_random_below(random, 300), distance = 1 + yk_random_below(random, 40000);
            for (; length > 0 && i < size; length--, i++)
                data[i] =
                    distance <= i && kind == 4 ? data[i - distance] : (uint8_t)(yk_random_u64(random) & 3);
            if (i < size)
                data[i++] = (uint8_t)yk_random_u64(random);
        }
        break;
    }
}

void test_encode_deflate(void)
{
    static const size_t sizes[] = {
        0,     1,       2, 3, 7, 15, 16, 17, 33, 100, 1000, 4097, 65560, /* a block that is two stored ones */
        70000, DATA_MAX};
    static const size_t bpps[] = {1, 2, 3, 4, 6, 8};
    struct yk_random random = {3};
    uint8_t *data = malloc(DATA_MAX);
    work = yk_deflate_create();
    CU_ASSERT_FATAL(data && work);
    unsigned cells = 0;
    for (unsigned kind = 0; kind < 6; kind++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            size_t bpp = bpps[cells % 6], rows[] = {1 + bpp, 1 + 37 * bpp, 1 + 5000 * bpp};
            fill(data, sizes[s], kind, &random);
            size_t got =
                check_coder(data, sizes[s], bpp, rows[cells % 3], cells % 2 ? 1 << 12 : 0, "content");
            CU_ASSERT(got <= yk_deflate_bound(sizes[s]));
            if (kind == 0) /* noise is stored: 5 bytes and the end of a byte for each part */
                CU_ASSERT(got <= sizes[s] + (sizes[s] / 4096 + 2) * 10);
            if (sizes[s] == DATA_MAX &&
                kind > 0) /* it does compress: these contents have at most 4 bits a byte */
                CU_ASSERT(got < DATA_MAX / 2 + DATA_MAX / 8);
            if (sizes[s] == DATA_MAX && kind == 1) /* 258 bytes take 2 bits */
                CU_ASSERT(got < DATA_MAX / 500);
            cells++;
        }
    yk_deflate_free(work);
    free(data);
    yk_note("PNG own coder: %u contents, every method, three inflates", cells);
}

/* Every length of a run about the limits of a symbol, of bytes and of pixels, between literals, at every
 * place of the 64-byte windows. */
void test_encode_deflate_runs(void)
{
    static const size_t bpps[] = {1, 3, 4, 8};
    uint8_t data[1200];
    work = yk_deflate_create();
    CU_ASSERT_PTR_NOT_NULL_FATAL(work);
    for (size_t b = 0; b < 4; b++)
        for (size_t length = 1; length < 540;
             length += length < 20 || (length > 250 && length < 270) ? 1 : 13) {
            size_t size = 0, start = 8 + length * 7 % 64;
            for (; size < start; size++)
                data[size] = (uint8_t)(size * 37 + size * size * 11);
            for (; size < start + length; size++)
                data[size] = data[size - bpps[b]];
            for (size_t k = 0; k < 20; k++, size++)
                data[size] = (uint8_t)(255 - k * k * 13);
            (void)check_coder(data, size, bpps[b], 1 + 16 * bpps[b], 0, "run");
        }
    yk_deflate_free(work);
}

/* Ten pixels that repeat earlier ones, among noise of 4 bits a byte: up to the window they are copied, which
 * saves about 11 bytes; from farther they are not. */
void test_encode_deflate_pairs(void)
{
    enum { BPP = 3, COPIED = 10 * BPP, LONGEST = 40000, SAVED = 7 };
    static const size_t distances[] = {3, 6, 300, 32766, 32769, 39999};
    struct yk_random random = {17};
    uint8_t *data = malloc(LONGEST + 2 * COPIED);
    uint8_t *out = malloc(yk_deflate_bound(LONGEST + 2 * COPIED));
    uint8_t *padded = calloc(1, LONGEST + 2 * COPIED + YK_READ_PAST);
    work = yk_deflate_create();
    CU_ASSERT_FATAL(data && out && padded && work);
    for (size_t k = 0; k < sizeof distances / sizeof distances[0]; k++) {
        const size_t distance = distances[k], at = 1 + LONGEST / BPP * BPP + BPP;
        const size_t size = at + COPIED + BPP; /* one row, whose pixels begin behind its filter byte */
        size_t sizes[2];
        for (size_t i = 0; i < size; i++)
            data[i] = (uint8_t)(yk_random_u64(&random) & 15);
        for (int copy = 0; copy < 2; copy++) {
            for (size_t i = 0; i < COPIED && copy; i++)
                data[at + i] = data[at + i - distance];
            (void)check_coder(data, size, BPP, size, 0, "pairs");
            memcpy(padded, data, size);
            const struct yk_deflate_job job = {.data = padded,
                                               .size = size,
                                               .bpp = BPP,
                                               .row = size,
                                               .method = YK_DEFLATE_PIXELS,
                                               .last = true};
            sizes[copy] = yk_deflate_strip(work, &job, out);
        }
        CU_ASSERT_EQUAL(sizes[1] + SAVED <= sizes[0], distance <= YK_WINDOW);
    }
    yk_deflate_free(work);
    free(padded);
    free(out);
    free(data);
}

/* Symbols of a block by hand: a small one is counted exactly; of a large one the counted part stands for all,
 * and whatever else a symbol can be may occur. */
void test_encode_count(void)
{
    enum { BPP = 3, COUNT = 16 * YK_COUNT_ALL, WINDOW = YK_COUNT_STRETCH * YK_COUNT_PART };
    struct yk_parsed *parsed = malloc(sizeof *parsed);
    CU_ASSERT_PTR_NOT_NULL_FATAL(parsed);
    struct yk_counts counts;
    /* in the middle 11 bytes from 32768 back, whose distance has 13 extra bits, all set */
    const uint16_t few[] = {9,
                            9,
                            200,
                            YK_RUN_NEAR + 258 - YK_MATCH_MIN,
                            YK_COPY + 11 - YK_MATCH_MIN,
                            YK_FAR + 29,
                            YK_RAW + 127 + 127,
                            YK_RAW + 63 + 63,
                            YK_RUN_PIXEL + 12 - YK_MATCH_MIN};
    *parsed = (struct yk_parsed){.symbol_count = sizeof few / sizeof few[0], .copies = true};
    memcpy(parsed->symbols, few, sizeof few);
    yk_count_block(&counts, parsed, BPP, false);
    /* RFC 1951, 3.2.5: lengths 11 and 12 are symbol 265 with a bit, 258 is 285; distance 32768 is symbol 29
     * with 13 bits */
    CU_ASSERT(counts.litlen[9] == 2 && counts.litlen[200] == 1 && counts.litlen[YK_END_OF_BLOCK] == 1);
    CU_ASSERT(counts.litlen[265] == 2 && counts.litlen[285] == 1 && counts.literals == 2);
    CU_ASSERT(counts.distance[0] == 1 && counts.distance[2] == 1 && counts.distance[29] == 1);
    CU_ASSERT(counts.extra_bits == 1 + 1 + 13);
    unsigned total = 0;
    for (unsigned s = 0; s < YK_LITLEN_SYMBOLS; s++)
        total += counts.litlen[s];
    CU_ASSERT(total == 7);

    parsed->symbol_count = COUNT;
    parsed->copies = false;
    for (size_t i = 0; i < COUNT; i++) {
        bool counted = i % WINDOW - yk_count_offset((uint32_t)(i / WINDOW)) < YK_COUNT_STRETCH;
        parsed->symbols[i] = (uint16_t)(counted || i >= COUNT - COUNT % WINDOW ? 7 : i % YK_COPY);
    }
    yk_count_block(&counts, parsed, BPP, true);
    CU_ASSERT(counts.litlen[7] < COUNT / 2 && counts.literals == 256);
    yk_count_block(&counts, parsed, BPP, false);
    CU_ASSERT(counts.litlen[7] == COUNT && counts.literals == 1);
    for (unsigned s = 0; s < YK_LITLEN_SYMBOLS; s++)
        CU_ASSERT(counts.litlen[s] > 0);
    CU_ASSERT(counts.distance[0] > 0 && counts.distance[2] > 0);
    free(parsed);
}

/* Of a large block a part is counted: what the rest holds and the part does not must still be coded, and
 * where the part misleads, the block must not become larger than stored. */
void test_encode_deflate_uncounted(void)
{
    enum { SIZE = 60000, WINDOW = YK_COUNT_STRETCH * YK_COUNT_PART };
    struct yk_random random = {11};
    uint8_t *data = malloc(SIZE + YK_READ_PAST);
    work = yk_deflate_create();
    CU_ASSERT_FATAL(data && work);
    uint8_t *out = malloc(yk_deflate_bound(SIZE));
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    memset(data, 0, SIZE + YK_READ_PAST);
    static const struct {
        const char *label;
        unsigned odd; /* one byte of so many is not like the counted ones, where none is counted */
        size_t most;  /* of the result */
    } cases[] = {{"misled", 1, SIZE + 20}, {"unseen", 50, SIZE * 3 / 4}};
    for (size_t c = 0; c < 2; c++) {
        for (size_t i = 0; i < SIZE; i++) {
            size_t in = i % WINDOW, offset = yk_count_offset((uint32_t)(i / WINDOW));
            bool counted = in - offset < YK_COUNT_STRETCH || i >= SIZE - SIZE % WINDOW;
            bool odd = !counted && yk_random_below(&random, cases[c].odd) == 0;
            /* like: a steep distribution, which makes the codes of what is not seen long, without runs */
            unsigned like = 8 * (unsigned)__builtin_ctzll(yk_random_u64(&random) | 1 << 14) + i % 7;
            data[i] = odd ? (uint8_t)yk_random_u64(&random) : (uint8_t)like;
        }
        (void)check_coder(data, SIZE, 4, 1001, 0, cases[c].label);
        const struct yk_deflate_job job = {
            .data = data, .size = SIZE, .bpp = 4, .row = 1001, .last = true, .level = yk_cpu_detect()};
        CU_ASSERT(yk_deflate_strip(work, &job, out) <= cases[c].most);
    }
    yk_deflate_free(work);
    free(data);
    free(out);
}

/* ---- Joined streams ---- */

void test_encode_streams(void)
{
    static const size_t sizes[] = {1, 2, 50, 1000, 66000, 200000};
    struct yk_random random = {9};
    uint8_t *data = malloc(2 * DATA_MAX), *stream = malloc(3 * DATA_MAX);
    CU_ASSERT_FATAL(data && stream);
    unsigned joined = 0;
    for (int level = 0; level <= 12; level++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
            for (unsigned kind = 0; kind < 5; kind++) {
                size_t size = sizes[s];
                fill(data, 2 * size, kind, &random);
                struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level);
                CU_ASSERT_PTR_NOT_NULL_FATAL(compressor);
                size_t first = libdeflate_deflate_compress(compressor, data, size, stream, 2 * DATA_MAX);
                CU_ASSERT_FATAL(first > 0);
                CU_ASSERT_EQUAL(yk_stream_continue(stream, first, first), 0); /* no room for the join */
                first = libdeflate_deflate_compress(compressor, data, size, stream, 2 * DATA_MAX);
                size_t end = yk_stream_continue(stream, first, 2 * DATA_MAX);
                CU_ASSERT_FATAL(end >= first && end <= first + 5);
                CU_ASSERT(inflates_to(stream, end, data, size, false));
                size_t second = level % 2 ? yk_stream_store(data + size, size, true, stream + end)
                                          : libdeflate_deflate_compress(compressor, data + size, size,
                                                                        stream + end, 3 * DATA_MAX - end);
                CU_ASSERT(inflates_to(stream, end + second, data, 2 * size, true));
                libdeflate_free_compressor(compressor);
                joined++;
            }
    /* what is no stream is refused: bits of the reserved block type, an end in the middle, nothing */
    memset(stream, 0xff, 16);
    CU_ASSERT_EQUAL(yk_stream_continue(stream, 16, 100), 0);
    static const uint8_t cut[3] = {0, 5, 0};
    memcpy(stream, cut, sizeof cut);
    CU_ASSERT_EQUAL(yk_stream_continue(stream, sizeof cut, 100), 0);
    CU_ASSERT_EQUAL(yk_stream_continue(stream, 0, 100), 0);
    free(data);
    free(stream);
    yk_note("PNG joined streams: %u", joined);
}

void test_encode_adler(void)
{
    struct yk_random random = {21};
    uint8_t *data = malloc(DATA_MAX);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    for (int round = 0; round < 40; round++) {
        size_t size = yk_random_below(&random, DATA_MAX), first = yk_random_below(&random, size + 1);
        if (round % 4)
            yk_random_fill(&random, data, size);
        else
            memset(data, 0xff, size); /* sums that wrap most often */
        uint32_t a = (uint32_t)adler32(1, data, (uInt)first);
        uint32_t b = (uint32_t)adler32(1, data + first, (uInt)(size - first));
        CU_ASSERT_EQUAL(yk_stream_adler(a, b, size - first), (uint32_t)adler32(1, data, (uInt)size));
    }
    /* longer than memory: against zlib */
    CU_ASSERT_EQUAL(yk_stream_adler(0x12345678, 0x9abcdef0, 0x123456789abcULL),
                    (uint32_t)adler32_combine(0x12345678, 0x9abcdef0, 0x123456789abc));
    free(data);
}
