/* transform.c - what is written about new images on a learned basis.
 * SPDX-License-Identifier: MIT */
#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "data/npy.h"
#include "draw/png.h"
#include "figures/residual.h"
#include "figures/words.h"
#include "report/json.h"
#include "report/listings.h"
#include "report/model/model.h"
#include "report/page/examples.h"
#include "report/pictures.h"
#include "report/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- tables */

static mien_status write_weights(mien_outdir *dir, const mien_fit *fit, mien_error *err)
{
    char path[MIEN_PATH_MAX];
    mien_status st = mien_outdir_path(dir, "weights.npy", path, sizeof path, err);
    return st ? st : mien_npy_write(path, fit->W, (size_t[]){fit->n, fit->r}, 2, err);
}

/* membership.csv, clusters.csv, memberships.png, and of a table weights.csv. */
static mien_status write_rows(mien_outdir *dir, const mien_fit *fit, const mien_dataset *dataset,
                              const mien_style *style, mien_error *err)
{
    mien_meaning meaning = {.has_memberships = false};
    mien_status st = MIEN_OK;
    if (mien_method_describe(fit->method)->traits & MIEN_MEMBERSHIPS)
        st = mien_meaning_of_rows(fit, dataset, &meaning, err);
    if (!st)
        st = mien_rows_write(dir, "", fit, &meaning, dataset, style, err);
    mien_meaning_free(&meaning);
    return st;
}

static mien_status write_errors(mien_outdir *dir, const mien_encoding *e,
                                const mien_outliers *outliers, const mien_dataset *dataset,
                                mien_error *err)
{
    mien_text text = {0};
    mien_text_printf(&text, "index,%s,loss,relative_error,outlier\n", mien_id_heading(dataset));
    for (size_t i = 0; i < e->fit.n; i++) {
        mien_text_printf(&text, "%zu,", i + 1);
        mien_text_add_csv(&text, dataset->images[i].path);
        mien_text_printf(&text, ",%.9g,%.9g,%s\n", e->losses[i], e->errors[i],
                         !outliers->known                 ? ""
                         : e->errors[i] > outliers->fence ? "1"
                                                          : "0");
    }
    mien_status st = text.failed
                         ? mien_fail_plain(err, MIEN_ERR_NOMEM)
                         : mien_outdir_write(dir, "errors.csv", text.bytes, text.length, err);
    mien_text_free(&text);
    return st;
}

/* ---------------------------------------------------------------- summary.json */

static json_t *outliers_json(const mien_encoding *e, const mien_outliers *outliers,
                             const mien_dataset *dataset, bool *failed)
{
    json_t *list = json_array();
    for (size_t at = 0; at < outliers->count; at++) {
        size_t i = outliers->index[at];
        json_t *o = json_object();
        mien_json_set(o, "index", mien_json_size(i + 1), failed);
        mien_json_set_path(o, "path", dataset->images[i].path, failed);
        mien_json_set(o, "loss", mien_json_real(e->losses[i]), failed);
        mien_json_set(o, "relative_error", mien_json_real(e->errors[i]), failed);
        if (json_array_append_new(list, o) != 0)
            *failed = true;
    }
    return list;
}

/* The new images as a whole. */
static json_t *whole_json(const mien_outliers *outliers, size_t n, bool *failed)
{
    json_t *o = json_object();
    mien_json_set(o, "held_out_p95", mien_json_real(outliers->p95), failed);
    mien_json_set(o, "above_p95", mien_json_size(outliers->beyond), failed);
    mien_json_set(o, "share", mien_json_real((double)outliers->beyond / (double)n), failed);
    mien_json_set(o, "allowed", mien_json_real(outliers->allowed), failed);
    mien_json_set(o, "chance", mien_json_real(outliers->chance), failed);
    mien_json_set(o, "apart", json_boolean(outliers->apart), failed);
    mien_json_set(o, "words", mien_json_text(outliers->whole), failed);
    return o;
}

