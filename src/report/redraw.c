/* redraw.c - draw saved models again: into a folder of their own, or in place.
 * SPDX-License-Identifier: MIT
 *
 * In place, everything is drawn into a folder beside the result first, and the page made anew; then
 * the pictures that were there before take their places one by one. So a failure on the way leaves
 * the result as it was, and no picture appears that the result did not have. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "report/redraw.h"
#include "base/disk/files.h"
#include "base/disk/manifest.h"
#include "base/disk/outdir.h"
#include "base/json_parse.h"
#include "base/memory.h"
#include "base/status.h"
#include "report/listings.h"
#include "report/model/examples.h"
#include "report/model/model.h"
#include "report/page/saved.h"
#include "report/pictures.h"
#include "report/studies.h"
#include "report/summary.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static mien_status choose_example(const mien_model *model, const size_t *wanted, size_t *example,
                                  mien_error *err)
{
    *example = wanted ? *wanted : model->examples.index[0];
    if (!model->fit.W && !mien_examples_get(&model->examples, *example).original)
        return mien_fail(err, MIEN_ERR_ARG,
                         "--example %zu: weights were not kept, and it is none of the %zu images "
                         "that the model holds: let mien transform find its weights",
                         *example + 1, model->examples.count);
    if (*example >= model->fit.n)
        return mien_fail(err, MIEN_ERR_ARG, "--example %zu: the model has images 1 to %zu",
                         *example + 1, model->fit.n);
    return MIEN_OK;
}

/* The data that models were learned from, read once for all of them and only when it is needed. */
struct recall {
    const char *named; /* as INPUT, by the user; NULL: nothing */
    bool tried, there;
    char not_read[MIEN_PATH_MAX]; /* what model.json names, and was not followed */
    mien_dataset dataset;
};

static void forget_data(struct recall *recall)
{
    if (recall->there)
        mien_dataset_free(&recall->dataset);
}

/* The data of a model, or NULL. Data that is gone or has changed is no error: its pictures are not
 * drawn then. */
static const mien_dataset *recall_data(struct recall *recall, const mien_model *model,
                                       const char *folder)
{
    char input[MIEN_PATH_MAX];
    if (!recall->tried && !mien_model_source(model, folder, recall->named, input, sizeof input)) {
        recall->tried = true;
        snprintf(recall->not_read, sizeof recall->not_read, "%s", model->input);
    }
    if (!recall->tried) {
        mien_load_options options = {.resize = model->resize};
        mien_model_prepare(model, &options);
        if (!model->is_table && !model->reshaped) { /* --size, or what most images had then */
            options.width = model->shape.width;
            options.height = model->shape.height;
        }
        recall->there = !mien_dataset_load(input, &options, &recall->dataset, NULL);
        recall->tried = true;
    }
    const mien_dataset *d = &recall->dataset;
    bool same = recall->there && d->fingerprint == model->fingerprint &&
                d->normalize == model->normalize && d->pixels.p == model->fit.p &&
                d->pixels.n == model->fit.n;
    return same ? d : NULL;
}

/* When the example is none of those that the model holds, look for it where it came from. */
static void fetch_original(mien_model *model, const char *path, struct recall *recall,
                           size_t example)
{
    if (mien_examples_get(&model->examples, example).original)
        return;
    const mien_dataset *dataset = recall_data(recall, model, path);
    mien_examples fresh;
    if (dataset && !mien_examples_take(dataset, example, &fresh, NULL)) {
        mien_examples_free(&model->examples);
        model->examples = fresh;
    }
}

/* exemplars.png and memberships.png, whose photographs and names no model holds. */
static void render_memberships(mien_output *out, const mien_model *model, const char *path,
                               struct recall *recall)
{
    mien_meaning meaning;
    if (out->status || !(mien_method_describe(model->fit.method)->traits & MIEN_MEMBERSHIPS))
        return;
    out->dataset = recall_data(recall, model, path);
    if (!out->dataset)
        return;
    out->status = mien_meaning_of_rows(&model->fit, out->dataset, &meaning, out->err);
    if (out->status)
        return;
    mien_exemplars_write(out, &model->fit, &meaning.memberships);
    mien_memberships_write(out, &model->fit, &meaning);
    mien_meaning_free(&meaning);
}

static mien_shown shown_of(const mien_model *model, size_t example)
{
    return (mien_shown){model->shape, model->is_table, model->columns, &model->examples, example};
}

