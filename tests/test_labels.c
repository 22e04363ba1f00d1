/* test_labels.c - labels from folders, and agreement of partitions: worked by hand, and by counting
 * all pairs.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "base/rng.h"
#include "study/labels.h"

#include <string.h>

/* ---------------------------------------------------------------- folders */

enum { MOST = 8 };

static const struct {
    const char *paths[MOST];
    size_t n, count, labels[MOST];
} folders[] = {
    {{"a/1.pgm", "a/2.pgm", "b/1.pgm"}, 3, 2, {0, 0, 1}},
    /* the last folder, whatever is above */
    {{"orl/s2/1.pgm", "orl/s1/1.pgm", "orl/s2/2.pgm", "s1/2.pgm"}, 4, 2, {0, 1, 0, 1}},
    {{"/data/a/1", "/data/b//2", "/data/a//3"}, 3, 2, {0, 1, 0}},
    /* one name begins another */
    {{"s1/1", "s10/1", "s1/2", "s/1", "s1/s10/1"}, 5, 3, {0, 1, 0, 2, 1}},
    {{"z/1", "y/1", "x/1", "y/2", "x/2", "z/2"}, 6, 3, {0, 1, 2, 1, 2, 0}},
    /* no labels */
    {{"a/1", "a/2", "b/a/3"}, 3, 0, {0}},
    {{"a/1", "b/2", "3"}, 3, 0, {0}},
    {{"1", "2"}, 2, 0, {0}},
    {{"/1", "/2"}, 2, 0, {0}},
    {{"a/1"}, 1, 0, {0}},
};

static void test_folders_are_labels(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof folders / sizeof *folders; c++) {
        mien_image_info images[MOST];
        mien_labels labels;
        for (size_t i = 0; i < folders[c].n; i++)
            images[i] = (mien_image_info){.path = (char *)(uintptr_t)folders[c].paths[i]};
        assert_int_equal(mien_labels_find(images, NULL, folders[c].n, &labels, NULL), MIEN_OK);
        if (labels.count != folders[c].count)
            fail_msg("case %zu: %zu labels, expected %zu", c, labels.count, folders[c].count);
        if (labels.count)
            assert_memory_equal(labels.of, folders[c].labels, folders[c].n * sizeof *labels.of);
        mien_labels_free(&labels);
    }
}

/* Words of the data itself, and how they go with components. */
static void test_words_are_labels_and_are_crossed(void **state)
{
    (void)state;
    char words[][8] = {"c", "a", "c", "b", "a", "c"};
    char *texts[6];
    for (size_t i = 0; i < 6; i++)
        texts[i] = words[i];
    mien_labels labels;
    mien_cross cross;
    assert_int_equal(mien_labels_find(NULL, texts, 6, &labels, NULL), MIEN_OK);
    assert_int_equal(labels.count, 3);
    assert_string_equal(labels.names[0], "c");
    assert_string_equal(labels.names[labels.of[3]], "b");
    /* c is component 3 twice and none once, a is component 1, b is component 2 */
    const size_t dominant[] = {2, 0, 2, 1, 0, SIZE_MAX};
    assert_int_equal(mien_cross_count(&labels, dominant, 3, &cross, NULL), MIEN_OK);
    static const char *const order[] = {"a", "b", "c"};
    static const size_t counts[3][4] = {{2, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 2, 1}};
    for (size_t l = 0; l < 3; l++) {
        assert_string_equal(labels.names[cross.order[l]], order[l]);
        assert_memory_equal(cross.counts + cross.order[l] * 4, counts[l], sizeof counts[l]);
    }
    mien_cross_free(&cross);
    mien_labels_free(&labels);
}

/* ---------------------------------------------------------------- agreement */

static const struct {
    const char *what;
    size_t a[MOST], b[MOST], n;
    double rand, mutual;
} known[] = {
    {"one cluster is cut in two", {0, 0, 1, 1}, {0, 0, 1, 2}, 4, 4.0 / 7, 0.8},
    {"independent", {0, 0, 1, 1}, {0, 1, 0, 1}, 4, -0.5, 0},
    {"the same under other names", {5, 5, 2, 2, 9}, {1, 1, 7, 7, 0}, 5, 1, 1},
    {"all in one against all apart", {0, 0, 0, 0}, {0, 1, 2, 3}, 4, 0, 0},
    {"all in one, twice", {3, 3, 3}, {4, 4, 4}, 3, 1, 1},
    {"all apart, twice", {0, 1, 2}, {2, 0, 1}, 3, 1, 1},
    {"a single thing", {0}, {7}, 1, 1, 1},
    /* n_uv = 2 1 / 1 2: 2 pairs together in both, 6 in each, of 15: E = 36/15 */
    {"two of three agree", {0, 0, 0, 1, 1, 1}, {0, 0, 1, 1, 1, 0}, 6, (2 - 2.4) / (6 - 2.4), -1},
    {"a name as large as there is", {SIZE_MAX, SIZE_MAX, 0}, {0, 0, 1}, 3, 1, 1},
};

