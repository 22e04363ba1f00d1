/* test_reference.c - mien on real faces against scikit-learn's numbers, which are committed; the
 * faces are not, and where they are absent the tests say so and are skipped.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/faces.h"
#include "support/fits.h"
#include "support/reference.h"

struct faces {
    const char *name;
    json_t *expected;
    mien_dataset dataset;
    mien_source X;
    size_t n, p, r;
    float *start_W, *start_H;
};

/* ORL has 10304 pixels an image: few iterations, but where there is time (see is_thorough()). */
static bool is_large(const struct faces *f)
{
    return f->n * f->p > 1000000 && !is_thorough();
}

/* README: entry n is the float32 of 0.1 + ((first + n) * 2654435761 mod 2^32) / 2^32. */
static float *formula(size_t first, size_t count)
{
    float *values = malloc(count * sizeof *values);
    for (size_t at = 0; at < count; at++)
        values[at] = (float)(0.1 + (double)(uint32_t)((first + at) * 2654435761u) / 4294967296.0);
    return values;
}

static struct faces *load_faces(const char *name, const char *folder)
{
    char file[64];
    mien_error err = {0};
    /* the references are of brightness */
    mien_load_options options = {
        .normalize = MIEN_NORMALIZE_LEE_SEUNG, .ink = MIEN_INK_LIGHT, .threads = 2};
    struct faces *f = calloc(1, sizeof *f);
    f->name = name;
    if (mien_dataset_load(faces_path(folder), &options, &f->dataset, &err)) {
        fprintf(stderr, "test_reference: SKIPPED for %s: %s\n", name, err.message);
        free(f);
        return NULL;
    }
    snprintf(file, sizeof file, "%s.json", name);
    f->expected = reference_load(file);
    f->X = mien_pixels_source(&f->dataset.pixels);
    f->n = f->X.n;
    f->p = f->X.p;
    f->r = (size_t)reference_number(f->expected, "data.components");
    f->start_W = formula(0, f->n * f->r);
    f->start_H = formula(f->n * f->r, f->r * f->p);
    return f;
}

static int load_cbcl(void **state)
{
    *state = load_faces("cbcl", "cbcl/face");
    return 0;
}

static int load_orl(void **state)
{
    *state = load_faces("orl", "orl/orl_faces");
    return 0;
}

static int free_faces(void **state)
{
    struct faces *f = *state;
    if (!f)
        return 0;
    json_decref(f->expected);
    mien_dataset_free(&f->dataset);
    free(f->start_W);
    free(f->start_H);
    free(f);
    return 0;
}

static const struct faces *faces_or_skip(void **state)
{
    if (!*state)
        skip();
    return *state;
}

static mien_fit fit_faces(const struct faces *f, const char *method, const mien_options *options)
{
    mien_fit fit = {0};
    mien_error err = {0};
    if (mien_fit_run(method_named(method), &f->X, options, &fit, &err))
        fail_msg("%s on %s: %s", method, f->name, err.message);
    return fit;
}

/* The same X in the same order, to start with. */
static void test_data(void **state)
{
    const struct faces *f = faces_or_skip(state);
    assert_int_equal(f->n, (size_t)reference_number(f->expected, "data.images"));
    assert_int_equal(f->dataset.shape.height, (size_t)reference_number(f->expected, "data.height"));
    assert_int_equal(f->dataset.shape.width, (size_t)reference_number(f->expected, "data.width"));
    double sum = 0;
    size_t zeros = 0, ones = 0;
    float *buffer = malloc(f->p * sizeof *buffer);
    for (size_t i = 0; i < f->n; i++) {
        const float *x = f->X.tile(f->X.data, i, 1, buffer);
        for (size_t j = 0; j < f->p; j++) {
            sum += x[j];
            zeros += x[j] == 0;
            ones += x[j] == 1;
        }
    }
    free(buffer);
    assert_relative(sum, reference_number(f->expected, "data.sum"), 1e-6);
    assert_int_equal(zeros, (size_t)reference_number(f->expected, "data.zeros"));
    assert_int_equal(ones, (size_t)reference_number(f->expected, "data.ones"));
    const char *first = f->dataset.images[0].path, *last = f->dataset.images[f->n - 1].path;
    const char *wanted = json_string_value(reference_at(f->expected, "data.first"));
    assert_non_null(strstr(first, wanted));
    wanted = json_string_value(reference_at(f->expected, "data.last"));
    assert_non_null(strstr(last, wanted));
    double W = 0, H = 0;
    for (size_t at = 0; at < f->n * f->r; at++)
        W += f->start_W[at];
    for (size_t at = 0; at < f->r * f->p; at++)
        H += f->start_H[at];
    assert_relative(W, reference_number(f->expected, "start.weights_sum"), 1e-6);
    assert_relative(H, reference_number(f->expected, "start.basis_sum"), 1e-6);
}

/* After 500 iterations of KL's multiplicative updates the textbook's are the measure: scikit-learn
 * sets what is below 2.2e-16 in H to 0 after every iteration, for ever, and on ORL some of that
 * would come back. */
static double expected_loss(const struct faces *f, const char *key)
{
    bool late = strcmp(key, "nmf.kl_mu.500") == 0;
    return reference_number(f->expected, late ? "nmf.kl_mu_textbook.500" : key);
}

