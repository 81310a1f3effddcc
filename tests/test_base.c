/* SPDX-License-Identifier: MIT
 * host/base: checked sizes, aligned memory with slack, growing arrays, the error object, the clock. */
#include <CUnit/CUnit.h>

#include <stdlib.h>
#include <string.h>

#include <yoke/status.h>

#include "clock.h"
#include "mem.h"
#include "shelf.h"
#include "support.h"

static void test_sizes(void)
{
    uint64_t out = 77;
    CU_ASSERT(yk_size_mul(UINT64_C(0xffffffff), UINT64_C(0x100000001), &out));
    CU_ASSERT_EQUAL(out, UINT64_MAX); /* (2^32 - 1)(2^32 + 1) = 2^64 - 1 */
    out = 77;
    CU_ASSERT_FALSE(yk_size_mul(UINT64_C(0x100000000), UINT64_C(0x100000000), &out));
    CU_ASSERT_EQUAL(out, 77);
    CU_ASSERT(yk_size_mul(UINT64_MAX, 0, &out));
    CU_ASSERT_EQUAL(out, 0);
    CU_ASSERT(yk_size_add(UINT64_MAX, 0, &out));
    CU_ASSERT_EQUAL(out, UINT64_MAX);
    out = 77;
    CU_ASSERT_FALSE(yk_size_add(UINT64_MAX, 1, &out));
    CU_ASSERT_EQUAL(out, 77);
}

static void test_alloc(void)
{
    const uint64_t sizes[] = {0, 1, 63, 64, 65, 4096, 100001};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = (size_t)sizes[i];
        unsigned char *memory = yk_mem_alloc(size);
        CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
        CU_ASSERT_EQUAL((uintptr_t)memory % YK_MEM_ALIGN, 0);
        unsigned slack = 0;
        for (size_t k = 0; k < YK_MEM_SLACK; k++)
            slack |= memory[size + k];
        CU_ASSERT_EQUAL(slack, 0);
        memset(memory, 1, size + YK_MEM_SLACK); /* the slack may be written; a sanitizer would object */
        yk_mem_free(memory);
    }
    unsigned char *zero = yk_mem_zalloc(1000);
    CU_ASSERT_PTR_NOT_NULL_FATAL(zero);
    unsigned any = 0;
    for (size_t k = 0; k < 1000; k++)
        any |= zero[k];
    CU_ASSERT_EQUAL(any, 0);
    yk_mem_free(zero);
    yk_mem_free(NULL);
    CU_ASSERT_PTR_NULL(yk_mem_alloc(UINT64_MAX));
    CU_ASSERT_PTR_NULL(yk_mem_alloc(UINT64_MAX - YK_MEM_SLACK));
    CU_ASSERT_PTR_NULL(yk_mem_zalloc(UINT64_MAX / 2));
}

static void test_shelf(void)
{
    enum { MIB = 1 << 20 };
    struct yk_shelf *shelf = yk_shelf_create(5 * MIB), *none = yk_shelf_create(0);
    CU_ASSERT_TRUE_FATAL(shelf && none);
    unsigned char *first = yk_shelf_take(shelf, 2 * MIB), *second = yk_shelf_take(shelf, MIB);
    CU_ASSERT_TRUE_FATAL(first && second);
    memset(first, 1, 2 * MIB + YK_MEM_SLACK);
    memset(second, 2, MIB + YK_MEM_SLACK);
    yk_shelf_give(shelf, first);
    yk_shelf_give(shelf, second);
    /* The smallest that is large enough; then the other one; then new memory. */
    CU_ASSERT_PTR_EQUAL(yk_shelf_take(shelf, MIB / 2), second);
    memset(second, 3, MIB / 2 + YK_MEM_SLACK);
    CU_ASSERT_PTR_EQUAL(yk_shelf_take(shelf, MIB), first);
    memset(first, 3, MIB + YK_MEM_SLACK);
    unsigned char *third = yk_shelf_take(shelf, MIB);
    CU_ASSERT(third && third != first && third != second);
    /* Its size is still the one it was made with. */
    yk_shelf_give(shelf, first);
    CU_ASSERT_PTR_EQUAL(yk_shelf_take(shelf, 2 * MIB), first);
    /* Over the limit for idle memory it goes back to the allocator, as does what is not from the shelf. */
    yk_shelf_give(shelf, first);
    yk_shelf_give(shelf, second);
    yk_shelf_give(shelf, third);
    yk_shelf_give(shelf, yk_shelf_take(shelf, 4 * MIB));
    yk_shelf_give(shelf, yk_mem_alloc(MIB));
    yk_shelf_give(shelf, yk_shelf_take(shelf, 100)); /* small: never kept */
    yk_shelf_give(shelf, NULL);
    /* One that keeps nothing, and none at all. */
    yk_shelf_give(none, yk_shelf_take(none, MIB));
    yk_shelf_give(NULL, yk_shelf_take(NULL, MIB));
    CU_ASSERT_PTR_NULL(yk_shelf_take(shelf, UINT64_MAX));
    /* A lower limit frees the largest first. */
    yk_shelf_limit(shelf, 0);
    first = yk_shelf_take(shelf, 2 * MIB);
    second = yk_shelf_take(shelf, MIB);
    CU_ASSERT_EQUAL(yk_shelf_limit(shelf, 3 * MIB), 0);
    yk_shelf_give(shelf, first);
    yk_shelf_give(shelf, second);
    CU_ASSERT_EQUAL(yk_shelf_limit(shelf, 3 * MIB), 3 * MIB);
    CU_ASSERT_EQUAL(yk_shelf_limit(shelf, 3 * MIB - 1), MIB);
    CU_ASSERT_EQUAL(yk_shelf_limit(shelf, 0), 0);
    CU_ASSERT_EQUAL(yk_shelf_limit(NULL, MIB), 0);
    /* What is out when the shelf ends stays its user's. */
    unsigned char *out = yk_shelf_take(shelf, 3 * MIB);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    yk_shelf_free(shelf);
    yk_shelf_free(none);
    memset(out, 4, 3 * MIB);
    yk_mem_free(out);
}

