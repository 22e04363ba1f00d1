/* picture.c - one image's values, brought to the size and colours it is drawn with.
 * SPDX-License-Identifier: MIT */
#include "draw/picture.h"

/* Part of a side that one result covers, from the first whole or cut pixel to the last. Lengths are
 * in units of 1 / results, in which all ends are whole: result i covers i * pixels .. (i + 1) *
 * pixels, and pixel j covers j * results .. (j + 1) * results. */
typedef struct span {
    size_t first, last, start, end, results;
} span;

static span span_of(size_t i, size_t pixels, size_t results)
{
    size_t start = i * pixels, end = start + pixels;
    return (span){start / results, (end - 1) / results, start, end, results};
}

static double overlap(const span *s, size_t j)
{
    size_t from = j * s->results, to = from + s->results;
    from = from > s->start ? from : s->start;
    to = to < s->end ? to : s->end;
    return (double)(to - from);
}

static float mean_over(const float *image, mien_shape shape, const span *across, const span *down,
                       size_t channel)
{
    double sum = 0;
    for (size_t y = down->first; y <= down->last; y++) {
        const float *row = image + y * shape.width * shape.channels;
        double line = 0;
        for (size_t x = across->first; x <= across->last; x++)
            line += overlap(across, x) * (double)row[x * shape.channels + channel];
        sum += overlap(down, y) * line;
    }
    double area = (double)(across->end - across->start) * (double)(down->end - down->start);
    return (float)(sum / area);
}

void mien_picture_reduce(const float *image, mien_shape shape, size_t width, size_t height,
                         float *out)
{
    for (size_t y = 0; y < height; y++) {
        span down = span_of(y, shape.height, height);
        for (size_t x = 0; x < width; x++) {
            span across = span_of(x, shape.width, width);
            for (size_t c = 0; c < shape.channels; c++)
                *out++ = mean_over(image, shape, &across, &down, c);
        }
    }
}

static double mean_channel(const float *pixel, size_t channels)
{
    double sum = 0;
    for (size_t c = 0; c < channels; c++)
        sum += (double)pixel[c];
    return sum / (double)channels;
}

void mien_picture_color(const float *image, mien_shape shape, const mien_tone *tone, mien_rgb *out)
{
    size_t count = shape.height * shape.width;
    for (size_t i = 0; i < count; i++) {
        const float *pixel = image + i * shape.channels;
        out[i] = shape.channels == 3 ? mien_tone_color3(tone, pixel)
                                     : mien_tone_color(tone, mean_channel(pixel, shape.channels));
    }
}
