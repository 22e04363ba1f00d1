/* table.c - tables of numbers as text.
 * SPDX-License-Identifier: MIT
 *
 * The text is cut in place: a cell becomes a pointer into it, with quotes undone. Rows are handled
 * one by one, so besides the text only the numbers take memory. */
#define _POSIX_C_SOURCE 200809L
#include "data/table.h"

#include "base/memory.h"
#include "base/status.h"
#include "data/input.h"
#include "data/pixels.h"

#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct cell {
    char *text; /* without quotes and the blanks around, ends with NUL */
    bool quoted;
} cell;

typedef struct row {
    cell *cells;
    size_t count, capacity;
    size_t line; /* of the file, from 1, where it begins */
} row;

typedef struct reader {
    const char *path;
    char *at, *end; /* *end is NUL */
    size_t line;
    char separator;
    bool header, named;
    size_t rows_capacity, names_capacity;
    row first, second;
    double largest; /* value */
    mien_error *err;
} reader;

/* ---------------------------------------------------------------- numbers */

typedef enum kind { NUMBER, MISSING, WORD } kind;

static bool same_word(const char *text, const char *word)
{
    for (; *text && *word; text++, word++) {
        char c = *text;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != *word)
            return false;
    }
    return *text == *word;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Nineteen digits and a power of ten, joined in double: within an ulp or two of the decimal, far
 * below the resolution of the float32 it becomes. strtod() would ask the locale. */
static bool parse_decimal(const char *s, double *out)
{
    uint64_t digits = 0;
    int exponent = 0, n_digits = 0;
    bool any = false, negative = *s == '-', point = false;
    if (*s == '-' || *s == '+')
        s++;
    for (; is_digit(*s) || (*s == '.' && !point); s++) {
        if (*s == '.') {
            point = true;
            continue;
        }
        any = true;
        if (n_digits < 19) {
            digits = digits * 10 + (uint64_t)(*s - '0');
            n_digits += digits != 0;
            exponent -= point;
        } else if (exponent < 100000) {
            exponent += !point;
        }
    }
    if (!any)
        return false;
    if (*s == 'e' || *s == 'E') {
        s++;
        bool minus = *s == '-';
        if (*s == '-' || *s == '+')
            s++;
        if (!is_digit(*s))
            return false;
        int power = 0;
        for (; is_digit(*s); s++) {
            if (power < 100000)
                power = power * 10 + (*s - '0');
        }
        exponent += minus ? -power : power;
    }
    if (*s != '\0')
        return false;
    double value = (double)digits;
    if (digits && exponent < -300) /* 10^-300 is normal, 10^-320 has lost its digits */
        value = value * 1e-300 * pow(10, exponent + 300 < -300 ? -300 : exponent + 300);
    else if (digits && exponent < 0)
        value /= pow(10, -exponent);
    else if (digits)
        value *= pow(10, exponent);
    *out = negative ? -value : value;
    return true;
}

static kind parse_cell(const char *text, double *value)
{
    if (parse_decimal(text, value))
        return NUMBER;
    const char *bare = *text == '-' || *text == '+' ? text + 1 : text;
    if (same_word(bare, "inf") || same_word(bare, "infinity")) {
        *value = *text == '-' ? -INFINITY : INFINITY;
        return NUMBER;
    }
    if (*text == '\0' || same_word(bare, "nan") || same_word(text, "na") ||
        same_word(text, "n/a") || same_word(text, "null") || same_word(text, "none"))
        return MISSING;
    return WORD;
}

static bool is_word(const cell *c)
{
    double value;
    return parse_cell(c->text, &value) == WORD;
}

/* ---------------------------------------------------------------- rows */

static bool at_line_end(const reader *r)
{
    return r->at == r->end || *r->at == '\n' || *r->at == '\r';
}

