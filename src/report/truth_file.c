/* truth_file.c - reading what the makers of the bundled images wrote down.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "base/status.h"
#include "data/input.h"
#include "data/npy.h"
#include "data/numerals.h"
#include "mien_report.h"
#include "report/truth_report.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- groups of faces */

enum { CONDITIONS = 2, MAX_COLUMNS = 128, MAX_FILE = 1 << 24 };

/* A cell is one of "a|b" ('='), none of them ('!'), or a number below ('<') or not below ('>') a
 * limit. An empty cell meets no condition. */
struct condition {
    const char *column;
    char is;
    const char *words;
    double limit;
};

/* Ink is dark on these pictures: what is darker than the skin can be a part, and so light hair and
 * beards are groups of their own. */
static const struct rule {
    const char *name;
    struct condition all[CONDITIONS];
} rules[] = {
    {"dark glasses", {{"glasses_grey", '<', NULL, 0.5}}},
    {"sunglasses", {{"glasses_tint", '>', NULL, 0.5}}},
    {"white glasses", {{"glasses_grey", '>', NULL, 0.5}}},
    {"dark full beard", {{"beard", '=', "full", 0}, {"beard_grey", '<', NULL, 0.4}}},
    {"dark goatee", {{"beard", '=', "goatee", 0}, {"beard_grey", '<', NULL, 0.4}}},
    {"dark moustache", {{"moustache", '!', "none", 0}, {"beard_grey", '<', NULL, 0.4}}},
    {"light beard or moustache", {{"beard_grey", '>', NULL, 0.4}}},
    {"stubble", {{"beard", '=', "stubble", 0}}},
    {"bald head", {{"hair", '=', "bald", 0}}},
    {"dark cropped hair", {{"hair", '=', "crop", 0}, {"hair_grey", '<', NULL, 0.4}}},
    {"dark receding hair", {{"hair", '=', "receding", 0}, {"hair_grey", '<', NULL, 0.4}}},
    {"dark bob", {{"hair", '=', "bob", 0}, {"hair_grey", '<', NULL, 0.4}}},
    {"dark curls", {{"hair", '=', "curls", 0}, {"hair_grey", '<', NULL, 0.4}}},
    {"dark parted hair", {{"hair", '=', "parted", 0}, {"hair_grey", '<', NULL, 0.4}}},
    {"dark fringe", {{"hair", '=', "fringe|long_fringe", 0}, {"hair_grey", '<', NULL, 0.4}}},
    {"dark long hair", {{"hair", '=', "long|long_fringe", 0}, {"hair_grey", '<', NULL, 0.4}}},
    {"dark bun", {{"hair", '=', "bun", 0}, {"hair_grey", '<', NULL, 0.4}}},
    {"light from the left", {{"light", '=', "left", 0}}},
    {"light from the right", {{"light", '=', "right", 0}}},
    {"light from above", {{"light", '=', "top", 0}}},
    {"broad smile", {{"smile", '>', NULL, 1}}},
    {"open mouth", {{"mouth_opening", '>', NULL, 1}}},
    {"teeth", {{"mouth_teeth", '=', "1", 0}}},
    {"closed eyes", {{"eyes", '=', "closed", 0}}},
    {"tie", {{"collar", '=', "tie", 0}}},
};
enum { RULES = sizeof rules / sizeof *rules };

/* Is the cell one of the words between bars? */
static bool is_among(const char *cell, const char *words)
{
    size_t length = strlen(cell);
    for (const char *at = words; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, cell, length) == 0 && (at[length] == '\0' || at[length] == '|'))
            return true;
    }
    return false;
}

static bool meets(const struct condition *condition, char *cell)
{
    mien_numerals plain = {0};
    double value;
    if (!*cell)
        return false;
    switch (condition->is) {
    case '=':
        return is_among(cell, condition->words);
    case '!':
        return !is_among(cell, condition->words);
    default:
        return mien_numerals_read(&plain, cell, &value) == MIEN_NUMERAL &&
               (value < condition->limit) == (condition->is == '<');
    }
}

/* The cells of the line at *at, which becomes the next one; NULL at the end. Cuts it in place: no
 * cell of these files is quoted. */
static size_t cut_line(char **at, char *cells[MAX_COLUMNS])
{
    char *line = *at, *end = line + strcspn(line, "\n");
    size_t count = 0;
    *at = *end ? end + 1 : end;
    *end = '\0';
    line[strcspn(line, "\r")] = '\0';
    while (line && count < MAX_COLUMNS) {
        cells[count++] = line;
        line = strchr(line, ',');
        if (line)
            *line++ = '\0';
    }
    return count;
}

