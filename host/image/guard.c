/* SPDX-License-Identifier: MIT
 * Known answers before the first use of a device (contract in guard.h). */
#include "guard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cl_cache.h"
#include "verify_op.h"

enum { FORMAT = 1 }; /* of the entry: one byte for each operation, in the order of yk_op_table; 1: passed */

/* Far more than a vector of a few pixels takes with its compiling, which happens before it is waited for. */
static const uint64_t PATIENCE = UINT64_C(60000000000);

static void add_text(struct yk_cl_hash *hash, const char *text)
{
    yk_cl_hash_add(hash, text, strlen(text));
}

/* What a pass is good for: this device, its driver, this program. false: the program file cannot be told. */
static bool make_key(const struct yk_device_info *info, struct yk_cl_hash *key)
{
    struct stat program;
    if (stat("/proc/self/exe", &program) != 0)
        return false;
    const int64_t numbers[] = {FORMAT,
                               (int64_t)yk_op_count,
                               (int64_t)info->ordinal,
                               (int64_t)program.st_size,
                               (int64_t)program.st_ino,
                               (int64_t)program.st_mtim.tv_sec,
                               (int64_t)program.st_mtim.tv_nsec};
    *key = yk_cl_hash_start();
    yk_cl_hash_add(key, numbers, sizeof numbers);
    add_text(key, info->backend);
    add_text(key, info->platform);
    add_text(key, info->name);
    add_text(key, info->driver);
    return true;
}

/* The entry's name: one for each device and driver, whatever the program, so that new programs replace old
 * ones. */
static void make_name(const struct yk_device_info *info, char *name, size_t size)
{
    struct yk_cl_hash hash = yk_cl_hash_start();
    add_text(&hash, info->backend);
    add_text(&hash, info->platform);
    add_text(&hash, info->name);
    yk_cl_hash_add(&hash, &info->ordinal, sizeof info->ordinal);
    snprintf(name, size, "self-test-%016" PRIx64, hash.a);
}

/* Which operations passed before, all false where nothing good is remembered. */
static void recall(const char *folder, const char *name, struct yk_cl_hash key, unsigned char *passed)
{
    unsigned char *entry = NULL;
    size_t size = 0;
    if (!yk_cl_cache_load(folder, name, key, &entry, &size))
        return;
    for (size_t k = 0; size == yk_op_count && k < size; k++)
        passed[k] = entry[k] == 1;
    free(entry);
}

/* Keeps the first failure. */
static void note_failure(void *context, const char *line)
{
    struct yk_error *first = context;
    if (!first->status)
        yk_error_set(first, YK_ERR_DEVICE, "it fails the self-test: %s", line);
}

static enum yk_status test_all(struct yk_device *device, const struct yk_pipeline *pipeline,
                               unsigned char *passed, bool *tested, struct yk_error *error)
{
    struct yk_verify_result result = {0, 0};
    struct yk_error first = {YK_OK, ""};
    enum yk_status status = YK_OK;
    for (size_t k = 0; k < pipeline->count && !status; k++) {
        size_t op = pipeline->ops[k].op_index;
        if (passed[op])
            continue;
        status = yk_verify_op(device, op, PATIENCE, &result, note_failure, &first, error);
        if (!status && first.status)
            status = yk_error_set(error, first.status, "%s", first.text);
        passed[op] = !status;
        *tested = true;
    }
    return status;
}

enum yk_status yk_guard_check(struct yk_device *device, const struct yk_pipeline *pipeline,
                              const char *folder, struct yk_error *error)
{
    const struct yk_device_info *info = yk_device_describe(device);
    struct yk_cl_hash key;
    char name[64];
    bool tested = false;
    unsigned char *passed = calloc(yk_op_count, 1);
    if (!passed)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    char *place = make_key(info, &key) ? yk_cl_cache_folder(folder) : NULL;
    make_name(info, name, sizeof name);
    if (place)
        recall(place, name, key, passed);
    enum yk_status status = test_all(device, pipeline, passed, &tested, error);
    if (place && tested && !status)
        yk_cl_cache_save(place, name, key, passed, yk_op_count);
    free(place);
    free(passed);
    return status;
}