static void skip_line_end(reader *r)
{
    if (r->at == r->end)
        return;
    if (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n')
        r->at++;
    r->at++;
    r->line++;
}

static bool is_blank(char c, char separator)
{
    return (c == ' ' || c == '\t') && c != separator;
}

/* A cell in quotes: undoubles them in place. The reader stands behind the closing quote. */
static mien_status read_quoted(reader *r, cell *c)
{
    size_t start = r->line;
    char *to = ++r->at;
    *c = (cell){.text = to, .quoted = true};
    for (;; r->at++) {
        if (r->at == r->end)
            return mien_fail(r->err, MIEN_ERR_FORMAT, "%s: line %zu: a quote is not closed",
                             r->path, start);
        if (*r->at == '"') {
            if (r->at[1] != '"')
                break;
            r->at++;
        } else if (*r->at == '\n') {
            r->line++;
        }
        *to++ = *r->at;
    }
    r->at++;
    *to = '\0'; /* on the closing quote or before it */
    while (is_blank(*r->at, r->separator))
        r->at++;
    if (!at_line_end(r) && *r->at != r->separator)
        return mien_fail(r->err, MIEN_ERR_FORMAT, "%s: line %zu: text follows a closing quote",
                         r->path, r->line);
    return MIEN_OK;
}

/* One cell; the reader then stands on the separator or line end behind it. `*tail` is where the
 * cell's NUL belongs: it may be the separator itself, which has to be looked at first. */
static mien_status read_cell(reader *r, cell *c, char **tail)
{
    while (is_blank(*r->at, r->separator))
        r->at++;
    *tail = NULL;
    if (*r->at == '"')
        return read_quoted(r, c);
    *c = (cell){.text = r->at};
    while (!at_line_end(r) && *r->at != r->separator)
        r->at++;
    *tail = r->at;
    while (*tail > c->text && is_blank((*tail)[-1], r->separator))
        (*tail)--;
    return MIEN_OK;
}

/* The next row that is not blank; count = 0 at the end of the file. */
static mien_status read_row(reader *r, row *out)
{
    out->count = 0;
    for (;;) {
        char *line = r->at;
        while (is_blank(*r->at, '\0'))
            r->at++;
        if (r->at == r->end)
            return MIEN_OK;
        if (!at_line_end(r)) {
            r->at = line;
            break;
        }
        skip_line_end(r);
    }
    out->line = r->line;
    for (;;) {
        char *tail;
        if (!mien_grow((void **)&out->cells, &out->capacity, out->count, out->count + 1,
                       sizeof *out->cells))
            return mien_fail_plain(r->err, MIEN_ERR_NOMEM);
        mien_status st = read_cell(r, &out->cells[out->count], &tail);
        if (st)
            return st;
        out->count++;
        bool more = r->at < r->end && *r->at == r->separator;
        if (more)
            r->at++;
        else
            skip_line_end(r);
        if (tail)
            *tail = '\0';
        if (!more)
            return MIEN_OK;
    }
}

/* By the first line, outside quotes: tabs if they are the most frequent, then semicolons if there
 * are any (beside them commas are decimal), else commas. */
static char find_separator(const char *at)
{
    size_t tabs = 0, semicolons = 0, commas = 0;
    bool quoted = false;
    for (; *at && (quoted || (*at != '\n' && *at != '\r')); at++) {
        quoted = quoted != (*at == '"');
        tabs += !quoted && *at == '\t';
        semicolons += !quoted && *at == ';';
        commas += !quoted && *at == ',';
    }
    if (tabs && tabs >= semicolons && tabs >= commas)
        return '\t';
    return semicolons ? ';' : ',';
}

/* Byte order mark, blank lines and comments before the first row. */
static void skip_preamble(reader *r)
{
    if (r->end - r->at >= 3 && memcmp(r->at, "\xEF\xBB\xBF", 3) == 0)
        r->at += 3;
    while (r->at < r->end && (*r->at == '#' || *r->at == '\n' || *r->at == '\r')) {
        while (!at_line_end(r))
            r->at++;
        skip_line_end(r);
    }
    r->separator = find_separator(r->at);
}

/* ---------------------------------------------------------------- what the cells mean */

static void detect_layout(reader *r)
{
    const row *a = &r->first, *b = &r->second;
    bool corner_empty = a->count > 1 && a->cells[0].text[0] == '\0';
    bool shorter = a->count + 1 == b->count; /* of numbers, it would be a ragged table */
    for (size_t k = 0; k < a->count; k++)
        shorter = shorter && (a->cells[k].quoted || is_word(&a->cells[k]));
    bool words = false;
    for (size_t k = a->count > 1 && !shorter; k < a->count; k++)
        words = words || is_word(&a->cells[k]);
    bool lone_word = b->count && is_word(&a->cells[0]) && !is_word(&b->cells[0]);
    r->header = corner_empty || shorter || words || lone_word;
    const row *data = r->header ? b : a;
    r->named = corner_empty || shorter || (data->count > 1 && is_word(&data->cells[0]));
}

static mien_status set_columns(reader *r, mien_table *t)
{
    const row *a = &r->first;
    size_t skip = r->named && a->count == r->second.count;
    if (!r->header || a->count <= skip)
        return MIEN_OK;
    t->columns = mien_alloc_array(a->count - skip, sizeof *t->columns);
    if (!t->columns)
        return mien_fail_plain(r->err, MIEN_ERR_NOMEM);
    t->p = a->count - skip;
    for (size_t k = skip; k < a->count; k++) {
        t->columns[k - skip] = mien_strdup(a->cells[k].text);
        if (!t->columns[k - skip])
            return mien_fail_plain(r->err, MIEN_ERR_NOMEM);
    }
    return MIEN_OK;
}

/* "faces.csv: row 2 (line 3), column 4 (eyes)" */
static void describe_place(const reader *r, const mien_table *t, const row *now, size_t column,
                           char *text, size_t size)
{
    int used = snprintf(text, size, "%s: row %zu (line %zu), column %zu", r->path, t->n + 1,
                        now->line, column + 1);
    if (t->columns && used > 0 && (size_t)used < size)
        snprintf(text + used, size - (size_t)used, " (%.40s)", t->columns[column]);
}

static mien_status read_number(reader *r, const mien_table *t, const row *now, size_t column,
                               const char *text, float *out)
{
    double value = 0;
    char place[400];
    kind what = parse_cell(text, &value);
    if (what == NUMBER && value >= 0 && value <= (double)FLT_MAX) {
        *out = (float)value;
        r->largest = value > r->largest ? value : r->largest;
        return MIEN_OK;
    }
    describe_place(r, t, now, column, place, sizeof place);
    if (what == WORD)
        return mien_fail(r->err, MIEN_ERR_FORMAT, "%s: '%.40s' is not a number%s", place, text,
                         strchr(text, ',') ? " (decimals are written with a point)" : "");
    if (what == MISSING)
        return mien_fail(r->err, MIEN_ERR_DOMAIN, "%s: %s; every entry must be there", place,
                         *text ? text : "empty");
    if (value < 0)
        return mien_fail(r->err, MIEN_ERR_DOMAIN, "%s: %.40s is negative; the model assumes none",
                         place, text);
    return mien_fail(r->err, MIEN_ERR_DOMAIN, "%s: %.40s is too large for float32", place, text);
}

static mien_status add_row(reader *r, mien_table *t, const row *now)
{
    size_t skip = r->named, p = now->count - skip;
    if (t->n == 0 && !t->columns)
        t->p = p;
    if (p == 0)
        return mien_fail(r->err, MIEN_ERR_DATA, "%s: row %zu (line %zu) holds no numbers", r->path,
                         t->n + 1, now->line);
    if (p != t->p)
        return mien_fail(r->err, MIEN_ERR_FORMAT,
                         "%s: row %zu (line %zu) has %zu entries, expected %zu", r->path, t->n + 1,
                         now->line, p, t->p);
    size_t wanted, room = r->rows_capacity * t->p;
    if (!mien_product(t->n + 1, t->p, 1, &wanted) ||
        !mien_grow((void **)&t->values, &room, t->n * t->p, wanted, sizeof *t->values))
        return mien_fail_plain(r->err, MIEN_ERR_NOMEM);
    r->rows_capacity = room / t->p;
    for (size_t k = 0; k < p; k++) {
        mien_status st =
            read_number(r, t, now, k, now->cells[k + skip].text, &t->values[t->n * p + k]);
        if (st)
            return st;
    }
    if (r->named) {
        if (!mien_grow((void **)&t->names, &r->names_capacity, t->n, t->n + 1, sizeof *t->names))
            return mien_fail_plain(r->err, MIEN_ERR_NOMEM);
        t->names[t->n] = mien_strdup(now->cells[0].text);
        if (!t->names[t->n])
            return mien_fail_plain(r->err, MIEN_ERR_NOMEM);
    }
    t->n++;
    return MIEN_OK;
}

static mien_status read_table(reader *r, mien_table *t)
{
    skip_preamble(r);
    mien_status st = read_row(r, &r->first);
    if (!st && r->first.count)
        st = read_row(r, &r->second);
    if (st)
        return st;
    if (!r->first.count)
        return mien_fail(r->err, MIEN_ERR_DATA, "%s: an empty table", r->path);
    detect_layout(r);
    st = set_columns(r, t);
    if (!st && !r->header)
        st = add_row(r, t, &r->first);
    row *now = &r->second;
    while (!st && now->count) {
        st = add_row(r, t, now);
        if (!st)
            st = read_row(r, now);
    }
    if (!st && (t->n == 0 || t->p == 0))
        st = mien_fail(r->err, MIEN_ERR_DATA, "%s: a table without numbers", r->path);
    mien_error why;
    if (!st && mien_floats_range(r->largest, &why))
        st = mien_fail(r->err, why.status, "%s: %s", r->path, why.message);
    return st;
}

mien_status mien_table_read(const char *path, mien_table *out, mien_error *err)
{
    mien_bytes bytes = {0};
    mien_table table = {0};
    mien_error why;
    reader r = {.path = path, .line = 1, .err = err};
    mien_status st = mien_input_slurp(AT_FDCWD, path, SIZE_MAX / 4, &bytes, &why);
    if (st) {
        st = mien_fail(err, st, "%s: %s", path, why.message);
        goto done;
    }
    if (memchr(bytes.data, '\0', bytes.nbytes)) {
        st = mien_fail(err, MIEN_ERR_FORMAT, "%s: not a table as text (save it as CSV in UTF-8)",
                       path);
        goto done;
    }
    r.at = (char *)bytes.data;
    r.end = r.at + bytes.nbytes;
    st = read_table(&r, &table);
    if (!st) {
        *out = table;
        table = (mien_table){0};
    }
done:
    mien_free(r.first.cells);
    mien_free(r.second.cells);
    mien_table_free(&table);
    mien_bytes_free(&bytes);
    return st;
}

void mien_table_free(mien_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; table->names && i < table->n; i++)
        mien_free(table->names[i]);
    for (size_t k = 0; table->columns && k < table->p; k++)
        mien_free(table->columns[k]);
    mien_free(table->names);
    mien_free(table->columns);
    mien_free(table->values);
    *table = (mien_table){0};
}
