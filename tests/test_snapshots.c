/* test_snapshots.c - the basis along the iterations: which are kept, in which order, of which
 * start; and an image put together step by step. SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/fits.h"
#include "support/problems.h"

#include "methods/snapshots.h"
#include "report/pictures.h"

#include <math.h>

enum { N = 60, P = 30, R = 4 };

static const struct setting {
    const char *method, *key, *value, *key2, *value2;
    size_t iterations;
} settings[] = {
    {"nmf", NULL, NULL, NULL, NULL, 40},
    {"nmf", "solver", "mu", NULL, NULL, 40},
    {"nmf", "objective", "frobenius", NULL, NULL, 40},
    {"nmf", "objective", "frobenius", "solver", "hals", 40},
    {"nmf", "objective", "frobenius", "solver", "mu", 40},
    {"nmf", "sparse-basis", "0.1", NULL, NULL, 40},
    {"nmf", "penalty", "local", NULL, NULL, 40},
    {"kmeans", NULL, NULL, NULL, NULL, 40},
    {"ica", NULL, NULL, NULL, NULL, 40},
    {"ica", "ica", "weights", NULL, NULL, 40},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static mien_fit fit_of(const struct setting *s, const float *X, size_t restarts, uint64_t seed)
{
    mien_options options = test_options(R, seed, s->iterations);
    options.snapshots = true;
    options.restarts = restarts;
    options.tolerance = 0;
    if (s->key)
        set_option(&options, s->key, s->value);
    if (s->key2)
        set_option(&options, s->key2, s->value2);
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    mien_fit fit;
    mien_error err = {0};
    if (mien_fit_run(method_named(s->method), &source, &options, &fit, &err))
        fail_msg("%s %s: %s", s->method, s->value ? s->value : "", err.message);
    return fit;
}

static double value_of(const mien_snapshots *s, size_t at, size_t k, size_t j)
{
    double byte = s->values[(at * R + k) * P + j], scale = s->scale[at * R + k];
    return s->is_signed ? (byte - 128) / 127 * scale : byte / 255 * scale;
}

static double cosine(const mien_fit *fit, size_t at, size_t k, size_t l)
{
    double product = 0, a = 0, b = 0;
    for (size_t j = 0; j < P; j++) {
        double v = value_of(&fit->snapshots, at, k, j), h = fit->H[l * P + j];
        product += v * h;
        a += v * v;
        b += h * h;
    }
    return a > 0 && b > 0 ? product / sqrt(a * b) : 0;
}

/* 1, 2, 3, 5, 8, ... and the last; the last is the fit's basis to half a step of its 8 bits; the
 * one before is nearest to the component of the same place, with its sign. */
static void test_snapshots_end_at_the_basis(void **state)
{
    (void)state;
    float *X = planted(N, P, R, 5);
    for (size_t i = 0; i < SETTINGS; i++) {
        mien_fit fit = fit_of(&settings[i], X, 1, 3);
        const mien_snapshots *s = &fit.snapshots;
        assert_true(s->count >= 2);
        assert_int_equal(s->iteration[s->count - 1], fit.iterations);
        static const size_t due[] = {1, 2, 3, 5, 8, 13, 21, 34};
        for (size_t at = 0; at + 1 < s->count; at++)
            if (s->iteration[at] != due[at])
                fail_msg("%s %s: snapshot %zu is of iteration %zu", settings[i].method,
                         settings[i].value ? settings[i].value : "", at, s->iteration[at]);
        for (size_t k = 0; k < R; k++) {
            double step = s->scale[(s->count - 1) * R + k] / (s->is_signed ? 127 : 255);
            for (size_t j = 0; j < P; j++)
                assert_true(fabs(value_of(s, s->count - 1, k, j) - fit.H[k * P + j]) <=
                            0.51 * step + 1e-30);
            for (size_t l = 0; l < R && !s->is_signed; l++)
                if (cosine(&fit, s->count - 2, k, l) > cosine(&fit, s->count - 2, k, k) + 1e-3)
                    fail_msg("%s %s: component %zu was %zu before the end", settings[i].method,
                             settings[i].value ? settings[i].value : "", k + 1, l + 1);
        }
        mien_fit_free(&fit);
    }
    free(X);
}

