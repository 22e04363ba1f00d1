/* test_nmf.c - non-negative matrix factorization against plain loops, planted truths, the
 * conditions of a minimum and scikit-learn's numbers.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/fits.h"
#include "support/problems.h"
#include "support/reference.h"

#include "base/memory.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/nmf_extrapolation.h"

#include <float.h>

/* ---------------------------------------------------------------- support */

static const struct solver {
    const char *objective, *name;
} solvers[] = {
    {"kl", "fast"}, {"kl", "mu"}, {"frobenius", "fast"}, {"frobenius", "mu"}, {"frobenius", "hals"},
};
enum { SOLVERS = sizeof solvers / sizeof *solvers };

static mien_options nmf_options(const struct solver *solver, size_t r, uint64_t seed,
                                size_t iterations)
{
    mien_options options = test_options(r, seed, iterations);
    options.tolerance = 0;
    set_option(&options, "objective", solver->objective);
    set_option(&options, "solver", solver->name);
    return options;
}

/* A start that is positive everywhere; the caller frees. */
static float *positive(size_t count, uint64_t seed)
{
    float *values = malloc(count * sizeof *values);
    for (size_t at = 0; at < count; at++)
        values[at] = (float)(0.1 + mien_random_uniform(seed, MIEN_STREAM_TEST + 2, at));
    return values;
}

/* ---------------------------------------------------------------- one step, by plain loops */

struct oracle {
    const float *X;
    size_t n, p, r;
    double *W, *H;
};

static double oracle_model(const struct oracle *o, size_t i, size_t j)
{
    double y = 0;
    for (size_t k = 0; k < o->r; k++)
        y += o->W[i * o->r + k] * o->H[k * o->p + j];
    return y;
}

/* ESL (14.74): w_ik <- w_ik sum_j h_kj x_ij / y_ij / sum_j h_kj, then h with the new w. */
static void oracle_step_kl(struct oracle *o)
{
    double *W = malloc(o->n * o->r * sizeof *W), *H = malloc(o->r * o->p * sizeof *H);
    for (size_t i = 0; i < o->n; i++)
        for (size_t k = 0; k < o->r; k++) {
            double up = 0, down = 0;
            for (size_t j = 0; j < o->p; j++) {
                up += o->H[k * o->p + j] * o->X[i * o->p + j] / oracle_model(o, i, j);
                down += o->H[k * o->p + j];
            }
            W[i * o->r + k] = o->W[i * o->r + k] * up / down;
        }
    memcpy(o->W, W, o->n * o->r * sizeof *W);
    for (size_t k = 0; k < o->r; k++)
        for (size_t j = 0; j < o->p; j++) {
            double up = 0, down = 0;
            for (size_t i = 0; i < o->n; i++) {
                up += o->W[i * o->r + k] * o->X[i * o->p + j] / oracle_model(o, i, j);
                down += o->W[i * o->r + k];
            }
            H[k * o->p + j] = o->H[k * o->p + j] * up / down;
        }
    memcpy(o->H, H, o->r * o->p * sizeof *H);
    free(W);
    free(H);
}

/* W <- W .* XH' ./ WHH', then H <- H .* W'X ./ W'WH. */
static void oracle_step_frobenius(struct oracle *o)
{
    double *W = malloc(o->n * o->r * sizeof *W), *H = malloc(o->r * o->p * sizeof *H);
    for (size_t i = 0; i < o->n; i++)
        for (size_t k = 0; k < o->r; k++) {
            double up = 0, down = 0;
            for (size_t j = 0; j < o->p; j++) {
                up += o->X[i * o->p + j] * o->H[k * o->p + j];
                down += oracle_model(o, i, j) * o->H[k * o->p + j];
            }
            W[i * o->r + k] = o->W[i * o->r + k] * up / down;
        }
    memcpy(o->W, W, o->n * o->r * sizeof *W);
    for (size_t k = 0; k < o->r; k++)
        for (size_t j = 0; j < o->p; j++) {
            double up = 0, down = 0;
            for (size_t i = 0; i < o->n; i++) {
                up += o->W[i * o->r + k] * o->X[i * o->p + j];
                down += o->W[i * o->r + k] * oracle_model(o, i, j);
            }
            H[k * o->p + j] = o->H[k * o->p + j] * up / down;
        }
    memcpy(o->H, H, o->r * o->p * sizeof *H);
    free(W);
    free(H);
}

static double oracle_share(const struct oracle *o, size_t k)
{
    double weights = 0, basis = 0;
    for (size_t i = 0; i < o->n; i++)
        weights += o->W[i * o->r + k];
    for (size_t j = 0; j < o->p; j++)
        basis += o->H[k * o->p + j];
    return weights * basis;
}

/* The oracle's component that stands at place `place` in the order of shares. */
static size_t oracle_component(const struct oracle *o, size_t place)
{
    for (size_t k = 0; k < o->r; k++) {
        size_t larger = 0;
        for (size_t l = 0; l < o->r; l++)
            larger += oracle_share(o, l) > oracle_share(o, k);
        if (larger == place)
            return k;
    }
    fail_msg("two components have the same share");
    return 0;
}

