/* tree.c - what stands below a folder: walked in order, made safe on disk, removed.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/disk/tree.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_DEPTH = 64, PATH_ROOM = 4096 };

bool mien_tree_is_mount(int parent, const char *name, dev_t outside)
{
    struct stat info;
    if (fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (info.st_dev != outside)
        return true;
#ifdef STATX_ATTR_MOUNT_ROOT
    /* a folder of the same file system may be bound there, which no device tells */
    struct statx more;
    if (statx(parent, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &more) == 0)
        return more.stx_attributes & more.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT;
#endif
    return false;
}

/* ---------------------------------------------------------------- names */

static bool names_add(mien_names *names, const char *text, unsigned char type)
{
    char *copy = mien_strdup(text);
    if (!copy || !mien_grow((void **)&names->items, &names->capacity, names->count,
                            names->count + 1, sizeof *names->items)) {
        mien_free(copy);
        return false;
    }
    names->items[names->count++] = (mien_name){copy, type};
    return true;
}

int mien_names_read(int fd, bool (*take)(void *user, const char *text, unsigned char type),
                    void *user, mien_names *names)
{
    DIR *stream = fdopendir(fd);
    if (!stream) {
        int number = errno;
        close(fd);
        return number;
    }
    int number = 0;
    while (number == 0) {
        errno = 0;
        struct dirent *entry = readdir(stream);
        if (!entry) {
            number = errno;
            break;
        }
        const char *text = entry->d_name;
        if (strcmp(text, ".") != 0 && strcmp(text, "..") != 0 &&
            (!take || take(user, text, entry->d_type)) && !names_add(names, text, entry->d_type))
            number = -1;
    }
    closedir(stream);
    return number;
}

void mien_names_free(mien_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        mien_free(names->items[i].text);
    mien_free(names->items);
    *names = (mien_names){0};
}

/* ---------------------------------------------------------------- walking */

typedef struct walk {
    mien_tree_visit visit;
    void *user;
    dev_t device;
    bool ended;
    char path[PATH_ROOM];
    const char *root;
    mien_error *err;
} walk;

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const mien_name *)a)->text, ((const mien_name *)b)->text);
}

static mien_status fail_path(const walk *w, int number)
{
    if (number < 0)
        return mien_fail_plain(w->err, MIEN_ERR_NOMEM);
    return mien_fail(w->err, MIEN_ERR_IO, "%s%s%s: %s", w->root, *w->path ? "/" : "", w->path,
                     strerror(number));
}

static mien_status walk_folder(walk *w, int parent, const char *name, size_t depth);

static mien_status walk_entry(walk *w, int folder, const char *name, size_t depth)
{
    mien_tree_entry entry = {.path = w->path, .folder = folder, .name = name};
    if (fstatat(folder, name, &entry.info, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? MIEN_OK : fail_path(w, errno);
    bool is_folder = S_ISDIR(entry.info.st_mode);
    entry.mounted = entry.info.st_dev != w->device || mien_tree_is_mount(folder, name, w->device);
    mien_tree_step step = w->visit(w->user, &entry);
    w->ended = step == MIEN_TREE_END;
    if (!is_folder || entry.mounted || step != MIEN_TREE_GO_ON)
        return MIEN_OK;
    return depth < MOST_DEPTH ? walk_folder(w, folder, name, depth + 1) : fail_path(w, ELOOP);
}

static mien_status walk_folder(walk *w, int parent, const char *name, size_t depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth ? O_NOFOLLOW : 0));
    int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0); /* reading the names closes one */
    struct stat info;
    if (copy < 0 || fstat(fd, &info) != 0) {
        int number = errno;
        if (fd >= 0)
            close(fd);
        if (copy >= 0)
            close(copy);
        return fail_path(w, number);
    }
    if (depth == 0)
        w->device = info.st_dev;
    mien_names list = {0};
    int number = mien_names_read(copy, NULL, NULL, &list);
    if (list.count)
        qsort(list.items, list.count, sizeof *list.items, compare_names);
    mien_status st = number ? fail_path(w, number) : MIEN_OK;
    size_t length = strlen(w->path);
    for (size_t i = 0; i < list.count && !st && !w->ended; i++) {
        int more = snprintf(w->path + length, sizeof w->path - length, "%s%s", length ? "/" : "",
                            list.items[i].text);
        st = more < 0 || (size_t)more >= sizeof w->path - length
                 ? fail_path(w, ENAMETOOLONG)
                 : walk_entry(w, fd, list.items[i].text, depth);
        if (!w->ended)
            w->path[length] = '\0';
    }
    mien_names_free(&list);
    close(fd);
    return st;
}

