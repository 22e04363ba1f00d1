/* idx.h - the arrays of MNIST and its kin: .idx files.
 * SPDX-License-Identifier: MIT
 *
 * Two zeros, a type, a number of dimensions, their sizes, the values, all big-endian. Types: bytes
 * with and without sign, 16- and 32-bit whole numbers, float32 and float64; one to four
 * dimensions. */
#ifndef MIEN_IDX_H
#define MIEN_IDX_H

#include "data/npy.h"

/* Whether a file that begins with these bytes is one. */
bool mien_idx_is(const unsigned char *bytes, size_t got);

/* Read a file's bytes. The messages do not name it. MIEN_ERR_FORMAT, _DOMAIN (whole numbers beyond
 * float32), _NOMEM. */
mien_status mien_idx_read(const unsigned char *bytes, size_t nbytes, mien_npy *out,
                          mien_error *err);

/* The name of the labels beside a file of images: "train-images-idx3-ubyte.gz" has
 * "train-labels-idx1-ubyte.gz". False when the name does not tell, or does not fit. */
bool mien_idx_labels_name(const char *images, char *labels, size_t size);

#endif