/* The same numbers of the new images and of those the model was learned from. */
static json_t *scores_json(const mien_fit *fit, bool *failed)
{
    json_t *o = json_object();
    mien_json_set(o, "N", mien_json_size(fit->n), failed);
    mien_json_set(o, "loss", mien_json_real(fit->loss), failed);
    mien_json_set(o, "mean_loss", mien_json_real(fit->loss / (double)fit->n), failed);
    mien_json_set(o, "relative_error", mien_json_real(fit->relative_error), failed);
    mien_json_set(o, "explained_variance", mien_json_real(fit->explained_variance), failed);
    if (fit->image_errors.n)
        mien_json_set(o, "image_errors", mien_quantiles_json(&fit->image_errors), failed);
    if (fit->held_out.n)
        mien_json_set(o, "held_out_errors", mien_quantiles_json(&fit->held_out), failed);
    return o;
}

static mien_status write_summary(mien_outdir *dir, const mien_model *model, const char *path,
                                 const mien_encoding *e, const mien_outliers *outliers,
                                 const mien_dataset *dataset, const mien_run_info *run,
                                 mien_error *err)
{
    bool failed = false;
    json_t *o = json_object();
    const mien_fit *fit = &e->fit;
    mien_json_set(o, "version", json_string(MIEN_VERSION), &failed);
    mien_json_set(o, "command", mien_json_text(run->command), &failed);
    mien_json_set_path(o, "model", path, &failed);
    mien_json_set(o, "method", json_string(mien_method_describe(fit->method)->name), &failed);
    mien_json_set_path(o, "input", run->input, &failed);
    mien_json_set(o, "data", mien_dataset_json(dataset, &failed), &failed);
    mien_json_set(o, "ink", mien_ink_json(dataset->ink), &failed);
    mien_json_set(o, "N", mien_json_size(fit->n), &failed);
    mien_json_set(o, "p", mien_json_size(fit->p), &failed);
    mien_json_set(o, "r", mien_json_size(fit->r), &failed);
    mien_json_set(o, "loss_name", mien_json_text(fit->loss_name), &failed);
    mien_json_set(o, "new", scores_json(fit, &failed), &failed);
    mien_json_set(o, "training", scores_json(&model->fit, &failed), &failed);
    mien_json_set(o, "seconds", mien_json_real(fit->seconds), &failed);
    mien_json_set(o, "converged", json_boolean(fit->stop == MIEN_STOP_CONVERGED), &failed);
    mien_json_set(o, "interrupted", json_boolean(run->interrupted), &failed);
    mien_json_set(o, "rule", mien_json_text(outliers->rule), &failed);
    mien_json_set(o, "fence", mien_json_real(outliers->fence), &failed);
    mien_json_set(o, "fence_from",
                  outliers->known ? json_string("unseen training images") : json_null(), &failed);
    if (*outliers->whole)
        mien_json_set(o, "whole", whole_json(outliers, fit->n, &failed), &failed);
    else
        mien_json_set(o, "whole", json_null(), &failed);
    mien_json_set(o, "note", mien_json_text(fit->note), &failed);
    mien_json_set(o, "outliers", outliers_json(e, outliers, dataset, &failed), &failed);
    mien_json_set(o, "rejected", mien_rejected_json(dataset, &failed), &failed);
    mien_json_set(o, "skipped", mien_json_size(dataset->n_skipped), &failed);
    return mien_json_write(o, failed, dir, "summary.json", err);
}

/* ---------------------------------------------------------------- pictures */

struct ranked {
    double error;
    size_t index;
};

static int worst_first(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->error != y->error)
        return x->error > y->error ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* index <- the images with the largest errors, `count` of them. MIEN_ERR_NOMEM. */
static mien_status find_worst(const mien_encoding *e, size_t count, size_t *index)
{
    size_t n = e->fit.n;
    struct ranked *ranked = mien_alloc_array(n, sizeof *ranked);
    if (!ranked)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        ranked[i] = (struct ranked){e->errors[i], i};
    qsort(ranked, n, sizeof *ranked, worst_first);
    for (size_t at = 0; at < count; at++)
        index[at] = ranked[at].index;
    mien_free(ranked);
    return MIEN_OK;
}

