/* stability_pictures.h - the pictures of a stability study.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STABILITY_PICTURES_H
#define MIEN_STABILITY_PICTURES_H

#include "mien_report.h"

/* Write verdicts.png, losses.png, consensus.png and, for two runs or more, twins.png and
 * spread.png. MIEN_ERR_ARG (too large to draw), MIEN_ERR_IO, MIEN_ERR_NOMEM. */
mien_status mien_stability_pictures_write(mien_outdir *dir, const mien_stability *study,
                                          mien_shape shape, const mien_style *style,
                                          mien_error *err);

/* Mean share over the block of images, in the order of the tree, that a cell of a matrix of `side`
 * stands for. */
double mien_consensus_block(const mien_consensus *consensus, size_t side, size_t row,
                            size_t column);

#endif
