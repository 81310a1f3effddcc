/* SPDX-License-Identifier: MIT
 * The oracle's own reader of pipeline texts: words, names, numbers, colours. It accepts what the tests write
 * and nothing more. */
#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noreturn)) static void refuse(const char *what, const char *text)
{
    fprintf(stderr, "reference: %s '%s'\n", what, text);
    exit(70);
}

const char *ref_text(const struct ref_args *args, int place, const char *name, const char *fallback)
{
    size_t length = strlen(name);
    int position = 0;
    for (int i = 0; i < args->count; i++) {
        const char *word = args->word[i];
        if (!strchr(word, '=')) {
            if (position++ == place)
                return word;
        } else if (strncmp(word, name, length) == 0 && word[length] == '=') {
            return word + length + 1;
        }
    }
    if (!fallback)
        refuse("missing argument", name);
    return fallback;
}

double ref_number(const struct ref_args *args, int place, const char *name, const char *fallback)
{
    const char *text = ref_text(args, place, name, fallback);
    char *end;
    double v = strtod(text, &end);
    if (end == text || *end)
        refuse("not a number:", text);
    return v;
}

bool ref_is(const struct ref_args *args, int place, const char *name, const char *fallback,
            const char *choice)
{
    return strcmp(ref_text(args, place, name, fallback), choice) == 0;
}

int ref_list(const char *text, double *list, int limit)
{
    int count = 0;
    for (;;) {
        char *end;
        if (count == limit)
            refuse("too many numbers:", text);
        list[count++] = strtod(text, &end);
        if (end == text || (*end && *end != ','))
            refuse("not a list:", text);
        if (!*end)
            return count;
        text = end + 1;
    }
}

void ref_colour(const char *text, double colour[4])
{
    unsigned v[4] = {0, 0, 0, 255};
    size_t length = strlen(text);
    if (strcmp(text, "white") == 0)
        v[0] = v[1] = v[2] = 255;
    else if (strcmp(text, "transparent") == 0)
        v[3] = 0;
    else if (text[0] == '#' && (length == 7 || length == 9)) {
        for (size_t k = 0; k < length / 2; k++)
            if (sscanf(text + 1 + 2 * k, "%2x", &v[k]) != 1)
                refuse("not a colour:", text);
    } else if (strcmp(text, "black") != 0) {
        refuse("not a colour:", text);
    }
    for (int k = 0; k < 4; k++)
        colour[k] = v[k] / 255.0;
}

static const struct ref_entry *find(const char *name)
{
    const struct ref_entry *tables[] = {ref_point_operations, ref_filter_operations, ref_geometry_operations};
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (const struct ref_entry *entry = tables[t]; entry->name; entry++)
            if (strcmp(entry->name, name) == 0)
                return entry;
    refuse("unknown operation", name);
}

struct ref_image *ref_run(const char *pipeline, const struct ref_image *in)
{
    char *text = strdup(pipeline), *outer, *inner;
    struct ref_image *image = ref_copy(in);
    bool first = true;
    if (!text)
        refuse("out of memory at", pipeline);
    for (char *part = strtok_r(text, "|", &outer); part; part = strtok_r(NULL, "|", &outer)) {
        struct ref_args args = {0};
        const char *name = strtok_r(part, " ", &inner);
        const struct ref_entry *entry = find(name ? name : "");
        for (const char *word; (word = strtok_r(NULL, " ", &inner)) != NULL;) {
            if (args.count == (int)(sizeof args.word / sizeof args.word[0]))
                refuse("too many arguments:", pipeline);
            args.word[args.count++] = word;
        }
        if (entry->statistic && !first)
            ref_quantise(image, 16);
        struct ref_image *result = entry->apply(image, &args);
        ref_clamp_all(result);
        ref_free(image);
        image = result;
        first = false;
    }
    free(text);
    return image;
}
