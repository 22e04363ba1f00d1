/* gather_read.c - files to pixels: one by one, and a folder's by all threads.
 * SPDX-License-Identifier: MIT
 *
 * Pixels are kept in chunks, a task's worth of files each; every file has a place in its chunk,
 * whether it will be used or not, so that the order is that of the files in any pass. As a rule,
 * images being bytes and memory that is not touched being free, the chunks lie one behind the other
 * in a store that has room for an image of every file. Where no such store is to be had, and for
 * images of 16 bits, a chunk has memory of its own. */
#include "base/memory.h"
#include "base/status.h"
#include "read/gather_job.h"
#include "read/resize.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    CHUNK_FILES = 64,      /* at most; enough to make a task worth taking */
    CHUNK_BYTES = 4 << 20, /* about */
    CHUNKS_WANTED = 64     /* at least, if there are files enough: threads shall share the work */
};

/* ---------------------------------------------------------------- one file */

void mien_gather_refuse(mien_gather_job *j, mien_gather_file *f, const char *reason)
{
    f->state = MIEN_REFUSED;
    f->reason = mien_strdup(reason);
    if (!f->reason)
        atomic_store(&j->nomem, true);
}

/* A file whose content is none that is known: what its name says it is. */
static bool judge_name(mien_gather_job *j, mien_gather_file *f, const char *path, bool empty)
{
    static const char packed[] = ".gz";
    char text[128];
    size_t length = strlen(path), head = length < sizeof packed ? 0 : length - sizeof packed + 1;
    size_t start = head < sizeof text ? 0 : head - sizeof text + 1;
    const char *kind = mien_foreign_name(path);
    if (mien_is_picture_name(path)) {
        mien_gather_refuse(j, f, empty ? "an empty file" : "named like an image, but it is none");
        return true;
    }
    if (kind && !empty) {
        snprintf(text, sizeof text, "%s image, which mien does not read (convert it to PNG)", kind);
        mien_gather_refuse(j, f, text);
        return true;
    }
    if (!head || strcmp(path + head, packed) != 0)
        return false;
    memcpy(text, path + start, head - start);
    text[head - start] = '\0';
    if (!mien_is_picture_name(text))
        return false;
    mien_gather_refuse(j, f, "packed by gzip, which mien does not unpack (gunzip it)");
    return true;
}

/* Sort an error into the state of the file; MIEN_ERR_NOMEM ends everything. */
static void judge(mien_gather_job *j, size_t i, mien_status st, const char *reason)
{
    mien_gather_file *f = &j->files[i];
    const char *path = j->folder->entries[i].path;
    if (st == MIEN_ERR_NOMEM)
        atomic_store(&j->nomem, true);
    else if (st != MIEN_ERR_DATA)
        mien_gather_refuse(j, f, reason);
    else if (!judge_name(j, f, path, strcmp(reason, "empty") == 0))
        f->state = MIEN_SKIPPED;
}

void mien_widen(const uint8_t *from, uint16_t *to, size_t count)
{
    for (size_t k = 0; k < count; k++)
        to[k] = from[k];
}

static void free_chunk(mien_gather_chunk *c)
{
    if (c->owned)
        mien_free(c->values);
    *c = (mien_gather_chunk){0};
}

unsigned char *mien_gather_place(const mien_gather_job *j, const mien_gather_chunk *c, size_t i)
{
    return c->values + i % j->per_chunk * j->p * (c->depth / 8);
}

/* Make room in a chunk for pictures of this depth: in the store when they are bytes. */
static bool prepare_chunk(const mien_gather_job *j, mien_gather_chunk *c, unsigned depth)
{
    size_t first = (size_t)(c - j->chunks) * j->per_chunk;
    if (c->values && c->depth >= depth)
        return true;
    mien_gather_chunk fresh = {.depth = depth, .count = c->count};
    size_t room;
    if (depth == 8 && j->store) {
        fresh.values = j->store + first * j->p;
    } else if (mien_product(j->per_chunk, j->p, 1, &room)) {
        fresh.values = mien_alloc_raw(room, depth / 8);
        fresh.owned = true;
    }
    if (!fresh.values)
        return false;
    for (size_t i = first; c->count && i < first + j->per_chunk && i < j->folder->count; i++)
        if (j->files[i].state == MIEN_KEPT) /* bytes so far */
            mien_widen(mien_gather_place(j, c, i), (void *)mien_gather_place(j, &fresh, i), j->p);
    free_chunk(c);
    *c = fresh;
    return true;
}

