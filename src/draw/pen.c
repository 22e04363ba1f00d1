/* pen.c - one way to draw for two papers, a canvas of pixels and an SVG, and pictures made with it.
 * SPDX-License-Identifier: MIT
 *
 * The SVG refers to no other file. Its text is in DejaVu Sans or what stands in for it, shortened
 * by the widths of the font that the pixels are drawn with. */
#include "draw/pen.h"

#include "base/disk/files.h"
#include "base/disk/outdir.h"
#include "base/memory.h"
#include "base/status.h"
#include "draw/png.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void fail(mien_pen *pen, mien_status status)
{
    pen->status = mien_fail_plain(pen->err, status);
}

/* ---------------------------------------------------------------- shapes */

static void add_color(mien_text *svg, const char *attribute, mien_rgb color)
{
    mien_text_printf(svg, " %s=\"#%02x%02x%02x\"", attribute, color.r, color.g, color.b);
}

static void add_points(mien_text *svg, const double *x, const double *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mien_text_printf(svg, "%s%.2f,%.2f", i ? " " : "", x[i], y[i]);
}

static void add_line(mien_text *svg, double x0, double y0, double x1, double y1, double thickness,
                     double dash, mien_rgb color)
{
    mien_text_printf(svg,
                     "<line x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\" stroke-width=\"%.2f\"",
                     x0, y0, x1, y1, thickness);
    add_color(svg, "stroke", color);
    if (dash > 0)
        mien_text_printf(svg, " stroke-dasharray=\"%.2f %.2f\"/>\n", dash, dash);
    else
        mien_text_add(svg, " stroke-linecap=\"round\"/>\n");
}

void mien_pen_line(mien_pen *pen, double x0, double y0, double x1, double y1, double thickness,
                   mien_rgb color)
{
    if (pen->status)
        return;
    if (pen->svg)
        add_line(pen->svg, x0, y0, x1, y1, thickness, 0, color);
    else
        mien_canvas_line(pen->canvas, x0, y0, x1, y1, thickness, color);
}

void mien_pen_dashes(mien_pen *pen, double x0, double y0, double x1, double y1, double thickness,
                     double dash, mien_rgb color)
{
    double length = hypot(x1 - x0, y1 - y0);
    if (pen->svg && !pen->status)
        add_line(pen->svg, x0, y0, x1, y1, thickness, dash, color);
    for (double at = 0; at < length && pen->canvas; at += 2 * dash) {
        double from = at / length, to = fmin(at + dash, length) / length;
        mien_pen_line(pen, x0 + from * (x1 - x0), y0 + from * (y1 - y0), x0 + to * (x1 - x0),
                      y0 + to * (y1 - y0), thickness, color);
    }
}

void mien_pen_stroke(mien_pen *pen, const double *x, const double *y, size_t count,
                     double thickness, mien_rgb color)
{
    if (pen->status || count == 0)
        return;
    if (pen->canvas) {
        pen->status = mien_canvas_polyline(pen->canvas, x, y, count, thickness, color, pen->err);
        return;
    }
    mien_text_add(pen->svg, "<path d=\"M");
    add_points(pen->svg, x, y, count);
    mien_text_printf(pen->svg,
                     "%s\" fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\" "
                     "stroke-width=\"%.2f\"",
                     count == 1 ? " h0.01" : "", thickness); /* one without length is not drawn */
    add_color(pen->svg, "stroke", color);
    mien_text_add(pen->svg, "/>\n");
}

void mien_pen_disc(mien_pen *pen, double x, double y, double radius, mien_rgb color)
{
    if (pen->status)
        return;
    if (pen->canvas) {
        mien_canvas_disc(pen->canvas, x, y, radius, color);
        return;
    }
    mien_text_printf(pen->svg, "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"%.2f\"", x, y, radius);
    add_color(pen->svg, "fill", color);
    mien_text_add(pen->svg, "/>\n");
}

void mien_pen_area(mien_pen *pen, const double *x, const double *y, size_t count, mien_rgb color,
                   double opacity)
{
    if (pen->status)
        return;
    if (pen->canvas) {
        mien_canvas_convex(pen->canvas, x, y, count, color, opacity);
        return;
    }
    mien_text_add(pen->svg, "<polygon points=\"");
    add_points(pen->svg, x, y, count);
    mien_text_add(pen->svg, "\"");
    add_color(pen->svg, "fill", color);
    if (opacity < 1)
        mien_text_printf(pen->svg, " fill-opacity=\"%.3f\"", opacity);
    mien_text_add(pen->svg, "/>\n");
}

void mien_pen_fill(mien_pen *pen, mien_box box, mien_rgb color)
{
    if (pen->status)
        return;
    if (pen->canvas) {
        mien_canvas_fill(pen->canvas, box, color);
        return;
    }
    mien_text_printf(pen->svg, "<rect x=\"%zu\" y=\"%zu\" width=\"%zu\" height=\"%zu\"", box.x,
                     box.y, box.width, box.height);
    add_color(pen->svg, "fill", color);
    mien_text_add(pen->svg, "/>\n");
}

