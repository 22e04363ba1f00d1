/* make_swimmer.c - draws the Swimmer images and their true parts.
 *
 * SPDX-License-Identifier: MIT
 *
 *   make_swimmer ASSETS
 *
 * writes ASSETS/swimmer/swimmer000.pgm .. swimmer255.pgm (32 x 32, 0 or 255) and
 * ASSETS/swimmer_parts.npy (float32, 17 x 32 x 32, values 0 and 1: 16 limbs, then the torso).
 *
 * How they are drawn stands in src/live/swimmer.c. */
#define _POSIX_C_SOURCE 200809L /* mkdir, stat */

#include "live/swimmer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096 };

static bool make_folder(const char *path)
{
    struct stat info;

    if (mkdir(path, 0777) == 0)
        return true;
    if (errno == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return true;
    fprintf(stderr, "%s: cannot make folder: %s\n", path, strerror(errno));
    return false;
}

static bool join(char path[PATH_SIZE], const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(path, PATH_SIZE, format, args);
    va_end(args);
    if (length >= 0 && length < PATH_SIZE)
        return true;
    fprintf(stderr, "assets: path too long\n");
    return false;
}

/* Write head and body as one file. Closing is checked too: a full disk may show only there. */
static bool write_file(const char *path, const void *head, size_t head_nbytes, const void *body,
                       size_t body_nbytes)
{
    FILE *file = fopen(path, "wb");
    bool ok;

    if (!file) {
        fprintf(stderr, "%s: cannot create: %s\n", path, strerror(errno));
        return false;
    }
    ok = fwrite(head, 1, head_nbytes, file) == head_nbytes &&
         fwrite(body, 1, body_nbytes, file) == body_nbytes;
    ok = (fclose(file) == 0) && ok;
    if (!ok)
        fprintf(stderr, "%s: cannot write: %s\n", path, strerror(errno));
    return ok;
}

static bool write_image(const char *assets, int image)
{
    char path[PATH_SIZE];
    char head[32];
    unsigned char pixels[MIEN_SWIMMER_PIXELS];
    int head_nbytes =
        snprintf(head, sizeof head, "P5\n%d %d\n255\n", MIEN_SWIMMER_SIDE, MIEN_SWIMMER_SIDE);

    mien_swimmer_render(image, pixels);
    return join(path, "%s/swimmer/swimmer%03d.pgm", assets, image) &&
           write_file(path, head, (size_t)head_nbytes, pixels, sizeof pixels);
}

/* NPY version 1.0: magic, version, header length (little endian), the header padded with
 * spaces to a multiple of 64 bytes in all, then the values. The float 1 is written as its
 * bytes, so the machine's own byte order does not matter. */
static bool write_parts(const char *assets)
{
    static unsigned char values[MIEN_SWIMMER_PARTS][MIEN_SWIMMER_PIXELS][4];
    static const unsigned char one[4] = {0x00, 0x00, 0x80, 0x3f};
    enum { HEAD_NBYTES = 128, PREFIX_NBYTES = 10 };
    char path[PATH_SIZE];
    char head[HEAD_NBYTES + 1];

    snprintf(head, sizeof head, "\x93NUMPY\x01.%c.%-*s\n", HEAD_NBYTES - PREFIX_NBYTES,
             HEAD_NBYTES - PREFIX_NBYTES - 1,
             "{'descr': '<f4', 'fortran_order': False, 'shape': (17, 32, 32), }");
    head[7] = 0; /* minor version; '.' held the places of bytes a format cannot hold */
    head[9] = 0; /* high byte of the header's length */

    for (int i = 0; i < MIEN_SWIMMER_PIXELS; i++) {
        int part = mien_swimmer_part_at(i / MIEN_SWIMMER_SIDE, i % MIEN_SWIMMER_SIDE);
        if (part >= 0)
            memcpy(values[part][i], one, sizeof one);
    }
    return join(path, "%s/swimmer_parts.npy", assets) &&
           write_file(path, head, HEAD_NBYTES, values, sizeof values);
}

int main(int argc, char **argv)
{
    char path[PATH_SIZE];

    if (argc != 2) {
        fprintf(stderr, "usage: make_swimmer ASSETS\n");
        return 1;
    }
    if (!make_folder(argv[1]) || !join(path, "%s/swimmer", argv[1]) || !make_folder(path))
        return 1;
    for (int image = 0; image < MIEN_SWIMMERS; image++) {
        if (!write_image(argv[1], image))
            return 1;
    }
    return write_parts(argv[1]) ? 0 : 1;
}
