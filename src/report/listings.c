/* listings.c - weights, basis and clusters as text, for R and spreadsheets.
 * SPDX-License-Identifier: MIT */
#include "report/listings.h"

#include "base/files.h"
#include "base/status.h"
#include "base/text.h"
#include "report/heatmaps.h"
#include "report/summary.h"

#include <stdio.h>

enum { AT_ONCE = 1 << 20 };

static void name_file(const char *folder, const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s%s%s", folder, *folder ? "/" : "", name);
}

/* Hand what there is over to the file, when it is much or the end. */
static mien_status flush(mien_outdir *dir, const char *path, mien_text *text, bool end,
                         mien_error *err)
{
    if (text->failed)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (!end && text->length < AT_ONCE)
        return MIEN_OK;
    mien_status st = mien_outdir_append(dir, path, text->bytes, text->length, err);
    text->length = 0;
    return st;
}

mien_status mien_clusters_write(mien_outdir *dir, const char *folder, const mien_meaning *meaning,
                                const mien_dataset *dataset, mien_error *err)
{
    const mien_memberships *m = &meaning->memberships;
    const mien_labels *labels = &meaning->labels;
    char path[128];
    mien_text text = {0};
    mien_status st = MIEN_OK;
    name_file(folder, "clusters.csv", path, sizeof path);
    mien_text_printf(&text, "%s,dominant,label\n", mien_id_heading(dataset));
    for (size_t i = 0; i < m->n && !st; i++) {
        mien_text_add_csv(&text, dataset->images[i].path);
        mien_text_printf(&text, ",%zu,", m->dominant[i] < m->r ? m->dominant[i] + 1 : 0);
        if (labels->count)
            mien_text_add_csv(&text, labels->names[labels->of[i]]);
        mien_text_add(&text, "\n");
        st = flush(dir, path, &text, i + 1 == m->n, err);
    }
    mien_text_free(&text);
    return st;
}

static void add_numbers(mien_text *text, const float *values, size_t count)
{
    for (size_t k = 0; k < count; k++)
        mien_text_printf(text, ",%.9g", (double)values[k]); /* float32, exactly */
    mien_text_add(text, "\n");
}

mien_status mien_weights_list(mien_outdir *dir, const char *folder, const mien_fit *fit,
                              const mien_dataset *dataset, mien_error *err)
{
    char path[128];
    mien_text text = {0};
    mien_status st = MIEN_OK;
    name_file(folder, "weights.csv", path, sizeof path);
    mien_text_add(&text, mien_id_heading(dataset));
    for (size_t k = 1; k <= fit->r; k++)
        mien_text_printf(&text, ",component_%zu", k);
    mien_text_add(&text, "\n");
    for (size_t i = 0; i < fit->n && !st; i++) {
        mien_text_add_csv(&text, dataset->images[i].path);
        add_numbers(&text, fit->W + i * fit->r, fit->r);
        st = flush(dir, path, &text, i + 1 == fit->n, err);
    }
    mien_text_free(&text);
    return st;
}

mien_status mien_basis_list(mien_outdir *dir, const char *folder, const mien_fit *fit,
                            const mien_dataset *dataset, mien_error *err)
{
    char path[128];
    mien_text text = {0};
    mien_status st = MIEN_OK;
    name_file(folder, "basis.csv", path, sizeof path);
    mien_text_add(&text, "component");
    for (size_t j = 0; j < fit->p; j++) {
        mien_text_add(&text, ",");
        if (dataset->columns)
            mien_text_add_csv(&text, dataset->columns[j]);
        else
            mien_text_printf(&text, "column_%zu", j + 1);
    }
    mien_text_add(&text, "\n");
    for (size_t k = 0; k < fit->r && !st; k++) {
        mien_text_printf(&text, "%zu", k + 1);
        add_numbers(&text, fit->H + k * fit->p, fit->p);
        st = flush(dir, path, &text, k + 1 == fit->r, err);
    }
    mien_text_free(&text);
    return st;
}

mien_status mien_rows_write(mien_outdir *dir, const char *folder, const mien_fit *fit,
                            const mien_meaning *meaning, const mien_dataset *dataset,
                            const mien_style *style, mien_error *err)
{
    mien_status st =
        dataset->is_table ? mien_weights_list(dir, folder, fit, dataset, err) : MIEN_OK;
    if (st || !meaning->has_memberships)
        return st;
    st = mien_membership_write(dir, folder, fit, &meaning->memberships, dataset, err);
    if (!st)
        st = mien_clusters_write(dir, folder, meaning, dataset, err);
    return st ? st : mien_memberships_heatmap(dir, folder, fit, meaning, dataset, style, err);
}

/* ---------------------------------------------------------------- the cross table in words */

enum { MOST_LABELS = 40, MOST_COMPONENTS = 12, NAME_WIDTH = 24, COUNT_WIDTH = 6 };

static bool any_without(const mien_cross *cross)
{
    bool any = false;
    for (size_t l = 0; l < cross->labels; l++)
        any = any || cross->counts[l * (cross->r + 1) + cross->r];
    return any;
}

/* A name, cut or filled to NAME_WIDTH characters; what is no character is a question mark. */
static void add_padded(mien_text *text, const char *name)
{
    size_t used = 0;
    for (; *name && used < NAME_WIDTH - 1; used++) {
        size_t length = mien_utf8_length(name);
        bool plain = length && (unsigned char)*name >= ' ' && *name != 0x7F;
        mien_text_add_bytes(text, plain ? name : "?", plain ? length : 1);
        name += length ? length : 1;
    }
    mien_text_printf(text, "%*s", (int)(NAME_WIDTH - used), "");
}

void mien_cross_words(const mien_meaning *meaning, const char *method, mien_text *text)
{
    const mien_cross *cross = &meaning->cross;
    if (!cross->labels || cross->labels > MOST_LABELS || cross->r > MOST_COMPONENTS)
        return;
    size_t shown = cross->r + any_without(cross);
    mien_text_printf(text, "%s: labels by dominant component\n%-*s", method, NAME_WIDTH, "");
    for (size_t k = 0; k < shown; k++) {
        if (k < cross->r)
            mien_text_printf(text, "%*zu", COUNT_WIDTH, k + 1);
        else
            mien_text_printf(text, "%*s", COUNT_WIDTH, "none");
    }
    mien_text_add(text, "\n");
    for (size_t l = 0; l < cross->labels; l++) {
        const size_t *row = cross->counts + cross->order[l] * (cross->r + 1);
        add_padded(text, meaning->labels.names[cross->order[l]]);
        for (size_t k = 0; k < shown; k++)
            mien_text_printf(text, "%*zu", COUNT_WIDTH, row[k]);
        mien_text_add(text, "\n");
    }
}
