/* pictures.c - the pictures of a model and of a comparison.
 * SPDX-License-Identifier: MIT
 *
 * What the numbers are called and in which order they stand is decided here; figures/ draws what it
 * is given and knows no method. */
#include "report/pictures.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "draw/png.h"
#include "figures/exemplars.h"
#include "figures/figure.h"
#include "figures/heatmap.h"
#include "figures/words.h"
#include "methods/loss.h"
#include "report/model/examples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS_NAMED = 200, MAX_IDS = 80 };

static bool is_signed(const mien_fit *fit)
{
    return mien_method_describe(fit->method)->traits & MIEN_SIGNED;
}

/* Of a fit that was made without weights the pictures have those of a few images: they do not
 * tell, and NMF's unused components are zero by themselves. */
static bool is_used(const mien_fit *fit, size_t k)
{
    if (fit->n < fit->image_errors.n)
        return true;
    for (size_t i = 0; i < fit->n; i++)
        if (fit->W[i * fit->r + k] != 0)
            return true;
    return false;
}

/* Components that no image uses, such as those of variance 0 with which PCA fills up, are drawn as
 * empty: on a scale of their own they would look the strongest of all. The basis with zeros there;
 * *copy, for the caller to free, holds it when it is not fit->H itself. */
static const float *empty_unused(mien_output *out, const mien_fit *fit, float **copy)
{
    *copy = NULL;
    for (size_t k = 0; k < fit->r; k++) {
        if (is_used(fit, k))
            continue;
        if (!*copy) {
            *copy = mien_output_alloc(out, fit->r * fit->p, sizeof **copy);
            if (!*copy)
                break;
            memcpy(*copy, fit->H, fit->r * fit->p * sizeof **copy);
        }
        memset(*copy + k * fit->p, 0, fit->p * sizeof **copy);
    }
    return *copy ? *copy : fit->H;
}

/* ---------------------------------------------------------------- heat-maps */

/* A row's place in the picture: by component, then the larger share first. */
struct place {
    size_t row, component;
    double size;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->component != y->component)
        return x->component < y->component ? -1 : 1;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* A map in the making: its rows in order. */
struct sheet {
    struct place *places; /* rows */
    float *values;        /* rows x columns */
    const char **names;   /* rows */
    size_t *labels;       /* rows */
    double *share;        /* columns, workspace */
    char (*numbers)[24];  /* rows: names where there are none */
    mien_arena arena;
};

static bool alloc_sheet(mien_output *out, struct sheet *s, size_t rows, size_t columns)
{
    size_t count = 0;
    *s = (struct sheet){.arena = {0}};
    bool fits = mien_product(rows, columns, 1, &count);
    s->places = mien_arena_alloc(&s->arena, rows, sizeof *s->places);
    s->values = mien_arena_alloc(&s->arena, count, sizeof *s->values);
    s->names = mien_arena_alloc(&s->arena, rows, sizeof *s->names);
    s->labels = mien_arena_alloc(&s->arena, rows, sizeof *s->labels);
    s->share = mien_arena_alloc(&s->arena, columns, sizeof *s->share);
    s->numbers = mien_arena_alloc(&s->arena, rows, sizeof *s->numbers);
    if (s->arena.failed || !fits)
        mien_output_fail(out, MIEN_ERR_NOMEM);
    return !out->status;
}

static void write_map(mien_output *out, const char *name, const mien_heatmap *map)
{
    mien_canvas canvas;
    mien_output_canvas(out, name, mien_heatmap_draw(map, out->style->palette, &canvas, out->err),
                       &canvas);
}

/* Columns by the component in which they are largest, relative to the largest entry it has. */
static void sort_columns(const mien_fit *fit, struct place *places)
{
    size_t p = fit->p;
    for (size_t j = 0; j < p; j++)
        places[j] = (struct place){j, fit->r, 0};
    for (size_t k = 0; k < fit->r; k++) {
        const float *h = fit->H + k * p;
        double largest = 0;
        for (size_t j = 0; j < p; j++)
            largest = fmax(largest, fabs((double)h[j]));
        for (size_t j = 0; j < p && largest > 0; j++) {
            double size = fabs((double)h[j]) / largest;
            if (size > places[j].size)
                places[j] = (struct place){j, k, size};
        }
    }
    qsort(places, p, sizeof *places, compare_places);
}

