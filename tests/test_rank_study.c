/* test_rank_study.c - choosing r as a whole: planted truths, interruptions, odd data.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/problems.h"

#include "base/memory.h"
#include "study/rank/mask.h"
#include "study/rank/rank.h"
#include "study/rank/rank_search.h"

#include <string.h>

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
        float *X = planted_noisy(200, 60, 5, counts, 3);
        mien_rank_options options = quick(2, 9);
        mien_rank rank = must_rank(X, 200, 60, &options, NULL);
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

/* Ends among the hidden entries, in permuted data and among the relevant. */
static void test_threads_and_a_break_make_no_difference(void **state)
{
    (void)state;
    static const double shares[] = {0.1, 0.25, 0.55};
    float *X = planted_noisy(80, 30, 3, true, 1);
    mien_rank_options options = quick(1, 4);
    options.threads = 1;
    mien_rank one = must_rank(X, 80, 30, &options, NULL);
    for (size_t t = 0; t < 3; t++) {
        double share = shares[t];
        memory_keeper keeper_memory = {.count = 0};
        mien_cell_keeper keeper = {find_cell, keep_cell, &keeper_memory};
        options.threads = 3;
        options.progress = stop_after_some;
        options.user = &share;
        mien_rank broken = must_rank(X, 80, 30, &options, &keeper);
        /* on a busy machine the others may be through before the caller's thread has its turn */
        for (int again = 0; (!broken.interrupted || broken.done == broken.total) && again < 20;
             again++) {
            mien_rank_free(&broken);
            keeper_memory.count = keeper_memory.found = 0;
            broken = must_rank(X, 80, 30, &options, &keeper);
        }
        assert_true(broken.interrupted);
        assert_int_equal(broken.done, keeper_memory.count);
        assert_true(broken.done > 0 && broken.done < broken.total && broken.recommended == 0);
        options.progress = NULL;
        mien_rank whole = must_rank(X, 80, 30, &options, &keeper);
        assert_int_equal(whole.known, broken.done);
        assert_int_equal(whole.done, whole.total);
        assert_int_equal(whole.n_points, one.n_points);
        for (size_t i = 0; i < one.n_points; i++) {
            assert_true(one.points[i].held_out[0] == whole.points[i].held_out[0]);
            assert_true(one.points[i].held_out[1] == whole.points[i].held_out[1]);
            assert_true(one.points[i].permuted == whole.points[i].permuted);
        }
        assert_string_equal(one.sentence, whole.sentence);
        mien_rank_free(&broken);
        mien_rank_free(&whole);
    }
    mien_rank_free(&one);
    free(X);
}

/* An end is asked for at one call after the other: no callback comes after it. */
static void test_no_call_after_an_end(void **state)
{
    (void)state;
    float *X = planted_noisy(60, 20, 2, true, 1);
    mien_rank_options options = quick(2, 3);
    options.threads = 1;
    options.iterations = 20;
    options.progress = stop_at_a_call;
    for (int calls = 0; calls < 8; calls++) {
        int left = calls;
        memory_keeper keeper_memory = {.count = 0};
        mien_cell_keeper keeper = {find_cell, keep_cell, &keeper_memory};
        options.user = &left;
        mien_rank rank = must_rank(X, 60, 20, &options, &keeper);
        if (!rank.interrupted) { /* how often it is called is a matter of time, but at the first
                                    job's end */
            assert_true(calls >= 1 && left >= 0);
            mien_rank_free(&rank);
            break;
        }
        assert_int_equal(left, -1);
        assert_int_equal(rank.done, keeper_memory.count);
        assert_int_equal(rank.recommended, 0);
        mien_rank_free(&rank);
    }
    free(X);
}

/* Within a fit, too, which then is not kept: this one alone would take minutes. */
static void test_an_end_is_heard_within_a_fit(void **state)
{
    (void)state;
    float *X = planted_noisy(300, 200, 2, true, 1);
    mien_rank_options options = quick(8, 8);
    int left = 0;
    options.threads = 1;
    options.iterations = 1000000;
    options.tolerance = 0;
    options.progress = stop_at_a_call;
    options.user = &left;
    memory_keeper keeper_memory = {.count = 0};
    mien_cell_keeper keeper = {find_cell, keep_cell, &keeper_memory};
    mien_rank rank = must_rank(X, 300, 200, &options, &keeper);
    assert_true(rank.interrupted);
    assert_int_equal(rank.done, 0);
    assert_int_equal(keeper_memory.count, 0);
    mien_rank_free(&rank);
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
    assert_true(rank.min > 0);
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
    mien_rank_baseline spread;
    assert_int_equal(mien_rank_baseline_measure(pool, &source, &spread, NULL), MIEN_OK);
    assert_relative(spread.flat[MIEN_RANK_KL], kl / (N * P), 1e-12);
    assert_relative(spread.flat[MIEN_RANK_FROBENIUS], half / (N * P), 1e-12);
    assert_false(spread.alike);
    mien_pool_free(pool);
    free(X);
}

