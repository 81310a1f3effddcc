/* SPDX-License-Identifier: MIT
 *
 * From the kernel files in the library to kernels of one device: the source text with its includes put
 * together, compiled by the driver or taken from the cache.
 */
#ifndef YOKE_DEVICE_CL_PROGRAM_H
#define YOKE_DEVICE_CL_PROGRAM_H

#include "cl_loader.h"
#include "descriptor.h"

/* Compiles for one device. All fields are borrowed for as long as it is used. One thread at a time. */
struct yk_cl_builder {
    const struct yk_cl *cl;
    cl_context context;
    cl_device_id device;
    const char *label;   /* the device, for messages */
    const char *model;   /* platform, name and vendor of the device: names its cache entries */
    const char *version; /* versions of driver and device: entries made under another one are stale */
    const char *folder;  /* of the cache; NULL: none */
    size_t built_from_source, loaded_from_cache; /* programs so far */
};

struct yk_cl_kernel {
    cl_kernel handle; /* NULL: the program has none in this place */
    size_t local;     /* work-items of a work-group, all along x */
};

enum { YK_CL_KERNELS = 3 };

/* A compiled program and its kernels. Owned; end with yk_cl_program_release. */
struct yk_cl_program {
    cl_program handle;
    struct yk_cl_kernel kernels[YK_CL_KERNELS];
};

/* What the preprocessor would make of `#include "file"`: lines `#include "name"` are replaced by the text of
 * the file of that name (`sources` ends with a NULL name), with #line before and after, so that a compiler's
 * messages name the real file. Nothing is evaluated: include guards do their work in the driver's compiler,
 * and a name that is not in the list becomes #error, because the line may be in a part that the guards leave
 * out. The text starts by defining YK_DIALECT_CL, and by undefining the file's stem, because operations such
 * as mix and rotate have names of OpenCL's own functions, which some drivers (PoCL) define as macros.
 * Success: *text is malloc'ed, ends with a zero byte that *size does not count, owned by the caller. Errors:
 * YK_ERR_INTERNAL (no such file, includes nested over 16 deep), YK_ERR_NOMEM. Any thread. */
enum yk_status yk_cl_source(const struct yk_source *sources, const char *file, char **text, size_t *size,
                            struct yk_error *error);

/* Builds `text` and makes the kernels called names[0 .. YK_CL_KERNELS - 1] (NULL: none in this place). `name`
 * is for messages and the cache entry. A cached program that the driver refuses is deleted and built from
 * source. Success: *program is owned by the caller. Errors: YK_ERR_UNSUPPORTED (does not compile here; the
 * text ends with the build log), YK_ERR_NOMEM, YK_ERR_DEVICE, YK_ERR_LOST. */
enum yk_status yk_cl_program_build(struct yk_cl_builder *builder, const char *name, const char *text,
                                   size_t size, const char *const *names, struct yk_cl_program *program,
                                   struct yk_error *error);

/* Releases the kernels and the program; all zeros is allowed. */
void yk_cl_program_release(const struct yk_cl *cl, struct yk_cl_program *program);

#endif
