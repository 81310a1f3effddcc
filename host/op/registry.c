/* SPDX-License-Identifier: MIT
 * The operations by name and number (contract in yoke/op.h), over the table that kernels/ generates. */
#include "registry.h"

#include <string.h>

#include "descriptor.h"

const struct yk_op *yk_op_lookup(const char *name, size_t length, size_t *index)
{
    for (size_t k = 0; k < yk_op_count; k++) {
        const struct yk_op *op = yk_op_table[k];
        if (strlen(op->name) == length && memcmp(op->name, name, length) == 0) {
            if (index)
                *index = k;
            return op;
        }
    }
    return NULL;
}

const struct yk_op *yk_op_find(const char *name)
{
    return yk_op_lookup(name, strlen(name), NULL);
}

const struct yk_op *yk_op_at(size_t index)
{
    for (size_t k = 0; k < yk_op_count; k++)
        if (!yk_op_table[k]->internal && index-- == 0)
            return yk_op_table[k];
    return NULL;
}

const char *yk_op_name(const struct yk_op *op)
{
    return op->name;
}

const char *yk_op_doc(const struct yk_op *op)
{
    return op->doc;
}

const char *yk_op_shape(const struct yk_op *op)
{
    static const char *const names[] = {"point", "stencil", "separable", "geometric", "reduce"};
    return names[op->shape - YK_POINT];
}

static const char *param_type(const struct yk_param *param)
{
    switch (param->type) {
    case YK_PARAM_FLOAT:
        return "number";
    case YK_PARAM_INT:
        return "whole number";
    case YK_PARAM_BOOL:
        return "0|1";
    case YK_PARAM_CHOICE:
        return param->choices;
    case YK_PARAM_LIST:
        return "list of numbers";
    case YK_PARAM_SIZE:
        return "size";
    case YK_PARAM_AREA:
        return "area";
    case YK_PARAM_COLOUR:
        return "colour";
    }
    return "";
}

bool yk_op_param(const struct yk_op *op, size_t index, struct yk_param_info *info)
{
    if (index >= op->param_count)
        return false;
    const struct yk_param *param = &op->params[index];
    *info = (struct yk_param_info){param->name,  param_type(param), param->fallback,
                                   param->least, param->greatest,   param->doc};
    return true;
}

enum { LONGEST = 63 };

size_t yk_name_distance(const char *a, const char *b)
{
    size_t row[LONGEST + 1], n = strnlen(a, LONGEST), m = strnlen(b, LONGEST);
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            size_t step = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
            diagonal = row[j];
            row[j] = change < step ? change : step;
        }
    }
    return row[m];
}

int yk_name_is_near(const char *name, size_t distance)
{
    size_t length = strnlen(name, LONGEST); /* the part that the distance is about */
    return distance <= (length > 3 ? length / 2 : 1);
}

const char *yk_op_nearest(const char *name)
{
    const struct yk_op *best = NULL;
    size_t least = (size_t)-1;
    for (size_t k = 0; yk_op_at(k); k++) {
        size_t distance = yk_name_distance(name, yk_op_at(k)->name);
        if (distance < least) {
            least = distance;
            best = yk_op_at(k);
        }
    }
    return best && yk_name_is_near(name, least) ? best->name : NULL;
}
