/* test_assignment.c - the optimal assignment against all permutations.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "base/rng.h"
#include "mien.h"
#include "study/matching.h"

#include <string.h>

static double cost_of(const double *cost, size_t r, const size_t *columns)
{
    double sum = 0;
    for (size_t i = 0; i < r; i++)
        sum += cost[i * r + columns[i]];
    return sum;
}

/* The least cost over all permutations of columns[at ..]. */
static double try_all(const double *cost, size_t r, size_t *columns, size_t at)
{
    if (at == r)
        return cost_of(cost, r, columns);
    double least = INFINITY;
    for (size_t i = at; i < r; i++) {
        size_t keep = columns[at];
        columns[at] = columns[i];
        columns[i] = keep;
        least = fmin(least, try_all(cost, r, columns, at + 1));
        columns[i] = columns[at];
        columns[at] = keep;
    }
    return least;
}

static void assert_permutation(const size_t *columns, size_t r)
{
    bool seen[512] = {false};
    for (size_t i = 0; i < r; i++) {
        assert_true(columns[i] < r && !seen[columns[i]]);
        seen[columns[i]] = true;
    }
}

/* kind 0: any numbers; 1: few whole numbers, so ties; 2: negative; 3: mostly zeros; 4: all equal;
 * 5: of very different sizes */
static double entry(unsigned kind, uint64_t seed, size_t at)
{
    double u = mien_random_uniform(seed, MIEN_STREAM_TEST, at);
    switch (kind) {
    case 0:
        return 2 * u - 1;
    case 1:
        return floor(4 * u);
    case 2:
        return -u;
    case 3:
        return u < 0.7 ? 0 : u;
    case 4:
        return 3;
    default:
        return pow(10, 12 * u - 6);
    }
}

static void test_solve_is_best_of_all_permutations(void **state)
{
    (void)state;
    double cost[64];
    size_t columns[8], tried[8];
    for (size_t r = 0; r <= 8; r++)
        for (unsigned kind = 0; kind < 6; kind++)
            for (uint64_t seed = 0; seed < (r < 7 ? 20u : 3u); seed++) {
                double scale = 0;
                for (size_t at = 0; at < r * r; at++) {
                    cost[at] = entry(kind, seed, at);
                    scale += fabs(cost[at]);
                }
                for (size_t i = 0; i < r; i++)
                    tried[i] = i;
                assert_int_equal(mien_assignment_solve(cost, r, columns), MIEN_OK);
                assert_permutation(columns, r);
                assert_near(cost_of(cost, r, columns), try_all(cost, r, tried, 0), 1e-14 * scale);
            }
}

/* A hidden permutation of cost 0 among positive costs is found at any size. */
static void test_solve_finds_hidden_permutation(void **state)
{
    (void)state;
    enum { R = 300 };
    double *cost = malloc(sizeof(double) * R * R);
    size_t columns[R];
    for (size_t i = 0; i < R; i++)
        for (size_t j = 0; j < R; j++)
            cost[i * R + j] = j == (i * 7 + 3) % R
                                  ? 0
                                  : 0.01 + mien_random_uniform(5, MIEN_STREAM_TEST, i * R + j);
    assert_int_equal(mien_assignment_solve(cost, R, columns), MIEN_OK);
    for (size_t i = 0; i < R; i++)
        assert_int_equal(columns[i], (i * 7 + 3) % R);
    free(cost);
}

static void test_solve_refuses_what_is_no_number(void **state)
{
    (void)state;
    double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t b = 0; b < 3; b++)
        for (size_t at = 0; at < 9; at++) {
            double cost[9] = {0};
            size_t columns[3];
            cost[at] = bad[b];
            assert_int_equal(mien_assignment_solve(cost, 3, columns), MIEN_ERR_DOMAIN);
        }
}

static void test_solve_survives_failing_allocations(void **state)
{
    (void)state;
    double cost[9] = {3, 1, 2, 1, 2, 3, 2, 3, 1};
    size_t columns[3];
    long k = 0;
    mien_set_allocator(failing_malloc, failing_free);
    for (;; k++) {
        failing_countdown = k;
        mien_status st = mien_assignment_solve(cost, 3, columns);
        assert_int_equal(failing_alive, 0);
        if (!st)
            break;
        assert_int_equal(st, MIEN_ERR_NOMEM);
    }
    mien_set_allocator(NULL, NULL);
    assert_true(k > 5);
    assert_near(cost_of(cost, 3, columns), 3, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_solve_is_best_of_all_permutations),
        cmocka_unit_test(test_solve_finds_hidden_permutation),
        cmocka_unit_test(test_solve_refuses_what_is_no_number),
        cmocka_unit_test(test_solve_survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
