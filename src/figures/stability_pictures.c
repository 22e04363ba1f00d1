/* stability_pictures.c - components with their verdicts, their twins, where runs disagree, which
 * losses they reached, and how often they group alike.
 * SPDX-License-Identifier: MIT */
#include "figures/stability_pictures.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "draw/axis.h"
#include "figures/montage.h"
#include "figures/stability_words.h"
#include "figures/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Sizes in pixels. */
enum {
    MARGIN = 36,
    TITLE = 28, /* letters of the header, */
    SUBTITLE = 17,
    HEADER = 92, /* and its height */
    FRAME = 5,
    CELL_GAP = 12,
    CELL_SIDE = 150, /* a picture's side at most */
    VERDICT_SIDE = 1080,
    NUMBER = 15,         /* letters of the number below a picture, */
    NUMBER_LINE = 22,    /* and their line; */
    SECOND_LINE = 18,    /* a second line below it; */
    SMALL_CELL = 64,     /* narrower pictures have smaller numbers, */
    NUMBER_WIDTH = 30,   /* still narrower ones none */
    LEGEND_LINE = 44,    /* the legend below the pictures, */
    LEGEND_SWATCH = 24,  /* whose letters are */
    LEGEND_LETTERS = 18, /* so large */
    MIN_WIDTH = 1240,    /* titles and legends need this, */
    LESS_WIDTH = 1000,   /* legends of three verdicts this */
    TWIN_SIDE = 1700,
    TWIN_COLUMNS = 25,
    TWIN_STRIPES = 6, /* columns of stripes */
    TWIN_ROWS = 9,    /* twins shown: all, or the best, the worst and others between */
    TWIN_GAP = 4,
    TWIN_BAR = 4, /* below each twin: its similarity */
    TWIN_LABELS = 130,
    TWIN_BAND_GAP = 40,
    SPREAD_SIDE = 760,
    SPREAD_MEAN = 360
};

static const mien_rgb PALE = {96, 96, 96}, HAIR = {200, 200, 200};

/* What every picture is drawn from. */
struct scene {
    const mien_stability *s;
    mien_shape shape;
    const mien_style *style;
    mien_coloring coloring;
    mien_grid cell; /* of one component */
    size_t width, height;
};

static void draw_cell(mien_pen *pen, const struct scene *d, size_t x, size_t y,
                      const float *picture)
{
    mien_pen_grid(pen, x, y, &d->cell, picture, d->shape, d->coloring);
}

/* Blue, amber, vermilion (after Okabe & Ito 2008): told apart by hue and by lightness; grey where
 * there is no verdict. */
static mien_rgb color_of(mien_verdict verdict)
{
    static const mien_rgb colors[] = {
        {0, 114, 178}, {240, 180, 40}, {200, 60, 0}, {90, 90, 90}, {150, 150, 150}};
    return colors[verdict];
}

/* ---------------------------------------------------------------- heading and legends */

/* A line in letters that are smaller when it is longer than the room, down to two thirds. */
static void write_fitting(mien_pen *pen, double y, mien_lettering letters, double room,
                          const char *text)
{
    double width = mien_pen_width(pen, letters, text);
    if (width > room) /* letters stand on whole pixels: a little is kept for their rounding */
        letters.size *= fmax(0.98 * room / width, 2.0 / 3);
    letters.max_width = room;
    mien_pen_text(pen, MARGIN, y, letters, text);
}

static void draw_header(mien_pen *pen, size_t width, const char *title, const char *subtitle)
{
    double room = (double)(width - 2 * MARGIN);
    write_fitting(pen, 44, (mien_lettering){.size = TITLE, .bold = true, .color = mien_ink}, room,
                  title);
    write_fitting(pen, 72, (mien_lettering){.size = SUBTITLE, .color = PALE}, room, subtitle);
}

/* The same, with what was run before the subtitle. */
static void draw_heading(mien_pen *pen, const struct scene *d, const char *title,
                         const char *subtitle)
{
    char line[512], runs[96];
    mien_stability_run_words(d->s, runs, sizeof runs);
    snprintf(line, sizeof line, "%s, r = %zu, %s. %s", mien_method_describe(d->s->method)->title,
             d->s->r, runs, subtitle);
    draw_header(pen, d->width, title, line);
}

