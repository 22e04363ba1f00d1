/* test_vecmath.c - the vectorised elementary functions, and the divergence, against libm.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/processor.h"

#include "linalg/vecmath.h"
#include "methods/loss.h"
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

/* ---------------------------------------------------------------- log in double */

MIEN_LOOP(static, log_double_all, (const double *x, double *y), (x, y))
{
    for (int i = 0; i < COUNT; i++)
        y[i] = mien_log_double(x[i]);
}

/* log(v) by its definition, independently of any library: v = 2^n z, and 2 atanh((z-1)/(z+1)) term
 * by term; 64 bits of mantissa. */
static long double log_by_series(double v)
{
    const long double log_2 = 0xb.17217f7d1cf79acp-4L;
    int n;
    long double z = frexp(v, &n), sum = 0;
    if (z < 0.70710678L) {
        z *= 2;
        n--;
    }
    long double s = (z - 1) / (z + 1);
    for (int k = 41; k >= 1; k -= 2)
        sum = sum * s * s + 1.0L / k;
    return (long double)n * log_2 + 2 * s * sum;
}

/* Every exponent of normal doubles; from 0.5 to 2; ever nearer to 1 from both sides. */
static double argument(int round, int i)
{
    double part = (double)i / COUNT;
    if (round == 0)
        return ldexp(1 + part, i % 2046 - 1022);
    if (round == 1)
        return 0.5 + 1.5 * part;
    double distance = exp(-36 * part);
    return round == 2 ? 1 + distance : 1 - 0.5 * distance;
}

static void check_log_double_error(void)
{
    static double x[COUNT], y[COUNT];
    double against_libm = 0, against_series = 0;
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < COUNT; i++)
            x[i] = argument(round, i);
        log_double_all(x, y);
        for (int i = 0; i < COUNT; i++) {
            long double libm = logl(x[i]), series = log_by_series(x[i]);
            double one = libm == 0 ? fabs(y[i]) : (double)fabsl(y[i] / libm - 1);
            double other = series == 0 ? fabs(y[i]) : (double)fabsl(y[i] / series - 1);
            if (!(one <= against_libm)) /* NaN counts */
                against_libm = one;
            if (!(other <= against_series))
                against_series = other;
        }
    }
    print_message("log in double: %.3g from libm, %.3g from the series\n", against_libm,
                  against_series);
    assert_true(against_libm <= 2.2e-16);
    assert_true(against_series <= 2.2e-16);
}

static void test_log_double_error(void **state)
{
    (void)state;
    at_every_level(check_log_double_error);
    assert_true(mien_log_double(1) == 0);
}

/* The divergence of any count of values: zeros of x and of both, what only the model has, denormal
 * floats, models that reach nothing. */
static void check_divergence(void)
{
    enum { MOST = 67 };
    float x[MOST];
    double y[MOST];
    for (int i = 0; i < MOST; i++) {
        x[i] = i % 5 ? (float)exp(3 * sin(i)) : 0;
        y[i] = i % 10 ? exp(3 * sin(i) + cos(7 * i)) : 0;
    }
    x[3] = 1e-44f;
    y[4] = 1e-200;
    for (size_t count = 0; count <= MOST; count++) {
        long double sum = 0;
        for (size_t j = 0; j < count; j++)
            sum += (x[j] > 0 ? x[j] * logl(x[j] / (long double)y[j]) - x[j] : 0) + y[j];
        double loss = mien_loss_sum(MIEN_LOSS_KL, x, y, count);
        assert_true(fabsl(loss - sum) <= 1e-14L * fabsl(sum));
    }
    y[41] = 0; /* of x[41] > 0 */
    assert_true(mien_loss_sum(MIEN_LOSS_KL, x, y, 41) < INFINITY);
    assert_true(mien_loss_sum(MIEN_LOSS_KL, x, y, 42) == INFINITY);
    assert_true(mien_loss_sum(MIEN_LOSS_KL, x, y, MOST) == INFINITY);
    y[50] = NAN;
    assert_true(isnan(mien_loss_sum(MIEN_LOSS_KL, x, y, MOST)));
}

static void test_divergence(void **state)
{
    (void)state;
    at_every_level(check_divergence);
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
        cmocka_unit_test(test_log_double_error),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_special_values),
        cmocka_unit_test(test_scalar_and_vector_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
