/* canvas.h - a picture in the making: RGB pixels, and the few shapes mien draws with.
 * SPDX-License-Identifier: MIT
 *
 * Everything is clipped to the canvas. Coordinates of lines and discs are in pixels with the
 * centre of the first pixel at (0.5, 0.5), so whole numbers lie between pixels. */
#ifndef MIEN_CANVAS_H
#define MIEN_CANVAS_H

#include "mien.h"

typedef struct mien_rgb {
    uint8_t r, g, b;
} mien_rgb;

/* What pictures are drawn on, and what their words are drawn in. */
static const mien_rgb mien_paper = {255, 255, 255}, mien_ink = {26, 26, 26};

/* A rectangle of whole pixels. */
typedef struct mien_box {
    size_t x, y, width, height;
} mien_box;

static inline size_t mien_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t mien_max(size_t a, size_t b)
{
    return a > b ? a : b;
}

typedef struct mien_canvas {
    size_t width, height;
    uint8_t *pixels; /* height x width x 3 */
    uint8_t *memory; /* owned: mien_canvas_head() bytes, then the pixels */
} mien_canvas;

/* Room ahead of the pixels: a row and a byte for each row. With it PNG's filtered rows, each a byte
 * longer than a row of pixels, can be written over the pixels from the top, and never reach the row
 * above the one at work. */
static inline size_t mien_canvas_head(size_t width, size_t height)
{
    return 3 * width + height;
}

/* The longest side and the largest number of pixels of a canvas: what every viewer opens and PNG's
 * encoder can count. */
enum { MIEN_CANVAS_MAX_SIDE = 65500, MIEN_CANVAS_MAX_PIXELS = 1 << 28 };

/* Whether a canvas may have that size. MIEN_ERR_ARG when it would be empty or above the limits. */
mien_status mien_canvas_check(size_t width, size_t height, mien_error *err);

/* A canvas of one colour. MIEN_ERR_ARG when it would be empty or above the limits, MIEN_ERR_NOMEM.
 */
mien_status mien_canvas_init(size_t width, size_t height, mien_rgb background, mien_canvas *out,
                             mien_error *err);
void mien_canvas_free(mien_canvas *canvas);

/* Colour of a pixel that lies on the canvas. */
mien_rgb mien_canvas_get(const mien_canvas *canvas, size_t x, size_t y);

void mien_canvas_fill(mien_canvas *canvas, mien_box box, mien_rgb color);

/* Put a whole canvas on another, with its top left corner at (x, y). */
void mien_canvas_copy(mien_canvas *canvas, size_t x, size_t y, const mien_canvas *part);

/* A frame of `thickness` pixels just outside of `box`. */
void mien_canvas_frame(mien_canvas *canvas, mien_box box, size_t thickness, mien_rgb color);

/* Let `color` cover a share of a pixel, from 0 nothing to 255 all. Off the canvas: nothing. */
void mien_canvas_blend(mien_canvas *canvas, ptrdiff_t x, ptrdiff_t y, mien_rgb color,
                       unsigned coverage);

/* Paint width x height colours, each as a square of zoom x stretch pixels (across x down), with
 * the top left corner at (x, y). Enlarging repeats pixels and never blurs. */
void mien_canvas_blit(mien_canvas *canvas, size_t x, size_t y, const mien_rgb *colors, size_t width,
                      size_t height, size_t zoom, size_t stretch);

/* An anti-aliased line with round ends. */
void mien_canvas_line(mien_canvas *canvas, double x0, double y0, double x1, double y1,
                      double thickness, mien_rgb color);

/* Lines through `count` points, drawn as one stroke: where pieces meet, nothing is covered twice.
 * A single point is a dot. MIEN_ERR_NOMEM. */
mien_status mien_canvas_polyline(mien_canvas *canvas, const double *x, const double *y,
                                 size_t count, double thickness, mien_rgb color, mien_error *err);

/* Fill the convex area between `count` corners, given in order; opacity from 0 nothing to 1 all.
 * Anti-aliased. */
void mien_canvas_convex(mien_canvas *canvas, const double *x, const double *y, size_t count,
                        mien_rgb color, double opacity);

/* An anti-aliased filled circle. */
void mien_canvas_disc(mien_canvas *canvas, double x, double y, double radius, mien_rgb color);

#endif
