/* result.c - write a run's results, or what can be kept of them.
 * SPDX-License-Identifier: MIT
 *
 * The parts of a comparison do not need each other and are written by the run's threads. Each has
 * its own error, and the first in the order of the parts is reported, so that a failure is told the
 * same way for any number of threads. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include "base/disk/files.h"
#include "base/disk/outdir.h"
#include "base/disk/tree.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/pulse.h"
#include "base/status.h"
#include "data/npy.h"
#include "report/listings.h"
#include "report/model/examples.h"
#include "report/model/model.h"
#include "report/page/page.h"
#include "report/pictures.h"
#include "report/summary.h"
#include "report/truth_report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- writing */

/* The parts of an output folder, written side by side: the figure, which takes longest and so
 * begins, a folder a fit, tables. What tells of all of them comes after. */
struct job {
    mien_output out; /* of what tells of all; each part has a copy */
    const mien_fit *const *fits;
    size_t n_fits;
    const mien_failure *failures;
    size_t n_failures;
    mien_examples examples;
    mien_shown shown;
    mien_seen *seen;        /* n_fits; fits without weights as pictures want them, else zero */
    unsigned threads;       /* of a part */
    mien_meaning *meanings; /* n_fits, as the next */
    json_t **models;        /* the members of each model.json */
    mien_error *errors;     /* one a part; MIEN_OK when it went well */
};

static const mien_fit *shown_fit(const struct job *job, size_t f)
{
    return job->fits[f]->W ? job->fits[f] : &job->seen[f].fit;
}

/* Weights that were not kept are found for the examples: of all fits, since all went without. */
static void find_seen(struct job *job)
{
    mien_output *out = &job->out;
    for (size_t f = 0; f < job->n_fits && !out->status; f++) {
        if (job->fits[f]->W)
            continue;
        out->status = mien_seen_find(job->fits[f], out->run->options, &job->examples, &job->seen[f],
                                     out->err);
        job->shown.examples = &job->seen[f].examples;
        job->shown.example = 0;
    }
}

static void write_fit(const struct job *job, size_t f, mien_output *out)
{
    const mien_fit *fit = job->fits[f];
    const mien_dataset *dataset = out->dataset;
    mien_meaning *meaning = &job->meanings[f];
    out->folder = mien_method_describe(fit->method)->name;
    out->status = mien_meaning_measure(fit, dataset, job->threads, meaning, out->err);
    if (!out->status)
        out->status = mien_outdir_folder(out->dir, out->folder, out->err);
    if (out->status)
        return;
    mien_model_save(out, fit, meaning, &job->examples, &job->models[f]);
    mien_hold_begin();
    mien_pictures_write(out, shown_fit(job, f), &job->shown);
    mien_rows_list(out, fit, meaning);
    if (dataset->is_table)
        mien_basis_list(out, fit);
    if (meaning->has_memberships) {
        mien_memberships_write(out, fit, meaning);
        mien_exemplars_write(out, fit, &meaning->memberships);
    }
    mien_hold_end();
}

static void write_part(void *context, size_t part, unsigned worker)
{
    (void)worker;
    struct job *job = context;
    mien_output out = job->out;
    out.err = &job->errors[part];
    if (part > job->n_fits) {
        mien_columns_list(&out);
        mien_images_list(&out);
    } else if (part > 0) {
        write_fit(job, part - 1, &out);
    } else if (job->n_fits) {
        const mien_fit **fits = mien_output_alloc(&out, job->n_fits, sizeof *fits);
        for (size_t f = 0; f < job->n_fits && fits; f++)
            fits[f] = shown_fit(job, f);
        mien_hold_begin();
        mien_figures_write(&out, fits, job->n_fits, &job->shown);
        mien_hold_end();
        mien_free(fits);
    }
    out.err->status = out.status;
}

