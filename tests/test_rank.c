/* test_rank.c - choosing r: rules on curves worked by hand, PCA's estimates, permuted data.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "support/problems.h"

#include "base/memory.h"
#include "data/mapping.h"
#include "data/npy.h"
#include "data/pixels.h"
#include "study/rank/permuted.h"
#include "study/rank/rank.h"
#include "study/rank/rank_choice.h"
#include "study/rank/rank_pca.h"

#include <unistd.h>

/* ---------------------------------------------------------------- rules */

static void test_rules_on_curves_worked_by_hand(void **state)
{
    (void)state;
    const double held[] = {9, 5, 3.1, 2.9, 2.8, 3.0, 3.4};
    assert_int_equal(mien_place_min(held, 7, 1), 4);
    assert_int_equal(mien_place_one_error(held, 7, 1), 4); /* one mask: no error */
    const double none[] = {NAN, NAN};
    assert_int_equal(mien_place_min(none, 2, 1), MIEN_NO_PLACE);
    assert_int_equal(mien_place_one_error(none, 1, 2), MIEN_NO_PLACE);
    const double gaps[] = {NAN, 2, 2, NAN, 3};
    assert_int_equal(mien_place_min(gaps, 5, 1), 1);

    /* three masks a point: differences to the last one are 2, 3, 4 (mean 3, error 0.58), then -1,
     * 1, 3 (mean 1, error 1.15), then 0 */
    const double masks[] = {12, 23, 34, 9, 21, 33, 10, 20, 30};
    assert_int_equal(mien_place_min(masks, 3, 3), 2);
    assert_int_equal(mien_place_one_error(masks, 3, 3), 1);
    /* each mask says the same: however far masks are apart, the difference has no error */
    const double alike[] = {11, 21, 31, 10.5, 20.5, 30.5, 10, 20, 30};
    assert_int_equal(mien_place_one_error(alike, 3, 3), 2);

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
        {{9, 10, 11, 40}, 0, 9, 40},    {{5, 10, 20, 40}, 0, 5, 40},
        {{0, 0, 0, 0}, 0, 0, 0},        {{7, 0, 0, 0}, 0, 7, 7},
        {{7, 0, 8, 0}, 7, 7, 8},        {{5, 5, 20, 20}, 0, 5, 20},
        {{48, 50, 50, 60}, 50, 48, 60}, {{22, 20, 20, 23}, 0, 20, 23},
        {{9, 11, 11, 30}, 0, 9, 30},    {{9, 12, 15, 18}, 0, 9, 18},
        {{20, 20, 20, 18}, 20, 18, 20}, /* apart by two: they meet at none */
        {{8, 10, 10, 12}, 0, 8, 12},    {{5, 7, 0, 0}, 0, 5, 7},
        {{10, 9, 0, 0}, 10, 9, 10},     {{9, 10, 0, 0}, 9, 9, 10}, /* a tie: the first, held out */
        {{3, 4, 3, 4}, 0, 3, 4},        {{1, 2, 0, 0}, 0, 1, 2},   /* few: equal or not agreed */
        {{4, 5, 0, 0}, 0, 4, 5},        {{5, 6, 0, 0}, 5, 5, 6},
        {{3, 3, 3, 4}, 3, 3, 4},        {{2, 2, 0, 0}, 2, 2, 2},
        {{30, 31, 31, 29}, 31, 29, 31},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_rank rank = {.options.step = 1};
        for (size_t i = 0; i < 4; i++)
            rank.criteria[rank.n_criteria++] = (mien_criterion){.key = "k",
                                                                .name = "n",
                                                                .own = true,
                                                                .decides = true,
                                                                .choice = cases[c].choices[i]};
        rank.criteria[rank.n_criteria++] =
            (mien_criterion){.key = "other", .name = "other", .choice = 99};
        mien_rank_recommend(&rank);
        mien_rank_tell(&rank);
        if (rank.recommended != cases[c].recommended || rank.min != cases[c].least ||
            rank.max != cases[c].most)
            fail_msg("case %zu: %zu (%zu to %zu)", c, rank.recommended, rank.min, rank.max);
        bool said = !rank.recommended;
        for (size_t i = 0; i < 4; i++)
            said = said || rank.recommended == cases[c].choices[i];
        assert_true(said && *rank.sentence && *rank.rule);
    }
}

/* Of two that agree the one is taken that NMF's criteria under the other loss say, too. */
static void test_a_tie_goes_to_what_others_say(void **state)
{
    (void)state;
    mien_rank rank = {.options.step = 1, .n_criteria = 3};
    const size_t choices[] = {8, 9, 9};
    for (size_t i = 0; i < 3; i++)
        rank.criteria[i] = (mien_criterion){
            .key = "k", .name = "n", .own = true, .decides = i < 2, .choice = choices[i]};
    mien_rank_recommend(&rank);
    assert_int_equal(rank.recommended, 9);
    rank.criteria[2].own = false;
    mien_rank_recommend(&rank);
    assert_int_equal(rank.recommended, 8);
}

