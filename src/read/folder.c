/* folder.c - the files below a folder, in an order that does not depend on the machine.
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* d_type, which saves a stat() a file */
#include "read/folder.h"

#include "base/disk/files.h"
#include "base/disk/manifest.h"
#include "base/disk/tree.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_DEPTH = 128 }; /* folders inside folders; each costs a frame of the stack */

/* ---------------------------------------------------------------- one folder's names */

static int compare_names(const void *a, const void *b)
{
    return mien_name_compare(((const mien_name *)a)->text, ((const mien_name *)b)->text);
}

/* Where we stand in the tree: the folders above, by device and inode. */
typedef struct ancestor {
    const struct ancestor *up;
    dev_t device;
    ino_t inode;
    size_t depth;
} ancestor;

typedef struct walk {
    const char *root;
    mien_folder *folder;
    size_t capacity;
    const mien_load_options *options; /* or NULL */
    size_t seen;                      /* names */
    bool stopped;
    size_t n_hidden; /* in the folder that was read last */
} walk;

/* Now and then ask whether to go on. */
static bool is_stopped(walk *w)
{
    enum { EVERY = 256 };
    mien_progress now = {.stage = "reading", .loss = (double)NAN};
    if (!w->stopped && w->seen++ % EVERY == 0 && w->options && w->options->progress)
        w->stopped = !w->options->progress(w->options->user, &now);
    return w->stopped;
}

/* Hidden names are counted, folders apart. */
static bool take_name(void *user, const char *text, unsigned char type)
{
    walk *w = user;
    w->n_hidden += text[0] == '.' && type != DT_DIR;
    return text[0] != '.' && !is_stopped(w);
}

/* All names of an open folder in their order; closes it. Returns an errno, or 0; -1 for no memory.
 */
static int read_names(walk *w, int fd, mien_names *list)
{
    w->n_hidden = 0;
    int number = mien_names_read(fd, take_name, w, list);
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, compare_names);
    return number;
}

/* ---------------------------------------------------------------- the tree */

/* Takes `path` over, also on failure. */
static mien_status add_entry(walk *w, char *path, const char *problem)
{
    mien_folder *folder = w->folder;
    char *copy = problem ? mien_strdup(problem) : NULL;
    if ((problem && !copy) || !mien_grow((void **)&folder->entries, &w->capacity, folder->count,
                                         folder->count + 1, sizeof *folder->entries)) {
        mien_free(path);
        mien_free(copy);
        return MIEN_ERR_NOMEM;
    }
    folder->entries[folder->count++] = (mien_folder_entry){path, copy};
    return MIEN_OK;
}

static mien_status add_errno(walk *w, char *path, int number)
{
    char text[128];
    mien_errno_text(number, text, sizeof text);
    return add_entry(w, path, text);
}

static char *join(const char *folder, const char *name)
{
    size_t head = strlen(folder), tail = strlen(name);
    char *path = mien_alloc_raw(head + 1 + tail + 1, 1);
    if (!path)
        return NULL;
    if (head) {
        memcpy(path, folder, head);
        path[head++] = '/';
    }
    memcpy(path + head, name, tail + 1);
    return path;
}

static mien_status scan_names(walk *w, const char *path, const ancestor *here, mien_names *list);

/* Whether the names of a folder are those of a result, and its content is. */
static bool is_result(const walk *w, const char *path, const mien_names *list)
{
    char whole[MIEN_PATH_MAX];
    bool named = false;
    for (size_t i = 0; i < list->count && !named; i++) {
        const char *name = list->items[i].text;
        named = strcmp(name, "summary.json") == 0 || strcmp(name, "model.json") == 0;
    }
    return named && (size_t)snprintf(whole, sizeof whole, "%s/%s", w->root, path) < sizeof whole &&
           mien_is_result(whole);
}

/* Takes `path` over. */
static void leave_out(walk *w, char *path)
{
    if (w->folder->n_results++ == 0)
        w->folder->result = path;
    else
        mien_free(path);
}

