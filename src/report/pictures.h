/* pictures.h - the pictures of a model and of a comparison.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PICTURES_H
#define MIEN_PICTURES_H

#include "draw/canvas.h"
#include "mien_report.h"

/* The columns of a table: p names, or NULL. */
typedef struct mien_table_columns {
    char *const *names;
} mien_table_columns;

/* Write basis.png, weights.png and reconstruction.png into the folder `method` of `dir`, "" for
 * `dir` itself. `example` is the image whose weights are drawn. table: NULL for images. */
mien_status mien_pictures_write(mien_outdir *dir, const char *folder, const mien_fit *fit,
                                mien_shape shape, const mien_table_columns *table,
                                const mien_examples *examples, size_t example,
                                const mien_style *style, mien_error *err);

/* Write figure.png and figure.svg: a panel a fit. The original of the example is shown when it is
 * known. */
mien_status mien_figure_write(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                              mien_shape shape, const mien_examples *examples, size_t example,
                              const mien_style *style, mien_error *err);

/* Write reconstruction.png: the examples above their reconstructions. */
mien_status mien_pairs_write(mien_outdir *dir, const char *folder, const mien_fit *fit,
                             mien_shape shape, const mien_examples *examples,
                             const mien_style *style, mien_error *err);

/* Loss against seconds as a PNG in memory, freed with mien_free(). MIEN_ERR_DATA when the trace is
 * too short for a line. */
mien_status mien_history_picture(const mien_fit *fit, unsigned char **png, size_t *nbytes,
                                 mien_error *err);

#endif
