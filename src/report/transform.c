/* transform.c - what is written about new images on a learned basis.
 * SPDX-License-Identifier: MIT
 *
 * Without errors of unseen training images there is no verdict: then `outlier` is empty in
 * errors.csv and `whole` null in summary.json, which programs can tell from "none". */
#include "base/disk/files.h"
#include "base/disk/outdir.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "figures/residual.h"
#include "figures/words.h"
#include "report/files/names.h"
#include "report/listings.h"
#include "report/model/examples.h"
#include "report/model/fit_json.h"
#include "report/model/model.h"
#include "report/pictures.h"
#include "report/summary.h"

#include <math.h>
#include <stdio.h>

/* ---------------------------------------------------------------- tables */

/* membership.csv, clusters.csv, memberships.png, and of a table weights.csv. */
static void write_rows(mien_output *out, const mien_fit *fit)
{
    mien_meaning meaning = {.has_memberships = false};
    if (out->status)
        return;
    if (mien_method_describe(fit->method)->traits & MIEN_MEMBERSHIPS)
        out->status = mien_meaning_of_rows(fit, out->dataset, &meaning, out->err);
    mien_rows_list(out, fit, &meaning);
    if (meaning.has_memberships)
        mien_memberships_write(out, fit, &meaning);
    mien_meaning_free(&meaning);
}

static void write_errors(mien_output *out, const mien_encoding *e, const mien_outliers *outliers)
{
    mien_table table = mien_table_begin(out, "errors.csv", "index,");
    mien_text_printf(&table.text, "%s,loss,relative_error,outlier\n",
                     mien_id_heading(out->dataset));
    for (size_t i = 0; i < e->fit.n; i++) {
        mien_text_printf(&table.text, "%zu,", i + 1);
        mien_text_add_csv(&table.text, out->dataset->images[i].path);
        mien_text_printf(&table.text, ",%.9g,%.9g,%s", e->losses[i], e->errors[i],
                         !outliers->known                 ? ""
                         : e->errors[i] > outliers->fence ? "1"
                                                          : "0");
        mien_table_row(&table);
    }
    mien_table_end(&table);
}

/* ---------------------------------------------------------------- summary.json */

static json_t *image_json(const mien_encoding *e, const mien_dataset *dataset, size_t i)
{
    json_t *o = MIEN_JSON({"index", mien_json_size(i + 1)});
    o = mien_json_path(o, "path", dataset->images[i].path);
    return mien_json_more(o, MIEN_MEMBERS({"loss", mien_json_real(e->losses[i])},
                                          {"relative_error", mien_json_real(e->errors[i])}));
}

static json_t *outliers_json(const mien_encoding *e, const mien_outliers *outliers,
                             const mien_dataset *dataset)
{
    json_t *list = json_array();
    for (size_t at = 0; at < outliers->count; at++)
        list = mien_json_append(list, image_json(e, dataset, outliers->index[at]));
    return list;
}

/* The new images as a whole. */
static json_t *whole_json(const mien_outliers *o, size_t n)
{
    return MIEN_JSON({"held_out_p95", mien_json_real(o->p95)},
                     {"above_p95", mien_json_size(o->beyond)},
                     {"share", mien_json_real((double)o->beyond / (double)n)},
                     {"allowed", mien_json_real(o->allowed)}, {"chance", mien_json_real(o->chance)},
                     {"apart", json_boolean(o->apart)}, {"words", mien_json_text(o->whole)});
}

/* The same numbers of the new images and of those the model was learned from. */
static json_t *scores_json(const mien_fit *fit)
{
    return MIEN_JSON(
        {"N", mien_json_size(fit->n)}, {"loss", mien_json_real(fit->loss)},
        {"mean_loss", mien_json_real(fit->loss / (double)fit->n)},
        {"relative_error", mien_json_real(fit->relative_error)},
        {"explained_variance", mien_json_real(fit->explained_variance)},
        {"image_errors",
         mien_json_if(fit->image_errors.n, mien_quantiles_json(&fit->image_errors))},
        {"held_out_errors", mien_json_if(fit->held_out.n, mien_quantiles_json(&fit->held_out))});
}

/* index <- the images with the largest errors, `count` of them, the worst first. */
static void find_worst(const mien_encoding *e, size_t count, size_t *index)
{
    for (size_t i = 0, used = 0; i < e->fit.n; i++) {
        if (used == count && !(e->errors[i] > e->errors[index[count - 1]]))
            continue;
        size_t at = used < count ? used++ : count - 1;
        for (; at > 0 && e->errors[i] > e->errors[index[at - 1]]; at--)
            index[at] = index[at - 1];
        index[at] = i;
    }
}

/* How many images have which error, from 0 to the largest. That of a blank image which is rebuilt
 * as anything else is infinite: those are counted apart. */
static json_t *histogram_json(const mien_encoding *e)
{
    enum { BINS = 48 };
    size_t counts[BINS] = {0}, infinite = 0;
    double high = 0;
    json_t *list = json_array();
    for (size_t i = 0; i < e->fit.n; i++)
        high = isfinite(e->errors[i]) ? fmax(high, e->errors[i]) : high;
    for (size_t i = 0; i < e->fit.n; i++) {
        double bin = high > 0 ? e->errors[i] / high * BINS : 0;
        if (isfinite(e->errors[i]))
            counts[bin < BINS ? (size_t)bin : BINS - 1]++;
        else
            infinite++;
    }
    for (size_t bin = 0; bin < BINS; bin++)
        list = mien_json_append(list, mien_json_size(counts[bin]));
    return MIEN_JSON({"low", mien_json_real(0)}, {"high", mien_json_real(high)}, {"counts", list},
                     {"infinite", mien_json_size(infinite)});
}

