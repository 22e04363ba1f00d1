/* rank_report.c - a search for r: run it with a state file, and write what it found.
 * SPDX-License-Identifier: MIT */
#include "base/files.h"
#include "base/status.h"
#include "base/text.h"
#include "figures/rank_picture.h"
#include "report/json.h"
#include "report/model/model.h"
#include "report/rank_state.h"
#include "study/rank/rank.h"

#include <math.h>
#include <stdio.h>

mien_status mien_rank_run(const mien_dataset *dataset, const mien_rank_options *asked,
                          const char *state, mien_rank *out, mien_error *err)
{
    mien_source X = mien_pixels_source(&dataset->pixels);
    mien_rank_options chosen = *asked, *options = &chosen;
    mien_rank_range(options, X.n, X.p);
    if (!state)
        return mien_rank_study(&X, options, NULL, out, err);
    mien_rank_state file;
    mien_status st = mien_rank_options_check(options, X.n, X.p, err);
    if (!st)
        st = mien_rank_state_open(state, dataset, options, &file, err);
    if (st)
        return st;
    mien_cell_keeper keeper = mien_rank_state_keeper(&file);
    st = mien_rank_study(&X, options, &keeper, out, err);
    mien_rank_state_close(&file);
    return st;
}

/* ---------------------------------------------------------------- rank.csv */

static void add_number(mien_text *text, double value)
{
    if (isfinite(value))
        mien_text_printf(text, ",%.9g", value);
    else
        mien_text_add(text, ",");
}

/* One row an r; empty where nothing was measured. */
static mien_status write_table(mien_outdir *dir, const mien_rank *rank, mien_error *err)
{
    mien_text text = {0};
    mien_text_add(&text, "r,held_out_kl,held_out_kl_error,fitted_kl,held_out_frobenius,"
                         "held_out_frobenius_error,fitted_frobenius,permuted_kl,stability,"
                         "stability_error,cophenetic,held_out_negative_binomial,"
                         "held_out_negative_binomial_error\n");
    for (size_t i = 0; i < rank->n_points; i++) {
        const mien_rank_point *p = &rank->points[i];
        mien_text_printf(&text, "%zu", p->r);
        for (size_t loss = 0; loss < 2; loss++) {
            add_number(&text, p->held_out[loss]);
            add_number(&text, p->held_out_error[loss]);
            add_number(&text, p->fitted[loss]);
        }
        add_number(&text, p->permuted);
        add_number(&text, p->stability);
        add_number(&text, p->stability_error);
        add_number(&text, p->cophenetic);
        add_number(&text, p->steep);
        add_number(&text, p->steep_error);
        mien_text_add(&text, "\n");
    }
    mien_status st = text.failed ? mien_fail_plain(err, MIEN_ERR_NOMEM)
                                 : mien_outdir_write(dir, "rank.csv", text.bytes, text.length, err);
    mien_text_free(&text);
    return st;
}

/* ---------------------------------------------------------------- summary.json */

static json_t *choice_json(size_t choice)
{
    return choice ? mien_json_size(choice) : json_null();
}

static json_t *criterion_json(const mien_criterion *c, bool *failed)
{
    json_t *o = json_object();
    mien_json_set(o, "key", json_string(c->key), failed);
    mien_json_set(o, "name", json_string(c->name), failed);
    mien_json_set(o, "source", json_string(c->source), failed);
    mien_json_set(o, "decides", json_boolean(c->decides), failed);
    mien_json_set(o, "choice", choice_json(c->choice), failed);
    mien_json_set(o, "at_start_of_range", json_boolean(c->at_start), failed);
    mien_json_set(o, "at_end_of_range", json_boolean(c->at_end), failed);
    mien_json_set(o, "note", mien_json_text(c->note), failed);
    return o;
}

/* How the variance grows with the model, and whose loss decides therefore. */
static json_t *noise_json(const mien_rank *rank, bool *failed)
{
    static const char *const words[] = {"unknown", "constant", "counts", "steep"};
    json_t *o = json_object();
    mien_json_set(o, "kind", json_string(words[rank->noise]), failed);
    mien_json_set(o, "note", json_string(rank->noise_note), failed);
    mien_json_set(o, "growth", mien_json_real(rank->growth), failed);
    return o;
}

