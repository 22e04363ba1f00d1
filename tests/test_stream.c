/* test_stream.c - more images than memory or 32 bits hold: an order that is stored nowhere, passes,
 * and fits without weights. SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/procedural.h"

#include "base/order.h"
#include "base/parallel.h"
#include "data/shuffle.h"

#include <stdio.h>
#include <string.h>

enum { SAMPLE = 32 * 1024 }; /* of stream.c, where images and r are small */
static const size_t BEYOND_32_BITS = (size_t)5 * 1000 * 1000 * 1000;

/* ---------------------------------------------------------------- the order */

static void test_order_is_a_bijection(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 3, 4, 5, 16, 17, 100, 4095, 4097, 30000};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        size_t n = counts[c];
        unsigned char *taken = calloc(n, 1);
        mien_order order = mien_order_of(n, 7, MIEN_STREAM_TEST);
        for (size_t i = 0; i < n; i++) {
            size_t at = (size_t)mien_order_place(&order, i);
            assert_true(at < n);
            assert_int_equal(taken[at]++, 0);
        }
        free(taken);
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The first of an order are a sample: none twice, spread evenly, another one with another seed. */
static void test_order_beyond_32_bits(void **state)
{
    (void)state;
    enum { COUNT = 20000, PARTS = 16 };
    static uint64_t places[COUNT];
    size_t in_part[PARTS] = {0}, same = 0;
    mien_order order = mien_order_of(BEYOND_32_BITS, 1, MIEN_STREAM_TEST);
    mien_order other = mien_order_of(BEYOND_32_BITS, 2, MIEN_STREAM_TEST);
    for (size_t i = 0; i < COUNT; i++) {
        places[i] = mien_order_place(&order, i);
        assert_true(places[i] < BEYOND_32_BITS);
        in_part[places[i] / (BEYOND_32_BITS / PARTS + 1)]++;
        same += mien_order_place(&other, i) == places[i];
    }
    qsort(places, COUNT, sizeof *places, compare);
    for (size_t i = 1; i < COUNT; i++)
        assert_true(places[i - 1] < places[i]);
    for (size_t k = 0; k < PARTS; k++) /* six standard deviations of 1,250 */
        assert_near(in_part[k], COUNT / PARTS, 6 * 34);
    assert_true(same < 3);
    order = mien_order_of((uint64_t)1 << 62, 1, MIEN_STREAM_TEST);
    assert_true(mien_order_place(&order, ((uint64_t)1 << 62) - 1) < (uint64_t)1 << 62);
}

/* ---------------------------------------------------------------- images in another order */

static void test_shuffle_moves_runs(void **state)
{
    (void)state;
    enum { N = 1003, P = 3, RUN = 16, AT = 5, COUNT = 200 };
    static float values[N * P], tile[COUNT * P], strip[P * COUNT];
    static unsigned char seen[N];
    for (size_t i = 0; i < N * P; i++)
        values[i] = (float)i;
    const mien_float_view view = {values, N, P};
    mien_source X = mien_float_source(&view);
    mien_shuffle shuffle = mien_shuffle_of(&X, RUN, 3, MIEN_STREAM_TEST);
    size_t moved = 0;
    for (size_t i = 0; i < N; i++) {
        size_t place = mien_shuffle_place(&shuffle, i);
        assert_int_equal(seen[place]++, 0);
        assert_int_equal(place % RUN, i % RUN); /* runs stay whole */
        moved += place != i;
    }
    assert_true(moved > N / 2);
    shuffle.first = AT; /* a part of it: tiles that go over the ends of runs, and strips */
    shuffle.n = N - AT;
    mien_source some = mien_shuffle_source(&shuffle);
    assert_int_equal(some.n, N - AT);
    for (size_t first = 0; first < some.n; first += COUNT) {
        size_t count = some.n - first < COUNT ? some.n - first : COUNT, rows[COUNT];
        const float *x = some.tile(some.data, first, count, tile);
        for (size_t i = 0; i < count; i++) {
            rows[i] = first + i;
            assert_memory_equal(x + i * P, values + mien_shuffle_place(&shuffle, first + i) * P,
                                P * sizeof *x);
        }
        some.strip(some.data, rows, count, 1, 2, strip, COUNT);
        for (size_t i = 0; i < count; i++)
            for (size_t c = 0; c < 2; c++)
                assert_true(strip[c * COUNT + i] == x[i * P + 1 + c]);
    }
}

