/* dataset.c - INPUT as a data set: a folder or a list of images, an array or a table.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "mien.h"

#include "base/deflate.h"
#include "base/disk/files.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "base/team.h"
#include "data/cells.h"
#include "data/input.h"
#include "data/npy.h"
#include "data/remarks.h"
#include "read/arrays.h"
#include "read/folder.h"
#include "read/formats/decode.h"
#include "read/gather.h"
#include "read/list.h"
#include "read/npz.h"
#include "read/packed.h"
#include "read/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---------------------------------------------------------------- which of them */

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

/* One image, for a model: a folder with that file alone. */
static mien_status load_single(const char *input, const mien_load_options *options, mien_pool *pool,
                               mien_dataset *ds, mien_error *err)
{
    const char *slash = strrchr(input, '/');
    mien_folder folder = {.fd = mien_folder_around(input),
                          .entries = mien_alloc_array(1, sizeof *folder.entries)};
    char *name = mien_strdup(slash ? slash + 1 : input);
    mien_status st = MIEN_ERR_NOMEM;
    if (folder.entries && name) {
        folder.entries[0].path = name;
        folder.count = 1;
        name = NULL;
        st = folder.fd < 0 ? MIEN_ERR_IO : MIEN_OK;
    }
    if (st)
        mien_fail_plain(err, st);
    else
        st = mien_gather(input, &folder, options, pool, NULL, ds, err);
    mien_free(name);
    mien_folder_free(&folder);
    return st;
}

/* Options that are for tables say so where there is none. */
static mien_status check_no_table(const char *input, const mien_load_options *o, bool list,
                                  mien_error *err)
{
    if (o->for_model)
        return MIEN_OK;
    const char *wrong = o->rows_are.height  ? "--shape"
                        : o->scale_columns  ? "--scale-columns"
                        : o->id             ? "--id"
                        : o->n_ignore       ? "--ignore"
                        : o->label && !list ? "--label"
                                            : NULL;
    return wrong
               ? mien_fail(err, MIEN_ERR_ARG, "%s: %s is for tables, not for images", input, wrong)
               : MIEN_OK;
}

/* A whole file, with gzip undone. The message does not name it. */
static mien_status slurp_unpacked(const char *path, mien_bytes *bytes, mien_error *err)
{
    mien_status st = mien_input_slurp(AT_FDCWD, path, SIZE_MAX / 4, bytes, err);
    if (st || !mien_gzip_is(bytes->data, bytes->nbytes))
        return st;
    mien_bytes plain = {0};
    st = mien_gunzip(bytes->data, bytes->nbytes, &plain.data, &plain.nbytes, err);
    if (st)
        return st;
    plain.capacity = plain.nbytes + 1;
    mien_bytes_free(bytes);
    *bytes = plain;
    return MIEN_OK;
}

/* Names in place of numbers. */
static mien_status name_labels(const mien_load_options *o, mien_dataset *ds)
{
    for (size_t i = 0; ds->labels && i < ds->pixels.n; i++)
        for (size_t l = 0; l < o->n_label_names; l++) {
            char number[24];
            snprintf(number, sizeof number, "%zu", l);
            if (strcmp(ds->labels[i], number) != 0)
                continue;
            char *name = mien_strdup(o->label_names[l]);
            if (!name)
                return MIEN_ERR_NOMEM;
            mien_free(ds->labels[i]);
            ds->labels[i] = name;
            break;
        }
    return MIEN_OK;
}

/* The name of the labels beside a file of images: "train-images-idx3-ubyte.gz" has
 * "train-labels-idx1-ubyte.gz". False when the name does not tell, or does not fit. */
static bool name_of_labels(const char *images, char *labels, size_t size)
{
    const char *slash = strrchr(images, '/'), *name = slash ? slash + 1 : images;
    const char *word = strstr(name, "images");
    if (!word || (size_t)snprintf(labels, size, "%.*slabels%s", (int)(word - images), images,
                                  word + strlen("images")) >= size)
        return false;
    char *dims = strstr(labels + (word - images), "idx");
    if (dims && dims[3] >= '2' && dims[3] <= '4')
        dims[3] = '1';
    return true;
}

