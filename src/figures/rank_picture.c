/* rank_picture.c - the pictures of a search for r.
 * SPDX-License-Identifier: MIT
 *
 * rank.png: who says what, a row a criterion, over a common axis of r; beside it the curve that
 * decides and how alike the answers from several starts are. rank_curves.png: all losses over r.
 * Both fill a slide of 1920 x 1080, on which every letter is at least 20 pixels. */
#include "figures/rank_picture.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "draw/chart_svg.h"
#include "draw/pen.h"
#include "draw/png.h"

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
    MOST_PARTS = 4
};

static const mien_rgb INK = {26, 26, 26}, PALE = {96, 96, 96}, GRID = {224, 224, 224},
                      DECIDES = {0, 114, 178}, COMPARES = {130, 130, 130}, CHOSEN = {255, 243, 214};

/* ---------------------------------------------------------------- who says what */

static void write_at(mien_pen *pen, double x, double y, const char *text, double size, bool bold,
                     mien_rgb color, mien_align align, double room)
{
    mien_lettering style = {
        .size = size, .bold = bold, .color = color, .align = align, .max_width = room};
    mien_pen_text(pen, x, y, &style, text);
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
    mien_rgb color = c->decides ? DECIDES : COMPARES, ink = c->decides ? INK : PALE;
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

static void title_of(const mien_rank *rank, char *text, size_t size)
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
        snprintf(text, size, "Components: no single number, %zu to %zu%s", rank->min, rank->max,
                 more);
    else
        snprintf(text, size, "How many components? Nothing can be said");
}

static void draw_votes(mien_pen *pen, const mien_rank *rank)
{
    char text[128];
    /* the range that was asked: what lies far beyond is an arrow at its edge */
    mien_axis axis = mien_axis_choose(0, (double)rank->options.high, false, 6);
    double top = MARGIN + 130, bottom = HEIGHT - MARGIN - 70;
    double row = fmin(64, (bottom - top) / (double)rank->n_criteria);
    bottom = top + row * (double)rank->n_criteria;
    title_of(rank, text, sizeof text);
    write_at(pen, MARGIN, MARGIN + TITLE * 0.8, text, TITLE, true, INK, MIEN_ALIGN_LEFT,
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
             false, INK, MIEN_ALIGN_CENTER, 0);
    for (size_t i = 0; i < rank->n_criteria; i++)
        draw_row(pen, &rank->criteria[i], &axis, top + row * ((double)i + 0.5));
}

/* ---------------------------------------------------------------- curves */

enum { HELD_LOSSES = 3 };

/* A loss of hidden entries: its criteria, and its place among the members of a point. */
static const struct {
    const char *title, *key, *least_key;
    size_t value, error;
} HELD[HELD_LOSSES] = {
    {"Loss of hidden entries, Kullback–Leibler", "held-out-kl", "held-out-kl-minimum",
     offsetof(mien_rank_point, held_out[MIEN_RANK_KL]),
     offsetof(mien_rank_point, held_out_error[MIEN_RANK_KL])},
    {"Loss of hidden entries, squared distance", "held-out-frobenius", "held-out-frobenius-minimum",
     offsetof(mien_rank_point, held_out[MIEN_RANK_FROBENIUS]),
     offsetof(mien_rank_point, held_out_error[MIEN_RANK_FROBENIUS])},
    {"Loss of hidden entries, negative binomial", "held-out-negative-binomial", NULL,
     offsetof(mien_rank_point, steep), offsetof(mien_rank_point, steep_error)},
};

/* Members of all points, as chart lines want them. */
typedef struct curves {
    double *r, *held[HELD_LOSSES], *error[HELD_LOSSES], *fitted, *permuted, *stability, *spread,
        *cophenetic;
} curves;

static double member(const mien_rank_point *point, size_t offset)
{
    double value;
    memcpy(&value, (const char *)point + offset, sizeof value);
    return value;
}

