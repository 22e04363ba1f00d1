/* listings.c - a run's tables as text, for R and spreadsheets.
 * SPDX-License-Identifier: MIT
 *
 * Everything counts from 1 here. Names are quoted as RFC 4180 says, and what could steer a terminal
 * or a spreadsheet's import in them is written as mien_visible() shows it. */
#include "report/listings.h"

#include "base/disk/files.h"
#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mien_images_list(mien_output *out)
{
    const mien_dataset *d = out->dataset;
    mien_table table = mien_table_begin(out, "images.csv",
                                        d->is_table ? "index,id\n" : "index,path,width,height\n");
    for (size_t i = 0; i < d->pixels.n; i++) {
        mien_text_printf(&table.text, "%zu,", i + 1);
        mien_text_add_csv(&table.text, d->images[i].path);
        if (!d->is_table)
            mien_text_printf(&table.text, ",%zu,%zu", d->images[i].width, d->images[i].height);
        mien_table_row(&table);
    }
    mien_table_end(&table);
}

char *mien_images_open(const char *folder, const char **at)
{
    enum { TABLE_LIMIT = 1024 * 1024 * 1024 };
    char path[MIEN_PATH_MAX], *table;
    size_t nbytes;
    if ((size_t)snprintf(path, sizeof path, "%s/images.csv", folder) >= sizeof path ||
        mien_file_read(path, TABLE_LIMIT, &table, &nbytes, NULL))
        return NULL;
    *at = table + strcspn(table, "\n");
    return table;
}

bool mien_images_next(const char **at, char *path, size_t size)
{
    const char *c = strchr(*at, ','); /* behind the row's number */
    size_t length = 0;
    bool quoted = false;
    if (!c)
        return false;
    for (c++; *c && (quoted || (*c != ',' && *c != '\n')); c++) {
        if (*c == '"' && !(quoted && c[1] == '"')) {
            quoted = !quoted;
            continue;
        }
        c += *c == '"'; /* of two the second */
        if (length + 1 < size)
            path[length++] = *c;
    }
    path[length] = '\0';
    *at = c + strcspn(c, "\n");
    return true;
}

/* ---------------------------------------------------------------- which image is meant */

/* One rule for the images of a run and for those of a saved result, so that what --example took
 * once it takes again: a path goes before a number, as a file may be called "17". */

static bool is_meant(const char *path, const char *wanted)
{
    size_t whole = strlen(path), length = strlen(wanted);
    const char *end = length < whole ? path + whole - length : wanted + length - whole;
    const char *start = length < whole ? path : wanted;
    return strcmp(end, length < whole ? wanted : path) == 0 && (end == start || end[-1] == '/');
}

static bool read_index(const char *wanted, size_t *index)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(wanted, &end, 10);
    *index = (size_t)number - 1;
    return *wanted >= '0' && *wanted <= '9' && !*end && !errno && number >= 1;
}

bool mien_dataset_find(const mien_dataset *dataset, const char *wanted, size_t *index)
{
    for (*index = 0; *index < dataset->pixels.n; ++*index)
        if (is_meant(dataset->images[*index].path, wanted))
            return true;
    return read_index(wanted, index) && *index < dataset->pixels.n;
}

static bool find_in(const char *folder, const char *wanted, size_t *index)
{
    const char *at;
    char path[MIEN_PATH_MAX], *table = mien_images_open(folder, &at);
    bool found = false;
    for (*index = 0; table && mien_images_next(&at, path, sizeof path); ++*index) {
        found = is_meant(path, wanted);
        if (found)
            break;
    }
    mien_free(table);
    return found;
}

bool mien_result_find(const char *path, const char *wanted, size_t *index)
{
    char above[MIEN_PATH_MAX];
    snprintf(above, sizeof above, "%s/..", path);
    return find_in(path, wanted, index) || find_in(above, wanted, index) ||
           read_index(wanted, index);
}

void mien_columns_list(mien_output *out)
{
    const mien_dataset *d = out->dataset;
    if (!d->columns)
        return;
    mien_table table = mien_table_begin(out, "columns.csv", "index,name\n");
    for (size_t j = 0; j < d->pixels.p; j++) {
        mien_text_printf(&table.text, "%zu,", j + 1);
        mien_text_add_csv(&table.text, d->columns[j]);
        mien_table_row(&table);
    }
    mien_table_end(&table);
}

