/* SPDX-License-Identifier: MIT
 * Arguments of an operation: text to structure by the declared table (contract in params.h). */
#include "params.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry.h"

enum { MOST_PARAMS = 32 };

/* A number at *text, which moves past it. Only digits may start it: no "inf", "nan" or hexadecimal. */
static bool read_number(const char **text, double *value)
{
    const char *start = *text + (**text == '-' || **text == '+');
    if (!isdigit((unsigned char)*start) && !(*start == '.' && isdigit((unsigned char)start[1])))
        return false;
    if (start[0] == '0' && (start[1] == 'x' || start[1] == 'X'))
        return false;
    char *end;
    errno = 0;
    *value = strtod(*text, &end);
    if (end == *text || !isfinite(*value))
        return false;
    *text = end;
    return true;
}

static enum yk_status bad_value(const struct yk_param *param, const char *value, const char *accepted,
                                struct yk_error *error)
{
    return yk_error_set(error, YK_ERR_PARSE, "%s: '%.64s' is not %s", param->name, value, accepted);
}

static enum yk_status check_bounds(const struct yk_param *param, const char *value, double number,
                                   struct yk_error *error)
{
    if (number >= param->least && number <= param->greatest)
        return YK_OK;
    return yk_error_set(error, YK_ERR_RANGE, "%s: '%.64s' is out of bounds; accepted is %g to %g",
                        param->name, value, param->least, param->greatest);
}

static enum yk_status parse_number(const struct yk_param *param, const char *value, void *field,
                                   struct yk_error *error)
{
    const char *at = value;
    double number;
    if (!read_number(&at, &number) || *at)
        return bad_value(param, value, "a number", error);
    enum yk_status status = check_bounds(param, value, number, error);
    if (status)
        return status;
    if (param->type == YK_PARAM_FLOAT) {
        *(float *)field = (float)number;
        return YK_OK;
    }
    if (fabs(number - floor(number)) > 0.0)
        return bad_value(param, value, "a whole number", error);
    *(int *)field = (int)number;
    return YK_OK;
}

static enum yk_status parse_choice(const struct yk_param *param, const char *value, void *field,
                                   struct yk_error *error)
{
    const char *at = param->choices;
    size_t length = strlen(value);
    for (int number = 0;; number++) {
        size_t word = strcspn(at, "|");
        if (word == length && memcmp(at, value, word) == 0) {
            *(int *)field = number;
            return YK_OK;
        }
        if (!at[word])
            break;
        at += word + 1;
    }
    return yk_error_set(error, YK_ERR_RANGE, "%s: '%.64s' is not one of %s", param->name, value,
                        param->choices);
}

/* Numbers separated by commas; semicolons may separate matrix rows. */
static enum yk_status parse_list(const struct yk_param *param, const char *value, void *field,
                                 struct yk_error *error)
{
    struct yk_list list = {0};
    const char *at = value;
    for (;;) {
        double number;
        if (!read_number(&at, &number) || (*at && *at != ',' && *at != ';'))
            return bad_value(param, value, "a list of numbers separated by commas", error);
        enum yk_status status = check_bounds(param, value, number, error);
        if (status)
            return status;
        if (list.count == YK_LIST_MAX)
            return yk_error_set(error, YK_ERR_RANGE, "%s: more than %d numbers", param->name, YK_LIST_MAX);
        list.v[list.count++] = (float)number;
        if (!*at)
            break;
        at++;
    }
    *(struct yk_list *)field = list;
    return YK_OK;
}

