/* story.c - an image put together from its components; components coming out of the iterations.
 * SPDX-License-Identifier: MIT */
#include "report/page/story.h"

#include "base/memory.h"
#include "base/status.h"
#include "draw/png.h"
#include "figures/filmstrip.h"
#include "report/page/examples.h"
#include "report/pictures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool has_trait(const mien_fit *fit, unsigned trait)
{
    return mien_method_describe(fit->method)->traits & trait;
}

/* ---------------------------------------------------------------- how an image is put together */

enum { COLUMNS_MOST = 13, FILMS_MOST = 4 };

/* Components after each step: 1, 2, .. 6, 8, 10, 14, 20, 28, .. each about 1.4 times the one
 * before, and r. Returns how many steps. */
static size_t list_steps(size_t r, size_t steps[COLUMNS_MOST])
{
    static const size_t first[] = {1, 2, 3, 4, 5, 6, 8, 10, 14, 20, 28, 40};
    size_t count = 0;
    while (count < COLUMNS_MOST - 1 && first[count] < r) {
        steps[count] = first[count];
        count++;
    }
    steps[count++] = r;
    return count;
}

/* Components by the size of what they contribute to the image: |w_k| times the norm of h_k, the sum
 * where nothing is negative. */
static void order_by_contribution(const mien_fit *fit, size_t example, double *size, size_t *order)
{
    const float *w = fit->W + example * fit->r;
    bool is_signed = has_trait(fit, MIEN_SIGNED);
    for (size_t k = 0; k < fit->r; k++) {
        double sum = 0;
        for (size_t j = 0; j < fit->p; j++) {
            double h = fit->H[k * fit->p + j];
            sum += is_signed ? h * h : h;
        }
        size[k] = fabs((double)w[k]) * (is_signed ? sqrt(sum) : sum);
        size_t at = k;
        for (; at > 0 && size[order[at - 1]] < size[k]; at--)
            order[at] = order[at - 1];
        order[at] = k;
    }
}

mien_status mien_story_add_up(const mien_fit *fit, size_t example, const size_t *steps,
                              size_t n_steps, float *added, float *sums)
{
    const float *w = fit->W + example * fit->r;
    size_t p = fit->p, done = 0;
    double *sizes = mien_alloc_array(fit->r, sizeof *sizes);
    size_t *order = mien_alloc_array(fit->r, sizeof *order);
    mien_status st = sizes && order ? MIEN_OK : MIEN_ERR_NOMEM;
    if (!st)
        order_by_contribution(fit, example, sizes, order);
    for (size_t s = 0; s < n_steps && !st; s++) {
        float *now = added + s * p, *sum = sums + s * p;
        memset(now, 0, p * sizeof *now);
        for (; done < steps[s]; done++) {
            const float *h = fit->H + order[done] * p;
            for (size_t j = 0; j < p; j++)
                now[j] += w[order[done]] * h[j];
        }
        for (size_t j = 0; j < p; j++) {
            float before = s ? sums[(s - 1) * p + j] : fit->mu ? fit->mu[j] : 0;
            sum[j] = before + now[j];
        }
    }
    mien_free(sizes);
    mien_free(order);
    return st;
}

static mien_coloring story_coloring(const mien_style *style, double low, double high)
{
    return (mien_coloring){.palette = style->palette,
                           .dark = style->ink == MIEN_INK_DARK,
                           .ranged = true,
                           .low = low,
                           .high = high};
}

/* The two strips of one method. */
static mien_status tell_steps(const mien_fit *fit, size_t example, const mien_examples *examples,
                              const mien_style *style, const size_t *steps, size_t n_steps,
                              mien_arena *arena, mien_strip strips[2], mien_error *err)
{
    size_t size = n_steps * fit->p;
    float *added = mien_arena_alloc(arena, size, sizeof *added);
    float *sums = mien_arena_alloc(arena, size, sizeof *sums);
    if (arena->failed || mien_story_add_up(fit, example, steps, n_steps, added, sums))
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    double high = examples->high, span = high - examples->low;
    bool is_signed = has_trait(fit, MIEN_SIGNED);
    strips[0] = (mien_strip){.title = mien_method_describe(fit->method)->title,
                             .label = "this step adds",
                             .pictures = added,
                             .coloring = story_coloring(style, is_signed ? -span : 0, span)};
    strips[1] = (mien_strip){.label = fit->mu ? "mean + sum so far" : "sum so far",
                             .pictures = sums,
                             .coloring = story_coloring(style, examples->low, high)};
    return MIEN_OK;
}

