/* page_fit.h - one method on the page: numbers that people read, and arrays that it computes with.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PAGE_FIT_H
#define MIEN_PAGE_FIT_H

#include "base/memory.h"
#include "report/page/blobs.h"

/* How a fit is brought into whole numbers. Memory is the arena's. */
typedef struct mien_page_fit {
    const mien_fit *fit; /* does *not* belong to it */
    const size_t *index; /* images on the page, places in X; NULL: the first `count` */
    size_t count;
    mien_shape shape;      /* of a row of H */
    double *basis_scale;   /* r */
    double *weights_scale; /* r */
    size_t n_moments;      /* snapshots on the page, and which of the fit's those are */
    size_t moments[16];
    mien_shape small;        /* of a snapshot on the page */
    double *snapshots_scale; /* n_moments x r, known once the blobs are packed; NULL: none */
    float *snapshots_room;   /* of an image and of a small one */
    mien_arena arena;
} mien_page_fit;

/* Decide the scales and add the arrays to the page's. `range` is that of x: sums of weights times
 * basis images differ from W H by less than half of a grey level, a 255th of it. `index` must stay,
 * as must `out`, until the blobs are packed. MIEN_ERR_NOMEM. */
mien_status mien_page_fit_begin(const mien_fit *fit, mien_shape shape, bool is_table, double range,
                                const size_t *index, size_t count, mien_blobs *blobs,
                                mien_page_fit *out);

/* The method as the page's JSON has it. numbers: what summary.json has under its name; model: its
 * model.json. See json.h. */
json_t *mien_page_fit_json(const mien_page_fit *page, const json_t *numbers, const json_t *model);

void mien_page_fit_free(mien_page_fit *page);

#endif
