/* rank_points.c - at which r of a range is measured.
 * SPDX-License-Identifier: MIT
 *
 * Of a long range a few points are measured, spread evenly, then those at which a criterion's
 * choice may lie, until the points beside it are known: on both sides of a least loss, before the
 * first loss within one standard error of it, on both sides of the end of what falls faster than
 * permuted data, where both are measured, between a likeness of starts and its fall. Between points
 * that were measured curves are straight lines, whose points are never chosen: a line is nowhere
 * below both of its ends, and where both are more than a standard error above the least, so is all
 * of it, since the standard error of differences over the masks is convex. A dip or a fall that no
 * measured point shows is not seen.
 *
 * CBCL's 2:60:2 took 10 starts at 30 points, more than half of all the work, and of the rest hidden
 * entries at 30 points most. */
#include "base/memory.h"
#include "base/status.h"
#include "study/rank/rank_choice.h"
#include "study/rank/rank_search.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* The i-th of the spread points of losses, both ends of the range included. Closer together at
 * small r, where curves bend most and fits take least: those beyond one apart are shared out as the
 * power 3/2. */
static size_t spread_point(const mien_rank_search *s, size_t i)
{
    size_t last = s->spread_points - 1, beyond = s->rank->n_points - s->spread_points;
    double share = last ? (double)i / (double)last : 0;
    return i + (size_t)((double)beyond * share * sqrt(share));
}

/* Of likeness: evenly, since it may fall and rise again where r is small. CBCL's cophenetic
 * correlation is above its share at 2, below at 4 and above at 6. */
static size_t alike_point(const mien_rank_search *s, size_t i)
{
    return s->spread_points < 2 ? 0 : i * (s->rank->n_points - 1) / (s->spread_points - 1);
}

static void add_work(mien_rank_search *s, const mien_cell *cell)
{
    s->rank->total++;
    s->work.fits++;
    s->work.all += mien_cell_cost(cell);
}

void mien_rank_add_up_work(mien_rank_search *s)
{
    for (size_t i = 0; i < s->cells[MIEN_CELL_RELEVANT].count; i++)
        add_work(s, &s->cells[MIEN_CELL_RELEVANT].at[i]);
    for (size_t i = 0; i < s->spread_points; i++) {
        size_t point = spread_point(s, i);
        for (size_t fit = 0; fit < MIEN_RANK_FITS; fit++)
            for (size_t m = 0; m < s->options->masks; m++)
                add_work(s, mien_held_out_cell(s, fit, point, m));
        if (s->cells[MIEN_CELL_STABLE].count)
            add_work(s, &s->cells[MIEN_CELL_STABLE].at[alike_point(s, i)]);
    }
}

/* The value at point k of a straight line between two others. */
static double on_line(double from_value, double to_value, size_t from, size_t to, size_t k)
{
    double share = (double)(k - from) / (double)(to - from);
    return (1 - share) * from_value + share * to_value;
}

/* A curve, one member of every point: a straight line from point `from` to point `to`. */
static void draw_line(mien_rank_point *points, size_t member, size_t from, size_t to)
{
    double ends[2];
    memcpy(&ends[0], (const char *)&points[from] + member, sizeof ends[0]);
    memcpy(&ends[1], (const char *)&points[to] + member, sizeof ends[1]);
    for (size_t k = from + 1; k < to; k++) {
        double value = on_line(ends[0], ends[1], from, to, k);
        memcpy((char *)&points[k] + member, &value, sizeof value);
    }
}

/* ---------------------------------------------------------------- hidden entries, permuted data */

/* What a round of fits is of. Under each loss, and of permuted data: whether a point is wanted. */
typedef struct fits_round {
    mien_rank_search *s;
    bool *wanted[MIEN_RANK_FITS];
    mien_cell *batch;        /* room for all such cells */
    double *values, *fitted; /* n_points x masks; n_points */
    double *permuted;        /* n_points */
} fits_round;

/* Whether both of two fits were measured. */
static bool are_measured(const mien_rank_search *s, const size_t *fits, size_t point)
{
    return mien_is_measured(s, fits[0], point) && mien_is_measured(s, fits[1], point);
}

/* Want both of two fits, which may be the same, in the middle of those beside a place, up to the
 * next ones at which they were measured. */
