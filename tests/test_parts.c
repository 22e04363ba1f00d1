/* test_parts.c - scores of parts on basis images made for it, and against plain loops.
 * SPDX-License-Identifier: MIT */
#include "support/fits.h"
#include "support/problems.h"

#include "base/rng.h"
#include "mien_study.h"

static mien_fit make_fit(float *W, float *H, size_t n, size_t r, size_t p)
{
    return (mien_fit){.method = method_named("pca"),
                      .n = n,
                      .p = p,
                      .r = r,
                      .W = W,
                      .H = H,
                      .sparseness = 0.25,
                      .weights_sparseness = 0.75};
}

static mien_parts measure(const mien_fit *fit, mien_shape shape, unsigned threads)
{
    mien_parts parts = {NAN, NAN, NAN, NAN, NAN};
    mien_error err = {0};
    if (mien_parts_measure(fit, shape, threads, &parts, &err))
        fail_msg("%s", err.message);
    assert_true(parts.sparseness == fit->sparseness);
    assert_true(parts.weights_sparseness == fit->weights_sparseness);
    return parts;
}

/* ---------------------------------------------------------------- localisation */

/* Of one component. */
static double localisation(const float *image, mien_shape shape)
{
    float W[] = {1}, H[256];
    size_t p = shape.height * shape.width * shape.channels;
    memcpy(H, image, p * sizeof *H);
    mien_fit fit = make_fit(W, H, 1, 1, p);
    return measure(&fit, shape, 1).localisation;
}

static const struct {
    const char *what;
    mien_shape shape;
    float image[12];
    double expected;
} localised[] = {
    {"a pixel in the corner", {3, 4, 1}, {1}, 1},
    {"a pixel inside", {3, 4, 1}, {[6] = 0.25f}, 1},
    {"a negative pixel", {3, 4, 1}, {[6] = -7}, 1},
    {"all alike", {3, 4, 1}, {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}, 0},
    {"alike but for the sign", {2, 3, 1}, {1, -1, 1, -1, -1, 1}, 0},
    {"one row of three: 2/3 of 4/3", {3, 3, 1}, {0, 0, 0, 1, 1, 1}, 0.29289321881345254},
    {"two far corners: 2 of 4/3", {3, 3, 1}, {1, 0, 0, 0, 0, 0, 0, 0, 1}, -0.22474487139158905},
    /* weights 1 and 3, a pixel apart: variance 3/16; uniform 3/12 + 0 */
    {"a column", {2, 1, 1}, {1, 3}, 0.13397459621556140},
    {"one pixel in three colours", {2, 2, 3}, {0, 0, 0, 1, -2, 3}, 1},
    {"one colour everywhere", {2, 2, 3}, {0, 0, 5, 0, 0, 5, 0, 0, 5, 0, 0, 5}, 0},
    {"nothing", {3, 4, 1}, {0}, NAN},
    {"a row of a table", {1, 12, 1}, {1}, NAN},
    {"one value", {1, 1, 1}, {1}, NAN},
};

static void test_localisation_worked_by_hand(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof localised / sizeof *localised; c++) {
        double found = localisation(localised[c].image, localised[c].shape);
        double expected = localised[c].expected;
        if (isnan(expected) ? !isnan(found) : !(fabs(found - expected) < 1e-7))
            fail_msg("%s: %.12g, expected %.12g", localised[c].what, found, expected);
    }
}

/* A patch is as local wherever it stands and however bright it is, and less so when it grows. */
static void test_localisation_of_a_patch(void **state)
{
    (void)state;
    enum { SIDE = 16 };
    mien_shape shape = {SIDE, SIDE, 1};
    double before = 1;
    for (size_t size = 2; size <= SIDE; size++) {
        double here = NAN;
        for (size_t at = 0; at + size <= SIDE; at++) {
            float image[SIDE * SIDE] = {0};
            for (size_t i = 0; i < size * size; i++)
                image[(at + i / size) * SIDE + at / 2 + i % size] = (float)(at + 1);
            double found = localisation(image, shape);
            if (at == 0)
                here = found;
            assert_near(found, here, 1e-12);
        }
        double side = (double)size, whole = SIDE;
        assert_near(here, 1 - sqrt((side * side - 1) / (whole * whole - 1)), 1e-12);
        assert_true(here < before);
        before = here;
    }
}

/* ---------------------------------------------------------------- whole fits */

