/* pictures.c - the pictures of a model and of a comparison.
 * SPDX-License-Identifier: MIT */
#include "report/pictures.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "draw/chart.h"
#include "draw/png.h"
#include "figures/figure.h"
#include "methods/loss.h"
#include "report/heatmaps.h"
#include "report/page/examples.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- a model's pictures */

mien_status mien_pairs_write(mien_outdir *dir, const char *folder, const mien_fit *fit,
                             mien_shape shape, const mien_examples *examples,
                             const mien_style *style, mien_error *err)
{
    size_t p = fit->p;
    float *rebuilt = mien_alloc_array(examples->count * p, sizeof *rebuilt);
    if (!rebuilt)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t e = 0; e < examples->count; e++)
        mien_fit_reconstruct(fit, examples->index[e], rebuilt + e * p);
    mien_canvas canvas;
    mien_status st =
        mien_montage_pairs(examples->originals, rebuilt, examples->names, examples->count, shape,
                           examples->low, examples->high, style, &canvas, err);
    if (!st)
        st = mien_canvas_write(dir, folder, "reconstruction.png", &canvas, err);
    mien_free(rebuilt);
    return st;
}

static bool is_signed(const mien_fit *fit)
{
    return mien_method_describe(fit->method)->traits & MIEN_SIGNED;
}

static bool is_used(const mien_fit *fit, size_t k)
{
    for (size_t i = 0; i < fit->n; i++)
        if (fit->W[i * fit->r + k] != 0)
            return true;
    return false;
}

/* Components that no image uses, such as those of variance 0 with which PCA fills up, are drawn as
 * empty: on a scale of their own they would look the strongest of all. *copy <- the basis with
 * zeros there, or NULL when all are used; the caller frees it. */
static mien_status empty_unused(const mien_fit *fit, float **copy, mien_error *err)
{
    *copy = NULL;
    for (size_t k = 0; k < fit->r; k++) {
        if (is_used(fit, k))
            continue;
        if (!*copy) {
            *copy = mien_alloc_array(fit->r * fit->p, sizeof **copy);
            if (!*copy)
                return mien_fail_plain(err, MIEN_ERR_NOMEM);
            memcpy(*copy, fit->H, fit->r * fit->p * sizeof **copy);
        }
        memset(*copy + k * fit->p, 0, fit->p * sizeof **copy);
    }
    return MIEN_OK;
}

static mien_status write_montage(mien_outdir *dir, const char *folder, const mien_fit *fit,
                                 mien_shape shape, const mien_style *style, mien_error *err)
{
    mien_canvas canvas;
    float *copy;
    mien_status st = empty_unused(fit, &copy, err);
    if (!st)
        st = mien_montage_draw(copy ? copy : fit->H, fit->r, shape, is_signed(fit), style, &canvas,
                               err);
    mien_free(copy);
    return st ? st : mien_canvas_write(dir, folder, "basis.png", &canvas, err);
}

mien_status mien_pictures_write(mien_outdir *dir, const char *folder, const mien_fit *fit,
                                mien_shape shape, const mien_table_columns *table,
                                const mien_examples *examples, size_t example,
                                const mien_style *style, mien_error *err)
{
    mien_canvas canvas;
    mien_status st = table ? mien_basis_heatmap(dir, folder, fit, table->names, style, err)
                           : write_montage(dir, folder, fit, shape, style, err);
    if (!st)
        st = mien_montage_weights(fit->W + example * fit->r, fit->r, shape, is_signed(fit), style,
                                  &canvas, err);
    if (!st)
        st = mien_canvas_write(dir, folder, "weights.png", &canvas, err);
    /* pairs are photographs; the style's grid is the basis' alone */
    mien_style plain = *style;
    plain.columns = plain.rows = 0;
    return st ? st : mien_pairs_write(dir, folder, fit, shape, examples, &plain, err);
}

/* ---------------------------------------------------------------- the figure */

struct figure_text {
    char loss[96], explained[64];
};

static void describe_row(const mien_fit *fit, struct figure_text *text)
{
    char loss[32];
    mien_number_words(fit->loss, loss, sizeof loss);
    mien_format(text->loss, sizeof text->loss, "%s %s", mien_loss_short(fit->loss_name), loss);
    mien_format(text->explained, sizeof text->explained, "%.1f %% of variance",
                100 * fit->explained_variance);
}

