/* test_nmf_sparse.c - sparser parts: penalties against plain loops, Hoyer's projection against its
 * definition, and what a strength means when images or pixels are there twice.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/fits.h"
#include "support/problems.h"

#include "base/memory.h"
#include "methods/nmf/penalty/nmf_hoyer.h"

/* ---------------------------------------------------------------- support */

struct choice {
    const char *objective, *penalty;
    const char *basis, *weights; /* strength or sparseness */
};

static const struct choice l1_choices[] = {
    {"kl", "l1", "0.3", "0"},         {"kl", "l1", "0", "0.3"},
    {"kl", "l1", "0.5", "0.2"},       {"kl", "l1", "1", "0"},
    {"kl", "l1", "1", "1"},           {"frobenius", "l1", "0.05", "0"},
    {"frobenius", "l1", "0", "0.05"}, {"frobenius", "l1", "0.03", "0.1"},
    {"frobenius", "l1", "1", "1"},
};
static const struct choice hoyer_choices[] = {
    {"frobenius", "hoyer", "0.6", "0"},
    {"frobenius", "hoyer", "0", "0.4"},
    {"frobenius", "hoyer", "0.7", "0.3"},
    {"frobenius", "hoyer", "1", "0"},
};
static const struct choice local_choice = {"kl", "local", "0", "0"};
enum {
    L1 = sizeof l1_choices / sizeof *l1_choices,
    HOYER = sizeof hoyer_choices / sizeof *hoyer_choices,
    CHOICES = L1 + HOYER + 1
};

static const struct choice *choice_at(size_t c)
{
    return c < L1 ? &l1_choices[c] : c < L1 + HOYER ? &hoyer_choices[c - L1] : &local_choice;
}

static void describe(const struct choice *c, char *words, size_t size)
{
    snprintf(words, size, "%s %s basis=%s weights=%s", c->objective, c->penalty, c->basis,
             c->weights);
}

static mien_options sparse_options(const struct choice *c, size_t r, uint64_t seed,
                                   size_t iterations)
{
    mien_options options = test_options(r, seed, iterations);
    options.tolerance = 0;
    set_option(&options, "objective", c->objective);
    set_option(&options, "penalty", c->penalty);
    set_option(&options, "sparse-basis", c->basis);
    set_option(&options, "sparse-weights", c->weights);
    return options;
}

static float *uniform(size_t count, uint64_t seed)
{
    float *values = malloc(count * sizeof *values);
    for (size_t at = 0; at < count; at++)
        values[at] = (float)(0.1 + mien_random_uniform(seed, MIEN_STREAM_TEST + 2, at));
    return values;
}

/* (sqrt d - sum / norm) / (sqrt d - 1) of `count` numbers, `stride` apart; -1 for zeros. */
static double sparseness(const float *v, size_t count, size_t stride)
{
    double sum = 0, square = 0, root = sqrt((double)count);
    for (size_t at = 0; at < count; at++) {
        sum += v[at * stride];
        square += (double)v[at * stride] * v[at * stride];
    }
    return square > 0 ? (root - sum / sqrt(square)) / (root - 1) : -1;
}

/* ---------------------------------------------------------------- penalties, from their text */

static double norm(const float *v, size_t count, size_t stride)
{
    double square = 0;
    for (size_t at = 0; at < count; at++)
        square += (double)v[at * stride] * v[at * stride];
    return sqrt(square);
}

static double sum(const float *v, size_t count, size_t stride)
{
    double total = 0;
    for (size_t at = 0; at < count; at++)
        total += v[at * stride];
    return total;
}

/* Components are first brought to the scale in which their entries are summed: the other side with
 * mean square 1. */
static double slow_l1(const mien_fit *fit, const float *X, const struct choice *c)
{
    size_t n = fit->n, p = fit->p, r = fit->r;
    double b = strtod(c->basis, NULL), v = strtod(c->weights, NULL), B = 0, V = 0, Y = 0;
    for (size_t k = 0; k < r; k++) {
        const float *w = fit->W + k, *h = fit->H + k * p;
        double weight_scale = norm(w, n, r) / sqrt((double)n); /* w / scale has mean square 1 */
        double basis_scale = norm(h, p, 1) / sqrt((double)p);
        for (size_t j = 0; j < p; j++)
            B += h[j] * weight_scale * (double)n; /* once for each image */
        for (size_t i = 0; i < n; i++)
            V += w[i * r] * basis_scale * (double)p;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p; j++)
            Y += model_entry(fit, i, j);
    if (strcmp(c->objective, "kl") == 0)
        return b * (B - Y) + v * (V - Y);
    return (b * B + v * V) * sum(X, n * p, 1) / (double)(n * p);
}