/* Two criteria: at the start of the range and at its end, alone and with a number of the other. */
static void test_ends_of_the_range_are_bounds(void **state)
{
    (void)state;
    static const struct {
        size_t choice[2];
        int bound[2]; /* -1: start, 1: end */
        const char *begins;
    } cases[] = {
        {{7, 7},
         {-1, -1},
         "No single number, since it may lie beyond the range: 7 or fewer (a, b)."},
        {{7, 7}, {1, 1}, "No single number, since it may lie beyond the range: 7 or more (a, b)."},
        {{7, 5}, {-1, 0}, "No single number: between 5 and 7. 5 (b); 7 or fewer (a)."},
        {{7, 9},
         {-1, 0},
         "No single number: between 7 or fewer, as the range begins there, and 9. "},
        {{9, 7}, {1, 0}, "No single number: between 7 and 9 or more, as the range ends there. "},
        {{7, 7},
         {-1, 0},
         "No single number, since it may lie beyond the range: 7 or fewer (a); 7 (b)."},
        {{7, 0}, {0, 0}, "One criterion alone says 7 (a)."},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_rank rank = {.options.step = 1, .n_criteria = 2};
        for (size_t i = 0; i < 2; i++)
            rank.criteria[i] =
                (mien_criterion){.key = "k",
                                 .name = i ? "b" : "a",
                                 .decides = true,
                                 .choice = cases[c].choice[i],
                                 .at_start = cases[c].bound[i]<0, .at_end = cases[c].bound[i]> 0};
        mien_rank_recommend(&rank);
        mien_rank_tell(&rank);
        assert_int_equal(rank.recommended, 0);
        assert_int_equal(rank.below, cases[c].bound[0] < 0);
        assert_int_equal(rank.beyond, cases[c].bound[0] > 0);
        if (strncmp(rank.sentence, cases[c].begins, strlen(cases[c].begins)) != 0)
            fail_msg("case %zu: %s", c, rank.sentence);
    }
}

/* Numbers stand once, with who says them; neighbours on a grid of 2 agree, and the sentence says
 * how fine the grid is. */
static void test_the_sentence_groups_and_tells_the_step(void **state)
{
    (void)state;
    mien_rank rank = {.options.step = 2, .n_criteria = 5};
    static const char *const names[] = {"held-out entries, KL", "held-out entries, Frobenius",
                                        "relevance, KL", "relevance, Frobenius", "PCA"};
    static const size_t choices[] = {10, 10, 12, 20, 7};
    for (size_t i = 0; i < 5; i++)
        rank.criteria[i] = (mien_criterion){
            .key = "k", .name = names[i], .choice = choices[i], .decides = i < 4, .at_end = i == 3};
    mien_rank_recommend(&rank);
    mien_rank_tell(&rank);
    assert_int_equal(rank.recommended, 10);
    assert_string_equal(rank.sentence,
                        "r = 10, to the nearest 2: 10 (held-out entries under KL and "
                        "Frobenius); 12 (relevance under KL), but 20 or more "
                        "(relevance under Frobenius). For comparison: 7 (PCA).");
    rank.options.step = 1;
    rank.criteria[1].choice = 14;
    mien_rank_recommend(&rank);
    assert_int_equal(rank.recommended, 0);
}

/* What lies at the end of the range is a lower bound: no number is made of it. */
static void test_the_end_of_the_range_is_no_answer(void **state)
{
    (void)state;
    mien_rank rank = {.options.step = 1, .n_criteria = 4};
    for (size_t i = 0; i < 4; i++)
        rank.criteria[i] = (mien_criterion){
            .key = "k", .name = "n", .decides = true, .choice = i ? 45 : 44, .at_end = i > 0};
    mien_rank_recommend(&rank);
    mien_rank_tell(&rank);
    assert_int_equal(rank.recommended, 0);
    assert_true(rank.beyond && rank.min == 44 && rank.max == 45);
    assert_non_null(strstr(rank.sentence, "45 or more"));
    rank.criteria[1].at_end = rank.criteria[2].at_end = false;
    mien_rank_recommend(&rank);
    assert_int_equal(rank.recommended, 45);
}

static void test_the_range_is_chosen_by_the_data(void **state)
{
    (void)state;
    static const size_t cases[][3] = {
        {120, 30, 15}, {5, 400, 2}, {3, 9, 1}, {1, 9, 1}, {400, 999, 60}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_rank_options o = mien_rank_options_default();
        mien_rank_range(&o, cases[c][0], cases[c][1]);
        assert_int_equal(o.low, 1);
        assert_int_equal(o.high, cases[c][2]);
        assert_int_equal(mien_rank_options_check(&o, cases[c][0], cases[c][1], NULL), MIEN_OK);
    }
    mien_rank_options given = mien_rank_options_default();
    given.low = 3;
    given.high = 7;
    mien_rank_range(&given, 120, 30);
    assert_true(given.low == 3 && given.high == 7);
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

/* Kilobytes of a file that this process has mapped in. */
static size_t pages_mapped_in(const char *name)
{
    char line[256];
    size_t kilobytes = SIZE_MAX;
    bool inside = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        inside = inside || strstr(line, name);
        if (inside && sscanf(line, "Rss: %zu kB", &kilobytes) == 1)
            break;
    }
    fclose(maps);
    return kilobytes;
}

