/* snapshots.c - the basis along the iterations, small enough to be kept.
 * SPDX-License-Identifier: MIT */
#include "methods/snapshots.h"

#include "methods/method.h"

#include <math.h>
#include <string.h>

enum { ZERO = 128, SPAN = 127 }; /* of signed values */

/* The next of 1, 2, 3, 5, 8, ... above `iteration`. */
static size_t next_due(size_t iteration)
{
    size_t before = 1, due = 1;
    while (due <= iteration) {
        size_t sum = before + due;
        before = due;
        due = sum;
    }
    return due;
}

static bool is_kept(const mien_run *run, size_t iteration)
{
    const mien_snapshots *s = &run->fit->snapshots;
    size_t last = s->count ? s->iteration[s->count - 1] : 0;
    return run->options->snapshots && run->before + iteration >= next_due(last);
}

static bool is_wanted(const mien_run *run)
{
    const mien_options *options = run->options;
    return options->view && options->view(options->viewer, NULL);
}

bool mien_snapshot_due(const mien_run *run, size_t iteration)
{
    return is_kept(run, iteration) || is_wanted(run);
}

float mien_snapshot_row(const float *h, size_t p, bool is_signed, uint8_t *out)
{
    float largest = 0;
    for (size_t j = 0; j < p; j++)
        largest = fmaxf(largest, fabsf(h[j]));
    float factor = largest > 0 ? (is_signed ? SPAN : UINT8_MAX) / largest : 0;
    if (!isfinite(factor)) /* below the normal range: nothing that could be seen */
        factor = largest = 0;
    for (size_t j = 0; j < p; j++) /* centroids of signed data: what is below 0 is black */
        out[j] = (uint8_t)fmaxf((is_signed ? ZERO : 0.0f) + roundf(factor * h[j]), 0);
    return largest;
}

static bool grow(mien_snapshots *s, size_t size, size_t r)
{
    /* doubling what is large would cost a megabyte or more for nothing: there are a dozen of them
     */
    uint8_t *values = mien_alloc_raw(s->count + 1, size);
    float *scale = mien_alloc_raw((s->count + 1) * r, sizeof *scale);
    size_t *iteration = mien_alloc_raw(s->count + 1, sizeof *iteration);
    if (!values || !scale || !iteration) {
        mien_free(values);
        mien_free(scale);
        mien_free(iteration);
        return false;
    }
    if (s->count) {
        memcpy(values, s->values, s->count * size);
        memcpy(scale, s->scale, s->count * r * sizeof *scale);
        memcpy(iteration, s->iteration, s->count * sizeof *iteration);
    }
    size_t count = s->count;
    mien_snapshots_free(s);
    *s = (mien_snapshots){
        .count = count + 1, .iteration = iteration, .values = values, .scale = scale};
    return true;
}

void mien_snapshot_take(mien_run *run, size_t iteration, const float *H, size_t ldh)
{
    mien_fit *fit = run->fit;
    mien_snapshots *s = &fit->snapshots;
    size_t p = fit->p, r = fit->r;
    iteration += run->before;
    bool again = s->count && s->iteration[s->count - 1] == iteration;
    if (!again && !grow(s, r * p, r)) {
        run->out_of_memory = true;
        return;
    }
    size_t at = s->count - 1;
    s->is_signed = run->method->info.traits & MIEN_SIGNED;
    s->iteration[at] = iteration;
    for (size_t k = 0; k < r; k++)
        s->scale[at * r + k] =
            mien_snapshot_row(H + k * ldh, p, s->is_signed, s->values + (at * r + k) * p);
}

void mien_snapshot_offer(mien_run *run, size_t iteration, const float *H, size_t ldh,
                         const float *W)
{
    const mien_options *options = run->options;
    const mien_view now = {iteration, H, ldh, W};
    if (is_kept(run, iteration))
        mien_snapshot_take(run, iteration, H, ldh);
    if (is_wanted(run))
        options->view(options->viewer, &now);
}

static void flip(uint8_t *row, size_t p)
{
    for (size_t j = 0; j < p; j++)
        row[j] = (uint8_t)(2 * ZERO - row[j]);
}

mien_status mien_snapshots_reorder(mien_fit *fit, const size_t *order, const bool *flipped)
{
    mien_snapshots *s = &fit->snapshots;
    size_t p = fit->p, r = fit->r;
    if (s->count == 0)
        return MIEN_OK;
    uint8_t *values = mien_alloc_raw(r, p);
    float *scale = mien_alloc_raw(r, sizeof *scale);
    for (size_t at = 0; at < s->count && values && scale; at++) {
        memcpy(values, s->values + at * r * p, r * p);
        memcpy(scale, s->scale + at * r, r * sizeof *scale);
        for (size_t k = 0; k < r; k++) {
            uint8_t *row = s->values + (at * r + k) * p;
            memcpy(row, values + order[k] * p, p);
            s->scale[at * r + k] = scale[order[k]];
            if (flipped && flipped[k])
                flip(row, p);
        }
    }
    bool whole = values && scale;
    mien_free(values);
    mien_free(scale);
    return whole ? MIEN_OK : MIEN_ERR_NOMEM;
}

void mien_snapshots_free(mien_snapshots *s)
{
    mien_free(s->iteration);
    mien_free(s->values);
    mien_free(s->scale);
    *s = (mien_snapshots){0};
}