mien_status mien_steps_write(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                             mien_shape shape, const mien_examples *examples, size_t example,
                             const mien_style *style, mien_error *err)
{
    mien_strip strips[2 * FILMS_MOST];
    char headings[COLUMNS_MOST][32];
    size_t steps[COLUMNS_MOST], n_strips = 0;
    mien_arena arena = {0};
    mien_status st = MIEN_OK;
    if (mien_shape_is_stripe(shape) || n_fits == 0)
        return MIEN_OK;
    size_t n_steps = list_steps(fits[0]->r, steps);
    for (size_t f = 0; f < n_fits && !st; f++)
        if (has_trait(fits[f], MIEN_IN_STEPS) && fits[f]->r == fits[0]->r &&
            n_strips < 2 * FILMS_MOST) {
            st = tell_steps(fits[f], example, examples, style, steps, n_steps, &arena,
                            strips + n_strips, err);
            strips[n_strips].apart = n_strips > 0;
            n_strips += 2;
        }
    for (size_t s = 0; s < n_steps; s++)
        snprintf(headings[s], sizeof headings[s], "%zu part%s", steps[s], steps[s] > 1 ? "s" : "");
    if (!st && n_strips) {
        const char *name = mien_examples_name(examples, example);
        char caption[512];
        snprintf(caption, sizeof caption, "the largest contributions come first%s%s%.400s",
                 shape.channels == 3                   ? "; where PCA adds nothing, mid-grey"
                 : style->palette == MIEN_PALETTE_ESL  ? "; red: taken away"
                 : style->palette == MIEN_PALETTE_GRAY ? "; where PCA adds nothing, mid-grey"
                                                       : "; blue: taken away",
                 name ? ". The image: " : "", name ? name : "");
        mien_filmstrip film = {.strips = strips,
                               .n_strips = n_strips,
                               .headings = headings,
                               .columns = n_steps,
                               .shape = shape,
                               .caption = caption};
        mien_canvas canvas;
        st = mien_filmstrip_draw(&film, &canvas, err);
        if (!st)
            st = mien_canvas_write(dir, "", "steps.png", &canvas, err);
    }
    mien_arena_free(&arena);
    return st;
}

/* ---------------------------------------------------------------- how components emerge */

enum { PARTS = 6, MOMENTS_MOST = 11 };

/* Sparseness counts so much more than size: with less, the bundled faces show their backgrounds;
 * with sparseness alone, CBCL shows strokes of a few pixels and no eyes. By eye, on both. */
static const double SPARSENESS_POWER = 4;

/* Hoyer's sparseness of a basis image: how much of a part it became. */
static double sparseness(const float *h, size_t p)
{
    double sum = 0, squares = 0, root = sqrt((double)p);
    for (size_t j = 0; j < p; j++) {
        sum += fabs((double)h[j]);
        squares += (double)h[j] * h[j];
    }
    return squares > 0 && p > 1 ? (root - sum / sqrt(squares)) / (root - 1) : 0;
}

static double cosine(const float *a, const float *b, size_t p)
{
    double product = 0, squares_a = 0, squares_b = 0;
    for (size_t j = 0; j < p; j++) {
        product += (double)a[j] * b[j];
        squares_a += (double)a[j] * a[j];
        squares_b += (double)b[j] * b[j];
    }
    return squares_a > 0 && squares_b > 0 ? product / sqrt(squares_a * squares_b) : 1;
}

/* What component k brings to all images. */
static double contribution(const mien_fit *fit, size_t k)
{
    double weights = 0, basis = 0;
    for (size_t i = 0; i < fit->n; i++)
        weights += fit->W[i * fit->r + k];
    for (size_t j = 0; j < fit->p; j++)
        basis += fit->H[k * fit->p + j];
    return fabs(weights * basis);
}

/* The components that became parts most, count, and are not the same part twice: each the sparsest
 * of those that lie apart from the ones before, by how much it brings; in the order of the figure.
 * Returns how many. */
