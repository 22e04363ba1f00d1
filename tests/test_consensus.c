/* test_consensus.c - consensus of images against scipy, against slow definitions, and undefined.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/reference.h"

#include "base/rng.h"
#include "study/consensus.h"
#include "study/hierarchy.h"

static mien_pool *pool;

static uint32_t *random_labels(size_t runs, size_t n, unsigned groups, uint64_t seed)
{
    uint32_t *labels = calloc(runs * n, sizeof *labels);
    for (size_t at = 0; at < runs * n; at++) {
        double u = mien_random_uniform(seed, MIEN_STREAM_TEST, at);
        uint32_t truth = (uint32_t)(at % n % groups);
        labels[at] = u < 0.5 ? truth : (uint32_t)(u * 1e6) % groups;
    }
    return labels;
}

static mien_consensus built(const uint32_t *labels, size_t runs, size_t n)
{
    mien_consensus c = {0};
    assert_int_equal(mien_consensus_build(pool, labels, runs, n, &c), MIEN_OK);
    return c;
}

/* ---------------------------------------------------------------- scipy */

static void check_case(const json_t *expected)
{
    const json_t *rows = json_object_get(expected, "dominant");
    size_t runs = json_array_size(rows), n = json_array_size(json_array_get(rows, 0));
    uint32_t *labels = calloc(runs * n, sizeof *labels);
    for (size_t run = 0; run < runs; run++)
        for (size_t a = 0; a < n; a++)
            labels[run * n + a] =
                (uint32_t)json_integer_value(json_array_get(json_array_get(rows, run), a));
    mien_consensus c = built(labels, runs, n);
    assert_null(c.undefined);
    assert_near(c.cophenetic, reference_number(expected, "cophenetic"), 1e-10);
    assert_near(c.dispersion, reference_number(expected, "dispersion"), 1e-12);
    double *distances = calloc(n * (n - 1) / 2, sizeof *distances);
    mien_merge *merges = calloc(n, sizeof *merges);
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++)
            distances[mien_pair_index(n, a, b)] = 1 - mien_consensus_share(&c, a, b);
    assert_int_equal(mien_hierarchy_average(distances, n, merges), MIEN_OK);
    for (size_t m = 0; m + 1 < n; m++)
        assert_near(merges[m].height,
                    json_number_value(json_array_get(json_object_get(expected, "heights"), m)),
                    1e-12);
    for (size_t a = 0; a < n; a++)
        assert_int_equal(
            c.order[a], json_integer_value(json_array_get(json_object_get(expected, "leaves"), a)));
    free(merges);
    free(distances);
    free(labels);
    mien_consensus_free(&c);
}

static void test_build_agrees_with_scipy(void **state)
{
    (void)state;
    json_t *reference = reference_load("consensus.json");
    const json_t *cases = json_object_get(reference, "cases");
    assert_true(json_array_size(cases) >= 4);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_case(json_array_get(cases, i));
    json_decref(reference);
}

/* ---------------------------------------------------------------- slow definitions */

static void test_build_counts_pairs(void **state)
{
    (void)state;
    static const size_t run_counts[] = {2, 255, 256, 300};
    for (size_t t = 0; t < 4; t++) {
        size_t runs = run_counts[t], n = 17;
        uint32_t *labels = random_labels(runs, n, 4, t);
        labels[3] = MIEN_NO_COMPONENT; /* alone in run 0, even with another such */
        labels[5] = MIEN_NO_COMPONENT;
        mien_consensus c = built(labels, runs, n);
        assert_int_equal(c.count_nbytes, runs < 256 ? 1 : 2);
        double dispersion = 0;
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < n; b++) {
                size_t count = 0;
                for (size_t run = 0; run < runs; run++)
                    count += a == b || (labels[run * n + a] == labels[run * n + b] &&
                                        labels[run * n + a] != MIEN_NO_COMPONENT);
                double share = (double)count / (double)runs;
                assert_near(mien_consensus_share(&c, a, b), share, 1e-15);
                dispersion += 4 * (share - 0.5) * (share - 0.5) / (double)(n * n);
            }
        assert_near(c.dispersion, dispersion, 1e-12);
        free(labels);
        mien_consensus_free(&c);
    }
}

/* Greedy average linkage from its definition: the two clusters whose members are nearest on average
 * become one. O(n^5), on distances without ties. */
static void test_hierarchy_is_greedy_average_linkage(void **state)
{
    (void)state;
    enum { N = 14 };
    for (uint64_t seed = 0; seed < 5; seed++) {
        double D[N][N] = {{0}}, distances[N * (N - 1) / 2];
        for (size_t i = 0; i < N; i++)
            for (size_t j = i + 1; j < N; j++)
                D[i][j] = D[j][i] = distances[mien_pair_index(N, i, j)] =
                    mien_random_uniform(seed, MIEN_STREAM_TEST, i * N + j);
        mien_merge merges[N];
        size_t order[N], starts[N], of[N];
        assert_int_equal(mien_hierarchy_average(distances, N, merges), MIEN_OK);
        assert_int_equal(mien_hierarchy_leaves(merges, N, order, starts), MIEN_OK);
        for (size_t i = 0; i < N; i++)
            of[i] = i;
        for (size_t m = 0; m + 1 < N; m++) {
            double least = INFINITY;
            size_t left = 0, right = 0;
            for (size_t x = 0; x < N + m; x++)
                for (size_t y = x + 1; y < N + m; y++) {
                    double sum = 0;
                    size_t pairs = 0;
                    for (size_t i = 0; i < N; i++)
                        for (size_t j = 0; j < N; j++)
                            if (of[i] == x && of[j] == y) {
                                sum += D[i][j];
                                pairs++;
                            }
                    if (pairs && sum / (double)pairs < least) {
                        least = sum / (double)pairs;
                        left = x;
                        right = y;
                    }
                }
            assert_near(merges[m].height, least, 1e-12);
            assert_int_equal(merges[m].left, left);
            assert_int_equal(merges[m].right, right);
            size_t members = 0;
            for (size_t i = 0; i < N; i++)
                if (of[i] == left || of[i] == right) {
                    of[i] = N + m;
                    members++;
                }
            assert_int_equal(merges[m].size, members);
            for (size_t at = 0; at < members; at++) /* neighbours in the order */
                assert_int_equal(of[order[starts[m] + at]], N + m);
        }
    }
}

