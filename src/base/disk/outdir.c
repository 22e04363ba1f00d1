/* outdir.c - folders that are complete or absent.
 * SPDX-License-Identifier: MIT
 *
 * A result is built in OUT.tmp-PID, beside its final name, and renamed when it is whole and on the
 * disk. The folder carries a mark, MIEN_BUILDING_MARK, on which its process holds a lock: whoever
 * comes to the same place later sees by the lock whether the process lives (then he is refused) or
 * was killed (then he clears up after it). Where OUT cannot be renamed, or where only some of its
 * files are to be replaced, the folder is OUT/.tmp-PID, and its files are moved one by one. */
#define _GNU_SOURCE
#include "base/disk/outdir.h"

#include "base/disk/tree.h"
#include "base/memory.h"
#include "base/pulse.h"
#include "base/status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    MESSAGE_PART = 240, /* of a message that has to say more */
    SUFFIX_ROOM = 64,   /* for what is appended to OUT's name */
    LOCK_TRIES = 100,   /* for the moment that another run takes to begin, 10 ms each */
    MARK_TEXT = 128
};

/* How the folder comes to its place. */
typedef enum placing { FRESH, OVER_EMPTY, INSTEAD, INSIDE } placing;

struct mien_outdir {
    char shown[MIEN_PATH_MAX]; /* what the user asked for, without slashes at the end */
    char final[MIEN_PATH_MAX]; /* the same, but for "." and "..": their whole path */
    char building[MIEN_PATH_MAX];
    placing placing;
    int mark; /* open on the mark in `building`, locked; -1: none */
};

static mien_status fail_errno(mien_error *err, const char *path, int number)
{
    return mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(number));
}

/* ---------------------------------------------------------------- names */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The folder that a path's last name stands in. */
static void parent_of(const char *path, char *parent)
{
    size_t length = (size_t)(base_of(path) - path);
    if (length == 0) {
        strcpy(parent, ".");
        return;
    }
    while (length > 1 && path[length - 1] == '/')
        length--;
    memcpy(parent, path, length);
    parent[length] = '\0';
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* shown and final of a new folder. */
static mien_status name_folder(const char *path, mien_outdir *dir, mien_error *err)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length == 0)
        return mien_fail(err, MIEN_ERR_ARG, "-o: give the name of a folder");
    if (length > MIEN_PATH_MAX - SUFFIX_ROOM)
        return mien_fail(err, MIEN_ERR_ARG,
                         "-o %.60s...: the path has %zu bytes, and %d is the most", path, length,
                         MIEN_PATH_MAX - SUFFIX_ROOM);
    memcpy(dir->shown, path, length);
    memcpy(dir->final, path, length);
    if (!is_dots(base_of(dir->shown)))
        return MIEN_OK;
    char *real = realpath(dir->shown, NULL); /* the system's memory, the system's errors */
    if (!real)
        return fail_errno(err, dir->shown, errno);
    bool fits = strlen(real) <= MIEN_PATH_MAX - SUFFIX_ROOM;
    if (fits)
        strcpy(dir->final, real);
    free(real);
    return fits ? MIEN_OK : fail_errno(err, dir->shown, ENAMETOOLONG);
}

/* ---------------------------------------------------------------- what stands there */

static mien_tree_step is_anything(void *user, const mien_tree_entry *entry)
{
    if (S_ISDIR(entry->info.st_mode) && mien_is_building(entry->folder, entry->name))
        return MIEN_TREE_PASS; /* of a run that was killed, or of this one */
    *(bool *)user = true;
    return MIEN_TREE_END;
}

/* A folder that cannot change its name: a file system begins there, or it was called "." */
static bool is_fixed(const mien_outdir *dir)
{
    char parent[MIEN_PATH_MAX];
    struct stat above;
    parent_of(dir->final, parent);
    return strcmp(dir->shown, dir->final) != 0 || strcmp(dir->final, "/") == 0 ||
           stat(parent, &above) != 0 || mien_tree_is_mount(AT_FDCWD, dir->final, above.st_dev) ||
           access(parent, W_OK) != 0;
}

