/* kernels.c - every variant of every kernel against the portable definition: error and time.
 * SPDX-License-Identifier: MIT
 *
 *   kernels           check and time all, one table
 *   kernels --check   only check: a few seconds
 *   kernels NAME...   those whose name holds one of these words
 *
 * In the manner of dav1d's checkasm: random shapes with odd tails, entries that are zero or
 * denormal; what a level makes of them must agree with what the portable level makes, within the
 * bound that stands beside the kernel. The error of an entry is relative to it or, where sums of
 * both signs are what is left, to `share` of the largest entry of its array. Times are CPU time of
 * one thread on the shape of CBCL, best of several.
 *
 * Exits 0 if all agree, 1 if one does not, 2 when the command line is wrong. */
#define _POSIX_C_SOURCE 200809L

#include "base/cpu.h"
#include "base/memory.h"
#include "base/rng.h"
#include "methods/loss.h"
#include "methods/nmf/kernels/nmf_batched.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/kernels/nmf_panels.h"
#include "methods/nmf/kernels/nmf_sweep.h"
#include "methods/nmf/nmf_hals.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---------------------------------------------------------------- problems */

static const float FLOOR = 1e-10f;

/* What a kernel changes, one array after the other. */
enum { MODEL, OTHER, WEIGHTS, BASIS, PRODUCT, ARRAYS };

/* n images x (n x p), rows of `rows` floats elsewhere: p padded as sweeps want it. */
struct problem {
    size_t n, p, r, ld;
    float *x;      /* n x ld, padded with 0 */
    float *tile;   /* n x p: x without padding */
    float *H;      /* r x ld, padded with 0 */
    float *gram;   /* r x r */
    float *factor; /* n x r */
    float *sum;    /* r: of H's rows */
    size_t size[ARRAYS];
    float *start[ARRAYS], *now[ARRAYS];
    double value; /* what the kernel returned */
    mien_panels panels;
    mien_entries entries;
    float *scratch;
    unsigned *active;
    mien_arena arena;
};

static double uniform(uint64_t seed, size_t i)
{
    return mien_random_uniform(seed, MIEN_STREAM_TEST, i);
}

/* 0 .. 1; a tenth of them 0, where `small` some denormal. */
static float draw(uint64_t seed, size_t i, bool small)
{
    double u = uniform(seed, i);
    return u < 0.1 ? 0 : small && u < 0.12 ? 1e-40f : (float)u;
}

static float *floats(struct problem *t, size_t count)
{
    return mien_arena_alloc(&t->arena, count, sizeof(float));
}

static void fill_start(struct problem *t, uint64_t seed, bool small)
{
    for (size_t i = 0; i < t->n; i++)
        for (size_t j = 0; j < t->ld; j++) {
            double m = FLOOR;
            for (size_t k = 0; k < t->r && j < t->p; k++)
                m += (double)t->start[WEIGHTS][i * t->r + k] * t->H[k * t->ld + j];
            t->start[MODEL][i * t->ld + j] = j < t->p ? (float)m : 1;
        }
    for (size_t a = 0; a < t->size[BASIS]; a++) /* columns for least squares, all of them there */
        t->start[BASIS][a] = draw(seed + 6, a, small);
}

static bool make(struct problem *t, size_t n, size_t p, size_t r, uint64_t seed, bool small)
{
    size_t ld = mien_hals_padded(mien_sweep_padded(p)), rows = (n + 7) / 8 * 8;
    *t = (struct problem){.n = n, .p = p, .r = r, .ld = ld};
    t->size[MODEL] = t->size[OTHER] = n * ld;
    t->size[WEIGHTS] = n * r;
    t->size[BASIS] = r * ld;
    t->size[PRODUCT] = rows * r;
    for (size_t a = 0; a < ARRAYS; a++) {
        t->start[a] = floats(t, t->size[a]);
        t->now[a] = floats(t, t->size[a]);
    }
    t->x = floats(t, n * ld);
    t->tile = floats(t, n * p);
    t->H = floats(t, r * ld);
    t->gram = floats(t, r * r);
    t->factor = floats(t, n * r);
    t->sum = floats(t, r);
    t->active = mien_arena_alloc(&t->arena, MIEN_SWEEP_ROWS * r, sizeof(unsigned));
    t->entries = mien_entries_prepare(p, r, &t->arena);
    if (t->arena.failed)
        return false;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p; j++)
            t->tile[i * p + j] = t->x[i * ld + j] = draw(seed, i * p + j, small);
    for (size_t k = 0; k < r; k++)
        for (size_t j = 0; j < p; j++) {
            t->H[k * ld + j] = draw(seed + 1, k * p + j, small);
            t->sum[k] += t->H[k * ld + j];
        }
    for (size_t a = 0; a < n * r; a++) {
        t->start[WEIGHTS][a] = draw(seed + 2, a, small);
        t->factor[a] = draw(seed + 3, a, false);
    }
    for (size_t k = 0; k < r; k++)
        for (size_t l = 0; l < r; l++)
            t->gram[k * r + l] =
                k == l ? (float)r : draw(seed + 4, k < l ? k * r + l : l * r + k, 0);
    fill_start(t, seed, small);
    mien_entries_take(&t->entries, t->H, ld);
    return true;
}

