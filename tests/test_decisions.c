/* test_decisions.c - what mien decides, not what it computes: made-up measurements whose right
 * answer is known, so that a rule that is switched off, or asks the wrong number, is seen.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/fits.h"
#include "support/problems.h"

#include "base/rng.h"
#include "base/text.h"
#include "data/npy.h"
#include "methods/frame.h"
#include "study/consensus.h"
#include "study/rank/rank.h"

#include <string.h>

/* ---------------------------------------------------------------- rank */

enum { LOW = 2, HIGH = 7, N = 40, P = 12 };

/* Held-out losses by r, and how far from them masks lie, by turns above and below; of each start of
 * ARD how many components are relevant, and the objective it reached. */
struct measured {
    double loss[HIGH + 1], apart[HIGH + 1];
    double relevant[3], objective[3];
};

static bool find_measured(void *user, mien_cell *cell)
{
    const struct measured *m = user;
    memset(cell->value, 0, sizeof cell->value);
    switch (cell->kind) {
    case MIEN_CELL_HELD_OUT:
        for (size_t v = 0; v < 2; v++)
            cell->value[v] = m->loss[cell->r] + (cell->index % 2 ? 1 : -1) * m->apart[cell->r];
        return true;
    case MIEN_CELL_RELEVANT:
        assert_true(cell->index < 3);
        cell->value[0] = m->relevant[cell->index];
        cell->value[1] = 1;
        cell->value[2] = m->objective[cell->index];
        return true;
    case MIEN_CELL_PERMUTED:
        cell->value[0] = cell->value[1] = 1e3;
        return true;
    default:
        return false;
    }
}

static mien_rank rank_of(struct measured *m)
{
    float *X = noise(N, P, 0, 1);
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    mien_rank_options options = mien_rank_options_default();
    options.low = LOW;
    options.high = HIGH;
    options.starts = 0;
    options.masks = 4;
    mien_cell_keeper keeper = {.find = find_measured, .user = m};
    mien_rank rank;
    mien_error err = {0};
    if (mien_rank_study(&source, &options, &keeper, &rank, &err))
        fail_msg("%s", err.message);
    free(X);
    return rank;
}

static size_t choice_of(const mien_rank *rank, const char *key)
{
    for (size_t i = 0; i < rank->n_criteria; i++)
        if (strcmp(rank->criteria[i].key, key) == 0)
            return rank->criteria[i].choice;
    fail_msg("no criterion '%s'", key);
    return 0;
}

/* The least mean is at 6. 4 is worse by 1 with a standard error of 2 / sqrt(3) over four masks, and
 * 3 by 4 with the same. */
static void test_rank_takes_the_first_within_one_error(void **state)
{
    (void)state;
    struct measured m = {
        .loss = {[2] = 1060, [3] = 1004, [4] = 1001, [5] = 1000.5, [6] = 1000, [7] = 1030},
        .apart = {[3] = 2, [4] = 2},
        .relevant = {4, 4, 4}};
    mien_rank rank = rank_of(&m);
    assert_int_equal(choice_of(&rank, "held-out-kl-minimum"), 6);
    assert_int_equal(choice_of(&rank, "held-out-kl"), 4);
    assert_int_equal(choice_of(&rank, "held-out-frobenius-minimum"), 6);
    assert_int_equal(choice_of(&rank, "held-out-frobenius"), 4);
    mien_rank_free(&rank);

    m.apart[3] = m.apart[4] = 0; /* masks agree: no error, nothing is as good as the least */
    rank = rank_of(&m);
    assert_int_equal(choice_of(&rank, "held-out-kl"), 6);
    mien_rank_free(&rank);
}

