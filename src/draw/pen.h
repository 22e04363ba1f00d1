/* pen.h - one way to draw for two papers: a canvas of pixels and an SVG.
 * SPDX-License-Identifier: MIT
 *
 * What is drawn with a pen looks the same on both, because the drawing does not know which it is.
 * Coordinates as in canvas.h. After a failure nothing more is drawn; look at `status` at the end.
 */
#ifndef MIEN_PEN_H
#define MIEN_PEN_H

#include "draw/lettering.h"
#include "draw/svg.h"

typedef struct mien_pen {
    mien_canvas *canvas; /* one of the two; neither is owned */
    mien_svg *svg;
    mien_status status;
    mien_error *err; /* may be NULL */
} mien_pen;

/* A line with round ends. */
void mien_pen_line(mien_pen *pen, double x0, double y0, double x1, double y1, double thickness,
                   mien_rgb color);

/* A line of dashes and gaps, each `dash` long. */
void mien_pen_dashes(mien_pen *pen, double x0, double y0, double x1, double y1, double thickness,
                     double dash, mien_rgb color);

/* Lines through `count` points, one stroke. */
void mien_pen_stroke(mien_pen *pen, const double *x, const double *y, size_t count,
                     double thickness, mien_rgb color);

void mien_pen_disc(mien_pen *pen, double x, double y, double radius, mien_rgb color);

/* A filled convex area; opacity from 0 nothing to 1 all. */
void mien_pen_area(mien_pen *pen, const double *x, const double *y, size_t count, mien_rgb color,
                   double opacity);

/* A line of text, shortened to style->max_width. NULL draws nothing. */
void mien_pen_text(mien_pen *pen, double x, double y, const mien_lettering *style,
                   const char *text);

/* The same, of which the end is kept when it is too long. style->max_width is not 0. */
void mien_pen_text_end(mien_pen *pen, double x, double y, const mien_lettering *style,
                       const char *text);

/* Pixels with their top left corner at (x, y), whole numbers; in an SVG embedded as PNG. */
void mien_pen_picture(mien_pen *pen, double x, double y, const mien_canvas *picture);

/* A frame of one pixel just outside of a box. */
void mien_pen_frame(mien_pen *pen, mien_box box, mien_rgb color);

/* A text's width after shortening; 0 after a failure. */
double mien_pen_width(mien_pen *pen, const mien_lettering *style, const char *text);

#endif
