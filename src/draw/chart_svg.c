/* chart_svg.c - a chart as SVG.
 * SPDX-License-Identifier: MIT */
#include "draw/chart_svg.h"

#include "base/status.h"
#include "draw/chart_plot.h"

mien_status mien_chart_svg(const mien_chart *chart, char **svg, size_t *nbytes, mien_error *err)
{
    size_t width = 0, height = 0;
    mien_status st = mien_chart_size(chart, &width, &height, err);
    if (st)
        return st;
    mien_svg paper = {0};
    mien_pen pen = {.svg = &paper, .err = err};
    mien_svg_begin(&paper, width, height, chart->title);
    st = mien_chart_paint(chart, &pen, width, height);
    mien_svg_end(&paper);
    if (!st && paper.text.failed)
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (st) {
        mien_text_free(&paper.text);
        return st;
    }
    *svg = paper.text.bytes;
    *nbytes = paper.text.length;
    return MIEN_OK;
}
