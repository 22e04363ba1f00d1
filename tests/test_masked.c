/* test_masked.c - masks, factorisation with hidden entries, and relevance, against plain loops.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/problems.h"

#include "base/memory.h"
#include "study/rank/ard.h"
#include "study/rank/masked.h"

#include <string.h>

static const mien_loss LOSSES[] = {MIEN_LOSS_KL, MIEN_LOSS_HALF_SQUARES};

static mien_pool *pool_of(unsigned threads)
{
    mien_pool *pool;
    assert_int_equal(mien_pool_create(threads, &pool), MIEN_OK);
    return pool;
}

static mien_masked_options masked_options(mien_loss loss, size_t r, size_t iterations)
{
    return (mien_masked_options){.loss = loss,
                                 .r = r,
                                 .iterations = iterations,
                                 .seed = 3,
                                 .mask = mien_mask_make(7, 0, 0.1)};
}

static mien_masked_fit must_run(unsigned threads, const float *X, size_t n, size_t p,
                                const mien_masked_options *options)
{
    mien_float_view view = {X, n, p};
    mien_source source = mien_float_source(&view);
    mien_pool *pool = pool_of(threads);
    mien_masked_fit fit;
    mien_error err = {0};
    if (mien_masked_fit_run(pool, &source, options, &fit, &err))
        fail_msg("%s", err.message);
    mien_pool_free(pool);
    return fit;
}

/* ---------------------------------------------------------------- masks */

/* The definition, by base/rng.h: a 16-bit number an entry, hidden in an interval. */
static bool is_hidden(const mien_mask *mask, uint64_t entry)
{
    uint64_t block = entry / 8;
    unsigned place = (unsigned)(entry % 8);
    uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), MIEN_STREAM_MASK, mask->round};
    uint32_t key[2] = {(uint32_t)mask->seed, (uint32_t)(mask->seed >> 32)}, out[4];
    mien_philox(counter, key, out);
    uint32_t number = place % 2 ? out[place / 2] >> 16 : out[place / 2] & 0xffffu;
    return number >= mask->offset && number < (uint32_t)mask->offset + mask->length;
}

static void test_mask_is_what_philox_says(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static uint8_t hidden[COUNT];
    for (size_t index = 0; index < 12; index++) {
        mien_mask mask = mien_mask_make(0x123456789abcdefULL, index, 0.15);
        const uint64_t firsts[] = {0, 5, 8, 1000003, ((uint64_t)1 << 35) - 77};
        for (size_t f = 0; f < 5; f++) {
            mien_mask_fill(&mask, firsts[f], COUNT, hidden);
            for (size_t k = 0; k < COUNT; k++)
                assert_int_equal(hidden[k], is_hidden(&mask, firsts[f] + k));
        }
    }
}

static void test_mask_hides_its_share_and_masks_are_disjoint(void **state)
{
    (void)state;
    enum { COUNT = 200000 };
    uint8_t *one = malloc(COUNT), *all = calloc(COUNT, 1);
    for (size_t index = 0; index < 10; index++) {
        mien_mask mask = mien_mask_make(5, index, 0.1);
        mien_mask_fill(&mask, 0, COUNT, one);
        size_t count = 0;
        for (size_t k = 0; k < COUNT; k++) {
            count += one[k];
            assert_false(one[k] && all[k]);
            all[k] |= one[k];
        }
        assert_near((double)count / COUNT, 0.1, 5 * sqrt(0.09 / COUNT));
    }
    mien_mask mask = mien_mask_make(5, 10, 0.1), nothing = mien_mask_make(5, 0, 0);
    size_t again = 0;
    mien_mask_fill(&mask, 0, COUNT, one);
    for (size_t k = 0; k < COUNT; k++)
        again += one[k] && all[k];
    assert_true(again > 0); /* new numbers: it overlaps earlier ones */
    mien_mask_fill(&nothing, 0, COUNT, one);
    for (size_t k = 0; k < COUNT; k++)
        assert_int_equal(one[k], 0);
    free(one);
    free(all);
}

/* ---------------------------------------------------------------- hidden entries */

