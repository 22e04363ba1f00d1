/* test_unique.c - the certificate of uniqueness: known truths, rank, time, memory.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/fits.h"
#include "support/problems.h"

#include "base/rng.h"
#include "mien_study.h"
#include "study/stability/linear_program.h"
#include "study/stability/unique.h"

/* ---------------------------------------------------------------- support */

/* A factor of rows x r or r x columns: a share `zeros` of it is 0, the rest from `least` up. */
static float *factor(size_t count, double zeros, double least, uint64_t seed)
{
    float *values = calloc(count, sizeof *values);
    for (size_t at = 0; at < count; at++)
        if (mien_random_uniform(seed, MIEN_STREAM_TEST, 2 * at) >= zeros)
            values[at] = (float)(least + mien_random_uniform(seed, MIEN_STREAM_TEST, 2 * at + 1));
    return values;
}

static mien_fit fit_of(float *W, float *H, size_t n, size_t p, size_t r)
{
    return (mien_fit){.method = method_named("nmf"), .n = n, .p = p, .r = r, .W = W, .H = H};
}

static mien_certificate must_certify(const mien_fit *fit, double seconds)
{
    mien_certificate made = {0};
    mien_error err = {0};
    if (mien_certificate_make(fit, seconds, NULL, NULL, &made, &err))
        fail_msg("%s", err.message);
    size_t sum = 0;
    for (int u = 0; u < MIEN_UNIQUENESSES; u++)
        sum += made.counts[u];
    assert_int_equal(sum, fit->r);
    assert_int_equal(made.reason != NULL, made.counts[MIEN_UNIQUE_NOT_KNOWN] > 0);
    return made;
}

/* The smallest cosine that part l is turned to by one move of one other part, by the definition. */
static double least_cosine(const mien_fit *fit, size_t l)
{
    size_t n = fit->n, p = fit->p, r = fit->r;
    double least = 1;
    for (size_t k = 0; k < r; k++)
        for (int sign = -1; sign <= 1 && k != l; sign += 2) {
            double t = INFINITY, dot = 0, aa = 0, bb = 0;
            for (size_t j = 0; j < p && sign < 0; j++)
                if (fit->H[k * p + j] > 0)
                    t = fmin(t, (double)fit->H[l * p + j] / fit->H[k * p + j]);
            for (size_t i = 0; i < n && sign > 0; i++)
                if (fit->W[i * r + l] > 0)
                    t = fmin(t, (double)fit->W[i * r + k] / fit->W[i * r + l]);
            for (size_t j = 0; j < p; j++) {
                double a = fit->H[l * p + j], b = a + sign * t * fit->H[k * p + j];
                dot += a * b;
                aa += a * a;
                bb += b * b;
            }
            if (bb > 1e-8 * aa)
                least = fmin(least, dot / sqrt(aa * bb));
        }
    return least;
}

/* ---------------------------------------------------------------- known truths */

/* Sparse on both sides, with an image and a pixel for every part alone: unique. */
static void test_separable_is_proven(void **state)
{
    (void)state;
    enum { N = 40, P = 30 };
    for (size_t r = 2; r <= 70; r = 3 * r + 1) { /* more than a word of bits, too */
        size_t n = N + r, p = P + r;
        float *W = factor(n * r, 0.6, 0.1, r), *H = factor(r * p, 0.6, 0.1, r + 100);
        for (size_t k = 0; k < r; k++)
            for (size_t l = 0; l < r; l++)
                W[k * r + l] = H[l * p + k] = k == l;
        mien_fit fit = fit_of(W, H, n, p, r);
        mien_certificate c = must_certify(&fit, 10);
        assert_int_equal(c.counts[MIEN_UNIQUE_PROVEN], r);
        assert_int_equal(c.rank_weights, r);
        mien_certificate_free(&c);
        free(W);
        free(H);
    }
}

