/* meaning.c - what the weights and the basis of a fit say, measured once for all files of a run.
 * SPDX-License-Identifier: MIT */
#include "report/page/meaning.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "draw/png.h"
#include "figures/exemplars.h"
#include "figures/words.h"
#include "report/json.h"
#include "report/page/examples.h"
#include "report/summary.h"

#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- measuring */

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
    mien_source X = mien_pixels_source(&dataset->pixels);
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
    if (!st && mien_method_describe(fit->method)->traits & MIEN_MEMBERSHIPS)
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
static json_t *cross_json(const mien_meaning *meaning, bool *failed)
{
    const mien_cross *cross = &meaning->cross;
    json_t *o = json_object(), *labels = json_array(), *components = json_array();
    json_t *counts = json_array(), *none = json_array();
    for (size_t k = 1; k <= cross->r; k++)
        *failed = json_array_append_new(components, mien_json_size(k)) || *failed;
    for (size_t l = 0; l < cross->labels; l++) {
        const size_t *of = cross->counts + cross->order[l] * (cross->r + 1);
        json_t *row = json_array();
        for (size_t k = 0; k < cross->r; k++)
            *failed = json_array_append_new(row, mien_json_size(of[k])) || *failed;
        *failed = json_array_append_new(counts, row) || *failed;
        *failed = json_array_append_new(none, mien_json_size(of[cross->r])) || *failed;
        *failed =
            json_array_append_new(labels, mien_json_text(meaning->labels.names[cross->order[l]])) ||
            *failed;
    }
    mien_json_set(o, "labels", labels, failed);
    mien_json_set(o, "components", components, failed);
    mien_json_set(o, "counts", counts, failed);
    mien_json_set(o, "none", none, failed);
    return o;
}

void mien_meaning_json(const mien_meaning *meaning, json_t *object, bool *failed)
{
    if (!meaning)
        return;
    mien_json_set(object, "localisation", mien_json_real(meaning->parts.localisation), failed);
    mien_json_set(object, "overlap", mien_json_real(meaning->parts.overlap), failed);
    mien_json_set(object, "cancellation", mien_json_real(meaning->parts.cancellation), failed);
    if (meaning->n_labels == 0)
        return;
    const mien_agreement *a = &meaning->agreement;
    mien_json_set(object, "n_labels", mien_json_size(meaning->n_labels), failed);
    mien_json_set(object, "adjusted_rand_index", mien_json_real(a->adjusted_rand), failed);
    mien_json_set(object, "normalized_mutual_information", mien_json_real(a->normalized_mutual),
                  failed);
    if (meaning->cross.labels)
        mien_json_set(object, "cross_table", cross_json(meaning, failed), failed);
}

/* ---------------------------------------------------------------- membership.csv */

/* A share as 0.1234567, without printf: a table has n x r of them. */
static void add_share(mien_text *text, double share)
{
    enum { DIGITS = 7, UNIT = 10000000 };
    unsigned long units = (unsigned long)(share * UNIT + 0.5);
    if (units == 0 || units == UNIT) {
        mien_text_add_bytes(text, units ? ",1" : ",0", 2);
        return;
    }
    char digits[] = ",0.0000000";
    for (size_t at = sizeof digits - 2; units; at--, units /= 10)
        digits[at] = (char)('0' + units % 10);
    mien_text_add_bytes(text, digits, sizeof digits - 1);
}

static void add_row(mien_text *text, const mien_fit *fit, const mien_memberships *m,
                    const mien_dataset *dataset, size_t i, double *share)
{
    mien_memberships_shares(m, fit, i, share);
    mien_text_add_csv(text, dataset->images[i].path);
    for (size_t k = 0; k < m->r; k++)
        add_share(text, share[k]);
    mien_text_printf(text, ",%zu,%.6f\n",
                     m->dominant[i] == MIEN_NO_COMPONENT ? 0 : m->dominant[i] + 1, m->entropy[i]);
}

/* Hand the text over to the file and begin anew. */
static mien_status flush_text(mien_outdir *dir, const char *name, mien_text *text, mien_error *err)
{
    if (text->failed)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    mien_status st = mien_outdir_append(dir, name, text->bytes, text->length, err);
    text->length = 0;
    return st;
}

mien_status mien_membership_write(mien_outdir *dir, const char *folder, const mien_fit *fit,
                                  const mien_memberships *memberships, const mien_dataset *dataset,
                                  mien_error *err)
{
    enum { AT_ONCE = 1 << 20 };
    char name[128];
    snprintf(name, sizeof name, "%s%smembership.csv", folder, *folder ? "/" : "");
    double *share = mien_alloc_array(memberships->r, sizeof *share);
    if (!share)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    mien_text text = {0};
    mien_status st = MIEN_OK;
    mien_text_add(&text, mien_id_heading(dataset));
    for (size_t k = 1; k <= memberships->r; k++)
        mien_text_printf(&text, ",component_%zu", k);
    mien_text_add(&text, ",dominant,entropy\n");
    for (size_t i = 0; i < memberships->n && !st; i++) {
        add_row(&text, fit, memberships, dataset, i, share);
        if (text.failed || text.length > AT_ONCE)
            st = flush_text(dir, name, &text, err);
    }
    if (!st)
        st = flush_text(dir, name, &text, err);
    mien_text_free(&text);
    mien_free(share);
    return st;
}

