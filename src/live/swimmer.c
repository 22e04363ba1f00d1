/* swimmer.c - the Swimmer images and their true parts.
 * SPDX-License-Identifier: MIT
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
#include "live/swimmer.h"

#include <stdbool.h>

enum {
    HALF = MIEN_SWIMMER_SIDE / 2,
    N_LIMBS = 4,
    N_POSITIONS = 4,
    TORSO = N_LIMBS * N_POSITIONS /* the torso comes after the limbs */
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
int mien_swimmer_part_at(int row, int col)
{
    bool lower = row >= HALF;
    bool right = col >= HALF;
    char mark = quarter[lower ? MIEN_SWIMMER_SIDE - 1 - row : row]
                       [right ? MIEN_SWIMMER_SIDE - 1 - col : col];

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

void mien_swimmer_render(int image, unsigned char pixels[MIEN_SWIMMER_PIXELS])
{
    for (int i = 0; i < MIEN_SWIMMER_PIXELS; i++) {
        int part = mien_swimmer_part_at(i / MIEN_SWIMMER_SIDE, i % MIEN_SWIMMER_SIDE);
        pixels[i] = part_is_lit(part, image) ? 255 : 0;
    }
}