/* Whether a result stands there, and nothing else. */
static mien_status check_contents(const mien_outdir *dir, mien_error *err)
{
    mien_manifest manifest;
    mien_error why = {0};
    mien_status st = mien_manifest_read(dir->final, &manifest, &why);
    if (st == MIEN_ERR_DATA)
        return mien_fail(
            err, MIEN_ERR_ARG,
            "%s exists already and holds no result of mien, so --force does not replace it; "
            "choose another -o",
            dir->shown);
    if (st)
        return mien_fail(err, st, "%s", why.message);
    st = mien_manifest_check(&manifest, dir->final, &why);
    mien_manifest_free(&manifest);
    if (st == MIEN_ERR_ARG)
        return mien_fail(err, st,
                         "%s: --force replaces only what mien wrote; move it away or choose "
                         "another -o",
                         why.message);
    return st ? mien_fail(err, st, "%s", why.message) : MIEN_OK;
}

/* --force may replace what mien wrote, never somebody's photographs. */
static mien_status check_target(mien_outdir *dir, bool force, mien_error *err)
{
    struct stat info;
    bool full = false;
    if (lstat(dir->final, &info) != 0) {
        dir->placing = FRESH;
        return errno == ENOENT ? MIEN_OK : fail_errno(err, dir->shown, errno);
    }
    if (!S_ISDIR(info.st_mode))
        return mien_fail(err, MIEN_ERR_ARG, "%s is not a folder; remove it or choose another -o",
                         dir->shown);
    mien_status st = mien_tree_walk(dir->final, is_anything, &full, err);
    if (st)
        return st;
    if (!full) {
        dir->placing = is_fixed(dir) ? INSIDE : OVER_EMPTY;
        return MIEN_OK;
    }
    st = check_contents(dir, err);
    if (st)
        return st;
    if (!force)
        return mien_fail(err, MIEN_ERR_ARG, "%s exists already (use --force to replace it)",
                         dir->shown);
    if (is_fixed(dir))
        return mien_fail(err, MIEN_ERR_ARG,
                         "%s cannot be replaced in one step where it stands; choose another -o, or "
                         "empty it first",
                         dir->shown);
    dir->placing = INSTEAD;
    return MIEN_OK;
}

mien_status mien_outdir_spare(const char *path, const char *what, const char *input,
                              mien_error *err)
{
    struct stat out, info;
    if (!input || stat(path, &out) != 0 || !S_ISDIR(out.st_mode))
        return MIEN_OK;
    char *real = realpath(input, NULL);
    if (!real) /* what cannot be found cannot be lost */
        return MIEN_OK;
    bool inside = false;
    for (char *end = real + strlen(real); !inside; end = strrchr(real, '/')) {
        *end = '\0';
        inside = stat(*real ? real : "/", &info) == 0 && info.st_dev == out.st_dev &&
                 info.st_ino == out.st_ino;
        if (!*real)
            break;
    }
    free(real);
    if (!inside)
        return MIEN_OK;
    return mien_fail(err, MIEN_ERR_ARG,
                     "%s %.180s lies in %.180s, which is to be written; choose another -o", what,
                     input, path);
}

struct identity {
    dev_t device;
    ino_t inode;
};

struct identities {
    struct identity *items;
    size_t count, capacity;
    bool failed;
};

static int compare_identities(const void *a, const void *b)
{
    const struct identity *x = a, *y = b;
    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    return x->device < y->device ? -1 : x->device > y->device;
}

static mien_tree_step add_identity(void *user, const mien_tree_entry *entry)
{
    struct identities *all = user;
    if (!S_ISREG(entry->info.st_mode))
        return MIEN_TREE_GO_ON;
    all->failed = !mien_grow((void **)&all->items, &all->capacity, all->count, all->count + 1,
                             sizeof *all->items);
    if (all->failed)
        return MIEN_TREE_END;
    all->items[all->count++] = (struct identity){entry->info.st_dev, entry->info.st_ino};
    return MIEN_TREE_GO_ON;
}

static bool is_among(const struct identities *all, int folder, const char *path)
{
    struct stat info;
    if (folder == -1 || fstatat(folder, path, &info, 0) != 0)
        return false;
    struct identity one = {info.st_dev, info.st_ino};
    return all->count &&
           bsearch(&one, all->items, all->count, sizeof one, compare_identities) != NULL;
}

