/* test_nmf_batched.c - coordinate descent on several images at once, against loops in double and
 * against rows.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/processor.h"

#include "base/rng.h"
#include "methods/nmf/kernels/nmf_batched.h"
#include "methods/nmf/nmf_descent.h"

#include <float.h>

static const float FLOOR = 1e-10f;

/* Images x (count x p), weights W (count x r), a basis H (r x p) of which a share is not 0. Exact
 * sizes, so that a sanitizer sees every step beyond them. */
struct problem {
    size_t count, p, r;
    float *x, *W, *H, *product, *scratch;
    mien_entries entries;
    mien_arena arena;
};

static double uniform(uint64_t seed, size_t i)
{
    return mien_random_uniform(seed, MIEN_STREAM_TEST, i);
}

static float *unset(size_t count)
{
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    return values;
}

static struct problem make(size_t count, size_t p, size_t r, double share)
{
    struct problem t = {.count = count, .p = p, .r = r};
    uint64_t seed = 8 * (count * 1000003 + p * 1009 + r);
    t.x = unset(count * p);
    t.W = unset(count * r);
    t.H = unset(r * p);
    t.product = unset(count * r);
    t.scratch = unset(mien_batched_scratch(p, r));
    for (size_t a = 0; a < count * p; a++)
        t.x[a] = uniform(seed, a) < 0.15 ? 0 : (float)uniform(seed + 1, a);
    for (size_t a = 0; a < count * r; a++)
        t.W[a] = uniform(seed + 2, a) < 0.2 ? 0 : (float)uniform(seed + 3, a);
    for (size_t a = 0; a < r * p; a++)
        t.H[a] = uniform(seed + 4, a) < share ? (float)(0.05 + uniform(seed + 5, a)) : 0;
    t.entries = mien_entries_prepare(p, r, &t.arena);
    assert_false(t.arena.failed);
    mien_entries_take(&t.entries, t.H, p);
    return t;
}

static void discard(struct problem *t)
{
    free(t->x);
    free(t->W);
    free(t->H);
    free(t->product);
    free(t->scratch);
    mien_arena_free(&t->arena);
}

/* One image's model and loss, in double. */
static double loss_of(const struct problem *t, size_t i, const double *w)
{
    double loss = 0;
    for (size_t j = 0; j < t->p; j++) {
        double m = FLOOR, x = t->x[i * t->p + j];
        for (size_t k = 0; k < t->r; k++)
            m += w[k] * t->H[k * t->p + j];
        loss += m - (x > 0 ? x * log(m) : 0);
    }
    return loss;
}

/* A sweep over one image's weights as nmf_ccd.c tells it, coordinate by coordinate, in double; the
 * loss must not increase by any of them. */
static void sweep_in_double(const struct problem *t, size_t i, double *w)
{
    double before = loss_of(t, i, w);
    for (size_t k = 0; k < t->r; k++) {
        double s = 0, c = 0, sum = 0;
        for (size_t j = 0; j < t->p; j++) {
            double m = FLOOR, x = t->x[i * t->p + j], h = t->H[k * t->p + j];
            for (size_t l = 0; l < t->r; l++)
                m += w[l] * t->H[l * t->p + j];
            s += x * h / m;
            c += x * h * h / (m * m);
            sum += h;
        }
        if (s > sum)
            w[k] += s / c * (s / sum - 1);
        else if (w[k] > 0)
            w[k] = c > 0 ? w[k] / (1 + (sum - s) / (c * w[k])) : 0;
        double after = loss_of(t, i, w);
        assert_true(after <= before + 1e-9 * fabs(before));
        before = after;
    }
}

