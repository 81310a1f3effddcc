/* SPDX-License-Identifier: MIT
 * The fast PNG decoder's inflate against zlib, whose verdict it must not soften: streams built bit by bit
 * around the rules that other fast decoders leave out, seeded damage, and streams of many makers in pieces of
 * any size. */
#include "test_png_fast.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "png_inflate.h"
#include "support.h"

enum { OUT_MAX = 1 << 16 };

struct input {
    const uint8_t *data;
    size_t left;
};

static size_t take(void *context, uint8_t *out, size_t room)
{
    struct input *input = context;
    size_t part = input->left < room ? input->left : room;
    memcpy(out, input->data, part);
    input->data += part;
    input->left -= part;
    return part;
}

/* Inflates all of a zlib stream in runs of `run` bytes; false where it is refused. The window is the whole
 * output. */
static bool inflates_to(const uint8_t *data, size_t size, uint8_t *out, size_t *got, size_t room, size_t run,
                        bool *ended)
{
    struct yk_inflate *inflate = malloc(sizeof *inflate);
    struct input input = {data, size};
    uint8_t *next = out;
    CU_ASSERT_PTR_NOT_NULL_FATAL(inflate);
    bool good = yk_inflate_begin(inflate, take, &input, room);
    while (good) {
        size_t want = room - (size_t)(next - out) < run ? room - (size_t)(next - out) + 1 : run;
        enum yk_inflate_result result = yk_inflate_run(inflate, out, &next, next + want);
        *ended = result == YK_INFLATE_DONE;
        if (*ended)
            break;
        good = result == YK_INFLATE_MORE && (size_t)(next - out) <= room;
    }
    *got = (size_t)(next - out);
    good = good && *got <= room && yk_inflate_finish(inflate, (uint32_t)adler32(1, out, (uInt)*got));
    free(inflate);
    return good;
}

static bool inflates(const uint8_t *data, size_t size, uint8_t *out, size_t *got, size_t room, size_t run)
{
    bool ended;
    return inflates_to(data, size, out, got, room, run, &ended);
}

/* Deflate data without header: what zlib makes of it. `used`: bytes of the input it needed. `wrong`: it found
 * a fault, and not only the end of the input. */
static bool zlib_inflates(const uint8_t *data, size_t size, uint8_t *out, size_t *got, size_t *used,
                          bool *wrong)
{
    z_stream stream = {0};
    if (inflateInit2(&stream, -15) != Z_OK)
        abort();
    stream.next_in = data;
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = OUT_MAX;
    int code = inflate(&stream, Z_FINISH);
    *got = OUT_MAX - stream.avail_out;
    *used = size - stream.avail_in;
    inflateEnd(&stream);
    *wrong = code == Z_DATA_ERROR;
    return code == Z_STREAM_END;
}

/* Holds both decoders against each other on deflate data; what is behind its end is cut off, and the right
 * Adler-32 put there. Where zlib finds a fault, we must find one before the end: a checksum that
 * happens to be wrong proves nothing. Returns zlib's verdict. */
static bool agree(const uint8_t *deflated, size_t size, const char *label)
{
    static uint8_t expected[OUT_MAX];
    uint8_t *file = malloc(size + 6), *out = malloc(OUT_MAX + YK_INFLATE_SLACK);
    size_t want = 0, used = 0, got = 0;
    CU_ASSERT_FATAL(file && out);
    bool wrong = false, ended = false;
    bool valid = zlib_inflates(deflated, size, expected, &want, &used, &wrong);
    if (!valid)
        used = size;
    memcpy(file, "\x78\x01", 2);
    memcpy(file + 2, deflated, used);
    uint32_t adler = (uint32_t)adler32(1, expected, (uInt)want);
    for (size_t i = 0; i < 4; i++)
        file[2 + used + i] = (uint8_t)(adler >> (24 - 8 * i));
    bool ours = inflates_to(file, used + 6, out, &got, OUT_MAX, 777, &ended);
    if (ours != valid || (wrong && ended) || (ours && (got != want || memcmp(out, expected, got) != 0))) {
        printf("\n    %s: zlib %s it, we do not agree\n", label, valid ? "takes" : "refuses");
        CU_FAIL("inflate and zlib differ");
    }
    free(file);
    free(out);
    return valid;
}