static mien_status draw_residual(const mien_encoding *e, const mien_outliers *outliers,
                                 const mien_dataset *dataset, const size_t *index, size_t count,
                                 const mien_examples *worst, const float *rebuilt, mien_shape shape,
                                 const mien_style *style, mien_canvas *out, mien_error *err)
{
    size_t p = e->fit.p;
    mien_residual_image images[MIEN_RESIDUAL_MAX];
    mien_words words = mien_words_for(dataset->is_table);
    char numbers[MIEN_RESIDUAL_MAX][32], title[160];
    for (size_t at = 0; at < count; at++) {
        double error = e->errors[index[at]];
        mien_format(numbers[at], sizeof numbers[at], "error %.3f", error);
        images[at] = (mien_residual_image){.original = worst->originals + at * p,
                                           .reconstruction = rebuilt + at * p,
                                           .name = dataset->images[index[at]].path,
                                           .number = numbers[at],
                                           .flagged = error > outliers->fence};
    }
    const char *method = mien_method_describe(e->fit.method)->title;
    if (outliers->known)
        snprintf(title, sizeof title, "%s, new %s%s: %zu of %zu lie far out, the worst first",
                 method, words.things, outliers->apart ? ", as a whole of another kind" : "",
                 outliers->count, e->fit.n);
    else
        snprintf(title, sizeof title, "%s, %zu new %s, the worst first", method, e->fit.n,
                 words.things);
    mien_residual sheet = {.title = title,
                           .subtitle = outliers->rule,
                           .images = images,
                           .count = count,
                           .shape = shape,
                           .low = worst->low,
                           .high = worst->high,
                           .palette = style->palette,
                           .dark = style->ink == MIEN_INK_DARK};
    return mien_residual_draw(&sheet, out, err);
}

static mien_status write_residual(mien_outdir *dir, const mien_encoding *e,
                                  const mien_outliers *outliers, const mien_dataset *dataset,
                                  mien_shape shape, const mien_style *style, mien_error *err)
{
    size_t n = e->fit.n, p = e->fit.p, index[MIEN_RESIDUAL_MAX];
    size_t count = n < MIEN_RESIDUAL_MAX ? n : MIEN_RESIDUAL_MAX;
    mien_examples worst = {0};
    float *rebuilt = mien_alloc_array(count * p, sizeof *rebuilt);
    if (!rebuilt || find_worst(e, count, index)) {
        mien_free(rebuilt);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    mien_canvas canvas;
    mien_status st = mien_examples_of(dataset, index, count, &worst, err);
    for (size_t at = 0; at < count && !st; at++)
        mien_fit_reconstruct(&e->fit, index[at], rebuilt + at * p);
    if (!st)
        st = draw_residual(e, outliers, dataset, index, count, &worst, rebuilt, shape, style,
                           &canvas, err);
    if (!st)
        st = mien_canvas_write(dir, "", "residual.png", &canvas, err);
    mien_examples_free(&worst);
    mien_free(rebuilt);
    return st;
}

static mien_status write_reconstruction(mien_outdir *dir, const mien_encoding *e,
                                        const mien_dataset *dataset, mien_shape shape,
                                        const mien_style *style, mien_error *err)
{
    mien_examples examples;
    mien_status st = mien_examples_take(dataset, 0, &examples, err);
    if (st)
        return st;
    st = mien_pairs_write(dir, "", &e->fit, shape, &examples, style, err);
    mien_examples_free(&examples);
    return st;
}

mien_status mien_transform_write(mien_outdir *dir, const mien_model *model, const char *path,
                                 const mien_encoding *encoding, const mien_outliers *outliers,
                                 const mien_dataset *dataset, const mien_run_info *run,
                                 bool residual, const mien_style *style, mien_error *err)
{
    mien_shape shape = model->shape; /* a table of what were images is drawn as images */
    mien_style drawn = *style;
    drawn.ink = dataset->ink;
    mien_status st = write_weights(dir, &encoding->fit, err);
    if (!st)
        st = mien_images_write(dir, dataset, err);
    if (!st)
        st = write_rows(dir, &encoding->fit, dataset, style, err);
    if (!st)
        st = write_errors(dir, encoding, outliers, dataset, err);
    if (!st)
        st = write_summary(dir, model, path, encoding, outliers, dataset, run, err);
    if (!st)
        st = write_reconstruction(dir, encoding, dataset, shape, &drawn, err);
    if (!st && residual)
        st = write_residual(dir, encoding, outliers, dataset, shape, &drawn, err);
    return mien_outdir_told(dir, st, err);
}
