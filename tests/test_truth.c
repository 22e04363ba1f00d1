/* test_truth.c - do parts find what was drawn? NMF of the bundled faces against assets/faces.csv.
 * SPDX-License-Identifier: MIT
 *
 * A truth is found by a component to the area under the curve (AUC): how often a face that has it
 * uses the component more than one that has it not. */
#include "support/cmocka_plus.h"

#include "base/rng.h"
#include "report/truth_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 400, R = 49 };

/* Under a sanitizer a run takes a minute. */
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
enum { SEEDS = 4 };
#else
enum { SEEDS = 1 };
#endif

enum truth { DARK_FRAMES, SUNGLASSES, FULL_BEARD, TRUTHS };
static const char *const truth_names[TRUTHS] = {"dark glasses", "sunglasses", "dark full beard"};
static const size_t truth_counts[TRUTHS] = {84, 18, 16};

struct faces {
    mien_dataset dataset;
    mien_truth *truth;
};

static const mien_truth_group *group_named(const mien_truth *truth, const char *name)
{
    for (size_t g = 0; g < truth->n_groups; g++)
        if (strcmp(truth->groups[g].name, name) == 0)
            return &truth->groups[g];
    fail_msg("there is no group %s", name);
    return NULL;
}

static int load_faces(void **state)
{
    struct faces *f = calloc(1, sizeof *f);
    mien_load_options options = {.threads = 2};
    if (!f || mien_dataset_load(MIEN_SOURCE_DIR "/assets/faces", &options, &f->dataset, NULL))
        return -1;
    assert_int_equal(f->dataset.pixels.n, N);
    mien_error err = {0};
    if (mien_truth_load(MIEN_SOURCE_DIR "/assets/faces.csv", &f->dataset, &f->truth, &err))
        fail_msg("%s", err.message);
    *state = f;
    return 0;
}

static int free_faces(void **state)
{
    struct faces *f = *state;
    mien_truth_free(f->truth);
    mien_dataset_free(&f->dataset);
    free(f);
    return 0;
}

/* By all pairs. */
static double slow_auc(const float *values, size_t stride, size_t n, const bool *has)
{
    double pairs = 0, won = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n && has[i]; j++) {
            float a = values[i * stride], b = values[j * stride];
            pairs += !has[j];
            won += has[j] ? 0 : a > b ? 1 : a == b ? 0.5 : 0;
        }
    return pairs > 0 ? won / pairs : NAN;
}

/* ---------------------------------------------------------------- by hand */

/* Of one component without a sign. */
static double auc_of(const float *values, size_t n, const bool *has)
{
    float W[100];
    mien_hit hit;
    memcpy(W, values, n * sizeof *W);
    mien_fit fit = {.method = mien_method_find("nmf"), .n = n, .p = 1, .r = 1, .W = W};
    assert_int_equal(mien_truth_find(&fit, has, &hit), MIEN_OK);
    assert_false(hit.less);
    return hit.auc;
}

static void test_auc_of_small_cases(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t n;
        float values[6];
        bool has[6];
        double auc; /* NaN: not defined */
    } cases[] = {
        {"above", 4, {1, 2, 3, 4}, {false, false, true, true}, 1},
        {"below", 4, {1, 2, 3, 4}, {true, true, false, false}, 0},
        {"in turns", 4, {1, 2, 3, 4}, {false, true, false, true}, 0.75},
        {"all equal", 5, {2, 2, 2, 2, 2}, {true, false, true, false, false}, 0.5},
        {"one tie of four pairs", 4, {0, 1, 1, 2}, {false, false, true, true}, 0.875},
        {"a tie of two and two", 5, {0, 0, 0, 0, 1}, {true, true, false, false, true}, 2. / 3},
        {"of 0 and 1", 6, {0, 1, 0, 0, 1, 0}, {true, true, false, false, false, false}, 0.625},
        {"negative", 3, {-3, -1, -2}, {false, true, false}, 1},
        {"all of them", 3, {1, 2, 3}, {true, true, true}, NAN},
        {"none of them", 3, {1, 2, 3}, {false, false, false}, NAN},
        {"a single image", 1, {1}, {true}, NAN},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double auc = auc_of(cases[c].values, cases[c].n, cases[c].has);
        bool same = isnan(cases[c].auc) ? isnan(auc) : fabs(auc - cases[c].auc) < 1e-15;
        if (!same)
            fail_msg("%s: %g instead of %g", cases[c].name, auc, cases[c].auc);
    }
}

