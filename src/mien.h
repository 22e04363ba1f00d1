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
 * fail returns a mien_status; functions that can name the culprit also take a mien_error. An
 * output parameter is written only on success. What a function returns through `out` belongs to
 * the caller and goes back through the matching _free, which takes NULL or a zeroed struct.
 * Apart from mien_set_allocator (tests only), mien_blas_alone and mien_pulse no global state
 * outlives a call: while fits run, and no longer, OpenBLAS is held to one thread and a few large
 * pages are kept for the next of them. Two threads may work with different objects at the same
 * time. */
#ifndef MIEN_H
#define MIEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MIEN_VERSION "0.1.0"

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
    MIEN_ERR_DATA     /* the input holds nothing that can be used */
} mien_status;

/* One sentence for a status; never NULL. */
const char *mien_strerror(mien_status status);

/* What went wrong, in words: names the thing, the reason and the remedy, without "Error:". */
typedef struct mien_error {
    mien_status status;
    char message[512];
} mien_error;

/* Memory functions of the library, for tests that let allocations fail. NULL, NULL restores
 * malloc and free. Not to be called while anything allocated is alive. */
void mien_set_allocator(void *(*malloc_fn)(size_t), void (*free_fn)(void *));

/* For a program that uses BLAS through mien alone, before any other call: OpenBLAS's number of
 * threads is 1 from then on, since mien has threads of its own. */
void mien_blas_alone(void);

/* Take the buffers that OpenBLAS needs for so many threads of mien (0: one a processor): 128 MB of
 * address space each, hardly any of it memory. OpenBLAS takes one when more threads multiply at a
 * time than ever before, keeps it until the process ends, and asks for ever when the system refuses
 * (a limit on address space or data). So a program under such a limit calls this first: it tries
 * whether there is room, and lets so many threads multiply at a time. Not while a fit runs.
 * MIEN_ERR_NOMEM when there is no room, naming how many threads there is room for. */
mien_status mien_blas_reserve(unsigned threads, mien_error *err);

/* ---------------------------------------------------------------- progress */

typedef struct mien_progress {
    const char *stage; /* what is being done: "reading", a method's name */
    size_t done;       /* units finished */
    size_t total;      /* units in all */
    double loss;       /* current loss, NaN where there is none */
    size_t run, runs;  /* at work on run 1 .. runs of so many starts; 0, 0: there is one */
} mien_progress;

/* So many tiles were finished and pieces written so far by all threads: for a watcher, or a handler
 * of signals, that wants to know whether anything moves. It only grows, and may come round. */
unsigned long mien_pulse(void);

/* Called now and then from the thread that called the library. Returns false to ask for a stop:
 * iterations then end early with a whole result, reading ends with MIEN_ERR_ARG. Arithmetic within
 * it may count denormal floats as zero. May be NULL. */
typedef bool (*mien_progress_fn)(void *user, const mien_progress *now);

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
    void *values;  /* n x p of type, owned */
    float *gain;   /* n, owned, or NULL for 1 */
    float *center; /* n, owned; present exactly when gain is */
    float *offset; /* n, owned; present exactly when gain is */
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
} mien_source;

mien_source mien_pixels_source(const mien_pixels *pixels);
void mien_pixels_free(mien_pixels *pixels);

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
typedef enum mien_fit_mode {
    MIEN_FIT_REJECT,
    MIEN_FIT_CROP,
    MIEN_FIT_STRETCH,
    MIEN_FIT_PAD
} mien_fit_mode;

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
    bool color;           /* keep R, G, B instead of luma */
    size_t width, height; /* 0: the size most images have */
    mien_fit_mode fit;    /* for images of another size */
    unsigned threads;     /* 0: one a processor */
    bool survey;          /* also look for duplicates and constant images (inspect) */
    bool for_model; /* new images for a model: one is enough, and refusals say what it wants */
    double white;   /* of floats, for unit and dark ink; 0: the largest of all values */
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
    mien_normalize normalize; /* as decided, never AUTO */
    mien_ink_kind ink;        /* as decided, never AUTO */
    double black_border;      /* share of border pixels within 4 % of black; NaN: not asked */
    mien_fit_mode fit;        /* as asked for */
    mien_image_info *images;  /* n, in the order of X */
    char **columns;           /* p names of a table's columns, or NULL */
    mien_refusal *refused;    /* images that cannot be used */
    size_t n_refused;
    size_t n_skipped;     /* files that are no images */
    size_t n_odd_names;   /* images whose names do not end like one's */
    size_t odd_name;      /* place of the first of them in `images` */
    size_t n_results;     /* folders below INPUT that hold results of mien: left out */
    char *result;         /* the first of them, below INPUT; NULL: there is none */
    uint64_t fingerprint; /* of sizes and stored values */
    /* survey only: */
    struct mien_format_count {
        char name[8]; /* "PGM", "PNG" ... as told from the content */
        size_t count;
    } formats[8];
    size_t n_formats;
    struct mien_size_count {
        size_t width, height, count;
    } sizes[8];             /* most frequent first */
    size_t n_sizes;         /* how many sizes there are; the first 8 are listed */
    double least, greatest; /* stored grey range over X */
    size_t *constant;       /* indices of constant images */
    size_t n_constant;
    size_t (*duplicates)[2]; /* pairs (first, later) of equal images */
    size_t n_duplicates;
} mien_dataset;

/* Read INPUT: a folder of images (recursive), a list of image files, a .npy array, FILE.npz:NAME,
 * an .idx file or a table as text; the last two also packed by gzip. A table has no ink: asking for
 * one is refused (MIEN_ERR_ARG), but for a model. Returns MIEN_ERR_DATA when fewer than two images
 * are usable (for a model: none), with the reasons; MIEN_ERR_DOMAIN for an entry that is NaN or
 * infinite, with row and column; MIEN_ERR_FORMAT, _IO, _NOMEM, _ARG. */
