/* SPDX-License-Identifier: MIT
 * `yoke info`: what image files hold. Reads and decodes each, so that a damaged file is found. */
#include "commands.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <yoke/codec.h>
#include <yoke/image.h>
#include <yoke/io.h>
#include <yoke/metadata.h>

#include "escape.h"
#include "exit.h"
#include "json_text.h"

struct values {
    bool json;
    uint64_t max_pixels;
};

static const struct cli_option options[] = {
    {"json", 0, CLI_FLAG, offsetof(struct values, json), NULL, NULL, 0, 0, "as JSON"},
    {"max-pixels", 0, CLI_NUMBER, offsetof(struct values, max_pixels), "N", NULL, 1, UINT64_C(1) << 40,
     "refuse larger images (default: 268402689)"},
    {NULL, 0, CLI_FLAG, 0, NULL, NULL, 0, 0, NULL},
};

/* One file as far as it could be understood. */
struct subject {
    const char *path;
    uint8_t *data; /* owned, of the I/O thread */
    size_t size;
    bool has_info; /* `info` is filled in */
    struct yk_image_info info;
    struct yk_image *image; /* owned; NULL where it could not be decoded */
    struct yk_error error;  /* status YK_OK where all is well */
};

static void keep(void *context, struct yk_io_result *result)
{
    struct subject *subject = context;
    subject->error = result->error;
    subject->data = result->data;
    subject->size = result->size;
}

/* Reads, looks at the header, decodes; the first failure is left in subject->error. */
static void examine(struct subject *subject, const struct yk_limits *limits)
{
    struct yk_io *io;
    struct yk_error *error = &subject->error;
    if (yk_io_open(&io, YK_IO_POSIX, 1, error) != YK_OK)
        return;
    (void)yk_io_read(io, subject->path, limits->max_file_bytes, keep, subject, error); /* `error` tells */
    yk_io_close(io);
    if (error->status != YK_OK)
        return;
    const struct yk_codec *codec = yk_codec_probe(subject->data, subject->size);
    if (!codec) {
        yk_error_set(error, YK_ERR_FORMAT, "not an image of a known format");
        return;
    }
    subject->has_info = codec->info(subject->data, subject->size, limits, &subject->info, error) == YK_OK;
    if (subject->has_info)
        (void)codec->decode(subject->data, subject->size, limits, &subject->image, error); /* `error` tells */
}

static void put_field(const char *label, const char *text)
{
    printf("  %-12s", label);
    cli_put(stdout, text, false);
    putchar('\n');
}

static void print_metadata(const struct yk_metadata *metadata)
{
    if (metadata->icc) {
        char text[160];
        snprintf(text, sizeof text, "%s, %zu bytes", metadata->icc_name, metadata->icc_size);
        put_field("ICC profile", text);
    }
    if (metadata->has_srgb)
        printf("  %-12sintent %u\n", "sRGB", metadata->srgb_intent);
    if (metadata->has_gamma)
        printf("  %-12s%.5f\n", "gamma", metadata->gamma / 100000.0);
    if (metadata->has_density)
        printf("  %-12s%" PRIu32 " x %" PRIu32 " %s\n", "density", metadata->density_x, metadata->density_y,
               metadata->density_metres ? "pixels per metre" : "(ratio only)");
    if (metadata->exif)
        printf("  %-12s%zu bytes\n", "EXIF", metadata->exif_size);
    for (size_t i = 0; i < metadata->text_count; i++)
        put_field("text", metadata->texts[i].keyword);
}

static void print_subject(const struct subject *subject)
{
    const struct yk_image_info *info = &subject->info;
    if (!subject->has_info)
        return;
    cli_put(stdout, subject->path, false);
    printf("\n  %-12s%" PRIu32 " x %" PRIu32 ", %s, %u bits%s%s\n", info->codec, info->width, info->height,
           info->file_type, info->file_depth, info->interlaced ? ", interlaced" : "",
           info->transparency ? ", transparent colours" : "");
    printf("  %-12s%zu bytes\n", "file", subject->size);
    if (subject->image && subject->image->metadata)
        print_metadata(subject->image->metadata);
}

static json_t *texts_json(const struct yk_metadata *metadata)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < metadata->text_count; i++)
        if (json_array_append_new(array, cli_json_text(metadata->texts[i].keyword)) != 0) {
            json_decref(array);
            array = NULL;
        }
    return array;
}