static void keep(mien_gather_job *j, size_t i, const mien_picture *picture)
{
    mien_gather_chunk *c = &j->chunks[i / j->per_chunk];
    if (!prepare_chunk(j, c, picture->depth)) {
        atomic_store(&j->nomem, true);
        return;
    }
    unsigned char *to = mien_gather_place(j, c, i);
    if (c->depth > picture->depth)
        mien_widen(picture->pixels, (void *)to, j->p);
    else
        memcpy(to, picture->pixels, j->p * (c->depth / 8));
    c->count++;
    j->files[i].state = MIEN_KEPT;
}

static void decode_file(mien_gather_job *j, size_t i, const mien_bytes *bytes)
{
    mien_error why;
    mien_picture picture, resized;
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

static bool is_wanted(const mien_gather_job *j, const mien_picture_head *head)
{
    return j->fit_others || (head->width == j->width && head->height == j->height);
}

static void read_file(mien_gather_job *j, size_t i, mien_bytes *bytes)
{
    mien_gather_file *f = &j->files[i];
    const mien_folder_entry *entry = &j->folder->entries[i];
    mien_error why;
    if (f->state == MIEN_OTHER_SIZE ? !is_wanted(j, &f->head) : f->state != MIEN_UNSEEN)
        return;
    if (entry->problem) {
        mien_gather_refuse(j, f, entry->problem);
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
    f->state = MIEN_OTHER_SIZE;
    if (!is_wanted(j, &f->head))
        return;
    mien_budget_take(&j->memory, f->head.memory);
    decode_file(j, i, bytes);
    mien_budget_give(&j->memory, f->head.memory);
}

static bool report_progress(const mien_gather_job *j)
{
    mien_progress now = {.stage = "reading",
                         .done = atomic_load(&j->done),
                         .total = j->folder->count,
                         .loss = (double)NAN};
    return !j->options->progress || j->options->progress(j->options->user, &now);
}

/* The files of one chunk. Worker 0 is the thread that called the library. */
static void read_chunk(void *context, size_t index, unsigned worker)
{
    mien_gather_job *j = context;
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

void mien_gather_free_chunks(mien_gather_job *j)
{
    for (size_t k = 0; j->chunks && k < j->n_chunks; k++)
        free_chunk(&j->chunks[k]);
    mien_free(j->chunks);
    mien_free(j->store);
    j->chunks = NULL;
    j->store = NULL;
    j->n_chunks = 0;
}

mien_status mien_gather_aim(mien_gather_job *j, size_t width, size_t height)
{
    mien_gather_free_chunks(j);
    size_t count = j->folder->count, room;
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
    if (mien_product(count, j->p, 1, &room))
        j->store = mien_alloc_raw(room, 1);
    for (size_t i = 0; i < count; i++)
        if (j->files[i].state == MIEN_KEPT)
            j->files[i].state = MIEN_OTHER_SIZE;
    return MIEN_OK;
}

mien_status mien_gather_pass(mien_gather_job *j, mien_error *err)
{
    atomic_store(&j->done, 0);
    mien_pool_run(j->pool, j->n_chunks, read_chunk, j);
    if (atomic_load(&j->nomem))
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (atomic_load(&j->stopped) || !report_progress(j))
        return mien_fail(err, MIEN_ERR_ARG, "%s: reading was interrupted", j->input);
    return MIEN_OK;
}

mien_status mien_gather_guess(mien_gather_job *j, size_t *width, size_t *height)
{
    mien_picture_head head = {.width = 0};
    *width = *height = 0;
    for (size_t i = 0; i < j->folder->count; i++) {
        const mien_folder_entry *entry = &j->folder->entries[i];
        if (i % 256 == 0 && !report_progress(j)) /* most may be no images */
            return MIEN_OK;
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