static bool take_curves(const mien_rank *rank, mien_arena *arena, curves *c)
{
    double **all[] = {&c->r,        &c->held[0],   &c->held[1],  &c->held[2],
                      &c->error[0], &c->error[1],  &c->error[2], &c->fitted,
                      &c->permuted, &c->stability, &c->spread,   &c->cophenetic};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i] = mien_arena_alloc(arena, rank->n_points, sizeof(double));
    if (arena->failed)
        return false;
    for (size_t i = 0; i < rank->n_points; i++) {
        const mien_rank_point *p = &rank->points[i];
        c->r[i] = (double)p->r;
        for (size_t l = 0; l < HELD_LOSSES; l++) {
            c->held[l][i] = member(p, HELD[l].value);
            c->error[l][i] = member(p, HELD[l].error);
        }
        c->fitted[i] = p->fitted[MIEN_RANK_KL];
        c->permuted[i] = p->permuted;
        c->stability[i] = p->stability;
        c->spread[i] = p->stability_error;
        c->cophenetic[i] = p->cophenetic;
    }
    return true;
}

/* The criterion of that key when it says a number, else NULL. */
static const mien_criterion *sayer(const mien_rank *rank, const char *key)
{
    for (size_t i = 0; i < rank->n_criteria && key; i++)
        if (strcmp(rank->criteria[i].key, key) == 0 && rank->criteria[i].choice)
            return &rank->criteria[i];
    return NULL;
}

/* A sheet in the making: parts side by side, as PNG and as SVG. */
typedef struct part {
    size_t x, y;
    mien_canvas canvas;
    char *svg;
} part;

typedef struct sheet {
    const mien_rank *rank;
    const curves *curves;
    part parts[MOST_PARTS];
    size_t count;
    mien_error *err;
} sheet;

static mien_status add_votes(sheet *s)
{
    part *p = &s->parts[s->count];
    mien_status st = mien_canvas_init(HALF, HEIGHT, (mien_rgb){255, 255, 255}, &p->canvas, s->err);
    if (st)
        return st;
    s->count++;
    mien_pen canvas = {.canvas = &p->canvas, .err = s->err};
    draw_votes(&canvas, s->rank);
    mien_svg svg = {0};
    mien_svg_begin(&svg, HALF, HEIGHT, NULL);
    mien_pen pen = {.svg = &svg, .err = s->err};
    draw_votes(&pen, s->rank);
    mien_svg_end(&svg);
    p->svg = svg.text.bytes;
    if (canvas.status || pen.status)
        return canvas.status ? canvas.status : pen.status;
    return svg.text.failed ? mien_fail_plain(s->err, MIEN_ERR_NOMEM) : MIEN_OK;
}

static bool has_points(const double *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (isfinite(y[i]))
            return true;
    return false;
}

/* A quarter of the sheet; a chart without a point is none. */
static mien_status add_chart(sheet *s, mien_chart *chart, size_t x, size_t y)
{
    part *p = &s->parts[s->count];
    size_t nbytes;
    bool any = false;
    for (size_t i = 0; i < chart->n_series; i++)
        any = any || has_points(chart->series[i].y, chart->series[i].count);
    if (!any)
        return MIEN_OK;
    chart->width = HALF;
    chart->height = HEIGHT / 2;
    chart->x_label = "components r";
    mien_status st = mien_chart_draw(chart, &p->canvas, s->err);
    if (st)
        return st;
    s->count++;
    p->x = x * HALF;
    p->y = y * (HEIGHT / 2);
    return mien_chart_svg(chart, &p->svg, &nbytes, s->err);
}

/* Whether what is to be seen at the foot of a curve would be a flat line below a few large values.
 */
static bool wants_log(const double *y, size_t count)
{
    static const double LARGE = 8;
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(y[i])) {
            least = fmin(least, y[i]);
            most = fmax(most, y[i]);
        }
    return least > 0 && most > LARGE * least;
}

