/* SPDX-License-Identifier: MIT
 *
 * The self-test: every known answer in the operations' files, run on a device of this machine.
 */
#ifndef YOKE_VERIFY_H
#define YOKE_VERIFY_H

#include <stddef.h>

#include <yoke/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct yk_verify_result {
    size_t passed, failed;
};

/* Runs every vector of every operation on the device `id` ("cpu", "cl:0.0") and, for the CPU, at `cpu_level`
 * (NULL: the best). 8-bit samples must be equal; `failure`, if not NULL, is called with one line for each
 * vector that is not. Errors: YK_ERR_MISSING (no such device), YK_ERR_NOMEM, YK_ERR_DEVICE,
 * YK_ERR_TIMEOUT (the device hangs). */
enum yk_status yk_verify_device(const char *id, const char *cpu_level, struct yk_verify_result *result,
                                void (*failure)(void *context, const char *line), void *context,
                                struct yk_error *error);

/* CPU level number `index` that this machine can run, lowest first; NULL past the end. */
const char *yk_verify_level(size_t index);

#ifdef __cplusplus
}
#endif

#endif