/* ---- Streams bit by bit ---- */

struct bits {
    uint8_t bytes[1024];
    size_t count;
};

static void put(struct bits *bits, unsigned value, unsigned count)
{
    for (unsigned i = 0; i < count; i++, bits->count++)
        bits->bytes[bits->count / 8] |= (uint8_t)((value >> i & 1) << bits->count % 8);
}

/* Codewords go into the stream from their highest bit on. */
static void put_code(struct bits *bits, unsigned code, unsigned length)
{
    while (length-- > 0)
        put(bits, code >> length & 1, 1);
}

/* The canonical codeword of `symbol` (RFC 1951, 3.2.2). */
static void put_symbol(struct bits *bits, const uint8_t *lengths, unsigned symbols, unsigned symbol)
{
    unsigned code = 0;
    for (unsigned n = 1; n <= 15; n++, code <<= 1)
        for (unsigned s = 0; s < symbols; s++)
            if (lengths[s] == n) {
                if (s == symbol) {
                    put_code(bits, code, n);
                    return;
                }
                code++;
            }
    abort();
}

/* One dynamic block: the lengths of literals and lengths, and of distances, up to the highest symbols given;
 * then `body`: symbols of the first code, -1 - d for distance symbol d, 1000 + b for a bare bit b. */
struct dynamic {
    unsigned litlens, dists;
    uint8_t litlen[288], dist[32];
    const uint8_t *precode; /* NULL: 13 codewords of 4 bits and 6 of 5 */
    int body[8];            /* ends with 0 */
};

static size_t build(const struct dynamic *block, struct bits *bits)
{
    static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    static const uint8_t usual[19] = {4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5};
    const uint8_t *precode = block->precode ? block->precode : usual;
    memset(bits, 0, sizeof *bits);
    put(bits, 1, 1);
    put(bits, 2, 2);
    put(bits, block->litlens - 257, 5);
    put(bits, block->dists - 1, 5);
    put(bits, 15, 4);
    for (size_t i = 0; i < 19; i++)
        put(bits, precode[order[i]], 3);
    for (unsigned i = 0; i < block->litlens; i++)
        put_symbol(bits, precode, 19, block->litlen[i]);
    for (unsigned i = 0; i < block->dists; i++)
        put_symbol(bits, precode, 19, block->dist[i]);
    for (const int *b = block->body; *b; b++) {
        if (*b >= 1000)
            put(bits, (unsigned)*b - 1000, 1);
        else if (*b < 0)
            put_symbol(bits, block->dist, block->dists, (unsigned)(-1 - *b));
        else
            put_symbol(bits, block->litlen, block->litlens, (unsigned)*b);
    }
    return bits->count / 8 + 1 + 8; /* and some zeros */
}

enum { EOB = 256, MATCH = 257, DIST0 = -1, BIT0 = 1000, BIT1 = 1001 };

#define CODE_A                                                                                               \
    {                                                                                                        \
        [65] = 1, [256] = 1                                                                                  \
    }
#define CODE_LESS                                                                                            \
    {                                                                                                        \
        [65] = 2, [66] = 2, [256] = 2, [257] = 2                                                             \
    }

static const uint8_t precode_partial[19] = {[0] = 2, [1] = 2, [8] = 2};
static const uint8_t precode_zero_one[19] = {[0] = 1, [1] = 1};

