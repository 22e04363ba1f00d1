/* test_nmf_descent.c - what a descent must survive: models that vanish, losses that are no numbers,
 * steps that change nothing, fits so good that their loss is a difference of equals.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/fits.h"
#include "support/problems.h"
#include "support/processor.h"

#include "methods/nmf/kernels/nmf_sweep.h"
#include "methods/nmf/nmf_extrapolation.h"

#include <float.h>

/* ---------------------------------------------------------------- sweeps */

enum { PARTS = 12, PER_PART = 5 };

/* H of PARTS components side by side, each alone on its PER_PART pixels. */
struct blocks {
    size_t ld;
    float *H, sum[PARTS], w[PARTS];
    float *x, *m;
    unsigned active[PARTS];
};

static struct blocks make_blocks(float floor)
{
    struct blocks b = {.ld = mien_sweep_padded(PARTS * PER_PART)};
    b.H = calloc(PARTS * b.ld, sizeof *b.H);
    b.x = calloc(b.ld, sizeof *b.x);
    b.m = calloc(b.ld, sizeof *b.m);
    for (size_t j = 0; j < b.ld; j++)
        b.m[j] = 1; /* padding */
    for (unsigned k = 0; k < PARTS; k++) {
        b.active[k] = k;
        b.w[k] = 0.1f + 0.37f * (float)k;
        for (size_t j = k * PER_PART; j < (k + 1) * PER_PART; j++) {
            b.H[k * b.ld + j] = 0.3f + 0.01f * (float)j;
            b.sum[k] += b.H[k * b.ld + j];
            float model = b.w[k] * b.H[k * b.ld + j];
            b.m[j] = model > floor ? model : floor;
        }
    }
    return b;
}

static void free_blocks(struct blocks *b)
{
    free(b->H);
    free(b->x);
    free(b->m);
}

static void check_rows(const struct blocks *b, float floor)
{
    for (size_t k = 0; k < PARTS; k++)
        assert_true(isfinite(b->w[k]) && b->w[k] >= 0);
    for (size_t j = 0; j < b->ld; j++)
        assert_true(isfinite(b->m[j]) && b->m[j] >= floor);
}

/* A sweep over all coordinates; returns how many are worth another visit. */
static size_t sweep_all(struct blocks *b, float floor)
{
    mien_sweep_row row = {.x = b->x, .m = b->m, .w = b->w, .active = b->active, .count = PARTS};
    for (unsigned k = 0; k < PARTS; k++)
        b->active[k] = k;
    mien_kl_sweep(&row, 1, b->ld, floor, b->H, b->sum);
    return row.count;
}

/* A black image: the first weight goes to 0 and its pixels have no model any more. The next
 * component must not see 0 / 0 there and stay where it is. */
static void check_black(void)
{
    const float floor = 1e-10f;
    struct blocks b = make_blocks(floor);
    sweep_all(&b, floor);
    check_rows(&b, floor);
    for (size_t k = 0; k < PARTS; k++)
        if (b.w[k] != 0)
            fail_msg("weight %zu is still %g", k, (double)b.w[k]);
    free_blocks(&b);
}

/* Nearly black: weights shrink by some thirty orders of magnitude, and the model with them. */
static void check_nearly_black(void)
{
    static const float greys[] = {1e-12f, 1e-20f, 1e-30f, FLT_MIN};
    for (size_t g = 0; g < sizeof greys / sizeof *greys; g++) {
        const float floor = 1e-10f;
        struct blocks b = make_blocks(floor);
        for (size_t j = 0; j < PARTS * PER_PART; j++)
            b.x[j] = greys[g];
        for (int sweep = 0; sweep < 20; sweep++) {
            sweep_all(&b, floor);
            check_rows(&b, floor);
        }
        for (size_t k = 0; k < PARTS; k++)
            assert_true(b.w[k] < 1e-8f);
        free_blocks(&b);
    }
}

/* An image that is a sum of components which overlap: sweeps find the weights. */
static void check_found(void)
{
    const float floor = 1e-10f;
    struct blocks b = make_blocks(floor);
    float truth[PARTS];
    for (size_t k = 0; k < PARTS; k++) {
        truth[k] = k % 4 == 3 ? 0 : 1 + 0.5f * (float)(k % 5);
        for (size_t j = k * PER_PART; j < (k + 1) * PER_PART + 3 && j < PARTS * PER_PART; j++)
            b.H[k * b.ld + j] = 0.3f + 0.1f * (float)(j % 7);
        b.sum[k] = 0;
        for (size_t j = 0; j < b.ld; j++)
            b.sum[k] += b.H[k * b.ld + j];
    }
    for (size_t j = 0; j < PARTS * PER_PART; j++) {
        b.m[j] = floor;
        for (size_t k = 0; k < PARTS; k++) {
            b.x[j] += truth[k] * b.H[k * b.ld + j];
            b.m[j] += b.w[k] * b.H[k * b.ld + j];
        }
    }
    for (int sweep = 0; sweep < 200; sweep++) {
        size_t left = sweep_all(&b, floor);
        assert_true(left <= PARTS);
        check_rows(&b, floor);
    }
    for (size_t k = 0; k < PARTS; k++)
        if (!(fabsf(b.w[k] - truth[k]) < 1e-2f))
            fail_msg("weight %zu is %g, not %g", k, (double)b.w[k], (double)truth[k]);
    free_blocks(&b);
}

