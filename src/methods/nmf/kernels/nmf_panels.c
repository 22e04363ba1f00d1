/* nmf_panels.c - X / WH and its products with both factors: panels, and the calls to a level.
 * SPDX-License-Identifier: MIT */
#include "methods/nmf/kernels/nmf_panels.h"

#include "methods/loss.h"
#include "methods/nmf/kernels/nmf_vectors.h"

#include <string.h>

enum { PART = 64 }; /* pixels of a part where there are no panels */

mien_panels mien_panels_prepare(size_t p, size_t r, mien_arena *arena)
{
    const mien_panels_kernel *kernel = mien_nmf_vectors_now()->panels;
    mien_panels q = {.kernel = kernel,
                     .p = p,
                     .r = r,
                     .strip = kernel->strip ? kernel->strip : p,
                     .rows = kernel->rows,
                     .part = kernel->strip ? kernel->strip : PART,
                     .floor = (float)MIEN_KL_FLOOR,
                     .ld = (p + kernel->lanes - 1) / kernel->lanes * kernel->lanes};
    q.H = mien_arena_alloc(arena, r * q.ld, sizeof *q.H);
    return q;
}

/* ---------------------------------------------------------------- parts */

size_t mien_panels_parts(const mien_panels *q)
{
    return (q->p + q->part - 1) / q->part;
}

mien_columns mien_panels_columns(const mien_panels *q, size_t part)
{
    size_t first = part * q->part;
    return (mien_columns){first, q->p - first < q->part ? q->p - first : q->part};
}

/* Where row 0 of these columns stands in a panel matrix, and the distance to row 1. */
static size_t place(const mien_panels *q, mien_columns columns, size_t *ld)
{
    size_t panel = columns.first / q->strip * q->strip;
    *ld = q->ld - panel < q->strip ? q->ld - panel : q->strip;
    return panel * q->r + columns.first - panel;
}

void mien_panels_hold(mien_panels *q, mien_columns columns, const float *H, size_t ldh)
{
    size_t ld;
    float *to = q->H + place(q, columns, &ld); /* the padding was zero from the start */
    for (size_t k = 0; k < q->r; k++)
        memcpy(to + k * ld, H + k * ldh + columns.first, columns.count * sizeof *to);
}

void mien_panels_hold_all(mien_panels *q, const float *H, size_t ldh)
{
    for (size_t part = 0; part < mien_panels_parts(q); part++)
        mien_panels_hold(q, mien_panels_columns(q, part), H, ldh);
}

void mien_panels_take(const mien_panels *q, const float *sums, mien_columns columns, float *total)
{
    size_t ld;
    sums += place(q, columns, &ld);
    for (size_t k = 0; k < q->r; k++)
        memcpy(total + k * columns.count, sums + k * ld, columns.count * sizeof *total);
}

/* ---------------------------------------------------------------- products */

size_t mien_panels_scratch(const mien_panels *q, size_t rows)
{
    return q->kernel->scratch(rows, q->p, q->r);
}

double mien_panels_weights_product(const mien_panels *q, const float *x, const float *W,
                                   size_t count, float *product, float *model, size_t ldm,
                                   float *scratch)
{
    return q->kernel->weights_product(q, x, W, count, product, model, ldm, scratch);
}

double mien_panels_basis_product(const mien_panels *q, const float *x, const float *W, size_t count,
                                 bool keep, bool with_loss, float *sums, float *scratch)
{
    return q->kernel->basis_product(q, x, W, count, keep, with_loss, sums, scratch);
}
