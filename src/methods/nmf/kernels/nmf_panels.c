/* nmf_panels.c - X / WH and its products with both factors: choice of a version, and that of BLAS.
 * SPDX-License-Identifier: MIT */
#include "methods/nmf/kernels/nmf_panels.h"

#include "base/clones.h"
#include "base/processor.h"
#include "linalg/blas.h"
#include "methods/loss.h"
#include "methods/nmf/kernels/nmf_kernels.h"

#include <string.h>

/* ---------------------------------------------------------------- by BLAS */

static size_t blas_scratch(size_t rows, size_t p, size_t r)
{
    (void)r;
    return rows * p;
}

static double blas_pull(const mien_panels *q, const float *x, const float *W, size_t count,
                        float *pull, float *ratio)
{
    size_t p = q->p, r = q->r;
    mien_sgemm(false, false, count, p, r, 1, W, r, q->H, p, 0, ratio, p);
    mien_kl_raise(ratio, q->floor, count * p);
    double loss = mien_kl_ratio_and_loss(x, ratio, count * p);
    mien_sgemm(false, true, count, r, p, 1, ratio, p, q->H, p, 0, pull, r);
    return loss;
}

static void blas_pull_and_model(const mien_panels *q, const float *x, const float *W, size_t count,
                                float *pull, float *model, size_t ldm, float *ratio)
{
    size_t p = q->p, r = q->r;
    mien_sgemm(false, false, count, p, r, 1, W, r, q->H, p, 0, model, ldm);
    for (size_t i = 0; i < count; i++)
        mien_kl_raise_and_ratio(x + i * p, model + i * ldm, ratio + i * p, q->floor, p);
    mien_sgemm(false, true, count, r, p, 1, ratio, p, q->H, p, 0, pull, r);
}

static double blas_push(const mien_panels *q, const float *x, const float *W, size_t count,
                        bool keep, bool with_loss, float *sums, float *ratio)
{
    size_t p = q->p, r = q->r;
    double loss = 0;
    mien_sgemm(false, false, count, p, r, 1, W, r, q->H, p, 0, ratio, p);
    mien_kl_raise(ratio, q->floor, count * p);
    if (with_loss)
        loss = mien_kl_ratio_and_loss(x, ratio, count * p);
    else
        mien_kl_ratio(x, ratio, count * p);
    mien_sgemm(true, false, r, p, count, 1, W, r, ratio, p, keep, sums, p);
    return loss;
}

const mien_panels_kernel mien_panels_blas = {.lanes = 1,
                                             .scratch = blas_scratch,
                                             .pull = blas_pull,
                                             .pull_and_model = blas_pull_and_model,
                                             .push = blas_push};

/* ---------------------------------------------------------------- choice */

enum { PART = 64 }; /* pixels of a part where there are no panels */

bool mien_panels_can(const mien_panels_kernel *kernel)
{
    return kernel->pull && (kernel != &mien_panels_avx512 || mien_can_avx512());
}

mien_panels mien_panels_with(const mien_panels_kernel *kernel, size_t p, size_t r,
                             mien_arena *arena)
{
    mien_panels q = {.kernel = kernel,
                     .p = p,
                     .r = r,
                     .strip = kernel->strip ? kernel->strip : p,
                     .part = kernel->strip ? kernel->strip : PART,
                     .floor = (float)MIEN_KL_FLOOR,
                     .ld = (p + kernel->lanes - 1) / kernel->lanes * kernel->lanes};
    q.H = mien_arena_alloc(arena, r * q.ld, sizeof *q.H);
    return q;
}

mien_panels mien_panels_prepare(size_t p, size_t r, mien_arena *arena)
{
    bool wide = mien_panels_can(&mien_panels_avx512);
    return mien_panels_with(wide ? &mien_panels_avx512 : &mien_panels_blas, p, r, arena);
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

double mien_panels_pull(const mien_panels *q, const float *x, const float *W, size_t count,
                        float *pull, float *scratch)
{
    return q->kernel->pull(q, x, W, count, pull, scratch);
}

void mien_panels_pull_and_model(const mien_panels *q, const float *x, const float *W, size_t count,
                                float *pull, float *model, size_t ldm, float *scratch)
{
    q->kernel->pull_and_model(q, x, W, count, pull, model, ldm, scratch);
}

double mien_panels_push(const mien_panels *q, const float *x, const float *W, size_t count,
                        bool keep, bool with_loss, float *sums, float *scratch)
{
    return q->kernel->push(q, x, W, count, keep, with_loss, sums, scratch);
}
