/* unique_signs.c - which entries of D the zeros of W and H alone decide.
 * SPDX-License-Identifier: MIT
 *
 * Every zero is a row of the program of unique.c in which all coefficients have one sign:
 *
 *   sum_l H_lj D_kl >= 0  where H_kj = 0        sum_k W_ik D_kl <= 0  where W_il = 0
 *
 * So if all entries of a row but one are known to be <= 0 (of the first kind), that one is >= 0,
 * and if all are, all are 0. The rows of the other kind answer with the other sign, and so on until
 * nothing new is found. What comes out is exact, as no number is ever added: a proof that a program
 * in floating point cannot give. On faces it decides everything (CBCL, r = 49: 2,352 entries in
 * 0.03 s, which took lp_solve minutes), so that the program is left with small and dense problems.
 */
#include "study/stability/unique.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { BITS = 64 };

/* Rows of r bits: which parts a pixel, or an image, has. */
struct supports {
    size_t count, words;
    uint64_t *rows; /* count x words */
};

struct signs {
    size_t r, words;
    uint64_t *up, *down;                 /* r x words: by rows of D */
    uint64_t *up_columns, *down_columns; /* r x words: by columns of D */
    struct supports pixels, images;
};

static void set_bit(uint64_t *row, size_t k)
{
    row[k / BITS] |= (uint64_t)1 << k % BITS;
}

static bool has_bit(const uint64_t *row, size_t k)
{
    return row[k / BITS] >> k % BITS & 1;
}

void mien_lines_count_parts(const mien_lines *lines, double *largest, size_t *parts)
{
    for (size_t i = 0; i < lines->count; i++)
        for (size_t k = 0; k < lines->r; k++)
            largest[k] = fmax(largest[k], mien_lines_at(lines, i, k));
    for (size_t i = 0; i < lines->count; i++) {
        bool open = false;
        parts[i] = 0;
        for (size_t k = 0; k < lines->r; k++) {
            double value = mien_lines_at(lines, i, k);
            open = open || (value > 0 && value <= MIEN_UNIQUE_TINY * largest[k]);
            parts[i] += value > 0;
        }
        if (open || parts[i] == lines->r)
            parts[i] = 0;
    }
}

/* The lines that tell something. */
static struct supports collect(mien_lines lines, mien_arena *arena)
{
    size_t words = (lines.r + BITS - 1) / BITS;
    struct supports s = {0, words, mien_arena_alloc(arena, lines.count * words, sizeof *s.rows)};
    size_t *parts = mien_arena_alloc(arena, lines.count, sizeof *parts);
    double *largest = mien_arena_alloc(arena, lines.r, sizeof *largest);
    if (arena->failed)
        return s;
    mien_lines_count_parts(&lines, largest, parts);
    for (size_t i = 0; i < lines.count; i++) {
        for (size_t k = 0; k < lines.r && parts[i]; k++)
            if (mien_lines_at(&lines, i, k) > 0)
                set_bit(s.rows + s.count * words, k);
        s.count += parts[i] > 0;
    }
    return s;
}

/* The rows of one line of D. `against`: entries known to have the sign that a row forbids the sum;
 * `found`: those known to have the other. True when something new is found. */
static bool deduce(const struct supports *supports, size_t line, const uint64_t *against,
                   uint64_t *found)
{
    bool news = false;
    size_t words = supports->words;
    for (size_t i = 0; i < supports->count; i++) {
        const uint64_t *row = supports->rows + i * words;
        if (has_bit(row, line))
            continue;
        size_t open = 0, at = 0;
        for (size_t w = 0; w < words && open < 2; w++) {
            uint64_t left = row[w] & ~against[w];
            if (left) {
                open += left & (left - 1) ? 2 : 1;
                at = w;
            }
        }
        for (size_t w = 0; w < words && open < 2; w++) {
            uint64_t now = open == 0 ? row[w] : w == at ? row[w] & ~against[w] : 0;
            news = news || (now & ~found[w]);
            found[w] |= now;
        }
    }
    return news;
}

static void transpose(const uint64_t *from, uint64_t *to, size_t r, size_t words)
{
    memset(to, 0, r * words * sizeof *to);
    for (size_t k = 0; k < r; k++)
        for (size_t l = 0; l < r; l++)
            if (has_bit(from + k * words, l))
                set_bit(to + l * words, k);
}

static void deduce_all(struct signs *s, mien_go_on_fn go_on, void *user)
{
    size_t words = s->words;
    bool news = true;
    while (news && go_on(user)) {
        news = false;
        for (size_t k = 0; k < s->r; k++)
            news |= deduce(&s->pixels, k, s->down + k * words, s->up + k * words);
        transpose(s->up, s->up_columns, s->r, words);
        for (size_t l = 0; l < s->r; l++)
            news |= deduce(&s->images, l, s->up_columns + l * words, s->down_columns + l * words);
        transpose(s->down_columns, s->down, s->r, words);
    }
}

mien_status mien_unique_signs(const mien_fit *fit, mien_go_on_fn go_on, void *user, bool *up,
                              bool *down)
{
    size_t r = fit->r, words = (r + BITS - 1) / BITS;
    mien_arena arena = {0};
    size_t lines = r * words;
    struct signs s = {.r = r,
                      .words = words,
                      .up = mien_arena_alloc(&arena, lines, sizeof(uint64_t)),
                      .down = mien_arena_alloc(&arena, lines, sizeof(uint64_t)),
                      .up_columns = mien_arena_alloc(&arena, lines, sizeof(uint64_t)),
                      .down_columns = mien_arena_alloc(&arena, lines, sizeof(uint64_t)),
                      .pixels = collect(mien_lines_of_basis(fit), &arena),
                      .images = collect(mien_lines_of_weights(fit), &arena)};
    if (arena.failed) {
        mien_arena_free(&arena);
        return MIEN_ERR_NOMEM;
    }
    deduce_all(&s, go_on, user);
    for (size_t k = 0; k < r; k++)
        for (size_t l = 0; l < r; l++) {
            up[k * r + l] = has_bit(s.up + k * words, l);
            down[k * r + l] = has_bit(s.down + k * words, l);
        }
    mien_arena_free(&arena);
    return MIEN_OK;
}