/* mien's w_ik h_kj against the oracle's: scale is undone by the product. */
static void check_steps(const struct solver *solver, void (*step)(struct oracle *), size_t n,
                        size_t p, size_t r)
{
    float *X = noise(n, p, 0.3, 21), *W = positive(n * r, 5), *H = positive(r * p, 6);
    struct oracle o = {.X = X, .n = n, .p = p, .r = r};
    o.W = malloc(n * r * sizeof *o.W);
    o.H = malloc(r * p * sizeof *o.H);
    for (size_t at = 0; at < n * r; at++)
        o.W[at] = W[at];
    for (size_t at = 0; at < r * p; at++)
        o.H[at] = H[at];
    for (size_t iterations = 1; iterations <= 3; iterations++) {
        mien_options options = nmf_options(solver, r, 0, iterations);
        options.start_W = W;
        options.start_H = H;
        mien_fit fit = must_fit("nmf", X, n, p, &options);
        step(&o);
        for (size_t k = 0; k < r; k++) {
            size_t l = oracle_component(&o, k);
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < p; j++) {
                    double ours = (double)fit.W[i * r + k] * fit.H[k * p + j];
                    double theirs = o.W[i * r + l] * o.H[l * p + j];
                    if (!(fabs(ours - theirs) <= 1e-4 * theirs + 1e-30))
                        fail_msg("%s mu, %zu x %zu, iteration %zu, component %zu, (%zu, %zu): "
                                 "%.9g, by plain loops %.9g",
                                 solver->objective, n, p, iterations, k, i, j, ours, theirs);
                }
        }
        mien_fit_free(&fit);
    }
    free(X);
    free(W);
    free(H);
    free(o.W);
    free(o.H);
}

static void test_mu_is_the_textbook_step_by_step(void **state)
{
    (void)state;
    static const size_t sizes[][3] = {{30, 22, 4}, {300, 17, 5}, {6, 90, 3}, {9, 7, 1}, {5, 4, 5}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        check_steps(&solvers[1], oracle_step_kl, sizes[s][0], sizes[s][1], sizes[s][2]);
        check_steps(&solvers[3], oracle_step_frobenius, sizes[s][0], sizes[s][1], sizes[s][2]);
    }
}

/* ---------------------------------------------------------------- scikit-learn's numbers */

struct small {
    json_t *expected;
    mien_npy X, W, H;
    size_t n, p, r;
};

static int load_small(void **state)
{
    struct small *s = calloc(1, sizeof *s);
    s->expected = reference_load("small/expected.json");
    s->X = reference_array("small/X.npy");
    s->W = reference_array("small/init/weights.npy");
    s->H = reference_array("small/init/basis.npy");
    s->n = s->X.dims[0];
    s->p = s->X.dims[1] * s->X.dims[2];
    s->r = s->W.dims[1];
    *state = s;
    return s->n == 60 && s->p == 48 && s->r == 5 ? 0 : -1;
}

static int free_small(void **state)
{
    struct small *s = *state;
    json_decref(s->expected);
    mien_npy_free(&s->X);
    mien_npy_free(&s->W);
    mien_npy_free(&s->H);
    free(s);
    return 0;
}

static mien_fit fit_small(const struct small *s, const struct solver *solver, size_t iterations)
{
    mien_options options = nmf_options(solver, s->r, 0, iterations);
    options.start_W = s->W.values;
    options.start_H = s->H.values;
    return must_fit("nmf", s->X.values, s->n, s->p, &options);
}

static void test_mu_agrees_with_scikit_learn(void **state)
{
    const struct small *s = *state;
    static const size_t iterations[] = {1, 10, 500};
    for (size_t t = 0; t < 3; t++) {
        char place[64];
        mien_fit fit = fit_small(s, &solvers[1], iterations[t]);
        snprintf(place, sizeof place, "nmf.kl_mu.%zu", iterations[t]);
        assert_relative(fit.loss, reference_number(s->expected, place), 1e-5);
        /* ESL (14.73), the log-likelihood: another sign and no constant */
        const float *X = s->X.values;
        double likelihood = 0;
        for (size_t i = 0; i < s->n; i++)
            for (size_t j = 0; j < s->p; j++) {
                double x = X[i * s->p + j], y = model_entry(&fit, i, j);
                likelihood += (x > 0 ? x * log(y) : 0) - y;
            }
        snprintf(place, sizeof place, "nmf.esl_14_74_mu.%zu", iterations[t]);
        assert_relative(likelihood, reference_number(s->expected, place), 1e-5);
        mien_fit_free(&fit);
        fit = fit_small(s, &solvers[3], iterations[t]);
        snprintf(place, sizeof place, "nmf.frobenius_half_squared_mu.%zu", iterations[t]);
        assert_relative(fit.loss, reference_number(s->expected, place), 1e-5);
        mien_fit_free(&fit);
    }
    mien_fit fit = fit_small(s, &solvers[1], 500);
    assert_near(fit.sparseness,
                reference_number(s->expected, "nmf.sparseness_of_basis_after_kl_mu.500"), 1e-4);
    mien_fit_free(&fit);
}

