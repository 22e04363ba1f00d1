/* cone_picture.h - the cone of the data, and where NMF puts its basis vectors, drawn.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_CONE_PICTURE_H
#define MIEN_CONE_PICTURE_H

#include "mien_report.h"

/* The words of the picture; none is owned. */
typedef struct mien_cone_words {
    const char *title;
    const char *axes[2];                  /* names of the axes */
    const char *keys[2];                  /* of the cone and of the regions, for the legend */
    const char *starts[MIEN_CONE_STARTS]; /* one line a start */
    const char *paragraph;
} mien_cone_words;

/* Write cone.png and cone.svg. Directions are drawn as they are: both axes have one scale.
 * MIEN_ERR_IO, MIEN_ERR_NOMEM. */
mien_status mien_cone_draw(mien_outdir *dir, const mien_cone *cone, const mien_cone_words *words,
                           mien_error *err);

#endif
