/* filmstrip.h - rows of pictures that follow each other, named above and at the left.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_FILMSTRIP_H
#define MIEN_FILMSTRIP_H

#include "draw/canvas.h"
#include "figures/montage.h"

/* One row of pictures. Nothing is owned. */
typedef struct mien_strip {
    const char *title;     /* bold, at the left; NULL: none */
    const char *label;     /* below it; NULL: none */
    const float *pictures; /* columns x p */
    mien_coloring coloring;
    bool apart; /* some space above: another story begins */
} mien_strip;

typedef struct mien_filmstrip {
    const mien_strip *strips;
    size_t n_strips;
    char (*headings)[32]; /* above the columns */
    size_t columns;       /* at least 1 */
    mien_shape shape;
    const char *caption; /* below all, one line; NULL: none */
} mien_filmstrip;

/* Draw it, about 1900 pixels wide. MIEN_ERR_ARG, MIEN_ERR_SHAPE, MIEN_ERR_NOMEM. */
mien_status mien_filmstrip_draw(const mien_filmstrip *film, mien_canvas *out, mien_error *err);

#endif
