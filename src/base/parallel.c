/* parallel.c - a pool of threads that share out numbered tasks.
 * SPDX-License-Identifier: MIT
 *
 * Each worker begins with a share of consecutive tasks, the same in every run of as many tasks:
 * what it wrote in the last run stands in its own cache, and what its neighbour wrote would have to
 * be fetched from there, which costs a multiplicative step on CBCL two fifths of its time. Whoever
 * is done takes tasks from the others' shares. Between two runs a worker first spins for a moment,
 * since an iteration of a small problem lasts a millisecond and a sleep costs a good part of that,
 * and then sleeps on a condition. */
#define _GNU_SOURCE
#include "base/parallel.h"

#include "base/memory.h"
#include "base/pulse.h"
#include "base/team.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

enum {
    MAX_THREADS = 256,
    SPINS =
        4000, /* some 50 microseconds: longer than the pause between two steps of an iteration */
    STACK = 2 << 20 /* bytes; the system's 8 MB a thread count where address space is limited */
};

struct mien_pool {
    unsigned threads; /* workers, the caller included */
    const mien_team *team;
    bool spin;          /* there is a processor for each worker */
    pthread_t *handles; /* threads - 1 */
    struct worker {
        mien_pool *pool;
        unsigned index;
        atomic_size_t next; /* first task of its share that is not taken */
        size_t end;
        char apart[64]; /* no two counters in one line of a cache */
    } * workers;

    mien_task_fn task;
    void *context;
    atomic_uint round; /* increases with every run */
    atomic_uint busy;  /* workers that have not finished this round */
    atomic_bool quit;
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
};

unsigned mien_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        int count = CPU_COUNT(&set);
        if (count > 0)
            return (unsigned)count;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    _mm_pause();
#endif
}

/* Flush denormals to zero; returns what to hand to mien_denormals_restore(). */
static unsigned flush_denormals(void)
{
#if defined(__x86_64__)
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040u);
    return before;
#else
    return 0;
#endif
}

void mien_denormals_restore(unsigned before)
{
#if defined(__x86_64__)
    _mm_setcsr(before);
#else
    (void)before;
#endif
}

unsigned mien_denormals_keep(void)
{
#if defined(__x86_64__)
    unsigned before = _mm_getcsr();
    _mm_setcsr(before & ~0x8040u);
    return before;
#else
    return 0;
#endif
}

static void take_tasks(mien_pool *pool, unsigned worker)
{
    for (unsigned i = 0; i < pool->threads; i++) {
        struct worker *share = &pool->workers[(worker + i) % pool->threads];
        for (;;) {
            size_t task = atomic_fetch_add(&share->next, 1);
            if (task >= share->end)
                break;
            pool->task(pool->context, task, worker);
            mien_beat();
        }
    }
}

/* The tasks among the workers. */
static void share_out(mien_pool *pool, size_t n_tasks)
{
    size_t each = n_tasks / pool->threads, rest = n_tasks % pool->threads, first = 0;
    for (unsigned i = 0; i < pool->threads; i++) {
        struct worker *share = &pool->workers[i];
        atomic_store(&share->next, first);
        share->end = first += each + (i < rest);
    }
}

/* Wait until the round differs from `seen` or the pool ends; returns the new round. */
static unsigned wait_for_round(mien_pool *pool, unsigned seen)
{
    for (int i = 0; pool->spin && i < SPINS; i++) {
        unsigned now = atomic_load(&pool->round);
        if (now != seen || atomic_load(&pool->quit))
            return now;
        pause_briefly();
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->round) == seen && !atomic_load(&pool->quit))
        pthread_cond_wait(&pool->wake, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    return atomic_load(&pool->round);
}

static void *work(void *argument)
{
    struct worker *self = argument;
    mien_pool *pool = self->pool;
    unsigned seen = 0;
    flush_denormals();
    for (;;) {
        seen = wait_for_round(pool, seen);
        if (atomic_load(&pool->quit))
            return NULL;
        take_tasks(pool, self->index);
        if (atomic_fetch_sub(&pool->busy, 1) == 1) {
            pthread_mutex_lock(&pool->mutex);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->mutex);
        }
    }
}

int mien_thread_create(void *handle, void *(*start)(void *), void *argument)
{
    pthread_attr_t attributes;
    bool own = pthread_attr_init(&attributes) == 0;
    if (own)
        pthread_attr_setstacksize(&attributes, STACK);
    int failed = pthread_create((pthread_t *)handle, own ? &attributes : NULL, start, argument);
    if (own)
        pthread_attr_destroy(&attributes);
    return failed;
}

/* As many of the threads as the system gives; the caller is the first. */
static void start_threads(mien_pool *pool, unsigned threads)
{
    pool->threads = 1;
    for (unsigned i = 1; i < threads; i++) {
        pool->workers[i] = (struct worker){.pool = pool, .index = i};
        if (mien_thread_create(&pool->handles[i - 1], work, &pool->workers[i]) != 0)
            break;
        pool->threads++;
    }
}

mien_status mien_pool_create(unsigned threads, mien_pool **out)
{
    unsigned processors = mien_processors();
    if (threads == 0)
        threads = processors;
    if (threads > MAX_THREADS)
        threads = MAX_THREADS;
    mien_pool *pool = mien_alloc_array(1, sizeof *pool);
    if (!pool)
        return MIEN_ERR_NOMEM;
    pool->handles = mien_alloc_array(threads, sizeof *pool->handles);
    pool->workers = mien_alloc_array(threads, sizeof *pool->workers);
    if (!pool->handles || !pool->workers) {
        mien_free(pool->handles);
        mien_free(pool->workers);
        mien_free(pool);
        return MIEN_ERR_NOMEM;
    }
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->spin = threads <= processors;
    pool->team = mien_team_now();
    start_threads(pool, threads);
    *out = pool;
    return MIEN_OK;
}

void mien_pool_free(mien_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->quit, true);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 1; i < pool->threads; i++)
        pthread_join(pool->handles[i - 1], NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    mien_free(pool->handles);
    mien_free(pool->workers);
    mien_free(pool);
}

unsigned mien_pool_threads(const mien_pool *pool)
{
    return pool->threads;
}

const mien_team *mien_pool_team(const mien_pool *pool)
{
    return pool ? pool->team : NULL;
}

/* Until the others have finished. */
static void wait_for_others(mien_pool *pool)
{
    for (int i = 0; pool->spin && i < SPINS && atomic_load(&pool->busy); i++)
        pause_briefly();
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->busy))
        pthread_cond_wait(&pool->done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

void mien_pool_run(mien_pool *pool, size_t n_tasks, mien_task_fn task, void *context)
{
    pool->task = task;
    pool->context = context;
    share_out(pool, n_tasks);
    unsigned others = pool->threads - 1;
    if (others && n_tasks > 1) {
        atomic_store(&pool->busy, others);
        pthread_mutex_lock(&pool->mutex);
        atomic_fetch_add(&pool->round, 1);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->mutex);
    }
    unsigned control = flush_denormals();
    take_tasks(pool, 0);
    mien_denormals_restore(control);
    if (others && n_tasks > 1)
        wait_for_others(pool);
}
