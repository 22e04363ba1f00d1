/* memory.c - allocation with checked sizes, and arenas for workspaces.
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* mmap with MAP_ANONYMOUS, madvise */
#include "base/memory.h"


#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    ALIGNMENT = 64,
    HUGE_PAGE = 2 << 20,
    HUGE_LEAST = HUGE_PAGE / 8, /* bytes that are worth one */
    SMALL_MOST = 1 << 15, /* bytes an arena has in small blocks before one is shared by more ... */
    SHARED_MOST = HUGE_PAGE / 2, /* ... and by blocks up to this size */
};

#if defined(MADV_HUGEPAGE) && !defined(MIEN_SANITIZED)
#define HUGE_PAGES 1
#else
#define HUGE_PAGES 0 /* sanitizers watch malloc */
#endif

/* Stands before every block that is handed out. */
struct head {
    void *start;   /* of what malloc or mmap gave */
    size_t mapped; /* bytes, for munmap; 0: it was malloc */
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

static void *behind_head(unsigned char *start, size_t alignment, size_t mapped)
{
    struct head head = {.start = start, .mapped = mapped};
    uintptr_t least = (uintptr_t)start + sizeof head;
    unsigned char *memory = start + sizeof head + (alignment - least % alignment) % alignment;
    memcpy(memory - sizeof head, &head, sizeof head);
    return memory;
}

static struct head head_of(const void *memory)
{
    struct head head;
    memcpy(&head, (const unsigned char *)memory - sizeof head, sizeof head);
    return head;
}

/* Blocks of one huge page that were given back while somebody holds them: to map and to clear such
 * a page takes as long as many a step of a fit, and its workspaces come and go. */
static struct {
    pthread_mutex_t mutex;
    size_t holders;
    void *blocks[8];
    unsigned count;
} kept = {.mutex = PTHREAD_MUTEX_INITIALIZER};

enum { KEPT_MOST = sizeof kept.blocks / sizeof *kept.blocks };

static bool keep(void *memory)
{
    pthread_mutex_lock(&kept.mutex);
    bool room = kept.holders && kept.count < KEPT_MOST;
    if (room)
        kept.blocks[kept.count++] = memory;
    pthread_mutex_unlock(&kept.mutex);
    return room;
}

void mien_memory_hold(void)
{
    pthread_mutex_lock(&kept.mutex);
    kept.holders++;
    pthread_mutex_unlock(&kept.mutex);
}

void mien_memory_release(void)
{
    pthread_mutex_lock(&kept.mutex);
    if (kept.holders)
        kept.holders--;
    while (!kept.holders && kept.count) {
        struct head head = head_of(kept.blocks[--kept.count]);
        munmap(head.start, head.mapped);
    }
    pthread_mutex_unlock(&kept.mutex);
}

static bool is_one_page(const void *memory, struct head head)
{
    return (unsigned char *)head.start + head.mapped == (const unsigned char *)memory + HUGE_PAGE;
}

#if HUGE_PAGES
static void *take_kept(void)
{
    pthread_mutex_lock(&kept.mutex);
    void *memory = kept.count ? kept.blocks[--kept.count] : NULL;
    pthread_mutex_unlock(&kept.mutex);
    return memory;
}

static size_t round_up(size_t nbytes, size_t unit)
{
    return nbytes + (unit - nbytes % unit) % unit;
}

/* A block in pages of 2 MB, where the kernel has them: a fit of a small problem lasts no longer
 * than a few thousand page faults, which is what its workspaces cost in pages of 4 KB. It begins
 * with such a page, behind a small one for its head; less than HUGE_LEAST at its end stays in
 * small pages. *clean: whether it is known to be zero. nbytes < PTRDIFF_MAX. */
static void *allocate_huge(size_t nbytes, bool *clean)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), tail = nbytes % HUGE_PAGE;
    size_t huge = tail < HUGE_LEAST ? nbytes - tail : round_up(nbytes, HUGE_PAGE);
    size_t whole = huge < nbytes ? huge + round_up(tail, page) : huge;
    size_t mapped = page + whole, room = mapped + HUGE_PAGE;
    void *again = whole == HUGE_PAGE ? take_kept() : NULL;
    *clean = !again;
    if (again)
        return again;
    unsigned char *start =
        mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    size_t before = round_up((uintptr_t)start + page, HUGE_PAGE) - page - (uintptr_t)start;
    if (before)
        munmap(start, before);
    start += before;
    munmap(start + mapped, room - before - mapped);
    void *memory = behind_head(start, HUGE_PAGE, mapped);
    (void)madvise(memory, huge, MADV_HUGEPAGE); /* refused: then it is small pages */
    return memory;
}
#else
static void *allocate_huge(size_t nbytes, bool *clean)
{
    (void)nbytes;
    (void)clean;
    return NULL;
}
#endif

