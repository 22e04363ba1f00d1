/* heatmap.c - a matrix as colours, with names beside its rows and numbers above its columns.
 * SPDX-License-Identifier: MIT */
#include "figures/heatmap.h"

#include "base/memory.h"
#include "base/status.h"
#include "draw/palette.h"
#include "draw/pen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Sizes in pixels. */
enum {
    MARGIN = 56,
    MIN_WIDTH = 1000, /* of the page: its heading needs so much */
    MAX_NAMES = 340,  /* column of names */
    NAMES_GAP = 14,
    STRIPE = 22,
    STRIPE_GAP = 8,
    MAP_WIDTH = 560, /* of all columns together, about */
    MAX_CELL = 110,
    MIN_CELL = 4,
    ROW_HIGH = 26,     /* height of a row with a name, */
    ROW_SMALL = 17,    /* with many names, */
    MAP_HEIGHT = 1100, /* and of all rows where they have none */
    HEADS = 34,        /* numbers above the columns */
    SIDE_GAP = 64,     /* between the map and what is counted */
    SIDE_LABEL = 200,  /* width of a label's name */
    SIDE_CELL = 58,    /* and of a count */
    SIDE_ROW = 34,
    SWATCH = 18,
    MAX_SIDE = 32,     /* labels listed */
    SIDE_COLUMNS = 12, /* counts a row */
    LEGEND_GAP = 30,
    LEGEND_WIDTH = 180,
    LEGEND_BAR = 12,
    FEW_ROWS = 60 /* so many have high rows */
};

/* Letter sizes. */
enum { HEADLINE = 34, HEADING = 20, HEAD = 18, SMALL = 15, NOTE = 17 };

static const mien_rgb PALE = {108, 108, 108}, FAINT = {168, 168, 168}, FRAME = {214, 214, 214};

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
    const mien_heatmap *map;
    mien_palette palette;
    size_t width, height, top;  /* top: of the first row of cells */
    size_t names, stripe, left; /* x: of names, of the stripe, of the first column of cells */
    size_t cell, row;           /* size of a cell */
    size_t lines;               /* rows drawn; fewer than the map's when they are means */
    size_t gap;                 /* between rows and columns */
    size_t side, listed;        /* x of the counts, labels listed */
    bool named, counted;
};

/* The widest name, up to MAX_NAMES. */
static size_t measure_names(const mien_heatmap *map, double size, mien_pen *ruler)
{
    double widest = 0;
    for (size_t i = 0; i < map->rows; i++)
        widest = fmax(widest,
                      mien_pen_width(ruler, (mien_lettering){.size = size, .max_width = MAX_NAMES},
                                     map->names[i]));
    return (size_t)ceil(widest);
}

static mien_status arrange(const mien_heatmap *map, struct layout *l, mien_error *err)
{
    bool few = map->rows <= FEW_ROWS;
    mien_pen ruler = {.err = err};
    *l = (struct layout){
        .map = map, .lines = map->rows, .named = map->names && map->rows <= map->max_names};
    l->names = MARGIN;
    l->stripe = MARGIN;
    l->row = few ? ROW_HIGH : ROW_SMALL;
    if (l->named) {
        l->stripe += measure_names(map, few ? SMALL : SMALL - 2, &ruler) + NAMES_GAP;
    } else {
        l->row = mien_max(mien_min(MAP_HEIGHT / map->rows, ROW_HIGH), 1);
        l->lines = mien_min(map->rows, MAP_HEIGHT);
    }
    l->cell = mien_max(mien_min(MAP_WIDTH / map->columns, MAX_CELL), MIN_CELL);
    l->gap = l->named;
    l->left = l->stripe + (map->labels ? STRIPE + STRIPE_GAP : 0);
    l->top = MARGIN + HEADLINE * 7 / 5 + (map->subtitle ? HEADING * 8 / 5 : 0) + 24 + HEADS;
    size_t right = l->left + l->cell * map->columns, bottom = l->top + l->row * l->lines;
    if (map->labels) {
        l->side = right + SIDE_GAP;
        l->listed = mien_min(map->n_labels, MAX_SIDE);
        l->counted = map->counts && map->columns <= SIDE_COLUMNS;
        right = l->side + SIDE_LABEL + (l->counted ? SIDE_CELL * map->columns : 0);
        bottom = mien_max(bottom, l->top + SIDE_ROW * (l->listed + (l->listed < map->n_labels)));
    }
    l->width = mien_max(right + MARGIN, MIN_WIDTH);
    l->height = bottom + LEGEND_GAP + 2 * NOTE + (map->note ? 2 * NOTE : 0) + MARGIN;
    return ruler.status;
}

/* ---------------------------------------------------------------- drawing */

