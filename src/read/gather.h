/* gather.h - read the images of a folder into one store.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_GATHER_H
#define MIEN_GATHER_H

#include "base/parallel.h"
#include "base/team.h"
#include "read/folder.h"

/* Decode every image of `folder`, in parallel, into dataset->pixels: bytes, or 16-bit words when
 * any image has them. Values stay as stored; pixels->white and ->whites say what they are out of.
 *
 * Sets pixels, shape, images, refused, n_skipped, formats and sizes; formats and sizes count all
 * images whose header can be read, refused ones included. Takes the paths out of `folder`. The
 * result does not depend on the number of threads. `input` is for messages.
 *   team   ranks that have the very same list, all of which call this: those of one machine decode
 *          a share of it each, into memory that they share; NULL: this process decodes all
 * Returns MIEN_ERR_DATA when fewer than two images are usable, MIEN_ERR_ARG when the progress
 * callback asked for an end or the size asked for is out of range, MIEN_ERR_NOMEM. On failure the
 * dataset holds what mien_dataset_free() takes. */
mien_status mien_gather(const char *input, mien_folder *folder, const mien_load_options *options,
                        mien_pool *pool, const mien_team *team, mien_dataset *dataset,
                        mien_error *err);

#endif
