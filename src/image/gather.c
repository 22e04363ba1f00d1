/* gather.c - read the images of a folder into one store.
 * SPDX-License-Identifier: MIT
 *
 * Every file is read once, as a rule. The size that the images shall have is only known when all
 * headers have been seen, so the first image's size is the guess: what has it is decoded at once,
 * of the others the header is noted. When the guess turns out to be right, as it does in a folder
 * of equal images, the work is done; otherwise there is a second pass over those of the right size.
 *
 * Pixels are first kept in chunks, a task's worth of files each, since nobody knows how many images
 * there will be, and are then moved into the store, chunk after chunk: memory stays near n p. */
#include "image/gather.h"

#include "base/memory.h"
#include "base/status.h"
#include "data/input.h"
#include "data/pixels.h"
#include "image/decode.h"
#include "image/pnm.h"
#include "image/resize.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_FILES = 64,      /* at most; enough to make a task worth taking */
    CHUNK_BYTES = 4 << 20, /* about */
    CHUNKS_WANTED = 64     /* at least, if there are files enough: threads shall share the work */
};

typedef enum state { UNSEEN, SKIPPED, REFUSED, OTHER_SIZE, KEPT } state;

typedef struct file {
    state state;
    bool is_image; /* its header could be read: `head` holds it */
    mien_picture_head head;
    size_t slot;  /* KEPT: place in its chunk */
    char *reason; /* REFUSED; owned */
} file;

typedef struct chunk {
    unsigned char *values; /* room for all files of the chunk, p values of `depth` bits each */
    unsigned depth;
    size_t count;
} chunk;

typedef struct job {
    const char *input;
    mien_folder *folder;
    const mien_load_options *options;
    mien_pool *pool;
    file *files;
    chunk *chunks;
    size_t n_chunks, per_chunk;
    size_t width, height, channels, p; /* what is wanted */
    bool fit_others;                   /* images of another size are resized in this pass */
    mien_bytes *buffers;               /* one a worker */
    atomic_size_t done;
    atomic_bool stopped; /* the callback asked for it */
    atomic_bool nomem;
} job;

/* ---------------------------------------------------------------- one file */

static void refuse(job *j, file *f, const char *reason)
{
    f->state = REFUSED;
    f->reason = mien_strdup(reason);
    if (!f->reason)
        atomic_store(&j->nomem, true);
}

/* Sort an error into the state of the file; MIEN_ERR_NOMEM ends everything. */
static void judge(job *j, size_t i, mien_status st, const char *reason)
{
    file *f = &j->files[i];
    const char *path = j->folder->entries[i].path;
    if (st == MIEN_ERR_NOMEM)
        atomic_store(&j->nomem, true);
    else if (st != MIEN_ERR_DATA)
        refuse(j, f, reason);
    else if (mien_is_picture_name(path))
        refuse(j, f,
               strcmp(reason, "empty") == 0 ? "an empty file"
                                            : "named like an image, but it is none");
    else
        f->state = SKIPPED;
}

static void widen(const uint8_t *from, uint16_t *to, size_t count)
{
    for (size_t k = 0; k < count; k++)
        to[k] = (uint16_t)(from[k] * 257);
}

/* Make room in the chunk for pictures of this depth. */
static bool prepare_chunk(const job *j, chunk *c, unsigned depth)
{
    if (c->values && c->depth >= depth)
        return true;
    size_t room;
    unsigned char *values = NULL;
    if (mien_product(j->per_chunk, j->p, 1, &room))
        values = mien_alloc_raw(room, depth / 8);
    if (!values)
        return false;
    if (c->count) /* bytes so far */
        widen(c->values, (void *)values, c->count * j->p);
    mien_free(c->values);
    c->values = values;
    c->depth = depth;
    return true;
}

/* A grey PNM, which is what the classic face sets are made of, goes straight to its place: a block
 * taken and given back for each image costs more than reading it. False: not done here. */