/* Labels of MNIST stand in a file beside the images. One that cannot be read is told. */
static mien_status find_idx_labels(const char *input, const mien_load_options *options,
                                   mien_dataset *ds, mien_error *err)
{
    char path[MIEN_PATH_MAX];
    mien_npy labels;
    mien_error why;
    mien_bytes bytes = {0};
    if (!name_of_labels(input, path, sizeof path))
        return MIEN_OK;
    size_t length = strlen(path);
    if (access(path, F_OK) != 0 && ends_with(path, ".gz"))
        path[length - 3] = '\0';
    else if (access(path, F_OK) != 0 && length + 4 < sizeof path)
        memcpy(path + length, ".gz", 4);
    if (access(path, F_OK) != 0)
        return MIEN_OK;
    mien_status st = slurp_unpacked(path, &bytes, &why);
    if (!st)
        st = mien_idx_read(bytes.data, bytes.nbytes, &labels, &why);
    mien_bytes_free(&bytes);
    if (!st) {
        st = mien_array_label(path, &labels, ds);
        mien_npy_free(&labels);
        st = st ? st : name_labels(options, ds);
    } else if (st != MIEN_ERR_NOMEM) {
        st = mien_remark(&ds->remarks, &ds->n_remarks, "%s: %s: no labels from it", path,
                         why.message);
    }
    return st ? mien_fail_plain(err, st) : MIEN_OK;
}

/* An array whose bytes are at hand. */
static mien_status load_array(const char *input, const mien_bytes *bytes, bool idx,
                              const mien_load_options *options, mien_dataset *ds, mien_error *err)
{
    mien_npy npy;
    mien_error why;
    mien_status st =
        (idx ? mien_idx_read : mien_npy_read_bytes)(bytes->data, bytes->nbytes, &npy, &why);
    if (st)
        return mien_fail(err, st, "%s: %s", input, why.message);
    if (idx && npy.n_dims == 1) {
        mien_npy_free(&npy);
        return mien_fail(err, MIEN_ERR_SHAPE,
                         "%s: one number each (labels?); name the file of the images", input);
    }
    st = mien_array_load(input, idx ? "IDX" : "NPY", &npy, options, ds, err);
    return st || !idx ? st : find_idx_labels(input, options, ds, err);
}

static mien_status load_npy(const char *input, const mien_load_options *options, mien_dataset *ds,
                            mien_error *err)
{
    mien_npy npy;
    mien_status st = mien_npy_map(input, options->memory, &npy, err);
    if (st)
        return st;
    return mien_packed_is(input) ? mien_packed_load(input, &npy, options, ds, err)
                                 : mien_array_load(input, "NPY", &npy, options, ds, err);
}

/* name: of the array; NULL for the only one. `input` is for messages, `path` the file. */
static mien_status load_npz(const char *input, const char *path, const char *name,
                            const mien_load_options *options, mien_dataset *ds, mien_error *err)
{
    mien_npy npy;
    char only[MIEN_NPZ_NAME] = "";
    mien_status st = mien_npz_read(path, name, name ? NULL : only, &npy, err);
    if (!st)
        st = mien_array_load(input, "NPZ", &npy, options, ds, err);
    if (st || name)
        return st;
    st = mien_remark(&ds->remarks, &ds->n_remarks, "%s: its array '%s' is read", path, only);
    return st ? mien_fail_plain(err, st) : MIEN_OK;
}

static mien_status load_text(const char *input, mien_bytes *text, const mien_load_options *options,
                             mien_pool *pool, mien_dataset *ds, mien_error *err)
{
    mien_status st = mien_cells_decode(text);
    if (st)
        return mien_fail_plain(err, st);
    if (memchr(text->data, '\0', text->nbytes))
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "%s: neither a folder of images nor an array (.npy, .npz, .idx) nor a "
                         "table as text (.csv)",
                         input);
    if (mien_list_is(input, text)) {
        st = check_no_table(input, options, true, err);
        return st ? st : mien_list_load(input, text, options, pool, ds, err);
    }
    if (!options->for_model && (options->width || options->height))
        return mien_fail(err, MIEN_ERR_ARG, "%s: --size is for folders of images", input);
    return mien_text_table_load(input, text, options, ds, err);
}

/* Whatever the content of a file, unpacked if need be, says it is. */
static mien_status load_bytes(const char *input, mien_bytes *bytes,
                              const mien_load_options *options, mien_pool *pool, mien_dataset *ds,
                              mien_error *err)
{
    if (bytes->nbytes == 0)
        return mien_fail(err, MIEN_ERR_DATA, "%s: an empty file", input);
    bool idx = mien_idx_is(bytes->data, bytes->nbytes);
    if (idx || mien_npy_is(bytes->data, bytes->nbytes))
        return load_array(input, bytes, idx, options, ds, err);
    return load_text(input, bytes, options, pool, ds, err);
}

