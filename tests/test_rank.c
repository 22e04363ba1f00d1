/* test_rank.c - choosing r: rules on curves worked by hand, PCA's estimates, permuted data, and
 * planted truths.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "support/problems.h"

#include "base/memory.h"
#include "study/permuted.h"
#include "study/rank.h"
#include "study/rank_choice.h"
#include "study/rank_flat.h"
#include "study/rank_pca.h"

/* ---------------------------------------------------------------- rules */

static void test_rules_on_curves_worked_by_hand(void **state)
{
    (void)state;
    const double held[] = {9, 5, 3.1, 2.9, 2.8, 3.0, 3.4};
    const double error[] = {1, 1, 1, 1, 0.25, 1, 1};
    assert_int_equal(mien_place_least(held, 7), 4);
    assert_int_equal(mien_place_one_error(held, error, 7), 3); /* 2.9 <= 2.8 + 0.25 < 3.1 */
    const double none[] = {NAN, NAN};
    assert_int_equal(mien_place_least(none, 2), MIEN_NO_PLACE);
    assert_int_equal(mien_place_one_error(none, none, 2), MIEN_NO_PLACE);
    const double gaps[] = {NAN, 2, 2, NAN, 3};
    assert_int_equal(mien_place_least(gaps, 5), 1);

    const double loss[] = {10, 6, 4, 3.5, 3.2}, permuted[] = {12, 11.2, 10.5, 9.9, 9.4};
    assert_int_equal(mien_place_above_noise(loss, permuted, 5), 2); /* 0.5 < 0.6 */
    const double stable[] = {1, 0.97, 0.99, 0.96, 0.7, 0.8};
    assert_int_equal(mien_place_before_fall(stable, 6, 0.95), 3);

    double mean, se;
    const double three[] = {1, 2, 6};
    mien_mean_and_error(three, 3, &mean, &se);
    assert_near(mean, 3, 1e-15);
    assert_near(se, sqrt(14.0 / 2 / 3), 1e-15);
    mien_mean_and_error(three, 1, &mean, &se);
    assert_near(se, 0, 0);
}

static void test_recommendation_is_one_number_or_a_range(void **state)
{
    (void)state;
    static const struct {
        size_t choices[4]; /* of those that decide */
        size_t recommended, least, most;
    } cases[] = {
        {{10, 10, 10, 10}, 10, 10, 10}, {{10, 11, 10, 25}, 10, 10, 25},
        {{9, 10, 11, 40}, 10, 9, 40},   {{5, 10, 20, 40}, 0, 5, 40},
        {{0, 0, 0, 0}, 0, 0, 0},        {{7, 0, 0, 0}, 0, 7, 7},
        {{7, 0, 8, 0}, 7, 7, 8},        {{5, 5, 20, 20}, 0, 5, 20},
        {{48, 50, 51, 60}, 50, 48, 60}, {{22, 20, 20, 23}, 21, 20, 23},
        {{9, 11, 11, 30}, 10, 9, 30},   {{9, 12, 15, 18}, 0, 9, 18},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_rank rank = {0};
        for (size_t i = 0; i < 4; i++)
            rank.criteria[rank.n_criteria++] = (mien_criterion){
                .key = "k", .name = "n", .decides = true, .choice = cases[c].choices[i]};
        rank.criteria[rank.n_criteria++] =
            (mien_criterion){.key = "other", .name = "other", .choice = 99};
        mien_rank_recommend(&rank);
        mien_rank_tell(&rank);
        if (rank.recommended != cases[c].recommended || rank.least != cases[c].least ||
            rank.most != cases[c].most)
            fail_msg("case %zu: %zu (%zu to %zu)", c, rank.recommended, rank.least, rank.most);
        assert_true(*rank.sentence && *rank.rule);
    }
}

/* What lies at the end of the range is a lower bound: no number is made of it. */
static void test_the_end_of_the_range_is_no_answer(void **state)
{
    (void)state;
    mien_rank rank = {.n_criteria = 4};
    for (size_t i = 0; i < 4; i++)
        rank.criteria[i] = (mien_criterion){
            .key = "k", .name = "n", .decides = true, .choice = i ? 45 : 44, .at_end = i > 0};
    mien_rank_recommend(&rank);
    mien_rank_tell(&rank);
    assert_int_equal(rank.recommended, 0);
    assert_true(rank.beyond && rank.least == 44 && rank.most == 45);
    assert_non_null(strstr(rank.sentence, "45 or more"));
    rank.criteria[1].at_end = rank.criteria[2].at_end = false;
    mien_rank_recommend(&rank);
    assert_int_equal(rank.recommended, 45);
}

