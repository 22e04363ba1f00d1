/* spectrum.c - the leading principal components of X: what PCA returns and ICA starts from.
 * SPDX-License-Identifier: MIT
 *
 *   C = X - 1 mu'; C'C = V L V'; H = V' (r leading rows), W = C V
 *
 * Exact way: the Gram matrix of the smaller side. p <= n: C'C and its eigenvectors are H. n < p:
 * C C' = U L U' and H = L^(-1/2) U' C. Tiles are centred before any product: no n mu mu' is
 * subtracted afterwards, so nothing cancels. The products are taken in float at first, which costs
 * half and is wrong by some 1e-8 of the largest eigenvalue. A Rayleigh-Ritz step with the scores
 * takes that error to its square: where no wanted eigenvalue is below 1e-3 of the largest, all are
 * right to 2e-7 of themselves (against numpy in double: 6e-8 on CBCL, 8e-8 to 2e-7 on ORL, r = 49
 * to 140). Else, or where nearly all variance is explained and the loss is a small difference, the
 * products are taken again in double, and an eigenvalue is right to about 1e-15 of the largest.
 * Cost: n p min(n,p) + min(n,p)^3 4/3, memory min(n,p)^2 doubles. Errors of images left out come
 * from the same eigenpairs, see leave_one_out.c. */
#include "methods/pca/spectrum.h"

#include "base/status.h"
#include "linalg/lapack.h"
#include "linalg/rows.h"
#include "methods/method.h"
#include "methods/pca/centred.h"
#include "methods/pca/krylov.h"
#include "methods/pca/leave_one_out.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Eigenvalues below these shares of ||X||_F^2 count as zero: rounding of float data, 1.2e-15 of it
 * in all directions together, and of double sums stays below the first, that of float products
 * below the second. */
static const double ZERO_EXACT = 1e-14, ZERO_FLOAT = 1e-12;

/* The mean image is kept in float32. What that rounds off may be this share of the variance. */
static const double MEAN_ROUNDING = 1e-3;

/* Products in float will do down to this share of the largest eigenvalue, and where the components
 * leave this share of the variance: the loss is a difference. */
static const double LEAST_VALUE = 1e-3, LEAST_REST = 1e-2;

/* Components are kept as long as their variance is not rounding. */
static void cut_rank(mien_spectrum *s, size_t r, double zero)
{
    for (s->rank = 0; s->rank < r && s->values[s->rank] > zero; s->rank++)
        ;
    for (size_t k = s->rank; k < r; k++)
        s->values[k] = 0;
}

static bool float_will_do(const mien_eigen *eigen, size_t r, double variance)
{
    double rest = variance;
    for (size_t k = 0; k < r; k++)
        rest -= eigen->values[k];
    return eigen->values[r - 1] > LEAST_VALUE * eigen->values[0] && rest > LEAST_REST * variance;
}

/* ||G||_F^2 from the upper triangle: the sum of its squared eigenvalues. */
static double sum_squares(const double *G, size_t side)
{
    double sum = 0;
    for (size_t k = 0; k < side; k++) {
        double row = 0;
        for (size_t l = k + 1; l < side; l++)
            row += G[k * side + l] * G[k * side + l];
        sum += 2 * row + G[k * side + k] * G[k * side + k];
    }
    return sum;
}

/* The leading eigenpairs of the Gram matrix, r of them for the fit, some more for what it leaves
 * out; *exact <- whether its products are in double, *squares <- the sum of its squared
 * eigenvalues. The solver takes the room that the first products leave. */
static mien_status solve_gram(const mien_centred *C, double variance, size_t r, mien_eigen *eigen,
                              double *G, mien_arena *arena, bool *exact, double *squares)
{
    size_t n = C->run->X->n, p = C->run->X->p, side = n < p ? n : p;
    size_t pairs = side - r < MIEN_PAIRS_BEYOND ? side : r + MIEN_PAIRS_BEYOND;
    bool images = n < p;
    mien_status st = MIEN_OK;
    *exact = false;
    for (int attempt = 0; !st && attempt < 2; attempt++) {
        *exact = attempt > 0;
        st = mien_centred_gram(C, images, *exact, G);
        if (!st && attempt == 0)
            st = mien_eigen_alloc(eigen, side, pairs, arena);
        if (!st) {
            *squares = sum_squares(G, side);
            st = mien_eigen_solve(eigen, G);
        }
        if (!st && float_will_do(eigen, r, variance))
            break;
    }
    return st;
}