/* places[rule][condition] <- the column it looks at. */
static mien_status find_columns(const char *path, char *const *head, size_t count,
                                size_t places[RULES][CONDITIONS], mien_error *err)
{
    for (size_t g = 0; g < RULES; g++)
        for (size_t c = 0; c < CONDITIONS && rules[g].all[c].column; c++) {
            size_t j = 0;
            while (j < count && strcmp(head[j], rules[g].all[c].column) != 0)
                j++;
            if (j == count)
                return mien_fail(err, MIEN_ERR_FORMAT, "%s: there is no column %s", path,
                                 rules[g].all[c].column);
            places[g][c] = j;
        }
    return MIEN_OK;
}

static bool follows(const struct rule *rule, const size_t places[CONDITIONS], char *const *cells)
{
    bool all = true;
    for (size_t c = 0; c < CONDITIONS && rule->all[c].column; c++)
        all = all && meets(&rule->all[c], cells[places[c]]);
    return all;
}

static mien_status read_rows(const char *path, char *text, const mien_dataset *dataset,
                             mien_truth *truth, mien_error *err)
{
    char *head[MAX_COLUMNS], *cells[MAX_COLUMNS];
    size_t places[RULES][CONDITIONS], count = cut_line(&text, head);
    mien_status st = find_columns(path, head, count, places, err);
    for (size_t i = 0; i < truth->n && !st; i++) {
        if (cut_line(&text, cells) != count || strcmp(cells[0], dataset->images[i].path) != 0)
            return mien_fail(err, MIEN_ERR_FORMAT, "%s: row %zu is not that of %s", path, i + 1,
                             dataset->images[i].path);
        for (size_t g = 0; g < RULES; g++) {
            truth->groups[g].has[i] = follows(&rules[g], places[g], cells);
            truth->groups[g].count += truth->groups[g].has[i];
        }
    }
    if (!st && *text)
        st = mien_fail(err, MIEN_ERR_FORMAT, "%s: more rows than the %zu images", path, truth->n);
    return st;
}

static mien_status read_groups(const char *path, const mien_dataset *dataset, mien_truth *truth,
                               mien_error *err)
{
    mien_bytes bytes = {0};
    mien_error why;
    mien_status st = mien_input_slurp(AT_FDCWD, path, MAX_FILE, &bytes, &why);
    if (st)
        return mien_fail(err, st, "%s: %s", path, why.message);
    truth->n_groups = RULES;
    truth->groups = mien_arena_alloc(&truth->arena, RULES, sizeof *truth->groups);
    for (size_t g = 0; g < RULES && truth->groups; g++) {
        truth->groups[g].name = rules[g].name;
        truth->groups[g].has = mien_arena_alloc(&truth->arena, truth->n, sizeof(bool));
    }
    st = truth->arena.failed ? mien_fail_plain(err, MIEN_ERR_NOMEM)
                             : read_rows(path, (char *)bytes.data, dataset, truth, err);
    mien_bytes_free(&bytes);
    return st;
}

/* ---------------------------------------------------------------- parts of swimmers */

static mien_status read_parts(const char *path, const mien_dataset *dataset, mien_truth *truth,
                              mien_error *err)
{
    mien_npy npy;
    mien_status st = mien_npy_read_floats(path, 3, &npy, err);
    if (st)
        return st;
    const mien_shape s = dataset->shape;
    if (s.channels != 1 || npy.dims[1] != s.height || npy.dims[2] != s.width || npy.dims[0] < 2)
        st = mien_fail(err, MIEN_ERR_SHAPE, "%s: %zu parts of %zux%zu pixels; images have %zux%zu",
                       path, npy.dims[0], npy.dims[2], npy.dims[1], s.width, s.height);
    float *parts = st ? NULL : mien_arena_alloc(&truth->arena, npy.count, sizeof *parts);
    if (parts) {
        memcpy(parts, npy.values, npy.count * sizeof *parts);
        truth->parts = parts;
        truth->n_parts = npy.dims[0];
    } else if (!st) {
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    mien_npy_free(&npy);
    return st;
}

/* ---------------------------------------------------------------- either */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

mien_status mien_truth_load(const char *path, const mien_dataset *dataset, mien_truth **out,
                            mien_error *err)
{
    mien_truth *truth = mien_alloc_array(1, sizeof *truth);
    if (!truth)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    const char *slash = strrchr(path, '/');
    snprintf(truth->source, sizeof truth->source, "%s", slash ? slash + 1 : path);
    truth->n = dataset->pixels.n;
    truth->p = dataset->pixels.p;
    mien_status st = ends_with(path, ".npy") ? read_parts(path, dataset, truth, err)
                                             : read_groups(path, dataset, truth, err);
    if (st)
        mien_truth_free(truth);
    else
        *out = truth;
    return st;
}

void mien_truth_free(mien_truth *truth)
{
    if (!truth)
        return;
    mien_arena_free(&truth->arena);
    mien_arena_free(&truth->found);
    mien_free(truth);
}
