/* SPDX-License-Identifier: MIT
 * The self-test (contract in yoke/verify.h): the literal vectors of every operation through the same path as
 * any image. Internal operations are tested by a program of their own. */
#include <yoke/verify.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "cpu_level.h"
#include "job.h"
#include "params.h"
#include "verify_op.h"

/* For one band of a vector, ns: a device that takes longer hangs. */
static const uint64_t usual_patience = UINT64_C(60000000000);

struct verify {
    struct yk_device *device;
    uint64_t patience; /* ns, for one band; UINT64_MAX: for ever */
    struct yk_verify_result *result;
    void (*failure)(void *context, const char *line);
    void *context;
};

const char *yk_verify_level(size_t index)
{
    const struct yk_level *level = yk_cpu_level_at(index);
    return level ? level->name : NULL;
}

static bool read_format(const char *name, struct yk_format *format)
{
    for (unsigned kind = 0; kind < 8; kind++) {
        struct yk_format here = {(uint8_t)(kind & 1 ? 3 : 1), (uint8_t)(kind >> 1 & 1),
                                 (uint8_t)(kind & 4 ? 16 : 8)};
        if (strcmp(yk_format_name(here), name) == 0) {
            *format = here;
            return true;
        }
    }
    return false;
}

static enum yk_status make_image(struct yk_image **image, const char *format_name, int width, int height,
                                 const unsigned short *samples, struct yk_error *error)
{
    struct yk_format format;
    if (!read_format(format_name, &format))
        return yk_error_set(error, YK_ERR_INTERNAL, "a vector names the format '%s'", format_name);
    enum yk_status status = yk_image_create(image, (uint32_t)width, (uint32_t)height, format, NULL, error);
    size_t row_samples = (size_t)width * yk_format_channels(format);
    for (int y = 0; y < height && !status; y++)
        for (size_t k = 0; k < row_samples; k++) {
            uint8_t *row = yk_image_row(*image, (uint32_t)y);
            unsigned short v = samples[(size_t)y * row_samples + k];
            if (format.depth == 16)
                memcpy(row + 2 * k, &v, 2);
            else
                row[k] = (uint8_t)v;
        }
    return status;
}

/* Number of the first sample that differs, -1 when all are equal, -2 when size or format differ. */
static long first_difference(const struct yk_image *got, const struct yk_image *want)
{
    size_t samples = (size_t)want->width * yk_format_channels(want->format);
    size_t each = want->format.depth / 8u;
    if (got->width != want->width || got->height != want->height ||
        strcmp(yk_format_name(got->format), yk_format_name(want->format)) != 0)
        return -2;
    for (uint32_t y = 0; y < want->height; y++)
        for (size_t k = 0; k < samples; k++)
            if (memcmp(yk_image_row(got, y) + k * each, yk_image_row(want, y) + k * each, each) != 0)
                return (long)(y * samples + k);
    return -1;
}

static enum yk_status run_band(const struct verify *verify, const struct yk_band *band,
                               struct yk_error *error)
{
    const struct yk_backend *backend = yk_device_backend(verify->device);
    struct yk_band_timing timing;
    enum yk_status status = backend->prepare(verify->device, band->program, band->reduce, error);
    if (!status)
        status = backend->submit(verify->device, 0, band, error);
    if (!status)
        status = backend->wait(verify->device, 0,
                               verify->patience == UINT64_MAX ? UINT64_MAX : yk_clock_ns() + verify->patience,
                               &timing, error);
    return status;
}

static enum yk_status run_job(const struct verify *verify, struct yk_job *job, struct yk_error *error)
{
    enum yk_status status = YK_OK;
    while (!status && job->phase != YK_PHASE_DONE) {
        struct yk_band band = yk_job_band(job, 0, (int)yk_job_rows(job), job->stat);
        status = run_band(verify, &band, error);
        if (!status)
            status = yk_job_advance(job, error);
    }
    return status;
}

