/* SPDX-License-Identifier: MIT
 *
 * Memory: overflow-checked sizes and aligned, padded allocation. Bottom layer, depends on libc only.
 *
 * Every size that depends on a file, an argument or an image goes through yk_size_mul / yk_size_add before it
 * reaches an allocator. Pixel and table memory comes from yk_mem_alloc, which aligns to a cache line and adds
 * YK_MEM_SLACK readable and writable bytes at the end, so that vector code may run a little past the last
 * element. Failure injection is done by the tests, which wrap malloc and friends at link time.
 */
#ifndef YOKE_BASE_MEM_H
#define YOKE_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    YK_MEM_ALIGN = 64, /* one cache line, one AVX-512 register */
    YK_MEM_SLACK = 64  /* bytes past the end that vector loads and stores may touch */
};

/* *out = a * b (a + b); false, and *out untouched, where that does not fit 64 bits. */
bool yk_size_mul(uint64_t a, uint64_t b, uint64_t *out);
bool yk_size_add(uint64_t a, uint64_t b, uint64_t *out);

/* `size` bytes (0 is allowed) plus slack, aligned to YK_MEM_ALIGN, not initialised; NULL on failure or where
 * the size does not fit this machine. The slack itself is zeroed. The caller owns it: free with yk_mem_free.
 */
void *yk_mem_alloc(uint64_t size);

/* As yk_mem_alloc, all bytes zero. */
void *yk_mem_zalloc(uint64_t size);

/* Frees what yk_mem_alloc or yk_mem_zalloc gave; NULL is allowed. */
void yk_mem_free(void *memory);

/* Gives memory up for good: something that cannot be stopped may still use it. It, and all it points to, is
 * never freed, and leak checkers are told that this is on purpose. NULL is allowed. */
void yk_mem_give_up(const void *memory);

/* Grows an array made by malloc/realloc to hold at least `need` elements of `element` bytes: doubles the
 * capacity. false on failure, array and capacity untouched. The caller frees *array with free(). */
bool yk_mem_grow(void **array, size_t *capacity, size_t need, size_t element);

/* A copy of `text` in malloc'ed memory, NULL on failure; free with free(). */
char *yk_mem_strdup(const char *text);

#endif