/* ---------------------------------------------------------------- permuted data */

static void test_permuted_pixels_keep_their_values(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 2, 3, 16, 17, 200, 1025};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];
        for (size_t j = 0; j < 5; j++) {
            unsigned char *seen = calloc(n, 1);
            for (size_t i = 0; i < n; i++) {
                size_t to = mien_permuted_place(3, j, n, i);
                assert_true(to < n);
                assert_false(seen[to]);
                seen[to] = 1;
            }
            free(seen);
        }
    }
}

/* Over many pixels each image comes to each place equally often: chi square of 12 x 12 counts. */
static void test_permutations_are_even(void **state)
{
    (void)state;
    enum { N = 12, TIMES = 24000 };
    double count[N][N] = {{0}}, chi = 0, expected = (double)TIMES / N;
    for (size_t j = 0; j < TIMES; j++)
        for (size_t i = 0; i < N; i++)
            count[i][mien_permuted_place(11, j, N, i)]++;
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < N; k++)
            chi += pow(count[i][k] - expected, 2) / expected;
    double freedom = (N - 1) * (N - 1);
    assert_near(chi, freedom, 5 * sqrt(2 * freedom));
}

static void test_permuted_view_is_what_places_say(void **state)
{
    (void)state;
    enum { N = 300, P = 7 };
    float *X = noise(N, P, 0, 1), buffer[N * P], strip[P * N];
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    mien_permuted permuted = {.from = &source, .seed = 4};
    mien_source Y = mien_permuted_source(&permuted);
    const float *tile = Y.tile(Y.data, 10, 250, buffer);
    for (size_t i = 0; i < 250; i++)
        for (size_t j = 0; j < P; j++)
            assert_true(tile[i * P + j] == X[mien_permuted_place(4, j, N, i + 10) * P + j]);
    Y.strip(Y.data, NULL, N, 2, 3, strip, N);
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < N; i++)
            assert_true(strip[c * N + i] == X[mien_permuted_place(4, c + 2, N, i) * P + c + 2]);
    const size_t rows[] = {5, 299, 0};
    Y.strip(Y.data, rows, 3, 1, 1, strip, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(strip[i] == X[mien_permuted_place(4, 1, N, rows[i]) * P + 1]);
    free(X);
}

/* ---------------------------------------------------------------- PCA */

/* Table IV of the paper: omega of shapes, to five digits; omega(1) = 2.8582. */
static void test_gavish_donoho_omega_is_the_table(void **state)
{
    (void)state;
    static const double table[][2] = {{0.05, 1.5194}, {0.10, 1.6089}, {0.25, 1.8371},
                                      {0.50, 2.1711}, {0.75, 2.5011}, {1.00, 2.8582}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_near(mien_gavish_donoho_omega(table[i][0]), table[i][1], 6e-4);
}

/* The evidence by its formula, pair by pair. */
static size_t slow_minka(const double *v, size_t p, size_t n)
{
    const double pi = acos(-1);
    size_t best = 0;
    double most = -INFINITY;
    for (size_t k = 1; k < p; k++) {
        double rest = 0, ll = -(double)k * log(2), N = (double)n;
        for (size_t i = k; i < p; i++)
            rest += v[i] / (double)(p - k);
        for (size_t i = 0; i < k; i++) {
            double half = (double)(p - i) / 2;
            ll += lgamma(half) - half * log(pi) - N / 2 * log(v[i]);
            for (size_t j = i + 1; j < p; j++)
                ll -= 0.5 * (log(v[i] - v[j]) + log(1 / (j < k ? v[j] : rest) - 1 / v[i]) + log(N));
        }
        double m = (double)(p * k) - (double)(k * (k + 1)) / 2;
        ll += -N * (double)(p - k) / 2 * log(rest) + (m + (double)k) / 2 * log(2 * pi) -
              (double)k / 2 * log(N);
        if (ll > most) {
            most = ll;
            best = k;
        }
    }
    return best;
}

/* Normal data around a plane of 5 dimensions: all three find them. */
static void test_principal_components_are_counted(void **state)
{
    (void)state;
    enum { N = 400, P = 40, TRUE = 5 };
    float *X = malloc(N * P * sizeof *X);
    mien_pool *pool;
    assert_int_equal(mien_pool_create(2, &pool), MIEN_OK);
    for (uint64_t seed = 0; seed < 4; seed++) {
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < P; j++) {
                double x = 0.5 * mien_random_normal(seed, MIEN_STREAM_TEST, i * P + j);
                for (size_t k = 0; k < TRUE; k++)
                    x += mien_random_normal(seed, MIEN_STREAM_TEST + 1, i * TRUE + k) *
                         mien_random_normal(seed, MIEN_STREAM_TEST + 2, k * P + j);
                X[i * P + j] = (float)x;
            }
        mien_float_view view = {X, N, P};
        mien_source source = mien_float_source(&view);
        mien_rank_pca pca;
        assert_int_equal(mien_rank_pca_find(pool, &source, seed, &pca, NULL), MIEN_OK);
        assert_int_equal(pca.minka, TRUE);
        assert_int_equal(pca.minka, slow_minka(pca.values, P, N));
        assert_int_equal(pca.gavish_donoho, TRUE);
        /* the largest eigenvalue of permuted data may top a weak component's */
        assert_true(pca.parallel >= TRUE - 1 && pca.parallel <= TRUE);
        double trace = 0, variance = 0;
        for (size_t k = 0; k < P; k++)
            trace += pca.values[k];
        for (size_t j = 0; j < P; j++) {
            double mean = 0;
            for (size_t i = 0; i < N; i++)
                mean += X[i * P + j] / (double)N;
            for (size_t i = 0; i < N; i++)
                variance += pow(X[i * P + j] - mean, 2) / (N - 1);
        }
        assert_relative(trace, variance, 1e-6);
        mien_rank_pca_free(&pca);
    }
    mien_pool_free(pool);
    free(X);
}

