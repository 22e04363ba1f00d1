/* swimmer.h - the Swimmer images: those of assets/swimmer, and of the browser's first screen.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_LIVE_SWIMMER_H
#define MIEN_LIVE_SWIMMER_H

enum {
    MIEN_SWIMMER_SIDE = 32,
    MIEN_SWIMMER_PIXELS = MIEN_SWIMMER_SIDE * MIEN_SWIMMER_SIDE,
    MIEN_SWIMMERS = 256,
    MIEN_SWIMMER_PARTS = 17 /* 16 limbs, then the torso */
};

/* The part that lights a pixel, 0 .. MIEN_SWIMMER_PARTS - 1, or -1. */
int mien_swimmer_part_at(int row, int col);

/* Image 0 .. MIEN_SWIMMERS - 1, values 0 and 255. */
void mien_swimmer_render(int image, unsigned char pixels[MIEN_SWIMMER_PIXELS]);

#endif