static void write_basis_map(mien_output *out, const mien_fit *fit, char *const *columns)
{
    const mien_method_info *info = mien_method_describe(fit->method);
    const bool common = out->style->common_scale;
    struct sheet s;
    char title[128], subtitle[192];
    if (alloc_sheet(out, &s, fit->p, fit->r)) {
        sort_columns(fit, s.places);
        for (size_t at = 0; at < fit->p; at++) {
            size_t j = s.places[at].row;
            snprintf(s.numbers[at], sizeof *s.numbers, "%zu", j + 1);
            s.names[at] = columns ? columns[j] : s.numbers[at];
            for (size_t k = 0; k < fit->r; k++)
                s.values[at * fit->r + k] = fit->H[k * fit->p + j];
        }
        snprintf(title, sizeof title, "%s: what each component is made of", info->title);
        snprintf(subtitle, sizeof subtitle,
                 "%zu variables, sorted by the component in which they are largest", fit->p);
        write_map(out, "basis.png",
                  &(mien_heatmap){.title = title,
                                  .subtitle = subtitle,
                                  .rows = fit->p,
                                  .columns = fit->r,
                                  .values = s.values,
                                  .names = s.names,
                                  .max_names = MAX_COLUMNS_NAMED,
                                  .is_signed = is_signed(fit),
                                  .apart = !common,
                                  .low_word = is_signed(fit) ? "negative" : "0",
                                  .high_word = is_signed(fit) ? "positive"
                                               : common       ? "the largest entry"
                                                              : "the component's largest entry",
                                  .note = common ? NULL : "Each component has its own scale."});
    }
    mien_arena_free(&s.arena);
}

/* Fill the sheet with the shares of all things; returns the largest. */
static double fill_things(const mien_fit *fit, const mien_meaning *meaning,
                          const mien_dataset *dataset, struct sheet *s)
{
    const mien_memberships *m = &meaning->memberships;
    double largest = 0;
    for (size_t i = 0; i < m->n; i++) {
        size_t k = m->dominant[i] < m->r ? m->dominant[i] : m->r;
        mien_memberships_shares(m, fit, i, s->share);
        s->places[i] = (struct place){i, k, k < m->r ? s->share[k] : 0};
    }
    qsort(s->places, m->n, sizeof *s->places, compare_places);
    for (size_t at = 0; at < m->n; at++) {
        size_t i = s->places[at].row;
        s->names[at] = dataset->images[i].path;
        s->labels[at] = meaning->labels.count ? meaning->labels.of[i] : 0;
        mien_memberships_shares(m, fit, i, s->share);
        for (size_t k = 0; k < m->r; k++) {
            s->values[at * m->r + k] = (float)s->share[k];
            largest = fmax(largest, s->share[k]);
        }
    }
    return largest;
}

/* "NMF: who uses which component" */
static void title_of(const mien_fit *fit, char *title, size_t size)
{
    const mien_method_info *info = mien_method_describe(fit->method);
    snprintf(title, size, "%s: who %s which component", info->title,
             info->traits & MIEN_CLUSTERS ? "belongs to" : "uses");
}

void mien_memberships_write(mien_output *out, const mien_fit *fit, const mien_meaning *meaning)
{
    const mien_memberships *m = &meaning->memberships;
    const mien_labels *labels = &meaning->labels;
    char title[128], subtitle[192], high[64];
    struct sheet s;
    if (alloc_sheet(out, &s, m->n, m->r)) {
        double largest = fill_things(fit, meaning, out->dataset, &s);
        title_of(fit, title, sizeof title);
        mien_format(high, sizeof high, "%.0f %% of a row, the largest share", 100 * largest);
        snprintf(subtitle, sizeof subtitle, "%zu %s by dominant component and share%s", m->n,
                 mien_words_for(out->dataset->is_table).things,
                 labels->count ? "; the stripe is the label" : "");
        write_map(out, "memberships.png",
                  &(mien_heatmap){.title = title,
                                  .subtitle = subtitle,
                                  .rows = m->n,
                                  .columns = m->r,
                                  .values = s.values,
                                  .names = s.names,
                                  .max_names = MAX_IDS,
                                  .high = largest,
                                  .low_word = "0",
                                  .high_word = high,
                                  .labels = labels->count ? s.labels : NULL,
                                  .n_labels = labels->count,
                                  .label_names = (const char *const *)labels->names,
                                  .order = meaning->cross.order,
                                  .counts = meaning->cross.counts,
                                  .counts_title = "label"});
    }
    mien_arena_free(&s.arena);
}

