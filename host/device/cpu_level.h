/* SPDX-License-Identifier: MIT
 * Which instruction-set levels this build has and this machine can run. */
#ifndef YOKE_DEVICE_CPU_LEVEL_H
#define YOKE_DEVICE_CPU_LEVEL_H

#include <stddef.h>

#include <yoke/status.h>

#include "descriptor.h"

/* Level number `index` that can run here, lowest first; NULL past the end. YOKE_CPU is not looked at. */
const struct yk_level *yk_cpu_level_at(size_t index);

/* The level called `name`, or, with NULL, the best one that YOKE_CPU=scalar|x86-64|v3|v4 does not hide.
 * Errors: YK_ERR_MISSING (unknown here; the text lists what there is). */
enum yk_status yk_cpu_level_choose(const struct yk_level **level, const char *name, struct yk_error *error);

#endif
