/* SPDX-License-Identifier: MIT
 * Allocation failures while a PNG is decoded: for every n the n-th allocation fails, once alone and once with
 * all that follow. Each time the error must be clean and nothing may be left allocated. A program of its own,
 * because it is linked with --wrap for malloc, calloc, realloc, aligned_alloc and free. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <png.h>

#include "codec_png.h"
#include "test_png.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *memory);

static struct {
    long calls, fail_at; /* fail_at 0: none fails */
    bool all_after, failed;
    long live;
} heap;

static bool fails(void)
{
    heap.calls++;
    bool now = heap.fail_at && (heap.calls == heap.fail_at || (heap.all_after && heap.calls > heap.fail_at));
    heap.failed |= now;
    return now;
}

static void *counted(void *memory)
{
    heap.live += memory != NULL;
    return memory;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    if (fails())
        return NULL;
    void *memory = __real_realloc(old, size);
    heap.live += memory && !old;
    return memory;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

void __wrap_free(void *memory)
{
    heap.live -= memory != NULL;
    __real_free(memory);
}

static unsigned faults, points;

static void expect(bool holds, const char *label, long n, const char *what)
{
    if (holds)
        return;
    printf("%s, allocation %ld: %s\n", label, n, what);
    faults++;
}

/* The fast way row by row, in small steps that make its memory grow; what it does not take goes the other
 * way. */
static enum yk_status decode_in_rows(const struct bytes *file, struct yk_error *error)
{
    void *state = NULL;
    struct yk_image_info info;
    struct yk_metadata *metadata = NULL;
    struct yk_image *image = NULL;
    const uint8_t *rows;
    size_t stride;
    enum yk_status status = yk_png_rows_open(&state, file->data, file->size, NULL, &info, error);
    for (uint32_t y = 0; !status && y < info.height; y += 3)
        status = yk_png_rows_get(state, y, y + 3 < info.height ? y + 3 : info.height, &rows, &stride, error);
    if (!status)
        status = yk_png_rows_end(state, &metadata, error);
    yk_png_rows_close(state);
    yk_metadata_free(metadata);
    if (status == YK_ERR_UNSUPPORTED)
        status = yk_png_decode_slow(file->data, file->size, NULL, &image, error);
    yk_image_free(image);
    return status;
}

/* Decodes with the n-th allocation failing; false once there is no n-th one. `valid`: the file is good. */
static bool try_one(const struct bytes *file, const char *label, long n, bool all_after, bool valid,
                    bool in_rows)
{
    struct yk_image *image = NULL;
    struct yk_error error = {0};
    long live = heap.live;
    heap.calls = 0;
    heap.failed = false;
    heap.fail_at = n;
    heap.all_after = all_after;
    enum yk_status status =
        in_rows ? decode_in_rows(file, &error) : yk_png_decode(file->data, file->size, NULL, &image, &error);
    heap.fail_at = 0;
    if (heap.failed) {
        /* a damaged file is tried twice, and the second time comes to its verdict */
        expect(status == YK_ERR_NOMEM || (!valid && status == YK_ERR_FORMAT), label, n, "another error");
        expect(error.status == status && error.text[0], label, n, "no error text");
        expect(image == NULL, label, n, "an image in spite of the failure");
        points++;
    } else {
        expect(status == (valid ? YK_OK : YK_ERR_FORMAT), label, n, "another verdict");
    }
    yk_image_free(image);
    expect(heap.live == live, label, n, "memory is left");
    return heap.failed;
}

int main(void)
{
    static const struct {
        int type, depth;
        bool interlaced, damaged;
        const char *label;
    } files[] = {{2, 8, false, false, "rgb"},
                 {3, 4, false, false, "palette"},
                 {6, 16, false, false, "rgba16"},
                 {0, 1, false, false, "grey of 1 bit"},
                 {2, 8, true, false, "interlaced"},
                 {2, 8, false, true, "damaged"},
                 {3, 8, false, true, "palette, damaged"}};
    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++)
        for (int way = 0; way < 4; way++) {
            bool all_after = way & 1, in_rows = way & 2;
            struct bytes file =
                sample_file(40, 30, files[f].type, files[f].depth, files[f].interlaced, all_after, f);
            if (files[f]
                    .damaged) /* the pixel data's checksum: the fast way ends late, and libpng starts again */
                file.data[png_find(file.data, file.size, 8, "IDAT") + 40] ^= 1;
            long n = 1;
            while (try_one(&file, files[f].label, n, all_after, !files[f].damaged, in_rows))
                n++;
            expect(n > 10, files[f].label, n, "hardly any allocation was seen");
            free(file.data);
        }
    printf("PNG decoding: %u allocation failures, %u faults\n", points, faults);
    return faults ? 1 : 0;
}
