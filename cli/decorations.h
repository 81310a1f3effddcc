/* SPDX-License-Identifier: MIT
 * Slowed and failing devices of `yoke image`: --throttle, and the developer variable YOKE_DECORATE. */
#ifndef YOKE_CLI_DECORATIONS_H
#define YOKE_CLI_DECORATIONS_H

#include <yoke/batch.h>

#include "option.h"

struct cli_decorations {
    struct yk_batch_decoration *list; /* owned */
    char **texts;                     /* owned: those of the list, two each */
    size_t count;
};

/* Reads the values of --throttle ("cl:0.0=4") and YOKE_DECORATE ("cpu:1=rows=7,fail-at=2;cpu:2="). Returns
 * CLI_GO_ON, or an exit code after an error message. On CLI_GO_ON end it with cli_decorations_free. */
int cli_decorations_read(const struct cli_command *command, const struct cli_texts *throttle,
                         struct cli_decorations *decorations);
void cli_decorations_free(struct cli_decorations *decorations);

#endif
