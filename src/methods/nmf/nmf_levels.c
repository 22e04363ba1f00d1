/* nmf_levels.c - pixels and images in units that are far apart (Kullback-Leibler).
 * SPDX-License-Identifier: MIT */
#include "methods/nmf/nmf_levels.h"

#include <math.h>

/* What is so far below the others is lifted: four digits above the floor. */
static const double FAR_BELOW = 0x1p-20;

/* The exponent that brings `size` to `level`; 0 where it is near, above, or nothing. */
static int exponent_to(double size, double level)
{
    return size > 0 && size < FAR_BELOW * level ? ilogb(level) - ilogb(size) : 0;
}

/* How large pixel j is: its mean, or where a model is held its largest basis value. */
static double size_of_pixel(const mien_nmf *nmf, size_t j)
{
    if (!nmf->run->model)
        return nmf->run->mean[j];
    float most = 0;
    for (size_t k = 0; k < nmf->r; k++)
        most = fmaxf(most, nmf->H[k * nmf->p + j]);
    return most;
}

static mien_status find_pixels(const mien_nmf *nmf, mien_levels *levels)
{
    size_t p = nmf->p;
    double level = 0;
    bool any = false;
    for (size_t j = 0; j < p; j++)
        level += size_of_pixel(nmf, j) / (double)p;
    for (size_t j = 0; j < p && !any; j++)
        any = exponent_to(size_of_pixel(nmf, j), level) != 0;
    if (!any)
        return MIEN_OK;
    int *pixels = mien_arena_alloc(nmf->run->arena, p, sizeof *pixels);
    for (size_t j = 0; pixels && j < p; j++)
        pixels[j] = exponent_to(size_of_pixel(nmf, j), level);
    levels->pixels = pixels;
    return pixels ? MIEN_OK : MIEN_ERR_NOMEM;
}

static mien_status find_images(const mien_nmf *nmf, mien_levels *levels)
{
    const mien_run *run = nmf->run;
    float level = mien_scale_largest(run->largest, nmf->n);
    bool any = false;
    for (size_t i = 0; i < nmf->n && !any; i++)
        any = exponent_to(run->largest[i], level) != 0;
    if (!any)
        return MIEN_OK;
    int *images = mien_arena_alloc(run->arena, nmf->n, sizeof *images);
    mien_scaling *scaling = mien_arena_alloc(run->arena, 1, sizeof *scaling);
    mien_source *lifted = mien_arena_alloc(run->arena, 1, sizeof *lifted);
    if (run->arena->failed)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < nmf->n; i++)
        images[i] = exponent_to(run->largest[i], level);
    *scaling = (mien_scaling){.from = run->X, .each = images};
    *lifted = mien_scaled_source(scaling);
    levels->images = images;
    levels->X = lifted;
    return MIEN_OK;
}

mien_status mien_levels_find(const mien_nmf *nmf, bool images, mien_levels *out)
{
    *out = (mien_levels){.X = nmf->run->X};
    mien_status st = nmf->run->model || nmf->run->mean ? find_pixels(nmf, out) : MIEN_OK;
    if (!st && images && nmf->run->largest && !nmf->run->model)
        st = find_images(nmf, out);
    return st;
}

void mien_levels_lift(const mien_levels *levels, const float *from, size_t r, size_t p, size_t ld,
                      float *to)
{
    for (size_t k = 0; k < r; k++)
        for (size_t j = 0; j < ld; j++) {
            int exponent = j < p ? levels->pixels[j] : 0;
            to[k * ld + j] = ldexpf(from[k * ld + j], exponent);
        }
}

void mien_levels_lift_weights(const mien_levels *levels, size_t image, float *w, size_t r)
{
    if (levels->images && levels->images[image])
        mien_scale_floats(w, w, r, levels->images[image]);
}

void mien_levels_lower_weights(const mien_levels *levels, size_t image, float *w, size_t r)
{
    if (levels->images && levels->images[image])
        mien_scale_floats(w, w, r, -levels->images[image]);
}
