/* meaning.c - what the weights and the basis of a fit say, measured once for all files of a run.
 * SPDX-License-Identifier: MIT
 *
 * Measured once a fit, so that summary.json, the tables, the page and the terminal tell the same
 * numbers. */
#include "report/model/meaning.h"

/* Labels, when there are some, against the dominant components. */
static mien_status compare_with_labels(mien_meaning *meaning, mien_error *err)
{
    const mien_memberships *m = &meaning->memberships;
    const mien_labels *labels = &meaning->labels;
    if (!labels->count)
        return MIEN_OK;
    meaning->n_labels = labels->count;
    mien_status st =
        mien_agreement_measure(m->dominant, labels->of, m->n, &meaning->agreement, err);
    return st ? st : mien_cross_count(labels, m->dominant, m->r, &meaning->cross, err);
}

mien_status mien_meaning_of_rows(const mien_fit *fit, const mien_dataset *dataset,
                                 mien_meaning *out, mien_error *err)
{
    mien_meaning meaning = {.has_memberships = true};
    mien_source X = mien_dataset_source(dataset);
    mien_status st = mien_memberships_measure(fit, &X, &meaning.memberships, err);
    if (!st)
        st = mien_labels_of(dataset, &meaning.labels, err);
    if (!st)
        st = compare_with_labels(&meaning, err);
    if (st)
        mien_meaning_free(&meaning);
    else
        *out = meaning;
    return st;
}

mien_status mien_meaning_measure(const mien_fit *fit, const mien_dataset *dataset, unsigned threads,
                                 mien_meaning *out, mien_error *err)
{
    mien_parts parts;
    mien_meaning meaning = {.has_memberships = false};
    mien_status st = mien_parts_measure(fit, dataset->shape, threads, &parts, err);
    if (!st && fit->W && mien_method_describe(fit->method)->traits & MIEN_MEMBERSHIPS)
        st = mien_meaning_of_rows(fit, dataset, &meaning, err);
    meaning.parts = parts;
    if (st)
        mien_meaning_free(&meaning);
    else
        *out = meaning;
    return st;
}

void mien_meaning_free(mien_meaning *meaning)
{
    if (!meaning)
        return;
    mien_memberships_free(&meaning->memberships);
    mien_labels_free(&meaning->labels);
    mien_cross_free(&meaning->cross);
}

/* {"labels": [...], "components": [1, ...], "counts": [[...], ...], "none": [...]}: a row a label,
 * and beside the components' counts those of things without one. */
static json_t *cross_json(const mien_meaning *meaning)
{
    const mien_cross *cross = &meaning->cross;
    json_t *labels = json_array(), *components = json_array();
    json_t *counts = json_array(), *none = json_array();
    for (size_t k = 1; k <= cross->r; k++)
        components = mien_json_append(components, mien_json_size(k));
    for (size_t l = 0; l < cross->labels; l++) {
        const size_t *of = cross->counts + cross->order[l] * (cross->r + 1);
        json_t *row = json_array();
        for (size_t k = 0; k < cross->r; k++)
            row = mien_json_append(row, mien_json_size(of[k]));
        counts = mien_json_append(counts, row);
        none = mien_json_append(none, mien_json_size(of[cross->r]));
        labels = mien_json_append(labels, mien_json_text(meaning->labels.names[cross->order[l]]));
    }
    return MIEN_JSON({"labels", labels}, {"components", components}, {"counts", counts},
                     {"none", none});
}

json_t *mien_meaning_json(const mien_meaning *meaning, json_t *object)
{
    const mien_agreement *a = &meaning->agreement;
    object = mien_json_more(
        object, MIEN_MEMBERS({"localisation", mien_json_real(meaning->parts.localisation)},
                             {"overlap", mien_json_real(meaning->parts.overlap)},
                             {"cancellation", mien_json_real(meaning->parts.cancellation)}));
    if (meaning->n_labels == 0)
        return object;
    return mien_json_more(
        object,
        MIEN_MEMBERS({"n_labels", mien_json_size(meaning->n_labels)},
                     {"adjusted_rand_index", mien_json_real(a->adjusted_rand)},
                     {"normalized_mutual_information", mien_json_real(a->normalized_mutual)},
                     {"cross_table", mien_json_if(meaning->cross.labels, cross_json(meaning))}));
}
