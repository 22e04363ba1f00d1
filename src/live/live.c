/* live.c - what a page in a browser calls of mien: one data set and one fit at a time.
 * SPDX-License-Identifier: MIT */
#include "live/live.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "data/pixels.h"
#include "live/faces.h"
#include "live/live_input.h"
#include "live/swimmer.h"
#include "methods/snapshots.h"
#include "mien_study.h"
#include "read/formats/decode.h"
#include "read/gather.h"
#include "read/prepare.h"
#include "read/resize.h"
#include "report/files/names.h"
#include "study/membership.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was added and is not read yet. */
struct pictures {
    char **names; /* count, as many as capacity; so are the bytes */
    mien_bytes *bytes;
    size_t count, names_capacity, bytes_capacity;
};

static struct {
    mien_error error;
    mien_load_options load;
    mien_options options;
    struct pictures pictures;
    mien_dataset dataset; /* n 0: none */
    mien_fit fit;
    mien_parts parts;
    float *shares;     /* n x r, or NULL */
    int32_t *dominant; /* n, or NULL */
    uint8_t *view;     /* r x p: the basis that is shown */
    float *view_scale; /* r */
    bool wanted;       /* the page wants to see the present basis */
} live;

static mien_status fail_memory(void)
{
    return mien_fail_plain(&live.error, MIEN_ERR_NOMEM);
}

/* ---------------------------------------------------------------- the page's side */

void *live_alloc(size_t nbytes)
{
    return mien_alloc_raw(nbytes, 1);
}

void live_free(void *memory)
{
    mien_free(memory);
}

const char *live_version(void)
{
    return MIEN_VERSION;
}

const char *live_message(void)
{
    return live.error.message;
}

static bool tell(void *user, const mien_progress *now)
{
    (void)user;
    return live_progress((double)now->done, (double)now->total, now->loss, (double)now->run,
                         (double)now->runs) != 0;
}

static bool show(void *viewer, const mien_view *now)
{
    (void)viewer;
    if (!now)
        return live.wanted = live.view && live_wants();
    if (!live.wanted)
        return false;
    size_t p = live.dataset.pixels.p, r = live.options.r;
    bool is_signed = mien_method_describe(live.fit.method)->traits & MIEN_SIGNED;
    for (size_t k = 0; k < r; k++)
        live.view_scale[k] =
            mien_snapshot_row(now->H + k * now->ldh, p, is_signed, live.view + k * p);
    live_view((double)now->iteration, live.view, live.view_scale, now->W);
    return true;
}

/* ---------------------------------------------------------------- methods */

static const mien_method_info *info_of(size_t method)
{
    const mien_method *found = mien_method_at(method);
    return found ? mien_method_describe(found) : NULL;
}

const char *live_method_text(size_t method, int what)
{
    const mien_method_info *info = info_of(method);
    if (!info)
        return NULL;
    const char *const texts[] = {info->name, info->title, info->motto, info->long_title,
                                 info->citation};
    return texts[what];
}

double live_method_number(size_t method, int what)
{
    const mien_method_info *info = info_of(method);
    return what == LIVE_TRAITS ? info->traits : info->tolerance;
}

const char *live_option_text(size_t method, size_t option, int what)
{
    const mien_option *o = &info_of(method)->options[option];
    const char *const texts[] = {o->key, o->choices, o->help};
    return o->key ? texts[what] : NULL;
}

double live_option_number(size_t method, size_t option, int what)
{
    const mien_option *o = &info_of(method)->options[option];
    const double numbers[] = {o->initial, o->min, o->max};
    return numbers[what];
}

/* ---------------------------------------------------------------- what was added */

static void forget_pictures(void)
{
    struct pictures *all = &live.pictures;
    for (size_t i = 0; i < all->count; i++) {
        mien_free(all->names[i]);
        mien_bytes_free(&all->bytes[i]);
    }
    mien_free(all->names);
    mien_free(all->bytes);
    *all = (struct pictures){0};
}

/* ---------------------------------------------------------------- options */

void live_options(void)
{
    forget_pictures();
    live.load = (mien_load_options){.resize = MIEN_RESIZE_CROP, .threads = 1, .progress = tell};
    live.options = mien_options_default();
    live.options.r = 0; /* by the data */
    live.options.threads = 1;
    live.options.progress = tell;
    live.options.view = show;
}

