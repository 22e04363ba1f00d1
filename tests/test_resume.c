/* test_resume.c - a run that was killed and goes on gives the bytes of one that was never stopped.
 * SPDX-License-Identifier: MIT
 *
 * A run keeps its state at every iteration, and each generation of the file is laid aside as it
 * takes its place. Then a run goes on from each of them, as if the process had been killed right
 * after, with another number of threads. */
#include "support/files.h"
#include "support/fits.h"
#include "support/problems.h"

#include <errno.h>

/* ---------------------------------------------------------------- every generation */

static const char *aside; /* the folder where generations go; NULL: nowhere */
static size_t generations, first_aside;

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

static void copy_file(const char *from, const char *to)
{
    char piece[1 << 14];
    ssize_t got;
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    assert_true(in >= 0 && out >= 0);
    while ((got = read(in, piece, sizeof piece)) > 0)
        assert_int_equal(write(out, piece, (size_t)got), got);
    close(in);
    close(out);
}

static const char *generation(const char *folder, size_t index)
{
    char name[32];
    snprintf(name, sizeof name, "gen-%zu", index);
    return in_folder(folder, name);
}

int __wrap_rename(const char *from, const char *to)
{
    size_t length = strlen(from);
    if (aside && length > 4 && strcmp(from + length - 4, ".new") == 0) {
        if (generations >= first_aside)
            copy_file(from, generation(aside, generations));
        generations++;
    }
    return __real_rename(from, to);
}

/* ---------------------------------------------------------------- what is fitted */

enum { HEIGHT = 12, WIDTH = 10, P = HEIGHT * WIDTH, N = 90, R = 4 };

struct row {
    const char *name, *method;
    const char *options[4][2]; /* key, value */
    size_t n, p, r, iterations, restarts, levels;
    double tolerance;
    size_t least; /* generations there have to be */
};