static double slow_local(const mien_fit *fit)
{
    size_t p = fit->p, r = fit->r;
    double J = 0;
    for (size_t i = 0; i < fit->n; i++) {
        double total = 0, square = 0;
        for (size_t k = 0; k < r; k++) {
            double w = fit->W[i * r + k] * sum(fit->H + k * p, p, 1);
            total += w;
            square += w * w;
        }
        J += total > 0 ? total / 2 * log((double)r * square / (total * total)) : 0;
    }
    return J;
}

static double slow_penalty(const mien_fit *fit, const float *X, const struct choice *c)
{
    if (strcmp(c->penalty, "local") == 0)
        return slow_local(fit);
    return strcmp(c->penalty, "l1") == 0 ? slow_l1(fit, X, c) : 0;
}

/* What a fit of 1 .. 12 iterations minimises, by plain loops, never increases; the fit's own
 * numbers and its trace agree with it. Under kl the points that are extrapolated are those that do
 * not: what a fit hands out is a step further, no worse than the last of them. */
static void check_descent(const struct choice *c, const float *X, size_t n, size_t p, size_t r)
{
    char who[128];
    describe(c, who, sizeof who);
    double before = INFINITY, first = 0, last = 0;
    for (size_t iterations = 1; iterations <= 12; iterations++) {
        mien_options options = sparse_options(c, r, 3, iterations);
        mien_fit fit = must_fit("nmf", X, n, p, &options);
        test_scores s = measure_scores(&fit, X);
        double penalty = slow_penalty(&fit, X, c), now = s.loss + penalty;
        double last_row = fit.n_trace > 1 ? fit.trace[fit.n_trace - 2].loss : INFINITY;
        if (!(fabs(penalty - fit.penalty) <= 1e-6 * (s.scale + penalty)))
            fail_msg("%s: penalty %.9g, by plain loops %.9g", who, fit.penalty, penalty);
        bool leaps = strcmp(c->objective, "kl") == 0;
        if (!(now <= (leaps ? last_row : before) + 1e-6 * s.scale))
            fail_msg("%s: %.12g after %.12g in iteration %zu", who, now, before, iterations);
        for (size_t t = 1; t < fit.n_trace; t++)
            if (!(fit.trace[t].loss <= fit.trace[t - 1].loss + 2e-6 * s.scale))
                fail_msg("%s: the trace rises in row %zu", who, t);
        if (!(fabs(fit.trace[fit.n_trace - 1].loss - now) <= 2e-6 * (s.scale + penalty)))
            fail_msg("%s: the trace ends with %.9g, not %.9g", who, fit.trace[fit.n_trace - 1].loss,
                     now);
        first = fit.trace[0].loss; /* of the last fit: before its weights were refitted */
        before = last = now;
        mien_fit_free(&fit);
    }
    if (!(last < first))
        fail_msg("%s: nothing was gained", who);
}

static void test_what_is_minimised_never_increases(void **state)
{
    (void)state;
    float *X = noise(50, 30, 0.3, 21), *Y = planted(130, 20, 4, 2);
    for (size_t c = 0; c < CHOICES; c++) {
        bool all_dead = strcmp(choice_at(c)->objective, "frobenius") == 0 &&
                        strcmp(choice_at(c)->penalty, "l1") == 0 && *choice_at(c)->basis == '1';
        if (all_dead) /* covered by the contract: the first iterations end at zero */
            continue;
        check_descent(choice_at(c), X, 50, 30, 5);
        check_descent(choice_at(c), Y, 130, 20, 4);
    }
    free(X);
    free(Y);
}

struct watcher {
    size_t calls, stop_at;
};

static bool watch(void *user, const mien_progress *now)
{
    struct watcher *w = user;
    (void)now;
    return ++w->calls != w->stop_at;
}

/* The last step tells every round, and an end at the user's wish is one there, too: nothing is told
 * any more, and loss and penalty are those of what is handed out. */
