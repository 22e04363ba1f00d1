/* mien.h - the public face of mien: learn the parts of images by matrix factorisation.
 * SPDX-License-Identifier: MIT
 *
 * Model, for every method: image i ~ mu + sum_k W[i,k] H[k,:]   (ESL: X ~ 1 mu' + W H)
 *
 *   n, p, r   images, pixels of an image (height x width x channels), components
 *   X         n x p row-major, row i = image i, x >= 0
 *   W         n x r row-major, the weights: row i says how much of each component image i uses
 *   H         r x p row-major, the basis: row k is basis image k
 *   mu        p, the mean image, for methods that centre
 *
 * Rules of the library: it never prints, never exits and trusts no size from a file. What can
 * fail returns a mien_status; functions that can name the culprit also take a mien_error. Runs of
 * methods and of studies refuse a NULL that they need, and bad options, by MIEN_ERR_ARG. An
 * output parameter is written only on success. What a function returns through `out` belongs to
 * the caller and goes back through the matching _free, which takes NULL or a zeroed struct.
 * No global state outlives a call: OpenBLAS is held to one thread while fits run, and no longer.
 * Two threads may work with different objects at the same time.
 *
 * mien_study.h has what fits are worth (parts, uniqueness, stability, which r), mien_report.h what
 * the mien program draws and writes. */
#ifndef MIEN_H
#define MIEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is said in these headers, and nothing else, can be linked to. */
#if defined(__GNUC__)
#define MIEN_API __attribute__((visibility("default")))
#else
#define MIEN_API
#endif

#define MIEN_VERSION "0.1.0"

/* The version of the library that runs, which may be a later one than that of these headers. */
MIEN_API const char *mien_version(void);

/* ---------------------------------------------------------------- errors */

typedef enum mien_status {
    MIEN_OK = 0,
    MIEN_ERR_NOMEM,   /* memory is exhausted */
    MIEN_ERR_ARG,     /* the caller asked for something that does not exist or is out of range */
    MIEN_ERR_SHAPE,   /* sizes do not fit together */
    MIEN_ERR_DOMAIN,  /* a value is outside what the model assumes: negative, NaN */
    MIEN_ERR_IO,      /* the operating system refused to read or write */
    MIEN_ERR_FORMAT,  /* a file is not what it says it is */
    MIEN_ERR_NUMERIC, /* the arithmetic broke down */
    MIEN_ERR_DATA,    /* the input holds nothing that can be used */
    MIEN_ERR_STOPPED  /* the progress callback wanted an end, and nothing is there to hand over */
} mien_status;

/* One sentence for a status; never NULL. */
MIEN_API const char *mien_strerror(mien_status status);

/* What went wrong, in words: names the thing, the reason and the remedy, without "Error:". */
typedef struct mien_error {
    mien_status status;
    char message[512];
} mien_error;

/* ---------------------------------------------------------------- progress */

typedef struct mien_progress {
    const char *stage; /* what is being done: "reading", a method's name */
    size_t done;       /* units finished */
    size_t total;      /* units in all */
    double loss;       /* current loss, NaN where there is none */
    size_t run, runs;  /* at work on run 1 .. runs of so many starts; 0, 0: there is one */
} mien_progress;

/* Called now and then from the thread that called the library. Returns false to ask for a stop:
 * iterations then end early with a whole result, and what has none yet ends with
 * MIEN_ERR_STOPPED. Arithmetic within it may count denormal floats as zero. May be NULL. */
typedef bool (*mien_progress_fn)(void *user, const mien_progress *now);

/* The factors of an iteration under way, valid during the call alone: in the order and the scale of
 * the descent, not yet those of the fit. */
typedef struct mien_view {
    size_t iteration; /* of this start */
    const float *H;   /* r rows, ldh apart */
    size_t ldh;
    const float *W; /* n x r, or NULL: the method has none before its end */
} mien_view;

/* Shown what iterations make of the basis. Called with NULL first: is the present one wanted? If
 * so, and if the method has one to show, called with it. May be NULL. Starts that run side by side
 * show nothing. */
typedef bool (*mien_view_fn)(void *viewer, const mien_view *now);

/* ---------------------------------------------------------------- data */

typedef struct mien_shape {
    size_t height, width, channels; /* channels interleaved: pixel (y, x, c) */
} mien_shape;

/* Number of values of one image. */
static inline size_t mien_shape_size(mien_shape s)
{
    return s.height * s.width * s.channels;
}