/* ---------------------------------------------------------------- sizes */

static void test_tilings_beyond_32_bits(void **state)
{
    (void)state;
    static const size_t sides[] = {1, 4, 256, 100000};
    for (size_t s = 0; s < 4; s++) {
        mien_tiling t = mien_tiling_plan(BEYOND_32_BITS, sides[s], 2);
        size_t last = t.tiles - 1, before = 0;
        assert_true(t.rows >= 16);
        assert_true(last * t.rows < t.n && t.tiles * t.rows >= t.n);
        for (size_t leaf = 0; leaf < t.leaves; leaf++) { /* as mien_pass() cuts them */
            size_t end = (leaf + 1) * t.tiles / t.leaves;
            assert_true(end > before);
            before = end;
        }
        assert_int_equal(before, t.tiles);
    }
    size_t product;
    assert_true(mien_product(BEYOND_32_BITS, 256, sizeof(float), &product));
    assert_true(product == BEYOND_32_BITS * 1024);
    assert_false(mien_product((size_t)1 << 33, (size_t)1 << 30, 4, &product));
    assert_null(mien_alloc_array((size_t)1 << 33, (size_t)1 << 31));
}

static const float *one_tile(const void *data, size_t first, size_t count, float *buffer)
{
    (void)first;
    (void)count;
    (void)buffer;
    return data;
}

struct count {
    size_t last[64]; /* a worker each: the largest number of an image */
};

static void count_tile(void *context, const mien_tile *tile)
{
    struct count *c = context;
    size_t last = tile->first + tile->count - 1;
    c->last[tile->worker] = last > c->last[tile->worker] ? last : c->last[tile->worker];
    tile->doubles[0] += (double)tile->count;
}

static void test_pass_beyond_32_bits(void **state)
{
    (void)state;
    static const float nothing[512];
    mien_source X = {.n = ((size_t)1 << 32) + 12345, .p = 1, .tile = one_tile, .data = nothing};
    mien_tiling tiling = mien_tiling_plan(X.n, X.p, 1);
    mien_arena arena = {0};
    mien_pool *pool;
    struct count count = {{0}};
    assert_true(tiling.rows <= 512);
    assert_int_equal(mien_pool_create(2, &pool), MIEN_OK);
    float **buffers = mien_arena_alloc_each(&arena, 2, tiling.rows, sizeof **buffers);
    mien_sums sums = mien_sums_alloc(&arena, pool, tiling.leaves, 1, 0);
    assert_false(arena.failed);
    mien_pass(pool, &X, &tiling, buffers, count_tile, &count, &sums);
    size_t last = count.last[0] > count.last[1] ? count.last[0] : count.last[1];
    assert_true(sums.doubles[0] == (double)X.n);
    assert_true(last == X.n - 1);
    mien_pool_free(pool);
    mien_arena_free(&arena);
}

/* ---------------------------------------------------------------- fits without weights */

static mien_options options_of(const char *objective, size_t r)
{
    mien_options o = mien_options_default();
    o.r = r;
    o.threads = 2;
    o.iterations = 12; /* of the sample: enough for parts that are planted */
    o.no_weights = true;
    assert_int_equal(mien_options_set(&o, "objective", objective, NULL), MIEN_OK);
    assert_int_equal(mien_options_set(&o, "solver", "minibatch", NULL), MIEN_OK);
    return o;
}

static mien_fit learn(const mien_source *X, const mien_options *options)
{
    mien_fit fit;
    mien_error err = {0};
    if (mien_fit_run(mien_method_find("nmf"), X, options, &fit, &err))
        fail_msg("%s", err.message);
    return fit;
}

