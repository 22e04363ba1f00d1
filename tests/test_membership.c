/* test_membership.c - shares of components: what they are, and what they may not depend on.
 * SPDX-License-Identifier: MIT */
#include "support/fits.h"
#include "support/problems.h"

#include "base/rng.h"
#include "study/membership.h"

enum { N = 50, P = 12, R = 5 };

/* A fit as NMF might return it; weights are multiples of 1/4, so that there are ties and zeroes. */
struct made {
    float W[2 * N * R], H[R * P];
    mien_fit fit;
};

static void make(struct made *made)
{
    *made = (struct made){.fit = {.method = method_named("nmf"), .n = N, .p = P, .r = R}};
    for (size_t i = 0; i < N * R; i++)
        made->W[i] = (float)(mien_random_bits(1, MIEN_STREAM_TEST, i) % 6) / 4;
    for (size_t i = 0; i < R * P; i++)
        made->H[i] = (float)mien_random_uniform(2, MIEN_STREAM_TEST, i);
    memset(made->W + 7 * R, 0, R * sizeof(float)); /* an image that uses nothing */
    made->fit.W = made->W;
    made->fit.H = made->H;
}

static mien_memberships measure_with(const mien_fit *fit, const float *X)
{
    mien_memberships m = {0};
    mien_error err = {0};
    mien_float_view view = {X, fit->n, fit->p};
    mien_source source = mien_float_source(&view);
    if (mien_memberships_measure(fit, &source, &m, &err))
        fail_msg("%s", err.message);
    assert_int_equal(m.n, fit->n);
    assert_int_equal(m.r, fit->r);
    return m;
}

static const float nothing[2 * N * P]; /* images, where they do not matter */

static mien_memberships measure(const mien_fit *fit)
{
    return measure_with(fit, nothing);
}

/* ---------------------------------------------------------------- what they are */

static void test_shares_against_plain_loops(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    mien_memberships m = measure(&made.fit);
    double means[R] = {0};
    for (size_t i = 0; i < N; i++) {
        double expected[R], total = 0, share[R], sum = 0, entropy = 0;
        size_t dominant = 0;
        for (size_t k = 0; k < R; k++) {
            expected[k] = 0;
            for (size_t j = 0; j < P; j++)
                expected[k] += (double)made.W[i * R + k] * made.H[k * P + j];
            total += expected[k];
        }
        mien_memberships_shares(&m, &made.fit, i, share);
        for (size_t k = 0; k < R; k++) {
            expected[k] /= total > 0 ? total : 1;
            assert_near(share[k], expected[k], 1e-12);
            sum += share[k];
            means[k] += expected[k] / N;
            entropy -= expected[k] > 0 ? expected[k] * log(expected[k]) / log(R) : 0;
            dominant = expected[k] > expected[dominant] ? k : dominant;
        }
        assert_near(sum, i == 7 ? 0 : 1, 1e-12);
        assert_near(m.entropy[i], entropy, 1e-12);
        if (m.dominant[i] != (i == 7 ? MIEN_NO_COMPONENT : dominant))
            fail_msg("image %zu: dominant %zu, expected %zu", i, m.dominant[i], dominant);
    }
    for (size_t k = 0; k < R; k++)
        assert_near(m.mean_share[k], means[k], 1e-12);
    mien_memberships_free(&m);
    mien_memberships_free(&m);
    mien_memberships_free(NULL);
}