mien_status mien_figure_write(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                              mien_shape shape, const mien_examples *examples, size_t example,
                              const mien_style *style, mien_error *err)
{
    if (n_fits == 0 || n_fits > MIEN_FIGURE_MAX_ROWS)
        return mien_fail(err, MIEN_ERR_ARG, "a figure has 1 to %d rows", MIEN_FIGURE_MAX_ROWS);
    size_t p = fits[0]->p;
    mien_figure_row rows[MIEN_FIGURE_MAX_ROWS];
    struct figure_text texts[MIEN_FIGURE_MAX_ROWS];
    float *copies[MIEN_FIGURE_MAX_ROWS] = {NULL};
    mien_status st = MIEN_OK;
    float *rebuilt = mien_alloc_array(n_fits * p, sizeof *rebuilt);
    if (!rebuilt)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t f = 0; f < n_fits; f++) {
        const mien_fit *fit = fits[f];
        if (!st)
            st = empty_unused(fit, &copies[f], err);
        mien_fit_reconstruct(fit, example, rebuilt + f * p);
        describe_row(fit, &texts[f]);
        rows[f] = (mien_figure_row){.title = mien_method_describe(fit->method)->title,
                                    .motto = mien_method_describe(fit->method)->motto,
                                    .loss = texts[f].loss,
                                    .explained = texts[f].explained,
                                    .basis = copies[f] ? copies[f] : fit->H,
                                    .weights = fit->W + example * fit->r,
                                    .reconstruction = rebuilt + f * p,
                                    .r = fit->r,
                                    .is_signed = is_signed(fit),
                                    .centred = fit->mu != NULL};
    }
    mien_figure figure = {.rows = rows,
                          .n_rows = n_fits,
                          .original = mien_examples_find(examples, example),
                          .untouched = mien_examples_untouched(examples, example),
                          .name = mien_examples_name(examples, example),
                          .shape = shape,
                          .low = examples->low,
                          .high = examples->high};
    mien_canvas canvas = {0};
    mien_text svg = {0};
    if (!st)
        st = mien_figure_draw(&figure, style, &canvas, NULL, err);
    if (!st)
        st = mien_canvas_write(dir, "", "figure.png", &canvas, err);
    if (!st) /* after the other is gone: together they are the most memory that a small run takes */
        st = mien_figure_draw(&figure, style, NULL, &svg, err);
    if (!st)
        st = mien_outdir_write(dir, "figure.svg", svg.bytes, svg.length, err);
    mien_text_free(&svg);
    for (size_t f = 0; f < n_fits; f++)
        mien_free(copies[f]);
    mien_free(rebuilt);
    return st;
}

/* ---------------------------------------------------------------- history */

mien_status mien_history_picture(const mien_fit *fit, unsigned char **png, size_t *nbytes,
                                 mien_error *err)
{
    size_t count = fit->n_trace; /* an infinite loss ends the curve */
    while (count > 0 && !isfinite(fit->trace[count - 1].loss))
        count--;
    if (count < 3)
        return mien_fail(err, MIEN_ERR_DATA, "too few iterations for a curve");
    double *x = mien_alloc_array(2 * fit->n_trace, sizeof *x);
    if (!x)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    double *y = x + fit->n_trace;
    for (size_t i = 0; i < count; i++) {
        x[i] = (double)fit->trace[i].iteration;
        y[i] = fit->trace[i].loss;
    }
    char label[128]; /* the curve is of what is minimised */
    snprintf(label, sizeof label, "%s%s", fit->loss_name, fit->penalty > 0 ? " + penalty" : "");
    mien_series series = {.x = x, .y = y, .count = count};
    mien_chart chart = {.x_label = "iteration",
                        .y_label = label,
                        .series = &series,
                        .n_series = 1,
                        .log_y = true,
                        .width = 900,
                        .height = 420};
    mien_canvas canvas;
    mien_status st = mien_chart_draw(&chart, &canvas, err);
    if (!st) {
        st = mien_png_encode(&canvas, png, nbytes, err);
        mien_canvas_free(&canvas);
    }
    mien_free(x);
    return st;
}
