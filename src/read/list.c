/* list.c - a text that names image files, and may say what they are.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "read/list.h"

#include "base/disk/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/remarks.h"
#include "read/formats/decode.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_CELLS = 32, FEW_CELLS = 6 };

typedef struct span {
    const char *at;
    size_t length;
} span;

/* A line's cells. */
typedef struct line {
    span cells[MAX_CELLS];
    size_t count, path; /* path: the cell of the file's name; count when there is none */
} line;

typedef struct text {
    const char *at, *end;
} text;

/* ---------------------------------------------------------------- lines and cells */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static span trimmed(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    while (end > at && is_blank(end[-1]))
        end--;
    if (end - at >= 2 && *at == '"' && end[-1] == '"') {
        at++;
        end--;
    }
    return (span){at, (size_t)(end - at)};
}

/* The next line that is neither empty nor a comment; false at the end. */
static bool next_line(text *t, span *out)
{
    while (t->at < t->end) {
        const char *start = t->at;
        while (t->at < t->end && *t->at != '\n' && *t->at != '\r')
            t->at++;
        const char *from = start, *to = t->at;
        if (t->at < t->end)
            t->at++;
        while (from < to && is_blank(*from))
            from++;
        while (to > from && is_blank(to[-1]))
            to--;
        *out = (span){from, (size_t)(to - from)};
        if (out->length && *from != '#')
            return true;
    }
    return false;
}

static bool is_picture(span s)
{
    char name[MIEN_PATH_MAX];
    if (s.length == 0 || s.length >= sizeof name)
        return false;
    memcpy(name, s.at, s.length);
    name[s.length] = '\0';
    return mien_is_picture_name(name);
}

/* "faces/old ones/00.pgm 3": the name ends with the last word that ends like one. */
static void cut_at_blanks(span s, line *out)
{
    const char *end = s.at + s.length, *name_end = NULL;
    for (const char *at = s.at; at < end;) {
        const char *stop = at;
        while (stop < end && !is_blank(*stop))
            stop++;
        if (is_picture(trimmed(s.at, stop)) || is_picture(trimmed(at, stop)))
            name_end = stop;
        at = stop;
        while (at < end && is_blank(*at))
            at++;
    }
    *out = (line){.count = 1};
    if (!name_end) {
        out->cells[0] = s;
        out->path = 1;
        return;
    }
    const char *from = s.at;
    span label = trimmed(name_end, end);
    if (label.length == 0 && *s.at != '"') { /* "3 faces/00.pgm": a whole number comes first */
        size_t digits = strspn(s.at, "0123456789");
        if (digits && is_blank(s.at[digits])) {
            label = (span){s.at, digits};
            from = s.at + digits;
        }
    }
    out->cells[0] = trimmed(from, name_end);
    if (label.length)
        out->cells[out->count++] = label;
}

static void cut(span s, char separator, line *out)
{
    if (separator == ' ') {
        cut_at_blanks(s, out);
        return;
    }
    const char *at = s.at, *end = s.at + s.length;
    *out = (line){.count = 0};
    while (out->count < MAX_CELLS) {
        const char *stop = at;
        bool quoted = false;
        for (; stop < end && (quoted || *stop != separator); stop++)
            quoted = quoted != (*stop == '"');
        out->cells[out->count++] = trimmed(at, stop);
        if (stop == end)
            break;
        at = stop + 1;
    }
    while (out->count > 1 && out->cells[out->count - 1].length == 0)
        out->count--;
    out->path = out->count;
    for (size_t k = out->count; k-- > 0;)
        if (is_picture(out->cells[k]))
            out->path = k;
}

/* ---------------------------------------------------------------- where the files are */

static bool exists(int folder, span name)
{
    char path[MIEN_PATH_MAX];
    if (name.length == 0 || name.length >= sizeof path)
        return false;
    memcpy(path, name.at, name.length);
    path[name.length] = '\0';
    return faccessat(folder, path, F_OK, 0) == 0;
}

static bool is_there(int folder, span name)
{
    return exists(folder, name) || exists(AT_FDCWD, name);
}

