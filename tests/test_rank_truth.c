/* test_rank_truth.c - choosing r on planted data of many kinds: a number is somebody's and right,
 * a range holds the truth, a range that misses it is told as a bound. Larger sets and more seeds:
 * tools/reference/rank_truth.py.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/problems.h"

#include "study/rank/rank.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef enum kind {
    POISSON,
    OVERDISPERSED, /* negative binomial of size 2 */
    CORRELATED,    /* weights that go together, strengths 1 to 1/8, Poisson */
    NORMAL,        /* errors of one size */
    SHARES         /* errors of a share of the value */
} kind;

static double uniform(uint64_t seed, uint32_t what, uint64_t at)
{
    return mien_random_uniform(seed, MIEN_STREAM_TEST + 20 + what, at);
}

static double normal(uint64_t seed, uint32_t what, uint64_t at)
{
    return mien_random_normal(seed, MIEN_STREAM_TEST + 40 + what, at);
}

/* Of mean 1. */
static double exponential(uint64_t seed, uint32_t what, uint64_t at)
{
    return -log(1 - uniform(seed, what, at));
}

/* A count with this mean: by inversion, from 500 on by its normal limit. */
static double count_of(double mean, uint64_t seed, uint64_t at)
{
    if (mean > 500)
        return floor(fmax(0, mean + sqrt(mean) * normal(seed, 9, at)) + 0.5);
    double u = uniform(seed, 9, at), chance = exp(-mean), sum = chance;
    int value = 0;
    while (u > sum && value < 2000)
        sum += chance *= mean / ++value;
    return value;
}

static double noisy(kind k, double y, uint64_t seed, uint64_t at)
{
    switch (k) {
    case OVERDISPERSED:
        return count_of(y * (exponential(seed, 7, at) + exponential(seed, 8, at)) / 2, seed, at);
    case NORMAL:
        return fmax(0, y + 1.5 * normal(seed, 9, at));
    case SHARES:
        return (y + 0.01) * exp(0.2 * normal(seed, 9, at));
    case POISSON:
    case CORRELATED:
    default:
        return count_of(y, seed, at);
    }
}

static double weight(kind k, size_t i, size_t part, size_t r, uint64_t seed)
{
    uint64_t at = i * r + part;
    if (k == CORRELATED) {
        double common = normal(seed, 0, 2 * i) * normal(seed, 1, 2 * part) +
                        normal(seed, 0, 2 * i + 1) * normal(seed, 1, 2 * part + 1);
        return exp(0.7 * common + 0.3 * normal(seed, 2, at)) *
               pow(2, -3.0 * (double)part / (r > 1 ? (double)r - 1 : 1));
    }
    double w = k == NORMAL ? 0.1 + exponential(seed, 2, at) : exponential(seed, 2, at);
    return k == NORMAL || uniform(seed, 3, at) < 0.5 ? w : 0;
}

/* n x p, mean 10 before the noise, correlated 5; free() it. */
static float *planted_kind(kind k, size_t n, size_t p, size_t r, uint64_t seed)
{
    float *X = malloc(n * p * sizeof *X);
    double *W = malloc(n * r * sizeof *W), *H = malloc(r * p * sizeof *H);
    double *Y = calloc(n * p, sizeof *Y), sum = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t part = 0; part < r; part++)
            W[i * r + part] = weight(k, i, part, r, seed);
    for (size_t at = 0; at < r * p; at++)
        H[at] = uniform(seed, 4, at) < 0.3 ? exponential(seed, 5, at) : 0;
    for (size_t i = 0; i < n; i++)
        for (size_t part = 0; part < r; part++)
            for (size_t j = 0; j < p; j++)
                Y[i * p + j] += W[i * r + part] * H[part * p + j];
    for (size_t at = 0; at < n * p; at++)
        sum += Y[at] / (double)(n * p);
    for (size_t at = 0; at < n * p; at++)
        X[at] = (float)noisy(k, Y[at] * (k == CORRELATED ? 5 : 10) / sum, seed, at);
    free(W);
    free(H);
    free(Y);
    return X;
}

/* What is wrong with the answer to a set with r parts; NULL: nothing. */
static const char *fault_of(const mien_rank *rank, size_t r, size_t low, size_t high)
{
    size_t said = rank->recommended, near = r > 4;
    bool somebody = false;
    for (size_t i = 0; i < rank->n_criteria; i++)
        somebody |= rank->criteria[i].decides && rank->criteria[i].choice == said;
    if (said && !somebody)
        return "a number that no criterion says";
    if (said && r > high)
        return "a number, and the range ends before the truth";
    if (said && said <= low && low > 1)
        return "the start of the range as a number";
    if (said && r >= low && (said > r + near || (said + near < r && !rank->faint)))
        return "a wrong number";
    if (!said && rank->min > r + near && !rank->below)
        return "a range above the truth";
    if (!said && rank->max + near < r && !rank->beyond && !rank->faint)
        return "a range below the truth";
    return NULL;
}

