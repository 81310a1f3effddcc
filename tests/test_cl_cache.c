/* SPDX-License-Identifier: MIT
 * The cache of compiled programs: good entries are used, and whatever is not good costs one build and is
 * replaced. */
#include "support.h"

#ifdef YOKE_OPENCL
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cl_cache.h"
#include "test_cl.h"

static struct yk_cl_hash key_of(const char *text)
{
    struct yk_cl_hash key = yk_cl_hash_start();
    yk_cl_hash_add(&key, text, strlen(text));
    return key;
}

static bool loads(const char *folder, const char *key)
{
    unsigned char *binary = NULL;
    size_t size = 0;
    bool good = yk_cl_cache_load(folder, "entry", key_of(key), &binary, &size);
    CU_ASSERT(!good || (size == 10 && memcmp(binary, "0123456789", 10) == 0));
    free(binary);
    return good;
}

/* Saves a good entry for "key", writes `size` bytes of it back with `flip` XORed into the byte `at`, and
 * tells whether it loads; it must be gone afterwards if not. */
static bool loads_after(const char *folder, size_t size, size_t at, uint8_t flip)
{
    char *path = yk_path_join(folder, "entry.bin");
    size_t whole = 0;
    yk_cl_cache_save(folder, "entry", key_of("key"), (const unsigned char *)"0123456789", 10);
    uint8_t *data = yk_file_read(path, &whole);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    CU_ASSERT_EQUAL_FATAL(whole, 66); /* the header has 56 bytes */
    data[at] ^= flip;
    CU_ASSERT(yk_file_write(path, data, size < whole ? size : whole));
    bool good = loads(folder, "key");
    CU_ASSERT_EQUAL(access(path, F_OK) == 0, good);
    free(data);
    free(path);
    return good;
}

