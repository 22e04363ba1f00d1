/* labels.c - labels that come with the data, and how well a clustering agrees with them.
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

#include "base/status.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- which label */

struct word {
    const char *text; /* `length` bytes; does *not* own this memory */
    size_t length, thing;
};

static int compare_words(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    size_t shorter = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->text, y->text, shorter);
    if (order == 0)
        order = (x->length > y->length) - (x->length < y->length);
    return order ? order : (x->thing > y->thing) - (x->thing < y->thing);
}

static bool same_word(const struct word *x, const struct word *y)
{
    return x->length == y->length && memcmp(x->text, y->text, x->length) == 0;
}

/* Labels in the order of first occurrence. Sorted, the first thing of each label leads its run. */
static size_t number_words(const struct word *words, size_t n, size_t *of)
{
    for (size_t f = 0, lead = 0; f < n; f++) {
        if (!same_word(&words[f], &words[lead]))
            lead = f;
        of[words[f].thing] = words[lead].thing;
    }
    size_t count = 0;
    for (size_t i = 0; i < n; i++) /* the lead's own number stands before its things ask for it */
        of[i] = of[i] == i ? count++ : of[of[i]];
    return count;
}

/* The last folder of a path; false: it stands in none. */
static bool last_folder(const char *path, struct word *out)
{
    const char *end = strrchr(path, '/');
    while (end && end > path && end[-1] == '/')
        end--;
    if (!end || end == path)
        return false;
    const char *start = end;
    while (start > path && start[-1] != '/')
        start--;
    out->text = start;
    out->length = (size_t)(end - start);
    return true;
}

/* Names in the order of the numbers; words are sorted. */
static mien_status name_labels(const struct word *words, mien_labels *labels)
{
    labels->names = mien_alloc_array(labels->count, sizeof *labels->names);
    if (!labels->names)
        return MIEN_ERR_NOMEM;
    for (size_t f = 0; f < labels->n; f++) {
        char **name = &labels->names[labels->of[words[f].thing]];
        if (*name)
            continue;
        *name = mien_alloc_array(words[f].length + 1, 1);
        if (!*name)
            return MIEN_ERR_NOMEM;
        memcpy(*name, words[f].text, words[f].length);
    }
    return MIEN_OK;
}

mien_status mien_labels_find(const mien_image_info *images, char *const *texts, size_t n,
                             mien_labels *out, mien_error *err)
{
    struct word *words = mien_alloc_array(n, sizeof *words);
    mien_labels labels = {.n = n, .of = mien_alloc_array(n, sizeof *labels.of)};
    mien_status st = words && labels.of ? MIEN_OK : MIEN_ERR_NOMEM;
    bool all = n > 0;
    for (size_t i = 0; i < n && all && !st; i++) {
        words[i].thing = i;
        if (texts)
            words[i] = (struct word){texts[i], strlen(texts[i]), i};
        else
            all = last_folder(images[i].path, &words[i]);
    }
    if (!st && all) {
        qsort(words, n, sizeof *words, compare_words);
        labels.count = number_words(words, n, labels.of);
        if (labels.count > 1)
            st = name_labels(words, &labels);
        else
            labels.count = 0;
    }
    mien_free(words);
    if (st) {
        mien_labels_free(&labels);
        return mien_fail_plain(err, st);
    }
    *out = labels;
    return MIEN_OK;
}

mien_status mien_labels_of(const mien_dataset *dataset, mien_labels *out, mien_error *err)
{
    *out = (mien_labels){0};
    bool paths = dataset->images && !dataset->is_table && !dataset->reshaped;
    if (!dataset->labels && !paths) /* a row's id is no path */
        return MIEN_OK;
    return mien_labels_find(dataset->images, dataset->labels, dataset->pixels.n, out, err);
}

void mien_labels_free(mien_labels *labels)
{
    if (!labels)
        return;
    mien_free_words(labels->names, labels->count);
    mien_free(labels->of);
    *labels = (mien_labels){0};
}

/* ---------------------------------------------------------------- labels by components */

struct leading {
    size_t label, component, count;
};

/* By component, then the label with more of it. */
static int compare_leading(const void *a, const void *b)
{
    const struct leading *x = a, *y = b;
    if (x->component != y->component)
        return x->component < y->component ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return (x->label > y->label) - (x->label < y->label);
}

static mien_status order_labels(mien_cross *cross)
{
    struct leading *leading = mien_alloc_array(cross->labels, sizeof *leading);
    if (!leading)
        return MIEN_ERR_NOMEM;
    for (size_t l = 0; l < cross->labels; l++) {
        const size_t *row = cross->counts + l * (cross->r + 1);
        leading[l] = (struct leading){l, 0, row[0]};
        for (size_t k = 1; k < cross->r; k++)
            if (row[k] > leading[l].count)
                leading[l] = (struct leading){l, k, row[k]};
    }
    qsort(leading, cross->labels, sizeof *leading, compare_leading);
    for (size_t l = 0; l < cross->labels; l++)
        cross->order[l] = leading[l].label;
    mien_free(leading);
    return MIEN_OK;
}

mien_status mien_cross_count(const mien_labels *labels, const size_t *dominant, size_t r,
                             mien_cross *out, mien_error *err)
{
    enum { MAX = 1000000 };
    size_t size;
    mien_cross cross = {.labels = labels->count, .r = r};
    *out = (mien_cross){0};
    if (!labels->count || !mien_product(labels->count, r + 1, 1, &size) || size > MAX)
        return MIEN_OK;
    cross.counts = mien_arena_alloc(&cross.arena, size, sizeof *cross.counts);
    cross.order = mien_arena_alloc(&cross.arena, labels->count, sizeof *cross.order);
    mien_status st = cross.arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    for (size_t i = 0; i < labels->n && !st; i++)
        cross.counts[labels->of[i] * (r + 1) + (dominant[i] < r ? dominant[i] : r)]++;
    if (!st)
        st = order_labels(&cross);
    if (st) {
        mien_cross_free(&cross);
        return mien_fail_plain(err, st);
    }
    *out = cross;
    return MIEN_OK;
}

void mien_cross_free(mien_cross *cross)
{
    if (!cross)
        return;
    mien_arena_free(&cross->arena);
    *cross = (mien_cross){0};
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
    double max = (u.pairs + v.pairs) / 2, entropy = (u.entropy + v.entropy) / 2;
    /* I = H(u) + H(v) - H(u, v) */
    double mutual = fmax(u.entropy + v.entropy - both.entropy, 0);
    *out = (mien_agreement){.adjusted_rand =
                                max > expected ? (both.pairs - expected) / (max - expected) : 1,
                            .normalized_mutual = entropy > 0 ? fmin(mutual / entropy, 1) : 1};
    return MIEN_OK;
}
