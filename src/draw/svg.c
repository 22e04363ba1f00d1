/* svg.c - a small writer of SVG: what canvas.h draws, as text that any browser opens.
 * SPDX-License-Identifier: MIT */
#include "draw/svg.h"

void mien_svg_begin(mien_svg *svg, size_t width, size_t height, const char *title)
{
    mien_text *text = &svg->text;
    mien_text_add(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    mien_text_printf(text,
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"%zu\" "
                     "viewBox=\"0 0 %zu %zu\" role=\"img\" "
                     "font-family=\"'DejaVu Sans', sans-serif\">\n",
                     width, height, width, height);
    if (title) {
        mien_text_add(text, "<title>");
        mien_text_add_html(text, title);
        mien_text_add(text, "</title>\n");
    }
    mien_text_printf(text, "<rect width=\"%zu\" height=\"%zu\" fill=\"#ffffff\"/>\n", width,
                     height);
}

void mien_svg_end(mien_svg *svg)
{
    mien_text_add(&svg->text, "</svg>\n");
}

static void add_color(mien_svg *svg, const char *attribute, mien_rgb color)
{
    mien_text_printf(&svg->text, " %s=\"#%02x%02x%02x\"", attribute, color.r, color.g, color.b);
}

static void add_points(mien_svg *svg, const double *x, const double *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mien_text_printf(&svg->text, "%s%.2f,%.2f", i ? " " : "", x[i], y[i]);
}

void mien_svg_line(mien_svg *svg, double x0, double y0, double x1, double y1, double thickness,
                   double dash, mien_rgb color)
{
    mien_text_printf(&svg->text,
                     "<line x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\" stroke-width=\"%.2f\"",
                     x0, y0, x1, y1, thickness);
    add_color(svg, "stroke", color);
    if (dash > 0)
        mien_text_printf(&svg->text, " stroke-dasharray=\"%.2f %.2f\"", dash, dash);
    else
        mien_text_add(&svg->text, " stroke-linecap=\"round\"");
    mien_text_add(&svg->text, "/>\n");
}

void mien_svg_path(mien_svg *svg, const double *x, const double *y, size_t count, double thickness,
                   mien_rgb color)
{
    mien_text_add(&svg->text, "<path d=\"M");
    add_points(svg, x, y, count);
    if (count == 1) /* a path without length is not drawn */
        mien_text_add(&svg->text, " h0.01");
    mien_text_printf(&svg->text,
                     "\" fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\" "
                     "stroke-width=\"%.2f\"",
                     thickness);
    add_color(svg, "stroke", color);
    mien_text_add(&svg->text, "/>\n");
}

void mien_svg_circle(mien_svg *svg, double x, double y, double radius, mien_rgb color)
{
    mien_text_printf(&svg->text, "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"%.2f\"", x, y, radius);
    add_color(svg, "fill", color);
    mien_text_add(&svg->text, "/>\n");
}

void mien_svg_polygon(mien_svg *svg, const double *x, const double *y, size_t count, mien_rgb color,
                      double opacity)
{
    mien_text_add(&svg->text, "<polygon points=\"");
    add_points(svg, x, y, count);
    mien_text_add(&svg->text, "\"");
    add_color(svg, "fill", color);
    if (opacity < 1)
        mien_text_printf(&svg->text, " fill-opacity=\"%.3f\"", opacity);
    mien_text_add(&svg->text, "/>\n");
}

void mien_svg_text(mien_svg *svg, double x, double y, const mien_lettering *style, const char *text)
{
    static const char *const anchors[] = {
        [MIEN_ALIGN_LEFT] = "start", [MIEN_ALIGN_CENTER] = "middle", [MIEN_ALIGN_RIGHT] = "end"};
    mien_text_printf(
        &svg->text, "<text x=\"%.2f\" y=\"%.2f\" font-size=\"%.2f\" text-anchor=\"%s\"%s", x, y,
        style->size, anchors[style->align], style->bold ? " font-weight=\"bold\"" : "");
    add_color(svg, "fill", style->color);
    mien_text_add(&svg->text, ">");
    mien_text_add_html(&svg->text, text);
    mien_text_add(&svg->text, "</text>\n");
}

void mien_svg_image(mien_svg *svg, double x, double y, size_t width, size_t height,
                    const unsigned char *png, size_t nbytes)
{
    mien_text_printf(&svg->text,
                     "<image x=\"%.2f\" y=\"%.2f\" width=\"%zu\" height=\"%zu\" "
                     "style=\"image-rendering:pixelated\" href=\"data:image/png;base64,",
                     x, y, width, height);
    mien_text_add_base64(&svg->text, png, nbytes);
    mien_text_add(&svg->text, "\"/>\n");
}

void mien_svg_frame(mien_svg *svg, mien_box box, mien_rgb color)
{
    mien_text_printf(&svg->text,
                     "<rect x=\"%.1f\" y=\"%.1f\" width=\"%zu\" height=\"%zu\" fill=\"none\"",
                     (double)box.x - 0.5, (double)box.y - 0.5, box.width + 1, box.height + 1);
    add_color(svg, "stroke", color);
    mien_text_add(&svg->text, "/>\n");
}