mien_status mien_outdir_spare_images(const mien_outdir *dir, const char *input,
                                     const mien_dataset *dataset, mien_error *err)
{
    struct identities all = {0};
    char above[MIEN_PATH_MAX];
    if (dir->placing != INSTEAD || strlen(input) >= sizeof above)
        return MIEN_OK;
    mien_status st = mien_tree_walk(dir->final, add_identity, &all, err);
    if (all.failed)
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, compare_identities);
    /* names of a folder's images are below it; those of a list, beside it or where we stand */
    int root = open(input, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        parent_of(input, above);
        root = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    for (size_t i = 0; i < dataset->pixels.n && !st; i++) {
        const char *path = dataset->images[i].path;
        if (path && (is_among(&all, root, path) || is_among(&all, AT_FDCWD, path)))
            st = mien_fail(err, MIEN_ERR_ARG,
                           "%.180s is an image of INPUT and lies in %.180s, which is to be "
                           "replaced; choose another -o",
                           path, dir->shown);
    }
    if (root >= 0)
        close(root);
    mien_free(all.items);
    return st;
}

/* ---------------------------------------------------------------- the mark */

/* A marked folder: the mark has its lock before it has its name. Locks are not known everywhere: a
 * folder without one is never cleared up by others. -1: the mark cannot be made. */
static int make_mark(const char *folder)
{
    char early[MIEN_PATH_MAX + 2 * SUFFIX_ROOM], mark[MIEN_PATH_MAX + 2 * SUFFIX_ROOM];
    char text[MARK_TEXT];
    snprintf(early, sizeof early, "%s/" MIEN_BUILDING_MARK ".%ld", folder, (long)getpid());
    snprintf(mark, sizeof mark, "%s/" MIEN_BUILDING_MARK, folder);
    int fd = open(early, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return -1;
    int length =
        snprintf(text, sizeof text, "process %ld of mien builds a result here%s\n", (long)getpid(),
                 flock(fd, LOCK_EX | LOCK_NB) == 0 ? "" : ", without a lock");
    if (write(fd, text, (size_t)length) != length || rename(early, mark) != 0) {
        int number = errno;
        unlink(early);
        close(fd);
        errno = number;
        return -1;
    }
    return fd;
}

static void remove_mark(const char *folder)
{
    char mark[MIEN_PATH_MAX + 2 * SUFFIX_ROOM];
    snprintf(mark, sizeof mark, "%s/" MIEN_BUILDING_MARK, folder);
    unlink(mark);
}

/* The same of one that has no mark yet: its process, which its name tells, was killed between
 * making the folder and naming the mark, or is about to do that. */
static int judge_early(int parent, const char *name)
{
    char early[512], alive[64];
    const char *digits = strrchr(name, '-');
    long process = digits ? strtol(digits + 1, NULL, 10) : 0;
    snprintf(alive, sizeof alive, "/proc/%ld", process);
    if (process <= 0 || access("/proc/self", F_OK) != 0 || access(alive, F_OK) == 0 ||
        (size_t)snprintf(early, sizeof early, "%s/" MIEN_BUILDING_MARK ".%ld", name, process) >=
            sizeof early)
        return 0;
    unlinkat(parent, early, 0);
    unlinkat(parent, name, AT_REMOVEDIR); /* only if nothing else is in it */
    return 0;
}

/* Look at a folder like those of others: 0 it is none, or cannot be told; 1 its process lives
 * (*process: which); 2 it is gone. */
static int judge_mark(int parent, const char *name, long *process)
{
    char mark[512], text[MARK_TEXT] = "";
    if ((size_t)snprintf(mark, sizeof mark, "%s/" MIEN_BUILDING_MARK, name) >= sizeof mark)
        return 0;
    int fd = openat(parent, mark, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return judge_early(parent, name);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    int result = 0;
    if (sscanf(text, "process %ld of mien", process) == 1 && !strstr(text, "without a lock"))
        result = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 2 : errno == EWOULDBLOCK ? 1 : 0;
    close(fd);
    return result;
}

/* The mark goes last: one that is killed here, or cannot remove all, leaves a folder that is known
 * for what it is. System calls only: a handler of signals may be here. */
static bool remove_building(const char *folder)
{
    return mien_tree_empty(folder, mien_is_mark) && mien_tree_remove(AT_FDCWD, folder);
}

/* Clear up after runs into `shown` that were killed: what begins with `prefix` in a folder. Returns
 * the process of one that lives, or 0. */
static long clear_up(const char *folder, const char *prefix)
{
    DIR *dir = opendir(folder);
    long alive = 0;
    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        long process = 0;
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        int judged = judge_mark(dirfd(dir), entry->d_name, &process);
        if (judged == 1)
            alive = process;
        char path[MIEN_PATH_MAX + NAME_MAX];
        if (judged == 2 &&
            (size_t)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < sizeof path)
            remove_building(path);
    }
    closedir(dir);
    return alive;
}

/* One run at a time looks around and begins in a folder. -1: nobody can be kept out. */
static int lock_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int k = 0; fd >= 0; k++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return fd;
        if (errno != EWOULDBLOCK || k == LOCK_TRIES) {
            close(fd);
            break;
        }
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return -1;
}

