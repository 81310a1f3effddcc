/* SPDX-License-Identifier: MIT
 * The parser of command lines by tables (contract in option.h). */
#include "option.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "exit.h"

enum { LONGEST_NAME = 63 }; /* names beyond it are not compared: no name of ours is near */

/* ---- nearest name ---- */

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein distance of two words of at most LONGEST_NAME bytes. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST_NAME + 1];
    size_t length = strlen(b);
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least_of(replaced, least_of(row[j], row[j - 1]) + 1);
        }
    }
    return row[length];
}

void cli_nearest_try(struct cli_nearest *nearest, const char *name)
{
    size_t length = strlen(nearest->word);
    if (length > LONGEST_NAME || strlen(name) > LONGEST_NAME)
        return;
    size_t found = distance(nearest->word, name);
    if (found <= length / 2 && (!nearest->name || found < nearest->distance)) {
        nearest->name = name;
        nearest->distance = found;
    }
}

/* ---- parts of a command ---- */

const char *cli_part_word(const struct cli_command *part)
{
    return strrchr(part->name, ' ') + 1;
}

const struct cli_command *cli_part(const struct cli_command *command, const char *word)
{
    for (const struct cli_command *const *part = command->parts; part && *part; part++)
        if (strcmp(cli_part_word(*part), word) == 0)
            return *part;
    return NULL;
}

/* ---- errors ---- */

int cli_usage_error(const struct cli_command *command, const char *format, ...)
{
    char *text = NULL;
    va_list list;
    va_start(list, format);
    if (vasprintf(&text, format, list) < 0)
        text = NULL;
    va_end(list);
    cli_error(command->name, "%s\n(yoke %s --help tells more)", text ? text : "out of memory", command->name);
    free(text);
    return EXIT_USAGE;
}

static int unknown_option(const struct cli_command *command, const char *name)
{
    struct cli_nearest nearest = {.word = name};
    for (const struct cli_option *option = command->options; option->name; option++)
        cli_nearest_try(&nearest, option->name);
    cli_nearest_try(&nearest, "help");
    if (nearest.name)
        return cli_usage_error(command, "unknown option '--%s'; did you mean '--%s'?", name, nearest.name);
    return cli_usage_error(command, "unknown option '--%s'", name);
}

/* ---- values ---- */

/* Reads digits, then for sizes a suffix; false where the text is no such number or does not fit 64 bits. */
static bool read_number(const char *text, bool is_size, uint64_t *value)
{
    char *end;
    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno != 0)
        return false;
    unsigned shift = 0;
    if (is_size && *end) {
        static const char letters[] = "KMGT";
        const char *letter = strchr(letters, toupper((unsigned char)*end));
        if (letter) {
            shift = 10 * (unsigned)(letter - letters + 1);
            end++;
            if (end[0] == 'i' && end[1] == 'B')
                end++;
        }
        if (*end == 'B')
            end++;
    }
    if (*end != '\0' || number > UINT64_MAX >> shift)
        return false;
    *value = (uint64_t)number << shift;
    return true;
}

static void show_size(uint64_t value, char *text, size_t size)
{
    static const char *const suffixes[] = {"", "K", "M", "G", "T"};
    size_t suffix = 0;
    while (suffix < 4 && value > 0 && value % 1024 == 0) {
        value /= 1024;
        suffix++;
    }
    snprintf(text, size, "%" PRIu64 "%s", value, suffixes[suffix]);
}

static int set_number(const struct cli_command *command, const struct cli_option *option, const char *text,
                      void *field)
{
    bool is_size = option->kind == CLI_SIZE;
    uint64_t value;
    char least[32], greatest[32];
    if (is_size) {
        show_size(option->least, least, sizeof least);
        show_size(option->greatest, greatest, sizeof greatest);
    } else {
        snprintf(least, sizeof least, "%" PRIu64, option->least);
        snprintf(greatest, sizeof greatest, "%" PRIu64, option->greatest);
    }
    if (!read_number(text, is_size, &value))
        return cli_usage_error(command, "--%s '%s': a whole number%s from %s to %s is wanted", option->name,
                               text, is_size ? " of bytes, as in 512M or 2G," : "", least, greatest);
    if (value < option->least || value > option->greatest)
        return cli_usage_error(command, "--%s %s is out of bounds: %s to %s", option->name, text, least,
                               greatest);
    memcpy(field, &value, sizeof value);
    return CLI_GO_ON;
}

static int set_choice(const struct cli_command *command, const struct cli_option *option, const char *text,
                      void *field)
{
    struct cli_nearest nearest = {.word = text};
    char accepted[160] = "";
    for (unsigned i = 0; option->choices[i]; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            memcpy(field, &i, sizeof i);
            return CLI_GO_ON;
        }
        cli_nearest_try(&nearest, option->choices[i]);
        size_t used = strlen(accepted);
        snprintf(accepted + used, sizeof accepted - used, "%s%s", i ? ", " : "", option->choices[i]);
    }
    if (nearest.name)
        return cli_usage_error(command, "--%s does not take '%s'; accepted are %s (did you mean '%s'?)",
                               option->name, text, accepted, nearest.name);
    return cli_usage_error(command, "--%s does not take '%s'; accepted are %s", option->name, text, accepted);
}

