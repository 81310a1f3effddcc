/* SPDX-License-Identifier: MIT
 * Finding operations by name, for the layers above; also near misses, for messages. */
#ifndef YOKE_OP_REGISTRY_H
#define YOKE_OP_REGISTRY_H

#include <stddef.h>

#include <yoke/op.h>

/* The operation called by the `length` bytes at `name`, internal ones included; *index (may be NULL) is its
 * place in yk_op_table. NULL where there is none. */
const struct yk_op *yk_op_lookup(const char *name, size_t length, size_t *index);

/* Number of single-letter edits between two names; names over 63 bytes are cut. For "did you mean". */
size_t yk_name_distance(const char *a, const char *b);

/* Whether `distance` is near enough to `name` to be worth suggesting. */
int yk_name_is_near(const char *name, size_t distance);

#endif
