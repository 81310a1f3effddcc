/* SPDX-License-Identifier: MIT
 * Monotonic clock (contract in clock.h). */
#include "clock.h"

#include <time.h>

uint64_t yk_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}