/* The trace starts with the loss of the start itself. */
static void test_trace_of_mu_starts_at_the_start(void **state)
{
    const struct small *s = *state;
    mien_fit fit = fit_small(s, &solvers[1], 3);
    assert_int_equal(fit.n_trace, 4);
    assert_int_equal(fit.trace[0].iteration, 0);
    assert_relative(fit.trace[0].loss, reference_number(s->expected, "nmf.kl_mu.0"), 1e-6);
    assert_relative(fit.trace[1].loss, reference_number(s->expected, "nmf.kl_mu.1"), 1e-6);
    mien_fit_free(&fit);
    fit = fit_small(s, &solvers[3], 3);
    assert_relative(fit.trace[0].loss,
                    reference_number(s->expected, "nmf.frobenius_half_squared_mu.0"), 1e-6);
    mien_fit_free(&fit);
}

static void test_hals_agrees_with_coordinate_descent(void **state)
{
    const struct small *s = *state;
    double theirs = reference_number(s->expected, "nmf.frobenius_half_squared_cd.500");
    mien_fit fit = fit_small(s, &solvers[4], 500);
    assert_near(fit.loss, theirs, 1e-4 * theirs);
    mien_fit_free(&fit);
}

/* Nobody went lower; a few starts have to come there, and not below by more than rounding. */
static void test_fast_reaches_the_best_known(void **state)
{
    const struct small *s = *state;
    static const char *const places[] = {"nmf.best_known.kl",
                                         "nmf.best_known.frobenius_half_squared"};
    for (size_t c = 0; c < 2; c++) {
        double best = reference_number(s->expected, places[c]);
        mien_options options = nmf_options(&solvers[2 * c], s->r, 0, 600);
        options.restarts = 6;
        mien_fit fit = must_fit("nmf", s->X.values, s->n, s->p, &options);
        assert_near(fit.loss, best, 1e-4 * best);
        mien_fit_free(&fit);
        fit = fit_small(s, &solvers[2 * c], 500); /* and from the given start, no worse than mu */
        double mu = reference_number(s->expected, c == 0 ? "nmf.kl_mu.500"
                                                         : "nmf.frobenius_half_squared_mu.500");
        assert_true(fit.loss <= mu * (1 + 1e-5));
        mien_fit_free(&fit);
    }
}

/* ---------------------------------------------------------------- conditions of a minimum */

/* Karush, Kuhn & Tucker: every derivative is >= 0, and 0 where its variable is not 0. In units of
 * the part of the derivative that does not depend on X. */
static void check_kkt(const struct small *s, const struct solver *solver, double tolerance)
{
    const float *X = s->X.values;
    bool kl = strcmp(solver->objective, "kl") == 0;
    mien_fit fit = fit_small(s, solver, 2500);
    size_t n = s->n, p = s->p, r = s->r, at_zero = 0;
    double *Y = malloc(n * p * sizeof *Y);
    for (size_t at = 0; at < n * p; at++)
        Y[at] = model_entry(&fit, at / p, at % p);
    for (size_t at = 0; at < n * r + r * p; at++) {
        bool weight = at < n * r;
        size_t k = weight ? at % r : (at - n * r) / p, other = weight ? p : n;
        double up = 0, down = 0, largest = 0;
        double variable = weight ? fit.W[at] : fit.H[at - n * r];
        for (size_t l = 0; l < other; l++) {
            size_t i = weight ? at / r : l, j = weight ? l : (at - n * r) % p;
            double factor = weight ? fit.H[k * p + j] : fit.W[i * r + k];
            double x = X[i * p + j], y = Y[i * p + j];
            up += kl ? (x > 0 ? factor * x / y : 0) : factor * x;
            down += kl ? factor : factor * y;
        }
        for (size_t i = 0; i < n; i++)
            largest = fmax(largest, weight ? fit.W[i * r + k] : 1);
        double gradient = (down - up) / down;
        at_zero += variable == 0;
        if (!(gradient >= -tolerance))
            fail_msg("%s %s: %s %zu wants to grow: derivative %g at %g", solver->objective,
                     solver->name, weight ? "weight" : "basis", at, gradient, variable);
        if (!(variable * gradient <= tolerance * largest))
            fail_msg("%s %s: %s %zu wants to fall: derivative %g at %g", solver->objective,
                     solver->name, weight ? "weight" : "basis", at, gradient, variable);
    }
    assert_true(at_zero > 20); /* parts have zeros */
    free(Y);
    mien_fit_free(&fit);
}

static void test_fast_ends_where_nothing_can_be_gained(void **state)
{
    check_kkt(*state, &solvers[0], 2e-3);
    /* where float32 comes to rest depends on the compiler's rounding: up to 2.3e-3 seen */
    check_kkt(*state, &solvers[2], 4e-3);
    check_kkt(*state, &solvers[4], 4e-3);
}

/* ---------------------------------------------------------------- planted truths */

/* Parts with pixels of their own and some that they share, weights with zeros: such a factorisation
 * is unique (Donoho & Stodden 2003). H is r x p. */