static const struct {
    const char *label;
    bool valid;
    struct dynamic block;
} dynamics[] = {
    {"one distance, unused", true, {257, 1, CODE_A, {1}, NULL, {65, EOB}}},
    {"no distance", true, {257, 1, CODE_A, {0}, NULL, {65, EOB}}},
    {"short precode", true, {257, 1, CODE_A, {1}, precode_zero_one, {65, EOB}}},
    {"end of block alone", true, {257, 1, {[256] = 1}, {0}, NULL, {EOB}}},
    {"end of block alone, its other codeword", false, {257, 1, {[256] = 1}, {0}, NULL, {BIT1}}},
    {"end of block alone, of two bits", false, {257, 1, {[256] = 2}, {0}, NULL, {EOB}}},
    {"incomplete code", false, {257, 1, {[65] = 2, [256] = 2}, {0}, NULL, {65, EOB}}},
    {"too many codewords", false, {257, 1, {[65] = 1, [66] = 1, [256] = 1}, {0}, NULL, {BIT0, BIT1}}},
    {"no end of block", false, {257, 1, {[65] = 1, [66] = 1}, {1}, NULL, {65}}},
    {"one distance, used", true, {258, 1, CODE_LESS, {1}, NULL, {65, MATCH, DIST0, EOB}}},
    {"one distance, its other codeword", false, {258, 1, CODE_LESS, {1}, NULL, {65, MATCH, BIT1, EOB}}},
    {"no distance, yet a match", false, {258, 1, CODE_LESS, {0}, NULL, {65, MATCH, BIT0, EOB}}},
    {"one distance of two bits", false, {258, 1, CODE_LESS, {2}, NULL, {65, MATCH, BIT0, BIT0, EOB}}},
    {"too many distances' codewords", false, {258, 3, CODE_LESS, {1, 1, 1}, NULL, {65, EOB}}},
    {"distance before the start", false, {258, 2, CODE_LESS, {0, 1}, NULL, {65, MATCH, DIST0 - 1, EOB}}},
    {"286 symbols", true, {286, 1, CODE_A, {1}, NULL, {65, EOB}}},
    {"287 symbols", false, {287, 1, CODE_A, {1}, NULL, {65, EOB}}},
    {"288 symbols", false, {288, 1, CODE_A, {1}, NULL, {65, EOB}}},
    {"30 distances", true, {257, 30, CODE_A, {[29] = 1}, NULL, {65, EOB}}},
    {"31 distances", false, {257, 31, CODE_A, {1}, NULL, {65, EOB}}},
    {"32 distances", false, {257, 32, CODE_A, {[31] = 1}, NULL, {65, EOB}}},
    {"incomplete precode", false, {257, 1, CODE_A, {1}, precode_partial, {65, EOB}}},
    {"a codeword of 15 bits",
     true,
     {257,
      1,
      {[65] = 1,
       [66] = 2,
       [67] = 3,
       [68] = 4,
       [69] = 5,
       [70] = 6,
       [71] = 7,
       [72] = 8,
       [73] = 9,
       [74] = 10,
       [75] = 11,
       [76] = 12,
       [77] = 13,
       [78] = 14,
       [79] = 15,
       [256] = 15},
      {0},
      NULL,
      {65, 79, 78, 77, 76, EOB}}},
};

static void check_raw(const void *data, size_t size, bool valid, const char *label)
{
    CU_ASSERT_EQUAL(agree(data, size, label), valid);
}