static void *refuse_large(size_t nbytes)
{
    return nbytes > 1000000 ? NULL : malloc(nbytes);
}

/* The call that brings it to 0 asks for an end. */
static bool count_down(void *user)
{
    size_t *left = user;
    return *left == 0 || --*left > 0;
}

/* A store that streams: the view is written out, for PCA, too, and no page of it is looked at where
 * it is mapped. */
static void test_permuted_copy_of_what_streams(void **state)
{
    (void)state;
    enum { N = 3001, P = 90 };
    mien_pixels pixels, written;
    mien_pool *pool, *alone;
    mien_error err;
    mien_rank_pca streamed, whole;
    assert_int_equal(mien_pixels_alloc(N, P, MIEN_U8, &pixels), MIEN_OK);
    for (size_t i = 0; i < N * P; i++)
        ((uint8_t *)pixels.values)[i] = (uint8_t)(i * 2654435761u >> 13);
    assert_int_equal(mien_npy_write_bytes("streamed.npy", pixels.values, (size_t[]){N, P}, 2, NULL),
                     MIEN_OK);
    mien_npy npy;
    assert_int_equal(mien_npy_map("streamed.npy", 0, &npy, NULL), MIEN_OK);
    mien_mapping_stream(npy.mapping, true);
    mien_pixels mapped = pixels;
    mapped.values = npy.values;
    mapped.mapping = npy.mapping;
    mien_source X = mien_pixels_source(&pixels), Y = mien_pixels_source(&mapped);
    assert_false(mien_pixels_stream(&X));
    assert_true(mien_pixels_stream(&Y));
    assert_int_equal(mien_pool_create(2, &pool), MIEN_OK);
    assert_int_equal(mien_pool_create(1, &alone), MIEN_OK);

    const mien_permuted view = {.from = &Y, .seed = 4}, plain = {.from = &X, .seed = 4};
    mien_source expected = mien_permuted_source(&plain);
    float *tile = mien_alloc_raw(N * P, sizeof *tile);
    assert_non_null(tile);
    expected.tile(expected.data, 0, N, tile);
    assert_int_equal(mien_permuted_write(&view, pool, NULL, NULL, &written), MIEN_OK);
    assert_int_equal(written.type, MIEN_F32);
    assert_memory_equal(mien_pixels_rows(&written, 0, N), tile, N * P * sizeof *tile);
    mien_pixels_free(&written);
    for (size_t until = 1; until <= P + 1; until += P) { /* among pixels, and among images */
        size_t asked = until;
        written = (mien_pixels){0};
        assert_int_equal(mien_permuted_write(&view, alone, count_down, &asked, &written),
                         MIEN_ERR_STOPPED);
        assert_null(written.values);
    }
    mien_set_allocator(refuse_large, NULL);
    mien_status none = mien_permuted_write(&view, pool, NULL, NULL, &written);
    mien_set_allocator(NULL, NULL);
    assert_int_equal(none, MIEN_ERR_NOMEM);

    assert_int_equal(mien_rank_pca_find(pool, &X, 7, &whole, &err), MIEN_OK);
    assert_int_equal(mien_rank_pca_find(pool, &Y, 7, &streamed, &err), MIEN_OK);
    assert_memory_equal(streamed.permuted, whole.permuted, P * sizeof *whole.permuted);
    assert_int_equal(pages_mapped_in("streamed.npy"), 0);
    mien_rank_pca_free(&whole);
    mien_rank_pca_free(&streamed);
    mien_mapping_free(npy.mapping);
    mien_pixels_free(&pixels);
    mien_pool_free(pool);
    mien_pool_free(alone);
    mien_free(tile);
    unlink("streamed.npy");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_on_curves_worked_by_hand),
        cmocka_unit_test(test_recommendation_is_one_number_or_a_range),
        cmocka_unit_test(test_a_tie_goes_to_what_others_say),
        cmocka_unit_test(test_ends_of_the_range_are_bounds),
        cmocka_unit_test(test_the_range_is_chosen_by_the_data),
        cmocka_unit_test(test_the_sentence_groups_and_tells_the_step),
        cmocka_unit_test(test_the_end_of_the_range_is_no_answer),
        cmocka_unit_test(test_permuted_pixels_keep_their_values),
        cmocka_unit_test(test_permutations_are_even),
        cmocka_unit_test(test_permuted_view_is_what_places_say),
        cmocka_unit_test(test_permuted_copy_of_what_streams),
        cmocka_unit_test(test_gavish_donoho_omega_is_the_table),
        cmocka_unit_test(test_principal_components_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