/* ---------------------------------------------------------------- the whole */

/* Counts or values with normal errors around W H, parts of a third of the pixels. */
static float *planted_noisy(size_t n, size_t p, size_t r, bool counts, uint64_t seed)
{
    float *X = malloc(n * p * sizeof *X);
    float *clean = planted(n, p, r, seed);
    for (size_t at = 0; at < n * p; at++) {
        double y = clean[at];
        if (counts) { /* by inversion, mean 10 y */
            double u = mien_random_uniform(seed, MIEN_STREAM_TEST + 7, at), mean = 10 * y;
            double chance = exp(-mean), sum = chance;
            int value = 0;
            while (u > sum && value < 10000)
                sum += chance *= mean / ++value;
            X[at] = (float)value;
        } else {
            double error = mien_random_normal(seed, MIEN_STREAM_TEST + 7, at);
            X[at] = (float)fmax(0, y + 0.2 * error);
        }
    }
    free(clean);
    return X;
}

static mien_rank_options quick(size_t low, size_t high)
{
    mien_rank_options o = mien_rank_options_default();
    o.low = low;
    o.high = high;
    o.starts = 0;
    o.threads = 2;
    return o;
}

static mien_rank must_rank(const float *X, size_t n, size_t p, const mien_rank_options *options,
                           const mien_cell_keeper *keeper)
{
    mien_float_view view = {X, n, p};
    mien_source source = mien_float_source(&view);
    mien_rank rank;
    mien_error err = {0};
    if (mien_rank_study(&source, options, keeper, &rank, &err))
        fail_msg("%s", err.message);
    return rank;
}

static void test_planted_rank_is_recommended(void **state)
{
    (void)state;
    for (int counts = 0; counts < 2; counts++) {
        float *X = planted_noisy(300, 80, 5, counts, 3);
        mien_rank_options options = quick(2, 9);
        mien_rank rank = must_rank(X, 300, 80, &options, NULL);
        if (rank.recommended < 4 || rank.recommended > 6)
            fail_msg("counts %d: %s", counts, rank.sentence);
        for (size_t i = 1; i < rank.n_points; i++)
            assert_true(rank.points[i].fitted[0] < rank.points[0].fitted[0]);
        mien_rank_free(&rank);
        free(X);
    }
}

/* Keeps cells in memory. */
typedef struct memory_keeper {
    mien_cell cells[200];
    size_t count, found;
} memory_keeper;

static bool find_cell(void *user, mien_cell *cell)
{
    memory_keeper *m = user;
    for (size_t i = 0; i < m->count; i++) {
        mien_cell *c = &m->cells[i];
        if (c->kind == cell->kind && c->loss == cell->loss && c->r == cell->r &&
            c->index == cell->index) {
            memcpy(cell->value, c->value, sizeof c->value);
            m->found++;
            return true;
        }
    }
    return false;
}

