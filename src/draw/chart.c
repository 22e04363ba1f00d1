/* chart.c - lines over two axes: loss against seconds, error against r.
 * SPDX-License-Identifier: MIT
 *
 * Horizontal grid lines in pale grey, no box: what stands out is the data. The y axis has its name
 * above it, written horizontally, and the legend is one line above the plot. Marks have their
 * labels in rows above the plot, each just right of its line, or left of it where the plot ends. */
#include "draw/chart.h"

#include "base/memory.h"
#include "base/status.h"

#include <math.h>

/* Sizes in pixels. */
enum {
    WIDTH = 1200,
    HEIGHT = 720,
    MIN_WIDTH = 320,
    MIN_HEIGHT = 240,
    MARGIN = 36,
    TITLE = 30,      /* letters of the title */
    LETTERS = 20,    /* and of all else */
    LINE = 30,       /* height of a line of text */
    SWATCH = 34,     /* the legend's sample of a line, */
    GAP = 10,        /* and the space around it */
    TICK_ROOM = 200, /* the most for a label of the y axis */
    CAP = 5,         /* half the width of an error bar's ends */
    MARK_ROW = 27,   /* height of a row of mark labels, */
    BESIDE = 4       /* which stand so far from their lines */
};

/* Beyond this a value counts as infinite: so axes can reach further than the data. */
static const double LARGEST = 1e300;

static const double STROKE = 3, DOT = 5, HAIR = 1.5, MARK_THICKNESS = 1.2, DASH = 5;

static const mien_rgb PALE = {96, 96, 96}, GRID = {224, 224, 224}, AXIS = {120, 120, 120},
                      MARK = {60, 60, 60}, MARK_LINE = {110, 110, 110};

/* Okabe & Ito, Color Universal Design (2008): told apart by all common kinds of colour vision. The
 * yellow is too pale for a line on white and gives way to grey. */
static const mien_rgb COLORS[MIEN_CHART_MAX_SERIES] = {
    {0, 114, 178}, {213, 94, 0},   {0, 158, 115}, {204, 121, 167},
    {230, 159, 0}, {86, 180, 233}, {0, 0, 0},     {130, 130, 130}};

/* ---------------------------------------------------------------- data */

static bool is_drawable(const mien_chart *chart, const mien_series *series, size_t i)
{
    double x = series->x[i], y = series->y[i];
    return fabs(x) <= LARGEST && fabs(y) <= LARGEST && (!chart->log_x || x >= 1 / LARGEST) &&
           (!chart->log_y || y >= 1 / LARGEST);
}

static bool is_mark_drawable(const mien_chart *chart, const mien_mark *mark)
{
    return fabs(mark->x) <= LARGEST && (!chart->log_x || mark->x >= 1 / LARGEST);
}

typedef struct range {
    double min, max;
} range;

static void widen(range *r, double value)
{
    r->min = fmin(r->min, value);
    r->max = fmax(r->max, value);
}

/* The part of an error bar that can be drawn. */
static range bar_of(const mien_chart *chart, const mien_series *series, size_t i)
{
    double y = series->y[i],
           error = series->error && fabs(series->error[i]) <= LARGEST ? fabs(series->error[i]) : 0;
    range bar = {y - error, y + error};
    if (chart->log_y && bar.min < 1 / LARGEST)
        bar.min = y;
    bar.min = fmax(bar.min, -LARGEST);
    bar.max = fmin(bar.max, LARGEST);
    return bar;
}

static bool find_ranges(const mien_chart *chart, range *x, range *y)
{
    *x = *y = (range){INFINITY, -INFINITY};
    for (size_t s = 0; s < chart->n_series; s++)
        for (size_t i = 0; i < chart->series[s].count; i++)
            if (is_drawable(chart, &chart->series[s], i)) {
                range bar = bar_of(chart, &chart->series[s], i);
                widen(x, chart->series[s].x[i]);
                widen(y, bar.min);
                widen(y, bar.max);
            }
    bool any = x->min <= x->max;
    for (size_t i = 0; i < chart->n_marks; i++)
        if (is_mark_drawable(chart, &chart->marks[i]))
            widen(x, chart->marks[i].x);
    return any;
}

/* ---------------------------------------------------------------- drawing */

static double width_of(const mien_chart *chart)
{
    return chart->width ? (double)chart->width : WIDTH;
}

static double height_of(const mien_chart *chart)
{
    return chart->height ? (double)chart->height : HEIGHT;
}

