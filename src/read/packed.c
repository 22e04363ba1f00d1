/* packed.c - a data set as one array that is mapped, with a list of its images beside it.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "read/packed.h"

#include "base/deflate.h"
#include "base/disk/pending.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/pulse.h"
#include "base/status.h"
#include "base/text.h"
#include "data/input.h"
#include "data/pixels.h"
#include "read/statistics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char FIRST_LINE[] = "mien pack 1", ANY_VERSION[] = "mien pack ", SUFFIX[] = ".list",
                  LAST_KEY[] = "list ";
enum { LAST_LINE = sizeof LAST_KEY - 1 + 8 + 1 }; /* bytes: eight digits and its end */

/* Words of the enumerations, in their order. */
static const char *const types[] = {"uint8", "uint16", "float32", NULL};
static const char *const normalizations[] = {"auto", "lee-seung", "unit", "max", "none", NULL};
static const char *const inks[] = {"auto", "dark", "light", "none", NULL};
static const char *const fits[] = {"reject", "crop", "stretch", "pad", NULL};

static bool list_beside(const char *input, char path[MIEN_PATH_MAX])
{
    return (size_t)snprintf(path, MIEN_PATH_MAX, "%s%s", input, SUFFIX) < MIEN_PATH_MAX;
}

bool mien_packed_is(const char *input)
{
    char path[MIEN_PATH_MAX], start[sizeof ANY_VERSION - 1];
    int fd;
    uint64_t nbytes;
    size_t got = 0;
    if (!list_beside(input, path))
        return false;
    if (mien_input_open(AT_FDCWD, path, &fd, &nbytes,
                        NULL)) /* one that cannot be read is told so */
        return access(path, F_OK) == 0 && access(path, R_OK) != 0;
    bool good = !mien_input_read(fd, start, sizeof start, &got, NULL) && got == sizeof start &&
                memcmp(start, ANY_VERSION, got) == 0;
    close(fd);
    return good;
}

/* ---------------------------------------------------------------- the list, written */

static void add_word(mien_text *text, const char *word)
{
    static const char plain[] = "\\\t\n\r", letters[] = "\\tnr";
    while (word && *word) {
        size_t length = strcspn(word, plain);
        mien_text_add_bytes(text, word, length);
        word += length;
        if (*word)
            mien_text_printf(text, "\\%c", letters[strchr(plain, *word++) - plain]);
    }
}

static void add_line(mien_text *text, const char *key, const char *word)
{
    mien_text_printf(text, "%s ", key);
    add_word(text, word);
    mien_text_add(text, "\n");
}

static void add_lines(mien_text *text, const char *key, char *const *words, size_t count)
{
    mien_text_printf(text, "%s %zu\n", key, count);
    for (size_t i = 0; i < count; i++) {
        add_word(text, words[i]);
        mien_text_add(text, "\n");
    }
}

static void add_images(mien_text *text, const mien_dataset *ds)
{
    const float *whites = ds->pixels.whites;
    mien_text_printf(text, "images %zu %d %d\n", ds->pixels.n, ds->labels != NULL, whites != NULL);
    for (size_t i = 0; i < ds->pixels.n; i++) {
        const mien_image_info *image = &ds->images[i];
        add_word(text, image->path);
        mien_text_printf(text, "\t%zu\t%zu", image->width, image->height);
        if (ds->labels) {
            mien_text_add(text, "\t");
            add_word(text, ds->labels[i]);
        }
        if (whites)
            mien_text_printf(text, "\t%.9g", (double)whites[i]);
        mien_text_add(text, "\n");
    }
}

