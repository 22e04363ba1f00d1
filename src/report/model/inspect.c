/* inspect.c - data and models in words, and as JSON for programs.
 * SPDX-License-Identifier: MIT */
#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "figures/words.h"
#include "methods/frame.h"
#include "report/json.h"
#include "report/model/model.h"

#include <stdio.h>
#include <stdlib.h>

void mien_string_free(char *text)
{
    mien_free(text);
}

static mien_status hand_over(mien_text *text, char **out, mien_error *err)
{
    if (text->failed || !text->bytes) {
        mien_text_free(text);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    *out = text->bytes;
    return MIEN_OK;
}

static mien_status hand_over_json(json_t *o, bool failed, char **out, mien_error *err)
{
    mien_text text = {0};
    char *dump = failed ? NULL : json_dumps(o, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(o);
    if (!dump)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    mien_text_add_json(&text, dump);
    mien_text_add(&text, "\n");
    free(dump);
    return hand_over(&text, out, err);
}

/* ---------------------------------------------------------------- data as JSON */

static json_t *formats_json(const mien_dataset *d, bool *failed)
{
    json_t *o = json_object();
    for (size_t i = 0; i < d->n_formats; i++)
        mien_json_set(o, d->formats[i].name, mien_json_size(d->formats[i].count), failed);
    return o;
}

static json_t *sizes_json(const mien_dataset *d, bool *failed)
{
    enum { LISTED = sizeof d->sizes / sizeof *d->sizes };
    json_t *list = json_array();
    for (size_t i = 0; i < d->n_sizes && i < LISTED; i++) {
        json_t *o = json_object();
        mien_json_set(o, "width", mien_json_size(d->sizes[i].width), failed);
        mien_json_set(o, "height", mien_json_size(d->sizes[i].height), failed);
        mien_json_set(o, "count", mien_json_size(d->sizes[i].count), failed);
        if (json_array_append_new(list, o) != 0)
            *failed = true;
    }
    return list;
}

static json_t *path_json(const mien_dataset *d, size_t index, bool *failed)
{
    json_t *o = json_object();
    mien_json_set(o, "index", mien_json_size(index + 1), failed);
    mien_json_set_path(o, "path", d->images[index].path, failed);
    return o;
}

static json_t *lists_json(const mien_dataset *d, json_t *to, bool *failed)
{
    json_t *constant = json_array(), *duplicates = json_array(), *rejected = json_array();
    for (size_t i = 0; i < d->n_constant; i++)
        if (json_array_append_new(constant, path_json(d, d->constant[i], failed)) != 0)
            *failed = true;
    for (size_t i = 0; i < d->n_duplicates; i++) {
        json_t *pair = json_array();
        if (json_array_append_new(pair, path_json(d, d->duplicates[i][0], failed)) != 0 ||
            json_array_append_new(pair, path_json(d, d->duplicates[i][1], failed)) != 0 ||
            json_array_append_new(duplicates, pair) != 0)
            *failed = true;
    }
    for (size_t i = 0; i < d->n_refused; i++) {
        json_t *o = json_object();
        mien_json_set_path(o, "path", d->refused[i].path, failed);
        mien_json_set(o, "reason", mien_json_text(d->refused[i].reason), failed);
        if (json_array_append_new(rejected, o) != 0)
            *failed = true;
    }
    mien_json_set(to, "constant", constant, failed);
    mien_json_set(to, "duplicates", duplicates, failed);
    mien_json_set(to, "rejected", rejected, failed);
    json_t *remarks = json_array();
    for (size_t i = 0; i < d->n_remarks; i++)
        if (json_array_append_new(remarks, mien_json_text(d->remarks[i])) != 0)
            *failed = true;
    mien_json_set(to, "remarks", remarks, failed);
    return to;
}

const char *mien_pixel_type_name(mien_pixel_type type)
{
    return type == MIEN_U8 ? "8-bit" : type == MIEN_U16 ? "16-bit" : "float32";
}

static mien_status dataset_json(const mien_dataset *d, const char *input, char **out,
                                mien_error *err)
{
    bool failed = false;
    json_t *o = json_object();
    char fingerprint[32];
    mien_fingerprint_words(d->fingerprint, fingerprint, sizeof fingerprint);
    mien_json_set_path(o, "input", input, &failed);
    mien_json_set(o, "N", mien_json_size(d->pixels.n), &failed);
    mien_json_set(o, "p", mien_json_size(d->pixels.p), &failed);
    mien_json_set(o, "height", mien_json_size(d->shape.height), &failed);
    mien_json_set(o, "width", mien_json_size(d->shape.width), &failed);
    mien_json_set(o, "channels", mien_json_size(d->shape.channels), &failed);
    mien_json_set(o, "stored", json_string(mien_pixel_type_name(d->pixels.type)), &failed);
    mien_json_set(o, "normalize", json_string(mien_normalize_name(d->normalize)), &failed);
    mien_json_set(o, "ink", mien_ink_json(d->ink), &failed);
    mien_json_set(o, "black_border", mien_json_real(d->black_border), &failed);
    mien_json_set(o, "clipped", mien_json_real(d->pixels.clipped), &failed);
    mien_json_set(o, "least", mien_json_real(d->min), &failed);
    mien_json_set(o, "greatest", mien_json_real(d->max), &failed);
    mien_json_set(o, "fingerprint", json_string(fingerprint), &failed);
    mien_json_set(o, "formats", formats_json(d, &failed), &failed);
    mien_json_set(o, "sizes", sizes_json(d, &failed), &failed);
    mien_json_set(o, "skipped", mien_json_size(d->n_skipped), &failed);
    mien_json_set(o, "results_left_out", mien_json_size(d->n_results), &failed);
    lists_json(d, o, &failed);
    return hand_over_json(o, failed, out, err);
}

/* ---------------------------------------------------------------- data in words */

enum { LISTED = 10 };

static void add_more(mien_text *text, size_t count, bool all)
{
    if (!all && count > LISTED)
        mien_text_printf(text, "              and %zu more (-v lists all)\n", count - LISTED);
}

static void add_formats_and_sizes(mien_text *text, const mien_dataset *d)
{
    if (d->n_formats)
        mien_text_add(text, "formats       ");
    for (size_t i = 0; i < d->n_formats; i++)
        mien_text_printf(text, "%s%zu %s", i ? ", " : "", d->formats[i].count, d->formats[i].name);
    if (d->n_formats)
        mien_text_add(text, "\n");
    enum { SIZES = sizeof d->sizes / sizeof *d->sizes };
    if (d->n_sizes)
        mien_text_add(text, "sizes         ");
    for (size_t i = 0; i < d->n_sizes && i < SIZES; i++)
        mien_text_printf(text, "%s%zu of %zux%zu", i ? ", " : "", d->sizes[i].count,
                         d->sizes[i].width, d->sizes[i].height);
    if (d->n_sizes > SIZES)
        mien_text_printf(text, " and %zu other sizes", d->n_sizes - SIZES);
    if (d->n_sizes)
        mien_text_add(text, "\n");
}

/* A line of a list: names of files may hold anything. */
static void add_names(mien_text *text, const char *first, const char *between, const char *second)
{
    mien_text_add(text, "              ");
    mien_text_add_visible(text, first);
    mien_text_add(text, between);
    mien_text_add_visible(text, second);
    mien_text_add(text, "\n");
}

static void add_ink(mien_text *text, const mien_dataset *d)
{
    const char *name = mien_ink_name(d->ink);
    mien_text_printf(text, "ink           %s", name ? name : "none");
    if (d->black_border == d->black_border)
        mien_text_printf(text, ", %.1f %% of border pixels are black", 100 * d->black_border);
    mien_text_add(text, "\n");
}

static void add_lists(mien_text *text, const mien_dataset *d, bool all)
{
    mien_text_printf(text, "constant      %zu\n", d->n_constant);
    for (size_t i = 0; i < d->n_constant && (all || i < LISTED); i++)
        add_names(text, d->images[d->constant[i]].path, "", "");
    add_more(text, d->n_constant, all);
    mien_text_printf(text, "duplicates    %zu\n", d->n_duplicates);
    for (size_t i = 0; i < d->n_duplicates && (all || i < LISTED); i++)
        add_names(text, d->images[d->duplicates[i][0]].path, " = ",
                  d->images[d->duplicates[i][1]].path);
    add_more(text, d->n_duplicates, all);
    mien_text_printf(text, "refused       %zu\n", d->n_refused);
    for (size_t i = 0; i < d->n_refused && (all || i < LISTED); i++)
        add_names(text, d->refused[i].path, ": ", d->refused[i].reason);
    add_more(text, d->n_refused, all);
    mien_text_printf(text, "skipped       %zu other files\n", d->n_skipped);
    if (!d->n_results)
        return;
    mien_text_printf(text, "left out      %zu folders of results of mien, ", d->n_results);
    mien_text_add_visible(text, d->result);
    mien_text_add(text, " the first\n");
}

mien_status mien_inspect_dataset(const mien_dataset *d, const char *input, bool json, bool all,
                                 char **out, mien_error *err)
{
    if (json)
        return dataset_json(d, input, out, err);
    mien_text text = {0};
    mien_text_add(&text, "input         ");
    mien_text_add_visible(&text, input);
    mien_text_add(&text, "\n");
    mien_text_printf(&text, "X             %zu x %zu", d->pixels.n, d->pixels.p);
    if (d->is_table)
        mien_text_printf(&text, ", a table: %zu observations of %zu variables\n", d->pixels.n,
                         d->pixels.p);
    else
        mien_text_printf(&text, ": %zu images of %zux%zu%s\n", d->pixels.n, d->shape.width,
                         d->shape.height, d->shape.channels == 3 ? ", in colour" : "");
    mien_text_printf(&text, "stored        %s, values %g to %g\n",
                     mien_pixel_type_name(d->pixels.type), d->min, d->max);
    mien_text_printf(&text, "normalize     %s", mien_normalize_name(d->normalize));
    if (d->pixels.clipped > 0)
        mien_text_printf(&text, ", clips %.1f %% of the pixels", 100 * d->pixels.clipped);
    mien_text_add(&text, "\n");
    add_ink(&text, d);
    if (d->labels)
        mien_text_printf(&text, "labels        one for each %s\n", d->is_table ? "row" : "image");
    if (d->negative)
        mien_text_printf(&text, "negative      %s; NMF assumes none\n", d->negative);
    add_formats_and_sizes(&text, d);
    add_lists(&text, d, all);
    mien_text_printf(&text, "fingerprint   %016llx\n", (unsigned long long)d->fingerprint);
    for (size_t i = 0; i < d->n_remarks; i++)
        mien_text_printf(&text, "note          %s\n", d->remarks[i]);
    return hand_over(&text, out, err);
}

/* ---------------------------------------------------------------- models */

/* Scores that model.json alone holds; those of earlier versions have none. */
static void add_scores(mien_text *text, const mien_model *model)
{
    static const char *const keys[] = {"localisation", "overlap", "cancellation"};
    json_t *o = json_loads(model->details, 0, NULL);
    const json_t *fit = json_object_get(o, "fit");
    const char *separator = "  parts               ";
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        const json_t *value = json_object_get(fit, keys[k]);
        if (!json_is_number(value))
            continue;
        mien_text_printf(text, "%s%s %.3f", separator, keys[k], json_number_value(value));
        separator = ", ";
    }
    if (separator[0] == ',')
        mien_text_add(text, "\n");
    json_decref(o);
}

static void add_model(mien_text *text, const char *path, const mien_model *model)
{
    const mien_fit *fit = &model->fit;
    const mien_method_info *info = mien_method_describe(fit->method);
    mien_text_add_visible(text, path);
    mien_text_add(text, "\n");
    mien_text_printf(text, "  method              %s (%s), %s\n", info->long_title, info->name,
                     info->citation);
    mien_words words = mien_words_for(model->is_table);
    if (model->is_table)
        mien_text_printf(text, "  basis               %zu components of %zu variables\n", fit->r,
                         fit->p);
    else
        mien_text_printf(text, "  basis               %zu images of %zux%zu%s\n", fit->r,
                         model->shape.width, model->shape.height,
                         model->shape.channels == 3 ? ", in colour" : "");
    mien_text_printf(text, "  weights             %zu %s\n", fit->n, words.things);
    mien_text_printf(text, "  mean %-15s%s\n", words.thing, fit->mu ? "yes" : "no");
    mien_text_printf(text, "  normalize           %s%s\n", mien_normalize_name(model->normalize),
                     mien_ink_words(model->ink));
    mien_text_printf(text, "  loss                %.10g (%s)\n", fit->loss, fit->loss_name);
    mien_text_printf(text, "  relative error      %.4f\n", fit->relative_error);
    mien_text_printf(text, "  variance explained  %.1f %%\n", 100 * fit->explained_variance);
    mien_text_printf(text, "  sparseness          %.3f of the basis, %.3f of the weights\n",
                     fit->sparseness, fit->weights_sparseness);
    add_scores(text, model);
    size_t start, starts;
    mien_fit_start(fit, &model->options, &start, &starts);
    mien_text_printf(text, "  iterations          %zu, %s, %.2f seconds, seed %llu",
                     fit->iterations,
                     fit->stop == MIEN_STOP_CONVERGED    ? "converged"
                     : fit->stop == MIEN_STOP_ITERATIONS ? "all used"
                     : fit->stop == MIEN_STOP_STALLED    ? "stalled"
                                                         : "interrupted",
                     fit->seconds, (unsigned long long)model->options.seed);
    if (start > 1) /* else it is the seed's own */
        mien_text_printf(text, ", start %zu of %zu", start, starts);
    mien_text_add(text, "\n");
    if (fit->note[0]) {
        mien_text_add(text, "  note                ");
        mien_text_add_visible(text, fit->note);
        mien_text_add(text, "\n");
    }
}

static mien_status inspect_one(const char *path, bool json, mien_text *text, mien_error *err)
{
    mien_model model;
    mien_status st = mien_model_load(path, &model, err);
    if (st)
        return st;
    if (json)
        mien_text_add_json(text, model.details);
    else
        add_model(text, path, &model);
    mien_model_free(&model);
    return MIEN_OK;
}

mien_status mien_inspect_model(const char *path, bool json, char **out, mien_error *err)
{
    mien_text text = {0};
    mien_status st = MIEN_OK;
    if (mien_is_model(path)) {
        st = inspect_one(path, json, &text, err);
    } else {
        size_t shown = 0;
        for (size_t i = 0; i < mien_method_count() && !st; i++) {
            const char *name = mien_method_describe(mien_method_at(i))->name;
            char folder[MIEN_PATH_MAX];
            snprintf(folder, sizeof folder, "%s/%s", path, name);
            if (!mien_is_model(folder))
                continue;
            if (json)
                mien_text_printf(&text, "%s\"%s\": ", shown ? ",\n" : "{\n", name);
            else if (shown)
                mien_text_add(&text, "\n");
            st = inspect_one(folder, json, &text, err);
            shown++;
        }
        if (json)
            mien_text_add(&text, "}\n");
    }
    if (st) {
        mien_text_free(&text);
        return st;
    }
    return hand_over(&text, out, err);
}