/* ---------------------------------------------------------------- a model's pictures */

void mien_pairs_write(mien_output *out, const mien_fit *fit, const mien_shown *shown)
{
    const mien_examples *examples = shown->examples;
    float *rebuilt = mien_output_alloc(out, examples->count * fit->p, sizeof *rebuilt);
    if (!rebuilt)
        return;
    for (size_t e = 0; e < examples->count; e++)
        mien_fit_reconstruct(fit, examples->index[e], rebuilt + e * fit->p);
    mien_canvas canvas;
    mien_status st = mien_montage_pairs(examples->originals, rebuilt, examples->names,
                                        examples->count, shown->shape, examples->low,
                                        examples->high, out->style, &canvas, out->err);
    mien_output_canvas(out, "reconstruction.png", st, &canvas);
    mien_free(rebuilt);
}

void mien_pictures_write(mien_output *out, const mien_fit *fit, const mien_shown *shown)
{
    mien_canvas canvas;
    float *copy = NULL;
    if (shown->is_table) {
        write_basis_map(out, fit, shown->columns);
    } else {
        const float *basis = empty_unused(out, fit, &copy);
        if (!out->status)
            mien_output_canvas(out, "basis.png",
                               mien_montage_draw(basis, fit->r, shown->shape, is_signed(fit),
                                                 out->style, &canvas, out->err),
                               &canvas);
        mien_free(copy);
    }
    if (!out->status)
        mien_output_canvas(out, "weights.png",
                           mien_montage_weights(fit->W + shown->example * fit->r, fit->r,
                                                shown->shape, is_signed(fit), out->style, &canvas,
                                                out->err),
                           &canvas);
    mien_pairs_write(out, fit, shown);
}

/* ---------------------------------------------------------------- exemplars */

struct words {
    char number[24], share[24];
};

/* The exemplars, row after row. */
static mien_status fetch_originals(const mien_memberships *m, size_t rows,
                                   const mien_dataset *dataset, mien_examples *out, mien_error *err)
{
    size_t count = 0;
    for (size_t k = 0; k < rows; k++)
        count += m->n_exemplars[k];
    size_t *index = mien_alloc_array(count + 1, sizeof *index); /* one at least */
    if (!index)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    size_t at = 0;
    for (size_t k = 0; k < rows; k++)
        for (size_t e = 0; e < m->n_exemplars[k]; e++)
            index[at++] = m->exemplars[k * MIEN_EXEMPLARS + e];
    mien_status st = mien_examples_of(dataset, index, count ? count : 1, out, err);
    mien_free(index);
    return st;
}

static void fill_rows(const mien_fit *fit, const mien_memberships *m, const mien_examples *images,
                      size_t count, mien_exemplar_row *rows, struct words *words)
{
    const float *originals = images->originals;
    char *const *names = images->names;
    for (size_t k = 0; k < count; k++) {
        snprintf(words[k].number, sizeof words[k].number, "%zu", k + 1);
        mien_format(words[k].share, sizeof words[k].share, "%.1f %%", 100 * m->mean_share[k]);
        rows[k] = (mien_exemplar_row){.title = words[k].number,
                                      .subtitle = words[k].share,
                                      .basis = fit->H + k * fit->p,
                                      .photographs = originals,
                                      .names = names,
                                      .count = m->n_exemplars[k]};
        originals += m->n_exemplars[k] * fit->p;
        names += names ? m->n_exemplars[k] : 0;
    }
}