/* A number from min to max; whole ones have no more digits. */
static mien_status set_number(const char *key, const char *value, double min, double max,
                              double *out)
{
    char *end;
    double number = strtod(value, &end);
    if (end == value || *end || !(number >= min && number <= max))
        return mien_fail(&live.error, MIEN_ERR_ARG, "%s %s: give a number from %g to %g", key,
                         value, min, max);
    *out = number;
    return MIEN_OK;
}

static mien_status set_size(const char *key, const char *value, double max, size_t *out)
{
    double number;
    mien_status st = set_number(key, value, 0, max, &number);
    if (!st)
        *out = (size_t)number;
    return st;
}

static mien_status set_word(const char *key, const char *value)
{
    mien_load_options *load = &live.load;
    if (strcmp(key, "normalize") == 0 && mien_normalize_parse(value, &load->normalize))
        return MIEN_OK;
    if (strcmp(key, "fit") == 0) {
        load->resize = mien_resize_parse(value);
        if (strcmp(value, mien_resize_name(load->resize)) == 0)
            return MIEN_OK;
    }
    for (int ink = MIEN_INK_AUTO; strcmp(key, "ink") == 0 && ink <= MIEN_INK_LIGHT; ink++) {
        const char *name = ink == MIEN_INK_AUTO ? "auto" : mien_ink_name((mien_ink_kind)ink);
        load->ink = (mien_ink_kind)ink;
        if (strcmp(value, name) == 0)
            return MIEN_OK;
    }
    return mien_fail(&live.error, MIEN_ERR_ARG, "%s %s: there is no such choice", key, value);
}