/* Turn W and H so that W'W is diagonal: the Rayleigh-Ritz step, with the scores W = C H'. */
static mien_status turn(const mien_centred *C, mien_fit *fit, mien_spectrum *s)
{
    mien_run *run = C->run;
    size_t n = fit->n, p = fit->p, r = fit->r;
    mien_arena arena = {0};
    mien_eigen eigen;
    double *G = mien_arena_alloc(&arena, r * r, sizeof *G);
    mien_status st = mien_eigen_alloc(&eigen, r, r, &arena);
    if (!st)
        st = mien_tall_inner(run->pool, fit->W, n, r, G);
    if (!st)
        st = mien_eigen_solve(&eigen, G);
    if (!st)
        st = mien_rows_combine(run->pool, eigen.vectors, r, r, fit->H, p, 0, fit->H);
    for (size_t k = 0; !st && k < r; k++) {
        s->values[k] = eigen.values[k];
        for (size_t l = 0; l < r; l++)
            G[l * r + k] = eigen.vectors[k * r + l];
    }
    if (!st)
        st = mien_tall_multiply(run->pool, fit->W, n, r, G);
    mien_arena_free(&arena);
    return st;
}

/* H <- L^(-1/2) U' C from the eigenvectors U of C C', by way of W. */
static mien_status images_to_pixels(const mien_centred *C, const mien_eigen *eigen, mien_fit *fit,
                                    const mien_spectrum *s)
{
    size_t n = fit->n, r = fit->r;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < s->rank; k++)
            fit->W[i * r + k] = (float)(eigen->vectors[k * n + i] / sqrt(s->values[k]));
    mien_status st = mien_centred_combine(C, r, fit->W, fit->H);
    if (!st && s->rank)
        st = mien_rows_orthonormalise(C->run->pool, fit->H, s->rank, fit->p);
    return st;
}

static mien_status find_exact(const mien_centred *C, mien_fit *fit, mien_spectrum *s)
{
    size_t n = fit->n, p = fit->p, r = fit->r, side = n < p ? n : p;
    bool exact;
    mien_arena arena = {0};
    mien_eigen eigen;
    double squares, *G = mien_arena_alloc(&arena, side * side, sizeof *G);
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    if (!st)
        st = solve_gram(C, s->variance, r, &eigen, G, &arena, &exact, &squares);
    if (!st && n > 1) {
        mien_pairs pairs = {.count = eigen.r,
                            .values = eigen.values,
                            .vectors = eigen.vectors,
                            .images = n < p,
                            .variance = s->variance,
                            .squares = squares};
        st = mien_leave_one_out(C, &pairs, r, &fit->held_out);
    }
    if (st)
        goto done;
    memcpy(s->values, eigen.values, r * sizeof *s->values);
    cut_rank(s, r, ZERO_EXACT * C->run->squares);
    if (n < p)
        st = images_to_pixels(C, &eigen, fit, s);
    else
        for (size_t at = 0; at < s->rank * p; at++)
            fit->H[at] = (float)eigen.vectors[at];
    snprintf(s->how, sizeof s->how, "exact, Gram matrix of %zu x %zu", side, side);
done:
    mien_arena_free(&arena); /* what follows takes its pages */
    if (!st)
        st = mien_centred_scores(C, r, fit->H, fit->W);
    if (!st && !exact)
        st = turn(C, fit, s);
    return st;
}

/* The same for a large X, of which no more than the fit's own pairs are known: what is beyond has
 * its variance in equal parts. With so many images one of them moves little. */
static mien_status leave_out_of_many(const mien_centred *C, mien_fit *fit, const mien_spectrum *s)
{
    size_t n = fit->n, p = fit->p, r = fit->r, side = n < p ? n : p;
    mien_arena arena = {0};
    double *vectors = mien_arena_alloc(&arena, r * p, sizeof *vectors);
    for (size_t at = 0; vectors && at < r * p; at++)
        vectors[at] = fit->H[at];
    mien_pairs pairs = {
        .count = r, .values = s->values, .vectors = vectors, .variance = s->variance};
    double rest = s->variance;
    for (size_t k = 0; k < r; k++) {
        rest -= s->values[k];
        pairs.squares += s->values[k] * s->values[k];
    }
    pairs.squares += rest * rest / (double)(side - r);
    mien_status st = vectors ? mien_leave_one_out(C, &pairs, r, &fit->held_out) : MIEN_ERR_NOMEM;
    mien_arena_free(&arena);
    return st;
}

static mien_status find_krylov(const mien_centred *C, mien_fit *fit, mien_spectrum *s)
{
    size_t n = fit->n, p = fit->p, r = fit->r;
    mien_krylov_report report;
    mien_status st = mien_krylov_find(C, r, C->run->seed, fit->H, &report);
    if (!st)
        st = mien_centred_scores(C, r, fit->H, fit->W);
    if (!st)
        st = turn(C, fit, s);
    if (st)
        return st;
    cut_rank(s, r, ZERO_FLOAT * C->run->squares);
    memset(fit->H + s->rank * p, 0, (r - s->rank) * p * sizeof *fit->H);
    for (size_t i = 0; i < n; i++)
        memset(fit->W + i * r + s->rank, 0, (r - s->rank) * sizeof *fit->W);
    st = leave_out_of_many(C, fit, s);
    snprintf(s->how, sizeof s->how, "randomised, %zu passes, relative residual %.1e%s",
             report.passes, report.residual, report.converged ? "" : " (not converged)");
    return st;
}

