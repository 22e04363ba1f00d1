/* montage.h - many small pictures in a grid.
 * SPDX-License-Identifier: MIT
 *
 * An image one pixel high (a table's row) is drawn as a stripe, and stripes are stacked. Images of
 * one channel are grey or in the palette, images of three are RGB (see mien_tone_color3). */
#ifndef MIEN_MONTAGE_H
#define MIEN_MONTAGE_H

#include "draw/palette.h"
#include "draw/pen.h"

/* Whether images are drawn as stripes. */
bool mien_shape_is_stripe(mien_shape shape);

/* MIEN_ERR_SHAPE where an image has no pixel, or more than can be counted. */
mien_status mien_shape_check(mien_shape shape, mien_error *err);

/* How to colour the pictures of a grid. */
typedef struct mien_coloring {
    mien_palette palette;
    bool is_signed;
    bool dark;         /* colour images: x is darkness */
    bool natural;      /* untouched files: low is black, high is white, no palette */
    bool ranged;       /* prepared images: low to high, for all; signed: -high to high */
    double low, high;  /* natural and ranged */
    bool common_scale; /* one scale for all pictures instead of one each */
    bool framed;       /* a thin frame around each picture instead of lines between them */
    bool mark_empty;   /* a picture of zeros alone says that it is empty */
} mien_coloring;

/* Basis images in the style's colours, each on a scale of its own; images from low to high, which
 * have the same colours in all pictures of a run. */
mien_coloring mien_coloring_basis(const mien_style *style, bool is_signed);
mien_coloring mien_coloring_images(const mien_style *style, double low, double high);

/* Places of `count` cells, row by row. A line of `gap` pixels runs around each cell. */
typedef struct mien_grid {
    size_t count, columns, rows;
    size_t cell_width, cell_height, gap;
} mien_grid;

/* Columns and rows for `count` pictures as the style asks, or so that they fill a square: portraits
 * have more columns than rows. A grid without empty places is preferred to one that is a little
 * smaller. MIEN_ERR_ARG when the style's grid is too small. */
mien_status mien_grid_choose(size_t count, mien_shape shape, const mien_style *style,
                             mien_grid *out, mien_error *err);

/* Give the cells the largest size for pictures of `shape` with which the grid stays within
 * width x height: a whole enlargement, else a reduction that keeps the proportions. Lines become
 * thinner, then vanish, when the cells would be small. Cells are at least one pixel, so a grid with
 * more columns or rows than pixels stays too large. */
void mien_grid_fit(mien_grid *grid, mien_shape shape, size_t width, size_t height);

/* Twice or thrice as large is coarse: where whole factors would leave much of the room, small
 * pictures are enlarged by what fills it. */
void mien_grid_fill(mien_grid *grid, mien_shape shape, size_t width, size_t height);

size_t mien_grid_width(const mien_grid *grid);
size_t mien_grid_height(const mien_grid *grid);

/* Cell k of a grid whose top left corner is at (x, y). */
mien_box mien_grid_cell(const mien_grid *grid, size_t x, size_t y, size_t k);

/* Paint grid->count pictures: enlarged by repetition where a cell's side is a multiple of the
 * picture's, else by area averaging, smaller or larger.
 * MIEN_ERR_NOMEM. */
mien_status mien_grid_draw(mien_canvas *canvas, size_t x, size_t y, const mien_grid *grid,
                           const float *pictures, mien_shape shape, const mien_coloring *coloring,
                           mien_error *err);

/* The same with a pen; on the SVG as one embedded picture. */
void mien_pen_grid(mien_pen *pen, size_t x, size_t y, const mien_grid *grid, const float *pictures,
                   mien_shape shape, mien_coloring coloring);

/* Room for a single picture, as large as mien_grid_fit() makes it, and that grid painted. */
mien_grid mien_grid_one(mien_shape shape, size_t width, size_t height);

/* The files of a method: montage of `count` images, grid of one image's weights, and `count`
 * originals above their reconstructions, both from low to high, with the names that are not NULL
 * below, those of a table's rows left of them. MIEN_ERR_ARG (nothing to draw, a grid too small, a
 * picture too large), MIEN_ERR_SHAPE, MIEN_ERR_NOMEM. */
mien_status mien_montage_draw(const float *images, size_t count, mien_shape shape, bool is_signed,
                              const mien_style *style, mien_canvas *out, mien_error *err);
mien_status mien_montage_weights(const float *weights, size_t count, mien_shape shape,
                                 bool is_signed, const mien_style *style, mien_canvas *out,
                                 mien_error *err);
mien_status mien_montage_pairs(const float *originals, const float *reconstructions,
                               char *const *names, size_t count, mien_shape shape, double low,
                               double high, const mien_style *style, mien_canvas *out,
                               mien_error *err);

#endif
