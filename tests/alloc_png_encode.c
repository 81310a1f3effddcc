/* SPDX-License-Identifier: MIT
 * Allocation failures while a PNG is encoded: for every n the n-th allocation fails, once alone and once with
 * all that follow. Each time the error must be YK_ERR_NOMEM and nothing may be left allocated. A program of
 * its own, because it is linked with --wrap for malloc, calloc, realloc, aligned_alloc, free, and for what
 * allocates inside other libraries: libdeflate_alloc_compressor, libdeflate_free_compressor, inflateInit2_,
 * inflateEnd. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>
#include <zlib.h>

#include <yoke/codec.h>
#include <yoke/metadata.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *memory);
struct libdeflate_compressor *__real_libdeflate_alloc_compressor(int level);
void __real_libdeflate_free_compressor(struct libdeflate_compressor *compressor);
int __real_inflateInit2_(z_streamp stream, int bits, const char *version, int size);
int __real_inflateEnd(z_streamp stream);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *memory);
struct libdeflate_compressor *__wrap_libdeflate_alloc_compressor(int level);
void __wrap_libdeflate_free_compressor(struct libdeflate_compressor *compressor);
int __wrap_inflateInit2_(z_streamp stream, int bits, const char *version, int size);
int __wrap_inflateEnd(z_streamp stream);

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

struct libdeflate_compressor *__wrap_libdeflate_alloc_compressor(int level)
{
    return fails() ? NULL : counted(__real_libdeflate_alloc_compressor(level));
}

void __wrap_libdeflate_free_compressor(struct libdeflate_compressor *compressor)
{
    heap.live -= compressor != NULL;
    __real_libdeflate_free_compressor(compressor);
}

int __wrap_inflateInit2_(z_streamp stream, int bits, const char *version, int size)
{
    if (fails())
        return Z_MEM_ERROR;
    heap.live++;
    return __real_inflateInit2_(stream, bits, version, size);
}

int __wrap_inflateEnd(z_streamp stream)
{
    heap.live--;
    return __real_inflateEnd(stream);
}

static unsigned faults, points, harmless;

static void expect(bool holds, int level, unsigned depth, long n, const char *what)
{
    if (holds)
        return;
    printf("level %d, depth %u, allocation %ld: %s\n", level, depth, n, what);
    faults++;
}

/* Encodes with the n-th allocation failing; false once there is no n-th one. */
static bool try_one(const struct yk_image *image, int level, long n, bool all_after, size_t whole)
{
    const struct yk_encode_options options = {.level = level};
    struct yk_bytes bytes = {0};
    struct yk_error error = {0};
    long live = heap.live;
    unsigned depth = image->format.depth;
    heap.calls = 0;
    heap.failed = false;
    heap.fail_at = n;
    heap.all_after = all_after;
    enum yk_status status = yk_codec_at(0)->encode(image, &options, &bytes, &error);
    heap.fail_at = 0;
    if (heap.failed && status == YK_OK) { /* buffers that could not be made smaller are as good */
        expect(bytes.size == whole, level, depth, n, "another result");
        harmless++;
    } else if (heap.failed) {
        expect(status == YK_ERR_NOMEM, level, depth, n, "another error");
        expect(error.status == status && error.text[0], level, depth, n, "no error text");
        expect(bytes.data == NULL && bytes.size == 0, level, depth, n, "a result in spite of the failure");
        points++;
    } else {
        expect(status == YK_OK && bytes.size == whole, level, depth, n, "another result without a failure");
    }
    bool failed = heap.failed;
    yk_bytes_free(&bytes);
    expect(heap.live == live, level, depth, n, "memory is left");
    return failed;
}

int main(void)
{
    /* 3: through libdeflate, as `small`, at a level that is not as slow */
    static const int levels[] = {YK_EFFORT_BALANCED, YK_EFFORT_FAST, 0, 3};
    static char keyword[] = "Title", text[] = "A text", none[] = "";
    struct yk_text title = {
        .keyword = keyword, .text = text, .language = none, .translated = none, .compressed = true};
    struct yk_metadata metadata = {.has_gamma = true, .gamma = 45455, .texts = &title, .text_count = 1};
    for (unsigned depth = 8; depth <= 16; depth += 8)
        for (size_t l = 0; l < sizeof levels / sizeof levels[0]; l++) {
            struct yk_image *image = NULL; /* several strips, at the larger strips of libdeflate too */
            if (yk_image_create(&image, 1500, 2100, (struct yk_format){1, 0, (uint8_t)depth}, NULL, NULL) !=
                YK_OK)
                return 1;
            for (size_t i = 0; i < image->stride * image->height; i++)
                image->pixels[i] = (uint8_t)(i % 97 * (i / image->stride) >> 4);
            image->metadata = &metadata;
            struct yk_bytes bytes = {0};
            if (yk_codec_at(0)->encode(image, &(struct yk_encode_options){.level = levels[l]}, &bytes,
                                       NULL) != YK_OK)
                return 1;
            size_t whole = bytes.size;
            yk_bytes_free(&bytes);
            for (int all_after = 0; all_after < 2; all_after++) {
                long n = 1;
                while (try_one(image, levels[l], n, all_after, whole))
                    n++;
                expect(n > 10, levels[l], depth, n, "hardly any allocation was seen");
            }
            image->metadata = NULL;
            yk_image_free(image);
        }
    printf("PNG encoding: %u allocation failures, %u without effect, %u faults\n", points, harmless, faults);
    return faults || points < 100 ? 1 : 0;
}
