/* SPDX-License-Identifier: MIT
 * What outputs are called: a folder, a template, one file, standard output (contract in batch_plan.h). Looks
 * at the file system only to see whether the output is a folder. */
#include "batch_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <yoke/codec.h>

#include "mem.h"

/* Longest template whose line is repeated with a caret in an error. */
enum { SHOWN_TEMPLATE = 200 };

static const char *const words[] = {"dir", "name", "ext", "index"};
enum { WORD_DIR, WORD_NAME, WORD_EXT, WORD_INDEX, WORD_COUNT };

/* Extensions that nobody means as the name of a folder. */
static const char *const other_formats[] = {"jpg", "jpeg", "jxl",  "jp2",  "tif",  "tiff", "webp",
                                            "gif", "bmp",  "avif", "heic", "heif", "ppm",  "pgm",
                                            "pbm", "pnm",  "tga",  "exr",  "svg",  NULL};

struct text {
    char *data; /* owned */
    size_t length, capacity;
    bool failed;
};

static void put_bytes(struct text *text, const char *bytes, size_t length)
{
    void *grown = text->data;
    if (!text->failed && yk_mem_grow(&grown, &text->capacity, text->length + length + 1, 1)) {
        text->data = grown;
        memcpy(text->data + text->length, bytes, length);
        text->length += length;
        text->data[text->length] = '\0';
    } else {
        text->failed = true;
    }
}

static void put(struct text *text, const char *string)
{
    put_bytes(text, string, strlen(string));
}

const char *yk_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The dot of a base name's extension, or its end; a dot in front makes no extension. */
static const char *extension_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name ? dot : name + strlen(name);
}

static const char *first_extension(void)
{
    return yk_codec_at(0)->extensions[0];
}

/* ---- deciding ---- */

static enum yk_status template_error(struct yk_error *error, const char *output, size_t at, const char *what)
{
    size_t length = strlen(output);
    if (length > SHOWN_TEMPLATE)
        return yk_error_set(error, YK_ERR_PARSE, "%s, at byte %zu of the template", what, at + 1);
    return yk_error_set(error, YK_ERR_PARSE, "%s\n  %s\n  %*s^", what, output, (int)at, "");
}

/* The word that starts behind the brace at `text`, or WORD_COUNT. */
static size_t word_at(const char *text, size_t length)
{
    size_t word = 0;
    while (word < WORD_COUNT && (strlen(words[word]) != length || strncmp(words[word], text, length) != 0))
        word++;
    return word;
}

static enum yk_status check_template(const char *output, struct yk_error *error)
{
    size_t length = strlen(output);
    for (size_t i = 0; i < length; i++) {
        if (output[i] == '}' && output[i + 1] != '}')
            return template_error(error, output, i,
                                  "a '}' without its '{' (write '}}' for the character itself)");
        if ((output[i] == '{' || output[i] == '}') && output[i + 1] == output[i]) {
            i++;
            continue;
        }
        if (output[i] != '{')
            continue;
        size_t end = i + 1 + strcspn(output + i + 1, "{}");
        if (output[end] != '}')
            return template_error(error, output, i,
                                  "a '{' without its '}' (write '{{' for the character itself)");
        if (word_at(output + i + 1, end - i - 1) == WORD_COUNT) {
            char what[160];
            snprintf(what, sizeof what,
                     "unknown word '%.*s' in the template; accepted are {dir} {name} {ext} {index}",
                     (int)(end - i - 1 < 40 ? end - i - 1 : 40), output + i + 1);
            return template_error(error, output, i + 1, what);
        }
        i = end;
    }
    if (length > 0 && output[length - 1] == '/')
        return template_error(error, output, length, "the template names no file");
    return YK_OK;
}

static enum yk_status unknown_extension(const char *output, const char *dot, struct yk_error *error)
{
    char known[80] = "";
    const struct yk_codec *codec;
    for (size_t i = 0; (codec = yk_codec_at(i)) != NULL; i++)
        for (const char *const *extension = codec->extensions; *extension; extension++) {
            size_t used = strlen(known);
            snprintf(known + used, sizeof known - used, " .%s", *extension);
        }
    if (*dot == '\0')
        return yk_error_set(error, YK_ERR_UNKNOWN, "the output '%s' has no extension; known are:%s", output,
                            known);
    return yk_error_set(
        error, YK_ERR_UNKNOWN,
        "cannot write '%s': no format has the extension '%s'; known are:%s (for a folder of this "
        "name, end it with '/')",
        output, dot, known);
}

static bool is_other_format(const char *dot)
{
    for (size_t i = 0; *dot && other_formats[i]; i++)
        if (strcasecmp(dot + 1, other_formats[i]) == 0)
            return true;
    return false;
}