/* A new folder. One of that name may stand there: a result that could not be put in place is kept,
 * and numbers of processes come again. */
static bool make_folder(mien_outdir *dir)
{
    for (int k = 0; k < 100; k++) {
        int length = snprintf(dir->building, sizeof dir->building, "%.*s%s.tmp-%ld",
                              MIEN_PATH_MAX - SUFFIX_ROOM, dir->final,
                              dir->placing == INSIDE ? "/" : "", (long)getpid());
        if (k)
            snprintf(dir->building + length, sizeof dir->building - (size_t)length, "-%d", k);
        if (mkdir(dir->building, 0777) == 0) {
            dir->mark = make_mark(dir->building);
            if (dir->mark >= 0)
                return true;
            int number = errno;
            remove_building(dir->building);
            errno = number;
            return false;
        }
        if (errno != EEXIST)
            return false;
    }
    return false;
}

static mien_status make_alone(mien_outdir *dir, mien_error *err)
{
    char parent[MIEN_PATH_MAX], prefix[NAME_MAX + 8];
    parent_of(dir->final, parent);
    snprintf(prefix, sizeof prefix, "%.*s.tmp-", NAME_MAX, base_of(dir->final));
    int lock = lock_folder(parent);
    long alive = clear_up(parent, prefix), inside = clear_up(dir->final, ".tmp-");
    alive = alive ? alive : inside;
    mien_status st = MIEN_OK;
    if (alive)
        st = mien_fail(err, MIEN_ERR_ARG,
                       "%s: another run of mien (process %ld) is writing there; wait for its end "
                       "or choose another -o",
                       dir->shown, alive);
    else if (!make_folder(dir))
        st = mien_fail(err, MIEN_ERR_IO, "%s cannot be made: %s", dir->shown,
                       errno == ENOENT ? "the folder it should be in does not exist"
                                       : strerror(errno));
    if (lock >= 0)
        close(lock);
    return st;
}

/* ---------------------------------------------------------------- beginning */

static mien_status begin(const char *path, bool force, bool inside, mien_outdir **out,
                         mien_error *err)
{
    mien_outdir *dir = mien_alloc_array(1, sizeof *dir);
    if (!dir)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    dir->mark = -1;
    dir->placing = INSIDE;
    mien_status st = name_folder(path, dir, err);
    if (!st && !inside)
        st = check_target(dir, force, err);
    if (!st)
        st = make_alone(dir, err);
    if (st)
        mien_free(dir);
    else
        *out = dir;
    return st;
}

mien_status mien_outdir_begin(const char *path, bool force, mien_outdir **out, mien_error *err)
{
    return begin(path, force, false, out, err);
}

mien_status mien_outdir_begin_inside(const char *path, mien_outdir **out, mien_error *err)
{
    return begin(path, false, true, out, err);
}

bool mien_outdir_replaces(const mien_outdir *dir)
{
    return dir->placing == INSTEAD;
}

const char *mien_outdir_final(const mien_outdir *dir)
{
    return dir->final;
}

const char *mien_outdir_building(const mien_outdir *dir)
{
    return dir->building;
}

void mien_outdir_drop(const char *building)
{
    enum { TRIES = 20 }; /* other threads may be writing there */
    for (int k = 0; k < TRIES && !remove_building(building); k++)
        ;
}