typedef enum mien_pixel_type { MIEN_U8, MIEN_U16, MIEN_F32 } mien_pixel_type;

/* X in its small store: entry (i,j) is
 *   clamp(gain[i] * (values[i,j] - center[i]) + offset[i], lower, upper)
 * in float32. The centre is a whole number near the mean, so that the difference is exact and
 * bright images of little contrast keep their digits. gain == NULL: values are taken as they are.
 */
typedef struct mien_pixels {
    size_t n, p;
    mien_pixel_type type;
    void *values;                 /* n x p of type, owned; of a mapped file they are only read */
    struct mien_mapping *mapping; /* owned: the file that values stand in, or NULL: in memory */
    float *gain;                  /* n, owned, or NULL for 1 */
    float *center;                /* n, owned; present exactly when gain is */
    float *offset;                /* n, owned; present exactly when gain is */
    float lower, upper;
    double white;   /* what stands for white; 0: not decided yet */
    float *whites;  /* n, owned: white of each image where they differ (`white` is the largest); or
                       NULL */
    double clipped; /* share of the entries that lie beyond lower or upper */
} mien_pixels;

/* The data as the methods see it. Both functions are safe to call from any thread. */
typedef struct mien_source {
    size_t n, p;
    /* Consecutive images as float32: the address of count x p floats, which are `buffer`, filled,
     * or the data's own memory. */
    const float *(*tile)(const void *data, size_t first, size_t count, float *buffer);
    /* Pixels first .. first + count - 1 of n images: strip[c * stride + k] <- X[rows[k], first +
     * c]. rows == NULL: of images 0 .. n - 1. */
    void (*strip)(const void *data, const size_t *rows, size_t n, size_t first, size_t count,
                  float *strip, size_t stride);
    const void *data; /* does not own this memory */
    /* Of an image, where images are pictures: neighbours are alike, and fits may begin with smaller
     * ones (levels). height 0: it is no picture, or not known to be. */
    mien_shape shape;
    /* May be NULL. Says that the calling thread asks for these images next, in order: what is on a
     * disk is read ahead. */
    void (*expect)(const void *data, size_t first, size_t count);
} mien_source;

MIEN_API mien_source mien_pixels_source(const mien_pixels *pixels);
MIEN_API void mien_pixels_free(mien_pixels *pixels);

/* For pixels that are mapped and do not fit into memory: now, instead of when a method first asks
 * for strips of them, a copy is made with the pixels of all images side by side, where large blocks
 * go (mien_memory_limit()); it lives as long as they do. Strips then read it once, all together;
 * without it each reads all of the images. threads: 0, one a processor. Nothing is done for others.
 * MIEN_ERR_NOMEM where there is no room, MIEN_ERR_STOPPED; then there is no such copy. */
MIEN_API mien_status mien_pixels_turn(const mien_pixels *pixels, unsigned threads,
                                      mien_progress_fn progress, void *user, mien_error *err);

/* Numbers of the caller's: n x p row-major, row i an image. */
typedef struct mien_float_view {
    const float *values; /* does *not* own this memory */
    size_t n, p;
} mien_float_view;

/* They as a source, used where they are, neither copied nor changed: view and values must stay as
 * they are while anything works with it. They are to be finite, and not negative where the method
 * needs that: mien_fit_run() looks at them all, and refuses what is not (MIEN_ERR_DOMAIN). */
MIEN_API mien_source mien_float_source(const mien_float_view *view);

typedef enum mien_normalize {
    MIEN_NORMALIZE_AUTO,      /* lee-seung for grey images, unit for coloured ones, none for tables
                               * and where numbers are negative */
    MIEN_NORMALIZE_LEE_SEUNG, /* clip(0.25 + 0.25 (v - mean_i) / sd_i, 0, 1), sd with n - 1 */
    MIEN_NORMALIZE_UNIT, /* v / white: the largest value of the stored type, or the file's maxval */
    MIEN_NORMALIZE_MAX,  /* v / the image's own maximum */
    MIEN_NORMALIZE_NONE  /* v as stored */
} mien_normalize;        /* v: what is stored, or with dark ink white minus that */

/* What to do with an image of another size: refuse it by name; scale it until it covers and cut the
 * overhang; scale both sides by themselves; scale it until it fits inside and fill the rest with
 * the mean grey of its border. */
typedef enum mien_resize_mode {
    MIEN_RESIZE_REJECT,
    MIEN_RESIZE_CROP,
    MIEN_RESIZE_STRETCH,
    MIEN_RESIZE_PAD
} mien_resize_mode;

