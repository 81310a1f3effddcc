/* SPDX-License-Identifier: MIT
 *
 * Head of the operation template. An operation file defines, before it includes this:
 *   OP_NAME     identifier                     OP_STR   the same as a string
 *   OP_DOC      one line for a person
 *   OP_SHAPE    YK_POINT, YK_STENCIL, YK_SEPARABLE, YK_GEOMETRIC or YK_REDUCE
 *   OP_ALPHA    how alpha takes part (YK_ALPHA_...), see below
 *   OP_PARAMS(P)   P(TYPE, name, default text or 0 for "required", least, greatest, choices "a|b" or 0, doc)
 *               with TYPE one of FLOAT INT BOOL CHOICE LIST SIZE AREA COLOUR
 *   OP_VECTORS(V)  V(arguments, FORMAT, width, height, D(samples), FORMAT, width, height, D(samples))
 *               literal samples, worked out by hand or by an outside program: the known answers
 * and optionally
 *   OP_COLOURS  YK_COLOURS_KEEP (default), YK_COLOURS_ONE or YK_COLOURS_THREE
 *   OP_INTERNAL 1: inserted by the planner, not offered to users
 *   OP_HAS_PLAN 1: the file has OP_NAME_plan() in its YK_DIALECT_HOST part (sizes, reach, tables)
 *   OP_SIZES(S) stencils: S(radius) for every radius that deserves its own unrolled copy
 *   OP_BLOCKS   1: stencils: OP_NAME_block() does many pixels at a time on the CPU
 *   OP_COMBINE  1: separable: OP_NAME_combine() joins the source with the filtered value
 *   OP_RESAMPLE 1: separable: taps depend on the position (resize)
 *   OP_APPLY    reduce: the shape of the step that follows the statistic, YK_POINT or YK_GEOMETRIC
 * This head makes `struct OP_NAME_params`; op_end.h makes the rest and undefines everything.
 */
#include "access.h"
#include "shapes.h"

#ifndef YK_OP_TEMPLATE
#define YK_OP_TEMPLATE

#define YK_FIELD_FLOAT  float
#define YK_FIELD_INT    int
#define YK_FIELD_BOOL   int
#define YK_FIELD_CHOICE int
#define YK_FIELD_LIST   struct yk_list
#define YK_FIELD_SIZE   struct yk_size
#define YK_FIELD_AREA   struct yk_area
#define YK_FIELD_COLOUR struct yk_colour
#define YK_FIELD(type, name, fallback, least, greatest, choices, doc) YK_FIELD_##type name;

#define OP_FN(suffix)  YK_CAT(OP_NAME, YK_CAT(_, suffix))
#define OP_PARAMS_TYPE struct OP_FN(params)
#endif

OP_PARAMS_TYPE {
    OP_PARAMS(YK_FIELD)
    int unused; /* so that an operation without parameters has a struct too */
};
