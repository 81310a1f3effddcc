/* SPDX-License-Identifier: MIT
 * The texts of decorations (contract in decorate.h). */
#include "decorate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum word {
    WORD_THROTTLE,
    WORD_JITTER,
    WORD_WARMUP,
    WORD_LATENCY,
    WORD_SLOW_AT,
    WORD_SLOW_AFTER,
    WORD_ROWS,
    WORD_ALLOC,
    WORD_OPEN,
    WORD_BUILD,
    WORD_SUBMIT,
    WORD_FAIL,
    WORD_HANG,
    WORD_WRONG,
    WORDS
};

static const double MOST_PACKAGES = 1e9, MOST_MS = 1e7;

/* The numbers of each word: how many there must be and may be, and the bounds of each. */
static const struct {
    const char *name, *form;
    unsigned least_count, most_count;
    double least[2], most[2];
} words[WORDS] = {
    [WORD_THROTTLE] = {"throttle", "throttle=FACTOR", 1, 1, {1, 0}, {1e6, 0}},
    [WORD_JITTER] = {"jitter", "jitter=PART", 1, 1, {0, 0}, {100, 0}},
    [WORD_WARMUP] = {"warmup", "warmup=MS", 1, 1, {0, 0}, {MOST_MS, 0}},
    [WORD_LATENCY] = {"latency", "latency=US[:MB_PER_S]", 1, 2, {0, 1e-3}, {1e9, 1e9}},
    [WORD_SLOW_AT] = {"slow-at", "slow-at=PACKAGE:FACTOR", 2, 2, {0, 1}, {MOST_PACKAGES, 1e6}},
    [WORD_SLOW_AFTER] = {"slow-after", "slow-after=MS:FACTOR", 2, 2, {0, 1}, {MOST_MS, 1e6}},
    [WORD_ROWS] = {"rows", "rows=N", 1, 1, {1, 0}, {1e9, 0}},
    [WORD_ALLOC] = {"alloc-fail", "alloc-fail=N[:ROWS]", 1, 2, {0, 0}, {MOST_PACKAGES, 1e9}},
    [WORD_OPEN] = {"open-fail", "open-fail", 0, 0, {0, 0}, {0, 0}},
    [WORD_BUILD] = {"build-fail", "build-fail[=PACKAGE]", 0, 1, {0, 0}, {MOST_PACKAGES, 0}},
    [WORD_SUBMIT] = {"submit-fail", "submit-fail=PACKAGE", 1, 1, {0, 0}, {MOST_PACKAGES, 0}},
    [WORD_FAIL] = {"fail-at", "fail-at=PACKAGE", 1, 1, {0, 0}, {MOST_PACKAGES, 0}},
    [WORD_HANG] = {"hang-at", "hang-at=PACKAGE[:MS]", 1, 2, {0, 0}, {MOST_PACKAGES, MOST_MS}},
    [WORD_WRONG] = {"wrong-at", "wrong-at=PACKAGE", 1, 1, {0, 0}, {MOST_PACKAGES, 0}},
};

/* Numbers with colons between them; their count, -1 where the text is none or has too many. */
static int read_numbers(const char *text, double number[2])
{
    unsigned count = 0;
    for (;;) {
        char *end;
        if (count == 2 || text[0] < '0' || text[0] > '9')
            return -1;
        number[count] = strtod(text, &end);
        if (!isfinite(number[count]))
            return -1;
        count++;
        if (*end == '\0')
            return (int)count;
        if (*end != ':')
            return -1;
        text = end + 1;
    }
}

static void set(struct yk_decoration *to, enum word word, const double number[2], unsigned count)
{
    const int64_t first = (int64_t)number[0];
    switch (word) {
    case WORD_THROTTLE:
        to->throttle = number[0];
        break;
    case WORD_JITTER:
        to->jitter = number[0];
        break;
    case WORD_WARMUP:
        to->warmup_ns = (uint64_t)(number[0] * 1e6);
        break;
    case WORD_LATENCY:
        to->latency_ns = (uint64_t)(number[0] * 1e3);
        to->bytes_per_ns = count == 2 ? number[1] / 1e3 : 0.0;
        break;
    case WORD_SLOW_AT:
        to->slow_at = first;
        to->slow_factor = number[1];
        break;
    case WORD_SLOW_AFTER:
        to->slow_ns = (uint64_t)(number[0] * 1e6) + 1;
        to->slow_factor = number[1];
        break;
    case WORD_ROWS:
        to->rows = (int)number[0];
        break;
    case WORD_ALLOC:
        to->alloc_fails = first;
        to->alloc_rows = count == 2 ? (int)number[1] : 1;
        break;
    case WORD_OPEN:
        to->open_fails = true;
        break;
    case WORD_BUILD:
        to->build_fails = count ? first : 0;
        break;
    case WORD_SUBMIT:
        to->submit_fails = first;
        break;
    case WORD_FAIL:
        to->fail_at = first;
        break;
    case WORD_HANG:
        to->hang_at = first;
        to->hang_ns = count == 2 ? (uint64_t)(number[1] * 1e6) + 1 : 0;
        break;
    case WORD_WRONG:
        to->wrong_at = first;
        break;
    case WORDS:
        break;
    }
}

static enum yk_status read_word(struct yk_decoration *to, char *text, bool seen[WORDS],
                                struct yk_error *error)
{
    char *value = strchr(text, '=');
    double number[2] = {0, 0};
    int count = 0, k = 0;
    if (value)
        *value++ = '\0';
    while (k < WORDS && strcmp(words[k].name, text) != 0)
        k++;
    if (k == WORDS)
        return yk_error_set(error, YK_ERR_UNKNOWN, "no decoration is called '%s'", text);
    if (seen[k])
        return yk_error_set(error, YK_ERR_PARSE, "the decoration '%s' is there twice", text);
    seen[k] = true;
    if (value)
        count = read_numbers(value, number);
    if (count < (int)words[k].least_count || count > (int)words[k].most_count)
        return yk_error_set(error, YK_ERR_PARSE, "the decoration '%s%s%s' is not of the form %s", text,
                            value ? "=" : "", value ? value : "", words[k].form);
    for (int i = 0; i < count; i++)
        if (number[i] < words[k].least[i] || number[i] > words[k].most[i])
            return yk_error_set(error, YK_ERR_RANGE, "the decoration '%s=%s': %g is out of bounds: %g to %g",
                                text, value, number[i], words[k].least[i], words[k].most[i]);
    set(to, (enum word)k, number, (unsigned)count);
    return YK_OK;
}

enum yk_status yk_decoration_parse(struct yk_decoration *decoration, const char *text, struct yk_error *error)
{
    struct yk_decoration made = {
        .throttle = 1.0,
        .slow_factor = 1.0,
        .slow_at = YK_DECORATE_NEVER,
        .build_fails = YK_DECORATE_NEVER,
        .submit_fails = YK_DECORATE_NEVER,
        .fail_at = YK_DECORATE_NEVER,
        .hang_at = YK_DECORATE_NEVER,
        .wrong_at = YK_DECORATE_NEVER,
    };
    bool seen[WORDS] = {false};
    for (const char *at = text; *text;) {
        char word[96];
        size_t length = strcspn(at, ",");
        if (length >= sizeof word)
            return yk_error_set(error, YK_ERR_PARSE, "a word of the decoration '%.40s...' is too long", at);
        memcpy(word, at, length);
        word[length] = '\0';
        enum yk_status status = read_word(&made, word, seen, error);
        if (status)
            return status;
        if (!at[length])
            break;
        at += length + 1;
    }
    *decoration = made;
    return YK_OK;
}
