/* SPDX-License-Identifier: MIT
 * Small files that ask for much: each must be done with, refused or without what it asks for, within 32 MB
 * more of memory and the time that zlib takes to inflate 64 MB on this machine: under 100 ms where it does
 * 640 MB a second. */
#include "test_png_fast.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ZLIB_CONST
#include <zlib.h>

#include "codec_png.h"
#include "support.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Peak resident memory since the last reset, in KiB; -1 where the system does not say. */
static long peak_memory(bool reset)
{
    if (reset) {
        FILE *file = fopen("/proc/self/clear_refs", "w");
        if (!file)
            return -1;
        bool written = fputs("5", file) >= 0;
        if (fclose(file) != 0 || !written)
            return -1;
    }
    FILE *file = fopen("/proc/self/status", "r");
    char line[200];
    long peak = -1;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %ld", &peak) == 1)
            break;
    if (file)
        fclose(file);
    return peak;
}

static unsigned bombs;
static double allowed;      /* seconds of processor time for one bomb */
static double slowest_part; /* the greatest part of them that one needed */

/* Seconds of processor time that zlib takes to inflate 64 MB of zeros: the best of three, as every
 * disturbance only adds. */
static double inflate_seconds(void)
{
    uLong size = 8 << 20, room = compressBound(size);
    uint8_t *plain = calloc(1, size), *packed = malloc(room);
    double best = 1e9;
    if (!plain || !packed || compress(packed, &room, plain, size) != Z_OK)
        abort();
    for (int run = 0; run < 3; run++) {
        clock_t start = clock();
        for (int part = 0; part < 8; part++) {
            uLong got = size;
            if (uncompress(plain, &got, packed, room) != Z_OK || got != size)
                abort();
        }
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        best = seconds < best ? seconds : best;
    }
    free(plain);
    free(packed);
    return best;
}

/* Takes the file. `expected`: YK_OK where the picture is good and only chunks are dropped. */
static void check_bomb(struct bytes *file, const char *label, enum yk_status expected)
{
    struct yk_image *image = NULL;
    struct yk_error error = {0};
    long before = peak_memory(true);
    clock_t start = clock();
    enum yk_status status = yk_png_decode(file->data, file->size, NULL, &image, &error);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    long after = peak_memory(false);
    slowest_part = seconds / allowed > slowest_part ? seconds / allowed : slowest_part;
    bool slow = !SANITIZED && seconds > allowed,
         large = !SANITIZED && before >= 0 && after - before > 32000000 / 1024;
    if (status != expected || slow || large) {
        printf("\n    %s: %s, %.0f ms of %.0f, %ld KiB\n", label, status == YK_OK ? "accepted" : error.text,
               1e3 * seconds, 1e3 * allowed, after - before);
        CU_FAIL(label);
    }
    if (!SANITIZED && before < 0)
        yk_skip("no /proc/self/clear_refs: memory of bombs");
    CU_ASSERT(status != YK_OK || image->metadata == NULL);
    yk_image_free(image);
    free(file->data);
    *file = (struct bytes){0};
    bombs++;
}

/* Zeros, compressed as well as deflate can, until the stream is `packed` bytes long. */
static struct bytes zeros(size_t packed)
{
    struct bytes out = {0};
    static const uint8_t block[1 << 16];
    z_stream stream = {0};
    if (deflateInit(&stream, 9) != Z_OK)
        abort();
    uint8_t buffer[4096];
    while (out.size < packed) {
        stream.next_in = block;
        stream.avail_in = sizeof block;
        stream.next_out = buffer;
        stream.avail_out = sizeof buffer;
        if (deflate(&stream, Z_NO_FLUSH) != Z_OK)
            abort();
        bytes_put(&out, buffer, sizeof buffer - stream.avail_out);
    }
    deflateEnd(&stream);
    out.size = packed;
    return out;
}

static void large_sides(void)
{
    static const struct {
        uint32_t width, height;
        enum yk_status status;
    } sides[] = {
        {0x7fffffff, 0x7fffffff, YK_ERR_LIMIT}, {0x7fffffff, 1, YK_ERR_LIMIT}, {1, 0x7fffffff, YK_ERR_LIMIT},
        {1000000, 1000000, YK_ERR_LIMIT},       {1000000, 269, YK_ERR_LIMIT},  {16383, 16384, YK_ERR_LIMIT},
        {16383, 16383, YK_ERR_FORMAT},          {1000000, 1, YK_ERR_FORMAT},   {1, 1000000, YK_ERR_FORMAT},
        {0, 0x7fffffff, YK_ERR_FORMAT},         {0xffffffff, 1, YK_ERR_FORMAT}};
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++)
        for (int interlace = 0; interlace < 2; interlace++) {
            struct bytes file = {0};
            char label[60];
            bytes_header(&file, sides[i].width, sides[i].height, 16, PNG_COLOR_TYPE_RGB_ALPHA, interlace);
            bytes_pixels(&file, "\0\0\0\0\0\0\0\0\0", 9);
            snprintf(label, sizeof label, "%u x %u, interlace %d", sides[i].width, sides[i].height,
                     interlace);
            check_bomb(&file, label, sides[i].status);
        }
}

