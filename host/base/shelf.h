/* SPDX-License-Identifier: MIT
 *
 * Large memory that is used again. A fresh page costs the kernel about as much time to clear as decoding half
 * of it takes, and the allocator gives large memory back to the kernel when it is freed; so whoever makes one
 * image after the other keeps their memory on a shelf. Bottom layer, depends on mem only.
 *
 * Any thread may call, except for create and free.
 */
#ifndef YOKE_BASE_SHELF_H
#define YOKE_BASE_SHELF_H

#include <stdint.h>

struct yk_shelf; /* opaque */

/* `idle_max`: bytes that may lie unused, at first. NULL: out of memory. The caller owns it. */
struct yk_shelf *yk_shelf_create(uint64_t idle_max);

/* Frees the shelf and what lies on it; what is still out stays its user's. NULL is allowed. */
void yk_shelf_free(struct yk_shelf *shelf);

/* Sets how many bytes may lie unused from now on; what is over is freed. Returns how many do. `shelf` NULL:
 * 0. */
uint64_t yk_shelf_limit(struct yk_shelf *shelf, uint64_t idle_max);

/* As yk_mem_alloc, from the shelf where that has something large enough. `shelf` NULL: plain yk_mem_alloc.
 * The content is undefined. The caller owns it until yk_shelf_give; yk_mem_free is wrong for it. */
void *yk_shelf_take(struct yk_shelf *shelf, uint64_t size);

/* Gives memory back that came from yk_shelf_take of the same shelf, or from yk_mem_alloc (which is freed), or
 * NULL. */
void yk_shelf_give(struct yk_shelf *shelf, void *memory);

#endif
