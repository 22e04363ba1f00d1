/* unique_signs.h - which entries of D the zeros of W and H alone decide.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_UNIQUE_SIGNS_H
#define MIEN_UNIQUE_SIGNS_H

#include "mien.h"

/* A positive entry up to this share of its part's, or its weights', largest is below what a float
 * of that size resolves: whether it is a zero is open, and no claim hangs on its image or pixel. */
#define MIEN_UNIQUE_TINY 1e-7

/* Asked now and then; false: end, and leave open what is. */
typedef bool (*mien_go_on_fn)(void *user);

/* Of every factorisation of W H near this one, (W A^-1, A H), let D = A - I to first order.
 *   up, down   r x r, written: up[k * r + l] where D_kl >= 0 for all of them, down where D_kl <= 0
 * MIEN_OK, also when it was ended, or MIEN_ERR_NOMEM. */
mien_status mien_unique_signs(const mien_fit *fit, mien_go_on_fn go_on, void *user, bool *up,
                              bool *down);

#endif