static void check_against_double(size_t count, size_t p, size_t r, double share)
{
    enum { SWEEPS = 2 };
    struct problem t = make(count, p, r, share);
    double *want = calloc(count * r, sizeof *want);
    for (size_t a = 0; a < count * r; a++)
        want[a] = t.W[a];
    float *start = unset(count * r);
    memcpy(start, t.W, count * r * sizeof *start);
    mien_batched_descend(&t.entries, t.x, count, FLOOR, SWEEPS, t.W, t.product, t.scratch);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < r; k++) { /* (x / m) H' at the start */
            double s = 0;
            for (size_t j = 0; j < p; j++) {
                double m = FLOOR;
                for (size_t l = 0; l < r; l++)
                    m += (double)start[i * r + l] * t.H[l * p + j];
                s += (double)t.x[i * p + j] * t.H[k * p + j] / m;
            }
            assert_near(t.product[i * r + k], s, 1e-4 * s + 1e-6);
        }
        for (int sweep = 0; sweep < SWEEPS; sweep++)
            sweep_in_double(&t, i, want + i * r);
        for (size_t k = 0; k < r; k++)
            if (!(fabs(t.W[i * r + k] - want[i * r + k]) <= 2e-3 * want[i * r + k] + 1e-4))
                fail_msg("%zu images of %zu, r = %zu: weight %zu of image %zu is %g, not %g", count,
                         p, r, k, i, (double)t.W[i * r + k], want[i * r + k]);
    }
    free(start);
    free(want);
    discard(&t);
}

/* What stands beside an image makes no difference to a single bit of its weights. */
static void check_alone(void)
{
    enum { COUNT = 21, P = 33, R = 5 };
    struct problem t = make(COUNT, P, R, 0.4);
    float *alone = unset(COUNT * R);
    memcpy(alone, t.W, COUNT * R * sizeof *alone);
    mien_batched_descend(&t.entries, t.x, COUNT, FLOOR, 3, t.W, NULL, t.scratch);
    for (size_t i = 0; i < COUNT; i++)
        mien_batched_descend(&t.entries, t.x + i * P, 1, FLOOR, 3, alone + i * R, NULL, t.scratch);
    assert_memory_equal(alone, t.W, COUNT * R * sizeof *alone);
    free(alone);
    discard(&t);
}

/* Black and nearly black images, components that are zero, weights that all are: numbers stay
 * numbers, and what an image cannot use goes. */
static void check_extremes(void)
{
    enum { COUNT = 17, P = 40, R = 6 };
    static const float greys[] = {0, FLT_MIN, 1e-30f, 1e-12f, 1e12f};
    struct problem t = make(COUNT, P, R, 0.3);
    memset(t.H + 2 * P, 0, P * sizeof *t.H);
    mien_entries_take(&t.entries, t.H, P);
    for (size_t g = 0; g < sizeof greys / sizeof *greys; g++) {
        for (size_t a = 0; a < COUNT * P; a++)
            t.x[a] = greys[g] * (float)(a % 3);
        for (size_t a = 0; a < COUNT * R; a++)
            t.W[a] = a / R == 4 ? 0 : 0.5f;
        for (int round = 0; round < 20; round++)
            mien_batched_descend(&t.entries, t.x, COUNT, FLOOR, 2, t.W, t.product, t.scratch);
        for (size_t a = 0; a < COUNT * R; a++) {
            assert_true(isfinite(t.W[a]) && t.W[a] >= 0 && isfinite(t.product[a]));
            if (a % R == 2) /* nothing tells: it stays as it was */
                assert_true(t.W[a] == (a / R == 4 ? 0 : 0.5f));
            else if (greys[g] == 0)
                assert_true(t.W[a] == 0);
            else if (greys[g] < 1e-20f)
                assert_true(t.W[a] < 1e-8f);
        }
        if (greys[g] == 1e12f) /* from weights of 0 back to the image's total */
            for (size_t i = 0; i < COUNT; i++) {
                double image = 0, model = 0;
                for (size_t j = 0; j < P; j++) {
                    double reach = 0;
                    for (size_t k = 0; k < R; k++) {
                        model += (double)t.W[i * R + k] * t.H[k * P + j];
                        reach += t.H[k * P + j];
                    }
                    image += reach > 0 ? t.x[i * P + j] : 0;
                }
                assert_relative(model, image, 0.02);
            }
    }
    discard(&t);
}

static void check_level(void)
{
    check_against_double(1, 1, 1, 1);
    check_against_double(16, 30, 4, 1);
    check_against_double(19, 61, 7, 0.3);
    check_against_double(5, 17, 3, 0.5);
    check_alone();
    check_extremes();
}

static void test_every_level(void **state)
{
    (void)state;
    at_every_level(check_level);
}