/* Mean loss over kept or hidden entries, with a dense mask and plain sums in double. */
static double mean_loss(const mien_masked_fit *fit, const float *X, const uint8_t *hidden,
                        mien_loss loss, bool of_hidden)
{
    double sum = 0, mean = 0;
    size_t count = 0;
    for (size_t at = 0; at < fit->n * fit->p; at++)
        mean += X[at] / (double)(fit->n * fit->p);
    for (size_t i = 0; i < fit->n; i++)
        for (size_t j = 0; j < fit->p; j++) {
            if (hidden[i * fit->p + j] != of_hidden)
                continue;
            double x = X[i * fit->p + j], y = 0;
            for (size_t k = 0; k < fit->r; k++)
                y += (double)fit->W[i * fit->r + k] * fit->H[k * fit->p + j];
            if (loss == MIEN_LOSS_KL) {
                y = fmax(y, of_hidden ? 1e-3 * mean : 1e-30);
                sum += x > 0 ? x * log(x / y) - x + y : y;
            } else {
                sum += (x - y) * (x - y) / 2;
            }
            count++;
        }
    return sum / (double)count;
}

static void test_losses_are_those_of_a_dense_mask(void **state)
{
    (void)state;
    enum { N = 67, P = 41 };
    float *X = noise(N, P, 0.2, 4);
    uint8_t hidden[N * P];
    for (size_t l = 0; l < 2; l++) {
        mien_masked_options options = masked_options(LOSSES[l], 5, 30);
        mien_masked_fit fit = must_run(1, X, N, P, &options);
        mien_mask_fill(&options.mask, 0, N * P, hidden);
        assert_relative(fit.kept, mean_loss(&fit, X, hidden, LOSSES[l], false), 1e-9);
        assert_relative(fit.held_out, mean_loss(&fit, X, hidden, LOSSES[l], true), 1e-9);
        assert_relative(fit.trace[fit.iterations - 1], fit.kept, 0.05); /* one step before */
        assert_int_equal(fit.n_kept + fit.n_held_out + fit.left_out, N * P);
        mien_masked_fit_free(&fit);
    }
    free(X);
}

/* The first step from the same start, weighted updates written out: the completed data is X where
 * kept and the model elsewhere. */
static void test_one_step_is_that_of_completed_data(void **state)
{
    (void)state;
    enum { N = 23, P = 17, R = 3 };
    float *X = noise(N, P, 0.1, 8);
    uint8_t hidden[N * P];
    mien_masked_options options = masked_options(MIEN_LOSS_KL, R, 1);
    mien_masked_fit fit = must_run(1, X, N, P, &options);
    mien_mask_fill(&options.mask, 0, N * P, hidden);
    double W[N * R], H[R * P], mean = 0, W_old[N * R];
    for (size_t at = 0; at < N * P; at++)
        mean += X[at] / (double)(N * P);
    double scale = 2 * sqrt(mean / R);
    for (size_t at = 0; at < N * R; at++)
        W[at] = scale * mien_random_uniform(options.seed, MIEN_STREAM_WEIGHTS, at);
    for (size_t at = 0; at < R * P; at++)
        H[at] = scale * mien_random_uniform(options.seed, MIEN_STREAM_BASIS, at);
    memcpy(W_old, W, sizeof W);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < R; k++) {
            double up = 0, down = 0;
            for (size_t j = 0; j < P; j++) {
                double y = 0;
                for (size_t l = 0; l < R; l++)
                    y += W_old[i * R + l] * H[l * P + j];
                up += (hidden[i * P + j] ? 1 : X[i * P + j] / y) * H[k * P + j];
                down += H[k * P + j];
            }
            W[i * R + k] = W_old[i * R + k] * up / down;
        }
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < R; k++)
            assert_relative(fit.W[i * R + k], W[i * R + k], 1e-4);
    for (size_t k = 0; k < R; k++)
        for (size_t j = 0; j < P; j++) {
            double up = 0, down = 0;
            for (size_t i = 0; i < N; i++) {
                double y = 0;
                for (size_t l = 0; l < R; l++)
                    y += W[i * R + l] * H[l * P + j];
                up += (hidden[i * P + j] ? 1 : X[i * P + j] / y) * W[i * R + k];
                down += W[i * R + k];
            }
            assert_relative(fit.H[k * P + j], H[k * P + j] * up / down, 1e-4);
        }
    mien_masked_fit_free(&fit);
    free(X);
}