static void test_disjoint_and_equal_images(void **state)
{
    (void)state;
    float W[] = {1, 1, 1, 0, 2, 0.5f};
    float disjoint[] = {1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 3};
    float equal[] = {1, 2, 0, 3, -2, -4, 0, -6, 0.5f, 1, 0, 1.5f};
    mien_shape shape = {2, 2, 1};
    mien_fit fit = make_fit(W, disjoint, 2, 3, 4);
    mien_parts parts = measure(&fit, shape, 1);
    assert_near(parts.localisation, 1, 1e-12);
    assert_true(parts.overlap == 0);
    assert_true(parts.cancellation == 0);
    fit = make_fit(W, equal, 2, 3, 4);
    assert_near(measure(&fit, shape, 1).overlap, 1, 1e-12);
    /* what is zero does not count: two of three are left, then one */
    memset(disjoint + 8, 0, 4 * sizeof *disjoint);
    memcpy(disjoint + 4, (float[]){1, 1, 1, 1}, 4 * sizeof *disjoint);
    fit = make_fit(W, disjoint, 2, 3, 4);
    parts = measure(&fit, shape, 1);
    assert_near(parts.overlap, 0.5, 1e-12);
    assert_near(parts.localisation, 0.5, 1e-12);
    memset(disjoint + 4, 0, 4 * sizeof *disjoint);
    parts = measure(&fit, shape, 1);
    assert_true(isnan(parts.overlap));
    assert_near(parts.localisation, 1, 1e-12);
    memset(disjoint, 0, sizeof disjoint);
    parts = measure(&fit, shape, 1);
    assert_true(isnan(parts.overlap) && isnan(parts.localisation));
    assert_true(parts.cancellation == 0);
}

static void test_cancellation_worked_by_hand(void **state)
{
    (void)state;
    /* 1 - 1 = 0 and 2 + 1 = 3: of 2 + 3 that are brought 2 are lost */
    float W[] = {1, 1}, H[] = {1, 2, -1, 1}, mu[] = {100, -100};
    mien_fit fit = make_fit(W, H, 1, 2, 2);
    assert_near(measure(&fit, (mien_shape){1, 2, 1}, 1).cancellation, 0.4, 1e-6);
    fit.mu = mu; /* no part of it */
    assert_near(measure(&fit, (mien_shape){1, 2, 1}, 1).cancellation, 0.4, 1e-6);
    float all[] = {1, 2, -1, -2};
    fit.H = all;
    assert_near(measure(&fit, (mien_shape){1, 2, 1}, 1).cancellation, 1, 1e-6);
    float none[] = {1, 0, 0, -2}; /* signs that never meet */
    fit.H = none;
    assert_near(measure(&fit, (mien_shape){1, 2, 1}, 1).cancellation, 0, 1e-6);
    float negative[] = {-1, -1};
    fit.W = negative; /* a weight's sign is as good as the image's */
    fit.H = H;
    assert_near(measure(&fit, (mien_shape){1, 2, 1}, 1).cancellation, 0.4, 1e-6);
}

/* All scores by plain loops. */
static mien_parts slow_parts(const mien_fit *fit, mien_shape shape)
{
    double brought = 0, lost = 0, cosines = 0, local = 0;
    for (size_t i = 0; i < fit->n; i++)
        for (size_t j = 0; j < fit->p; j++) {
            double sum = 0, absolute = 0;
            for (size_t k = 0; k < fit->r; k++) {
                double part = (double)fit->W[i * fit->r + k] * fit->H[k * fit->p + j];
                sum += part;
                absolute += fabs(part);
            }
            brought += absolute;
            lost += absolute - fabs(sum);
        }
    for (size_t k = 0; k < fit->r; k++) {
        const float *h = fit->H + k * fit->p;
        double mass = 0, cx = 0, cy = 0, spread = 0, uniform = 0, squares = 0;
        for (size_t j = 0; j < fit->p; j++) {
            mass += fabs(h[j]);
            squares += (double)h[j] * h[j];
            cx += fabs(h[j]) * (double)(j / shape.channels % shape.width);
            cy += fabs(h[j]) * (double)(j / shape.channels / shape.width);
        }
        for (size_t j = 0; j < fit->p; j++) {
            double x = (double)(j / shape.channels % shape.width);
            double y = (double)(j / shape.channels / shape.width);
            spread += fabs(h[j]) / mass * (pow(x - cx / mass, 2) + pow(y - cy / mass, 2));
            uniform += (pow(x - ((double)shape.width - 1) / 2, 2) +
                        pow(y - ((double)shape.height - 1) / 2, 2)) /
                       (double)fit->p;
        }
        local += (1 - sqrt(spread / uniform)) / (double)fit->r;
        for (size_t l = 0; l < k; l++) {
            double inner = 0, other = 0;
            for (size_t j = 0; j < fit->p; j++) {
                inner += fabs((double)h[j] * fit->H[l * fit->p + j]);
                other += (double)fit->H[l * fit->p + j] * fit->H[l * fit->p + j];
            }
            cosines += inner / sqrt(squares * other);
        }
    }
    double r = (double)fit->r;
    return (mien_parts){fit->sparseness, fit->weights_sparseness, local,
                        cosines / (r * (r - 1) / 2), lost / brought};
}

static void fill(float *values, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)mien_random_normal(seed, MIEN_STREAM_TEST, i);
}

