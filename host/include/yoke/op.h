/* SPDX-License-Identifier: MIT
 *
 * The operations: what exists, what each takes, and how its arguments are written. All of it comes from the
 * operation's one file in kernels/. Everything returned here is static and immutable; any thread may call.
 */
#ifndef YOKE_OP_H
#define YOKE_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <yoke/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct yk_op; /* opaque */

/* One parameter, for listings. */
struct yk_param_info {
    const char *name;
    const char *type; /* "number", "whole number", "0|1", "list", "size", "area", "colour" or the choices */
    const char *fallback; /* default as text, NULL: required */
    double least, greatest;
    const char *doc;
};

/* The operation called `name`, or NULL. */
const struct yk_op *yk_op_find(const char *name);

/* Operation number `index` in listing order, NULL past the end. Operations that only the planner inserts are
 * not listed. */
const struct yk_op *yk_op_at(size_t index);

const char *yk_op_name(const struct yk_op *op);
const char *yk_op_doc(const struct yk_op *op);
/* "point", "stencil", "separable", "geometric" or "reduce". */
const char *yk_op_shape(const struct yk_op *op);
/* Parameter number `index`; false past the end. */
bool yk_op_param(const struct yk_op *op, size_t index, struct yk_param_info *info);

/* The name of the listed operation nearest to `name` (edit distance at most half its length), or NULL: for
 * "did you mean". */
const char *yk_op_nearest(const char *name);

/* Writes the reference of one operation as plain text, at most 80 columns; or of all, as a Markdown page. */
void yk_op_write_text(const struct yk_op *op, FILE *to);
void yk_ops_write_markdown(FILE *to);

#ifdef __cplusplus
}
#endif

#endif