mien_status mien_dataset_load(const char *input, const mien_load_options *options,
                              mien_dataset *out, mien_error *err);
void mien_dataset_free(mien_dataset *dataset);

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

/* One knob of a method. A choice is stored as its place in `choices`. */
typedef struct mien_param {
    const char *key;     /* the word after -- on the command line */
    const char *choices; /* "kl|frobenius"; NULL for a number */
    double initial;      /* default: place of the choice, or the number */
    double least, most;  /* range of a number */
    const char *help;
} mien_param;

typedef struct mien_method_info {
    const char *name;         /* word on the command line: "nmf" */
    const char *title;        /* heading in figures: "NMF" */
    const char *motto;        /* what it does, in a few words beside it: "adds parts" */
    const char *long_title;   /* "Non-negative matrix factorization" */
    const char *citation;     /* what the file follows */
    unsigned traits;          /* of mien_trait */
    double tolerance;         /* used when the options leave it open */
    const mien_param *params; /* ends with key == NULL */
} mien_method_info;

typedef struct mien_method mien_method;

/* Whether a method takes a data set: MIEN_ERR_DOMAIN, naming the entry, when it needs numbers that
 * are not negative and there are some. */
mien_status mien_method_suits(const mien_method *method, const mien_dataset *dataset,
                              mien_error *err);

size_t mien_method_count(void);
const mien_method *mien_method_at(size_t index);       /* in the order of the figure */
const mien_method *mien_method_find(const char *name); /* NULL when there is none */
const mien_method_info *mien_method_describe(const mien_method *method);

enum { MIEN_MAX_SETTINGS = 16 };

typedef struct mien_options {
    size_t r;
    size_t iterations; /* at most so many */
    double tolerance;  /* negative: the method's own */
    size_t restarts;   /* starts, the best is kept; seeds are seed, seed + 1, ...; 0: ten on small
                        * data (n p r up to five million), far apart, else one */
    uint64_t seed;
    unsigned threads; /* 0: one a processor */
    struct mien_setting {
        const char *key; /* points into a method's params */
        double value;
    } settings[MIEN_MAX_SETTINGS];
    size_t n_settings;
    const float *start_W; /* n x r and r x p, both or none; do *not* belong to the options */
    const float *start_H;
    bool snapshots; /* keep the basis along the iterations; direct methods have none */
    mien_progress_fn progress;
    void *user;
} mien_options;

/* r = 49, 500 iterations, starts by the size of the data, seed 0, all processors, every knob at its
 * default. */
mien_options mien_options_default(void);

/* r for n images of p pixels when nobody says one: 49 where both are 196 or more, else the largest
 * square up to a quarter of the smaller, at least 2 (1 where one is 1). */
size_t mien_components_default(size_t n, size_t p);

/* The largest r that a method can have on n images of p pixels. */
size_t mien_components_most(const mien_method *method, size_t n, size_t p);

/* Set a method's knob by its words, as the command line does: ("objective", "frobenius").
 * MIEN_ERR_ARG when no method has such a knob or the value is not one of its values. */
mien_status mien_options_set(mien_options *options, const char *key, const char *value,
                             mien_error *err);

/* Whether the knobs fit together, for one method. MIEN_ERR_ARG. */
mien_status mien_options_check(const mien_options *options, const mien_method *method,
                               mien_error *err);

/* The value in force for a knob. */
double mien_options_get(const mien_options *options, const mien_param *param);