/* Enter a folder below the root. */
static mien_status scan_folder(walk *w, char *path, const ancestor *up)
{
    mien_names list = {0};
    struct stat status;
    mien_status st;
    int fd = openat(w->folder->fd, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        int number = errno;
        if (fd >= 0)
            close(fd);
        return add_errno(w, path, number);
    }
    bool again = false;
    for (const ancestor *a = up; a; a = a->up)
        again = again || (a->device == status.st_dev && a->inode == status.st_ino);
    if (again || up->depth == MAX_DEPTH) {
        close(fd);
        if (!again)
            return add_entry(w, path, "folders are nested too deeply");
        mien_free(path);
        return MIEN_OK;
    }
    ancestor here = {up, status.st_dev, status.st_ino, up->depth + 1};
    int number = read_names(w, fd, &list);
    if (number == 0 && is_result(w, path, &list)) {
        mien_names_free(&list);
        leave_out(w, path);
        return MIEN_OK;
    }
    w->folder->n_skipped += w->n_hidden;
    st = number < 0 ? MIEN_ERR_NOMEM : scan_names(w, path, &here, &list);
    mien_names_free(&list);
    if (!st && number > 0)
        return add_errno(w, path, number);
    mien_free(path);
    return st;
}

/* What a name stands for after links are followed; 0 when that cannot be told (see errno). */
static unsigned char resolve_type(int root, const char *path, unsigned char type)
{
    if (type != DT_LNK && type != DT_UNKNOWN)
        return type;
    struct stat status;
    if (fstatat(root, path, &status, 0) != 0)
        return 0;
    return S_ISDIR(status.st_mode) ? DT_DIR : S_ISREG(status.st_mode) ? DT_REG : DT_FIFO;
}

static mien_status scan_names(walk *w, const char *path, const ancestor *here, mien_names *list)
{
    mien_status st = MIEN_OK;
    for (size_t i = 0; i < list->count && !st && !is_stopped(w); i++) {
        char *child = join(path, list->items[i].text);
        if (!child)
            return MIEN_ERR_NOMEM;
        unsigned char type = resolve_type(w->folder->fd, child, list->items[i].type);
        if (type == 0) {
            st = errno == ENOENT ? add_entry(w, child, "a link to nothing")
                                 : add_errno(w, child, errno);
        } else if (type == DT_DIR && mien_is_building(w->folder->fd, child)) {
            mien_free(child); /* of a run that is at work, or was killed */
        } else if (type == DT_DIR) {
            st = scan_folder(w, child, here);
        } else if (type == DT_REG) {
            st = add_entry(w, child, NULL);
        } else {
            w->folder->n_skipped++;
            mien_free(child);
        }
    }
    return st;
}

mien_status mien_folder_scan(const char *root, const mien_load_options *options, mien_folder *out,
                             mien_error *err)
{
    mien_folder folder = {.fd = -1};
    walk w = {.root = root, .folder = &folder, .options = options};
    mien_names list = {0};
    struct stat status;
    char text[128];
    int number = 0, names = -1;
    mien_status st = MIEN_OK;
    folder.fd = open(root, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
    if (folder.fd >= 0 && fstat(folder.fd, &status) == 0)
        names = openat(folder.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    number = names < 0 ? errno : read_names(&w, names, &list);
    folder.n_skipped = w.n_hidden;
    if (number > 0) {
        mien_errno_text(number, text, sizeof text);
        st = mien_fail(err, MIEN_ERR_IO, "%s: %s", root, text);
    } else if (number < 0) {
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    } else {
        ancestor here = {NULL, status.st_dev, status.st_ino, 0};
        st = scan_names(&w, "", &here, &list);
        if (st)
            mien_fail_plain(err, st);
        else if (w.stopped)
            st = mien_fail(err, MIEN_ERR_STOPPED, "%s: reading was interrupted", root);
    }
    mien_names_free(&list);
    if (st)
        mien_folder_free(&folder);
    else
        *out = folder;
    return st;
}

int mien_folder_around(const char *path)
{
    char folder[MIEN_PATH_MAX];
    const char *slash = strrchr(path, '/');
    int length = slash && slash != path ? (int)(slash - path) : 1; /* "." and "/" */
    snprintf(folder, sizeof folder, "%.*s", length, slash ? path : ".");
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void mien_folder_free(mien_folder *folder)
{
    if (!folder)
        return;
    for (size_t i = 0; i < folder->count; i++) {
        mien_free(folder->entries[i].path);
        mien_free(folder->entries[i].problem);
    }
    mien_free(folder->entries);
    mien_free(folder->result);
    if (folder->fd >= 0)
        close(folder->fd);
    *folder = (mien_folder){.fd = -1};
}
