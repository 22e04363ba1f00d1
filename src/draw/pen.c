/* pen.c - one way to draw for two papers: a canvas of pixels and an SVG.
 * SPDX-License-Identifier: MIT */
#include "draw/pen.h"

#include "base/memory.h"
#include "base/status.h"
#include "draw/png.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void mien_pen_line(mien_pen *pen, double x0, double y0, double x1, double y1, double thickness,
                   mien_rgb color)
{
    if (pen->status)
        return;
    if (pen->svg)
        mien_svg_line(pen->svg, x0, y0, x1, y1, thickness, 0, color);
    else
        mien_canvas_line(pen->canvas, x0, y0, x1, y1, thickness, color);
}

void mien_pen_dashes(mien_pen *pen, double x0, double y0, double x1, double y1, double thickness,
                     double dash, mien_rgb color)
{
    if (pen->status)
        return;
    if (pen->svg) {
        mien_svg_line(pen->svg, x0, y0, x1, y1, thickness, dash, color);
        return;
    }
    double length = hypot(x1 - x0, y1 - y0);
    for (double at = 0; at < length; at += 2 * dash) {
        double from = at / length, to = fmin(at + dash, length) / length;
        mien_canvas_line(pen->canvas, x0 + from * (x1 - x0), y0 + from * (y1 - y0),
                         x0 + to * (x1 - x0), y0 + to * (y1 - y0), thickness, color);
    }
}

void mien_pen_stroke(mien_pen *pen, const double *x, const double *y, size_t count,
                     double thickness, mien_rgb color)
{
    if (pen->status || count == 0)
        return;
    if (pen->svg)
        mien_svg_path(pen->svg, x, y, count, thickness, color);
    else
        pen->status = mien_canvas_polyline(pen->canvas, x, y, count, thickness, color, pen->err);
}

void mien_pen_disc(mien_pen *pen, double x, double y, double radius, mien_rgb color)
{
    if (pen->status)
        return;
    if (pen->svg)
        mien_svg_circle(pen->svg, x, y, radius, color);
    else
        mien_canvas_disc(pen->canvas, x, y, radius, color);
}

void mien_pen_area(mien_pen *pen, const double *x, const double *y, size_t count, mien_rgb color,
                   double opacity)
{
    if (pen->status)
        return;
    if (pen->svg)
        mien_svg_polygon(pen->svg, x, y, count, color, opacity);
    else
        mien_canvas_convex(pen->canvas, x, y, count, color, opacity);
}

/* What is left of a text that may be too long, as text again. */
static void write_svg_text(mien_pen *pen, double x, double y, const mien_lettering *style,
                           const char *text)
{
    size_t kept;
    bool whole;
    pen->status = mien_lettering_kept(style, text, &kept, &whole, pen->err);
    if (pen->status)
        return;
    mien_text shown = {0};
    mien_text_add_bytes(&shown, text, kept);
    if (!whole)
        mien_text_add(&shown, "\u2026");
    if (shown.failed)
        pen->status = mien_fail_plain(pen->err, MIEN_ERR_NOMEM);
    else
        mien_svg_text(pen->svg, x, y, style, shown.bytes);
    mien_text_free(&shown);
}

void mien_pen_text(mien_pen *pen, double x, double y, const mien_lettering *style, const char *text)
{
    if (pen->status || !text)
        return;
    if (pen->svg)
        write_svg_text(pen, x, y, style, text);
    else
        pen->status = mien_lettering_draw(pen->canvas, x, y, style, text, pen->err);
}

/* The beginning gives way to an ellipsis, a character at a time. */
static void write_svg_end(mien_pen *pen, double x, double y, const mien_lettering *style,
                          const char *text)
{
    enum { MOST = 200 }; /* far more than any picture has room for */
    mien_lettering free_style = *style;
    free_style.max_width = 0;
    size_t length = strlen(text);
    const char *from = length > MOST ? text + length - MOST : text;
    for (;; from++) {
        char shown[MOST + 8];
        while ((*from & 0xc0) == 0x80)
            from++;
        snprintf(shown, sizeof shown, "%s%s", from > text ? "\u2026" : "", from);
        double width = mien_pen_width(pen, &free_style, shown);
        if (pen->status)
            return;
        if (width <= style->max_width || !*from) {
            mien_svg_text(pen->svg, x, y, &free_style, shown);
            return;
        }
    }
}

void mien_pen_text_end(mien_pen *pen, double x, double y, const mien_lettering *style,
                       const char *text)
{
    if (pen->status)
        return;
    if (pen->svg)
        write_svg_end(pen, x, y, style, text);
    else
        pen->status = mien_lettering_draw_end(pen->canvas, x, y, style, text, pen->err);
}

void mien_pen_picture(mien_pen *pen, double x, double y, const mien_canvas *picture)
{
    if (pen->status)
        return;
    if (pen->canvas) {
        for (size_t row = 0; row < picture->height; row++)
            for (size_t column = 0; column < picture->width; column++)
                mien_canvas_fill(pen->canvas, (mien_box){(size_t)x + column, (size_t)y + row, 1, 1},
                                 mien_canvas_get(picture, column, row));
        return;
    }
    unsigned char *png;
    size_t nbytes;
    pen->status = mien_png_encode(picture, &png, &nbytes, pen->err);
    if (pen->status)
        return;
    mien_svg_image(pen->svg, x, y, picture->width, picture->height, png, nbytes);
    mien_free(png);
}

void mien_pen_frame(mien_pen *pen, mien_box box, mien_rgb color)
{
    if (pen->status)
        return;
    if (pen->svg)
        mien_svg_frame(pen->svg, box, color);
    else
        mien_canvas_frame(pen->canvas, box, 1, color);
}

double mien_pen_width(mien_pen *pen, const mien_lettering *style, const char *text)
{
    double width = 0;
    if (!pen->status)
        pen->status = mien_lettering_width(style, text, &width, pen->err);
    return pen->status ? 0 : width;
}
