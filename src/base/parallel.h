/* parallel.h - a pool of threads that share out numbered tasks.
 * SPDX-License-Identifier: MIT
 *
 * Results must not depend on the number of threads. So work is cut into fixed tasks, each task is
 * done whole by one thread and writes to a place of its own, and partial sums are
 * added in a fixed tree (reduce.h). */
#ifndef MIEN_PARALLEL_H
#define MIEN_PARALLEL_H

#include "mien.h"

typedef struct mien_pool mien_pool;

/* `worker` is below mien_pool_threads(): the place of a thread's own buffers. */
typedef void (*mien_task_fn)(void *context, size_t task, unsigned worker);

/* threads = 0: one a processor. Starting fewer threads than asked for is no error. */
mien_status mien_pool_create(unsigned threads, mien_pool **out);
void mien_pool_free(mien_pool *pool);

unsigned mien_pool_threads(const mien_pool *pool);

/* The ranks that share what passes on this pool do (team.h): those of the thread that created it.
 * NULL: there are none; of no pool, too. */
struct mien_team;
const struct mien_team *mien_pool_team(const mien_pool *pool);

/* Run tasks 0 .. n_tasks - 1, in any order, and return when all are done; a task goes to the same
 * worker as in the last run of as many where that is possible. The calling thread is worker 0.
 * While tasks run, denormal floats count as zero on x86-64: weights that decay would slow the
 * arithmetic down a hundredfold. Not to be called from within a task. */
void mien_pool_run(mien_pool *pool, size_t n_tasks, mien_task_fn task, void *context);

/* Within a task: denormals are numbers again, until the state that was before is restored. */
unsigned mien_denormals_keep(void);
void mien_denormals_restore(unsigned before);

/* pthread_create() with a stack of 2 MB: the system's 8 MB count where address space is limited.
 * `handle` is a pthread_t. */
int mien_thread_create(void *handle, void *(*work)(void *), void *argument);

/* Processors this process may run on. */
unsigned mien_processors(void);

#endif