/* ---------------------------------------------------------------- in place */

/* Whole and on the disk, with its list of files. */
static mien_status seal(mien_outdir *dir, mien_error *err)
{
    char path[MIEN_PATH_MAX + 32];
    struct stat info;
    mien_manifest manifest = {0}, own = {0};
    mien_status st = mien_manifest_collect(&manifest, dir->building, NULL, err);
    const char *from = dir->building;
    if (!st && dir->placing == INSIDE && mien_manifest_read(dir->final, &own, NULL) == MIEN_OK) {
        st = mien_manifest_collect(&manifest, dir->final, &own, err);
        if (!mien_manifest_has(&manifest, "summary.json") && !st)
            st = mien_fail(err, MIEN_ERR_IO, "%s/summary.json is gone", dir->shown);
        snprintf(path, sizeof path, "%s/summary.json", dir->building);
        if (lstat(path, &info) != 0)
            from = dir->final;
    }
    if (!st && mien_manifest_has(&manifest, "summary.json"))
        st = mien_manifest_write(&manifest, from, dir->building, err);
    mien_manifest_free(&own);
    mien_manifest_free(&manifest);
    return st ? st : mien_tree_sync(dir->building, err);
}

static void sync_parent(const char *path)
{
    char parent[MIEN_PATH_MAX];
    parent_of(path, parent);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd); /* the names are as they should be; when that is on the disk is up to the disk */
    close(fd);
}

mien_status mien_folder_replace(const char *built, const char *final, const char *aside,
                                mien_error *err)
{
    if (rename(final, aside) != 0)
        return fail_errno(err, final, errno);
    if (rename(built, final) == 0)
        return MIEN_OK;
    int reason = errno;
    if (rename(aside, final) != 0)
        return mien_fail(err, MIEN_ERR_IO, "%.160s: %s; the earlier result is in %.160s", final,
                         strerror(reason), aside);
    return fail_errno(err, final, reason);
}

/* Not every file system knows the flags of renameat2. */
static bool is_unsupported(int reason)
{
    return reason == EINVAL || reason == ENOSYS;
}

static mien_status put_in_place(const mien_outdir *dir, mien_error *err)
{
    unsigned how = dir->placing == FRESH ? RENAME_NOREPLACE : 0;
    if (renameat2(AT_FDCWD, dir->building, AT_FDCWD, dir->final, how) == 0 ||
        (how && is_unsupported(errno) && rename(dir->building, dir->final) == 0))
        return MIEN_OK;
    return mien_fail(err, MIEN_ERR_IO, "%s: %s", dir->shown,
                     errno == EEXIST || errno == ENOTEMPTY ? "appeared while mien was working"
                                                           : strerror(errno));
}

/* The earlier result goes, when all of it is still what it says; else it stays, and *err, whose
 * status is MIEN_OK, says where. */
static void remove_earlier(const mien_outdir *dir, const char *earlier, mien_error *err)
{
    mien_manifest manifest;
    mien_error why = {0};
    mien_status st = mien_manifest_read(earlier, &manifest, &why);
    if (!st) {
        st = mien_manifest_check(&manifest, earlier, &why);
        mien_manifest_free(&manifest);
    }
    if (!st && remove_building(earlier))
        return;
    remove_mark(earlier);
    mien_fail(
        err, MIEN_OK,
        "%.160s is replaced, but the earlier result could not be removed%s%.160s; it is in %.160s",
        dir->shown, st ? ": " : "", st ? why.message : "", earlier);
}

/* After an exchange the earlier result stands under the other name; the mark there tells the next
 * run to remove it, should this one be killed now. */
static mien_status put_instead(const mien_outdir *dir, mien_error *err)
{
    char aside[MIEN_PATH_MAX + 8];
    const char *earlier = dir->building;
    int mark = make_mark(dir->final);
    mien_status st = MIEN_OK;
    if (renameat2(AT_FDCWD, dir->building, AT_FDCWD, dir->final, RENAME_EXCHANGE) != 0) {
        int reason = errno;
        snprintf(aside, sizeof aside, "%s-old", dir->building);
        earlier = aside;
        st = is_unsupported(reason) ? mien_folder_replace(dir->building, dir->final, aside, err)
                                    : fail_errno(err, dir->shown, reason);
    }
    if (st)
        remove_mark(dir->final);
    else
        remove_earlier(dir, earlier, err);
    if (mark >= 0)
        close(mark);
    return st;
}