static mien_agreement agree(const size_t *a, const size_t *b, size_t n)
{
    mien_agreement out = {NAN, NAN};
    assert_int_equal(mien_agreement_measure(a, b, n, &out, NULL), MIEN_OK);
    return out;
}

static void test_agreement_worked_by_hand(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof known / sizeof *known; c++) {
        mien_agreement out = agree(known[c].a, known[c].b, known[c].n);
        if (fabs(out.adjusted_rand - known[c].rand) > 1e-12 ||
            (known[c].mutual >= 0 && fabs(out.normalized_mutual - known[c].mutual) > 1e-12))
            fail_msg("%s: %.12g and %.12g, expected %.12g and %.12g", known[c].what,
                     out.adjusted_rand, out.normalized_mutual, known[c].rand, known[c].mutual);
    }
}

/* By all pairs: a together in both, b and c in one of them, d in none.
 * ARI = 2 (ad - bc) / ((a + b)(b + d) + (a + c)(c + d))      Steinley 2004, eq. 5 */
static double rand_by_pairs(const size_t *x, const size_t *y, size_t n)
{
    double a = 0, b = 0, c = 0, d = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            bool one = x[i] == x[j], two = y[i] == y[j];
            a += one && two;
            b += one && !two;
            c += !one && two;
            d += !one && !two;
        }
    double below = (a + b) * (b + d) + (a + c) * (c + d);
    return below > 0 ? 2 * (a * d - b * c) / below : 1;
}

/* By the whole table. */
static double mutual_by_table(const size_t *x, const size_t *y, size_t n, size_t k)
{
    double table[16][16] = {{0}}, rows[16] = {0}, columns[16] = {0}, mutual = 0, h = 0;
    for (size_t i = 0; i < n; i++) {
        table[x[i]][y[i]] += 1 / (double)n;
        rows[x[i]] += 1 / (double)n;
        columns[y[i]] += 1 / (double)n;
    }
    for (size_t u = 0; u < k; u++) {
        h -= rows[u] > 0 ? rows[u] * log(rows[u]) : 0;
        h -= columns[u] > 0 ? columns[u] * log(columns[u]) : 0;
        for (size_t v = 0; v < k; v++)
            if (table[u][v] > 0)
                mutual += table[u][v] * log(table[u][v] / (rows[u] * columns[v]));
    }
    return h > 1e-12 ? 2 * mutual / h : 1;
}

static void test_agreement_by_counting(void **state)
{
    (void)state;
    enum { N = 40, CASES = 300 };
    size_t a[N], b[N];
    for (uint64_t c = 0; c < CASES; c++) {
        size_t n = 2 + c % (N - 1), k = 1 + c % 9;
        for (uint64_t i = 0; i < n; i++) {
            a[i] = mien_random_bits(c, MIEN_STREAM_TEST, 2 * i) % k;
            b[i] = mien_random_bits(c, MIEN_STREAM_TEST, 2 * i + 1) % (1 + c % 4);
            if (c % 3 == 0 && i % 2) /* partitions that have something in common */
                b[i] = a[i];
        }
        mien_agreement out = agree(a, b, n), back = agree(b, a, n);
        assert_near(out.adjusted_rand, rand_by_pairs(a, b, n), 1e-12);
        assert_near(out.normalized_mutual, mutual_by_table(a, b, n, 16), 1e-12);
        assert_near(back.adjusted_rand, out.adjusted_rand, 1e-14);
        assert_near(back.normalized_mutual, out.normalized_mutual, 1e-14);
    }
}

static void test_out_of_memory(void **state)
{
    (void)state;
    mien_image_info images[] = {{.path = (char *)(uintptr_t) "a/1"},
                                {.path = (char *)(uintptr_t) "b/1"}};
    mien_labels labels;
    mien_agreement agreement;
    const size_t same[2] = {0, 1};
    mien_error err;
    mien_set_allocator(failing_malloc, failing_free);
    for (long k = 0; k < 5; k++) {
        failing_countdown = k;
        assert_int_equal(mien_labels_find(images, NULL, 2, &labels, &err), MIEN_ERR_NOMEM);
        assert_int_equal(failing_alive, 0);
    }
    failing_countdown = 0;
    assert_int_equal(mien_agreement_measure(same, same, 2, &agreement, &err), MIEN_ERR_NOMEM);
    mien_set_allocator(NULL, NULL);
    assert_int_equal(failing_alive, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folders_are_labels),
        cmocka_unit_test(test_words_are_labels_and_are_crossed),
        cmocka_unit_test(test_agreement_worked_by_hand),
        cmocka_unit_test(test_agreement_by_counting),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
