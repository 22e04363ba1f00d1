/* budget.c - memory that threads share: who needs much waits until others have given it back.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "base/budget.h"

void mien_budget_init(mien_budget *budget, size_t total)
{
    budget->total = total;
    budget->used = 0;
    pthread_mutex_init(&budget->mutex, NULL);
    pthread_cond_init(&budget->given, NULL);
}

void mien_budget_free(mien_budget *budget)
{
    pthread_mutex_destroy(&budget->mutex);
    pthread_cond_destroy(&budget->given);
}

void mien_budget_take(mien_budget *budget, size_t nbytes)
{
    pthread_mutex_lock(&budget->mutex);
    while (budget->used && (nbytes > budget->total || budget->used > budget->total - nbytes))
        pthread_cond_wait(&budget->given, &budget->mutex);
    budget->used += nbytes;
    pthread_mutex_unlock(&budget->mutex);
}

void mien_budget_give(mien_budget *budget, size_t nbytes)
{
    pthread_mutex_lock(&budget->mutex);
    budget->used -= nbytes;
    pthread_cond_broadcast(&budget->given);
    pthread_mutex_unlock(&budget->mutex);
}