/* ---------------------------------------------------------------- how the list is written */

typedef struct form {
    char separator; /* ' ': blanks, or nothing but names */
    bool header;
    size_t cells; /* of the first line that names a file */
} form;

/* What separates: the sign behind the first name that ends like an image's, else the sign that the
 * line has. A line that is the name of a file as it stands has none. */
static char find_separator(int folder, span s)
{
    static const char signs[] = ";\t,|";
    if (is_picture(trimmed(s.at, s.at + s.length)) &&
        is_there(folder, trimmed(s.at, s.at + s.length)))
        return ' ';
    for (const char *sign = signs; *sign; sign++) {
        line cells;
        cut(s, *sign, &cells);
        if (cells.count > 1 && cells.path < cells.count)
            return *sign;
    }
    return ' ';
}

/* False when this is no list. */
static bool find_form(const char *input, const mien_bytes *bytes, form *out)
{
    text t = {(const char *)bytes->data, (const char *)bytes->data + bytes->nbytes};
    if (bytes->nbytes >= 3 && memcmp(t.at, "\xEF\xBB\xBF", 3) == 0)
        t.at += 3;
    span s;
    line cells = {.count = 0};
    bool found = false;
    int folder = mien_folder_around(input);
    for (int tries = 0; tries < 2 && !found && next_line(&t, &s); tries++) {
        char separator = find_separator(folder, s);
        cut(s, separator, &cells);
        found = cells.path < cells.count;
        if (found)
            *out = (form){separator, tries > 0, cells.count};
    }
    if (found && cells.count > 2)
        found = cells.count < FEW_CELLS && is_there(folder, cells.cells[cells.path]);
    if (folder >= 0)
        close(folder);
    return found;
}

bool mien_list_is(const char *input, const mien_bytes *bytes)
{
    form f;
    return find_form(input, bytes, &f);
}

/* ---------------------------------------------------------------- the column of labels */

/* By name, where there is a header, or by number; MAX_CELLS when there is none. */
static size_t find_column(const line *header, const char *word, size_t count)
{
    for (size_t k = 0; header && k < header->count; k++)
        if (strlen(word) == header->cells[k].length &&
            memcmp(word, header->cells[k].at, header->cells[k].length) == 0)
            return k;
    char *end;
    unsigned long long number = strtoull(word, &end, 10);
    bool good = *word >= '0' && *word <= '9' && !*end && number >= 1 && number <= count;
    return good ? (size_t)number - 1 : MAX_CELLS;
}

typedef struct list {
    const char *input;
    form form;
    size_t label; /* column, MAX_CELLS: none */
    mien_folder folder;
    char **paths;  /* borrowed: those of the folder's entries, to find the images by */
    char **labels; /* of the entries, owned; NULL: none */
    size_t capacity, paths_capacity, labels_capacity;
} list;

static mien_status choose_label(list *l, const line *header, const line *first,
                                const mien_load_options *o, mien_dataset *ds, mien_error *err)
{
    l->label = MAX_CELLS;
    if (o->label && !o->for_model) {
        l->label = find_column(header, o->label, first->count);
        if (l->label == MAX_CELLS || l->label == first->path)
            return mien_fail(err, MIEN_ERR_ARG,
                             "%s: --label %.60s: there is no such column beside "
                             "that of the files",
                             l->input, o->label);
        return MIEN_OK;
    }
    if (first->count < 2)
        return MIEN_OK;
    l->label = first->path == first->count - 1 ? first->count - 2 : first->count - 1;
    if (first->count == 2)
        return MIEN_OK;
    mien_status st =
        mien_remark(&ds->remarks, &ds->n_remarks,
                    "%s: column %zu is taken for the labels (--label COL names another)", l->input,
                    l->label + 1);
    return st ? mien_fail_plain(err, st) : MIEN_OK;
}

/* ---------------------------------------------------------------- reading */

static char *copy_span(span s)
{
    char *copy = mien_alloc_raw(s.length + 1, 1);
    if (copy) {
        memcpy(copy, s.at, s.length);
        copy[s.length] = '\0';
    }
    return copy;
}

