/* summary.c - what the summary.json of several commands have alike.
 * SPDX-License-Identifier: MIT
 *
 * Members only ever come to it: programs read these files. What is not finite is null, and what is
 * not there is null or missing, as its line says; 0 is always a number that was measured. */
#include "report/summary.h"

#include "report/files/names.h"
#include "report/model/fit_json.h"
#include "report/truth_report.h"

json_t *mien_dataset_json(const mien_dataset *d)
{
    return MIEN_JSON({"fingerprint", mien_fingerprint_json(d->fingerprint)},
                     {"height", mien_json_size(d->shape.height)},
                     {"width", mien_json_size(d->shape.width)},
                     {"channels", mien_json_size(d->shape.channels)},
                     {"normalize", json_string(mien_normalize_name(d->normalize))});
}

json_t *mien_rejected_json(const mien_dataset *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < d->n_refused; i++) {
        json_t *o = mien_json_path(json_object(), "path", d->refused[i].path);
        o = mien_json_more(o, MIEN_MEMBERS({"reason", mien_json_text(d->refused[i].reason)}));
        list = mien_json_append(list, o);
    }
    return list;
}

/* Version and command stand first: a folder is known as mien's by the beginning of this file alone,
 * see mien_is_result(). */
json_t *mien_summary_begin(const char *command)
{
    return MIEN_JSON({"version", json_string(MIEN_VERSION)}, {"command", mien_json_text(command)});
}

json_t *mien_summary_run(json_t *o, const mien_output *out)
{
    o = mien_json_path(o, "input", out->run->input);
    return mien_json_more(o,
                          MIEN_MEMBERS({"options", mien_options_json(out->run->options)},
                                       {"seed", mien_json_seed(out->run->options->seed)},
                                       {"data", mien_dataset_json(out->dataset)},
                                       {"ink", mien_json_text(mien_ink_name(out->dataset->ink))}));
}

json_t *mien_summary_end(json_t *o, const mien_dataset *dataset)
{
    return mien_json_more(o, MIEN_MEMBERS({"rejected", mien_rejected_json(dataset)},
                                          {"skipped", mien_json_size(dataset->n_skipped)}));
}

json_t *mien_summary_json(const mien_output *out, const mien_fit *const *fits,
                          const mien_meaning *meanings, size_t n_fits, const mien_failure *failures,
                          size_t n_failures)
{
    const mien_run_info *run = out->run;
    const mien_dataset *dataset = out->dataset;
    const mien_pixels *pixels = &dataset->pixels;
    json_t *methods = json_object(), *failed = json_object();
    json_t *remarks =
        dataset->n_remarks ? mien_json_texts(dataset->remarks, dataset->n_remarks) : json_array();
    for (size_t f = 0; f < n_fits; f++)
        methods = mien_json_more(methods, MIEN_MEMBERS({mien_method_describe(fits[f]->method)->name,
                                                        mien_fit_json(fits[f], &meanings[f])}));
    for (size_t f = 0; f < n_failures; f++)
        failed =
            mien_json_more(failed, MIEN_MEMBERS({mien_method_describe(failures[f].method)->name,
                                                 mien_json_text(failures[f].reason)}));
    json_t *o = mien_summary_run(mien_summary_begin(run->command), out);
    o = mien_json_more(
        o,
        MIEN_MEMBERS({"clipped", mien_json_real(pixels->clipped)}, {"N", mien_json_size(pixels->n)},
                     {"p", mien_json_size(pixels->p)}, {"r", mien_json_size(run->options->r)},
                     {"example", mien_json_size(run->example + 1)},
                     {"interrupted", json_boolean(run->interrupted)}, {"remarks", remarks},
                     {"methods", methods}, {"failed", failed}));
    if (run->truth)
        o = mien_json_more(o, MIEN_MEMBERS({"truth", mien_truth_json(run->truth)}));
    return mien_summary_end(o, dataset);
}
