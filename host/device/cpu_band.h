/* SPDX-License-Identifier: MIT
 * One band of a program on one CPU thread: strip by strip, with every intermediate row staying in cache. */
#ifndef YOKE_DEVICE_CPU_BAND_H
#define YOKE_DEVICE_CPU_BAND_H

#include <yoke/status.h>

#include "backend.h"
#include "descriptor.h"

struct yk_cpu_scratch; /* memory of one thread, kept from band to band */

struct yk_cpu_scratch *yk_cpu_scratch_create(void);
void yk_cpu_scratch_free(struct yk_cpu_scratch *scratch);

/* Runs the band with the code of `level`. Errors: YK_ERR_NOMEM, YK_ERR_LIMIT,
 * YK_ERR_CANCELLED (band->stop), and those of band->feed. */
enum yk_status yk_cpu_band_run(const struct yk_level *level, struct yk_cpu_scratch *scratch,
                               const struct yk_band *band, struct yk_error *error);

#endif
