/* model_snapshots.h - the basis along the iterations as a file of a model.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_MODEL_SNAPSHOTS_H
#define MIEN_MODEL_SNAPSHOTS_H

#include "mien_report.h"

#include <jansson.h>

/* OUT/<method>/snapshots.npy, K x r x h x w (x c) bytes; nothing when there are none. */
mien_status mien_snapshots_save(mien_outdir *dir, const mien_fit *fit, mien_shape shape,
                                mien_error *err);

/* What model.json tells of it: iterations, signed, scale (K lists of r); NULL when memory is out,
 * null when there are none. */
json_t *mien_snapshots_json(const mien_fit *fit);

/* Read both back into fit->snapshots; a model without them has none. MIEN_ERR_FORMAT when file and
 * words do not fit each other, MIEN_ERR_IO, MIEN_ERR_NOMEM. */
mien_status mien_snapshots_load(const char *folder, const json_t *told, mien_fit *fit,
                                mien_error *err);

#endif