/* What the columns of a table are divided by, so that large ones do not rule: nothing, their
 * largest absolute value, or their standard deviation (with n - 1). */
typedef enum mien_scale_columns {
    MIEN_SCALE_NONE,
    MIEN_SCALE_MAX,
    MIEN_SCALE_SD
} mien_scale_columns;

/* What x measures, when the data are images: the darkness of a pixel, what a pencil would have put
 * on white paper, or its brightness, what a lamp puts on a black ground. */
typedef enum mien_ink_kind {
    MIEN_INK_AUTO,  /* grey images: light when half of their border pixels or more are within 4 % of
                     * black, else dark; colours, and what is not normalised: light */
    MIEN_INK_DARK,  /* white - v is what is normalised */
    MIEN_INK_LIGHT, /* v is */
    MIEN_INK_NONE   /* a table: v is, and it is no light */
} mien_ink_kind;

typedef struct mien_load_options {
    mien_normalize normalize;
    mien_ink_kind ink;
    bool color;              /* keep R, G, B instead of luma */
    size_t width, height;    /* 0: the size most images have */
    mien_resize_mode resize; /* of images of another size */
    unsigned threads;        /* 0: one a processor */
    bool statistics;         /* also look for duplicates and constant images (inspect) */
    bool for_model; /* new images for a model: one is enough, and refusals say what it wants */
    double white;   /* of floats, for unit and dark ink; 0: the largest of all values */
    size_t memory;  /* bytes that may be used, 0: no limit; of a mapped array beyond half of them
                     * only a part stays in memory at a time */
    const char *id, *label;    /* columns of a table, by name or number from 1; NULL: none */
    const char *const *ignore; /* n_ignore, the same, or several between commas */
    size_t n_ignore;
    mien_shape rows_are; /* what a row of a table or a 2-d array is, when it is an image; height 0:
                          * it is none */
    const char *const *label_names; /* what the labels 0, 1, .. beside an .idx file are called */
    size_t n_label_names;
    mien_scale_columns scale_columns;
    const float *column_scales; /* for_model: n_columns numbers to divide by, instead */
    size_t n_columns;           /* for_model of a table: how many it has */
    mien_progress_fn progress;
    void *user;
} mien_load_options;

typedef struct mien_image_info {
    char *path;           /* below INPUT, or as a list has it; a row's id for tables */
    size_t width, height; /* as stored, before --size */
} mien_image_info;

typedef struct mien_refusal {
    char *path;
    char *reason; /* "92x112, expected 64x64 (use --size or --fit)" */
} mien_refusal;

typedef struct mien_dataset {
    mien_pixels pixels;
    mien_shape shape; /* of every image of X; a table is 1 x p x 1 */
    bool is_table;    /* no pictures: a .csv, or a 2-d .npy */
    bool packed;      /* an array that mien_pack() wrote */
    bool reshaped;    /* rows that were said to be images */
    char *negative;   /* the first number below zero and its place; NULL: there is none */
    mien_scale_columns scale_columns;
    float *column_scales; /* p, what columns were divided by, or NULL */
    char **labels;        /* n, what a column, a list or a file says of each row; NULL: nothing */
    char *id, *label;     /* as in the options, or NULL */
    char **ignored;       /* n_ignored, the same */
    size_t n_ignored;
    char **remarks; /* n_remarks sentences about what was read, for the user */
    size_t n_remarks;
    mien_normalize normalize;       /* as decided, never AUTO */
    mien_ink_kind ink;              /* as decided, never AUTO */
    mien_normalize normalize_asked; /* of what mien_pack() wrote: as asked for, then or now */
    mien_ink_kind ink_asked;        /* the same; else AUTO */
    double black_border;            /* share of border pixels within 4 % of black; NaN: not asked */
    mien_resize_mode resize;        /* as asked for */
    mien_image_info *images;        /* n, in the order of X */
    char *names;           /* where their paths stand, owned; NULL: each path is owned itself */
    char **columns;        /* p names of a table's columns, or NULL */
    mien_refusal *refused; /* images that cannot be used */
    size_t n_refused;
    size_t n_skipped;     /* files that are no images */
    size_t n_odd_names;   /* images whose names do not end like one's */
    size_t odd_name;      /* place of the first of them in `images` */
    size_t n_results;     /* folders below INPUT that hold results of mien: left out */
    char *result;         /* the first of them, below INPUT; NULL: there is none */
    uint64_t fingerprint; /* of sizes and stored values */
    /* with statistics only: */
    struct mien_format_count {
        char name[8]; /* "PGM", "PNG" ... as told from the content */
        size_t count;
    } formats[8];
    size_t n_formats;
    struct mien_size_count {
        size_t width, height, count;
    } sizes[8];       /* most frequent first */
    size_t n_sizes;   /* how many sizes there are; the first 8 are listed */
    double min, max;  /* stored grey range over X */
    size_t *constant; /* indices of constant images */
    size_t n_constant;
    size_t (*duplicates)[2]; /* pairs (first, later) of equal images */
    size_t n_duplicates;
} mien_dataset;