/* Of the starts of ARD the one with the least objective speaks, wherever it stands. */
static void test_rank_asks_the_best_start_of_relevance(void **state)
{
    (void)state;
    for (size_t best = 0; best < 3; best++) {
        struct measured m = {.loss = {10, 10, 10, 10, 10, 10, 10, 10},
                             .relevant = {2, 3, 4},
                             .objective = {50, 50, 50}};
        m.objective[best] = 40;
        mien_rank rank = rank_of(&m);
        assert_int_equal(choice_of(&rank, "relevance-kl"), 2 + best);
        assert_int_equal(choice_of(&rank, "relevance-frobenius"), 2 + best);
        mien_rank_free(&rank);
    }
}

/* ---------------------------------------------------------------- starts */

enum { SEEDS = 8 };

static uint64_t seed_kept(const float *X, uint64_t seed, size_t restarts)
{
    mien_options options = test_options(4, seed, 15);
    options.restarts = restarts;
    mien_fit fit = must_fit("nmf", X, N, P, &options);
    uint64_t kept = fit.seed;
    size_t start, starts;
    mien_fit_start(&fit, &options, &start, &starts);
    assert_int_equal(starts, restarts ? restarts : 10);
    assert_true(start >= 1 && start <= starts);
    mien_fit_free(&fit);
    return kept;
}

/* Without --restarts small data has ten starts, and neighbouring seeds have none in common: else
 * the best start of one were the best of the next, and --seed showed nothing. */
static void test_seeds_share_no_start(void **state)
{
    (void)state;
    float *X = noise(N, P, 0.2, 3);
    uint64_t kept[SEEDS];
    bool later = false;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        kept[seed] = seed_kept(X, seed, 0);
        later = later || kept[seed] != seed;
        for (uint64_t other = 0; other < seed; other++)
            assert_true(kept[seed] != kept[other]);
    }
    assert_true(later); /* not the first one always */
    free(X);
}

/* Those that were asked for are neighbours, as the help says: --restarts 5 --seed 3 has 3 to 7. */
static void test_restarts_are_neighbours(void **state)
{
    (void)state;
    float *X = noise(N, P, 0.2, 3);
    bool later = false;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        uint64_t kept = seed_kept(X, seed, 5);
        assert_in_range(kept, seed, seed + 4);
        later = later || kept != seed;
    }
    assert_true(later);
    free(X);
}

