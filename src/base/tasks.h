/* tasks.h - few long tasks in threads of their own, watched by the calling thread.
 * SPDX-License-Identifier: MIT
 *
 * A pool (parallel.h) shares out the short steps of one fit. Here a task is a whole fit, which has
 * a pool itself; meanwhile the caller's thread stays free to tell the user how far things are. */
#ifndef MIEN_TASKS_H
#define MIEN_TASKS_H

#include "base/parallel.h"

/* Run tasks 0 .. n_tasks - 1, each by one of `threads` new threads (0: one a processor), and return
 * when all are done. The calling thread runs none of them; it calls watch(context) about twenty
 * times a second and once at the end. `worker` is below `threads`, and below n_tasks.
 * Floating-point arithmetic is as in the calling thread. When no thread can be started the caller
 * runs them all. MIEN_OK or MIEN_ERR_NOMEM, before any task was run. */
mien_status mien_tasks_run(unsigned threads, size_t n_tasks, mien_task_fn task,
                           void (*watch)(void *context), void *context);

#endif
