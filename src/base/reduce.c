/* reduce.c - sums over many parts, added in a fixed binary tree.
 * SPDX-License-Identifier: MIT */
#include "base/reduce.h"

#include "base/cpu.h"
#include "base/team.h"

#include <string.h>

enum {
    LINE = 64,       /* bytes of a line of a cache */
    TASKS = 4,       /* a thread: one that is slow does not hold up the others */
    TASKS_LEAST = 2, /* where sums are large: then a thread holds 1 + log2(leaves / threads) */
    LARGE_BYTES = 32 * 1024 * 1024, /* all sums together */
    COLUMNS = 4096,                 /* floats of every task's sum that are added at a time */
    LATENCY_BYTES = 8 * 1024        /* what a link carries while a message is on its way */
};

static size_t power_of_two_below(size_t value)
{
    size_t power = 1;
    while (power <= value / 2)
        power *= 2;
    return power;
}

size_t mien_leaves(size_t most, size_t bytes, size_t limit)
{
    size_t fit = limit / (bytes ? bytes : 1);
    most = most < fit ? most : fit;
    return power_of_two_below(most < MIEN_LEAVES_MOST ? most : MIEN_LEAVES_MOST);
}

size_t mien_leaves_first(size_t leaves, unsigned rank, unsigned size)
{
    return mien_team_first(leaves, rank, size);
}

/* ---------------------------------------------------------------- who adds what */

/* Leaves first .. first + 2^height - 1, of which sum `task` of the rank is the sum. */
struct mien_subtree {
    size_t first, height;
};

/* Sum `left` <- left + right. */
struct mien_sums_merge {
    size_t left, right;
};

/* Between ranks. A part is a largest subtree that a rank's leaves fill; all ranks' parts, in their
 * order, are known to all. */
struct mien_sums_team {
    const mien_team *team;
    size_t *begins;                 /* size + 1: the parts of each rank */
    unsigned *owners;               /* a part each */
    size_t *places;                 /* of this rank's parts, among its sums */
    struct mien_sums_merge *merges; /* n_merges, of parts: those above all of them */
    size_t n_merges;
    size_t spare;   /* a sum that is received stands there */
    char *columns;  /* where sums are large: of every part, the columns of this rank; else NULL */
    char *outgoing; /* and of its own parts, those of another one */
};

static bool is_left(size_t first, size_t height)
{
    return !(first >> height & 1);
}

/* The largest subtrees that fill leaves begin .. end - 1, none higher than `most`; returns how
 * many. out may be NULL. */
static size_t cut_range(size_t begin, size_t end, size_t most, struct mien_subtree *out)
{
    size_t count = 0;
    for (size_t first = begin; first < end; count++) {
        size_t height = 0;
        while (height < most && is_left(first, height) && first + ((size_t)2 << height) <= end)
            height++;
        if (out)
            out[count] = (struct mien_subtree){first, height};
        first += (size_t)1 << height;
    }
    return count;
}

/* What can be added of `count` neighbours, whose sums stand at `place`: lowest first. Those that
 * cannot are left in trees and place; returns how many. */
static size_t merge_all(struct mien_subtree *trees, size_t *place, size_t count,
                        struct mien_sums_merge *out, size_t *n_out)
{
    *n_out = 0;
    for (size_t height = 0; height < sizeof(size_t) * 8 && count > 1; height++) {
        size_t left = 0;
        for (size_t i = 0; i < count; i++, left++) {
            trees[left] = trees[i];
            place[left] = place[i];
            if (i + 1 < count && trees[i].height == height && trees[i + 1].height == height &&
                is_left(trees[i].first, height)) {
                out[(*n_out)++] = (struct mien_sums_merge){place[i], place[i + 1]};
                trees[left].height++;
                i++;
            }
        }
        count = left;
    }
    return count;
}

/* ---------------------------------------------------------------- memory */

