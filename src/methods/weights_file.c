/* weights_file.c - the weights of a fit that ranks share: one file, of which each writes its rows.
 * SPDX-License-Identifier: MIT
 *
 * The first rank makes the file, whole in size and with room for it on the disk, and leaves a mark
 * in its last bytes, so that no other rank takes another file of that name, on a disk of its own,
 * for this one. Whoever has the last rows overwrites it. Files are closed before the first rank
 * maps this one: what was written on other nodes is then seen, under NFS, too. */
#define _XOPEN_SOURCE 700 /* pwrite */
#include "methods/weights_file.h"

#include "base/disk/files.h"
#include "base/pulse.h"
#include "base/team.h"
#include "data/npy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Where it stands, and what all ranks know of it. */
struct place {
    char path[MIEN_PATH_MAX];
    uint64_t mark;          /* clock and process of the first rank */
    uint64_t begin, nbytes; /* of the values: the first of them, and how many */
};

static bool put_at(int fd, const void *bytes, uint64_t nbytes, uint64_t at)
{
    enum { MOST = 1 << 26 }; /* a sign of life now and then */
    const char *from = bytes;
    while (nbytes) {
        ssize_t written = pwrite(fd, from, nbytes < MOST ? (size_t)nbytes : MOST, (off_t)at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        from += written;
        at += (uint64_t)written;
        nbytes -= (uint64_t)written;
        mien_beat();
    }
    return true;
}

static uint64_t mark_at(const struct place *place)
{
    return place->begin + place->nbytes - sizeof place->mark;
}

/* Room on the disk for all of it, or for as much as its file system knows about that. */
static bool take_room(int fd, uint64_t nbytes)
{
    int reason = EINTR;
    while (reason == EINTR)
        reason = posix_fallocate(fd, 0, (off_t)nbytes);
    return reason == 0 ||
           ((reason == EOPNOTSUPP || reason == EINVAL) && ftruncate(fd, (off_t)nbytes) == 0);
}

/* The file, with its header; its folder, too. */
static bool make_file(struct place *place, const mien_fit *fit)
{
    char header[MIEN_NPY_HEADER], folder[MIEN_PATH_MAX];
    size_t length;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    place->mark =
        (uint64_t)now.tv_sec * 1000000007u ^ (uint64_t)now.tv_nsec << 24 ^ (uint64_t)getpid();
    place->nbytes = (uint64_t)fit->n * fit->r * sizeof *fit->W;
    strcpy(folder, place->path);
    char *slash = strrchr(folder, '/');
    if (slash && slash > folder) {
        *slash = '\0';
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            return false;
    }
    if (place->nbytes < sizeof place->mark ||
        mien_npy_header(MIEN_F32, (size_t[]){fit->n, fit->r}, 2, header, &length))
        return false;
    place->begin = length;
    int fd = open(place->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return false;
    bool made = take_room(fd, place->begin + place->nbytes) && put_at(fd, header, length, 0) &&
                put_at(fd, &place->mark, sizeof place->mark, mark_at(place));
    return close(fd) == 0 && made;
}

/* That very file, open to be written; -1: it is not seen from here. Not open to be read as well,
 * and each write goes through: a client of NFS may otherwise read the page in which another rank's
 * rows begin and write all of it back, over them. */
static int open_file(const struct place *place)
{
    uint64_t mark = 0;
    int fd = open(place->path, O_RDONLY | O_CLOEXEC);
    bool seen = fd >= 0 &&
                pread(fd, &mark, sizeof mark, (off_t)mark_at(place)) == (ssize_t)sizeof mark &&
                mark == place->mark;
    if (fd >= 0)
        close(fd);
    return seen ? open(place->path, O_WRONLY | O_DSYNC | O_CLOEXEC) : -1;
}

static bool write_own(int fd, const struct place *place, const mien_run *run, const mien_fit *fit)
{
    size_t end, first = mien_pass_own(run->pool, &run->tiling, &end), row = fit->r * sizeof *fit->W;
    bool written = put_at(fd, fit->W + first * fit->r, (uint64_t)(end - first) * row,
                          place->begin + (uint64_t)first * row);
    return close(fd) == 0 && written;
}

static mien_mapping *map_file(const struct place *place)
{
    mien_mapping *mapping = NULL;
    int fd = open(place->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (mien_mapping_open(fd, place->begin, (size_t)place->nbytes, &mapping, NULL))
        mapping = NULL;
    close(fd);
    return mapping;
}

/* All rows are in the file, and the first rank has it mapped; false: no rank has anything of it. */
static bool write_all(const mien_team *team, const mien_run *run, const mien_fit *fit,
                      mien_mapping **mapping)
{
    struct place place = {.path = ""};
    bool leads = mien_team_rank(team) == 0, good = true;
    if (leads) {
        good = strlen(run->options->weights_file) < sizeof place.path;
        strcpy(place.path, good ? run->options->weights_file : "");
        good = good && make_file(&place, fit);
    }
    mien_team_broadcast(team, 0, &good, sizeof good);
    mien_team_broadcast(team, 0, &place, sizeof place);
    int fd = good ? open_file(&place) : -1;
    good = !mien_team_most(team, fd < 0); /* all have seen the mark before it is written over */
    if (fd >= 0)
        good = good ? write_own(fd, &place, run, fit) : close(fd) != 0;
    good = !mien_team_most(team, !good);
    if (good && leads)
        *mapping = map_file(&place);
    good = good && !mien_team_most(team, leads && !*mapping);
    if (!good && leads && *place.path)
        unlink(place.path);
    return good;
}

static size_t first_image(const void *context, unsigned rank)
{
    const mien_run *run = context;
    return mien_pass_first(&run->tiling, rank, mien_team_size(mien_pool_team(run->pool)));
}

bool mien_weights_are_filed(const mien_run *run)
{
    return run->options->weights_file && mien_team_size(mien_pool_team(run->pool)) > 1;
}

void mien_weights_settle(const mien_run *run, mien_fit *fit)
{
    const mien_team *team = mien_pool_team(run->pool);
    mien_mapping *mapping = NULL;
    if (!mien_weights_are_filed(run) || mien_team_most(team, !fit->W))
        return;
    if (!write_all(team, run, fit, &mapping))
        mien_team_collect(team, fit->W, fit->r * sizeof *fit->W, first_image, run);
    if (team->rank == 0 && !mapping)
        return;
    mien_free(fit->W);
    fit->W = mapping ? mien_mapping_bytes(mapping) : NULL;
    fit->W_file = mapping;
}