static mien_status keep_cell(void *user, const mien_cell *cell, mien_error *err)
{
    (void)err;
    memory_keeper *m = user;
    assert_true(m->count < 200);
    m->cells[m->count++] = *cell;
    return MIEN_OK;
}

/* End when some work is done. */
static bool stop_after_some(void *user, const mien_progress *now)
{
    const double *share = user;
    return (double)now->done < *share * (double)now->total;
}

/* End in the middle of the first fits. */
static bool stop_at_a_call(void *user, const mien_progress *now)
{
    (void)now;
    int *left = user;
    return (*left)-- > 0;
}

static void test_threads_and_a_break_make_no_difference(void **state)
{
    (void)state;
    float *X = planted_noisy(120, 40, 3, true, 1);
    mien_rank_options options = quick(1, 4);
    options.threads = 1;
    mien_rank one = must_rank(X, 120, 40, &options, NULL);
    memory_keeper keeper_memory = {.count = 0};
    mien_cell_keeper keeper = {find_cell, keep_cell, &keeper_memory};
    double share = 0.3;
    options.threads = 3;
    options.progress = stop_after_some;
    options.user = &share;
    mien_rank broken = must_rank(X, 120, 40, &options, &keeper);
    assert_true(broken.interrupted);
    assert_int_equal(broken.done, keeper_memory.count);
    assert_true(broken.done > 0 && broken.done < broken.total && broken.recommended == 0);
    options.progress = NULL;
    mien_rank whole = must_rank(X, 120, 40, &options, &keeper);
    assert_int_equal(whole.known, broken.done);
    assert_int_equal(whole.done, whole.total);
    assert_int_equal(whole.n_points, one.n_points);
    for (size_t i = 0; i < one.n_points; i++) {
        assert_true(one.points[i].held[0] == whole.points[i].held[0]);
        assert_true(one.points[i].held[1] == whole.points[i].held[1]);
        assert_true(one.points[i].permuted == whole.points[i].permuted);
    }
    assert_string_equal(one.sentence, whole.sentence);
    mien_rank_free(&one);
    mien_rank_free(&broken);
    mien_rank_free(&whole);
    free(X);
}

/* An end is asked for at one call after the other of a study with one thread: within a fit, too,
 * which then is not kept, and no callback comes after it. */
static void test_an_end_is_heard_within_a_fit(void **state)
{
    (void)state;
    float *X = planted_noisy(60, 20, 2, true, 1);
    mien_rank_options options = quick(2, 3);
    options.threads = 1;
    options.iterations = 20;
    options.progress = stop_at_a_call;
    size_t within = 0;
    for (int calls = 0; calls < 60; calls++) {
        int left = calls;
        memory_keeper keeper_memory = {.count = 0};
        mien_cell_keeper keeper = {find_cell, keep_cell, &keeper_memory};
        options.user = &left;
        mien_rank rank = must_rank(X, 60, 20, &options, &keeper);
        assert_true(rank.interrupted);
        assert_int_equal(left, -1);
        assert_int_equal(rank.done, keeper_memory.count);
        assert_int_equal(rank.recommended, 0);
        within += rank.done == 0;
        mien_rank_free(&rank);
    }
    assert_true(within > 20); /* a fit asks as often as it iterates */
    free(X);
}

/* Images that are all the same are one component, whatever their values; all zero are refused. */
static void test_equal_images_are_one_component(void **state)
{
    (void)state;
    enum { N = 20, P = 12 };
    float *X = malloc(N * P * sizeof *X);
    mien_rank_options options = quick(1, 4);
    for (int flat = 0; flat < 2; flat++) {
        for (size_t at = 0; at < N * P; at++)
            X[at] = flat ? 0.25f : 0.1f * (float)(at % P + 1);
        mien_rank rank = must_rank(X, N, P, &options, NULL);
        if (rank.recommended != 1)
            fail_msg("flat %d: %s", flat, rank.sentence);
        mien_rank_free(&rank);
    }
    memset(X, 0, N * P * sizeof *X);
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    mien_rank rank;
    assert_int_equal(mien_rank_study(&source, &options, NULL, &rank, NULL), MIEN_ERR_DATA);
    free(X);
}

