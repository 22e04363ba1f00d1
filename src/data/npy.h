/* npy.h - NumPy's .npy arrays, and the .idx arrays of MNIST and its kin.
 * SPDX-License-Identifier: MIT
 *
 * Format: numpy/lib/format.py, versions 1 to 3. Read: bool, all whole numbers, float16 to float64
 * in either byte order, C or Fortran order, one to five dimensions. Written: float32 and uint8, C
 * order, version 1. No number of a header is believed before it has been compared with the size of
 * the file. */
#ifndef MIEN_NPY_H
#define MIEN_NPY_H

#include "data/mapping.h"
#include "mien.h"

enum { MIEN_NPY_DIMS = 5 };

typedef struct mien_npy {
    size_t dims[MIEN_NPY_DIMS]; /* the first n_dims; each at least 1 */
    unsigned n_dims;
    size_t count;          /* product of dims */
    mien_pixel_type type;  /* bytes and 16-bit words stay, all else is float32; float64 beyond
                              float32's range is infinite */
    bool whole;            /* the file has whole numbers, though `type` may be MIEN_F32 */
    void *values;          /* C order, this machine's byte order; owned */
    mien_mapping *mapping; /* owned: the file that values stand in, read only; NULL: in memory */
} mien_npy;

/* Read an array. Signs and NaN are not looked at. Errors name the path: MIEN_ERR_IO, _NOMEM,
 * MIEN_ERR_FORMAT for what is no array, an array of another kind, truncated or overlong, and
 * MIEN_ERR_DOMAIN for whole numbers beyond what float32 holds. */
mien_status mien_npy_read(const char *path, mien_npy *out, mien_error *err);

/* The same, but mapped where what is in the file is what is wanted: C order, this machine's byte
 * order, bytes, 16-bit words or float32; else it is read. Of what takes more than half of `memory`
 * bytes (0: no limit) a part stays in memory at a time. */
mien_status mien_npy_map(const char *path, size_t memory, mien_npy *out, mien_error *err);

/* Values that were mapped become a copy in memory, to be changed. MIEN_ERR_NOMEM. */
mien_status mien_npy_own(mien_npy *npy);

/* Read an array that is `nbytes` bytes of an open file from where it stands, or of a memory. The
 * messages do not name it. */
mien_status mien_npy_read_part(int fd, uint64_t nbytes, mien_npy *out, mien_error *err);
mien_status mien_npy_read_bytes(const unsigned char *bytes, size_t nbytes, mien_npy *out,
                                mien_error *err);

/* The same for a model's file: float32 or float64 of exactly n_dims dimensions, all entries
 * finite (MIEN_ERR_DOMAIN). */
mien_status mien_npy_read_floats(const char *path, unsigned n_dims, mien_npy *out, mien_error *err);

void mien_npy_free(mien_npy *npy);

/* Words for the place-th entry in C (or Fortran) order, from 1: "row 4, column 18" of two
 * dimensions, "image 4, row 2, column 5" of three. */
void mien_npy_describe(const size_t *dims, unsigned n_dims, bool fortran, size_t place, char *text,
                       size_t size);

/* True when these are the first bytes of an .npy file. */
bool mien_npy_is(const unsigned char *bytes, size_t nbytes);

/* The same of an .idx file: bytes with and without sign, 16- and 32-bit whole numbers, float32 and
 * float64, of one to five dimensions. The messages do not name it. */
bool mien_idx_is(const unsigned char *bytes, size_t nbytes);
mien_status mien_idx_read(const unsigned char *bytes, size_t nbytes, mien_npy *out,
                          mien_error *err);

/* The header of a file, which ends at a multiple of 64; values follow in C order. MIEN_ERR_ARG for
 * what is no shape. */
enum { MIEN_NPY_HEADER = 256 };
mien_status mien_npy_header(mien_pixel_type type, const size_t *dims, unsigned n_dims,
                            char text[MIEN_NPY_HEADER], size_t *length);

/* Write a file; every write is checked. After MIEN_ERR_IO an unfinished file may be there. */
mien_status mien_npy_write(const char *path, const float *values, const size_t *dims,
                           unsigned n_dims, mien_error *err);
mien_status mien_npy_write_bytes(const char *path, const uint8_t *values, const size_t *dims,
                                 unsigned n_dims, mien_error *err);

#endif
