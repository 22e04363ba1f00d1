/* canvas.c - a picture in the making: RGB pixels, and the few shapes mien draws with.
 * SPDX-License-Identifier: MIT */
#include "draw/canvas.h"

#include "base/memory.h"
#include "base/status.h"

#include <math.h>
#include <string.h>

mien_status mien_canvas_check(size_t width, size_t height, mien_error *err)
{
    if (width == 0 || height == 0)
        return mien_fail(err, MIEN_ERR_ARG, "a picture of %zu x %zu pixels is empty", width,
                         height);
    if (width > MIEN_CANVAS_MAX_SIDE || height > MIEN_CANVAS_MAX_SIDE ||
        width > MIEN_CANVAS_MAX_PIXELS / height)
        return mien_fail(err, MIEN_ERR_ARG,
                         "a picture of %zu x %zu pixels is too large; the limits are %d a side and "
                         "%d in all (use a smaller --zoom or --gap)",
                         width, height, MIEN_CANVAS_MAX_SIDE, MIEN_CANVAS_MAX_PIXELS);
    return MIEN_OK;
}

mien_status mien_canvas_init(size_t width, size_t height, mien_rgb background, mien_canvas *out,
                             mien_error *err)
{
    mien_status st = mien_canvas_check(width, height, err);
    if (st)
        return st;
    size_t head = mien_canvas_head(width, height);
    uint8_t *memory = mien_alloc_raw(head + width * height * 3, 1);
    if (!memory)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    mien_canvas canvas = {width, height, memory + head, memory};
    mien_canvas_fill(&canvas, (mien_box){0, 0, width, height}, background);
    *out = canvas;
    return MIEN_OK;
}

void mien_canvas_free(mien_canvas *canvas)
{
    if (!canvas)
        return;
    mien_free(canvas->memory);
    *canvas = (mien_canvas){0};
}

static uint8_t *pixel_at(const mien_canvas *canvas, size_t x, size_t y)
{
    return canvas->pixels + 3 * (y * canvas->width + x);
}

mien_rgb mien_canvas_get(const mien_canvas *canvas, size_t x, size_t y)
{
    const uint8_t *pixel = pixel_at(canvas, x, y);
    return (mien_rgb){pixel[0], pixel[1], pixel[2]};
}

/* start + length, at most limit, without overflow. */
static size_t end_within(size_t start, size_t length, size_t limit)
{
    if (start >= limit)
        return start;
    return length < limit - start ? start + length : limit;
}

void mien_canvas_fill(mien_canvas *canvas, mien_box box, mien_rgb color)
{
    size_t x_end = end_within(box.x, box.width, canvas->width);
    size_t y_end = end_within(box.y, box.height, canvas->height);
    if (box.x >= x_end || box.y >= y_end)
        return;
    uint8_t *first = pixel_at(canvas, box.x, box.y);
    for (size_t i = 0; i < x_end - box.x; i++)
        memcpy(first + 3 * i, &color, 3);
    for (size_t y = box.y + 1; y < y_end; y++)
        memcpy(pixel_at(canvas, box.x, y), first, 3 * (x_end - box.x));
}

void mien_canvas_copy(mien_canvas *canvas, size_t x, size_t y, const mien_canvas *part)
{
    size_t x_end = end_within(x, part->width, canvas->width);
    size_t y_end = end_within(y, part->height, canvas->height);
    for (size_t row = y; row < y_end && x < x_end; row++)
        memcpy(pixel_at(canvas, x, row), pixel_at(part, 0, row - y), 3 * (x_end - x));
}

void mien_canvas_frame(mien_canvas *canvas, mien_box box, size_t thickness, mien_rgb color)
{
    size_t left = box.x < thickness ? box.x : thickness;
    size_t top = box.y < thickness ? box.y : thickness;
    size_t across = left + box.width + thickness;
    mien_canvas_fill(canvas, (mien_box){box.x - left, box.y - top, across, top}, color);
    mien_canvas_fill(canvas, (mien_box){box.x - left, box.y + box.height, across, thickness},
                     color);
    mien_canvas_fill(canvas, (mien_box){box.x - left, box.y, left, box.height}, color);
    mien_canvas_fill(canvas, (mien_box){box.x + box.width, box.y, thickness, box.height}, color);
}