static enum yk_status parse_size(const struct yk_param *param, const char *value, void *field,
                                 struct yk_error *error)
{
    static const char accepted[] = "a size: 800x600, 800x, x600, 50% or 0.5";
    const char *at = value;
    double width = 0.0, height = 0.0;
    bool has_width = read_number(&at, &width);
    if (has_width && (*at == '%' || !*at)) {
        double factor = *at == '%' ? width / 100.0 : width;
        if (*at == '%' ? at[1] != '\0'
                       : width > 100.0) /* a bare 800 is more likely a forgotten x than a factor */
            return bad_value(param, value, accepted, error);
        if (!(factor >= 1e-4 && factor <= 100.0))
            return yk_error_set(error, YK_ERR_RANGE,
                                "%s: '%.64s' is out of bounds; accepted is 0.0001 to 100 (10000%%)",
                                param->name, value);
        *(struct yk_size *)field = (struct yk_size){1, (float)factor, (float)factor};
        return YK_OK;
    }
    if (*at != 'x')
        return bad_value(param, value, accepted, error);
    at++;
    bool has_height = *at && read_number(&at, &height);
    if (*at || (!has_width && !has_height))
        return bad_value(param, value, accepted, error);
    if ((has_width && !(width >= 1.0)) || (has_height && !(height >= 1.0)) || width > param->greatest ||
        height > param->greatest)
        return yk_error_set(error, YK_ERR_RANGE,
                            "%s: '%.64s' is out of bounds; accepted is 1 to %g pixels on a side", param->name,
                            value, param->greatest);
    *(struct yk_size *)field = (struct yk_size){0, (float)floor(width), (float)floor(height)};
    return YK_OK;
}

static enum yk_status parse_area(const struct yk_param *param, const char *value, void *field,
                                 struct yk_error *error)
{
    static const char accepted[] = "an area: WxH or WxH+X+Y";
    double numbers[4] = {0, 0, 0, 0};
    const char *at = value;
    if (!read_number(&at, &numbers[0]) || *at != 'x')
        return bad_value(param, value, accepted, error);
    at++;
    if (!isdigit((unsigned char)*at) || !read_number(&at, &numbers[1]))
        return bad_value(param, value, accepted, error);
    bool has_offset = *at != '\0';
    if (has_offset && !((*at == '+' || *at == '-') && read_number(&at, &numbers[2]) &&
                        (*at == '+' || *at == '-') && read_number(&at, &numbers[3]) && !*at))
        return bad_value(param, value, accepted, error);
    for (int k = 0; k < 4; k++)
        if (fabs(numbers[k] - floor(numbers[k])) > 0.0)
            return bad_value(param, value, accepted, error);
    for (int k = 0; k < 4; k++)
        if ((k < 2 && numbers[k] < 1.0) || fabs(numbers[k]) > param->greatest)
            return yk_error_set(error, YK_ERR_RANGE,
                                "%s: '%.64s' is out of bounds; accepted is 1 to %g pixels on a side",
                                param->name, value, param->greatest);
    *(struct yk_area *)field =
        (struct yk_area){(int)numbers[0], (int)numbers[1], (int)numbers[2], (int)numbers[3], has_offset};
    return YK_OK;
}

static enum yk_status parse_colour(const struct yk_param *param, const char *value, void *field,
                                   struct yk_error *error)
{
    static const struct {
        const char *name, *hex;
    } names[] = {{"black", "000000"},   {"white", "ffffff"},  {"gray", "808080"},
                 {"grey", "808080"},    {"red", "ff0000"},    {"green", "008000"},
                 {"blue", "0000ff"},    {"yellow", "ffff00"}, {"cyan", "00ffff"},
                 {"magenta", "ff00ff"}, {"orange", "ffa500"}, {"transparent", "00000000"}};
    const char *hex = *value == '#' ? value + 1 : "";
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strcmp(names[k].name, value) == 0)
            hex = names[k].hex;
    size_t digits = strlen(hex), each = digits == 3 || digits == 4 ? 1 : 2;
    if (digits != 3 && digits != 4 && digits != 6 && digits != 8)
        return bad_value(param, value,
                         "a colour: #rgb, #rrggbb, #rrggbbaa, or a name such as white or transparent", error);
    struct yk_colour colour = {{0.0f, 0.0f, 0.0f, 1.0f}};
    for (size_t k = 0; k < digits; k++) {
        int c = tolower((unsigned char)hex[k]);
        if (!isxdigit(c))
            return bad_value(param, value, "a colour: # and 3, 4, 6 or 8 hexadecimal digits", error);
        float digit = (float)(c <= '9' ? c - '0' : c - 'a' + 10);
        if (each == 1)
            colour.v[k] = digit * 17.0f / 255.0f;
        else
            colour.v[k / 2] = k % 2 ? (colour.v[k / 2] * 16.0f + digit) / 255.0f : digit;
    }
    *(struct yk_colour *)field = colour;
    return YK_OK;
}

