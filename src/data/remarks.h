/* remarks.h - what a reader noticed and the user should know: sentences without a verdict.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_REMARKS_H
#define MIEN_REMARKS_H

#include "mien.h"

/* Add a sentence to a list of *n_remarks; list and sentences belong to its owner.
 * MIEN_ERR_NOMEM, and the list is as before. */
mien_status mien_remark(char ***remarks, size_t *n_remarks, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A column as an option names it on a shell's command line: its name, in quotes where it needs
 * them, or `place` where there is none (NULL, empty) or it would not do. */
void mien_column_word(const char *name, size_t place, char *text, size_t size);

/* Remark on every column that is named as ids and labels are, that counts 0, 1, 2, .. or 1, 2, 3,
 * .., or that holds more than half of the table's sum (of absolute values, from three columns on).
 *   pixels   n x p floats
 *   columns  p names, or NULL
 *   places   p places in the file, from 1
 * MIEN_ERR_NOMEM. */
mien_status mien_suspects_find(const char *path, const mien_pixels *pixels, char *const *columns,
                               const size_t *places, char ***remarks, size_t *n_remarks);

#endif
