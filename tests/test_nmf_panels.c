/* test_nmf_panels.c - X / WH and its products with both factors, against loops in double.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/processor.h"

#include "base/rng.h"
#include "methods/loss.h"
#include "methods/nmf/kernels/nmf_panels.h"

/* Exact sizes, so that a sanitizer sees every step beyond them. */
struct problem {
    size_t count, p, r;
    float *x, *W, *H;
};

static float *draw(size_t count, uint64_t seed)
{
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < count; i++) {
        double u = mien_random_uniform(seed, MIEN_STREAM_TEST, i);
        values[i] = u < 0.1 ? 0 : (float)u; /* some are zero */
    }
    return values;
}

static struct problem make(size_t count, size_t p, size_t r)
{
    uint64_t seed = 8 * (count * 1000003 + p * 1009 + r);
    return (struct problem){
        count, p, r, draw(count * p, seed), draw(count * r, seed + 1), draw(r * p, seed + 2)};
}

static void discard(struct problem *t)
{
    free(t->x);
    free(t->W);
    free(t->H);
}

/* ratio <- x / max(WH, floor); returns sum x log(ratio), *size <- sum |x log(ratio)|. Masked: ratio
 * 1 where x < 0; sum x log(ratio) - x + WH of the others. */
static double divide(const struct problem *t, bool masked, double *ratio, double *size)
{
    double loss = *size = 0;
    for (size_t i = 0; i < t->count; i++)
        for (size_t j = 0; j < t->p; j++) {
            double m = 0, x = t->x[i * t->p + j];
            for (size_t k = 0; k < t->r; k++)
                m += (double)t->W[i * t->r + k] * t->H[k * t->p + j];
            double u = ratio[i * t->p + j] = x < 0 ? 1 : x / fmax(m, MIEN_KL_FLOOR);
            loss += masked && x >= 0 ? m - x : 0;
            *size += masked && x >= 0 ? m + x : 0;
            loss += x > 0 ? x * log(u) : 0;
            *size += x > 0 ? fabs(x * log(u)) : 0;
        }
    return loss;
}

static float *unset(size_t count)
{
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < count; i++)
        values[i] = NAN;
    return values;
}

static void hold(mien_panels *q, const float *H)
{
    size_t columns = 0;
    for (size_t part = 0; part < mien_panels_parts(q); part++) {
        mien_columns c = mien_panels_columns(q, part);
        assert_int_equal(c.first, columns);
        mien_panels_hold(q, c, H, q->p);
        columns += c.count;
    }
    assert_int_equal(columns, q->p);
}

static void check_pull(const mien_panels *q, const struct problem *t, const double *ratio,
                       double loss, double size)
{
    size_t room = (t->count + 7) / 8 * 8;
    float *product = unset(room * t->r), *scratch = unset(mien_panels_scratch(q, t->count));
    assert_near(mien_panels_weights_product(q, t->x, t->W, t->count, product, NULL, 0, scratch),
                loss, 1e-6 * size);
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; k < t->r; k++) {
            double sum = 0;
            for (size_t j = 0; j < t->p; j++)
                sum += ratio[i * t->p + j] * t->H[k * t->p + j];
            assert_near(product[i * t->r + k], sum, 1e-5 * sum);
        }
    free(product);
    free(scratch);
}

/* Sums of three tiles: three times the product. */
static void check_push(const mien_panels *q, const struct problem *t, const double *ratio,
                       double loss, double loss_size)
{
    size_t size = t->r * q->ld;
    float *sums = unset(size), *scratch = unset(mien_panels_scratch(q, t->count));
    assert_near(mien_panels_basis_product(q, t->x, t->W, t->count, false, true, sums, scratch),
                loss, 1e-6 * loss_size);
    assert_true(mien_panels_basis_product(q, t->x, t->W, t->count, true, false, sums, scratch) ==
                0);
    mien_panels_basis_product(q, t->x, t->W, t->count, true, false, sums, scratch);
    for (size_t part = 0; part < mien_panels_parts(q); part++) {
        mien_columns c = mien_panels_columns(q, part);
        float *total = unset(t->r * c.count);
        mien_panels_take(q, sums, c, total);
        for (size_t k = 0; k < t->r; k++)
            for (size_t j = 0; j < c.count; j++) {
                double sum = 0;
                for (size_t i = 0; i < t->count; i++)
                    sum += 3 * t->W[i * t->r + k] * ratio[i * t->p + c.first + j];
                assert_near(total[k * c.count + j], sum, 1e-5 * sum);
            }
        free(total);
    }
    free(sums);
    free(scratch);
}

