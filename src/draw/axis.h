/* axis.h - an axis with round numbers at its ticks.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_AXIS_H
#define MIEN_AXIS_H

#include "mien.h"

enum { MIEN_AXIS_MAX_TICKS = 16 };

/* An axis from low to high, both of which carry a tick. */
typedef struct mien_axis {
    double low, high;
    bool logarithmic;
    double ticks[MIEN_AXIS_MAX_TICKS];
    size_t n_ticks;
    int decimals; /* of the tick labels */
} mien_axis;

/* An axis that covers min .. max, both at most 1e300 in size, with about `wanted` steps of 1,
 * 2 or 5 times a power of ten; a logarithmic one has powers of ten, or 1, 2, 5 where it spans few
 * of them. */
mien_axis mien_axis_choose(double min, double max, bool logarithmic, size_t wanted);

/* Where a value lies: 0 at low, 1 at high. */
double mien_axis_place(const mien_axis *axis, double value);

/* A tick's label: "12,500", "0.25", "10⁻³". */
void mien_axis_label(const mien_axis *axis, double tick, char text[32]);

#endif
