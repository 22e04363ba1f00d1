/* axis.c - an axis with round numbers at its ticks.
 * SPDX-License-Identifier: MIT */
#include "draw/axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The smallest step of 1, 2 or 5 times a power of ten that is not below `step`. */
static double nice_step(double step)
{
    static const double steps[] = {1, 2, 5, 10};
    double power = pow(10, floor(log10(step)));
    size_t i = 0;
    while (i < 3 && steps[i] * power < step * (1 - 1e-9))
        i++;
    return steps[i] * power;
}

static void choose_linear(mien_axis *axis, double min, double max, size_t wanted)
{
    double middle = max / 2 + min / 2, half = max / 2 - min / 2;
    if (!(half > 1e-12 * fabs(middle) && half > 1e-290)) { /* a single value, as doubles go */
        half = fabs(middle) > 1e-290 ? fabs(middle) / 2 : 1;
        min = middle - half;
        max = middle + half;
    }
    double step = nice_step(half / (double)wanted * 2);
    double first = floor(min / step + 1e-9), last = ceil(max / step - 1e-9);
    while (last - first + 1 > MIEN_AXIS_MAX_TICKS) { /* steps too small for double */
        step = nice_step(step * 1.5);
        first = floor(min / step);
        last = ceil(max / step);
    }
    for (double i = first; i <= last && axis->n_ticks < MIEN_AXIS_MAX_TICKS; i++)
        axis->ticks[axis->n_ticks++] = i * step;
    axis->decimals = (int)fmin(fmax(-floor(log10(step) + 1e-9), 0), 12);
}

/* Decades, thinned out when there are many, or 1, 2, 5 in each when there is one or two. */
static void choose_logarithmic(mien_axis *axis, double min, double max)
{
    static const double steps[] = {1, 2, 5};
    if (!(max > min * (1 + 1e-9))) { /* a single value stands in the middle */
        min /= 2;
        max *= 2;
    }
    int first = (int)floor(log10(min) + 1e-9), last = (int)ceil(log10(max) - 1e-9);
    if (last <= first)
        last = first + 1;
    if (last - first > 2) {
        int every = (last - first) / 8 + 1;
        for (int e = first; axis->n_ticks < MIEN_AXIS_MAX_TICKS; e += every) {
            axis->ticks[axis->n_ticks++] = pow(10, e);
            if (e >= last)
                break;
        }
        return;
    }
    for (int e = first; e <= last; e++)
        for (size_t i = 0; i < 3; i++) {
            double tick = steps[i] * pow(10, e);
            bool needed = axis->n_ticks == 0 || axis->ticks[axis->n_ticks - 1] < max * (1 - 1e-9);
            double next = i < 2 ? steps[i + 1] * pow(10, e) : pow(10, e + 1);
            if (next > min * (1 + 1e-9) && needed && axis->n_ticks < MIEN_AXIS_MAX_TICKS)
                axis->ticks[axis->n_ticks++] = tick;
        }
    axis->decimals = first < 0 ? -first : 0;
}

mien_axis mien_axis_choose(double min, double max, bool logarithmic, size_t wanted)
{
    mien_axis axis = {.logarithmic = logarithmic};
    if (logarithmic)
        choose_logarithmic(&axis, min, max);
    else
        choose_linear(&axis, min, max, wanted);
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