static void want_beside(fits_round *round, const size_t *fits, ptrdiff_t place, bool behind)
{
    const mien_rank_search *s = round->s;
    if (place == MIEN_NO_PLACE)
        return;
    size_t n = s->rank->n_points, at = (size_t)place, first = at, end = at + 1;
    bool here = are_measured(s, fits, at); /* not: a line that goes below what counts as no loss */
    while (first > 0 && !are_measured(s, fits, first - 1))
        first--;
    while (end < n && !are_measured(s, fits, end))
        end++;
    for (size_t i = 0; i < 2; i++) {
        bool *wanted = round->wanted[fits[i]];
        if (!here)
            wanted[at] = true;
        if (here && first < at)
            wanted[(first + at) / 2] = true;
        if (here && behind && end > at + 1)
            wanted[at + (end - at) / 2] = true;
    }
}

static void want_more(fits_round *round)
{
    static const size_t compared[] = {MIEN_RANK_KL, MIEN_RANK_PERMUTED};
    const mien_rank_search *s = round->s;
    size_t n = s->rank->n_points, masks = s->options->masks;
    for (size_t c = 0; c < MIEN_HELD_OUT_CURVES; c++) {
        size_t loss = mien_held_out_curve(s, c, round->values), fits[] = {loss, loss};
        want_beside(round, fits, mien_place_min(round->values, n, masks), true);
        want_beside(round, fits, mien_place_one_error(round->values, n, masks), false);
    }
    mien_permuted_curves(s, round->fitted, round->permuted);
    want_beside(round, compared, mien_place_above_noise(round->fitted, round->permuted, n), true);
}

/* The cells of what is wanted; `more`: they were not counted as work before. Returns how many. */
static size_t gather(fits_round *round, bool more)
{
    mien_rank_search *s = round->s;
    size_t count = 0, n = s->rank->n_points, masks = s->options->masks;
    for (size_t back = 1; back <= n; back++) /* large ones first: they take longest */
        for (size_t fit = 0; fit < MIEN_RANK_FITS; fit++)
            for (size_t m = 0; m < masks && round->wanted[fit][n - back]; m++) {
                const mien_cell *cell = mien_held_out_cell(s, fit, n - back, m);
                if (cell->done)
                    continue;
                round->batch[count++] = *cell;
                if (more)
                    add_work(s, cell);
            }
    return count;
}

/* What came of the cells goes back to where they are from. */
static void scatter(fits_round *round, size_t count)
{
    mien_rank_search *s = round->s;
    for (size_t i = 0; i < count; i++) {
        const mien_cell *cell = &round->batch[i];
        size_t point = (cell->r - s->options->low) / s->options->step;
        size_t fit = cell->kind == MIEN_CELL_PERMUTED ? MIEN_RANK_PERMUTED : (size_t)cell->loss;
        *mien_held_out_cell(s, fit, point, cell->index) = *cell;
    }
}

/* Cells that are not done take values on straight lines. */
static void draw_held_out(const mien_rank_search *s, size_t fit)
{
    for (size_t to = 1, from = 0; to < s->rank->n_points; to++) {
        if (!mien_is_measured(s, fit, to))
            continue;
        for (size_t k = from + 1; k < to; k++)
            for (size_t m = 0; m < s->options->masks; m++)
                for (size_t v = 0; v < MIEN_CELL_VALUES; v++)
                    mien_held_out_cell(s, fit, k, m)->value[v] =
                        on_line(mien_held_out_cell(s, fit, from, m)->value[v],
                                mien_held_out_cell(s, fit, to, m)->value[v], from, to, k);
        from = to;
    }
}

static mien_status run_round(fits_round *round, size_t count, mien_error *err)
{
    mien_rank_search *s = round->s;
    mien_status st = mien_cells_run(&s->work, &(mien_cells){round->batch, count}, err);
    scatter(round, count);
    for (size_t fit = 0; fit < MIEN_RANK_FITS && !st && !s->work.stopped; fit++) {
        draw_held_out(s, fit);
        memset(round->wanted[fit], 0, s->rank->n_points * sizeof *round->wanted[fit]);
    }
    return st;
}