/* No image has one part alone, no pixel either: the signs decide nothing, the programs all. */
static void test_programs_prove_what_signs_do_not(void **state)
{
    (void)state;
    enum { N = 60, P = 60, R = 5 };
    float *W = factor(N * R, 0, 0.1, 1), *H = factor(R * P, 0, 0.1, 2);
    for (size_t i = 0; i < N; i++) {
        W[i * R + i % R] = W[i * R + (i + 1 + i / R % 2) % R] = 0;
        for (size_t k = 0; k < R; k++)
            H[k * P + i] = k == i % R || k == (i + 1 + i / R % 2) % R ? 0 : H[k * P + i];
    }
    mien_fit fit = fit_of(W, H, N, P, R);
    mien_certificate c = must_certify(&fit, 10);
    assert_int_equal(c.counts[MIEN_UNIQUE_PROVEN], R);
    mien_certificate_free(&c);
    c = must_certify(&fit, 0); /* no time: nothing but what signs decide */
    assert_int_equal(c.counts[MIEN_UNIQUE_NOT_KNOWN], R);
    assert_non_null(strstr(c.reason, "time"));
    mien_certificate_free(&c);
    free(W);
    free(H);
}

/* Positive weights: any part may be added to any other, a little. */
static void test_dense_weights_are_free(void **state)
{
    (void)state;
    enum { N = 50, P = 40, R = 4 };
    float *W = factor(N * R, 0, 0.3, 3), *H = factor(R * P, 0.6, 0.1, 4);
    mien_fit fit = fit_of(W, H, N, P, R);
    mien_certificate c = must_certify(&fit, 10);
    assert_int_equal(c.counts[MIEN_UNIQUE_FREE], R);
    for (size_t k = 0; k < R; k++) {
        assert_near(c.parts[k].cosine, least_cosine(&fit, k), 1e-9);
        assert_int_not_equal(c.parts[k].by, k);
    }
    mien_certificate_free(&c);
    free(W);
    free(H);
}

/* One part is in every image, all else is separable: exactly that part can be added to others. */
static void test_part_in_every_image_turns_the_others(void **state)
{
    (void)state;
    enum { N = 50, P = 40, R = 5, EVERYWHERE = 2 };
    float *W = factor(N * R, 0.6, 0.1, 5), *H = factor(R * P, 0.6, 0.1, 6);
    for (size_t k = 0; k < R; k++)
        for (size_t l = 0; l < R; l++)
            W[k * R + l] = H[l * P + k] = k == l;
    for (size_t i = 0; i < N; i++)
        W[i * R + EVERYWHERE] += 0.2f;
    mien_fit fit = fit_of(W, H, N, P, R);
    mien_certificate c = must_certify(&fit, 10);
    for (size_t k = 0; k < R; k++) {
        assert_int_equal(c.parts[k].unique,
                         k == EVERYWHERE ? MIEN_UNIQUE_NOT_KNOWN : MIEN_UNIQUE_FREE);
        assert_int_equal(c.parts[k].by, EVERYWHERE);
    }
    mien_certificate_free(&c);
    free(W);
    free(H);
}

/* Two blocks of images and pixels that have nothing in common: one can be turned, one cannot. */
static void test_blocks_are_judged_by_themselves(void **state)
{
    (void)state;
    enum { N = 40, P = 40, R = 4, HALF = 20 };
    float *W = factor(N * R, 0, 0.2, 7), *H = factor(R * P, 0, 0.2, 8);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < R; k++) {
            bool own = (i < HALF) == (k < 2);
            bool pure = i >= HALF && (i - HALF) % 3 == (k == 2);
            W[i * R + k] = own && !pure ? W[i * R + k] : 0;
            H[k * P + i] = own && !pure ? H[k * P + i] : 0;
        }
    mien_fit fit = fit_of(W, H, N, P, R);
    mien_certificate c = must_certify(&fit, 10);
    assert_int_equal(c.parts[0].unique, MIEN_UNIQUE_FREE);
    assert_int_equal(c.parts[1].unique, MIEN_UNIQUE_FREE);
    assert_int_equal(c.parts[2].unique, MIEN_UNIQUE_PROVEN);
    assert_int_equal(c.parts[3].unique, MIEN_UNIQUE_PROVEN);
    mien_certificate_free(&c);
    free(W);
    free(H);
}

/* Planted, small and dense enough to leave room: nothing that a single move turns is proven, and
 * "free" is what the definition says. */
