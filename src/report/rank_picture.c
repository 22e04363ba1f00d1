/* rank_picture.c - the picture of a search for r.
 * SPDX-License-Identifier: MIT
 *
 * First who says what, a row a criterion, over a common axis of r; then the curves it is said from.
 * Panels are drawn by themselves and put side by side, two in a row. */
#include "report/rank_picture.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "image/chart_svg.h"
#include "image/pen.h"
#include "image/png.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    WIDTH = 1000, /* of a panel */
    COLUMNS = 2,
    MARGIN = 36,
    TITLE = 30,
    LETTERS = 20,
    ROW = 34,      /* height of a criterion's row */
    NAMES = 350,   /* width of their names */
    SAYS = 70,     /* and of what they say */
    MOST_PARTS = 6 /* panels */
};

static const mien_rgb INK = {26, 26, 26}, PALE = {96, 96, 96}, GRID = {224, 224, 224},
                      DECIDES = {0, 114, 178}, COMPARES = {130, 130, 130}, CHOSEN = {255, 243, 214};

/* ---------------------------------------------------------------- who says what */

static size_t votes_height(const mien_rank *rank)
{
    return 2 * MARGIN + TITLE + 3 * ROW + ROW * rank->n_criteria;
}

static void write_at(mien_pen *pen, double x, double y, const char *text, double size, bool bold,
                     mien_rgb color, mien_align align, double room)
{
    mien_lettering style = {
        .size = size, .bold = bold, .color = color, .align = align, .max_width = room};
    mien_pen_text(pen, x, y, &style, text);
}

static double place_of(const mien_axis *axis, double r)
{
    double left = MARGIN + NAMES + SAYS, right = WIDTH - MARGIN - 20;
    return left + mien_axis_place(axis, r) * (right - left);
}

static void draw_band(mien_pen *pen, const mien_rank *rank, const mien_axis *axis, double top,
                      double bottom)
{
    double low = (double)rank->least, high = (double)rank->most;
    if (rank->recommended)
        low = high = (double)rank->recommended;
    if (low < 1)
        return;
    double a = fmax(place_of(axis, low) - 9, MARGIN), b = place_of(axis, high) + 9;
    double x[] = {a, b, b, a}, y[] = {top, top, bottom, bottom};
    mien_pen_area(pen, x, y, 4, CHOSEN, 1);
}

static void draw_row(mien_pen *pen, const mien_criterion *c, const mien_axis *axis, double y)
{
    char says[32];
    mien_rgb color = c->decides ? DECIDES : COMPARES;
    write_at(pen, MARGIN, y + 7, c->name, LETTERS, c->decides, c->decides ? INK : PALE,
             MIEN_ALIGN_LEFT, NAMES - 20);
    snprintf(says, sizeof says, c->choice ? "%zu%s" : "–", c->choice, c->at_end ? "+" : "");
    write_at(pen, MARGIN + NAMES + SAYS - 40, y + 7, says, LETTERS, c->decides,
             c->decides ? INK : PALE, MIEN_ALIGN_RIGHT, SAYS);
    if (!c->choice)
        return;
    double x = place_of(axis, fmin((double)c->choice, axis->high));
    mien_pen_line(pen, place_of(axis, axis->low), y, x, y, 2, c->decides ? DECIDES : GRID);
    if ((double)c->choice <= axis->high) {
        mien_pen_disc(pen, x, y, c->decides ? 8 : 6, color);
        return;
    }
    double tip = x + 18, xs[] = {x, tip, x}, ys[] = {y - 8, y, y + 8};
    mien_pen_area(pen, xs, ys, 3, color, 1);
}

static void title_of(const mien_rank *rank, char *text, size_t size)
{
    if (rank->recommended)
        snprintf(text, size, "How many components? r = %zu", rank->recommended);
    else if (rank->least && rank->least == rank->most)
        snprintf(text, size, "How many components? %s %zu",
                 rank->beyond ? "At least" : "One criterion says", rank->least);
    else if (rank->least)
        snprintf(text, size, "Components: no single number, %zu to %zu%s", rank->least, rank->most,
                 rank->beyond ? " or more" : "");
    else
        snprintf(text, size, "How many components? Nothing can be said");
}

static void draw_votes(mien_pen *pen, const mien_rank *rank)
{
    char text[128];
    /* the range that was asked: what lies far beyond is an arrow at its edge */
    mien_axis axis = mien_axis_choose(0, (double)rank->options.high, false, 8);
    double top = MARGIN + TITLE + 1.2 * ROW, bottom = top + ROW * (double)rank->n_criteria;
    title_of(rank, text, sizeof text);
    write_at(pen, MARGIN, MARGIN + TITLE * 0.8, text, TITLE, true, INK, MIEN_ALIGN_LEFT,
             WIDTH - 2 * MARGIN);
    write_at(pen, MARGIN, top - 10,
             "criteria that decide are blue; the others are there for comparison; arrows: beyond "
             "this range",
             LETTERS, false, PALE, MIEN_ALIGN_LEFT, WIDTH - 2 * MARGIN);
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
        draw_row(pen, &rank->criteria[i], &axis, top + ROW * ((double)i + 0.5));
}