typedef struct mien_trace {
    size_t iteration;
    double seconds; /* since the fit began */
    double loss;    /* and the penalty, if there is one */
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
typedef struct mien_spread {
    size_t n; /* 0: unknown, and so is the rest */
    double least, lower_quartile, median, upper_quartile, greatest;
    double p95; /* 95th percentile; NaN: not told, by models of earlier versions */
    double mad; /* median of |value - median| */
} mien_spread;

/* The basis along the iterations of the start that was kept, in 8 bits, in the fit's final order
 * and signs; the last is the fit's own basis. */
typedef struct mien_snapshots {
    size_t count;      /* 0: none were asked for */
    size_t *iteration; /* count: 1, 2, 3, 5, 8, 13, ... and the last one */
    uint8_t *values;   /* count x r x p: 0 to 255, or with both signs 128 + (-127 to 127) */
    float *scale;      /* count x r: the value that 255, or the magnitude that 127 stands for */
    bool is_signed;
} mien_snapshots;

typedef struct mien_fit {
    const mien_method *method;
    size_t n, p, r;
    float *W;  /* n x r */
    float *H;  /* r x p */
    float *mu; /* p, or NULL when the method did not centre */
    const char *loss_name;
    double loss;               /* of the returned W and H, in double */
    double penalty;            /* what else was minimised, 0 for most methods; see
                                * mien_fit_objective() */
    double relative_error;     /* ||X - 1 mu' - W H||_F / ||X||_F */
    double explained_variance; /* 1 - ||X - 1 mu' - W H||_F^2 / ||X - 1 mean'||_F^2 */
    double sparseness;         /* Hoyer 2004, mean over basis images, 0 flat .. 1 one pixel */
    double weights_sparseness; /* the same over the images' weights */
    mien_spread image_errors;  /* of ||x - mu - w H|| / ||x|| over the images; see mien_encoding */
    mien_spread held_out;      /* the same of images (at most 400) by a basis that has not seen
                                * them: what unseen images are measured by; see mien_fit_calibrate */
    size_t iterations;
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
mien_status mien_fit_check(const mien_method *method, size_t n, size_t p,
                           const mien_options *options, mien_error *err);

/* Run a method on X.
 *   X        n x p, n >= 1, finite; non-negative where the method needs it
 *   options  r from 1 to max(n, p), min(n, p) for MIEN_RANK_BOUND methods, n for MIEN_IMAGE_BOUND
 *            ones, else MIEN_ERR_ARG
 * Components come back in canonical order, scale and sign. Same seed, options and machine type:
 * the same bytes, whatever the number of threads. Not converging is a result (`stop`), no error.
 * Errors: MIEN_ERR_ARG, _SHAPE, _DOMAIN, _NOMEM, _NUMERIC. */
mien_status mien_fit_run(const mien_method *method, const mien_source *X,
                         const mien_options *options, mien_fit *out, mien_error *err);
void mien_fit_free(mien_fit *fit);

/* Measure fit->held_out where it is unknown: mien_fit_run() leaves it so when it would take fits of
 * its own (NMF; PCA, ICA and k-means have closed forms). Three fits of a quarter of the iterations,
 * without a third of the images each (of at most 400 in all), take about as long as `fit` did.
 *   fit, X    a fit, which may be a loaded one, and the images it was made from
 *   options   as for mien_fit_run()
 * held_out stays unknown, and MIEN_OK is returned, for a single image, where r is too large for
 * fewer images, and when progress asks for an end. MIEN_ERR_SHAPE when X is of another size, and
 * errors as of mien_fit_run(). */
mien_status mien_fit_calibrate(mien_fit *fit, const mien_options *options, const mien_source *X,
                               mien_error *err);

/* What was minimised: loss + penalty. The trace holds it, and starts are compared by it,
 * everywhere.
 */
double mien_fit_objective(const mien_fit *fit);

/* Image i as the model sees it: out = mu + W[i,:] H, p floats. */
void mien_fit_reconstruct(const mien_fit *fit, size_t i, float *out);

/* ---------------------------------------------------------------- parts or wholes */

/* How much like parts the components of a fit are. Components that are zero everywhere do not
 * count; the mean image of a method that centres is left out of all scores. */
typedef struct mien_parts {
    double sparseness, weights_sparseness; /* as in the fit */
    /* 1 - spread / spread of a uniform image of that shape, mean over basis images. The spread is
     * the root mean square distance of |H[k,:]| from its centre of mass. 1: a single pixel; 0: as
     * wide as the picture; below 0: along its rim. NaN for images one pixel high (tables). */
    double localisation;
    /* Cosine between two absolute basis images, mean over all pairs. 0: no pixel is shared; 1: all
     * are alike. NaN when there is no pair. */
    double overlap;
    /* sum (sum_k |w h| - |sum_k w h|) / sum sum_k |w h| over all entries of W H: the share of what
     * the components bring that they take away from each other. 0 where nothing is negative. */
    double cancellation;
} mien_parts;

/* Measure a fit to images of `shape`; threads as in mien_options. One pass over the images, without
 * an n x p copy of them. The same bytes for any number of threads. MIEN_ERR_SHAPE when `shape` is
 * not that of p values, MIEN_ERR_NOMEM. */
mien_status mien_parts_measure(const mien_fit *fit, mien_shape shape, unsigned threads,
                               mien_parts *out, mien_error *err);

/* ---------------------------------------------------------------- uniqueness */

/* Whether the factors of W H are the only ones, part by part. A statement about W H, not about the
 * data, and about its neighbourhood: a second factorisation far away is not excluded. */
typedef enum mien_uniqueness {
    MIEN_UNIQUE_NOT_KNOWN,
    MIEN_UNIQUE_PROVEN, /* to first order no factorisation of W H near this one has another part, or
                         * other weights of it, but for scale */
    MIEN_UNIQUE_FREE /* another part added to it, or taken from it, gives another factorisation */
} mien_uniqueness;

enum { MIEN_UNIQUENESSES = 3 };

/* "not known", "proven", "free". */
const char *mien_uniqueness_name(mien_uniqueness uniqueness);

/* A part is free when one move turns it to a cosine below this. */
#define MIEN_FREE_COSINE (1 - 1e-6)

/* Weights, or parts, have full rank when the smallest singular value is this share of the largest,
 * the columns of W (the rows of H) having length 1. Faces: 0.03 to 0.1. Swimmers with their 16
 * limbs, whose weights have rank 13: 1e-8 to 3e-6. */
#define MIEN_RANK_LEAST 1e-3

/* Seconds after which what is not proven is "not known". */
#define MIEN_CERTIFICATE_SECONDS 10

typedef struct mien_part_certificate {
    mien_uniqueness unique;
    size_t by;     /* the part that turns it the farthest, and */
    double cosine; /* of the part with what it is turned into; 1 where no single part turns it */
} mien_part_certificate;

typedef struct mien_certificate {
    size_t r;
    mien_part_certificate *parts; /* r */
    size_t counts[MIEN_UNIQUENESSES];
    size_t rank_weights, rank_basis; /* by MIEN_RANK_LEAST */
    const char *reason;              /* why parts are not known, a constant; NULL: there are none */
    double seconds;
} mien_certificate;

/* Can the parts of a fit be turned into others without changing W H?
 *   seconds   after so many nothing more is proven
 *   progress  may be NULL; what is not proven when it asks for an end is "not known"
 * Only exact zeros count: they alone hold a part. Of methods that do not factorise into what is not
 * negative nothing is known. MIEN_OK or MIEN_ERR_NOMEM. Donoho & Stodden 2003; Gillis & Rajko,
 * "Partial identifiability for nonnegative matrix factorization" (2023); Krone & Kubjas, SIMAX 42
 * (2021). */
mien_status mien_certificate_make(const mien_fit *fit, double seconds, mien_progress_fn progress,
                                  void *user, mien_certificate *out, mien_error *err);
void mien_certificate_free(mien_certificate *certificate);

/* ---------------------------------------------------------------- stability */

/* How often two images have the same dominant component, over several runs (Brunet et al., PNAS
 * 101, 2004). Image i's dominant component has the largest W[i,k] sum_j H[k,j] (absolute values
 * for signed methods); an image that no component explains shares with no other. */
typedef struct mien_consensus {
    size_t n;       /* images compared: all, or MIEN_CONSENSUS_MAX spread evenly over X */
    size_t *images; /* n, their places in X, ascending; owned */
    size_t runs;
    unsigned count_nbytes; /* 1, 2 or 4: the smallest type that counts to `runs` */
    void *counts;          /* n x n, symmetric; owned. Read with mien_consensus_share() */
    size_t *order;         /* n, places in `images` as the leaves of the tree; owned */
    double cophenetic;     /* Pearson correlation of 1 - C with the heights at which average linkage
                            * joins two images (Brunet 2004); NaN where it is undefined */
    double dispersion;     /* 4 mean (C - 1/2)^2 (Kim & Park, Bioinformatics 23, 2007); NaN too */
    const char *undefined; /* why they are NaN; NULL when they are not */
} mien_consensus;

enum { MIEN_CONSENSUS_MAX = 4000 };

/* The share of runs, 0 to 1, in which images a and b, both below n, go together. */
double mien_consensus_share(const mien_consensus *consensus, size_t a, size_t b);

/* What the runs show. That they agree is no proof that the answer is unique: mien_certificate. */
typedef enum mien_verdict {
    MIEN_VERDICT_STABLE,   /* found again: median >= 0.9, and four of five other runs find it */
    MIEN_VERDICT_DRIFTS,   /* neither found again nor absent */
    MIEN_VERDICT_ABSENT,   /* fewer than half of the other runs find it */
    MIEN_VERDICT_COPY,     /* the same part as another component of the best run, judged there */
    MIEN_VERDICT_UNDEFINED /* fewer than MIEN_LEAST_RUNS are judged, or it is zero everywhere */
} mien_verdict;

enum { MIEN_VERDICTS = 5 };

/* So many runs have to be judged, the best one among them, before there is any verdict. */
enum { MIEN_LEAST_RUNS = 5 };

/* The thresholds of the verdicts. A run finds a component when its twin has a cosine of 0.8 or more
 * and is at most half as far (1 - cosine) as the nearest other part of the best run: the centroids
 * of k-means on faces all have cosines of 0.95 with each other, which is no twin yet. The worst
 * twin has no say in the verdict: the more runs, the worse it is.
 * Two components of the best run are one part when their cosine is above 0.95 and still is when
 * what all components have in common, the direction of their mean, is taken out of both: centroids
 * of faces are not copies of each other. Components of signed methods are never copies: they are
 * orthogonal or uncorrelated by construction. */
#define MIEN_STABLE_MEDIAN 0.9
#define MIEN_STABLE_FOUND  0.8 /* share of the other runs */
#define MIEN_FOUND_COSINE  0.8
#define MIEN_ABSENT_FOUND  0.5
#define MIEN_COPY_COSINE   0.95

/* A run whose objective is above the least by more than a tenth of it, and by more than a
 * thousandth of what is lost when every image is replaced by the mean image, did not arrive: it
 * ended in a local minimum, a worse answer, and has no part in what is judged. The second measure
 * is for losses near 0, which are not far apart when one is ten times the other. */
#define MIEN_WORSE_ABOVE_LEAST 0.1
#define MIEN_WORSE_OF_MEAN     0.001

/* For programs: "stable", "drifts", "absent", "copy", "undefined". */
const char *mien_verdict_name(mien_verdict verdict);

/* A component of the best run, beside its twins in the other runs that are judged. NaN where there
 * is none. A copy's twins are what the part's own component leaves: its numbers tell whether other
 * runs have the part twice as well. */
typedef struct mien_component {
    double median, worst; /* cosine with its twins */
    double found;         /* share of the other judged runs that find it */
    double neighbour;     /* largest cosine with another part of the best run; 0 when it is alone */
    double needed;        /* a run finds it when its twin has this cosine */
    size_t same_as;       /* the first component that is the same part; its own number if none */
    mien_verdict verdict;
} mien_component;

typedef struct mien_outcome {
    uint64_t seed;
    double loss;
    double objective; /* loss + penalty: runs are compared by it */
    double first; /* the objective that its trace begins with; starts that differ differ in it */
    size_t iterations;
    mien_stop stop;
    bool worse;     /* a local minimum above the least */
    size_t same_as; /* the first run with that start and basis, byte for byte; its own number if
                     * there is none */
    bool judged;    /* neither worse nor the same as a run before it */
} mien_outcome;

typedef struct mien_stability {
    const mien_method *method;
    size_t n, p, r;
    size_t asked, runs;     /* runs asked for, and those that were finished */
    size_t judged;          /* those of them that arrived, each start once */
    size_t worse, repeated; /* the others: local minima, and runs that are another's repetition */
    double mean_loss;       /* the loss of the mean image in every image's place */
    bool random_start;      /* false: the method has none, all runs are the same */
    bool identical;         /* several runs, and all are repetitions of the first */
    mien_fit best;          /* the run of least objective, whole */
    size_t best_run;        /* its place among the runs */
    mien_outcome *outcomes; /* runs */
    float *basis;           /* runs x r x p, every run's H */
    size_t *twins;          /* runs x r: run a's component that goes with the best run's k */
    double *similarity;     /* runs x r: their cosine (absolute for signed methods) */
    mien_component *components; /* r */
    size_t verdicts[MIEN_VERDICTS];
    double mean_similarity; /* over components and other judged runs; NaN when there is none */
    float *spread; /* r x p: standard deviation over judged runs of component k, of maximum 1 in
                    * each run; NULL when one is judged */
    mien_consensus consensus;     /* of the judged runs */
    mien_certificate certificate; /* of the best run */
    double seconds;
    bool interrupted; /* asked to end before all runs were finished */
} mien_stability;

/* Run a method from many starts and compare what they found: is the answer unique?
 *   options  as for mien_fit_run(); restarts is the number of runs, 0 for 20; run a has the seed
 *            seed + a and is the same, byte for byte, as a run of its own with restarts = 1.
 * Runs go side by side, as many as have up to 64 million values together, and larger data is
 * learned by all threads one run after another; the results do not depend on that. When progress
 * asks for an end, the runs that are finished are kept; if there is none, the best of those that
 * are not. One run is allowed: what needs two is NaN then. A start of the options' own is refused,
 * as it is the same every time. Errors: as mien_fit_run(). */
mien_status mien_stability_run(const mien_method *method, const mien_source *X,
                               const mien_options *options, mien_stability *out, mien_error *err);
void mien_stability_free(mien_stability *stability);

/* What a study is told in, for people; room for 512 bytes. Why there are no verdicts and what to do
 * ("" where there are); and what the certificate says ("" where the method has none). */
void mien_stability_advice(const mien_stability *study, char *text, size_t size);
void mien_stability_unique_words(const mien_stability *study, char *text, size_t size);

/* ---------------------------------------------------------------- new images */

/* New images on a learned basis. */
typedef struct mien_encoding {
    mien_fit fit;   /* W of the new images; H and mu are copies of the model's; scores and trace are
                     * of the new images, iterations are rounds of descent, stop is CONVERGED when
                     * every image met the method's measure */
    double *losses; /* n, what the method minimises, an image each; their sum is fit.loss */
    double
        *errors; /* n, ||x - mu - w H|| / ||x||; for x = 0: 0 when it is rebuilt, else infinite */
} mien_encoding;

/* Weights of new images with the basis held.
 *   model    a fit; its W is looked at under L1 penalties alone, for the norms they hold to
 *   options  those the model was learned with (what is minimised); threads and progress are today's
 *   X        n x p, n >= 1, finite; non-negative where the method needs it
 * NMF: the same loss and penalty under w >= 0, a convex problem, descended to where its optimum is
 * near (nmf_encode.c), so that training images get the weights they had; except under a constraint
 * on the sparseness of weights, which single images do not have (fit.note says so). k-means: the
 * nearest centroid, the first of equals. PCA and ICA: projection. Same bytes for any number of
 * threads; other images move an image's weights by rounding alone. Errors: MIEN_ERR_SHAPE when p
 * differs, MIEN_ERR_DOMAIN, _NOMEM, _NUMERIC. */
mien_status mien_fit_encode(const mien_fit *model, const mien_options *options,
                            const mien_source *X, mien_encoding *out, mien_error *err);
void mien_encoding_free(mien_encoding *encoding);

/* Images whose relative error is unusually large: beyond Tukey's far-out fence (1977), upper
 * quartile + 3 (upper quartile - lower quartile) of training images as unseen ones. */
typedef struct mien_outliers {
    bool known;    /* false: those errors are unknown, and nothing is said of any image */
    size_t *index; /* count places in X, the largest error first; owned */
    size_t count;
    double fence;   /* NaN: unknown */
    char rule[160]; /* the same in words; "" */
    /* the new images as a whole, against the 95th percentile of the same errors */
    size_t beyond;   /* images above it; 1 in 20 would be usual */
    double p95;      /* NaN: unknown */
    double allowed;  /* the share above it that does not set the images apart */
    double chance;   /* of so many or more, if each were above it with that chance */
    bool apart;      /* chance below MIEN_APART_LEVEL: the images as a whole are of another kind */
    char whole[320]; /* the same in words; "" when unknown */
} mien_outliers;

/* Of new images of the training's kind 1 in 20 lies above the percentile. Up to 1 in 10 is put down
 * to small differences between two folders, or more where the percentile was measured on fewer than
 * some 350 images: up to what it may really be, at the same level (Wilson's bound, JASA 22 (1927)).
 */
#define MIEN_APART_SHARE 0.1
#define MIEN_APART_LEVEL 0.001

/* held_out: of the model's fit. MIEN_ERR_NOMEM. */
mien_status mien_outliers_find(const mien_spread *held_out, const mien_encoding *encoding,
                               mien_outliers *out, mien_error *err);
void mien_outliers_free(mien_outliers *outliers);

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
} mien_style;

mien_style mien_style_default(void);

/* Whether the style has room for r components of that shape: asked before hours of learning.
 * MIEN_ERR_ARG, MIEN_ERR_SHAPE. */
mien_status mien_style_check(const mien_style *style, size_t r, mien_shape shape, mien_error *err);

/* ---------------------------------------------------------------- output */

/* A folder that is complete or absent: it is built beside its final name and renamed when whole. */
typedef struct mien_outdir mien_outdir;

/* Whether the folder `path`, which is to be written, holds what is to be read: the same folder or
 * file by device and inode, or one below it, through links as well. MIEN_ERR_ARG: it does; `what`
 * names it in the message ("INPUT"). NULL, and what is not there, is fine. To be asked before
 * mien_outdir_begin(). */
mien_status mien_outdir_spare(const char *path, const char *what, const char *input,
                              mien_error *err);

/* Begin before any work is done. An empty folder is used. An existing result is refused unless
 * `force`; one that holds anything beside the files of its list ("files" in summary.json) is
 * refused always, as is a place where another run is writing: MIEN_ERR_ARG with the remedy. What
 * killed runs left there is removed. MIEN_ERR_IO, MIEN_ERR_NOMEM. */
mien_status mien_outdir_begin(const char *path, bool force, mien_outdir **out, mien_error *err);

/* The name that the folder will have; whole for "." and the like. */
const char *mien_outdir_final(const mien_outdir *dir);

/* Whether committing replaces an earlier result. */
bool mien_outdir_replaces(const mien_outdir *dir);

/* Whether an image of the data, by device and inode, lies in the result that is to be replaced:
 * MIEN_ERR_ARG. `input` is what the data was read from. MIEN_ERR_IO, MIEN_ERR_NOMEM. */
mien_status mien_outdir_spare_images(const mien_outdir *dir, const char *input,
                                     const mien_dataset *dataset, mien_error *err);

/* Write the list of files and give the folder its final name, when all is on the disk; with `force`
 * an earlier result of mien, and only that, makes way. When this fails (MIEN_ERR_IO, MIEN_ERR_ARG)
 * what was built is kept, and the message says where. MIEN_OK with a message: something is to be
 * told, as that the earlier result could not be removed; without one it is "". Frees dir in any
 * case. */
mien_status mien_outdir_commit(mien_outdir *dir, mien_error *err);

/* The same, but an earlier result stays: the folder becomes OUT.word, or OUT.word-2 and so on where
 * there is one already. `where` is what it was called then. Frees dir in any case. */
mien_status mien_outdir_commit_aside(mien_outdir *dir, const char *word, char *where, size_t size,
                                     mien_error *err);
void mien_outdir_abandon(mien_outdir *dir); /* removes what was built */

/* Remove what was written so far, and begin anew in the same place. MIEN_ERR_IO, MIEN_ERR_NOMEM. */
mien_status mien_outdir_restart(mien_outdir *dir, mien_error *err);

/* For handlers of signals, which may remove what is built and then have to end the process: its
 * path, good until dir is freed, and the removal, which makes system calls only. */
const char *mien_outdir_building(const mien_outdir *dir);
void mien_outdir_drop(const char *building);

/* What is known of the images of a lesson beforehand, from a file that their maker wrote: who wears
 * what, in faces.csv, or the parts that they are sums of, in swimmer_parts.npy (tools/make_faces.c
 * and make_swimmer.c say more). mien_comparison_write() measures the fits against it; then
 * mien_truth_words() tells what they found: a table and a sentence, for mien_string_free(). */
typedef struct mien_truth mien_truth;

/* `path` ends in .npy for parts. MIEN_ERR_IO, _NOMEM, and MIEN_ERR_FORMAT or _SHAPE when the file
 * is not that of these images. */
mien_status mien_truth_load(const char *path, const mien_dataset *dataset, mien_truth **out,
                            mien_error *err);
mien_status mien_truth_words(const mien_truth *truth, char **out, mien_error *err);
void mien_truth_free(mien_truth *truth);

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
mien_status mien_comparison_write(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                                  const mien_failure *failures, size_t n_failures,
                                  const mien_dataset *dataset, const mien_run_info *run,
                                  const mien_style *style, mien_error *err);

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
    mien_fit fit; /* without a trace */
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
    mien_fit_mode fit_mode; /* of images of another size */
    double white;           /* see mien_load_options; 0: unknown */
    char stored[16];        /* "8-bit", "16-bit", "float32"; "": unknown */
    char **columns;         /* p names of the table's columns, or NULL */
    mien_options options;   /* it was learned with */
    mien_examples examples;
    char input[4096];     /* INPUT it was learned from, as typed then */
    uint64_t fingerprint; /* of that data */
    char *details;        /* model.json as text */
} mien_model;