/* Read INPUT: a folder of images (recursive), a list of image files, a .npy array, FILE.npz:NAME,
 * an .idx file or a table as text; the last two also packed by gzip. A table has no ink: asking for
 * one is refused (MIEN_ERR_ARG), but for a model. Returns MIEN_ERR_DATA when fewer than two images
 * are usable (for a model: none), with the reasons; MIEN_ERR_DOMAIN for an entry that is NaN or
 * infinite, with row and column; MIEN_ERR_STOPPED; MIEN_ERR_FORMAT, _IO, _NOMEM, _ARG. */
MIEN_API mien_status mien_dataset_load(const char *input, const mien_load_options *options,
                                       mien_dataset *out, mien_error *err);
MIEN_API void mien_dataset_free(mien_dataset *dataset);

/* Write a data set of pictures as one ordinary array, path (its name ends in .npy), with a list
 * beside it, path.list, of what else mien_dataset_load() would say of its INPUT: so the array in
 * place of INPUT, read by the same options, gives the same bytes, and is mapped, not read.
 *   options   it was read with; of them normalize and ink become the list's, by which the array is
 *             read where nothing else is asked for; progress and user
 *   force     replace an array that mien packed
 * Both are complete or absent. mien_pack_check() says before INPUT is read whether `path` may be
 * written, and can be; what `force` replaces is read once, for its list to be its own. MIEN_ERR_ARG
 * for another ending, for tables, and for what is not replaced; MIEN_ERR_IO; MIEN_ERR_STOPPED;
 * MIEN_ERR_NOMEM. */
MIEN_API mien_status mien_pack(const mien_dataset *dataset, const mien_load_options *options,
                               const char *path, bool force, mien_error *err);
MIEN_API mien_status mien_pack_check(const char *path, bool force, mien_error *err);

/* The data as a source that knows the shape of its pictures; a table has none. */
MIEN_API mien_source mien_dataset_source(const mien_dataset *dataset);

/* ---------------------------------------------------------------- checkpoints */

/* What a run would need to go on after its process was killed, in a file: all that the next
 * iteration depends on, the starts that were judged, fits that are whole. A run that goes on from
 * there gives the same bytes as one that was never stopped, on any number of threads. What takes no
 * time is made again. docs/checkpoints.md. */
typedef struct mien_checkpoint mien_checkpoint;

typedef struct mien_checkpoint_options {
    const char *path; /* PATH, the generation before it in PATH.old; PATH.new while it is written */
    double seconds;   /* a state is kept when so many have gone by since the last; 0: at every
                       * iteration */
    /* "name: value" lines, of what the run is: what a kept one says has to be the same.
     * mien_fit_run() itself sees to options and size of X; NULL: nothing more. */
    const char *identity;
    bool anew; /* what was kept is removed; never what is no checkpoint: MIEN_ERR_ARG */
    /* Told, in words, where a fit goes on, and once that the file cannot be written, which ends no
     * run. From any thread, from one at a time. May be NULL. */
    void (*tell)(void *user, const char *words);
    void *user;
} mien_checkpoint_options;

/* Begin, with what is kept there. MIEN_ERR_ARG, naming the line, where that is of another identity,
 * and naming the file that is none of mien's where one of the three goes;
 * MIEN_ERR_FORMAT where both generations are damaged (one that is costs a message); MIEN_ERR_IO,
 * also for a link in its place; MIEN_ERR_NOMEM. One process at a time, which is the caller's to see
 * to; ranks (mien_team_leads()) open one together, and the first of them alone has the files. */
MIEN_API mien_status mien_checkpoint_open(const mien_checkpoint_options *options,
                                          mien_checkpoint **out, mien_error *err);

