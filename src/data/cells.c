/* cells.c - text as rows of cells.
 * SPDX-License-Identifier: MIT */
#include "data/cells.h"

#include "base/memory.h"
#include "base/status.h"
#include "data/numerals.h"

#include <string.h>

/* ---------------------------------------------------------------- UTF-16 */

static size_t put_utf8(uint32_t c, unsigned char *to)
{
    static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t k = length; k-- > 1; c >>= 6)
        to[k] = (unsigned char)(0x80 | (c & 0x3F));
    to[0] = (unsigned char)(marks[length] | c);
    return length;
}

mien_status mien_cells_decode(mien_bytes *bytes)
{
    const unsigned char *b = bytes->data;
    bool little = bytes->nbytes >= 2 && b[0] == 0xFF && b[1] == 0xFE;
    bool big = bytes->nbytes >= 2 && b[0] == 0xFE && b[1] == 0xFF;
    if (!little && !big)
        return MIEN_OK;
    size_t units = bytes->nbytes / 2, room; /* a unit becomes three bytes at most */
    if (!mien_product(units, 3, 1, &room))
        return MIEN_ERR_NOMEM;
    unsigned char *text = mien_alloc_raw(room + 1, 1);
    if (!text)
        return MIEN_ERR_NOMEM;
    size_t used = 0;
    for (size_t i = 1; i < units; i++) {
        uint32_t c = (uint32_t)b[2 * i + big] | (uint32_t)b[2 * i + little] << 8;
        if (c >= 0xD800 && c < 0xDC00 && i + 1 < units) {
            uint32_t low = (uint32_t)b[2 * i + 2 + big] | (uint32_t)b[2 * i + 2 + little] << 8;
            if (low >= 0xDC00 && low < 0xE000) {
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
                i++;
            }
        }
        used += put_utf8(c, text + used);
    }
    text[used] = '\0';
    mien_bytes_free(bytes);
    *bytes = (mien_bytes){text, used, room + 1};
    return MIEN_OK;
}

/* ---------------------------------------------------------------- cells */

static bool at_line_end(const mien_cells *r)
{
    return r->at == r->end || *r->at == '\n' || *r->at == '\r';
}

