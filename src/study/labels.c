/* labels.c - labels that come with the folders, and how well a clustering agrees with them.
 * SPDX-License-Identifier: MIT
 *
 *   n_uv things are in cluster u of one partition and in v of the other, n_u. and n_.v in all
 *   C(m) = m (m - 1) / 2 pairs
 *   adjusted Rand = (sum C(n_uv) - E) / ((sum C(n_u.) + sum C(n_.v)) / 2 - E),
 *                   E = sum C(n_u.) sum C(n_.v) / C(n)      Hubert & Arabie 1985, eq. 5
 *   I = sum n_uv/n log(n n_uv / (n_u. n_.v)),  NMI = 2 I / (H(u) + H(v))
 *
 * The table of n_uv is never made: both sizes of it may be large. Things are sorted by (u, v), and
 * counted in runs. */
#include "study/labels.h"

#include "base/memory.h"
#include "base/status.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- folders */

struct folder {
    const char *name; /* `length` bytes; does *not* own this memory */
    size_t length, image;
};

static int compare_folders(const void *a, const void *b)
{
    const struct folder *x = a, *y = b;
    size_t shorter = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->name, y->name, shorter);
    if (order == 0)
        order = (x->length > y->length) - (x->length < y->length);
    return order ? order : (x->image > y->image) - (x->image < y->image);
}

static bool same_folder(const struct folder *x, const struct folder *y)
{
    return x->length == y->length && memcmp(x->name, y->name, x->length) == 0;
}

/* Labels in the order of first occurrence. Sorted, the first image of each folder leads its run. */
static size_t number_folders(const struct folder *folders, size_t n, size_t *labels)
{
    for (size_t f = 0, lead = 0; f < n; f++) {
        if (!same_folder(&folders[f], &folders[lead]))
            lead = f;
        labels[folders[f].image] = folders[lead].image;
    }
    size_t count = 0;
    for (size_t i = 0; i < n; i++) /* the lead's own number stands before its images ask for it */
        labels[i] = labels[i] == i ? count++ : labels[labels[i]];
    return count;
}

mien_status mien_labels_find(const mien_image_info *images, size_t n, size_t *labels, size_t *count,
                             mien_error *err)
{
    struct folder *folders = mien_alloc_array(n, sizeof *folders);
    if (!folders)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    bool all = n > 0;
    for (size_t i = 0; i < n && all; i++) {
        const char *slash = strchr(images[i].path, '/');
        all = slash && slash != images[i].path;
        if (all)
            folders[i] = (struct folder){images[i].path, (size_t)(slash - images[i].path), i};
    }
    size_t found = 0;
    if (all) {
        qsort(folders, n, sizeof *folders, compare_folders);
        found = number_folders(folders, n, labels);
    }
    *count = found > 1 ? found : 0;
    mien_free(folders);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- agreement */

struct pair {
    size_t u, v;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->u != y->u)
        return x->u < y->u ? -1 : 1;
    return (x->v > y->v) - (x->v < y->v);
}

/* Of the sizes m of a partition's clusters. */
struct partition {
    double pairs;   /* sum C(m) */
    double entropy; /* -sum m/n log(m/n) */
};

/* Clusters are runs of equal pairs; with `joint` of both members, else of u alone. */
static struct partition count_runs(const struct pair *sorted, size_t n, bool joint)
{
    struct partition sums = {0};
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && sorted[end].u == sorted[begin].u &&
                              (!joint || sorted[end].v == sorted[begin].v);)
            end++;
        double m = (double)(end - begin), share = m / (double)n;
        sums.pairs += m * (m - 1) / 2;
        sums.entropy -= share < 1 ? share * log(share) : 0;
    }
    return sums;
}

mien_status mien_agreement_measure(const size_t *a, const size_t *b, size_t n, mien_agreement *out,
                                   mien_error *err)
{
    struct pair *pairs = mien_alloc_array(n, sizeof *pairs);
    if (!pairs)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t i = 0; i < n; i++)
        pairs[i] = (struct pair){b[i], a[i]};
    qsort(pairs, n, sizeof *pairs, compare_pairs);
    struct partition v = count_runs(pairs, n, false);
    for (size_t i = 0; i < n; i++)
        pairs[i] = (struct pair){a[i], b[i]};
    qsort(pairs, n, sizeof *pairs, compare_pairs);
    struct partition u = count_runs(pairs, n, false), both = count_runs(pairs, n, true);
    mien_free(pairs);

    double all = (double)n * ((double)n - 1) / 2;
    double expected = all > 0 ? u.pairs * v.pairs / all : 0;
    double most = (u.pairs + v.pairs) / 2, entropy = (u.entropy + v.entropy) / 2;
    /* I = H(u) + H(v) - H(u, v) */
    double mutual = fmax(u.entropy + v.entropy - both.entropy, 0);
    *out = (mien_agreement){.adjusted_rand =
                                most > expected ? (both.pairs - expected) / (most - expected) : 1,
                            .normalized_mutual = entropy > 0 ? fmin(mutual / entropy, 1) : 1};
    return MIEN_OK;
}
