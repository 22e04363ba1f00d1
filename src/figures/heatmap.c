/* heatmap.c - a matrix as colours, with names beside its rows and numbers above its columns.
 * SPDX-License-Identifier: MIT */
#include "figures/heatmap.h"

#include "base/memory.h"
#include "base/status.h"
#include "draw/lettering.h"
#include "draw/palette.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Sizes in pixels. */
enum {
    MARGIN = 56,
    LEAST_WIDTH = 1000, /* of the page: its heading needs so much */
    NAMES_MOST = 340,   /* column of names */
    NAMES_GAP = 14,
    STRIPE = 22,
    STRIPE_GAP = 8,
    MAP_WIDTH = 560, /* of all columns together, about */
    CELL_MOST = 110,
    CELL_LEAST = 4,
    ROW_MOST = 26,     /* height of a row with a name, */
    ROW_SMALL = 17,    /* with many names, */
    MAP_HEIGHT = 1100, /* and of all rows where they have none */
    HEADS = 34,        /* numbers above the columns */
    SIDE_GAP = 64,     /* between the map and what is counted */
    SIDE_LABEL = 200,  /* width of a label's name */
    SIDE_CELL = 58,    /* and of a count */
    SIDE_ROW = 34,
    SWATCH = 18,
    SIDE_MOST = 32,    /* labels listed */
    SIDE_COLUMNS = 12, /* counts a row */
    LEGEND_GAP = 30,
    LEGEND_WIDTH = 180,
    LEGEND_BAR = 12,
    FEW_ROWS = 60 /* so many have high rows */
};

/* Letter sizes. */
enum { HEADLINE = 34, HEADING = 20, HEAD = 18, SMALL = 15, NOTE = 17 };

static const mien_rgb WHITE = {255, 255, 255}, INK = {26, 26, 26}, PALE = {108, 108, 108},
                      FAINT = {168, 168, 168}, FRAME = {214, 214, 214};

/* So far around the circle of hues that no two labels of a few dozen come close. */
static const double GOLDEN_TURN = 0.618033988749895, PI = 3.14159265358979323846;

/* Colours that common kinds of colour blindness keep apart (Okabe & Ito 2008), then hues. */
static mien_rgb label_color(size_t label)
{
    static const mien_rgb colors[] = {{0, 114, 178},   {230, 159, 0},  {0, 158, 115},
                                      {204, 121, 167}, {86, 180, 233}, {213, 94, 0},
                                      {240, 228, 66},  {60, 60, 60}};
    enum { COLORS = sizeof colors / sizeof *colors };
    if (label < COLORS)
        return colors[label];
    double turn = fmod((double)(label - COLORS) * GOLDEN_TURN, 1);
    double strength = label % 2 ? 0.55 : 0.8, part[3];
    for (int c = 0; c < 3; c++) { /* a wave of hue for each of red, green and blue */
        double angle = 2 * PI * (turn - c / 3.0);
        part[c] = 255 * strength * (0.62 + 0.38 * cos(angle));
    }
    return (mien_rgb){(uint8_t)part[0], (uint8_t)part[1], (uint8_t)part[2]};
}

struct layout {
    size_t width, height, top;  /* top: of the first row of cells */
    size_t names, stripe, left; /* x: of names, of the stripe, of the first column of cells */
    size_t cell, row;           /* size of a cell */
    size_t lines;               /* rows drawn; fewer than the map's when they are means */
    size_t gap;                 /* between rows and columns */
    size_t side, listed;        /* x of the counts, labels listed */
    bool named, counted;
};

/* The widest name, up to NAMES_MOST. */
static mien_status measure_names(const mien_heatmap *map, double size, size_t *width,
                                 mien_error *err)
{
    mien_lettering letters = {.size = size, .max_width = NAMES_MOST};
    double widest = 0;
    for (size_t i = 0; i < map->rows; i++) {
        double now = 0;
        mien_status st = mien_lettering_width(&letters, map->names[i], &now, err);
        if (st)
            return st;
        widest = fmax(widest, now);
    }
    *width = (size_t)ceil(widest);
    return MIEN_OK;
}

