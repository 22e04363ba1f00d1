/* test_rank_peers.c - choices of r against those of R packages on the same data
 * (tests/reference/rank.json, made by tools/reference/rank_peers.py).
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/reference.h"

#include "data/source.h"
#include "study/consensus.h"
#include "study/rank/rank.h"
#include "study/rank/rank_choice.h"

#include <math.h>
#include <stdlib.h>

/* ---------------------------------------------------------------- the same data */

/* splitmix64 of a counter, in [0, 1). */
static double uniform(uint64_t seed, uint64_t stream, uint64_t at)
{
    uint64_t z = (at + (seed << 48) + (stream << 40) + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

/* A count with this mean, by inversion. */
static double count_of(double mean, double u)
{
    double chance = exp(-mean), total = chance;
    int value = 0;
    while (u > total && value < 1000) {
        chance *= mean / ++value;
        total += chance;
    }
    return value;
}

static double noisy(double y, uint64_t seed, uint64_t at)
{
    double error = -6;
    for (uint64_t s = 0; s < 12; s++)
        error += uniform(seed, 3 + s, at);
    return floor(fmax(0, y + 0.2 * error) * 10000 + 0.5) / 10000;
}

static float *planted_as_there(size_t n, size_t p, size_t r, bool poisson, uint64_t seed,
                               double *sum)
{
    float *X = malloc(n * p * sizeof *X);
    *sum = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p; j++) {
            uint64_t at = i * p + j;
            double y = 0;
            for (size_t k = 0; k < r; k++) {
                double w = uniform(seed, 1, i * r + k), h = uniform(seed, 2, k * p + j);
                y += w * w * (h > 0.6 ? h : 0);
            }
            double x = poisson ? count_of(10 * y, uniform(seed, 3, at)) : noisy(y, seed, at);
            *sum += x;
            X[at] = (float)x;
        }
    return X;
}

/* ---------------------------------------------------------------- choices */

static size_t size_at(const json_t *o, const char *place)
{
    return (size_t)reference_number(o, place);
}

static size_t apart(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

static size_t choice_of(const mien_rank *rank, const char *key)
{
    for (size_t c = 0; c < rank->n_criteria; c++)
        if (strcmp(rank->criteria[c].key, key) == 0)
            return rank->criteria[c].choice;
    fail_msg("there is no criterion %s", key);
    return 0;
}

/* What mien says today of one of the sets. */
static mien_rank rank_of(const json_t *set)
{
    size_t n = size_at(set, "n"), p = size_at(set, "p");
    double sum;
    float *X =
        planted_as_there(n, p, size_at(set, "r"), json_is_true(json_object_get(set, "poisson")),
                         size_at(set, "seed"), &sum);
    assert_near(sum, reference_number(set, "sum"), 1e-9 * sum);
    mien_float_view view = {X, n, p};
    mien_source source = mien_float_source(&view);
    mien_rank_options options = mien_rank_options_default();
    options.low = size_at(set, "low");
    options.high = size_at(set, "high");
    options.seed = size_at(set, "seed");
    options.starts = 0;
    options.threads = 2;
    mien_rank rank;
    mien_error err = {0};
    if (mien_rank_study(&source, &options, NULL, &rank, &err))
        fail_msg("%s", err.message);
    free(X);
    return rank;
}

/* Over the small sets: the hidden entries choose no worse than those of RcppML's cross-validation,
 * and the recommendation lies within 1 of what was planted. */
static void test_held_out_is_no_worse_than_rcppml(void **state)
{
    const json_t *sets = json_object_get(*state, "sets");
    size_t ours[2] = {0}, theirs = 0, tried = 0;
    for (size_t i = 0; i < json_array_size(sets); i++) {
        const json_t *set = json_array_get(sets, i);
        size_t r = size_at(set, "r");
        if (size_at(set, "n") > 200)
            continue;
        mien_rank rank = rank_of(set);
        ours[0] += apart(choice_of(&rank, "held-out-kl"), r);
        ours[1] += apart(choice_of(&rank, "held-out-frobenius"), r);
        theirs += apart(size_at(set, "rcppml.choice"), r);
        tried++;
        if (apart(rank.recommended, r) > 1)
            fail_msg("set %zu: %s", i, rank.sentence);
        mien_rank_free(&rank);
    }
    assert_true(tried >= 4);
    if (ours[0] > theirs || ours[1] > theirs)
        fail_msg("over %zu sets: KL %zu, Frobenius %zu, RcppML %zu away", tried, ours[0], ours[1],
                 theirs);
}

/* The table that was measured: choices over all sets. */
static void test_measured_choices_are_no_worse(void **state)
{
    const json_t *sets = json_object_get(*state, "sets");
    size_t ours[2] = {0}, theirs = 0;
    assert_true(json_array_size(sets) >= 8);
    for (size_t i = 0; i < json_array_size(sets); i++) {
        const json_t *set = json_array_get(sets, i);
        size_t r = size_at(set, "r");
        ours[0] += apart(size_at(set, "mien.held_out_kl"), r);
        ours[1] += apart(size_at(set, "mien.held_out_frobenius"), r);
        theirs += apart(size_at(set, "rcppml.choice"), r);
    }
    assert_true(ours[0] <= theirs && ours[1] <= theirs);
}

/* ---------------------------------------------------------------- cophenetic correlation */

enum { MOST_RANKS = 16 };

/* To the letter of Brunet et al. 2004: the first place after which the curve falls. */
static ptrdiff_t begins_to_fall(const double *curve, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++)
        if (curve[i + 1] < curve[i])
            return (ptrdiff_t)i;
    return (ptrdiff_t)count - 1;
}

static ptrdiff_t steepest_fall(const double *curve, size_t count)
{
    ptrdiff_t found = 0;
    for (size_t i = 1; i + 1 < count; i++)
        if (curve[i] - curve[i + 1] > curve[found] - curve[found + 1])
            found = (ptrdiff_t)i;
    return found;
}

static ptrdiff_t falls_for_good(const double *curve, size_t count)
{
    return mien_place_before_fall(curve, count, MIEN_RANK_COPHENETIC_SHARE);
}

static ptrdiff_t above_98(const double *curve, size_t count)
{
    return mien_place_before_fall(curve, count, 0.98);
}

typedef ptrdiff_t (*reading)(const double *curve, size_t count);

static size_t read_curve(const json_t *set, const char *whose, double *curve)
{
    const json_t *numbers = json_object_get(set, whose);
    size_t count = json_array_size(numbers);
    assert_true(count == size_at(set, "high") - size_at(set, "low") + 1 && count <= MOST_RANKS);
    for (size_t i = 0; i < count; i++)
        curve[i] = json_number_value(json_array_get(numbers, i));
    return count;
}

/* How far from what was planted. */
static size_t away(const json_t *set, const double *curve, size_t count, reading read)
{
    return apart(size_at(set, "low") + (size_t)read(curve, count), size_at(set, "r"));
}

/* By each reading, applied to both curves alike. */
static void test_cophenetic_curves_are_no_worse_than_those_of_nmf(void **state)
{
    static const reading readings[] = {begins_to_fall, steepest_fall, falls_for_good};
    const json_t *sets = reference_at(*state, "cophenetic.sets");
    assert_true(json_array_size(sets) >= 24);
    for (size_t k = 0; k < sizeof readings / sizeof *readings; k++) {
        size_t ours = 0, theirs = 0;
        for (size_t i = 0; i < json_array_size(sets); i++) {
            const json_t *set = json_array_get(sets, i);
            double curve[MOST_RANKS];
            size_t count = read_curve(set, "mien", curve);
            ours += away(set, curve, count, readings[k]);
            read_curve(set, "nmf", curve);
            theirs += away(set, curve, count, readings[k]);
        }
        if (ours > theirs)
            fail_msg("reading %zu: %zu away, NMF %zu", k, ours, theirs);
    }
}

/* mien's curve of a set today. */
static void cophenetic_of_today(const json_t *set, size_t runs, double *curve)
{
    size_t n = size_at(set, "n"), p = size_at(set, "p"), low = size_at(set, "low");
    double sum;
    float *X =
        planted_as_there(n, p, size_at(set, "r"), json_is_true(json_object_get(set, "poisson")),
                         size_at(set, "seed"), &sum);
    assert_near(sum, reference_number(set, "sum"), 1e-9 * sum);
    mien_float_view view = {X, n, p};
    mien_source source = mien_float_source(&view);
    mien_rank_options options = mien_rank_options_default();
    options.seed = size_at(set, "seed");
    options.starts = runs;
    options.threads = 2;
    for (size_t r = low; r <= size_at(set, "high"); r++) {
        mien_progress now = {.stage = "rank", .total = 1, .loss = NAN};
        mien_rank_stability found;
        mien_error err = {0};
        if (mien_rank_stability_find(&source, &options, r, &now, &found, &err))
            fail_msg("%s", err.message);
        curve[r - low] = found.cophenetic;
    }
    free(X);
}

/* What `mien rank` says of them today lies no farther off than NMF, read in any way. */
static void test_cophenetic_choice_is_no_worse_than_that_of_nmf(void **state)
{
    static const reading readings[] = {begins_to_fall, steepest_fall, falls_for_good, above_98};
    enum { READINGS = sizeof readings / sizeof *readings };
    const json_t *sets = reference_at(*state, "cophenetic.sets");
    size_t ours = 0, theirs[READINGS] = {0};
    for (size_t i = 0; i < json_array_size(sets); i++) {
        const json_t *set = json_array_get(sets, i);
        double curve[MOST_RANKS];
        size_t count = read_curve(set, "nmf", curve);
        for (size_t k = 0; k < READINGS; k++)
            theirs[k] += away(set, curve, count, readings[k]);
        cophenetic_of_today(set, size_at(*state, "cophenetic.runs"), curve);
        ours += away(set, curve, count, falls_for_good);
    }
    assert_true(json_array_size(sets) >= 24);
    for (size_t k = 0; k < READINGS; k++)
        if (ours > theirs[k])
            fail_msg("%zu away, NMF by reading %zu: %zu", ours, k, theirs[k]);
}

/* Dominant components: image i is of group i mod groups in a share of runs of its own. */
static uint32_t *labels_as_there(size_t n, size_t runs, size_t groups, uint64_t seed)
{
    uint32_t *labels = calloc(runs * n, sizeof *labels);
    for (size_t at = 0; at < runs * n; at++) {
        size_t i = at % n;
        bool kept = uniform(seed, 20, at) < 0.2 + 0.6 * uniform(seed, 22, i);
        double other = floor(uniform(seed, 21, at) * (double)groups);
        labels[at] = kept ? (uint32_t)(i % groups) : (uint32_t)other;
    }
    return labels;
}

/* NMF's cophcor() of consensus matrices whose entries all differ: with equal ones the tree depends
 * on which pair comes first, and R and SciPy differ. */
static void test_cophenetic_correlation_is_that_of_r(void **state)
{
    const json_t *cases = json_object_get(*state, "cophcor");
    assert_true(json_array_size(cases) >= 4);
    mien_pool *pool;
    assert_int_equal(mien_pool_create(1, &pool), MIEN_OK);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *expected = json_array_get(cases, i);
        size_t n = size_at(expected, "n"), runs = size_at(expected, "runs");
        uint32_t *labels =
            labels_as_there(n, runs, size_at(expected, "groups"), size_at(expected, "seed"));
        mien_consensus c = {0};
        assert_int_equal(mien_consensus_build(pool, labels, runs, n, &c), MIEN_OK);
        assert_near(c.cophenetic, reference_number(expected, "value"), 1e-10);
        mien_consensus_free(&c);
        free(labels);
    }
    mien_pool_free(pool);
}

static int load(void **state)
{
    *state = reference_load("rank.json");
    return 0;
}

static int unload(void **state)
{
    json_decref(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_held_out_is_no_worse_than_rcppml, load, unload),
        cmocka_unit_test_setup_teardown(test_measured_choices_are_no_worse, load, unload),
        cmocka_unit_test_setup_teardown(test_cophenetic_curves_are_no_worse_than_those_of_nmf, load,
                                        unload),
        cmocka_unit_test_setup_teardown(test_cophenetic_choice_is_no_worse_than_that_of_nmf, load,
                                        unload),
        cmocka_unit_test_setup_teardown(test_cophenetic_correlation_is_that_of_r, load, unload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
