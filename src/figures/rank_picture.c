/* rank_picture.c - the pictures of a search for r.
 * SPDX-License-Identifier: MIT
 *
 * rank.png: which criterion says what, a row each, over a common axis of r; beside it the curve
 * that decides and how alike the answers from several starts are. rank_curves.png: all losses over
 * r. Both fill a slide of 1920 x 1080, on which every letter is at least 20 pixels. */
#include "figures/rank_picture.h"

#include "base/memory.h"
#include "base/status.h"
#include "draw/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    WIDTH = 1920, /* of a sheet */
    HEIGHT = 1080,
    HALF = WIDTH / 2,
    MARGIN = 36,
    TITLE = 34,
    LETTERS = 20,
    NAMES = 430, /* width of the criteria's names */
    SAYS = 90,   /* and of what they say */
    MAX_PARTS = 4
};

static const mien_rgb PALE = {96, 96, 96}, GRID = {224, 224, 224}, DECIDES = {0, 114, 178},
                      COMPARES = {130, 130, 130}, CHOSEN = {255, 243, 214};

/* ---------------------------------------------------------------- which criterion says what */

static void write_at(mien_pen *pen, double x, double y, const char *text, double size, bool bold,
                     mien_rgb color, mien_align align, double room)
{
    mien_pen_text(pen, x, y, (mien_lettering){size, bold, color, align, room}, text);
}

static double place_of(const mien_axis *axis, double r)
{
    double left = MARGIN + NAMES + SAYS, right = HALF - MARGIN - 20;
    return left + mien_axis_place(axis, r) * (right - left);
}

static void draw_band(mien_pen *pen, const mien_rank *rank, const mien_axis *axis, double top,
                      double bottom)
{
    double low = (double)rank->min, high = (double)rank->max;
    if (rank->recommended)
        low = high = (double)rank->recommended;
    if (low < 1)
        return;
    double a = fmax(place_of(axis, low) - 9, MARGIN), b = place_of(axis, high) + 9;
    double x[] = {a, b, b, a}, y[] = {top, top, bottom, bottom};
    mien_pen_area(pen, x, y, 4, CHOSEN, 1);
}

/* An arrow head that points right (1) or left (-1). */
static void draw_tip(mien_pen *pen, double x, double y, int way, mien_rgb color)
{
    double xs[] = {x, x + way * 18, x}, ys[] = {y - 9, y, y + 9};
    mien_pen_area(pen, xs, ys, 3, color, 1);
}

static void draw_row(mien_pen *pen, const mien_criterion *c, const mien_axis *axis, double y)
{
    char says[32];
    mien_rgb color = c->decides ? DECIDES : COMPARES, ink = c->decides ? mien_ink : PALE;
    const char *bound = c->at_end ? " +" : c->at_start ? " –" : "";
    write_at(pen, MARGIN, y + 7, c->name, LETTERS, c->decides, ink, MIEN_ALIGN_LEFT, NAMES - 10);
    snprintf(says, sizeof says, c->choice ? "%zu%s" : "–", c->choice, bound);
    write_at(pen, MARGIN + NAMES + SAYS - 40, y + 7, says, LETTERS, c->decides, ink,
             MIEN_ALIGN_RIGHT, SAYS);
    if (!c->choice)
        return;
    double x = place_of(axis, fmin((double)c->choice, axis->high));
    mien_pen_line(pen, place_of(axis, axis->low), y, x, y, 2, c->decides ? DECIDES : GRID);
    if ((double)c->choice > axis->high || c->at_end)
        draw_tip(pen, x, y, 1, color);
    else if (c->at_start)
        draw_tip(pen, x, y, -1, color);
    else
        mien_pen_disc(pen, x, y, c->decides ? 8 : 6, color);
}

void mien_rank_title(const mien_rank *rank, char *text, size_t size)
{
    const char *more = rank->beyond ? " or more" : "";
    if (rank->recommended)
        snprintf(text, size, "How many components? %s%zu",
                 rank->faint ? "At least " : "r = ", rank->recommended);
    else if (rank->min && rank->min == rank->max)
        snprintf(text, size, "How many components? %s%zu%s",
                 rank->beyond || rank->below ? "" : "One criterion says ", rank->min,
                 rank->beyond  ? more
                 : rank->below ? " or fewer"
                               : "");
    else if (rank->min)
        snprintf(text, size, "Between %zu and %zu%s components", rank->min, rank->max, more);
    else
        snprintf(text, size, "How many components? Nothing can be said");
}

