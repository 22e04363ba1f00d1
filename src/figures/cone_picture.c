/* cone_picture.c - the cone of the data, and where NMF puts its basis vectors, drawn.
 * SPDX-License-Identifier: MIT
 *
 * A square plot on the left, words on the right. Areas are sectors from the origin to the frame of
 * the plot: a cone has no end. */
#include "figures/cone_picture.h"

#include "draw/axis.h"
#include "draw/pen.h"

#include <math.h>
#include <stdio.h>

/* Sizes in pixels. */
enum {
    LEFT = 96,
    TOP = 104,
    SIDE = 660, /* of the plot */
    WIDTH = 1200,
    HEIGHT = 860,
    COLUMN = 812,
    COLUMN_WIDTH = WIDTH - COLUMN - 36,
    LINE = 25
};

static const double LETTERS = 17, SMALL = 16, TITLE = 27;

static const mien_rgb PALE = {96, 96, 96}, GRAY = {150, 150, 150}, CONE = {86, 180, 233},
                      REGION = {230, 159, 0}, POINT = {0, 80, 130};

/* Okabe & Ito, as in chart.c; dark enough to carry a white number. */
static const mien_rgb STARTS[MIEN_CONE_STARTS] = {{213, 94, 0}, {0, 130, 95}, {150, 60, 120}};

typedef struct view {
    const mien_cone *cone;
    const mien_cone_words *words;
    mien_pen *pen;
    double low[2], high[2]; /* data coordinates of the plot: equally long on both axes */
} view;

static double across(const view *v, double x)
{
    return LEFT + (x - v->low[0]) / (v->high[0] - v->low[0]) * SIDE;
}

static double up(const view *v, double y)
{
    return TOP + SIDE - (y - v->low[1]) / (v->high[1] - v->low[1]) * SIDE;
}

static void set_view(view *v)
{
    const mien_cone *cone = v->cone;
    double reach[2] = {0, 0};
    for (size_t i = 0; i < cone->n; i++)
        for (size_t c = 0; c < 2; c++)
            reach[c] = fmax(reach[c], fabs((double)cone->points[2 * i + c]));
    double side = 1.06 * fmax(reach[0], cone->plane ? 2 * reach[1] : reach[1]);
    v->low[0] = 0;
    v->high[0] = side;
    v->low[1] = cone->plane ? -side / 2 : 0;
    v->high[1] = v->low[1] + side;
}

static void write_line(const view *v, double x, double y, const char *text, double size,
                       mien_rgb color, mien_align align, double room)
{
    mien_pen_text(v->pen, x, y, (mien_lettering){size, size >= TITLE, color, align, room}, text);
}

/* ---------------------------------------------------------------- the plot */

/* Where a ray from the origin leaves the plot. */
static void leave(const view *v, double angle, double *x, double *y)
{
    double dx = cos(angle), dy = sin(angle), t = INFINITY;
    if (dx > 1e-12)
        t = fmin(t, v->high[0] / dx);
    if (dy > 1e-12)
        t = fmin(t, v->high[1] / dy);
    if (dy < -1e-12)
        t = fmin(t, v->low[1] / dy);
    *x = across(v, fmax(t * dx, 0));
    *y = up(v, t * dy);
}

/* The area between two rays: origin, ends of the rays, and the corners of the plot between. */
static void draw_sector(const view *v, double from, double to, mien_rgb color, double opacity)
{
    double x[5] = {across(v, 0)}, y[5] = {up(v, 0)};
    size_t count = 1;
    if (!(to > from))
        return;
    leave(v, from, &x[count], &y[count]);
    count++;
    for (int k = 0; k < 2; k++) {
        double corner = atan2(k ? v->high[1] : v->low[1], v->high[0]);
        if (corner > from && corner < to) {
            x[count] = LEFT + SIDE;
            y[count++] = k ? TOP : TOP + SIDE;
        }
    }
    leave(v, to, &x[count], &y[count]);
    mien_pen_area(v->pen, x, y, count + 1, color, opacity);
}

static void draw_ray(const view *v, double angle, double thickness, double dash, mien_rgb color)
{
    double x, y;
    leave(v, angle, &x, &y);
    if (dash > 0)
        mien_pen_dashes(v->pen, across(v, 0), up(v, 0), x, y, thickness, dash, color);
    else
        mien_pen_line(v->pen, across(v, 0), up(v, 0), x, y, thickness, color);
}

static void draw_ticks(const view *v)
{
    char label[32];
    for (size_t c = 0; c < 2; c++) {
        mien_axis axis = mien_axis_choose(v->low[c], v->high[c], false, 5);
        for (size_t i = 0; i < axis.n_ticks; i++) {
            double tick = axis.ticks[i];
            if (tick < v->low[c] || tick > v->high[c])
                continue;
            mien_axis_label(&axis, tick, label);
            double x = c ? LEFT : across(v, tick), y = c ? up(v, tick) : TOP + SIDE;
            mien_pen_line(v->pen, x, y, c ? x - 6 : x, c ? y : y + 6, 1, GRAY);
            if (c)
                write_line(v, x - 12, y + 6, label, SMALL, PALE, MIEN_ALIGN_RIGHT, LEFT - 16);
            else
                write_line(v, x, y + LINE, label, SMALL, PALE, MIEN_ALIGN_CENTER, 120);
        }
    }
}

