/* result.c - write a run's results, and draw saved ones again.
 * SPDX-License-Identifier: MIT */
#include "base/files.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "report/columns.h"
#include "report/examples.h"
#include "report/json.h"
#include "report/meaning.h"
#include "report/model.h"
#include "report/page.h"
#include "report/pictures.h"
#include "report/story.h"
#include "report/summary.h"

#include <stdio.h>

/* ---------------------------------------------------------------- writing */

/* The parts of an output folder, written side by side: the figure, which takes longest and so
 * begins, a folder a fit, tables. What tells of all of them comes after. */
struct job {
    mien_outdir *dir;
    const mien_fit *const *fits;
    size_t n_fits;
    const mien_failure *failures;
    size_t n_failures;
    const mien_dataset *dataset;
    const mien_run_info *run;
    const mien_style *style;
    mien_examples examples;
    unsigned threads;       /* of a part */
    mien_meaning *meanings; /* n_fits, as the next */
    mien_text *sections;    /* of the page */
    mien_error *errors;     /* one a part; MIEN_OK when it went well */
};

static mien_status write_memberships(mien_outdir *dir, const char *method, const mien_fit *fit,
                                     const mien_meaning *meaning, const mien_dataset *dataset,
                                     const mien_style *style, mien_error *err)
{
    const mien_memberships *memberships = &meaning->memberships;
    mien_status st = mien_membership_write(dir, method, fit, memberships, dataset, err);
    return st ? st : mien_exemplars_write(dir, method, fit, memberships, dataset, style, err);
}

/* The pictures that show several methods. */
static mien_status write_figures(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                                 mien_shape shape, const mien_examples *examples, size_t example,
                                 const mien_style *style, mien_error *err)
{
    mien_status st = mien_figure_write(dir, fits, n_fits, shape, examples, example, style, err);
    if (!st)
        st = mien_steps_write(dir, fits, n_fits, shape, examples, example, style, err);
    return st ? st : mien_emerge_write(dir, fits, n_fits, shape, style, err);
}

static mien_status write_fit(const struct job *job, size_t f, mien_error *err)
{
    const mien_fit *fit = job->fits[f];
    mien_meaning *meaning = &job->meanings[f];
    const char *method = mien_method_describe(fit->method)->name;
    mien_status st = mien_meaning_measure(fit, job->dataset, job->threads, meaning, err);
    if (!st)
        st = mien_outdir_folder(job->dir, method, err);
    if (!st)
        st = mien_model_save(job->dir, fit, meaning, job->dataset, job->run, &job->examples, err);
    if (!st)
        st = mien_pictures_write(job->dir, method, fit, job->dataset->shape, &job->examples,
                                 job->run->example, job->style, err);
    if (!st && meaning->has_memberships)
        st = write_memberships(job->dir, method, fit, meaning, job->dataset, job->style, err);
    return st ? st
              : mien_page_add_method(&job->sections[f], job->dir, fit, job->dataset, job->style,
                                     err);
}

static mien_status write_tables(const struct job *job, mien_error *err)
{
    mien_status st = mien_columns_write(job->dir, job->dataset, err);
    return st ? st : mien_images_write(job->dir, job->dataset, err);
}

static void write_part(void *context, size_t part, unsigned worker)
{
    (void)worker;
    struct job *job = context;
    mien_error *err = &job->errors[part];
    mien_status st = MIEN_OK;
    if (part > job->n_fits)
        st = write_tables(job, err);
    else if (part > 0)
        st = write_fit(job, part - 1, err);
    else if (job->n_fits)
        st = write_figures(job->dir, job->fits, job->n_fits, job->dataset->shape, &job->examples,
                           job->run->example, job->style, err);
    err->status = st;
}

/* All parts on the run's threads; the first error in their order is the one reported. */
static mien_status write_parts(struct job *job, mien_error *err)
{
    size_t parts = job->n_fits + 2;
    mien_pool *pool = NULL;
    mien_status st = MIEN_ERR_NOMEM;
    job->errors = mien_alloc_array(parts, sizeof *job->errors);
    if (job->errors)
        st = mien_pool_create(job->run->options->threads, &pool);
    if (st)
        mien_fail_plain(err, st);
    else
        mien_pool_run(pool, parts, write_part, job);
    for (size_t part = 0; part < parts && !st; part++) {
        st = job->errors[part].status;
        if (st && err)
            *err = job->errors[part];
    }
    mien_pool_free(pool);
    mien_free(job->errors);
    return st;
}