static void draw_votes(mien_pen *pen, const void *what)
{
    const mien_rank *rank = what;
    char text[128];
    /* the range that was asked: what lies far beyond is an arrow at its edge */
    mien_axis axis = mien_axis_choose(0, (double)rank->options.high, false, 6);
    double top = MARGIN + 130, bottom = HEIGHT - MARGIN - 70;
    double row = fmin(64, (bottom - top) / (double)rank->n_criteria);
    bottom = top + row * (double)rank->n_criteria;
    mien_rank_title(rank, text, sizeof text);
    write_at(pen, MARGIN, MARGIN + TITLE * 0.8, text, TITLE, true, mien_ink, MIEN_ALIGN_LEFT,
             HALF - 2 * MARGIN);
    write_at(pen, MARGIN, MARGIN + 70, rank->noise_note, LETTERS, false, PALE, MIEN_ALIGN_LEFT,
             HALF - 2 * MARGIN);
    write_at(pen, MARGIN, MARGIN + 100,
             "Blue decides, grey is for comparison. An arrow: it may lie beyond.", LETTERS, false,
             PALE, MIEN_ALIGN_LEFT, HALF - 2 * MARGIN);
    draw_band(pen, rank, &axis, top, bottom);
    for (size_t i = 0; i < axis.n_ticks; i++) {
        double x = place_of(&axis, axis.ticks[i]);
        mien_pen_line(pen, x, top, x, bottom, 1, GRID);
        mien_axis_label(&axis, axis.ticks[i], text);
        write_at(pen, x, bottom + 26, text, LETTERS, false, PALE, MIEN_ALIGN_CENTER, 0);
    }
    write_at(pen, place_of(&axis, (axis.low + axis.high) / 2), bottom + 58, "components r", LETTERS,
             false, mien_ink, MIEN_ALIGN_CENTER, 0);
    for (size_t i = 0; i < rank->n_criteria; i++)
        draw_row(pen, &rank->criteria[i], &axis, top + row * ((double)i + 0.5));
}

/* ---------------------------------------------------------------- curves */

enum { HELD_OUT_LOSSES = 3 };

/* A loss of hidden entries: its criteria, and its place among the members of a point. */
static const struct {
    const char *title, *key, *min_key;
    size_t value, error, measured;
} HELD_OUT[HELD_OUT_LOSSES] = {
    {"Loss of hidden entries, Kullback–Leibler", "held-out-kl", "held-out-kl-minimum",
     offsetof(mien_rank_point, held_out[MIEN_RANK_KL]),
     offsetof(mien_rank_point, held_out_error[MIEN_RANK_KL]),
     offsetof(mien_rank_point, held_out_measured[MIEN_RANK_KL])},
    {"Loss of hidden entries, squared distance", "held-out-frobenius", "held-out-frobenius-minimum",
     offsetof(mien_rank_point, held_out[MIEN_RANK_FROBENIUS]),
     offsetof(mien_rank_point, held_out_error[MIEN_RANK_FROBENIUS]),
     offsetof(mien_rank_point, held_out_measured[MIEN_RANK_FROBENIUS])},
    {"Loss of hidden entries, negative binomial", "held-out-negative-binomial", NULL,
     offsetof(mien_rank_point, steep), offsetof(mien_rank_point, steep_error),
     offsetof(mien_rank_point, held_out_measured[MIEN_RANK_KL])},
};

/* A chart with all that it borrows. */
typedef struct part {
    mien_chart chart;
    mien_series series[2];
    mien_mark marks[2];
    char words[2][64]; /* of the marks */
    size_t x, y;       /* its quarter of the sheet */
} part;

/* A sheet in the making. */
typedef struct sheet {
    const mien_rank *rank;
    bool votes; /* its left half says which criterion says what */
    part parts[MAX_PARTS];
    size_t count;
    mien_arena arena;
} sheet;

/* A member of all points, as chart lines want it. */
static const double *column(sheet *s, size_t offset)
{
    double *values = mien_arena_alloc(&s->arena, s->rank->n_points, sizeof *values);
    for (size_t i = 0; i < s->rank->n_points && values; i++)
        memcpy(&values[i], (const char *)&s->rank->points[i] + offset, sizeof *values);
    return values;
}

static void add_series(sheet *s, part *p, const char *name, size_t offset)
{
    double *r = mien_arena_alloc(&s->arena, s->rank->n_points, sizeof *r);
    for (size_t i = 0; i < s->rank->n_points && r; i++)
        r[i] = (double)s->rank->points[i].r;
    p->series[p->chart.n_series++] = (mien_series){
        .name = name, .x = r, .y = column(s, offset), .count = s->rank->n_points, .markers = true};
}

