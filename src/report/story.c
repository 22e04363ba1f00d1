/* story.c - an image put together from its components; components coming out of the iterations.
 * SPDX-License-Identifier: MIT */
#include "report/pictures.h"

#include "base/memory.h"
#include "figures/filmstrip.h"
#include "report/model/examples.h"
#include "study/matching.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool has_trait(const mien_fit *fit, unsigned trait)
{
    return mien_method_describe(fit->method)->traits & trait;
}

/* ---------------------------------------------------------------- how an image is put together */

enum { MAX_COLUMNS = 13, MAX_FILMS = 4 };

/* Components after each step: 1, 2, .. 6, 8, 10, 14, 20, 28, .. each about 1.4 times the one
 * before, and r. Returns how many steps. */
static size_t list_steps(size_t r, size_t steps[MAX_COLUMNS])
{
    static const size_t first[] = {1, 2, 3, 4, 5, 6, 8, 10, 14, 20, 28, 40};
    size_t count = 0;
    while (count < MAX_COLUMNS - 1 && first[count] < r) {
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

static void write_film(mien_output *out, const char *name, const mien_filmstrip *film)
{
    mien_canvas canvas;
    if (!out->status)
        mien_output_canvas(out, name, mien_filmstrip_draw(film, &canvas, out->err), &canvas);
}

/* The two strips of one method: each step, and the sum so far, on the same scale. What a signed
 * method takes away can be as much as a whole image's range, in either direction. */
static void tell_steps(mien_output *out, const mien_fit *fit, const mien_shown *shown,
                       const size_t *steps, size_t n_steps, mien_arena *arena, mien_strip strips[2])
{
    size_t size = n_steps * fit->p;
    float *added = mien_arena_alloc(arena, size, sizeof *added);
    float *sums = mien_arena_alloc(arena, size, sizeof *sums);
    if (arena->failed || mien_story_add_up(fit, shown->example, steps, n_steps, added, sums)) {
        mien_output_fail(out, MIEN_ERR_NOMEM);
        return;
    }
    double low = shown->examples->low, high = shown->examples->high, span = high - low;
    bool is_signed = has_trait(fit, MIEN_SIGNED);
    strips[0] =
        (mien_strip){.title = mien_method_describe(fit->method)->title,
                     .label = "this step adds",
                     .pictures = added,
                     .coloring = mien_coloring_images(out->style, is_signed ? -span : 0, span)};
    strips[1] = (mien_strip){.label = fit->mu ? "mean + sum so far" : "sum so far",
                             .pictures = sums,
                             .coloring = mien_coloring_images(out->style, low, high)};
}

static void write_steps(mien_output *out, const mien_fit *const *fits, size_t n_fits,
                        const mien_shown *shown)
{
    mien_strip strips[2 * MAX_FILMS];
    char headings[MAX_COLUMNS][32], caption[512];
    size_t steps[MAX_COLUMNS], n_strips = 0, n_steps = list_steps(fits[0]->r, steps);
    mien_arena arena = {0};
    for (size_t f = 0; f < n_fits && !out->status; f++)
        if (has_trait(fits[f], MIEN_IN_STEPS) && fits[f]->r == fits[0]->r &&
            n_strips < 2 * MAX_FILMS) {
            tell_steps(out, fits[f], shown, steps, n_steps, &arena, strips + n_strips);
            strips[n_strips].apart = n_strips > 0;
            n_strips += 2;
        }
    for (size_t s = 0; s < n_steps; s++)
        snprintf(headings[s], sizeof headings[s], "%zu part%s", steps[s], steps[s] > 1 ? "s" : "");
    const char *name = mien_examples_get(shown->examples, shown->example).name;
    mien_palette palette = out->style->palette;
    snprintf(caption, sizeof caption, "the largest contributions come first%s%s%.400s",
             shown->shape.channels == 3 || palette == MIEN_PALETTE_GRAY
                 ? "; where PCA adds nothing, mid-grey"
             : palette == MIEN_PALETTE_ESL ? "; red: taken away"
                                           : "; blue: taken away",
             name ? ". The image: " : "", name ? name : "");
    if (n_strips)
        write_film(out, "steps.png",
                   &(mien_filmstrip){.strips = strips,
                                     .n_strips = n_strips,
                                     .headings = headings,
                                     .columns = n_steps,
                                     .shape = shown->shape,
                                     .caption = caption});
    mien_arena_free(&arena);
}

/* ---------------------------------------------------------------- how components emerge */

enum { PARTS = 6, MAX_MOMENTS = 11 };

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
    size_t count = 0, wanted = fit->r < PARTS ? fit->r : PARTS;
    for (; count < wanted; count++) {
        double best = -INFINITY;
        for (size_t k = 0; k < fit->r; k++) {
            const float *h = fit->H + k * fit->p;
            double near = 0;
            for (size_t i = 0; i < count; i++)
                near =
                    fmax(near, chosen[i] == k
                                   ? 2
                                   : mien_matching_cosine(h, fit->H + chosen[i] * fit->p, fit->p));
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
static size_t choose_moments(size_t count, size_t moments[MAX_MOMENTS])
{
    size_t shown = count < MAX_MOMENTS ? count : MAX_MOMENTS;
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

static void write_emerging(mien_output *out, const mien_fit *fit, mien_shape shape)
{
    size_t parts[PARTS], moments[MAX_MOMENTS], p = fit->p;
    size_t n_parts = choose_parts(fit, parts);
    size_t n_moments = choose_moments(fit->snapshots.count, moments);
    float *pictures = mien_output_alloc(out, n_parts * n_moments * p, sizeof *pictures);
    char headings[MAX_MOMENTS][32], titles[PARTS][32];
    mien_strip strips[PARTS];
    for (size_t i = 0; i < n_parts && pictures; i++) {
        float *row = pictures + i * n_moments * p;
        for (size_t m = 0; m < n_moments; m++)
            recall(fit, moments[m], parts[i], row + m * p);
        snprintf(titles[i], sizeof titles[i], "part %zu", parts[i] + 1);
        strips[i] =
            (mien_strip){.label = titles[i],
                         .pictures = row,
                         .coloring = mien_coloring_basis(out->style, fit->snapshots.is_signed)};
    }
    for (size_t m = 0; m < n_moments; m++)
        snprintf(headings[m], sizeof headings[m], "iteration %zu",
                 fit->snapshots.iteration[moments[m]]);
    strips[0].title = mien_method_describe(fit->method)->title;
    write_film(out, "emerge.png",
               &(mien_filmstrip){.strips = strips,
                                 .n_strips = n_parts,
                                 .headings = headings,
                                 .columns = n_moments,
                                 .shape = shape});
    mien_free(pictures);
}

void mien_figures_write(mien_output *out, const mien_fit *const *fits, size_t n_fits,
                        const mien_shown *shown)
{
    const mien_fit *emerging = NULL;
    mien_figure_write(out, fits, n_fits, shown);
    if (out->status || mien_shape_is_stripe(shown->shape))
        return;
    write_steps(out, fits, n_fits, shown);
    for (size_t f = 0; f < n_fits && !emerging; f++)
        if (has_trait(fits[f], MIEN_IN_STEPS) && fits[f]->snapshots.count > 1)
            emerging = fits[f];
    if (emerging)
        write_emerging(out, emerging, shown->shape);
}