/* ---------------------------------------------------------------- exemplars.png */

struct words {
    char number[24], share[24];
};

/* The exemplars, row after row. */
static mien_status fetch_originals(const mien_memberships *m, size_t rows,
                                   const mien_dataset *dataset, mien_examples *out, mien_error *err)
{
    size_t count = 0;
    for (size_t k = 0; k < rows; k++)
        count += m->n_exemplars[k];
    size_t *index = mien_alloc_array(count + 1, sizeof *index); /* one at least */
    if (!index)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    size_t at = 0;
    for (size_t k = 0; k < rows; k++)
        for (size_t e = 0; e < m->n_exemplars[k]; e++)
            index[at++] = m->exemplars[k * MIEN_EXEMPLARS + e];
    mien_status st = mien_examples_of(dataset, index, count ? count : 1, out, err);
    mien_free(index);
    return st;
}

static void fill_rows(const mien_fit *fit, const mien_memberships *m, const mien_examples *images,
                      size_t count, mien_exemplar_row *rows, struct words *words)
{
    const float *originals = images->originals;
    char *const *names = images->names;
    for (size_t k = 0; k < count; k++) {
        snprintf(words[k].number, sizeof words[k].number, "%zu", k + 1);
        mien_format(words[k].share, sizeof words[k].share, "%.1f %%", 100 * m->mean_share[k]);
        rows[k] = (mien_exemplar_row){.title = words[k].number,
                                      .subtitle = words[k].share,
                                      .basis = fit->H + k * fit->p,
                                      .photographs = originals,
                                      .names = names,
                                      .count = m->n_exemplars[k]};
        originals += m->n_exemplars[k] * fit->p;
        names += names ? m->n_exemplars[k] : 0;
    }
}

static mien_status draw_exemplars(const mien_fit *fit, const mien_memberships *m,
                                  const mien_dataset *dataset, const mien_style *style,
                                  mien_canvas *out, mien_error *err)
{
    size_t count = fit->r < MIEN_EXEMPLARS_MAX_ROWS ? fit->r : MIEN_EXEMPLARS_MAX_ROWS;
    const mien_method_info *info = mien_method_describe(fit->method);
    const char *things = mien_words_for(dataset->is_table).things;
    char title[128], subtitle[256], note[128];
    snprintf(title, sizeof title, "%s: who %s which component", info->title,
             info->traits & MIEN_CLUSTERS ? "belongs to" : "uses");
    snprintf(subtitle, sizeof subtitle,
             info->traits & MIEN_CLUSTERS ? "Each centroid with the %d of its %s nearest to it; "
                                            "%%: its share of all %s"
                                          : "Each component with the %d %s that use it most; "
                                            "%%: its mean share over all %s",
             MIEN_EXEMPLARS, things, things);
    snprintf(note, sizeof note, "The first %zu of %zu components.", count, fit->r);
    mien_exemplar_row *rows = mien_alloc_array(count, sizeof *rows);
    struct words *words = mien_alloc_array(count, sizeof *words);
    mien_examples originals = {0};
    mien_status st = rows && words ? fetch_originals(m, count, dataset, &originals, err)
                                   : mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (!st) {
        fill_rows(fit, m, &originals, count, rows, words);
        mien_exemplar_page page = {.title = title,
                                   .subtitle = subtitle,
                                   .note = count < fit->r ? note : NULL,
                                   .rows = rows,
                                   .n_rows = count,
                                   .photographs = MIEN_EXEMPLARS,
                                   .shape = dataset->shape,
                                   .is_signed = info->traits & MIEN_SIGNED,
                                   .low = originals.low,
                                   .high = originals.high};
        st = mien_exemplars_draw(&page, style, out, err);
    }
    mien_examples_free(&originals);
    mien_free(rows);
    mien_free(words);
    return st;
}

mien_status mien_exemplars_write(mien_outdir *dir, const char *folder, const mien_fit *fit,
                                 const mien_memberships *memberships, const mien_dataset *dataset,
                                 const mien_style *style, mien_error *err)
{
    char name[128];
    unsigned char *png;
    size_t nbytes;
    mien_canvas canvas;
    snprintf(name, sizeof name, "%s%sexemplars.png", folder, *folder ? "/" : "");
    mien_status st = draw_exemplars(fit, memberships, dataset, style, &canvas, err);
    if (st)
        return st;
    st = mien_png_encode(&canvas, &png, &nbytes, err);
    mien_canvas_free(&canvas);
    if (st)
        return st;
    st = mien_outdir_write(dir, name, png, nbytes, err);
    mien_free(png);
    return st;
}
