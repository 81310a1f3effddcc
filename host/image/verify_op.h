/* SPDX-License-Identifier: MIT
 *
 * The known answers of one operation on an open device: what `yoke verify` and the guard before a device
 * share.
 */
#ifndef YOKE_IMAGE_VERIFY_OP_H
#define YOKE_IMAGE_VERIFY_OP_H

#include <yoke/verify.h>

#include "backend.h"

/* Runs every vector of operation number `op_index` in slot 0 of the device, which nobody else uses meanwhile,
 * each band for at most `patience` ns (UINT64_MAX: for ever). Adds to `result`; `failure`, if not NULL, gets
 * one line for each vector that failed. Errors: YK_ERR_NOMEM; YK_ERR_TIMEOUT: the device hangs, what it may
 * still use is given up. */
enum yk_status yk_verify_op(struct yk_device *device, size_t op_index, uint64_t patience,
                            struct yk_verify_result *result, void (*failure)(void *context, const char *line),
                            void *context, struct yk_error *error);

#endif
