/* SPDX-License-Identifier: MIT
 * Instruction-set levels (contract in cpu_level.h): those of the x86-64 psABI supplement, or plain C elsewhere. */
#include "cpu_level.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef YK_HAVE_X86_LEVELS
#include <cpuid.h>

static int has_v3(void)
{
    unsigned a, b, c, d, extended;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !__get_cpuid(0x80000001U, &a, &b, &extended, &d))
        return 0;
    /* FMA, MOVBE and F16C, and LZCNT: not names that every compiler's __builtin_cpu_supports knows. */
    int rest = (c >> 12 & 1) && (c >> 22 & 1) && (c >> 29 & 1) && (extended >> 5 & 1);
    return rest && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

static int has_v4(void)
{
    return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

const struct yk_level *yk_cpu_level_at(size_t index)
{
    static const struct yk_level *const levels[] = {&yk_level_v1, &yk_level_v3, &yk_level_v4};
    size_t count = has_v4() ? 3 : has_v3() ? 2 : 1;
    return index < count ? levels[index] : NULL;
}
#else
const struct yk_level *yk_cpu_level_at(size_t index)
{
    return index == 0 ? &yk_level_scalar : NULL;
}
#endif

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
        return yk_error_set(error, YK_ERR_MISSING, "the CPU level '%s' cannot run here; there is: %s", wanted, list);
    *level = best;
    return YK_OK;
}
