/* unique_program.c - parts of which no factorisation near this one differs: by linear programs.
 * SPDX-License-Identifier: MIT
 *
 * The directions D that keep every zero legal are a cone. An entry of D is zero all over it when a
 * random combination c of the entries in question is neither above nor below zero on it: two linear
 * programs, in the box |D| <= 1. Few of the rows matter, so a program gets the most violated ones,
 * is solved, and gets more, until it cannot move or breaks no row.
 *
 * What a program in floating point says is not believed. Its multipliers y >= 0 of both programs
 * have G'y = e with e near zero, whence for every direction d with |d| <= 1
 *
 *   sum_i y_i (G d)_i <= |e|_1,  all terms >= 0,  so  ||Y G d|| <= |e|_1,  Y = diag(y),
 *
 * and where G'Y^2 G is positive definite beyond |e|_1^2, as a Cholesky factorisation shows, d is
 * zero. That is checked with the rows themselves. */
#include "study/stability/unique.h"

#include "base/memory.h"
#include "base/rng.h"
#include "study/stability/linear_program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_IMAGES = 4000, /* images, and pixels, whose zeros are taken: those with the fewest parts */
    MAX_ROUNDS = 200,
    ROWS_PER_ENTRY = 20 /* a program with more rows than that is given up */
};

/* Sums up to here are rounding. */
static const double ZERO = 1e-7;

/* Multiplied into the bound on an entry of D while others are 1: it counts as zero. */
static const double MAX_MOVED = 0.05;

/* Added to the squares of entries that may be free, and taken from those to be proven. */
static const double FREE_SQUARE = 1e-13, PROVEN_SQUARE = 1e-6;

/* Zeros of one factor: rows of r values, every part scaled to length 1, none of them tiny. */
struct zeros {
    size_t count;
    double *values; /* count x r */
};

/* The factor that a row's zero is in. */
enum side { OF_BASIS, OF_WEIGHTS, SIDES };

struct prover {
    size_t r, m; /* parts; entries of D that are open */
    struct zeros zeros[SIDES];
    int *index; /* r x r: which of the m an entry is, or -1 */
    double *lower, *upper, *objective;
    bool *target; /* m: entries that are to be proven zero */
    double *D;    /* r x r */
    bool *taken;  /* a row each: it is in the program */
    struct violation {
        double value;
        size_t row;
    } * violations; /* rows that a solution breaks */
    size_t *rows;   /* those of the program, in its order */
    size_t n_rows, max_rows;
    double *values; /* r: coefficients of a row, */
    int *at;        /* and whose they are */
    struct proof {
        size_t row;
        double y;
    } * proof; /* multipliers of both programs */
    size_t n_proof, proof_capacity;
    mien_arena arena;
    mien_go_on_fn go_on;
    void *user;
};

/* ---------------------------------------------------------------- rows */

static size_t rows_of(const struct prover *v, enum side side)
{
    return v->zeros[side].count * v->r;
}

/* Row number -> its factor, its line of values and the part whose zero it is. */
static const double *find_row(const struct prover *v, size_t row, enum side *side, size_t *part)
{
    *side = row < rows_of(v, OF_BASIS) ? OF_BASIS : OF_WEIGHTS;
    if (*side == OF_WEIGHTS)
        row -= rows_of(v, OF_BASIS);
    *part = row % v->r;
    return v->zeros[*side].values + row / v->r * v->r;
}

/* Entry of D that belongs to another part's value in the row of `part`. */
static size_t entry_of(const struct prover *v, enum side side, size_t part, size_t other)
{
    return side == OF_BASIS ? part * v->r + other : other * v->r + part;
}

/* values, at <- a row of G, its largest coefficient +1 or -1; returns their number, 0 for no row.
 */
static size_t make_row(struct prover *v, size_t row)
{
    enum side side;
    size_t part, count = 0;
    double largest = 0;
    const double *line = find_row(v, row, &side, &part);
    if (line[part] != 0)
        return 0;
    for (size_t other = 0; other < v->r; other++) {
        int at = v->index[entry_of(v, side, part, other)];
        if (line[other] == 0 || at < 0)
            continue;
        v->values[count] = line[other];
        v->at[count++] = at;
        largest = fmax(largest, line[other]);
    }
    for (size_t i = 0; i < count; i++)
        v->values[i] *= (side == OF_BASIS ? 1 : -1) / largest;
    return count;
}