static mien_status arrange(const mien_heatmap *map, struct layout *l, mien_error *err)
{
    size_t names = 0;
    *l = (struct layout){.lines = map->rows, .named = map->names && map->rows <= map->most_names};
    if (l->named) {
        l->row = map->rows <= FEW_ROWS ? ROW_MOST : ROW_SMALL;
        mien_status st = measure_names(map, map->rows <= FEW_ROWS ? SMALL : SMALL - 2, &names, err);
        if (st)
            return st;
    } else {
        l->row = MAP_HEIGHT / map->rows;
        l->row = l->row > ROW_MOST ? ROW_MOST : l->row ? l->row : 1;
        l->lines = map->rows > MAP_HEIGHT ? MAP_HEIGHT : map->rows;
    }
    l->cell = MAP_WIDTH / map->columns;
    l->cell = l->cell > CELL_MOST ? CELL_MOST : l->cell < CELL_LEAST ? CELL_LEAST : l->cell;
    l->gap = l->named;
    l->names = MARGIN;
    l->stripe = MARGIN + names + (l->named ? NAMES_GAP : 0);
    l->left = l->stripe + (map->labels ? STRIPE + STRIPE_GAP : 0);
    l->top = MARGIN + HEADLINE * 7 / 5 + (map->subtitle ? HEADING * 8 / 5 : 0) + 24 + HEADS;
    size_t right = l->left + l->cell * map->columns, bottom = l->top + l->row * l->lines;
    if (map->labels) {
        l->side = right + SIDE_GAP;
        l->listed = map->n_labels < SIDE_MOST ? map->n_labels : SIDE_MOST;
        l->counted = map->counts && map->columns <= SIDE_COLUMNS;
        right = l->side + SIDE_LABEL + (l->counted ? SIDE_CELL * map->columns : 0);
        size_t side = l->top + SIDE_ROW * (l->listed + (l->listed < map->n_labels));
        bottom = side > bottom ? side : bottom;
    }
    l->width = right + MARGIN > LEAST_WIDTH ? right + MARGIN : LEAST_WIDTH;
    l->height = bottom + LEGEND_GAP + 2 * NOTE + (map->note ? 2 * NOTE : 0) + MARGIN;
    return mien_canvas_check(l->width, l->height, err);
}

/* ---------------------------------------------------------------- drawing */

struct easel {
    const mien_heatmap *map;
    const struct layout *l;
    mien_palette palette;
    mien_canvas *canvas;
    mien_status status;
    mien_error *err;
};

/* A line of text whose middle is at y. */
static void write_text(struct easel *e, double x, double y, mien_lettering letters,
                       const char *text)
{
    if (e->status || !text)
        return;
    double baseline = round(y + mien_lettering_capital(&letters) / 2);
    e->status = mien_lettering_draw(e->canvas, x, baseline, &letters, text, e->err);
}

static void draw_heading(struct easel *e)
{
    double room = (double)(e->l->width - 2 * MARGIN);
    mien_lettering large = {.size = HEADLINE, .bold = true, .color = INK, .max_width = room};
    mien_lettering small = {.size = HEADING, .color = PALE, .max_width = room};
    write_text(e, MARGIN, MARGIN + HEADLINE / 2.0, large, e->map->title);
    write_text(e, MARGIN, MARGIN + HEADLINE * 1.4 + HEADING * 0.8, small, e->map->subtitle);
}

/* 1, 2, 3, ..; where they would touch each other, every second, fifth, tenth .. */
static void draw_numbers(struct easel *e, size_t left, size_t cell, double y)
{
    static const size_t steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
    const size_t columns = e->map->columns;
    size_t digits = columns < 10 ? 1 : columns < 100 ? 2 : columns < 1000 ? 3 : 5, step = 0;
    mien_lettering letters = {.size = cell >= 24 ? HEAD : SMALL - 2,
                              .bold = true,
                              .color = INK,
                              .align = MIEN_ALIGN_CENTER};
    while (step + 1 < sizeof steps / sizeof *steps && steps[step] * cell < digits * 9 + 5)
        step++;
    for (size_t k = 0; k < columns; k++) {
        char number[24];
        if (k && (k + 1) % steps[step])
            continue;
        snprintf(number, sizeof number, "%zu", k + 1);
        write_text(e, (double)(left + k * cell) + (double)cell / 2, y, letters, number);
    }
}

