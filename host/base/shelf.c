/* SPDX-License-Identifier: MIT
 * Large memory that is used again (contract in shelf.h). */
#include "shelf.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "mem.h"
#include "sanitize.h"

enum {
    BLOCKS = 64,          /* known at a time: two for each thread of a large machine; others are not kept */
    BLOCK_LEAST = 1 << 18 /* bytes; smaller memory the allocator keeps itself */
};

struct block {
    void *memory; /* NULL: the entry is free */
    uint64_t size;
    bool idle;
};

struct yk_shelf {
    pthread_mutex_t lock; /* guards all below */
    struct block blocks[BLOCKS];
    uint64_t idle, idle_max; /* bytes */
};

struct yk_shelf *yk_shelf_create(uint64_t idle_max)
{
    struct yk_shelf *shelf = calloc(1, sizeof *shelf);
    if (!shelf || pthread_mutex_init(&shelf->lock, NULL) != 0) {
        free(shelf);
        return NULL;
    }
    shelf->idle_max = idle_max;
    return shelf;
}

void yk_shelf_free(struct yk_shelf *shelf)
{
    if (!shelf)
        return;
    for (size_t k = 0; k < BLOCKS; k++)
        if (shelf->blocks[k].idle) {
            ASAN_UNPOISON_MEMORY_REGION(shelf->blocks[k].memory, shelf->blocks[k].size);
            yk_mem_free(shelf->blocks[k].memory);
        }
    pthread_mutex_destroy(&shelf->lock);
    free(shelf);
}

/* The smallest idle block of at least `size` bytes; else the largest idle one; NULL: none is idle. */
static struct block *best_idle(struct yk_shelf *shelf, uint64_t size)
{
    struct block *best = NULL;
    for (struct block *block = shelf->blocks; block < shelf->blocks + BLOCKS; block++) {
        if (!block->idle)
            continue;
        bool fits = block->size >= size, best_fits = best && best->size >= size;
        if (!best || (fits && !best_fits) || (fits == best_fits && (block->size < best->size) == fits))
            best = block;
    }
    return best;
}

/* Takes a block off the shelf for good. */
static void *forget(struct yk_shelf *shelf, struct block *block)
{
    void *memory = block->memory;
    shelf->idle -= block->size;
    ASAN_UNPOISON_MEMORY_REGION(memory, block->size);
    *block = (struct block){0};
    return memory;
}

static void remember(struct yk_shelf *shelf, void *memory, uint64_t size)
{
    pthread_mutex_lock(&shelf->lock);
    for (size_t k = 0; k < BLOCKS; k++)
        if (!shelf->blocks[k].memory) {
            shelf->blocks[k] = (struct block){memory, size, false};
            break;
        }
    pthread_mutex_unlock(&shelf->lock);
}

uint64_t yk_shelf_limit(struct yk_shelf *shelf, uint64_t idle_max)
{
    if (!shelf)
        return 0;
    pthread_mutex_lock(&shelf->lock);
    shelf->idle_max = idle_max;
    while (shelf->idle > idle_max)
        yk_mem_free(forget(shelf, best_idle(shelf, UINT64_MAX)));
    uint64_t idle = shelf->idle;
    pthread_mutex_unlock(&shelf->lock);
    return idle;
}

void *yk_shelf_take(struct yk_shelf *shelf, uint64_t size)
{
    void *outgrown = NULL;
    if (!shelf || size < BLOCK_LEAST)
        return yk_mem_alloc(size);
    pthread_mutex_lock(&shelf->lock);
    struct block *block = best_idle(shelf, size);
    if (block && block->size >= size) {
        block->idle = false;
        shelf->idle -= block->size;
        void *memory = block->memory;
        uint64_t usable = size + YK_MEM_SLACK < block->size ? size + YK_MEM_SLACK : block->size;
        pthread_mutex_unlock(&shelf->lock);
        ASAN_UNPOISON_MEMORY_REGION(memory, usable);
        return memory;
    }
    /* One that is too small is replaced: there are never more blocks than were in use at a time. */
    if (block)
        outgrown = forget(shelf, block);
    pthread_mutex_unlock(&shelf->lock);
    yk_mem_free(outgrown);
    void *memory = yk_mem_alloc(size);
    if (memory)
        remember(shelf, memory, size);
    return memory;
}

void yk_shelf_give(struct yk_shelf *shelf, void *memory)
{
    if (!memory)
        return;
    if (!shelf) {
        yk_mem_free(memory);
        return;
    }
    pthread_mutex_lock(&shelf->lock);
    for (struct block *block = shelf->blocks; block < shelf->blocks + BLOCKS; block++) {
        if (block->memory != memory)
            continue;
        shelf->idle += block->size;
        if (shelf->idle > shelf->idle_max) {
            forget(shelf, block);
            break;
        }
        block->idle = true;
        ASAN_POISON_MEMORY_REGION(memory, block->size);
        memory = NULL;
        break;
    }
    pthread_mutex_unlock(&shelf->lock);
    yk_mem_free(memory);
}