/* Words behind a swatch, bold and pale; returns where the next key begins. */
static double draw_key(mien_pen *pen, double x, double y, const char *words, const char *rule)
{
    mien_lettering bold = {.size = LEGEND_LETTERS, .bold = true, .color = mien_ink};
    mien_lettering plain = {.size = LEGEND_LETTERS - 2, .color = PALE};
    x += LEGEND_SWATCH + 8;
    mien_pen_text(pen, x, y + 19, bold, words);
    x += mien_pen_width(pen, bold, words) + 8;
    mien_pen_text(pen, x, y + 19, plain, rule);
    return x + mien_pen_width(pen, plain, rule) + 28;
}

static void draw_legend(mien_pen *pen, double y, const mien_stability *s)
{
    static const char *const rules[] = {"four of five runs have it", "in between",
                                        "most runs lack it", "of another component"};
    double x = MARGIN;
    for (int v = 0; v < MIEN_VERDICT_UNDEFINED && s->judged >= MIEN_MIN_RUNS; v++) {
        if (v == MIEN_VERDICT_COPY && s->verdicts[v] == 0)
            continue;
        mien_box swatch = {(size_t)x + FRAME, (size_t)y + FRAME, LEGEND_SWATCH - 2 * FRAME,
                           LEGEND_SWATCH - 2 * FRAME};
        mien_pen_frame(pen, swatch, FRAME, color_of((mien_verdict)v));
        char words[128];
        snprintf(words, sizeof words, "%s: %zu", mien_stability_verdict_words((mien_verdict)v),
                 s->verdicts[v]);
        x = draw_key(pen, x, y, words, rules[v]);
    }
}

/* ---------------------------------------------------------------- verdicts.png */

struct verdict_sheet {
    struct scene d;
    size_t columns, line;
};

/* Number and median, and below them how many runs find it; or whose copy it is. */
static void label_component(mien_pen *pen, const mien_stability *s, size_t k, mien_box box)
{
    const mien_component *c = &s->components[k];
    mien_lettering letters = {box.width < SMALL_CELL ? NUMBER - 3 : NUMBER, false, mien_ink,
                              MIEN_ALIGN_CENTER, (double)(box.width + 2 * FRAME + CELL_GAP - 2)};
    char above[32], below[32] = "";
    if (isnan(c->median))
        snprintf(above, sizeof above, "%zu", k + 1);
    else if (c->verdict == MIEN_VERDICT_COPY)
        snprintf(above, sizeof above, "%zu = %zu", k + 1, c->same_as + 1);
    else
        mien_format(above, sizeof above, "%zu: %.2f", k + 1, c->median);
    if (c->verdict != MIEN_VERDICT_COPY && !isnan(c->found))
        mien_format(below, sizeof below, box.width < SMALL_CELL ? "%.0f %%" : "found %.0f %%",
                    100 * c->found);
    double x = (double)(box.x + box.width / 2), y = (double)(box.y + box.height + FRAME);
    mien_pen_text(pen, x, y + 17, letters, above);
    letters.color = PALE;
    mien_pen_text(pen, x, y + 17 + NUMBER + 2, letters, below);
}

static void paint_verdicts(mien_pen *pen, const void *what)
{
    const struct verdict_sheet *v = what;
    const struct scene *d = &v->d;
    const mien_stability *s = d->s;
    char title[160];
    mien_stability_words(s, title, sizeof title);
    draw_heading(pen, d, title,
                 s->judged > 1 ? "Below each: number, median similarity, runs that find it" : "");
    for (size_t k = 0; k < s->r; k++) {
        size_t across = d->cell.cell_width + 2 * FRAME + CELL_GAP;
        size_t down = d->cell.cell_height + 2 * FRAME + CELL_GAP + v->line;
        mien_box box = {MARGIN + FRAME + k % v->columns * across,
                        HEADER + FRAME + k / v->columns * down, d->cell.cell_width,
                        d->cell.cell_height};
        mien_pen_frame(pen, box, FRAME, color_of(s->components[k].verdict));
        draw_cell(pen, d, box.x, box.y, s->best.H + k * s->p);
        if (v->line)
            label_component(pen, s, k, box);
    }
    draw_legend(pen, (double)(d->height - LEGEND_LINE - MARGIN / 4), s);
}