/* Each image four times: as many components as before. */
static void test_repeated_images_change_nothing(void **state)
{
    (void)state;
    enum { N = 80, P = 40, TIMES = 4 };
    float *X = planted_noisy(N, P, 3, true, 2), *many = malloc(TIMES * N * P * sizeof *many);
    for (size_t t = 0; t < TIMES; t++)
        memcpy(many + t * N * P, X, N * P * sizeof *X);
    mien_rank_options options = quick(1, 6);
    mien_rank rank = must_rank(many, TIMES * N, P, &options, NULL);
    assert_true(rank.least > 0);
    mien_rank_free(&rank);
    free(X);
    free(many);
}

/* The loss of the mean image by its definition. */
static void test_loss_of_the_mean_image(void **state)
{
    (void)state;
    enum { N = 300, P = 9 };
    float *X = noise(N, P, 0.2, 5);
    double kl = 0, half = 0, mean[P] = {0};
    for (size_t at = 0; at < N * P; at++)
        mean[at % P] += X[at] / (double)N;
    for (size_t at = 0; at < N * P; at++) {
        double x = X[at], y = mean[at % P];
        kl += (x > 0 ? x * log(x / y) : 0) - x + y;
        half += (x - y) * (x - y) / 2;
    }
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    mien_pool *pool;
    assert_int_equal(mien_pool_create(2, &pool), MIEN_OK);
    mien_rank_spread spread;
    assert_int_equal(mien_rank_flat(pool, &source, &spread), MIEN_OK);
    assert_relative(spread.flat[MIEN_RANK_KL], kl / (N * P), 1e-12);
    assert_relative(spread.flat[MIEN_RANK_FROBENIUS], half / (N * P), 1e-12);
    assert_false(spread.alike);
    mien_pool_free(pool);
    free(X);
}

static void test_options_out_of_range_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t low, high, step, masks;
        double hidden;
    } cases[] = {{0, 5, 1, 3, 0.1}, {5, 4, 1, 3, 0.1},   {2, 5, 0, 3, 0.1},   {2, 11, 1, 3, 0.1},
                 {2, 5, 1, 1, 0.1}, {2, 5, 1, 101, 0.1}, {2, 5, 1, 3, 0.001}, {2, 5, 1, 3, 0.6}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_rank_options o = quick(cases[c].low, cases[c].high);
        o.step = cases[c].step;
        o.masks = cases[c].masks;
        o.hidden = cases[c].hidden;
        mien_error err = {0};
        assert_int_equal(mien_rank_options_check(&o, 20, 10, &err), MIEN_ERR_ARG);
        assert_true(*err.message);
    }
    mien_rank_options good = quick(1, 10);
    assert_int_equal(mien_rank_options_check(&good, 20, 10, NULL), MIEN_OK);
}

static void test_memory_may_run_out(void **state)
{
    (void)state;
    float *X = planted(14, 8, 2, 1);
    mien_float_view view = {X, 14, 8};
    mien_source source = mien_float_source(&view);
    mien_rank_options options = quick(1, 2);
    options.masks = 2;
    options.iterations = 2;
    options.threads = 1;
    mien_set_allocator(failing_malloc, failing_free);
    long failed = 0;
    for (;; failed++) {
        failing_countdown = failed;
        mien_rank rank = {0};
        mien_status st = mien_rank_study(&source, &options, NULL, &rank, NULL);
        failing_countdown = -1;
        mien_rank_free(&rank);
        assert_int_equal(failing_alive, 0);
        if (!st)
            break;
        assert_int_equal(st, MIEN_ERR_NOMEM);
    }
    assert_true(failed > 20);
    mien_set_allocator(NULL, NULL);
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_on_curves_worked_by_hand),
        cmocka_unit_test(test_recommendation_is_one_number_or_a_range),
        cmocka_unit_test(test_the_end_of_the_range_is_no_answer),
        cmocka_unit_test(test_permuted_pixels_keep_their_values),
        cmocka_unit_test(test_permutations_are_even),
        cmocka_unit_test(test_permuted_view_is_what_places_say),
        cmocka_unit_test(test_gavish_donoho_omega_is_the_table),
        cmocka_unit_test(test_principal_components_are_counted),
        cmocka_unit_test(test_planted_rank_is_recommended),
        cmocka_unit_test(test_threads_and_a_break_make_no_difference),
        cmocka_unit_test(test_an_end_is_heard_within_a_fit),
        cmocka_unit_test(test_equal_images_are_one_component),
        cmocka_unit_test(test_repeated_images_change_nothing),
        cmocka_unit_test(test_loss_of_the_mean_image),
        cmocka_unit_test(test_options_out_of_range_are_refused),
        cmocka_unit_test(test_memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