/* What ICA keeps of iteration 13 is where a run of 13 iterations ends, but for order and signs. */
static void test_snapshots_of_ica_are_where_it_was(void **state)
{
    (void)state;
    enum { THEN = 5, ITERATION = 13 }; /* 1, 2, 3, 5, 8, 13 */
    float *X = noise(N, P, 0.2, 4);
    for (size_t i = 0; i < SETTINGS; i++) {
        struct setting brief = settings[i];
        if (strcmp(brief.method, "ica") != 0)
            continue;
        mien_fit fit = fit_of(&settings[i], X, 1, 3);
        brief.iterations = ITERATION;
        mien_fit then = fit_of(&brief, X, 1, 3);
        assert_int_equal(fit.snapshots.iteration[THEN], ITERATION);
        mien_snapshots kept = fit.snapshots;
        fit.snapshots = then.snapshots; /* of `then`, the last is its own basis */
        then.snapshots = kept;
        for (size_t k = 0; k < R; k++) {
            double nearest = 0;
            for (size_t l = 0; l < R; l++)
                nearest = fmax(nearest, fabs(cosine(&then, THEN, k, l)));
            assert_true(nearest > 0.999);
        }
        mien_fit_free(&fit);
        mien_fit_free(&then);
    }
    free(X);
}

/* Of several starts those of the one that was kept, whether starts run in turn or side by side. */
static void test_snapshots_are_those_of_the_best_start(void **state)
{
    (void)state;
    float *X = noise(N, P, 0.3, 8);
    mien_fit best = fit_of(&settings[0], X, 5, 3);
    mien_fit alone = fit_of(&settings[0], X, 1, best.seed);
    assert_int_equal(best.snapshots.count, alone.snapshots.count);
    assert_memory_equal(best.snapshots.values, alone.snapshots.values,
                        best.snapshots.count * R * P);
    mien_fit_free(&best);
    mien_fit_free(&alone);
    free(X);
}

struct viewer {
    bool wants, weights; /* weights: were there */
    size_t asked, shown, last;
    bool in_order;
    uint8_t bytes[R][P]; /* of iteration WATCHED */
};
enum { WATCHED = 13, WATCHED_AT = 5 }; /* 1, 2, 3, 5, 8, 13 */

static bool watch(void *user, const mien_view *now)
{
    struct viewer *v = user;
    if (!now) {
        v->asked++;
        return v->wants;
    }
    v->shown++;
    v->in_order = v->in_order && now->iteration == v->last + 1;
    v->last = now->iteration;
    v->weights = now->W;
    for (size_t k = 0; k < R && now->iteration == WATCHED; k++)
        mien_snapshot_row(now->H + k * now->ldh, P, false, v->bytes[k]);
    return true;
}

static mien_fit viewed_fit(const struct setting *s, const float *X, struct viewer *viewer)
{
    mien_options options = test_options(R, 3, s->iterations);
    options.snapshots = true;
    options.restarts = 1;
    options.tolerance = 0;
    options.view = watch;
    options.viewer = viewer;
    if (s->key)
        set_option(&options, s->key, s->value);
    if (s->key2)
        set_option(&options, s->key2, s->value2);
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    mien_fit fit;
    assert_int_equal(mien_fit_run(method_named(s->method), &source, &options, &fit, NULL), MIEN_OK);
    return fit;
}

/* Every iteration is shown to a viewer who wants it, none to one who does not; what is shown is
 * what is kept, but for the order; and the fit is the same as without viewers. */