static const struct set {
    kind k;
    size_t n, p, r, low, high;
    mien_rank_noise noise;
    bool number; /* one is wanted */
} SETS[] = {
    {OVERDISPERSED, 150, 60, 3, 1, 7, MIEN_NOISE_STEEP, true},
    {OVERDISPERSED, 220, 80, 5, 2, 9, MIEN_NOISE_STEEP, true},
    {CORRELATED, 180, 70, 3, 1, 7, MIEN_NOISE_COUNTS, false},
    {POISSON, 150, 60, 3, 1, 7, MIEN_NOISE_COUNTS, true},
    {POISSON, 150, 60, 5, 7, 10, MIEN_NOISE_COUNTS, false},
    {POISSON, 150, 60, 6, 2, 4, MIEN_NOISE_UNKNOWN, false},
    {NORMAL, 150, 60, 3, 1, 7, MIEN_NOISE_CONSTANT, true},
    {SHARES, 150, 60, 4, 1, 8, MIEN_NOISE_STEEP, true},
    {POISSON, 220, 90, 15, 13, 17, MIEN_NOISE_COUNTS, true},
};

static void test_known_truths_of_many_kinds(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof SETS / sizeof *SETS; c++) {
        const struct set *set = &SETS[c];
        float *X = planted_kind(set->k, set->n, set->p, set->r, 1);
        mien_float_view view = {X, set->n, set->p};
        mien_source source = mien_float_source(&view);
        mien_rank_options o = mien_rank_options_default();
        o.low = set->low;
        o.high = set->high;
        o.starts = 0;
        o.threads = 2;
        mien_rank rank;
        mien_error err = {0};
        if (mien_rank_study(&source, &o, NULL, &rank, &err))
            fail_msg("%s", err.message);
        const char *fault = fault_of(&rank, set->r, set->low, set->high);
        if (!fault && set->number && !rank.recommended)
            fault = "no number";
        if (!fault && set->high >= set->r && rank.noise != set->noise)
            fault = "another noise";
        if (fault)
            fail_msg("set %zu: %s: %s (growth %.2f)", c, fault, rank.sentence, rank.growth);
        mien_rank_free(&rank);
        free(X);
    }
}

/* The same data from three ranges that hold the truth: one answer. */
static void test_the_answer_does_not_depend_on_the_range(void **state)
{
    (void)state;
    static const size_t ranges[][2] = {{1, 6}, {2, 9}, {1, 12}};
    enum { N = 120, P = 50, R = 3 };
    for (kind k = POISSON; k <= OVERDISPERSED; k++) {
        float *X = planted_kind(k, N, P, R, 2);
        mien_float_view view = {X, N, P};
        mien_source source = mien_float_source(&view);
        for (size_t i = 0; i < 3; i++) {
            mien_rank_options o = mien_rank_options_default();
            o.low = ranges[i][0];
            o.high = ranges[i][1];
            o.starts = 0;
            o.threads = 2;
            mien_rank rank;
            assert_int_equal(mien_rank_study(&source, &o, NULL, &rank, NULL), MIEN_OK);
            if (rank.recommended != R)
                fail_msg("kind %d, range %zu: %s", (int)k, i, rank.sentence);
            mien_rank_free(&rank);
        }
        free(X);
    }
}

/* Another unit is another number, not another answer. */
static void test_the_unit_makes_no_difference(void **state)
{
    (void)state;
    enum { N = 100, P = 40, R = 3 };
    float *X = planted_kind(OVERDISPERSED, N, P, R, 3);
    char sentences[2][1024];
    for (int times = 0; times < 2; times++) {
        for (size_t at = 0; at < N * P; at++)
            X[at] *= times ? 1024.0f : 1.0f;
        mien_float_view view = {X, N, P};
        mien_source source = mien_float_source(&view);
        mien_rank_options o = mien_rank_options_default();
        o.low = 1;
        o.high = 6;
        o.starts = 0;
        o.threads = 2;
        mien_rank rank;
        assert_int_equal(mien_rank_study(&source, &o, NULL, &rank, NULL), MIEN_OK);
        snprintf(sentences[times], sizeof sentences[times], "%s", rank.sentence);
        mien_rank_free(&rank);
    }
    assert_string_equal(sentences[0], sentences[1]);
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_truths_of_many_kinds),
        cmocka_unit_test(test_the_answer_does_not_depend_on_the_range),
        cmocka_unit_test(test_the_unit_makes_no_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