/* As many components as asked for; by itself the largest square up to a quarter. */
static void test_default_components(void **state)
{
    (void)state;
    static const size_t cases[][3] = {{400, 2304, 49}, {196, 5000, 49},     {195, 5000, 36},
                                      {5000, 144, 36}, {143, 143, 25},      {16, 99, 4},
                                      {15, 99, 2},     {8, 8, 2},           {2, 9, 2},
                                      {1, 9, 1},       {100000, 100000, 49}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(mien_components_default(cases[i][0], cases[i][1]), cases[i][2]);
}

/* ---------------------------------------------------------------- where NMF starts */

/* Of each singular triple the stronger half: data of rank 1 is found at once, the weaker half of
 * its triple is nothing. */
static void test_nndsvda_takes_the_stronger_half(void **state)
{
    (void)state;
    float *X = malloc(N * P * sizeof *X);
    for (size_t at = 0; at < (size_t)N * P; at++) /* no zeros: those are filled with the mean */
        X[at] = (float)(1 + at / P % 3) * (float)(1 + at % P % 4);
    mien_options options = test_options(1, 1, 2);
    options.restarts = 1;
    set_option(&options, "init", "nndsvda");
    mien_fit fit = must_fit("nmf", X, N, P, &options);
    double sum = 0;
    for (size_t at = 0; at < (size_t)N * P; at++)
        sum += X[at];
    assert_true(fit.trace[0].loss < 1e-5 * sum);
    mien_fit_free(&fit);
    free(X);
}

/* k-means' memberships are softened: a zero would never leave under mu. */
static void test_kmeans_start_leaves_no_weight_at_zero(void **state)
{
    (void)state;
    float *X = noise(N, P, 0, 2);
    mien_options options = test_options(4, 1, 2);
    options.restarts = 1;
    set_option(&options, "init", "kmeans");
    set_option(&options, "solver", "mu");
    mien_fit fit = must_fit("nmf", X, N, P, &options);
    for (size_t at = 0; at < (size_t)N * 4; at++)
        assert_true(fit.W[at] > 0);
    mien_fit_free(&fit);
    free(X);
}

/* ---------------------------------------------------------------- the component that counts */

/* What a component brings is its weight times what its basis image holds: the larger weight on a
 * faint image is not dominant. */
static void test_dominant_is_what_brings_most(void **state)
{
    (void)state;
    float W[] = {3, 1, 0, 0, 5, 1}, H[] = {0.1f, 0, 0.1f, 1, 1, 1};
    const mien_fit fit = {.n = 3, .p = 3, .r = 2, .W = W, .H = H};
    static const size_t images[] = {0, 1, 2};
    uint32_t dominant[3];
    assert_int_equal(mien_consensus_dominant(&fit, images, 3, dominant), MIEN_OK);
    assert_int_equal(dominant[0], 1);                 /* 0.6 and 3 */
    assert_int_equal(dominant[1], MIEN_NO_COMPONENT); /* nothing */
    assert_int_equal(dominant[2], 1);                 /* 1 and 3 */
}

/* ---------------------------------------------------------------- words and numbers */

/* A start is the same in every version: which words of a block make which number. */
static void test_random_bits_are_words_of_a_block(void **state)
{
    (void)state;
    for (uint64_t index = 0; index < 6; index++) {
        uint32_t words[4], counter[4] = {(uint32_t)(index / 2), 0, MIEN_STREAM_TEST, 0};
        uint32_t key[2] = {5, 7};
        mien_philox(counter, key, words);
        const uint32_t *half = words + 2 * (index % 2);
        assert_true(mien_random_bits((uint64_t)7 << 32 | 5, MIEN_STREAM_TEST, index) ==
                    ((uint64_t)half[1] << 32 | half[0]));
    }
}

static void test_numbers_for_people(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *words;
    } cases[] = {{0, "0.0000"},
                 {0.25, "0.2500"},
                 {12.346, "12.35"},
                 {-123.46, "-123.5"},
                 {12345.6, "12,346"},
                 {-1234567, "-1,234,567"},
                 {123456789012, "123,456,789,012"},
                 {2e15, "2e+15"},
                 {0.0005, "0.0005"},
                 {1000, "1,000"},
                 {999.94, "999.9"},
                 {NAN, "nan"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        mien_number_words(cases[i].value, text, sizeof text);
        assert_string_equal(text, cases[i].words);
    }
}

/* Place 5 of 2 x 3 x 4, as C and as Fortran count. */
static void test_places_of_arrays(void **state)
{
    (void)state;
    static const size_t dims[] = {2, 3, 4};
    char text[160];
    mien_npy_describe(dims, 3, false, 5, text, sizeof text);
    assert_string_equal(text, "image 1, row 2, column 2");
    mien_npy_describe(dims, 3, true, 5, text, sizeof text);
    assert_string_equal(text, "image 2, row 3, column 1");
    mien_npy_describe(dims, 1, true, 1, text, sizeof text);
    assert_string_equal(text, "entry 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rank_takes_the_first_within_one_error),
        cmocka_unit_test(test_rank_asks_the_best_start_of_relevance),
        cmocka_unit_test(test_seeds_share_no_start),
        cmocka_unit_test(test_restarts_are_neighbours),
        cmocka_unit_test(test_default_components),
        cmocka_unit_test(test_nndsvda_takes_the_stronger_half),
        cmocka_unit_test(test_kmeans_start_leaves_no_weight_at_zero),
        cmocka_unit_test(test_dominant_is_what_brings_most),
        cmocka_unit_test(test_random_bits_are_words_of_a_block),
        cmocka_unit_test(test_numbers_for_people),
        cmocka_unit_test(test_places_of_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
