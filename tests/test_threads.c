/* test_threads.c - the same bytes with 1, 2, 3, 8 and 64 threads, of everything the library
 * computes: a table of works, each of which puts down what came out. (Starts of their own making,
 * with every option: test_contract.c; solvers that only large data reaches: test_nmf_large.c.)
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* strtok_r */
#include "support/cmocka_plus.h"
#include "support/fits.h"
#include "support/problems.h"

#include "study/rank/ard.h"
#include "study/rank/masked.h"
#include "study/rank/rank.h"

/* ---------------------------------------------------------------- what came out */

typedef struct record {
    unsigned char *bytes;
    size_t length, capacity;
} record;

static void put(record *to, const void *bytes, size_t nbytes)
{
    if (!bytes || nbytes == 0) /* not there: one run alone has no twins */
        return;
    while (to->length + nbytes > to->capacity) {
        to->capacity = 2 * to->capacity + 4096;
        to->bytes = realloc(to->bytes, to->capacity);
        assert_non_null(to->bytes);
    }
    memcpy(to->bytes + to->length, bytes, nbytes);
    to->length += nbytes;
}

static void put_size(record *to, size_t value)
{
    put(to, &value, sizeof value);
}

static void put_real(record *to, double value)
{
    put(to, &value, sizeof value);
}

/* All of a fit but the seconds. */
static void put_fit(record *to, const mien_fit *fit)
{
    put(to, fit->W, fit->n * fit->r * sizeof *fit->W);
    put(to, fit->H, fit->r * fit->p * sizeof *fit->H);
    put(to, fit->mu, fit->mu ? fit->p * sizeof *fit->mu : 0);
    const double numbers[] = {fit->loss,
                              fit->penalty,
                              fit->relative_error,
                              fit->explained_variance,
                              fit->sparseness,
                              fit->weights_sparseness,
                              fit->image_errors.min,
                              fit->image_errors.lower_quartile,
                              fit->image_errors.median,
                              fit->image_errors.upper_quartile,
                              fit->image_errors.max,
                              fit->image_errors.mad};
    put(to, numbers, sizeof numbers);
    put_size(to, fit->iterations);
    put_size(to, (size_t)fit->stop);
    put_size(to, (size_t)fit->seed);
    put(to, fit->note, strlen(fit->note));
    for (size_t t = 0; t < fit->n_trace; t++) {
        put_size(to, fit->trace[t].iteration);
        put_real(to, fit->trace[t].loss);
    }
}

/* ---------------------------------------------------------------- works */

enum { N = 300, P = 42, R = 5 }; /* several tiles, and leaves of several images each */

typedef struct work {
    const char *name;
    void (*run)(const struct work *self, unsigned threads, record *to);
    const char *method;
    const char *options; /* "key=value key=value" */
    size_t restarts;
    bool given; /* from a start that is given */
    mien_loss loss;
} work;

static float *X; /* N x P, noise with zeros */

static mien_source source_of(mien_float_view *view)
{
    *view = (mien_float_view){X, N, P};
    return mien_float_source(view);
}

static mien_options work_options(const work *self, unsigned threads)
{
    mien_options options = test_options(R, 4, 12);
    options.threads = threads;
    options.restarts = self->restarts;
    char text[128];
    snprintf(text, sizeof text, "%s", self->options ? self->options : "");
    for (char *rest = text, *word; (word = strtok_r(rest, " ", &rest));) {
        char *value = strchr(word, '=');
        assert_non_null(value);
        *value = '\0';
        set_option(&options, word, value + 1);
    }
    return options;
}

static void run_fit(const work *self, unsigned threads, record *to)
{
    mien_options options = work_options(self, threads);
    float *W = noise(N, R, 0, 21), *H = noise(R, P, 0, 22);
    if (self->given) {
        options.start_W = W;
        options.start_H = H;
    }
    mien_fit fit = must_fit(self->method, X, N, P, &options);
    put_fit(to, &fit);
    mien_fit_free(&fit);
    free(W);
    free(H);
}