static float *unique_truth(size_t n, size_t p, size_t r, float *H)
{
    float *X = calloc(n * p, sizeof *X);
    for (size_t k = 0; k < r; k++)
        for (size_t j = 0; j < p; j++) {
            double u = mien_random_uniform(77, MIEN_STREAM_TEST, k * p + j);
            bool own = j % (r + 2) == k, shared = j % (r + 2) >= r && u > 0.5;
            H[k * p + j] = own || shared ? (float)(0.3 + u) : 0;
        }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < r; k++) {
            double w = mien_random_uniform(78, MIEN_STREAM_TEST, i * r + k) - 0.5;
            for (size_t j = 0; w > 0 && j < p; j++)
                X[i * p + j] += (float)w * H[k * p + j];
        }
    return X;
}

static double cosine(const float *a, const float *b, size_t p)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t j = 0; j < p; j++) {
        ab += (double)a[j] * b[j];
        aa += (double)a[j] * a[j];
        bb += (double)b[j] * b[j];
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

static void test_planted_parts_are_recovered(void **state)
{
    (void)state;
    enum { N = 120, P = 56, R = 6 };
    float H[R * P];
    float *X = unique_truth(N, P, R, H);
    for (size_t s = 0; s < SOLVERS; s++) {
        mien_options options = nmf_options(&solvers[s], R, 1, 400);
        options.restarts = 4;
        mien_fit fit = must_fit("nmf", X, N, P, &options);
        if (!(fit.relative_error < 5e-3))
            fail_msg("%s %s: relative error %g", solvers[s].objective, solvers[s].name,
                     fit.relative_error);
        bool taken[R] = {false};
        for (size_t t = 0; t < R; t++) {
            size_t best = 0;
            for (size_t k = 1; k < R; k++)
                if (cosine(fit.H + k * P, H + t * P, P) > cosine(fit.H + best * P, H + t * P, P))
                    best = k;
            double match = cosine(fit.H + best * P, H + t * P, P);
            if (!(match > 0.99) || taken[best])
                fail_msg("%s %s: part %zu is matched by component %zu with cosine %g",
                         solvers[s].objective, solvers[s].name, t, best, match);
            taken[best] = true;
        }
        mien_fit_free(&fit);
    }
    free(X);
}

static void test_noise_free_data_is_fitted(void **state)
{
    (void)state;
    enum { N = 60, P = 40, R = 4 };
    float *X = planted(N, P, R, 2);
    double total = 0;
    for (size_t at = 0; at < N * P; at++)
        total += X[at];
    for (size_t c = 0; c < 2; c++) {
        mien_options options = nmf_options(&solvers[2 * c], R, 1, 800);
        options.restarts = 3;
        mien_fit fit = must_fit("nmf", X, N, P, &options);
        if (!(fit.loss < 1e-4 * total))
            fail_msg("%s: loss %g, total %g", solvers[2 * c].objective, fit.loss, total);
        mien_fit_free(&fit);
    }
    free(X);
}

/* ---------------------------------------------------------------- extrapolation */

static void test_extrapolation_refuses_worse_points(void **state)
{
    (void)state;
    mien_extrapolation e = mien_extrapolation_start();
    double kept = INFINITY;
    size_t refused = 0;
    assert_true(e.beta == 0); /* there is no predecessor yet */
    for (uint64_t t = 0; t < 2000; t++) {
        double loss = 100 * mien_random_uniform(3, MIEN_STREAM_TEST, t) / (double)(1 + t / 20);
        bool accepted = mien_extrapolation_accept(&e, loss);
        if (accepted != (loss <= kept))
            fail_msg("loss %g after %g", loss, kept);
        kept = accepted ? loss : kept;
        refused += !accepted;
        assert_true(e.loss == kept);
        assert_true(e.beta >= 0 && e.beta <= 1 && e.limit <= 1);
        assert_true(accepted ? e.beta > 0 : e.beta == 0); /* a plain step after a refusal */
    }
    assert_true(refused > 100 && refused < 1990);
}

static void test_extrapolated_points_stay_non_negative(void **state)
{
    (void)state;
    enum { COUNT = 67 };
    float *z = noise(1, COUNT, 0.3, 1), *before = noise(1, COUNT, 0.3, 2), y[COUNT];
    mien_extrapolate(y, z, before, 0.75, COUNT);
    size_t clipped = 0;
    for (size_t at = 0; at < COUNT; at++) {
        double wanted = z[at] + 0.75 * ((double)z[at] - before[at]);
        clipped += wanted < z[at] / 8;
        assert_near(y[at], fmax(z[at] / 8, wanted), 1e-6);
        assert_true(y[at] >= 0);
    }
    assert_true(clipped > 0 && clipped < COUNT);
    mien_extrapolate(before, z, before, 0.75, COUNT); /* in place */
    assert_memory_equal(before, y, sizeof y);
    mien_extrapolate(y, z, before, 0, COUNT);
    assert_memory_equal(y, z, sizeof y);
    free(z);
    free(before);
}

/* ---------------------------------------------------------------- kernels */

static void test_kernels_of_kl(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 15, 16, 17, 511, 512, 513, 1531};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        size_t count = counts[c];
        float *x = noise(1, count, 0.3, c), *m = positive(count, c), *ratio = positive(count, c);
        m[0] = ratio[0] = 0;
        x[count - 1] = 1e-6f;
        double loss = 0, size = 0;
        for (size_t at = 0; at < count; at++) {
            double y = fmax(m[at], 1e-30);
            loss += x[at] > 0 ? x[at] * log(x[at] / y) : 0;
            size += x[at] > 0 ? fabs(x[at] * log(x[at] / y)) : 0;
        }
        assert_near(mien_kl_ratio_and_loss(x, ratio, count), loss, 1e-6 * size);
        mien_kl_ratio(x, m, count);
        assert_memory_equal(m, ratio, count * sizeof *m);
        free(x);
        free(m);
        free(ratio);
    }
    float x[] = {0.5f, 0, 0.5f}, none[] = {0.1f, 1e-10f, 0.5f}, some[] = {0.1f, 1e-10f, 1.5e-10f};
    assert_false(mien_kl_was_raised(x, none, 1e-10f, 3));
    assert_true(mien_kl_was_raised(x, some, 1e-10f, 3));
    assert_false(mien_kl_was_raised(x, some, 1e-10f, 2));
}

