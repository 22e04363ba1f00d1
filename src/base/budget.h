/* budget.h - memory that threads share: who needs much waits until others have given it back.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_BUDGET_H
#define MIEN_BUDGET_H

#include <pthread.h>
#include <stddef.h>

typedef struct mien_budget {
    size_t total, used; /* bytes */
    pthread_mutex_t mutex;
    pthread_cond_t given;
} mien_budget;

void mien_budget_init(mien_budget *budget, size_t total);
void mien_budget_free(mien_budget *budget);

/* Wait until so many bytes are free, or nobody has any: what is more than all goes alone. A thread
 * that holds some may not take more. */
void mien_budget_take(mien_budget *budget, size_t nbytes);
void mien_budget_give(mien_budget *budget, size_t nbytes);

#endif
