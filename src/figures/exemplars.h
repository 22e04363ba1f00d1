/* exemplars.h - a page of components, each with the images that use it most.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_EXEMPLARS_H
#define MIEN_EXEMPLARS_H

#include "draw/canvas.h"
#include "figures/montage.h"

/* So many components find room on a page. */
enum { MIEN_EXEMPLARS_MAX_ROWS = 120 };

/* One component. Nothing is owned. */
typedef struct mien_exemplar_row {
    const char *title;        /* "12" */
    const char *subtitle;     /* small, below it; NULL: none */
    const float *basis;       /* p */
    const float *photographs; /* count x p, at most `photographs` of the page */
    char *const *names;       /* count, below them; NULL: none */
    size_t count;
} mien_exemplar_row;

typedef struct mien_exemplar_page {
    const char *title, *subtitle, *note; /* heading, below it, at the end; NULL: none */
    const mien_exemplar_row *rows;
    size_t n_rows;
    size_t photographs; /* places for photographs in a row */
    mien_shape shape;
    bool is_signed;
    double low, high; /* range of the photographs */
} mien_exemplar_page;

/* Draw it, about 1600 pixels wide, in as many columns of rows as keep it a page: one up to 6 rows,
 * two up to 60, then three. Basis images are in the style's palette. Of a table, stripes are
 * stacked. MIEN_ERR_ARG (no row, or too many), MIEN_ERR_SHAPE, MIEN_ERR_NOMEM. */
mien_status mien_exemplars_draw(const mien_exemplar_page *page, const mien_style *style,
                                mien_canvas *out, mien_error *err);

#endif