static int add_text(const struct cli_command *command, const struct cli_option *option, const char *text,
                    void *field)
{
    struct cli_texts *texts = field;
    if (texts->count == CLI_TEXTS_MOST)
        return cli_usage_error(command, "--%s is given more than %d times", option->name, CLI_TEXTS_MOST);
    texts->text[texts->count++] = text;
    return CLI_GO_ON;
}

static int set_value(const struct cli_command *command, const struct cli_option *option, const char *text,
                     void *values)
{
    unsigned char *field = (unsigned char *)values + option->offset;
    bool on = true;
    switch (option->kind) {
    case CLI_FLAG:
        memcpy(field, &on, sizeof on);
        return CLI_GO_ON;
    case CLI_CHOICE:
        return set_choice(command, option, text, field);
    case CLI_TEXTS:
        return add_text(command, option, text, field);
    case CLI_NUMBER:
    case CLI_SIZE:
        return set_number(command, option, text, field);
    default:
        memcpy(field, &text, sizeof text);
        return CLI_GO_ON;
    }
}

/* ---- words ---- */

/* A position in the arguments: options with a value may take the next one. */
struct cursor {
    char **argv;
    int count, at;
};

static int print_help(const struct cli_command *command)
{
    cli_help_command(stdout, command);
    return cli_close_output(EXIT_DONE);
}

static const struct cli_option *find_option(const struct cli_command *command, const char *name,
                                            size_t length)
{
    for (const struct cli_option *option = command->options; option->name; option++)
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
            return option;
    return NULL;
}

static int take_long(const struct cli_command *command, struct cursor *cursor, void *values)
{
    char *word = cursor->argv[cursor->at] + 2;
    char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    if (strncmp(word, "help", length) == 0 && length == 4)
        return print_help(command);
    const struct cli_option *option = find_option(command, word, length);
    if (!option) {
        word[length] = '\0'; /* argv is ours to change */
        return unknown_option(command, word);
    }
    if (option->kind == CLI_FLAG && equals)
        return cli_usage_error(command, "--%s takes no value", option->name);
    const char *text = equals ? equals + 1 : NULL;
    if (option->kind != CLI_FLAG && !text) {
        if (cursor->at + 1 >= cursor->count)
            return cli_usage_error(command, "--%s needs a value", option->name);
        text = cursor->argv[++cursor->at];
    }
    return set_value(command, option, text, values);
}

/* A word of joined short options: "-rqo OUT", "-oOUT". */
static int take_short(const struct cli_command *command, struct cursor *cursor, void *values)
{
    for (const char *letter = cursor->argv[cursor->at] + 1; *letter; letter++) {
        const struct cli_option *option = command->options;
        while (option->name && option->letter != *letter)
            option++;
        if (!option->name && *letter == 'h')
            return print_help(command);
        if (!option->name)
            return cli_usage_error(command, "unknown option '-%.*s'",
                                   (int)(cli_character(letter) ? cli_character(letter) : 1), letter);
        const char *text = NULL;
        bool ends = option->kind != CLI_FLAG;
        if (ends && letter[1]) {
            text = letter + 1 + (letter[1] == '=');
        } else if (ends) {
            if (cursor->at + 1 >= cursor->count)
                return cli_usage_error(command, "-%c (--%s) needs a value", *letter, option->name);
            text = cursor->argv[++cursor->at];
        }
        int code = set_value(command, option, text, values);
        if (code != CLI_GO_ON || ends)
            return code;
    }
    return CLI_GO_ON;
}

int cli_parse(const struct cli_command *command, int count, char **argv, void *values,
              struct cli_words *words)
{
    struct cursor cursor = {.argv = argv, .count = count};
    bool only_words = false;
    *words = (struct cli_words){.words = calloc((size_t)count + 1, sizeof words->words[0])};
    if (!words->words) {
        cli_error(command->name, "out of memory");
        return EXIT_INTERNAL;
    }
    int code = CLI_GO_ON;
    for (; cursor.at < count && code == CLI_GO_ON; cursor.at++) {
        char *word = argv[cursor.at];
        if (only_words || word[0] != '-' || word[1] == '\0')
            words->words[words->count++] = word;
        else if (strcmp(word, "--") == 0)
            only_words = true;
        else if (word[1] == '-')
            code = take_long(command, &cursor, values);
        else
            code = take_short(command, &cursor, values);
    }
    if (code != CLI_GO_ON) {
        free(words->words);
        *words = (struct cli_words){0};
    }
    return code;
}