static mien_status draw_verdicts(mien_outdir *dir, const struct scene *scene, mien_error *err)
{
    struct verdict_sheet v = {.d = *scene};
    struct scene *d = &v.d;
    mien_grid grid;
    mien_status st = mien_grid_choose(d->s->r, d->shape, d->style, &grid, err);
    if (st)
        return st;
    size_t room = VERDICT_SIDE / grid.columns, rim = 2 * FRAME + CELL_GAP;
    size_t side = room > rim + 4 ? room - rim : 4;
    if (!mien_shape_is_stripe(d->shape))
        side = mien_min(side, CELL_SIDE);
    d->cell = mien_grid_one(d->shape, side, side);
    v.columns = grid.columns;
    v.line = d->cell.cell_width >= NUMBER_WIDTH ? NUMBER_LINE + SECOND_LINE : 0;
    d->width = mien_max(2 * MARGIN + grid.columns * (d->cell.cell_width + rim) - CELL_GAP,
                        d->s->verdicts[MIEN_VERDICT_COPY] ? MIN_WIDTH : LESS_WIDTH);
    d->height =
        HEADER + grid.rows * (d->cell.cell_height + rim + v.line) + LEGEND_LINE + MARGIN / 2;
    return mien_drawing_png(&(mien_drawing){d->width, d->height, NULL, paint_verdicts, &v}, dir,
                            "verdicts", err);
}

/* ---------------------------------------------------------------- twins.png */

struct twin_sheet {
    struct scene d;
    size_t columns, bands, shown; /* twins a component */
    size_t pitch, step, band;     /* from column to column, twin to twin, band to band */
    size_t *order;                /* components */
    size_t *runs;                 /* workspace: runs by similarity to one component */
    float *flipped;               /* p */
};

/* Judged runs but the best, the most similar twin first. */
static void rank_runs(const struct twin_sheet *t, size_t k)
{
    const mien_stability *s = t->d.s;
    size_t count = 0;
    for (size_t run = 0; run < s->runs; run++) {
        if (run == s->best_run || !s->outcomes[run].judged)
            continue;
        size_t at = count++;
        for (; at > 0 && s->similarity[t->runs[at - 1] * s->r + k] < s->similarity[run * s->r + k];
             at--)
            t->runs[at] = t->runs[at - 1];
        t->runs[at] = run;
    }
}

static double inner(const float *a, const float *b, size_t p)
{
    double sum = 0;
    for (size_t j = 0; j < p; j++)
        sum += (double)a[j] * (double)b[j];
    return sum;
}

/* A twin's bar tells what the verdict counts: whether the run finds the component. */
static mien_rgb bar_color(bool found)
{
    return found ? mien_ink : (mien_rgb){205, 160, 205};
}

static void draw_twin(mien_pen *pen, const struct twin_sheet *t, mien_box box, size_t k, size_t run)
{
    const mien_stability *s = t->d.s;
    const float *best = s->best.H + k * s->p;
    const float *twin = s->basis + (run * s->r + s->twins[run * s->r + k]) * s->p;
    if (t->d.coloring.is_signed && inner(best, twin, s->p) < 0) {
        for (size_t j = 0; j < s->p; j++)
            t->flipped[j] = -twin[j];
        twin = t->flipped;
    }
    double similarity = s->similarity[run * s->r + k];
    draw_cell(pen, &t->d, box.x, box.y, twin);
    mien_pen_frame(pen, box, 1, HAIR);
    mien_box bar = {box.x, box.y + box.height + 1,
                    (size_t)lround((double)box.width * fmax(similarity, 0)), TWIN_BAR};
    mien_pen_fill(pen, bar, bar_color(similarity >= s->components[k].needed));
}

