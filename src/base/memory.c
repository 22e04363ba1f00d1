/* memory.c - allocation with checked sizes, and arenas for workspaces.
 * SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, LARGE = 1 << 20 };

/* What stands before a block that is handed out. */
typedef struct note {
    void *start;    /* what the system gave */
    size_t large;   /* bytes, of a block that is counted; 0: a small one */
    bool elsewhere; /* it came from mien_elsewhere */
} note;

static mien_elsewhere elsewhere;
static atomic_size_t large_bytes, ticks;

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

/* calloc is used where it can be: fresh pages are zero already and need not be touched. What it
 * gave is written down before the block that is handed out. */
static void *allocate(size_t count, size_t size, bool zero)
{
    size_t nbytes;
    unsigned char *start;
    if (!mien_product(count, size, 1, &nbytes) ||
        __builtin_add_overflow(nbytes, ALIGNMENT + sizeof(note), &nbytes) || nbytes > PTRDIFF_MAX)
        return NULL;
    note own = {.large = elsewhere.take && nbytes >= LARGE ? nbytes : 0};
    size_t before = own.large ? atomic_fetch_add(&large_bytes, nbytes) : 0;
    if (own.large && (before > elsewhere.most || nbytes > elsewhere.most - before)) {
        atomic_fetch_sub(&large_bytes, nbytes);
        start = elsewhere.take(nbytes); /* of zeros */
        own.elsewhere = true;
    } else if (hook_malloc) {
        start = hook_malloc(nbytes);
        if (start && zero)
            memset(start, 0, nbytes);
    } else {
        start = zero ? calloc(1, nbytes) : malloc(nbytes);
    }
    if (!start) {
        if (own.large && !own.elsewhere)
            atomic_fetch_sub(&large_bytes, nbytes);
        return NULL;
    }
    own.start = start;
    uintptr_t min = (uintptr_t)start + sizeof own;
    unsigned char *memory = start + sizeof own + (ALIGNMENT - min % ALIGNMENT) % ALIGNMENT;
    memcpy(memory - sizeof own, &own, sizeof own);
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
    note own;
    memcpy(&own, (unsigned char *)memory - sizeof own, sizeof own);
    if (own.elsewhere) {
        elsewhere.give(own.start, own.large);
        return;
    }
    if (own.large)
        atomic_fetch_sub(&large_bytes, own.large);
    (hook_free ? hook_free : free)(own.start);
}

void mien_memory_elsewhere(const mien_elsewhere *functions)
{
    elsewhere = *functions;
}

void mien_memory_relieve(void)
{
    if (elsewhere.relieve)
        elsewhere.relieve();
}

void mien_memory_tick(void)
{
    enum { SELDOM = 64 };
    if (elsewhere.relieve && atomic_fetch_add(&ticks, 1) % SELDOM == 0)
        elsewhere.relieve();
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

void mien_free_words(char **words, size_t count)
{
    for (size_t i = 0; words && i < count; i++)
        mien_free(words[i]);
    mien_free(words);
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
    void *memory = NULL;
    if (!arena->failed && mien_grow((void **)&arena->blocks, &arena->capacity, arena->count,
                                    arena->count + 1, sizeof(void *)))
        memory = mien_alloc_array(count, size);
    if (memory)
        arena->blocks[arena->count++] = memory;
    else
        arena->failed = true;
    return memory;
}

void *mien_arena_alloc_each(mien_arena *arena, unsigned workers, size_t count, size_t size)
{
    void **each = mien_arena_alloc(arena, workers, sizeof *each);
    for (unsigned i = 0; each && i < workers; i++)
        each[i] = mien_arena_alloc(arena, count, size);
    return arena->failed ? NULL : each;
}

void mien_arena_free(mien_arena *arena)
{
    for (size_t i = 0; i < arena->count; i++)
        mien_free(arena->blocks[i]);
    mien_free(arena->blocks);
    *arena = (mien_arena){0};
}
