/* gather.c - read the images of a folder into one store.
 * SPDX-License-Identifier: MIT
 *
 * Every file is read once, as a rule. The size that the images shall have is only known when all
 * headers have been seen, so the first image's size is the guess: what has it is decoded at once,
 * of the others the header is noted. When the guess turns out to be right, as it does in a folder
 * of equal images, the work is done; otherwise there is a second pass over those of the right size.
 *
 * Pixels lie in chunks first (gather_read.c), each file's at a place of its own. When the chunks
 * are parts of one store, which becomes the data set's, only the gaps that unused files leave are
 * closed; otherwise they are moved into one, chunk after chunk: memory stays near n p. */
#include "read/gather.h"

#include "base/memory.h"
#include "base/status.h"
#include "data/pixels.h"
#include "read/gather_job.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes for the images that threads decode at a time; many threads shall not take many times the
 * memory of one. A larger image is decoded when no other is. */
enum { MEMORY_AT_ONCE = 512 << 20 };

/* ---------------------------------------------------------------- sizes and formats */

typedef struct sized {
    size_t width, height, first, count;
} sized;

static int by_size(const void *a, const void *b)
{
    const sized *x = a, *y = b;
    if (x->width != y->width)
        return x->width < y->width ? -1 : 1;
    if (x->height != y->height)
        return x->height < y->height ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* Most frequent first; of equally frequent ones, the one that comes first in the folder. */
static int by_count(const void *a, const void *b)
{
    const sized *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

static mien_status count_sizes(const mien_gather_job *j, mien_dataset *ds)
{
    size_t n = 0, distinct = 0;
    sized *all = mien_alloc_array(j->folder->count, sizeof *all);
    if (!all)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < j->folder->count; i++)
        if (j->files[i].is_image)
            all[n++] = (sized){j->files[i].head.width, j->files[i].head.height, i, 1};
    if (n)
        qsort(all, n, sizeof *all, by_size);
    for (size_t i = 0; i < n; i++) {
        if (distinct && all[distinct - 1].width == all[i].width &&
            all[distinct - 1].height == all[i].height)
            all[distinct - 1].count++;
        else
            all[distinct++] = all[i];
    }
    if (distinct)
        qsort(all, distinct, sizeof *all, by_count);
    ds->n_sizes = distinct;
    for (size_t i = 0; i < distinct && i < sizeof ds->sizes / sizeof *ds->sizes; i++)
        ds->sizes[i] = (struct mien_size_count){all[i].width, all[i].height, all[i].count};
    mien_free(all);
    return MIEN_OK;
}

static void count_formats(const mien_gather_job *j, mien_dataset *ds)
{
    size_t counts[MIEN_N_FORMATS] = {0};
    for (size_t i = 0; i < j->folder->count; i++)
        if (j->files[i].is_image)
            counts[j->files[i].head.format]++;
    for (unsigned k = 0; k < MIEN_N_FORMATS; k++) {
        if (!counts[k])
            continue;
        struct mien_format_count *to = &ds->formats[ds->n_formats++];
        snprintf(to->name, sizeof to->name, "%s", mien_format_name((mien_format)k));
        to->count = counts[k];
    }
}

/* Read everything: pixels into chunks, the rest into the files' states. */
static mien_status read_all(mien_gather_job *j, mien_dataset *ds, mien_error *err)
{
    const mien_load_options *o = j->options;
    size_t width = o->width, height = o->height;
    bool given = width != 0;
    mien_status st = given ? MIEN_OK : mien_gather_guess(j, &width, &height);
    if (!st)
        st = mien_gather_aim(j, width, height);
    if (st)
        return mien_fail_plain(err, st);
    j->fit_others = given && o->resize != MIEN_RESIZE_REJECT;
    st = mien_gather_pass(j, err);
    if (st)
        return st;
    st = count_sizes(j, ds);
    if (!st && !given && ds->n_sizes &&
        (ds->sizes[0].width != width || ds->sizes[0].height != height))
        st = mien_gather_aim(j, ds->sizes[0].width, ds->sizes[0].height);
    else if (given || o->resize == MIEN_RESIZE_REJECT || ds->n_sizes < 2 || st)
        return st ? mien_fail_plain(err, st) : MIEN_OK;
    if (st)
        return mien_fail_plain(err, st);
    j->fit_others = o->resize != MIEN_RESIZE_REJECT;
    return mien_gather_pass(j, err);
}

/* ---------------------------------------------------------------- into the store */

static mien_status refuse_other_sizes(mien_gather_job *j)
{
    char reason[128];
    for (size_t i = 0; i < j->folder->count; i++) {
        mien_gather_file *f = &j->files[i];
        if (f->state != MIEN_OTHER_SIZE)
            continue;
        snprintf(reason, sizeof reason,
                 j->options->for_model
                     ? "%zux%zu, the model wants %zux%zu (use --fit stretch|crop|pad)"
                     : "%zux%zu, expected %zux%zu (use --size or --fit)",
                 f->head.width, f->head.height, j->width, j->height);
        mien_gather_refuse(j, f, reason);
    }
    return atomic_load(&j->nomem) ? MIEN_ERR_NOMEM : MIEN_OK;
}

/* "faces: fewer than two usable images: a.png: truncated ...; and 3 more; 2 files are no images" */
static mien_status fail_too_few(const mien_gather_job *j, size_t n, size_t n_refused,
                                size_t n_skipped, mien_error *err)
{
    enum { NAMED = 2 }; /* a reason ends with its remedy: whole ones, and fewer */
    char text[400];
    size_t used = 0, named = 0;
    text[0] = '\0';
    for (size_t i = 0; i < j->folder->count && named < NAMED; i++) {
        if (j->files[i].state != MIEN_REFUSED)
            continue;
        int now = snprintf(text + used, sizeof text - used, "%s%.40s: %.140s", named ? "; " : ": ",
                           j->folder->entries[i].path, j->files[i].reason);
        used += (size_t)now < sizeof text - used ? (size_t)now : sizeof text - used - 1;
        named++;
    }
    if (n_refused > named)
        snprintf(text + used, sizeof text - used, "; and %zu more", n_refused - named);
    const char *few = n ? "only one usable image, and mien needs two" : "no usable images";
    if (n_skipped)
        return mien_fail(err, MIEN_ERR_DATA, "%.60s: %s%s (%zu %s no image%s)", j->input, few, text,
                         n_skipped, n_skipped == 1 ? "file is" : "files are",
                         n_skipped == 1 ? "" : "s");
    return mien_fail(err, MIEN_ERR_DATA, "%.60s: %s%s", j->input, few, text);
}

/* Row `row` of the store from its chunk. */
static void move_image(mien_gather_job *j, size_t i, mien_pixels *pixels, size_t row)
{
    const mien_gather_chunk *c = &j->chunks[i / j->per_chunk];
    const unsigned char *from = mien_gather_place(j, c, i);
    void *to = mien_pixels_row(pixels, row);
    if (pixels->type == MIEN_U16 && c->depth == 8)
        mien_widen(from, to, j->p);
    else if (from != to) /* a chunk has 16 bits only where a kept image has them */
        memmove(to, from, j->p * (c->depth / 8));
}

/* The chunks' own store when they all are in it, or a new one. */
static mien_status take_store(mien_gather_job *j, size_t n, bool deep, mien_pixels *pixels)
{
    if (deep || !j->store)
        return mien_pixels_alloc(n, j->p, deep ? MIEN_U16 : MIEN_U8, pixels);
    *pixels = (mien_pixels){.n = n, .p = j->p, .type = MIEN_U8, .values = j->store};
    j->store = NULL;
    return MIEN_OK;
}

/* White of the images that were kept: one for all, or one each. */
static mien_status note_whites(const mien_gather_job *j, mien_pixels *pixels)
{
    size_t row = 0, count = j->folder->count;
    unsigned least = UINT_MAX, most = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned white = j->files[i].head.white;
        if (j->files[i].state != MIEN_KEPT)
            continue;
        least = white < least ? white : least;
        most = white > most ? white : most;
    }
    pixels->white = most;
    if (least == most)
        return MIEN_OK;
    pixels->whites = mien_alloc_array(pixels->n, sizeof *pixels->whites);
    if (!pixels->whites)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        if (j->files[i].state == MIEN_KEPT)
            pixels->whites[row++] = (float)j->files[i].head.white;
    return MIEN_OK;
}