static bool decode_in_place(job *j, size_t i, const mien_bytes *bytes)
{
    const mien_picture_head *head = &j->files[i].head;
    chunk *c = &j->chunks[i / j->per_chunk];
    if (head->format != MIEN_FORMAT_PGM || j->channels != 1 || head->width != j->width ||
        head->height != j->height || (c->values && c->depth != head->depth))
        return false;
    if (!prepare_chunk(j, c, head->depth)) {
        atomic_store(&j->nomem, true);
        return true;
    }
    mien_error why;
    mien_status st = mien_pnm_decode_to(bytes->data, bytes->nbytes,
                                        c->values + c->count * j->p * (c->depth / 8), &why);
    if (st) {
        judge(j, i, st, why.message);
        if (c->count == 0) { /* its depth shall be that of an image that was kept */
            mien_free(c->values);
            *c = (chunk){0};
        }
        return true;
    }
    j->files[i].slot = c->count++;
    j->files[i].state = KEPT;
    return true;
}

static void keep(job *j, size_t i, const mien_picture *picture)
{
    chunk *c = &j->chunks[i / j->per_chunk];
    if (!prepare_chunk(j, c, picture->depth)) {
        atomic_store(&j->nomem, true);
        return;
    }
    unsigned char *to = c->values + c->count * j->p * (c->depth / 8);
    if (c->depth > picture->depth)
        widen(picture->pixels, (void *)to, j->p);
    else
        memcpy(to, picture->pixels, j->p * (c->depth / 8));
    j->files[i].slot = c->count++;
    j->files[i].state = KEPT;
}

static void decode_file(job *j, size_t i, const mien_bytes *bytes)
{
    mien_error why;
    mien_picture picture, resized;
    if (decode_in_place(j, i, bytes))
        return;
    mien_status st = mien_decode(bytes->data, bytes->nbytes, j->options->color, &picture, &why);
    if (st) {
        judge(j, i, st, why.message);
        return;
    }
    if (picture.width != j->width || picture.height != j->height) {
        st = mien_resize(&picture, j->width, j->height, j->options->fit, &resized);
        mien_picture_free(&picture);
        if (st) {
            atomic_store(&j->nomem, true);
            return;
        }
        picture = resized;
    }
    keep(j, i, &picture);
    mien_picture_free(&picture);
}

static bool is_wanted(const job *j, const mien_picture_head *head)
{
    return j->fit_others || (head->width == j->width && head->height == j->height);
}

static void read_file(job *j, size_t i, mien_bytes *bytes)
{
    file *f = &j->files[i];
    const mien_folder_entry *entry = &j->folder->entries[i];
    mien_error why;
    if (f->state == OTHER_SIZE ? !is_wanted(j, &f->head) : f->state != UNSEEN)
        return;
    if (entry->problem) {
        refuse(j, f, entry->problem);
        return;
    }
    mien_status st = mien_input_slurp(j->folder->fd, entry->path, MIEN_PICTURE_BYTES, bytes, &why);
    if (!st)
        st = mien_decode_probe(bytes->data, bytes->nbytes, &f->head, &why);
    if (st) {
        f->is_image = false;
        judge(j, i, st, why.message);
        return;
    }
    f->is_image = true;
    f->state = OTHER_SIZE;
    if (is_wanted(j, &f->head))
        decode_file(j, i, bytes);
}

static bool report_progress(const job *j)
{
    mien_progress now = {"reading", atomic_load(&j->done), j->folder->count, (double)NAN};
    return !j->options->progress || j->options->progress(j->options->user, &now);
}

/* The files of one chunk. Worker 0 is the thread that called the library. */
static void read_chunk(void *context, size_t index, unsigned worker)
{
    job *j = context;
    size_t first = index * j->per_chunk, end = first + j->per_chunk;
    if (end > j->folder->count)
        end = j->folder->count;
    if (worker == 0 && !atomic_load(&j->stopped) && !report_progress(j))
        atomic_store(&j->stopped, true);
    for (size_t i = first; i < end; i++) {
        if (atomic_load(&j->stopped) || atomic_load(&j->nomem))
            return;
        read_file(j, i, &j->buffers[worker]);
        atomic_fetch_add(&j->done, 1);
    }
}

/* ---------------------------------------------------------------- passes */

static void free_chunks(job *j)
{
    for (size_t k = 0; j->chunks && k < j->n_chunks; k++)
        mien_free(j->chunks[k].values);
    mien_free(j->chunks);
    j->chunks = NULL;
    j->n_chunks = 0;
}

