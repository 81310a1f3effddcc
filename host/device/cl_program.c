/* SPDX-License-Identifier: MIT
 * Source text and compiled programs of OpenCL devices (contract in cl_program.h). */
#include "cl_program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cl_cache.h"

/* Division and square root are not used (see kernels/prelude.h), so no option for their rounding is needed;
 * nothing that relaxes arithmetic may ever stand here. */
static const char options[] = "-cl-std=CL1.2";

/* One size for all kernels: each further one costs a compilation on PoCL. 64 fills a wavefront of any GPU,
 * and the 32 work-groups that a multiprocessor of NVIDIA holds then fill its 2048 threads. */
enum { LOCAL_SIZE = 64, INCLUDE_DEPTH = 16 };

struct text {
    char *data;
    size_t size, capacity;
    bool failed;
};

static void append(struct text *to, const void *data, size_t size)
{
    if (to->failed || size == 0)
        return;
    if (to->capacity - to->size < size) {
        size_t capacity = (to->size + size) * 2;
        char *grown = realloc(to->data, capacity);
        to->failed = grown == NULL;
        if (!grown)
            return;
        to->data = grown;
        to->capacity = capacity;
    }
    memcpy(to->data + to->size, data, size);
    to->size += size;
}

static void append_line_number(struct text *to, size_t number, const char *file)
{
    char line[128];
    int size = snprintf(line, sizeof line, "#line %zu \"%.90s\"\n", number, file);
    append(to, line, size > 0 ? (size_t)size : 0);
}

static const struct yk_source *find_source(const struct yk_source *sources, const char *name, size_t length)
{
    for (; sources->name; sources++)
        if (strlen(sources->name) == length && memcmp(sources->name, name, length) == 0)
            return sources;
    return NULL;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

/* Whether the line [at, end) reads `#include "name"`. */
static bool is_include(const char *at, const char *end, const char **name, size_t *length)
{
    static const char word[] = "include";
    at = skip_blanks(at, end);
    if (at == end || *at != '#')
        return false;
    at = skip_blanks(at + 1, end);
    if ((size_t)(end - at) < sizeof word || memcmp(at, word, sizeof word - 1) != 0)
        return false;
    at = skip_blanks(at + sizeof word - 1, end);
    if (at == end || *at != '"')
        return false;
    const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));
    *name = at + 1;
    *length = close ? (size_t)(close - at - 1) : 0;
    return close != NULL;
}

/* Appends one file; false where includes nest too deep. */
static bool append_file(struct text *to, const struct yk_source *sources, const struct yk_source *file,
                        int depth)
{
    if (depth > INCLUDE_DEPTH)
        return false;
    const char *at = (const char *)file->text, *end = at + file->size;
    append_line_number(to, 1, file->name);
    for (size_t number = 1; at < end; number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *line_end = newline ? newline : end;
        const char *name;
        size_t length;
        if (is_include(at, line_end, &name, &length)) {
            const struct yk_source *inner = find_source(sources, name, length);
            if (inner) {
                if (!append_file(to, sources, inner, depth + 1))
                    return false;
                append_line_number(to, number + 1, file->name);
            } else {
                append(to, "#error no source file \"", sizeof "#error no source file \"" - 1);
                append(to, name, length);
                append(to, "\"\n", 2);
            }
        } else {
            append(to, at, (size_t)(line_end - at));
            append(to, "\n", 1);
        }
        at = newline ? newline + 1 : end;
    }
    return true;
}

