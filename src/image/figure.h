/* figure.h - the comparison of methods: basis x weights = reconstruction, a row a method.
 * SPDX-License-Identifier: MIT
 *
 * After The Elements of Statistical Learning, Fig. 14.33, and Lee & Seung, Nature 401 (1999),
 * Fig. 1. */
#ifndef MIEN_FIGURE_H
#define MIEN_FIGURE_H

#include "image/canvas.h"
#include "image/montage.h"

enum { MIEN_FIGURE_WIDTH = 1600, MIEN_FIGURE_MAX_ROWS = 16 };

/* One method. Nothing is owned. */
typedef struct mien_figure_row {
    const char *title;           /* "NMF" */
    const char *subtitle;        /* small lines below it, split by '\n', at most 4; NULL: none */
    const float *basis;          /* r x p */
    const float *weights;        /* r, the example's */
    const float *reconstruction; /* p */
    size_t r;
    bool is_signed; /* basis and weights carry both signs */
    bool centred;   /* the mean image is part of the reconstruction */
} mien_figure_row;

typedef struct mien_figure {
    const char *title;    /* heading, NULL: none */
    const char *subtitle; /* below it, NULL: none */
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
    mien_box title, subtitle;              /* the heading */
    mien_box original_caption, original;   /* top right, */
    mien_box untouched_caption, untouched; /* and beside it what was given */
    mien_box headings[3];                  /* above the columns: basis, weights, reconstruction */
    mien_box legend;                       /* what the colours mean, below all */
    mien_grid photograph;                  /* of one cell: the original, every reconstruction */
    struct mien_figure_places {
        mien_box title, subtitles[4];
        mien_grid basis_grid, weights_grid;
        size_t shown; /* components drawn: all, or the first that find room */
        mien_box basis, times, weights, equals, reconstruction;
        mien_box shown_note, mean_note; /* "first 4,096 of 9,000", "+ mean image" */
    } rows[MIEN_FIGURE_MAX_ROWS];
} mien_figure_layout;

/* Find a place for everything; looks at counts and sizes only, not at values.
 * MIEN_ERR_ARG (no row or too many, a grid too small for a row's r), MIEN_ERR_SHAPE. */
mien_status mien_figure_arrange(const mien_figure *figure, const mien_style *style,
                                mien_figure_layout *out, mien_error *err);

/* Draw it, 1600 pixels wide. All but the untouched file is in the style's palette; the
 * style's zoom has no say, since pictures are as large as their places allow.
 * MIEN_ERR_ARG, MIEN_ERR_SHAPE, MIEN_ERR_NOMEM. */
mien_status mien_figure_draw(const mien_figure *figure, const mien_style *style, mien_canvas *out,
                             mien_error *err);

#endif