static const struct row rows[] = {
    {"kl fast", "nmf", {{0}}, N, P, R, 14, 1, 1, 0, 14},
    {"kl mu", "nmf", {{"solver", "mu"}}, N, P, R, 8, 1, 1, 0, 8},
    {"kl minibatch", "nmf", {{"solver", "minibatch"}}, 2100, 12, 3, 9, 1, 1, 0, 8},
    {"frobenius fast", "nmf", {{"objective", "frobenius"}}, N, P, R, 9, 1, 1, 0, 9},
    {"frobenius mu", "nmf", {{"objective", "frobenius"}, {"solver", "mu"}}, N, P, R, 8, 1, 1, 0, 8},
    {"frobenius hals",
     "nmf",
     {{"objective", "frobenius"}, {"solver", "hals"}},
     N,
     P,
     R,
     8,
     1,
     1,
     0,
     8},
    {"frobenius minibatch",
     "nmf",
     {{"objective", "frobenius"}, {"solver", "minibatch"}},
     2100,
     12,
     3,
     9,
     1,
     1,
     0,
     8},
    {"kl l1",
     "nmf",
     {{"penalty", "l1"}, {"sparse-basis", "0.3"}, {"sparse-weights", "0.1"}},
     N,
     P,
     R,
     9,
     1,
     1,
     0,
     9},
    {"kl local", "nmf", {{"penalty", "local"}}, N, P, R, 9, 1, 1, 0, 9},
    {"frobenius l1",
     "nmf",
     {{"objective", "frobenius"},
      {"penalty", "l1"},
      {"sparse-basis", "0.2"},
      {"sparse-weights", "0.1"}},
     N,
     P,
     R,
     9,
     1,
     1,
     0,
     9},
    {"frobenius hoyer",
     "nmf",
     {{"objective", "frobenius"},
      {"penalty", "hoyer"},
      {"sparse-basis", "0.5"},
      {"sparse-weights", "0.3"}},
     N,
     P,
     R,
     8,
     1,
     1,
     0,
     8},
    {"hoyer of the basis",
     "nmf",
     {{"objective", "frobenius"}, {"penalty", "hoyer"}, {"sparse-basis", "0.5"}},
     N,
     P,
     R,
     8,
     1,
     1,
     0,
     8},
    {"kl of large n", "nmf", {{0}}, 52000, 3, 64, 4, 1, 1, 0, 4},
    {"kl of large n past its cycle", "nmf", {{0}}, 100000, 36, 32, 24, 1, 1, 0, 24},
    {"kl passing by",
     "nmf",
     {{"solver", "minibatch"}, {"no-weights", NULL}},
     300000,
     4,
     2,
     9,
     2,
     1,
     0,
     12},
    {"frobenius passing by",
     "nmf",
     {{"objective", "frobenius"}, {"solver", "minibatch"}, {"no-weights", NULL}},
     300000,
     5,
     2,
     9,
     1,
     1,
     0,
     12},
    {"from k-means", "nmf", {{"init", "kmeans"}}, N, P, R, 7, 1, 1, 0, 7},
    {"from nndsvda", "nmf", {{"init", "nndsvda"}}, N, P, R, 7, 1, 1, 0, 7},
    {"to the end", "nmf", {{0}}, 30, 20, 2, 400, 1, 1, 1e-3, 10},
    {"levels", "nmf", {{0}}, N, P, R, 12, 1, 3, 0, 24},
    {"levels to the end", "nmf", {{0}}, N, P, R, 300, 1, 2, 1e-3, 24},
    {"starts", "nmf", {{0}}, 30, 20, 3, 9, 3, 1, 0, 20},
    {"starts of which some end", "nmf", {{"solver", "mu"}}, 30, 20, 3, 45, 5, 1, 0, 100},
    {"starts with levels", "nmf", {{0}}, N, P, R, 7, 3, 2, 0, 20},
    {"kmeans", "kmeans", {{0}}, N, P, R, 50, 1, 1, 0, 3},
    {"kmeans, ten starts", "kmeans", {{0}}, N, P, R, 50, 0, 1, 0, 20},
    {"kmeans on levels", "kmeans", {{0}}, N, P, R, 50, 1, 3, 0, 5},
    {"pca", "pca", {{0}}, N, P, R, 1, 1, 1, 0, 1},
    {"ica", "ica", {{0}}, N, P, R, 30, 1, 1, 0, 3},
    {"ica of the weights", "ica", {{"ica", "weights"}}, N, P, R, 30, 1, 1, 0, 3},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* A row that takes its time; its states are large, and what is of interest comes after twenty
 * iterations. */
static bool is_long(const struct row *row)
{
    return row->n * row->p >= 3200000;
}

static size_t first_of(const struct row *row)
{
    return is_long(row) ? 18 : 0;
}

static float *data_of(const struct row *row)
{
    float *X = planted(row->n, row->p, row->r + 2, 5), *more = noise(row->n, row->p, 0.2, 9);
    for (size_t at = 0; at < row->n * row->p; at++)
        X[at] += 0.3f * more[at];
    free(more);
    return X;
}

static mien_status fit_row(const struct row *row, const float *X, unsigned threads,
                           mien_checkpoint *checkpoint, mien_fit *fit, mien_error *err)
{
    mien_options options = test_options(row->r, 3, row->iterations);
    options.restarts = row->restarts;
    options.levels = row->levels;
    options.tolerance = row->tolerance;
    options.threads = threads;
    options.snapshots = true;
    options.checkpoint = checkpoint;
    for (size_t i = 0; i < 4 && row->options[i][0]; i++)
        if (row->options[i][1])
            set_option(&options, row->options[i][0], row->options[i][1]);
        else
            options.no_weights = true;
    mien_float_view view = {X, row->n, row->p};
    mien_source source = mien_float_source(&view);
    if (row->p == P)
        source.shape = (mien_shape){HEIGHT, WIDTH, 1};
    return mien_fit_run(method_named(row->method), &source, &options, fit, err);
}

static char told[4096];

static void listen(void *user, const char *words)
{
    (void)user;
    size_t at = strlen(told);
    snprintf(told + at, sizeof told - at, "%s\n", words);
}

static mien_checkpoint *open_at(const char *path, double seconds)
{
    mien_checkpoint *checkpoint = NULL;
    mien_error err = {0};
    const mien_checkpoint_options options = {.path = path, .seconds = seconds, .tell = listen};
    told[0] = '\0';
    if (mien_checkpoint_open(&options, &checkpoint, &err))
        fail_msg("%s", err.message);
    return checkpoint;
}

static void assert_same_bytes(const char *name, size_t gen, const mien_fit *a, const mien_fit *b)
{
    bool same = !a->W == !b->W && (!a->W || memcmp(a->W, b->W, a->n * a->r * sizeof *a->W) == 0) &&
                memcmp(a->H, b->H, a->r * a->p * sizeof *a->H) == 0 && !a->mu == !b->mu &&
                (!a->mu || memcmp(a->mu, b->mu, a->p * sizeof *a->mu) == 0);
    bool alike = a->loss == b->loss && a->penalty == b->penalty &&
                 a->relative_error == b->relative_error && a->sparseness == b->sparseness &&
                 a->iterations == b->iterations && a->stop == b->stop && a->seed == b->seed &&
                 a->n_trace == b->n_trace && strcmp(a->note, b->note) == 0 &&
                 strcmp(a->loss_name, b->loss_name) == 0 &&
                 memcmp(&a->image_errors, &b->image_errors, sizeof a->image_errors) == 0 &&
                 a->snapshots.count == b->snapshots.count;
    for (size_t t = 0; alike && t < a->n_trace; t++)
        alike = a->trace[t].loss == b->trace[t].loss && a->trace[t].level == b->trace[t].level &&
                a->trace[t].iteration == b->trace[t].iteration;
    for (size_t i = 0; alike && i < a->snapshots.count; i++)
        alike = a->snapshots.iteration[i] == b->snapshots.iteration[i];
    if (alike && a->snapshots.count)
        alike = memcmp(a->snapshots.values, b->snapshots.values,
                       a->snapshots.count * a->r * a->p) == 0 &&
                memcmp(a->snapshots.scale, b->snapshots.scale,
                       a->snapshots.count * a->r * sizeof(float)) == 0;
    if (!same || !alike)
        fail_msg("%s, generation %zu: %s", name, gen,
                 same ? "what is told of the fit differs" : "the factors differ");
}

/* ---------------------------------------------------------------- tests */

static void test_runs_go_on_from_anywhere(void **state)
{
    char path[512];
    strcpy(path, in_folder(*state, "k"));
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        if (is_long(row) && !is_thorough())
            continue;
        float *X = data_of(row);
        mien_error err = {0};
        mien_fit whole, kept, again;
        if (fit_row(row, X, 1, NULL, &whole, &err))
            fail_msg("%s: %s", row->name, err.message);
        aside = *state;
        generations = 0;
        first_aside = first_of(row);
        mien_checkpoint *checkpoint = open_at(path, 0);
        if (fit_row(row, X, row->restarts == 1 ? 1 : 3, checkpoint, &kept, &err))
            fail_msg("%s: %s", row->name, err.message);
        mien_checkpoint_remove(checkpoint);
        aside = NULL;
        assert_same_bytes(row->name, 0, &whole, &kept);
        mien_fit_free(&kept);
        if (generations < row->least)
            fail_msg("%s: %zu generations, expected %zu", row->name, generations, row->least);
        size_t step = is_thorough() || generations < 30 ? 1 : generations / 23;
        bool resumed = false;
        for (size_t gen = first_of(row); gen < generations; gen += step) {
            copy_file(generation(*state, gen), path);
            checkpoint = open_at(path, 1e9);
            if (fit_row(row, X, 1 + (unsigned)(gen % 3), checkpoint, &again, &err))
                fail_msg("%s, generation %zu: %s", row->name, gen, err.message);
            resumed = resumed || strstr(told, "resumed at ");
            assert_same_bytes(row->name, gen, &whole, &again);
            mien_fit_free(&again);
            mien_checkpoint_remove(checkpoint);
        }
        if (!whole.W && !strstr(told, "resumed at image "))
            fail_msg("%s: the passes were not resumed: %s", row->name, told);
        if (!resumed && strcmp(row->method, "pca") != 0)
            fail_msg("%s: nothing was resumed", row->name);
        mien_fit_free(&whole);
        free(X);
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_runs_go_on_from_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
