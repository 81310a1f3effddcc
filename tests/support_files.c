/* SPDX-License-Identifier: MIT
 * Scratch folders and whole files for the suites (contract in support.h). Plain calls, nothing of the
 * library. */
#include "support.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fail(const char *what)
{
    perror(what);
    exit(70);
}

char *yk_path_join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (!path)
        fail("test support");
    snprintf(path, size, "%s/%s", folder, name);
    return path;
}

char *yk_temp_make(void)
{
    const char *base = getenv("TMPDIR");
    char *folder = yk_path_join(base && base[0] ? base : P_tmpdir, "yoke-test-XXXXXX");
    if (!mkdtemp(folder))
        fail(folder);
    return folder;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

void yk_temp_remove(char *folder)
{
    if (!folder)
        return;
    if (nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0)
        perror(folder);
    free(folder);
}

uint8_t *yk_file_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    size_t used = 0, capacity = 65536;
    uint8_t *data = malloc(capacity);
    while (data) {
        used += fread(data + used, 1, capacity - used - 1, file);
        if (used < capacity - 1)
            break;
        capacity *= 2;
        uint8_t *grown = realloc(data, capacity);
        if (!grown)
            free(data);
        data = grown;
    }
    if (!data)
        fail("test support");
    bool good = !ferror(file);
    fclose(file);
    if (!good) {
        free(data);
        return NULL;
    }
    data[used] = 0;
    *size = used;
    return data;
}

bool yk_file_write(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return false;
    bool good = fwrite(data, 1, size, file) == size;
    return fclose(file) == 0 && good;
}
