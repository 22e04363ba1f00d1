/* pen.h - one way to draw for two papers, a canvas of pixels and an SVG, and pictures made with it.
 * SPDX-License-Identifier: MIT
 *
 * What is drawn with a pen looks the same on both, because the drawing does not know which it is.
 * Coordinates as in canvas.h. After a failure nothing more is drawn and widths are 0: callers draw
 * all they have and look at `status` once, at the end. */
#ifndef MIEN_PEN_H
#define MIEN_PEN_H

#include "base/text.h"
#include "draw/lettering.h"
#include "mien_report.h"

typedef struct mien_pen {
    mien_canvas *canvas; /* one of the two; neither is owned */
    mien_text *svg;
    mien_status status; /* MIEN_ERR_NOMEM, or what a drawing says of itself */
    mien_error *err;    /* may be NULL */
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

/* A filled rectangle of whole pixels, and a frame of `thickness` pixels just outside of one. */
void mien_pen_fill(mien_pen *pen, mien_box box, mien_rgb color);
void mien_pen_frame(mien_pen *pen, mien_box box, size_t thickness, mien_rgb color);

/* A line of text with its baseline at y, shortened to style.max_width. NULL draws nothing. */
void mien_pen_text(mien_pen *pen, double x, double y, mien_lettering style, const char *text);

/* The same, but the middle of its capitals is at y. */
void mien_pen_text_middle(mien_pen *pen, double x, double y, mien_lettering style,
                          const char *text);

/* The same in a box, at its left, middle or right as style.align says, as wide as it at most. An
 * empty box takes none. */
void mien_pen_text_in(mien_pen *pen, mien_box box, mien_lettering style, const char *text);

/* Text that is too long begins with an ellipsis: of a file's name the end tells more than the
 * beginning. style.max_width is not 0. */
void mien_pen_text_end(mien_pen *pen, double x, double y, mien_lettering style, const char *text);

/* A text's width after shortening; 0 after a failure. */
double mien_pen_width(mien_pen *pen, mien_lettering style, const char *text);

/* Words one after another in lines at most `width` wide, the first with its baseline at y, others
 * `pitch` below each other; returns where the next line would be. */
double mien_pen_paragraph(mien_pen *pen, double x, double y, double width, double pitch,
                          mien_lettering style, const char *text);

/* Pixels with their top left corner at (x, y), whole numbers; in an SVG embedded as PNG. The
 * picture is freed, in any case. */
void mien_pen_picture(mien_pen *pen, size_t x, size_t y, mien_canvas *picture);

/* ---------------------------------------------------------------- pictures */

/* A picture that is not drawn yet. Nothing is owned. */
typedef struct mien_drawing {
    size_t width, height;
    const char *title; /* of the SVG, for readers who hear the picture; NULL: none */
    void (*paint)(mien_pen *pen, const void *what);
    const void *what;
} mien_drawing;

/* Draw it on white, as pixels (for mien_canvas_free()) or as self-contained SVG (for
 * mien_text_free()), in which text stays text. MIEN_ERR_ARG (empty, too large), MIEN_ERR_NOMEM, and
 * what paint() fails with; *out is untouched then. */
mien_status mien_drawing_canvas(const mien_drawing *drawing, mien_canvas *out, mien_error *err);
mien_status mien_drawing_svg(const mien_drawing *drawing, mien_text *out, mien_error *err);

/* Draw a whole picture inside of another, with its top left corner at (x, y). */
void mien_pen_inset(mien_pen *pen, size_t x, size_t y, const mien_drawing *drawing);

/* Write name.png into `dir`, and the same picture as name.svg. Not more than one of the two is in
 * memory at a time. Errors as above, and MIEN_ERR_IO. */
mien_status mien_drawing_png(const mien_drawing *drawing, mien_outdir *dir, const char *name,
                             mien_error *err);
mien_status mien_drawing_both(const mien_drawing *drawing, mien_outdir *dir, const char *name,
                              mien_error *err);

#endif
