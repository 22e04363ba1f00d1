/* inspect.c - data and models in words, and as JSON for programs.
 * SPDX-License-Identifier: MIT
 *
 * What is printed goes to a terminal: names of files and strings of a model may hold anything, and
 * pass through mien_text_add_visible() or mien_text_add_json(). */
#include "base/disk/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "figures/words.h"
#include "methods/frame.h"
#include "report/files/names.h"
#include "report/model/model.h"
#include "report/summary.h"

#include <stdio.h>

/* ---------------------------------------------------------------- data as JSON */

static json_t *formats_json(const mien_dataset *d)
{
    json_t *o = json_object();
    for (size_t i = 0; i < d->n_formats; i++)
        o = mien_json_more(o,
                           MIEN_MEMBERS({d->formats[i].name, mien_json_size(d->formats[i].count)}));
    return o;
}

static json_t *sizes_json(const mien_dataset *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < d->n_sizes && i < sizeof d->sizes / sizeof *d->sizes; i++)
        list = mien_json_append(list, MIEN_JSON({"width", mien_json_size(d->sizes[i].width)},
                                                {"height", mien_json_size(d->sizes[i].height)},
                                                {"count", mien_json_size(d->sizes[i].count)}));
    return list;
}

static json_t *image_json(const mien_dataset *d, size_t index)
{
    return mien_json_path(MIEN_JSON({"index", mien_json_size(index + 1)}), "path",
                          d->images[index].path);
}

static json_t *constant_json(const mien_dataset *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < d->n_constant; i++)
        list = mien_json_append(list, image_json(d, d->constant[i]));
    return list;
}

static json_t *duplicates_json(const mien_dataset *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < d->n_duplicates; i++)
        list = mien_json_append(
            list,
            mien_json_append(mien_json_append(json_array(), image_json(d, d->duplicates[i][0])),
                             image_json(d, d->duplicates[i][1])));
    return list;
}

/* Bytes that `compare` takes, by its defaults; *r: of so many components. */
static double need_of(const mien_dataset *d, size_t *r)
{
    enum { MOST = 16 };
    const mien_method *methods[MOST];
    mien_options options = mien_options_default();
    size_t count = mien_method_count() < MOST ? mien_method_count() : MOST;
    for (size_t m = 0; m < count; m++)
        methods[m] = mien_method_at(m);
    options.r = mien_components_default(d->pixels.n, d->pixels.p);
    if (r)
        *r = options.r;
    return mien_plan_make(d, &options, methods, count, 1, MIEN_PAGE_IMAGES).total;
}

static mien_status dataset_json(const mien_dataset *d, const char *input, char **out,
                                mien_error *err)
{
    json_t *o = mien_json_path(json_object(), "input", input);
    o = mien_json_more(
        o,
        MIEN_MEMBERS(
            {"N", mien_json_size(d->pixels.n)}, {"p", mien_json_size(d->pixels.p)},
            {"height", mien_json_size(d->shape.height)}, {"width", mien_json_size(d->shape.width)},
            {"channels", mien_json_size(d->shape.channels)},
            {"stored", json_string(mien_pixel_type_name(d->pixels.type))},
            {"normalize", json_string(mien_normalize_name(d->normalize))},
            {"ink", mien_json_text(mien_ink_name(d->ink))},
            {"black_border", mien_json_real(d->black_border)},
            {"clipped", mien_json_real(d->pixels.clipped)}, {"least", mien_json_real(d->min)},
            {"greatest", mien_json_real(d->max)},
            {"fingerprint", mien_fingerprint_json(d->fingerprint)}, {"formats", formats_json(d)},
            {"sizes", sizes_json(d)}, {"skipped", mien_json_size(d->n_skipped)},
            {"results_left_out", mien_json_size(d->n_results)}, {"constant", constant_json(d)},
            {"duplicates", duplicates_json(d)}, {"rejected", mien_rejected_json(d)},
            {"memory", json_integer((json_int_t)need_of(d, NULL))},
            {"remarks", d->n_remarks ? mien_json_texts(d->remarks, d->n_remarks) : json_array()}));
    mien_text plain = {0}, text = {0};
    mien_status st = mien_json_dump(o, &plain.bytes, &plain.length, err);
    if (!st)
        mien_text_add_json(&text, plain.bytes);
    mien_text_free(&plain);
    return st ? st : mien_text_take(&text, out, err);
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
    size_t r;
    double need = need_of(d, &r) / (1 << 20);
    mien_text_printf(&text, "memory        about %.0f MB for compare with r = %zu\n", need, r);
    mien_text_printf(&text, "fingerprint   %016llx\n", (unsigned long long)d->fingerprint);
    for (size_t i = 0; i < d->n_remarks; i++)
        mien_text_printf(&text, "note          %s\n", d->remarks[i]);
    return mien_text_take(&text, out, err);
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
    mien_text_printf(text, "  weights             %s%zu %s%s\n", fit->W ? "" : "of ", fit->n,
                     words.things, fit->W ? "" : ", not kept");
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
                     fit->iterations, mien_stop_name(fit->stop, MIEN_STOP_SHORT), fit->seconds,
                     (unsigned long long)model->options.seed);
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
    char folder[MIEN_PATH_MAX];
    const char *name;
    size_t at = 0;
    if (mien_is_model(path)) {
        st = inspect_one(path, json, &text, err);
    } else {
        while (!st && mien_model_next(path, &at, &name, folder)) {
            if (json)
                mien_text_printf(&text, "%s\"%s\": ", text.length ? ",\n" : "{\n", name);
            else if (text.length)
                mien_text_add(&text, "\n");
            st = inspect_one(folder, json, &text, err);
        }
        if (json)
            mien_text_add(&text, "}\n");
    }
    if (st) {
        mien_text_free(&text);
        return st;
    }
    return mien_text_take(&text, out, err);
}