static void run_encode(const work *self, unsigned threads, record *to)
{
    mien_options options = work_options(self, 1);
    mien_float_view view = {X + 20 * P, N - 20, P};
    mien_source source = mien_float_source(&view);
    mien_fit fit = must_fit(self->method, X, N, P, &options);
    mien_encoding encoding;
    options.threads = threads;
    assert_int_equal(mien_fit_encode(&fit, &options, &source, &encoding, NULL), MIEN_OK);
    put_fit(to, &encoding.fit);
    put(to, encoding.losses, encoding.fit.n * sizeof *encoding.losses);
    put(to, encoding.errors, encoding.fit.n * sizeof *encoding.errors);
    mien_encoding_free(&encoding);
    mien_fit_free(&fit);
}

static void run_parts(const work *self, unsigned threads, record *to)
{
    mien_options options = work_options(self, 1);
    mien_fit fit = must_fit(self->method, X, N, P, &options);
    mien_parts parts;
    mien_shape shape = {6, P / 6, 1};
    assert_int_equal(mien_parts_measure(&fit, shape, threads, &parts, NULL), MIEN_OK);
    put(to, &parts, sizeof parts);
    mien_fit_free(&fit);
}

static void run_stability(const work *self, unsigned threads, record *to)
{
    mien_options options = work_options(self, threads);
    mien_float_view view;
    mien_source source = source_of(&view);
    mien_stability s;
    assert_int_equal(mien_stability_run(method_named(self->method), &source, &options, &s, NULL),
                     MIEN_OK);
    put_fit(to, &s.best);
    put_size(to, s.best_run);
    for (size_t run = 0; run < s.runs; run++)
        put_real(to, s.outcomes[run].loss);
    put(to, s.basis, s.runs * s.r * s.p * sizeof *s.basis);
    put(to, s.twins, s.runs * s.r * sizeof *s.twins);
    put(to, s.similarity, s.runs * s.r * sizeof *s.similarity);
    put(to, s.deviation, s.r * s.p * sizeof *s.deviation);
    put(to, s.consensus.counts, s.consensus.n * s.consensus.n * s.consensus.count_nbytes);
    put(to, s.consensus.order, s.consensus.n * sizeof *s.consensus.order);
    for (size_t k = 0; k < s.r; k++) {
        put_real(to, s.components[k].median);
        put_real(to, s.components[k].found);
    }
    put_real(to, s.consensus.cophenetic);
    put_real(to, s.consensus.dispersion);
    put_real(to, s.mean_similarity);
    mien_stability_free(&s);
}

static mien_pool *pool_of(unsigned threads)
{
    mien_pool *pool;
    assert_int_equal(mien_pool_create(threads, &pool), MIEN_OK);
    return pool;
}

static void run_masked(const work *self, unsigned threads, record *to)
{
    mien_masked_options options = {.loss = self->loss,
                                   .r = R,
                                   .iterations = 12,
                                   .seed = 3,
                                   .starts = self->restarts,
                                   .mask = mien_mask_make(7, 0, 0.1)};
    mien_float_view view;
    mien_source source = source_of(&view);
    mien_pool *pool = pool_of(threads);
    mien_masked_fit fit;
    assert_int_equal(mien_masked_fit_run(pool, &source, &options, &fit, NULL), MIEN_OK);
    put(to, fit.W, N * R * sizeof *fit.W);
    put(to, fit.H, R * P * sizeof *fit.H);
    put(to, fit.trace, fit.iterations * sizeof *fit.trace);
    put_real(to, fit.kept);
    put_real(to, fit.held_out);
    mien_masked_fit_free(&fit);
    mien_pool_free(pool);
}

static void run_relevance(const work *self, unsigned threads, record *to)
{
    mien_ard_options options = {
        .loss = self->loss, .r = R, .iterations = 12, .seed = 3, .shape = 10, .dispersion = 0.05};
    mien_float_view view;
    mien_source source = source_of(&view);
    mien_pool *pool = pool_of(threads);
    mien_ard_fit fit;
    assert_int_equal(mien_ard_run(pool, &source, &options, &fit, NULL), MIEN_OK);
    put(to, fit.W, N * R * sizeof *fit.W);
    put(to, fit.H, R * P * sizeof *fit.H);
    put(to, fit.relevance, R * sizeof *fit.relevance);
    put(to, fit.trace, fit.iterations * sizeof *fit.trace);
    put_size(to, fit.count);
    mien_ard_fit_free(&fit);
    mien_pool_free(pool);
}

