/* names.h - values of enumerations and fingerprints as words, on the page and in files.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_NAMES_H
#define MIEN_NAMES_H

#include "mien_report.h"
#include "report/files/json.h"

/* From "lee-seung" and so on, as on the command line; false: none of them. */
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

/* Back from MIEN_STOP_FILE; what is no name of them was interrupted. */
mien_stop mien_stop_parse(const char *name);

/* Sixteen hexadecimal digits. */
json_t *mien_fingerprint_json(uint64_t fingerprint);

#endif
