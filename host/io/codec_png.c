/* SPDX-License-Identifier: MIT
 * The PNG codec's descriptor, and the session with libpng that reading and writing share: errors, warnings,
 * memory. */
#include "codec_png.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "png_encode.h"

/* In front of every block that libpng gets. */
union heap_block {
    max_align_t align;
    uint64_t size;
};

/* libpng's allocator: as malloc, but counted, so that a file of chunks that inflate to much more than itself
 * ends with an error instead of with all memory. */
static png_voidp heap_alloc(png_structp png, png_alloc_size_t size)
{
    struct yk_png_session *session = png_get_mem_ptr(png);
    if (size > session->memory_max - session->memory) {
        session->over_limit = true;
        png_error(png, "its text and other chunks need too much memory");
    }
    uint64_t total;
    union heap_block *block = NULL;
    if (yk_size_add(size, sizeof *block, &total) && total <= SIZE_MAX)
        block = malloc((size_t)total);
    if (!block) {
        session->no_memory = true;
        return NULL;
    }
    block->size = size;
    session->memory += size;
    return block + 1;
}

static void heap_free(png_structp png, png_voidp memory)
{
    struct yk_png_session *session = png_get_mem_ptr(png);
    union heap_block *block = (union heap_block *)memory - 1;
    session->memory -= block->size;
    free(block);
}

static void on_error(png_structp png, png_const_charp message)
{
    struct yk_png_session *session = png_get_error_ptr(png);
    (void)snprintf(session->message, sizeof session->message, "%s", message);
    png_longjmp(png, 1);
}

static bool add_info(struct yk_png_session *session)
{
    if (setjmp(png_jmpbuf(session->png)))
        return false;
    session->info = png_create_info_struct(session->png);
    return session->info != NULL;
}

bool yk_png_session_begin(struct yk_png_session *session, bool reading, png_error_ptr warn)
{
    session->png = reading ? png_create_read_struct_2(PNG_LIBPNG_VER_STRING, session, on_error, warn, session,
                                                      heap_alloc, heap_free)
                           : png_create_write_struct_2(PNG_LIBPNG_VER_STRING, session, on_error, warn,
                                                       session, heap_alloc, heap_free);
    return session->png && add_info(session);
}

void yk_png_session_end(struct yk_png_session *session, bool reading)
{
    if (!session->png)
        return;
    if (reading)
        png_destroy_read_struct(&session->png, &session->info, NULL);
    else
        png_destroy_write_struct(&session->png, &session->info);
}

enum yk_status yk_png_session_fail(const struct yk_png_session *session, enum yk_status otherwise,
                                   struct yk_error *error)
{
    if (session->no_memory)
        return yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");
    if (session->over_limit)
        return yk_error_set(error, YK_ERR_LIMIT, "PNG: %s", session->message);
    if (!session->png)
        return yk_error_set(error, YK_ERR_INTERNAL,
                            "PNG: the libpng that was loaded (%s) is not the one that was built for (%s)",
                            png_get_libpng_ver(NULL), PNG_LIBPNG_VER_STRING);
    return yk_error_set(error, otherwise, "PNG: %s", session->message);
}

bool yk_png_swaps(void)
{
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return first == 1; /* the file is big-endian */
}

static bool probe(const uint8_t *data, size_t size)
{
    return size >= YK_PNG_SIGNATURE && png_sig_cmp(data, 0, YK_PNG_SIGNATURE) == 0;
}

enum yk_status yk_png_info(const uint8_t *data, size_t size, const struct yk_limits *limits,
                           struct yk_image_info *info, struct yk_error *error)
{
    struct yk_png_reader *reader = NULL;
    enum yk_status status = yk_png_reader_open(&reader, data, size, false, limits, error);
    if (status != YK_OK)
        return status;
    *info = reader->header;
    yk_png_reader_close(reader);
    return YK_OK;
}

static const char *const extensions[] = {"png", NULL};

const struct yk_codec yk_codec_png = {
    .name = "png",
    .extensions = extensions,
    .probe = probe,
    .info = yk_png_info,
    .decode = yk_png_decode,
    .rows_open = yk_png_rows_open,
    .rows_image = yk_png_rows_image,
    .rows_get = yk_png_rows_get,
    .rows_end = yk_png_rows_end,
    .rows_close = yk_png_rows_close,
    .encode = yk_png_encode,
    .begin = yk_png_encode_begin,
    .part = yk_png_encode_part,
    .finish = yk_png_encode_finish,
    .abort = yk_png_encode_abort,
};
