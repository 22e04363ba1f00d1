/* test_truth.c - do parts find what was drawn? NMF of the bundled faces against assets/faces.csv.
 * SPDX-License-Identifier: MIT
 *
 * A truth is found by a component to the area under the curve (AUC): how often a face that has it
 * uses the component more than one that has it not. */
#include "support/cmocka_plus.h"

#include "mien.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 400, R = 49, COLUMNS = 64, LINE = 2048 };

/* Under a sanitizer a run takes a minute. */
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
enum { SEEDS = 4 };
#else
enum { SEEDS = 1 };
#endif

enum truth { DARK_FRAMES, SUNGLASSES, FULL_BEARD, TRUTHS };
static const char *const truth_names[TRUTHS] = {"dark frames", "sunglasses", "full dark beards"};
static const size_t truth_counts[TRUTHS] = {84, 18, 16};

struct faces {
    mien_dataset dataset;
    bool has[TRUTHS][N]; /* in the order of X */
};

/* Cut a line at its commas. */
static size_t cut(char *line, char *cells[COLUMNS])
{
    size_t count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; at && count < COLUMNS; count++) {
        cells[count] = at;
        at = strchr(at, ',');
        if (at)
            *at++ = '\0';
    }
    return count;
}

static size_t column(char *const *head, size_t count, const char *name)
{
    for (size_t c = 0; c < count; c++)
        if (strcmp(head[c], name) == 0)
            return c;
    fail_msg("faces.csv has no column %s", name);
    return 0;
}

static void read_truth(struct faces *f)
{
    static char head_line[LINE];
    char line[LINE], *head[COLUMNS], *cells[COLUMNS];
    FILE *file = fopen(MIEN_SOURCE_DIR "/assets/faces.csv", "r");
    assert_non_null(file);
    assert_non_null(fgets(head_line, LINE, file));
    size_t count = cut(head_line, head);
    size_t worn = column(head, count, "glasses"), grey = column(head, count, "glasses_grey");
    size_t tint = column(head, count, "glasses_tint"), beard = column(head, count, "beard");
    size_t beard_grey = column(head, count, "beard_grey");
    for (size_t i = 0; i < N; i++) {
        assert_non_null(fgets(line, LINE, file));
        assert_int_equal(cut(line, cells), count);
        assert_string_equal(cells[0], f->dataset.images[i].path);
        bool glasses = strcmp(cells[worn], "1") == 0;
        f->has[DARK_FRAMES][i] = glasses && atof(cells[grey]) < 0.5;
        f->has[SUNGLASSES][i] = glasses && atof(cells[tint]) > 0.5;
        f->has[FULL_BEARD][i] = strcmp(cells[beard], "full") == 0 && atof(cells[beard_grey]) < 0.4;
    }
    assert_null(fgets(line, LINE, file));
    fclose(file);
}

static int load_faces(void **state)
{
    struct faces *f = calloc(1, sizeof *f);
    mien_load_options options = {.threads = 2};
    if (!f || mien_dataset_load(MIEN_SOURCE_DIR "/assets/faces", &options, &f->dataset, NULL))
        return -1;
    assert_int_equal(f->dataset.pixels.n, N);
    read_truth(f);
    *state = f;
    return 0;
}

static int free_faces(void **state)
{
    struct faces *f = *state;
    mien_dataset_free(&f->dataset);
    free(f);
    return 0;
}

static double auc(const float *W, size_t k, const bool *has)
{
    double pairs = 0, won = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N && has[i]; j++) {
            float a = W[i * R + k], b = W[j * R + k];
            pairs += !has[j];
            won += has[j] ? 0 : a > b ? 1 : a == b ? 0.5 : 0;
        }
    return won / pairs;
}

static double best_auc(const float *W, const bool *has)
{
    double best = 0;
    for (size_t k = 0; k < R; k++)
        best = fmax(best, auc(W, k, has));
    return best;
}

static void test_truth_is_what_it_was(void **state)
{
    const struct faces *f = *state;
    assert_true(f->dataset.ink == MIEN_INK_DARK);
    for (int t = 0; t < TRUTHS; t++) {
        size_t count = 0;
        for (size_t i = 0; i < N; i++)
            count += f->has[t][i];
        assert_int_equal(count, truth_counts[t]);
    }
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
        for (int t = 0; t < TRUTHS; t++)
            found[t][s] = best_auc(fit.W, f->has[t]);
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
        cmocka_unit_test(test_truth_is_what_it_was),
        cmocka_unit_test(test_what_is_dark_is_found),
    };
    return cmocka_run_group_tests(tests, load_faces, free_faces);
}