/* A fit of four images and three components that somebody wrote down. */
static mien_fit written_fit(const char *method, float *W, float *H)
{
    return (mien_fit){.method = mien_method_find(method), .n = 4, .p = 4, .r = 3, .W = W, .H = H};
}

/* Less of a component tells only where components have no sign of their own. */
static void test_direction_counts_for_signed_methods_only(void **state)
{
    (void)state;
    float W[4 * 3] = {0, 1, 5, 0, 2, 5, 1, 3, 0, 0, 4, 0}; /* columns 0010, 1234, 5500 */
    const bool has[4] = {false, false, true, true};
    mien_fit nmf = written_fit("nmf", W, NULL), pca = written_fit("pca", W, NULL);
    mien_hit hit;
    assert_int_equal(mien_truth_find(&nmf, has, &hit), MIEN_OK);
    assert_true(hit.component == 1 && hit.auc == 1 && !hit.less);
    for (size_t i = 0; i < 4; i++)
        W[3 * i + 1] = 1; /* 0.5 by ties; the best is 0.75, or less of the third */
    assert_int_equal(mien_truth_find(&nmf, has, &hit), MIEN_OK);
    assert_true(hit.component == 0 && hit.auc == 0.75 && !hit.less);
    assert_int_equal(mien_truth_find(&pca, has, &hit), MIEN_OK);
    assert_true(hit.component == 2 && hit.auc == 1 && hit.less);
    const bool nobody[4] = {false};
    assert_int_equal(mien_truth_find(&pca, nobody, &hit), MIEN_OK);
    assert_true(isnan(hit.auc));
}

/* Parts are paired one with one; without a component, or with one that has nothing of it, not. */
static void test_parts_are_paired(void **state)
{
    (void)state;
    float H[3 * 4] = {0, 0, 2, 0, -1, 0, 0, 0, 0, 0, 0, 1};
    const float parts[4 * 4] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    size_t component[4];
    double cosine[4];
    mien_fit nmf = written_fit("nmf", NULL, H), pca = written_fit("pca", NULL, H);
    assert_int_equal(mien_truth_match(&pca, parts, 4, component, cosine), MIEN_OK);
    assert_true(component[0] == 1 && component[1] == 3 && component[2] == 0 && component[3] == 2);
    assert_true(cosine[0] == 1 && cosine[1] == 0 && cosine[2] == 1 && cosine[3] == 1);
    assert_int_equal(mien_truth_match(&nmf, parts, 4, component, cosine), MIEN_OK);
    assert_true(cosine[0] <= 0 && cosine[2] == 1 && cosine[3] == 1);
    assert_int_equal(mien_truth_match(&pca, parts, 1, component, cosine), MIEN_OK);
    assert_true(component[0] == 1 && cosine[0] == 1);
}

/* The best of r columns of random numbers stays below luck about 19 times of 20. */
static void test_luck_is_what_chance_gives(void **state)
{
    (void)state;
    enum { IMAGES = 100, WITH = 20, COLUMNS = 20, TRIALS = 400 };
    bool has[IMAGES] = {false};
    memset(has, true, WITH);
    double luck = mien_truth_luck(IMAGES, WITH, COLUMNS);
    size_t below = 0;
    for (size_t trial = 0; trial < TRIALS; trial++) {
        double best = 0;
        for (size_t k = 0; k < COLUMNS; k++) {
            float values[IMAGES];
            for (size_t i = 0; i < IMAGES; i++)
                values[i] = (float)mien_random_uniform(7, (uint32_t)(trial * COLUMNS + k), i);
            double auc = auc_of(values, IMAGES, has);
            best = fmax(best, fmax(auc, 1 - auc));
        }
        below += best < luck;
    }
    if ((double)below < 0.92 * TRIALS || (double)below > 0.98 * TRIALS)
        fail_msg("below %.3f in %zu of %d trials", luck, below, TRIALS);
    assert_true(mien_truth_luck(400, 16, 49) > mien_truth_luck(400, 84, 49));
    assert_true(mien_truth_luck(400, 16, 49) > mien_truth_luck(400, 16, 9));
    assert_true(mien_truth_luck(2, 1, 49) == 1);
    assert_true(isnan(mien_truth_luck(10, 0, 9)) && isnan(mien_truth_luck(10, 10, 9)));
}