/* calloc is used where it can be: fresh pages are zero already and need not be touched. */
static void *allocate(size_t count, size_t size, bool zero)
{
    size_t nbytes, padded;
    if (!mien_product(count, size, 1, &nbytes) ||
        __builtin_add_overflow(nbytes, ALIGNMENT + sizeof(struct head), &padded) ||
        padded > PTRDIFF_MAX)
        return NULL;
    bool clean = false;
    void *huge = nbytes >= HUGE_LEAST && !hook_malloc ? allocate_huge(nbytes, &clean) : NULL;
    if (huge)
        return zero && !clean ? memset(huge, 0, nbytes) : huge;
    unsigned char *start;
    if (hook_malloc) {
        start = hook_malloc(padded);
        if (start && zero)
            memset(start, 0, padded);
    } else {
        start = zero ? calloc(1, padded) : malloc(padded);
    }
    return start ? behind_head(start, ALIGNMENT, 0) : NULL;
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
    struct head head = head_of(memory);
    if (head.mapped && is_one_page(memory, head) && keep(memory))
        return;
    if (head.mapped)
        munmap(head.start, head.mapped);
    else if (hook_free)
        hook_free(head.start);
    else
        free(head.start);
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

/* A small block from a huge page; NULL when there is none, or none that is empty enough. */
static void *take_from_page(mien_room *room, size_t nbytes)
{
    size_t padded = nbytes + (ALIGNMENT - nbytes % ALIGNMENT) % ALIGNMENT;
    if (!padded)
        padded = ALIGNMENT;
    if (padded > room->left)
        return NULL;
    void *memory = room->page + HUGE_PAGE - room->left;
    room->left -= padded;
    return room->clean ? memory : memset(memory, 0, nbytes);
}

static void *take_page(bool *clean)
{
    void *page = allocate_huge(HUGE_PAGE, clean);
    if (page)
        return page;
    *clean = false;
    return mien_alloc_raw(HUGE_PAGE, 1);
}

static void *arena_take(mien_arena *arena, mien_room *room, size_t count, size_t size)
{
    if (arena->failed)
        return NULL;
    size_t nbytes = 0;
    bool small =
        HUGE_PAGES && !hook_malloc && mien_product(count, size, 1, &nbytes) && nbytes < SHARED_MOST;
    void *memory = small ? take_from_page(room, nbytes) : NULL;
    if (memory)
        return memory;
    bool page = small && room->small + nbytes > SMALL_MOST; /* a new one, for this and more */
    bool clean = false;
    if (mien_grow((void **)&arena->blocks, &arena->capacity, arena->count, arena->count + 1,
                  sizeof(void *)))
        memory = page ? take_page(&clean) : mien_alloc_array(count, size);
    if (!memory) {
        arena->failed = true;
        return NULL;
    }
    arena->blocks[arena->count++] = memory;
    room->small += small ? nbytes : 0;
    if (!page)
        return memory;
    room->page = memory;
    room->left = HUGE_PAGE;
    room->clean = clean;
    return take_from_page(room, nbytes);
}

void *mien_arena_alloc(mien_arena *arena, size_t count, size_t size)
{
    return arena_take(arena, &arena->room, count, size);
}

void *mien_arena_alloc_each(mien_arena *arena, unsigned workers, size_t count, size_t size)
{
    void **each = mien_arena_alloc(arena, workers, sizeof *each);
    size_t n_apart = workers ? workers - 1 : 0;
    if (!each || !mien_grow((void **)&arena->apart, &arena->n_apart, arena->n_apart, n_apart,
                            sizeof *arena->apart)) {
        arena->failed = true;
        return NULL;
    }
    for (unsigned i = 0; i < workers; i++)
        each[i] = arena_take(arena, i ? &arena->apart[i - 1] : &arena->room, count, size);
    return arena->failed ? NULL : each;
}

void mien_arena_free(mien_arena *arena)
{
    for (size_t i = 0; i < arena->count; i++)
        mien_free(arena->blocks[i]);
    mien_free(arena->blocks);
    mien_free(arena->apart);
    *arena = (mien_arena){0};
}
