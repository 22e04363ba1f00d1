/* names.h - values of enumerations and fingerprints as words, on the page and in files.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_NAMES_H
#define MIEN_NAMES_H

#include "mien_report.h"
#include "report/files/json.h"

/* "lee-seung" and so on, as on the command line. */
const char *mien_normalize_name(mien_normalize normalize);
bool mien_normalize_parse(const char *name, mien_normalize *out);

/* "reject", "crop", "stretch", "pad"; what is none of these is MIEN_RESIZE_REJECT, since models
 * from before this was kept say nothing. */
const char *mien_resize_name(mien_resize_mode mode);
mien_resize_mode mien_resize_parse(const char *name);

/* "dark", "light", or NULL where there is none; and ", dark ink" or "", to go behind the
 * normalisation. */
const char *mien_ink_name(mien_ink_kind ink);
const char *mien_ink_words(mien_ink_kind ink);

/* "none", "max", "sd". */
const char *mien_scale_name(mien_scale_columns scale);

/* "8-bit", "16-bit", "float32". */
const char *mien_pixel_type_name(mien_pixel_type type);

/* Why a fit ended: in model.json, in runs.csv, for a terminal, on the page. The first can be read
 * back; what is none of them was interrupted. */
typedef enum mien_stop_style {
    MIEN_STOP_FILE,
    MIEN_STOP_TABLE,
    MIEN_STOP_SHORT,
    MIEN_STOP_PAGE
} mien_stop_style;
const char *mien_stop_name(mien_stop stop, mien_stop_style style);
mien_stop mien_stop_parse(const char *name);

/* Sixteen hexadecimal digits. */
json_t *mien_fingerprint_json(uint64_t fingerprint);

#endif
