/* memory.c - allocation with checked sizes, and arenas for workspaces.
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* madvise */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    ALIGNMENT = 64,
    LARGE = 4 << 20 /* bytes: a few of the pages that are called huge */
};

static void *(*hook_malloc)(size_t) = NULL;
static void (*hook_free)(void *) = NULL;

void mien_set_allocator(void *(*malloc_fn)(size_t), void (*free_fn)(void *))
{
    hook_malloc = malloc_fn;
    hook_free = free_fn;
}

bool mien_product(size_t a, size_t b, size_t c, size_t *out)
{
    size_t ab;
    return !__builtin_mul_overflow(a, b, &ab) && !__builtin_mul_overflow(ab, c, out);
}

/* Ask for huge pages: the first touch of each 4 KiB costs more than filling it. What the system
 * makes of it, and whether it does, is no concern of the caller's. */
static void prefer_huge_pages(void *memory, size_t nbytes)
{
#ifdef MADV_HUGEPAGE
    long page = sysconf(_SC_PAGESIZE);
    uintptr_t start = (uintptr_t)memory, end = start + nbytes;
    if (page <= 0)
        return;
    uintptr_t first = (start + (uintptr_t)page - 1) / (uintptr_t)page * (uintptr_t)page;
    madvise((void *)first, (end - first) / (uintptr_t)page * (uintptr_t)page, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)nbytes;
#endif
}

/* The block's own address stands in the word before the aligned one. calloc is used where it can
 * be: fresh pages of a large block are zero already and need not be touched. */
static void *allocate(size_t count, size_t size, bool zero)
{
    size_t nbytes, padded;
    if (!mien_product(count, size, 1, &nbytes) ||
        __builtin_add_overflow(nbytes, ALIGNMENT + sizeof(void *), &padded) || padded > PTRDIFF_MAX)
        return NULL;
    unsigned char *block;
    if (hook_malloc) {
        block = hook_malloc(padded);
        if (block && zero)
            memset(block, 0, padded);
    } else {
        block = zero ? calloc(1, padded) : malloc(padded);
    }
    if (!block)
        return NULL;
    if (padded >= LARGE)
        prefer_huge_pages(block, padded);
    uintptr_t start = (uintptr_t)block + sizeof(void *);
    size_t shift = (ALIGNMENT - start % ALIGNMENT) % ALIGNMENT;
    unsigned char *memory = block + sizeof(void *) + shift;
    memcpy(memory - sizeof(void *), &block, sizeof block);
    return memory;
}

void *mien_alloc_array(size_t count, size_t size)
{
    return allocate(count, size, true);
}

void *mien_alloc_raw(size_t count, size_t size)
{
    return allocate(count, size, false);
}

void mien_free(void *memory)
{
    if (!memory)
        return;
    void *block;
    memcpy(&block, (unsigned char *)memory - sizeof(void *), sizeof block);
    if (hook_free)
        hook_free(block);
    else
        free(block);
}

bool mien_grow(void **array, size_t *capacity, size_t count, size_t wanted, size_t size)
{
    if (wanted <= *capacity)
        return true;
    size_t larger = *capacity > SIZE_MAX / 2 ? wanted : *capacity * 2;
    if (larger < wanted)
        larger = wanted;
    void *grown = mien_alloc_array(larger, size);
    if (!grown)
        return false;
    if (count)
        memcpy(grown, *array, count * size);
    mien_free(*array);
    *array = grown;
    *capacity = larger;
    return true;
}

char *mien_strdup(const char *text)
{
    size_t length = strlen(text) + 1;
    char *copy = mien_alloc_raw(length, 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

void *mien_arena_alloc(mien_arena *arena, size_t count, size_t size)
{
    if (arena->failed)
        return NULL;
    void *memory = NULL;
    if (mien_grow((void **)&arena->blocks, &arena->capacity, arena->count, arena->count + 1,
                  sizeof(void *)))
        memory = mien_alloc_array(count, size);
    if (memory)
        arena->blocks[arena->count++] = memory;
    else
        arena->failed = true;
    return memory;
}

void mien_arena_free(mien_arena *arena)
{
    for (size_t i = 0; i < arena->count; i++)
        mien_free(arena->blocks[i]);
    mien_free(arena->blocks);
    *arena = (mien_arena){0};
}
