/* chart.h - lines over two axes: loss against seconds, error against r.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_CHART_H
#define MIEN_CHART_H

#include "image/canvas.h"

enum { MIEN_CHART_MAX_SERIES = 8, MIEN_CHART_MAX_TICKS = 16 };

/* One line. Nothing is owned. Points that are not finite (or above 1e300), or not positive (or
 * below 1e-300) on a logarithmic axis, are left out, and the line is broken there. */
typedef struct mien_series {
    const char *name; /* for the legend */
    const double *x, *y;
    const double *error; /* half the length of a vertical bar at each point, or NULL */
    size_t count;
    bool markers; /* a dot at each point */
} mien_series;

typedef struct mien_chart {
    const char *title;             /* NULL: none */
    const char *x_label, *y_label; /* NULL: none */
    const mien_series *series;
    size_t n_series; /* 1 to 8 */
    bool log_x, log_y;
    size_t width, height; /* 0: 1200 x 720; at least 320 x 240 */
} mien_chart;

/* An axis from low to high, both of which carry a tick. */
typedef struct mien_axis {
    double low, high;
    bool logarithmic;
    double ticks[MIEN_CHART_MAX_TICKS];
    size_t n_ticks;
    int decimals; /* of the tick labels */
} mien_axis;

/* An axis that covers least .. most, both within the limits above, with about `wanted` steps of 1,
 * 2 or 5 times a power of ten; a logarithmic one has powers of ten, or 1, 2, 5 where it spans few
 * of them. */
mien_axis mien_axis_choose(double least, double most, bool logarithmic, size_t wanted);

/* Where a value lies: 0 at low, 1 at high. */
double mien_axis_place(const mien_axis *axis, double value);

/* A tick's label: "12,500", "0.25", "10⁻³". */
void mien_axis_label(const mien_axis *axis, double tick, char text[32]);

/* Draw a chart on white. MIEN_ERR_ARG (no series or too many, too small a size), MIEN_ERR_DATA
 * (not one point that can be drawn), MIEN_ERR_NOMEM. */
mien_status mien_chart_draw(const mien_chart *chart, mien_canvas *out, mien_error *err);

#endif
