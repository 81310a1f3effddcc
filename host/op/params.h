/* SPDX-License-Identifier: MIT
 * From argument text to an operation's parameter structure, by its declared table: types, bounds, defaults.
 */
#ifndef YOKE_OP_PARAMS_H
#define YOKE_OP_PARAMS_H

#include <stddef.h>

#include <yoke/status.h>

#include "descriptor.h"

/* Parses `count` words ("3", "sigma=3"), positional ones in the declared order, into `params`
 * (op->params_size bytes). Missing ones take their default. On an error *bad_word is the number of the word
 * it is about, or `count` where a required one is missing. Errors: YK_ERR_UNKNOWN (with the nearest name),
 * YK_ERR_PARSE, YK_ERR_RANGE (with the bound), YK_ERR_INVALID (given twice, too many, missing). */
enum yk_status yk_params_parse(const struct yk_op *op, const char *const *words, size_t count, void *params,
                               size_t *bad_word, struct yk_error *error);

#endif