/* Fix the size that is wanted and start with empty chunks. */
static mien_status aim(job *j, size_t width, size_t height)
{
    free_chunks(j);
    size_t count = j->folder->count;
    j->width = width;
    j->height = height;
    j->p = width * height * j->channels;
    j->per_chunk = j->p ? CHUNK_BYTES / j->p : CHUNK_FILES;
    if (j->per_chunk > CHUNK_FILES)
        j->per_chunk = CHUNK_FILES;
    if (j->per_chunk > count / CHUNKS_WANTED)
        j->per_chunk = count / CHUNKS_WANTED;
    if (j->per_chunk == 0)
        j->per_chunk = 1;
    size_t n_chunks = (count + j->per_chunk - 1) / j->per_chunk;
    j->chunks = mien_alloc_array(n_chunks, sizeof *j->chunks);
    if (!j->chunks)
        return MIEN_ERR_NOMEM;
    j->n_chunks = n_chunks;
    for (size_t i = 0; i < count; i++)
        if (j->files[i].state == KEPT)
            j->files[i].state = OTHER_SIZE;
    return MIEN_OK;
}

static mien_status run_pass(job *j, mien_error *err)
{
    atomic_store(&j->done, 0);
    mien_pool_run(j->pool, j->n_chunks, read_chunk, j);
    if (atomic_load(&j->nomem))
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (atomic_load(&j->stopped) || !report_progress(j))
        return mien_fail(err, MIEN_ERR_ARG, "%s: reading was interrupted", j->input);
    return MIEN_OK;
}

/* Size of the first image there is, the guess. 0 x 0 when there is none. */
static mien_status guess_size(job *j, size_t *width, size_t *height)
{
    mien_picture_head head = {.width = 0};
    *width = *height = 0;
    for (size_t i = 0; i < j->folder->count; i++) {
        const mien_folder_entry *entry = &j->folder->entries[i];
        if (entry->problem)
            continue;
        mien_status st =
            mien_input_slurp(j->folder->fd, entry->path, MIEN_PICTURE_BYTES, &j->buffers[0], NULL);
        if (st == MIEN_ERR_NOMEM)
            return st;
        if (!st && !mien_decode_probe(j->buffers[0].data, j->buffers[0].nbytes, &head, NULL)) {
            *width = head.width;
            *height = head.height;
            return MIEN_OK;
        }
    }
    return MIEN_OK;
}

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

static mien_status count_sizes(const job *j, mien_dataset *ds)
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

static void count_formats(const job *j, mien_dataset *ds)
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
static mien_status read_all(job *j, mien_dataset *ds, mien_error *err)
{
    const mien_load_options *o = j->options;
    size_t width = o->width, height = o->height;
    bool given = width != 0;
    mien_status st = given ? MIEN_OK : guess_size(j, &width, &height);
    if (!st)
        st = aim(j, width, height);
    if (st)
        return mien_fail_plain(err, st);
    j->fit_others = given && o->fit != MIEN_FIT_REJECT;
    st = run_pass(j, err);
    if (st)
        return st;
    st = count_sizes(j, ds);
    if (!st && !given && ds->n_sizes &&
        (ds->sizes[0].width != width || ds->sizes[0].height != height))
        st = aim(j, ds->sizes[0].width, ds->sizes[0].height);
    else if (given || o->fit == MIEN_FIT_REJECT || ds->n_sizes < 2 || st)
        return st ? mien_fail_plain(err, st) : MIEN_OK;
    if (st)
        return mien_fail_plain(err, st);
    j->fit_others = o->fit != MIEN_FIT_REJECT;
    return run_pass(j, err);
}

/* ---------------------------------------------------------------- into the store */

static mien_status refuse_other_sizes(job *j)
{
    char reason[128];
    for (size_t i = 0; i < j->folder->count; i++) {
        file *f = &j->files[i];
        if (f->state != OTHER_SIZE)
            continue;
        snprintf(reason, sizeof reason,
                 j->options->for_model
                     ? "%zux%zu, the model wants %zux%zu (use --fit stretch|crop|pad)"
                     : "%zux%zu, expected %zux%zu (use --size or --fit)",
                 f->head.width, f->head.height, j->width, j->height);
        refuse(j, f, reason);
    }
    return atomic_load(&j->nomem) ? MIEN_ERR_NOMEM : MIEN_OK;
}

