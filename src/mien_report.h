/* mien_report.h - what the mien program is made of: pictures, results on disk, saved models.
 * SPDX-License-Identifier: MIT
 *
 * Installed for programs that write what mien writes. The rules of mien.h hold here, too. */
#ifndef MIEN_REPORT_H
#define MIEN_REPORT_H

#include "mien_study.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- pictures */

typedef enum mien_palette {
    MIEN_PALETTE_ESL,      /* zero white, positive black, negative red */
    MIEN_PALETTE_GRAY,     /* zero black, largest white; zero mid-grey for signed values */
    MIEN_PALETTE_DIVERGING /* colour-blind safe: negative blue, zero white, positive orange */
} mien_palette;

typedef enum mien_layout {
    MIEN_LAYOUT_PAGE, /* a method below the other, as in the book */
    MIEN_LAYOUT_SLIDE /* 16:9, two beside each other */
} mien_layout;

typedef struct mien_style {
    mien_palette palette;
    mien_layout layout;   /* of the figure */
    size_t width;         /* of the figure in pixels, 480 to 16000; 0: 1600, a slide 1920 */
    size_t columns, rows; /* montage grid, 0: ceil(sqrt r) wide and as high as needed */
    size_t gap;           /* pixels between tiles */
    size_t zoom;          /* whole enlargement, 0: chosen by size */
    bool common_scale;    /* one scale for all components instead of one each */
    mien_ink_kind ink;    /* of colour images; what writes results sets it from the data */
    size_t page_images;   /* report.html holds so many images at most; 0: those of the models */
} mien_style;

/* The default of page_images: as many as the page that is made anew was to hold, and a new one this
 * number. */
#define MIEN_PAGE_IMAGES_AS_BEFORE SIZE_MAX
enum { MIEN_PAGE_IMAGES = 3000 };

MIEN_API mien_style mien_style_default(void);

/* Whether the style has room for r components of that shape: asked before hours of learning.
 * MIEN_ERR_ARG, MIEN_ERR_SHAPE. */
MIEN_API mien_status mien_style_check(const mien_style *style, size_t r, mien_shape shape,
                                      mien_error *err);

/* ---------------------------------------------------------------- output */

/* A folder that is complete or absent: it is built beside its final name and renamed when whole. */
typedef struct mien_outdir mien_outdir;

/* Whether the folder `path`, which is to be written, holds what is to be read: the same folder or
 * file by device and inode, or one below it, through links as well. MIEN_ERR_ARG: it does; `what`
 * names it in the message ("INPUT"). NULL, and what is not there, is fine. To be asked before
 * mien_outdir_begin(). */
MIEN_API mien_status mien_outdir_spare(const char *path, const char *what, const char *input,
                                       mien_error *err);

/* Begin before any work is done. An empty folder is used. An existing result is refused unless
 * `force`; one that holds anything beside the files of its list ("files" in summary.json) is
 * refused always, as is a place where another run is writing: MIEN_ERR_ARG with the remedy. What
 * killed runs left there is removed. MIEN_ERR_IO, MIEN_ERR_NOMEM. */
MIEN_API mien_status mien_outdir_begin(const char *path, bool force, mien_outdir **out,
                                       mien_error *err);

/* The name that the folder will have; whole for "." and the like. */
MIEN_API const char *mien_outdir_final(const mien_outdir *dir);

/* Whether committing replaces an earlier result. */
MIEN_API bool mien_outdir_replaces(const mien_outdir *dir);

/* Whether an image of the data, by device and inode, lies in the result that is to be replaced:
 * MIEN_ERR_ARG. `input` is what the data was read from. MIEN_ERR_IO, MIEN_ERR_NOMEM. */
MIEN_API mien_status mien_outdir_spare_images(const mien_outdir *dir, const char *input,
                                              const mien_dataset *dataset, mien_error *err);

/* Write the list of files and give the folder its final name, when all is on the disk; with `force`
 * an earlier result of mien, and only that, makes way. When this fails (MIEN_ERR_IO, MIEN_ERR_ARG)
 * what was built is kept, and the message says where. MIEN_OK with a message: something is to be
 * told, as that the earlier result could not be removed; without one it is "". Frees dir in any
 * case. */
MIEN_API mien_status mien_outdir_commit(mien_outdir *dir, mien_error *err);

/* The same, but an earlier result stays: the folder becomes OUT.word, or OUT.word-2 and so on where
 * there is one already. `where` is what it was called then. Frees dir in any case. */
MIEN_API mien_status mien_outdir_commit_aside(mien_outdir *dir, const char *word, char *where,
                                              size_t size, mien_error *err);
MIEN_API void mien_outdir_abandon(mien_outdir *dir); /* removes what was built */