/* Whether there is a generation on disk. */
MIEN_API bool mien_checkpoint_holds(mien_checkpoint *checkpoint);

/* Write what is not on disk yet. MIEN_ERR_IO, MIEN_ERR_NOMEM. */
MIEN_API mien_status mien_checkpoint_write(mien_checkpoint *checkpoint, mien_error *err);

/* The files stay, or go. */
MIEN_API void mien_checkpoint_close(mien_checkpoint *checkpoint);
MIEN_API void mien_checkpoint_remove(mien_checkpoint *checkpoint);

/* ---------------------------------------------------------------- methods */

enum mien_trait {
    MIEN_NEEDS_NONNEG = 1, /* refuses negative X */
    MIEN_SIGNED = 2,       /* weights and basis carry both signs */
    MIEN_MONOTONE = 4,     /* what is minimised never increases from one iteration to the next */
    MIEN_RANK_BOUND = 8,   /* r is at most min(n, p) */
    MIEN_USES_START = 16,  /* takes --init-from */
    MIEN_MEMBERSHIPS = 32, /* rows of W, scaled, are shares of components */
    MIEN_IMAGE_BOUND = 64, /* r is at most n */
    MIEN_CLUSTERS = 128,   /* a row of W is a single 1, a row of H the mean of its images */
    MIEN_IN_STEPS = 256,   /* steps.png and emerge.png show it */
    MIEN_ORTHONORMAL = 512 /* H H' = I, but for rows of zeros beyond the rank of the data */
};

/* One option of a method. A choice is stored as its place in `choices`. */
typedef struct mien_option {
    const char *key;     /* the word after -- on the command line */
    const char *choices; /* "kl|frobenius"; NULL for a number */
    double initial;      /* default: place of the choice, or the number */
    double min, max;     /* range of a number */
    const char *help;
} mien_option;

typedef struct mien_method_info {
    const char *name;           /* word on the command line: "nmf" */
    const char *title;          /* heading in figures: "NMF" */
    const char *motto;          /* what it does, in a few words beside it: "adds parts" */
    const char *long_title;     /* "Non-negative matrix factorization" */
    const char *citation;       /* what the file follows */
    unsigned traits;            /* of mien_trait */
    double tolerance;           /* used when the options leave it open */
    const mien_option *options; /* ends with key == NULL */
} mien_method_info;

typedef struct mien_method mien_method;

/* Whether a method takes a data set: MIEN_ERR_DOMAIN, naming the entry, when it needs numbers that
 * are not negative and there are some. */
MIEN_API mien_status mien_method_suits(const mien_method *method, const mien_dataset *dataset,
                                       mien_error *err);

MIEN_API size_t mien_method_count(void);
MIEN_API const mien_method *mien_method_at(size_t index);       /* in the order of the figure */
MIEN_API const mien_method *mien_method_find(const char *name); /* NULL when there is none */
MIEN_API const mien_method_info *mien_method_describe(const mien_method *method);

enum { MIEN_OPTION_VALUES = 16 };

/* Made by mien_options_default() alone, then changed field by field: a later version has more
 * fields. What is made otherwise is refused (MIEN_ERR_ARG). */
typedef struct mien_options {
    unsigned made; /* by mien_options_default(), which sets it */
    size_t r;
    size_t iterations; /* at most so many */
    double tolerance;  /* negative: the method's own */
    size_t restarts;   /* starts, the best is kept; seeds are seed, seed + 1, ...; 0: ten on small
                        * data (n p r up to five million), far apart, else one */
    uint64_t seed;
    unsigned threads; /* 0: one a processor */
    struct mien_option_value {
        const char *key; /* points into a method's options */
        double value;
    } values[MIEN_OPTION_VALUES];
    size_t n_values;
    size_t levels;   /* of pictures: fits begin with ones reduced by 2^(levels - 1), and go on to
                      * whole ones, whose iterations are those of `iterations`; 1: whole ones
                      * alone; 0: as many as pay, which may be one */
    bool no_weights; /* weights are not kept, and no memory grows with n: the basis is learned from
                      * a sample, then every image passes by once (mien_fit_run) */
    const float *start_W; /* n x r and r x p, both or none; do *not* belong to the options */
    const float *start_H;
    const char *weights_file; /* of ranks that share a fit alone (mien_team_shared()): the .npy that
                               * all of them write their rows of its W into, in place, where the
                               * first one says; its folder is made, if it is missing. After a
                               * failure it may be there. NULL, in all: W comes to all of them,
                               * in memory */
    bool snapshots;           /* keep the basis along the iterations; direct methods have none */
    mien_checkpoint *checkpoint; /* where the fit is kept and goes on from; NULL: nowhere */
    const char *checkpoint_as;   /* what it is called there; NULL: by its method */
    mien_progress_fn progress;
    mien_view_fn view;
    void *viewer; /* what view is handed */
    void *user;
} mien_options;

