/* page_images.c - the images that a page holds: which, and their pixels.
 * SPDX-License-Identifier: MIT
 *
 * Of 8-bit data the page holds what the files have, and the two numbers by which x comes from it:
 * one array serves both, and x is x. What is stored otherwise is brought to 8 bits twice, as it is
 * and as the methods saw it; negative numbers to 16. */
#include "report/page/page_images.h"

#include "base/json_parse.h"
#include "base/memory.h"
#include "data/pixels.h"
#include "report/model/examples.h"
#include "study/labels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t place_of(const mien_page_images *images, size_t at)
{
    return images->index ? images->index[at] : at;
}

/* ---------------------------------------------------------------- which */

/* A set of places in X, up to `room` of them. */
struct chosen {
    bool *has; /* n */
    size_t n, count, room;
};

static void choose(struct chosen *chosen, size_t place)
{
    if (place >= chosen->n || chosen->has[place] || chosen->count == chosen->room)
        return;
    chosen->has[place] = true;
    chosen->count++;
}

/* The exemplars of all fits, the first of each component before the second ones. */
static void choose_exemplars(const mien_page *page, struct chosen *chosen)
{
    enum { RANKS = 8 };
    for (size_t rank = 0; rank < RANKS; rank++)
        for (size_t f = 0; f < page->n_fits; f++) {
            const json_t *all =
                json_object_get(json_object_get(page->models[f], "memberships"), "exemplars");
            for (size_t k = 0; k < json_array_size(all); k++) {
                const json_t *place = json_array_get(json_array_get(all, k), rank);
                if (json_is_integer(place) && json_integer_value(place) >= 0)
                    choose(chosen, (size_t)json_integer_value(place));
            }
        }
}

/* Evenly over X: the middle of each of `wanted` equal pieces that has nothing yet, until the room
 * is used. Pieces become smaller when some had something already. */
static void choose_evenly(struct chosen *chosen)
{
    while (chosen->count < chosen->room) {
        size_t wanted = chosen->room - chosen->count, before = chosen->count;
        for (size_t i = 0; i < wanted; i++)
            choose(chosen, (size_t)(((double)i + 0.5) * (double)chosen->n / (double)wanted));
        for (size_t i = 0; i < chosen->n && chosen->count == before; i++)
            choose(chosen, i); /* all the middles are taken */
    }
}

static mien_status list_chosen(const struct chosen *chosen, mien_page_images *images)
{
    images->index = mien_alloc_array(chosen->count, sizeof *images->index);
    if (!images->index)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < chosen->n; i++)
        if (chosen->has[i])
            images->index[images->count++] = i;
    return MIEN_OK;
}

/* From the data; without room the models' examples. */
static mien_status choose_images(mien_page_images *images)
{
    const mien_page *page = images->page;
    const mien_examples *examples = page->examples;
    size_t n = page->fits[0]->n, max = images->asked;
    if (max >= n && page->dataset) {
        images->count = n;
        return MIEN_OK;
    }
    bool sample = max && page->dataset;
    struct chosen chosen = {
        .has = mien_alloc_array(n, 1), .n = n, .room = sample ? max : examples->count};
    if (!chosen.has)
        return MIEN_ERR_NOMEM;
    if (sample) {
        choose(&chosen, page->example);
        choose_exemplars(page, &chosen);
        choose_evenly(&chosen);
    }
    for (size_t e = 0; e < examples->count && !sample; e++)
        choose(&chosen, examples->index[e]);
    mien_status st = list_chosen(&chosen, images);
    mien_free(chosen.has);
    return st;
}

/* ---------------------------------------------------------------- pixels from the data */

/* Whether the page can have the files' own bytes: they are, and white is white. */
static bool is_plain(const mien_pixels *pixels)
{
    return pixels->type == MIEN_U8 && !pixels->whites &&
           (pixels->white == 0 || pixels->white == UINT8_MAX);
}

static void fill_stored(const void *context, void *values)
{
    const mien_page_images *images = context;
    const mien_pixels *pixels = &images->page->dataset->pixels;
    for (size_t at = 0; at < images->count; at++)
        memcpy((uint8_t *)values + at * pixels->p, mien_pixels_row(pixels, place_of(images, at)),
               pixels->p);
}

static void fill_as_bytes(const void *context, void *values)
{
    const mien_page_images *images = context;
    const mien_pixels *pixels = &images->page->dataset->pixels;
    for (size_t at = 0; at < images->count; at++)
        mien_examples_stored(pixels, place_of(images, at), (uint8_t *)values + at * pixels->p);
}

/* One of the three numbers of an image; `none` where values are taken as they are. */
static void fill_number(const mien_page_images *images, const float *from, float none, float *to)
{
    for (size_t at = 0; at < images->count; at++)
        to[at] = from ? from[place_of(images, at)] : none;
}

