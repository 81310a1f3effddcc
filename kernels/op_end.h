/* SPDX-License-Identifier: MIT
 *
 * Tail of the operation template: from the operation's macros and its pixel function it makes what the dialect
 * asks for (kernels, row functions or the descriptor), then undefines all of them. */
#ifndef OP_COLOURS
#define OP_COLOURS YK_COLOURS_KEEP
#endif
#ifndef OP_INTERNAL
#define OP_INTERNAL 0
#endif
#ifndef OP_HAS_PLAN
#define OP_HAS_PLAN 0
#endif
#ifndef OP_SIZES
#define OP_SIZES(S)
#endif
#ifndef OP_BLOCKS
#define OP_BLOCKS 0
#endif
#ifndef OP_COMBINE
#define OP_COMBINE 0
#endif
#ifndef OP_RESAMPLE
#define OP_RESAMPLE 0
#endif
#ifndef OP_APPLY
#define OP_APPLY OP_SHAPE
#endif

#if defined(YK_DIALECT_HOST)
#include "describe.h"
#else
#if OP_SHAPE == YK_REDUCE
#include "shape_reduce.h"
#endif
#if OP_APPLY == YK_POINT
#include "shape_point.h"
#elif OP_APPLY == YK_STENCIL
#include "shape_stencil.h"
#elif OP_APPLY == YK_SEPARABLE
#include "shape_separable.h"
#elif OP_APPLY == YK_GEOMETRIC
#include "shape_geometric.h"
#endif
#if defined(YK_DIALECT_C)
#if OP_SHAPE == YK_REDUCE
static const struct yk_op_rows OP_FN(entry) = {OP_FN(rows), OP_FN(reduce)};
#else
static const struct yk_op_rows OP_FN(entry) = {OP_FN(rows), NULL};
#endif
#endif
#endif

#undef OP_NAME
#undef OP_STR
#undef OP_DOC
#undef OP_SHAPE
#undef OP_ALPHA
#undef OP_PARAMS
#undef OP_VECTORS
#undef OP_COLOURS
#undef OP_INTERNAL
#undef OP_HAS_PLAN
#undef OP_SIZES
#undef OP_BLOCKS
#undef OP_COMBINE
#undef OP_RESAMPLE
#undef OP_APPLY
