/* consensus.c - which images go together, over many runs.
 * SPDX-License-Identifier: MIT
 *
 * Brunet, Tamayo, Golub & Mesirov, "Metagenes and molecular pattern discovery using matrix
 * factorization", PNAS 101 (2004): C[i,j] is the share of runs in which images i and j have the
 * same dominant component. A clustering that every run finds makes C zeros and ones. How near it
 * comes to that is told by the cophenetic correlation of Brunet and by the dispersion of Kim &
 * Park, "Sparse non-negative matrix factorizations via alternating non-negativity-constrained
 * least squares", Bioinformatics 23 (2007). */
#include "study/consensus.h"

#include "base/memory.h"
#include "mien_study.h"
#include "study/hierarchy.h"

#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------- dominant components */

size_t mien_consensus_choose(size_t n, size_t *images)
{
    size_t count = n < MIEN_CONSENSUS_MAX ? n : MIEN_CONSENSUS_MAX;
    for (size_t a = 0; a < count; a++) {
        size_t whole = n / count, rest = n % count; /* a n / count, without overflow */
        images[a] = a * whole + a * rest / count;
    }
    return count;
}

/* |W[i,k]| sum_j |H[k,j]|. A component whose basis is all zero, as k-means' centre of black images,
 * explains nothing, but still may be the only one that an image has: weights decide then. */
static uint32_t dominant_of(const float *w, const double *mass, size_t r)
{
    uint32_t found = MIEN_NO_COMPONENT;
    double max = 0;
    for (size_t k = 0; k < r; k++) {
        double share = fabs((double)w[k]) * mass[k];
        if (share > max) {
            max = share;
            found = (uint32_t)k;
        }
    }
    for (size_t k = 0; k < r && max == 0; k++)
        if (w[k] != 0 && (found == MIEN_NO_COMPONENT || fabsf(w[k]) > fabsf(w[found])))
            found = (uint32_t)k;
    return found;
}