/* Read OUT/<method>. Sizes are checked against the files, and numbers against what the method
 * promises. MIEN_ERR_IO, _FORMAT, _DOMAIN, _NOMEM. */
mien_status mien_model_load(const char *path, mien_model *out, mien_error *err);
void mien_model_free(mien_model *model);

/* Where the images that a model was learned from may be looked for. model.json may come from
 * anywhere, so its path is followed only when it stays below the folder that we stand in or the one
 * that holds the result, also through links; `named`, unless NULL, is what the user named, and goes
 * before. `folder` is the model's. False: nowhere. */
bool mien_model_source(const mien_model *model, const char *folder, const char *named, char *path,
                       size_t size);

/* Read a start for --init-from: DIR/weights.npy (n x r) and DIR/basis.npy (r x p in two, three or
 * four dimensions). *r is what the files say. The arrays go back through mien_start_free().
 * MIEN_ERR_IO, _FORMAT, _SHAPE, _NOMEM. */
typedef struct mien_start {
    float *W, *H;
    size_t r;
} mien_start;
mien_status mien_start_load(const char *dir, size_t n, size_t p, mien_start *out, mien_error *err);
void mien_start_free(mien_start *start);

/* The folder of the one model that `path` is or holds. MIEN_ERR_ARG when it holds several: the
 * message names them; MIEN_ERR_FORMAT when it holds none. */