void mien_pen_frame(mien_pen *pen, mien_box box, size_t thickness, mien_rgb color)
{
    if (pen->status)
        return;
    if (pen->canvas) {
        mien_canvas_frame(pen->canvas, box, thickness, color);
        return;
    }
    double half = (double)thickness / 2;
    mien_text_printf(
        pen->svg, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%zu\" height=\"%zu\" fill=\"none\"",
        (double)box.x - half, (double)box.y - half, box.width + thickness, box.height + thickness);
    add_color(pen->svg, "stroke", color);
    if (thickness > 1)
        mien_text_printf(pen->svg, " stroke-width=\"%zu\"", thickness);
    mien_text_add(pen->svg, "/>\n");
}

/* ---------------------------------------------------------------- text */

/* What is left of a text that may be too long, as text again. */
static void add_text(mien_pen *pen, double x, double y, const mien_lettering *style,
                     const char *text)
{
    static const char *const anchors[] = {
        [MIEN_ALIGN_LEFT] = "start", [MIEN_ALIGN_CENTER] = "middle", [MIEN_ALIGN_RIGHT] = "end"};
    size_t kept;
    bool whole;
    pen->status = mien_lettering_kept(style, text, &kept, &whole, pen->err);
    if (pen->status)
        return;
    mien_text shown = {0};
    mien_text_add_bytes(&shown, text, kept);
    mien_text_add(&shown, whole ? "" : "\u2026");
    mien_text_printf(
        pen->svg, "<text x=\"%.2f\" y=\"%.2f\" font-size=\"%.2f\" text-anchor=\"%s\"%s", x, y,
        style->size, anchors[style->align], style->bold ? " font-weight=\"bold\"" : "");
    add_color(pen->svg, "fill", style->color);
    mien_text_add(pen->svg, ">");
    if (shown.failed)
        fail(pen, MIEN_ERR_NOMEM);
    else
        mien_text_add_html(pen->svg, shown.bytes);
    mien_text_add(pen->svg, "</text>\n");
    mien_text_free(&shown);
}

void mien_pen_text(mien_pen *pen, double x, double y, mien_lettering style, const char *text)
{
    if (pen->status || !text)
        return;
    if (pen->svg)
        add_text(pen, x, y, &style, text);
    else
        pen->status = mien_lettering_draw(pen->canvas, x, y, &style, text, pen->err);
}

void mien_pen_text_middle(mien_pen *pen, double x, double y, mien_lettering style, const char *text)
{
    mien_pen_text(pen, x, round(y + mien_lettering_capital(&style) / 2), style, text);
}

void mien_pen_text_in(mien_pen *pen, mien_box box, mien_lettering style, const char *text)
{
    static const double shares[] = {
        [MIEN_ALIGN_LEFT] = 0, [MIEN_ALIGN_CENTER] = 0.5, [MIEN_ALIGN_RIGHT] = 1};
    if (box.width == 0)
        return;
    style.max_width = (double)box.width;
    mien_pen_text_middle(pen, (double)box.x + shares[style.align] * (double)box.width,
                         (double)box.y + (double)box.height / 2, style, text);
}

void mien_pen_text_end(mien_pen *pen, double x, double y, mien_lettering style, const char *text)
{
    enum { MAX_SHOWN = 200 }; /* far more than any picture has room for */
    char shown[MAX_SHOWN + 8];
    const double room = style.max_width;
    size_t length = strlen(text);
    const char *from = length > MAX_SHOWN ? text + length - MAX_SHOWN : text;
    style.max_width = 0;
    while (from > text && (*from & 0xc0) == 0x80)
        from++;
    for (;;) {
        snprintf(shown, sizeof shown, "%s%s", from > text ? "\u2026" : "", from);
        if (mien_pen_width(pen, style, shown) <= room || !*from)
            break;
        length = mien_utf8_length(from);
        from += length ? length : 1;
    }
    mien_pen_text(pen, x, y, style, shown);
}

double mien_pen_width(mien_pen *pen, mien_lettering style, const char *text)
{
    double width = 0;
    if (!pen->status)
        pen->status = mien_lettering_width(&style, text, &width, pen->err);
    return pen->status ? 0 : width;
}