static bool add_entry(list *l, const line *cells)
{
    mien_folder *f = &l->folder;
    size_t n = f->count;
    if (!mien_grow((void **)&f->entries, &l->capacity, n, n + 1, sizeof *f->entries) ||
        !mien_grow((void **)&l->paths, &l->paths_capacity, n, n + 1, sizeof *l->paths) ||
        !mien_grow((void **)&l->labels, &l->labels_capacity, n, n + 1, sizeof *l->labels))
        return false;
    span path = cells->cells[cells->path < cells->count ? cells->path : 0], none = {"", 0};
    f->entries[n] = (mien_folder_entry){copy_span(path), NULL};
    l->labels[n] = copy_span(l->label < cells->count ? cells->cells[l->label] : none);
    l->paths[n] = f->entries[n].path;
    f->count++;
    return l->paths[n] && l->labels[n];
}

static mien_status read_lines(list *l, const mien_bytes *bytes, const mien_load_options *o,
                              mien_dataset *ds, mien_error *err)
{
    text t = {(const char *)bytes->data, (const char *)bytes->data + bytes->nbytes};
    if (bytes->nbytes >= 3 && memcmp(t.at, "\xEF\xBB\xBF", 3) == 0)
        t.at += 3;
    span s;
    line header, cells;
    bool first = true;
    if (l->form.header && next_line(&t, &s))
        cut(s, l->form.separator, &header);
    while (next_line(&t, &s)) {
        cut(s, l->form.separator, &cells);
        if (first) {
            mien_status st = choose_label(l, l->form.header ? &header : NULL, &cells, o, ds, err);
            if (st)
                return st;
            first = false;
        }
        if (!add_entry(l, &cells))
            return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    return MIEN_OK;
}

/* The list's folder, unless its files are found in the working directory alone. */
static int find_root(const list *l)
{
    int root = mien_folder_around(l->input);
    for (size_t i = 0; i < l->folder.count; i++) {
        span name = {l->paths[i], strlen(l->paths[i])};
        if (exists(root, name))
            return root;
        if (exists(AT_FDCWD, name)) {
            if (root >= 0)
                close(root);
            return mien_folder_around("."); /* which stands in itself */
        }
    }
    return root;
}

/* Labels of the images that were kept: their paths are those of entries, in the same order. */
static mien_status hand_over_labels(list *l, mien_dataset *ds)
{
    if (l->label == MAX_CELLS)
        return MIEN_OK;
    ds->labels = mien_alloc_array(ds->pixels.n, sizeof *ds->labels);
    if (!ds->labels)
        return MIEN_ERR_NOMEM;
    size_t row = 0;
    for (size_t i = 0; i < l->folder.count && row < ds->pixels.n; i++)
        if (ds->images[row].path == l->paths[i]) {
            ds->labels[row++] = l->labels[i];
            l->labels[i] = NULL;
        }
    return MIEN_OK;
}

mien_status mien_list_load(const char *input, const mien_bytes *bytes,
                           const mien_load_options *options, mien_pool *pool, mien_dataset *ds,
                           mien_error *err)
{
    list l = {.input = input, .folder = {.fd = -1}};
    mien_status st = find_form(input, bytes, &l.form)
                         ? read_lines(&l, bytes, options, ds, err)
                         : mien_fail(err, MIEN_ERR_FORMAT, "%s: no list of images", input);
    if (!st) {
        l.folder.fd = find_root(&l);
        st = l.folder.fd < 0 ? mien_fail(err, MIEN_ERR_IO, "%s: its folder cannot be opened", input)
                             : mien_gather(input, &l.folder, options, pool, NULL, ds, err);
    }
    if (!st && hand_over_labels(&l, ds))
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (!st && options->label && !options->for_model) {
        ds->label = mien_strdup(options->label);
        st = ds->label ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    mien_free_words(l.labels, l.folder.count);
    mien_free(l.paths);
    mien_folder_free(&l.folder);
    return st;
}
