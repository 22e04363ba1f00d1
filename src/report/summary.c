/* summary.c - summary.json and images.csv.
 * SPDX-License-Identifier: MIT */
#include "report/summary.h"

#include "base/files.h"
#include "base/status.h"
#include "base/text.h"
#include "report/json.h"
#include "report/model/model.h"
#include "report/truth_report.h"

#include <stdio.h>

json_t *mien_dataset_json(const mien_dataset *dataset, bool *failed)
{
    json_t *o = json_object();
    char fingerprint[32];
    mien_fingerprint_words(dataset->fingerprint, fingerprint, sizeof fingerprint);
    mien_json_set(o, "fingerprint", json_string(fingerprint), failed);
    mien_json_set(o, "height", mien_json_size(dataset->shape.height), failed);
    mien_json_set(o, "width", mien_json_size(dataset->shape.width), failed);
    mien_json_set(o, "channels", mien_json_size(dataset->shape.channels), failed);
    mien_json_set(o, "normalize", json_string(mien_normalize_name(dataset->normalize)), failed);
    return o;
}

json_t *mien_rejected_json(const mien_dataset *dataset, bool *failed)
{
    json_t *list = json_array();
    for (size_t i = 0; i < dataset->n_refused; i++) {
        json_t *o = json_object();
        mien_json_set_path(o, "path", dataset->refused[i].path, failed);
        mien_json_set(o, "reason", mien_json_text(dataset->refused[i].reason), failed);
        if (json_array_append_new(list, o) != 0)
            *failed = true;
    }
    return list;
}

mien_status mien_summary_write(mien_outdir *dir, const mien_fit *const *fits,
                               const mien_meaning *meanings, size_t n_fits,
                               const mien_failure *failures, size_t n_failures,
                               const mien_dataset *dataset, const mien_run_info *run,
                               mien_error *err)
{
    bool failed = false;
    json_t *o = json_object(), *methods = json_object(), *could_not = json_object();
    for (size_t f = 0; f < n_fits; f++)
        mien_json_set(methods, mien_method_describe(fits[f]->method)->name,
                      mien_fit_json(fits[f], meanings ? &meanings[f] : NULL), &failed);
    for (size_t f = 0; f < n_failures; f++)
        mien_json_set(could_not, mien_method_describe(failures[f].method)->name,
                      mien_json_text(failures[f].reason), &failed);
    mien_json_set(o, "version", json_string(MIEN_VERSION), &failed);
    mien_json_set(o, "command", mien_json_text(run->command), &failed);
    mien_json_set_path(o, "input", run->input, &failed);
    mien_json_set(o, "options", mien_options_json(run->options), &failed);
    mien_json_set(o, "seed", json_integer((json_int_t)run->options->seed), &failed);
    mien_json_set(o, "data", mien_dataset_json(dataset, &failed), &failed);
    mien_json_set(o, "ink", mien_ink_json(dataset->ink), &failed);
    mien_json_set(o, "clipped", mien_json_real(dataset->pixels.clipped), &failed);
    mien_json_set(o, "N", mien_json_size(dataset->pixels.n), &failed);
    mien_json_set(o, "p", mien_json_size(dataset->pixels.p), &failed);
    mien_json_set(o, "r", mien_json_size(run->options->r), &failed);
    mien_json_set(o, "example", mien_json_size(run->example + 1), &failed);
    mien_json_set(o, "interrupted", json_boolean(run->interrupted), &failed);
    mien_json_set(o, "methods", methods, &failed);
    mien_json_set(o, "failed", could_not, &failed);
    if (run->truth)
        mien_json_set(o, "truth", mien_truth_json(run->truth, &failed), &failed);
    mien_json_set(o, "rejected", mien_rejected_json(dataset, &failed), &failed);
    mien_json_set(o, "skipped", mien_json_size(dataset->n_skipped), &failed);
    return mien_json_write(o, failed, dir, "summary.json", err);
}

const char *mien_id_heading(const mien_dataset *dataset)
{
    return dataset->is_table ? "id" : "path";
}

mien_status mien_images_write(mien_outdir *dir, const mien_dataset *dataset, mien_error *err)
{
    mien_text text = {0};
    mien_text_add(&text, dataset->is_table ? "index,id\n" : "index,path,width,height\n");
    for (size_t i = 0; i < dataset->pixels.n; i++) {
        mien_text_printf(&text, "%zu,", i + 1);
        mien_text_add_csv(&text, dataset->images[i].path);
        if (dataset->is_table)
            mien_text_add(&text, "\n");
        else
            mien_text_printf(&text, ",%zu,%zu\n", dataset->images[i].width,
                             dataset->images[i].height);
    }
    mien_status st = text.failed
                         ? mien_fail_plain(err, MIEN_ERR_NOMEM)
                         : mien_outdir_write(dir, "images.csv", text.bytes, text.length, err);
    mien_text_free(&text);
    return st;
}