static mien_status add_held(sheet *s, size_t loss, size_t x, size_t y)
{
    const curves *c = s->curves;
    char words[2][64];
    mien_mark marks[2];
    mien_series series[] = {{.name = "mean and standard error over masks",
                             .x = c->r,
                             .y = c->held[loss],
                             .error = c->error[loss],
                             .count = s->rank->n_points,
                             .markers = true}};
    mien_chart chart = {.title = HELD[loss].title,
                        .y_label = "loss of an entry",
                        .series = series,
                        .n_series = 1,
                        .marks = marks,
                        .log_y = wants_log(c->held[loss], s->rank->n_points)};
    const mien_criterion *chosen = sayer(s->rank, HELD[loss].key);
    const mien_criterion *least = sayer(s->rank, HELD[loss].least_key);
    bool same = chosen && least && chosen->choice == least->choice;
    if (chosen) {
        snprintf(words[0], sizeof words[0],
                 same ? "%zu: least" : "%zu: first within an error of the least", chosen->choice);
        marks[chart.n_marks++] = (mien_mark){(double)chosen->choice, words[0]};
    }
    if (least && !same) {
        snprintf(words[1], sizeof words[1], "%zu: least", least->choice);
        marks[chart.n_marks++] = (mien_mark){(double)least->choice, words[1]};
    }
    return add_chart(s, &chart, x, y);
}

static mien_status add_permuted(sheet *s, size_t x, size_t y)
{
    const curves *c = s->curves;
    char words[64];
    mien_mark mark;
    mien_series series[] = {{.name = "this data",
                             .x = c->r,
                             .y = c->fitted,
                             .count = s->rank->n_points,
                             .markers = true},
                            {.name = "pixels permuted over images",
                             .x = c->r,
                             .y = c->permuted,
                             .count = s->rank->n_points}};
    mien_chart chart = {.title = "Loss of fitted entries, Kullback–Leibler",
                        .y_label = "loss of an entry",
                        .series = series,
                        .n_series = 2,
                        .marks = &mark};
    const mien_criterion *chosen = sayer(s->rank, "permuted");
    if (chosen && !chosen->at_end) { /* none where it falls faster to the end */
        snprintf(words, sizeof words, "%zu: then no faster than permuted data", chosen->choice);
        mark = (mien_mark){(double)chosen->choice, words};
        chart.n_marks = 1;
    }
    return add_chart(s, &chart, x, y);
}

static mien_status add_stability(sheet *s, size_t x, size_t y)
{
    static const char *const keys[] = {"stability", "cophenetic"};
    static const char *const meanings[] = {"parts alike up to here", "images grouped alike"};
    const curves *c = s->curves;
    char words[2][64];
    mien_mark marks[2];
    mien_series series[] = {{.name = "a part and its twins",
                             .x = c->r,
                             .y = c->stability,
                             .error = c->spread,
                             .count = s->rank->n_points,
                             .markers = true},
                            {.name = "cophenetic correlation of images",
                             .x = c->r,
                             .y = c->cophenetic,
                             .count = s->rank->n_points,
                             .markers = true}};
    mien_chart chart = {.title = "How alike the answers from several starts are",
                        .y_label = "1: the same",
                        .series = series,
                        .n_series = 2,
                        .marks = marks};
    const mien_criterion *found[] = {sayer(s->rank, keys[0]), sayer(s->rank, keys[1])};
    bool same = found[0] && found[1] && found[0]->choice == found[1]->choice;
    for (size_t i = 0; i < (same ? 1 : 2); i++)
        if (found[i]) {
            snprintf(words[i], sizeof words[i], "%zu: %s", found[i]->choice,
                     same ? "both alike up to here" : meanings[i]);
            marks[chart.n_marks++] = (mien_mark){(double)found[i]->choice, words[i]};
        }
    return add_chart(s, &chart, x, y);
}

/* ---------------------------------------------------------------- files */