enum yk_status yk_cl_source(const struct yk_source *sources, const char *file, char **text, size_t *size,
                            struct yk_error *error)
{
    static const char dialect[] = "#define YK_DIALECT_CL 1\n";
    struct text made = {0};
    const struct yk_source *first = find_source(sources, file, strlen(file));
    if (!first)
        return yk_error_set(error, YK_ERR_INTERNAL, "there is no kernel source %s", file);
    append(&made, dialect, sizeof dialect - 1);
    append(&made, "#undef ", sizeof "#undef " - 1);
    append(&made, file, strcspn(file, "."));
    append(&made, "\n", 1);
    if (!append_file(&made, sources, first, 0)) {
        free(made.data);
        return yk_error_set(error, YK_ERR_INTERNAL, "the kernel source %s includes more than %d deep", file,
                            INCLUDE_DEPTH);
    }
    append(&made, "", 1);
    if (made.failed) {
        free(made.data);
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    }
    *text = made.data;
    *size = made.size - 1;
    return YK_OK;
}

/* ---- Building ---- */

static struct yk_cl_hash program_key(const struct yk_cl_builder *builder, const char *text, size_t size)
{
    struct yk_cl_hash key = yk_cl_hash_start();
    yk_cl_hash_add(&key, builder->model, strlen(builder->model));
    yk_cl_hash_add(&key, builder->version, strlen(builder->version));
    yk_cl_hash_add(&key, options, sizeof options);
    yk_cl_hash_add(&key, text, size);
    return key;
}

/* One entry for each device model and program: a new driver or source overwrites it, so that the folder does
 * not grow with every update. */
static void entry_name(const struct yk_cl_builder *builder, const char *name, char *to, size_t size)
{
    struct yk_cl_hash hash = yk_cl_hash_start();
    yk_cl_hash_add(&hash, builder->model, strlen(builder->model));
    snprintf(to, size, "%016" PRIx64 "-%s", hash.a, name);
}

/* The driver's messages from a build, malloc'ed; NULL where there are none. */
static char *build_log(const struct yk_cl_builder *builder, cl_program program)
{
    size_t size = 0;
    const struct yk_cl *cl = builder->cl;
    if (cl->GetProgramBuildInfo(program, builder->device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) !=
            CL_SUCCESS ||
        size < 2)
        return NULL;
    char *log = calloc(size + 1, 1);
    if (log && cl->GetProgramBuildInfo(program, builder->device, CL_PROGRAM_BUILD_LOG, size, log, NULL) !=
                   CL_SUCCESS) {
        free(log);
        log = NULL;
    }
    return log;
}

static bool driver_memory_code(cl_int code)
{
    return code == CL_OUT_OF_HOST_MEMORY || code == CL_OUT_OF_RESOURCES || code == CL_DEVICE_NOT_AVAILABLE;
}

static enum yk_status build(const struct yk_cl_builder *builder, cl_program program, const char *name,
                            struct yk_error *error)
{
    cl_int code = builder->cl->BuildProgram(program, 1, &builder->device, options, NULL, NULL);
    if (code == CL_SUCCESS)
        return YK_OK;
    if (driver_memory_code(code))
        return yk_cl_fail(builder->label, "clBuildProgram", code, false, error);
    char *log = build_log(builder, program);
    yk_error_set(error, YK_ERR_UNSUPPORTED,
                 "%s: the kernels of %s do not compile: clBuildProgram returned %s (%d)%s%s", builder->label,
                 name, yk_cl_code_name(code), code, log ? ":\n" : "", log ? log : "");
    free(log);
    return YK_ERR_UNSUPPORTED;
}

/* The work-group size for a kernel: LOCAL_SIZE, halved until the kernel's registers allow it. */
static enum yk_status local_size(const struct yk_cl_builder *builder, struct yk_cl_kernel *kernel,
                                 struct yk_error *error)
{
    size_t greatest = 0;
    cl_int code = builder->cl->GetKernelWorkGroupInfo(
        kernel->handle, builder->device, CL_KERNEL_WORK_GROUP_SIZE, sizeof greatest, &greatest, NULL);
    if (code != CL_SUCCESS)
        return yk_cl_fail(builder->label, "clGetKernelWorkGroupInfo", code, false, error);
    kernel->local = LOCAL_SIZE;
    while (kernel->local > greatest && kernel->local > 1)
        kernel->local /= 2;
    return YK_OK;
}