static void full_square(void)
{
    struct bytes data = zeros(20000), file = {0};
    while (data.size < 2000000) { /* what is behind the first 20 MB of zeros does not matter */
        uint8_t part[10000];
        memcpy(part, data.data + 10000, sizeof part);
        bytes_put(&data, part, sizeof part);
    }
    bytes_header(&file, 16383, 16383, 16, PNG_COLOR_TYPE_RGB_ALPHA, 0);
    bytes_chunk(&file, "IDAT", data.data, data.size);
    bytes_chunk(&file, "IEND", NULL, 0);
    check_bomb(&file, "16383 x 16383 RGBA16 of 2 MB", YK_ERR_FORMAT);

    /* As many pixels as the data may hold, but it is cut off after the first three megabytes. */
    bytes_header(&file, 1000, 1000, 8, PNG_COLOR_TYPE_RGB, 0);
    bytes_chunk(&file, "IDAT", data.data, 3000);
    bytes_chunk(&file, "IEND", NULL, 0);
    check_bomb(&file, "1000 x 1000, cut off", YK_ERR_FORMAT);
    free(data.data);
}

/* A chunk with a keyword, then zlib's method byte and `size` compressed bytes. */
static void put_compressed(struct bytes *file, const char *type, const char *keyword, const char *middle,
                           size_t middle_size, const struct bytes *data, size_t size)
{
    struct bytes chunk = {0};
    bytes_put(&chunk, keyword, strlen(keyword) + 1);
    bytes_put(&chunk, middle, middle_size);
    bytes_put(&chunk, data->data, size);
    bytes_chunk(file, type, chunk.data, chunk.size);
    free(chunk.data);
}

static void put_text(struct bytes *file, const struct bytes *data)
{
    put_compressed(file, "zTXt", "Key", "", 1, data, data->size);
}

static void put_international(struct bytes *file, const struct bytes *data)
{
    put_compressed(file, "iTXt", "Key", "\1\0\0\0", 4, data, data->size);
}

static void put_profile(struct bytes *file, const struct bytes *data)
{
    put_compressed(file, "iCCP", "ICC", "", 1, data, data->size);
}

static void put_suggested(struct bytes *file, const struct bytes *data)
{
    (void)data;
    uint8_t *chunk = calloc(1, 3000010);
    if (!chunk)
        abort();
    memcpy(chunk, "Name\0\10", 6);
    bytes_chunk(file, "sPLT", chunk, 3000006);
    free(chunk);
}

static void put_unknown(struct bytes *file, const struct bytes *data)
{
    (void)data;
    bytes_chunk(file, "juNk", "x", 1);
}

static void put_plain_text(struct bytes *file, const struct bytes *data)
{
    (void)data;
    bytes_chunk(file, "tEXt", "\1\0x", 3); /* no keyword that may be written: it is left out */
}

/* `count` such chunks in front of the pixels or after them. */
static void chunks(void (*put)(struct bytes *file, const struct bytes *data), unsigned count, size_t size,
                   bool after, const char *label, enum yk_status expected)
{
    struct bytes data = zeros(size), file = {0};
    bytes_header(&file, 1, 1, 8, PNG_COLOR_TYPE_GRAY, 0);
    if (after) {
        bytes_pixels(&file, "\0\x55", 2);
        file.size -= 12;
    }
    for (unsigned i = 0; i < count; i++)
        put(&file, &data);
    if (after)
        bytes_chunk(&file, "IEND", NULL, 0);
    else
        bytes_pixels(&file, "\0\x55", 2);
    check_bomb(&file, label, expected);
    free(data.data);
}

/* `count` good texts that inflate to `size` each. */
static void good_texts(unsigned count, size_t size, const char *label)
{
    struct bytes file = {0};
    bytes_header(&file, 1, 1, 8, PNG_COLOR_TYPE_GRAY, 0);
    for (unsigned i = 0; i < count; i++)
        bytes_ztxt(&file, "Key", size);
    bytes_pixels(&file, "\0\x55", 2);
    check_bomb(&file, label, YK_ERR_LIMIT);
}

void test_fast_bombs(void)
{
    bombs = 0;
    slowest_part = 0.0;
    allowed = inflate_seconds();
    large_sides();
    full_square();
    for (int after = 0; after < 2; after++) {
        chunks(put_text, 1, 100000, after, "zTXt of 100 MB", YK_OK);
        chunks(put_international, 1, 100000, after, "iTXt of 100 MB", YK_OK);
        chunks(put_text, 100, 10000, after, "100 zTXt of 10 MB", YK_ERR_LIMIT);
        chunks(put_international, 100, 10000, after, "100 iTXt of 10 MB", YK_ERR_LIMIT);
        chunks(put_unknown, 20000, 1, after, "20000 unknown chunks", YK_OK);
    }
    chunks(put_profile, 1, 100000, false, "iCCP of 100 MB", YK_OK);
    chunks(put_profile, 100, 10000, false, "100 iCCP", YK_OK);
    chunks(put_suggested, 4, 1, false, "four sPLT of 3 MB", YK_OK);
    chunks(put_plain_text, 5000, 1, false, "5000 texts", YK_OK);
    good_texts(30, 1000000, "30 texts of 1 MB");
    good_texts(8, 7900000, "8 texts of 7.9 MB");
    CU_ASSERT(bombs >= 30);
    yk_note(
        "PNG bombs: %u done with within 32 MB each; the slowest needed %.2f of the time that zlib takes for "
        "64 MB",
        bombs, slowest_part);
}
