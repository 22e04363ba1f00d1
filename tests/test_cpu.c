/* test_cpu.c - levels of the processor, and the loops that are built for each.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "support/cmocka_plus.h"
#include "support/processor.h"

#include <string.h>

/* The first question of the process: later ones do not look there again. */
static void test_the_environment_limits_the_first_answer(void **state)
{
    (void)state;
    setenv("MIEN_CPU", "portable", 1);
    assert_int_equal(mien_cpu_level(), MIEN_CPU_PORTABLE);
    setenv("MIEN_CPU", "avx2", 1);
    assert_int_equal(mien_cpu_level(), MIEN_CPU_PORTABLE);
    unsetenv("MIEN_CPU");
    assert_true(mien_cpu_limit(MIEN_CPU_LEVELS) >= MIEN_CPU_PORTABLE);
}

static void test_the_best_level_is_what_the_processor_has(void **state)
{
    (void)state;
    mien_cpu level = mien_cpu_level();
    assert_int_equal(level, processor_level(level));
}

static void test_a_limit_holds_until_it_is_taken_away(void **state)
{
    (void)state;
    mien_cpu best = mien_cpu_limit(MIEN_CPU_LEVELS);
    assert_int_equal(mien_cpu_limit(MIEN_CPU_PORTABLE), MIEN_CPU_PORTABLE);
    assert_int_equal(mien_cpu_level(), MIEN_CPU_PORTABLE);
    assert_true(mien_cpu_limit(MIEN_CPU_AVX2) <= MIEN_CPU_AVX2);
    assert_int_equal(mien_cpu_limit(MIEN_CPU_LEVELS), best);
    assert_int_equal(mien_cpu_level(), best);
}

static void test_levels_have_names(void **state)
{
    (void)state;
    for (mien_cpu level = MIEN_CPU_PORTABLE; level < MIEN_CPU_LEVELS; level++)
        for (mien_cpu other = MIEN_CPU_PORTABLE; other < level; other++)
            assert_string_not_equal(mien_cpu_name(level), mien_cpu_name(other));
}

MIEN_LOOP(static, add_twice, (float *restrict to, const float *restrict from, size_t count),
          (to, from, count))
{
    for (size_t i = 0; i < count; i++)
        to[i] += 2 * from[i];
}

MIEN_LOOP_OF(static, size_t, count_ones, (const float *values, size_t count), (values, count))
{
    size_t ones = 0;
    for (size_t i = 0; i < count; i++)
        ones += values[i] == 1;
    return ones;
}

static void check_loops(void)
{
    enum { COUNT = 77 };
    float to[COUNT], from[COUNT];
    for (int i = 0; i < COUNT; i++) {
        to[i] = 1;
        from[i] = (float)(i % 3);
    }
    add_twice(to, from, COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_true(to[i] == (float)(1 + 2 * (i % 3)));
    assert_int_equal(count_ones(to, COUNT), (COUNT + 2) / 3);
}

static void test_loops_do_the_same_at_every_level(void **state)
{
    (void)state;
    at_every_level(check_loops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_environment_limits_the_first_answer),
        cmocka_unit_test(test_the_best_level_is_what_the_processor_has),
        cmocka_unit_test(test_a_limit_holds_until_it_is_taken_away),
        cmocka_unit_test(test_levels_have_names),
        cmocka_unit_test(test_loops_do_the_same_at_every_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