static void test_iterations_are_shown(void **state)
{
    (void)state;
    float *X = planted(N, P, R, 5);
    for (size_t i = 0; i < SETTINGS; i++) {
        const struct setting *s = &settings[i];
        bool is_nmf = strcmp(s->method, "nmf") == 0;
        struct viewer eager = {.wants = true, .in_order = true}, idle = {.in_order = true};
        mien_fit plain = fit_of(s, X, 1, 3), fit = viewed_fit(s, X, &eager);
        mien_fit other = viewed_fit(s, X, &idle);
        assert_memory_equal(plain.H, fit.H, sizeof(float) * R * P);
        assert_memory_equal(plain.W, other.W, sizeof(float) * N * R);
        assert_true(eager.in_order);
        assert_int_equal(eager.weights, is_nmf);
        assert_int_equal(eager.shown, eager.last);
        assert_true(eager.last + 1 >=
                    fit.iterations); /* the last one may be the fit's own affair */
        assert_true(idle.asked > 0);
        assert_int_equal(idle.shown, 0);
        const mien_snapshots *kept = &fit.snapshots;
        for (size_t k = 0; k < R && is_nmf; k++) {
            bool found = false;
            assert_int_equal(kept->iteration[WATCHED_AT], WATCHED);
            for (size_t l = 0; l < R; l++)
                found = found ||
                        memcmp(kept->values + (WATCHED_AT * R + l) * P, eager.bytes[k], P) == 0;
            assert_true(found);
        }
        mien_fit_free(&plain);
        mien_fit_free(&other);
        mien_fit_free(&fit);
    }
    free(X);
}

static void test_nothing_is_kept_unasked(void **state)
{
    (void)state;
    float *X = planted(N, P, R, 5);
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    static const char *const names[] = {"nmf", "pca"};
    for (size_t i = 0; i < 2; i++) { /* PCA has no iterations to keep */
        mien_options options = test_options(R, 1, 5);
        options.snapshots = i == 1;
        mien_fit fit;
        assert_int_equal(mien_fit_run(method_named(names[i]), &source, &options, &fit, NULL),
                         MIEN_OK);
        assert_int_equal(fit.snapshots.count, 0);
        assert_null(fit.snapshots.values);
        mien_fit_free(&fit);
    }
    free(X);
}

static void test_snapshots_without_memory(void **state)
{
    (void)state;
    float *X = planted(N, P, R, 5);
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    mien_options options = test_options(R, 1, 6);
    options.snapshots = true;
    mien_set_allocator(failing_malloc, failing_free);
    failing_alive = 0;
    mien_status st = MIEN_ERR_NOMEM;
    long k = 0;
    for (; st; k++) {
        mien_fit fit = {0};
        failing_countdown = k;
        st = mien_fit_run(method_named("ica"), &source, &options, &fit, NULL);
        assert_true(st == MIEN_OK || st == MIEN_ERR_NOMEM);
        mien_fit_free(&fit);
        assert_int_equal(failing_alive, 0);
    }
    mien_set_allocator(NULL, NULL);
    assert_true(k > 10);
    free(X);
}

/* Steps add up to the sums, the sums end at the reconstruction, and what contributes more comes
 * first. */
static void test_steps_add_up(void **state)
{
    (void)state;
    float *X = planted(N, P, 12, 6);
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    static const char *const names[] = {"nmf", "pca"};
    static const size_t counts[] = {1, 2, 4, 12};
    for (size_t i = 0; i < 2; i++) {
        mien_options options = test_options(12, 1, 50);
        mien_fit fit;
        float added[4 * P], sums[4 * P], whole[P];
        assert_int_equal(mien_fit_run(method_named(names[i]), &source, &options, &fit, NULL),
                         MIEN_OK);
        assert_int_equal(mien_story_add_up(&fit, 7, counts, 4, added, sums), MIEN_OK);
        mien_fit_reconstruct(&fit, 7, whole);
        for (size_t j = 0; j < P; j++) {
            double sum = fit.mu ? fit.mu[j] : 0;
            for (size_t s = 0; s < 4; s++) {
                sum += added[s * P + j];
                assert_near(sums[s * P + j], sum, 1e-5);
            }
            assert_near(sum, whole[j], 1e-5);
        }
        double first = 0, other = 0;
        for (size_t j = 0; j < P; j++) {
            first += (double)added[j] * added[j];
            other += (double)added[P + j] * added[P + j];
        }
        if (i == 1) /* orthogonal components: the size of what they add is their contribution */
            assert_true(first >= other);
        mien_fit_free(&fit);
    }
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snapshots_end_at_the_basis),
        cmocka_unit_test(test_snapshots_of_ica_are_where_it_was),
        cmocka_unit_test(test_snapshots_are_those_of_the_best_start),
        cmocka_unit_test(test_iterations_are_shown),
        cmocka_unit_test(test_nothing_is_kept_unasked),
        cmocka_unit_test(test_snapshots_without_memory),
        cmocka_unit_test(test_steps_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