static void draw_column(mien_pen *pen, const struct twin_sheet *t, size_t at)
{
    const mien_stability *s = t->d.s;
    size_t k = t->order[at], others = s->judged - 1;
    const mien_component *c = &s->components[k];
    mien_box box = {MARGIN + TWIN_LABELS + at % t->columns * t->pitch,
                    HEADER + FRAME + NUMBER_LINE + at / t->columns * t->band, t->d.cell.cell_width,
                    t->d.cell.cell_height};
    char number[32];
    mien_lettering letters = {NUMBER - 2, false, PALE, MIEN_ALIGN_CENTER, (double)t->pitch};
    const double middle = (double)(box.x + box.width / 2);
    snprintf(number, sizeof number, "%zu", k + 1);
    mien_pen_text(pen, middle, (double)box.y - 10, letters, number);
    letters.color = mien_ink;
    mien_pen_frame(pen, box, FRAME - 1, color_of(c->verdict));
    draw_cell(pen, &t->d, box.x, box.y, s->best.H + k * s->p);
    if (c->verdict == MIEN_VERDICT_COPY) {
        snprintf(number, sizeof number, "= %zu", c->same_as + 1);
        mien_pen_text(pen, middle, (double)(box.y + box.height + FRAME) + 17, letters, number);
        return;
    }
    rank_runs(t, k);
    box.y += box.height + 3 * FRAME;
    for (size_t i = 0; i < t->shown; i++) {
        size_t rank = t->shown > 1 ? i * (others - 1) / (t->shown - 1) : 0;
        draw_twin(pen, t, box, k, t->runs[rank]);
        box.y += t->step;
    }
    if (box.width < NUMBER_WIDTH)
        return;
    mien_format(number, sizeof number, "%.2f", c->median);
    mien_pen_text(pen, middle, (double)box.y + 14, letters, number);
    mien_format(number, sizeof number, "%.0f %%", 100 * c->found);
    mien_pen_text(pen, middle, (double)box.y + 14 + SECOND_LINE, letters, number);
}

static void label_band(mien_pen *pen, const struct twin_sheet *t, size_t band)
{
    mien_lettering letters = {.size = NUMBER, .color = PALE, .align = MIEN_ALIGN_RIGHT};
    size_t high = t->d.cell.cell_height;
    double x = MARGIN + TWIN_LABELS - 14, half = (double)high / 2 + 5;
    double head = (double)(HEADER + FRAME + NUMBER_LINE + band * t->band);
    double first = head + (double)(high + 3 * FRAME);
    double last = first + (double)((t->shown - 1) * t->step), below = last + (double)t->step + 14;
    mien_pen_text(pen, x, head + half, letters, "best run");
    mien_pen_text(pen, x, first + half, letters, "nearest twin");
    if (t->shown > 1)
        mien_pen_text(pen, x, last + half, letters, "farthest");
    if (t->d.cell.cell_width < NUMBER_WIDTH)
        return;
    mien_pen_text(pen, x, below, letters, "median");
    mien_pen_text(pen, x, below + SECOND_LINE, letters, "found by");
}

static void draw_bar_legend(mien_pen *pen, double y)
{
    static const char *const words[] = {"not found", "found"};
    static const char *const rules[] = {
        "less similar than that", "cosine at least 0.8, and at most half as far as the nearest "
                                  "other part"};
    double x = MARGIN;
    for (size_t found = 2; found-- > 0;) {
        mien_pen_fill(pen, (mien_box){(size_t)x, (size_t)y + 12, LEGEND_SWATCH, TWIN_BAR},
                      bar_color(found));
        x = draw_key(pen, x, y, words[found], rules[found]);
    }
}

static void paint_twins(mien_pen *pen, const void *what)
{
    const struct twin_sheet *t = what;
    double legend = (double)(t->d.height - 2 * LEGEND_LINE - MARGIN / 4);
    draw_heading(pen, &t->d, "Every component above its twins from other runs",
                 "The most similar first; the bar below a twin is as long as it is similar");
    draw_legend(pen, legend, t->d.s);
    draw_bar_legend(pen, legend + LEGEND_LINE - 6);
    for (size_t band = 0; band < t->bands; band++)
        label_band(pen, t, band);
    for (size_t at = 0; at < t->d.s->r; at++)
        draw_column(pen, t, at);
}