/* "faces: fewer than two usable images: a.png: truncated ...; and 3 more; 2 files are no images" */
static mien_status fail_too_few(const job *j, size_t n, size_t n_refused, size_t n_skipped,
                                mien_error *err)
{
    enum { NAMED = 3 };
    char text[400];
    size_t used = 0, named = 0;
    text[0] = '\0';
    for (size_t i = 0; i < j->folder->count && named < NAMED; i++) {
        if (j->files[i].state != REFUSED)
            continue;
        int now = snprintf(text + used, sizeof text - used, "%s%.48s: %.64s", named ? "; " : ": ",
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

/* Row `row` of the store from its chunk; the chunk goes when its last image has left. */
static void move_image(job *j, size_t i, mien_pixels *pixels, size_t row)
{
    const file *f = &j->files[i];
    const chunk *c = &j->chunks[i / j->per_chunk];
    const unsigned char *from = c->values + f->slot * j->p * (c->depth / 8);
    void *to = mien_pixels_row(pixels, row);
    if (pixels->type == MIEN_U16 && c->depth == 8)
        widen(from, to, j->p);
    else /* a chunk has 16 bits only where a kept image has them */
        memcpy(to, from, j->p * (c->depth / 8));
}

static mien_status fill(job *j, mien_dataset *ds, size_t n, mien_error *err)
{
    bool deep = false;
    size_t row = 0, count = j->folder->count;
    for (size_t i = 0; i < count; i++)
        deep = deep || (j->files[i].state == KEPT && j->files[i].head.depth == 16);
    mien_status st = mien_pixels_alloc(n, j->p, deep ? MIEN_U16 : MIEN_U8, &ds->pixels);
    if (st)
        return mien_fail_plain(err, st);
    ds->shape = (mien_shape){j->height, j->width, j->channels};
    for (size_t i = 0; i < count; i++) {
        if (j->files[i].state == KEPT)
            move_image(j, i, &ds->pixels, row++);
        if (i + 1 == count || (i + 1) % j->per_chunk == 0) {
            mien_free(j->chunks[i / j->per_chunk].values);
            j->chunks[i / j->per_chunk].values = NULL;
        }
    }
    return MIEN_OK;
}

/* Names and reasons; they change hands. */
static mien_status fill_lists(job *j, mien_dataset *ds, size_t n, size_t n_refused)
{
    size_t row = 0;
    ds->images = mien_alloc_array(n, sizeof *ds->images);
    ds->refused = mien_alloc_array(n_refused, sizeof *ds->refused);
    if (!ds->images || !ds->refused)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < j->folder->count; i++) {
        file *f = &j->files[i];
        mien_folder_entry *entry = &j->folder->entries[i];
        if (f->state == KEPT) {
            ds->images[row++] = (mien_image_info){entry->path, f->head.width, f->head.height};
            entry->path = NULL;
        } else if (f->state == REFUSED) {
            ds->refused[ds->n_refused++] = (mien_refusal){entry->path, f->reason};
            entry->path = f->reason = NULL;
        }
    }
    return MIEN_OK;
}

static mien_status finish(job *j, mien_dataset *ds, mien_error *err)
{
    size_t n = 0, n_refused = 0;
    mien_status st = refuse_other_sizes(j);
    if (st)
        return mien_fail_plain(err, st);
    ds->n_skipped = j->folder->n_skipped;
    for (size_t i = 0; i < j->folder->count; i++) {
        n += j->files[i].state == KEPT;
        n_refused += j->files[i].state == REFUSED;
        ds->n_skipped += j->files[i].state == SKIPPED;
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
    job j = {.input = input,
             .folder = folder,
             .options = options,
             .pool = pool,
             .channels = options->color ? 3 : 1};
    unsigned workers = mien_pool_threads(pool);
    mien_status st = check_options(options, err);
    if (st)
        return st;
    j.files = mien_alloc_array(folder->count, sizeof *j.files);
    j.buffers = mien_alloc_array(workers, sizeof *j.buffers);
    st = j.files && j.buffers ? read_all(&j, dataset, err) : mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (unsigned k = 0; j.buffers && k < workers; k++)
        mien_bytes_free(&j.buffers[k]); /* before the store is filled */
    if (!st)
        st = finish(&j, dataset, err);
    for (size_t i = 0; j.files && i < folder->count; i++)
        mien_free(j.files[i].reason);
    free_chunks(&j);
    mien_free(j.files);
    mien_free(j.buffers);
    return st;
}
