/* table.c - tables of numbers as text.
 * SPDX-License-Identifier: MIT
 *
 * Rows are handled one by one, so besides the text only the numbers take memory. */
#define _POSIX_C_SOURCE 200809L
#include "data/table.h"

#include "base/memory.h"
#include "base/status.h"
#include "data/cells.h"
#include "data/numerals.h"
#include "data/pixels.h"
#include "data/remarks.h"

#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum role { DATA, ID, LABEL, IGNORED } role;

typedef struct reader {
    const char *path;
    const mien_table_choice *choice;
    mien_cells cells;
    mien_numerals numerals;
    mien_row first, second;
    bool header, corner; /* corner: the header has no word for the first column */
    bool guessed;        /* the first column is taken for ids because it is text */
    size_t width;        /* columns of the file */
    char **heads;        /* width names, or NULL; owned */
    role *roles;         /* width */
    size_t id, label;    /* places, or width */
    size_t rows_capacity, names_capacity, labels_capacity;
    double largest; /* absolute value */
    mien_error *err;
} reader;

/* ---------------------------------------------------------------- header or data */

/* With either decimal sign: which one the table has is told by its rows, in their order. */
static mien_numeral look(const reader *r, const mien_cell *c, double *value)
{
    mien_numerals either = r->numerals;
    either.decimal = 0;
    return mien_numerals_read(&either, c->text, value);
}

static mien_numeral kind_of(const reader *r, const mien_cell *c)
{
    double value;
    return look(r, c, &value);
}

static bool is_word(const reader *r, const mien_cell *c)
{
    return kind_of(r, c) == MIEN_NUMERAL_WORD;
}

/* Whole numbers from cell `from` on, each larger than the one before. *first and *step tell of the
 * start and whether they go up by one. */
static bool is_rising(const reader *r, const mien_row *a, size_t from, double *first, bool *by_one)
{
    double before = 0;
    *by_one = true;
    for (size_t k = from; k < a->count; k++) {
        double value;
        if (look(r, &a->cells[k], &value) != MIEN_NUMERAL || value != floor(value) ||
            !isfinite(value))
            return false;
        if (k == from)
            *first = value;
        else if (value <= before)
            return false;
        else
            *by_one = *by_one && value == before + 1;
        before = value;
    }
    return a->count > from;
}

/* Whole numbers that go up by one, above other numbers: 0, 1, .. p - 1 (pandas), where two columns
 * of zeros and ones may be data; any others (years), from three on, above numbers that are none of
 * them whole. Behind a first column of ids, too. */
static bool is_counting(const reader *r, const mien_row *a, const mien_row *b)
{
    double first = 0, other = 0;
    size_t from = a->count > 1 && is_word(r, &a->cells[0]), count = a->count - from;
    bool by_one, other_by_one, whole = false, binary = true;
    if (count < 2 || a->count != b->count || !is_rising(r, a, from, &first, &by_one) || !by_one)
        return false;
    for (size_t k = from; k < b->count; k++) {
        double value;
        if (look(r, &b->cells[k], &value) != MIEN_NUMERAL)
            continue;
        whole = whole || value == floor(value);
        binary = binary && (value == 0 || value == 1);
    }
    bool goes_on = is_rising(r, b, from, &other, &other_by_one) && other_by_one &&
                   (other == first + 1 || other == first + (double)count);
    if (goes_on) /* 0,1,2 above 3,4,5, or above 1,2,3 */
        return false;
    return (first == 0 && !from && (count > 2 || !binary)) || (count > 2 && !whole);
}

/* Nothing of it is a number. */
static bool is_all_words(const reader *r, const mien_row *a)
{
    bool words = true;
    for (size_t k = 0; k < a->count; k++)
        words = words && kind_of(r, &a->cells[k]) != MIEN_NUMERAL;
    return words;
}

/* A word above a number, behind the first column, which may hold ids of any kind. A first row that
 * also holds fractions is data with a slip of the pen. */