static json_t *metadata_json(const struct yk_metadata *metadata)
{
    return json_pack("{s:o, s:I, s:o, s:o, s:o, s:I, s:o}", "icc_name",
                     metadata->icc ? cli_json_text(metadata->icc_name) : json_null(), "icc_bytes",
                     (json_int_t)metadata->icc_size, "srgb_intent",
                     metadata->has_srgb ? json_integer(metadata->srgb_intent) : json_null(), "gamma",
                     metadata->has_gamma ? json_real(metadata->gamma / 100000.0) : json_null(), "density",
                     metadata->has_density
                         ? json_pack("{s:I, s:I, s:b}", "x", (json_int_t)metadata->density_x, "y",
                                     (json_int_t)metadata->density_y, "metres", metadata->density_metres)
                         : json_null(),
                     "exif_bytes", (json_int_t)metadata->exif_size, "text_keys", texts_json(metadata));
}

static json_t *subject_json(const struct subject *subject)
{
    json_t *entry = json_object();
    if (!entry || cli_json_path(entry, "file", subject->path) != 0)
        goto fail;
    const struct yk_image_info *info = &subject->info;
    json_t *rest =
        json_pack("{s:o, s:I}", "error",
                  subject->error.status == YK_OK ? json_null() : cli_json_text(subject->error.text), "bytes",
                  (json_int_t)subject->size);
    int updated = rest ? json_object_update(entry, rest) : -1;
    json_decref(rest);
    if (updated != 0)
        goto fail;
    if (!subject->has_info)
        return entry;
    rest = json_pack("{s:s, s:I, s:I, s:s, s:i, s:b, s:b, s:s}", "codec", info->codec, "width",
                     (json_int_t)info->width, "height", (json_int_t)info->height, "type", info->file_type,
                     "depth", (int)info->file_depth, "interlaced", info->interlaced, "transparency",
                     info->transparency, "format", yk_format_name(info->format));
    updated = rest ? json_object_update(entry, rest) : -1;
    json_decref(rest);
    if (updated == 0 && subject->image && subject->image->metadata)
        updated = json_object_set_new(entry, "metadata", metadata_json(subject->image->metadata));
    if (updated == 0)
        return entry;
fail:
    json_decref(entry);
    return NULL;
}

static int show_all(const struct cli_words *words, const struct values *values)
{
    struct yk_limits wanted = {.max_pixels = values->max_pixels};
    struct yk_limits limits = yk_limits_resolve(&wanted);
    json_t *array = values->json ? json_array() : NULL;
    bool complete = array != NULL || !values->json;
    int code = EXIT_DONE;
    for (size_t i = 0; i < words->count && complete; i++) {
        struct subject subject = {.path = words->words[i], .error = {YK_OK, ""}};
        examine(&subject, &limits);
        if (values->json)
            complete = json_array_append_new(array, subject_json(&subject)) == 0;
        else
            print_subject(&subject);
        if (subject.error.status != YK_OK) {
            code = EXIT_SOME_FAILED;
            fflush(stdout);
            fputs("yoke info: ", stderr);
            cli_put(stderr, subject.path, false);
            fputs(": ", stderr);
            cli_put(stderr, subject.error.text, false);
            fputc('\n', stderr);
        }
        yk_image_free(subject.image);
        yk_io_release(subject.data);
    }
    if (!values->json)
        return cli_close_output(code);
    if (!complete) {
        json_decref(array);
        array = NULL;
    }
    return cli_json_print("info", array, code);
}

static int run(const struct cli_command *command, int count, char **argv)
{
    struct values values = {false, 0};
    struct cli_words words;
    int code = cli_parse(command, count, argv, &values, &words);
    if (code != CLI_GO_ON)
        return code;
    if (words.count == 0)
        code = cli_usage_error(command, "no file was named");
    else
        code = show_all(&words, &values);
    free(words.words);
    return code;
}

const struct cli_command cli_command_info = {
    .name = "info",
    .arguments = "FILE... [OPTION]...",
    .doc = "Tell what image files hold: size, type, colour description, text",
    .details = "Each FILE (- is standard input) is read and decoded as a whole, so that a\n"
               "damaged one is found.\n",
    .options = options,
    .complete = "file",
    .run = run,
};
