/* page_fit.c - one method on the page: numbers that people read, and arrays that it computes with.
 * SPDX-License-Identifier: MIT
 *
 * W and H go as whole numbers of 16 bits, each row of H with a step as coarse as can be without a
 * visible difference: the page is then a third of what it would be in floats. A step t over the
 * largest weight of its component moves image i by at most t / 2 sum_k |w_ik| / max_i |w_ik|, so t
 * follows from the largest of these sums. */
#include "report/page/page_fit.h"

#include "draw/picture.h"
#include "methods/loss.h"
#include "report/model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Snapshots on the page: so many at most, and so many pixels high. */
enum { MOMENTS = 7, SNAPSHOT_HEIGHT = 48, ZERO = 128, SPAN = 127 };

/* Of a grey level: what H may move x by. The rest of the half is for W and for arithmetic. */
static const double SHARE = 0.45;

/* A component that is weak everywhere is still to be looked at by itself: its largest entry is so
 * many steps at least. */
enum { STEPS = UINT8_MAX };

static bool is_signed(const mien_fit *fit)
{
    return mien_method_describe(fit->method)->traits & MIEN_SIGNED;
}

static double largest_of(const float *values, size_t count)
{
    double largest = 0;
    for (size_t j = 0; j < count; j++)
        largest = fmax(largest, fabs((double)values[j]));
    return largest;
}

/* ---------------------------------------------------------------- steps */

static void decide_steps(mien_page_fit *page, double range)
{
    const mien_fit *fit = page->fit;
    size_t r = fit->r;
    double *largest = page->weights_scale, sum_max = 1;
    for (size_t i = 0; i < fit->n; i++)
        for (size_t k = 0; k < r; k++)
            largest[k] = fmax(largest[k], fabs((double)fit->W[i * r + k]));
    for (size_t i = 0; i < fit->n; i++) {
        double sum = 0;
        for (size_t k = 0; k < r; k++)
            sum += largest[k] > 0 ? fabs((double)fit->W[i * r + k]) / largest[k] : 0;
        sum_max = fmax(sum_max, sum);
    }
    double t = 2 * SHARE * range / UINT8_MAX / sum_max;
    for (size_t k = 0; k < r; k++) {
        double h = largest_of(fit->H + k * fit->p, fit->p);
        double step = largest[k] > 0 ? fmin(t / largest[k], h / STEPS) : h / STEPS;
        step = fmax(step, h / INT16_MAX);
        page->basis_scale[k] = step > 0 && isfinite(1 / step) ? step : 1;
        double own = largest[k] / INT16_MAX;
        page->weights_scale[k] = own > 0 && isfinite(1 / own) ? own : 1;
    }
}

static int16_t whole(double value)
{
    return (int16_t)lrint(fmin(fmax(value, -INT16_MAX), INT16_MAX));
}

static void fill_basis(const void *context, void *values)
{
    const mien_page_fit *page = context;
    const mien_fit *fit = page->fit;
    int16_t *to = values;
    for (size_t k = 0; k < fit->r; k++) {
        double factor = 1 / page->basis_scale[k];
        for (size_t j = 0; j < fit->p; j++)
            *to++ = whole(factor * (double)fit->H[k * fit->p + j]);
    }
}

static void fill_weights(const void *context, void *values)
{
    const mien_page_fit *page = context;
    size_t r = page->fit->r;
    int16_t *to = values;
    for (size_t place = 0; place < page->count; place++) {
        const float *w = page->fit->W + (page->index ? page->index[place] : place) * r;
        for (size_t k = 0; k < r; k++)
            *to++ = whole((double)w[k] / page->weights_scale[k]);
    }
}

static void fill_mean(const void *context, void *values)
{
    const mien_page_fit *page = context;
    memcpy(values, page->fit->mu, page->fit->p * sizeof(float));
}

/* ---------------------------------------------------------------- snapshots */

/* Which of the fit's are shown: the first, the last, and what lies evenly between. */
static void choose_moments(mien_page_fit *page)
{
    size_t count = page->fit->snapshots.count, shown = count < MOMENTS ? count : MOMENTS;
    for (size_t m = 0; m < shown; m++)
        page->moments[m] = shown > 1 ? (m * (count - 1) + (shown - 1) / 2) / (shown - 1) : 0;
    page->n_moments = shown;
}

/* One component at a moment, made smaller where it is too high, in bytes of its own scale. */
static double shrink(const mien_page_fit *page, const uint8_t *from, double scale, float *image,
                     float *small, uint8_t *to)
{
    const size_t p = page->fit->p, size = mien_shape_size(page->small);
    const int zero = is_signed(page->fit) ? ZERO : 0, span = zero ? SPAN : UINT8_MAX;
    if (size == p) {
        memcpy(to, from, p);
        return scale;
    }
    for (size_t j = 0; j < p; j++)
        image[j] = (float)(from[j] - zero);
    mien_picture_reduce(image, page->shape, page->small.width, page->small.height, small);
    double largest = largest_of(small, size), factor = largest > 0 ? span / largest : 0;
    for (size_t j = 0; j < size; j++)
        to[j] = (uint8_t)(zero + (int)lrint(factor * (double)small[j]));
    return scale * largest / span;
}