enum yk_status yk_output_decide(enum yk_output_kind *kind, const char *output, size_t count, bool in_place,
                                struct yk_error *error)
{
    struct stat info;
    if (!output && in_place) {
        *kind = YK_OUTPUT_SAME;
        return YK_OK;
    }
    if (!output || !*output)
        return yk_error_set(error, YK_ERR_INVALID, "no output was named");
    if (strcmp(output, "-") == 0) {
        if (count > 1)
            return yk_error_set(error, YK_ERR_INVALID, "standard output takes one image, not %zu", count);
        *kind = YK_OUTPUT_STREAM;
        return YK_OK;
    }
    const char *dot = extension_of(yk_base_name(output));
    if (strchr(output, '{')) {
        enum yk_status status = check_template(output, error);
        if (status != YK_OK)
            return status;
        if (strcmp(dot, ".{ext}") != 0 && !yk_codec_for_name(output))
            return unknown_extension(output, dot, error);
        *kind = YK_OUTPUT_TEMPLATE;
        return YK_OK;
    }
    bool exists = stat(output, &info) == 0;
    if (output[strlen(output) - 1] == '/' || (exists && S_ISDIR(info.st_mode))) {
        *kind = YK_OUTPUT_FOLDER;
        return YK_OK;
    }
    if (yk_codec_for_name(output)) {
        if (count > 1)
            return yk_error_set(
                error, YK_ERR_INVALID,
                "many inputs to one file: %zu images would become '%s' (for a folder of this name, "
                "end it with '/')",
                count, output);
        *kind = YK_OUTPUT_FILE;
        return YK_OK;
    }
    if (is_other_format(dot))
        return unknown_extension(output, dot, error);
    if (exists)
        return yk_error_set(error, YK_ERR_INVALID, "the output '%s' exists and is not a folder", output);
    *kind = YK_OUTPUT_FOLDER;
    return YK_OK;
}

/* ---- naming ---- */

/* The parts of an input's path that words stand for. */
struct parts {
    const char *dir;
    size_t dir_length;
    const char *name; /* the base name */
    size_t stem;      /* its length without the extension */
    const char *extension;
};

static struct parts parts_of(const struct yk_input *input)
{
    struct parts parts = {.dir = input->path + input->root};
    const char *path = strcmp(input->path, "-") == 0 ? "stdin" : input->path;
    parts.name = yk_base_name(path);
    if (path == input->path && parts.name > parts.dir) {
        parts.dir_length = (size_t)(parts.name - parts.dir);
        if (parts.dir_length > 1)
            parts.dir_length--; /* without the slash, unless it is the root folder */
    } else {
        parts.dir = ".";
        parts.dir_length = 1;
    }
    const char *dot = extension_of(parts.name);
    parts.stem = (size_t)(dot - parts.name);
    parts.extension = yk_codec_for_name(parts.name) && *dot ? dot + 1 : first_extension();
    return parts;
}

static void put_word(struct text *text, size_t word, const struct parts *parts, size_t index, size_t count)
{
    char number[48];
    switch (word) {
    case WORD_DIR:
        put_bytes(text, parts->dir, parts->dir_length);
        break;
    case WORD_NAME:
        put_bytes(text, parts->name, parts->stem);
        break;
    case WORD_EXT:
        put(text, parts->extension);
        break;
    default:
        snprintf(number, sizeof number, "%zu", count);
        snprintf(number, sizeof number, "%0*zu", (int)strlen(number), index + 1);
        put(text, number);
        break;
    }
}

static void put_template(struct text *text, const char *output, const struct parts *parts, size_t index,
                         size_t count)
{
    for (const char *at = output; *at; at++) {
        size_t word = WORD_COUNT, length = 0;
        if (*at == '{') {
            length = strcspn(at + 1, "}");
            word = word_at(at + 1, length);
        }
        if (word < WORD_COUNT) {
            put_word(text, word, parts, index, count);
            at += length + 1;
        } else {
            put_bytes(text, at, 1);
            if (*at == '{' || *at == '}')
                at++; /* doubled, as check_template saw to */
        }
    }
}

/* Takes out "." and repeated slashes, so that equal names are equal texts and a {dir} of "." does not show.
 */
static char *cleaned(char *path)
{
    char *to = path;
    for (const char *from = path; *from; from++) {
        bool start = to == path || to[-1] == '/';
        if (*from == '/' && start && from != path)
            continue; /* also behind a "." in front: that must not make the path absolute */
        if (start && from[0] == '.' && from[1] == '/')
            from++;
        else
            *to++ = *from;
    }
    *to = '\0';
    return path;
}

char *yk_output_name(enum yk_output_kind kind, const char *output, const struct yk_input *input, size_t index,
                     size_t count)
{
    if (kind == YK_OUTPUT_STREAM || kind == YK_OUTPUT_FILE)
        return yk_mem_strdup(output);
    if (kind == YK_OUTPUT_SAME)
        return yk_mem_strdup(input->path);
    struct text text = {0};
    struct parts parts = parts_of(input);
    if (kind == YK_OUTPUT_FOLDER) {
        put(&text, output);
        put(&text, "/");
        if (input->mirrored) {
            put_bytes(&text, parts.dir, parts.dir_length);
            put(&text, "/");
        }
        put_bytes(&text, parts.name, parts.stem);
        put(&text, ".");
        put(&text, parts.extension);
    } else {
        put_template(&text, output, &parts, index, count);
    }
    if (text.failed) {
        free(text.data);
        return NULL;
    }
    return cleaned(text.data);
}
