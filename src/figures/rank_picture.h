/* rank_picture.h - the picture of a search for r.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RANK_PICTURE_H
#define MIEN_RANK_PICTURE_H

#include "mien_report.h"

/* rank.png and .svg: what every criterion says, and the curve that decides; rank_curves.png and
 * .svg: all losses over r. A slide each, 1920 x 1080. */
mien_status mien_rank_picture_write(mien_outdir *dir, const mien_rank *rank, mien_error *err);

/* "How many components? r = 17" and the like: room for 128 bytes. */
void mien_rank_title(const mien_rank *rank, char *text, size_t size);

#endif
