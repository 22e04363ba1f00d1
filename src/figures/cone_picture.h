/* cone_picture.h - the cone of the data, and where NMF puts its basis vectors, drawn.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_CONE_PICTURE_H
#define MIEN_CONE_PICTURE_H

#include "draw/pen.h"
#include "mien_study.h"

enum { MIEN_CONE_WIDTH = 1200, MIEN_CONE_HEIGHT = 860 };

/* The words of the picture; none is owned. */
typedef struct mien_cone_words {
    const char *title;
    const char *axes[2];                  /* names of the axes */
    const char *keys[2];                  /* of the cone and of the regions, for the legend */
    const char *starts[MIEN_CONE_STARTS]; /* one line a start */
    const char *paragraph;
} mien_cone_words;

/* Draw on white paper of the size above. Directions are drawn as they are: both axes have one
 * scale. Errors are the pen's. */
mien_status mien_cone_draw(const mien_cone *cone, const mien_cone_words *words, mien_pen *pen);

#endif