/* "12: what it means", at the r that a criterion chose. */
static void add_mark(part *p, const mien_criterion *c, const char *meaning)
{
    char *words = p->words[p->chart.n_marks];
    snprintf(words, sizeof *p->words, "%zu: %s", c->choice, meaning);
    p->marks[p->chart.n_marks++] = (mien_mark){(double)c->choice, words};
}

/* The criterion of that key when it says a number, else NULL. */
static const mien_criterion *find_choice(const mien_rank *rank, const char *key)
{
    for (size_t i = 0; i < rank->n_criteria && key; i++)
        if (strcmp(rank->criteria[i].key, key) == 0 && rank->criteria[i].choice)
            return &rank->criteria[i];
    return NULL;
}

static bool has_points(const mien_series *series)
{
    for (size_t i = 0; i < series->count && series->y; i++)
        if (isfinite(series->y[i]))
            return true;
    return false;
}

/* A quarter of the sheet, for a chart whose lines are added; see add_part(). */
static part *new_part(sheet *s, const char *title, const char *y_label, size_t x, size_t y)
{
    part *p = &s->parts[s->count];
    *p = (part){.chart = {.title = title,
                          .x_label = "components r",
                          .y_label = y_label,
                          .series = p->series,
                          .marks = p->marks,
                          .width = HALF,
                          .height = HEIGHT / 2},
                .x = x * HALF,
                .y = y * (HEIGHT / 2)};
    return p;
}

/* A chart without a point is none; false then. */
static bool add_part(sheet *s, const part *p)
{
    bool any = false;
    for (size_t i = 0; i < p->chart.n_series; i++)
        any = any || has_points(&p->series[i]);
    s->count += any;
    return any;
}

/* Whether what is to be seen at the foot of a curve would be a flat line below a few large values.
 */
static bool wants_log(const mien_series *series)
{
    static const double LARGE = 8;
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < series->count && series->y; i++)
        if (isfinite(series->y[i])) {
            low = fmin(low, series->y[i]);
            high = fmax(high, series->y[i]);
        }
    return low > 0 && high > LARGE * low;
}

/* Whether a point was measured: the member of it that says so, by its offset. */
static bool is_measured(const mien_rank_point *point, size_t flag)
{
    bool measured;
    memcpy(&measured, (const char *)point + flag, sizeof measured);
    return measured;
}

/* Of numbers at every point those at points that were measured; NULL of NULL. */
static const double *of_measured(sheet *s, const double *values, size_t flag)
{
    double *some = values ? mien_arena_alloc(&s->arena, s->rank->n_points, sizeof *some) : NULL;
    size_t count = 0;
    for (size_t i = 0; i < s->rank->n_points && some; i++)
        if (is_measured(&s->rank->points[i], flag))
            some[count++] = values[i];
    return some;
}

/* A line goes straight from one of them to the next. */
static void leave_measured(sheet *s, mien_series *series, size_t flag)
{
    series->x = of_measured(s, series->x, flag);
    series->y = of_measured(s, series->y, flag);
    series->error = of_measured(s, series->error, flag);
    series->count = 0;
    for (size_t i = 0; i < s->rank->n_points; i++)
        series->count += is_measured(&s->rank->points[i], flag);
}

/* Losses that are next to none count as alike, and the first of them as the least. */
static const char *word_of_least(const mien_series *series, size_t r)
{
    double least = INFINITY, there = NAN;
    for (size_t i = 0; i < series->count; i++) {
        least = fmin(least, series->y[i]);
        if (series->x[i] == (double)r)
            there = series->y[i];
    }
    return there > least ? "next to none" : "least";
}

static void add_held_out(sheet *s, size_t loss, size_t x, size_t y)
{
    part *p = new_part(s, HELD_OUT[loss].title, "loss of an entry", x, y);
    const mien_criterion *chosen = find_choice(s->rank, HELD_OUT[loss].key);
    const mien_criterion *lowest = find_choice(s->rank, HELD_OUT[loss].min_key);
    bool same = chosen && lowest && chosen->choice == lowest->choice;
    add_series(s, p, "mean and standard error over masks", HELD_OUT[loss].value);
    p->series[0].error = column(s, HELD_OUT[loss].error);
    leave_measured(s, &p->series[0], HELD_OUT[loss].measured);
    p->chart.log_y = wants_log(&p->series[0]);
    const char *least = lowest ? word_of_least(&p->series[0], lowest->choice) : NULL;
    if (chosen)
        add_mark(p, chosen, same ? least : "first within an error of the least");
    if (lowest && !same)
        add_mark(p, lowest, least);
    add_part(s, p);
}