static void run_rank(const work *self, unsigned threads, record *to)
{
    (void)self;
    mien_rank_options options = mien_rank_options_default();
    options.low = 2;
    options.high = 4;
    options.masks = options.starts = 2;
    options.iterations = 10;
    options.threads = threads;
    mien_float_view view;
    mien_source source = source_of(&view);
    mien_rank rank;
    assert_int_equal(mien_rank_study(&source, &options, NULL, &rank, NULL), MIEN_OK);
    put(to, rank.points, rank.n_points * sizeof *rank.points);
    for (size_t c = 0; c < rank.n_criteria; c++)
        put_size(to, rank.criteria[c].choice);
    put(to, rank.sentence, strlen(rank.sentence));
    put(to, rank.relevance_dispersion, sizeof rank.relevance_dispersion);
    mien_rank_free(&rank);
}

static void run_cone(const work *self, unsigned threads, record *to)
{
    mien_cone_options options = {.plane = self->given, .seed = 2, .threads = threads};
    mien_float_view view;
    mien_source source = source_of(&view);
    mien_cone cone;
    assert_int_equal(mien_cone_measure(&source, &options, &cone, NULL), MIEN_OK);
    put(to, cone.points, cone.n * 2 * sizeof *cone.points);
    put(to, cone.edges, sizeof cone.edges);
    put(to, cone.rays, sizeof cone.rays);
    for (size_t s = 0; s < MIEN_CONE_STARTS; s++) {
        put(to, cone.starts[s].basis, sizeof cone.starts[s].basis);
        put_real(to, cone.starts[s].loss);
    }
    mien_cone_free(&cone);
}

/* ---------------------------------------------------------------- the table */

static const work works[] = {
    /* from a start that is given: every solver, loss and penalty */
    {"kl fast, given", run_fit, "nmf", NULL, 1, true, 0},
    {"kl mu, given", run_fit, "nmf", "solver=mu", 1, true, 0},
    {"kl minibatch, given", run_fit, "nmf", "solver=minibatch", 1, true, 0},
    {"frobenius fast, given", run_fit, "nmf", "objective=frobenius", 1, true, 0},
    {"frobenius mu, given", run_fit, "nmf", "objective=frobenius solver=mu", 1, true, 0},
    {"frobenius hals, given", run_fit, "nmf", "objective=frobenius solver=hals", 1, true, 0},
    {"frobenius minibatch, given", run_fit, "nmf", "objective=frobenius solver=minibatch", 1, true,
     0},
    {"kl l1, given", run_fit, "nmf", "sparse-basis=0.2 sparse-weights=0.1", 1, true, 0},
    {"frobenius l1, given", run_fit, "nmf",
     "objective=frobenius sparse-basis=0.05 sparse-weights=0.02", 1, true, 0},
    {"hoyer, given", run_fit, "nmf",
     "objective=frobenius penalty=hoyer sparse-basis=0.6 sparse-weights=0.3", 1, true, 0},
    {"local, given", run_fit, "nmf", "penalty=local", 1, true, 0},
    {"k-means, given", run_fit, "kmeans", NULL, 1, true, 0},
    /* starts far apart, of which the best is kept: their number is found by size */
    {"kl, best of many", run_fit, "nmf", NULL, 0, false, 0},
    {"frobenius, best of many", run_fit, "nmf", "objective=frobenius", 0, false, 0},
    {"kl l1, best of many", run_fit, "nmf", "sparse-weights=0.1", 0, false, 0},
    {"hoyer, best of many", run_fit, "nmf", "objective=frobenius penalty=hoyer sparse-basis=0.6", 0,
     false, 0},
    {"local, best of many", run_fit, "nmf", "penalty=local", 0, false, 0},
    {"minibatch, best of many", run_fit, "nmf", "solver=minibatch", 0, false, 0},
    {"k-means, best of many", run_fit, "kmeans", NULL, 0, false, 0},
    {"ica, best of many", run_fit, "ica", NULL, 0, false, 0},
    {"ica of basis images, best of many", run_fit, "ica", "ica=weights", 0, false, 0},
    {"pca", run_fit, "pca", NULL, 0, false, 0},
    /* new images on a basis, scores of parts */
    {"kl weights", run_encode, "nmf", NULL, 1, false, 0},
    {"frobenius weights", run_encode, "nmf", "objective=frobenius", 1, false, 0},
    {"k-means weights", run_encode, "kmeans", NULL, 1, false, 0},
    {"pca weights", run_encode, "pca", NULL, 1, false, 0},
    {"ica weights", run_encode, "ica", NULL, 1, false, 0},
    {"nmf parts", run_parts, "nmf", NULL, 1, false, 0},
    {"pca parts", run_parts, "pca", NULL, 1, false, 0},
    /* studies */
    {"nmf stability", run_stability, "nmf", NULL, 5, false, 0},
    {"frobenius stability", run_stability, "nmf", "objective=frobenius", 5, false, 0},
    {"k-means stability", run_stability, "kmeans", NULL, 5, false, 0},
    {"pca stability", run_stability, "pca", NULL, 5, false, 0},
    {"ica stability", run_stability, "ica", NULL, 5, false, 0},
    {"kl masked", run_masked, NULL, NULL, 1, false, MIEN_LOSS_KL},
    {"kl masked, best of 3", run_masked, NULL, NULL, 3, false, MIEN_LOSS_KL},
    {"frobenius masked", run_masked, NULL, NULL, 1, false, MIEN_LOSS_HALF_SQUARES},
    {"kl relevance", run_relevance, NULL, NULL, 1, false, MIEN_LOSS_KL},
    {"frobenius relevance", run_relevance, NULL, NULL, 1, false, MIEN_LOSS_HALF_SQUARES},
    {"rank", run_rank, NULL, NULL, 1, false, 0},
    {"cone of two pixels", run_cone, NULL, NULL, 1, false, 0},
    {"cone in the plane", run_cone, NULL, NULL, 1, true, 0},
};