/* ---------------------------------------------------------------- rows side by side */

enum { LD = 3 * MIEN_SWEEP_PAD, PIXELS = LD - 5 };

/* Rows that visit other coordinates each, one of them none, and their problem. */
struct side_by_side {
    float H[PARTS * LD], sum[PARTS];
    float x[MIEN_SWEEP_ROWS][LD], m[MIEN_SWEEP_ROWS][LD], w[MIEN_SWEEP_ROWS][PARTS];
    unsigned active[MIEN_SWEEP_ROWS][PARTS];
    mien_sweep_row rows[MIEN_SWEEP_ROWS];
};

static void make_side_by_side(struct side_by_side *s)
{
    *s = (struct side_by_side){.sum = {0}};
    for (size_t k = 0; k < PARTS; k++)
        for (size_t j = 0; j < PIXELS; j++) {
            s->H[k * LD + j] = 0.5f + 0.5f * sinf((float)(k * k + 3 * j));
            s->sum[k] += s->H[k * LD + j];
        }
    for (size_t i = 0; i < MIEN_SWEEP_ROWS; i++) {
        mien_sweep_row *row = &s->rows[i];
        *row = (mien_sweep_row){.x = s->x[i], .m = s->m[i], .w = s->w[i], .active = s->active[i]};
        for (size_t j = 0; j < LD; j++) {
            s->x[i][j] = j < PIXELS ? 2 + 2 * cosf((float)(j * (i + 1))) : 0;
            s->m[i][j] = j < PIXELS ? 0 : 1;
        }
        for (unsigned k = 0; k < PARTS; k++) {
            s->w[i][k] = 0.1f + 0.05f * (float)((k + i) % 5);
            for (size_t j = 0; j < PIXELS; j++)
                s->m[i][j] += s->w[i][k] * s->H[k * LD + j];
            if (i != 1 && (k + i) % (i + 1) == 0)
                s->active[i][row->count++] = k;
        }
    }
}

/* However many rows are swept over at once, each has the bytes it has alone. */
static void check_rows_are_their_own(void)
{
    const float floor = 1e-10f;
    static struct side_by_side alone, together;
    make_side_by_side(&alone);
    for (size_t i = 0; i < MIEN_SWEEP_ROWS; i++)
        for (int sweep = 0; sweep < 2; sweep++)
            mien_kl_sweep(&alone.rows[i], 1, LD, floor, alone.H, alone.sum);
    for (size_t n = 1; n <= MIEN_SWEEP_ROWS; n++) {
        make_side_by_side(&together);
        for (int sweep = 0; sweep < 2; sweep++)
            mien_kl_sweep(together.rows, n, LD, floor, together.H, together.sum);
        assert_memory_equal(together.m, alone.m, n * sizeof *alone.m);
        assert_memory_equal(together.w, alone.w, n * sizeof *alone.w);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(together.rows[i].count, alone.rows[i].count);
            assert_memory_equal(together.active[i], alone.active[i],
                                alone.rows[i].count * sizeof **alone.active);
        }
    }
    make_side_by_side(&together);
    assert_memory_equal(together.w[1], alone.w[1], sizeof *alone.w); /* it visits nothing */
    assert_memory_not_equal(together.w[0], alone.w[0], sizeof *alone.w);
}

static void check_sweep(void)
{
    check_rows_are_their_own();
    check_black();
    check_nearly_black();
    check_found();
}

static void test_every_level_of_the_sweep(void **state)
{
    (void)state;
    at_every_level(check_sweep);
}

/* ---------------------------------------------------------------- extrapolation */

static void test_what_is_no_number_is_never_accepted(void **state)
{
    (void)state;
    mien_extrapolation e = mien_extrapolation_start();
    assert_true(mien_extrapolation_accept(&e, 10));
    assert_false(mien_extrapolation_accept(&e, NAN));
    assert_true(e.loss == 10 && e.beta == 0 && !e.stalled);
    assert_false(mien_extrapolation_accept(&e, NAN));
    assert_true(e.loss == 10 && e.stalled); /* a plain step, and refused */
}