/* Panels belong to a level: to be called after each change of it. */
static bool take_level(struct problem *t)
{
    t->panels = mien_panels_prepare(t->p, t->r, &t->arena);
    size_t products = mien_panels_scratch(&t->panels, t->n) + 2 * t->r * t->panels.ld;
    size_t batched = mien_batched_scratch(t->p, t->r);
    t->scratch = floats(t, products > batched ? products : batched);
    if (t->arena.failed)
        return false;
    mien_panels_hold_all(&t->panels, t->H, t->ld);
    return true;
}

static void restore(struct problem *t)
{
    for (size_t a = 0; a < ARRAYS; a++)
        memcpy(t->now[a], t->start[a], t->size[a] * sizeof(float));
}

/* ---------------------------------------------------------------- kernels */

static void run_ratio(struct problem *t)
{
    mien_kl_ratio(t->x, t->now[MODEL], t->size[MODEL]);
}

static void run_raise(struct problem *t)
{
    mien_kl_raise(t->now[MODEL], 0.5f, t->size[MODEL]);
}

static void run_was_raised(struct problem *t)
{
    t->value = 0;
    for (size_t i = 0; i < t->n; i++)
        t->value += mien_kl_was_raised(t->x + i * t->ld, t->now[MODEL] + i * t->ld, 0.1f, t->ld);
}

static void run_ratio_and_loss(struct problem *t)
{
    t->value = mien_kl_ratio_and_loss(t->x, t->now[MODEL], t->size[MODEL]);
}

static void run_scale_weights(struct problem *t)
{
    double *sum = (double *)(void *)t->scratch;
    memset(sum, 0, t->r * sizeof *sum);
    mien_kl_scale_weights(t->now[WEIGHTS], t->factor, t->sum, t->n, t->r, sum);
    t->value = 0;
    for (size_t k = 0; k < t->r; k++)
        t->value += sum[k];
}

static void run_scale_product(struct problem *t)
{
    t->value = mien_scale_product(t->now[MODEL], t->x, 0.7f, t->size[MODEL]);
}

static void run_mu_step(struct problem *t)
{
    t->value = mien_mu_step(t->now[MODEL], t->x, t->start[MODEL], t->size[MODEL]);
}

static void run_loss(struct problem *t)
{
    double *y = (double *)(void *)t->scratch;
    t->value = 0;
    for (size_t i = 0; i < t->n; i++) {
        for (size_t k = 0; k < t->r; k++)
            y[k] = t->factor[i * t->r + k];
        t->value += mien_loss_sum(MIEN_LOSS_SQUARES, t->now[WEIGHTS] + i * t->r, y, t->r);
    }
}

static void run_sweep(struct problem *t)
{
    for (size_t i = 0; i < t->n; i += MIEN_SWEEP_ROWS) {
        mien_sweep_row rows[MIEN_SWEEP_ROWS];
        size_t count = t->n - i < MIEN_SWEEP_ROWS ? t->n - i : MIEN_SWEEP_ROWS;
        for (size_t a = 0; a < count; a++) {
            rows[a] = (mien_sweep_row){.x = t->x + (i + a) * t->ld,
                                       .m = t->now[MODEL] + (i + a) * t->ld,
                                       .w = t->now[WEIGHTS] + (i + a) * t->r,
                                       .active = t->active + a * t->r,
                                       .count = t->r};
            for (size_t k = 0; k < t->r; k++)
                rows[a].active[k] = (unsigned)k;
        }
        mien_kl_sweep(rows, count, t->ld, FLOOR, t->H, t->sum);
    }
}

static void run_curvature(struct problem *t)
{
    for (size_t i = 0; i < t->n; i++)
        mien_kl_curvature(t->x + i * t->ld, t->now[MODEL] + i * t->ld, t->ld, FLOOR, t->H, 0.1f,
                          t->H + (t->r - 1) * t->ld, t->now[OTHER] + i * t->ld);
}

static void run_hals_sweep(struct problem *t)
{
    for (size_t at = 0; at < t->ld; at += MIEN_HALS_CHUNK)
        mien_hals_sweep(t->gram, t->H + at, t->now[BASIS] + at, t->r, t->ld);
}

