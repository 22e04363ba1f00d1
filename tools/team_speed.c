/* team_speed.c - what ranks cost: what is measured here, and what it makes of more of them.
 * SPDX-License-Identifier: MIT
 *
 *   mpirun -n K team_speed [--delay MICROSECONDS BYTES_A_MICROSECOND] [N P R GAMMA]
 *
 * Measured: alpha, the time of a message of 8 bytes, and beta, that of a byte in a long one,
 * between ranks 0 and 1; then a sum of r p floats (mien_reduce()), an agreement and rows that come
 * to all, beside what alpha and beta predict. With --delay every message takes so long before it
 * leaves: the delays of a slower network, under which K ranks on one machine wait for each other as
 * they would there. With N, p, r and gamma (seconds of a processor's multiplication and addition in
 * a fit): predicted seconds of an iteration of NMF's multiplicative updates on 1 to 4,096 ranks.
 * docs/clusters.md has the model. The least of several tries is told: others use the machine, too.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/reduce.h"
#include "base/team.h"
#include "mpi/team_mpi.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---------------------------------------------------------------- a slower network */

static const mien_team *real;
static mien_team slowed;
static double delay, delay_a_byte; /* seconds */

static void exchange(void *transport, int to, const void *out, size_t n_out, int from, void *in,
                     size_t n_in)
{
    double until = seconds() + delay + delay_a_byte * (double)n_out;
    (void)transport;
    for (double left; to >= 0 && (left = until - seconds()) > 0;)
        nanosleep(&(struct timespec){.tv_nsec = (long)(left < 0.5 ? left * 1e9 : 5e8)}, NULL);
    real->exchange(real->transport, to, out, n_out, from, in, n_in);
}

/* ---------------------------------------------------------------- the model */

struct network {
    double alpha, beta; /* seconds a message, a byte */
};

static double up(unsigned ranks)
{
    return ceil(log2((double)ranks));
}

/* As base/reduce.c: by the tree, or each rank its columns. */
static double predict_sum(const struct network *net, unsigned ranks, double bytes)
{
    double k = ranks;
    if (ranks == 1)
        return 0;
    if (bytes > 8192 * k)
        return 2 * (k - 1) * (net->alpha + net->beta * bytes / k);
    return 2 * up(ranks) * (net->alpha + net->beta * bytes);
}

static double predict_agreement(const struct network *net, unsigned ranks)
{
    return ranks == 1 ? 0 : 2 * up(ranks) * net->alpha;
}

static double predict_rows(const struct network *net, unsigned ranks, double bytes)
{
    return (ranks - 1) * (net->alpha + net->beta * bytes / ranks);
}

/* ---------------------------------------------------------------- measuring */

enum { TRIES = 7 };

typedef void (*work_fn)(void *context);

/* The least time that all ranks took together, of several tries. */
static double measure(const mien_team *team, work_fn work, void *context)
{
    double least = INFINITY;
    for (int i = 0; i < TRIES; i++) {
        mien_team_most(team, 0);
        double before = seconds();
        work(context);
        double now = seconds() - before;
        uint64_t nanoseconds = mien_team_most(team, (uint64_t)(1e9 * now));
        least = fmin(least, 1e-9 * (double)nanoseconds);
    }
    return least;
}

struct ping {
    const mien_team *team;
    size_t count;
    char *bytes;
    int times;
};

static void ping_pong(void *context)
{
    const struct ping *p = context;
    const mien_team *t = p->team;
    int other = t->rank == 0 ? 1 : 0;
    for (int i = 0; i < p->times && t->rank < 2; i++) {
        if (t->rank == 0)
            t->exchange(t->transport, other, p->bytes, p->count, MIEN_NO_RANK, NULL, 0);
        t->exchange(t->transport, MIEN_NO_RANK, NULL, 0, other, p->bytes, p->count);
        if (t->rank == 1)
            t->exchange(t->transport, other, p->bytes, p->count, MIEN_NO_RANK, NULL, 0);
    }
}

static struct network measure_network(const mien_team *team, char *bytes)
{
    enum { LONG = 1 << 22 };
    int times = delay > 0 ? 4 : 400;
    struct ping small = {team, 8, bytes, times}, large = {team, LONG, bytes, delay > 0 ? 2 : 20};
    struct network net;
    net.alpha = measure(team, ping_pong, &small) / (2 * small.times);
    net.beta = (measure(team, ping_pong, &large) / (2 * large.times) - net.alpha) / LONG;
    return net;
}

struct sum {
    mien_pool *pool;
    mien_sums sums;
};

