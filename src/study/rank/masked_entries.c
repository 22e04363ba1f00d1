/* masked_entries.c - entries that a mask hides and leaves: how many, and their loss.
 * SPDX-License-Identifier: MIT */
#include "study/rank/masked_state.h"

#include "base/status.h"
#include "linalg/blas.h"

#include <math.h>

/* ---------------------------------------------------------------- what is seen */

static void visit_counts(void *context, const mien_tile *tile)
{
    mien_masked *m = context;
    size_t p = m->p;
    uint8_t *hidden = m->hidden[tile->worker];
    uint32_t *pixel_seen = m->pixel_seen + tile->group * p;
    if (tile->opens)
        m->bad[tile->group] = SIZE_MAX;
    mien_mask_fill(&m->options->mask, (uint64_t)tile->first * p, tile->count * p, hidden);
    for (size_t i = 0; i < tile->count; i++) {
        size_t seen = 0;
        double sum = 0;
        for (size_t j = 0; j < p; j++) {
            float x = tile->x[i * p + j];
            bool kept = !hidden[i * p + j];
            seen += kept;
            pixel_seen[j] += kept;
            sum += x;
            if (!(x >= 0 && x <= 1e30f) && m->bad[tile->group] == SIZE_MAX)
                m->bad[tile->group] = (tile->first + i) * p + j;
        }
        m->image_seen[tile->first + i] = seen > 0;
        m->counts[tile->group * 3] += seen;
        m->sums[tile->group] += sum;
    }
}

mien_status mien_masked_count(mien_masked *m, mien_error *err)
{
    mien_pass(m->pool, m->X, &m->tiling, m->buffers, visit_counts, m, NULL);
    double sum = 0;
    for (size_t g = 0; g < m->tiling.groups; g++) {
        if (m->bad[g] != SIZE_MAX)
            return mien_fail(err, MIEN_ERR_DOMAIN,
                             "image %zu, pixel %zu is negative or not a finite number",
                             m->bad[g] / m->p + 1, m->bad[g] % m->p + 1);
        m->kept += m->counts[3 * g];
        sum += m->sums[g];
        for (size_t j = 0; g > 0 && j < m->p; j++)
            m->pixel_seen[j] += m->pixel_seen[g * m->p + j];
    }
    m->mean = sum / ((double)m->n * (double)m->p);
    return m->kept ? MIEN_OK : mien_fail(err, MIEN_ERR_DATA, "the mask hides every entry of X");
}

/* ---------------------------------------------------------------- scores */

static void visit_scores(void *context, const mien_tile *tile)
{
    mien_masked *m = context;
    size_t p = m->p, r = m->r;
    mien_loss loss = m->options->loss;
    double *W = m->W_double[tile->worker], *Y = m->Y_double[tile->worker];
    uint8_t *hidden = m->hidden[tile->worker];
    double floor = loss == MIEN_LOSS_KL ? MIEN_HELD_FLOOR * m->mean : 0;
    size_t *counts = m->counts + 3 * tile->group;
    if (tile->opens)
        m->losses[tile->group] = m->held[tile->group] = 0;
    mien_mask_fill(&m->options->mask, (uint64_t)tile->first * p, tile->count * p, hidden);
    for (size_t at = 0; at < tile->count * r; at++)
        W[at] = m->last.W[tile->first * r + at];
    mien_dgemm(false, false, tile->count, p, r, 1, W, r, m->H_double, p, 0, Y, p);
    for (size_t i = 0; i < tile->count; i++)
        for (size_t j = 0; j < p; j++) {
            const float *x = tile->x + i * p + j;
            double y = Y[i * p + j];
            if (!hidden[i * p + j]) {
                m->losses[tile->group] += mien_loss_sum(loss, x, &y, 1);
            } else if (m->image_seen[tile->first + i] && m->pixel_seen[j]) {
                y = y > floor ? y : floor;
                m->held[tile->group] += mien_loss_sum(loss, x, &y, 1);
                if (loss == MIEN_LOSS_KL && m->mean > 0)
                    mien_spread_add(&m->spread[tile->group], m->mean, *x, y);
                counts[1]++;
            } else {
                counts[2]++;
            }
        }
}

void mien_masked_score(mien_masked *m, mien_masked_fit *fit)
{
    for (size_t k = 0; k < m->r; k++)
        for (size_t j = 0; j < m->p; j++)
            m->H_double[k * m->p + j] = m->last.H[k * m->ldp + j];
    mien_pass(m->pool, m->X, &m->tiling, m->buffers, visit_scores, m, NULL);
    mien_nmf_combine(m->losses, m->tiling.groups, 1);
    mien_nmf_combine(m->held, m->tiling.groups, 1);
    for (size_t g = 0; g < m->tiling.groups; g++) {
        fit->n_held += m->counts[3 * g + 1];
        fit->left_out += m->counts[3 * g + 2];
    }
    fit->n_kept = m->kept;
    fit->kept = m->losses[0] / (double)m->kept;
    fit->spread = mien_spread_tell(m->spread, m->tiling.groups);
    fit->held = fit->n_held ? m->held[0] / (double)fit->n_held : NAN;
}
