/* gather.c - read the images of a folder into one store.
 * SPDX-License-Identifier: MIT
 *
 * Every file is read once, as a rule. Size and depth of the store are only known when all headers
 * have been seen, so those of the first image are the guess: what they suit is decoded at once, of
 * the others the header is noted. When the guess turns out to be right, as it does in a folder of
 * equal images, the work is done; otherwise there is a second pass.
 *
 * In the first pass each file has a place in the store, whether it will be used or not, so that the
 * order is that of the files: memory that is not touched is free. In the end the gaps are closed,
 * so memory stays near n p. Where no such store is to be had, all images wait for the second pass,
 * which has places for them alone. */
#define _POSIX_C_SOURCE 200809L /* stpcpy */
#include "read/gather.h"

#include "base/budget.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/input.h"
#include "data/mapping.h"
#include "data/pixels.h"
#include "read/formats/decode.h"
#include "read/neighbours.h"
#include "read/resize.h"

#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes for the images that threads decode at a time; many threads shall not take many times the
 * memory of one. A larger image is decoded when no other is. */
enum { MEMORY_AT_ONCE = 512 << 20 };

/* WAITING: its header could be read, its pixels were of no use so far. */
typedef enum state { UNSEEN, SKIPPED, REFUSED, WAITING, KEPT } state;

typedef struct file {
    state state;
    mien_picture_head head; /* width 0: none could be read */
    char *reason;           /* REFUSED; owned */
    size_t place;           /* in the store */
    bool told;              /* neighbours know the reason */
} file;

typedef struct job {
    const char *input;
    mien_folder *folder;
    const mien_load_options *options;
    mien_pool *pool;
    file *files;
    mien_neighbours *neighbours; /* who decode with this process, or NULL */
    bool unshared;               /* no store could be shared: each reads for itself */
    unsigned char *store; /* theirs, or owned: p values of `depth` bits for each place, or NULL */
    size_t width, height, channels, p; /* what is wanted */
    unsigned depth;
    bool resize_others;  /* images of another size are wanted, too */
    mien_bytes *buffers; /* one a worker */
    mien_budget memory;  /* of all that is being decoded */
    size_t first, total; /* files that are this process's to read in a pass */
    atomic_size_t done;  /* of those */
    atomic_bool stopped; /* the callback asked for it */
    atomic_bool nomem;
} job;

static void *place_of(const job *j, size_t i)
{
    return j->store + j->files[i].place * j->p * (j->depth / 8);
}

/* ---------------------------------------------------------------- one file */

/* The file will not be used, and this is why. */
static void refuse(job *j, file *f, const char *reason)
{
    f->state = REFUSED;
    f->reason = mien_strdup(reason);
    if (!f->reason)
        atomic_store(&j->nomem, true);
}

/* A file whose content is none that is known: what its name says it is. */
static bool judge_name(job *j, file *f, const char *path, bool empty)
{
    static const char packed[] = ".gz";
    char text[128];
    size_t length = strlen(path), head = length < sizeof packed ? 0 : length - sizeof packed + 1;
    size_t start = head < sizeof text ? 0 : head - sizeof text + 1;
    const char *kind = mien_foreign_name(path);
    if (mien_is_picture_name(path)) {
        refuse(j, f, empty ? "an empty file" : "named like an image, but it is none");
        return true;
    }
    if (kind && !empty) {
        snprintf(text, sizeof text, "%s image, which mien does not read (convert it to PNG)", kind);
        refuse(j, f, text);
        return true;
    }
    if (!head || strcmp(path + head, packed) != 0)
        return false;
    memcpy(text, path + start, head - start);
    text[head - start] = '\0';
    if (!mien_is_picture_name(text))
        return false;
    refuse(j, f, "packed by gzip, which mien does not unpack (gunzip it)");
    return true;
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
    else if (!judge_name(j, f, path, strcmp(reason, "empty") == 0))
        f->state = SKIPPED;
}

