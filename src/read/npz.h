/* npz.h - .npz archives of numpy: several .npy arrays in a ZIP file.
 * SPDX-License-Identifier: MIT
 *
 * ZIP as numpy writes it: stored or deflated members, with ZIP64's sizes where they are needed; no
 * encryption, no archives in several files. Sizes are compared with the file before they are
 * believed, and a packed member's checksum with its bytes. */
#ifndef MIEN_NPZ_H
#define MIEN_NPZ_H

#include "data/npy.h"

/* True when these are the first bytes of a ZIP file. */
bool mien_zip_is(const unsigned char *bytes, size_t nbytes);

enum { MIEN_NPZ_NAME = 64 };

/* Read the array called `name` (without .npy). NULL takes the only one and writes its name, cut to
 * fit, into `only` (NULL: no need); where there are several,
 * MIEN_ERR_ARG names them and how one of them is asked for, as does a name that is not there.
 * MIEN_ERR_FORMAT, _IO, _NOMEM and the errors of mien_npy_read(). Messages begin with the path. */
mien_status mien_npz_read(const char *path, const char *name, char only[MIEN_NPZ_NAME],
                          mien_npy *out, mien_error *err);

#endif