static void draw_heading(mien_pen *pen, const struct layout *l)
{
    double room = (double)(l->width - 2 * MARGIN);
    mien_lettering large = {.size = HEADLINE, .bold = true, .color = mien_ink, .max_width = room};
    mien_lettering small = {.size = HEADING, .color = PALE, .max_width = room};
    mien_pen_text_middle(pen, MARGIN, MARGIN + HEADLINE / 2.0, large, l->map->title);
    mien_pen_text_middle(pen, MARGIN, MARGIN + HEADLINE * 1.4 + HEADING * 0.8, small,
                         l->map->subtitle);
}

/* 1, 2, 3, ..; where they would touch each other, every second, fifth, tenth .. */
static void draw_numbers(mien_pen *pen, const struct layout *l, size_t left, size_t cell, double y)
{
    static const size_t steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
    const size_t columns = l->map->columns;
    size_t digits = columns < 10 ? 1 : columns < 100 ? 2 : columns < 1000 ? 3 : 5, step = 0;
    mien_lettering letters = {.size = cell >= 24 ? HEAD : SMALL - 2,
                              .bold = true,
                              .color = mien_ink,
                              .align = MIEN_ALIGN_CENTER};
    while (step + 1 < sizeof steps / sizeof *steps && steps[step] * cell < digits * 9 + 5)
        step++;
    for (size_t k = 0; k < columns; k++) {
        char number[24];
        if (k && (k + 1) % steps[step])
            continue;
        snprintf(number, sizeof number, "%zu", k + 1);
        mien_pen_text_middle(pen, (double)(left + k * cell) + (double)cell / 2, y, letters, number);
    }
}

/* The first of the map's rows that line `line` stands for. */
static size_t first_row(const struct layout *l, size_t line)
{
    return line * l->map->rows / l->lines;
}

static double mean_of(const struct layout *l, size_t line, size_t column)
{
    size_t begin = first_row(l, line), end = first_row(l, line + 1);
    double sum = 0;
    for (size_t i = begin; i < end; i++)
        sum += (double)l->map->values[i * l->map->columns + column];
    return sum / (double)(end - begin);
}

/* The scale of a column. column: rows floats, workspace. */
static mien_tone tone_of(const struct layout *l, size_t column, float *values)
{
    const mien_heatmap *map = l->map;
    const float ends[] = {(float)map->high, map->is_signed ? -(float)map->high : 0};
    if (!map->apart && map->high > 0)
        return mien_tone_fit(l->palette, map->is_signed, ends, 2);
    if (!map->apart)
        return mien_tone_fit(l->palette, map->is_signed, map->values, map->rows * map->columns);
    for (size_t i = 0; i < map->rows; i++)
        values[i] = map->values[i * map->columns + column];
    values[map->rows] = 0; /* in grey, too, nothing is nothing */
    return mien_tone_fit(l->palette, map->is_signed, values, map->rows + 1);
}

static void draw_cells(mien_pen *pen, const struct layout *l)
{
    float *column = mien_alloc_array(l->map->rows + 1, sizeof *column);
    if (!column) {
        pen->status = mien_fail_plain(pen->err, MIEN_ERR_NOMEM);
        return;
    }
    size_t gap = l->cell > 12 ? 2 : l->cell > 6;
    for (size_t k = 0; k < l->map->columns; k++) {
        mien_tone tone = tone_of(l, k, column);
        for (size_t line = 0; line < l->lines; line++) {
            mien_box box = {l->left + k * l->cell, l->top + line * l->row, l->cell - gap,
                            l->row - l->gap};
            mien_pen_fill(pen, box, mien_tone_color(&tone, mean_of(l, line, k)));
        }
    }
    mien_free(column);
    mien_box all = {l->left, l->top, l->cell * l->map->columns - gap, l->row * l->lines - l->gap};
    mien_pen_frame(pen, all, 1, FRAME);
}

static void draw_names(mien_pen *pen, const struct layout *l)
{
    double room = (double)(l->stripe - l->names) - (l->named ? NAMES_GAP : 0);
    mien_lettering letters = {.size = l->row == ROW_HIGH ? SMALL : SMALL - 2,
                              .color = mien_ink,
                              .align = MIEN_ALIGN_RIGHT,
                              .max_width = room};
    for (size_t i = 0; l->named && i < l->map->rows; i++)
        mien_pen_text_middle(pen, (double)(l->stripe - NAMES_GAP),
                             (double)(l->top + i * l->row) + (double)(l->row - l->gap) / 2, letters,
                             l->map->names[i]);
}

static void draw_stripe(mien_pen *pen, const struct layout *l)
{
    for (size_t line = 0; l->map->labels && line < l->lines; line++) {
        size_t middle = (first_row(l, line) + first_row(l, line + 1) - 1) / 2;
        mien_box box = {l->stripe, l->top + line * l->row, STRIPE, l->row};
        mien_pen_fill(pen, box, label_color(l->map->labels[middle]));
    }
}

/* ---------------------------------------------------------------- labels and counts */