mien_status mien_tree_walk(const char *root, mien_tree_visit visit, void *user, mien_error *err)
{
    walk w = {.visit = visit, .user = user, .root = root, .err = err};
    return walk_folder(&w, AT_FDCWD, root, 0);
}

/* ---------------------------------------------------------------- to the disk */

/* Files and folders below an open one, flushed side by side: a disk makes many safe in little more
 * time than one. */
struct flush {
    int root;
    mien_names list;
    bool nomem;
    atomic_int failed; /* an errno */
    atomic_size_t which;
};

enum { FLUSHERS = 16 };

static mien_tree_step begin_flush(void *user, const mien_tree_entry *entry)
{
    struct flush *flush = user;
    bool is_folder = S_ISDIR(entry->info.st_mode);
    if (!is_folder && !S_ISREG(entry->info.st_mode))
        return MIEN_TREE_GO_ON;
    flush->nomem = !names_add(&flush->list, entry->path, DT_UNKNOWN);
    return flush->nomem ? MIEN_TREE_END : MIEN_TREE_GO_ON;
}

static void flush_one(void *context, size_t task, unsigned worker)
{
    struct flush *flush = context;
    int fd = openat(flush->root, flush->list.items[task].text,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    (void)worker;
    /* EINVAL: nothing can be flushed there */
    if ((fd < 0 || (fsync(fd) != 0 && errno != EINVAL)) && !atomic_load(&flush->failed)) {
        atomic_store(&flush->failed, errno);
        atomic_store(&flush->which, task);
    }
    if (fd >= 0)
        close(fd);
}

mien_status mien_tree_sync(const char *root, mien_error *err)
{
    struct flush flush = {.root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    mien_pool *pool = NULL;
    mien_status st = MIEN_OK;
    if (flush.root < 0)
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", root, strerror(errno));
    st = mien_tree_walk(root, begin_flush, &flush, err);
    if (!st)
        st = flush.nomem ? MIEN_ERR_NOMEM : mien_pool_create(FLUSHERS, &pool);
    if (st == MIEN_ERR_NOMEM)
        mien_fail_plain(err, st);
    if (!st)
        mien_pool_run(pool, flush.list.count, flush_one, &flush);
    if (!st && atomic_load(&flush.failed))
        st = mien_fail(err, MIEN_ERR_IO, "%s/%s: %s", root,
                       flush.list.items[atomic_load(&flush.which)].text,
                       strerror(atomic_load(&flush.failed)));
    if (!st && fsync(flush.root) != 0 && errno != EINVAL)
        st = mien_fail(err, MIEN_ERR_IO, "%s: %s", root, strerror(errno));
    mien_pool_free(pool);
    mien_names_free(&flush.list);
    close(flush.root);
    return st;
}

/* ---------------------------------------------------------------- removing */

static bool remove_at(int parent, const char *name, dev_t device, bool first, int depth);

/* Remove what an open folder holds but for the names that are spared; *some: at least one name
 * went. */
static bool empty_folder(int fd, dev_t device, int depth, mien_tree_spare spare, bool *some)
{
    char buffer[2048] __attribute__((aligned(16)));
    bool whole = true;
    for (;;) {
        ssize_t got = getdents64(fd, buffer, sizeof buffer);
        if (got <= 0)
            return whole && got == 0;
        for (ssize_t at = 0; at < got;) {
            const struct dirent64 *entry = (const void *)(buffer + at);
            at += entry->d_reclen;
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                (spare && spare(entry->d_name)))
                continue;
            bool gone = remove_at(fd, entry->d_name, device, false, depth + 1);
            *some = *some || gone;
            whole = whole && gone;
        }
    }
}

static bool remove_at(int parent, const char *name, dev_t device, bool first, int depth)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return true;
    struct stat info;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool same = fstat(fd, &info) == 0 && depth < MOST_DEPTH &&
                (first || !mien_tree_is_mount(parent, name, device));
    bool whole = same;
    /* some file systems leave names out when others go meanwhile: look again */
    for (bool some = same; some && unlinkat(parent, name, AT_REMOVEDIR) != 0;) {
        some = false;
        lseek(fd, 0, SEEK_SET);
        whole = empty_folder(fd, first ? info.st_dev : device, depth, NULL, &some);
    }
    close(fd);
    return (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) && whole;
}

bool mien_tree_remove(int parent, const char *name)
{
    return remove_at(parent, name, 0, true, 0);
}

bool mien_tree_empty(const char *root, mien_tree_spare spare)
{
    struct stat info;
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT;
    bool whole = fstat(fd, &info) == 0;
    /* some file systems leave names out when others go meanwhile: look again */
    for (bool some = whole; some;) {
        some = false;
        lseek(fd, 0, SEEK_SET);
        whole = empty_folder(fd, info.st_dev, 0, spare, &some);
    }
    close(fd);
    return whole;
}
