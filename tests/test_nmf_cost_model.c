/* test_nmf_cost_model.c - both sides of every threshold of nmf_cost_model.h.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "methods/nmf/nmf_cost_model.h"

/* 12 MB are 3,145,728 weights, of whatever shape. */
static void test_large_n_begins_where_weights_leave_the_cache(void **state)
{
    (void)state;
    assert_false(mien_cost_is_large_n(3145728, 1));
    assert_true(mien_cost_is_large_n(3145729, 1));
    assert_false(mien_cost_is_large_n(64198, 49));
    assert_true(mien_cost_is_large_n(64199, 49));
    assert_false(mien_cost_is_large_n(400, 49));
}

static void test_a_descent_has_to_gain_as_much_as_four_steps(void **state)
{
    (void)state;
    assert_false(mien_cost_prefers_descent(4, 1));
    assert_true(mien_cost_prefers_descent(4.001, 1));
    assert_true(mien_cost_prefers_descent(1, 0));
    assert_false(mien_cost_prefers_descent(0, 0));
}

static void test_images_are_batched_up_to_a_size(void **state)
{
    (void)state;
    assert_true(mien_cost_may_batch(16384));
    assert_false(mien_cost_may_batch(16385));
}

/* With all weights positive, of 361 pixels and one component a row takes 1.4 (27 + 0.07 361) =
 * 73.2 ns and a batch 0.21 ns an entry: 348 entries are less, 349 are not. */
static void test_a_batch_is_preferred_where_the_basis_is_sparse(void **state)
{
    (void)state;
    assert_true(mien_cost_prefers_batch(348, 1, 361, 1));
    assert_false(mien_cost_prefers_batch(349, 1, 361, 1));
    assert_true(mien_cost_prefers_batch(49 * 348, 1, 361, 49));
    assert_false(mien_cost_prefers_batch(49 * 349, 1, 361, 49));
    /* half of the weights: half of the rows' work */
    assert_true(mien_cost_prefers_batch(174, 0.5, 361, 1));
    assert_false(mien_cost_prefers_batch(175, 0.5, 361, 1));
    /* of large images pixels count, not visits */
    assert_true(mien_cost_prefers_batch(5000, 1, 10400, 1));
    assert_false(mien_cost_prefers_batch(5000, 1, 10200, 1));
    assert_false(mien_cost_prefers_batch(1, 0, 361, 49)); /* nothing to visit in rows */
}

/* Four rows of 1024 floats and their models are 32 kB; one of 6144 is 48 kB. */
static void test_rows_share_a_cache(void **state)
{
    (void)state;
    assert_int_equal(mien_cost_rows(32, 4), 4);
    assert_int_equal(mien_cost_rows(32, 3), 3);
    assert_int_equal(mien_cost_rows(1024, 4), 4);
    assert_int_equal(mien_cost_rows(1056, 4), 3);
    assert_int_equal(mien_cost_rows(2080, 4), 1);
    assert_int_equal(mien_cost_rows(6144, 4), 1);
    assert_int_equal(mien_cost_rows(6176, 4), 4);
    assert_int_equal(mien_cost_rows(16384, 4), 4);
    assert_int_equal(mien_cost_rows(16416, 4), 3);
    assert_int_equal(mien_cost_rows(1000000, 4), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_n_begins_where_weights_leave_the_cache),
        cmocka_unit_test(test_a_descent_has_to_gain_as_much_as_four_steps),
        cmocka_unit_test(test_images_are_batched_up_to_a_size),
        cmocka_unit_test(test_a_batch_is_preferred_where_the_basis_is_sparse),
        cmocka_unit_test(test_rows_share_a_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