static uint8_t mix(uint8_t below, uint8_t above, unsigned coverage)
{
    return (uint8_t)((below * (255 - coverage) + above * coverage + 127) / 255);
}

void mien_canvas_blend(mien_canvas *canvas, ptrdiff_t x, ptrdiff_t y, mien_rgb color,
                       unsigned coverage)
{
    if (x < 0 || y < 0 || (size_t)x >= canvas->width || (size_t)y >= canvas->height)
        return;
    if (coverage > 255)
        coverage = 255;
    uint8_t *pixel = pixel_at(canvas, (size_t)x, (size_t)y);
    pixel[0] = mix(pixel[0], color.r, coverage);
    pixel[1] = mix(pixel[1], color.g, coverage);
    pixel[2] = mix(pixel[2], color.b, coverage);
}

void mien_canvas_blit(mien_canvas *canvas, size_t x, size_t y, const mien_rgb *colors, size_t width,
                      size_t height, size_t zoom, size_t stretch)
{
    size_t x_end = end_within(x, width * zoom, canvas->width);
    for (size_t row = 0; row < height; row++) {
        size_t top = y + row * stretch, y_end = end_within(top, stretch, canvas->height);
        if (x >= x_end || top >= y_end)
            return;
        uint8_t *line = pixel_at(canvas, x, top), *to = line, *end = line + 3 * (x_end - x);
        for (const mien_rgb *color = colors + row * width; to < end; color++)
            for (size_t i = 0; i < zoom && to < end; i++, to += 3)
                memcpy(to, color, 3);
        for (size_t below = top + 1; below < y_end; below++)
            memcpy(pixel_at(canvas, x, below), line, 3 * (x_end - x));
    }
}

static double distance_to_segment(double x, double y, double x0, double y0, double x1, double y1)
{
    double dx = x1 - x0, dy = y1 - y0, square = dx * dx + dy * dy;
    double t = square > 0 ? ((x - x0) * dx + (y - y0) * dy) / square : 0;
    t = fmin(fmax(t, 0), 1);
    return hypot(x - (x0 + t * dx), y - (y0 + t * dy));
}

/* Whole pixel at or below v, kept within 0 .. limit. */
static ptrdiff_t pixel_below(double v, size_t limit)
{
    return (ptrdiff_t)fmin(fmax(floor(v), 0), (double)limit);
}

/* A straight stroke with round ends. */
typedef struct stroke {
    double x0, y0, x1, y1, thickness;
} stroke;

/* A pixel is covered as far as its centre lies inside the stroke's edge: exact for straight
 * edges along the axes, within a few percent for others. */
static unsigned coverage_of(const stroke *s, ptrdiff_t x, ptrdiff_t y)
{
    double d = distance_to_segment((double)x + 0.5, (double)y + 0.5, s->x0, s->y0, s->x1, s->y1);
    double inside = fmin(fmax(s->thickness / 2 + 0.5 - d, 0), fmin(1, s->thickness));
    return (unsigned)lround(255 * inside);
}

/* Pixels a stroke may touch, as an empty box when it touches none or is not finite. */
static mien_box bounds_of(const mien_canvas *canvas, const stroke *s)
{
    if (!isfinite(s->x0) || !isfinite(s->y0) || !isfinite(s->x1) || !isfinite(s->y1) ||
        !(s->thickness > 0))
        return (mien_box){0};
    double reach = s->thickness / 2 + 1;
    ptrdiff_t left = pixel_below(fmin(s->x0, s->x1) - reach, canvas->width);
    ptrdiff_t right = pixel_below(fmax(s->x0, s->x1) + reach + 1, canvas->width);
    ptrdiff_t top = pixel_below(fmin(s->y0, s->y1) - reach, canvas->height);
    ptrdiff_t bottom = pixel_below(fmax(s->y0, s->y1) + reach + 1, canvas->height);
    return (mien_box){(size_t)left, (size_t)top, (size_t)(right - left), (size_t)(bottom - top)};
}