static void fill_gain(const void *context, void *values)
{
    const mien_page_images *images = context;
    fill_number(images, images->page->dataset->pixels.gain, 1, values);
}

static void fill_center(const void *context, void *values)
{
    const mien_page_images *images = context;
    fill_number(images, images->page->dataset->pixels.center, 0, values);
}

static void fill_offset(const void *context, void *values)
{
    const mien_page_images *images = context;
    fill_number(images, images->page->dataset->pixels.offset, 0, values);
}

/* Image `place` as the methods saw it; NULL: it is not known. */
static const float *prepared(const mien_page_images *images, size_t place, float *room)
{
    const mien_page *page = images->page;
    if (!page->dataset)
        return mien_examples_get(page->examples, place).original;
    mien_source X = mien_pixels_source(&page->dataset->pixels);
    return X.tile(X.data, place, 1, room);
}

/* What the largest value is, over all images of the page. Two bytes a value where some are below 0,
 * and in a table, whose columns differ in size. */
static mien_status measure(mien_page_images *images)
{
    size_t p = images->page->fits[0]->p;
    double largest = 0;
    float *room = mien_alloc_array(p, sizeof *room);
    images->is_wide = json_is_true(json_object_get(images->page->models[0], "table"));
    for (size_t at = 0; at < images->count && room; at++) {
        const float *x = prepared(images, place_of(images, at), room);
        for (size_t j = 0; j < p && x; j++) {
            largest = fmax(largest, fabs((double)x[j]));
            images->is_wide = images->is_wide || x[j] < 0;
        }
    }
    images->scale = largest / (images->is_wide ? INT16_MAX : UINT8_MAX);
    images->scale = images->scale > 0 ? images->scale : 1;
    images->room = room;
    return room ? MIEN_OK : MIEN_ERR_NOMEM;
}

static void fill_prepared(const void *context, void *values)
{
    const mien_page_images *images = context;
    size_t p = images->page->fits[0]->p;
    for (size_t at = 0; at < images->count; at++) {
        const float *x = prepared(images, place_of(images, at), images->room);
        for (size_t j = 0; j < p; j++) {
            long value = x ? lrint((double)x[j] / images->scale) : 0;
            if (images->is_wide)
                ((int16_t *)values)[at * p + j] = (int16_t)value;
            else
                ((uint8_t *)values)[at * p + j] = (uint8_t)value;
        }
    }
}

static void fill_examples(const void *context, void *values)
{
    const mien_page_images *images = context;
    const mien_examples *examples = images->page->examples;
    for (size_t at = 0; at < images->count; at++)
        memcpy((uint8_t *)values + at * examples->p,
               mien_examples_get(examples, place_of(images, at)).untouched, examples->p);
}

static void add_pictures(mien_page_images *images, mien_blobs *blobs, mien_blob_type type,
                         const char *name, void (*fill)(const void *, void *))
{
    const json_t *model = images->page->models[0];
    mien_blob *blob = mien_blobs_add(blobs, type, "%s", name);
    blob->pixels = images->page->fits[0]->p;
    blob->length = images->count * blob->pixels;
    blob->channels = (size_t)json_integer_value(json_object_get(model, "channels"));
    blob->row = (size_t)json_integer_value(json_object_get(model, "width")) * blob->channels;
    blob->fill = fill;
    blob->context = images;
}

static void add_numbers(mien_page_images *images, mien_blobs *blobs, const char *name,
                        void (*fill)(const void *, void *))
{
    mien_blob *blob = mien_blobs_add(blobs, MIEN_BLOB_F32, "%s", name);
    blob->length = images->count;
    blob->fill = fill;
    blob->context = images;
}

