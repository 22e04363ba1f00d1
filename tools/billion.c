/* billion.c - how far a machine gets with more images than anyone could store.
 * SPDX-License-Identifier: MIT
 *
 *   billion pass  IMAGES SIDE PARTS [THREADS [SECONDS]]     looks at every image, sums its pixels
 *   billion kl    IMAGES SIDE PARTS [THREADS [SECONDS]]     learns PARTS parts without weights,
 *   billion frobenius ...                                   solver minibatch, one pass
 *
 * Images of SIDE x SIDE pixels are drawn as they are asked for (tests/support/procedural.h): no
 * disk, no memory. Every ten seconds and at the end: images a second, CPU microseconds an image,
 * what that makes for a billion, the memory taken. With SECONDS it ends after so many; the result
 * is then that of the images it came to. The parts it found are compared with the planted ones.
 *
 * Exit status: 0; 1 where a part was not found (a cosine below 0.95) or more than 200 MB were
 * taken; 2 for wrong usage. */
#define _GNU_SOURCE /* getrusage */
#include "support/procedural.h"

#include "methods/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static const double FOUND = 0.95, MEMORY_MB = 200, BILLION = 1e9, EVERY = 10;

struct watch {
    procedural *data;
    double began, told;
    double seconds; /* the end; 0: none */
};

static double cpu_seconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)used.ru_utime.tv_sec + 1e-6 * (double)used.ru_utime.tv_usec +
           (double)used.ru_stime.tv_sec + 1e-6 * (double)used.ru_stime.tv_usec;
}

static double memory_mb(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)used.ru_maxrss / 1024;
}

/* count images since `seconds` and `cpu` seconds ago. */
static void tell(const char *what, double count, double seconds, double cpu)
{
    printf("%s%.4g images, %.0f s: %.4g a second, %.3f us of CPU each; a billion: %.2f hours here, "
           "%.2f hours of CPU; %.0f MB\n",
           what, count, seconds, count / seconds, 1e6 * cpu / count,
           BILLION / count * seconds / 3600, BILLION / count * cpu / 3600, memory_mb());
    fflush(stdout);
}

/* ---------------------------------------------------------------- a pass */

static void visit(void *context, const mien_tile *tile)
{
    const size_t *p = context;
    for (size_t at = 0; at < tile->count * *p; at++)
        tile->doubles[0] += tile->x[at];
}

static int pass(procedural *data, unsigned threads)
{
    mien_source X = procedural_source(data);
    mien_arena arena = {0};
    mien_pool *pool;
    if (mien_pool_create(threads, &pool))
        return 1;
    mien_tiling tiling = mien_tiling_plan(X.n, X.p, data->r);
    float **buffers =
        mien_arena_alloc_each(&arena, mien_pool_threads(pool), tiling.rows * X.p, sizeof **buffers);
    mien_sums sums = mien_sums_alloc(&arena, pool, tiling.leaves, 1, 0);
    double began = mien_seconds();
    if (!arena.failed) {
        mien_pass(pool, &X, &tiling, buffers, visit, &data->p, &sums);
        printf("mean pixel %.9g\n", sums.doubles[0] / ((double)X.n * (double)X.p));
        tell("", (double)X.n, mien_seconds() - began, cpu_seconds());
    }
    mien_pool_free(pool);
    mien_arena_free(&arena);
    return arena.failed || memory_mb() > MEMORY_MB;
}

/* ---------------------------------------------------------------- learning */

static bool watch(void *user, const mien_progress *now)
{
    struct watch *w = user;
    double time = mien_seconds();
    if (time - w->told > EVERY) {
        w->told = time;
        printf("%s %zu of %zu; ", now->stage, now->done, now->total);
        tell("looked at ", (double)atomic_load(&w->data->drawn), time - w->began, cpu_seconds());
    }
    return w->seconds == 0 || time - w->began < w->seconds;
}

static int learn(procedural *data, const char *objective, unsigned threads, double seconds)
{
    const mien_method *nmf = mien_method_find("nmf");
    mien_options options = mien_options_default();
    mien_error err = {0};
    mien_fit fit;
    mien_source X = procedural_source(data);
    struct watch w = {.data = data, .began = mien_seconds(), .seconds = seconds};
    w.told = w.began;
    options.r = data->r;
    options.threads = threads;
    options.no_weights = true;
    options.progress = watch;
    options.user = &w;
    mien_status st = mien_options_set(&options, "objective", objective, &err);
    if (!st)
        st = mien_options_set(&options, "solver", "minibatch", &err);
    if (!st)
        st = mien_fit_run(nmf, &X, &options, &fit, &err);
    if (st) {
        fprintf(stderr, "billion: %s\n", err.message);
        return 1;
    }
    double found = procedural_found(data, fit.H), memory = memory_mb();
    tell("in all ", (double)atomic_load(&data->drawn), mien_seconds() - w.began, cpu_seconds());
    printf("%s\nloss %.9g, relative error %.6f, explained variance %.6f, %zu iterations\n",
           fit.note, fit.loss, fit.relative_error, fit.explained_variance, fit.iterations);
    printf("planted parts: lowest cosine %.5f (%.2f wanted); memory %.1f MB (%.0f allowed)\n",
           found, FOUND, memory, MEMORY_MB);
    mien_fit_free(&fit);
    return found < FOUND || memory > MEMORY_MB;
}

/* ---------------------------------------------------------------- arguments */

/* A number of 1 or more, as large as 1e12, also written so. */
static bool read_count(const char *text, double most, double *out)
{
    char *end;
    errno = 0;
    *out = strtod(text, &end);
    return end != text && !*end && !errno && *out >= 0 && *out <= most;
}

int main(int argc, char **argv)
{
    double n, side, parts, threads = 0, seconds = 0;
    if (argc < 5 || argc > 7 || !read_count(argv[2], 1e15, &n) ||
        !read_count(argv[3], 1e4, &side) || !read_count(argv[4], PROCEDURAL_PARTS_MOST, &parts) ||
        n < 1 || side < 1 || parts < 1 || (argc > 5 && !read_count(argv[5], 1024, &threads)) ||
        (argc > 6 && !read_count(argv[6], 1e9, &seconds))) {
        fprintf(stderr, "usage: billion pass|kl|frobenius IMAGES SIDE PARTS [THREADS [SECONDS]]\n");
        return 2;
    }
    procedural data;
    mien_blas_alone();
    int status = 1;
    if (procedural_open(&data, (size_t)n, (size_t)side, (size_t)parts, 1))
        status = strcmp(argv[1], "pass") == 0 ? pass(&data, (unsigned)threads)
                                              : learn(&data, argv[1], (unsigned)threads, seconds);
    procedural_close(&data);
    return status;
}
