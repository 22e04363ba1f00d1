/* normalize.c - grey levels as the methods shall see them.
 * SPDX-License-Identifier: MIT
 *
 * lee-seung is the paper's (Nature 401, 1999, Methods): "the greyscale intensities were first
 * linearly scaled so that the pixel mean and standard deviation were equal to 0.25, and then
 * clipped to the range [0,1]" - for each image. With global statistics, as in many public copies,
 * NMF gives other parts. With dark ink the same is said of the darkness. */
#include "read/normalize.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "data/pixels.h"

#include <float.h>
#include <math.h>

static const double LEE_SEUNG_MEAN = 0.25, LEE_SEUNG_SD = 0.25;

enum { BLOCK = 1 << 14 }; /* 2^14 squares of bytes fit into 32 bits */

__extension__ typedef unsigned __int128 wide;

typedef struct moments {
    double mean, sd; /* sd with n - 1; 0 when all values are equal or there is but one */
} moments;

/* ---------------------------------------------------------------- sums */

/* Sums of at most BLOCK values and of their squares; a square of 16 bits is below 2^32. */
#define SUM(name, type, total)                                                                     \
    MIEN_LOOP(static, name, (const type *v, uint32_t count, uint64_t *sum, uint64_t *squares),     \
              (v, count, sum, squares))                                                            \
    {                                                                                              \
        uint32_t s = 0;                                                                            \
        total q = 0;                                                                               \
        for (uint32_t j = 0; j < count; j++) {                                                     \
            uint32_t x = v[j];                                                                     \
            s += x;                                                                                \
            q += x * x;                                                                            \
        }                                                                                          \
        *sum += s;                                                                                 \
        *squares += q;                                                                             \
    }
SUM(normalize_sum_u8, uint8_t, uint32_t)
SUM(normalize_sum_u16, uint16_t, uint64_t)

/* Mean and sd of p whole numbers from their exact sums: sum below 2^44, squares below 2^60, so
 * p * squares needs more than 64 bits. */
static moments moments_whole(const void *values, mien_pixel_type type, size_t p)
{
    uint64_t sum = 0, squares = 0;
    for (size_t start = 0; start < p; start += BLOCK) {
        uint32_t count = (uint32_t)(p - start < BLOCK ? p - start : BLOCK);
        if (type == MIEN_U8)
            normalize_sum_u8((const uint8_t *)values + start, count, &sum, &squares);
        else
            normalize_sum_u16((const uint16_t *)values + start, count, &sum, &squares);
    }
    moments m = {(double)sum / (double)p, 0};
    wide scatter = (wide)p * squares - (wide)sum * sum; /* p (p - 1) sd^2 */
    if (scatter)
        m.sd = sqrt((double)scatter / ((double)p * (double)(p - 1)));
    return m;
}

static moments moments_f32(const float *v, size_t p)
{
    bool constant = true;
    double sum = 0, scatter = 0;
    for (size_t j = 0; j < p; j++) {
        sum += (double)v[j];
        constant = constant && v[j] == v[0];
    }
    moments m = {sum / (double)p, 0};
    if (constant) /* their mean may be off by a rounding, and so would be the scatter */
        return m;
    for (size_t j = 0; j < p; j++) {
        double d = (double)v[j] - m.mean;
        scatter += d * d;
    }
    m.sd = sqrt(scatter / (double)(p - 1));
    return m;
}

static double min_of(const void *values, mien_pixel_type type, size_t count)
{
    double min = mien_value_at(values, type, 0);
    for (size_t j = 1; j < count; j++)
        min = fmin(min, mien_value_at(values, type, j));
    return min;
}

/* ---------------------------------------------------------------- rows */

typedef struct job {
    mien_pixels *pixels;
    size_t *clipped; /* n */
    mien_normalize how;
    bool dark;
    double white;
} job;