/* A regular file: the content decides, the name only when nothing else does. */
static mien_status load_file(const char *input, const mien_load_options *options, mien_pool *pool,
                             mien_dataset *ds, mien_error *err)
{
    unsigned char start[256];
    size_t got = 0;
    int fd;
    uint64_t nbytes;
    mien_error why;
    mien_picture_head head;
    mien_bytes bytes = {0};
    mien_status st = mien_input_open(AT_FDCWD, input, &fd, &nbytes, &why);
    if (!st) {
        st = mien_input_read(fd, start, sizeof start, &got, &why);
        close(fd);
    }
    if (st)
        return mien_fail(err, st, "%s: %s", input, why.message);
    if (mien_npy_is(start, got) || ends_with(input, ".npy"))
        return load_npy(input, options, ds, err);
    if (mien_zip_is(start, got))
        return load_npz(input, input, NULL, options, ds, err);
    mien_status probed = mien_decode_probe(start, got, &head, NULL);
    if (probed != MIEN_ERR_DATA && options->for_model)
        return load_single(input, options, pool, ds, err);
    if (probed != MIEN_ERR_DATA)
        return mien_fail(err, MIEN_ERR_DATA,
                         "%s: a single image, and mien needs two or more; name the folder that "
                         "holds them",
                         input);
    st = slurp_unpacked(input, &bytes, &why);
    st = st ? mien_fail(err, st, "%s: %s", input, why.message)
            : load_bytes(input, &bytes, options, pool, ds, err);
    mien_bytes_free(&bytes);
    return st;
}

/* "faces.npz:train": the file and, behind the colon, the array; false: no such file. */
static bool split_npz(const char *input, char *path, size_t size, const char **name)
{
    const char *at = strstr(input, ".npz:");
    struct stat status;
    if (!at || (size_t)(at - input) + 5 > size)
        return false;
    snprintf(path, size, "%.*s.npz", (int)(at - input), input);
    *name = at + strlen(".npz:");
    return stat(path, &status) == 0;
}

/* Whether all ranks have listed the very same paths. */
static bool same_lists(const mien_team *team, bool listed, const mien_folder *folder)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; listed && i < folder->count; i++)
        for (const char *c = folder->entries[i].path;; c++) {
            hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
            if (!*c)
                break;
        }
    uint64_t most[] = {hash, UINT64_MAX - hash, !listed};
    mien_team_agree(team, MIEN_TEAM_MOST, most, 3);
    return !most[2] && most[0] == UINT64_MAX - most[1];
}

/* team: all of them have such a folder, and this is called by all; or NULL */
static mien_status load_folder(const char *input, const mien_load_options *options, mien_pool *pool,
                               const mien_team *team, mien_dataset *ds, mien_error *err)
{
    mien_folder folder;
    mien_status st = check_no_table(input, options, false, err);
    if (!st)
        st = mien_folder_scan(input, options, &folder, err);
    if (!same_lists(team, !st, &folder))
        team = NULL;
    if (st)
        return st;
    st = mien_gather(input, &folder, options, pool, team, ds, err);
    ds->n_results = folder.n_results;
    ds->result = folder.result; /* changes hands */
    folder.result = NULL;
    mien_folder_free(&folder);
    return st;
}

/* Ranks that read a folder together: not where one of them finds none. */
static const mien_team *team_of_folder(const char *input)
{
    const mien_team *team = mien_team_now();
    struct stat status;
    bool none = team && (stat(input, &status) != 0 || !S_ISDIR(status.st_mode));
    return mien_team_most(team, none) ? NULL : team;
}

static mien_status load(const char *input, const mien_load_options *options, mien_pool *pool,
                        const mien_team *team, mien_dataset *ds, mien_error *err)
{
    struct stat status;
    char text[128], path[MIEN_PATH_MAX];
    const char *name;
    if (stat(input, &status) != 0) {
        int number = errno;
        if (split_npz(input, path, sizeof path, &name))
            return load_npz(input, path, name, options, ds, err);
        errno = number;
        if (errno == ENOENT)
            return mien_fail(err, MIEN_ERR_IO, "%s: there is no such file or folder", input);
        mien_errno_text(errno, text, sizeof text);
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", input, text);
    }
    if (S_ISDIR(status.st_mode))
        return load_folder(input, options, pool, team, ds, err);
    return load_file(input, options, pool, ds, err);
}

