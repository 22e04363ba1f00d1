/* membership.c - what the weights say about each image: shares of components, a soft clustering.
 * SPDX-License-Identifier: MIT */
#include "study/membership.h"

#include "base/status.h"

#include <math.h>
#include <string.h>

void mien_memberships_free(mien_memberships *m)
{
    if (!m)
        return;
    mien_arena_free(&m->arena);
    *m = (mien_memberships){0};
}

void mien_memberships_shares(const mien_memberships *m, const mien_fit *fit, size_t i,
                             double *share)
{
    const float *w = fit->W + i * fit->r;
    double sum = 0;
    for (size_t k = 0; k < fit->r; k++) {
        share[k] = w[k] * m->brightness[k];
        sum += share[k];
    }
    if (!(sum > 0)) /* nothing but black */
        for (size_t k = 0; k < fit->r; k++) {
            share[k] = w[k];
            sum += share[k];
        }
    for (size_t k = 0; k < fit->r; k++)
        share[k] = sum > 0 ? share[k] / sum : 0;
}

/* Dominant component, entropy and mean shares; share: r, workspace. */
static void summarise_image(mien_memberships *m, const mien_fit *fit, size_t i, double *share)
{
    mien_memberships_shares(m, fit, i, share);
    size_t dominant = MIEN_NO_COMPONENT;
    double largest = 0, entropy = 0;
    for (size_t k = 0; k < m->r; k++) {
        if (share[k] > largest) {
            largest = share[k];
            dominant = k;
        }
        if (share[k] > 0)
            entropy -= share[k] * log(share[k]);
        m->mean_share[k] += share[k] / (double)m->n;
    }
    m->dominant[i] = dominant;
    m->entropy[i] = m->r > 1 ? fmin(fmax(entropy, 0) / log((double)m->r), 1) : 0;
}

/* score: r x MIEN_EXEMPLARS, those of the exemplars so far. Images come in order, so among equals
 * the earlier one keeps its place. */
static void enter_exemplar(mien_memberships *m, double *score, size_t i, size_t k, double value)
{
    size_t *list = m->exemplars + k * MIEN_EXEMPLARS, at = m->n_exemplars[k];
    double *scores = score + k * MIEN_EXEMPLARS;
    if (at == MIEN_EXEMPLARS && !(value > scores[MIEN_EXEMPLARS - 1]))
        return;
    if (at == MIEN_EXEMPLARS)
        at--; /* the last one leaves */
    else
        m->n_exemplars[k]++;
    for (; at > 0 && value > scores[at - 1]; at--) {
        list[at] = list[at - 1];
        scores[at] = scores[at - 1];
    }
    list[at] = i;
    scores[at] = value;
}

static double squared_distance(const float *x, const float *h, size_t p)
{
    double sum = 0;
    for (size_t j = 0; j < p; j++) {
        double off = (double)x[j] - (double)h[j];
        sum += off * off;
    }
    return sum;
}

/* By weight; where every weight is 1, by nearness to the centroid. score: r x MIEN_EXEMPLARS,
 * buffer: p, workspace. */
static void choose_exemplars(mien_memberships *m, const mien_fit *fit, const mien_source *X,
                             double *score, float *buffer)
{
    bool clusters = mien_method_describe(fit->method)->traits & MIEN_CLUSTERS;
    for (size_t i = 0; i < m->n; i++)
        for (size_t k = 0; k < m->r; k++) {
            double value = fit->W[i * m->r + k];
            if (!(value > 0))
                continue;
            if (clusters)
                value =
                    -squared_distance(X->tile(X->data, i, 1, buffer), fit->H + k * fit->p, fit->p);
            enter_exemplar(m, score, i, k, value);
        }
}

mien_status mien_memberships_measure(const mien_fit *fit, const mien_source *X,
                                     mien_memberships *out, mien_error *err)
{
    const mien_method_info *info = mien_method_describe(fit->method);
    if (!(info->traits & MIEN_MEMBERSHIPS))
        return mien_fail(err, MIEN_ERR_ARG, "%s has no memberships: its weights may be negative",
                         info->title);
    size_t n = fit->n, r = fit->r;
    if (X->n != n || X->p != fit->p)
        return mien_fail(err, MIEN_ERR_SHAPE, "a fit of %zu x %zu values, but images of %zu x %zu",
                         n, fit->p, X->n, X->p);
    mien_memberships m = {.n = n, .r = r};
    m.brightness = mien_arena_alloc(&m.arena, r, sizeof *m.brightness);
    m.dominant = mien_arena_alloc(&m.arena, n, sizeof *m.dominant);
    m.entropy = mien_arena_alloc(&m.arena, n, sizeof *m.entropy);
    m.mean_share = mien_arena_alloc(&m.arena, r, sizeof *m.mean_share);
    m.exemplars = mien_arena_alloc(&m.arena, r, MIEN_EXEMPLARS * sizeof *m.exemplars);
    m.n_exemplars = mien_arena_alloc(&m.arena, r, sizeof *m.n_exemplars);
    mien_arena work = {0};
    double *share = mien_arena_alloc(&work, r, sizeof *share);
    double *score = mien_arena_alloc(&work, r, MIEN_EXEMPLARS * sizeof *score);
    float *buffer = mien_arena_alloc(&work, fit->p, sizeof *buffer);
    bool whole = !m.arena.failed && !work.failed;
    for (size_t k = 0; k < r && whole; k++)
        for (size_t j = 0; j < fit->p; j++)
            m.brightness[k] += fabsf(fit->H[k * fit->p + j]);
    for (size_t i = 0; i < n && whole; i++)
        summarise_image(&m, fit, i, share);
    if (whole)
        choose_exemplars(&m, fit, X, score, buffer);
    mien_arena_free(&work);
    if (!whole) {
        mien_memberships_free(&m);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    *out = m;
    return MIEN_OK;
}