/* ---------------------------------------------------------------- one by one */

struct moving {
    const mien_outdir *dir;
    bool tables; /* this time what others name; else the page and the summary */
    int failed;
    char path[MIEN_PATH_MAX];
};

/* Open dir->final/folder, made when it is not there; never through links. */
static int open_place(const mien_outdir *dir, const char *path)
{
    char name[NAME_MAX + 1];
    int at = open(dir->final, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (const char *slash; at >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
        if ((size_t)snprintf(name, sizeof name, "%.*s", (int)(slash - path), path) >= sizeof name)
            errno = ENAMETOOLONG;
        if (mkdirat(at, name, 0777) != 0 && errno != EEXIST) {
            int reason = errno;
            close(at);
            errno = reason;
            return -1;
        }
        int next = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int reason = errno;
        close(at);
        errno = reason;
        at = next;
    }
    return at;
}

static mien_tree_step move_file(void *user, const mien_tree_entry *entry)
{
    struct moving *moving = user;
    bool told = strcmp(entry->path, "summary.json") == 0 || strcmp(entry->path, "report.html") == 0;
    if (!S_ISREG(entry->info.st_mode) || told == moving->tables || mien_is_mark(entry->path))
        return MIEN_TREE_GO_ON;
    int place = open_place(moving->dir, entry->path);
    int failed = place < 0 ? errno : 0;
    if (!failed && renameat(entry->folder, entry->name, place, entry->name) != 0)
        failed = errno;
    if (place >= 0)
        close(place);
    if (!failed)
        return MIEN_TREE_GO_ON;
    moving->failed = failed;
    snprintf(moving->path, sizeof moving->path, "%s", entry->path);
    return MIEN_TREE_END;
}

/* The list of files goes ahead where one stands already, so that all that is there is on a list at
 * any moment; into an empty folder it comes last, as it says that the result is whole. */
static mien_status put_inside(const mien_outdir *dir, mien_error *err)
{
    char built[MIEN_PATH_MAX + 32], there[MIEN_PATH_MAX + 32];
    snprintf(built, sizeof built, "%s/summary.json", dir->building);
    snprintf(there, sizeof there, "%s/summary.json", dir->final);
    if (access(there, F_OK) == 0 && access(built, F_OK) == 0 && rename(built, there) != 0)
        return fail_errno(err, dir->shown, errno);
    struct moving moving = {.dir = dir};
    mien_status st = MIEN_OK;
    for (int k = 0; k < 2 && !st && !moving.failed; k++) {
        moving.tables = k == 0;
        st = mien_tree_walk(dir->building, move_file, &moving, err);
    }
    if (!st && moving.failed)
        st = mien_fail(err, MIEN_ERR_IO, "%s/%s: %s", dir->shown, moving.path,
                       strerror(moving.failed));
    if (!st) {
        remove_building(dir->building);
        mien_tree_sync(dir->final, NULL);
    }
    return st;
}

/* ---------------------------------------------------------------- ending */

static void end(mien_outdir *dir)
{
    if (dir->mark >= 0)
        close(dir->mark);
    mien_free(dir);
}

static mien_status place(mien_outdir *dir, mien_error *err)
{
    mien_status st = MIEN_OK;
    if (dir->placing == INSTEAD) /* is it still mien's own, or gone? */
        st = check_target(dir, true, err);
    if (st)
        return st;
    switch (dir->placing) {
    case INSIDE:
        return put_inside(dir, err);
    case INSTEAD:
        st = put_instead(dir, err);
        break;
    case FRESH:
    case OVER_EMPTY:
        st = put_in_place(dir, err);
        break;
    }
    if (!st) {
        remove_mark(dir->final);
        sync_parent(dir->final);
    }
    return st;
}

mien_status mien_outdir_commit(mien_outdir *dir, mien_error *err)
{
    mien_error why = {0};
    mien_status st = mien_outdir_told(dir, seal(dir, &why), &why);
    if (!st)
        st = place(dir, &why);
    if (st) { /* hours of work may be in it */
        remove_mark(dir->building);
        mien_fail(err, st, "%.*s; the result is in %s", MESSAGE_PART, why.message, dir->building);
    } else if (err) {
        *err = why;
        err->status = MIEN_OK;
    }
    end(dir);
    return st;
}

mien_status mien_outdir_commit_aside(mien_outdir *dir, const char *word, char *where, size_t size,
                                     mien_error *err)
{
    mien_error why = {0};
    mien_status st = mien_outdir_told(dir, seal(dir, &why), &why);
    snprintf(where, size, "%s", dir->building);
    for (int k = 1; k < 1000 && !st; k++) {
        char name[MIEN_PATH_MAX + SUFFIX_ROOM], number[16] = "";
        if (k > 1)
            snprintf(number, sizeof number, "-%d", k);
        snprintf(name, sizeof name, "%s.%s%s", dir->final, word, number);
        bool there = renameat2(AT_FDCWD, dir->building, AT_FDCWD, name, RENAME_NOREPLACE) == 0;
        if (!there && is_unsupported(errno)) /* of an empty folder nothing is lost */
            there = rename(dir->building, name) == 0;
        if (there) {
            snprintf(where, size, "%s", name);
            remove_mark(name);
            sync_parent(name);
            end(dir);
            return MIEN_OK;
        }
        if (errno != EEXIST && errno != ENOTEMPTY)
            break;
    }
    remove_mark(dir->building);
    if (st)
        mien_fail(err, st, "%.*s; the result is in %s", MESSAGE_PART, why.message, dir->building);
    end(dir);
    return st;
}

void mien_outdir_abandon(mien_outdir *dir)
{
    if (!dir)
        return;
    remove_building(dir->building);
    end(dir);
}

mien_status mien_outdir_restart(mien_outdir *dir, mien_error *err)
{
    return mien_tree_empty(dir->building, mien_is_mark)
               ? MIEN_OK
               : mien_fail(err, MIEN_ERR_IO, "%s cannot be emptied", dir->building);
}

/* ---------------------------------------------------------------- what is built */

mien_status mien_outdir_told(const mien_outdir *dir, mien_status st, mien_error *err)
{
    char *at = st && err ? strstr(err->message, dir->building) : NULL;
    if (!at)
        return st;
    char rest[sizeof err->message];
    snprintf(rest, sizeof rest, "%s", at + strlen(dir->building));
    snprintf(at, sizeof err->message - (size_t)(at - err->message), "%s%s", dir->shown, rest);
    return st;
}

mien_status mien_outdir_path(const mien_outdir *dir, const char *name, char *path, size_t size,
                             mien_error *err)
{
    int length = snprintf(path, size, "%s%s%s", dir->building, *name ? "/" : "", name);
    if (length < 0 || (size_t)length >= size)
        return mien_fail(err, MIEN_ERR_ARG, "%s/%s: the path is too long", dir->shown, name);
    return MIEN_OK;
}

mien_status mien_outdir_folder(mien_outdir *dir, const char *name, mien_error *err)
{
    char path[MIEN_PATH_MAX];
    mien_status st = mien_outdir_path(dir, name, path, sizeof path, err);
    if (!st && mkdir(path, 0777) != 0 && errno != EEXIST)
        st = mien_fail(err, MIEN_ERR_IO, "%s/%s: %s", dir->shown, name, strerror(errno));
    return st;
}

mien_status mien_outdir_write(mien_outdir *dir, const char *name, const void *bytes, size_t nbytes,
                              mien_error *err)
{
    char path[MIEN_PATH_MAX];
    mien_status st = mien_outdir_path(dir, name, path, sizeof path, err);
    return st ? st : mien_outdir_told(dir, mien_file_write(path, bytes, nbytes, err), err);
}

mien_status mien_outdir_append(mien_outdir *dir, const char *name, const void *bytes, size_t nbytes,
                               mien_error *err)
{
    char path[MIEN_PATH_MAX];
    mien_status st = mien_outdir_path(dir, name, path, sizeof path, err);
    return st ? st : mien_outdir_told(dir, mien_file_append(path, bytes, nbytes, err), err);
}