/* Weights that were not kept are found for the examples, which are what is shown then. */
static mien_status show_seen(const mien_model *model, mien_shown *shown, mien_seen *seen,
                             mien_error *err)
{
    mien_status st = mien_seen_find(&model->fit, &model->options, &model->examples, seen, err);
    if (st)
        return st;
    shown->example = mien_examples_place(&model->examples, shown->example);
    shown->examples = &seen->examples;
    return MIEN_OK;
}

/* path: the model's folder. */
static void render_model(mien_output *out, mien_model *model, const char *path,
                         struct recall *recall, const size_t *wanted)
{
    size_t example;
    if (!out->status)
        out->status = choose_example(model, wanted, &example, out->err);
    if (out->status)
        return;
    mien_style drawn = *out->style;
    mien_output own = *out;
    drawn.ink = model->ink;
    own.style = &drawn;
    fetch_original(model, path, recall, example);
    mien_shown shown = shown_of(model, example);
    mien_seen seen = {0};
    if (!model->fit.W)
        own.status = show_seen(model, &shown, &seen, own.err);
    if (!own.status)
        mien_pictures_write(&own, seen.fit.W ? &seen.fit : &model->fit, &shown);
    if (model->fit.W)
        render_memberships(&own, model, path, recall);
    mien_seen_free(&seen);
    out->status = own.status;
}

/* Every model of a comparison into a folder of its own, and the figure of all. */
static void render_comparison(mien_output *out, const char *path, struct recall *recall,
                              const size_t *wanted)
{
    size_t count = mien_method_count(), loaded = 0, at = 0, example = 0;
    char folder[MIEN_PATH_MAX];
    mien_model *models = mien_output_alloc(out, count, sizeof *models);
    const mien_fit **fits = mien_output_alloc(out, count, sizeof *fits);
    mien_output own = *out;
    while (!own.status && mien_model_next(path, &at, &own.folder, folder)) {
        own.status = mien_model_load(folder, &models[loaded], out->err);
        if (own.status)
            break;
        fits[loaded] = &models[loaded].fit;
        if (fits[loaded]->p != fits[0]->p || fits[loaded]->n != fits[0]->n)
            own.status = mien_fail(out->err, MIEN_ERR_FORMAT,
                                   "%s: its models are not of the same data", path);
        loaded++;
        if (!own.status)
            own.status = mien_outdir_folder(out->dir, own.folder, out->err);
        render_model(&own, &models[loaded - 1], folder, recall, wanted);
    }
    mien_style drawn = *out->style;
    drawn.ink = loaded ? models[0].ink : MIEN_INK_NONE;
    own.style = &drawn;
    own.folder = "";
    if (!own.status)
        own.status = choose_example(&models[0], wanted, &example, out->err);
    mien_seen *seen = mien_output_alloc(&own, loaded, sizeof *seen);
    if (!own.status) {
        mien_shown shown = shown_of(&models[0], example), first = shown;
        for (size_t i = 0; i < loaded && !own.status; i++) {
            if (models[i].fit.W)
                continue;
            shown = first;
            own.status = show_seen(&models[i], &shown, &seen[i], own.err);
            fits[i] = &seen[i].fit;
        }
        if (!own.status)
            mien_figures_write(&own, fits, loaded, &shown);
    }
    for (size_t i = 0; i < loaded && seen; i++)
        mien_seen_free(&seen[i]);
    mien_free(seen);
    out->status = own.status;
    for (size_t i = 0; i < loaded; i++)
        mien_model_free(&models[i]);
    mien_free(models);
    mien_free(fits);
}

static mien_status fail_no_model(const char *path, mien_error *err)
{
    return mien_fail(err, MIEN_ERR_FORMAT,
                     "%s holds no model: give a folder that mien learn or compare wrote", path);
}

/* Draw whatever `path` is; a single model into `folder` of `dir`. */
static mien_status render(const char *path, mien_outdir *dir, const char *folder,
                          const mien_style *style, const size_t *example, struct recall *recall,
                          mien_error *err)
{
    mien_output out = {.dir = dir, .folder = folder, .style = style, .err = err};
    mien_model model;
    if (mien_is_model(path)) {
        out.status = mien_model_load(path, &model, err);
        if (out.status)
            return out.status;
        if (*folder)
            out.status = mien_outdir_folder(dir, folder, err);
        render_model(&out, &model, path, recall, example);
        mien_model_free(&model);
    } else if (mien_is_comparison(path)) {
        out.folder = "";
        render_comparison(&out, path, recall, example);
    } else {
        out.status = fail_no_model(path, err);
    }
    if (!out.status)
        mien_fail(err, MIEN_OK, "%s", "");
    if (!out.status && *recall->not_read) {
        char word[160];
        mien_shell_word(path, word, sizeof word);
        mien_fail(err, MIEN_OK,
                  "what the model was learned from is not read, since %.200s lies elsewhere; to "
                  "have it drawn, name it: mien render%s INPUT",
                  recall->not_read, word);
    }
    return out.status;
}