double mien_pen_paragraph(mien_pen *pen, double x, double y, double width, double pitch,
                          mien_lettering style, const char *text)
{
    char line[512] = "", word[128], longer[sizeof line + sizeof word];
    while (*text) {
        size_t length = strcspn(text, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        snprintf(longer, sizeof longer, "%s%s%s", line, *line ? " " : "", word);
        if (*line &&
            (mien_pen_width(pen, style, longer) > width || strlen(longer) >= sizeof line)) {
            mien_pen_text(pen, x, y, style, line);
            y += pitch;
            snprintf(line, sizeof line, "%s", word);
        } else {
            memcpy(line, longer, strlen(longer) + 1);
        }
        text += length + strspn(text + length, " ");
    }
    mien_pen_text(pen, x, y, style, line);
    return y + pitch;
}

/* ---------------------------------------------------------------- pictures */

void mien_pen_picture(mien_pen *pen, size_t x, size_t y, mien_canvas *picture)
{
    unsigned char *png;
    size_t nbytes;
    mien_box box = {x, y, picture->width, picture->height};
    if (pen->canvas && !pen->status)
        mien_canvas_copy(pen->canvas, x, y, picture);
    if (pen->canvas || pen->status) {
        mien_canvas_free(picture);
        return;
    }
    pen->status = mien_png_encode(picture, &png, &nbytes, pen->err);
    if (pen->status)
        return;
    mien_text_printf(pen->svg,
                     "<image x=\"%zu.00\" y=\"%zu.00\" width=\"%zu\" height=\"%zu\" "
                     "style=\"image-rendering:pixelated\" href=\"data:image/png;base64,",
                     box.x, box.y, box.width, box.height); /* enlarged, pixels stay squares */
    mien_text_add_base64(pen->svg, png, nbytes);
    mien_text_add(pen->svg, "\"/>\n");
    mien_free(png);
}

mien_status mien_drawing_canvas(const mien_drawing *drawing, mien_canvas *out, mien_error *err)
{
    mien_canvas canvas;
    mien_status st = mien_canvas_init(drawing->width, drawing->height, mien_paper, &canvas, err);
    if (st)
        return st;
    mien_pen pen = {.canvas = &canvas, .err = err};
    drawing->paint(&pen, drawing->what);
    if (pen.status)
        mien_canvas_free(&canvas);
    else
        *out = canvas;
    return pen.status;
}

/* The element alone, without what makes a file of it; `place`: more attributes. */
static mien_status add_svg(const mien_drawing *drawing, const char *place, mien_text *svg,
                           mien_error *err)
{
    mien_text_printf(svg,
                     "<svg %sxmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"%zu\" "
                     "viewBox=\"0 0 %zu %zu\" role=\"img\" "
                     "font-family=\"'DejaVu Sans', sans-serif\">\n",
                     place, drawing->width, drawing->height, drawing->width, drawing->height);
    if (drawing->title) {
        mien_text_add(svg, "<title>");
        mien_text_add_html(svg, drawing->title);
        mien_text_add(svg, "</title>\n");
    }
    mien_text_printf(svg, "<rect width=\"%zu\" height=\"%zu\" fill=\"#ffffff\"/>\n", drawing->width,
                     drawing->height);
    mien_pen pen = {.svg = svg, .err = err};
    drawing->paint(&pen, drawing->what);
    mien_text_add(svg, "</svg>\n");
    if (!pen.status && svg->failed)
        fail(&pen, MIEN_ERR_NOMEM);
    return pen.status;
}

mien_status mien_drawing_svg(const mien_drawing *drawing, mien_text *out, mien_error *err)
{
    mien_text svg = {0};
    mien_status st = mien_canvas_check(drawing->width, drawing->height, err);
    mien_text_add(&svg, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    if (!st)
        st = add_svg(drawing, "", &svg, err);
    if (st)
        mien_text_free(&svg);
    else
        *out = svg;
    return st;
}

void mien_pen_inset(mien_pen *pen, size_t x, size_t y, const mien_drawing *drawing)
{
    char place[64];
    mien_canvas part;
    if (pen->status)
        return;
    snprintf(place, sizeof place, "x=\"%zu\" y=\"%zu\" ", x, y);
    pen->status = pen->svg ? add_svg(drawing, place, pen->svg, pen->err)
                           : mien_drawing_canvas(drawing, &part, pen->err);
    if (pen->status || pen->svg)
        return;
    mien_canvas_copy(pen->canvas, x, y, &part);
    mien_canvas_free(&part);
}

mien_status mien_drawing_png(const mien_drawing *drawing, mien_outdir *dir, const char *name,
                             mien_error *err)
{
    char file[64];
    mien_canvas canvas;
    snprintf(file, sizeof file, "%s.png", name);
    mien_status st = mien_drawing_canvas(drawing, &canvas, err);
    return st ? st : mien_canvas_write(dir, "", file, &canvas, err);
}

mien_status mien_drawing_both(const mien_drawing *drawing, mien_outdir *dir, const char *name,
                              mien_error *err)
{
    char file[64];
    mien_text svg = {0};
    mien_status st = mien_drawing_png(drawing, dir, name, err);
    snprintf(file, sizeof file, "%s.svg", name);
    if (!st)
        st = mien_drawing_svg(drawing, &svg, err);
    if (!st)
        st = mien_outdir_write(dir, file, svg.bytes, svg.length, err);
    mien_text_free(&svg);
    return st;
}