/* A source that counts how often each image was asked for. */
struct counted {
    procedural data;
    mien_source from;
    atomic_uchar *seen; /* n */
};

static const float *counted_tile(const void *context, size_t first, size_t count, float *buffer)
{
    const struct counted *c = context;
    for (size_t i = 0; i < count; i++)
        atomic_fetch_add(&c->seen[first + i], 1);
    return c->from.tile(c->from.data, first, count, buffer);
}

static void test_every_image_once(void **state)
{
    (void)state;
    static const char *const objectives[] = {"kl", "frobenius"};
    enum { N = 40001, SIDE = 6, R = 4 };
    for (size_t o = 0; o < 2; o++) {
        struct counted c;
        assert_true(procedural_open(&c.data, N, SIDE, R, 5));
        c.from = procedural_source(&c.data);
        c.seen = calloc(N, sizeof *c.seen);
        mien_source X = c.from;
        X.data = &c;
        X.tile = counted_tile;
        mien_options options = options_of(objectives[o], R);
        mien_fit fit = learn(&X, &options);
        size_t twice = 0;
        for (size_t i = 0; i < N; i++) { /* the sample's have been looked at before */
            assert_in_range(c.seen[i], 1, 2);
            twice += c.seen[i] == 2;
        }
        assert_int_equal(twice, SAMPLE);
        assert_null(fit.W);
        assert_int_equal(fit.n, N);
        assert_true(procedural_found(&c.data, fit.H) > 0.99);
        assert_non_null(strstr(fit.note, "weights were not kept"));
        assert_non_null(strstr(fit.note, "32768 others"));
        assert_int_equal(fit.image_errors.n, SAMPLE);
        assert_int_equal(fit.held_out.n, SAMPLE);
        assert_true(fit.trace[fit.n_trace - 1].loss == fit.loss);
        mien_fit_free(&fit);
        procedural_close(&c.data);
        free(c.seen);
    }
}

/* What is said of the loss is what all images' best weights on the basis come to. */
static void test_scores_are_of_the_basis(void **state)
{
    (void)state;
    static const char *const objectives[] = {"kl", "frobenius"};
    static const size_t counts[] = {3000, 40000};
    for (size_t o = 0; o < 4; o++) {
        procedural data;
        mien_encoding all;
        assert_true(procedural_open(&data, counts[o / 2], 6, 4, 6));
        mien_source X = procedural_source(&data);
        mien_options options = options_of(objectives[o % 2], 4);
        mien_fit fit = learn(&X, &options);
        assert_int_equal(mien_fit_encode(&fit, &options, &X, &all, NULL), MIEN_OK);
        double near = counts[o / 2] > SAMPLE ? 0.03 : 1e-3; /* some images, or all */
        assert_relative(fit.loss, all.fit.loss, near);
        assert_relative(fit.relative_error, all.fit.relative_error, near);
        assert_near(fit.explained_variance, all.fit.explained_variance, near / 100);
        assert_relative(fit.weights_sparseness, all.fit.weights_sparseness, near);
        mien_encoding_free(&all);
        mien_fit_free(&fit);
        procedural_close(&data);
    }
}

static void test_bytes_for_any_threads(void **state)
{
    (void)state;
    static const char *const objectives[] = {"kl", "frobenius"};
    for (size_t o = 0; o < 2; o++) {
        procedural data;
        assert_true(procedural_open(&data, 40000, 6, 4, 8));
        mien_source X = procedural_source(&data);
        mien_options options = options_of(objectives[o], 4);
        options.iterations = 3;
        options.snapshots = true;
        options.threads = 1;
        mien_fit first = learn(&X, &options);
        options.threads = 3;
        mien_fit fit = learn(&X, &options);
        assert_memory_equal(fit.H, first.H, fit.r * fit.p * sizeof *fit.H);
        assert_memory_equal(&fit.loss, &first.loss, sizeof fit.loss);
        assert_memory_equal(&fit.relative_error, &first.relative_error, sizeof fit.loss);
        assert_memory_equal(&fit.image_errors, &first.image_errors, sizeof fit.image_errors);
        size_t last = fit.snapshots.count - 1;
        assert_int_equal(fit.snapshots.iteration[last], fit.trace[fit.n_trace - 1].iteration);
        mien_fit_free(&fit);
        mien_fit_free(&first);
        procedural_close(&data);
    }
}

