/* bench_fit.c - time one piece of mien inside the process, without its start; for tools/bench.
 * SPDX-License-Identifier: MIT
 *
 *   bench_fit fit METHOD INPUT [-r R] [-i ITERATIONS] [-t TOLERANCE] [-s SEED] [-j THREADS]
 *             [-n NORMALIZE] [-f START] [-o OUT] [KEY=VALUE ...]
 *   bench_fit load INPUT [-j THREADS]
 *   bench_fit gemm N P R [-i REPEATS] [-j THREADS]
 *
 * One line of JSON on stdout. `fit` reads INPUT as mien does, starts from START/weights.npy and
 * START/basis.npy when given, and writes weights, basis and mean of the result into OUT, so that
 * someone else can measure its quality; KEY=VALUE are the method's options. Its "seconds" are those
 * of the whole fit, scores included; "trace" has [iteration, seconds, loss], seconds since the fit
 * began. `gemm` times the four products of a multiplicative update alone: in mien's tiles with one
 * thread a tile, and on whole matrices with BLAS' own threads. */
#define _POSIX_C_SOURCE 200809L /* getopt */
#include "base/memory.h"
#include "base/parallel.h"
#include "data/npy.h"
#include "data/source.h"
#include "linalg/blas.h"
#include "methods/run.h"
#include "mien_report.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "bench_fit fit METHOD INPUT [-r R] [-i ITERATIONS] [-t TOLERANCE] [-s SEED] [-j THREADS]\n"
    "          [-n NORMALIZE] [-f START] [-o OUT] [KEY=VALUE ...]\n"
    "bench_fit load INPUT [-j THREADS]\n"
    "bench_fit gemm N P R [-i REPEATS] [-j THREADS]\n";

enum { EXIT_USAGE = 2 };

struct job {
    const char *words[3]; /* what stands before the first option */
    mien_options fit;
    mien_load_options load;
    const char *start, *out;
    char **pairs; /* KEY=VALUE, up to NULL */
};

/* ---------------------------------------------------------------- arguments */

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench_fit: %s\n", what);
    exit(EXIT_FAILURE);
}

static void require(mien_status st, const mien_error *err)
{
    if (st)
        die(err->message[0] ? err->message : mien_strerror(st));
}

static _Noreturn void die_of_usage(void)
{
    fputs(usage, stderr);
    exit(EXIT_USAGE);
}

static size_t whole(const char *text)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (end == text || *end || errno || *text == '-' || value > SIZE_MAX)
        die_of_usage();
    return (size_t)value;
}

static double real(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value))
        die_of_usage();
    return value;
}