static void check_mu(const struct faces *f, const char *objective, const char *place)
{
    static const size_t iterations[] = {1, 10, 100, 500};
    size_t most = is_large(f) ? 100 : 500;
    mien_options options = test_options(f->r, 0, most);
    options.threads = 2;
    options.tolerance = 0;
    options.start_W = f->start_W;
    options.start_H = f->start_H;
    set_option(&options, "solver", "mu");
    set_option(&options, "objective", objective);
    mien_fit fit = fit_faces(f, "nmf", &options);
    /* one descent passes by all of them; its last loss is measured anew, the others are those that
     * the next iteration found on its way */
    for (size_t t = 0; t < 4 && iterations[t] <= most; t++) {
        char key[64];
        snprintf(key, sizeof key, "%s.%zu", place, iterations[t]);
        double expected = expected_loss(f, key);
        assert_int_equal(fit.trace[iterations[t]].iteration, iterations[t]);
        if (!(fabs(fit.trace[iterations[t]].loss - expected) <= 1e-4 * expected))
            fail_msg("%s, %s: %.10g, expected %.10g", f->name, key, fit.trace[iterations[t]].loss,
                     expected);
        if (iterations[t] == most)
            assert_relative(fit.loss, expected, 1e-4);
    }
    if (most == 500 && strcmp(objective, "kl") == 0)
        assert_near(fit.sparseness,
                    reference_number(f->expected, "nmf.sparseness_of_basis_after_kl_mu.500"), 1e-3);
    mien_fit_free(&fit);
}

static void test_kl_by_mu(void **state)
{
    check_mu(faces_or_skip(state), "kl", "nmf.kl_mu");
}

static void test_frobenius_by_mu(void **state)
{
    check_mu(faces_or_skip(state), "frobenius", "nmf.frobenius_half_squared_mu");
}

/* What `fast` is for: no worse than 500 iterations of mu from the same start, in a tenth of them.
 */
static void test_fast_is_no_worse_than_mu(void **state)
{
    const struct faces *f = faces_or_skip(state);
    static const struct {
        const char *objective, *place;
    } cases[] = {{"kl", "nmf.kl_mu.500"}, {"frobenius", "nmf.frobenius_half_squared_mu.500"}};
    for (size_t c = 0; c < 2; c++) {
        mien_options options = test_options(f->r, 0, 50);
        options.threads = 2;
        options.tolerance = 0;
        options.start_W = f->start_W;
        options.start_H = f->start_H;
        set_option(&options, "objective", cases[c].objective);
        mien_fit fit = fit_faces(f, "nmf", &options);
        double mu = reference_number(f->expected, cases[c].place);
        if (!(fit.loss <= mu))
            fail_msg("%s, %s: %.10g after 50 iterations, mu has %.10g after 500", f->name,
                     cases[c].objective, fit.loss, mu);
        mien_fit_free(&fit);
    }
}

static void check_spectrum(const struct faces *f, const char *center, const char *place)
{
    mien_options options = test_options(f->r, 0, 1);
    options.threads = 2;
    set_option(&options, "center", center);
    mien_fit fit = fit_faces(f, "pca", &options);
    const json_t *values = reference_at(f->expected, place);
    assert_int_equal(json_array_size(values), f->r);
    for (size_t k = 0; k < f->r; k++) {
        double square = 0;
        for (size_t i = 0; i < f->n; i++)
            square += (double)fit.W[i * f->r + k] * fit.W[i * f->r + k];
        double expected = json_number_value(json_array_get(values, k));
        if (!(fabs(sqrt(square) - expected) <= 1e-4 * expected))
            fail_msg("%s, %s, component %zu: %.9g, expected %.9g", f->name, place, k, sqrt(square),
                     expected);
    }
    if (strcmp(center, "yes") == 0)
        assert_relative(fit.explained_variance,
                        reference_number(f->expected, "pca.explained_variance_ratio_sum"), 1e-4);
    mien_fit_free(&fit);
}

static void test_singular_values(void **state)
{
    const struct faces *f = faces_or_skip(state);
    check_spectrum(f, "yes", "pca.singular_values_centred");
    check_spectrum(f, "no", "pca.singular_values_uncentred");
}

static void test_inertia(void **state)
{
    const struct faces *f = faces_or_skip(state);
    double best = reference_number(f->expected, "kmeans.inertia_best");
    mien_options options = test_options((size_t)reference_number(f->expected, "kmeans.k"), 0, 500);
    options.threads = 2;
    options.restarts = 10;
    mien_fit fit = fit_faces(f, "kmeans", &options);
    if (!(fit.loss <= 1.01 * best && fit.loss > 0.95 * best))
        fail_msg("%s: inertia %.9g, scikit-learn has %.9g", f->name, fit.loss, best);
    mien_fit_free(&fit);
}

static int run(const char *name, CMFixtureFunction load)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_kl_by_mu),
        cmocka_unit_test(test_frobenius_by_mu),
        cmocka_unit_test(test_fast_is_no_worse_than_mu),
        cmocka_unit_test(test_singular_values),
        cmocka_unit_test(test_inertia),
    };
    return cmocka_run_group_tests_name(name, tests, load, free_faces);
}

int main(void)
{
    int failed = run("cbcl", load_cbcl);
    return run("orl", load_orl) + failed;
}