/* Where the first row below title and legend begins. */
static double head_of(const mien_chart *chart)
{
    return MARGIN + (chart->title ? TITLE + GAP : 0) + LINE;
}

static double across(const mien_plot *p, double value)
{
    return p->left + mien_axis_place(&p->x, value) * (p->right - p->left);
}

static double up(const mien_plot *p, double value)
{
    return p->bottom - mien_axis_place(&p->y, value) * (p->bottom - p->top);
}

static void write_text(mien_plot *p, double x, double y, const char *text, double size,
                       mien_rgb color, mien_align align, double room)
{
    mien_pen_text(p->pen, x, y, (mien_lettering){size, size > LETTERS, color, align, room}, text);
}

static double widest_label(mien_plot *p)
{
    mien_lettering letters = {.size = LETTERS, .max_width = TICK_ROOM};
    double widest = 0;
    char label[32];
    for (size_t i = 0; i < p->y.n_ticks; i++) {
        mien_axis_label(&p->y, p->y.ticks[i], label);
        widest = fmax(widest, mien_pen_width(p->pen, letters, label));
    }
    return widest;
}

static void draw_axes(mien_plot *p)
{
    char label[32];
    mien_lettering letters = {.size = LETTERS};
    double half = mien_lettering_capital(&letters) / 2;
    for (size_t i = 0; i < p->y.n_ticks; i++) {
        double y = round(up(p, p->y.ticks[i])) + 0.5;
        mien_pen_line(p->pen, p->left, y, p->right, y, 1, i ? GRID : AXIS);
        mien_axis_label(&p->y, p->y.ticks[i], label);
        write_text(p, p->left - GAP, y + half, label, LETTERS, PALE, MIEN_ALIGN_RIGHT, TICK_ROOM);
    }
    double room = (p->right - p->left) / (double)p->x.n_ticks;
    for (size_t i = 0; i < p->x.n_ticks; i++) {
        double x = round(across(p, p->x.ticks[i])) + 0.5;
        mien_pen_line(p->pen, x, p->bottom, x, p->bottom + 6, 1, AXIS);
        mien_axis_label(&p->x, p->x.ticks[i], label);
        write_text(p, x, p->bottom + LINE, label, LETTERS, PALE, MIEN_ALIGN_CENTER, room);
    }
    double width = p->right - p->left;
    write_text(p, p->left + width / 2, p->bottom + 2 * LINE + GAP / 2, p->chart->x_label, LETTERS,
               mien_ink, MIEN_ALIGN_CENTER, width);
    write_text(p, MARGIN, head_of(p->chart) + LINE * 0.2 + 2 * GAP, p->chart->y_label, LETTERS,
               mien_ink, MIEN_ALIGN_LEFT, p->right - MARGIN);
}

static void draw_bar(mien_plot *p, const mien_series *series, size_t i, mien_rgb color)
{
    range bar = bar_of(p->chart, series, i);
    if (!(bar.max > bar.min))
        return;
    double x = across(p, series->x[i]), low = up(p, bar.min), high = up(p, bar.max);
    mien_pen_line(p->pen, x, low, x, high, HAIR, color);
    mien_pen_line(p->pen, x - CAP, low, x + CAP, low, HAIR, color);
    mien_pen_line(p->pen, x - CAP, high, x + CAP, high, HAIR, color);
}

/* Points i .. end - 1 of a series can all be drawn: one stroke through them. */
static void draw_run(mien_plot *p, const mien_series *series, size_t i, size_t end, mien_rgb color)
{
    size_t count = end - i;
    double *x = mien_alloc_array(count, sizeof *x), *y = mien_alloc_array(count, sizeof *y);
    if (!x || !y)
        p->pen->status = mien_fail_plain(p->pen->err, MIEN_ERR_NOMEM);
    for (size_t k = 0; k < count && !p->pen->status; k++) {
        x[k] = across(p, series->x[i + k]);
        y[k] = up(p, series->y[i + k]);
    }
    if (!p->pen->status)
        mien_pen_stroke(p->pen, x, y, count, STROKE, color);
    for (size_t k = 0; k < count && !p->pen->status; k++) {
        draw_bar(p, series, i + k, color);
        if (series->markers || count == 1) /* a lonely point would hardly be seen */
            mien_pen_disc(p->pen, x[k], y[k], DOT, color);
    }
    mien_free(x);
    mien_free(y);
}

static void draw_series(mien_plot *p, const mien_series *series, mien_rgb color)
{
    for (size_t i = 0; i < series->count && !p->pen->status; i++) {
        size_t end = i;
        while (end < series->count && is_drawable(p->chart, series, end))
            end++;
        if (end > i)
            draw_run(p, series, i, end, color);
        i = end;
    }
}