static bool has_words_over_numbers(const reader *r, const mien_row *a, const mien_row *b,
                                   bool *mixed)
{
    bool words = false;
    *mixed = false;
    size_t from = a->count > 1 && !is_all_words(r, a);
    for (size_t k = from; k < a->count && k < b->count; k++) {
        double value;
        bool over = kind_of(r, &b->cells[k]) != MIEN_NUMERAL_WORD;
        mien_numeral kind = look(r, &a->cells[k], &value);
        words = words || (over && kind == MIEN_NUMERAL_WORD);
        if (kind != MIEN_NUMERAL || a->cells[k].quoted)
            continue;
        if (value != floor(value))
            return false;
        *mixed = true;
    }
    return words;
}

/* One cell less than the second row, and words: R's write.table. A single cell of several words, or
 * above other words, is a title. */
static bool is_shorter(const reader *r, const mien_row *a, const mien_row *b)
{
    bool shorter = a->count + 1 == b->count;
    if (a->count == 1 && !a->cells[0].quoted)
        shorter = shorter && !strchr(a->cells[0].text, ' ') && !is_all_words(r, b);
    for (size_t k = 0; k < a->count; k++)
        shorter = shorter && (a->cells[k].quoted || is_word(r, &a->cells[k]));
    return shorter;
}

/* Nothing in the first cell, and names behind it. */
static bool has_empty_corner(const reader *r, const mien_row *a)
{
    double first;
    bool by_one, words = false;
    if (a->count < 2 || a->cells[0].text[0] != '\0')
        return false;
    for (size_t k = 1; k < a->count; k++)
        words = words || a->cells[k].quoted || is_word(r, &a->cells[k]);
    return words || is_rising(r, a, 1, &first, &by_one);
}

/* Whether there is a digit in it: words without, above words with digits (25%, $5), are names. */
static bool has_digits(const mien_row *a)
{
    bool digits = false;
    for (size_t k = 0; k < a->count; k++)
        digits = digits || strpbrk(a->cells[k].text, "0123456789");
    return digits;
}

static mien_status detect_header(reader *r, mien_table *t)
{
    const mien_row *a = &r->first, *b = &r->second;
    bool mixed = false;
    if (b->count == 0) { /* a single row */
        r->header = is_all_words(r, a);
        return MIEN_OK;
    }
    r->corner = has_empty_corner(r, a) || is_shorter(r, a, b);
    size_t from = a->count > 1 && is_word(r, &a->cells[0]);
    bool plain = is_word(r, &a->cells[a->count - 1]) && !has_digits(a) && has_digits(b);
    bool words = !r->corner && (has_words_over_numbers(r, a, b, &mixed) || plain);
    bool counting = !r->corner && !words && is_counting(r, a, b);
    r->header = r->corner || words || counting;
    mien_status st = MIEN_OK;
    if (counting)
        st = mien_remark(&t->remarks, &t->n_remarks,
                         "%s: its first line, %s, %s, .., is taken for names of columns", r->path,
                         a->cells[from].text, a->cells[from + 1].text);
    else if (words && mixed)
        st = mien_remark(&t->remarks, &t->n_remarks,
                         "%s: its first line is taken for names of columns, although it holds "
                         "numbers",
                         r->path);
    return st ? mien_fail_plain(r->err, st) : MIEN_OK;
}

/* Separators at the end of every row (a spreadsheet's empty columns) stand for no column. */
static void drop_empty_ends(mien_row *a, mien_row *b)
{
#define ENDS_EMPTY(row) ((row)->count > 1 && (row)->cells[(row)->count - 1].text[0] == '\0')
    while (a->count == b->count && ENDS_EMPTY(a) && ENDS_EMPTY(b)) {
        a->count--;
        b->count--;
    }
    while (b->count > a->count && ENDS_EMPTY(b))
        b->count--;
    while (a->count > b->count && ENDS_EMPTY(a))
        a->count--;
#undef ENDS_EMPTY
}

/* ---------------------------------------------------------------- names of columns */

static mien_status alloc_columns(reader *r)
{
    r->width = r->header && r->second.count ? r->second.count : r->first.count;
    r->id = r->label = r->width;
    r->roles = mien_alloc_array(r->width, sizeof *r->roles);
    return r->roles ? MIEN_OK : mien_fail_plain(r->err, MIEN_ERR_NOMEM);
}

