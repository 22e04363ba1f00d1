/* test_vecmath.c - the vectorised elementary functions against libm in double.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/processor.h"

#include "linalg/vecmath.h"
#include "mien.h"

enum { COUNT = 1 << 16 };

/* Loops as the methods have them: this is what the compiler vectorises. */
MIEN_LOOP(static, exp_all, (const float *x, float *y), (x, y))
{
    for (int i = 0; i < COUNT; i++)
        y[i] = mien_exp_fast(x[i]);
}

MIEN_LOOP(static, tanh_all, (const float *x, float *y), (x, y))
{
    for (int i = 0; i < COUNT; i++)
        y[i] = mien_tanh_fast(x[i]);
}

MIEN_LOOP(static, log_all, (const float *x, float *y), (x, y))
{
    for (int i = 0; i < COUNT; i++)
        y[i] = mien_log_fast(x[i]);
}

/* Largest relative error over floats whose bit patterns run from `from` to `to` in equal steps. */
static double worst(void (*all)(const float *, float *), double (*exact)(double), float from,
                    float to, bool negate)
{
    static float x[COUNT], y[COUNT];
    uint32_t first = mien_bits_of_float(from), last = mien_bits_of_float(to);
    double worst_error = 0;
    for (uint32_t round = 0; round < 16; round++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            uint64_t at = (uint64_t)(last - first) * (i * 16 + round) / (16 * COUNT - 1);
            float v = mien_float_of_bits(first + (uint32_t)at);
            x[i] = negate ? -v : v;
        }
        all(x, y);
        for (int i = 0; i < COUNT; i++) {
            double e = exact(x[i]);
            double error = e == 0 ? fabs((double)y[i]) : fabs(y[i] / e - 1);
            if (!(error <= worst_error)) /* NaN counts */
                worst_error = error;
        }
    }
    return worst_error;
}

static void check_exp_error(void)
{
    double up = worst(exp_all, exp, 1e-30f, 87, false);
    double down = worst(exp_all, exp, 1e-30f, 87, true);
    print_message("exp: %.3g above, %.3g below zero\n", up, down);
    assert_true(up <= 1e-7);
    assert_true(down <= 1e-7);
}

static void test_exp_error(void **state)
{
    (void)state;
    at_every_level(check_exp_error);
}

static void check_tanh_error(void)
{
    double up = worst(tanh_all, tanh, 1e-30f, 50, false);
    double down = worst(tanh_all, tanh, 1e-30f, 50, true);
    print_message("tanh: %.3g above, %.3g below zero\n", up, down);
    assert_true(up <= 1.8e-7);
    assert_true(down <= 1.8e-7);
}

static void test_tanh_error(void **state)
{
    (void)state;
    at_every_level(check_tanh_error);
}

static void check_log_error(void)
{
    double all = worst(log_all, log, 1.2e-38f, 3.3e38f, false);
    double near_one = worst(log_all, log, 0.5f, 2, false);
    print_message("log: %.3g over all, %.3g near one\n", all, near_one);
    assert_true(all <= 1e-7);
    assert_true(near_one <= 1e-7);
}

static void test_log_error(void **state)
{
    (void)state;
    at_every_level(check_log_error);
}

static void test_special_values(void **state)
{
    (void)state;
    assert_true(mien_exp_fast(0) == 1);
    assert_true(mien_log_fast(1) == 0);
    assert_true(mien_tanh_fast(0) == 0);
    assert_true(mien_tanh_fast(20) == 1);
    assert_true(mien_tanh_fast(-20) == -1);
    assert_true(mien_exp_fast(-1000) > 0);
    assert_true(isfinite(mien_exp_fast(1000)));
    assert_true(isfinite(mien_log_fast(0)));
    assert_true(mien_log_fast(0) < -87);
    assert_true(mien_tanh_fast(1e30f) == 1);
}

/* What is vectorised and what is done one by one must agree. */
static void check_scalar_and_vector_agree(void)
{
    static float x[COUNT], y[COUNT];
    for (int i = 0; i < COUNT; i++)
        x[i] = (float)(i + 1) * 1e-3f;
    log_all(x, y);
    for (int i = 0; i < COUNT; i++)
        assert_near(y[i], mien_log_fast(x[i]), 5e-7);
    tanh_all(x, y);
    for (int i = 0; i < COUNT; i++)
        assert_near(y[i], mien_tanh_fast(x[i]), 3e-7);
}

static void test_scalar_and_vector_agree(void **state)
{
    (void)state;
    at_every_level(check_scalar_and_vector_agree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exp_error),
        cmocka_unit_test(test_tanh_error),
        cmocka_unit_test(test_log_error),
        cmocka_unit_test(test_special_values),
        cmocka_unit_test(test_scalar_and_vector_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