/* ---------------------------------------------------------------- the bundled faces */

/* Memory that ends anywhere ends the work with its status, and nothing is lost. */
static mien_status tell(const struct faces *f, const mien_fit *const *fits)
{
    mien_truth *truth;
    char *words = NULL;
    mien_status st =
        mien_truth_load(MIEN_SOURCE_DIR "/assets/faces.csv", &f->dataset, &truth, NULL);
    if (st)
        return st;
    st = mien_truth_measure(truth, fits, 2, NULL);
    if (!st)
        st = mien_truth_words(truth, &words, NULL);
    mien_string_free(words);
    mien_truth_free(truth);
    return st;
}

static void test_truth_without_memory(void **state)
{
    const struct faces *f = *state;
    static float W[N * 2], H[2 * 48 * 48];
    mien_fit fit = {.method = mien_method_find("nmf"), .n = N, .p = 48 * 48, .r = 2};
    fit.W = W;
    fit.H = H;
    const mien_fit *const fits[] = {&fit, &fit};
    long k = 0;
    mien_set_allocator(failing_malloc, failing_free);
    for (;; k++) {
        failing_countdown = k;
        mien_status st = tell(f, fits);
        assert_int_equal(failing_alive, 0);
        if (!st)
            break;
        assert_int_equal(st, MIEN_ERR_NOMEM);
    }
    mien_set_allocator(NULL, NULL);
    assert_true(k > 5);
}

/* All weights are equal: nothing is found, and the words say so. */
static void test_words_when_nothing_is_found(void **state)
{
    const struct faces *f = *state;
    static float W[N * 2], H[2 * 48 * 48];
    mien_fit fit = {.method = mien_method_find("nmf"), .n = N, .p = 48 * 48, .r = 2};
    fit.W = W;
    fit.H = H;
    const mien_fit *const fits[] = {&fit};
    char *words;
    assert_int_equal(mien_truth_measure(f->truth, fits, 1, NULL), MIEN_OK);
    assert_int_equal(mien_truth_words(f->truth, &words, NULL), MIEN_OK);
    assert_non_null(strstr(words, "NMF: no part is one thing that was drawn."));
    assert_non_null(strstr(words, "0.50   1"));
    mien_string_free(words);
    for (size_t i = 0; i < N; i++) /* the second component is all that is looked for */
        W[2 * i + 1] = group_named(f->truth, "tie")->has[i];
    assert_int_equal(mien_truth_measure(f->truth, fits, 1, NULL), MIEN_OK);
    assert_int_equal(mien_truth_words(f->truth, &words, NULL), MIEN_OK);
    assert_non_null(strstr(words, "NMF: part 2 is the tie (AUC 1.00)."));
    mien_string_free(words);
    fit.n--;
    assert_int_equal(mien_truth_measure(f->truth, fits, 1, NULL), MIEN_ERR_SHAPE);
}

/* Components that are nothing are no limbs and no torso. */
static void test_words_when_no_limb_is_found(void **state)
{
    (void)state;
    const mien_load_options load = {.threads = 1};
    mien_dataset dataset;
    mien_truth *truth;
    char *words;
    assert_int_equal(mien_dataset_load(MIEN_SOURCE_DIR "/assets/swimmer", &load, &dataset, NULL),
                     MIEN_OK);
    assert_int_equal(
        mien_truth_load(MIEN_SOURCE_DIR "/assets/swimmer_parts.npy", &dataset, &truth, NULL),
        MIEN_OK);
    mien_fit fit = {
        .method = mien_method_find("nmf"), .n = dataset.pixels.n, .p = dataset.pixels.p, .r = 17};
    fit.W = calloc(fit.n * fit.r, sizeof *fit.W);
    fit.H = calloc(fit.r * fit.p, sizeof *fit.H);
    const mien_fit *const fits[] = {&fit};
    assert_int_equal(mien_truth_measure(truth, fits, 1, NULL), MIEN_OK);
    assert_int_equal(mien_truth_words(truth, &words, NULL), MIEN_OK);
    assert_non_null(strstr(words, "found 0 of 16 limbs"));
    assert_non_null(strstr(words, "part of its own here"));
    mien_string_free(words);
    free(fit.W);
    free(fit.H);
    mien_truth_free(truth);
    mien_dataset_free(&dataset);
}