/* From a row of `width` cells, or one less: then the first column has no name. */
static mien_status set_heads(reader *r, const mien_row *row)
{
    size_t skip = r->width - row->count;
    r->heads = mien_alloc_array(r->width, sizeof *r->heads);
    if (!r->heads)
        return mien_fail_plain(r->err, MIEN_ERR_NOMEM);
    for (size_t k = 0; k < r->width; k++) {
        r->heads[k] = mien_strdup(k < skip ? "" : row->cells[k - skip].text);
        if (!r->heads[k])
            return mien_fail_plain(r->err, MIEN_ERR_NOMEM);
    }
    return MIEN_OK;
}

/* The last comment above the first row, where it is as many words as there are columns. */
static mien_status take_comment(reader *r)
{
    if (r->header || !r->cells.comment)
        return MIEN_OK;
    char *text = mien_alloc_raw(r->cells.comment_length + 1, 1);
    if (!text)
        return mien_fail_plain(r->err, MIEN_ERR_NOMEM);
    memcpy(text, r->cells.comment, r->cells.comment_length);
    text[r->cells.comment_length] = '\0';
    mien_cells line = {.path = r->path,
                       .at = text,
                       .end = text + r->cells.comment_length,
                       .separator = r->cells.separator};
    mien_row row = {0};
    mien_status st = mien_cells_next(&line, &row);
    bool words = !st && row.count == r->width && r->width > 1;
    for (size_t k = 0; k < row.count && words; k++)
        words = is_word(r, &row.cells[k]);
    if (st == MIEN_ERR_NOMEM)
        mien_fail_plain(r->err, st);
    else
        st = words ? set_heads(r, &row) : MIEN_OK;
    mien_free(row.cells);
    mien_free(text);
    return st;
}

/* "group, age, left hippocampus, ..." */
static void list_heads(const reader *r, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t k = 0; k < r->width && used + 1 < size; k++) {
        int now = snprintf(text + used, size - used, "%s%.40s", used ? ", " : "", r->heads[k]);
        if (now < 0 || (size_t)now + 8 > size - used) {
            snprintf(text + used, size - used, ", ...");
            return;
        }
        used += (size_t)now;
    }
}

/* The column that a word names, by name or by number from 1; r->width when there is none. */
static size_t find_column(const reader *r, const char *word)
{
    for (size_t k = 0; r->heads && k < r->width; k++)
        if (strcmp(r->heads[k], word) == 0)
            return k;
    char *end;
    unsigned long long number = strtoull(word, &end, 10);
    bool whole = *word >= '0' && *word <= '9' && *end == '\0';
    if (!whole || number < 1 || number > r->width)
        return r->width;
    if (r->choice->expected && r->width <= r->choice->expected)
        return r->width;
    return (size_t)number - 1;
}

static mien_status give_role(reader *r, const char *option, const char *word, role what)
{
    size_t k = find_column(r, word);
    char known[200];
    if (k < r->width && r->roles[k] != DATA && r->roles[k] != what && !r->choice->expected)
        return mien_fail(r->err, MIEN_ERR_ARG, "%s: %s %.80s: that column is named twice", r->path,
                         option, word);
    if (k < r->width) {
        r->roles[k] = what;
        r->id = what == ID ? k : r->id;
        r->label = what == LABEL ? k : r->label;
        return MIEN_OK;
    }
    if (r->choice->expected)
        return MIEN_OK;
    if (r->heads)
        list_heads(r, known, sizeof known);
    else
        snprintf(known, sizeof known, "1 to %zu, without names", r->width);
    return mien_fail(r->err, MIEN_ERR_ARG, "%s: %s %.80s: there is no such column; there are %s",
                     r->path, option, word, known);
}

/* "age,sex": a name as a whole, or several. */
static mien_status ignore_columns(reader *r, const char *words)
{
    if (find_column(r, words) < r->width)
        return give_role(r, "--ignore", words, IGNORED);
    char *copy = mien_strdup(words);
    if (!copy)
        return mien_fail_plain(r->err, MIEN_ERR_NOMEM);
    mien_status st = MIEN_OK;
    for (char *at = copy, *comma; at && !st; at = comma) {
        comma = strchr(at, ',');
        if (comma)
            *comma++ = '\0';
        st = give_role(r, "--ignore", at, IGNORED);
    }
    mien_free(copy);
    return st;
}