/* The unit of X makes no difference to the basis. */
static void test_unit(void **state)
{
    (void)state;
    enum { N = 34000, P = 9, R = 3 };
    procedural data;
    assert_true(procedural_open(&data, N, 3, R, 9));
    float *values = malloc(N * P * sizeof *values);
    procedural_tile(&data, 0, N, values);
    const mien_float_view view = {values, N, P};
    mien_source X = mien_float_source(&view);
    for (size_t o = 0; o < 2; o++) {
        mien_options options = options_of(o ? "frobenius" : "kl", R);
        mien_fit plain = learn(&X, &options);
        for (size_t at = 0; at < N * P; at++)
            values[at] = ldexpf(values[at], 60);
        mien_fit large = learn(&X, &options);
        for (size_t at = 0; at < N * P; at++)
            values[at] = ldexpf(values[at], -60);
        for (size_t at = 0; at < R * P; at++)
            assert_near(large.H[at], plain.H[at], 1e-4);
        assert_relative(ldexp(large.loss, o ? -120 : -60), plain.loss, 1e-3);
        assert_relative(large.relative_error, plain.relative_error, 1e-3);
        mien_fit_free(&plain);
        mien_fit_free(&large);
    }
    free(values);
    procedural_close(&data);
}

/* ---------------------------------------------------------------- beyond 32 bits, ended early */

struct watch {
    size_t blocks;
};

static bool end_soon(void *user, const mien_progress *now)
{
    struct watch *w = user;
    if (strcmp(now->stage, "all images") != 0)
        return true;
    assert_true(now->total == BEYOND_32_BITS);
    return ++w->blocks < 4;
}

static void test_fit_beyond_32_bits(void **state)
{
    (void)state;
    procedural data;
    struct watch watch = {0};
    assert_true(procedural_open(&data, BEYOND_32_BITS, 4, 4, 10));
    mien_source X = procedural_source(&data);
    mien_options options = options_of("frobenius", 4);
    options.progress = end_soon;
    options.user = &watch;
    mien_fit fit = learn(&X, &options);
    assert_true(fit.n == BEYOND_32_BITS);
    assert_int_equal(fit.stop, MIEN_STOP_INTERRUPTED);
    assert_true(procedural_found(&data, fit.H) > 0.99);
    assert_non_null(strstr(fit.note, "not all were looked at"));
    assert_int_equal(data.drawn, 5 * SAMPLE); /* the sample, three blocks, one that is scored */
    assert_true(isfinite(fit.loss) && fit.loss > 0);
    mien_fit_free(&fit);
    procedural_close(&data);
}

/* ---------------------------------------------------------------- what is refused */

static void assert_refused(const char *method, const mien_options *options, size_t n,
                           mien_status status, const char *words)
{
    mien_error err = {0};
    assert_int_equal(mien_fit_check(mien_method_find(method), n, 16, options, &err), status);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" is not in \"%s\"", words, err.message);
}