/* ---------------------------------------------------------------- properties */

static void test_build_perfect_agreement_is_one(void **state)
{
    (void)state;
    uint32_t labels[3 * 6] = {0, 0, 1, 1, 2, 2, 5, 5, 3, 3, 4, 4, 2, 2, 0, 0, 1, 1};
    mien_consensus c = built(labels, 3, 6);
    assert_near(c.cophenetic, 1, 1e-12);
    assert_near(c.dispersion, 1, 1e-12);
    mien_consensus_free(&c);
}

static void test_build_does_not_depend_on_order_of_runs(void **state)
{
    (void)state;
    enum { RUNS = 9, N = 30 };
    uint32_t *labels = random_labels(RUNS, N, 5, 1), turned[RUNS * N];
    for (size_t run = 0; run < RUNS; run++) /* other order of runs, other numbers of components */
        for (size_t a = 0; a < N; a++)
            turned[(run + 4) % RUNS * N + a] = (labels[run * N + a] + (uint32_t)run) % 5;
    mien_consensus c = built(labels, RUNS, N), d = built(turned, RUNS, N);
    for (size_t a = 0; a < N; a++) {
        assert_int_equal(c.order[a], d.order[a]);
        for (size_t b = 0; b < N; b++)
            assert_near(mien_consensus_share(&c, a, b), mien_consensus_share(&d, a, b), 0);
    }
    assert_near(c.cophenetic, d.cophenetic, 0);
    mien_consensus_free(&c);
    mien_consensus_free(&d);
    free(labels);
}

static void test_build_undefined_is_nan_with_a_reason(void **state)
{
    (void)state;
    uint32_t one[6] = {0, 0, 1, 1, 2, 2}, same[12] = {0}, apart[6] = {0, 1, 2, 2, 1, 0};
    struct {
        const uint32_t *labels;
        size_t runs, n;
    } cases[] = {{one, 1, 6}, {same, 2, 6}, {apart, 2, 3}, {same, 5, 2}, {same, 3, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_consensus c = built(cases[i].labels, cases[i].runs, cases[i].n);
        assert_non_null(c.undefined);
        assert_true(isnan(c.cophenetic) && isnan(c.dispersion));
        mien_consensus_free(&c);
    }
}

static void test_choose_spreads_evenly(void **state)
{
    (void)state;
    size_t images[MIEN_CONSENSUS_MAX];
    assert_int_equal(mien_consensus_choose(7, images), 7);
    for (size_t a = 0; a < 7; a++)
        assert_int_equal(images[a], a);
    size_t n = 1000003;
    assert_int_equal(mien_consensus_choose(n, images), MIEN_CONSENSUS_MAX);
    assert_int_equal(images[0], 0);
    for (size_t a = 1; a < MIEN_CONSENSUS_MAX; a++)
        assert_true(images[a] - images[a - 1] == 250 || images[a] - images[a - 1] == 251);
    assert_true(images[MIEN_CONSENSUS_MAX - 1] < n && images[MIEN_CONSENSUS_MAX - 1] > n - 252);
}

static void test_dominant_weighs_by_mass(void **state)
{
    (void)state;
    float W[] = {1, 2, 0, /**/ 3, 2, 0, /**/ 0, 0, 0, /**/ 0, 0, 4};
    float H[] = {1, 1, /**/ 1, 0.5f, /**/ 0, 0};
    mien_fit fit = {.n = 4, .p = 2, .r = 3, .W = W, .H = H};
    size_t images[] = {0, 1, 2, 3};
    uint32_t dominant[4];
    assert_int_equal(mien_consensus_dominant(&fit, images, 4, dominant), MIEN_OK);
    assert_int_equal(dominant[0], 1); /* 1 * 2 against 2 * 1.5 */
    assert_int_equal(dominant[1], 0); /* 3 * 2 against 2 * 1.5 */
    assert_int_equal(dominant[2], MIEN_NO_COMPONENT);
    assert_int_equal(dominant[3], 2); /* of no mass, but the only one it has */
}

static int open_pool(void **state)
{
    (void)state;
    return mien_pool_create(2, &pool) == MIEN_OK ? 0 : -1;
}

static int close_pool(void **state)
{
    (void)state;
    mien_pool_free(pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_build_agrees_with_scipy),
        cmocka_unit_test(test_build_counts_pairs),
        cmocka_unit_test(test_hierarchy_is_greedy_average_linkage),
        cmocka_unit_test(test_build_perfect_agreement_is_one),
        cmocka_unit_test(test_build_does_not_depend_on_order_of_runs),
        cmocka_unit_test(test_build_undefined_is_nan_with_a_reason),
        cmocka_unit_test(test_choose_spreads_evenly),
        cmocka_unit_test(test_dominant_weighs_by_mass),
    };
    return cmocka_run_group_tests(tests, open_pool, close_pool);
}