static void test_a_plain_step_ignores_the_predecessor(void **state)
{
    (void)state;
    const float z[3] = {1, 0, 3}, before[3] = {INFINITY, NAN, -INFINITY};
    float y[3];
    mien_extrapolate(y, z, before, 0, 3);
    assert_memory_equal(y, z, sizeof y);
}

/* A step that starts from nmf's W (where it has to be `from`), goes to `to` and has met `loss`. */
static double take_step(mien_momentum *momentum, float from, float to, double loss)
{
    mien_momentum_begin(momentum);
    assert_near(*momentum->nmf->W, from, 1e-6);
    *momentum->nmf->W = *momentum->nmf->H = to;
    return mien_momentum_judge(momentum, loss);
}

static void test_a_worse_point_is_left_for_where_the_last_led(void **state)
{
    (void)state;
    float W = 1, H = 1;
    mien_arena arena = {0};
    mien_run run = {.arena = &arena};
    mien_nmf nmf = {.run = &run, .n = 1, .p = 1, .r = 1, .W = &W, .H = &H};
    mien_momentum momentum;
    assert_int_equal(mien_momentum_prepare(&nmf, &momentum), MIEN_OK);
    assert_true(take_step(&momentum, 1, 0.8f, 10) == 10);
    assert_true(take_step(&momentum, 0.8f, 0.9f, 9) == 9);    /* plain: the start has any scale */
    assert_true(take_step(&momentum, 0.95f, 0.5f, 9.5) == 9); /* half as far on, and worse */
    assert_true(take_step(&momentum, 0.9f, 0.7f, 8) == 8);
    assert_true(take_step(&momentum, 0.665f, 0.6f, 7) == 7); /* never below 0.95 of it */
    assert_true(take_step(&momentum, 0.57f, 0.3f, NAN) == 7 && !nmf.stalled);
    mien_momentum_end(&momentum);
    assert_true(W == 0.6f && H == 0.6f);
    assert_true(take_step(&momentum, 0.6f, 0.5f, 7.5) == 7 && nmf.stalled); /* plain, and refused */
    mien_arena_free(&arena);
}

/* ---------------------------------------------------------------- good fits */

/* X = W H exactly. The loss that decides must not become noise, nor negative, when it is a
 * millionth of ||X||^2: it has to agree with the residual of what is returned. */
static void test_the_loss_of_an_exact_factorisation(void **state)
{
    (void)state;
    enum { N = 90, P = 40, R = 4 };
    static const char *const solver_names[] = {"fast", "hals"};
    float *X = calloc(N * P, sizeof *X);
    double squares = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < P; j++) {
            for (size_t k = 0; k < R; k++) {
                bool mine = i % R == k || i % 3 == 0, part = j * R / P == k;
                X[i * P + j] += mine && part ? (float)(1 + (i * 7 + k) % 5 + j % 3) : 0;
            }
            squares += (double)X[i * P + j] * X[i * P + j];
        }
    for (size_t s = 0; s < 2; s++) {
        mien_options options = test_options(R, 2, 3000);
        options.tolerance = 0;
        options.restarts = 3;
        set_option(&options, "objective", "frobenius");
        set_option(&options, "solver", solver_names[s]);
        mien_fit fit = must_fit("nmf", X, N, P, &options);
        double last = INFINITY;
        for (size_t t = 0; t < fit.n_trace; t++) {
            assert_true(fit.trace[t].loss >= 0 && fit.trace[t].loss <= last);
            last = fit.trace[t].loss;
        }
        if (fit.loss > 2e-3 * squares)
            fail_msg("%s: loss %g of %g", solver_names[s], fit.loss, squares);
        if (fabs(last - fit.loss) > 0.01 * fit.loss + 1e-12 * squares)
            fail_msg("%s: the last loss was %g, the residual is %g", solver_names[s], last,
                     fit.loss);
        mien_fit_free(&fit);
    }
    free(X);
}

/* A descent that can go no further says so instead of repeating the same refused step. */
static void test_a_stalled_descent_has_converged(void **state)
{
    (void)state;
    enum { N = 40, P = 20 };
    float *X = noise(N, P, 0.2, 5);
    mien_options options = test_options(1, 0, 100000);
    options.tolerance = 0;
    options.restarts = 1;
    mien_fit fit = must_fit("nmf", X, N, P, &options);
    assert_int_equal(fit.stop, MIEN_STOP_CONVERGED);
    assert_true(fit.iterations < 50000);
    mien_fit_free(&fit);
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_level_of_the_sweep),
        cmocka_unit_test(test_what_is_no_number_is_never_accepted),
        cmocka_unit_test(test_a_plain_step_ignores_the_predecessor),
        cmocka_unit_test(test_a_worse_point_is_left_for_where_the_last_led),
        cmocka_unit_test(test_the_loss_of_an_exact_factorisation),
        cmocka_unit_test(test_a_stalled_descent_has_converged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