/* How many values lie beyond 0 or 1 before they are clipped, as pixels.c scales them. */
#define COUNT_CLIPPED(name, type)                                                                  \
    MIEN_LOOP_OF(static, size_t, name,                                                             \
                 (const type *v, size_t count, float gain, float center, float offset),            \
                 (v, count, gain, center, offset))                                                 \
    {                                                                                              \
        size_t clipped = 0;                                                                        \
        for (size_t j = 0; j < count; j++) {                                                       \
            float x = gain * ((float)v[j] - center) + offset;                                      \
            clipped += (size_t)((x < 0) | (x > 1));                                                \
        }                                                                                          \
        return clipped;                                                                            \
    }
COUNT_CLIPPED(normalize_clipped_u8, uint8_t)
COUNT_CLIPPED(normalize_clipped_u16, uint16_t)
COUNT_CLIPPED(normalize_clipped_f32, float)

static size_t count_clipped(const mien_pixels *pixels, size_t i)
{
    const void *row = mien_pixels_row(pixels, i);
    float gain = pixels->gain[i], center = pixels->center[i], offset = pixels->offset[i];
    return pixels->type == MIEN_U8    ? normalize_clipped_u8(row, pixels->p, gain, center, offset)
           : pixels->type == MIEN_U16 ? normalize_clipped_u16(row, pixels->p, gain, center, offset)
                                      : normalize_clipped_f32(row, pixels->p, gain, center, offset);
}

static void lee_seung_row(mien_pixels *pixels, size_t i, bool dark)
{
    const void *row = mien_pixels_row(pixels, i);
    size_t p = pixels->p;
    moments m =
        pixels->type == MIEN_F32 ? moments_f32(row, p) : moments_whole(row, pixels->type, p);
    if (!(m.sd > 0)) {
        pixels->gain[i] = 0;
        pixels->center[i] = 0;
        pixels->offset[i] = (float)LEE_SEUNG_MEAN;
        return;
    }
    /* v - center is exact for integers; what rounding the mean leaves goes into the offset. The
     * darkness of a pixel is as far from its mean as the brightness, on the other side. */
    double center = pixels->type == MIEN_F32 ? (double)(float)m.mean : rint(m.mean);
    double gain = dark ? -LEE_SEUNG_SD / m.sd : LEE_SEUNG_SD / m.sd;
    pixels->gain[i] = (float)gain;
    pixels->center[i] = (float)center;
    pixels->offset[i] = (float)(LEE_SEUNG_MEAN + gain * (center - m.mean));
}

/* x = v / one, of brightness or darkness. */
static void normalize_row(void *context, size_t i, unsigned worker)
{
    (void)worker;
    const job *j = context;
    mien_pixels *pixels = j->pixels;
    if (j->how == MIEN_NORMALIZE_LEE_SEUNG) {
        lee_seung_row(pixels, i, j->dark);
        j->clipped[i] = count_clipped(pixels, i);
        return;
    }
    const void *row = mien_pixels_row(pixels, i);
    double white = pixels->whites ? (double)pixels->whites[i] : j->white;
    double one = j->how == MIEN_NORMALIZE_UNIT ? white : 1;
    if (j->how == MIEN_NORMALIZE_MAX)
        one = j->dark ? white - min_of(row, pixels->type, pixels->p)
                      : mien_values_max(row, pixels->type, pixels->p);
    double gain = one > 0 ? 1 / one : 0;
    pixels->gain[i] = (float)(j->dark ? -gain : gain);
    pixels->center[i] = j->dark ? (float)white : 0;
    pixels->offset[i] = 0;
}

double mien_white(const mien_pixels *pixels)
{
    if (pixels->white > 0)
        return pixels->white;
    return pixels->type != MIEN_F32 ? mien_pixel_max(pixels->type) : mien_pixels_largest(pixels);
}

