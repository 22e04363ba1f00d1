/* nmf_batched.c - coordinate descent on the weights of several images at once, the basis fixed
 * (Kullback-Leibler).
 * SPDX-License-Identifier: MIT
 *
 * The loops stand in nmf_batched.inc. An entry and 16 images cost about 1.4 ns while x and the
 * models of the images stand in the first two caches, whatever they hold; along rows
 * (nmf_sweep.inc) 16 pixels cost 1.1 ns, and every coordinate 27 ns more. */
#include "methods/nmf/kernels/nmf_batched.h"

#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_vectors.h"

#include <string.h>

/* ---------------------------------------------------------------- entries */

mien_entries mien_entries_prepare(size_t p, size_t r, mien_arena *arena)
{
    return (mien_entries){.p = p,
                          .r = r,
                          .first = mien_arena_alloc(arena, r + 1, sizeof(size_t)),
                          .entry = mien_arena_alloc(arena, r * p, sizeof(mien_entry)),
                          .sum = mien_arena_alloc(arena, r, sizeof(float))};
}

static float largest(const float *H, size_t r, size_t p, size_t ldh)
{
    float most = 0;
    for (size_t k = 0; k < r; k++)
        for (size_t j = 0; j < p; j++)
            most = H[k * ldh + j] > most ? H[k * ldh + j] : most;
    return most;
}

void mien_entries_take(mien_entries *entries, const float *H, size_t ldh)
{
    size_t count = 0;
    float least = MIEN_ENTRY_LEAST * largest(H, entries->r, entries->p, ldh);
    for (size_t k = 0; k < entries->r; k++) {
        double sum = 0;
        entries->first[k] = count;
        for (size_t j = 0; j < entries->p; j++) {
            float value = H[k * ldh + j];
            entries->entry[count] = (mien_entry){(uint32_t)j, value};
            count += value > least; /* no branch: nothing foretells it */
            sum += value;
        }
        entries->sum[k] = (float)sum;
    }
    entries->first[entries->r] = count;
}

/* ---------------------------------------------------------------- tiles */

size_t mien_batched_scratch(size_t p, size_t r)
{
    return MIEN_BATCHED_MAX * (2 * p + 2 * r);
}

/* to (columns x lanes) <- from (rows x columns), lanes without a row 0. */
static void transpose_in(const float *from, size_t rows, size_t columns, size_t lanes, float *to)
{
    if (rows < lanes)
        memset(to, 0, columns * lanes * sizeof *to);
    mien_stranspose(rows, columns, from, columns, to, lanes);
}

void mien_batched_descend(const mien_entries *H, const float *x, size_t count, float floor,
                          int sweeps, float *W, float *product, float *scratch)
{
    const mien_nmf_vectors *vectors = mien_nmf_vectors_now();
    size_t p = H->p, r = H->r, lanes = vectors->images;
    float *transposed = scratch, *model = transposed + lanes * p, *w = model + lanes * p;
    float *transposed_product = product ? w + lanes * r : NULL;
    for (size_t i = 0; i < count; i += lanes) {
        size_t rows = count - i < lanes ? count - i : lanes;
        transpose_in(x + i * p, rows, p, lanes, transposed);
        transpose_in(W + i * r, rows, r, lanes, w);
        vectors->descend(H, transposed, floor, sweeps, model, w, transposed_product);
        mien_stranspose(r, rows, w, lanes, W + i * r, r);
        if (product)
            mien_stranspose(r, rows, transposed_product, lanes, product + i * r, r);
    }
}
