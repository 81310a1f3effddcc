/* SPDX-License-Identifier: MIT
 * Printing that no file name can break (contract in escape.h), and the last look at standard output. */
#include "escape.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"

/* Bytes of the valid UTF-8 sequence at `text` (RFC 3629: shortest form, no surrogates, up to U+10FFFF), its
 * number in *code; 0 where it is not valid. */
static size_t decode(const char *text, unsigned long *code)
{
    static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t length = first < 0x80   ? 1
                    : first < 0xC0 ? 0
                    : first < 0xE0 ? 2
                    : first < 0xF0 ? 3
                    : first < 0xF8 ? 4
                                   : 0;
    if (length == 0)
        return 0;
    *code = length == 1 ? first : first & (0x7FU >> length);
    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)text[i];
        if ((next & 0xC0) != 0x80)
            return 0;
        *code = *code << 6 | (next & 0x3FU);
    }
    bool surrogate = *code >= 0xD800 && *code <= 0xDFFF;
    return *code < least[length] || *code > 0x10FFFF || surrogate ? 0 : length;
}

size_t cli_character(const char *text)
{
    unsigned long code;
    size_t length = decode(text, &code);
    return length == 0 || code < 0x20 || (code >= 0x7F && code < 0xA0) ? 0 : length;
}

bool cli_is_utf8(const char *text)
{
    unsigned long code;
    while (*text) {
        size_t length = decode(text, &code);
        if (length == 0)
            return false;
        text += length;
    }
    return true;
}

void cli_put(FILE *to, const char *text, bool keep_lines)
{
    while (*text) {
        size_t length = cli_character(text);
        if (length == 0 && *text == '\n' && keep_lines)
            length = 1;
        if (length > 0)
            fwrite(text, 1, length, to);
        else if (*text == '\n' || *text == '\t' || *text == '\r')
            fprintf(to, "\\%c", *text == '\n' ? 'n' : *text == '\t' ? 't' : 'r');
        else
            fprintf(to, "\\x%02x", (unsigned)(unsigned char)*text);
        text += length > 0 ? length : 1;
    }
}

void cli_error(const char *command, const char *format, ...)
{
    char *text = NULL;
    va_list list;
    va_start(list, format);
    if (vasprintf(&text, format, list) < 0)
        text = NULL;
    va_end(list);
    fprintf(stderr, "yoke%s%s: ", command ? " " : "", command ? command : "");
    cli_put(stderr, text ? text : "out of memory", true);
    fputc('\n', stderr);
    free(text);
}

int cli_close_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    cli_error(NULL, "cannot write to standard output: %s", strerror(errno));
    return code == EXIT_DONE ? EXIT_SOME_FAILED : code;
}

int cli_exit_for(enum yk_status status)
{
    switch (status) {
    case YK_OK:
        return EXIT_DONE;
    case YK_ERR_MISSING:
    case YK_ERR_UNSUPPORTED:
    case YK_ERR_DEVICE:
    case YK_ERR_LOST:
    case YK_ERR_TIMEOUT:
        return EXIT_MISSING;
    case YK_ERR_NOMEM:
    case YK_ERR_INTERNAL:
    case YK_ERR_CANCELLED:
        return EXIT_INTERNAL;
    default:
        return EXIT_USAGE;
    }
}
