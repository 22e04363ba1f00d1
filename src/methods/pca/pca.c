/* pca.c - principal component analysis.
 * SPDX-License-Identifier: MIT
 *
 *   minimise 1/2 ||X - 1 mu' - W H||_F^2,  H H' = I (r x p),  mu the mean image
 *
 * H are the leading eigenvectors of the covariance of the pixels, W the scores (ESL 14.5.1). With
 * `center` = no, mu = 0 and H are eigenvectors of X'X, as in Lee & Seung, Nature 401 (1999).
 * How they are found is told in spectrum.c. Direct: no start, no iterations, one row of trace.
 * Components by decreasing variance; the entry of H of largest absolute value is positive. */
#include "methods/method.h"
#include "methods/pca/projection.h"
#include "methods/pca/spectrum.h"

#include <stdio.h>
#include <string.h>

static const mien_option own_options[] = {
    {.key = "center",
     .choices = "yes|no",
     .initial = 0,
     .help = "subtract the mean image first; no: as Lee & Seung do"},
    {0},
};

static mien_loss pca_loss(const mien_options *options)
{
    (void)options;
    return MIEN_LOSS_HALF_SQUARES;
}

static mien_status pca_fit(mien_run *run, mien_fit *fit)
{
    bool centre = mien_run_option(run, "center") == 0;
    mien_spectrum spectrum;
    mien_status st = mien_spectrum_find(run, centre, MIEN_SPECTRUM_EXACT, fit, &spectrum);
    if (st)
        return st;
    fit->iterations = 1;
    fit->stop = MIEN_STOP_CONVERGED;
    mien_run_step(run, 1, mien_spectrum_loss(&spectrum, fit->r));
    snprintf(fit->note, sizeof fit->note, "%s", spectrum.how);
    if (spectrum.rank < fit->r) {
        st = mien_spectrum_complete(run, spectrum.rank, fit);
        size_t length = strlen(fit->note);
        snprintf(fit->note + length, sizeof fit->note - length,
                 "; X has %zu components, the other %zu have variance 0", spectrum.rank,
                 fit->r - spectrum.rank);
    }
    return st;
}

const mien_method mien_method_pca = {
    .info = {.name = "pca",
             .title = "PCA",
             .motto = "adds and takes away wholes",
             .long_title = "Principal component analysis",
             .citation = "Hastie, Tibshirani & Friedman, ESL, 14.5.1; "
                         "Musco & Musco, NIPS 2015, for large data",
             .traits = MIEN_IN_STEPS | MIEN_SIGNED | MIEN_RANK_BOUND | MIEN_ORTHONORMAL,
             .tolerance = 0,
             .options = own_options},
    .loss = pca_loss,
    .random_start = false,
    .fit = pca_fit,
    .encode = mien_project,
    .encodes_in_proportion = mien_projects_in_proportion,
};