mien_status live_set(const char *key, const char *value)
{
    static const double MANY = 1e9;
    mien_options *o = &live.options;
    const struct {
        const char *key;
        size_t *to;
        double max;
    } sizes[] = {{"width", &live.load.width, MIEN_PICTURE_SIDE},
                 {"height", &live.load.height, MIEN_PICTURE_SIDE},
                 {"components", &o->r, MANY},
                 {"iterations", &o->iterations, MANY},
                 {"restarts", &o->restarts, MANY}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (strcmp(key, sizes[i].key) == 0)
            return set_size(key, value, sizes[i].max, sizes[i].to);
    double number = 0;
    mien_status st;
    if (strcmp(key, "tolerance") == 0)
        return set_number(key, value, -1, 1, &o->tolerance);
    if (strcmp(key, "seed") == 0) {
        st = set_number(key, value, 0, 0x1p53, &number);
        o->seed = (uint64_t)number;
        return st;
    }
    if (strcmp(key, "snapshots") == 0 || strcmp(key, "color") == 0) {
        st = set_number(key, value, 0, 1, &number);
        *(*key == 'c' ? &live.load.color : &o->snapshots) = number > 0;
        return st;
    }
    if (strcmp(key, "ink") == 0 || strcmp(key, "fit") == 0 || strcmp(key, "normalize") == 0)
        return set_word(key, value);
    return mien_options_set(o, key, value, &live.error);
}

/* ---------------------------------------------------------------- adding pictures */

mien_status live_add_file(char *name, unsigned char *bytes, size_t nbytes)
{
    struct pictures *all = &live.pictures;
    size_t count = all->count;
    if (!mien_grow((void **)&all->names, &all->names_capacity, count, count + 1,
                   sizeof *all->names) ||
        !mien_grow((void **)&all->bytes, &all->bytes_capacity, count, count + 1,
                   sizeof *all->bytes)) {
        mien_free(name);
        mien_free(bytes);
        return fail_memory();
    }
    all->names[count] = name;
    all->bytes[count] = (mien_bytes){bytes, nbytes, nbytes};
    all->count++;
    return MIEN_OK;
}

/* A picture of 8 bits as a file of Netpbm's: what mien's reader takes. Takes over the name. */
static mien_status add_picture(char *name, const mien_picture *picture)
{
    char header[64];
    size_t nbytes = picture->width * picture->height * picture->channels;
    size_t length =
        (size_t)snprintf(header, sizeof header, "P%d\n%zu %zu\n255\n",
                         picture->channels == 3 ? 6 : 5, picture->width, picture->height);
    unsigned char *bytes = mien_alloc_raw(length + nbytes, 1);
    if (!bytes) {
        mien_free(name);
        return fail_memory();
    }
    memcpy(bytes, header, length);
    memcpy(bytes + length, picture->pixels, nbytes);
    return live_add_file(name, bytes, length + nbytes);
}

mien_status live_add_rgba(char *name, unsigned char *rgba, size_t width, size_t height)
{
    const mien_load_options *load = &live.load;
    mien_picture picture = {width, height, 4, 8, UINT8_MAX, rgba}, resized;
    mien_status st = mien_picture_check_size(width, height, &live.error);
    if (st)
        mien_picture_free(&picture);
    else
        st = mien_picture_finish(&picture, load->color, &live.error);
    bool fits = !load->width || load->resize == MIEN_RESIZE_REJECT;
    if (!st && !fits) {
        st = mien_resize(&picture, load->width, load->height, load->resize, &resized);
        mien_picture_free(&picture);
        if (st)
            mien_fail_plain(&live.error, st);
        else
            picture = resized;
    }
    if (st) {
        mien_free(name);
        return st;
    }
    st = add_picture(name, &picture);
    mien_picture_free(&picture);
    return st;
}

static mien_status draw_one(const char *what, int number, unsigned char *pixels)
{
    char name[32];
    mien_face face;
    bool faces = strcmp(what, "faces") == 0;
    size_t side = faces ? MIEN_FACE_SIDE : MIEN_SWIMMER_SIDE;
    if (faces) {
        mien_face_draw_lots(&face, number);
        mien_face_render(&face, pixels);
    } else {
        mien_swimmer_render(number, pixels);
    }
    snprintf(name, sizeof name, "%s%03d.pgm", faces ? "face" : "swimmer", number);
    char *own = mien_strdup(name);
    const mien_picture picture = {side, side, 1, 8, UINT8_MAX, pixels};
    return own ? add_picture(own, &picture) : fail_memory();
}

mien_status live_draw(const char *what)
{
    static unsigned char pixels[MIEN_FACE_PIXELS];
    bool faces = strcmp(what, "faces") == 0;
    if (!faces && strcmp(what, "swimmer") != 0)
        return mien_fail(&live.error, MIEN_ERR_ARG, "%s: mien draws faces and swimmer", what);
    mien_status st = MIEN_OK;
    for (int i = 0; i < (faces ? MIEN_FACES : MIEN_SWIMMERS) && !st; i++)
        st = draw_one(what, i, pixels);
    return st;
}

/* ---------------------------------------------------------------- the data set */

static int by_name(const void *a, const void *b)
{
    const mien_folder_entry *x = a, *y = b;
    return mien_name_compare(x->path, y->path);
}

/* Into live.dataset, which is empty. */
static mien_status read_pictures(mien_pool *pool)
{
    struct pictures *all = &live.pictures;
    mien_folder folder = {.entries = mien_alloc_array(all->count, sizeof *folder.entries),
                          .count = all->count};
    char **paths = mien_alloc_raw(all->count, sizeof *paths);
    if (!folder.entries || !paths) {
        mien_free(folder.entries);
        mien_free(paths);
        return fail_memory();
    }
    for (size_t i = 0; i < all->count; i++)
        folder.entries[i].path = paths[i] = all->names[i];
    qsort(folder.entries, folder.count, sizeof *folder.entries, by_name);
    const live_files files = {paths, all->bytes, all->count};
    live_files_show(&files);
    for (size_t i = 0; i < all->count; i++)
        all->names[i] = NULL; /* they are the folder's now */
    mien_status st =
        mien_gather("your pictures", &folder, &live.load, pool, NULL, &live.dataset, &live.error);
    live_files_show(NULL);
    for (size_t i = 0; i < folder.count; i++)
        mien_free(folder.entries[i].path);
    mien_free(folder.entries);
    mien_free(paths);
    return st;
}

static void forget_data(void);

mien_status live_read(void)
{
    mien_pool *pool = NULL;
    forget_data();
    mien_status st = mien_pool_create(1, &pool);
    if (st) {
        forget_pictures();
        return fail_memory();
    }
    st = read_pictures(pool);
    forget_pictures();
    if (!st)
        st = mien_dataset_prepare(&live.dataset, &live.load, pool, &live.error);
    mien_pool_free(pool);
    if (st)
        mien_dataset_free(&live.dataset);
    return st;
}

mien_status live_take(size_t n, size_t height, size_t width, size_t channels, int type,
                      bool with_gain)
{
    mien_dataset *ds = &live.dataset;
    mien_pixels *x = &ds->pixels;
    size_t p;
    forget_data();
    if (!mien_product(height, width, channels, &p) || type > MIEN_F32 || n == 0 || p == 0)
        return mien_fail(&live.error, MIEN_ERR_SHAPE, "no data: %zu images of %zux%zu", n, width,
                         height);
    mien_status st = mien_pixels_alloc(n, p, (mien_pixel_type)type, x);
    if (!st && with_gain) {
        x->gain = mien_alloc_array(n, sizeof *x->gain);
        x->center = mien_alloc_array(n, sizeof *x->center);
        x->offset = mien_alloc_array(n, sizeof *x->offset);
        st = x->gain && x->center && x->offset ? MIEN_OK : MIEN_ERR_NOMEM;
    }
    if (st) {
        mien_dataset_free(ds);
        return fail_memory();
    }
    ds->shape = (mien_shape){height, width, channels};
    return MIEN_OK;
}

void live_take_range(double lower, double upper)
{
    live.dataset.pixels.lower = (float)lower;
    live.dataset.pixels.upper = (float)upper;
}

static double address(const void *memory)
{
    return (double)(uintptr_t)memory;
}

const double *live_data(void)
{
    static double numbers[LIVE_DATA];
    const mien_dataset *ds = &live.dataset;
    const mien_pixels *x = &ds->pixels;
    const double now[LIVE_DATA] = {
        [LIVE_N] = (double)x->n,
        [LIVE_HEIGHT] = (double)ds->shape.height,
        [LIVE_WIDTH] = (double)ds->shape.width,
        [LIVE_CHANNELS] = (double)ds->shape.channels,
        [LIVE_TYPE] = x->type,
        [LIVE_VALUES] = address(x->values),
        [LIVE_GAIN] = address(x->gain),
        [LIVE_CENTER] = address(x->center),
        [LIVE_OFFSET] = address(x->offset),
        [LIVE_LOWER] = (double)x->lower,
        [LIVE_UPPER] = (double)x->upper,
        [LIVE_WHITE] = x->white,
        [LIVE_BLACK_BORDER] = ds->black_border,
        [LIVE_REFUSED] = (double)ds->n_refused,
        [LIVE_COMPONENTS] = (double)mien_components_default(x->n, x->p),
    };
    memcpy(numbers, now, sizeof numbers);
    return numbers;
}

const char *live_data_text(int what, size_t index)
{
    const mien_dataset *ds = &live.dataset;
    switch (what) {
    case LIVE_IMAGE_NAME:
        return ds->images ? ds->images[index].path : "";
    case LIVE_REFUSED_NAME:
        return ds->refused[index].path;
    case LIVE_REFUSED_REASON:
        return ds->refused[index].reason;
    case LIVE_INK:
        return mien_ink_name(ds->ink);
    default:
        return mien_normalize_name(ds->normalize);
    }
}

size_t live_most(size_t method)
{
    return mien_components_max(mien_method_at(method), live.dataset.pixels.n,
                               live.dataset.pixels.p);
}

/* ---------------------------------------------------------------- the fit */

static void forget_fit(void)
{
    mien_fit_free(&live.fit);
    mien_free(live.shares);
    mien_free(live.dominant);
    live.fit = (mien_fit){0};
    live.shares = NULL;
    live.dominant = NULL;
}

static void forget_data(void)
{
    forget_fit();
    mien_dataset_free(&live.dataset);
}

/* live.shares and live.dominant of a method that has them. */
static mien_status measure_memberships(const mien_source *X)
{
    const mien_fit *fit = &live.fit;
    mien_memberships m;
    if (!(mien_method_describe(fit->method)->traits & MIEN_MEMBERSHIPS))
        return MIEN_OK;
    mien_status st = mien_memberships_measure(fit, X, &m, &live.error);
    if (st)
        return st;
    double *share = mien_alloc_raw(fit->r, sizeof *share);
    live.shares = mien_alloc_raw(fit->n * fit->r, sizeof *live.shares);
    live.dominant = mien_alloc_raw(fit->n, sizeof *live.dominant);
    bool whole = share && live.shares && live.dominant;
    for (size_t i = 0; i < fit->n && whole; i++) {
        mien_memberships_shares(&m, fit, i, share);
        for (size_t k = 0; k < fit->r; k++)
            live.shares[i * fit->r + k] = (float)share[k];
        live.dominant[i] = m.dominant[i] == MIEN_NO_COMPONENT ? -1 : (int32_t)m.dominant[i];
    }
    mien_free(share);
    mien_memberships_free(&m);
    return whole ? MIEN_OK : fail_memory();
}

static mien_status learn(const mien_method *method)
{
    const mien_source X = mien_pixels_source(&live.dataset.pixels);
    mien_options options = mien_options_for(&live.options, method);
    if (options.n_values != live.options.n_values)
        return mien_fail(&live.error, MIEN_ERR_ARG, "an option is none of %s",
                         mien_method_describe(method)->title);
    mien_status st = mien_method_suits(method, &live.dataset, &live.error);
    if (!st)
        st = mien_fit_check(method, X.n, X.p, &options, &live.error);
    if (st)
        return st;
    live.view = mien_alloc_raw(options.r * X.p, 1);
    live.view_scale = mien_alloc_raw(options.r, sizeof *live.view_scale);
    if (!live.view || !live.view_scale)
        return fail_memory();
    live.fit.method = method; /* of what is shown */
    st = mien_fit_run(method, &X, &options, &live.fit, &live.error);
    if (!st)
        st = mien_parts_measure(&live.fit, live.dataset.shape, 1, &live.parts, &live.error);
    return st ? st : measure_memberships(&X);
}

mien_status live_learn(const char *name)
{
    const mien_method *method = mien_method_find(name);
    forget_fit();
    if (!method)
        return mien_fail(&live.error, MIEN_ERR_ARG, "%s: there is no such method", name);
    if (!live.dataset.pixels.n)
        return mien_fail(&live.error, MIEN_ERR_ARG, "there are no pictures yet");
    if (!live.options.r)
        live.options.r = mien_components_default(live.dataset.pixels.n, live.dataset.pixels.p);
    mien_status st = learn(method);
    mien_free(live.view);
    mien_free(live.view_scale);
    live.view = NULL;
    live.view_scale = NULL;
    if (st)
        forget_fit();
    return st;
}

/* Rows of iteration, seconds and loss, in the place of the trace. */
static const double *trace_rows(void)
{
    static double *rows;
    const mien_fit *fit = &live.fit;
    mien_free(rows);
    rows = mien_alloc_raw(fit->n_trace, 3 * sizeof *rows);
    for (size_t t = 0; rows && t < fit->n_trace; t++) {
        rows[3 * t] = (double)fit->trace[t].iteration;
        rows[3 * t + 1] = fit->trace[t].seconds;
        rows[3 * t + 2] = fit->trace[t].loss;
    }
    return rows;
}

const double *live_fit(void)
{
    static double numbers[LIVE_FIT];
    const mien_fit *fit = &live.fit;
    const double *rows = trace_rows();
    const double now[LIVE_FIT] = {
        [LIVE_FIT_N] = (double)fit->n,
        [LIVE_FIT_P] = (double)fit->p,
        [LIVE_FIT_R] = (double)fit->r,
        [LIVE_FIT_W] = address(fit->W),
        [LIVE_FIT_H] = address(fit->H),
        [LIVE_FIT_MU] = address(fit->mu),
        [LIVE_LOSS] = fit->loss,
        [LIVE_PENALTY] = fit->penalty,
        [LIVE_RELATIVE_ERROR] = fit->relative_error,
        [LIVE_EXPLAINED_VARIANCE] = fit->explained_variance,
        [LIVE_SPARSENESS] = fit->sparseness,
        [LIVE_WEIGHTS_SPARSENESS] = fit->weights_sparseness,
        [LIVE_LOCALISATION] = live.parts.localisation,
        [LIVE_OVERLAP] = live.parts.overlap,
        [LIVE_CANCELLATION] = live.parts.cancellation,
        [LIVE_ITERATIONS] = (double)fit->iterations,
        [LIVE_SECONDS] = fit->seconds,
        [LIVE_SEED] = (double)fit->seed,
        [LIVE_TRACE] = address(rows),
        [LIVE_TRACE_COUNT] = rows ? (double)fit->n_trace : 0,
        [LIVE_SNAPSHOTS] = (double)fit->snapshots.count,
        [LIVE_SNAPSHOT_ITERATIONS] = address(fit->snapshots.iteration),
        [LIVE_SNAPSHOT_VALUES] = address(fit->snapshots.values),
        [LIVE_SNAPSHOT_SCALES] = address(fit->snapshots.scale),
        [LIVE_SHARES] = address(live.shares),
        [LIVE_DOMINANT] = address(live.dominant),
    };
    memcpy(numbers, now, sizeof numbers);
    return numbers;
}

const char *live_fit_text(int what)
{
    const mien_fit *fit = &live.fit;
    return what == LIVE_LOSS_NAME ? fit->loss_name
           : what == LIVE_STOP    ? mien_stop_name(fit->stop, MIEN_STOP_SHORT)
                                  : fit->note;
}