static void fill_snapshots(const void *context, void *values)
{
    const mien_page_fit *page = context;
    const mien_fit *fit = page->fit;
    size_t r = fit->r, p = fit->p, size = mien_shape_size(page->small);
    float *image = page->snapshots_room, *small = image + p;
    for (size_t m = 0; m < page->n_moments; m++)
        for (size_t k = 0; k < r; k++) {
            size_t from = page->moments[m] * r + k, to = m * r + k;
            page->snapshots_scale[to] =
                shrink(page, fit->snapshots.values + from * p, (double)fit->snapshots.scale[from],
                       image, small, (uint8_t *)values + to * size);
        }
}

/* ---------------------------------------------------------------- all of it */

static void add_snapshots(mien_page_fit *page, mien_blobs *blobs, const char *name)
{
    mien_shape s = page->shape;
    choose_moments(page);
    if (s.height > SNAPSHOT_HEIGHT) {
        s.width = (s.width * SNAPSHOT_HEIGHT + s.height / 2) / s.height;
        s.width = s.width ? s.width : 1;
        s.height = SNAPSHOT_HEIGHT;
    }
    page->small = s;
    size_t size = mien_shape_size(s);
    page->snapshots_scale =
        mien_arena_alloc(&page->arena, page->n_moments * page->fit->r, sizeof(double));
    page->snapshots_room = mien_arena_alloc(&page->arena, page->fit->p + size, sizeof(float));
    mien_blob *blob = mien_blobs_add(blobs, MIEN_BLOB_U8, "%s-snapshots", name);
    blob->length = page->n_moments * page->fit->r * size;
    blob->row = s.width * s.channels;
    blob->pixels = size;
    blob->channels = s.channels;
    blob->fill = fill_snapshots;
    blob->context = page;
}

mien_status mien_page_fit_begin(const mien_fit *fit, mien_shape shape, bool is_table, double range,
                                const size_t *index, size_t count, mien_blobs *blobs,
                                mien_page_fit *out)
{
    const char *name = mien_method_describe(fit->method)->name;
    mien_page_fit *page = out;
    *page = (mien_page_fit){.fit = fit, .index = index, .count = count, .shape = shape};
    page->basis_scale = mien_arena_alloc(&page->arena, fit->r, sizeof(double));
    page->weights_scale = mien_arena_alloc(&page->arena, fit->r, sizeof(double));
    if (page->arena.failed)
        return MIEN_ERR_NOMEM;
    decide_steps(page, range);
    mien_blob *basis = mien_blobs_add(blobs, MIEN_BLOB_I16, "%s-basis", name);
    basis->length = fit->r * fit->p;
    basis->row = shape.width * shape.channels;
    basis->pixels = is_table ? 0 : fit->p;
    basis->channels = shape.channels;
    basis->fill = fill_basis;
    mien_blob *weights = mien_blobs_add(blobs, MIEN_BLOB_I16, "%s-weights", name);
    weights->length = count * fit->r;
    weights->fill = fill_weights;
    basis->context = weights->context = page;
    if (fit->mu) {
        mien_blob *mean = mien_blobs_add(blobs, MIEN_BLOB_F32, "%s-mean", name);
        mean->length = fit->p;
        mean->fill = fill_mean;
        mean->context = page;
    }
    if (fit->snapshots.count && !is_table)
        add_snapshots(page, blobs, name);
    return page->arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

void mien_page_fit_free(mien_page_fit *page)
{
    mien_arena_free(&page->arena);
}

/* ---------------------------------------------------------------- words and numbers */

static json_t *numbers_json(const double *values, size_t count)
{
    json_t *list = json_array();
    for (size_t k = 0; k < count; k++)
        list = mien_json_append(list, mien_json_real(values[k]));
    return list;
}

static json_t *name_of(const mien_fit *fit, const char *what)
{
    char name[64];
    snprintf(name, sizeof name, "%s-%s", mien_method_describe(fit->method)->name, what);
    return json_string(name);
}

/* Without the rows of smaller pictures, whose loss is another. */
static json_t *history_json(const mien_fit *fit)
{
    json_t *iteration = json_array(), *loss = json_array(), *seconds = json_array();
    for (size_t i = 0; i < fit->n_trace; i++) {
        if (fit->trace[i].level > 1)
            continue;
        iteration = mien_json_append(iteration, mien_json_size(fit->trace[i].iteration));
        loss = mien_json_append(loss, mien_json_real(mien_trace_loss(&fit->trace[i])));
        seconds = mien_json_append(seconds, mien_json_real(mien_trace_seconds(&fit->trace[i])));
    }
    return MIEN_JSON({"iteration", iteration}, {"loss", loss}, {"seconds", seconds});
}

static json_t *snapshots_json(const mien_page_fit *page)
{
    if (!page->snapshots_scale)
        return json_null();
    json_t *iteration = json_array();
    for (size_t m = 0; m < page->n_moments; m++)
        iteration = mien_json_append(
            iteration, mien_json_size(page->fit->snapshots.iteration[page->moments[m]]));
    return MIEN_JSON({"iteration", iteration}, {"values", name_of(page->fit, "snapshots")},
                     {"scale", numbers_json(page->snapshots_scale, page->n_moments * page->fit->r)},
                     {"height", mien_json_size(page->small.height)},
                     {"width", mien_json_size(page->small.width)});
}

/* What a file says under `key`, or null. */
static json_t *copied(const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);
    return value ? json_incref(value) : json_null();
}

