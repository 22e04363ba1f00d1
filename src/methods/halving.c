/* halving.c - which of several starts go on: successive halving on the loss.
 * SPDX-License-Identifier: MIT */
#include "methods/halving.h"

#include "base/memory.h"

#include <math.h>
#include <pthread.h>

enum { RUNGS = MIEN_HALVING_RUNGS };

struct mien_halving {
    pthread_mutex_t mutex;
    pthread_cond_t news;
    size_t starts, first;
    mien_contender *at; /* starts */
};

mien_status mien_halving_create(size_t starts, size_t first, mien_halving **out)
{
    mien_halving *h = mien_alloc_array(1, sizeof *h);
    mien_contender *at = mien_alloc_array(starts, sizeof *at);
    if (!h || !at) {
        mien_free(at);
        mien_free(h);
        return MIEN_ERR_NOMEM;
    }
    *h = (mien_halving){.starts = starts, .first = first, .at = at};
    pthread_mutex_init(&h->mutex, NULL);
    pthread_cond_init(&h->news, NULL);
    *out = h;
    return MIEN_OK;
}

void mien_halving_free(mien_halving *h)
{
    if (!h)
        return;
    pthread_cond_destroy(&h->news);
    pthread_mutex_destroy(&h->mutex);
    mien_free(h->at);
    mien_free(h);
}

/* Whether start `index` is in the better half at its last rung, of those before it and itself. */
static bool is_in_better_half(const mien_halving *h, size_t index, size_t rung)
{
    size_t better = 0, others = 0;
    for (size_t i = 0; i < index; i++) {
        others += isnan(h->at[i].loss[rung]) ? 0 : 1;
        better += h->at[i].loss[rung] <= h->at[index].loss[rung] ? 1 : 0;
    }
    return 2 * better <= others;
}

static bool compare(mien_halving *h, size_t index, double loss)
{
    mien_contender *self = &h->at[index];
    size_t rung = (size_t)self->rungs;
    self->loss[rung] = loss;
    self->rungs++;
    pthread_cond_broadcast(&h->news);
    for (size_t i = 0; i < index; i++)
        while (h->at[i].rungs <= rung)
            pthread_cond_wait(&h->news, &h->mutex);
    return is_in_better_half(h, index, rung);
}

bool mien_halving_goes_on(mien_halving *h, size_t index, size_t iteration, double loss)
{
    size_t rung = (size_t)h->at[index].rungs; /* no other thread writes it */
    if (rung >= RUNGS || iteration < h->first << rung)
        return true;
    pthread_mutex_lock(&h->mutex);
    bool goes_on = compare(h, index, loss);
    h->at[index].behind = !goes_on;
    pthread_mutex_unlock(&h->mutex);
    return goes_on;
}

void mien_halving_end(mien_halving *h, size_t index, double loss)
{
    if (!h)
        return;
    mien_contender *self = &h->at[index];
    pthread_mutex_lock(&h->mutex);
    while (self->rungs < RUNGS)
        self->loss[self->rungs++] = loss;
    pthread_cond_broadcast(&h->news);
    pthread_mutex_unlock(&h->mutex);
}

mien_contender mien_halving_at(mien_halving *h, size_t index)
{
    mien_contender at = {0};
    if (!h)
        return at;
    pthread_mutex_lock(&h->mutex);
    at = h->at[index];
    pthread_mutex_unlock(&h->mutex);
    return at;
}

void mien_halving_restore(mien_halving *h, size_t index, const mien_contender *at)
{
    if (!h)
        return;
    pthread_mutex_lock(&h->mutex);
    h->at[index] = *at;
    pthread_cond_broadcast(&h->news);
    pthread_mutex_unlock(&h->mutex);
}

size_t mien_halving_behind(const mien_halving *h)
{
    size_t behind = 0;
    for (size_t i = 0; i < h->starts; i++)
        behind += h->at[i].behind ? 1 : 0;
    return behind;
}