static mien_status draw_twins(mien_outdir *dir, const struct scene *scene, mien_error *err)
{
    const mien_stability *s = scene->s;
    bool stripes = mien_shape_is_stripe(scene->shape);
    size_t others = s->judged - 1, max_columns = stripes ? TWIN_STRIPES : TWIN_COLUMNS;
    struct twin_sheet t = {.d = *scene,
                           .shown = mien_min(others, TWIN_ROWS),
                           .bands = (s->r + max_columns - 1) / max_columns};
    struct scene *d = &t.d;
    t.columns = (s->r + t.bands - 1) / t.bands;
    size_t side = TWIN_SIDE / t.columns - 2 * FRAME;
    side = stripes ? side : mien_min(side, CELL_SIDE / 2);
    d->cell = mien_grid_one(d->shape, side, side);
    t.pitch = d->cell.cell_width + 2 * FRAME;
    t.step = d->cell.cell_height + TWIN_GAP + TWIN_BAR;
    t.band = NUMBER_LINE + d->cell.cell_height + 4 * FRAME + t.shown * t.step + NUMBER_LINE +
             SECOND_LINE + TWIN_BAND_GAP;
    d->width = mien_max(2 * MARGIN + TWIN_LABELS + t.columns * t.pitch, MIN_WIDTH);
    d->height = HEADER + t.bands * t.band - TWIN_BAND_GAP + 2 * LEGEND_LINE + MARGIN / 2;
    mien_arena arena = {0};
    t.order = mien_arena_alloc(&arena, s->r, sizeof *t.order);
    t.runs = mien_arena_alloc(&arena, s->runs, sizeof *t.runs);
    t.flipped = mien_arena_alloc(&arena, s->p, sizeof *t.flipped);
    mien_status st = arena.failed ? mien_fail_plain(err, MIEN_ERR_NOMEM) : MIEN_OK;
    if (!st) {
        mien_stability_sort(s, t.order);
        st = mien_drawing_png(&(mien_drawing){d->width, d->height, NULL, paint_twins, &t}, dir,
                              "twins", err);
    }
    mien_arena_free(&arena);
    return st;
}

/* ---------------------------------------------------------------- spread.png */

struct deviation_sheet {
    struct scene d;
    mien_grid grid;
    const float *mean; /* p, over components */
};

enum { DEVIATIONS_RIGHT = MARGIN + SPREAD_MEAN + MARGIN, DEVIATIONS_TOP = HEADER + 30 };

static void paint_deviations(mien_pen *pen, const void *what)
{
    const struct deviation_sheet *sheet = what;
    const struct scene *d = &sheet->d;
    float largest = 0;
    for (size_t at = 0; at < d->s->r * d->s->p; at++)
        largest = fmaxf(largest, d->s->deviation[at]);
    char words[256];
    mien_format(words, sizeof words,
                "Standard deviation over runs of every %s, components of maximum 1; darkest: %.2f",
                mien_words_for(mien_shape_is_stripe(d->shape)).unit, (double)largest);
    draw_heading(pen, d, "Where the runs disagree", words);
    mien_lettering letters = {.size = NUMBER + 1, .color = PALE};
    mien_pen_text(pen, MARGIN, DEVIATIONS_TOP - 10, letters, "mean over components");
    mien_pen_text(pen, DEVIATIONS_RIGHT, DEVIATIONS_TOP - 10, letters,
                  "component by component, one scale");
    mien_box box = {MARGIN, DEVIATIONS_TOP, d->cell.cell_width, d->cell.cell_height};
    mien_pen_frame(pen, box, 1, HAIR);
    draw_cell(pen, d, box.x, box.y, sheet->mean);
    mien_pen_grid(pen, DEVIATIONS_RIGHT, DEVIATIONS_TOP, &sheet->grid, d->s->deviation, d->shape,
                  d->coloring);
}

static mien_status draw_deviations(mien_outdir *dir, const struct scene *scene, mien_error *err)
{
    const mien_stability *s = scene->s;
    struct deviation_sheet sheet = {.d = *scene};
    struct scene *d = &sheet.d;
    mien_status st = mien_grid_choose(s->r, d->shape, d->style, &sheet.grid, err);
    if (st)
        return st;
    mien_grid_fit(&sheet.grid, d->shape, SPREAD_SIDE, SPREAD_SIDE);
    d->cell = mien_grid_one(d->shape, SPREAD_MEAN, SPREAD_MEAN);
    d->coloring = (mien_coloring){.palette = d->style->palette, .common_scale = true};
    d->width = mien_max(DEVIATIONS_RIGHT + mien_grid_width(&sheet.grid) + MARGIN, MIN_WIDTH);
    d->height =
        DEVIATIONS_TOP + mien_max(mien_grid_height(&sheet.grid), d->cell.cell_height) + MARGIN;
    float *mean = mien_alloc_array(s->p, sizeof *mean);
    if (!mean)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t k = 0; k < s->r; k++)
        for (size_t j = 0; j < s->p; j++)
            mean[j] += s->deviation[k * s->p + j] / (float)s->r;
    sheet.mean = mean;
    st = mien_drawing_png(&(mien_drawing){d->width, d->height, NULL, paint_deviations, &sheet}, dir,
                          "spread", err);
    mien_free(mean);
    return st;
}