static void run_hals_quadratic(struct problem *t)
{
    t->value = 0;
    for (size_t at = 0; at < t->ld; at += MIEN_HALS_CHUNK)
        t->value += mien_hals_quadratic(t->gram, t->H + at, t->now[BASIS] + at, t->r, t->ld);
}

static void run_batched(struct problem *t)
{
    mien_batched_descend(&t->entries, t->tile, t->n, FLOOR, 1, t->now[WEIGHTS], t->now[PRODUCT],
                         t->scratch);
}

static void run_weights_product(struct problem *t)
{
    t->value = mien_panels_weights_product(&t->panels, t->tile, t->start[WEIGHTS], t->n,
                                           t->now[PRODUCT], NULL, 0, t->scratch);
    memset(t->now[PRODUCT] + t->n * t->r, 0, (t->size[PRODUCT] - t->n * t->r) * sizeof(float));
}

static void run_weights_product_and_model(struct problem *t)
{
    mien_panels_weights_product(&t->panels, t->tile, t->start[WEIGHTS], t->n, t->now[PRODUCT],
                                t->now[MODEL], t->ld, t->scratch);
    memset(t->now[PRODUCT] + t->n * t->r, 0, (t->size[PRODUCT] - t->n * t->r) * sizeof(float));
}

static void run_basis_product(struct problem *t)
{
    float *sums = t->scratch, *total = sums + t->r * t->panels.ld;
    t->value = mien_panels_basis_product(&t->panels, t->tile, t->start[WEIGHTS], t->n, false, true,
                                         sums, total);
    for (size_t part = 0; part < mien_panels_parts(&t->panels); part++) {
        mien_columns c = mien_panels_columns(&t->panels, part);
        mien_panels_take(&t->panels, sums, c, total);
        for (size_t k = 0; k < t->r; k++)
            memcpy(t->now[BASIS] + k * t->ld + c.first, total + k * c.count,
                   c.count * sizeof *total);
    }
}

static double entries_of_model(const struct problem *t)
{
    return (double)t->size[MODEL];
}

static double entries_of_weights(const struct problem *t)
{
    return (double)(t->n * t->r);
}

static double products(const struct problem *t)
{
    return (double)t->n * (double)t->ld * (double)t->r;
}

static double rows(const struct problem *t)
{
    return (double)t->n * (double)t->ld;
}

static double squares(const struct problem *t)
{
    return (double)t->r * (double)t->r * (double)t->ld;
}

/* Units in the last place, of which one is 2^-23 at most. */
#define ULP 0x1p-23

static const struct kernel {
    const char *name;
    double bound, share;
    double (*work)(const struct problem *t); /* what the time is divided by */
    void (*run)(struct problem *t);
} kernels[] = {
    {"ratio", 1 * ULP, 0, entries_of_model, run_ratio},
    {"raise", 0, 0, entries_of_model, run_raise},
    {"was_raised", 0, 0, entries_of_model, run_was_raised},
    {"ratio_and_loss", 4 * ULP, 1, entries_of_model, run_ratio_and_loss},
    {"scale_weights", 2 * ULP, 0, entries_of_weights, run_scale_weights},
    {"scale_product", 2 * ULP, 0, entries_of_model, run_scale_product},
    {"mu_step", 2 * ULP, 0, entries_of_model, run_mu_step},
    {"loss", 1 * ULP, 0, entries_of_weights, run_loss},
    {"sweep", 50 * ULP, 1, products, run_sweep},
    {"curvature", 20 * ULP, 0, rows, run_curvature},
    {"hals_sweep", 200 * ULP, 1, squares, run_hals_sweep},
    {"hals_quadratic", 20 * ULP, 1, squares, run_hals_quadratic},
    {"batched", 50 * ULP, 1, products, run_batched},
    {"weights_product", 20 * ULP, 0, products, run_weights_product},
    {"weights_product_and_model", 20 * ULP, 0, products, run_weights_product_and_model},
    {"basis_product", 20 * ULP, 0, products, run_basis_product},
};

enum { KERNELS = sizeof kernels / sizeof *kernels };

/* ---------------------------------------------------------------- errors */

/* The largest error of `now` against `want`. NaN counts as infinite. */
static double compare(const float *now, const float *want, size_t count, double share)
{
    double most = 0, worst = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs((double)want[i]));
    for (size_t i = 0; i < count; i++) {
        double size = fmax(fabs((double)want[i]), fmax(share * most, 1e-37));
        double error = fabs((double)now[i] - (double)want[i]) / size;
        worst = error <= worst ? worst : error == error ? error : INFINITY;
    }
    return worst;
}

/* The kernel's largest error at `level` against the portable one, on one problem. Negative: memory
 * is out. */