static enum yk_status make_kernels(const struct yk_cl_builder *builder, const char *const *names,
                                   struct yk_cl_program *program, struct yk_error *error)
{
    for (int k = 0; k < YK_CL_KERNELS; k++) {
        if (!names[k])
            continue;
        cl_int code = CL_SUCCESS;
        program->kernels[k].handle = builder->cl->CreateKernel(program->handle, names[k], &code);
        if (!program->kernels[k].handle || code != CL_SUCCESS) {
            program->kernels[k].handle = NULL;
            enum yk_status status = yk_cl_fail(builder->label, "clCreateKernel", code, false, error);
            return yk_error_prefix(error, status, names[k]);
        }
        enum yk_status status = local_size(builder, &program->kernels[k], error);
        if (status != YK_OK)
            return status;
    }
    return YK_OK;
}

static bool load(const struct yk_cl_builder *builder, const char *entry, struct yk_cl_hash key,
                 const char *name, const char *const *names, struct yk_cl_program *program)
{
    unsigned char *binary = NULL;
    size_t size = 0;
    if (!builder->folder || !yk_cl_cache_load(builder->folder, entry, key, &binary, &size))
        return false;
    const unsigned char *given = binary;
    cl_int code = CL_SUCCESS, binary_code = CL_SUCCESS;
    struct yk_cl_program made = {.handle = builder->cl->CreateProgramWithBinary(builder->context, 1,
                                                                                &builder->device, &size,
                                                                                &given, &binary_code, &code)};
    free(binary);
    bool good = made.handle && code == CL_SUCCESS && binary_code == CL_SUCCESS &&
                build(builder, made.handle, name, NULL) == YK_OK &&
                make_kernels(builder, names, &made, NULL) == YK_OK;
    if (good) {
        *program = made;
        return true;
    }
    yk_cl_program_release(builder->cl, &made);
    yk_cl_cache_drop(builder->folder, entry);
    return false;
}

/* Keeps the binary where there is a cache; a driver that gives none is no error. */
static void save(const struct yk_cl_builder *builder, const char *entry, struct yk_cl_hash key,
                 cl_program program)
{
    size_t size = 0;
    const struct yk_cl *cl = builder->cl;
    if (!builder->folder || cl->GetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL) ||
        size == 0)
        return;
    unsigned char *binary = malloc(size);
    if (binary &&
        cl->GetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) == CL_SUCCESS)
        yk_cl_cache_save(builder->folder, entry, key, binary, size);
    free(binary);
}

enum yk_status yk_cl_program_build(struct yk_cl_builder *builder, const char *name, const char *text,
                                   size_t size, const char *const *names, struct yk_cl_program *program,
                                   struct yk_error *error)
{
    char entry[96];
    entry_name(builder, name, entry, sizeof entry);
    struct yk_cl_hash key = program_key(builder, text, size);
    if (load(builder, entry, key, name, names, program)) {
        builder->loaded_from_cache++;
        return YK_OK;
    }
    cl_int code = CL_SUCCESS;
    struct yk_cl_program made = {
        .handle = builder->cl->CreateProgramWithSource(builder->context, 1, &text, &size, &code)};
    if (!made.handle || code != CL_SUCCESS)
        return yk_cl_fail(builder->label, "clCreateProgramWithSource", code, false, error);
    enum yk_status status = build(builder, made.handle, name, error);
    if (status == YK_OK)
        status = make_kernels(builder, names, &made, error);
    if (status != YK_OK) {
        yk_cl_program_release(builder->cl, &made);
        return status;
    }
    save(builder, entry, key, made.handle);
    builder->built_from_source++;
    *program = made;
    return YK_OK;
}

void yk_cl_program_release(const struct yk_cl *cl, struct yk_cl_program *program)
{
    for (int k = 0; k < YK_CL_KERNELS; k++)
        if (program->kernels[k].handle)
            cl->ReleaseKernel(program->kernels[k].handle);
    if (program->handle)
        cl->ReleaseProgram(program->handle);
    *program = (struct yk_cl_program){0};
}