static void test_the_last_step_can_be_interrupted(void **state)
{
    (void)state;
    enum { ITERATIONS = 20 };
    static const struct choice choices[] = {
        {"kl", "l1", "0.3", "0.2"}, {"kl", "local", "0", "0"}, {"frobenius", "l1", "0.05", "0.05"}};
    float *X = noise(50, 30, 0.3, 21);
    for (size_t c = 0; c < 3; c++) {
        struct watcher all = {0};
        mien_options options = sparse_options(&choices[c], 5, 3, ITERATIONS);
        char who[128];
        describe(&choices[c], who, sizeof who);
        options.progress = watch;
        options.user = &all;
        mien_fit whole = must_fit("nmf", X, 50, 30, &options);
        if (all.calls <= ITERATIONS)
            fail_msg("%s: told %zu times, nothing of the last step", who, all.calls);
        for (size_t stop_at = ITERATIONS - 1; stop_at <= all.calls; stop_at++) {
            struct watcher w = {.stop_at = stop_at};
            options.user = &w;
            mien_fit fit = must_fit("nmf", X, 50, 30, &options);
            test_scores scores = measure_scores(&fit, X);
            double penalty = slow_penalty(&fit, X, &choices[c]);
            if (w.calls != w.stop_at || fit.stop != MIEN_STOP_INTERRUPTED)
                fail_msg("%s: %zu calls, to be ended at %zu", who, w.calls, w.stop_at);
            assert_near(fit.loss, scores.loss, 1e-6 * scores.scale);
            assert_near(fit.penalty, penalty, 1e-6 * (scores.scale + penalty));
            assert_near(fit.trace[fit.n_trace - 1].loss, scores.loss + penalty,
                        2e-6 * (scores.scale + penalty));
            mien_fit_free(&fit);
        }
        mien_fit_free(&whole);
    }
    free(X);
}

/* ---------------------------------------------------------------- one step, by plain loops */

/* Li, Hou, Zhang & Cheng 2001, (10) to (12), as printed, in double. */
static void local_step(const float *X, size_t n, size_t p, size_t r, double *W, double *H)
{
    double *Y = malloc(n * p * sizeof *Y);
    for (int side = 0; side < 2; side++) {
        for (size_t at = 0; at < n * p; at++) {
            Y[at] = 0;
            for (size_t k = 0; k < r; k++)
                Y[at] += W[at / p * r + k] * H[k * p + at % p];
        }
        for (size_t k = 0; k < r; k++) {
            for (size_t i = 0; side == 0 && i < n; i++) {
                double up = 0;
                for (size_t j = 0; j < p; j++)
                    up += H[k * p + j] * X[i * p + j] / Y[i * p + j];
                W[i * r + k] = sqrt(W[i * r + k] * up);
            }
            double total = 0;
            for (size_t j = 0; side == 1 && j < p; j++) {
                double up = 0, down = 0;
                for (size_t i = 0; i < n; i++) {
                    up += W[i * r + k] * X[i * p + j] / Y[i * p + j];
                    down += W[i * r + k];
                }
                H[k * p + j] *= up / down;
                total += H[k * p + j];
            }
            for (size_t j = 0; side == 1 && j < p; j++)
                H[k * p + j] /= total;
        }
    }
    free(Y);
}

/* The component of the oracle closest in direction; returns the cosine. */
static double best_cosine(const float *h, const double *H, size_t r, size_t p)
{
    double best = 0;
    for (size_t k = 0; k < r; k++) {
        double hh = 0, oo = 0, ho = 0;
        for (size_t j = 0; j < p; j++) {
            double a = h[j], b = H[k * p + j];
            hh += a * a;
            oo += b * b;
            ho += a * b;
        }
        best = fmax(best, ho / sqrt(hh * oo));
    }
    return best;
}

static void test_local_is_the_paper_step_by_step(void **state)
{
    (void)state;
    enum { N = 40, P = 23, R = 4 };
    float *X = noise(N, P, 0.2, 17), *W0 = uniform(N * R, 5), *H0 = uniform(R * P, 6);
    double W[N * R], H[R * P];
    for (size_t step = 0; step < 20; step++) { /* where the paper has come, a step each */
        mien_options options = sparse_options(&local_choice, R, 0, 1);
        options.start_W = W0;
        options.start_H = H0;
        mien_fit fit = must_fit("nmf", X, N, P, &options);
        for (size_t at = 0; at < N * R; at++)
            W[at] = W0[at];
        for (size_t k = 0; k < R; k++)
            for (size_t j = 0; j < P; j++)
                H[k * P + j] = H0[k * P + j] / sum(H0 + k * P, P, 1);
        local_step(X, N, P, R, W, H);
        for (size_t at = 0; at < N * R; at++)
            W0[at] = (float)W[at];
        for (size_t at = 0; at < R * P; at++)
            H0[at] = (float)H[at];
        for (size_t k = 0; k < R; k++)
            assert_near(best_cosine(fit.H + k * P, H, R, P), 1, 1e-8);
        for (size_t i = 0; i < N; i++) { /* each image has its total */
            double total = 0;
            for (size_t j = 0; j < P; j++)
                total += model_entry(&fit, i, j);
            assert_relative(total, sum(X + i * P, P, 1), 1e-5);
        }
        mien_fit_free(&fit);
    }
    free(X);
    free(W0);
    free(H0);
}

