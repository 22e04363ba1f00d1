/* memory.h - allocation with checked sizes, and arenas for workspaces.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_MEMORY_H
#define MIEN_MEMORY_H

#include "mien.h"

/* count * size bytes, zeroed, aligned to 64 bytes (a cache line, an AVX-512 register).
 * NULL when memory is out or the product overflows. A request of 0 bytes gives a valid address. */
void *mien_alloc_array(size_t count, size_t size);

/* The same without the zeroes, for large stores that are filled at once. */
void *mien_alloc_raw(size_t count, size_t size);

/* Give back what the two above returned; NULL is fine. */
void mien_free(void *memory);

/* Grow an array of `size`-byte entries from `count` to at least `wanted` entries; the new ones are
 * zero. Doubles. On failure returns false and leaves *array and *capacity as they were. */
bool mien_grow(void **array, size_t *capacity, size_t count, size_t wanted, size_t size);

/* Memory functions in place of malloc and free, for tests that let allocations fail. NULL, NULL
 * restores these. Not to be called while anything allocated is alive. */
void mien_set_allocator(void *(*malloc_fn)(size_t), void (*free_fn)(void *));

/* Where large blocks come from when they would be more than `most` bytes together (spill.h). `take`
 * gives zeros, or NULL; `give` takes them back; `relieve` is called now and then while work goes
 * on. Set once, before other threads begin; take == NULL: from nowhere else. */
typedef struct mien_elsewhere {
    size_t most;
    void *(*take)(size_t nbytes);
    void (*give)(void *block, size_t nbytes);
    void (*relieve)(void);
} mien_elsewhere;
void mien_memory_elsewhere(const mien_elsewhere *functions);

/* A piece of work on large blocks is done, a tile or an image. Any thread. */
void mien_memory_tick(void);

/* Megabytes of them were touched. Any thread. */
void mien_memory_relieve(void);

/* mien_memory_allowed() by what a folder like /proc tells (allowance.c); for tests. */
size_t mien_memory_allowed_by(const char *proc);

/* A copy of a string, or NULL. */
char *mien_strdup(const char *text);

/* Give back `count` strings and the list of them; NULL is fine, in the list, too. */
void mien_free_words(char **words, size_t count);

/* a * b * c in *out; false when it does not fit into size_t. */
bool mien_product(size_t a, size_t b, size_t c, size_t *out);

/* Workspace of a method: many allocations, one check, one free. */
typedef struct mien_arena {
    void **blocks;
    size_t count, capacity;
    bool failed; /* some allocation failed; all later ones return NULL */
} mien_arena;

void *mien_arena_alloc(mien_arena *arena, size_t count, size_t size); /* zeroed */

/* A block of its own for each worker: as many pointers, or NULL. */
void *mien_arena_alloc_each(mien_arena *arena, unsigned workers, size_t count, size_t size);
void mien_arena_free(mien_arena *arena);

#endif
