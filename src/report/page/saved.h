/* saved.h - a result, read again from its folder: what a page of it is made from.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_SAVED_H
#define MIEN_SAVED_H

#include "report/page/page.h"

typedef struct mien_saved {
    json_t *summary;    /* of summary.json; an empty object where there is none */
    mien_model *models; /* count, in the order of the registry, each with its trace */
    const mien_fit **fits;
    json_t **details;   /* count, of their model.json */
    const char **names; /* count, of their folders in the result; constants */
    size_t count;
    size_t example; /* of the figure, place in X */
    char *before;   /* report.html as it is; NULL: none */
} mien_saved;

/* Read a comparison, which `learn` writes as well. MIEN_ERR_FORMAT when it holds no model, or
 * models of different data; else as mien_model_load(). */
mien_status mien_saved_load(const char *path, mien_saved *out, mien_error *err);
void mien_saved_free(mien_saved *saved);

/* A page of all that, to be changed by those who know more: the data, studies, a palette. Points
 * into `saved`. */
mien_page mien_saved_page(const mien_saved *saved);

#endif