static void skip_line_end(mien_cells *r)
{
    if (r->at == r->end)
        return;
    if (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n')
        r->at++;
    r->at++;
    r->line++;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Whether a cell ends at this character. */
static bool separates(const mien_cells *r, char c)
{
    return r->separator == ' ' ? is_blank(c) : c == r->separator;
}

/* Blanks around a cell that belong to no one. */
static void skip_blanks(mien_cells *r)
{
    while (is_blank(*r->at) && (r->separator == ' ' || *r->at != r->separator))
        r->at++;
}

/* A cell in quotes: undoubles them in place. The reader stands behind the closing quote. */
static mien_status read_quoted(mien_cells *r, mien_cell *c)
{
    size_t start = r->line;
    char *to = ++r->at;
    *c = (mien_cell){.text = to, .quoted = true};
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
    bool apart = separates(r, r->at[1]);
    r->at++;
    if (!(apart && r->separator == ' '))
        skip_blanks(r);
    *to = '\0'; /* on the closing quote or before it */
    if (!at_line_end(r) && !separates(r, *r->at))
        return mien_fail(r->err, MIEN_ERR_FORMAT, "%s: line %zu: text follows a closing quote",
                         r->path, r->line);
    return MIEN_OK;
}

/* One cell; the reader then stands on the separator or line end behind it. `*tail` is where the
 * cell's NUL belongs: it may be the separator itself, which has to be looked at first. */
static mien_status read_cell(mien_cells *r, mien_cell *c, char **tail)
{
    skip_blanks(r);
    *tail = NULL;
    if (*r->at == '"')
        return read_quoted(r, c);
    *c = (mien_cell){.text = r->at};
    while (!at_line_end(r) && !separates(r, *r->at))
        r->at++;
    *tail = r->at;
    while (*tail > c->text && is_blank((*tail)[-1]))
        (*tail)--;
    return MIEN_OK;
}

/* Behind a cell: whether another follows in this row. */
static bool goes_on(mien_cells *r)
{
    if (r->separator == ' ') { /* a run of blanks separates once, and not at the end of a line */
        char *at = r->at;
        while (is_blank(*at))
            at++;
        bool more = at < r->end && *at != '\n' && *at != '\r';
        r->at = at;
        return more;
    }
    bool more = r->at < r->end && *r->at == r->separator;
    if (more)
        r->at++;
    return more;
}

static mien_status read_cells(mien_cells *r, mien_row *out)
{
    out->count = 0;
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
        bool more = goes_on(r);
        if (!more)
            skip_line_end(r);
        if (tail)
            *tail = '\0';
        if (!more)
            return MIEN_OK;
    }
}

static bool is_empty(const mien_row *row)
{
    for (size_t k = 0; k < row->count; k++)
        if (row->cells[k].text[0] != '\0')
            return false;
    return true;
}

mien_status mien_cells_next(mien_cells *r, mien_row *out)
{
    for (;;) {
        out->count = 0;
        while (r->at < r->end) {
            char *line = r->at;
            while (is_blank(*r->at))
                r->at++;
            if (!at_line_end(r)) {
                r->at = line;
                break;
            }
            skip_line_end(r);
        }
        if (r->at == r->end)
            return MIEN_OK;
        mien_status st = read_cells(r, out);
        if (st || !is_empty(out))
            return st;
    }
}

/* ---------------------------------------------------------------- before the first row */

enum { SAMPLE_ROWS = 10 };

/* The first rows, as a text of their own that may be cut. MIEN_ERR_NOMEM. */
static mien_status copy_sample(const mien_cells *r, char **out, size_t *length)
{
    size_t rows = 0;
    const char *at = r->at;
    for (; at < r->end && rows < SAMPLE_ROWS; at++)
        rows += *at == '\n' || (*at == '\r' && at[1] != '\n');
    *length = (size_t)(at - r->at);
    *out = mien_alloc_raw(*length + 1, 1);
    return *out ? MIEN_OK : MIEN_ERR_NOMEM;
}

/* How well a separator cuts the sample: a number counts four, a word below the first row minus one,
 * since a wrong separator joins numbers into words. *width: cells of the longest row. */
static mien_status rate(const mien_cells *r, char *sample, size_t length, char separator,
                        long *score, size_t *width)
{
    memcpy(sample, r->at, length);
    sample[length] = '\0';
    mien_cells trial = {
        .path = r->path, .at = sample, .end = sample + length, .separator = separator};
    mien_numerals numerals = {.comma_allowed = separator != ','};
    mien_row row = {0};
    *score = 0;
    *width = 0;
    mien_status st = MIEN_OK;
    for (size_t rows = 0; !st; rows++) {
        st = mien_cells_next(&trial, &row);
        if (st || row.count == 0)
            break;
        *width = row.count > *width ? row.count : *width;
        for (size_t k = 0; k < row.count; k++) {
            double value;
            mien_numeral kind = mien_numerals_read(&numerals, row.cells[k].text, &value);
            *score += kind == MIEN_NUMERAL ? 4 : kind == MIEN_NUMERAL_WORD && rows ? -1 : 0;
        }
    }
    mien_free(row.cells);
    return st == MIEN_ERR_NOMEM ? st : MIEN_OK; /* a quote that is not closed is told later */
}

/* By the first line, outside quotes, where no cell is a number. */
static char most_frequent(const char *at)
{
    static const char candidates[] = "\t;,| ";
    size_t counts[sizeof candidates - 1] = {0}, best = 2;
    bool quoted = false;
    for (; *at && (quoted || (*at != '\n' && *at != '\r')); at++) {
        quoted = quoted != (*at == '"');
        const char *found = quoted ? NULL : strchr(candidates, *at);
        if (found)
            counts[found - candidates]++;
    }
    for (size_t k = 0; k < 4; k++) /* blanks stand in any text */
        best = counts[k] > counts[best] ? k : best;
    return candidates[best];
}

static mien_status find_separator(mien_cells *r)
{
    static const char candidates[] = {'\t', ';', ',', '|', ' '};
    char *sample;
    size_t length, best_width = 1;
    long best = 0;
    r->separator = most_frequent(r->at);
    mien_status st = copy_sample(r, &sample, &length);
    if (st)
        return mien_fail_plain(r->err, st);
    for (size_t k = 0; k < sizeof candidates && !st; k++) {
        long score;
        size_t width;
        st = rate(r, sample, length, candidates[k], &score, &width);
        if (!st && width > 1 && (score > best || (score == best && best > 0 && best_width == 1))) {
            best = score;
            best_width = width;
            r->separator = candidates[k];
        }
    }
    mien_free(sample);
    return st ? mien_fail_plain(r->err, st) : MIEN_OK;
}

/* "sep=;", Excel's own word. */
static bool take_separator_line(mien_cells *r)
{
    if (r->end - r->at < 5 || memcmp(r->at, "sep=", 4) != 0 || r->at[4] == '\0' ||
        (r->at[5] != '\n' && r->at[5] != '\r' && r->at + 5 != r->end))
        return false;
    r->separator = r->at[4];
    r->at += 5;
    skip_line_end(r);
    return true;
}

mien_status mien_cells_begin(mien_cells *r, const char *path, mien_bytes *text, mien_error *err)
{
    *r = (mien_cells){.path = path, .at = (char *)text->data, .line = 1, .err = err};
    r->end = r->at + text->nbytes;
    if (r->end - r->at >= 3 && memcmp(r->at, "\xEF\xBB\xBF", 3) == 0)
        r->at += 3;
    bool told = take_separator_line(r);
    while (r->at < r->end && (*r->at == '#' || *r->at == '%' || at_line_end(r))) {
        const char *start = r->at;
        while (!at_line_end(r))
            r->at++;
        if (r->at > start) {
            r->comment = start + 1;
            r->comment_length = (size_t)(r->at - start) - 1;
        }
        skip_line_end(r);
    }
    return told ? MIEN_OK : find_separator(r);
}
