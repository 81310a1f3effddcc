/* SPDX-License-Identifier: MIT
 * Processor detection (contract in cpu.h). */
#include "cpu.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#if defined(__clang__)
#include <cpuid.h>

/* LZCNT, MOVBE and F16C are not names that clang 14's __builtin_cpu_supports knows. */
static int has_rest_of_v3(void)
{
    unsigned a, b, c, d, extended;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !__get_cpuid(0x80000001U, &a, &b, &extended, &d))
        return 0;
    return (c >> 22 & 1) && (c >> 29 & 1) && (extended >> 5 & 1);
}
#else
/* Answers from what the C runtime found at start: the CPUID instruction itself costs tens of microseconds
 * under a hypervisor, which traps it, and this is asked for every image. */
static int has_rest_of_v3(void)
{
    return __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("movbe") &&
           __builtin_cpu_supports("f16c");
}
#endif

static int has_v3(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && has_rest_of_v3();
}

static int has_v4(void)
{
    return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

enum yk_cpu yk_cpu_detect(void)
{
    return has_v4() ? YK_CPU_V4 : has_v3() ? YK_CPU_V3 : YK_CPU_V1;
}
#else
enum yk_cpu yk_cpu_detect(void)
{
    return YK_CPU_SCALAR;
}
#endif

const char *yk_cpu_name(enum yk_cpu level)
{
    static const char *const names[] = {"scalar", "x86-64", "v3", "v4"};
    return names[level];
}

enum yk_cpu yk_cpu_allowed(void)
{
    enum yk_cpu best = yk_cpu_detect();
    const char *wanted = getenv("YOKE_CPU");
    for (int k = YK_CPU_SCALAR; wanted && k <= (int)best; k++)
        if (strcmp(wanted, yk_cpu_name((enum yk_cpu)k)) == 0)
            return (enum yk_cpu)k;
    return best;
}
