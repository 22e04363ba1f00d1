/* files.h - a temporary folder, files in it, and PNG files written by the test itself.
 * SPDX-License-Identifier: MIT
 *
 * To be included first: it asks for POSIX. */
#ifndef MIEN_TEST_FILES_H
#define MIEN_TEST_FILES_H

#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif

#include "support/cmocka_plus.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* A folder of its own for each test: setup and teardown of cmocka. *state is its path. */
static inline int make_folder(void **state)
{
    char *path = strdup("/tmp/mien-test-XXXXXX");
    *state = mkdtemp(path);
    return *state ? 0 : -1;
}

static inline int remove_one(const char *path, const struct stat *status, int kind,
                             struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline int remove_folder(void **state)
{
    int result = nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return result;
}

/* folder/name; two results live at a time */
static inline const char *in_folder(const char *folder, const char *name)
{
    static char paths[2][512];
    static unsigned turn;
    char *path = paths[turn++ % 2];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline const char *put_file(const char *folder, const char *name, const void *bytes,
                                   size_t nbytes)
{
    const char *path = in_folder(folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    if (nbytes)
        assert_int_equal(fwrite(bytes, 1, nbytes, file), nbytes);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline const char *put_text(const char *folder, const char *name, const char *text)
{
    return put_file(folder, name, text, strlen(text));
}

static inline void put_folder(const char *folder, const char *name)
{
    assert_int_equal(mkdir(in_folder(folder, name), 0700), 0);
}

/* A binary PGM whose pixel k is seed + k * step, modulo 256. */
static inline void put_pgm(const char *folder, const char *name, size_t width, size_t height,
                           size_t seed, size_t step)
{
    unsigned char bytes[8192];
    int head = snprintf((char *)bytes, sizeof bytes, "P5\n%zu %zu\n255\n", width, height);
    assert_true((size_t)head + width * height <= sizeof bytes);
    for (size_t k = 0; k < width * height; k++)
        bytes[(size_t)head + k] = (unsigned char)((seed + k * step) & 0xff);
    put_file(folder, name, bytes, (size_t)head + width * height);
}

/* ---------------------------------------------------------------- PNG */

typedef struct test_png {
    unsigned width, height, bits, color_type;
    bool interlaced;
    const unsigned char *palette; /* n_palette bytes, or NULL */
    size_t n_palette;
    const unsigned char *alpha; /* tRNS, n_alpha bytes, or NULL */
    size_t n_alpha;
    unsigned (*sample)(unsigned x, unsigned y, unsigned c);
    size_t extra; /* zero bytes behind the pixels, for bombs */
} test_png;

static inline void put_u32(unsigned char *to, size_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (24 - 8 * i) & 0xff);
}

static inline size_t png_chunk(unsigned char *to, const char *type, const void *data, size_t nbytes)
{
    put_u32(to, nbytes);
    memcpy(to + 4, type, 4);
    if (nbytes)
        memcpy(to + 8, data, nbytes);
    put_u32(to + 8 + nbytes, crc32(0, to + 4, (uInt)nbytes + 4));
    return nbytes + 12;
}

static inline void put_sample(unsigned char *row, size_t bit, unsigned bits, unsigned v)
{
    unsigned char *at = row + bit / 8;
    if (bits == 16) {
        at[0] = (unsigned char)(v >> 8 & 0xff);
        at[1] = (unsigned char)(v & 0xff);
    } else {
        at[0] = (unsigned char)(at[0] | (v << (8 - bits - bit % 8) & 0xff));
    }
}

/* Filter `count` rows in place, each by the filter after that of the row before: None, Sub, Up,
 * Average, Paeth. step: bytes to the pixel on the left. */
static inline void png_filter(unsigned char *rows, size_t count, size_t nbytes, size_t step)
{
    for (size_t y = count; y-- > 0;) { /* from below: the row above is not filtered yet */
        unsigned char *row = rows + y * (nbytes + 1) + 1;
        row[-1] = (unsigned char)(y % 5);
        for (size_t k = nbytes; k-- > 0;) {
            int a = k >= step ? row[k - step] : 0, b = y ? row[k - nbytes - 1] : 0;
            int c = k >= step && y ? row[k - nbytes - 1 - step] : 0, p = a + b - c;
            int paeth = abs(p - a) <= abs(p - b) && abs(p - a) <= abs(p - c) ? a
                        : abs(p - b) <= abs(p - c)                           ? b
                                                                             : c;
            const int guess[5] = {0, a, b, (a + b) / 2, paeth};
            row[k] = (unsigned char)((row[k] - guess[y % 5]) & 0xff);
        }
    }
}

/* The rows of one pass, each behind a filter byte. */
static inline size_t png_pass(const test_png *png, const unsigned pass[4], unsigned char *to)
{
    static const unsigned samples[] = {1, 0, 3, 1, 2, 0, 4};
    unsigned channels = samples[png->color_type];
    size_t used = 0, count = 0, row_nbytes = 0;
    if (pass[0] >= png->width)
        return 0;
    for (unsigned y = pass[1]; y < png->height; y += pass[3]) {
        unsigned char *row = to + used + 1;
        unsigned columns = (png->width - pass[0] + pass[2] - 1) / pass[2];
        size_t nbytes = ((size_t)columns * channels * png->bits + 7) / 8, bit = 0;
        memset(row - 1, 0, nbytes + 1);
        for (unsigned x = pass[0]; x < png->width; x += pass[2])
            for (unsigned c = 0; c < channels; c++, bit += png->bits)
                put_sample(row, bit, png->bits, png->sample(x, y, c));
        used += nbytes + 1;
        row_nbytes = nbytes;
        count++;
    }
    size_t step = channels * png->bits / 8;
    png_filter(to, count, row_nbytes, step ? step : 1);
    return used;
}

/* The whole file into `to`; returns its length. IDAT comes in two chunks. */
static inline size_t make_png(const test_png *png, unsigned char *to)
{
    /* the first line is a picture that is not interlaced, the others are Adam7 */
    static const unsigned passes[8][4] = {{0, 0, 1, 1}, {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8},
                                          {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    size_t room = (size_t)(png->width + 16) * (png->height + 16) * 16 + png->extra, raw = 0;
    unsigned char *rows = calloc(room, 1);
    for (int k = png->interlaced; k < (png->interlaced ? 8 : 1); k++)
        raw += png_pass(png, passes[k], rows + raw);
    raw += png->extra;
    uLongf packed = compressBound((uLong)raw);
    unsigned char *data = malloc(packed);
    assert_int_equal(compress2(data, &packed, rows, (uLong)raw, 9), Z_OK);
    memcpy(to, "\x89PNG\r\n\x1a\n", 8);
    size_t used = 8;
    unsigned char head[13] = {0};
    put_u32(head, png->width);
    put_u32(head + 4, png->height);
    head[8] = (unsigned char)png->bits;
    head[9] = (unsigned char)png->color_type;
    head[12] = png->interlaced;
    used += png_chunk(to + used, "IHDR", head, sizeof head);
    used += png_chunk(to + used, "tEXt", "Title\0t", 7);
    if (png->palette)
        used += png_chunk(to + used, "PLTE", png->palette, png->n_palette);
    if (png->alpha)
        used += png_chunk(to + used, "tRNS", png->alpha, png->n_alpha);
    used += png_chunk(to + used, "IDAT", data, packed / 2);
    used += png_chunk(to + used, "IDAT", data + packed / 2, packed - packed / 2);
    used += png_chunk(to + used, "IEND", NULL, 0);
    free(rows);
    free(data);
    return used;
}

#endif
