/* residual.h - what a model cannot say: originals, reconstructions and their differences.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RESIDUAL_H
#define MIEN_RESIDUAL_H

#include "draw/canvas.h"
#include "mien_report.h"

enum { MIEN_RESIDUAL_COLUMNS = 8, MIEN_RESIDUAL_MAX = 16 };

/* One image of the sheet. Nothing is owned. */
typedef struct mien_residual_image {
    const float *original, *reconstruction; /* p */
    const char *name;                       /* of the file; its end is shown when it is long */
    const char *number;                     /* its error in words */
    bool flagged;                           /* framed and lettered in red */
} mien_residual_image;

typedef struct mien_residual {
    const char *title, *subtitle;
    const mien_residual_image *images; /* 1 to MIEN_RESIDUAL_MAX */
    size_t count;
    mien_shape shape;
    double low, high;        /* range of the originals */
    const mien_style *style; /* its palette and ink */
} mien_residual;

/* Draw bands of up to eight images, each above its reconstruction and the difference original -
 * reconstruction, in the palette's colours for signed values and on one scale for all.
 * MIEN_ERR_ARG (nothing to draw, too much), MIEN_ERR_NOMEM. */
mien_status mien_residual_draw(const mien_residual *sheet, mien_canvas *out, mien_error *err);

#endif