/* The one place that looks: fits take what has passed. */
static void test_what_no_fit_takes_is_refused(void **state)
{
    (void)state;
    enum { N = 300, P = 6, BAD = 250 * P + 3 };
    static const struct {
        float value;
        mien_status expected;
        const char *message;
    } cases[] = {{-1, MIEN_ERR_DOMAIN, "image 251, pixel 4"},
                 {NAN, MIEN_ERR_DOMAIN, "image 251, pixel 4"},
                 {INFINITY, MIEN_ERR_DOMAIN, "image 251, pixel 4"},
                 {0, MIEN_ERR_DATA, "zero everywhere"},
                 {1, MIEN_OK, ""}};
    float X[N * P] = {0};
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    mien_pool *pool;
    assert_int_equal(mien_pool_create(2, &pool), MIEN_OK);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_rank_baseline spread;
        mien_error err = {0};
        X[BAD] = X[N * P - 1] = cases[c].value;
        assert_int_equal(mien_rank_baseline_measure(pool, &source, &spread, &err),
                         cases[c].expected);
        assert_non_null(strstr(err.message, cases[c].message));
    }
    mien_pool_free(pool);
    X[BAD] = -1;
    mien_rank_options options = quick(1, 3);
    mien_rank rank;
    mien_error err = {0};
    assert_int_equal(mien_rank_study(&source, &options, NULL, &rank, &err), MIEN_ERR_DOMAIN);
}

/* Independent entries have no structure: data and permuted data fall alike. */
static void test_noise_is_not_above_permuted_noise(void **state)
{
    (void)state;
    enum { SEEDS = 3 };
    size_t sum = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        float *X = noise(150, 40, 0, seed + 1);
        mien_rank_options options = quick(1, 9);
        options.iterations = 60;
        options.seed = seed;
        mien_rank rank = must_rank(X, 150, 40, &options, NULL);
        for (size_t c = 0; c < rank.n_criteria; c++)
            if (strcmp(rank.criteria[c].key, "permuted") == 0)
                sum += rank.criteria[c].choice;
        assert_int_equal(rank.left_out, 0);
        mien_rank_free(&rank);
        free(X);
    }
    if (sum > 4 * SEEDS)
        fail_msg("%zu in sum over %d seeds", sum, SEEDS);
}

/* A mask of half of 3 columns hides about an image in 8 whole: its entries are told. */
static void test_images_hidden_whole_are_told(void **state)
{
    (void)state;
    enum { N = 200, P = 3 };
    float *X = noise(N, P, 0.5, 4);
    mien_rank_options options = quick(1, 2);
    options.hidden = 0.5;
    size_t expected = 0;
    for (size_t m = 0; m < options.masks; m++) {
        unsigned char hidden[N * P];
        mien_mask mask = mien_mask_make(options.seed, m, options.hidden);
        mien_mask_fill(&mask, 0, N * P, hidden);
        for (size_t i = 0; i < N; i++)
            expected += hidden[i * P] && hidden[i * P + 1] && hidden[i * P + 2] ? P : 0;
    }
    mien_rank rank = must_rank(X, N, P, &options, NULL);
    assert_true(expected > 0);
    assert_int_equal(rank.left_out, expected);
    mien_rank_free(&rank);
    free(X);
}

/* Of the mean of 4 numbers, one a start that is not the best one. */
static void test_error_of_stability_is_over_starts(void **state)
{
    (void)state;
    enum { STARTS = 5, R = 4 };
    float *X = noise(60, 20, 0.3, 8);
    mien_float_view view = {X, 60, 20};
    mien_source source = mien_float_source(&view);
    mien_rank_options options = quick(2, R);
    options.starts = STARTS;
    options.iterations = 30;
    mien_progress now = {.stage = "rank", .total = 1, .loss = NAN};
    mien_rank_stability found;
    assert_int_equal(mien_rank_stability_find(&source, &options, R, &now, &found, NULL), MIEN_OK);
    mien_options fit = mien_options_default();
    fit.r = R;
    fit.restarts = STARTS;
    fit.iterations = 30;
    fit.seed = options.seed;
    mien_stability study;
    assert_int_equal(mien_stability_run(mien_method_find("nmf"), &source, &fit, &study, NULL),
                     MIEN_OK);
    double means[STARTS] = {0}, mean = 0, squares = 0;
    for (size_t s = 0; s < STARTS; s++)
        for (size_t k = 0; k < R && s != study.best_run; k++)
            means[s] += study.similarity[s * R + k] / R;
    for (size_t s = 0; s < STARTS; s++)
        mean += means[s] / (STARTS - 1);
    for (size_t s = 0; s < STARTS; s++)
        squares += s != study.best_run ? pow(means[s] - mean, 2) : 0;
    assert_near(found.stability, mean, 1e-12);
    assert_true(squares > 0);
    assert_near(found.error, sqrt(squares / 3 / 4), 1e-12);
    mien_stability_free(&study);
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
    assert_int_equal(mien_rank_options_check(&good, SIZE_MAX / 2, 10, NULL), MIEN_ERR_SHAPE);
    assert_int_equal(mien_rank_options_check(&good, 0, 10, NULL), MIEN_ERR_ARG);
    good.iterations = 0;
    assert_int_equal(mien_rank_options_check(&good, 20, 10, NULL), MIEN_ERR_ARG);
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
        cmocka_unit_test(test_planted_rank_is_recommended),
        cmocka_unit_test(test_threads_and_a_break_make_no_difference),
        cmocka_unit_test(test_no_call_after_an_end),
        cmocka_unit_test(test_an_end_is_heard_within_a_fit),
        cmocka_unit_test(test_equal_images_are_one_component),
        cmocka_unit_test(test_repeated_images_change_nothing),
        cmocka_unit_test(test_loss_of_the_mean_image),
        cmocka_unit_test(test_what_no_fit_takes_is_refused),
        cmocka_unit_test(test_noise_is_not_above_permuted_noise),
        cmocka_unit_test(test_images_hidden_whole_are_told),
        cmocka_unit_test(test_error_of_stability_is_over_starts),
        cmocka_unit_test(test_options_out_of_range_are_refused),
        cmocka_unit_test(test_memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