/* ---------------------------------------------------------------- strength */

/* A strength near 0 ends where plain NMF ends; 0 is plain NMF, byte for byte. */
static void test_weak_penalty_is_plain_nmf(void **state)
{
    (void)state;
    enum { N = 60, P = 25, R = 4 };
    float *X = planted(N, P, R, 6);
    for (size_t at = 0; at < N * P; at++)
        X[at] += 0.05f;
    static const char *const objectives[] = {"kl", "frobenius"};
    for (size_t o = 0; o < 2; o++) {
        struct choice c = {objectives[o], "l1", "0", "0"};
        mien_options options = sparse_options(&c, R, 1, 1500), plain = test_options(R, 1, 1500);
        plain.tolerance = 0;
        set_option(&plain, "objective", objectives[o]);
        mien_fit a = must_fit("nmf", X, N, P, &options), b = must_fit("nmf", X, N, P, &plain);
        assert_true(same_fit(&a, &b));
        assert_true(a.penalty == 0);
        mien_fit_free(&a);
        c.basis = c.weights = "1e-7";
        options = sparse_options(&c, R, 1, 1500);
        a = must_fit("nmf", X, N, P, &options);
        test_scores s = measure_scores(&a, X);
        if (!(fabs(a.loss - b.loss) <= 5e-4 * s.scale))
            fail_msg("%s: %g with a penalty of 1e-7, %g without", objectives[o], a.loss, b.loss);
        mien_fit_free(&a);
        mien_fit_free(&b);
    }
    free(X);
}

static void test_sparseness_grows_with_strength(void **state)
{
    (void)state;
    enum { N = 80, P = 40, R = 5 };
    static const char *const strengths[][4] = {{"0", "0.2", "0.5", "1"},
                                               {"0", "0.05", "0.1", "0.2"}};
    float *X = planted(N, P, R, 6);
    for (size_t at = 0; at < N * P; at++)
        X[at] += 0.2f;
    for (size_t o = 0; o < 2; o++)
        for (int side = 0; side < 2; side++) {
            double before = -1, loss = 0;
            for (size_t s = 0; s < 4; s++) {
                const char *x = strengths[o][s];
                struct choice c = {o ? "frobenius" : "kl", "l1", side ? "0" : x, side ? x : "0"};
                mien_options options = sparse_options(&c, R, 2, 400);
                mien_fit fit = must_fit("nmf", X, N, P, &options);
                double now = 0;
                for (size_t k = 0; k < R; k++)
                    now += side ? sparseness(fit.W + k, N, R) / R
                                : sparseness(fit.H + k * P, P, 1) / R;
                if (!(now > before + 0.002) || !(fit.loss > loss))
                    fail_msg("%s %s %s: sparseness %g after %g, loss %g after %g", c.objective,
                             side ? "weights" : "basis", x, now, before, fit.loss, loss);
                before = now;
                loss = fit.loss * (1 - 1e-3);
                mien_fit_free(&fit);
            }
        }
    free(X);
}

