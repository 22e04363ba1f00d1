/* stability_charts.c - losses and consensus of a stability study, and what its pictures share.
 * SPDX-License-Identifier: MIT */
#include "figures/stability_charts.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "draw/chart.h"
#include "draw/png.h"
#include "figures/stability_pictures.h"
#include "figures/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- shared */

enum { TITLE = 28, SUBTITLE = 17 }; /* letters */

mien_rgb mien_stability_color(mien_verdict verdict)
{
    static const mien_rgb colors[] = {
        {0, 114, 178}, {240, 180, 40}, {200, 60, 0}, {90, 90, 90}, {150, 150, 150}};
    return colors[verdict];
}

/* A line in letters that are smaller when it is longer than the room, down to two thirds. */
static mien_status draw_fitting(mien_canvas *canvas, double x, double y, mien_lettering letters,
                                double room, const char *text, mien_error *err)
{
    double width = 0;
    mien_status st = mien_lettering_width(&letters, text, &width, err);
    if (width > room)
        letters.size *= fmax(room / width, 2.0 / 3);
    letters.max_width = room;
    return st ? st : mien_lettering_draw(canvas, x, y, &letters, text, err);
}

mien_status mien_stability_header(mien_canvas *canvas, size_t margin, const char *title,
                                  const char *subtitle, mien_error *err)
{
    double room = (double)(canvas->width - 2 * margin), x = (double)margin;
    mien_lettering large = {.size = TITLE, .bold = true, .color = mien_ink};
    mien_lettering small = {.size = SUBTITLE, .color = mien_pale};
    mien_status st = draw_fitting(canvas, x, 44, large, room, title, err);
    return st ? st : draw_fitting(canvas, x, 72, small, room, subtitle, err);
}

mien_status mien_stability_canvas(mien_outdir *dir, const char *name, mien_canvas *canvas,
                                  mien_status so_far, mien_error *err)
{
    unsigned char *png;
    size_t nbytes;
    mien_status st = so_far;
    if (!st)
        st = mien_png_encode(canvas, &png, &nbytes, err);
    mien_canvas_free(canvas);
    if (st)
        return st;
    st = mien_outdir_write(dir, name, png, nbytes, err);
    mien_free(png);
    return st;
}

/* ---------------------------------------------------------------- losses.png */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Runs stand by what they minimised, the penalty included, as they were compared. */
static double largest_loss(const mien_stability *s)
{
    double largest = mien_fit_objective(&s->best);
    for (size_t run = 0; run < s->runs; run++)
        largest = fmax(largest, s->outcomes[run].objective);
    return largest;
}

bool mien_stability_in_percent(const mien_stability *study)
{
    double least = mien_fit_objective(&study->best);
    return least > 0 && largest_loss(study) <= 10 * least;
}

/* Where a run stands: its loss above the least in percent, or the loss itself. */
static double place_of(const mien_stability *s, size_t run)
{
    double least = mien_fit_objective(&s->best), loss = s->outcomes[run].objective;
    return mien_stability_in_percent(s) ? 100 * (loss / least - 1) : loss;
}

mien_status mien_stability_losses(const mien_stability *study, double *median, double *largest)
{
    size_t runs = study->runs;
    double *losses = mien_alloc_array(runs, sizeof *losses);
    if (!losses)
        return MIEN_ERR_NOMEM;
    for (size_t run = 0; run < runs; run++)
        losses[run] = study->outcomes[run].objective;
    qsort(losses, runs, sizeof *losses, compare_doubles);
    *median = losses[(runs - 1) / 2] / 2 + losses[runs / 2] / 2;
    *largest = losses[runs - 1];
    mien_free(losses);
    return MIEN_OK;
}

enum {
    LOSS_WIDTH = 1100,
    LOSS_HEIGHT = 560,
    LOSS_LEFT = 80,
    LOSS_TOP = 120,
    LOSS_BOTTOM = 92,
    LOSS_RIGHT = 40,
    LOSS_MARGIN = 36,
    MAX_BINS = 40,
    RUG = 14, /* a stroke for each run, below the axis */
    LETTERS = 17
};

struct histogram {
    mien_axis x, y;
    size_t bins, counts[MAX_BINS], most;
};