/* The first of the map's rows that line `line` stands for. */
static size_t first_row(const struct easel *e, size_t line)
{
    return line * e->map->rows / e->l->lines;
}

static double mean_of(const struct easel *e, size_t line, size_t column)
{
    size_t begin = first_row(e, line), end = first_row(e, line + 1);
    double sum = 0;
    for (size_t i = begin; i < end; i++)
        sum += (double)e->map->values[i * e->map->columns + column];
    return sum / (double)(end - begin);
}

/* The scale of a column. column: rows floats, workspace. */
static mien_tone tone_of(const struct easel *e, size_t column, float *values)
{
    const mien_heatmap *map = e->map;
    const float ends[] = {(float)map->high, map->is_signed ? -(float)map->high : 0};
    if (!map->apart && map->high > 0)
        return mien_tone_fit(e->palette, map->is_signed, ends, 2);
    if (!map->apart)
        return mien_tone_fit(e->palette, map->is_signed, map->values, map->rows * map->columns);
    for (size_t i = 0; i < map->rows; i++)
        values[i] = map->values[i * map->columns + column];
    values[map->rows] = 0; /* in grey, too, nothing is nothing */
    return mien_tone_fit(e->palette, map->is_signed, values, map->rows + 1);
}

static void draw_cells(struct easel *e)
{
    const struct layout *l = e->l;
    float *column = mien_alloc_array(e->map->rows + 1, sizeof *column);
    if (!column) {
        e->status = mien_fail_plain(e->err, MIEN_ERR_NOMEM);
        return;
    }
    size_t gap = l->cell > 12 ? 2 : l->cell > 6;
    for (size_t k = 0; k < e->map->columns; k++) {
        mien_tone tone = tone_of(e, k, column);
        for (size_t line = 0; line < l->lines; line++) {
            mien_box box = {l->left + k * l->cell, l->top + line * l->row, l->cell - gap,
                            l->row - l->gap};
            mien_canvas_fill(e->canvas, box, mien_tone_color(&tone, mean_of(e, line, k)));
        }
    }
    mien_free(column);
    mien_box all = {l->left, l->top, l->cell * e->map->columns - gap, l->row * l->lines - l->gap};
    mien_canvas_frame(e->canvas, all, 1, FRAME);
}

static void draw_names(struct easel *e)
{
    const struct layout *l = e->l;
    double room = (double)(l->stripe - l->names) - (l->named ? NAMES_GAP : 0);
    mien_lettering letters = {.size = l->row == ROW_MOST ? SMALL : SMALL - 2,
                              .color = INK,
                              .align = MIEN_ALIGN_RIGHT,
                              .max_width = room};
    for (size_t i = 0; l->named && i < e->map->rows; i++)
        write_text(e, (double)(l->stripe - NAMES_GAP),
                   (double)(l->top + i * l->row) + (double)(l->row - l->gap) / 2, letters,
                   e->map->names[i]);
}

static void draw_stripe(struct easel *e)
{
    const struct layout *l = e->l;
    for (size_t line = 0; e->map->labels && line < l->lines; line++) {
        size_t middle = (first_row(e, line) + first_row(e, line + 1) - 1) / 2;
        mien_box box = {l->stripe, l->top + line * l->row, STRIPE, l->row};
        mien_canvas_fill(e->canvas, box, label_color(e->map->labels[middle]));
    }
}

/* ---------------------------------------------------------------- labels and counts */

static void draw_counts(struct easel *e, size_t label, double y)
{
    const mien_heatmap *map = e->map;
    const size_t *row = map->counts + label * (map->columns + 1);
    size_t most = 0;
    for (size_t k = 0; k < map->columns; k++)
        most = row[k] > most ? row[k] : most;
    for (size_t k = 0; k < map->columns; k++) {
        char number[24];
        bool largest = row[k] == most && most > 0;
        mien_lettering letters = {.size = HEAD,
                                  .bold = largest,
                                  .color = largest ? INK : FAINT,
                                  .align = MIEN_ALIGN_CENTER};
        snprintf(number, sizeof number, "%zu", row[k]);
        write_text(e, (double)(e->l->side + SIDE_LABEL + k * SIDE_CELL) + SIDE_CELL / 2.0, y,
                   letters, number);
    }
}