/* Remove what was written so far, and begin anew in the same place. MIEN_ERR_IO, MIEN_ERR_NOMEM. */
MIEN_API mien_status mien_outdir_restart(mien_outdir *dir, mien_error *err);

/* For handlers of signals, which may remove what is built and then have to end the process: its
 * path, good until dir is freed, and the removal, which makes system calls only. */
MIEN_API const char *mien_outdir_building(const mien_outdir *dir);
MIEN_API void mien_outdir_drop(const char *building);

/* What is known of the images of a lesson beforehand, from a file that their maker wrote: who wears
 * what, in faces.csv, or the parts that they are sums of, in swimmer_parts.npy (tools/make_faces.c
 * and make_swimmer.c say more). mien_comparison_write() measures the fits against it; then
 * mien_truth_words() tells what they found: a table and a sentence, for mien_string_free(). */
typedef struct mien_truth mien_truth;

/* `path` ends in .npy for parts. MIEN_ERR_IO, _NOMEM, and MIEN_ERR_FORMAT or _SHAPE when the file
 * is not that of these images. */
MIEN_API mien_status mien_truth_load(const char *path, const mien_dataset *dataset,
                                     mien_truth **out, mien_error *err);
MIEN_API mien_status mien_truth_words(const mien_truth *truth, char **out, mien_error *err);
MIEN_API void mien_truth_free(mien_truth *truth);

/* What was asked for, for summary.json and model.json. Strings are borrowed. */
typedef struct mien_run_info {
    const char *command; /* the command line, as typed */
    const char *input;   /* INPUT, as typed */
    const mien_options *options;
    size_t example; /* index of the image the figure shows */
    bool interrupted;
    mien_parts *parts; /* NULL, or one a fit, written */
    mien_truth *truth; /* NULL, or what is known beforehand: the fits are measured against it */
    char **crosses;    /* NULL, or one a fit, written: labels by components in words, or NULL; they
                        * go back through mien_string_free() */
} mien_run_info;

/* A method that could not run, for the report. */
typedef struct mien_failure {
    const mien_method *method;
    const char *reason;
} mien_failure;

/* Write everything of a run: OUT/figure.png, report.html, summary.json, images.csv, and for each
 * fit OUT/<method>/ with basis.npy, weights.npy, mean.npy, examples.npy, untouched.npy (of images),
 * model.json, history.csv
 * and the pictures basis.png, weights.png, reconstruction.png; with MIEN_MEMBERSHIPS also
 * membership.csv, clusters.csv, memberships.png and exemplars.png; of a table weights.csv and
 * basis.csv, and basis.png is a heat-map. Without fits there is no figure. */
MIEN_API mien_status mien_comparison_write(mien_outdir *dir, const mien_fit *const *fits,
                                           size_t n_fits, const mien_failure *failures,
                                           size_t n_failures, const mien_dataset *dataset,
                                           const mien_run_info *run, const mien_style *style,
                                           mien_error *err);

/* Images of a run that pictures show. */
typedef struct mien_examples {
    size_t *index;      /* place in X; the first is the figure's example */
    float *originals;   /* count x p, prepared, as the model saw them */
    uint8_t *untouched; /* count x p, as stored, 255 white; NULL for tables and where unknown */
    char **names;       /* count; NULL where unknown */
    size_t count, p;
    double low, high; /* range of the originals, for mien_tone_range() */
} mien_examples;

/* A learned model as saved. */
typedef struct mien_model {
    mien_fit fit; /* its trace as history.csv has it */
    mien_shape shape;
    mien_normalize normalize;
    mien_ink_kind ink;
    bool color;
    bool is_table, reshaped; /* as in mien_dataset, as are the next */
    char *id, *label;
    char **ignored;
    size_t n_ignored;
    mien_scale_columns scale_columns;
    float *column_scales;
    mien_resize_mode resize; /* of images of another size */
    double white;            /* see mien_load_options; 0: unknown */
    char stored[16];         /* "8-bit", "16-bit", "float32"; "": unknown */
    char **columns;          /* p names of the table's columns, or NULL */
    mien_options options;    /* it was learned with */
    mien_examples examples;
    char input[4096];     /* INPUT it was learned from, as typed then */
    uint64_t fingerprint; /* of that data */
    char *details;        /* model.json as text */
} mien_model;

/* Read OUT/<method>. Sizes are checked against the files, and numbers against what the method
 * promises. MIEN_ERR_IO, _FORMAT, _DOMAIN, _NOMEM. */
MIEN_API mien_status mien_model_load(const char *path, mien_model *out, mien_error *err);
MIEN_API void mien_model_free(mien_model *model);

/* Where the images that a model was learned from may be looked for. model.json may come from
 * anywhere, so its path is followed only when it stays below the folder that we stand in or the one
 * that holds the result, also through links; `named`, unless NULL, is what the user named, and goes
 * before. `folder` is the model's. False: nowhere. */