static int by_value(const void *a, const void *b)
{
    const struct violation *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The rows outside the program that d breaks, the worst first. */
static size_t find_violations(struct prover *v, const double *d)
{
    size_t count = 0, all = rows_of(v, OF_BASIS) + rows_of(v, OF_WEIGHTS);
    for (size_t row = 0; row < all; row++) {
        size_t entries = v->taken[row] ? 0 : make_row(v, row);
        double sum = 0;
        for (size_t i = 0; i < entries; i++)
            sum += v->values[i] * d[v->at[i]];
        if (sum < -ZERO)
            v->violations[count++] = (struct violation){sum, row};
    }
    qsort(v->violations, count, sizeof *v->violations, by_value);
    return count;
}

/* ---------------------------------------------------------------- one program */

enum end { CANNOT_MOVE, MOVES, GIVEN_UP };

static bool add_rows(struct prover *v, mien_program *program, size_t violated)
{
    size_t max = v->m + 100;
    for (size_t i = 0; i < violated && i < max; i++) {
        size_t row = v->violations[i].row, count = make_row(v, row);
        if (v->n_rows == v->max_rows || !mien_program_add(program, count, v->at, v->values))
            return false;
        v->taken[row] = true;
        v->rows[v->n_rows++] = row;
    }
    return true;
}

static bool keep_multipliers(struct prover *v, const double *y)
{
    for (size_t i = 0; i < v->n_rows; i++) {
        if (!(y[i] > 0))
            continue;
        if (!mien_grow((void **)&v->proof, &v->proof_capacity, v->n_proof, v->n_proof + 1,
                       sizeof *v->proof))
            return false;
        v->proof[v->n_proof++] = (struct proof){v->rows[i], y[i]};
    }
    return true;
}

static enum end solve_rounds(struct prover *v, mien_program *program, mien_status *st)
{
    for (size_t round = 0; round < MAX_ROUNDS; round++) {
        const double *d, *y;
        double sum = 0;
        if (!mien_program_solve(program, v->go_on, v->user, &d, &y))
            return GIVEN_UP;
        for (size_t at = 0; at < v->m; at++)
            sum += v->objective[at] * d[at];
        if (!(sum > ZERO)) {
            *st = keep_multipliers(v, y) ? MIEN_OK : MIEN_ERR_NOMEM;
            return CANNOT_MOVE;
        }
        size_t violated = find_violations(v, d);
        for (size_t at = 0; at < v->r * v->r; at++)
            v->D[at] = v->index[at] < 0 ? 0 : d[v->index[at]];
        if (violated == 0)
            return MOVES;
        if (!add_rows(v, program, violated))
            return GIVEN_UP;
    }
    return GIVEN_UP;
}

/* Maximise the objective over the cone within its box. */
static enum end solve_one(struct prover *v, mien_status *st)
{
    memset(v->taken, 0, (rows_of(v, OF_BASIS) + rows_of(v, OF_WEIGHTS)) * sizeof *v->taken);
    v->n_rows = 0;
    mien_program *program = mien_program_create(v->m, v->objective, v->lower, v->upper, v->max_rows,
                                                v->max_rows * v->r);
    enum end end = program ? solve_rounds(v, program, st) : GIVEN_UP;
    mien_program_free(program);
    return end;
}

/* ---------------------------------------------------------------- the proof, checked */

/* Cholesky, A = L L' in place of the lower triangle; false when A is not positive definite. */
static bool factorise(double *A, size_t m)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++) {
            const double *a = A + i * m, *b = A + j * m;
            double sum = a[j];
            for (size_t k = 0; k < j; k++)
                sum -= a[k] * b[k];
            if (i == j && !(sum > 0))
                return false;
            A[i * m + j] = i == j ? sqrt(sum) : sum / b[j];
        }
    return true;
}

/* A <- G'Y^2 G, entries in the order of `place`; e <- G'y. */
static void add_proof(struct prover *v, const size_t *place, double *A, double *e)
{
    for (size_t i = 0; i < v->n_proof; i++) {
        double y = v->proof[i].y;
        size_t count = make_row(v, v->proof[i].row);
        for (size_t a = 0; a < count; a++) {
            e[v->at[a]] += y * v->values[a];
            for (size_t b = 0; b < count; b++)
                A[place[v->at[a]] * v->m + place[v->at[b]]] += y * y * v->values[a] * v->values[b];
        }
    }
}

