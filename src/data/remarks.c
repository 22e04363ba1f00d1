/* remarks.c - what a reader noticed and the user should know.
 * SPDX-License-Identifier: MIT */
#include "data/remarks.h"

#include "base/memory.h"
#include "data/numerals.h"
#include "data/pixels.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

mien_status mien_remark(char ***remarks, size_t *n_remarks, const char *format, ...)
{
    char sentence[1024];
    size_t capacity = *n_remarks;
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    char *copy = mien_strdup(sentence);
    if (!copy || !mien_grow((void **)remarks, &capacity, *n_remarks, *n_remarks + 1, sizeof copy)) {
        mien_free(copy);
        return MIEN_ERR_NOMEM;
    }
    (*remarks)[(*n_remarks)++] = copy;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- columns that may be none
 *
 * A numeric id of 1001 and more among volumes of 0 to 9 is the largest thing in the table, and the
 * first component is the id: 77 % instead of 99.8 % of the variance were explained. */

enum { LEAST_ROWS = 3, LEAST_COLUMNS = 3, MAX_NAMED = 5 };

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a > b && mien_same_word(text + a - b, end);
}

static bool has_odd_name(const char *name)
{
    static const char *const words[] = {
        "id",         "index",       "label",   "labels",    "subject", "subjects",
        "unnamed: 0", "row",         "rowid",   "row_names", "target",  "class",
        "group",      "participant", "patient", "sample",    "eid",     "x.1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (mien_same_word(name, words[i]))
            return true;
    return ends_with(name, "_id") || ends_with(name, " id") || ends_with(name, ".id") ||
           ends_with(name, "_label");
}

static float value_at(const mien_pixels *pixels, size_t i, size_t j)
{
    return ((const float *)mien_pixels_row(pixels, i))[j];
}

static bool counts(const mien_pixels *pixels, size_t j)
{
    float first = value_at(pixels, 0, j);
    if (pixels->n < LEAST_ROWS || (first != 0 && first != 1))
        return false;
    for (size_t i = 0; i < pixels->n; i++)
        if (value_at(pixels, i, j) != first + (float)i)
            return false;
    return true;
}

/* sums: p absolute sums of columns. */
static double add_up(const mien_pixels *pixels, double *sums)
{
    double total = 0;
    mien_pixels_expect(pixels, 0, pixels->n);
    for (size_t i = 0; i < pixels->n; i++) {
        const float *v = mien_pixels_row(pixels, i);
        for (size_t j = 0; j < pixels->p; j++)
            sums[j] += fabs((double)v[j]);
    }
    for (size_t j = 0; j < pixels->p; j++)
        total += sums[j];
    return total;
}

void mien_column_word(const char *name, size_t place, char *text, size_t size)
{
    if (name && *name && strlen(name) < 60 && !strchr(name, '\''))
        snprintf(text, size, strpbrk(name, " \"$&;()|<>*?`\\") ? "'%s'" : "%s", name);
    else
        snprintf(text, size, "%zu", place);
}

static mien_status remark_on(const char *path, size_t place, const char *name, const char *why,
                             char ***remarks, size_t *n_remarks)
{
    char column[160], word[96];
    if (name && *name)
        snprintf(column, sizeof column, "column %zu (%.80s)", place, name);
    else
        snprintf(column, sizeof column, "column %zu", place);
    mien_column_word(name, place, word, sizeof word);
    return mien_remark(remarks, n_remarks,
                       "%s: %s %s, and is taken for a measurement; if it is none: --id %s, "
                       "--label %s or --ignore %s",
                       path, column, why, word, word, word);
}

mien_status mien_suspects_find(const char *path, const mien_pixels *pixels, char *const *columns,
                               const size_t *places, char ***remarks, size_t *n_remarks)
{
    size_t p = pixels->p;
    double *sums = mien_alloc_array(p, sizeof *sums);
    if (!sums)
        return MIEN_ERR_NOMEM;
    double total = add_up(pixels, sums);
    mien_status st = MIEN_OK;
    size_t named = 0;
    for (size_t j = 0; j < p && !st && named < MAX_NAMED; j++) {
        const char *name = columns ? columns[j] : NULL;
        char why[96] = "";
        if (counts(pixels, j))
            snprintf(why, sizeof why, "counts %s",
                     value_at(pixels, 0, j) == 0 ? "0, 1, 2, .." : "1, 2, 3, ..");
        else if (name && has_odd_name(name))
            snprintf(why, sizeof why, "is named like an id or a label");
        else if (p >= LEAST_COLUMNS && sums[j] > total / 2)
            snprintf(why, sizeof why, "holds %.0f %% of the table's sum", 100 * sums[j] / total);
        else
            continue;
        named++;
        st = remark_on(path, places[j], name, why, remarks, n_remarks);
    }
    mien_free(sums);
    return st;
}
