/* SPDX-License-Identifier: MIT
 *
 * The guard before a device: known answers of the operations that a pipeline needs, on a device that is about
 * to be used with this driver and this program for the first time. A pass is remembered in the user's cache
 * folder.
 */
#ifndef YOKE_IMAGE_GUARD_H
#define YOKE_IMAGE_GUARD_H

#include "backend.h"
#include "pipeline.h"

/* Runs all vectors of the pipeline's operations (the conversions between them come with those of their
 * vectors that need them) in slot 0 of an open device that does nothing else. Operations that passed before
 * are skipped; `folder` remembers them: NULL is the user's cache folder, "" none. An entry there is for one
 * device of this machine, its driver and this very program file; a damaged, foreign or outdated one counts as
 * absent. Errors: YK_ERR_DEVICE (a wrong answer or none; the text says which), YK_ERR_TIMEOUT (the device
 * hangs and must not be used again), YK_ERR_LOST, YK_ERR_NOMEM. */
enum yk_status yk_guard_check(struct yk_device *device, const struct yk_pipeline *pipeline,
                              const char *folder, struct yk_error *error);

#endif
