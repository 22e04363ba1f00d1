/* turned.c - a streamed store turned on its side: pixel by pixel, all images.
 * SPDX-License-Identifier: MIT */
#include "data/turned.h"

#include "base/memory.h"
#include "base/pulse.h"
#include "data/mapping.h"
#include "data/pixels.h"

#include <pthread.h>
#include <string.h>

enum { AT_ONCE = 960 * 1024 }; /* bytes that are turned at a time, in the second-level cache */

struct mien_turned {
    pthread_mutex_t mutex;
    bool tried;
    mien_pixels values; /* p x n; without values: there was no room */
};

mien_turned *mien_turned_create(void)
{
    mien_turned *turned = mien_alloc_array(1, sizeof *turned);
    if (turned)
        pthread_mutex_init(&turned->mutex, NULL);
    return turned;
}

void mien_turned_free(mien_turned *turned)
{
    if (!turned)
        return;
    mien_pixels_free(&turned->values);
    pthread_mutex_destroy(&turned->mutex);
    mien_free(turned);
}

#define TURN(name, type)                                                                           \
    static void name(const void *rows, size_t count, size_t p, void *turned, size_t n)             \
    {                                                                                              \
        const type *from = rows;                                                                   \
        type *to = turned;                                                                         \
        for (size_t j = 0; j < p; j++)                                                             \
            for (size_t i = 0; i < count; i++)                                                     \
                to[j * n + i] = from[i * p + j];                                                   \
    }
TURN(turn_u8, uint8_t)
TURN(turn_u16, uint16_t)
TURN(turn_f32, float)

/* to[j][first + i] <- image first + i, pixel j. */
static void turn(const mien_pixels *pixels, size_t first, size_t count, char *to)
{
    const void *rows = mien_pixels_rows(pixels, first, count);
    to += first * mien_pixel_size(pixels->type);
    if (pixels->type == MIEN_U8)
        turn_u8(rows, count, pixels->p, to, pixels->n);
    else if (pixels->type == MIEN_U16)
        turn_u16(rows, count, pixels->p, to, pixels->n);
    else
        turn_f32(rows, count, pixels->p, to, pixels->n);
}

/* Without memory, and without room on the disk, there are no values. */
static void make(mien_turned *turned, const mien_pixels *pixels)
{
    size_t bytes = pixels->p * mien_pixel_size(pixels->type), each = AT_ONCE / bytes;
    mien_pixels *values = &turned->values;
    if (mien_pixels_alloc(pixels->p, pixels->n, pixels->type, values))
        return;
    each = each ? each : 1;
    mien_pixels_expect(pixels, 0, pixels->n);
    for (size_t i = 0; i < pixels->n; i += each) {
        turn(pixels, i, pixels->n - i < each ? pixels->n - i : each, values->values);
        mien_memory_relieve();
        mien_beat();
    }
    mien_mapping_adopt(values);
}

const mien_pixels *mien_turned_rows(const mien_pixels *pixels, size_t first, size_t count)
{
    mien_turned *turned = mien_mapping_turned(pixels->mapping);
    if (!turned)
        return NULL;
    pthread_mutex_lock(&turned->mutex);
    if (!turned->tried)
        make(turned, pixels);
    turned->tried = true;
    pthread_mutex_unlock(&turned->mutex);
    if (!turned->values.values)
        return NULL;
    mien_pixels_expect(&turned->values, first, count);
    return &turned->values;
}
