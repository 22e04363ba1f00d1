/* chart.h - lines over two axes: loss against seconds, error against r.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_CHART_H
#define MIEN_CHART_H

#include "draw/axis.h"
#include "draw/pen.h"

enum { MIEN_CHART_MAX_SERIES = 8, MIEN_CHART_MAX_MARKS = 16 };

/* One line. Nothing is owned. Points that are not finite (or above 1e300), or not positive (or
 * below 1e-300) on a logarithmic axis, are left out, and the line is broken there. */
typedef struct mien_series {
    const char *name; /* for the legend */
    const double *x, *y;
    const double *error; /* half the length of a vertical bar at each point, or NULL */
    size_t count;
    bool markers; /* a dot at each point */
} mien_series;

/* A place on the x axis that is pointed out: a thin dashed vertical line with a small label above
 * the plot. Labels stand below each other where they would meet. A mark that is not finite, or not
 * positive on a logarithmic axis, is left out; the x axis reaches to all others. */
typedef struct mien_mark {
    double x;
    const char *label; /* NULL: the line alone */
} mien_mark;

typedef struct mien_chart {
    const char *title;             /* NULL: none */
    const char *x_label, *y_label; /* NULL: none */
    const mien_series *series;
    size_t n_series; /* 1 to 8 */
    const mien_mark *marks;
    size_t n_marks; /* 0 to 16 */
    bool log_x, log_y;
    size_t width, height; /* 0: 1200 x 720; at least 320 x 240 */
} mien_chart;

/* The chart as a drawing, which borrows it. MIEN_ERR_ARG (no series or too many, too many marks,
 * too small a size). Painting fails with MIEN_ERR_DATA when there is not one point that can be
 * drawn. */
mien_status mien_chart_drawing(const mien_chart *chart, mien_drawing *out, mien_error *err);

/* The same, drawn as pixels. */
mien_status mien_chart_draw(const mien_chart *chart, mien_canvas *out, mien_error *err);

/* ---------------------------------------------------------------- for tests */

/* Where the label of a mark stands, above the plot. */
typedef struct mien_mark_place {
    double x;           /* of the line */
    double left, right; /* of the label */
    size_t row;         /* 0 is the highest */
    bool drawn, labelled;
} mien_mark_place;

/* A chart in the making: what every step draws with. */
typedef struct mien_plot {
    const mien_chart *chart;
    mien_pen *pen;
    double left, right, top, bottom; /* the area of the data */
    mien_axis x, y;
    size_t mark_rows; /* rows of labels between y_label and plot */
    mien_mark_place marks[MIEN_CHART_MAX_MARKS];
} mien_plot;

/* Give every label of a mark a place that no other one has, in at most `max_rows` rows; one that
 * finds none is left out, its line is not. Returns the rows used. */
size_t mien_marks_place(mien_plot *plot, size_t max_rows);

#endif
