/* legend.h - what the colours of a figure mean, in bars and words.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_LEGEND_H
#define MIEN_LEGEND_H

#include "figures/figure.h"

/* A bar of colours, words under its ends and its middle, and what it holds for. */
typedef struct mien_key {
    mien_tone tone;
    bool colored; /* of colour images, by one channel for all three */
    const char *left, *middle, *right;
    char words[160];
} mien_key;

enum { MIEN_LEGEND_MAX_KEYS = 6 };

/* The keys that are true for this figure; returns how many. */
size_t mien_legend_keys(const mien_figure *figure, const mien_style *style,
                        mien_key keys[MIEN_LEGEND_MAX_KEYS]);

/* The colour of a bar at t, from 0 its left end to 1. */
mien_rgb mien_key_color(const mien_key *key, double t);

#endif
