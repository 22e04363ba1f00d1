/* stability_pictures.c - components with their verdicts, their twins, and where runs disagree.
 * SPDX-License-Identifier: MIT */
#include "figures/stability_pictures.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "figures/montage.h"
#include "figures/stability_charts.h"
#include "figures/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sizes in pixels. */
enum {
    MARGIN = 36,
    HEADER = 92, /* title and subtitle */
    FRAME = 5,
    CELL_GAP = 12,
    CELL_SIDE = 150, /* most of a picture's side */
    VERDICT_SIDE = 1080,
    NUMBER = 15,         /* letters of the number below a picture, */
    NUMBER_LINE = 22,    /* and their line; */
    SECOND_LINE = 18,    /* a second line below it; */
    SMALL_CELL = 64,     /* narrower pictures have smaller numbers, */
    NUMBER_WIDTH = 30,   /* still narrower ones none */
    LEGEND_LINE = 44,    /* the legend below the pictures, */
    LEGEND_SWATCH = 24,  /* whose letters are */
    LEGEND_LETTERS = 18, /* so large */
    LEAST_WIDTH = 1240,  /* titles and legends need this, */
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

static mien_shape one_cell(mien_shape shape, size_t side)
{
    mien_grid cell = {.count = 1, .columns = 1, .rows = 1};
    mien_grid_fit(&cell, shape, side, side);
    return (mien_shape){cell.cell_height, cell.cell_width, 1};
}

static mien_status draw_cell(mien_canvas *canvas, mien_box box, const float *picture,
                             mien_shape shape, const mien_coloring *coloring, mien_error *err)
{
    mien_grid cell = {
        .count = 1, .columns = 1, .rows = 1, .cell_width = box.width, .cell_height = box.height};
    return mien_grid_draw(canvas, box.x, box.y, &cell, picture, shape, coloring, err);
}

static mien_coloring coloring_of(const mien_stability *s, const mien_style *style)
{
    bool is_signed = mien_method_describe(s->method)->traits & MIEN_SIGNED;
    return (mien_coloring){
        .palette = style->palette, .is_signed = is_signed, .dark = style->ink == MIEN_INK_DARK};
}

/* ---------------------------------------------------------------- heading */

static mien_status add_header(mien_canvas *canvas, const mien_stability *s, const char *title,
                              const char *subtitle, mien_error *err)
{
    char line[512], runs[96];
    mien_stability_run_words(s, runs, sizeof runs);
    snprintf(line, sizeof line, "%s, r = %zu, %s. %s", mien_method_describe(s->method)->title, s->r,
             runs, subtitle);
    return mien_stability_header(canvas, MARGIN, title, line, err);
}

/* ---------------------------------------------------------------- verdicts.png */

/* Words behind a swatch, bold and pale; *x moves on. */
static mien_status draw_key(mien_canvas *canvas, double *x, double y, const char *words,
                            const char *rule, mien_error *err)
{
    double width = 0, rest = 0;
    mien_lettering bold = {.size = LEGEND_LETTERS, .bold = true, .color = mien_ink};
    mien_lettering plain = {.size = LEGEND_LETTERS - 2, .color = mien_pale};
    mien_status st = mien_lettering_width(&bold, words, &width, err);
    if (!st)
        st = mien_lettering_width(&plain, rule, &rest, err);
    if (!st)
        st = mien_lettering_draw(canvas, *x, y + 19, &bold, words, err);
    *x += width + 8;
    if (!st)
        st = mien_lettering_draw(canvas, *x, y + 19, &plain, rule, err);
    *x += rest + 28;
    return st;
}

static mien_status draw_legend(mien_canvas *canvas, double y, const mien_stability *s,
                               mien_error *err)
{
    static const char *const rules[] = {"four of five runs have it", "in between",
                                        "most runs lack it", "of another component"};
    double x = MARGIN;
    mien_status st = MIEN_OK;
    for (size_t v = 0; v < MIEN_VERDICT_UNDEFINED && !st; v++) {
        if (v == MIEN_VERDICT_COPY && s->verdicts[v] == 0)
            continue;
        mien_box swatch = {(size_t)x + FRAME, (size_t)y + FRAME, LEGEND_SWATCH - 2 * FRAME,
                           LEGEND_SWATCH - 2 * FRAME};
        mien_canvas_frame(canvas, swatch, FRAME, mien_stability_color((mien_verdict)v));
        char words[128];
        snprintf(words, sizeof words, "%s: %zu", mien_stability_verdict_words((mien_verdict)v),
                 s->verdicts[v]);
        x += LEGEND_SWATCH + 8;
        st = draw_key(canvas, &x, y, words, rules[v], err);
    }
    return st;
}

/* Number and median, and below them how many runs find it; or whose copy it is. */
static mien_status label_component(mien_canvas *canvas, const mien_stability *s, size_t k,
                                   mien_box box, mien_error *err)
{
    const mien_component *c = &s->components[k];
    mien_lettering letters = {.size = box.width < SMALL_CELL ? NUMBER - 3 : NUMBER,
                              .color = mien_ink,
                              .align = MIEN_ALIGN_CENTER,
                              .max_width = (double)(box.width + 2 * FRAME + CELL_GAP - 2)};
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
    mien_status st = mien_lettering_draw(canvas, x, y + 17, &letters, above, err);
    letters.color = mien_pale;
    return st ? st : mien_lettering_draw(canvas, x, y + 17 + NUMBER + 2, &letters, below, err);
}

static mien_status draw_verdict_cells(mien_canvas *canvas, const mien_stability *s,
                                      mien_shape shape, mien_shape cell, size_t columns,
                                      size_t line, const mien_coloring *coloring, mien_error *err)
{
    mien_status st = MIEN_OK;
    for (size_t k = 0; k < s->r && !st; k++) {
        const mien_component *c = &s->components[k];
        size_t x = MARGIN + FRAME + k % columns * (cell.width + 2 * FRAME + CELL_GAP);
        size_t y = HEADER + FRAME + k / columns * (cell.height + 2 * FRAME + CELL_GAP + line);
        mien_box box = {x, y, cell.width, cell.height};
        mien_canvas_frame(canvas, box, FRAME, mien_stability_color(c->verdict));
        st = draw_cell(canvas, box, s->best.H + k * s->p, shape, coloring, err);
        if (!st && line)
            st = label_component(canvas, s, k, box, err);
    }
    return st;
}

static mien_status draw_verdicts(mien_outdir *dir, const mien_stability *s, mien_shape shape,
                                 const mien_style *style, mien_error *err)
{
    mien_grid grid;
    mien_status st = mien_grid_choose(s->r, shape, style, &grid, err);
    if (st)
        return st;
    size_t room = VERDICT_SIDE / grid.columns, rim = 2 * FRAME + CELL_GAP;
    size_t side = room > rim + 4 ? room - rim : 4;
    if (!mien_shape_is_stripe(shape) && side > CELL_SIDE)
        side = CELL_SIDE;
    mien_shape cell = one_cell(shape, side);
    size_t line = cell.width >= NUMBER_WIDTH ? NUMBER_LINE + SECOND_LINE : 0;
    size_t width = 2 * MARGIN + grid.columns * (cell.width + rim) - CELL_GAP;
    size_t height = HEADER + grid.rows * (cell.height + rim + line) + LEGEND_LINE + MARGIN / 2;
    char title[160];
    mien_stability_words(s, title, sizeof title);
    mien_canvas canvas;
    size_t least = s->verdicts[MIEN_VERDICT_COPY] ? LEAST_WIDTH : LESS_WIDTH;
    st = mien_canvas_init(width < least ? least : width, height, mien_paper, &canvas, err);
    if (st)
        return st;
    mien_coloring coloring = coloring_of(s, style);
    st = add_header(&canvas, s, title,
                    s->judged > 1 ? "Below each: number, median similarity, runs that find it" : "",
                    err);
    if (!st)
        st = draw_verdict_cells(&canvas, s, shape, cell, grid.columns, line, &coloring, err);
    if (!st && s->judged >= MIEN_MIN_RUNS)
        st = draw_legend(&canvas, (double)(height - LEGEND_LINE - MARGIN / 4), s, err);
    return mien_stability_canvas(dir, "verdicts.png", &canvas, st, err);
}

/* ---------------------------------------------------------------- twins.png */

struct twin_sheet {
    const mien_stability *s;
    mien_shape shape, cell;
    mien_coloring coloring;
    size_t columns, bands, shown; /* twins a component */
    size_t pitch, step, band;     /* from column to column, twin to twin, band to band */
    size_t *order;                /* components */
    size_t *runs;                 /* workspace: runs by similarity to one component */
    float *flipped;               /* p */
};

/* Judged runs but the best, the most similar twin first. */
static void rank_runs(struct twin_sheet *t, size_t k)
{
    const mien_stability *s = t->s;
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

static mien_status draw_twin(mien_canvas *canvas, struct twin_sheet *t, mien_box box, size_t k,
                             size_t run, mien_error *err)
{
    const mien_stability *s = t->s;
    const float *best = s->best.H + k * s->p;
    const float *twin = s->basis + (run * s->r + s->twins[run * s->r + k]) * s->p;
    if (t->coloring.is_signed && inner(best, twin, s->p) < 0) {
        for (size_t j = 0; j < s->p; j++)
            t->flipped[j] = -twin[j];
        twin = t->flipped;
    }
    double similarity = s->similarity[run * s->r + k];
    mien_status st = draw_cell(canvas, box, twin, t->shape, &t->coloring, err);
    mien_canvas_frame(canvas, box, 1, mien_hair);
    mien_box bar = {box.x, box.y + box.height + 1,
                    (size_t)lround((double)box.width * fmax(similarity, 0)), TWIN_BAR};
    mien_canvas_fill(canvas, bar, bar_color(similarity >= s->components[k].needed));
    return st;
}

static mien_status draw_column(mien_canvas *canvas, struct twin_sheet *t, size_t at,
                               mien_error *err)
{
    const mien_stability *s = t->s;
    size_t k = t->order[at], others = s->judged - 1;
    const mien_component *c = &s->components[k];
    size_t x = MARGIN + TWIN_LABELS + at % t->columns * t->pitch;
    size_t y = HEADER + FRAME + NUMBER_LINE + at / t->columns * t->band;
    mien_box box = {x, y, t->cell.width, t->cell.height};
    char number[32];
    mien_lettering letters = {.size = NUMBER - 2,
                              .color = mien_pale,
                              .align = MIEN_ALIGN_CENTER,
                              .max_width = (double)t->pitch};
    snprintf(number, sizeof number, "%zu", k + 1);
    mien_status st = mien_lettering_draw(canvas, (double)(x + box.width / 2), (double)y - 10,
                                         &letters, number, err);
    mien_canvas_frame(canvas, box, FRAME - 1, mien_stability_color(c->verdict));
    if (!st)
        st = draw_cell(canvas, box, s->best.H + k * s->p, t->shape, &t->coloring, err);
    if (c->verdict == MIEN_VERDICT_COPY) {
        snprintf(number, sizeof number, "= %zu", c->same_as + 1);
        letters.color = mien_ink;
        return st ? st
                  : mien_lettering_draw(canvas, (double)(x + box.width / 2),
                                        (double)(y + box.height + FRAME) + 17, &letters, number,
                                        err);
    }
    rank_runs(t, k);
    box.y += t->cell.height + 3 * FRAME;
    for (size_t i = 0; i < t->shown && !st; i++) {
        size_t rank = t->shown > 1 ? i * (others - 1) / (t->shown - 1) : 0;
        st = draw_twin(canvas, t, box, k, t->runs[rank], err);
        box.y += t->step;
    }
    if (st || box.width < NUMBER_WIDTH)
        return st;
    mien_format(number, sizeof number, "%.2f", c->median);
    letters.color = mien_ink;
    double middle = (double)(x + box.width / 2), line = (double)box.y + 14;
    st = mien_lettering_draw(canvas, middle, line, &letters, number, err);
    mien_format(number, sizeof number, "%.0f %%", 100 * c->found);
    return st ? st : mien_lettering_draw(canvas, middle, line + SECOND_LINE, &letters, number, err);
}

static mien_status label_band(mien_canvas *canvas, const struct twin_sheet *t, size_t band,
                              mien_error *err)
{
    mien_lettering letters = {.size = NUMBER, .color = mien_pale, .align = MIEN_ALIGN_RIGHT};
    double x = MARGIN + TWIN_LABELS - 14, half = (double)t->cell.height / 2 + 5;
    double head = (double)(HEADER + FRAME + NUMBER_LINE + band * t->band);
    double first = head + (double)(t->cell.height + 3 * FRAME);
    double last = first + (double)((t->shown - 1) * t->step);
    mien_status st = mien_lettering_draw(canvas, x, head + half, &letters, "best run", err);
    if (!st)
        st = mien_lettering_draw(canvas, x, first + half, &letters, "nearest twin", err);
    if (!st && t->shown > 1)
        st = mien_lettering_draw(canvas, x, last + half, &letters, "farthest", err);
    if (!st && t->cell.width >= NUMBER_WIDTH)
        st = mien_lettering_draw(canvas, x, last + (double)t->step + 14, &letters, "median", err);
    if (!st && t->cell.width >= NUMBER_WIDTH)
        st = mien_lettering_draw(canvas, x, last + (double)t->step + 14 + SECOND_LINE, &letters,
                                 "found by", err);
    return st;
}

static mien_status draw_bar_legend(mien_canvas *canvas, double y, mien_error *err)
{
    static const char *const words[] = {"not found", "found"};
    static const char *const rules[] = {
        "less similar than that", "cosine at least 0.8, and at most half as far as the nearest "
                                  "other part"};
    double x = MARGIN;
    mien_status st = MIEN_OK;
    for (size_t found = 2; found-- > 0 && !st;) {
        mien_box bar = {(size_t)x, (size_t)y + 12, LEGEND_SWATCH, TWIN_BAR};
        mien_canvas_fill(canvas, bar, bar_color(found));
        x += LEGEND_SWATCH + 8;
        st = draw_key(canvas, &x, y, words[found], rules[found], err);
    }
    return st;
}

static mien_status paint_twins(mien_outdir *dir, struct twin_sheet *t, mien_error *err)
{
    const mien_stability *s = t->s;
    size_t width = 2 * MARGIN + TWIN_LABELS + t->columns * t->pitch;
    mien_canvas canvas;
    size_t height = HEADER + t->bands * t->band - TWIN_BAND_GAP + 2 * LEGEND_LINE + MARGIN / 2;
    mien_status st = mien_canvas_init(width < LEAST_WIDTH ? LEAST_WIDTH : width, height, mien_paper,
                                      &canvas, err);
    if (st)
        return st;
    st =
        add_header(&canvas, s, "Every component above its twins from other runs",
                   "The most similar first; the bar below a twin is as long as it is similar", err);
    double legend = (double)(height - 2 * LEGEND_LINE - MARGIN / 4);
    if (!st && s->judged >= MIEN_MIN_RUNS)
        st = draw_legend(&canvas, legend, s, err);
    if (!st)
        st = draw_bar_legend(&canvas, legend + LEGEND_LINE - 6, err);
    for (size_t band = 0; band < t->bands && !st; band++)
        st = label_band(&canvas, t, band, err);
    for (size_t at = 0; at < s->r && !st; at++)
        st = draw_column(&canvas, t, at, err);
    return mien_stability_canvas(dir, "twins.png", &canvas, st, err);
}

static mien_status draw_twins(mien_outdir *dir, const mien_stability *s, mien_shape shape,
                              const mien_style *style, mien_error *err)
{
    size_t others = s->judged - 1;
    size_t most = mien_shape_is_stripe(shape) ? TWIN_STRIPES : TWIN_COLUMNS;
    struct twin_sheet t = {.s = s,
                           .shape = shape,
                           .coloring = coloring_of(s, style),
                           .shown = others < TWIN_ROWS ? others : TWIN_ROWS,
                           .bands = (s->r + most - 1) / most};
    t.columns = (s->r + t.bands - 1) / t.bands;
    size_t side = TWIN_SIDE / t.columns - 2 * FRAME;
    if (!mien_shape_is_stripe(shape) && side > CELL_SIDE / 2)
        side = CELL_SIDE / 2;
    t.cell = one_cell(shape, side);
    t.pitch = t.cell.width + 2 * FRAME;
    t.step = t.cell.height + TWIN_GAP + TWIN_BAR;
    t.band = NUMBER_LINE + t.cell.height + 4 * FRAME + t.shown * t.step + NUMBER_LINE +
             SECOND_LINE + TWIN_BAND_GAP;
    mien_arena arena = {0};
    t.order = mien_arena_alloc(&arena, s->r, sizeof *t.order);
    t.runs = mien_arena_alloc(&arena, s->runs, sizeof *t.runs);
    t.flipped = mien_arena_alloc(&arena, s->p, sizeof *t.flipped);
    mien_status st = arena.failed ? mien_fail_plain(err, MIEN_ERR_NOMEM) : MIEN_OK;
    if (!st) {
        mien_stability_sort(s, t.order);
        st = paint_twins(dir, &t, err);
    }
    mien_arena_free(&arena);
    return st;
}

/* ---------------------------------------------------------------- spread.png */

static mien_status paint_spread(mien_outdir *dir, const mien_stability *s, mien_shape shape,
                                const mien_style *style, const float *mean, mien_error *err)
{
    mien_grid grid;
    mien_status st = mien_grid_choose(s->r, shape, style, &grid, err);
    if (st)
        return st;
    mien_grid_fit(&grid, shape, SPREAD_SIDE, SPREAD_SIDE);
    mien_shape large = one_cell(shape, SPREAD_MEAN);
    size_t right = MARGIN + SPREAD_MEAN + MARGIN, top = HEADER + 30;
    size_t width = right + mien_grid_width(&grid) + MARGIN;
    size_t tall = mien_grid_height(&grid) > large.height ? mien_grid_height(&grid) : large.height;
    mien_canvas canvas;
    st = mien_canvas_init(width < LEAST_WIDTH ? LEAST_WIDTH : width, top + tall + MARGIN,
                          mien_paper, &canvas, err);
    if (st)
        return st;
    float most = 0;
    for (size_t at = 0; at < s->r * s->p; at++)
        most = s->deviation[at] > most ? s->deviation[at] : most;
    char words[256];
    mien_format(words, sizeof words,
                "Standard deviation over runs of every %s, components of maximum 1; darkest: %.2f",
                mien_words_for(mien_shape_is_stripe(shape)).unit, (double)most);
    st = add_header(&canvas, s, "Where the runs disagree", words, err);
    mien_coloring coloring = {.palette = style->palette, .common_scale = true};
    mien_lettering letters = {.size = NUMBER + 1, .color = mien_pale};
    if (!st)
        st = mien_lettering_draw(&canvas, MARGIN, (double)top - 10, &letters,
                                 "mean over components", err);
    if (!st)
        st = mien_lettering_draw(&canvas, (double)right, (double)top - 10, &letters,
                                 "component by component, one scale", err);
    mien_box box = {MARGIN, top, large.width, large.height};
    mien_canvas_frame(&canvas, box, 1, mien_hair);
    if (!st)
        st = draw_cell(&canvas, box, mean, shape, &coloring, err);
    if (!st)
        st = mien_grid_draw(&canvas, right, top, &grid, s->deviation, shape, &coloring, err);
    return mien_stability_canvas(dir, "spread.png", &canvas, st, err);
}

static mien_status draw_spread(mien_outdir *dir, const mien_stability *s, mien_shape shape,
                               const mien_style *style, mien_error *err)
{
    float *mean = mien_alloc_array(s->p, sizeof *mean);
    if (!mean)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t k = 0; k < s->r; k++)
        for (size_t j = 0; j < s->p; j++)
            mean[j] += s->deviation[k * s->p + j] / (float)s->r;
    mien_status st = paint_spread(dir, s, shape, style, mean, err);
    mien_free(mean);
    return st;
}

mien_status mien_stability_pictures_write(mien_outdir *dir, const mien_stability *study,
                                          mien_shape shape, const mien_style *style,
                                          mien_error *err)
{
    mien_status st = draw_verdicts(dir, study, shape, style, err);
    if (!st && study->judged > 1)
        st = draw_twins(dir, study, shape, style, err);
    if (!st && study->judged > 1)
        st = draw_spread(dir, study, shape, style, err);
    if (!st)
        st = mien_stability_losses_draw(dir, study, err);
    if (!st)
        st = mien_stability_consensus_draw(dir, study, mien_shape_is_stripe(shape), err);
    return st;
}
