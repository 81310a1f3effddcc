/* SPDX-License-Identifier: MIT
 * Reading --throttle and YOKE_DECORATE (contract in decorations.h). What the words of a decoration may be the
 * library checks. */
#include "decorations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "exit.h"

void cli_decorations_free(struct cli_decorations *decorations)
{
    for (size_t k = 0; k < 2 * decorations->count; k++)
        free(decorations->texts[k]);
    free(decorations->texts);
    free(decorations->list);
    *decorations = (struct cli_decorations){0};
}

/* Adds the decoration of a text "DEVICE=WORDS" of `length` bytes, with `before` in front of the words. */
static bool add(struct cli_decorations *to, const char *text, size_t length, const char *before)
{
    const char *equals = memchr(text, '=', length);
    size_t name = (size_t)(equals - text), rest = length - name - 1;
    void *list = realloc(to->list, (to->count + 1) * sizeof *to->list);
    to->list = list ? list : to->list;
    void *texts = list ? realloc(to->texts, 2 * (to->count + 1) * sizeof *to->texts) : NULL;
    to->texts = texts ? texts : to->texts;
    char *device = texts ? strndup(text, name) : NULL, *spec = NULL;
    if (!device || asprintf(&spec, "%s%.*s", before, (int)rest, equals + 1) < 0) {
        free(device);
        return false;
    }
    to->texts[2 * to->count] = device;
    to->texts[2 * to->count + 1] = spec;
    to->list[to->count++] = (struct yk_batch_decoration){.device = device, .spec = spec};
    return true;
}

int cli_decorations_read(const struct cli_command *command, const struct cli_texts *throttle,
                         struct cli_decorations *decorations)
{
    const char *variable = getenv("YOKE_DECORATE");
    bool good = true;
    *decorations = (struct cli_decorations){0};
    for (size_t k = 0; k < throttle->count && good; k++) {
        const char *text = throttle->text[k];
        if (!strchr(text, '=') || text[0] == '=') {
            cli_decorations_free(decorations);
            return cli_usage_error(command, "--throttle '%s': DEVICE=FACTOR is wanted, as in cl:0.0=4", text);
        }
        good = add(decorations, text, strlen(text), "throttle=");
    }
    for (const char *at = variable; at && *at && good; at += strspn(at, ";")) {
        size_t length = strcspn(at, ";");
        if (!memchr(at, '=', length) || at[0] == '=') {
            cli_decorations_free(decorations);
            return cli_usage_error(command, "YOKE_DECORATE: DEVICE=WORDS[;DEVICE=WORDS]... is wanted");
        }
        good = add(decorations, at, length, "");
        at += length;
    }
    if (good)
        return CLI_GO_ON;
    cli_decorations_free(decorations);
    cli_error(command->name, "out of memory");
    return EXIT_INTERNAL;
}