static void test_entries(void)
{
    char *temporary = yk_temp_make();
    char *folder = yk_path_join(temporary, "new/deep/cl"); /* made when needed */
    CU_ASSERT_FALSE(loads(folder, "key"));
    yk_cl_cache_save(folder, "entry", key_of("key"), (const unsigned char *)"0123456789", 10);
    CU_ASSERT(loads(folder, "key"));
    CU_ASSERT(loads(folder, "key"));
    CU_ASSERT_FALSE(loads(folder, "other key"));
    CU_ASSERT_FALSE(loads(folder, "key")); /* deleted as stale */
    CU_ASSERT(loads_after(folder, 66, 0, 0));
    for (size_t size = 0; size < 66; size++)
        CU_ASSERT_FALSE(loads_after(folder, size, 0, 0));
    for (size_t at = 0; at < 66; at++)
        CU_ASSERT_FALSE(loads_after(folder, 66, at, 1));
    yk_cl_cache_save(folder, "entry", key_of("key"), (const unsigned char *)"0123456789", 10);
    yk_cl_cache_drop(folder, "entry");
    CU_ASSERT_FALSE(loads(folder, "key"));

    char *path = yk_path_join(folder, "entry.bin"); /* longer than it says */
    CU_ASSERT(loads_after(folder, 66, 0, 0));
    size_t size = 0;
    uint8_t *data = yk_file_read(path, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    uint8_t longer[67] = {0};
    memcpy(longer, data, 66);
    CU_ASSERT(yk_file_write(path, longer, 67));
    CU_ASSERT_FALSE(loads(folder, "key"));
    CU_ASSERT_EQUAL(mkfifo(path, 0600), 0); /* must not wait for a writer */
    CU_ASSERT_FALSE(loads(folder, "key"));
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    free(data);
    free(path);
    free(folder);
    yk_temp_remove(temporary);
}

static void test_hash(void)
{
    struct yk_cl_hash one = yk_cl_hash_start(), two = yk_cl_hash_start();
    yk_cl_hash_add(&one, "ab", 2);
    yk_cl_hash_add(&one, "c", 1);
    yk_cl_hash_add(&two, "a", 1);
    yk_cl_hash_add(&two, "bc", 2);
    CU_ASSERT(one.a != two.a && one.b != two.b);
    /* FNV-1a of the eight bytes of the size 1 and then "a", with the published offset and prime. */
    uint64_t expected = 0xcbf29ce484222325u;
    static const unsigned char bytes[] = {1, 0, 0, 0, 0, 0, 0, 0, 'a'};
    for (size_t k = 0; k < sizeof bytes; k++)
        expected = (expected ^ bytes[k]) * 0x100000001b3u;
    struct yk_cl_hash three = yk_cl_hash_start();
    yk_cl_hash_add(&three, "a", 1);
    CU_ASSERT_EQUAL(three.a, expected);
}

static void expect_folder(const char *wish, const char *xdg, const char *home, const char *expected)
{
    char *kept_xdg = getenv("XDG_CACHE_HOME") ? strdup(getenv("XDG_CACHE_HOME")) : NULL;
    char *kept_home = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
    xdg ? setenv("XDG_CACHE_HOME", xdg, 1) : unsetenv("XDG_CACHE_HOME");
    home ? setenv("HOME", home, 1) : unsetenv("HOME");
    char *folder = yk_cl_cache_folder(wish);
    kept_xdg ? setenv("XDG_CACHE_HOME", kept_xdg, 1) : unsetenv("XDG_CACHE_HOME");
    kept_home ? setenv("HOME", kept_home, 1) : unsetenv("HOME");
    CU_ASSERT_EQUAL(folder == NULL, expected == NULL);
    if (folder && expected)
        CU_ASSERT_STRING_EQUAL(folder, expected);
    free(kept_xdg);
    free(kept_home);
    free(folder);
}

static void test_folder(void)
{
    expect_folder("/a/b", "/x", "/h", "/a/b");
    expect_folder("", "/x", "/h", NULL);
    expect_folder(NULL, "/x", "/h", "/x/yoke/cl");
    expect_folder(NULL, NULL, "/h", "/h/.cache/yoke/cl");
    expect_folder(NULL, "relative", "/h", "/h/.cache/yoke/cl");
    expect_folder(NULL, "", NULL, NULL);
}

/* Opens the device with that cache, prepares convert and one operation, and checks how both came to be. */
static void expect_builds(const struct yk_device_info *info, const char *folder, size_t built, size_t loaded)
{
    struct yk_cl_device *device = clt_open(info, 1, folder);
    CU_ASSERT_EQUAL(yk_backend_cl.prepare(clt_base(device), NULL, yk_op_table[0], NULL), YK_OK);
    CU_ASSERT_EQUAL(device->builder.built_from_source, built);
    CU_ASSERT_EQUAL(device->builder.loaded_from_cache, loaded);
    clt_close(device);
}

/* The one entry in the folder whose name holds `part`; malloc'ed. `count` gets the number of all files. */
static char *find_entry(const char *folder, const char *part, size_t *count)
{
    char *path = NULL;
    DIR *opened = opendir(folder);
    *count = 0;
    for (struct dirent *entry = opened ? readdir(opened) : NULL; entry; entry = readdir(opened)) {
        if (entry->d_name[0] == '.')
            continue;
        ++*count;
        if (strstr(entry->d_name, part) && !path)
            path = yk_path_join(folder, entry->d_name);
    }
    if (opened)
        closedir(opened);
    return path;
}

static cl_program refuse_source(cl_context context, cl_uint count, const char **text, const size_t *size,
                                cl_int *code)
{
    (void)context, (void)count, (void)text, (void)size;
    *code = CL_OUT_OF_HOST_MEMORY;
    return NULL;
}

static void each_device_cache(const struct yk_device_info *info)
{
    char *folder = yk_temp_make();
    size_t count = 0, size = 0;
    expect_builds(info, folder, 2, 0);
    expect_builds(info, folder, 0, 2);
    char *path = find_entry(folder, "-convert.bin", &count);
    CU_ASSERT_PTR_NOT_NULL_FATAL(path);
    CU_ASSERT_EQUAL(count, 2); /* and no temporary file is left */
    uint8_t *good = yk_file_read(path, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(good);
    CU_ASSERT_FATAL(size > 56);

    CU_ASSERT(yk_file_write(path, good, size / 2)); /* truncated */
    expect_builds(info, folder, 1, 1);
    expect_builds(info, folder, 0, 2);
    good[size - 1] ^= 0x40; /* one bit in the binary */
    CU_ASSERT(yk_file_write(path, good, size));
    good[size - 1] ^= 0x40;
    expect_builds(info, folder, 1, 1);
    CU_ASSERT(yk_file_write(path, "garbage", 7));
    expect_builds(info, folder, 1, 1);
    expect_builds(info, folder, 0, 2);

    /* Right in every respect, but the driver cannot read it. */
    struct yk_cl_hash key;
    memcpy(&key, good + 16, sizeof key);
    char *name = strdup(strrchr(path, '/') + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    name[strlen(name) - 4] = '\0';
    yk_cl_cache_save(folder, name, key, (const unsigned char *)"no program of any driver", 24);
    expect_builds(info, folder, 1, 1);
    expect_builds(info, folder, 0, 2);
    yk_cl_cache_save(folder, name, key, (const unsigned char *)"no program of any driver", 24);
    struct yk_cl_device *device =
        clt_open(info, 1, folder); /* nor does the source compile: the entry still goes */
    device->cl.CreateProgramWithSource = refuse_source;
    CU_ASSERT_EQUAL(yk_backend_cl.prepare(clt_base(device), NULL, NULL, NULL), YK_ERR_NOMEM);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    clt_close(device);
    free(name);
    free(good);
    free(path);
    yk_temp_remove(folder);
}

static void test_device_cache(void)
{
    clt_each_device(each_device_cache);
}

static void each_stale(const struct yk_device_info *info)
{
    static const char *const names[YK_CL_KERNELS] = {"k"};
    static const char one[] = "__kernel void k(__global int *a) { a[0] = 1; }\n";
    static const char two[] = "__kernel void k(__global int *a) { a[0] = 2; }\n";
    char *folder = yk_temp_make();
    struct yk_cl_device *device = clt_open(info, 1, folder);
    /* Text, driver; then what must have been built and loaded in total, and the files in the folder. */
    const struct {
        const char *text, *version, *model;
        size_t built, loaded, files;
    } steps[] = {
        {one, "driver 1", "model", 1, 0, 1}, {one, "driver 1", "model", 1, 1, 1},
        {one, "driver 2", "model", 2, 1, 1}, {one, "driver 2", "model", 2, 2, 1},
        {two, "driver 2", "model", 3, 2, 1}, {two, "driver 2", "model", 3, 3, 1},
        {two, "driver 2", "other", 4, 3, 2}, {two, "driver 2", "model", 4, 4, 2},
    };
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        struct yk_cl_program program = {0};
        size_t files = 0;
        device->builder.version = steps[k].version;
        device->builder.model = steps[k].model;
        CU_ASSERT_EQUAL(yk_cl_program_build(&device->builder, "k", steps[k].text, strlen(steps[k].text),
                                            names, &program, NULL),
                        YK_OK);
        CU_ASSERT_EQUAL(device->builder.built_from_source, steps[k].built);
        CU_ASSERT_EQUAL(device->builder.loaded_from_cache, steps[k].loaded);
        free(find_entry(folder, "-k", &files));
        CU_ASSERT_EQUAL(files, steps[k].files);
        yk_cl_program_release(&device->cl, &program);
    }
    clt_close(device);
    yk_temp_remove(folder);
}

static void test_stale(void)
{
    clt_each_device(each_stale);
}

/* A folder under a file cannot be made, not even by root. */
static void each_unwritable(const struct yk_device_info *info)
{
    char *temporary = yk_temp_make();
    char *file = yk_path_join(temporary, "file");
    char *folder = yk_path_join(file, "cl");
    CU_ASSERT(yk_file_write(file, "", 0));
    expect_builds(info, folder, 2, 0);
    expect_builds(info, folder, 2, 0);
    expect_builds(info, "", 2, 0);
    free(folder);
    free(file);
    yk_temp_remove(temporary);
}

static void test_unwritable(void)
{
    clt_each_device(each_unwritable);
}

void clt_add_cache_tests(CU_pSuite suite)
{
    CU_add_test(suite, "cache: hash", test_hash);
    CU_add_test(suite, "cache: folder", test_folder);
    CU_add_test(suite, "cache: every damaged byte and length is seen", test_entries);
    CU_add_test(suite, "cache: a device uses, repairs and replaces entries", test_device_cache);
    CU_add_test(suite, "cache: another driver or source makes an entry stale", test_stale);
    CU_add_test(suite, "cache: a folder that cannot be written is no error", test_unwritable);
}

#endif