static void add_list(mien_text *text, const mien_dataset *ds, const mien_load_options *o)
{
    size_t listed = sizeof ds->sizes / sizeof *ds->sizes;
    listed = ds->n_sizes < listed ? ds->n_sizes : listed;
    mien_text_printf(text, "%s\narray %s %zu %zu %zu %zu\n", FIRST_LINE, types[ds->pixels.type],
                     ds->pixels.n, ds->shape.height, ds->shape.width, ds->shape.channels);
    mien_text_printf(text, "fingerprint %016" PRIx64 "\nwhite %.17g\n", ds->fingerprint,
                     ds->pixels.white);
    add_line(text, "normalize", normalizations[o->normalize ? o->normalize : ds->normalize_asked]);
    add_line(text, "ink", inks[o->ink ? o->ink : ds->ink_asked]);
    add_line(text, "fit", fits[ds->resize]);
    mien_text_printf(text, "reshaped %d\n", ds->reshaped);
    add_line(text, "negative", ds->negative);
    add_line(text, "id", ds->id);
    add_line(text, "label", ds->label);
    mien_text_printf(text, "skipped %zu\nodd %zu %zu\nresults %zu ", ds->n_skipped, ds->n_odd_names,
                     ds->odd_name, ds->n_results);
    add_word(text, ds->result);
    mien_text_add(text, "\n");
    add_lines(text, "ignored", ds->ignored, ds->n_ignored);
    add_lines(text, "remarks", ds->remarks, ds->n_remarks);
    mien_text_printf(text, "formats %zu\n", ds->n_formats);
    for (size_t i = 0; i < ds->n_formats; i++)
        mien_text_printf(text, "%s %zu\n", ds->formats[i].name, ds->formats[i].count);
    mien_text_printf(text, "sizes %zu %zu\n", listed, ds->n_sizes);
    for (size_t i = 0; i < listed; i++)
        mien_text_printf(text, "%zu %zu %zu\n", ds->sizes[i].width, ds->sizes[i].height,
                         ds->sizes[i].count);
    mien_text_printf(text, "refused %zu\n", ds->n_refused);
    for (size_t i = 0; i < ds->n_refused; i++) {
        add_word(text, ds->refused[i].path);
        mien_text_add(text, "\t");
        add_word(text, ds->refused[i].reason);
        mien_text_add(text, "\n");
    }
    add_images(text, ds);
    if (!text->failed)
        mien_text_printf(text, "%s%08" PRIx32 "\n", LAST_KEY,
                         mien_crc32((const unsigned char *)text->bytes, text->length));
}

/* ---------------------------------------------------------------- the array, written */

static bool goes_on(const mien_load_options *o, size_t done, size_t total)
{
    mien_progress now = {.stage = "packing", .done = done, .total = total, .loss = (double)NAN};
    return !o->progress || o->progress(o->user, &now);
}

/* The values, which have no name yet: header and rows, a block at a time. */
static mien_status write_array(mien_pending *file, const mien_dataset *ds,
                               const mien_load_options *o, mien_error *err)
{
    enum { BLOCK = 512 << 10 };
    const mien_pixels *pixels = &ds->pixels;
    size_t dims[] = {pixels->n, ds->shape.height, ds->shape.width, ds->shape.channels}, length;
    size_t bytes = pixels->p * mien_pixel_size(pixels->type);
    size_t each = bytes < BLOCK ? BLOCK / bytes : 1;
    char head[MIEN_NPY_HEADER];
    mien_status st =
        mien_npy_header(pixels->type, dims, ds->shape.channels > 1 ? 4 : 3, head, &length);
    if (st)
        return mien_fail_plain(err, st);
    st = mien_pending_open(file, file->path, err);
    if (!st)
        st = mien_pending_put(file, head, length, err);
    mien_pixels_expect(pixels, 0, pixels->n);
    for (size_t i = 0; i < pixels->n && !st; i += each) {
        size_t count = pixels->n - i < each ? pixels->n - i : each;
        st = mien_pending_put(file, mien_pixels_rows(pixels, i, count), count * bytes, err);
        mien_beat();
        if (!st && !goes_on(o, i + count, pixels->n))
            st = mien_fail(err, MIEN_ERR_STOPPED, "%s: packing was interrupted", file->path);
    }
    return st;
}

static mien_status write_list(mien_pending *file, const mien_text *text, mien_error *err)
{
    mien_status st = mien_pending_open(file, file->path, err);
    return st ? st : mien_pending_put(file, text->bytes, text->length, err);
}

/* Whether it can be made there, found out by beginning it. */
static mien_status try_place(const char *path, mien_error *err)
{
    mien_pending file;
    mien_status st = mien_pending_open(&file, path, err);
    mien_pending_drop(&file);
    return st;
}

/* MIEN_OK where the list beside an array is of that array: of its type, its sizes and its values,
 * for which it is read once. */