MIEN_API bool mien_model_source(const mien_model *model, const char *folder, const char *named,
                                char *path, size_t size);

/* Read a start for --init-from: DIR/weights.npy (n x r) and DIR/basis.npy (r x p in two, three or
 * four dimensions). *r is what the files say. The arrays go back through mien_start_free().
 * MIEN_ERR_IO, _FORMAT, _SHAPE, _NOMEM. */
typedef struct mien_start {
    float *W, *H;
    size_t r;
} mien_start;
MIEN_API mien_status mien_start_load(const char *dir, size_t n, size_t p, mien_start *out,
                                     mien_error *err);
MIEN_API void mien_start_free(mien_start *start);

/* The folder of the one model that `path` is or holds. MIEN_ERR_ARG when it holds several: the
 * message names them; MIEN_ERR_FORMAT when it holds none. */
MIEN_API mien_status mien_model_find(const char *path, char *out, size_t size, mien_error *err);

/* Read INPUT as the model's images were read: same size, colours, ink and normalisation.
 *   options  fit, threads and progress count; the rest is the model's
 * One image is enough. Errors as of mien_dataset_load(), and MIEN_ERR_SHAPE for an array or a table
 * whose images have another shape, MIEN_ERR_DATA for grey levels of another depth without
 * normalisation, for floats that are on no scale of the model's whole numbers (neither up to their
 * white nor up to 1, which is then out->pixels.white) and for a table whose columns have other
 * names. */
MIEN_API mien_status mien_model_read(const mien_model *model, const char *input,
                                     const mien_load_options *options, mien_dataset *out,
                                     mien_error *err);

/* Give a model that has none the errors of its training images as unseen ones (fit.held_out, see
 * mien_fit_calibrate), and keep them in its model.json.
 *   path      the model's folder
 *   training  the images it was made from, as the user names them; NULL: see mien_model_source(),
 *             and what lies beside the result that holds the model under the last name of its
 *             `input`, if that is no link
 *   options   what it was learned with, today's threads and progress
 *   load      as of mien_model_read()
 *   note      written: what was done, in words; "": nothing
 * held_out stays unknown where `training` is NULL and the images are not there, or have changed;
 * and as told of mien_fit_calibrate(). Errors, with `training` alone: MIEN_ERR_DATA when these are
 * not the images, and those of reading and fitting. */
MIEN_API mien_status mien_model_calibrate(mien_model *model, const char *path, const char *training,
                                          const mien_options *options,
                                          const mien_load_options *load, char *note, size_t size,
                                          mien_error *err);

/* Write what transform gives: weights.npy, images.csv, errors.csv, summary.json, where the method
 * has them membership.csv, clusters.csv and memberships.png, of a table weights.csv, and
 * reconstruction.png, eight of the images spread evenly; with `residual` residual.png, the worst
 * images with what is missing. Without a verdict (outliers->known) errors.csv leaves the column
 * `outlier` empty and `whole` is null. `path` is the model's folder, for summary.json. */
MIEN_API mien_status mien_transform_write(mien_outdir *dir, const mien_model *model,
                                          const char *path, const mien_encoding *encoding,
                                          const mien_outliers *outliers,
                                          const mien_dataset *dataset, const mien_run_info *run,
                                          bool residual, const mien_style *style, mien_error *err);

/* Whether `path` is a folder that holds a model, or a comparison of models. */
MIEN_API bool mien_is_model(const char *path);
MIEN_API bool mien_is_comparison(const char *path);

/* "lee-seung" and so on, as on the command line; "8-bit", "16-bit", "float32". */
MIEN_API const char *mien_normalize_name(mien_normalize normalize);
MIEN_API const char *mien_pixel_type_name(mien_pixel_type type);

/* Why a fit ended: in model.json, in runs.csv, for a terminal, on the page. */
typedef enum mien_stop_style {
    MIEN_STOP_FILE,
    MIEN_STOP_TABLE,
    MIEN_STOP_SHORT,
    MIEN_STOP_PAGE
} mien_stop_style;
MIEN_API const char *mien_stop_name(mien_stop stop, mien_stop_style style);

/* The character at `at` as a terminal may get it: shown <- itself, or "\\x1b", "\\u202e" for what
 * steers a terminal, turns the direction of text or shows nothing (C0, DEL, C1, marks of direction,
 * ends of lines), and for bytes that are not UTF-8. Returns the bytes it has; 0 at the end. */
enum { MIEN_SHOWN = 12 };
MIEN_API size_t mien_visible(const char *at, char shown[MIEN_SHOWN]);

/* A blank and the word as a shell takes it, quoted if need be, for a command that people copy; as
 * snprintf(): cut to `size`, and returns the length it has or wants. */