static void literal(void)
{
    for (size_t i = 0; i < sizeof dynamics / sizeof dynamics[0]; i++) {
        struct bits bits;
        size_t size = build(&dynamics[i].block, &bits);
        check_raw(bits.bytes, size, dynamics[i].valid, dynamics[i].label);
    }
    struct bits fixed = {0};
    put(&fixed, 3, 3);
    put_code(&fixed, 0x30 + 65, 8);
    struct bits wrong = fixed;
    put_code(&wrong, 0xc6, 8); /* symbol 286 */
    put_code(&wrong, 0, 12);
    check_raw(wrong.bytes, 8, false, "fixed code, symbol 286");
    wrong = fixed;
    put_code(&wrong, 1, 7);
    put_code(&wrong, 30, 5);
    put_code(&wrong, 0, 7);
    check_raw(wrong.bytes, 8, false, "fixed code, distance 30");
    put_code(&fixed, 1, 7);
    put_code(&fixed, 0, 5);
    put_code(&fixed, 0, 7);
    check_raw(fixed.bytes, 8, true, "fixed code");
    check_raw("\7\0\0\0", 4, false, "block of type 3");
    check_raw("\1\3\0\xfc\xff"
              "abc",
              8, true, "stored");
    check_raw("\xf9\3\0\xfc\xff"
              "abc",
              8, true, "stored, bits set before it");
    check_raw("\1\3\0\xfc\xfe"
              "abc",
              8, false, "stored, lengths differ");
    check_raw("\1\3\0\xfc\xff"
              "ab",
              7, false, "stored, cut off");
    check_raw("\0\0\0\xff\xff\1\0\0\xff\xff", 10, true, "two empty blocks");
    check_raw("", 0, false, "nothing");
}

void test_fast_inflate_literal(void)
{
    for_each_level(literal);
    /* zlib headers: method, window, check bits, dictionary; expected size against the window */
    static const struct {
        const char *header;
        bool large, small;
    } headers[] = {{"\x78\x01", true, true},   {"\x78\x9c", true, true},  {"\x78\x02", false, false},
                   {"\x77\x09", false, false}, {"\x08\x1d", false, true}, {"\x88\x1c", false, false},
                   {"\x78\xbb", false, false}, {"\x18\x19", false, true}};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        for (int large = 0; large < 2; large++) {
            struct yk_inflate *inflate = malloc(sizeof *inflate);
            struct input input = {(const uint8_t *)headers[i].header, 2};
            CU_ASSERT_PTR_NOT_NULL_FATAL(inflate);
            CU_ASSERT_EQUAL(yk_inflate_begin(inflate, take, &input, large ? 40000 : 256),
                            large ? headers[i].large : headers[i].small);
            free(inflate);
        }
}

/* ---- Many makers ---- */

static size_t deflate_with(const uint8_t *data, size_t size, uint8_t *out, size_t room, int level,
                           int strategy)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, level, Z_DEFLATED, -15, 8, strategy) != Z_OK)
        abort();
    stream.next_in = data;
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        abort();
    deflateEnd(&stream);
    return room - stream.avail_out;
}

/* Bytes with repeats near and far, and few values or many. */
static void fill(uint8_t *data, size_t size, struct yk_random *random)
{
    unsigned values = 1 + (unsigned)yk_random_below(random, 256);
    for (size_t i = 0; i < size;) {
        size_t run = 1 + (size_t)yk_random_below(random, 40),
               back = 1 + (size_t)yk_random_below(random, i + 1);
        bool repeat = i > 0 && back <= i && yk_random_below(random, 3) == 0;
        for (; run > 0 && i < size; run--, i++)
            data[i] = repeat ? data[i - back] : (uint8_t)yk_random_below(random, values);
    }
}

static unsigned mutants_taken, mutants_refused;

/* Short streams, so that much of them is block headers; one to four bits changed. */
static void mutants(void)
{
    enum { ROUNDS = 8000 };
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED};
    struct yk_random random = {11};
    uint8_t data[300], packed[1024];
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t size = 1 + (size_t)yk_random_below(&random, sizeof data);
        fill(data, size, &random);
        size_t length = deflate_with(data, size, packed, sizeof packed, (int)yk_random_below(&random, 10),
                                     strategies[round % 4]);
        for (uint64_t flips = 1 + yk_random_below(&random, 4); flips > 0; flips--) {
            size_t end = yk_random_below(&random, 2) && length > 40 ? 40 : length;
            packed[yk_random_below(&random, end)] ^= (uint8_t)(1u << yk_random_below(&random, 8));
        }
        char label[40];
        snprintf(label, sizeof label, "round %u", round);
        if (agree(packed, length, label))
            mutants_taken++;
        else
            mutants_refused++;
    }
}