static mien_status set_roles(reader *r)
{
    const mien_table_choice *c = r->choice;
    mien_status st = c->id ? give_role(r, "--id", c->id, ID) : MIEN_OK;
    if (!st && c->label)
        st = give_role(r, "--label", c->label, LABEL);
    for (size_t i = 0; i < c->n_ignore && !st; i++)
        st = ignore_columns(r, c->ignore[i]);
    if (st || r->roles[0] != DATA || r->width < 2)
        return st;
    const mien_row *data = r->header ? &r->second : &r->first;
    bool text = data->count && is_word(r, &data->cells[0]) &&
                !mien_numerals_is_spoiled(data->cells[0].text);
    if (r->corner && r->id < r->width) {
        r->roles[0] = IGNORED; /* an index without a name, beside ids */
    } else if (r->corner || (text && r->id == r->width)) {
        r->roles[0] = ID;
        r->id = 0;
        r->guessed = !r->corner;
    }
    return MIEN_OK;
}

/* Names and places of the columns that hold numbers. */
static mien_status set_columns(reader *r, mien_table *t)
{
    size_t p = 0;
    for (size_t k = 0; k < r->width; k++)
        p += r->roles[k] == DATA;
    t->places = mien_alloc_array(p, sizeof *t->places);
    t->columns = r->heads ? mien_alloc_array(p, sizeof *t->columns) : NULL;
    if (!t->places || (r->heads && !t->columns))
        return mien_fail_plain(r->err, MIEN_ERR_NOMEM);
    for (size_t k = 0; k < r->width; k++) {
        if (r->roles[k] != DATA)
            continue;
        t->places[t->p] = k + 1;
        if (t->columns) { /* changes hands */
            t->columns[t->p] = r->heads[k];
            r->heads[k] = NULL;
        }
        t->p++;
    }
    return MIEN_OK;
}

/* ---------------------------------------------------------------- rows */

/* "row 2 (line 3), column 4 (eyes)" */
static void describe_place(const mien_table *t, size_t line, size_t j, char *text, size_t size)
{
    int used = snprintf(text, size, "row %zu (line %zu), column %zu", t->n + 1, line, t->places[j]);
    if (t->columns && used > 0 && (size_t)used < size)
        snprintf(text + used, size - (size_t)used, " (%.40s)", t->columns[j]);
}

static mien_status refuse_cell(const reader *r, const mien_table *t, size_t line, size_t j,
                               const char *text, mien_numeral kind)
{
    char place[160], word[80];
    describe_place(t, line, j, place, sizeof place);
    mien_column_word(t->columns ? t->columns[j] : NULL, t->places[j], word, sizeof word);
    if (kind == MIEN_NUMERAL)
        return mien_fail(r->err, MIEN_ERR_DOMAIN, "%s: %s: %.40s is too large for float32", r->path,
                         place, text);
    if (kind == MIEN_NUMERAL_NONE)
        return mien_fail(r->err, MIEN_ERR_DOMAIN,
                         "%s: %s: %s; every entry must be there (fill it in, leave the row out, or "
                         "the column by --ignore %s)",
                         r->path, place, *text ? text : "empty", word);
    const char *remedy = mien_numerals_remedy(&r->numerals, text);
    if (*remedy)
        return mien_fail(r->err, MIEN_ERR_FORMAT, "%s: %s: '%.40s' is not a number%s", r->path,
                         place, text, remedy);
    return mien_fail(r->err, MIEN_ERR_FORMAT,
                     "%s: %s: '%.40s' is not a number; what a column of text is has to be said: "
                     "--id %s, --label %s or --ignore %s",
                     r->path, place, text, word, word, word);
}

static mien_status note_negative(const reader *r, mien_table *t, size_t line, size_t j,
                                 const char *text)
{
    char place[160], whole[256];
    describe_place(t, line, j, place, sizeof place);
    snprintf(whole, sizeof whole, "%s: %.40s", place, text);
    t->negative = mien_strdup(whole);
    return t->negative ? MIEN_OK : mien_fail_plain(r->err, MIEN_ERR_NOMEM);
}