/* The model comes with another stride and floor; what stands beyond its columns stays. */
static void check_model(const mien_panels *q, const struct problem *t)
{
    mien_panels raised = *q;
    raised.floor = 0.5f * (float)t->r / 4; /* about half of the models are below */
    size_t room = (t->count + 7) / 8 * 8, ldm = t->p + 3;
    float *product = unset(room * t->r), *scratch = unset(mien_panels_scratch(q, t->count));
    float *model = unset(t->count * ldm);
    mien_panels_weights_product(&raised, t->x, t->W, t->count, product, model, ldm, scratch);
    for (size_t i = 0; i < t->count; i++) {
        for (size_t j = 0; j < ldm; j++) {
            double m = 0;
            for (size_t k = 0; k < t->r && j < t->p; k++)
                m += (double)t->W[i * t->r + k] * t->H[k * t->p + j];
            if (j < t->p)
                assert_near(model[i * ldm + j], fmax(m, raised.floor), 1e-5 * m + 1e-6);
            else
                assert_true(isnan(model[i * ldm + j]));
        }
        for (size_t k = 0; k < t->r; k++) {
            double sum = 0;
            for (size_t j = 0; j < t->p; j++)
                sum += (double)t->x[i * t->p + j] / (double)model[i * ldm + j] * t->H[k * t->p + j];
            assert_near(product[i * t->r + k], sum, 1e-5 * sum);
        }
    }
    free(product);
    free(scratch);
    free(model);
}

static void check(size_t count, size_t p, size_t r)
{
    struct problem t = make(count, p, r);
    mien_arena arena = {0};
    mien_panels q = mien_panels_prepare(p, r, &arena);
    double size, *ratio = malloc(count * p * sizeof *ratio);
    assert_false(arena.failed);
    assert_non_null(ratio);
    float *other = unset(r * p);
    hold(&q, other); /* a second basis leaves nothing of the first */
    hold(&q, t.H);
    double loss = divide(&t, false, ratio, &size);
    check_pull(&q, &t, ratio, loss, size);
    check_push(&q, &t, ratio, loss, size);
    check_model(&q, &t);
    for (size_t a = 1; a < count * p; a += 1 + a % 7)
        t.x[a] = -1; /* hidden */
    q.masked = true;
    loss = divide(&t, true, ratio, &size);
    check_pull(&q, &t, ratio, loss, size);
    check_push(&q, &t, ratio, loss, size);
    free(other);
    free(ratio);
    mien_arena_free(&arena);
    discard(&t);
}

/* Around every block: of images, pixels, strips, chunks of strips, components. */
static void check_sizes(void)
{
    static const size_t counts[] = {1, 7, 8, 9, 16, 23, 40};
    static const size_t pixels[] = {1, 15, 16, 17, 33, 48, 49, 361, 384, 385, 800};
    static const size_t components[] = {1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 21, 49};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (size_t j = 0; j < sizeof pixels / sizeof *pixels; j++)
            check(counts[c], pixels[j], 5);
    for (size_t j = 0; j < sizeof pixels / sizeof *pixels; j++)
        for (size_t k = 0; k < sizeof components / sizeof *components; k++)
            check(11, pixels[j], components[k]);
    check(170, 50, 4); /* more than the tiles it likes */
}

static void test_every_level_multiplies_as_loops_do(void **state)
{
    (void)state;
    at_every_level(check_sizes);
}

/* Nothing that is not a number comes of images or components that are zero. */
static void check_zeros(void)
{
    enum { COUNT = 9, P = 50, R = 4 };
    float x[COUNT * P] = {0}, W[COUNT * R] = {0}, product[16 * R];
    mien_arena arena = {0};
    mien_panels q = mien_panels_prepare(P, R, &arena);
    float *scratch = mien_arena_alloc(&arena, mien_panels_scratch(&q, COUNT), sizeof *scratch);
    float *sums = mien_arena_alloc(&arena, R * q.ld, sizeof *sums);
    assert_false(arena.failed);
    x[3 * P + 1] = 1; /* under a model of 0 */
    double loss = mien_panels_weights_product(&q, x, W, COUNT, product, NULL, 0, scratch);
    assert_near(loss, log(1 / MIEN_KL_FLOOR), 1e-4);
    mien_panels_basis_product(&q, x, W, COUNT, false, false, sums, scratch);
    for (size_t a = 0; a < COUNT * R; a++)
        assert_true(product[a] == 0);
    for (size_t a = 0; a < R * q.ld; a++)
        assert_true(sums[a] == 0);
    mien_arena_free(&arena);
}

static void test_zeros_stay_zeros(void **state)
{
    (void)state;
    at_every_level(check_zeros);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_level_multiplies_as_loops_do),
        cmocka_unit_test(test_zeros_stay_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