/* In the order of the files: row <= i, so a store is compacted in place without losing a row that
 * is still to be moved. A chunk goes when its last image has left. */
static mien_status fill(mien_gather_job *j, mien_dataset *ds, size_t n, mien_error *err)
{
    bool deep = false;
    size_t row = 0, count = j->folder->count;
    for (size_t i = 0; i < count; i++)
        deep = deep || (j->files[i].state == MIEN_KEPT && j->files[i].head.depth == 16);
    mien_status st = take_store(j, n, deep, &ds->pixels);
    if (!st)
        st = note_whites(j, &ds->pixels);
    if (st)
        return mien_fail_plain(err, st);
    ds->shape = (mien_shape){j->height, j->width, j->channels};
    for (size_t i = 0; i < count; i++) {
        if (j->files[i].state == MIEN_KEPT)
            move_image(j, i, &ds->pixels, row++);
        mien_gather_chunk *c = &j->chunks[i / j->per_chunk];
        if (c->owned && (i + 1 == count || (i + 1) % j->per_chunk == 0)) {
            mien_free(c->values);
            *c = (mien_gather_chunk){0};
        }
    }
    return MIEN_OK;
}

/* Names and reasons; they change hands. */
static mien_status fill_lists(mien_gather_job *j, mien_dataset *ds, size_t n, size_t n_refused)
{
    size_t row = 0;
    ds->images = mien_alloc_array(n, sizeof *ds->images);
    ds->refused = mien_alloc_array(n_refused, sizeof *ds->refused);
    if (!ds->images || !ds->refused)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < j->folder->count; i++) {
        mien_gather_file *f = &j->files[i];
        mien_folder_entry *entry = &j->folder->entries[i];
        if (f->state == MIEN_KEPT) {
            if (!mien_is_picture_name(entry->path) && ds->n_odd_names++ == 0)
                ds->odd_name = row;
            ds->images[row++] = (mien_image_info){entry->path, f->head.width, f->head.height};
            entry->path = NULL;
        } else if (f->state == MIEN_REFUSED) {
            ds->refused[ds->n_refused++] = (mien_refusal){entry->path, f->reason};
            entry->path = f->reason = NULL;
        }
    }
    return MIEN_OK;
}