static void draw_counts(mien_pen *pen, const struct layout *l, size_t label, double y)
{
    const mien_heatmap *map = l->map;
    const size_t *row = map->counts + label * (map->columns + 1);
    size_t largest = 0;
    for (size_t k = 0; k < map->columns; k++)
        largest = mien_max(largest, row[k]);
    for (size_t k = 0; k < map->columns; k++) {
        char number[24];
        bool bold = row[k] == largest && largest > 0;
        mien_lettering letters = {.size = HEAD,
                                  .bold = bold,
                                  .color = bold ? mien_ink : FAINT,
                                  .align = MIEN_ALIGN_CENTER};
        snprintf(number, sizeof number, "%zu", row[k]);
        mien_pen_text_middle(pen, (double)(l->side + SIDE_LABEL + k * SIDE_CELL) + SIDE_CELL / 2.0,
                             y, letters, number);
    }
}

static void draw_side(mien_pen *pen, const struct layout *l)
{
    const mien_heatmap *map = l->map;
    if (!map->labels)
        return;
    mien_lettering head = {
        .size = HEAD, .bold = true, .color = mien_ink, .max_width = SIDE_LABEL - 8};
    mien_lettering name = {.size = HEAD, .color = mien_ink, .max_width = SIDE_LABEL - SWATCH - 16};
    mien_pen_text_middle(pen, (double)l->side, (double)l->top - HEADS / 2.0, head,
                         map->counts_title);
    if (l->counted)
        draw_numbers(pen, l, l->side + SIDE_LABEL, SIDE_CELL, (double)l->top - HEADS / 2.0);
    for (size_t at = 0; at < l->listed; at++) {
        size_t label = map->order ? map->order[at] : at, top = l->top + at * SIDE_ROW;
        double y = (double)top + SIDE_ROW / 2.0;
        mien_box swatch = {l->side, top + (SIDE_ROW - SWATCH) / 2, SWATCH, SWATCH};
        mien_pen_fill(pen, swatch, label_color(label));
        mien_pen_text_middle(pen, (double)(l->side + SWATCH + 10), y, name,
                             map->label_names[label]);
        if (l->counted)
            draw_counts(pen, l, label, y);
    }
    if (l->listed < map->n_labels) {
        char more[48];
        snprintf(more, sizeof more, "and %zu more", map->n_labels - l->listed);
        name.color = PALE;
        mien_pen_text_middle(pen, (double)l->side,
                             (double)(l->top + l->listed * SIDE_ROW) + SIDE_ROW / 2.0, name, more);
    }
}

/* A bar of all colours with words at its ends. */
static void draw_legend(mien_pen *pen, const struct layout *l)
{
    const mien_heatmap *map = l->map;
    size_t bottom = l->height - MARGIN - (map->note ? 2 * NOTE : 0) - 2 * NOTE;
    double y = (double)bottom + LEGEND_BAR / 2.0, low_width = 0;
    const float ends[] = {1, map->is_signed ? -1 : 0};
    mien_tone tone = mien_tone_fit(l->palette, map->is_signed, ends, 2);
    mien_lettering letters = {.size = NOTE, .color = PALE};
    if (map->low_word)
        low_width = mien_pen_width(pen, letters, map->low_word);
    mien_pen_text_middle(pen, MARGIN, y, letters, map->low_word);
    size_t left = MARGIN + (size_t)ceil(low_width) + 10;
    for (size_t x = 0; x < LEGEND_WIDTH; x++) {
        double at = (double)x / (LEGEND_WIDTH - 1);
        mien_pen_fill(pen, (mien_box){left + x, bottom, 1, LEGEND_BAR},
                      mien_tone_color(&tone, map->is_signed ? 2 * at - 1 : at));
    }
    mien_pen_frame(pen, (mien_box){left, bottom, LEGEND_WIDTH, LEGEND_BAR}, 1, FRAME);
    mien_pen_text_middle(pen, (double)(left + LEGEND_WIDTH + 10), y, letters, map->high_word);
    letters.max_width = (double)(l->width - 2 * MARGIN);
    mien_pen_text_middle(pen, MARGIN, (double)(l->height - MARGIN) - NOTE, letters, map->note);
}

static void paint(mien_pen *pen, const void *what)
{
    const struct layout *l = what;
    draw_heading(pen, l);
    draw_numbers(pen, l, l->left, l->cell, (double)l->top - HEADS / 2.0);
    draw_cells(pen, l);
    draw_names(pen, l);
    draw_stripe(pen, l);
    draw_side(pen, l);
    draw_legend(pen, l);
}

mien_status mien_heatmap_draw(const mien_heatmap *map, mien_palette palette, mien_canvas *out,
                              mien_error *err)
{
    struct layout l;
    if (map->rows == 0 || map->columns == 0)
        return mien_fail(err, MIEN_ERR_ARG, "a map of %zu x %zu values cannot be drawn", map->rows,
                         map->columns);
    mien_status st = arrange(map, &l, err);
    l.palette = palette;
    return st ? st
              : mien_drawing_canvas(&(mien_drawing){l.width, l.height, NULL, paint, &l}, out, err);
}