mien_status mien_model_find(const char *path, char *out, size_t size, mien_error *err);

/* Read INPUT as the model's images were read: same size, colours, ink and normalisation.
 *   options  fit, threads and progress count; the rest is the model's
 * One image is enough. Errors as of mien_dataset_load(), and MIEN_ERR_SHAPE for an array or a table
 * whose images have another shape, MIEN_ERR_DATA for grey levels of another depth without
 * normalisation, for floats that are on no scale of the model's whole numbers (neither up to their
 * white nor up to 1, which is then out->pixels.white) and for a table whose columns have other
 * names. */
mien_status mien_model_read(const mien_model *model, const char *input,
                            const mien_load_options *options, mien_dataset *out, mien_error *err);

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
mien_status mien_model_calibrate(mien_model *model, const char *path, const char *training,
                                 const mien_options *options, const mien_load_options *load,
                                 char *note, size_t size, mien_error *err);

/* Write what transform gives: weights.npy, images.csv, errors.csv, summary.json, where the method
 * has them membership.csv, clusters.csv and memberships.png, of a table weights.csv, and
 * reconstruction.png, eight of the images spread evenly; with `residual` residual.png, the worst
 * images with what is missing. Without a verdict (outliers->known) errors.csv leaves the column
 * `outlier` empty and `whole` is null. `path` is the model's folder, for summary.json. */
