/* neighbours.c - ranks of one machine, which decode a folder together into memory they share.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "read/neighbours.h"

#include "base/memory.h"
#include "base/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NAME = 4096 + 64 };

struct mien_neighbours {
    mien_team team;
    const mien_team *whole;
    unsigned *ranks; /* team.size: theirs in the whole */
    void *memory;    /* NULL: nothing was taken */
    size_t nbytes;
    int fd; /* -1: none */
};

/* ---------------------------------------------------------------- who they are */

/* The same for all processes of a machine that is up: Linux draws it when it starts. Elsewhere the
 * machine's name has to do. */
static uint64_t machine(void)
{
    char text[256] = "";
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (got <= 0 && gethostname(text, sizeof text - 1) != 0)
        return 0;
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (const char *c = text; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    return hash;
}

static size_t one_each(const void *context, unsigned rank)
{
    (void)context;
    return rank;
}

static int rank_of(const mien_neighbours *n, int neighbour)
{
    return neighbour < 0 ? neighbour : (int)n->ranks[neighbour];
}

static void exchange(void *transport, int to, const void *out, size_t n_out, int from, void *in,
                     size_t n_in)
{
    const mien_neighbours *n = transport;
    n->whole->exchange(n->whole->transport, rank_of(n, to), out, n_out, rank_of(n, from), in, n_in);
}

mien_neighbours *mien_neighbours_meet(const mien_team *team)
{
    unsigned size = mien_team_size(team);
    if (size == 1)
        return NULL;
    mien_neighbours *n = mien_alloc_array(1, sizeof *n);
    unsigned *ranks = mien_alloc_array(size, sizeof *ranks);
    uint64_t *machines = mien_alloc_array(size, sizeof *machines);
    bool good = n && ranks && machines && *mien_spill_folder();
    if (mien_team_most(team, !good) == 0) {
        machines[team->rank] = machine();
        mien_team_gather(team, machines, sizeof *machines, one_each, NULL);
        *n = (mien_neighbours){.whole = team, .ranks = ranks, .fd = -1};
        n->team = (mien_team){.exchange = exchange, .transport = n, .names = ranks};
        for (unsigned k = 0; k < size; k++) {
            if (machines[k] != machines[team->rank])
                continue;
            n->team.rank = k == team->rank ? n->team.size : n->team.rank;
            ranks[n->team.size++] = k;
        }
        n->team.here = n->team.size;
    }
    mien_free(machines);
    if (!good || n->team.size < 2) {
        mien_free(ranks);
        mien_free(n);
        return NULL;
    }
    return n;
}

const mien_team *mien_neighbours_team(const mien_neighbours *n)
{
    return n ? &n->team : NULL;
}

/* ---------------------------------------------------------------- what they share */

static void give(mien_neighbours *n)
{
    if (n->memory)
        munmap(n->memory, n->nbytes);
    if (n->fd >= 0)
        close(n->fd);
    n->memory = NULL;
    n->fd = -1;
}

/* In the first of them: an empty file; `name` <- what it is called until all have opened it. */
static bool make(mien_neighbours *n, char name[NAME])
{
    snprintf(name, NAME, "%s/mien-cache-XXXXXX", mien_spill_folder());
    n->fd = mkostemp(name, O_CLOEXEC);
    if (n->fd < 0)
        *name = '\0';
    return n->fd >= 0;
}

static bool take_room(int fd, size_t nbytes)
{
    int reason = EINTR;
    while (reason == EINTR)
        reason = posix_fallocate(fd, 0, (off_t)nbytes);
    return reason == 0;
}

void *mien_neighbours_take(mien_neighbours *n, size_t nbytes)
{
    char name[NAME] = "";
    give(n);
    bool leads = n->team.rank == 0, good = nbytes > 0 && nbytes <= PTRDIFF_MAX;
    if (leads)
        good = good && make(n, name);
    mien_team_broadcast(&n->team, 0, &good, sizeof good);
    mien_team_broadcast(&n->team, 0, name, sizeof name);
    if (good && !leads)
        n->fd = open(name, O_RDWR | O_CLOEXEC);
    good = mien_team_most(&n->team, n->fd < 0) == 0; /* all have tried: the name may go, at once, */
    if (leads && *name)
        unlink(name);
    if (leads && good) /* as this may take its time */
        good = take_room(n->fd, nbytes);
    mien_team_broadcast(&n->team, 0, &good, sizeof good);
    if (good) {
        void *start = mmap(NULL, nbytes, PROT_READ | PROT_WRITE, MAP_SHARED, n->fd, 0);
        n->memory = start == MAP_FAILED ? NULL : start;
        n->nbytes = nbytes;
    }
    if (mien_team_most(&n->team, !n->memory))
        give(n);
    return n->memory;
}

mien_status mien_neighbours_map(mien_neighbours *n, size_t nbytes, size_t memory,
                                mien_mapping **out, mien_error *err)
{
    mien_team_most(&n->team, 0); /* all have written */
    mien_status st = mien_mapping_open(n->fd, 0, nbytes, out, err);
    if (!st && memory && nbytes > memory / 2)
        mien_mapping_stream(*out, true);
    return st;
}

void mien_neighbours_part(mien_neighbours *n)
{
    if (!n)
        return;
    give(n);
    mien_free(n->ranks);
    mien_free(n);
}
