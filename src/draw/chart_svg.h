/* chart_svg.h - a chart as SVG.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_CHART_SVG_H
#define MIEN_CHART_SVG_H

#include "draw/chart.h"

/* The picture that mien_chart_draw() draws as a self-contained SVG: text stays text, and nothing
 * is decided twice. *svg ends with a zero byte that is not counted and goes back through
 * mien_free(). Errors as mien_chart_draw(). */
mien_status mien_chart_svg(const mien_chart *chart, char **svg, size_t *nbytes, mien_error *err);

#endif