void mien_exemplars_write(mien_output *out, const mien_fit *fit,
                          const mien_memberships *memberships)
{
    const mien_memberships *m = memberships;
    size_t count = fit->r < MIEN_EXEMPLARS_MAX_ROWS ? fit->r : MIEN_EXEMPLARS_MAX_ROWS;
    const bool clusters = mien_method_describe(fit->method)->traits & MIEN_CLUSTERS;
    const char *things = mien_words_for(out->dataset->is_table).things;
    char title[128], subtitle[256], note[128];
    title_of(fit, title, sizeof title);
    snprintf(subtitle, sizeof subtitle,
             clusters ? "Each centroid with the %d of its %s nearest to it; "
                        "%%: its share of all %s"
                      : "Each component with the %d %s that use it most; "
                        "%%: its mean share over all %s",
             MIEN_EXEMPLARS, things, things);
    snprintf(note, sizeof note, "The first %zu of %zu components.", count, fit->r);
    mien_exemplar_row *rows = mien_output_alloc(out, count, sizeof *rows);
    struct words *words = mien_output_alloc(out, count, sizeof *words);
    mien_examples originals = {0};
    if (!out->status)
        out->status = fetch_originals(m, count, out->dataset, &originals, out->err);
    if (!out->status) {
        fill_rows(fit, m, &originals, count, rows, words);
        mien_exemplar_page page = {.title = title,
                                   .subtitle = subtitle,
                                   .note = count < fit->r ? note : NULL,
                                   .rows = rows,
                                   .n_rows = count,
                                   .photographs = MIEN_EXEMPLARS,
                                   .shape = out->dataset->shape,
                                   .is_signed = is_signed(fit),
                                   .low = originals.low,
                                   .high = originals.high};
        mien_canvas canvas;
        mien_output_canvas(out, "exemplars.png",
                           mien_exemplars_draw(&page, out->style, &canvas, out->err), &canvas);
    }
    mien_examples_free(&originals);
    mien_free(rows);
    mien_free(words);
}

/* ---------------------------------------------------------------- the figure */

struct panel {
    char loss[96], explained[64];
    float *copy; /* of a basis with unused components */
};

static mien_figure_row fill_panel(mien_output *out, const mien_fit *fit, size_t example,
                                  struct panel *panel, float *rebuilt)
{
    const mien_method_info *info = mien_method_describe(fit->method);
    char loss[32];
    mien_number_words(fit->loss, loss, sizeof loss);
    mien_format(panel->loss, sizeof panel->loss, "%s %s", mien_loss_short(fit->loss_name), loss);
    mien_format(panel->explained, sizeof panel->explained, "%.1f %% of variance",
                100 * fit->explained_variance);
    mien_fit_reconstruct(fit, example, rebuilt);
    return (mien_figure_row){.title = info->title,
                             .motto = info->motto,
                             .loss = panel->loss,
                             .explained = panel->explained,
                             .basis = empty_unused(out, fit, &panel->copy),
                             .weights = fit->W + example * fit->r,
                             .reconstruction = rebuilt,
                             .r = fit->r,
                             .is_signed = is_signed(fit),
                             .centred = fit->mu != NULL};
}

/* PNG and SVG after each other: together they are the most memory that a small run takes. */
static void draw_figure(mien_output *out, const mien_figure *figure)
{
    mien_canvas canvas;
    mien_text svg = {0};
    if (!out->status)
        mien_output_canvas(out, "figure.png",
                           mien_figure_draw(figure, out->style, &canvas, NULL, out->err), &canvas);
    if (!out->status)
        out->status = mien_figure_draw(figure, out->style, NULL, &svg, out->err);
    mien_output_text(out, "figure.svg", &svg);
}

void mien_figure_write(mien_output *out, const mien_fit *const *fits, size_t n_fits,
                       const mien_shown *shown)
{
    mien_figure_row rows[MIEN_FIGURE_MAX_ROWS];
    struct panel panels[MIEN_FIGURE_MAX_ROWS] = {{.copy = NULL}};
    if (out->status)
        return;
    if (n_fits == 0 || n_fits > MIEN_FIGURE_MAX_ROWS) {
        out->status =
            mien_fail(out->err, MIEN_ERR_ARG, "a figure has 1 to %d rows", MIEN_FIGURE_MAX_ROWS);
        return;
    }
    size_t p = fits[0]->p, example = shown->example;
    mien_example seen = mien_examples_get(shown->examples, example);
    float *rebuilt = mien_output_alloc(out, n_fits * p, sizeof *rebuilt);
    for (size_t f = 0; f < n_fits && rebuilt; f++)
        rows[f] = fill_panel(out, fits[f], example, &panels[f], rebuilt + f * p);
    draw_figure(out, &(mien_figure){.rows = rows,
                                    .n_rows = n_fits,
                                    .original = seen.original,
                                    .untouched = seen.untouched,
                                    .name = seen.name,
                                    .shape = shown->shape,
                                    .low = shown->examples->low,
                                    .high = shown->examples->high});
    for (size_t f = 0; f < n_fits; f++)
        mien_free(panels[f].copy);
    mien_free(rebuilt);
}
