/* SPDX-License-Identifier: MIT
 * Every operation's descriptor and planning functions, compiled once, and the table over them. */
#define YK_DIALECT_HOST
#include "descriptor.h"

#include "plan.h"

#include "op_files.inc"

const struct yk_op *const yk_op_table[] = {
#define YK_OP(name) &name##_descriptor,
#include "op_names.inc"
#undef YK_OP
    NULL,
};
const size_t yk_op_count = sizeof yk_op_table / sizeof *yk_op_table - 1;
