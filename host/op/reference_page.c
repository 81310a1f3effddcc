/* SPDX-License-Identifier: MIT
 * The operation reference as text and as Markdown, from the descriptors, so that it cannot disagree with the
 * code. */
#include <yoke/op.h>

#include <string.h>

#include "descriptor.h"

enum { TEXT_COLUMNS = 78 };

/* One paragraph, broken at spaces or behind the bars of a choice, each line indented. */
static void write_wrapped(FILE *to, const char *text, int indent)
{
    size_t room = (size_t)(TEXT_COLUMNS - indent);
    while (*text) {
        size_t length = strlen(text), take = length;
        if (length > room) {
            take = room;
            while (take > 0 && text[take] != ' ' && text[take - 1] != '|')
                take--;
            take = take ? take : room;
        }
        fprintf(to, "%*s%.*s\n", indent, "", (int)take, text);
        text += take;
        while (*text == ' ')
            text++;
    }
}

static void write_usage(FILE *to, const struct yk_op *op)
{
    struct yk_param_info info;
    fputs(yk_op_name(op), to);
    for (size_t k = 0; yk_op_param(op, k, &info); k++) {
        if (info.fallback)
            fprintf(to, " %s=%s", info.name, info.fallback);
        else
            fprintf(to, " %s", info.name);
    }
}

static bool has_bounds(const struct yk_param *param)
{
    return param->type == YK_PARAM_FLOAT || param->type == YK_PARAM_INT;
}

void yk_op_write_text(const struct yk_op *op, FILE *to)
{
    struct yk_param_info info;
    write_usage(to, op);
    fputs("\n", to);
    write_wrapped(to, op->doc, 2);
    for (size_t k = 0; yk_op_param(op, k, &info); k++) {
        char line[512];
        int used = snprintf(line, sizeof line, "%s: %s", info.name, info.type);
        if (has_bounds(&op->params[k]))
            used +=
                snprintf(line + used, sizeof line - (size_t)used, ", %g to %g", info.least, info.greatest);
        if (info.fallback)
            snprintf(line + used, sizeof line - (size_t)used, ", default %s", info.fallback);
        fputs("\n", to);
        write_wrapped(to, line, 2);
        write_wrapped(to, info.doc, 6);
    }
}

/* Text for a table cell: the bar of a choice must not end the cell. */
static void write_cell(FILE *to, const char *text)
{
    for (; *text; text++)
        fprintf(to, *text == '|' ? "\\%c" : "%c", *text);
}

void yk_ops_write_markdown(FILE *to)
{
    struct yk_param_info info;
    fputs("# Operations\n\nMade by `yoke ops --markdown` from the files in this folder; CI checks that it is "
          "current.\n"
          "Arguments are positional in the order shown, or named; those with `=` have the default shown.\n",
          to);
    for (size_t k = 0; yk_op_at(k); k++) {
        const struct yk_op *op = yk_op_at(k);
        fprintf(to, "\n## %s\n\n%s Shape: %s.\n\n    ", op->name, op->doc, yk_op_shape(op));
        write_usage(to, op);
        fputs("\n", to);
        for (size_t p = 0; yk_op_param(op, p, &info); p++) {
            if (p == 0)
                fputs("\n| parameter | accepted | default | meaning |\n|---|---|---|---|\n", to);
            fprintf(to, "| `%s` | ", info.name);
            write_cell(to, info.type);
            if (has_bounds(&op->params[p]))
                fprintf(to, ", %g to %g", info.least, info.greatest);
            fprintf(to, " | %s | ", info.fallback ? info.fallback : "required");
            write_cell(to, info.doc);
            fputs(" |\n", to);
        }
    }
}
