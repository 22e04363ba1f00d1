/* chart.c - lines over two axes: loss against seconds, error against r.
 * SPDX-License-Identifier: MIT
 *
 * Horizontal grid lines in pale grey, no box: what stands out is the data. The y axis has its name
 * above it, written horizontally, and the legend is one line above the plot. */
#include "image/chart.h"

#include "base/memory.h"
#include "base/status.h"
#include "image/lettering.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Sizes in pixels. */
enum {
    WIDTH = 1200,
    HEIGHT = 720,
    LEAST_WIDTH = 320,
    LEAST_HEIGHT = 240,
    MARGIN = 36,
    TITLE = 30,      /* letters of the title */
    LETTERS = 20,    /* and of all else */
    LINE = 30,       /* height of a line of text */
    SWATCH = 34,     /* the legend's sample of a line, */
    GAP = 10,        /* and the space around it */
    TICK_ROOM = 200, /* most room of a label of the y axis */
    CAP = 5          /* half the width of an error bar's ends */
};

/* Beyond this a value counts as infinite: so axes can reach further than the data. */
static const double LARGEST = 1e300;

static const double STROKE = 3, DOT = 5, HAIR = 1.5;

static const mien_rgb WHITE = {255, 255, 255}, INK = {26, 26, 26}, PALE = {96, 96, 96},
                      GRID = {224, 224, 224}, AXIS = {120, 120, 120};

/* Okabe & Ito, Color Universal Design (2008): told apart by all common kinds of colour vision. The
 * yellow is too pale for a line on white and gives way to grey. */
static const mien_rgb COLORS[MIEN_CHART_MAX_SERIES] = {
    {0, 114, 178}, {213, 94, 0},   {0, 158, 115}, {204, 121, 167},
    {230, 159, 0}, {86, 180, 233}, {0, 0, 0},     {130, 130, 130}};

/* ---------------------------------------------------------------- axes */

/* The least step of 1, 2 or 5 times a power of ten that is not below `step`. */
static double nice_step(double step)
{
    static const double steps[] = {1, 2, 5, 10};
    double power = pow(10, floor(log10(step)));
    size_t i = 0;
    while (i < 3 && steps[i] * power < step * (1 - 1e-9))
        i++;
    return steps[i] * power;
}

static void choose_linear(mien_axis *axis, double least, double most, size_t wanted)
{
    double middle = most / 2 + least / 2, half = most / 2 - least / 2;
    if (!(half > 1e-12 * fabs(middle) && half > 1e-290)) { /* a single value, as doubles go */
        half = fabs(middle) > 1e-290 ? fabs(middle) / 2 : 1;
        least = middle - half;
        most = middle + half;
    }
    double step = nice_step(half / (double)wanted * 2);
    double first = floor(least / step + 1e-9), last = ceil(most / step - 1e-9);
    while (last - first + 1 > MIEN_CHART_MAX_TICKS) { /* steps too small for double */
        step = nice_step(step * 1.5);
        first = floor(least / step);
        last = ceil(most / step);
    }
    for (double i = first; i <= last && axis->n_ticks < MIEN_CHART_MAX_TICKS; i++)
        axis->ticks[axis->n_ticks++] = i * step;
    axis->decimals = (int)fmin(fmax(-floor(log10(step) + 1e-9), 0), 12);
}

/* Decades, thinned out when there are many, or 1, 2, 5 in each when there is one or two. */
static void choose_logarithmic(mien_axis *axis, double least, double most)
{
    static const double steps[] = {1, 2, 5};
    if (!(most > least * (1 + 1e-9))) { /* a single value stands in the middle */
        least /= 2;
        most *= 2;
    }
    int first = (int)floor(log10(least) + 1e-9), last = (int)ceil(log10(most) - 1e-9);
    if (last <= first)
        last = first + 1;
    if (last - first > 2) {
        int every = (last - first) / 8 + 1;
        for (int e = first; axis->n_ticks < MIEN_CHART_MAX_TICKS; e += every) {
            axis->ticks[axis->n_ticks++] = pow(10, e);
            if (e >= last)
                break;
        }
        return;
    }
    for (int e = first; e <= last; e++)
        for (size_t i = 0; i < 3; i++) {
            double tick = steps[i] * pow(10, e);
            bool needed = axis->n_ticks == 0 || axis->ticks[axis->n_ticks - 1] < most * (1 - 1e-9);
            double next = i < 2 ? steps[i + 1] * pow(10, e) : pow(10, e + 1);
            if (next > least * (1 + 1e-9) && needed && axis->n_ticks < MIEN_CHART_MAX_TICKS)
                axis->ticks[axis->n_ticks++] = tick;
        }
    axis->decimals = first < 0 ? -first : 0;
}