static void test_loss_of_kept_entries_never_increases(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3; seed++) {
        float *X = seed ? noise(90, 50, 0.3, seed) : planted(90, 50, 4, seed);
        for (size_t l = 0; l < 2; l++)
            for (size_t r = 1; r <= 9; r += 4) {
                mien_masked_options options = masked_options(LOSSES[l], r, 60);
                options.mask = mien_mask_make(seed, 1, 0.3);
                mien_masked_fit fit = must_run(1, X, 90, 50, &options);
                for (size_t t = 1; t < fit.iterations; t++)
                    if (!(fit.trace[t] <= fit.trace[t - 1]))
                        fail_msg("loss %zu, r = %zu, step %zu: %.17g after %.17g", l, r, t,
                                 fit.trace[t], fit.trace[t - 1]);
                assert_true(fit.kept <= fit.trace[fit.iterations - 1] * (1 + 1e-5) + 1e-12);
                mien_masked_fit_free(&fit);
            }
        free(X);
    }
}

/* What is hidden has no influence: other values there, the same factors (the start knows X's
 * mean, so the sum is kept). */
static void test_hidden_values_have_no_influence(void **state)
{
    (void)state;
    enum { N = 40, P = 30 };
    float *X = noise(N, P, 0.1, 2);
    uint8_t hidden[N * P];
    for (size_t l = 0; l < 2; l++) {
        mien_masked_options options = masked_options(LOSSES[l], 4, 25);
        mien_masked_fit before = must_run(1, X, N, P, &options);
        mien_mask_fill(&options.mask, 0, N * P, hidden);
        size_t first = 0, second = N * P;
        while (!hidden[first])
            first++;
        for (second = first + 1; !hidden[second];)
            second++;
        float swap = X[first];
        X[first] = X[second];
        X[second] = swap;
        mien_masked_fit after = must_run(1, X, N, P, &options);
        for (size_t at = 0; at < N * 4; at++)
            assert_near(before.W[at], after.W[at], 1e-4);
        for (size_t at = 0; at < 4 * P; at++)
            assert_near(before.H[at], after.H[at], 1e-4);
        assert_true(before.held_out != after.held_out);
        mien_masked_fit_free(&before);
        mien_masked_fit_free(&after);
    }
    free(X);
}

/* Planted without noise: what was hidden is found. */
static void test_hidden_entries_are_found(void **state)
{
    (void)state;
    float *X = planted(150, 80, 4, 6);
    for (size_t l = 0; l < 2; l++) {
        mien_masked_options options = masked_options(LOSSES[l], 4, 400);
        options.starts = 3;
        mien_masked_fit right = must_run(1, X, 150, 80, &options);
        options.r = 2;
        mien_masked_fit poor = must_run(1, X, 150, 80, &options);
        assert_true(right.held_out < 0.02 * poor.held_out);
        mien_masked_fit_free(&right);
        mien_masked_fit_free(&poor);
    }
    free(X);
}

static void test_threads_make_no_difference(void **state)
{
    (void)state;
    float *X = noise(300, 60, 0.1, 9);
    for (size_t l = 0; l < 2; l++) {
        mien_masked_options options = masked_options(LOSSES[l], 6, 12);
        mien_masked_fit one = must_run(1, X, 300, 60, &options);
        mien_masked_fit three = must_run(3, X, 300, 60, &options);
        assert_memory_equal(one.W, three.W, 300 * 6 * sizeof *one.W);
        assert_memory_equal(one.H, three.H, 6 * 60 * sizeof *one.H);
        assert_true(one.held_out == three.held_out && one.kept == three.kept);
        mien_masked_fit_free(&one);
        mien_masked_fit_free(&three);
    }
    free(X);
}

