/* packed.h - a data set as one array that is mapped, with a list of its images beside it.
 * SPDX-License-Identifier: MIT
 *
 * FILE.npy holds the values as they were stored, N x h x w or N x h x w x 3, and is an ordinary
 * array to others. FILE.npy.list is text of this order, a key a line, numbers in decimal, words
 * with \\ \t \n \r for these characters and otherwise any bytes:
 *
 *   mien pack 1
 *   array uint8|uint16|float32 N h w c
 *   fingerprint                16 hexadecimal digits, of sizes and values (mien_dataset)
 *   white                      what stands for white
 *   normalize, ink, fit        what was asked for when it was packed: the default from now on
 *   reshaped 0|1               rows of numbers that were said to be images
 *   negative, id, label        words, which may be empty
 *   skipped K                  files that were no images
 *   odd K FIRST                images not named like one
 *   results K NAME             folders of results that were left out
 *   ignored K, remarks K, formats K, sizes K ALL, refused K      with K lines each
 *   images N LABELS WHITES     and N lines: path, width, height, and where LABELS is 1 a label,
 *                              where WHITES is 1 what is white in it, with tabs between
 *   list                       8 hexadecimal digits: CRC-32 of all the lines before
 *
 * An array without a list is any array; a list that does not fit is an error, never passed over. */
#ifndef MIEN_PACKED_H
#define MIEN_PACKED_H

#include "data/npy.h"

/* Whether a list that mien wrote stands beside the array. */
bool mien_packed_is(const char *input);

/* What mien_array_load() is for other arrays; `a` is freed in any case. ds->packed is set,
 * ds->fingerprint what it has to be, and normalize, ink and resize what was asked for in packing.
 * MIEN_ERR_ARG for options that contradict what was packed, MIEN_ERR_FORMAT for a list that does
 * not fit. */
mien_status mien_packed_load(const char *input, mien_npy *a, const mien_load_options *options,
                             mien_dataset *ds, mien_error *err);

#endif