static enum yk_status parse_value(const struct yk_param *param, const char *value, void *params,
                                  struct yk_error *error)
{
    void *field = (unsigned char *)params + param->offset;
    switch (param->type) {
    case YK_PARAM_FLOAT:
    case YK_PARAM_INT:
    case YK_PARAM_BOOL:
        return parse_number(param, value, field, error);
    case YK_PARAM_CHOICE:
        return parse_choice(param, value, field, error);
    case YK_PARAM_LIST:
        return parse_list(param, value, field, error);
    case YK_PARAM_SIZE:
        return parse_size(param, value, field, error);
    case YK_PARAM_AREA:
        return parse_area(param, value, field, error);
    case YK_PARAM_COLOUR:
        return parse_colour(param, value, field, error);
    }
    return YK_ERR_INTERNAL;
}

/* The parameter that `word` names with "name=", its value in *value; op->param_count where the name is
 * unknown. */
static size_t find_named(const struct yk_op *op, const char *word, size_t length)
{
    for (size_t k = 0; k < op->param_count; k++)
        if (strlen(op->params[k].name) == length && memcmp(op->params[k].name, word, length) == 0)
            return k;
    return op->param_count;
}

static enum yk_status unknown_parameter(const struct yk_op *op, const char *word, size_t length,
                                        struct yk_error *error)
{
    char name[64];
    size_t best = op->param_count, least = (size_t)-1;
    length = length < sizeof name ? length : sizeof name - 1;
    memcpy(name, word, length);
    name[length] = '\0';
    for (size_t k = 0; k < op->param_count; k++) {
        size_t distance = yk_name_distance(name, op->params[k].name);
        if (distance < least) {
            least = distance;
            best = k;
        }
    }
    if (op->param_count == 0)
        return yk_error_set(error, YK_ERR_UNKNOWN, "%s takes no parameters", op->name);
    if (yk_name_is_near(name, least))
        return yk_error_set(error, YK_ERR_UNKNOWN, "%s has no parameter '%s'; did you mean '%s'?", op->name,
                            name, op->params[best].name);
    char list[256] = "";
    for (size_t k = 0; k < op->param_count; k++) {
        strncat(list, k ? ", " : "", sizeof list - strlen(list) - 1);
        strncat(list, op->params[k].name, sizeof list - strlen(list) - 1);
    }
    return yk_error_set(error, YK_ERR_UNKNOWN, "%s has no parameter '%s'; it has: %s", op->name, name, list);
}

enum yk_status yk_params_parse(const struct yk_op *op, const char *const *words, size_t count, void *params,
                               size_t *bad_word, struct yk_error *error)
{
    bool given[MOST_PARAMS] = {false};
    size_t place = 0;
    memset(params, 0, op->params_size);
    if (op->param_count > MOST_PARAMS)
        return yk_error_set(error, YK_ERR_INTERNAL, "%s declares more than %d parameters", op->name,
                            MOST_PARAMS);
    for (size_t k = 0; k < count; k++) {
        const char *equals = strchr(words[k], '='), *value = equals ? equals + 1 : words[k];
        size_t which = op->param_count;
        *bad_word = k;
        if (equals) {
            size_t length = (size_t)(equals - words[k]);
            which = find_named(op, words[k], length);
            if (which == op->param_count)
                return unknown_parameter(op, words[k], length, error);
        } else {
            while (place < op->param_count && given[place])
                place++;
            which = place;
            if (which == op->param_count)
                return op->param_count == 0
                           ? yk_error_set(error, YK_ERR_INVALID, "%s takes no parameters", op->name)
                           : yk_error_set(error, YK_ERR_INVALID, "%s takes at most %zu argument%s", op->name,
                                          op->param_count, op->param_count == 1 ? "" : "s");
        }
        if (given[which])
            return yk_error_set(error, YK_ERR_INVALID, "%s is given twice", op->params[which].name);
        enum yk_status status = parse_value(&op->params[which], value, params, error);
        if (status)
            return status;
        given[which] = true;
    }
    *bad_word = count;
    for (size_t k = 0; k < op->param_count; k++) {
        if (given[k])
            continue;
        if (!op->params[k].fallback)
            return yk_error_set(error, YK_ERR_INVALID, "%s needs %s (%s)", op->name, op->params[k].name,
                                op->params[k].doc);
        enum yk_status status = parse_value(&op->params[k], op->params[k].fallback, params, error);
        if (status)
            return status;
    }
    return YK_OK;
}
