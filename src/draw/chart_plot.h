/* chart_plot.h - a chart in the making: what chart.c, chart_marks.c and chart_svg.c share.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_CHART_PLOT_H
#define MIEN_CHART_PLOT_H

#include "draw/chart.h"
#include "draw/pen.h"

/* Sizes in pixels. */
enum {
    MIEN_CHART_MARGIN = 36,
    MIEN_CHART_GAP = 10,      /* between a line and what is written beside it */
    MIEN_CHART_MARK_ROW = 27, /* height of a row of mark labels */
};

/* Where the label of a mark stands, above the plot. */
typedef struct mien_mark_place {
    double x;           /* of the line */
    double left, right; /* of the label */
    size_t row;         /* 0 is the highest */
    bool drawn, labelled;
} mien_mark_place;

/* What every step draws with. */
typedef struct mien_plot {
    const mien_chart *chart;
    mien_pen pen;
    double width, height;            /* of the picture */
    double left, right, top, bottom; /* the area of the data */
    mien_axis x, y;
    size_t mark_rows; /* rows of labels between y_label and plot */
    mien_mark_place marks[MIEN_CHART_MAX_MARKS];
} mien_plot;

/* Size of the picture; MIEN_ERR_ARG as mien_chart_draw(). */
mien_status mien_chart_size(const mien_chart *chart, size_t *width, size_t *height,
                            mien_error *err);

/* Draw with a pen whose paper is white and has that size. Errors as mien_chart_draw(). */
mien_status mien_chart_paint(const mien_chart *chart, const mien_pen *pen, size_t width,
                             size_t height);

double mien_plot_across(const mien_plot *plot, double value);

bool mien_mark_is_drawable(const mien_chart *chart, const mien_mark *mark);

/* Give every label a place, in at most `most` rows; one that finds none is left out, its line is
 * not. Returns the rows used. */
size_t mien_marks_place(mien_plot *plot, size_t most);
void mien_marks_draw(mien_plot *plot);

#endif