/* What maps onto 0..1 from 0 up would cut off what is below. */
static mien_status check_signs(const mien_dataset *ds, const mien_load_options *o, mien_error *err)
{
    const char *wrong = o->normalize == MIEN_NORMALIZE_UNIT        ? "--normalize unit"
                        : o->normalize == MIEN_NORMALIZE_MAX       ? "--normalize max"
                        : !o->for_model && o->ink == MIEN_INK_DARK ? "--ink dark"
                                                                   : NULL;
    if (!wrong || !ds->negative)
        return MIEN_OK;
    return mien_fail(err, MIEN_ERR_DOMAIN, "%s; %s is for numbers that are not", ds->negative,
                     wrong);
}

/* As it was asked for when it was packed, unless something else is asked for now. */
static mien_status prepare_packed(const char *input, const mien_load_options *options,
                                  mien_pool *pool, mien_dataset *ds, mien_error *err)
{
    mien_load_options own = *options;
    uint64_t packed = ds->fingerprint;
    own.resize = ds->resize;
    own.normalize = own.normalize ? own.normalize : ds->normalize;
    own.ink = own.ink ? own.ink : ds->ink;
    ds->normalize_asked = own.normalize;
    ds->ink_asked = own.ink;
    mien_status st = mien_dataset_prepare(ds, &own, pool, err);
    if (st || ds->fingerprint == packed)
        return st;
    return mien_fail(err, MIEN_ERR_FORMAT,
                     "%s: its values are not those that its list was made for (pack it again, or "
                     "remove %s.list: then it is an array without names)",
                     input, input);
}

/* ---------------------------------------------------------------- ranks */

/* Ranks that share the work have to see the same images, and one at least each. */
static mien_status agree(const mien_team *team, mien_status st, const mien_dataset *ds,
                         mien_error *err)
{
    if (!team)
        return st;
    st = mien_team_fail_alike(team, st, err);
    if (st)
        return st;
    uint64_t own[] = {ds->fingerprint, ds->pixels.n, ds->pixels.p}, first[3];
    memcpy(first, own, sizeof own);
    mien_team_broadcast(team, 0, first, sizeof first);
    unsigned rank = mien_team_lowest(team, memcmp(first, own, sizeof own) != 0);
    if (rank < team->size)
        return mien_fail(err, MIEN_ERR_DATA,
                         "rank %u reads other images than rank 0: INPUT has to be the same file or "
                         "folder, unchanged, on every node",
                         rank);
    if (ds->pixels.n < team->size)
        return mien_fail(err, MIEN_ERR_ARG,
                         "%u ranks for %zu images: a rank needs one at least (mpirun -n %zu)",
                         team->size, ds->pixels.n, ds->pixels.n);
    return MIEN_OK;
}

mien_status mien_dataset_load(const char *input, const mien_load_options *options,
                              mien_dataset *out, mien_error *err)
{
    mien_dataset ds = {0};
    mien_pool *pool = NULL;
    const mien_team *team = team_of_folder(input);
    mien_status st = mien_pool_create(options->threads, &pool);
    if (st)
        mien_fail_plain(err, st);
    if (mien_team_most(team, st)) { /* nobody waits for one who cannot go on */
        st = st ? st : mien_fail_plain(err, MIEN_ERR_NOMEM);
        goto done;
    }
    st = load(input, options, pool, team, &ds, err);
    if (!st)
        st = check_signs(&ds, options, err);
    if (!st)
        st = mien_columns_scale(input, options, &ds, err);
    if (!st)
        st = ds.packed ? prepare_packed(input, options, pool, &ds, err)
                       : mien_dataset_prepare(&ds, options, pool, err);
done:
    st = agree(mien_team_now(), st, &ds, err);
    if (!st) {
        *out = ds; /* only when whole */
        ds = (mien_dataset){0};
    }
    mien_dataset_free(&ds);
    mien_pool_free(pool);
    return st;
}

mien_source mien_dataset_source(const mien_dataset *dataset)
{
    mien_source X = mien_pixels_source(&dataset->pixels);
    if (!dataset->is_table || dataset->reshaped)
        X.shape = dataset->shape;
    return X;
}