static void test_same_bytes_with_any_threads(void **state)
{
    (void)state;
    static const unsigned counts[] = {2, 3, 8, 64};
    for (const work *w = works; w < works + sizeof works / sizeof *works; w++) {
        record one = {0};
        w->run(w, 1, &one);
        assert_true(one.length > 20);
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            record more = {0};
            w->run(w, counts[c], &more);
            if (more.length != one.length || memcmp(more.bytes, one.bytes, one.length) != 0)
                fail_msg("%s: other bytes with %u threads than with 1", w->name, counts[c]);
            free(more.bytes);
        }
        free(one.bytes);
    }
}

/* Is every word of an option in the table, so that a new solver does not go untested? */
static void test_every_choice_is_in_the_table(void **state)
{
    (void)state;
    static const char *const keys[] = {"solver", "objective", "penalty", "ica"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        for (size_t m = 0; m < mien_method_count(); m++) {
            const mien_option *option = mien_method_describe(mien_method_at(m))->options;
            while (option->key && strcmp(option->key, keys[k]) != 0)
                option++;
            for (size_t c = 0; option->key && c < choice_count(option); c++) {
                char value[64], wanted[128];
                choice_value(option, c, value, sizeof value);
                snprintf(wanted, sizeof wanted, "%s=%s", option->key, value);
                bool found = (double)c == option->initial; /* where nothing is said */
                for (size_t w = 0; w < sizeof works / sizeof *works; w++)
                    found = found || (works[w].options && strstr(works[w].options, wanted));
                if (!found)
                    fail_msg("no work with %s", wanted);
            }
        }
}

static int make_data(void **state)
{
    (void)state;
    X = noise(N, P, 0.2, 9);
    return X ? 0 : -1;
}

static int free_data(void **state)
{
    (void)state;
    free(X);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes_with_any_threads),
        cmocka_unit_test(test_every_choice_is_in_the_table),
    };
    return cmocka_run_group_tests(tests, make_data, free_data);
}
