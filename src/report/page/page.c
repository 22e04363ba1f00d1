/* page.c - report.html, one self-contained page that computes.
 * SPDX-License-Identifier: MIT
 *
 * Everything that comes from files is data here: it stands in the page as JSON, whose "<" are
 * escaped so that no name ends the script it is in, and as base64. Where no script runs, a plain
 * table tells the numbers. */
#include "report/page/page.h"

#include "base/memory.h"
#include "base/status.h"
#include "figures/words.h"
#include "report/model/examples.h"
#include "report/model/fit_json.h"
#include "report/page/blobs.h"
#include "report/page/page_fit.h"
#include "report/page/page_images.h"
#include "report/page/template.h"

#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------- the JSON */

/* What summary.json says under `key`, or null. */
static json_t *copied(const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);
    return value ? json_incref(value) : json_null();
}

static json_t *run_json(const json_t *summary)
{
    const json_t *data = json_object_get(summary, "data");
    return MIEN_JSON(
        {"command", copied(summary, "command")}, {"input", copied(summary, "input")},
        {"seed", copied(summary, "seed")}, {"fingerprint", copied(data, "fingerprint")},
        {"interrupted", json_boolean(json_is_true(json_object_get(summary, "interrupted")))},
        {"options", copied(summary, "options")});
}

/* The same of a list: one without entries where there is none, as of a study alone. */
static json_t *copied_list(const json_t *from, const char *key)
{
    json_t *list = json_object_get(from, key);
    return json_is_array(list) ? json_incref(list) : json_array();
}

/* The first of a list that may be thousands long; summary.json has them all. */
static json_t *beginning_of(const json_t *list)
{
    enum { SHOWN = 100 };
    json_t *some = json_array();
    for (size_t i = 0; i < json_array_size(list) && i < SHOWN; i++)
        some = mien_json_append(some, json_incref(json_array_get(list, i)));
    return some;
}

static json_t *data_json(const mien_page *page)
{
    const json_t *summary = page->summary, *data = json_object_get(summary, "data");
    const json_t *rejected = json_object_get(summary, "rejected");
    const json_t *model = page->n_fits ? page->models[0] : NULL;
    const mien_examples *examples = page->examples;
    return MIEN_JSON({"n", copied(summary, "N")}, {"p", copied(summary, "p")},
                     {"height", copied(data, "height")}, {"width", copied(data, "width")},
                     {"channels", copied(data, "channels")},
                     {"is_table", json_boolean(json_is_true(json_object_get(model, "table")))},
                     {"normalize", copied(data, "normalize")}, {"ink", copied(summary, "ink")},
                     {"clipped", copied(summary, "clipped")},
                     {"low", mien_json_real(examples ? examples->low : 0)},
                     {"high", mien_json_real(examples ? examples->high : 1)},
                     {"remarks", copied_list(summary, "remarks")},
                     {"columns", copied(model, "columns")}, {"refused", beginning_of(rejected)},
                     {"n_refused", mien_json_size(json_array_size(rejected))},
                     {"n_skipped", copied(summary, "skipped")});
}

/* Methods that did not run: [{title, reason}]. */
static json_t *failures_json(const json_t *summary)
{
    json_t *list = json_array(), *reason;
    const char *name;
    json_object_foreach(json_object_get(summary, "failed"), name, reason)
    {
        const mien_method *method = mien_method_find(name);
        const char *title = method ? mien_method_describe(method)->title : name;
        list = mien_json_append(
            list, MIEN_JSON({"title", mien_json_text(title)}, {"reason", json_incref(reason)}));
    }
    return list;
}

static json_t *numbers_of(const mien_page *page, size_t f)
{
    return json_object_get(json_object_get(page->summary, "methods"),
                           mien_method_describe(page->fits[f]->method)->name);
}

static const char *palette_name(mien_palette palette)
{
    return palette == MIEN_PALETTE_GRAY        ? "gray"
           : palette == MIEN_PALETTE_DIVERGING ? "diverging"
                                               : "esl";
}

static json_t *page_json(const mien_page *page, const mien_page_images *images,
                         const mien_page_fit *fits, const mien_blobs *blobs)
{
    json_t *methods = json_array();
    for (size_t f = 0; f < page->n_fits; f++)
        methods = mien_json_append(
            methods, mien_page_fit_json(&fits[f], numbers_of(page, f), page->models[f]));
    return MIEN_JSON(
        {"format", json_integer(1)}, {"version", json_string(MIEN_VERSION)},
        {"kind", json_string(page->kind)}, {"run", run_json(page->summary)},
        {"data", data_json(page)}, {"palette", json_string(palette_name(page->palette))},
        {"example", mien_json_size(page->example)},
        {"images", mien_page_images_json(images, blobs)}, {"methods", methods},
        {"failures", failures_json(page->summary)}, {"truth", copied(page->summary, "truth")},
        {"studies", page->studies ? json_incref(page->studies) : json_array()},
        {"blobs", mien_blobs_json(blobs)});
}