static void test_what_moves_is_never_proven(void **state)
{
    (void)state;
    enum { SETS = 120 };
    size_t proven = 0, is_free = 0;
    for (uint64_t seed = 0; seed < SETS; seed++) {
        size_t r = 2 + seed % 6, n = r + 4 + seed % 17, p = r + 3 + seed % 13;
        double zeros = 0.1 + 0.1 * (double)(seed % 6);
        float *W = factor(n * r, zeros, 0.02, 1000 + seed);
        float *H = factor(r * p, 0.6 - zeros / 2, 0.02, 2000 + seed);
        mien_fit fit = fit_of(W, H, n, p, r);
        mien_certificate c = must_certify(&fit, 10);
        for (size_t k = 0; k < r; k++) {
            double cosine = least_cosine(&fit, k);
            bool turns = cosine < MIEN_FREE_COSINE;
            if (turns != (c.parts[k].unique == MIEN_UNIQUE_FREE))
                fail_msg("set %d: part %zu turns to %.9f and is %s", (int)seed, k, cosine,
                         mien_uniqueness_name(c.parts[k].unique));
        }
        proven += c.counts[MIEN_UNIQUE_PROVEN];
        is_free += c.counts[MIEN_UNIQUE_FREE];
        mien_certificate_free(&c);
        free(W);
        free(H);
    }
    assert_true(proven > 10 && is_free > 100); /* both happen */
}

/* ---------------------------------------------------------------- preconditions */

/* Groups of four parts whose weights sum to one, as the swimmer's limbs: rank 13 of 16. */
static void test_rank_deficient_is_not_known(void **state)
{
    (void)state;
    enum { N = 256, P = 40, R = 16 };
    float *W = calloc(N * R, sizeof *W), *H = factor(R * P, 0.6, 0.1, 9);
    for (size_t i = 0; i < N; i++)
        for (size_t limb = 0; limb < 4; limb++)
            W[i * R + 4 * limb + (i >> 2 * limb & 3)] = 1;
    for (size_t k = 0; k < R; k++)
        for (size_t l = 0; l < R; l++)
            H[l * P + k] = k == l;
    mien_fit fit = fit_of(W, H, N, P, R);
    mien_certificate c = must_certify(&fit, 10);
    assert_int_equal(c.rank_weights, 13);
    assert_int_equal(c.rank_basis, R);
    assert_int_equal(c.counts[MIEN_UNIQUE_NOT_KNOWN], R);
    assert_non_null(strstr(c.reason, "weights"));
    mien_certificate_free(&c);
    memset(H, 0, P * sizeof *H); /* a part of zeros is no part */
    for (size_t i = 0; i < N * R; i++)
        W[i] = i % R == i / R % R;
    c = must_certify(&fit, 10);
    assert_int_equal(c.rank_basis, R - 1);
    assert_int_equal(c.counts[MIEN_UNIQUE_PROVEN], 0);
    mien_certificate_free(&c);
    free(W);
    free(H);
}

/* Exact zeros alone hold a part: the multiplicative updates' 1e-20 do not. */
static void test_tiny_values_hold_nothing(void **state)
{
    (void)state;
    enum { N = 30, P = 30, R = 3 };
    float *W = factor(N * R, 0.6, 0.1, 10), *H = factor(R * P, 0.6, 0.1, 11);
    for (size_t k = 0; k < R; k++)
        for (size_t l = 0; l < R; l++)
            W[k * R + l] = H[l * P + k] = k == l;
    mien_fit fit = fit_of(W, H, N, P, R);
    mien_certificate c = must_certify(&fit, 10);
    assert_int_equal(c.counts[MIEN_UNIQUE_PROVEN], R);
    mien_certificate_free(&c);
    for (size_t at = 0; at < N * R; at++)
        W[at] = W[at] > 0 ? W[at] : 1e-20f;
    c = must_certify(&fit, 10);
    assert_int_equal(c.counts[MIEN_UNIQUE_PROVEN], 0);
    mien_certificate_free(&c);
    free(W);
    free(H);
}

/* Of a method with both signs nothing is said. */
static void test_other_methods_are_not_known(void **state)
{
    (void)state;
    float W[6] = {1, 0, 0, 1, 1, 1}, H[6] = {1, 0, 1, 0, 1, 1};
    mien_fit fit = fit_of(W, H, 3, 3, 2);
    fit.method = method_named("pca");
    mien_certificate c = must_certify(&fit, 10);
    assert_int_equal(c.counts[MIEN_UNIQUE_NOT_KNOWN], 2);
    mien_certificate_free(&c);
}

static bool refuse(void *user, const mien_progress *now)
{
    (void)now;
    ++*(size_t *)user;
    return false;
}

