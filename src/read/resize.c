/* resize.c - bring a picture to another size; no other file compiles stb_image_resize.
 * SPDX-License-Identifier: MIT */
#include "read/resize.h"

#include "base/memory.h"

#include <assert.h>
#include <string.h>

#define STB_IMAGE_RESIZE_STATIC
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STBIR_ASSERT(x)             assert(x)
#define STBIR_MALLOC(size, context) ((void)(context), mien_alloc_array(size, 1))
#define STBIR_FREE(memory, context) ((void)(context), mien_free(memory))
#include <stb_image_resize.h>

/* The part of the source that is used, as fractions of its sides, and where it goes. */
typedef struct layout {
    float s0, t0, s1, t1;
    size_t x, y, width, height;
} layout;

static layout plan(const mien_picture *from, size_t width, size_t height, mien_resize_mode fit)
{
    double by_width = (double)width / (double)from->width;
    double by_height = (double)height / (double)from->height;
    layout l = {0, 0, 1, 1, 0, 0, width, height};
    if (fit == MIEN_RESIZE_CROP && by_width > by_height) { /* the height hangs over */
        l.t0 = (float)(0.5 - 0.5 * by_height / by_width);
        l.t1 = 1 - l.t0;
    } else if (fit == MIEN_RESIZE_CROP) {
        l.s0 = (float)(0.5 - 0.5 * by_width / by_height);
        l.s1 = 1 - l.s0;
    } else if (fit == MIEN_RESIZE_PAD && by_width > by_height) {
        size_t inner = (size_t)((double)from->width * by_height + 0.5);
        l.width = inner < 1 ? 1 : inner > width ? width : inner;
        l.x = (width - l.width) / 2;
    } else if (fit == MIEN_RESIZE_PAD) {
        size_t inner = (size_t)((double)from->height * by_width + 0.5);
        l.height = inner < 1 ? 1 : inner > height ? height : inner;
        l.y = (height - l.height) / 2;
    }
    return l;
}

/* Mean of the outermost pixels of a channel, rounded. */
static unsigned border_mean(const mien_picture *picture, size_t c)
{
    uint64_t sum = 0, count = 0;
    for (size_t y = 0; y < picture->height; y++) {
        bool edge = y == 0 || y + 1 == picture->height;
        size_t step = edge || picture->width == 1 ? 1 : picture->width - 1;
        for (size_t x = 0; x < picture->width; x += step, count++)
            sum += mien_sample_get(picture->pixels, picture->depth,
                                   (y * picture->width + x) * picture->channels + c);
    }
    return (unsigned)((sum + count / 2) / count);
}

static void fill(mien_picture *to, const mien_picture *from)
{
    size_t count = to->width * to->height * to->channels;
    unsigned grey[4] = {0};
    for (size_t c = 0; c < to->channels; c++)
        grey[c] = border_mean(from, c);
    for (size_t i = 0; i < count; i++)
        mien_sample_set(to->pixels, to->depth, i, grey[i % to->channels]);
}

/* Catmull and Rom's filter overshoots beside edges; the type's own end is the library's affair. */
static void clip(mien_picture *picture)
{
    size_t count = picture->width * picture->height * picture->channels;
    if (picture->white == (picture->depth == 8 ? UINT8_MAX : UINT16_MAX))
        return;
    for (size_t i = 0; i < count; i++)
        if (mien_sample_get(picture->pixels, picture->depth, i) > picture->white)
            mien_sample_set(picture->pixels, picture->depth, i, picture->white);
}

mien_status mien_resize(const mien_picture *picture, size_t width, size_t height,
                        mien_resize_mode fit, mien_picture *out)
{
    bool same = picture->width == width && picture->height == height;
    if (fit == MIEN_RESIZE_REJECT && !same)
        return MIEN_ERR_ARG;
    size_t sample = picture->depth / 8, pixel = sample * picture->channels;
    mien_picture to = {width, height, picture->channels, picture->depth, picture->white, NULL};
    to.pixels = mien_alloc_raw(width * height, pixel);
    if (!to.pixels)
        return MIEN_ERR_NOMEM;
    if (same) { /* no filter: Mitchell's would soften it */
        memcpy(to.pixels, picture->pixels, width * height * pixel);
        *out = to;
        return MIEN_OK;
    }
    layout l = plan(picture, width, height, fit);
    if (l.width < width || l.height < height)
        fill(&to, picture);
    int done = stbir_resize_region(
        picture->pixels, (int)picture->width, (int)picture->height, (int)(picture->width * pixel),
        (unsigned char *)to.pixels + (l.y * width + l.x) * pixel, (int)l.width, (int)l.height,
        (int)(width * pixel), sample == 1 ? STBIR_TYPE_UINT8 : STBIR_TYPE_UINT16,
        (int)picture->channels, STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP, STBIR_EDGE_CLAMP,
        STBIR_FILTER_DEFAULT, STBIR_FILTER_DEFAULT, STBIR_COLORSPACE_LINEAR, NULL, l.s0, l.t0, l.s1,
        l.t1);
    if (!done) {
        mien_picture_free(&to);
        return MIEN_ERR_NOMEM;
    }
    clip(&to);
    *out = to;
    return MIEN_OK;
}