/* Signs of rows of H, and with them of columns of W. */
static void fix_signs(mien_fit *fit)
{
    size_t n = fit->n, p = fit->p, r = fit->r;
    for (size_t k = 0; k < r; k++) {
        float *h = fit->H + k * p, most = 0;
        for (size_t j = 0; j < p; j++)
            if (fabsf(h[j]) > fabsf(most))
                most = h[j];
        if (!(most < 0))
            continue;
        for (size_t j = 0; j < p; j++)
            h[j] = -h[j];
        for (size_t i = 0; i < n; i++)
            fit->W[i * r + k] = -fit->W[i * r + k];
    }
}

/* Subtract from v (p) what lies along `rows` orthonormal rows of H; returns |v|^2. */
static double take_off(const float *H, size_t rows, size_t p, double *v)
{
    double square = 0;
    for (int twice = 0; twice < 2; twice++)
        for (size_t k = 0; k < rows; k++) {
            double inner = 0;
            for (size_t j = 0; j < p; j++)
                inner += v[j] * H[k * p + j];
            for (size_t j = 0; j < p; j++)
                v[j] -= inner * H[k * p + j];
        }
    for (size_t j = 0; j < p; j++)
        square += v[j] * v[j];
    return square;
}

/* Of p cosines, which span all images, one has the mean square or more left. */
mien_status mien_spectrum_complete(mien_run *run, size_t rank, mien_fit *fit)
{
    const double PI = 3.14159265358979323846;
    size_t p = fit->p, r = fit->r, cosine = 0;
    double *v = mien_arena_alloc(run->arena, p, sizeof *v);
    if (!v)
        return MIEN_ERR_NOMEM;
    for (size_t k = rank; k < r; k++) {
        double enough = 0.5 * (double)(p - k) / (double)p, square = 0;
        for (size_t tries = 0; tries < p && !(square >= enough); tries++, cosine++) {
            double frequency = PI * (double)(cosine % p) / (double)p;
            double scale = sqrt((cosine % p ? 2.0 : 1.0) / (double)p);
            for (size_t j = 0; j < p; j++)
                v[j] = scale * cos(frequency * ((double)j + 0.5));
            square = take_off(fit->H, k, p, v);
        }
        for (size_t j = 0; j < p; j++)
            fit->H[k * p + j] = (float)(v[j] / sqrt(square));
    }
    fix_signs(fit);
    return MIEN_OK;
}

/* fit->mu <- the mean, where float32 holds it to the digits that images differ in. */
static mien_status round_mean(const mien_run *run, mien_fit *fit)
{
    size_t n = fit->n, p = fit->p;
    double lost = 0, largest = 0;
    fit->mu = mien_alloc_array(p, sizeof *fit->mu);
    if (!fit->mu)
        return MIEN_ERR_NOMEM;
    for (size_t j = 0; j < p; j++) {
        fit->mu[j] = (float)run->mean[j];
        lost += (run->mean[j] - fit->mu[j]) * (run->mean[j] - fit->mu[j]);
        largest = fmax(largest, fabs(run->mean[j]));
    }
    if (!(run->variance > 0) || (double)n * lost <= MEAN_ROUNDING * run->variance)
        return MIEN_OK;
    double entries = (double)n * (double)p, unit = ldexp(1, -run->exponent);
    return mien_fail(
        run->err, MIEN_ERR_DOMAIN,
        "%s: images differ by %.3g (standard deviation of a pixel) around a mean of up "
        "to %.3g, of which float32 loses %.2g: subtract a constant from X first",
        run->method->info.title, unit * sqrt(run->variance / entries), unit * largest,
        unit * sqrt(lost / (double)p));
}

mien_status mien_spectrum_find(mien_run *run, bool centre, size_t exact, mien_fit *fit,
                               mien_spectrum *out)
{
    size_t n = fit->n, p = fit->p, r = fit->r, side = n < p ? n : p;
    mien_centred C = {.run = run, .mu = centre ? run->mean : NULL};
    mien_spectrum s = {.variance = centre ? run->variance : run->squares};
    s.values = mien_arena_alloc(run->arena, r, sizeof *s.values);
    if (!s.values)
        return MIEN_ERR_NOMEM;
    mien_status st = centre ? round_mean(run, fit) : MIEN_OK;
    if (st)
        return st;
    if (side > exact && 8 * r <= side)
        st = find_krylov(&C, fit, &s);
    else
        st = find_exact(&C, fit, &s);
    if (!st)
        fix_signs(fit);
    if (st == MIEN_ERR_NUMERIC)
        mien_fail(run->err, st, "%s: the eigenvectors of X could not be computed",
                  run->method->info.title);
    if (!st)
        *out = s;
    return st;
}

double mien_spectrum_loss(const mien_spectrum *spectrum, size_t r)
{
    double rest = spectrum->variance;
    for (size_t k = 0; k < r; k++)
        rest -= spectrum->values[k];
    return rest > 0 ? rest / 2 : 0;
}