mien_status mien_transform_write(mien_outdir *dir, const mien_model *model, const char *path,
                                 const mien_encoding *encoding, const mien_outliers *outliers,
                                 const mien_dataset *dataset, const mien_run_info *run,
                                 bool residual, const mien_style *style, mien_error *err);

/* Whether `path` is a folder that holds a model, or a comparison of models. */
bool mien_is_model(const char *path);
bool mien_is_comparison(const char *path);

/* The character at `at` as a terminal may get it: shown <- itself, or "\\x1b", "\\u202e" for what
 * steers a terminal, turns the direction of text or shows nothing (C0, DEL, C1, marks of direction,
 * ends of lines), and for bytes that are not UTF-8. Returns the bytes it has; 0 at the end. */
enum { MIEN_SHOWN = 12 };
size_t mien_visible(const char *at, char shown[MIEN_SHOWN]);

/* What a data set (read with survey) or a model holds, in words or as JSON; the text goes back
 * through mien_string_free(). With `all` no list is cut short. */
mien_status mien_inspect_dataset(const mien_dataset *dataset, const char *input, bool json,
                                 bool all, char **out, mien_error *err);
mien_status mien_inspect_model(const char *path, bool json, char **out, mien_error *err);
void mien_string_free(char *text);

/* Write everything of a stability study: components.csv, twins.csv, runs.csv, consensus.csv,
 * images.csv, summary.json, report.html, the pictures verdicts.png, twins.png, spread.png (two runs
 * or more), losses.png and consensus.png, and the best run as a model in OUT/<method>. */
