/* cone.c - NMF with two basis vectors, seen in two dimensions.
 * SPDX-License-Identifier: MIT
 *
 *   x_i = w_i1 h_1 + w_i2 h_2,  w >= 0,  h >= 0
 *
 * says: every point lies in the cone of h_1 and h_2, and that cone lies in the quadrant. In two
 * dimensions both cones are intervals of angles, so h_1 lies between one axis and the data's
 * outermost ray on that side, h_2 likewise on the other, and every such pair has loss 0. Donoho &
 * Stodden, "When does non-negative matrix factorization give a correct decomposition into parts?",
 * NIPS 16 (2003); ESL p. 556. There is one answer only when the data reach both axes.
 *
 * In the plane of X's first two singular vectors v_1, v_2 (rows of H of PCA that does not centre)
 * an image x is the point (x.v_1, x.v_2), x.v_1 >= 0 (Perron). What is not negative in p dimensions
 * is the cone of the pixels' own images (v_1j, v_2j). A projection keeps sums: were X = W H exact,
 * the images of h_1 and h_2 would enclose those of the data and lie in the cone of the pixels. That
 * is necessary, no longer enough; and NMF of real X leaves a loss, so that points may stick out. */
#include "study/cone.h"

#include "base/memory.h"
#include "base/rng.h"
#include "base/status.h"
#include "data/pixels.h"
#include "data/source.h"

#include <math.h>
#include <string.h>

static const double HALF_PI = 1.57079632679489661923;

/* Starts tried: enough for three that differ; fewer where X is large. */
enum { STARTS_PIXELS = 24, STARTS_PLANE = 8 };

/* Two columns cost nothing: to the end, where the loss is 0 as far as floats go. */
enum { ITERATIONS_PIXELS = 3000 };

/* Pixels that are correlated more than this show one ray rather than a cone. */
static const double COLLINEAR = 0.9;

/* What a difference on one side alone counts, see distance(). */
static const double ONE_SIDE = 0.2;

/* ---------------------------------------------------------------- the example */