void test_fast_inflate_mutants(void)
{
    mutants_taken = mutants_refused = 0;
    for_each_level(mutants);
    CU_ASSERT(mutants_taken > 500 && mutants_refused > 500);
    yk_note("inflate: %u damaged streams taken, %u refused, as zlib does", mutants_taken, mutants_refused);
}

static void streams(void)
{
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED, Z_FILTERED};
    enum { LARGE = 300000 };
    struct yk_random random = {12};
    uint8_t *data = malloc(LARGE), *packed = malloc(2 * LARGE), *out = malloc(LARGE + YK_INFLATE_SLACK);
    CU_ASSERT_FATAL(data && packed && out);
    for (int level = 0; level <= 9; level++)
        for (size_t s = 0; s < sizeof strategies / sizeof strategies[0]; s++) {
            size_t size = level == 5 ? LARGE : 1 + (size_t)yk_random_below(&random, LARGE), got = 0;
            fill(data, size, &random);
            memcpy(packed, "\x78\x01", 2);
            size_t length = 2 + deflate_with(data, size, packed + 2, 2 * LARGE - 6, level, strategies[s]);
            uint32_t adler = (uint32_t)adler32(1, data, (uInt)size);
            for (size_t i = 0; i < 4; i++)
                packed[length++] = (uint8_t)(adler >> (24 - 8 * i));
            size_t run = 1 + (size_t)yk_random_below(&random, level % 3 ? 100000 : 300);
            CU_ASSERT(inflates(packed, length, out, &got, size, run));
            CU_ASSERT(got == size && memcmp(out, data, size) == 0);
            CU_ASSERT_FALSE(inflates(packed, length - 1, out, &got, size, run)); /* cut off */
            packed[length - 1] ^= 1;
            CU_ASSERT_FALSE(inflates(packed, length, out, &got, size, run)); /* another sum */
            packed[length - 1] ^= 1;
            if (size > 1)
                CU_ASSERT_FALSE(inflates(packed, length, out, &got, size - 1, run)); /* more than expected */
        }
    free(out);
    free(packed);
    free(data);
}

/* A block of codes ends, and a stored one begins, at every place around the end of a slice of input: the
 * bytes that are given back then may be from before that slice. */
static void slice_ends(void)
{
    enum { BEFORE = YK_INFLATE_SLICE - 700, AFTER = 1000, ROOM = YK_INFLATE_SLICE + 2000 };
    static const uint8_t stored[] = {0, BEFORE & 255, BEFORE >> 8, ~BEFORE & 255, ~BEFORE >> 8 & 255};
    uint8_t *file = malloc(ROOM), *out = malloc(ROOM + YK_INFLATE_SLACK), *want = malloc(ROOM);
    CU_ASSERT_FATAL(file && out && want);
    memset(want, 'x', BEFORE);
    for (size_t literals = 600; literals < 720; literals++) {
        struct bits bits = {0};
        size_t size = 7 + BEFORE, got = 0, expected = BEFORE + literals + AFTER;
        memcpy(file, "\x78\x01", 2);
        memcpy(file + 2, stored, sizeof stored);
        memset(file + 7, 'x', BEFORE);
        put(&bits, 2, 3); /* fixed code, not the last block */
        for (size_t i = 0; i < literals; i++)
            put_code(&bits, 0x30 + 'A', 8);
        put_code(&bits, 0, 7);
        put(&bits, 1, 3); /* the last block, stored */
        memcpy(file + size, bits.bytes, (bits.count + 7) / 8);
        size += (bits.count + 7) / 8;
        memcpy(file + size, (uint8_t[]){AFTER & 255, AFTER >> 8, ~AFTER & 255, ~AFTER >> 8 & 255}, 4);
        memset(file + size + 4, 'B', AFTER);
        size += 4 + AFTER;
        memset(want + BEFORE, 'A', literals);
        memset(want + BEFORE + literals, 'B', AFTER);
        uLong adler = adler32(1, want, (uInt)expected);
        for (int i = 0; i < 4; i++)
            file[size++] = (uint8_t)(adler >> (24 - 8 * i));
        CU_ASSERT(inflates(file, size, out, &got, expected, ROOM));
        CU_ASSERT(got == expected && memcmp(out, want, expected) == 0);
    }
    free(want);
    free(out);
    free(file);
}