static struct histogram count_losses(const mien_stability *s)
{
    struct histogram h = {.bins = (size_t)(2 * ceil(sqrt((double)s->runs)))};
    h.bins = h.bins > MAX_BINS ? MAX_BINS : h.bins;
    double low = place_of(s, s->best_run), high = low;
    for (size_t run = 0; run < s->runs; run++)
        high = fmax(high, place_of(s, run));
    if (!(high - low > 1e-9 * fmax(1, fabs(low))))
        high = low + (mien_stability_in_percent(s) ? 1 : fmax(1, fabs(low)));
    h.x = mien_axis_choose(low, high, false, 6);
    for (size_t run = 0; run < s->runs; run++) {
        double at = mien_axis_place(&h.x, place_of(s, run)) * (double)h.bins;
        size_t bin = at > 0 ? (size_t)at : 0;
        bin = bin < h.bins ? bin : h.bins - 1;
        h.counts[bin]++;
        h.most = h.counts[bin] > h.most ? h.counts[bin] : h.most;
    }
    h.y = mien_axis_choose(0, (double)h.most, false, 5);
    return h;
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

static mien_status draw_axes(mien_canvas *canvas, const struct histogram *h, const char *x_label,
                             mien_error *err)
{
    static const mien_rgb grid = {228, 228, 228};
    mien_lettering letters = {.size = LETTERS, .color = mien_pale, .align = MIEN_ALIGN_RIGHT};
    mien_status st = MIEN_OK;
    char text[32];
    for (size_t t = 0; t < h->y.n_ticks && !st; t++) {
        double tick = h->y.ticks[t], y = down(h, tick);
        if (fabs(tick - round(tick)) > 1e-9)
            continue; /* there is no half a run */
        mien_canvas_line(canvas, LOSS_LEFT, y, LOSS_WIDTH - LOSS_RIGHT, y, 1.5, grid);
        snprintf(text, sizeof text, "%.0f", tick);
        st = mien_lettering_draw(canvas, LOSS_LEFT - 12, y + 6, &letters, text, err);
    }
    letters.align = MIEN_ALIGN_CENTER;
    for (size_t t = 0; t < h->x.n_ticks && !st; t++) {
        mien_axis_label(&h->x, h->x.ticks[t], text);
        st = mien_lettering_draw(canvas, across(h, h->x.ticks[t]), LOSS_HEIGHT - LOSS_BOTTOM + 42,
                                 &letters, text, err);
    }
    letters.color = mien_ink;
    if (!st)
        st = mien_lettering_draw(canvas, (LOSS_WIDTH + LOSS_LEFT - LOSS_RIGHT) / 2.0,
                                 LOSS_HEIGHT - 18, &letters, x_label, err);
    letters.align = MIEN_ALIGN_LEFT;
    if (!st)
        st = mien_lettering_draw(canvas, LOSS_MARGIN, LOSS_TOP - 18, &letters, "runs", err);
    return st;
}

static void draw_bars(mien_canvas *canvas, const struct histogram *h, const mien_stability *s)
{
    static const mien_rgb bar_color = {86, 150, 200}, worse_color = {200, 60, 0};
    double base = down(h, 0), width = (LOSS_WIDTH - LOSS_LEFT - LOSS_RIGHT) / (double)h->bins;
    for (size_t b = 0; b < h->bins; b++) {
        double left = LOSS_LEFT + (double)b * width, top = down(h, (double)h->counts[b]);
        mien_box bar = {(size_t)lround(left) + 2, (size_t)lround(top),
                        (size_t)lround(width) > 4 ? (size_t)lround(width) - 4 : 1,
                        (size_t)lround(base - top)};
        mien_canvas_fill(canvas, bar, bar_color);
    }
    for (size_t run = 0; run < s->runs; run++) {
        double x = across(h, place_of(s, run));
        mien_canvas_line(canvas, x, base + 4, x, base + 4 + RUG, 2,
                         s->outcomes[run].worse ? worse_color : mien_ink);
    }
    mien_canvas_line(canvas, LOSS_LEFT, base, LOSS_WIDTH - LOSS_RIGHT, base, 2, mien_pale);
}

static mien_status describe_losses(const mien_stability *s, char *words, size_t size,
                                   mien_error *err)
{
    double median, largest, best = mien_fit_objective(&s->best);
    if (mien_stability_losses(s, &median, &largest))
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    char least[32], middle[32], most[32];
    mien_number_words(best, least, sizeof least);
    mien_number_words(median, middle, sizeof middle);
    mien_number_words(largest, most, sizeof most);
    if (mien_stability_in_percent(s))
        mien_format(words, size,
                    "Least: %s (run %zu); median %.2f %% above it, largest %.2f %%. A stroke a "
                    "run",
                    least, s->best_run + 1, 100 * (median / best - 1), 100 * (largest / best - 1));
    else
        snprintf(words, size, "Least: %s (run %zu); median %s, largest %s. A stroke a run", least,
                 s->best_run + 1, middle, most);
    size_t used = strlen(words);
    if (s->worse)
        snprintf(words + used, size - used, ", red: local minima (%zu)", s->worse);
    return MIEN_OK;
}

mien_status mien_stability_losses_draw(mien_outdir *dir, const mien_stability *study,
                                       mien_error *err)
{
    const mien_stability *s = study;
    mien_canvas canvas;
    mien_status st = mien_canvas_init(LOSS_WIDTH, LOSS_HEIGHT, mien_paper, &canvas, err);
    if (st)
        return st;
    char title[64], words[256], label[128];
    const char *penalty = s->best.penalty != 0 ? " and penalty" : "";
    snprintf(title, sizeof title, "The loss%s that %zu run%s reached", penalty, s->runs,
             s->runs == 1 ? "" : "s");
    st = describe_losses(s, words, sizeof words, err);
    bool percent = mien_stability_in_percent(s);
    snprintf(label, sizeof label, percent ? "%s%s, percent above the least" : "%s%s",
             s->best.loss_name, penalty);
    struct histogram h = count_losses(s);
    if (!st)
        st = mien_stability_header(&canvas, LOSS_MARGIN, title, words, err);
    if (!st)
        st = draw_axes(&canvas, &h, label, err);
    draw_bars(&canvas, &h, s);
    return mien_stability_canvas(dir, "losses.png", &canvas, st, err);
}

/* ---------------------------------------------------------------- consensus.png */

enum {
    MATRIX_SIDE = 820,
    MATRIX_MARGIN = 36,
    MATRIX_TOP = 96,
    LEGEND_WIDTH = 22,
    LEGEND_GAP = 28,
    LEGEND_WORDS = 70
};

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

/* Mean share over the block of images that a pixel of `side` stands for. */
static double block_share(const mien_consensus *c, size_t side, size_t row, size_t column)
{
    size_t y0 = row * c->n / side, y1 = (row + 1) * c->n / side;
    size_t x0 = column * c->n / side, x1 = (column + 1) * c->n / side;
    y1 = y1 > y0 ? y1 : y0 + 1;
    x1 = x1 > x0 ? x1 : x0 + 1;
    double sum = 0;
    for (size_t y = y0; y < y1; y++)
        for (size_t x = x0; x < x1; x++)
            sum += mien_consensus_share(c, c->order[y], c->order[x]);
    return sum / (double)((y1 - y0) * (x1 - x0));
}

static mien_status draw_scale(mien_canvas *canvas, size_t x, size_t side, mien_error *err)
{
    for (size_t y = 0; y < side; y++)
        mien_canvas_fill(canvas, (mien_box){x, MATRIX_TOP + y, LEGEND_WIDTH, 1},
                         share_color(1 - (double)y / (double)(side > 1 ? side - 1 : 1)));
    mien_canvas_frame(canvas, (mien_box){x, MATRIX_TOP, LEGEND_WIDTH, side}, 1, mien_hair);
    mien_lettering letters = {.size = LETTERS, .color = mien_pale};
    double at = (double)(x + LEGEND_WIDTH + 8);
    mien_status st = mien_lettering_draw(canvas, at, MATRIX_TOP + 13, &letters, "always", err);
    if (!st)
        st = mien_lettering_draw(canvas, at, (double)(MATRIX_TOP + side), &letters, "never", err);
    return st;
}

/* What the matrix and the header need. */
static mien_status consensus_width(size_t size, const char *heading, const char *words, size_t *out,
                                   mien_error *err)
{
    double title = 0, line = 0;
    mien_lettering large = {.size = TITLE, .bold = true}, small = {.size = SUBTITLE};
    mien_status st = mien_lettering_width(&large, heading, &title, err);
    if (!st)
        st = mien_lettering_width(&small, words, &line, err);
    size_t matrix = MATRIX_MARGIN + size + LEGEND_GAP + LEGEND_WIDTH + LEGEND_WORDS;
    size_t text = 2 * MATRIX_MARGIN + (size_t)ceil(fmax(title, line)) + 1;
    *out = matrix + MATRIX_MARGIN / 2 > text ? matrix + MATRIX_MARGIN / 2 : text;
    return st;
}

mien_status mien_stability_consensus_draw(mien_outdir *dir, const mien_stability *study,
                                          bool is_table, mien_error *err)
{
    const char *things = mien_words_for(is_table).things;
    const mien_consensus *c = &study->consensus;
    size_t zoom = c->n < MATRIX_SIDE ? MATRIX_SIDE / c->n : 1;
    size_t side = c->n < MATRIX_SIDE ? c->n : MATRIX_SIDE;
    size_t size = side * zoom, scale = MATRIX_MARGIN + size + LEGEND_GAP;
    char words[256], heading[96];
    snprintf(heading, sizeof heading, "How often two %s share their dominant component", things);
    if (c->undefined)
        snprintf(words, sizeof words, "Cophenetic correlation undefined: %s", c->undefined);
    else
        mien_format(words, sizeof words,
                    "%zu runs, %zu %s%s: cophenetic correlation %.4f, "
                    "dispersion %.3f",
                    c->runs, c->n, things, c->n < study->n ? " spread evenly" : "", c->cophenetic,
                    c->dispersion);
    size_t width;
    mien_canvas canvas;
    mien_status st = consensus_width(size, heading, words, &width, err);
    if (!st)
        st = mien_canvas_init(width, MATRIX_TOP + size + MATRIX_MARGIN, mien_paper, &canvas, err);
    if (st)
        return st;
    for (size_t y = 0; y < side; y++)
        for (size_t x = 0; x < side; x++)
            mien_canvas_fill(
                &canvas, (mien_box){MATRIX_MARGIN + x * zoom, MATRIX_TOP + y * zoom, zoom, zoom},
                share_color(block_share(c, side, y, x)));
    mien_canvas_frame(&canvas, (mien_box){MATRIX_MARGIN, MATRIX_TOP, size, size}, 1, mien_hair);
    st = mien_stability_header(&canvas, MATRIX_MARGIN, heading, words, err);
    if (!st)
        st = draw_scale(&canvas, scale, size, err);
    return mien_stability_canvas(dir, "consensus.png", &canvas, st, err);
}