static mien_status read_numbers(reader *r, mien_table *t, const mien_row *now)
{
    float *to = t->values + t->n * t->p;
    for (size_t j = 0; j < t->p; j++) {
        double value = 0;
        char *text = now->cells[t->places[j] - 1].text;
        mien_numeral kind = mien_numerals_read(&r->numerals, text, &value);
        if (kind != MIEN_NUMERAL || !(fabs(value) <= (double)FLT_MAX))
            return refuse_cell(r, t, now->line, j, text, kind);
        to[j] = (float)value;
        r->largest = fmax(r->largest, fabs(value));
        if (value < 0 && !t->negative) {
            mien_status st = note_negative(r, t, now->line, j, text);
            if (st)
                return st;
        }
    }
    return MIEN_OK;
}

static mien_status keep_word(reader *r, char ***list, size_t *capacity, size_t n, const char *text)
{
    if (!mien_grow((void **)list, capacity, n, n + 1, sizeof **list))
        return mien_fail_plain(r->err, MIEN_ERR_NOMEM);
    (*list)[n] = mien_strdup(text);
    return (*list)[n] ? MIEN_OK : mien_fail_plain(r->err, MIEN_ERR_NOMEM);
}

/* Id and label of a row, both or none. */
static mien_status keep_words(reader *r, mien_table *t, const mien_row *now)
{
    bool id = r->id < r->width;
    mien_status st = MIEN_OK;
    if (id)
        st = keep_word(r, &t->names, &r->names_capacity, t->n, now->cells[r->id].text);
    if (st || r->label == r->width)
        return st;
    st = keep_word(r, &t->labels, &r->labels_capacity, t->n, now->cells[r->label].text);
    if (st && id)
        mien_free(t->names[t->n]);
    return st;
}

/* A comment between or below the rows (numpy.savetxt's footer): # and no row of numbers. */
static bool is_comment(const reader *r, const mien_table *t, const mien_row *now)
{
    const mien_cell *first = &now->cells[0];
    if (first->text[0] != '#' || first->quoted || !is_word(r, first))
        return false;
    bool numbers = now->count == r->width;
    for (size_t j = 0; j < t->p && numbers; j++)
        numbers = !is_word(r, &now->cells[t->places[j] - 1]);
    return !numbers;
}

static mien_status add_row(reader *r, mien_table *t, mien_row *now)
{
    while (now->count > r->width && now->cells[now->count - 1].text[0] == '\0')
        now->count--;
    if (is_comment(r, t, now))
        return MIEN_OK;
    if (now->count != r->width)
        return mien_fail(r->err, MIEN_ERR_FORMAT,
                         "%s: row %zu (line %zu) has %zu entries, expected %zu", r->path, t->n + 1,
                         now->line, now->count, r->width);
    if (t->p == 0)
        return mien_fail(r->err, MIEN_ERR_DATA, "%s: row %zu (line %zu) holds no numbers", r->path,
                         t->n + 1, now->line);
    size_t wanted, room = r->rows_capacity * t->p;
    if (!mien_product(t->n + 1, t->p, 1, &wanted) ||
        !mien_grow((void **)&t->values, &room, t->n * t->p, wanted, sizeof *t->values))
        return mien_fail_plain(r->err, MIEN_ERR_NOMEM);
    r->rows_capacity = room / t->p;
    mien_status st = read_numbers(r, t, now);
    if (!st)
        st = keep_words(r, t, now);
    t->n += !st;
    return st;
}

/* ---------------------------------------------------------------- the table */

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A first column of text that says the same of several rows is a label rather than an id. */
static mien_status check_guess(const reader *r, const mien_table *t)
{
    if (!r->guessed || r->choice->expected)
        return MIEN_OK;
    char **sorted = mien_alloc_array(t->n, sizeof *sorted);
    if (!sorted)
        return mien_fail_plain(r->err, MIEN_ERR_NOMEM);
    memcpy(sorted, t->names, t->n * sizeof *sorted);
    qsort(sorted, t->n, sizeof *sorted, compare_words);
    const char *twice = NULL;
    for (size_t i = 1; i < t->n && !twice; i++)
        twice = strcmp(sorted[i], sorted[i - 1]) == 0 ? sorted[i] : NULL;
    mien_free(sorted);
    if (!twice)
        return MIEN_OK;
    const char *head = r->heads && r->heads[0] && *r->heads[0] ? r->heads[0] : "1";
    return mien_fail(
        r->err, MIEN_ERR_FORMAT,
        "%s: column 1 (%.40s) is text, and '%.40s' stands in several rows: say what it "
        "is by --id %.40s, --label %.40s or --ignore %.40s",
        r->path, head, twice, head, head, head);
}