MIEN_API size_t mien_shell_word(const char *word, char *to, size_t size);

/* What a data set (read with statistics) or a model holds, in words or as JSON; the text goes back
 * through mien_string_free(). With `all` no list is cut short. */
MIEN_API mien_status mien_inspect_dataset(const mien_dataset *dataset, const char *input, bool json,
                                          bool all, char **out, mien_error *err);
MIEN_API mien_status mien_inspect_model(const char *path, bool json, char **out, mien_error *err);

/* Write everything of a stability study: components.csv, twins.csv, runs.csv, consensus.csv and
 * .npy, images.csv, summary.json, report.html, the pictures verdicts.png, twins.png, spread.png
 * (two runs or more), losses.png and consensus.png, and the best run as a model in OUT/<method>. */
MIEN_API mien_status mien_stability_write(mien_outdir *dir, const mien_stability *stability,
                                          const mien_dataset *dataset, const mien_run_info *run,
                                          const mien_style *style, mien_error *err);

/* Which image is meant by `wanted`: its path, an end of it ("s3/4.pgm"), a path that ends with it
 * as a shell completes it, or a number from 1. *index <- its place in X. False: none. */
MIEN_API bool mien_dataset_find(const mien_dataset *dataset, const char *wanted, size_t *index);

/* The same by images.csv of the result at `path`, or of the one that the model at `path` is of. How
 * many images there are is not looked at for a number: the model says so when it is drawn. */
MIEN_API bool mien_result_find(const char *path, const char *wanted, size_t *index);

/* Draw a model, or every model of a comparison and its figure, again into `dir`. With `example`
 * weights and reconstruction are another image's; its original is shown when the model holds it or
 * INPUT is still there, unchanged; only then is exemplars.png drawn again. `input` is the folder
 * that the user names as INPUT, or NULL, see mien_model_source(). MIEN_OK with a message: INPUT was
 * wanted, and not read. */
MIEN_API mien_status mien_render(const char *path, const char *input, mien_outdir *dir,
                                 const mien_style *style, const size_t *example, mien_error *err);

/* The same in place: mien_redraw_begin() finds the result that the model or comparison `path` is
 * of, mien_redraw() draws, and committing puts pictures and page in the place of the old ones, one
 * by one. Models stay. */
MIEN_API mien_status mien_redraw_begin(const char *path, mien_outdir **out, mien_error *err);
MIEN_API mien_status mien_redraw(const char *path, const char *input, mien_outdir *dir,
                                 const mien_style *style, const size_t *example, mien_error *err);

/* One page of several results: of the comparison among them, with a section for each study that
 * `stability`, `rank`, `transform` or `demo cone` wrote of the same data; where there is no
 * comparison, of the studies alone. mien_assemble_begin() finds the result whose page it is, the
 * comparison or else the first, and reads what the others are; mien_assemble() makes report.html;
 * committing puts it there, in the place of the old one. Images come from where the models' were
 * read, else from the page before.
 *   paths   count folders; the cone may be of any data
 *   style   page_images counts
 * MIEN_ERR_FORMAT: no such result, or one that is damaged; MIEN_ERR_DATA: of other data;
 * MIEN_ERR_ARG: two comparisons, or a page that is not the result's own; MIEN_ERR_IO, _NOMEM. */
MIEN_API mien_status mien_assemble_begin(const char *const *paths, size_t count, mien_outdir **out,
                                         mien_error *err);
MIEN_API mien_status mien_assemble(mien_outdir *dir, const char *const *paths, size_t count,
                                   const mien_style *style, mien_error *err);

/* When a result could not be written: remove what was, and keep weights.npy, basis.npy and mean.npy
 * of fits alone, in OUT.kept/<method> or, where that does not go, in the folder for temporary
 * files. `where` is the folder. Frees dir. MIEN_ERR_IO. */
MIEN_API mien_status mien_fits_keep(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                                    char *where, size_t size, mien_error *err);

/* Write OUT/cone.png, cone.svg, summary.json and report.html.
 *   command, input   as typed; input NULL for the example
 *   shape            of the images, for the names of pixels
 *   text             numbers and a paragraph that explains them, for mien_string_free() */
MIEN_API mien_status mien_cone_write(mien_outdir *dir, const mien_cone *cone, const char *command,
                                     const char *input, mien_shape shape, char **text,
                                     mien_error *err);

/* OUT/rank.csv, rank.png, rank.svg, rank_curves.png, rank_curves.svg, summary.json, report.html. */
MIEN_API mien_status mien_rank_write(mien_outdir *dir, const mien_rank *rank,
                                     const mien_dataset *dataset, const mien_run_info *run,
                                     mien_error *err);

#ifdef __cplusplus
}
#endif

#endif
