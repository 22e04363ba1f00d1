/* unique.c - can the parts of a fit be turned into others without changing W H?
 * SPDX-License-Identifier: MIT
 *
 * Where W and H have rank r, every other factorisation of W H into r parts is (W A^-1, A H). Two
 * questions are asked of it:
 *
 * 1. Single moves. H_l - t H_k with W_k + t W_l, and H_l + t H_k with W_k - t W_l, leave W H as it
 *    is. The largest t that keeps all that is not negative, and the cosine that H_l is turned to,
 *    show that a part is free.
 * 2. All directions. To first order A = I + D, and the zeros stay legal:
 *
 *      (D H)_kj >= 0  where H_kj = 0        (W D)_il <= 0  where W_il = 0
 *
 *    Part l is proven when every such D has no entry in row l (what is added to the part) and
 *    column l (what it is added to) beside the diagonal, which is scale. The signs of the
 *    coefficients decide most (unique_signs.c), linear programs the rest (unique_program.c).
 *
 * Agreement of starts proves nothing of the kind: where all weights are positive no factorisation
 * is unique, and yet 13 of 15 such sets had every part found again from every start. */
#include "study/stability/unique.h"
#include "base/status.h"
#include "linalg/blas.h"
#include "linalg/lapack.h"
#include "methods/method.h"
#include "mien_study.h"

#include <math.h>

const char *mien_uniqueness_name(mien_uniqueness uniqueness)
{
    static const char *const names[MIEN_UNIQUENESSES] = {[MIEN_UNIQUE_PROVEN] = "proven",
                                                         [MIEN_UNIQUE_FREE] = "free",
                                                         [MIEN_UNIQUE_NOT_KNOWN] = "not known"};
    size_t place = (size_t)uniqueness;
    return names[place < MIEN_UNIQUENESSES ? place : MIEN_UNIQUE_NOT_KNOWN];
}

/* ---------------------------------------------------------------- time */

struct clock {
    double began, limit;
    mien_progress_fn progress;
    void *user;
    bool over;
};

static bool go_on(void *user)
{
    struct clock *clock = user;
    double now = mien_seconds() - clock->began;
    enum { STEPS = 1000 };
    mien_progress told = {.stage = "uniqueness",
                          .done = (size_t)(STEPS * fmin(now / clock->limit, 1)),
                          .total = STEPS,
                          .loss = NAN};
    if (!(now < clock->limit) || (clock->progress && !clock->progress(clock->user, &told)))
        clock->over = true;
    return !clock->over;
}

/* ---------------------------------------------------------------- factors as they are needed */

struct factor {
    mien_lines lines;
    double *products; /* r x r, of all parts with all */
    size_t rank;
};

static void multiply(struct factor *f, size_t r)
{
    for (size_t i = 0; i < f->lines.count; i++)
        for (size_t k = 0; k < r; k++) {
            double value = mien_lines_at(&f->lines, i, k);
            for (size_t l = k; value != 0 && l < r; l++)
                f->products[k * r + l] += value * mien_lines_at(&f->lines, i, l);
        }
    for (size_t k = 0; k < r; k++)
        for (size_t l = 0; l < k; l++)
            f->products[k * r + l] = f->products[l * r + k];
}

/* Squares of singular values are the eigenvalues of the parts' cosines. */
static mien_status find_rank(struct factor *f, size_t r)
{
    mien_arena arena = {0};
    mien_eigen eigen;
    double *cosines = mien_arena_alloc(&arena, r * r, sizeof *cosines);
    mien_status st = mien_eigen_alloc(&eigen, r, 0, &arena);
    if (arena.failed)
        st = MIEN_ERR_NOMEM;
    for (size_t at = 0; at < r * r && !st; at++) {
        double norm = sqrt(f->products[at / r * (r + 1)] * f->products[at % r * (r + 1)]);
        cosines[at] = norm > 0 ? f->products[at] / norm : 0;
    }
    f->rank = 0;
    if (!st)
        st = mien_eigen_values(&eigen, cosines);
    for (size_t k = 0; k < r && !st; k++)
        f->rank += eigen.values[k] > MIEN_RANK_TOLERANCE * MIEN_RANK_TOLERANCE * eigen.values[0];
    mien_arena_free(&arena);
    return st;
}

/* ---------------------------------------------------------------- single moves */

/* The largest t for which part `whole` - t part `taken` is not negative; INFINITY when `taken` is
 * zero everywhere. */
static double widest(const struct factor *f, size_t whole, size_t taken)
{
    double t = INFINITY;
    for (size_t i = 0; i < f->lines.count && t > 0; i++) {
        double value = mien_lines_at(&f->lines, i, taken);
        if (value > 0)
            t = fmin(t, mien_lines_at(&f->lines, i, whole) / value);
    }
    return t;
}

/* Cosine of H_l with H_l + t H_k; 1 when next to nothing is left, which is no other part. */
static double turned(const struct factor *basis, size_t r, size_t l, size_t k, double t)
{
    static const double NOTHING = 1e-5; /* of the length: the noise of floats */
    double own = basis->products[l * r + l], both = basis->products[l * r + k];
    double other = basis->products[k * r + k];
    double square = own + t * (2 * both + t * other);
    if (!(square > NOTHING * NOTHING * own) || !(own > 0))
        return 1;
    return fmin((own + t * both) / sqrt(square * own), 1);
}