/* Every image that is left out uses the component less, or as much and comes later. */
static void test_exemplars_against_all_images(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    for (size_t i = 0; i < N; i++) {
        made.W[i * R + 3] = i == 20 || i == 4 || i == 33; /* used by three images alike, */
        made.W[i * R + 4] = 0;                            /* and by none */
    }
    mien_memberships m = measure(&made.fit);
    for (size_t k = 0; k < R; k++) {
        const size_t *list = m.exemplars + k * MIEN_EXEMPLARS;
        bool listed[N] = {false};
        size_t users = 0;
        for (size_t e = 0; e < m.n_exemplars[k]; e++)
            listed[list[e]] = true;
        for (size_t i = 0; i < N; i++) {
            float w = made.W[i * R + k];
            users += w > 0;
            for (size_t e = 0; e < m.n_exemplars[k] && !listed[i]; e++) {
                float other = made.W[list[e] * R + k];
                assert_true(other > w || (other == w && list[e] < i));
            }
        }
        for (size_t e = 1; e < m.n_exemplars[k]; e++) {
            float before = made.W[list[e - 1] * R + k], w = made.W[list[e] * R + k];
            assert_true(before > w || (before == w && list[e - 1] < list[e]));
        }
        assert_int_equal(m.n_exemplars[k], users < MIEN_EXEMPLARS ? users : MIEN_EXEMPLARS);
    }
    assert_int_equal(m.n_exemplars[3], 3);
    assert_int_equal(m.exemplars[3 * MIEN_EXEMPLARS], 4);
    assert_int_equal(m.exemplars[3 * MIEN_EXEMPLARS + 2], 33);
    assert_int_equal(m.n_exemplars[4], 0);
    mien_memberships_free(&m);
}

static void test_edges(void **state)
{
    (void)state;
    /* two components alike, one black; an image of the black one alone; one of nothing */
    float W[] = {1, 1, 4, 0, 0, 2, 0, 0, 0}, H[] = {1, 3, 4, 0, 0, 0};
    mien_fit fit = {.method = method_named("nmf"), .n = 3, .p = 2, .r = 3, .W = W, .H = H};
    mien_memberships m = measure(&fit);
    double share[3];
    mien_memberships_shares(&m, &fit, 0, share);
    assert_true(share[0] == 0.5 && share[1] == 0.5 && share[2] == 0);
    assert_int_equal(m.dominant[0], 0); /* the first of equals */
    assert_near(m.entropy[0], log(2) / log(3), 1e-12);
    mien_memberships_shares(&m, &fit, 1, share);
    assert_true(share[0] == 0 && share[1] == 0 && share[2] == 1);
    assert_int_equal(m.dominant[1], 2);
    mien_memberships_shares(&m, &fit, 2, share);
    assert_true(share[0] == 0 && share[1] == 0 && share[2] == 0);
    assert_true(m.dominant[2] == MIEN_NO_COMPONENT);
    assert_true(m.entropy[2] == 0);
    mien_memberships_free(&m);
    /* a single component is all there is */
    fit = (mien_fit){.method = method_named("nmf"), .n = 3, .p = 2, .r = 1, .W = W, .H = H};
    m = measure(&fit);
    mien_memberships_shares(&m, &fit, 0, share);
    assert_true(share[0] == 1);
    assert_true(m.entropy[0] == 0);
    mien_memberships_free(&m);
}

static void test_kmeans_shares_are_one_hot(void **state)
{
    (void)state;
    float *X = noise(N, P, 0.2, 4);
    mien_options options = test_options(R, 3, 50);
    mien_fit fit = must_fit("kmeans", X, N, P, &options);
    mien_memberships m = measure(&fit);
    size_t sizes[R] = {0};
    for (size_t i = 0; i < N; i++) {
        double share[R];
        mien_memberships_shares(&m, &fit, i, share);
        for (size_t k = 0; k < R; k++)
            assert_true(share[k] == (double)fit.W[i * R + k] && (share[k] == 0 || share[k] == 1));
        assert_true(share[m.dominant[i]] == 1);
        assert_true(m.entropy[i] == 0);
        sizes[m.dominant[i]]++;
    }
    for (size_t k = 0; k < R; k++)
        assert_near(m.mean_share[k], (double)sizes[k] / N, 1e-12);
    mien_memberships_free(&m);
    mien_fit_free(&fit);
    free(X);
}