/* Every image, or every pixel, twice: the same basis and the same weights. */
static void check_doubled(const struct choice *c, bool pixels)
{
    enum { N = 60, P = 32, R = 4 };
    char who[128];
    describe(c, who, sizeof who);
    size_t n = pixels ? N : 2 * N, p = pixels ? 2 * P : P;
    float *X = noise(N, P, 0.3, 31), *W = uniform(N * R, 5), *H = uniform(R * P, 6);
    float *X2 = malloc(n * p * sizeof *X2), *W2 = malloc(n * R * sizeof *W2);
    float *H2 = malloc(R * p * sizeof *H2);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p; j++)
            X2[i * p + j] = X[i % N * P + (pixels ? j / 2 : j)];
    for (size_t at = 0; at < n * R; at++)
        W2[at] = W[at % (N * R)];
    for (size_t k = 0; k < R; k++)
        for (size_t j = 0; j < p; j++)
            H2[k * p + j] = H[k * P + (pixels ? j / 2 : j)];
    mien_options options = sparse_options(c, R, 0, 40);
    options.start_W = W;
    options.start_H = H;
    mien_fit once = must_fit("nmf", X, N, P, &options);
    options.start_W = W2;
    options.start_H = H2;
    mien_fit twice = must_fit("nmf", X2, n, p, &options);
    assert_relative(twice.loss, 2 * once.loss, 1e-4);
    assert_relative(twice.penalty, 2 * once.penalty, 1e-3);
    for (size_t k = 0; k < R; k++) {
        for (size_t j = 0; j < p; j++) {
            double a = twice.H[k * p + j], b = once.H[k * P + (pixels ? j / 2 : j)];
            if (!(fabs(a - b) <= 5e-3))
                fail_msg("%s: basis image %zu, pixel %zu is %g, %g when %s are there twice", who, k,
                         j, b, a, pixels ? "pixels" : "images");
        }
        for (size_t i = 0; i < N; i++)
            if (!(fabs(twice.W[i * R + k] - once.W[i * R + k]) <= 1e-2))
                fail_msg("%s: weight %zu of image %zu is %g, %g when %s are there twice", who, k, i,
                         (double)once.W[i * R + k], (double)twice.W[i * R + k],
                         pixels ? "pixels" : "images");
    }
    mien_fit_free(&once);
    mien_fit_free(&twice);
    free(X);
    free(W);
    free(H);
    free(X2);
    free(W2);
    free(H2);
}

static void test_strength_does_not_depend_on_size(void **state)
{
    (void)state;
    for (size_t c = 0; c < L1; c++) {
        if (strcmp(l1_choices[c].basis, "1") == 0)
            continue;
        check_doubled(&l1_choices[c], false);
        check_doubled(&l1_choices[c], true);
    }
    check_doubled(&local_choice, false);
    check_doubled(&local_choice, true);
}

/* ... nor on the unit of the pixels. */
static void test_strength_does_not_depend_on_units(void **state)
{
    (void)state;
    enum { N = 40, P = 20, R = 3 };
    float *X = noise(N, P, 0.3, 31), *X2 = malloc(N * P * sizeof *X2);
    for (size_t at = 0; at < N * P; at++)
        X2[at] = 256 * X[at];
    for (size_t c = 0; c < CHOICES; c++) {
        mien_options options = sparse_options(choice_at(c), R, 1, 30);
        mien_fit a = must_fit("nmf", X, N, P, &options), b = must_fit("nmf", X2, N, P, &options);
        for (size_t at = 0; at < R * P; at++)
            assert_near(b.H[at], a.H[at], 5e-3);
        mien_fit_free(&a);
        mien_fit_free(&b);
    }
    free(X);
    free(X2);
}

/* ---------------------------------------------------------------- Hoyer's projection */

static double distance(const float *a, const double *b, size_t count)
{
    double square = 0;
    for (size_t j = 0; j < count; j++)
        square += (a[j] - b[j]) * (a[j] - b[j]);
    return sqrt(square);
}

/* The closest point whose entries are positive within `support` and 0 elsewhere: the point of a
 * circle (or sphere) in the plane of that sum. Infinite when it is not >= 0. */
static double distance_on_support(const float *v, size_t count, unsigned support, double total,
                                  double length)
{
    double mean = 0, spread = 0, d = 0, point[8] = {0};
    for (size_t j = 0; j < count; j++)
        if (support >> j & 1) {
            mean += v[j];
            d++;
        }
    mean /= d;
    for (size_t j = 0; j < count; j++)
        if (support >> j & 1)
            spread += (v[j] - mean) * (v[j] - mean);
    double radius = length * length - total * total / d;
    if (radius < -1e-9 || (spread == 0 && radius > 1e-9))
        return INFINITY;
    for (size_t j = 0; j < count; j++) {
        if (!(support >> j & 1))
            continue;
        point[j] = total / d;
        if (spread > 0)
            point[j] += (v[j] - mean) * sqrt(fmax(radius, 0) / spread);
        if (point[j] < -1e-9)
            return INFINITY;
    }
    return distance(v, point, count);
}

static void check_projection(const float *v, size_t count, double total, double length)
{
    float u[8];
    mien_hoyer_project(v, count, total, length, u);
    double u_sum = 0, square = 0, point[8];
    for (size_t j = 0; j < count; j++) {
        assert_true(u[j] >= 0 && isfinite(u[j]));
        u_sum += u[j];
        square += (double)u[j] * u[j];
        point[j] = u[j];
    }
    assert_near(u_sum, total, 1e-5 * total);
    assert_near(sqrt(square), length, 1e-5 * length);
    double best = INFINITY, ours = distance(v, point, count);
    for (unsigned support = 1; support < 1u << count; support++)
        best = fmin(best, distance_on_support(v, count, support, total, length));
    if (!(ours <= best + 1e-5 * (1 + best)))
        fail_msg("projection of %zu numbers, sum %g, length %g: distance %.9g, best %.9g", count,
                 total, length, ours, best);
}