static json_t *criteria_json(const mien_rank *rank, bool *failed)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rank->n_criteria; i++)
        if (json_array_append_new(list, criterion_json(&rank->criteria[i], failed)) != 0)
            *failed = true;
    return list;
}

static json_t *options_json(const mien_rank_options *o, bool *failed)
{
    json_t *j = json_object();
    mien_json_set(j, "low", mien_json_size(o->low), failed);
    mien_json_set(j, "high", mien_json_size(o->high), failed);
    mien_json_set(j, "step", mien_json_size(o->step), failed);
    mien_json_set(j, "masks", mien_json_size(o->masks), failed);
    mien_json_set(j, "hidden", mien_json_real(o->hidden), failed);
    mien_json_set(j, "starts", mien_json_size(o->starts), failed);
    mien_json_set(j, "iterations", mien_json_size(o->iterations), failed);
    mien_json_set(j, "tolerance", mien_json_real(o->tolerance), failed);
    mien_json_set(j, "seed", json_integer((json_int_t)o->seed), failed);
    return j;
}

static json_t *data_json(const mien_dataset *dataset, bool *failed)
{
    char fingerprint[32];
    json_t *o = json_object();
    mien_fingerprint_words(dataset->fingerprint, fingerprint, sizeof fingerprint);
    mien_json_set(o, "fingerprint", json_string(fingerprint), failed);
    mien_json_set(o, "normalize", json_string(mien_normalize_name(dataset->normalize)), failed);
    return o;
}

static mien_status write_summary(mien_outdir *dir, const mien_rank *rank,
                                 const mien_dataset *dataset, const mien_run_info *run,
                                 mien_error *err)
{
    bool failed = false;
    json_t *o = json_object(), *noise = json_object();
    mien_json_set(noise, "kl", mien_json_real(rank->relevance_dispersion[0]), &failed);
    mien_json_set(noise, "frobenius", mien_json_real(rank->relevance_dispersion[1]), &failed);
    mien_json_set(o, "version", json_string(MIEN_VERSION), &failed);
    mien_json_set(o, "command", mien_json_text(run->command), &failed);
    mien_json_set_path(o, "input", run->input, &failed);
    mien_json_set(o, "options", options_json(&rank->options, &failed), &failed);
    mien_json_set(o, "seed", json_integer((json_int_t)rank->options.seed), &failed);
    mien_json_set(o, "data", data_json(dataset, &failed), &failed);
    mien_json_set(o, "ink", mien_ink_json(dataset->ink), &failed);
    mien_json_set(o, "N", mien_json_size(rank->n), &failed);
    mien_json_set(o, "p", mien_json_size(rank->p), &failed);
    mien_json_set(o, "recommended", choice_json(rank->recommended), &failed);
    mien_json_set(o, "least", choice_json(rank->min), &failed);
    mien_json_set(o, "most", choice_json(rank->max), &failed);
    mien_json_set(o, "may_lie_beyond", json_boolean(rank->beyond), &failed);
    mien_json_set(o, "may_lie_below", json_boolean(rank->below), &failed);
    mien_json_set(o, "weaker_may_hide", json_boolean(rank->faint > 0), &failed);
    mien_json_set(o, "noise", noise_json(rank, &failed), &failed);
    mien_json_set(o, "sentence", mien_json_text(rank->sentence), &failed);
    mien_json_set(o, "rule", mien_json_text(rank->rule), &failed);
    mien_json_set(o, "criteria", criteria_json(rank, &failed), &failed);
    mien_json_set(o, "dispersion", noise, &failed);
    mien_json_set(o, "hidden_left_out", mien_json_size(rank->left_out), &failed);
    mien_json_set(o, "fits", mien_json_size(rank->total), &failed);
    return mien_json_write(o, failed, dir, "summary.json", err);
}

mien_status mien_rank_write(mien_outdir *dir, const mien_rank *rank, const mien_dataset *dataset,
                            const mien_run_info *run, mien_error *err)
{
    if (rank->interrupted || rank->n_points == 0)
        return mien_fail(err, MIEN_ERR_ARG, "the search for r is not finished");
    mien_status st = write_table(dir, rank, err);
    if (!st)
        st = mien_rank_picture_write(dir, rank, err);
    if (!st)
        st = write_summary(dir, rank, dataset, run, err);
    return mien_outdir_told(dir, st, err);
}
