/* SPDX-License-Identifier: MIT
 *
 * Status codes and the error object that carries their detail.
 *
 * Every function of the library that can fail returns an `enum yk_status` and takes, as its last argument,
 * a `struct yk_error *` that may be NULL. On failure the function fills that object with one sentence for a
 * person (what, where, the limit that was broken, what would be accepted); on success it leaves it alone.
 * Results go through out-parameters and are written on success only.
 *
 * Thread rule: an error object belongs to one thread at a time; there is no hidden per-thread or global one.
 */
#ifndef YOKE_STATUS_H
#define YOKE_STATUS_H

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

enum yk_status {
    YK_OK = 0,
    YK_ERR_NOMEM = -1,        /* an allocation failed or a size calculation would overflow */
    YK_ERR_INVALID = -2,      /* a caller broke the contract of the function */
    YK_ERR_PARSE = -3,        /* text that a person wrote cannot be understood */
    YK_ERR_RANGE = -4,        /* a value is outside its declared bounds */
    YK_ERR_UNKNOWN = -5,      /* a name (operation, parameter, device, policy) does not exist */
    YK_ERR_IO = -6,           /* the system refused to open, read, write, close or rename */
    YK_ERR_EXISTS = -7,       /* the output exists and the overwrite policy keeps it */
    YK_ERR_FORMAT = -8,       /* file content is not valid or not of a known format */
    YK_ERR_LIMIT = -9,        /* valid content, but over a size limit */
    YK_ERR_UNSUPPORTED = -10, /* the device or build cannot do this; another may */
    YK_ERR_DEVICE = -11,      /* a device reported an error; its other work may still succeed */
    YK_ERR_LOST = -12,        /* a device is gone for good */
    YK_ERR_TIMEOUT = -13,     /* a deadline passed */
    YK_ERR_CANCELLED = -14,   /* the job was stopped on request */
    YK_ERR_MISSING = -15,     /* a facility that was demanded is not on this machine */
    YK_ERR_INTERNAL = -16     /* a broken invariant: a defect of this library */
};

enum { YK_ERROR_TEXT = 2048 };

/* One failure. `text` is a complete sentence without a final full stop, never NULL, always terminated. */
struct yk_error {
    enum yk_status status;
    char text[YK_ERROR_TEXT];
};

/* The name of a status as a short lower-case phrase ("out of memory"). Static storage, never NULL. */
const char *yk_status_name(enum yk_status status);

/* Fills `error` (may be NULL) with `status` and the formatted text, cut at the buffer's end, and returns
 * `status`, so that a function can end with `return yk_error_set(error, ...)`. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
enum yk_status
yk_error_set(struct yk_error *error, enum yk_status status, const char *format, ...);

/* As yk_error_set, from a va_list. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 0)))
#endif
enum yk_status
yk_error_vset(struct yk_error *error, enum yk_status status, const char *format, va_list list);

/* Puts "prefix: " in front of the text that `error` (may be NULL) already holds; returns its status, or
 * `status` where `error` is NULL. For adding the file or device name on the way up. */
enum yk_status yk_error_prefix(struct yk_error *error, enum yk_status status, const char *prefix);

#ifdef __cplusplus
}
#endif

#endif
