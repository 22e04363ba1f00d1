/* heatmap.h - a matrix as colours, with names beside its rows and numbers above its columns.
 * SPDX-License-Identifier: MIT
 *
 *   heading
 *              1   2   3   4            group      1   2   3   4
 *   name   |  [ ] [ ] [ ] [ ]           [] ADHD   29   0   0   0
 *   name   |  [ ] [ ] [ ] [ ]           [] ASD     0  21   0   0
 *   legend
 *
 * The stripe | is the colour of a row's label, and beside the map the labels are counted by
 * columns. With more rows than the page has pixels for, neighbours are drawn as their mean. */
#ifndef MIEN_HEATMAP_H
#define MIEN_HEATMAP_H

#include "draw/canvas.h"
#include "mien_report.h"

typedef struct mien_heatmap {
    const char *title, *subtitle, *note; /* NULL: none */
    size_t rows, columns;
    const float *values;      /* rows x columns; not owned, as all below */
    const char *const *names; /* rows, drawn while there are at most max_names; NULL: none */
    size_t max_names;
    bool is_signed;
    bool apart;                       /* every column has a scale of its own */
    double high;                      /* the end of the common scale; 0: the largest value */
    const char *low_word, *high_word; /* at the ends of the legend */
    const size_t *labels;             /* rows, numbers of labels; NULL: no stripe */
    size_t n_labels;
    const char *const *label_names; /* n_labels */
    const size_t *order;            /* n_labels, in which they are listed */
    const size_t *counts; /* n_labels x (columns + 1), the last: in no column; NULL: none */
    const char *counts_title;
} mien_heatmap;

/* MIEN_ERR_ARG for a matrix without rows or columns, or too large a picture; MIEN_ERR_NOMEM. */
mien_status mien_heatmap_draw(const mien_heatmap *map, mien_palette palette, mien_canvas *out,
                              mien_error *err);

#endif
