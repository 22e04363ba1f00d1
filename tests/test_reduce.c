/* test_reduce.c - sums in a fixed tree: the additions that are made, whoever makes them; how many
 * leaves data have, and how much their sums take.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/tree_sums.h"

#include "base/reduce.h"
#include "data/source.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const unsigned threads_tried[] = {1, 2, 3, 8, 64};
enum { TRIED = sizeof threads_tried / sizeof *threads_tried };

static void fill_leaf(void *context, size_t leaf, unsigned worker, double *doubles, float *floats)
{
    const mien_sums *s = context;
    (void)worker;
    for (size_t at = 0; at < s->n_doubles; at++) {
        assert_true(doubles[at] == 0);
        doubles[at] = tree_value(leaf, at);
    }
    for (size_t at = 0; at < s->n_floats; at++)
        floats[at] = (float)tree_value(leaf, at);
}

static void check_tree(mien_pool *pool, size_t leaves, size_t n_doubles, size_t n_floats)
{
    mien_arena arena = {0};
    mien_sums s = mien_sums_alloc(&arena, pool, leaves, n_doubles, n_floats);
    assert_false(arena.failed);
    for (int twice = 0; twice < 2; twice++) { /* what the first call left is of no consequence */
        mien_reduce(pool, &s, fill_leaf, &s);
        for (size_t at = 0; at < n_doubles; at++)
            assert_true(s.doubles[at] == tree_double(0, leaves, at));
        for (size_t at = 0; at < n_floats; at += 1 + at / 16)
            assert_true(s.floats[at] == tree_float(0, leaves, at));
    }
    mien_arena_free(&arena);
}

static void sums_are_those_of_the_tree(void **state)
{
    (void)state;
    for (size_t t = 0; t < TRIED; t++) {
        mien_pool *pool;
        assert_int_equal(mien_pool_create(threads_tried[t], &pool), MIEN_OK);
        for (size_t leaves = 1; leaves <= 256; leaves *= 2) {
            check_tree(pool, leaves, 3, 0);
            check_tree(pool, leaves, 0, 5);
            check_tree(pool, leaves, 1, 9001);
        }
        check_tree(pool, MIEN_LEAVES_MOST, 1, 20);
        mien_pool_free(pool);
    }
}

/* Else the test above would not see another order. */
static void another_order_has_other_bits(void **state)
{
    (void)state;
    size_t others = 0;
    for (size_t at = 0; at < 100; at++) {
        double in_order = 0;
        for (size_t leaf = 0; leaf < 64; leaf++)
            in_order += tree_value(leaf, at);
        others += in_order != tree_double(0, 64, at);
    }
    assert_true(others > 50);
}

/* Products of denormals are lost or kept alike below the tasks and above. */
static void denormal_leaf(void *context, size_t leaf, unsigned worker, double *doubles,
                          float *floats)
{
    (void)context, (void)leaf, (void)worker;
    doubles[0] = 1e-310;
    floats[0] = 1e-40f;
}

static void denormals_count_alike(void **state)
{
    (void)state;
    double first = 0;
    float first_float = 0;
    for (size_t t = 0; t < TRIED; t++) {
        mien_pool *pool;
        mien_arena arena = {0};
        assert_int_equal(mien_pool_create(threads_tried[t], &pool), MIEN_OK);
        mien_sums s = mien_sums_alloc(&arena, pool, 16, 1, 1);
        mien_reduce(pool, &s, denormal_leaf, NULL);
        if (t == 0) {
            first = s.doubles[0];
            first_float = s.floats[0];
        }
        assert_memory_equal(&s.doubles[0], &first, sizeof first);
        assert_memory_equal(&s.floats[0], &first_float, sizeof first_float);
        mien_arena_free(&arena);
        mien_pool_free(pool);
    }
}

static size_t log_2(size_t power)
{
    return power > 1 ? 1 + log_2(power / 2) : 0;
}

