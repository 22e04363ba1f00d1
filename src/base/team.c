/* team.c - ranks: processes that make the same calls on the same data and share the work.
 * SPDX-License-Identifier: MIT
 *
 * Trees and rings over messages between two ranks. In a binomial tree rank k's parent is k without
 * its lowest bit; a broadcast goes down it, an agreement up and down, in log2 K steps. Rows go
 * round a ring, each rank passing on what it got last: K - 1 steps, and every byte comes to a rank
 * once. */
#include "base/team.h"

#include "base/status.h"

#include <string.h>

static const mien_team *of_process;
static _Thread_local bool on_its_own;

void mien_team_set(const mien_team *team)
{
    of_process = team;
}

const mien_team *mien_team_now(void)
{
    return on_its_own ? NULL : of_process;
}

bool mien_team_leave(bool alone)
{
    bool was = on_its_own;
    on_its_own = alone;
    return was;
}

bool mien_team_leads(void)
{
    return mien_team_rank(of_process) == 0;
}

bool mien_team_shared(void)
{
    return mien_team_size(of_process) > 1;
}

unsigned mien_team_here(void)
{
    return of_process && of_process->here ? of_process->here : 1;
}

int mien_team_worst(int status)
{
    return (int)mien_team_most(mien_team_now(), (uint64_t)status);
}

static void send(const mien_team *t, unsigned to, const void *bytes, size_t count)
{
    t->exchange(t->transport, (int)to, bytes, count, MIEN_NO_RANK, NULL, 0);
}

static void receive(const mien_team *t, unsigned from, void *bytes, size_t count)
{
    t->exchange(t->transport, MIEN_NO_RANK, NULL, 0, (int)from, bytes, count);
}

void mien_team_broadcast(const mien_team *t, unsigned root, void *bytes, size_t count)
{
    unsigned size = mien_team_size(t), bit = 1;
    if (size == 1 || count == 0)
        return;
    unsigned self = (t->rank + size - root) % size; /* as if the root were rank 0 */
    while (bit < size && !(self & bit))
        bit *= 2;
    if (self)
        receive(t, (self - bit + root) % size, bytes, count);
    while (bit /= 2)
        if (self + bit < size)
            send(t, (self + bit + root) % size, bytes, count);
}

static uint64_t combine(mien_team_rule rule, uint64_t a, uint64_t b)
{
    if (rule == MIEN_TEAM_SUM)
        return a + b;
    return (rule == MIEN_TEAM_MOST) == (a > b) ? a : b;
}

void mien_team_agree(const mien_team *t, mien_team_rule rule, uint64_t *values, size_t count)
{
    enum { SOME = 64 };
    uint64_t other[SOME];
    unsigned size = mien_team_size(t);
    for (size_t first = 0; size > 1 && first < count; first += SOME) {
        size_t some = count - first < SOME ? count - first : SOME;
        uint64_t *own = values + first;
        for (unsigned bit = 1; bit < size; bit *= 2) {
            if (t->rank & bit) {
                send(t, t->rank - bit, own, some * sizeof *own);
                break;
            }
            if (t->rank + bit >= size)
                continue;
            receive(t, t->rank + bit, other, some * sizeof *own);
            for (size_t i = 0; i < some; i++)
                own[i] = combine(rule, own[i], other[i]);
        }
        mien_team_broadcast(t, 0, own, some * sizeof *own);
    }
}

uint64_t mien_team_most(const mien_team *team, uint64_t value)
{
    mien_team_agree(team, MIEN_TEAM_MOST, &value, 1);
    return value;
}

void mien_team_gather(const mien_team *t, void *rows, size_t size, mien_team_share_fn share,
                      const void *context)
{
    unsigned ranks = mien_team_size(t);
    for (unsigned step = 0; step + 1 < ranks; step++) {
        unsigned out = (t->rank + ranks - step) % ranks, in = (out + ranks - 1) % ranks;
        size_t out_first = share(context, out), in_first = share(context, in);
        size_t n_out = (share(context, out + 1) - out_first) * size;
        size_t n_in = (share(context, in + 1) - in_first) * size;
        t->exchange(t->transport, n_out ? (int)((t->rank + 1) % ranks) : MIEN_NO_RANK,
                    (char *)rows + out_first * size, n_out,
                    n_in ? (int)((t->rank + ranks - 1) % ranks) : MIEN_NO_RANK,
                    (char *)rows + in_first * size, n_in);
    }
}

void mien_team_collect(const mien_team *t, void *rows, size_t size, mien_team_share_fn share,
                       const void *context)
{
    for (unsigned k = 1; k < mien_team_size(t); k++) {
        size_t first = share(context, k), count = (share(context, k + 1) - first) * size;
        char *own = (char *)rows + first * size;
        if (count && t->rank == 0)
            receive(t, k, own, count);
        else if (count && t->rank == k)
            send(t, 0, own, count);
    }
}

/* In the order of pairs, which is the same in all: who waits, waits for one who is at an earlier
 * pair. */
void mien_team_move(const mien_team *t, void *rows, size_t size, mien_team_shares from,
                    mien_team_shares to)
{
    unsigned ranks = mien_team_size(t);
    for (unsigned a = 0; ranks > 1 && a < ranks; a++)
        for (unsigned b = 0; b < ranks; b++) {
            size_t first = from.share(from.context, a), end = from.share(from.context, a + 1);
            size_t wanted = to.share(to.context, b), beyond = to.share(to.context, b + 1);
            first = first > wanted ? first : wanted;
            end = end < beyond ? end : beyond;
            if (a == b || first >= end)
                continue;
            if (t->rank == a)
                send(t, b, (char *)rows + first * size, (end - first) * size);
            else if (t->rank == b)
                receive(t, a, (char *)rows + first * size, (end - first) * size);
        }
}

void mien_team_in_turn(const mien_team *t, void *numbers, size_t bytes, void (*go_on)(void *),
                       void *context)
{
    unsigned rank = mien_team_rank(t), size = mien_team_size(t);
    if (rank)
        receive(t, rank - 1, numbers, bytes);
    go_on(context);
    if (rank + 1 < size)
        send(t, rank + 1, numbers, bytes);
    mien_team_broadcast(t, size - 1, numbers, bytes);
}

unsigned mien_team_lowest(const mien_team *t, bool holds)
{
    uint64_t rank = holds ? mien_team_rank(t) : mien_team_size(t);
    mien_team_agree(t, MIEN_TEAM_LEAST, &rank, 1);
    return (unsigned)rank;
}

mien_status mien_team_fail_alike(const mien_team *t, mien_status st, mien_error *err)
{
    mien_error told = {.status = st};
    if (mien_team_size(t) == 1)
        return st;
    unsigned rank = mien_team_lowest(t, st);
    if (rank == t->size)
        return MIEN_OK;
    if (err && st)
        told = *err;
    mien_team_broadcast(t, rank, &told, sizeof told);
    unsigned name = t->names ? t->names[rank] : rank;
    bool named = strncmp(told.message, "rank ", 5) == 0; /* some of them have agreed before */
    if (name && !named && err)
        return mien_fail(err, told.status, "rank %u: %.480s", name, told.message);
    if (err)
        *err = told;
    return told.status;
}

size_t mien_team_first(size_t count, unsigned rank, unsigned size)
{
    size_t whole = count / size, rest = count % size; /* (count rank) may overflow */
    return whole * rank + (rest * rank + size - 1) / size;
}