/* Samples and names in one line from the left; what has no room is shortened, then left out. */
static void draw_legend(mien_plot *p, double y)
{
    double x = MARGIN;
    for (size_t s = 0; s < p->chart->n_series; s++) {
        const mien_series *series = &p->chart->series[s];
        double room = p->right - x - SWATCH - GAP;
        if (!series->name || room < 2 * LETTERS)
            continue;
        mien_lettering letters = {.size = LETTERS, .max_width = room};
        double middle = y - mien_lettering_capital(&letters) / 2;
        mien_pen_line(p->pen, x + 2, middle, x + SWATCH - 2, middle, STROKE, COLORS[s]);
        if (series->markers)
            mien_pen_disc(p->pen, x + SWATCH / 2.0, middle, DOT, COLORS[s]);
        write_text(p, x + SWATCH + GAP, y, series->name, LETTERS, mien_ink, MIEN_ALIGN_LEFT, room);
        x += SWATCH + mien_pen_width(p->pen, letters, series->name) + 3 * GAP;
    }
}

/* ---------------------------------------------------------------- marks */

/* The marks that can be drawn, from left to right. */
static size_t sort_marks(const mien_chart *chart, size_t order[MIEN_CHART_MAX_MARKS])
{
    size_t count = 0;
    for (size_t i = 0; i < chart->n_marks; i++) {
        if (!is_mark_drawable(chart, &chart->marks[i]))
            continue;
        size_t at = count++;
        for (; at > 0 && chart->marks[order[at - 1]].x > chart->marks[i].x; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return count;
}

static mien_lettering label_style(const mien_plot *plot)
{
    return (mien_lettering){
        .size = LETTERS, .color = MARK, .max_width = (plot->right - plot->left) / 2 - BESIDE};
}

static bool is_free(const mien_plot *plot, const mien_mark_place *label, size_t row)
{
    for (size_t i = 0; i < plot->chart->n_marks; i++) {
        const mien_mark_place *other = &plot->marks[i];
        if (other != label && other->labelled && other->row == row &&
            other->left < label->right + BESIDE && label->left < other->right + BESIDE)
            return false;
    }
    return true;
}

/* From left to right a label goes below all those that its line would run through, and then to the
 * first row with room. */
static void place_label(mien_plot *plot, mien_mark_place *mark, double width, size_t max_rows)
{
    mark->left = mark->x + BESIDE;
    if (mark->left + width > plot->right)
        mark->left = mark->x - BESIDE - width;
    mark->right = mark->left + width;
    size_t row = 0;
    for (size_t i = 0; i < plot->chart->n_marks; i++) {
        const mien_mark_place *other = &plot->marks[i];
        if (other->labelled && other->left <= mark->x && mark->x <= other->right &&
            other->row >= row)
            row = other->row + 1;
    }
    while (row < max_rows && !is_free(plot, mark, row))
        row++;
    mark->row = row;
    mark->labelled = row < max_rows;
}

size_t mien_marks_place(mien_plot *plot, size_t max_rows)
{
    size_t order[MIEN_CHART_MAX_MARKS], rows = 0;
    size_t count = sort_marks(plot->chart, order);
    mien_lettering style = label_style(plot);
    for (size_t i = 0; i < MIEN_CHART_MAX_MARKS; i++)
        plot->marks[i] = (mien_mark_place){0};
    for (size_t i = 0; i < count; i++) {
        const mien_mark *mark = &plot->chart->marks[order[i]];
        mien_mark_place *place = &plot->marks[order[i]];
        place->drawn = true;
        place->x = across(plot, mark->x);
        if (mark->label && *mark->label)
            place_label(plot, place, mien_pen_width(plot->pen, style, mark->label), max_rows);
        if (place->labelled && place->row >= rows)
            rows = place->row + 1;
    }
    return rows;
}

static double row_bottom(const mien_plot *plot, size_t row)
{
    return plot->top - (double)(plot->mark_rows - row - 1) * MARK_ROW - BESIDE;
}

static void draw_marks(mien_plot *plot)
{
    for (size_t i = 0; i < plot->chart->n_marks; i++) {
        const mien_mark_place *mark = &plot->marks[i];
        double top = mark->labelled ? row_bottom(plot, mark->row) - LETTERS + 2 : plot->top;
        if (mark->drawn)
            mien_pen_dashes(plot->pen, mark->x, plot->bottom, mark->x, top, MARK_THICKNESS, DASH,
                            MARK_LINE);
    }
    mien_lettering style = label_style(plot);
    for (size_t i = 0; i < plot->chart->n_marks; i++) {
        const mien_mark_place *mark = &plot->marks[i];
        if (!mark->labelled)
            continue;
        double bottom = row_bottom(plot, mark->row), top = bottom - LETTERS + 1;
        const double x[] = {mark->left - 1, mark->right + 1, mark->right + 1, mark->left - 1};
        const double y[] = {top, top, bottom + 3, bottom + 3};
        mien_pen_area(plot->pen, x, y, 4, mien_paper, 1);
        mien_pen_text(plot->pen, mark->left, bottom, style, plot->chart->marks[i].label);
    }
}

/* ---------------------------------------------------------------- the chart */

/* Room for the words first; what is left over is the plot's. */
static void arrange(mien_plot *p, const range *x, const range *y)
{
    const mien_chart *chart = p->chart;
    p->top =
        head_of(chart) + (chart->y_label ? LINE + 2 * GAP : GAP) + (double)p->mark_rows * MARK_ROW;
    p->bottom = height_of(p->chart) - MARGIN - LINE - (chart->x_label ? LINE : 0);
    size_t wanted = (size_t)fmax(2, (p->bottom - p->top) / 70);
    p->y = mien_axis_choose(y->min, y->max, chart->log_y, wanted);
    p->left = MARGIN + widest_label(p) + GAP;
    p->right = width_of(p->chart) - MARGIN;
    wanted = (size_t)fmax(2, (p->right - p->left) / 140);
    p->x = mien_axis_choose(x->min, x->max, chart->log_x, wanted);
}

/* The rows of mark labels push the plot down, which may move the labels: until all have room. They
 * take a third of the plot at most. */
static void arrange_with_marks(mien_plot *p, const range *x, const range *y)
{
    arrange(p, x, y);
    if (p->chart->n_marks == 0)
        return;
    size_t max_rows = (size_t)fmax(1, (p->bottom - p->top) / 3 / MARK_ROW), rows;
    while ((rows = mien_marks_place(p, max_rows)) > p->mark_rows) {
        p->mark_rows = rows;
        arrange(p, x, y);
    }
}

static void paint(mien_pen *pen, const void *what)
{
    const mien_chart *chart = what;
    range x, y;
    if (!find_ranges(chart, &x, &y)) {
        pen->status = mien_fail(pen->err, MIEN_ERR_DATA, "there is no point that can be drawn");
        return;
    }
    mien_plot p = {.chart = chart, .pen = pen};
    arrange_with_marks(&p, &x, &y);
    write_text(&p, MARGIN, MARGIN + TITLE * 0.8, chart->title, TITLE, mien_ink, MIEN_ALIGN_LEFT,
               p.right - MARGIN);
    draw_legend(&p, head_of(chart) - LINE / 2.0);
    draw_axes(&p);
    draw_marks(&p);
    for (size_t s = 0; s < chart->n_series; s++)
        draw_series(&p, &chart->series[s], COLORS[s]);
}

mien_status mien_chart_drawing(const mien_chart *chart, mien_drawing *out, mien_error *err)
{
    if (chart->n_series == 0 || chart->n_series > MIEN_CHART_MAX_SERIES)
        return mien_fail(err, MIEN_ERR_ARG, "a chart has 1 to %d lines, not %zu",
                         MIEN_CHART_MAX_SERIES, chart->n_series);
    if (chart->n_marks > MIEN_CHART_MAX_MARKS)
        return mien_fail(err, MIEN_ERR_ARG, "a chart has at most %d marks, not %zu",
                         MIEN_CHART_MAX_MARKS, chart->n_marks);
    size_t width = (size_t)width_of(chart), height = (size_t)height_of(chart);
    if (width < MIN_WIDTH || height < MIN_HEIGHT)
        return mien_fail(err, MIEN_ERR_ARG,
                         "a chart of %zu x %zu pixels is too small; the least is %d x %d", width,
                         height, MIN_WIDTH, MIN_HEIGHT);
    *out = (mien_drawing){width, height, chart->title, paint, chart};
    return MIEN_OK;
}

mien_status mien_chart_draw(const mien_chart *chart, mien_canvas *out, mien_error *err)
{
    mien_drawing drawing;
    mien_status st = mien_chart_drawing(chart, &drawing, err);
    return st ? st : mien_drawing_canvas(&drawing, out, err);
}
