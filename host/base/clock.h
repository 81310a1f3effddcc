/* SPDX-License-Identifier: MIT
 * Monotonic time for accounting, deadlines and progress. */
#ifndef YOKE_BASE_CLOCK_H
#define YOKE_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds of the monotonic clock; only differences mean anything. Any thread. */
uint64_t yk_clock_ns(void);

#endif