mien_status mien_normalize_set(mien_pixels *pixels, mien_normalize how, mien_ink_kind ink,
                               mien_pool *pool)
{
    job j = {.pixels = pixels, .how = how, .dark = ink == MIEN_INK_DARK};
    if (how == MIEN_NORMALIZE_NONE && !j.dark)
        return MIEN_OK;
    pixels->gain = mien_alloc_array(pixels->n, sizeof(float));
    pixels->center = mien_alloc_array(pixels->n, sizeof(float));
    pixels->offset = mien_alloc_array(pixels->n, sizeof(float));
    j.clipped = mien_alloc_array(pixels->n, sizeof *j.clipped);
    if (!pixels->gain || !pixels->center || !pixels->offset || !j.clipped) {
        mien_free(j.clipped);
        return MIEN_ERR_NOMEM;
    }
    pixels->lower = 0;
    pixels->upper = how == MIEN_NORMALIZE_NONE ? FLT_MAX : 1;
    if (j.dark || how == MIEN_NORMALIZE_UNIT)
        j.white = mien_white(pixels);
    mien_pixels_pass(pool, pixels, normalize_row, &j);
    double clipped = 0;
    for (size_t i = 0; i < pixels->n; i++)
        clipped += (double)j.clipped[i];
    pixels->clipped = clipped / ((double)pixels->n * (double)pixels->p);
    mien_free(j.clipped);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- ink */

static const double BLACK = 0.04, MOSTLY = 0.5;

/* How many of `count` values from `at` on, `step` apart, are at most `black`. */
static size_t count_black(const mien_pixels *pixels, const void *row, size_t at, size_t step,
                          size_t count, double black)
{
    size_t found = 0;
    for (size_t k = 0; k < count; k++, at += step)
        found += mien_value_at(row, pixels->type, at) <= black;
    return found;
}

double mien_ink_black_border(const mien_pixels *pixels, mien_shape shape)
{
    size_t line = shape.width * shape.channels, h = shape.height, c = shape.channels;
    /* of what the folder has, not of what its type could hold: 12 bits may come in 16 */
    double common = pixels->whites ? 0 : BLACK * mien_pixels_largest(pixels);
    size_t found = 0, border = 0;
    mien_pixels_expect(pixels, 0, pixels->n);
    for (size_t i = 0; i < pixels->n; i++) {
        const void *row = mien_pixels_row(pixels, i);
        double black = pixels->whites ? BLACK * mien_pixels_white(pixels, i) : common;
        found += count_black(pixels, row, 0, 1, line, black);
        border += line;
        if (h > 1) {
            found += count_black(pixels, row, (h - 1) * line, 1, line, black);
            border += line;
        }
        for (size_t k = 0; h > 2 && k < c; k++) { /* the sides, without the corners */
            found += count_black(pixels, row, line + k, line, h - 2, black);
            border += h - 2;
            if (shape.width == 1)
                continue;
            found += count_black(pixels, row, 2 * line - c + k, line, h - 2, black);
            border += h - 2;
        }
    }
    return border ? (double)found / (double)border : (double)NAN;
}

static bool has_negative(const mien_pixels *pixels)
{
    if (pixels->type != MIEN_F32)
        return false;
    mien_pixels_expect(pixels, 0, pixels->n);
    for (size_t i = 0; i < pixels->n; i++) {
        const float *v = mien_pixels_row(pixels, i);
        for (size_t j = 0; j < pixels->p; j++)
            if (v[j] < 0)
                return true;
    }
    return false;
}

void mien_ink_decide(mien_dataset *dataset, mien_ink_kind asked)
{
    dataset->ink = asked;
    dataset->black_border = (double)NAN;
    if (asked != MIEN_INK_AUTO)
        return;
    dataset->ink = MIEN_INK_NONE;
    if (dataset->is_table || has_negative(&dataset->pixels))
        return;
    dataset->ink = MIEN_INK_LIGHT;
    if (dataset->shape.channels == 3 || dataset->normalize == MIEN_NORMALIZE_NONE)
        return;
    dataset->black_border = mien_ink_black_border(&dataset->pixels, dataset->shape);
    if (dataset->black_border < MOSTLY)
        dataset->ink = MIEN_INK_DARK;
}