/* The images with the largest errors, the worst first. */
static json_t *worst_json(const mien_encoding *e, const mien_dataset *dataset, mien_output *out)
{
    enum { NAMED = 100 };
    size_t count = e->fit.n < NAMED ? e->fit.n : NAMED;
    size_t *index = mien_output_alloc(out, count, sizeof *index);
    json_t *list = json_array();
    if (index)
        find_worst(e, count, index);
    for (size_t at = 0; at < count && index; at++)
        list = mien_json_append(list, image_json(e, dataset, index[at]));
    mien_free(index);
    return list;
}

static void write_summary(mien_output *out, const mien_model *model, const char *path,
                          const mien_encoding *e, const mien_outliers *outliers)
{
    const mien_fit *fit = &e->fit;
    const mien_dataset *d = out->dataset;
    json_t *o = mien_json_path(mien_summary_begin(out->run->command), "model", path);
    o = mien_json_more(
        o, MIEN_MEMBERS({"method", json_string(mien_method_describe(fit->method)->name)}));
    o = mien_json_path(o, "input", out->run->input);
    o = mien_json_more(
        o,
        MIEN_MEMBERS(
            {"data", mien_dataset_json(d)}, {"ink", mien_json_text(mien_ink_name(d->ink))},
            {"N", mien_json_size(fit->n)}, {"p", mien_json_size(fit->p)},
            {"r", mien_json_size(fit->r)}, {"loss_name", mien_json_text(fit->loss_name)},
            {"new", scores_json(fit)}, {"training", scores_json(&model->fit)},
            {"seconds", mien_json_real(fit->seconds)},
            {"converged", json_boolean(fit->stop == MIEN_STOP_CONVERGED)},
            {"interrupted", json_boolean(out->run->interrupted)},
            {"rule", mien_json_text(outliers->rule)}, {"fence", mien_json_real(outliers->fence)},
            {"fence_from", mien_json_known(outliers->known, json_string("unseen training images"))},
            {"whole", mien_json_known(*outliers->whole, whole_json(outliers, fit->n))},
            {"note", mien_json_text(fit->note)}, {"outliers", outliers_json(e, outliers, d)},
            {"worst", worst_json(e, d, out)}, {"histogram", histogram_json(e)},
            {"training_fingerprint", mien_fingerprint_json(model->fingerprint)}));
    mien_output_json(out, "summary.json", mien_summary_end(o, d));
}

/* ---------------------------------------------------------------- pictures */

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
                           .style = style};
    return mien_residual_draw(&sheet, out, err);
}

static void write_residual(mien_output *out, const mien_encoding *e, const mien_outliers *outliers,
                           mien_shape shape)
{
    size_t n = e->fit.n, p = e->fit.p, index[MIEN_RESIDUAL_MAX];
    size_t count = n < MIEN_RESIDUAL_MAX ? n : MIEN_RESIDUAL_MAX;
    mien_examples worst = {0};
    mien_canvas canvas;
    float *rebuilt = mien_output_alloc(out, count * p, sizeof *rebuilt);
    find_worst(e, count, index);
    if (!out->status)
        out->status = mien_examples_of(out->dataset, index, count, &worst, out->err);
    for (size_t at = 0; at < count && !out->status; at++)
        mien_fit_reconstruct(&e->fit, index[at], rebuilt + at * p);
    if (!out->status)
        mien_output_canvas(out, "residual.png",
                           draw_residual(e, outliers, out->dataset, index, count, &worst, rebuilt,
                                         shape, out->style, &canvas, out->err),
                           &canvas);
    mien_examples_free(&worst);
    mien_free(rebuilt);
}

static void write_reconstruction(mien_output *out, const mien_encoding *e, mien_shape shape)
{
    mien_examples examples = {0};
    if (!out->status)
        out->status = mien_examples_take(out->dataset, 0, &examples, out->err);
    if (!out->status)
        mien_pairs_write(out, &e->fit, &(mien_shown){.shape = shape, .examples = &examples});
    mien_examples_free(&examples);
}

mien_status mien_transform_write(mien_outdir *dir, const mien_model *model, const char *path,
                                 const mien_encoding *encoding, const mien_outliers *outliers,
                                 const mien_dataset *dataset, const mien_run_info *run,
                                 bool residual, const mien_style *style, mien_error *err)
{
    const mien_fit *fit = &encoding->fit;
    mien_style drawn = *style;
    drawn.ink = dataset->ink;
    mien_output out = {dir, "", dataset, run, &drawn, MIEN_OK, err};
    mien_weights_save(&out, fit);
    mien_images_list(&out);
    write_rows(&out, fit);
    write_errors(&out, encoding, outliers);
    write_summary(&out, model, path, encoding, outliers);
    /* a table of what were images is drawn as images */
    write_reconstruction(&out, encoding, model->shape);
    if (residual)
        write_residual(&out, encoding, outliers, model->shape);
    return mien_outdir_told(dir, out.status, err);
}