/* What tells of all fits. */
static mien_status write_overview(const struct job *job, mien_error *err)
{
    const mien_run_info *run = job->run;
    mien_status st = mien_summary_write(job->dir, job->fits, job->meanings, job->n_fits,
                                        job->failures, job->n_failures, job->dataset, run, err);
    for (size_t f = 0; f < job->n_fits && run->parts; f++)
        run->parts[f] = job->meanings[f].parts;
    return st ? st
              : mien_page_write(job->dir, job->fits, job->meanings, job->sections, job->n_fits,
                                job->failures, job->n_failures, job->dataset, run, err);
}

static void free_results(struct job *job)
{
    for (size_t f = 0; f < job->n_fits; f++) {
        if (job->meanings)
            mien_meaning_free(&job->meanings[f]);
        if (job->sections)
            mien_text_free(&job->sections[f]);
    }
    mien_free(job->meanings);
    mien_free(job->sections);
}

/* A fit's share of the run's threads. */
static unsigned share_threads(unsigned threads, size_t n_fits)
{
    size_t all = threads ? threads : mien_processors();
    return all > n_fits && n_fits ? (unsigned)(all / n_fits) : 1;
}

mien_status mien_comparison_write(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                                  const mien_failure *failures, size_t n_failures,
                                  const mien_dataset *dataset, const mien_run_info *run,
                                  const mien_style *style, mien_error *err)
{
    mien_style drawn = *style;
    drawn.ink = dataset->ink;
    struct job job = {.dir = dir,
                      .fits = fits,
                      .n_fits = n_fits,
                      .failures = failures,
                      .n_failures = n_failures,
                      .dataset = dataset,
                      .run = run,
                      .style = &drawn,
                      .threads = share_threads(run->options->threads, n_fits),
                      .meanings = mien_alloc_array(n_fits, sizeof *job.meanings),
                      .sections = mien_alloc_array(n_fits, sizeof *job.sections)};
    mien_status st = job.meanings && job.sections ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (!st)
        st = mien_examples_take(dataset, run->example, &job.examples, err);
    if (!st)
        st = write_parts(&job, err);
    if (!st)
        st = write_overview(&job, err);
    free_results(&job);
    mien_examples_free(&job.examples);
    return st;
}

/* ---------------------------------------------------------------- drawing again */

static mien_status choose_example(const mien_model *model, const size_t *wanted, size_t *example,
                                  mien_error *err)
{
    *example = wanted ? *wanted : model->examples.index[0];
    if (*example >= model->fit.n)
        return mien_fail(err, MIEN_ERR_ARG, "--example %zu: the model has images 0 to %zu",
                         *example, model->fit.n - 1);
    return MIEN_OK;
}

/* The data that models were learned from, read once for all of them and only when it is needed. */
struct recall {
    bool tried, there;
    mien_dataset dataset;
};

/* The data of a model, or NULL. Data that is gone or has changed is no error: its pictures are not
 * drawn then. */
static const mien_dataset *recall_data(struct recall *recall, const mien_model *model)
{
    if (!recall->tried) {
        mien_load_options options = {.normalize = model->normalize,
                                     .ink = model->ink,
                                     .for_model = true,
                                     .color = model->color,
                                     .fit = model->fit_mode,
                                     .white = model->white};
        if (!model->is_table) { /* --size, or what most images had then */
            options.width = model->shape.width;
            options.height = model->shape.height;
        }
        recall->there = !mien_dataset_load(model->input, &options, &recall->dataset, NULL);
        recall->tried = true;
    }
    const mien_dataset *d = &recall->dataset;
    bool same = recall->there && d->fingerprint == model->fingerprint &&
                d->normalize == model->normalize && d->pixels.p == model->fit.p &&
                d->pixels.n == model->fit.n;
    return same ? d : NULL;
}

static void recall_free(struct recall *recall)
{
    if (recall->there)
        mien_dataset_free(&recall->dataset);
}

/* When the example is none of those that the model holds, look for it where it came from. */
static void fetch_original(mien_model *model, struct recall *recall, size_t example)
{
    if (mien_examples_find(&model->examples, example))
        return;
    const mien_dataset *dataset = recall_data(recall, model);
    mien_examples fresh;
    if (dataset && !mien_examples_take(dataset, example, &fresh, NULL)) {
        mien_examples_free(&model->examples);
        model->examples = fresh;
    }
}