static void test_refusals(void **state)
{
    (void)state;
    static const float start[64];
    mien_options o = options_of("kl", 4);
    assert_int_equal(mien_fit_check(mien_method_find("nmf"), BEYOND_32_BITS, 16, &o, NULL),
                     MIEN_OK);
    o.no_weights = false;
    assert_refused("nmf", &o, BEYOND_32_BITS, MIEN_ERR_SHAPE, "no-weights");
    assert_refused("nmf", &o, INT32_MAX, MIEN_ERR_SHAPE, "no-weights");
    o.no_weights = true;
    assert_refused("nmf", &o, SIZE_MAX / 8, MIEN_ERR_SHAPE, "too many");
    assert_int_equal(mien_options_set(&o, "solver", "fast", NULL), MIEN_OK);
    assert_refused("nmf", &o, 100, MIEN_ERR_ARG, "solver minibatch");
    mien_options other = mien_options_default();
    other.r = 4;
    other.no_weights = true;
    assert_refused("pca", &other, 100, MIEN_ERR_ARG, "PCA does not learn without its weights");
    assert_refused("kmeans", &other, 100, MIEN_ERR_ARG, "NMF does");
    o = options_of("kl", 4);
    o.start_W = o.start_H = start;
    assert_refused("nmf", &o, 16, MIEN_ERR_ARG, "a start that is given");
}

static void test_names_a_bad_number(void **state)
{
    (void)state;
    enum { N = 40000, P = 4 };
    float *values = malloc(N * P * sizeof *values);
    for (size_t at = 0; at < N * P; at++)
        values[at] = (float)mien_random_uniform(1, MIEN_STREAM_TEST, at);
    const mien_float_view view = {values, N, P};
    mien_source X = mien_float_source(&view);
    mien_options options = options_of("frobenius", 2);
    static const float bad[] = {-1, NAN};
    static const char *const words[] = {"pixel 3 is negative", "pixel 3 is not a finite"};
    mien_order order = mien_order_of(N, 0, MIEN_STREAM_BATCHES);
    size_t image = (size_t)mien_order_place(&order, N - 1); /* not of the sample */
    for (size_t b = 0; b < 2; b++) {
        mien_error err = {0};
        mien_fit fit;
        char named[64];
        float before = values[image * P + 2];
        values[image * P + 2] = bad[b];
        snprintf(named, sizeof named, "image %zu, %s", image + 1, words[b]);
        assert_int_equal(mien_fit_run(mien_method_find("nmf"), &X, &options, &fit, &err),
                         MIEN_ERR_DOMAIN);
        if (!strstr(err.message, named))
            fail_msg("\"%s\" is not in \"%s\"", named, err.message);
        values[image * P + 2] = before;
    }
    free(values);
}

static void test_memory_that_runs_out(void **state)
{
    (void)state;
    static const char *const objectives[] = {"kl", "frobenius"};
    static float values[200 * 16];
    procedural data;
    assert_true(procedural_open(&data, 200, 4, 3, 4));
    procedural_tile(&data, 0, 200, values);
    procedural_close(&data);
    const mien_float_view view = {values, 200, 16};
    mien_source X = mien_float_source(&view);
    for (size_t o = 0; o < 2; o++) {
        mien_options options = options_of(objectives[o], 3);
        options.threads = 1;
        options.restarts = 1;
        options.iterations = 2;
        bool fails = true;
        for (long k = 0; fails; k = failing_next(k)) {
            mien_fit fit = {0};
            mien_set_allocator(failing_malloc, failing_free);
            failing_countdown = k;
            mien_status st = mien_fit_run(mien_method_find("nmf"), &X, &options, &fit, NULL);
            fails = st != MIEN_OK;
            mien_fit_free(&fit);
            mien_set_allocator(NULL, NULL);
            assert_true(!st || st == MIEN_ERR_NOMEM);
            assert_int_equal(failing_alive, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_a_bijection),
        cmocka_unit_test(test_order_beyond_32_bits),
        cmocka_unit_test(test_shuffle_moves_runs),
        cmocka_unit_test(test_tilings_beyond_32_bits),
        cmocka_unit_test(test_pass_beyond_32_bits),
        cmocka_unit_test(test_every_image_once),
        cmocka_unit_test(test_scores_are_of_the_basis),
        cmocka_unit_test(test_bytes_for_any_threads),
        cmocka_unit_test(test_unit),
        cmocka_unit_test(test_fit_beyond_32_bits),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_names_a_bad_number),
        cmocka_unit_test(test_memory_that_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