/* Large sums: 1 + log2(leaves / threads) a thread; small ones: some more, in at most 32 MB. */
static void threads_hold_few_sums(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 64; threads *= 2) {
        mien_pool *pool;
        assert_int_equal(mien_pool_create(threads, &pool), MIEN_OK);
        for (size_t leaves = 1; leaves <= MIEN_LEAVES_MOST; leaves *= 4)
            for (size_t n_floats = 1 << 4; n_floats <= 1 << 18; n_floats <<= 7) {
                mien_arena arena = {0};
                mien_sums s = mien_sums_alloc(&arena, pool, leaves, 0, n_floats);
                assert_false(arena.failed);
                size_t held = s.tasks + threads * s.depth, bytes = held * n_floats * sizeof(float);
                size_t most = leaves > threads ? threads * (1 + log_2(leaves / threads)) : leaves;
                assert_int_equal(s.tasks << s.depth, leaves);
                assert_true(held <= leaves);
                assert_true(held <= most || bytes <= (size_t)32 << 20);
                mien_arena_free(&arena);
            }
        mien_pool_free(pool);
    }
}

/* ---------------------------------------------------------------- leaves of data */

static void leaves_follow_from_numbers(void **state)
{
    (void)state;
    static const struct {
        size_t n, p, r, leaves, wanted;
    } cases[] = {
        {1, 361, 1, 1, 1},           {16, 361, 4, 1, 1},
        {17, 361, 4, 2, 2},          {240, 361, 4, 8, 8},
        {241, 361, 4, 16, 16},       {400, 10304, 49, 16, 16}, /* ORL */
        {2429, 361, 49, 16, 16},                               /* CBCL */
        {4095, 361, 49, 16, 16},     {4096, 361, 49, 32, 32},
        {32768, 361, 49, 256, 256},  {524287, 361, 49, 256, 256},
        {524288, 361, 49, 512, 512}, {100000000, 1024, 49, 4096, 4096}, /* for ranks */
        {13233, 62500, 49, 64, 64}, /* 250x250: a sum is 12 MB, a quarter of X 827 MB */
        {2000, 62500, 49, 8, 16},   /* the same with less of X: 125 MB */
        {1000, 62500, 49, 4, 16},   /* 64 MB and no more are always allowed */
        {1000, 8191, 256, 4, 16},   /* just above 8 MB: 7 fit */
        {1000, 7935, 256, 8, 16},   /* just below: 8 fit */
        {120, 1000000, 25, 4, 8},   /* a sum is a quarter of X: four all the same */
        {30, 1000000, 10, 2, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_tiling t = mien_tiling_plan(cases[i].n, cases[i].p, cases[i].r);
        if (t.leaves != cases[i].leaves || t.wanted != cases[i].wanted)
            fail_msg("%zu x %zu, r = %zu: %zu leaves of %zu, not %zu of %zu", t.n, t.p, cases[i].r,
                     t.leaves, t.wanted, cases[i].leaves, cases[i].wanted);
    }
}

/* Whatever the numbers: leaves are a power of two, each has a tile, and their sums fit. */
static void every_leaf_has_tiles(void **state)
{
    (void)state;
    static const size_t pixels[] = {1, 7, 361, 1024, 10304, 62500, 2000000};
    for (size_t n = 1; n < 200000; n += 1 + n / 7)
        for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++) {
            size_t p = pixels[i], r = 1 + (n * 7 + i) % 60;
            mien_tiling t = mien_tiling_plan(n, p, r);
            for (size_t rows = 0; rows <= 600; rows += 200) {
                if (rows)
                    t = mien_tiling_with_rows(&t, rows);
                assert_int_equal(t.leaves & (t.leaves - 1), 0);
                assert_true(t.leaves <= MIEN_LEAVES_MOST && t.leaves <= t.tiles);
                assert_true(t.tiles * t.rows >= n && (t.tiles - 1) * t.rows < n);
            }
            double limit = fmax((double)(64 << 20), (double)n * (double)p);
            double sums = 4.0 * (double)t.leaves * (double)r * (double)p;
            assert_true(t.leaves <= 4 || sums <= limit);
            assert_true(t.leaves <= t.wanted);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_tree),
        cmocka_unit_test(another_order_has_other_bits),
        cmocka_unit_test(denormals_count_alike),
        cmocka_unit_test(threads_hold_few_sums),
        cmocka_unit_test(leaves_follow_from_numbers),
        cmocka_unit_test(every_leaf_has_tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