/* Mixtures of two directions, so that the outermost points lie near them. */
mien_status mien_cone_example(uint64_t seed, mien_pixels *out, mien_error *err)
{
    enum { POINTS = 80 };
    static const double ends[2] = {0.46, 1.06}; /* 26 and 61 degrees */
    mien_pixels pixels = {0};
    if (mien_pixels_alloc(POINTS, 2, MIEN_F32, &pixels))
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    float *x = pixels.values;
    for (size_t i = 0; i < POINTS; i++) {
        double along = mien_random_uniform(seed, MIEN_STREAM_CONE, 2 * i);
        double far = 0.15 + 0.85 * sqrt(mien_random_uniform(seed, MIEN_STREAM_CONE, 2 * i + 1));
        double angle = ends[0] + along * (ends[1] - ends[0]);
        x[2 * i] = (float)(far * cos(angle));
        x[2 * i + 1] = (float)(far * sin(angle));
    }
    *out = pixels;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- geometry */

mien_status mien_cone_rays(const float *points, size_t n, double rays[2], size_t *n_zero,
                           mien_error *err)
{
    double low = INFINITY, high = -INFINITY;
    size_t zeros = 0;
    for (size_t i = 0; i < n; i++) {
        double x = points[2 * i], y = points[2 * i + 1];
        if (x == 0 && y == 0) {
            zeros++;
            continue;
        }
        low = fmin(low, atan2(y, x));
        high = fmax(high, atan2(y, x));
    }
    if (zeros == n)
        return mien_fail(err, MIEN_ERR_DATA, "all points are zero: there is no cone");
    rays[0] = low;
    rays[1] = high;
    *n_zero = zeros;
    return MIEN_OK;
}

double mien_cone_outside(const mien_cone *cone, size_t start)
{
    const double *basis = cone->starts[start].basis;
    double worst = fmax(basis[0] - cone->rays[0], cone->rays[1] - basis[1]);
    worst = fmax(worst, fmax(cone->edges[0] - basis[0], basis[1] - cone->edges[1]));
    return fmax(worst, 0);
}

/* ---------------------------------------------------------------- pixels */

static void take_pixel(const mien_source *X, size_t j, float *column)
{
    X->strip(X->data, NULL, X->n, j, 1, column, X->n);
}

/* Sums of squares and products about the means. */
static double covariance(const float *a, const float *b, size_t n)
{
    double mean_a = 0, mean_b = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        mean_a += a[i] / (double)n;
        mean_b += b[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++)
        sum += (a[i] - mean_a) * (b[i] - mean_b);
    return sum;
}

/* variance[j] and, with `other`, correlation[j] with that column, by blocks of pixels. */
static mien_status survey(const mien_source *X, double *variance, const float *other,
                          double *correlation)
{
    enum { BLOCK = 64 };
    float *strip = mien_alloc_array(BLOCK, X->n * sizeof *strip);
    if (!strip)
        return MIEN_ERR_NOMEM;
    double square = other ? covariance(other, other, X->n) : 0;
    for (size_t first = 0; first < X->p; first += BLOCK) {
        size_t count = X->p - first < BLOCK ? X->p - first : BLOCK;
        X->strip(X->data, NULL, X->n, first, count, strip, X->n);
        for (size_t c = 0; c < count; c++) {
            const float *column = strip + c * X->n;
            double *v = &variance[first + c];
            if (!other)
                *v = covariance(column, column, X->n);
            else
                correlation[first + c] =
                    *v > 0 && square > 0 ? covariance(column, other, X->n) / sqrt(*v * square) : 1;
        }
    }
    mien_free(strip);
    return MIEN_OK;
}

static size_t choose_second(const double *variance, const double *correlation, size_t p,
                            size_t first)
{
    size_t best = first, min = first == 0 ? 1 : 0;
    for (size_t j = 0; j < p; j++) {
        if (j == first)
            continue;
        if (fabs(correlation[j]) < fabs(correlation[min]))
            min = j;
        if (fabs(correlation[j]) < COLLINEAR && (best == first || variance[j] > variance[best]))
            best = j;
    }
    return best == first ? min : best;
}

mien_status mien_cone_choose(const mien_source *X, size_t pixels[2], mien_error *err)
{
    if (X->p < 2)
        return mien_fail(err, MIEN_ERR_DATA, "a cone needs at least two pixels");
    mien_arena arena = {0};
    double *variance = mien_arena_alloc(&arena, X->p, sizeof *variance);
    double *correlation = mien_arena_alloc(&arena, X->p, sizeof *correlation);
    float *column = mien_arena_alloc(&arena, X->n, sizeof *column);
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : survey(X, variance, NULL, NULL);
    size_t first = 0;
    for (size_t j = 1; !st && j < X->p; j++)
        if (variance[j] > variance[first])
            first = j;
    if (!st) {
        take_pixel(X, first, column);
        st = survey(X, variance, column, correlation);
    }
    if (!st) {
        size_t second = choose_second(variance, correlation, X->p, first);
        pixels[0] = first < second ? first : second;
        pixels[1] = first < second ? second : first;
    }
    mien_arena_free(&arena);
    return st ? mien_fail_plain(err, st) : MIEN_OK;
}

static mien_status take_pixels(const mien_source *X, const mien_cone_options *options,
                               mien_cone *cone, mien_error *err)
{
    mien_status st = MIEN_OK;
    if (!options->pixels)
        st = mien_cone_choose(X, cone->pixels, err);
    else
        memcpy(cone->pixels, options->pixels, sizeof cone->pixels);
    if (st)
        return st;
    const size_t *pixels = cone->pixels;
    if (pixels[0] >= X->p || pixels[1] >= X->p || pixels[0] == pixels[1])
        return mien_fail(err, MIEN_ERR_ARG,
                         "--pixels %zu,%zu: give two different pixels from 1 to %zu", pixels[0] + 1,
                         pixels[1] + 1, X->p);
    float *column = mien_alloc_array(X->n, sizeof *column);
    cone->points = mien_alloc_array(X->n, 2 * sizeof *cone->points);
    if (!column || !cone->points) {
        mien_free(column);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    for (size_t c = 0; c < 2; c++) {
        take_pixel(X, pixels[c], column);
        for (size_t i = 0; i < X->n; i++) {
            cone->points[2 * i + c] = column[i];
            cone->total += column[i];
        }
    }
    mien_free(column);
    cone->explained = 1;
    cone->edges[1] = HALF_PI;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- the plane */

/* The sum of X, and of its squares. */
static mien_status sum_up(const mien_source *X, double *sum, double *squares)
{
    float *row = mien_alloc_array(X->p, sizeof *row);
    if (!row)
        return MIEN_ERR_NOMEM;
    *sum = *squares = 0;
    for (size_t i = 0; i < X->n; i++) {
        const float *x = X->tile(X->data, i, 1, row);
        for (size_t j = 0; j < X->p; j++) {
            *sum += x[j];
            *squares += (double)x[j] * x[j];
        }
    }
    mien_free(row);
    return MIEN_OK;
}

static mien_options plain_options(const mien_cone_options *options)
{
    mien_options plain = mien_options_default();
    plain.r = 2;
    plain.restarts = 1;
    plain.threads = options->threads;
    plain.progress = options->progress;
    plain.user = options->user;
    return plain;
}

/* Points and edges of the plane; `plane` keeps v_1 and v_2 as its H. */
static mien_status take_plane(const mien_source *X, const mien_cone_options *options,
                              mien_cone *cone, mien_fit *plane, mien_error *err)
{
    if (X->p < 2 || X->n < 2)
        return mien_fail(err, MIEN_ERR_DATA, "a plane needs at least two pixels and two images");
    double squares, inside = 0;
    mien_options pca = plain_options(options);
    mien_status st = sum_up(X, &cone->total, &squares);
    if (st)
        return mien_fail_plain(err, st);
    if (!(squares > 0))
        return mien_fail(err, MIEN_ERR_DATA, "all points are zero: there is no cone");
    st = mien_options_set(&pca, "center", "no", err);
    if (!st)
        st = mien_fit_run(mien_method_find("pca"), X, &pca, plane, err);
    if (st)
        return st;
    cone->points = mien_alloc_array(X->n, 2 * sizeof *cone->points);
    float *pixels = mien_alloc_array(X->p, 2 * sizeof *pixels);
    if (!cone->points || !pixels) {
        mien_free(pixels);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    for (size_t i = 0; i < 2 * X->n; i++) {
        cone->points[i] = plane->W[i];
        inside += (double)plane->W[i] * plane->W[i];
    }
    for (size_t j = 0; j < X->p; j++) {
        pixels[2 * j] = fmaxf(plane->H[j], 0); /* Perron; what is below is rounding */
        pixels[2 * j + 1] = plane->H[X->p + j];
    }
    size_t n_zero;
    st = mien_cone_rays(pixels, X->p, cone->edges, &n_zero, err);
    cone->explained = inside / squares;
    mien_free(pixels);
    return st;
}

/* ---------------------------------------------------------------- starts */

/* Where a basis vector of p pixels stands in the picture. */
static double direction(const float *h, const mien_fit *plane)
{
    if (!plane)
        return atan2(h[1], h[0]);
    double x = 0, y = 0;
    for (size_t j = 0; j < plane->p; j++) {
        x += (double)h[j] * plane->H[j];
        y += (double)h[j] * plane->H[plane->p + j];
    }
    return atan2(y, x);
}

static mien_status run_start(const mien_source *X, const mien_options *options,
                             const mien_fit *plane, struct mien_cone_start *out, mien_error *err)
{
    mien_fit fit;
    mien_status st = mien_fit_run(mien_method_find("nmf"), X, options, &fit, err);
    if (st)
        return st;
    if (fit.stop == MIEN_STOP_INTERRUPTED) {
        mien_fit_free(&fit);
        return mien_fail(err, MIEN_ERR_STOPPED, "interrupted before three starts were done");
    }
    double a = direction(fit.H, plane), b = direction(fit.H + fit.p, plane);
    *out = (struct mien_cone_start){.seed = options->seed,
                                    .basis = {fmin(a, b), fmax(a, b)},
                                    .loss = fit.loss,
                                    .iterations = fit.iterations};
    mien_fit_free(&fit);
    return MIEN_OK;
}

/* How far a start is from the nearest that is taken already; to differ on both sides counts more
 * than to differ much on one. */
static double distance(const mien_cone *cone, size_t taken, const struct mien_cone_start *start)
{
    double nearest = INFINITY;
    for (size_t k = 0; k < taken; k++) {
        double da = fabs(start->basis[0] - cone->starts[k].basis[0]);
        double db = fabs(start->basis[1] - cone->starts[k].basis[1]);
        nearest = fmin(nearest, fmin(da, db) + ONE_SIDE * hypot(da, db));
    }
    return nearest;
}

/* The best start, and two whose loss is as good, as far from each other as can be; where fewer are
 * as good, those that come next. */
static void choose_starts(mien_cone *cone, const struct mien_cone_start *all, size_t count)
{
    bool used[STARTS_PIXELS] = {false};
    double min = INFINITY;
    for (size_t i = 0; i < count; i++)
        min = fmin(min, all[i].loss);
    double limit = min + MIEN_CONE_ZERO * cone->total;
    for (size_t k = 0; k < MIEN_CONE_STARTS; k++) {
        size_t best = count;
        double score = -INFINITY;
        for (size_t i = 0; i < count; i++) {
            bool good = all[i].loss <= limit;
            double this_score = !good ? -all[i].loss - 1 : k ? distance(cone, k, &all[i]) : 0;
            if (!used[i] && this_score > score) {
                score = this_score;
                best = i;
            }
        }
        cone->starts[k] = all[best];
        used[best] = true;
    }
    cone->exact = true;
    for (size_t k = 0; k < MIEN_CONE_STARTS; k++)
        cone->exact = cone->exact && cone->starts[k].loss <= MIEN_CONE_ZERO * cone->total;
}

static mien_status run_starts(const mien_source *X, const mien_cone_options *options,
                              const mien_fit *plane, mien_cone *cone, mien_error *err)
{
    struct mien_cone_start all[STARTS_PIXELS];
    mien_options fit = plain_options(options);
    if (!plane) {
        fit.iterations = ITERATIONS_PIXELS;
        fit.tolerance = 0;
        fit.threads = 1; /* two columns: threads would only wait for each other */
    }
    cone->n_tried = plane ? STARTS_PLANE : STARTS_PIXELS;
    for (size_t k = 0; k < cone->n_tried; k++) {
        fit.seed = options->seed + k;
        mien_status st = run_start(X, &fit, plane, &all[k], err);
        if (st)
            return st;
    }
    choose_starts(cone, all, cone->n_tried);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- all of it */

mien_status mien_cone_measure(const mien_source *X, const mien_cone_options *options,
                              mien_cone *out, mien_error *err)
{
    mien_status st = mien_check_given(err, X, options, out);
    if (st)
        return st;
    mien_cone cone = {.plane = options->plane, .n = X->n};
    mien_fit plane = {0};
    st = options->plane ? take_plane(X, options, &cone, &plane, err)
                        : take_pixels(X, options, &cone, err);
    if (!st)
        st = mien_cone_rays(cone.points, cone.n, cone.rays, &cone.n_zero, err);
    if (!st) {
        mien_float_view view = {cone.points, cone.n, 2};
        mien_source pair = mien_float_source(&view);
        st = options->plane ? run_starts(X, options, &plane, &cone, err)
                            : run_starts(&pair, options, NULL, &cone, err);
    }
    mien_fit_free(&plane);
    if (st)
        mien_cone_free(&cone);
    else
        *out = cone;
    return st;
}

void mien_cone_free(mien_cone *cone)
{
    if (!cone)
        return;
    mien_free(cone->points);
    *cone = (mien_cone){0};
}
