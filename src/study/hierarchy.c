/* hierarchy.c - average-linkage clustering of things with pairwise distances.
 * SPDX-License-Identifier: MIT
 *
 * The nearest-neighbour chain (Benzecri 1982; Juan 1982; Muellner, "Modern hierarchical,
 * agglomerative clustering algorithms", arXiv:1109.2378, 2011): follow nearest neighbours until two
 * are each other's nearest, merge them, and go on from the end of the chain that is left. Average
 * linkage is reducible, so the merges are those of the greedy algorithm in another order, and
 * sorting them by height gives the tree. Where distances tie, the choices are those of scipy 1.10's
 * linkage(method="average"): the chain's previous element first, then the lowest number. */
#include "study/hierarchy.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

struct chain {
    double *distances;
    size_t n;
    size_t *size; /* members of a cluster, 0 once it is merged into another */
    size_t *links, length;
};

static double *distance_at(const struct chain *c, size_t i, size_t j)
{
    return &c->distances[i < j ? mien_pair_index(c->n, i, j) : mien_pair_index(c->n, j, i)];
}

/* The nearest cluster of the chain's last one. */
static size_t nearest(const struct chain *c, double *min)
{
    size_t x = c->links[c->length - 1], found = x;
    *min = INFINITY;
    if (c->length > 1) {
        found = c->links[c->length - 2];
        *min = *distance_at(c, x, found);
    }
    for (size_t i = 0; i < c->n; i++) {
        if (c->size[i] == 0 || i == x)
            continue;
        double d = *distance_at(c, x, i);
        if (d < *min) {
            *min = d;
            found = i;
        }
    }
    return found;
}

/* Cluster x goes, cluster y stands for both. */
static void join(struct chain *c, size_t x, size_t y)
{
    double nx = (double)c->size[x], ny = (double)c->size[y];
    c->size[y] += c->size[x];
    c->size[x] = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->size[i] && i != y) {
            double *d = distance_at(c, i, y);
            *d = (nx * *distance_at(c, i, x) + ny * *d) / (nx + ny);
        }
}

static mien_merge next_merge(struct chain *c, size_t number)
{
    if (c->length == 0) {
        size_t first = 0;
        while (c->size[first] == 0)
            first++;
        c->links[c->length++] = first;
    }
    for (;;) {
        double height;
        size_t y = nearest(c, &height), x = c->links[c->length - 1];
        if (c->length > 1 && y == c->links[c->length - 2]) {
            c->length -= 2;
            mien_merge merge = {x < y ? x : y, x < y ? y : x, height, number};
            join(c, merge.left, merge.right);
            return merge;
        }
        c->links[c->length++] = y;
    }
}

/* By height, then in the order in which they were made, which stands in `size` meanwhile. */
static int by_height(const void *a, const void *b)
{
    const mien_merge *x = a, *y = b;
    if (x->height != y->height)
        return x->height < y->height ? -1 : 1;
    return (x->size > y->size) - (x->size < y->size);
}

static size_t root_of(size_t *parent, size_t at)
{
    for (; parent[at] != at; at = parent[at])
        parent[at] = parent[parent[at]]; /* paths are halved as they are walked */
    return at;
}

/* Merges name a member of each cluster; from here on the clusters themselves. */
static void name_clusters(mien_merge *merges, size_t n, size_t *parent, size_t *size)
{
    for (size_t i = 0; i < 2 * n - 1; i++) {
        parent[i] = i;
        size[i] = 1;
    }
    for (size_t m = 0; m + 1 < n; m++) {
        size_t a = root_of(parent, merges[m].left), b = root_of(parent, merges[m].right);
        merges[m].left = a < b ? a : b;
        merges[m].right = a < b ? b : a;
        merges[m].size = size[n + m] = size[a] + size[b];
        parent[a] = parent[b] = n + m;
    }
}

mien_status mien_hierarchy_average(double *distances, size_t n, mien_merge *merges)
{
    mien_arena arena = {0};
    struct chain c = {.distances = distances,
                      .n = n,
                      .size = mien_arena_alloc(&arena, n, sizeof(size_t)),
                      .links = mien_arena_alloc(&arena, n, sizeof(size_t))};
    size_t *parent = mien_arena_alloc(&arena, 2 * n, sizeof *parent);
    size_t *sizes = mien_arena_alloc(&arena, 2 * n, sizeof *sizes);
    if (!arena.failed) {
        for (size_t i = 0; i < n; i++)
            c.size[i] = 1;
        for (size_t m = 0; m + 1 < n; m++)
            merges[m] = next_merge(&c, m);
        qsort(merges, n - 1, sizeof *merges, by_height);
        name_clusters(merges, n, parent, sizes);
    }
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    mien_arena_free(&arena);
    return st;
}

static size_t size_of(const mien_merge *merges, size_t n, size_t cluster)
{
    return cluster < n ? 1 : merges[cluster - n].size;
}

mien_status mien_hierarchy_leaves(const mien_merge *merges, size_t n, size_t *order, size_t *starts)
{
    size_t *start = mien_alloc_array(2 * n, sizeof *start);
    if (!start)
        return MIEN_ERR_NOMEM;
    for (size_t m = n - 1; m-- > 0;) { /* parents come before their parts */
        starts[m] = start[n + m];
        start[merges[m].left] = start[n + m];
        start[merges[m].right] = start[n + m] + size_of(merges, n, merges[m].left);
    }
    for (size_t i = 0; i < n; i++)
        order[start[i]] = i;
    mien_free(start);
    return MIEN_OK;
}