static mien_status finish(mien_gather_job *j, mien_dataset *ds, mien_error *err)
{
    size_t n = 0, n_refused = 0;
    mien_status st = refuse_other_sizes(j);
    if (st)
        return mien_fail_plain(err, st);
    ds->n_skipped = j->folder->n_skipped;
    for (size_t i = 0; i < j->folder->count; i++) {
        n += j->files[i].state == MIEN_KEPT;
        n_refused += j->files[i].state == MIEN_REFUSED;
        ds->n_skipped += j->files[i].state == MIEN_SKIPPED;
    }
    if (n < (j->options->for_model ? 1 : 2))
        return fail_too_few(j, n, n_refused, ds->n_skipped, err);
    count_formats(j, ds);
    st = fill(j, ds, n, err);
    if (st)
        return st;
    st = fill_lists(j, ds, n, n_refused);
    return st ? mien_fail_plain(err, st) : MIEN_OK;
}

static mien_status check_options(const mien_load_options *o, mien_error *err)
{
    if (!o->width && !o->height)
        return MIEN_OK;
    if (mien_picture_check_size(o->width, o->height, NULL))
        return mien_fail(err, MIEN_ERR_ARG, "a size of %zux%zu is out of range", o->width,
                         o->height);
    return MIEN_OK;
}

mien_status mien_gather(const char *input, mien_folder *folder, const mien_load_options *options,
                        mien_pool *pool, mien_dataset *dataset, mien_error *err)
{
    mien_gather_job j = {.input = input,
                         .folder = folder,
                         .options = options,
                         .pool = pool,
                         .channels = options->color ? 3 : 1};
    unsigned workers = mien_pool_threads(pool);
    mien_status st = check_options(options, err);
    if (st)
        return st;
    mien_budget_init(&j.memory, MEMORY_AT_ONCE);
    j.files = mien_alloc_array(folder->count, sizeof *j.files);
    j.buffers = mien_alloc_array(workers, sizeof *j.buffers);
    st = j.files && j.buffers ? read_all(&j, dataset, err) : mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (unsigned k = 0; j.buffers && k < workers; k++)
        mien_bytes_free(&j.buffers[k]); /* before the store is filled */
    if (!st)
        st = finish(&j, dataset, err);
    for (size_t i = 0; j.files && i < folder->count; i++)
        mien_free(j.files[i].reason);
    mien_gather_free_chunks(&j);
    mien_free(j.files);
    mien_free(j.buffers);
    mien_budget_free(&j.memory);
    return st;
}