/* An entry on its way down may come back; exactly 0 would be the end. */
static void test_products_do_not_underflow_to_zero(void **state)
{
    (void)state;
    float W[] = {1e-30f, 1e-30f, 0, 1}, encoded[] = {1e-20f, 0, 1, 2}, inverse[] = {0.5f, 1};
    double sum[2] = {0};
    mien_kl_scale_weights(W, encoded, inverse, 2, 2, sum);
    assert_true(W[0] == FLT_MIN);
    assert_true(W[1] == 0);
    assert_true(W[2] == 0);
    assert_true(W[3] == 2);
    float h[] = {1e-30f, 0, 1e-30f, 3}, by[] = {1e-10f, 1, 0, 4};
    assert_near(mien_scale_product(h, by, 0.25f, 4), 3, 1e-6);
    assert_true(h[0] == FLT_MIN && h[1] == 0 && h[2] == 0 && h[3] == 3);
}

/* ---------------------------------------------------------------- odd starts */

enum { START_N = 24, START_P = 18, START_R = 4 };

struct start {
    float *X, *W, *H;
};

static struct start make_start(void)
{
    return (struct start){noise(START_N, START_P, 0.3, 4), positive(START_N * START_R, 1),
                          positive(START_R * START_P, 2)};
}

static void free_start(struct start *s)
{
    free(s->X);
    free(s->W);
    free(s->H);
}

static mien_fit fit_start(const struct start *s, const struct solver *solver, size_t iterations)
{
    mien_options options = nmf_options(solver, START_R, 0, iterations);
    options.start_W = s->W;
    options.start_H = s->H;
    return must_fit("nmf", s->X, START_N, START_P, &options);
}

static void check_sound(const mien_fit *fit, const struct solver *solver, const char *start)
{
    for (size_t at = 0; at < START_N * START_R; at++)
        if (!(fit->W[at] >= 0 && isfinite(fit->W[at])))
            fail_msg("%s %s, %s: weight %g", solver->objective, solver->name, start,
                     (double)fit->W[at]);
    for (size_t at = 0; at < START_R * START_P; at++)
        if (!(fit->H[at] >= 0 && isfinite(fit->H[at])))
            fail_msg("%s %s, %s: basis %g", solver->objective, solver->name, start,
                     (double)fit->H[at]);
    double last = INFINITY;
    for (size_t t = 0; t < fit->n_trace; t++) {
        if (!isfinite(fit->trace[t].loss) || fit->trace[t].loss > last * (1 + 1e-6))
            fail_msg("%s %s, %s: loss %g after %g", solver->objective, solver->name, start,
                     fit->trace[t].loss, last);
        last = fit->trace[t].loss;
    }
}

/* A product keeps a zero; a step down a slope leaves it. */
static void test_zeros_of_a_start(void **state)
{
    (void)state;
    double loss[SOLVERS];
    for (size_t s = 0; s < SOLVERS; s++) {
        struct start start = make_start();
        for (size_t i = 0; i < START_N; i++)
            start.W[i * START_R + i % START_R] = 0;
        for (size_t j = 0; j < START_P; j++)
            start.H[j % START_R * START_P + j] = 0;
        mien_fit fit = fit_start(&start, &solvers[s], 60);
        check_sound(&fit, &solvers[s], "zeros in the start");
        size_t kept = 0; /* images that still have a weight of exactly 0 where the start had one */
        for (size_t k = 0; k < START_R; k++) {
            /* component k of the start, wherever it stands now, misses images k, k + r, ... */
            for (size_t now = 0; now < START_R; now++) {
                bool misses = true;
                for (size_t i = k; i < START_N; i += START_R)
                    misses = misses && fit.W[i * START_R + now] == 0;
                kept += misses;
            }
        }
        if (strcmp(solvers[s].name, "mu") == 0)
            assert_int_equal(kept, START_R);
        else
            assert_int_equal(kept, 0);
        loss[s] = fit.loss;
        mien_fit_free(&fit);
        free_start(&start);
    }
    assert_true(loss[0] < loss[1] && loss[2] < loss[3] && loss[4] < loss[3]);
}