/* Every weight is 1: the images nearest to the centroid, by a plain loop, not the first ones. */
static void test_kmeans_exemplars_are_nearest(void **state)
{
    (void)state;
    enum { CLUSTERS = 3 };
    float *X = noise(N, P, 0.2, 4);
    memcpy(X + 41 * P, X + 7 * P, P * sizeof *X); /* equals: the earlier first */
    mien_options options = test_options(CLUSTERS, 3, 50);
    mien_fit fit = must_fit("kmeans", X, N, P, &options);
    mien_memberships m = measure_with(&fit, X);
    for (size_t k = 0; k < CLUSTERS; k++) {
        double away[N];
        size_t members = 0;
        for (size_t i = 0; i < N; i++) {
            away[i] = 0;
            for (size_t j = 0; j < P; j++)
                away[i] += pow((double)X[i * P + j] - (double)fit.H[k * P + j], 2);
            members += fit.W[i * CLUSTERS + k] == 1;
        }
        assert_int_equal(m.n_exemplars[k], members < MIEN_EXEMPLARS ? members : MIEN_EXEMPLARS);
        for (size_t e = 0; e < m.n_exemplars[k]; e++) {
            size_t i = m.exemplars[k * MIEN_EXEMPLARS + e], nearer = 0;
            for (size_t o = 0; o < N; o++)
                nearer += fit.W[o * CLUSTERS + k] == 1 &&
                          (away[o] < away[i] || (away[o] == away[i] && o < i));
            assert_int_equal(nearer, e);
        }
    }
    mien_memberships_free(&m);
    mien_fit_free(&fit);
    free(X);
}

/* ---------------------------------------------------------------- what changes nothing */

static void test_permuted_images_permute_shares(void **state)
{
    (void)state;
    struct made made, other;
    make(&made);
    other = made;
    other.fit.W = other.W;
    other.fit.H = other.H;
    for (size_t i = 0; i < N; i++) /* 17 and 50 have no common divisor */
        memcpy(other.W + i * 17 % N * R, made.W + i * R, R * sizeof(float));
    mien_memberships a = measure(&made.fit), b = measure(&other.fit);
    for (size_t i = 0; i < N; i++) {
        size_t to = i * 17 % N;
        double one[R], two[R];
        mien_memberships_shares(&a, &made.fit, i, one);
        mien_memberships_shares(&b, &other.fit, to, two);
        assert_memory_equal(one, two, sizeof one);
        assert_true(a.dominant[i] == b.dominant[to] && a.entropy[i] == b.entropy[to]);
    }
    for (size_t k = 0; k < R; k++) {
        assert_near(a.mean_share[k], b.mean_share[k], 1e-12);
        for (size_t e = 0; e < MIEN_EXEMPLARS; e++) /* perhaps other images, but as strong ones */
            assert_true(made.W[a.exemplars[k * MIEN_EXEMPLARS + e] * R + k] ==
                        other.W[b.exemplars[k * MIEN_EXEMPLARS + e] * R + k]);
    }
    mien_memberships_free(&a);
    mien_memberships_free(&b);
}

static void test_a_folder_twice(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    memcpy(made.W + N * R, made.W, N * R * sizeof(float));
    mien_memberships once = measure(&made.fit);
    made.fit.n = 2 * N;
    mien_memberships twice = measure(&made.fit);
    size_t counts[2][R] = {{0}};
    for (size_t i = 0; i < 2 * N; i++) {
        double one[R], two[R];
        mien_memberships_shares(&once, &made.fit, i % N, one);
        mien_memberships_shares(&twice, &made.fit, i, two);
        assert_memory_equal(one, two, sizeof one);
        assert_true(once.entropy[i % N] == twice.entropy[i]);
        if (i < N && once.dominant[i] != MIEN_NO_COMPONENT)
            counts[0][once.dominant[i]]++;
        if (twice.dominant[i] != MIEN_NO_COMPONENT)
            counts[1][twice.dominant[i]]++;
    }
    for (size_t k = 0; k < R; k++) {
        assert_int_equal(counts[1][k], 2 * counts[0][k]);
        assert_near(twice.mean_share[k], once.mean_share[k], 1e-12);
    }
    mien_memberships_free(&once);
    mien_memberships_free(&twice);
}