static int add_escaped(const char *bytes, size_t nbytes, void *context)
{
    mien_text *html = context;
    for (const char *at; (at = memchr(bytes, '<', nbytes)) != NULL;) {
        size_t before = (size_t)(at - bytes);
        mien_text_add_bytes(html, bytes, before);
        mien_text_add(html, "\\u003c");
        bytes += before + 1;
        nbytes -= before + 1;
    }
    mien_text_add_bytes(html, bytes, nbytes);
    return html->failed ? -1 : 0;
}

static void add_json(mien_text *html, json_t *object)
{
    mien_text_add(html, "<script type=\"application/json\" id=\"mien-data\">");
    if (!object ||
        json_dump_callback(object, add_escaped, html, JSON_COMPACT | JSON_PRESERVE_ORDER) != 0)
        html->failed = true;
    json_decref(object);
    mien_text_add(html, "</script>");
}

/* ---------------------------------------------------------------- without a script */

static void add_cell(mien_text *html, const json_t *numbers, const char *key)
{
    const json_t *value = json_object_get(numbers, key);
    if (json_is_number(value))
        mien_text_printf(html, "<td>%.6g</td>", json_number_value(value));
    else
        mien_text_add(html, "<td>&ndash;</td>");
}

/* What a page without a comparison is headed with. */
static const char *study_words(const mien_page *page, const char *key)
{
    return mien_json_words(json_array_get(page->studies, 0), key);
}

/* What a reader has where no script runs, and everyone until it did: the numbers, and where the
 * figure is. */
static void add_fallback(mien_text *html, const mien_page *page)
{
    static const struct {
        const char *key, *head;
    } columns[] = {{"loss", "loss"},
                   {"relative_error", "relative error"},
                   {"explained_variance", "variance explained"},
                   {"sparseness", "sparseness of basis"},
                   {"localisation", "localisation of basis"},
                   {"overlap", "overlap of basis"},
                   {"cancellation", "cancellation"},
                   {"iterations", "iterations"}};
    enum { COLUMNS = sizeof columns / sizeof *columns };
    const json_t *n = json_object_get(page->summary, "N");
    if (!page->n_fits) {
        mien_text_add(html, "<h1>");
        mien_text_add_html(html, study_words(page, "title"));
        mien_text_add(html, "</h1>\n<p>This page draws and computes by a script of its own; where "
                            "none runs, summary.json and the pictures beside it tell the same."
                            "</p>\n");
        return;
    }
    mien_text_add(html, "<h1>What each method learned</h1>\n<p>");
    mien_text_add_html(html, mien_json_words(page->summary, "input"));
    if (json_is_integer(n))
        mien_text_printf(
            html, ", %lld %s", (long long)json_integer_value(n),
            mien_words_for(json_is_true(json_object_get(page->models[0], "table"))).things);
    mien_text_add(html, ". This page draws and computes by a script of its own; where none runs, "
                        "<a href=\"figure.png\">figure.png</a> beside it shows what was learned."
                        "</p>\n");
    mien_text_add(html, "<table>\n<thead><tr><th scope=\"col\">method</th>");
    for (size_t c = 0; c < COLUMNS; c++)
        mien_text_printf(html, "<th scope=\"col\">%s</th>", columns[c].head);
    mien_text_add(html, "</tr></thead>\n<tbody>\n");
    for (size_t f = 0; f < page->n_fits; f++) {
        mien_text_printf(html, "<tr><th scope=\"row\">%s</th>",
                         mien_method_describe(page->fits[f]->method)->title);
        for (size_t c = 0; c < COLUMNS; c++)
            add_cell(html, numbers_of(page, f), columns[c].key);
        mien_text_add(html, "</tr>\n");
    }
    mien_text_add(html, "</tbody>\n</table>\n");
}

/* ---------------------------------------------------------------- the page */

/* The template up to a mark; returns what comes behind it. */
static const char *add_until(mien_text *html, const char *from, const char *mark)
{
    const char *at = strstr(from, mark);
    mien_text_add_bytes(html, from, (size_t)(at - from));
    return at + strlen(mark);
}