/* More images and pixels than stand in one block. */
enum { N = 70, HEIGHT = 35, WIDTH = 20, R = 4 };

static void test_scores_against_plain_loops(void **state)
{
    (void)state;
    for (size_t channels = 1; channels <= 3; channels += 2) {
        mien_shape shape = {HEIGHT, WIDTH, channels};
        size_t p = mien_shape_size(shape);
        float *W = malloc(N * R * sizeof *W), *H = malloc(R * p * sizeof *H);
        fill(W, N * R, 1);
        fill(H, R * p, channels);
        mien_fit fit = make_fit(W, H, N, R, p);
        mien_parts found = measure(&fit, shape, 2), expected = slow_parts(&fit, shape);
        assert_near(found.localisation, expected.localisation, 1e-9);
        assert_near(found.overlap, expected.overlap, 1e-9);
        assert_near(found.cancellation, expected.cancellation, 1e-6);
        for (unsigned threads = 1; threads <= 3; threads++) {
            mien_parts again = measure(&fit, shape, threads);
            assert_memory_equal(&again, &found, sizeof found);
        }
        free(W);
        free(H);
    }
}

/* On swimmers, NMF's parts are more local than PCA's wholes, overlap less and cancel nothing. */
static void test_methods_differ(void **state)
{
    (void)state;
    enum { SIDE = 12, IMAGES = 60, PARTS = 6 };
    float X[IMAGES * SIDE * SIDE];
    memset(X, 0, sizeof X);
    for (size_t i = 0; i < IMAGES; i++)
        for (size_t k = 0; k < PARTS; k++) { /* patches of 4 x 4 that come and go */
            float value = (float)(mien_random_bits(1, MIEN_STREAM_TEST, i * PARTS + k) % 3);
            for (size_t c = 0; c < 16; c++)
                X[i * SIDE * SIDE + (k / 3 * 6 + c / 4) * SIDE + k % 3 * 4 + c % 4] = value;
        }
    mien_options options = test_options(PARTS, 1, 200);
    mien_fit nmf = must_fit("nmf", X, IMAGES, SIDE * SIDE, &options);
    mien_fit pca = must_fit("pca", X, IMAGES, SIDE * SIDE, &options);
    mien_parts parts = measure(&nmf, (mien_shape){SIDE, SIDE, 1}, 1);
    mien_parts wholes = measure(&pca, (mien_shape){SIDE, SIDE, 1}, 1);
    assert_true(parts.cancellation == 0);
    assert_true(wholes.cancellation > 0.2 && wholes.cancellation < 1);
    assert_true(parts.localisation > 0.6 && parts.localisation > wholes.localisation + 0.3);
    assert_true(parts.overlap < 0.05 && wholes.overlap > 0.3);
    mien_fit_free(&nmf);
    mien_fit_free(&pca);
}

static void test_wrong_shapes_are_refused(void **state)
{
    (void)state;
    static const mien_shape shapes[] = {
        {2, 2, 1}, {2, 3, 2}, {0, 6, 1}, {6, 0, 1}, {SIZE_MAX, 3, 2}};
    float W[] = {1}, H[6] = {1};
    mien_fit fit = make_fit(W, H, 1, 1, 6);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        mien_parts parts;
        mien_error err = {0};
        assert_int_equal(mien_parts_measure(&fit, shapes[s], 1, &parts, &err), MIEN_ERR_SHAPE);
        assert_int_equal(err.status, MIEN_ERR_SHAPE);
        assert_non_null(strstr(err.message, "are not those of a fit with 6"));
        assert_int_equal(mien_parts_measure(&fit, shapes[s], 1, &parts, NULL), MIEN_ERR_SHAPE);
    }
}

static void test_out_of_memory(void **state)
{
    (void)state;
    float W[] = {1, -1}, H[] = {1, 2, -1, 1};
    mien_fit fit = make_fit(W, H, 1, 2, 4 / 2);
    mien_status st = MIEN_ERR_NOMEM;
    long k = 0;
    for (; st; k++) {
        mien_parts parts;
        mien_error err = {0};
        mien_set_allocator(failing_malloc, failing_free);
        failing_countdown = k;
        st = mien_parts_measure(&fit, (mien_shape){1, 2, 1}, 1, &parts, &err);
        mien_set_allocator(NULL, NULL);
        assert_int_equal(failing_alive, 0);
        if (st)
            assert_int_equal(err.status, MIEN_ERR_NOMEM);
        assert_true(st == MIEN_OK || st == MIEN_ERR_NOMEM);
    }
    assert_true(k > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_localisation_worked_by_hand),
        cmocka_unit_test(test_localisation_of_a_patch),
        cmocka_unit_test(test_disjoint_and_equal_images),
        cmocka_unit_test(test_cancellation_worked_by_hand),
        cmocka_unit_test(test_scores_against_plain_loops),
        cmocka_unit_test(test_methods_differ),
        cmocka_unit_test(test_wrong_shapes_are_refused),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