/* ---------------------------------------------------------------- elsewhere */

mien_status mien_render(const char *path, const char *input, mien_outdir *dir,
                        const mien_style *style, const size_t *example, mien_error *err)
{
    struct recall recall = {.named = input};
    mien_status st = render(path, dir, "", style, example, &recall, err);
    mien_error why = {0};
    forget_data(&recall);
    if (!st) /* by its summary a later --force knows the folder as mien's own */
        st = mien_json_write(mien_json_path(mien_summary_begin("mien render"), "model", path), dir,
                             "summary.json", &why);
    if (why.status && err)
        *err = why;
    return mien_outdir_told(dir, st, err);
}

/* ---------------------------------------------------------------- in place */

/* The result that a model or a comparison is of, and what the model is called there, or "". */
static mien_status find_result(const char *path, char *root, size_t size, char *folder,
                               size_t folder_size, mien_error *err)
{
    char model[NAME_MAX + 16];
    *folder = '\0';
    if (!mien_is_model(path) && !mien_is_comparison(path))
        return fail_no_model(path, err);
    if ((size_t)snprintf(root, size, "%s", path) >= size)
        return mien_fail(err, MIEN_ERR_ARG, "%s: the path is too long", path);
    char *real = mien_is_model(path) ? realpath(path, NULL) : NULL;
    char *slash = real ? strrchr(real, '/') : NULL;
    mien_manifest manifest = {0};
    if (slash && slash > real) {
        *slash = '\0';
        snprintf(model, sizeof model, "%s/model.json", slash + 1);
        if (strlen(real) < size && !mien_manifest_read(real, &manifest, NULL) &&
            mien_manifest_has(&manifest, model)) {
            strcpy(root, real);
            snprintf(folder, folder_size, "%s", slash + 1);
        }
        mien_manifest_free(&manifest);
    }
    free(real);
    return MIEN_OK;
}

mien_status mien_redraw_begin(const char *path, mien_outdir **out, mien_error *err)
{
    char root[MIEN_PATH_MAX], folder[NAME_MAX + 1];
    mien_status st = find_result(path, root, sizeof root, folder, sizeof folder, err);
    return st ? st : mien_outdir_begin_inside(root, out, err);
}

/* What the page that is there has of its own: results beside the run, and colours. */
static void keep_from_before(mien_page *page, const json_t *before)
{
    const char *palette = mien_json_words(before, "palette");
    json_t *studies = json_object_get(before, "studies");
    page->studies = json_is_array(studies) ? studies : NULL;
    page->palette = strcmp(palette, "gray") == 0        ? MIEN_PALETTE_GRAY
                    : strcmp(palette, "diverging") == 0 ? MIEN_PALETTE_DIVERGING
                                                        : MIEN_PALETTE_ESL;
}

/* The page of a comparison, made anew.
 *   studies  beside it; NULL: those of the page that is there
 *   example  NULL: that of the page that is there
 *   palette  NULL: the same */
static mien_status make_page(const char *root, mien_outdir *dir, json_t *studies,
                             const mien_style *style, const mien_palette *palette,
                             const size_t *example, struct recall *recall, mien_error *err)
{
    char folder[MIEN_PATH_MAX + NAME_MAX];
    mien_saved saved;
    mien_status st = mien_saved_load(root, &saved, err);
    if (st)
        return st;
    mien_output out = {.dir = dir, .folder = "", .style = style, .err = err};
    mien_page page = mien_saved_page(&saved);
    json_t *before;
    st = mien_page_parse(saved.before, &before);
    if (st) {
        mien_saved_free(&saved);
        return mien_fail_plain(err, st);
    }
    keep_from_before(&page, before);
    snprintf(folder, sizeof folder, "%s/%s", root, saved.names[0]);
    page.dataset = recall_data(recall, &saved.models[0], folder);
    page.studies = studies ? studies : page.studies;
    page.palette = palette ? *palette : page.palette;
    page.example = example ? *example : page.example;
    page.max_images = style->page_images;
    mien_page_write(&out, &page);
    json_decref(before);
    mien_saved_free(&saved);
    return out.status;
}

