/* fit_type.c - a fit as an object: its objective, its images, its end.
 * SPDX-License-Identifier: MIT */
#include "data/mapping.h"
#include "methods/run.h"
#include "methods/snapshots.h"

#include <string.h>

double mien_fit_objective(const mien_fit *fit)
{
    return fit->loss + fit->penalty;
}

void mien_fit_free(mien_fit *fit)
{
    if (!fit)
        return;
    if (fit->W_file)
        mien_mapping_free(fit->W_file);
    else
        mien_free(fit->W);
    mien_free(fit->H);
    mien_free(fit->mu);
    mien_free(fit->trace);
    mien_snapshots_free(&fit->snapshots);
    *fit = (mien_fit){0};
}

void mien_fit_reconstruct(const mien_fit *fit, size_t i, float *out)
{
    size_t p = fit->p;
    for (size_t j = 0; j < p; j++)
        out[j] = fit->mu ? fit->mu[j] : 0;
    for (size_t k = 0; k < fit->r; k++) {
        float w = fit->W[i * fit->r + k];
        for (size_t j = 0; w != 0 && j < p; j++)
            out[j] += w * fit->H[k * p + j];
    }
}

mien_status mien_fit_reorder(const mien_run *run, mien_fit *fit, const size_t *order)
{
    size_t p = fit->p, r = fit->r, end, first = mien_run_own(run, &end);
    float *row = mien_arena_alloc(run->arena, r, sizeof *row);
    float *basis = mien_alloc_raw(r * p, sizeof *basis);
    if (!row || !basis) {
        mien_free(basis);
        return MIEN_ERR_NOMEM;
    }
    for (size_t k = 0; k < r; k++)
        memcpy(basis + k * p, fit->H + order[k] * p, p * sizeof *basis);
    mien_free(fit->H);
    fit->H = basis;
    if (mien_snapshots_reorder(fit, order, NULL))
        return MIEN_ERR_NOMEM;
    for (size_t i = first; i < end && fit->W; i++) {
        float *w = fit->W + i * r;
        memcpy(row, w, r * sizeof *row);
        for (size_t k = 0; k < r; k++)
            w[k] = row[order[k]];
    }
    return MIEN_OK;
}

void mien_encoding_free(mien_encoding *encoding)
{
    if (!encoding)
        return;
    mien_fit_free(&encoding->fit);
    mien_free(encoding->losses);
    mien_free(encoding->errors);
    *encoding = (mien_encoding){0};
}