/* ---------------------------------------------------------------- curves */

/* Members of all points, as chart lines want them. */
typedef struct curves {
    double *r, *held[2], *error[2], *fitted, *permuted, *stability, *spread, *cophenetic;
} curves;

static bool take_curves(const mien_rank *rank, mien_arena *arena, curves *c)
{
    double **all[] = {&c->r,      &c->held[0],  &c->held[1],   &c->error[0], &c->error[1],
                      &c->fitted, &c->permuted, &c->stability, &c->spread,   &c->cophenetic};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i] = mien_arena_alloc(arena, rank->n_points, sizeof(double));
    if (arena->failed)
        return false;
    for (size_t i = 0; i < rank->n_points; i++) {
        const mien_rank_point *p = &rank->points[i];
        c->r[i] = (double)p->r;
        for (size_t l = 0; l < 2; l++) {
            c->held[l][i] = p->held[l];
            c->error[l][i] = p->held_error[l];
        }
        c->fitted[i] = p->fitted[MIEN_RANK_KL];
        c->permuted[i] = p->permuted;
        c->stability[i] = p->stability;
        c->spread[i] = p->stability_error;
        c->cophenetic[i] = p->cophenetic;
    }
    return true;
}

/* The choice of a criterion as a mark of a chart. */
static void add_mark(const mien_rank *rank, const char *key, const char *label, mien_mark *marks,
                     size_t *count)
{
    for (size_t i = 0; i < rank->n_criteria; i++)
        if (strcmp(rank->criteria[i].key, key) == 0 && rank->criteria[i].choice)
            marks[(*count)++] = (mien_mark){(double)rank->criteria[i].choice, label};
}

/* One panel: a chart or, without one, the votes; as PNG and as SVG. */
typedef struct paper {
    const mien_rank *rank;
    mien_arena arena;
    curves curves;
    mien_canvas parts[MOST_PARTS];
    char *svgs[MOST_PARTS];
    size_t height; /* of a panel */
    size_t count;
    mien_error *err;
} paper;

static mien_status add_votes(paper *p)
{
    size_t height = p->height, i = p->count;
    mien_status st =
        mien_canvas_init(WIDTH, height, (mien_rgb){255, 255, 255}, &p->parts[i], p->err);
    if (st)
        return st;
    p->count++;
    mien_pen canvas = {.canvas = &p->parts[i], .err = p->err};
    draw_votes(&canvas, p->rank);
    mien_svg svg = {0};
    mien_svg_begin(&svg, WIDTH, height, NULL);
    mien_pen pen = {.svg = &svg, .err = p->err};
    draw_votes(&pen, p->rank);
    mien_svg_end(&svg);
    p->svgs[i] = svg.text.bytes;
    if (canvas.status || pen.status)
        return canvas.status ? canvas.status : pen.status;
    return svg.text.failed ? mien_fail_plain(p->err, MIEN_ERR_NOMEM) : MIEN_OK;
}

static mien_status add_chart(paper *p, mien_chart *chart)
{
    size_t i = p->count, nbytes;
    bool any = false; /* a curve without a point is no chart */
    for (size_t s = 0; s < chart->n_series; s++)
        for (size_t k = 0; k < chart->series[s].count; k++)
            any = any || isfinite(chart->series[s].y[k]);
    if (!any)
        return MIEN_OK;
    chart->width = WIDTH;
    chart->height = p->height;
    chart->x_label = "components r";
    mien_status st = mien_chart_draw(chart, &p->parts[i], p->err);
    if (st)
        return st;
    p->count++;
    return mien_chart_svg(chart, &p->svgs[i], &nbytes, p->err);
}

static mien_status add_held(paper *p, size_t loss)
{
    static const char *const titles[] = {"Loss of entries that were hidden, Kullback–Leibler",
                                         "Loss of entries that were hidden, squared distance"};
    static const char *const keys[][2] = {{"held-out-kl", "held-out-kl-minimum"},
                                          {"held-out-frobenius", "held-out-frobenius-minimum"}};
    const curves *c = &p->curves;
    mien_mark marks[2];
    mien_series series[] = {{.name = "hidden entries, mean and standard error over masks",
                             .x = c->r,
                             .y = c->held[loss],
                             .error = c->error[loss],
                             .count = p->rank->n_points,
                             .markers = true}};
    mien_chart chart = {.title = titles[loss],
                        .y_label = "loss of an entry",
                        .series = series,
                        .n_series = 1,
                        .marks = marks};
    add_mark(p->rank, keys[loss][0], "within one error", marks, &chart.n_marks);
    add_mark(p->rank, keys[loss][1], "least", marks, &chart.n_marks);
    return add_chart(p, &chart);
}