/* ---- Long codewords ---- */

enum { COMMON = 16, COMMON_BITS = 4 };

/* Lengths of a complete code: `rare` symbols at random have a codeword each of 1, 2, 3 ... bits; `common`
 * others share what is left, with codewords of as many bits as that needs. */
static void long_code(uint8_t *lengths, const uint16_t *common, unsigned rare_to, unsigned rare,
                      struct yk_random *random)
{
    for (unsigned k = 0; k < COMMON; k++)
        lengths[common[k]] = (uint8_t)(rare + COMMON_BITS);
    for (unsigned n = 1; n <= rare;) {
        unsigned symbol = (unsigned)yk_random_below(random, rare_to);
        if (lengths[symbol] == 0)
            lengths[symbol] = (uint8_t)n++;
    }
}

/* What needs the most bits between two looks at the input: entries of literals as long as the index, lengths
 * and distances with the most extra bits and long codewords, in any order. */
static void long_codewords(void)
{
    enum { ROUNDS = 400, LENGTHS_FROM = 279, DISTS = 30 };
    static const uint16_t litlen[COMMON] = {100, 101, 102, 103, 104, 105, 106, 107,
                                            108, EOB, 279, 280, 281, 282, 283, 284};
    static const uint8_t base[] = {99, 115, 131, 163, 195, 227}, length_extra[] = {4, 4, 5, 5, 5, 5};
    uint16_t dist[COMMON];
    struct yk_random random = {13};
    for (unsigned k = 0; k < COMMON; k++)
        dist[k] = (uint16_t)(DISTS - COMMON + k);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct dynamic block = {.litlens = 286, .dists = DISTS, .body = {0}};
        long_code(block.litlen, litlen, 90, 5 + round % 7, &random);
        long_code(block.dist, dist, DISTS - COMMON, 5 + round / 7 % 7, &random);
        struct bits bits;
        (void)build(&block, &bits);
        size_t made = 0;
        while (bits.count < 8 * (sizeof bits.bytes - 32) && made < OUT_MAX - 300) {
            unsigned symbol = litlen[yk_random_below(&random, COMMON)],
                     far = dist[yk_random_below(&random, COMMON)];
            unsigned extra = far / 2 - 1, least = ((2 + far % 2) << extra) + 1;
            if (symbol <= EOB || least > made) {
                put_symbol(&bits, block.litlen, block.litlens, symbol < EOB ? symbol : 100);
                made++;
                continue;
            }
            unsigned k = symbol - LENGTHS_FROM, more = (unsigned)yk_random_below(&random, 1U << extra),
                     longer = (unsigned)yk_random_below(&random, 1U << length_extra[k]);
            put_symbol(&bits, block.litlen, block.litlens, symbol);
            put(&bits, longer, length_extra[k]);
            put_symbol(&bits, block.dist, block.dists, far);
            put(&bits, least + more <= made ? more : 0, extra);
            made += base[k] + longer;
        }
        put_symbol(&bits, block.litlen, block.litlens, EOB);
        char label[40];
        snprintf(label, sizeof label, "long codewords, round %u", round);
        CU_ASSERT(agree(bits.bytes, bits.count / 8 + 1, label));
    }
}

void test_fast_inflate_streams(void)
{
    for_each_level(streams);
    for_each_level(slice_ends);
    for_each_level(long_codewords);
}
