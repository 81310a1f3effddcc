/* SPDX-License-Identifier: MIT
 * Instruction-set levels (contract in cpu_level.h): those of the x86-64 psABI supplement, or plain C
 * elsewhere. */
#include "cpu_level.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"

const struct yk_level *yk_cpu_level_at(size_t index)
{
#ifdef YK_HAVE_X86_LEVELS
    static const struct yk_level *const levels[] = {
        &yk_level_v1,
        &yk_level_v3,
#ifdef YK_HAVE_V4
        &yk_level_v4,
#endif
    };
    bool here = index < sizeof levels / sizeof *levels && index + YK_CPU_V1 <= (size_t)yk_cpu_detect();
    return here ? levels[index] : NULL;
#else
    return index == 0 ? &yk_level_scalar : NULL;
#endif
}

enum yk_status yk_cpu_level_choose(const struct yk_level **level, const char *name, struct yk_error *error)
{
    const char *wanted = name ? name : getenv("YOKE_CPU");
    const struct yk_level *best = yk_cpu_level_at(0);
    char list[64] = "";
    for (size_t k = 0; yk_cpu_level_at(k); k++) {
        const struct yk_level *here = yk_cpu_level_at(k);
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", k ? ", " : "", here->name);
        if (!wanted || !*wanted)
            best = here;
        else if (strcmp(here->name, wanted) == 0) {
            *level = here;
            return YK_OK;
        }
    }
    if (wanted && *wanted)
        return yk_error_set(error, YK_ERR_MISSING, "the CPU level '%s' cannot run here; there is: %s", wanted,
                            list);
    *level = best;
    return YK_OK;
}