static void test_projection_is_the_closest_point(void **state)
{
    (void)state;
    for (size_t trial = 0; trial < 4000; trial++) {
        float v[8];
        size_t count = 2 + trial % 6;
        for (size_t j = 0; j < count; j++)
            v[j] = (float)(4 * mien_random_uniform(trial, MIEN_STREAM_TEST, j) -
                           (trial % 3 ? 1 : 4)); /* mixed, or all negative */
        double s = mien_random_uniform(trial, MIEN_STREAM_TEST, 100);
        double length = trial % 2 ? 1 : 3 * mien_random_uniform(trial, MIEN_STREAM_TEST, 101) + 0.1;
        check_projection(v, count, length * mien_hoyer_sum(s, count), length);
    }
}

/* Nothing on the constraint, drawn at random, is closer. */
static void test_projection_beats_random_points(void **state)
{
    (void)state;
    enum { D = 5 };
    const float v[D] = {0.9f, -0.3f, 0.4f, 0.35f, 0.1f};
    const double total = mien_hoyer_sum(0.55, D);
    float u[D];
    double point[D];
    mien_hoyer_project(v, D, total, 1, u);
    for (size_t j = 0; j < D; j++)
        point[j] = u[j];
    double ours = distance(v, point, D);
    size_t feasible = 0;
    for (size_t trial = 0; trial < 200000; trial++) {
        /* a random direction within the plane sum = total, to length 1 */
        double mean = 0, square = 0;
        for (size_t j = 0; j < D; j++) {
            point[j] = pow(mien_random_uniform(trial, MIEN_STREAM_TEST, j), 3);
            mean += point[j] / D;
        }
        for (size_t j = 0; j < D; j++)
            square += (point[j] - mean) * (point[j] - mean);
        bool inside = true;
        for (size_t j = 0; j < D; j++) {
            point[j] = total / D + (point[j] - mean) * sqrt((1 - total * total / D) / square);
            inside = inside && point[j] >= 0;
        }
        feasible += inside;
        if (inside && distance(v, point, D) < ours - 1e-6)
            fail_msg("a random point is closer: %g, ours %g", distance(v, point, D), ours);
    }
    assert_true(feasible > 1000);
}

static void test_projection_of_odd_vectors(void **state)
{
    (void)state;
    static const float odd[][4] = {{0, 0, 0, 0},     {1, 1, 1, 1},        {-2, -2, -2, -2},
                                   {5, 5, 0, 0},     {1e-30f, 0, 0, 0},   {1, 1, 1, -100},
                                   {1e20f, 1, 1, 1}, {3, 3, 3, 2.999999f}};
    static const double levels[] = {0, 0.001, 0.3, 0.5, 0.99, 1};
    for (size_t v = 0; v < sizeof odd / sizeof *odd; v++)
        for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
            float u[4];
            double want = mien_hoyer_sum(levels[l], 4);
            mien_hoyer_project(odd[v], 4, want, 1, u);
            double square = 0;
            for (size_t j = 0; j < 4; j++) {
                assert_true(u[j] >= 0 && isfinite(u[j]));
                square += (double)u[j] * u[j];
            }
            assert_near(sum(u, 4, 1), want, 1e-5);
            assert_near(sqrt(square), 1, 1e-5);
        }
    float one = -3;
    mien_hoyer_project(&one, 1, mien_hoyer_sum(0.7, 1), 1, &one);
    assert_near(one, 1, 1e-6);
}

static void test_sparseness_is_held(void **state)
{
    (void)state;
    enum { N = 70, P = 45, R = 5 };
    float *X = noise(N, P, 0.2, 8);
    for (size_t c = 0; c < HOYER; c++)
        for (size_t iterations = 1; iterations <= 30; iterations += 29) {
            double basis = strtod(hoyer_choices[c].basis, NULL);
            double weights = strtod(hoyer_choices[c].weights, NULL);
            mien_options options = sparse_options(&hoyer_choices[c], R, 1, iterations);
            mien_fit fit = must_fit("nmf", X, N, P, &options);
            for (size_t k = 0; k < R; k++) {
                if (basis > 0)
                    assert_near(sparseness(fit.H + k * P, P, 1), basis, 1e-5);
                double s = sparseness(fit.W + k, N, R);
                if (weights > 0 && s >= 0) /* a component may die */
                    assert_near(s, weights, 1e-5);
            }
            assert_true(fit.penalty == 0);
            mien_fit_free(&fit);
        }
    free(X);
}