static mien_status write_png(const sheet *s, mien_outdir *dir, const char *name)
{
    char path[MIEN_PATH_MAX];
    mien_canvas whole;
    mien_status st = mien_canvas_init(WIDTH, HEIGHT, (mien_rgb){255, 255, 255}, &whole, s->err);
    if (st)
        return st;
    for (size_t i = 0; i < s->count; i++) {
        const part *p = &s->parts[i];
        size_t line = p->canvas.width * 3;
        for (size_t y = 0; y < p->canvas.height; y++)
            memcpy(whole.pixels + ((p->y + y) * WIDTH + p->x) * 3, p->canvas.pixels + y * line,
                   line);
    }
    st = mien_outdir_path(dir, name, path, sizeof path, s->err);
    if (!st)
        st = mien_png_write(&whole, path, s->err);
    mien_canvas_free(&whole);
    return st;
}

/* Whole pictures inside of one, each at its place. */
static mien_status write_svg(const sheet *s, mien_outdir *dir, const char *name)
{
    char title[128];
    mien_svg svg = {0};
    title_of(s->rank, title, sizeof title);
    mien_svg_begin(&svg, WIDTH, HEIGHT, title);
    for (size_t i = 0; i < s->count; i++) {
        const part *p = &s->parts[i];
        const char *inner = strstr(p->svg, "<svg ");
        if (!inner)
            continue;
        mien_text_printf(&svg.text, "<svg x=\"%zu\" y=\"%zu\" ", p->x, p->y);
        mien_text_add(&svg.text, inner + strlen("<svg "));
    }
    mien_svg_end(&svg);
    mien_status st = svg.text.failed
                         ? mien_fail_plain(s->err, MIEN_ERR_NOMEM)
                         : mien_outdir_write(dir, name, svg.text.bytes, svg.text.length, s->err);
    mien_text_free(&svg.text);
    return st;
}

static mien_status write_sheet(sheet *s, mien_outdir *dir, const char *png, const char *svg)
{
    mien_status st = write_png(s, dir, png);
    return st ? st : write_svg(s, dir, svg);
}

static void free_sheet(sheet *s)
{
    for (size_t i = 0; i < s->count; i++) {
        mien_canvas_free(&s->parts[i].canvas);
        mien_free(s->parts[i].svg);
    }
}

/* The loss of hidden entries that decides; of several the first. */
static size_t deciding_loss(const mien_rank *rank)
{
    for (size_t l = 0; l < HELD_LOSSES; l++)
        for (size_t i = 0; i < rank->n_criteria; i++)
            if (rank->criteria[i].decides && strcmp(rank->criteria[i].key, HELD[l].key) == 0)
                return l;
    return 0;
}

static mien_status write_votes(const mien_rank *rank, const curves *c, mien_outdir *dir,
                               mien_error *err)
{
    sheet s = {.rank = rank, .curves = c, .err = err};
    mien_status st = add_votes(&s);
    if (!st)
        st = add_held(&s, deciding_loss(rank), 1, 0);
    if (!st && has_points(c->stability, rank->n_points))
        st = add_stability(&s, 1, 1);
    else if (!st)
        st = add_permuted(&s, 1, 1);
    if (!st)
        st = write_sheet(&s, dir, "rank.png", "rank.svg");
    free_sheet(&s);
    return st;
}

static mien_status write_curves(const mien_rank *rank, const curves *c, mien_outdir *dir,
                                mien_error *err)
{
    sheet s = {.rank = rank, .curves = c, .err = err};
    mien_status st = MIEN_OK;
    for (size_t l = 0; l < HELD_LOSSES && !st; l++)
        st = add_held(&s, l, l % 2, l / 2);
    if (!st)
        st = add_permuted(&s, 1, 1);
    if (!st)
        st = write_sheet(&s, dir, "rank_curves.png", "rank_curves.svg");
    free_sheet(&s);
    return st;
}

mien_status mien_rank_picture_write(mien_outdir *dir, const mien_rank *rank, mien_error *err)
{
    curves c;
    mien_arena arena = {0};
    mien_status st = take_curves(rank, &arena, &c) ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (!st)
        st = write_votes(rank, &c, dir, err);
    if (!st)
        st = write_curves(rank, &c, dir, err);
    mien_arena_free(&arena);
    return st;
}
