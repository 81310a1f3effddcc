/* SPDX-License-Identifier: MIT
 * Every operation as C row functions, compiled once per instruction-set level with that level's flags. YK_LEVEL
 * and YK_LEVEL_NAME come from the build. Nothing here may call into the rest of the program: a function shared
 * between levels could carry instructions that the machine does not have. */
#define YK_DIALECT_C
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "descriptor.h"
#include "lanes.h"

#include "interleaved.h"
#include "op_files.inc"

static const struct yk_op_rows *const op_rows[] = {
#define YK_OP(name) &name##_entry,
#include "op_names.inc"
#undef YK_OP
};

const struct yk_level YK_CAT(yk_level_, YK_LEVEL) = {
    YK_LEVEL_NAME, yk_load, yk_store, yk_spread, yk_add_rows, yk_along, op_rows,
};