/* All parts on the run's threads; the first error in their order is the one reported. */
static mien_status write_parts(struct job *job, mien_error *err)
{
    size_t parts = job->n_fits + 2;
    mien_pool *pool = NULL;
    mien_status st = MIEN_ERR_NOMEM;
    job->errors = mien_alloc_array(parts, sizeof *job->errors);
    if (job->errors)
        st = mien_pool_create(job->out.run->options->threads, &pool);
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

static void write_page(struct job *job, const json_t *summary)
{
    const mien_output *out = &job->out;
    mien_page page = {.kind = "comparison",
                      .summary = summary,
                      .fits = job->fits,
                      .models = job->models,
                      .n_fits = job->n_fits,
                      .examples = &job->examples,
                      .dataset = out->dataset,
                      .palette = out->style->palette,
                      .example = out->run->example,
                      .max_images = out->style->page_images,
                      .threads = out->run->options->threads};
    mien_page_write(&job->out, &page);
}

/* What tells of all fits. */
static void write_overview(struct job *job)
{
    mien_output *out = &job->out;
    const mien_run_info *run = out->run;
    if (run->truth && !out->status)
        out->status = mien_truth_measure(run->truth, job->fits, job->n_fits, out->err);
    if (out->status)
        return;
    for (size_t f = 0; f < job->n_fits && run->parts; f++)
        run->parts[f] = job->meanings[f].parts;
    for (size_t f = 0; f < job->n_fits && run->crosses; f++) {
        mien_text text = {0};
        mien_cross_words(&job->meanings[f], mien_method_describe(job->fits[f]->method)->title,
                         &text);
        run->crosses[f] = text.bytes; /* changes hands */
        if (text.failed)
            mien_output_fail(out, MIEN_ERR_NOMEM);
    }
    json_t *summary = mien_summary_json(out, job->fits, job->meanings, job->n_fits, job->failures,
                                        job->n_failures);
    if (!out->status)
        write_page(job, summary);
    mien_output_json(out, "summary.json", summary);
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
    struct job job = {.out = {dir, "", dataset, run, &drawn, MIEN_OK, err},
                      .fits = fits,
                      .n_fits = n_fits,
                      .failures = failures,
                      .n_failures = n_failures,
                      .threads = share_threads(run->options->threads, n_fits)};
    job.shown = (mien_shown){dataset->shape, dataset->is_table, dataset->columns, &job.examples,
                             run->example};
    mien_output *out = &job.out;
    job.meanings = mien_output_alloc(out, n_fits, sizeof *job.meanings);
    job.models = mien_output_alloc(out, n_fits, sizeof *job.models);
    if (!out->status)
        out->status = mien_examples_take(dataset, run->example, &job.examples, err);
    job.seen = mien_output_alloc(out, n_fits, sizeof *job.seen);
    find_seen(&job);
    if (!out->status)
        out->status = write_parts(&job, err);
    write_overview(&job);
    for (size_t f = 0; f < n_fits && job.meanings && job.models; f++) {
        mien_meaning_free(&job.meanings[f]);
        json_decref(job.models[f]);
    }
    for (size_t f = 0; f < n_fits && job.seen; f++)
        mien_seen_free(&job.seen[f]);
    mien_free(job.seen);
    mien_free(job.meanings);
    mien_free(job.models);
    mien_examples_free(&job.examples);
    return mien_outdir_told(dir, out->status, err);
}

/* ---------------------------------------------------------------- keeping what there is */

static mien_status keep_fit(const char *folder, const mien_fit *fit, mien_error *err)
{
    const struct {
        const char *name;
        const float *values;
        size_t rows, columns;
    } arrays[] = {{"weights", fit->W, fit->n, fit->r},
                  {"basis", fit->H, fit->r, fit->p},
                  {"mean", fit->mu, 1, fit->p}};
    char path[MIEN_PATH_MAX + 64];
    const char *method = mien_method_describe(fit->method)->name;
    mien_status st = MIEN_OK;
    snprintf(path, sizeof path, "%s/%s", folder, method);
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(errno));
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays && !st; a++) {
        snprintf(path, sizeof path, "%s/%s/%s.npy", folder, method, arrays[a].name);
        if (arrays[a].values)
            st = mien_npy_write(path, arrays[a].values,
                                (size_t[]){arrays[a].rows, arrays[a].columns}, 2, err);
    }
    return st;
}

static mien_status keep_fits(const char *folder, const mien_fit *const *fits, size_t n_fits,
                             mien_error *err)
{
    mien_status st = n_fits ? MIEN_OK : mien_fail(err, MIEN_ERR_ARG, "there are none");
    for (size_t f = 0; f < n_fits && !st; f++)
        st = keep_fit(folder, fits[f], err);
    return st ? st : mien_tree_sync(folder, err);
}

/* In a new folder where temporary files are kept. */
static mien_status keep_elsewhere(const mien_fit *const *fits, size_t n_fits, char *where,
                                  size_t size, mien_error *err)
{
    const char *above = getenv("TMPDIR");
    if ((size_t)snprintf(where, size, "%s/mien-kept-XXXXXX", above && *above ? above : "/tmp") >=
            size ||
        !mkdtemp(where))
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", where, strerror(errno));
    mien_status st = keep_fits(where, fits, n_fits, err);
    if (st)
        mien_tree_remove(AT_FDCWD, where);
    return st;
}

mien_status mien_fits_keep(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                           char *where, size_t size, mien_error *err)
{
    char built[MIEN_PATH_MAX];
    mien_status st = mien_outdir_path(dir, "", built, sizeof built, err);
    if (!st)
        st = mien_outdir_restart(dir, err);
    if (!st)
        st = keep_fits(built, fits, n_fits, err);
    if (!st)
        return mien_outdir_commit_aside(dir, "kept", where, size, err);
    mien_outdir_abandon(dir);
    return n_fits ? keep_elsewhere(fits, n_fits, where, size, err) : st;
}
