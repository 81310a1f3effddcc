/* SPDX-License-Identifier: MIT
 * JSON strings from any bytes (contract in json_text.h). */
#include "json_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "exit.h"

json_t *cli_json_text(const char *text)
{
    if (cli_is_utf8(text))
        return json_string(text);
    char *escaped = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&escaped, &size);
    if (!to)
        return NULL;
    cli_put(to, text, true);
    json_t *string = fclose(to) == 0 ? json_string(escaped) : NULL;
    free(escaped);
    return string;
}

int cli_json_path(json_t *object, const char *key, const char *path)
{
    if (json_object_set_new(object, key, cli_json_text(path)) != 0)
        return -1;
    if (cli_is_utf8(path))
        return 0;
    size_t length = strlen(path);
    char *hex = malloc(2 * length + 1), name[32];
    if (!hex)
        return -1;
    for (size_t i = 0; i < length; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned)(unsigned char)path[i]);
    snprintf(name, sizeof name, "%s_hex", key);
    int result = json_object_set_new(object, name, json_string(hex));
    free(hex);
    return result;
}

int cli_json_print(const char *command, json_t *root, int code)
{
    bool written = root && json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0;
    if (written)
        putchar('\n');
    else if (!ferror(stdout)) {
        cli_error(command, "out of memory for the answer");
        code = EXIT_INTERNAL;
    }
    json_decref(root);
    return cli_close_output(code);
}