/* Entries that may be free come first: what is left of the others is then the last pivots. */
static void order_entries(const struct prover *v, size_t *place)
{
    size_t next = 0;
    for (int proven = 0; proven < 2; proven++)
        for (size_t at = 0; at < v->m; at++)
            if (v->target[at] == proven)
                place[at] = next++;
}

static mien_status check_proof(struct prover *v, bool *holds)
{
    size_t m = v->m, others = 0; /* m <= MIEN_UNIQUE_MAX */
    mien_arena arena = {0};
    double *A = mien_arena_alloc(&arena, m * m, sizeof *A);
    double *e = mien_arena_alloc(&arena, m, sizeof *e), residual = 0;
    size_t *place = mien_arena_alloc(&arena, m, sizeof *place);
    if (arena.failed) {
        mien_arena_free(&arena);
        return MIEN_ERR_NOMEM;
    }
    order_entries(v, place);
    add_proof(v, place, A, e);
    for (size_t at = 0; at < m; at++) {
        /* the entry's own sign is a row, too, whose multiplier takes what it may of the residual */
        double own = v->lower[at] == 0 ? fmax(-e[at], 0) : v->upper[at] == 0 ? fmin(-e[at], 0) : 0;
        double *square = &A[place[at] * m + place[at]];
        residual += fabs(e[at] + own);
        *square += own * own + (v->target[at] ? -PROVEN_SQUARE : FREE_SQUARE);
        others += !v->target[at];
    }
    double bound = (residual * residual + FREE_SQUARE * (double)others) / PROVEN_SQUARE;
    *holds = bound < MAX_MOVED * MAX_MOVED && factorise(A, m);
    mien_arena_free(&arena);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- all of it */

/* The images (pixels) with the fewest parts, as they bind most. */
static void collect(struct prover *v, enum side side, mien_lines lines)
{
    size_t r = v->r, n = lines.count, parts_at_most = 1, max = n < MAX_IMAGES ? n : MAX_IMAGES;
    struct zeros *zeros = &v->zeros[side];
    double *norm = mien_arena_alloc(&v->arena, r, sizeof *norm);
    double *largest = mien_arena_alloc(&v->arena, r, sizeof *largest);
    size_t *parts = mien_arena_alloc(&v->arena, n, sizeof *parts);
    size_t *with = mien_arena_alloc(&v->arena, r + 1, sizeof *with);
    zeros->values = mien_arena_alloc(&v->arena, max * r + 1, sizeof *zeros->values);
    if (v->arena.failed)
        return;
    mien_lines_count_parts(&lines, largest, parts);
    for (size_t i = 0; i < n; i++) {
        with[parts[i]]++;
        for (size_t k = 0; k < r; k++)
            norm[k] += mien_lines_at(&lines, i, k) * mien_lines_at(&lines, i, k);
    }
    for (size_t k = 0; k < r; k++)
        norm[k] = norm[k] > 0 ? sqrt(norm[k]) : 1;
    for (size_t sum = 0; parts_at_most < r && sum + with[parts_at_most] <= max; parts_at_most++)
        sum += with[parts_at_most];
    for (size_t i = 0; i < n && zeros->count < max; i++)
        if (parts[i] && parts[i] <= parts_at_most) {
            double *line = zeros->values + zeros->count++ * r;
            for (size_t k = 0; k < r; k++)
                line[k] = mien_lines_at(&lines, i, k) / norm[k];
        }
}

static void number_entries(struct prover *v, const bool *up, const bool *down)
{
    for (size_t at = 0; at < v->r * v->r; at++) {
        bool open = at / v->r != at % v->r && !(up[at] && down[at]);
        v->index[at] = open ? (int)v->m++ : -1;
    }
}

static mien_status prepare(struct prover *v, const mien_fit *fit, const bool *up, const bool *down)
{
    mien_arena *arena = &v->arena;
    collect(v, OF_BASIS, mien_lines_of_basis(fit));
    collect(v, OF_WEIGHTS, mien_lines_of_weights(fit));
    size_t all = rows_of(v, OF_BASIS) + rows_of(v, OF_WEIGHTS), m = v->m;
    v->max_rows = ROWS_PER_ENTRY * m + 1000 < all ? ROWS_PER_ENTRY * m + 1000 : all;
    v->lower = mien_arena_alloc(arena, m, sizeof *v->lower);
    v->upper = mien_arena_alloc(arena, m, sizeof *v->upper);
    v->objective = mien_arena_alloc(arena, m, sizeof *v->objective);
    v->target = mien_arena_alloc(arena, m, sizeof *v->target);
    v->D = mien_arena_alloc(arena, v->r * v->r, sizeof *v->D);
    v->taken = mien_arena_alloc(arena, all, sizeof *v->taken);
    v->violations = mien_arena_alloc(arena, all, sizeof *v->violations);
    v->rows = mien_arena_alloc(arena, v->max_rows, sizeof *v->rows);
    v->values = mien_arena_alloc(arena, v->r, sizeof *v->values);
    v->at = mien_arena_alloc(arena, v->r, sizeof *v->at);
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    for (size_t at = 0; at < v->r * v->r; at++)
        if (v->index[at] >= 0) {
            v->lower[v->index[at]] = up[at] ? 0 : -1;
            v->upper[v->index[at]] = down[at] ? 0 : 1;
        }
    return MIEN_OK;
}

/* Targets are what is open in the rows and columns of the open parts, each with a random weight.
 * Returns their number. */
static size_t set_targets(struct prover *v, const bool *open)
{
    size_t targets = 0;
    for (size_t at = 0; at < v->r * v->r; at++) {
        int entry = v->index[at];
        if (entry < 0)
            continue;
        bool target = open[at / v->r] || open[at % v->r];
        double u = mien_random_uniform(0, MIEN_STREAM_CERTIFICATE, at);
        v->target[entry] = target;
        v->objective[entry] = !target ? 0 : u < 0.5 ? u - 1 : u;
        targets += target;
    }
    return targets;
}

/* Parts that the direction D changes are no longer open; false when there is none. */
static bool close_moved(const struct prover *v, bool *open)
{
    bool closed = false;
    for (size_t at = 0; at < v->r * v->r; at++) {
        size_t ends[] = {at / v->r, at % v->r};
        for (int i = 0; i < 2 && fabs(v->D[at]) > ZERO; i++) {
            closed = closed || open[ends[i]];
            open[ends[i]] = false;
        }
    }
    return closed;
}

static enum end solve_both(struct prover *v, mien_status *st)
{
    enum end end = CANNOT_MOVE;
    v->n_proof = 0;
    for (int sign = 0; sign < 2 && end == CANNOT_MOVE && !*st; sign++) {
        for (size_t at = 0; at < v->m && sign; at++)
            v->objective[at] = -v->objective[at];
        end = solve_one(v, st);
    }
    return end;
}

static mien_status prove(struct prover *v, bool *open, bool *proven, const char **reason)
{
    mien_status st = MIEN_OK;
    for (;;) {
        if (set_targets(v, open) == 0) {
            *proven = true;
            return MIEN_OK;
        }
        enum end end = solve_both(v, &st);
        if (st)
            return st;
        if (end == MOVES && close_moved(v, open))
            continue;
        if (end == CANNOT_MOVE)
            st = check_proof(v, proven);
        if (!st && !*proven)
            *reason = !v->go_on(v->user) ? "the time for the proof was up"
                                         : "memory or precision did not suffice for a proof";
        return st;
    }
}

mien_status mien_unique_prove(const mien_fit *fit, const bool *up, const bool *down,
                              mien_go_on_fn go_on, void *user, bool *open, bool *proven,
                              const char **reason)
{
    struct prover v = {.r = fit->r, .go_on = go_on, .user = user};
    mien_status st = MIEN_ERR_NOMEM;
    *proven = false;
    v.index = mien_arena_alloc(&v.arena, v.r * v.r, sizeof *v.index);
    if (v.index) {
        number_entries(&v, up, down);
        st = MIEN_OK;
        if (v.m > MIEN_UNIQUE_MAX)
            *reason = "there are too few zeros for a proof";
        else
            st = prepare(&v, fit, up, down);
        if (!st && v.m <= MIEN_UNIQUE_MAX)
            st = prove(&v, open, proven, reason);
    }
    mien_free(v.proof);
    mien_arena_free(&v.arena);
    return st;
}