static mien_status check_fingerprint(const char *path, mien_error *err)
{
    static const mien_load_options options = {0};
    mien_npy npy;
    mien_dataset ds = {0};
    mien_pool *pool = NULL;
    mien_status st = mien_npy_map(path, 0, &npy, err);
    if (!st)
        st = mien_packed_load(path, &npy, &options, &ds, err);
    if (!st) {
        uint64_t listed = ds.fingerprint;
        st = mien_pool_create(0, &pool);
        if (!st)
            st = mien_statistics_set(&ds, false, pool);
        if (st)
            mien_fail_plain(err, st);
        else if (ds.fingerprint != listed)
            st = MIEN_ERR_FORMAT;
    }
    mien_pool_free(pool);
    mien_dataset_free(&ds);
    return st;
}

/* MIEN_ERR_ARG for an array that mien pack did not write, whatever list lies beside it. */
static mien_status check_own(const char *path, mien_error *err)
{
    mien_status st = mien_packed_is(path) ? check_fingerprint(path, err) : MIEN_ERR_FORMAT;
    return !st || st == MIEN_ERR_IO || st == MIEN_ERR_NOMEM
               ? st
               : mien_fail(err, MIEN_ERR_ARG,
                           "%s was not written by mien pack and is not replaced: remove it or give "
                           "another name",
                           path);
}

/* Whether FILE may be written: it is not there, or force and mien packed it; and it can be. */
mien_status mien_pack_check(const char *path, bool force, mien_error *err)
{
    static const char ending[] = ".npy";
    struct stat status;
    size_t length = strlen(path);
    if (length < sizeof ending || strcmp(path + length - sizeof ending + 1, ending) != 0)
        return mien_fail(err, MIEN_ERR_ARG,
                         "-o %s: a packed file is an array: give a name that "
                         "ends in .npy",
                         path);
    if (length + sizeof SUFFIX > MIEN_PATH_MAX)
        return mien_fail(err, MIEN_ERR_ARG, "%s: the path is too long", path);
    char list[MIEN_PATH_MAX];
    list_beside(path, list);
    if (!mien_packed_is(path) && lstat(list, &status) == 0)
        return mien_fail(err, MIEN_ERR_ARG,
                         "%s stands where the list goes, was not written by mien pack and is not "
                         "replaced: remove it or give another name",
                         list);
    if (lstat(path, &status) != 0)
        return try_place(path, err);
    if (!S_ISREG(status.st_mode))
        return mien_fail(err, MIEN_ERR_ARG, "%s: not a regular file, which is not replaced", path);
    if (!force)
        return mien_fail(err, MIEN_ERR_ARG,
                         "%s is there already (--force replaces what mien packed)", path);
    mien_status st = check_own(path, err);
    return st ? st : try_place(path, err);
}

static mien_status check_packable(const mien_dataset *ds, const char *path, mien_error *err)
{
    if (!ds->is_table)
        return MIEN_OK;
    return mien_fail(err, MIEN_ERR_ARG,
                     "%s: a table is not packed: save it as an array of float32, which is mapped "
                     "as it is (or --shape says that its rows are images)",
                     path);
}