static void draw_axes(const view *v)
{
    mien_pen_line(v->pen, LEFT, TOP, LEFT, TOP + SIDE, 1.5, GRAY);
    mien_pen_line(v->pen, LEFT, up(v, 0), LEFT + SIDE, up(v, 0), 1.5, GRAY);
    mien_pen_line(v->pen, LEFT, TOP + SIDE, LEFT + SIDE, TOP + SIDE, 1, GRAY);
    draw_ticks(v);
    write_line(v, LEFT + SIDE / 2.0, TOP + SIDE + 2 * LINE + 2, v->words->axes[0], LETTERS,
               mien_ink, MIEN_ALIGN_CENTER, SIDE);
    write_line(v, 36, TOP - 16, v->words->axes[1], LETTERS, mien_ink, MIEN_ALIGN_LEFT, SIDE);
}

/* The number of a start in a disc of its colour. */
static void draw_badge(const view *v, double x, double y, size_t start)
{
    char number[8];
    snprintf(number, sizeof number, "%zu", start + 1);
    mien_lettering style = {
        .size = 15, .bold = true, .color = mien_paper, .align = MIEN_ALIGN_CENTER};
    mien_pen_disc(v->pen, x, y, 13.5, mien_paper);
    mien_pen_disc(v->pen, x, y, 12, STARTS[start]);
    mien_pen_text(v->pen, x, y + mien_lettering_capital(&style) / 2, style, number);
}

/* Basis vectors end at distances of their own, so that equal ones can be told apart. */
static void draw_starts(const view *v)
{
    for (size_t k = 0; k < MIEN_CONE_STARTS; k++)
        for (size_t b = 0; b < 2; b++) {
            double angle = v->cone->starts[k].basis[b], reach = SIDE * (0.93 - 0.085 * (double)k);
            double x = across(v, 0) + reach * cos(angle), y = up(v, 0) - reach * sin(angle);
            if (y < TOP || y > TOP + SIDE) { /* a flat plot of the plane: end at its frame */
                double scale = 0.93 - 0.085 * (double)k;
                leave(v, angle, &x, &y);
                x = across(v, 0) + scale * (x - across(v, 0));
                y = up(v, 0) + scale * (y - up(v, 0));
            }
            mien_pen_line(v->pen, across(v, 0), up(v, 0), x, y, 3, STARTS[k]);
            draw_badge(v, x, y, k);
        }
}

static void draw_plot(const view *v)
{
    const mien_cone *cone = v->cone;
    draw_sector(v, cone->edges[0], cone->rays[0], REGION, 0.28);
    draw_sector(v, cone->rays[1], cone->edges[1], REGION, 0.28);
    draw_sector(v, cone->rays[0], cone->rays[1], CONE, 0.28);
    draw_axes(v);
    for (size_t side = 0; side < 2; side++) {
        draw_ray(v, cone->rays[side], 1.5, 0, POINT);
        if (cone->plane)
            draw_ray(v, cone->edges[side], 1.5, 6, mien_ink);
    }
    for (size_t i = 0; i < cone->n; i++)
        mien_pen_disc(v->pen, across(v, cone->points[2 * i]), up(v, cone->points[2 * i + 1]),
                      cone->n > 500 ? 1.8 : 3.2, POINT);
    draw_starts(v);
}

/* ---------------------------------------------------------------- the words */

static void draw_swatch(const view *v, double y, mien_rgb color)
{
    const double x[] = {COLUMN, COLUMN + 26, COLUMN + 26, COLUMN};
    const double corners[] = {y - 14, y - 14, y + 3, y + 3};
    mien_pen_area(v->pen, x, corners, 4, color, 0.35);
}

static void draw_legend(const view *v)
{
    const double indent = 38, room = COLUMN_WIDTH - indent;
    double y = TOP + 6;
    const mien_rgb colors[2] = {CONE, REGION};
    for (size_t i = 0; i < 2; i++, y += 1.2 * LINE) {
        draw_swatch(v, y, colors[i]);
        write_line(v, COLUMN + indent, y, v->words->keys[i], SMALL, mien_ink, MIEN_ALIGN_LEFT,
                   room);
    }
    for (size_t k = 0; k < MIEN_CONE_STARTS; k++, y += 1.2 * LINE) {
        draw_badge(v, COLUMN + 13, y - 5, k);
        write_line(v, COLUMN + indent, y, v->words->starts[k], SMALL, mien_ink, MIEN_ALIGN_LEFT,
                   room);
    }
    mien_pen_paragraph(v->pen, COLUMN, y + LINE, COLUMN_WIDTH, LINE,
                       (mien_lettering){.size = LETTERS, .color = mien_ink}, v->words->paragraph);
}

static void paint(mien_pen *pen, const void *what)
{
    view v = *(const view *)what;
    v.pen = pen;
    write_line(&v, 36, 52, v.words->title, TITLE, mien_ink, MIEN_ALIGN_LEFT, WIDTH - 72);
    draw_plot(&v);
    draw_legend(&v);
}

mien_status mien_cone_draw(mien_outdir *dir, const mien_cone *cone, const mien_cone_words *words,
                           mien_error *err)
{
    view v = {.cone = cone, .words = words};
    set_view(&v);
    return mien_drawing_both(&(mien_drawing){WIDTH, HEIGHT, words->title, paint, &v}, dir, "cone",
                             err);
}