static void nothing(void *context, size_t leaf, unsigned worker, double *doubles, float *floats)
{
    (void)context;
    (void)leaf;
    (void)worker;
    (void)doubles;
    (void)floats;
}

static void add_up(void *context)
{
    struct sum *s = context;
    mien_reduce(s->pool, &s->sums, nothing, NULL);
}

struct rows {
    const mien_team *team;
    char *bytes;
    size_t count;
};

static void agree_once(void *context)
{
    const struct rows *r = context;
    mien_team_most(r->team, 1);
}

static size_t first_row(const void *context, unsigned rank)
{
    const struct rows *r = context;
    return mien_team_first(r->count, rank, r->team->size);
}

static void gather(void *context)
{
    const struct rows *r = context;
    mien_team_gather(r->team, r->bytes, 1, first_row, r);
}

static void tell(const mien_team *team, const char *what, size_t bytes, double measured,
                 double predicted)
{
    if (team->rank == 0)
        printf("%-10s %9zu bytes  measured %9.1f us  predicted %9.1f us  %5.2f\n", what, bytes,
               1e6 * measured, 1e6 * predicted, measured / predicted);
}

static void compare(const mien_team *team, const struct network *net, char *bytes)
{
    static const size_t sizes[] = {1024, 70756, 1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        mien_arena arena = {0};
        struct sum s = {0};
        size_t leaves = 1;
        while (leaves < team->size)
            leaves *= 2;
        if (mien_pool_create(1, &s.pool))
            return;
        s.sums = mien_sums_alloc(&arena, s.pool, leaves, 0, sizes[i] / sizeof(float));
        tell(team, "sum", sizes[i], measure(team, add_up, &s),
             predict_sum(net, team->size, (double)sizes[i]));
        mien_arena_free(&arena);
        mien_pool_free(s.pool);
    }
    struct rows rows = {team, bytes, 1 << 20};
    tell(team, "agreement", 8, measure(team, agree_once, &rows),
         predict_agreement(net, team->size));
    tell(team, "rows", rows.count, measure(team, gather, &rows),
         predict_rows(net, team->size, (double)rows.count));
}

/* An iteration of multiplicative updates under KL: four products, a sum, an agreement. */
static void predict(const struct network *net, double n, double p, double r, double gamma)
{
    double bytes = 4 * r * p + 8 * (r + 1), one = 4 * gamma * n * p * r;
    printf("\nN = %.3g, p = %.0f, r = %.0f, gamma = %.3g s: seconds of an iteration\n", n, p, r,
           gamma);
    for (unsigned ranks = 1; ranks <= 4096; ranks *= 4) {
        double sum = predict_sum(net, ranks, bytes) + predict_agreement(net, ranks);
        double all = one / ranks + sum;
        printf("%5u ranks  %.3e  of it between ranks %.3e  efficiency %4.0f %%\n", ranks, all, sum,
               100 * one / (ranks * all));
    }
}

int main(int argc, char **argv)
{
    mien_mpi_end end = {0};
    unsigned rank;
    real = mien_mpi_begin(&argc, &argv);
    const mien_team *team = real;
    int at = 1;
    if (argc > 3 && strcmp(argv[1], "--delay") == 0) {
        delay = 1e-6 * strtod(argv[2], NULL);
        delay_a_byte = 1e-6 / strtod(argv[3], NULL);
        slowed = *real;
        slowed.exchange = exchange;
        team = &slowed;
        at = 4;
    }
    mien_team_set(team);
    char *bytes = calloc(1 << 22, 1);
    if (!bytes || team->size < 2) {
        if (team->rank == 0)
            fputs("team_speed: start it with mpirun -n 2 or more\n", stderr);
        end.status = 2;
    } else {
        struct network net = measure_network(team, bytes);
        uint64_t bits[2]; /* those of the first rank */
        memcpy(bits, &net, sizeof bits);
        mien_team_broadcast(team, 0, bits, sizeof bits);
        memcpy(&net, bits, sizeof bits);
        if (team->rank == 0)
            printf("%u ranks: alpha %.2f us, beta %.4f ns (%.0f MB/s)\n", team->size,
                   1e6 * net.alpha, 1e9 * net.beta, 1e-6 / net.beta);
        compare(team, &net, bytes);
        if (argc >= at + 4 && team->rank == 0)
            predict(&net, strtod(argv[at], NULL), strtod(argv[at + 1], NULL),
                    strtod(argv[at + 2], NULL), strtod(argv[at + 3], NULL));
    }
    free(bytes);
    return mien_mpi_end_all(&end, &rank);
}