/* ---------------------------------------------------------------- losses.png */

enum {
    LOSS_WIDTH = 1100,
    LOSS_HEIGHT = 560,
    LOSS_LEFT = 80,
    LOSS_TOP = 120,
    LOSS_BOTTOM = 92,
    LOSS_RIGHT = 40,
    MAX_BINS = 40,
    RUG = 14, /* a stroke for each run, below the axis */
    LETTERS = 17
};

struct histogram {
    const mien_stability *s;
    double median, largest; /* loss */
    mien_axis x, y;
    size_t bins, counts[MAX_BINS];
};

/* Where a run stands: its loss above the smallest in percent, or the loss itself. */
static double place_of(const mien_stability *s, size_t run)
{
    double loss = s->outcomes[run].objective;
    return mien_stability_in_percent(s) ? 100 * (loss / mien_fit_objective(&s->best) - 1) : loss;
}

static void count_losses(struct histogram *h)
{
    const mien_stability *s = h->s;
    size_t highest = 0;
    h->bins = mien_min((size_t)(2 * ceil(sqrt((double)s->runs))), MAX_BINS);
    double low = place_of(s, s->best_run), high = low;
    for (size_t run = 0; run < s->runs; run++)
        high = fmax(high, place_of(s, run));
    if (!(high - low > 1e-9 * fmax(1, fabs(low))))
        high = low + (mien_stability_in_percent(s) ? 1 : fmax(1, fabs(low)));
    h->x = mien_axis_choose(low, high, false, 6);
    for (size_t run = 0; run < s->runs; run++) {
        double at = mien_axis_place(&h->x, place_of(s, run)) * (double)h->bins;
        size_t bin = mien_min(at > 0 ? (size_t)at : 0, h->bins - 1);
        highest = mien_max(highest, ++h->counts[bin]);
    }
    h->y = mien_axis_choose(0, (double)highest, false, 5);
}

static double across(const struct histogram *h, double value)
{
    return LOSS_LEFT + mien_axis_place(&h->x, value) * (LOSS_WIDTH - LOSS_LEFT - LOSS_RIGHT);
}

static double down(const struct histogram *h, double value)
{
    return LOSS_HEIGHT - LOSS_BOTTOM -
           mien_axis_place(&h->y, value) * (LOSS_HEIGHT - LOSS_BOTTOM - LOSS_TOP);
}

static void draw_axes(mien_pen *pen, const struct histogram *h)
{
    static const mien_rgb grid = {228, 228, 228};
    mien_lettering letters = {.size = LETTERS, .color = PALE, .align = MIEN_ALIGN_RIGHT};
    char text[128];
    for (size_t t = 0; t < h->y.n_ticks; t++) {
        double tick = h->y.ticks[t], y = down(h, tick);
        if (fabs(tick - round(tick)) > 1e-9)
            continue; /* there is no half a run */
        mien_pen_line(pen, LOSS_LEFT, y, LOSS_WIDTH - LOSS_RIGHT, y, 1.5, grid);
        snprintf(text, sizeof text, "%.0f", tick);
        mien_pen_text(pen, LOSS_LEFT - 12, y + 6, letters, text);
    }
    letters.align = MIEN_ALIGN_CENTER;
    for (size_t t = 0; t < h->x.n_ticks; t++) {
        mien_axis_label(&h->x, h->x.ticks[t], text);
        mien_pen_text(pen, across(h, h->x.ticks[t]), LOSS_HEIGHT - LOSS_BOTTOM + 42, letters, text);
    }
    letters.color = mien_ink;
    snprintf(text, sizeof text,
             mien_stability_in_percent(h->s) ? "%s%s, percent above the least" : "%s%s",
             h->s->best.loss_name, h->s->best.penalty != 0 ? " and penalty" : "");
    mien_pen_text(pen, (LOSS_WIDTH + LOSS_LEFT - LOSS_RIGHT) / 2.0, LOSS_HEIGHT - 18, letters,
                  text);
    letters.align = MIEN_ALIGN_LEFT;
    mien_pen_text(pen, MARGIN, LOSS_TOP - 18, letters, "runs");
}