mien_status mien_consensus_dominant(const mien_fit *fit, const size_t *images, size_t count,
                                    uint32_t *out)
{
    double *mass = mien_alloc_array(fit->r, sizeof *mass);
    if (!mass)
        return MIEN_ERR_NOMEM;
    for (size_t k = 0; k < fit->r; k++)
        for (size_t j = 0; j < fit->p; j++)
            mass[k] += fabs((double)fit->H[k * fit->p + j]);
    for (size_t a = 0; a < count; a++)
        out[a] = dominant_of(fit->W + images[a] * fit->r, mass, fit->r);
    mien_free(mass);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- counts */

static uint32_t count_at(const mien_consensus *c, size_t a, size_t b)
{
    size_t at = a * c->n + b;
    switch (c->count_nbytes) {
    case 1:
        return ((const uint8_t *)c->counts)[at];
    case 2:
        return ((const uint16_t *)c->counts)[at];
    default:
        return ((const uint32_t *)c->counts)[at];
    }
}

double mien_consensus_share(const mien_consensus *consensus, size_t a, size_t b)
{
    return (double)count_at(consensus, a, b) / (double)consensus->runs;
}

struct counting {
    const uint32_t *dominant; /* runs x n */
    mien_consensus *c;
    uint32_t *rows; /* a row of counts, one a worker */
};

static void count_row(void *context, size_t a, unsigned worker)
{
    struct counting *counting = context;
    mien_consensus *c = counting->c;
    size_t n = c->n;
    uint32_t *row = counting->rows + worker * n;
    memset(row, 0, n * sizeof *row);
    for (size_t run = 0; run < c->runs; run++) {
        const uint32_t *dominant = counting->dominant + run * n;
        uint32_t own = dominant[a];
        for (size_t b = 0; own != MIEN_NO_COMPONENT && b < n; b++)
            row[b] += dominant[b] == own;
    }
    row[a] = (uint32_t)c->runs; /* an image goes with itself, dominated or not */
    for (size_t b = 0; b < n; b++) {
        if (c->count_nbytes == 1)
            ((uint8_t *)c->counts)[a * n + b] = (uint8_t)row[b];
        else if (c->count_nbytes == 2)
            ((uint16_t *)c->counts)[a * n + b] = (uint16_t)row[b];
        else
            ((uint32_t *)c->counts)[a * n + b] = row[b];
    }
}

static mien_status count_pairs(mien_pool *pool, const uint32_t *dominant, mien_consensus *c)
{
    size_t entries;
    c->count_nbytes = c->runs <= UINT8_MAX ? 1 : c->runs <= UINT16_MAX ? 2 : 4;
    if (!mien_product(c->n, c->n, 1, &entries))
        return MIEN_ERR_NOMEM;
    c->counts = mien_alloc_array(entries, c->count_nbytes);
    struct counting counting = {dominant, c,
                                mien_alloc_array(mien_pool_threads(pool) * c->n, sizeof(uint32_t))};
    mien_status st = c->counts && counting.rows ? MIEN_OK : MIEN_ERR_NOMEM;
    if (!st)
        mien_pool_run(pool, c->n, count_row, &counting);
    mien_free(counting.rows);
    return st;
}

/* ---------------------------------------------------------------- the tree and its correlation */

/* Why the two numbers mean nothing, or NULL. */
static const char *why_undefined(const mien_consensus *c)
{
    if (c->runs < 2)
        return "one run cannot agree or disagree with itself";
    uint32_t first = c->n > 1 ? count_at(c, 0, 1) : 0;
    for (size_t a = 0; a < c->n; a++)
        for (size_t b = a + 1; b < c->n; b++)
            if (count_at(c, a, b) != first)
                return NULL;
    return "every two images go together equally often, so there is nothing to correlate";
}

static double dispersion_of(const mien_consensus *c)
{
    double sum = 0;
    for (size_t a = 0; a < c->n; a++) {
        double row = 0;
        for (size_t b = 0; b < c->n; b++) {
            double off = mien_consensus_share(c, a, b) - 0.5;
            row += off * off;
        }
        sum += row;
    }
    return 4 * sum / ((double)c->n * (double)c->n);
}

/* Pearson correlation over all pairs: of the distance 1 - C and the height of the merge that joins
 * the two, which are those between the left and the right part of each merge. */
static double cophenetic_of(const mien_consensus *c, const mien_merge *merges, const size_t *starts)
{
    double pairs = (double)c->n * (double)(c->n - 1) / 2, mean_d = 0, mean_h = 0;
    for (size_t a = 0; a < c->n; a++)
        for (size_t b = a + 1; b < c->n; b++)
            mean_d += (double)(c->runs - count_at(c, a, b)); /* whole numbers: exact */
    mean_d /= pairs * (double)c->runs;
    double dd = 0, dh = 0, hh = 0;
    for (int pass = 0; pass < 2; pass++) {
        double sum_h = 0;
        for (size_t m = 0; m + 1 < c->n; m++) {
            size_t left = merges[m].left < c->n ? 1 : merges[merges[m].left - c->n].size;
            size_t middle = starts[m] + left, end = starts[m] + merges[m].size;
            double h = merges[m].height - mean_h;
            double block = (double)left * (double)(end - middle), sum_d = 0;
            sum_h += block * h;
            if (pass == 0)
                continue;
            for (size_t a = starts[m]; a < middle; a++)
                for (size_t b = middle; b < end; b++) {
                    double d = 1 - mien_consensus_share(c, c->order[a], c->order[b]) - mean_d;
                    sum_d += d;
                    dd += d * d;
                }
            dh += sum_d * h;
            hh += block * h * h;
        }
        if (pass == 0)
            mean_h = sum_h / pairs;
    }
    return dd > 0 && hh > 1e-24 * pairs ? dh / sqrt(dd * hh) : NAN;
}

static mien_status grow_tree(mien_consensus *c, mien_arena *arena)
{
    size_t n = c->n, pairs = n * (n - 1) / 2;
    double *distances = mien_arena_alloc(arena, pairs, sizeof *distances);
    mien_merge *merges = mien_arena_alloc(arena, n, sizeof *merges);
    size_t *starts = mien_arena_alloc(arena, n, sizeof *starts);
    c->order = mien_alloc_array(n, sizeof *c->order);
    if (arena->failed || !c->order)
        return MIEN_ERR_NOMEM;
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++)
            distances[mien_pair_index(n, a, b)] = 1 - mien_consensus_share(c, a, b);
    mien_status st = mien_hierarchy_average(distances, n, merges);
    if (!st)
        st = mien_hierarchy_leaves(merges, n, c->order, starts);
    if (st || c->undefined)
        return st;
    c->dispersion = dispersion_of(c);
    c->cophenetic = cophenetic_of(c, merges, starts);
    if (isnan(c->cophenetic))
        c->undefined = "all images join the tree at one height, so there is nothing to correlate";
    return MIEN_OK;
}

mien_status mien_consensus_build(mien_pool *pool, const uint32_t *dominant, size_t runs, size_t n,
                                 mien_consensus *out)
{
    mien_arena arena = {0};
    out->n = n;
    out->runs = runs;
    out->cophenetic = out->dispersion = NAN;
    mien_status st = count_pairs(pool, dominant, out);
    if (!st) {
        out->undefined = why_undefined(out);
        st = grow_tree(out, &arena);
    }
    mien_arena_free(&arena);
    return st;
}

void mien_consensus_free(mien_consensus *consensus)
{
    mien_free(consensus->images);
    mien_free(consensus->counts);
    mien_free(consensus->order);
    *consensus = (mien_consensus){0};
}