void mien_canvas_line(mien_canvas *canvas, double x0, double y0, double x1, double y1,
                      double thickness, mien_rgb color)
{
    stroke s = {x0, y0, x1, y1, thickness};
    mien_box box = bounds_of(canvas, &s);
    for (size_t y = box.y; y < box.y + box.height; y++)
        for (size_t x = box.x; x < box.x + box.width; x++)
            mien_canvas_blend(canvas, (ptrdiff_t)x, (ptrdiff_t)y, color,
                              coverage_of(&s, (ptrdiff_t)x, (ptrdiff_t)y));
}

static void cover(const mien_canvas *canvas, uint8_t *mask, const stroke *s)
{
    mien_box box = bounds_of(canvas, s);
    for (size_t y = box.y; y < box.y + box.height; y++)
        for (size_t x = box.x; x < box.x + box.width; x++) {
            unsigned coverage = coverage_of(s, (ptrdiff_t)x, (ptrdiff_t)y);
            uint8_t *place = &mask[y * canvas->width + x];
            if (coverage > *place)
                *place = (uint8_t)coverage;
        }
}

mien_status mien_canvas_polyline(mien_canvas *canvas, const double *x, const double *y,
                                 size_t count, double thickness, mien_rgb color, mien_error *err)
{
    uint8_t *mask = mien_alloc_array(canvas->height, canvas->width);
    if (!mask)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t i = count > 1; i < count; i++) {
        size_t from = i > 0 ? i - 1 : 0;
        cover(canvas, mask, &(stroke){x[from], y[from], x[i], y[i], thickness});
    }
    for (size_t i = 0; i < canvas->width * canvas->height; i++)
        if (mask[i])
            mien_canvas_blend(canvas, (ptrdiff_t)(i % canvas->width),
                              (ptrdiff_t)(i / canvas->width), color, mask[i]);
    mien_free(mask);
    return MIEN_OK;
}

/* Where a horizontal line crosses the area, from ends[0] to ends[1]; empty when it does not. */
static void cross(const double *x, const double *y, size_t count, double level, double ends[2])
{
    ends[0] = INFINITY;
    ends[1] = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        size_t next = i + 1 < count ? i + 1 : 0;
        if ((y[i] <= level) == (y[next] <= level))
            continue;
        double at = x[i] + (level - y[i]) / (y[next] - y[i]) * (x[next] - x[i]);
        ends[0] = fmin(ends[0], at);
        ends[1] = fmax(ends[1], at);
    }
}

/* A row of pixels is cut into SLICES lines, each of which covers its pixels exactly. */
void mien_canvas_convex(mien_canvas *canvas, const double *x, const double *y, size_t count,
                        mien_rgb color, double opacity)
{
    enum { SLICES = 8 };
    double top = INFINITY, bottom = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i]))
            return;
        top = fmin(top, y[i]);
        bottom = fmax(bottom, y[i]);
    }
    ptrdiff_t end = pixel_below(bottom + 1, canvas->height);
    for (ptrdiff_t row = pixel_below(top, canvas->height); row < end; row++) {
        double ends[SLICES][2], left = INFINITY, right = -INFINITY;
        for (int k = 0; k < SLICES; k++) {
            cross(x, y, count, (double)row + (k + 0.5) / SLICES, ends[k]);
            left = fmin(left, ends[k][0]);
            right = fmax(right, ends[k][1]);
        }
        if (!(right > left))
            continue;
        ptrdiff_t last = pixel_below(right + 1, canvas->width);
        for (ptrdiff_t at = pixel_below(left, canvas->width); at < last; at++) {
            double covered = 0;
            for (int k = 0; k < SLICES; k++)
                covered += fmax(0, fmin(ends[k][1], (double)at + 1) - fmax(ends[k][0], (double)at));
            mien_canvas_blend(canvas, at, row, color,
                              (unsigned)lround(255 * opacity * covered / SLICES));
        }
    }
}

void mien_canvas_disc(mien_canvas *canvas, double x, double y, double radius, mien_rgb color)
{
    mien_canvas_line(canvas, x, y, x, y, 2 * radius, color);
}
