/* rank_report.c - a search for r: run it with a checkpoint, and write what it found.
 * SPDX-License-Identifier: MIT
 *
 * What is kept is read here and not in the study, which knows no data sets: it asks a keeper
 * whether a fit is known already. */
#include "base/disk/files.h"
#include "base/disk/outdir.h"
#include "base/status.h"
#include "figures/rank_picture.h"
#include "report/files/names.h"
#include "report/rank_state.h"
#include "report/studies.h"
#include "report/summary.h"
#include "study/rank/rank.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

mien_status mien_rank_run(const mien_dataset *dataset, const mien_rank_options *asked,
                          mien_checkpoint *checkpoint, mien_rank *out, mien_error *err)
{
    mien_status st = mien_check_given(err, dataset, asked, out);
    if (st)
        return st;
    mien_source X = mien_dataset_source(dataset);
    mien_rank_options chosen = *asked, *options = &chosen;
    mien_rank_range(options, X.n, X.p);
    mien_rank_state kept;
    st = mien_rank_options_check(options, X.n, X.p, err);
    if (!st && checkpoint)
        st = mien_rank_state_open(checkpoint, dataset, options, &kept, err);
    if (st)
        return st;
    if (!checkpoint)
        return mien_rank_study(&X, options, NULL, out, err);
    mien_cell_keeper keeper = mien_rank_state_keeper(&kept);
    st = mien_rank_study(&X, options, &keeper, out, err);
    mien_rank_state_close(&kept);
    return st;
}

/* ---------------------------------------------------------------- what was measured at each r */

/* A member of a point, and the one that says whether it was measured there. */
#define MEMBER(member, measured)                                                                   \
    offsetof(mien_rank_point, member), offsetof(mien_rank_point, measured)
#define OF_KL(member)        MEMBER(member, held_out_measured[MIEN_RANK_KL])
#define OF_FROBENIUS(member) MEMBER(member, held_out_measured[MIEN_RANK_FROBENIUS])
#define OF_PERMUTED(member)  MEMBER(member, permuted_measured)
#define OF_STARTS(member)    MEMBER(member, alike_measured)

/* Columns of rank.csv, and of "points" in summary.json. */
static const struct {
    const char *name;
    size_t offset, measured;
} columns[] = {
    {"held_out_kl", OF_KL(held_out[MIEN_RANK_KL])},
    {"held_out_kl_error", OF_KL(held_out_error[MIEN_RANK_KL])},
    {"fitted_kl", OF_KL(fitted[MIEN_RANK_KL])},
    {"held_out_frobenius", OF_FROBENIUS(held_out[MIEN_RANK_FROBENIUS])},
    {"held_out_frobenius_error", OF_FROBENIUS(held_out_error[MIEN_RANK_FROBENIUS])},
    {"fitted_frobenius", OF_FROBENIUS(fitted[MIEN_RANK_FROBENIUS])},
    {"permuted_kl", OF_PERMUTED(permuted)},
    {"stability", OF_STARTS(stability)},
    {"stability_error", OF_STARTS(stability_error)},
    {"cophenetic", OF_STARTS(cophenetic)},
    {"held_out_negative_binomial", OF_KL(steep)},
    {"held_out_negative_binomial_error", OF_KL(steep_error)},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static double number_of(const mien_rank_point *point, size_t column)
{
    double value;
    bool measured;
    memcpy(&measured, (const char *)point + columns[column].measured, sizeof measured);
    memcpy(&value, (const char *)point + columns[column].offset, sizeof value);
    return measured ? value : NAN;
}

/* rank.csv: one row an r; empty where nothing was measured. */
static void write_points(mien_output *out, const mien_rank *rank)
{
    mien_table table = mien_table_begin(out, "rank.csv", "r");
    for (size_t c = 0; c < COLUMNS; c++)
        mien_text_printf(&table.text, ",%s", columns[c].name);
    mien_table_row(&table);
    for (size_t i = 0; i < rank->n_points; i++) {
        mien_text_printf(&table.text, "%zu", rank->points[i].r);
        for (size_t c = 0; c < COLUMNS; c++)
            mien_table_number(&table, number_of(&rank->points[i], c));
        mien_table_row(&table);
    }
    mien_table_end(&table);
}

static json_t *points_json(const mien_rank *rank)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rank->n_points; i++) {
        json_t *point = MIEN_JSON({"r", mien_json_size(rank->points[i].r)});
        for (size_t c = 0; c < COLUMNS; c++)
            point = mien_json_more(
                point,
                MIEN_MEMBERS({columns[c].name, mien_json_real(number_of(&rank->points[i], c))}));
        list = mien_json_append(list, point);
    }
    return list;
}