static void add_components(mien_text *text, const char *first, size_t r, const char *last)
{
    mien_text_add(text, first);
    for (size_t k = 1; k <= r; k++)
        mien_text_printf(text, ",component_%zu", k);
    mien_text_add(text, last);
}

static void add_numbers(mien_table *table, const float *values, size_t count)
{
    for (size_t k = 0; k < count; k++)
        mien_text_printf(&table->text, ",%.9g", (double)values[k]); /* float32, exactly */
    mien_table_row(table);
}

static void list_weights(mien_output *out, const mien_fit *fit)
{
    mien_table table = mien_table_begin(out, "weights.csv", "");
    add_components(&table.text, mien_id_heading(out->dataset), fit->r, "\n");
    for (size_t i = 0; i < fit->n; i++) {
        mien_text_add_csv(&table.text, out->dataset->images[i].path);
        add_numbers(&table, fit->W + i * fit->r, fit->r);
    }
    mien_table_end(&table);
}

void mien_basis_list(mien_output *out, const mien_fit *fit)
{
    mien_table table = mien_table_begin(out, "basis.csv", "component");
    for (size_t j = 0; j < fit->p; j++) {
        mien_text_add(&table.text, ",");
        if (out->dataset->columns)
            mien_text_add_csv(&table.text, out->dataset->columns[j]);
        else
            mien_text_printf(&table.text, "column_%zu", j + 1);
    }
    mien_text_add(&table.text, "\n");
    for (size_t k = 0; k < fit->r; k++) {
        mien_text_printf(&table.text, "%zu", k + 1);
        add_numbers(&table, fit->H + k * fit->p, fit->p);
    }
    mien_table_end(&table);
}

/* ---------------------------------------------------------------- memberships */

/* The number of an image's dominant component, 0 for none. */
static size_t dominant_of(const mien_memberships *m, size_t i)
{
    return m->dominant[i] < m->r ? m->dominant[i] + 1 : 0;
}

static void list_clusters(mien_output *out, const mien_meaning *meaning)
{
    const mien_labels *labels = &meaning->labels;
    mien_table table = mien_table_begin(out, "clusters.csv", mien_id_heading(out->dataset));
    mien_text_add(&table.text, ",dominant,label\n");
    for (size_t i = 0; i < meaning->memberships.n; i++) {
        mien_text_add_csv(&table.text, out->dataset->images[i].path);
        mien_text_printf(&table.text, ",%zu,", dominant_of(&meaning->memberships, i));
        if (labels->count)
            mien_text_add_csv(&table.text, labels->names[labels->of[i]]);
        mien_table_row(&table);
    }
    mien_table_end(&table);
}

/* A share as 0.1234567, without printf: a table has n x r of them. */
static void add_share(mien_text *text, double share)
{
    enum { DIGITS = 7, UNIT = 10000000 };
    unsigned long units = (unsigned long)(share * UNIT + 0.5);
    if (units == 0 || units == UNIT) {
        mien_text_add_bytes(text, units ? ",1" : ",0", 2);
        return;
    }
    char digits[] = ",0.0000000";
    for (size_t at = sizeof digits - 2; units; at--, units /= 10)
        digits[at] = (char)('0' + units % 10);
    mien_text_add_bytes(text, digits, sizeof digits - 1);
}

static void list_shares(mien_output *out, const mien_fit *fit, const mien_memberships *m)
{
    double *share = mien_output_alloc(out, m->r, sizeof *share);
    if (!share)
        return;
    mien_table table = mien_table_begin(out, "membership.csv", "");
    add_components(&table.text, mien_id_heading(out->dataset), m->r, ",dominant,entropy\n");
    for (size_t i = 0; i < m->n; i++) {
        mien_memberships_shares(m, fit, i, share);
        mien_text_add_csv(&table.text, out->dataset->images[i].path);
        for (size_t k = 0; k < m->r; k++)
            add_share(&table.text, share[k]);
        mien_text_printf(&table.text, ",%zu,%.6f", dominant_of(m, i), m->entropy[i]);
        mien_table_row(&table);
    }
    mien_table_end(&table);
    mien_free(share);
}