/* The widest single moves of every part; can_move[l], can_move[k] where there is any, however
 * small. */
static void find_moves(const struct factor *basis, const struct factor *weights, size_t r,
                       mien_part_certificate *parts, bool *can_move)
{
    for (size_t l = 0; l < r; l++) {
        parts[l] = (mien_part_certificate){MIEN_UNIQUE_NOT_KNOWN, l, 1};
        for (size_t k = 0; k < r; k++) {
            if (k == l || !(basis->products[k * r + k] > 0))
                continue;
            double moves[] = {-widest(basis, l, k), widest(weights, k, l)};
            for (int sign = 0; sign < 2; sign++) {
                if (moves[sign] == 0 || !isfinite(moves[sign]))
                    continue;
                can_move[l] = can_move[k] = true;
                double cosine = turned(basis, r, l, k, moves[sign]);
                if (cosine < parts[l].cosine) {
                    parts[l].cosine = cosine;
                    parts[l].by = k;
                }
            }
        }
        if (parts[l].cosine < MIEN_FREE_COSINE)
            parts[l].unique = MIEN_UNIQUE_FREE;
    }
}

/* ---------------------------------------------------------------- all directions */

/* certify() has seen to it that r x r does not overflow. */
static mien_status prove_parts(const mien_fit *fit, const bool *can_move, struct clock *clock,
                               mien_arena *arena, mien_certificate *out)
{
    size_t r = fit->r;
    bool *up = mien_arena_alloc(arena, r * r, sizeof *up), proven;
    bool *down = mien_arena_alloc(arena, r * r, sizeof *down);
    bool *open = mien_arena_alloc(arena, r, sizeof *open);
    mien_status st = MIEN_ERR_NOMEM;
    if (!arena->failed)
        st = mien_unique_signs(fit, go_on, clock, up, down);
    for (size_t k = 0; k < r && !st; k++)
        open[k] = !can_move[k];
    if (!st)
        st = mien_unique_prove(fit, up, down, go_on, clock, open, &proven, &out->reason);
    for (size_t k = 0; k < r && !st; k++) {
        bool decided = true; /* by signs alone, whatever became of the rest */
        for (size_t l = 0; l < r; l++)
            decided =
                decided &&
                (l == k || (up[k * r + l] && down[k * r + l] && up[l * r + k] && down[l * r + k]));
        if (decided || (open[k] && proven))
            out->parts[k].unique = MIEN_UNIQUE_PROVEN;
    }
    return st;
}

/* ---------------------------------------------------------------- all of it */

static mien_status certify(const mien_fit *fit, struct clock *clock, mien_arena *arena,
                           mien_certificate *out)
{
    size_t r = fit->r, entries;
    if (!mien_product(r, r, 1, &entries))
        return MIEN_ERR_NOMEM;
    struct factor basis = {mien_lines_of_basis(fit),
                           mien_arena_alloc(arena, entries, sizeof(double)), 0};
    struct factor weights = {mien_lines_of_weights(fit),
                             mien_arena_alloc(arena, entries, sizeof(double)), 0};
    bool *can_move = mien_arena_alloc(arena, r, sizeof *can_move);
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    multiply(&basis, r);
    multiply(&weights, r);
    mien_status st = find_rank(&basis, r);
    if (!st)
        st = find_rank(&weights, r);
    if (st)
        return st;
    out->rank_basis = basis.rank;
    out->rank_weights = weights.rank;
    find_moves(&basis, &weights, r, out->parts, can_move);
    if (weights.rank < r)
        out->reason = "the weights have not full rank";
    else if (basis.rank < r)
        out->reason = "the parts have not full rank";
    else
        st = prove_parts(fit, can_move, clock, arena, out);
    if (!out->reason)
        out->reason = "zeros of weights and parts leave room for a change";
    return st;
}

mien_status mien_certificate_make(const mien_fit *fit, double seconds, mien_progress_fn progress,
                                  void *user, mien_certificate *out, mien_error *err)
{
    struct clock clock = {mien_seconds(), seconds, progress, user, false};
    mien_arena arena = {0};
    mien_certificate made = {.r = fit->r, .parts = mien_alloc_array(fit->r, sizeof *made.parts)};
    mien_status st = made.parts ? MIEN_OK : MIEN_ERR_NOMEM;
    for (size_t k = 0; k < fit->r && !st; k++)
        made.parts[k] = (mien_part_certificate){MIEN_UNIQUE_NOT_KNOWN, k, 1};
    int blas_threads = mien_blas_single();
    if (!st && fit->method->info.traits & MIEN_NEEDS_NONNEG)
        st = certify(fit, &clock, &arena, &made);
    else
        made.reason = "the method is no non-negative factorisation";
    mien_blas_restore(blas_threads);
    mien_arena_free(&arena);
    if (st) {
        mien_certificate_free(&made);
        return mien_fail_plain(err, st);
    }
    for (size_t k = 0; k < fit->r; k++)
        made.counts[made.parts[k].unique]++;
    if (made.counts[MIEN_UNIQUE_NOT_KNOWN] == 0)
        made.reason = NULL;
    made.seconds = mien_seconds() - clock.began;
    *out = made;
    return MIEN_OK;
}

void mien_certificate_free(mien_certificate *certificate)
{
    if (!certificate)
        return;
    mien_free(certificate->parts);
    *certificate = (mien_certificate){0};
}