static void add_page(mien_text *html, const mien_page *page, json_t *object, mien_blobs *blobs)
{
    const char *at = add_until(html, (const char *)mien_report_page, "@TITLE@");
    mien_text_add(html, "mien: ");
    const char *input = mien_json_words(page->summary, "input");
    mien_text_add_html(html, *input ? input : study_words(page, "title"));
    at = add_until(html, at, "@FALLBACK@");
    add_fallback(html, page);
    at = add_until(html, at, "@FOOTER@");
    mien_text_add(html, "Made by mien " MIEN_VERSION ".");
    at = add_until(html, at, "@DATA@");
    add_json(html, object);
    mien_blobs_add_html(blobs, html);
    mien_text_add(html, at);
}

/* A fit whose weights were not kept, with those of the examples, which are all the images that the
 * page has then: images->index, or none, <- where they stand among them (places). */
static mien_status find_seen(const mien_page_images *images, size_t f, mien_seen *seen,
                             size_t *places, mien_error *err)
{
    const mien_page *page = images->page;
    mien_options options;
    mien_status st = mien_options_parse(json_object_get(page->models[f], "options"),
                                        page->fits[f]->method, &options, err);
    if (!st)
        st = mien_seen_find(page->fits[f], &options, page->examples, seen, err);
    for (size_t at = 0; at < images->count && !st; at++)
        places[at] = mien_examples_place(page->examples, images->index ? images->index[at] : at);
    return st;
}

/* The fits' arrays; seen, places: workspace of theirs. */
static mien_status begin_fits(const mien_page_images *images, mien_blobs *blobs, mien_seen *seen,
                              size_t *places, mien_page_fit *fits, mien_error *err)
{
    const mien_page *page = images->page;
    mien_status st = MIEN_OK;
    for (size_t f = 0; f < page->n_fits && !st; f++) {
        const json_t *model = page->models[f];
        const mien_fit *fit = page->fits[f];
        const size_t *index = images->index;
        if (!fit->W) {
            st = find_seen(images, f, &seen[f], places, err);
            fit = &seen[f].fit;
            index = places;
        }
        mien_shape shape = {(size_t)json_integer_value(json_object_get(model, "height")),
                            (size_t)json_integer_value(json_object_get(model, "width")),
                            (size_t)json_integer_value(json_object_get(model, "channels"))};
        if (!st)
            st = mien_page_fit_begin(fit, shape, json_is_true(json_object_get(model, "table")),
                                     page->examples->high - page->examples->low, index,
                                     images->count, blobs, &fits[f]);
    }
    return st;
}

mien_status mien_page_make(const mien_page *asked, mien_text *html, mien_error *err)
{
    mien_page own = *asked;
    const mien_page *page = &own;
    for (size_t f = 0; f < own.n_fits; f++)
        own.max_images = own.fits[f]->W ? own.max_images : 0;
    mien_blobs *blobs = mien_alloc_array(1, sizeof *blobs);
    mien_page_fit *fits = mien_alloc_array(page->n_fits, sizeof *fits);
    mien_seen *seen = mien_alloc_array(page->n_fits, sizeof *seen);
    size_t *places = NULL;
    mien_page_images images = {0};
    mien_status st = blobs && fits && seen ? MIEN_OK : MIEN_ERR_NOMEM;
    if (!st)
        st = mien_page_images_begin(page, blobs, &images);
    if (!st) {
        places = mien_alloc_array(images.count, sizeof *places);
        st = places ? begin_fits(&images, blobs, seen, places, fits, err) : MIEN_ERR_NOMEM;
    }
    if (st)
        mien_fail_plain(err, st);
    else
        st = mien_blobs_pack(blobs, page->threads, err);
    if (!st) {
        add_page(html, page, page_json(page, &images, fits, blobs), blobs);
        st = html->failed ? mien_fail_plain(err, MIEN_ERR_NOMEM) : MIEN_OK;
    }
    for (size_t f = 0; f < page->n_fits && fits; f++)
        mien_page_fit_free(&fits[f]);
    for (size_t f = 0; f < page->n_fits && seen; f++)
        mien_seen_free(&seen[f]);
    mien_free(seen);
    mien_free(places);
    mien_page_images_free(&images);
    if (blobs)
        mien_blobs_free(blobs);
    mien_free(blobs);
    mien_free(fits);
    return st;
}

void mien_page_write(mien_output *out, const mien_page *page)
{
    mien_text html = {0};
    if (!out->status)
        out->status = mien_page_make(page, &html, out->err);
    mien_output_text(out, "report.html", &html);
}