mien_status mien_pack(const mien_dataset *ds, const mien_load_options *options, const char *path,
                      bool force, mien_error *err)
{
    char beside[MIEN_PATH_MAX];
    mien_text text = {0};
    mien_status st = mien_pack_check(path, force, err);
    if (!st)
        st = check_packable(ds, path, err);
    if (st)
        return st;
    list_beside(path, beside);
    add_list(&text, ds, options);
    if (text.failed) {
        mien_text_free(&text);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    mien_pending array = {.path = path, .fd = -1}, list = {.path = beside, .fd = -1};
    st = write_array(&array, ds, options, err);
    if (!st)
        st = write_list(&list, &text, err);
    if (!st) /* neither touches the earlier pair before the disk has both */
        st = mien_pending_ready(&array, err);
    if (!st)
        st = mien_pending_ready(&list, err);
    if (!st) /* first the list: alone it is of no use, the array would be one without names */
        st = mien_pending_place(&list, err);
    if (!st) /* stopped here, the list has the fingerprint of other values, and is refused */
        st = mien_pending_place(&array, err);
    mien_pending_drop(&list);
    mien_pending_drop(&array);
    mien_text_free(&text);
    return st;
}

/* ---------------------------------------------------------------- the list, read */

typedef struct reader {
    const char *path;
    char *at; /* the next line; the text ends with NUL */
    size_t line;
    bool failed;       /* a line is not what it should be */
    uint32_t checksum; /* of the lines before the last */
    bool changed;      /* that is another than the last line tells */
} reader;

/* The next line, its end cut off. */
static char *next_line(reader *r)
{
    char *line = r->at, *end = strchr(line, '\n');
    if (r->failed || !end) {
        r->failed = true;
        return line + strlen(line);
    }
    *end = '\0';
    r->at = end + 1;
    r->line++;
    return line;
}

/* What follows a key; "" when it is another. */
static char *value_of(reader *r, const char *key)
{
    char *line = next_line(r);
    size_t length = strlen(key);
    if (!r->failed && strncmp(line, key, length) == 0 && line[length] == ' ')
        return line + length + 1;
    r->failed = true;
    return line + strlen(line);
}

/* A whole number; *at goes behind it and the character that ends it. */
static size_t take_number(reader *r, char **at)
{
    char *end = *at;
    errno = 0;
    unsigned long long value = strtoull(*at, &end, 10);
    if (**at < '0' || **at > '9' || errno || value > PTRDIFF_MAX ||
        (*end && *end != ' ' && *end != '\t'))
        r->failed = true;
    *at = *end ? end + 1 : end;
    return r->failed ? 0 : (size_t)value;
}

static size_t number_of(reader *r, const char *key)
{
    char *at = value_of(r, key);
    size_t number = take_number(r, &at);
    r->failed = r->failed || *at;
    return number;
}

/* A number of lines that follow: no more than there are bytes. */
static size_t count_of(reader *r, const char *key)
{
    size_t count = number_of(r, key);
    r->failed = r->failed || count > strlen(r->at);
    return r->failed ? 0 : count;
}

/* The place of a word. */
static int choice_of(reader *r, const char *word, const char *const *words)
{
    for (int k = 0; words[k]; k++)
        if (strcmp(word, words[k]) == 0)
            return k;
    r->failed = true;
    return 0;
}

/* Undo add_word() in place, up to a tab or the end; *at goes behind the tab. */
static char *take_word(reader *r, char **at)
{
    char *word = *at, *to = word, *from = word;
    while (*from && *from != '\t') {
        if (*from == '\\') {
            from++;
            const char *letter = *from ? strchr("\\tnr", *from) : NULL;
            if (!letter) {
                r->failed = true;
                break;
            }
            *from = "\\\t\n\r"[*letter == '\\' ? 0 : *letter == 't' ? 1 : *letter == 'n' ? 2 : 3];
        }
        *to++ = *from++;
    }
    *at = *from ? from + 1 : from;
    *to = '\0';
    return word;
}

/* A copy of a word; NULL for none, and when memory is out. */
static char *copy_of(reader *r, const char *key, bool *nomem)
{
    char *at = value_of(r, key), *word = take_word(r, &at),
         *copy = *word ? mien_strdup(word) : NULL;
    *nomem = *nomem || (*word && !copy);
    return copy;
}

static bool take_lines(reader *r, const char *key, char ***words, size_t *n)
{
    size_t count = count_of(r, key);
    *words = mien_alloc_array(count, sizeof **words);
    for (size_t i = 0; *words && i < count && !r->failed; i++) {
        char *at = next_line(r);
        (*words)[i] = mien_strdup(take_word(r, &at));
        if (!(*words)[i])
            return false;
        *n = i + 1;
    }
    return *words != NULL;
}

/* What was counted. */
static void take_counts(reader *r, mien_dataset *ds)
{
    size_t most = sizeof ds->formats / sizeof *ds->formats;
    ds->n_formats = count_of(r, "formats");
    r->failed = r->failed || ds->n_formats > most;
    ds->n_formats = r->failed ? 0 : ds->n_formats;
    for (size_t i = 0; i < ds->n_formats; i++) {
        char *at = next_line(r), *space = strchr(at, ' ');
        if (!space || (size_t)(space - at) >= sizeof ds->formats[i].name) {
            r->failed = true;
            return;
        }
        memcpy(ds->formats[i].name, at, (size_t)(space - at));
        at = space + 1;
        ds->formats[i].count = take_number(r, &at);
    }
    char *at = value_of(r, "sizes");
    size_t listed = take_number(r, &at);
    ds->n_sizes = take_number(r, &at);
    r->failed = r->failed || listed > sizeof ds->sizes / sizeof *ds->sizes || listed > ds->n_sizes;
    for (size_t i = 0; i < listed && !r->failed; i++) {
        at = next_line(r);
        ds->sizes[i].width = take_number(r, &at);
        ds->sizes[i].height = take_number(r, &at);
        ds->sizes[i].count = take_number(r, &at);
    }
}

static bool take_refused(reader *r, mien_dataset *ds)
{
    size_t count = count_of(r, "refused");
    ds->refused = mien_alloc_array(count, sizeof *ds->refused);
    for (size_t i = 0; ds->refused && i < count && !r->failed; i++) {
        char *at = next_line(r), *path = take_word(r, &at), *reason = take_word(r, &at);
        ds->refused[i].path = mien_strdup(path);
        ds->refused[i].reason = mien_strdup(reason);
        ds->n_refused = i + 1;
        if (!ds->refused[i].path || !ds->refused[i].reason)
            return false;
    }
    return ds->refused != NULL;
}

/* Their paths stay where they stand: in the list's text, which becomes the data set's. */
static bool take_images(reader *r, mien_dataset *ds, char *text)
{
    size_t n = ds->pixels.n;
    char *at = value_of(r, "images");
    r->failed = take_number(r, &at) != n || r->failed;
    bool labels = take_number(r, &at) == 1, whites = take_number(r, &at) == 1;
    ds->names = text;
    ds->images = mien_alloc_array(n, sizeof *ds->images);
    if (labels)
        ds->labels = mien_alloc_array(n, sizeof *ds->labels);
    if (whites)
        ds->pixels.whites = mien_alloc_array(n, sizeof *ds->pixels.whites);
    if (!ds->images || (labels && !ds->labels) || (whites && !ds->pixels.whites))
        return false;
    for (size_t i = 0; i < n && !r->failed; i++) {
        at = next_line(r);
        ds->images[i].path = take_word(r, &at);
        ds->images[i].width = take_number(r, &at);
        ds->images[i].height = take_number(r, &at);
        if (labels && !(ds->labels[i] = mien_strdup(take_word(r, &at))))
            return false;
        if (whites) {
            char *end;
            ds->pixels.whites[i] = (float)mien_strtod(at, &end);
            r->failed = r->failed || end == at || !(ds->pixels.whites[i] > 0);
            at = end;
        }
        r->failed = r->failed || *at;
    }
    return true;
}

/* The last line: what was before is as it was written. */
static void take_checksum(reader *r)
{
    char *at = value_of(r, "list"), *end;
    unsigned long told = strtoul(at, &end, 16);
    r->failed = r->failed || end != at + 8 || *end || *r->at;
    r->changed = told != r->checksum;
}

/* All of it; false: memory is out. */
static bool take_list(reader *r, const mien_npy *a, mien_dataset *ds, char *text)
{
    bool nomem = false;
    r->failed = strcmp(next_line(r), FIRST_LINE) != 0;
    char *at = value_of(r, "array"), *space = strchr(at, ' ');
    if (space)
        *space = '\0';
    r->failed = r->failed || !space || choice_of(r, at, types) != (int)a->type;
    at = space ? space + 1 : at;
    size_t n = take_number(r, &at), h = take_number(r, &at), w = take_number(r, &at);
    ds->shape = (mien_shape){h, w, take_number(r, &at)};
    size_t channels = a->n_dims == 4 ? a->dims[3] : 1;
    r->failed = r->failed || a->n_dims < 3 || n != a->dims[0] || h != a->dims[1] ||
                w != a->dims[2] || ds->shape.channels != channels ||
                (channels != 1 && channels != 3);
    char *end;
    at = value_of(r, "fingerprint");
    ds->fingerprint = strtoull(at, &end, 16);
    r->failed = r->failed || end != at + 16;
    at = value_of(r, "white");
    ds->pixels.white = mien_strtod(at, &end);
    r->failed = r->failed || end == at || *end || !(ds->pixels.white >= 0);
    ds->normalize = (mien_normalize)choice_of(r, value_of(r, "normalize"), normalizations);
    ds->ink = (mien_ink_kind)choice_of(r, value_of(r, "ink"), inks);
    ds->resize = (mien_resize_mode)choice_of(r, value_of(r, "fit"), fits);
    ds->reshaped = number_of(r, "reshaped") == 1;
    ds->negative = copy_of(r, "negative", &nomem);
    ds->id = copy_of(r, "id", &nomem);
    ds->label = copy_of(r, "label", &nomem);
    ds->n_skipped = number_of(r, "skipped");
    at = value_of(r, "odd");
    ds->n_odd_names = take_number(r, &at);
    ds->odd_name = take_number(r, &at);
    r->failed = r->failed || ds->odd_name >= ds->pixels.n;
    at = value_of(r, "results");
    ds->n_results = take_number(r, &at);
    const char *result = take_word(r, &at);
    ds->result = *result ? mien_strdup(result) : NULL;
    nomem = nomem || (*result && !ds->result) ||
            !take_lines(r, "ignored", &ds->ignored, &ds->n_ignored) ||
            !take_lines(r, "remarks", &ds->remarks, &ds->n_remarks);
    take_counts(r, ds);
    r->failed = r->failed || (ds->n_results && !ds->result);
    if (nomem || !take_refused(r, ds) || !take_images(r, ds, text))
        return false;
    take_checksum(r);
    return true;
}

/* ---------------------------------------------------------------- load */

/* What was decided in packing cannot be decided again: other pixels would have to be read. */
static mien_status check_options(const char *input, const mien_dataset *ds,
                                 const mien_load_options *o, mien_error *err)
{
    const char *wrong =
        o->rows_are.height || o->scale_columns || o->id || o->n_ignore || o->label
            ? "--shape, --scale-columns, --id, --label and --ignore are"
        : o->color && ds->shape.channels == 1  ? "--color is"
        : o->resize && o->resize != ds->resize ? "--fit is"
        : (o->width && o->width != ds->shape.width) || (o->height && o->height != ds->shape.height)
            ? "--size is"
            : NULL;
    if (o->for_model || !wrong)
        return MIEN_OK;
    return mien_fail(
        err, MIEN_ERR_ARG,
        "%s: %s not what its images of %zux%zu%s were packed with: give it to mien pack, "
        "which reads them anew",
        input, wrong, ds->shape.width, ds->shape.height,
        ds->shape.channels == 3 ? " in colour" : "");
}

mien_status mien_packed_load(const char *input, mien_npy *a, const mien_load_options *options,
                             mien_dataset *ds, mien_error *err)
{
    char path[MIEN_PATH_MAX], *text = NULL;
    size_t nbytes;
    list_beside(input, path);
    ds->packed = true;
    ds->pixels = (mien_pixels){.n = a->dims[0],
                               .p = a->count / a->dims[0],
                               .type = a->type,
                               .values = a->values,
                               .mapping = a->mapping};
    *a = (mien_npy){.n_dims = a->n_dims,
                    .type = a->type,
                    .count = a->count,
                    .dims = {a->dims[0], a->dims[1], a->dims[2], a->dims[3], a->dims[4]}};
    mien_status st = mien_file_read(path, SIZE_MAX / 4, &text, &nbytes, err);
    if (st)
        return st;
    reader r = {.path = path, .at = text};
    if (nbytes > LAST_LINE) /* before reading it cuts its lines off */
        r.checksum = mien_crc32((const unsigned char *)text, nbytes - LAST_LINE);
    bool whole = strlen(text) == nbytes, had = take_list(&r, a, ds, text);
    if (!ds->names)
        mien_free(text);
    if (!had)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (r.failed || !whole)
        return mien_fail(
            err, MIEN_ERR_FORMAT,
            "%s: line %zu is not what mien pack writes of %s (pack it again, or remove "
            "the list: then it is an array without names)",
            path, r.line, input);
    if (r.changed)
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "%s was changed since mien pack wrote it: its checksum is another (pack "
                         "again, or remove it: then %s is an array without names)",
                         path, input);
    return check_options(input, ds, options, err);
}