static mien_status add_arrays(mien_page_images *images, mien_blobs *blobs)
{
    const mien_dataset *d = images->page->dataset;
    if (d && is_plain(&d->pixels)) {
        add_pictures(images, blobs, MIEN_BLOB_U8, "untouched", fill_stored);
        add_numbers(images, blobs, "gain", fill_gain);
        add_numbers(images, blobs, "center", fill_center);
        add_numbers(images, blobs, "offset", fill_offset);
        return MIEN_OK;
    }
    mien_status st = measure(images);
    if (st)
        return st;
    if (d && d->ink != MIEN_INK_NONE)
        add_pictures(images, blobs, MIEN_BLOB_U8, "untouched", fill_as_bytes);
    else if (!d && images->page->examples->untouched)
        add_pictures(images, blobs, MIEN_BLOB_U8, "untouched", fill_examples);
    add_pictures(images, blobs, images->is_wide ? MIEN_BLOB_I16 : MIEN_BLOB_U8, "prepared",
                 fill_prepared);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- from the page that was there */

#define JSON_BEGIN "<script type=\"application/json\" id=\"mien-data\">"

mien_status mien_page_parse(const char *html, json_t **out)
{
    const char *at = html ? strstr(html, JSON_BEGIN) : NULL;
    const char *end = at ? strstr(at, "</script>") : NULL;
    *out = NULL;
    if (!end)
        return MIEN_OK;
    at += strlen(JSON_BEGIN);
    mien_status st = mien_json_parse(at, (size_t)(end - at), "", out, NULL);
    return st == MIEN_ERR_NOMEM ? st : MIEN_OK;
}

static bool is_size(const json_t *o, const char *key, size_t wanted)
{
    return json_integer_value(json_object_get(o, key)) == (json_int_t)wanted;
}

/* Whether it is a page of the same data. */
static bool is_same(const json_t *old, const mien_page *page)
{
    const json_t *data = json_object_get(old, "data");
    const char *print = mien_json_words(json_object_get(old, "run"), "fingerprint");
    return is_size(old, "format", 1) && is_size(data, "n", page->fits[0]->n) &&
           is_size(data, "p", page->fits[0]->p) && *print &&
           strcmp(print, mien_json_words(page->models[0], "fingerprint")) == 0;
}

/* For how many images a page was made. */
static size_t asked_before(const json_t *old)
{
    const json_t *asked = json_object_get(json_object_get(old, "images"), "asked");
    bool known = json_is_integer(asked) && json_integer_value(asked) >= 0;
    return known ? (size_t)json_integer_value(asked) : MIEN_PAGE_IMAGES;
}

/* Rising places below n, one an image, or all of them and no list: else MIEN_ERR_FORMAT.
 * MIEN_ERR_NOMEM. */
static mien_status take_index(const json_t *list, size_t n, mien_page_images *images)
{
    if (json_is_null(list))
        return images->count == n ? MIEN_OK : MIEN_ERR_FORMAT;
    if (json_array_size(list) != images->count)
        return MIEN_ERR_FORMAT;
    images->index = mien_alloc_array(images->count, sizeof *images->index);
    for (size_t at = 0; at < images->count && images->index; at++) {
        const json_t *place = json_array_get(list, at);
        json_int_t value = json_integer_value(place);
        if (!json_is_integer(place) || value < 0 || (size_t)value >= n ||
            (at && (size_t)value <= images->index[at - 1]))
            return MIEN_ERR_FORMAT;
        images->index[at] = (size_t)value;
    }
    return images->index ? MIEN_OK : MIEN_ERR_NOMEM;
}

/* The array that is named under `key`, when it is the one of that name and there is one. */
static mien_status take_array(const json_t *old, const char *key, mien_blob_type type,
                              size_t length, const char *html, mien_blobs *blobs)
{
    const json_t *o = json_object_get(old, "images");
    if (json_is_null(json_object_get(o, key)))
        return MIEN_OK;
    if (strcmp(mien_json_words(o, key), key) != 0)
        return MIEN_ERR_FORMAT;
    return mien_blobs_take(blobs, html, json_object_get(old, "blobs"), key, type, length);
}

static bool is_number(const json_t *o, const char *key)
{
    return json_is_number(json_object_get(o, key));
}

/* Whether numbers, names and labels are of images->count images. */
static bool is_whole(const json_t *o, const mien_page_images *images)
{
    const json_t *labels = json_object_get(o, "labels");
    return json_array_size(json_object_get(o, "names")) == images->count &&
           (json_is_null(labels) || json_array_size(labels) == images->count) &&
           (json_is_null(json_object_get(o, "gain")) ||
            (is_number(o, "lower") && is_number(o, "upper"))) &&
           is_number(o, "prepared_scale");
}

/* All there is of the old page's images: MIEN_ERR_FORMAT when they are not these, MIEN_ERR_NOMEM.
 */
static mien_status take_images(json_t *old, mien_page_images *images, mien_blobs *blobs)
{
    const mien_page *page = images->page;
    json_t *o = json_object_get(old, "images");
    json_int_t told = json_integer_value(json_object_get(o, "count"));
    size_t n = page->fits[0]->n, p = page->fits[0]->p, values;
    if (!is_same(old, page) || told < 1 || (size_t)told > n ||
        (size_t)told > page->max_images || /* the user wants fewer */
        !mien_product((size_t)told, p, 1, &values))
        return MIEN_ERR_FORMAT;
    images->count = (size_t)told;
    mien_status st = is_whole(o, images) ? MIEN_OK : MIEN_ERR_FORMAT;
    if (!st)
        st = take_index(json_object_get(o, "index"), n, images);
    const json_t *blob = json_object_get(json_object_get(old, "blobs"), "prepared");
    bool wide = strcmp(mien_json_words(blob, "type"), "i16") == 0;
    const struct {
        const char *key;
        mien_blob_type type;
        size_t length;
    } arrays[] = {{"untouched", MIEN_BLOB_U8, values},
                  {"prepared", wide ? MIEN_BLOB_I16 : MIEN_BLOB_U8, values},
                  {"gain", MIEN_BLOB_F32, images->count},
                  {"center", MIEN_BLOB_F32, images->count},
                  {"offset", MIEN_BLOB_F32, images->count}};
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays && !st; a++)
        st = take_array(old, arrays[a].key, arrays[a].type, arrays[a].length, page->before, blobs);
    if (!st)
        images->told = json_incref(o);
    return st;
}