static void draw_bars(mien_pen *pen, const struct histogram *h)
{
    static const mien_rgb bar_blue = {86, 150, 200}, worse_red = {200, 60, 0};
    double base = down(h, 0), width = (LOSS_WIDTH - LOSS_LEFT - LOSS_RIGHT) / (double)h->bins;
    for (size_t b = 0; b < h->bins; b++) {
        double left = LOSS_LEFT + (double)b * width, top = down(h, (double)h->counts[b]);
        mien_box bar = {(size_t)lround(left) + 2, (size_t)lround(top),
                        (size_t)lround(width) > 4 ? (size_t)lround(width) - 4 : 1,
                        (size_t)lround(base - top)};
        mien_pen_fill(pen, bar, bar_blue);
    }
    for (size_t run = 0; run < h->s->runs; run++) {
        double x = across(h, place_of(h->s, run));
        mien_pen_line(pen, x, base + 4, x, base + 4 + RUG, 2,
                      h->s->outcomes[run].worse ? worse_red : mien_ink);
    }
    mien_pen_line(pen, LOSS_LEFT, base, LOSS_WIDTH - LOSS_RIGHT, base, 2, PALE);
}

static void describe_losses(const struct histogram *h, char *words, size_t size)
{
    const mien_stability *s = h->s;
    double best = mien_fit_objective(&s->best);
    char lowest[32], middle[32], highest[32];
    mien_number_words(best, lowest, sizeof lowest);
    mien_number_words(h->median, middle, sizeof middle);
    mien_number_words(h->largest, highest, sizeof highest);
    if (mien_stability_in_percent(s))
        mien_format(words, size,
                    "Least: %s (run %zu); median %.2f %% above it, largest %.2f %%. A stroke a "
                    "run",
                    lowest, s->best_run + 1, 100 * (h->median / best - 1),
                    100 * (h->largest / best - 1));
    else
        snprintf(words, size, "Least: %s (run %zu); median %s, largest %s. A stroke a run", lowest,
                 s->best_run + 1, middle, highest);
    size_t used = strlen(words);
    if (s->worse)
        snprintf(words + used, size - used, ", red: local minima (%zu)", s->worse);
}

static void paint_losses(mien_pen *pen, const void *what)
{
    const struct histogram *h = what;
    char title[64], words[256];
    snprintf(title, sizeof title, "The loss%s that %zu run%s reached",
             h->s->best.penalty != 0 ? " and penalty" : "", h->s->runs, h->s->runs == 1 ? "" : "s");
    describe_losses(h, words, sizeof words);
    draw_header(pen, LOSS_WIDTH, title, words);
    draw_axes(pen, h);
    draw_bars(pen, h);
}

static mien_status draw_losses(mien_outdir *dir, const mien_stability *s, mien_error *err)
{
    struct histogram h = {.s = s};
    if (mien_stability_losses(s, &h.median, &h.largest))
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    count_losses(&h);
    return mien_drawing_png(&(mien_drawing){LOSS_WIDTH, LOSS_HEIGHT, NULL, paint_losses, &h}, dir,
                            "losses", err);
}

/* ---------------------------------------------------------------- consensus.png */

enum { MATRIX_SIDE = 820, MATRIX_TOP = 96, LEGEND_WIDTH = 22, LEGEND_GAP = 28, LEGEND_WORDS = 70 };

/* White over sky blue to navy. */
static mien_rgb share_color(double share)
{
    static const double stops[3][3] = {{255, 255, 255}, {100, 170, 220}, {8, 40, 88}};
    double at = 2 * fmin(fmax(share, 0), 1);
    int i = at < 1 ? 0 : 1;
    double t = at - i, c[3];
    for (int k = 0; k < 3; k++)
        c[k] = stops[i][k] + t * (stops[i + 1][k] - stops[i][k]);
    return (mien_rgb){(uint8_t)lround(c[0]), (uint8_t)lround(c[1]), (uint8_t)lround(c[2])};
}

double mien_consensus_block(const mien_consensus *c, size_t side, size_t row, size_t column)
{
    size_t y0 = row * c->n / side, y1 = mien_max((row + 1) * c->n / side, y0 + 1);
    size_t x0 = column * c->n / side, x1 = mien_max((column + 1) * c->n / side, x0 + 1);
    double sum = 0;
    for (size_t y = y0; y < y1; y++)
        for (size_t x = x0; x < x1; x++)
            sum += mien_consensus_share(c, c->order[y], c->order[x]);
    return sum / (double)((y1 - y0) * (x1 - x0));
}

