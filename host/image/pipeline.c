/* SPDX-License-Identifier: MIT
 * Pipeline text to operations with parameters (grammar in yoke/pipeline.h). */
#include "pipeline.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "params.h"
#include "registry.h"

enum { MOST_WORDS = 64, MOST_TEXT = 64 * 1024, CARET_COLUMNS = 76 };

/* Whether the byte goes on with a UTF-8 character: it takes no column of its own. */
static bool goes_on(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Adds the line of the text with a caret under the word at [at, at + length). */
static enum yk_status point_at(const char *text, size_t at, size_t length, enum yk_status status,
                               struct yk_error *error)
{
    if (!error)
        return status;
    char marks[2 * CARET_COLUMNS];
    size_t start = at, count = 0, used = strlen(error->text);
    /* A long line is shown from a little before the word. */
    while (start > 0 && text[start - 1] != '\n' && text[start - 1] != '\r' && at - start < CARET_COLUMNS / 2)
        start--;
    while (start < at && goes_on(text[start]))
        start++;
    size_t shown = strcspn(text + start, "\r\n");
    shown = shown > CARET_COLUMNS ? CARET_COLUMNS : shown;
    for (size_t k = start; k < at; k++)
        if (!goes_on(text[k]))
            marks[count++] = text[k] == '\t' ? '\t' : ' ';
    marks[count++] = '^';
    for (size_t k = at + 1; k < at + length && k < start + shown; k++)
        if (!goes_on(text[k]))
            marks[count++] = '~';
    int written = snprintf(error->text + used, sizeof error->text - used, "\n  %.*s\n  %.*s", (int)shown,
                           text + start, (int)count, marks);
    if (written < 0 || (size_t)written >= sizeof error->text - used)
        error->text[used] = '\0';
    return status;
}

void yk_pipeline_free(struct yk_pipeline *pipeline)
{
    if (!pipeline)
        return;
    for (size_t k = 0; k < pipeline->count; k++)
        free(pipeline->ops[k].params);
    free(pipeline->ops);
    free(pipeline);
}

size_t yk_pipeline_length(const struct yk_pipeline *pipeline)
{
    return pipeline->count;
}

/* The words of one operation: offsets into the text, and terminated copies. */
struct words {
    size_t at[MOST_WORDS], length[MOST_WORDS], count;
    char *copy;
    const char *word[MOST_WORDS];
};

static enum yk_status split_words(const char *text, size_t begin, size_t end, struct words *words,
                                  struct yk_error *error)
{
    words->count = 0;
    words->copy = malloc(end - begin + 1);
    if (!words->copy)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    memcpy(words->copy, text + begin, end - begin);
    words->copy[end - begin] = '\0';
    for (size_t at = begin; at < end;) {
        if (isspace((unsigned char)text[at])) {
            words->copy[at++ - begin] = '\0';
            continue;
        }
        size_t length = 0;
        while (at + length < end && !isspace((unsigned char)text[at + length]))
            length++;
        if (words->count == MOST_WORDS) {
            yk_error_set(error, YK_ERR_INVALID, "more than %d words in one operation", MOST_WORDS);
            return point_at(text, at, length, YK_ERR_INVALID, error);
        }
        words->at[words->count] = at;
        words->length[words->count] = length;
        words->word[words->count++] = words->copy + (at - begin);
        at += length;
    }
    return YK_OK;
}

static enum yk_status add_operation(struct yk_pipeline *pipeline, const char *text, const struct words *words,
                                    struct yk_error *error)
{
    size_t index = 0;
    const struct yk_op *op = yk_op_lookup(words->word[0], words->length[0], &index);
    if (!op || op->internal) {
        const char *near = yk_op_nearest(words->word[0]);
        if (near)
            yk_error_set(error, YK_ERR_UNKNOWN, "unknown operation '%.64s'; did you mean '%s'?",
                         words->word[0], near);
        else
            yk_error_set(error, YK_ERR_UNKNOWN, "unknown operation '%.64s'; 'yoke ops' lists them",
                         words->word[0]);
        return point_at(text, words->at[0], words->length[0], YK_ERR_UNKNOWN, error);
    }
    void *array = pipeline->ops, *params = malloc(op->params_size);
    if (!params || !yk_mem_grow(&array, &pipeline->capacity, pipeline->count + 1, sizeof *pipeline->ops)) {
        free(params);
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    }
    pipeline->ops = array;
    pipeline->ops[pipeline->count++] = (struct yk_pipeline_op){op, index, params};
    size_t bad = 0;
    enum yk_status status = yk_params_parse(op, words->word + 1, words->count - 1, params, &bad, error);
    if (!status)
        return YK_OK;
    bad = bad + 1 < words->count ? bad + 1 : 0; /* a missing argument is the operation's fault */
    return point_at(text, words->at[bad], words->length[bad], status, error);
}

enum yk_status yk_pipeline_parse(struct yk_pipeline **pipeline, const char *text, struct yk_error *error)
{
    size_t length = strlen(text);
    if (length > MOST_TEXT)
        return yk_error_set(error, YK_ERR_LIMIT, "the pipeline has %zu bytes, over the limit of %d", length,
                            MOST_TEXT);
    struct yk_pipeline *made = calloc(1, sizeof *made);
    if (!made)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    bool empty = text[strspn(text, " \t\n\v\f\r")] == '\0';
    for (size_t begin = 0; begin <= length && !empty;) {
        size_t end = begin + strcspn(text + begin, "|");
        struct words words;
        enum yk_status status = split_words(text, begin, end, &words, error);
        if (!status && words.count == 0) {
            yk_error_set(error, YK_ERR_PARSE, "an operation is missing %s '|'",
                         text[end] == '|' ? "before" : "after");
            status = point_at(text, text[end] == '|' ? end : begin - 1, 1, YK_ERR_PARSE, error);
        }
        if (!status)
            status = add_operation(made, text, &words, error);
        free(words.copy);
        if (status) {
            yk_pipeline_free(made);
            return status;
        }
        begin = end + 1;
    }
    *pipeline = made;
    return YK_OK;
}
