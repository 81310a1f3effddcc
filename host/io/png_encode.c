/* SPDX-License-Identifier: MIT
 * An image in strips (contract in png_encode.h). Which thread codes which strip, and with which of the work
 * memories, changes nothing. */
#include "png_encode.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "codec_png.h"
#include "png_choose.h"
#include "png_stream.h"
#include "png_write.h"

enum {
    ROW_BYTES_MAX = 1 << 30
}; /* a strip is at least a row, and an IDAT chunk holds less than 2^31 bytes */

struct encoder {
    struct yk_png_rows rows;
    struct yk_png_plan plan;
    uint32_t strip_rows;
    size_t parts;
    struct yk_png_strip *strips;
    pthread_mutex_t lock; /* guards what follows */
    struct yk_png_work **idle;
    size_t idle_count;
};

static size_t parts_of(uint32_t height, uint32_t strip_rows)
{
    size_t parts = (height + strip_rows / 2) / (size_t)strip_rows; /* a short rest joins the last one */
    return parts ? parts : 1;
}

enum yk_status yk_png_encode_begin_as(void **state, const struct yk_image *image,
                                      const struct yk_png_plan *plan, uint32_t strip_rows, size_t *parts,
                                      struct yk_error *error)
{
    struct encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder)
        return yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");
    yk_png_rows_begin(&encoder->rows, image, yk_cpu_allowed());
    encoder->plan = *plan;
    encoder->strip_rows = strip_rows;
    encoder->parts = parts_of(image->height, strip_rows);
    encoder->strips = calloc(encoder->parts, sizeof *encoder->strips);
    encoder->idle = calloc(encoder->parts, sizeof(struct yk_png_work *));
    if (!encoder->strips || !encoder->idle || pthread_mutex_init(&encoder->lock, NULL) != 0) {
        free(encoder->strips);
        free(encoder->idle);
        free(encoder);
        return yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");
    }
    *state = encoder;
    *parts = encoder->parts;
    return YK_OK;
}

static bool level_known(int level)
{
    return (level >= 0 && level <= 9) || level == YK_EFFORT_BALANCED || level == YK_EFFORT_FAST ||
           level == YK_EFFORT_SMALL;
}

enum yk_status yk_png_encode_begin(void **state, const struct yk_image *image,
                                   const struct yk_encode_options *options, size_t *parts,
                                   struct yk_error *error)
{
    int level = options ? options->level : YK_EFFORT_BALANCED;
    if (!level_known(level))
        return yk_error_set(error, YK_ERR_INVALID,
                            "PNG: there is no compression level %d, only -1 and 0 to 9", level);
    if (image->width > PNG_UINT_31_MAX || image->height > PNG_UINT_31_MAX)
        return yk_error_set(error, YK_ERR_LIMIT,
                            "PNG: a side of the %" PRIu32 "x%" PRIu32
                            " image is over the format's 2147483647 pixels",
                            image->width, image->height);
    struct yk_png_rows rows;
    yk_png_rows_begin(&rows, image, yk_cpu_allowed());
    if (rows.row_bytes > ROW_BYTES_MAX)
        return yk_error_set(error, YK_ERR_LIMIT, "PNG: rows of %zu bytes are over the limit of %d",
                            rows.row_bytes, (int)ROW_BYTES_MAX);
    struct yk_png_plan plan;
    enum yk_status status = yk_png_choose(&rows, level, &plan, error);
    if (status != YK_OK)
        return status;
    size_t bytes = yk_png_plan_searches(&plan) ? YK_PNG_STRIP_BYTES_SEARCHED : YK_PNG_STRIP_BYTES;
    size_t strip_rows = bytes / (rows.row_bytes + 1);
    return yk_png_encode_begin_as(state, image, &plan, strip_rows ? (uint32_t)strip_rows : 1, parts, error);
}

/* A work memory that no other thread has, a new one if need be; NULL: out of memory. */
static struct yk_png_work *take_work(struct encoder *encoder)
{
    struct yk_png_work *work = NULL;
    pthread_mutex_lock(&encoder->lock);
    if (encoder->idle_count > 0)
        work = encoder->idle[--encoder->idle_count];
    pthread_mutex_unlock(&encoder->lock);
    if (work)
        return work;
    uint32_t most = encoder->strip_rows + encoder->strip_rows / 2 + 1, height = encoder->rows.image->height;
    return yk_png_work_create(&encoder->rows, most < height ? most : height, &encoder->plan);
}

static void give_work(struct encoder *encoder, struct yk_png_work *work)
{
    pthread_mutex_lock(&encoder->lock);
    encoder->idle[encoder->idle_count++] = work; /* there are never more than parts */
    pthread_mutex_unlock(&encoder->lock);
}

enum yk_status yk_png_encode_part(void *state, size_t part, struct yk_error *error)
{
    struct encoder *encoder = state;
    struct yk_png_work *work = take_work(encoder);
    if (!work)
        return yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");
    bool last = part + 1 == encoder->parts;
    uint32_t y = (uint32_t)part * encoder->strip_rows;
    uint32_t count = last ? encoder->rows.image->height - y : encoder->strip_rows;
    enum yk_status status = yk_png_strip_code(work, &encoder->rows, &encoder->plan, y, count, last,
                                              &encoder->strips[part], error);
    give_work(encoder, work);
    return status;
}

enum yk_status yk_png_encode_finish(void *state, struct yk_bytes *bytes, struct yk_error *error)
{
    struct encoder *encoder = state;
    enum yk_status status =
        yk_png_write_file(encoder->rows.image, encoder->strips, encoder->parts, bytes, error);
    yk_png_encode_abort(encoder);
    return status;
}

void yk_png_encode_abort(void *state)
{
    struct encoder *encoder = state;
    if (!encoder)
        return;
    for (size_t i = 0; i < encoder->parts; i++)
        free(encoder->strips[i].data);
    while (encoder->idle_count > 0)
        yk_png_work_free(encoder->idle[--encoder->idle_count]);
    pthread_mutex_destroy(&encoder->lock);
    free(encoder->strips);
    free(encoder->idle);
    free(encoder);
}

enum yk_status yk_png_encode(const struct yk_image *image, const struct yk_encode_options *options,
                             struct yk_bytes *bytes, struct yk_error *error)
{
    void *state = NULL;
    size_t parts = 0;
    enum yk_status status = yk_png_encode_begin(&state, image, options, &parts, error);
    if (status != YK_OK)
        return status;
    for (size_t part = 0; part < parts && status == YK_OK; part++)
        status = yk_png_encode_part(state, part, error);
    if (status == YK_OK)
        return yk_png_encode_finish(state, bytes, error);
    yk_png_encode_abort(state);
    return status;
}