static size_t padded(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

/* How many sums there are of so many leaves, with so many tasks a thread; sets depth. */
static size_t cut(mien_sums *s, size_t leaves, size_t threads, size_t tasks)
{
    size_t power = power_of_two_below(2 * threads - 1) * tasks; /* threads, rounded up */
    size_t most = threads == 1 ? 1 : power < leaves ? power : leaves;
    s->depth = 0;
    while (most << s->depth < leaves)
        s->depth++;
    return most + threads * s->depth;
}

static char *sum_at(const mien_sums *s, size_t place)
{
    return (char *)s->doubles + place * s->stride;
}

/* Lines of a sum that are rank `rank`'s where all ranks add. */
static size_t lines_of_rank(const void *context, unsigned rank)
{
    const mien_sums *s = context;
    return mien_team_first(s->stride / LINE, rank, s->team->team->size);
}

/* The parts of all ranks and what is to be done with them.
 *   depth, place   of this rank's subtrees, what its own merges left */
static void plan_team(mien_sums *s, const mien_team *team, mien_arena *arena, const size_t *place,
                      size_t spare)
{
    unsigned size = team->size;
    size_t leaves = s->leaves, parts = 0, left;
    struct mien_sums_team *t = mien_arena_alloc(arena, 1, sizeof *t);
    size_t *begins = mien_arena_alloc(arena, size + (size_t)1, sizeof *begins);
    if (arena->failed)
        return;
    for (unsigned k = 0; k < size; k++) {
        begins[k] = parts;
        parts += cut_range(mien_leaves_first(leaves, k, size),
                           mien_leaves_first(leaves, k + 1, size), SIZE_MAX, NULL);
    }
    begins[size] = parts;
    struct mien_subtree *trees = mien_arena_alloc(arena, parts, sizeof *trees);
    size_t *all = mien_arena_alloc(arena, parts, sizeof *all);
    size_t own = begins[team->rank + 1] - begins[team->rank];
    *t = (struct mien_sums_team){.team = team, .begins = begins, .spare = spare};
    t->owners = mien_arena_alloc(arena, parts, sizeof *t->owners);
    t->places = mien_arena_alloc(arena, own + 1, sizeof *t->places);
    t->merges = mien_arena_alloc(arena, parts, sizeof *t->merges);
    bool large = s->stride > (size_t)LATENCY_BYTES * size;
    size_t columns = (s->stride / LINE / size + 1) * LINE;
    if (large) {
        t->columns = mien_arena_alloc(arena, parts, columns);
        t->outgoing = mien_arena_alloc(arena, own + 1, columns);
    }
    if (arena->failed)
        return;
    for (unsigned k = 0; k < size; k++) {
        cut_range(mien_leaves_first(leaves, k, size), mien_leaves_first(leaves, k + 1, size),
                  SIZE_MAX, trees + begins[k]);
        for (size_t part = begins[k]; part < begins[k + 1]; part++)
            t->owners[part] = k;
    }
    for (size_t part = 0; part < parts; part++)
        all[part] = part;
    for (size_t part = 0; part < own; part++)
        t->places[part] = place[part];
    left = merge_all(trees, all, parts, t->merges, &t->n_merges);
    (void)left; /* the root */
    s->team = t;
}

static mien_sums alloc_sums(mien_arena *arena, const mien_pool *pool, size_t threads, size_t leaves,
                            size_t n_doubles, size_t n_floats)
{
    const mien_team *team = mien_pool_team(pool);
    unsigned rank = mien_team_rank(team), size = mien_team_size(team);
    size_t begin = mien_leaves_first(leaves, rank, size),
           end = mien_leaves_first(leaves, rank + 1, size);
    size_t own = end > begin ? power_of_two_below(2 * (end - begin) - 1) : 1; /* rounded up */
    mien_sums s = {.n_doubles = n_doubles,
                   .n_floats = n_floats,
                   .leaves = leaves,
                   .apart = padded(n_doubles * sizeof *s.doubles)};
    s.stride = s.apart + padded(n_floats * sizeof *s.floats);
    size_t count = cut(&s, own, threads, TASKS);
    if (s.stride > LARGE_BYTES / count)
        cut(&s, own, threads, TASKS_LEAST);
    s.tasks = cut_range(begin, end, s.depth, NULL);
    size_t spare = s.tasks + threads * s.depth;
    count = size > 1 ? spare + 1 : spare;
    char *memory = mien_arena_alloc(arena, count, s.stride);
    struct mien_subtree *trees = mien_arena_alloc(arena, s.tasks + 1, sizeof *trees);
    size_t *place = mien_arena_alloc(arena, s.tasks + 1, sizeof *place);
    s.subtrees = mien_arena_alloc(arena, s.tasks + 1, sizeof *s.subtrees);
    s.merges = mien_arena_alloc(arena, s.tasks + 1, sizeof *s.merges);
    if (arena->failed)
        return (mien_sums){.n_doubles = n_doubles, .n_floats = n_floats};
    s.doubles = (double *)(void *)memory;
    s.floats = (float *)(void *)(memory + s.apart);
    cut_range(begin, end, s.depth, s.subtrees);
    for (size_t task = 0; task < s.tasks; task++) {
        trees[task] = s.subtrees[task];
        place[task] = task;
    }
    merge_all(trees, place, s.tasks, s.merges, &s.n_merges);
    if (size > 1)
        plan_team(&s, team, arena, place, spare);
    return s;
}

mien_sums mien_sums_alloc(mien_arena *arena, const mien_pool *pool, size_t leaves, size_t n_doubles,
                          size_t n_floats)
{
    return alloc_sums(arena, pool, mien_pool_threads(pool), leaves, n_doubles, n_floats);
}

mien_sums mien_sums_in_turn(mien_arena *arena, const mien_pool *pool, size_t leaves,
                            size_t n_doubles, size_t n_floats)
{
    return alloc_sums(arena, pool, 1, leaves, n_doubles, n_floats);
}

/* ---------------------------------------------------------------- a subtree */

MIEN_LOOP(static, add_floats, (float *restrict to, const float *restrict from, size_t count),
          (to, from, count))
{
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

MIEN_LOOP(static, add_doubles, (double *restrict to, const double *restrict from, size_t count),
          (to, from, count))
{
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

/* Bytes first .. first + count - 1 of a sum, whole lines: doubles up to s->apart, then floats. */
static void add_bytes(const mien_sums *s, char *to, const char *from, size_t first, size_t count)
{
    size_t doubles = first < s->apart ? s->apart - first : 0;
    doubles = doubles < count ? doubles : count;
    if (doubles)
        add_doubles((double *)(void *)to, (const double *)(const void *)from,
                    doubles / sizeof(double));
    if (count > doubles)
        add_floats((float *)(void *)(to + doubles), (const float *)(const void *)(from + doubles),
                   (count - doubles) / sizeof(float));
}

struct reduction {
    mien_sums *sums;
    mien_leaf_fn leaf;
    void *context;
};

/* Where the sum at a height of a worker's stack stands; the lowest is the task's own. */
static size_t place(const mien_sums *s, size_t task, unsigned worker, size_t height)
{
    return height ? s->tasks + worker * s->depth + height - 1 : task;
}

static void visit_subtree(void *context, size_t task, unsigned worker)
{
    const struct reduction *r = context;
    const mien_sums *s = r->sums;
    struct mien_subtree tree = s->subtrees[task];
    size_t height = 0;
    for (size_t i = 0; i < (size_t)1 << tree.height; i++, height++) {
        char *sum = sum_at(s, place(s, task, worker, height));
        double *doubles = (double *)(void *)sum;
        memset(doubles, 0, s->n_doubles * sizeof *doubles);
        r->leaf(r->context, tree.first + i, worker, doubles, (float *)(void *)(sum + s->apart));
        for (size_t odd = i; odd & 1; odd >>= 1, height--) { /* its left neighbour stands below */
            char *left = sum_at(s, place(s, task, worker, height - 1)),
                 *right = sum_at(s, place(s, task, worker, height));
            add_doubles((double *)(void *)left, (double *)(void *)right, s->n_doubles);
            add_floats((float *)(void *)(left + s->apart), (float *)(void *)(right + s->apart),
                       s->n_floats);
        }
    }
}

/* ---------------------------------------------------------------- above the subtrees */

/* Sums from `base` on, `stride` apart, of which bytes first .. first + count - 1 of a whole one are
 * there. */
struct addition {
    const mien_sums *sums;
    char *base;
    size_t stride, first, count;
    const struct mien_sums_merge *merges;
    size_t n_merges;
};

static void add_block(void *context, size_t block, unsigned worker)
{
    (void)worker;
    const struct addition *a = context;
    size_t at = block * COLUMNS * sizeof(float), rest = a->count - at;
    size_t count = rest < COLUMNS * sizeof(float) ? rest : COLUMNS * sizeof(float);
    for (size_t m = 0; m < a->n_merges; m++)
        add_bytes(a->sums, a->base + a->merges[m].left * a->stride + at,
                  a->base + a->merges[m].right * a->stride + at, a->first + at, count);
}

/* On the pool in any case: denormals count as they do within a task. */
static void add_all(mien_pool *pool, struct addition *a)
{
    size_t block = COLUMNS * sizeof(float);
    if (a->n_merges && a->count)
        mien_pool_run(pool, (a->count + block - 1) / block, add_block, a);
}

/* One after the other, the right sum going to where the left one is. */
static void add_by_tree(mien_pool *pool, mien_sums *s)
{
    const struct mien_sums_team *t = s->team;
    const mien_team *team = t->team;
    size_t own = t->begins[team->rank];
    for (size_t m = 0; m < t->n_merges; m++) {
        size_t left = t->merges[m].left, right = t->merges[m].right;
        unsigned to = t->owners[left], from = t->owners[right];
        if (to == team->rank) {
            struct mien_sums_merge merge = {t->places[left - own], t->spare};
            struct addition add = {s, (char *)s->doubles, s->stride, 0, s->stride, &merge, 1};
            if (from == to)
                merge.right = t->places[right - own];
            else
                team->exchange(team->transport, MIEN_NO_RANK, NULL, 0, (int)from,
                               sum_at(s, t->spare), s->stride);
            add_all(pool, &add);
        } else if (from == team->rank) {
            team->exchange(team->transport, (int)to, sum_at(s, t->places[right - own]), s->stride,
                           MIEN_NO_RANK, NULL, 0);
        }
    }
    mien_team_broadcast(team, 0, s->doubles, s->stride);
}

/* Every rank gets its columns of all parts and adds them; then all get all totals. */
static void add_by_columns(mien_pool *pool, mien_sums *s)
{
    const struct mien_sums_team *t = s->team;
    const mien_team *team = t->team;
    unsigned rank = team->rank, size = team->size;
    size_t own = t->begins[rank], n_own = t->begins[rank + 1] - own;
    size_t first = lines_of_rank(s, rank) * LINE, count = lines_of_rank(s, rank + 1) * LINE - first;
    for (size_t part = 0; part < n_own; part++)
        memcpy(t->columns + (own + part) * count, sum_at(s, t->places[part]) + first, count);
    for (unsigned step = 1; step < size; step++) {
        unsigned to = (rank + step) % size, from = (rank + size - step) % size;
        size_t there = lines_of_rank(s, to) * LINE, n = lines_of_rank(s, to + 1) * LINE - there;
        size_t n_in = (t->begins[from + 1] - t->begins[from]) * count;
        for (size_t part = 0; part < n_own; part++)
            memcpy(t->outgoing + part * n, sum_at(s, t->places[part]) + there, n);
        team->exchange(team->transport, n_own && n ? (int)to : MIEN_NO_RANK, t->outgoing, n_own * n,
                       n_in ? (int)from : MIEN_NO_RANK, t->columns + t->begins[from] * count, n_in);
    }
    struct addition add = {s, t->columns, count, first, count, t->merges, t->n_merges};
    add_all(pool, &add);
    memcpy((char *)s->doubles + first, t->columns, count);
    mien_team_gather(team, s->doubles, LINE, lines_of_rank, s);
}

/* The sums of this rank's subtrees become the total. */
static void add_subtrees(mien_pool *pool, mien_sums *s)
{
    struct addition add = {s, (char *)s->doubles, s->stride, 0, s->stride, s->merges, s->n_merges};
    add_all(pool, &add);
    if (!s->team)
        return;
    if (s->team->columns)
        add_by_columns(pool, s);
    else
        add_by_tree(pool, s);
}

void mien_reduce(mien_pool *pool, mien_sums *sums, mien_leaf_fn leaf, void *context)
{
    struct reduction r = {sums, leaf, context};
    mien_pool_run(pool, sums->tasks, visit_subtree, &r);
    add_subtrees(pool, sums);
}

void mien_reduce_in_turn(mien_pool *pool, mien_sums *s, mien_leaf_fn leaf, void *context)
{
    for (size_t task = 0; task < s->tasks; task++) {
        struct mien_subtree tree = s->subtrees[task];
        size_t height = 0;
        for (size_t i = 0; i < (size_t)1 << tree.height; i++, height++) {
            char *sum = sum_at(s, place(s, task, 0, height));
            memset(sum, 0, s->n_doubles * sizeof *s->doubles);
            leaf(context, tree.first + i, 0, (double *)(void *)sum,
                 (float *)(void *)(sum + s->apart));
            for (size_t odd = i; odd & 1; odd >>= 1, height--) {
                struct mien_sums_merge merge = {place(s, task, 0, height - 1),
                                                place(s, task, 0, height)};
                struct addition add = {s, (char *)s->doubles, s->stride, 0, s->stride, &merge, 1};
                add_all(pool, &add);
            }
        }
    }
    add_subtrees(pool, s);
}

double mien_reduce_values(const double *values, size_t leaves)
{
    size_t half = leaves / 2;
    return half ? mien_reduce_values(values, half) + mien_reduce_values(values + half, half)
                : *values;
}
