/* reduce.c - sums over many parts, added in a fixed binary tree.
 * SPDX-License-Identifier: MIT */
#include "base/reduce.h"

#include "base/cpu.h"

#include <string.h>

enum {
    LINE = 64,       /* bytes of a line of a cache */
    TASKS = 4,       /* a thread: one that is slow does not hold up the others */
    TASKS_LEAST = 2, /* where sums are large: then a thread holds 1 + log2(leaves / threads) */
    LARGE_BYTES = 32 * 1024 * 1024, /* all sums together */
    COLUMNS = 4096                  /* floats of every task's sum that are added at a time */
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

/* ---------------------------------------------------------------- memory */

static size_t padded(size_t count, size_t size)
{
    size_t each = LINE / size;
    return (count + each - 1) / each * each;
}

/* How many sums there are, with so many tasks a thread; sets tasks and depth. */
static size_t cut(mien_sums *s, size_t threads, size_t tasks)
{
    size_t power = power_of_two_below(2 * threads - 1) * tasks; /* threads, rounded up */
    s->tasks = threads == 1 ? 1 : power < s->leaves ? power : s->leaves;
    s->depth = 0;
    while (s->tasks << s->depth < s->leaves)
        s->depth++;
    return s->tasks + threads * s->depth;
}

mien_sums mien_sums_alloc(mien_arena *arena, const mien_pool *pool, size_t leaves, size_t n_doubles,
                          size_t n_floats)
{
    size_t threads = mien_pool_threads(pool);
    mien_sums s = {.n_doubles = n_doubles,
                   .n_floats = n_floats,
                   .leaves = leaves,
                   .stride_doubles = padded(n_doubles, sizeof *s.doubles),
                   .stride_floats = padded(n_floats, sizeof *s.floats)};
    size_t bytes = s.stride_doubles * sizeof *s.doubles + s.stride_floats * sizeof *s.floats;
    size_t count = cut(&s, threads, TASKS);
    if (bytes > LARGE_BYTES / count)
        count = cut(&s, threads, TASKS_LEAST);
    s.doubles = mien_arena_alloc(arena, count * s.stride_doubles, sizeof *s.doubles);
    s.floats = mien_arena_alloc(arena, count * s.stride_floats, sizeof *s.floats);
    return s;
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
    mien_sums *s = r->sums;
    size_t height = 0;
    for (size_t i = 0; i < (size_t)1 << s->depth; i++, height++) {
        size_t at = place(s, task, worker, height);
        double *doubles = s->doubles + at * s->stride_doubles;
        memset(doubles, 0, s->n_doubles * sizeof *doubles);
        r->leaf(r->context, (task << s->depth) + i, worker, doubles,
                s->floats + at * s->stride_floats);
        for (size_t odd = i; odd & 1; odd >>= 1, height--) { /* its left neighbour stands below */
            size_t left = place(s, task, worker, height - 1),
                   right = place(s, task, worker, height);
            add_doubles(s->doubles + left * s->stride_doubles,
                        s->doubles + right * s->stride_doubles, s->n_doubles);
            add_floats(s->floats + left * s->stride_floats, s->floats + right * s->stride_floats,
                       s->n_floats);
        }
    }
}

/* ---------------------------------------------------------------- above the subtrees */

/* Some columns of the tasks' sums; the doubles go with the first. */
static void visit_columns(void *context, size_t block, unsigned worker)
{
    (void)worker;
    mien_sums *s = context;
    size_t first = block * COLUMNS, rest = s->n_floats - first;
    size_t count = rest < COLUMNS ? rest : COLUMNS;
    for (size_t step = 1; step < s->tasks; step *= 2)
        for (size_t task = 0; task < s->tasks; task += 2 * step) {
            size_t right = task + step;
            if (block == 0)
                add_doubles(s->doubles + task * s->stride_doubles,
                            s->doubles + right * s->stride_doubles, s->n_doubles);
            add_floats(s->floats + task * s->stride_floats + first,
                       s->floats + right * s->stride_floats + first, count);
        }
}

void mien_reduce(mien_pool *pool, mien_sums *sums, mien_leaf_fn leaf, void *context)
{
    struct reduction r = {sums, leaf, context};
    mien_pool_run(pool, sums->tasks, visit_subtree, &r);
    size_t blocks = (sums->n_floats + COLUMNS - 1) / COLUMNS;
    if (sums->tasks > 1) /* on the pool in any case: denormals count as they do within a task */
        mien_pool_run(pool, blocks ? blocks : 1, visit_columns, sums);
}

double mien_reduce_values(const double *values, size_t leaves)
{
    size_t half = leaves / 2;
    return half ? mien_reduce_values(values, half) + mien_reduce_values(values + half, half)
                : *values;
}
