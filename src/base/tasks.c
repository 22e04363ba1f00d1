/* tasks.c - few long tasks in threads of their own, watched by the calling thread.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "base/tasks.h"

#include "base/memory.h"
#include "base/pulse.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { WATCH_NANOSECONDS = 50 * 1000 * 1000 };

struct crew {
    mien_task_fn task;
    void *context;
    size_t n_tasks;
    atomic_size_t next;
    size_t working; /* threads that have not ended, under the mutex */
    pthread_mutex_t mutex;
    pthread_cond_t ended;
};

struct member {
    struct crew *crew;
    unsigned index;
    pthread_t handle;
};

static void take(struct crew *crew, unsigned worker)
{
    size_t task;
    while ((task = atomic_fetch_add(&crew->next, 1)) < crew->n_tasks) {
        crew->task(crew->context, task, worker);
        mien_beat();
    }
}

static void *work(void *argument)
{
    struct member *self = argument;
    struct crew *crew = self->crew;
    take(crew, self->index);
    pthread_mutex_lock(&crew->mutex);
    crew->working--;
    pthread_cond_signal(&crew->ended);
    pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

/* Wait until all have ended, and look up now and then. */
static void wait_for_all(struct crew *crew, void (*watch)(void *context))
{
    pthread_mutex_lock(&crew->mutex);
    while (crew->working) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += WATCH_NANOSECONDS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&crew->ended, &crew->mutex, &until);
        pthread_mutex_unlock(&crew->mutex);
        watch(crew->context);
        pthread_mutex_lock(&crew->mutex);
    }
    pthread_mutex_unlock(&crew->mutex);
}

mien_status mien_tasks_run(unsigned threads, size_t n_tasks, mien_task_fn task,
                           void (*watch)(void *context), void *context)
{
    if (threads == 0)
        threads = mien_processors();
    if (threads > n_tasks)
        threads = (unsigned)n_tasks;
    struct crew crew = {.task = task, .context = context, .n_tasks = n_tasks};
    struct member *members = mien_alloc_array(threads, sizeof *members);
    if (!members)
        return MIEN_ERR_NOMEM;
    pthread_mutex_init(&crew.mutex, NULL);
    pthread_cond_init(&crew.ended, NULL);
    unsigned started = 0;
    pthread_mutex_lock(&crew.mutex);
    for (; started < threads; started++) {
        members[started] = (struct member){.crew = &crew, .index = started};
        if (mien_thread_create(&members[started].handle, work, &members[started]) != 0)
            break;
        crew.working++;
    }
    pthread_mutex_unlock(&crew.mutex);
    if (started == 0)
        take(&crew, 0);
    wait_for_all(&crew, watch);
    for (unsigned i = 0; i < started; i++)
        pthread_join(members[i].handle, NULL);
    watch(context);
    pthread_cond_destroy(&crew.ended);
    pthread_mutex_destroy(&crew.mutex);
    mien_free(members);
    return MIEN_OK;
}