/* r = 49, 500 iterations, starts by the size of the data, seed 0, all processors, every option of a
 * method at its default. */
MIEN_API mien_options mien_options_default(void);

/* r for n images of p pixels when nobody says one: 49 where both are 196 or more, else the largest
 * square up to a quarter of the smaller, at least 2 (1 where one is 1). */
MIEN_API size_t mien_components_default(size_t n, size_t p);

/* The largest r that a method can have on n images of p pixels. */
MIEN_API size_t mien_components_max(const mien_method *method, size_t n, size_t p);

/* *out <- the options that decide what a fit is, as "name: value" lines, for an identity; of one
 * method, or of all (NULL). Goes back through mien_string_free(). MIEN_ERR_NOMEM. */
MIEN_API mien_status mien_options_words(const mien_options *options, const mien_method *method,
                                        char **out, mien_error *err);
MIEN_API void mien_string_free(char *text); /* what functions give as text; NULL is fine */

/* Set a method's option by its words, as the command line does: ("objective", "frobenius").
 * MIEN_ERR_ARG when no method has such an option or the value is not one of its values. */
MIEN_API mien_status mien_options_set(mien_options *options, const char *key, const char *value,
                                      mien_error *err);

/* The same options without those of other methods, which mien_fit_run() refuses: for one set of
 * options that serves several methods. */
MIEN_API mien_options mien_options_for(const mien_options *options, const mien_method *method);

/* Whether the options are the method's own, in their ranges, and go together. MIEN_ERR_ARG. */
MIEN_API mien_status mien_options_check(const mien_options *options, const mien_method *method,
                                        mien_error *err);

/* The value in force for an option. */
MIEN_API double mien_options_get(const mien_options *options, const mien_option *option);

/* The same of an option with choices, as a word. Returns `word`. */
enum { MIEN_OPTION_WORD = 32 };
MIEN_API const char *mien_option_word(const mien_options *options, const mien_option *option,
                                      char word[MIEN_OPTION_WORD]);

typedef struct mien_trace {
    size_t iteration; /* counted on from level to level */
    double seconds;   /* since the fit began */
    double loss;      /* and the penalty, if there is one; of reduced pictures where level > 1 */
    size_t level;     /* 1: X; 2, 3: every second, fourth pixel, ... These come first */
} mien_trace;

typedef enum mien_stop {
    MIEN_STOP_CONVERGED,   /* the tolerance was met, or the method is direct */
    MIEN_STOP_ITERATIONS,  /* the allowed iterations are used up */
    MIEN_STOP_INTERRUPTED, /* the progress callback asked for it */
    MIEN_STOP_STALLED /* no step lowers the loss as float32 tells it, though it still fell by more
                       * than the method's tolerance just before */
} mien_stop;

/* How a number is spread over n images. Quartiles interpolate linearly between the sorted values
 * (type 7 of Hyndman & Fan 1996, NumPy's default). */
typedef struct mien_quantiles {
    size_t n; /* 0: unknown, and so is the rest */
    double min, lower_quartile, median, upper_quartile, max;
    double p95; /* 95th percentile; NaN: not told, by models of earlier versions */
    double mad; /* median of |value - median| */
} mien_quantiles;

/* The basis along the iterations of the start that was kept, in 8 bits, in the fit's final order
 * and signs; the last is the fit's own basis. */
typedef struct mien_snapshots {
    size_t count;      /* 0: none were asked for */
    size_t *iteration; /* count: 1, 2, 3, 5, 8, 13, ... and the last one, as in the trace; those of
                        * coarser levels are enlarged */
    uint8_t *values;   /* count x r x p: 0 to 255, or with both signs 128 + (-127 to 127) */
    float *scale;      /* count x r: the value that 255, or the magnitude that 127 stands for */
    bool is_signed;
} mien_snapshots;

