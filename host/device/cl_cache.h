/* SPDX-License-Identifier: MIT
 *
 * Compiled OpenCL programs on disk, one file per device model and program. Entries are untrusted input:
 * whatever is damaged, foreign, cut or made for another driver, source or version of Yoke is deleted and
 * counts as absent. No function here fails: a cache that cannot be read or written only costs time.
 */
#ifndef YOKE_DEVICE_CL_CACHE_H
#define YOKE_DEVICE_CL_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 128 bits over everything that decides what a driver's compiler makes. Not cryptographic: it guards against
 * stale entries, not against a person who may write in the cache folder. Start with yk_cl_hash_start. */
struct yk_cl_hash {
    uint64_t a, b;
};
struct yk_cl_hash yk_cl_hash_start(void);
/* Adds the size and the bytes of `data`, so that no two lists of pieces look alike. */
void yk_cl_hash_add(struct yk_cl_hash *hash, const void *data, size_t size);

/* The folder for a wish as in yk_device_options.cache_folder: NULL gives $XDG_CACHE_HOME/yoke/cl or
 * $HOME/.cache/yoke/cl; "" gives none. malloc'ed; NULL: no cache. The folder need not exist. */
char *yk_cl_cache_folder(const char *wish);

/* Reads the entry `name` if it was made for `key`. Success: *binary is malloc'ed and owned by the caller.
 * Otherwise false, and an entry that is not good is deleted. Several processes may use one folder. */
bool yk_cl_cache_load(const char *folder, const char *name, struct yk_cl_hash key, unsigned char **binary,
                      size_t *size);

/* Writes the entry (temporary file, then rename), making the folder first. */
void yk_cl_cache_save(const char *folder, const char *name, struct yk_cl_hash key,
                      const unsigned char *binary, size_t size);

/* Deletes the entry: the driver did not accept it. */
void yk_cl_cache_drop(const char *folder, const char *name);

#endif