/* ---------------------------------------------------------------- threads, memory, refusals */

static void test_threads_give_the_same_bytes(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{211, 45}, {37, 300}};
    static const unsigned threads[] = {2, 3, 4, 8};
    for (size_t s = 0; s < 2; s++) {
        size_t n = sizes[s][0], p = sizes[s][1];
        float *X = noise(n, p, 0.2, 9);
        for (size_t c = 0; c < CHOICES; c++) {
            mien_options options = sparse_options(choice_at(c), 6, 4, 10);
            mien_fit one = must_fit("nmf", X, n, p, &options);
            for (size_t t = 0; t < 4; t++) {
                options.threads = threads[t];
                mien_fit fit = must_fit("nmf", X, n, p, &options);
                if (!same_fit(&fit, &one) || fit.penalty != one.penalty)
                    fail_msg("choice %zu: other bytes with %u threads", c, threads[t]);
                mien_fit_free(&fit);
            }
            mien_fit_free(&one);
        }
        free(X);
    }
}

static void test_out_of_memory_at_every_site(void **state)
{
    (void)state;
    enum { N = 40, P = 6 };
    float *X = noise(N, P, 0.3, 8);
    mien_set_allocator(failing_malloc, failing_free);
    for (size_t c = 0; c < CHOICES; c++) {
        mien_options options = sparse_options(choice_at(c), 3, 1, 12);
        options.threads = 2;
        for (long k = 0;; k = failing_next(k)) {
            mien_fit fit;
            mien_error err = {0};
            failing_countdown = k;
            mien_status st = try_fit(method_named("nmf"), X, N, P, &options, &fit, &err);
            if (!st)
                mien_fit_free(&fit);
            if (failing_alive != 0 || (st && st != MIEN_ERR_NOMEM))
                fail_msg("choice %zu, allocation %ld: status %d, %ld blocks alive", c, k, (int)st,
                         failing_alive);
            if (!st) {
                assert_true(k > 20);
                break;
            }
        }
    }
    mien_set_allocator(NULL, NULL);
    free(X);
}

static void test_knobs_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        const char *words[5]; /* objective, penalty, basis, weights, solver */
        const char *says;     /* NULL: taken */
    } cases[] = {
        {{"kl", "hoyer", "0.5", "0", "fast"}, "under penalty hoyer; there is for frobenius fast"},
        {{"frobenius", "hoyer", "0", "0", "fast"}, "give sparse-basis or sparse-weights"},
        {{"frobenius", "local", "0", "0", "fast"}, "under penalty local; there is for kl fast"},
        {{"kl", "local", "0.1", "0", "fast"}, "leave out sparse-basis"},
        {{"kl", "local", "0", "0.1", "fast"}, "leave out sparse-basis"},
        {{"kl", "l1", "0.1", "0", "mu"},
         "under penalty l1; there is for kl fast; for frobenius fast"},
        {{"kl", "local", "0", "0", "minibatch"}, "under penalty local; there is for kl fast"},
        {{"frobenius", "hoyer", "0.5", "0", "hals"},
         "under penalty hoyer; there is for frobenius fast"},
        {{"kl", "l1", "0", "0", "mu"}, NULL},
        {{"frobenius", "l1", "0.1", "0.1", "fast"}, NULL},
        {{"frobenius", "hoyer", "0", "1", "fast"}, NULL},
    };
    static const char *const keys[] = {"objective", "penalty", "sparse-basis", "sparse-weights",
                                       "solver"};
    float *X = noise(9, 7, 0.2, 1);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_options options = test_options(2, 0, 3);
        for (size_t k = 0; k < 5; k++)
            set_option(&options, keys[k], cases[c].words[k]);
        mien_error err;
        mien_status st = refusal(method_named("nmf"), X, 9, 7, &options, &err);
        if (st != (cases[c].says ? MIEN_ERR_ARG : MIEN_OK))
            fail_msg("case %zu: status %d", c, (int)st);
        if (cases[c].says && !strstr(err.message, cases[c].says))
            fail_msg("case %zu: the message should say '%s': %s", c, cases[c].says, err.message);
    }
    static const char *const no_strengths[] = {"-0.1", "1.01", "nan", "x", ""};
    for (size_t w = 0; w < sizeof no_strengths / sizeof *no_strengths; w++) {
        mien_options options = test_options(2, 0, 3);
        assert_int_equal(mien_options_set(&options, "sparse-basis", no_strengths[w], NULL),
                         MIEN_ERR_ARG);
        assert_int_equal(mien_options_set(&options, "sparse-weights", no_strengths[w], NULL),
                         MIEN_ERR_ARG);
    }
    free(X);
}