static void draw_side(struct easel *e)
{
    const struct layout *l = e->l;
    const mien_heatmap *map = e->map;
    if (!map->labels)
        return;
    mien_lettering head = {.size = HEAD, .bold = true, .color = INK, .max_width = SIDE_LABEL - 8};
    mien_lettering name = {.size = HEAD, .color = INK, .max_width = SIDE_LABEL - SWATCH - 16};
    write_text(e, (double)l->side, (double)l->top - HEADS / 2.0, head, map->counts_title);
    if (l->counted)
        draw_numbers(e, l->side + SIDE_LABEL, SIDE_CELL, (double)l->top - HEADS / 2.0);
    for (size_t at = 0; at < l->listed; at++) {
        size_t label = map->order ? map->order[at] : at, top = l->top + at * SIDE_ROW;
        double y = (double)top + SIDE_ROW / 2.0;
        mien_box swatch = {l->side, top + (SIDE_ROW - SWATCH) / 2, SWATCH, SWATCH};
        mien_canvas_fill(e->canvas, swatch, label_color(label));
        write_text(e, (double)(l->side + SWATCH + 10), y, name, map->label_names[label]);
        if (l->counted)
            draw_counts(e, label, y);
    }
    if (l->listed < map->n_labels) {
        char more[48];
        snprintf(more, sizeof more, "and %zu more", map->n_labels - l->listed);
        name.color = PALE;
        write_text(e, (double)l->side, (double)(l->top + l->listed * SIDE_ROW) + SIDE_ROW / 2.0,
                   name, more);
    }
}

/* A bar of all colours with words at its ends. */
static void draw_legend(struct easel *e)
{
    const struct layout *l = e->l;
    const mien_heatmap *map = e->map;
    size_t bottom = l->height - MARGIN - (map->note ? 2 * NOTE : 0) - 2 * NOTE;
    double y = (double)bottom + LEGEND_BAR / 2.0, low_width = 0;
    const float ends[] = {1, map->is_signed ? -1 : 0};
    mien_tone tone = mien_tone_fit(e->palette, map->is_signed, ends, 2);
    mien_lettering letters = {.size = NOTE, .color = PALE};
    if (!e->status && map->low_word)
        e->status = mien_lettering_width(&letters, map->low_word, &low_width, e->err);
    write_text(e, MARGIN, y, letters, map->low_word);
    size_t left = MARGIN + (size_t)ceil(low_width) + 10;
    for (size_t x = 0; x < LEGEND_WIDTH; x++) {
        double at = (double)x / (LEGEND_WIDTH - 1);
        mien_canvas_fill(e->canvas, (mien_box){left + x, bottom, 1, LEGEND_BAR},
                         mien_tone_color(&tone, map->is_signed ? 2 * at - 1 : at));
    }
    mien_canvas_frame(e->canvas, (mien_box){left, bottom, LEGEND_WIDTH, LEGEND_BAR}, 1, FRAME);
    write_text(e, (double)(left + LEGEND_WIDTH + 10), y, letters, map->high_word);
    letters.max_width = (double)(l->width - 2 * MARGIN);
    write_text(e, MARGIN, (double)(l->height - MARGIN) - NOTE, letters, map->note);
}

mien_status mien_heatmap_draw(const mien_heatmap *map, mien_palette palette, mien_canvas *out,
                              mien_error *err)
{
    struct layout l;
    mien_canvas canvas;
    if (map->rows == 0 || map->columns == 0)
        return mien_fail(err, MIEN_ERR_ARG, "a map of %zu x %zu values cannot be drawn", map->rows,
                         map->columns);
    mien_status st = arrange(map, &l, err);
    if (!st)
        st = mien_canvas_init(l.width, l.height, WHITE, &canvas, err);
    if (st)
        return st;
    struct easel e = {.map = map, .l = &l, .palette = palette, .canvas = &canvas, .err = err};
    draw_heading(&e);
    draw_numbers(&e, l.left, l.cell, (double)l.top - HEADS / 2.0);
    draw_cells(&e);
    draw_names(&e);
    draw_stripe(&e);
    draw_side(&e);
    draw_legend(&e);
    if (e.status)
        mien_canvas_free(&canvas);
    else
        *out = canvas;
    return e.status;
}
