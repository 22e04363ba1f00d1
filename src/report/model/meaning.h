/* meaning.h - what the weights and the basis of a fit say, measured once for all files of a run.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_MEANING_H
#define MIEN_MEANING_H

#include "mien_report.h"
#include "report/files/json.h"
#include "study/labels.h"
#include "study/membership.h"

typedef struct mien_meaning {
    mien_parts parts;
    bool has_memberships; /* the method has MIEN_MEMBERSHIPS */
    mien_memberships memberships;
    mien_labels labels; /* count 0: the data bear none */
    size_t n_labels;    /* 0: no memberships, or no labels */
    mien_agreement agreement;
    mien_cross cross; /* labels by dominant components, where there are both */
} mien_meaning;

/* Measure a fit to a data set. Images without a dominant component are a cluster of their own when
 * compared with labels. MIEN_ERR_SHAPE, MIEN_ERR_NOMEM. */
mien_status mien_meaning_measure(const mien_fit *fit, const mien_dataset *dataset, unsigned threads,
                                 mien_meaning *out, mien_error *err);

/* The same of memberships and labels alone, for methods that have them; the scores stay 0. */
mien_status mien_meaning_of_rows(const mien_fit *fit, const mien_dataset *dataset,
                                 mien_meaning *out, mien_error *err);
void mien_meaning_free(mien_meaning *meaning);

/* Add localisation, overlap and cancellation to a method's numbers, and with labels n_labels,
 * adjusted_rand_index, normalized_mutual_information and cross_table. Returns the object, see
 * json.h. */
json_t *mien_meaning_json(const mien_meaning *meaning, json_t *object);

#endif