static void test_grow(void)
{
    void *array = NULL;
    size_t capacity = 0;
    for (size_t need = 1; need <= 1000; need++) {
        CU_ASSERT_FATAL(yk_mem_grow(&array, &capacity, need, sizeof(uint32_t)));
        CU_ASSERT_FATAL(capacity >= need);
        uint32_t *numbers = array;
        numbers[need - 1] = (uint32_t)need;
    }
    const uint32_t *numbers = array;
    CU_ASSERT_EQUAL(numbers[0], 1);
    CU_ASSERT_EQUAL(numbers[999], 1000);
    void *before = array;
    size_t old = capacity;
    CU_ASSERT_FALSE(yk_mem_grow(&array, &capacity, SIZE_MAX, sizeof(uint32_t)));
    CU_ASSERT_FALSE(yk_mem_grow(&array, &capacity, SIZE_MAX / 2, sizeof(uint32_t)));
    CU_ASSERT_PTR_EQUAL(array, before);
    CU_ASSERT_EQUAL(capacity, old);
    free(array);
    char *copy = yk_mem_strdup("yoke");
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    CU_ASSERT_STRING_EQUAL(copy, "yoke");
    free(copy);
}

static void test_error(void)
{
    struct yk_error error = {YK_OK, ""};
    CU_ASSERT_EQUAL(yk_error_set(&error, YK_ERR_RANGE, "%s is %d", "sigma", 7), YK_ERR_RANGE);
    CU_ASSERT_EQUAL(error.status, YK_ERR_RANGE);
    CU_ASSERT_STRING_EQUAL(error.text, "sigma is 7");
    CU_ASSERT_EQUAL(yk_error_prefix(&error, YK_ERR_IO, "a.png"), YK_ERR_RANGE);
    CU_ASSERT_STRING_EQUAL(error.text, "a.png: sigma is 7");
    CU_ASSERT_EQUAL(yk_error_set(NULL, YK_ERR_IO, "unheard"), YK_ERR_IO);
    CU_ASSERT_EQUAL(yk_error_prefix(NULL, YK_ERR_IO, "unheard"), YK_ERR_IO);

    char long_text[2 * YK_ERROR_TEXT];
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    yk_error_set(&error, YK_ERR_PARSE, "%s", long_text);
    CU_ASSERT_EQUAL(strlen(error.text), YK_ERROR_TEXT - 1);
    yk_error_prefix(&error, YK_ERR_PARSE, "ab");
    CU_ASSERT_EQUAL(strlen(error.text), YK_ERROR_TEXT - 1);
    CU_ASSERT_EQUAL(strncmp(error.text, "ab: xxx", 7), 0);
    yk_error_prefix(&error, YK_ERR_PARSE, long_text); /* longer than the object: the text stays as it is */
    CU_ASSERT_EQUAL(strncmp(error.text, "ab: xxx", 7), 0);
}

/* Every code has its own phrase, and none falls through to the last resort. */
static void test_status_names(void)
{
    for (int code = YK_ERR_INTERNAL; code <= YK_OK; code++) {
        const char *name = yk_status_name((enum yk_status)code);
        CU_ASSERT_STRING_NOT_EQUAL(name, "unknown status");
        for (int other = code + 1; other <= YK_OK; other++)
            CU_ASSERT_STRING_NOT_EQUAL(name, yk_status_name((enum yk_status)other));
    }
    CU_ASSERT_STRING_EQUAL(yk_status_name((enum yk_status)1), "unknown status");
}

static void test_clock(void)
{
    uint64_t before = yk_clock_ns(), after = yk_clock_ns();
    while (after == before)
        after = yk_clock_ns();
    CU_ASSERT(after > before && after - before < UINT64_C(10000000000));
}

void yk_suite_base(void)
{
    CU_pSuite suite = CU_add_suite("base", NULL, NULL);
    CU_add_test(suite, "checked sizes", test_sizes);
    CU_add_test(suite, "aligned memory with slack", test_alloc);
    CU_add_test(suite, "large memory that is used again", test_shelf);
    CU_add_test(suite, "growing arrays", test_grow);
    CU_add_test(suite, "error object", test_error);
    CU_add_test(suite, "status names", test_status_names);
    CU_add_test(suite, "clock goes forward", test_clock);
}