/* Three pixels an image and half hidden: some images are hidden as a whole. */
static void test_image_hidden_as_a_whole_is_left_out(void **state)
{
    (void)state;
    enum { N = 200, P = 3 };
    float *X = noise(N, P, 0, 1);
    uint8_t hidden[N * P];
    for (size_t l = 0; l < 2; l++) {
        mien_masked_options options = masked_options(LOSSES[l], 2, 20);
        options.mask = mien_mask_make(1, 0, 0.5);
        mien_masked_fit fit = must_run(1, X, N, P, &options);
        mien_mask_fill(&options.mask, 0, N * P, hidden);
        size_t whole = 0, all = 0;
        for (size_t i = 0; i < N; i++) {
            bool lost = hidden[i * P] && hidden[i * P + 1] && hidden[i * P + 2];
            whole += lost;
            for (size_t j = 0; j < P; j++)
                all += hidden[i * P + j];
            for (size_t k = 0; k < 2 && lost; k++)
                assert_true(fit.W[i * 2 + k] == 0);
        }
        assert_true(whole > 0);
        assert_int_equal(fit.left_out, whole * P);
        assert_int_equal(fit.n_held_out, all - whole * P);
        assert_true(isfinite(fit.held_out) && isfinite(fit.kept));
        mien_masked_fit_free(&fit);
    }
    free(X);
}

static void test_memory_may_run_out(void **state)
{
    (void)state;
    float *X = noise(20, 12, 0.1, 1);
    mien_float_view view = {X, 20, 12};
    mien_source source = mien_float_source(&view);
    mien_set_allocator(failing_malloc, failing_free);
    for (size_t what = 0; what < 3; what++) {
        long failed = 0;
        for (;; failed++) {
            failing_countdown = -1;
            mien_pool *pool = pool_of(1);
            failing_countdown = failed;
            mien_status st;
            if (what < 2) {
                mien_masked_options options = masked_options(LOSSES[what], 3, 3);
                options.starts = 2;
                mien_masked_fit fit = {0};
                st = mien_masked_fit_run(pool, &source, &options, &fit, NULL);
                mien_masked_fit_free(&fit);
            } else {
                mien_ard_options options = {
                    .loss = MIEN_LOSS_KL, .r = 3, .iterations = 3, .shape = 10, .dispersion = 0.1};
                mien_ard_fit fit = {0};
                st = mien_ard_run(pool, &source, &options, &fit, NULL);
                mien_ard_fit_free(&fit);
            }
            failing_countdown = -1;
            mien_pool_free(pool);
            assert_int_equal(failing_alive, 0);
            if (!st)
                break;
            assert_int_equal(st, MIEN_ERR_NOMEM);
        }
        assert_true(failed > 5);
    }
    mien_set_allocator(NULL, NULL);
    free(X);
}

/* ---------------------------------------------------------------- relevance */

static mien_ard_fit must_determine(unsigned threads, const float *X, size_t n, size_t p,
                                   const mien_ard_options *options)
{
    mien_float_view view = {X, n, p};
    mien_source source = mien_float_source(&view);
    mien_pool *pool = pool_of(threads);
    mien_ard_fit fit;
    mien_error err = {0};
    if (mien_ard_run(pool, &source, options, &fit, &err))
        fail_msg("%s", err.message);
    mien_pool_free(pool);
    return fit;
}

static void test_objective_of_relevance_never_increases(void **state)
{
    (void)state;
    float *X = planted(80, 50, 3, 2);
    for (size_t l = 0; l < 2; l++) {
        mien_ard_options options = {
            .loss = LOSSES[l], .r = 8, .iterations = 150, .shape = 10, .dispersion = 0.02};
        mien_ard_fit fit = must_determine(1, X, 80, 50, &options);
        double scale = fabs(fit.trace[0]) + fabs(fit.objective);
        for (size_t t = 1; t < fit.iterations; t++)
            if (!(fit.trace[t] <= fit.trace[t - 1] + 1e-7 * scale))
                fail_msg("loss %zu, step %zu: %.17g after %.17g", l, t, fit.trace[t],
                         fit.trace[t - 1]);
        /* lambda is what the factors say: c = n + p + a + 1, b by moments */
        double mean = 0, c = 80 + 50 + 10 + 1;
        for (size_t at = 0; at < 80 * 50; at++)
            mean += X[at] / (80.0 * 50);
        double b = sqrt(9 * 8 * mean / 8);
        assert_relative(fit.bound, b / c, 1e-6);
        for (size_t k = 0; k < 8; k++) {
            double sum = b;
            for (size_t i = 0; i < 80; i++)
                sum += fit.W[i * 8 + k];
            for (size_t j = 0; j < 50; j++)
                sum += fit.H[k * 50 + j];
            assert_relative(fit.relevance[k], sum / c, 1e-6);
        }
        mien_ard_fit_free(&fit);
    }
    free(X);
}