static mien_normalize normalize_named(const char *name)
{
    static const char *const names[] = {[MIEN_NORMALIZE_AUTO] = "auto",
                                        [MIEN_NORMALIZE_LEE_SEUNG] = "lee-seung",
                                        [MIEN_NORMALIZE_UNIT] = "unit",
                                        [MIEN_NORMALIZE_MAX] = "max",
                                        [MIEN_NORMALIZE_NONE] = "none"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return (mien_normalize)i;
    die_of_usage();
}

static struct job parse(int argc, char **argv, int n_words)
{
    struct job job = {.load.ink = MIEN_INK_LIGHT, /* as scikit-learn's side reads images */
                      .fit = mien_options_default()};
    if (argc <= n_words)
        die_of_usage();
    for (int i = 0; i < n_words; i++)
        job.words[i] = argv[1 + i];
    argc -= n_words;
    argv += n_words;
    for (int option; (option = getopt(argc, argv, "r:i:t:s:j:n:f:o:")) != -1;) {
        switch (option) {
        case 'r':
            job.fit.r = whole(optarg);
            break;
        case 'i':
            job.fit.iterations = whole(optarg);
            break;
        case 't':
            job.fit.tolerance = real(optarg);
            break;
        case 's':
            job.fit.seed = whole(optarg);
            break;
        case 'j':
            job.fit.threads = job.load.threads = (unsigned)whole(optarg);
            break;
        case 'n':
            job.load.normalize = normalize_named(optarg);
            break;
        case 'f':
            job.start = optarg;
            break;
        case 'o':
            job.out = optarg;
            break;
        default:
            die_of_usage();
        }
    }
    job.pairs = argv + optind;
    return job;
}

static void set_pairs(struct job *job)
{
    for (char **pair = job->pairs; *pair; pair++) {
        mien_error err = {0};
        char key[64];
        const char *value = strchr(*pair, '=');
        if (!value || (size_t)(value - *pair) >= sizeof key)
            die_of_usage();
        snprintf(key, sizeof key, "%.*s", (int)(value - *pair), *pair);
        require(mien_options_set(&job->fit, key, value + 1, &err), &err);
    }
}

/* Peak memory of this process so far. Not getrusage(): its peak goes back to the process that
 * started this one. */
static double peak_mb(void)
{
    char line[128];
    double kilobytes = NAN;
    FILE *status = fopen("/proc/self/status", "r");
    if (!status)
        die("/proc is not there");
    while (fgets(line, sizeof line, status))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kilobytes = strtod(line + 6, NULL);
    fclose(status);
    return kilobytes / 1024;
}

/* ---------------------------------------------------------------- fit */

static void save(const char *folder, const char *name, const float *values, size_t rows,
                 size_t columns)
{
    mien_error err = {0};
    char path[4096];
    size_t dims[] = {rows, columns};
    if ((size_t)snprintf(path, sizeof path, "%s/%s.npy", folder, name) >= sizeof path)
        die("the path is too long");
    require(mien_npy_write(path, values, dims, 2, &err), &err);
}

static void print_fit(const mien_fit *fit, double read_seconds)
{
    static const char *const stops[] = {[MIEN_STOP_CONVERGED] = "converged",
                                        [MIEN_STOP_ITERATIONS] = "iterations",
                                        [MIEN_STOP_INTERRUPTED] = "interrupted",
                                        [MIEN_STOP_STALLED] = "stalled"};
    printf(
        "{\"n\": %zu, \"p\": %zu, \"r\": %zu, \"seconds\": %.9g, \"read_seconds\": %.9g, "
        "\"loss\": %.17g, \"iterations\": %zu, \"stop\": \"%s\", \"peak_mb\": %.1f, \"trace\": [",
        fit->n, fit->p, fit->r, fit->seconds, read_seconds, fit->loss, fit->iterations,
        stops[fit->stop], peak_mb());
    for (size_t t = 0; t < fit->n_trace; t++) {
        const mien_trace *row = &fit->trace[t];
        printf("%s[%zu, %.9g, ", t ? ", " : "", row->iteration, row->seconds);
        printf(isfinite(row->loss) ? "%.17g]" : "null]", row->loss);
    }
    puts("]}");
}

static int run_fit(int argc, char **argv)
{
    struct job job = parse(argc, argv, 2);
    set_pairs(&job);
    const mien_method *method = mien_method_find(job.words[0]);
    if (!method)
        die_of_usage();
    mien_error err = {0};
    mien_dataset data;
    mien_start start = {0};
    mien_fit fit;
    double before = mien_seconds();
    require(mien_dataset_load(job.words[1], &job.load, &data, &err), &err);
    double read_seconds = mien_seconds() - before;
    if (job.start) {
        require(mien_start_load(job.start, data.pixels.n, data.pixels.p, &start, &err), &err);
        job.fit.r = start.r;
        job.fit.start_W = start.W;
        job.fit.start_H = start.H;
    }
    mien_source X = mien_pixels_source(&data.pixels);
    require(mien_fit_run(method, &X, &job.fit, &fit, &err), &err);
    print_fit(&fit, read_seconds);
    if (job.out) {
        save(job.out, "weights", fit.W, fit.n, fit.r);
        save(job.out, "basis", fit.H, fit.r, fit.p);
        if (fit.mu)
            save(job.out, "mean", fit.mu, 1, fit.p);
    }
    mien_fit_free(&fit);
    mien_start_free(&start);
    mien_dataset_free(&data);
    return EXIT_SUCCESS;
}

/* ---------------------------------------------------------------- load */

static int run_load(int argc, char **argv)
{
    struct job job = parse(argc, argv, 1);
    mien_error err = {0};
    mien_dataset data;
    double before = mien_seconds();
    require(mien_dataset_load(job.words[0], &job.load, &data, &err), &err);
    double seconds = mien_seconds() - before;
    double sum = 0; /* of the stored values: evidence that the pixels are right */
    if (data.pixels.type == MIEN_U8)
        for (size_t i = 0; i < data.pixels.n * data.pixels.p; i++)
            sum += ((const uint8_t *)data.pixels.values)[i];
    printf("{\"n\": %zu, \"p\": %zu, \"seconds\": %.9g, \"sum\": %.17g, \"peak_mb\": %.1f}\n",
           data.pixels.n, data.pixels.p, seconds, sum, peak_mb());
    mien_dataset_free(&data);
    return EXIT_SUCCESS;
}

/* ---------------------------------------------------------------- gemm */

/* The operands of the four products, with room for a product of each tile. */
struct products {
    size_t n, p, r;
    size_t rows;    /* images a tile */
    const float *W; /* n x r */
    const float *H; /* r x p */
    float *Q;       /* workers x rows x p: WH of a tile */
    float *W_next;  /* workers x rows x r */
    float *H_next;  /* workers x r x p */
};

/* WH and (WH) H' for the step of W, WH and W' (WH) for that of H. */
static void multiply_tile(void *context, size_t tile, unsigned worker)
{
    const struct products *m = context;
    size_t first = tile * m->rows, p = m->p, r = m->r;
    size_t count = first + m->rows < m->n ? m->rows : m->n - first;
    const float *W = m->W + first * r;
    float *Q = m->Q + worker * m->rows * p;
    mien_sgemm(false, false, count, p, r, 1, W, r, m->H, p, 0, Q, p);
    mien_sgemm(false, true, count, r, p, 1, Q, p, m->H, p, 0, m->W_next + worker * m->rows * r, r);
    mien_sgemm(false, false, count, p, r, 1, W, r, m->H, p, 0, Q, p);
    mien_sgemm(true, false, r, p, count, 1, W, r, Q, p, 1, m->H_next + worker * r * p, p);
}

static void fill(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)((i * 2654435761u) % 1000u) * 1e-6f;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median seconds of the four products over all tiles. */
static double time_products(size_t n, size_t p, size_t r, size_t rows, mien_pool *pool,
                            size_t repeats)
{
    mien_arena arena = {0};
    unsigned workers = mien_pool_threads(pool);
    float *W = mien_arena_alloc(&arena, n * r, sizeof *W);
    float *H = mien_arena_alloc(&arena, r * p, sizeof *H);
    struct products m = {.n = n,
                         .p = p,
                         .r = r,
                         .rows = rows,
                         .W = W,
                         .H = H,
                         .Q = mien_arena_alloc(&arena, workers * rows * p, sizeof(float)),
                         .W_next = mien_arena_alloc(&arena, workers * rows * r, sizeof(float)),
                         .H_next = mien_arena_alloc(&arena, workers * r * p, sizeof(float))};
    double *seconds = mien_arena_alloc(&arena, repeats, sizeof *seconds);
    if (arena.failed)
        die("memory is exhausted");
    fill(W, n * r);
    fill(H, r * p);
    mien_pool_run(pool, (n + rows - 1) / rows, multiply_tile, &m); /* touch all of it */
    for (size_t i = 0; i < repeats; i++) {
        double before = mien_seconds();
        mien_pool_run(pool, (n + rows - 1) / rows, multiply_tile, &m);
        seconds[i] = mien_seconds() - before;
    }
    qsort(seconds, repeats, sizeof *seconds, compare_doubles);
    double median = seconds[repeats / 2];
    mien_arena_free(&arena);
    return median;
}

static mien_pool *create_pool(unsigned threads)
{
    mien_pool *pool;
    if (mien_pool_create(threads, &pool))
        die("no threads");
    return pool;
}

static int run_gemm(int argc, char **argv)
{
    struct job job = parse(argc, argv, 3);
    size_t n = whole(job.words[0]), p = whole(job.words[1]), r = whole(job.words[2]);
    size_t repeats = job.fit.iterations ? job.fit.iterations : 1;
    mien_pool *one = create_pool(1), *all = create_pool(job.fit.threads);
    int own = mien_blas_single();
    double tiled = time_products(n, p, r, mien_tiling_plan(n, p, r).rows, all, repeats);
    mien_blas_restore((int)mien_pool_threads(all));
    double at_once = time_products(n, p, r, n, one, repeats);
    mien_blas_restore(own);
    mien_pool_free(one);
    mien_pool_free(all);
    printf("{\"n\": %zu, \"p\": %zu, \"r\": %zu, \"tiled\": %.9g, \"whole\": %.9g, "
           "\"flops\": %.17g}\n",
           n, p, r, tiled, at_once, 8.0 * (double)n * (double)p * (double)r);
    return EXIT_SUCCESS;
}

/* ---------------------------------------------------------------- */

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } jobs[] = {{"fit", run_fit}, {"load", run_load}, {"gemm", run_gemm}};

    for (size_t i = 0; argc > 1 && i < sizeof jobs / sizeof *jobs; i++)
        if (strcmp(argv[1], jobs[i].name) == 0)
            return jobs[i].run(argc - 1, argv + 1);
    die_of_usage();
}