/* A picture of the size that is wanted, no deeper than the store. */
static void keep(job *j, size_t i, const mien_picture *picture)
{
    const uint8_t *bytes = picture->pixels;
    uint16_t *words = place_of(j, i);
    if (j->depth == picture->depth)
        memcpy(place_of(j, i), picture->pixels, j->p * (j->depth / 8));
    for (size_t k = 0; j->depth > picture->depth && k < j->p; k++)
        words[k] = bytes[k];
    j->files[i].state = KEPT;
}

static void decode_file(job *j, size_t i, const mien_bytes *bytes)
{
    mien_error why;
    mien_picture picture, resized;
    mien_status st = mien_decode(bytes->data, bytes->nbytes, j->options->color, &picture, &why);
    if (st) {
        judge(j, i, st, why.message);
        return;
    }
    if (picture.width != j->width || picture.height != j->height) {
        st = mien_resize(&picture, j->width, j->height, j->options->resize, &resized);
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

static bool is_wanted(const job *j, const file *f)
{
    return j->resize_others || (f->head.width == j->width && f->head.height == j->height);
}

static void read_file(job *j, size_t i, mien_bytes *bytes)
{
    file *f = &j->files[i];
    const mien_folder_entry *entry = &j->folder->entries[i];
    mien_error why;
    if (f->state != UNSEEN && (f->state != WAITING || !is_wanted(j, f)))
        return;
    if (entry->problem) {
        refuse(j, f, entry->problem);
        return;
    }
    mien_status st = mien_input_slurp(j->folder->fd, entry->path, MIEN_PICTURE_BYTES, bytes, &why);
    if (!st)
        st = mien_decode_probe(bytes->data, bytes->nbytes, &f->head, &why);
    if (st) {
        f->head = (mien_picture_head){0};
        judge(j, i, st, why.message);
        return;
    }
    f->state = WAITING;
    if (!j->store || !is_wanted(j, f) || f->head.depth > j->depth)
        return;
    mien_budget_take(&j->memory, f->head.memory);
    decode_file(j, i, bytes);
    mien_budget_give(&j->memory, f->head.memory);
}

/* ---------------------------------------------------------------- passes */

/* Sets j->stopped when the callback asks for it. */
static void report_progress(job *j)
{
    mien_progress now = {
        .stage = "reading", .done = atomic_load(&j->done), .total = j->total, .loss = (double)NAN};
    if (j->options->progress && !j->options->progress(j->options->user, &now))
        atomic_store(&j->stopped, true);
}

/* Worker 0 is the thread that called the library. */
static void read_task(void *context, size_t task, unsigned worker)
{
    job *j = context;
    size_t i = j->first + task;
    if (worker == 0)
        report_progress(j);
    if (atomic_load(&j->stopped) || atomic_load(&j->nomem))
        return;
    read_file(j, i, &j->buffers[worker]);
    mien_memory_tick();
    atomic_fetch_add(&j->done, 1);
}

static mien_status check_stopped(const job *j, mien_error *err)
{
    if (atomic_load(&j->nomem))
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    return atomic_load(&j->stopped)
               ? mien_fail(err, MIEN_ERR_STOPPED, "%s: reading was interrupted", j->input)
               : MIEN_OK;
}

/* Of the files, the first that rank `rank` of the neighbours reads. */
static size_t first_file(const void *context, unsigned rank)
{
    const job *j = context;
    return mien_team_first(j->folder->count, rank,
                           mien_team_size(mien_neighbours_team(j->neighbours)));
}

static bool is_news(const file *f)
{
    return f->state == REFUSED && !f->told;
}

/* Reasons that rank `rank` has found come to all, one behind the other. */
static mien_status tell_reasons(job *j, const mien_team *team, unsigned rank, mien_error *err)
{
    size_t first = first_file(j, rank), end = first_file(j, rank + 1);
    uint64_t length = 0;
    bool own = rank == team->rank;
    for (size_t i = first; i < end && own; i++)
        length += is_news(&j->files[i]) ? strlen(j->files[i].reason) + 1 : 0;
    mien_team_broadcast(team, rank, &length, sizeof length);
    char *words = mien_alloc_array((size_t)length + 1, 1), *at = words;
    if (mien_team_most(team, !words)) {
        mien_free(words);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    for (size_t i = first; i < end && own; i++)
        if (is_news(&j->files[i]))
            at = stpcpy(at, j->files[i].reason) + 1;
    mien_team_broadcast(team, rank, words, (size_t)length);
    at = words;
    for (size_t i = first; i < end; i++) {
        file *f = &j->files[i];
        if (!is_news(f))
            continue;
        if (!own)
            refuse(j, f, at);
        at += strlen(at) + 1;
        f->told = true;
    }
    mien_free(words);
    return MIEN_OK;
}

/* What each of the neighbours has found in its files comes to all. */
static mien_status tell_files(job *j, const mien_team *team, mien_error *err)
{
    struct found {
        mien_picture_head head;
        state state;
    } *found = mien_alloc_array(j->folder->count, sizeof *found);
    if (mien_team_most(team, !found)) {
        mien_free(found);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    size_t end = j->first + j->total;
    for (size_t i = j->first; i < end; i++)
        found[i] = (struct found){j->files[i].head, j->files[i].state};
    mien_team_gather(team, found, sizeof *found, first_file, j);
    for (size_t i = 0; i < j->folder->count; i++) {
        j->files[i].head = found[i].head;
        j->files[i].state = found[i].state;
    }
    mien_free(found);
    mien_status st = MIEN_OK;
    for (unsigned k = 0; k < team->size && !st; k++)
        st = tell_reasons(j, team, k, err);
    return mien_team_fail_alike(team, st ? st : check_stopped(j, err), err);
}

/* Read the files that are of use and have not been kept yet: pixels into the store, what else there
 * is to say into the files. */
static mien_status make_pass(job *j, mien_error *err)
{
    const mien_team *team = mien_neighbours_team(j->neighbours);
    unsigned rank = mien_team_rank(team);
    j->first = first_file(j, rank);
    j->total = first_file(j, rank + 1) - j->first;
    atomic_store(&j->done, 0);
    mien_pool_run(j->pool, j->total, read_task, j);
    if (!atomic_load(&j->stopped))
        report_progress(j);
    mien_status st = mien_team_fail_alike(team, check_stopped(j, err), err);
    return st || !team ? st : tell_files(j, team, err);
}

/* The first image there is says size and depth; 0 x 0 when there is none. */
static mien_status guess(job *j, mien_picture_head *head, mien_error *err)
{
    mien_status st = MIEN_ERR_DATA;
    for (size_t i = 0; i < j->folder->count && st; i++) {
        const mien_folder_entry *entry = &j->folder->entries[i];
        if (i % 256 == 0) /* most may be no images */
            report_progress(j);
        if (atomic_load(&j->stopped))
            break;
        if (entry->problem)
            continue;
        st = mien_input_slurp(j->folder->fd, entry->path, MIEN_PICTURE_BYTES, &j->buffers[0], NULL);
        if (st == MIEN_ERR_NOMEM)
            atomic_store(&j->nomem, true);
        if (!st)
            st = mien_decode_probe(j->buffers[0].data, j->buffers[0].nbytes, head, NULL);
    }
    return check_stopped(j, err);
}

static void free_store(job *j)
{
    if (!j->neighbours)
        mien_free(j->store);
    j->store = NULL;
}

/* A new store of the size that is wanted, with places for what may be of use. j->store stays NULL
 * when there is no room for so much. */
static void make_store(job *j, unsigned depth)
{
    size_t places = 0, room;
    free_store(j);
    j->p = j->width * j->height * j->channels;
    j->depth = depth;
    for (size_t i = 0; i < j->folder->count; i++) {
        file *f = &j->files[i];
        f->state = f->state == KEPT ? WAITING : f->state;
        if (f->state == UNSEEN || (f->state == WAITING && is_wanted(j, f)))
            f->place = places++;
    }
    if (!mien_product(places, j->p, depth / 8, &room))
        return;
    j->store = j->neighbours ? mien_neighbours_take(j->neighbours, room) : mien_alloc_raw(room, 1);
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
        if (j->files[i].head.width)
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
        if (j->files[i].head.width)
            counts[j->files[i].head.format]++;
    for (unsigned k = 0; k < MIEN_N_FORMATS; k++) {
        if (!counts[k])
            continue;
        struct mien_format_count *to = &ds->formats[ds->n_formats++];
        snprintf(to->name, sizeof to->name, "%s", mien_format_name((mien_format)k));
        to->count = counts[k];
    }
}

/* Everything: pixels into the store, the rest into the files. */
static mien_status read_all(job *j, mien_dataset *ds, mien_error *err)
{
    const mien_load_options *o = j->options;
    mien_picture_head first = {.depth = 8};
    bool given = o->width, others = o->resize != MIEN_RESIZE_REJECT, waiting = false;
    const mien_team *team = mien_neighbours_team(j->neighbours);
    mien_status st = mien_team_fail_alike(team, guess(j, &first, err), err);
    if (st)
        return st;
    mien_team_broadcast(team, 0, &first, sizeof first);
    j->width = given ? o->width : first.width;
    j->height = given ? o->height : first.height;
    j->resize_others = given && others;
    make_store(j, first.depth);
    st = make_pass(j, err);
    if (st)
        return st;
    if (count_sizes(j, ds))
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    st = mien_team_fail_alike(team, st, err);
    if (st || !ds->n_sizes)
        return st;
    bool right = given || (ds->sizes[0].width == j->width && ds->sizes[0].height == j->height);
    if (!right) {
        j->width = ds->sizes[0].width;
        j->height = ds->sizes[0].height;
    }
    j->resize_others = others;
    unsigned depth = 8;
    for (size_t i = 0; i < j->folder->count; i++) {
        const file *f = &j->files[i];
        if ((f->state != WAITING && f->state != KEPT) || !is_wanted(j, f))
            continue;
        waiting = waiting || f->state == WAITING;
        depth = f->head.depth > depth ? f->head.depth : depth;
    }
    if (right && !waiting)
        return MIEN_OK;
    if (!right || !j->store || depth > j->depth)
        make_store(j, depth);
    j->unshared = j->neighbours && !j->store;
    return j->store ? make_pass(j, err) : mien_fail_plain(err, MIEN_ERR_NOMEM);
}

/* ---------------------------------------------------------------- into the store */

static mien_status refuse_other_sizes(job *j)
{
    char reason[128];
    for (size_t i = 0; i < j->folder->count; i++) {
        file *f = &j->files[i];
        if (f->state != WAITING)
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
    enum { NAMED = 2 }; /* a reason ends with its remedy: whole ones, and fewer */
    char text[400];
    size_t used = 0, named = 0;
    text[0] = '\0';
    for (size_t i = 0; i < j->folder->count && named < NAMED; i++) {
        if (j->files[i].state != REFUSED)
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

/* White of the images that were kept: one for all, or one each. */
static mien_status note_whites(const job *j, mien_pixels *pixels)
{
    size_t row = 0, count = j->folder->count;
    unsigned min = UINT_MAX, max = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned white = j->files[i].head.white;
        if (j->files[i].state != KEPT)
            continue;
        min = white < min ? white : min;
        max = white > max ? white : max;
    }
    pixels->white = max;
    if (min == max)
        return MIEN_OK;
    pixels->whites = mien_alloc_array(pixels->n, sizeof *pixels->whites);
    if (!pixels->whites)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        if (j->files[i].state == KEPT)
            pixels->whites[row++] = (float)j->files[i].head.white;
    return MIEN_OK;
}

/* Close the gaps: row <= place, so no row is lost that is still to be moved. Where no image that
 * was kept has 16 bits, there are bytes in the end. */
static void close_gaps(job *j, bool deep)
{
    unsigned char *to = j->store;
    size_t size = j->p * (deep ? 2 : 1);
    for (size_t i = 0; i < j->folder->count; i++) {
        const unsigned char *from = place_of(j, i);
        if (j->files[i].state != KEPT)
            continue;
        if (!deep && j->depth == 16)
            for (size_t k = 0; k < j->p; k++)
                to[k] = (uint8_t)((const uint16_t *)(const void *)from)[k];
        else if (from != to)
            memmove(to, from, size);
        to += size;
    }
}

/* What neighbours share, in a mapping of each one's own; the first has closed the gaps. */
static mien_status map_store(job *j, mien_pixels *pixels, mien_error *err)
{
    size_t nbytes = pixels->n * pixels->p * mien_pixel_size(pixels->type);
    mien_status st =
        mien_neighbours_map(j->neighbours, nbytes, j->options->memory, &pixels->mapping, err);
    st = mien_team_fail_alike(mien_neighbours_team(j->neighbours), st, err);
    if (!st)
        pixels->values = mien_mapping_bytes(pixels->mapping);
    return st;
}

/* The store becomes the data set's. */
static mien_status fill(job *j, mien_dataset *ds, size_t n, mien_error *err)
{
    bool deep = false;
    for (size_t i = 0; i < j->folder->count; i++)
        deep = deep || (j->files[i].state == KEPT && j->files[i].head.depth == 16);
    if (mien_team_rank(mien_neighbours_team(j->neighbours)) == 0)
        close_gaps(j, deep);
    ds->shape = (mien_shape){j->height, j->width, j->channels};
    ds->pixels = (mien_pixels){.n = n, .p = j->p, .type = deep ? MIEN_U16 : MIEN_U8};
    if (j->neighbours) {
        mien_status st = map_store(j, &ds->pixels, err);
        if (st)
            return st;
    } else {
        ds->pixels.values = j->store;
        j->store = NULL;
        mien_mapping_adopt(&ds->pixels);
    }
    return note_whites(j, &ds->pixels) ? mien_fail_plain(err, MIEN_ERR_NOMEM) : MIEN_OK;
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
            if (!mien_is_picture_name(entry->path) && ds->n_odd_names++ == 0)
                ds->odd_name = row;
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
        mien_fail_plain(err, st);
    st = mien_team_fail_alike(mien_neighbours_team(j->neighbours), st, err);
    if (st)
        return st;
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
                        mien_pool *pool, const mien_team *team, mien_dataset *dataset,
                        mien_error *err)
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
    mien_budget_init(&j.memory, MEMORY_AT_ONCE);
    j.total = folder->count;
    j.neighbours = mien_neighbours_meet(team);
    j.files = mien_alloc_array(folder->count, sizeof *j.files);
    j.buffers = mien_alloc_array(workers, sizeof *j.buffers);
    if (!j.files || !j.buffers)
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    st = mien_team_fail_alike(mien_neighbours_team(j.neighbours), st, err);
    if (!st)
        st = read_all(&j, dataset, err);
    for (unsigned k = 0; j.buffers && k < workers; k++)
        mien_bytes_free(&j.buffers[k]); /* before the store is filled */
    if (!st)
        st = finish(&j, dataset, err);
    for (size_t i = 0; j.files && i < folder->count; i++)
        mien_free(j.files[i].reason);
    free_store(&j);
    mien_neighbours_part(j.neighbours);
    mien_free(j.files);
    mien_free(j.buffers);
    mien_budget_free(&j.memory);
    return j.unshared ? mien_gather(input, folder, options, pool, NULL, dataset, err) : st;
}