mien_axis mien_axis_choose(double least, double most, bool logarithmic, size_t wanted)
{
    mien_axis axis = {.logarithmic = logarithmic};
    if (logarithmic)
        choose_logarithmic(&axis, least, most);
    else
        choose_linear(&axis, least, most, wanted);
    axis.low = axis.ticks[0];
    axis.high = axis.ticks[axis.n_ticks - 1];
    return axis;
}

double mien_axis_place(const mien_axis *axis, double value)
{
    if (axis->logarithmic)
        return (log(value) - log(axis->low)) / (log(axis->high) - log(axis->low));
    return (value / 2 - axis->low / 2) / (axis->high / 2 - axis->low / 2);
}

/* "10⁵", or "2×10⁵". */
static void power_of_ten(double tick, char text[32])
{
    static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    int exponent = (int)floor(log10(tick) + 1e-9);
    int times = (int)lround(tick / pow(10, exponent));
    char plain[16];
    snprintf(plain, sizeof plain, "%d", exponent < 0 ? -exponent : exponent);
    int used = times > 1 ? snprintf(text, 32, "%d×", times) : 0;
    snprintf(text + used, 32 - (size_t)used, exponent < 0 ? "10⁻" : "10");
    for (const char *digit = plain; *digit; digit++)
        strcat(text, digits[*digit - '0']);
}

