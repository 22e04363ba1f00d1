/* shuffle.c - another source in a random order, run by run.
 * SPDX-License-Identifier: MIT */
#include "data/shuffle.h"

#include <string.h>

mien_shuffle mien_shuffle_of(const mien_source *X, size_t run, uint64_t seed, uint32_t stream)
{
    size_t runs = X->n / run;
    return (mien_shuffle){
        .from = X, .order = mien_order_of(runs ? runs : 1, seed, stream), .run = run, .n = X->n};
}

static size_t place_of(const mien_shuffle *s, size_t at)
{
    size_t run = at / s->run;
    if (run >= s->from->n / s->run)
        return at;
    return (size_t)mien_order_place(&s->order, run) * s->run + at % s->run;
}

size_t mien_shuffle_place(const mien_shuffle *shuffle, size_t at)
{
    return place_of(shuffle, shuffle->first + at);
}

/* These images come next: those of the run that the first is in. */
static void shuffled_expect(const void *data, size_t first, size_t count)
{
    const mien_shuffle *s = data;
    size_t at = s->first + first, rest = s->run - at % s->run;
    if (s->from->expect)
        s->from->expect(s->from->data, place_of(s, at), count < rest ? count : rest);
}

static const float *shuffled_tile(const void *data, size_t first, size_t count, float *buffer)
{
    const mien_shuffle *s = data;
    const mien_source *from = s->from;
    for (size_t done = 0; done < count;) {
        size_t at = s->first + first + done, rest = s->run - at % s->run;
        size_t some = count - done < rest ? count - done : rest;
        float *to = buffer + done * from->p;
        if (rest == s->run) /* a run begins */
            shuffled_expect(s, first + done, s->n - first - done);
        const float *x = from->tile(from->data, place_of(s, at), some, to);
        if (some == count)
            return x;
        if (x != to)
            memcpy(to, x, some * from->p * sizeof *to);
        done += some;
    }
    return buffer;
}

static void shuffled_strip(const void *data, const size_t *rows, size_t n, size_t first,
                           size_t count, float *strip, size_t stride)
{
    enum { SOME = 256 };
    const mien_shuffle *s = data;
    size_t places[SOME];
    for (size_t i = 0; i < n; i += SOME) {
        size_t some = n - i < SOME ? n - i : SOME;
        for (size_t k = 0; k < some; k++)
            places[k] = mien_shuffle_place(s, rows ? rows[i + k] : i + k);
        s->from->strip(s->from->data, places, some, first, count, strip + i, stride);
    }
}

mien_source mien_shuffle_source(const mien_shuffle *shuffle)
{
    return (mien_source){.n = shuffle->n,
                         .p = shuffle->from->p,
                         .tile = shuffled_tile,
                         .strip = shuffled_strip,
                         .data = shuffle,
                         .expect = shuffled_expect,
                         .shape = shuffle->from->shape};
}