static void test_zero_rows_and_columns_of_a_start(void **state)
{
    (void)state;
    for (size_t s = 0; s < SOLVERS; s++) {
        struct start start = make_start();
        memset(start.W + 3 * START_R, 0, START_R * sizeof *start.W);
        mien_fit fit = fit_start(&start, &solvers[s], 40);
        if (isinf(fit.loss)) { /* multiplied, weights of 0 stay 0 */
            assert_string_equal(solvers[s].name, "mu");
            assert_non_null(strstr(fit.note, "infinite: in 1 of 24 images (the first is 4)"));
        } else {
            check_sound(&fit, &solvers[s], "an image without weights");
        }
        mien_fit_free(&fit);
        free_start(&start);
    }
}

/* A multiplicative step keeps the pixel at 0, and there the divergence is infinite; the others
 * bring a component there. */
static void test_pixel_that_no_component_reaches(void **state)
{
    (void)state;
    for (size_t s = 0; s < SOLVERS; s++) {
        struct start start = make_start();
        for (size_t k = 0; k < START_R; k++)
            start.H[k * START_P + 5] = 0;
        mien_fit fit = fit_start(&start, &solvers[s], 40);
        bool kl = strcmp(solvers[s].objective, "kl") == 0;
        if (kl && strcmp(solvers[s].name, "mu") == 0) {
            assert_true(isinf(fit.loss));
            size_t bright = 0; /* images */
            for (size_t i = 0; i < START_N; i++)
                bright += start.X[i * START_P + 5] > 0;
            char words[64];
            snprintf(words, sizeof words, "the divergence is infinite: in %zu of %d images", bright,
                     START_N);
            assert_non_null(strstr(fit.note, words));
            assert_true(isinf(fit.trace[fit.n_trace - 1].loss));
        } else {
            check_sound(&fit, &solvers[s], "a pixel without basis");
            assert_near(fit.loss, measure_scores(&fit, start.X).loss, 1e-9 * fit.loss);
            assert_null(strstr(fit.note, "infinite"));
        }
        mien_fit_free(&fit);
        free_start(&start);
    }
}

static void test_components_of_zeros_are_refused(void **state)
{
    (void)state;
    static const char *const words[] = {"component 3 has weights of zeros",
                                        "component 2 has a basis image of zeros"};
    for (size_t c = 0; c < sizeof words / sizeof *words; c++)
        for (size_t s = 0; s < SOLVERS; s++) {
            struct start start = make_start();
            mien_options options = nmf_options(&solvers[s], START_R, 0, 5);
            options.start_W = start.W;
            options.start_H = start.H;
            for (size_t i = 0; i < START_N && c == 0; i++)
                start.W[i * START_R + 2] = 0;
            if (c == 1)
                memset(start.H + START_P, 0, START_P * sizeof *start.H);
            mien_error err;
            assert_int_equal(
                refusal(method_named("nmf"), start.X, START_N, START_P, &options, &err),
                MIEN_ERR_DOMAIN);
            if (!strstr(err.message, words[c]))
                fail_msg("%s", err.message);
            free_start(&start);
        }
}