/* ---------------------------------------------------------------- all of it */

mien_status mien_page_images_begin(const mien_page *page, mien_blobs *blobs, mien_page_images *out)
{
    mien_page_images images = {.page = page, .scale = 1, .asked = page->max_images};
    *out = images;
    if (!page->n_fits)
        return MIEN_OK;
    json_t *old;
    mien_status st = mien_page_parse(page->before, &old);
    if (images.asked == MIEN_PAGE_IMAGES_AS_BEFORE)
        images.asked = asked_before(old);
    *out = images;
    if (!st)
        st = old && !page->dataset ? take_images(old, out, blobs) : MIEN_ERR_FORMAT;
    json_decref(old);
    if (st != MIEN_ERR_FORMAT)
        return st;
    mien_blobs_free(blobs); /* what was taken until something was wrong */
    mien_page_images_free(out);
    *out = images;
    st = choose_images(out);
    return st ? st : add_arrays(out, blobs);
}

void mien_page_images_free(mien_page_images *images)
{
    mien_free(images->index);
    mien_free(images->room);
    json_decref(images->told);
    *images = (mien_page_images){.page = NULL};
}

static const char *name_at(const mien_page *page, size_t place)
{
    return page->dataset ? page->dataset->images[place].path
                         : mien_examples_get(page->examples, place).name;
}

static json_t *names_json(const mien_page_images *images)
{
    json_t *names = json_array();
    for (size_t at = 0; at < images->count; at++) {
        const char *name = name_at(images->page, place_of(images, at));
        names = mien_json_append(names, mien_json_text(name ? name : ""));
    }
    return names;
}

static json_t *labels_json(const mien_page_images *images)
{
    mien_labels labels = {0};
    json_t *list = json_array();
    if (images->page->dataset && mien_labels_of(images->page->dataset, &labels, NULL)) {
        json_decref(list);
        return NULL;
    }
    for (size_t at = 0; at < images->count && labels.count; at++)
        list =
            mien_json_append(list, mien_json_text(labels.names[labels.of[place_of(images, at)]]));
    list = mien_json_known(labels.count, list);
    mien_labels_free(&labels);
    return list;
}

static json_t *index_json(const mien_page_images *images)
{
    json_t *list = json_array();
    for (size_t at = 0; at < images->count && images->index; at++)
        list = mien_json_append(list, mien_json_size(images->index[at]));
    return mien_json_known(images->index, list);
}

/* The name of an array, or null where the page has none of it. */
static json_t *array_json(const mien_blobs *blobs, const char *name)
{
    bool there = false;
    for (size_t b = 0; b < blobs->count; b++)
        there = there || strcmp(blobs->list[b].name, name) == 0;
    return mien_json_known(there, json_string(name));
}

json_t *mien_page_images_json(const mien_page_images *images, const mien_blobs *blobs)
{
    static const char *const arrays[] = {"untouched", "prepared", "gain", "center", "offset"};
    if (images->told)
        return json_incref(images->told);
    if (!images->count)
        return json_null();
    const mien_dataset *d = images->page->dataset;
    bool whole = d && d->pixels.type == MIEN_U8 && !d->pixels.gain;
    json_t *o = MIEN_JSON({"asked", mien_json_size(images->asked)},
                          {"count", mien_json_size(images->count)}, {"index", index_json(images)},
                          {"names", names_json(images)}, {"labels", labels_json(images)});
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++)
        o = mien_json_more(o, MIEN_MEMBERS({arrays[a], array_json(blobs, arrays[a])}));
    return mien_json_more(o,
                          MIEN_MEMBERS({"prepared_scale", mien_json_real(images->scale)},
                                       {"lower", mien_json_real(d ? (double)d->pixels.lower : 0)},
                                       {"upper", mien_json_real(whole ? UINT8_MAX
                                                                : d   ? (double)d->pixels.upper
                                                                      : 1)}));
}
