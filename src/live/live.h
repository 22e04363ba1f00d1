/* live.h - what a page in a browser calls of mien: one data set and one fit at a time.
 * SPDX-License-Identifier: MIT
 *
 * The functions are exports of a WebAssembly module, without threads and files;
 * assets/page/worker.js is their only caller. What returns a status leaves the words of a failure
 * in live_message(). Addresses stay valid until the next call that says so; views of the module's
 * memory become stale with any call, since the memory may grow. Numbers come as doubles in the
 * order of an enumeration, addresses among them (0: there is none). */
#ifndef MIEN_LIVE_H
#define MIEN_LIVE_H

#include "mien.h"

#define LIVE_EXPORT(name) __attribute__((export_name(#name))) name
#define LIVE_IMPORT(name) __attribute__((import_module("page"), import_name(#name)))

/* ---------------------------------------------------------------- from the page */

/* Reading or learning has come so far. 0: end. */
LIVE_IMPORT(progress)
int live_progress(double done, double total, double loss, double run, double runs);

/* Is the basis of an iteration wanted now? If so, and if there is one, live_view() follows: r x p
 * bytes and r floats as in mien_snapshots; W, n x r floats, or NULL. */
LIVE_IMPORT(wants) int live_wants(void);
LIVE_IMPORT(view)
void live_view(double iteration, const uint8_t *values, const float *scale, const float *W);

/* ---------------------------------------------------------------- to the page */

/* Memory for what is handed in; NULL: there is none. */
void *LIVE_EXPORT(live_alloc)(size_t nbytes);
void LIVE_EXPORT(live_free)(void *memory);

const char *LIVE_EXPORT(live_version)(void);
const char *LIVE_EXPORT(live_message)(void);

/* Method `method`, from 0: words and numbers of it and of its options. NULL: there is none. */
enum { LIVE_NAME, LIVE_TITLE, LIVE_MOTTO, LIVE_LONG_TITLE, LIVE_CITATION };
enum { LIVE_TRAITS, LIVE_TOLERANCE };
enum { LIVE_KEY, LIVE_CHOICES, LIVE_HELP };
enum { LIVE_INITIAL, LIVE_MIN, LIVE_MAX };
const char *LIVE_EXPORT(live_method_text)(size_t method, int what);
double LIVE_EXPORT(live_method_number)(size_t method, int what);
const char *LIVE_EXPORT(live_option_text)(size_t method, size_t option, int what);
double LIVE_EXPORT(live_option_number)(size_t method, size_t option, int what);

/* All options at their defaults, and no pictures; then one option by its word and its value's. */
void LIVE_EXPORT(live_options)(void);
mien_status LIVE_EXPORT(live_set)(const char *key, const char *value);

/* Add a picture to those that live_read() reads; name and bytes (live_alloc()) change hands.
 *   file   bytes of a PBM, PGM or PPM
 *   rgba   4 width height bytes; laid over black, grey or colour as the options say, and brought to
 *          the options' size, if there is one, at once: large photographs take little room then */
mien_status LIVE_EXPORT(live_add_file)(char *name, unsigned char *bytes, size_t nbytes);
mien_status LIVE_EXPORT(live_add_rgba)(char *name, unsigned char *rgba, size_t width,
                                       size_t height);

/* Add what mien draws itself: "faces" or "swimmer". */
mien_status LIVE_EXPORT(live_draw)(const char *what);

/* The pictures that were added become the data set, in natural order of their names, in place of
 * the one before; they are gone then, whatever came of it. */
mien_status LIVE_EXPORT(live_read)(void);

/* A data set as it is, without names: its numbers are to be written to the addresses that
 * live_data() says. type: of mien_pixel_type. */
mien_status LIVE_EXPORT(live_take)(size_t n, size_t height, size_t width, size_t channels, int type,
                                   bool with_gain);
void LIVE_EXPORT(live_take_range)(double lower, double upper);

enum {
    LIVE_N,
    LIVE_HEIGHT,
    LIVE_WIDTH,
    LIVE_CHANNELS,
    LIVE_TYPE,
    LIVE_VALUES,
    LIVE_GAIN,
    LIVE_CENTER,
    LIVE_OFFSET,
    LIVE_LOWER,
    LIVE_UPPER,
    LIVE_WHITE,
    LIVE_BLACK_BORDER,
    LIVE_REFUSED, /* how many */
    LIVE_COMPONENTS,
    LIVE_DATA
};
const double *LIVE_EXPORT(live_data)(void);
enum { LIVE_IMAGE_NAME, LIVE_REFUSED_NAME, LIVE_REFUSED_REASON, LIVE_INK, LIVE_NORMALIZE };
const char *LIVE_EXPORT(live_data_text)(int what, size_t index);

/* How many components a method can have on the data set. */
size_t LIVE_EXPORT(live_most)(size_t method);

/* Learn; the fit stays until the next one. */
mien_status LIVE_EXPORT(live_learn)(const char *method);

enum {
    LIVE_FIT_N,
    LIVE_FIT_P,
    LIVE_FIT_R,
    LIVE_FIT_W,
    LIVE_FIT_H,
    LIVE_FIT_MU,
    LIVE_LOSS,
    LIVE_PENALTY,
    LIVE_RELATIVE_ERROR,
    LIVE_EXPLAINED_VARIANCE,
    LIVE_SPARSENESS,
    LIVE_WEIGHTS_SPARSENESS,
    LIVE_LOCALISATION,
    LIVE_OVERLAP,
    LIVE_CANCELLATION,
    LIVE_ITERATIONS,
    LIVE_SECONDS,
    LIVE_SEED,
    LIVE_TRACE, /* rows of iteration, seconds, loss; doubles */
    LIVE_TRACE_COUNT,
    LIVE_SNAPSHOTS, /* how many */
    LIVE_SNAPSHOT_ITERATIONS,
    LIVE_SNAPSHOT_VALUES,
    LIVE_SNAPSHOT_SCALES,
    LIVE_SHARES,   /* n x r floats */
    LIVE_DOMINANT, /* n 32-bit integers */
    LIVE_FIT
};
const double *LIVE_EXPORT(live_fit)(void);
enum { LIVE_LOSS_NAME, LIVE_STOP, LIVE_NOTE };
const char *LIVE_EXPORT(live_fit_text)(int what);

#endif