static void add_permuted(sheet *s, size_t x, size_t y)
{
    part *p = new_part(s, "Loss of fitted entries, Kullback–Leibler", "loss of an entry", x, y);
    const mien_criterion *chosen = find_choice(s->rank, "permuted");
    add_series(s, p, "this data", offsetof(mien_rank_point, fitted[MIEN_RANK_KL]));
    leave_measured(s, &p->series[0], offsetof(mien_rank_point, held_out_measured[MIEN_RANK_KL]));
    add_series(s, p, "pixels permuted over images", offsetof(mien_rank_point, permuted));
    leave_measured(s, &p->series[1], offsetof(mien_rank_point, permuted_measured));
    if (chosen && !chosen->at_end) /* none where it falls faster to the end */
        add_mark(p, chosen, "then no faster than permuted data");
    add_part(s, p);
}

/* False: it was not measured. */
static bool add_stability(sheet *s, size_t x, size_t y)
{
    part *p = new_part(s, "How alike the answers from several starts are", "1: the same", x, y);
    const mien_criterion *parts = find_choice(s->rank, "stability");
    const mien_criterion *images = find_choice(s->rank, "cophenetic");
    bool same = parts && images && parts->choice == images->choice;
    add_series(s, p, "a part and its twins", offsetof(mien_rank_point, stability));
    p->series[0].error = column(s, offsetof(mien_rank_point, stability_error));
    add_series(s, p, "cophenetic correlation of images", offsetof(mien_rank_point, cophenetic));
    leave_measured(s, &p->series[0], offsetof(mien_rank_point, alike_measured));
    leave_measured(s, &p->series[1], offsetof(mien_rank_point, alike_measured));
    if (parts)
        add_mark(p, parts, same ? "last r where both are alike" : "last r where parts are alike");
    if (images && !same)
        add_mark(p, images, "last r where images are grouped alike");
    return has_points(&p->series[0]) && add_part(s, p);
}

/* ---------------------------------------------------------------- files */

static void paint(mien_pen *pen, const void *what)
{
    const sheet *s = what;
    if (s->votes)
        mien_pen_inset(pen, 0, 0, &(mien_drawing){HALF, HEIGHT, NULL, draw_votes, s->rank});
    for (size_t i = 0; i < s->count && !pen->status; i++) {
        mien_drawing chart;
        pen->status = mien_chart_drawing(&s->parts[i].chart, &chart, pen->err);
        if (!pen->status)
            mien_pen_inset(pen, s->parts[i].x, s->parts[i].y, &chart);
    }
}

static mien_status write_sheet(sheet *s, mien_outdir *dir, const char *name, mien_error *err)
{
    char title[128];
    mien_rank_title(s->rank, title, sizeof title);
    mien_drawing drawing = {WIDTH, HEIGHT, title, paint, s};
    mien_status st = s->arena.failed ? mien_fail_plain(err, MIEN_ERR_NOMEM)
                                     : mien_drawing_both(&drawing, dir, name, err);
    mien_arena_free(&s->arena);
    return st;
}

/* The loss of hidden entries that decides; of several the first. */
static size_t deciding_loss(const mien_rank *rank)
{
    for (size_t l = 0; l < HELD_OUT_LOSSES; l++)
        for (size_t i = 0; i < rank->n_criteria; i++)
            if (rank->criteria[i].decides && strcmp(rank->criteria[i].key, HELD_OUT[l].key) == 0)
                return l;
    return 0;
}

mien_status mien_rank_picture_write(mien_outdir *dir, const mien_rank *rank, mien_error *err)
{
    sheet votes = {.rank = rank, .votes = true}, curves = {.rank = rank};
    add_held_out(&votes, deciding_loss(rank), 1, 0);
    if (!add_stability(&votes, 1, 1))
        add_permuted(&votes, 1, 1);
    mien_status st = write_sheet(&votes, dir, "rank", err);
    if (st)
        return st;
    for (size_t l = 0; l < HELD_OUT_LOSSES; l++)
        add_held_out(&curves, l, l % 2, l / 2);
    add_permuted(&curves, 1, 1);
    return write_sheet(&curves, dir, "rank_curves", err);
}