/* The start that is kept is the best by what is minimised, not by the loss alone. */
static void test_starts_are_compared_with_the_penalty(void **state)
{
    (void)state;
    enum { N = 40, P = 25, STARTS = 6 };
    float *X = noise(N, P, 0.3, 12);
    mien_options options = sparse_options(&l1_choices[3], 5, 70, 15);
    options.restarts = STARTS;
    mien_fit best = must_fit("nmf", X, N, P, &options);
    options.restarts = 1;
    for (; options.seed < 70 + STARTS; options.seed++) {
        mien_fit single = must_fit("nmf", X, N, P, &options);
        assert_true(best.loss + best.penalty <= single.loss + single.penalty);
        mien_fit_free(&single);
    }
    assert_non_null(strstr(best.note, "L1 penalty"));
    mien_fit_free(&best);
    free(X);
}

static size_t count_zeros(const float *values, size_t count)
{
    size_t zeros = 0;
    for (size_t at = 0; at < count; at++)
        zeros += values[at] == 0;
    return zeros;
}

/* Multiplied, what is to be 0 goes there for ever: penalties left parts without a single zero. */
static void test_penalised_parts_have_more_zeros(void **state)
{
    (void)state;
    enum { N = 120, P = 30, R = 5 };
    static const struct choice rising[] = {{"kl", "l1", "0", "0"},
                                           {"kl", "l1", "0.05", "0"},
                                           {"kl", "l1", "0.2", "0"},
                                           {"kl", "l1", "0.6", "0"}};
    static const struct choice on_weights = {"kl", "l1", "0", "0.3"};
    for (uint64_t seed = 0; seed < 3; seed++) {
        float *X = planted(N, P, R, seed), *dust = noise(N, P, 0.3, seed);
        for (size_t at = 0; at < N * P; at++)
            X[at] += 0.1f * dust[at];
        size_t before = 0, plain = 0, in_weights = 0;
        for (size_t c = 0; c < sizeof rising / sizeof *rising; c++) {
            mien_options options = sparse_options(&rising[c], R, seed, 300);
            mien_fit fit = must_fit("nmf", X, N, P, &options);
            size_t zeros = count_zeros(fit.H, R * P);
            if (!(zeros >= before))
                fail_msg("strength %s: %zu zeros, %zu before", rising[c].basis, zeros, before);
            before = zeros;
            if (c == 0) {
                plain = zeros;
                in_weights = count_zeros(fit.W, N * R);
            }
            mien_fit_free(&fit);
        }
        mien_options options = sparse_options(&local_choice, R, seed, 300);
        mien_fit local = must_fit("nmf", X, N, P, &options);
        assert_true(count_zeros(local.H, R * P) > plain);
        mien_fit_free(&local);
        options = sparse_options(&on_weights, R, seed, 300);
        mien_fit sparse = must_fit("nmf", X, N, P, &options);
        assert_true(count_zeros(sparse.W, N * R) > in_weights);
        mien_fit_free(&sparse);
        free(X);
        free(dust);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_penalised_parts_have_more_zeros),
        cmocka_unit_test(test_what_is_minimised_never_increases),
        cmocka_unit_test(test_the_last_step_can_be_interrupted),
        cmocka_unit_test(test_local_is_the_paper_step_by_step),
        cmocka_unit_test(test_weak_penalty_is_plain_nmf),
        cmocka_unit_test(test_sparseness_grows_with_strength),
        cmocka_unit_test(test_strength_does_not_depend_on_size),
        cmocka_unit_test(test_strength_does_not_depend_on_units),
        cmocka_unit_test(test_projection_is_the_closest_point),
        cmocka_unit_test(test_projection_beats_random_points),
        cmocka_unit_test(test_projection_of_odd_vectors),
        cmocka_unit_test(test_sparseness_is_held),
        cmocka_unit_test(test_threads_give_the_same_bytes),
        cmocka_unit_test(test_out_of_memory_at_every_site),
        cmocka_unit_test(test_knobs_that_do_not_fit),
        cmocka_unit_test(test_starts_are_compared_with_the_penalty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