mien_status mien_rank_measure_held_out(mien_rank_search *s, mien_error *err)
{
    size_t n = s->rank->n_points, masks = s->options->masks;
    size_t cells = s->cells[MIEN_CELL_HELD_OUT].count + s->cells[MIEN_CELL_PERMUTED].count;
    fits_round round = {.s = s,
                        .batch = mien_arena_alloc(&s->arena, cells, sizeof *round.batch),
                        .values = mien_arena_alloc(&s->arena, n * masks, sizeof *round.values),
                        .fitted = mien_arena_alloc(&s->arena, n, sizeof *round.fitted),
                        .permuted = mien_arena_alloc(&s->arena, n, sizeof *round.permuted)};
    for (size_t fit = 0; fit < MIEN_RANK_FITS; fit++)
        round.wanted[fit] = mien_arena_alloc(&s->arena, n, sizeof *round.wanted[fit]);
    if (s->arena.failed)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t i = 0; i < s->spread_points; i++)
        for (size_t fit = 0; fit < MIEN_RANK_FITS; fit++)
            round.wanted[fit][spread_point(s, i)] = true;
    mien_status st = run_round(&round, gather(&round, false), err);
    for (size_t count = 1; count && !st && !s->work.stopped;) {
        want_more(&round);
        count = gather(&round, true);
        if (count)
            st = run_round(&round, count, err);
    }
    return st;
}

/* ---------------------------------------------------------------- stability over r */

static mien_status measure_point(mien_rank_search *s, size_t point, mien_error *err)
{
    mien_cell *cell = &s->cells[MIEN_CELL_STABLE].at[point];
    mien_status st = mien_cells_run(&s->work, &(mien_cells){cell, 1}, err);
    if (st || !cell->done)
        return st;
    s->rank->points[point].stability = cell->value[0];
    s->rank->points[point].stability_error = cell->value[1];
    s->rank->points[point].cophenetic = cell->value[2];
    s->rank->points[point].alike_measured = true;
    return MIEN_OK;
}

/* Where to measure next so that the last place of at least this share of the largest value is
 * known: in the middle of those behind it that were not measured, up to the next one that was;
 * MIEN_NO_PLACE: it is known. values: room for a curve. */
static ptrdiff_t next_place(const mien_rank_search *s, size_t member, double share, double *values)
{
    const mien_cell *cells = s->cells[MIEN_CELL_STABLE].at;
    size_t n = s->rank->n_points, first, end;
    for (size_t i = 0; i < n; i++)
        memcpy(&values[i], (const char *)&s->rank->points[i] + member, sizeof *values);
    ptrdiff_t place = mien_place_before_fall(values, n, share);
    if (place == MIEN_NO_PLACE)
        return MIEN_NO_PLACE;
    for (first = (size_t)place + 1; first < n && cells[first].done; first++)
        if (isfinite(values[first])) /* it has fallen there */
            return MIEN_NO_PLACE;
    for (end = first; end < n && !cells[end].done; end++)
        ;
    return first < n ? (ptrdiff_t)(first + (end - first) / 2) : MIEN_NO_PLACE;
}

/* The two curves of a start's likeness, and which share of its largest value each falls below. */
static const struct {
    size_t member;
    double share;
} ALIKE[] = {{offsetof(mien_rank_point, stability), MIEN_RANK_STABLE_SHARE},
             {offsetof(mien_rank_point, cophenetic), MIEN_RANK_COPHENETIC_SHARE}};
enum { ALIKE_CURVES = sizeof ALIKE / sizeof *ALIKE };

static void draw_stability(mien_rank_search *s)
{
    const mien_cells *cells = &s->cells[MIEN_CELL_STABLE];
    for (size_t i = 1, last = 0; i < cells->count; i++) {
        if (!cells->at[i].done)
            continue;
        for (size_t c = 0; c < ALIKE_CURVES; c++)
            draw_line(s->rank->points, ALIKE[c].member, last, i);
        last = i;
    }
}

/* Measure the spread points, then where each curve falls. */
mien_status mien_rank_measure_stability(mien_rank_search *s, mien_error *err)
{
    const mien_cell *cells = s->cells[MIEN_CELL_STABLE].at;
    double *values = mien_arena_alloc(&s->arena, s->rank->n_points, sizeof *values);
    if (!values)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    mien_status st = MIEN_OK;
    for (size_t i = 0; i < s->spread_points && !st && !s->work.stopped; i++)
        st = measure_point(s, alike_point(s, i), err);
    for (size_t c = 0; c < ALIKE_CURVES && !st && !s->work.stopped;) {
        ptrdiff_t next = next_place(s, ALIKE[c].member, ALIKE[c].share, values);
        if (next == MIEN_NO_PLACE) {
            c++;
            continue;
        }
        add_work(s, &cells[next]);
        st = measure_point(s, (size_t)next, err);
        c = 0; /* it may be the largest value of either curve */
    }
    if (!st && !s->work.stopped)
        draw_stability(s);
    return st;
}