static mien_status add_permuted(paper *p)
{
    const curves *c = &p->curves;
    mien_mark mark;
    mien_series series[] = {{.name = "this data",
                             .x = c->r,
                             .y = c->fitted,
                             .count = p->rank->n_points,
                             .markers = true},
                            {.name = "pixels permuted over images",
                             .x = c->r,
                             .y = c->permuted,
                             .count = p->rank->n_points}};
    mien_chart chart = {.title = "Loss of entries that were fitted, Kullback–Leibler",
                        .y_label = "loss of an entry",
                        .series = series,
                        .n_series = 2,
                        .marks = &mark};
    for (size_t i = 0; i < p->rank->n_criteria; i++) /* none where it falls faster to the end */
        if (!p->rank->criteria[i].at_end && strcmp(p->rank->criteria[i].key, "permuted") == 0)
            add_mark(p->rank, "permuted", "falls no faster than permuted data", &mark,
                     &chart.n_marks);
    return add_chart(p, &chart);
}

static mien_status add_stability(paper *p)
{
    const curves *c = &p->curves;
    mien_mark marks[2];
    mien_series series[] = {{.name = "similarity of a part with its twins from other starts",
                             .x = c->r,
                             .y = c->stability,
                             .error = c->spread,
                             .count = p->rank->n_points,
                             .markers = true},
                            {.name = "cophenetic correlation",
                             .x = c->r,
                             .y = c->cophenetic,
                             .count = p->rank->n_points,
                             .markers = true}};
    mien_chart chart = {.title = "How alike the answers from several starts are",
                        .y_label = "1: the same",
                        .series = series,
                        .n_series = 2,
                        .marks = marks};
    add_mark(p->rank, "stability", "stable", marks, &chart.n_marks);
    add_mark(p->rank, "cophenetic", "cophenetic", marks, &chart.n_marks);
    return add_chart(p, &chart);
}

/* ---------------------------------------------------------------- files */

static size_t rows_of(const paper *p)
{
    return (p->count + COLUMNS - 1) / COLUMNS;
}

static mien_status write_png(paper *p, mien_outdir *dir)
{
    char path[MIEN_PATH_MAX];
    mien_canvas sheet;
    mien_status st = mien_canvas_init(COLUMNS * WIDTH, rows_of(p) * p->height,
                                      (mien_rgb){255, 255, 255}, &sheet, p->err);
    if (st)
        return st;
    size_t line = (size_t)WIDTH * 3;
    for (size_t i = 0; i < p->count; i++)
        for (size_t y = 0; y < p->height; y++) {
            size_t row = i / COLUMNS * p->height + y;
            memcpy(sheet.pixels + (row * COLUMNS + i % COLUMNS) * line,
                   p->parts[i].pixels + y * line, line);
        }
    st = mien_outdir_path(dir, "rank.png", path, sizeof path, p->err);
    if (!st)
        st = mien_png_write(&sheet, path, p->err);
    mien_canvas_free(&sheet);
    return st;
}

/* Whole pictures inside of one, each at its place. */
static mien_status write_svg(paper *p, mien_outdir *dir)
{
    char title[128];
    mien_svg svg = {0};
    title_of(p->rank, title, sizeof title);
    mien_svg_begin(&svg, COLUMNS * WIDTH, rows_of(p) * p->height, title);
    for (size_t i = 0; i < p->count; i++) {
        const char *inner = strstr(p->svgs[i], "<svg ");
        if (!inner)
            continue;
        mien_text_printf(&svg.text, "<svg x=\"%zu\" y=\"%zu\" ", i % COLUMNS * WIDTH,
                         i / COLUMNS * p->height);
        mien_text_add(&svg.text, inner + strlen("<svg "));
    }
    mien_svg_end(&svg);
    mien_status st = svg.text.failed ? mien_fail_plain(p->err, MIEN_ERR_NOMEM)
                                     : mien_outdir_write(dir, "rank.svg", svg.text.bytes,
                                                         svg.text.length, p->err);
    mien_text_free(&svg.text);
    return st;
}

mien_status mien_rank_picture_write(mien_outdir *dir, const mien_rank *rank, mien_error *err)
{
    paper p = {.rank = rank, .height = votes_height(rank), .err = err};
    mien_status st = take_curves(rank, &p.arena, &p.curves) ? MIEN_OK : MIEN_ERR_NOMEM;
    if (st)
        mien_fail_plain(err, st);
    if (!st)
        st = add_votes(&p);
    for (size_t loss = 0; loss < 2 && !st; loss++)
        st = add_held(&p, loss);
    if (!st)
        st = add_permuted(&p);
    if (!st)
        st = add_stability(&p);
    if (!st)
        st = write_png(&p, dir);
    if (!st)
        st = write_svg(&p, dir);
    for (size_t i = 0; i < p.count; i++) {
        mien_canvas_free(&p.parts[i]);
        mien_free(p.svgs[i]);
    }
    mien_arena_free(&p.arena);
    return st;
}
