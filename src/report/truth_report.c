/* truth_report.c - what is known of the images beforehand, and what the fits found of it: in words
 * and in summary.json.
 * SPDX-License-Identifier: MIT */
#include "report/truth_report.h"

#include "base/status.h"

#include <math.h>
#include <string.h>

static const mien_method_info *info_of(const mien_finding *finding)
{
    return mien_method_describe(finding->method);
}

/* ---------------------------------------------------------------- measuring */

static mien_status find_groups(const mien_truth *truth, const mien_fit *fit, mien_finding *f)
{
    mien_status st = MIEN_OK;
    for (size_t g = 0; g < truth->n_groups && !st; g++) {
        st = mien_truth_find(fit, truth->groups[g].has, &f->hits[g]);
        truth->groups[g].luck = mien_truth_luck(truth->n, truth->groups[g].count, fit->r);
    }
    return st;
}

static mien_status find_parts(const mien_truth *truth, const mien_fit *fit, mien_finding *f)
{
    size_t limbs = truth->n_parts - 1;
    mien_status st = mien_truth_match(fit, truth->parts, truth->n_parts, f->component, f->cosine);
    f->min = 1;
    for (size_t t = 0; t < limbs && !st; t++) {
        f->found += f->cosine[t] >= MIEN_TRUTH_SAME;
        f->min = fmin(f->min, f->cosine[t]);
        f->mean += f->cosine[t] / (double)limbs;
    }
    return st;
}

mien_status mien_truth_measure(mien_truth *truth, const mien_fit *const *fits, size_t n_fits,
                               mien_error *err)
{
    mien_status st = MIEN_OK;
    mien_arena_free(&truth->found);
    truth->found = (mien_arena){0};
    truth->n_findings = 0;
    truth->findings = mien_arena_alloc(&truth->found, n_fits, sizeof *truth->findings);
    for (size_t f = 0; f < n_fits && !st; f++) {
        if (fits[f]->n != truth->n || fits[f]->p != truth->p)
            return mien_fail(err, MIEN_ERR_SHAPE, "%s is of %zu images of %zu pixels",
                             truth->source, truth->n, truth->p);
        mien_finding found = {
            .method = fits[f]->method,
            .hits = mien_arena_alloc(&truth->found, truth->n_groups, sizeof(mien_hit)),
            .component = mien_arena_alloc(&truth->found, truth->n_parts, sizeof(size_t)),
            .cosine = mien_arena_alloc(&truth->found, truth->n_parts, sizeof(double))};
        st = truth->found.failed  ? MIEN_ERR_NOMEM
             : truth->n_parts > 0 ? find_parts(truth, fits[f], &found)
                                  : find_groups(truth, fits[f], &found);
        if (!st)
            truth->findings[truth->n_findings++] = found;
    }
    return st ? mien_fail_plain(err, st) : MIEN_OK;
}

/* ---------------------------------------------------------------- sentences */

/* The method that learns parts: neither clusters nor differences. NULL: it did not run. */
static const mien_finding *find_parts_method(const mien_truth *truth)
{
    for (size_t f = 0; f < truth->n_findings; f++)
        if (!(info_of(&truth->findings[f])->traits & (MIEN_SIGNED | MIEN_CLUSTERS)))
            return &truth->findings[f];
    return NULL;
}

/* Whether a component is this group, and no other more. */
static bool is_found(const mien_truth *truth, const mien_finding *f, size_t g)
{
    const mien_hit *hit = &f->hits[g];
    if (!(hit->auc >= MIEN_TRUTH_FOUND) || hit->less)
        return false;
    for (size_t other = 0; other < truth->n_groups; other++)
        if (other != g && f->hits[other].component == hit->component &&
            (f->hits[other].auc > hit->auc || (f->hits[other].auc == hit->auc && other < g)))
            return false;
    return true;
}

/* Lines of a terminal's width. */
enum { WIDTH = 80 };

static void say_groups(mien_text *text, const mien_truth *truth, const mien_finding *f)
{
    size_t column = 0, count = 0, said = 0;
    char words[128];
    for (size_t g = 0; g < truth->n_groups; g++)
        count += is_found(truth, f, g);
    mien_format(words, sizeof words, count ? "%s:" : "%s: no part is one thing that was drawn.",
                info_of(f)->title);
    mien_text_add_wrapped(text, &column, WIDTH, words, strlen(words));
    for (size_t g = 0; g < truth->n_groups; g++) {
        if (!is_found(truth, f, g))
            continue;
        said++;
        mien_format(words, sizeof words, "part %zu is the %s (%s%.2f)%s", f->hits[g].component + 1,
                    truth->groups[g].name, said == 1 ? "AUC " : "", f->hits[g].auc,
                    said == count ? "." : ",");
        mien_text_add_wrapped(text, &column, WIDTH, words, strlen(words));
    }
}

static void say_parts(mien_text *text, const mien_truth *truth, const mien_finding *f)
{
    size_t limbs = truth->n_parts - 1;
    bool torso = f->cosine[limbs] >= MIEN_TRUTH_SAME;
    mien_text_printf(text, "%s found %zu of %zu limbs (cosine of at least %.2f with the limb).\n",
                     info_of(f)->title, f->found, limbs, MIEN_TRUTH_SAME);
    if (torso)
        mien_text_printf(text, "Part %zu is the torso.", f->component[limbs] + 1);
    else
        mien_text_add(text, "The torso is in every image, so any share of it may stand with the "
                            "limbs: it is no\npart of its own here.");
}