static void test_entries_are_what_is_not_zero(void **state)
{
    (void)state;
    const float H[3 * 4] = {0, 2, 0, 1, /**/ 0, 0, 0, 0, /**/ 3, 4, 5, 6};
    mien_arena arena = {0};
    mien_entries e = mien_entries_prepare(4, 3, &arena);
    assert_false(arena.failed);
    mien_entries_take(&e, H, 4);
    static const size_t first[] = {0, 2, 2, 6}, pixel[] = {1, 3, 0, 1, 2, 3};
    for (size_t k = 0; k < 4; k++)
        assert_int_equal(e.first[k], first[k]);
    for (size_t a = 0; a < 6; a++) {
        assert_int_equal(e.entry[a].pixel, pixel[a]);
        assert_true(e.entry[a].value == H[pixel[a] + (a < 2 ? 0 : 8)]);
    }
    assert_true(e.sum[0] == 3 && e.sum[1] == 0 && e.sum[2] == 18);
    mien_arena_free(&arena);
}

/* ---------------------------------------------------------------- and rows */

/* The same minimum, of which there is one for an image, by either way; which one is taken follows
 * from the basis. */
static void check_ways(size_t p, double share, bool batched)
{
    enum { COUNT = 16, R = 6, DESCENTS = 300 };
    struct problem t = make(COUNT, p, R, share);
    float *W[2] = {t.W, unset(COUNT * R)};
    memcpy(W[1], t.W, COUNT * R * sizeof *t.W);
    mien_run run = {.arena = &t.arena,
                    .total = 0.5 * (double)(COUNT * p),
                    .tiling = mien_tiling_plan(COUNT, p, R)};
    mien_nmf nmf = {.run = &run,
                    .tiling = &run.tiling,
                    .n = COUNT,
                    .p = p,
                    .r = R,
                    .W = t.W,
                    .H = t.H,
                    .rows = COUNT,
                    .workers = 1};
    mien_weights held;
    assert_int_equal(mien_weights_prepare(&nmf, 0, 0, &held), MIEN_OK);
    for (size_t k = 0; k < R; k++)
        memcpy(held.H + k * held.ldp, t.H + k * p, p * sizeof *t.H);
    mien_weights_hold(&held);
    assert_int_equal(held.batched, batched);
    mien_panels_hold_all(&held.panels, held.H, held.ldp);
    mien_tile tile = {.x = t.x, .count = COUNT};
    for (int way = 0; way < 2; way++) {
        held.batched = way == 0;
        for (int d = 0; d < DESCENTS; d++)
            mien_weights_descend(&held, &tile, W[way]);
    }
    for (size_t i = 0; i < COUNT; i++) {
        double loss[2], w[R];
        for (int way = 0; way < 2; way++) {
            for (size_t k = 0; k < R; k++)
                w[k] = W[way][i * R + k];
            loss[way] = loss_of(&t, i, w);
        }
        assert_near(loss[0], loss[1], 1e-4 * fabs(loss[1]) + 1e-5);
    }
    free(W[1]);
    discard(&t);
}

static void test_rows_and_images_abreast_find_the_same(void **state)
{
    (void)state;
    check_ways(100, 0.2, true);
    check_ways(5000, 0.15, true);
    check_ways(5000, 0.95, false);
}

static void test_huge_images_go_row_by_row(void **state)
{
    (void)state;
    float W = 1;
    mien_arena arena = {0};
    mien_run run = {.arena = &arena, .total = 1, .tiling = mien_tiling_plan(1, 300000, 1)};
    mien_nmf nmf = {.run = &run,
                    .tiling = &run.tiling,
                    .n = 1,
                    .p = 300000,
                    .r = 1,
                    .W = &W,
                    .rows = 1,
                    .workers = 1};
    mien_weights held;
    assert_int_equal(mien_weights_prepare(&nmf, 0, 0, &held), MIEN_OK);
    held.H[0] = 1; /* one entry: nothing could be sparser */
    mien_weights_hold(&held);
    assert_false(held.batched);
    mien_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_level),
        cmocka_unit_test(test_entries_are_what_is_not_zero),
        cmocka_unit_test(test_rows_and_images_abreast_find_the_same),
        cmocka_unit_test(test_huge_images_go_row_by_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
