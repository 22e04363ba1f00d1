/* masked_entries.c - entries that a mask hides and leaves: how many, and their loss.
 * SPDX-License-Identifier: MIT */
#include "study/rank/masked_state.h"

#include "base/status.h"
#include "linalg/blas.h"

#include <math.h>

/* ---------------------------------------------------------------- what is seen */

enum { COUNT_KEPT, COUNT_SUM, COUNT_PIXELS }; /* doubles: of entries, of X, of each pixel */

static void visit_counts(void *context, const mien_tile *tile)
{
    mien_masked *m = context;
    size_t p = m->p, *bad = &m->bad[tile->worker];
    uint8_t *hidden = m->hidden[tile->worker];
    mien_mask_fill(&m->options->mask, (uint64_t)tile->first * p, tile->count * p, hidden);
    for (size_t i = 0; i < tile->count; i++) {
        size_t seen = 0;
        double sum = 0;
        for (size_t j = 0; j < p; j++) {
            float x = tile->x[i * p + j];
            bool kept = !hidden[i * p + j];
            seen += kept;
            tile->doubles[COUNT_PIXELS + j] += kept;
            sum += x;
            if (!(x >= 0 && x <= 1e30f) && (tile->first + i) * p + j < *bad)
                *bad = (tile->first + i) * p + j;
        }
        m->image_seen[tile->first + i] = seen > 0;
        tile->doubles[COUNT_KEPT] += (double)seen;
        tile->doubles[COUNT_SUM] += sum;
    }
}

mien_status mien_masked_count(mien_masked *m, mien_error *err)
{
    mien_arena arena = {0};
    mien_sums sums = mien_sums_alloc(&arena, m->pool, m->tiling.leaves, COUNT_PIXELS + m->p, 0);
    unsigned workers = mien_pool_threads(m->pool);
    if (arena.failed) {
        mien_arena_free(&arena);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    for (unsigned w = 0; w < workers; w++)
        m->bad[w] = SIZE_MAX;
    mien_pass(m->pool, m->X, &m->tiling, m->buffers, visit_counts, m, &sums);
    size_t bad = SIZE_MAX;
    for (unsigned w = 0; w < workers; w++)
        bad = m->bad[w] < bad ? m->bad[w] : bad;
    m->kept = (size_t)sums.doubles[COUNT_KEPT];
    m->mean = sums.doubles[COUNT_SUM] / ((double)m->n * (double)m->p);
    for (size_t j = 0; j < m->p; j++)
        m->pixel_seen[j] = sums.doubles[COUNT_PIXELS + j] > 0;
    mien_arena_free(&arena);
    if (bad != SIZE_MAX)
        return mien_fail(err, MIEN_ERR_DOMAIN,
                         "image %zu, pixel %zu is negative or not a finite number", bad / m->p + 1,
                         bad % m->p + 1);
    return m->kept ? MIEN_OK : mien_fail(err, MIEN_ERR_DATA, "the mask hides every entry of X");
}

/* ---------------------------------------------------------------- scores */

/* Sums of a pass, all of them double. */
struct score_sums {
    double kept, held; /* losses */
    double n_held, left_out;
    mien_spread_sums spread;
};

static void visit_scores(void *context, const mien_tile *tile)
{
    mien_masked *m = context;
    size_t p = m->p, r = m->r;
    mien_loss loss = m->options->loss;
    double *W = m->W_double[tile->worker], *Y = m->Y_double[tile->worker];
    uint8_t *hidden = m->hidden[tile->worker];
    double floor = loss == MIEN_LOSS_KL ? MIEN_HELD_FLOOR * m->mean : 0;
    struct score_sums *sums = (struct score_sums *)tile->doubles;
    mien_mask_fill(&m->options->mask, (uint64_t)tile->first * p, tile->count * p, hidden);
    for (size_t at = 0; at < tile->count * r; at++)
        W[at] = m->last.W[tile->first * r + at];
    mien_dgemm(false, false, tile->count, p, r, 1, W, r, m->H_double, p, 0, Y, p);
    for (size_t i = 0; i < tile->count; i++)
        for (size_t j = 0; j < p; j++) {
            const float *x = tile->x + i * p + j;
            double y = Y[i * p + j];
            if (!hidden[i * p + j]) {
                sums->kept += mien_loss_sum(loss, x, &y, 1);
            } else if (m->image_seen[tile->first + i] && m->pixel_seen[j]) {
                y = y > floor ? y : floor;
                sums->held += mien_loss_sum(loss, x, &y, 1);
                if (loss == MIEN_LOSS_KL && m->mean > 0)
                    mien_spread_add(&sums->spread, m->mean, *x, y);
                sums->n_held++;
            } else {
                sums->left_out++;
            }
        }
}

mien_status mien_masked_score(mien_masked *m, mien_masked_fit *fit)
{
    mien_sums sums = mien_sums_alloc(&m->arena, m->pool, m->tiling.leaves,
                                     sizeof(struct score_sums) / sizeof(double), 0);
    if (m->arena.failed)
        return MIEN_ERR_NOMEM;
    for (size_t k = 0; k < m->r; k++)
        for (size_t j = 0; j < m->p; j++)
            m->H_double[k * m->p + j] = m->last.H[k * m->ldp + j];
    mien_pass(m->pool, m->X, &m->tiling, m->buffers, visit_scores, m, &sums);
    const struct score_sums *all = (const struct score_sums *)sums.doubles;
    fit->n_held = (size_t)all->n_held;
    fit->left_out = (size_t)all->left_out;
    fit->n_kept = m->kept;
    fit->kept = all->kept / (double)m->kept;
    fit->spread = mien_spread_tell(&all->spread);
    fit->held = fit->n_held ? all->held / all->n_held : NAN;
    return MIEN_OK;
}
