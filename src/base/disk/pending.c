/* pending.c - a file that gets its name when it is whole.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/disk/pending.h"

#include "base/status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char INFIX[] = ".tmp-";
enum { NAMES = 100 }; /* of one process for one path */

/* path's folder, and where in it the last name begins. */
static const char *split(const char *path, char folder[MIEN_PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    int length = !slash ? 0 : slash == path ? 1 : (int)(slash - path);
    snprintf(folder, MIEN_PATH_MAX, "%.*s", length ? length : 1, length ? path : ".");
    return slash ? slash + 1 : path;
}

/* What has such a name and nobody locks, if it is a file of this user's. */
static void remove_dead(int folder, const char *name)
{
    struct stat info;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode) ||
        info.st_uid != geteuid())
        return;
    int fd = openat(folder, name, O_RDWR | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return; /* for writing: NFS locks nothing else */
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
    close(fd);
}

/* Whether it is PROCESS-K, as name_it() writes it. */
static bool is_number_pair(const char *word)
{
    static const char digits[] = "0123456789";
    size_t first = strspn(word, digits);
    if (!first || word[first] != '-')
        return false;
    size_t second = strspn(word + first + 1, digits);
    return second && word[first + 1 + second] == '\0';
}

/* What processes left that ended between two calls. */
static void clear_up(const char *folder, const char *base)
{
    size_t length = strlen(base);
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *rest = entry->d_name + length + sizeof INFIX - 1;
        if (strncmp(entry->d_name, base, length) == 0 &&
            strncmp(entry->d_name + length, INFIX, sizeof INFIX - 1) == 0 && is_number_pair(rest))
            remove_dead(dirfd(dir), entry->d_name);
    }
    if (dir)
        closedir(dir);
}

/* Give it the k-th name of this process: false with the reason in errno. */
static bool name_it(mien_pending *file, int k, int (*give)(mien_pending *file))
{
    snprintf(file->name, sizeof file->name, "%s%s%ld-%d", file->path, INFIX, (long)getpid(), k);
    if (give(file) == 0)
        return true;
    file->name[0] = '\0';
    return false;
}

static bool find_name(mien_pending *file, int (*give)(mien_pending *file))
{
    bool given = false;
    for (int k = 1; k <= NAMES && !given && (k == 1 || errno == EEXIST); k++)
        given = name_it(file, k, give);
    return given;
}

static int create(mien_pending *file)
{
    file->fd = open(file->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    return file->fd < 0 ? -1 : 0;
}

static int link_fd(mien_pending *file)
{
    char self[64];
    snprintf(self, sizeof self, "/proc/self/fd/%d", file->fd);
    return linkat(AT_FDCWD, self, AT_FDCWD, file->name, AT_SYMLINK_FOLLOW);
}

/* For the reason in errno, with what helps. */
static mien_status fail(const mien_pending *file, mien_error *err)
{
    bool full = errno == ENOSPC || errno == EDQUOT;
    return errno == ENOENT
               ? mien_fail(err, MIEN_ERR_IO,
                           "%s cannot be made: the folder it should be in does not exist",
                           file->path)
               : mien_fail(err, MIEN_ERR_IO, "%s cannot be made: %s; %sgive another -o", file->path,
                           strerror(errno), full ? "make room there, or " : "");
}

mien_status mien_pending_open(mien_pending *file, const char *path, mien_error *err)
{
    char folder[MIEN_PATH_MAX];
    *file = (mien_pending){.path = path, .fd = -1};
    if (strlen(path) >= sizeof folder)
        return mien_fail(err, MIEN_ERR_ARG, "%s: the path is too long", path);
    clear_up(folder, split(path, folder));
    if (access("/proc/self/fd", X_OK) == 0) /* by which it gets its name later */
        file->fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    if (file->fd < 0 && !find_name(file, create))
        return fail(file, err);
    flock(file->fd, LOCK_EX); /* nobody else has it: where that fails there are no locks */
    return MIEN_OK;
}

mien_status mien_pending_put(mien_pending *file, const char *bytes, size_t nbytes, mien_error *err)
{
    return mien_file_put(file->fd, bytes, nbytes) ? fail(file, err) : MIEN_OK;
}

mien_status mien_pending_ready(mien_pending *file, mien_error *err)
{
    bool ready = mien_file_sync(file->fd) && (file->name[0] || find_name(file, link_fd));
    return ready ? MIEN_OK : fail(file, err);
}

mien_status mien_pending_place(mien_pending *file, mien_error *err)
{
    mien_status st = rename(file->name, file->path) == 0 ? MIEN_OK : fail(file, err);
    if (!st)
        file->name[0] = '\0';
    mien_pending_drop(file);
    return st;
}

void mien_pending_drop(mien_pending *file)
{
    if (file->name[0])
        unlink(file->name);
    file->name[0] = '\0';
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}