/* exemplars.png, whose photographs no model holds. */
static mien_status render_exemplars(const mien_model *model, struct recall *recall,
                                    mien_outdir *dir, const char *folder, const mien_style *style,
                                    mien_error *err)
{
    if (!(mien_method_describe(model->fit.method)->traits & MIEN_MEMBERSHIPS))
        return MIEN_OK;
    const mien_dataset *dataset = recall_data(recall, model);
    if (!dataset)
        return MIEN_OK;
    mien_memberships memberships;
    mien_source X = mien_pixels_source(&dataset->pixels);
    mien_status st = mien_memberships_measure(&model->fit, &X, &memberships, err);
    if (st)
        return st;
    st = mien_exemplars_write(dir, folder, &model->fit, &memberships, dataset, style, err);
    mien_memberships_free(&memberships);
    return st;
}

static mien_status render_model(mien_model *model, struct recall *recall, mien_outdir *dir,
                                const char *folder, const mien_style *style, const size_t *wanted,
                                mien_error *err)
{
    size_t example;
    mien_status st = choose_example(model, wanted, &example, err);
    if (st)
        return st;
    mien_style drawn = *style;
    drawn.ink = model->ink;
    fetch_original(model, recall, example);
    st = mien_pictures_write(dir, folder, &model->fit, model->shape, &model->examples, example,
                             &drawn, err);
    return st ? st : render_exemplars(model, recall, dir, folder, &drawn, err);
}

/* Every model of a comparison into a folder of its own, and the figure of all. */
static mien_status render_comparison(const char *path, mien_outdir *dir, const mien_style *style,
                                     const size_t *wanted, mien_error *err)
{
    size_t count = mien_method_count(), loaded = 0;
    struct recall recall = {0};
    mien_model *models = mien_alloc_array(count, sizeof *models);
    const mien_fit **fits = mien_alloc_array(count, sizeof *fits);
    mien_status st = models && fits ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t i = 0; i < count && !st; i++) {
        const char *name = mien_method_describe(mien_method_at(i))->name;
        char folder[MIEN_PATH_MAX];
        snprintf(folder, sizeof folder, "%s/%s", path, name);
        if (!mien_is_model(folder))
            continue;
        st = mien_model_load(folder, &models[loaded], err);
        if (st)
            break;
        fits[loaded] = &models[loaded].fit;
        if (fits[loaded]->p != fits[0]->p || fits[loaded]->n != fits[0]->n)
            st = mien_fail(err, MIEN_ERR_FORMAT, "%s: its models are not of the same data", path);
        loaded++;
        if (!st)
            st = mien_outdir_folder(dir, name, err);
        if (!st)
            st = render_model(&models[loaded - 1], &recall, dir, name, style, wanted, err);
    }
    size_t example;
    mien_style drawn = *style;
    drawn.ink = loaded ? models[0].ink : MIEN_INK_NONE;
    if (!st)
        st = choose_example(&models[0], wanted, &example, err);
    if (!st)
        st = write_figures(dir, fits, loaded, models[0].shape, &models[0].examples, example, &drawn,
                           err);
    for (size_t i = 0; i < loaded; i++)
        mien_model_free(&models[i]);
    recall_free(&recall);
    mien_free(models);
    mien_free(fits);
    return st;
}

/* A mark by which a later --force knows the folder as mien's own. */
static mien_status write_mark(mien_outdir *dir, const char *path, mien_error *err)
{
    bool failed = false;
    json_t *o = json_object();
    mien_json_set(o, "version", json_string(MIEN_VERSION), &failed);
    mien_json_set(o, "command", json_string("mien render"), &failed);
    mien_json_set_path(o, "model", path, &failed);
    return mien_json_write(o, failed, dir, "render.json", err);
}

mien_status mien_render(const char *path, mien_outdir *dir, const mien_style *style,
                        const size_t *example, mien_error *err)
{
    mien_status st;
    if (mien_is_model(path)) {
        mien_model model;
        struct recall recall = {0};
        st = mien_model_load(path, &model, err);
        if (!st) {
            st = render_model(&model, &recall, dir, "", style, example, err);
            recall_free(&recall);
            mien_model_free(&model);
        }
    } else if (mien_is_comparison(path)) {
        st = render_comparison(path, dir, style, example, err);
    } else {
        st = mien_fail(err, MIEN_ERR_FORMAT,
                       "%s holds no model: give a folder that mien learn or compare wrote", path);
    }
    return st ? st : write_mark(dir, path, err);
}