struct matrix {
    const mien_consensus *c;
    size_t side, zoom; /* cells, and their pixels */
    size_t width;      /* of the picture */
    char heading[96], words[256];
};

static void draw_scale(mien_pen *pen, size_t x, size_t side)
{
    for (size_t y = 0; y < side; y++)
        mien_pen_fill(pen, (mien_box){x, MATRIX_TOP + y, LEGEND_WIDTH, 1},
                      share_color(1 - (double)y / (double)(side > 1 ? side - 1 : 1)));
    mien_pen_frame(pen, (mien_box){x, MATRIX_TOP, LEGEND_WIDTH, side}, 1, HAIR);
    mien_lettering letters = {.size = LETTERS, .color = PALE};
    double at = (double)(x + LEGEND_WIDTH + 8);
    mien_pen_text(pen, at, MATRIX_TOP + 13, letters, "always");
    mien_pen_text(pen, at, (double)(MATRIX_TOP + side), letters, "never");
}

static void paint_consensus(mien_pen *pen, const void *what)
{
    const struct matrix *m = what;
    size_t size = m->side * m->zoom;
    for (size_t y = 0; y < m->side; y++)
        for (size_t x = 0; x < m->side; x++)
            mien_pen_fill(
                pen, (mien_box){MARGIN + x * m->zoom, MATRIX_TOP + y * m->zoom, m->zoom, m->zoom},
                share_color(mien_consensus_block(m->c, m->side, y, x)));
    mien_pen_frame(pen, (mien_box){MARGIN, MATRIX_TOP, size, size}, 1, HAIR);
    draw_header(pen, m->width, m->heading, m->words);
    draw_scale(pen, MARGIN + size + LEGEND_GAP, size);
}

static mien_status draw_consensus(mien_outdir *dir, const struct scene *d, mien_error *err)
{
    const mien_consensus *c = &d->s->consensus;
    const char *things = mien_words_for(mien_shape_is_stripe(d->shape)).things;
    struct matrix m = {.c = c,
                       .side = mien_min(c->n, MATRIX_SIDE),
                       .zoom = c->n < MATRIX_SIDE ? MATRIX_SIDE / c->n : 1};
    snprintf(m.heading, sizeof m.heading, "How often two %s share their dominant component",
             things);
    if (c->undefined)
        snprintf(m.words, sizeof m.words, "Cophenetic correlation undefined: %s", c->undefined);
    else
        mien_format(m.words, sizeof m.words,
                    "%zu runs, %zu %s%s: cophenetic correlation %.4f, "
                    "dispersion %.3f",
                    c->runs, c->n, things, c->n < d->s->n ? " spread evenly" : "", c->cophenetic,
                    c->dispersion);
    mien_pen ruler = {.err = err}; /* the header has to find room, too */
    double words =
        fmax(mien_pen_width(&ruler, (mien_lettering){.size = TITLE, .bold = true}, m.heading),
             mien_pen_width(&ruler, (mien_lettering){.size = SUBTITLE}, m.words));
    size_t size = m.side * m.zoom, wide = LEGEND_GAP + LEGEND_WIDTH + LEGEND_WORDS + MARGIN / 2;
    m.width = mien_max(MARGIN + size + wide, 2 * MARGIN + (size_t)ceil(words) + 1);
    return ruler.status ? ruler.status
                        : mien_drawing_png(&(mien_drawing){m.width, MATRIX_TOP + size + MARGIN,
                                                           NULL, paint_consensus, &m},
                                           dir, "consensus", err);
}

mien_status mien_stability_pictures_write(mien_outdir *dir, const mien_stability *study,
                                          mien_shape shape, const mien_style *style,
                                          mien_error *err)
{
    bool is_signed = mien_method_describe(study->method)->traits & MIEN_SIGNED;
    struct scene d = {.s = study,
                      .shape = shape,
                      .style = style,
                      .coloring = mien_coloring_basis(style, is_signed)};
    mien_status st = draw_verdicts(dir, &d, err);
    if (!st && study->judged > 1)
        st = draw_twins(dir, &d, err);
    if (!st && study->judged > 1)
        st = draw_deviations(dir, &d, err);
    if (!st)
        st = draw_losses(dir, study, err);
    return st ? st : draw_consensus(dir, &d, err);
}
