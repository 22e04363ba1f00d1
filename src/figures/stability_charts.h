/* stability_charts.h - losses and consensus of a stability study, and what its pictures share.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STABILITY_CHARTS_H
#define MIEN_STABILITY_CHARTS_H

#include "draw/canvas.h"
#include "draw/lettering.h"
#include "mien_report.h"

static const mien_rgb mien_paper = {255, 255, 255}, mien_ink = {26, 26, 26},
                      mien_pale = {96, 96, 96}, mien_hair = {200, 200, 200};

/* Blue, amber, vermilion (after Okabe & Ito 2008): told apart by hue and by lightness; grey where
 * there is no verdict. */
mien_rgb mien_stability_color(mien_verdict verdict);

/* Title and subtitle at the top left, in smaller letters when they do not fit. */
mien_status mien_stability_header(mien_canvas *canvas, size_t margin, const char *title,
                                  const char *subtitle, mien_error *err);

/* Write a canvas as PNG, unless `so_far` is a failure already, and free it. */
mien_status mien_stability_canvas(mien_outdir *dir, const char *name, mien_canvas *canvas,
                                  mien_status so_far, mien_error *err);

/* losses.png: how many runs reached which loss. */
mien_status mien_stability_losses_draw(mien_outdir *dir, const mien_stability *study,
                                       mien_error *err);

/* consensus.png: the consensus matrix in the order of the tree. */
mien_status mien_stability_consensus_draw(mien_outdir *dir, const mien_stability *study,
                                          bool is_table, mien_error *err);

#endif
