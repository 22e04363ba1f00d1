/* heatmaps.c - basis.png of a table, and memberships.png of anything.
 * SPDX-License-Identifier: MIT */
#include "report/heatmaps.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "draw/png.h"
#include "figures/heatmap.h"
#include "figures/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_COLUMNS_NAMED = 200, MOST_IDS = 80 };

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

/* What a map needs of memory: its rows in order. */
struct sheet {
    struct place *places; /* rows */
    float *values;        /* rows x columns */
    const char **names;   /* rows */
    size_t *labels;       /* rows */
};

static bool alloc_sheet(struct sheet *s, size_t rows, size_t columns)
{
    size_t count;
    *s = (struct sheet){.places = mien_alloc_array(rows, sizeof *s->places),
                        .names = mien_alloc_array(rows, sizeof *s->names),
                        .labels = mien_alloc_array(rows, sizeof *s->labels)};
    if (mien_product(rows, columns, 1, &count))
        s->values = mien_alloc_array(count, sizeof *s->values);
    return s->places && s->names && s->labels && s->values;
}

static void free_sheet(struct sheet *s)
{
    mien_free(s->places);
    mien_free(s->values);
    mien_free(s->names);
    mien_free(s->labels);
}

/* ---------------------------------------------------------------- the basis of a table */

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

mien_status mien_basis_heatmap(mien_outdir *dir, const char *folder, const mien_fit *fit,
                               char *const *columns, const mien_style *style, mien_error *err)
{
    const mien_method_info *info = mien_method_describe(fit->method);
    bool is_signed = info->traits & MIEN_SIGNED;
    struct sheet s;
    char title[128], subtitle[192], (*numbers)[24] = NULL;
    mien_canvas canvas;
    mien_status st = MIEN_ERR_NOMEM;
    if (alloc_sheet(&s, fit->p, fit->r) && (numbers = mien_alloc_array(fit->p, sizeof *numbers)))
        st = MIEN_OK;
    else
        mien_fail_plain(err, st);
    if (!st)
        sort_columns(fit, s.places);
    for (size_t at = 0; at < fit->p && !st; at++) {
        size_t j = s.places[at].row;
        snprintf(numbers[at], sizeof *numbers, "%zu", j + 1);
        s.names[at] = columns ? columns[j] : numbers[at];
        for (size_t k = 0; k < fit->r; k++)
            s.values[at * fit->r + k] = fit->H[k * fit->p + j];
    }
    snprintf(title, sizeof title, "%s: what each component is made of", info->title);
    snprintf(subtitle, sizeof subtitle,
             "%zu variables, sorted by the component in which they are largest", fit->p);
    mien_heatmap map = {.title = title,
                        .subtitle = subtitle,
                        .rows = fit->p,
                        .columns = fit->r,
                        .values = s.values,
                        .names = s.names,
                        .max_names = MOST_COLUMNS_NAMED,
                        .is_signed = is_signed,
                        .apart = !style->common_scale,
                        .low_word = is_signed ? "negative" : "0",
                        .high_word = is_signed             ? "positive"
                                     : style->common_scale ? "the largest entry"
                                                           : "the component's largest entry",
                        .note = style->common_scale ? NULL : "Each component has its own scale."};
    if (!st)
        st = mien_heatmap_draw(&map, style->palette, &canvas, err);
    if (!st)
        st = mien_canvas_write(dir, folder, "basis.png", &canvas, err);
    mien_free(numbers);
    free_sheet(&s);
    return st;
}

/* ---------------------------------------------------------------- memberships */

static mien_status sort_things(const mien_fit *fit, const mien_memberships *m, struct place *places,
                               double *share)
{
    for (size_t i = 0; i < m->n; i++) {
        size_t k = m->dominant[i] < m->r ? m->dominant[i] : m->r;
        mien_memberships_shares(m, fit, i, share);
        places[i] = (struct place){i, k, k < m->r ? share[k] : 0};
    }
    qsort(places, m->n, sizeof *places, compare_places);
    return MIEN_OK;
}

/* Returns the largest share. */
static double fill_things(const mien_fit *fit, const mien_meaning *meaning,
                          const mien_dataset *dataset, struct sheet *s, double *share)
{
    const mien_memberships *m = &meaning->memberships;
    double largest = 0;
    for (size_t at = 0; at < m->n; at++) {
        size_t i = s->places[at].row;
        s->names[at] = dataset->images[i].path;
        s->labels[at] = meaning->labels.count ? meaning->labels.of[i] : 0;
        mien_memberships_shares(m, fit, i, share);
        for (size_t k = 0; k < m->r; k++) {
            s->values[at * m->r + k] = (float)share[k];
            largest = fmax(largest, share[k]);
        }
    }
    return largest;
}

mien_status mien_memberships_heatmap(mien_outdir *dir, const char *folder, const mien_fit *fit,
                                     const mien_meaning *meaning, const mien_dataset *dataset,
                                     const mien_style *style, mien_error *err)
{
    const mien_memberships *m = &meaning->memberships;
    const mien_labels *labels = &meaning->labels;
    const mien_method_info *info = mien_method_describe(fit->method);
    const char *things = mien_words_for(dataset->is_table).things;
    char title[128], subtitle[192], high[64];
    struct sheet s;
    mien_canvas canvas;
    double largest = 0, *share = mien_alloc_array(m->r, sizeof *share);
    mien_status st = MIEN_OK;
    if (!alloc_sheet(&s, m->n, m->r) || !share)
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (!st)
        st = sort_things(fit, m, s.places, share);
    if (!st)
        largest = fill_things(fit, meaning, dataset, &s, share);
    mien_format(high, sizeof high, "%.0f %% of a row, the largest share", 100 * largest);
    snprintf(title, sizeof title, "%s: who %s which component", info->title,
             info->traits & MIEN_CLUSTERS ? "belongs to" : "uses");
    snprintf(subtitle, sizeof subtitle, "%zu %s by dominant component and share%s", m->n, things,
             labels->count ? "; the stripe is the label" : "");
    mien_heatmap map = {.title = title,
                        .subtitle = subtitle,
                        .rows = m->n,
                        .columns = m->r,
                        .values = s.values,
                        .names = s.names,
                        .max_names = MOST_IDS,
                        .high = largest,
                        .low_word = "0",
                        .high_word = high,
                        .labels = labels->count ? s.labels : NULL,
                        .n_labels = labels->count,
                        .label_names = (const char *const *)labels->names,
                        .order = meaning->cross.order,
                        .counts = meaning->cross.counts,
                        .counts_title = "label"};
    if (!st)
        st = mien_heatmap_draw(&map, style->palette, &canvas, err);
    if (!st)
        st = mien_canvas_write(dir, folder, "memberships.png", &canvas, err);
    mien_free(share);
    free_sheet(&s);
    return st;
}
