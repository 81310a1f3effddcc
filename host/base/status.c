/* SPDX-License-Identifier: MIT
 * Status names and the error object (contract in yoke/status.h). Depends on libc only. */
#include <yoke/status.h>

#include <stdio.h>
#include <string.h>

const char *yk_status_name(enum yk_status status)
{
    switch (status) {
    case YK_OK:
        return "done";
    case YK_ERR_NOMEM:
        return "out of memory";
    case YK_ERR_INVALID:
        return "invalid call";
    case YK_ERR_PARSE:
        return "syntax error";
    case YK_ERR_RANGE:
        return "out of range";
    case YK_ERR_UNKNOWN:
        return "unknown name";
    case YK_ERR_IO:
        return "input/output error";
    case YK_ERR_EXISTS:
        return "already exists";
    case YK_ERR_FORMAT:
        return "bad file content";
    case YK_ERR_LIMIT:
        return "over a limit";
    case YK_ERR_UNSUPPORTED:
        return "not supported";
    case YK_ERR_DEVICE:
        return "device error";
    case YK_ERR_LOST:
        return "device lost";
    case YK_ERR_TIMEOUT:
        return "timed out";
    case YK_ERR_CANCELLED:
        return "cancelled";
    case YK_ERR_MISSING:
        return "missing facility";
    case YK_ERR_INTERNAL:
        return "internal error";
    }
    return "unknown status";
}

enum yk_status yk_error_vset(struct yk_error *error, enum yk_status status, const char *format, va_list list)
{
    if (error) {
        error->status = status;
        if (vsnprintf(error->text, sizeof error->text, format, list) < 0)
            error->text[0] = '\0';
    }
    return status;
}

enum yk_status yk_error_set(struct yk_error *error, enum yk_status status, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    yk_error_vset(error, status, format, list);
    va_end(list);
    return status;
}

enum yk_status yk_error_prefix(struct yk_error *error, enum yk_status status, const char *prefix)
{
    if (!error)
        return status;
    size_t length = strlen(prefix) + 2;
    size_t old = strlen(error->text);
    if (length >= sizeof error->text)
        return error->status;
    if (old > sizeof error->text - 1 - length)
        old = sizeof error->text - 1 - length;
    memmove(error->text + length, error->text, old);
    error->text[length + old] = '\0';
    memcpy(error->text, prefix, length - 2);
    memcpy(error->text + length - 2, ": ", 2);
    return error->status;
}
