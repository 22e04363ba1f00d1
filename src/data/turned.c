/* turned.c - a streamed store turned on its side: pixel by pixel, all images.
 * SPDX-License-Identifier: MIT */
#include "data/turned.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/pulse.h"
#include "base/status.h"
#include "data/mapping.h"
#include "data/pixels.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

enum {
    AT_ONCE = 960 * 1024, /* bytes that are turned at a time, in the second-level cache */
    RUN = 4 * AT_ONCE     /* bytes of images that a thread takes in a row, from the disk */
};

/* UNMADE, and again when an end was asked for; ABSENT: there was no room. */
typedef enum state { UNMADE, MAKING, MADE, ABSENT } state;

struct mien_turned {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* `state` is no longer MAKING */
    state state;
    bool stopped;
    size_t begun, done; /* images that threads have begun with; and those that are turned */
    unsigned at_work;   /* threads */
    mien_pixels values; /* p x n; of use where MADE */
};

mien_turned *mien_turned_create(void)
{
    mien_turned *turned = mien_alloc_array(1, sizeof *turned);
    if (!turned)
        return NULL;
    pthread_mutex_init(&turned->mutex, NULL);
    pthread_cond_init(&turned->changed, NULL);
    return turned;
}

void mien_turned_free(mien_turned *turned)
{
    if (!turned)
        return;
    mien_pixels_free(&turned->values);
    pthread_cond_destroy(&turned->changed);
    pthread_mutex_destroy(&turned->mutex);
    mien_free(turned);
}

#define TURN(name, type)                                                                           \
    static void name(const void *rows, size_t count, size_t p, void *turned, size_t n)             \
    {                                                                                              \
        const type *from = rows;                                                                   \
        type *to = turned;                                                                         \
        for (size_t j = 0; j < p; j++)                                                             \
            for (size_t i = 0; i < count; i++)                                                     \
                to[j * n + i] = from[i * p + j];                                                   \
    }
TURN(turn_u8, uint8_t)
TURN(turn_u16, uint16_t)
TURN(turn_f32, float)

/* to[j][first + i] <- image first + i, pixel j. */
static void turn(const mien_pixels *pixels, size_t first, size_t count, char *to)
{
    const void *rows = mien_pixels_rows(pixels, first, count);
    to += first * mien_pixel_size(pixels->type);
    if (pixels->type == MIEN_U8)
        turn_u8(rows, count, pixels->p, to, pixels->n);
    else if (pixels->type == MIEN_U16)
        turn_u16(rows, count, pixels->p, to, pixels->n);
    else
        turn_f32(rows, count, pixels->p, to, pixels->n);
}

/* ---------------------------------------------------------------- making it */

/* Images first .. end - 1. */
static void turn_run(mien_turned *turned, const mien_pixels *pixels, size_t first, size_t end)
{
    size_t each = AT_ONCE / (pixels->p * mien_pixel_size(pixels->type));
    each = each ? each : 1;
    mien_pixels_expect(pixels, first, end - first);
    for (size_t i = first; i < end; i += each) {
        turn(pixels, i, end - i < each ? end - i : each, turned->values.values);
        mien_memory_relieve();
        mien_beat();
    }
}

/* Who asks for it, and is asked whether it is still wanted: one thread; `progress` NULL: nobody. */
typedef struct watcher {
    mien_progress_fn progress;
    void *user;
} watcher;

static bool is_wanted(const watcher *w, size_t done, size_t n)
{
    mien_progress now = {.stage = "turning", .done = done, .total = n, .loss = (double)NAN};
    return !w->progress || w->progress(w->user, &now);
}

/* Under the mutex: the last thread that was at work leaves what all have made, or nothing. */
static void finish(mien_turned *turned, size_t n)
{
    bool whole = turned->done == n;
    if (whole)
        mien_mapping_adopt(&turned->values);
    else
        mien_pixels_free(&turned->values);
    turned->state = whole ? MADE : UNMADE;
    pthread_cond_broadcast(&turned->changed);
}

