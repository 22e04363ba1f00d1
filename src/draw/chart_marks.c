/* chart_marks.c - places pointed out on the x axis of a chart, with labels that do not meet.
 * SPDX-License-Identifier: MIT
 *
 * Labels stand in rows above the plot, each just right of its line, or left of it where the plot
 * ends. From left to right a label goes below all those that its line would run through, and then
 * to the first row with room. */
#include "draw/chart_plot.h"

#include <math.h>

static const mien_rgb INK = {60, 60, 60}, LINE = {110, 110, 110}, WHITE = {255, 255, 255};
static const double LETTERS = 20, THICKNESS = 1.2, DASH = 5, BESIDE = 4;

/* Beyond this a value counts as infinite, as in chart.c. */
static const double LARGEST = 1e300;

bool mien_mark_is_drawable(const mien_chart *chart, const mien_mark *mark)
{
    return fabs(mark->x) <= LARGEST && (!chart->log_x || mark->x >= 1 / LARGEST);
}

/* The marks that can be drawn, from left to right. */
static size_t sort_marks(const mien_chart *chart, size_t order[MIEN_CHART_MAX_MARKS])
{
    size_t count = 0;
    for (size_t i = 0; i < chart->n_marks; i++) {
        if (!mien_mark_is_drawable(chart, &chart->marks[i]))
            continue;
        size_t at = count++;
        for (; at > 0 && chart->marks[order[at - 1]].x > chart->marks[i].x; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return count;
}

static mien_lettering label_style(const mien_plot *plot, mien_align align)
{
    return (mien_lettering){.size = LETTERS,
                            .color = INK,
                            .align = align,
                            .max_width = (plot->right - plot->left) / 2 - BESIDE};
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

static void place_label(mien_plot *plot, mien_mark_place *mark, double width, size_t most)
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
    while (row < most && !is_free(plot, mark, row))
        row++;
    mark->row = row;
    mark->labelled = row < most;
}

size_t mien_marks_place(mien_plot *plot, size_t most)
{
    size_t order[MIEN_CHART_MAX_MARKS], rows = 0;
    size_t count = sort_marks(plot->chart, order);
    mien_lettering style = label_style(plot, MIEN_ALIGN_LEFT);
    for (size_t i = 0; i < MIEN_CHART_MAX_MARKS; i++)
        plot->marks[i] = (mien_mark_place){0};
    for (size_t i = 0; i < count; i++) {
        const mien_mark *mark = &plot->chart->marks[order[i]];
        mien_mark_place *place = &plot->marks[order[i]];
        place->drawn = true;
        place->x = mien_plot_across(plot, mark->x);
        if (mark->label && *mark->label)
            place_label(plot, place, mien_pen_width(&plot->pen, &style, mark->label), most);
        if (place->labelled && place->row >= rows)
            rows = place->row + 1;
    }
    return rows;
}

static double row_bottom(const mien_plot *plot, size_t row)
{
    return plot->top - (double)(plot->mark_rows - row - 1) * MIEN_CHART_MARK_ROW - BESIDE;
}

void mien_marks_draw(mien_plot *plot)
{
    for (size_t i = 0; i < plot->chart->n_marks; i++) {
        const mien_mark_place *mark = &plot->marks[i];
        double top = mark->labelled ? row_bottom(plot, mark->row) - LETTERS + 2 : plot->top;
        if (mark->drawn)
            mien_pen_dashes(&plot->pen, mark->x, plot->bottom, mark->x, top, THICKNESS, DASH, LINE);
    }
    mien_lettering style = label_style(plot, MIEN_ALIGN_LEFT);
    for (size_t i = 0; i < plot->chart->n_marks; i++) {
        const mien_mark_place *mark = &plot->marks[i];
        if (!mark->labelled)
            continue;
        double bottom = row_bottom(plot, mark->row), top = bottom - LETTERS + 1;
        const double x[] = {mark->left - 1, mark->right + 1, mark->right + 1, mark->left - 1};
        const double y[] = {top, top, bottom + 3, bottom + 3};
        mien_pen_area(&plot->pen, x, y, 4, WHITE, 1);
        mien_pen_text(&plot->pen, mark->left, bottom, &style, plot->chart->marks[i].label);
    }
}
