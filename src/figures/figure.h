/* figure.h - the comparison of methods: basis x weights = reconstruction, a panel a method.
 * SPDX-License-Identifier: MIT
 *
 * After The Elements of Statistical Learning, Fig. 14.33, and Lee & Seung, Nature 401 (1999),
 * Fig. 1. */
#ifndef MIEN_FIGURE_H
#define MIEN_FIGURE_H

#include "figures/montage.h"

enum { MIEN_FIGURE_PAGE_WIDTH = 1600, MIEN_FIGURE_SLIDE_WIDTH = 1920, MIEN_FIGURE_MAX_ROWS = 16 };

/* One method. Nothing is owned. */
typedef struct mien_figure_row {
    const char *title;           /* "NMF" */
    const char *motto;           /* what it does, in three words or so; NULL: none */
    const char *loss;            /* "KL divergence 13,231"; a slide leaves it out; NULL: none */
    const char *explained;       /* "81.9 % of variance"; NULL: none */
    const float *basis;          /* r x p */
    const float *weights;        /* r, the example's */
    const float *reconstruction; /* p */
    size_t r;
    bool is_signed; /* basis and weights carry both signs */
    bool centred;   /* the mean image is part of the reconstruction */
} mien_figure_row;

typedef struct mien_figure {
    const mien_figure_row *rows;
    size_t n_rows;
    const float *original;    /* p, prepared; NULL: its place stays empty */
    const uint8_t *untouched; /* p, as the file has it, 255 white; NULL: none */
    const char *name;         /* of the file; NULL: none */
    mien_shape shape;
    double low, high; /* range of the original and the reconstructions */
} mien_figure;

/* Where everything stands. Boxes of text are one line high; an empty box is left out. */
typedef struct mien_figure_layout {
    size_t width, height;
    struct mien_figure_letters {
        size_t title, motto, small, sign, number;
    } letters;
    mien_box legend;      /* what the colours mean, below all */
    mien_grid photograph; /* of one cell: the originals, every reconstruction */
    struct mien_figure_places {
        mien_box title, numbers; /* the motto follows the title */
        mien_grid basis_grid, weights_grid;
        size_t shown; /* components drawn: all, or the first that find room */
        mien_box basis, times, weights, equals, reconstruction;
        mien_box weights_caption, reconstruction_caption;
        mien_box shown_note, scale_note, mean_note; /* "the first 4,096 of 9,000", "largest 1.83",
                                                     * "+ mean image" */
        mien_box untouched_caption, untouched;      /* of the first row alone: what was given, */
        mien_box original_caption, original;        /* and what is learned of it */
    } rows[MIEN_FIGURE_MAX_ROWS];
} mien_figure_layout;

/* Find a place for everything; looks at counts and sizes only, not at values. A page has a row a
 * method below each other, a slide (16:9) two beside each other; style->width is the width.
 * MIEN_ERR_ARG (no row or too many, a grid too small for a row's r), MIEN_ERR_SHAPE. */
mien_status mien_figure_arrange(const mien_figure *figure, const mien_style *style,
                                mien_figure_layout *out, mien_error *err);

/* Draw it, as pixels and as SVG: text is text there, pictures are embedded. Either may be NULL. All
 * but the untouched file is in the style's palette; the style's zoom has no say, since pictures are
 * as large as their places allow. The SVG goes back through mien_text_free().
 * MIEN_ERR_ARG, MIEN_ERR_SHAPE, MIEN_ERR_NOMEM. */
mien_status mien_figure_draw(const mien_figure *figure, const mien_style *style,
                             mien_canvas *canvas, mien_text *svg, mien_error *err);

#endif