/* A pipeline of this one operation, which may be internal and is therefore not parsed from text. */
static enum yk_status run_vector(const struct verify *verify, size_t op_index, const struct yk_vector *vector,
                                 struct yk_image **got, struct yk_error *error)
{
    const struct yk_op *op = yk_op_table[op_index];
    char words_text[128];
    const char *words[16];
    size_t count = 0, bad = 0;
    snprintf(words_text, sizeof words_text, "%s", vector->arguments);
    char *rest = NULL;
    for (char *word = strtok_r(words_text, " ", &rest); word && count < 16; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    struct yk_pipeline_op only = {op, op_index, malloc(op->params_size)};
    struct yk_pipeline pipeline = {&only, 1, 1};
    struct yk_image *in = NULL;
    struct yk_job job;
    enum yk_status status = only.params ? yk_params_parse(op, words, count, only.params, &bad, error)
                                        : yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    if (!status)
        status = make_image(&in, vector->in_format, vector->in_width, vector->in_height, vector->in, error);
    if (!status)
        status = yk_job_start(&job, &pipeline, in, 0, NULL, NULL, error);
    if (!status) {
        status = run_job(verify, &job, error);
        if (!status)
            *got = yk_job_take(&job);
        if (status == YK_ERR_TIMEOUT) /* the device may still use it all */
            yk_job_abandon(&job);
        else
            yk_job_clear(&job);
    }
    free(only.params);
    return status;
}

static void report(const struct verify *verify, const struct yk_op *op, const struct yk_vector *vector,
                   const char *what)
{
    char line[YK_ERROR_TEXT + 256];
    verify->result->failed++;
    snprintf(line, sizeof line, "%s %s on %s %dx%d: %s", op->name, vector->arguments, vector->in_format,
             vector->in_width, vector->in_height, what);
    if (verify->failure)
        verify->failure(verify->context, line);
}

static enum yk_status verify_vector(const struct verify *verify, size_t op_index,
                                    const struct yk_vector *vector, struct yk_error *error)
{
    const struct yk_op *op = yk_op_table[op_index];
    struct yk_image *got = NULL, *want = NULL;
    struct yk_error reason = {0};
    char what[128];
    enum yk_status status =
        make_image(&want, vector->out_format, vector->out_width, vector->out_height, vector->out, error);
    if (status)
        return status;
    status = run_vector(verify, op_index, vector, &got, &reason);
    if (status == YK_ERR_TIMEOUT) /* the device must not be used for the other vectors */
        yk_error_set(error, status, "%s %s: %s", op->name, vector->arguments, reason.text);
    else if (status)
        report(verify, op, vector, reason.text);
    else {
        long at = first_difference(got, want);
        if (at == -1)
            verify->result->passed++;
        else if (at == -2)
            report(verify, op, vector, "another size or format than expected");
        else {
            size_t samples = (size_t)want->width * yk_format_channels(want->format),
                   each = want->format.depth / 8u;
            const uint8_t *p =
                yk_image_row(got, (uint32_t)((size_t)at / samples)) + (size_t)at % samples * each;
            snprintf(what, sizeof what, "sample %ld is %u, expected %u", at,
                     each == 2 ? p[0] + 256u * p[1] : p[0], (unsigned)vector->out[at]);
            report(verify, op, vector, what);
        }
    }
    yk_image_free(got);
    yk_image_free(want);
    return status == YK_ERR_NOMEM || status == YK_ERR_TIMEOUT ? status : YK_OK;
}

static enum yk_status verify_op(const struct verify *verify, size_t op_index, struct yk_error *error)
{
    const struct yk_op *op = yk_op_table[op_index];
    enum yk_status status = YK_OK;
    for (size_t v = 0; v < op->vector_count && !status; v++)
        status = verify_vector(verify, op_index, &op->vectors[v], error);
    return status;
}

enum yk_status yk_verify_op(struct yk_device *device, size_t op_index, uint64_t patience,
                            struct yk_verify_result *result, void (*failure)(void *context, const char *line),
                            void *context, struct yk_error *error)
{
    const struct verify verify = {
        .device = device, .patience = patience, .result = result, .failure = failure, .context = context};
    return verify_op(&verify, op_index, error);
}

enum yk_status yk_verify_device(const char *id, const char *cpu_level, struct yk_verify_result *result,
                                void (*failure)(void *context, const char *line), void *context,
                                struct yk_error *error)
{
    struct verify verify = {
        .patience = usual_patience, .result = result, .failure = failure, .context = context};
    struct yk_device_options options = {.slots = 1, .cpu_level = cpu_level};
    struct yk_device_list list;
    *result = (struct yk_verify_result){0, 0};
    enum yk_status status = yk_device_list_make(&list, yk_device_selection_is_cpu(id), error);
    if (status)
        return status;
    status = YK_ERR_MISSING;
    for (size_t k = 0; k < list.count; k++)
        if (strcmp(list.devices[k].id, id) == 0)
            status = yk_device_open(&verify.device, &list.devices[k], &options, error);
    if (status == YK_ERR_MISSING && !verify.device)
        yk_error_set(error, status, "there is no device %s here%s%s", id, list.notice[0] ? ": " : "",
                     list.notice);
    for (size_t k = 0; k < yk_op_count && !status; k++)
        status = verify_op(&verify, k, error);
    yk_device_close(verify.device, status == YK_ERR_TIMEOUT);
    yk_device_list_free(&list);
    return status;
}
