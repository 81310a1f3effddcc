/* SPDX-License-Identifier: MIT
 * Host dialect of the operation template: the descriptor, from the operation's macros. Included by op_end.h. */
#ifndef YK_DESCRIBE
#define YK_DESCRIBE
#define YK_PARAM_ROW(type, name, fallback, least, greatest, choices, doc) \
    {#name, YK_PARAM_##type, fallback, least, greatest, choices, doc, offsetof(OP_PARAMS_TYPE, name)},
#define YK_VECTOR_ROW(arguments, in_format, in_w, in_h, in, out_format, out_w, out_h, out) \
    {arguments, #in_format, in_w, in_h, in, #out_format, out_w, out_h, out},
#define D(...) (const unsigned short[]){__VA_ARGS__}
#endif

static const struct yk_param OP_FN(param_rows)[] = {
    OP_PARAMS(YK_PARAM_ROW){NULL, YK_PARAM_INT, NULL, 0, 0, NULL, NULL, 0}};
static const struct yk_vector OP_FN(vector_rows)[] = {
    OP_VECTORS(YK_VECTOR_ROW){NULL, NULL, 0, 0, NULL, NULL, 0, 0, NULL}};

static const struct yk_op OP_FN(descriptor) = {
    .name = OP_STR,
    .doc = OP_DOC,
    .shape = OP_SHAPE,
    .apply = OP_APPLY,
    .alpha_mode = OP_ALPHA,
    .colours = OP_COLOURS,
    .internal = OP_INTERNAL,
    .resample = OP_RESAMPLE,
    .combine = OP_COMBINE,
    .params = OP_FN(param_rows),
    .param_count = sizeof OP_FN(param_rows) / sizeof *OP_FN(param_rows) - 1,
    .params_size = sizeof(OP_PARAMS_TYPE),
    .vectors = OP_FN(vector_rows),
    .vector_count = sizeof OP_FN(vector_rows) / sizeof *OP_FN(vector_rows) - 1,
#if OP_HAS_PLAN
    .plan = OP_FN(plan),
#endif
#if OP_APPLY == YK_GEOMETRIC
    .need = OP_FN(need),
#endif
#if OP_SHAPE == YK_REDUCE
    .stat_count = OP_FN(stat_count),
#endif
};
