/* team_mpi.c - the ranks of an MPI job as a team.
 * SPDX-License-Identifier: MIT
 *
 * A rank that waits looks for its message again and again, gives the processor away after a moment,
 * since there may be more ranks than processors, and sleeps when it takes long. The first rank also
 * looks whether another one has ended badly: memory that is out there is no news here, and the
 * message would never come. */
#define _POSIX_C_SOURCE 200809L
#include "mpi/team_mpi.h"

#include "base/pulse.h"

#include <mpi.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TAG_ROWS = 1,
    TAG_END = 2,
    CHUNK = 1 << 30, /* bytes of a message: MPI counts in int */
    SPINS = 2000,
    PATIENCE = 5,         /* seconds that others have who may not have heard of a failure yet */
    DOZE = 50 * 1000,     /* nanoseconds, of one who waits for longer than ... */
    AWAKE = 50 * 1000000, /* ... so many nanoseconds */
};

static mien_team team;
static mien_mpi_fail_fn on_failure;
static mien_mpi_wait_fn on_wait;
static mien_mpi_end *ends; /* in the first rank: of each that has ended */
static bool *ended;
static double failed_at; /* when the first of them ended badly; 0: none has */
static unsigned failed;

static const double LONG = 0.5; /* seconds that a rank waits before it wonders */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* In the first rank: who has ended by now. */
static void hear_ends(void)
{
    for (int there = 1; team.rank == 0 && ends && there;) {
        MPI_Status from;
        MPI_Iprobe(MPI_ANY_SOURCE, TAG_END, MPI_COMM_WORLD, &there, &from);
        if (!there)
            return;
        mien_mpi_end *end = &ends[from.MPI_SOURCE];
        MPI_Recv(end, sizeof *end, MPI_BYTE, from.MPI_SOURCE, TAG_END, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
        end->words[MIEN_MPI_WORDS - 1] = '\0';
        ended[from.MPI_SOURCE] = true;
        if (!(failed_at > 0)) {
            failed_at = seconds();
            failed = (unsigned)from.MPI_SOURCE;
        }
    }
}

static _Noreturn void give_up(void)
{
    if (on_failure)
        on_failure(failed, &ends[failed]);
    int status = ends[failed].status ? ends[failed].status : 1;
    MPI_Abort(MPI_COMM_WORLD, status);
    exit(status);
}

/* Called while there is nothing to do; began: when waiting did, 0 at first. */
static void wait_a_little(size_t *looks, double *began)
{
    if (++*looks < SPINS)
        return;
    mien_beat(); /* who waits is alive; who is waited for has a watch of its own */
    double now = seconds();
    if (!(*began > 0))
        *began = now;
    if (now - *began > 1e-9 * AWAKE)
        nanosleep(&(struct timespec){.tv_nsec = DOZE}, NULL);
    else
        sched_yield();
}

/* Ranks that send what others do not expect are not where those are: nothing can be right any more.
 */
static _Noreturn void lose_step(void)
{
    static const mien_mpi_end end = {.status = 1, .words = "ranks are out of step"};
    if (on_failure)
        on_failure(team.rank, &end);
    MPI_Abort(MPI_COMM_WORLD, end.status);
    exit(end.status);
}

/* n_in: bytes that the first request receives; 0: it receives none. */
static void complete(MPI_Request *requests, int count, size_t n_in)
{
    size_t looks = 0;
    double began = 0;
    MPI_Status statuses[2];
    for (int done = 0;;) {
        MPI_Testall(count, requests, &done, statuses);
        if (done) {
            int got = 0;
            if (n_in)
                MPI_Get_count(&statuses[0], MPI_BYTE, &got);
            if (n_in && (size_t)got != n_in)
                lose_step();
            return;
        }
        wait_a_little(&looks, &began);
        if (began > 0) {
            hear_ends();
            if (failed_at > 0 && seconds() - failed_at > PATIENCE)
                give_up();
            if (on_wait && seconds() - began > LONG)
                on_wait();
        }
    }
}

static void exchange(void *transport, int to, const void *out, size_t n_out, int from, void *in,
                     size_t n_in)
{
    (void)transport;
    n_out = to < 0 ? 0 : n_out;
    n_in = from < 0 ? 0 : n_in;
    for (size_t at = 0; at < n_out || at < n_in; at += CHUNK) {
        MPI_Request requests[2];
        int count = 0;
        if (at < n_in)
            MPI_Irecv((char *)in + at, (int)(n_in - at < CHUNK ? n_in - at : CHUNK), MPI_BYTE, from,
                      TAG_ROWS, MPI_COMM_WORLD, &requests[count++]);
        if (at < n_out)
            MPI_Isend((const char *)out + at, (int)(n_out - at < CHUNK ? n_out - at : CHUNK),
                      MPI_BYTE, to, TAG_ROWS, MPI_COMM_WORLD, &requests[count++]);
        complete(requests, count, at >= n_in ? 0 : n_in - at < CHUNK ? n_in - at : CHUNK);
    }
}

const mien_team *mien_mpi_begin(int *argc, char ***argv)
{
    int provided, rank, size;
    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm node;
    int here = 1;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node);
    MPI_Comm_size(node, &here);
    MPI_Comm_free(&node);
    team = (mien_team){.rank = (unsigned)rank,
                       .size = (unsigned)size,
                       .here = (unsigned)here,
                       .exchange = exchange};
    ends = calloc((size_t)size, sizeof *ends);
    ended = calloc((size_t)size, sizeof *ended);
    if (!ends || !ended)
        MPI_Abort(MPI_COMM_WORLD, 1);
    return &team;
}

const mien_mpi_library *mien_mpi_in_use(void)
{
    static const mien_mpi_library open_mpi = {"Open MPI", "pmix"}, mpich = {"MPICH", "pmi2"},
                                  other = {"this MPI", "pmix"};
    char words[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;
    MPI_Get_library_version(words, &length);
    return strstr(words, open_mpi.name) ? &open_mpi : strstr(words, mpich.name) ? &mpich : &other;
}

void mien_mpi_on_failure(mien_mpi_fail_fn failed_fn)
{
    on_failure = failed_fn;
}

void mien_mpi_on_wait(mien_mpi_wait_fn waits)
{
    on_wait = waits;
}

/* In the first rank, until all have ended; after a failure here others may wait in vain for this
 * one, too. */
static void wait_for_ends(int status)
{
    size_t looks = 0;
    double began = 0, start = seconds();
    for (unsigned k = 1; k < team.size; k++)
        while (!ended[k]) {
            hear_ends();
            if (ended[k])
                break;
            wait_a_little(&looks, &began);
            if (status && seconds() - start > PATIENCE) {
                MPI_Abort(MPI_COMM_WORLD, status);
                exit(status);
            }
        }
}

int mien_mpi_end_all(mien_mpi_end *end, unsigned *rank)
{
    int status = end->status;
    *rank = 0;
    if (team.rank == 0) {
        wait_for_ends(status);
        failed_at = 0; /* all have ended: what comes now takes its time */
        for (unsigned k = 1; k < team.size && !status; k++)
            if (ends[k].status) {
                *rank = k;
                *end = ends[k];
                status = end->status;
            }
    } else {
        MPI_Request request;
        MPI_Isend(end, sizeof *end, MPI_BYTE, 0, TAG_END, MPI_COMM_WORLD, &request);
        complete(&request, 1, 0);
    }
    mien_team_broadcast(&team, 0, &status, sizeof status);
    MPI_Finalize();
    return status;
}