typedef struct mien_fit {
    const mien_method *method;
    size_t n, p, r;
    float *W; /* n x r; NULL: the weights were not kept (options.no_weights), or the first of
               * several ranks has them (options.weights_file) */
    struct mien_mapping *W_file; /* the file that W is mapped from, read only, and which stands
                                  * there as long as its owner lets it; NULL: W is in memory */
    float *H;                    /* r x p */
    float *mu;                   /* p, or NULL when the method did not centre */
    const char *loss_name;
    double loss;                 /* of the returned W and H, in double */
    double penalty;              /* what else was minimised, 0 for most methods; see
                                  * mien_fit_objective() */
    double relative_error;       /* ||X - 1 mu' - W H||_F / ||X||_F */
    double explained_variance;   /* 1 - ||X - 1 mu' - W H||_F^2 / ||X - 1 mean'||_F^2 */
    double sparseness;           /* Hoyer 2004, mean over basis images, 0 flat .. 1 one pixel */
    double weights_sparseness;   /* the same over the images' weights */
    mien_quantiles image_errors; /* of ||x - mu - w H|| / ||x|| over images; see mien_encoding */
    mien_quantiles held_out;     /* the same of images (at most 400) by a basis that has not seen
                                  * them: what unseen images are measured by; see mien_fit_calibrate */
    size_t iterations;           /* of level 1 */
    mien_stop stop;
    double seconds;
    uint64_t seed;     /* of the start that was kept */
    mien_trace *trace; /* n_trace rows, of the start that was kept */
    size_t n_trace;
    mien_snapshots snapshots;
    char note[256]; /* what the reader should know, e.g. which components died; may be "" */
} mien_fit;

/* Whether mien_fit_run() would take these options for n images of p pixels: MIEN_ERR_ARG or _SHAPE
 * where not. */
MIEN_API mien_status mien_fit_check(const mien_method *method, size_t n, size_t p,
                                    const mien_options *options, mien_error *err);

/* Run a method on X.
 *   X        n x p, n >= 1, finite; non-negative where the method needs it
 *   options  r from 1 to max(n, p), min(n, p) for MIEN_RANK_BOUND methods, n for MIEN_IMAGE_BOUND
 *            ones; no option of another method; else MIEN_ERR_ARG
 *            with no_weights: NMF, solver minibatch, and no start that is given; else MIEN_ERR_ARG.
 *            W is NULL then; loss, errors and explained variance are those of the final basis with
 *            the best weights for it, on an eighth of the images by lot (the loss multiplied up to
 *            all), or on all where these are few: fit.note says of how many. The trace is of a
 *            sample, multiplied up, and its last row of that. n is bounded by size_t alone
 * Components come back in canonical order, scale and sign. Same seed, options and machine type:
 * the same bytes, whatever the number of threads. Not converging is a result (`stop`), no error.
 * Errors: MIEN_ERR_ARG, _SHAPE, _DOMAIN, _NOMEM, _NUMERIC. */
MIEN_API mien_status mien_fit_run(const mien_method *method, const mien_source *X,
                                  const mien_options *options, mien_fit *out, mien_error *err);
MIEN_API void mien_fit_free(mien_fit *fit);

/* Measure fit->held_out where it is unknown: mien_fit_run() leaves it so when it would take fits of
 * its own (NMF; PCA, ICA and k-means have closed forms). Three fits of a quarter of the iterations,
 * without a third of the images each (of at most 400 in all), take about as long as `fit` did.
 *   fit, X    a fit, which may be a loaded one, and the images it was made from
 *   options   as for mien_fit_run()
 * held_out stays unknown, and MIEN_OK is returned, for a single image, where r is too large for
 * fewer images, and when progress asks for an end. MIEN_ERR_SHAPE when X is of another size, and
 * errors as of mien_fit_run(). */
MIEN_API mien_status mien_fit_calibrate(mien_fit *fit, const mien_options *options,
                                        const mien_source *X, mien_error *err);

/* What was minimised: loss + penalty. The trace holds it, and starts are compared by it,
 * everywhere.
 */
MIEN_API double mien_fit_objective(const mien_fit *fit);

/* Image i as the model sees it: out = mu + W[i,:] H, p floats. */
MIEN_API void mien_fit_reconstruct(const mien_fit *fit, size_t i, float *out);

/* ---------------------------------------------------------------- new images */

/* New images on a learned basis. */
typedef struct mien_encoding {
    mien_fit fit;   /* W of the new images; H and mu are copies of the model's; scores and trace are
                     * of the new images, iterations are rounds of descent, stop is CONVERGED when
                     * every image met the method's measure */
    double *losses; /* n, what the method minimises, an image each; their sum is fit.loss */
    double *errors; /* n, ||x - mu - w H|| / ||x||; for x = 0: 0 when rebuilt, else infinite */
} mien_encoding;