static double error_of(const struct kernel *kernel, mien_cpu level, struct problem *t)
{
    float *want[ARRAYS];
    double worst = 0;
    mien_cpu_limit(MIEN_CPU_PORTABLE);
    if (!take_level(t))
        return -1;
    restore(t);
    t->value = 0;
    kernel->run(t);
    double value = t->value;
    for (size_t a = 0; a < ARRAYS; a++) {
        want[a] = floats(t, t->size[a]);
        if (!want[a])
            return -1;
        memcpy(want[a], t->now[a], t->size[a] * sizeof(float));
    }
    mien_cpu_limit(level);
    if (!take_level(t))
        return -1;
    restore(t);
    t->value = 0;
    kernel->run(t);
    for (size_t a = 0; a < ARRAYS; a++)
        worst = fmax(worst, compare(t->now[a], want[a], t->size[a], kernel->share));
    double size = fmax(fabs(value), 1e-37), error = fabs(t->value - value) / size;
    return fmax(worst, error == error ? error : INFINITY);
}

/* The same over random problems. */
static double check(const struct kernel *kernel, mien_cpu level)
{
    enum { ROUNDS = 60, IMAGES = 40, PIXELS = 130, COMPONENTS = 25 };
    double worst = 0;
    for (size_t round = 0; round < ROUNDS && worst >= 0; round++) {
        struct problem t;
        uint64_t seed = 16 * round;
        size_t n = 1 + (size_t)(uniform(seed, 0) * IMAGES);
        size_t p = 1 + (size_t)(uniform(seed, 1) * PIXELS) + (round % 8 == 7 ? 400 : 0);
        size_t r = 1 + (size_t)(uniform(seed, 2) * COMPONENTS);
        bool made = make(&t, n, p, r, seed, true);
        double error = made ? error_of(kernel, level, &t) : -1;
        worst = error < 0 ? -1 : fmax(worst, error);
        mien_arena_free(&t.arena);
    }
    return worst;
}

/* ---------------------------------------------------------------- times */

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double seconds(struct problem *t, void (*run)(struct problem *t))
{
    enum { ROUNDS = 12 };
    double best = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        double begin = cpu_seconds();
        int count = 0;
        do {
            restore(t);
            if (run)
                run(t);
            count++;
        } while (cpu_seconds() - begin < 2e-3);
        best = fmin(best, (cpu_seconds() - begin) / count);
    }
    return best;
}

/* Nanoseconds for one unit of the kernel's work; NAN: memory is out. */
static double time_of(const struct kernel *kernel, mien_cpu level)
{
    struct problem t;
    double time = NAN;
    bool made = make(&t, 160, 361, 49, 1, false);
    mien_cpu_limit(level);
    if (made && take_level(&t))
        time = 1e9 * (seconds(&t, kernel->run) - seconds(&t, NULL)) / kernel->work(&t);
    mien_arena_free(&t.arena);
    return time;
}

/* ---------------------------------------------------------------- the table */

/* One kernel at all levels; false where one of them is wrong. */
static bool tell(const struct kernel *kernel, mien_cpu best, bool with_time)
{
    bool right = true;
    double portable = with_time ? time_of(kernel, MIEN_CPU_PORTABLE) : 0;
    printf("%-26s %8.1e", kernel->name, kernel->bound);
    if (with_time)
        printf(" %9.4f", portable);
    for (mien_cpu level = MIEN_CPU_AVX2; level <= best; level++) {
        double error = check(kernel, level);
        bool agrees = error >= 0 && error <= kernel->bound;
        if (with_time) {
            double time = time_of(kernel, level);
            printf(" %9.4f %5.1fx", time, portable / time);
        }
        printf(" %8.1e%s", error, agrees ? " " : "!");
        right = right && agrees;
    }
    printf("\n");
    return right;
}

static bool is_wanted(const char *name, int count, char **words)
{
    for (int i = 0; i < count; i++)
        if (strstr(name, words[i]))
            return true;
    return count == 0;
}

int main(int argc, char **argv)
{
    bool with_time = true, right = true;
    int first = 1;
    if (first < argc && strcmp(argv[first], "--check") == 0) {
        with_time = false;
        first++;
    }
    if (first < argc && argv[first][0] == '-') {
        fprintf(stderr, "usage: kernels [--check] [NAME...]\n");
        return 2;
    }
    mien_cpu best = mien_cpu_limit(MIEN_CPU_LEVELS);
    printf("%-26s %8s", "kernel", "bound");
    if (with_time)
        printf(" %9s", "ns");
    for (mien_cpu level = MIEN_CPU_AVX2; level <= best; level++)
        printf(with_time ? " %9s     x    error " : " %8s ", mien_cpu_name(level));
    printf("\n");
    for (size_t k = 0; k < KERNELS; k++)
        if (is_wanted(kernels[k].name, argc - first, argv + first))
            right = tell(&kernels[k], best, with_time) && right;
    return right ? 0 : 1;
}