mien_status mien_stability_write(mien_outdir *dir, const mien_stability *stability,
                                 const mien_dataset *dataset, const mien_run_info *run,
                                 const mien_style *style, mien_error *err);

/* Draw a model, or every model of a comparison and its figure, again into `dir`. With `example`
 * weights and reconstruction are another image's; its original is shown when the model holds it or
 * INPUT is still there, unchanged; only then is exemplars.png drawn again. `input` is the folder
 * that the user names as INPUT, or NULL, see mien_model_source(). MIEN_OK with a message: INPUT was
 * wanted, and not read. */
mien_status mien_render(const char *path, const char *input, mien_outdir *dir,
                        const mien_style *style, const size_t *example, mien_error *err);

/* The same in place: mien_redraw_begin() finds the result that the model or comparison `path` is
 * of, mien_redraw() draws, and committing puts pictures and page in the place of the old ones, one
 * by one. Models stay. */
mien_status mien_redraw_begin(const char *path, mien_outdir **out, mien_error *err);
mien_status mien_redraw(const char *path, const char *input, mien_outdir *dir,
                        const mien_style *style, const size_t *example, mien_error *err);

/* When a result could not be written: remove what was, and keep weights.npy, basis.npy and mean.npy
 * of fits alone, in OUT.kept/<method> or, where that does not go, in the folder for temporary
 * files. `where` is the folder. Frees dir. MIEN_ERR_IO. */
mien_status mien_fits_keep(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                           char *where, size_t size, mien_error *err);

/* ---------------------------------------------------------------- the cone */

/* NMF with r = 2 in two dimensions, where one can see that it is not unique (ESL p. 556; Donoho &
 * Stodden 2003). Angles are in radians, counted from the first axis to the second. */

enum { MIEN_CONE_STARTS = 3 };

typedef struct mien_cone_options {
    const size_t *pixels; /* two of X's columns; NULL: chosen by variance */
    bool plane;           /* instead of pixels: the plane of X's first two singular vectors */
    uint64_t seed;        /* of the first start tried */
    unsigned threads;     /* 0: one a processor */
    mien_progress_fn progress;
    void *user;
} mien_cone_options;

typedef struct mien_cone {
    bool plane;
    size_t pixels[2]; /* unless plane */
    size_t n;
    float *points;   /* n x 2, the images in the picture; owned */
    size_t n_zero;   /* points at the origin, which have no direction */
    double edges[2]; /* a basis vector lies between these: the axes; in the plane the edges of the
                      * image of all that is not negative */
    double rays[2];  /* directions of the outermost points */
    double held;     /* share of ||X||^2 that lies in the picture; 1 for pixels */
    double total;    /* sum of what NMF was given: losses are compared with it */
    size_t n_tried;  /* starts; those below are the three that differ most among the best */
    bool exact;      /* every loss below is at most MIEN_CONE_ZERO total */
    struct mien_cone_start {
        uint64_t seed;
        double basis[2]; /* directions of the two basis vectors, lower first */
        double loss;     /* generalised KL divergence */
        size_t iterations;
    } starts[MIEN_CONE_STARTS];
} mien_cone;

/* A loss up to this share of the sum of X counts as 0: what NMF in floats reaches. */
#define MIEN_CONE_ZERO 1e-8

/* Points in the quadrant for the lesson: n x 2 floats, the same for the same seed. The cone they
 * span is well inside of the quadrant. MIEN_ERR_NOMEM. */
mien_status mien_cone_example(uint64_t seed, mien_pixels *out, mien_error *err);

/* Run NMF from many starts and find where its basis vectors may lie and where they do.
 * MIEN_ERR_ARG (pixels beyond X, or one twice), MIEN_ERR_DATA (nothing but zeros, fewer than two
 * pixels, stopped by the progress function), and the errors of mien_fit_run(). */
mien_status mien_cone_measure(const mien_source *X, const mien_cone_options *options,
                              mien_cone *out, mien_error *err);
void mien_cone_free(mien_cone *cone);

/* Write OUT/cone.png, cone.svg and summary.json.
 *   command, input   as typed; input NULL for the example
 *   shape            of the images, for the names of pixels
 *   text             numbers and a paragraph that explains them, for mien_string_free() */
