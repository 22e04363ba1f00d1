/* faces.h - small portraits, drawn by lot: those of assets/faces, and of the browser's first
 * screen. SPDX-License-Identifier: MIT */
#ifndef MIEN_LIVE_FACES_H
#define MIEN_LIVE_FACES_H

#include <stdbool.h>

enum { MIEN_FACE_SIDE = 48, MIEN_FACE_PIXELS = MIEN_FACE_SIDE * MIEN_FACE_SIDE, MIEN_FACES = 400 };

enum hair_style {
    HAIR_BALD,
    HAIR_CROP,
    HAIR_PARTED,
    HAIR_FRINGE,
    HAIR_LONG,
    HAIR_LONG_FRINGE,
    HAIR_BOB,
    HAIR_CURLS,
    HAIR_RECEDING,
    HAIR_BUN,
    N_HAIR_STYLES
};

enum beard_style {
    BEARD_NONE,
    BEARD_STUBBLE,
    BEARD_FULL,
    BEARD_GOATEE,
    BEARD_MOUSTACHE,
    BEARD_WALRUS,
    N_BEARD_STYLES
};

enum collar_style { COLLAR_ROUND, COLLAR_SHIRT, COLLAR_TIE, COLLAR_HIGH, N_COLLAR_STYLES };

/* Lengths are pixels, greys 0 (black) to 1 (white). x is measured from the middle of the face,
 * y from the top of the picture. */
typedef struct mien_face {
    struct {
        double x, y, scale;
    } pose;
    struct {
        double x, y, z; /* direction to the light, length about 1 */
        double strength, ambient;
    } light;
    struct {
        double half_width, middle, top, chin; /* `middle`: height of the widest place */
        double jaw, taper;                    /* 0 oval .. 1 square; share lost towards chin */
    } head;
    double skin;
    struct {
        enum hair_style style;
        double grey, volume, hairline, length, inner, part, shine, wave;
    } hair;
    struct {
        double y, half_width, bend, tilt, thickness, darkness;
    } brows;
    struct {
        double x, y, half_width, opening, iris, gaze, iris_grey, lid, socket;
    } eyes;
    struct {
        double tip, half_width, ridge, shadow;
    } nose;
    struct {
        double y, half_width, smile, opening, upper, lower, lip, folds;
        bool teeth;
    } mouth;
    struct {
        enum beard_style style;
        double grey, density, size;
    } beard;
    struct {
        bool worn, square;
        double rx, ry, rim, grey, tint, glare;
    } glasses;
    struct {
        double rx, ry, y, out;
    } ears;
    struct {
        enum collar_style style;
        double grey, shirt, neck, shoulder;
    } clothes;
    struct {
        double grey, slope_x, slope_y;
    } background;
} mien_face;

/* What face number 0 .. MIEN_FACES - 1 looks like, and its picture: 8 bit grey. */
void mien_face_draw_lots(mien_face *f, int number);
void mien_face_render(const mien_face *f, unsigned char pixels[MIEN_FACE_PIXELS]);

#endif