static void test_superfluous_components_shrink_away(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3; seed++) {
        float *X = planted(200, 60, 4, seed);
        for (size_t at = 0; at < 200 * 60; at++)
            X[at] =
                (float)fmax(0, X[at] + 0.2 * mien_random_normal(seed, MIEN_STREAM_TEST + 3, at));
        mien_ard_options options = {.loss = MIEN_LOSS_HALF_SQUARES,
                                    .r = 10,
                                    .iterations = 2000,
                                    .tolerance = 2e-5,
                                    .seed = seed,
                                    .shape = 10,
                                    .dispersion = 0.2 * 0.2};
        mien_ard_fit fit = must_determine(1, X, 200, 60, &options);
        if (fit.count != 4)
            fail_msg("seed %d: %zu components are relevant, planted are 4", (int)seed, fit.count);
        mien_ard_fit_free(&fit);
        free(X);
    }
}

/* What goes on to move after those that go are gone decides nothing, and is not waited for. */
static void test_relevance_ends_when_the_count_stays(void **state)
{
    (void)state;
    for (size_t l = 0; l < 2; l++) {
        float *X = planted(200, 60, 8, 1);
        for (size_t at = 0; at < 200 * 60; at++)
            X[at] = (float)fmax(0, X[at] + 0.2 * mien_random_normal(1, MIEN_STREAM_TEST + 3, at));
        mien_ard_options options = {.loss = LOSSES[l],
                                    .r = 16,
                                    .iterations = 1500,
                                    .tolerance = 1e-12, /* they never come to rest so far */
                                    .shape = 10,
                                    .dispersion = 0.2 * 0.2};
        mien_ard_fit soon = must_determine(1, X, 200, 60, &options);
        options.tolerance = 0;
        mien_ard_fit late = must_determine(1, X, 200, 60, &options);
        assert_true(soon.converged && soon.iterations >= 100);
        assert_true(soon.iterations < late.iterations);
        assert_int_equal(soon.count, late.count);
        assert_true(soon.count < 16);
        mien_ard_fit_free(&soon);
        mien_ard_fit_free(&late);
        free(X);
    }
}

static void test_relevance_is_the_same_for_any_threads(void **state)
{
    (void)state;
    float *X = noise(150, 40, 0.1, 3);
    for (size_t l = 0; l < 2; l++) {
        mien_ard_options options = {
            .loss = LOSSES[l], .r = 6, .iterations = 10, .shape = 10, .dispersion = 0.05};
        mien_ard_fit one = must_determine(1, X, 150, 40, &options);
        mien_ard_fit three = must_determine(3, X, 150, 40, &options);
        assert_memory_equal(one.relevance, three.relevance, 6 * sizeof *one.relevance);
        mien_ard_fit_free(&one);
        mien_ard_fit_free(&three);
    }
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mask_is_what_philox_says),
        cmocka_unit_test(test_mask_hides_its_share_and_masks_are_disjoint),
        cmocka_unit_test(test_losses_are_those_of_a_dense_mask),
        cmocka_unit_test(test_one_step_is_that_of_completed_data),
        cmocka_unit_test(test_loss_of_kept_entries_never_increases),
        cmocka_unit_test(test_hidden_values_have_no_influence),
        cmocka_unit_test(test_hidden_entries_are_found),
        cmocka_unit_test(test_threads_make_no_difference),
        cmocka_unit_test(test_image_hidden_as_a_whole_is_left_out),
        cmocka_unit_test(test_memory_may_run_out),
        cmocka_unit_test(test_objective_of_relevance_never_increases),
        cmocka_unit_test(test_superfluous_components_shrink_away),
        cmocka_unit_test(test_relevance_ends_when_the_count_stays),
        cmocka_unit_test(test_relevance_is_the_same_for_any_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