mien_status mien_cone_write(mien_outdir *dir, const mien_cone *cone, const char *command,
                            const char *input, mien_shape shape, char **text, mien_error *err);

/* ---------------------------------------------------------------- choosing r */

/* What mien_rank_run() is to do. */
typedef struct mien_rank_options {
    size_t low, high, step; /* r = low, low + step, ... up to high; 0, 0: mien_rank_range() */
    size_t masks;           /* speckled masks, 2 to 100: standard errors need two */
    double hidden;          /* share of the entries that a mask hides, 0.01 to 0.5 */
    size_t starts;          /* for stability, cophenetic correlation; 0: leave them out */
    size_t iterations;      /* of a fit, at most */
    double tolerance; /* a fit ends when its loss fell by less, relatively, in 10 iterations */
    uint64_t seed;
    unsigned threads; /* 0: one a processor */
    mien_progress_fn progress;
    void *user;
} mien_rank_options;

/* A range by the data, 3 masks of a tenth, 10 starts. */
mien_rank_options mien_rank_options_default(void);

/* low and high, when both are 0, for n images of p pixels: from 1 to half of the smaller of the
 * two, at most 60: beyond half, components save little over the data itself. */
void mien_rank_range(mien_rank_options *options, size_t n, size_t p);

/* Which loss, in pairs below. */
enum { MIEN_RANK_KL, MIEN_RANK_FROBENIUS };

/* What was measured at one r. Losses are of one entry, mean; NaN where nothing was measured. */
typedef struct mien_rank_point {
    size_t r;
    double held[2];       /* of hidden entries, mean over masks */
    double held_error[2]; /* its standard error */
    double steep;         /* of the same hidden entries and fits as held[MIEN_RANK_KL], half the
                           * deviance of the negative binomial whose size is the mean of X */
    double steep_error;
    double fitted[2]; /* of entries that were fitted, mean over masks */
    double permuted;  /* of fitted entries, KL, when every pixel is permuted over the images */
    double stability; /* mean similarity of a component with its twins from other starts */
    double stability_error;
    double cophenetic; /* correlation, of the consensus matrix over starts */
} mien_rank_point;

/* What one criterion says. Strings are constants. */
typedef struct mien_criterion {
    const char *key;    /* for programs: "held-out-kl" */
    const char *name;   /* for people */
    const char *source; /* paper */
    bool own;           /* of NMF's own: held-out entries, relevance */
    bool decides;       /* one of those that the recommendation is made from */
    size_t choice;      /* r; 0: it says nothing, and note tells why */
    bool at_start;      /* the choice is the start of the range, above 1: "or fewer" */
    bool at_end;        /* the choice is the end of the range: "or more" */
    char note[160];
} mien_criterion;

enum { MIEN_RANK_CRITERIA = 16 };

/* How the variance of hidden entries grows with their model: which loss its noise asks for. */
typedef enum mien_rank_noise {
    MIEN_NOISE_UNKNOWN,  /* too little to tell, or between two: both losses decide */
    MIEN_NOISE_CONSTANT, /* squared distance decides */
    MIEN_NOISE_COUNTS,   /* as fast as the model, as of Poisson counts: KL decides */
    MIEN_NOISE_STEEP     /* faster: of hidden entries the negative binomial decides, and KL */
} mien_rank_noise;

typedef struct mien_rank {
    size_t n, p;
    mien_rank_options options;
    mien_rank_point *points; /* n_points, by r */
    size_t n_points;
    mien_criterion criteria[MIEN_RANK_CRITERIA];
    size_t n_criteria;
    size_t recommended; /* 0: no single number */
    size_t least, most; /* the range of those that decide; 0, 0: none of them says anything */
    bool beyond;        /* some of them are at the end of the range: most is a lower bound */
    bool below;         /* some of them are at its start: least may be an upper bound */
    size_t faint;       /* a component half as strong as the weakest of so many would be lost in the
                         * noise: weaker ones may be there; 0: it would be seen, or that is unknown */
    double growth;      /* exponent of the variance over the model; NaN: not told */
    mien_rank_noise noise;
    char noise_note[128]; /* the same in words */
    char sentence[1024];  /* the same in words */
    char rule[512];       /* how the recommendation was made */
    double relevance_dispersion[2];
    size_t left_out; /* hidden entries, over all masks, of images or pixels that a mask hides whole:
                      * no criterion counts them */
    bool interrupted;          /* the progress callback asked for an end; nothing is chosen then */
    size_t done, known, total; /* fits: finished, of these from the state file, in all */
} mien_rank;

/* Measure and choose.
 *   state  file in which finished fits are kept, one a line, and from which a run with the same
 *          data and options goes on; NULL: none. A state of other data or options is refused
 *          (MIEN_ERR_ARG), since it may be hours of somebody's work; so is a damaged one
 *          (MIEN_ERR_FORMAT, naming the line).
 * Returns MIEN_OK also when interrupted; MIEN_ERR_ARG (options out of range; high above
 * min(n, p)), MIEN_ERR_IO, MIEN_ERR_DOMAIN, MIEN_ERR_NUMERIC, MIEN_ERR_NOMEM. The same results for
 * any number of threads, in one run or in several. */
mien_status mien_rank_run(const mien_dataset *dataset, const mien_rank_options *options,
                          const char *state, mien_rank *out, mien_error *err);
void mien_rank_free(mien_rank *rank);

/* OUT/rank.csv, rank.png, rank.svg, rank_curves.png, rank_curves.svg, summary.json. */
mien_status mien_rank_write(mien_outdir *dir, const mien_rank *rank, const mien_dataset *dataset,
                            const mien_run_info *run, mien_error *err);

/* Remove a state file; one that is not there is fine. */
void mien_rank_forget(const char *state);

#endif