/* Scale that moves from the basis into the weights. */
static void test_scale_of_components(void **state)
{
    (void)state;
    struct made made, other;
    make(&made);
    other = made;
    other.fit.W = other.W;
    other.fit.H = other.H;
    for (size_t k = 0; k < R; k++) {
        for (size_t i = 0; i < N; i++)
            other.W[i * R + k] *= (float)(1 << k);
        for (size_t j = 0; j < P; j++)
            other.H[k * P + j] /= (float)(1 << k);
    }
    mien_memberships a = measure(&made.fit), b = measure(&other.fit);
    assert_memory_equal(a.dominant, b.dominant, N * sizeof *a.dominant);
    assert_memory_equal(a.entropy, b.entropy, N * sizeof *a.entropy);
    assert_memory_equal(a.exemplars, b.exemplars, R * MIEN_EXEMPLARS * sizeof *a.exemplars);
    mien_memberships_free(&a);
    mien_memberships_free(&b);
}

/* ---------------------------------------------------------------- refusals */

static void test_other_images_are_refused(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    mien_float_view views[] = {{nothing, made.fit.n - 1, P}, {nothing, made.fit.n, P + 1}};
    for (size_t v = 0; v < 2; v++) {
        mien_memberships m;
        mien_error err = {0};
        mien_source source = mien_float_source(&views[v]);
        assert_int_equal(mien_memberships_measure(&made.fit, &source, &m, &err), MIEN_ERR_SHAPE);
    }
}

static void test_signed_methods_have_none(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    mien_float_view view = {nothing, made.fit.n, P};
    mien_source source = mien_float_source(&view);
    for (size_t i = 0; i < mien_method_count(); i++) {
        const mien_method_info *info = mien_method_describe(mien_method_at(i));
        mien_memberships m;
        mien_error err = {0};
        made.fit.method = mien_method_at(i);
        mien_status st = mien_memberships_measure(&made.fit, &source, &m, &err);
        if (info->traits & MIEN_MEMBERSHIPS) {
            assert_int_equal(st, MIEN_OK);
            mien_memberships_free(&m);
            continue;
        }
        assert_int_equal(st, MIEN_ERR_ARG);
        assert_non_null(strstr(err.message, "its weights may be negative"));
    }
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    mien_float_view view = {nothing, made.fit.n, P};
    mien_source source = mien_float_source(&view);
    mien_status st = MIEN_ERR_NOMEM;
    long k = 0;
    for (; st; k++) {
        mien_memberships m;
        mien_error err = {0};
        mien_set_allocator(failing_malloc, failing_free);
        failing_countdown = k;
        st = mien_memberships_measure(&made.fit, &source, &m, &err);
        if (st)
            assert_int_equal(err.status, MIEN_ERR_NOMEM);
        else
            mien_memberships_free(&m);
        mien_set_allocator(NULL, NULL);
        assert_int_equal(failing_alive, 0);
        assert_true(st == MIEN_OK || st == MIEN_ERR_NOMEM);
    }
    assert_true(k > 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares_against_plain_loops),
        cmocka_unit_test(test_exemplars_against_all_images),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_kmeans_shares_are_one_hot),
        cmocka_unit_test(test_kmeans_exemplars_are_nearest),
        cmocka_unit_test(test_permuted_images_permute_shares),
        cmocka_unit_test(test_a_folder_twice),
        cmocka_unit_test(test_scale_of_components),
        cmocka_unit_test(test_other_images_are_refused),
        cmocka_unit_test(test_signed_methods_have_none),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
