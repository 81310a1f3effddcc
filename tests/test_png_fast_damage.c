/* SPDX-License-Identifier: MIT
 * The fast PNG decoder and damaged files: both ways must come to the same verdict, pixels and metadata. */
#include "test_png_fast.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "support.h"

static size_t read_u32(const uint8_t *at)
{
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

static void write_u32(uint8_t *at, uLong value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Puts the Adler-32 of what zlib inflates from `packed` behind it. */
static void repair_adler(uint8_t *packed, size_t size)
{
    z_stream stream = {0};
    uint8_t *out = malloc(1 << 20);
    if (!out || size < 6 || inflateInit2(&stream, -15) != Z_OK)
        abort();
    stream.next_in = packed + 2;
    stream.avail_in = (uInt)size - 2;
    stream.next_out = out;
    stream.avail_out = 1 << 20;
    if (inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in >= 4)
        write_u32(packed + size - stream.avail_in, adler32(1, out, (uInt)stream.total_out));
    inflateEnd(&stream);
    free(out);
}

/* Copies the bytes of all IDATs out of the file, or back into it. */
static size_t move_pixels(uint8_t *data, size_t size, uint8_t *packed, bool back)
{
    size_t sum = 0;
    for (size_t at = 8; at + 12 <= size;) {
        size_t length = read_u32(data + at);
        if (length > size - at - 12)
            break;
        if (memcmp(data + at + 4, "IDAT", 4) == 0) {
            memcpy(back ? data + at + 8 : packed + sum, back ? packed + sum : data + at + 8, length);
            sum += length;
        }
        at += 12 + length;
    }
    return sum;
}

void repair_file(uint8_t *data, size_t size)
{
    uint8_t *packed = malloc(size);
    if (!packed)
        abort();
    size_t sum = move_pixels(data, size, packed, false);
    if (sum >= 6) {
        repair_adler(packed, sum);
        move_pixels(data, size, packed, true);
    }
    free(packed);
    for (size_t at = 8; at + 12 <= size;) {
        size_t length = read_u32(data + at);
        if (length > size - at - 12)
            break;
        write_u32(data + at + 8 + length, crc32(0, data + at + 4, (uInt)length + 4));
        at += 12 + length;
    }
}

enum { FILES = 10 };

/* Ten good files, of all types, with small and large chunks, stored, fixed and dynamic blocks. */
static struct bytes good_file(unsigned number)
{
    static const struct kind chosen[FILES] = {{0, 1}, {0, 8}, {0, 16}, {2, 8}, {2, 16},
                                              {3, 2}, {3, 8}, {4, 8},  {6, 8}, {6, 16}};
    static const int levels[FILES] = {9, 6, 0, 6, 1, 9, 6, 9, 1, 9};
    struct kind kind = chosen[number];
    uint32_t width = 5 + number * 2, height = 4 + number % 3 * 5;
    size_t step = kind_row_bytes(kind, width) + 1;
    struct yk_random random = {number + 100};
    uint8_t *rows = malloc(step * height);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rows);
    for (size_t i = 0; i < step * height; i++)
        rows[i] =
            (uint8_t)(yk_random_below(&random, 3) ? yk_random_below(&random, 4) : yk_random_u64(&random));
    for (size_t y = 0; y < height; y++)
        rows[y * step] = (uint8_t)yk_random_below(&random, 5);
    struct bytes file =
        stored_file(kind, width, height, rows, number % 2, levels[number], number % 3 ? 4000 : 37);
    free(rows);
    return file;
}

void test_fast_truncated(void)
{
    for (unsigned f = 0; f < FILES; f++) {
        struct bytes file = good_file(f);
        CU_ASSERT(same_both_ways(file.data, file.size, "whole file"));
        CU_ASSERT(goes_fast(file.data, file.size));
        for (size_t size = 0; size < file.size; size++) {
            char label[60];
            uint8_t *part =
                malloc(size ? size : 1); /* of its own size: a sanitizer sees a read past the end */
            CU_ASSERT_PTR_NOT_NULL_FATAL(part);
            memcpy(part, file.data, size);
            snprintf(label, sizeof label, "file %u, first %zu bytes", f, size);
            CU_ASSERT(same_both_ways(part, size, label));
            CU_ASSERT_FALSE(goes_fast(part, size));
            free(part);
        }
        free(file.data);
    }
}

/* Somewhere in the file, or (more often than their share) in the pixel data or a chunk's frame. */
static size_t choose_place(const struct bytes *file, struct yk_random *random)
{
    size_t idat = png_find(file->data, file->size, 8, "IDAT");
    switch (yk_random_below(random, 4)) {
    case 0:
        return (size_t)yk_random_below(random, file->size);
    case 1:
        return idat + (size_t)yk_random_below(random, 12);
    case 2:
        return idat + 8 + (size_t)yk_random_below(random, 40);
    default:
        return idat + (size_t)yk_random_below(random, file->size - idat);
    }
}

void test_fast_mutants(void)
{
    enum { ROUNDS = 10000 };
    struct bytes files[FILES];
    struct yk_random random = {21};
    unsigned accepted = 0, fast = 0;
    for (unsigned f = 0; f < FILES; f++)
        files[f] = good_file(f);
    for (unsigned round = 0; round < ROUNDS; round++) {
        const struct bytes *file = &files[round % FILES];
        uint8_t *data = malloc(file->size);
        char label[40];
        CU_ASSERT_PTR_NOT_NULL_FATAL(data);
        memcpy(data, file->data, file->size);
        for (uint64_t flips = 1 + yk_random_below(&random, 3); flips > 0; flips--) {
            size_t at = choose_place(file, &random);
            if (yk_random_below(&random, 3) == 0)
                data[at] = (uint8_t)yk_random_u64(&random);
            else
                data[at] ^= (uint8_t)(1u << yk_random_below(&random, 8));
        }
        repair_file(data, file->size);
        snprintf(label, sizeof label, "mutant %u", round);
        CU_ASSERT(same_both_ways(data, file->size, label));
        struct plain plain;
        accepted += plain_decode(data, file->size, &plain);
        plain_free(&plain);
        fast += goes_fast(data, file->size);
        free(data);
    }
    CU_ASSERT(accepted > ROUNDS / 10 && accepted < ROUNDS * 9 / 10);
    CU_ASSERT(fast > ROUNDS / 20 && fast <= accepted);
    yk_note("PNG mutants with repaired checksums: %u of %d accepted as by libpng, %u of them the fast way",
            accepted, (int)ROUNDS, fast);
    for (unsigned f = 0; f < FILES; f++)
        free(files[f].data);
}