static void test_interrupt_leaves_parts_not_known(void **state)
{
    (void)state;
    enum { N = 30, P = 30, R = 3 };
    float *W = factor(N * R, 0.5, 0.1, 12), *H = factor(R * P, 0.5, 0.1, 13);
    mien_fit fit = fit_of(W, H, N, P, R);
    mien_certificate c;
    size_t asked = 0;
    assert_int_equal(mien_certificate_make(&fit, 10, refuse, &asked, &c, NULL), MIEN_OK);
    assert_true(asked > 0);
    assert_int_equal(c.counts[MIEN_UNIQUE_PROVEN], 0);
    mien_certificate_free(&c);
    free(W);
    free(H);
}

/* ---------------------------------------------------------------- memory, and the program's door
 */

static void test_allocation_failures(void **state)
{
    (void)state;
    enum { N = 24, P = 24, R = 4 };
    float *W = factor(N * R, 0, 0.1, 14), *H = factor(R * P, 0, 0.1, 15);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < R; k++)
            if (k == i % R || k == (i + 1) % R)
                W[i * R + k] = H[k * P + i] = 0;
    mien_fit fit = fit_of(W, H, N, P, R);
    size_t refused = 0;
    mien_set_allocator(failing_malloc, failing_free);
    for (long k = 0;; k = failing_next(k)) {
        mien_certificate c;
        mien_error err = {0};
        failing_countdown = k;
        mien_status st = mien_certificate_make(&fit, 10, NULL, NULL, &c, &err);
        if (!st) {
            assert_int_equal(c.counts[MIEN_UNIQUE_NOT_KNOWN] + c.counts[MIEN_UNIQUE_PROVEN], R);
            mien_certificate_free(&c);
            break;
        }
        assert_int_equal(failing_alive, 0);
        assert_int_equal(st, MIEN_ERR_NOMEM);
        assert_int_equal(err.status, MIEN_ERR_NOMEM);
        refused++;
    }
    assert_int_equal(failing_alive, 0);
    mien_set_allocator(NULL, NULL);
    assert_true(refused > 15);
    free(W);
    free(H);
}

static bool always(void *user)
{
    (void)user;
    return true;
}

/* max d0 - d1 / 2 + 2 d2: by hand 3.5, then cut by rows until nothing moves; the multipliers prove
 * it. */
static void test_program_by_hand(void **state)
{
    (void)state;
    const double c[] = {1, -0.5, 2}, lower[] = {-1, -1, -1}, upper[] = {1, 1, 1};
    const double rows[3][3] = {{-1, -1, -1}, {1, 0, -1}, {-1, 1, 0.5}};
    const int at[] = {0, 1, 2};
    const double *d, *y;
    mien_program *program = mien_program_create(3, c, lower, upper, 10, 30);
    assert_non_null(program);
    assert_true(mien_program_solve(program, always, NULL, &d, &y));
    assert_near(c[0] * d[0] + c[1] * d[1] + c[2] * d[2], 3.5, 1e-9);
    for (size_t row = 0; row < 3; row++)
        assert_true(mien_program_add(program, 3, at, rows[row]));
    assert_true(mien_program_solve(program, always, NULL, &d, &y));
    for (size_t v = 0; v < 3; v++) {
        assert_near(d[v], 0, 1e-9);
        assert_near(c[v] + y[0] * rows[0][v] + y[1] * rows[1][v] + y[2] * rows[2][v], 0, 1e-9);
        assert_true(y[v] > 0);
    }
    mien_program_free(program);
    assert_null(mien_program_create(3, c, lower, upper, SIZE_MAX / 2, 30)); /* no room for that */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_separable_is_proven),
        cmocka_unit_test(test_programs_prove_what_signs_do_not),
        cmocka_unit_test(test_dense_weights_are_free),
        cmocka_unit_test(test_part_in_every_image_turns_the_others),
        cmocka_unit_test(test_blocks_are_judged_by_themselves),
        cmocka_unit_test(test_what_moves_is_never_proven),
        cmocka_unit_test(test_rank_deficient_is_not_known),
        cmocka_unit_test(test_tiny_values_hold_nothing),
        cmocka_unit_test(test_other_methods_are_not_known),
        cmocka_unit_test(test_interrupt_leaves_parts_not_known),
        cmocka_unit_test(test_allocation_failures),
        cmocka_unit_test(test_program_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