void mien_rows_list(mien_output *out, const mien_fit *fit, const mien_meaning *meaning)
{
    if (out->dataset->is_table && fit->W)
        list_weights(out, fit);
    if (!meaning->has_memberships)
        return;
    list_shares(out, fit, &meaning->memberships);
    list_clusters(out, meaning);
}

/* ---------------------------------------------------------------- the cross table in words */

enum { MOST_ROWS = 40, MOST_COLUMNS = 12, NAME_WIDTH = 24, COUNT_WIDTH = 6, LABEL_WIDTH = 9 };

static bool any_without(const mien_cross *cross)
{
    bool any = false;
    for (size_t l = 0; l < cross->labels; l++)
        any = any || cross->counts[l * (cross->r + 1) + cross->r];
    return any;
}

/* A name, cut or filled to `width` characters, a blank among them; what is no character is a
 * question mark. */
static void add_padded(mien_text *text, const char *name, size_t width, bool right)
{
    mien_text cut = {0};
    size_t used = 0;
    for (; *name && used < width - 1; used++) {
        size_t length = mien_utf8_length(name);
        bool plain = length && (unsigned char)*name >= ' ' && *name != 0x7F;
        mien_text_add_bytes(&cut, plain ? name : "?", plain ? length : 1);
        name += length ? length : 1;
    }
    int blanks = (int)(width - used);
    mien_text_printf(text, "%*s%s%*s", right ? blanks : 0, "", cut.bytes ? cut.bytes : "",
                     right ? 0 : blanks, "");
    text->failed = text->failed || cut.failed;
    mien_text_free(&cut);
}

/* The number of a component, or "none" after the last. */
static void add_component(mien_text *text, size_t k, size_t r)
{
    if (k < r)
        mien_text_printf(text, "%*zu", COUNT_WIDTH, k + 1);
    else
        mien_text_printf(text, "%*s", COUNT_WIDTH, "none");
}

static void add_row_a_label(const mien_meaning *meaning, size_t shown, mien_text *text)
{
    const mien_cross *cross = &meaning->cross;
    mien_text_printf(text, "%-*s", NAME_WIDTH, "");
    for (size_t k = 0; k < shown; k++)
        add_component(text, k, cross->r);
    mien_text_add(text, "\n");
    for (size_t l = 0; l < cross->labels; l++) {
        const size_t *row = cross->counts + cross->order[l] * (cross->r + 1);
        add_padded(text, meaning->labels.names[cross->order[l]], NAME_WIDTH, false);
        for (size_t k = 0; k < shown; k++)
            mien_text_printf(text, "%*zu", COUNT_WIDTH, row[k]);
        mien_text_add(text, "\n");
    }
}

static void add_row_a_component(const mien_meaning *meaning, size_t shown, mien_text *text)
{
    const mien_cross *cross = &meaning->cross;
    mien_text_printf(text, "%*s", COUNT_WIDTH, "");
    for (size_t l = 0; l < cross->labels; l++)
        add_padded(text, meaning->labels.names[cross->order[l]], LABEL_WIDTH, true);
    mien_text_add(text, "\n");
    for (size_t k = 0; k < shown; k++) {
        add_component(text, k, cross->r);
        for (size_t l = 0; l < cross->labels; l++)
            mien_text_printf(text, "%*zu", LABEL_WIDTH,
                             cross->counts[cross->order[l] * (cross->r + 1) + k]);
        mien_text_add(text, "\n");
    }
}

void mien_cross_words(const mien_meaning *meaning, const char *method, mien_text *text)
{
    const mien_cross *cross = &meaning->cross;
    if (!meaning->n_labels)
        return;
    size_t shown = cross->r + any_without(cross);
    bool upright = cross->r <= MOST_COLUMNS && cross->labels <= MOST_ROWS;
    bool lying = cross->labels <= MOST_COLUMNS && cross->r <= MOST_ROWS;
    bool table = cross->labels && (upright || lying);
    mien_text_printf(text, "%s: %s%zu labels, adjusted Rand index %.2f\n", method,
                     !table    ? "dominant components against "
                     : upright ? "labels by dominant component; "
                               : "dominant components by label; ",
                     meaning->n_labels, meaning->agreement.adjusted_rand);
    if (table && upright)
        add_row_a_label(meaning, shown, text);
    else if (table)
        add_row_a_component(meaning, shown, text);
}
