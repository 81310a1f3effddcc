/* SPDX-License-Identifier: MIT
 * Overflow-checked sizes and aligned allocation (contract in mem.h). */
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sanitize.h"

enum {
    HUGE_PAGE = 2 << 20, /* of x86-64 and of AArch64 with 4 KiB pages; elsewhere the hint is without effect */
    HUGE_FROM = 4 << 20  /* bytes; a photograph's pixels fault in 500 times fewer, larger steps */
};

bool yk_size_mul(uint64_t a, uint64_t b, uint64_t *out)
{
    if (b != 0 && a > UINT64_MAX / b)
        return false;
    *out = a * b;
    return true;
}

bool yk_size_add(uint64_t a, uint64_t b, uint64_t *out)
{
    if (a > UINT64_MAX - b)
        return false;
    *out = a + b;
    return true;
}

void *yk_mem_alloc(uint64_t size)
{
    uint64_t total, align = size >= HUGE_FROM ? HUGE_PAGE : YK_MEM_ALIGN;
    if (!yk_size_add(size, YK_MEM_SLACK + align - 1, &total) || total > SIZE_MAX / 2)
        return NULL;
    total -= total % align; /* aligned_alloc wants a multiple of the alignment */
    unsigned char *memory = aligned_alloc((size_t)align, (size_t)total);
    if (!memory)
        return NULL;
    if (align == HUGE_PAGE)
        madvise(memory, (size_t)total, MADV_HUGEPAGE); /* a hint: what it returns changes nothing */
    memset(memory + size, 0, YK_MEM_SLACK);
    return memory;
}

void *yk_mem_zalloc(uint64_t size)
{
    void *memory = yk_mem_alloc(size);
    if (memory)
        memset(memory, 0, (size_t)size);
    return memory;
}

void yk_mem_free(void *memory)
{
    free(memory);
}

void yk_mem_give_up(const void *memory)
{
#ifdef YK_ADDRESS_SANITIZER
    if (memory)
        __lsan_ignore_object(memory);
#else
    (void)memory;
#endif
}

bool yk_mem_grow(void **array, size_t *capacity, size_t need, size_t element)
{
    if (need <= *capacity)
        return true;
    size_t target = *capacity ? *capacity : 8;
    while (target < need) {
        if (target > SIZE_MAX / 2)
            return false;
        target *= 2;
    }
    if (element != 0 && target > SIZE_MAX / element)
        return false;
    void *grown = realloc(*array, target * element);
    if (!grown)
        return false;
    *array = grown;
    *capacity = target;
    return true;
}

char *yk_mem_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}
