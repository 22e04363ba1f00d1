/* svg.h - a small writer of SVG: what canvas.h draws, as text that any browser opens.
 * SPDX-License-Identifier: MIT
 *
 * Coordinates are those of a canvas: pixels from the top left corner. Text stays text, in DejaVu
 * Sans or what stands in for it. Nothing refers to another file. A failed allocation is remembered
 * in text.failed. */
#ifndef MIEN_SVG_H
#define MIEN_SVG_H

#include "base/text.h"
#include "draw/lettering.h"

typedef struct mien_svg {
    mien_text text; /* whole after mien_svg_end(); owned, freed with mien_text_free() */
} mien_svg;

/* Open a picture on white. The title is for readers who hear the picture; NULL: none. */
void mien_svg_begin(mien_svg *svg, size_t width, size_t height, const char *title);
void mien_svg_end(mien_svg *svg);

/* A line with round ends; dash > 0 cuts it into dashes and gaps of that length. */
void mien_svg_line(mien_svg *svg, double x0, double y0, double x1, double y1, double thickness,
                   double dash, mien_rgb color);

/* Lines through `count` points as one path. */
void mien_svg_path(mien_svg *svg, const double *x, const double *y, size_t count, double thickness,
                   mien_rgb color);

void mien_svg_circle(mien_svg *svg, double x, double y, double radius, mien_rgb color);

/* A filled area that lets through what lies below: opacity from 0 nothing to 1 all. */
void mien_svg_polygon(mien_svg *svg, const double *x, const double *y, size_t count, mien_rgb color,
                      double opacity);

/* A picture of width x height pixels, given as a PNG; enlarged, its pixels stay squares. */
void mien_svg_image(mien_svg *svg, double x, double y, size_t width, size_t height,
                    const unsigned char *png, size_t nbytes);

/* A frame of one pixel just outside of a box. */
void mien_svg_frame(mien_svg *svg, mien_box box, mien_rgb color);

/* A line of text with its baseline at y. Escaped; max_width is not looked at. */
void mien_svg_text(mien_svg *svg, double x, double y, const mien_lettering *style,
                   const char *text);

#endif