mien_status mien_comparison_page(const char *root, mien_outdir *dir, json_t *studies,
                                 const mien_style *style, mien_error *err)
{
    struct recall recall = {.named = NULL};
    mien_status st = make_page(root, dir, studies, style, NULL, NULL, &recall, err);
    forget_data(&recall);
    return st;
}

/* The page, where there is one of a comparison: with the palette, and another example where one is
 * wanted. Whoever draws one model alone leaves the page as it is. */
static mien_status renew_page(const char *root, mien_outdir *dir, const mien_style *style,
                              const size_t *example, struct recall *recall, mien_error *err)
{
    char path[MIEN_PATH_MAX + 16];
    json_t *summary;
    snprintf(path, sizeof path, "%s/report.html", root);
    if (access(path, F_OK) != 0)
        return MIEN_OK;
    mien_status st = mien_summary_read(root, &summary, NULL);
    if (st)
        return st == MIEN_ERR_NOMEM ? mien_fail_plain(err, st) : MIEN_OK;
    const char *kind = mien_study_kind(summary);
    bool compares = kind && strcmp(kind, "comparison") == 0;
    json_decref(summary);
    return compares ? make_page(root, dir, NULL, style, &style->palette, example, recall, err)
                    : MIEN_OK;
}

/* Of pictures beside the models' folders only those are drawn anew that were there. */
static mien_status leave_out_strangers(const char *root, mien_outdir *dir, mien_manifest *drawn,
                                       mien_error *err)
{
    char path[MIEN_PATH_MAX + NAME_MAX];
    size_t kept = 0;
    mien_status st = MIEN_OK;
    for (size_t i = 0; i < drawn->count; i++) {
        char *name = drawn->names[i];
        snprintf(path, sizeof path, "%s/%s", root, name);
        bool stays =
            st || strchr(name, '/') || !mien_is_comparison(root) || access(path, F_OK) == 0;
        if (stays) {
            drawn->names[kept++] = name;
            continue;
        }
        st = mien_outdir_path(dir, name, path, sizeof path, err);
        if (!st)
            unlink(path);
        mien_free(name);
    }
    drawn->count = kept;
    return st;
}

/* summary.json with another example. */
static mien_status renew_summary(const char *root, mien_outdir *dir, size_t example,
                                 mien_error *err)
{
    char path[MIEN_PATH_MAX + 16], *text;
    size_t nbytes;
    json_t *o;
    snprintf(path, sizeof path, "%s/summary.json", root);
    if (mien_file_read(path, MIEN_SUMMARY_LIMIT, &text, &nbytes, NULL))
        return MIEN_OK;
    mien_status st = mien_json_parse(text, nbytes, path, &o, err);
    mien_free(text);
    if (st)
        return st;
    o = mien_json_more(o, MIEN_MEMBERS({"example", mien_json_size(example + 1)}));
    return mien_json_write(o, dir, "summary.json", err);
}

mien_status mien_redraw(const char *path, const char *input, mien_outdir *dir,
                        const mien_style *style, const size_t *example, mien_error *err)
{
    char root[MIEN_PATH_MAX], folder[NAME_MAX + 1], built[MIEN_PATH_MAX];
    struct recall recall = {.named = input};
    mien_manifest drawn = {0};
    mien_error why = {0};
    mien_status st = find_result(path, root, sizeof root, folder, sizeof folder, &why);
    if (!st)
        st = render(path, dir, folder, style, example, &recall, &why);
    mien_error told = why; /* what is to be told when all goes well */
    if (!st)
        st = mien_outdir_path(dir, "", built, sizeof built, &why);
    if (!st)
        st = mien_manifest_collect(&drawn, built, NULL, &why);
    if (!st)
        st = leave_out_strangers(root, dir, &drawn, &why);
    const size_t *shown = !*folder && mien_is_comparison(root) ? example : NULL;
    if (!st && !*folder)
        st = renew_page(root, dir, style, shown, &recall, &why);
    forget_data(&recall);
    if (!st && shown)
        st = renew_summary(root, dir, *shown, &why);
    mien_manifest_free(&drawn);
    if (err)
        *err = st ? why : told;
    return mien_outdir_told(dir, st, err);
}