static size_t choose_parts(const mien_fit *fit, size_t chosen[PARTS])
{
    size_t count = 0, most = fit->r < PARTS ? fit->r : PARTS;
    for (; count < most; count++) {
        double best = -INFINITY;
        for (size_t k = 0; k < fit->r; k++) {
            const float *h = fit->H + k * fit->p;
            double near = 0;
            for (size_t i = 0; i < count; i++)
                near =
                    fmax(near, chosen[i] == k ? 2 : cosine(h, fit->H + chosen[i] * fit->p, fit->p));
            double score = near > 1 ? -1
                                    : pow(sparseness(h, fit->p), SPARSENESS_POWER) * (1 - near) *
                                          sqrt(contribution(fit, k));
            if (score > best) {
                best = score;
                chosen[count] = k;
            }
        }
    }
    for (size_t i = 1; i < count; i++)
        for (size_t at = i; at > 0 && chosen[at - 1] > chosen[at]; at--) {
            size_t k = chosen[at];
            chosen[at] = chosen[at - 1];
            chosen[at - 1] = k;
        }
    return count;
}

/* Snapshots to show: the first, the last, and what lies evenly between. */
static size_t choose_moments(size_t count, size_t moments[MOMENTS_MOST])
{
    size_t shown = count < MOMENTS_MOST ? count : MOMENTS_MOST;
    for (size_t m = 0; m < shown; m++)
        moments[m] = shown > 1 ? m * (count - 1) / (shown - 1) : 0;
    return shown;
}

/* A component at a moment as numbers again. */
static void recall(const mien_fit *fit, size_t moment, size_t k, float *out)
{
    const mien_snapshots *s = &fit->snapshots;
    const uint8_t *row = s->values + (moment * fit->r + k) * fit->p;
    for (size_t j = 0; j < fit->p; j++)
        out[j] = s->is_signed ? (float)row[j] - 128 : (float)row[j];
}

mien_status mien_emerge_write(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                              mien_shape shape, const mien_style *style, mien_error *err)
{
    const mien_fit *fit = NULL;
    for (size_t f = 0; f < n_fits && !fit; f++)
        if (has_trait(fits[f], MIEN_IN_STEPS) && fits[f]->snapshots.count > 1)
            fit = fits[f];
    if (!fit || mien_shape_is_stripe(shape))
        return MIEN_OK;
    size_t parts[PARTS], moments[MOMENTS_MOST], p = fit->p;
    size_t n_parts = choose_parts(fit, parts);
    size_t n_moments = choose_moments(fit->snapshots.count, moments);
    float *pictures = mien_alloc_array(n_parts * n_moments * p, sizeof *pictures);
    if (!pictures)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    char headings[MOMENTS_MOST][32], titles[PARTS][32];
    mien_strip strips[PARTS];
    for (size_t i = 0; i < n_parts; i++) {
        for (size_t m = 0; m < n_moments; m++)
            recall(fit, moments[m], parts[i], pictures + (i * n_moments + m) * p);
        snprintf(titles[i], sizeof titles[i], "part %zu", parts[i] + 1);
        strips[i] = (mien_strip){.label = titles[i],
                                 .pictures = pictures + i * n_moments * p,
                                 .coloring = {.palette = style->palette,
                                              .is_signed = fit->snapshots.is_signed,
                                              .dark = style->ink == MIEN_INK_DARK}};
    }
    for (size_t m = 0; m < n_moments; m++)
        snprintf(headings[m], sizeof headings[m], "iteration %zu",
                 fit->snapshots.iteration[moments[m]]);
    strips[0].title = mien_method_describe(fit->method)->title;
    mien_filmstrip film = {.strips = strips,
                           .n_strips = n_parts,
                           .headings = headings,
                           .columns = n_moments,
                           .shape = shape};
    mien_canvas canvas;
    mien_status st = mien_filmstrip_draw(&film, &canvas, err);
    if (!st)
        st = mien_canvas_write(dir, "", "emerge.png", &canvas, err);
    mien_free(pictures);
    return st;
}

mien_status mien_figures_write(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                               mien_shape shape, const mien_examples *examples, size_t example,
                               const mien_style *style, mien_error *err)
{
    mien_status st = mien_figure_write(dir, fits, n_fits, shape, examples, example, style, err);
    if (!st)
        st = mien_steps_write(dir, fits, n_fits, shape, examples, example, style, err);
    return st ? st : mien_emerge_write(dir, fits, n_fits, shape, style, err);
}
