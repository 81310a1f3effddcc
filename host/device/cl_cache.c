/* SPDX-License-Identifier: MIT
 * The files of the program cache (contract in cl_cache.h). Knows nothing of OpenCL. */
#include "cl_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the machine's byte order: a file from another machine fails by its magic number. */
struct header {
    char magic[8];
    uint64_t format;
    struct yk_cl_hash key;
    uint64_t size; /* of the binary, which follows */
    struct yk_cl_hash checksum;
};
_Static_assert(sizeof(struct header) == 56, "the header of a cache file has no gaps");

static const char magic[8] = {'y', 'o', 'k', 'e', '-', 'c', 'l', '\n'};
enum { FORMAT = 1, BINARY_LIMIT = 256 << 20 }; /* no compiled operation comes near 256 MiB */

struct yk_cl_hash yk_cl_hash_start(void)
{
    return (struct yk_cl_hash){0xcbf29ce484222325u, 0x9e3779b97f4a7c15u};
}

static void mix(struct yk_cl_hash *hash, const unsigned char *bytes, size_t size)
{
    uint64_t a = hash->a, b = hash->b;
    for (size_t k = 0; k < size; k++) {
        a = (a ^ bytes[k]) * 0x100000001b3u;      /* FNV-1a */
        b = (b ^ bytes[k]) * 0xff51afd7ed558ccdu; /* the multiplier and shift of MurmurHash3's finaliser */
        b ^= b >> 33;
    }
    hash->a = a;
    hash->b = b;
}

void yk_cl_hash_add(struct yk_cl_hash *hash, const void *data, size_t size)
{
    uint64_t count = size;
    unsigned char bytes[sizeof count];
    memcpy(bytes, &count, sizeof count);
    mix(hash, bytes, sizeof bytes);
    mix(hash, data, size);
}

static struct yk_cl_hash checksum(const unsigned char *binary, size_t size)
{
    struct yk_cl_hash hash = yk_cl_hash_start();
    yk_cl_hash_add(&hash, binary, size);
    return hash;
}

static bool equal(struct yk_cl_hash x, struct yk_cl_hash y)
{
    return x.a == y.a && x.b == y.b;
}

static char *join(const char *left, const char *right)
{
    size_t size = strlen(left) + strlen(right) + 1;
    char *text = malloc(size);
    if (text)
        snprintf(text, size, "%s%s", left, right);
    return text;
}

char *yk_cl_cache_folder(const char *wish)
{
    if (wish)
        return wish[0] ? join(wish, "") : NULL;
    const char *base = getenv("XDG_CACHE_HOME");
    if (base && base[0] == '/') /* the XDG base directory specification: a relative path is to be ignored */
        return join(base, "/yoke/cl");
    base = getenv("HOME");
    return base && base[0] == '/' ? join(base, "/.cache/yoke/cl") : NULL;
}

/* Makes the folder and those above it; failures show when the file is made. */
static void make_folder(const char *folder)
{
    char *path = join(folder, "");
    for (char *slash = path; slash && (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    if (path)
        mkdir(path, 0700);
    free(path);
}

static char *entry_path(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + sizeof "/.bin";
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s.bin", folder, name);
    return path;
}

static bool read_all(int file, void *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t part = read(file, (char *)data + done, size - done);
        if (part <= 0 && !(part < 0 && errno == EINTR))
            return false;
        done += part > 0 ? (size_t)part : 0;
    }
    return true;
}

static bool write_all(int file, const void *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t part = write(file, (const char *)data + done, size - done);
        if (part <= 0 && !(part < 0 && errno == EINTR))
            return false;
        done += part > 0 ? (size_t)part : 0;
    }
    return true;
}

/* The binary of an open entry, NULL where anything about it is wrong. */
static unsigned char *read_entry(int file, struct yk_cl_hash key, size_t *size)
{
    struct stat about;
    struct header header;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size < (off_t)sizeof header ||
        !read_all(file, &header, sizeof header))
        return NULL;
    if (memcmp(header.magic, magic, sizeof magic) != 0 || header.format != FORMAT ||
        !equal(header.key, key) || header.size == 0 || header.size > BINARY_LIMIT ||
        header.size != (uint64_t)about.st_size - sizeof header)
        return NULL;
    unsigned char *binary = malloc((size_t)header.size);
    if (!binary)
        return NULL;
    if (!read_all(file, binary, (size_t)header.size) ||
        !equal(checksum(binary, (size_t)header.size), header.checksum)) {
        free(binary);
        return NULL;
    }
    *size = (size_t)header.size;
    return binary;
}

bool yk_cl_cache_load(const char *folder, const char *name, struct yk_cl_hash key, unsigned char **binary,
                      size_t *size)
{
    char *path = entry_path(folder, name);
    /* Not blocking: what lies there might be a pipe. */
    int file = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    unsigned char *read = NULL;
    if (file >= 0) {
        read = read_entry(file, key, size);
        if (!read)
            unlink(path);
        close(file);
    }
    free(path);
    if (!read)
        return false;
    *binary = read;
    return true;
}

void yk_cl_cache_save(const char *folder, const char *name, struct yk_cl_hash key,
                      const unsigned char *binary, size_t size)
{
    if (size == 0 || size > BINARY_LIMIT)
        return;
    struct header header = {.format = FORMAT, .key = key, .size = size, .checksum = checksum(binary, size)};
    memcpy(header.magic, magic, sizeof magic);
    make_folder(folder);
    char *path = entry_path(folder, name);
    char *temporary = join(folder, "/new-XXXXXX");
    int file = path && temporary ? mkostemp(temporary, O_CLOEXEC) : -1;
    if (file >= 0) {
        bool good = write_all(file, &header, sizeof header) && write_all(file, binary, size);
        good = close(file) == 0 && good;
        if (!good || rename(temporary, path) != 0)
            unlink(temporary);
    }
    free(temporary);
    free(path);
}

void yk_cl_cache_drop(const char *folder, const char *name)
{
    char *path = entry_path(folder, name);
    if (path)
        unlink(path);
    free(path);
}