/* Under the mutex, which is open while images are turned: take runs of them until none is left. */
static void take_part(mien_turned *turned, const mien_pixels *pixels, const watcher *w)
{
    size_t n = pixels->n, each = RUN / (pixels->p * mien_pixel_size(pixels->type));
    each = each ? each : 1;
    turned->at_work++;
    while (turned->begun < n && !turned->stopped) {
        size_t first = turned->begun, end = n - first < each ? n : first + each;
        size_t done = turned->done;
        turned->begun = end;
        pthread_mutex_unlock(&turned->mutex);
        bool wanted = is_wanted(w, done, n);
        if (wanted)
            turn_run(turned, pixels, first, end);
        pthread_mutex_lock(&turned->mutex);
        turned->done += wanted ? end - first : 0;
        turned->stopped = turned->stopped || !wanted;
    }
    if (--turned->at_work == 0)
        finish(turned, n);
}

/* Under the mutex: threads that come while it is made make it together, and leave when it is. */
static void join(mien_turned *turned, const mien_pixels *pixels, const watcher *w)
{
    if (turned->state == UNMADE) {
        mien_status st = mien_pixels_alloc(pixels->p, pixels->n, pixels->type, &turned->values);
        turned->state = st ? ABSENT : MAKING;
        turned->stopped = false;
        turned->begun = turned->done = 0;
    }
    if (turned->state == MAKING && turned->begun < pixels->n && !turned->stopped)
        take_part(turned, pixels, w);
    while (turned->state == MAKING)
        pthread_cond_wait(&turned->changed, &turned->mutex);
}

/* ---------------------------------------------------------------- asking for it */

const mien_pixels *mien_turned_rows(const mien_pixels *pixels, size_t first, size_t count)
{
    mien_turned *turned = mien_mapping_turned(pixels->mapping);
    if (!turned)
        return NULL;
    pthread_mutex_lock(&turned->mutex);
    join(turned, pixels, &(watcher){NULL, NULL});
    bool made = turned->state == MADE;
    pthread_mutex_unlock(&turned->mutex);
    if (!made)
        return NULL;
    mien_pixels_expect(&turned->values, first, count);
    return &turned->values;
}

struct making {
    mien_turned *turned;
    const mien_pixels *pixels;
    watcher watcher;
};

/* Worker 0 is the thread that called the library. */
static void join_task(void *context, size_t task, unsigned worker)
{
    (void)task;
    const struct making *m = context;
    const watcher nobody = {NULL, NULL};
    pthread_mutex_lock(&m->turned->mutex);
    if (!m->turned->stopped)
        join(m->turned, m->pixels, worker == 0 ? &m->watcher : &nobody);
    pthread_mutex_unlock(&m->turned->mutex);
}

mien_status mien_pixels_turn(const mien_pixels *pixels, unsigned threads, mien_progress_fn progress,
                             void *user, mien_error *err)
{
    mien_pool *pool;
    mien_status st = mien_check_given(err, pixels);
    if (st || !mien_mapping_streams(pixels->mapping))
        return st;
    struct making m = {mien_mapping_turned(pixels->mapping), pixels, {progress, user}};
    if (!m.turned || mien_pool_create(threads, &pool))
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    pthread_mutex_lock(&m.turned->mutex);
    m.turned->stopped = false;
    pthread_mutex_unlock(&m.turned->mutex);
    mien_pool_run(pool, mien_pool_threads(pool), join_task, &m);
    mien_pool_free(pool);
    pthread_mutex_lock(&m.turned->mutex);
    state end = m.turned->state;
    pthread_mutex_unlock(&m.turned->mutex);
    if (end == MADE)
        return MIEN_OK;
    return end == ABSENT ? mien_fail_plain(err, MIEN_ERR_NOMEM)
                         : mien_fail(err, MIEN_ERR_STOPPED, "it was interrupted");
}
