/* make_swimmer.c - draws the Swimmer images and their true parts.
 *
 * SPDX-License-Identifier: MIT
 *
 *   make_swimmer ASSETS
 *
 * writes ASSETS/swimmer/swimmer000.pgm .. swimmer255.pgm (32 x 32, 0 or 255) and
 * ASSETS/swimmer_parts.npy (float32, 17 x 32 x 32, values 0 and 1: 16 limbs, then the torso).
 *
 * The images follow D. Donoho & V. Stodden, "When does non-negative matrix factorization give
 * a correct decomposition into parts?", NIPS 2003: a torso seen in every image and four limbs,
 * each in one of four positions, in all 4^4 combinations. No two parts share a pixel, so an
 * image is exactly the sum of five parts. Image number a + 4b + 16c + 64d has limb 0 (upper
 * left) in position a, limb 1 (upper right) in b, limb 2 (lower left) in c and limb 3 (lower
 * right) in d; part number 4 * limb + position is that limb's picture.
 *
 * A limb has 22 pixels, the torso 20. The size of the torso matters: it is in every image, so
 * any share of it may move into the four positions of a limb without changing WH. Shared out
 * evenly, a limb gets a quarter of the torso and a cosine of 0.97 with the true limb; a torso of
 * twice a limb's pixels would give 0.94 and hide limbs that were found. */
#define _POSIX_C_SOURCE 200809L /* mkdir, stat */

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    HALF = 16,
    SIDE = 2 * HALF,
    N_PIXELS = SIDE * SIDE,
    N_LIMBS = 4,
    N_POSITIONS = 4,
    TORSO = N_LIMBS * N_POSITIONS, /* the torso comes after the limbs */
    N_PARTS = TORSO + 1,
    N_IMAGES = 256, /* N_POSITIONS to the power N_LIMBS */
    PATH_SIZE = 4096
};

/* The upper left quarter: the torso 'T' and a limb's positions '1' to '4', each touching the
 * torso near its corner. The other quarters are mirror images. */
static const char quarter[HALF][HALF + 1] = {
    // clang-format off
    ".............11.",
    "..22.........11.",
    "...22........11.",
    "....22.......11.",
    ".....22......11.",
    "......22.....11.",
    ".......22....11.",
    "...33...22...11.",
    "...3333..22..11.",
    ".....3333.22.11.",
    ".......33332211.",
    ".........333322T",
    "...........3333T",
    "....44444444444T",
    "....44444444444T",
    "...............T",
    // clang-format on
};

/* The part that lights the pixel, or -1. Limb 0 is upper left, 1 upper right, 2 lower left,
 * 3 lower right. */
static int part_at(int row, int col)
{
    bool lower = row >= HALF;
    bool right = col >= HALF;
    char mark = quarter[lower ? SIDE - 1 - row : row][right ? SIDE - 1 - col : col];

    if (mark == 'T')
        return TORSO;
    if (mark == '.')
        return -1;
    return N_POSITIONS * (2 * (int)lower + (int)right) + (mark - '1');
}

static bool part_is_lit(int part, int image)
{
    int limb = part / N_POSITIONS;

    if (part == TORSO)
        return true;
    return part >= 0 && ((image >> (2 * limb)) & (N_POSITIONS - 1)) == part % N_POSITIONS;
}

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
    unsigned char pixels[N_PIXELS];
    int head_nbytes = snprintf(head, sizeof head, "P5\n%d %d\n255\n", SIDE, SIDE);

    for (int i = 0; i < N_PIXELS; i++)
        pixels[i] = part_is_lit(part_at(i / SIDE, i % SIDE), image) ? 255 : 0;
    return join(path, "%s/swimmer/swimmer%03d.pgm", assets, image) &&
           write_file(path, head, (size_t)head_nbytes, pixels, sizeof pixels);
}

/* NPY version 1.0: magic, version, header length (little endian), the header padded with
 * spaces to a multiple of 64 bytes in all, then the values. The float 1 is written as its
 * bytes, so the machine's own byte order does not matter. */
static bool write_parts(const char *assets)
{
    static unsigned char values[N_PARTS][N_PIXELS][4];
    static const unsigned char one[4] = {0x00, 0x00, 0x80, 0x3f};
    enum { HEAD_NBYTES = 128, PREFIX_NBYTES = 10 };
    char path[PATH_SIZE];
    char head[HEAD_NBYTES + 1];

    snprintf(head, sizeof head, "\x93NUMPY\x01.%c.%-*s\n", HEAD_NBYTES - PREFIX_NBYTES,
             HEAD_NBYTES - PREFIX_NBYTES - 1,
             "{'descr': '<f4', 'fortran_order': False, 'shape': (17, 32, 32), }");
    head[7] = 0; /* minor version; '.' held the places of bytes a format cannot hold */
    head[9] = 0; /* high byte of the header's length */

    for (int i = 0; i < N_PIXELS; i++) {
        int part = part_at(i / SIDE, i % SIDE);
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
    for (int image = 0; image < N_IMAGES; image++) {
        if (!write_image(argv[1], image))
            return 1;
    }
    return write_parts(argv[1]) ? 0 : 1;
}