/* ---------------------------------------------------------------- summary.json */

static json_t *choice_json(size_t choice)
{
    return mien_json_known(choice, mien_json_size(choice));
}

static json_t *criteria_json(const mien_rank *rank)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rank->n_criteria; i++) {
        const mien_criterion *c = &rank->criteria[i];
        list = mien_json_append(list, MIEN_JSON({"key", json_string(c->key)},
                                                {"name", json_string(c->name)},
                                                {"source", json_string(c->source)},
                                                {"decides", json_boolean(c->decides)},
                                                {"choice", choice_json(c->choice)},
                                                {"at_start_of_range", json_boolean(c->at_start)},
                                                {"at_end_of_range", json_boolean(c->at_end)},
                                                {"note", mien_json_text(c->note)}));
    }
    return list;
}

static json_t *rank_options_json(const mien_rank_options *o)
{
    return MIEN_JSON({"low", mien_json_size(o->low)}, {"high", mien_json_size(o->high)},
                     {"step", mien_json_size(o->step)}, {"masks", mien_json_size(o->masks)},
                     {"hidden", mien_json_real(o->hidden)}, {"starts", mien_json_size(o->starts)},
                     {"iterations", mien_json_size(o->iterations)},
                     {"tolerance", mien_json_real(o->tolerance)},
                     {"seed", mien_json_seed(o->seed)});
}

static void write_summary(mien_output *out, const mien_rank *rank)
{
    static const char *const noises[] = {"unknown", "constant", "counts", "steep"};
    const mien_dataset *d = out->dataset;
    const double *dispersion = rank->relevance_dispersion;
    char title[128];
    mien_rank_title(rank, title, sizeof title);
    json_t *o = mien_json_path(mien_summary_begin(out->run->command), "input", out->run->input);
    o = mien_json_more(
        o, MIEN_MEMBERS(
               {"options", rank_options_json(&rank->options)},
               {"seed", mien_json_seed(rank->options.seed)}, {"data", mien_dataset_json(d)},
               {"ink", mien_json_text(mien_ink_name(d->ink))}, {"N", mien_json_size(rank->n)},
               {"p", mien_json_size(rank->p)}, {"recommended", choice_json(rank->recommended)},
               {"least", choice_json(rank->min)}, {"most", choice_json(rank->max)},
               {"may_lie_beyond", json_boolean(rank->beyond)},
               {"may_lie_below", json_boolean(rank->below)},
               {"weaker_may_hide", json_boolean(rank->faint > 0)},
               {"noise", MIEN_JSON({"kind", json_string(noises[rank->noise])},
                                   {"note", json_string(rank->noise_note)},
                                   {"growth", mien_json_real(rank->growth)})},
               {"title", mien_json_text(title)}, {"sentence", mien_json_text(rank->sentence)},
               {"rule", mien_json_text(rank->rule)}, {"criteria", criteria_json(rank)},
               {"points", points_json(rank)},
               {"dispersion", MIEN_JSON({"kl", mien_json_real(dispersion[0])},
                                        {"frobenius", mien_json_real(dispersion[1])})},
               {"hidden_left_out", mien_json_size(rank->left_out)},
               {"fits", mien_json_size(rank->total)}));
    mien_output_json(out, "summary.json", o);
}

mien_status mien_rank_write(mien_outdir *dir, const mien_rank *rank, const mien_dataset *dataset,
                            const mien_run_info *run, mien_error *err)
{
    mien_output out = {dir, "", dataset, run, NULL, MIEN_OK, err};
    if (rank->interrupted || rank->n_points == 0)
        return mien_fail(err, MIEN_ERR_ARG, "the search for r is not finished");
    write_points(&out, rank);
    if (!out.status)
        out.status = mien_rank_picture_write(dir, rank, err);
    write_summary(&out, rank);
    mien_study_page_write(&out);
    return mien_outdir_told(dir, out.status, err);
}