static double best_auc(const float *W, const bool *has)
{
    double best = 0;
    for (size_t k = 0; k < R; k++)
        best = fmax(best, slow_auc(W + k, R, N, has));
    return best;
}

static void test_truth_is_what_it_was(void **state)
{
    const struct faces *f = *state;
    assert_true(f->dataset.ink == MIEN_INK_DARK);
    for (int t = 0; t < TRUTHS; t++)
        assert_int_equal(group_named(f->truth, truth_names[t])->count, truth_counts[t]);
    for (size_t g = 0; g < f->truth->n_groups; g++) {
        size_t count = 0;
        for (size_t i = 0; i < N; i++)
            count += f->truth->groups[g].has[i];
        assert_int_equal(count, f->truth->groups[g].count);
        assert_in_range(count, 10, N / 2); /* no name is misspelt */
    }
}

/* A truth of other images is refused by name. */
static void test_truth_of_other_images_is_refused(void **state)
{
    const struct faces *f = *state;
    static const struct {
        const char *file;
        mien_status status;
        const char *says;
    } cases[] = {
        {"/assets/swimmer_parts.npy", MIEN_ERR_SHAPE, "32x32"},
        {"/assets/none.csv", MIEN_ERR_IO, "none.csv"},
        {"/README.md", MIEN_ERR_FORMAT, "no column"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        char path[1024];
        mien_truth *truth = NULL;
        mien_error err = {0};
        snprintf(path, sizeof path, "%s%s", MIEN_SOURCE_DIR, cases[c].file);
        assert_int_equal(mien_truth_load(path, &f->dataset, &truth, &err), cases[c].status);
        assert_null(truth);
        if (!strstr(err.message, cases[c].says))
            fail_msg("%s: %s", cases[c].file, err.message);
    }
    mien_dataset fewer = f->dataset;
    mien_truth *truth = NULL;
    fewer.pixels.n = N - 1;
    assert_int_equal(mien_truth_load(MIEN_SOURCE_DIR "/assets/faces.csv", &fewer, &truth, NULL),
                     MIEN_ERR_FORMAT);
    assert_null(truth);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* By default, whatever the start: glasses, sunglasses and beards are components of their own. */
static void test_what_is_dark_is_found(void **state)
{
    const struct faces *f = *state;
    static const struct {
        double median, least;
    } wanted[TRUTHS] = {{0.95, 0.90}, {0.99, 0.99}, {0.99, 0.99}};
    double found[TRUTHS][SEEDS];
    mien_source X = mien_pixels_source(&f->dataset.pixels);
    for (size_t s = 0; s < SEEDS; s++) {
        mien_options options = mien_options_default();
        mien_fit fit;
        options.r = R;
        options.seed = s;
        options.restarts = 1;
        assert_int_equal(mien_fit_run(mien_method_find("nmf"), &X, &options, &fit, NULL), MIEN_OK);
        for (int t = 0; t < TRUTHS; t++) {
            const bool *has = group_named(f->truth, truth_names[t])->has;
            mien_hit hit;
            found[t][s] = best_auc(fit.W, has);
            assert_int_equal(mien_truth_find(&fit, has, &hit), MIEN_OK);
            assert_true(fabs(hit.auc - found[t][s]) < 1e-12);
        }
        mien_fit_free(&fit);
    }
    for (int t = 0; t < TRUTHS; t++) {
        qsort(found[t], SEEDS, sizeof **found, ascending);
        double median = (found[t][(SEEDS - 1) / 2] + found[t][SEEDS / 2]) / 2;
        if (median < wanted[t].median || found[t][0] < wanted[t].least)
            fail_msg("%s: AUC %.3f in the median, %.3f at least", truth_names[t], median,
                     found[t][0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_auc_of_small_cases),
        cmocka_unit_test(test_direction_counts_for_signed_methods_only),
        cmocka_unit_test(test_parts_are_paired),
        cmocka_unit_test(test_luck_is_what_chance_gives),
        cmocka_unit_test(test_truth_is_what_it_was),
        cmocka_unit_test(test_truth_of_other_images_is_refused),
        cmocka_unit_test(test_truth_without_memory),
        cmocka_unit_test(test_words_when_nothing_is_found),
        cmocka_unit_test(test_words_when_no_limb_is_found),
        cmocka_unit_test(test_what_is_dark_is_found),
    };
    return cmocka_run_group_tests(tests, load_faces, free_faces);
}