static void add_sentence(mien_text *text, const mien_truth *truth)
{
    const mien_finding *f = find_parts_method(truth);
    if (f && truth->n_parts)
        say_parts(text, truth, f);
    else if (f)
        say_groups(text, truth, f);
}

static const char groups_help[] =
    "AUC of the best component, and its number: how often an image that has the thing has\n"
    "a larger weight than one that has it not; 1 always, 0.5 by chance. PCA and ICA have\n"
    "both signs: max(AUC, 1 - AUC), with a minus where less of the component tells. The\n"
    "best of many flatters small groups: \"luck\" is what the best of as many components\n"
    "that know nothing stays below, 19 times of 20. What is light is no ink, and no part.";

static const char parts_help[] =
    "Components are paired with the true parts so that the cosines are greatest, the\n"
    "absolute ones for PCA and ICA.";

/* ---------------------------------------------------------------- a table for the terminal */

static void print_groups(mien_text *text, const mien_truth *truth)
{
    mien_text_printf(text, "%-24s%5s", "", "n");
    for (size_t f = 0; f < truth->n_findings; f++)
        mien_text_printf(text, "%11s", info_of(&truth->findings[f])->title);
    mien_text_printf(text, "%7s\n", "luck");
    for (size_t g = 0; g < truth->n_groups; g++) {
        mien_text_printf(text, "%-24s%5zu", truth->groups[g].name, truth->groups[g].count);
        for (size_t f = 0; f < truth->n_findings; f++) {
            const mien_hit *hit = &truth->findings[f].hits[g];
            char part[32];
            mien_format(part, sizeof part, "%s%zu", hit->less ? "-" : "", hit->component + 1);
            mien_text_printf(text, "%7.2f%4s", hit->auc, part);
        }
        mien_text_printf(text, "%7.2f\n", truth->groups[g].luck);
    }
}

static void print_parts(mien_text *text, const mien_truth *truth)
{
    mien_text_printf(text, "%-8s%10s%16s%10s%10s\n", "", "limbs", "cosine, least", "mean", "torso");
    for (size_t f = 0; f < truth->n_findings; f++) {
        const mien_finding *found = &truth->findings[f];
        mien_text_printf(text, "%-8s%4zu of %2zu%16.2f%10.2f%10.2f\n", info_of(found)->title,
                         found->found, truth->n_parts - 1, found->min, found->mean,
                         found->cosine[truth->n_parts - 1]);
    }
}

mien_status mien_truth_words(const mien_truth *truth, char **out, mien_error *err)
{
    mien_text text = {0};
    if (truth->n_parts)
        print_parts(&text, truth);
    else
        print_groups(&text, truth);
    mien_text_printf(&text, "%s\n\n", truth->n_parts ? parts_help : groups_help);
    add_sentence(&text, truth);
    return mien_text_take(&text, out, err);
}

/* ---------------------------------------------------------------- summary.json */

static json_t *groups_json(const mien_truth *truth)
{
    json_t *list = json_array();
    for (size_t g = 0; g < truth->n_groups; g++) {
        json_t *methods = json_object();
        for (size_t f = 0; f < truth->n_findings; f++) {
            const mien_hit *hit = &truth->findings[f].hits[g];
            json_t *best =
                MIEN_JSON({"component", mien_json_size(hit->component + 1)},
                          {"auc", mien_json_real(hit->auc)}, {"less", json_boolean(hit->less)});
            methods =
                mien_json_more(methods, MIEN_MEMBERS({info_of(&truth->findings[f])->name, best}));
        }
        list = mien_json_append(list, MIEN_JSON({"name", json_string(truth->groups[g].name)},
                                                {"count", mien_json_size(truth->groups[g].count)},
                                                {"luck", mien_json_real(truth->groups[g].luck)},
                                                {"methods", methods}));
    }
    return list;
}

static json_t *parts_json(const mien_truth *truth)
{
    json_t *methods = json_object();
    for (size_t f = 0; f < truth->n_findings; f++) {
        const mien_finding *found = &truth->findings[f];
        json_t *components = json_array(), *cosines = json_array();
        for (size_t t = 0; t < truth->n_parts; t++) { /* nothing in common is no pair */
            components = mien_json_append(
                components,
                mien_json_known(found->cosine[t] != 0, mien_json_size(found->component[t] + 1)));
            cosines = mien_json_append(cosines, mien_json_real(found->cosine[t]));
        }
        json_t *o = MIEN_JSON({"limbs_found", mien_json_size(found->found)},
                              {"least_cosine", mien_json_real(found->min)},
                              {"mean_cosine", mien_json_real(found->mean)},
                              {"torso_cosine", mien_json_real(found->cosine[truth->n_parts - 1])},
                              {"components", components}, {"cosines", cosines});
        methods = mien_json_more(methods, MIEN_MEMBERS({info_of(found)->name, o}));
    }
    return methods;
}

json_t *mien_truth_json(const mien_truth *truth)
{
    mien_text sentence = {0};
    add_sentence(&sentence, truth);
    for (size_t i = 0; i < sentence.length; i++)
        sentence.bytes[i] = sentence.bytes[i] == '\n' ? ' ' : sentence.bytes[i];
    json_t *words = sentence.failed ? NULL : json_string(sentence.bytes ? sentence.bytes : "");
    mien_text_free(&sentence);
    json_t *o = MIEN_JSON({"source", mien_json_text(truth->source)}, {"sentence", words});
    if (!truth->n_parts)
        return mien_json_more(o, MIEN_MEMBERS({"groups", groups_json(truth)}));
    return mien_json_more(o, MIEN_MEMBERS({"limbs", mien_json_size(truth->n_parts - 1)},
                                          {"methods", parts_json(truth)}));
}