/* A basis image that has only pixels on which X is 0 everywhere. */
static void test_dead_components_are_named(void **state)
{
    (void)state;
    static const struct {
        size_t dead;
        const char *note;
    } cases[] = {
        {0, ""},
        {1, "component 4 died: it explains nothing"},
        {2, "components 3 to 4 died: they explain nothing"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (size_t s = 0; s < SOLVERS; s++) {
            if (strcmp(solvers[s].name, "mu") != 0)
                continue;
            struct start start = make_start();
            for (size_t i = 0; i < START_N; i++)
                start.X[i * START_P + 7] = 0;
            for (size_t k = 0; k < cases[c].dead; k++) {
                memset(start.H + k * START_P, 0, START_P * sizeof *start.H);
                start.H[k * START_P + 7] = 1;
            }
            mien_fit fit = fit_start(&start, &solvers[s], 15);
            check_sound(&fit, &solvers[s], "dead components");
            if (strcmp(fit.note, cases[c].note) != 0)
                fail_msg("%s %s, %zu dead: the note is '%s'", solvers[s].objective, solvers[s].name,
                         cases[c].dead, fit.note);
            for (size_t k = START_R - cases[c].dead; k < START_R; k++) /* they stand last */
                for (size_t i = 0; i < START_N; i++)
                    assert_true(fit.W[i * START_R + k] * fit.H[k * START_P + 7] == 0);
            mien_fit_free(&fit);
            free_start(&start);
        }
}

static void test_bad_starts_are_refused(void **state)
{
    (void)state;
    static const float bad[] = {-1e-9f, -5, NAN, INFINITY, -INFINITY};
    for (size_t b = 0; b < sizeof bad / sizeof *bad; b++)
        for (size_t s = 0; s < SOLVERS; s++)
            for (int where = 0; where < 2; where++) {
                struct start start = make_start();
                mien_options options = nmf_options(&solvers[s], START_R, 0, 5);
                options.start_W = start.W;
                options.start_H = start.H;
                *(where == 0 ? &start.W[7 * START_R + 2] : &start.H[3 * START_P + 11]) = bad[b];
                mien_error err;
                mien_status st =
                    refusal(method_named("nmf"), start.X, START_N, START_P, &options, &err);
                if (st != MIEN_ERR_DOMAIN)
                    fail_msg("%s %s: %g gives status %d", solvers[s].objective, solvers[s].name,
                             (double)bad[b], (int)st);
                const char *place = where == 0 ? "weight (7, 2)" : "basis value (3, 11)";
                if (!strstr(err.message, place))
                    fail_msg("the message should say %s: %s", place, err.message);
                free_start(&start);
            }
}

static void test_hals_is_no_solver_for_kl(void **state)
{
    (void)state;
    float *X = noise(6, 5, 0, 1);
    const struct solver wrong = {"kl", "hals"};
    mien_options options = nmf_options(&wrong, 2, 0, 5);
    mien_error err;
    assert_int_equal(refusal(method_named("nmf"), X, 6, 5, &options, &err), MIEN_ERR_ARG);
    assert_non_null(strstr(err.message, "for frobenius fast, mu, hals"));
    assert_int_equal(mien_options_check(&options, method_named("nmf"), NULL), MIEN_ERR_ARG);
    options = mien_options_for(&options, method_named("pca"));
    assert_int_equal(mien_options_check(&options, method_named("pca"), NULL), MIEN_OK);
    free(X);
}

static void test_as_many_components_as_images_or_pixels(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{7, 4}, {4, 7}, {6, 6}, {1, 9}, {9, 1}};
    for (size_t c = 0; c < sizeof sizes / sizeof *sizes; c++)
        for (size_t s = 0; s < SOLVERS; s++) {
            size_t n = sizes[c][0], p = sizes[c][1], r = n > p ? n : p;
            float *X = noise(n, p, 0.2, 6);
            mien_options options = nmf_options(&solvers[s], r, 3, 300);
            mien_fit fit = must_fit("nmf", X, n, p, &options);
            /* X = X I or I X is exact; a local minimum may stand in the way, but not far off */
            if (!(fit.relative_error < 0.35))
                fail_msg("%s %s, %zu x %zu: relative error %g", solvers[s].objective,
                         solvers[s].name, n, p, fit.relative_error);
            mien_fit_free(&fit);
            free(X);
        }
}

/* ---------------------------------------------------------------- covariance */

/* c X gives the same basis and c W; exactly so for c = 4^k, when nothing but exponents change. What
 * lies below FLT_MIN has no exponent left to change. */
static void test_scale_of_the_data_goes_into_the_weights(void **state)
{
    (void)state;
    enum { N = 50, P = 30, R = 4 };
    static const float factors[] = {4, 0.0625f, 3};
    float *X = noise(N, P, 0.3, 15), *scaled = malloc(N * P * sizeof *scaled);
    for (size_t s = 0; s < SOLVERS; s++)
        for (size_t f = 0; f < 3; f++) {
            bool exact = f < 2;
            mien_options options = nmf_options(&solvers[s], R, 2, exact ? 60 : 5);
            for (size_t at = 0; at < N * P; at++)
                scaled[at] = factors[f] * X[at];
            mien_fit a = must_fit("nmf", X, N, P, &options);
            mien_fit b = must_fit("nmf", scaled, N, P, &options);
            for (size_t at = 0; at < R * P; at++)
                if (!(fabsf(a.H[at] - b.H[at]) <= (exact ? FLT_MIN : 1e-4f)))
                    fail_msg("%s %s, factor %g: basis %.9g and %.9g", solvers[s].objective,
                             solvers[s].name, (double)factors[f], (double)a.H[at], (double)b.H[at]);
            for (size_t at = 0; at < N * R; at++)
                if (!(fabsf(factors[f] * a.W[at] - b.W[at]) <= (exact ? FLT_MIN : 1e-3f)))
                    fail_msg("%s %s, factor %g: weights %.9g and %.9g", solvers[s].objective,
                             solvers[s].name, (double)factors[f], (double)a.W[at], (double)b.W[at]);
            mien_fit_free(&a);
            mien_fit_free(&b);
        }
    free(X);
    free(scaled);
}

/* Images in another order have the same weights, in that order. */
static void test_order_of_the_images_does_not_matter(void **state)
{
    (void)state;
    enum { N = 61, P = 30, R = 4 };
    float *X = noise(N, P, 0.3, 15), *W = positive(N * R, 1), *H = positive(R * P, 2);
    float *mixed = malloc(N * P * sizeof *mixed), *mixed_W = malloc(N * R * sizeof *mixed_W);
    for (size_t i = 0; i < N; i++) {
        memcpy(mixed + i * 17 % N * P, X + i * P, P * sizeof *X);
        memcpy(mixed_W + i * 17 % N * R, W + i * R, R * sizeof *W);
    }
    for (size_t s = 0; s < SOLVERS; s++) {
        mien_options options = nmf_options(&solvers[s], R, 0, 4);
        options.start_W = W;
        options.start_H = H;
        mien_fit a = must_fit("nmf", X, N, P, &options);
        options.start_W = mixed_W;
        mien_fit b = must_fit("nmf", mixed, N, P, &options);
        assert_relative(b.loss, a.loss, 1e-5);
        for (size_t at = 0; at < N * R; at++) {
            float other = b.W[at / R * 17 % N * R + at % R];
            if (!(fabsf(a.W[at] - other) <= 1e-3f))
                fail_msg("%s %s: image %zu has weight %g, in another order %g",
                         solvers[s].objective, solvers[s].name, at / R, (double)a.W[at],
                         (double)other);
        }
        mien_fit_free(&a);
        mien_fit_free(&b);
    }
    free(X);
    free(W);
    free(H);
    free(mixed);
    free(mixed_W);
}

/* ---------------------------------------------------------------- the end */

/* Converged: over the last ten rows of the trace the loss fell by less than the tolerance, and over
 * no ten rows before. */
static void test_tolerance_ends_the_descent(void **state)
{
    const struct small *small = *state;
    for (size_t s = 0; s < SOLVERS; s++) {
        mien_options options = nmf_options(&solvers[s], small->r, 2, 5000);
        options.tolerance = 1e-3;
        mien_fit fit = must_fit("nmf", small->X.values, small->n, small->p, &options);
        assert_int_equal(fit.stop, MIEN_STOP_CONVERGED);
        /* mu knows a loss one iteration later; fit.c then adds a last row that nobody judged */
        size_t judged = fit.n_trace - (strcmp(solvers[s].name, "mu") == 0);
        assert_true(judged > 11);
        for (size_t t = 10; t < judged; t++) {
            double before = fit.trace[t - 10].loss, now = fit.trace[t].loss;
            if ((before - now <= 1e-3 * before) != (t == judged - 1))
                fail_msg("%s %s: %zu rows, row %zu fell from %g to %g", solvers[s].objective,
                         solvers[s].name, judged, t, before, now);
        }
        mien_fit_free(&fit);
    }
}

/* Entry (i, k) of the random start depends on seed and place, and the mean of WH is that of X. */
static void test_random_start_has_the_size_of_the_data(void **state)
{
    const struct small *s = *state;
    mien_options options = nmf_options(&solvers[1], s->r, 4, 1);
    mien_fit fit = must_fit("nmf", s->X.values, s->n, s->p, &options);
    double mean = reference_number(s->expected, "data.mean");
    const float *X = s->X.values;
    double at_zero = 0; /* the divergence of the constant image `mean` */
    for (size_t at = 0; at < s->n * s->p; at++)
        at_zero += kl_entry(X[at], mean);
    assert_int_equal(fit.trace[0].iteration, 0);
    assert_true(fit.trace[0].loss > at_zero && fit.trace[0].loss < 1.6 * at_zero);
    mien_fit_free(&fit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mu_is_the_textbook_step_by_step),
        cmocka_unit_test_setup_teardown(test_mu_agrees_with_scikit_learn, load_small, free_small),
        cmocka_unit_test_setup_teardown(test_trace_of_mu_starts_at_the_start, load_small,
                                        free_small),
        cmocka_unit_test_setup_teardown(test_hals_agrees_with_coordinate_descent, load_small,
                                        free_small),
        cmocka_unit_test_setup_teardown(test_fast_reaches_the_best_known, load_small, free_small),
        cmocka_unit_test_setup_teardown(test_fast_ends_where_nothing_can_be_gained, load_small,
                                        free_small),
        cmocka_unit_test(test_planted_parts_are_recovered),
        cmocka_unit_test(test_noise_free_data_is_fitted),
        cmocka_unit_test(test_extrapolation_refuses_worse_points),
        cmocka_unit_test(test_extrapolated_points_stay_non_negative),
        cmocka_unit_test(test_kernels_of_kl),
        cmocka_unit_test(test_products_do_not_underflow_to_zero),
        cmocka_unit_test(test_zeros_of_a_start),
        cmocka_unit_test(test_zero_rows_and_columns_of_a_start),
        cmocka_unit_test(test_pixel_that_no_component_reaches),
        cmocka_unit_test(test_components_of_zeros_are_refused),
        cmocka_unit_test(test_dead_components_are_named),
        cmocka_unit_test(test_bad_starts_are_refused),
        cmocka_unit_test(test_hals_is_no_solver_for_kl),
        cmocka_unit_test(test_as_many_components_as_images_or_pixels),
        cmocka_unit_test(test_scale_of_the_data_goes_into_the_weights),
        cmocka_unit_test(test_order_of_the_images_does_not_matter),
        cmocka_unit_test_setup_teardown(test_tolerance_ends_the_descent, load_small, free_small),
        cmocka_unit_test_setup_teardown(test_random_start_has_the_size_of_the_data, load_small,
                                        free_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