static mien_status read_rows(reader *r, mien_table *t)
{
    mien_status st = r->header ? MIEN_OK : add_row(r, t, &r->first);
    mien_row *now = &r->second;
    while (!st && now->count) {
        st = add_row(r, t, now);
        if (!st)
            st = mien_cells_next(&r->cells, now);
    }
    return st;
}

static mien_status read_table(reader *r, mien_table *t)
{
    mien_status st = mien_cells_next(&r->cells, &r->first);
    if (!st && r->first.count)
        st = mien_cells_next(&r->cells, &r->second);
    if (st)
        return st;
    if (!r->first.count)
        return mien_fail(r->err, MIEN_ERR_DATA, "%s: an empty table", r->path);
    drop_empty_ends(&r->first, &r->second);
    st = detect_header(r, t);
    if (!st)
        st = alloc_columns(r);
    bool title = !r->corner && r->first.count == 1 && r->width > 1;
    if (!st && r->header && (r->first.count > r->width || title)) /* names of what is not there */
        st = mien_fail(r->err, MIEN_ERR_FORMAT,
                       "%s: line %zu has %zu entries, and line %zu below it has %zu", r->path,
                       r->first.line, r->first.count, r->second.line, r->second.count);
    if (!st && r->header && (r->first.count == r->width || r->first.count + 1 == r->width))
        st = set_heads(r, &r->first);
    if (!st)
        st = take_comment(r);
    if (!st)
        st = set_roles(r);
    if (!st)
        st = set_columns(r, t);
    if (!st)
        st = read_rows(r, t);
    if (!st && (t->n == 0 || t->p == 0))
        st = mien_fail(r->err, MIEN_ERR_DATA, "%s: a table without numbers", r->path);
    mien_error why;
    if (!st && mien_floats_range(r->largest, &why))
        st = mien_fail(r->err, why.status, "%s: %s", r->path, why.message);
    if (!st)
        st = check_guess(r, t);
    const mien_pixels pixels = {.n = t->n, .p = t->p, .type = MIEN_F32, .values = t->values};
    if (!st && !r->choice->expected &&
        mien_suspects_find(r->path, &pixels, t->columns, t->places, &t->remarks, &t->n_remarks))
        st = mien_fail_plain(r->err, MIEN_ERR_NOMEM);
    return st;
}

mien_status mien_table_parse(const char *path, mien_bytes *bytes, const mien_table_choice *choice,
                             mien_table *out, mien_error *err)
{
    static const mien_table_choice none = {0};
    mien_table table = {0};
    reader r = {.path = path, .choice = choice ? choice : &none, .err = err};
    mien_status st = mien_cells_decode(bytes);
    if (st)
        return mien_fail_plain(err, st);
    if (memchr(bytes->data, '\0', bytes->nbytes))
        return mien_fail(err, MIEN_ERR_FORMAT, "%s: not a table as text (save it as CSV in UTF-8)",
                         path);
    st = mien_cells_begin(&r.cells, path, bytes, err);
    r.numerals.comma_allowed = r.cells.separator != ',';
    if (!st)
        st = read_table(&r, &table);
    if (!st) {
        *out = table;
        table = (mien_table){0};
    }
    mien_free_words(r.heads, r.width);
    mien_free(r.roles);
    mien_free(r.first.cells);
    mien_free(r.second.cells);
    mien_table_free(&table);
    return st;
}

void mien_table_free(mien_table *table)
{
    if (!table)
        return;
    mien_free_words(table->names, table->n);
    mien_free_words(table->labels, table->n);
    mien_free_words(table->columns, table->p);
    mien_free_words(table->remarks, table->n_remarks);
    mien_free(table->places);
    mien_free(table->values);
    mien_free(table->negative);
    *table = (mien_table){0};
}