/* Weights of new images on a fixed basis.
 *   model    a fit; its W is looked at under L1 penalties alone, for the norms they hold to
 *   options  those the model was learned with (what is minimised); threads and progress are today's
 *   X        n x p, n >= 1, finite; non-negative where the method needs it
 * NMF: the same loss and penalty under w >= 0, a convex problem, descended to where its optimum is
 * near (nmf_encode.c), so that training images get the weights they had; except under a constraint
 * on the sparseness of weights, which single images do not have (fit.note says so). k-means: the
 * nearest centroid, the first of equals. PCA and ICA: projection. Same bytes for any number of
 * threads; other images move an image's weights by rounding alone. Errors: MIEN_ERR_SHAPE when p
 * differs, MIEN_ERR_DOMAIN, _NOMEM, _NUMERIC. */
MIEN_API mien_status mien_fit_encode(const mien_fit *model, const mien_options *options,
                                     const mien_source *X, mien_encoding *out, mien_error *err);
MIEN_API void mien_encoding_free(mien_encoding *encoding);

/* ---------------------------------------------------------------- the process */

/* For a program that uses BLAS through mien alone, before any other call: OpenBLAS's number of
 * threads is 1 from then on, since mien has threads of its own. */
MIEN_API void mien_blas_alone(void);

/* Take the buffers that OpenBLAS needs for so many threads of mien (0: one a processor): 128 MB of
 * address space each, hardly any of it memory. OpenBLAS takes one when more threads multiply at a
 * time than ever before, keeps it until the process ends, and asks for ever when the system refuses
 * (a limit on address space or data). So a program under such a limit calls this first: it tries
 * whether there is room, and lets so many threads multiply at a time. Not while a fit runs.
 * MIEN_ERR_NOMEM when there is no room, naming how many threads there is room for. */
MIEN_API mien_status mien_blas_reserve(unsigned threads, mien_error *err);

/* Bytes of memory that this process may use: the least of the machine's, of the limits on address
 * space and data (setrlimit), and of those of its control groups, versions 1 and 2, from its own up
 * to the root. */
MIEN_API size_t mien_memory_allowed(void);

/* For a program, before any other call: blocks of a megabyte and more that would be more than half
 * of `most` bytes together become files without a name in the folder `cache`, which go when the
 * process ends, and are read and written by the system as they are touched. most = 0: none do.
 * MIEN_ERR_IO when the folder is none, or may not be written. */
MIEN_API mien_status mien_memory_limit(size_t most, const char *cache, mien_error *err);

/* Bytes that stood in such files, at most so far. problem: NULL, or `size` bytes for the folder and
 * why the last of them that was not to be had was not, "" when all were. */
MIEN_API size_t mien_memory_spilled(char *problem, size_t size);

/* So many tiles were finished and pieces written so far by all threads: for a watcher, or a handler
 * of signals, that wants to know whether anything moves. It only grows, and may come round. */
MIEN_API unsigned long mien_pulse(void);

/* "PATH: reason" of a read of a mapped file that failed, "?" for control characters; NULL: none
 * did, or its thread could read on. What cannot be had where it is mapped either ends the process
 * by SIGBUS: a handler of that may call this. */
MIEN_API const char *mien_read_failure(void);

/* Ranks are processes that share the work of a fit: the program mien-mpi, under mpirun. All of them
 * make the same calls with the same words, and get the same results; the first alone writes and
 * tells. Every other program is a rank by itself, and these do nothing there.
 *   leads   whether this is the first rank
 *   leave   what this thread calls is from now on its own matter (true), or not any more; returns
 *           what was before
 *   worst   the largest of the numbers, none below 0, that all ranks call it with
 *   shared  whether there are others
 *   here    how many of them, this one included, are processes of this machine */
MIEN_API bool mien_team_leads(void);
MIEN_API bool mien_team_leave(bool alone);
MIEN_API int mien_team_worst(int status);
MIEN_API bool mien_team_shared(void);
MIEN_API unsigned mien_team_here(void);

/* How many threads can share a pass over n images of p pixels for r components; *wanted: how many
 * could, if the sums of the basis' size that they hold had all the memory they ask for. */
MIEN_API size_t mien_pass_threads(size_t n, size_t p, size_t r, size_t *wanted);

#ifdef __cplusplus
}
#endif

#endif