/* Written by hand, since printf's decimal point depends on the locale. */
static void decimal(double value, int decimals, char text[32])
{
    double scaled = round(fabs(value) * pow(10, decimals));
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%0*.0f", decimals + 1, scaled);
    int whole = length - decimals, used = 0;
    if (value < 0 && scaled > 0)
        used += snprintf(text, 32, "−");
    for (int i = 0; i < length; i++) {
        if (i == whole)
            text[used++] = '.';
        else if (i > 0 && i < whole && (whole - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
}

void mien_axis_label(const mien_axis *axis, double tick, char text[32])
{
    double largest = fmax(fabs(axis->low), fabs(axis->high));
    if (axis->logarithmic) {
        double exponent = log10(tick);
        if (axis->high >= 1e6 || axis->low < 1e-3)
            power_of_ten(tick, text);
        else
            decimal(tick, exponent < 0 ? (int)ceil(-exponent - 1e-9) : 0, text);
    } else if (largest >= 1e10 || largest < 1e-6) {
        snprintf(text, 32, "%g", tick); /* no place for so many digits */
        text[strcspn(text, ",")] = text[strcspn(text, ",")] ? '.' : '\0';
    } else {
        decimal(tick, axis->decimals, text);
    }
}

/* ---------------------------------------------------------------- data */

static bool is_drawable(const mien_chart *chart, const mien_series *series, size_t i)
{
    double x = series->x[i], y = series->y[i];
    return fabs(x) <= LARGEST && fabs(y) <= LARGEST && (!chart->log_x || x >= 1 / LARGEST) &&
           (!chart->log_y || y >= 1 / LARGEST);
}

typedef struct range {
    double least, most;
} range;

static void widen(range *r, double value)
{
    r->least = fmin(r->least, value);
    r->most = fmax(r->most, value);
}

/* The part of an error bar that can be drawn. */
static range bar_of(const mien_chart *chart, const mien_series *series, size_t i)
{
    double y = series->y[i],
           error = series->error && fabs(series->error[i]) <= LARGEST ? fabs(series->error[i]) : 0;
    range bar = {y - error, y + error};
    if (chart->log_y && bar.least < 1 / LARGEST)
        bar.least = y;
    bar.least = fmax(bar.least, -LARGEST);
    bar.most = fmin(bar.most, LARGEST);
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
                widen(y, bar.least);
                widen(y, bar.most);
            }
    return x->least <= x->most;
}

/* ---------------------------------------------------------------- drawing */

/* What every step draws with. After a failure no more text is drawn. */
typedef struct plot {
    const mien_chart *chart;
    mien_canvas canvas;
    double left, right, top, bottom; /* the area of the data */
    mien_axis x, y;
    mien_status status;
    mien_error *err;
} plot;

static double across(const plot *p, double value)
{
    return p->left + mien_axis_place(&p->x, value) * (p->right - p->left);
}

static double up(const plot *p, double value)
{
    return p->bottom - mien_axis_place(&p->y, value) * (p->bottom - p->top);
}

static void write_text(plot *p, double x, double y, const char *text, double size, mien_rgb color,
                       mien_align align, double room)
{
    mien_lettering letters = {
        .size = size, .bold = size > LETTERS, .color = color, .align = align, .max_width = room};
    if (!p->status && text)
        p->status = mien_lettering_draw(&p->canvas, x, y, &letters, text, p->err);
}

static double widest_label(plot *p)
{
    mien_lettering letters = {.size = LETTERS, .max_width = TICK_ROOM};
    double widest = 0, width;
    char label[32];
    for (size_t i = 0; i < p->y.n_ticks && !p->status; i++) {
        mien_axis_label(&p->y, p->y.ticks[i], label);
        p->status = mien_lettering_width(&letters, label, &width, p->err);
        if (!p->status)
            widest = fmax(widest, width);
    }
    return widest;
}

static void draw_axes(plot *p)
{
    char label[32];
    mien_lettering letters = {.size = LETTERS};
    double half = mien_lettering_capital(&letters) / 2;
    for (size_t i = 0; i < p->y.n_ticks; i++) {
        double y = round(up(p, p->y.ticks[i])) + 0.5;
        mien_canvas_line(&p->canvas, p->left, y, p->right, y, 1, i ? GRID : AXIS);
        mien_axis_label(&p->y, p->y.ticks[i], label);
        write_text(p, p->left - GAP, y + half, label, LETTERS, PALE, MIEN_ALIGN_RIGHT, TICK_ROOM);
    }
    double room = (p->right - p->left) / (double)p->x.n_ticks;
    for (size_t i = 0; i < p->x.n_ticks; i++) {
        double x = round(across(p, p->x.ticks[i])) + 0.5;
        mien_canvas_line(&p->canvas, x, p->bottom, x, p->bottom + 6, 1, AXIS);
        mien_axis_label(&p->x, p->x.ticks[i], label);
        write_text(p, x, p->bottom + LINE, label, LETTERS, PALE, MIEN_ALIGN_CENTER, room);
    }
    double width = p->right - p->left;
    write_text(p, p->left + width / 2, p->bottom + 2 * LINE + GAP / 2, p->chart->x_label, LETTERS,
               INK, MIEN_ALIGN_CENTER, width);
    write_text(p, MARGIN, p->top - LINE * 0.8, p->chart->y_label, LETTERS, INK, MIEN_ALIGN_LEFT,
               p->right - MARGIN);
}

static void draw_bar(plot *p, const mien_series *series, size_t i, mien_rgb color)
{
    range bar = bar_of(p->chart, series, i);
    if (!(bar.most > bar.least))
        return;
    double x = across(p, series->x[i]), low = up(p, bar.least), high = up(p, bar.most);
    mien_canvas_line(&p->canvas, x, low, x, high, HAIR, color);
    mien_canvas_line(&p->canvas, x - CAP, low, x + CAP, low, HAIR, color);
    mien_canvas_line(&p->canvas, x - CAP, high, x + CAP, high, HAIR, color);
}

/* Points i .. end - 1 of a series can all be drawn: one stroke through them. */
static void draw_run(plot *p, const mien_series *series, size_t i, size_t end, mien_rgb color)
{
    size_t count = end - i;
    double *x = mien_alloc_array(count, sizeof *x), *y = mien_alloc_array(count, sizeof *y);
    if (!x || !y)
        p->status = mien_fail_plain(p->err, MIEN_ERR_NOMEM);
    for (size_t k = 0; k < count && !p->status; k++) {
        x[k] = across(p, series->x[i + k]);
        y[k] = up(p, series->y[i + k]);
    }
    if (!p->status)
        p->status = mien_canvas_polyline(&p->canvas, x, y, count, STROKE, color, p->err);
    for (size_t k = 0; k < count && !p->status; k++) {
        draw_bar(p, series, i + k, color);
        if (series->markers || count == 1) /* a lonely point would hardly be seen */
            mien_canvas_disc(&p->canvas, x[k], y[k], DOT, color);
    }
    mien_free(x);
    mien_free(y);
}

static void draw_series(plot *p, const mien_series *series, mien_rgb color)
{
    for (size_t i = 0; i < series->count && !p->status; i++) {
        size_t end = i;
        while (end < series->count && is_drawable(p->chart, series, end))
            end++;
        if (end > i)
            draw_run(p, series, i, end, color);
        i = end;
    }
}

/* Samples and names in one line from the left; what has no room is shortened, then left out. */
static void draw_legend(plot *p, double y)
{
    double x = MARGIN;
    for (size_t s = 0; s < p->chart->n_series && !p->status; s++) {
        const mien_series *series = &p->chart->series[s];
        double room = p->right - x - SWATCH - GAP, width;
        if (!series->name || room < 2 * LETTERS)
            continue;
        mien_lettering letters = {.size = LETTERS, .color = INK, .max_width = room};
        p->status = mien_lettering_width(&letters, series->name, &width, p->err);
        if (p->status)
            return;
        double middle = y - mien_lettering_capital(&letters) / 2;
        mien_canvas_line(&p->canvas, x + 2, middle, x + SWATCH - 2, middle, STROKE, COLORS[s]);
        if (series->markers)
            mien_canvas_disc(&p->canvas, x + SWATCH / 2.0, middle, DOT, COLORS[s]);
        write_text(p, x + SWATCH + GAP, y, series->name, LETTERS, INK, MIEN_ALIGN_LEFT, room);
        x += SWATCH + width + 3 * GAP;
    }
}

static mien_status check_chart(const mien_chart *chart, mien_error *err)
{
    if (chart->n_series == 0 || chart->n_series > MIEN_CHART_MAX_SERIES)
        return mien_fail(err, MIEN_ERR_ARG, "a chart has 1 to %d lines, not %zu",
                         MIEN_CHART_MAX_SERIES, chart->n_series);
    if ((chart->width && chart->width < LEAST_WIDTH) ||
        (chart->height && chart->height < LEAST_HEIGHT))
        return mien_fail(err, MIEN_ERR_ARG,
                         "a chart of %zu x %zu pixels is too small; the least is "
                         "%d x %d",
                         chart->width, chart->height, LEAST_WIDTH, LEAST_HEIGHT);
    return MIEN_OK;
}

/* Room for the words first; what is left over is the plot's. */
static void arrange(plot *p, const range *x, const range *y)
{
    const mien_chart *chart = p->chart;
    double top = MARGIN + (chart->title ? TITLE + GAP : 0) + LINE;
    p->top = top + (chart->y_label ? LINE + 2 * GAP : GAP);
    p->bottom = (double)p->canvas.height - MARGIN - LINE - (chart->x_label ? LINE : 0);
    size_t wanted = (size_t)fmax(2, (p->bottom - p->top) / 70);
    p->y = mien_axis_choose(y->least, y->most, chart->log_y, wanted);
    p->left = MARGIN + widest_label(p) + GAP;
    p->right = (double)p->canvas.width - MARGIN;
    wanted = (size_t)fmax(2, (p->right - p->left) / 140);
    p->x = mien_axis_choose(x->least, x->most, chart->log_x, wanted);
}

mien_status mien_chart_draw(const mien_chart *chart, mien_canvas *out, mien_error *err)
{
    range x, y;
    mien_status st = check_chart(chart, err);
    if (st)
        return st;
    if (!find_ranges(chart, &x, &y))
        return mien_fail(err, MIEN_ERR_DATA, "there is no point that can be drawn");
    plot p = {.chart = chart, .err = err};
    st = mien_canvas_init(chart->width ? chart->width : WIDTH,
                          chart->height ? chart->height : HEIGHT, WHITE, &p.canvas, err);
    if (st)
        return st;
    arrange(&p, &x, &y);
    double title = MARGIN + TITLE * 0.8;
    write_text(&p, MARGIN, title, chart->title, TITLE, INK, MIEN_ALIGN_LEFT, p.right - MARGIN);
    draw_legend(&p, MARGIN + (chart->title ? TITLE + GAP : 0) + LINE / 2.0);
    draw_axes(&p);
    for (size_t s = 0; s < chart->n_series; s++)
        draw_series(&p, &chart->series[s], COLORS[s]);
    if (p.status)
        mien_canvas_free(&p.canvas);
    else
        *out = p.canvas;
    return p.status;
}