/* Rows of the cross table, each with the count of things without a component at its end. */
static json_t *cross_json(const json_t *numbers)
{
    const json_t *cross = json_object_get(numbers, "cross_table");
    const json_t *counts = json_object_get(cross, "counts"), *none = json_object_get(cross, "none");
    json_t *rows = json_array();
    if (!cross) {
        json_decref(rows);
        return json_null();
    }
    for (size_t l = 0; l < json_array_size(counts); l++) {
        json_t *row = json_array_get(counts, l), *rest = json_array_get(none, l);
        row = json_is_array(row) ? json_copy(row) : json_array();
        rows = mien_json_append(rows,
                                mien_json_append(row, rest ? json_incref(rest) : json_integer(0)));
    }
    return MIEN_JSON({"labels", copied(cross, "labels")}, {"counts", rows});
}

static json_t *agreement_json(const json_t *numbers)
{
    if (!json_object_get(numbers, "n_labels"))
        return json_null();
    return MIEN_JSON({"adjusted_rand", copied(numbers, "adjusted_rand_index")},
                     {"normalized_mutual", copied(numbers, "normalized_mutual_information")});
}

static const char *objective_of(const mien_fit *fit)
{
    return strcmp(fit->loss_name, mien_loss_name(MIEN_LOSS_KL)) == 0        ? "kl"
           : strcmp(fit->loss_name, mien_loss_name(MIEN_LOSS_SQUARES)) == 0 ? "squares"
                                                                            : "half-squares";
}

json_t *mien_page_fit_json(const mien_page_fit *page, const json_t *numbers, const json_t *model)
{
    static const char *const same[] = {
        "loss",         "loss_name", "relative_error", "explained_variance", "iterations",
        "seconds",      "note",      "seed",           "sparseness",         "weights_sparseness",
        "localisation", "overlap",   "cancellation"};
    const mien_fit *fit = page->fit;
    const mien_method_info *info = mien_method_describe(fit->method);
    const json_t *memberships = json_object_get(model, "memberships");
    const size_t r = fit->r;
    json_t *o = MIEN_JSON({"name", json_string(info->name)}, {"title", json_string(info->title)},
                          {"motto", mien_json_text(info->motto)},
                          {"long_title", json_string(info->long_title)},
                          {"citation", json_string(info->citation)},
                          {"signed", json_boolean(info->traits & MIEN_SIGNED)},
                          {"memberships", json_boolean(info->traits & MIEN_MEMBERSHIPS)},
                          {"clusters", json_boolean(info->traits & MIEN_CLUSTERS)},
                          {"in_steps", json_boolean(info->traits & MIEN_IN_STEPS)},
                          {"monotone", json_boolean(info->traits & MIEN_MONOTONE)},
                          {"objective", json_string(objective_of(fit))}, {"r", mien_json_size(r)},
                          {"penalty", mien_json_real(fit->penalty)},
                          {"stop", json_string(mien_stop_name(fit->stop, MIEN_STOP_PAGE))});
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        o = mien_json_more(o, MIEN_MEMBERS({same[i], copied(numbers, same[i])}));
    return mien_json_more(
        o, MIEN_MEMBERS({"basis", name_of(fit, "basis")},
                        {"basis_scale", numbers_json(page->basis_scale, r)},
                        {"weights", name_of(fit, "weights")},
                        {"weights_scale", numbers_json(page->weights_scale, r)},
                        {"mean", fit->mu ? name_of(fit, "mean") : json_null()},
                        {"share", copied(memberships, "share")},
                        {"exemplars", copied(memberships, "exemplars")},
                        {"history", history_json(fit)}, {"snapshots", snapshots_json(page)},
                        {"cross", cross_json(numbers)}, {"agreement", agreement_json(numbers)}));
}
