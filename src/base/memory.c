/* memory.c - allocation with checked sizes, and arenas for workspaces.
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* madvise */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    ALIGNMENT = 64,
    HUGE_PAGE = 2 << 20 /* bytes, on x86-64 and mostly elsewhere */
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

/* Ask for huge pages: the first touch of each 4 KiB costs more than filling them. What the system
 * makes of it is no concern of the caller's. */
static void prefer_huge_pages(void *memory, size_t nbytes)
{
#ifdef MADV_HUGEPAGE
    madvise(memory, nbytes, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)nbytes;
#endif
}

/* Large blocks begin with a huge page, and end with one where that adds a third at most. Address
 * space that is not touched is no memory. */
static size_t round_up(size_t nbytes)
{
    size_t whole = nbytes / HUGE_PAGE * HUGE_PAGE + HUGE_PAGE;
    return whole - nbytes <= nbytes / 3 ? whole : nbytes;
}

/* The block's own address stands in the word before the aligned one. calloc is used where it can
 * be: fresh pages of a large block are zero already and need not be touched. */
static void *allocate(size_t count, size_t size, bool zero)
{
    size_t nbytes;
    if (!mien_product(count, size, 1, &nbytes) || nbytes > PTRDIFF_MAX - 3 * (size_t)HUGE_PAGE)
        return NULL;
    bool large = nbytes >= HUGE_PAGE && !hook_malloc;
    size_t alignment = large ? HUGE_PAGE : ALIGNMENT, room = large ? round_up(nbytes) : nbytes;
    size_t padded = room + alignment + sizeof(void *);
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
    uintptr_t start = (uintptr_t)block + sizeof(void *);
    size_t shift = (alignment - start % alignment) % alignment;
    unsigned char *memory = block + sizeof(void *) + shift;
    if (large)
        prefer_huge_pages(memory, room);
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
